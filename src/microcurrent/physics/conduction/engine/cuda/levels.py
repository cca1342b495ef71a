"""The levels of a hierarchy on a graphics processor, and the cycle over them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import config, cuda

from microcurrent.physics.conduction.engine import links as li
from microcurrent.physics.conduction.engine.cuda import apart as ap
from microcurrent.physics.conduction.engine.cuda import kernels as ke
from microcurrent.physics.conduction.engine.extras import Extras
from microcurrent.physics.conduction.engine.levels import Hierarchy, Level
from microcurrent.physics.conduction.engine.rows import Rows

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Places = npt.NDArray[np.int32]

#: Blocks and threads of each kernel: enough to fill a large device; each thread takes many places.
_SHAPE = (1024, 256)
#: The same in numba's simulator, where each thread is one of Python's.
_SIMULATED = (2, 2)


class Fields(NamedTuple):
    """Work in storage, on the device; as in `Level`, and `t`, `extra`: scratch, the latter of extras."""

    r: Any
    q: Any
    z: Any
    p: Any
    t: Any
    extra: Any


class DeviceLevels:
    """The upper levels of a hierarchy on the device; the lower ones, small and irregular, stay on the CPU.

    One right side at a time: `fields[0].r` in, `fields[0].z` out. Follows `Hierarchy.fasten` when `renew`
    is called.
    """

    def __init__(self, hierarchy: Hierarchy) -> None:
        self._hierarchy = hierarchy
        self._shape = _SIMULATED if config.ENABLE_CUDASIM else _SHAPE  # type: ignore[attr-defined]
        threads = self._shape[0] * self._shape[1]
        self._sums = cuda.to_device(np.zeros((2, threads)))
        self._folded = cuda.to_device(np.zeros((2, min(threads, ke.FOLDED))))
        self.meshes = [_mesh(level) for level in hierarchy.levels]
        self.fields = [_fields(level) for level in hierarchy.levels]
        self._of = [cuda.to_device(level.of) for level in hierarchy.levels]
        self._children = [_children(level) for level in hierarchy.levels]
        self._apart = [_apart(level.extras) if level.has_extras else None for level in hierarchy.levels]
        self._held: list[tuple[Any, Any] | None] = [None] * len(hierarchy.levels)
        count = int(hierarchy.links.first[-1]) + 1
        self._right, self._correction, self._keep = (np.zeros(count, np.float32) for _ in range(3))
        self._lower = tuple(cuda.to_device(np.zeros(count, np.float32)) for _ in range(2))

    def launch(self, kernel: Any, *arguments: Any) -> None:
        """Run a kernel on all threads."""
        kernel[self._shape](*arguments)

    def dots(self, a: Any, b: Any, c: Any) -> tuple[float, float]:
        """Return a.b and a.c."""
        self.launch(ke.dots, a, b, c, self._sums)
        return self._totals()

    def sizes(self, r: Any) -> tuple[float, float]:
        """Return the sums of r squared and of its size."""
        self.launch(ke.sizes, r, self._sums)
        return self._totals()

    def _totals(self) -> tuple[float, float]:
        self.launch(ke.fold, self._sums, self._folded)
        one, two = self._folded.copy_to_host().sum(axis=1)
        return float(one), float(two)

    def renew(self) -> None:
        """Take over the conductances to electrodes that `Hierarchy.fasten` has added."""
        for depth, level in enumerate(self._hierarchy.levels):
            self.meshes[depth].inverse.copy_to_device(level.stencil.inverse)
            places, robin = self._hierarchy.robin[depth]
            self._held[depth] = (cuda.to_device(places), cuda.to_device(robin)) if places.size else None

    def cycle(self, depth: int = 0) -> None:
        """z = about the inverse of the level's matrix times r: sweep, correct from below, sweep back."""
        mesh, field, apart = self.meshes[depth], self.fields[depth], self._apart[depth]
        self.launch(ke.start, mesh, field.r, field.z)
        self.launch(ke.sweep, mesh, field.r, field.z, 1)
        if apart is not None:
            self._sweep_extras(depth)
        self.launch(ke.left_over, mesh, field.z, field.t)
        if apart is not None:
            self.launch(ap.extras_left_over, apart, mesh.inverse, field.r, field.z, field.t)
            self.launch(ap.extras_reach, apart, field.z, field.t)
        correction = self._corrected(depth)
        self.launch(ke.prolong, mesh, self._of[depth], correction, field.z)
        right = field.r
        if apart is not None:
            self._sweep_extras(depth)
            right = field.t
            right.copy_to_device(field.r)
            self.launch(ap.extras_reach, apart, field.z, right)
        self.launch(ke.sweep, mesh, right, field.z, 1)
        self.launch(ke.sweep, mesh, right, field.z, 0)

    def _sweep_extras(self, depth: int) -> None:
        mesh, field, apart = self.meshes[depth], self.fields[depth], self._apart[depth]
        self.launch(ap.extras_sweep, apart, mesh.inverse, field.r, field.z, field.extra)
        self.launch(ap.extras_put, apart, field.extra, field.z)

    def _corrected(self, depth: int) -> Any:
        """Restrict what is left over, in t; return the correction of the level below."""
        field = self.fields[depth]
        if depth + 1 == len(self.fields):
            return self._corrected_by_links(field.t)
        below = self.fields[depth + 1]
        self.launch(ke.restrict, self._children[depth], field.t, below.r)
        self._twice(depth + 1)
        return below.z

    def _corrected_by_links(self, left: Any) -> Any:
        right, correction = self._lower
        self.launch(ke.restrict, self._children[-1], left, right)
        right.copy_to_host(self._right)
        li.correct(self._hierarchy.links, self._right, self._correction, self._keep)
        correction.copy_to_device(self._correction)
        return correction

    def _twice(self, depth: int) -> None:
        """Two cycles on a level: z = what the first finds, and the second for what it leaves over."""
        field = self.fields[depth]
        self.cycle(depth)
        field.p.copy_to_device(field.z)
        self.product(depth, 0.0, 0.0)
        self.launch(ke.add, field.r, field.q, -1.0)
        self.cycle(depth)
        self.launch(ke.add, field.z, field.p, 1.0)

    def product(self, depth: int, beta: float, shift: float) -> None:
        """q = A (z + shift) + beta q, electrodes included."""
        mesh, field = self.meshes[depth], self.fields[depth]
        apart, held = self._apart[depth], self._held[depth]
        self.launch(ke.product, mesh, field.z, field.q, beta)
        if apart is not None:
            self.launch(ap.extras_product, apart, field.z, field.q)
        if held is not None:
            self.launch(ke.into_electrodes, held, field.z, shift, field.q)


