"""Landmarks of the face and flat stacks of layers with their sites, from their files."""

from __future__ import annotations

from importlib.resources.abc import Traversable

from microcurrent.errors import TableError
from microcurrent.model import Input, Region, Site
from microcurrent.model.tissue import SKIN_GROUPS, Stack, StackLayer
from microcurrent.tables.materials import read_references, read_tissues
from microcurrent.tables.rows import CONFIDENCES, NUMBER_KEYS, Row, each_once, kinds_only, rows

_MARKS = ("source", "confidence", "note")


def read_landmarks(folder: Traversable) -> dict[str, Site]:
    """Return the landmarks of the face by name, in the axes of a `Body`.

    x to the right, y to the front, z up [m], origin and size of the source's model. The file has
    the left side and the midline; the right side is added as the mirror image.
    """
    file, references = "landmarks.toml", read_references(folder)
    kinds_only(folder, file, ("landmark",))
    found = rows(folder, file, "landmark", naming=("name",))
    each_once(found, ("name",))
    sites: dict[str, Site] = {}
    for row in found:
        row.only(("name", "abbreviation", "side", "vertex", "x", "y", "z", "naming", *_MARKS))
        row.word("confidence", CONFIDENCES)
        row.word("naming", CONFIDENCES)
        name, side = row.text("name"), row.word("side", ("left", "midline"))
        left, up, front = (row.quantity(axis, "length") for axis in ("x", "y", "z"))
        marks = {"source": row.sources(references)[0], "abbreviation": row.content.get("abbreviation", "")}
        sites[name] = row.made(Site, name=name, side=side, position=(-left, front, up), **marks)
        if side == "left":
            if not name.endswith(" left"):
                raise row.broken("name", f"expected a name that ends in 'left', came {name!r}")
            mirror = name.removesuffix("left") + "right"
            sites[mirror] = row.made(Site, name=mirror, side="right", position=(left, front, up), **marks)
    return sites


def read_flattening(folder: Traversable) -> dict[str, Input]:
    """Return, by stack, the largest error [m] of a distance between two flattened sites."""
    references = read_references(folder)
    errors = {}
    for row in rows(folder, "slabs.toml", "flattening", naming=("stack",)):
        row.only(("stack", "largest_error", *_MARKS))
        error = row.quantity("largest_error", "length")
        errors[row.text("stack")] = Input(
            name=f"{row.text('stack')}, error of distances", value=error, low=0.0, high=error,
            dimension="length", source=row.sources(references)[0], confidence=row.confidence(),
        )  # fmt: skip
    return errors


def read_stacks(folder: Traversable) -> dict[str, Stack]:
    """Return every stack of layers by its name."""
    file, references = "slabs.toml", read_references(folder)
    kinds_only(folder, file, ("stack", "layer", "site", "region", "flattening"))
    declared = rows(folder, file, "stack", naming=("name",))
    each_once(declared, ("name",))
    names = [row.text("name") for row in declared]
    parts = {
        kind: rows(folder, file, kind, naming=("stack", "name")) for kind in ("layer", "site", "region")
    }
    each_once(parts["site"], ("stack", "name"))
    each_once(parts["region"], ("stack", "name"))
    for row in (*parts["layer"], *parts["site"], *parts["region"]):
        row.word("stack", names)
    tissues = read_tissues(folder)
    stacks = {}
    for row in declared:
        row.only(("name", "title", "skin_group", "width", "height", *_MARKS))
        row.sources(references)
        row.word("confidence", CONFIDENCES)
        name = row.text("name")
        stacks[name] = row.made(
            Stack, name=name, title=row.text("title"), skin_group=row.word("skin_group", SKIN_GROUPS),
            size=(row.quantity("width", "length"), row.quantity("height", "length")),
            layers=tuple(
                _layer(part, number, tissues=tuple(tissues), references=tuple(references))
                for number, part in enumerate(_of(parts["layer"], name), 1)
            ),
            sites=tuple(_site(part, tuple(references)) for part in _of(parts["site"], name)),
            regions=tuple(_region(part, tuple(references)) for part in _of(parts["region"], name)),
        )  # fmt: skip
        if not any(site.name == "centre" for site in stacks[name].sites):
            raise TableError(f"{file}: row {row.name}: site: the site 'centre' is missing.")
    return stacks


def _of(found: tuple[Row, ...], stack: str) -> tuple[Row, ...]:
    return tuple(row for row in found if row.text("stack") == stack)


def _layer(row: Row, number: int, *, tissues: tuple[str, ...], references: tuple[str, ...]) -> StackLayer:
    row.only(("stack", "tissue", "quantity", "fibres", *NUMBER_KEYS))
    row.word("quantity", ("thickness",))
    tissue, stack = row.word("tissue", tissues), row.text("stack")
    thickness = row.number(f"{stack}, layer {number}, {tissue}, thickness", "length", references)
    fibres = row.content.get("fibres")
    if fibres is not None:
        if (
            not isinstance(fibres, list)
            or len(fibres) != 3
            or not all(isinstance(c, float) for c in fibres)
        ):
            raise row.broken("fibres", f"expected three numbers, came {fibres!r}")
        fibres = tuple(fibres)
    layer: StackLayer = row.made(StackLayer, tissue=tissue, thickness=thickness, fibres=fibres)
    return layer


def _site(row: Row, references: tuple[str, ...]) -> Site:
    row.only(("stack", "name", "side", "x", "y", *_MARKS))
    row.word("confidence", CONFIDENCES)
    side = row.content.get("side", "")
    site: Site = row.made(
        Site, name=row.text("name"), side=side, source=row.sources(references)[0],
        position=(row.quantity("x", "length"), row.quantity("y", "length"), 0.0),
    )  # fmt: skip
    return site


def _region(row: Row, references: tuple[str, ...]) -> Region:
    row.only(("stack", "name", "x", "y", "radius", *_MARKS))
    row.word("confidence", CONFIDENCES)
    region: Region = row.made(
        Region, name=row.text("name"), radius=row.quantity("radius", "length"),
        centre=(row.quantity("x", "length"), row.quantity("y", "length"), 0.0),
        source=row.sources(references)[0],
    )  # fmt: skip
    return region
