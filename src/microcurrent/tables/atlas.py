"""The atlas of the head from its files: surface, interior, layers, muscles, nerves, zones, dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources.abc import Traversable
from typing import Any

from microcurrent.model import Input
from microcurrent.model.atlas import (
    INTERIOR_GROUPS,
    OPERATIONS,
    SHAPE_KINDS,
    SURFACE_GROUPS,
    Anchor,
    Dimension,
    HeadTables,
    LayerDepth,
    MuscleLine,
    NerveLine,
    Shape,
    ZoneOutline,
)
from microcurrent.model.body import Point
from microcurrent.tables.materials import read_references, read_tissues
from microcurrent.tables.places import read_landmarks
from microcurrent.tables.rows import CONFIDENCES, Row, each_once, kinds_only, rows

_MM = 1e-3
_MARKS = ("source", "confidence", "note")
#: From the middle of a normal distribution to its 95th percentile, in standard deviations.
_Z95 = 1.645
#: Measures may end at a pupil too: it lies between the lids, where the skin has no landmark.
_PUPILS = ("pupil right", "pupil left")
#: The files of solids: the groups that each may have, and its kinds of entries.
_SOLIDS = {
    "face_surface.toml": (SURFACE_GROUPS, ("shape", "anchor", "guard")),
    "face_interior.toml": (INTERIOR_GROUPS, ("shape",)),
}


def read_head(folder: Traversable) -> HeadTables:
    """Return everything that the tables say of the head."""
    return HeadTables(
        landmarks=read_landmarks(folder), surface=read_shapes(folder, "face_surface.toml"),
        anchors=read_anchors(folder), guards=read_guards(folder),
        interior=read_shapes(folder, "face_interior.toml"), depths=read_layer_depths(folder),
        constants=read_constants(folder), dimensions=read_dimensions(folder),
        muscles=read_muscles(folder), nerves=read_nerves(folder), zones=read_zones(folder),
    )  # fmt: skip


def read_shapes(folder: Traversable, file: str) -> tuple[Shape, ...]:
    """Return the solids of a file, in their order."""
    references = tuple(read_references(folder))
    groups, kinds = _SOLIDS[file]
    kinds_only(folder, file, kinds)
    found = rows(folder, file, "shape", naming=("group", "name"))
    each_once(found, ("group", "name"))
    return tuple(_shape(row, groups, references) for row in found)


def _shape(row: Row, groups: tuple[str, ...], references: tuple[str, ...]) -> Shape:
    row.only(("name", "group", "kind", "operation", "blend_mm", "mirrored", "centre_mm", "radii_mm",
              "turned_deg", "spheres_mm", *_MARKS))  # fmt: skip
    _marked(row, references)
    kind = row.word("kind", SHAPE_KINDS)
    values: dict[str, Any] = {}
    if kind == "ellipsoid":
        values = {"centre": _point(row, "centre_mm"), "radii": _point(row, "radii_mm")}
        if "turned_deg" in row.content:
            x, y, z = _numbers(row, "turned_deg", row.content["turned_deg"], 3)
            values["turned"] = (x, y, z)
    else:
        values["spheres"] = tuple(
            tuple(_MM * v for v in _numbers(row, "spheres_mm", ball, 4))
            for ball in _list(row, "spheres_mm")
        )
    shape: Shape = row.made(
        Shape, name=row.text("name"), group=row.word("group", groups), kind=kind,
        operation=row.word("operation", OPERATIONS), blend=_MM * _number(row, "blend_mm"),
        mirrored=_flag(row, "mirrored"), **values,
    )  # fmt: skip
    return shape


def read_anchors(folder: Traversable) -> tuple[Anchor, ...]:
    """Return which landmarks the base of the face passes, and how far outside."""
    references, landmarks = tuple(read_references(folder)), read_landmarks(folder)
    found = rows(folder, "face_surface.toml", "anchor", naming=("landmark",))
    each_once(found, ("landmark",))
    anchors = []
    for row in found:
        row.only(("landmark", "offset_mm", *_MARKS))
        _marked(row, references)
        name = row.word("landmark", landmarks)
        anchors.append(row.made(Anchor, landmark=name, offset=_MM * _number(row, "offset_mm")))
    return tuple(anchors)


def read_guards(folder: Traversable) -> tuple[Point, ...]:
    """Return the places (3,) [m] at which the base of the face is to stay as its shapes make it."""
    references = tuple(read_references(folder))
    guards = []
    for row in rows(folder, "face_surface.toml", "guard", naming=("name",)):
        row.only(("name", "at_mm", "mirrored", *_MARKS))
        _marked(row, references)
        x, y, z = _point(row, "at_mm")
        guards += [(x, y, z), (-x, y, z)] if _flag(row, "mirrored") else [(x, y, z)]
    return tuple(guards)


def read_layer_depths(folder: Traversable) -> tuple[LayerDepth, ...]:
    """Return thickness and depth of the layers of the head, place by place."""
    file, references = "face_layers.toml", tuple(read_references(folder))
    landmarks = read_landmarks(folder)
    kinds_only(folder, file, ("depth", "constant", "change"))
    found = rows(folder, file, "depth", naming=("quantity", "name"))
    each_once(found, ("quantity", "name"))
    depths = []
    for row in found:
        row.only(("quantity", "name", "at", "at_mm", "mirrored", "male", "female", "spread", "forensic",
                  *_MARKS))  # fmt: skip
        _marked(row, references)
        named = "at" in row.content
        at = landmarks[row.word("at", landmarks)].position if named else _point(row, "at_mm")
        spread = row.quantity("spread", "fraction")
        quantity, name = row.word("quantity", ("skin", "fat", "bone", "vault")), row.text("name")
        sexes = {
            sex: _spread(row, f"{quantity} at {name}, {sex}", sex, spread * row.quantity(sex, "length"))
            for sex in ("male", "female")
        }
        depths.append(
            row.made(LayerDepth, name=name, quantity=quantity, at=at, mirrored=_flag(row, "mirrored"),
                     forensic=_flag(row, "forensic"), **sexes)
        )  # fmt: skip
    return tuple(depths)


def read_constants(folder: Traversable) -> dict[str, Input]:
    """Return thicknesses that are the same everywhere [m], and how layers change with body and age."""
    file, references = "face_layers.toml", tuple(read_references(folder))
    constants = {}
    for kind, dimension in (("constant", "length"), ("change", "fraction")):
        found = rows(folder, file, kind, naming=("name",))
        each_once(found, ("name",))
        for row in found:
            row.only(("name", "value", *_MARKS))
            _marked(row, references)
            value = row.quantity("value", dimension)
            constants[row.text("name")] = Input(
                name=row.text("name"), value=value, low=value, high=value, dimension=dimension,
                source=row.sources(references)[0], confidence=row.confidence(),
            )  # fmt: skip
    return constants


def read_dimensions(folder: Traversable) -> dict[str, Dimension]:
    """Return the measures of the adult head by name."""
    file, references = "anthropometry.toml", tuple(read_references(folder))
    places = (*read_landmarks(folder), *_PUPILS)
    kinds_only(folder, file, ("dimension",))
    found = rows(folder, file, "dimension", naming=("name",))
    each_once(found, ("name",))
    result = {}
    for row in found:
        row.only(("name", "ends", "way", "male", "female", "male_deviation", "female_deviation", *_MARKS))
        _marked(row, references)
        name = row.text("name")
        deviations = {
            sex: row.quantity(f"{sex}_deviation", "length") if f"{sex}_deviation" in row.content else 0.0
            for sex in ("male", "female")
        }
        sexes = {sex: _spread(row, f"{name}, {sex}", sex, deviations[sex]) for sex in deviations}
        result[name] = row.made(
            Dimension, name=name, ends=row.words("ends", places), way=row.text("way"),
            male_deviation=deviations["male"], female_deviation=deviations["female"],
            source=row.sources(references)[0], **sexes,
        )  # fmt: skip
    return result


def read_muscles(folder: Traversable) -> tuple[MuscleLine, ...]:
    """Return the muscles of face, jaw and neck."""
    file, references = "face_muscles.toml", tuple(read_references(folder))
    tissues = tuple(read_tissues(folder))
    kinds_only(folder, file, ("muscle",))
    found = rows(folder, file, "muscle", naming=("name",))
    each_once(found, ("name",))
    muscles = []
    for row in found:
        spans = {key: _span(row, key, dimension) for key, dimension in
                 (("length", "length"), ("volume", "volume"))}  # fmt: skip
        row.only(("name", "tissue", "mirrored", "ring", "line_mm", "depth_mm", "width_mm", "thickness_mm",
                  *(k + e for k in ("length", "volume") for e in ("", "_low", "_high")),
                  *_MARKS))  # fmt: skip
        _marked(row, references)
        line = _line(row)
        profile = {key: tuple(_MM * v for v in _numbers(row, f"{key}_mm", row.content.get(f"{key}_mm"),
                                                        len(line)))
                   for key in ("depth", "width", "thickness")}  # fmt: skip
        muscles.append(
            row.made(MuscleLine, name=row.text("name"), tissue=row.word("tissue", tissues), line=line,
                     mirrored=_flag(row, "mirrored"), ring=_flag(row, "ring"),
                     source=row.sources(references)[0], **profile, **spans)
        )  # fmt: skip
    return tuple(muscles)


def read_nerves(folder: Traversable) -> tuple[NerveLine, ...]:
    """Return the nerves of the face."""
    file, references = "face_nerves.toml", tuple(read_references(folder))
    kinds_only(folder, file, ("nerve",))
    found = rows(folder, file, "nerve", naming=("name",))
    each_once(found, ("name",))
    nerves = []
    for row in found:
        row.only(("name", "mirrored", "line_mm", "depth_mm", *_MARKS))
        _marked(row, references)
        line = _line(row)
        depth = tuple(_MM * v for v in _numbers(row, "depth_mm", row.content.get("depth_mm"), len(line)))
        nerves.append(
            row.made(NerveLine, name=row.text("name"), line=line, depth=depth,
                     mirrored=_flag(row, "mirrored"), source=row.sources(references)[0])
        )  # fmt: skip
    return tuple(nerves)


def read_zones(folder: Traversable) -> tuple[ZoneOutline, ...]:
    """Return the zones of the skin of the head."""
    file, references = "face_zones.toml", tuple(read_references(folder))
    landmarks = read_landmarks(folder)
    kinds_only(folder, file, ("zone",))
    found = rows(folder, file, "zone", naming=("name",))
    each_once(found, ("name",))
    zones = []
    for row in found:
        row.only(("name", "mirrored", "outline", "treatable", *_MARKS))
        _marked(row, references)
        treatable = row.content.get("treatable", True)
        if not isinstance(treatable, bool):
            raise row.broken("treatable", f"expected true or false, came {treatable!r}")
        zones.append(
            row.made(ZoneOutline, name=row.text("name"), outline=row.words("outline", landmarks),
                     mirrored=_flag(row, "mirrored"), treatable=treatable,
                     source=row.sources(references)[0])
        )  # fmt: skip
    return tuple(zones)


def _marked(row: Row, references: tuple[str, ...]) -> None:
    row.sources(references)
    row.word("confidence", CONFIDENCES)


def _flag(row: Row, key: str) -> bool:
    value = row.content.get(key, False)
    if not isinstance(value, bool):
        raise row.broken(key, f"expected true or false, came {value!r}")
    return value


def _number(row: Row, key: str) -> float:
    return _numbers(row, key, [row.content.get(key)], 1)[0]


def _list(row: Row, key: str) -> list[Any]:
    value = row.content.get(key)
    if not isinstance(value, list) or not value:
        raise row.broken(key, f"expected a list, came {value!r}")
    return value


def _numbers(row: Row, key: str, value: object, count: int) -> tuple[float, ...]:
    sound = isinstance(value, list) and len(value) == count
    if not sound or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in value):  # type: ignore[attr-defined]
        raise row.broken(key, f"expected {count} numbers, came {value!r}")
    return tuple(float(v) for v in value)  # type: ignore[attr-defined]


def _point(row: Row, key: str) -> Point:
    x, y, z = (_MM * v for v in _numbers(row, key, row.content.get(key), 3))
    return (x, y, z)


def _line(row: Row) -> tuple[Point, ...]:
    points = (_numbers(row, "line_mm", point, 3) for point in _list(row, "line_mm"))
    return tuple((_MM * x, _MM * y, _MM * z) for x, y, z in points)


def _spread(row: Row, name: str, key: str, deviation: float) -> Input:
    """A mean [m] under `key` with its 5th and 95th percentile."""
    value = row.quantity(key, "length")
    return Input(
        name=name, value=value, low=max(value - _Z95 * deviation, 0.0), high=value + _Z95 * deviation,
        dimension="length", source=_first(row.content), confidence=row.confidence(),
    )  # fmt: skip


def _span(row: Row, key: str, dimension: str) -> Input:
    value, low, high = (row.quantity(f"{key}{end}", dimension) for end in ("", "_low", "_high"))
    if not low <= value <= high:
        raise row.broken(key, f"expected low <= value <= high, came {low:g}, {value:g}, {high:g}")
    return Input(
        name=f"{key} of {row.text('name')}", value=value, low=low, high=high, dimension=dimension,
        source=_first(row.content), confidence=row.confidence(),
    )  # fmt: skip


def _first(content: Mapping[str, Any]) -> str:
    source = content["source"]
    return str(source[0] if isinstance(source, list) else source)