def _fields(level: Level) -> Fields:
    size, extras = level.r.size, level.extras.begin.size - 1
    r, q, z, p, t = (cuda.to_device(np.zeros(size, np.float32)) for _ in range(5))
    return Fields(r=r, q=q, z=z, p=p, t=t, extra=cuda.to_device(np.zeros(extras, np.float32)))


def _mesh(level: Level) -> ke.Mesh:
    rows, stencil = level.rows, level.stencil
    near = (rows.below0, rows.above0, rows.below1, rows.above1)
    arrays = (
        _tags(rows, stencil.inverse),
        *((place - rows.start).astype(np.int32) for place in near),
        stencil.g0, stencil.g1, stencil.g2, stencil.inverse,
    )  # fmt: skip
    return ke.Mesh(*(cuda.to_device(array) for array in arrays))


def _tags(rows: Rows, inverse: Singles) -> Places:
    """Twice the row of each place, plus 1 where i + j + k is odd; -1 where there is no tissue on rows."""
    tags = np.full(inverse.size, -1, np.int32)
    for row in np.flatnonzero(rows.high > rows.low):
        k = np.arange(rows.low[row], rows.high[row])
        tags[rows.start[row] + k] = 2 * row + (row // rows.n1 + row % rows.n1 + k) % 2
    tags[inverse == 0] = -1
    return tags


def _children(level: Level) -> ke.Children:
    filled = np.flatnonzero(level.stencil.inverse > 0)
    target, begin, child = _grouped(level.of[filled], filled)
    return ke.Children(*(cuda.to_device(array) for array in (target, begin, child)))


def _apart(extras: Extras) -> ap.Apart:
    of = np.repeat(np.arange(extras.begin.size - 1), np.diff(extras.begin)) + extras.base
    to_rows = np.flatnonzero(extras.neighbour < extras.base)
    row, begin, order = _grouped(extras.neighbour[to_rows], to_rows)
    listed = (extras.begin, extras.neighbour, extras.link)
    reached = (row, begin, of[order].astype(np.int32), extras.link[order])
    return ap.Apart(extras.base, *(cuda.to_device(array) for array in (*listed, *reached)))


def _grouped(group: Places, members: npt.NDArray[np.int64]) -> tuple[Places, Places, Places]:
    """Return the groups there are, where the members of each begin, and the members group by group."""
    order = np.argsort(group, kind="stable")
    there, begin = np.unique(group[order], return_index=True)
    ends = np.append(begin, group.size).astype(np.int32)
    return there, ends, members[order].astype(np.int32)
