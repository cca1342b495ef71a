"""Positions: where both probes are, again and again through a step, and distances between them."""

from __future__ import annotations

import bisect
import itertools
import math
from functools import lru_cache

from microcurrent.model import Path, Placement, Plan, Step

Point = tuple[float, float, float]

#: A glide is looked at every so often [m] of travel, and at most so many times.
_TRAVEL = 2e-3
_MOST_POSITIONS = 2000
#: Lines whose lengths are remembered: two probes, and some to spare.
_LINES_KEPT = 16


def positions(plan: Plan, step: Step) -> tuple[tuple[Point, Point], ...]:
    """Return where anode and cathode are, again and again through a step: (N, 2, 3) [m], each once."""
    paths = [part for part in (step.anode, step.cathode) if isinstance(part, Path)]
    if not paths:
        return ((plan.site(step.anode.sites[0]).position, plan.site(step.cathode.sites[0]).position),)
    longest = max(path.duration for path in paths)
    travel = max(path.speed for path in paths) * longest
    count = min(_MOST_POSITIONS, max(2, math.ceil(travel / _TRAVEL)))
    times = [longest * k / count for k in range(count + 1)]
    for path in paths:  # the corners, where the extremes lie
        ends = path.length / path.speed
        times += [k * ends for k in range(path.passes + 1)]
        times += [k * ends + s * ends for k in range(min(path.passes, 2)) for s in _corners(plan, path)]
    found = (
        (position_at(plan, step.anode, t), position_at(plan, step.cathode, t))
        for t in sorted(times)
        if t <= longest
    )
    return tuple(dict.fromkeys(found))


def corners_of(plan: Plan, part: Placement | Path) -> tuple[Point, ...]:
    """Return the corners (P, 3) [m] of the line that an electrode follows: its way, or site to site."""
    if isinstance(part, Path) and part.way:
        return part.way
    return tuple(plan.site(name).position for name in part.sites)


def point_along(corners: tuple[Point, ...], share: float) -> Point:
    """Return the point (3,) [m] at a `share` from 0 to 1 of the length of a line with `corners` (P, 3)."""
    ends = _ends(corners)
    place = share * ends[-1]
    piece = min(bisect.bisect_left(ends, place, lo=1), len(ends) - 1) if len(ends) > 1 else 0
    if not piece:
        return corners[0]
    a, b, length = corners[piece - 1], corners[piece], ends[piece] - ends[piece - 1]
    f = min((place - ends[piece - 1]) / length, 1.0) if length > 0 else 0.0
    return (a[0] + f * (b[0] - a[0]), a[1] + f * (b[1] - a[1]), a[2] + f * (b[2] - a[2]))


@lru_cache(maxsize=_LINES_KEPT)
def _ends(corners: tuple[Point, ...]) -> tuple[float, ...]:
    """How far along a line [m] each of its corners lies, (P,)."""
    steps = (math.dist(a, b) for a, b in zip(corners, corners[1:], strict=False))
    return tuple(itertools.accumulate(steps, initial=0.0))


def _corners(plan: Plan, path: Path) -> list[float]:
    """Fractions of a pass at which a path reaches its inner sites, running there and back."""
    marks = path.marks or _ends(corners_of(plan, path))
    there = [mark / (marks[-1] or 1.0) for mark in marks[1:-1]]
    return there + [1 - f for f in there]


def position_at(plan: Plan, part: Placement | Path, time: float) -> Point:
    """Return where (3,) [m] an electrode is at a time [s] into a step: on its site or its lines."""
    corners = corners_of(plan, part)
    if isinstance(part, Placement):
        return corners[0]
    passed = min(part.speed * time / part.length, float(part.passes))
    whole = min(math.floor(passed), part.passes - 1)
    along = passed - whole
    return point_along(corners, along if whole % 2 == 0 else 1 - along)


def distance_to_segment(point: Point, a: Point, b: Point) -> float:
    """Distance [m] from a point to the straight line between two others."""
    span = [q - p for p, q in zip(a, b, strict=True)]
    square = math.fsum(c * c for c in span)
    along = (
        math.fsum((p - q) * c for p, q, c in zip(point, a, span, strict=True)) / square if square else 0.0
    )
    along = min(max(along, 0.0), 1.0)
    return math.dist(point, [p + along * c for p, c in zip(a, span, strict=True)])
