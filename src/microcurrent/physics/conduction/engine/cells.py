"""The first coarser level: which cells join, and the links between the joined; see `aggregation`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from microcurrent.physics.conduction.engine.aggregation import (
    CLIP,
    STRONG,
    Graph,
    graph_of,
    note,
    number,
    unite,
)
from microcurrent.physics.conduction.engine.blocks import Blocks
from microcurrent.physics.conduction.engine.rows import WIDTH, Integers, Rows, Stencil
from microcurrent.physics.conduction.engine.team import Slab, Team
from microcurrent.physics.conduction.engine.vectors import kernel, larger, load8, mul, splat8, store

#: As for nodes. Memory is scarce here, and a cell's aggregate has few links.
_SLOTS = 10


def join_cells(
    rows: Rows, stencil: Stencil, blocks: Blocks, *, team: Team
) -> tuple[npt.NDArray[np.int32], Graph]:
    """Return the aggregate of each place in storage and the aggregates' graph.

    Places without tissue get the number of aggregates.
    """
    # The kernels look one cell ahead, which at the end of a row is past the grid.
    of_block = tuple(np.append(b, np.full(16, -1)) for b in blocks.of)
    slabs = _between_blocks(blocks.of[0], team.threads)
    of, least = np.zeros(rows.size, np.int32), np.empty(rows.size, np.float32)
    counts = team.run(_join_cells, slabs, rows, stencil, of_block, (of, least))
    ends = np.cumsum([0, *counts])
    count = int(ends[-1])
    team.each(
        lambda n: _settle_numbers(rows, stencil.inverse, of, (int(ends[n]), count), slabs[n]), len(slabs)
    )
    slots = _SLOTS
    while True:
        near, weight = np.full((count, slots), -1, np.int32), np.empty((count, slots), np.float32)
        if all(team.run(_link_cells, slabs, rows, stencil, of, (near, weight))):
            break
        slots *= 2
    places = np.empty((count, 3), np.int32)
    _place_cells(rows, stencil.inverse, of_block, (of, places))
    return of, graph_of(near, weight, places)


def _between_blocks(block: Integers, threads: int) -> tuple[Slab, ...]:
    """Return planes for each thread, none of which share a block."""
    ends = np.unique(np.searchsorted(block, block[np.arange(threads) * block.size // threads]))
    return tuple((int(a), int(b)) for a, b in zip(ends, [*ends[1:], block.size], strict=True))


@kernel
def _join_cells(rows, stencil, blocks, work, first, last):
    """Join the cells of the planes `first` to `last`, which share no block with others; return how many.

    `work`: where each place gets ``-1 - number``, numbers counted from 0 here, and scratch.
    """
    g0, g1, g2, inverse = stencil
    m0, m1, m2 = blocks
    of, least = work
    strong_part = splat8(STRONG)
    for row in range(first * rows.n1, last * rows.n1):
        s, b0, b1 = rows.start[row], rows.below0[row], rows.below1[row]
        for k in range(rows.low[row], rows.high[row], WIDTH):
            v = larger(load8(g0, s + k), load8(g0, b0 + k))
            v = larger(v, larger(load8(g1, s + k), load8(g1, b1 + k)))
            v = larger(v, larger(load8(g2, s + k), load8(g2, s + k - 1)))
            store(least, s + k, mul(v, strong_part))
        for c in range(s + rows.low[row], s + rows.high[row]):
            of[c] = c
    for i in range(first, last):
        for j in range(rows.n1):
            row = i * rows.n1 + j
            low, n = rows.low[row], rows.high[row] - rows.low[row]
            s = rows.start[row] + low
            for c in range(s, s + n):
                strong = g2[c] > 0 and g2[c] >= least[c] and g2[c] >= least[c + 1]
                if strong and m2[low + c - s] == m2[low + c - s + 1]:
                    unite(of, c, c + 1)
            if m1[j] == m1[j + 1]:
                _unite_lines(of, least, g1, (s, rows.above1[row] + low, n))
            if m0[i] == m0[i + 1]:
                _unite_lines(of, least, g0, (s, rows.above0[row] + low, n))
    return _number_cells(rows, inverse, of, first, last)


@kernel
def _unite_lines(of, least, g, line):
    """Join the cells of two lines, from two places on, that conduct strongly to each other."""
    here, there, n = line
    for c in range(n):
        w = g[here + c]
        if w > 0 and w >= least[here + c] and w >= least[there + c]:
            unite(of, here + c, there + c)


@kernel
def _number_cells(rows, inverse, of, first, last):
    """Turn parents into ``-1 - number``; return how many there are."""
    count = 0
    for row in range(first * rows.n1, last * rows.n1):
        s = rows.start[row]
        for c in range(s + rows.low[row], s + rows.high[row]):
            if inverse[c] > 0:
                count = number(of, c, count)
    return count


@kernel
def _settle_numbers(rows, inverse, of, numbers, slab):
    """Turn ``-1 - number`` into numbers; `numbers`: the first, and that of cells without tissue."""
    start, count = numbers
    for row in range(slab[0] * rows.n1, slab[1] * rows.n1):
        s = rows.start[row]
        for c in range(s + rows.low[row], s + rows.high[row]):
            of[c] = start - 1 - of[c] if inverse[c] > 0 else count


@kernel
def _place_cells(rows, inverse, blocks, out):
    m0, m1, m2 = blocks
    of, places = out
    for i in range(rows.n0):
        for j in range(rows.n1):
            row = i * rows.n1 + j
            s = rows.start[row]
            for k in range(rows.low[row], rows.high[row]):
                if inverse[s + k] > 0:
                    a = of[s + k]
                    places[a, 0], places[a, 1], places[a, 2] = m0[i], m1[j], m2[k]


@kernel
def _note_line(ends, g, inner, out):
    """Note the faces between two lines of cells. `ends`: aggregates before, at, after a face and one more.

    `inner`: the conductances before and after.
    """
    before, here, there, after = ends
    left, right = inner
    near, weight = out
    fits = True
    for k in range(g.size):
        a, b = here[k], there[k]
        if g[k] > 0 and a != b:
            bent = np.float32(1)
            if before[k] == a and left[k] > 0:
                bent += min(CLIP, np.float32(0.5) * g[k] / left[k])
            if after[k] == b and right[k] > 0:
                bent += min(CLIP, np.float32(0.5) * g[k] / right[k])
            w = g[k] / bent
            c, d = min(a, b), max(a, b)
            # Most faces belong to the link that was noted first.
            if near[c, 0] == d:
                weight[c, 0] += w
            elif near[c, 1] == d:
                weight[c, 1] += w
            elif near[c, 2] == d:
                weight[c, 2] += w
            else:
                fits &= note(c, d, w, out)
    return fits


@kernel
def _link_cells(rows, stencil, of, out, first, last):
    """Note every face between two aggregates; return False where there was no room.

    A link is noted at its earlier aggregate, so that threads do not meet.
    """
    g0, g1, g2, _ = stencil
    fits = True
    for i in range(first, last):
        for j in range(rows.n1):
            row = i * rows.n1 + j
            low, n = rows.low[row], rows.high[row] - rows.low[row]
            if n <= 0:
                continue
            c, a0, a1 = rows.start[row] + low, rows.above0[row] + low, rows.above1[row] + low
            b0, b1 = rows.below0[row] + low, rows.below1[row] + low
            # Where there is no next row its next one is asked for only behind a conductance of 0.
            aa0 = (rows.above0[row + rows.n1] if i + 1 < rows.n0 else rows.zero) + low
            aa1 = (rows.above1[row + 1] if j + 1 < rows.n1 else rows.zero) + low
            here = of[c : c + n]
            ends = (of[c - 1 : c - 1 + n], here, of[c + 1 : c + 1 + n], of[c + 2 : c + 2 + n])
            inner = (g2[c - 1 : c - 1 + n], g2[c + 1 : c + 1 + n])
            fits &= _note_line(ends, g2[c : c + n], inner, out)
            ends = (of[b1 : b1 + n], here, of[a1 : a1 + n], of[aa1 : aa1 + n])
            fits &= _note_line(ends, g1[c : c + n], (g1[b1 : b1 + n], g1[a1 : a1 + n]), out)
            ends = (of[b0 : b0 + n], here, of[a0 : a0 + n], of[aa0 : aa0 + n])
            fits &= _note_line(ends, g0[c : c + n], (g0[b0 : b0 + n], g0[a0 : a0 + n]), out)
    return fits
