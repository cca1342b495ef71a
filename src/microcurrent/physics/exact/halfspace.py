"""A point source on an anisotropic half-space whose principal directions are the axes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from microcurrent.physics.exact.disc import Floats


def anisotropic_potential(points: npt.ArrayLike, *, conductivities: tuple[float, float, float]) -> Floats:
    """Return the potential of 1 A at the origin of the surface z = 0 in V, ``(P,)``.

    `points` metre ``(P, 3)``, `conductivities` along x, y, z in S/m.
    ``V = 1 / (2 pi sqrt(sy sz x^2 + sx sz y^2 + sx sy z^2))``: scale each axis by the root of its
    conductivity (D. K. Maillet, Geophysics 12 (1947) 529).
    """
    x, y, z = np.moveaxis(np.asarray(points, dtype=float), -1, 0)
    sx, sy, sz = conductivities
    return np.asarray(1 / (2 * np.pi * np.sqrt(sy * sz * x**2 + sx * sz * y**2 + sx * sy * z**2)))
