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


class Extras(NamedTuple):
    """Extra e lies at place `base` + e, with links [S] ``link[begin[e]:begin[e + 1]]`` to `neighbour`."""

    base: int
    begin: npt.NDArray[np.int32]
    neighbour: npt.NDArray[np.int32]
    link: npt.NDArray[np.float32]


@kernel
def extras_descend(extras, inverse, vectors, transfer):
    """Forward sweep from 0 after that of the rows, and what it leaves over to the coarser level.

    `vectors`: r, z; `transfer`: the coarser level's cell of each cell, its right side.
    """
    base, begin, neighbour, link = extras
    r, z = vectors
    of, coarse = transfer
    for e in range(begin.size - 1):
        place = base + e
        v = r[place]
        for m in range(begin[e], begin[e + 1]):
            if neighbour[m] < place:
                v += link[m] * z[neighbour[m]]
        v *= inverse[place]
        z[place] = v
        for m in range(begin[e], begin[e + 1]):
            if neighbour[m] < place:
                coarse[of[neighbour[m]]] += link[m] * v


@kernel
def extras_ascend(extras, inverse, vectors, transfer):
    """Add the correction, sweep backward, give the rows their part. `vectors`: r, right side of rows, z."""
    base, begin, neighbour, link = extras
    r, right, z = vectors
    of, coarse = transfer
    count = begin.size - 1
    for place in range(base, base + count):
        z[place] += coarse[of[place]]
    for e in range(count - 1, -1, -1):
        place = base + e
        v = r[place]
        for m in range(begin[e], begin[e + 1]):
            v += link[m] * z[neighbour[m]]
        v *= inverse[place]
        z[place] = v
        for m in range(begin[e], begin[e + 1]):
            if neighbour[m] < base:
                right[neighbour[m]] += link[m] * v


@kernel
def extras_product(extras, z, q, keep):
    """q += the part of A z that extras have; keep = z on extras."""
    base, begin, neighbour, link = extras
    for e in range(begin.size - 1):
        here = z[base + e]
        keep[base + e] = here
        v = np.float32(0)
        for m in range(begin[e], begin[e + 1]):
            b = neighbour[m]
            flow = link[m] * (here - z[b])
            v += flow
            if b < base:
                q[b] -= flow
        q[base + e] = v


@kernel
def extras_step(extras, r, q, step):
    """r -= step q on extras."""
    for e in range(extras.base, extras.base + extras.begin.size - 1):
        r[e] -= np.float32(step) * q[e]
