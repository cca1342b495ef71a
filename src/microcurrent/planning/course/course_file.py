"""Course files: TOML that a person can read and edit, to and from `CoursePlan`; a mark added at the end."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from microcurrent import units
from microcurrent.errors import InputError, ValueRefused
from microcurrent.model.course import Client, Outcome, Schedule
from microcurrent.model.course_plan import CoursePlan, Mark, Phase
from microcurrent.planning.course.entries import CourseFileEntry, MarkEntry, OutcomeEntry
from microcurrent.planning.planfile.messages import problems_of, problems_of_noun
from microcurrent.planning.toml_file import read_toml

_MINUTE = 60.0
#: Whose outcomes are noted where the course names no client.
_NOBODY = "nobody"
#: Where a field of the course stands in the file, if not in its schedule.
_WHERE: dict[str, tuple[str | int, ...]] = {"phases": ("phase", 0), "id": (), "title": (), "pseudonym": ()}


def read_course(path: Path) -> CoursePlan:
    """Return the course in a file; `InputError` with every problem found, and its line."""
    file = read_toml(path, error=InputError)
    try:
        entry = CourseFileEntry.model_validate(file.data)
    except ValidationError as error:
        raise InputError(*problems_of(error, CourseFileEntry, file=file, at=())) from error
    at: tuple[str | int, ...] = ()
    try:
        if entry.client:
            Client(pseudonym=entry.client)
        marks = []
        for number, mark in enumerate(entry.mark):
            at = ("mark", number)
            marks.append(_mark(mark))
        outcomes = []
        for number, outcome in enumerate(entry.outcome):
            at = ("outcome", number)
            outcomes.append(_outcome(outcome, entry.client))
        phases = []
        for number, phase in enumerate(entry.phase):
            at = ("phase", number)
            phases.append(Phase(**phase.model_dump()))
        at = ()
        return _course(entry, tuple(phases), tuple(marks), tuple(outcomes))
    except ValueRefused as refused:
        at = at or _WHERE.get(refused.problems[0].key, ("schedule",))
        raise InputError(*problems_of_noun(refused, file, at)) from refused


def _course(
    entry: CourseFileEntry,
    phases: tuple[Phase, ...],
    marks: tuple[Mark, ...],
    outcomes: tuple[Outcome, ...],
) -> CoursePlan:
    given = entry.schedule
    return CoursePlan(
        id=entry.id, title=entry.title, client=entry.client, preset=entry.preset, revision=entry.revision,
        schedule=Schedule(
            sittings=given.sittings, per_week=len(given.days), minutes=given.minutes / _MINUTE,
            maintenance=given.maintenance,
        ),
        start=given.start.isoformat(), days=tuple(given.days), at=given.at, make_up=given.make_up,
        holidays=tuple(day.isoformat() for day in given.holidays), phases=phases, marks=marks,
        outcomes=outcomes, reminder=None if given.reminder is None else given.reminder / _MINUTE,
    )  # fmt: skip


def _mark(entry: MarkEntry) -> Mark:
    return Mark(
        date=entry.date.isoformat(), what=entry.what, to=entry.to.isoformat() if entry.to else "",
        minutes=None if entry.minutes is None else entry.minutes / _MINUTE, reason=entry.reason,
        by=entry.by,
    )  # fmt: skip


def _outcome(entry: OutcomeEntry, client: str) -> Outcome:
    return Outcome(
        client=Client(pseudonym=client or _NOBODY), scale=entry.scale, value=entry.value, error=entry.error,
        measured=entry.measured.isoformat(), by=entry.by,
    )  # fmt: skip


def course_text(course: CoursePlan) -> str:
    """Return a course as the text of a course file; reading it gives the same course."""
    schedule = course.schedule
    head = {"id": course.id, "title": course.title, "client": course.client, "preset": course.preset,
            "revision": course.revision}  # fmt: skip
    table = {
        "start": _Bare(course.start), "days": list(course.days), "at": course.at,
        "sittings": schedule.sittings, "minutes": _minutes(schedule.minutes),
        "maintenance": schedule.maintenance, "make_up": course.make_up,
        "reminder": "" if course.reminder is None else _minutes(course.reminder),
        "holidays": [_Bare(day) for day in course.holidays],
    }  # fmt: skip
    phases = [_table("[[phase]]", vars(phase)) for phase in course.phases]
    outcomes = [
        _table("[[outcome]]", {
            "scale": o.scale, "value": o.value, "error": o.error, "measured": _Bare(o.measured), "by": o.by,
        }) for o in course.outcomes
    ]  # fmt: skip
    blocks = [
        "# A course of sittings. Holidays, marks and outcomes may be added by hand; dates stand bare, as\n"
        "# in 2027-01-31. Afterwards raise revision by one, so that calendars take the change.\n"
        + _table("", head).lstrip("\n"),
        _table("[schedule]", table),
        *phases, *(mark_text(mark) for mark in course.marks), *outcomes,
    ]  # fmt: skip
    return "\n".join(blocks)


class _Bare(str):
    """Text that stands in TOML without quotes: a date."""


def mark_text(mark: Mark) -> str:
    """Return one mark as TOML."""
    return _table("[[mark]]", {
        "date": _Bare(mark.date), "what": mark.what, "to": _Bare(mark.to),
        "minutes": "" if mark.minutes is None else _minutes(mark.minutes),
        "reason": mark.reason, "by": mark.by,
    })  # fmt: skip


def with_mark(text: str, mark: Mark) -> str:
    """Return the text of a course file with a mark at its end and the revision raised by one."""
    found = re.search(r"^revision[ \t]*=[ \t]*(\d+)", text, flags=re.MULTILINE)
    if found is None:
        text = f"revision = 1\n{text}"
    else:
        text = f"{text[: found.start(1)]}{int(found[1]) + 1}{text[found.end(1) :]}"
    return text.rstrip("\n") + "\n\n" + mark_text(mark)


def _minutes(minutes: float) -> str:
    return units.write(minutes * _MINUTE, "time", digits=6)


def _table(title: str, entries: dict[str, Any]) -> str:
    """Return a TOML table with its keys in line; what is empty is left out."""
    kept = {key: value for key, value in entries.items() if value not in ("", [], None)}
    width = max(map(len, kept))
    lines = [f"{key:<{width}} = {_value(value)}" for key, value in kept.items()]
    return "\n".join([*([title] if title else []), *lines]) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, _Bare):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)
