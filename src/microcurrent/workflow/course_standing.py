"""Course standing: what comes next and whether it may; what was done, what is left, what has added up."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace

from microcurrent import tables, units
from microcurrent.model.approval import Approval
from microcurrent.model.body import Body
from microcurrent.model.course_exposure import Adherence, CourseExposure, Halt, HeldSitting
from microcurrent.model.course_plan import Booking, Calendar, Phase
from microcurrent.model.exposure import Prediction
from microcurrent.model.limits import Finding
from microcurrent.model.plan import Plan
from microcurrent.model.screening import Screening
from microcurrent.planning.course import adherence_of, delivered_exposure, exposure_of, halts
from microcurrent.planning.course.dates import maintenance_a_year
from microcurrent.planning.judging import compare
from microcurrent.planning.screening import ANSWERS_HOLD
from microcurrent.workflow.course_records import adverse_of, held_of
from microcurrent.workflow.courses import CourseRead
from microcurrent.workflow.preparing import SAMPLES, Progress, predict, stored_prediction
from microcurrent.workflow.screening import judged_for, reasons
from microcurrent.workflow.workspace import Workspace

#: Limits on one sitting that its exposure is shown against. For a whole course no limit is known.
_SITTING_LIMITS = ("dc-charge-density", "dc-charge-sitting")

Grounds = dict[str, tuple[Plan, Prediction, Body]]


@dataclass(frozen=True, kw_only=True)
class CourseNext:
    """What comes next on the day `on`: the `booking` (None: nothing is left), its phase, and what stands
    against it. `warnings` do not; `measure`: what is due that day; `left` sittings of the course.
    """

    on: str
    booking: Booking | None
    phase: Phase | None
    halts: tuple[Halt, ...]
    warnings: tuple[str, ...]
    measure: tuple[str, ...]
    done: int
    left: int

    @property
    def may(self) -> bool:
        """Whether nothing stands against the next sitting."""
        return not self.halts


@dataclass(frozen=True, kw_only=True)
class CourseTotals:
    """What skin receives: in one sitting of each plan, over the course, and in a year of maintenance.

    `delivered` so far, None: nothing; `findings` on one sitting.
    """

    sitting: CourseExposure
    course: CourseExposure
    maintenance: CourseExposure
    delivered: CourseExposure | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True)
class CourseShown:
    """The whole picture of a course on a day: calendar, sittings held, adherence, stop rules, exposure."""

    on: str
    calendar: Calendar
    held: tuple[HeldSitting, ...]
    adherence: Adherence
    halts: tuple[Halt, ...]
    totals: CourseTotals


def held_moments(held: tuple[HeldSitting, ...], *, whole: bool = True) -> tuple[datetime.datetime, ...]:
    """Return when sittings began; `whole`: those alone that went to their end."""
    return tuple(datetime.datetime.fromisoformat(one.start) for one in held if one.whole or not whole)


def course_next(
    given: CourseRead, *, workspace: Workspace, on: datetime.date, rehearsals: bool = False
) -> CourseNext:
    """Return the next sitting on or after a day, and what stands against it."""
    course = given.course
    plans = {name: prepared.plan for name, prepared in given.plans.items()}
    held = held_of(course, plans, workspace, rehearsals=rehearsals)
    moments = held_moments(held)
    calendar = given.calendar(done=moments, today=on)
    booking = calendar.next()
    stops = halts(
        course, tables.course_rules(), adverse=adverse_of(course, workspace, rehearsals=rehearsals),
        done=len(moments),
    )  # fmt: skip
    if booking is None:
        return CourseNext(on=on.isoformat(), booking=None, phase=None, halts=stops, warnings=(), measure=(),
                          done=len(moments), left=0)  # fmt: skip
    phase = course.phase_of(len(moments) + 1)
    found, warnings = _spacing_on(given, held, booking, on)
    against, told = _agreed(given, phase, workspace, booking)
    found += against
    warnings += told
    return CourseNext(
        on=on.isoformat(), booking=booking, phase=phase, halts=(*stops, *found), warnings=warnings,
        measure=tuple(what for day, what in calendar.measurements if day == booking.day),
        done=len(moments), left=sum(b.state == "planned" for b in calendar.bookings),
    )  # fmt: skip


def _spacing_on(
    given: CourseRead, held: tuple[HeldSitting, ...], booking: Booking, on: datetime.date
) -> tuple[list[Halt], tuple[str, ...]]:
    """Whether the time since the last current is enough, on the day of the next sitting."""
    found: list[Halt] = []
    warnings: list[str] = []
    if on.isoformat() in given.course.holidays and booking.day != on.isoformat():
        warnings.append(f"{on} is a holiday of this course.")
    if not held:
        return found, tuple(warnings)
    last = max(held_moments(held, whole=False))
    since = (datetime.datetime.fromisoformat(booking.start) - last).total_seconds()
    told = f"{units.write(max(since, 0.0), 'time')} after the last current ({last:%Y-%m-%d %H:%M})"
    if since < given.least_spacing:
        found.append(
            Halt(rule="spacing", outcome="wait", since=last.date().isoformat(),
                 reason=f"{told}; the limit is {units.write(given.least_spacing, 'time')}")
        )  # fmt: skip
    elif since < given.spacing:
        warnings.append(
            f"{told}; {units.write(given.spacing, 'time')} are kept where nothing stands against it."
        )
    return found, tuple(warnings)


def _agreed(
    given: CourseRead, phase: Phase, workspace: Workspace, booking: Booking
) -> tuple[list[Halt], tuple[str, ...]]:
    """Whether answers and consent will be fresh on the day; nothing is asked where no client is named."""
    client = given.course.client
    if not client:
        return [], ()
    found, told = _screened(given, phase, workspace, booking)
    approval = workspace.newest(Approval, client=client, plan=phase.digest)
    refused = (
        f"nobody has approved {phase.plan} for {client}" if approval is None
        else approval.refusal(phase.digest, booking.day)
    )  # fmt: skip
    if refused:
        found.append(Halt(rule="approval", outcome="wait", reason=refused.rstrip(".")))
    return found, told


def _screened(
    given: CourseRead, phase: Phase, workspace: Workspace, booking: Booking
) -> tuple[list[Halt], tuple[str, ...]]:
    """What stands against the day in the client's newest answers, judged for the plan of the phase."""
    client, day = given.course.client, datetime.date.fromisoformat(booking.day)
    screening = workspace.newest(Screening, client=client)
    if screening is None:
        return [Halt(rule="screening", outcome="wait", reason=f"{client} was never screened")], ()
    since, whose = screening.date, "the screening"
    found: list[Halt] = []
    told: tuple[str, ...] = ()
    age = (day - datetime.date.fromisoformat(since)).days
    if age > ANSWERS_HOLD:
        found.append(
            Halt(rule="screening", outcome="wait", since=since,
                 reason=f"the answers will be {age} days old; they hold {ANSWERS_HOLD}: screen again")
        )  # fmt: skip
    if screening.plan not in ("", phase.digest):
        screening = judged_for(given.plans[phase.digest], screening, on=day)
        whose = "the screening, made for another plan and judged for this one,"
        told = (
            f"The newest screening, of {since}, was made for another plan; its answers are judged for "
            "this one.",
        )
    if screening.outcome != "clear":
        why = f"{whose} says {screening.outcome}: {reasons(screening).rstrip('.')}"
        found.append(Halt(rule="screening", outcome="wait", since=since, reason=why))
    return found, told


