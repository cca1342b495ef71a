"""The zone of a body that a site lies in, by the corners of the zones."""

from __future__ import annotations

import math
from itertools import pairwise

from microcurrent.model.body import Body, Point, Site, Zone


def zone_of(site: Site, body: Body) -> str:
    """Return the name of the zone that a site lies in, or "" where the body has none there.

    A site is in a zone where it is one of its corners, or lies inside them seen along the normal of the
    zone and no farther from its middle than the farthest corner. Of several, the one whose middle is
    nearest.
    """
    found = [
        (math.dist(site.position, middle), zone.name)
        for zone in body.zones
        if (corners := _corners(zone, body)) and (middle := _middle(corners))
        and (site.name in zone.outline or _inside(site.position, corners, middle))
    ]  # fmt: skip
    return min(found)[1] if found else ""


def _corners(zone: Zone, body: Body) -> list[Point]:
    sites = {site.name: site.position for site in body.sites}
    corners = [sites[name] for name in zone.outline if name in sites]
    return corners if len(corners) > 2 else []


def _middle(corners: list[Point]) -> Point:
    x, y, z = (math.fsum(axis) / len(corners) for axis in zip(*corners, strict=True))
    return x, y, z


def _inside(point: Point, corners: list[Point], middle: Point) -> bool:
    """Whether a point lies within a closed outline, seen along the outline's normal (Newell's)."""
    if math.dist(point, middle) > max(math.dist(corner, middle) for corner in corners):
        return False
    first, second = _axes(corners)
    px, py = _dot(point, first), _dot(point, second)
    flat = [(_dot(corner, first), _dot(corner, second)) for corner in (*corners, corners[0])]
    inside = False
    for (ax, ay), (bx, by) in pairwise(flat):
        if (ay > py) != (by > py) and px < ax + (py - ay) * (bx - ax) / (by - ay):
            inside = not inside
    return inside


def _axes(corners: list[Point]) -> tuple[Point, Point]:
    """Two directions in the plane of an outline."""
    normal = [0.0, 0.0, 0.0]
    for a, b in pairwise([*corners, corners[0]]):
        for axis in range(3):
            u, v = (axis + 1) % 3, (axis + 2) % 3
            normal[axis] += (a[u] - b[u]) * (a[v] + b[v])
    most = max(range(3), key=lambda axis: abs(normal[axis]))
    u, v = (most + 1) % 3, (most + 2) % 3
    first = [0.0, 0.0, 0.0]
    first[u], first[most] = normal[most], -normal[u]
    x, y, z = normal
    second = (y * first[2] - z * first[1], z * first[0] - x * first[2], x * first[1] - y * first[0])
    return (first[0], first[1], first[2]), second


def _dot(a: Point, b: Point) -> float:
    return math.fsum(p * q for p, q in zip(a, b, strict=True))
