"""Limbs and trunk patches, from their file: outline, layers, bones, muscles, nerves, sites."""

from __future__ import annotations

import math
from importlib.resources.abc import Traversable
from typing import Any

from microcurrent import units
from microcurrent.errors import TableError, UnitError
from microcurrent.model import Input
from microcurrent.model.limb import (
    SEXES,
    SHAPES,
    SWELLING,
    Compartment,
    FlatMuscle,
    LimbPlace,
    LimbShape,
    LimbSize,
    LimbZone,
    NerveCourse,
    Outline,
    Rod,
    Swelling,
)
from microcurrent.tables.materials import read_references, read_tissues
from microcurrent.tables.rows import CONFIDENCES, NUMBER_KEYS, Row, each_once, kinds_only, rows

_FILE = "limbs.toml"
_MARKS = ("source", "confidence", "note")
_QUANTITIES = ("radius", "skin", "fat")
#: Kinds of rows that are a part of a body, and the keys each may have beside body and marks.
_PARTS = {
    "outline": ("along", "lateral", "front", "medial", "back", "reference"),
    "swelling": ("layer", "along", "around", "length", "width", "amount"),
    "rod": (
        "name",
        "tissue",
        "along",
        "x",
        "y",
        "wide",
        "deep",
        "shell",
        "core",
        "ends",
        "shaft",
        "turn",
        "ellipsoid",
        "both",
    ),
    "muscle": ("name", "along", "x", "y", "wide", "deep", "belly", "turn", "fibres"),
    "sheet": ("name", "origin", "insertion", "depth", "thickness", "both"),
    "nerve": ("name", "along", "around", "depth", "both"),
    "site": ("name", "along", "around", "midline", "both"),
    "zone": ("name", "corners", "both", "treatable"),
}
_DEGREES = "deg"


def read_limbs(folder: Traversable) -> dict[str, LimbShape]:
    """Return every limb and patch by its name; see `microcurrent.model.limb`."""
    references, tissues = tuple(read_references(folder)), tuple(read_tissues(folder))
    kinds_only(folder, _FILE, ("body", "size", *_PARTS))
    declared = rows(folder, _FILE, "body", naming=("name",))
    each_once(declared, ("name",))
    names = [row.text("name") for row in declared]
    parts = {kind: _part(folder, kind, names, references) for kind in _PARTS}
    sizes = _sizes(folder, names, references)
    return {row.text("name"): _shape(row, parts, sizes, tissues) for row in declared}


def _part(folder: Traversable, kind: str, names: list[str], references: tuple[str, ...]) -> tuple[Row, ...]:
    """Rows of one kind, with their keys, body and marks checked."""
    found = rows(folder, _FILE, kind, naming=("body", "name"))
    for row in found:
        row.only(("body", *_PARTS[kind], *_MARKS))
        row.word("body", names)
        row.word("confidence", CONFIDENCES)
        row.sources(references)
    if "name" in _PARTS[kind]:
        each_once(found, ("body", "name"))
    return found


def _sizes(
    folder: Traversable, names: list[str], references: tuple[str, ...]
) -> dict[tuple[str, str], dict[str, Input]]:
    found = rows(folder, _FILE, "size", naming=("body", "sex", "quantity"))
    each_once(found, ("body", "sex", "quantity"))
    sizes: dict[tuple[str, str], dict[str, Input]] = {}
    for row in found:
        row.only(("body", "sex", "quantity", *NUMBER_KEYS))
        body, sex = row.word("body", names), row.word("sex", SEXES)
        quantity = row.word("quantity", _QUANTITIES)
        number = row.number(f"{body}, {sex}, {quantity}", "length", references)
        sizes.setdefault((body, sex), {})[quantity] = number
    return sizes


