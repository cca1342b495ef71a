"""Features: the midline of a face by its mirror image, and the points that its profile shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microcurrent.physics.bodies.scan.template import Template
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.conduction.grid import Floats

#: Step [m] of heights along a profile.
_STEP = 5e-4
#: Half of the face [m] that is mirrored: nose, eyes, mouth and cheeks, no ears.
_HALF_FACE = 0.06
#: Rounds of laying the mirror image on the face.
_MIRROR_ROUNDS = 12
#: Part of the mirrored points that count: the rest are hair, a scar or a hole.
_MIRROR_TRIMMED = 0.8
#: Windows [m] of height above the nose's tip or root in which a feature is looked for.
_TIP_BELOW, _TIP_ABOVE = 0.025, 0.015
_BROW_FROM, _BROW_TO = 0.004, 0.035
#: The root of the nose lies above this part of the way from its tip to the brow.
_BRIDGE = 0.35
#: How far [m] from where the template expects it the chin may be.
_CHIN_WITHIN = 0.025
#: The chin's lowest point is looked for in this direction (front, up): straight down a full throat
#: would be lower.
_CHIN_DIRECTION = (0.5, -0.866)
#: How far [m] from where the template expects it the slit between the lips may be.
_LIPS_WITHIN = 0.008
#: Less [m] than this behind the chord is no hollow.
_SHALLOWEST = 8e-4


@dataclass(frozen=True, kw_only=True, eq=False)
class Midplane:
    """The plane between left and right: `normal` (3,) to the right, `offset` [m]; `residual` [m]: median
    distance of the face from its mirror image."""

    normal: Floats
    offset: float
    residual: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Profile:
    """The front outline in a plane: `heights` (H,) [m] rising, `front` (H,) [m], NaN for none."""

    plane: Midplane
    heights: Floats
    front: Floats

    def place(self, front: float, height: float) -> Floats:
        """Return the point (3,) of the plane at so much to the front and up."""
        normal = self.plane.normal
        side = (self.plane.offset - normal[1] * front - normal[2] * height) / normal[0]
        return np.array([side, front, height])


def find_midplane(skin: SkinMesh, start: float, centre: Floats) -> Midplane:
    """Return the plane across which the face of `skin` is most its own mirror image.

    `skin` lies with axes right, front, up [m]; the search starts at x = `start`; `centre` (3,): the
    middle of the face.
    """
    near = (np.abs(skin.vertices - centre) < _HALF_FACE).all(axis=1) & (skin.normals[:, 1] > 0.2)
    points = skin.vertices[near]
    points = points[:: max(1, len(points) // 3000)]
    normal, offset = np.array([1.0, 0.0, 0.0]), start
    residual = np.inf
    if len(points) < 50:
        return Midplane(normal=normal, offset=offset, residual=float("inf"))
    for _ in range(_MIRROR_ROUNDS):
        mirrored = points - 2 * (points @ normal - offset)[:, None] * normal
        index = skin.nearest(mirrored)
        facing = skin.normals[index]
        toward = skin.vertices[index] - mirrored
        across = np.einsum("pi,pi->p", toward, facing)
        distance = np.abs(across)
        counts = distance <= np.quantile(distance, _MIRROR_TRIMMED)
        residual = float(np.median(distance))
        # The mirrored point moves by 2 (offset change) n and by twice the turn of the plane.
        lever = points @ normal - offset
        foot = points - lever[:, None] * normal - centre
        columns = np.stack(
            [
                2 * (facing @ normal),
                -2 * (foot[:, 1] * (facing @ normal) + lever * facing[:, 1]),
                -2 * (foot[:, 2] * (facing @ normal) + lever * facing[:, 2]),
            ],
            axis=1,
        )[counts]
        step = np.linalg.lstsq(columns, across[counts], rcond=None)[0]
        step = np.clip(step, [-0.005, -0.1, -0.1], [0.005, 0.1, 0.1])
        pivot = centre - (centre @ normal - offset) * normal + step[0] * normal
        normal = normal + np.array([0.0, step[1], step[2]])
        normal /= np.linalg.norm(normal)
        offset = float(pivot @ normal)
    return Midplane(normal=normal, offset=offset, residual=residual)


def profile_of(skin: SkinMesh, plane: Midplane, span: tuple[float, float], *, behind: float) -> Profile:
    """Return the outline of `skin` in `plane` over a `span` of heights [m], in front of `behind` [m]."""
    low, high = span
    lever = skin.vertices @ plane.normal - plane.offset
    heights = np.arange(low, high, _STEP)
    front = np.full(len(heights), -np.inf)
    side = lever[skin.triangles] > 0
    cut = skin.triangles[side.any(axis=1) & ~side.all(axis=1)]
    for first, second in ((0, 1), (1, 2), (2, 0)):
        a, b = cut[:, first], cut[:, second]
        crosses = (lever[a] > 0) != (lever[b] > 0)
        a, b = a[crosses], b[crosses]
        part = (lever[a] / (lever[a] - lever[b]))[:, None]
        at = skin.vertices[a] + part * (skin.vertices[b] - skin.vertices[a])
        at = at[at[:, 1] > behind]
        index = np.rint((at[:, 2] - low) / _STEP).astype(int)
        there = (index >= 0) & (index < len(heights))
        np.maximum.at(front, index[there], at[there, 1])
    known = np.isfinite(front)
    filled = np.full(len(heights), np.nan)
    if known.sum() >= 2:
        filled = np.interp(heights, heights[known], front[known], left=np.nan, right=np.nan)
    return Profile(plane=plane, heights=heights, front=filled)


def profile_features(skin: SkinMesh, template: Template, expected: dict[str, Floats]) -> dict[str, Floats]:
    """Return what the profile of `skin` shows of nose, lips and chin: pronasale, sellion (or
    nasion), subnasale, labiale superius, stomion and menton.

    `skin` lies in the axes of the template [m]; `expected`: where the template's landmarks come to lie.
    A point that the profile does not show is left out.
    """
    names = [n for n in ("pronasale", "sellion", "nasion", "subnasale", "menton") if n in expected]
    middle = np.mean([expected[name] for name in names], axis=0)
    plane = find_midplane(skin, float(middle[0]), middle)
    root_name = "sellion" if "sellion" in expected else "nasion"
    heights = [expected[name][2] for name in names]
    behind = float(min(expected[name][1] for name in names)) - 0.04
    profile = profile_of(skin, plane, (min(heights) - 0.04, max(heights) + 0.05), behind=behind)
    found: dict[str, Floats] = {}
    tip = _tip(profile, expected["pronasale"])
    if tip is None:
        return found
    found["pronasale"] = tip
    root = _root(profile, tip, expected[root_name])
    if root is not None:
        found |= {name: root for name in ("sellion", "nasion") if name in expected}
    if "subnasale" in expected:
        base = _base(profile, tip, template)
        if base is not None:
            found["subnasale"] = base
    chin = _chin(profile, expected["menton"])
    if chin is not None:
        found["menton"] = chin
    if chin is not None and "subnasale" in found:
        found |= _mouth(profile, found["subnasale"], chin, template)
    return found


def _between(profile: Profile, low: float, high: float) -> tuple[Floats, Floats]:
    chosen = (profile.heights >= low) & (profile.heights <= high) & np.isfinite(profile.front)
    return profile.heights[chosen], profile.front[chosen]


def _tip(profile: Profile, expected: Floats) -> Floats | None:
    heights, front = _between(profile, expected[2] - _TIP_BELOW, expected[2] + _TIP_ABOVE)
    if len(heights) < 3:
        return None
    k = int(np.argmax(front))
    inner = 0 < k < len(front) - 1
    return profile.place(float(front[k]), float(heights[k])) if inner else None


def _hollow(profile: Profile, one: Floats, other: Floats) -> Floats | None:
    """The point farthest behind the chord between two points of the profile."""
    low, high = (one, other) if one[2] < other[2] else (other, one)
    heights, front = _between(profile, float(low[2]), float(high[2]))
    length = float(np.hypot(high[1] - low[1], high[2] - low[2]))
    if len(heights) < 3 or length <= 0:
        return None
    depth = (low[1] - front) * (high[2] - low[2]) + (heights - low[2]) * (high[1] - low[1])
    k = int(np.argmax(depth))
    if depth[k] / length < _SHALLOWEST:
        return None
    return profile.place(float(front[k]), float(heights[k]))


def _root(profile: Profile, tip: Floats, expected: Floats) -> Floats | None:
    heights, front = _between(profile, expected[2] + _BROW_FROM, expected[2] + _BROW_TO)
    if not len(heights):
        return None
    brow = float(heights[int(np.argmax(front))])
    heights, front = _between(profile, float(tip[2]) + _BRIDGE * (brow - float(tip[2])), brow)
    if len(heights) < 3:
        return None
    k = int(np.argmin(front))
    inner = 0 < k < len(front) - 1
    return profile.place(float(front[k]), float(heights[k])) if inner else None


def _base(profile: Profile, tip: Floats, template: Template) -> Floats | None:
    """Subnasale: the hollow between the tip of the nose and the upper lip, the lip as far below the tip
    as in the template."""
    marks = template.landmarks
    drop = marks["labiale superius"] - marks["pronasale"] if "labiale superius" in marks else None
    height = float(
        tip[2] + (drop[2] if drop is not None else 1.8 * (marks["subnasale"] - marks["pronasale"])[2])
    )
    heights, front = _between(profile, height - 0.004, height + 0.002)
    if not len(heights):
        return None
    k = int(np.argmax(front))
    return _hollow(profile, tip, profile.place(float(front[k]), float(heights[k])))


def _mouth(profile: Profile, base: Floats, chin: Floats, template: Template) -> dict[str, Floats]:
    """Stomion, the hollow between the lips, and the upper lip before it; both about as far between the
    nose and the chin as in the template."""
    marks = template.landmarks
    if "stomion" not in marks:
        return {}
    part = (marks["subnasale"] - marks["stomion"])[2] / (marks["subnasale"] - marks["menton"])[2]
    height = float(base[2] - part * (base[2] - chin[2]))
    heights, front = _between(profile, height - _LIPS_WITHIN, height + _LIPS_WITHIN)
    if len(heights) < 3:
        return {}
    straight = np.interp(heights, [chin[2], base[2]], [chin[1], base[1]])
    k = int(np.argmin(front - straight))
    if not 0 < k < len(front) - 1:
        return {}
    found = {"stomion": profile.place(float(front[k]), float(heights[k]))}
    heights, front = _between(profile, float(heights[k]), float(base[2]))
    if "labiale superius" in marks and len(heights) >= 3:
        straight = np.interp(heights, [found["stomion"][2], base[2]], [found["stomion"][1], base[1]])
        k = int(np.argmax(front - straight))
        if front[k] - straight[k] > _SHALLOWEST:
            found["labiale superius"] = profile.place(float(front[k]), float(heights[k]))
    return found


def _chin(profile: Profile, expected: Floats) -> Floats | None:
    heights, front = _between(profile, expected[2] - _CHIN_WITHIN, expected[2] + _CHIN_WITHIN)
    near = np.abs(front - expected[1]) < _CHIN_WITHIN
    heights, front = heights[near], front[near]
    if len(heights) < 3:
        return None
    k = int(np.argmax(_CHIN_DIRECTION[0] * front + _CHIN_DIRECTION[1] * heights))
    return profile.place(float(front[k]), float(heights[k]))
