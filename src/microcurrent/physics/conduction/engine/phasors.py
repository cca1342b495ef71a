"""PhasorEngine: alternating current in tissue on a grid, by conjugate gradients on complex numbers.

The matrix of ``div(y grad phi) = 0``, ``y = sigma + j omega epsilon``, is complex symmetric, and conjugate
gradients with the product ``r . z`` instead of ``conj(r) . z`` solve it (H. A. van der Vorst and J. B. M.
Melissen, IEEE Trans. Magn. 26 (1990) 706).

The preconditioner is the engine's real cycle for M, the real parts of all conductances plus the sizes of
their imaginary parts; it serves real and imaginary residuals alike. With A = K + iB and M = K + B, both
semidefinite, all eigenvalues of the preconditioned matrix lie on the line from 1 to i: within a factor of
the root of 2, at any frequency. What was compared: docs/decisions/0021.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from microcurrent.errors import ConvergenceError, Problem, ValueRefused
from microcurrent.physics.conduction.engine import memory
from microcurrent.physics.conduction.engine import phasor_rows as sweeps
from microcurrent.physics.conduction.engine.building import make_hierarchy
from microcurrent.physics.conduction.engine.krylov import Left
from microcurrent.physics.conduction.engine.levels import Hierarchy
from microcurrent.physics.conduction.engine.rows import (
    Stencil,
    copy_faces,
    fill_inverse,
    make_rows,
    places_of,
)
from microcurrent.physics.conduction.engine.team import Team, cores
from microcurrent.physics.conduction.grid import Grid

Floats = npt.NDArray[np.float64]
Phasors = npt.NDArray[np.complex128]
#: Real and imaginary part in storage, float64; of the preconditioner float32.
Pair = tuple[npt.NDArray[Any], npt.NDArray[Any]]
#: The residual, from the potential at the sources and what is left over in all cells.
Measure = Callable[[Phasors, Left], float]

#: Currents left over: root of the sum of squares, relative to that of the sources.
TOLERANCE = 1e-8
#: Peak bytes per unknown beyond the admittivities given, with some room: four vectors and three
#: conductances in complex float64, and the real engine's levels.
_BYTES = 260
#: Currents must add up to zero within this share of their sizes: rounding of their sum.
_BALANCE = 1e-10
#: Far more than any tissue needs (15 to 40).
_MOST_ITERATIONS = 300
#: The residual is computed afresh when it has fallen by this factor.
_DROP = 1e-5
#: It is, too, when it has grown by this factor: rounding has taken over.
_BURST = 100
#: The iteration aims this much below the goal, because the true residual is a little above its own.
_BELOW = 0.7
#: Fresh residuals in a row that are not below half the least before it is said that it does not converge.
_STALLS = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class SolvedPhasors:
    """The potential at the engine's cells in phasors: ``level + departure``, V; as `Solved`."""

    level: complex
    departure: Phasors
    iterations: int
    residual: float

    @property
    def potential(self) -> Phasors:
        """The potential, V ``(n,)``."""
        return self.level + self.departure


@dataclass(frozen=True, kw_only=True, eq=False)
class _Sources:
    """Places in storage ``(m,)`` where current [A] enters or an electrode [S] hangs."""

    places: npt.NDArray[np.int64]
    currents: Phasors
    robin: Phasors


