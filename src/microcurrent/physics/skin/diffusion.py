"""Warburg's impedances: ions that must diffuse to the metal before they can react there.

After Warburg (Ann. Phys. Chem. 67:493, 1899); the bounded layer after Llopis and Colom (1958).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.constants import physical_constants

from microcurrent.errors import Problem, ValueRefused

_FARADAY = physical_constants["Faraday constant"][0]
_GAS = physical_constants["molar gas constant"][0]


def warburg_coefficient(
    *, charge: int, concentration: float, diffusivity: float, temperature: float
) -> float:
    """Return A_w [ohm m2 / s^0.5] = R T / (n^2 F^2 c sqrt(2 D)).

    `charge` n of the ion, `concentration` c [mol/m3], `diffusivity` D [m2/s], `temperature` [K].
    Raises `ValueRefused` for values that are not above 0 (a negative `charge` counts by its size).
    """
    for name, value in (
        ("charge", abs(charge)),
        ("concentration", concentration),
        ("diffusivity", diffusivity),
        ("temperature", temperature),
    ):
        _above_zero(name, value)
    return float(
        _GAS * temperature / (charge**2 * _FARADAY**2 * concentration * math.sqrt(2 * diffusivity))
    )


def warburg_impedance(coefficient: float, frequency: npt.ArrayLike) -> npt.NDArray[np.complex128]:
    """Return A_w (1 - j) / sqrt(w) [ohm m2] at `frequency` [Hz], any shape: diffusion without an end.

    Raises `ValueRefused` for a `coefficient` [ohm m2 / s^0.5] or frequency that is not above 0.
    """
    _above_zero("coefficient", coefficient)
    given = np.asarray(frequency, dtype=float)
    _above_zero("frequency", given)
    return np.asarray(coefficient * (1 - 1j) / np.sqrt(2 * np.pi * given))


def bounded_warburg_impedance(
    resistance: float, time: float, frequency: npt.ArrayLike
) -> npt.NDArray[np.complex128]:
    """Return Z_0 tanh(s) / s [ohm m2], s = sqrt(j w L^2 / D): diffusion through a layer to a constant bulk.

    `resistance` Z_0 [ohm m2] at 0 Hz, `time` L^2 / D [s], `frequency` [Hz] any shape, from 0.
    Raises `ValueRefused` for a resistance or time not above 0 and for a negative frequency.
    """
    _above_zero("resistance", resistance)
    _above_zero("time", time)
    given = np.asarray(frequency, dtype=float)
    if not (np.isfinite(given) & (given >= 0)).all():
        raise ValueRefused(
            Problem(
                what="Warburg impedance",
                key="frequency",
                expected="finite numbers from 0",
                came=repr(frequency),
            )
        )
    root = np.sqrt(2j * np.pi * given * time)
    ratio = np.ones_like(root)
    np.divide(np.tanh(root), root, out=ratio, where=root != 0)
    return np.asarray(resistance * ratio)


def _above_zero(name: str, value: npt.ArrayLike) -> None:
    given = np.asarray(value, dtype=float)
    if not (np.isfinite(given) & (given > 0)).all():
        raise ValueRefused(
            Problem(what="Warburg impedance", key=name, expected="finite and above 0", came=repr(value))
        )
