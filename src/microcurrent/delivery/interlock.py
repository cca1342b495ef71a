"""Interlocks: pure rules, each from an observation and the limits to a trip, or None.

Levels come from `Limits` by id; a missing one raises `MissingLimit`. The constants below are not
limits of exposure but what a measurement can tell apart; each stands with its reason.
"""

from __future__ import annotations

from microcurrent.delivery.gate import ROUNDING, level
from microcurrent.model import Interlock, Limits, Observation, Trip
from microcurrent.units import write

#: Current [A] too small to judge: a fifth of the smallest in use (10 µA), ten steps of a 12-bit
#: converter that spans 1 mA.
FLOOR_CURRENT = 2e-6
#: Measured over commanded below which the current is not small but absent.
ABSENT = 0.1
#: Share of the voltage limit that counts as having reached it: what is left for the converter.
AT_COMPLIANCE = 0.98
#: Missing stretch [s] above which current is missing at all: far above rounding, far below any limit.
MISSING_NOISE = 1e-3
#: Impedance [ohm] below which the probes touch each other: the body inside the skin alone is more
#: (IEC 60601-2-10 tests skin stimulators into 500 ohm).
SHORT_IMPEDANCE = 100.0
#: Peak current [A] from which a short can be told: below it 500 ohm give less than 25 mV, one step
#: of a 12-bit converter that spans 100 V.
SHORT_CURRENT = 50e-6
#: Share by which a measured peak may differ from the commanded one: three times the error of a
#: stage with 1 % resistors and a 10-bit converter.
PEAK_TOLERANCE = 0.10
#: Share of the charge that a program moves by which the charge measured may differ; noise averages
#: out in a sum, so this is half of the tolerance of a peak.
CHARGE_TOLERANCE = 0.05
#: Time [s] from which a charge is judged: below it, a few steps of the converter decide.
CHARGE_TIME = 1.0
#: Time [s] that a stimulator may lack at the end of a program: its durations are in steps.
TIME_STEP = 1e-3
#: Share by which a stimulator's clock may differ from the host's: a resonator without a crystal
#: keeps time to 0.5 %.
PACE_TOLERANCE = 0.02


def stopped_by_hand(observation: Observation, limits: Limits) -> Trip | None:
    """Trip if somebody pressed the stop of the stimulator itself: whatever else shows, that comes first."""
    status = observation.status
    if status.state == "fault" and "by hand" in status.fault:
        return _trip(observation, "stopped-by-hand", "somebody has stopped the stimulator itself")
    return None


def over_current(observation: Observation, limits: Limits) -> Trip | None:
    """Trip if the peak commanded or measured is above the limit or above what the stimulator can."""
    most = min(limits.stop("total-current"), observation.capabilities.max_current)
    status = observation.status
    peak = max(status.peak, status.commanded_peak, abs(status.output))
    if peak > most * (1 + ROUNDING):
        return _trip(observation, "over-current",
                     f"{write(peak, 'current')} flow or are commanded, "
                     f"the limit is {write(most, 'current')}")  # fmt: skip
    return None


def lead_off(observation: Observation, limits: Limits) -> Trip | None:
    """Trip if the current that is commanded does not flow: a probe off the skin, a broken lead.

    Either it is absent, or it is missing for longer than the limit while its peak is right, as when
    a gliding probe bounces, or it is missing at all while the voltage is at its limit.
    """
    status = observation.status
    allowed = limits.stop("contact-loss-time")
    absent = status.peak < ABSENT * status.commanded_peak
    missing = 0.0 if observation.ending else observation.missing
    if (
        (absent and status.commanded_peak >= FLOOR_CURRENT)
        or (missing > allowed and not _peaks_differ(observation))
        or (_at_compliance(observation, limits) and (absent or missing > MISSING_NOISE))
    ):
        long = (
            f"current was missing for {write(missing, 'time')} since the last look, at most "
            f"{write(allowed, 'time')} is allowed; at the largest "
        )
        return _trip(observation, "lead-off",
                     f"{long if missing > allowed else ''}{write(status.commanded_peak, 'current')} were "
                     f"commanded, {write(status.peak, 'current')} measured; "
                     "look at probes and leads")  # fmt: skip
    return None


