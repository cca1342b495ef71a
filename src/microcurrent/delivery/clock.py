"""Clocks: real time, and a virtual one in which a sitting of 40 minutes takes seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from microcurrent.model.checks import finite

#: Time [s] between two looks at whether a wait is to end early.
_SLICE = 0.01


class Clock(Protocol):
    """What the controller and the simulator know of time."""

    def now(self) -> float:
        """Return the time [s] since some fixed moment; it never runs backwards."""

    def utc(self) -> str:
        """Return the date and time in UTC as ISO text."""

    def wait(self, seconds: float, *, unless: Callable[[], bool] | None = None) -> None:
        """Return after `seconds` [s] have passed, or soon after `unless` says so."""


class RealClock:
    """The clock of this machine; setting its date does not disturb `now`."""

    def now(self) -> float:
        """Return the monotonic time [s]."""
        return time.monotonic()

    def utc(self) -> str:
        """Return the date and time in UTC as ISO text."""
        return datetime.now(UTC).isoformat(timespec="milliseconds")

    def wait(self, seconds: float, *, unless: Callable[[], bool] | None = None) -> None:
        """Sleep for `seconds` [s], or until `unless` says so; it is asked every 10 ms."""
        finite(self, "seconds", seconds, minimum=0)
        if unless is None:
            time.sleep(seconds)
            return
        until = self.now() + seconds
        while not unless() and (left := until - self.now()) > 0:
            time.sleep(min(left, _SLICE))


class VirtualClock:
    """A clock that stands still between waits; `wait` returns at once.

    `start`: the ISO date and time in UTC at `now()` = 0. Counts whole nanoseconds, so that many
    waits do not add up rounding.
    """

    def __init__(self, start: str = "2000-01-01T00:00:00+00:00") -> None:
        self._start = datetime.fromisoformat(start)
        self._nanoseconds = 0

    def now(self) -> float:
        """Return the seconds waited so far."""
        return self._nanoseconds / 1e9

    def utc(self) -> str:
        """Return the start plus the seconds waited, as ISO text."""
        return (self._start + timedelta(seconds=self.now())).isoformat(timespec="milliseconds")

    def wait(self, seconds: float, *, unless: Callable[[], bool] | None = None) -> None:
        """Let `seconds` [s] pass at once, whatever `unless` says: nothing happens meanwhile."""
        finite(self, "seconds", seconds, minimum=0)
        self._nanoseconds += max(1, round(seconds * 1e9)) if seconds else 0
