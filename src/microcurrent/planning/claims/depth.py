"""Is galvanic current deeper than faradic? Both at one place, at equal current and at equal voltage."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from microcurrent import units
from microcurrent.model.claim import ClaimFigure
from microcurrent.model.exposure import Estimate
from microcurrent.physics.exact.depth import homogeneous_fraction
from microcurrent.planning.claims.reckoning import rest, together
from microcurrent.planning.claims.situations import Situation
from microcurrent.planning.prediction.contacts import peak_area_voltage, skin_of
from microcurrent.planning.prediction.sampling import (
    VOLTAGE_SCALE,
    Values,
    contact_area,
    draws,
    middle,
)

#: Draws of the skin for the ratio at equal voltage: no field is solved for them.
_DRAWS = 400
#: Depth [m] that the closed form is told for.
_DEPTH = 10e-3
#: Halvings of the interval in which a current is looked for: to the last digit.
_HALVINGS = 50
#: What counts as rounding in a ratio of currents.
_ROUNDING = 1e-6


def depth(situations: Sequence[Situation]) -> tuple[str, tuple[ClaimFigure, ...]]:
    """Return whether one kind of current goes deeper, with the shares below the skin and in muscle."""
    figures, apart, more = [], [], []
    for given in situations:
        below = {system: rest(given.shares(system)["skin"]) for system in given.steps}
        apart.append(abs(below["galvanic"].value - below["faradic"].value))
        for system in given.steps:
            figures.append(
                ClaimFigure(name=f"{given.body}, {system}: below the skin", estimate=below[system])
            )
        for system in given.steps:
            muscle = [e for tissue, e in given.shares(system).items() if "muscle" in tissue]
            figures.append(
                ClaimFigure(name=f"{given.body}, {system}: in muscle", estimate=together(muscle))
            )
        ratio = at_equal_voltage(given)
        more.append(ratio)
        figures.append(
            ClaimFigure(name=f"{given.body}: faradic over galvanic current, equal voltage", estimate=ratio)
        )
        figures += _by_closed_form(given)
    largest = units.write(100 * max(apart), "ratio", digits=2).removesuffix(" times")
    least, most = min(r.low for r in more), max(r.high for r in more)
    side = "no less" if least > 1 - _ROUNDING else "more or less"
    return (
        f"At equal current the share below the skin differs by {largest} percentage points between the two "
        f"kinds: neither is the deeper one. At equal voltage the faradic pulses drive "
        f"{units.write_interval(least, most, 'ratio')} the current of the galvanic hold, so {side} of it "
        "at every depth.",
        tuple(figures),
    )


def at_equal_voltage(given: Situation) -> Estimate:
    """Return the current of faradic pulses over that of the galvanic hold, at the voltage of the latter.

    The voltage is that across both skin layers and the tissue between; what metal takes is left out. Below
    the skin layer both find the same tissue, so the ratio holds for every depth.
    """
    inputs = given.prediction.inputs
    ohms = given.exposures["galvanic"].tissue_resistance.value

    def ratio(values: Values) -> float:
        voltage = voltage_curve(given, "galvanic", values, ohms=ohms)(given.peak)
        faradic = voltage_curve(given, "faradic", values, ohms=ohms)
        return current_at(voltage, faradic, ohms=ohms) / given.peak

    value = ratio(middle(inputs))
    drawn = [ratio(values) for values in draws(inputs, _DRAWS, given.prediction.seed)]
    low, high = (float(q) for q in np.quantile(drawn, (0.05, 0.95)))
    return Estimate(value=value, low=min(low, value), high=max(high, value), dimension="ratio")


def voltage_curve(
    given: Situation, system: str, values: Values, *, ohms: float
) -> Callable[[float], float]:
    """Return the voltage [V] over skin, tissue of `ohms` and skin as a function of the peak current [A].

    The skin layer is that of `prediction.contacts.skin_voltage`: the lower of linear layer and sinh law.
    """
    step, scale = given.steps[system], values[VOLTAGE_SCALE]
    layers = []
    for name in step.electrodes:
        electrode = given.plan.electrode(name)
        area, skin = contact_area(electrode, values), skin_of(electrode, values)
        linear = peak_area_voltage(electrode, step.stimulus, values) / area
        layers.append((linear, skin.series / area, skin.parallel / area))

    def voltage(current: float) -> float:
        return current * ohms + sum(
            min(current * linear, current * series + scale * math.asinh(current * parallel / scale))
            for linear, series, parallel in layers
        )

    return voltage


def current_at(voltage: float, curve: Callable[[float], float], *, ohms: float) -> float:
    """Return the current [A] at which a rising curve reaches a voltage [V] above that over `ohms` alone."""
    low, high = 0.0, voltage / ohms
    for _ in range(_HALVINGS):
        half = (low + high) / 2
        low, high = (low, half) if curve(half) >= voltage else (half, high)
    return (low + high) / 2


def _by_closed_form(given: Situation) -> Iterator[ClaimFigure]:
    spacing = given.exposures["galvanic"].spacing[0]
    share = float(homogeneous_fraction(_DEPTH, distance=spacing))
    apart, deep = units.write(spacing, "length", digits=2), units.write(_DEPTH, "length")
    yield ClaimFigure(
        name=f"{given.body}, closed form for probes {apart} apart, either kind: below {deep}",
        estimate=Estimate.exact(share, "fraction"),
    )
