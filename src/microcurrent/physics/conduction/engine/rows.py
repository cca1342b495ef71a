"""Cells kept row by row: of each row of the grid only the stretch that holds tissue is stored.

Air costs nothing, and a row's neighbours lie in storage at the same position plus an offset, so that a
stencil needs no indices.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from microcurrent.physics.conduction.engine.vectors import add, kernel, reciprocal, store_narrow, wide8

Integers = npt.NDArray[np.int64]
Singles = npt.NDArray[np.float32]

#: Rows are padded to whole vectors of this many cells.
WIDTH = 8
#: Zeros at both ends of storage: a sweep reads one vector past a row.
_MARGIN = 16


class Rows(NamedTuple):
    """Where the rows of a grid ``(n0, n1, n2)`` along its last axis lie in storage.

    Cell (i, j, k) lies at ``start[i * n1 + j] + k``; tissue lies within ``low[row] <= k < high[row]``,
    rounded outward to whole vectors. `below0`, `above0`, `below1`, `above1` ``(n0 * n1,)``: start of rows
    i - 1, i + 1, j - 1, j + 1, or `zero` where there is none: a stretch of storage that stays 0.
    `size`: length of storage.
    """

    start: Integers
    low: Integers
    high: Integers
    below0: Integers
    above0: Integers
    below1: Integers
    above1: Integers
    zero: int
    n0: int
    n1: int
    n2: int
    size: int


class Stencil(NamedTuple):
    """Conductances [S] in storage: to the next cell along each axis, and one over the diagonal."""

    g0: Singles
    g1: Singles
    g2: Singles
    inverse: Singles


@kernel
def _spans(tissue, low, high):
    """Fill first and last whole vector of tissue in each row; return the number of cells."""
    n0, n1, n2 = tissue.shape
    count = 0
    for i in range(n0):
        for j in range(n1):
            first, last = n2, -1
            line = tissue[i, j]
            for k in range(n2):
                if line[k] > 0:
                    count += 1
                    first = min(first, k)
                    last = k
            if last >= 0:
                low[i * n1 + j] = first // 8 * 8
                high[i * n1 + j] = (last // 8 + 1) * 8
    return count


def make_rows(tissue: npt.NDArray[np.generic]) -> tuple[Rows, int]:
    """Return the rows of the cells where `tissue` ``(n0, n1, n2)`` is above 0, and their number."""
    n0, n1, n2 = tissue.shape
    low, high = np.zeros(n0 * n1, np.int64), np.zeros(n0 * n1, np.int64)
    count = int(_spans(tissue, low, high))
    filled = (high > low).reshape(n0, n1)
    # A row is stored as far as its neighbours reach, so that they may read it without asking.
    from_k = _with_neighbours(np.where(filled, low.reshape(n0, n1), n2), np.minimum, n2)
    to_k = _with_neighbours(np.where(filled, high.reshape(n0, n1), 0), np.maximum, 0)
    length = np.where(filled, to_k - from_k, 0).ravel()
    zero = _MARGIN
    base = zero + (n2 // WIDTH + 2) * WIDTH + _MARGIN
    offset = base + np.concatenate([[0], np.cumsum(length)])
    start = np.where(filled, offset[:-1].reshape(n0, n1) - from_k, zero)
    return (
        Rows(
            start=start.ravel(),
            low=low,
            high=high,
            below0=_moved(start, 0, 1, zero),
            above0=_moved(start, 0, -1, zero),
            below1=_moved(start, 1, 1, zero),
            above1=_moved(start, 1, -1, zero),
            zero=zero,
            n0=n0,
            n1=n1,
            n2=n2,
            size=int(offset[-1]) + _MARGIN,
        ),
        count,
    )


def _moved(values: Integers, axis: int, by: int, fill: int) -> Integers:
    """Return `values` ``(n0, n1)`` moved by one place, flat."""
    result = np.full_like(values, fill)
    to = [slice(None), slice(None)]
    source = [slice(None), slice(None)]
    to[axis], source[axis] = (
        (slice(1, None), slice(None, -1)) if by > 0 else (slice(None, -1), slice(1, None))
    )
    result[tuple(to)] = values[tuple(source)]
    return result.ravel()


def _with_neighbours(values: Integers, pick: np.ufunc, fill: int) -> Integers:
    result = values.copy()
    for axis in (0, 1):
        for by in (1, -1):
            result = pick(result, _moved(values, axis, by, fill).reshape(values.shape))
    return np.asarray(result)


@kernel
def _between(out, areas, here, there, widths):
    """out = conductance of faces between two lines of cells: half cells in series.

    Without tissue a half cell has an infinite resistance. In a function of its own, so that LLVM sees plain
    lines of numbers.
    """
    a, b = widths
    for k in range(out.size):
        out[k] = 2 * areas[k] / (a / np.float64(here[k]) + b / np.float64(there[k]))


@kernel
def fill_conductances(rows, sigma, widths, faces, first, last):
    """Write the conductances [S] of faces between cells of planes `first` to `last`: half cells in series.

    `sigma`: three arrays ``(n0, n1, n2)`` [S/m], along each axis; `widths`: three ``(n,)`` [m];
    `faces`: g0, g1, g2 in storage.
    """
    s0, s1, s2 = sigma
    w0, w1, w2 = widths
    g0, g1, g2 = faces
    n2 = rows.n2
    areas = np.empty(n2)
    ratio = np.empty(n2)
    for i in range(first, last):
        for j in range(rows.n1):
            row = i * rows.n1 + j
            low, high = rows.low[row], min(rows.high[row], n2)
            if high <= low:
                continue
            s = rows.start[row]
            if i + 1 < rows.n0:
                areas[:] = w1[j] * w2
                line = g0[s + low : s + high]
                _between(
                    line, areas[low:high], s0[i, j, low:high], s0[i + 1, j, low:high], (w0[i], w0[i + 1])
                )
            if j + 1 < rows.n1:
                areas[:] = w0[i] * w2
                line = g1[s + low : s + high]
                _between(
                    line, areas[low:high], s1[i, j, low:high], s1[i, j + 1, low:high], (w1[j], w1[j + 1])
                )
            ratio[:] = w2 / s2[i, j]
            area = 2 * (w0[i] * w1[j])
            for k in range(low, min(high, n2 - 1)):
                g2[s + k] = area / (ratio[k] + ratio[k + 1])


@kernel
def copy_faces(rows, given, faces):
    """Write ready conductances [S], arrays one shorter than the grid along their own axis, to storage."""
    a0, a1, a2 = given
    g0, g1, g2 = faces
    n0, n1, n2 = rows.n0, rows.n1, rows.n2
    for i in range(n0):
        for j in range(n1):
            row = i * n1 + j
            s = rows.start[row]
            for k in range(rows.low[row], min(rows.high[row], n2)):
                if i + 1 < n0:
                    g0[s + k] = a0[i, j, k]
                if j + 1 < n1:
                    g1[s + k] = a1[i, j, k]
                if k + 1 < n2:
                    g2[s + k] = a2[i, j, k]


@kernel
def fill_inverse_of(rows, faces, inverse, first, last):
    """As `fill_inverse` for the planes `first` to `last`."""
    g0, g1, g2 = faces
    for row in range(first * rows.n1, last * rows.n1):
        s, b0, b1 = rows.start[row], rows.below0[row], rows.below1[row]
        for k in range(rows.low[row], rows.high[row], 8):
            d = add(wide8(g0, s + k), wide8(g0, b0 + k))
            d = add(d, add(wide8(g1, s + k), wide8(g1, b1 + k)))
            d = add(d, add(wide8(g2, s + k), wide8(g2, s + k - 1)))
            store_narrow(inverse, s + k, reciprocal(d))


@kernel
def fill_inverse(rows, faces, inverse):
    """Write one over the sum of a cell's conductances; 0 where there are none."""
    fill_inverse_of(rows, faces, inverse, 0, rows.n0)


@kernel
def places_of(rows, tissue, places):
    """Write the place in storage of every cell of tissue, in C order of the grid."""
    m = 0
    for i in range(rows.n0):
        for j in range(rows.n1):
            row = i * rows.n1 + j
            for k in range(rows.low[row], min(rows.high[row], rows.n2)):
                if tissue[i, j, k] > 0:
                    places[m] = rows.start[row] + k
                    m += 1
