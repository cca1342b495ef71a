"""Contact: how warm a current makes the skin under a probe, as an upper bound.

All resistance of the skin layer counts as a source of heat at the surface, the probe takes none away and
blood neither: what is found is the most that steady current can do.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused


def contact_heating(density: float, resistance: float, *, radius: float, heat_conductivity: float) -> float:
    """Return the steady mean rise of temperature under a round contact [K]: 8 q a / (3 pi k), q = J^2 R.

    `density` J [A/m2], r.m.s. of an alternating current; `resistance` R [ohm m2] of the skin layer;
    `radius` a [m]; `heat_conductivity` k [W/m/K] of tissue. The disc of uniform flux of V2, for heat.
    Raises `ValueRefused` for a radius or a conductivity that is not above 0, and a negative resistance.
    """
    for name, value, least in (("radius", radius, 0.0), ("heat conductivity", heat_conductivity, 0.0)):
        if not least < value < math.inf:
            raise _refused(name, "finite and above 0", f"{value:g}")
    if not 0 <= resistance < math.inf:
        raise _refused("resistance", "finite and from 0", f"{resistance:g}")
    return 8 * density**2 * resistance * radius / (3 * math.pi * heat_conductivity)


def tissue_heating(density: npt.ArrayLike, conductivity: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the heat made in tissue [W/m3], J^2 / sigma, any shape; r.m.s. of alternating current."""
    return np.asarray(np.asarray(density, dtype=float) ** 2 / np.asarray(conductivity, dtype=float))


def _refused(key: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="heat under a contact", key=key, expected=expected, came=came))
