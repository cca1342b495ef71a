"""Devices on the market, one file a device, cell by cell; and the product codes they are listed under."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources.abc import Traversable
from typing import Any

from microcurrent.errors import TableError
from microcurrent.model.device import CELLS, CLASSES, MORE_CELLS, Device, Known, ProductCode
from microcurrent.tables.materials import read_references
from microcurrent.tables.rows import CONFIDENCES, DEVICE_FILES, Row, each_once, kinds_only, parse, rows

_DEVICE_KEYS = ("name", "title", "classes", "source", "confidence", "note", "unknown")
_FACT_KEYS = (
    "cell", "value", "values", "low", "high", "texts", "currency", "year", "source", "confidence", "note",
)  # fmt: skip


def read_devices(folder: Traversable) -> dict[str, Device]:
    """Return every device of the catalogue by its name; each cell is known or named as unknown."""
    references = tuple(read_references(folder))
    found = {}
    for file in DEVICE_FILES:
        kinds_only(folder, file, ("device", "fact"))
        device = device_of(parse(folder, file), file, references)
        if file != f"stimulators/{device.name}.toml":
            raise TableError(
                f"{file}: row [[device]] 1: name: expected that of the file, came {device.name!r}."
            )
        found[device.name] = device
    return found


def device_of(content: dict[str, Any], file: str, references: Iterable[str] | None) -> Device:
    """Return the device in the parsed content of a file called `file`.

    `references`: the ids that a source may be; None for any text, as in a person's own file. Raises
    `TableError` naming the row and key.
    """
    heads, facts = content.get("device"), content.get("fact", [])
    if not isinstance(heads, list) or len(heads) != 1 or not isinstance(heads[0], dict):
        raise TableError(f"{file}: row [[device]]: expected exactly one.")
    if not isinstance(facts, list):
        raise TableError(f"{file}: row [[fact]]: expected a list of tables.")
    head = Row(file=file, name="[[device]] 1", content=heads[0]).only(_DEVICE_KEYS)
    known = tuple(
        fact_of(entry, number, file, references=references) for number, entry in enumerate(facts, 1)
    )
    head.word("confidence", CONFIDENCES)
    device: Device = head.made(
        Device, name=head.text("name"), title=head.text("title"), classes=head.words("classes", CLASSES),
        facts=known, sources=_sources(head, references), note=head.text("note", ""),
    )  # fmt: skip
    _check_unknown(head, device)
    return device


def fact_of(entry: Any, number: int, file: str, *, references: Iterable[str] | None) -> Known:
    """Return one `[[fact]]` of a device, the `number`th (from 1) of its file; see `device_of`."""
    if not isinstance(entry, dict):
        raise TableError(f"{file}: row [[fact]] {number}: expected a table, came {entry!r}.")
    row = Row(file=file, name=f"[[fact]] {number} ({entry.get('cell', '')})", content=entry)
    row.only(_FACT_KEYS)
    cells = {**CELLS, **MORE_CELLS}
    cell = row.word("cell", cells)
    dimension = cells[cell]
    if "value" in entry and any(key in entry for key in ("values", "low", "high")):
        raise row.broken("value", "expected value, or values, or low and high, came more than one of them")
    low, high = (_figure(row, key, dimension) for key in ("low", "high"))
    fact: Known = row.made(
        Known, cell=cell, texts=row.words("texts"), values=_values(row, dimension), low=low, high=high,
        currency=row.text("currency", "none") if "currency" in entry else "", year=_year(row),
        sources=_sources(row, references), confidence=row.word("confidence", CONFIDENCES),
        note=row.text("note", ""),
    )  # fmt: skip
    return fact


def read_product_codes(folder: Traversable) -> dict[str, ProductCode]:
    """Return every product code by its three letters."""
    file, references = "product_codes.toml", tuple(read_references(folder))
    kinds_only(folder, file, ("code",))
    found = rows(folder, file, "code", naming=("code",))
    each_once(found, ("code",))
    return {row.text("code"): _code(row, references) for row in found}


def _code(row: Row, references: tuple[str, ...]) -> ProductCode:
    row.only(("code", "name", "regulation", "class", "source", "confidence", "note"))
    code: ProductCode = row.made(
        ProductCode, code=row.text("code"), name=row.text("name"), regulation=row.text("regulation"),
        device_class=row.text("class"), sources=row.sources(references),
        confidence=row.word("confidence", CONFIDENCES), note=row.text("note", ""),
    )  # fmt: skip
    return code


def _check_unknown(head: Row, device: Device) -> None:
    """Refuse a cell that is neither known nor named as unknown, or both."""
    named = head.words("unknown", CELLS)
    for cell in CELLS:
        if (cell in named) == (device.get(cell) is not None):
            came = "both" if cell in named else "neither"
            raise head.broken("unknown", f"expected {cell} as a fact or among the unknown, came {came}")


def _sources(row: Row, references: Iterable[str] | None) -> tuple[str, ...]:
    if references is not None:
        return row.sources(references)
    value = row.content.get("source")
    return row.words("source") if isinstance(value, list) else (row.text("source"),)


def _values(row: Row, dimension: str) -> tuple[float, ...]:
    if "value" in row.content:
        return (_number(row, "value", row.content["value"], dimension),)
    given = row.content.get("values", [])
    if not isinstance(given, list):
        raise row.broken("values", f"expected a list, came {given!r}")
    return tuple(_number(row, "values", value, dimension) for value in given)


def _figure(row: Row, key: str, dimension: str) -> float | None:
    if key not in row.content:
        return None
    return _number(row, key, row.content[key], dimension)


def _number(row: Row, key: str, value: Any, dimension: str) -> float:
    """Return a quantity [SI] from text with its unit, or a plain number of money or a count."""
    if dimension == "text":
        raise row.broken(key, "expected texts for this cell")
    if dimension not in ("money", "count"):
        return Row(file=row.file, name=row.name, content={key: value}).quantity(key, dimension)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise row.broken(key, f"expected a plain number, came {value!r}")
    return float(value)


def _year(row: Row) -> int | None:
    year = row.content.get("year")
    if year is not None and (isinstance(year, bool) or not isinstance(year, int)):
        raise row.broken("year", f"expected a whole number, came {year!r}")
    return year
