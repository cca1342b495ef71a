"""Electrode: what touches the skin and through what."""

from __future__ import annotations

import math
from dataclasses import dataclass

from microcurrent.model.checks import named, one_of, refuse

SHAPES = ("sphere", "disc", "roller", "pad", "glove")
COUPLINGS = ("dry", "water", "gel")


@dataclass(frozen=True, kw_only=True)
class Electrode:
    """One probe or pad.

    `name`: as the plan calls it. `shape`: one of `SHAPES`. `diameter` [m] of a sphere, disc or
    roller; `width` and `height` [m] of a pad or glove; `length` [m] of a roller. `material`: a name
    in the electrode-material table. `coupling`: one of `COUPLINGS`. `contact_area` [m2]: measured
    by the user; None means that it is estimated from shape, size and coupling.
    """

    name: str
    shape: str
    coupling: str
    diameter: float | None = None
    width: float | None = None
    height: float | None = None
    length: float | None = None
    material: str = "stainless steel"
    contact_area: float | None = None

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        named(self, "material", self.material)
        one_of(self, "shape", self.shape, SHAPES)
        one_of(self, "coupling", self.coupling, COUPLINGS)
        for field in self.sizes_needed(self.shape):
            if getattr(self, field) is None:
                raise refuse(self, field, expected=f"a length, for a {self.shape}", came="nothing")
        for field in ("diameter", "width", "height", "length"):
            value = getattr(self, field)
            if value is None:
                continue
            if field not in self.sizes_needed(self.shape):
                raise refuse(self, field, expected=f"nothing, for a {self.shape}", came=f"{value:g} m")
            self._check_size(field, value, 0.5, "m")
        if self.contact_area is not None:
            self._check_size("contact_area", self.contact_area, 0.25, "m2")

    def _check_size(self, field: str, value: float, largest: float, unit: str) -> None:
        if not 0 < value <= largest:  # not-a-number fails this, too
            expected = f"above 0 and at most {largest:g} {unit}"
            raise refuse(self, field, expected=expected, came=f"{value:g} {unit}")

    @staticmethod
    def sizes_needed(shape: str) -> tuple[str, ...]:
        """Return the names of the lengths that a shape needs."""
        return {
            "sphere": ("diameter",),
            "disc": ("diameter",),
            "roller": ("diameter", "length"),
            "pad": ("width", "height"),
            "glove": ("width", "height"),
        }[shape]

    @property
    def metal_area(self) -> float:
        """Area [m2] of the face that could touch: cross-section, or side view of a roller."""
        if self.shape in ("sphere", "disc"):
            return math.pi * ((self.diameter or 0.0) / 2) ** 2
        if self.shape == "roller":
            return (self.diameter or 0.0) * (self.length or 0.0)
        return (self.width or 0.0) * (self.height or 0.0)

    @property
    def reach(self) -> float:
        """Largest distance [m] from its middle to its edge: no contact is wider."""
        sizes = (self.diameter, self.width, self.height, self.length)
        widest = math.hypot(*(size for size in sizes if size is not None)) / 2
        return max(widest, math.sqrt((self.contact_area or 0.0) / math.pi))
