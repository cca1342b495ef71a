"""How plans, exposures, findings and sittings look in a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.table import Table

from microcurrent import units
from microcurrent.cli.console import output
from microcurrent.model.exposure import Estimate, Prediction
from microcurrent.model.limits import Assessment
from microcurrent.model.plan import Path, Placement, Plan
from microcurrent.model.screening import Screening

#: Verdicts with a sign and a word, so that none hangs on colour.
SIGNS = {"ok": "✓ ok", "unknown": "? open", "warn": "! warn", "stop": "✗ stop"}
_COLOURS = {"ok": "green", "unknown": "cyan", "warn": "yellow", "stop": "bold red"}


def table(title: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print a table."""
    drawn = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*row)
    output.print(drawn)


def written(estimate: Estimate) -> str:
    """Return a value and its 90 % interval in words."""
    value = units.write(estimate.value, estimate.dimension, digits=2)
    if estimate.low == estimate.high:
        return value
    return f"{value} ({units.write_interval(estimate.low, estimate.high, estimate.dimension)})"


def where(part: Placement | Path) -> str:
    """Return an electrode and where it stands or glides."""
    return f"{part.electrode}: " + " → ".join(part.sites)


def show_plan(plan: Plan) -> None:
    """Print the steps of a plan."""
    output.print(
        f"{plan.title} — {plan.intent}, on {plan.body}; {units.write(plan.duration, 'time')} in all"
    )
    table(
        "Steps",
        ("", "system", "what", "current", "time", "anode / first", "cathode / second"),
        (
            (
                str(step.number), step.system, f"{step.do}, {step.stimulus.waveform.name}",
                units.write(step.stimulus.peak, "current"), units.write(step.stimulus.duration, "time"),
                where(step.anode), where(step.cathode),
            )
            for step in plan.steps
        ),
    )  # fmt: skip
    output.print(f"Digest {plan.digest}")


def show_prediction(prediction: Prediction) -> None:
    """Print what every tissue receives."""
    for step in prediction.exposure.steps:
        table(
            f"Step {step.number}: what tissue near the probes receives at the peak (90 % interval)",
            ("tissue", "field, median", "field, 99 %", "density, 99 %", "share of the current half-way"),
            (
                (
                    t.tissue, written(t.field_median), written(t.field_p99), written(t.density_p99),
                    written(dict(step.tissue_share)[t.tissue]),
                )
                for t in step.tissues
            ),
        )  # fmt: skip
        table(
            f"Step {step.number}: the skin under the probes",
            ("electrode", "contact", "density, peak", "density, direct", "net charge", "all charge"),
            (
                (
                    c.electrode, written(c.area), written(c.peak_density), written(c.dc_density),
                    written(c.net_charge_density), written(c.absolute_charge_density),
                )
                for c in step.contacts
            ),
        )  # fmt: skip
        output.print(
            f"Voltage needed {written(step.voltage)}; tissue between the probes "
            f"{written(step.tissue_resistance)}.\n"
        )
    for warning in prediction.warnings:
        output.print(f"! {warning}")


def show_inputs(prediction: Prediction) -> None:
    """Print the numbers that a prediction rests on, with range, source and confidence."""
    table(
        "What the figures rest on",
        ("input", "value", "range", "source", "confidence"),
        (
            (
                given.name,
                units.write(given.value, given.dimension),
                units.write_interval(given.low, given.high, given.dimension),
                given.source,
                given.confidence,
            )
            for given in prediction.inputs
        ),
    )


def show_screening(screening: Screening) -> None:
    """Print the outcome of a screening and every finding."""
    output.print(f"Screening on {screening.date}: {screening.outcome}")
    found = [f for f in screening.findings if f.outcome != "clear"]
    if found:
        table(
            "Findings",
            ("question", "outcome", "until", "why", "sources"),
            (
                (f.id, f.outcome, f.until, f.reason + (f" [{f.conflict}]" if f.conflict else ""),
                 ", ".join(f.sources))
                for f in found
            ),
        )  # fmt: skip
    for id_ in screening.unanswered:
        output.print(f"? {id_}: not answered")


def show_assessment(assessment: Assessment, *, everything: bool) -> None:
    """Print the findings: those that need a decision, or all of them."""
    for finding in assessment.findings:
        if everything or finding.verdict != "ok":
            sources = f" [{', '.join(finding.source)}]" if finding.source else ""
            where = f" ({finding.where})" if finding.where else ""
            output.print(
                f"{SIGNS[finding.verdict]}  {finding.rule}{where}", style=_COLOURS[finding.verdict]
            )
            output.print(f"        {finding.reason}{sources}", soft_wrap=True)
    counts = ", ".join(f"{len(assessment.having(v))} {SIGNS[v]}" for v in SIGNS)
    output.print(f"Assessment: {SIGNS[assessment.verdict]} ({counts})")
