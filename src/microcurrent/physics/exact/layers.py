"""Layered half-spaces with sources on the surface: image series and Hankel transforms.

Two layers and a point source: R. A. Schlumberger's image series, as in W. M. Telford et al., Applied
Geophysics (1990) section 8.3. Any number of layers, real or complex: the recursion of O. Koefoed,
Geosounding Principles 1 (1979), also used for skin impedance spectroscopy by U. Birgersson, E.
Birgersson and S. Ollmar, J. Electr. Bioimpedance 3 (2012) 51.

Lengths in metre, admittivity in S/m, results for 1 A of current.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import j0, j1

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.exact.disc import (
    Floats,
    uniform_flux_potential,
    uniform_flux_resistance,
)

Values = npt.NDArray[np.inexact]

#: Nodes of one Gauss-Legendre panel; a panel is at most half a period of the Bessel factors.
_NODES = 12
#: exp(-40) is below rounding: the tail of an integrand that decays as exp(-x) ends there.
_DECAYED = 40.0
#: Panels double from this share of the first half period down, where layers of very different
#: admittivity put their bend.
_SMALLEST = 1e-9


@dataclass(frozen=True, kw_only=True)
class Layers:
    """A stack from the surface down: N `admittivities` S/m, N - 1 `thicknesses` m; the last is deep.

    Admittivity is real, or complex ``sigma + j omega epsilon``. Raises `ValueRefused` for counts
    that do not fit, thicknesses not above 0 and admittivities without a positive real part.
    """

    admittivities: tuple[complex, ...]
    thicknesses: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        fit = len(self.admittivities) == len(self.thicknesses) + 1
        thick = all(np.isfinite(t) and t > 0 for t in self.thicknesses)
        passive = all(np.isfinite(y) and complex(y).real > 0 for y in self.admittivities)
        if not (fit and thick and passive):
            raise ValueRefused(
                Problem(
                    what="layers",
                    expected="N admittivities with positive real part, N - 1 thicknesses above 0",
                    came=f"{self.admittivities} S/m, {self.thicknesses} m",
                )
            )

    def cut_at(self, depth: float) -> tuple[Layers, int]:
        """Return the same stack with an interface at `depth` metre, and the layers above it."""
        bottoms = np.cumsum(self.thicknesses)
        above = int(np.searchsorted(bottoms, depth))
        if above < bottoms.size and np.isclose(bottoms[above], depth, rtol=1e-12, atol=0):
            return self, above + 1
        rest = depth - (bottoms[above - 1] if above else 0.0)
        thicknesses = [*self.thicknesses[:above], rest]
        if above < bottoms.size:
            thicknesses += [bottoms[above] - depth, *self.thicknesses[above + 1 :]]
        admittivities = [*self.admittivities[: above + 1], *self.admittivities[above:]]
        cut = Layers(admittivities=tuple(admittivities), thicknesses=tuple(thicknesses))
        return cut, above + 1


def point_potential_images(r: npt.ArrayLike, layers: Layers) -> Floats:
    """Return the surface potential at distance `r` from a point source of 1 A on two layers, V.

    ``[1/r + 2 sum K^n / sqrt(r^2 + (2 n h)^2)] / (2 pi s1)``, ``K = (s1 - s2) / (s1 + s2)``.
    """
    (upper, lower), (thickness,) = layers.admittivities, layers.thicknesses
    upper, lower = complex(upper).real, complex(lower).real
    r = np.asarray(r, dtype=float)
    ratio = (upper - lower) / (upper + lower)
    terms = int(np.ceil(_DECAYED / -np.log(abs(ratio)))) if ratio else 0
    n = np.arange(1, terms + 1)
    series = 2 * np.sum(ratio**n / np.hypot(r[..., None], 2 * n * thickness), axis=-1)
    return np.asarray((1 / r + series) / (2 * np.pi * upper))


def surface_impedance(k: Floats, layers: Layers) -> Values:
    """Return ``Z_1 k``, the surface potential per normal density times wavenumber, ohm m, like `k`.

    `k` 1/m. ``Z_N k = 1 / y_N``; each layer above transforms it like a transmission line.
    """
    return _impedances(k, layers)[0]


def _impedances(k: Floats, layers: Layers) -> list[Values]:
    """``Z_i k`` at the top of every layer, from the surface down."""
    below: Values = np.full(np.shape(k), 1.0 / layers.admittivities[-1])
    found = [below]
    for y, thickness in zip(layers.admittivities[-2::-1], layers.thicknesses[::-1], strict=True):
        slope = np.tanh(k * thickness)
        below = (below * y + slope) / (1 + below * y * slope) / y
        found.append(below)
    return found[::-1]


def transmission(k: Floats, layers: Layers, depth: float) -> Values:
    """Return the normal density at `depth` per normal density at the surface, wavenumber `k` 1/m.

    The product over the layers above of ``1 / (cosh k h + y k Z sinh k h)``, Z at their bottom.
    """
    if depth == 0:
        return np.ones(np.shape(k))
    cut, above = layers.cut_at(depth)
    impedances = _impedances(k, cut)
    passed: Values = np.ones(np.shape(k))
    for i in range(above):
        decay = np.exp(-k * cut.thicknesses[i])
        load = cut.admittivities[i] * impedances[i + 1]
        passed = passed * 2 * decay / (1 + decay**2 + load * (1 - decay**2))
    return passed


def disc_resistance(radius: float, layers: Layers) -> complex:
    """Return mean surface potential by current of a uniform-flux disc of `radius` m, ohm.

    The top layer's share is in closed form; the integral is over the rest, which decays.
    """
    k, weights = wavenumbers(layers.thicknesses[0] * 2 if layers.thicknesses else 1.0, radius)
    shape = 2 * j1(k * radius) / (k * radius)
    rest = surface_impedance(k, layers) - 1 / layers.admittivities[0]
    integral = np.sum(weights * rest * shape**2) / (2 * np.pi)
    homogeneous = uniform_flux_resistance(radius, 1.0) / layers.admittivities[0]
    return complex(homogeneous + integral)


def disc_potential(r: float, radius: float, layers: Layers) -> complex:
    """Return the surface potential at distance `r` m from the axis of a uniform-flux disc, V."""
    thickness = layers.thicknesses[0] * 2 if layers.thicknesses else 1.0
    k, weights = wavenumbers(thickness, max(r, radius))
    rest = surface_impedance(k, layers) - 1 / layers.admittivities[0]
    integral = np.sum(weights * rest * j1(k * radius) / (k * radius) * j0(k * r)) / np.pi
    area = np.pi * radius**2
    homogeneous = uniform_flux_potential(r, radius, conductivity=1.0) / area
    return complex(homogeneous / layers.admittivities[0] + integral)


def pair_resistance(radii: tuple[float, float], distance: float, layers: Layers) -> complex:
    """Return the resistance between two uniform-flux discs of `radii` m, `distance` m apart, ohm.

    Mean potential of each by its own current less that of the other's (over its area), both ways, as one
    integral, so that it holds on a stack whose bottom conducts nothing, where each part alone is infinite.
    """
    a, b = radii
    top = layers.admittivities[0]
    decay = layers.thicknesses[0] * 2 if layers.thicknesses else 1.0
    k, weights = wavenumbers(decay, distance + max(radii))
    rest = surface_impedance(k, layers) - 1 / top
    first, second = (2 * j1(k * r) / (k * r) for r in radii)
    shape = first**2 + second**2 - 2 * first * second * j0(k * distance)
    integral = np.sum(weights * rest * shape) / (2 * np.pi)
    alone = uniform_flux_resistance(a, 1.0) + uniform_flux_resistance(b, 1.0)
    across = 2 * _mean_over(a, b, distance)
    return complex((alone - across) / top + integral)


def _mean_over(a: float, b: float, distance: float) -> float:
    """Mean over a disc of radius `b` of the potential of 1 A through one of radius `a`, at 1 S/m, V.

    To the second order of the radii over the distance: the discs are apart.
    """
    return float((1 + (a**2 + b**2) / (8 * distance**2)) / (2 * np.pi * distance))


def point_potential(r: float, layers: Layers) -> complex:
    """Return the surface potential at distance `r` m from a point source on any layers, V."""
    k, weights = wavenumbers(layers.thicknesses[0] * 2 if layers.thicknesses else 1.0, r)
    rest = surface_impedance(k, layers) - 1 / layers.admittivities[0]
    integral = np.sum(weights * rest * j0(k * r)) / (2 * np.pi)
    return complex(1 / (2 * np.pi * r * layers.admittivities[0]) + integral)


def axial_density(radius: float, layers: Layers, *, depth: float) -> complex:
    """Return the normal density at `depth` m on the axis of a uniform-flux disc, A/m2."""
    k, weights = wavenumbers(depth, radius)
    passed = transmission(k, layers, depth)
    return complex(np.sum(weights * j1(k * radius) / (np.pi * radius) * passed))


def wavenumbers(decay: float, reach: float) -> tuple[Floats, Floats]:
    """Return nodes 1/m and weights for an integral over k from 0 to infinity.

    For integrands that fall as ``exp(-k decay)`` and swing as ``cos(k reach)``; lengths in metre.
    Gauss-Legendre panels of half a period, halved again and again towards 0.
    """
    period = np.pi / reach
    last = _DECAYED / decay
    step = min(period, last / 8)
    small = step * 2.0 ** np.arange(np.log2(_SMALLEST), 0.5)
    edges = np.concatenate([[0.0], small, np.arange(2 * step, last + step, step)])
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    half = 0.5 * np.diff(edges)[:, None]
    middle = 0.5 * (edges[1:] + edges[:-1])[:, None]
    return (middle + half * nodes).ravel(), (half * weights).ravel()
