"""The gate: what is refused before anything is loaded. Nothing is ever made to fit."""

from __future__ import annotations

import math
from collections.abc import Iterator

from microcurrent.errors import ApprovalRefused, StimulatorRefused
from microcurrent.model import Approval, Capabilities, Limits, Plan, Step, Stimulus
from microcurrent.units import write

#: Ids of the limits without which no current flows.
REQUIRED_LIMITS = (
    "total-current",
    "compliance-voltage",
    "impedance-jump",
    "heartbeat",
    "sitting-time",
    "dc-charge-sitting",
    "net-dc-balanced",
    "contact-loss-time",
)

#: Share by which a sum of floating-point numbers may pass a level without meaning anything.
ROUNDING = 1e-9


def admit(plan: Plan, approval: Approval, *, limits: Limits, capabilities: Capabilities,
          today: str) -> None:  # fmt: skip
    """Return quietly if `plan` may be delivered on the ISO date `today`.

    Raises `MissingLimit` if a limit of `REQUIRED_LIMITS` is not there, `ApprovalRefused` if the
    approval does not name this plan, has ended, or is consent to another mode of treatment than that of
    the plan and of the limits, and `StimulatorRefused` with every reason found if
    a step passes the tightest of the limits and what the stimulator can do.
    """
    for id_ in REQUIRED_LIMITS:
        level(limits, id_)
    refusal = approval.refusal(plan.digest, today) or _other_mode(plan, approval, limits)
    if refusal:
        raise ApprovalRefused(f"No current: {refusal}.")
    reasons = [
        *_of_stimulator(capabilities, limits),
        *(
            f"step {step.number}: {why}"
            for step in plan.steps
            for why in _of_step(step, capabilities, limits)
        ),
        *_of_sums(plan, capabilities, limits),
    ]
    if reasons:
        raise StimulatorRefused("No current, nothing was loaded: " + "; ".join(reasons) + ".")


def _other_mode(plan: Plan, approval: Approval, limits: Limits) -> str:
    """Say where consent or limits are of another mode than the plan: none stands in for another."""
    if approval.mode != plan.mode:
        return f"the approval by {approval.by} is for the mode {approval.mode}, this plan is {plan.mode}"
    if limits.mode != plan.mode:
        return f"the limits are those of the mode {limits.mode}, this plan is {plan.mode}"
    return ""


def level(limits: Limits, id_: str) -> float:
    """Return the level [SI] at which current stops; `MissingLimit` if there is none.

    For the jump of the impedance that is the warning where no stop is given: a warning protects
    only where somebody looks, and the current does not wait.
    """
    limit = limits[id_]
    if id_ == "impedance-jump" and limit.stop is None and limit.warn is not None:
        return limit.warn
    return limits.stop(id_)


def beyond(stimulus: Stimulus, capabilities: Capabilities) -> tuple[str, ...]:
    """Return why a stimulator of these capabilities must refuse a program; empty if it need not.

    Ramps in and out are held against `min_ramp`. A constant current, one that is nearly so and one under
    an alternating current are felt wherever they jump, so surge and reversals are too; an alternating one
    jumps at every pulse by design.
    """
    reasons = []
    if stimulus.peak > capabilities.max_current * (1 + ROUNDING):
        reasons.append(
            f"{write(stimulus.peak, 'current')} is above the {write(capabilities.max_current, 'current')} "
            f"of {capabilities.name}"
        )
    rises = [stimulus.ramp.rise, stimulus.ramp.fall]
    waveform = stimulus.waveform
    if waveform.is_constant or waveform.is_superposed or abs(waveform.mean) > 0.5:
        if stimulus.surge:
            rises += [stimulus.surge.rise, stimulus.surge.fall]
        if stimulus.polarity.mode == "alternating":
            rises.append(stimulus.polarity.ramp)
    if min(rises) < capabilities.min_ramp * (1 - ROUNDING):
        reasons.append(
            f"a ramp of {write(min(rises), 'time')} is shorter than the "
            f"{write(capabilities.min_ramp, 'time')} of {capabilities.name}"
        )
    if abs(stimulus.net_charge) > capabilities.max_charge * (1 + ROUNDING):
        reasons.append(
            f"a net charge of {write(abs(stimulus.net_charge), 'charge')} is above the "
            f"{write(capabilities.max_charge, 'charge')} of {capabilities.name}"
        )
    return (*reasons, *_beyond_shape(stimulus, capabilities))


