"""Cells of a coarser level that have no place on its rows: a list with links.

A block of cells becomes several where its parts hardly conduct to each other. The largest stands on the
rows of the coarser level; the others are extras, after the rows in storage. A forward sweep takes them
last, a backward sweep first.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from microcurrent.physics.conduction.engine.vectors import kernel

Integers = npt.NDArray[np.int32]


class Extras(NamedTuple):
    """Extra e lies at place `base` + e, with links [S] ``link[begin[e]:begin[e + 1]]`` to `neighbour`.

    Links to the rows come first, then from `rows_end[e]` those to earlier extras, and from `middle[e]`
    those to later ones. `coarse`: the coarser level's cell of each neighbour.
    """

    base: int
    begin: Integers
    rows_end: Integers
    middle: Integers
    neighbour: Integers
    link: npt.NDArray[np.float32]
    coarse: Integers


def make_extras(
    base: int, begin: Integers, *, neighbour: Integers, link: npt.NDArray[np.float32]
) -> Extras:
    """Return extras with their links in order; see `with_coarse`."""
    ends = np.empty((2, begin.size - 1), np.int32)
    ordered, links = np.empty_like(neighbour), np.empty_like(link)
    _in_order(base, (begin, neighbour, link), ends, (ordered, links))
    return Extras(base, begin, ends[0], ends[1], ordered, links, np.zeros(0, np.int32))


@kernel
def _in_order(base, given, ends, out):
    """Write links to rows, to earlier extras and to later ones, and where the first two end."""
    begin, neighbour, link = given
    ordered, links = out
    for e in range(begin.size - 1):
        to = begin[e]
        for kind in range(3):
            for m in range(begin[e], begin[e + 1]):
                b = neighbour[m]
                if kind == (0 if b < base else (1 if b < base + e else 2)):
                    ordered[to], links[to] = b, link[m]
                    to += 1
            if kind < 2:
                ends[kind, e] = to


def with_coarse(extras: Extras, of: Integers) -> Extras:
    """Return extras that know the coarser level's cell of each neighbour, from that of each place."""
    return extras._replace(coarse=of[extras.neighbour])


@kernel
def extras_descend(extras, inverse, vectors, transfer):
    """Forward sweep from 0 after that of the rows, and what it leaves over to the coarser level.

    `vectors`: r, z; `transfer`: the coarser level's cell of each cell, its right side.
    """
    base, begin, _, middle, neighbour, link, to = extras
    r, z = vectors
    _, coarse = transfer
    for e in range(begin.size - 1):
        v = r[base + e]
        for m in range(begin[e], middle[e]):
            v += link[m] * z[neighbour[m]]
        v *= inverse[base + e]
        z[base + e] = v
        for m in range(begin[e], middle[e]):
            coarse[to[m]] += link[m] * v


@kernel
def extras_ascend(extras, inverse, vectors, transfer):
    """Add the correction, sweep backward, give the rows their part. `vectors`: r, right side of rows, z."""
    base, begin, rows_end, _, neighbour, link, _ = extras
    r, right, z = vectors
    of, coarse = transfer
    count = begin.size - 1
    for place in range(base, base + count):
        z[place] += coarse[of[place]]
    for back in range(count):
        e = count - 1 - back
        v = r[base + e]
        for m in range(begin[e], begin[e + 1]):
            v += link[m] * z[neighbour[m]]
        v *= inverse[base + e]
        z[base + e] = v
        for m in range(begin[e], rows_end[e]):
            right[neighbour[m]] += link[m] * v


@kernel
def extras_product(extras, z, q, keep):
    """q += the part of A z that extras have; keep = z on extras."""
    base, begin, rows_end, _, neighbour, link, _ = extras
    for e in range(begin.size - 1):
        here = z[base + e]
        keep[base + e] = here
        v = np.float32(0)
        for m in range(begin[e], rows_end[e]):
            flow = link[m] * (here - z[neighbour[m]])
            v += flow
            q[neighbour[m]] -= flow
        for m in range(rows_end[e], begin[e + 1]):
            v += link[m] * (here - z[neighbour[m]])
        q[base + e] = v


@kernel
def extras_step(extras, r, q, step):
    """r -= step q on extras."""
    for e in range(extras.base, extras.base + extras.begin.size - 1):
        r[e] -= np.float32(step) * q[e]
