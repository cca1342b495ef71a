"""sweep, uncertainty: a plan on many virtual people, and which input would narrow its intervals."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microcurrent import units, workflow
from microcurrent.cli.console import output, progress, show_json
from microcurrent.cli.options import Bases, Json, PlanFile, bases_path
from microcurrent.cli.tables import table, written
from microcurrent.model.uncertainty import FigureSpread, Uncertainty

People = Annotated[
    int, typer.Option("--people", min=32, max=100_000, help="Virtual people that the plan is solved on.")
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Which people: equal seeds, equal people.")]
Workers = Annotated[
    int | None,
    typer.Option("--workers", min=1, max=256, help="Processes that solve. Default: one on every core."),
]
Scheduler = Annotated[
    str,
    typer.Option(
        "--scheduler", metavar="ADDRESS", help="Solve on this dask cluster, such as tcp://host:8786."
    ),
]
OnBasis = Annotated[
    bool,
    typer.Option(
        "--on-basis",
        help="Solve on the stored surface basis that fits: all but tissue differs between people.",
    ),
]
Out = Annotated[
    Path, typer.Option("--out", metavar="FOLDER", help="Where people are kept, and a sweep goes on.")
]
#: Figures that the table shows; all of them are in the JSON and the file.
_SHOWN = ("charge per area", "voltage", "peak current density", "resistance", "field, 1 % is above")
#: Inputs listed under a figure, and the least total index that is listed.
_MOST, _LEAST = 5, 0.01


def sweep(
    plans: Annotated[list[Path], typer.Argument(metavar="PLAN...", help="Plan files (TOML).")],
    *,
    people: People = 1000,
    seed: Seed = 1,
    workers: Workers = None,
    scheduler: Scheduler = "",
    on_basis: OnBasis = False,
    bases: Bases = None,
    out: Out = Path("out"),
    json: Json = False,
) -> None:
    """Solve plans on many virtual people, on all cores or a cluster; go on where a sweep was stopped."""
    wanted = workflow.SweepWanted(
        out=out, people=people, seed=seed, workers=workers, scheduler=scheduler,
        bases=bases_path(bases) if on_basis else None,
    )  # fmt: skip
    found = []
    for plan in plans:
        with progress(plan.name, shown=not json) as report:
            found.append(workflow.sweep_plan(plan, wanted, on_progress=report))
        if not json:
            one = found[-1]
            left_out = f", {one.unsolved} of them without figures" if one.unsolved else ""
            output.print(f"{one.title}: {one.people} people{left_out}. Written: {one.file}", soft_wrap=True)
    if json:
        show_json(
            [
                {"title": o.title, "study": o.study, "people": o.people, "unsolved": o.unsolved,
                 "file": str(o.file)}
                for o in found
            ]
        )  # fmt: skip


def uncertainty(
    plan: PlanFile,
    *,
    people: People = 256,
    figure: Annotated[
        list[str],
        typer.Option(
            "--figure", metavar="TEXT", help="Rank the figures with this in their name. Repeatable."
        ),
    ] = [],  # noqa: B006  typer reads the default, nothing changes it
    emulate: Annotated[
        bool, typer.Option("--emulate", help="Intervals by emulators: few people, where one takes long.")
    ] = False,
    seed: Seed = 1,
    workers: Workers = None,
    scheduler: Scheduler = "",
    on_basis: OnBasis = False,
    bases: Bases = None,
    out: Out = Path("out"),
    json: Json = False,
) -> None:
    """Say how the figures of a plan spread over people, and which input to measure to narrow them."""
    wanted = workflow.SweepWanted(
        out=out, people=people, seed=seed, workers=workers, scheduler=scheduler,
        bases=bases_path(bases) if on_basis else None,
    )  # fmt: skip
    ranked = workflow.RankingWanted(figures=tuple(figure), emulate=emulate)
    with progress("Virtual people", shown=not json) as report:
        found, files, alternative = workflow.uncertainty_of(plan, wanted, ranked, on_progress=report)
    if json:
        show_json(
            {"uncertainty": found, "files": [str(file) for file in files], "alternative": alternative}
        )
        return
    _show(found)
    for file in files:
        output.print(f"Written: {file}", soft_wrap=True)


def _show(found: Uncertainty) -> None:
    table(
        f"{found.people} virtual people (90 % interval)",
        ("figure", "middle and interval"),
        (
            (spread.figure, written(spread.estimate))
            for spread in found.spreads
            if spread.influences or any(words in spread.figure for words in _SHOWN)
        ),
    )
    for spread in found.spreads:
        if spread.influences:
            _show_ranking(spread)
    for warning in found.warnings:
        output.print(f"! {warning}", soft_wrap=True)


def _show_ranking(spread: FigureSpread) -> None:
    worth = [one for one in spread.influences[:_MOST] if one.total.value >= _LEAST]
    table(
        f"{spread.figure}: measure this to narrow it",
        ("input", "share of the spread, alone", "with all it does together with others"),
        ((one.input, written(one.first), written(one.total)) for one in worth or spread.influences[:1]),
    )
    explained = units.write(spread.explained or 0.0, "fraction", digits=3)
    output.print(
        f"The emulator behind this foretells {explained} of the variance of people it never saw.\n"
    )
