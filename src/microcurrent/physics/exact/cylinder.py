"""An infinite cylinder with point electrodes on its side: Fourier series and Bessel integrals.

The expansion of ``1 / |p - s|`` in cylindrical coordinates (J. D. Jackson, Classical Electrodynamics,
3rd ed. (1999), eq. 3.148) with the radial function that has no flux through the side. For 1 A entering
at azimuth a and height h of a cylinder of radius R, with ``t = r / R``::

    V = 1 / (2 pi^2 sigma R) sum_m e_m cos m(phi - a) int f_m(x, t) cos(x (z - h) / R) dx
    f_m(x, t) = I_m(x t) / (x I_m'(x)),   e_0 = 1, e_m = 2

For one electrode the integral of m = 0 has no bound at x = 0, for a balanced set it has: there
``cos - 1`` stands for ``cos``. Ratios ``I_(j+1) / I_j`` come from their backward recurrence
(F. W. J. Olver et al., NIST Handbook of Mathematical Functions (2010), section 10.74), so that nothing
grows or vanishes at any order; that of order 0 from scaled Bessel functions.

Inside, terms fall as ``exp(-x (1 - t))``. On the surface and close below it they are damped smoothly to
nothing (exponential filter, D. Gottlieb and C.-W. Shu, SIAM Rev. 39 (1997) 644), which leaves the
potential right to 1e-6 a quarter of the radius and more away from the electrodes.

Lengths in metre, angles in radian, conductivity S/m, current A.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ive

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.exact.disc import Floats
from microcurrent.physics.exact.layers import wavenumbers

#: exp(-40) is below rounding: an integrand that falls as exp(-x) ends there.
_DECAYED = 40.0
#: Largest wavenumber times radius, and largest order m.
_REACH = 400.0
#: The filter ``exp(-36 (k / reach)^8)``, k^2 = m^2 + x^2, where the integrand does not end by itself.
_DAMPING, _FILTER_ORDER = 36.0, 8
#: Poles of 1 / I_m' lie at a distance of about 1.84 from 0: panels are no wider than this swing gives.
_LEAST_SWING = 2.0
#: Least distance to an electrode, in radii, of a point too near the surface for the plain integral.
_NEAREST = 0.25
#: What currents may lack in balance, as a share of their sizes: rounding.
_BALANCE = 1e-9
_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Cylinder:
    """An infinite cylinder around the z axis: `radius` m, `conductivity` S/m.

    Raises `ValueRefused` if either is not above 0.
    """

    radius: float
    conductivity: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(v) and v > 0 for v in (self.radius, self.conductivity)):
            raise ValueRefused(
                Problem(
                    what="cylinder",
                    expected="radius and conductivity above 0",
                    came=f"{self.radius} m, {self.conductivity} S/m",
                )
            )


def potential(
    points: npt.ArrayLike, cylinder: Cylinder, *, electrodes: npt.ArrayLike, currents: npt.ArrayLike
) -> Floats:
    """Return the potential at `points` metre ``(P, 3)`` in or on the cylinder, V, ``(P,)``.

    `electrodes` azimuth and height of each point electrode on the side, radian and metre, ``(E, 2)``;
    `currents` A ``(E,)``, whose sum is 0. The potential far along the cylinder is minus that at the
    other end. One point after another: a second or less for a hundred. Raises `ValueRefused` for
    points outside, points of the outer tenth within a quarter of the radius of an electrode,
    currents out of balance and arrays that do not fit.
    """
    at = np.asarray(points, dtype=float)
    where, amperes = np.asarray(electrodes, dtype=float), np.asarray(currents, dtype=float)
    _check(at, where, amperes)
    r = np.hypot(at[:, 0], at[:, 1]) / cylinder.radius
    _check_distances(at / cylinder.radius, where / [1.0, cylinder.radius], r)
    turned = np.arctan2(at[:, 1], at[:, 0])[:, None] - where[:, 0]
    along = (at[:, 2][:, None] - where[:, 1]) / cylinder.radius
    scale = 1 / (2 * np.pi**2 * cylinder.conductivity * cylinder.radius)
    sums = [_at_point(t, a, z, amperes) for t, a, z in zip(r, turned, along, strict=True)]
    return scale * np.array(sums)


def _at_point(t: float, turned: Floats, along: Floats, currents: Floats) -> float:
    """Sum over m and integral over x of all electrodes at one point, without the scale."""
    reach = _DECAYED / max(1 - t, _DECAYED / _REACH)
    x, weights = wavenumbers(_DECAYED / reach, max(_LEAST_SWING, float(np.abs(along).max())))
    order = np.arange(int(reach) + 1)
    radial = weights * _radial(order, x, min(t, 1.0))
    if reach >= _REACH:
        square = (order[:, None] ** 2 + x**2) / reach**2
        radial *= np.exp(-_DAMPING * square ** (_FILTER_ORDER / 2))
    # Sum of currents is 0, so cos and cos - 1 = -2 sin^2 give the same; only the latter is small at 0.
    mean = -2 * np.sin(0.5 * np.outer(along, x)) ** 2 @ radial[0]
    swing = np.cos(np.outer(along, x)) @ radial[1:].T
    return float(currents @ (mean + 2 * np.sum(swing * np.cos(np.outer(turned, order[1:])), axis=1)))


def _radial(order: npt.NDArray[np.int64], x: Floats, t: float) -> Floats:
    """``I_m(x t) / (x I_m'(x))`` for all orders from 0, ``(M, X)``."""
    rising = _ratios(order.size, x)
    start = ive(0, x * t) / ive(0, x) * np.exp(-x * (1 - t))
    steps = _ratios(order.size, x * t)[:-1] / rising[:-1]
    share = start * np.concatenate([np.ones((1, x.size)), np.cumprod(steps, axis=0)])
    # x I_m' = m I_m + x I_(m+1).
    return np.asarray(share / (order[:, None] + x * rising))


def _ratios(count: int, x: Floats) -> Floats:
    """``I_(m+1)(x) / I_m(x)`` for m = 0 to count - 1, ``(count, X)``, by backward recurrence."""
    # Errors of the first guess fall by more than I_(m+1) / I_(m-1) at every step; it is good already.
    first = count + 30
    ratio = x / (first + 0.5 + np.sqrt((first + 0.5) ** 2 + x**2))
    found = np.empty((count, x.size))
    for m in range(first - 1, -1, -1):
        ratio = x / (2 * (m + 1) + x * ratio)
        if m < count:
            found[m] = ratio
    return found


def _check(points: Floats, electrodes: Floats, currents: Floats) -> None:
    shapes = points.ndim == electrodes.ndim == 2 and points.shape[1] == 3 and electrodes.shape[1] == 2
    if not (shapes and currents.shape == electrodes.shape[:1] and currents.size > 0):
        raise ValueRefused(
            Problem(
                what="points, electrodes and currents",
                expected="arrays (P, 3), (E, 2) and (E,)",
                came=f"{points.shape}, {electrodes.shape} and {currents.shape}",
            )
        )
    if not abs(currents.sum()) <= _BALANCE * np.abs(currents).sum():
        raise ValueRefused(
            Problem(
                what="currents",
                expected="a sum of 0, since an infinite cylinder has no other way out",
                came=f"{currents.sum()} A",
            )
        )


def _check_distances(points: Floats, electrodes: Floats, r: Floats) -> None:
    """Refuse points outside or too near an electrode; all in radii."""
    azimuth, height = electrodes.T
    at = np.stack([np.cos(azimuth), np.sin(azimuth), height], axis=1)
    distance = np.linalg.norm(points[:, None] - at, axis=2).min(axis=1)
    refused = ~(r <= 1 + _ROUNDING) | ((distance < _NEAREST) & (r > 1 - _DECAYED / _REACH))
    if refused.any():
        raise ValueRefused(
            Problem(
                what="points",
                expected=f"within the cylinder, in its outer tenth {_NEAREST} radii from electrodes",
                came=f"{r[refused][0]:g} radii from the axis, {distance[refused][0]:g} from an electrode",
            )
        )
