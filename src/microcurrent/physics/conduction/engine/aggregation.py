"""Coarser levels: what conducts well within a block of cells becomes one cell, the rest stays apart.

Plain blocks of 2 x 2 x 2 fail on inclusions of one to three cells at a contrast of ten thousand: a block
that joins good and bad conductors that have little to do with each other represents neither. So within a
block only strongly linked cells join (split aggregation), and a cell without any strong link joins the one
it conducts to best.

A link between two aggregates is the sum over its faces of the face in series with half the next link inward
on each side, clipped (`CLIP`): the current between two centres passes these, too. It stays between 1 / (1 + 2
CLIP) and 1 of the plain sum, which keeps a W-cycle positive definite.

On each axis neighbours join only while their width stays below a target that doubles: cells that are thin
along one axis first join along that axis, so that point-wise sweeps do on graded grids.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from microcurrent.physics.conduction.engine.rows import Integers, Rows, Stencil
from microcurrent.physics.conduction.engine.vectors import kernel

Floats = npt.NDArray[np.float64]
#: A link is strong when it is at least this part of the largest link of both its ends.
STRONG = np.float32(0.25)
#: Share of a link's own resistance that the links behind it may add on each side.
CLIP = np.float32(0.5)
#: A block may be wider than the target by this factor, and hold this many cells along an axis.
_ROOM = 1.35
_LONGEST = 4
#: A level should have at least this many times fewer blocks than the one before.
_SHRINK = 3.5
#: Links to later aggregates that one is given room for at first; twice as many on the next try.
_SLOTS = 16


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
    def count(self) -> int:
        """How many nodes."""
        return self.begin.size - 1

    def diagonal(self) -> Floats:
        """Return the sum of the links of each node [S] ``(n,)``."""
        sums = np.concatenate([[0.0], np.cumsum(self.link, dtype=float)])
        return np.asarray(sums[self.begin[1:]] - sums[self.begin[:-1]])


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


def join_cells(rows: Rows, stencil: Stencil, blocks: Blocks) -> tuple[npt.NDArray[np.int32], Graph]:
    """Return the aggregate of each place in storage and the aggregates' graph.

    Places without tissue get the number of aggregates.
    """
    # The kernels look one cell ahead, which at the end of a row is past the grid.
    of_block = tuple(np.append(b, np.full(16, -1)) for b in blocks.of)
    of = np.zeros(rows.size, np.int32)
    count = _join_cells(rows, stencil, of_block, of, np.zeros(rows.size, np.float32))
    slots = _SLOTS
    while True:
        near, weight = np.full((count, slots), -1, np.int32), np.empty((count, slots), np.float32)
        if _link_cells(rows, stencil, of, (near, weight)):
            break
        slots *= 2
    places = np.empty((count, 3), np.int16)
    _place_cells(rows, stencil.inverse, of_block, of, places)
    return of, _graph(near, weight, places)


def join_nodes(graph: Graph, blocks: Blocks) -> tuple[npt.NDArray[np.int32], Graph]:
    """Return the aggregate of each node and the aggregates' graph."""
    of, count = _join_nodes(graph, blocks.of)
    slots = _SLOTS
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
    if a < b:
        parent[b] = a
    elif b < a:
        parent[a] = b


@kernel
def _number(parent, a, count):
    """Turn a parent into ``-1 - number``; roots come before those that point to them. Return the new count."""
    b = parent[a]
    if b == a:
        parent[a] = -1 - count
        return count + 1
    while b >= 0:
        b = parent[b]
    parent[a] = b
    return count


@kernel
def _join_cells(rows, stencil, blocks, of, least):
    """Number the aggregates of fine cells in `of`; return how many. `least`: scratch in storage."""
    g0, g1, g2, inverse = stencil
    m0, m1, m2 = blocks
    for row in range(rows.n0 * rows.n1):
        s, b0, b1 = rows.start[row], rows.below0[row], rows.below1[row]
        for k in range(rows.low[row], rows.high[row]):
            one = max(max(g0[s + k], g0[b0 + k]), max(g1[s + k], g1[b1 + k]))
            least[s + k] = max(one, max(g2[s + k], g2[s + k - 1])) * STRONG
            of[s + k] = s + k
    for i in range(rows.n0):
        along0 = m0[i] == m0[i + 1]
        for j in range(rows.n1):
            row = i * rows.n1 + j
            along1 = m1[j] == m1[j + 1]
            s, a0, a1 = rows.start[row], rows.above0[row], rows.above1[row]
            for k in range(rows.low[row], rows.high[row]):
                here = least[s + k]
                g = g2[s + k]
                if g > 0 and m2[k] == m2[k + 1] and g >= here and g >= least[s + k + 1]:
                    _unite(of, s + k, s + k + 1)
                g = g1[s + k]
                if g > 0 and along1 and g >= here and g >= least[a1 + k]:
                    _unite(of, s + k, a1 + k)
                g = g0[s + k]
                if g > 0 and along0 and g >= here and g >= least[a0 + k]:
                    _unite(of, s + k, a0 + k)
    count = 0
    for row in range(rows.n0 * rows.n1):
        s = rows.start[row]
        for c in range(s + rows.low[row], s + rows.high[row]):
            if inverse[c] > 0:
                count = _number(of, c, count)
    for row in range(rows.n0 * rows.n1):
        s = rows.start[row]
        for c in range(s + rows.low[row], s + rows.high[row]):
            of[c] = -1 - of[c] if inverse[c] > 0 else count
    return count


