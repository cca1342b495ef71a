"""One connected part of a conductor, solved for electrodes one after the other at 1 V."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from microcurrent.physics.conduction.engine import Engine
from microcurrent.physics.conduction.engine.krylov import Left
from microcurrent.physics.conduction.grid import Floats, Grid

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class UnitSolve:
    """Potential for one electrode at 1 V, the others at 0 V: ``level + departure``, V.

    `level` is the current-free potential of the bulk and `departure` ``(n,)`` the rest; kept apart
    because behind dry skin the departure is a millionth of the level. `residual` is the sum of
    the currents left over in all cells divided by the electrode current.
    """

    level: float
    departure: Floats
    iterations: int
    residual: float


class Part:
    """One connected part of a conductor and its engine.

    `cells` ``(n,)`` are the flat grid indices of its cells, in rising order; `along` the conductivity
    [S/m] along x, y and z, ``(nx, ny, nz)`` each; `faces`: ready conductances [S], or none.
    """

    def __init__(
        self, grid: Grid, cells: Integers, along: Sequence[Floats], *, faces: Sequence[Floats] | None
    ) -> None:
        self.cells = cells
        inside = np.zeros(int(np.prod(grid.shape)), dtype=bool)
        inside[cells] = True
        inside = inside.reshape(grid.shape)
        own = along if inside.all() else [np.where(inside, one, 0.0) for one in along]
        self._engine = Engine(grid, own, faces=faces, double=True)

    def solve_units(self, robin: Floats, driven: Floats, tolerance: float) -> list[UnitSolve]:
        """Return one potential for each row of `driven`, with conductances `robin` to electrodes.

        `robin` ``(n,)`` and `driven` ``(K, n)`` are siemens per cell; row k is the share of `robin`
        that belongs to the electrode at 1 V, all others being at 0 V. Stops when the currents left
        over in all cells, added up without sign, are below `tolerance` times the electrode's
        current: a measure in ampere that means the same behind a millionth of a siemens of skin as
        under bare metal.

        Raises `ConvergenceError` with iterations and residual.
        """
        held = np.flatnonzero(robin)
        solved = []
        for one in driven:
            level = float(one.sum() / robin.sum())
            at = one[held]

            def by_current(departure: Floats, left: Left, at: Floats = at, level: float = level) -> float:
                return left.whole / abs(float(at @ (1.0 - level - departure)))

            found = self._engine.solve(one, robin=robin, tolerance=tolerance, measure=by_current)
            solved.append(
                UnitSolve(
                    level=found.level,
                    departure=found.departure,
                    iterations=found.iterations,
                    residual=found.residual,
                )
            )
        return solved
