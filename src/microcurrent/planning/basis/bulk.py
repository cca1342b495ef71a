"""Bulk: the engine as what solves the bulk for a basis, on all cores that this process may use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from microcurrent.physics.conduction.basis.responses import Solver
from microcurrent.physics.conduction.contact import Integers
from microcurrent.physics.conduction.engine import Engine
from microcurrent.physics.conduction.engine.team import cores
from microcurrent.physics.conduction.fractions import MixedCells, split
from microcurrent.physics.conduction.grid import Floats, Grid


@dataclass(frozen=True, kw_only=True, eq=False)
class _Bulk:
    """An engine with its cells at hand."""

    engine: Engine
    cells: Integers

    def solve_many(self, right: npt.NDArray[np.floating], tolerance: float) -> npt.NDArray[np.floating]:
        """See `Engine.solve_many`."""
        return self.engine.solve_many(right, tolerance)


def bulk_solver(grid: Grid, conductivity: Floats | MixedCells) -> Solver:
    """Return the engine for tissue in one connected part.

    `conductivity` (nx, ny, nz, 3) [S/m], 0 in air, or mixed cells. Raises as `Engine`.
    """
    sigma, between = split(conductivity)
    along = tuple(np.ascontiguousarray(sigma[..., axis]) for axis in range(3))
    engine = Engine(grid, along, faces=None if between is None else between.axes, threads=cores())
    return _Bulk(engine=engine, cells=engine.cells)
