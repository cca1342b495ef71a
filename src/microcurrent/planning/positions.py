"""Positions: where both probes are, again and again through a step, and distances between them."""

from __future__ import annotations

import math

from microcurrent.model import Path, Placement, Plan, Step

Point = tuple[float, float, float]

#: A glide is looked at every so often [m] of travel, and at most so many times.
_TRAVEL = 2e-3
_MOST_POSITIONS = 2000


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


def _lengths(plan: Plan, path: Path) -> list[float]:
    points = [plan.site(name).position for name in path.sites]
    return [math.dist(a, b) for a, b in zip(points, points[1:], strict=False)]


def _corners(plan: Plan, path: Path) -> list[float]:
    """Fractions of a pass at which a path reaches its inner sites, running there and back."""
    lengths = _lengths(plan, path)
    whole = math.fsum(lengths) or 1.0
    there = [math.fsum(lengths[: k + 1]) / whole for k in range(len(lengths) - 1)]
    return there + [1 - f for f in there]


def position_at(plan: Plan, part: Placement | Path, time: float) -> Point:
    """Return where (3,) [m] an electrode is at a time [s] into a step: on its site or its lines."""
    points = [plan.site(name).position for name in part.sites]
    if isinstance(part, Placement):
        return points[0]
    passed = min(part.speed * time / part.length, float(part.passes))
    whole = min(math.floor(passed), part.passes - 1)
    along = passed - whole
    lengths = _lengths(plan, part)
    left = (along if whole % 2 == 0 else 1 - along) * math.fsum(lengths)
    for a, b, length in zip(points, points[1:], lengths, strict=False):
        if left <= length and length > 0:
            f = left / length
            return (a[0] + f * (b[0] - a[0]), a[1] + f * (b[1] - a[1]), a[2] + f * (b[2] - a[2]))
        left -= length
    return points[-1]


def distance_to_segment(point: Point, a: Point, b: Point) -> float:
    """Distance [m] from a point to the straight line between two others."""
    span = [q - p for p, q in zip(a, b, strict=True)]
    square = math.fsum(c * c for c in span)
    along = (
        math.fsum((p - q) * c for p, q, c in zip(point, a, span, strict=True)) / square if square else 0.0
    )
    along = min(max(along, 0.0), 1.0)
    return math.dist(point, [p + along * c for p, c in zip(a, span, strict=True)])