@kernel
def _place_cells(rows, inverse, blocks, of, places):
    m0, m1, m2 = blocks
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
def _note(a, b, w, out, guess):
    """Add w to the link of two aggregates; return False where there is no room for one more.

    `guess`: the slot that it most likely has.
    """
    near, weight = out
    if b < a:
        a, b = b, a
    if near[a, guess] == b:
        weight[a, guess] += w
        return True
    for m in range(near.shape[1]):
        if near[a, m] == b:
            weight[a, m] += w
            return True
        if near[a, m] < 0:
            near[a, m], weight[a, m] = b, w
            return True
    return False


@kernel
def _link_cells(rows, stencil, of, out):
    """Note every face between two aggregates; return False where there was no room."""
    g0, g1, g2, _ = stencil
    none = np.float32(0)
    fits = True
    for i in range(rows.n0):
        for j in range(rows.n1):
            row = i * rows.n1 + j
            s, a0, a1 = rows.start[row], rows.above0[row], rows.above1[row]
            b0, b1 = rows.below0[row], rows.below1[row]
            # Where there is no next row its next one is asked for only behind a conductance of 0.
            aa0 = rows.above0[row + rows.n1] if i + 1 < rows.n0 else rows.zero
            aa1 = rows.above1[row + 1] if j + 1 < rows.n1 else rows.zero
            for k in range(rows.low[row], rows.high[row]):
                c = s + k
                a, g = of[c], g2[c]
                b = of[c + 1]
                if g > 0 and a != b:
                    left = g2[c - 1] if of[c - 1] == a else none
                    right = g2[c + 1] if of[c + 2] == b else none
                    fits &= _note(a, b, _series(g, left, right), out, 0)
                g, b = g1[c], of[a1 + k]
                if g > 0 and a != b:
                    left = g1[b1 + k] if of[b1 + k] == a else none
                    right = g1[a1 + k] if of[aa1 + k] == b else none
                    fits &= _note(a, b, _series(g, left, right), out, 1)
                g, b = g0[c], of[a0 + k]
                if g > 0 and a != b:
                    left = g0[b0 + k] if of[b0 + k] == a else none
                    right = g0[a0 + k] if of[aa0 + k] == b else none
                    fits &= _note(a, b, _series(g, left, right), out, 2)
    return fits


@kernel
def _join_nodes(graph, blocks):
    """Return the aggregate of each node and how many there are."""
    begin, _, neighbour, link, place = graph
    m0, m1, m2 = blocks
    nodes = begin.size - 1
    least = np.zeros(nodes, np.float32)
    of = np.empty(nodes, np.int32)
    for a in range(nodes):
        of[a] = a
        for m in range(begin[a], begin[a + 1]):
            least[a] = max(least[a], STRONG * link[m])
    for a in range(nodes):
        x, y, z = m0[place[a, 0]], m1[place[a, 1]], m2[place[a, 2]]
        best, most, lonely = -1, np.float32(0), True
        for m in range(begin[a], begin[a + 1]):
            b, g = neighbour[m], link[m]
            strong = g >= least[a] and g >= least[b]
            lonely &= not strong
            if m0[place[b, 0]] != x or m1[place[b, 1]] != y or m2[place[b, 2]] != z:
                continue
            if strong:
                _unite(of, a, b)
            elif g > most:
                best, most = b, g
        if lonely and best >= 0:
            _unite(of, a, best)
    count = 0
    for a in range(nodes):
        count = _number(of, a, count)
    for a in range(nodes):
        of[a] = -1 - of[a]
    return of, count


@kernel
def _behind(graph, of, a, axis, sign):
    """Sum of node a's links to its own aggregate on the side of an axis that `sign` points away from."""
    begin, _, neighbour, link, place = graph
    result = np.float32(0)
    for m in range(begin[a], begin[a + 1]):
        b = neighbour[m]
        if of[b] == of[a] and (np.int64(place[b, axis]) - place[a, axis]) * sign < 0:
            result += link[m]
    return result


@kernel
def _link_nodes(graph, of, out):
    """Note every link between two aggregates; return False where there was no room."""
    begin, middle, neighbour, link, place = graph
    fits = True
    for a in range(of.size):
        for m in range(middle[a], begin[a + 1]):
            b = neighbour[m]
            if of[a] == of[b]:
                continue
            left, right = np.float32(0), np.float32(0)
            for axis in range(3):
                sign = np.int64(place[b, axis]) - place[a, axis]
                if sign != 0:
                    left = _behind(graph, of, a, axis, sign)
                    right = _behind(graph, of, b, axis, -sign)
            fits &= _note(of[a], of[b], _series(link[m], left, right), out, 0)
    return fits
