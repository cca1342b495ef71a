"""What conjugate gradients in phasors do on rows, in float64, real and imaginary parts apart.

A pair is ``(real, imaginary)`` of one vector or conductance in storage. All kernels work on the planes
`first` to `last` of the first axis, so that threads can share them. Plain twins: SciPy's sparse products in
`tests/physics/test_engine_phasors.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types

from microcurrent.physics.conduction.engine.vectors import (
    add,
    fma,
    kernel,
    mul,
    primitive,
    store,
    store_narrow,
    sub,
    wide8,
)

_WIDTH = 8


@primitive
def wide_splat(typing: Any, like: Any, scalar: Any) -> Any:
    """Return a vector of float64 of the kind of `like`, all elements `scalar`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = arguments[0].type
        one = builder.insert_element(
            ir.Constant(kind, ir.Undefined), arguments[1], ir.Constant(ir.IntType(32), 0)
        )
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), kind.count), [0] * kind.count)
        return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), zeros)

    return like(like, types.float64), generate


@kernel
def _series(area, a, b, one, other):
    """The conductance of a face between half cells of widths `a` and `b`: 0 next to air."""
    if one.real == 0 or other.real == 0:
        return np.complex128(0)
    return 2 * area * one * other / (a * other + b * one)


@kernel
def fill_phasors(rows, admittivity, widths, faces, first, last):
    """Write the conductances [S] of faces between cells: half cells in series.

    `admittivity`: three arrays ``(n0, n1, n2)`` [S/m], along each axis; `widths`: three ``(n,)`` [m];
    `faces`: the pairs g0, g1, g2 in storage.
    """
    y0, y1, y2 = admittivity
    w0, w1, w2 = widths
    (g0r, g0i), (g1r, g1i), (g2r, g2i) = faces
    for i in range(first, last):
        for j in range(rows.n1):
            row = i * rows.n1 + j
            s = rows.start[row]
            for k in range(rows.low[row], min(rows.high[row], rows.n2)):
                if i + 1 < rows.n0:
                    g = _series(w1[j] * w2[k], w0[i], w0[i + 1], y0[i, j, k], y0[i + 1, j, k])
                    g0r[s + k], g0i[s + k] = g.real, g.imag
                if j + 1 < rows.n1:
                    g = _series(w0[i] * w2[k], w1[j], w1[j + 1], y1[i, j, k], y1[i, j + 1, k])
                    g1r[s + k], g1i[s + k] = g.real, g.imag
                if k + 1 < rows.n2:
                    g = _series(w0[i] * w1[j], w2[k], w2[k + 1], y2[i, j, k], y2[i, j, k + 1])
                    g2r[s + k], g2i[s + k] = g.real, g.imag


@kernel
def narrow(rows, values, out, first, last):
    """out = values, rounded to float32."""
    for row in range(first * rows.n1, last * rows.n1):
        s = rows.start[row]
        for k in range(s + rows.low[row], s + rows.high[row], _WIDTH):
            store_narrow(out, k, wide8(values, k))


@kernel
def reduce(rows, r, q, step, first, last):
    """r -= step q. Return the sum of squares of sizes."""
    rr, ri = r
    qr, qi = q
    square = 0.0
    for row in range(first * rows.n1, last * rows.n1):
        s = rows.start[row]
        for k in range(s + rows.low[row], s + rows.high[row]):
            a = rr[k] - (step.real * qr[k] - step.imag * qi[k])
            b = ri[k] - (step.real * qi[k] + step.imag * qr[k])
            rr[k] = a
            ri[k] = b
            square += a * a + b * b
    return square


@kernel
def products(rows, r, q, z, first, last):
    """Return r.z and q.z, without conjugation."""
    rr, ri = r
    qr, qi = q
    zr, zi = z
    t = np.zeros((4, _WIDTH))
    nothing = wide8(t[0], 0)
    one, two, three, four = nothing, nothing, nothing, nothing
    for row in range(first * rows.n1, last * rows.n1):
        s = rows.start[row]
        for k in range(s + rows.low[row], s + rows.high[row], _WIDTH):
            a, b = wide8(zr, k), wide8(zi, k)
            v, w = wide8(rr, k), wide8(ri, k)
            one = sub(fma(v, a, one), mul(w, b))
            two = fma(w, a, fma(v, b, two))
            v, w = wide8(qr, k), wide8(qi, k)
            three = sub(fma(v, a, three), mul(w, b))
            four = fma(w, a, fma(v, b, four))
    store(t[0], 0, one)
    store(t[1], 0, two)
    store(t[2], 0, three)
    store(t[3], 0, four)
    return complex(t[0].sum(), t[1].sum()), complex(t[2].sum(), t[3].sum())


