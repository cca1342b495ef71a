"""Disc electrodes on a homogeneous half-space: equipotential and uniform-flux, in closed form.

Equipotential disc: J. Newman, J. Electrochem. Soc. 113 (1966) 501; J. D. Wiley and J. G. Webster,
IEEE Trans. Biomed. Eng. 29 (1982) 381. Uniform flux: potential of a charged disc by complete
elliptic integrals, E. Durand, Electrostatique (1964).

Lengths `radius`, `r`, `z` in metre (r from the axis, z below the surface), conductivity S/m, current
A, impedance of a contact layer ohm m2.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ellipe, ellipkm1

Floats = npt.NDArray[np.float64]


def resistance(radius: float, conductivity: float) -> float:
    """Return the resistance of an equipotential disc to infinity in ohm, ``1 / (4 sigma a)``."""
    return 1.0 / (4.0 * conductivity * radius)


def density(r: npt.ArrayLike, radius: float, *, current: float) -> Floats:
    """Return the density under an equipotential disc in A/m2 for r < radius (Newman 1966, eq. 11)."""
    return np.asarray(current / (2 * np.pi * radius * np.sqrt(radius**2 - np.asarray(r, dtype=float) ** 2)))


def share_within(r: npt.ArrayLike, radius: float) -> Floats:
    """Return the share of an equipotential disc's current that leaves inside `r`, 0 to 1."""
    return np.asarray(1.0 - np.sqrt(1.0 - (np.asarray(r, dtype=float) / radius) ** 2))


def potential(r: npt.ArrayLike, z: npt.ArrayLike, radius: float, *, voltage: float) -> Floats:
    """Return the potential in V around an equipotential disc at `voltage` (Newman 1966, eq. 9)."""
    r, z = np.asarray(r, dtype=float), np.asarray(z, dtype=float)
    foci = np.hypot(r - radius, z) + np.hypot(r + radius, z)
    return np.asarray(2 * voltage / np.pi * np.arcsin(np.minimum(2 * radius / foci, 1.0)))


def uniform_flux_potential(r: npt.ArrayLike, radius: npt.ArrayLike, *, conductivity: float) -> Floats:
    """Return the surface potential of a disc of 1 A/m2 in V, anywhere on the surface.

    `r` and `radius` broadcast.

    ``2 a E(r^2/a^2) / (pi sigma)`` inside; ``2 r [E(m) - (1 - m) K(m)] / (pi sigma)``,
    ``m = a^2/r^2``, outside.
    """
    r, radius = np.asarray(r, dtype=float), np.asarray(radius, dtype=float)
    inner = radius * ellipe(np.minimum(r / radius, 1.0) ** 2)
    far = np.maximum(r, radius)
    rest = (far - radius) * (far + radius) / far**2
    # (1 - m) K(m) tends to 0 at the rim, where K itself does not exist.
    shell = np.where(rest > 0, rest * ellipkm1(np.where(rest > 0, rest, 1.0)), 0.0)
    outer = far * (ellipe((radius / far) ** 2) - shell)
    return np.asarray(2 / (np.pi * conductivity) * np.where(r <= radius, inner, outer))


def uniform_flux_resistance(radius: float, conductivity: float) -> float:
    """Return mean potential by current of a uniform-flux disc in ohm, ``8 / (3 pi^2 sigma a)``."""
    return 8.0 / (3.0 * np.pi**2 * conductivity * radius)
