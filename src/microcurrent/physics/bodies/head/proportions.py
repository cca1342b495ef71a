"""Where the landmarks of a head of given measures lie, from those of the mean head."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.grid import Floats

Places = Mapping[str, Floats]

#: Landmarks of the midline between subnasale and menton, whose heights keep their order.
_LOWER = ("labiale superius", "stomion", "labiale inferius", "sublabiale", "pogonion")
#: Lateral landmarks and the measure of which each side is half.
_HALVES = {
    "zygion": "bizygomatic breadth",
    "gonion": "bigonial breadth",
    "frontotemporale": "minimum frontal breadth",
    "euryon": "head breadth",
    "alare": "nose breadth",
    "cheilion": "lip length",
}
#: Landmarks that move sideways with the eyes.
_EYES = ("endocanthion", "exocanthion", "palpebrale superius", "palpebrale inferius", "pupil")


@dataclass(frozen=True, kw_only=True)
class Asymmetry:
    """How a face differs from its mirror image: `chin` [m] to the right, `tilt` [radian] of eyes and mouth,
    which raises the right one."""

    chin: float = 0.0
    tilt: float = 0.0


def placed_landmarks(
    mean: Places, measures: Mapping[str, float], *, asymmetry: Asymmetry
) -> dict[str, Floats]:
    """Return where the landmarks of a head with these measures [m] lie, in the frame of the mean head.

    `mean`: those of the mean head, (3,) [m] by name, "... right" and on the midline. Only landmarks that
    a measure fixes, or that must keep their place among those, are returned; the rest follows by the
    smooth map through them. Raises `ValueRefused` for measures that no face can have.
    """
    found: dict[str, Floats] = {}
    scale = measures["head length"] / (mean["glabella"][1] - mean["opisthocranion"][1])
    for name in ("glabella", "sellion", "forehead centre", "vertex"):
        found[name] = _along(mean, name, scale)
    found["opisthocranion"] = found["glabella"] + (mean["opisthocranion"] - mean["glabella"]) * (
        1,
        scale,
        1,
    )
    found["opisthocranion"][1] = found["glabella"][1] - measures["head length"]
    for name, far in (("subnasale", "subnasale to sellion"), ("menton", "menton to sellion")):
        back = scale * (mean[name][1] - mean["sellion"][1])
        drop = measures[far] ** 2 - back**2
        if drop <= 0:
            raise _refused(far, f"more than {1e3 * abs(back):.0f} mm", f"{1e3 * measures[far]:.0f} mm")
        found[name] = found["sellion"] + (0.0, back, -math.sqrt(drop))
    if found["menton"][2] > found["subnasale"][2] - 0.02:
        raise _refused("menton to sellion", "20 mm or more below the nose", "less")
    _between(mean, found)
    found["pronasale"] = _nose_tip(mean, found, measures["nose protrusion"])
    _sideways(mean, found, measures)
    _neck(mean, found, measures)
    for name in [one for one in found if one.endswith(" right")]:
        found[name.removesuffix("right") + "left"] = found[name] * (-1, 1, 1)
    return {name: _skewed(place, found, asymmetry) for name, place in found.items()}


def _along(mean: Places, name: str, scale: float) -> Floats:
    """A landmark of the midline above the nose: the skull grows as its length does."""
    return np.asarray(mean["sellion"] + scale * (mean[name] - mean["sellion"]))


def _height(mean: Places, found: Places, z: float) -> float:
    """The height [m] that a height of the mean head has become, straight between four levels."""
    levels = ("menton", "subnasale", "sellion", "glabella", "vertex")
    before = [mean[name][2] for name in levels]
    after = [found[name][2] for name in levels]
    if z < before[0]:
        return float(after[0] + (z - before[0]) * (after[1] - after[0]) / (before[1] - before[0]))
    return float(np.interp(z, before, after))


def _between(mean: Places, found: dict[str, Floats]) -> None:
    """Lips and chin keep their shares of the way from nose to chin, and how far they stand out."""
    top, end = mean["subnasale"], mean["menton"]
    for name in _LOWER:
        share = (top[2] - mean[name][2]) / (top[2] - end[2])
        line = top[1] + share * (end[1] - top[1])
        there = found["subnasale"] + share * (found["menton"] - found["subnasale"])
        found[name] = there + np.array([0.0, mean[name][1] - line, 0.0])


def _nose_tip(mean: Places, found: Places, protrusion: float) -> Floats:
    share = (mean["pronasale"][2] - mean["subnasale"][2]) / (mean["sellion"][2] - mean["subnasale"][2])
    rise = share * (found["sellion"][2] - found["subnasale"][2])
    ahead = protrusion**2 - rise**2
    if ahead <= 0:
        raise _refused("nose protrusion", f"more than {1e3 * rise:.0f} mm", f"{1e3 * protrusion:.0f} mm")
    return np.asarray(found["subnasale"] + (0.0, math.sqrt(ahead), rise))


def _sideways(mean: Places, found: dict[str, Floats], measures: Mapping[str, float]) -> None:
    """Landmarks off the midline: x by their measure, heights by level, depth with the face before them."""
    apart = measures["interpupillary distance"] / (2 * mean["pupil right"][0])
    depth = measures["head length"] / (mean["glabella"][1] - mean["opisthocranion"][1])
    names = [*_HALVES, *_EYES, "tragion", "brow mid", "infraorbital"]
    for name in names:
        old = mean[f"{name} right"]
        if name in _HALVES:
            x = 0.5 * measures[_HALVES[name]]
        elif name in _EYES:
            x = old[0] * apart
        else:
            x = old[0] * measures["bizygomatic breadth"] / (2 * mean["zygion right"][0])
        y = found["sellion"][1] + depth * (old[1] - mean["sellion"][1])
        found[f"{name} right"] = np.array([x, y, _height(mean, found, old[2])])


def _neck(mean: Places, found: dict[str, Floats], measures: Mapping[str, float]) -> None:
    """The neck keeps its axis; its girth is that of an ellipse through front, nape and sides."""
    middle = 0.5 * (mean["neck front"] + mean["nape"])
    side, half = mean["neck side right"][0], 0.5 * (mean["neck front"][1] - mean["nape"][1])
    scale = measures["neck girth"] / ellipse_girth(side, half)
    drop = found["menton"][2] - mean["menton"][2]
    for name in ("neck front", "nape", "neck side right"):
        moved = middle + (mean[name] - middle) * (scale, scale, 1.0)
        found[name] = np.array([moved[0], moved[1], moved[2] + drop])


def ellipse_girth(a: float, b: float) -> float:
    """Return the girth [m] of an ellipse of semi-axes a, b [m] (S. Ramanujan, Q J Math 45 (1914) 350)."""
    h = ((a - b) / (a + b)) ** 2
    return math.pi * (a + b) * (1 + 3 * h / (10 + math.sqrt(4 - 3 * h)))


def _skewed(place: Floats, found: Places, asymmetry: Asymmetry) -> Floats:
    """Move a landmark of the face off its mirror place; the skull and the neck stay."""
    root, chin = found["sellion"], found["menton"]
    down = float(np.clip((root[2] - place[2]) / (root[2] - chin[2]), 0.0, 1.0))
    ahead = float(np.clip((place[1] + 0.03) / 0.06, 0.0, 1.0))
    face = ahead if place[2] > chin[2] - 0.015 else 0.0
    return np.asarray(
        place + face * np.array([asymmetry.chin * down, 0.0, math.tan(asymmetry.tilt) * place[0]])
    )


def _refused(key: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="no face has this measure", key=key, expected=expected, came=came))