def _shape(
    row: Row,
    parts: dict[str, tuple[Row, ...]],
    sizes: dict[tuple[str, str], dict[str, Input]],
    tissues: tuple[str, ...],
) -> LimbShape:
    row.only(("name", "title", "shape", "along", "across", "deep", "between", "reach", *_MARKS))
    row.word("confidence", CONFIDENCES)
    name, shape = row.text("name"), row.word("shape", SHAPES)
    own = {
        kind: tuple(part for part in found if part.text("body") == name) for kind, found in parts.items()
    }
    given = {sex: sizes.get((name, sex), {}) for sex in SEXES}
    for sex, numbers in given.items():
        for quantity in ("skin", "fat", *(("radius",) if shape == "limb" else ())):
            if quantity not in numbers:
                raise TableError(f"{_FILE}: row {name} ({sex}): {quantity}: this size is missing.")
    patch: dict[str, Any] = {}
    if shape == "patch":
        patch = {"across": _lengths(row, "across"), "deep": row.quantity("deep", "length")}
    made: LimbShape = row.made(
        LimbShape, name=name, title=row.text("title"), shape=shape, along=_lengths(row, "along"),
        sizes=tuple(row.made(LimbSize, sex=sex, **numbers) for sex, numbers in given.items()),
        outline=next((_outline(part) for part in own["outline"]), None),
        swellings=tuple(_swelling(part, shape) for part in own["swelling"]),
        rods=tuple(_rod(part, tissues) for part in own["rod"]),
        compartments=tuple(_compartment(part) for part in own["muscle"]),
        flat_muscles=tuple(_flat_muscle(part) for part in own["sheet"]),
        nerves=tuple(_nerve(part, shape) for part in own["nerve"]),
        places=tuple(_place(part, shape) for part in own["site"]),
        zones=tuple(_zone(part) for part in own["zone"]),
        between=row.word("between", tissues, "fat"), reach=_numbers(row, "reach", "1000")[0],
        source=row.text("source"), **patch,
    )  # fmt: skip
    return made


def _outline(row: Row) -> Outline:
    axes = {key: _numbers(row, key) for key in ("lateral", "front", "medial", "back")}
    made: Outline = row.made(
        Outline, along=_lengths(row, "along"), reference=row.quantity("reference", "length"), **axes
    )
    return made


def _swelling(row: Row, shape: str) -> Swelling:
    layer = row.word("layer", SWELLING)
    amount = row.quantity("amount", "length") if layer == "outline" else _numbers(row, "amount")[0]
    made: Swelling = row.made(
        Swelling, layer=layer, along=row.quantity("along", "length"), around=_around(row, shape)[0],
        length=row.quantity("length", "length"), width=_around(row, shape, "width")[0], amount=amount,
    )  # fmt: skip
    return made


def _rod(row: Row, tissues: tuple[str, ...]) -> Rod:
    core, ends = (row.word(key, tissues) if key in row.content else "" for key in ("core", "ends"))
    made: Rod = row.made(
        Rod, name=row.text("name"), tissue=row.word("tissue", tissues), core=core, turn=_turn(row),
        ends=ends, shaft=_lengths(row, "shaft") if ends else None,
        shell=_lengths(row, "shell") if core else (), ellipsoid=_yes(row, "ellipsoid"),
        both=_yes(row, "both"), **{key: _lengths(row, key) for key in ("along", "x", "y", "wide", "deep")},
    )  # fmt: skip
    return made


def _compartment(row: Row) -> Compartment:
    fibres = _numbers(row, "fibres") if "fibres" in row.content else None
    if fibres is not None and len(fibres) != 3:
        raise row.broken("fibres", f"expected three numbers, came {row.content['fibres']!r}")
    along = _lengths(row, "along")
    constant = {key: _numbers(row, key) for key in ("x", "y", "wide", "deep")}
    # One number holds for the whole length.
    spread = {key: values * len(along) if len(values) == 1 else values for key, values in constant.items()}
    made: Compartment = row.made(
        Compartment, name=row.text("name"), along=along, belly=_lengths(row, "belly"), turn=_turn(row),
        fibres=fibres, source=row.text("source"), **spread,
    )  # fmt: skip
    return made


