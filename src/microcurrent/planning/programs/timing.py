"""How often each move is done: a sitting gets its length, each zone its share, each current its ramps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from microcurrent import tables
from microcurrent.model.move import PlacedMove
from microcurrent.model.program import Program, ProgramCurrent, ProgramStep


@dataclass(frozen=True, kw_only=True)
class TimedMove:
    """A placed move in a `step` of a program: one pass lasts `seconds` [s], and there are `passes`."""

    placed: PlacedMove
    step: ProgramStep
    current: ProgramCurrent
    seconds: float
    passes: int

    @property
    def time(self) -> float:
        """Time [s] of all passes."""
        return self.seconds * self.passes


def timed(
    program: Program, step: ProgramStep, placed: Sequence[PlacedMove], *, time: float = 0.0
) -> tuple[TimedMove, ...]:
    """Return the moves of one step of a program with their passes.

    `time` [s] that all of them take together, shared out by zones in the ratio of their published times; 0:
    each takes its own time. No glide is shorter than its ramps and one pass between them, no hold shorter
    than twice its ramps.
    """
    current = program.current(step.current)
    chosen = [one for one in placed if one.move.kind in step.kinds]
    seconds = [step.seconds or one.move.seconds for one in chosen]
    ramps = _ramps(current)
    least = [
        math.ceil((2 * ramps if one.is_hold else ramps + pass_) / pass_ - 1e-9)
        for one, pass_ in zip(chosen, seconds, strict=True)
    ]
    own = [max(step.passes or one.move.passes, few) for one, few in zip(chosen, least, strict=True)]
    if time > 0:
        own = _shared(chosen, seconds, least, time=time)
    return tuple(
        TimedMove(placed=one, step=step, current=current, seconds=pass_, passes=passes)
        for one, pass_, passes in zip(chosen, seconds, own, strict=True)
    )


def _ramps(current: ProgramCurrent) -> float:
    """The ramps in and out [s]; those of the limits where the current names none."""
    if current.ramp is not None:
        return current.ramp.rise + current.ramp.fall
    slow = current.system == "galvanic" or current.offset > 0
    return 2 * tables.limits().stop("ramp-galvanic" if slow else "ramp-microcurrent")


def _shared(
    chosen: Sequence[PlacedMove], seconds: Sequence[float], least: Sequence[int], *, time: float
) -> list[int]:
    """Passes of each move so that zones share `time` [s]; what would be too short gets its least first."""
    shares = _shares(chosen)
    short: set[int] = set()
    while True:
        free = [k for k in range(len(chosen)) if k not in short]
        left = max(0.0, time - sum(least[k] * seconds[k] for k in short))
        whole = sum(shares[k] for k in free)
        passes = {k: left * shares[k] / whole / seconds[k] for k in free}
        newly = {k for k in free if passes[k] < least[k]}
        if not newly:
            return [least[k] if k in short else max(least[k], round(passes[k])) for k in range(len(chosen))]
        short |= newly


def _shares(chosen: Sequence[PlacedMove]) -> list[float]:
    """What part of the time each move takes: its zone's, and within it by the ratio of their own times."""
    zones = tables.zone_times()
    own: dict[str, float] = {}
    for one in chosen:
        own[one.move.zone] = own.get(one.move.zone, 0.0) + one.move.time
    weights = {zone: zones[zone].middle if zone in zones else 1.0 for zone in own}
    whole = sum(weights.values())
    return [weights[one.move.zone] / whole * one.move.time / own[one.move.zone] for one in chosen]
