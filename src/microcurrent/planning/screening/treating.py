"""Which zones each step of a plan touches, on its body."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from microcurrent import tables
from microcurrent.model import Body, Path, Placement, Plan
from microcurrent.planning.positions import corners_of, point_along
from microcurrent.planning.screening.outlines import around, atlas_outlines, limb_of, outlines_of
from microcurrent.planning.screening.zones import KNOWN, bare

Array = npt.NDArray[np.float64]
#: A glide is looked at this often [m].
_TRAVEL = 3e-3


@dataclass(frozen=True, kw_only=True)
class Touch:
    """What one step touches with one system: `zones`, empty where nobody knows; `step` from 1, or 0."""

    step: int
    system: str
    zones: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Treated:
    """What a plan treats: its `touches`, its `mode`, and its digest `plan`, or "" for no plan."""

    touches: tuple[Touch, ...]
    mode: str = "microcurrent"
    plan: str = ""

    @property
    def systems(self) -> tuple[str, ...]:
        """The systems, each once, in order."""
        return tuple(dict.fromkeys(touch.system for touch in self.touches))

    @property
    def zones(self) -> tuple[str, ...]:
        """Every zone, each once; empty where that of any step is not known."""
        if not all(touch.zones for touch in self.touches):
            return ()
        return tuple(dict.fromkeys(zone for touch in self.touches for zone in touch.zones))


def treated_by(plan: Plan, body: Body) -> Treated:
    """Return which zones each step of a plan touches on its body, with the size of its contacts.

    On a head by the outlines of its zones; on a flat block by the landmarks that its sites are named
    after, and by the place that the block stands for; a limb is one zone. A place that cannot be told
    is given by the name of its site, and counts as anywhere.
    """
    touches = []
    for step in plan.steps:
        zones = dict.fromkeys(
            zone for part in (step.anode, step.cathode) for zone in _zones_of(plan, part, body)
        )
        touches += [Touch(step=step.number, system=system, zones=tuple(zones)) for system in step.systems]
    return Treated(touches=tuple(touches), mode=plan.mode, plan=plan.digest)


def _zones_of(plan: Plan, part: Placement | Path, body: Body) -> list[str]:
    sites = [plan.site(name) for name in part.sites]
    reach = plan.electrode(part.electrode).reach
    if limb := limb_of(body):
        return [_sided(limb, site.side) for site in sites]
    if body.zones:
        along = _points(plan, part)
        front = body.region("neck front")
        found = around(along, outlines_of(body), reach)
        if front is not None and min(front.distance_to(_point(p)) for p in along) < reach:
            found.append("front of the neck")
        return found or [site.name for site in sites]
    zones = []
    for site in sites:
        zones += _by_name(site.name, site.side, reach) or ([] if body.kind == "slab" else [site.name])
        if body.kind == "slab":
            zones.append(_sided(_block(body), site.side))
    return zones


def _block(body: Body) -> str:
    """The place that a flat block stands for: that of its name; the cheek where it has none."""
    word = body.name.removeprefix("slab").strip() or "mid-cheek"
    return word.replace("mid-cheek", "cheek")


def _sided(word: str, side: str) -> str:
    return f"{word} {side}" if side in ("left", "right") else word


def _by_name(name: str, side: str, reach: float) -> list[str]:
    """The zones around the landmark of this name, and those whose words are in the name."""
    landmark = tables.landmarks().get(name)
    zones = [] if landmark is None else around(np.array([landmark.position]), atlas_outlines(), reach)
    words = bare(name).split()
    spoken = [word for word in KNOWN if _within(word.split(), words)]
    return [*zones, *(_sided(word, side) for word in spoken)]


def _within(some: list[str], words: list[str]) -> bool:
    return any(words[k : k + len(some)] == some for k in range(len(words)))


def _points(plan: Plan, part: Placement | Path) -> Array:
    """Places (P, 3) [m] along the line of an electrode, close together."""
    corners = corners_of(plan, part)
    length = float(np.linalg.norm(np.diff(np.array(corners), axis=0), axis=1).sum())
    count = int(np.ceil(length / _TRAVEL)) if length else 0
    return np.array([point_along(corners, k / count) for k in range(count + 1)] if count else [corners[0]])


def _point(place: Array) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in place)
    return x, y, z
