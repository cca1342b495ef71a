"""Boxes: the part of a grid that holds all the cells with a value, and values put on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from microcurrent.physics.conduction.grid import Floats
from microcurrent.planning.exposure.exposed import Exposed

Singles = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Box:
    """A part of a grid: its `first` cell (3,), its `shape` (3,), and its `edges` along x, y, z [m]."""

    first: tuple[int, ...]
    shape: tuple[int, ...]
    edges: tuple[Floats, ...]

    @property
    def middles(self) -> tuple[Floats, ...]:
        """Middles of the cells along x, y and z [m]."""
        return tuple(0.5 * (edges[1:] + edges[:-1]) for edges in self.edges)


def box_of(exposed: Exposed) -> Box:
    """Return the smallest box around all cells of an exposure."""
    grid = exposed.volume.grid
    flat = np.concatenate(list(exposed.cells.values()))
    places = np.stack(np.unravel_index(flat, grid.shape))
    first, last = places.min(axis=1), places.max(axis=1)
    edges = tuple(grid.edges[k][first[k] : last[k] + 2] for k in range(3))
    return Box(first=tuple(map(int, first)), shape=tuple(map(int, last - first + 1)), edges=edges)


def places_in(exposed: Exposed, box: Box, tissue: str) -> tuple[npt.NDArray[np.int64], ...]:
    """Return where the cells of a tissue lie in the box, three arrays (N,)."""
    places = np.unravel_index(exposed.cells[tissue], exposed.volume.grid.shape)
    return tuple(np.asarray(p - f) for p, f in zip(places, box.first, strict=True))


def filled(exposed: Exposed, box: Box, values: Mapping[str, npt.NDArray[np.floating]]) -> Singles:
    """Return values (N,) by tissue on the cells of the box, not-a-number where there is none."""
    result = np.full(box.shape, np.nan, dtype=np.float32)
    for tissue, amount in values.items():
        result[places_in(exposed, box, tissue)] = amount
    return result


def tissue_numbers(exposed: Exposed, box: Box) -> npt.NDArray[np.int8]:
    """Return the number of the tissue in every cell of the box, from 1 in their order, 0 for none."""
    result = np.zeros(box.shape, dtype=np.int8)
    for number, tissue in enumerate(exposed.cells, start=1):
        result[places_in(exposed, box, tissue)] = number
    return result
