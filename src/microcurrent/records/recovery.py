"""Recovery: how a sitting that lost its process is closed, with what is known and no more.

The charge that the stimulator last reported is known. What flowed after that report is not, but it
is bounded: output lasts no longer than the lease that was granted, and no current is above the
amplitude of the step.
"""

from __future__ import annotations

from typing import Any

from microcurrent.model import Event
from microcurrent.model.sitting import ENDINGS

INTERRUPTED = "interrupted"


def ending_of(events: tuple[Event, ...]) -> str:
    """Return the ending that the events themselves report, or "" where they report none."""
    closed = [event.figure("ending") for event in events if event.kind == "closed"]
    return str(closed[-1]) if closed and closed[-1] in ENDINGS[1:] else ""


def closing_event(plan: dict[str, Any], events: tuple[Event, ...], *, utc: str) -> Event:
    """Return the "closed" event of a sitting without one.

    `plan` is the plan as stored. Figures: "ending"; "net_charge" and "absolute_charge" [C] of the step
    under way as last measured, None where nothing was; "unmeasured_time" [s] and "unmeasured_charge"
    [C]: for how long current may have gone on unseen, and the most it can have carried.
    """
    measured = next((event for event in reversed(events) if event.kind == "measured"), None)
    seconds = _unseen(events, measured)
    return Event(
        time=events[-1].time if events else 0.0,
        utc=utc,
        kind="closed",
        figures=(
            ("ending", INTERRUPTED),
            ("net_charge", measured.figure("net_charge") if measured else None),
            ("absolute_charge", measured.figure("absolute_charge") if measured else None),
            ("unmeasured_time", seconds),
            ("unmeasured_charge", seconds * _amplitude(plan, events)),
        ),
    )


def _unseen(events: tuple[Event, ...], measured: Event | None) -> float:
    """Seconds from the last word of the stimulator to the end of the last lease; 0 once it is off."""
    leases = [k for k, event in enumerate(events) if event.kind == "lease"]
    if not leases or any(event.kind == "off" for event in events[leases[-1] :]):
        return 0.0
    lease = events[leases[-1]]
    length = lease.figure("lease")
    end = lease.time + (float(length) if isinstance(length, int | float) else 0.0)
    known = measured.time if measured else next(e.time for e in events if e.kind == "lease")
    return max(end - known, 0.0)


def _amplitude(plan: dict[str, Any], events: tuple[Event, ...]) -> float:
    """Amplitude [A] of the step under way, or of the strongest step where that is not known."""
    steps = {step["number"]: step["stimulus"]["amplitude"] for step in plan.get("steps", ())}
    started = [event.figure("step") for event in events if event.kind == "step"]
    if started and started[-1] in steps:
        return float(steps[started[-1]])
    return float(max(steps.values(), default=0.0))
