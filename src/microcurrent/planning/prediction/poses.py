"""Where both probes stand during a step: one pose for a hold, several for a glide."""

from __future__ import annotations

import math
from dataclasses import dataclass

from microcurrent.model.plan import Path, Placement, Plan, Step
from microcurrent.planning.positions import Point, corners_of, point_along

#: A glide is cut into pieces no longer than one contact diameter, so that neighbouring contacts
#: overlap; more than this many pieces change the time-weighted means by less than the inputs do.
MOST_POSES = 12
FEWEST_POSES = 3
#: Places for each contact diameter of path at which a moving contact lays down its charge. Between
#: poses it passes every place once, so charge must be spread finer than the poses stand.
PLACES_PER_DIAMETER = 8


@dataclass(frozen=True, kw_only=True)
class Pose:
    """Points (3,) [m] of anode and cathode, the `share` of the step's time, and a `label`.

    `ways`: the points that anode and cathode pass in that time, evenly spread; one where it is held.
    """

    anode: Point
    cathode: Point
    share: float
    label: str
    ways: tuple[tuple[Point, ...], tuple[Point, ...]]


def poses(step: Step, plan: Plan, contact_diameter: float) -> tuple[Pose, ...]:
    """Return the poses of a step; the shares add up to 1.

    A glide runs at constant speed along its path and back, so equal pieces of the path take equal
    time; each pose stands in the middle of its piece. `contact_diameter` [m] sets their number.
    """
    if step.do == "hold":
        anode, cathode = _point(step.anode, plan, 0.0), _point(step.cathode, plan, 0.0)
        ways = ((anode,), (cathode,))
        return (Pose(anode=anode, cathode=cathode, share=1.0, label="held", ways=ways),)
    longest = max(part.length for part in (step.anode, step.cathode) if isinstance(part, Path))
    count = min(MOST_POSES, max(FEWEST_POSES, math.ceil(longest / contact_diameter)))
    finer = math.ceil(PLACES_PER_DIAMETER * longest / (count * contact_diameter))
    passed = [[(k * finer + j + 0.5) / (count * finer) for j in range(finer)] for k in range(count)]
    return tuple(
        Pose(
            anode=_point(step.anode, plan, (k + 0.5) / count),
            cathode=_point(step.cathode, plan, (k + 0.5) / count),
            share=1 / count,
            label=f"{100 * (k + 0.5) / count:.0f} % along the path",
            ways=(_way(step.anode, plan, passed[k]), _way(step.cathode, plan, passed[k])),
        )
        for k in range(count)
    )


def _way(part: Placement | Path, plan: Plan, passed: list[float]) -> tuple[Point, ...]:
    """Return the points at fractions of a path, or the one site held."""
    return tuple(dict.fromkeys(_point(part, plan, along) for along in passed))


def _point(part: Placement | Path, plan: Plan, along: float) -> Point:
    """Return the point a fraction `along` of the whole length of a path, or the site held."""
    return point_along(corners_of(plan, part), along)