class PhasorEngine:
    """Tissue of complex admittivity on a grid, insulated outside: set up once, then solved for any sources.

    Finite volumes with two-point fluxes, complex half cells in series. `admittivity`: S/m
    ``(nx, ny, nz)``, or three of them along x, y, z; 0 where there is no tissue, which must be one
    connected part, and a real part above 0 elsewhere. `faces`: ready conductances [S] between cells,
    arrays one shorter than the grid along their own axis. Conductances, potential and iteration are
    float64; only the preconditioner is float32.

    Not to be used by two threads at once; it shares its own work between `threads`, by default one for
    each core. Raises `ValueRefused` for values without these meanings and where memory will not do.
    """

    def __init__(
        self,
        grid: Grid,
        admittivity: npt.NDArray[np.complexfloating] | Sequence[npt.NDArray[np.complexfloating]],
        *,
        faces: Sequence[Phasors] | None = None,
        threads: int | None = None,
    ) -> None:
        along = (admittivity,) * 3 if isinstance(admittivity, np.ndarray) else tuple(admittivity)
        check_admittivity(grid, along)
        self.shape = grid.shape
        self._tissue = along[0].real > 0
        self.rows, self.count = make_rows(self._tissue)
        memory.require(self.count, _BYTES)
        self._team = Team(threads or cores())
        widths = [np.ascontiguousarray(grid.widths(axis)) for axis in range(3)]
        self._faces: tuple[Pair, ...] = tuple(self._pair() for _ in range(3))
        if faces is None:
            slabs = self._team.slabs(self.rows.n0)
            self._team.run(sweeps.fill_phasors, slabs, self.rows, along, tuple(widths), self._faces)
        else:
            for part in range(2):
                given = tuple(np.ascontiguousarray((one.real, one.imag)[part]) for one in faces)
                copy_faces(self.rows, given, tuple(pair[part] for pair in self._faces))
        self._hierarchy = self._levels(widths) if self.count > 1 else None

    def _pair(self) -> Pair:
        return np.zeros(self.rows.size), np.zeros(self.rows.size)

    def _levels(self, widths: list[Floats]) -> Hierarchy:
        """The real engine's levels for the sizes of the conductances."""
        g0, g1, g2 = (np.zeros(self.rows.size, np.float32) for _ in range(3))
        for size, (real, imaginary) in zip((g0, g1, g2), self._faces, strict=True):
            np.add(real, np.abs(imaginary), out=size, casting="same_kind")
        inverse = np.zeros(self.rows.size, np.float32)
        fill_inverse(self.rows, (g0, g1, g2), inverse)
        alone = self.count - int(np.count_nonzero(inverse))
        if alone:
            raise _refused("tissue", "one connected part", f"{alone} cells that touch no other")
        stencil = Stencil(g0, g1, g2, inverse)
        return make_hierarchy(self.rows, stencil, cells=self.count, widths=widths, team=self._team)

    @property
    def cells(self) -> npt.NDArray[np.int64]:
        """Flat grid indices of the unknowns, ``(n,)``, rising."""
        return np.flatnonzero(self._tissue)

    @property
    def places(self) -> npt.NDArray[np.int32]:
        """Where the unknowns lie in storage, ``(n,)``."""
        places = np.empty(self.count, np.int32)
        places_of(self.rows, self._tissue, places)
        return places

    def solve(
        self,
        right: Phasors,
        *,
        robin: Phasors | None = None,
        tolerance: float = TOLERANCE,
        measure: Measure | None = None,
    ) -> SolvedPhasors:
        """Return the potential for the currents `right` A ``(n,)`` into the cells, phasors.

        `robin` S ``(n,)``: admittances to electrodes at 0 V, their real parts above 0; without any, the
        currents must add up to 0 and the potential is free by a constant. `measure` is asked with the
        departure at the cells that have a current or an electrode, in their order. Stops when what is left
        over is below `tolerance` times the sources, both as roots of sums of squares, or when `measure` is.
        Raises `ValueRefused` for arrays of another shape, values without these meanings and currents that
        have no way out, `ConvergenceError` with the reason.
        """
        if not tolerance > 0:
            raise _refused("tolerance", "above 0", f"{tolerance:g}")
        sources = self._sources(right, np.zeros(self.count, complex) if robin is None else robin)
        level, scale = 0j, float(np.linalg.norm(sources.currents))
        if sources.robin.any():
            level = complex(sources.currents.sum() / sources.robin.sum())
            sources = replace(sources, currents=sources.currents - level * sources.robin)
        elif abs(sources.currents.sum()) > _BALANCE * np.abs(sources.currents).sum():
            raise _refused("currents into the tissue", "a sum of 0 A", f"{sources.currents.sum():g} A")
        if self._hierarchy is None or not sources.currents.any():
            return SolvedPhasors(
                level=level, departure=np.zeros(self.count, complex), iterations=0, residual=0.0
            )
        # The preconditioner is float32, in which small currents would be 0.
        unit = 2.0 ** math.frexp(float(np.abs(sources.currents).max()))[1]
        sources = replace(sources, currents=sources.currents / unit)

        def measured(departure: Phasors, left: Left) -> float:
            left = Left(square=unit * left.square, whole=unit * left.whole)
            return measure(unit * departure, left) if measure else left.square / scale

        held = sources.robin != 0
        robin = sources.robin[held]
        self._hierarchy.fasten(sources.places[held], robin.real + np.abs(robin.imag))
        try:
            iteration = _Iteration(self._hierarchy, self._faces, sources)
            reason = iteration.run(measured, tolerance)
        finally:
            self._hierarchy.loosen()
        if reason:
            self._hierarchy.clear()
            raise ConvergenceError(
                f"the alternating potential did not converge: after {iteration.iterations} iterations the "
                f"currents left over are {iteration.residual:.1e} of those that enter, wanted "
                f"{tolerance:.1e}: {reason}"
            )
        places = self.places
        real, imaginary = iteration.potential
        return SolvedPhasors(
            level=level,
            departure=unit * (real[places] + 1j * imaginary[places] + iteration.offset),
            iterations=iteration.iterations,
            residual=iteration.residual,
        )

    def _sources(self, right: Phasors, robin: Phasors) -> _Sources:
        for name, values in (("right", right), ("robin", robin)):
            if values.shape != (self.count,):
                raise _refused(name, f"one value for each of {self.count} cells", f"{values.shape}")
            if not np.isfinite(values).all():
                raise _refused(name, "finite values", "others among them")
        if ((robin != 0) & ~(robin.real > 0)).any():
            raise _refused("robin", "admittances with a real part above 0 S", "others among them")
        used = np.flatnonzero((right != 0) | (robin != 0))
        return _Sources(
            places=self.places[used].astype(np.int64),
            currents=right[used].astype(complex),
            robin=robin[used].astype(complex),
        )


