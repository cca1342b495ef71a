"""Approve: a named person's consent to exactly one plan, prediction, screening and table version."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from microcurrent import tables
from microcurrent.errors import ApprovalRefused, AssessmentRefused, InputError, Problem, ScreeningRefused
from microcurrent.model.approval import Approval
from microcurrent.model.digest import digest
from microcurrent.model.exposure import Prediction
from microcurrent.model.limits import Assessment
from microcurrent.model.plan import Plan
from microcurrent.model.screening import Screening
from microcurrent.planning.independent import has_second
from microcurrent.workflow.screening import reasons
from microcurrent.workflow.workspace import Workspace

MEANING = (
    "I have read the plan, its prediction and every finding, I accept the warnings named here, "
    "and I agree that this plan is delivered until the date given."
)


@dataclass(frozen=True, kw_only=True)
class Consent:
    """Who agrees: `by` in `role`, `given` at (UTC), until the end of the day `until`.

    `accept_warnings`: whether every warning and open question of the assessment is accepted; `mode`: the
    mode of treatment that is consented to by name, empty where none is.
    """

    by: str
    role: str
    given: datetime.datetime
    until: datetime.date
    accept_warnings: bool
    mode: str = ""


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
    a contraindication stands, a limit is passed, the three do not belong together, the limits of the
    role were not looked at, a warning stands that was not accepted, or the plan's mode of treatment was
    not consented to, or is not for this role.
    """
    screening, prediction, assessment = evidence
    check_consent(plan, mode=consent.mode, role=consent.role)
    check_evidence(plan, evidence)
    check_profile(plan, assessment, role=consent.role)
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
        given=consent.given.astimezone().isoformat(timespec="seconds"),
        until=consent.until.isoformat(),
        meaning=f"{MEANING} {tables.modes()[plan.mode].consent}".strip(),
        warnings=tuple(dict.fromkeys(f.rule for f in open_points)),
        mode=plan.mode,
    )
    workspace.keep(plan, actor=consent.by)
    workspace.keep(approval, actor=consent.by)
    return approval


def check_consent(plan: Plan, *, mode: str, role: str) -> None:
    """Return quietly where consent to a `mode` of treatment, in a `role`, is all that the plan's mode asks.

    Microcurrent asks for none by name. Raises `ApprovalRefused` with what is missing, and what to do;
    `InputError` for a mode that there is not.
    """
    modes = tables.modes()
    if mode and mode not in modes:
        raise InputError(
            Problem(what="no mode of treatment", key="--consent", expected=f"one of {', '.join(modes)}",
                    came=mode)
        )  # fmt: skip
    wanted = modes[plan.mode]
    if (mode or "microcurrent") != plan.mode:
        if not wanted.consent:
            raise ApprovalRefused(
                f"This plan is of the mode {plan.mode}, the consent is to {mode}. Leave --consent out, or "
                f'write mode = "{mode}" into the plan.'
            )
        raise ApprovalRefused(
            f"This plan is of the mode {plan.mode} ({wanted.title}), which needs a consent of its own: "
            f'"{wanted.consent}" It takes {wanted.device}. Whoever agrees approves with '
            f"--consent {plan.mode}."
        )
    known = tables.roles()
    if wanted.clinician and not (role in known and known[role].clinician):
        names = " or ".join(name for name, one in known.items() if one.clinician)
        raise ApprovalRefused(
            f"A plan of the mode {plan.mode} ({wanted.title}) is approved by a {names} only, not by a "
            f"{role}. Have a {names} approve it, with --role {names}."
        )
    if role not in wanted.roles:
        raise ApprovalRefused(
            f"A plan of the mode {plan.mode} ({wanted.title}) is not for a {role}. It is approved by a "
            f"{' or '.join(wanted.roles)}, whose --role it then is."
        )


def profiles_for(role: str, asked: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the profiles of limits to assess by for who agrees in a role: those asked for, and its own."""
    known = tables.roles()
    own = known[role].profile if role in known else ""
    return tuple(dict.fromkeys((*asked, *((own,) if own else ()))))


def check_profile(plan: Plan, assessment: Assessment, *, role: str) -> None:
    """Raise `ApprovalRefused` where an assessment did not look at every limit that a role brings."""
    profiles = profiles_for(role)
    if not profiles:
        return
    wanted = {limit.id for limit in tables.limits(profiles=profiles, mode=plan.mode).limits}
    usual = {limit.id for limit in tables.limits(mode=plan.mode).limits}
    missing = sorted(wanted - usual - {finding.rule for finding in assessment.findings})
    if missing:
        raise ApprovalRefused(
            f"A {role} keeps the limits of the profile {', '.join(profiles)}, and the assessment did not "
            f"look at {', '.join(missing)}. Assess again with --profile {profiles[0]}."
        )


def check_evidence(plan: Plan, evidence: tuple[Screening, Prediction, Assessment]) -> None:
    """Return quietly where nothing in the evidence forbids the plan; raises what `approve` raises."""
    screening, prediction, assessment = evidence
    check_screening(plan, screening)
    _check_belonging(plan, prediction, assessment)
    stops = assessment.having("stop")
    if stops:
        listed = "; ".join(f"{f.rule} ({f.where}): {f.reason}" for f in stops)
        raise AssessmentRefused(f"This plan passes {len(stops)} limit(s) and cannot be approved: {listed}.")
    if not has_second(assessment):
        raise ApprovalRefused("Nothing to approve: the assessment has no second calculation. Assess again.")


def check_screening(plan: Plan, screening: Screening) -> None:
    """Return quietly where the client is clear for this plan; `ScreeningRefused` says why not."""
    missing = {system for step in plan.steps for system in step.systems} - set(screening.systems)
    if missing:
        raise ScreeningRefused(f"The screening did not ask about {', '.join(sorted(missing))} current.")
    if screening.mode != plan.mode or (screening.zones and screening.plan != plan.digest):
        raise ScreeningRefused(
            "The screening was for another plan, with other zones or another mode. Screen for this one."
        )
    if screening.outcome == "clear":
        return
    raise ScreeningRefused(f"The screening says {screening.outcome}: {reasons(screening)}.")


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
