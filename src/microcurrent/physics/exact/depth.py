"""How much of a pair's current passes the mid-plane below a given depth.

Two electrodes of opposite current, `distance` apart, on a half-space: by symmetry all the current
crosses the plane midway between them. Homogeneous point electrodes: integrate the density
``I d / (2 pi rho^3)`` over the half-plane below z. Layers and discs: the surface density's Fourier
transform times the transmission of the layers to the depth (see `layers`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import j1

from microcurrent.physics.exact.disc import Floats
from microcurrent.physics.exact.layers import Layers, transmission, wavenumbers


def homogeneous_fraction(depth: npt.ArrayLike, *, distance: float) -> Floats:
    """Return the share below `depth` for point electrodes, ``(2/pi) atan(d / 2z)``; metre."""
    return np.asarray(2 / np.pi * np.arctan2(distance, 2 * np.asarray(depth, dtype=float)))


def layered_fraction(depth: float, layers: Layers, *, distance: float, radius: float) -> complex:
    """Return the share below `depth` > 0 for uniform-flux discs of `radius` on any layers; metre.

    ``(2/pi) int sin(k d/2) [2 J1(k a) / (k a)] T(k, z) / k dk``. A complex share is a phasor of
    the current below the depth over the current delivered.
    """
    k, weights = wavenumbers(depth, max(0.5 * distance, radius))
    disc = 2 * j1(k * radius) / (k * radius)
    passed = transmission(k, layers, depth)
    return complex(2 / np.pi * np.sum(weights * np.sin(0.5 * k * distance) * disc * passed / k))
