"""Standing: how far a client kept to a course, and which rules stop or hold it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from statistics import fmean

from microcurrent.model.course import Outcome
from microcurrent.model.course_exposure import Adherence, CourseExposure, Halt, HeldSitting
from microcurrent.model.course_plan import CoursePlan
from microcurrent.model.course_rules import CourseRules, StopRule

_MINUTE = 60.0
#: Values that a baseline is the mean of, at most.
_BASELINE = 2


def adherence_of(
    held: Sequence[HeldSitting],
    *,
    due: int,
    seconds: float,
    exposures: tuple[CourseExposure | None, CourseExposure | None],
    least: float,
) -> Adherence:
    """Return how far a client kept to a course.

    `due`: sittings planned so far; `seconds` of current that these have; `exposures`: delivered, and
    planned so far; `least`: the mark [fraction].
    """
    delivered, planned = exposures
    got = {p.place: p.absolute.value for p in delivered.places} if delivered else {}
    places = tuple(
        (p.place, min(1.0, got.get(p.place, 0.0) / p.absolute.value))
        for p in (planned.places if planned else ())
        if p.absolute.value > 0
    )
    return Adherence(
        due=due, done=sum(sitting.whole for sitting in held), minutes_due=seconds / _MINUTE,
        minutes_done=math.fsum(sitting.seconds for sitting in held) / _MINUTE, places=places, least=least,
    )  # fmt: skip


def halts(
    course: CoursePlan,
    rules: CourseRules,
    *,
    adverse: Sequence[tuple[str, str]] = (),
    done: int,
) -> tuple[Halt, ...]:
    """Return every rule that stops or holds a course, the strictest first.

    `adverse`: (ISO date, what was recorded) of adverse events; `done`: sittings so far. A pause ends with
    a mark "cleared" of the same day or later; a stop does not.
    """
    found = [
        Halt(rule="withdrawal", outcome="stop", since=mark.date,
             reason=f"the course was stopped on {mark.date}" + (f": {mark.reason}" if mark.reason else ""))
        for mark in course.marked("stopped")
    ]  # fmt: skip
    cleared = max((mark.date for mark in course.marked("cleared")), default="")
    for day, words in adverse:
        halt = _adverse(rules, day, words)
        if halt is not None and (halt.outcome == "stop" or day > cleared):
            found.append(halt)
    rule = rules.stop("no-change")
    if rule is not None:
        found += [halt for halt in _unchanged(course, rule, done) if halt.since > cleared]
    return tuple(sorted(found, key=lambda halt: halt.outcome != "stop"))


def rule_on(rules: CourseRules, words: str) -> StopRule | None:
    """Return the rule that speaks of an adverse event: one with words of its own before one for all.

    The words of a rule are beginnings of words: "burn" is in "Burns" and "burning", not in "sunburn".
    """
    beginnings = (
        (rule, rf"\b(?:{'|'.join(map(re.escape, rule.words))})") for rule in rules.stops if rule.words
    )
    named = [rule for rule, begin in beginnings if re.search(begin, words, re.IGNORECASE)]
    return named[0] if named else rules.stop("adverse-event")


def _adverse(rules: CourseRules, day: str, words: str) -> Halt | None:
    rule = rule_on(rules, words)
    if rule is None:
        return None
    reason = f"{rule.title}, {day}: {words.rstrip('.')}"
    if rule.outcome == "stop":
        reason += (
            ". This course does not go on; once the skin is whole, or where it was none, screen again and "
            "plan a course that begins on a later day"
        )
    return Halt(rule=rule.id, outcome=rule.outcome, since=day, reason=reason)


def _unchanged(course: CoursePlan, rule: StopRule, done: int) -> list[Halt]:
    """The scales that show no change beyond the error of measuring after so many sittings."""
    if rule.after_sittings is None or rule.factor is None or done < rule.after_sittings:
        return []
    changes = [change for name in _scales(course) if (change := _change(course, name)) is not None]
    if not changes or any(size > rule.factor * error for _, size, error, _ in changes):
        return []
    told = "; ".join(
        f"{name}: changed by {size:g}, {rule.factor:g} times the error is {rule.factor * error:.3g}"
        for name, size, error, _ in changes
    )
    return [
        Halt(rule=rule.id, outcome=rule.outcome, since=max(change[3] for change in changes),
             reason=f"{rule.title} after {done} sittings ({told})")
    ]  # fmt: skip


def _scales(course: CoursePlan) -> tuple[str, ...]:
    return tuple(dict.fromkeys(outcome.scale for outcome in course.outcomes))


def _change(course: CoursePlan, scale: str) -> tuple[str, float, float, str] | None:
    """Size of the change from baseline to the last value, its error, and the day of the last value.

    The baseline is the mean of the values up to the first day of the course, at most two.
    """
    values = sorted((o for o in course.outcomes if o.scale == scale), key=lambda o: o.measured)
    first = [o for o in values if o.measured <= course.start][-_BASELINE:]
    later: list[Outcome] = [o for o in values if o.measured > course.start]
    if not first or not later:
        return None
    last = later[-1]
    error = math.hypot(last.error, math.hypot(*(o.error for o in first)) / len(first))
    return scale, abs(last.value - fmean(o.value for o in first)), error, last.measured
