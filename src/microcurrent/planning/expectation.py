"""What a course may bring: curves with a sham twin, and intervals that hold zero where the evidence does.

Every number of a curve is drawn from its range (normal where it may have either sign, else log-normal) in
strata of equal probability; an interval is the 5th to 95th percentile of the draws, the value that of the
middle of every number. More current is never taken to do more: within the currents that were studied the
curve does not depend on it, outside them nothing is said.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from microcurrent import tables, units
from microcurrent.errors import InputError, Problem
from microcurrent.model.expectation import INTENTS, Expectation, ExpectedPoint, Importance, OutcomeModel
from microcurrent.model.exposure import Estimate, Input

Floats = npt.NDArray[np.float64]
#: Numbers of a curve by name: the middle of each first, then the draws (N+1,).
Drawn = dict[str, Floats]
#: Draws behind each interval: its ends then move by about a percent of its width from seed to seed.
DRAWS = 4000
WEEK, DAY = 7 * 86400.0, 86400.0
#: Dimensions that may have either sign, and are drawn from a normal.
_SIGNED = ("fraction", "score")
_Z95 = float(ndtri(0.95))
#: Days after a sitting over which a lift is followed.
_DAYS = 7


def expect(
    intent: str, *, sittings: int = 16, per_week: float = 2.0, current: float | None = None, seed: int = 1
) -> Expectation:
    """Return what may be expected of so many sittings, with a sham twin, interval, grade and sources.

    `current` [A]: the peak of a plan; where it was not studied for this intent, nothing is said of what it
    adds. Equal arguments give equal expectations. Raises `InputError` for an intent without a model, fewer
    than one sitting, or a rate that is not above zero.
    """
    _check(intent, sittings, per_week)
    model = tables.outcomes()[intent]
    drawn = draw(model.numbers, DRAWS, seed)
    remarks = list(_remarks(model, current))
    known = not _outside(model, current)
    curve = {"lift": _lift, "wrinkles": _wrinkles, "pain": _pain, "wound": _wound}[intent]
    points, more = curve(drawn, sittings, per_week)
    if not known:
        points = tuple(
            ExpectedPoint(sitting=p.sitting, time=p.time, active=None, sham=p.sham, difference=None)
            for p in points
        )
    return Expectation(
        model=model, sittings=sittings, per_week=float(per_week), current=current, points=points,
        sham_share=_sham_share(intent, drawn) if known else None,
        important=_importance(drawn) if known and "important" in drawn else None,
        remarks=(*remarks, *more), draws=DRAWS, seed=seed,
    )  # fmt: skip


def _check(intent: str, sittings: int, per_week: float) -> None:
    if intent not in INTENTS:
        raise InputError(
            Problem(what="no outcome is modelled for this intent", key="intent", came=intent,
                    expected=f"one of {', '.join(INTENTS)}")
        )  # fmt: skip
    if isinstance(sittings, bool) or not isinstance(sittings, int) or sittings < 1:
        raise InputError(
            Problem(what="not a number of sittings", key="sittings", came=f"{sittings}",
                    expected="a whole number from 1")
        )  # fmt: skip
    if not (math.isfinite(per_week) and 0 < per_week <= 21):
        raise InputError(
            Problem(what="not a number of sittings a week", key="per_week", came=f"{per_week:g}",
                    expected="above 0 and at most 21, three a day")
        )  # fmt: skip


def draw(numbers: tuple[Input, ...], count: int, seed: int) -> Drawn:
    """Return each number by name, its middle first and `count` draws after it; equal seeds, equal draws."""
    generator = np.random.default_rng(seed)
    drawn: Drawn = {}
    for number in numbers:
        strata = (generator.permutation(count) + generator.random(count)) / count
        drawn[number.name] = np.concatenate([[number.value], quantiles(number, strata)])
    return drawn


def quantiles(number: Input, probability: Floats) -> Floats:
    """Return quantiles (N,) of a number at probabilities (N,): 0.05 its low end, 0.95 its high end."""
    z = ndtri(probability) / _Z95
    if number.dimension in _SIGNED:
        return np.asarray((number.low + number.high) / 2 + z * (number.high - number.low) / 2)
    middle, half = math.log(number.low * number.high) / 2, math.log(number.high / number.low) / 2
    return np.asarray(np.exp(middle + half * z))


def _estimate(values: Floats, dimension: str) -> Estimate:
    """The first value with the 5th to 95th percentile of the others."""
    low, high = (float(q) for q in np.quantile(values[1:], (0.05, 0.95)))
    value = float(values[0])
    return Estimate(value=value, low=min(low, value), high=max(high, value), dimension=dimension)


def _point(sitting: int, time: float, net: Floats, sham: Floats, dimension: str) -> ExpectedPoint:
    return ExpectedPoint(
        sitting=sitting, time=time, active=_estimate(net + sham, dimension),
        sham=_estimate(sham, dimension), difference=_estimate(net, dimension),
    )  # fmt: skip


def _rise(passed: float, constant: Floats, until: Floats | None = None) -> Floats:
    """The part of its asymptote, or of its value at `until`, that an exponential curve has reached."""
    reached = 1 - np.exp(-passed / constant)
    return np.asarray(reached if until is None else reached / (1 - np.exp(-until / constant)))


Curve = tuple[tuple[ExpectedPoint, ...], tuple[str, ...]]


def _lift(drawn: Drawn, sittings: int, per_week: float) -> Curve:
    """What is left of the immediate effect of one sitting; with sham nothing was ever measured."""
    points = []
    for day in range(_DAYS + 1):
        left = 0.5 ** (day * DAY / drawn["half-life"])
        points.append(
            ExpectedPoint(
                sitting=1, time=day * DAY, active=_estimate(left, "fraction"), sham=None, difference=None
            )
        )
    gap = WEEK / per_week
    left = 0.5 ** (gap / drawn["half-life"])
    before_next = _estimate(left, "fraction")
    added_up = _estimate((1 - left**sittings) / (1 - left), "ratio")
    return tuple(points), (
        f"At {per_week:g} sittings a week, {units.write(before_next.value, 'fraction', digits=2)} "
        f"({units.write_interval(before_next.low, before_next.high, 'fraction')}) of what one sitting did "
        f"is left at the next, {units.write(gap, 'time')} later. If that added up, {sittings} sittings "
        f"would show {units.write_interval(added_up.low, added_up.high, 'ratio')} what one shows.",
    )


def _wrinkles(drawn: Drawn, sittings: int, per_week: float) -> Curve:
    """The net effect by its asymptote; the whole change as seen without a control; sham is the rest."""
    judged = float(drawn["judged after"][0])
    points = []
    for sitting in range(min(sittings, int(judged)) + 1):
        net = drawn["asymptote"] * _rise(sitting, drawn["constant"])
        seen = drawn["seen"] * _rise(sitting, drawn["constant"], np.full_like(net, judged))
        points.append(_point(sitting, sitting * WEEK / per_week, net, seen - net, "fraction"))
    remarks = [
        "“Sham” here is all that a change without a control holds besides the current: time, photographs, "
        "raters and belief. No trial had a sham group."
    ]
    if sittings > judged:
        remarks.append(f"Nothing was measured after {judged:g} sittings: the curves end there.")
    return tuple(points), tuple(remarks)


def _pain(drawn: Drawn, sittings: int, per_week: float) -> Curve:
    """Both arms approach their value of week 4 with one time constant."""

    def arms(time: float) -> tuple[Floats, Floats]:
        reached = _rise(time, drawn["constant"], drawn["judged after"])
        return drawn["net"] * reached, drawn["sham"] * reached

    return _over_weeks(drawn, sittings, per_week, arms=arms, dimension="score")


def _wound(drawn: Drawn, sittings: int, per_week: float) -> Curve:
    """Both arms lose area evenly over the weeks that were studied."""

    def arms(time: float) -> tuple[Floats, Floats]:
        passed = time / drawn["judged after"]
        return drawn["net"] * passed, drawn["sham"] * passed

    points, remarks = _over_weeks(drawn, sittings, per_week, arms=arms, dimension="fraction")
    return points, (
        "The curves are of any electrical stimulation. For microcurrent alone the only review found has "
        "its figures from memory, and the number of wounds that closed was not significantly different.",
        *remarks,
    )


def _over_weeks(
    drawn: Drawn, sittings: int, per_week: float, *,
    arms: Callable[[float], tuple[Floats, Floats]], dimension: str,
) -> Curve:  # fmt: skip
    judged = float(drawn["judged after"][0])
    points = []
    for sitting in range(sittings + 1):
        time = sitting * WEEK / per_week
        if time <= judged * (1 + 1e-9):
            net, sham = arms(time)
            points.append(_point(sitting, time, net, sham, dimension))
    if len(points) < 2:  # rarer than the time studied: its end alone
        net, sham = arms(judged)
        points.append(_point(1, judged, net, sham, dimension))
    remarks = [
        "The studies gave current for hours a day or a week; how many sittings that equals is not known."
    ]
    if sittings * WEEK / per_week > judged * (1 + 1e-9):
        remarks.append(f"Nothing is known after {units.write(judged, 'time')}: the curves end there.")
    return tuple(points), tuple(remarks)


def _sham_share(intent: str, drawn: Drawn) -> Estimate | None:
    """How much of the whole change sham gives as well; None where nothing with sham was measured."""
    if intent == "lift":
        return None
    if intent == "wrinkles":
        judged = float(drawn["judged after"][0])
        net, whole = drawn["asymptote"] * _rise(judged, drawn["constant"]), drawn["seen"]
    else:
        net, whole = drawn["net"], drawn["net"] + drawn["sham"]
    return _estimate((whole - net) / whole, "fraction")


def _importance(drawn: Drawn) -> Importance:
    """Shares of people who improve by the minimal important difference, where lower is better."""
    needed = drawn["important"]
    active = ndtr((needed - drawn["net"] - drawn["sham"]) / drawn["person with current"])
    sham = ndtr((needed - drawn["sham"]) / drawn["person with sham"])
    return Importance(
        threshold=float(needed[0]), active=_estimate(active, "fraction"), sham=_estimate(sham, "fraction"),
        difference=_estimate(active - sham, "fraction"), net=float(np.mean(drawn["net"][1:] <= needed[1:])),
    )  # fmt: skip


def _outside(model: OutcomeModel, current: float | None) -> bool:
    """Whether a current lies outside those that were studied."""
    studied = model.studied
    return current is not None and studied is not None and not (
        studied[0] * (1 - 1e-9) <= current <= studied[1] * (1 + 1e-9)
    )  # fmt: skip


def _remarks(model: OutcomeModel, current: float | None) -> tuple[str, ...]:
    studied = model.studied
    if current is None:
        return ()
    if studied is None:
        return ("Which current does what was not studied: the curve is the same at every current.",)
    text = f"Studied in people: {units.write_interval(*studied, 'current')}."
    if _outside(model, current):
        return (
            f"{text} At {units.write(current, 'current')} nothing was, so nothing is said of what it adds; "
            "more current has not been found to do more.",
        )
    return (f"{text} Within that, more has not been found to do more: the curve is the same throughout.",)
