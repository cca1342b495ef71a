"""One level of the hierarchy on rows, and how the levels work together as one symmetric cycle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from microcurrent.physics.conduction.engine import extras as ex
from microcurrent.physics.conduction.engine import links as li
from microcurrent.physics.conduction.engine import sweeps
from microcurrent.physics.conduction.engine.rows import Rows, Stencil
from microcurrent.physics.conduction.engine.team import Slab, Team
from microcurrent.physics.conduction.engine.vectors import kernel

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Places = npt.NDArray[np.int32]
Places64 = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Level:
    """A level on rows.

    `rows`, `stencil`, `extras`: its matrix; `of`: the place on the next level of each of its places;
    `slabs`: planes by thread; `r`, `q`, `z`, `p`, `y`: work in storage.
    """

    rows: Rows
    stencil: Stencil
    extras: ex.Extras
    of: Places
    slabs: tuple[Slab, ...]
    r: Singles
    q: Singles
    z: Singles
    p: Singles
    y: Singles

    @property
    def has_extras(self) -> bool:
        """Whether any node has no place on the rows."""
        return self.extras.begin.size > 1

    def halo(self, slab: Slab, correction: Singles | None) -> tuple[Singles, int, Singles, int]:
        """Return copies of the planes of z next to a slab, corrected if asked, with their places."""
        copies = []
        for plane in (self.plane(slab[0] - 1), self.plane(slab[1])):
            copy = self.z[plane].copy()
            if correction is not None:
                copy += correction[self.of[plane]]
            copies.append((copy, plane.start))
        return *copies[0], *copies[1]

    def plane(self, i: int) -> slice:
        """Return where plane i lies in storage; empty outside the grid."""
        if not 0 <= i < self.rows.n0:
            return slice(0, 0)
        rows = slice(i * self.rows.n1, (i + 1) * self.rows.n1)
        filled = self.rows.high[rows] > 0
        if not filled.any():
            return slice(0, 0)
        start, low, high = (getattr(self.rows, name)[rows][filled] for name in ("start", "low", "high"))
        return slice(int((start + low).min()), int((start + high).max()))


@dataclass(kw_only=True, eq=False)
class Hierarchy:
    """All levels. `levels[0]` holds the cells; `links` the levels below the last one on rows.

    `sizes`: cells or nodes of each level. `robin`: for each level on rows the places of contacts and their
    conductances [S], set by `fasten`.
    """

    levels: list[Level]
    links: li.Links
    sizes: list[int]
    link_diagonal: Floats
    team: Team
    robin: list[tuple[Places64, Floats]] = field(default_factory=list)
    _loose: list[Singles] = field(default_factory=list)

    def __post_init__(self) -> None:
        count = int(self.links.first[-1])
        self._right, self._z, self._keep = (np.zeros(count + 1, np.float32) for _ in range(3))
        self.links = self._fastened(np.zeros(count))
        self._bulk = self.links
        self.loosen()

    def target(self, depth: int) -> Singles:
        """Return the right side of the level below `depth`."""
        return self.levels[depth + 1].r if depth + 1 < len(self.levels) else self._right

    def correction(self, depth: int) -> Singles:
        """Return the solution of the level below `depth`."""
        return self.levels[depth + 1].z if depth + 1 < len(self.levels) else self._z

    def descend(self, depth: int, step: float) -> tuple[float, float]:
        """r -= step q, a forward sweep, down with what is left; return the sums of r squared and of r."""
        level = self.levels[depth]
        coarse = self.target(depth)
        coarse[:] = 0
        work = (level.rows, level.stencil, (level.r, level.q, level.z), (level.of, coarse, step))
        sums = self.team.run(sweeps.descend, level.slabs, *work)
        for cut, _ in level.slabs[1:]:
            sweeps.restrict(level.rows, level.stencil, level.z, (level.of, coarse), cut)
        if level.has_extras:
            if step:
                ex.extras_step(level.extras, level.r, level.q, step)
            vectors = (level.r, level.z)
            ex.extras_descend(level.extras, level.stencil.inverse, vectors, (level.of, coarse))
        return sum(s[0] for s in sums), sum(s[1] for s in sums)

    def ascend(self, depth: int) -> tuple[float, float]:
        """Correct from below and sweep backward; return r.z and q.z on the rows."""
        level = self.levels[depth]
        self._correct(depth + 1)
        correction = self.correction(depth)
        right, of = level.r, level.of
        if level.has_extras:
            self.team.run(sweeps.prolong, level.slabs, level.rows, level.z, (of, correction))
            right = level.r.copy()
            vectors = (level.r, right, level.z)
            ex.extras_ascend(level.extras, level.stencil.inverse, vectors, (of, correction))
            of = of[:0]
        halos = [level.halo(slab, correction if of.size else None) for slab in level.slabs]
        work = (right, level.q, level.z, of, correction)

        def one(number: int) -> Any:
            return sweeps.ascend(level.rows, level.stencil, work, halos[number], *level.slabs[number])

        dots = self.team.each(one, len(halos))
        return sum(d[0] for d in dots), sum(d[1] for d in dots)

    def _correct(self, depth: int) -> None:
        """Two cycles on a level on rows, one on the first; or the W-cycle of the levels of links."""
        if depth == len(self.levels):
            li.correct(self.links, self._right, self._z, self._keep)
            return
        level = self.levels[depth]
        self.descend(depth, 0.0)
        self.ascend(depth)
        if depth == 1:
            # The largest of the coarser levels would cost as much again as it saves.
            return
        # keep = z and q = A z; the next descent takes q off the right side.
        vectors = (level.z, level.p, level.q, level.y)
        self.team.run(sweeps.advance, level.slabs, level.rows, level.stencil, vectors, (0.0, 0.0, 0.0))
        if level.has_extras:
            ex.extras_product(level.extras, level.z, level.q, level.p)
        places, robin = self.robin[depth]
        level.q[places] += (robin * level.z[places]).astype(np.float32)
        self.descend(depth, 1.0)
        self.ascend(depth)
        np.add(level.z, level.p, out=level.z)

    def fasten(self, places: Places64, robin: Floats) -> None:
        """Add conductances to electrodes [S] at places of the finest level, each once; see `loosen`."""
        self.robin, self._loose = [], []
        for level in self.levels:
            self.robin.append((places, robin))
            inverse = level.stencil.inverse
            self._loose.append(inverse[places].copy())
            inverse[places] = 1 / (1 / inverse[places].astype(float) + robin)
            places, where = np.unique(level.of[places], return_inverse=True)
            robin = np.asarray(np.bincount(where, weights=robin, minlength=places.size), dtype=float)
        if not places.size:
            return
        whole = np.zeros(self.link_diagonal.size)
        whole[places] = robin
        first = self.links.first
        for depth in range(first.size - 2):
            part = slice(first[depth], first[depth + 1])
            np.add.at(whole, self.links.of[part], whole[part])
        self.links = self._fastened(whole)

    def _fastened(self, robin: Floats) -> li.Links:
        """The lower levels with conductances to electrodes [S] at their nodes."""
        diagonal = self.link_diagonal + robin
        # A last level of one node has no links, and no diagonal without an electrode.
        inverse = np.divide(1, diagonal, out=np.zeros(diagonal.size), where=diagonal > 0)
        return self.links._replace(
            inverse=inverse.astype(np.float32),
            robin=robin.astype(np.float32),
            deepest=_deepest_inverse(self.links, diagonal),
        )

    def clear(self) -> None:
        """Set all work to 0: after a failure what is no number would stay, even without tissue."""
        for level in self.levels:
            for vector in (level.r, level.q, level.z, level.p, level.y):
                vector[:] = 0
        for vector in (self._right, self._z, self._keep):
            vector[:] = 0

    def loosen(self) -> None:
        """Take the electrodes off again."""
        for level, (places, _), inverse in zip(self.levels, self.robin, self._loose, strict=False):
            level.stencil.inverse[places] = inverse
        none = (np.zeros(0, np.int64), np.zeros(0))
        self.robin, self._loose = [none] * len(self.levels), []
        self.links = self._bulk


def _deepest_inverse(links: li.Links, diagonal: Floats) -> Singles:
    """Return the inverse of the last level's matrix, on which a constant is not left undetermined.

    The bulk leaves a constant free; conjugate gradients take care of it, so here any value will do.
    """
    first, last = int(links.first[-2]), int(links.first[-1])
    matrix = np.diag(diagonal[first:last])
    for a in range(first, last):
        part = slice(links.begin[a], links.begin[a + 1])
        matrix[a - first, links.neighbour[part] - first] -= links.link[part]
    matrix += np.trace(matrix) / matrix.size
    if matrix.any():
        invert(matrix)
    return matrix.astype(np.float32)


@kernel
def invert(matrix):
    """Replace a symmetric positive definite matrix (m, m) by its inverse: Gauss and Jordan, no pivots.

    A library's threads would wait for each other longer than this takes.
    """
    for p in range(matrix.shape[0]):
        pivot = 1 / matrix[p, p]
        matrix[p, p] = 1.0
        for b in range(matrix.shape[0]):
            matrix[p, b] *= pivot
        for a in range(matrix.shape[0]):
            if a != p:
                factor = matrix[a, p]
                matrix[a, p] = 0.0
                for b in range(matrix.shape[0]):
                    matrix[a, b] -= factor * matrix[p, b]
