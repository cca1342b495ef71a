"""Dwells: a step as positions of both probes, each with its time and the charge that flows there."""

from __future__ import annotations

import math
from dataclasses import dataclass

from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.envelope import Polarity
from microcurrent.model.plan import Path, Plan, Step
from microcurrent.planning.positions import Point, position_at

#: Positions of a glide stand this far apart [m]: a tenth of a usual contact, so that what is summed over
#: them is smooth.
APART = 1.0e-3
#: Positions nearer than this [m] are one: on the way back a probe stands where it stood on the way there.
_SAME = 1.0e-7
#: Times nearer than this part of a step are one: rounding.
_INSTANT = 1.0e-9
#: Direct current that reverses more often than this in a step is not followed: each way costs solves.
_MOST_TURNS = 10_000


@dataclass(frozen=True, kw_only=True)
class Dwell:
    """Points `anode` and `cathode` (3,) [m], the `seconds` spent there, and the charge that flows then.

    `net` [C] into the anode's skin; `absolute` [C], both directions added up.
    """

    anode: Point
    cathode: Point
    seconds: float
    net: float
    absolute: float


def dwells_of(step: Step, plan: Plan, *, apart: float = APART, together: bool = True) -> tuple[Dwell, ...]:
    """Return the positions of a step; their seconds add up to its duration, their charge to its charge.

    A glide is cut into pieces of time in which the faster probe travels at most `apart` [m], a whole
    number to a pass; each stands for its middle. Ramps, surges and changes of polarity count where they
    happen. `together`: what is spent at one position on the way there and on the way back is one dwell;
    without it, direct current that reverses ends a dwell, so that in each it flows one way. Raises
    `ValueRefused` for a distance that is not above 0 and for direct current that reverses too often.
    """
    if not (math.isfinite(apart) and apart > 0):
        raise ValueRefused(
            Problem(what="distance between positions", expected="above 0 m", came=f"{apart}")
        )
    duration, stimulus = step.stimulus.duration, step.stimulus
    edges = _edges(step, duration, apart)
    if not together and stimulus.waveform.is_constant:
        edges = _with_turns(edges, stimulus.polarity)
    found: dict[tuple[int, ...], Dwell] = {}
    for number, (start, stop) in enumerate(zip(edges, edges[1:], strict=False)):
        middle = (start + stop) / 2
        anode, cathode = (position_at(plan, part, middle) for part in (step.anode, step.cathode))
        key = tuple(round(value / _SAME) for value in (*anode, *cathode)) if together else (number,)
        before = found.get(key)
        found[key] = Dwell(
            anode=before.anode if before else anode,
            cathode=before.cathode if before else cathode,
            seconds=(before.seconds if before else 0.0) + stop - start,
            net=(before.net if before else 0.0) + stimulus.charge_between(start, stop),
            absolute=(before.absolute if before else 0.0) + stimulus.absolute_charge_between(start, stop),
        )
    return tuple(found.values())


def _edges(step: Step, duration: float, apart: float) -> list[float]:
    """Times [s] between which the probes are taken to stand still, from 0 to the end of the step."""
    paths = [part for part in (step.anode, step.cathode) if isinstance(part, Path)]
    if not paths:
        return [0.0, duration]
    fastest = max(paths, key=lambda path: path.speed)
    one_pass = fastest.length / fastest.speed
    pieces = math.ceil(fastest.length / apart - 1e-9)
    passes = math.ceil(duration / one_pass - 1e-9)
    times = [one_pass * (k // pieces + (k % pieces) / pieces) for k in range(passes * pieces)]
    return [time for time in times if time < duration * (1 - 1e-12)] + [duration]


def _with_turns(edges: list[float], polarity: Polarity) -> list[float]:
    """The times [s] in `edges`, rising, and between them those at which the polarity reverses."""
    duration = edges[-1]
    if polarity.mode != "alternating":
        return edges
    count = math.ceil(duration / polarity.every - _INSTANT)
    if count > _MOST_TURNS:
        raise ValueRefused(
            Problem(
                what="direct current that reverses",
                expected=f"at most {_MOST_TURNS} times in a step",
                came=f"{count - 1} times, every {polarity.every:g} s",
                advice="Write it as a square wave",
            )
        )
    found = edges[:1]
    for time in sorted([*edges[1:], *(k * polarity.every for k in range(1, count))]):
        if time - found[-1] > _INSTANT * duration:
            found.append(time)
    found[-1] = duration
    return found