class _Iteration:
    """Conjugate gradients on one right side; `potential` in storage plus `offset`, `iterations` so far.

    Admittances to electrodes can be a millionth of those of the tissue, so that a constant potential hardly
    changes any current. It is taken out (deflation): the currents left over always add up to 0, which the
    offset sees to whenever they are computed afresh, and search directions are shifted so that those
    through the electrodes add up to 0, too.
    """

    def __init__(self, hierarchy: Hierarchy, faces: tuple[Pair, ...], sources: _Sources) -> None:
        self._hierarchy = hierarchy
        self._level = hierarchy.levels[0]
        self._faces = faces
        self._sources = sources
        size = self._level.r.size
        self.potential, self._r, self._p, self._q = ((np.zeros(size), np.zeros(size)) for _ in range(4))
        self.offset = 0j
        # The cycle leaves p of the finest level alone: it keeps the answer to the real part.
        self._z = (self._level.p, self._level.z)
        self._electrodes = complex(sources.robin.sum())
        self.iterations = 0
        self.residual = math.inf
        self._square = math.inf
        self._step, self._beta, self._energy = 0j, 0j, 0j

    def run(self, measure: Measure, tolerance: float) -> str:
        """Iterate until `measure` is at most `tolerance`; return '', or why it does not get there."""
        self._level.q[:] = 0
        self._refresh(measure)
        goal, least = self._goal(tolerance), self._square
        best, stalls = self.residual, 0
        # Written so that NaN is not taken for an answer.
        while not self.residual <= tolerance:
            if stalls >= _STALLS:
                return "ask for a tolerance above rounding"
            if self.iterations >= _MOST_ITERATIONS:
                return "look for cells of extreme shape or admittivity"
            self._iterate()
            if not np.isfinite(self._step):
                return "a search direction had no current of its own"
            self._reduce(self._step)
            least = min(least, self._square)
            if self._square <= goal or self._square > _BURST * least:
                self._refresh(measure)
                stalls = stalls + 1 if self.residual > 0.5 * best else 0
                best = min(best, self.residual)
                goal, least = self._goal(tolerance), self._square
        return ""

    def _goal(self, tolerance: float) -> float:
        """The root of the sum of squares at which to look at the true residual again."""
        wanted = _BELOW * tolerance / self.residual if self.residual > 0 else 0.0
        return self._square * max(_DROP, wanted)

    def _reduce(self, step: complex) -> None:
        """r -= step q."""
        level = self._level
        found = self._hierarchy.team.run(sweeps.reduce, level.slabs, level.rows, self._r, self._q, step)
        self._square = math.sqrt(sum(found))

    def _refresh(self, measure: Measure) -> None:
        """Take in what was found and compute the true residual."""
        level, sources, team = self._level, self._sources, self._hierarchy.team
        team.run(sweeps.collect, level.slabs, level.rows, self.potential, self._p, self._step)
        team.run(sweeps.residual, level.slabs, level.rows, self._faces, self.potential, self._r)
        self._step = 0j
        held = _taken(self.potential, sources.places)
        if self._electrodes:
            leaving = sources.robin @ held
            self.offset = complex(sources.currents.sum() - leaving) / self._electrodes
        at = held + self.offset
        _add(self._r, sources.places, sources.currents - sources.robin * at)
        self._reduce(0j)
        sizes = float(np.hypot(*self._r).sum())
        self.residual = measure(at, Left(square=self._square, whole=sizes))

    def _iterate(self) -> None:
        """One iteration on the present residual."""
        level, sources, team = self._level, self._sources, self._hierarchy.team
        for part in range(2):
            team.run(sweeps.narrow, level.slabs, level.rows, self._r[part], level.r)
            self._hierarchy.descend(0, 0.0)
            self._hierarchy.ascend(0)
            if part == 0:
                np.copyto(level.p, level.z)
        found = team.run(sweeps.products, level.slabs, level.rows, self._r, self._q, self._z)
        energy = sum(one for one, _ in found)
        change = sum(other for _, other in found)
        touched = _taken(self._z, sources.places)
        shift = -complex(sources.robin @ touched) / self._electrodes if self._electrodes else 0j
        if self.iterations:
            # Polak and Ribiere's formula forgives a preconditioner that rounds. A fresh residual has no
            # last change to orthogonalise against; one that is larger than thought begins anew.
            self._beta = -self._step * change / self._energy if self._step else energy / self._energy
            if not self._step and abs(self._beta) > 1:
                self._beta = 0j
        vectors = (self._z, self._p, self._q, self.potential)
        scalars = (self._step, self._beta, shift)
        curvature = sum(
            team.run(sweeps.advance, level.slabs, level.rows, self._faces, vectors, scalars), start=0j
        )
        flow = sources.robin * (touched + shift)
        _add(self._q, sources.places, flow)
        curvature += complex(_taken(self._p, sources.places) @ flow)
        self._step = energy / curvature if curvature else complex(math.nan)
        self._energy = energy
        self.iterations += 1


def _taken(pair: Pair, places: npt.NDArray[np.int64]) -> Phasors:
    return np.asarray(pair[0][places].astype(float) + 1j * pair[1][places].astype(float))


def _add(pair: Pair, places: npt.NDArray[np.int64], values: Phasors) -> None:
    pair[0][places] += values.real
    pair[1][places] += values.imag


def check_admittivity(grid: Grid, along: Sequence[npt.NDArray[np.complexfloating]]) -> None:
    """Raise `ValueRefused` unless `along` three axes are admittivities [S/m] of one tissue on `grid`."""
    for one in along:
        if one.shape != grid.shape:
            raise _refused("admittivity", f"shape {grid.shape}", f"{one.shape}")
        if not np.iscomplexobj(one):
            raise _refused("admittivity", "complex numbers in S/m", f"an array of {one.dtype}")
        if not np.isfinite(one).all() or not ((one.real > 0) | (one == 0)).all():
            raise _refused("admittivity", "0, or a real part above 0 S/m", "others among them")
    if any(((one == 0) != (along[0] == 0)).any() for one in along[1:]):
        raise _refused(
            "admittivity", "all three axes above 0, or all three 0", "a cell with some of them 0"
        )


def _refused(what: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what=what, expected=expected, came=came))