@kernel
def _flow(sums, here, values, there, faces, at):
    """Return `sums` plus what flows from `here` to the place `there` through the face `at`; all pairs."""
    v, w = sums
    a, b = values
    g, h = faces
    e, f = sub(here[0], wide8(a, there)), sub(here[1], wide8(b, there))
    c, d = wide8(g, at), wide8(h, at)
    return sub(fma(c, e, v), mul(d, f)), fma(c, f, fma(d, e, w))


@kernel
def advance(rows, faces, vectors, scalars, first, last):
    """x += step p; p = z + shift + beta p; q = A z + beta q. Return p.q, without conjugation.

    `vectors`: the pairs z, p, q, x; `scalars`: step, beta, shift, complex. A is the bulk: rows add up to 0.
    """
    g0, g1, g2 = faces
    z, (pr, pi), (qr, qi), (xr, xi) = vectors
    step, beta, shift = scalars
    t, u = np.zeros(_WIDTH), np.zeros(_WIDTH)
    nothing = wide8(t, 0)
    step_r, step_i = wide_splat(nothing, step.real), wide_splat(nothing, step.imag)
    beta_r, beta_i = wide_splat(nothing, beta.real), wide_splat(nothing, beta.imag)
    shift_r, shift_i = wide_splat(nothing, shift.real), wide_splat(nothing, shift.imag)
    dot_r, dot_i = nothing, nothing
    for row in range(first * rows.n1, last * rows.n1):
        s, a0, a1 = rows.start[row], rows.above0[row], rows.above1[row]
        b0, b1 = rows.below0[row], rows.below1[row]
        for k in range(rows.low[row], rows.high[row], _WIDTH):
            here = (wide8(z[0], s + k), wide8(z[1], s + k))
            c, d = wide8(qr, s + k), wide8(qi, s + k)
            sums = (sub(mul(beta_r, c), mul(beta_i, d)), fma(beta_r, d, mul(beta_i, c)))
            sums = _flow(sums, here, z, a0 + k, g0, s + k)
            sums = _flow(sums, here, z, b0 + k, g0, b0 + k)
            sums = _flow(sums, here, z, a1 + k, g1, s + k)
            sums = _flow(sums, here, z, b1 + k, g1, b1 + k)
            sums = _flow(sums, here, z, s + k + 1, g2, s + k)
            v, w = _flow(sums, here, z, s + k - 1, g2, s + k - 1)
            store(qr, s + k, v)
            store(qi, s + k, w)
            c, d = wide8(pr, s + k), wide8(pi, s + k)
            store(xr, s + k, sub(fma(step_r, c, wide8(xr, s + k)), mul(step_i, d)))
            store(xi, s + k, fma(step_r, d, fma(step_i, c, wide8(xi, s + k))))
            e = sub(fma(beta_r, c, add(here[0], shift_r)), mul(beta_i, d))
            f = fma(beta_r, d, fma(beta_i, c, add(here[1], shift_i)))
            store(pr, s + k, e)
            store(pi, s + k, f)
            dot_r = sub(fma(e, v, dot_r), mul(f, w))
            dot_i = fma(e, w, fma(f, v, dot_i))
    store(t, 0, dot_r)
    store(u, 0, dot_i)
    return complex(t.sum(), u.sum())


@kernel
def collect(rows, x, p, step, first, last):
    """x += step p."""
    xr, xi = x
    pr, pi = p
    for row in range(first * rows.n1, last * rows.n1):
        s = rows.start[row]
        for k in range(s + rows.low[row], s + rows.high[row]):
            xr[k] += step.real * pr[k] - step.imag * pi[k]
            xi[k] += step.real * pi[k] + step.imag * pr[k]


@kernel
def residual(rows, faces, x, r, first, last):
    """r = -A x of the bulk."""
    g0, g1, g2 = faces
    nothing = wide8(np.zeros(_WIDTH), 0)
    for row in range(first * rows.n1, last * rows.n1):
        s, a0, a1 = rows.start[row], rows.above0[row], rows.above1[row]
        b0, b1 = rows.below0[row], rows.below1[row]
        for k in range(rows.low[row], rows.high[row], _WIDTH):
            here = (wide8(x[0], s + k), wide8(x[1], s + k))
            sums = _flow((nothing, nothing), here, x, a0 + k, g0, s + k)
            sums = _flow(sums, here, x, b0 + k, g0, b0 + k)
            sums = _flow(sums, here, x, a1 + k, g1, s + k)
            sums = _flow(sums, here, x, b1 + k, g1, b1 + k)
            sums = _flow(sums, here, x, s + k + 1, g2, s + k)
            v, w = _flow(sums, here, x, s + k - 1, g2, s + k - 1)
            store(r[0], s + k, sub(nothing, v))
            store(r[1], s + k, sub(nothing, w))
