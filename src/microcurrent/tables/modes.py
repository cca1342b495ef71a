"""Modes of treatment and the roles of those who agree, from their file."""

from __future__ import annotations

from importlib.resources.abc import Traversable

from microcurrent.errors import TableError
from microcurrent.model.approval import ROLES
from microcurrent.model.mode import Mode, Role
from microcurrent.model.plan import MODES
from microcurrent.tables.materials import read_references
from microcurrent.tables.rows import CONFIDENCES, Row, each_once, kinds_only, rows

_FILE = "modes.toml"


def read_modes(folder: Traversable) -> dict[str, Mode]:
    """Return what each mode asks for, by name; `TableError` where one of `MODES` is missing."""
    references = tuple(read_references(folder))
    found: dict[str, Mode] = {}
    for row in _rows(folder, "mode", MODES):
        row.only(
            ("name", "title", "device", "consent", "clinician", "roles", "source", "confidence", "note")
        )
        found[row.text("name")] = row.made(
            Mode, name=row.word("name", MODES), title=row.text("title"), device=row.text("device"),
            consent=row.text("consent", ""), clinician=_yes(row), source=row.sources(references),
            confidence=row.word("confidence", CONFIDENCES), roles=row.words("roles", ROLES) or ROLES,
        )  # fmt: skip
    return found


def read_roles(folder: Traversable) -> dict[str, Role]:
    """Return every role by name; `TableError` where one of `ROLES` is missing."""
    references = tuple(read_references(folder))
    found: dict[str, Role] = {}
    for row in _rows(folder, "role", ROLES):
        row.only(("name", "clinician", "profile", "source", "confidence", "note"))
        row.sources(references)
        row.word("confidence", CONFIDENCES)
        found[row.text("name")] = row.made(
            Role, name=row.word("name", ROLES), clinician=_yes(row), profile=row.text("profile", "")
        )
    return found


def _rows(folder: Traversable, kind: str, wanted: tuple[str, ...]) -> tuple[Row, ...]:
    """The rows of a kind, each name once and none missing."""
    kinds_only(folder, _FILE, ("mode", "role"))
    found = rows(folder, _FILE, kind, naming=("name",))
    each_once(found, ("name",))
    missing = [name for name in wanted if name not in {row.content.get("name") for row in found}]
    if missing:
        raise TableError(f"{_FILE}: row [[{kind}]]: expected one for {missing[0]}, came none.")
    return found


def _yes(row: Row) -> bool:
    value = row.content.get("clinician")
    if not isinstance(value, bool):
        raise row.broken("clinician", f"expected true or false, came {value!r}")
    return value
