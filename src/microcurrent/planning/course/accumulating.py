"""Accumulating: what the skin receives over the sittings of a course, planned and delivered.

A prediction is of one sitting. Over a course its error goes the same way every time, since body and
device stay the same, so both ends of an interval are multiplied.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from microcurrent.errors import PredictionError
from microcurrent.model.body import Body
from microcurrent.model.course_exposure import (
    CourseExposure,
    HeldSitting,
    PlaceExposure,
    multiplied,
    together,
)
from microcurrent.model.exposure import Estimate, Prediction
from microcurrent.model.plan import Path, Placement, Plan, Step
from microcurrent.planning.course.zones import zone_of


def exposure_of(
    plan: Plan, prediction: Prediction, body: Body, *, shares: dict[int, float] | None = None
) -> CourseExposure:
    """Return what one sitting gives, place by place.

    `shares`: by number of step, the share [fraction] of its charge that was delivered; None: all of it.
    Raises `PredictionError` where the prediction is of another plan.
    """
    if prediction.plan != plan.digest:
        raise PredictionError("This prediction is of another plan.")
    given = {step.number: 1.0 if shares is None else shares.get(step.number, 0.0) for step in plan.steps}
    charge = _sum(step.stimulus.absolute_charge * given[step.number] for step in plan.steps)
    planned = math.fsum(step.stimulus.absolute_charge for step in plan.steps)
    whole = charge.value / planned if planned else 0.0
    exposure = prediction.exposure
    return CourseExposure(
        sittings=1.0,
        places=_places(plan, prediction, body, given),
        net=multiplied(exposure.net_charge_density, whole),
        absolute=multiplied(exposure.absolute_charge_density, whole),
        direct=_sum(abs(step.stimulus.net_charge) * given[step.number] for step in plan.steps),
        charge=charge,
    )


def _sum(values: Iterable[float]) -> Estimate:
    return Estimate.exact(math.fsum(values), "charge")


def _places(
    plan: Plan, prediction: Prediction, body: Body, given: dict[int, float]
) -> tuple[PlaceExposure, ...]:
    """Both contacts of every step; steps at one place add up, whichever way their current flows."""
    found: dict[str, PlaceExposure] = {}
    for step, part, net, absolute in _contacts(plan, prediction):
        share = given[step.number]
        place = " → ".join(part.sites)
        here = PlaceExposure(
            place=place, zone=_zone(plan, part, body),
            net=multiplied(net, share), absolute=multiplied(absolute, share),
        )  # fmt: skip
        before = found.get(place)
        if before is not None:
            here = PlaceExposure(
                place=place, zone=here.zone, net=together(before.net, here.net),
                absolute=together(before.absolute, here.absolute),
            )  # fmt: skip
        found[place] = here
    return tuple(found.values())


def _contacts(
    plan: Plan, prediction: Prediction
) -> Iterator[tuple[Step, Placement | Path, Estimate, Estimate]]:
    exposures = {exposure.number: exposure for exposure in prediction.exposure.steps}
    for step in plan.steps:
        contacts = {contact.electrode: contact for contact in exposures[step.number].contacts}
        for part in (step.anode, step.cathode):
            contact = contacts[part.electrode]
            yield step, part, contact.net_charge_density, contact.absolute_charge_density


def _zone(plan: Plan, part: Placement | Path, body: Body) -> str:
    """The zones that a place is in, each once."""
    zones = dict.fromkeys(zone_of(plan.site(name), body) for name in part.sites)
    return ", ".join(zone for zone in zones if zone)


def shares_of(plan: Plan, held: HeldSitting) -> dict[int, float]:
    """Return by number of step the share [fraction] of the planned charge that was delivered."""
    charges = {step.number: step.stimulus.absolute_charge for step in plan.steps}
    return {
        number: charge / charges[number]
        for number, _, charge, _ in held.steps
        if charges.get(number, 0.0) > 0
    }


def delivered_exposure(
    held: Iterable[HeldSitting], grounds: dict[str, tuple[Plan, Prediction, Body]]
) -> CourseExposure | None:
    """Return what the sittings held have given so far, or None where there was none.

    `grounds`: plan, prediction and body by the digest of the plan. Each step counts by the share of its
    charge that was delivered.
    """
    total: CourseExposure | None = None
    for sitting in held:
        if sitting.plan not in grounds:
            continue
        plan, prediction, body = grounds[sitting.plan]
        one = exposure_of(plan, prediction, body, shares=shares_of(plan, sitting))
        total = one if total is None else total + one
    return total
