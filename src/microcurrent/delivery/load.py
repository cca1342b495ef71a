"""SkinLoad: the skin under two probes as a stimulator sees it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from microcurrent.model import Stimulus
from microcurrent.model.checks import finite


@dataclass(frozen=True, kw_only=True)
class SkinLoad:
    """One resistor for the body inside the skin, in series with skin: resistor beside capacitor.

    `series` and `parallel` [ohm], `capacitance` [F], for the pair of electrodes together.
    """

    series: float
    parallel: float
    capacitance: float

    def __post_init__(self) -> None:
        finite(self, "series", self.series, above=0)
        finite(self, "parallel", self.parallel, minimum=0)
        finite(self, "capacitance", self.capacitance, minimum=0)

    def peak_impedance(self, stimulus: Stimulus) -> float:
        """Return peak voltage over peak current [ohm] of a program on this load.

        The step response of the skin is R (1 - exp(-t/RC)). All current of one sign in a period,
        flowing at its peak for as long as its charge asks and as late as it can, gives the largest
        voltage that this charge can give; current of one sign alone adds up over periods as a
        geometric series. Exact for rectangular pulses and for constant current, else an upper bound.
        Ramps and surges are slow against RC and scale both peaks alike.
        """
        tau = self.parallel * self.capacitance
        if stimulus.waveform.is_constant or tau == 0:
            return self.series + self.parallel
        period = 1 / stimulus.frequency
        pieces = stimulus.waveform
        positive = (pieces.mean_absolute + pieces.mean) / 2
        negative = (pieces.mean_absolute - pieces.mean) / 2
        reached = -math.expm1(-max(positive, negative) * period / tau)
        if not pieces.is_balanced:
            reached /= -math.expm1(-period / tau)
        return self.series + self.parallel * min(reached, 1.0)
