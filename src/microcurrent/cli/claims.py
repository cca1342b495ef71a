"""claims: what is said of microcurrent, answered by computing it or by the evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microcurrent import workflow
from microcurrent.cli.console import building, output, progress, show_json
from microcurrent.cli.options import SAMPLES, Json, Samples
from microcurrent.cli.tables import table, written
from microcurrent.model.claim import ClaimAnswer


def claims(
    numbers: Annotated[
        list[str] | None, typer.Argument(metavar="[NUMBER]...", help="1 to 28, or a to k. Default: all.")
    ] = None,
    *,
    quick: Annotated[
        bool, typer.Option("--quick", help="Compute on a flat block of cheek instead of face and forearm.")
    ] = False,
    samples: Samples = SAMPLES,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="Write them as a page and as data, too.")
    ] = None,
    json: Json = False,
) -> None:
    """Answer the claims made of microcurrent: computed where it can be, else by evidence, with sources."""
    wanted = workflow.ClaimsWanted(numbers=tuple(numbers or ()), quick=quick, samples=samples)
    with progress("Computing", shown=not json) as report:
        answers = workflow.answer_claims(wanted, on_step=building, on_progress=report)
    paths = workflow.write_claims(answers, out) if out else ()
    if json:
        show_json({"answers": answers, "files": [str(path) for path in paths]})
        return
    for answer in answers:
        _show(answer, figures=bool(numbers))
    for path in paths:
        output.print(f"Written: {path}", soft_wrap=True)


def _show(answer: ClaimAnswer, *, figures: bool) -> None:
    """Print one answer; its figures only where single claims were asked for."""
    claim = answer.claim
    output.print(f"{claim.number}: {claim.quoted}", soft_wrap=True)
    output.print(f"    {claim.finding}", soft_wrap=True)
    if answer.verdict:
        output.print(f"    Computed: {answer.verdict}", soft_wrap=True)
    output.print(
        f"    Grade: {claim.grade} [{', '.join(claim.sources)}; {claim.confidence}]\n", soft_wrap=True
    )
    if figures and answer.figures:
        table(
            f"What {claim.number} rests on",
            ("figure", "value (90 % interval)", "source"),
            (
                (
                    figure.name, figure.text or (written(figure.estimate) if figure.estimate else ""),
                    ", ".join(figure.sources),
                )
                for figure in answer.figures
            ),
        )  # fmt: skip