def _flat_muscle(row: Row) -> FlatMuscle:
    edges = {}
    for key in ("origin", "insertion"):
        values = _lengths(row, key)
        if len(values) != 4:
            raise row.broken(key, f"expected x z x z of two corners, came {row.text(key)!r}")
        edges[key] = (values[:2], values[2:])
    ends = {key: _lengths(row, key) for key in ("depth", "thickness")}
    for key, values in ends.items():
        if len(values) != 2:
            raise row.broken(key, f"expected two lengths, at origin and insertion, came {row.text(key)!r}")
    made: FlatMuscle = row.made(
        FlatMuscle,
        name=row.text("name"),
        both=_yes(row, "both"),
        source=row.text("source"),
        **edges,
        **ends,
    )
    return made


def _nerve(row: Row, shape: str) -> NerveCourse:
    made: NerveCourse = row.made(
        NerveCourse, name=row.text("name"), along=_lengths(row, "along"), around=_around(row, shape),
        depth=_lengths(row, "depth"), both=_yes(row, "both"), source=row.text("source"),
    )  # fmt: skip
    return made


def _place(row: Row, shape: str) -> LimbPlace:
    made: LimbPlace = row.made(
        LimbPlace, name=row.text("name"), along=row.quantity("along", "length"),
        around=_around(row, shape)[0], midline=_yes(row, "midline"), both=_yes(row, "both"),
        source=row.text("source"),
    )  # fmt: skip
    return made


def _zone(row: Row) -> LimbZone:
    made: LimbZone = row.made(
        LimbZone, name=row.text("name"), corners=row.words("corners"), both=_yes(row, "both"),
        treatable=_yes(row, "treatable", True), source=row.text("source"),
    )  # fmt: skip
    return made


def _numbers(row: Row, key: str, default: str | None = None) -> tuple[float, ...]:
    """Numbers without unit, as text with spaces between them."""
    text = row.text(key, default)
    try:
        return tuple(float(word) for word in text.split())
    except ValueError as problem:
        raise row.broken(key, f"expected numbers with spaces between them, came {text!r}") from problem


def _with_unit(row: Row, key: str) -> tuple[list[str], str]:
    *words, unit = row.text(key).split()
    if not words:
        raise row.broken(key, f"expected numbers and a unit, such as '10 20 mm', came {unit!r}")
    return words, unit


def _lengths(row: Row, key: str) -> tuple[float, ...]:
    """Lengths [m], as text such as ``"0 40 90 mm"``."""
    words, unit = _with_unit(row, key)
    try:
        return tuple(units.read(f"{word} {unit}", "length") for word in words)
    except UnitError as problem:
        raise row.broken(key, str(problem).rstrip(".")) from problem


def _turn(row: Row) -> float:
    return _degrees(row, "turn")[0] if "turn" in row.content else 0.0


def _around(row: Row, shape: str, key: str = "around") -> tuple[float, ...]:
    """Places around a limb [rad] or across a patch [m]."""
    return _degrees(row, key) if shape == "limb" else _lengths(row, key)


def _degrees(row: Row, key: str) -> tuple[float, ...]:
    words, unit = _with_unit(row, key)
    try:
        values = tuple(math.radians(float(word)) for word in words)
    except ValueError as problem:
        raise row.broken(key, f"expected angles such as '90 deg', came {row.text(key)!r}") from problem
    if unit != _DEGREES:
        raise row.broken(key, f"expected angles in {_DEGREES}, came {row.text(key)!r}")
    return values


def _yes(row: Row, key: str, default: bool = False) -> bool:
    value = row.content.get(key, default)
    if not isinstance(value, bool):
        raise row.broken(key, f"expected true or false, came {value!r}")
    return value
