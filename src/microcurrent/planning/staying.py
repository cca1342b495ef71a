"""Staying: how long direct current of one sign stays at one place of the skin.

A probe that glides by less than its own contact stays; one that glides farther is over any place for as
long as its contact takes to pass, twice as long where it turns back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from microcurrent.model import Path, Placement, Plan, Step
from microcurrent.model.body import Point


def stays(plan: Plan, part: Placement | Path) -> bool:
    """Return whether an electrode stays where it is: held, or gliding by less than its own contact."""
    return not isinstance(part, Path) or part.length < _width(plan, part)


def longest_stays(plan: Plan, steps: Iterable[Step], *, alone: bool) -> list[tuple[float, str]]:
    """Return the longest time [s] at each place, and where that is, over steps, until moved or reversed.

    `alone`: an electrode that is held counts only where the other one stays, too; one that moves always
    counts.
    """
    longest: dict[Point, tuple[float, str]] = {}
    running: dict[Point, tuple[float, float]] = {}  # sign, time
    for step in steps:
        parts = [(part, sign) for part, sign in ((step.anode, 1.0), (step.cathode, -1.0))]
        still = [(part, sign) for part, sign in parts if stays(plan, part)]
        counted = still if not alone or len(still) == len(parts) else []
        held = {plan.site(part.sites[0]).position: (part, sign) for part, sign in counted}
        running = {place: running[place] for place in held if place in running}
        if step.stimulus.waveform.is_balanced:
            continue
        for place, (part, side) in held.items():
            total, sign = _added(step, side, running.get(place))
            running[place] = (sign, total)
            _longer(longest, place, total, step, part)
        for part, _ in parts:
            if isinstance(part, Path) and not stays(plan, part):
                passing = min(_one_way(step), 2 * _width(plan, part) / part.speed)
                _longer(longest, plan.site(part.sites[-1]).position, passing, step, part)
    return list(longest.values())


def _width(plan: Plan, part: Placement | Path) -> float:
    """Width [m] of the metal that touches at most."""
    return 2 * plan.electrode(part.electrode).reach


def _one_way(step: Step) -> float:
    """The longest time [s] that the current of a step flows one way."""
    polarity = step.stimulus.polarity
    whole = step.stimulus.duration
    return min(whole, polarity.every) if polarity.mode == "alternating" else whole


def _added(step: Step, side: float, before: tuple[float, float] | None) -> tuple[float, float]:
    """The time [s] at a place with what came before in the same sign, and that sign."""
    stimulus = step.stimulus
    sign = side * math.copysign(1.0, stimulus.waveform.mean) * stimulus.polarity.first_sign
    if stimulus.polarity.mode == "alternating" or before is None or before[0] != sign:
        return _one_way(step), sign
    return _one_way(step) + before[1], sign


def _longer(
    longest: dict[Point, tuple[float, str]], place: Point, time: float, step: Step, part: Placement | Path
) -> None:
    found = time, f"step {step.number}, electrode {part.electrode}"
    longest[place] = max(longest.get(place, (0.0, "")), found)