def compliance(observation: Observation, limits: Limits) -> Trip | None:
    """Trip if the voltage has reached the tighter of the limit and what the stimulator can give."""
    voltage = observation.status.voltage
    if voltage is not None and _at_compliance(observation, limits):
        return _trip(observation, "compliance",
                     f"the voltage has reached {write(voltage, 'voltage')}; "
                     "wet the skin or take larger probes")  # fmt: skip
    return None


def short(observation: Observation, limits: Limits) -> Trip | None:
    """Trip if the impedance is less than a body can have."""
    status = observation.status
    if status.impedance is None or status.peak < SHORT_CURRENT or status.impedance >= SHORT_IMPEDANCE:
        return None
    return _trip(observation, "short",
                 f"{write(status.impedance, 'resistance')} is less than a body has; the probes touch or "
                 "a film of water joins them")  # fmt: skip


def mismatch(observation: Observation, limits: Limits) -> Trip | None:
    """Trip if the measured peak is not the commanded one, or more is commanded than the program has."""
    status = observation.status
    program = observation.stimulus.peak
    if status.commanded_peak > program * (1 + ROUNDING):
        return _trip(observation, "mismatch",
                     f"{write(status.commanded_peak, 'current')} are commanded, the program has at most "
                     f"{write(program, 'current')}")  # fmt: skip
    if _peaks_differ(observation):
        return _trip(observation, "mismatch",
                     f"{write(status.commanded_peak, 'current')} are commanded, "
                     f"{write(status.peak, 'current')} flow")  # fmt: skip
    return None


def device_fault(observation: Observation, limits: Limits) -> Trip | None:
    """Trip if the stimulator reports a fault."""
    status = observation.status
    if status.state != "fault" and not status.fault:
        return None
    return _trip(observation, "device-fault", f"the stimulator reports: {status.fault or 'a fault'}")


def device_stopped(observation: Observation, limits: Limits) -> Trip | None:
    """Trip if the stimulator gives no current although its program has not ended: it has restarted."""
    status = observation.status
    if observation.since_answer > 0 or observation.ending or status.state not in ("idle", "armed"):
        return None
    if status.elapsed >= observation.stimulus.duration * (1 - ROUNDING) - TIME_STEP:
        return None
    return _trip(observation, "device-stopped",
                 f"the stimulator is {status.state} at {write(status.elapsed, 'time')} of "
                 f"{write(observation.stimulus.duration, 'time')}; it may have restarted")  # fmt: skip


def silence(observation: Observation, limits: Limits) -> Trip | None:
    """Trip if there was no answer for longer than the heartbeat."""
    most = limits.stop("heartbeat")
    if observation.since_answer > most:
        return _trip(observation, "silence",
                     f"no answer for {write(observation.since_answer, 'time')}, "
                     f"the limit is {write(most, 'time')}")  # fmt: skip
    return None


def frozen(observation: Observation, limits: Limits) -> Trip | None:
    """Trip if the stimulator answers, but for longer than the heartbeat with the same status."""
    most = limits.stop("heartbeat")
    if observation.since_change > most:
        return _trip(observation, "frozen",
                     f"the stimulator's own clock has stood still for "
                     f"{write(observation.since_change, 'time')}; its figures are old")  # fmt: skip
    return None


def pace(observation: Observation, limits: Limits) -> Trip | None:
    """Trip if the program runs ahead of the host's clock or behind it."""
    status = observation.status
    if status.state not in ("running", "ending") or observation.since_answer > 0:
        return None
    apart = abs(status.elapsed - observation.since_start)
    if apart > limits.stop("heartbeat") + PACE_TOLERANCE * observation.since_start:
        return _trip(observation, "pace",
                     f"the program is at {write(status.elapsed, 'time')} after "
                     f"{write(observation.since_start, 'time')}")  # fmt: skip
    return None


