"""read, predict, assess, approve: everything before any current but the screening."""

from __future__ import annotations

import datetime
from typing import Annotated

import typer

from microcurrent import workflow
from microcurrent.cli.bases import announce_compiling
from microcurrent.cli.console import building, output, progress, say, show_json
from microcurrent.cli.options import (
    SAMPLES,
    AcceptWarnings,
    Answers,
    ConsentTo,
    Json,
    PlanFile,
    Profiles,
    Records,
    Role,
    Samples,
    SamplesWanted,
    Until,
    actor,
    date_of,
    now,
    records_path,
    today,
)
from microcurrent.cli.plans import show
from microcurrent.cli.tables import show_assessment, show_inputs, show_prediction
from microcurrent.model.exposure import Prediction

#: Days that an approval holds where nothing else is said.
APPROVAL_DAYS = 30


def read(plan: PlanFile, json: Json = False) -> None:
    """Read a plan and print its steps."""
    show(plan, json)


def predict(
    plan: PlanFile, samples: Samples = SAMPLES, records: Records = None, json: Json = False
) -> None:
    """Predict what every tissue receives, with a 90 % interval on every figure."""
    prepared = workflow.read(plan, on_step=building)
    with workflow.Workspace(records_path(records)) as workspace:
        prediction = make_prediction(workspace, prepared, samples, quiet=json)
    if json:
        show_json(prediction)
    else:
        show_prediction(prediction)
        show_inputs(prediction)


def assess(
    plan: PlanFile,
    everything: Annotated[
        bool, typer.Option("--all", help="Show the findings that are in order, too.")
    ] = False,
    profile: Profiles = [],  # noqa: B006  typer reads the default, nothing changes it
    samples: SamplesWanted = None,
    records: Records = None,
    json: Json = False,
) -> None:
    """Compare the prediction with every limit and placement rule; predict first where needed."""
    prepared = workflow.read(plan, on_step=building)
    with workflow.Workspace(records_path(records)) as workspace:
        prediction = newest_prediction(workspace, prepared, samples, quiet=json)
        assessment = workflow.assess(
            prepared, prediction, workspace=workspace, actor=actor(), profiles=tuple(profile)
        )
    if json:
        show_json({"verdict": assessment.verdict, "assessment": assessment})
    else:
        show_assessment(assessment, everything=everything)
    if assessment.verdict == "stop":
        raise typer.Exit(3)


def approve(
    plan: PlanFile,
    answers: Answers,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who approves: a person's name.")],
    role: Role = "practitioner",
    until: Until = "",
    accept_warnings: AcceptWarnings = False,
    consent: ConsentTo = "",
    profile: Profiles = [],  # noqa: B006  typer reads the default, nothing changes it
    samples: SamplesWanted = None,
    records: Records = None,
    json: Json = False,
) -> None:
    """Approve exactly this plan for a client who was screened; delivery takes nothing else."""
    prepared = workflow.read(plan, on_step=building)
    with workflow.Workspace(records_path(records)) as workspace:
        screening, client = workflow.screen(prepared, answers, workspace=workspace, on=today(), actor=by)
        workflow.check_screening(prepared.plan, screening)  # before the minutes of a prediction
        workflow.check_consent(prepared.plan, mode=consent, role=role)
        prediction = newest_prediction(workspace, prepared, samples, quiet=json)
        profiles = workflow.profiles_for(role, tuple(profile))
        assessment = workflow.assess(prepared, prediction, workspace=workspace, actor=by, profiles=profiles)
        if not json:
            show_assessment(assessment, everything=False)
        agreed = workflow.Consent(
            by=by, role=role, given=now(), until=last_day(until), accept_warnings=accept_warnings,
            mode=consent,
        )  # fmt: skip
        approval = workflow.approve(
            prepared.plan, agreed, evidence=(screening, prediction, assessment), workspace=workspace
        )
    if json:
        show_json(approval)
    else:
        output.print(
            f"Approved by {by} ({role}) until {approval.until}, for client {client.pseudonym}: "
            f"plan {approval.plan[:12]}."
        )


def last_day(until: str) -> datetime.date:
    """Return the last day of an approval: the option, or 30 days from now."""
    return date_of(until, "--until") if until else today() + datetime.timedelta(days=APPROVAL_DAYS)


def make_prediction(
    workspace: workflow.Workspace, prepared: workflow.Prepared, samples: int, *, quiet: bool
) -> Prediction:
    """Predict with a progress bar."""
    if not quiet:
        announce_compiling(basis=False)
    with progress("Predicting", shown=not quiet) as report:
        return workflow.predict(
            prepared, workspace=workspace, actor=actor(), samples=samples, on_progress=report
        )


def newest_prediction(
    workspace: workflow.Workspace, prepared: workflow.Prepared, samples: int | None, *, quiet: bool
) -> Prediction:
    """Return the newest prediction in the records, with so many draws where that is asked, or make one."""
    stored = workflow.stored_prediction(prepared, workspace, samples=samples)
    if stored is not None:
        return stored
    if not quiet:
        say("No such prediction of this plan in the records yet: predicting.")
    return make_prediction(workspace, prepared, samples or SAMPLES, quiet=quiet)
