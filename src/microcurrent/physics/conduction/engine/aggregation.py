"""Coarser levels: what conducts well within a block of cells becomes one cell, the rest stays apart.

Plain blocks of 2 x 2 x 2 fail on inclusions of one to three cells at a contrast of ten thousand: a block
that joins good and bad conductors that have little to do with each other represents neither. So within a
block only strongly linked cells join (split aggregation), and a cell without any strong link joins the one
it conducts to best.

A link between two aggregates is the sum over its faces of the face in series with half the next link
inward on each side, clipped (`CLIP`): the current between two centres passes these, too. It stays between
1 / (1 + 2 CLIP) and 1 of the plain sum, which keeps a W-cycle positive definite.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from microcurrent.physics.conduction.engine.blocks import Blocks
from microcurrent.physics.conduction.engine.rows import Integers, Rows, Stencil
from microcurrent.physics.conduction.engine.team import Slab, Team
from microcurrent.physics.conduction.engine.vectors import kernel

Floats = npt.NDArray[np.float64]
#: A link is strong when it is at least this part of the largest link of both its ends.
STRONG = np.float32(0.15)
#: Share of a link's own resistance that the links behind it may add on each side.
CLIP = np.float32(0.4)
#: Links to later aggregates that there is room for at first, for cells and nodes; twice as many next time.
_CELL_SLOTS, _NODE_SLOTS = 10, 32


class Graph(NamedTuple):
    """Nodes of a coarser level: node a's links [S] are ``link[begin[a]:begin[a + 1]]``, to `neighbour`.

    Links to earlier nodes come first; those to later ones begin at `middle`. `blocks` ``(n, 3)``: the block
    of each node.
    """

    begin: npt.NDArray[np.int32]
    middle: npt.NDArray[np.int32]
    neighbour: npt.NDArray[np.int32]
    link: npt.NDArray[np.float32]
    blocks: npt.NDArray[np.int16]

    @property
    def nodes(self) -> int:
        """How many nodes."""
        return self.begin.size - 1

    def diagonal(self) -> Floats:
        """Return the sum of the links of each node [S] ``(n,)``."""
        sums = np.concatenate([[0.0], np.cumsum(self.link, dtype=float)])
        return np.asarray(sums[self.begin[1:]] - sums[self.begin[:-1]])


def join_cells(
    rows: Rows, stencil: Stencil, blocks: Blocks, team: Team
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
    numbering = [(int(end), count, *slab) for end, slab in zip(ends[:-1], slabs, strict=True)]
    team.run(_settle_numbers, tuple(numbering), rows, stencil.inverse, of)
    slots = _CELL_SLOTS
    while True:
        near, weight = np.full((count, slots), -1, np.int32), np.empty((count, slots), np.float32)
        if all(team.run(_link_cells, slabs, rows, stencil, of, (near, weight))):
            break
        slots *= 2
    places = np.empty((count, 3), np.int16)
    _place_cells(rows, stencil.inverse, of_block, (of, places))
    return of, _graph(near, weight, places)


def _between_blocks(block: Integers, threads: int) -> tuple[Slab, ...]:
    """Return planes for each thread, none of which share a block."""
    ends = np.unique(np.searchsorted(block, block[np.arange(threads) * block.size // threads]))
    return tuple((int(a), int(b)) for a, b in zip(ends, [*ends[1:], block.size], strict=True))


def join_nodes(graph: Graph, blocks: Blocks) -> tuple[npt.NDArray[np.int32], Graph]:
    """Return the aggregate of each node and the aggregates' graph."""
    of, count = _join_nodes(graph, blocks.of)
    slots = _NODE_SLOTS
    while True:
        near, weight = np.full((count, slots), -1, np.int32), np.empty((count, slots), np.float32)
        if _link_nodes(graph, of, (near, weight)):
            break
        slots *= 2
    places = np.empty((count, 3), np.int16)
    for axis, block in enumerate(blocks.of):
        places[of, axis] = block[graph.blocks[:, axis]]
    return of, _graph(near, weight, places)


def _graph(
    near: npt.NDArray[np.int32], weight: npt.NDArray[np.float32], blocks: npt.NDArray[np.int16]
) -> Graph:
    begin, middle = _count_links(near)
    neighbour, link = np.empty(begin[-1], np.int32), np.empty(begin[-1], np.float32)
    _fill_links(near, weight, begin[:-1].copy(), (neighbour, link))
    return Graph(begin=begin, middle=middle, neighbour=neighbour, link=link, blocks=blocks)


@kernel
def _count_links(near):
    count = near.shape[0]
    earlier, later = np.zeros(count, np.int32), np.zeros(count, np.int32)
    for a in range(count):
        for b in near[a]:
            if b < 0:
                break
            later[a] += 1
            earlier[b] += 1
    begin, middle = np.zeros(count + 1, np.int32), np.empty(count, np.int32)
    for a in range(count):
        middle[a] = begin[a] + earlier[a]
        begin[a + 1] = middle[a] + later[a]
    return begin, middle


@kernel
def _fill_links(near, weight, cursor, out):
    """Write each link at both its nodes; earlier neighbours come first because nodes are taken in order."""
    neighbour, link = out
    for a in range(near.shape[0]):
        for m in range(near.shape[1]):
            b = near[a, m]
            if b < 0:
                break
            neighbour[cursor[a]], link[cursor[a]] = b, weight[a, m]
            neighbour[cursor[b]], link[cursor[b]] = a, weight[a, m]
            cursor[a] += 1
            cursor[b] += 1


@kernel
def _root(parent, a):
    while parent[a] != a:
        parent[a] = parent[parent[a]]
        a = parent[a]
    return a


