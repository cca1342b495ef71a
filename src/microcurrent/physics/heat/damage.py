"""Damage: what a history of temperature does to skin, by two customary measures.

Arrhenius' integral after Henriques (1947), and equivalent time at 43 degrees C after Sapareto and Dewey
(Int. J. Radiat. Oncol. Biol. Phys. 10 (1984) 787). Both rest on few data: near the threshold they agree
with what was observed within a factor of a few in time.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.constants import R as GAS

from microcurrent.errors import Problem, ValueRefused

Floats = npt.NDArray[np.float64]


def arrhenius_damage(
    times: npt.ArrayLike, temperatures: npt.ArrayLike, *, frequency_factor: float, activation_energy: float
) -> float:
    """Return the integral of A exp(-Ea / R T) dt; 1 is the death of the whole epidermis.

    `temperatures` (T,) [K] at `times` (T,) [s], straight between them in the logarithm of the rate;
    `frequency_factor` A [1/s], `activation_energy` Ea [J/mol].
    """
    at, kelvin = _history(times, temperatures)
    powers = math.log(frequency_factor) - activation_energy / (GAS * kelvin)
    return float((np.diff(at) * _mean_of_exponential(powers[:-1], powers[1:])).sum())


def time_to_damage(temperature: float, *, frequency_factor: float, activation_energy: float) -> float:
    """Return how long [s] skin kept at `temperature` [K] takes to a damage of 1."""
    _history([0.0, 1.0], [temperature, temperature])
    return math.exp(activation_energy / (GAS * temperature) - math.log(frequency_factor))


def equivalent_time(
    times: npt.ArrayLike, temperatures: npt.ArrayLike, *, reference: float, ratios: tuple[float, float]
) -> float:
    """Return the time [s] at the `reference` temperature [K] that is worth the same: sum R^(T_ref - T) dt.

    `ratios`: R above the reference and below it. Temperatures run straight between the times.
    """
    at, kelvin = _history(times, temperatures)
    above, below = ratios
    # A stretch that crosses the reference is cut there, so that each part has one ratio.
    cuts = [
        t0 + (reference - k0) / (k1 - k0) * (t1 - t0)
        for t0, t1, k0, k1 in zip(at[:-1], at[1:], kelvin[:-1], kelvin[1:], strict=True)
        if (k0 - reference) * (k1 - reference) < 0
    ]
    whole = np.sort(np.concatenate([at, cuts]))
    over = np.interp(whole, at, kelvin) - reference
    middle = (over[:-1] + over[1:]) / 2
    rate = -np.log(np.where(middle >= 0, above, below))
    return float((np.diff(whole) * _mean_of_exponential(rate * over[:-1], rate * over[1:])).sum())


def _mean_of_exponential(first: Floats, last: Floats) -> Floats:
    """Mean of exp over a stretch where its argument runs straight from `first` to `last`."""
    half = (last - first) / 2
    safe = np.where(np.abs(half) < 1e-6, 1.0, half)
    return np.asarray(np.exp((first + last) / 2) * np.where(np.abs(half) < 1e-6, 1.0, np.sinh(safe) / safe))


def _history(times: npt.ArrayLike, temperatures: npt.ArrayLike) -> tuple[Floats, Floats]:
    at, kelvin = np.asarray(times, dtype=float), np.asarray(temperatures, dtype=float)
    if at.ndim != 1 or at.size < 2 or not np.isfinite(at).all() or (np.diff(at) < 0).any():
        raise _refused("times", "two or more finite times in order", repr(times))
    if kelvin.shape != at.shape or not np.isfinite(kelvin).all() or (kelvin <= 0).any():
        raise _refused("temperatures", f"{at.size} above 0 K, one a time", repr(temperatures))
    return at, kelvin


def _refused(key: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="heat damage", key=key, expected=expected, came=came))
