"""Two coplanar strips on a half-plane, without contact impedance: by elliptic integrals.

The half-plane maps to a rectangle (Schwarz-Christoffel), as for the coplanar lines of C. P. Wen, IEEE
Trans. Microw. Theory Tech. 17 (1969) 1087.
"""

from __future__ import annotations

import math

from scipy.special import ellipk, ellipkm1

from microcurrent.errors import Problem, ValueRefused


def strip_conductance(inner: float, outer: float, *, conductivity: float) -> float:
    """Return the conductance per length between strips ``inner < |x| < outer`` metre, S/m.

    ``sigma K(1 - k^2) / (2 K(k^2))``, ``k = inner / outer``, K of the parameter m; the half-plane of
    `conductivity` S/m has no other electrode. Raises `ValueRefused` unless ``0 < inner < outer`` and
    the conductivity is above 0.
    """
    if not (0 < inner < outer < math.inf and 0 < conductivity < math.inf):
        raise ValueRefused(
            Problem(
                what="coplanar strips",
                expected="0 < inner < outer edge, conductivity above 0",
                came=f"{inner} m, {outer} m, {conductivity} S/m",
            )
        )
    k = inner / outer
    return float(conductivity * ellipkm1(k**2) / (2 * ellipk(k**2)))
