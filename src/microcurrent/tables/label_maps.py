"""Label maps: the numbers that segmentation programs give to tissues, one file a program."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources.abc import Traversable
from typing import Any

from microcurrent.model.labels import COVERS, LabelRow, ReadyLabelMap
from microcurrent.model.tissue import SKIN_GROUPS
from microcurrent.tables.materials import read_references, read_tissues
from microcurrent.tables.rows import CONFIDENCES, LABEL_MAP_FILES, Row, each_once, kinds_only, rows

_AIR = "air"
_KEYS = (
    "name", "program", "skin_group", "covers", "needed", "largest", "labels", "assignment", "source",
    "confidence", "note",
)  # fmt: skip


def read_label_maps(folder: Traversable) -> dict[str, ReadyLabelMap]:
    """Return every ready label map by its name."""
    references, tissues = tuple(read_references(folder)), tuple(read_tissues(folder))
    found: list[Row] = []
    for file in LABEL_MAP_FILES:
        kinds_only(folder, file, ("map",))
        found += rows(folder, file, "map", naming=("name",))
    each_once(found, ("name",))
    return {row.text("name"): _map(row, references, tissues) for row in found}


def _map(row: Row, references: Iterable[str], tissues: tuple[str, ...]) -> ReadyLabelMap:
    row.only(_KEYS)
    largest = row.content.get("largest")
    ready: ReadyLabelMap = row.made(
        ReadyLabelMap,
        name=row.text("name"),
        program=row.text("program"),
        rows=tuple(_labels(row, tissues)),
        skin_group=row.word("skin_group", SKIN_GROUPS),
        source=row.sources(references)[0],
        confidence=row.word("confidence", CONFIDENCES),
        assignment=row.word("assignment", CONFIDENCES),
        covers=row.word("covers", COVERS),
        needed=tuple(_whole(row, "needed", label) for label in row.content.get("needed", [])),
        largest=None if largest is None else _whole(row, "largest", largest),
        note=row.text("note", ""),
    )
    return ready


def _labels(row: Row, tissues: tuple[str, ...]) -> Iterable[LabelRow]:
    entries = row.content.get("labels")
    if not isinstance(entries, list) or not entries:
        raise row.broken("labels", "expected at least one, came none")
    for entry in entries:
        if not isinstance(entry, dict):
            raise row.broken("labels", f"expected a table, came {entry!r}")
        label = Row(file=row.file, name=f"{row.name}, label {entry.get('number')}", content=entry)
        label.only(("number", "last", "name", "tissue", "lumps"))
        first = _whole(label, "number", entry.get("number"))
        tissue = label.word("tissue", tissues)
        yield label.made(
            LabelRow,
            first=first,
            last=_whole(label, "last", entry.get("last", first)),
            name=label.text("name"),
            tissue=None if tissue == _AIR else tissue,
            lumps=label.words("lumps", tissues),
        )


def _whole(row: Row, key: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise row.broken(key, f"expected a whole number, came {value!r}")
    return value
