"""At the skin: current per area against that of wounds, the voltage needed, and whether it is felt."""

from __future__ import annotations

import math
from collections.abc import Sequence

from scipy.special import ndtr, ndtri

from microcurrent import units
from microcurrent.model.claim import ClaimFigure
from microcurrent.model.exposure import Estimate
from microcurrent.planning.claims.reckoning import over, published, scaled, threshold
from microcurrent.planning.claims.situations import Situation
from microcurrent.planning.claims.tissue import DEVICE

_WOUNDS = "current density of wounds"
_HALF_FEEL, _PERSON = "direct current that half of people feel", "current that a person feels"
#: Parts of the current of home devices for which it is told who feels it.
_PARTS = (0.25, 0.5, 1.0)
_UNIT = "voltage of a professional unit"
#: The 95th percentile of a standard normal.
_Z95 = float(ndtri(0.95))


def density(situations: Sequence[Situation]) -> tuple[str, tuple[ClaimFigure, ...]]:
    """Return the density under a probe over that of wounds, and the charge per area of one hold."""
    figures, ratios = [], []
    wounds, device = threshold(_WOUNDS), threshold(DEVICE)
    for given in situations:
        under = scaled(given.contact.peak_density, device.value / given.peak, "current density")
        charge = given.contact.absolute_charge_density
        ratios.append(over(under, wounds))
        hold, peak = (
            units.write(given.steps["galvanic"].stimulus.duration, "time"),
            units.write(given.peak, "current"),
        )
        figures += [
            ClaimFigure(name=f"{given.body}: density under the probe", estimate=under),
            ClaimFigure(name=f"{given.body}: that over the density of wounds", estimate=ratios[-1]),
            ClaimFigure(
                name=f"{given.body}: charge of a galvanic hold of {hold} at {peak}",
                estimate=charge,
            ),
        ]
    figures += [published(_WOUNDS), published(DEVICE)]
    return (
        f"Under the probe the density is {_span(ratios)} that of wounds, in pulses or a minute at a place; "
        "that of wounds is steady.",
        tuple(figures),
    )


def voltage(situations: Sequence[Situation]) -> tuple[str, tuple[ClaimFigure, ...]]:
    """Return the voltage that a galvanic and a faradic hold need."""
    figures = [
        ClaimFigure(
            name=f"{given.body}, {system}: voltage for {units.write(given.peak, 'current')}",
            estimate=given.exposures[system].voltage,
        )
        for given in situations
        for system in given.steps
    ]
    figures.append(published(_UNIT))
    needed = [given.exposures[system].voltage for given in situations for system in given.steps]
    low, high = min(e.low for e in needed), max(e.high for e in needed)
    return (
        "The current is set and the skin decides on the voltage: "
        f"{units.write_interval(low, high, 'voltage')} here, and a professional unit may go to "
        f"{units.write(threshold(_UNIT).value, 'voltage')}. “Low voltage” says nothing.",
        tuple(figures),
    )


def sensation(situations: Sequence[Situation]) -> tuple[str, tuple[ClaimFigure, ...]]:
    """Return what part of people feels the current of home devices; nothing here needs a body."""
    device = threshold(DEVICE)
    shares = {part: share_that_feels(part * device.value) for part in _PARTS}
    felt, little = shares[1.0], shares[_PARTS[0]]
    figures = [
        ClaimFigure(name=f"feel {units.write(part * device.value, 'current')}", estimate=share)
        for part, share in shares.items()
    ]
    figures += [published(name) for name in (_HALF_FEEL, _PERSON, DEVICE)]
    return (
        f"At the current of home devices about {units.write(felt.value, 'fraction', digits=2)} of people "
        f"({units.write_interval(felt.low, felt.high, 'fraction')}) feel a direct current when "
        f"it is switched; of a quarter of it, {units.write(little.value, 'fraction', digits=1)}. From "
        "published thresholds; a model of nerve fibres comes later.",
        tuple(figures),
    )


def share_that_feels(current: float) -> Estimate:
    """Return the share of people whose threshold lies below a `current` [A]: log-normal thresholds."""
    half, person = threshold(_HALF_FEEL), threshold(_PERSON)
    spread = math.log(person.high / person.low) / (2 * _Z95)
    value, low, high = (
        float(ndtr(math.log(current / middle) / spread)) for middle in (half.value, half.high, half.low)
    )
    return Estimate(value=value, low=low, high=high, dimension="fraction")


def _span(ratios: list[Estimate]) -> str:
    return units.write_interval(min(r.low for r in ratios), max(r.high for r in ratios), "ratio")
