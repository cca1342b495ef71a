"""Coding: potentials as whole numbers of 16 bits, with an offset and a scale for every run of cells.

Cells are in an order that keeps neighbours together, so a run of 64 is a small block of tissue whose
potentials lie close to each other. Sixteen bits of that small range leave differences between
neighbours, which are the field, with an error far below that of the grid.
"""

from __future__ import annotations

from dataclasses import dataclass

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
#: Runs decoded at a time, so that their sum stays in the nearest cache.
_TILE = 64


def runs_of(count: int) -> int:
    """Return how many runs `count` cells make."""
    return -(-count // RUN)


@njit(nogil=True, cache=True)
def encode(values: Singles, rows: Integers, coded: Triple) -> None:
    """Code the columns of `values` (n, K) at `rows` (M,) into `coded`: codes (K, runs * 64), offset
    and scale (K, runs). The last run is filled up with 0."""
    codes, offset, scale = coded
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
        codes[:, stop : run * RUN + RUN] = 0


@njit(nogil=True, cache=True)
def _add_columns(total: Singles, coded: Triple, numbers: Integers, weights: Singles) -> None:
    """Add to `total` (runs * 64,) the rows `numbers` (n,) of `coded`, times `weights` (n,) each.

    `coded`: codes (Q, runs * 64), offset and scale (Q, runs).
    """
    codes, offset, scale = coded
    runs = offset.shape[1]
    for first in range(0, runs, _TILE):
        for j in range(numbers.size):
            # A row as a view of its own and a fixed length of the inner loop let it become vectors.
            row, middle, step = codes[numbers[j]], offset[numbers[j]], scale[numbers[j]]
            for run in range(first, min(first + _TILE, runs)):
                own, code = total[run * RUN : run * RUN + RUN], row[run * RUN : run * RUN + RUN]
                base, each = weights[j] * middle[run], weights[j] * step[run]
                for i in range(RUN):
                    own[i] += base + each * np.float32(code[i])


@njit(nogil=True, cache=True)
def _add_rows(total: Singles, coded: Triple, starts: Integers, weights: Singles) -> None:
    """Add to `total` (runs * 64,) coded rows of this length, times `weights` (n,) each.

    `coded`: codes, offset and scale of many rows end to end; `starts` (n,): the run in which each
    begins.
    """
    codes, offset, scale = coded
    for j in range(weights.size):
        for run in range(total.size // RUN):
            place = starts[j] + run
            own, code = total[run * RUN : run * RUN + RUN], codes[place * RUN : place * RUN + RUN]
            base, each = weights[j] * offset[place], weights[j] * scale[place]
            for i in range(RUN):
                own[i] += base + each * np.float32(code[i])


@dataclass(frozen=True, kw_only=True, eq=False)
class Coded:
    """Coded potentials [ohm]: rows of whole runs, one below the other or end to end.

    `codes` (Q, runs * 64), `offset` and `scale` (Q, runs); or all of them flat, for rows of different
    lengths. Nobody may write them.
    """

    codes: Codes
    offset: Singles
    scale: Singles

    @property
    def nbytes(self) -> int:
        """Bytes taken."""
        return int(self.codes.nbytes + self.offset.nbytes + self.scale.nbytes)

    def add(self, total: Singles, numbers: Integers, weights: Floats) -> None:
        """Add to `total` (runs * 64,) the rows `numbers` (n,), times `weights` (n,) each."""
        _add_columns(total, (self.codes, self.offset, self.scale), numbers, weights.astype(np.float32))

    def add_rows(self, total: Singles, starts: Integers, weights: Floats) -> None:
        """Add to `total` (runs * 64,) the rows of its length that begin at the runs `starts` (n,)."""
        _add_rows(total, (self.codes, self.offset, self.scale), starts, weights.astype(np.float32))


def decoded(codes: Codes, offset: Singles, scale: Singles) -> Floats:
    """Return the values of one coded row, (runs * 64,): the plain twin of the kernels."""
    repeated = np.repeat(np.stack([offset, scale]).astype(float), RUN, axis=1)
    return np.asarray(repeated[0] + repeated[1] * codes)
