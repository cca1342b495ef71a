"""Cuts through a volume: where points of a plane lie in the grid, and what flows there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.interpolate import RegularGridInterpolator

from microcurrent.physics.bodies.volume import AIR, Volume

Floats = npt.NDArray[np.float64]

#: Half width [m] and step [m] of the cut half-way between the probes, how far it reaches above them
#: where the body bulges [m], and in how many steps of depth: all of a head, to a percent.
HALF_WIDTH, STEP = 0.2, 1.0e-3
BULGE, DEPTH_STEPS = 0.05, 500
#: A section shows this far beyond both probes, above the skin, and this deep [m].
BEYOND, ABOVE, DEEP = 0.015, 0.004, 0.026
SECTION_POINTS = (260, 150)


@dataclass(frozen=True, kw_only=True, eq=False)
class Flow:
    """One pose of one step at 1 A: J (nx, ny, nz, 3) [A/m2] and |E| (nx, ny, nz) [V/m] per ampere."""

    volume: Volume
    density: Floats
    field: Floats


def cells_at(volume: Volume, points: Floats) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """Return the flat cell index of each point (P, 3) [m], and which points lie in tissue (P,)."""
    inside = np.ones(len(points), dtype=bool)
    places = []
    for axis, edges in enumerate(volume.grid.edges):
        place = np.searchsorted(edges, points[:, axis], side="right") - 1
        inside &= (place >= 0) & (place < edges.size - 1)
        places.append(np.clip(place, 0, edges.size - 2))
    flat = np.ravel_multi_index(tuple(places), volume.grid.shape)
    return flat, inside & (volume.labels.reshape(-1)[flat] != AIR)


def tissue_shares(flow: Flow, anode: Floats, cathode: Floats, *, inward: Floats) -> dict[str, float]:
    """Return the part of the current that each tissue carries half-way between two points (3,) [m].

    The cut is the plane at right angles to the line between the points; parts add up to 1.
    """
    along = (cathode - anode) / np.linalg.norm(cathode - anode)
    down = inward - (inward @ along) * along
    down /= np.linalg.norm(down)
    across = np.cross(along, down)
    depth_edges = _depth_edges(flow.volume, (anode + cathode) / 2, down)
    middles, heights = (depth_edges[1:] + depth_edges[:-1]) / 2, np.diff(depth_edges)
    width = np.arange(-HALF_WIDTH, HALF_WIDTH, STEP) + STEP / 2
    points = (
        (anode + cathode) / 2 + width[:, None, None] * across + middles[None, :, None] * down
    ).reshape(-1, 3)
    flat, inside = cells_at(flow.volume, points)
    through = np.abs(flow.density.reshape(-1, 3)[flat] @ along) * inside
    through *= np.broadcast_to(heights, (width.size, heights.size)).reshape(-1)
    labels = flow.volume.labels.reshape(-1)[flat]
    total = through.sum()
    return {
        tissue: float(through[labels == index].sum() / total) if total else 0.0
        for index, tissue in enumerate(flow.volume.tissues)
    }


def _depth_edges(volume: Volume, start: Floats, down: Floats) -> Floats:
    """Return the distances [m] along `down` (3,) from `start` (3,) between which the cut is summed.

    Straight down an axis, as on every slab, they are the edges of the grid, so that a layer counts
    with exactly its thickness. Elsewhere they are fine near the surface, where the current is: a
    square root stretch.
    """
    axis = int(np.argmax(np.abs(down)))
    if abs(down[axis]) > 1 - 1e-12:
        return np.sort((volume.grid.edges[axis] - start[axis]) * np.sign(down[axis]))
    depth = np.linspace(-np.sqrt(BULGE), np.sqrt(HALF_WIDTH), DEPTH_STEPS)
    return np.asarray(np.sign(depth) * depth**2)


def section(
    flow: Flow, anode: Floats, cathode: Floats, *, inward: Floats, above: float = ABOVE
) -> dict[str, Any]:
    """Return a cut through two points (3,) [m] and along the inward normal, at 1 A, up to `above` [m].

    Keys and shapes are those of `microcurrent.planning.fields.Section`: along (U,), height (W,),
    tissue, field, density_along, density_up (U, W).
    """
    distance = float(np.linalg.norm(cathode - anode))
    along = (cathode - anode) / distance
    up = -(inward - (inward @ along) * along)
    up /= np.linalg.norm(up)
    u = np.linspace(-BEYOND, distance + BEYOND, SECTION_POINTS[0])
    w = np.linspace(-DEEP, above, SECTION_POINTS[1])
    points = (anode + u[:, None, None] * along + w[None, :, None] * up).reshape(-1, 3)
    flat, inside = cells_at(flow.volume, points)
    smooth = _interpolated(flow, points)
    own = np.linalg.norm(flow.density.reshape(-1, 3)[flat], axis=1)
    field = np.nan_to_num(flow.field.reshape(-1)[flat])
    # |E| follows the smooth |J| but keeps the resistivity of the cell: crisp at tissue borders.
    resistivity = np.divide(field, own, out=np.zeros_like(field), where=own > 0)
    shape = (u.size, w.size)
    labels = np.where(inside, flow.volume.labels.reshape(-1)[flat], AIR)
    return {
        "along": u,
        "height": w,
        "tissue": labels.reshape(shape).astype(np.int16),
        "field": (np.linalg.norm(smooth, axis=1) * resistivity * inside).reshape(shape),
        "density_along": (smooth @ along * inside).reshape(shape),
        "density_up": (smooth @ up * inside).reshape(shape),
    }


def _interpolated(flow: Flow, points: Floats) -> Floats:
    """J at points (P, 3) by straight lines between cell centres, the nearest cell at the rim."""
    centres = [flow.volume.grid.centres(axis) for axis in range(3)]
    held = np.stack(
        [np.clip(points[:, axis], centres[axis][0], centres[axis][-1]) for axis in range(3)], axis=1
    )
    result: Floats = RegularGridInterpolator(tuple(centres), flow.density)(held)
    return result
