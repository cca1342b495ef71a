"""The commands put together."""

from __future__ import annotations

from typing import Annotated

import typer

from microcurrent import __version__
from microcurrent.cli import (
    bases,
    bodies,
    body_files,
    body_paths,
    body_scans,
    claims,
    courses,
    devices,
    expecting,
    exposing,
    plans,
    preparing,
    programs,
    proposing,
    records,
    screening,
    sittings,
    stimulators,
    sweeping,
)
from microcurrent.cli.console import output

HELP = """Plan, predict, safety-check, deliver, record and report microcurrent therapy.

The verbs in their order: read, screen, predict, assess, approve, deliver, record, report; `run` does
them all. `basis build` and `expose` show what a plan gives, place by place. Research and education
software, not a medical device.

Exit codes: 0 done; 1 output not written; 2 wrong usage or input; 3 refused by screening, assessment or
approval; 4 delivery stopped by an interlock or refused by the stimulator, output off; 5 records damaged
or unusable; 6 prediction failed; 7 a shipped table is broken; 8 zero could not be read back: take the
probes off; 70 a defect; 130 interrupted, output off.
"""

app = typer.Typer(
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
plans.app.command()(proposing.propose)
plans.app.command()(proposing.intents)
app.add_typer(plans.app, name="plan")
bodies.app.command()(body_files.build)
bodies.app.command()(body_files.export)
bodies.app.command()(body_paths.path)
bodies.app.command()(body_scans.landmarks)
app.add_typer(bodies.app, name="body")
app.add_typer(bases.app, name="basis")
app.add_typer(programs.app, name="program")
app.add_typer(courses.app, name="course")
app.command()(courses.cost)
app.add_typer(records.app, name="records")
app.add_typer(stimulators.app, name="stimulator")
app.add_typer(devices.app, name="device")
for command in (
    preparing.read, screening.screen, preparing.predict, preparing.assess, preparing.approve,
    sittings.deliver, sittings.record, sittings.report, sittings.run, exposing.expose, expecting.expect,
    claims.claims, sweeping.sweep, sweeping.uncertainty,
):  # fmt: skip
    app.command()(command)


def _version(wanted: bool) -> None:
    if wanted:
        output.print(f"microcurrent {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options that stand before the command."""


app.callback(help=HELP)(options)
