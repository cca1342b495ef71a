"""What each thread does on rows: a thread takes every so many-th place of storage.

A thread writes only places of its own and reads none that another writes in the same kernel, so kernels
need neither locks nor atomic sums.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import cuda

kernel: Any = cuda.jit
#: Called by kernels.
part: Any = cuda.jit(device=True)

#: Sums over all places are folded to at most this many numbers, which the CPU adds up.
FOLDED = 256


class Mesh(NamedTuple):
    """Rows and stencil of a level on the device.

    `tag` ``(size,)``: twice the row of each place, plus 1 where i + j + k is odd (black); -1 without
    tissue and for extras. `below0`, `above0`, `below1`, `above1` ``(n0 * n1,)``: how far in storage the
    next place along the axis lies. `g0`, `g1`, `g2`, `inverse`: as in `Stencil`.
    """

    tag: Any
    below0: Any
    above0: Any
    below1: Any
    above1: Any
    g0: Any
    g1: Any
    g2: Any
    inverse: Any


class Children(NamedTuple):
    """Coarse place `target[m]` is made of the places ``child[begin[m]:begin[m + 1]]``."""

    target: Any
    begin: Any
    child: Any


@part
def _around(mesh, z, c):
    """The sum of conductance times potential over the next places."""
    row = mesh.tag[c] >> 1
    b0, b1 = c + mesh.below0[row], c + mesh.below1[row]
    v = mesh.g0[c] * z[c + mesh.above0[row]] + mesh.g0[b0] * z[b0]
    v += mesh.g1[c] * z[c + mesh.above1[row]] + mesh.g1[b1] * z[b1]
    return v + mesh.g2[c] * z[c + 1] + mesh.g2[c - 1] * z[c - 1]


@part
def _flow(mesh, faces, z, c):
    """The current out of a place; a sum of differences, so a large constant costs no digits."""
    g0, g1, g2 = faces
    row = mesh.tag[c] >> 1
    b0, b1 = c + mesh.below0[row], c + mesh.below1[row]
    here = z[c]
    v = g0[c] * (here - z[c + mesh.above0[row]]) + g0[b0] * (here - z[b0])
    v += g1[c] * (here - z[c + mesh.above1[row]]) + g1[b1] * (here - z[b1])
    return v + g2[c] * (here - z[c + 1]) + g2[c - 1] * (here - z[c - 1])


@kernel
def clear(values):
    """values = 0."""
    for c in range(cuda.grid(1), values.size, cuda.gridsize(1)):
        values[c] = 0


@kernel
def start(mesh, r, z):
    """z = a sweep over red from 0, and 0 elsewhere."""
    for c in range(cuda.grid(1), z.size, cuda.gridsize(1)):
        tag = mesh.tag[c]
        z[c] = r[c] * mesh.inverse[c] if tag >= 0 and tag & 1 == 0 else np.float32(0)


@kernel
def sweep(mesh, r, z, colour):
    """z = a sweep on z over red (0) or black (1)."""
    for c in range(cuda.grid(1), z.size, cuda.gridsize(1)):
        tag = mesh.tag[c]
        if tag >= 0 and tag & 1 == colour:
            z[c] = (r[c] + _around(mesh, z, c)) * mesh.inverse[c]


@kernel
def left_over(mesh, z, out):
    """out = what red, then black leaves over: nothing on black."""
    for c in range(cuda.grid(1), z.size, cuda.gridsize(1)):
        tag = mesh.tag[c]
        out[c] = _around(mesh, z, c) if tag >= 0 and tag & 1 == 0 else np.float32(0)


@kernel
def restrict(children, values, coarse):
    """coarse = the sum of `values` over the children."""
    for m in range(cuda.grid(1), children.target.size, cuda.gridsize(1)):
        v = np.float32(0)
        for n in range(children.begin[m], children.begin[m + 1]):
            v += values[children.child[n]]
        coarse[children.target[m]] = v


@kernel
def prolong(mesh, of, coarse, z):
    """z += the correction of the coarser level."""
    for c in range(cuda.grid(1), z.size, cuda.gridsize(1)):
        if mesh.inverse[c] > 0:
            z[c] += coarse[of[c]]


@kernel
def product(mesh, z, q, beta):
    """q = A z + beta q on rows, A being the bulk."""
    for c in range(cuda.grid(1), z.size, cuda.gridsize(1)):
        if mesh.tag[c] >= 0:
            v = _flow(mesh, (mesh.g0, mesh.g1, mesh.g2), z, c)
            # What a failed solve left may be no number, which times 0 is none either.
            q[c] = v + np.float32(beta) * q[c] if beta != 0 else v


@kernel
def into_electrodes(held, z, shift, q):
    """q += the current to electrodes at a potential z + shift. `held`: places, conductances [S]."""
    places, robin = held
    for m in range(cuda.grid(1), places.size, cuda.gridsize(1)):
        c = places[m]
        q[c] += np.float32(robin[m] * (z[c] + shift))


@kernel
def advance(inverse, vectors, scalars):
    """y += step p; p = z + shift + beta p. `vectors`: z, p, y; `scalars`: step, beta, shift."""
    z, p, y = vectors
    step, beta, shift = scalars
    for c in range(cuda.grid(1), z.size, cuda.gridsize(1)):
        if inverse[c] > 0:
            y[c] += np.float32(step) * p[c]
            p[c] = z[c] + np.float32(shift) + np.float32(beta) * p[c]


@kernel
def add(x, y, by):
    """x += by y."""
    for c in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        x[c] += np.float32(by) * y[c]


@kernel
def collect(vectors, step):
    """x += y + step p in float64; y = 0. `vectors`: x, y, p."""
    x, y, p = vectors
    for c in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        x[c] += np.float64(y[c]) + step * np.float64(p[c])
        y[c] = 0


@kernel
def residual(mesh, faces, x, r):
    """r = -A x of the bulk, each sum in float64; `faces`: g0, g1, g2 of either kind."""
    for c in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        r[c] = np.float32(-_flow(mesh, faces, x, c)) if mesh.tag[c] >= 0 else np.float32(0)


@kernel
def residual_at(mesh, faces, sources, vectors):
    """r and the potential at the sources, in float64 until the end. `vectors`: x, r, out.

    `sources`: places, currents, conductances to electrodes.
    """
    places, currents, robin = sources
    x, r, out = vectors
    for m in range(cuda.grid(1), places.size, cuda.gridsize(1)):
        c = places[m]
        out[m] = x[c]
        r[c] = np.float32(currents[m] - robin[m] * x[c] - _flow(mesh, faces, x, c))


@kernel
def pick(values, places, out):
    """out = values at places."""
    for m in range(cuda.grid(1), places.size, cuda.gridsize(1)):
        out[m] = values[places[m]]


@kernel
def dots(a, b, c, sums):
    """Sums of a b and of a c over each thread's places, ``(2, threads)``."""
    one, two = 0.0, 0.0
    for n in range(cuda.grid(1), a.size, cuda.gridsize(1)):
        here = np.float64(a[n])
        one += here * b[n]
        two += here * c[n]
    sums[0, cuda.grid(1)] = one
    sums[1, cuda.grid(1)] = two


@kernel
def sizes(r, sums):
    """Sums of r squared and of its size over each thread's places, ``(2, threads)``."""
    square, size = 0.0, 0.0
    for n in range(cuda.grid(1), r.size, cuda.gridsize(1)):
        here = np.float64(r[n])
        square += here * here
        size += abs(here)
    sums[0, cuda.grid(1)] = square
    sums[1, cuda.grid(1)] = size


@kernel
def fold(sums, folded):
    """folded = sums of every FOLDED-th column of `sums`."""
    for m in range(cuda.grid(1), folded.shape[1], cuda.gridsize(1)):
        for n in range(sums.shape[0]):
            v = 0.0
            for k in range(m, sums.shape[1], folded.shape[1]):
                v += sums[n, k]
            folded[n, m] = v
