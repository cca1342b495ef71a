"""A conducting film on skin of uniform impedance: how far it spreads the current of an electrode.

Over tissue at 0 V a film of conductance S per square, on skin of impedance z per area, obeys::

    S laplacian V = V / z - (U - V) / z_m,      length of spreading  lambda = sqrt(S z)

the last term only under metal at potential U behind a contact impedance z_m. The current through the
film spreads like that in a leaky cable (plane: cosh, sinh) or leaky disc (modified Bessel functions),
for contacts on thin layers in H. Murrmann and D. Widmann, IEEE Trans. Electron Devices 16 (1969) 1022,
and G. K. Reeves, Solid-State Electron. 23 (1980) 487.

Lengths in metre, S in siemens, impedances per area ohm m2, results for 1 V on the electrode.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ive, kve

from microcurrent.errors import Problem, ValueRefused

Values = npt.NDArray[np.inexact]


@dataclass(frozen=True, kw_only=True)
class WetSkin:
    """A film of `conductance` S [S] per square on skin of `impedance` z [ohm m2], real or complex.

    Raises `ValueRefused` for a conductance that is not above 0 and an impedance without a positive
    real part.
    """

    conductance: float
    impedance: complex

    def __post_init__(self) -> None:
        sound = 0 < self.conductance < math.inf and np.isfinite(self.impedance)
        if not (sound and complex(self.impedance).real > 0):
            raise ValueRefused(
                Problem(
                    what="film on skin",
                    expected="a conductance and a real part of impedance above 0",
                    came=f"{self.conductance} S, {self.impedance} ohm m2",
                )
            )

    @property
    def length(self) -> complex:
        """lambda [m], over which the current through the film falls by e; real for a real skin."""
        squared = self.conductance * self.impedance
        return complex(np.sqrt(complex(squared)))


def strip_admittance(wet: WetSkin, reach: float) -> complex:
    """Return the admittance [S/m] of a film that reaches `reach` m beyond a straight rim of metal.

    ``(S / lambda) tanh(reach / lambda)`` per length of rim.
    """
    return complex(wet.conductance / wet.length * np.tanh(reach / wet.length))


def bridge_admittances(wet: WetSkin, gap: float) -> tuple[complex, complex]:
    """Return the admittances [S/m] of a film between two straight rims `gap` m apart.

    First the current per length out of a rim per volt on it, with the other at 0 V,
    ``(S / lambda) coth(gap / lambda)``; then that into the other, ``(S / lambda) / sinh(gap / lambda)``.
    """
    scale, ratio = wet.conductance / wet.length, gap / wet.length
    return complex(scale / np.tanh(ratio)), complex(scale / np.sinh(ratio))


def disc_admittance(wet: WetSkin, *, radius: float, outer: float, contact: complex = 0.0) -> complex:
    """Return the admittance [S] of a disc of metal in a concentric film, over tissue at 0 V.

    `radius` of the metal and `outer` of the film; `contact` z_m [ohm m2] between metal and film.
    Without contact impedance ``pi a^2 / z`` and what the rim feeds into the ring of film; with it, the
    current through the contact. Raises `ValueRefused` unless 0 < radius <= outer.
    """
    if not 0 < radius <= outer < math.inf:
        raise ValueRefused(
            Problem(what="film", expected="0 < radius <= outer radius", came=f"{radius} and {outer} m")
        )
    area = math.pi * radius**2
    rim = _ring_admittance(wet, radius, outer)
    if contact == 0:
        return complex(area / wet.impedance + rim)
    # Under the metal V = V_0 + C I0(r / l), V_0 what the two layers divide 1 V into.
    level = wet.impedance / (wet.impedance + contact)
    length = np.sqrt(complex(wet.conductance / (1 / wet.impedance + 1 / contact)))
    ratio = radius / length
    slope = 2 * math.pi * radius * wet.conductance / length * ive(1, ratio) / ive(0, ratio)
    # What flows outwards at the rim: rim V(a) = -slope (V(a) - V_0).
    at_rim = slope * level / (slope + rim)
    outwards = rim * at_rim
    # The mean of I0 over the disc is 2 I1 / (ratio I0) of that at the rim.
    mean = level + (at_rim - level) * 2 * ive(1, ratio) / (ratio * ive(0, ratio))
    return complex(area * mean / wet.impedance + outwards)


def disc_potential(r: npt.ArrayLike, wet: WetSkin, *, radius: float, outer: float) -> Values:
    """Return the potential [V] of the film at `r` m from the middle of metal at 1 V, r <= outer.

    ``[I0(r) K1(b) + K0(r) I1(b)] / [I0(a) K1(b) + K0(a) I1(b)]`` in units of lambda; 1 under the metal.
    """
    reach = outer / wet.length
    place = np.maximum(np.asarray(r, dtype=float), radius) / wet.length
    return np.asarray(_leaky(place, reach) / _leaky(radius / wet.length, reach))


def _leaky(r: npt.ArrayLike, b: complex) -> Values:
    """``I0(r) K1(b) + K0(r) I1(b)`` times a constant of b, without overflow for r <= b."""
    r = np.asarray(r)
    grown = ive(0, r) * kve(1, b) * np.exp(np.abs(np.real(r)) - np.abs(np.real(b)) - b)
    fallen = kve(0, r) * ive(1, b) * np.exp(-r)
    return np.asarray(grown + fallen)


def _ring_admittance(wet: WetSkin, radius: float, outer: float) -> complex:
    """Current into the ring of film per volt at its inner rim [S]."""
    a, b = radius / wet.length, outer / wet.length
    grown = ive(1, a) * kve(1, b) * np.exp(np.abs(np.real(a)) - np.abs(np.real(b)) - b)
    fallen = kve(1, a) * ive(1, b) * np.exp(-a)
    slope = (fallen - grown) / _leaky(a, b)
    return complex(2 * math.pi * radius * wet.conductance / wet.length * slope)
