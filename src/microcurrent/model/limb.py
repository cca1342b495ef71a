"""LimbShape and its parts: what the table of limbs and trunk patches is made of.

A *limb* is a piece of an arm or leg along z, the right one: x to the side away from the body, y to the
front. *Around* is the angle [rad] from +x towards the front. A *patch* is a piece of the back: the skin
faces -y, and *around* is x [m], which grows to the person's right. *Along* is z [m] in both.
"""

from __future__ import annotations

from dataclasses import dataclass

from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.checks import finite, named, one_of, refuse
from microcurrent.model.exposure import Input

SHAPES = ("limb", "patch")
SEXES = ("male", "female")
#: What a `Swelling` can change.
SWELLING = ("outline", "skin", "fat")

Numbers = tuple[float, ...]


def _rising(noun: object, field: str, values: Numbers, *others: Numbers) -> None:
    """Refuse places that do not rise, and values of which there are not as many."""
    if len(values) < 2 or any(b <= a for a, b in zip(values, values[1:], strict=False)):
        raise refuse(noun, field, expected="two or more places, each above the one before", came=values)
    for other in others:
        if len(other) != len(values):
            raise refuse(noun, field, expected=f"{len(values)} values, one for each place", came=other)


@dataclass(frozen=True, kw_only=True)
class LimbSize:
    """How large and how layered one sex is: `radius` [m] of the outer girth, None on a patch; `skin` and
    `fat` [m] thick."""

    sex: str
    skin: Input
    fat: Input
    radius: Input | None = None

    def __post_init__(self) -> None:
        one_of(self, "sex", self.sex, SEXES)
        for field in ("skin", "fat", "radius"):
            number = getattr(self, field)
            if number is not None:
                finite(self, field, number.low, above=0, maximum=0.3)


@dataclass(frozen=True, kw_only=True)
class Outline:
    """The cross-section: half-axes as fractions of the outer radius, at places `along` [m].

    The four quarters of an ellipse reach `lateral` (+x), `front` (+y), `medial` (-x) and `back` (-y). The
    girth at `reference` [m] is made that of the outer radius.
    """

    along: Numbers
    lateral: Numbers
    front: Numbers
    medial: Numbers
    back: Numbers
    reference: float

    def __post_init__(self) -> None:
        _rising(self, "along", self.along, self.lateral, self.front, self.medial, self.back)
        for value in (*self.lateral, *self.front, *self.medial, *self.back):
            finite(self, "lateral", value, above=0, maximum=3)
        finite(self, "reference", self.reference, minimum=self.along[0], maximum=self.along[-1])


@dataclass(frozen=True, kw_only=True)
class Swelling:
    """A soft hill at (`along`, `around`), with standard deviations `length` and `width`.

    `amount`: metre added to the outline, or the fraction by which skin or fat is thicker; below 0 thinner.
    """

    layer: str
    along: float
    around: float
    length: float
    width: float
    amount: float

    def __post_init__(self) -> None:
        one_of(self, "layer", self.layer, SWELLING)
        finite(self, "length", self.length, above=0)
        finite(self, "width", self.width, above=0)
        finite(self, "amount", self.amount, above=-0.95, maximum=2)


@dataclass(frozen=True, kw_only=True)
class Rod:
    """Bone, cartilage or tendon, elliptical across z.

    A tube has places `along` [m] with its middle (`x`, `y`) and half-axes `wide` (x), `deep` (y) [m] at
    each, turned by `turn` [rad]; an `ellipsoid` reaches from the first to the last of `along`. A wall
    `shell` [m] of `tissue` surrounds `core`; without a core it is solid. Outside of `shaft` [m] the core is
    that of the `ends`. On a patch y is the depth below the fat, and `both` sides have it.
    """

    name: str
    tissue: str
    along: Numbers
    x: Numbers
    y: Numbers
    wide: Numbers
    deep: Numbers
    shell: Numbers = ()
    core: str = ""
    ends: str = ""
    shaft: tuple[float, float] | None = None
    turn: float = 0.0
    ellipsoid: bool = False
    both: bool = False

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        if self.ellipsoid and any(len(v) != 1 for v in (self.x, self.y, self.wide, self.deep)):
            raise refuse(self, "wide", expected="one value each for an ellipsoid", came=self.wide)
        others = () if self.ellipsoid else (self.x, self.y, self.wide, self.deep)
        _rising(self, "along", self.along, *others)
        if self.core and len(self.shell) != (1 if self.ellipsoid else len(self.along)):
            raise refuse(self, "shell", expected="a wall at each place around the core", came=self.shell)
        if (self.shaft is None) != (not self.ends):
            raise refuse(self, "shaft", expected="ends and a shaft together", came=self.shaft)
        for value in (*self.wide, *self.deep):
            finite(self, "wide", value, above=0)


