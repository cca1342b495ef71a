"""Faults of a simulated stimulator, to order."""

from __future__ import annotations

import math
from dataclasses import dataclass

from microcurrent.model.checks import finite, one_of, refuse

FAULTS = (
    "lead_off",
    "open",
    "short",
    "drift",
    "gain",
    "leak",
    "frozen",
    "silent",
    "stuck",
    "reset",
)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that breaks from `start` to `stop` [s] on the clock after the stimulator was made.

    `lead_off`, `open`: no contact. `short`: the probes touch. `drift`: impedance rises by `size` of
    itself per second. `gain`: output rises by `size` of itself per second. `leak`: `size` [A] direct
    current on top. `frozen`: the status stops changing, output goes on. `silent`: nothing gets
    through either way. `stuck`: output that should go to zero stays at its envelope as direct
    current. `reset`: the stimulator restarts, at once.
    """

    kind: str
    start: float = 0.0
    stop: float = math.inf
    size: float = 0.0

    def __post_init__(self) -> None:
        one_of(self, "kind", self.kind, FAULTS)
        finite(self, "start", self.start, minimum=0)
        finite(self, "size", self.size)
        if not self.stop > self.start:
            raise refuse(self, "stop", expected="after the start", came=f"{self.stop:g} s")


def active(faults: tuple[Fault, ...], kind: str, time: float) -> bool:
    """Return whether any fault of a kind holds at `time` [s]."""
    return any(f.kind == kind and f.start <= time < f.stop for f in faults)


def growth(faults: tuple[Fault, ...], kind: str, time: float) -> float:
    """Return 1 plus what the faults of a kind have added per second until `time` [s]; never below 0."""
    begun = (f for f in faults if f.kind == kind and f.start <= time)
    return max(0.0, 1 + math.fsum(f.size * (min(time, f.stop) - f.start) for f in begun))


def added(faults: tuple[Fault, ...], kind: str, time: float) -> float:
    """Return the sum of the sizes of the faults of a kind that hold at `time` [s]."""
    return math.fsum(f.size for f in faults if f.kind == kind and f.start <= time < f.stop)
