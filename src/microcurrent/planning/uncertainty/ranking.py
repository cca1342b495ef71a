"""Sobol indices of one figure with their own intervals: which input to measure to narrow it.

The indices are those of Saltelli et al. 2010, by scipy, on an emulator. Two things make them uncertain, and
both enter their interval: the finite sample of the emulator, by scipy's bootstrap; and the finite number of
people that the emulator was made from, by a jackknife over groups of them (Shao & Tu 1995, section 2.3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import sobol_indices, t, uniform

from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.exposure import Estimate
from microcurrent.model.uncertainty import Influence
from microcurrent.physics.conduction.grid import Floats
from microcurrent.planning.uncertainty.emulator import Emulator, emulator_checked

#: The fewest people that say anything.
FEWEST = 32
#: Points of the sample of the emulator, and of that of each emulator with a group left out, where only
#: differences count; powers of 2. Resamples of the first.
POINTS, POINTS_APART, RESAMPLES = 2048, 256, 100
#: Chances stay this far from 0 and 1, where the normal score ends.
_END = 2.0**-31
_HALF = 0.95


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """What brings the spread of one figure: see `model.FigureSpread`."""

    explained: float
    influences: tuple[Influence, ...]


def ranking(names: tuple[str, ...], chances: Floats, figure: Floats, *, seed: int) -> Ranking | None:
    """Return the influence of every input, largest total first; None for a figure that does not spread.

    `names` (N,) of the inputs; `chances` (P, N) and the `figure` (P,) of the people that have it. Raises
    `ValueRefused` for fewer than `FEWEST` people.
    """
    if len(figure) < FEWEST:
        raise ValueRefused(
            Problem(what="too few people for a ranking", key="people", expected=f"at least {FEWEST}",
                    came=f"{len(figure)}", advice="Say --people with more")
        )  # fmt: skip
    stand_in = emulator_checked(chances, figure)
    if stand_in is None:
        return None
    indices, noise = _indices(stand_in.whole, chances.shape[1], seed=seed, points=POINTS)
    apart = np.array(
        [_indices(p, chances.shape[1], seed=seed, points=POINTS_APART)[0] for p in stand_in.parts]
    )
    half = np.hypot(noise, _jackknife(apart))
    order = np.argsort(-indices[1])
    return Ranking(
        explained=stand_in.explained,
        influences=tuple(
            Influence(
                input=names[k],
                first=_estimate(indices[0, k], half[0, k]),
                total=_estimate(indices[1, k], half[1, k]),
            )
            for k in order
        ),
    )


def _indices(stand_in: Emulator, inputs: int, *, seed: int, points: int) -> tuple[Floats, Floats]:
    """First-order and total indices (2, N), and half the width of their 90 % intervals from the sample."""
    even = uniform(_END, 1.0 - 2.0 * _END)
    found = sobol_indices(
        func=lambda at: stand_in.score(at.T), n=points, dists=[even] * inputs,
        rng=np.random.default_rng(seed),
    )  # fmt: skip
    spread = found.bootstrap(confidence_level=2 * _HALF - 1, n_resamples=RESAMPLES)
    ends = [part.confidence_interval for part in (spread.first_order, spread.total_order)]
    half = np.array([(end.high - end.low) / 2 for end in ends])
    return np.array([found.first_order, found.total_order]), half


def _jackknife(apart: Floats) -> Floats:
    """Half the width (2, N) of 90 % intervals of indices computed with each group left out (G, 2, N)."""
    count = len(apart)
    error = np.sqrt((count - 1) / count * ((apart - apart.mean(axis=0)) ** 2).sum(axis=0))
    return np.asarray(t.ppf(_HALF, count - 1) * error)


def _estimate(value: float, half: float) -> Estimate:
    return Estimate(
        value=float(value), low=float(value - half), high=float(value + half), dimension="fraction"
    )
