"""Engine: the potential of any sources in tissue on a grid, by matrix-free multigrid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from microcurrent.errors import ConvergenceError, Problem, ValueRefused
from microcurrent.physics.conduction.engine import memory
from microcurrent.physics.conduction.engine.building import make_hierarchy
from microcurrent.physics.conduction.engine.krylov import Faces, Iteration, Left, Measure, Sources
from microcurrent.physics.conduction.engine.lanes import LANES
from microcurrent.physics.conduction.engine.levels import Hierarchy
from microcurrent.physics.conduction.engine.many import LEAST, Many
from microcurrent.physics.conduction.engine.rows import (
    Stencil,
    copy_faces,
    fill_conductances,
    fill_inverse_of,
    make_rows,
    places_of,
)
from microcurrent.physics.conduction.engine.soundness import check_conductivity, check_faces
from microcurrent.physics.conduction.engine.team import Team, cores
from microcurrent.physics.conduction.grid import Grid

if TYPE_CHECKING:
    from microcurrent.physics.conduction.engine.cuda.iteration import DeviceIteration

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

#: Currents left over: root of the sum of squares, relative to that of the sources.
TOLERANCE = 1e-8
#: The same for many at once, which are kept in float32.
MANY = 1e-6
#: Currents must add up to zero within this share of their sizes: rounding of their sum, ...
_BALANCE = 1e-10
#: ... in float32.
_ROUNDING = 1e-5
#: Far more than any body needs (15 to 30); reaching it means that the problem is not sound.
_MOST_ITERATIONS = 200


@dataclass(frozen=True, kw_only=True, eq=False)
class Solved:
    """The potential at the engine's cells: ``level + departure``, V.

    `level` is the potential of the tissue while no current flows in it, and `departure` ``(n,)`` the rest;
    kept apart because behind dry skin the departure is a millionth of the level. `residual`: what is left
    over, relative to the sources or as measured.
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
    one shorter than the grid along their own axis, 0 towards air. Raises `ValueRefused` for others.

    Not to be used by two threads at once; it shares its own work between `threads`, by default
    one for each core. `device`: "cpu", or "cuda" for a graphics processor, where many right sides are
    solved one after the other; raises `ValueRefused` where there is none.
    """

    def __init__(
        self,
        grid: Grid,
        sigma: npt.NDArray[np.floating] | Sequence[npt.NDArray[np.floating]],
        *,
        faces: Sequence[Floats] | None = None,
        double: bool = False,
        threads: int | None = None,
        device: str = "cpu",
    ) -> None:
        _check_device(device)
        along = (sigma,) * 3 if isinstance(sigma, np.ndarray) else tuple(sigma)
        check_conductivity(grid, along)
        if faces is not None:
            check_faces(along[0], faces)
        self.shape = grid.shape
        self._tissue = along[0]
        self.rows, self.count = make_rows(along[0])
        memory.require(self.count, memory.SOLVE + memory.DOUBLE * double)
        self._team = team = Team(threads or cores())
        slabs = team.slabs(self.rows.n0)
        kind = np.float64 if double else np.float32
        exact: Faces = tuple(np.zeros(self.rows.size, kind) for _ in range(3))
        widths = [np.ascontiguousarray(grid.widths(axis)) for axis in range(3)]
        if faces is None:
            team.run(fill_conductances, slabs, self.rows, along, tuple(widths), exact)
        else:
            copy_faces(self.rows, tuple(faces), exact)
        self._faces = exact
        inverse = np.zeros(self.rows.size, np.float32)
        team.run(fill_inverse_of, slabs, self.rows, exact, inverse)
        alone = self.count - int(np.count_nonzero(inverse))
        if alone and self.count > 1:
            raise _refused("tissue", "one connected part", f"{alone} cells that touch no other")
        g0, g1, g2 = (g.astype(np.float32, copy=False) for g in exact)
        stencil = Stencil(g0, g1, g2, inverse)
        # One cell alone has nothing to solve.
        self._hierarchy = (
            make_hierarchy(self.rows, stencil, cells=self.count, widths=widths, team=team)
            if self.count > 1
            else None
        )
        self._many: list[Many] = []
        self._filled = np.flatnonzero(self.rows.high > self.rows.low)
        self._device: Any = None
        if device == "cuda" and self._hierarchy is not None:
            from microcurrent.physics.conduction.engine.cuda.iteration import Device

            self._device = Device(self._hierarchy, exact)

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
        have a current or an electrode, in their order. Stops when what is left over is below `tolerance`
        times the sources, both as roots of sums of squares, or when `measure` is. Raises `ValueRefused` for
        arrays of another shape, values that are not finite, conductances below 0 and currents that have no
        way out, `ConvergenceError` with the reason.
        """
        _check_tolerance(tolerance)
        places = self.places
        sources = self._sources(right, robin, places)
        level, scale = 0.0, float(np.linalg.norm(sources.currents))
        if sources.robin.any():
            level = float(sources.currents.sum() / sources.robin.sum())
            sources = replace(sources, currents=sources.currents - level * sources.robin)
        elif abs(sources.currents.sum()) > _BALANCE * np.abs(sources.currents).sum():
            raise _refused("currents into the tissue", "a sum of 0 A", f"{right.sum():g} A")
        if self._hierarchy is None or not sources.currents.any():
            return Solved(level=level, departure=np.zeros(self.count), iterations=0, residual=0.0)
        # Squares of small currents would be 0 in float32.
        unit = 2.0 ** math.frexp(float(np.abs(sources.currents).max()))[1]
        sources = replace(sources, currents=sources.currents / unit)

        def by_squares(_: Floats, left: Left) -> float:
            return left.square / scale

        def measured(departure: Floats, left: Left) -> float:
            left = Left(square=unit * left.square, whole=unit * left.whole)
            return (measure or by_squares)(unit * departure, left)

        self._hierarchy.fasten(*_held(sources))
        try:
            iteration = self._iteration(self._hierarchy, sources)
            done = iteration.run(measured, tolerance, limit=_MOST_ITERATIONS)
        finally:
            self._hierarchy.loosen()
        if not done:
            self._hierarchy.clear()
            raise _not_converged(iteration.iterations, iteration.residual, tolerance)
        departure = iteration.potential[places]
        departure *= unit
        return Solved(
            level=level,
            departure=departure,
            iterations=iteration.iterations,
            residual=iteration.residual,
        )

    def solve_many(self, right: npt.NDArray[np.floating], tolerance: float = MANY) -> Singles:
        """Return the potentials, V ``(n, K)`` float32, for `right` A ``(n, K)``, each adding up to 0.

        Sixteen at a time. Each potential is free by a constant. Raises `ValueRefused` for another shape,
        for currents that are not finite or do not add up to 0 and for a `tolerance` below what float32 can
        tell, and `ConvergenceError`.
        """
        _check_tolerance(tolerance)
        if tolerance < LEAST:
            raise _refused("tolerance in float32", f"{LEAST:g} or more", f"{tolerance:g}")
        sizes = self._sizes(right)
        if self._hierarchy is None:
            return np.zeros(right.shape, np.float32)
        if self._device is not None:
            return self._one_by_one(right, tolerance)
        result = np.empty(right.shape, np.float32)
        places = self.places
        # Squares of small currents would be 0 in float32.
        units = np.ldexp(1.0, np.clip(np.frexp(sizes)[1], -100, 100)).astype(np.float32)
        crew = self._crew(-(-right.shape[1] // LANES))

        def solve(many: Many, first: int) -> None:
            part = slice(first, min(first + LANES, right.shape[1]))

            def fill(storage: Singles) -> None:
                storage[places, : part.stop - part.start] = right[:, part]
                storage[:, : part.stop - part.start] /= units[part]

            found = many.run(fill, tolerance, limit=_MOST_ITERATIONS)
            if not float(many.residuals.max()) <= tolerance:
                raise _not_converged(many.iterations, float(many.residuals.max()), tolerance)
            result[:, part] = found[places, : part.stop - part.start]

        def share(number: int) -> None:
            for first in range(LANES * number, right.shape[1], LANES * len(crew)):
                solve(crew[number], first)

        done = False
        try:
            self._team.each(share, len(crew))
            done = True
        finally:
            if not done:
                # After a failure or Ctrl-C its work holds what is no number, or is still written to.
                self._many = []
        result *= units
        return result

    def _crew(self, blocks: int) -> list[Many]:
        """Return who solves blocks of right sides: all threads on one, or each thread on its own.

        Blocks apart need no meeting of threads, but each needs memory of its own.
        """
        hierarchy = self._hierarchy
        if hierarchy is None:
            return []
        each = self.count * memory.MANY
        room = int((memory.available() + len(self._many) * each) // each)
        wanted = max(1, min(blocks, self._team.threads, room))
        if len(self._many) != wanted:
            self._many = []
            memory.require(self.count, memory.MANY)
            teams = (
                [self._team] if wanted == 1 else [Team(self._team.threads // wanted) for _ in range(wanted)]
            )
            self._many = [Many(hierarchy, team) for team in teams]
        return self._many

    def _sizes(self, right: npt.NDArray[np.floating]) -> Floats:
        """Return the sums of the sizes of many right sides ``(K,)``; refuse those that cannot be used."""
        if right.ndim != 2 or right.shape[0] != self.count:
            raise _refused("currents into the tissue", f"shape ({self.count}, K)", f"{right.shape}")
        sums, sizes = right.sum(axis=0, dtype=float), np.abs(right).sum(axis=0, dtype=float)
        if not np.isfinite(sizes).all():
            raise _refused("currents into the tissue", "finite values", "others among them")
        if (np.abs(sums) > _ROUNDING * sizes).any():
            raise _refused("currents into the tissue", "sums of 0 A", f"{np.abs(sums).max():g} A")
        return np.asarray(sizes)

    def _one_by_one(self, right: npt.NDArray[np.floating], tolerance: float) -> Singles:
        result = np.empty(right.shape, np.float32)
        for k in range(right.shape[1]):
            column = right[:, k].astype(float)
            # Rounding to float32 leaves a sum over, which goes to where current enters or leaves.
            size = np.abs(column)
            column -= size * (column.sum() / (size.sum() or 1.0))
            result[:, k] = self.solve(column, tolerance=tolerance).departure
        return result

    def _iteration(self, hierarchy: Hierarchy, sources: Sources) -> Iteration | DeviceIteration:
        if self._device is None:
            return Iteration(hierarchy, self._faces, sources)
        from microcurrent.physics.conduction.engine.cuda.iteration import DeviceIteration

        return DeviceIteration(self._device, sources)

    def _sources(self, right: Floats, robin: Floats | None, places: npt.NDArray[np.int32]) -> Sources:
        for name, values in (("right", right), ("robin", robin)):
            if values is not None and values.shape != (self.count,):
                raise _refused(name, f"one value for each of {self.count} cells", f"{values.shape}")
        # What is no number is not 0 either, so that it is enough to look at what is used.
        used = np.flatnonzero(right)
        if robin is not None:
            used = np.union1d(used, np.flatnonzero(robin))
        currents = right[used].astype(float)
        held = np.zeros(used.size) if robin is None else robin[used].astype(float)
        for name, values in (("right", currents), ("robin", held)):
            if not np.isfinite(values).all():
                raise _refused(name, "finite values", "others among them")
        if (held < 0).any():
            raise _refused("robin", "conductances of 0 S or more", f"{held.min():g} S")
        at = places[used].astype(np.int64)
        begin = self.rows.start[self._filled] + self.rows.low[self._filled]
        row = self._filled[np.searchsorted(begin, at, side="right") - 1]
        return Sources(places=at, row=row, currents=currents, robin=held)


def _check_device(device: str) -> None:
    if device not in ("cpu", "cuda"):
        raise _refused("device of the field engine", '"cpu" or "cuda"', f'"{device}"')
    if device == "cuda":
        from microcurrent.physics.conduction.engine.cuda.presence import require

        require()


def _held(sources: Sources) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return the places that hang on electrodes and their conductances."""
    held = sources.robin > 0
    return sources.places[held], sources.robin[held]


def _check_tolerance(tolerance: float) -> None:
    if not tolerance > 0:
        raise _refused("tolerance", "more than 0", f"{tolerance:g}")


def _not_converged(iterations: int, residual: float, tolerance: float) -> ConvergenceError:
    return ConvergenceError(
        f"the potential did not converge: after {iterations} iterations the currents left over are "
        f"{residual:.1e} of those that enter, wanted {tolerance:.1e}. Ask for a tolerance above rounding, "
        "or look for cells of extreme shape or conductivity."
    )


def _refused(what: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what=what, expected=expected, came=came))
