"""Body: tissues and geometry with named places, without arrays.

The arrays (labels on a grid, the skin, fibre directions) live in `microcurrent.physics.bodies`; this noun
is what plans, records and reports speak of. Axes: x to the person's left is negative, to the right positive
(RAS), y to the front, z up, in metre. A slab body lies flat: x and y along the skin, z up out of it.
"""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass, field

from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.checks import finite, named, one_of, refuse
from microcurrent.model.digest import LATER

SIDES = ("left", "right", "midline", "")
#: "anatomy": tissues, muscles and nerves in three dimensions, whatever they were made from.
KINDS = ("slab", "segmentation", "anatomy")

Point = tuple[float, float, float]


def _point(noun: object, field: str, value: Point) -> None:
    if len(value) != 3:
        raise refuse(noun, field, expected="three coordinates", came=value)
    for coordinate in value:
        finite(noun, field, coordinate, minimum=-3, maximum=3)


#: A place that was found with less than this confidence [fraction] is a guess, and said to be one.
UNSURE = 0.4


@dataclass(frozen=True, kw_only=True)
class Site:
    """A named place on the skin.

    `position` (3,) [m]; `side` of the body; `source` of the figures; `abbreviation`: the sign that
    anthropometry has for it, such as "zy"; `confidence` [fraction] that the place was found right: 1 where
    it follows from how the body is made or a person set it.
    """

    name: str
    position: Point
    side: str = ""
    source: str = ""
    abbreviation: str = field(default="", metadata=LATER)
    confidence: float = field(default=1.0, metadata=LATER)

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        one_of(self, "side", self.side, SIDES)
        _point(self, "position", self.position)
        finite(self, "confidence", self.confidence, minimum=0, maximum=1)

    def distance_to(self, other: Site) -> float:
        """Return the straight distance [m] to another site."""
        return math.dist(self.position, other.position)


@dataclass(frozen=True, kw_only=True)
class Region:
    """A ball that a rule speaks of, such as an orbit: `centre` (3,) [m], `radius` [m]."""

    name: str
    centre: Point
    radius: float
    source: str = ""

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        finite(self, "radius", self.radius, above=0)

    def distance_to(self, point: Point) -> float:
        """Return the distance [m] from a point to the edge; negative inside."""
        return math.dist(self.centre, point) - self.radius


@dataclass(frozen=True, kw_only=True)
class Zone:
    """A part of the skin that is treated as one, such as a cheek.

    `side`; `outline`: names of the sites at its corners, in order around it; `area` [m2] of its skin;
    `treatable`: whether a probe may stand there at all (an eyelid is a zone, too).
    """

    name: str
    side: str
    outline: tuple[str, ...]
    area: float
    treatable: bool = True
    source: str = ""

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        one_of(self, "side", self.side, SIDES)
        finite(self, "area", self.area, minimum=0)


@dataclass(frozen=True, kw_only=True)
class Muscle:
    """A muscle: `origin` and `insertion` (3,) [m], the middles of where its fibres begin and end.

    `length` [m] of its middle fibre, `width` and `thickness` [m] at its middle, `volume` [m3], `depth` [m]
    of its surface below the skin at its middle; `tissue` it is made of; `source` of the geometry.
    """

    name: str
    side: str
    origin: Point
    insertion: Point
    length: float
    width: float
    thickness: float
    volume: float
    depth: float
    tissue: str
    source: str = ""

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        one_of(self, "side", self.side, SIDES)
        _point(self, "origin", self.origin)
        _point(self, "insertion", self.insertion)
        for size in ("length", "width", "thickness", "volume"):
            finite(self, size, getattr(self, size), above=0)
        finite(self, "depth", self.depth, minimum=0)


@dataclass(frozen=True, kw_only=True)
class Nerve:
    """A nerve: corners `points` (P, 3) [m] from its root outward, `depth` (P,) [m] below the skin."""

    name: str
    side: str
    points: tuple[Point, ...]
    depth: tuple[float, ...]
    source: str = ""

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        one_of(self, "side", self.side, SIDES)
        if len(self.points) < 2 or len(self.depth) != len(self.points):
            raise refuse(self, "points", expected="two or more, with a depth each", came=len(self.points))
        for point in self.points:
            _point(self, "points", point)
        for value in self.depth:
            finite(self, "depth", value, minimum=0, maximum=1)

    @property
    def length(self) -> float:
        """Length [m] along its corners."""
        return math.fsum(math.dist(a, b) for a, b in zip(self.points, self.points[1:], strict=False))


