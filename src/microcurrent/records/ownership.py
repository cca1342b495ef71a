"""Ownership: which sittings a living process is still delivering.

Each open sitting has a lock file beside the store. The system itself drops the lock when the process
ends, however it ends, so a lock that can be taken means that nobody delivers any more.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from microcurrent.errors import RecordError


class Ownership:
    """The locks that this process holds, one for each sitting it delivers."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._held: dict[str, int] = {}

    def take(self, sitting: str) -> bool:
        """Take the lock of a sitting; return False where another holder lives."""
        if sitting in self._held:
            return True
        try:
            descriptor = os.open(self._file(sitting), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as problem:
            raise RecordError(f"{self._file(sitting)}: no lock can be made here ({problem}).") from problem
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return False
        self._held[sitting] = descriptor
        return True

    def holds(self, sitting: str) -> bool:
        """Return whether this object holds the lock of a sitting."""
        return sitting in self._held

    def give(self, sitting: str) -> None:
        """Give the lock back and take its file away; nothing happens where it is not held."""
        descriptor = self._held.pop(sitting, None)
        if descriptor is not None:
            self._file(sitting).unlink(missing_ok=True)
            os.close(descriptor)

    def _file(self, sitting: str) -> Path:
        return self._store.with_name(f"{self._store.name}.{sitting}.lock")

    def drop(self) -> None:
        """Give every lock back, but leave the files: these sittings were not closed."""
        for descriptor in self._held.values():
            os.close(descriptor)
        self._held.clear()
