"""How direct current changes the stratum corneum: sinh law, wetting, recovery and breakdown.

    J = g B V0 sinh(V / V0) + C dV/dt
    dg/dt = (g_inf - g) / tau,   g_inf = g_0 [1 + (1 -+ a) (|J_c| / J_h)^p]
    db/dt = (x^m / (1 + x^m) - b) / tau_b,   x = |V| / V_b,   B = 10^(D b)

V is the voltage across the layer, without the series resistance; J_c the part of J that flows through the
conductance. tau is `wetting_time` where g rises and `recovery_time` where it falls. The sinh is the small
field law of Kasting and Bowman (1990); that conductance follows current with the time and the polarity of
electro-osmosis is Grimnes (1983); the second, fast pathway above some ten volt is Chizmadzhev et al.
(1998). The closed form of g_inf is this project's. Only the increment depends on polarity, so that the
layer at rest is the same under both poles; the cathode, which draws water outward through the ducts, wets
it more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from microcurrent.errors import ConvergenceError, Problem, ValueRefused
from microcurrent.physics.skin.impedance import Floats, SkinImpedance, cole_impedance

#: Newton's method ends where a round changes less than this part of the largest voltage that is possible,
#: hands over to bisection after so many rounds, and fails after so many: bisection needs 45.
_SETTLED = 1e-13
_TRUSTED = 40
_MOST_ROUNDS = 100


@dataclass(frozen=True, kw_only=True)
class DirectCurrentLaw:
    """The constants of the law.

    `voltage_scale` V0 [V]; `wetting_density` J_h [A/m2]; `wetting_exponent` p, above 0 to 1, so that the
    voltage never falls when the current rises; `wetting_time`, `recovery_time` [s]; `asymmetry` a, 0 to
    below 1; `breakdown_voltage` V_b [V], `breakdown_steepness` m above 1, `breakdown_decades` D from 0,
    `breakdown_time` tau_b [s]. Raises `ValueRefused` for others.
    """

    voltage_scale: float
    wetting_density: float
    wetting_exponent: float
    wetting_time: float
    recovery_time: float
    asymmetry: float
    breakdown_voltage: float
    breakdown_steepness: float
    breakdown_decades: float
    breakdown_time: float

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            sound, expected = value > 0, "finite and above 0"
            if field.name == "wetting_exponent":
                sound, expected = 0 < value <= 1, "above 0 and at most 1"
            elif field.name == "asymmetry":
                sound, expected = 0 <= value < 1, "from 0 to below 1"
            elif field.name == "breakdown_steepness":
                sound, expected = value > 1, "finite and above 1"
            elif field.name == "breakdown_decades":
                sound, expected = value >= 0, "finite, from 0"
            if not (sound and math.isfinite(value)):
                raise _refused(field.name, expected, f"{value}")


@dataclass(frozen=True, kw_only=True, eq=False)
class SkinFaces:
    """The layer at n places: `rest` g_0 [S/m2], `capacitance` [F/m2], `series` [ohm m2], each (n,).

    All follow one `law`. Raises `ValueRefused` for shapes that differ, `rest` not above 0, and
    `capacitance` or `series` below 0.
    """

    law: DirectCurrentLaw
    rest: Floats
    capacitance: Floats
    series: Floats

    def __post_init__(self) -> None:
        for name in ("rest", "capacitance", "series"):
            values = np.array(getattr(self, name), dtype=float)
            least = values > 0 if name == "rest" else values >= 0
            if values.ndim != 1 or values.shape != np.shape(self.rest) or not values.size:
                raise _refused(name, "one number for each face", f"an array {values.shape}")
            if not (np.isfinite(values) & least).all():
                raise _refused(name, "finite numbers above 0", repr(values))
            values.flags.writeable = False
            object.__setattr__(self, name, values)

    @property
    def count(self) -> int:
        """Number of faces n."""
        return self.rest.size

    def at(self, places: npt.NDArray[np.int64]) -> SkinFaces:
        """Return the faces at `places` (m,), indices or a mask: those that are wet, say."""
        return replace(
            self, rest=self.rest[places], capacitance=self.capacitance[places], series=self.series[places]
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class SkinState:
    """The layer at one moment: `voltage` [V] across it, `conductance` g [S/m2], `breakdown` b; (n,)."""

    voltage: Floats
    conductance: Floats
    breakdown: Floats

    def at(self, places: npt.NDArray[np.int64]) -> SkinState:
        """Return the state at `places` (m,), indices or a mask."""
        return SkinState(
            voltage=self.voltage[places],
            conductance=self.conductance[places],
            breakdown=self.breakdown[places],
        )


def skin_faces(law: DirectCurrentLaw, impedance: SkinImpedance, *, count: int = 1) -> SkinFaces:
    """Return `count` faces that at rest are `impedance`, its constant-phase element as a capacitor.

    The capacitor is that of equal time constant (`SkinImpedance.settling_capacitance`).
    """
    return SkinFaces(
        law=law,
        rest=np.full(count, 1 / impedance.parallel),
        capacitance=np.full(count, impedance.settling_capacitance),
        series=np.full(count, impedance.series),
    )


def at_rest(skin: SkinFaces) -> SkinState:
    """Return the state of skin that no current has passed for long."""
    return SkinState(
        voltage=np.zeros(skin.count), conductance=skin.rest.copy(), breakdown=np.zeros(skin.count)
    )


def wetted_conductance(skin: SkinFaces, density: npt.ArrayLike) -> Floats:
    """Return g_inf (n,) [S/m2], where the conductance goes under `density` (n,) [A/m2]."""
    return _wetted(skin, np.asarray(density, dtype=float))[0]


def secant_impedance(skin: SkinFaces, density: npt.ArrayLike, state: SkinState) -> Floats:
    """Return voltage over density (n,) [ohm m2] for a `density` (n,) [A/m2] held for milliseconds.

    R_s + asinh(x) / (x g B) with x = J / (g B V0): the capacitor is charged, wetting and breakdown stand
    at `state`. At density 0 it is the small-signal resistance R_s + 1 / (g B).
    """
    conductance, x = _argument(skin, density, state)
    ratio = np.ones_like(x)
    np.divide(np.arcsinh(x), x, out=ratio, where=x != 0)
    return np.asarray(skin.series + ratio / conductance)


def differential_impedance(skin: SkinFaces, density: npt.ArrayLike, state: SkinState) -> Floats:
    """Return dV/dJ (n,) [ohm m2] where `secant_impedance` returns V/J: R_s + 1 / (g B sqrt(1 + x^2))."""
    conductance, x = _argument(skin, density, state)
    return np.asarray(skin.series + 1 / (conductance * np.hypot(1, x)))


def alternating_impedance(
    impedance: SkinImpedance, skin: SkinFaces, state: SkinState, *, frequency: npt.ArrayLike
) -> npt.NDArray[np.complex128]:
    """Return the impedance per area [ohm m2] for a small alternating current on top of `state`.

    `impedance`: the layer at rest, whose constant-phase element stays while its resistance becomes
    1 / (g B cosh(V / V0)), the slope of the law at the voltage that stands. That pulses lower the
    resistance and leave the capacitance is van Boxtel 1977, from memory. `frequency` [Hz] broadcasts.
    """
    conductance = state.conductance * 10.0 ** (skin.law.breakdown_decades * state.breakdown)
    return cole_impedance(
        series=skin.series,
        parallel=1 / (conductance * np.cosh(state.voltage / skin.law.voltage_scale)),
        capacitance=impedance.capacitance,
        alpha=impedance.alpha,
        frequency=frequency,
    )


def steady_state(skin: SkinFaces, density: npt.ArrayLike) -> SkinState:
    """Return the state after `density` (n,) [A/m2] was held for ever. Raises `ConvergenceError`."""
    given = np.broadcast_to(np.asarray(density, dtype=float), skin.rest.shape)
    fully = Approach(wetting=1.0, recovery=1.0, breaking=1.0)
    rest = at_rest(skin)
    voltage = balanced_voltage(skin, rest, fully, given=given, slope=np.zeros(skin.count))
    return approached(skin, rest, fully, voltage=voltage, conducted=given)


@dataclass(frozen=True, kw_only=True)
class Approach:
    """How far a step goes towards where the state would settle, 0 to 1: h / (tau + h) for a step h."""

    wetting: float
    recovery: float
    breaking: float


def approach(law: DirectCurrentLaw, length: float) -> Approach:
    """Return how far backward Euler goes in a step of `length` [s]."""
    return Approach(
        wetting=length / (law.wetting_time + length),
        recovery=length / (law.recovery_time + length),
        breaking=length / (law.breakdown_time + length),
    )


def approached(
    skin: SkinFaces, state: SkinState, share: Approach, *, voltage: Floats, conducted: Floats
) -> SkinState:
    """Return the state after a step from `state` to `voltage` [V] and `conducted` [A/m2], (n,)."""
    conductance, _ = _conductance(skin, state, share, conducted)
    breakdown, _ = _breakdown(skin.law, state, share, voltage)
    return SkinState(voltage=voltage, conductance=conductance, breakdown=breakdown)


def balanced_voltage(
    skin: SkinFaces, state: SkinState, share: Approach, *, given: Floats, slope: Floats
) -> Floats:
    """Return the voltage (n,) [V] at which the layer conducts `given` - `slope` V [A/m2], (n,) each.

    The conductance and breakdown are those at the end of a step from `state`. What drives, J_c / g, falls
    with V and what is driven, B V0 sinh(V / V0), rises, so there is one solution; without breakdown their
    difference is convex, and Newton's method comes to it from above, from the voltage of `given` alone.
    With breakdown a bisection keeps it from leaving. Raises `ConvergenceError`.
    """
    scale = skin.law.voltage_scale
    upper = scale * np.arcsinh(np.abs(_driving(skin, state, share, given)[0]) / scale)
    np.minimum(upper, np.divide(np.abs(given), slope, out=upper.copy(), where=slope > 0), out=upper)
    sign = np.sign(given)
    low, high, size = np.zeros_like(upper), upper, upper
    settled = upper == 0
    for rounds in range(_MOST_ROUNDS):
        voltage = sign * size
        driving, softer = _driving(skin, state, share, given - slope * voltage)
        driven, stiffer = _driven(skin.law, state, share, voltage)
        excess, rise = sign * (driven - driving), stiffer + slope * softer
        low, high = np.where(excess < 0, size, low), np.where(excess >= 0, size, high)
        new = size - excess / rise
        outside = (new < low) | (new > high) | (rounds > _TRUSTED)
        new = np.where(settled, size, np.where(outside, (low + high) / 2, new))
        settled |= np.abs(new - size) <= _SETTLED * upper
        size = new
        if settled.all():
            return np.asarray(sign * size)
    raise ConvergenceError(
        f"The voltage of the skin layer was not found in {_MOST_ROUNDS} rounds, at up to "
        f"{float(np.abs(given).max()):.3g} A/m2."
    )


def _wetted(skin: SkinFaces, density: Floats) -> tuple[Floats, Floats]:
    """g_inf (n,) [S/m2] and its derivative to the logarithm of the density."""
    law = skin.law
    polarity = 1 - law.asymmetry * np.sign(density)
    more = skin.rest * polarity * (np.abs(density) / law.wetting_density) ** law.wetting_exponent
    return np.asarray(skin.rest + more), np.asarray(law.wetting_exponent * more)


def _conductance(
    skin: SkinFaces, state: SkinState, share: Approach, density: Floats
) -> tuple[Floats, Floats]:
    """g (n,) [S/m2] at the end of a step, and its derivative to the logarithm of the density."""
    target, rise = _wetted(skin, density)
    part = np.where(target > state.conductance, share.wetting, share.recovery)
    return np.asarray(state.conductance + part * (target - state.conductance)), np.asarray(part * rise)


def _driving(skin: SkinFaces, state: SkinState, share: Approach, density: Floats) -> tuple[Floats, Floats]:
    """J / g (n,) [V] at the end of a step, and its derivative [ohm m2] to the density J."""
    conductance, rise = _conductance(skin, state, share, density)
    return density / conductance, (1 - rise / conductance) / conductance


def _driven(
    law: DirectCurrentLaw, state: SkinState, share: Approach, voltage: Floats
) -> tuple[Floats, Floats]:
    """B V0 sinh(V / V0) (n,) [V] at the end of a step, and its derivative to the voltage."""
    broken, steeper = _breakdown(law, state, share, voltage)
    factor = 10.0 ** (law.breakdown_decades * broken)
    x = voltage / law.voltage_scale
    driven = factor * law.voltage_scale * np.sinh(x)
    slope = factor * np.cosh(x) + driven * math.log(10) * law.breakdown_decades * steeper
    return np.asarray(driven), np.asarray(slope)


def _breakdown(
    law: DirectCurrentLaw, state: SkinState, share: Approach, voltage: Floats
) -> tuple[Floats, Floats]:
    """b (n,) at the end of a step, and its derivative [1/V] to the voltage."""
    raised = (np.abs(voltage) / law.breakdown_voltage) ** law.breakdown_steepness
    target = raised / (1 + raised)
    slope = np.zeros_like(voltage)
    np.divide(
        share.breaking * law.breakdown_steepness * target * (1 - target),
        voltage,
        out=slope,
        where=voltage != 0,
    )
    return np.asarray(state.breakdown + share.breaking * (target - state.breakdown)), slope


def _argument(skin: SkinFaces, density: npt.ArrayLike, state: SkinState) -> tuple[Floats, Floats]:
    """g B [S/m2] and J / (g B V0), (n,) each."""
    conductance = state.conductance * 10.0 ** (skin.law.breakdown_decades * state.breakdown)
    return conductance, np.asarray(density, dtype=float) / (conductance * skin.law.voltage_scale)


def _refused(key: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="skin under direct current", key=key, expected=expected, came=came))