def _beyond_shape(stimulus: Stimulus, capabilities: Capabilities) -> Iterator[str]:
    pieces, name = stimulus.waveform.pieces, capabilities.name
    if capabilities.max_pieces and len(pieces) > capabilities.max_pieces:
        yield f"a waveform of {len(pieces)} stretches is above the {capabilities.max_pieces} of {name}"
    if stimulus.waveform.is_constant:
        return
    phase = stimulus.charge_per_phase
    if stimulus.waveform.is_one_way:  # direct current in all but its ripple: that of a period counts
        phase = stimulus.peak * stimulus.waveform.largest_phase / stimulus.frequency
    if phase > capabilities.max_phase_charge * (1 + ROUNDING):
        yield (
            f"a charge per phase of {write(phase, 'charge')} is above the "
            f"{write(capabilities.max_phase_charge, 'charge')} of {name}"
        )
    flat = [p.stop - p.start for p in pieces if p.kind == "line" and p.first == p.last]
    shortest = min((width / stimulus.frequency for width in flat), default=math.inf)
    if len(flat) < len(pieces) and capabilities.slope_steps:
        shortest = min(shortest, 1 / stimulus.frequency / capabilities.slope_steps)
    if shortest < capabilities.shortest * (1 - ROUNDING):
        yield (
            f"a stretch of {write(shortest, 'time')} of the waveform is below the "
            f"{write(capabilities.shortest, 'time')} that {name} can draw"
        )


def _of_stimulator(capabilities: Capabilities, limits: Limits) -> Iterator[str]:
    """A program cannot bound the voltage on an open lead, so the stimulator itself has to."""
    most = limits.stop("compliance-voltage")
    if capabilities.max_voltage > most:
        yield (
            f"{capabilities.name} can give {write(capabilities.max_voltage, 'voltage')}, "
            f"the limit is {write(most, 'voltage')}"
        )


def _of_step(step: Step, capabilities: Capabilities, limits: Limits) -> Iterator[str]:
    stimulus = step.stimulus
    yield from beyond(stimulus, capabilities)
    most = limits.stop("total-current")
    if stimulus.peak > most * (1 + ROUNDING):
        yield f"{write(stimulus.peak, 'current')} is above the limit of {write(most, 'current')}"
    most = limits.stop("net-dc-balanced")
    if stimulus.waveform.is_balanced and stimulus.window_mean() > most * (1 + ROUNDING):
        yield (
            f"a mean of {write(stimulus.window_mean(), 'current')} in a balanced current is above the "
            f"limit of {write(most, 'current')}"
        )
    least = limits["net-dc-balanced"].warn or 0.0
    if stimulus.waveform.is_superposed and stimulus.offset <= least * (1 - ROUNDING):
        yield (
            f"a direct current of {write(stimulus.offset, 'current')} under an alternating one is no more "
            f"than a balanced one may leave ({write(least, 'current')}): it would only turn off what "
            "watches that"
        )


def _of_sums(plan: Plan, capabilities: Capabilities, limits: Limits) -> Iterator[str]:
    time = sum(step.stimulus.duration for step in plan.steps)
    most = min(limits.stop("sitting-time"), capabilities.max_time)
    if time > most * (1 + ROUNDING):
        yield f"{write(time, 'time')} of current are above the limit of {write(most, 'time')}"
    charge = sum(abs(step.stimulus.net_charge) for step in plan.steps)
    most = min(limits.stop("dc-charge-sitting"), capabilities.max_charge)
    if charge > most * (1 + ROUNDING):
        yield (
            f"a net charge of {write(charge, 'charge')} in one sitting is above the limit of "
            f"{write(most, 'charge')}"
        )
