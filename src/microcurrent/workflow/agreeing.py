"""Approve: a named person's consent to exactly one plan, prediction, screening and table version."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from microcurrent import tables
from microcurrent.errors import ApprovalRefused, AssessmentRefused, ScreeningRefused
from microcurrent.model.approval import Approval
from microcurrent.model.digest import digest
from microcurrent.model.exposure import Prediction
from microcurrent.model.limits import Assessment
from microcurrent.model.plan import Plan
from microcurrent.model.screening import Screening
from microcurrent.workflow.workspace import Workspace

MEANING = (
    "I have read the plan, its prediction and every finding, I accept the warnings named here, "
    "and I agree that this plan is delivered until the date given."
)


@dataclass(frozen=True, kw_only=True)
class Consent:
    """Who agrees: `by` in `role`, `given` at (UTC), until the end of the day `until`.

    `accept_warnings`: whether every warning and open question of the assessment is accepted.
    """

    by: str
    role: str
    given: datetime.datetime
    until: datetime.date
    accept_warnings: bool


def approve(
    plan: Plan,
    consent: Consent,
    *,
    evidence: tuple[Screening, Prediction, Assessment],
    workspace: Workspace,
) -> Approval:
    """Record a person's consent to exactly this plan, for the client who was screened, and return it.

    `evidence`: the screening, prediction and assessment that the person saw. Raises
    `ScreeningRefused`, `AssessmentRefused` or `ApprovalRefused` where there is nothing to agree to:
    a contraindication stands, a limit is passed, the three do not belong together, or a warning
    stands that was not accepted.
    """
    screening, prediction, assessment = evidence
    check_evidence(plan, evidence)
    open_points = (*assessment.having("warn"), *assessment.having("unknown"))
    if open_points and not consent.accept_warnings:
        listed = "; ".join(f"{f.rule} ({f.where})" for f in open_points)
        raise ApprovalRefused(
            f"{len(open_points)} warning(s) or open question(s) stand: {listed}. "
            "Read them in the assessment; approve with --accept-warnings if you accept every one."
        )
    approval = Approval(
        plan=plan.digest,
        prediction=digest(prediction),
        assessment=digest(assessment),
        screening=digest(screening),
        tables=tables.digest(),
        client=screening.client,
        by=consent.by,
        role=consent.role,
        given=consent.given.isoformat(timespec="seconds"),
        until=consent.until.isoformat(),
        meaning=MEANING,
        warnings=tuple(dict.fromkeys(f.rule for f in open_points)),
    )
    workspace.keep(plan, actor=consent.by)
    workspace.keep(approval, actor=consent.by)
    return approval


def check_evidence(plan: Plan, evidence: tuple[Screening, Prediction, Assessment]) -> None:
    """Return quietly where nothing in the evidence forbids the plan; raises what `approve` raises."""
    screening, prediction, assessment = evidence
    check_screening(plan, screening)
    _check_belonging(plan, prediction, assessment)
    stops = assessment.having("stop")
    if stops:
        listed = "; ".join(f"{f.rule} ({f.where}): {f.reason}" for f in stops)
        raise AssessmentRefused(f"This plan passes {len(stops)} limit(s) and cannot be approved: {listed}.")


def check_screening(plan: Plan, screening: Screening) -> None:
    """Return quietly where the client is clear for this plan; `ScreeningRefused` says why not."""
    missing = {step.system for step in plan.steps} - set(screening.systems)
    if missing:
        raise ScreeningRefused(f"The screening did not ask about {', '.join(sorted(missing))} current.")
    if screening.outcome == "clear":
        return
    reasons = [f"{f.id} ({f.outcome}): {f.reason}" for f in screening.findings if f.outcome != "clear"]
    reasons += [f"{id_}: not answered" for id_ in screening.unanswered]
    raise ScreeningRefused(f"The screening says {screening.outcome}: " + "; ".join(reasons) + ".")


def _check_belonging(plan: Plan, prediction: Prediction, assessment: Assessment) -> None:
    wrong = []
    if prediction.plan != plan.digest:
        wrong.append("the prediction is of another plan")
    if assessment.plan != plan.digest or assessment.prediction != digest(prediction):
        wrong.append("the assessment is of another plan or prediction")
    if {prediction.tables, assessment.tables} != {tables.digest()}:
        wrong.append("the tables have changed since; predict and assess again")
    if wrong:
        raise ApprovalRefused("Nothing to approve: " + "; ".join(wrong) + ".")
