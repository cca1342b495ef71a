"""Kernels that give every sub-voxel of a limb or patch its kind, and every cell its muscle."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from microcurrent.physics.bodies.limb.muscles import CompartmentSlices, FlatMaps
from microcurrent.physics.bodies.limb.rods import Slices

_kernel = njit(nogil=True, cache=True, error_model="numpy")
#: Blocks of columns that each thread takes in turn.
_BLOCKS_EACH = 4


@dataclass(frozen=True, kw_only=True, eq=False)
class Layered:
    """Sub-voxels and layers. `x` (nx,), `y` (ny,) [m]: their middles; `place` (nx, ny): of each column on
    the skin, as a number among the U places of `heights` (3, U, nz) [m] of skin, fat and what lies below;
    `height` (nx, ny) [m]: of the column; `plain` (3,): kinds of skin, fat and of what no muscle has."""

    x: npt.NDArray[np.float32]
    y: npt.NDArray[np.float32]
    place: npt.NDArray[np.float32]
    height: npt.NDArray[np.float32]
    heights: npt.NDArray[np.float32]
    plain: npt.NDArray[np.uint8]

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """In the order of the kernels."""
        return self.x, self.y, self.place, self.height, self.heights, self.plain


Filled = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]


def fill_limb(
    layered: Layered, rods: Slices, muscles: CompartmentSlices, *, refinement: int, reach: float
) -> Filled:
    """Return the kind of every sub-voxel (r nx, r ny, r nz), and the muscle of every cell (nx, ny, nz).

    Muscles are numbered from 1. A place below the fat that no rod has belongs to the muscle whose ellipse
    is nearest, up to `reach` half-axes.
    """
    own = (muscles.ellipses, muscles.kinds, muscles.belly, np.float32(reach * reach))
    return _fill(_limb_columns, layered, rods, own, refinement=refinement)


def fill_patch(layered: Layered, rods: Slices, muscles: FlatMaps, *, refinement: int) -> Filled:
    """Return the kind of every sub-voxel and the muscle of every cell of a patch; see `fill_limb`."""
    own = (muscles.top, muscles.bottom, muscles.kinds)
    return _fill(_patch_columns, layered, rods, own, refinement=refinement)


def _fill(
    kernel: Callable[..., None],
    layered: Layered,
    rods: Slices,
    muscles: tuple[object, ...],
    *,
    refinement: int,
) -> Filled:
    nx, ny, nz = layered.x.size, layered.y.size, layered.heights.shape[2]
    kinds = np.zeros((nx, ny, nz), dtype=np.uint8)
    parts = np.zeros((nx // refinement, ny // refinement, nz // refinement), dtype=np.uint8)
    threads = os.cpu_count() or 1
    ends = np.linspace(0, parts.shape[0], threads * _BLOCKS_EACH + 1).astype(int)
    bones = (rods.ellipses, rods.kinds, rods.present)

    def block(number: int) -> None:
        kernel(layered.arrays, bones, muscles, refinement, (ends[number], ends[number + 1]), (kinds, parts))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(block, range(ends.size - 1)))
    return kinds, parts


@_kernel
def _rod_at(bones, k, x, y):  # type: ignore[no-untyped-def]
    """Kind of the rods at a point of slice k, 0 where there is none: a core before any wall."""
    ellipses, kinds, present = bones
    found = 0
    n = 0
    while present[k, n] >= 0:
        b = present[k, n]
        dx, dy = x - ellipses[b, k, 0], y - ellipses[b, k, 1]
        u = dx * ellipses[b, k, 2] + dy * ellipses[b, k, 3]
        v = dy * ellipses[b, k, 2] - dx * ellipses[b, k, 3]
        p, q = u * ellipses[b, k, 6], v * ellipses[b, k, 7]
        if p * p + q * q <= 1.0:
            return kinds[b, k, 1]
        p, q = u * ellipses[b, k, 4], v * ellipses[b, k, 5]
        if found == 0 and p * p + q * q <= 1.0:
            found = kinds[b, k, 0]
        n += 1
    return found


@_kernel
def _nearest(ellipses, k, x, y, reach):  # type: ignore[no-untyped-def]
    """Number of the muscle whose ellipse in slice k is nearest to a point, or -1."""
    best, least = -1, reach
    for m in range(ellipses.shape[0]):
        dx, dy = x - ellipses[m, k, 0], y - ellipses[m, k, 1]
        p = (dx * ellipses[m, k, 2] + dy * ellipses[m, k, 3]) * ellipses[m, k, 4]
        q = (dy * ellipses[m, k, 2] - dx * ellipses[m, k, 3]) * ellipses[m, k, 5]
        away = p * p + q * q
        if away < least:
            best, least = m, away
    return best


@_kernel
def _layer_at(heights, place, height, k):  # type: ignore[no-untyped-def]
    """0 outside, 1 skin, 2 fat, 3 below; and the depth [m] below the fat."""
    low = int(place)
    share = place - low
    edge = heights[0, low, k] * (1.0 - share) + heights[0, low + 1, k] * share
    if height > edge:
        return 0, 0.0
    edge = heights[1, low, k] * (1.0 - share) + heights[1, low + 1, k] * share
    if height > edge:
        return 1, 0.0
    edge = heights[2, low, k] * (1.0 - share) + heights[2, low + 1, k] * share
    if height > edge:
        return 2, 0.0
    return 3, edge - height


@_kernel
def _limb_at(bones, muscles, other, x, y, k):  # type: ignore[no-untyped-def]
    """Kind below the fat at a point of slice k of a limb, and the number of the muscle there from 1."""
    kind = _rod_at(bones, k, x, y)
    if kind > 0:
        return kind, 0
    ellipses, muscle_kinds, belly, reach = muscles
    m = _nearest(ellipses, k, x, y, reach)
    if m < 0:
        return other, 0
    return muscle_kinds[m, k], belly[m, k]


@_kernel
def _patch_at(maps, other, depth, i, k):  # type: ignore[no-untyped-def]
    """Kind of the sheets of a patch in column i, slice k at a depth below the fat; its number from 1."""
    top, bottom, muscle_kinds = maps
    for m in range(top.shape[0]):
        if top[m, i, k] <= depth < bottom[m, i, k]:
            return muscle_kinds[m, i, k], m + 1
    return other, 0


@_kernel
def _limb_columns(layered, bones, muscles, r, block, out):  # type: ignore[no-untyped-def]
    """Kinds and parts of the columns of cells from block[0] to block[1] of a limb."""
    x, y, place, height, heights, plain = layered
    kinds, parts = out
    counts = np.zeros(muscles[0].shape[0] + 1, dtype=np.int32)
    for ci in range(block[0], block[1]):
        for cj, ck in np.ndindex(parts.shape[1:]):
            counts[:] = 0
            for a, b, c in np.ndindex((r, r, r)):
                i, j, k = ci * r + a, cj * r + b, ck * r + c
                layer, _ = _layer_at(heights, place[i, j], height[i, j], k)
                if layer == 3:
                    kinds[i, j, k], part = _limb_at(bones, muscles, plain[2], x[i], y[j], k)
                    counts[part] += 1
                elif layer > 0:
                    kinds[i, j, k] = plain[layer - 1]
            parts[ci, cj, ck] = _most(counts, r * r * r)


@_kernel
def _patch_columns(layered, bones, muscles, r, block, out):  # type: ignore[no-untyped-def]
    """Kinds and parts of the columns of cells from block[0] to block[1] of a patch."""
    x, y, place, height, heights, plain = layered
    kinds, parts = out
    counts = np.zeros(muscles[0].shape[0] + 1, dtype=np.int32)
    for ci in range(block[0], block[1]):
        for cj, ck in np.ndindex(parts.shape[1:]):
            counts[:] = 0
            for a, b, c in np.ndindex((r, r, r)):
                i, j, k = ci * r + a, cj * r + b, ck * r + c
                layer, depth = _layer_at(heights, place[i, j], height[i, j], k)
                if layer == 3:
                    kind, part = _rod_at(bones, k, x[i], y[j]), 0
                    if kind == 0:
                        kind, part = _patch_at(muscles, plain[2], depth, i, k)
                    kinds[i, j, k] = kind
                    counts[part] += 1
                elif layer > 0:
                    kinds[i, j, k] = plain[layer - 1]
            parts[ci, cj, ck] = _most(counts, r * r * r)


@_kernel
def _most(counts, all_of_it):  # type: ignore[no-untyped-def]
    """The muscle that has most of a cell, at least half of it; else 0."""
    best, most = 0, 0
    for m in range(1, counts.size):
        if counts[m] > most:
            best, most = m, counts[m]
    return best if 2 * most >= all_of_it else 0
