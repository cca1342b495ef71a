"""Conjugate gradients in float32 around a potential in float64.

The residual that the iteration carries drifts from the true one by rounding. So whenever it has fallen by a
thousand, what was found is added to the potential in float64 and the residual is computed afresh in
float64 (reliable updates; Clark et al., Comput. Phys. Commun. 181:1517, 2010). The search direction is made
with Polak and Ribiere's formula, which forgives a preconditioner that rounds (Notay, SIAM J. Sci. Comput.
22:1444, 2000).

Conductances to electrodes can be a millionth of those of the tissue, so that a constant potential hardly
changes any current. It is taken care of exactly, by a shift that lets the electrodes' currents add up
(deflation), and not left to float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg.blas import sasum

from microcurrent.physics.conduction.engine import sweeps
from microcurrent.physics.conduction.engine.levels import Hierarchy

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
#: g0, g1, g2 [S] in storage, float32 or float64.
Faces = tuple[npt.NDArray[Any], ...]

#: The residual is computed afresh when it has fallen by this factor.
_DROP = 1e-3
#: The iteration aims this much below the goal, because the true residual is a little above its own.
_BELOW = 0.7
#: Fresh residuals in a row that fell by less than half before it is said that it does not converge.
_STALLS = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Sources:
    """Where current enters: `places` in storage ``(m,)``, each once; `currents` A; `robin` S to electrodes.

    `row` of each place, ``(m,)``.
    """

    places: npt.NDArray[np.int64]
    row: npt.NDArray[np.int64]
    currents: Floats
    robin: Floats


@dataclass(frozen=True, kw_only=True)
class Left:
    """What is left over in all cells: root of the sum of squares, and sum of sizes, in ampere."""

    square: float
    whole: float


#: The residual, from the potential at the sources and what is left over in all cells.
Measure = Callable[[Floats, Left], float]


class Iteration:
    """Conjugate gradients on one right side; `potential` in storage, `iterations` so far."""

    def __init__(self, hierarchy: Hierarchy, faces: Faces, sources: Sources):
        self._hierarchy = hierarchy
        self._level = hierarchy.levels[0]
        self._faces = faces
        self._sources = sources
        self.potential: Floats = np.zeros(self._level.r.size)
        self.iterations = 0
        self.residual = math.inf
        self.left = Left(square=math.inf, whole=math.inf)
        self._step, self._beta, self._energy = 0.0, 0.0, 0.0
        self._held = sources.places[sources.robin > 0]
        self._robin = sources.robin[sources.robin > 0]
        self._electrodes = float(sources.robin.sum())
        # The sum of the residual, and what the direction takes off it: only electrodes change it. Added up
        # over cells in float32 it would be noise, and a constant over a tiny conductance, made of noise.
        self._whole, self._flow = 0.0, 0.0

    def run(self, measure: Measure, tolerance: float, *, limit: int) -> bool:
        """Iterate until `measure` is at most `tolerance`; return False where `limit` rounds do not do."""
        for vector in (self._level.r, self._level.q, self._level.p, self._level.y):
            vector[:] = 0
        square = self._refresh(measure)
        goal, stalls = self._goal(tolerance), 0
        while not self.residual <= tolerance:
            if self.iterations >= limit or stalls >= _STALLS:
                return False
            self._iterate()
            square, _ = self._hierarchy.descend(0, self._step)
            if square <= goal**2:
                before = self.residual
                square = self._refresh(measure)
                stalls = stalls + 1 if self.residual > 0.5 * before else 0
                goal = self._goal(tolerance)
        return True

    def _goal(self, tolerance: float) -> float:
        """The root of the sum of squares at which to look at the true residual again."""
        wanted = _BELOW * tolerance / self.residual if self.residual > 0 else 0.0
        return self.left.square * max(_DROP, wanted)

    def _refresh(self, measure: Measure) -> float:
        """Take in what was found, compute the true residual, sweep forward; return the sum of r^2."""
        level, sources, team = self._level, self._sources, self._hierarchy.team
        if self.iterations:
            found = (self.potential, level.y, level.p)
            team.run(sweeps.collect, level.slabs, level.rows, found, self._step)
            team.run(sweeps.residual, level.slabs, level.rows, self._faces, (self.potential, level.r))
        at = self.potential[sources.places]
        level.r[sources.places] = sources.currents - sources.robin * at - self._product_at(sources)
        self._whole = float((sources.currents - sources.robin * at).sum())
        square, _ = self._hierarchy.descend(0, 0.0)
        self._step = 0.0
        self.left = Left(square=math.sqrt(square), whole=float(sasum(level.r)))
        self.residual = measure(at, self.left)
        return square

    def _product_at(self, sources: Sources) -> Floats:
        """Return A x of the bulk at the sources, A ``(m,)``: float32 there would spoil the last digits."""
        rows, x = self._level.rows, self.potential
        here = sources.places
        k = here - rows.start[sources.row]
        result = np.zeros(here.size)
        g0, g1, g2 = self._faces
        for g, there in (
            (g0, rows.above0[sources.row] + k),
            (g1, rows.above1[sources.row] + k),
            (g2, here + 1),
        ):
            result += g[here].astype(float) * (x[here] - x[there])
        for g, there in (
            (g0, rows.below0[sources.row] + k),
            (g1, rows.below1[sources.row] + k),
            (g2, here - 1),
        ):
            result += g[there].astype(float) * (x[here] - x[there])
        return result

    def _iterate(self) -> None:
        """One iteration after a forward sweep on the present residual."""
        level = self._level
        energy, change = self._hierarchy.ascend(0)
        touched = level.z[self._held].astype(float)
        shift = 0.0
        if self._electrodes > 0:
            shift = (self._whole - float(self._robin @ touched)) / self._electrodes
            energy += shift * self._whole
        if self._energy > 0:
            # After a fresh residual there is no last change to orthogonalise against.
            self._beta = -self._step * change / self._energy if self._step else energy / self._energy
        vectors = (level.z, level.p, level.q, level.y)
        scalars = (self._step, self._beta, shift)
        products = self._hierarchy.team.run(
            sweeps.advance, level.slabs, level.rows, level.stencil, vectors, scalars
        )
        flow = self._robin * (touched + shift)
        level.q[self._held] += flow.astype(np.float32)
        curvature = sum(products) + float(level.p[self._held].astype(float) @ flow)
        self._flow = float(flow.sum()) + self._beta * self._flow
        # Where only rounding is left there may be nothing to step along.
        self._step = energy / curvature if curvature > 0 else 0.0
        self._whole -= self._step * self._flow
        self._energy = energy
        self.iterations += 1
