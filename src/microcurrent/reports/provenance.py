"""Where the numbers come from: inputs, references, digests, versions."""

from __future__ import annotations

from collections.abc import Mapping

from microcurrent import __version__
from microcurrent.model import (
    Approval,
    Assessment,
    Input,
    Plan,
    Prediction,
    Screening,
    digest,
)
from microcurrent.reports import wording
from microcurrent.reports.content import Facts, Notice, Paragraph, Section, Table
from microcurrent.units import UNITS, write, write_interval


def inputs_section(prediction: Prediction) -> Section:
    """Return the section on every number that the prediction rests on."""
    return Section(
        title="Numbers the prediction rests on",
        blocks=(
            Table(
                caption="Inputs with their range. The range is what the 90 % intervals come from.",
                columns=(("Input", "text"), ("Value", "figures"), ("Range", "figures"), ("Source", "text"),
                         ("How sure", "text")),
                rows=tuple(
                    (
                        entry.name, _value(entry), _range(entry), entry.source,
                        wording.confidence(entry.confidence),
                    )
                    for entry in prediction.inputs
                ),
            ),
        ),
    )  # fmt: skip


def _value(entry: Input) -> str:
    if entry.dimension not in UNITS:
        return f"{entry.value:.3g}"
    return write(entry.value, entry.dimension)


def _range(entry: Input) -> str:
    if entry.dimension not in UNITS:
        return f"{entry.low:.3g} to {entry.high:.3g}"
    return write_interval(entry.low, entry.high, entry.dimension)


def references_section(ids: tuple[str, ...], references: Mapping[str, str]) -> Section:
    """Return the section that says what each source id stands for."""
    rows = tuple((id_, references.get(id_, "not in the list of references")) for id_ in ids)
    return Section(
        title="Sources",
        blocks=(
            Table(
                caption="Sources cited in this report.",
                columns=(("Id", "text"), ("Citation", "text")),
                rows=rows,
            )
            if rows
            else Paragraph(text="No source is cited."),
        ),
    )


def cited(prediction: Prediction, assessment: Assessment, screening: Screening | None) -> tuple[str, ...]:
    """Return the ids of all sources cited, each once, in order of their letters."""
    ids = {source for finding in assessment.findings for source in finding.source}
    ids |= {entry.source for entry in prediction.inputs}
    if screening is not None:
        ids |= {source for finding in screening.findings for source in finding.sources}
    return tuple(sorted(ids))


def digests_section(
    plan: Plan,
    prediction: Prediction,
    assessment: Assessment,
    *,
    screening: Screening | None,
    approval: Approval | None,
    head: str,
) -> Section:
    """Return the section by which every noun of this report can be found again and checked."""
    named = (
        ("Plan", plan.digest),
        ("Prediction", digest(prediction)),
        ("Assessment", digest(assessment)),
        ("Screening", digest(screening) if screening else "none"),
        ("Approval", digest(approval) if approval else "none"),
        ("Tables", prediction.tables),
        ("Body", prediction.body),
        ("Fields", prediction.fields),
        ("Head of the records", head or "none"),
    )
    return Section(
        title="How to check this report",
        blocks=(
            Paragraph(
                text="Each digest (SHA-256) names exactly one content. The head stands for everything that "
                "was on record when this report was made: keep it, and a later check of the records can "
                "show that nothing before it was changed or cut off."
            ),
            Facts(pairs=named, code=True),
            Facts(
                pairs=(
                    ("Program", f"microcurrent {__version__}"),
                    ("Method of prediction", prediction.method),
                    ("Grid", f"{prediction.cells:,} cells"),
                    ("Samples for the intervals", f"{prediction.samples}, seed {prediction.seed}"),
                    ("Methods named by the plan", plan.methods or "none"),
                )
            ),
            *_broken(plan, prediction, assessment, approval=approval),
        ),
    )


def _broken(
    plan: Plan, prediction: Prediction, assessment: Assessment, *, approval: Approval | None
) -> tuple[Notice, ...]:
    """A notice for each link that does not hold: the report says so instead of looking whole."""
    links = [
        ("The prediction", "plan", prediction.plan, plan.digest),
        ("The assessment", "plan", assessment.plan, plan.digest),
        ("The assessment", "prediction", assessment.prediction, digest(prediction)),
    ]
    if approval is not None:
        links += [
            ("The approval", "plan", approval.plan, plan.digest),
            ("The approval", "prediction", approval.prediction, digest(prediction)),
            ("The approval", "assessment", approval.assessment, digest(assessment)),
        ]
    return tuple(
        Notice(tone="stop", text=f"✕ {who} names another {what} ({named[:12]}) than this one ({is_[:12]}).")
        for who, what, named, is_ in links
        if named != is_
    )
