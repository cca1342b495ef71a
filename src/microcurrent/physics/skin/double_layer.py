"""Bare metal on a wet contact: double layer, charge that can be taken back, onset of electrolysis.

    alternating current     Z = 1 / (1 / R_ct + Q (j w)^n)
    direct current          J = C dE/dt + x / R_ct + j_a [exp((E - E_O) / b) - exp((E_0 - E_O) / b)]
                                                   - j_c [exp((E_H - E) / b) - exp((E_H - E_0) / b)]

x = E - E_0 is the distance from the potential at rest, b = R T / (alpha F). The two exponentials are the
branches of Butler and Volmer's equation that make oxygen and hydrogen from water, each with its exchange
current density; between their potentials the metal hardly conducts and its double layer takes the charge.
A metal without them (Ag/AgCl) conducts through R_ct alone and does not polarise. Chlorine and the metal's
own dissolution are not told apart from oxygen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from microcurrent.errors import ConvergenceError, Problem, ValueRefused
from microcurrent.physics.skin.impedance import Floats
from microcurrent.physics.skin.marching import Accuracy, course_of, march

#: Newton's method on a convex branch gains digits twofold once within b of the solution.
_MOST_ROUNDS = 100
#: Rounds end at this part of the potential itself.
_SETTLED = 1e-14
#: Default for the error of one step, relative to the potential reached.
TOLERANCE = 1e-5
#: Potential [V] and charge [C/m2] that count where there are none: far below any that can be measured here.
_NOTHING = 1e-9

#: What `charge_verdict` may say.
VERDICTS = ("reversible", "in doubt", "irreversible")


@dataclass(frozen=True, kw_only=True)
class MetalInterface:
    """One metal in a salty film, per area of metal.

    `capacitance` [F/m2] of the double layer; `element` Q [S s^n / m2] and `exponent` n of its
    constant-phase element; both are 0 where not known, and then all current reacts. `transfer` R_ct
    [ohm m2]; `rest` E_0 [V]. For a metal that splits water: `oxygen` E_O and `hydrogen` E_H [V], the
    exchange densities `anodic` and `cathodic` j [A/m2], and `slope` b [V]; otherwise all five None.
    Potentials are against one and the same reference. Raises `ValueRefused` for values without meaning,
    and for a rest outside the window.
    """

    capacitance: float
    element: float
    exponent: float
    transfer: float
    rest: float
    oxygen: float | None = None
    hydrogen: float | None = None
    anodic: float | None = None
    cathodic: float | None = None
    slope: float | None = None

    def __post_init__(self) -> None:
        for name in ("capacitance", "element", "exponent", "transfer", "anodic", "cathodic", "slope"):
            value = getattr(self, name)
            nothing = value == 0 and name in ("capacitance", "element")
            if value is not None and not (math.isfinite(value) and (value > 0 or nothing)):
                raise _refused(name, "finite and above 0", f"{value}")
        if self.exponent > 1:
            raise _refused("exponent", "above 0 and at most 1", f"{self.exponent}")
        window = (self.oxygen, self.hydrogen, self.anodic, self.cathodic, self.slope)
        given = sum(value is not None for value in window)
        if given not in (0, len(window)):
            raise _refused("oxygen", "all five values of the window, or none", f"{given}")
        if given and not (self.hydrogen or 0.0) < self.rest < (self.oxygen or 0.0):
            raise _refused("rest", f"between {self.hydrogen} and {self.oxygen} V", f"{self.rest} V")


@dataclass(frozen=True, kw_only=True, eq=False)
class ElectrodeTrace:
    """One metal at `times` (T,) [s]; all others (T, n).

    `density` [A/m2] out of the metal into the film; `potential` [V] from that at rest; `charge` [C/m2] that
    came and `reacted` [C/m2], the part that went through R_ct and electrolysis; the double layer holds the
    rest.
    """

    times: Floats
    density: Floats
    potential: Floats
    charge: Floats
    reacted: Floats


def interface_impedance(metal: MetalInterface, frequency: npt.ArrayLike) -> npt.NDArray[np.complex128]:
    """Return the impedance per area [ohm m2] for small currents at `frequency` [Hz], any shape.

    Raises `ValueRefused` for a negative frequency.
    """
    given = np.asarray(frequency, dtype=float)
    if not (np.isfinite(given) & (given >= 0)).all():
        raise _refused("frequency", "finite numbers from 0", repr(frequency))
    return np.asarray(1 / (1 / metal.transfer + metal.element * (2j * np.pi * given) ** metal.exponent))


def faradaic_density(metal: MetalInterface, potential: npt.ArrayLike) -> Floats:
    """Return the density [A/m2] of charge transfer at `potential` [V] from that at rest, any shape."""
    return _reaction(metal, np.asarray(potential, dtype=float))[0]


def steady_potential(metal: MetalInterface, density: npt.ArrayLike) -> Floats:
    """Return the potential [V] from that at rest at which the metal passes `density` [A/m2] for ever.

    The inverse of `faradaic_density`, any shape. Raises `ConvergenceError`.
    """
    given = np.asarray(density, dtype=float)
    return _potential(metal, given, np.zeros_like(given))


def pair_voltage(
    anode: MetalInterface, cathode: MetalInterface, densities: tuple[npt.ArrayLike, npt.ArrayLike]
) -> Floats:
    """Return the voltage [V] that a pair of metals takes from a steady direct current.

    `densities`: [A/m2] at anode and at cathode, both counted positive. The potentials at rest count too:
    two different metals are a small battery, which may help the current.
    """
    up = steady_potential(anode, np.abs(np.asarray(densities[0], dtype=float)))
    down = steady_potential(cathode, -np.abs(np.asarray(densities[1], dtype=float)))
    return np.asarray((anode.rest + up) - (cathode.rest + down))


def metal_under_current(
    metal: MetalInterface,
    times: npt.ArrayLike,
    density: npt.ArrayLike,
    *,
    tolerance: float = TOLERANCE,
) -> ElectrodeTrace:
    """Return the metal under `density` (T,) or (T, n) [A/m2] given at `times` (T,) [s], from rest.

    The density runs straight between the times; a time given twice is a jump. The double layer counts as
    the capacitor `capacitance`. Raises `ValueRefused` for a course that cannot be used and
    `ConvergenceError` where no solution is found.
    """
    shape = np.shape(density)
    faces = shape[1] if len(shape) == 2 else 1
    at, drive = course_of(times, density, faces=faces, what="current through metal")
    most = np.abs(drive).max(axis=0)
    reach = np.maximum(np.abs(steady_potential(metal, most)), np.abs(steady_potential(metal, -most)))
    reach = np.maximum(reach, _NOTHING)
    stored = metal.capacitance * reach + _NOTHING

    def step(state: Floats, length: float, final: Floats) -> Floats:
        storing = np.full(faces, metal.capacitance / length)
        potential = _potential(metal, final + storing * state[0], storing)
        came = length * final
        taken = metal.capacitance * (potential - state[0])
        return np.array([potential, state[1] + came, state[2] + came - taken])

    def scale(state: Floats) -> Floats:
        return np.array([reach, stored + np.abs(state[1]), stored + np.abs(state[2])])

    accuracy = Accuracy(tolerance=tolerance, scale=scale, sound=lambda _: True)
    states = march(step, np.zeros((3, faces)), at, drive=drive, accuracy=accuracy)
    return ElectrodeTrace(
        times=at, density=drive, potential=states[:, 0], charge=states[:, 1], reacted=states[:, 2]
    )


def half_cycle_charge(peak: npt.ArrayLike, frequency: npt.ArrayLike) -> Floats:
    """Return the charge of half a period of a sine, I_pk / (pi f): in C for A, in C/m2 for A/m2.

    Raises `ValueRefused` for a frequency [Hz] that is not above 0.
    """
    given = np.asarray(frequency, dtype=float)
    if not (np.isfinite(given) & (given > 0)).all():
        raise _refused("frequency", "finite numbers above 0", repr(frequency))
    return np.asarray(np.abs(np.asarray(peak, dtype=float)) / (np.pi * given))


def charge_verdict(charge: float, *, low: float, high: float) -> str:
    """Return what becomes of `charge` [C/m2] in one phase: one of `VERDICTS`.

    `low` and `high` [C/m2]: the range in which published limits of reversible charge lie. Up to the low
    end the reversed phase takes it back; above the high end gas and ions stay; between, it is in doubt.
    """
    if not 0 < low <= high:
        raise _refused("low", "a range above 0", f"{low} to {high}")
    if abs(charge) <= low:
        return VERDICTS[0]
    return VERDICTS[1] if abs(charge) <= high else VERDICTS[2]


def saturation_time(charge_limit: float, density: npt.ArrayLike) -> Floats:
    """Return after what time [s] a steady `density` [A/m2] has used up `charge_limit` [C/m2].

    Infinite at density 0. Raises `ValueRefused` for a limit not above 0.
    """
    if not (charge_limit > 0 and math.isfinite(charge_limit)):
        raise _refused("charge_limit", "finite and above 0", f"{charge_limit}")
    given = np.abs(np.asarray(density, dtype=float))
    result = np.full(given.shape, np.inf)
    np.divide(charge_limit, given, out=result, where=given > 0)
    return result


def _reaction(metal: MetalInterface, potential: Floats) -> tuple[Floats, Floats]:
    """Density [A/m2] of charge transfer and its derivative [S/m2]."""
    density = potential / metal.transfer
    slope = np.full(potential.shape, 1 / metal.transfer)
    if metal.slope is None or metal.anodic is None or metal.cathodic is None:
        return density, slope
    for size, start, sign in (
        (metal.anodic, _above(metal), 1.0), (metal.cathodic, _below(metal), -1.0)
    ):  # fmt: skip
        risen = size * np.exp((sign * potential - start) / metal.slope)
        density = density + sign * (risen - size * math.exp(-start / metal.slope))
        slope = slope + risen / metal.slope
    return density, slope


def _above(metal: MetalInterface) -> float:
    return (metal.oxygen or 0.0) - metal.rest


def _below(metal: MetalInterface) -> float:
    return metal.rest - (metal.hydrogen or 0.0)


def _potential(metal: MetalInterface, given: Floats, storing: Floats) -> Floats:
    """The potential x [V] at which storing x + reaction(x) = `given` [A/m2], any shape.

    Each term alone bounds x from outside. From there the curve is convex towards the solution, so that
    Newton's method approaches it from one side.
    """
    bound = np.abs(given) / (storing + 1 / metal.transfer)
    if metal.slope is not None and metal.anodic is not None and metal.cathodic is not None:
        rising = given > 0
        start = np.where(rising, _above(metal), _below(metal))
        size = np.where(rising, metal.anodic, metal.cathodic)
        bound = np.minimum(bound, start + metal.slope * np.log1p(np.abs(given) / size))
    x = np.sign(given) * bound
    for _ in range(_MOST_ROUNDS):
        density, slope = _reaction(metal, x)
        change = (storing * x + density - given) / (storing + slope)
        x = x - change
        if (np.abs(change) <= _SETTLED * bound).all():
            return np.asarray(x)
    raise ConvergenceError(
        f"The potential of the metal was not found in {_MOST_ROUNDS} rounds, at up to "
        f"{float(np.abs(given).max()):.3g} A/m2."
    )


def _refused(key: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="metal contact", key=key, expected=expected, came=came))
