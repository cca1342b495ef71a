"""What an electrode's contact is to a given current: its outline, and the skin layer under it."""

from __future__ import annotations

import math

from microcurrent.model.electrode import Electrode
from microcurrent.model.stimulus import Stimulus
from microcurrent.physics.bodies.placing import Footprint
from microcurrent.physics.skin import SkinImpedance, area_impedance, peak_voltage, step_impedance
from microcurrent.planning.prediction.sampling import Values, contact_area, contact_name, skin_name


def footprint_of(electrode: Electrode, values: Values) -> Footprint:
    """Return the outline of the contact on flat skin.

    A disc for spheres and discs and wherever the area was measured; a rectangle for pads and gloves
    (both sides shortened alike) and for rollers (a strip as long as the roller).
    """
    area = contact_area(electrode, values)
    if electrode.contact_area is not None or electrode.shape in ("sphere", "disc"):
        return Footprint(area=area)
    if electrode.shape == "roller":
        length = electrode.length or 0.0
        return Footprint(width=length, height=area / length)
    shrunk = math.sqrt(values[contact_name(electrode)])
    return Footprint(width=(electrode.width or 0.0) * shrunk, height=(electrode.height or 0.0) * shrunk)


def skin_of(electrode: Electrode, values: Values) -> SkinImpedance:
    """Return the skin layer under an electrode, per area."""
    series, parallel, capacitance, alpha = (
        values[skin_name(part, electrode.coupling)]
        for part in ("series", "parallel", "capacitance", "alpha")
    )
    return SkinImpedance(series=series, parallel=parallel, capacitance=capacitance, alpha=alpha)


def one_way_time(stimulus: Stimulus) -> float:
    """Return the longest time [s] that the current flows one way: it charges the skin layer that long.

    Pulses of a burst and sloped squares are taken as one pulse of their half period, which bounds
    the voltage from above.
    """
    if stimulus.waveform.is_constant:
        return stimulus.duration
    name = stimulus.waveform.name
    if stimulus.joined_phases:  # polarity reverses where the waveform turns: two phases flow one way
        return 1 / stimulus.frequency
    if name in ("monophasic", "biphasic"):
        first = stimulus.waveform.pieces[0]
        return (first.stop - first.start) / stimulus.frequency
    return 0.5 / stimulus.frequency


def area_impedance_of(electrode: Electrode, stimulus: Stimulus, values: Values) -> float:
    """Return the resistance per area [ohm m2] that the skin layer shows to this current.

    A sine meets the magnitude at its frequency; any other current what the layer has risen to by
    the end of one phase.
    """
    skin = skin_of(electrode, values)
    if stimulus.waveform.name == "sine" and not stimulus.joined_phases:
        return float(abs(area_impedance(skin, stimulus.frequency)))
    return float(step_impedance(skin, one_way_time(stimulus)))


def peak_area_voltage(electrode: Electrode, stimulus: Stimulus, values: Values) -> float:
    """Return a bound on the voltage across the skin layer per current density [V m2/A = ohm m2]."""
    skin = skin_of(electrode, values)
    whole = bool(stimulus.joined_phases)
    if (stimulus.waveform.name == "sine" and not whole) or stimulus.waveform.is_constant:
        return area_impedance_of(electrode, stimulus, values)
    return peak_voltage(
        skin,
        1.0,
        width=one_way_time(stimulus),
        period=1 / stimulus.frequency,
        balanced=stimulus.waveform.is_balanced and not whole,
    )
