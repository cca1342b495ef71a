"""Conjugate gradients with algebraic multigrid for one connected conductor and any electrodes.

The multigrid hierarchy is built once from the bulk. Electrodes only add to the diagonal (a Robin
term); the finest level smooths with that term in, the coarser levels leave it out, and the
constant, which the bulk alone cannot determine, is a coarse space of its own. The preconditioner is
symmetric and positive for every contact, so the bulk is set up once for all positions. Only
contacts that hold much of the surface without impedance, such as a whole plane at one potential,
would make it slow; they get a hierarchy of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyamg
from pyamg.relaxation.relaxation import gauss_seidel
from scipy import sparse

from microcurrent.errors import ConvergenceError
from microcurrent.physics.conduction.assembly import Integers
from microcurrent.physics.conduction.grid import Floats

#: Relative shift of the diagonal that makes the insulated bulk regular for the coarsest solve. It
#: touches the preconditioner only, and is far above rounding and far below any other eigenvalue.
_SHIFT = 1e-8
#: The coarsest level is solved densely; 400 unknowns cost less than one sweep on the finest.
_COARSEST = 400
#: Probes of any impedance need 9 to 25 iterations; past this, a hierarchy of their own pays.
_PATIENCE = 30
#: Such contacts are known by cells that hang on the electrode far more than on their neighbours:
#: without impedance the conductance to it is at most twice the cell's own, nearly so in flat cells ...
_STRONG = 1.5
#: ... in more than this share of all cells.
_STRONG_CELLS = 0.003
#: Far more than any mesh tried needs; reaching it means the problem is not sound.
_MOST_ITERATIONS = 300
#: The recursive residual drifts from the true one by rounding; start again from the true one this
#: often before giving up.
_RESTARTS = 4


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
    """One connected part of a conductor: its matrix in siemens and its multigrid hierarchy.

    `cells` ``(n,)`` are the flat grid indices of its cells, in rising order.
    """

    def __init__(self, bulk: sparse.csr_array, cells: Integers) -> None:
        self.cells = cells
        whole = cells.size == bulk.shape[0]
        self._matrix = sparse.csr_array(bulk if whole else bulk[cells][:, cells])
        self._matrix.sort_indices()
        rows = np.repeat(np.arange(cells.size), np.diff(self._matrix.indptr))
        # A part of one cell has an empty bulk; conjugate gradients then work on the constant alone.
        self._on_diagonal = np.flatnonzero(rows == self._matrix.indices)
        self._bulk_levels: list[Any] | None = None

    def _levels(self) -> list[Any]:
        """The hierarchy of the bulk, made when first needed."""
        if self._bulk_levels is None:
            shift = _SHIFT * self._matrix.diagonal()
            self._bulk_levels = _hierarchy(self._with_diagonal(shift)) if self.cells.size > 1 else []
        return self._bulk_levels

    def _with_diagonal(self, added: Floats) -> sparse.csr_array:
        if not self._on_diagonal.size:
            return sparse.csr_array(sparse.diags_array(added, format="csr"))
        data = self._matrix.data.copy()
        data[self._on_diagonal] += added
        parts = (data, self._matrix.indices, self._matrix.indptr)
        return sparse.csr_array(parts, shape=self._matrix.shape)

    def solve_units(self, robin: Floats, driven: Floats, tolerance: float) -> list[UnitSolve]:
        """Return one potential for each row of `driven`, with conductances `robin` to electrodes.

        `robin` ``(n,)`` and `driven` ``(K, n)`` are siemens per cell; row k is the share of `robin`
        that belongs to the electrode at 1 V, all others being at 0 V. Stops when the currents left
        over in all cells, added up without sign, are below `tolerance` times the electrode's
        current: a measure in ampere that means the same behind a millionth of a siemens of skin as
        under bare metal.

        Raises `ConvergenceError` with iterations and residual.
        """
        matrix = self._with_diagonal(robin)
        strong = robin > _STRONG * self._matrix.diagonal()
        own = self.cells.size > 1 and float(strong.mean()) > _STRONG_CELLS
        levels = _hierarchy(matrix) if own else self._levels()
        system = _System(matrix=matrix, levels=levels, robin=robin)
        solved = []
        for one in driven:
            attempt = _solve(system, one, tolerance, limit=_MOST_ITERATIONS if own else _PATIENCE)
            if attempt.residual > tolerance and not own:
                own = True
                system = _System(matrix=matrix, levels=_hierarchy(matrix), robin=robin)
                attempt = _solve(system, one, tolerance, limit=_MOST_ITERATIONS)
            if attempt.residual > tolerance:
                raise ConvergenceError(
                    f"the potential did not converge: after {attempt.iterations} iterations the "
                    f"currents left over add up to {attempt.residual:.1e} of the electrode current, "
                    f"wanted {tolerance:.1e}. Ask for a tolerance above rounding, or look for cells "
                    "of extreme shape or conductivity."
                )
            solved.append(attempt)
        return solved


@dataclass(frozen=True, kw_only=True, eq=False)
class _System:
    """Bulk and electrodes: matrix S ``(n, n)``, hierarchy, and the Robin term S ``(n,)``."""

    matrix: sparse.csr_array
    levels: list[Any]
    robin: Floats

    def precondition(self, residual: Floats) -> Floats:
        """Return the residual's approximate solution."""
        improved = np.zeros_like(residual)
        if self.levels:
            improved = _cycle(self.levels, 0, (self.matrix, residual - residual.mean()))
            improved -= improved.mean()
        improved += residual.sum() / self.robin.sum()
        return improved


