"""Head: the nouns of a head that the atlas has filled: sites, zones, muscles, nerves, regions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from skimage.measure import points_in_poly

from microcurrent import tables
from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.atlas import HeadTables, MuscleLine
from microcurrent.model.body import Body, Guess, Muscle, Nerve, Point, Region, Site, Zone
from microcurrent.model.digest import digest
from microcurrent.physics.bodies.anatomy import MuscleSheet
from microcurrent.physics.bodies.head.building import BuiltHead, HeadAtlas, HeadFrame
from microcurrent.physics.bodies.head.filling import CONSTANTS
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.conduction.grid import Floats

#: The rows of the skin table that hold on a head.
SKIN_GROUP = "face"
#: The axis about which the skin is unrolled for zones: this far [m] to the front in the frame of the atlas.
_AXIS = -0.04
#: A nerve keeps a corner every so many places.
_EVERY = 4
#: Landmarks nearer than this [m] to the middle plane lie on it.
_MIDLINE = 1e-3


def atlas_of(head: HeadTables) -> HeadAtlas:
    """Return what the tables say of the inside of the head, as physics takes it."""
    return HeadAtlas(
        interior=head.interior,
        depths=head.depths,
        muscles=head.muscles,
        nerves=head.nerves,
        constants={name: head.constants[name].value for name in CONSTANTS},
    )


def head_body(
    name: str,
    frame: HeadFrame,
    built: BuiltHead,
    *,
    places: Mapping[str, tuple[Floats, float]],
    about: tuple[str, tuple[str, ...], tuple[Guess, ...]],
    midline: bool,
) -> Body:
    """Return the noun of a head.

    `places`: where each landmark lies on the skin, (3,) [m], and how surely [fraction]; `about`:
    provenance, warnings and guesses.
    """
    head, skin = tables.head(), built.anatomy.skin
    provenance, warnings, guesses = about
    return Body(
        name=name,
        kind="anatomy",
        tissues=built.anatomy.tissues,
        content=digest({"anatomy": built.anatomy.digest(), "skin_group": SKIN_GROUP, "midline": midline}),
        sites=_sites(head, skin, places),
        regions=_regions(head, frame),
        zones=_zones(head, frame, skin),
        muscles=_muscles(head, built),
        nerves=_nerves(head, built),
        midline=midline,
        provenance=provenance,
        warnings=warnings,
        guesses=guesses,
    )


def _sites(
    head: HeadTables, skin: SkinMesh, places: Mapping[str, tuple[Floats, float]]
) -> tuple[Site, ...]:
    sites = []
    for name, mark in head.landmarks.items():
        if name not in places:
            continue
        at, confidence = places[name]
        x, y, z = (float(c) for c in skin.vertices[skin.nearest(at[None])[0]])
        sites.append(
            Site(name=name, position=(x, y, z), side=mark.side, source=mark.source,
                 abbreviation=mark.abbreviation, confidence=confidence)
        )  # fmt: skip
    return tuple(sites)


def _regions(head: HeadTables, frame: HeadFrame) -> tuple[Region, ...]:
    """The orbits, around the middle of their openings at the skin, and the front of the neck."""
    opening = next(shape for shape in head.interior if shape.name == "orbit").spheres[0][:3]
    regions = []
    for side, word in ((-1, "left"), (1, "right")):
        centre = _point(frame.placing(np.array([opening]) * (side, 1, 1))[0])
        radius = head.constants["radius of the orbit"]
        regions.append(
            Region(name=f"orbit {word}", centre=centre, radius=radius.value, source=radius.source)
        )
    front = frame.placing(np.array([head.landmarks["neck front"].position]))[0]
    radius = head.constants["radius of the front of the neck"]
    regions.append(
        Region(name="neck front", centre=_point(front), radius=radius.value, source=radius.source)
    )
    return tuple(regions)


def _zones(head: HeadTables, frame: HeadFrame, skin: SkinMesh) -> tuple[Zone, ...]:
    unrolled = _unrolled(frame.back(skin.vertices))
    zones = []
    for zone in head.zones:
        for side in ("right", "left") if zone.mirrored else ("",):
            corners = [name if side != "left" else _mirrored(name) for name in zone.outline]
            outline = _unrolled(np.array([head.landmarks[name].position for name in corners]))
            inside = points_in_poly(unrolled, outline)  # type: ignore[no-untyped-call]
            area = float(skin.triangle_areas[inside[skin.triangles].all(axis=1)].sum())
            if area > 0:
                zones.append(
                    Zone(name=f"{zone.name} {side}".strip(), side=side or "midline", outline=tuple(corners),
                         area=area, treatable=zone.treatable, source=zone.source)
                )  # fmt: skip
    return tuple(zones)


def zone_vertices(name: str, frame: HeadFrame, skin: SkinMesh) -> np.ndarray:
    """Return which vertices of the skin lie in a zone, (V,). Raises `ValueRefused` for an unknown name."""
    head = tables.head()
    bare = name.removesuffix(" left").removesuffix(" right")
    zone = next((one for one in head.zones if one.name == bare), None)
    if zone is None:
        known = ", ".join(one.name for one in head.zones)
        raise ValueRefused(Problem(what="unknown zone", expected=f"one of {known}", came=f'"{name}"'))
    corners = [_mirrored(one) if name.endswith(" left") else one for one in zone.outline]
    outline = _unrolled(np.array([head.landmarks[one].position for one in corners]))
    places = _unrolled(frame.back(skin.vertices))
    return np.asarray(points_in_poly(places, outline))  # type: ignore[no-untyped-call]


def _mirrored(name: str) -> str:
    return f"{name.removesuffix('right')}left" if name.endswith(" right") else name


def _unrolled(places: Floats) -> Floats:
    """Angle about the long axis of the head, and height, each about [m] of skin: (P, 2)."""
    angle = np.arctan2(places[:, 0], places[:, 1] - _AXIS)
    return np.stack([-_AXIS * angle, places[:, 2]], axis=1)


def _muscles(head: HeadTables, built: BuiltHead) -> tuple[Muscle, ...]:
    lines = {line.name: line for line in head.muscles}
    muscles = []
    for sheet, volume in zip(built.anatomy.muscles, built.volumes, strict=True):
        line = lines[sheet.name.removesuffix(" left").removesuffix(" right")]
        muscles += [_muscle(sheet, line, built, float(volume))] if volume > 0 else []
    return tuple(muscles)


def _muscle(sheet: MuscleSheet, line: MuscleLine, built: BuiltHead, volume: float) -> Muscle:
    middle = sheet.points[:, sheet.points.shape[1] // 2]
    half = len(middle) // 2
    across, thickness = sheet.points[half], float(sheet.thickness[half].mean())
    return Muscle(
        name=sheet.name,
        side=sheet.side,
        origin=_point(middle[0]),
        insertion=_point(middle[-1] if not line.ring else middle[half]),
        length=float(np.linalg.norm(np.diff(middle, axis=0), axis=1).sum()),
        width=float(np.linalg.norm(np.diff(across, axis=0), axis=1).sum()),
        thickness=thickness,
        volume=volume,
        depth=max(float(built.depth.at(middle[half : half + 1])[0, 0] - 0.5 * thickness), 0.0),
        tissue=sheet.tissue,
        source=sheet.source,
    )


def _nerves(head: HeadTables, built: BuiltHead) -> tuple[Nerve, ...]:
    sources = {nerve.name: nerve.source for nerve in head.nerves}
    nerves = []
    for name, (points, _) in built.nerves.items():
        kept = np.unique(np.append(np.arange(0, len(points), _EVERY), len(points) - 1))
        corners = points[kept]
        depth = np.maximum(built.depth.at(corners)[:, 0], 0.0)
        nerves.append(
            Nerve(name=name, side=name.rsplit(" ", 1)[1], points=tuple(_point(p) for p in corners),
                  depth=tuple(float(d) for d in depth),
                  source=sources[name.removesuffix(" left").removesuffix(" right")])
        )  # fmt: skip
    return tuple(nerves)


def _point(place: Floats) -> Point:
    x, y, z = (float(c) for c in place)
    return (x, y, z)
