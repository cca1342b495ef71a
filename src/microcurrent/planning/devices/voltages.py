"""The voltage that a current needs through the reference hold, and what a limited voltage lets through.

The tissue below the stratum corneum is ohmic, so its part is the peak times the resistance predicted. The
skin layer and the metal are computed anew for each current: they are not linear, and depend on frequency.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from microcurrent.model import Electrode, Estimate, Stimulus
from microcurrent.planning.devices.reference_hold import Hold
from microcurrent.planning.prediction.contacts import metal_voltage, skin_voltage
from microcurrent.planning.prediction.sampling import Values, draws, middle

#: Halvings of the current when it is sought: to a millionth.
_HALVINGS = 20


@dataclass(frozen=True, kw_only=True, eq=False)
class Circuit:
    """What a current meets in the reference hold: both electrodes, the tissue between them, the inputs.

    `resistance` [ohm] of the tissue; `centre` the middle of every input, `drawn` the draws of its interval.
    """

    electrodes: tuple[Electrode, Electrode]
    resistance: Estimate
    centre: Values
    drawn: tuple[Values, ...]


def circuit_of(hold: Hold) -> Circuit:
    """Return what a current meets in the reference hold."""
    prediction, (first, second) = hold.prediction, hold.plan.steps[0].electrodes
    return Circuit(
        electrodes=(hold.plan.electrode(first), hold.plan.electrode(second)),
        resistance=prediction.exposure.steps[0].tissue_resistance,
        centre=middle(prediction.inputs),
        drawn=tuple(draws(prediction.inputs, prediction.samples, prediction.seed)),
    )


def voltage_of(stimulus: Stimulus, circuit: Circuit) -> Estimate:
    """Return the voltage [V] that the peak of a current needs, with its 90 % interval.

    The ends of tissue and of the contacts are added, which is wider than both together are.
    """
    drawn = [_contacts(stimulus, circuit, values) for values in circuit.drawn]
    # Hazen's positions, as for every interval of a prediction.
    low, high = (float(q) for q in np.quantile(drawn, (0.05, 0.95), method="hazen"))
    centre, peak = _contacts(stimulus, circuit, circuit.centre), stimulus.peak
    return Estimate(
        value=peak * circuit.resistance.value + centre,
        low=peak * circuit.resistance.low + min(low, centre),
        high=peak * circuit.resistance.high + max(high, centre),
        dimension="voltage",
    )


def current_of(stimulus: Stimulus, circuit: Circuit, compliance: float) -> Estimate:
    """Return the peak [A] that flows when a current source has `compliance` [V], with its interval.

    Never more than the peak of the stimulus.
    """
    value = _largest(stimulus, circuit, compliance, lambda v: v.value)
    low = _largest(stimulus, circuit, compliance, lambda v: v.high)
    high = _largest(stimulus, circuit, compliance, lambda v: v.low)
    return Estimate(value=value, low=low, high=high, dimension="current")


def _largest(
    stimulus: Stimulus, circuit: Circuit, compliance: float, of: Callable[[Estimate], float]
) -> float:
    if of(voltage_of(stimulus, circuit)) <= compliance:
        return stimulus.peak
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        share = (low + high) / 2
        weaker = replace(stimulus, amplitude=share * stimulus.amplitude)
        low, high = (share, high) if of(voltage_of(weaker, circuit)) <= compliance else (low, share)
    return low * stimulus.peak


def _contacts(stimulus: Stimulus, circuit: Circuit, values: Values) -> float:
    skin = sum(skin_voltage(electrode, stimulus, values) for electrode in circuit.electrodes)
    return skin + metal_voltage(circuit.electrodes, stimulus, values)