def _solve(system: _System, driven: Floats, tolerance: float, *, limit: int) -> UnitSolve:
    """Return the potential after at most about `limit` iterations, with its true residual."""
    level = float(driven.sum() / system.robin.sum())
    right = driven - system.robin * level
    departure = np.zeros(driven.size)
    iterations = 0
    for restart in range(_RESTARTS + 1):
        left = right - system.matrix @ departure
        # The current that the electrode drives, from the potential as it stands.
        current = float(driven @ (1.0 - level - departure))
        residual = float(np.abs(left).sum() / abs(current))
        if residual <= tolerance or restart == _RESTARTS or iterations >= limit:
            break
        # Half the wanted sum leaves room for the drift of the recursive residual.
        goal = 0.5 * tolerance * abs(current)
        change, count = _conjugate_gradients(system, left, goal, limit=limit - iterations)
        departure += change
        iterations += count
    return UnitSolve(level=level, departure=departure, iterations=iterations, residual=residual)


def _conjugate_gradients(system: _System, right: Floats, goal: float, *, limit: int) -> tuple[Floats, int]:
    """Solve from zero until the absolute residuals add up to `goal`; return it and the count."""
    solution = np.zeros_like(right)
    residual = right.copy()
    improved = system.precondition(residual)
    direction = improved.copy()
    energy = float(residual @ improved)
    for count in range(1, limit + 1):
        image = system.matrix @ direction
        step = energy / float(direction @ image)
        solution += step * direction
        residual -= step * image
        if float(np.abs(residual).sum()) <= goal:
            return solution, count
        improved = system.precondition(residual)
        previous, energy = energy, float(residual @ improved)
        direction *= energy / previous
        direction += improved
    return solution, limit


def _hierarchy(matrix: sparse.csr_array) -> list[Any]:
    """Ruge-Stueben levels of a matrix, made without random numbers.

    The second pass costs a larger hierarchy and keeps the number of iterations at 10 to 30 where
    cells grow and conductivities jump (Ruge and Stueben 1987, section 4.6).
    """
    solver = pyamg.ruge_stuben_solver(
        matrix, CF=("RS", {"second_pass": True}), max_coarse=_COARSEST, max_levels=20
    )
    levels: list[Any] = solver.levels
    levels[-1].inverse = np.linalg.pinv(levels[-1].A.toarray(), hermitian=True)
    return levels


def _cycle(levels: list[Any], depth: int, equation: tuple[sparse.csr_array, Floats]) -> Floats:
    """One symmetric V-cycle from zero for ``matrix @ x = right`` on level `depth`."""
    matrix, right = equation
    level = levels[depth]
    if depth == len(levels) - 1:
        return np.asarray(level.inverse @ right)
    guess = np.zeros_like(right)
    gauss_seidel(matrix, guess, right, sweep="forward")
    coarse = level.R @ (right - matrix @ guess)
    guess += level.P @ _cycle(levels, depth + 1, (levels[depth + 1].A, coarse))
    gauss_seidel(matrix, guess, right, sweep="backward")
    return guess
