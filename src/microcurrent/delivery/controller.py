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

from microcurrent.delivery.flow import CONTACT_FAULTS, NO_ANSWER, Flow
from microcurrent.delivery.gate import admit
from microcurrent.delivery.host import Delivered, Host
from microcurrent.delivery.ledger import Ledger
from microcurrent.delivery.log import Log
from microcurrent.delivery.wishes import Figures
from microcurrent.errors import DeliveryError
from microcurrent.model import Approval, Limits, Plan, Step, Stimulator, Stimulus, Trip
from microcurrent.model.rest import rest_of

STATES = ("idle", "ready", "running", "ending", "pausing", "paused", "held", "off", "tripped")

#: Time [s] between two looks: ten looks within the heartbeat of 1 s.
POLL = 0.1
#: Time [s] that a paused or held sitting waits for a person before it ends.
LONGEST_PAUSE = 600.0


def deliver(plan: Plan, approval: Approval, stimulator: Stimulator, *, limits: Limits,
            host: Host) -> Delivered:  # fmt: skip
    """Deliver `plan` and return what was given; a fresh sitting each time.

    Raises `MissingLimit`, `ApprovalRefused` or `StimulatorRefused` before anything is loaded,
    `OutputNotConfirmedOff` when zero cannot be read back, and whatever `host.sink` raises once the
    output is off.
    """
    return Controller(stimulator, limits=limits, host=host).deliver(plan, approval)


class Controller(Flow):
    """The loop of one sitting. `stop` may be called from any thread and from a signal."""

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

    def _run(self, step: Step) -> bool:
        """Give the current of one step, and what pauses leave of it; return whether the next may follow."""
        self._log.write(
            "step", ("step", float(step.number)), ("title", step.title), ("system", step.system),
            ("peak", step.stimulus.peak), ("duration", step.stimulus.duration),
        )  # fmt: skip
        rest: Stimulus | None = step.stimulus
        while rest is not None:
            trip = self._flow(replace(step, stimulus=rest))
            if trip is not None and self._state != "held":
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

    def _trip_at_rest(self, trip: Trip | None) -> Trip | None:
        """Return what has gone wrong at the stimulator while no current flows, beyond `trip`."""
        try:
            status = self._stimulator.status()
        except NO_ANSWER:
            return None  # at rest silence harms nobody; the next start needs an answer
        seen, self._seen = self._seen, status.time
        if status.time < seen:
            return self._tripped(
                "device-restarted", "the stimulator has restarted; what it gave is not known"
            )
        if status.state == "fault" and (trip is None or status.fault not in CONTACT_FAULTS):
            return self._tripped("device-fault", f"the stimulator reports: {status.fault or 'a fault'}")
        return None

    def _wait_for_person(self, trip: Trip | None) -> bool:
        """Wait at zero until a person resumes; False if stopped, or if nobody comes.

        After a trip only a resume that comes now counts: whoever asked before had not looked.
        """
        began = self._clock.now()
        if trip is not None:
            self._wishes.forget_resumes()
        while not self._wishes.stopped:
            self._log.marks(self._wishes)
            worse = self._trip_at_rest(trip)
            if worse is not None:
                self._fail_at_rest(worse)
                return False
            by = self._wishes.take_resume()
            if by is not None and (trip is None or self._cleared()):
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

    def _fail_at_rest(self, trip: Trip) -> None:
        self._state, self._trip = "tripped", trip
        self._log.write("trip", ("code", trip.code), ("reason", trip.reason))

    def _cleared(self) -> bool:
        """Forget the fault that a lost contact has left; False where the stimulator will not."""
        try:
            self._stimulator.clear()
        except NO_ANSWER as refused:
            self._log.write("mark", ("note", f"not resumed: {refused}"))
            return False
        return True

    def _abandon(self) -> None:
        """An error is on its way out: read zero back first."""
        self._state = "tripped"
        off = self._confirm_off()
        self._energised = False
        if not off:
            self._warn("interrupted", "the sitting broke off")
        if not self._log.lost:
            self._log.off(off, self._ledger)
            self._finish("interrupted")

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
            worse = self._trip_at_rest(None) if self._ledger.done else None
            if worse is not None:
                self._fail_at_rest(worse)
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
        self._finish(ending)
        return Delivered(
            plan=plan.digest,
            ending=ending,
            steps=self._ledger.done,
            time=self._log.time,
            trip=self._trip,
            reason=self._wishes.reason if ending == "stopped" else "",
        )
