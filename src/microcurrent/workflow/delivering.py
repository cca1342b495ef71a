"""Deliver: the current, from an approval to a closed record."""

from __future__ import annotations

import datetime
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType

from microcurrent import tables
from microcurrent.delivery.clock import Clock, RealClock, VirtualClock
from microcurrent.delivery.faults import Fault
from microcurrent.delivery.host import Delivered, Host
from microcurrent.delivery.load import SkinLoad
from microcurrent.delivery.simulator import SimulatedStimulator
from microcurrent.delivery.thread import Running, deliver_in_thread
from microcurrent.errors import (
    ApprovalRefused,
    InputError,
    OutputNotConfirmedOff,
    Problem,
    RecordError,
    ScreeningRefused,
)
from microcurrent.model.approval import Approval
from microcurrent.model.course import Client
from microcurrent.model.exposure import Prediction
from microcurrent.model.limits import Assessment
from microcurrent.model.plan import Plan
from microcurrent.model.screening import Screening
from microcurrent.model.sitting import Event
from microcurrent.model.stimulator import Status, Stimulator
from microcurrent.planning.prediction.sampling import contact_area, middle, skin_name
from microcurrent.workflow.agreeing import check_consent, check_evidence, check_profile
from microcurrent.workflow.screening import check_dated, check_today, day_of, judged_again
from microcurrent.workflow.spacing import check_spacing
from microcurrent.workflow.stimulators import REHEARSAL, process_fault, split, wired
from microcurrent.workflow.stopping import check_events
from microcurrent.workflow.workspace import Workspace

Progress = Callable[[float, float, int, Status], None]


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """How a sitting is to be given.

    `stimulator`: a name as in `workflow.stimulators`; `real_time`: on the clock on the wall instead of
    one that runs as fast as the program can (the simulated stimulator; others always are);
    `faults`: KIND@SECONDS, to order, for the rehearsals; `on_progress(time, total, step, status)`, each
    second; `on_running(sitting)`, once, with what pauses, resumes, marks and stops it: a person is there.
    """

    stimulator: str = "simulated"
    real_time: bool = False
    faults: tuple[str, ...] = ()
    on_progress: Progress | None = None
    on_running: Callable[[Running], None] | None = None

    def __post_init__(self) -> None:
        kind = split(self.stimulator)[0]
        for text in self.faults if kind in REHEARSAL else ():
            _fault(text) if kind == "simulated" else process_fault(text)


def _fault(text: str) -> Fault:
    kind, _, moment = text.partition("@")
    try:
        start = float(moment.removesuffix("s").strip())
    except ValueError as problem:
        raise InputError(
            Problem(
                what="not a fault", key="--fault", expected="KIND@SECONDS, such as lead-off@12", came=text
            )
        ) from problem
    kind = kind.strip().replace("-", "_")
    # Drifts of this size per second [fraction] are seen within a few seconds.
    size = {"drift": 0.05, "gain": 0.05, "leak": 1e-4}.get(kind, 0.0)
    return Fault(kind=kind, start=start, size=size)


def deliver(
    plan: Plan,
    approval: Approval,
    client: Client,
    *,
    delivery: Delivery,
    workspace: Workspace,
    now: datetime.datetime,
) -> tuple[str, Delivered]:
    """Give one sitting and return its id and what was delivered; the record is closed.

    A signal (Ctrl-C, termination, hang-up) ends the current by its ramp. Raises `Refusal` where the
    approval is not for this client, its evidence does not hold, an adverse event stands open or the
    questions of the day were not asked (but for a rehearsal) or not answered with no, and
    `StimulatorRefused`, before any current; `OutputNotConfirmedOff` when zero cannot be read back;
    `RecordError` where the record cannot be kept, once the output is off.
    """
    prediction = _agreed(plan, approval, client, workspace=workspace, on=day_of(now))
    check_events(client.pseudonym, stimulator=delivery.stimulator, workspace=workspace)
    check_spacing(plan, client.pseudonym, stimulator=delivery.stimulator, workspace=workspace, now=now)
    check_today(plan, client.pseudonym, stimulator=delivery.stimulator, workspace=workspace, now=now)
    agreed = workspace.find(Screening, approval.screening)
    check_dated(agreed, stimulator=delivery.stimulator, on=day_of(now))
    with _stimulator(plan, prediction, delivery, now) as (stimulator, clock):
        return _give(plan, approval, (stimulator, clock), delivery=delivery, workspace=workspace, now=now)


