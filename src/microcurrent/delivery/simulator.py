"""SimulatedStimulator: a stimulator in software that keeps its own limits, with faults to order.

It stands for the device, not for the host: its lease, its limits and its reaction to an open lead
are its own and work when nobody calls. Between two calls it integrates the program exactly. Time
is that of the clock it is given; nothing happens in the background, each call first brings the
device up to now.
"""

from __future__ import annotations

import math
from dataclasses import replace

from microcurrent.delivery.clock import Clock
from microcurrent.delivery.faults import Fault, active, added, growth
from microcurrent.delivery.gate import ROUNDING, beyond
from microcurrent.delivery.load import SkinLoad
from microcurrent.delivery.peak import last_below, peak_between
from microcurrent.delivery.sums import Sums
from microcurrent.errors import StimulatorRefused, StimulatorSilent
from microcurrent.model import Capabilities, Ramp, Status, Stimulus
from microcurrent.model.checks import finite
from microcurrent.units import write

#: Impedance [ohm] of two probes that touch, or of a film of water between them.
_SHORTED = 10.0
#: Longest stretch [s] over which a drifting gain or impedance counts as constant.
_TICK = 0.1


class SimulatedStimulator:
    """A stimulator in software; implements `microcurrent.model.Stimulator`.

    `clock`; `capabilities` that it enforces itself; `load` on its electrodes; `faults` to order;
    `reaction` [s]: time from an open lead to zero. A current that would pass its largest current or
    voltage is cut at the moment it would. Faults latch until `clear`. The lease holds while a current
    ends, too: without word from the host it is cut.
    """

    def __init__(self, clock: Clock, *, capabilities: Capabilities, load: SkinLoad,
                 faults: tuple[Fault, ...] = (), reaction: float = 0.05) -> None:  # fmt: skip
        finite(self, "reaction", reaction, above=0)
        self._clock, self._capabilities, self._skin = clock, capabilities, load
        self._made = clock.now()
        self._faults, self._reaction = faults, reaction
        # `_delivered`: sum of |net charge| of earlier programs
        self._time = self._born = self._held = self._delivered = 0.0
        self._open_since: float | None = None
        self._program: Stimulus | None = None
        self._snapshot: Status | None = None
        self._state, self._fault = "idle", ""
        self._total, self._window = Sums(), Sums()
        self._restart()

    # -- the commands --------------------------------------------------------------------------

    def capabilities(self) -> Capabilities:
        """Return what this stimulator can do."""
        self._hear()
        return self._capabilities

    def load(self, stimulus: Stimulus) -> None:
        """Take a program while idle; `StimulatorRefused` if busy or if it passes the capabilities."""
        self._hear()
        if self._state != "idle":
            raise StimulatorRefused(f"{self._name} is {self._state}; it loads a program while idle.")
        reasons = list(beyond(stimulus, self._capabilities))
        charge = self._delivered + abs(self._total.net) + abs(stimulus.net_charge)
        if charge > self._capabilities.max_charge * (1 + ROUNDING):
            reasons.append(f"with this program, {write(charge, 'charge')} would have flowed one way")
        if self._held:
            reasons.append("the output is not zero")
        if reasons:
            raise StimulatorRefused(f"{self._name} refuses the program: " + "; ".join(reasons) + ".")
        self._delivered += abs(self._total.net)
        self._total = Sums()
        self._elapsed = 0.0
        self._program = stimulus
        self._impedance = self._skin.peak_impedance(stimulus)
        self._state = "armed"

    def grant(self, lease: float) -> None:
        """Start the loaded program, or let it go on, for `lease` [s] from now and no longer."""
        self._hear()
        if not 0 < lease <= self._capabilities.max_lease * (1 + ROUNDING):
            raise StimulatorRefused(
                f"{self._name} grants leases up to {write(self._capabilities.max_lease, 'time')}, "
                f"asked for {lease:g} s."
            )
        if self._program is None:
            raise StimulatorRefused(f"{self._name} is {self._state} and has no program to run.")
        if self._state == "armed":
            self._state, self._began = "running", self._time
            self._ends = self._time + self._program.duration
        self._lease_ends = self._time + lease
        self._guard()

    def end(self) -> None:
        """Ramp to zero over `end_ramp` or faster if the program does, then idle."""
        self._hear()
        if self._state == "armed":
            self._off("idle")
        if self._state != "running" or self._program is None:
            return
        program, elapsed = self._program, self._elapsed
        level = program.ramp.value_at(elapsed, program.duration)
        fall = level * self._capabilities.end_ramp
        if fall <= 0:
            self._off("idle")
            return
        self._state = "ending"
        if elapsed + fall < program.duration:
            self._program = replace(
                program, amplitude=program.amplitude * level, duration=elapsed + fall,
                ramp=Ramp(rise=0.0, fall=fall),
            )  # fmt: skip
            self._ends = self._time + fall

    def cut(self) -> None:
        """Zero at once, then idle; a fault that has latched stays."""
        self._hear()
        self._off("fault" if self._state == "fault" else "idle", self._fault)

    def clear(self) -> None:
        """Forget a latched fault; `StimulatorRefused` while the output is not zero."""
        self._hear()
        if self._held:
            raise StimulatorRefused(f"{self._name} has a current that does not end.")
        if self._state == "fault":
            self._off("idle")

    def status(self) -> Status:
        """Return what this stimulator measures; the peaks and means begin anew."""
        self._hear()
        if self._broken("frozen"):
            self._snapshot = self._snapshot or self._measure()
            return self._snapshot
        self._snapshot = None
        return self._measure()

    # -- what a bench would see ----------------------------------------------------------------

    @property
    def output(self) -> float:
        """Current [A] through the load now: an instrument of the bench, not of the host."""
        self._advance()
        return self._current()

    @property
    def envelope(self) -> float:
        """Largest current [A] that the output could have about now, whatever the phase of a pulse."""
        self._advance()
        if self._held:
            return abs(self._held)
        if not self._flowing or self._program is None or self._open:
            return 0.0
        slow = abs(self._program.envelope_at(self._elapsed))
        return self._program.amplitude * slow * self._gain + abs(self._leak)

    def order(self, fault: Fault) -> None:
        """Break something more, at `fault.start` or, if that is past, now."""
        self._advance()
        if fault.start < self._time:
            later = math.nextafter(self._time, math.inf)
            fault = replace(fault, start=self._time, stop=max(fault.stop, later))
        self._faults = (*self._faults, fault)
        if fault.kind == "reset" and fault.start == self._time:
            self._reset()
        self._guard()

    # -- time ----------------------------------------------------------------------------------

    def _hear(self) -> None:
        """Bring the device up to now; raise where nothing gets through."""
        self._advance()
        if self._broken("silent"):
            raise StimulatorSilent(f"{self._name} does not answer.")

    def _advance(self) -> None:
        now = self._clock.now() - self._made
        while self._time < now:
            before = self._time
            self._time = self._flow(self._next(now))
            if self._flowing:
                self._elapsed = self._time - self._began
            self._happen(before)
            self._guard()

    def _next(self, now: float) -> float:
        """Return the next moment [s] at which anything changes, at most `now`."""
        moments = [now, *(t for fault in self._faults for t in (fault.start, fault.stop))]
        if self._flowing:
            moments += [self._lease_ends, self._ends]
            if self._open and self._open_since is None:
                self._open_since = self._time
            if self._open_since is not None:
                moments.append(self._open_since + self._reaction)
            if self._broken("drift") or self._broken("gain"):
                moments.append(self._time + _TICK)
        return min(moment for moment in moments if moment > self._time)

    def _happen(self, before: float) -> None:
        """Let happen what is due at the present moment, harm first."""
        if any(f.kind == "reset" and before < f.start <= self._time for f in self._faults):
            self._reset()
        if self._held and not self._broken("stuck"):
            self._held = 0.0
        if not self._flowing:
            return
        if not self._open:
            self._open_since = None
        if self._time >= self._ends:
            self._elapsed = self._program.duration if self._program else 0.0
            self._off("idle")
        elif self._time >= self._lease_ends:
            self._off("fault", "lease ended: no word from the host")
        elif self._open_since is not None and self._time >= self._open_since + self._reaction:
            self._contact_lost()

    def _contact_lost(self) -> None:
        """An open lead shows only while current is commanded; in a rest the wait begins anew."""
        since = self._time - self._reaction - self._began
        if self._program and peak_between(self._program, since, self._elapsed) > 0:
            self._off("fault", "open lead")
        else:
            self._open_since = None

    # -- current -------------------------------------------------------------------------------

    def _flow(self, stop: float) -> float:
        """Let current flow until `stop` or until it would pass a limit; return when that was."""
        if self._held:
            span = stop - self._time
            charge = self._held * span
            self._count(Sums(time=span, net=charge, absolute=abs(charge), square=charge * self._held,
                              peak=abs(self._held), voltage=abs(self._held) * self._ohms))  # fmt: skip
            return stop
        program = self._program
        if not self._flowing or program is None:
            self._count(Sums(time=stop - self._time))
            return stop
        start, end = self._elapsed, stop - self._began
        if self._open:
            commanded = peak_between(program, start, end)
            voltage = self._capabilities.max_voltage if commanded else 0.0
            self._count(Sums(time=stop - self._time, commanded=commanded, voltage=voltage))
            return stop
        gain, leak = self._gain, abs(self._leak)

        def worst(until: float) -> float:
            return gain * peak_between(program, start, until) + leak

        most, why = self._most()
        if worst(end) > most * (1 + ROUNDING):
            end = last_below(worst, start, end, level=most)
            stop = self._began + end
            if end > start:
                self._count(self._between(program, start, end))
            self._elapsed = end
            self._trip(why, most)
            return stop
        self._count(self._between(program, start, end))
        return stop

    def _between(self, program: Stimulus, start: float, stop: float) -> Sums:
        """Return what flows between two times [s] into the program; exact but for a leak's |charge|."""
        gain, leak, span = self._gain, self._leak, stop - start
        net = gain * program.charge_between(start, stop)
        commanded = peak_between(program, start, stop)
        peak = gain * commanded + abs(leak)
        return Sums(
            time=span,
            net=net + leak * span,
            absolute=gain * program.absolute_charge_between(start, stop) + abs(leak) * span,
            square=gain**2 * program.square_between(start, stop) + 2 * leak * net + leak**2 * span,
            peak=peak,
            commanded=commanded,
            voltage=peak * self._ohms,
        )

    def _guard(self) -> None:
        """Cut at once where a fault that starts now lifts the current above what may flow."""
        if self._flowing and not self._open and self._program is not None:
            most, why = self._most()
            now = peak_between(self._program, self._elapsed, self._elapsed)
            if self._gain * now + abs(self._leak) > most * (1 + ROUNDING):
                self._trip(why, most)

    def _trip(self, why: str, most: float) -> None:
        reached = min(most * self._ohms, self._capabilities.max_voltage)
        self._window.voltage = max(self._window.voltage, reached)
        self._off("fault", why)

    def _most(self) -> tuple[float, str]:
        """Return the largest current [A] that may flow now, and what is wrong above it."""
        by_voltage = self._capabilities.max_voltage / self._ohms
        if by_voltage < self._capabilities.max_current:
            return by_voltage, "voltage at its limit"
        return self._capabilities.max_current, "current at its limit"

    def _off(self, state: str, fault: str = "") -> None:
        """Make the output zero, unless it is stuck: then it stays at its envelope."""
        if self._broken("stuck"):
            if self._flowing and self._program is not None:
                self._held = self._program.amplitude * self._program.envelope_at(self._elapsed)
        else:
            self._held = 0.0
        self._state, self._fault = state, fault
        self._program, self._open_since, self._lease_ends = None, None, 0.0

    # -- how -----------------------------------------------------------------------------------

    def _reset(self) -> None:
        self._off("idle")
        self._born = self._time
        self._restart()

    def _restart(self) -> None:
        self._state, self._fault = "idle", ""
        self._program = None
        self._elapsed = self._began = self._ends = self._lease_ends = 0.0
        self._open_since = None
        self._impedance = self._skin.series + self._skin.parallel
        self._total, self._window = Sums(), Sums()

    def _count(self, sums: Sums) -> None:
        self._total.add(sums)
        self._window.add(sums)

    def _measure(self) -> Status:
        window, output = self._window, self._current()
        self._window = Sums()
        peak = window.peak if window.time else abs(output)
        return Status(
            time=self._time - self._born,
            state=self._state,
            elapsed=self._elapsed,
            lease=max(0.0, self._lease_ends - self._time) if self._flowing else 0.0,
            mean=window.net / window.time if window.time else output,
            rms=math.sqrt(max(window.square, 0.0) / window.time) if window.time else abs(output),
            peak=peak,
            commanded_peak=window.commanded if window.time else self._commanded,
            net_charge=self._total.net,
            absolute_charge=self._total.absolute,
            voltage=window.voltage,
            impedance=window.voltage / peak if peak > 0 else None,
            output=output,
            fault=self._fault,
        )

    def _current(self) -> float:
        if self._held:
            return self._held
        if not self._flowing or self._program is None or self._open:
            return 0.0
        return self._gain * self._program.current_at(self._elapsed) + self._leak

    def _broken(self, kind: str) -> bool:
        return active(self._faults, kind, self._time)

    @property
    def _commanded(self) -> float:
        program = self._program if self._flowing else None
        return abs(program.current_at(self._elapsed)) if program else 0.0

    @property
    def _name(self) -> str:
        return self._capabilities.name

    @property
    def _flowing(self) -> bool:
        return self._state in ("running", "ending")

    @property
    def _open(self) -> bool:
        return self._broken("lead_off") or self._broken("open")

    @property
    def _gain(self) -> float:
        return growth(self._faults, "gain", self._time)

    @property
    def _leak(self) -> float:
        return added(self._faults, "leak", self._time)

    @property
    def _ohms(self) -> float:
        drift = growth(self._faults, "drift", self._time)
        return _SHORTED if self._broken("short") else max(self._impedance * drift, _SHORTED)
