"""Concentric spherical shells with point sources or caps on the surface: Legendre series.

S. Rush and D. A. Driscoll, Anesth. Analg. 47 (1968) 717. In the shell from radius a to b the
potential of a source on the polar axis is a sum over n > 0 of ``u_n(r) P_n(cos g)``,
``u_n = A_n (r / b)^n + B_n (a / r)^(n+1)``. Potential and normal density are continuous between shells,
and at the surface ``sigma du_n / dr = (2 n + 1) c_n / (4 pi R^2)`` for 1 A. ``c_n = 1`` for a point;
for a cap of even density up to the half-angle h, with ``x = cos h``::

    c_n = [P_(n-1)(x) - P_(n+1)(x)] / ((2 n + 1) (1 - x)) = (1 + x) P_n'(x) / (n (n + 1))

From the core outward only the ratio ``w = r u' / u`` is carried; it stays between 0 and a bound, and
no power of a radius above 1 is ever formed, so any number of shells and of terms is safe.

The part of a point source that a homogeneous sphere of the outermost conductivity would have is
taken in closed form (see `sphere`); the rest converges everywhere. Caps have no closed form: their
series, which on the surface itself falls as a power of n only, is damped smoothly to nothing
(exponential filter, D. Gottlieb and C.-W. Shu, SIAM Rev. 39 (1997) 644). On the surface that leaves
the field right to 2e-4 at 0.01 rad from the rim and to 1e-9 at 0.03 rad; inside, to rounding.

Lengths in metre, angles in radian, conductivity S/m.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.exact import sphere
from microcurrent.physics.exact.disc import Floats

#: Terms are added until ``ratio^n`` is below exp(-45), rounding even after a factor n^2.
_DECAYED = 45.0
#: No more terms than this for a point source, which needs more only over a very thin outermost shell.
_MOST_TERMS = 20_000
#: Terms of a cap where its series does not end by itself, and the filter ``exp(-36 (n / N)^8)``, which
#: ends them at rounding and leaves a series that does end as it is.
_CAP_TERMS = 4_000
_DAMPING, _FILTER_ORDER = 36.0, 8
_FEWEST_TERMS = 8


@dataclass(frozen=True, kw_only=True)
class Shells:
    """Concentric shells: outer `radii` m from the core out, `conductivities` S/m of each.

    Raises `ValueRefused` unless radii are above 0 and rise and each has a conductivity above 0.
    """

    radii: tuple[float, ...]
    conductivities: tuple[float, ...]

    def __post_init__(self) -> None:
        fit = len(self.radii) == len(self.conductivities) > 0
        rising = all(0 <= a < b < math.inf for a, b in zip((0.0, *self.radii), self.radii, strict=False))
        conducting = all(math.isfinite(s) and s > 0 for s in self.conductivities)
        if not (fit and rising and conducting):
            raise ValueRefused(
                Problem(
                    what="concentric shells",
                    expected="rising radii above 0, each with a conductivity above 0",
                    came=f"{self.radii} m, {self.conductivities} S/m",
                )
            )


@dataclass(frozen=True, kw_only=True)
class Cap:
    """Even current through a cap of the surface around `direction` (any length); A, radian.

    `half_angle` 0 is a point source; the area of a cap is ``2 pi R^2 (1 - cos half_angle)``. What
    the `current` of all caps lacks in sum leaves evenly through the whole surface. Raises
    `ValueRefused` for a direction without length and a half-angle outside 0 to pi.
    """

    direction: tuple[float, float, float]
    current: float
    half_angle: float = 0.0

    def __post_init__(self) -> None:
        sphere.unit(self.direction)
        if not (math.isfinite(self.current) and 0 <= self.half_angle < math.pi):
            raise ValueRefused(
                Problem(
                    what="cap",
                    expected="a current, and a half-angle from 0 to less than pi",
                    came=f"{self.current} A, {self.half_angle} rad",
                )
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class SphericalField:
    """What `spherical_field` gives at P points.

    `potential` V ``(P,)``; `radial` V/m ``(P,)``, the field's part outward; `tangential` V/m
    ``(P, 3)``, the rest as a vector; `outward` ``(P, 3)``, the unit vector from the centre.
    """

    potential: Floats
    radial: Floats
    tangential: Floats
    outward: Floats

    @property
    def field(self) -> Floats:
        """The whole field, V/m ``(P, 3)``."""
        return np.asarray(self.radial[:, None] * self.outward + self.tangential)


def spherical_field(points: npt.ArrayLike, shells: Shells, caps: Sequence[Cap]) -> SphericalField:
    """Return potential and field of all `caps` at `points` metre ``(P, 3)``, in or on the spheres.

    The potential's mean over the surface is 0. A point on an interface counts to the shell inside
    it. Raises `ValueRefused` for points outside, a point on a point source, and an outermost shell so
    thin that a point source needs more than 20 000 terms.
    """
    at = sphere.inside(points, shells.radii[-1])
    r = np.linalg.norm(at, axis=1)
    # Any direction will do at the centre: radial and tangential part add up to the same field.
    outward = np.divide(at, r[:, None], out=np.tile([0.0, 0.0, 1.0], (r.size, 1)), where=r[:, None] > 0)
    potential, radial, tangential = np.zeros_like(r), np.zeros_like(r), np.zeros_like(at)
    for cap in caps:
        axis = sphere.unit(cap.direction)
        cosine = outward @ axis
        value, slope, turn = _series(r, cosine, shells, cap.half_angle)
        across = axis - cosine[:, None] * outward
        potential += cap.current * value
        radial -= cap.current * slope
        tangential -= cap.current * turn[:, None] * across
        if cap.half_angle == 0:
            top = r > _inner(shells)[-1]
            whole = sphere.Sphere(radius=shells.radii[-1], conductivity=shells.conductivities[-1])
            direct = sphere.field(at[top], whole, source=axis)
            along = np.sum(direct * outward[top], axis=1)
            potential[top] += cap.current * sphere.potential(at[top], whole, source=axis)
            radial[top] += cap.current * along
            tangential[top] += cap.current * (direct - along[:, None] * outward[top])
    return SphericalField(potential=potential, radial=radial, tangential=tangential, outward=outward)


def _inner(shells: Shells) -> Floats:
    """Inner radius of every shell, m; that of the core is 0."""
    return np.array([0.0, *shells.radii[:-1]])


def _terms(r: Floats, shells: Shells, *, point: bool) -> npt.NDArray[np.int64]:
    """How many terms each point needs, ``(P,)``."""
    outer, below = shells.radii[-1], float(_inner(shells)[-1])
    ratio = r / outer
    if point:
        # The closed form has gone; what is left are images in the interface below.
        top = r > below
        ratio[top] = below**2 / (outer * r[top])
    # A ratio of 0 needs one term, a ratio of 1 all.
    with np.errstate(divide="ignore"):
        need = np.ceil(_DECAYED / np.abs(np.log(np.minimum(ratio, 1.0))))
    if point and np.any(need > _MOST_TERMS):
        raise ValueRefused(
            Problem(
                what="outermost shell under a point source",
                expected=f"thick enough to converge in {_MOST_TERMS} terms",
                came=f"{outer - below:g} m on {outer:g} m",
                advice="Give the source a half-angle or make the shell thicker.",
            )
        )
    return np.clip(need, _FEWEST_TERMS, _MOST_TERMS if point else _CAP_TERMS).astype(np.int64)


def _coefficients(shells: Shells, spectrum: Floats, *, point: bool) -> tuple[Floats, Floats]:
    """``A_n`` and ``B_n`` of every shell for 1 A, V, each ``(J, N)``; `spectrum` is ``c_n`` ``(N,)``.

    For a point source those of the outermost shell are without the homogeneous part.
    """
    n = np.arange(1.0, spectrum.size + 1)
    inner = _inner(shells)
    # Upward: `reflected` is B over A at the inner radius, `ratio` is w = r u' / u at the outer.
    reflected, ratio = np.zeros((inner.size, n.size)), n
    for j, (a, b) in enumerate(zip(inner, shells.radii, strict=True)):
        if j:
            entering = ratio * shells.conductivities[j - 1] / shells.conductivities[j]
            reflected[j] = (n - entering) / (n + 1 + entering)
        back = reflected[j] * (a / b) ** (2 * n + 1)
        ratio = (n - (n + 1) * back) / (1 + back)
    # Downward: A of the outermost shell from the density, then continuity of the potential.
    rising, falling = np.zeros_like(reflected), np.zeros_like(reflected)
    flux = (2 * n + 1) * spectrum / (4 * np.pi * shells.radii[-1] * shells.conductivities[-1])
    rising[-1] = flux / (n - (n + 1) * back)
    for j in range(inner.size - 1, -1, -1):
        a, b = inner[j], shells.radii[j]
        falling[j] = rising[j] * reflected[j] * (a / b) ** n
        if j:
            value = rising[j] * (a / b) ** n * (1 + reflected[j])
            below = reflected[j - 1] * (inner[j - 1] / a) ** (2 * n + 1)
            rising[j - 1] = value / (1 + below)
    if point:
        rising[-1] *= (n + 1) * back / n
    return rising, falling


def cap_spectrum(half_angle: float, terms: int) -> Floats:
    """Return ``c_n`` of a cap for n = 1 to `terms`, ``(N,)``; all 1 for half-angle 0."""
    x = math.cos(half_angle)
    before, legendre, slope_before, slope = 1.0, x, 0.0, 1.0
    found = np.empty(terms)
    for n in range(1, terms + 1):
        found[n - 1] = (1 + x) * slope / (n * (n + 1))
        slope_before, slope = slope, slope_before + (2 * n + 1) * legendre
        before, legendre = legendre, ((2 * n + 1) * x * legendre - n * before) / (n + 1)
    return found


def _series(r: Floats, cosine: Floats, shells: Shells, half_angle: float) -> tuple[Floats, Floats, Floats]:
    """Sums over n of ``u P_n``, ``u' P_n`` and ``(u / r) P_n'`` for 1 A, each ``(P,)``."""
    need = _terms(r, shells, point=half_angle == 0)
    most = int(need.max(initial=1))
    spectrum = cap_spectrum(half_angle, most)
    if half_angle > 0:
        n = np.arange(1, most + 1)
        spectrum *= np.exp(-_DAMPING * (n / _CAP_TERMS) ** _FILTER_ORDER)
    coefficients = _coefficients(shells, spectrum, point=half_angle == 0)
    # Points that need most terms come first, so that those at work are always a leading part.
    order = np.argsort(-need, kind="stable")
    at_work = np.searchsorted(-need[order], -np.arange(1, most + 1), side="right")
    shell = np.minimum(np.searchsorted(shells.radii, r[order]), len(shells.radii) - 1)
    sums = _added(r[order], cosine[order], (shell, at_work), (shells, *coefficients))
    value, slope, turn = np.empty((3, r.size))
    value[order], slope[order], turn[order] = sums
    return value * r, slope, turn


def _added(
    r: Floats,
    x: Floats,
    places: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
    solution: tuple[Shells, Floats, Floats],
) -> Floats:
    """Sums of ``(u / r) P_n``, ``u' P_n``, ``(u / r) P_n'`` by recurrence in n, ``(3, P)``."""
    (shell, at_work), (shells, rising, falling) = places, solution
    outer = np.array(shells.radii)[shell]
    growth, decay = r / outer, np.divide(_inner(shells)[shell], r, out=np.zeros_like(r), where=r > 0)
    # u / r has the power n - 1 of the radius, which the centre needs.
    up, down = 1 / outer, np.divide(decay**2, r, out=np.zeros_like(r), where=r > 0)
    before, legendre, turn_before, turn = np.ones_like(x), x.copy(), np.zeros_like(x), np.ones_like(x)
    sums = np.zeros((3, r.size))
    for n, live in enumerate(at_work, start=1):
        part = shell[:live]
        u = rising[part, n - 1] * up[:live]
        v = falling[part, n - 1] * down[:live]
        sums[0, :live] += (u + v) * legendre[:live]
        sums[1, :live] += (n * u - (n + 1) * v) * legendre[:live]
        sums[2, :live] += (u + v) * turn[:live]
        up, down = up[:live] * growth[:live], down[:live] * decay[:live]
        here, there = legendre[:live], before[:live]
        turn_before, turn = turn[:live], turn_before[:live] + (2 * n + 1) * here
        before, legendre = here, ((2 * n + 1) * x[:live] * here - n * there) / (n + 1)
    return sums