@dataclass(frozen=True, kw_only=True)
class Guess:
    """Something that was not given: `what`, the value `taken` for it, and what it `changes`."""

    what: str
    taken: str
    changes: str

    def __post_init__(self) -> None:
        named(self, "what", self.what)
        named(self, "taken", self.taken)
        named(self, "changes", self.changes)

    @property
    def sentence(self) -> str:
        """The guess as it stands among warnings."""
        return f"Not given: {self.what}. Taken: {self.taken}. It changes {self.changes}."


@dataclass(frozen=True, kw_only=True)
class Body:
    """Tissues and geometry.

    `name`; `kind`: one of `KINDS`; `tissues` present; `sites`; `regions`; `zones`, `muscles` and `nerves`
    where they are known; `content`: digest of the geometry itself; `midline`: whether x = 0 is the
    mid-sagittal plane; `provenance`: where it comes from; `warnings`: what the reader noticed; `guesses`:
    what was not given.
    """

    name: str
    kind: str
    tissues: tuple[str, ...]
    content: str
    sites: tuple[Site, ...] = ()
    regions: tuple[Region, ...] = ()
    zones: tuple[Zone, ...] = field(default=(), metadata=LATER)
    muscles: tuple[Muscle, ...] = field(default=(), metadata=LATER)
    nerves: tuple[Nerve, ...] = field(default=(), metadata=LATER)
    midline: bool = False
    provenance: str = ""
    warnings: tuple[str, ...] = ()
    guesses: tuple[Guess, ...] = field(default=(), metadata=LATER)

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        named(self, "content", self.content)
        one_of(self, "kind", self.kind, KINDS)
        if not self.tissues:
            raise refuse(self, "tissues", expected="at least one tissue", came="none")
        for kind in ("sites", "zones", "muscles", "nerves"):
            names = [entry.name for entry in getattr(self, kind)]
            for name in set(names):
                if names.count(name) > 1:
                    raise refuse(self, kind, expected="each name once", came=f"{name!r} twice")

    def find_site(self, name: str) -> Site | None:
        """Return the site of this name or abbreviation ("zy left"), or None."""
        words = " ".join(name.split()).lower()
        for site in self.sites:
            if words in _names_of(site):
                return site
        return None

    def site(self, name: str) -> Site:
        """Return the site of this name or abbreviation ("zygion left", "zy left").

        Raises `ValueRefused` for another name, with those that come near it.
        """
        found = self.find_site(name)
        if found is None:
            raise ValueRefused(
                Problem(
                    what="unknown site",
                    expected=f"a site of the body {self.name!r}",
                    came=f'"{name}"',
                    advice=self.suggestion(name),
                )
            )
        return found

    def suggestion(self, name: str) -> str:
        """Return a sentence with the sites whose names come near `name`, or which there are."""
        known = {word: site.name for site in self.sites for word in _names_of(site)}
        near = difflib.get_close_matches(" ".join(name.split()).lower(), known, n=6, cutoff=0.6)
        names = list(dict.fromkeys(known[word] for word in near))[:3]
        if names:
            return "Perhaps " + " or ".join(f'"{one}"' for one in names) + " is meant"
        return "Its sites: " + ", ".join(site.name for site in self.sites[:12])

    def sites_of(self, *, side: str) -> tuple[Site, ...]:
        """Return the sites of one side: "left", "right" or "midline"."""
        return tuple(site for site in self.sites if site.side == side)

    def region(self, name: str) -> Region | None:
        """Return the region of this name, or None."""
        return next((region for region in self.regions if region.name == name), None)

    def zone(self, name: str) -> Zone | None:
        """Return the zone of this name, or None."""
        return next((zone for zone in self.zones if zone.name == name), None)

    def muscle(self, name: str) -> Muscle | None:
        """Return the muscle of this name, or None."""
        return next((muscle for muscle in self.muscles if muscle.name == name), None)

    def nerve(self, name: str) -> Nerve | None:
        """Return the nerve of this name, or None."""
        return next((nerve for nerve in self.nerves if nerve.name == name), None)


def _names_of(site: Site) -> tuple[str, ...]:
    """Every way in which a site may be called, in small letters."""
    if not site.abbreviation:
        return (site.name.lower(),)
    sign = site.abbreviation.lower()
    with_side = f"{sign} {site.side}" if site.side in ("left", "right") else sign
    return (site.name.lower(), with_side)
