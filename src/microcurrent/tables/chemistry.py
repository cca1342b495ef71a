"""Ions, films, and skin under direct current, from their file."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from typing import Any

from microcurrent.errors import TableError
from microcurrent.model import Input
from microcurrent.model.chemistry import COVERS, Buffer, Film, Ion, SkinChemistry
from microcurrent.model.electrode import COUPLINGS
from microcurrent.tables.materials import read_references
from microcurrent.tables.rows import NUMBER_KEYS, Row, each_once, kinds_only, rows

_FILE = "ions.toml"
_KINDS = ("ion", "row", "skin", "buffer", "film")
_ION = {
    "limiting conductivity": "molar conductivity",
    "diffusivity": "diffusivity",
    "molar mass": "molar mass",
    "skin transport number": "fraction",
}
_SKIN = {
    "salt": "concentration",
    "buffer": "concentration",
    "pH": "pH",
    "hindrance": "fraction",
    "single-ion factor": "fraction",
    "isoelectric point": "pH",
    "electro-osmosis": "osmotic coefficient",
    "electro-osmosis of mouse skin": "osmotic coefficient",
}
_BUFFER = {"first constant": "pH", "second constant": "pH", "water": "pH", "temperature": "temperature"}
_FILM = {
    "thickness": "length",
    "salt": "concentration",
    "buffer": "concentration",
    "pH": "pH",
    "hindrance": "fraction",
}


def read_ions(folder: Traversable) -> dict[str, Ion]:
    """Return every ion by its name."""
    references = read_references(folder)
    kinds_only(folder, _FILE, _KINDS)
    declared = rows(folder, _FILE, "ion", naming=("name",))
    each_once(declared, ("name",))
    names = [row.only(("name", "symbol", "charge", "note")).text("name") for row in declared]
    found = rows(folder, _FILE, "row", naming=("ion", "quantity"))
    each_once(found, ("ion", "quantity"))
    numbers: dict[str, dict[str, Input]] = {name: {} for name in names}
    for row in found:
        row.only(("ion", "quantity", *NUMBER_KEYS))
        name, quantity = row.word("ion", names), row.word("quantity", _ION)
        numbers[name][field_of(quantity)] = row.number(f"{name}, {quantity}", _ION[quantity], references)
    return {
        row.text("name"): row.made(
            Ion, name=row.text("name"), symbol=row.text("symbol"), charge=row.content.get("charge"),
            **numbers[row.text("name")],
        )
        for row in declared
    }  # fmt: skip


def read_skin_chemistry(folder: Traversable) -> SkinChemistry:
    """Return skin below the stratum corneum, and what a current carries through it."""
    first, numbers = numbers_of(folder, _FILE, "skin", quantities=_SKIN)
    made: SkinChemistry = first.made(SkinChemistry, **numbers)
    return made


def read_buffer(folder: Traversable) -> Buffer:
    """Return the constants of water and of the buffer."""
    first, numbers = numbers_of(folder, _FILE, "buffer", quantities=_BUFFER)
    made: Buffer = first.made(Buffer, **numbers)
    return made


def read_films(folder: Traversable) -> dict[tuple[str, str], Film]:
    """Return every film by its (coupling, over)."""
    references = read_references(folder)
    found = rows(folder, _FILE, "film", naming=("coupling", "over", "quantity"))
    each_once(found, ("coupling", "over", "quantity"))
    numbers: dict[tuple[str, str], dict[str, Input]] = {}
    last: dict[tuple[str, str], Row] = {}
    for row in found:
        row.only(("coupling", "over", "quantity", *NUMBER_KEYS))
        key = row.word("coupling", COUPLINGS), row.word("over", COVERS)
        quantity = row.word("quantity", _FILM)
        name = f"film, {key[0]} over {key[1]}, {quantity}"
        numbers.setdefault(key, {})[field_of(quantity)] = row.number(name, _FILM[quantity], references)
        last[key] = row
    films = {}
    for coupling in COUPLINGS:
        for over in COVERS:
            own = numbers.get((coupling, over), {})
            _whole(_FILE, own, _FILM, row=f"{coupling} over {over}")
            films[coupling, over] = last[coupling, over].made(Film, coupling=coupling, over=over, **own)
    return films


def numbers_of(
    folder: Traversable, file: str, kind: str, *, quantities: dict[str, str]
) -> tuple[Row, dict[str, Any]]:
    """Return the first entry of a kind whose `quantities` stand once each, and its numbers by field.

    `quantities`: the dimension of each by its name; `TableError` where one is missing.
    """
    references = read_references(folder)
    found = rows(folder, file, kind, naming=("quantity",))
    each_once(found, ("quantity",))
    numbers = {}
    for row in found:
        row.only(("quantity", *NUMBER_KEYS))
        quantity = row.word("quantity", quantities)
        name = f"{file.removesuffix('.toml')}, {kind}, {quantity}"
        numbers[field_of(quantity)] = row.number(name, quantities[quantity], references)
    _whole(file, numbers, quantities, row=f"[[{kind}]]")
    return found[0], numbers


def field_of(quantity: str) -> str:
    """Return the name of the field that a quantity fills."""
    return quantity.lower().replace(" ", "_").replace("-", "_")


def _whole(file: str, numbers: dict[str, Input], quantities: dict[str, str], *, row: str) -> None:
    for quantity in quantities:
        if field_of(quantity) not in numbers:
            raise TableError(f"{file}: row {row}: {quantity}: this row is missing.")
