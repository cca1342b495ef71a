"""Comparing: several devices on the same hold; what tissue gets, claimed and delivered, limits passed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from microcurrent import units
from microcurrent.model import (
    ContactExposure,
    Device,
    Estimate,
    Exposure,
    Finding,
    Limit,
    Limits,
    Plan,
    Prediction,
    Step,
    StepExposure,
    Stimulus,
    TissueExposure,
)
from microcurrent.model.device import Span
from microcurrent.planning.devices.outputs import Output, output_of, peak_of, settings_of
from microcurrent.planning.devices.reference_hold import Hold
from microcurrent.planning.devices.voltages import Circuit, circuit_of, current_of, voltage_of
from microcurrent.planning.judging import compare, telling
from microcurrent.planning.quantities import Case, longest_pulse, quantity

#: What a device decides about; the rest of the limits is about time, place and plan.
_OF_DEVICE = (
    "peak current", "net direct current", "direct current", "charge per phase", "peak voltage",
    "rms current density", "direct current density", "local direct current density", "power density",
    "charge per phase density", "current density in the brain",
)  # fmt: skip
_OF_DEVICE_STARTS = (
    "rms current at ",
    "rms current above ",
    "energy of one period ",
    "peak current of pulses ",
)
#: The tissues that a comparison shows, from the skin inward; a body has some of them.
TISSUES = ("skin", "fat", "SMAS", "muscle", "mimetic muscle")


@dataclass(frozen=True, kw_only=True)
class Received:
    """What one tissue near the probes receives at the peak: half of it, and 1 % of it, is above."""

    tissue: str
    field_median: Estimate
    field_p99: Estimate
    density_median: Estimate
    density_p99: Estimate


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One device on the reference hold.

    `output`: what it gives by its claims. `received`: by tissue, at the claimed peak as far as the voltage
    suffices; empty where the peak is not known. `voltage` [V] that its largest current needs, at the lowest
    and highest frequency; None where that cannot be known. `delivered` [A] through this body, None where
    the compliance is not known. `delivers`: "yes", "perhaps", "no" or "?"; `why` in words. `findings`:
    limits that are passed, and the one nearest of each that holds.
    """

    device: Device
    output: Output
    received: tuple[Received, ...]
    voltage: Estimate | None
    delivered: Estimate | None
    delivers: str
    why: str
    findings: tuple[Finding, ...]


def compare_device(device: Device, hold: Hold, limits: Limits) -> Compared:
    """Return what a device gives on the reference hold, and the limits that it passes there."""
    output, peak = output_of(device), peak_of(device)
    stimuli = tuple(_stimuli(device, hold))
    circuit, voltage = circuit_of(hold), None
    if stimuli and _bounded(device):
        voltage = _hull([voltage_of(stimulus, circuit) for stimulus in stimuli])
    delivered, delivers, why = _delivery(device, circuit, stimuli, voltage)
    flows = delivered or _estimate_of(peak)
    reference = hold.plan.steps[0].stimulus.peak
    received = () if flows is None else tuple(
        _received(tissue, flows, reference) for tissue in _tissues(hold.prediction)
    )  # fmt: skip
    found = _findings(limits, hold, circuit, stimuli) if stimuli else _of_peak(limits, peak)
    return Compared(
        device=device, output=output, received=received, voltage=voltage, delivered=delivered,
        delivers=delivers, why=why, findings=tuple(found),
    )  # fmt: skip


def _bounded(device: Device) -> bool:
    """Whether both ends of the frequency are known: the voltage depends on it."""
    return device.text("shape") == "direct" or device.span("frequency").known


def _stimuli(device: Device, hold: Hold) -> Iterator[Stimulus]:
    """Yield the currents at the ends of what a device can do, as long as the reference hold, without ramps.

    How a device ramps is not known, and a slow current that rises is not balanced while it does.
    """
    peak, like = peak_of(device).high, hold.plan.steps[0].stimulus
    if not peak:
        return
    for setting in settings_of(device):
        yield Stimulus(
            waveform=setting.waveform, frequency=setting.frequency, amplitude=peak, duration=like.duration
        )


def _estimate_of(span: Span) -> Estimate | None:
    if span.low is None or span.high is None:
        return None
    middle = (span.low + span.high) / 2
    return Estimate(value=middle, low=span.low, high=span.high, dimension=span.dimension)


def _hull(estimates: list[Estimate]) -> Estimate:
    """Return one estimate that holds all: the ends of the ends, and the largest value."""
    return Estimate(
        value=max(e.value for e in estimates), low=min(e.low for e in estimates),
        high=max(e.high for e in estimates), dimension=estimates[0].dimension,
    )  # fmt: skip


def _delivery(
    device: Device, circuit: Circuit, stimuli: tuple[Stimulus, ...], voltage: Estimate | None
) -> tuple[Estimate | None, str, str]:
    """Return the current through this body, whether it is what is claimed, and why."""
    if device.text("control") == "voltage":
        return None, "?", "it regulates voltage, and how much is not known"
    compliance = device.span("compliance").low
    if compliance is None:
        return None, "?", "its compliance voltage is not known"
    if voltage is None:
        return None, "?", "its largest current, shape or frequency is not known"
    delivered = _hull_of_currents([current_of(stimulus, circuit, compliance) for stimulus in stimuli])
    if voltage.high <= compliance:
        return delivered, "yes", "its voltage suffices at every end of the interval"
    if voltage.low > compliance:
        return delivered, "no", "its voltage does not suffice anywhere in the interval"
    return delivered, "perhaps", "its voltage suffices in a part of the interval"


