"""Limbs and patches of the back, from a name such as "thigh female left" to Body and Anatomy."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import numpy as np
from skimage.measure import points_in_poly

from microcurrent import tables
from microcurrent.errors import BodyError, Problem
from microcurrent.model.body import Body, Muscle, Nerve, Point, Site, Zone
from microcurrent.model.limb import SEXES, LimbPlace, LimbShape, LimbZone, NerveCourse
from microcurrent.physics.bodies.anatomy import Anatomy, MuscleSheet
from microcurrent.physics.bodies.limb import LayerSizes, Surface, build_limb, mirrored
from microcurrent.physics.conduction.grid import Floats

#: The rows of the skin table that hold on all of these.
SKIN_GROUP = "limb"
#: Both sexes taken together: the mean of each size.
AVERAGE = "average"
_SIDES = ("right", "left")
_MIDLINE = "midline"


@dataclass(frozen=True, kw_only=True)
class LimbName:
    """What the name of a body means: the `shape`, the `sex` and the `side`, "" where it has both."""

    shape: LimbShape
    sex: str
    side: str

    @property
    def text(self) -> str:
        """The name in one way of writing; what is usual is left out."""
        sex = "" if self.sex == AVERAGE else f" {self.sex}"
        side = " left" if self.side == "left" else ""
        return f"{self.shape.name}{sex}{side}"


def limb_names() -> tuple[str, ...]:
    """Return the names of all limbs and patches of mean adults, both sides."""
    names = []
    for shape in tables.limbs().values():
        names += [shape.name] if _two_sided(shape) else [shape.name, f"{shape.name} left"]
    return tuple(names)


def is_limb(name: str) -> bool:
    """Return whether a name begins with that of a limb or patch."""
    return _shape_of(name.lower().split()) is not None


def limb_title(name: str) -> str:
    """Return what a limb or patch is, with its side."""
    meant = parse_limb(name)
    return f"{meant.shape.title}, left" if meant.side == "left" else meant.shape.title


def limb_sites(name: str) -> tuple[str, ...]:
    """Return the names of the sites of a limb or patch, without building it."""
    meant = parse_limb(name)
    sites: list[str] = []
    for place in meant.shape.places:
        sides = _SIDES if place.both else (meant.side or "right",)
        sites += [place.name] if place.midline else [f"{place.name} {side}" for side in sides]
    return tuple(sites)


def _shape_of(words: list[str]) -> LimbShape | None:
    """The shape whose name comes first, or None."""
    for shape in tables.limbs().values():
        own = shape.name.split()
        if words[: len(own)] == own:
            return shape
    return None


def parse_limb(name: str, *, sex: str = AVERAGE) -> LimbName:
    """Return what `name` means, such as "forearm", "upper arm left", "thigh female right".

    Raises `BodyError` for an unknown name, word or sex, or a side of what has both.
    """
    words = name.lower().split()
    shape = _shape_of(words)
    if shape is None:
        near = difflib.get_close_matches(" ".join(words), limb_names(), n=3, cutoff=0.5)
        raise _unknown(name, "one of " + ", ".join(tables.limbs()), near)
    said: dict[str, str] = {}
    for word in words[len(shape.name.split()) :]:
        what = "sex" if word in (*SEXES, AVERAGE) else "side" if word in _SIDES else ""
        if not what or what in said:
            raise _unknown(
                name, f'"{shape.name}", then at most one sex ({", ".join(SEXES)}) and one side', []
            )
        said[what] = word
    if sex not in (*SEXES, AVERAGE):
        raise _unknown(sex, "a sex: " + ", ".join((*SEXES, AVERAGE)), [])
    if "sex" in said and sex not in (AVERAGE, said["sex"]):
        raise _unknown(name, f"the sex {sex}, as asked for", [])
    if "side" in said and _two_sided(shape):
        raise _unknown(name, f'"{shape.name}" without a side: it has both', [shape.name])
    side = "" if _two_sided(shape) else said.get("side", "right")
    return LimbName(shape=shape, sex=said.get("sex", sex), side=side)


def limb_body(
    name: str, *, spacing: float = 1e-3, refinement: int = 2, sex: str = AVERAGE
) -> tuple[Body, Anatomy]:
    """Return a limb or patch by its name, on cells of `spacing` [m] with `refinement` sub-voxels an edge.

    Raises `BodyError` for an unknown name (see `parse_limb`), `ValueRefused` for a spacing out of bounds.
    """
    meant = parse_limb(name, sex=sex)
    surface = limb_surface(meant)
    right = build_limb(surface, spacing=spacing, refinement=refinement)
    maker = _Maker(surface=surface, name=meant, right=right)
    anatomy = mirrored(right) if meant.side == "left" else right
    return maker.body(anatomy), anatomy


def limb_surface(meant: LimbName) -> Surface:
    """Return the skin and layers of the right side."""
    male, female = (_sizes(meant.shape, sex) for sex in SEXES)
    mean = LayerSizes(
        radius=0.5 * (male.radius + female.radius), skin=0.5 * (male.skin + female.skin),
        fat=0.5 * (male.fat + female.fat),
    )  # fmt: skip
    sizes = {"male": male, "female": female, AVERAGE: mean}[meant.sex]
    return Surface(shape=meant.shape, sizes=sizes, mean=mean)


def _sizes(shape: LimbShape, sex: str) -> LayerSizes:
    size = shape.size(sex)
    radius = size.radius.value if size.radius is not None else 0.0
    return LayerSizes(radius=radius, skin=size.skin.value, fat=size.fat.value)


def _two_sided(shape: LimbShape) -> bool:
    """Whether the shape shows the left and the right of a person."""
    return any(place.both for place in shape.places)


def _unknown(name: str, expected: str, near: list[str]) -> BodyError:
    advice = "Perhaps " + " or ".join(f'"{one}"' for one in near) + " is meant" if near else ""
    return BodyError(Problem(what="unknown body", expected=expected, came=f'"{name}"', advice=advice))


@dataclass(frozen=True, kw_only=True)
class _Maker:
    """Makes the nouns: places are those of the right side, or of both."""

    surface: Surface
    name: LimbName
    right: Anatomy

    def body(self, anatomy: Anatomy) -> Body:
        shape, sizes = self.name.shape, self.surface.sizes
        girth = f"outer radius {1e3 * sizes.radius:g} mm, " if self.surface.round else ""
        flat = (
            () if self.surface.round else ("A patch is flat: it does not follow the curves of a person.",)
        )
        return Body(
            name=self.name.text,
            kind="anatomy",
            tissues=anatomy.tissues,
            content=anatomy.digest(),
            sites=tuple(site for place in shape.places for site in self._sites(place)),
            zones=tuple(zone for area in shape.zones for zone in self._zones(area)),
            muscles=tuple(self._muscle(number, anatomy) for number in range(len(anatomy.muscles))),
            nerves=tuple(nerve for course in shape.nerves for nerve in self._nerves(course)),
            midline=not self.surface.round,
            provenance=f"{shape.title}, {self.name.sex} adult: {girth}skin {1e3 * sizes.skin:g} mm, "
            f"fat {1e3 * sizes.fat:g} mm; generated from limbs.toml",
            warnings=("Muscles, bones and nerves are those of textbooks, not of a person.", *flat),
        )

    def _sides(self, both: bool) -> tuple[str, ...]:
        return _SIDES if both else (self.name.side or "right",)

    def _on(self, side: str, points: Floats) -> tuple[Point, ...]:
        """Points (P, 3) of the right side, on the side asked for."""
        sign = -1.0 if side == "left" else 1.0
        return tuple((sign * float(x), float(y), float(z)) for x, y, z in points)

    def _sites(self, place: LimbPlace) -> list[Site]:
        points = self.surface.points([place.around], [place.along])
        if place.midline:
            position = self._on("", points)[0]
            return [Site(name=place.name, position=position, side=_MIDLINE, source=place.source)]
        return [
            Site(
                name=f"{place.name} {side}",
                position=self._on(side, points)[0],
                side=side,
                source=place.source,
            )
            for side in self._sides(place.both)
        ]

    def _nerves(self, course: NerveCourse) -> list[Nerve]:
        points = self.surface.points(course.around, course.along, course.depth)
        return [
            Nerve(
                name=f"{course.name} nerve {side}", side=side, points=self._on(side, points),
                depth=course.depth, source=course.source,
            )
            for side in self._sides(course.both)
        ]  # fmt: skip

    def _zones(self, zone: LimbZone) -> list[Zone]:
        places = {place.name: place for place in self.name.shape.places}
        corners = [places[name] for name in zone.corners]
        area = self._area(corners)
        on = {side: tuple(p.name if p.midline else f"{p.name} {side}" for p in corners) for side in _SIDES}
        return [
            Zone(
                name=f"{zone.name} {side}", side=side, area=area, treatable=zone.treatable,
                source=zone.source, outline=on[side],
            )
            for side in self._sides(zone.both)
        ]  # fmt: skip

    def _area(self, corners: list[LimbPlace]) -> float:
        """Area [m2] of the skin between corners, whose sides are straight in around and along."""
        skin = self.right.skin
        middles = skin.vertices[skin.triangles].mean(axis=1)
        around, along, _ = self.surface.places(middles)
        outline = np.array([(corner.around, corner.along) for corner in corners])
        if self.surface.round:
            # Everything near the first corner, so that no side of the outline runs around the back.
            turn = 2.0 * np.pi
            outline[:, 0] -= turn * np.round((outline[:, 0] - outline[0, 0]) / turn)
            middle = outline[:, 0].mean()
            around = around - turn * np.round((around - middle) / turn)
        inside = points_in_poly(np.column_stack([around, along]), outline)  # type: ignore[no-untyped-call]
        return float(skin.triangle_areas[inside].sum())

    def _muscle(self, number: int, anatomy: Anatomy) -> Muscle:
        sheet = anatomy.muscles[number]
        parts = anatomy.parts
        cells = 0 if parts is None else int((parts == number + 1).sum())
        return _muscle_of(sheet, anatomy, volume=cells * anatomy.spacing**3)


def _muscle_of(sheet: MuscleSheet, anatomy: Anatomy, *, volume: float) -> Muscle:
    """The noun of a sheet of a body; `volume` [m3]."""
    fibres, middle = sheet.points.shape[1] // 2, sheet.points.shape[0] // 2
    fibre, row = sheet.points[:, fibres], sheet.points[middle]
    thickness = float(sheet.thickness[middle].mean())
    # Strips stand for their whole width; their middles are one strip short of the width of the sheet.
    across = float(np.linalg.norm(np.diff(row, axis=0), axis=1).sum()) * len(row) / (len(row) - 1)
    below = float(anatomy.skin.tree.query(row[fibres])[0]) - 0.5 * thickness
    first, last = (tuple(float(c) for c in sheet.points[end].mean(axis=0)) for end in (0, -1))
    return Muscle(
        name=sheet.name, side=sheet.side, origin=first, insertion=last,  # type: ignore[arg-type]
        length=float(np.linalg.norm(np.diff(fibre, axis=0), axis=1).sum()), width=across,
        thickness=thickness, volume=volume, depth=max(below, 0.0), tissue=sheet.tissue, source=sheet.source,
    )  # fmt: skip
