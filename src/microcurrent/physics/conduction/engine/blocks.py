"""Blocks of cells for the next level: along each axis neighbours join until they are wide enough.

The wanted width doubles from level to level. Cells that are thin along one axis first join along that axis,
so that point-wise sweeps do on graded grids.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from microcurrent.physics.conduction.engine.rows import Integers

Floats = npt.NDArray[np.float64]
#: A block may be wider than the target by this factor, and hold this many cells along an axis.
_ROOM = 1.35
_LONGEST = 4
#: A level should have at least this many times fewer blocks than the one before.
_SHRINK = 3.5


class Blocks(NamedTuple):
    """How cells join to blocks: the block of each cell along each axis, and the blocks' widths [m]."""

    of: tuple[Integers, Integers, Integers]
    widths: tuple[Floats, Floats, Floats]
    target: float


def next_blocks(widths: Sequence[Floats], target: float) -> Blocks:
    """Return blocks about twice as wide as `target` [m], or wider until they are few enough."""
    whole = max(float(w.sum()) for w in widths)
    while True:
        target *= 2
        of, wider = zip(*(_joined(w, _ROOM * target) for w in widths), strict=True)
        shrink = np.prod([w.size / v.size for w, v in zip(widths, wider, strict=True)])
        if shrink >= _SHRINK or target > 2 * whole:
            return Blocks(of=of, widths=wider, target=target)


def _joined(widths: Floats, most: float) -> tuple[Integers, Floats]:
    block = np.empty(widths.size, np.int64)
    sums: list[float] = []
    members = 0
    for place, width in enumerate(widths):
        if sums and members < _LONGEST and sums[-1] + width <= most:
            sums[-1] += width
            members += 1
        else:
            sums.append(width)
            members = 1
        block[place] = len(sums) - 1
    return block, np.array(sums)
