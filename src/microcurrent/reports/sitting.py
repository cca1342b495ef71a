"""The report of one sitting: what was planned, predicted, agreed, delivered and felt, on one page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NotRequired, TypedDict, Unpack

from microcurrent.model import (
    Approval,
    Assessment,
    Client,
    Plan,
    Prediction,
    SameDay,
    Screening,
    Sitting,
)
from microcurrent.planning.fields import Fields
from microcurrent.reports import wording
from microcurrent.reports.agreed import (
    approval_section,
    assessment_section,
    same_day_section,
    screening_section,
)
from microcurrent.reports.content import Facts, Section, SittingReport
from microcurrent.reports.delivered import delivered_section, felt_section, given
from microcurrent.reports.planned import planned_section
from microcurrent.reports.predicted import predicted_section
from microcurrent.reports.provenance import cited, digests_section, inputs_section, references_section
from microcurrent.units import write


class SittingNouns(TypedDict):
    """What the report of a sitting is made from.

    `references` maps the ids of sources to citations; `head` is the digest of the last entry on
    record. Screening, approval, sitting and fields may be None where there are none; `today`: the answers
    to the questions of the day, None where they were not asked.
    """

    plan: Plan
    prediction: Prediction
    assessment: Assessment
    screening: Screening | None
    approval: Approval | None
    sitting: Sitting | None
    fields: Fields | None
    references: Mapping[str, str]
    head: str
    client: Client
    today: NotRequired[SameDay | None]


def sitting_report(**nouns: Unpack[SittingNouns]) -> SittingReport:
    """Return the content of the report; `html.write_html` and `pdf.write_pdf` make it a file.

    Takes every name of `SittingNouns`. Without a sitting it is the sheet of a plan; without fields
    there are no drawings of the body. Links between the nouns that do not hold are shown, not hidden.
    """
    plan, prediction, assessment = nouns["plan"], nouns["prediction"], nouns["assessment"]
    screening, approval, sitting = nouns["screening"], nouns["approval"], nouns["sitting"]
    head = nouns["head"]
    about = "Report of a sitting" if sitting else "Sheet of a plan"
    return SittingReport(
        title=plan.title,
        subtitle=f"{about}. Client {nouns['client'].pseudonym}. {_when(sitting)}".strip(),
        banner=wording.BANNER,
        footer=f"{plan.title} · plan {plan.digest[:12]} · head {head[:12] or 'none'}",
        sections=(
            _summary(nouns),
            planned_section(plan),
            screening_section(screening),
            *((same_day_section(nouns.get("today")),) if sitting else ()),
            predicted_section(plan, prediction, nouns["fields"]),
            assessment_section(assessment),
            approval_section(approval, assessment),
            delivered_section(plan, sitting),
            felt_section(sitting),
            inputs_section(prediction),
            references_section(cited(prediction, assessment, screening), nouns["references"]),
            digests_section(
                plan, prediction, assessment, screening=screening, approval=approval, head=head
            ),
        ),
    )


def _when(sitting: Sitting | None) -> str:
    if sitting is None or not sitting.events:
        return ""
    return f"{wording.moment(sitting.events[0].utc)}."


def _summary(nouns: SittingNouns) -> Section:
    plan, screening, approval = nouns["plan"], nouns["screening"], nouns["approval"]
    planned = sum(abs(step.stimulus.net_charge) for step in plan.steps)
    outcome = wording.screening_outcome(screening.outcome) if screening else "none on record"
    if screening and screening.cleared:
        outcome += f"; cleared by a clinician: {', '.join(f.id for f in screening.cleared)}"
    return Section(
        title="In short",
        blocks=(
            Facts(
                pairs=(
                    ("Planned", f"{_count(plan)}, {write(plan.duration, 'time')}, up to "
                     f"{write(max(step.stimulus.peak for step in plan.steps), 'current')}, "
                     f"{wording.charge(planned)} one way"),
                    ("Screening", outcome),
                    ("Limits", wording.verdict(nouns["assessment"].verdict)),
                    ("Agreed by", f"{approval.by}, {approval.role}" if approval else "nobody"),
                    ("Delivered", _delivered(plan, nouns["sitting"])),
                )
            ),
        ),
    )  # fmt: skip


def _count(plan: Plan) -> str:
    return "1 step" if len(plan.steps) == 1 else f"{len(plan.steps)} steps"


def _delivered(plan: Plan, sitting: Sitting | None) -> str:
    if sitting is None:
        return "not yet"
    parts = [given(sitting, step.number) for step in plan.steps]
    charge = sum(abs(part.net_charge or 0.0) for part in parts)
    seconds = sum(part.time or 0.0 for part in parts)
    wanted = sum(step.stimulus.duration for step in plan.steps)
    adverse = [str(e.figure("adverse")) for e in sitting.events if e.figure("adverse")]
    return (
        f"{write(seconds, 'time')} of {write(wanted, 'time')} of current, "
        f"{wording.charge(charge)} one way; sitting {sitting.id} was {wording.ENDINGS[sitting.ending]}"
        + "".join(f"; adverse event: {what}" for what in adverse)
    )
