"""Coding: potentials as whole numbers of 16 bits, with an offset and a scale for every run of cells.

Cells are in an order that keeps neighbours together, so a run of 64 is a small block of tissue whose
potentials lie close to each other. Sixteen bits of that small range leave differences between
neighbours, which are the field, with an error far below that of the grid.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from microcurrent.physics.conduction.grid import Floats

Singles = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int16]
Integers = npt.NDArray[np.int64]
#: Codes, offsets and scales.
Triple = tuple[Codes, Singles, Singles]

#: Cells that share an offset and a scale: a block of 4 x 4 x 4; the two cost one part in 16.
RUN = 64
#: Steps on each side of the offset.
_STEPS = 32767.0
#: Cells decoded at a time, so that their sum stays in the nearest cache.
_TILE = 32 * RUN


def runs_of(count: int) -> int:
    """Return how many runs `count` cells make."""
    return -(-count // RUN)


@njit(nogil=True, cache=True)
def encode(values: Singles, rows: Integers, codes: Codes, offset: Singles, scale: Singles) -> None:
    """Code the columns of `values` (n, K) at `rows` (M,) into `codes` (K, M) with `offset` and
    `scale` (K, runs)."""
    count, width = rows.size, values.shape[1]
    low = np.empty(width, np.float32)
    high = np.empty(width, np.float32)
    inverse = np.empty(width, np.float32)
    for run in range(offset.shape[1]):
        start, stop = run * RUN, min(run * RUN + RUN, count)
        low[:] = np.inf
        high[:] = -np.inf
        for j in range(start, stop):
            row = values[rows[j]]
            for k in range(width):
                low[k] = min(low[k], row[k])
                high[k] = max(high[k], row[k])
        for k in range(width):
            middle = np.float32(0.5) * (low[k] + high[k])
            half = max(high[k] - middle, middle - low[k])
            offset[k, run] = middle
            scale[k, run] = half / np.float32(_STEPS)
            inverse[k] = np.float32(_STEPS) / half if half > 0 else np.float32(0.0)
        for j in range(start, stop):
            row = values[rows[j]]
            for k in range(width):
                codes[k, j] = np.int16(np.rint((row[k] - offset[k, run]) * inverse[k]))


@njit(nogil=True, cache=True)
def _add_run(total: Singles, codes: Codes, step: float, start: float) -> None:
    for j in range(total.size):
        total[j] += start + step * np.float32(codes[j])


@njit(nogil=True, cache=True)
def _add_row(total: Singles, codes: Codes, offset: Singles, scale: Singles, weight: float) -> None:
    """Add `weight` times one coded row, a whole number of runs but for the last."""
    for run in range(offset.size):
        start, stop = run * RUN, min(run * RUN + RUN, total.size)
        _add_run(total[start:stop], codes[start:stop], weight * scale[run], weight * offset[run])


@njit(nogil=True, cache=True)
def add_columns(total: Singles, coded: Triple, numbers: Integers, weights: Singles) -> None:
    """Add to `total` (M,) the rows `numbers` (n,) of `coded`, times `weights` (n,) each.

    `coded`: codes (Q, M), offset and scale (Q, runs).
    """
    codes, offset, scale = coded
    for start in range(0, total.size, _TILE):
        stop = min(start + _TILE, total.size)
        first, last = start // RUN, (stop + RUN - 1) // RUN
        for j in range(numbers.size):
            q = numbers[j]
            _add_row(
                total[start:stop], codes[q, start:stop], offset[q, first:last], scale[q, first:last],
                weights[j],
            )  # fmt: skip


@njit(nogil=True, cache=True)
def add_rows(total: Singles, coded: Triple, rows: Integers, weights: Singles) -> None:
    """Add to `total` (L,) coded rows of the same length, times `weights` (n,) each.

    `coded`: codes, offset and scale of many rows end to end; `rows` (n, 2): where each begins among
    the codes and among the runs.
    """
    codes, offset, scale = coded
    runs = (total.size + RUN - 1) // RUN
    for j in range(weights.size):
        start, first = rows[j, 0], rows[j, 1]
        _add_row(
            total, codes[start : start + total.size], offset[first : first + runs],
            scale[first : first + runs], weights[j],
        )  # fmt: skip


def decoded(codes: Codes, offset: Singles, scale: Singles) -> Floats:
    """Return the values of one coded row (M,): the plain twin of the kernels."""
    repeated = np.repeat(np.stack([offset, scale]).astype(float), RUN, axis=1)[:, : codes.size]
    return np.asarray(repeated[0] + repeated[1] * codes)
