"""Engine: the potential of any sources in tissue on a grid, by matrix-free multigrid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from microcurrent.errors import ConvergenceError, Problem, ValueRefused
from microcurrent.physics.conduction.engine.building import make_hierarchy
from microcurrent.physics.conduction.engine.krylov import Iteration, Left, Measure, Sources
from microcurrent.physics.conduction.engine.rows import (
    Stencil,
    copy_faces,
    fill_conductances,
    fill_inverse,
    make_rows,
    places_of,
)
from microcurrent.physics.conduction.engine.team import Team
from microcurrent.physics.conduction.grid import Grid

Floats = npt.NDArray[np.float64]

#: Currents left over: root of the sum of squares, relative to that of the sources.
TOLERANCE = 1e-8
#: Far more than any body needs (15 to 30); reaching it means that the problem is not sound.
_MOST_ITERATIONS = 200


@dataclass(frozen=True, kw_only=True, eq=False)
class Solved:
    """The potential at the engine's cells: ``level + departure``, V.

    `level` is the potential of the tissue while no current flows in it, and `departure` ``(n,)`` the rest; kept
    apart because behind dry skin the departure is a millionth of the level. `residual`: what is left over,
    relative to the sources or as measured.
    """

    level: float
    departure: Floats
    iterations: int
    residual: float

    @property
    def potential(self) -> Floats:
        """The potential, V ``(n,)``."""
        return self.level + self.departure


class Engine:
    """Tissue on a grid, insulated outside: set up once, then solved for any sources.

    Finite volumes with two-point fluxes, half cells in series (as `assembly.bulk_matrix`, its plain twin).
    Conductances are kept as float32, which defines the matrix unless `double` keeps them as float64, too,
    for the true residual. `sigma`: S/m ``(nx, ny, nz)``, or three of them along x, y, z; 0 where there is
    no tissue, which must be one connected part. `faces`: ready conductances [S] between cells, arrays
    one shorter than the grid along their own axis.

    Not to be used by two threads at once; it shares its own work between `threads`.
    """

    def __init__(
        self,
        grid: Grid,
        sigma: npt.NDArray[np.floating] | Sequence[npt.NDArray[np.floating]],
        *,
        faces: Sequence[Floats] | None = None,
        double: bool = False,
        threads: int = 1,
    ) -> None:
        along = (sigma,) * 3 if isinstance(sigma, np.ndarray) else tuple(sigma)
        self.shape = grid.shape
        self._tissue = along[0]
        self.rows, self.count = make_rows(along[0])
        kind = np.float64 if double else np.float32
        exact = tuple(np.zeros(self.rows.size, kind) for _ in range(3))
        widths = [np.ascontiguousarray(grid.widths(axis)) for axis in range(3)]
        if faces is None:
            fill_conductances(self.rows, along, tuple(widths), exact, 0, self.rows.n0)
        else:
            copy_faces(self.rows, tuple(faces), exact)
        self._faces = exact
        inverse = np.zeros(self.rows.size, np.float32)
        fill_inverse(self.rows, exact, inverse)
        stencil = Stencil(*(g.astype(np.float32, copy=False) for g in exact), inverse)
        self.hierarchy = make_hierarchy(self.rows, stencil, widths=widths, team=Team(threads))
        self._filled = np.flatnonzero(self.rows.high > self.rows.low)

    @property
    def cells(self) -> npt.NDArray[np.int64]:
        """Flat grid indices of the unknowns, ``(n,)``, rising."""
        return np.flatnonzero(self._tissue.ravel() > 0)

    @property
    def places(self) -> npt.NDArray[np.int32]:
        """Where the unknowns lie in storage, ``(n,)``."""
        places = np.empty(self.count, np.int32)
        places_of(self.rows, self._tissue, places)
        return places

    def solve(
        self,
        right: Floats,
        *,
        robin: Floats | None = None,
        tolerance: float = TOLERANCE,
        measure: Measure | None = None,
    ) -> Solved:
        """Return the potential for the currents `right` A ``(n,)`` into the cells.

        `robin` S ``(n,)``: conductances to electrodes at 0 V; without any, the currents must add up to 0
        and the potential is free by a constant. `measure` is asked with the departure at the cells that
        have a current or an electrode, in their order. Stops when what is left over is below `tolerance` times
        the sources, both as roots of sums of squares, or when `measure` is. Raises `ValueRefused` for arrays of
        another shape and for currents that have no way out, `ConvergenceError` with the reason.
        """
        sources = self._sources(right, np.zeros(0) if robin is None else robin)
        level, scale = 0.0, float(np.linalg.norm(sources.currents))
        if sources.robin.any():
            level = float(sources.currents.sum() / sources.robin.sum())
            sources = replace(sources, currents=sources.currents - level * sources.robin)
        elif abs(sources.currents.sum()) > _BALANCE * np.abs(sources.currents).sum():
            raise _refused("currents into the tissue", "a sum of 0 A", f"{right.sum():g} A")
        if not sources.currents.any():
            return Solved(level=level, departure=np.zeros(self.count), iterations=0, residual=0.0)

        def by_squares(_: Floats, left: Left) -> float:
            return left.square / scale

        self.hierarchy.fasten(*_held(sources))
        try:
            iteration = Iteration(self.hierarchy, self._faces, sources)
            done = iteration.run(measure or by_squares, tolerance, limit=_MOST_ITERATIONS)
        finally:
            self.hierarchy.loosen()
        if not done:
            raise ConvergenceError(
                f"the potential did not converge: after {iteration.iterations} iterations the currents left "
                f"over are {iteration.residual:.1e} of those that enter, wanted {tolerance:.1e}. Ask for a "
                "tolerance above rounding, or look for cells of extreme shape or conductivity."
            )
        return Solved(
            level=level,
            departure=iteration.potential[self.places],
            iterations=iteration.iterations,
            residual=iteration.residual,
        )

    def _sources(self, right: Floats, robin: Floats) -> Sources:
        for name, values in (("right", right), ("robin", robin)):
            if values.shape != (self.count,) and not (name == "robin" and values.size == 0):
                raise _refused(name, f"one value for each of {self.count} cells", f"{values.shape}")
        used = np.flatnonzero(right if robin.size == 0 else (right != 0) | (robin != 0))
        places = self.places[used].astype(np.int64)
        begin = self.rows.start[self._filled] + self.rows.low[self._filled]
        row = self._filled[np.searchsorted(begin, places, side="right") - 1]
        held = robin[used].astype(float) if robin.size else np.zeros(used.size)
        return Sources(places=places, row=row, currents=right[used].astype(float), robin=held)


#: Currents must add up to zero within this share of their sizes: rounding of their sum.
_BALANCE = 1e-10


def _held(sources: Sources) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return the places that hang on electrodes and their conductances."""
    held = sources.robin > 0
    return sources.places[held], sources.robin[held]


def _refused(what: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what=what, expected=expected, came=came))
