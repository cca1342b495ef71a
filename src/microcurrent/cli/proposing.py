"""plan propose, plan intents: a plan from what it is for, on whom, with which device."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microcurrent import units, workflow
from microcurrent.cli.bases import announce_compiling
from microcurrent.cli.console import building, output, progress, say, show_json
from microcurrent.cli.options import (
    SAMPLES,
    AcceptWarnings,
    Json,
    Profiles,
    Records,
    Samples,
    actor,
    records_path,
)
from microcurrent.cli.tables import show_assessment, table
from microcurrent.model.proposal import Chosen, Proposal
from microcurrent.workflow import PlanProposed


def propose(
    *,
    intent: Annotated[str, typer.Option("--intent", help="What for: see `microcurrent plan intents`.")],
    body: Annotated[str, typer.Option("--body", help="On which body: a name or a file.")] = "face",
    labels: Annotated[
        Path | None, typer.Option("--labels", metavar="FILE", help="Label map of a body from an image.")
    ] = None,
    side: Annotated[str, typer.Option("--side", help="left, right or both.")] = "both",
    device: Annotated[
        str, typer.Option("--device", metavar="NAME", help="A device: see `microcurrent device list`.")
    ] = "",
    target: Annotated[
        list[str],
        typer.Option(
            "--target",
            metavar="WHAT",
            help='A muscle, "TISSUE under ZONE" or "TISSUE around SITE" in place of the usual targets. '
            "Repeatable.",
        ),
    ] = [],  # noqa: B006  typer reads the default, nothing changes it
    minutes: Annotated[
        float | None, typer.Option("--minutes", min=1, max=240, help="Time of the sitting.")
    ] = None,
    current: Annotated[
        str, typer.Option("--current", metavar="CURRENT", help='Largest peak current, such as "100 uA".')
    ] = "",
    steps: Annotated[int, typer.Option("--steps", min=1, max=40, help="Most holds and glides.")] = 8,
    do: Annotated[
        str, typer.Option("--do", help="any, hold, or glide: only the moves of the programs.")
    ] = "any",
    probe: Annotated[str, typer.Option("--probe", help="Diameter of the round probes.")] = "12 mm",
    profile: Profiles = [],  # noqa: B006  typer reads the default, nothing changes it
    accept_warnings: AcceptWarnings = False,
    author: Annotated[str, typer.Option("--author", help="Who writes this plan.")] = "",
    samples: Samples = SAMPLES,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The plan file to write; it must not exist.")
    ] = Path("proposed.toml"),
    records: Records = None,
    json: Json = False,
) -> None:
    """Propose a plan: sites, paths, currents and times that serve its targets best under every limit."""
    wanted = workflow.ProposalWanted(
        intent=intent, body=body, labels=labels, side=side, device=device, targets=tuple(target),
        minutes=minutes, current=units.read(current, "current") if current else None, steps=steps,
        probe=units.read(probe, "length"), profiles=tuple(profile), accept_warnings=accept_warnings,
        author=author, samples=samples, do=do,
    )  # fmt: skip
    announce_compiling(basis=False)
    with (
        workflow.Workspace(records_path(records)) as workspace,
        progress("Proposing", shown=not json) as bar,
    ):
        found = workflow.propose_plan(
            wanted, out, workspace=workspace, actor=actor(), on_step=building, on_progress=bar
        )
    if json:
        show_json({"proposal": found.proposal, "file": str(found.file), "assessment": found.assessment})
        return
    _show(found)
    say(f"Next: microcurrent plan check {out}; then screen, approve and deliver it like any plan.")


def intents(json: Json = False) -> None:
    """List what a plan can be proposed for, and what not, with the evidence."""
    found = workflow.list_intents()
    if json:
        show_json(found)
        return
    table(
        "What a treatment can be for",
        ("intent", "what", "evidence", "proposed"),
        ((one.name, one.title, one.grade, f"no: {one.refusal}" if one.refusal else "yes") for one in found),
    )


def _show(found: PlanProposed) -> None:
    proposal = found.proposal
    _show_chosen(proposal)
    output.print(
        f"Least served target: {units.write(proposal.strength, 'field time', digits=3)} of field times "
        f"time, {100 * proposal.certified:.0f} % of what any mixture of the {proposal.candidates} holds "
        f"and glides looked at could give it. A rule of placement refused {proposal.refused} more.",
        soft_wrap=True,
    )
    _show_binding(proposal)
    _show_tradeoffs(proposal)
    show_assessment(found.assessment, everything=False)
    intent = found.intent
    output.print(
        f"Evidence: {intent.grade}. {intent.evidence} Sources: {', '.join(intent.source)}.", soft_wrap=True
    )
    output.print(
        "The field is what tissue receives. That more field does more good is not known; some studies saw "
        "the opposite.",
        soft_wrap=True,
    )
    for note in found.notes:
        output.print(f"! {note}", soft_wrap=True)
    output.print(f"Written: {found.file}", soft_wrap=True)


def _show_chosen(proposal: Proposal) -> None:
    names = tuple(dict.fromkeys(target.words for target in proposal.targets))
    per_side = len(proposal.chosen[0].field)
    heads = names if len(names) == per_side else tuple(_without_side(name) for name in names[:per_side])
    table(
        f"Proposed for {proposal.intent} with {proposal.device}, {proposal.minutes:g} min: mean field at "
        "the peak",
        ("between", "and", "current", "time", *heads, "held there by"),
        (_chosen_row(one) for one in proposal.chosen),
    )


def _without_side(name: str) -> str:
    return name.removesuffix(" left").removesuffix(" right")


def _chosen_row(one: Chosen) -> tuple[str, ...]:
    return (
        " to ".join(one.first),
        " to ".join(one.second),
        units.write(one.current, "current"),
        units.write(one.seconds, "time", digits=3),
        *(units.write(value, "field", digits=2) for value in one.field),
        one.capped_by,
    )


def _show_binding(proposal: Proposal) -> None:
    table(
        "What binds: how much more the least served target would get if this alone were a tenth looser",
        ("limit", "level", "gain", "rule"),
        ((one.title, one.level, f"{100 * one.gain:.1f} %", one.rule) for one in proposal.binding),
    )


def _show_tradeoffs(proposal: Proposal) -> None:
    table(
        "What else could be had (one side): no point is beaten in all three",
        ("", "strength", "selectivity", "charge on the most loaded skin", "holds"),
        (
            (one.title, units.write(one.strength, "field time", digits=3), f"{one.selectivity:.2f}",
             units.write(one.collateral, "charge density", digits=2), str(one.holds))
            for one in proposal.tradeoffs
        ),
    )  # fmt: skip