def course_show(
    given: CourseRead,
    *,
    workspace: Workspace,
    on: datetime.date,
    rehearsals: bool = False,
    actor: str,
    on_progress: Progress | None = None,
) -> CourseShown:
    """Return the whole picture of a course on a day; predicts its plans where the records hold nothing."""
    course = given.course
    plans = {name: prepared.plan for name, prepared in given.plans.items()}
    held = held_of(course, plans, workspace, rehearsals=rehearsals)
    moments = held_moments(held)
    grounds = grounds_of(given, workspace=workspace, actor=actor, on_progress=on_progress)
    totals = totals_of(given, grounds, held)
    # What was missed was due all the same: by the calendar as it stood before.
    marks = tuple(mark for mark in course.marks if mark.what != "missed")
    kept = replace(given, course=replace(course, marks=marks))
    due = [b for b in kept.calendar().bookings if b.day < on.isoformat() and b.state == "planned"]
    phases = [course.phase_of(position) for position in range(1, len(due) + 1)]
    planned = None
    for phase in phases:
        one = exposure_of(*grounds[phase.digest])
        planned = one if planned is None else planned + one
    adherence = adherence_of(
        held, due=len(due), seconds=sum(plans[phase.digest].duration for phase in phases),
        exposures=(totals.delivered, planned), least=tables.course_rules().least_adherence,
    )  # fmt: skip
    adverse = adverse_of(course, workspace, rehearsals=rehearsals)
    return CourseShown(
        on=on.isoformat(), calendar=given.calendar(done=moments, today=on), held=held, adherence=adherence,
        halts=halts(course, tables.course_rules(), adverse=adverse, done=len(moments)), totals=totals,
    )  # fmt: skip


def grounds_of(
    given: CourseRead,
    *,
    workspace: Workspace,
    actor: str,
    on_progress: Progress | None = None,
    samples: int = SAMPLES,
) -> Grounds:
    """Return plan, prediction and body of every plan of a course; predicts what the records do not hold."""
    found: Grounds = {}
    for name, prepared in given.plans.items():
        prediction = stored_prediction(prepared, workspace) or predict(
            prepared, workspace=workspace, actor=actor, samples=samples, on_progress=on_progress
        )
        found[name] = (prepared.plan, prediction, prepared.source.body)
    return found


def totals_of(given: CourseRead, grounds: Grounds, held: tuple[HeldSitting, ...] = ()) -> CourseTotals:
    """Return what skin receives over a course and a year of maintenance, by the plan of each phase."""
    course = given.course
    ones = {name: exposure_of(*ground) for name, ground in grounds.items()}
    total: CourseExposure | None = None
    for phase in course.phases:
        part = ones[phase.digest].times(phase.last - phase.first + 1)
        total = part if total is None else total + part
    last = ones[course.phases[-1].digest]
    plan = grounds[course.phases[-1].digest][0]
    limits = tables.limits(mode=plan.mode)
    values = dict(zip(_SITTING_LIMITS, (last.net, last.direct), strict=True))
    return CourseTotals(
        sitting=last, course=total or last,
        maintenance=last.times(maintenance_a_year(course.schedule.maintenance)),
        delivered=delivered_exposure(held, grounds),
        findings=tuple(compare(limits[id_], value, "one sitting") for id_, value in values.items()),
    )  # fmt: skip
