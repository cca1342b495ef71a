"""Verify: read a whole store and say whether its chain holds, or where it first does not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from microcurrent.errors import RecordDamaged, RecordError
from microcurrent.records import schema
from microcurrent.records.chain import BEGINNING, Entry
from microcurrent.records.schema import documents, entries


@dataclass(frozen=True, kw_only=True)
class Verified:
    """A chain that holds: how many `entries`, and the digest of the last one."""

    entries: int
    head: str


def verify(path: Path | str, *, containing: str = "") -> Verified:
    """Return length and head of a chain that holds.

    `containing`: a head noted earlier, or its first digits, that must be found in the chain; so
    a store whose end was cut off is found out. Raises `RecordDamaged` that names the first entry
    that does not hold, and `RecordError` where the file is not a store.
    """
    path = Path(path)
    if not path.is_file():
        raise RecordError(f"{path}: there is no such file; expected a store of records.")
    engine = schema.open_engine(path, read_only=True)
    try:
        with schema.told_plainly(path), schema.reading(engine) as connection:
            schema.check_version(connection, path)
            return _verify(connection, path, containing)
    finally:
        engine.dispose()


def kept(path: Path | str, kind: str) -> list[dict[str, Any]]:
    """Return the documents of one kind in a store as plain data, without writing to it."""
    engine = schema.open_engine(Path(path), read_only=True)
    try:
        with schema.told_plainly(Path(path)), schema.reading(engine) as connection:
            bodies = connection.execute(select(documents.c.body).where(documents.c.kind == kind)).scalars()
            return [json.loads(body) for body in bodies]
    finally:
        engine.dispose()


def _verify(connection: Connection, path: Path, containing: str) -> Verified:
    expected, previous, found = 1, BEGINNING, not containing
    named: dict[str, tuple[int, str]] = {}
    for entry, written in _read(connection, path):
        _check(path, entry, written=written, expected=expected, previous=previous)
        if entry.kind == "document":
            named[entry.subject] = (entry.seq, _kind(entry))
        found = found or written.startswith(containing)
        expected, previous = expected + 1, written
    _check_documents(connection, path, named)
    if expected == 1:
        raise RecordDamaged(f"{path}: entry 1 is missing; every store begins with one.")
    if not found:
        raise RecordDamaged(
            f"{path}: the {expected - 1} entries hold together, but none of them has the digest "
            f"{containing[:12]} that was noted earlier. The end of the chain was cut off or replaced."
        )
    _check_file(connection, path)
    return Verified(entries=expected - 1, head=previous)


def _read(connection: Connection, path: Path) -> Iterator[tuple[Entry, str]]:
    """Every entry in order with its written digest; a page that cannot be read is damage."""
    seq = 0
    try:
        for row in connection.execute(select(entries).order_by(entries.c.seq)):
            values = dict(row._mapping)
            written = values.pop("digest")
            yield Entry(**values), written
            seq = values["seq"]
    except (SQLAlchemyError, ValueError) as problem:
        raise RecordDamaged(f"{path}: nothing after entry {seq} can be read ({problem}).") from problem


def _kind(entry: Entry) -> str:
    """The kind of document that an entry names; "document" where it does not say."""
    try:
        return str(json.loads(entry.payload)["kind"])
    except (ValueError, KeyError, TypeError):
        return "document"


def _check(path: Path, entry: Entry, *, written: str, expected: int, previous: str) -> None:
    if entry.seq != expected:
        raise RecordDamaged(
            f"{path}: entry {expected} is missing; the next one found is entry {entry.seq}."
        )
    if any(not isinstance(value, str) for value in (entry.payload, entry.utc, entry.actor, written)):
        raise RecordDamaged(f"{path}: entry {expected} does not hold: a column is not text.")
    if entry.previous != previous:
        raise RecordDamaged(
            f"{path}: entry {expected} does not hold: it does not follow the entry before it."
        )
    if entry.digest != written:
        raise RecordDamaged(
            f"{path}: entry {expected} ({entry.kind} {entry.subject[:24]}, {entry.utc}) does not hold: "
            "its content was changed after it was written."
        )


def _check_documents(connection: Connection, path: Path, named: dict[str, tuple[int, str]]) -> None:
    kept: dict[str, tuple[str, str]] = {}
    for row in connection.execute(select(documents)):
        body = row.body if isinstance(row.body, str) else ""
        kept[row.digest] = (row.kind, hashlib.sha256(body.encode()).hexdigest())
    for name, (seq, kind) in sorted(named.items(), key=lambda item: item[1]):
        if name not in kept:
            raise RecordDamaged(f"{path}: entry {seq} does not hold: its {kind} {name[:12]} is missing.")
        if kept[name] != (kind, name):
            raise RecordDamaged(
                f"{path}: entry {seq} does not hold: its {kind} {name[:12]} was changed after "
                "it was written."
            )
    extra = sorted(set(kept) - set(named))
    if extra:
        raise RecordDamaged(
            f"{path}: the document {extra[0][:12]} was put in without an entry of the chain."
        )


def _check_file(connection: Connection, path: Path) -> None:
    """The database's own check, for damage outside the rows (its indexes)."""
    if connection.dialect.name == "sqlite":
        said = connection.exec_driver_sql("PRAGMA quick_check").scalar()
        if said != "ok":
            raise RecordDamaged(f"{path}: every entry holds, but the file itself is damaged ({said}).")
