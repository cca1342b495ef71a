"""plan check, draw, new, schema, show: the plan file before anything else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microcurrent import workflow
from microcurrent.cli.console import building, output, say, show_json
from microcurrent.cli.options import Json, PlanFile
from microcurrent.cli.tables import show_plan
from microcurrent.errors import InputError, PlanError, Problem
from microcurrent.model.plan import Plan

app = typer.Typer(no_args_is_help=True, help="Check a plan file, or start a new one.")


@app.command()
def check(plan: PlanFile, json: Json = False) -> None:
    """Read a plan and say what is wrong with it: file, line, key, what was expected, what came."""
    try:
        prepared = workflow.read(plan, on_step=building)
    except InputError as error:
        if not json:
            raise
        show_json({"valid": False, "problems": list(error.problems)})
        raise typer.Exit(2) from error
    if json:
        show_json({"valid": True, "digest": prepared.plan.digest})
    else:
        output.print(f"{plan}: a valid plan of {_count(prepared.plan)}.")
        output.print(f"Digest {prepared.plan.digest}")


@app.command()
def show(plan: PlanFile, json: Json = False) -> None:
    """Print the steps of a plan as they will be done."""
    prepared = workflow.read(plan, on_step=building)
    if json:
        show_json({"digest": prepared.plan.digest, "plan": prepared.plan})
    else:
        show_plan(prepared.plan)


@app.command()
def draw(
    plan: PlanFile,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The picture to write (PNG).")] = Path(
        "plan.png"
    ),
    json: Json = False,
) -> None:
    """Draw the steps of a plan on the skin of its body."""
    alternative = workflow.draw_plan(workflow.read(plan, on_step=building), out)
    if json:
        show_json({"picture": str(out), "alternative": alternative})
    else:
        output.print(alternative, soft_wrap=True)
        output.print(f"Written: {out}", soft_wrap=True)


@app.command()
def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write; it must not exist.")],
) -> None:
    """Write a commented plan to start from."""
    _write_new(file, workflow.plan_template())
    say(f"{file}: written. Edit it, then: microcurrent plan check {file}")


@app.command()
def schema() -> None:
    """Print the JSON schema of plan files, for editors."""
    show_json(workflow.plan_schema())


def _count(plan: Plan) -> str:
    return "1 step" if len(plan.steps) == 1 else f"{len(plan.steps)} steps"


def _write_new(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError as exists:
        raise PlanError(
            Problem(what="this file exists already", file=str(file), advice="Choose another name")
        ) from exists
    except OSError as problem:
        raise PlanError(
            Problem(what=f"the file cannot be written ({problem})", file=str(file))
        ) from problem
