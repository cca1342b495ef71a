"""A homogeneous sphere with point sources on its surface: closed form, series and field.

E. Frank, J. Appl. Phys. 23 (1952) 1225. A source of 1 A enters at a point of the surface and leaves
evenly through the whole surface, so sources of any balanced set add up. With ``t = r / R``, the angle
``g`` between point and source and ``rho = sqrt(1 - 2 t cos g + t^2)``::

    V = 1 / (4 pi sigma R) [ 2 (1 / rho - 1) + ln(2 / (1 - t cos g + rho)) ]
      = 1 / (4 pi sigma R) sum_n>0 (2 n + 1) / n t^n P_n(cos g)

The mean of V over the surface, and V at the centre, are 0. Lengths in metre, conductivity S/m.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import eval_legendre

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.exact.disc import Floats

#: Points are outside only if they are farther out than rounding can put them.
ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Sphere:
    """A sphere around the origin: `radius` m, `conductivity` S/m.

    Raises `ValueRefused` if either is not above 0.
    """

    radius: float
    conductivity: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(v) and v > 0 for v in (self.radius, self.conductivity)):
            raise ValueRefused(
                Problem(
                    what="sphere",
                    expected="radius and conductivity above 0",
                    came=f"{self.radius} m, {self.conductivity} S/m",
                )
            )

    @property
    def scale(self) -> float:
        """Potential that 1 A makes, up to a function of place: ``1 / (4 pi sigma R)``, V."""
        return 1.0 / (4 * math.pi * self.conductivity * self.radius)


def potential(points: npt.ArrayLike, sphere: Sphere, *, source: npt.ArrayLike) -> Floats:
    """Return the potential of 1 A entering at `source` in V, ``(P,)``, in closed form.

    `points` metre ``(P, 3)``, in the sphere or on it; `source` the direction of the source from the
    centre, ``(3,)``, of any length. Raises `ValueRefused` for points outside, a point on the source
    and a direction without length.
    """
    q, s, rho = _reduced(points, sphere, source)
    return np.asarray(sphere.scale * (2 * (1 / rho - 1) + np.log(2 / (1 - q @ s + rho))))


def field(points: npt.ArrayLike, sphere: Sphere, *, source: npt.ArrayLike) -> Floats:
    """Return the field of 1 A entering at `source` in V/m, ``(P, 3)``: minus the potential's gradient.

    Takes and raises what `potential` does.
    """
    q, s, rho = _reduced(points, sphere, source)
    away = (q - s) / rho[:, None]
    slope = 2 * away / rho[:, None] ** 2 + (away - s) / (1 - q @ s + rho)[:, None]
    return np.asarray(sphere.scale / sphere.radius * slope)


def potential_series(points: npt.ArrayLike, sphere: Sphere, *, source: npt.ArrayLike, terms: int) -> Floats:
    """Return the potential of 1 A entering at `source` in V, ``(P,)``, by `terms` of its series.

    Takes and raises what `potential` does. What is left out falls as ``(r / R)^terms``.
    """
    q, s, _ = _reduced(points, sphere, source)
    t = np.linalg.norm(q, axis=1)
    cosine = np.clip(np.divide(q @ s, t, out=np.zeros_like(t), where=t > 0), -1.0, 1.0)
    n = np.arange(1, terms + 1)
    legendre = eval_legendre(n, cosine[:, None])
    return np.asarray(sphere.scale * np.sum((2 + 1 / n) * t[:, None] ** n * legendre, axis=1))


def antipodal_centre_field(sphere: Sphere) -> float:
    """Return the size of the field at the centre between opposite points with +1 A and -1 A, V/m.

    ``6 / (4 pi sigma R^2)``: the first term of the series, twice.
    """
    return 6 * sphere.scale / sphere.radius


def unit(direction: npt.ArrayLike) -> Floats:
    """Return a direction ``(3,)`` with length 1. Raises `ValueRefused` if it has no length."""
    vector = np.asarray(direction, dtype=float)
    length = float(np.linalg.norm(vector))
    if vector.shape != (3,) or not (math.isfinite(length) and length > 0):
        raise ValueRefused(
            Problem(what="direction of a source", expected="three numbers, not all 0", came=str(vector))
        )
    return np.asarray(vector / length)


def inside(points: npt.ArrayLike, radius: float) -> Floats:
    """Return `points` metre ``(P, 3)`` as an array. Raises `ValueRefused` if one is beyond `radius`."""
    at = np.asarray(points, dtype=float)
    if at.ndim != 2 or at.shape[1] != 3:
        raise ValueRefused(Problem(what="points", expected="an array (P, 3)", came=f"{at.shape}"))
    beyond = ~(np.linalg.norm(at, axis=1) <= radius * (1 + ROUNDING))
    if beyond.any():
        raise ValueRefused(
            Problem(
                what="points",
                expected=f"a distance of at most {radius} m from the centre",
                came=f"{at[beyond][0]} m",
            )
        )
    return at


def _reduced(points: npt.ArrayLike, sphere: Sphere, source: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Points over the radius ``(P, 3)``, the source's direction ``(3,)``, their distance ``(P,)``."""
    q, s = inside(points, sphere.radius) / sphere.radius, unit(source)
    rho = np.asarray(np.linalg.norm(q - s, axis=1))
    if not np.all(rho > ROUNDING):
        raise ValueRefused(
            Problem(what="points", expected="none on a source, where the potential has no bound")
        )
    return q, s, rho
