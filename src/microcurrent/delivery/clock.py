"""Clocks: real time, and a virtual one in which a sitting of 40 minutes takes seconds."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from microcurrent.model.checks import finite


class Clock(Protocol):
    """What the controller and the simulator know of time."""

    def now(self) -> float:
        """Return the time [s] since some fixed moment; it never runs backwards."""

    def utc(self) -> str:
        """Return the date and time in UTC as ISO text."""

    def wait(self, seconds: float) -> None:
        """Return after `seconds` [s] have passed."""


class RealClock:
    """The clock of this machine; setting its date does not disturb `now`."""

    def now(self) -> float:
        """Return the monotonic time [s]."""
        return time.monotonic()

    def utc(self) -> str:
        """Return the date and time in UTC as ISO text."""
        return datetime.now(UTC).isoformat(timespec="milliseconds")

    def wait(self, seconds: float) -> None:
        """Sleep for `seconds` [s]."""
        finite(self, "seconds", seconds, minimum=0)
        time.sleep(seconds)


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

    def wait(self, seconds: float) -> None:
        """Let `seconds` [s] pass at once."""
        finite(self, "seconds", seconds, minimum=0)
        self._nanoseconds += max(1, round(seconds * 1e9)) if seconds else 0
