"""Wanting: from words to a request for a basis: which skin, which tissues, how fine."""

from __future__ import annotations

import math
from collections.abc import Sequence

from microcurrent import tables
from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.body import Body, Site
from microcurrent.model.plan import Path, Plan
from microcurrent.planning.basis import BasisRequest, Region
from microcurrent.planning.bodies import BodySource
from microcurrent.planning.positions import corners_of, point_along
from microcurrent.planning.prediction.conductivities import conductivities
from microcurrent.planning.prediction.sampling import tissue_name

#: How far [m] around a site, or a line between two, the skin is under patches, if nothing else is said:
#: room for a contact 20 mm wide and two patches beside it.
RADIUS = 20.0e-3


def table_values(source: BodySource) -> dict[str, float | tuple[float, ...]]:
    """Return the conductivity [S/m] of every tissue of a body at the value of the tables."""
    known, values = tables.tissues(), {}
    for tissue in source.body.tissues:
        values[tissue_name(tissue)] = known[tissue].conductivity.value
        along = known[tissue].along
        if along is not None:
            values[tissue_name(tissue, along=True)] = along.value
    return conductivities(source, values)


def request_of(
    source: BodySource,
    *,
    spacing: float,
    around: Sequence[str] = (),
    tissues: Sequence[str] = (),
    radius: float = RADIUS,
    plan: Plan | None = None,
) -> tuple[BasisRequest, tuple[str, ...]]:
    """Return the request for a basis and where its regions lie, in words.

    `spacing` [m] of the grid; `around`: names of sites, and `radius` [m] of skin around each; for none,
    those that a `plan` touches and the lines that its probes glide along, or all sites of the body, or
    all of its skin where it has no sites. `tissues`: none for all. Raises `ValueRefused` for a site
    that neither knows, and for numbers out of range.
    """
    body = source.body
    if plan is not None and not around:
        balls = [Region(centre=point, radius=radius) for point in _ways(plan, radius)]
        words = tuple(site.name for site in plan.sites)
    else:
        sites = [_site(name, body, plan) for name in around] if around else list(body.sites)
        balls = [Region(centre=site.position, radius=radius) for site in sites]
        words = tuple(site.name for site in sites)
    chosen = tuple(tissues) or body.tissues
    request = BasisRequest(spacing=spacing, tissues=chosen, regions=tuple(dict.fromkeys(balls)))
    return request, words or ("all skin",)


def _site(name: str, body: Body, plan: Plan | None) -> Site:
    own = [site for site in plan.sites if site.name == name] if plan else []
    found = own[0] if own else body.find_site(name)
    if found is None:
        known = dict.fromkeys(site.name for site in (*body.sites, *(plan.sites if plan else ())))
        near = body.suggestion(name)
        raise ValueRefused(
            Problem(
                what="unknown site", key="--around", came=name,
                expected="one of " + (", ".join(known) or "none: this body has no sites"),
                advice=near if near.startswith("Perhaps") else "",
            )
        )  # fmt: skip
    return found


def _ways(plan: Plan, radius: float) -> list[tuple[float, float, float]]:
    """Every site of a plan, and points on the lines that a probe glides along, half a radius apart."""
    found = [site.position for site in plan.sites]
    for step in plan.steps:
        for part in (step.anode, step.cathode):
            corners = corners_of(plan, part)
            if isinstance(part, Path) and part.way:
                count = math.ceil(2 * part.length / radius)
                found += [point_along(corners, k / count) for k in range(1, count)]
                continue
            for a, b in zip(corners, corners[1:], strict=False):
                count = math.ceil(2 * math.dist(a, b) / radius)
                for k in range(1, count):
                    x, y, z = (p + k / count * (q - p) for p, q in zip(a, b, strict=True))
                    found.append((x, y, z))
    return found
