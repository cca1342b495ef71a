"""Body: tissues and geometry with named places, without arrays.

The arrays (labels on a grid) live in `microcurrent.physics.bodies`; this noun is what plans,
records and reports speak of. Axes: x to the person's left is negative, to the right positive (RAS),
y to the front, z up, in metre. A slab body lies flat: x and y along the skin, z up out of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from microcurrent.model.checks import finite, named, one_of, refuse

SIDES = ("left", "right", "midline", "")


@dataclass(frozen=True, kw_only=True)
class Site:
    """A named place on the skin: `position` (3,) [m], `side` of the body, `source` of the figures."""

    name: str
    position: tuple[float, float, float]
    side: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        one_of(self, "side", self.side, SIDES)
        if len(self.position) != 3:
            raise refuse(self, "position", expected="three coordinates", came=self.position)
        for value in self.position:
            finite(self, "position", value, minimum=-3, maximum=3)

    def distance_to(self, other: Site) -> float:
        """Return the straight distance [m] to another site."""
        return math.dist(self.position, other.position)


@dataclass(frozen=True, kw_only=True)
class Region:
    """A ball that a rule speaks of, such as an orbit: `centre` (3,) [m], `radius` [m]."""

    name: str
    centre: tuple[float, float, float]
    radius: float
    source: str = ""

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        finite(self, "radius", self.radius, above=0)

    def distance_to(self, point: tuple[float, float, float]) -> float:
        """Return the distance [m] from a point to the edge; negative inside."""
        return math.dist(self.centre, point) - self.radius


@dataclass(frozen=True, kw_only=True)
class Body:
    """Tissues and geometry.

    `name`; `kind` "slab" or "segmentation"; `tissues` present; `sites`; `regions`; `content`: digest
    of the geometry itself; `midline`: whether x = 0 is the mid-sagittal plane; `provenance`: where it
    comes from; `warnings`: what the reader noticed.
    """

    name: str
    kind: str
    tissues: tuple[str, ...]
    content: str
    sites: tuple[Site, ...] = ()
    regions: tuple[Region, ...] = ()
    midline: bool = False
    provenance: str = ""
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        named(self, "content", self.content)
        one_of(self, "kind", self.kind, ("slab", "segmentation"))
        if not self.tissues:
            raise refuse(self, "tissues", expected="at least one tissue", came="none")
        names = [site.name for site in self.sites]
        for name in names:
            if names.count(name) > 1:
                raise refuse(self, "sites", expected="each name once", came=f"{name!r} twice")

    def site(self, name: str) -> Site | None:
        """Return the site of this name, or None."""
        return next((site for site in self.sites if site.name == name), None)

    def region(self, name: str) -> Region | None:
        """Return the region of this name, or None."""
        return next((region for region in self.regions if region.name == name), None)
