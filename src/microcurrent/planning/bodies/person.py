"""Person: whose face it is, from words such as "face female, age 60, BMI 30"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from microcurrent.errors import BodyError, Problem, UnitError
from microcurrent.units import read, write

SEXES = ("male", "female", "average")
#: What may be said besides the sex, with its least and largest value. Lengths in metre.
_AGES, _INDICES, _SHARES = (18.0, 90.0), (15.0, 45.0), (0.0, 1.0)
_HEIGHTS, _WIDTHS = (0.095, 0.145), (0.110, 0.165)
#: Millimetres in a metre.
_MM = 1e3
_WORDS = (
    "face, then at most one sex (male, female, average), and after commas: age 60; BMI 27; "
    "face height 118 mm; face width 135 mm; asymmetry 0.3"
)


@dataclass(frozen=True, kw_only=True)
class Person:
    """Whose face it is.

    `sex`: one of `SEXES`, "average" the mean of both; `age` [years]; `mass_index` [kg/m2]: body mass
    over height squared; `height` [m] from menton to sellion and `width` [m] across the cheekbones, None for
    the mean of the sex; `asymmetry` from 0 to 1.
    """

    sex: str = "average"
    age: float = 40.0
    mass_index: float = 24.0
    height: float | None = None
    width: float | None = None
    asymmetry: float = 0.0

    @property
    def text(self) -> str:
        """The name of this body in one way of writing; what is usual is left out."""
        usual = Person()
        parts = ["face" if self.sex == usual.sex else f"face {self.sex}"]
        parts += [f"age {self.age:g}"] if self.age != usual.age else []
        parts += [f"BMI {self.mass_index:g}"] if self.mass_index != usual.mass_index else []
        parts += [f"face height {_MM * self.height:.6g} mm"] if self.height is not None else []
        parts += [f"face width {_MM * self.width:.6g} mm"] if self.width is not None else []
        parts += [f"asymmetry {self.asymmetry:g}"] if self.asymmetry else []
        return ", ".join(parts)


def is_face(name: str) -> bool:
    """Return whether a name of a body speaks of the built-in face."""
    return re.match(r"face\b", name.strip().lower()) is not None


def read_person(name: str) -> Person:
    """Return whose face "face female, age 60, BMI 30" is. Raises `BodyError` for what is not understood."""
    first, *rest = [" ".join(part.split()) for part in name.split(",")]
    words = first.lower().split()
    if words[:1] != ["face"] or len(words) > 2 or (len(words) == 2 and words[1] not in SEXES):
        raise _refused(name, first, "")
    values: dict[str, float] = {}
    for part in rest:
        key, value = _one(name, part)
        if key in values:
            raise _refused(name, part, "Say it once")
        values[key] = value
    return Person(sex=words[1] if len(words) == 2 else "average", **values)


def _one(name: str, part: str) -> tuple[str, float]:
    """One key and its value."""
    for pattern, key, dimension, limits in (
        (r"age (.+)", "age", "", _AGES),
        (r"bmi (.+)", "mass_index", "", _INDICES),
        (r"asymmetry (.+)", "asymmetry", "", _SHARES),
        (r"face height (.+)", "height", "length", _HEIGHTS),
        (r"face width (.+)", "width", "length", _WIDTHS),
    ):
        found = re.fullmatch(pattern, part, flags=re.IGNORECASE)
        if not found:
            continue
        try:
            value = read(found.group(1), dimension) if dimension else float(found.group(1))
        except (ValueError, UnitError) as bad:
            raise _refused(name, part, str(bad) if dimension else "Write a number") from bad
        if not limits[0] <= value <= limits[1]:
            low, high = ((write(x, dimension) if dimension else f"{x:g}") for x in limits)
            raise BodyError(
                Problem(what=f'not a face that the atlas can make ("{part}")', expected=f"{low} to {high}",
                        came=part, key="body")
            )  # fmt: skip
        return key, value
    raise _refused(name, part, "")


def _refused(name: str, part: str, advice: str) -> BodyError:
    return BodyError(
        Problem(what=f'not understood in the name of a body: "{part}"', expected=_WORDS, came=f'"{name}"',
                advice=advice, key="body")
    )  # fmt: skip
