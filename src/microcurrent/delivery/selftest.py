"""Self-test on an artificial skin: a known load, an impedance sweep, each interlock tripped and shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from microcurrent.delivery.clock import Clock
from microcurrent.delivery.zero import ZERO_CURRENT, confirm_off
from microcurrent.errors import OutputNotConfirmedOff, StimulatorRefused, StimulatorSilent
from microcurrent.model import Capabilities, Ramp, Status, Stimulator, Stimulus, shapes
from microcurrent.units import write

#: Currents [A] of the sweep: from a small one in use to half of the limit.
SWEEP = (50e-6, 100e-6, 200e-6, 500e-6)
#: Share by which a resistance may be measured wrong: 1 % resistors, a 10-bit converter, a margin.
RESISTANCE_TOLERANCE = 0.05
#: Share of the charge one way that a balanced current may have left over.
BALANCE_TOLERANCE = 0.01
#: Time [s] between two looks, and longest wait [s] for a fault.
LOOK, PATIENCE = 0.05, 4.0
#: What is broken, and the words that must then stand in the fault.
BREAKS = (
    ("lead_off", "", "open lead"),
    ("short", "", "touch"),
    ("gain", "0.3", "not what is commanded"),
    ("leak", "150000", "not what is commanded"),
    ("drift", "40", "voltage at its limit"),
    ("welded", "", ""),
    ("button", "", "stopped by hand"),
)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check: its `name`, what was `expected`, what `came`, and whether it `passed`; None: not tried."""

    name: str
    expected: str
    came: str
    passed: bool | None


@dataclass(frozen=True, kw_only=True)
class ArtificialSkin:
    """The known load: its `resistance` [ohm]; `breaks(kind, size)` and `mends(kind)` change it.

    Without them, as on hardware that nobody attends, the interlocks that need a broken load are not tried.
    """

    resistance: float
    breaks: Callable[[str, str], None] | None = None
    mends: Callable[[str], None] | None = None


def self_test(stimulator: Stimulator, clock: Clock, skin: ArtificialSkin) -> Iterator[Check]:
    """Yield the checks one by one; each starts from zero and ends there.

    Nobody may be connected: the test ends at the first sign that another load is. Raises `StimulatorSilent`
    where the stimulator does not answer, and `OutputNotConfirmedOff` where it does not end at zero.
    """
    bench = _Bench(stimulator, clock, stimulator.capabilities())
    try:
        rest = bench.zero("at rest")
        yield rest
        if not rest.passed:
            return
        yield from _refusals(bench)
        for current in SWEEP:
            if current * skin.resistance < 0.9 * bench.can.max_voltage and current <= bench.can.max_current:
                measured = bench.sweep(current, skin.resistance)
                yield measured
                if not measured.passed:  # it is not the load that was promised: it may be a person
                    return
        yield bench.balance()
        yield bench.ends("end: zero by a ramp", stimulator.end, bench.can.end_ramp + 2 * LOOK)
        yield bench.ends("cut: zero at once", stimulator.cut, 2 * LOOK)
        yield bench.heartbeat()
        for broken in BREAKS:
            yield bench.interlock(broken, skin)
    finally:
        if not bench.quiet():
            raise OutputNotConfirmedOff(
                f"Zero output of {bench.can.name} could not be read back. Take off what is connected, then "
                "switch the stimulator off."
            )


def _refusals(bench: _Bench) -> Iterator[Check]:
    can = bench.can
    yield bench.refuses("a current above its largest", bench.direct(can.max_current * 1.5))
    if can.min_ramp > 0:
        yield bench.refuses("a ramp shorter than its shortest", bench.direct(100e-6, ramp=can.min_ramp / 2))


