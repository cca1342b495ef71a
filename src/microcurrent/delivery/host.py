"""Host and Delivered: what a controller stands on, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from microcurrent.delivery.clock import Clock
from microcurrent.delivery.ledger import DeliveredStep
from microcurrent.model import Event, Status, Trip

Sink = Callable[[Event], None]
Progress = Callable[[float, float, int, Status], None]


@dataclass(frozen=True, kw_only=True)
class Host:
    """What the controller stands on.

    `clock`; `sink` takes every event and raises where it cannot keep it, which ends the current;
    `today`: the ISO date for the approval; `attended`: a person is there who can resume after a lost
    contact; `on_progress(time, total, step, status)`, each second: time and total [s] of the sitting,
    number of the step.
    """

    clock: Clock
    sink: Sink
    today: str
    attended: bool = False
    on_progress: Progress | None = None


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """What a sitting gave: digest of the `plan`, `ending` (completed, stopped or tripped), the steps
    that had current, the `trip` or the `reason` of the stop, and the `time` [s] that all took.
    """

    plan: str
    ending: str
    steps: tuple[DeliveredStep, ...]
    time: float
    trip: Trip | None = None
    reason: str = ""
