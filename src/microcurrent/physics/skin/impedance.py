"""The stratum corneum at rest: its impedance per area, in frequency and time.

    Z(w) = R_s + R_p / (1 + (j w tau)^alpha)                                  Cole's equation

A resistance stands in series with another that a constant-phase element bridges
(Cole and Cole, J. Chem. Phys. 9:341, 1941, for the arc). Linear: at rest and for small currents. What
cover does to the layer in minutes is in `hydration`, what direct current does is in `direct_current`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused

Floats = npt.NDArray[np.float64]

#: The frequency [Hz] at which capacitances of skin are quoted.
QUOTED_AT = 1e3

#: Step and reach of the double-exponential rule. Halving the step changes results by less than 1e-14
#: for alpha from 0.3, and past the reach the weights are below rounding.
_STEP = 1.0 / 128.0
_REACH = 4.0
#: Arguments taken together, which bounds the memory.
_AT_ONCE = 2048


@dataclass(frozen=True, kw_only=True)
class SkinImpedance:
    """The layer per area: `series` and `parallel` [ohm m2], `capacitance` [F/m2] at 1 kHz, `alpha`.

    `alpha` is the exponent of the constant-phase element, 1 for a capacitor. Raises `ValueRefused`
    for values that are not finite, a `series` below 0, others not above 0, and `alpha` above 1.
    """

    series: float
    parallel: float
    capacitance: float
    alpha: float

    def __post_init__(self) -> None:
        for name, sound in (
            ("series", self.series >= 0),
            ("parallel", self.parallel > 0),
            ("capacitance", self.capacitance > 0),
            ("alpha", 0 < self.alpha <= 1),
        ):
            value = getattr(self, name)
            if not (sound and math.isfinite(value)):
                expected = "above 0 and at most 1" if name == "alpha" else "finite and above 0"
                raise ValueRefused(
                    Problem(what="skin impedance", key=name, expected=expected, came=f"{value}")
                )

    @property
    def element(self) -> float:
        """Q [S s^alpha / m2] of the constant-phase element, whose admittance is Q (j w)^alpha.

        At 1 kHz its magnitude is that of the quoted capacitance: Q = C w^(1 - alpha).
        """
        return float(self.capacitance * (2 * math.pi * QUOTED_AT) ** (1 - self.alpha))

    @property
    def time_constant(self) -> float:
        """tau [s] = (R_p Q)^(1 / alpha)."""
        return float((self.parallel * self.element) ** (1 / self.alpha))

    @property
    def settling_capacitance(self) -> float:
        """The capacitance [F/m2] that beside `parallel` has the same time constant, tau / R_p."""
        return self.time_constant / self.parallel


def cole_impedance(
    *,
    series: npt.ArrayLike,
    parallel: npt.ArrayLike,
    capacitance: npt.ArrayLike,
    alpha: npt.ArrayLike,
    frequency: npt.ArrayLike,
) -> npt.NDArray[np.complex128]:
    """Return Cole's impedance per area [ohm m2] for arrays that broadcast together.

    `series`, `parallel` [ohm m2], `capacitance` [F/m2] at 1 kHz, `alpha`, `frequency` [Hz]. For many
    faces with values of their own; one layer is a `SkinImpedance`. Raises `ValueRefused` for values
    that are not finite or negative.
    """
    exponent, given = _from_zero("alpha", alpha), _from_zero("frequency", frequency)
    resistance = _from_zero("parallel", parallel)
    element = _from_zero("capacitance", capacitance) * (2 * np.pi * QUOTED_AT) ** (1 - exponent)
    shifted = resistance * element * (2j * np.pi * given) ** exponent
    return np.asarray(_from_zero("series", series) + resistance / (1 + shifted))


def area_impedance(skin: SkinImpedance, frequency: npt.ArrayLike) -> npt.NDArray[np.complex128]:
    """Return the impedance per area [ohm m2], complex, at `frequency` [Hz], any shape.

    At 0 Hz it is `series` + `parallel`. Raises `ValueRefused` for a negative frequency.
    """
    return cole_impedance(
        series=skin.series,
        parallel=skin.parallel,
        capacitance=skin.capacitance,
        alpha=skin.alpha,
        frequency=frequency,
    )


def step_impedance(skin: SkinImpedance, time: npt.ArrayLike) -> Floats:
    """Return voltage over current density [ohm m2] at `time` [s] after a current step, any shape.

    R_s + R_p [1 - E_alpha(-(t / tau)^alpha)], the skin at rest before: the Laplace inverse of Z(s) / s
    (Gorenflo and Mainardi 1997).
    """
    given = _from_zero("time", time)
    relaxed = mittag_leffler((given / skin.time_constant) ** skin.alpha, skin.alpha)
    return np.asarray(skin.series + skin.parallel * (1 - relaxed))


def step_admittance(skin: SkinImpedance, time: npt.ArrayLike) -> Floats:
    """Return current density over voltage [S/m2] at `time` [s] after a voltage step, any shape.

    [1 + (R_p / R_s) E_alpha(-(t / tau')^alpha)] / (R_s + R_p), (tau / tau')^alpha = (R_s + R_p) / R_s:
    the Laplace inverse of 1 / (s Z(s)). Raises `ValueRefused` for a layer without series resistance,
    whose current would begin without bound.
    """
    given = _from_zero("time", time)
    if skin.series == 0:
        raise ValueRefused(
            Problem(what="voltage step", key="series", expected="above 0 ohm m2", came=f"{skin.series}")
        )
    whole = skin.series + skin.parallel
    argument = (given / skin.time_constant) ** skin.alpha * whole / skin.series
    return np.asarray((1 + skin.parallel / skin.series * mittag_leffler(argument, skin.alpha)) / whole)


def peak_voltage(
    skin: SkinImpedance, density: float, *, width: float, period: float = math.inf, balanced: bool
) -> float:
    """Return a bound [V] on the voltage across the layer under a train of rectangular pulses.

    `density` [A/m2] during a pulse of `width` [s], one every `period` [s]; infinite: one pulse.
    `balanced`: each pulse is followed, at once or later in its period, by its mirror image. The bound
    holds for any number of pulses, and is reached by the first or by a current that never pauses.

    Balanced: J [R_s + R_p (1 - E(w))], where E(t) = E_alpha(-(t/tau)^alpha), because what a balanced
    pair leaves behind only opposes the next one. One-sided: what earlier pulses left adds at most
    J R_p E(w) w / T. Both follow from E falling and being convex. Raises `ValueRefused` for a width
    that is not positive or longer than the period allows.
    """
    most = 0.5 * period if balanced else period
    if not 0 < width <= most:
        raise ValueRefused(
            Problem(
                what="pulse", key="width", expected=f"above 0 and at most {most:g} s", came=f"{width} s"
            )
        )
    response = float(step_impedance(skin, width))
    if not balanced:
        left = skin.series + skin.parallel - response
        response += left * width / period
    return abs(density) * response


def mittag_leffler(x: npt.ArrayLike, alpha: float) -> Floats:
    """Return E_alpha(-x), the Mittag-Leffler function, for x >= 0 of any shape, 0 < alpha <= 1.

    By the integral of exp(-(x sin p / sin(alpha pi - p))^(1/alpha)) over p from 0 to alpha pi,
    divided by alpha pi, which follows from the spectrum of the function (Gorenflo and Mainardi,
    Fractional calculus, 1997, section 3) when its Lorentzian is made the measure. The integrand lies
    between 0 and 1; a double-exponential rule takes its ends. Accurate to about 1e-14 for alpha from 0.3.
    """
    given = _from_zero("argument", x)
    if not 0 < alpha <= 1:
        raise ValueRefused(
            Problem(
                what="Mittag-Leffler function",
                key="alpha",
                expected="above 0 and at most 1",
                came=f"{alpha}",
            )
        )
    if alpha == 1:
        return np.asarray(np.exp(-given))
    steps = np.arange(-_REACH, _REACH + _STEP / 2, _STEP)
    inner = np.pi * np.sinh(steps)
    # Both distances from the ends, each without loss of digits.
    low, high = 1 / (1 + np.exp(-inner)), 1 / (1 + np.exp(inner))
    weight = _STEP * np.pi * np.cosh(steps) * low * high
    ratio = np.sin(alpha * np.pi * low) / np.sin(alpha * np.pi * high)
    flat = np.ravel(given)
    result = np.empty(flat.size)
    with np.errstate(over="ignore"):
        for first in range(0, flat.size, _AT_ONCE):
            part = slice(first, first + _AT_ONCE)
            decay = np.exp(-((flat[part, None] * ratio) ** (1 / alpha)))
            result[part] = decay @ weight
    return np.asarray(result / weight.sum()).reshape(given.shape)


def _from_zero(what: str, values: npt.ArrayLike) -> Floats:
    given = np.asarray(values, dtype=float)
    if not (np.isfinite(given) & (given >= 0)).all():
        raise ValueRefused(
            Problem(what="skin impedance", key=what, expected="finite numbers from 0", came=repr(values))
        )
    return given
