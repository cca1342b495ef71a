"""Quantities: how each name in the table of limits is computed from a plan and its prediction.

`QUANTITIES` maps a name to a function from a `Case` to measures; `PATTERNS` does so for names that
carry a figure of their own ("rms current above 0 Hz up to 400 Hz"). A name in neither is an error.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from microcurrent import units
from microcurrent.errors import PredictionError
from microcurrent.model import (
    ContactExposure,
    Estimate,
    Plan,
    Prediction,
    Step,
    StepExposure,
    Stimulus,
)
from microcurrent.planning.chemistry import METAL_SHAPES, surface_ph
from microcurrent.planning.staying import longest_stays, stays

_MINUTE = 60.0
_WEEK = 7 * 24 * 60 * _MINUTE
#: Quantities that the interlocks keep during delivery; nothing in a plan can pass them.
DELIVERY = ("contact loss time", "impedance jump", "heartbeat silence")
_BRAIN = ("grey matter", "white matter")


Point = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One value to compare, `where` in words; `value` None: it does not apply, for this `reason`."""

    where: str
    value: Estimate | None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A plan with its prediction, as seen by a limit that speaks of some `systems` (empty: all)."""

    plan: Plan
    prediction: Prediction
    systems: tuple[str, ...] = ()

    def steps(self) -> Iterator[tuple[Step, StepExposure]]:
        """Yield the steps of the systems, each with its exposure."""
        exposures = {exposure.number: exposure for exposure in self.prediction.exposure.steps}
        for step in self.plan.steps:
            if self.systems and not set(self.systems) & set(step.systems):
                continue
            if step.number not in exposures:
                raise PredictionError(f"The prediction says nothing about step {step.number} of the plan.")
            yield step, exposures[step.number]

    def contacts(self) -> Iterator[tuple[Step, StepExposure, ContactExposure]]:
        """Yield every contact of those steps."""
        for step, exposure in self.steps():
            for contact in exposure.contacts:
                yield step, exposure, contact


Quantity = Callable[[Case], list[Measure]]


def quantity(name: str) -> Quantity | None:
    """Return the function that computes a quantity, or None where nobody knows it."""
    if name in QUANTITIES:
        return QUANTITIES[name]
    for pattern, make in PATTERNS:
        if (match := re.fullmatch(pattern, name)) is not None:
            return make(match)
    return None


def _of_step(step: Step) -> str:
    return f"step {step.number}"


def _of_contact(step: Step, contact: ContactExposure) -> str:
    return f"step {step.number}, electrode {contact.electrode}"


def _each_step(dimension: str, of: Callable[[Stimulus], float],
               when: Callable[[Stimulus], bool] = lambda _: True) -> Quantity:  # fmt: skip
    """A quantity that follows from the stimulus of each step alone."""

    def measures(case: Case) -> list[Measure]:
        return [
            Measure(where=_of_step(step), value=Estimate.exact(of(step.stimulus), dimension))
            for step, _ in case.steps()
            if when(step.stimulus)
        ]

    return measures


def _each_contact(of: Callable[[StepExposure, ContactExposure], Estimate]) -> Quantity:
    """A quantity of each contact in each step."""

    def measures(case: Case) -> list[Measure]:
        return [
            Measure(where=_of_contact(step, contact), value=of(exposure, contact))
            for step, exposure, contact in case.contacts()
        ]

    return measures


def _product(one: Estimate, other: Estimate, dimension: str) -> Estimate:
    """The product of two estimates that are not negative; its ends are those of the worst case."""
    return Estimate(
        value=one.value * other.value,
        low=one.low * other.low,
        high=one.high * other.high,
        dimension=dimension,
    )


# -- from the plan -------------------------------------------------------------------------


def _ramp(stimulus: Stimulus) -> float:
    """Shortest ramp [s]: in, out, and at a reversal of constant current.

    A swell carries the direct part under an alternating current with it, so its slopes count there, too.
    """
    ramps = [stimulus.ramp.rise, stimulus.ramp.fall]
    superposed = stimulus.waveform.is_superposed
    if (superposed or stimulus.waveform.is_constant) and stimulus.polarity.mode == "alternating":
        ramps.append(stimulus.polarity.ramp)
    if superposed and stimulus.surge is not None:
        ramps += [stimulus.surge.rise, stimulus.surge.fall]
    return min(ramps)


def _direct_part(stimulus: Stimulus) -> float:
    return abs(stimulus.amplitude * stimulus.waveform.mean)


def _alternating_part(stimulus: Stimulus) -> float:
    return math.sqrt(max(0.0, stimulus.plateau_rms**2 - _direct_part(stimulus) ** 2))


def longest_pulse(stimulus: Stimulus) -> float:
    """Return the longest time [s] that the waveform keeps one sign; 0 for constant current.

    One that never rests nor turns keeps it as long as it lasts.
    """
    if stimulus.waveform.is_constant:
        return 0.0
    if stimulus.waveform.is_one_way:
        return stimulus.duration
    runs: list[tuple[float, float, float]] = []  # start, stop, sign
    for piece in stimulus.waveform.pieces:
        for start, stop in piece.smooth:
            sign = math.copysign(1.0, piece.value_at((start + stop) / 2))
            if runs and runs[-1][2] == sign and start - runs[-1][1] < 1e-12:
                runs[-1] = (runs[-1][0], stop, sign)
            else:
                runs.append((start, stop, sign))
    lengths = [stop - start for start, stop, _ in runs]
    first, last = runs[0], runs[-1]
    if len(runs) > 1 and first[0] < 1e-12 and last[1] > 1 - 1e-12 and first[2] == last[2]:
        lengths.append(lengths[0] + lengths[-1])  # a run that goes over the end of the period
    return max(lengths) / stimulus.frequency


def _sitting_time(case: Case) -> list[Measure]:
    measures = [Measure(where="plan", value=Estimate.exact(case.plan.duration, "time"))]
    if case.plan.course is not None:
        measures.append(
            Measure(
                where="course",
                value=Estimate.exact(case.plan.course.minutes * _MINUTE, "time"),
            )
        )
    return measures


def _sitting_interval(case: Case) -> list[Measure]:
    if case.plan.course is None:
        return [Measure(where="plan", value=None, reason="the plan names no course")]
    if not any(True for _ in case.steps()):
        return []
    return [Measure(where="course", value=Estimate.exact(_WEEK / case.plan.course.per_week, "time"))]


def _stationary(case: Case, *, alone: bool = False) -> list[Measure]:
    """See `longest_stays`."""
    found = longest_stays(case.plan, (step for step, _ in case.steps()), alone=alone)
    return [Measure(where=where, value=Estimate.exact(time, "time")) for time, where in found]


# -- from the prediction -------------------------------------------------------------------


def _voltage(case: Case) -> list[Measure]:
    return [Measure(where=_of_step(step), value=exposure.voltage) for step, exposure in case.steps()]


def _bare_charge(case: Case) -> list[Measure]:
    """Net charge density of contacts that are metal, without gel, and held still."""
    still = {
        (step.number, part.electrode)
        for step in case.plan.steps
        for part in (step.anode, step.cathode)
        if stays(case.plan, part) and not step.stimulus.waveform.is_balanced
    }
    bare = {e.name for e in case.plan.electrodes if e.shape in METAL_SHAPES and e.coupling != "gel"}
    return [
        Measure(where=_of_contact(step, contact), value=contact.net_charge_density)
        for step, _, contact in case.contacts()
        if contact.electrode in bare and (step.number, contact.electrode) in still
    ]


def _turns(stimulus: Stimulus) -> bool:
    """Whether a current goes both ways: balanced, or upon a direct one that is weaker."""
    waveform = stimulus.waveform
    return waveform.is_balanced or (waveform.is_superposed and not waveform.is_one_way)


def _charge_per_phase_density(case: Case) -> list[Measure]:
    """Of currents that turn: a direct one is past any reversible charge by its nature."""
    return [
        Measure(where=_of_contact(step, contact), value=contact.charge_per_phase_density)
        for step, _, contact in case.contacts()
        if _turns(step.stimulus)
    ]


def _brain_density(case: Case) -> list[Measure]:
    """Largest in each brain tissue near the probes; farther off there is no figure, and that is said."""
    far = "this tissue is farther from the line between the probes than fields are computed"
    measures: list[Measure] = []
    for step, exposure in case.steps():
        near = {tissue.tissue: tissue.density_max for tissue in exposure.tissues}
        names = dict.fromkeys((*near, *(name for name, _ in exposure.tissue_share)))
        for tissue in (name for name in names if name in _BRAIN):
            where = f"step {step.number}, {tissue}"
            measures.append(Measure(where=where, value=near.get(tissue), reason=far))
    return measures


def _surface_ph(case: Case, *, side: str) -> list[Measure]:
    """The "least" or "largest" pH on the skin under each contact with direct current."""
    found = surface_ph(case.plan, case.prediction, side=side)
    return [Measure(where=where, value=value) for where, value in found]


def _net_charge_density(case: Case) -> list[Measure]:
    return [Measure(where="skin, whole sitting", value=case.prediction.exposure.net_charge_density)]


def _direct_charge(case: Case) -> list[Measure]:
    return [Measure(where="whole sitting", value=case.prediction.exposure.dc_charge)]


def _is_balanced(stimulus: Stimulus) -> bool:
    return stimulus.waveform.is_balanced


def _is_not_balanced(stimulus: Stimulus) -> bool:
    return not stimulus.waveform.is_balanced


#: How each quantity of the table is computed.
QUANTITIES: dict[str, Quantity] = {
    "peak current": _each_step("current", lambda s: s.peak),
    "average current": _each_step("current", lambda s: s.absolute_charge / s.duration),
    "direct current": _each_step("current", lambda s: s.window_mean(), _is_not_balanced),
    "net direct current": _each_step("current", lambda s: s.window_mean(), _is_balanced),
    "charge per phase": _each_step("charge", lambda s: s.charge_per_phase),
    "ramp time": _each_step("time", _ramp),
    "sitting time": _sitting_time,
    "sitting interval": _sitting_interval,
    "stationary direct current": _stationary,
    "direct current with no electrode moving": partial(_stationary, alone=True),
    "peak voltage": _voltage,
    "rms current density": _each_contact(lambda _, c: c.rms_density),
    "direct current density": _each_contact(lambda _, c: c.dc_density),
    "local direct current density": _each_contact(
        lambda _, c: _product(c.dc_density, c.edge_ratio, "current density")
    ),
    "power density": _each_contact(lambda e, c: _product(c.rms_density, e.voltage, "power density")),
    "charge per phase density": _charge_per_phase_density,
    "static bare-metal charge density": _bare_charge,
    "least pH on the skin": partial(_surface_ph, side="least"),
    "largest pH on the skin": partial(_surface_ph, side="largest"),
    "net charge density": _net_charge_density,
    "direct charge of a sitting": _direct_charge,
    "current density in the brain": _brain_density,
}


def _band(match: re.Match[str]) -> Quantity:
    """R.m.s. current of the alternating part, in steps whose frequency is in the band."""
    above = units.read(match["above"], "frequency")
    up_to = units.read(match["up_to"], "frequency") if match["up_to"] else math.inf
    return _each_step(
        "current",
        _alternating_part,
        lambda s: not s.waveform.is_constant and above < s.frequency <= up_to,
    )


def _direct(match: re.Match[str]) -> Quantity:
    return _each_step("current", _direct_part, _is_not_balanced)


def _energy(match: re.Match[str]) -> Quantity:
    """Energy [J] of one period at full amplitude into a resistance."""
    load = units.read(match["load"], "resistance")
    return _each_step(
        "energy", lambda s: load * s.plateau_rms**2 / s.frequency, lambda s: not s.waveform.is_constant
    )


def _long_pulse(match: re.Match[str]) -> Quantity:
    least = units.read(match["least"], "time")
    return _each_step("current", lambda s: s.peak, lambda s: longest_pulse(s) >= least)


#: Names that carry a figure, with what makes their function.
PATTERNS: tuple[tuple[str, Callable[[re.Match[str]], Quantity]], ...] = (
    (r"rms current at 0 Hz", _direct),
    (r"rms current above (?P<above>[\d.]+ k?Hz)(?: up to (?P<up_to>[\d.]+ k?Hz))?", _band),
    (r"energy of one period into (?P<load>[\d.]+ k?ohm)", _energy),
    (r"peak current of pulses of (?P<least>[\d.]+ m?s) and longer", _long_pulse),
)
