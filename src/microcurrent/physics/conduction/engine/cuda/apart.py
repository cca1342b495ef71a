"""What each thread does with extras, cells of a level that have no place on its rows.

Red and black come first in a forward sweep and extras last. Extras are taken all at once, each divided by
its diagonal and half its links to other extras: what a sweep over them leaves over can then never grow, as
it may with the diagonal alone, and the cycle stays symmetric and positive definite.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import cuda

from microcurrent.physics.conduction.engine.cuda.kernels import kernel, part

_HALF = np.float32(0.5)


class Apart(NamedTuple):
    """Extras as in `Extras`, and the same links by the places on rows that they lead to.

    Place `row[m]` has links ``row_link[row_begin[m]:row_begin[m + 1]]`` to the extras `row_extra`.
    """

    base: int
    begin: Any
    neighbour: Any
    link: Any
    row: Any
    row_begin: Any
    row_extra: Any
    row_link: Any


@part
def _swept(apart, inverse, r, z, e):
    """The value of extra e after a sweep on z."""
    v, among = r[apart.base + e], np.float32(0)
    for m in range(apart.begin[e], apart.begin[e + 1]):
        b = apart.neighbour[m]
        v += apart.link[m] * z[b]
        if b >= apart.base:
            among += apart.link[m]
    half = _HALF * among
    return (v + half * z[apart.base + e]) / (np.float32(1) / inverse[apart.base + e] + half)


@kernel
def extras_sweep(apart, inverse, r, z, out):
    """out = z of the extras after a sweep on z, ``(extras,)``."""
    for e in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        out[e] = _swept(apart, inverse, r, z, e)


@kernel
def extras_put(apart, values, z):
    """z = values on extras."""
    for e in range(cuda.grid(1), values.size, cuda.gridsize(1)):
        z[apart.base + e] = values[e]


@kernel
def extras_left_over(apart, inverse, r, z, out):
    """out = what a forward sweep leaves over on extras; what they give to the rows is added."""
    step = cuda.gridsize(1)
    for e in range(cuda.grid(1), apart.begin.size - 1, step):
        c = apart.base + e
        v = r[c] - z[c] / inverse[c]
        for m in range(apart.begin[e], apart.begin[e + 1]):
            v += apart.link[m] * z[apart.neighbour[m]]
        out[c] = v


@kernel
def extras_reach(apart, z, out):
    """out += conductance times potential of extras, on the rows."""
    for m in range(cuda.grid(1), apart.row.size, cuda.gridsize(1)):
        v = np.float32(0)
        for n in range(apart.row_begin[m], apart.row_begin[m + 1]):
            v += apart.row_link[n] * z[apart.row_extra[n]]
        out[apart.row[m]] += v


@kernel
def extras_product(apart, z, q):
    """q = A z on extras; q += what the links to extras carry on rows."""
    step = cuda.gridsize(1)
    for e in range(cuda.grid(1), apart.begin.size - 1, step):
        v, here = np.float32(0), z[apart.base + e]
        for m in range(apart.begin[e], apart.begin[e + 1]):
            v += apart.link[m] * (here - z[apart.neighbour[m]])
        q[apart.base + e] = v
    for m in range(cuda.grid(1), apart.row.size, step):
        v, here = np.float32(0), z[apart.row[m]]
        for n in range(apart.row_begin[m], apart.row_begin[m + 1]):
            v += apart.row_link[n] * (here - z[apart.row_extra[n]])
        q[apart.row[m]] += v
