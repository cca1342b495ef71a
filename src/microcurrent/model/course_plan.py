"""CoursePlan and its parts: which sittings are planned, in which phases, and what a person noted since."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from microcurrent.model.checks import finite, named, one_of, refuse
from microcurrent.model.course import Outcome, Schedule

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: What becomes of a missed sitting: the later ones follow it; it alone is done at the end; it is left out.
MAKE_UP = ("shift", "append", "drop")
#: What a person may note about a day of a course.
MARKS = ("done", "missed", "moved", "stopped", "cleared")
STATES = ("planned", "done", "missed", "cancelled")


def check_date(noun: object, field: str, value: object) -> None:
    """Refuse what is no ISO date."""
    try:
        datetime.date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as bad:
        raise refuse(noun, field, expected="a date such as 2027-01-31", came=str(value)) from bad


def check_clock(noun: object, field: str, value: object) -> None:
    """Refuse what is no time of the day in hours and minutes."""
    if not isinstance(value, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise refuse(noun, field, expected="a time such as 10:00", came=str(value))


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A part of a course: sittings `first` to `last`, under the plan in file `plan` with this `digest`.

    A stronger or longer plan is another plan with another digest, and asks for an approval of its own.
    """

    name: str
    first: int
    last: int
    plan: str
    digest: str
    what: str = ""

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        named(self, "plan", self.plan)
        finite(self, "first", self.first, minimum=1)
        finite(self, "last", self.last, minimum=self.first)
        if not re.fullmatch(r"[0-9a-f]{64}", self.digest):
            raise refuse(self, "digest", expected="64 hexadecimal digits", came=self.digest)


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What a person noted about a day: `what`, one of `MARKS`; `to` another day; `minutes` done; why."""

    date: str
    what: str
    to: str = ""
    minutes: float | None = None
    reason: str = ""
    by: str = ""

    def __post_init__(self) -> None:
        check_date(self, "date", self.date)
        one_of(self, "what", self.what, MARKS)
        if self.what == "moved":
            check_date(self, "to", self.to)
        elif self.to:
            raise refuse(self, "to", expected="nothing, for a sitting that was not moved", came=self.to)
        if self.minutes is not None:
            finite(self, "minutes", self.minutes, above=0, maximum=240)
        if self.what == "cleared" and not (self.by.strip() and self.reason.strip()):
            raise refuse(self, "by", expected="who has looked, and the reason", came=self.by or "nothing")


@dataclass(frozen=True, kw_only=True)
class CoursePlan:
    """The sittings of one client, planned: from `start`, on these `days` of the week `at` one time.

    `id`: eight letters and digits that stay when the rest changes; `client`: a pseudonym, or "";
    `holidays` (ISO dates); `make_up`: one of `MAKE_UP`; `phases` cover every sitting once, in order;
    `marks` and `outcomes`: what was noted since; `reminder` [min] before each sitting, in its calendar;
    `revision` grows with every change.
    """

    id: str
    title: str
    schedule: Schedule
    start: str
    days: tuple[str, ...]
    at: str
    phases: tuple[Phase, ...]
    client: str = ""
    preset: str = ""
    holidays: tuple[str, ...] = ()
    make_up: str = "shift"
    marks: tuple[Mark, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    reminder: float | None = None
    revision: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.id, str) or not re.fullmatch(r"[a-z0-9]{8}", self.id):
            raise refuse(self, "id", expected="eight small letters and digits", came=str(self.id))
        named(self, "title", self.title)
        check_date(self, "start", self.start)
        check_clock(self, "at", self.at)
        for day in self.holidays:
            check_date(self, "holidays", day)
        one_of(self, "make_up", self.make_up, MAKE_UP)
        finite(self, "revision", self.revision, minimum=0)
        if self.reminder is not None:
            finite(self, "reminder", self.reminder, minimum=0, maximum=10080)
        if not self.days or len(set(self.days)) != len(self.days):
            raise refuse(self, "days", expected="days of the week, each once", came=", ".join(self.days))
        for day in self.days:
            one_of(self, "days", day, DAYS)
        self._check_week()
        self._check_phases()

    def _check_week(self) -> None:
        a_week = self.schedule.per_week
        if a_week != len(self.days):
            raise refuse(
                self, "per_week", expected=f"{len(self.days)}, one for each day", came=f"{a_week:g}",
                advice="Name as many days of the week as there are sittings a week",
            )  # fmt: skip

    def _check_phases(self) -> None:
        following = 1
        for phase in self.phases:
            if phase.first != following:
                raise refuse(
                    self, "phases", expected=f"a phase from sitting {following}",
                    came=f"{phase.name} from {phase.first}",
                )  # fmt: skip
            following = phase.last + 1
        if following != self.schedule.sittings + 1:
            raise refuse(
                self, "phases", expected=f"phases up to sitting {self.schedule.sittings}",
                came=f"up to {following - 1}",
            )  # fmt: skip

    @property
    def plans(self) -> tuple[str, ...]:
        """Digests of its plans, each once, in the order of the phases."""
        return tuple(dict.fromkeys(phase.digest for phase in self.phases))

    def phase_of(self, position: int) -> Phase:
        """Return the phase of the sitting at this place (from 1) in the order of dates."""
        return next((p for p in self.phases if p.first <= position <= p.last), self.phases[-1])

    def marked(self, what: str) -> tuple[Mark, ...]:
        """Return the marks of one kind, the earliest first."""
        return tuple(sorted((m for m in self.marks if m.what == what), key=lambda m: m.date))


@dataclass(frozen=True, kw_only=True)
class Booking:
    """One sitting in the calendar: its `number` stays with it; `start` (ISO, local time), `state`, `phase`.

    `maintenance`: whether it comes after the course.
    """

    number: int
    start: str
    minutes: float
    phase: str
    state: str = "planned"
    maintenance: bool = False

    def __post_init__(self) -> None:
        finite(self, "number", self.number, minimum=1)
        finite(self, "minutes", self.minutes, above=0, maximum=240)
        one_of(self, "state", self.state, STATES)

    @property
    def day(self) -> str:
        """Its date (ISO)."""
        return self.start[:10]


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The sittings of a course with their dates, those of a year of maintenance, and when to measure.

    `missed`: (date, reason); `measurements`: (date, what).
    """

    bookings: tuple[Booking, ...]
    maintenance: tuple[Booking, ...]
    missed: tuple[tuple[str, str], ...]
    measurements: tuple[tuple[str, str], ...]

    def next(self) -> Booking | None:
        """Return the first sitting that is still planned, or None."""
        left = (b for b in (*self.bookings, *self.maintenance) if b.state == "planned")
        return next(left, None)
