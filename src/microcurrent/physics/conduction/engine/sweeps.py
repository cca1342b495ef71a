"""What conjugate gradients and one multigrid level do on rows, in float32, a whole vector at a time.

All kernels work on the planes `first` to `last` of the first axis, so that threads can share a level.
Within its planes a thread's Gauss-Seidel sweep is exact; across the planes between two threads it uses the
values from before the sweep. The backward sweep is the transpose of the forward one, so that a cycle is
symmetric. Plain twins: `tests/physics/test_engine_kernels.py`.
"""

from __future__ import annotations

import numpy as np

from microcurrent.physics.conduction.engine.rows import WIDTH
from microcurrent.physics.conduction.engine.vectors import (
    add,
    fma,
    kernel,
    load8,
    mul,
    splat8,
    store,
    store_narrow,
    sub,
    total,
    wide8,
)


@kernel
def descend(rows, stencil, vectors, transfer, first, last):
    """r -= step q; z = one forward sweep from 0; what it leaves over goes to the coarser level.

    `vectors`: r, q, z in storage; `transfer`: the coarser level's cell of each cell, its right side, step.
    What is left over is known one plane later. At planes that another thread's planes follow or precede it
    is left to `restrict`. Returns the sums of r squared and of r.
    """
    g0, g1, g2, inverse = stencil
    r, q, z = vectors
    of, coarse, step = transfer
    t, c = np.empty(WIDTH, np.float32), np.empty(WIDTH, np.float32)
    line = np.empty(rows.n2 + 2 * WIDTH, np.float32)
    minus, nothing = splat8(np.float32(-step)), splat8(np.float32(0))
    square, whole = 0.0, 0.0
    for i in range(first, last):
        for j in range(rows.n1):
            row = i * rows.n1 + j
            s, b1 = rows.start[row], rows.below1[row]
            b0 = rows.zero if i == first else rows.below0[row]
            squares, sums, x = nothing, nothing, np.float32(0)
            for k in range(rows.low[row], rows.high[row], WIDTH):
                v = fma(load8(q, s + k), minus, load8(r, s + k))
                store(r, s + k, v)
                squares = fma(v, v, squares)
                sums = add(sums, v)
                v = fma(load8(g0, b0 + k), load8(z, b0 + k), v)
                v = fma(load8(g1, b1 + k), load8(z, b1 + k), v)
                d = load8(inverse, s + k)
                store(t, 0, mul(v, d))
                store(c, 0, mul(load8(g2, s + k - 1), d))
                # What is left of the sweep is a recurrence along the row.
                for m in range(WIDTH):
                    x = t[m] + c[m] * x
                    z[s + k + m] = x
            square += total(squares)
            whole += total(sums)
        if i > first + 1 or i == 1:
            _restrict_plane(rows, stencil, z, (of, coarse, line), i - 1, False)
    if last == rows.n0:
        _restrict_plane(rows, stencil, z, (of, coarse, line), last - 1, False)
    return square, whole


@kernel
def _restrict_plane(rows, stencil, z, transfer, i, lower):
    """Add what a sweep left over in plane i; `lower`: the plane below was not seen by the sweep."""
    g0, g1, g2, _ = stencil
    of, coarse, t = transfer
    for j in range(rows.n1):
        row = i * rows.n1 + j
        low, high = rows.low[row], rows.high[row]
        s, a0, a1, b0 = rows.start[row], rows.above0[row], rows.above1[row], rows.below0[row]
        for k in range(low, high, WIDTH):
            v = mul(load8(g2, s + k), load8(z, s + k + 1))
            v = fma(load8(g1, s + k), load8(z, a1 + k), v)
            v = fma(load8(g0, s + k), load8(z, a0 + k), v)
            if lower:
                v = fma(load8(g0, b0 + k), load8(z, b0 + k), v)
            store(t, k, v)
        for k in range(low, high):
            coarse[of[s + k]] += t[k]


@kernel
def restrict(rows, stencil, z, transfer, cut):
    """Add what `descend` left over in the planes below and above the cut between two threads."""
    of, coarse = transfer
    line = np.empty(rows.n2 + 2 * WIDTH, np.float32)
    _restrict_plane(rows, stencil, z, (of, coarse, line), cut - 1, False)
    _restrict_plane(rows, stencil, z, (of, coarse, line), cut, True)


@kernel
def prolong(rows, z, transfer, first, last):
    """z += the correction of the coarser level. `transfer`: its cell of each cell, the correction."""
    of, coarse = transfer
    for row in range(first * rows.n1, last * rows.n1):
        s = rows.start[row]
        for k in range(s + rows.low[row], s + rows.high[row]):
            z[k] += coarse[of[k]]


