"""deliver, record, report, run: the sitting and what follows it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from microcurrent import units, workflow
from microcurrent.cli.console import building, output, progress, say, show_json
from microcurrent.cli.keys import keys
from microcurrent.cli.options import (
    SAMPLES,
    AcceptWarnings,
    Answers,
    ConsentTo,
    FaultOption,
    Folder,
    Json,
    PlanFile,
    Profiles,
    RealTime,
    Records,
    Role,
    Samples,
    Stimulator,
    Until,
    actor,
    now,
    records_path,
)
from microcurrent.cli.options import today as day_here
from microcurrent.cli.preparing import last_day, make_prediction
from microcurrent.cli.screening import Today, ask_today
from microcurrent.cli.tables import (
    show_assessment,
    show_inputs,
    show_plan,
    show_prediction,
    show_screening,
    table,
)
from microcurrent.errors import ApprovalRefused, DeliveryTripped, Interrupted
from microcurrent.model.approval import Approval
from microcurrent.model.course import Client
from microcurrent.model.plan import Plan
from microcurrent.model.stimulator import Status
from microcurrent.model.stimulus import Stimulus

REPORTS = Path("microcurrent-reports")


def deliver(
    plan: PlanFile,
    client: Annotated[str, typer.Option("--client", metavar="PSEUDONYM", help="Who is treated.")],
    stimulator: Stimulator = "simulated",
    real_time: RealTime = False,
    fault: FaultOption = [],  # noqa: B006  typer reads the default, nothing changes it
    today: Today = None,
    records: Records = None,
    json: Json = False,
) -> None:
    """Deliver an approved plan: without an approval of exactly this plan and client nothing flows."""
    prepared, treated = workflow.read(plan, on_step=building), Client(pseudonym=client)
    with workflow.Workspace(records_path(records)) as workspace:
        workflow.recover(workspace)
        approval = workspace.newest(Approval, plan=prepared.plan.digest, client=treated.pseudonym)
        if approval is None:
            raise ApprovalRefused(
                f"No approval of this plan ({prepared.plan.digest[:12]}) for client {client} in the "
                "records. "
                f"First: microcurrent approve {plan} --answers ANSWERS --by NAME"
            )
        _heed_events(workspace, treated, stimulator, quiet=json)
        ask_today(workspace, prepared, treated, today=today, stimulator=stimulator, quiet=json)
        sitting = _deliver(
            workspace, prepared.plan, approval, treated,
            (stimulator, real_time, tuple(fault)), quiet=json,
        )  # fmt: skip
        _finish(workspace, prepared.plan, sitting, json=json)


def record(
    sitting: Annotated[str, typer.Argument(metavar="SITTING", help="The id of a sitting.")],
    felt: Annotated[str, typer.Option("--felt", help="What was felt, in the client's words.")] = "",
    comfort: Annotated[
        int | None, typer.Option("--comfort", help="0 very unpleasant to 10 pleasant.")
    ] = None,
    adverse: Annotated[
        str, typer.Option("--adverse", help="An adverse event: blister, burn, faint ...")
    ] = "",
    note: Annotated[str, typer.Option("--note", help="Anything else worth keeping.")] = "",
    records: Records = None,
    json: Json = False,
) -> None:
    """Add what was felt or noticed to a sitting; nothing already recorded is changed."""
    with workflow.Workspace(records_path(records)) as workspace:
        noticed = workflow.Noticed(felt=felt, comfort=comfort, adverse=adverse, note=note)
        changed = workflow.record(sitting, noticed, workspace=workspace, by=actor(), now=now())
    if json:
        show_json(changed)
    else:
        output.print(f"{sitting}: recorded.")


def report(
    sitting: Annotated[str, typer.Argument(metavar="SITTING", help="The id of a sitting.")],
    out: Folder = REPORTS,
    records: Records = None,
    json: Json = False,
) -> None:
    """Write the report of a sitting as PDF and HTML."""
    with workflow.Workspace(records_path(records)) as workspace:
        pdf, html = workflow.report(sitting, workspace=workspace, folder=out)
    if json:
        show_json({"pdf": str(pdf), "html": str(html)})
    else:
        output.print(f"Report: {pdf}\n        {html}", soft_wrap=True)


def run(
    plan: PlanFile,
    answers: Answers,
    approve_as: Annotated[
        str, typer.Option("--approve-as", metavar="NAME", help="Who approves: a person's name.")
    ],
    role: Role = "practitioner",
    until: Until = "",
    accept_warnings: AcceptWarnings = False,
    consent: ConsentTo = "",
    profile: Profiles = [],  # noqa: B006  typer reads the default, nothing changes it
    samples: Samples = SAMPLES,
    stimulator: Stimulator = "simulated",
    real_time: RealTime = False,
    fault: FaultOption = [],  # noqa: B006  typer reads the default, nothing changes it
    today: Today = None,
    out: Folder = REPORTS,
    records: Records = None,
    json: Json = False,
) -> None:
    """Take one treatment all the way: read, screen, predict, assess, approve, deliver, record, report."""
    prepared = workflow.read(plan, on_step=building)
    with workflow.Workspace(records_path(records)) as workspace:
        for lost in workflow.recover(workspace):
            say(f"The sitting {lost} had lost its program; it is closed as interrupted.")
        _say_step(json, "read")
        if not json:
            show_plan(prepared.plan)
        _say_step(json, "screen")
        # Looked at before this screening is kept: running again does not close what happened.
        client = workflow.client_of(answers)
        _heed_events(workspace, client, stimulator, quiet=json)
        screening, client = workflow.screen(
            prepared, answers, workspace=workspace, on=day_here(), actor=approve_as
        )
        if not json:
            show_screening(screening)
        workflow.check_screening(prepared.plan, screening)
        workflow.check_consent(prepared.plan, mode=consent, role=role)
        workflow.check_dated(screening, stimulator=stimulator, on=day_here())
        ask_today(workspace, prepared, client, today=today, stimulator=stimulator, quiet=json)
        _say_step(json, "predict")
        prediction = make_prediction(workspace, prepared, samples, quiet=json)
        if not json:
            show_prediction(prediction)
            show_inputs(prediction)
        _say_step(json, "assess")
        profiles = workflow.profiles_for(role, tuple(profile))
        assessment = workflow.assess(
            prepared, prediction, workspace=workspace, actor=approve_as, profiles=profiles
        )
        if not json:
            show_assessment(assessment, everything=False)
        _say_step(json, "approve")
        agreed = workflow.Consent(
            by=approve_as, role=role, given=now(), until=last_day(until), accept_warnings=accept_warnings,
            mode=consent,
        )  # fmt: skip
        approval = workflow.approve(
            prepared.plan, agreed, evidence=(screening, prediction, assessment), workspace=workspace
        )
        if not json:
            output.print(f"Approved by {approve_as} ({role}) until {approval.until}.")
        _say_step(json, "deliver")
        sitting = _deliver(
            workspace, prepared.plan, approval, client, (stimulator, real_time, tuple(fault)), quiet=json
        )
        _say_step(json, "report")
        sitting |= {"verdict": assessment.verdict}
        _report(workspace, prepared.plan, sitting, out=out, json=json)


def _heed_events(workspace: workflow.Workspace, client: Client, stimulator: str, *, quiet: bool) -> None:
    """Refuse where an adverse event stands open; say so at a rehearsal."""
    found = workflow.check_events(client.pseudonym, stimulator=stimulator, workspace=workspace)
    for event in found if not quiet else ():
        say(f"An adverse event stands open. {event.told}. On a person no current would flow.")


def _say_step(quiet: bool, verb: str) -> None:
    if not quiet:
        output.print(f"\n── {verb} " + "─" * (60 - len(verb)))


def _deliver(
    workspace: workflow.Workspace, plan: Plan, approval: Approval, client: Client,
    how: tuple[str, bool, tuple[str, ...]], *, quiet: bool,
) -> dict[str, Any]:  # fmt: skip
    """Deliver with a progress bar; return the figures of what flowed."""
    stimulator, real_time, faults = how
    live = real_time or stimulator != "simulated"
    with (
        keys(by=approval.by, shown=live and not quiet) as listen,
        progress("Delivering", shown=not quiet) as report_progress,
    ):

        def on_progress(time: float, total: float, step: int, status: Status) -> None:
            doing = f"step {step}, {units.write(status.output, 'current')}"
            if status.impedance is not None:
                doing += f", {units.write(status.impedance, 'resistance')}"
            report_progress(time, total, doing)

        delivery = workflow.Delivery(
            stimulator=stimulator, real_time=real_time, faults=faults, on_progress=on_progress,
            on_running=listen,
        )  # fmt: skip
        name, delivered = workflow.deliver(
            plan, approval, client, delivery=delivery, workspace=workspace, now=now()
        )
    return {
        "sitting": name,
        "ending": delivered.ending,
        "reason": delivered.trip.reason if delivered.trip else delivered.reason,
        "time": delivered.time,
        "steps": [
            {
                "number": step.number, "net_charge": step.net_charge,
                "absolute_charge": step.absolute_charge, "peak": step.peak, "time": step.time,
            }
            for step in delivered.steps
        ],
    }  # fmt: skip


def _report(
    workspace: workflow.Workspace, plan: Plan, sitting: dict[str, Any], *, out: Path, json: bool
) -> None:
    """Write the report of a sitting, and finish it."""
    try:
        pdf, html = workflow.report(sitting["sitting"], workspace=workspace, folder=out)
        sitting |= {"pdf": str(pdf), "html": str(html)}
        if not json:
            output.print(f"Report: {pdf}\n        {html}", soft_wrap=True)
    finally:  # what was delivered is told even where the report cannot be written
        _finish(workspace, plan, sitting, json=json)


def _finish(workspace: workflow.Workspace, plan: Plan, sitting: dict[str, Any], *, json: bool) -> None:
    """Show what was delivered; leave with an error where it was not the whole plan."""
    try:
        _show(workspace, plan, sitting, json=json)
    finally:  # a trip is told even where standard output takes nothing more
        if sitting["ending"] == "tripped":
            raise DeliveryTripped(f"An interlock stopped the sitting: {sitting['reason']}. Output is off.")
        if sitting["ending"] == "stopped":
            raise Interrupted(
                f"The sitting was stopped: {sitting['reason']}. Output is off, the record is closed."
            )


def _show(workspace: workflow.Workspace, plan: Plan, sitting: dict[str, Any], *, json: bool) -> None:
    if json:
        show_json(sitting)
    else:
        table(
            "Delivered against planned",
            ("step", "time", "peak", "net charge (planned)", "all charge (planned)"),
            (_row(step, plan.steps[step["number"] - 1].stimulus) for step in sitting["steps"]),
        )
        name, ending = sitting["sitting"], sitting["ending"]
        output.print(f"Sitting {name}: {ending}. Output is off; the record is closed.")
        output.print(f"Records: {workspace.records}", soft_wrap=True)


def _row(step: dict[str, Any], planned: Stimulus) -> tuple[str, ...]:
    def both(delivered: float, wanted: float) -> str:
        return f"{units.write(delivered, 'charge')} ({units.write(wanted, 'charge')})"

    return (
        str(step["number"]),
        units.write(step["time"], "time"),
        units.write(step["peak"], "current"),
        both(step["net_charge"], planned.net_charge),
        both(step["absolute_charge"], planned.absolute_charge),
    )
