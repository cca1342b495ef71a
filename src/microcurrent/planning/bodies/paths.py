"""The way of a probe between sites: the shortest on the skin outside the orbits; straight on a slab."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from microcurrent import tables
from microcurrent.errors import BodyError, Problem
from microcurrent.model.body import Body, Region, Site
from microcurrent.model.electrode import Electrode
from microcurrent.model.way import Way
from microcurrent.physics.bodies.geodesics import Obstacle, geodesic
from microcurrent.physics.bodies.skin_mesh import SkinMesh

#: The limit that says how far from the rim of an orbit a contact keeps.
_MARGIN = "orbit-margin"


def clearance_of(electrode: Electrode | None = None) -> float:
    """Return how far [m] from the rim of an orbit the middle of an electrode keeps, or a point for None."""
    return tables.limits().stop(_MARGIN) + (electrode.reach if electrode else 0.0)


def orbits(body: Body) -> tuple[Region, ...]:
    """Return the regions of a body that are orbits."""
    return tuple(region for region in body.regions if region.name.startswith("orbit"))


def straight_way(sites: Sequence[Site]) -> Way:
    """Return the straight lines from site to site."""
    _check(sites)
    steps = (a.distance_to(b) for a, b in itertools.pairwise(sites))
    marks = tuple(itertools.accumulate(steps, initial=0.0))
    return Way(points=tuple(site.position for site in sites), marks=marks)


def way_on_skin(skin: SkinMesh, body: Body, sites: Sequence[Site], *, clearance: float) -> Way:
    """Return the shortest way on `skin` through `sites` of `body` that enters no orbit.

    It keeps `clearance` [m] from the rim of each, or as far as those sites do that lie nearer. Raises
    `BodyError` for a site inside an orbit or off the skin, and where the orbits leave no way.
    """
    _check(sites)
    for site, orbit in itertools.product(sites, orbits(body)):
        away = math.dist(site.position, orbit.centre)
        if away < orbit.radius:
            raise BodyError(
                Problem(
                    what=f"the site {site.name!r} lies inside the {orbit.name}, where no probe may glide",
                    expected=f"at least {1e3 * orbit.radius:.3g} mm from its middle",
                    came=f"{1e3 * away:.4g} mm", advice="Choose a site outside its rim",
                )
            )  # fmt: skip
    obstacles = [
        Obstacle(name=orbit.name, centre=orbit.centre, radius=orbit.radius, clearance=clearance)
        for orbit in orbits(body)
    ]
    found = geodesic(skin, [site.position for site in sites], obstacles=obstacles)
    points = tuple((float(x), float(y), float(z)) for x, y, z in found.points)
    return Way(points=points, marks=tuple(float(mark) for mark in found.marks))


def _check(sites: Sequence[Site]) -> None:
    """Refuse a path that goes nowhere."""
    if len(sites) < 2 or all(a.distance_to(b) == 0 for a, b in itertools.pairwise(sites)):
        raise BodyError(
            Problem(
                what="a path without length", expected="two or more sites apart from each other",
                came="the same place" if len(sites) > 1 else f"{len(sites)} site",
            )
        )  # fmt: skip
