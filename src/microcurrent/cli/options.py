"""Options that several commands share."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Annotated

import typer

from microcurrent import workflow
from microcurrent.errors import InputError, Problem

PlanFile = Annotated[Path, typer.Argument(metavar="PLAN", help="A plan file (TOML).")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]
Records = Annotated[
    Path | None,
    typer.Option(
        "--records",
        metavar="FILE",
        help="Where the records are kept. Default: MICROCURRENT_RECORDS, else microcurrent/records.sqlite "
        "in your data folder.",
    ),
]
Bases = Annotated[
    Path | None,
    typer.Option(
        "--bases",
        metavar="FOLDER",
        help="Where surface bases are kept. Default: MICROCURRENT_BASES, else microcurrent/bases in your "
        "cache folder.",
    ),
]
Answers = Annotated[
    Path, typer.Option("--answers", metavar="FILE", help="The client's answers to the screening (TOML).")
]
Role = Annotated[
    str, typer.Option("--role", help="practitioner, clinician, home user or researcher.", show_default=True)
]
Until = Annotated[
    str, typer.Option("--until", metavar="DATE", help="Last day of the approval, such as 2027-01-31.")
]
AcceptWarnings = Annotated[
    bool, typer.Option("--accept-warnings", help="Accept every warning that the assessment shows.")
]
ConsentTo = Annotated[
    str,
    typer.Option(
        "--consent",
        metavar="MODE",
        help="Consent by name to a mode of treatment that needs one: motor, iontophoresis or wound.",
    ),
]
#: Draws of a prediction where nothing else is said; as in `workflow.preparing`.
SAMPLES = 24
Samples = Annotated[int, typer.Option("--samples", min=8, max=10_000, help="Draws behind each interval.")]
SamplesWanted = Annotated[
    int | None,
    typer.Option(
        "--samples",
        min=8,
        max=10_000,
        help="Draws behind each interval. Default: those of the prediction in the records, else 24.",
    ),
]
Profiles = Annotated[
    list[str],
    typer.Option("--profile", help="Add a stricter set of limits: home or conservative. Repeatable."),
]
Stimulator = Annotated[
    str,
    typer.Option(
        "--stimulator",
        help="Which stimulator gives the current: simulated, pty (our firmware as a process), serial:PORT, "
        "stimjim:PORT or scpi:RESOURCE; see `microcurrent stimulator list`.",
    ),
]
RealTime = Annotated[
    bool, typer.Option("--real-time", help="Run on the clock on the wall, not as fast as possible.")
]
FaultOption = Annotated[
    list[str],
    typer.Option(
        "--fault",
        metavar="KIND@SECONDS",
        help="Break a rehearsal. Simulated: lead-off, open, short, drift, gain, leak, frozen, silent, "
        "stuck, reset. Firmware as a process (pty): lead-off, short, drift, gain, leak, stuck, welded, "
        "button. May be given more than once.",
    ),
]
Folder = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the report is written.")]


def records_path(given: Path | None) -> Path:
    """Return where the records are: the option, else the environment, else the user's data folder."""
    if given is not None:
        return given
    from_environment = os.environ.get("MICROCURRENT_RECORDS")
    if from_environment:
        return Path(from_environment)
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "microcurrent" / "records.sqlite"


def bases_path(given: Path | None) -> Path:
    """Return where surface bases are: the option, else the environment, else the user's cache folder."""
    if given is not None:
        return given
    from_environment = os.environ.get("MICROCURRENT_BASES")
    if from_environment:
        return Path(from_environment)
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "microcurrent" / "bases"


def date_of(text: str, option: str) -> datetime.date:
    """Return the date that an option gives."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as problem:
        raise InputError(
            Problem(what="not a date", key=option, expected="a date such as 2027-01-31", came=text)
        ) from problem


def now() -> datetime.datetime:
    """Return the time now, in UTC."""
    return datetime.datetime.now(datetime.UTC)


def today() -> datetime.date:
    """Return the day that it is here: every day that a command means is one of this clock."""
    return workflow.day_of(now())


def actor() -> str:
    """Return the name under which the records keep what this command does."""
    return os.environ.get("USER") or "unnamed"
