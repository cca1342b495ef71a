"""Dates: a course plan becomes a calendar of sittings, with what was missed made up.

Sittings keep the spacing of the limits, whatever is missed, moved or closed; their number is kept unless
the course says `make_up = "drop"`.
"""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from microcurrent.model.course_plan import Booking, Calendar, CoursePlan
from microcurrent.model.course_rules import MeasurementRule
from microcurrent.planning.course.slots import Slots, day_of, slots_of

#: Maintenance: days between sittings, or months.
_EVERY_DAYS = {"twice-weekly": 3.5, "weekly": 7.0, "fortnightly": 14.0}
_EVERY_MONTHS = {"monthly": 1, "quarterly": 3}
_YEAR = 12
_WEEKS_A_YEAR = 52


def maintenance_a_year(word: str) -> int:
    """Return how many sittings of maintenance a year has."""
    if word in _EVERY_DAYS:
        return int(_WEEKS_A_YEAR * 7 / _EVERY_DAYS[word])
    return _YEAR // _EVERY_MONTHS[word] if word in _EVERY_MONTHS else 0


@dataclass(frozen=True, kw_only=True)
class _Placed:
    """A sitting with its number, moment and state."""

    number: int
    moment: datetime.datetime
    state: str


def calendar_of(
    course: CoursePlan,
    *,
    spacing: float,
    measurements: Sequence[MeasurementRule] = (),
    done: Iterable[datetime.datetime] = (),
    today: datetime.date | None = None,
) -> Calendar:
    """Return the calendar of a course, with `spacing` [s] between sittings.

    `done`: when sittings were done, local time without a zone; `today`: a sitting planned before it and
    not done counts as missed; None: nothing is missed but what the course notes. Raises `InputError` for
    a sitting moved to a holiday or too close to another.
    """
    slots = slots_of(course, spacing)
    held = sorted(done)
    original = list(islice(slots.after(slots.start), course.schedule.sittings))
    missed = _missed(course, original, held, today)
    lost = frozenset(day_of(day) for day, _ in missed)
    if course.make_up == "shift":
        placed = _shifted(course, slots, held, lost, today)
    else:
        placed = _kept(course, slots, original, held, lost, today)
    placed.sort(key=lambda one: one.moment)
    bookings = _bookings(course, placed)
    end = max((one.moment for one in placed if one.state != "missed"), default=original[-1])
    maintenance = _maintenance(course, slots, end, lost, held[course.schedule.sittings :], today)
    bookings, maintenance = (_stopped(course, some) for some in (bookings, maintenance))
    return Calendar(
        bookings=bookings, maintenance=maintenance, missed=missed,
        measurements=tuple(_measurements(measurements, bookings)),
    )  # fmt: skip


def _missed(
    course: CoursePlan,
    original: Sequence[datetime.datetime],
    done: Sequence[datetime.datetime],
    today: datetime.date | None,
) -> tuple[tuple[str, str], ...]:
    """Days on which a sitting was planned and none was: those noted, and those gone by."""
    found = {mark.date: mark.reason or "noted" for mark in course.marked("missed")}
    held = {moment.date() for moment in done}
    # Sittings in their order stand for those planned in theirs: one done on another day is not missed.
    for number, moment in enumerate(original):
        past = today is not None and moment.date() < today
        if past and moment.date() not in held and number >= len(done):
            found.setdefault(moment.date().isoformat(), "gone by")
    return tuple(sorted((day, why) for day, why in found.items() if day_of(day) not in held))


def _shifted(
    course: CoursePlan,
    slots: Slots,
    done: Sequence[datetime.datetime],
    lost: frozenset[datetime.date],
    today: datetime.date | None,
) -> list[_Placed]:
    """Those done, then the rest on the next free days."""
    count = course.schedule.sittings
    placed = [_Placed(number=k, moment=m, state="done") for k, m in enumerate(done[:count], 1)]
    begin = max(slots.start, today or slots.start)
    last = done[-1] if done else None
    if last is not None:
        begin = max(begin, last.date())
    free = islice(slots.after(begin, last=last, without=lost), count - len(placed))
    return placed + [
        _Placed(number=k, moment=moment, state="planned") for k, moment in enumerate(free, len(placed) + 1)
    ]


