"""An instrument that speaks SCPI: tell, ask, set and read back; answers that come late are not mistaken.

Answers of SCPI have no number. After one that did not come, the instrument is asked for its name together
with a figure that it was told just before (``*ESE``, of IEEE 488.2, which changes no output), and all lines
before that answer are dropped.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from microcurrent.delivery.drivers.scpi_lists import Setting, same
from microcurrent.delivery.transport.line import Line
from microcurrent.errors import StimulatorRefused, StimulatorSilent

#: Time [s] that an answer may take: a quarter of the heartbeat.
ANSWER = 0.25
#: Share by which a setting may be read back differently: levels have 1/20 000 of the range (not verified),
#: and what just needs the next range uses a tenth of it.
SAME = 1e-3
#: Lines that are read while an answer that came late is looked for.
_LATE = 64
#: Figures that ``*ESE`` holds.
_FIGURES = 256


class ScpiInstrument:
    """An instrument on a `line` whose name holds `model`; another one is refused."""

    def __init__(self, line: Line, model: str) -> None:
        self.line, self._model = line, model
        self._identity, self._stale, self._figure = b"", False, 0
        self._held: dict[str, str] = {}  # what it has been told, by the query that reads it

    def identity(self) -> str:
        """Return what it says it is."""
        if not self._identity:
            line = self._exchange("*IDN?", lambda came: came.count(b",") >= 3)
            text = line.decode(errors="replace")
            if self._model not in text.split(",")[1]:
                raise StimulatorRefused(f"{self.line.name} is {text!r}, not a {self._model}.")
            self._identity = line
        return self._identity.decode(errors="replace")

    def tell(self, command: str) -> None:
        """Send a command."""
        self.line.send(command.encode() + b"\n")

    def ask(self, query: str) -> str:
        """Send a query and return its answer."""
        self.identity()
        if self._stale:
            self._figure = (self._figure + 1) % _FIGURES
            wanted = b"%b;%d" % (self._identity, self._figure)
            self._exchange(f"*ESE {self._figure};*IDN?;*ESE?", lambda came: came == wanted)
            self._stale = False
        return self._exchange(query, lambda _: True).decode(errors="replace").strip()

    def number(self, query: str) -> float:
        """Send a query and return the one number that it gives."""
        came = _floats(self.ask(query))
        if len(came) != 1 or not math.isfinite(came[0]):
            raise StimulatorSilent(f"{self.line.name} gives no number to {query}.")
        return came[0]

    def holds(self, setting: Setting) -> bool:
        """Return whether it was told just this since `forget`, and read back."""
        return self._held.get(setting.ask) == setting.command

    def set(self, setting: Setting) -> None:
        """Send a setting and read it back; a difference is a refusal."""
        self._held.pop(setting.ask, None)
        self.tell(setting.command)
        came = self.ask(setting.ask)
        if isinstance(setting.expect, str):
            good = came.upper() == setting.expect
        else:
            good = same(_floats(came), setting.expect, SAME)
        if not good:
            raise StimulatorRefused(f"{self.line.name} was told {setting.command!r} and holds {came!r}.")
        self._held[setting.ask] = setting.command

    def forget(self) -> None:
        """Take nothing for granted that it was told."""
        self._held.clear()

    def _exchange(self, query: str, wanted: Callable[[bytes], bool]) -> bytes:
        self.tell(query)
        for _ in range(_LATE):
            line = self.line.receive(ANSWER)
            if line is None:
                break
            if wanted(line):
                return line
        # Without a known name nothing has been asked but the name, over and over.
        self._stale = bool(self._identity)
        raise StimulatorSilent(f"{self.line.name} does not answer to {query}.")


def _floats(text: str) -> tuple[float, ...]:
    """Numbers in a line of answer; what is none becomes infinite, which nothing equals."""
    numbers = []
    for word in text.split(","):
        try:
            numbers.append(float(word))
        except ValueError:
            numbers.append(math.inf)
    return tuple(numbers)
