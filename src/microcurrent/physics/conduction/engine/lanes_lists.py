"""Extras and the lower levels for sixteen right sides at once."""

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


@kernel
def lanes_extras_descend(extras, inverse, vectors, transfer):
    """As `extras.extras_descend`."""
    base, begin, _, middle, neighbour, link, to = extras
    r, z = vectors
    _, coarse = transfer
    for e in range(begin.size - 1):
        place = base + e
        v = load16(r, 16 * place)
        for m in range(begin[e], middle[e]):
            v = fma(splat16(link[m]), load16(z, 16 * np.int64(neighbour[m])), v)
        v = mul(v, splat16(inverse[place]))
        store(z, 16 * place, v)
        for m in range(begin[e], middle[e]):
            c = 16 * np.int64(to[m])
            store(coarse, c, fma(splat16(link[m]), v, load16(coarse, c)))


@kernel
def lanes_extras_ascend(extras, inverse, vectors, transfer):
    """As `extras.extras_ascend`."""
    base, begin, rows_end, _, neighbour, link, _ = extras
    r, right, z = vectors
    of, coarse = transfer
    count = begin.size - 1
    for place in range(base, base + count):
        store(z, 16 * place, add(load16(z, 16 * place), load16(coarse, 16 * np.int64(of[place]))))
    for back in range(count):
        e = count - 1 - back
        place = base + e
        v = load16(r, 16 * place)
        for m in range(begin[e], begin[e + 1]):
            v = fma(splat16(link[m]), load16(z, 16 * np.int64(neighbour[m])), v)
        v = mul(v, splat16(inverse[place]))
        store(z, 16 * place, v)
        for m in range(begin[e], rows_end[e]):
            b = 16 * np.int64(neighbour[m])
            store(right, b, fma(splat16(link[m]), v, load16(right, b)))


@kernel
def lanes_extras_product(extras, z, q, keep):
    """As `extras.extras_product`."""
    base, begin, rows_end, _, neighbour, link, _ = extras
    for e in range(begin.size - 1):
        place = base + e
        here = load16(z, 16 * place)
        store(keep, 16 * place, here)
        sums = splat16(np.float32(0))
        for m in range(begin[e], begin[e + 1]):
            b = 16 * np.int64(neighbour[m])
            flow = mul(splat16(link[m]), sub(here, load16(z, b)))
            sums = add(sums, flow)
            if m < rows_end[e]:
                store(q, b, sub(load16(q, b), flow))
        store(q, 16 * place, sums)


@kernel
def lanes_extras_step(extras, r, q):
    """r -= q on extras."""
    for place in range(extras.base, extras.base + extras.begin.size - 1):
        store(r, 16 * place, sub(load16(r, 16 * place), load16(q, 16 * place)))


@kernel
def _down(links, right, z, level):
    begin, middle, neighbour, link = links.begin, links.middle, links.neighbour, links.link
    first, last = links.first[level], links.first[level + 1]
    for a in range(first, last):
        v = load16(right, 16 * a)
        for m in range(begin[a], middle[a]):
            v = fma(splat16(link[m]), load16(z, 16 * np.int64(neighbour[m])), v)
        store(z, 16 * a, mul(v, splat16(links.inverse[a])))
    right[16 * last : 16 * links.first[level + 2]] = 0
    for a in range(first, last):
        to = 16 * np.int64(links.of[a])
        v = load16(right, to)
        for m in range(middle[a], begin[a + 1]):
            v = fma(splat16(link[m]), load16(z, 16 * np.int64(neighbour[m])), v)
        store(right, to, v)


@kernel
def _up(links, right, z, level):
    begin, neighbour, link = links.begin, links.neighbour, links.link
    first, last = links.first[level], links.first[level + 1]
    for a in range(first, last):
        store(z, 16 * a, add(load16(z, 16 * a), load16(z, 16 * np.int64(links.of[a]))))
    for back in range(last - first):
        a = last - 1 - back
        v = load16(right, 16 * a)
        for m in range(begin[a], begin[a + 1]):
            v = fma(splat16(link[m]), load16(z, 16 * np.int64(neighbour[m])), v)
        store(z, 16 * a, mul(v, splat16(links.inverse[a])))


@kernel
def _again(links, right, z, keep, level):
    begin, neighbour, link = links.begin, links.neighbour, links.link
    for a in range(links.first[level], links.first[level + 1]):
        here = load16(z, 16 * a)
        v = load16(right, 16 * a)
        for m in range(begin[a], begin[a + 1]):
            v = fma(splat16(link[m]), sub(load16(z, 16 * np.int64(neighbour[m])), here), v)
        store(right, 16 * a, v)
        store(keep, 16 * a, here)


@kernel
def _deepest(links, right, z, level):
    first, last = links.first[level], links.first[level + 1]
    for a in range(last - first):
        v = splat16(np.float32(0))
        for b in range(last - first):
            v = fma(splat16(links.deepest[a, b]), load16(right, 16 * (first + b)), v)
        store(z, 16 * (first + a), v)


@kernel
def lanes_correct(links, right, z, keep):
    """As `links.correct`, without electrodes."""
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
                store(z, 16 * a, add(load16(z, 16 * a), load16(keep, 16 * a)))
        done[level] = 0
        if level == 0:
            return
        level -= 1
        _up(links, right, z, level)
