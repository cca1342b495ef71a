"""expect: what a course may bring, beside its sham twin, with grade and sources."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microcurrent import units, workflow
from microcurrent.cli.console import output, show_json
from microcurrent.cli.options import Json
from microcurrent.cli.tables import table, written
from microcurrent.model.expectation import Expectation, ExpectedPoint
from microcurrent.model.exposure import Estimate

#: Rows of the table: more are in the JSON and the picture.
_ROWS = 9


def expect(
    *,
    intent: Annotated[
        str,
        typer.Option(
            "--intent", metavar="WORD", help="lift, wrinkles, pain or wound. Default: the plan's."
        ),
    ] = "",
    sittings: Annotated[
        int | None,
        typer.Option(
            "--sittings", min=1, max=1000, help="Sittings in the course. Default: the plan's, else 16."
        ),
    ] = None,
    per_week: Annotated[
        float | None,
        typer.Option("--per-week", min=0.1, max=21, help="Sittings a week. Default: the plan's, else 2."),
    ] = None,
    plan: Annotated[
        Path | None,
        typer.Option("--plan", metavar="PLAN", help="A plan file: its intent, course and current."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", help="Write the picture into this folder, too."),
    ] = None,
    json: Json = False,
) -> None:
    """Say what a course may bring, beside a sham twin: intervals, grade, sources, what would change it."""
    wanted = workflow.ExpectationWanted(intent=intent, sittings=sittings, per_week=per_week, plan=plan)
    expectation = workflow.expect(wanted)
    picture = workflow.draw_expectation(expectation, out) if out else None
    if json:
        shown = {"file": str(picture[0]), "alternative": picture[1]} if picture else None
        show_json({"expectation": expectation, "picture": shown})
        return
    _show(expectation)
    if picture:
        output.print(f"Written: {picture[0]}", soft_wrap=True)


def _show(expectation: Expectation) -> None:
    model = expectation.model
    output.print(f"{model.title}: {model.measure} ({model.better} is better)", soft_wrap=True)
    output.print(
        f"Evidence: level {model.level}, certainty {model.certainty}; {model.population}; {model.species} "
        f"[{', '.join(model.sources)}; {model.confidence}]",
        soft_wrap=True,
    )
    table(
        f"{expectation.sittings} sittings, {expectation.per_week:g} a week (90 % interval)",
        ("after", "with current", "with sham", "what the current itself adds"),
        ((_when(expectation, p), *(_known(e) for e in (p.active, p.sham, p.difference)))
         for p in _some(expectation.points)),
    )  # fmt: skip
    if expectation.sham_share:
        share = units.write(expectation.sham_share.value, "fraction", digits=2)
        output.print(f"Of the change at the end, sham gives about {share} as well.")
    _show_importance(expectation)
    for remark in (*expectation.remarks, model.note):
        output.print(f"! {remark}", soft_wrap=True)
    for dose in model.doses:
        output.print(f"dose: {dose.finding} [{', '.join(dose.sources)}; {dose.confidence}]", soft_wrap=True)
    for trial in model.trials:
        people = f", {trial.people} people" if trial.people else ""
        output.print(
            f"found: {trial.study} ({trial.design}{people}): {trial.result} "
            f"[{', '.join(trial.sources)}; {trial.confidence}]",
            soft_wrap=True,
        )
    output.print(f"What would change this: {model.would_change}", soft_wrap=True)


def _show_importance(expectation: Expectation) -> None:
    found = expectation.important
    if found is None:
        return
    active, sham, more = (written(e) for e in (found.active, found.sham, found.difference))
    output.print(
        f"People who change by {abs(found.threshold):g} points, the least that matters: "
        f"with current {active}, with sham {sham}; {more} more with current. "
        "The chance that the current itself adds as much, on average: "
        f"{units.write(found.net, 'fraction', digits=1)}.",
        soft_wrap=True,
    )


def _some(points: tuple[ExpectedPoint, ...]) -> list[ExpectedPoint]:
    """About `_ROWS` points, the last among them, and none at the start where nothing has happened."""
    kept = [p for p in points if p.time > 0 or p.difference is None]
    step = -(-len(kept) // _ROWS)
    return kept[::-1][::step][::-1]


def _when(expectation: Expectation, point: ExpectedPoint) -> str:
    if expectation.model.clock == "sittings":
        return f"{point.sitting} sittings"
    return units.write(point.time, "time")


def _known(estimate: Estimate | None) -> str:
    return "?" if estimate is None else written(estimate)