def _kept(
    course: CoursePlan,
    slots: Slots,
    original: Sequence[datetime.datetime],
    done: Sequence[datetime.datetime],
    lost: frozenset[datetime.date],
    today: datetime.date | None,
) -> list[_Placed]:
    """Those that can keep their day do; the others follow at the end, or are left out."""
    count = course.schedule.sittings
    numbers = _matched(original, done[:count])
    placed = [_Placed(number=k, moment=m, state="done") for k, m in numbers.items()]
    last = done[-1] if done else None
    homeless = []
    for number, moment in enumerate(original, 1):
        if number in numbers:
            continue
        too_close = last is not None and moment - last < slots.spacing
        if moment.date() in lost or too_close:
            homeless.append((number, moment))
        else:
            placed.append(_Placed(number=number, moment=moment, state="planned"))
    if course.make_up == "drop":
        return placed + [_Placed(number=k, moment=m, state="missed") for k, m in homeless]
    end = max([original[-1], *done])
    begin = max([end.date(), today or end.date()])
    free = slots.after(begin, last=end, without=lost)
    return placed + [
        _Placed(number=number, moment=moment, state="planned")
        for (number, _), moment in zip(homeless, free, strict=False)
    ]


def _matched(
    original: Sequence[datetime.datetime], done: Sequence[datetime.datetime]
) -> dict[int, datetime.datetime]:
    """The number that each sitting done stands for: that of its day, else the first one open.

    Of two on one day the earlier has the number of the day, and the other the first one open.
    """
    by_day = {moment.date(): number for number, moment in enumerate(original, 1)}
    numbers: dict[int, datetime.datetime] = {}
    others = []
    for moment in done:
        number = by_day.get(moment.date())
        if number is None or number in numbers:
            others.append(moment)
        else:
            numbers[number] = moment
    free = (number for number in range(1, len(original) + 1) if number not in numbers)
    return numbers | dict(zip(list(free), others, strict=False))


def _bookings(course: CoursePlan, placed: Sequence[_Placed]) -> tuple[Booking, ...]:
    """Phases go by the order of dates: a sitting made up at the end belongs to the last phase."""
    bookings, position = [], 0
    for one in placed:
        position += one.state != "missed"
        bookings.append(
            Booking(
                number=one.number, start=one.moment.isoformat(timespec="minutes"),
                minutes=course.schedule.minutes, phase=course.phase_of(max(position, 1)).name,
                state=one.state,
            )
        )  # fmt: skip
    return tuple(bookings)


def _stopped(course: CoursePlan, bookings: Sequence[Booking]) -> tuple[Booking, ...]:
    """From the day that a course was stopped, nothing is planned."""
    stops = course.marked("stopped")
    if not stops:
        return tuple(bookings)
    return tuple(
        replace(b, state="cancelled") if b.state == "planned" and b.day >= stops[0].date else b
        for b in bookings
    )


def _maintenance(
    course: CoursePlan,
    slots: Slots,
    end: datetime.datetime,
    lost: frozenset[datetime.date],
    done: Sequence[datetime.datetime],
    today: datetime.date | None,
) -> tuple[Booking, ...]:
    """A year of sittings after the course, on the first free day from each date that is due."""
    word = course.schedule.maintenance
    found = [(k, moment, "done") for k, moment in enumerate(done, 1)]
    last = max([end, *done])
    for k in range(1 + len(done), maintenance_a_year(word) + 1):
        due = _due(end.date(), word, k)
        if today is not None and due < today:
            continue
        last = next(slots.after(max(due, last.date()), last=last, without=lost))
        found.append((k, last, "planned"))
    return tuple(
        Booking(
            number=k, start=moment.isoformat(timespec="minutes"), minutes=course.schedule.minutes,
            phase="maintenance", state=state, maintenance=True,
        )
        for k, moment, state in found
    )  # fmt: skip


def _due(end: datetime.date, word: str, k: int) -> datetime.date:
    if word in _EVERY_MONTHS:
        return later(end, k * _EVERY_MONTHS[word])
    return end + datetime.timedelta(days=int(k * _EVERY_DAYS[word]))


def later(day: datetime.date, months: int) -> datetime.date:
    """Return the same day so many months later, or the last of a month that is too short."""
    year, month = divmod(day.year * _YEAR + day.month - 1 + months, _YEAR)
    return datetime.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _measurements(rules: Sequence[MeasurementRule], bookings: Sequence[Booking]) -> list[tuple[str, str]]:
    """When to measure, in the order of dates."""
    held = [b for b in bookings if b.state in ("planned", "done")]
    if not held:
        return []
    end = day_of(held[-1].day)
    found: list[tuple[str, str]] = []
    for rule in rules:
        if rule.when == "before the first sitting":
            found.append((held[0].day, rule.title))
        elif rule.sitting is not None:
            if rule.sitting < len(held):
                found.append((held[rule.sitting - 1].day, rule.title))
        elif rule.every_months is not None:
            dates = (later(end, k) for k in range(rule.every_months, _YEAR + 1, rule.every_months))
            found += [(day.isoformat(), rule.title) for day in dates]
        else:
            day = end + datetime.timedelta(days=rule.wait or 0)
            found.append((day.isoformat(), rule.title))
    return sorted(found, key=lambda entry: entry[0])
