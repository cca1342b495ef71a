"""Slots: the days on which a sitting may be, holidays left out, moved ones in their new place.

All times are those of the clock on the wall, without a zone: where it is put forward in spring, one
night is an hour short.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from microcurrent import units
from microcurrent.errors import InputError, Problem
from microcurrent.model.course_plan import DAYS, CoursePlan

#: Days that are looked through for a free one: the longest course and its year fit ten times.
_HORIZON = 7320


def day_of(text: str) -> datetime.date:
    """Return the date in ISO text."""
    return datetime.date.fromisoformat(text)


@dataclass(frozen=True, kw_only=True)
class Slots:
    """The free days of a course: `regular` days of the week without those `removed`, and those `pinned`.

    `at`: the time of the day; `start`: the first day; `spacing` [s] that is kept everywhere.
    """

    start: datetime.date
    at: datetime.time
    weekdays: frozenset[int]
    holidays: frozenset[datetime.date]
    removed: frozenset[datetime.date]
    pinned: tuple[datetime.date, ...]
    spacing: datetime.timedelta

    def moment(self, day: datetime.date) -> datetime.datetime:
        """Return when a sitting of this day begins."""
        return datetime.datetime.combine(day, self.at)

    def free(self, day: datetime.date) -> bool:
        """Whether a sitting may be on this day."""
        if day in self.pinned:
            return True
        regular = day.weekday() in self.weekdays and day >= self.start
        return regular and day not in self.removed and day not in self.holidays

    def after(
        self,
        day: datetime.date,
        *,
        last: datetime.datetime | None = None,
        without: frozenset[datetime.date] = frozenset(),
    ) -> Iterator[datetime.datetime]:
        """Yield free moments from `day` on, each at least the spacing after the one before and `last`.

        A regular day too close to a pinned one that follows gives way to it. `without`: days left out.
        """
        for offset in range(_HORIZON):
            here = day + datetime.timedelta(days=offset)
            if not self.free(here) or here in without:
                continue
            moment = self.moment(here)
            if last is not None and moment - last < self.spacing:
                continue
            if here not in self.pinned and self._gives_way(moment, without):
                continue
            last = moment
            yield moment
        raise InputError(
            Problem(what="the calendar has no room for the course", key="holidays",
                    expected="free days within twenty years", came="too few of them")
        )  # fmt: skip

    def _gives_way(self, moment: datetime.datetime, without: frozenset[datetime.date]) -> bool:
        following = (self.moment(day) for day in self.pinned if day not in without)
        return any(moment < pin and pin - moment < self.spacing for pin in following)


def slots_of(course: CoursePlan, spacing: float) -> Slots:
    """Return the free days of a course; `InputError` for a sitting moved to where none may be."""
    pinned: set[datetime.date] = set()
    removed: set[datetime.date] = set()
    for mark in (mark for mark in course.marks if mark.what == "moved"):
        origin, target = day_of(mark.date), day_of(mark.to)
        if origin in pinned:
            pinned.remove(origin)
        else:
            removed.add(origin)
        pinned.add(target)
    slots = Slots(
        start=day_of(course.start), at=datetime.time.fromisoformat(course.at),
        weekdays=frozenset(DAYS.index(day) for day in course.days),
        holidays=frozenset(map(day_of, course.holidays)), removed=frozenset(removed),
        pinned=tuple(sorted(pinned)), spacing=datetime.timedelta(seconds=spacing),
    )  # fmt: skip
    _check_pinned(slots)
    return slots


def _check_pinned(slots: Slots) -> None:
    for day in slots.pinned:
        if day in slots.holidays:
            raise InputError(
                Problem(what="a sitting was moved to a holiday", key="mark", came=f"{day}",
                        expected="another day", advice="Choose a day that is not among the holidays")
            )  # fmt: skip
    for one, other in zip(slots.pinned, slots.pinned[1:], strict=False):
        if slots.moment(other) - slots.moment(one) < slots.spacing:
            raise InputError(
                Problem(
                    what="two sittings were moved too close together", key="mark",
                    came=f"{one} and {other}",
                    expected=f"{units.write(slots.spacing.total_seconds(), 'time')} between them",
                )
            )  # fmt: skip