@kernel
def ascend(rows, stencil, vectors, halo, first, last):
    """Add the coarser level's correction to z, then one backward sweep. Return r.z and q.z.

    `vectors`: r, q, z, and as in `prolong` (none where z has its correction already); `halo`: z of the
    plane below `first` and of the plane at `last` as they were before the sweep, each with the place in
    storage where it begins.
    """
    g0, g1, g2, inverse = stencil
    r, q, z, of, coarse = vectors
    under, under_place, over, over_place = halo
    t, c = np.empty(WIDTH, np.float32), np.empty(WIDTH, np.float32)
    nothing = splat8(np.float32(0))
    rz, qz = 0.0, 0.0
    for i in range(last - 1, first - 1, -1):
        if of.size:
            # The plane below, and at the start that of the sweep itself.
            prolong(rows, z, (of, coarse), max(i - 1, first), last if i == last - 1 else i)
        for j in range(rows.n1 - 1, -1, -1):
            row = i * rows.n1 + j
            low, high = rows.low[row], rows.high[row]
            s, a0, a1 = rows.start[row], rows.above0[row], rows.above1[row]
            b0, b1 = rows.below0[row], rows.below1[row]
            below, below_at, above, above_at = z, b0, z, a0
            if i == first and b0 != rows.zero:
                below, below_at = under, b0 - under_place
            if i == last - 1 and a0 != rows.zero:
                above, above_at = over, a0 - over_place
            one, two, x = nothing, nothing, np.float32(0)
            # The processor's prefetcher follows rows that are read the way the sweep goes.
            for m in range((high - low) // WIDTH):
                k = high - WIDTH - WIDTH * m
                v = fma(load8(g0, s + k), load8(above, above_at + k), load8(r, s + k))
                v = fma(load8(g0, b0 + k), load8(below, below_at + k), v)
                v = fma(load8(g1, s + k), load8(z, a1 + k), v)
                v = fma(load8(g1, b1 + k), load8(z, b1 + k), v)
                v = fma(load8(g2, s + k - 1), load8(z, s + k - 1), v)
                d = load8(inverse, s + k)
                store(t, 0, mul(v, d))
                store(c, 0, mul(load8(g2, s + k), d))
                for n in range(WIDTH):
                    x = t[WIDTH - 1 - n] + c[WIDTH - 1 - n] * x
                    z[s + k + WIDTH - 1 - n] = x
                if m > 0:
                    # One step late: by now the numbers of the step before have reached the cache.
                    v = load8(z, s + k + WIDTH)
                    one = fma(v, load8(r, s + k + WIDTH), one)
                    two = fma(v, load8(q, s + k + WIDTH), two)
            if high > low:
                v = load8(z, s + low)
                rz += total(fma(v, load8(r, s + low), one))
                qz += total(fma(v, load8(q, s + low), two))
    return rz, qz


@kernel
def advance(rows, stencil, vectors, scalars, first, last):
    """y += step p; p = z + shift + beta p; q = A z + beta q. Return p.q.

    `vectors`: z, p, q, y; `scalars`: step, beta, shift. A is the bulk: rows add up to 0, so a shift needs
    no product, and each is a sum of differences, so a large constant costs no digits.
    """
    g0, g1, g2, _ = stencil
    z, p, q, y = vectors
    step, beta, shift = scalars
    steps, betas, shifts = splat8(np.float32(step)), splat8(np.float32(beta)), splat8(np.float32(shift))
    pq = 0.0
    for row in range(first * rows.n1, last * rows.n1):
        low, high = rows.low[row], rows.high[row]
        if high <= low:
            continue
        s, a0, a1 = rows.start[row], rows.above0[row], rows.above1[row]
        b0, b1 = rows.below0[row], rows.below1[row]
        dot = splat8(np.float32(0))
        for k in range(low, high, 8):
            x = load8(z, s + k)
            v = mul(betas, load8(q, s + k))
            v = fma(load8(g0, s + k), sub(x, load8(z, a0 + k)), v)
            v = fma(load8(g0, b0 + k), sub(x, load8(z, b0 + k)), v)
            v = fma(load8(g1, s + k), sub(x, load8(z, a1 + k)), v)
            v = fma(load8(g1, b1 + k), sub(x, load8(z, b1 + k)), v)
            v = fma(load8(g2, s + k), sub(x, load8(z, s + k + 1)), v)
            v = fma(load8(g2, s + k - 1), sub(x, load8(z, s + k - 1)), v)
            store(q, s + k, v)
            old = load8(p, s + k)
            store(y, s + k, fma(steps, old, load8(y, s + k)))
            new = fma(betas, old, add(x, shifts))
            store(p, s + k, new)
            dot = fma(new, v, dot)
        pq += total(dot)
    return pq


@kernel
def collect(rows, vectors, step, first, last):
    """x += y + step p in float64; y = 0. `vectors`: x, y, p."""
    x, y, p = vectors
    for row in range(first * rows.n1, last * rows.n1):
        s = rows.start[row]
        for k in range(s + rows.low[row], s + rows.high[row]):
            x[k] += np.float64(y[k]) + step * np.float64(p[k])
            y[k] = 0


@kernel
def residual(rows, faces, vectors, first, last):
    """r = -A x of the bulk, each sum in float64; `faces`: g0, g1, g2 of either kind; `vectors`: x, r."""
    g0, g1, g2 = faces
    x, r = vectors
    for row in range(first * rows.n1, last * rows.n1):
        s, a0, a1 = rows.start[row], rows.above0[row], rows.above1[row]
        b0, b1 = rows.below0[row], rows.below1[row]
        for k in range(rows.low[row], rows.high[row], 8):
            here = wide8(x, s + k)
            v = mul(wide8(g0, s + k), sub(wide8(x, a0 + k), here))
            v = fma(wide8(g0, b0 + k), sub(wide8(x, b0 + k), here), v)
            v = fma(wide8(g1, s + k), sub(wide8(x, a1 + k), here), v)
            v = fma(wide8(g1, b1 + k), sub(wide8(x, b1 + k), here), v)
            v = fma(wide8(g2, s + k), sub(wide8(x, s + k + 1), here), v)
            v = fma(wide8(g2, s + k - 1), sub(wide8(x, s + k - 1), here), v)
            store_narrow(r, s + k, v)
