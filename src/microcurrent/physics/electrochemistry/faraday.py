"""Faraday's law: how much a charge turns over at an electrode, and which ions carry it."""

from __future__ import annotations

from scipy.constants import physical_constants

from microcurrent.errors import Problem, ValueRefused

#: Charge of a mole of electrons [C/mol] and the gas constant [J/mol/K].
FARADAY: float = physical_constants["Faraday constant"][0]
GAS: float = physical_constants["molar gas constant"][0]


def amount(charge: float, *, valence: int = 1, share: float = 1.0) -> float:
    """Return the moles that `charge` [C] carries or turns over, t Q / (z F); per area with charge per area.

    `valence` z: charge number, or electrons of the reaction; `share` t [fraction] of the current. The sign
    of the charge is kept, so that of the ion's motion is `valence`'s. Raises `ValueRefused` for valence 0
    and a share outside 0 to 1.
    """
    if valence == 0:
        raise ValueRefused(Problem(what="Faraday's law", key="valence", expected="other than 0", came="0"))
    if not 0 <= share <= 1:
        raise ValueRefused(
            Problem(what="Faraday's law", key="share", expected="from 0 to 1", came=f"{share:g}")
        )
    return share * charge / (valence * FARADAY)


def mass(charge: float, *, molar_mass: float, valence: int, share: float = 1.0) -> float:
    """Return the mass [kg] of a metal of `molar_mass` [kg/mol] that `charge` [C] dissolves at an anode."""
    return molar_mass * amount(charge, valence=valence, share=share)


def thermal_voltage(temperature: float) -> float:
    """Return R T / F [V] at `temperature` [K]."""
    if not 0 < temperature < float("inf"):
        raise ValueRefused(
            Problem(what="temperature", key="temperature", expected="above 0 K", came=f"{temperature:g}")
        )
    return GAS * temperature / FARADAY
