"""Optimum: which holds, and how long each, so that the least served target receives most under every limit.

A mixture of holds is linear in their times: field times time in a target, charge through the skin of a
site, time of the sitting. So the most that any mixture can give is a linear program, and its dual prices
say what each limit costs. Few holds, none too short to be worth changing over for, make it a mixed-integer
program. Both are solved by HiGHS (Q. Huangfu and J. A. J. Hall, Math. Program. Comput. 10 (2018) 119)
through SciPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from microcurrent.errors import PredictionError

Floats = npt.NDArray[np.float64]

#: The integer program ends within this share of the best, or after so many seconds with the best so far.
GAP, PATIENCE = 0.01, 20.0
#: A hold shorter than this share of the whole time is rounding.
_NOTHING = 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class Load:
    """A sum over holds that may not pass `most`: `per_second` (C,) of each hold. `rule` names the limit."""

    rule: str
    per_second: Floats
    most: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Question:
    """C holds for K targets.

    `served` (C, K): weighted field [V/m] in each target at the hold's current; `seconds`: time of the
    sitting [s]; `change` [s] lost with each hold; `shortest` and `longest` [s] of a hold; `most_holds`;
    `loads`.
    """

    served: Floats
    seconds: float
    change: float
    shortest: float
    longest: float
    most_holds: int
    loads: tuple[Load, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """Times [s] of all holds (C,); `least`: field times time in the least served target [V s/m].

    `price_of_time` [V/m]: how much `least` grows with one second more, `price_of_longest` with holds that
    may last one second longer; `prices`: with one unit more of each load's `most`; `evenness` (K,): weight
    of each target in the optimum, summing to 1.
    """

    times: Floats
    least: float
    price_of_time: float
    price_of_longest: float
    prices: Floats
    evenness: Floats


def mixture(question: Question, among: Sequence[int] | None = None, *, holds: int = 0) -> Answer:
    """Return the best mixture of holds, of those `among` alone where given, any number of them.

    `holds`: so many changes are paid for from the sitting's time, and each hold is at least the shortest
    long. With 0 the answer is a bound: nothing
    that keeps the limits does better. Raises `PredictionError` where nothing fits.
    """
    count, targets = question.served.shape
    allowed = np.zeros(count, dtype=bool)
    allowed[list(range(count)) if among is None else list(among)] = True
    cost = np.zeros(count + 1)
    cost[-1] = -1.0
    even = np.hstack([-question.served.T, np.ones((targets, 1))])
    time = np.concatenate([np.ones(count), [0.0]])
    rows = [even, time[None]] + [np.append(load.per_second, 0.0)[None] for load in question.loads]
    most = np.concatenate(
        [
            np.zeros(targets),
            [question.seconds - holds * question.change],
            [load.most for load in question.loads],
        ]
    )
    ends = np.where(allowed, question.longest, 0.0)
    starts = np.where(allowed, question.shortest if holds else 0.0, 0.0)
    found = linprog(cost, A_ub=np.vstack(rows), b_ub=most, method="highs",
                    bounds=[*zip(starts, ends, strict=True), (0.0, None)])  # fmt: skip
    if found.x is None:
        raise PredictionError(f"No mixture of holds keeps every limit ({found.message}).")
    price = -np.asarray(found.ineqlin.marginals)
    return Answer(
        times=np.asarray(found.x[:-1]),
        least=float(found.x[-1]),
        price_of_time=float(price[targets]),
        price_of_longest=-float(np.asarray(found.upper.marginals)[:count][allowed].sum()),
        prices=price[targets + 1 :],
        evenness=price[:targets],
    )


def few_holds(question: Question) -> Answer:
    """Return the best mixture of at most `most_holds` holds, each at least `shortest` long.

    The choice is a mixed-integer program; the times and prices are then those of the linear program over
    the holds chosen. Raises `PredictionError` where nothing fits.
    """
    count, targets = question.served.shape
    # Times in parts of the sitting and fields in parts of the strongest: the solver's tolerances are
    # absolute.
    whole, strongest = question.seconds, float(question.served.max())
    longest, shortest = min(question.longest, whole) / whole, question.shortest / whole
    cost = np.zeros(2 * count + 1)  # times, choices, least
    cost[-1] = -1.0
    eye, none = np.eye(count), np.zeros((count, 1))
    ones, zeros = np.ones(count), np.zeros(count)
    rows = [
        (
            np.hstack([question.served.T / strongest, np.zeros((targets, count)), -np.ones((targets, 1))]),
            0,
            np.inf,
        ),
        (np.hstack([eye, -longest * eye, none]), -np.inf, 0),
        (np.hstack([eye, -shortest * eye, none]), 0, np.inf),
        (np.concatenate([ones, ones * question.change / whole, [0.0]])[None], -np.inf, 1),
        (np.concatenate([zeros, ones, [0.0]])[None], 1, question.most_holds),
        *(
            (np.concatenate([load.per_second * whole / load.most, zeros, [0.0]])[None], -np.inf, 1)
            for load in question.loads
        ),
    ]
    found = milp(
        cost,
        integrality=np.concatenate([zeros, ones, [0.0]]),
        bounds=Bounds(0, np.concatenate([longest * ones, ones, [np.inf]])),
        constraints=[LinearConstraint(row, low, high) for row, low, high in rows],
        options={"mip_rel_gap": GAP, "time_limit": PATIENCE},
    )
    if found.x is None:
        raise PredictionError(
            f"No plan of at most {question.most_holds} holds of {question.shortest:g} s or more keeps "
            f"every limit within {question.seconds / 60:g} min ({found.message}). Allow more time or "
            "more holds, or choose other targets."
        )
    times = np.asarray(found.x[:count])
    chosen = np.flatnonzero(times > _NOTHING)
    return mixture(question, chosen.tolist(), holds=chosen.size)


def gentlest(question: Question, loads: Floats, *, least: float) -> Floats:
    """Return the times [s] (C,) that keep the largest of `loads` (L, C) per second smallest.

    Every target receives at least `least` [V s/m] within the time of the question. Raises `PredictionError`
    where that cannot be.
    """
    count = question.served.shape[0]
    cost = np.zeros(count + 1)
    cost[-1] = 1.0
    scale = float(np.abs(loads).max()) or 1.0
    rows = [
        np.hstack([-question.served.T, np.zeros((question.served.shape[1], 1))]),
        np.append(np.ones(count), 0.0)[None],
        np.hstack([loads / scale, -np.ones((len(loads), 1))]),
    ] + [np.append(load.per_second, 0.0)[None] for load in question.loads]
    most = np.concatenate(
        [
            np.full(question.served.shape[1], -least),
            [question.seconds],
            np.zeros(len(loads)),
            [load.most for load in question.loads],
        ]
    )
    found = linprog(cost, A_ub=np.vstack(rows), b_ub=most, method="highs",
                    bounds=[*((0.0, question.longest) for _ in range(count)), (0.0, None)])  # fmt: skip
    if found.x is None:
        raise PredictionError(f"No mixture of holds reaches {least:g} V s/m ({found.message}).")
    return np.asarray(found.x[:-1])
