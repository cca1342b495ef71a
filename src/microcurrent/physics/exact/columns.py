"""One-dimensional conductors with contact impedance: column, coaxial rings, spherical shells.

Series resistance of layers and two contacts; each contact adds ``z / area`` (complete electrode
model, E. Somersalo, M. Cheney and D. Isaacson, SIAM J. Appl. Math. 52 (1992) 1023, eq. 2.9).

Lengths in metre, conductivity S/m, impedance ohm m2, resistance ohm.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def column_resistance(
    thicknesses: Sequence[float], conductivities: Sequence[float], *, area: float, impedance: float
) -> float:
    """Return the resistance of stacked layers between two full contacts on `area` m2, ohm."""
    layers = sum(d / s for d, s in zip(thicknesses, conductivities, strict=True))
    return (layers + 2 * impedance) / area


def coaxial_resistance(
    inner: float, outer: float, *, height: float, conductivity: float, impedance: float
) -> float:
    """Return the resistance between an inner and an outer cylindrical contact, ohm."""
    bulk = math.log(outer / inner) / (2 * math.pi * conductivity * height)
    contacts = impedance / (2 * math.pi * height) * (1 / inner + 1 / outer)
    return bulk + contacts


def spherical_resistance(inner: float, outer: float, *, conductivity: float, impedance: float) -> float:
    """Return the resistance between an inner and an outer spherical contact, ohm."""
    bulk = (1 / inner - 1 / outer) / (4 * math.pi * conductivity)
    return bulk + impedance / (4 * math.pi) * (1 / inner**2 + 1 / outer**2)
