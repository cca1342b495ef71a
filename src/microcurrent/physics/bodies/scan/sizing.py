"""Sizing: how long one unit of a scan is, by what was given or by the size of heads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microcurrent.errors import BodyError, Problem
from microcurrent.model.body import Guess
from microcurrent.physics.bodies.scan.registering import Found

#: Length [m] of the units in which scanners and modelling programs write.
UNITS = {"mm": 1e-3, "cm": 1e-2, "m": 1.0, "inch": 0.0254}
#: Sizes of heads against the template. Adults lie within 3 SD between 0.87 and 1.14 of the mean head
#: length of both sexes (NIOSH survey); children above six years and caricatures a little outside.
PLAUSIBLE = (0.8, 1.25)
#: The spread [fraction] of 90 % of adult heads around the average one: 1.645 SD of head length and of face
#: length are 6 and 10 %.
_SPREAD = 0.08


@dataclass(frozen=True, kw_only=True)
class Size:
    """`unit`: length [m] of one unit of the scan; `guesses`: what was not given."""

    unit: float
    guesses: tuple[Guess, ...] = ()


def size_by_distance(found: Found, pair: tuple[str, str], distance: float) -> Size:
    """Return the size by the straight `distance` [m] between two landmarks.

    Raises `BodyError` for an unknown landmark, or where the head would have no plausible size.
    """
    unknown = [name for name in pair if name not in found.landmarks]
    if unknown or pair[0] == pair[1]:
        raise BodyError(
            Problem(
                what="a distance stands between two landmarks",
                expected="two of " + ", ".join(sorted(found.landmarks)),
                came=" and ".join(pair),
            )
        )
    first, second = (found.landmarks[name].place for name in pair)
    unit = distance / float(np.linalg.norm(first - second))
    _refuse_implausible(found, unit, f"{1e3 * distance:.4g} mm from {pair[0]} to {pair[1]}")
    return Size(unit=unit)


def size_by_unit(found: Found, name: str) -> Size:
    """Return the size where the file is in the unit `name`, one of `UNITS`. Raises `BodyError`."""
    if name not in UNITS:
        raise BodyError(
            Problem(what="unknown unit of a scan", expected="one of " + ", ".join(UNITS), came=name)
        )
    _refuse_implausible(found, UNITS[name], f"units of {name}")
    return Size(unit=UNITS[name])


def size_by_head(found: Found) -> Size:
    """Return the size that makes a head: by a unit that makes it plausible, else that of the template."""
    for name, unit in UNITS.items():
        if PLAUSIBLE[0] <= _relative(found, unit) <= PLAUSIBLE[1]:
            guess = Guess(
                what="unit of the scan",
                taken=f"{name}, in which the head is {100 * _relative(found, unit):.0f} % of an average",
                changes="nothing, if the file is in this unit; in another it would be no head",
            )
            return Size(unit=unit, guesses=(guess,))
    guess = Guess(
        what="size of the head",
        taken=f"that of an average head, one unit of the file being {1e3 / found.similarity.scale:.4g} mm",
        changes=(
            f"every length by up to {100 * _SPREAD:.0f} % either way, current density and field by up to "
            f"{200 * _SPREAD:.0f} %; give the distance of two landmarks to know it"
        ),
    )
    return Size(unit=1 / found.similarity.scale, guesses=(guess,))


def _relative(found: Found, unit: float) -> float:
    """Size of the head against the template, where one unit of the scan is `unit` metre."""
    return unit * found.similarity.scale


def _refuse_implausible(found: Found, unit: float, given: str) -> None:
    relative = _relative(found, unit)
    if PLAUSIBLE[0] <= relative <= PLAUSIBLE[1]:
        return
    better = [
        name for name, length in UNITS.items() if PLAUSIBLE[0] <= _relative(found, length) <= PLAUSIBLE[1]
    ]
    advice = (
        f"In {better[0]} it would be a head" if better else "Give the distance of two landmarks instead"
    )
    raise BodyError(
        Problem(
            what=f"with {given} this would not be the size of a head",
            expected=f"{100 * PLAUSIBLE[0]:.0f} to {100 * PLAUSIBLE[1]:.0f} % of an average head",
            came=f"{100 * relative:.3g} %",
            advice=advice,
        )
    )
