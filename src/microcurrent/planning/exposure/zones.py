"""Zones: named parts of a body in which tissue and skin are summed up.

Three kinds. ``near the probes``: within 20 mm of the straight line between both contacts at any position
of a step, as in a prediction. ``around SITE``: nearer to this site than to any other of plan and body, and
within 20 mm of it. The name of a region: inside its ball.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from microcurrent.model.body import Body, Region, Site
from microcurrent.model.plan import Plan
from microcurrent.physics.conduction.grid import Floats
from microcurrent.planning.fields import NEAR

Mask = npt.NDArray[np.bool_]

#: The zone that every step has.
NEAR_PROBES = "near the probes"
#: So many positions of a glide are enough to say what is near: they stand closer than a third of `NEAR`.
_MOST = 24


@dataclass(frozen=True, kw_only=True)
class Zones:
    """The `sites` around which, and the `regions` in which, tissue is summed up."""

    sites: tuple[Site, ...]
    regions: tuple[Region, ...]

    def masks(self, points: Floats) -> dict[str, Mask]:
        """Return which of `points` (P, 3) [m] lie in each zone, (P,), zones without any left out."""
        found: dict[str, Mask] = {}
        if self.sites:
            tree = cKDTree([site.position for site in self.sites])
            distance, nearest = tree.query(points, distance_upper_bound=NEAR)
            for number, site in enumerate(self.sites):
                found[f"around {site.name}"] = (nearest == number) & np.isfinite(distance)
        for region in self.regions:
            found[region.name] = np.linalg.norm(points - region.centre, axis=1) <= region.radius
        return {name: mask for name, mask in found.items() if mask.any()}


def zones_of(plan: Plan, body: Body) -> Zones:
    """Return the zones of a body, with the plan's own sites; of two sites at one place the first counts."""
    sites: dict[tuple[float, float, float], Site] = {}
    for site in (*plan.sites, *body.sites):
        sites.setdefault(site.position, site)
    return Zones(sites=tuple(sites.values()), regions=body.regions)


def near_lines(points: Floats, ends: Iterable[tuple[Floats, Floats]]) -> Mask:
    """Return which of `points` (P, 3) lie within `NEAR` of the straight line between two `ends`, (P,)."""
    pairs = list(ends)
    chosen = pairs[:: max(1, len(pairs) // _MOST)]
    near = np.zeros(len(points), dtype=bool)
    for first, second in chosen:
        line = second - first
        along = np.clip((points - first) @ line / float(line @ line), 0.0, 1.0)
        away = points - first - along[:, None] * line
        near |= np.einsum("ij,ij->i", away, away) <= NEAR**2
    return near
