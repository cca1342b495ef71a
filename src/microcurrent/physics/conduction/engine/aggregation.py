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
from microcurrent.physics.conduction.engine.vectors import kernel

Floats = npt.NDArray[np.float64]
#: A link is strong when it is at least this part of the largest link of both its ends.
STRONG = np.float32(0.15)
#: Share of a link's own resistance that the links behind it may add on each side.
CLIP = np.float32(0.4)
#: Links to later aggregates that there is room for at first; twice as many on the next try.
_SLOTS = 32


class Graph(NamedTuple):
    """Nodes of a coarser level: node a's links [S] are ``link[begin[a]:begin[a + 1]]``, to `neighbour`.

    Links to earlier nodes come first; those to later ones begin at `middle`. `blocks` ``(n, 3)``: the block
    of each node.
    """

    begin: npt.NDArray[np.int32]
    middle: npt.NDArray[np.int32]
    neighbour: npt.NDArray[np.int32]
    link: npt.NDArray[np.float32]
    blocks: npt.NDArray[np.int32]

    @property
    def nodes(self) -> int:
        """How many nodes."""
        return self.begin.size - 1

    def diagonal(self) -> Floats:
        """Return the sum of the links of each node [S] ``(n,)``."""
        sums = np.concatenate([[0.0], np.cumsum(self.link, dtype=float)])
        return np.asarray(sums[self.begin[1:]] - sums[self.begin[:-1]])


def join_nodes(graph: Graph, blocks: Blocks) -> tuple[npt.NDArray[np.int32], Graph]:
    """Return the aggregate of each node and the aggregates' graph."""
    of, count = _join_nodes(graph, blocks.of)
    slots = _SLOTS
    while True:
        near, weight = np.full((count, slots), -1, np.int32), np.empty((count, slots), np.float32)
        if _link_nodes(graph, of, (near, weight)):
            break
        slots *= 2
    places = np.empty((count, 3), np.int32)
    for axis, block in enumerate(blocks.of):
        places[of, axis] = block[graph.blocks[:, axis]]
    return of, graph_of(near, weight, places)


def graph_of(
    near: npt.NDArray[np.int32], weight: npt.NDArray[np.float32], blocks: npt.NDArray[np.int32]
) -> Graph:
    """Return the graph of links that were noted at their earlier nodes."""
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
def unite(parent, a, b):
    """Join the sets of a and b; the smaller root stays."""
    a, b = _root(parent, a), _root(parent, b)
    parent[max(a, b)] = min(a, b)


@kernel
def number(parent, a, count):
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
def series(g, left, right):
    """One over the resistance of a link and of half the next ones on both sides, clipped."""
    resistance = np.float32(1) / g
    if left > 0:
        resistance += min(CLIP / g, np.float32(0.5) / left)
    if right > 0:
        resistance += min(CLIP / g, np.float32(0.5) / right)
    return np.float32(1) / resistance


@kernel
def note(a, b, w, out):
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
                    unite(of, a, b)
                elif g > most:
                    best, most = b, g
        if lonely and best >= 0:
            unite(of, a, best)
    return of, _number_nodes(of)


@kernel
def _number_nodes(of):
    """Turn parents into numbers; return how many there are."""
    count = 0
    for a in range(of.size):
        count = number(of, a, count)
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
                fits &= note(of[a], of[b], series(link[m], left, right), out)
    return fits
