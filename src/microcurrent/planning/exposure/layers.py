"""Layers: how the skin under both electrodes of a step answers its current."""

from __future__ import annotations

from dataclasses import dataclass

from microcurrent.model.plan import Plan, Step
from microcurrent.physics.skin import DirectCurrentLaw, SkinImpedance
from microcurrent.planning.prediction.contacts import area_impedance_of, skin_of
from microcurrent.planning.prediction.interfaces import direct_current_law
from microcurrent.planning.prediction.sampling import Values


@dataclass(frozen=True, kw_only=True)
class Layers:
    """The skin under anode and cathode.

    `ohms` (2,) [ohm m2]: a resistance per area that stays; or, under direct current, `law` and the layer
    at `rest` (2,), which change as it flows. `words`: how the layer is taken.
    """

    words: str
    ohms: tuple[float, float] = (0.0, 0.0)
    law: DirectCurrentLaw | None = None
    rest: tuple[SkinImpedance, ...] = ()


def layers_of(step: Step, plan: Plan, values: Values, *, skin_group: str) -> Layers:
    """Return the skin layer under both electrodes of a step.

    Steady direct current wets the layer as it flows, by the law of the tables for `skin_group`. A sine
    meets the magnitude of the impedance at its frequency; any other current what the layer has risen to
    by the end of one phase, as in a prediction; one with a direct part under it, all of it.
    """
    electrodes = [plan.electrode(name) for name in step.electrodes]
    if step.stimulus.waveform.is_constant:
        return Layers(
            law=direct_current_law(skin_group),
            rest=tuple(skin_of(electrode, values) for electrode in electrodes),
            words="wetted by direct current as it flows, at rest when the step begins",
        )
    first, second = (area_impedance_of(electrode, step.stimulus, values) for electrode in electrodes)
    if step.stimulus.waveform.name == "sine" and not step.stimulus.joined_phases:
        words = f"size of its impedance at {step.stimulus.frequency:g} Hz"
    elif step.stimulus.waveform.is_superposed:
        words = "voltage over current density where the direct part has charged it; not wetted by it"
    else:
        words = "voltage over current density at the end of one phase"
    return Layers(ohms=(first, second), words=words)
