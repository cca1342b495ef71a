"""Controller: deliver an approved plan, watch it, stop it, and read zero back.

::

    idle -> ready -> running -> ending -> off
              │         ├─ pausing -> paused ─┐
              └<────────┼─────────────────────┘ a person resumes
                        └-> tripped, or held where the contact was lost and a person may resume

The stimulator gives current only while a lease lasts, and a lease is never longer than the
heartbeat limit. So when this loop dies, hangs or is killed, the current ends without it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

from microcurrent.delivery.gate import admit
from microcurrent.delivery.host import Delivered, Host
from microcurrent.delivery.interlock import first_trip
from microcurrent.delivery.ledger import SECOND, Ledger
from microcurrent.delivery.log import Log
from microcurrent.delivery.wishes import Figures, Wishes
from microcurrent.delivery.zero import ZERO_CURRENT, confirm_off
from microcurrent.errors import (
    DeliveryError,
    OutputNotConfirmedOff,
    StimulatorRefused,
    StimulatorSilent,
)
from microcurrent.model import Approval, Limits, Plan, Status, Step, Stimulator, Stimulus, Trip
from microcurrent.model.rest import rest_of

STATES = ("idle", "ready", "running", "ending", "pausing", "paused", "held", "off", "tripped")

#: Time [s] between two looks: ten looks within the heartbeat of 1 s.
POLL = 0.1
#: Share of a lease after which it is renewed: one lost renewal does not end the current.
RENEW_AT = 0.5
#: Time [s] for which zero is tried to be read after a lease, and an end waited for after its ramp.
PATIENCE = 1.0
#: Time [s] that a paused or held sitting waits for a person before it ends.
LONGEST_PAUSE = 600.0
#: Trips after which a person who has looked may resume: the probes had no contact.
CONTACT = ("lead-off",)

#: How a stimulator does not answer: by its driver's word, or by a line that was pulled out.
NO_ANSWER = (StimulatorSilent, StimulatorRefused, OSError)


def deliver(plan: Plan, approval: Approval, stimulator: Stimulator, *, limits: Limits,
            host: Host) -> Delivered:  # fmt: skip
    """Deliver `plan` and return what was given; a fresh sitting each time.

    Raises `MissingLimit`, `ApprovalRefused` or `StimulatorRefused` before anything is loaded,
    `OutputNotConfirmedOff` when zero cannot be read back, and whatever `host.sink` raises once the
    output is off.
    """
    return Controller(stimulator, limits=limits, host=host).deliver(plan, approval)


class Controller:
    """The loop of one sitting. `stop` may be called from any thread and from a signal."""

    def __init__(self, stimulator: Stimulator, *, limits: Limits, host: Host) -> None:
        self._stimulator, self._limits, self._host = stimulator, limits, host
        self._clock = host.clock
        self._state = "idle"
        self._wishes = Wishes()
        self._shift = 0.0  # time [s] that pauses have put off what follows
        self._energised = False  # a program is loaded and zero has not been read back since
        self._trip: Trip | None = None
        self._lease = self._granted = self._opened = 0.0

    @property
    def state(self) -> str:
        """One of `STATES`."""
        return self._state

    def stop(self, reason: str) -> None:
        """Ask the current to end by its ramp; the loop looks within 10 ms. The first reason is kept.

        Takes no lock, so that a signal may call it while the loop itself is interrupted.
        """
        self._wishes.stop(reason)

    def cut(self, reason: str) -> None:
        """Ask for zero at once, without a ramp, as `stop` else."""
        self._wishes.stop(reason, at_once=True)

    def pause(self, reason: str) -> None:
        """Ask the current to go to zero by its ramp, and wait for `resume`."""
        self._wishes.pause(reason)

    def resume(self, by: str) -> None:
        """Go on after a pause or a lost contact, from zero by a ramp; `by`: the person who looked."""
        self._wishes.resume(by)

    def mark(self, kind: str, figures: Figures) -> None:
        """Write down what was felt ("felt") or noticed ("mark"), with the time of the next look.

        Raises `DeliveryError` when too many marks wait, so that none is lost unseen.
        """
        self._wishes.mark(kind, figures)

    def deliver(self, plan: Plan, approval: Approval) -> Delivered:
        """Deliver `plan`, once; see `deliver`."""
        if self._state != "idle":
            raise DeliveryError("A controller delivers one sitting; make another for the next.")
        capabilities = self._stimulator.capabilities()
        admit(plan, approval, limits=self._limits, capabilities=capabilities, today=self._host.today)
        self._require_quiet()
        self._opened = self._clock.now()
        self._log = Log(self._host, opened=self._opened, total=plan.duration)
        self._lease = min(capabilities.max_lease, self._limits.stop("heartbeat"))
        self._poll = min(POLL, self._lease / 4)
        self._end_ramp = capabilities.end_ramp
        self._ledger = Ledger(capabilities, self._opened)
        self._state = "ready"
        try:
            self._log.write("opened", ("plan", plan.digest), ("stimulator", capabilities.name),
                        ("approved_by", approval.by))  # fmt: skip
            for step in plan.steps:
                if not (self._wait_for(step) and self._run(step)):
                    break
            return self._close(plan)
        finally:
            if self._energised:
                self._abandon()

    # -- one step --------------------------------------------------------------------------------

    def _run(self, step: Step) -> bool:
        """Give the current of one step, and what pauses leave of it; return whether the next may follow."""
        self._log.write(
            "step", ("step", float(step.number)), ("title", step.title), ("system", step.system),
            ("peak", step.stimulus.peak), ("duration", step.stimulus.duration),
        )  # fmt: skip
        rest: Stimulus | None = step.stimulus
        while rest is not None:
            trip = self._flow(replace(step, stimulus=rest))
            if trip is not None and not (self._host.attended and trip.code in CONTACT):
                self._state, self._trip = "tripped", trip
                return False
            if self._wishes.stopped:
                return False
            if trip is None and self._state != "paused":
                return True
            if not self._wait_for_person(trip):
                return False
            rest = rest_of(rest, self._ledger.last_elapsed)
        return True

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

    def _wait_for_person(self, trip: Trip | None) -> bool:
        """Wait at zero until a person resumes; False if stopped, or if nobody comes.

        After a trip only a resume that comes now counts: whoever asked before had not looked.
        """
        began = self._clock.now()
        if trip is not None:
            self._wishes.forget_resumes()
        while not self._wishes.stopped:
            self._log.marks(self._wishes)
            by = self._wishes.take_resume()
            if by is not None and self._cleared():
                self._shift += self._clock.now() - began
                self._state = "ready"
                self._log.write("resumed", ("by", by), ("waited", self._clock.now() - began))
                return True
            if self._clock.now() - began > LONGEST_PAUSE:
                break
            self._clock.wait(self._poll)
        if self._wishes.stopped:
            return False
        if trip is not None:
            self._state, self._trip = "tripped", trip
        else:
            self._wishes.stop(f"nobody resumed within {LONGEST_PAUSE / 60:g} min")
        return False

    def _cleared(self) -> bool:
        """Forget the fault that a lost contact has left; False where the stimulator will not."""
        try:
            self._stimulator.clear()
        except NO_ANSWER as refused:
            self._log.write("mark", ("note", f"not resumed: {refused}"))
            return False
        return True

    def _start(self, step: Step) -> Trip | None:
        """Load and grant the first lease; a stimulator that falls silent here is not asked twice."""
        self._energised = True
        try:
            self._stimulator.load(step.stimulus)
            status = self._stimulator.status()
            self._ledger.begin(step, status, self._clock.now())
            if status.state != "armed":
                return self._tripped("not-armed", f"with its program, the stimulator is {status.state}")
            self._grant()
        except (StimulatorSilent, OSError) as silent:
            return self._tripped("silence", f"no answer at the start of step {step.number}: {silent}")
        self._state = "running"
        return None

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
        return status

    def _judge(self, now: float) -> Trip | None:
        trip = first_trip(self._ledger.observe(now), self._limits)
        if trip is None and self._state == "ending" and now > self._end_by:
            trip = self._tripped("end-late", "the current was asked to end and has not")
        return trip

    def _steer(self, answer: Status | None, now: float) -> None:
        """End if asked to; else renew the lease, but only on an answer: no current on a guess."""
        if self._wishes.at_once:
            self._log.write("stop", ("reason", self._wishes.reason), ("at once", 1.0))
            self._state, self._ledger.ending = "ending", True
            self._end_by = now + PATIENCE
            self._cut()
            return
        if answer is None:
            return
        if self._wishes.stopped and self._state in ("running", "pausing"):
            self._end(now, "ending")
            self._log.write("stop", ("reason", self._wishes.reason))
        elif self._state == "running" and (why := self._wishes.take_pause()) is not None:
            self._end(now, "pausing")
            self._log.write("pause", ("reason", why))
        if now - self._granted >= RENEW_AT * self._lease - self._poll / 2:
            try:
                self._grant()
            except NO_ANSWER:
                return  # the next answers say why, and the interlocks judge them

    def _end(self, now: float, state: str) -> None:
        if self._state == "running":
            self._end_by = now + self._end_ramp + PATIENCE
            try:
                self._stimulator.end()
            except NO_ANSWER:
                self._cut()
        self._state, self._ledger.ending = state, True

    def _settle(self, trip: Trip | None) -> None:
        """Read zero back after a step, and write down how it ended."""
        if trip is not None:
            self._state = "held" if self._host.attended and trip.code in CONTACT else "tripped"
            self._cut()
            self._log.write("trip", ("code", trip.code), ("reason", trip.reason))
        off = self._confirm_off()
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

    # -- zero ------------------------------------------------------------------------------------

    def _cut(self) -> bool:
        try:
            self._stimulator.cut()
        except NO_ANSWER:
            return False
        return True

    def _confirm_off(self) -> bool:
        patience = self._lease + PATIENCE
        return confirm_off(self._cut, self._read_raw, clock=self._clock, patience=patience)

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

    def _abandon(self) -> None:
        """An error is on its way out: read zero back first."""
        self._state = "tripped"
        off = self._confirm_off()
        self._energised = False
        if not off:
            self._warn("interrupted", "the sitting broke off")
        if not self._log.lost:
            self._log.off(off, self._ledger)
            self._log.write("closed", ("ending", "interrupted"))

    def _warn(self, ending: str, reason: str) -> NoReturn:
        """Tell the person that zero could not be read back, whether or not the record can be kept."""
        self._state = "tripped"
        try:
            if not self._log.lost:
                self._log.off(False, self._ledger)
                self._log.write("closed", ("ending", ending))
        finally:
            raise OutputNotConfirmedOff(
                f"Zero output could not be read back ({reason}). Take the probes off the skin now, then "
                "switch the stimulator off."
            )

    # -- the sitting -------------------------------------------------------------------------------

    def _wait_for(self, step: Step) -> bool:
        """Wait for the start of a step, longer while paused; return False if stopped meanwhile."""
        while not self._wishes.stopped:
            self._log.marks(self._wishes)
            why = self._wishes.take_pause()
            if why is not None:
                self._state = "paused"
                self._log.write("pause", ("reason", why))
                if not self._wait_for_person(None):
                    return False
            left = self._opened + self._shift + step.start - self._clock.now()
            if left <= 0:
                return True
            self._clock.wait(min(left, self._poll))
        return False

    def _close(self, plan: Plan) -> Delivered:
        all_done = len(self._ledger.done) == len(plan.steps) and self._state in ("ready", "off")
        ending = "tripped" if self._trip else "completed" if all_done else "stopped"
        if ending == "stopped" and self._state != "ending":  # before a step, between two or in a pause
            self._log.write("stop", ("reason", self._wishes.reason))
        self._state = "tripped" if self._trip else "off"
        self._log.marks(self._wishes)
        self._log.write("closed", ("ending", ending))
        return Delivered(
            plan=plan.digest,
            ending=ending,
            steps=self._ledger.done,
            time=self._log.time,
            trip=self._trip,
            reason=self._wishes.reason if ending == "stopped" else "",
        )

    def _tripped(self, code: str, reason: str) -> Trip:
        return Trip(code=code, reason=reason, time=self._log.time)
