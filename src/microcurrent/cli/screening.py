"""screen: the contraindications, the questions of the day, and the zones that are blocked."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from microcurrent import workflow
from microcurrent.cli.console import building, output, say, show_json
from microcurrent.cli.options import Json, PlanFile, Records, actor, date_of, now, records_path
from microcurrent.cli.options import today as day_here
from microcurrent.cli.tables import show_screening, show_zones
from microcurrent.errors import AnswersError, Problem
from microcurrent.model.course import Client
from microcurrent.model.screening import Answer, SameDay, Screening

Today = Annotated[
    Path | None,
    typer.Option(
        "--today", metavar="FILE",
        help="Answers to the questions of the day (TOML); needed unless the stimulator is a rehearsal.",
    ),
]  # fmt: skip


def screen(
    plan: PlanFile,
    answers: Annotated[
        Path | None, typer.Option("--answers", metavar="FILE", help="The client's answers (TOML).")
    ] = None,
    same_day: Annotated[
        bool, typer.Option("--same-day", help="The few questions that are asked before each sitting.")
    ] = False,
    client: Annotated[
        str, typer.Option("--client", metavar="PSEUDONYM", help="Whom to ask, with --same-day alone.")
    ] = "",
    template: Annotated[
        bool, typer.Option("--template", help="Print a file of unanswered questions instead.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Draw the blocked zones on the body (PNG).")
    ] = None,
    on: Annotated[
        str,
        typer.Option(
            "--on", metavar="DATE", help="Judge as on another day, and keep nothing in the records."
        ),
    ] = "",
    records: Records = None,
    json: Json = False,
) -> None:
    """Ask about contraindications: compare a client's answers with every rule."""
    if template:
        text = workflow.same_day_template() if same_day else workflow.answers_template()
        output.print(text, soft_wrap=True)
        return
    if answers is None and not (same_day and client):
        raise _nothing_to_judge(plan, same_day)
    here = day_here()
    day = date_of(on, "--on") if on else here
    if same_day and day != here:
        raise AnswersError(Problem(what="the questions of the day are of today", key="--on", came=on))
    prepared = workflow.read(plan, on_step=building)
    with workflow.Workspace(records_path(records)) as workspace:
        if same_day:
            screening: Screening = _today(prepared, answers, client, workspace=workspace)
        else:
            screening, _ = workflow.screen(
                prepared, answers or Path(), workspace=workspace, on=day, actor=actor(),
                keep=day == here,
            )  # fmt: skip
    if day != here:
        say(f"Judged as on {day}: not kept in the records.")
    words = workflow.draw_blocked(prepared, screening, out) if out else ""
    if json:
        show_json({"outcome": screening.outcome, "client": screening.client, "screening": screening})
    else:
        show_screening(screening)
        show_zones(workflow.zones_shown(prepared, screening))
        if out:
            output.print(f"Picture: {out}\n{words}", soft_wrap=True)
    if screening.outcome != "clear":
        raise typer.Exit(3)


def ask_today(
    workspace: workflow.Workspace, prepared: workflow.Prepared, client: Client, *, today: Path | None,
    stimulator: str, quiet: bool,
) -> None:  # fmt: skip
    """Judge the answers of the day before current flows; say so where a rehearsal goes without them."""
    if today is not None:
        screening = _today(prepared, today, client.pseudonym, workspace=workspace)
        if not quiet:
            show_screening(screening)
    plan = prepared.plan
    found = workflow.check_today(
        plan, client.pseudonym, stimulator=stimulator, workspace=workspace, now=now()
    )
    if found is None and not quiet:
        say("A rehearsal: the questions of the day were not asked. Nobody is to be connected.")


def _today(
    prepared: workflow.Prepared, answers: Path | None, client: str, *, workspace: workflow.Workspace
) -> SameDay:
    """Answers of the day from a file, or from the keyboard."""
    if answers is None:
        given, person = _asked(prepared), Client(pseudonym=client)
        return workflow.answer_today(prepared, given, person, workspace=workspace, now=now(), actor=actor())
    screening = workflow.screen_today(prepared, answers, workspace=workspace, now=now(), actor=actor())
    if client and screening.client != client:
        raise AnswersError(
            Problem(what="these answers are of another client", file=str(answers), key="client",
                    expected=client, came=screening.client)
        )  # fmt: skip
    return screening


def _asked(prepared: workflow.Prepared) -> list[Answer]:
    """Ask each question of the day at the keyboard; a yes may name its date and zones."""
    if not sys.stdin.isatty():
        raise AnswersError(
            Problem(what="nobody is at the keyboard to answer", key="--same-day",
                    expected="a terminal, or a file of answers with --answers",
                    advice="Start a file with: microcurrent screen PLAN --same-day --template")
        )  # fmt: skip
    answers = []
    for question in workflow.questions_today(prepared):
        yes = typer.confirm(question.question, default=None)
        note = typer.prompt("When, where, what", default="") if yes else ""
        answers.append(Answer(id=question.id, yes=yes, note=note))
    return answers


def _nothing_to_judge(plan: Path, same_day: bool) -> AnswersError:
    option = " --same-day" if same_day else ""
    expected = "a file of answers" + (", or --client to ask at the keyboard" if same_day else "")
    return AnswersError(
        Problem(what="no answers", key="--answers", expected=expected, came="nothing",
                advice=f"Start one with: microcurrent screen {plan}{option} --template > answers.toml")
    )  # fmt: skip
