"""Flow: one stretch of current, from zero to zero: leased, watched, steered, and read back."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NoReturn, TypeVar

from microcurrent.delivery.host import Host
from microcurrent.delivery.interlock import first_trip
from microcurrent.delivery.ledger import SECOND, Ledger
from microcurrent.delivery.log import Log
from microcurrent.delivery.wishes import Wishes
from microcurrent.delivery.zero import ZERO_CURRENT, confirm_off
from microcurrent.errors import OutputNotConfirmedOff, StimulatorRefused, StimulatorSilent
from microcurrent.model import Limits, Status, Step, Stimulator, Trip

#: Share of a lease after which it is renewed: one lost renewal does not end the current.
RENEW_AT = 0.5
#: Time [s] for which zero is tried to be read after a lease, and an end waited for after its ramp.
PATIENCE = 1.0
#: Trips after which a person who has looked may resume: the probes had no contact.
CONTACT = ("lead-off",)
#: What the stimulator may say of it.
CONTACT_FAULTS = ("", "open lead")

T = TypeVar("T")

#: How a stimulator does not answer: by its driver's word, or by a line that was pulled out.
NO_ANSWER = (StimulatorSilent, StimulatorRefused, OSError)


class Flow:
    """What a controller does while current may flow; its state is that of one sitting."""

    _ledger: Ledger
    _log: Log
    _poll: float
    _end_ramp: float
    _end_by: float

    def __init__(self, stimulator: Stimulator, *, limits: Limits, host: Host) -> None:
        self._stimulator, self._limits, self._host = stimulator, limits, host
        self._clock = host.clock
        self._state = "idle"
        self._wishes = Wishes()
        self._cutting = False
        self._seen = -math.inf  # [s] the stimulator's time at the last look: it never goes back
        self._shift = 0.0  # time [s] that pauses have put off what follows
        self._energised = False  # a program is loaded and zero has not been read back since
        self._trip: Trip | None = None
        self._lease = self._granted = self._opened = 0.0

    def _flow(self, step: Step) -> Trip | None:
        """Give the current of a step, or of what is left of one, until it ends; zero is read back."""
        trip = self._start(step)
        second = self._clock.now()
        while trip is None:
            self._clock.wait(self._poll, unless=lambda: self._wishes.fresh)
            self._wishes.look()
            answer = self._read()
            now = self._clock.now()
            trip = self._judge(now)
            if trip is not None or (answer is not None and answer.state == "idle"):
                break
            if now - second >= SECOND - self._poll / 2:
                second = now
                self._log.measured(self._ledger)
            self._log.marks(self._wishes)
            self._steer(answer, now)
        self._settle(trip)
        return trip

    def _start(self, step: Step) -> Trip | None:
        """Load and grant the first lease; a stimulator that falls silent here is not asked twice."""
        self._energised = True
        try:
            self._stimulator.load(step.stimulus)
            status = self._stimulator.status()
            self._ledger.begin(step, status, self._clock.now())
            seen, self._seen = self._seen, status.time
            if status.time < seen:
                return self._tripped("device-restarted", "the stimulator has restarted before this step")
            if status.state != "armed":
                return self._tripped("not-armed", f"with its program, the stimulator is {status.state}")
            self._state = "running"
            if self._wishes.stopped:  # while it was loaded: nothing begins after a stop
                self._steer(status, self._clock.now())
                return None
            self._grant()
        except (StimulatorSilent, OSError) as silent:
            return self._tripped("silence", f"no answer at the start of step {step.number}: {silent}")
        except StimulatorRefused:
            fault = self._fault_of_stimulator()
            if not fault:
                raise
            return self._tripped("device-fault", f"the stimulator reports: {fault}")
        return None

    def _fault_of_stimulator(self) -> str:
        """Return the fault that has latched, or nothing: a refusal is told from a stop at the device."""
        status = self._read_raw()
        return (status.fault or "a fault") if status is not None and status.state == "fault" else ""

    def _grant(self) -> None:
        """Write down the lease, then give it: the record is never behind the current."""
        self._log.write("lease", ("step", float(self._ledger.step.number)), ("lease", self._lease))
        self._granted = self._clock.now()
        self._stimulator.grant(self._lease)

    def _read(self) -> Status | None:
        """Return the answer and take it into the ledger; None where there is none."""
        try:
            status = self._stimulator.status()
        except NO_ANSWER:
            return None
        self._ledger.take(status, self._clock.now())
        self._seen = max(self._seen, status.time)
        return status

    def _judge(self, now: float) -> Trip | None:
        trip = first_trip(self._ledger.observe(now), self._limits)
        if trip is None and self._state in ("ending", "pausing") and now > self._end_by:
            trip = self._tripped("end-late", "the current was asked to end and has not")
        return trip

    def _steer(self, answer: Status | None, now: float) -> None:
        """End if asked to; else renew the lease, but only on an answer: no current on a guess."""
        if self._wishes.at_once:
            if not self._cutting:
                self._log.write("stop", ("reason", self._wishes.reason), ("at once", 1.0))
                self._state, self._ledger.ending, self._cutting = "ending", True, True
                self._end_by = now + PATIENCE
            self._cut()
            return
        if answer is None:
            return
        if self._state in ("ending", "pausing") and answer.state == "running":
            self._ask_to_end()  # it has not heard: once more, and no lease meanwhile
            return
        if self._wishes.stopped and self._state in ("running", "pausing"):
            self._end(now, "ending")
            self._log.write("stop", ("reason", self._wishes.reason))
            return
        if self._state == "running" and (why := self._wishes.take_pause()) is not None:
            self._end(now, "pausing")
            self._log.write("pause", ("reason", why))
            return
        if now - self._granted >= RENEW_AT * self._lease - self._poll / 2:
            try:
                self._grant()
            except NO_ANSWER:
                return  # the next answers say why, and the interlocks judge them

    def _end(self, now: float, state: str) -> None:
        if self._state == "running":
            self._end_by = now + self._end_ramp + PATIENCE
            self._ask_to_end()
        self._state, self._ledger.ending = state, True

    def _ask_to_end(self) -> None:
        try:
            self._stimulator.end()
        except NO_ANSWER:
            self._cut()

    def _settle(self, trip: Trip | None) -> None:
        """Read zero back after a step, and write down how it ended."""
        if trip is not None:
            self._state = "tripped"
            self._cut()
            self._log.write("trip", ("code", trip.code), ("reason", trip.reason))
        off = self._confirm_off()
        if trip is not None and off and self._may_resume(trip):
            self._state = "held"
        if self._ledger.under_way:
            self._log.measured(self._ledger)
            self._log.marks(self._wishes)
            impedance = self._ledger.close_step()
            if impedance:
                self._log.write("impedance", ("step", float(self._ledger.done[-1].number)), *impedance)
        self._energised = False
        if self._state == "running":
            self._state = "ready"
        elif self._state == "pausing":
            self._state = "paused"
        if not off:
            self._warn("tripped", trip.reason if trip else "the step has ended")
        self._log.off(off, self._ledger)

    def _may_resume(self, trip: Trip) -> bool:
        """Whether a person may go on: nothing but the contact was lost, by host and stimulator alike."""
        lost = trip.code in CONTACT and self._ledger.status.fault in CONTACT_FAULTS
        return self._host.attended and lost

    def _cut(self) -> bool:
        try:
            self._stimulator.cut()
        except NO_ANSWER:
            return False
        return True

    def _confirm_off(self) -> bool:
        patience = self._lease + PATIENCE
        return confirm_off(
            lambda: bool(_tried(self._cut)), lambda: _tried(self._read_raw), clock=self._clock,
            patience=patience,
        )  # fmt: skip

    def _read_raw(self) -> Status | None:
        if self._ledger.under_way:
            return self._read()
        try:
            return self._stimulator.status()
        except NO_ANSWER:
            return None

    def _require_quiet(self) -> None:
        """Refuse a stimulator that is at work: never start one that might be running."""
        status = self._stimulator.status()
        if status.state != "idle" or abs(status.output) > ZERO_CURRENT:
            raise StimulatorRefused(
                f"The stimulator is {status.state}{': ' + status.fault if status.fault else ''}; a sitting "
                "starts from idle. Look at probes and leads, clear the fault "
                "(`microcurrent stimulator clear`), and begin again."
            )

    def _warn(self, ending: str, reason: str) -> NoReturn:
        """Tell the person that zero could not be read back, whether or not the record can be kept."""
        self._state = "tripped"
        try:
            if not self._log.lost:
                self._log.off(False, self._ledger)
                self._finish(ending)
        finally:
            raise OutputNotConfirmedOff(
                f"Zero output could not be read back ({reason}). Take the probes off the skin now, then "
                "switch the stimulator off."
            )

    def _finish(self, ending: str) -> None:
        """Write the last marks, take no more, and close."""
        self._wishes.close()
        self._log.marks(self._wishes)
        self._log.write("closed", ("ending", ending))

    def _tripped(self, code: str, reason: str) -> Trip:
        return Trip(code=code, reason=reason, time=self._log.time)


def _tried(ask: Callable[[], T]) -> T | None:
    """Return what is asked, or None whatever a driver raises: zero is sought all the same."""
    try:
        return ask()
    except Exception:  # noqa: BLE001  a defect of a driver must not end the search for zero
        return None
