"""A serial port: owned by one program at a time, by pyserial."""

from __future__ import annotations

import time

import serial
from serial.tools import list_ports

from microcurrent.delivery.transport.line import Splitter
from microcurrent.errors import InputError, Problem, StimulatorSilent

#: Speed [baud] of a port; one over USB ignores it.
SPEED = 115_200


class SerialLine:
    """A line on a serial port, such as ``/dev/ttyACM0`` or ``COM3``.

    Raises `InputError` where the port cannot be opened, such as when another program has it.
    """

    def __init__(self, port: str, *, speed: int = SPEED) -> None:
        self.name = port
        self._splitter = Splitter()
        try:
            self._serial = serial.Serial(port, speed, timeout=0, write_timeout=1.0, exclusive=True)
        except (serial.SerialException, ValueError, OSError) as problem:
            raise InputError(
                Problem(
                    what=f"the port {port} cannot be opened",
                    expected="a stimulator that no other program has",
                    came=str(problem),
                    advice="`microcurrent stimulator list` shows the ports",
                )
            ) from problem

    def send(self, data: bytes) -> None:
        """Send bytes, all of them."""
        try:
            self._serial.write(data)
            self._serial.flush()
        except (serial.SerialException, OSError) as gone:
            raise StimulatorSilent(f"{self.name} is gone: {gone}.") from gone

    def receive(self, timeout: float) -> bytes | None:
        """Return the next line without its end, or None if none came within `timeout` [s]."""
        until = time.monotonic() + timeout
        while (line := self._splitter.take()) is None:
            left = until - time.monotonic()
            if left <= 0:
                return None
            try:
                self._serial.timeout = min(left, 0.05)
                data = self._serial.read(max(1, self._serial.in_waiting))
            except (serial.SerialException, OSError) as gone:
                raise StimulatorSilent(f"{self.name} is gone: {gone}.") from gone
            self._splitter.put(data)
        return line

    def close(self) -> None:
        """Give the port back."""
        self._serial.close()


def ports() -> tuple[tuple[str, str], ...]:
    """Return name and description of every serial port of this machine."""
    return tuple((port.device, port.description) for port in sorted(list_ports.comports()))
