"""Placement: where probes may not go together, as pure geometry on the sites of a plan.

Six rules (proposed, after IEC 60601-2-10 201.7.9.2.101, the FDA guidance on powered muscle
stimulators and iontophoresis manuals): same side of the body; no line through orbit, cranium or
mouth; no contact at the orbit; no contact on the front of the neck; no pair across the trunk;
spacing. All positions of a glide count. What a body cannot tell is "unknown", with the reason;
so is what rests on landmarks that were found with little confidence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from microcurrent.model import (
    Body,
    Estimate,
    Finding,
    Limit,
    Limits,
    Path,
    Placement,
    Plan,
    Region,
    Step,
)
from microcurrent.planning.found_landmarks import EYES, LIPS, MIDDLE, NO_LANDMARK, THROAT
from microcurrent.planning.judging import compare, shown, telling, without_value
from microcurrent.planning.positions import Point, distance_to_segment, positions

#: From two points (3,) [m] to the names of the tissues on the straight line between them.
TissuesBetween = Callable[[Point, Point], set[str]]
#: Id and title of a rule.
Rule = tuple[str, str]

#: The quantities of the table of limits that this module computes.
QUANTITIES = (
    "least probe spacing",
    "largest probe spacing",
    "orbit margin",
    "midline spacing, forehead",
    "midline spacing, chin and lips",
)

#: A point nearer than this [m] to the mid-sagittal plane is on it; landmarks are known no better.
_ON_MIDLINE = 1e-3

_FOREHEAD = {"forehead", "brow", "glabella", "frontalis", "hairline"}
_MOUTH = {
    "chin",
    "lip",
    "lips",
    "cheilion",
    "labiale",
    "stomion",
    "pogonion",
    "menton",
    "sublabiale",
    "subnasale",
    "philtral",
    "philtrum",
    "mentalis",
    "modiolus",
}
_FRONT_OF_NECK = {"throat", "larynx", "carotid", "thyroid", "trachea"}
_NECK = {"neck", "platysma", "clavicle", "sternocleidomastoid"}
_CHEST = {"chest", "sternum", "breast", "thorax", "thoracic", "rib", "ribs"}
_BACK = {
    "back", "scapula", "spine", "spinous", "spinae", "lumborum", "multifidus", "paraspinal", "psis",
    "sacroiliac", "shoulder", "trapezius", "supraspinatus", "infraspinatus", "rhomboids",
}  # fmt: skip
_TRUNK = _CHEST | _BACK | {"abdomen", "abdominal", "belly", "flank", "waist"}
_ARM = {"arm", "forearm", "hand", "wrist", "elbow"}
#: Limbs, and patches of the back, that a body can be.
_LIMB_PARTS = _ARM | {"upper arm", "leg", "thigh", "calf", "foot", "knee"}
_TRUNK_PARTS = {"lower back", "shoulder"}
#: Bodies that are no head, by their exact name: the rules on eyes, cranium and mouth do not apply.
_LIMBS = {
    f"{part}{sex}{side}"
    for part in _LIMB_PARTS | _TRUNK_PARTS
    for sex in ("", " male", " female")
    for side in ("", " left", " right")
}
#: Tissues that the line between two probes may not cross, by what they stand for.
_FORBIDDEN = {
    "cranium": {"grey matter", "white matter", "CSF", "dura"},
    "orbit": {"eye"},
    # With the mouth closed, the tongue fills it.
    "mouth": {"oral cavity", "tongue"},
}
_SOURCES = ("as60601-2-10", "fda-pms", "activadose")


@dataclass(frozen=True, kw_only=True)
class Place:
    """One step of a plan on a body: the positions of both probes over time, `pairs` (N, 2, 3) [m]."""

    plan: Plan
    body: Body
    step: Step
    pairs: tuple[tuple[Point, Point], ...]

    @property
    def where(self) -> str:
        """The step in words."""
        return f"step {self.step.number}"

    @property
    def parts(self) -> tuple[Placement | Path, Placement | Path]:
        """Anode and cathode."""
        return self.step.anode, self.step.cathode

    def spacing(self) -> tuple[float, float]:
        """Return the least and the largest distance [m] between the probes."""
        distances = [math.dist(a, b) for a, b in self.pairs]
        return min(distances), max(distances)

    def finding(self, rule: Rule, verdict: str, reason: str) -> Finding:
        """Return a finding of a rule that has no limit of its own."""
        id_, what = rule
        return Finding(
            rule=id_,
            what=what,
            where=self.where,
            verdict=verdict,
            reason=reason,
            source=_SOURCES,
            confidence="proposed",
        )


def place(
    plan: Plan, body: Body, limits: Limits, *, tissues_between: TissuesBetween | None = None
) -> tuple[Finding, ...]:
    """Return the findings of all six rules on a plan.

    Raises `MissingLimit` where a distance that a rule needs is not in `limits`.
    """
    places = [Place(plan=plan, body=body, step=step, pairs=positions(plan, step)) for step in plan.steps]
    findings: list[Finding] = []
    for rule, basis in (
        (lambda p: _same_side(p, limits), MIDDLE),
        (_orbit_crossing, EYES),
        (lambda p: _tissue_crossing(p, tissues_between), LIPS),
        (lambda p: _orbit_margin(p, limits["orbit-margin"]), EYES),
        (_neck, THROAT),
        (_trunk, NO_LANDMARK),
        (lambda p: compare(limits["probe-spacing-least"], _length(p.spacing()[0]), p.where), NO_LANDMARK),
        (lambda p: _largest(p, limits["probe-spacing-largest"]), NO_LANDMARK),
    ):
        findings += telling(basis.judge(rule(place), body) for place in places)
    return tuple(findings)


def _length(value: float) -> Estimate:
    return Estimate.exact(value, "length")


def _words(names: Iterable[str]) -> set[str]:
    return {word for name in names for word in re.findall(r"[a-z]+", name.lower())}


def _on_limb(body: Body) -> bool:
    return body.name in _LIMBS


# -- rule 1: the same side -----------------------------------------------------------------


def _same_side(place: Place, limits: Limits) -> Finding:
    rule = "placement-same-side", "Both probes on the same side of the body"
    opposite, unknown = _opposite(place)
    if unknown and not opposite:
        return place.finding(
            rule,
            "unknown",
            f"{unknown}, so whether the pair crosses the middle of the body is not known.",
        )
    if not opposite:
        return place.finding(rule, "ok", "The pair does not cross the middle of the body.")
    spacing = _length(max(math.dist(a, b) for a, b in opposite))
    for id_, words in (("midline-forehead-spacing", _FOREHEAD), ("midline-mouth-spacing", _MOUTH)):
        if all(_words([name]) & words for part in place.parts for name in part.sites):
            return compare(limits[id_], spacing, place.where)
    return place.finding(
        rule,
        "stop",
        f"The probes are on opposite sides, {shown(spacing.value, 'length')} apart. "
        "Only narrow pairs on the forehead, or on chin and lips, may cross the middle.",
    )


def _opposite(place: Place) -> tuple[list[tuple[Point, Point]], str]:
    """Pairs of positions on opposite sides, and why sides are not known (or "").

    The sides that sites name count as well as the sign of x: where the two differ, the stricter holds.
    """
    sites = [[place.plan.site(name) for name in part.sites] for part in place.parts]
    anode, cathode = ({site.side for site in part} for part in sites)
    if ("left" in anode and "right" in cathode) or ("right" in anode and "left" in cathode):
        return list(place.pairs), ""
    if place.body.midline:
        far = [pair for pair in place.pairs if min(abs(pair[0][0]), abs(pair[1][0])) > _ON_MIDLINE]
        return [(a, b) for a, b in far if a[0] * b[0] < 0], ""
    unnamed = dict.fromkeys(site.name for part in sites for site in part if not site.side)
    if not unnamed:
        return [], ""
    return [], f"The body has no midline and {', '.join(map(repr, unnamed))} no side"


# -- rules 2 and 3: orbit, cranium, mouth --------------------------------------------------


def _orbits(body: Body) -> tuple[Region, ...]:
    return tuple(region for region in body.regions if region.name.startswith("orbit"))


def _no_orbit(place: Place, rule: Rule) -> Finding | None:
    if _on_limb(place.body):
        return place.finding(rule, "ok", "Does not apply: this body is not a head.")
    if not _orbits(place.body):
        return place.finding(
            rule, "unknown", f"The body {place.body.name!r} does not say where the orbits are."
        )
    return None


def _orbit_crossing(place: Place) -> Finding:
    rule = "placement-orbit-crossing", "No line between the probes through an orbit"
    if (nothing := _no_orbit(place, rule)) is not None:
        return nothing
    for orbit in _orbits(place.body):
        least = min(distance_to_segment(orbit.centre, a, b) for a, b in place.pairs)
        if least < orbit.radius:
            return place.finding(
                rule,
                "stop",
                f"The line between the probes passes {shown(least, 'length')} from the middle "
                f"of the {orbit.name}, whose radius is {shown(orbit.radius, 'length')}.",
            )
    return place.finding(rule, "ok", "No line between the probes meets an orbit.")


def _tissue_crossing(place: Place, tissues_between: TissuesBetween | None) -> Finding:
    rule = "placement-tissue-crossing", "No line between the probes through cranium or mouth"
    if _on_limb(place.body):
        return place.finding(rule, "ok", "Does not apply: this body is not a head.")
    if place.body.kind == "slab":
        return place.finding(
            rule,
            "unknown",
            "A flat slab has neither cranium nor mouth, so whether the line between the "
            "probes crosses them on a real face is not known.",
        )
    if tissues_between is None:
        return place.finding(
            rule,
            "unknown",
            "The labels of the body were not given, so which tissues lie between the probes is not known.",
        )
    crossed = set().union(*(tissues_between(a, b) for a, b in place.pairs))
    for part, tissues in _FORBIDDEN.items():
        if crossed & tissues:
            return place.finding(
                rule,
                "stop",
                f"The line between the probes crosses the {part} ({', '.join(sorted(crossed & tissues))}).",
            )
    if not _FORBIDDEN["mouth"] & set(place.body.tissues):
        return place.finding(
            rule,
            "unknown",
            "The line between the probes misses the cranium; the body has no label for the "
            "mouth, so whether it crosses that is not known.",
        )
    return place.finding(rule, "ok", "The line between the probes crosses neither cranium nor mouth.")


def _nearest(place: Place, regions: Iterable[Region]) -> tuple[float, str]:
    """The least distance [m] from the edge of a contact to the edge of a region, and where that is."""
    reach = [place.plan.electrode(part.electrode).reach for part in place.parts]
    least, k = min(
        (region.distance_to(point) - reach[k], k)
        for region in regions
        for pair in place.pairs
        for k, point in enumerate(pair)
    )
    return least, f"{place.where}, electrode {place.parts[k].electrode}"


def _orbit_margin(place: Place, limit: Limit) -> Finding:
    if (nothing := _no_orbit(place, (limit.id, limit.title))) is not None:
        return nothing
    least, where = _nearest(place, _orbits(place.body))
    return compare(limit, _length(least), where)


# -- rules 4 and 5: neck and trunk ---------------------------------------------------------


def _neck(place: Place) -> Finding:
    rule = "placement-neck", "No contact on the front of the neck"
    names = _words(name for part in place.parts for name in part.sites)
    regions = tuple(region for region in place.body.regions if region.name.startswith("neck"))
    least, where = _nearest(place, regions) if regions else (math.inf, place.where)
    if names & _FRONT_OF_NECK or least < 0:
        found = place.finding(
            rule, "stop", "A contact lies on the front of the neck (carotid sinus, larynx, thyroid)."
        )
        return replace(found, where=where) if least < 0 else found
    if regions:
        return place.finding(
            rule,
            "ok",
            "No contact on the front of the neck. On its side, only with a device cleared for the neck.",
        )
    if names & _NECK:
        return place.finding(
            rule,
            "unknown",
            "A site is on the neck, and the body does not say where its front is. Only its "
            "side may be treated, with a device cleared for it.",
        )
    if place.body.kind == "slab" or _on_limb(place.body):
        return place.finding(rule, "ok", "No site is on the neck.")
    menton = place.body.find_site("menton")
    lowest = min(point[2] for pair in place.pairs for point in pair)
    if menton is None or lowest < menton.position[2]:
        why = "The body has no menton" if menton is None else "A contact is lower than the menton"
        return place.finding(
            rule,
            "unknown",
            f"{why} and no region for the front of the neck, so whether a contact lies there is not known.",
        )
    return place.finding(rule, "ok", "All contacts are above the chin.")


def _trunk(place: Place) -> Finding:
    rule = "placement-trunk", "No pair across the trunk"
    # A body that is itself an arm or a part of the back lends its name to all of its sites.
    body = _words([place.body.name]) if _on_limb(place.body) else set()
    names = [_words(part.sites) | body for part in place.parts]
    sides = [{place.plan.site(name).side for name in part.sites} for part in place.parts]
    if any(names[k] & _CHEST and names[1 - k] & _BACK for k in (0, 1)):
        return place.finding(
            rule,
            "stop",
            "One probe is on the chest and one on the back: the current would cross the heart.",
        )
    for part, words in (("arms", _ARM), ("trunk", _TRUNK)):
        if not (names[0] & words and names[1] & words):
            continue
        if ("left" in sides[0] and "right" in sides[1]) or ("right" in sides[0] and "left" in sides[1]):
            return place.finding(
                rule,
                "stop",
                f"The probes are on the left and the right of the {part}: the current would "
                "cross the chest.",
            )
        if "" in sides[0] | sides[1]:
            return place.finding(
                rule,
                "unknown",
                f"Both probes are on the {part}, and a site does not say on which side.",
            )
    return place.finding(rule, "ok", "No pair across the trunk.")


# -- rule 6: spacing -----------------------------------------------------------------------


def _largest(place: Place, limit: Limit) -> Finding:
    if _on_limb(place.body):
        return without_value(limit, place.where, reason="Does not apply: this body is not a face.")
    return compare(limit, _length(place.spacing()[1]), place.where)