@dataclass(frozen=True, kw_only=True)
class Compartment:
    """A muscle of a limb: every place inside the fat belongs to the muscle whose ellipse it is nearest to.

    At places `along` [m] the middle (`x`, `y`) and half-axes `wide`, `deep` as fractions of the half-axes
    of everything below the fat, turned by `turn` [rad]. Muscle lies between the ends of `belly` [m], tendon
    beyond. `fibres`: direction (x, y, z) where it is not that of the path.
    """

    name: str
    along: Numbers
    x: Numbers
    y: Numbers
    wide: Numbers
    deep: Numbers
    belly: tuple[float, float]
    turn: float = 0.0
    fibres: tuple[float, float, float] | None = None
    source: str = ""

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        _rising(self, "along", self.along, self.x, self.y, self.wide, self.deep)
        _rising(self, "belly", self.belly)
        for value in (*self.wide, *self.deep):
            finite(self, "wide", value, above=0, maximum=5)


@dataclass(frozen=True, kw_only=True)
class FlatMuscle:
    """A muscle of a patch: a sheet from `origin` to `insertion`, each an edge of two corners (x, z) [m].

    `depth` [m] of its surface below the fat at origin and insertion, `thickness` [m] there. Of two sheets
    at one place the first in the table is taken.
    """

    name: str
    origin: tuple[tuple[float, float], tuple[float, float]]
    insertion: tuple[tuple[float, float], tuple[float, float]]
    depth: tuple[float, float]
    thickness: tuple[float, float]
    both: bool = False
    source: str = ""

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        for value in self.depth:
            finite(self, "depth", value, minimum=0)
        for value in self.thickness:
            finite(self, "thickness", value, above=0)


@dataclass(frozen=True, kw_only=True)
class NerveCourse:
    """A nerve from the trunk outward: places (`along`, `around`) of the skin, and its `depth` [m] there."""

    name: str
    along: Numbers
    around: Numbers
    depth: Numbers
    both: bool = False
    source: str = ""

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        if len(self.along) < 2 or not len(self.along) == len(self.around) == len(self.depth):
            raise refuse(self, "along", expected="two or more places, each with a depth", came=self.along)
        for value in self.depth:
            finite(self, "depth", value, above=0)


@dataclass(frozen=True, kw_only=True)
class LimbPlace:
    """A named place on the skin; `midline`: neither left nor right; `both`: left and right have it."""

    name: str
    along: float
    around: float
    midline: bool = False
    both: bool = False
    source: str = ""

    def __post_init__(self) -> None:
        named(self, "name", self.name)


@dataclass(frozen=True, kw_only=True)
class LimbZone:
    """A part of the skin: `corners` are names of places, in order around it."""

    name: str
    corners: tuple[str, ...]
    both: bool = False
    treatable: bool = True
    source: str = ""

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        if len(self.corners) < 3:
            raise refuse(self, "corners", expected="three or more places", came=self.corners)


@dataclass(frozen=True, kw_only=True)
class LimbShape:
    """Everything the table says of one limb or patch.

    `shape`: one of `SHAPES`; `along` [m]: where it is cut, below and above; `across` and `deep` [m]: how
    far a patch goes in x (first, last) and in depth; `between`: the tissue where no muscle is within
    `reach` half-axes.
    """

    name: str
    title: str
    shape: str
    along: tuple[float, float]
    sizes: tuple[LimbSize, ...]
    places: tuple[LimbPlace, ...]
    outline: Outline | None = None
    swellings: tuple[Swelling, ...] = ()
    rods: tuple[Rod, ...] = ()
    compartments: tuple[Compartment, ...] = ()
    flat_muscles: tuple[FlatMuscle, ...] = ()
    nerves: tuple[NerveCourse, ...] = ()
    zones: tuple[LimbZone, ...] = ()
    across: tuple[float, float] = (0.0, 0.0)
    deep: float = 0.0
    between: str = "fat"
    reach: float = 1e3
    source: str = ""

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        one_of(self, "shape", self.shape, SHAPES)
        _rising(self, "along", self.along)
        if sorted(size.sex for size in self.sizes) != sorted(SEXES):
            raise refuse(self, "sizes", expected="a size of each sex", came=[s.sex for s in self.sizes])
        if self.shape == "limb" and (self.outline is None or any(s.radius is None for s in self.sizes)):
            raise refuse(self, "outline", expected="an outline and an outer radius", came="none")
        if self.shape == "patch" and (self.deep <= 0 or self.across[0] >= self.across[1]):
            raise refuse(self, "across", expected="an extent across and in depth", came=self.across)
        known = {place.name for place in self.places}
        for zone in self.zones:
            missing = [corner for corner in zone.corners if corner not in known]
            if missing:
                raise refuse(self, "zones", expected=f"places of the {self.name}", came=missing[0])

    def size(self, sex: str) -> LimbSize:
        """Return the size of one sex. Raises `ValueRefused` for another word than those of `SEXES`."""
        for size in self.sizes:
            if size.sex == sex:
                return size
        raise ValueRefused(Problem(what="sex of a body", expected=" or ".join(SEXES), came=sex))
