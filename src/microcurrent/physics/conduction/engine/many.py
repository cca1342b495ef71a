"""Sixteen balanced right sides at once, in float32: what a surface basis is made of."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from microcurrent.physics.conduction.engine import lanes as la
from microcurrent.physics.conduction.engine import lanes_lists as ll
from microcurrent.physics.conduction.engine.lanes import LANES
from microcurrent.physics.conduction.engine.levels import Hierarchy, Level
from microcurrent.physics.conduction.engine.team import Team

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

#: A residual below this part of the sources' is not told from rounding in float32.
LEAST = 2e-7
#: The iteration aims this much below the goal, because the true residual is a little above its own.
_BELOW = 0.6
#: The residuals are computed afresh when they have fallen by this factor: below, rounding takes over.
_DROP = 1e-3


class Many:
    """Conjugate gradients for up to sixteen right sides; shares the conductances of a hierarchy.

    All vectors hold sixteen values for each place. Several may run at a time, each with a team of one:
    they share conductances and nothing else. `iterations` and `residuals` ``(16,)`` of the last run.
    """

    def __init__(self, hierarchy: Hierarchy, team: Team) -> None:
        self._hierarchy = hierarchy
        self._team = team
        self._work = [
            {name: np.zeros(LANES * level.r.size, np.float32) for name in ("r", "q", "z", "p", "y")}
            for level in hierarchy.levels
        ]
        count = int(hierarchy.links.first[-1])
        self._right, self._z, self._keep = (np.zeros(LANES * (count + 1), np.float32) for _ in range(3))
        self.iterations = 0
        self.residuals: Floats = np.zeros(LANES)

    def run(self, fill: Any, tolerance: float, *, limit: int) -> Singles:
        """Return the potentials in storage, ``(size, 16)``.

        `fill` writes the right sides into an array ``(size, 16)``. Stops where every residual, computed
        afresh, is below `tolerance` or after `limit` iterations; see `residuals`.
        """
        work = self._work[0]
        for name in ("q", "p", "y", "r"):
            work[name][:] = 0
        fill(work["r"].reshape(-1, LANES))
        scale = np.sqrt(self._balanced())
        scale[scale == 0] = 1.0
        self.iterations, self.residuals = 0, np.ones(LANES)
        # What is found in float32 leaves over what its own rounding makes. A second part on top of the
        # first, each kept for itself, takes that away.
        parts: list[Singles] = []
        before = np.inf
        while True:
            goal = np.maximum(_BELOW * tolerance, _DROP * self.residuals) * scale
            self._fold(self._rounds(goal, limit))
            parts.append(work["y"])
            self.residuals = np.sqrt(self._afresh(fill, parts)) / scale
            worst = float(self.residuals.max())
            if worst <= tolerance or self.iterations >= limit or worst > 0.5 * before:
                return np.asarray(sum(parts[1:], parts[0])).reshape(-1, LANES)
            before = worst
            work["y"] = np.zeros_like(work["y"])
            work["p"][:] = 0

    def _rounds(self, goal: Floats, limit: int) -> Floats:
        """Iterate until the carried residuals are at their goal; return the steps not yet taken in."""
        steps, energy = np.zeros(LANES), np.ones(LANES)
        fresh = True
        while True:
            found, change = self._ascend(0)
            beta = np.zeros(LANES) if fresh else -steps * change / energy
            curvature = self._advance(0, steps, beta)
            energy, fresh = np.where(found > 0, found, 1.0), False
            # A right side of zeros, or one at the end of its digits, stands still.
            steps = np.where(curvature > 0, found / np.where(curvature > 0, curvature, 1.0), 0.0)
            self.iterations += 1
            squares = self._descend(0, steps)
            if self.iterations >= limit or bool((squares <= goal**2).all()):
                return steps

    def _fold(self, steps: Floats) -> None:
        """y += steps p."""
        level, work = self._hierarchy.levels[0], self._work[0]
        by = steps.astype(np.float32)
        self._team.run(la.lanes_fold, level.slabs, level.rows, (work["y"], work["p"]), by)

    def _afresh(self, fill: Any, parts: list[Singles]) -> Floats:
        """r = b - A (all parts), balanced, then a forward sweep; return the sums of r squared."""
        level, work = self._hierarchy.levels[0], self._work[0]
        none = np.zeros(LANES, np.float32)
        work["r"][:] = 0
        fill(work["r"].reshape(-1, LANES))
        for part in parts:
            # q = A part; with steps of 0, y takes in nothing and p is scratch.
            vectors = (part, work["p"], work["q"], work["z"])
            self._team.run(la.lanes_advance, level.slabs, level.rows, level.stencil, vectors, (none, none))
            self._descend(0, np.ones(LANES))
        return self._balanced()

    def _balanced(self) -> Floats:
        """Take the mean off r, then a forward sweep; return the sums of r squared.

        A sum that rounding leaves over can flow nowhere, and conjugate gradients diverge on it.
        """
        la.lanes_balance(self._hierarchy.levels[0].stencil.inverse, self._work[0]["r"])
        return self._descend(0, np.zeros(LANES))

    def _descend(self, depth: int, steps: Floats) -> Floats:
        level, work = self._hierarchy.levels[depth], self._work[depth]
        vectors = (work["r"], work["q"], work["z"])
        sums = self._team.run(
            la.lanes_descend, level.slabs, level.rows, level.stencil, vectors, steps.astype(np.float32)
        )
        if level.has_extras and steps[0]:
            ll.lanes_extras_step(level.extras, work["r"], work["q"])
        return np.asarray(np.sum(sums, axis=0))

    def _below(self, depth: int) -> tuple[Singles, Singles]:
        """Right side and correction of the level below."""
        if depth + 1 < len(self._work):
            return self._work[depth + 1]["r"], self._work[depth + 1]["z"]
        return self._right, self._z

    def _ascend(self, depth: int) -> Floats:
        """Restrict, correct from below, sweep backward; return r.z and q.z, ``(2, 16)``."""
        level, work, team = self._hierarchy.levels[depth], self._work[depth], self._team
        target, correction = self._below(depth)
        target[:] = 0
        down, up = (level.of, target), (level.of, correction)
        team.run(la.lanes_restrict, level.slabs, level.rows, level.stencil, work["z"], down)
        if level.has_extras:
            ll.lanes_extras_descend(level.extras, level.stencil.inverse, (work["r"], work["z"]), down)
        self._correct(depth + 1)
        team.run(la.lanes_prolong, level.slabs, level.rows, work["z"], up)
        right = work["r"]
        if level.has_extras:
            right = right.copy()
            vectors = (work["r"], right, work["z"])
            ll.lanes_extras_ascend(level.extras, level.stencil.inverse, vectors, up)
        halos = [_halo(level, work["z"], slab) for slab in level.slabs]

        def one(number: int) -> Floats:
            vectors = (right, work["q"], work["z"])
            found = la.lanes_ascend(level.rows, level.stencil, vectors, halos[number], *level.slabs[number])
            return np.asarray(found)

        return np.asarray(np.sum(team.each(one, len(halos)), axis=0))

    def _advance(self, depth: int, steps: Floats, beta: Floats) -> Floats:
        level, work = self._hierarchy.levels[depth], self._work[depth]
        vectors = (work["z"], work["p"], work["q"], work["y"])
        scalars = (steps.astype(np.float32), beta.astype(np.float32))
        dots = self._team.run(la.lanes_advance, level.slabs, level.rows, level.stencil, vectors, scalars)
        return np.asarray(np.sum(dots, axis=0))

    def _correct(self, depth: int) -> None:
        if depth == len(self._work):
            ll.lanes_correct(self._hierarchy.links, self._right, self._z, self._keep)
            return
        level, work = self._hierarchy.levels[depth], self._work[depth]
        nothing = np.zeros(LANES)
        self._descend(depth, nothing)
        self._ascend(depth)
        if depth == 1:
            return
        self._advance(depth, nothing, nothing)
        if level.has_extras:
            ll.lanes_extras_product(level.extras, work["z"], work["q"], work["p"])
        self._descend(depth, np.ones(LANES))
        self._ascend(depth)
        np.add(work["z"], work["p"], out=work["z"])


def _halo(level: Level, z: Singles, slab: tuple[int, int]) -> tuple[Singles, int, Singles, int]:
    """Copies of the planes of z next to a slab, with their places."""
    below, above = level.plane(slab[0] - 1), level.plane(slab[1])
    parts = [z[LANES * part.start : LANES * part.stop].copy() for part in (below, above)]
    return parts[0], below.start, parts[1], above.start
