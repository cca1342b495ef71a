"""The outlines of zones on the skin of a body, and which of them a place lies in or near."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from microcurrent import tables
from microcurrent.model import Body

Array = npt.NDArray[np.float64]
#: Zones with their corners (C, 3) [m].
Outlines = tuple[tuple[str, Array], ...]
#: How far [m] skin may bulge out of the plane through the corners of its zone, the tip of the nose most.
_BULGE = 0.03
#: A place farther [m] than this from every zone is in none that is known.
_FAR = 0.04
#: Bodies that are one part of the body: the word of the zone, by the beginning of the name.
_PARTS = ("upper arm", "forearm", "thigh", "calf", "knee", "lower back", "shoulder")


def limb_of(body: Body) -> str:
    """Return the zone that a limb or patch of the back is as a whole; "" for another body."""
    return next((word for word in _PARTS if body.name == word or body.name.startswith(f"{word} ")), "")


def outlines_of(body: Body) -> Outlines:
    """Return the zones of a body by the places of the sites at their corners."""
    sites = {site.name: site.position for site in body.sites}
    return tuple(
        (zone.name, np.array([sites[name] for name in zone.outline]))
        for zone in body.zones
        if all(name in sites for name in zone.outline)
    )


@lru_cache(maxsize=1)
def atlas_outlines() -> Outlines:
    """Return the zones of the mean head by their landmarks, right and left."""
    landmarks = tables.landmarks()
    found = []
    for zone in tables.head().zones:
        for side in ("right", "left") if zone.mirrored else ("",):
            names = [n.replace(" right", " left") if side == "left" else n for n in zone.outline]
            corners = np.array([landmarks[name].position for name in names])
            found.append((f"{zone.name} {side}".strip(), corners))
    return tuple(found)


def around(points: Array, outlines: Outlines, reach: float) -> list[str]:
    """Return the zones that contacts of this reach [m] at `points` (P, 3) [m] touch.

    For a place in a gap between zones the nearest; "elsewhere", which is no zone, for one far from all.
    """
    away = {name: distances(points, corners) for name, corners in outlines}
    touched = [name for name, distance in away.items() if distance.min() <= reach]
    every = np.array(list(away.values()))
    nearest = every.argmin(axis=0)
    for k in np.flatnonzero((every.min(axis=0) > reach) & (every.min(axis=0) < _FAR)):
        touched.append(outlines[nearest[k]][0])
    if (every.min(axis=0) >= _FAR).any():
        touched.append("elsewhere")
    return list(dict.fromkeys(touched))


def distances(points: Array, corners: Array) -> Array:
    """Return the distance [m] along the skin, nearly, of points (P, 3) from a zone; 0 inside.

    `corners` (C, 3) [m] of the zone. It is taken as flat: the plane through its corners that fits best.
    """
    middle = corners.mean(axis=0)
    axes = np.linalg.svd(corners - middle)[2]
    flat, out = (points - middle) @ axes[:2].T, np.abs((points - middle) @ axes[2])
    edge = (corners - middle) @ axes[:2].T
    beyond = np.where(_inside(flat, edge), 0.0, _to_edges(flat, edge))
    return np.asarray(np.hypot(beyond, np.maximum(out - _BULGE, 0.0)))


def _inside(places: Array, edge: Array) -> npt.NDArray[np.bool_]:
    """Which of the places (P, 2) lie in a polygon (C, 2): a ray crosses its sides an odd time."""
    ends = np.roll(edge, -1, axis=0)
    x, y = places[:, None, 0], places[:, None, 1]
    between = (edge[:, 1] > y) != (ends[:, 1] > y)
    rise = np.where(ends[:, 1] == edge[:, 1], 1.0, ends[:, 1] - edge[:, 1])
    crossed = between & (x < edge[:, 0] + (ends[:, 0] - edge[:, 0]) * (y - edge[:, 1]) / rise)
    return np.asarray(crossed.sum(axis=1) % 2 == 1)


def _to_edges(places: Array, edge: Array) -> Array:
    """Least distance (P,) of places (P, 2) from the sides of a polygon (C, 2)."""
    span = np.roll(edge, -1, axis=0) - edge
    ways = places[:, None] - edge[None]
    along = np.clip((ways * span).sum(axis=2) / np.maximum((span**2).sum(axis=1), 1e-18), 0.0, 1.0)
    return np.asarray(np.linalg.norm(ways - along[..., None] * span, axis=2).min(axis=1))
