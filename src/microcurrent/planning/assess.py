"""Assess: every limit of the table against one plan and its prediction.

The worse end of each 90 % interval is compared. A limit that nobody can compute is an error, never passed
over; a limit that does not apply says why. The rules of placement are part of it; the second calculation
(`microcurrent.planning.independent`) is added by who has the body itself.
"""

from __future__ import annotations

from microcurrent.errors import AssessmentRefused, TableError
from microcurrent.model import Assessment, Body, Finding, Limit, Limits, Plan, Prediction, digest
from microcurrent.planning import independent, placement
from microcurrent.planning.judging import compare, telling, without_value
from microcurrent.planning.quantities import DELIVERY, Case, quantity

#: Limits without which nothing is assessed: each guards against a harm that no other one covers.
NEEDED = (
    "total-current",
    "compliance-voltage",
    "dc-density",
    "ac-rms-density",
    "net-dc-balanced",
    "dc-charge-density",
    "dc-charge-sitting",
    "stationary-dc-dwell",
    "ramp-microcurrent",
    "ramp-galvanic",
    "sitting-time",
    "contact-loss-time",
    "impedance-jump",
    "heartbeat",
    "orbit-margin",
    "probe-spacing-least",
    "probe-spacing-largest",
    "midline-forehead-spacing",
    "midline-mouth-spacing",
)
#: And those that a mode of treatment does not go without.
NEEDED_IN_MODE: dict[str, tuple[str, ...]] = {
    "microcurrent": (),
    "motor": ("motor-charge", "motor-direct-current"),
    "iontophoresis": ("iontophoresis-current",),
    "wound": ("wound-current-least",),
}


def assess(
    plan: Plan,
    prediction: Prediction,
    limits: Limits,
    *,
    body: Body,
    tables_digest: str,
    tissues_between: placement.TissuesBetween | None = None,
) -> Assessment:
    """Return all findings on a plan: each that is not "ok", and of each other rule the nearest.

    `limits`: those of the plan's mode. `tables_digest`: of the tables that they come from.
    `tissues_between`: from two points [m] to the names of tissues on the line between them, where the body
    can tell.

    Raises `MissingLimit` where a needed limit is not given, `TableError` for a limit whose quantity
    is not known, and `AssessmentRefused` where plan, prediction, body and tables do not belong
    together.
    """
    _belong_together(plan, prediction, body, tables_digest=tables_digest)
    if limits.mode != plan.mode:
        raise AssessmentRefused(
            f"The plan is of the mode {plan.mode}, the limits are those of the mode {limits.mode}."
        )
    for id_ in (*NEEDED, *NEEDED_IN_MODE[plan.mode]):
        limits[id_]
    findings: list[Finding] = []
    for limit in limits.limits:
        if limit.quantity not in (*placement.QUANTITIES, *independent.QUANTITIES):
            findings += telling(_findings(limit, plan, prediction))
    findings += placement.place(plan, body, limits, tissues_between=tissues_between)
    return Assessment(
        plan=plan.digest, prediction=digest(prediction), tables=tables_digest, findings=tuple(findings)
    )


def _belong_together(plan: Plan, prediction: Prediction, body: Body, *, tables_digest: str) -> None:
    for what, named, here in (
        ("plan", prediction.plan, plan.digest),
        ("body", prediction.body, digest(body)),
        ("tables", prediction.tables, tables_digest),
        ("body of the plan", plan.body_content, body.content),
    ):
        if named != here:
            raise AssessmentRefused(
                f"The {what} that was predicted for is {named[:12]}, the one given is {here[:12]}. "
                "Predict again."
            )


def _findings(limit: Limit, plan: Plan, prediction: Prediction) -> list[Finding]:
    if limit.quantity in DELIVERY:
        reason = "Kept by the interlocks during delivery; nothing in a plan can pass it."
        return [without_value(limit, "delivery", reason=reason)]
    compute = quantity(limit.quantity)
    if compute is None:
        raise TableError(
            f"limits.toml: row {limit.id}: quantity: expected one that the assessment knows, came "
            f"{limit.quantity!r}."
        )
    measures = compute(Case(plan=plan, prediction=prediction, systems=limit.systems))
    if not measures:
        steps = f"{' or '.join(limit.systems)} step" if limit.systems else "step"
        return [
            without_value(
                limit, "plan", reason=f"Does not apply: the plan has no {steps} that it speaks of."
            )
        ]
    findings = []
    for measure in measures:
        if measure.value is None:
            findings.append(
                without_value(limit, measure.where, reason=f"Does not apply: {measure.reason}.")
            )
            continue
        if measure.value.dimension != limit.dimension:
            raise TableError(
                f"limits.toml: row {limit.id}: dimension: expected {measure.value.dimension}, came "
                f"{limit.dimension}."
            )
        findings.append(compare(limit, measure.value, measure.where))
    return findings
