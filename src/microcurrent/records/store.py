"""Store: documents, sittings and events in one file, appended and never changed."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, func, insert, select

from microcurrent.errors import RecordDamaged, RecordError
from microcurrent.model import Event, Sitting
from microcurrent.model.digest import canonical, digest
from microcurrent.model.sitting import ENDINGS
from microcurrent.records import chain, schema
from microcurrent.records.ownership import Ownership
from microcurrent.records.recovery import INTERRUPTED, closing_event, ending_of
from microcurrent.records.schema import documents, entries

#: The kinds of nouns kept as documents.
KINDS = ("plan", "prediction", "assessment", "screening", "same-day", "approval")

Clock = Callable[[], datetime]


@dataclass(frozen=True, kw_only=True)
class SittingSummary:
    """One line on a sitting: when it `opened` (ISO, UTC), of whom, by which plan, how it ended."""

    id: str
    opened: str
    client: str
    plan: str
    approval: str
    stimulator: str
    events: int
    ending: str


def _event(payload: str) -> Event:
    content = json.loads(payload)
    content["figures"] = tuple((name, figure) for name, figure in content["figures"])
    return Event(**content)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Store:
    """The records in the file `path`; folders and file are made where they are missing.

    A context manager. Every method that writes has written to disk when it returns. Times are asked
    of `clock`. Raises `RecordError` where the file is not a store, is of a newer version, or cannot
    be read or written. Two processes may use one store at once.
    """

    def __init__(self, path: Path | str, *, clock: Clock = _utc_now) -> None:
        self.path = Path(path)
        self._clock = clock
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise RecordError(f"{self.path}: the folder cannot be made ({problem}).") from problem
        if self.path.is_dir():
            raise RecordError(f"{self.path}: this is a folder, expected a file for the records.")
        self._owned = Ownership(self.path)
        self._engine = schema.open_engine(self.path)
        try:
            self._prepare()
        except RecordError:
            self.close()
            raise

    def __enter__(self) -> Store:
        """Return the store itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        """Close the store."""
        self.close()

    def close(self) -> None:
        """Let go of the file. A sitting left open here is closed by the next `recover`."""
        self._owned.drop()
        self._engine.dispose()

    # -- documents -----------------------------------------------------------------------------

    def put(self, kind: str, noun: Any, *, actor: str, again: bool = False) -> str:
        """Keep a noun as a document of `kind` (one of `KINDS`) and return its digest.

        A document that is already there is left as it is, and nothing is written, unless `again`:
        then an entry says that it holds once more, which makes it the newest of its kind.
        """
        if kind not in KINDS:
            raise RecordError(f"No document of kind {kind!r} is kept; expected one of {', '.join(KINDS)}.")
        body, name = canonical(noun), digest(noun)
        with self._writing() as connection:
            known = connection.execute(select(documents.c.kind).where(documents.c.digest == name)).scalar()
            if known is None:
                connection.execute(insert(documents).values(digest=name, kind=kind, body=body))
            if known is None or (known == kind and again):
                self._chain(connection, actor=actor, kind="document", subject=name, payload={"kind": kind})
            elif known != kind:
                raise RecordError(f"The document {name[:12]} is kept as a {known}, not as a {kind}.")
        return name

    def document(self, name: str) -> dict[str, Any]:
        """Return the document of digest `name` as plain data; `RecordError` where there is none.

        Raises `RecordDamaged` where it is not what was written.
        """
        with self._reading() as connection:
            return self._document(connection, name)

    def newest_first(self, kind: str, *, after: int = 0) -> list[dict[str, Any]]:
        """Return the documents of one kind as plain data, the one kept last first.

        `after`: a number in the chain; only what was kept later.
        """
        with self._reading() as connection:
            kept = (
                select(documents.c.digest, documents.c.body)
                .join(entries, entries.c.subject == documents.c.digest)
                .where(documents.c.kind == kind, entries.c.kind == "document", entries.c.seq > after)
                .order_by(entries.c.seq.desc())
            )
            return [self._content(row.digest, row.body) for row in connection.execute(kept)]

    # -- sittings ------------------------------------------------------------------------------

    def open_sitting(self, *, plan: str, approval: str, client: str, stimulator: str, actor: str) -> str:
        """Open a sitting of `client` (a pseudonym) and return its id.

        `plan` and `approval` are digests of documents in this store. The sitting belongs to this
        process until it is closed.
        """
        now = self._clock()
        name = f"{now:%Y%m%d}-{secrets.token_hex(4)}"
        self._owned.take(name)
        payload = {"plan": plan, "approval": approval, "client": client, "stimulator": stimulator}
        try:
            with self._writing() as connection:
                self._document(connection, plan)
                self._document(connection, approval)
                self._chain(connection, actor=actor, kind="opened", subject=name, payload=payload)
        except RecordError:
            self._owned.give(name)
            raise
        return name

    def append(self, sitting: str, event: Event, *, actor: str = "controller") -> None:
        """Add an event to an open sitting; it is on disk when this returns.

        Waits for another process that writes for `schema.BUSY_DELIVERING` and no longer.
        """
        with self._writing(patience=schema.BUSY_DELIVERING) as connection:
            if not self._owned.holds(sitting):
                self._expect_open(connection, sitting)
            self._chain(connection, actor=actor, kind="event", subject=sitting, payload=event)

    def note(self, sitting: str, event: Event, *, actor: str) -> None:
        """Add what was felt or noticed to a sitting, open or closed; `event.kind` is felt or mark."""
        if event.kind not in ("felt", "mark"):
            raise RecordError(f"A note is of kind felt or mark, not {event.kind!r}.")
        with self._writing() as connection:
            self._sitting(connection, sitting)
            self._chain(connection, actor=actor, kind="event", subject=sitting, payload=event)

    def close_sitting(self, sitting: str, ending: str, *, actor: str = "controller") -> None:
        """Close a sitting with an `ending` from `model.sitting.ENDINGS` other than "open"."""
        if ending not in ENDINGS[1:]:
            raise RecordError(f"A sitting cannot end as {ending!r}; expected {', '.join(ENDINGS[1:])}.")
        if not self._owned.take(sitting):
            raise RecordError(f"The sitting {sitting} is being delivered by another process.")
        with self._writing(patience=schema.BUSY_DELIVERING) as connection:
            self._expect_open(connection, sitting)
            self._chain(connection, actor=actor, kind="closed", subject=sitting, payload={"ending": ending})
        self._owned.give(sitting)

    def sitting(self, name: str) -> Sitting:
        """Return a sitting, rebuilt from its entries."""
        with self._reading() as connection:
            return self._sitting(connection, name)

    def sittings(self) -> list[SittingSummary]:
        """Return a line on every sitting, the oldest first."""
        with self._reading() as connection:
            of_sittings = entries.c.kind.in_(("opened", "event", "closed"))
            counts = select(entries.c.subject, func.count()).where(of_sittings, entries.c.kind == "event")
            events = {row[0]: row[1] for row in connection.execute(counts.group_by(entries.c.subject))}
            closed = select(entries.c.subject, entries.c.payload).where(entries.c.kind == "closed")
            endings = {row[0]: json.loads(row[1])["ending"] for row in connection.execute(closed)}
            opened = select(entries).where(entries.c.kind == "opened").order_by(entries.c.seq)
            return [
                SittingSummary(
                    id=row.subject, opened=row.utc, events=events.get(row.subject, 0),
                    ending=endings.get(row.subject, "open"), **json.loads(row.payload),
                )
                for row in connection.execute(opened)
            ]  # fmt: skip

    def figures(self, name: str) -> list[tuple[int, str, Event]]:
        """Return every event with the figure `name`: its number in the chain, the sitting, the event."""
        with self._reading() as connection:
            query = select(entries).where(
                entries.c.kind == "event", entries.c.payload.contains(f'"{name}"')
            )
            found = [
                (row.seq, row.subject, _event(row.payload))
                for row in connection.execute(query.order_by(entries.c.seq))
            ]
        return [one for one in found if one[2].figure(name)]

    def recover(self, *, actor: str = "recovery") -> list[str]:
        """Close the sittings that lost their process, and return their ids.

        Each gets a "closed" event with what is known (`records.recovery`). A sitting that a living
        process still delivers is left alone.
        """
        recovered = []
        for summary in self.sittings():
            alone = summary.ending == "open" and not self._owned.holds(summary.id)
            if alone and self._owned.take(summary.id):
                if self._close_lost(summary.id, actor):
                    recovered.append(summary.id)
                self._owned.give(summary.id)
        return recovered

    def head(self) -> str:
        """Return the digest of the last entry: it stands for everything recorded so far."""
        with self._reading() as connection:
            return chain.head(connection)[1]

    # -- how -----------------------------------------------------------------------------------

    def _prepare(self) -> None:
        with self._writing() as connection:
            if schema.is_empty(connection):
                schema.create(connection)
                payload = {"format": "microcurrent records", "schema": schema.SCHEMA,
                           "store": secrets.token_hex(16)}  # fmt: skip
                self._chain(connection, actor="store", kind="created", subject="store", payload=payload)
            else:
                schema.check_version(connection, self.path)

    @contextmanager
    def _writing(self, *, patience: float | None = None) -> Iterator[Connection]:
        with (
            schema.told_plainly(self.path),
            self._engine.connect() as connection,
            connection.execution_options(patience=patience).begin(),
        ):
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with schema.told_plainly(self.path), schema.reading(self._engine) as connection:
            yield connection

    def _chain(self, connection: Connection, *, actor: str, kind: str, subject: str, payload: Any) -> None:
        utc = self._clock().isoformat(timespec="milliseconds")
        chain.append(connection, utc=utc, actor=actor, kind=kind, subject=subject, payload=payload)

    def _document(self, connection: Connection, name: str) -> dict[str, Any]:
        body = connection.execute(select(documents.c.body).where(documents.c.digest == name)).scalar()
        if body is None:
            raise RecordError(f"{self.path}: there is no document {name!r} in this store.")
        return self._content(name, body)

    def _content(self, name: str, body: str) -> dict[str, Any]:
        """Return what a document holds, once its digest is the one that it is kept under."""
        if hashlib.sha256(body.encode()).hexdigest() != name:
            raise RecordDamaged(
                f"{self.path}: the document {name[:12]} was changed after it was written. Nothing is done "
                "with it; see `microcurrent records verify`."
            )
        content: dict[str, Any] = json.loads(body)
        return content

    def _sitting(self, connection: Connection, name: str) -> Sitting:
        query = select(entries.c.kind, entries.c.payload).where(entries.c.subject == name)
        rows = connection.execute(query.order_by(entries.c.seq)).all()
        if not rows or rows[0].kind != "opened":
            raise RecordError(f"{self.path}: there is no sitting {name!r} in this store.")
        ending, events = "open", []
        for row in rows[1:]:
            if row.kind == "closed":
                ending = json.loads(row.payload)["ending"]
            else:
                events.append(_event(row.payload))
        return Sitting(id=name, events=tuple(events), ending=ending, **json.loads(rows[0].payload))

    def _expect_open(self, connection: Connection, name: str) -> None:
        kinds = connection.execute(
            select(entries.c.kind).where(
                entries.c.subject == name, entries.c.kind.in_(("opened", "closed"))
            )
        )
        found = {row.kind for row in kinds}
        if "opened" not in found:
            raise RecordError(f"{self.path}: there is no sitting {name!r} in this store.")
        if "closed" in found:
            raise RecordError(f"The sitting {name} is closed; what is recorded is not changed.")

    def _close_lost(self, name: str, actor: str) -> bool:
        with self._writing() as connection:
            sitting = self._sitting(connection, name)
            if sitting.ending != "open":  # closed by its process after we looked
                return False
            ending = ending_of(sitting.events)
            if not ending:
                ending = INTERRUPTED
                event = closing_event(
                    self._document(connection, sitting.plan), sitting.events, utc=self._clock().isoformat()
                )
                self._chain(connection, actor=actor, kind="event", subject=name, payload=event)
            self._chain(connection, actor=actor, kind="closed", subject=name, payload={"ending": ending})
        return True
