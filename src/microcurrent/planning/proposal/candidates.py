"""Candidates: every hold and glide near the targets that no rule of placement stops."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from microcurrent.errors import InputError, Problem, ValueRefused
from microcurrent.model import Limits, Placement, Plan, Site, Step, Stimulus
from microcurrent.model.body import Body, Point
from microcurrent.model.electrode import Electrode
from microcurrent.model.plan import Path
from microcurrent.model.proposal import Target
from microcurrent.planning import placement
from microcurrent.planning.bodies import BodySource, clearance_of
from microcurrent.planning.positions import point_along
from microcurrent.planning.proposal.targets import middle_of

#: Probes stand within this of a target [m]: a pair farther off serves it less than one nearer by.
REACH = 45.0e-3
#: Least gap [m] between the edges of two probes.
GAP = 3.0e-3
#: A glide is taken at so many places of its way, each standing for as much of it.
PLACES = 3


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One thing that could be done: a probe held at, or gliding through, the sites of `first`; the other
    one likewise through `second`. `seconds` [s] one pass takes, 0 for a hold; `share` of the usual current.

    `positions`: where both stand, in pairs of numbers into the points of the `Candidates`.
    """

    first: tuple[Site, ...]
    second: tuple[Site, ...]
    seconds: float
    share: float
    length: float
    positions: tuple[tuple[int, int], ...]

    @property
    def words(self) -> tuple[str, str]:
        """Both ends in words."""
        return " to ".join(s.name for s in self.first), " to ".join(s.name for s in self.second)


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """What may be done: `points` (P, 3) [m] that probes stand at, and how many others are `refused`."""

    found: tuple[Candidate, ...]
    points: tuple[Point, ...]
    refused: int


@dataclass(frozen=True, kw_only=True)
class Move:
    """A hold or glide of a program: sites of both ends, time [s] of one pass and share of the usual
    current."""

    first: tuple[Site, ...]
    second: tuple[Site, ...]
    seconds: float
    share: float


@dataclass(frozen=True, kw_only=True)
class Probes:
    """The two `electrodes`, the `stimulus` of every step, and where probes may stand by the `limits`.

    `guards`: words in the names of sites, and the share of the usual current that is given there.
    """

    electrodes: tuple[Electrode, Electrode]
    stimulus: Stimulus
    limits: Limits
    guards: tuple[tuple[str, float], ...] = ()

    def share_at(self, sites: Iterable[Site]) -> float:
        """Return the least share of the usual current at any of some sites."""
        words = {word for site in sites for word in site.name.split()}
        return min((share for word, share in self.guards if word in words), default=1.0)


def candidates(
    targets: tuple[Target, ...],
    source: BodySource,
    probes: Probes,
    *,
    side: str,
    moves: Sequence[Move] = (),
    holds: bool = True,
) -> Candidates:
    """Return every pair of sites of one side within reach of a target, and every move, that may be treated.

    `holds`: whether pairs of sites are looked at, beside the `moves`. Raises `ValueRefused` where none is
    left.
    """
    sites = _reachable(targets, source.body, side)
    least = sum(electrode.reach for electrode in probes.electrodes) + GAP
    widest = _widest(probes.limits, source.body)
    wanted = [
        Move(first=(a,), second=(b,), seconds=0.0, share=1.0)
        for a, b in itertools.combinations(sites, 2)
        if holds and least <= math.dist(a.position, b.position) <= widest
    ]
    points: dict[Point, int] = {}
    found = []
    for move in (*wanted, *moves):
        made = _candidate(move, source, probes, points=points)
        if made is not None:
            found.append(made)
    if not found:
        raise ValueRefused(
            Problem(
                what="no pair of sites may be treated for this target", key="--target",
                expected="two sites near it that keep every rule of placement",
                came=f"{len(wanted)} pairs and {len(moves)} moves, each refused",
                advice="Choose another target or smaller probes",
            )
        )  # fmt: skip
    return Candidates(
        found=tuple(found), points=tuple(points), refused=len(wanted) + len(moves) - len(found)
    )


def _reachable(targets: Sequence[Target], body: Body, side: str) -> list[Site]:
    points = np.stack([point for target in targets for point in middle_of(target, body)])
    places: dict[Point, Site] = {}
    for site in body.sites:
        away = np.linalg.norm(points - np.array(site.position), axis=1).min()
        if away <= REACH and site.side in (side, ""):
            places.setdefault(site.position, site)
    return list(places.values())


def _widest(limits: Limits, body: Body) -> float:
    limit = limits["probe-spacing-largest"]
    level = limit.warn if limit.warn is not None else limit.stop
    return level if level is not None and body.midline else math.inf


def _candidate(
    move: Move, source: BodySource, probes: Probes, *, points: dict[Point, int]
) -> Candidate | None:
    """The candidate of a move, or None where a rule of placement stops it or no way joins its sites."""
    try:
        parts = [
            _part(electrode, sites, source, move.seconds)
            for electrode, sites in zip(probes.electrodes, (move.first, move.second), strict=True)
        ]
    except InputError:  # no way joins two of its sites
        return None
    sites = tuple(dict.fromkeys((*move.first, *move.second)))
    step = Step(
        number=1, system="faradic", stimulus=probes.stimulus, anode=parts[0], cathode=parts[1], start=0.0
    )
    plan = Plan(
        title="candidate", intent="candidate", body=source.body.name, body_content=source.body.content,
        electrodes=probes.electrodes, steps=(step,), sites=sites,
    )  # fmt: skip
    findings = placement.place(plan, source.body, probes.limits, tissues_between=source.tissues_on_line)
    if any(finding.verdict == "stop" for finding in findings):
        return None
    ways = [_places(part, sites) for part, sites in zip(parts, (move.first, move.second), strict=True)]
    count = max(len(way) for way in ways)
    stops = [tuple(way) if len(way) == count else tuple(way) * count for way in ways]
    return Candidate(
        first=move.first, second=move.second, seconds=move.seconds,
        share=min(move.share, probes.share_at(sites)),
        length=max(part.length if isinstance(part, Path) else 0.0 for part in parts),
        positions=tuple(
            (points.setdefault(a, len(points)), points.setdefault(b, len(points)))
            for a, b in zip(*stops, strict=True)
        ),
    )  # fmt: skip


def _part(
    electrode: Electrode, sites: tuple[Site, ...], source: BodySource, seconds: float
) -> Placement | Path:
    if len(sites) == 1:
        return Placement(electrode=electrode.name, site=sites[0].name)
    way = source.path(sites, clearance=clearance_of(electrode))
    return Path(
        electrode=electrode.name, sites=tuple(site.name for site in sites), speed=way.length / seconds,
        length=way.length, way=way.points, marks=way.marks,
    )  # fmt: skip


def _places(part: Placement | Path, sites: tuple[Site, ...]) -> list[Point]:
    if isinstance(part, Placement):
        return [sites[0].position]
    corners = part.way or tuple(site.position for site in sites)
    return [point_along(corners, (k + 0.5) / PLACES) for k in range(PLACES)]
