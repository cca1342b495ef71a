"""Tissue, SkinLayer, Stack and the rest that the tables of numbers are made of."""

from __future__ import annotations

from dataclasses import dataclass

from microcurrent.model.body import Region, Site
from microcurrent.model.checks import finite, named, one_of, refuse
from microcurrent.model.exposure import Input

#: What kind of source a reference is.
REFERENCE_KINDS = ("paper", "standard", "manual", "database", "page", "memory", "proposal")
#: Where skin differs enough to have rows of its own.
SKIN_GROUPS = ("face", "limb")
#: State of the skin: the three couplings of an `Electrode`, and two that treatment brings about.
SKIN_STATES = ("dry", "water", "gel", "abraded", "after direct current")


def _within(noun: object, field: str, number: Input, *, maximum: float | None = None) -> None:
    """Refuse a number whose value or range is negative or above `maximum` [SI]."""
    for value in (number.low, number.value, number.high):
        finite(noun, field, value, minimum=0.0, maximum=maximum)


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Where a number comes from: `id`, `citation`, `kind` (one of `REFERENCE_KINDS`), a `note`."""

    id: str
    citation: str
    kind: str
    note: str = ""

    def __post_init__(self) -> None:
        named(self, "id", self.id)
        named(self, "citation", self.citation)
        one_of(self, "kind", self.kind, REFERENCE_KINDS)


@dataclass(frozen=True, kw_only=True)
class Tissue:
    """One tissue: `conductivity` [S/m], and `along` the fibres where it is anisotropic.

    Where `along` is given, `conductivity` is the one across the fibres.
    """

    name: str
    conductivity: Input
    along: Input | None = None

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        _within(self, "conductivity", self.conductivity)
        if self.along is not None:
            _within(self, "along", self.along)


@dataclass(frozen=True, kw_only=True)
class SkinLayer:
    """The stratum corneum as a layer without thickness, per area of contact.

    Z = `series` + `parallel` / (1 + (j w tau)**`alpha`): `series` and `parallel` [ohm m2],
    `capacitance` [F/m2] at 1 kHz, `alpha` [fraction] of the constant-phase element, 1 for a plain
    capacitor. `group`: one of `SKIN_GROUPS`; `coupling`: one of `SKIN_STATES`.
    """

    group: str
    coupling: str
    series: Input
    parallel: Input
    capacitance: Input
    alpha: Input

    def __post_init__(self) -> None:
        one_of(self, "group", self.group, SKIN_GROUPS)
        one_of(self, "coupling", self.coupling, SKIN_STATES)
        for field in ("series", "parallel", "capacitance"):
            _within(self, field, getattr(self, field))
        _within(self, "alpha", self.alpha, maximum=1.0)


@dataclass(frozen=True, kw_only=True)
class Material:
    """What an electrode is made of; None where no figure was found.

    `double_layer` [F/m2]; `charge_limit` [C/m2]: charge per phase that the interface takes
    reversibly; `charge_transfer` [ohm m2]: its resistance to direct current.
    """

    name: str
    double_layer: Input | None = None
    charge_limit: Input | None = None
    charge_transfer: Input | None = None
    note: str = ""

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        for field in ("double_layer", "charge_limit", "charge_transfer"):
            if getattr(self, field) is not None:
                _within(self, field, getattr(self, field))


@dataclass(frozen=True, kw_only=True)
class ContactRule:
    """How much of an electrode touches: `ratio` [fraction] for one `shape` and `coupling`.

    Sphere: diameter of the contact over that of the sphere. Roller: width of the contact strip over
    the diameter. Disc, pad and glove: area in contact over area of the face.
    """

    shape: str
    coupling: str
    ratio: Input

    def __post_init__(self) -> None:
        named(self, "shape", self.shape)
        named(self, "coupling", self.coupling)
        _within(self, "ratio", self.ratio, maximum=1.0)


@dataclass(frozen=True, kw_only=True)
class StackLayer:
    """One layer of a stack: `tissue`, `thickness` [m], and `fibres`, a unit vector (3,) or None."""

    tissue: str
    thickness: Input
    fibres: tuple[float, float, float] | None = None

    def __post_init__(self) -> None:
        named(self, "tissue", self.tissue)
        for value in (self.thickness.low, self.thickness.value, self.thickness.high):
            finite(self, "thickness", value, above=0)
        if self.fibres is not None and abs(sum(c * c for c in self.fibres) - 1) > 1e-3:
            raise refuse(self, "fibres", expected="a vector of length 1", came=self.fibres)


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A flat stack of layers: `layers` from the skin inward, stratum corneum left out.

    `size` (2,) [m]: extent along x and y, centred on the origin; z = 0 is the skin surface and the
    lower face is insulated. `sites` and `regions` lie in these axes: x from medial (negative) to
    lateral, y up (cranial). `skin_group`: which rows of the skin table hold here.
    """

    name: str
    title: str
    layers: tuple[StackLayer, ...]
    size: tuple[float, float]
    skin_group: str
    sites: tuple[Site, ...]
    regions: tuple[Region, ...] = ()

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        named(self, "title", self.title)
        one_of(self, "skin_group", self.skin_group, SKIN_GROUPS)
        if not self.layers:
            raise refuse(self, "layers", expected="at least one layer", came="none")
        for extent in self.size:
            finite(self, "size", extent, above=0, maximum=1)
        for site in self.sites:
            if any(abs(c) > extent / 2 for c, extent in zip(site.position, self.size, strict=False)):
                raise refuse(self, "sites", expected="sites inside the slab",
                             came=f"{site.name} at {site.position}")  # fmt: skip

    @property
    def depth(self) -> float:
        """Sum of the thicknesses [m]."""
        return sum(layer.thickness.value for layer in self.layers)
