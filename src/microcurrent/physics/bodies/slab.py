"""Slab: layers of tissue lying flat, on a grid that is fine under the electrodes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.bodies.volume import Volume
from microcurrent.physics.conduction.grid import Floats, Grid, graded_edges

#: A rectangle on the skin, (low x, high x, low y, high y) [m], where the grid is to be fine.
Box = tuple[float, float, float, float]

#: Widest cell along the skin under the electrodes [m]: eight across the smallest usual contact.
LATERAL_SPACING = 1.0e-3
#: Widest cell in depth within the first layer [m]; the current turns from down to along there.
DEPTH_SPACING = 0.4e-3
#: Growth from cell to cell away from the fine part.
GROWTH = 1.25
#: Between fine boxes no cell is wider than this many of the fine ones, so that the field half-way
#: between two probes, where the share of depth is read, stays resolved.
_WIDEST_BETWEEN = 3.0


def slab_volume(
    layers: Sequence[tuple[str, float]],
    size: tuple[float, float],
    boxes: Sequence[Box],
    *,
    lateral: float = LATERAL_SPACING,
    depth: float = DEPTH_SPACING,
    coarseness: float = 1.0,
) -> Volume:
    """Return a slab as a volume: skin surface at z = 0, tissue below, centred on x = y = 0.

    `layers`: (tissue, thickness [m]) from the skin inwards; a tissue may come twice. `size`: extent
    [m] along x and y. Inside `boxes` cells are at most `lateral` [m] wide, within the first layer at
    most `depth` [m] high, and they grow by a quarter from one to the next elsewhere. Every boundary
    between layers and the ends of the boxes are grid planes, and every layer has at least two cells.
    `coarseness` 2 gives cells twice as wide everywhere, and so on.

    Raises `ValueRefused` for no layer, a thickness or size that is not positive, or no box.
    """
    _check(layers, size, boxes)
    ratio = GROWTH**coarseness
    lateral, depth = lateral * coarseness, depth * coarseness
    x = _lateral_edges(size[0], [box[:2] for box in boxes], lateral, ratio)
    y = _lateral_edges(size[1], [box[2:] for box in boxes], lateral, ratio)
    floors = -np.cumsum([thickness for _, thickness in layers])
    tops = np.concatenate([[0.0], floors[:-1]])
    middles = 0.5 * (tops + floors)
    z = graded_edges(
        float(floors[-1]), 0.0, depth,
        fine=[(float(floors[0]), 0.0)], ratio=ratio, boundaries=[*floors, *middles],
    )  # fmt: skip
    grid = Grid(x=x, y=y, z=z)
    tissues = tuple(dict.fromkeys(tissue for tissue, _ in layers))
    layer = np.searchsorted(-floors, -grid.centres(2))
    column = np.array([tissues.index(tissue) for tissue, _ in layers], dtype=np.int16)[layer]
    labels = np.broadcast_to(column, grid.shape)
    return Volume(grid=grid, labels=labels, tissues=tissues, skin_borders=((2, 1),))


def _lateral_edges(
    extent: float, intervals: Sequence[tuple[float, float]], spacing: float, ratio: float
) -> Floats:
    """Edges [m] along x or y: fine inside the intervals, no wider than allowed between them."""
    half = 0.5 * extent
    fine: list[tuple[float, float]] = []
    for low, high in sorted((max(low, -half), min(high, half)) for low, high in intervals):
        if low >= high:
            raise _refused("a fine box that overlaps the slab", f"{low:g} to {high:g} m")
        if fine and low <= fine[-1][1] + spacing:
            fine[-1] = (fine[-1][0], max(high, fine[-1][1]))
        else:
            fine.append((low, high))
    planes: list[float] = []
    for before, after in zip(fine, fine[1:], strict=False):
        gap = after[0] - before[1]
        count = int(np.ceil(gap / (_WIDEST_BETWEEN * spacing)))
        planes += [before[1] + gap * k / count for k in range(1, count)]
    return graded_edges(-half, half, spacing, fine=fine, ratio=ratio, boundaries=planes)


def _check(layers: Sequence[tuple[str, float]], size: tuple[float, float], boxes: Sequence[Box]) -> None:
    if not layers:
        raise _refused("at least one layer", "none")
    for tissue, thickness in layers:
        if not (np.isfinite(thickness) and thickness > 0):
            raise _refused(f"a positive thickness in metre of the layer {tissue}", f"{thickness}")
    if not (np.isfinite(size).all() and min(size) > 0):
        raise _refused("a positive size in metre along x and y", f"{size}")
    if not boxes:
        raise _refused("at least one box where the grid is fine", "none")


def _refused(expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="slab", expected=expected, came=came))
