"""Pennes: heat in tissue that blood keeps cool, in closed form.

rho c dT/dt = div(k grad T) - B T, with T above that of the blood (Pennes, J. Appl. Physiol. 1 (1948) 93).
Letters (a) to (d) are those of V18 of the project's verification list.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused

Floats = npt.NDArray[np.float64]


def perfusion_coefficient(
    perfusion: float, *, density: float, blood_density: float, blood_capacity: float
) -> float:
    """Return B [W/m3/K], the heat that blood takes from a volume of tissue per degree.

    `perfusion` [m3/s/kg] of tissue of `density` [kg/m3]; of blood `blood_density` [kg/m3] and
    `blood_capacity` [J/kg/K].
    """
    return perfusion * density * blood_density * blood_capacity


def perfusion_length(conductivity: float, coefficient: float) -> float:
    """Return sqrt(k / B) [m]: over this length blood takes away most of a heat; infinite without blood."""
    _above_zero("conductivity", conductivity)
    return math.sqrt(conductivity / coefficient) if coefficient > 0 else math.inf


def kohlrausch_rise(voltage: float, *, conductivity: float, heat_conductivity: float) -> float:
    """Return how much the hottest point is above two ideal contacts [K]: sigma V^2 / (8 k), any shape, (a).

    `voltage` [V] between the contacts, `conductivity` sigma [S/m], `heat_conductivity` k [W/m/K]; no heat
    leaves but through the contacts (Kohlrausch 1900).
    """
    _above_zero("heat conductivity", heat_conductivity)
    return conductivity * voltage**2 / (8 * heat_conductivity)


def point_heater_rise(
    power: float, distance: npt.ArrayLike, *, heat_conductivity: float, length: float
) -> Floats:
    """Return the rise [K] from `power` [W] on an insulated surface: P exp(-r / L) / (2 pi k r), (b).

    `distance` r [m], any shape; `length` L [m]: see `perfusion_length`; infinite without blood.
    """
    _above_zero("heat conductivity", heat_conductivity)
    r = np.asarray(distance, dtype=float)
    if (r <= 0).any():
        raise _refused("distance", "above 0", repr(distance))
    return np.asarray(power * np.exp(-r / length) / (2 * math.pi * heat_conductivity * r))


def surface_flux_rise(flux: float, *, heat_conductivity: float, coefficient: float) -> float:
    """Return the steady rise of a surface [K] under a uniform `flux` [W/m2]: q / sqrt(k B), (c)."""
    _above_zero("coefficient", coefficient)
    return flux / math.sqrt(heat_conductivity * coefficient)


def step_flux_rise(
    flux: float, time: npt.ArrayLike, *, heat_conductivity: float, volume_capacity: float
) -> Floats:
    """Return the rise of a surface [K] at `time` [s] after `flux` [W/m2] begins, without blood, (d).

    2 q sqrt(t / (pi k rho c)), `volume_capacity` rho c [J/m3/K].
    """
    _above_zero("volume capacity", volume_capacity)
    return np.asarray(
        2 * flux * np.sqrt(np.asarray(time, dtype=float) / (math.pi * heat_conductivity * volume_capacity))
    )


def _above_zero(name: str, value: float) -> None:
    if not 0 < value < math.inf:
        raise _refused(name, "finite and above 0", f"{value:g}")


def _refused(key: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="heat in tissue", key=key, expected=expected, came=came))
