"""What may stand in a course file: one pydantic model per table; unknown keys are errors."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

from pydantic import Field

from microcurrent.planning.planfile.entries import Entry, Name, Time

Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class ScheduleEntry(Entry):
    """``[schedule]``."""

    start: datetime.date
    days: Annotated[list[Day], Field(min_length=1, max_length=7)]
    at: Name
    sittings: Annotated[int, Field(ge=1, le=100)]
    minutes: Time
    maintenance: Literal["none", "twice-weekly", "weekly", "fortnightly", "monthly", "quarterly"] = "none"
    make_up: Literal["shift", "append", "drop"] = "shift"
    reminder: Time | None = None
    holidays: Annotated[list[datetime.date], Field(max_length=1000)] = Field(default_factory=list)


class PhaseEntry(Entry):
    """``[[phase]]``: which sittings go by which plan."""

    name: Name
    what: str = ""
    first: Annotated[int, Field(ge=1)]
    last: Annotated[int, Field(ge=1)]
    plan: Name
    digest: Name


class MarkEntry(Entry):
    """``[[mark]]``: what happened on a day."""

    date: datetime.date
    what: Literal["done", "missed", "moved", "stopped", "cleared"]
    to: datetime.date | None = None
    minutes: Time | None = None
    reason: str = ""
    by: str = ""


class OutcomeEntry(Entry):
    """``[[outcome]]``: one measurement of a result, with its own error (one standard deviation)."""

    scale: Name
    value: Annotated[float, Field(strict=False)]
    error: Annotated[float, Field(strict=False, ge=0)]
    measured: datetime.date
    by: Name


class CourseFileEntry(Entry):
    """The whole file."""

    id: Name
    title: Name
    client: str = ""
    preset: str = ""
    revision: Annotated[int, Field(ge=0)] = 0
    schedule: ScheduleEntry
    phase: Annotated[list[PhaseEntry], Field(min_length=1, max_length=100)]
    mark: Annotated[list[MarkEntry], Field(max_length=1000)] = Field(default_factory=list)
    outcome: Annotated[list[OutcomeEntry], Field(max_length=1000)] = Field(default_factory=list)
