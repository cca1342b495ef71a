"""Workspace: the records of one practice and the fields beside them, and finding them again."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from microcurrent.errors import RecordDamaged, RecordError, ValueRefused
from microcurrent.model.approval import Approval
from microcurrent.model.exposure import Prediction
from microcurrent.model.limits import Assessment
from microcurrent.model.plan import Plan
from microcurrent.model.restore import restore
from microcurrent.model.screening import SameDay, Screening
from microcurrent.planning.fields import Fields
from microcurrent.records.store import Store

N = TypeVar("N", Plan, Prediction, Assessment, Screening, SameDay, Approval)

_KINDS: dict[type, str] = {
    Plan: "plan",
    Prediction: "prediction",
    Assessment: "assessment",
    Screening: "screening",
    SameDay: "same-day",
    Approval: "approval",
}


class Workspace:
    """Records in one file, field arrays in the folder beside it. A context manager."""

    def __init__(self, records: Path) -> None:
        self.records = records
        self.store = Store(records)

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the records."""
        self.store.close()

    @property
    def fields_folder(self) -> Path:
        """Where field arrays are kept, by digest."""
        return _fields_folder(self.records)

    def keep(self, noun: N, *, actor: str) -> str:
        """Keep a noun as a document and return its digest; an equal screening counts as a new one."""
        return self.store.put(_KINDS[type(noun)], noun, actor=actor, again=isinstance(noun, Screening))

    def keep_fields(self, fields: Fields) -> Path:
        """Keep field arrays under their digest and return the path; written whole or not at all."""
        content = fields.to_bytes()
        path = self.fields_folder / f"{hashlib.sha256(content).hexdigest()}.npz"
        partial = path.with_suffix(f".{os.getpid()}.partial")
        try:
            if path.exists() and path.read_bytes() == content:
                return path
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(content)
            partial.replace(path)
        except OSError as problem:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise RecordError(f"{path}: the fields cannot be kept ({problem}).") from problem
        return path

    def fields(self, prediction: Prediction) -> Fields:
        """Return the fields that a prediction names; `RecordDamaged` where they are gone or changed."""
        return Fields.from_bytes(fields_content(self.records, prediction.fields))

    def find(self, kind: type[N], name: str) -> N:
        """Return the noun of class `kind` with digest `name`."""
        return self._restored(kind, self.store.document(name))

    def newest(self, kind: type[N], **same: str | int) -> N | None:
        """Return the newest noun of a class whose fields equal those given, or None."""
        for document in self.store.newest_first(_KINDS[kind]):
            if all(document.get(field) == value for field, value in same.items()):
                return self._restored(kind, document)
        return None

    def kept_after(self, kind: type[N], position: int, **same: str | int) -> list[N]:
        """Return the nouns of a class kept after a number in the chain whose fields equal those given."""
        later = self.store.newest_first(_KINDS[kind], after=position)
        return [
            self._restored(kind, document)
            for document in later
            if all(document.get(field) == value for field, value in same.items())
        ]

    def _restored(self, kind: type[N], document: dict[str, Any]) -> N:
        try:
            return restore(kind, document)
        except (TypeError, ValueRefused) as problem:
            raise RecordError(
                f"{self.records}: a {_KINDS[kind]} was written by another version of microcurrent, and "
                f"this one cannot read it ({problem}). Use the version that wrote it."
            ) from problem


def _fields_folder(records: Path) -> Path:
    return records.with_name(records.stem + ".fields")


def fields_content(records: Path, name: str) -> bytes:
    """Return the file of fields with digest `name` beside `records`; `RecordDamaged` where it is not so."""
    path = _fields_folder(records) / f"{name}.npz"
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise RecordDamaged(
            f"{path}: the fields of a prediction are missing. Copy this folder along with the records, or "
            "predict the plan again."
        ) from problem
    if hashlib.sha256(content).hexdigest() != name:
        raise RecordDamaged(f"{path}: the fields of a prediction have changed. Predict the plan again.")
    return content