def _give(
    plan: Plan, approval: Approval, device: tuple[Stimulator, Clock], *, delivery: Delivery,
    workspace: Workspace, now: datetime.datetime,
) -> tuple[str, Delivered]:  # fmt: skip
    """Open a sitting in the records, give it, and close it, whatever happens."""
    stimulator, clock = device
    actor = approval.by
    sitting = workspace.store.open_sitting(
        plan=plan.digest, approval=workspace.keep(approval, actor=actor),
        client=approval.client, stimulator=delivery.stimulator, actor=actor,
    )  # fmt: skip

    def sink(event: Event) -> None:
        workspace.store.append(sitting, event)

    host = Host(
        clock=clock, sink=sink, today=day_of(now).isoformat(), on_progress=delivery.on_progress,
        attended=delivery.on_running is not None,
    )  # fmt: skip
    ending = "interrupted"
    unsaid: tuple[type[RecordError], ...] = (RecordError,)
    try:
        with _stopped_by_signals() as started:
            limits = tables.limits(mode=plan.mode)
            running = deliver_in_thread(plan, approval, stimulator, limits=limits, host=host)
            with running:  # whatever goes wrong here, the current ends
                started(running)
                if delivery.on_running is not None:
                    delivery.on_running(running)
                delivered = running.result()
        ending, unsaid = delivered.ending, ()
        if running.display_error is not None:
            note = f"the display of progress failed: {running.display_error}"
            sink(Event(time=delivered.time, utc=clock.utc(), kind="mark", figures=(("note", note),)))
    except OutputNotConfirmedOff as live:
        ending = "tripped"
        raise OutputNotConfirmedOff(
            f"{live} This is sitting {sitting}; then write down what happened: "
            f'microcurrent record {sitting} --adverse "..."'
        ) from live
    except RecordError as lost:
        raise type(lost)(f"{lost} The sitting {sitting} was broken off; output is off.") from lost
    finally:
        # What broke the sitting off is said first; one that cannot be closed now is closed by `recover`.
        with suppress(*unsaid):
            workspace.store.close_sitting(sitting, ending)
    return sitting, delivered


def recover(workspace: Workspace) -> list[str]:
    """Close as interrupted the sittings that lost their process, and return their ids."""
    return workspace.store.recover()


@contextmanager
def _stopped_by_signals() -> Iterator[Callable[[Running], None]]:
    """While this lasts, Ctrl-C, termination and hang-up ask the current to end; the program goes on.

    The first asks for the ramp; a second Ctrl-C for zero at once.
    Yields the function to call with the sitting once it runs; a signal that came before stops it at
    once. Signals reach the main thread only, so elsewhere nothing is changed.
    """
    sittings: list[Running] = []
    came: list[str] = []

    def stop(number: int, frame: FrameType | None) -> None:
        came.append(f"signal {signal.Signals(number).name}")
        again = len(came) > 1 and number == signal.SIGINT
        for running in sittings:
            running.cut(f"{came[0]}, twice") if again else running.stop(came[0])

    def started(running: Running) -> None:
        sittings.append(running)
        if came:
            running.stop(came[0])

    in_main = threading.current_thread() is threading.main_thread()
    numbers = [signal.SIGINT, signal.SIGTERM] if in_main else []
    if in_main and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # ignored: as by nohup
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield started
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _agreed(
    plan: Plan, approval: Approval, client: Client, *, workspace: Workspace, on: datetime.date
) -> Prediction:
    """Return the prediction that was agreed to, once the evidence in the records bears the approval."""
    if approval.tables != tables.digest():
        raise ApprovalRefused(
            "The tables have changed since this plan was approved; assess and approve again."
        )
    check_consent(plan, mode=approval.mode, role=approval.role)
    screening = workspace.find(Screening, approval.screening)
    if {approval.client, screening.client} != {client.pseudonym}:
        raise ApprovalRefused(
            f"The approval by {approval.by} is for client {approval.client}, not for {client.pseudonym}. "
            "Screen this client and approve again."
        )
    newest = workspace.newest(Screening, client=client.pseudonym)
    if newest is not None and newest.plan not in ("", plan.digest):  # its answers hold for this plan, too
        newest = judged_again(newest, screening, on=on)
    if newest is not None and newest.outcome != "clear":
        raise ScreeningRefused(
            f"The newest screening of {client.pseudonym}, of {newest.date}, says {newest.outcome}. "
            "Screen again; an approval from before does not count against it."
        )
    prediction = workspace.find(Prediction, approval.prediction)
    assessment = workspace.find(Assessment, approval.assessment)
    check_evidence(plan, (screening, prediction, assessment))
    check_profile(plan, assessment, role=approval.role)
    return prediction


@contextmanager
def _stimulator(
    plan: Plan, prediction: Prediction, delivery: Delivery, now: datetime.datetime
) -> Iterator[tuple[Stimulator, Clock]]:
    """Yield the stimulator and its clock; a rehearsal is on the skin that the prediction expects."""
    if split(delivery.stimulator)[0] != "simulated":
        with wired(delivery.stimulator, load=_load(plan, prediction), faults=delivery.faults) as there:
            yield there.stimulator, RealClock()
        return
    clock: Clock = RealClock() if delivery.real_time else VirtualClock(now.isoformat())
    capabilities, reaction = tables.stimulators()["simulated"]
    yield (
        SimulatedStimulator(
            clock, capabilities=capabilities, load=_load(plan, prediction),
            faults=tuple(_fault(text) for text in delivery.faults), reaction=reaction,
        ),
        clock,
    )  # fmt: skip


def _load(plan: Plan, prediction: Prediction) -> SkinLoad:
    """Return the skin of the first step's two contacts in series, from the middle of every input."""
    values, step = middle(prediction.inputs), plan.steps[0]
    series = prediction.exposure.steps[0].tissue_resistance.value
    parallel, elastance = 0.0, 0.0
    for name in step.electrodes:
        electrode = plan.electrode(name)
        area = contact_area(electrode, values)
        series += values[skin_name("series", electrode.coupling)] / area
        parallel += values[skin_name("parallel", electrode.coupling)] / area
        elastance += 1 / (values[skin_name("capacitance", electrode.coupling)] * area)
    return SkinLoad(series=series, parallel=parallel, capacitance=1 / elastance)
