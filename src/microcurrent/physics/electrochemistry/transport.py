"""Transport: how ions diffuse and conduct in water, and what share of a current each carries."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.electrochemistry.faraday import FARADAY, GAS

Floats = npt.NDArray[np.float64]


def diffusivity(limiting_conductivity: float, *, valence: int, temperature: float) -> float:
    """Return D [m2/s] = R T lambda / (z^2 F^2) (Nernst and Einstein) at `temperature` [K].

    `limiting_conductivity` lambda [S m2/mol], of one mole of the ion and not of one equivalent.
    """
    _above_zero("limiting conductivity", limiting_conductivity)
    _above_zero("temperature", temperature)
    _above_zero("valence", abs(valence))
    return GAS * temperature * limiting_conductivity / (valence**2 * FARADAY**2)


def mobility(diffusivity_: float, *, valence: int, temperature: float) -> float:
    """Return the speed in a field of 1 V/m [m2/V/s], |z| F D / (R T)."""
    _above_zero("diffusivity", diffusivity_)
    _above_zero("temperature", temperature)
    return abs(valence) * FARADAY * diffusivity_ / (GAS * temperature)


def conductivity(
    concentrations: npt.ArrayLike,
    valences: npt.ArrayLike,
    diffusivities: npt.ArrayLike,
    *,
    temperature: float,
) -> float:
    """Return (F^2 / R T) sum z^2 D c [S/m] of ions with `concentrations` [mol/m3], each array (n,).

    Ions move independently, as in dilute solution; at 150 mol/m3 real salt water conducts less.
    """
    return float(_carried(concentrations, valences, diffusivities).sum() * FARADAY**2 / (GAS * temperature))


def transport_numbers(
    concentrations: npt.ArrayLike, valences: npt.ArrayLike, diffusivities: npt.ArrayLike
) -> Floats:
    """Return the share (n,) of the current that each ion carries in a uniform solution.

    Raises `ValueRefused` for a solution without ions, or one that is not neutral.
    """
    carried = _carried(concentrations, valences, diffusivities)
    whole = carried.sum()
    charges = np.asarray(concentrations, dtype=float) * np.asarray(valences, dtype=float)
    if not whole > 0:
        raise _refused("concentrations", "at least one ion", "none")
    if abs(charges.sum()) > 1e-6 * np.abs(charges).sum():
        raise _refused("concentrations", "as much positive as negative charge", f"{charges.sum():g} mol/m3")
    return np.asarray(carried / whole)


def flux(
    concentration: float,
    *,
    slope: float,
    field: float,
    valence: int,
    diffusivity_: float,
    temperature: float,
) -> float:
    """Return -D dc/dx + z F / (R T) D c E [mol/m2/s] (Nernst and Planck), convection left out.

    `concentration` [mol/m3], `slope` dc/dx [mol/m4], `field` E [V/m] along x.
    """
    _above_zero("temperature", temperature)
    drift = valence * FARADAY / (GAS * temperature) * concentration * field
    return diffusivity_ * (drift - slope)


def _carried(
    concentrations: npt.ArrayLike, valences: npt.ArrayLike, diffusivities: npt.ArrayLike
) -> Floats:
    c, z, d = (np.asarray(given, dtype=float) for given in (concentrations, valences, diffusivities))
    if not (c.shape == z.shape == d.shape and c.ndim == 1):
        raise _refused(
            "concentrations", "one entry for each ion in all three", f"{c.shape}, {z.shape}, {d.shape}"
        )
    if (c < 0).any() or (d <= 0).any():
        raise _refused("concentrations", "none negative, diffusivities above 0", repr(concentrations))
    return np.asarray(z**2 * d * c)


def _above_zero(name: str, value: float) -> None:
    if not 0 < value < float("inf"):
        raise _refused(name, "finite and above 0", f"{value:g}")


def _refused(key: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="ion transport", key=key, expected=expected, came=came))