class _Bench:
    """The stimulator on the bench: brings it to a current, and back to zero."""

    def __init__(self, stimulator: Stimulator, clock: Clock, can: Capabilities) -> None:
        self.stimulator, self.clock, self.can = stimulator, clock, can

    def direct(self, amplitude: float, *, ramp: float | None = None) -> Stimulus:
        """A direct current that lasts longer than any check."""
        rise = max(self.can.min_ramp, 0.1) if ramp is None else ramp
        return Stimulus(
            waveform=shapes.constant(), amplitude=amplitude, duration=30.0, ramp=Ramp(rise=rise, fall=rise)
        )

    def pulsed(self) -> Stimulus:
        """A balanced current of 300 µs pulses at 30 Hz."""
        rise = max(self.can.min_ramp, 0.1)
        return Stimulus(
            waveform=shapes.biphasic(width=0.009), amplitude=300e-6, duration=30.0, frequency=30.0,
            ramp=Ramp(rise=rise, fall=rise),
        )  # fmt: skip

    # -- checks ------------------------------------------------------------------------------------

    def zero(self, when: str) -> Check:
        off = self.quiet()
        return Check(name=f"zero {when}", expected="zero, read twice", came="zero" if off else "not zero",
                     passed=off)  # fmt: skip

    def refuses(self, what: str, stimulus: Stimulus) -> Check:
        try:
            self.stimulator.load(stimulus)
        except StimulatorRefused as refused:
            return Check(name=f"refuses {what}", expected="refused", came=str(refused), passed=True)
        self.quiet()
        return Check(name=f"refuses {what}", expected="refused", came="taken", passed=False)

    def sweep(self, current: float, ohms: float) -> Check:
        """Measure the load at one current."""
        status = self._reach(self.direct(current))
        self.quiet()
        measured = status.impedance
        right = (
            measured is not None
            and abs(measured / ohms - 1) <= RESISTANCE_TOLERANCE
            and abs(status.mean / current - 1) <= RESISTANCE_TOLERANCE
        )
        came = (
            f"{write(status.mean, 'current')}, {write(measured, 'resistance') if measured else 'nothing'}"
        )
        return Check(
            name=f"impedance at {write(current, 'current')}", passed=right, came=came,
            expected=f"{write(current, 'current')}, {write(ohms, 'resistance')} within 5 %",
        )  # fmt: skip

    def balance(self) -> Check:
        self._reach(self.pulsed(), more=1.0)
        status = self.stimulator.status()
        self.quiet()
        share = abs(status.net_charge) / status.absolute_charge if status.absolute_charge else 1.0
        return Check(
            name="a balanced current has no direct part", expected="at most 1 % left over",
            came=f"{write(share, 'fraction')} of {write(status.absolute_charge, 'charge')}",
            passed=share <= BALANCE_TOLERANCE,
        )  # fmt: skip

    def ends(self, name: str, how: Callable[[], None], within: float) -> Check:
        self._reach(self.direct(200e-6))
        began = self.clock.now()
        how()
        status = self._until(lambda status: abs(status.output) <= ZERO_CURRENT, grant=True)
        took = self.clock.now() - began
        self.quiet()
        off = abs(status.output) <= ZERO_CURRENT
        return Check(name=name, expected=f"zero within {write(within + LOOK, 'time')}",
                     came=f"{'zero' if off else 'current'} after {write(took, 'time')}",
                     passed=off and took <= within + LOOK)  # fmt: skip

    def heartbeat(self) -> Check:
        """Grant nothing more: the current must end by itself."""
        self._reach(self.direct(200e-6))
        began = self.clock.now()
        status = self._until(lambda status: status.state != "running", grant=False)
        took = self.clock.now() - began
        self.quiet()
        passed = status.state == "fault" and took <= self.can.max_lease + 2 * LOOK
        return Check(name="no word from the host", passed=passed, came=_seen(status, took),
                     expected=f"zero within {write(self.can.max_lease, 'time')} by itself")  # fmt: skip

    def interlock(self, broken: tuple[str, str, str], skin: ArtificialSkin) -> Check:
        """Break the load and wait for the fault that must follow."""
        kind, size, words = broken
        name = f"interlock: {kind.replace('_', ' ')}"
        expected = f"off, {words}" if words else "the fault is seen when the current should end"
        if skin.breaks is None or skin.mends is None:
            return Check(name=name, expected=expected, came="not tried", passed=None)
        self._reach(self.direct(200e-6))
        began = self.clock.now()
        skin.breaks(kind, size)
        if kind == "welded":  # shows only when zero is wanted
            self.stimulator.cut()
        status = self._until(lambda status: status.state == "fault", grant=True)
        took = self.clock.now() - began
        skin.mends(kind)
        self.quiet()
        passed = status.state == "fault" and words in status.fault
        return Check(name=name, expected=expected, came=_seen(status, took), passed=passed)

    # -- how ---------------------------------------------------------------------------------------

    def quiet(self) -> bool:
        """Cut, read zero back, and clear what has latched."""

        def cut() -> bool:
            try:
                self.stimulator.cut()
            except (StimulatorSilent, StimulatorRefused):
                return False
            return True

        def read() -> Status | None:
            try:
                return self.stimulator.status()
            except StimulatorSilent:
                return None

        off = confirm_off(cut, read, clock=self.clock, patience=PATIENCE)
        if off:
            self.stimulator.clear()
        return off

    def _reach(self, stimulus: Stimulus, *, more: float = 0.3) -> Status:
        """Start a program and return the status some time after its ramp."""
        self.stimulator.load(stimulus)
        until = self.clock.now() + stimulus.ramp.rise + more
        status = self.stimulator.status()
        while self.clock.now() < until:
            self.stimulator.grant(self.can.max_lease)
            self.clock.wait(LOOK)
            status = self.stimulator.status()
            if status.state != "running":
                raise StimulatorRefused(
                    f"{self.can.name} went to {status.state} by itself: "
                    f"{status.fault or 'no reason given'}. Is the load connected?"
                )
        return status

    def _until(self, done: Callable[[Status], bool], *, grant: bool) -> Status:
        began = self.clock.now()
        while True:
            self.clock.wait(LOOK)
            status = self.stimulator.status()
            if done(status) or self.clock.now() - began > PATIENCE:
                return status
            if grant and status.state == "running":
                self.stimulator.grant(self.can.max_lease)


def _seen(status: Status, took: float) -> str:
    return f"{status.fault or status.state}, {write(took, 'time')} later"