def charge_drift(observation: Observation, limits: Limits) -> Trip | None:
    """Trip if the net or the absolute charge is not the one that the program has moved by now."""
    if observation.ending:
        return None
    status = observation.status
    offset = FLOOR_CURRENT * max(status.elapsed, CHARGE_TIME)
    allowed = CHARGE_TOLERANCE * observation.expected_absolute + offset
    for name, came, expected in (
        ("net", status.net_charge, observation.expected_charge),
        ("absolute", status.absolute_charge, observation.expected_absolute),
    ):
        if abs(came - expected) > allowed:
            return _trip(observation, "charge-drift",
                         f"the {name} charge is {write(came, 'charge')}, by the program it is "
                         f"{write(expected, 'charge')}")  # fmt: skip
    return None


def net_dc(observation: Observation, limits: Limits) -> Trip | None:
    """Trip if an alternating current carries a direct part over the last second that was not planned."""
    most = limits.stop("net-dc-balanced")
    waveform = observation.stimulus.waveform
    if observation.offset is None or not (waveform.is_balanced or waveform.is_superposed):
        return None
    if abs(observation.offset) > most:
        where = "beyond the planned one" if waveform.is_superposed else "in a balanced one"
        return _trip(observation, "net-dc",
                     f"a direct current of {write(observation.offset, 'current')} flows {where}, "
                     f"the limit is {write(most, 'current')}")  # fmt: skip
    return None


def impedance_jump(observation: Observation, limits: Limits) -> Trip | None:
    """Trip if the impedance has risen by more than the limit since early in the step.

    A rise says that the contact is changing: less area, so more current per area. A fall is no
    trip, since skin under current falls by itself; a collapse is caught by `short`.
    """
    most = level(limits, "impedance-jump")
    if not judged(observation) or not observation.baseline or observation.status.impedance is None:
        return None
    rise = observation.status.impedance / observation.baseline - 1
    if rise > most:
        return _trip(observation, "impedance-jump",
                     f"the impedance has risen by {write(rise, 'fraction')} from "
                     f"{write(observation.baseline, 'resistance')}, the limit is "
                     f"{write(most, 'fraction')}; the contact is changing")  # fmt: skip
    return None


def dc_charge(observation: Observation, limits: Limits) -> Trip | None:
    """Trip if the net charges of this sitting add up to more than the limit."""
    most = limits.stop("dc-charge-sitting")
    if observation.dc_charge > most * (1 + ROUNDING):
        return _trip(observation, "dc-charge",
                     f"{write(observation.dc_charge, 'charge')} have flowed one way, the limit is "
                     f"{write(most, 'charge')}")  # fmt: skip
    return None


def sitting_time(observation: Observation, limits: Limits) -> Trip | None:
    """Trip if current has flowed for longer than the limit."""
    most = limits.stop("sitting-time")
    if observation.sitting_time > most * (1 + ROUNDING):
        return _trip(observation, "sitting-time",
                     f"current has flowed for {write(observation.sitting_time, 'time')}, the limit is "
                     f"{write(most, 'time')}")  # fmt: skip
    return None


#: All rules; the first that speaks names the trip, so causes stand before consequences.
INTERLOCKS: tuple[Interlock, ...] = (
    stopped_by_hand,
    over_current, lead_off, compliance, short, mismatch, device_fault, device_stopped, silence, frozen,
    pace, net_dc, charge_drift, impedance_jump, dc_charge, sitting_time,
)  # fmt: skip


def first_trip(observation: Observation, limits: Limits) -> Trip | None:
    """Return the first trip of `INTERLOCKS`, or None."""
    for rule in INTERLOCKS:
        trip = rule(observation, limits)
        if trip is not None:
            return trip
    return None


def judged(observation: Observation) -> bool:
    """Return whether the current is large enough, in itself and for this program, to compare impedance."""
    peak = observation.status.peak
    return peak >= FLOOR_CURRENT and peak >= 0.5 * observation.stimulus.peak


def _at_compliance(observation: Observation, limits: Limits) -> bool:
    most = min(limits.stop("compliance-voltage"), observation.capabilities.max_voltage)
    return observation.status.voltage is not None and observation.status.voltage >= AT_COMPLIANCE * most


def _peaks_differ(observation: Observation) -> bool:
    status = observation.status
    apart = abs(status.peak - status.commanded_peak)
    return apart > PEAK_TOLERANCE * status.commanded_peak + FLOOR_CURRENT


def _trip(observation: Observation, code: str, reason: str) -> Trip:
    return Trip(code=code, reason=reason, time=observation.time)
