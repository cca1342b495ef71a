"""The week of a course: which days, how far apart, and what the limits ask for."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from itertools import combinations

from microcurrent import units
from microcurrent.errors import InputError, Problem
from microcurrent.model.course_plan import DAYS
from microcurrent.model.limits import Limits

_DAY = 86400.0
_INTERVAL = "sitting interval"


def spacing_of(limits: Limits, systems: Iterable[str]) -> tuple[float, float]:
    """Return the time [s] between sittings that no warning stands against, and the least allowed.

    Of every limit on the sitting interval that speaks of one of `systems`, the strictest counts.
    """
    used = set(systems)
    held = [
        limit for limit in limits.limits
        if limit.quantity == _INTERVAL and (not limit.systems or used & set(limit.systems))
    ]  # fmt: skip
    stop = max((limit.stop for limit in held if limit.stop is not None), default=0.0)
    return max((limit.warn for limit in held if limit.warn is not None), default=stop), stop


def gap_of(days: Iterable[str]) -> float:
    """Return the least time [s] between two sittings on these days of the week, at one time of the day."""
    places = sorted(DAYS.index(day) for day in days)
    following = [*places[1:], places[0] + len(DAYS)]
    return _DAY * min(b - a for a, b in zip(places, following, strict=True))


def spread_days(count: int, start: datetime.date, *, working: bool) -> tuple[str, ...]:
    """Return `count` days of the week as far apart as they go, with that of `start` where it can be one.

    `working`: Monday to Friday, where these are enough.
    """
    if not 1 <= count <= len(DAYS):
        raise InputError(
            Problem(what="so many sittings a week cannot be planned", key="per_week",
                    expected=f"a whole number from 1 to {len(DAYS)}", came=str(count))
        )  # fmt: skip
    allowed = DAYS[:5] if working and count <= 5 else DAYS
    first = DAYS[start.weekday()]
    return max(combinations(allowed, count), key=lambda days: (gap_of(days), first in days))


def check_week(days: Iterable[str], spacing: float) -> None:
    """Raise `InputError` where days of the week lie closer together than `spacing` [s]."""
    named = tuple(days)
    gap = gap_of(named)
    if gap >= spacing:
        return
    most = int(len(DAYS) * _DAY // spacing)
    raise InputError(
        Problem(
            what="the days of the week lie too close together", key="days",
            expected=f"{units.write(spacing, 'time')} between sittings of this plan",
            came=f"{units.write(gap, 'time')} ({', '.join(named)})",
            advice=f"Plan at most {most} sittings a week, spread over it",
        )
    )  # fmt: skip
