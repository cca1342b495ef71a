"""What an electrode's contact is to a given current: its outline, the skin layer under it, its metal."""

from __future__ import annotations

import math

from microcurrent.model.electrode import Electrode
from microcurrent.model.stimulus import Stimulus
from microcurrent.physics.bodies.placing import Footprint
from microcurrent.physics.skin import SkinImpedance, area_impedance, peak_voltage, step_impedance
from microcurrent.planning.prediction.sampling import (
    PAIR_ONSET,
    VOLTAGE_SCALE,
    Values,
    contact_area,
    contact_name,
    metal_name,
    skin_name,
)


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

    Pulses of a burst and sloped squares are taken as one pulse of their half period, and a current with a
    direct part under it as one that never turns, which bounds the voltage from above.
    """
    if stimulus.waveform.is_constant or stimulus.waveform.is_superposed:
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
    charged = stimulus.waveform.is_constant or stimulus.waveform.is_superposed
    if (stimulus.waveform.name == "sine" and not whole) or charged:
        return area_impedance_of(electrode, stimulus, values)
    return peak_voltage(
        skin,
        1.0,
        width=one_way_time(stimulus),
        period=1 / stimulus.frequency,
        balanced=stimulus.waveform.is_balanced and not whole,
    )


def skin_voltage(electrode: Electrode, stimulus: Stimulus, values: Values) -> float:
    """Return a bound [V] on the voltage across the skin layer under the peak current, spread evenly.

    The lower of two bounds: the linear layer, which a short pulse has not charged yet; and the sinh law at
    rest with the peak held for ever, R_s J + V0 asinh(R_p J / V0). Wetting and breakdown, which only lower
    the voltage, are left out.
    """
    density = stimulus.peak / contact_area(electrode, values)
    skin, scale = skin_of(electrode, values), values[VOLTAGE_SCALE]
    linear = density * peak_area_voltage(electrode, stimulus, values)
    return min(linear, density * skin.series + scale * math.asinh(density * skin.parallel / scale))


def metal_voltage(electrodes: tuple[Electrode, Electrode], stimulus: Stimulus, values: Values) -> float:
    """Return about the voltage [V] that a pair of electrodes takes between metal and film; not a bound.

    The double layers take the charge that flows one way, or that is left over, until water is split: the
    onset for a pair, which its interval spreads over. What a pair takes beyond its onset rises slowly with
    the density (`physics.skin.pair_voltage`) and is left out. Metals that do not split water have charge
    transfer instead.
    """
    charge = max(stimulus.charge_per_phase, abs(stimulus.net_charge))
    charging = transferring = 0.0
    for electrode in electrodes:
        area = contact_area(electrode, values)
        resistance = values.get(metal_name("charge transfer", electrode.material))
        if resistance is not None:
            transferring += stimulus.peak * resistance / area
            continue
        layer = values.get(metal_name("double layer", electrode.material))
        charging += math.inf if layer is None else charge / (layer * area)
    return transferring + (min(charging, values[PAIR_ONSET]) if charging else 0.0)
