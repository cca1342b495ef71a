"""Course records: which sittings of a course took place, by the records and by the course file itself."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from microcurrent.model.course_exposure import HeldSitting
from microcurrent.model.course_plan import CoursePlan, Mark
from microcurrent.model.plan import Plan
from microcurrent.model.sitting import Event, Sitting
from microcurrent.records.store import SittingSummary
from microcurrent.reports.delivered import given
from microcurrent.workflow.stimulators import REHEARSAL, split
from microcurrent.workflow.workspace import Workspace


def held_of(
    course: CoursePlan,
    plans: Mapping[str, Plan],
    workspace: Workspace,
    *,
    rehearsals: bool,
    zone: datetime.tzinfo | None = None,
) -> tuple[HeldSitting, ...]:
    """Return the sittings of a course that took place, the earliest first.

    Those in the records of its client under one of its plans in which current flowed, and those noted as
    done in the course file. `rehearsals`: count sittings on a simulated stimulator, too; `zone`: whose
    clock is on the wall, None for that of this machine.
    """
    found = [
        _held(workspace.store.sitting(summary.id), plans[summary.plan], zone)
        for summary in _of_client(course, workspace, rehearsals=rehearsals)
        if summary.plan in plans
    ]
    noted = [_noted(course, mark, plans) for mark in course.marked("done")]
    return tuple(sorted([one for one in (*found, *noted) if one is not None], key=lambda one: one.start))


def adverse_of(course: CoursePlan, workspace: Workspace, *, rehearsals: bool,
               zone: datetime.tzinfo | None = None) -> tuple[tuple[str, str], ...]:  # fmt: skip
    """Return (ISO date, words) of every adverse event recorded of the client since the course began."""
    found = []
    for summary in _of_client(course, workspace, rehearsals=rehearsals):
        for event in workspace.store.sitting(summary.id).events:
            words = event.figure("adverse")
            if words:
                found.append((_local(event.utc, zone)[:10], str(words)))
    return tuple((day, words) for day, words in sorted(found) if day >= course.start)


def _of_client(course: CoursePlan, workspace: Workspace, *, rehearsals: bool) -> list[SittingSummary]:
    if not course.client:
        return []
    return [
        summary for summary in workspace.store.sittings()
        if summary.client == course.client
        and (rehearsals or split(summary.stimulator)[0] not in REHEARSAL)
    ]  # fmt: skip


def _held(sitting: Sitting, plan: Plan, zone: datetime.tzinfo | None) -> HeldSitting | None:
    """A sitting as the stimulator reported it; None where no current flowed."""
    leases: list[Event] = [event for event in sitting.events if event.kind == "lease"]
    if not leases:
        return None
    steps = []
    for step in plan.steps:
        got = given(sitting, step.number)
        if got.absolute_charge is not None:
            steps.append((step.number, got.time or 0.0, got.absolute_charge, got.net_charge or 0.0))
    return HeldSitting(
        id=sitting.id, start=_local(leases[0].utc, zone), plan=sitting.plan, steps=tuple(steps),
        measured=True, whole=sitting.ending == "completed",
    )  # fmt: skip


def _noted(course: CoursePlan, mark: Mark, plans: Mapping[str, Plan]) -> HeldSitting | None:
    """A sitting that a person noted: as planned, or the share of its minutes that was noted."""
    place = sum(other.date <= mark.date for other in course.marked("done"))
    plan = plans.get(course.phase_of(max(place, 1)).digest)
    if plan is None:
        return None
    share = 1.0 if mark.minutes is None else min(1.0, mark.minutes / course.schedule.minutes)
    return HeldSitting(
        id=f"noted-{mark.date}", start=f"{mark.date}T{course.at}", plan=plan.digest, measured=False,
        steps=tuple(
            (step.number, share * step.stimulus.duration, share * step.stimulus.absolute_charge,
             share * step.stimulus.net_charge)
            for step in plan.steps
        ),
    )  # fmt: skip


def _local(utc: str, zone: datetime.tzinfo | None) -> str:
    """The time of the clock on the wall, without its zone, to the minute."""
    moment = datetime.datetime.fromisoformat(utc).astimezone(zone)
    return moment.replace(tzinfo=None).isoformat(timespec="minutes")
