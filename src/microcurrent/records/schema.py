"""The tables of a store, the triggers that refuse every change, and the version of both."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    insert,
    inspect,
    select,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from microcurrent.errors import RecordDamaged, RecordError

#: Version of the tables below. A store of a newer version is refused, never guessed at.
SCHEMA = 1

#: How long [s] to wait for another process that is writing.
BUSY = 30.0
#: How long [s] where current waits for it: as long as the longest lease, for by then current has ended.
BUSY_DELIVERING = 1.0

DIGEST = String(64)

metadata = MetaData()

about = Table("about", metadata, Column("name", String(40), primary_key=True), Column("value", Text))

entries = Table(
    "entries",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("utc", String(40), nullable=False),
    Column("actor", Text, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("subject", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("previous", DIGEST, nullable=False, unique=True),
    Column("digest", DIGEST, nullable=False, unique=True),
)
Index("entries_subject", entries.c.subject)

documents = Table(
    "documents",
    metadata,
    Column("digest", DIGEST, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("body", Text, nullable=False),
)

_TRIGGERS = (
    *(
        f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} are never changed: {change} refused'); END"
        for table in ("entries", "documents")
        for change in ("UPDATE", "DELETE")
    ),
    # "INSERT OR REPLACE" deletes without firing the triggers above; these two close that way.
    "CREATE TRIGGER entries_only_append BEFORE INSERT ON entries "
    "WHEN NEW.seq <> 1 + (SELECT COALESCE(MAX(seq), 0) FROM entries) "
    "BEGIN SELECT RAISE(ABORT, 'entries are only appended'); END",
    "CREATE TRIGGER documents_only_new BEFORE INSERT ON documents "
    "WHEN EXISTS (SELECT 1 FROM documents WHERE digest = NEW.digest) "
    "BEGIN SELECT RAISE(ABORT, 'documents are never replaced'); END",
)

#: What to do about what the database says.
_ADVICE = (
    ("full", " Make room on the disk."),
    ("disk I/O", " Is the disk full, or its device gone?"),
    ("unable to open", " Its folder must allow writing, also to read: choose or copy to another place."),
    ("readonly", " Allow writing to it and to its folder, or choose another place."),
)


@contextmanager
def told_plainly(path: Path) -> Iterator[None]:
    """Turn what the database says into a `RecordError` that names the file."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as problem:
        said = str(getattr(problem, "orig", None) or problem)
        if "not a database" in said:
            raise RecordError(f"{path}: this is not a store of records (not a database file).") from problem
        if "malformed" in said:
            raise RecordDamaged(f"{path}: the file is damaged and cannot be read ({said}).") from problem
        if "locked" in said:
            raise RecordError(
                f"{path}: another process is writing and does not end. Try again when it is done."
            ) from problem
        advice = next((text for sign, text in _ADVICE if sign in said), "")
        raise RecordError(f"{path}: the store cannot be used ({said}).{advice}") from problem


def open_engine(path: Path, *, read_only: bool = False) -> Engine:
    """Return the engine for the SQLite file `path`.

    Write-ahead log, every commit forced to disk, foreign keys on. A transaction takes the right to
    write when it begins, so that two processes never build on the same head; with the execution
    option `reading` it does not. The execution option `patience` [s] takes the place of `BUSY`.
    """
    mode = "ro" if read_only else "rwc"
    uri = f"{path.resolve().as_uri()}?mode={mode}"

    def connect() -> sqlite3.Connection:
        """Not by a URL of the engine's: that takes "#", "?" and "%" in the name of a file for its own."""
        return sqlite3.connect(uri, uri=True, timeout=BUSY, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)

    def on_connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver's guess
        if not read_only:
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    def on_begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        reading = options.get("reading", False)
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(1e3 * (options.get('patience') or BUSY))}")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the store and does not hold up those who write."""
    with engine.connect() as connection, connection.execution_options(reading=True).begin():
        yield connection


def is_empty(connection: Connection) -> bool:
    """Return whether the database holds no table at all."""
    return not inspect(connection).get_table_names()


def create(connection: Connection) -> None:
    """Make the tables and triggers, and note their version."""
    metadata.create_all(connection, checkfirst=False)
    if connection.dialect.name == "sqlite":
        for trigger in _TRIGGERS:
            connection.exec_driver_sql(trigger)
    connection.execute(insert(about).values(name="schema", value=str(SCHEMA)))


def check_version(connection: Connection, path: Path) -> None:
    """Refuse a database that is no store, or a store that a newer version has written."""
    if not {"about", "entries", "documents"} <= set(inspect(connection).get_table_names()):
        raise RecordError(f"{path}: this database is not a store of records.")
    found = connection.execute(select(about.c.value).where(about.c.name == "schema")).scalar()
    if found is None or not str(found).isdigit():
        raise RecordError(f"{path}: this database is not a store of records (no schema version).")
    if int(found) > SCHEMA:
        raise RecordError(
            f"{path}: the store has schema {found}, this microcurrent knows schemas up to {SCHEMA}. "
            "Use the version of microcurrent that wrote it, or a newer one."
        )
    if int(found) < SCHEMA:
        raise RecordError(f"{path}: the store has schema {found}, which no version ever wrote.")
