"""Geodesics: the shortest way on the skin from point to point, around what no probe may enter.

The way is found as a chain of edges, which edge flips then shorten to a geodesic (Sharp and Crane 2020, by
potpourri3d). That gives the shortest way on one side of a hill or hole; which side is shorter is found out
by starting from several chains: each runs through a place half-way between the ends where the distances to
them, by fast marching, add up to little.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import potpourri3d
from scipy.sparse.csgraph import dijkstra

from microcurrent.errors import BodyError, Problem, ValueRefused
from microcurrent.physics.bodies.placing import FARTHEST
from microcurrent.physics.bodies.remeshing import (
    Mesh,
    closest_point,
    graph_of,
    longest_edge,
    part_with,
    with_point,
    without_ball,
)
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.conduction.grid import Floats

#: Corners of a way stand this far apart [m]: a tenth of a usual contact.
STEP = 1.0e-3
#: Ways are looked for first where the distances to both ends add up to this many times their own.
_FIRST = 1.5
#: So many places to start from, no nearer to each other than this share of the way, and none that promises
#: a way longer than the best by this factor: fast marching is good to a few percent.
_MOST_STARTS, _APART, _LONGER = 6, 0.1, 1.15
#: Ends nearer to each other than this [m] are one place.
_SAME = 1.0e-6
#: An end may lie inside an obstacle by this much [m]: so far may a point be moved onto an edge beside it.
_ON_RIM = 1.0e-5


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """A ball that no way enters: `name`, `centre` (3,) [m], `radius` [m].

    `clearance` [m]: how far from it a way should keep beyond that, where its ends do.
    """

    name: str
    centre: tuple[float, float, float]
    radius: float
    clearance: float = 0.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Geodesic:
    """A way on the skin: corners `points` (P, 3) [m]; `marks` (S,) [m] along it at which it passes the
    points that it was asked for."""

    points: Floats
    marks: Floats

    @property
    def length(self) -> float:
        """Length [m]."""
        return float(self.marks[-1])


def geodesic(
    skin: SkinMesh, points: npt.ArrayLike, *, obstacles: Sequence[Obstacle] = (), step: float = STEP
) -> Geodesic:
    """Return the shortest way on `skin` through `points` (S, 3) [m] in their order, outside `obstacles`.

    A point off the skin counts as the place on it that is nearest. Between two of them the corners stand
    evenly, at most `step` [m] apart. Raises `BodyError` for a point farther than 25 mm from the skin, one
    inside an obstacle, and two that no way joins; `ValueRefused` for fewer than two points or none finite.
    """
    wanted = np.asarray(points, dtype=float)
    if wanted.ndim != 2 or wanted.shape[1:] != (3,) or len(wanted) < 2 or not np.isfinite(wanted).all():
        raise ValueRefused(
            Problem(what="points of a way", expected="two or more of three finite coordinates in metre",
                    came=f"an array of shape {wanted.shape}")
        )  # fmt: skip
    if not (math.isfinite(step) and step > 0):
        raise ValueRefused(Problem(what="step of a way", expected="above 0 m", came=f"{step}"))
    mesh: Mesh = (np.asarray(skin.vertices), np.asarray(skin.triangles, dtype=np.int64))
    numbers: dict[tuple[float, ...], int] = {}
    # In one order whatever that of the points, so that a way back is the way there.
    for place in sorted({tuple(point) for point in wanted.tolist()}):
        _check_on_skin(mesh, np.array(place))
        mesh, numbers[place] = with_point(mesh, np.array(place))
    chain = [numbers[tuple(point)] for point in wanted.tolist()]
    legs = [_leg(mesh, (a, b), obstacles, step) for a, b in zip(chain, chain[1:], strict=False)]
    lengths = [float(np.linalg.norm(np.diff(leg, axis=0), axis=1).sum()) for leg in legs]
    corners = np.vstack([legs[0], *(leg[1:] for leg in legs[1:])])
    return Geodesic(points=corners, marks=np.concatenate([[0.0], np.cumsum(lengths)]))


def _check_on_skin(mesh: Mesh, point: Floats) -> None:
    away = closest_point(mesh, point)[2]
    if away > FARTHEST:
        raise BodyError(
            Problem(
                what=f"the point {_shown(point)} does not lie on the skin of the body",
                expected=f"at most {1e3 * FARTHEST:g} mm from it", came=f"{1e3 * away:.3g} mm",
                advice="Check the coordinates and their unit against a picture of the body",
            )
        )  # fmt: skip


def _leg(mesh: Mesh, ends: tuple[int, int], obstacles: Sequence[Obstacle], step: float) -> Floats:
    """Corners (P, 3) [m] of the way between two vertices."""
    first, last = mesh[0][list(ends)]
    if np.linalg.norm(last - first) < _SAME:
        return np.stack([first, last])
    if tuple(first) > tuple(last):
        return _leg(mesh, (ends[1], ends[0]), obstacles, step)[::-1]
    for obstacle in obstacles:
        radius = _kept(obstacle, first, last)
        wide = _longest_near(mesh, np.array(obstacle.centre), radius)
        # No place in a triangle with edges up to `wide` and its corners at this distance or more, nor a
        # chord of `step` across it, comes nearer than the radius.
        safe = math.sqrt(radius**2 + wide**2 / 3 + step**2 / 4)
        nearest = float(np.linalg.norm(np.stack([first, last]) - obstacle.centre, axis=1).min())
        mesh = without_ball(mesh, np.array(obstacle.centre), min(safe, nearest))
    way = _even(_shortest(mesh, ends), step)
    for obstacle in obstacles:
        way[1:-1] = _pushed_out(way[1:-1], obstacle, step)
    return way


def _kept(obstacle: Obstacle, first: Floats, last: Floats) -> float:
    """How far [m] from the middle of an obstacle a way keeps: its clearance, as far as the ends do."""
    gaps = [float(np.linalg.norm(end - obstacle.centre)) for end in (first, last)]
    for end, gap in zip((first, last), gaps, strict=True):
        if gap < obstacle.radius - _ON_RIM:
            raise BodyError(
                Problem(
                    what=f"the point {_shown(end)} lies inside the {obstacle.name}, where no way may go",
                    expected=f"at least {1e3 * obstacle.radius:.3g} mm from its middle",
                    came=f"{1e3 * gap:.4g} mm", advice="Choose a site outside it",
                )
            )  # fmt: skip
    return max(obstacle.radius, min(obstacle.radius + obstacle.clearance, *gaps))


def _longest_near(mesh: Mesh, centre: Floats, radius: float) -> float:
    """Length [m] of the longest edge of the triangles that may meet the rim of a ball."""
    vertices, triangles = mesh
    away = np.linalg.norm(vertices - centre, axis=1)[triangles]
    near = (away.min(axis=1) <= radius + longest_edge(mesh)) & (away.max(axis=1) >= radius)
    return longest_edge((vertices, triangles[near])) if near.any() else 0.0


def _pushed_out(points: Floats, obstacle: Obstacle, step: float) -> Floats:
    """The points, those inside an obstacle moved to its rim.

    Needed only where an end lies so near the rim that it could not be cut with room to spare; then by less
    than a hundredth of an edge.
    """
    out = points - obstacle.centre
    away = np.linalg.norm(out, axis=1, keepdims=True)
    rim = math.sqrt(obstacle.radius**2 + step**2 / 4)
    return np.asarray(np.where(away < rim, obstacle.centre + out * (rim / away), points))


def _even(way: Floats, step: float) -> Floats:
    """A polyline at equal steps along it, at most `step` [m] long, its ends as they are."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(way, axis=0), axis=1))])
    count = max(1, math.ceil(along[-1] / step - 1e-9))
    places = np.linspace(0.0, along[-1], count + 1)
    return np.stack([np.interp(places, along, way[:, axis]) for axis in range(3)], axis=1)


