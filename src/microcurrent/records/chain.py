"""The chain: entries in order, each with the digest of the one before, so that no change goes unseen."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from microcurrent.model.digest import canonical, digest
from microcurrent.records.schema import entries

#: What the first entry names as the one before it.
BEGINNING = "0" * 64


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One link: `seq` counts from 1, `payload` is canonical JSON text, `previous` a digest."""

    seq: int
    utc: str
    actor: str
    kind: str
    subject: str
    payload: str
    previous: str

    @property
    def digest(self) -> str:
        """SHA-256 over every column, the number and the digest before included."""
        return digest(self)


def head(connection: Connection) -> tuple[int, str]:
    """Return number and digest of the last entry; 0 and `BEGINNING` where there is none."""
    query = select(entries.c.seq, entries.c.digest).order_by(entries.c.seq.desc()).limit(1)
    row = connection.execute(query).first()
    return (row.seq, row.digest) if row else (0, BEGINNING)


def append(connection: Connection, *, utc: str, actor: str, kind: str, subject: str, payload: Any) -> Entry:
    """Add one entry to the end, in the transaction of `connection`, and return it."""
    seq, previous = head(connection)
    entry = Entry(
        seq=seq + 1, utc=utc, actor=actor, kind=kind, subject=subject,
        payload=canonical(payload), previous=previous,
    )  # fmt: skip
    connection.execute(insert(entries).values(**asdict(entry), digest=entry.digest))
    return entry
