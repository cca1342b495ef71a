"""One connected part of a conductor, solved for electrodes one after the other at 1 V."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from microcurrent.errors import ConvergenceError, Problem, ValueRefused
from microcurrent.physics.conduction.engine import Engine
from microcurrent.physics.conduction.engine.krylov import Left
from microcurrent.physics.conduction.grid import Floats, Grid

Integers = npt.NDArray[np.int64]

#: A current below this part of volt times contact is the rounding of its potential.
_LOST = 4 * float(np.finfo(float).eps)


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
        if not inside.all():
            along = [np.where(inside, one, 0.0) for one in along]
            faces = None if faces is None else _within(inside, faces)
        self._engine = Engine(grid, along, faces=faces, double=True)

    def solve_units(self, robin: Floats, driven: Floats, tolerance: float) -> list[UnitSolve]:
        """Return one potential for each row of `driven`, with conductances `robin` to electrodes.

        `robin` ``(n,)`` and `driven` ``(K, n)`` are siemens per cell; row k is the share of `robin`
        that belongs to the electrode at 1 V, all others being at 0 V. Stops when the currents left
        over in all cells, added up without sign, are below `tolerance` times the electrode's
        current: a measure in ampere that means the same behind a millionth of a siemens of skin as
        under bare metal.

        Raises `ConvergenceError` with iterations and residual, and where the contacts differ so much
        that rounding leaves no current.
        """
        held = np.flatnonzero(robin)
        solved = []
        for one in driven:
            level = float(one.sum() / robin.sum())
            at, others = one[held], float((robin - one).sum())

            def by_current(
                departure: Floats, left: Left, at: Floats = at, level: float = level, others: float = others
            ) -> float:
                current = abs(float(at @ (1.0 - level - departure)))
                return left.whole / above_rounding(current, float(at.sum()), others)

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


def _within(inside: npt.NDArray[np.bool_], faces: Sequence[Floats]) -> list[Floats]:
    """The faces between cells `inside` ``(nx, ny, nz)``; refuse one that conducts out of them, into air."""
    kept = []
    for axis, values in enumerate(faces):
        low = tuple(slice(None, -1) if other == axis else slice(None) for other in range(3))
        high = tuple(slice(1, None) if other == axis else slice(None) for other in range(3))
        if (values[inside[low] != inside[high]] > 0).any():
            raise ValueRefused(
                Problem(
                    what="face conductances",
                    key="xyz"[axis],
                    expected="0 S between tissue and air",
                    came="a face that conducts",
                )
            )
        kept.append(np.where(inside[low] & inside[high], values, 0.0))
    return kept


def above_rounding(current: float, contact: float, others: float) -> float:
    """Return the `current` per volt [S] of an electrode; refuse what is rounding of its `contact` [S].

    `others` [S]: the contacts of all other electrodes. Raises `ConvergenceError`.
    """
    # Written so that NaN fails too.
    if not current > _LOST * contact:
        raise ConvergenceError(
            f"no current is left above rounding: the contact of one electrode conducts {contact:.1e} S, "
            f"those of all others {others:.1e} S. They are too different for double precision."
        )
    return current
