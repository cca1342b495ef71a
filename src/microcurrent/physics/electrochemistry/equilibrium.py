"""Equilibrium: which ions a solution holds, from its sodium, its buffer and its acidity.

Water and one buffer of up to two protons are taken as always in equilibrium: these reactions are faster
than any diffusion here. Chloride then follows from electroneutrality.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused

Floats = npt.NDArray[np.float64]

#: What each row of a concentration array (7, n) is of; the buffer with two, one and no protons.
SPECIES = ("sodium", "chloride", "hydrogen", "hydroxide", "acid", "base", "second base")
#: Their charge numbers (7,).
VALENCES = (1.0, -1.0, 1.0, -1.0, 0.0, -1.0, -2.0)
#: Litres in a cubic metre: pH counts moles a litre.
_LITRES = 1000.0


@dataclass(frozen=True, kw_only=True)
class Solutes:
    """The ions of a film, as plain numbers.

    `diffusivities` (7,) [m2/s] in free water, in the order of `SPECIES`; `first`, `second` [mol/m3]:
    constants of the buffer's two protons; `water` [mol2/m6]: product of hydrogen and hydroxide;
    `temperature` [K]. A buffer of one proton has `second` 0.
    """

    diffusivities: tuple[float, ...]
    first: float
    second: float
    water: float
    temperature: float

    def __post_init__(self) -> None:
        if len(self.diffusivities) != len(SPECIES) or not all(d > 0 for d in self.diffusivities):
            raise _refused("diffusivities", f"{len(SPECIES)} above 0", self.diffusivities)
        for name in ("first", "water", "temperature"):
            if not 0 < getattr(self, name) < np.inf:
                raise _refused(name, "finite and above 0", getattr(self, name))
        if not 0 <= self.second < self.first:
            raise _refused("second", "from 0 and below the first", self.second)


@dataclass(frozen=True, kw_only=True, eq=False)
class Mixture:
    """A solution at n places: `concentrations` (7, n) [mol/m3], `slopes` (7, 3, n).

    `slopes` are the derivatives by sodium, by all buffer, and by `acidity`, the natural logarithm of
    hydrogen over that of neutral water.
    """

    concentrations: Floats
    slopes: Floats


def mixture(sodium: Floats, buffer: Floats, acidity: Floats, *, solutes: Solutes) -> Mixture:
    """Return the solution of `sodium` and `buffer` (n,) [mol/m3] at `acidity` (n,)."""
    neutral = np.sqrt(solutes.water)
    hydrogen, hydroxide = neutral * np.exp(acidity), neutral * np.exp(-acidity)
    shares = _shares(hydrogen, solutes)
    twice, once, none = shares
    protons = 2 * twice + once
    turns = (twice * (2 - protons), once * (1 - protons), -none * protons)
    charge, turn = once + 2 * none, turns[1] + 2 * turns[2]
    found = np.empty((7, sodium.size))
    found[0], found[2], found[3] = sodium, hydrogen, hydroxide
    found[1] = sodium + hydrogen - hydroxide - buffer * charge
    slopes = np.zeros((7, 3, sodium.size))
    slopes[0, 0] = slopes[1, 0] = 1.0
    slopes[1, 1] = -charge
    slopes[1, 2] = hydrogen + hydroxide - buffer * turn
    slopes[2, 2], slopes[3, 2] = hydrogen, -hydroxide
    for row, share, change in zip((4, 5, 6), shares, turns, strict=True):
        found[row] = buffer * share
        slopes[row, 1], slopes[row, 2] = share, buffer * change
    return Mixture(concentrations=found, slopes=slopes)


def state_of(salt: float, buffer: float, ph: float, *, solutes: Solutes) -> tuple[float, float, float]:
    """Return sodium, buffer [mol/m3] and acidity of a solution with `salt` [mol/m3] brought to `ph`.

    What the buffer's and water's charges lack is made up by more sodium, or by more chloride.
    """
    acidity = (np.log(_LITRES) - ph * np.log(10.0)) - np.log(solutes.water) / 2
    found = mixture(np.zeros(1), np.array([buffer]), np.array([acidity]), solutes=solutes)
    surplus = -float(found.concentrations[1, 0])
    return salt + max(surplus, 0.0), buffer, float(acidity)


def ph_of(acidity: npt.ArrayLike, *, solutes: Solutes) -> Floats:
    """Return the pH of an `acidity` of any shape; activities are taken as concentrations."""
    hydrogen = np.asarray(acidity, dtype=float) + np.log(solutes.water) / 2
    return np.asarray((np.log(_LITRES) - hydrogen) / np.log(10.0))


def ph_with(excess: npt.ArrayLike, *, water: float) -> Floats:
    """Return the pH of unbuffered water with `excess` [mol/m3] of acid, negative of base, any shape.

    `water` [mol2/m6]. From hydrogen minus hydroxide = excess and their product.
    """
    half = np.asarray(excess, dtype=float) / 2 / np.sqrt(water)
    return np.asarray((np.log(_LITRES) - np.log(water) / 2 - np.arcsinh(half)) / np.log(10.0))


def _shares(hydrogen: Floats, solutes: Solutes) -> tuple[Floats, Floats, Floats]:
    """Parts of the buffer with two protons, one, and none."""
    two, one, none = hydrogen**2, solutes.first * hydrogen, solutes.first * solutes.second
    whole = two + one + none
    return two / whole, one / whole, none / whole


def _refused(key: str, expected: str, came: object) -> ValueRefused:
    return ValueRefused(Problem(what="solutes", key=key, expected=expected, came=repr(came)))
