"""Line: what a driver asks of a transport, and how a stream of bytes becomes lines."""

from __future__ import annotations

import os
import select
import time
from typing import Protocol

from microcurrent.errors import StimulatorSilent

#: Longest line [bytes] that is waited for; without an end by then, what came is noise.
LONGEST = 8192


class Line(Protocol):
    """A way to a stimulator. Every method raises `StimulatorSilent` where the way is gone."""

    name: str

    def send(self, data: bytes) -> None:
        """Send bytes, all of them."""

    def receive(self, timeout: float) -> bytes | None:
        """Return the next line without its end, or None if none came within `timeout` [s]."""

    def close(self) -> None:
        """Give the way back; the stimulator hears nothing more."""


class Splitter:
    """Bytes in, lines out; what has no end within `LONGEST` is dropped."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def put(self, data: bytes) -> None:
        """Take bytes in."""
        self._bytes += data
        if len(self._bytes) > LONGEST and b"\n" not in self._bytes:
            self._bytes.clear()

    def take(self) -> bytes | None:
        """Return the next line without its end, or None."""
        line, end, rest = self._bytes.partition(b"\n")
        if not end:
            return None
        self._bytes = rest
        return bytes(line).rstrip(b"\r")


class DescriptorLine:
    """A line on an open file descriptor, such as one side of a pseudo-terminal."""

    def __init__(self, descriptor: int, name: str) -> None:
        self.name = name
        self._descriptor = descriptor
        self._splitter = Splitter()
        os.set_blocking(descriptor, False)

    def send(self, data: bytes) -> None:
        """Send bytes; a stimulator that takes none for a second is silent."""
        until = time.monotonic() + 1.0
        while data:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:
                left = until - time.monotonic()
                if left <= 0 or not select.select([], [self._descriptor], [], left)[1]:
                    raise StimulatorSilent(f"{self.name} takes no bytes.") from None
            except OSError as gone:
                raise StimulatorSilent(f"{self.name} is gone: {gone}.") from gone

    def receive(self, timeout: float) -> bytes | None:
        """Return the next line without its end, or None if none came within `timeout` [s]."""
        until = time.monotonic() + timeout
        while (line := self._splitter.take()) is None:
            left = until - time.monotonic()
            try:
                if left <= 0 or not select.select([self._descriptor], [], [], left)[0]:
                    return None
                data = os.read(self._descriptor, 4096)
            except (OSError, ValueError) as gone:
                raise StimulatorSilent(f"{self.name} is gone: {gone}.") from gone
            if not data:
                raise StimulatorSilent(f"{self.name} is gone.")
            self._splitter.put(data)
        return line

    def close(self) -> None:
        """Close the descriptor; the second time does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
