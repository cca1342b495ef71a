"""What cover does to the stratum corneum: its impedance between dry, gelled and wet, and its swelling.

Three layers are known: dry, gelled, and wet for ten minutes. The degree of hydration runs from 0 (dry)
to 1 (wet) and is defined by the parallel resistance, whose logarithm falls in proportion to it; the
gelled layer lies where its own resistance puts it. Between the three, the other values are interpolated
(logarithms of resistance and capacitance, the exponent itself), so no value leaves the table's cases.
Under cover the degree approaches 1, open to the air 0, each with one time constant.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.constants import epsilon_0

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.skin.impedance import Floats, SkinImpedance, cole_impedance


@dataclass(frozen=True, kw_only=True)
class Hydration:
    """Three states of one skin, `dry`, `gel` and `wet`, and how fast it goes from one to another.

    `occlusion_time` and `drying_time` [s]: time constants under cover and open to the air. Raises
    `ValueRefused` where the parallel resistance does not fall from dry over gel to wet, or a time is
    not above 0.
    """

    dry: SkinImpedance
    gel: SkinImpedance
    wet: SkinImpedance
    occlusion_time: float
    drying_time: float

    def __post_init__(self) -> None:
        if not self.dry.parallel > self.gel.parallel > self.wet.parallel:
            raise _refused(
                "parallel",
                "a resistance that falls from dry over gel to wet",
                f"{self.dry.parallel:g}, {self.gel.parallel:g} and {self.wet.parallel:g} ohm m2",
            )
        for name in ("occlusion_time", "drying_time"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise _refused(name, "a time above 0 s", f"{value}")

    @property
    def gel_degree(self) -> float:
        """Degree of hydration of the gelled layer."""
        return math.log(self.dry.parallel / self.gel.parallel) / math.log(
            self.dry.parallel / self.wet.parallel
        )


def degree_after(
    hydration: Hydration, start: npt.ArrayLike, duration: npt.ArrayLike, *, covered: npt.ArrayLike = True
) -> Floats:
    """Return the degree of hydration after `duration` [s] from `start`; arrays broadcast together.

    `covered`: whether the skin was under electrode, gel or water. Raises `ValueRefused` for a degree
    outside 0 to 1 and for a negative duration.
    """
    begun, passed = _degree(start), np.asarray(duration, dtype=float)
    if not (np.isfinite(passed) & (passed >= 0)).all():
        raise _refused("duration", "finite times from 0 s", repr(duration))
    under = np.asarray(covered, dtype=bool)
    constant = np.where(under, hydration.occlusion_time, hydration.drying_time)
    target = np.where(under, 1.0, 0.0)
    return np.asarray(target + (begun - target) * np.exp(-passed / constant))


def hydrated(hydration: Hydration, degree: float) -> SkinImpedance:
    """Return the layer at one degree of hydration. Raises `ValueRefused` outside 0 to 1."""
    values = _interpolated(hydration, _degree(float(degree)))
    return SkinImpedance(**{name: float(value) for name, value in values.items()})


def hydrated_impedance(
    hydration: Hydration, degree: npt.ArrayLike, frequency: npt.ArrayLike
) -> npt.NDArray[np.complex128]:
    """Return the impedance per area [ohm m2] at each degree of hydration and `frequency` [Hz].

    The arrays broadcast together. Raises `ValueRefused` outside 0 to 1 and for a negative frequency.
    """
    return cole_impedance(frequency=frequency, **_interpolated(hydration, _degree(degree)))


def hydrated_admittance(
    hydration: Hydration, degree: npt.ArrayLike, frequency: npt.ArrayLike
) -> npt.NDArray[np.complex128]:
    """Return the admittance per area [S/m2], the inverse of `hydrated_impedance`."""
    return np.asarray(1 / hydrated_impedance(hydration, degree, frequency))


def swollen(
    thickness: npt.ArrayLike, duration: npt.ArrayLike, *, swelling: float, swelling_time: float
) -> Floats:
    """Return the thickness [m] of the layer after `duration` [s] in water, from its dry `thickness` [m].

    It grows towards `swelling` times the dry thickness with the time constant `swelling_time` [s].
    The impedance per area has this in it already; thickness serves transport and bulk values.
    """
    given, passed = np.asarray(thickness, dtype=float), np.asarray(duration, dtype=float)
    for name, sound, expected in (
        ("thickness", (given > 0).all(), "lengths above 0 m"),
        ("duration", (passed >= 0).all(), "times from 0 s"),
        ("swelling", swelling >= 1, "a factor from 1"),
        ("swelling_time", swelling_time > 0, "a time above 0 s"),
    ):
        if not sound:
            raise _refused(name, expected, "something else")
    return np.asarray(given * (1 - (swelling - 1) * np.expm1(-passed / swelling_time)))


def bulk_conductivity(skin: SkinImpedance, thickness: float) -> float:
    """Return the conductivity [S/m] of a layer `thickness` [m] thick with this parallel resistance."""
    return thickness / skin.parallel


def bulk_permittivity(skin: SkinImpedance, thickness: float) -> float:
    """Return the relative permittivity of a layer `thickness` [m] thick with this capacitance."""
    return float(skin.capacitance * thickness / epsilon_0)


def _interpolated(hydration: Hydration, degree: Floats) -> dict[str, Floats]:
    states = (hydration.dry, hydration.gel, hydration.wet)
    knots = (0.0, hydration.gel_degree, 1.0)

    def between(name: str, *, logarithm: bool) -> Floats:
        values = np.array([getattr(state, name) for state in states])
        if not logarithm:
            return np.asarray(np.interp(degree, knots, values))
        return np.asarray(np.exp(np.interp(degree, knots, np.log(values))))

    # A contact may lack series resistance, which has no logarithm.
    plain = any(state.series == 0 for state in states)
    return {
        "series": between("series", logarithm=not plain),
        "parallel": between("parallel", logarithm=True),
        "capacitance": between("capacitance", logarithm=True),
        "alpha": between("alpha", logarithm=False),
    }


def _degree(values: npt.ArrayLike) -> Floats:
    given = np.asarray(values, dtype=float)
    if not ((given >= 0) & (given <= 1)).all():
        raise _refused("degree", "numbers from 0 to 1", repr(values))
    return given


def _refused(key: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="hydration of skin", key=key, expected=expected, came=came))
