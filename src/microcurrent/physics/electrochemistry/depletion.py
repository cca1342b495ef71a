"""Depletion and build-up at an electrode: how concentration changes there while the current stays.

Concentrations in mol/m3, current density in A/m2, time in s.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.electrochemistry.faraday import FARADAY

Floats = npt.NDArray[np.float64]


def sand_time(
    density: float, concentration: float, *, diffusivity: float, valence: int = 1, transport: float = 0.0
) -> float:
    """Return when an ion or a buffer is used up at a plane electrode [s]: pi D (z F c / 2 j)^2 / (1 - t)^2.

    `transport` t: share of the current that the ion itself brings along. After Sand (Phil. Mag. 1 (1901)
    45). Infinite without current.
    """
    _check(diffusivity=diffusivity, concentration=concentration)
    if not 0 <= transport < 1:
        raise _refused("transport", "from 0 and below 1", transport)
    if density == 0:
        return math.inf
    ratio = valence * FARADAY * concentration / (2 * abs(density) * (1 - transport))
    return math.pi * diffusivity * ratio**2


def surface_build_up(
    density: float, time: npt.ArrayLike, *, diffusivity: float, valence: int = 1, share: float = 1.0
) -> Floats:
    """Return the rise of concentration at the metal, deep medium: 2 j s / (z F) sqrt(t / pi D), any shape.

    `share` of the current that makes this ion and does not carry it off.
    """
    _check(diffusivity=diffusivity)
    given = np.asarray(time, dtype=float)
    if (given < 0).any():
        raise _refused("time", "from 0", time)
    return np.asarray(
        2 * abs(density) * share / (valence * FARADAY) * np.sqrt(given / (math.pi * diffusivity))
    )


def film_build_up(
    density: float, time: npt.ArrayLike, *, thickness: float, valence: int = 1, share: float = 1.0
) -> Floats:
    """Return the rise of concentration in a film of `thickness` [m] that keeps all: j t s / (z F d)."""
    _check(thickness=thickness)
    given = np.asarray(time, dtype=float)
    if (given < 0).any():
        raise _refused("time", "from 0", time)
    return np.asarray(abs(density) * given * share / (valence * FARADAY * thickness))


def _check(**values: float) -> None:
    for name, value in values.items():
        if not 0 < value < math.inf:
            raise _refused(name, "finite and above 0", value)


def _refused(key: str, expected: str, came: object) -> ValueRefused:
    return ValueRefused(
        Problem(what="depletion at an electrode", key=key, expected=expected, came=repr(came))
    )