# -- the shortest way between two vertices -------------------------------------------------------


def _shortest(mesh: Mesh, ends: tuple[int, int]) -> Floats:
    """Corners (P, 3) [m] of the shortest way found between two vertices of a mesh."""
    part, first, last = _where_shorter(mesh, ends)
    flips = potpourri3d.EdgeFlipGeodesicSolver(*part)
    ways = [np.asarray(flips.find_geodesic_path_poly(chain)) for chain in _chains(part, first, last)]
    lengths = [float(np.linalg.norm(np.diff(way, axis=0), axis=1).sum()) for way in ways]
    return ways[int(np.argmin(lengths))]


def _where_shorter(mesh: Mesh, ends: tuple[int, int]) -> tuple[Mesh, int, int]:
    """The part of the mesh that holds every way no longer than the one along edges, and the ends in it.

    On such a way the straight distances to both ends add up to no more than its length: an ellipsoid.
    """
    vertices, triangles = mesh
    first, last = vertices[list(ends)]
    total = np.linalg.norm(vertices - first, axis=1) + np.linalg.norm(vertices - last, axis=1)
    least = total[triangles].min(axis=1)
    room = 2 * longest_edge(mesh)
    bound = _FIRST * float(np.linalg.norm(last - first))
    while True:
        keep = least <= bound + room
        found = part_with(mesh, keep, ends)
        if found is not None:
            part, a, b = found
            length = float(dijkstra(graph_of(part), indices=a)[b])
            if length <= bound or keep.all():
                return found
            bound = length
        elif keep.all():
            raise BodyError(
                Problem(
                    what=f"no way on the skin joins {_shown(first)} and {_shown(last)}",
                    expected="two points on one piece of skin", came="two pieces of it",
                    advice="Choose sites between which no obstacle lies from edge to edge",
                )
            )  # fmt: skip
        else:
            bound *= 2