@kernel
def _unite(parent, a, b):
    a, b = _root(parent, a), _root(parent, b)
    parent[max(a, b)] = min(a, b)


@kernel
def _number(parent, a, count):
    """Turn a parent into ``-1 - number``, roots coming before their children; return the new count."""
    b = parent[a]
    if b == a:
        parent[a] = -1 - count
        return count + 1
    while b >= 0:
        b = parent[b]
    parent[a] = b
    return count


@kernel
def _join_cells(rows, stencil, blocks, work, first, last):
    """Join the cells of the planes `first` to `last`, which share no block with others; return how many.

    `work`: where each place gets ``-1 - number``, numbers counted from 0 here, and scratch.
    """
    g0, g1, g2, inverse = stencil
    m0, m1, m2 = blocks
    of, least = work
    for row in range(first * rows.n1, last * rows.n1):
        s, b0, b1 = rows.start[row], rows.below0[row], rows.below1[row]
        for k in range(rows.low[row], rows.high[row]):
            one = max(max(g0[s + k], g0[b0 + k]), max(g1[s + k], g1[b1 + k]))
            least[s + k] = max(one, max(g2[s + k], g2[s + k - 1])) * STRONG
            of[s + k] = s + k
    for i in range(first, last):
        for j in range(rows.n1):
            row = i * rows.n1 + j
            low, n = rows.low[row], rows.high[row] - rows.low[row]
            s = rows.start[row] + low
            for c in range(s, s + n):
                strong = g2[c] > 0 and g2[c] >= least[c] and g2[c] >= least[c + 1]
                if strong and m2[low + c - s] == m2[low + c - s + 1]:
                    _unite(of, c, c + 1)
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
            _unite(of, here + c, there + c)


@kernel
def _number_cells(rows, inverse, of, first, last):
    """Turn parents into ``-1 - number``; return how many there are."""
    count = 0
    for row in range(first * rows.n1, last * rows.n1):
        s = rows.start[row]
        for c in range(s + rows.low[row], s + rows.high[row]):
            if inverse[c] > 0:
                count = _number(of, c, count)
    return count


@kernel
def _settle_numbers(rows, inverse, of, start, count, first, last):
    """Turn ``-1 - number`` into numbers from `start` on; cells without tissue get `count`."""
    for row in range(first * rows.n1, last * rows.n1):
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
def _series(g, left, right):
    """One over the resistance of a link and of half the next ones on both sides, clipped."""
    resistance = np.float32(1) / g
    if left > 0:
        resistance += min(CLIP / g, np.float32(0.5) / left)
    if right > 0:
        resistance += min(CLIP / g, np.float32(0.5) / right)
    return np.float32(1) / resistance


@kernel
def _note(a, b, w, out):
    """Add w to the link of two aggregates; return False where there is no room for one more."""
    near, weight = out
    if b < a:
        a, b = b, a
    for m in range(near.shape[1]):
        if near[a, m] == b:
            weight[a, m] += w
            return True
        if near[a, m] < 0:
            near[a, m], weight[a, m] = b, w
            return True
    return False


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
                fits &= _note(c, d, w, out)
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


@kernel
def _join_nodes(graph, blocks):
    """Return the aggregate of each node and how many there are."""
    begin, _, neighbour, link, place = graph
    m0, m1, m2 = blocks
    nodes = begin.size - 1
    least = np.zeros(nodes, np.float32)
    of, block = np.empty(nodes, np.int32), np.empty(nodes, np.int64)
    for a in range(nodes):
        of[a] = a
        block[a] = (m0[place[a, 0]] * (m1[-1] + 1) + m1[place[a, 1]]) * (m2[-1] + 1) + m2[place[a, 2]]
        for m in range(begin[a], begin[a + 1]):
            least[a] = max(least[a], STRONG * link[m])
    for a in range(nodes):
        best, most, lonely = -1, np.float32(0), True
        for m in range(begin[a], begin[a + 1]):
            b, g = neighbour[m], link[m]
            strong = g >= least[a] and g >= least[b]
            lonely &= not strong
            if block[a] == block[b]:
                if strong:
                    _unite(of, a, b)
                elif g > most:
                    best, most = b, g
        if lonely and best >= 0:
            _unite(of, a, best)
    return of, _number_nodes(of)


@kernel
def _number_nodes(of):
    """Turn parents into numbers; return how many there are."""
    count = 0
    for a in range(of.size):
        count = _number(of, a, count)
    for a in range(of.size):
        of[a] = -1 - of[a]
    return count


@kernel
def _direction(place, a, b):
    """0 to 5: node b's block lies up or down along axis 0, 1 or 2 from that of a; 6: the same block."""
    for axis in range(3):
        if place[b, axis] > place[a, axis]:
            return 2 * axis
        if place[b, axis] < place[a, axis]:
            return 2 * axis + 1
    return 6


@kernel
def _link_nodes(graph, of, out):
    """Note every link between two aggregates; return False where there was no room."""
    begin, middle, neighbour, link, place = graph
    # The links of each node to its own aggregate, by direction.
    inner = np.zeros((of.size, 7), np.float32)
    for a in range(of.size):
        for m in range(begin[a], begin[a + 1]):
            if of[neighbour[m]] == of[a]:
                inner[a, _direction(place, a, neighbour[m])] += link[m]
    fits = True
    for a in range(of.size):
        for m in range(middle[a], begin[a + 1]):
            b = neighbour[m]
            if of[a] != of[b]:
                d = _direction(place, a, b)
                left, right = np.float32(0), np.float32(0)
                if d < 6:
                    left, right = inner[a, d ^ 1], inner[b, d]
                fits &= _note(of[a], of[b], _series(link[m], left, right), out)
    return fits
