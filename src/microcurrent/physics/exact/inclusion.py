"""A disc in the plane with a concentric inclusion: the classic of impedance tomography, as a series.

D. Isaacson, IEEE Trans. Med. Imaging 5 (1986) 91. A plate of height h and radius R conducts s1, s2
within the radius ``q R``; its rim is insulated but for point electrodes. With ``t = r / R`` and the
contrast ``mu = (s1 - s2) / (s1 + s2)``, for 1 A entering at angle a::

    V = 1 / (pi s1 h) sum_n>0 g_n(t) / n cos n(angle - a)
    g_n = (1 + mu q^2n) / (1 - mu q^2n)            on the rim
    g_n = (t^n + mu q^2n t^-n) / (1 - mu q^2n)     outside the inclusion
    g_n = (1 + mu) t^n / (1 - mu q^2n)             inside it

The sum of ``t^n cos(n x) / n`` is ``-ln(1 - 2 t cos x + t^2) / 2``; what is left of the series falls as
``q^n`` at least. Lengths in metre, angles in radian, conductivity S/m, current A.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.exact.disc import Floats

#: exp(-40) is below rounding: terms that fall as exp(-n) end there.
_DECAYED = 40.0
_BALANCE = 1e-9
_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Plate:
    """A round plate: `radius`, `inner_radius` of the inclusion, `height` m; S/m of both parts.

    `conductivity` outside the inclusion, `inner_conductivity` in it; 0 is a hole. Raises
    `ValueRefused` unless ``0 < inner_radius < radius``, the height and the conductivity are above 0
    and the inclusion's is 0 or more.
    """

    radius: float
    inner_radius: float
    height: float
    conductivity: float
    inner_conductivity: float

    def __post_init__(self) -> None:
        sizes = 0 < self.inner_radius < self.radius < math.inf and 0 < self.height < math.inf
        if not (sizes and 0 < self.conductivity < math.inf and 0 <= self.inner_conductivity < math.inf):
            raise ValueRefused(
                Problem(
                    what="plate with an inclusion",
                    expected="0 < inner radius < radius, height and conductivity above 0",
                    came=f"{self.inner_radius}, {self.radius}, {self.height} m, "
                    f"{self.conductivity}, {self.inner_conductivity} S/m",
                )
            )

    @property
    def contrast(self) -> float:
        """``(s1 - s2) / (s1 + s2)``, from -1 (perfect conductor) to 1 (hole)."""
        outer, inner = self.conductivity, self.inner_conductivity
        return (outer - inner) / (outer + inner)


def potential(
    points: npt.ArrayLike, plate: Plate, *, angles: npt.ArrayLike, currents: npt.ArrayLike
) -> Floats:
    """Return the potential at `points` metre ``(P, 2)`` in or on the plate, V, ``(P,)``.

    `angles` of the point electrodes on the rim ``(E,)``, `currents` into them A ``(E,)``, whose sum is
    0. The mean over the rim is 0. Raises `ValueRefused` for points outside or on an electrode and
    currents out of balance.
    """
    at, amperes = np.asarray(points, dtype=float), np.asarray(currents, dtype=float)
    electrodes = np.asarray(angles, dtype=float)
    t = np.hypot(at[:, 0], at[:, 1]) / plate.radius
    turned = np.arctan2(at[:, 1], at[:, 0])[:, None] - electrodes
    square = 1 - 2 * t[:, None] * np.cos(turned) + t[:, None] ** 2
    balanced = abs(amperes.sum()) <= _BALANCE * np.abs(amperes).sum()
    if not (balanced and np.all(t <= 1 + _ROUNDING) and np.all(square > _ROUNDING**2)):
        raise ValueRefused(
            Problem(
                what="points and currents of a plate",
                expected="points in the plate, none on an electrode, and a sum of currents of 0",
                came=f"points up to {t.max():g} radii from the centre, a sum of {amperes.sum():g} A",
            )
        )
    direct = -0.5 * np.log(square)
    within = t < plate.inner_radius / plate.radius
    direct[within] *= 1 + plate.contrast
    rest = _image_terms(t, plate, within=within)
    n = np.arange(1, rest.shape[1] + 1)
    images = np.einsum("pn,pen->pe", rest / n, np.cos(n * turned[:, :, None]))
    return np.asarray((direct + images) @ amperes / (np.pi * plate.conductivity * plate.height))


def _image_terms(t: Floats, plate: Plate, *, within: npt.NDArray[np.bool_]) -> Floats:
    """``g_n`` without what the closed form holds, ``(P, N)``."""
    q, mu = plate.inner_radius / plate.radius, plate.contrast
    n = np.arange(1, math.ceil(_DECAYED / -math.log(q)) + 2)
    back = mu * q ** (2 * n)
    t = t[:, None]
    # q^2n t^-n as (q / t)^n q^n: t is q or more outside the inclusion.
    beyond = np.divide(q, t, out=np.zeros_like(t), where=~within[:, None]) ** n
    outside = (t**n * back + mu * q**n * beyond) / (1 - back)
    inside = (1 + mu) * t**n * back / (1 - back)
    return np.asarray(np.where(within[:, None], inside, outside))
