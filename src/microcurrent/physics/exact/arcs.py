"""A disc in the plane with two opposite arc electrodes: the complete electrode model.

E. Somersalo, M. Cheney and D. Isaacson, SIAM J. Appl. Math. 52 (1992) 1023; E. Demidenko, Physiol.
Meas. 32 (2011) 1453. Arcs of half-angle a around the angles 0 and pi of a disc of radius R, at +U and
-U, each behind an impedance z. Without impedance the disc maps to a rectangle (Schwarz-Christoffel)::

    resistance sigma h = K(1 - k^2) / (2 K(k^2)),   k = tan^2(a / 2),   K of the parameter m

With impedance, the density J on one arc (that on the other is -J) satisfies the boundary integral
equation, in units of R and sigma::

    z J(b) - 1/pi int J(b') ln|tan((b - b') / 2)| db' = U,   -a < b < a

It is solved by Galerkin's method with Legendre polynomials of ``b / a``. The logarithm's part is exact::

    int int P_m(x) P_n(y) ln|x - y| dx dy = 8 / ((m + n)(m + n + 2)((m - n)^2 - 1)),   m + n even

(for m = n = 0: 4 ln 2 - 6); the rest of the kernel is smooth and taken by Gauss quadrature. Angles in
radian, conductivity S/m, impedance ohm m2, lengths metre.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ellipk, ellipkm1

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.exact.disc import Floats

#: Gauss points for the smooth part of the kernel, beyond twice the even degrees that it can show.
_QUADRATURE = 200
#: The smooth part is analytic: even Legendre coefficients beyond these are below rounding, up to
#: electrodes that nearly touch.
_SMOOTH = 100


@dataclass(frozen=True, kw_only=True, eq=False)
class ArcPair:
    """Solution for 1 A through a disc of unit radius, conductivity and height.

    `resistance` between the two electrodes, with both impedances; `half_angle` rad; `coefficients` of
    the density in Legendre polynomials of even degree of angle over half-angle, ``(N,)``.
    """

    resistance: float
    half_angle: float
    coefficients: Floats

    def density(self, angle: npt.ArrayLike) -> Floats:
        """Return the density into the disc at `angle` rad from the middle of the source electrode."""
        every = np.zeros(2 * self.coefficients.size)
        every[::2] = self.coefficients
        x = np.asarray(angle, dtype=float) / self.half_angle
        return np.asarray(np.polynomial.legendre.legval(x, every))


def shunt_resistance(half_angle: float) -> float:
    """Return resistance times conductivity times height between ideal arcs, dimensionless.

    Raises `ValueRefused` for a half-angle outside 0 to pi/2.
    """
    _check(half_angle, 0.0)
    k = math.tan(half_angle / 2) ** 2
    return float(ellipkm1(k**2) / (2 * ellipk(k**2)))


def arc_pair(half_angle: float, *, impedance: float, degrees: int = 200) -> ArcPair:
    """Solve opposite arcs of `half_angle` with `impedance` above 0, dimensionless ``z sigma / R``.

    `degrees` is the number of even polynomials. With 200 the resistance is right to 1e-7 where the
    impedance is 1e-4 of the half-angle or more. Multiply by ``1 / (sigma h)`` for ohm. Raises
    `ValueRefused` for a half-angle outside 0 to pi/2 and an impedance not above 0, for which
    `shunt_resistance` is exact.
    """
    _check(half_angle, impedance)
    if not (impedance > 0 and degrees > 0):
        raise ValueRefused(
            Problem(
                what="arc electrodes",
                expected="an impedance and a number of degrees above 0",
                came=f"{impedance} and {degrees}",
                advice="Without impedance use shunt_resistance.",
            )
        )
    n = 2 * np.arange(degrees)
    matrix = -half_angle / math.pi * (_logarithm(n) + _smooth(n, half_angle))
    matrix[0, 0] -= half_angle / math.pi * 4 * math.log(half_angle / 2)
    matrix[np.diag_indices(degrees)] += impedance * 2 / (2 * n + 1)
    load = np.zeros(degrees)
    load[0] = 2.0
    per_volt = np.linalg.solve(matrix, load)
    # int of the density over the arc: only P_0 has a mean.
    current = 2 * half_angle * per_volt[0]
    return ArcPair(
        resistance=float(2 / current),
        half_angle=half_angle,
        coefficients=np.asarray(per_volt / current),
    )


def _logarithm(n: npt.NDArray[np.int64]) -> Floats:
    """``int int P_m(x) P_n(y) ln|x - y|`` over -1 to 1 for even degrees, ``(N, N)``."""
    total, gap = n[:, None] + n, n[:, None] - n
    total[0, 0] = 1
    matrix = 8.0 / (total * (total + 2) * (gap**2 - 1.0))
    matrix[0, 0] = 4 * math.log(2) - 6
    return np.asarray(matrix)


def _smooth(n: npt.NDArray[np.int64], half_angle: float) -> Floats:
    """The same of ``ln|tan(v) / v|``, ``v = a (x - y) / 2``: smooth, so that high degrees see none."""
    x, weights = np.polynomial.legendre.leggauss(_QUADRATURE)
    v = 0.5 * half_angle * (x[:, None] - x)
    v[np.diag_indices(x.size)] = 1.0
    kernel = np.log(np.tan(v) / v)
    kernel[np.diag_indices(x.size)] = 0.0
    seen = n[: _SMOOTH // 2]
    shapes = weights * np.polynomial.legendre.legvander(x, int(seen[-1])).T[seen]
    matrix = np.zeros((n.size, n.size))
    matrix[: seen.size, : seen.size] = shapes @ kernel @ shapes.T
    return matrix


def _check(half_angle: float, impedance: float) -> None:
    if not (0 < half_angle < math.pi / 2 and 0 <= impedance < math.inf):
        raise ValueRefused(
            Problem(
                what="arc electrodes",
                expected="a half-angle between 0 and pi/2 and an impedance of 0 or more",
                came=f"{half_angle} rad and {impedance}",
            )
        )