def _chains(part: Mesh, first: int, last: int) -> list[list[int]]:
    """Chains of vertices joined by edges from `first` to `last`: the shortest, and some on other sides."""
    graph = graph_of(part)
    _, back = dijkstra(graph, indices=[first, last], return_predecessors=True)
    places = [last, *_starts(part, first, last)]
    chains = [
        _without_loops([*_walk(back[0], place)[::-1], *_walk(back[1], place)[1:]]) for place in places
    ]
    return [list(chain) for chain in dict.fromkeys(tuple(chain) for chain in chains)]


def _starts(part: Mesh, first: int, last: int) -> list[int]:
    """Vertices half-way between the ends, through each of which a short way may run, best first."""
    vertices, triangles = part
    marching = potpourri3d.MeshFastMarchingDistanceSolver(vertices, triangles)
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b = (np.asarray(marching.compute_distance([[(end, [])]])).ravel() for end in (first, last))
    nearer = a < b
    mixed = triangles[nearer[triangles].any(axis=1) & ~nearer[triangles].all(axis=1)]
    middle = np.unique(mixed)
    total = np.where(np.isfinite(a + b), a + b, np.inf)
    middle = middle[np.argsort(total[middle], kind="stable")]
    chosen: list[int] = []
    for vertex in middle.tolist():
        if len(chosen) == _MOST_STARTS or total[vertex] > _LONGER * total[middle[0]]:
            break
        gaps = np.linalg.norm(vertices[chosen] - vertices[vertex], axis=1)
        if vertex not in (first, last) and (gaps > _APART * total[middle[0]]).all():
            chosen.append(vertex)
    return chosen


def _walk(back: npt.NDArray[np.int32], start: int) -> list[int]:
    """The vertices from `start` to where the shortest chains of `back` begin."""
    walk = [start]
    while back[walk[-1]] >= 0:
        walk.append(int(back[walk[-1]]))
    return walk


def _without_loops(chain: list[int]) -> list[int]:
    """The chain with every loop cut off, so that it passes no vertex twice."""
    kept: list[int] = []
    at: dict[int, int] = {}
    for vertex in chain:
        if vertex in at:
            for dropped in kept[at[vertex] + 1 :]:
                del at[dropped]
            kept = kept[: at[vertex] + 1]
        else:
            at[vertex] = len(kept)
            kept.append(vertex)
    return kept


def _shown(point: Floats) -> str:
    return "(" + ", ".join(f"{1e3 * value:.3g}" for value in point) + ") mm"
