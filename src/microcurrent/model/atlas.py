"""What the atlas of the head is made of: shapes, anchors, depths, dimensions, lines of muscles and nerves.

All of it lies in the frame of the atlas: x to the right, y to the front, z up [m], origin and size those of
the mean face of `landmarks.toml`. Where something is `mirrored`, it is given on the right and there is the
like on the left.
"""

from __future__ import annotations

from dataclasses import dataclass

from microcurrent.model.body import Point, Site
from microcurrent.model.checks import finite, named, one_of, refuse
from microcurrent.model.exposure import Input

SHAPE_KINDS = ("ellipsoid", "chain")
OPERATIONS = ("add", "cut")
#: What solids of the skin are: large forms, and what is added to them or cut from them.
SURFACE_GROUPS = ("base", "detail")
#: What solids within the head are.
INTERIOR_GROUPS = (
    "bone", "spine", "canal", "cord", "cavity", "air", "eye", "tooth", "tongue", "cartilage", "gland",
    "muscle", "neck",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A solid added to or cut from those before it, with a rounding of `blend` [m] where they meet.

    "ellipsoid": `centre`, semi-axes `radii` (3,) [m], turned by `turned` (3,) [degree] about x, then z,
    then y. "chain": balls of radius `spheres[k][3]` at `spheres[k][:3]` [m], joined by cones.
    """

    name: str
    group: str
    kind: str
    operation: str
    blend: float
    mirrored: bool
    centre: Point = (0.0, 0.0, 0.0)
    radii: Point = (1.0, 1.0, 1.0)
    turned: Point = (0.0, 0.0, 0.0)
    spheres: tuple[tuple[float, float, float, float], ...] = ()

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        one_of(self, "kind", self.kind, SHAPE_KINDS)
        one_of(self, "operation", self.operation, OPERATIONS)
        finite(self, "blend", self.blend, minimum=0, maximum=0.1)
        if self.kind == "chain" and len(self.spheres) < 2:
            raise refuse(self, "spheres", expected="two or more", came=len(self.spheres))
        for radius in self.radii if self.kind == "ellipsoid" else [ball[3] for ball in self.spheres]:
            finite(self, "radii", radius, above=0)


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """The base of the face passes `offset` [m] outside `landmark` (inside where negative)."""

    landmark: str
    offset: float


@dataclass(frozen=True, kw_only=True)
class LayerDepth:
    """How thick or deep something is under one place: `quantity`: "skin", "fat", "bone" or "vault".

    "bone": from the skin's surface to bone. `at` (3,) [m]; `male` and `female` [m]; `mirrored`: also on
    the left; `forensic`: whether `at` is a landmark at which the table of soft-tissue depths was measured.
    """

    name: str
    quantity: str
    at: Point
    male: Input
    female: Input
    mirrored: bool
    forensic: bool = False

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        one_of(self, "quantity", self.quantity, ("skin", "fat", "bone", "vault"))


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """A measure of the head: between landmarks `ends` along `way`, or a girth where `ends` are none.

    `way`: "straight", "x", "y" or "z". `male`, `female`: mean [m] with the 5th and 95th percentile;
    `male_deviation`, `female_deviation` [m]: standard deviations, 0 where the source has none.
    """

    name: str
    ends: tuple[str, ...]
    way: str
    male: Input
    female: Input
    male_deviation: float
    female_deviation: float
    source: str

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        one_of(self, "way", self.way, ("straight", "x", "y", "z", "girth"))


@dataclass(frozen=True, kw_only=True)
class MuscleLine:
    """A muscle as a strip along a line: corners `line` (P, 3), from origin to insertion.

    `depth`, `width`, `thickness` (P,) [m]: of its upper surface below the skin, across the fibres, and
    through. `ring`: the line closes. `length` [m] is that of the table, to be held.
    """

    name: str
    tissue: str
    line: tuple[Point, ...]
    depth: tuple[float, ...]
    width: tuple[float, ...]
    thickness: tuple[float, ...]
    length: Input
    volume: Input
    mirrored: bool
    ring: bool
    source: str

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        if len(self.line) < 2:
            raise refuse(self, "line", expected="two or more points", came=len(self.line))
        for field in ("depth", "width", "thickness"):
            if len(getattr(self, field)) != len(self.line):
                raise refuse(self, field, expected="one for each point", came=len(getattr(self, field)))


@dataclass(frozen=True, kw_only=True)
class NerveLine:
    """A nerve: corners `line` (P, 3) [m] from its root outward, `depth` (P,) [m] below the skin."""

    name: str
    line: tuple[Point, ...]
    depth: tuple[float, ...]
    mirrored: bool
    source: str

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        if len(self.line) < 2 or len(self.depth) != len(self.line):
            raise refuse(self, "line", expected="two or more points, a depth each", came=len(self.line))


@dataclass(frozen=True, kw_only=True)
class ZoneOutline:
    """A zone of the skin by the landmarks at its corners, in order around it."""

    name: str
    outline: tuple[str, ...]
    mirrored: bool
    treatable: bool
    source: str


@dataclass(frozen=True, kw_only=True)
class HeadTables:
    """Everything that the tables say of the head.

    `landmarks` by name; `surface`: shapes of the skin with their `anchors` and `guards` (3,) [m];
    `interior`: shapes within; `depths` of layers; `constants` [m or fraction] and `dimensions` by name;
    `muscles`, `nerves`, `zones`.
    """

    landmarks: dict[str, Site]
    surface: tuple[Shape, ...]
    anchors: tuple[Anchor, ...]
    guards: tuple[Point, ...]
    interior: tuple[Shape, ...]
    depths: tuple[LayerDepth, ...]
    constants: dict[str, Input]
    dimensions: dict[str, Dimension]
    muscles: tuple[MuscleLine, ...]
    nerves: tuple[NerveLine, ...]
    zones: tuple[ZoneOutline, ...]
