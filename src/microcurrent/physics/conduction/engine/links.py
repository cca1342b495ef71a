"""The lower levels, small and irregular: nodes with lists of links, one W-cycle over all in one call."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from microcurrent.physics.conduction.engine.vectors import kernel

Integers = npt.NDArray[np.int32]
Singles = npt.NDArray[np.float32]


class Links(NamedTuple):
    """All lower levels, one after the other in flat arrays.

    Level l holds the nodes ``first[l] <= a < first[l + 1]``. `begin`, `middle`, `neighbour`, `link` [S] as
    in `Graph`, with nodes counted over all levels; `inverse` of the diagonal; `robin` [S] to electrodes;
    `of`: the node of the next level. `deepest` ``(m, m)``: inverse of the last level's matrix.
    """

    first: npt.NDArray[np.int64]
    begin: Integers
    middle: Integers
    neighbour: Integers
    link: Singles
    inverse: Singles
    robin: Singles
    of: Integers
    deepest: Singles


@kernel
def _down(links, right, z, level):
    """Forward sweep from 0 on a level, then what is left over to the next."""
    begin, middle, neighbour, link = links.begin, links.middle, links.neighbour, links.link
    inverse, of = links.inverse, links.of
    first, last = links.first[level], links.first[level + 1]
    for a in range(first, last):
        v = right[a]
        for m in range(begin[a], middle[a]):
            v += link[m] * z[neighbour[m]]
        z[a] = v * inverse[a]
    right[last : links.first[level + 2]] = 0
    for a in range(first, last):
        v = np.float32(0)
        for m in range(middle[a], begin[a + 1]):
            v += link[m] * z[neighbour[m]]
        right[of[a]] += v


@kernel
def _up(links, right, z, level):
    """Add the correction of the next level, then a backward sweep."""
    begin, neighbour, link, inverse, of = links.begin, links.neighbour, links.link, links.inverse, links.of
    first, last = links.first[level], links.first[level + 1]
    for a in range(first, last):
        z[a] += z[of[a]]
    for a in range(last - 1, first - 1, -1):
        v = right[a]
        for m in range(begin[a], begin[a + 1]):
            v += link[m] * z[neighbour[m]]
        z[a] = v * inverse[a]


@kernel
def _again(links, right, z, keep, level):
    """right -= A z; keep = z."""
    begin, neighbour, link, robin = links.begin, links.neighbour, links.link, links.robin
    for a in range(links.first[level], links.first[level + 1]):
        here = z[a]
        v = robin[a] * here
        for m in range(begin[a], begin[a + 1]):
            v += link[m] * (here - z[neighbour[m]])
        right[a] -= v
        keep[a] = here


@kernel
def _deepest(links, right, z, level):
    first, last = links.first[level], links.first[level + 1]
    for a in range(last - first):
        v = np.float32(0)
        line = links.deepest[a]
        for b in range(last - first):
            v += line[b] * right[first + b]
        z[first + a] = v


@kernel
def correct(links, right, z, keep):
    """z on the first level = about the inverse of its matrix times `right`, which is used up: one W-cycle.

    A loop and not a recursion, which numba cannot keep on disk.
    """
    last = links.first.size - 2
    done = np.zeros(last + 1, np.int64)
    level, falling = 0, True
    while True:
        if falling and level < last:
            _down(links, right, z, level)
            level += 1
            continue
        if falling:
            _deepest(links, right, z, level)
            falling = False
        done[level] += 1
        if level < last:
            if done[level] == 1:
                _again(links, right, z, keep, level)
                falling = True
                continue
            for a in range(links.first[level], links.first[level + 1]):
                z[a] += keep[a]
        done[level] = 0
        if level == 0:
            return
        level -= 1
        _up(links, right, z, level)
