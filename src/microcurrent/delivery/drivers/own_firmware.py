"""Our own firmware, over any line: numbered and tagged commands, each answered, none sent on a guess."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import TypeVar

from microcurrent.delivery import wire
from microcurrent.delivery.program import compact
from microcurrent.delivery.transport.line import Line
from microcurrent.errors import StimulatorRefused, StimulatorSilent, ValueRefused
from microcurrent.model import Capabilities, Status, Stimulus

T = TypeVar("T")

#: Time [s] that an answer may take: a loaded line of 115 200 baud carries the longest one in a third of it.
ANSWER = 0.15
#: Looks at whether zero is confirmed before a program is loaded, and time [s] between two.
_LOOKS, _LOOK = 20, 0.005
#: Longest number of a line in one session: a small integer of the device.
_LAST_NUMBER = (1 << 30) - 1
#: The device's clock [ms] goes round after this.
_CLOCK = (1 << 29) - 1
#: Why a command was refused, by the word on the wire.
REASONS = {
    "busy": "it is at work",
    "fault": "a fault has latched",
    "current": "the current is above what it can give",
    "ramp": "a ramp is shorter than it allows, or the ramps are longer than the program",
    "balance": "the shape is said to be balanced and is not",
    "phase-charge": "the charge of one phase is above what it allows",
    "too-fast": "a stretch of the waveform is too short for it",
    "program": "it cannot read the program",
    "sitting-time": "with this program, current would flow for longer than it allows in a sitting",
    "sitting-charge": "with this program, more charge would flow one way than it allows in a sitting",
    "no-program": "no program is loaded",
    "lease": "the lease is longer than it allows",
    "late": "the lease was over when it came",
    "not-zero": "its output has not been measured to be zero",
    "protocol": "it speaks another version of the protocol",
    "word": "it does not know the command",
}
#: What a latched fault means, by the word on the wire.
FAULTS = {
    "open": "open lead",
    "short": "the probes touch",
    "compliance": "voltage at its limit",
    "mismatch": "what flows is not what is commanded",
    "over-current": "current at its limit",
    "slew": "the current changed too fast",
    "net-direct": "a balanced current has a direct part",
    "phase-charge": "too much charge in one phase",
    "lease-charge": "too much charge in one lease",
    "sitting-charge": "too much charge in one sitting",
    "sitting-time": "current for too long in one sitting",
    "lease": "lease ended: no word from the host",
    "late": "its own loop was late",
    "stuck": "the output stage does not go to zero",
    "stopped": "stopped by hand",
    "internal": "its program failed",
}


class FirmwareStimulator:
    """A stimulator that runs our firmware; implements `microcurrent.model.Stimulator`.

    `line` to it; `key` shared with it, or empty. Raises `StimulatorSilent` and `StimulatorRefused`. A
    command that was not answered leaves open whether it arrived: until a status has shown that, only
    `status` and `cut` are sent.
    """

    def __init__(self, line: Line, *, key: bytes = b"") -> None:
        self._line, self._key = line, key
        self._session: bytes | None = None
        self._number = 0
        self._uncertain: int | None = None
        self._name = line.name
        self._clock: int | None = None  # [ms] at the last status
        self._turns = 0  # of the device's clock
        self._renewed = False  # a session was begun since the last status
        self._can: Capabilities | None = None

    # -- the commands --------------------------------------------------------------------------------

    def capabilities(self) -> Capabilities:
        """Return what the stimulator says it can do."""
        if self._can is None:
            answer = self._ask(b"caps")
            self._require(answer)
            self._can = self._understood(lambda: _capabilities(self._name, figures_of(answer)))
        return self._can

    def load(self, stimulus: Stimulus) -> None:
        """Load a program, once zero has been measured for as long as the stimulator asks; nothing flows."""
        for _ in range(_LOOKS):
            status = self.status()
            if status.state != "idle" or status.zero:
                break
            self._line.receive(_LOOK)  # nothing comes: time passes
        self._command(" ".join(("load", *compact(stimulus).words)).encode())

    def grant(self, lease: float) -> None:
        """Start the program, or let it go on, for `lease` [s] from the last status and no longer."""
        if self._clock is None:
            self.status()
        self._command(b"grant %d %d" % (math.floor(lease * 1e3 + 1e-6), self._clock or 0))

    def end(self) -> None:
        """Ask for zero by a ramp."""
        self._command(b"end")

    def cut(self) -> None:
        """Zero at once; a fault stays. Sent even while it is uncertain what arrived before.

        Where no session stands, or nothing answers, also as the one mark that needs no session.
        """
        try:
            if self._session is not None:
                self._require(self._ask(b"cut"))
                return
        except (StimulatorRefused, StimulatorSilent):
            if self._cut_without_session():
                return
            raise
        if not self._cut_without_session():
            raise StimulatorSilent(f"{self._name} does not answer to a cut.")

    def clear(self) -> None:
        """Forget a latched fault, once a person has looked; refused unless zero is confirmed."""
        self._command(b"clear")

    def status(self) -> Status:
        """Return what the stimulator measures since the last status."""
        answer = self._ask(b"status")
        self._require(answer)
        self._uncertain = None  # what has not arrived by now is too old to be taken
        said = {word.partition(b"=")[0]: word.partition(b"=")[2] for word in answer}
        return self._understood(
            lambda: self._read(figures_of(answer), said[b"state"].decode(), said[b"fault"].decode())
        )

    def close(self) -> None:
        """Give the line back."""
        self._line.close()

    # -- how -------------------------------------------------------------------------------------------

    def _read(self, figures: dict[str, int], state: str, fault: str) -> Status:
        window = figures["window"] / 1e6
        peak, output = figures["peak"] / 1e9, figures["out"] / 1e9
        voltage = figures["mv"] / 1e3
        return Status(
            time=self._time(figures["ms"]),
            state=state,
            elapsed=figures["us"] / 1e6,
            lease=figures["lease"] / 1e3,
            mean=figures["windownet"] / 1e15 / window if window else output,
            rms=math.sqrt(figures["square"] / 1e24 / window) if window else abs(output),
            peak=peak,
            commanded_peak=figures["commanded"] / 1e9,
            net_charge=figures["net"] / 1e15,
            absolute_charge=figures["all"] / 1e15,
            voltage=voltage,
            impedance=voltage / peak if peak > 0 else None,
            output=output,
            fault="" if fault == "-" else FAULTS.get(fault, fault),
            zero=figures["zero"] == 1,
        )

    def _time(self, milliseconds: int) -> float:
        """Return the device's time [s] without its turns; one that has gone back has restarted.

        After a new session a clock that shows less has restarted, too, even where it was near its turn.
        """
        before = self._clock
        if before is not None and milliseconds < before:
            around = (milliseconds - before) & _CLOCK
            self._turns = self._turns + 1 if around < _CLOCK // 2 and not self._renewed else 0
        self._clock, self._renewed = milliseconds, False
        return (self._turns * (_CLOCK + 1) + milliseconds) / 1e3

    def _command(self, words: bytes) -> None:
        """Send a command, once it is certain what became of the one before."""
        if self._uncertain is not None:
            self.status()
        self._require(self._ask(words, certain=False))

    def _require(self, answer: list[bytes]) -> None:
        if answer[0] != b"ok":
            word = answer[1].decode(errors="replace") if len(answer) > 1 else "?"
            raise StimulatorRefused(f"{self._name} refuses: {REASONS.get(word, word)}.")

    def _ask(self, words: bytes, *, certain: bool = True) -> list[bytes]:
        """Send a line and return the words of its answer; begin a session where there is none."""
        if self._session is None:
            self._hello()
        answer = self._exchange(words, certain=certain)
        if answer == [b"no", b"session"]:
            # It has restarted, or another host has begun a session: what was sent has not been carried out.
            self._session, self._uncertain = None, None
            self._hello()
            if not certain:
                raise StimulatorSilent(f"{self._name} has begun a new session; it is asked again.")
            answer = self._exchange(words, certain=certain)
            if answer == [b"no", b"session"]:
                self._session = None
                raise StimulatorSilent(f"{self._name} has begun a new session once more.")
        return answer

    def _exchange(self, words: bytes, *, certain: bool) -> list[bytes]:
        if self._session is None or self._number >= _LAST_NUMBER:
            raise StimulatorSilent(f"{self._name} has no session.")
        self._number += 1
        number = self._number
        if not certain:
            self._uncertain = number
        self._line.send(wire.signed(b"%d %b" % (number, words), self._key, self._session))
        answer = self._await(number, self._session)
        if answer == [b"no", b"old"]:
            answer = None  # a copy of the line was taken before; its own answer is lost
        if answer is None:
            raise StimulatorSilent(f"{self._name} does not answer.")
        if not certain:
            self._uncertain = None
        return answer

    def _await(self, number: int, session: bytes) -> list[bytes] | None:
        """Return the answer to a line by its number; others are late or not ours and are dropped."""
        for _ in range(64):
            line = self._line.receive(ANSWER)
            if line is None:
                return None
            body = wire.opened(line)
            if body is None:
                continue
            if wire.checked(body, self._key, b"") == b"%d no session" % number:
                return [b"no", b"session"]
            body = wire.checked(body, self._key, session)
            words = body.split(b" ") if body else []
            if len(words) > 1 and words[0] == b"%d" % number:
                return words[1:]
        return None

    def _cut_without_session(self) -> bool:
        """Send the mark that anybody may send; return whether it was heard. It latches a fault."""
        self._line.send(b"!\n")
        for _ in range(64):
            line = self._line.receive(ANSWER)
            if line is None or line == b"!":
                return line is not None
        return False

    def _hello(self) -> None:
        """Begin a session; refused while another host's current flows."""
        token = os.urandom(8).hex().encode()
        self._line.send(wire.sealed(b"1 hello %d %b" % (wire.PROTOCOL, token)))
        answer = self._await(1, token)
        if answer is None:
            raise StimulatorSilent(f"{self._name} does not answer to hello.")
        self._require(answer)
        said = dict(word.partition(b"=")[::2] for word in answer[1:])
        self._name = self._understood(
            lambda: f"{said[b'name'].decode()} (firmware {said[b'firmware'].decode()})"
        )
        self._session, self._number = self._understood(lambda: said[b"session"]), 1
        self._renewed = True

    def _understood(self, read: Callable[[], T]) -> T:
        """Return what an answer says; one that makes no sense is none."""
        try:
            return read()
        except (ArithmeticError, KeyError, ValueError, ValueRefused) as nonsense:
            raise StimulatorSilent(
                f"{self._name} answers what makes no sense: {nonsense!r:.120}."
            ) from nonsense


def figures_of(answer: list[bytes]) -> dict[str, int]:
    """Return the whole numbers among the words of an answer, by name."""
    figures = {}
    for word in answer:
        name, _, value = word.partition(b"=")
        if value.removeprefix(b"-").isdigit():
            figures[name.decode()] = int(value)
    return figures


def _capabilities(name: str, said: dict[str, int]) -> Capabilities:
    return Capabilities(
        name=name,
        max_current=said["current"] / 1e9,
        max_voltage=said["voltage"] / 1e3,
        max_lease=said["lease"] / 1e3,
        min_ramp=said["ramp"] / 1e5,
        end_ramp=said["end"] / 1e5,
        max_charge=said["charge"] / 1e6,
        max_time=said["time"] / 1e5,
        max_phase_charge=said["phase"] / 1e9,
        shortest=said["shortest"] / 1e6,
        slope_steps=said["steps"],
        max_pieces=said["pieces"],
    )
