"""Targets: which cells of a volume are what an intent is for, and which lie around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.body import Body, Muscle, Site
from microcurrent.model.proposal import Target
from microcurrent.physics.bodies.volume import Volume
from microcurrent.physics.conduction.grid import Floats

Mask = npt.NDArray[np.bool_]

#: Tissue around a site is what lies within this of it [m]; a zone reaches this deep below its skin.
AROUND, DEEP = 15.0e-3, 20.0e-3
#: All other tissue within this of a target [m] is what a selective plan spares.
NEARBY = 30.0e-3
#: A muscle counts with the cells of its tissue within half its width, but at least this much, of its line
#: [m].
LEAST_REACH = 3.0e-3


@dataclass(frozen=True, kw_only=True, eq=False)
class Aimed:
    """K targets on a volume: flat numbers of the `cells` (N,) that count, their `centres` (N, 3) [m] and
    `volumes` [m3] (N,); `inside` (K, N): which lie in each target; `nearby` (N,): in none, but near one.
    """

    targets: tuple[Target, ...]
    cells: npt.NDArray[np.intp]
    centres: Floats
    volumes: Floats
    inside: Mask
    nearby: Mask


def on_side(targets: Sequence[Target], body: Body, side: str) -> tuple[Target, ...]:
    """Return the targets as the body names them on one side: "zygomaticus major" becomes "... left".

    Raises `ValueRefused` for a muscle, zone or site that the body does not have.
    """
    return tuple(_named_on(target, body, side) for target in targets)


def _named_on(target: Target, body: Body, side: str) -> Target:
    names = {
        "muscle": [muscle.name for muscle in body.muscles],
        "zone": [zone.name for zone in body.zones],
        "around": [site.name for site in body.sites],
    }[target.kind]
    for name in (target.name, f"{target.name} {side}"):
        if name in names:
            return replace(target, name=name)
    plain = sorted({name.removesuffix(" left").removesuffix(" right") for name in names})
    raise ValueRefused(
        Problem(
            what="unknown target", key="--target", came=target.name,
            expected=f"a {'site' if target.kind == 'around' else target.kind} of the body {body.name!r}: "
            + (", ".join(plain) or "it has none"),
        )
    )  # fmt: skip


def middle_of(target: Target, body: Body) -> tuple[Floats, ...]:
    """Return points (3,) [m] that a target lies about: along a muscle, at the corners of a zone, at a
    site."""
    if target.kind == "muscle":
        muscle = _muscle(target, body)
        ends = np.array(muscle.origin), np.array(muscle.insertion)
        return tuple(ends[0] + share * (ends[1] - ends[0]) for share in (0.0, 0.5, 1.0))
    if target.kind == "zone":
        zone = next(zone for zone in body.zones if zone.name == target.name)
        return tuple(np.array(_site(body, name).position) for name in zone.outline)
    return (np.array(_site(body, target.name).position),)


def aim(targets: tuple[Target, ...], body: Body, volume: Volume) -> Aimed:
    """Return the cells of a volume that the targets are, and those around them.

    Raises `ValueRefused` for a target of which the volume holds nothing.
    """
    filled = np.flatnonzero(volume.conducting)
    places = np.unravel_index(filled, volume.grid.shape)
    centres = np.stack([volume.grid.centres(axis)[places[axis]] for axis in range(3)], axis=1)
    labels = volume.labels.reshape(-1)[filled]
    inside = np.stack([_mask(target, body, volume, centres=centres, labels=labels) for target in targets])
    for target, mask in zip(targets, inside, strict=True):
        if not mask.any():
            raise ValueRefused(
                Problem(what=f"nothing of the target {target.words!r} is there", key="--target",
                        expected=f"one of {', '.join(volume.tissues)} where the target is",
                        came=target.tissue or "no cell", advice="Choose another tissue or target")
            )  # fmt: skip
    served = inside.any(axis=0)
    low, high = centres[served].min(axis=0) - NEARBY, centres[served].max(axis=0) + NEARBY
    nearby = ((centres >= low) & (centres <= high)).all(axis=1) & ~served
    keep = served | nearby
    return Aimed(
        targets=targets, cells=filled[keep], centres=centres[keep],
        volumes=volume.tissue_volumes().reshape(-1)[filled[keep]], inside=inside[:, keep],
        nearby=nearby[keep],
    )  # fmt: skip


def _mask(
    target: Target, body: Body, volume: Volume, *, centres: Floats, labels: npt.NDArray[np.int16]
) -> Mask:
    if target.kind == "muscle":
        muscle = _muscle(target, body)
        return _of(muscle.tissue, volume, labels) & _along(muscle, centres)
    tissue = _of(target.tissue, volume, labels)
    if target.kind == "zone":
        return tissue & _under_zone(target, body, centres)
    away = centres - np.array(_site(body, target.name).position)
    reach = np.hypot(away[:, 0], away[:, 1]) if body.kind == "slab" else np.linalg.norm(away, axis=1)
    return np.asarray(tissue & (reach <= (AROUND if body.kind == "slab" else 2 * AROUND)))


def _of(tissue: str, volume: Volume, labels: npt.NDArray[np.int16]) -> Mask:
    if tissue not in volume.tissues:
        return np.zeros(labels.size, dtype=bool)
    return np.asarray(labels == volume.tissues.index(tissue))


def _along(muscle: Muscle, centres: Floats) -> Mask:
    """Cells within half a muscle's width of the straight line from its origin to its insertion."""
    reach = max(LEAST_REACH, muscle.width / 2)
    start, line = np.array(muscle.origin), np.array(muscle.insertion) - np.array(muscle.origin)
    share = np.clip((centres - start) @ line / float(line @ line), 0.0, 1.0)
    away = centres - start - share[:, None] * line
    return np.asarray(np.einsum("ij,ij->i", away, away) <= reach**2)


def _under_zone(target: Target, body: Body, centres: Floats) -> Mask:
    """Cells within `DEEP` of the plane through a zone's corners, inside its outline seen along the
    normal."""
    corners = np.stack(middle_of(target, body))
    middle = corners.mean(axis=0)
    _, _, axes = np.linalg.svd(corners - middle)
    flat = (corners - middle) @ axes[:2].T
    seen, off = (centres - middle) @ axes[:2].T, (centres - middle) @ axes[2]
    return np.asarray(_within(flat, seen) & (np.abs(off) <= DEEP))


def _within(outline: Floats, points: Floats) -> Mask:
    """Which points (P, 2) lie inside an outline (N, 2): an odd number of edges to one side."""
    inside = np.zeros(len(points), dtype=bool)
    for (x0, y0), (x1, y1) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        if y0 == y1:
            continue
        between = (points[:, 1] >= min(y0, y1)) & (points[:, 1] < max(y0, y1))
        inside ^= between & (points[:, 0] < x0 + (points[:, 1] - y0) / (y1 - y0) * (x1 - x0))
    return inside


def _muscle(target: Target, body: Body) -> Muscle:
    return next(muscle for muscle in body.muscles if muscle.name == target.name)


def _site(body: Body, name: str) -> Site:
    return next(site for site in body.sites if site.name == name)
