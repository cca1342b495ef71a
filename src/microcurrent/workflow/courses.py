"""Courses: plan one from a plan and a schedule, and note in its file what has come of it."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from microcurrent import tables, units
from microcurrent.errors import InputError, Problem
from microcurrent.model.course import Client, Schedule
from microcurrent.model.course_plan import DAYS, Calendar, CoursePlan, Mark, Phase
from microcurrent.model.course_rules import Preset
from microcurrent.model.digest import digest
from microcurrent.model.limits import Limits
from microcurrent.model.plan import Plan
from microcurrent.planning.course import (
    calendar_of,
    calendar_text,
    check_week,
    course_text,
    read_course,
    read_holidays,
    spacing_of,
    spread_days,
    with_mark,
)
from microcurrent.planning.files import check_free
from microcurrent.reports.files import write_whole
from microcurrent.workflow.preparing import Prepared, read

COURSE_FILE, CALENDAR_FILE = "course.toml", "course.ics"
#: Where neither plan nor person says how often.
_DEFAULT_PRESET = "professional"
_MINUTE = 60.0
OnStep = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class CourseWanted:
    """What a person wants of a course; None or empty: as the preset says, or the plan, or the default.

    `phases`: (name of a phase, plan file) where one goes by another plan; `holiday_files`: calendars;
    `reminder` [min] before each sitting.
    """

    start: datetime.date
    preset: str = ""
    sittings: int | None = None
    per_week: int | None = None
    minutes: float | None = None
    maintenance: str = ""
    days: tuple[str, ...] = ()
    at: str = "10:00"
    client: str = ""
    make_up: str = "shift"
    holidays: tuple[datetime.date, ...] = ()
    holiday_files: tuple[Path, ...] = ()
    phases: tuple[tuple[str, Path], ...] = ()
    reminder: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class CourseRead:
    """A course, its plans by digest with their bodies, the spacing [s] to keep and to refuse at."""

    course: CoursePlan
    plans: Mapping[str, Prepared]
    spacing: float
    least_spacing: float

    def calendar(
        self, *, done: tuple[datetime.datetime, ...] = (), today: datetime.date | None = None
    ) -> Calendar:
        """Return the calendar, with the sittings done and those gone by before `today`."""
        return calendar_of(
            self.course, spacing=self.spacing, measurements=tables.course_rules().measurements, done=done,
            today=today,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class CourseMade:
    """A course that was planned, the files written, and what a person should know of it."""

    read: CourseRead
    files: tuple[Path, ...]
    remarks: tuple[str, ...]


def plan_course(
    plan: Path,
    wanted: CourseWanted,
    *,
    out: Path,
    now: datetime.datetime,
    overwrite: bool = False,
    on_step: OnStep = lambda _: None,
) -> CourseMade:
    """Plan a course, write `course.toml` and `course.ics` into the folder `out`, and return it.

    Raises `InputError` for a schedule that cannot be kept: days closer together than the limits allow, a
    sitting longer than its limit, a number that nobody has said.
    """
    files = (out / COURSE_FILE, out / CALENDAR_FILE)
    check_free(files, overwrite=overwrite)
    first = read(plan, on_step=on_step)
    preset = _preset(wanted.preset)
    schedule = _schedule(first.plan, wanted, preset)
    plans = _plans_of_phases(first, wanted, on_step)
    phases = _phases(schedule.sittings, plans, out)
    limits = _limits(first.plan, preset)
    spacing, least = _spacing(prepared.plan for prepared in plans.values())
    remarks = _check_length(schedule, limits) + _outside(schedule, preset, named=bool(wanted.preset))
    days = _in_order(wanted.days) or spread_days(
        int(schedule.per_week), wanted.start, working=preset.setting == "professional"
    )
    check_week(days, spacing)
    course = _course(first.plan, wanted, schedule, days=days, phases=phases)
    made = CourseRead(
        course=course,
        plans={p.plan.digest: p for p in plans.values()},
        spacing=spacing,
        least_spacing=least,
    )
    text = calendar_text(course, made.calendar(), stamp=now)
    write_whole(files[0], course_text(course).encode())
    write_whole(files[1], text.encode())
    return CourseMade(read=made, files=files, remarks=(*remarks, *_progression(plans)))


def _course(
    plan: Plan,
    wanted: CourseWanted,
    schedule: Schedule,
    *,
    days: tuple[str, ...],
    phases: tuple[Phase, ...],
) -> CoursePlan:
    if wanted.client:
        Client(pseudonym=wanted.client)
    holidays = set(wanted.holidays).union(*map(read_holidays, wanted.holiday_files))
    last = wanted.start + datetime.timedelta(days=3660)
    kept = sorted(day.isoformat() for day in holidays if wanted.start <= day <= last)
    course = CoursePlan(
        id="00000000", title=plan.title, client=wanted.client, preset=wanted.preset,
        schedule=replace(schedule, per_week=len(days)), start=wanted.start.isoformat(), days=days,
        at=wanted.at, make_up=wanted.make_up, holidays=tuple(kept), phases=phases,
        reminder=wanted.reminder,
    )  # fmt: skip
    return replace(course, id=digest(course)[:8])


def _in_order(days: tuple[str, ...]) -> tuple[str, ...]:
    for day in days:
        if day not in DAYS:
            raise InputError(
                Problem(what="no day of the week", key="--days", expected="days such as mon,thu", came=day)
            )
    return tuple(sorted(set(days), key=DAYS.index))


def _preset(name: str) -> Preset:
    presets = {preset.id: preset for preset in tables.course_rules().presets}
    name = name or _DEFAULT_PRESET
    if name not in presets:
        raise InputError(
            Problem(
                what="no such preset", key="--preset", came=name, expected="one of " + ", ".join(presets)
            )
        )
    return presets[name]


def _schedule(plan: Plan, wanted: CourseWanted, preset: Preset) -> Schedule:
    """Option first, then the preset that was named, then the plan, then the default."""
    own = plan.course if plan.course is not None and not wanted.preset else None
    per_week = wanted.per_week or len(wanted.days) or (own.per_week if own else preset.per_week)
    if wanted.days and per_week != len(wanted.days):
        raise InputError(
            Problem(what="days and sittings a week differ", key="--days", came=", ".join(wanted.days),
                    expected=f"{per_week:g} days")
        )  # fmt: skip
    if per_week is not None and (per_week != int(per_week) or not 1 <= per_week <= len(DAYS)):
        raise InputError(
            Problem(what="so many sittings a week cannot be planned", key="--per-week",
                    expected=f"a whole number from 1 to {len(DAYS)}", came=f"{per_week:g}")
        )  # fmt: skip
    sittings = wanted.sittings or (own.sittings if own else preset.sittings)
    if sittings is None and preset.length is not None and per_week is not None:
        sittings = int(preset.length / len(DAYS) * per_week)
    minutes = wanted.minutes or (own.minutes if own else preset.minutes)
    for option, value in (("--sittings", sittings), ("--per-week", per_week), ("--minutes", minutes)):
        if value is None:
            raise InputError(
                Problem(what=f"the preset {preset.id} does not say it", key=option, came="nothing",
                        expected="a number", advice=f"Give {option}")
            )  # fmt: skip
    maintenance = wanted.maintenance or (own.maintenance if own else preset.maintenance) or "none"
    return Schedule(
        sittings=sittings or 0, per_week=float(per_week or 0), minutes=float(minutes or 0),
        maintenance=maintenance,
    )  # fmt: skip


def _plans_of_phases(first: Prepared, wanted: CourseWanted, on_step: OnStep) -> dict[str, Prepared]:
    """The plan of every phase by its name."""
    rules = tables.course_rules().phases
    given = dict(wanted.phases)
    for name in given:
        if name not in {rule.name for rule in rules}:
            raise InputError(
                Problem(what="no such phase", key="--phase", came=name,
                        expected="one of " + ", ".join(rule.name for rule in rules))
            )  # fmt: skip
    return {
        rule.name: read(given[rule.name], on_step=on_step) if rule.name in given else first
        for rule in rules
    }


def _phases(sittings: int, plans: Mapping[str, Prepared], out: Path) -> tuple[Phase, ...]:
    rules = [rule for rule in tables.course_rules().phases if rule.first <= sittings]
    ends = [rule.first - 1 for rule in rules[1:]] + [sittings]
    return tuple(
        Phase(
            name=rule.name, what=rule.what, first=rule.first, last=end, digest=plans[rule.name].plan.digest,
            plan=Path(os.path.relpath(plans[rule.name].path, out)).as_posix(),
        )
        for rule, end in zip(rules, ends, strict=True)
    )  # fmt: skip


def _limits(plan: Plan, preset: Preset) -> Limits:
    profiles = ("home",) if preset.setting == "home" else ()
    return tables.limits(profiles=profiles, mode=plan.mode)


def _spacing(plans: Iterable[Plan]) -> tuple[float, float]:
    """The strictest spacing of all plans of a course: to keep, and to refuse at."""
    found = [
        spacing_of(
            tables.limits(mode=plan.mode), (system for step in plan.steps for system in step.systems)
        )
        for plan in plans
    ]
    return max(keep for keep, _ in found), max(least for _, least in found)


def _check_length(schedule: Schedule, limits: Limits) -> tuple[str, ...]:
    remarks = []
    for limit in (limit for limit in limits.limits if limit.quantity == "sitting time"):
        verdict = limit.verdict(schedule.minutes * _MINUTE)
        level = limit.stop if verdict == "stop" else limit.warn
        if verdict == "stop":
            raise InputError(
                Problem(what=f"a sitting is too long ({limit.id})", key="minutes",
                        expected=f"at most {units.write(level or 0.0, 'time')}",
                        came=f"{schedule.minutes:g} min")
            )  # fmt: skip
        if verdict == "warn":
            remarks.append(
                f"A sitting of {schedule.minutes:g} min is above {units.write(level or 0.0, 'time')} "
                f"({limit.id})."
            )
    return tuple(remarks)


def _outside(schedule: Schedule, preset: Preset, *, named: bool) -> tuple[str, ...]:
    if not named:
        return ()
    values = {"sittings": schedule.sittings, "per_week": schedule.per_week, "minutes": schedule.minutes}
    return tuple(
        f"{field.replace('_', ' ')} {value:g}: not what {preset.title} does."
        for field, value in values.items()
        if preset.outside(field, value)
    )


def _progression(plans: Mapping[str, Prepared]) -> tuple[str, ...]:
    """A stronger plan in a later phase is another plan: the first approval never covers it."""
    found, before = [], None
    for name, prepared in plans.items():
        if before is not None and prepared.plan.digest != before.digest:
            found.append(
                f"Phase {name} goes by another plan ({prepared.plan.digest[:12]}): predict, assess and "
                "approve it before its first sitting."
            )
        before = prepared.plan
    return tuple(found)


def open_course(path: Path, *, on_step: OnStep = lambda _: None) -> CourseRead:
    """Return a course and its plans; `InputError` where a plan has changed since or cannot be read."""
    course = read_course(path)
    plans: dict[str, Prepared] = {}
    read_files: dict[Path, Prepared] = {}
    for number, phase in enumerate(course.phases, 1):
        file = path.parent / phase.plan
        if file not in read_files:
            read_files[file] = read(file, on_step=on_step)
        prepared = read_files[file]
        if prepared.plan.digest != phase.digest:
            raise InputError(
                Problem(
                    what=f"the plan {phase.plan} is not the one that the course was planned with",
                    file=str(path), key=f"phase {number}.digest", expected=phase.digest[:12],
                    came=prepared.plan.digest[:12],
                    advice="Have the changed plan approved and write its digest here, or put the old one "
                    "back",
                )
            )  # fmt: skip
        plans[phase.digest] = prepared
    spacing, least = _spacing(prepared.plan for prepared in plans.values())
    return CourseRead(course=course, plans=plans, spacing=spacing, least_spacing=least)


def mark_course(
    path: Path, mark: Mark, *, now: datetime.datetime, on_step: OnStep = lambda _: None
) -> CourseRead:
    """Note something about a day in a course file, write its calendar again, and return the course.

    Raises `InputError` where no sitting is planned on the day of a mark "missed" or "moved", or the new
    day cannot be kept; the files are then as they were.
    """
    before = open_course(path, on_step=on_step)
    calendar = before.calendar()
    planned = {b.day for b in (*calendar.bookings, *calendar.maintenance) if b.state == "planned"}
    if mark.what in ("missed", "moved") and mark.date not in planned:
        raise InputError(
            Problem(what="no sitting is planned on this day", key="DATE", came=mark.date,
                    expected="a day of the calendar: see microcurrent course show")
        )  # fmt: skip
    course = replace(before.course, marks=(*before.course.marks, mark), revision=before.course.revision + 1)
    after = replace(before, course=course)
    text = calendar_text(course, after.calendar(), stamp=now)
    try:
        written = with_mark(path.read_text(encoding="utf-8"), mark)
    except OSError as trouble:
        raise InputError(Problem(what=f"the file cannot be read ({trouble})", file=str(path))) from trouble
    write_whole(path, written.encode())
    write_whole(path.with_suffix(".ics"), text.encode())
    return after