def _hull_of_currents(estimates: list[Estimate]) -> Estimate:
    """As `_hull`, with the smallest value: the frequency at which least flows."""
    return replace(_hull(estimates), value=min(e.value for e in estimates))


def _tissues(prediction: Prediction) -> Iterator[TissueExposure]:
    for name in TISSUES:
        for tissue in prediction.exposure.steps[0].tissues:
            if tissue.tissue == name:
                yield tissue


def _received(tissue: TissueExposure, flows: Estimate, reference: float) -> Received:
    fields = ("field_median", "field_p99", "density_median", "density_p99")
    return Received(
        tissue=tissue.tissue,
        **{field: _scaled(getattr(tissue, field), flows, reference) for field in fields},
    )


def _scaled(estimate: Estimate, by: Estimate, reference: float) -> Estimate:
    return Estimate(
        value=estimate.value * by.value / reference, low=estimate.low * by.low / reference,
        high=estimate.high * by.high / reference, dimension=estimate.dimension,
    )  # fmt: skip


# -- limits --------------------------------------------------------------------------------


def _of_device(limit: Limit) -> bool:
    return limit.quantity in _OF_DEVICE or limit.quantity.startswith(_OF_DEVICE_STARTS)


def _of_peak(limits: Limits, peak: Span) -> Iterator[Finding]:
    """Yield what can be said of a device whose peak alone is known."""
    estimate = _estimate_of(peak)
    if estimate is None:
        return
    for limit in limits.limits:
        if limit.quantity == "peak current":
            yield compare(limit, estimate, "largest current claimed")


def _findings(
    limits: Limits, hold: Hold, circuit: Circuit, stimuli: tuple[Stimulus, ...]
) -> Iterator[Finding]:
    cases = [(_where(stimulus), *_scaled_hold(hold, circuit, stimulus)) for stimulus in stimuli]
    for limit in limits.limits:
        compute = quantity(limit.quantity)
        if compute is None or not _of_device(limit):
            continue
        found: list[Finding] = []
        for where, plan, prediction in cases:
            measures = compute(Case(plan=plan, prediction=prediction, systems=limit.systems))
            values = [measure.value for measure in measures if measure.value is not None]
            if values:  # both electrodes are alike: the worse one speaks for both
                found.append(compare(limit, max(values, key=lambda value: value.high), where))
        yield from telling(found)


def _where(stimulus: Stimulus) -> str:
    if stimulus.waveform.is_constant:
        return "direct current"
    way = "alternating" if stimulus.waveform.is_balanced else "one-way"
    pulse = longest_pulse(stimulus)
    return f"{way}, {stimulus.frequency:g} Hz, {units.write(pulse, 'time')} one way"


def _scaled_hold(hold: Hold, circuit: Circuit, stimulus: Stimulus) -> tuple[Plan, Prediction]:
    """Return plan and prediction of the reference hold with another current in place of its own."""
    before = hold.plan.steps[0]
    step: Step = replace(
        before, stimulus=stimulus, system="galvanic" if stimulus.waveform.is_constant else "faradic"
    )
    exposure = hold.prediction.exposure.steps[0]
    by = Estimate.exact(stimulus.peak, "current")
    peak = before.stimulus.peak
    scaled: StepExposure = replace(
        exposure,
        tissues=tuple(_tissue(tissue, by, peak) for tissue in exposure.tissues),
        contacts=tuple(_contact(contact, before.stimulus, stimulus) for contact in exposure.contacts),
        voltage=voltage_of(stimulus, circuit),
    )
    whole: Exposure = replace(hold.prediction.exposure, steps=(scaled,))
    return replace(hold.plan, steps=(step,)), replace(hold.prediction, exposure=whole)


def _tissue(tissue: TissueExposure, by: Estimate, reference: float) -> TissueExposure:
    """Return a tissue with another largest density, which is what limits on tissue look at."""
    return replace(tissue, density_max=_scaled(tissue.density_max, by, reference))


def _contact(contact: ContactExposure, before: Stimulus, stimulus: Stimulus) -> ContactExposure:
    """Return a contact under another current; its area stays, and each amount per area follows the current.

    The charge of the whole hold is left as it was: no limit on a device looks at it.
    """
    per_ampere = before.peak

    def dense(amount: float) -> Estimate:
        by = Estimate.exact(amount, contact.peak_density.dimension)
        return _scaled(contact.peak_density, by, per_ampere)

    charges = replace(dense(stimulus.charge_per_phase), dimension="charge density")
    return replace(
        contact,
        peak_density=dense(stimulus.peak),
        rms_density=dense(stimulus.plateau_rms),
        dc_density=dense(stimulus.window_mean()),
        charge_per_phase_density=charges,
    )
