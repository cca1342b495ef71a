"""The sweeps for sixteen right sides at once: each cell holds sixteen values side by side.

Conductances are read once for all of them, and irregular levels read whole vectors instead of single
numbers. Plain twins: `sweeps`, `extras` and `links`, one right side at a time.
"""

from __future__ import annotations

import numpy as np

from microcurrent.physics.conduction.engine.vectors import (
    add,
    fma,
    kernel,
    load16,
    mul,
    splat16,
    store,
    sub,
)

#: Right sides at once.
LANES = 16


@kernel
def _gather(sums, scratch, vector):
    """Add a vector to float64 sums ``(16,)``."""
    store(scratch, 0, vector)
    for lane in range(16):
        sums[lane] += scratch[lane]


@kernel
def lanes_descend(rows, stencil, vectors, steps, first, last):
    """r -= steps q; z = one forward sweep from 0. Return the sums of r squared ``(16,)``."""
    g0, g1, g2, inverse = stencil
    r, q, z = vectors
    nothing = splat16(np.float32(0))
    minus = sub(nothing, load16(steps, 0))
    squares, scratch = np.zeros(16), np.empty(16, np.float32)
    for i in range(first, last):
        for j in range(rows.n1):
            row = i * rows.n1 + j
            s, b1 = rows.start[row], rows.below1[row]
            b0 = rows.zero if i == first else rows.below0[row]
            square, x = nothing, nothing
            for k in range(rows.low[row], rows.high[row]):
                c = s + k
                v = fma(load16(q, 16 * c), minus, load16(r, 16 * c))
                store(r, 16 * c, v)
                square = fma(v, v, square)
                v = fma(splat16(g0[b0 + k]), load16(z, 16 * (b0 + k)), v)
                v = fma(splat16(g1[b1 + k]), load16(z, 16 * (b1 + k)), v)
                v = fma(splat16(g2[c - 1]), x, v)
                x = mul(v, splat16(inverse[c]))
                store(z, 16 * c, x)
            _gather(squares, scratch, square)
    return squares


@kernel
def lanes_restrict(rows, stencil, z, transfer, first, last):
    """Add what `lanes_descend` left over to the coarser level."""
    g0, g1, g2, _ = stencil
    of, coarse = transfer
    for i in range(first, last):
        for j in range(rows.n1):
            row = i * rows.n1 + j
            s, a0, a1, b0 = rows.start[row], rows.above0[row], rows.above1[row], rows.below0[row]
            for k in range(rows.low[row], rows.high[row]):
                c = s + k
                v = mul(splat16(g2[c]), load16(z, 16 * (c + 1)))
                v = fma(splat16(g1[c]), load16(z, 16 * (a1 + k)), v)
                v = fma(splat16(g0[c]), load16(z, 16 * (a0 + k)), v)
                if i == first:
                    v = fma(splat16(g0[b0 + k]), load16(z, 16 * (b0 + k)), v)
                to = 16 * np.int64(of[c])
                store(coarse, to, add(load16(coarse, to), v))


@kernel
def lanes_prolong(rows, z, transfer, first, last):
    """z += the correction of the coarser level."""
    of, coarse = transfer
    for row in range(first * rows.n1, last * rows.n1):
        s = rows.start[row]
        for c in range(s + rows.low[row], s + rows.high[row]):
            store(z, 16 * c, add(load16(z, 16 * c), load16(coarse, 16 * np.int64(of[c]))))


@kernel
def lanes_ascend(rows, stencil, vectors, halo, first, last):
    """z = one backward sweep on z. Return r.z and q.z, ``(2, 16)``; see `sweeps.ascend`."""
    g0, g1, g2, inverse = stencil
    r, q, z = vectors
    under, under_place, over, over_place = halo
    nothing = splat16(np.float32(0))
    dots, scratch = np.zeros((2, 16)), np.empty(16, np.float32)
    for i in range(last - 1, first - 1, -1):
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
            one, two, x = nothing, nothing, nothing
            for m in range(high - low):
                k = high - 1 - m
                c = s + k
                right = load16(r, 16 * c)
                v = fma(splat16(g0[c]), load16(above, 16 * (above_at + k)), right)
                v = fma(splat16(g0[b0 + k]), load16(below, 16 * (below_at + k)), v)
                v = fma(splat16(g1[c]), load16(z, 16 * (a1 + k)), v)
                v = fma(splat16(g1[b1 + k]), load16(z, 16 * (b1 + k)), v)
                v = fma(splat16(g2[c - 1]), load16(z, 16 * (c - 1)), v)
                v = fma(splat16(g2[c]), x, v)
                x = mul(v, splat16(inverse[c]))
                store(z, 16 * c, x)
                one = fma(x, right, one)
                two = fma(x, load16(q, 16 * c), two)
            _gather(dots[0], scratch, one)
            _gather(dots[1], scratch, two)
    return dots


@kernel
def lanes_advance(rows, stencil, vectors, scalars, first, last):
    """y += steps p; p = z + betas p; q = A z + betas q. Return p.q ``(16,)``; see `sweeps.advance`."""
    g0, g1, g2, _ = stencil
    z, p, q, y = vectors
    steps, betas = load16(scalars[0], 0), load16(scalars[1], 0)
    dots, scratch = np.zeros(16), np.empty(16, np.float32)
    for row in range(first * rows.n1, last * rows.n1):
        s, a0, a1 = rows.start[row], rows.above0[row], rows.above1[row]
        b0, b1 = rows.below0[row], rows.below1[row]
        dot = splat16(np.float32(0))
        for k in range(rows.low[row], rows.high[row]):
            c = s + k
            x = load16(z, 16 * c)
            v = mul(betas, load16(q, 16 * c))
            v = fma(splat16(g0[c]), sub(x, load16(z, 16 * (a0 + k))), v)
            v = fma(splat16(g0[b0 + k]), sub(x, load16(z, 16 * (b0 + k))), v)
            v = fma(splat16(g1[c]), sub(x, load16(z, 16 * (a1 + k))), v)
            v = fma(splat16(g1[b1 + k]), sub(x, load16(z, 16 * (b1 + k))), v)
            v = fma(splat16(g2[c]), sub(x, load16(z, 16 * (c + 1))), v)
            v = fma(splat16(g2[c - 1]), sub(x, load16(z, 16 * (c - 1))), v)
            store(q, 16 * c, v)
            old = load16(p, 16 * c)
            store(y, 16 * c, fma(steps, old, load16(y, 16 * c)))
            new = fma(betas, old, x)
            store(p, 16 * c, new)
            dot = fma(new, v, dot)
        _gather(dots, scratch, dot)
    return dots


@kernel
def lanes_fold(rows, vectors, steps, first, last):
    """y += steps p. `vectors`: y, p."""
    y, p = vectors
    by = load16(steps, 0)
    for row in range(first * rows.n1, last * rows.n1):
        s = rows.start[row]
        for c in range(s + rows.low[row], s + rows.high[row]):
            store(y, 16 * c, fma(by, load16(p, 16 * c), load16(y, 16 * c)))


@kernel
def lanes_balance(inverse, r):
    """r -= its mean over the cells, which are where `inverse` is above 0."""
    sums, count = np.zeros(16), 0
    for c in range(inverse.size):
        if inverse[c] > 0:
            count += 1
            for lane in range(16):
                sums[lane] += r[16 * c + lane]
    means = sums / max(count, 1)
    for c in range(inverse.size):
        if inverse[c] > 0:
            for lane in range(16):
                r[16 * c + lane] -= np.float32(means[lane])
