"""Stimjim, an open stimulator for laboratories: bounded trains that the host arms again, one after another.

The device has no lease and no word for one. So a lease is cut into trains of at most 0.24 s: it ends each
by itself, and the next is armed only while a lease lasts. See `stimjim_trains` for what a train is and for
its error, and `stimjim.quality.toml` for what is not protected.

Facts and where they stand, in the repository open-ephys/stimjim at commit d3ee6ad:

- `stimjimPulser/stimjimPulser.ino`: the commands S, T, M, E, R and D, each line ended by a line feed and
  answered in text; 100 trains of 10 stages, neither checked against overrun; a pulse is waited out where
  nothing else is heard, the first in the main loop, the others in an interrupt; after each pulse the
  output is joined to ground; a train that has run prints the mean of one reading per stage and pulse; T
  while a train runs replaces it at the end of its pulse, and the report is lost; T-1 stops likewise.
- `lib/stimjim/src/Stimjim.h`, `Stimjim.cpp`: 0.1017 µA a step of the 16-bit converter, 0.85 µA a step of
  the reading; modes 0 voltage, 1 current, 2 open, 3 ground; the offset of the current source is found at
  power-on with the output at ground, and the current is sensed even then, but before the switch.
- `README.md`: 3.33 mA, 13.7 V, pulses from 0.02 ms. Larger numbers wrap round in the converter.
- `gui/stimPulserClient.py`: another speed of the port than in the firmware; over USB neither counts.

From PaulStoffregen/cores, `teensy3`: a text of less than 64 bytes is sent after 5 ms; the USB has lower
priority than the pulses. Not verified, for want of hardware: how long the device takes to read a line,
which terminal is positive, and that its clock and the host's agree.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NoReturn

from microcurrent.delivery.clock import Clock
from microcurrent.delivery.drivers.stimjim_trains import (
    LEAST,
    LONGEST,
    NOISE_CURRENT,
    SHORTEST,
    Ears,
    Error,
    Fall,
    Flight,
    Train,
    count,
    ends,
    error_of,
    refusals,
    train_of,
)
from microcurrent.delivery.gate import ROUNDING, beyond
from microcurrent.delivery.sums import Sums
from microcurrent.delivery.transport.line import Line
from microcurrent.errors import StimulatorRefused, StimulatorSilent
from microcurrent.model import Capabilities, Status, Stimulus

#: Time [s] that an answer may take: a pulse of the lowest frequency, in which nothing is heard, and 50 ms.
ANSWER = 0.15
#: Time [s] that a command may be on its way.
TRAVEL = 0.01
#: Gap [s] between two trains that is expected before one is measured: the way there and back over USB.
GAP = 0.005
#: Lateness [s] after which a train that was prepared no longer fits the program.
LATE = 0.02
#: Voltage [mV] that counts as zero: four steps of its reading.
NOISE_VOLTAGE = 10
#: Reading of the grounded output [steps] that says that the board is broken: its converter is at its end.
BROKEN = 4000
#: Largest current [A], direct charge [C] and time [s] of a sitting: where stimulators of this project end
#: in every mode. The converter itself would reach 3.33 mA.
MOST_CURRENT, MOST_CHARGE, MOST_TIME = 1.0e-3, 4.8, 3600.0
#: Voltage [V] that a current can have, and shortest stage [s], by the maker.
MOST_VOLTAGE, SHORTEST_STAGE = 13.7, 20e-6
#: Longest lease [s]: four trains; and shortest ramp [s], which four trains draw in 16 levels.
MOST_LEASE = RAMP = 1.0
#: Shortest lease [s]: renewed at half, a look and a wait later, it must still hold a train.
LEAST_LEASE = 0.6

#: First words of a new session: no train runs, no input starts one, both outputs are at ground.
_HELLO = b"T-1\nU-1\nR0,-1,0\nR1,-1,0\nM1,3\nM0,3\nD\n"
_STOP = b"T-1\nM0,3\n"
_READ = b"E0,1\nE0,0\n"


class StimjimStimulator:
    """A Stimjim on its stock firmware; implements `microcurrent.model.Stimulator`, with channel 0.

    `line` to it; `clock` of the host, which also dates what was measured: the device has none. It measures
    a train when that has ended, so figures are up to 0.24 s old, and `elapsed` is how far they reach. It
    cannot measure voltage while current flows: it and the impedance are None then. Faults are kept
    here. After a lost answer nothing is sent but a cut.
    """

    def __init__(self, line: Line, clock: Clock) -> None:
        self._line, self._clock = line, clock
        self._name = f"Stimjim on {line.name}"
        self._greeted = False
        self._uncertain = ""  # why it is not known what the device does
        self._state, self._fault = "idle", ""
        self._figures: tuple[int, ...] = ()  # of the last line that was understood
        self._ears = Ears()
        self._slots: dict[int, tuple[int, ...]] = {}  # what the device says that it holds
        self._gap, self._gaps = 0.0, 0
        self._program: Stimulus | None = None
        self._next: tuple[int, Train] | None = None
        self._flight: Flight | None = None
        self._ended: Flight | None = None  # complete, its means on their way
        self._fall: Fall | None = None
        self._planned = self._began = self._lease_ends = 0.0
        self._elapsed, self._total, self._window = 0.0, Sums(), Sums()  # the window: since the last news
        self._last: Status = self._made(0.0, None)

    # -- the commands --------------------------------------------------------------------------------

    def capabilities(self) -> Capabilities:
        """Return what the board can do, and no more than this project gives."""
        self._greet()
        return Capabilities(
            name=self._name, max_current=MOST_CURRENT, max_voltage=MOST_VOLTAGE,
            max_lease=MOST_LEASE, min_ramp=RAMP, end_ramp=RAMP, max_charge=MOST_CHARGE,
            max_time=MOST_TIME, shortest=SHORTEST_STAGE,
        )  # fmt: skip

    def load(self, stimulus: Stimulus) -> None:
        """Write the first train into the device, and read it back; nothing flows."""
        self._require()
        if self._state != "idle":
            raise StimulatorRefused(f"{self._name} is {self._state}; it loads a program while idle.")
        reasons = (*beyond(stimulus, self.capabilities()), *refusals(stimulus))
        if reasons:
            raise StimulatorRefused(f"{self._name} refuses the program: " + "; ".join(reasons) + ".")
        self._restart()
        self._program = stimulus
        self._prepare(0.0, LONGEST)
        self._await_echo()
        self._state = "armed"

    def grant(self, lease: float) -> None:
        """Start the first train, or allow more of them: none that would outlast `lease` [s] from now."""
        self._require()
        if not LEAST_LEASE * (1 - ROUNDING) <= lease <= MOST_LEASE * (1 + ROUNDING):
            raise StimulatorRefused(
                f"{self._name} grants leases of {LEAST_LEASE:g} to {MOST_LEASE:g} s, asked for {lease:g} s."
            )
        if self._program is None:
            raise StimulatorRefused(f"{self._name} is {self._state} and has no program to run.")
        self._lease_ends = self._clock.now() + lease
        if self._state == "armed":
            self._began = self._clock.now()
            self._state = "running"
            self._go_on(self._program)

    def end(self) -> None:
        """Fall to zero over `end_ramp`, from the end of the train that runs."""
        self._require()
        if self._state == "armed":
            self._over("idle")
        elif self._state == "running":
            flight = self._flight
            start = flight.start + flight.train.length if flight else self._clock.now() - self._began
            self._fall, self._next, self._state = Fall(start=start, length=RAMP), None, "ending"

    def cut(self) -> None:
        """Stop and join to ground. The device hears it between two pulses: in 0.24 s at the latest."""
        if not self._greeted:
            self._greet()
            return
        self._drain()
        flight, longest = self._flight, LONGEST if self._uncertain else 0.0
        wait = max(flight.due - self._clock.now(), 0.0) if flight else longest
        self._line.send(_STOP)
        self._await("stopped", wait + ANSWER)
        self._await("ground", ANSWER)
        self._uncertain = ""
        for unmeasured in (self._ended, self._flight):
            if unmeasured is not None:
                self._assume(unmeasured)
        self._over("fault" if self._fault else "idle")

    def clear(self) -> None:
        """Forget a fault, once a person has looked; refused unless zero is read."""
        self._require()
        if self._state == "fault":
            if self._at_rest().output:
                raise StimulatorRefused(f"{self._name} has a current that does not end.")
            self._state, self._fault = "idle", ""

    def status(self) -> Status:
        """Return what was measured up to the end of the last train, or read zero; arm the next train."""
        self._require()
        self._drain()
        if self._state in ("running", "ending"):
            self._attend()
            lease = max(0.0, self._lease_ends - self._clock.now()) if self._program else 0.0
            return replace(self._last, state=self._state, lease=lease, fault=self._fault)
        return self._at_rest()

    def close(self) -> None:
        """Give the line back."""
        self._line.close()

    @property
    def gap(self) -> float:
        """Mean time [s] from the end of a train to the start of the next, as measured; 5 ms before any."""
        return self._gap / self._gaps if self._gaps else GAP

    def error(self, stimulus: Stimulus) -> Error:
        """Return the error that this device makes of a program, with the gaps measured so far."""
        return error_of(stimulus, self.gap)

    # -- one train after another -----------------------------------------------------------------------

    def _attend(self) -> None:
        """Wait for the end of a train that is near, and start the next."""
        if self._flight is not None:
            left = self._flight.due - self._clock.now()
            if left > LEAST:
                return
            self._await("complete", max(left, 0.0) + ANSWER)
        if self._program is not None:
            self._go_on(self._program)

    def _go_on(self, program: Stimulus) -> None:
        """Start the next train, unless the program or the lease is over."""
        now = self._clock.now()
        position, lease = now - self._began, self._lease_ends - now - TRAVEL
        stop = ends(program, self._fall)
        if stop - position < SHORTEST or lease < SHORTEST:
            self._await_means()
            if stop - position < SHORTEST:
                self._elapsed = stop
                self._over("idle")
            else:
                self._fault = "lease ended: no word from the host"
                self._over("fault")
            self._last = replace(self._last, elapsed=self._elapsed, output=0.0)
            return
        if self._next is None or abs(self._planned - position) > LATE or self._next[1].length > lease:
            self._prepare(position, min(LONGEST, lease))
        self._await_echo()
        self._launch()
        after = self._flight.start + self._flight.train.length if self._flight else position
        self._prepare(after + self.gap, LONGEST)

    def _launch(self) -> None:
        """Start the train that is ready. What the last one measured is on its way meanwhile."""
        if self._next is None:
            raise StimulatorSilent(f"{self._name} has no train.")
        slot, train = self._next
        ended, now = self._ended, self._clock.now()
        if ended is not None:
            self._gap, self._gaps = self._gap + now - ended.due, self._gaps + 1
        self._line.send(b"T%d\n" % slot)
        self._flight = Flight(train=train, slot=slot, start=now - self._began, sent=now)
        self._await("started", ANSWER)
        if self._figures != (slot,) or self._ended is not None:
            self._doubt("has started another train, or not said what the last one gave")

    def _prepare(self, start: float, longest: float) -> None:
        """Write the train for `start` [s] into the slot that is not in use, unless it is there."""
        if self._program is None or ends(self._program, self._fall) - start < SHORTEST:
            self._next = None
            return
        train = train_of(self._program, start, longest, fall=self._fall)
        self._planned = start
        used = self._flight.slot if self._flight else 1
        held = [slot for slot in (used, 1 - used) if self._slots.get(slot) == train.figures]
        if not held:
            self._slots.pop(1 - used, None)
            self._line.send(train.words(1 - used))
        self._next = (held[0] if held else 1 - used, train)

    def _await_echo(self) -> None:
        """Wait until the device says that it holds the train that is ready: nothing runs on a guess."""
        while self._next is not None and self._slots.get(self._next[0]) != self._next[1].figures:
            self._await("echo", ANSWER)

    def _await_means(self) -> None:
        if self._ended is not None:
            self._await("measured", ANSWER)

    # -- what it says ----------------------------------------------------------------------------------

    def _greet(self) -> None:
        """Stop whatever an earlier host has left, and look whether this is a Stimjim that works."""
        if self._greeted:
            return
        self._drain()
        self._line.send(_HELLO)
        self._await("offset", LONGEST + ANSWER)
        if abs(self._figures[0]) >= BROKEN:
            raise StimulatorRefused(f"{self._name} reads its grounded output as {self._figures[0]} steps.")
        self._await("hello", ANSWER)
        self._greeted, self._uncertain = True, ""

    def _require(self) -> None:
        self._greet()
        if self._uncertain:
            raise StimulatorSilent(f"{self._name} {self._uncertain}; only a cut is sent until it answers.")

    def _doubt(self, why: str) -> NoReturn:
        self._uncertain = why
        raise StimulatorSilent(f"{self._name} {why}.")

    def _await(self, kind: str, seconds: float) -> None:
        """Listen until a line of this kind; without one, it is uncertain what the device does."""
        until = self._clock.now() + seconds
        while (left := until - self._clock.now()) > 0:
            line = self._line.receive(left)
            if line is None:
                break
            heard = self._hear(line)
            if heard == kind:
                return
            if heard == "boot":
                raise StimulatorSilent(f"{self._name} has restarted.")
        self._doubt(f"does not answer ({kind})")

    def _drain(self) -> None:
        while (line := self._line.receive(0.001)) is not None:
            self._hear(line)

    def _hear(self, line: bytes) -> str:
        """Take a line in and return its kind; what is not understood is none."""
        kind, self._figures = self._ears.take(line)
        if kind == "boot" and self._greeted:
            self._fault, self._slots = "it has restarted", {}
            self._over("fault")
        elif kind == "complete" and self._flight is not None:
            self._ended, self._flight = self._flight, None
            self._ended.pulses = self._figures[0]
        elif kind == "stage" and self._ended is not None:
            return self._stage(self._ended)
        elif kind == "echo":
            self._slots[self._figures[0]] = self._figures[1:]
        return kind

    def _stage(self, ended: Flight) -> str:
        """Take a mean in; those of a whole train are counted."""
        if self._figures[0] != len(ended.means):
            return "stage"
        ended.means.append(self._figures[1])
        if len(ended.means) < len(ended.train.stages):
            return "stage"
        self._ended = None
        currents = ended.train.measured(ended.means)
        self._count(ended, currents, ended.pulses)
        self._reach(ended.start + ended.train.length)
        self._last = self._made(currents[-1], None)
        return "measured"

    def _assume(self, flight: Flight) -> None:
        """Count a train that was cut as if it had flowed until now: its measured means are lost."""
        share = min(1.0, (self._clock.now() - flight.sent) / flight.train.length)
        currents = [stage.current / 1e6 for stage in flight.train.stages]
        self._count(flight, currents, share * flight.train.pulses)
        self._reach(flight.start + share * flight.train.length)

    def _count(self, flight: Flight, currents: list[float], pulses: float) -> None:
        for sums in (self._total, self._window):
            count(sums, flight.train, currents, pulses=pulses)

    def _reach(self, elapsed: float) -> None:
        """Bring the news up to a time [s] into the program; a gap before a train counts as its rest."""
        most = ends(self._program, self._fall) if self._program else elapsed
        elapsed = max(self._elapsed, min(elapsed, most))
        self._window.time += elapsed - self._elapsed
        self._elapsed = elapsed

    def _at_rest(self) -> Status:
        """Read current and voltage of the output, which no train drives."""
        self._line.send(_READ)
        self._await("current", ANSWER)
        current = self._figures[0]
        self._await("voltage", ANSWER)
        voltage = self._figures[0]
        if abs(voltage) > NOISE_VOLTAGE:
            raise StimulatorRefused(f"{self._name} reads {voltage} mV: its output is not at ground.")
        # The reading is before the switch, and its last steps are noise: at ground they reach nobody.
        self._last = self._made(0.0 if abs(current) <= NOISE_CURRENT else current / 1e6, voltage / 1e3)
        return self._last

    def _made(self, output: float, voltage: float | None) -> Status:
        """Return what has flowed since the last status that was made; the peaks and means begin anew."""
        window, self._window = self._window, Sums()
        lasted = window.time > 0
        return Status(
            time=self._clock.now(), state=self._state, elapsed=self._elapsed, lease=0.0,
            mean=window.net / window.time if lasted else output,
            rms=math.sqrt(window.square / window.time) if lasted else abs(output),
            peak=max(window.peak, abs(output)), commanded_peak=window.commanded,
            net_charge=self._total.net, absolute_charge=self._total.absolute,
            voltage=None if voltage is None else abs(voltage),
            impedance=None, output=output, fault=self._fault,
        )  # fmt: skip

    def _over(self, state: str) -> None:
        """No train runs, and none will."""
        self._state = state
        self._program = self._next = self._flight = self._ended = self._fall = None
        self._planned = self._began = self._lease_ends = 0.0

    def _restart(self) -> None:
        self._elapsed, self._total, self._window = 0.0, Sums(), Sums()
        self._last = self._made(0.0, None)
