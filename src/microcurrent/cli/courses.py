"""course plan, next, show, mark: many sittings of one client."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

import typer

from microcurrent import workflow
from microcurrent.cli.console import building, output, progress, say, show_json
from microcurrent.cli.course_tables import (
    show_calendar,
    show_costs,
    show_next,
    show_phases,
    show_standing,
    show_totals,
)
from microcurrent.cli.options import Json, PlanFile, Records, actor, date_of, now, records_path, today
from microcurrent.errors import InputError, Problem
from microcurrent.model.course_plan import DAYS, Mark

CourseFile = Annotated[Path, typer.Argument(metavar="COURSE", help="A course file (TOML).")]
OnDate = Annotated[str, typer.Option("--on", metavar="DATE", help="The day to look from; default today.")]
Rehearsals = Annotated[
    bool, typer.Option("--rehearsals", help="Count sittings on a simulated stimulator, too.")
]
Region = Annotated[
    str, typer.Option("--region", help="Where prices are taken from: us, us-small-market or uk.")
]

app = typer.Typer(no_args_is_help=True, help="Courses: sittings in the calendar, and how they stand.")


@app.command()
def plan(
    plan: PlanFile,
    start: Annotated[str, typer.Option("--start", metavar="DATE", help="The first day.")],
    *,
    preset: Annotated[
        str,
        typer.Option("--preset", help="Who does it so: professional, home, nuface, uk-clinic and others."),
    ] = "",
    sittings: Annotated[int | None, typer.Option("--sittings", min=1, max=100)] = None,
    per_week: Annotated[int | None, typer.Option("--per-week", min=1, max=7)] = None,
    minutes: Annotated[
        float | None, typer.Option("--minutes", min=1, max=240, help="Each sitting.")
    ] = None,
    maintenance: Annotated[
        str,
        typer.Option("--maintenance", help="none, twice-weekly, weekly, fortnightly, monthly, quarterly."),
    ] = "",
    days: Annotated[
        str, typer.Option("--days", metavar="DAYS", help="Days of the week, such as mon,thu.")
    ] = "",
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="The time of the day.")] = "10:00",
    holiday: Annotated[
        list[str], typer.Option("--holiday", metavar="DATE", help="A day without sittings. Repeatable.")
    ] = [],  # noqa: B006  typer reads the default, nothing changes it
    holidays: Annotated[
        list[Path],
        typer.Option("--holidays", metavar="FILE", help="A calendar of holidays (.ics). Repeatable."),
    ] = [],  # noqa: B006  typer reads the default, nothing changes it
    make_up: Annotated[
        str,
        typer.Option("--make-up", help="A missed sitting: shift the later ones, append it, or drop it."),
    ] = "shift",
    phase: Annotated[
        list[str],
        typer.Option(
            "--phase", metavar="NAME=PLAN", help="Another plan from this phase on: start, build or hold."
        ),
    ] = [],  # noqa: B006  typer reads the default, nothing changes it
    client: Annotated[str, typer.Option("--client", help="The client's pseudonym.")] = "",
    reminder: Annotated[
        float | None,
        typer.Option("--reminder", metavar="MINUTES", min=0, help="A reminder before each sitting."),
    ] = None,
    region: Region = "us",
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help="Where the files are written.")
    ] = Path("course"),
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the files of a course.")] = False,
    records: Records = None,
    json: Json = False,
) -> None:
    """Plan a course: a course file, a calendar (.ics), what skin receives over it, and what it costs."""
    wanted = workflow.CourseWanted(
        start=date_of(start, "--start"), preset=preset, sittings=sittings, per_week=per_week,
        minutes=minutes, maintenance=maintenance, days=_days(days), at=at, client=client, make_up=make_up,
        holidays=tuple(date_of(day, "--holiday") for day in holiday), holiday_files=tuple(holidays),
        phases=tuple(_phase(text) for text in phase), reminder=reminder,
    )  # fmt: skip
    made = workflow.plan_course(plan, wanted, out=out, now=now(), overwrite=overwrite, on_step=building)
    costs = workflow.course_cost(made.read, workflow.CostWanted(region=region))
    with (
        workflow.Workspace(records_path(records)) as workspace,
        progress("Predicting", shown=not json) as report,
    ):
        grounds = workflow.grounds_of(made.read, workspace=workspace, actor=actor(), on_progress=report)
    totals = workflow.totals_of(made.read, grounds)
    calendar = made.read.calendar()
    if json:
        show_json({"course": made.read.course, "calendar": calendar, "exposure": totals, "costs": costs,
                   "remarks": list(made.remarks), "files": [str(file) for file in made.files]})  # fmt: skip
        return
    show_phases(made.read.course)
    show_calendar(calendar)
    show_totals(totals)
    show_costs(costs, short=True)
    for remark in made.remarks:
        output.print(f"! {remark}", soft_wrap=True)
    for file in made.files:
        say(f"{file}: written.")


@app.command("next")
def next_(
    course: CourseFile,
    *,
    on: OnDate = "",
    rehearsals: Rehearsals = False,
    records: Records = None,
    json: Json = False,
) -> None:
    """Say which sitting comes next and whether it may be: spacing, stop rules, screening, approval."""
    given = workflow.open_course(course, on_step=building)
    with workflow.Workspace(records_path(records)) as workspace:
        found = workflow.course_next(given, workspace=workspace, on=_day(on), rehearsals=rehearsals)
    if json:
        show_json({"may": found.may, "next": found})
    else:
        show_next(found, given.course)
    if not found.may:
        raise typer.Exit(3)


@app.command()
def show(
    course: CourseFile,
    *,
    on: OnDate = "",
    rehearsals: Rehearsals = False,
    records: Records = None,
    json: Json = False,
) -> None:
    """Show all of a course: done, missed, left, adherence, and the charge that has added up."""
    given = workflow.open_course(course, on_step=building)
    with (
        workflow.Workspace(records_path(records)) as workspace,
        progress("Predicting", shown=not json) as report,
    ):
        shown = workflow.course_show(
            given,
            workspace=workspace,
            on=_day(on),
            rehearsals=rehearsals,
            actor=actor(),
            on_progress=report,
        )
    if json:
        show_json({"course": given.course, "shown": shown})
        return
    show_phases(given.course)
    show_calendar(shown.calendar)
    show_standing(shown)
    show_totals(shown.totals)


@app.command()
def mark(
    course: CourseFile,
    date: Annotated[str, typer.Argument(metavar="DATE", help="The day, such as 2027-01-31.")],
    what: Annotated[str, typer.Argument(metavar="WHAT", help="done, missed, moved, stopped or cleared.")],
    *,
    to: Annotated[str, typer.Option("--to", metavar="DATE", help="The new day of a sitting moved.")] = "",
    minutes: Annotated[float | None, typer.Option("--minutes", help="How long a sitting done was.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "",
    by: Annotated[str, typer.Option("--by", help="Who has looked, where a pause is cleared.")] = "",
    json: Json = False,
) -> None:
    """Note what became of a day, and write course file and calendar again."""
    noted = Mark(
        date=date_of(date, "DATE").isoformat(), what=what, to=date_of(to, "--to").isoformat() if to else "",
        minutes=minutes, reason=reason, by=by,
    )  # fmt: skip
    after = workflow.mark_course(course, noted, now=now(), on_step=building)
    calendar = after.calendar()
    if json:
        show_json({"course": after.course, "calendar": calendar})
        return
    show_calendar(calendar)
    say(f"{course}: noted. {course.with_suffix('.ics')}: written; take it into your calendar again.")


def cost(
    plan: Annotated[
        Path, typer.Argument(metavar="PLAN|COURSE", help="A plan file or a course file (TOML).")
    ],
    *,
    region: Region = "us",
    device: Annotated[
        str, typer.Option("--device", help="A device of the catalogue, with its price.")
    ] = "",
    price: Annotated[
        str,
        typer.Option("--price", metavar="PRICE", help='Price of the device: "USD 350", "USD 150 to 400".'),
    ] = "",
    json: Json = False,
) -> None:
    """Say what a plan or a course costs in a practice and at home, as ranges, with the sources."""
    wanted = workflow.CostWanted(region=region, device=device, price=price)
    sheet = workflow.cost_of(plan, wanted, on_step=building)
    if json:
        show_json(sheet)
    else:
        show_costs(sheet, short=False)


def _day(text: str) -> datetime.date:
    return date_of(text, "--on") if text else today()


def _days(text: str) -> tuple[str, ...]:
    """Whole names from names or their beginnings, at least two letters."""
    found = []
    for word in (part.strip().lower() for part in text.split(",") if part.strip()):
        match = [day for day in DAYS if len(word) > 1 and day.startswith(word)]
        if not match:
            raise InputError(
                Problem(what="no day of the week", key="--days", expected="days such as mon,thu", came=word)
            )
        found += match[:1]
    return tuple(found)


def _phase(text: str) -> tuple[str, Path]:
    name, sign, file = text.partition("=")
    if not (name and sign and file):
        raise InputError(
            Problem(what="a phase and its plan", key="--phase", expected="NAME=PLAN", came=text)
        )
    return name, Path(file)
