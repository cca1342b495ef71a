"""A bench current source by SCPI, of the class of the Keithley 6221, over any line.

It has no lease, no meter and no ramp. So current flows only in shots (`scpi_lists`) that the instrument
ends by itself well within the lease, and the host starts the next one; a constant level is never set. So:

- Between two shots nothing flows: a gap, as long as the line and the instrument take. It is measured, not
  assumed, and counted as current that is missing. With a lease of 1 s there is a gap each 0.45 s. On a
  virtual bench, limits of 50 ms of lost contact let a ramp pass at 2 ms a command and stop it at 3 ms.
- Constant current falls to zero and jumps back at every gap, which is felt. It is refused unless
  `SourceSettings.interrupted` says that this is wanted. Its charge is short by gap over 0.45 s.
- Alternating current is played in whole periods of at most 100 points. A ramp is a stair of shots: with a
  ramp of r seconds a step is 0.45 / r of the amplitude, half of it the largest deviation.
- There is no measured current, voltage or impedance. A status tells what was programmed, as long as the
  output is on and the voltage limit (compliance) was not reached. So lost contact shows only as compliance,
  and touching probes not at all; interlocks on what is measured find nothing to judge.

Sources, in our words: the reference manual 622x-901-01, pages 2-4 (interlock), 4-4 and 4-9 (sweeps), 11-16
and 11-17 (status bits), PyMeasure's `keithley6221`, and scripts of laboratories. PyMeasure cuts a current
to the range and says nothing; here it is refused before anything is sent, and what is set is read back. Not
verified, for want of an instrument: that a finished waveform or sweep starts again without being armed
again; how long arming takes (one laboratory waits 0.1 s; then the interlocks stop every ramp); where the
output stands after an abort; that ``*IDN?``, ``:OUTP?`` and ``:SYST:ERR?`` are answered while a shot plays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from microcurrent.delivery.clock import Clock
from microcurrent.delivery.drivers.scpi_instrument import ScpiInstrument
from microcurrent.delivery.drivers.scpi_lists import (
    STEP,
    Setting,
    Shot,
    alternating,
    direct,
    points_of,
    stair,
)
from microcurrent.delivery.gate import beyond
from microcurrent.delivery.sums import Sums
from microcurrent.delivery.transport.line import Line
from microcurrent.errors import StimulatorRefused, StimulatorSilent
from microcurrent.model import Capabilities, Status, Stimulus
from microcurrent.model.checks import finite

#: Longest lease [s], and the share that one shot plays: the next fits in before a renewal at half.
LEASE, SHARE = 1.0, 0.45
#: Time [s] that a shot is given beyond its own: the zero at the end of a list, a clock that is 0.2 % slow.
GUARD = 1e-3
#: Length [s] of a shot where a ramp begins and ends: somewhat above a look of the controller.
GENTLE = 0.15
#: Shortest ramp [s]: four shots, so that no step is more than a quarter.
RAMP = 2.0
#: Time [s] of the descending list or shots, the number of these shots, and the longest time to an end.
DESCENT, DESCENTS, END = 0.5, 4, 1.0
#: Time [s] before the end of a shot from which the next is waited for: a look of the controller, and some.
AHEAD = 0.12
#: Bits of the measurement condition and event: compliance, over-temperature (manual, page 11-16).
COMPLIANCE, HOT = 1 << 3, 1 << 2
#: What ends every current: off first, as the shortest way, and again after the aborts.
OFF = (":OUTP 0", ":SOUR:WAVE:ABOR", ":SOUR:SWE:ABOR", ":OUTP 0", ":SOUR:CURR 0", "*CLS")
#: Time [s] that is rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class SourceSettings:
    """What the source may give.

    `compliance` [V]; `max_current` [A]; `max_charge` [C] net per sitting; `interrupted`: constant current
    is wanted although it falls to zero at every gap.
    """

    compliance: float
    max_current: float = 1e-3
    max_charge: float = 5.0
    interrupted: bool = False

    def __post_init__(self) -> None:
        finite(self, "compliance", self.compliance, minimum=0.1, maximum=105.0)
        finite(self, "max_current", self.max_current, above=0, maximum=0.105)
        finite(self, "max_charge", self.max_charge, above=0)


@dataclass(frozen=True, kw_only=True)
class _Program:
    """A loaded stimulus, the points of its period (none if constant), and the longest shot [s]."""

    stimulus: Stimulus
    points: tuple[float, ...]
    length: float


class ScpiSource:
    """A bench current source; implements `microcurrent.model.Stimulator` and raises as that says."""

    _origin: float | None  # [s] on the clock at which the program began
    _lease_end: float

    def __init__(self, line: Line, clock: Clock, *, settings: SourceSettings) -> None:
        self._instrument, self._clock, self._settings = ScpiInstrument(line, "6221"), clock, settings
        self._line = line
        self._family = ""  # what is armed
        self._state, self._fault = "idle", ""
        self._loaded: _Program | None = None
        self._reset()

    def capabilities(self) -> Capabilities:
        """Return what this source may give; its own words are only its name."""
        words = self._instrument.identity().split(",")
        return Capabilities(
            name=" ".join(word.strip() for word in words[:3]),
            max_current=self._settings.max_current,
            max_voltage=self._settings.compliance,
            max_lease=LEASE,
            min_ramp=RAMP,
            end_ramp=END,
            max_charge=self._settings.max_charge,
        )

    def load(self, stimulus: Stimulus) -> None:
        """Set up the first shot and read it back; the output stays off."""
        if self._state not in ("idle", "armed"):
            raise self._refusal(f"it is {self._state}")
        reasons = beyond(stimulus, self.capabilities())
        constant = stimulus.waveform.is_constant
        if constant and not self._settings.interrupted:
            reasons += ("constant current would fall to zero and jump back every half second",)
        if reasons:
            raise self._refusal("; ".join(reasons) + "; nothing was loaded")
        points = () if constant else points_of(stimulus, SHARE * LEASE)
        program = _Program(stimulus=stimulus, points=points, length=SHARE * LEASE)
        shot = self._shot_of(program, 0.0)
        if shot is None:
            raise self._refusal("the program is shorter than one step or period; nothing was loaded")
        self._off()
        self._state = "idle"
        self._reset()
        for setting in (*self._basics(), *shot.settings):
            self._instrument.set(setting)
        self._loaded, self._state = program, "armed"

    def grant(self, lease: float) -> None:
        """Start the program, or let it go on: shots that are over `lease` [s] from now may be started."""
        if not 0 < lease <= LEASE:
            raise self._refusal(f"it takes leases up to {LEASE:g} s")
        if self._state not in ("armed", "running", "ending"):
            raise self._refusal(f"it is {self._state} and has no program to go on with")
        now = self._clock.now()
        if self._state != "armed":
            if now > self._lease_end:
                self._latch("lease ended: no word from the host")
                raise self._refusal("the lease was over when the next one came; the output is off")
            self._lease_end = now + lease
            self._carry_on()
            return
        old = self._program
        program = _Program(stimulus=old.stimulus, points=old.points, length=SHARE * lease)
        shot = self._shot_of(program, 0.0)
        if shot is None:
            raise self._refusal(f"a lease of {lease:g} s is too short for one step or period")
        self._loaded, self._lease_end = program, now + lease
        if not self._fire(shot):
            raise self._refusal(f"setting it up took longer than a lease of {lease:g} s leaves time for")
        self._origin, self._state = self._begun, "running"

    def end(self) -> None:
        """Go to zero in steps: constant current by a list at once, other shapes by shots after this one.

        Below 8 Hz no period fits such a shot, and the current ends with the present one.
        """
        if self._state != "running":
            if self._state != "ending":
                self.cut()
            return
        self._state = "ending"
        stimulus = self._program.stimulus
        if self._program.points:
            self._descents = DESCENTS
            return
        level = stimulus.current_at(self._elapsed())
        time = min(DESCENT, self._lease_end - self._clock.now() - AHEAD)
        count = max(0, int(time / STEP))
        levels = tuple(level * (1 - (k + 0.5) / count) for k in range(count))
        self._bank()
        if not count or not self._fire(stair(levels, STEP, self._settings.compliance)):
            self.cut()

    def cut(self) -> None:
        """Off at once, read back; a fault stays. Sent whatever is uncertain."""
        # First on this side: whatever becomes of the commands, no status may start another shot.
        if self._state in ("running", "ending"):
            self._stopped = self._clock.now()
        self._state = "fault" if self._fault else "idle"
        self._lease_end = -math.inf
        try:
            self._off()
        except StimulatorRefused:
            self._fault, self._state = self._fault or "its output does not go off", "fault"
            raise

    def clear(self) -> None:
        """Forget a fault, which is kept on this side only; refused unless the output reads off."""
        if self._state not in ("idle", "fault") or self._instrument.number(":OUTP?") != 0:
            raise self._refusal("its output is not off; cut it first")
        self._fault, self._state = "", "idle"

    def status(self) -> Status:
        """Return what is programmed, if output and compliance say that it flows; start what is due next."""
        on = self._instrument.number(":OUTP?") != 0
        bits = int(self._instrument.number(":STAT:MEAS:EVEN?"))
        bits |= int(self._instrument.number(":STAT:MEAS:COND?"))
        at_work = self._state in ("running", "ending")
        stray = on and not at_work
        if stray:
            self._latch("its output is on although nothing was started", off=False)
        elif at_work and bits & (COMPLIANCE | HOT):
            self._latch("voltage at its limit" if bits & COMPLIANCE else "too hot")
        elif at_work and not on:
            self._latch("its output went off by itself: interlock, front panel or restart")
        elif at_work and self._clock.now() > self._lease_end:
            self._latch("lease ended: no word from the host")
        elif at_work:
            self._carry_on()
        return self._report(stray)

    def close(self) -> None:
        """Give the line back."""
        self._line.close()

    # -- shots ------------------------------------------------------------------------------------------

    def _reset(self) -> None:
        """No program has run: sums and times start anew."""
        self._shot: Shot | None = None
        self._done, self._told, self._peak = Sums(), Sums(), 0.0
        self._told_at = self._clock.now()
        self._begun = self._over = self._lease_end = self._stopped = 0.0
        self._origin = None
        self._descents = 0

    @property
    def _program(self) -> _Program:
        if self._loaded is None:
            raise self._refusal("no program is loaded")
        return self._loaded

    def _basics(self) -> tuple[Setting, ...]:
        """Bias zero, the voltage limit, and an output that is not tied to earth."""
        limit = self._settings.compliance
        return (
            Setting(command=":SOUR:CURR 0", ask=":SOUR:CURR?", expect=(0.0,)),
            Setting(command=f":SOUR:CURR:COMP {limit:.9g}", ask=":SOUR:CURR:COMP?", expect=(limit,)),
            Setting(command=":OUTP:LTE 0", ask=":OUTP:LTE?", expect=(0.0,)),
        )

    def _shot_of(self, program: _Program, start: float) -> Shot | None:
        """The shot from `start` [s] into the program; None where nothing is left to play."""
        stimulus, left = program.stimulus, program.stimulus.duration - start
        length = min(program.length, left)
        if self._state != "ending" and program.points:
            # Near zero a step weighs most: so short that no more than a quarter of the current is missing.
            gentle = max(min(start, left / 2), GENTLE, 1 / stimulus.frequency)
            return alternating(stimulus, program.points, start, length=min(length, gentle))
        if self._state != "ending":
            return direct(stimulus, start, length, compliance=self._settings.compliance)
        if not self._descents:
            return None
        share, length = self._descents / (DESCENTS + 1), min(length, DESCENT / DESCENTS)
        return alternating(stimulus, program.points, start, length=length, share=share)

    def _carry_on(self) -> None:
        """Start the next shot when the present one is about to end and the lease covers it."""
        now = self._clock.now()
        left = self._over - now
        if left > AHEAD or self._origin is None:
            return
        shot = self._shot_of(self._program, max(now, self._over) - self._origin)
        if shot is None:
            ending = self._state == "ending"
            ended = self._over if ending else self._origin + self._program.stimulus.duration
            if now >= ended - _ROUNDING:
                self.cut()
            return
        if max(now, self._over) + shot.longest > self._lease_end + _ROUNDING:
            return
        if left > 0:
            self._clock.wait(left)
        self._bank()
        if self._fire(shot) and self._state == "ending":
            self._descents -= 1

    def _fire(self, shot: Shot) -> bool:
        """Set what has changed, arm, start; return False where the lease would no longer cover the shot."""
        try:
            changed = [setting for setting in shot.settings if not self._instrument.holds(setting)]
            if changed and self._family:
                self._instrument.tell(f":SOUR:{self._family}:ABOR")
            for setting in changed:
                self._instrument.set(setting)
            if changed or self._family != shot.family:
                self._instrument.tell(":OUTP 1")
                self._instrument.tell(f":SOUR:{shot.family}:ARM")
                self._family = shot.family
            if self._clock.now() + shot.longest > self._lease_end + _ROUNDING:
                return False
            self._instrument.tell(shot.start)
            said = self._instrument.ask(":SYST:ERR?")
            if not said.startswith(("0,", "+0,")):
                raise self._refusal(f"it does not start: {said}")
        except StimulatorRefused as why:
            self._latch(str(why))
            raise
        except StimulatorSilent:
            # It may flow or not. All of it is counted, and nothing more is started on a guess.
            whole = shot.between(0.0, shot.time)
            self._done, self._peak = self._done.plus(whole), max(self._peak, whole.peak)
            self._latch("it is not certain whether a current was started", off=False)
            self._send_off()
            raise
        self._started(shot)
        return True

    def _started(self, shot: Shot) -> None:
        """Count from the answer: the shot is over by then at the latest."""
        self._shot, self._begun = shot, self._clock.now()
        self._over = self._begun + shot.time + GUARD

    # -- sums -------------------------------------------------------------------------------------------

    def _bank(self) -> None:
        """Put away what the present shot has given until now."""
        now = self._clock.now()
        self._peak = max(self._peak, self._peak_until(now))
        self._done, self._shot = self._flowed(now), None

    def _flowed(self, now: float) -> Sums:
        shot = self._shot
        return self._done if shot is None else self._done.plus(shot.between(0.0, now - self._begun))

    def _peak_until(self, now: float) -> float:
        since = max(0.0, self._told_at - self._begun)
        return 0.0 if self._shot is None else self._shot.between(since, now - self._begun).peak

    def _elapsed(self) -> float:
        if self._origin is None or self._loaded is None:
            return 0.0
        now = self._clock.now() if self._state in ("running", "ending") else self._stopped
        return min(max(now - self._origin, 0.0), self._loaded.stimulus.duration)

    def _report(self, stray: bool) -> Status:
        now = self._clock.now()
        sums, window = self._flowed(now), now - self._told_at
        peak = max(self._peak, self._peak_until(now))
        output = 0.0 if self._shot is None else self._shot.level_at(now - self._begun)
        if stray:  # nobody knows what flows: the most that may
            output = peak = self._settings.max_current
        square = max(0.0, sums.square - self._told.square)
        at_work = self._state in ("running", "ending")
        status = Status(
            time=now,
            state=self._state,
            elapsed=self._elapsed(),
            lease=max(0.0, self._lease_end - now) if at_work else 0.0,
            mean=(sums.net - self._told.net) / window if window > 0 else output,
            rms=math.sqrt(square / window) if window > 0 else abs(output),
            peak=peak,
            commanded_peak=peak,
            net_charge=sums.net,
            absolute_charge=sums.absolute,
            voltage=None,
            impedance=None,
            output=output,
            fault=self._fault,
        )
        self._told, self._told_at, self._peak = sums, now, 0.0
        return status

    # -- off --------------------------------------------------------------------------------------------

    def _latch(self, fault: str, *, off: bool = True) -> None:
        """Keep the first fault and the time of it; the output goes off unless `off` is False."""
        if self._state != "fault":
            self._stopped = self._clock.now()
        self._fault, self._state = self._fault or fault, "fault"
        if off:
            self._off()

    def _send_off(self) -> None:
        for command in OFF:
            self._instrument.tell(command)
        self._instrument.forget()
        self._family = ""

    def _off(self) -> None:
        """Send everything that ends current, then read that the output is off."""
        self._send_off()
        if self._state in ("running", "ending"):
            self._stopped = self._clock.now()
        if self._instrument.number(":OUTP?") != 0:
            raise self._refusal("its output does not go off")
        self._bank()

    def _refusal(self, why: str) -> StimulatorRefused:
        return StimulatorRefused(f"{self._line.name} refuses: {why}.")
