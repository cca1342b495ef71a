"""How plans, exposures, findings and sittings look in a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.table import Table

from microcurrent import units, workflow
from microcurrent.cli.console import output
from microcurrent.model.exposure import Estimate, Prediction
from microcurrent.model.limits import Assessment
from microcurrent.model.plan import Path, Placement, Plan
from microcurrent.model.screening import SameDay, Screening
from microcurrent.model.sitting import Event

#: Verdicts with a sign and a word, so that none hangs on colour.
SIGNS = {"ok": "✓ ok", "unknown": "? open", "warn": "! warn", "stop": "✗ stop"}
_COLOURS = {"ok": "green", "unknown": "cyan", "warn": "yellow", "stop": "bold red"}


def table(
    title: str, columns: Iterable[str], rows: Iterable[Iterable[str]], *, whole: tuple[str, ...] = ()
) -> None:
    """Print a table; columns named in `whole` are never broken over lines."""
    drawn = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        drawn.add_column(column, overflow="fold", no_wrap=column in whole)
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
    mode = "" if plan.mode == "microcurrent" else f"; mode {plan.mode}"
    output.print(
        f"{plan.title} — {plan.intent}, on {plan.body}; {units.write(plan.duration, 'time')} in all{mode}"
    )
    table(
        "Steps",
        ("", "system", "what", "current", "time", "anode / first", "cathode / second"),
        (
            (
                str(step.number), " + ".join(step.systems), f"{step.do}, {step.stimulus.waveform.name}",
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
            f"Step {step.number}: field in the tissue near the probes at the peak (90 % interval)",
            ("tissue", "half is above", "1 % is above", "density, 1 % is above", "share of the current"),
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
        first = step.contacts[0]
        inside = first.peak_density.value * first.area.value * step.tissue_resistance.value
        output.print(
            f"Voltage needed {written(step.voltage)}, of which the tissue between the probes takes "
            f"{units.write(inside, 'voltage', digits=2)} ({written(step.tissue_resistance)}); "
            "the rest is the skin under them.\n"
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


def show_event(event: Event) -> str:
    """Return the figures of an event in words, with their units."""
    words = []
    for name, figure in event.figures:
        dimension = _DIMENSIONS.get(name)
        shown = f"{figure:g}" if isinstance(figure, float) else f"{figure}"
        if dimension and isinstance(figure, float):
            shown = units.write(figure, dimension)
        words.append(f"{name.replace('_', ' ')} {shown}")
    return ", ".join(words)


#: The dimension of each figure of an event, by its name.
_DIMENSIONS = {
    "lease": "time",
    "duration": "time",
    "elapsed": "time",
    "unmeasured_time": "time",
    "peak": "current",
    "mean": "current",
    "rms": "current",
    "output": "current",
    "commanded_peak": "current",
    "net_charge": "charge",
    "absolute_charge": "charge",
    "unmeasured_charge": "charge",
    "voltage": "voltage",
    "impedance": "resistance",
}


def show_screening(screening: Screening) -> None:
    """Print the outcome of a screening, or of the questions of the day, and every finding."""
    what = "Questions of the day" if isinstance(screening, SameDay) else "Screening"
    output.print(f"{what} on {screening.date}: {screening.outcome}")
    for f in screening.findings:
        if f.outcome != "clear":
            until = f" until {f.until}" if f.until else ""
            conflict = f" Sources differ: {f.conflict.rstrip('.')}." if f.conflict else ""
            output.print(f"✗ {f.id}: {f.outcome}{until}")
            output.print(
                f"        {f.reason.rstrip('.')}.{conflict} [{', '.join(f.sources)}]", soft_wrap=True
            )
    for f in screening.cleared:
        told = f"! {f.id}: cleared by {f.cleared_by}, {f.clearance} (else {f.overruled})"
        output.print(told, soft_wrap=True)
    for id_ in screening.unanswered:
        output.print(f"? {id_}: not answered")


def show_zones(zones: Iterable[workflow.ZoneShown]) -> None:
    """Print the zones with something against them beside those that the plan treats; or nothing."""
    shown = tuple(zones)
    if not any(zone.findings for zone in shown):
        return
    table(
        "Zones", ("zone", "the plan", "what stands in it"),
        (
            (
                zone.zone, "treats it" if zone.treated else "spares it",
                ", ".join(f"{f.standing} ({f.id})" for f in zone.findings) or "nothing",
            )
            for zone in shown
            if zone.findings or zone.treated
        ),
    )  # fmt: skip


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
