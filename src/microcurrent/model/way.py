"""Way: the line on the skin that a probe follows through its sites."""

from __future__ import annotations

import math
from dataclasses import dataclass

from microcurrent.model.body import Point
from microcurrent.model.checks import finite, refuse

#: The last mark is the sum of the pieces to this part: rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Way:
    """A line on the skin through the sites of a path.

    `points` (P, 3) [m]: its corners; `marks` (S,) [m]: how far along it each site is passed; `note`: what a
    person should know of it.
    """

    points: tuple[Point, ...]
    marks: tuple[float, ...]
    note: str = ""

    def __post_init__(self) -> None:
        check_way(self, self.points, self.marks)

    @property
    def length(self) -> float:
        """Length [m]."""
        return self.marks[-1]

    @property
    def is_straight(self) -> bool:
        """Whether it has corners nowhere but at its sites."""
        return len(self.points) <= len(self.marks)


def check_way(noun: object, points: tuple[Point, ...], marks: tuple[float, ...]) -> None:
    """Refuse corners and marks of `noun` that make no line."""
    if len(points) < 2:
        raise refuse(noun, "way", expected="two or more points", came=len(points))
    for point in points:
        if len(point) != 3:
            raise refuse(noun, "way", expected="three coordinates", came=point)
        for coordinate in point:
            finite(noun, "way", coordinate, minimum=-3, maximum=3)
    length = math.fsum(math.dist(a, b) for a, b in zip(points, points[1:], strict=False))
    rising = len(marks) >= 2 and all(a <= b for a, b in zip(marks, marks[1:], strict=False))
    ends = (
        rising and marks[0] == 0 and math.isclose(marks[-1], length, rel_tol=_ROUNDING, abs_tol=_ROUNDING)
    )
    if not ends:
        raise refuse(
            noun, "marks", expected=f"two or more, rising from 0 to the length {length:g} m", came=marks
        )
