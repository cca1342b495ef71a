"""Thresholds of many fibres together: upwards from far below, then by halving the bracket, by blocks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.nerve.blocks import (
    Block,
    Drives,
    Tables,
    Watching,
    block_at_rest,
    driven,
    drives_of,
    march_block,
    tables_of,
)
from microcurrent.physics.nerve.cables import Cables
from microcurrent.physics.nerve.kernel import LANES
from microcurrent.physics.nerve.schemes import SECOND_ORDER, scheme_of

Floats = NDArray[np.float64]

#: A first amplitude that would depolarise a passive fibre by this much [V] is below the threshold of a
#: short pulse, and no more than twice that of a long one.
_START = 12e-3
#: The faint answer comes from a field that would move a node alone by this much [V] in one step.
_FAINT = 2e-3
#: Factor between amplitudes on the way up; a few times the threshold can block a fibre, so it is small.
_UP = 1.37
#: Rounds up or down before a fibre is taken to have no threshold.
_MOST_ROUNDS = 60


@dataclass(frozen=True, kw_only=True)
class Method:
    """How to march: `step` [s], `weights` (`SECOND_ORDER` or `EULER`), precision, when all is over.

    `tolerance`: the bracket's width over its lower end. `greatest`: no threshold is looked for above it.
    `threads`: None for all cores.
    """

    step: float = 10e-6
    weights: tuple[float, float] = SECOND_ORDER
    dtype: DTypeLike = np.float32
    watching: Watching = field(default_factory=Watching)
    tolerance: float = 5e-3
    greatest: float = np.inf
    threads: int | None = 1


@dataclass(frozen=True, kw_only=True)
class Found:
    """Thresholds (F,): `low` did not fire, `high` did; both in units of what makes the potential 1.

    Infinite where nothing fired up to the greatest amplitude.
    """

    low: Floats
    high: Floats


def lanes_of(fibres: int) -> Iterator[NDArray[np.intp]]:
    """Yield the fibres of every block; the last one fills what is left."""
    for first in range(0, fibres, LANES):
        yield np.minimum(np.arange(first, first + LANES), fibres - 1)


def _checked(cables: Cables, potential: Floats, wave: Floats) -> None:
    if potential.shape != cables.positions.shape:
        raise ValueRefused(
            Problem(
                what="The potential does not belong to these fibres",
                expected=f"shape {cables.positions.shape}, one row a fibre, one column a position",
                came=f"{potential.shape}",
            )
        )
    if not np.isfinite(potential).all() or not np.isfinite(wave).all() or not wave.any():
        raise ValueRefused(
            Problem(
                what="Fibres cannot be driven by this",
                expected="finite potentials, and a waveform that is finite and not zero throughout",
                came="something else",
                advice="A point of a fibre may lie on the electrode itself.",
            )
        )


def _first_amplitude(block: Block, drives: Drives, wave: Floats, end: int) -> Floats:
    """Return amplitudes (`LANES`,) that depolarise passively by `_START`: from a faint answer."""
    size = np.abs(drives.nodes).max(axis=0)
    faint = _FAINT * block.fixed[:LANES].astype(float) / np.where(size > 0, size, np.inf)
    state = driven(block, drives, faint)
    trace = march_block(block, wave[:end], state=state, record=True)[1]
    rest = block.state.reshape(block.nodes, -1, LANES)[:, 0]
    answer = (trace - rest).max(axis=(0, 1)).astype(float)
    return np.where(answer > 0, faint * _START / np.where(answer > 0, answer, 1.0), np.inf)


def _search(block: Block, drives: Drives, wave: Floats, method: Method) -> tuple[Floats, Floats]:
    """Return the bracket of every lane."""
    end = int(np.flatnonzero(wave)[-1]) + 1
    look_from = None
    if method.watching.quiet is not None:
        look_from = end + round(method.watching.wait / method.step)
    trial = _first_amplitude(block, drives, wave, end)
    low, high = np.zeros(LANES), np.full(LANES, np.inf)
    sought = np.isfinite(trial)
    for _ in range(_MOST_ROUNDS):
        sought &= low < method.greatest
        open_ = sought & ((high > low * (1 + method.tolerance)) | (low == 0))
        if not open_.any():
            break
        amplitude = np.where(open_, np.minimum(trial, method.greatest), np.where(sought, low, 0.0))
        fired = march_block(block, wave, state=driven(block, drives, amplitude), look_from=look_from)[0]
        high = np.where(open_ & fired, amplitude, high)
        low = np.where(open_ & ~fired, amplitude, low)
        inside = np.sqrt(low * np.where(np.isfinite(high), high, 1.0))
        trial = np.where(np.isinf(high), low * _UP, np.where(low == 0, high / _UP, inside))
    return low, np.where(sought, high, np.inf)


def thresholds(
    cables: Cables,
    potential: Floats,
    wave: Floats,
    *,
    method: Method | None = None,
    progress: Callable[[int, int], Any] | None = None,
) -> Found:
    """Return the thresholds of all fibres for `potential` (F, P) [V per unit] times `wave` (T,).

    `wave` holds the mean of the waveform over every step, from rest to the end of the watch. `progress` is
    told fibres done and all after every block; what it raises ends the search. The result depends on
    nothing but what is given: not on threads, nor on the fibres beside. Raises `ValueRefused`.
    """
    method = method or Method()
    _checked(cables, potential, wave)
    tables = tables_of(cables, method.step, method.dtype)
    fibres = cables.diameters.size
    low, high = np.zeros(fibres), np.zeros(fibres)
    # Fibres that are alike end alike: a block marches until its last one has ended.
    order = np.lexsort((np.abs(potential).max(axis=1), cables.spacing))
    groups = [order[which] for which in lanes_of(fibres)]
    wave = wave[np.flatnonzero(wave)[0] :]  # before, all rest

    def one(which: NDArray[np.intp]) -> tuple[Floats, Floats]:
        return _one_block(cables.chosen(which), potential[which], wave, method=method, tables=tables)

    threads = method.threads or os.cpu_count() or 1
    with ThreadPoolExecutor(max_workers=threads) as pool:
        running = pool.map(one, groups) if threads > 1 else map(one, groups)
        try:
            for number, (which, (below, above)) in enumerate(zip(groups, running, strict=True), 1):
                low[which], high[which] = below, above
                if progress is not None:
                    progress(min(number * LANES, fibres), fibres)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return Found(low=low, high=high)


def _one_block(
    cables: Cables, potential: Floats, wave: Floats, *, method: Method, tables: Tables
) -> tuple[Floats, Floats]:
    scheme = scheme_of(cables, method.step, method.weights)
    block = block_at_rest(cables, scheme, tables=tables, watching=method.watching)
    return _search(block, drives_of(cables, scheme, potential), wave, method)
