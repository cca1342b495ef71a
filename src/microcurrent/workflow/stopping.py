"""Stopping: after an adverse event no current for people until the client has been screened again."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from microcurrent import tables
from microcurrent.errors import ScreeningRefused
from microcurrent.model.screening import Screening
from microcurrent.planning.course import rule_on
from microcurrent.workflow.screening import day_of
from microcurrent.workflow.stimulators import REHEARSAL, split
from microcurrent.workflow.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class OpenEvent:
    """An adverse event that no screening has come after: its `sitting`, ISO `day`, `words`, and what it is.

    `title` and `outcome` are those of the stop rule that speaks of it.
    """

    sitting: str
    day: str
    words: str
    title: str
    outcome: str

    @property
    def told(self) -> str:
        """The event in one line."""
        return f"{self.title} (sitting {self.sitting}, recorded on {self.day}): {self.words.rstrip('.')}"


def open_events(client: str, *, workspace: Workspace) -> tuple[OpenEvent, ...]:
    """Return the adverse events of a client that stand open, those that stop before those that pause.

    Each is closed by a screening that is clear, was kept after the event, and whose answers name a day
    not before it. Events noted at rehearsals count: somebody said them of this client.
    """
    clients = {summary.id: summary.client for summary in workspace.store.sittings()}
    rules, found = tables.course_rules(), []
    for position, sitting, event in workspace.store.figures("adverse"):
        if clients.get(sitting) != client:
            continue
        words = str(event.figure("adverse"))
        day = day_of(datetime.datetime.fromisoformat(event.utc)).isoformat()
        rule = rule_on(rules, words)
        if rule is not None and not _looked_at(client, position, day, workspace):
            found.append(
                OpenEvent(sitting=sitting, day=day, words=words, title=rule.title, outcome=rule.outcome)
            )
    return tuple(sorted(found, key=lambda one: one.outcome != "stop"))


def check_events(client: str, *, stimulator: str, workspace: Workspace) -> tuple[OpenEvent, ...]:
    """Return the adverse events that stand open, for a rehearsal to say so.

    Raises `ScreeningRefused` where there is one and the stimulator is for people.
    """
    found = open_events(client, workspace=workspace)
    if not found or split(stimulator)[0] in REHEARSAL:
        return found
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    raise ScreeningRefused(
        f"An adverse event of {client} stands open: {found[0].told}{more}. No current until somebody has "
        "looked at the skin and asked the whole screening again, into a file with the day on which it was "
        "asked (date = ...): microcurrent screen PLAN --answers FILE"
    )


def _looked_at(client: str, position: int, day: str, workspace: Workspace) -> bool:
    later = workspace.kept_after(Screening, position, client=client)
    return any(one.outcome == "clear" and one.answered_on >= day for one in later)
