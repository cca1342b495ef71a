"""Iontophoresis: what a current carries through skin, ions by their share of it and water by osmosis."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.electrochemistry.faraday import amount


def ion_flux(density: float, transport_number: float, *, valence: int) -> float:
    """Return the flux [mol/m2/s] of an ion into the body, t j / (z F).

    `density` j [A/m2], positive into the body (under the anode); so a negative ion goes in under the
    cathode and comes out under the anode. `transport_number` t [fraction] in skin. Raises `ValueRefused`
    for a number outside 0 to 1 and for valence 0.
    """
    return amount(density, valence=valence, share=transport_number)


def mass_flux(density: float, transport_number: float, *, valence: int, molar_mass: float) -> float:
    """Return the same as mass [kg/m2/s] of an ion of `molar_mass` [kg/mol]."""
    return molar_mass * ion_flux(density, transport_number, valence=valence)


def single_ion_number(aqueous: float, *, factor: float) -> float:
    """Return the largest transport number in skin: that in water times `factor`, never above 1."""
    if not (0 <= aqueous <= 1 and factor > 0):
        raise ValueRefused(
            Problem(
                what="transport number",
                key="aqueous",
                expected="from 0 to 1, with a factor above 0",
                came=f"{aqueous:g} and {factor:g}",
            )
        )
    return min(1.0, factor * aqueous)


def osmotic_flow(
    density: npt.ArrayLike, coefficient: float, *, ph: npt.ArrayLike, isoelectric_point: float
) -> npt.NDArray[np.float64]:
    """Return the flow of water into the body [m/s] that the current drags along, any shape.

    `coefficient` [m3/C] of skin at its usual pH; positive `density` [A/m2] under the anode. Above the
    isoelectric point skin is negative and water goes with the current; below, against it; at the point
    there is none. Only the sign is known to turn: between point and usual pH the size is an upper bound.
    """
    side = np.sign(np.asarray(ph, dtype=float) - isoelectric_point)
    return np.asarray(np.asarray(density, dtype=float) * coefficient * side)


def neutral_flux(flow: npt.ArrayLike, concentration: float) -> npt.NDArray[np.float64]:
    """Return the flux [mol/m2/s] of a neutral solute of `concentration` [mol/m3] in a `flow` [m/s]."""
    return np.asarray(np.asarray(flow, dtype=float) * concentration)
