"""Spacing: no current into a zone that had some too short a time ago, on a stimulator for people."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator

from microcurrent import tables, units
from microcurrent.errors import ApprovalRefused
from microcurrent.model.body import Point
from microcurrent.model.plan import Path, Plan
from microcurrent.workflow.stimulators import REHEARSAL, split
from microcurrent.workflow.workspace import Workspace

#: Sites of one body farther apart than this [m] are not one zone: more than the largest pad is wide.
_APART = 0.10
#: Longest stretch [m] of a way that is not looked at.
_STEP = 0.02


def check_spacing(
    plan: Plan, client: str, *, stimulator: str, workspace: Workspace, now: datetime.datetime
) -> None:
    """Raise `ApprovalRefused` if this client had current in the same zone within the limit.

    The limit is on the time from the end of the earlier current to now: that of this plan's mode or that
    of the earlier plan's, whichever is longer. Rehearsals ask for nothing and do not count. Sittings on
    another body are taken for the same zone, unless both plans are on the same body and all their sites
    lie well apart.
    """
    if split(stimulator)[0] in REHEARSAL:
        return
    own = tables.limits(mode=plan.mode).stop("same-zone-interval")
    for sitting in workspace.store.sittings():
        if sitting.client != client or split(sitting.stimulator)[0] in REHEARSAL:
            continue
        events = workspace.store.sitting(sitting.id).events
        gave = [event.utc for event in events if event.kind == "lease"]
        if not gave:
            continue
        since = (now - datetime.datetime.fromisoformat(gave[-1])).total_seconds()
        earlier = workspace.find(Plan, sitting.plan)
        least = max(own, tables.limits(mode=earlier.mode).stop("same-zone-interval"))
        if since < least and _same_zone(plan, earlier):
            raise ApprovalRefused(
                f"{client} had current in this zone {units.write(max(since, 0.0), 'time')} ago (sitting "
                f"{sitting.id}); the limit is {units.write(least, 'time')} between sittings."
            )


def _same_zone(one: Plan, other: Plan) -> bool:
    if one.body != other.body:
        return True
    there = list(_touched(other))
    return any(math.dist(a, b) < _APART for a in _touched(one) for b in there)


def _touched(plan: Plan) -> Iterator[Point]:
    """Yield the places that the probes of a plan stand on or pass, no two of a way far apart."""
    for step in plan.steps:
        for part in (step.anode, step.cathode):
            corners = [plan.site(name).position for name in part.sites]
            way = list(part.way) if isinstance(part, Path) and part.way else corners
            yield from way
            for a, b in zip(way, way[1:], strict=False):
                count = math.ceil(math.dist(a, b) / _STEP)
                for k in range(1, count):
                    x, y, z = (u + (v - u) * k / count for u, v in zip(a, b, strict=True))
                    yield x, y, z
