"""Which ready label map fits an image that came without one; refused where none or several do.

Numbers alone do not tell: 1 to 5 are tissues of at least three programs. So every map that knows all
labels of the image is also held against what is so in every body: the outside does not touch the brain,
grey matter lies between white matter and fluid, eyes are two balls, and what is called left lies on the
left.
"""

from __future__ import annotations

import math
from pathlib import Path

from microcurrent.errors import BodyError, Problem
from microcurrent.model.body import Guess
from microcurrent.model.labels import COVERS, ReadyLabelMap
from microcurrent.physics.bodies.label_looks import LabelLooks, looks_of
from microcurrent.planning.bodies.label_map import LabelMap, label_map_of, map_beside
from microcurrent.planning.bodies.nifti import LabelImage
from microcurrent.planning.bodies.ready_maps import list_ready

#: An image with fewer labels besides 0 than this fits too many things: it has to be said what it is.
_FEWEST = 5
#: An image has this part of the labels of a map that names none as always there, or this many.
_MOST, _MANY = 2 / 3, 20
#: How far [m] right must lie to the right of left; below, the difference may come from asymmetry.
_APART = 4e-3
#: Which part of its faces the brain may turn to the outside: holes of a voxel in thin bone.
_EXPOSED = 0.02
#: How many maps that do not fit are named with their reason.
_NAMED = 4


def recognise(image: LabelImage, path: Path) -> tuple[LabelMap, Guess]:
    """Return the one ready label map that fits the image in the file `path`, and that it was guessed.

    Raises `BodyError` where none does, with the reason for those that come nearest, or several, with
    their names.
    """
    looks = looks_of(image.labels, image.affine)
    labels = [label for label in looks.labels if label != 0]
    knowing = [ready for ready in list_ready() if set(looks.labels) <= ready.meaning.keys()]
    reasons = {ready.name: why_not(ready, looks) for ready in knowing}
    fitting = [ready for ready in knowing if not reasons[ready.name]]
    if len(labels) >= _FEWEST and len(fitting) == 1:
        return label_map_of(fitting[0]), _guess(fitting[0], looks, path)
    # Those that fail only by how the image looks come nearest.
    nearest = sorted(knowing, key=lambda ready: bool(_has_its_labels(ready, looks)))
    raise _unrecognised(labels, fitting, {ready.name: reasons[ready.name] for ready in nearest}, path)


def why_not(ready: ReadyLabelMap, looks: LabelLooks) -> str:
    """Return why an image that looks so is not of this kind, or nothing where it may be."""
    return _has_its_labels(ready, looks) or odd(ready, looks)


def odd(ready: ReadyLabelMap, looks: LabelLooks) -> str:
    """Return what is not as in a body, if the labels mean what this map says; nothing where all is.

    The map has to know all labels.
    """
    for check in (_has_its_largest, _has_its_sides, _has_its_layers, _has_its_eyes):
        reason = check(ready, looks)
        if reason:
            return reason
    return ""


def _has_its_labels(ready: ReadyLabelMap, looks: LabelLooks) -> str:
    missing = [label for label in ready.needed if label not in looks.labels]
    if missing:
        return f"{missing[0]} ({ready.names[missing[0]]}) is missing"
    if not ready.needed and not _pairs(ready):
        return "nothing but its numbers would tell it"
    present, count = len(set(looks.labels) - {0}), len(ready.meaning) - 1
    if not ready.needed and present < min(_MANY, math.ceil(_MOST * count)):
        return f"only {present} of its {count} labels are there"
    return ""


def _has_its_largest(ready: ReadyLabelMap, looks: LabelLooks) -> str:
    volume = dict(zip(looks.labels, looks.volume, strict=True))
    largest = max(volume.keys() - {0}, key=lambda label: float(volume[label]), default=None)
    if ready.largest is None or largest == ready.largest:
        return ""
    return f"{ready.largest} ({ready.names[ready.largest]}) is not the largest label"


def _has_its_sides(ready: ReadyLabelMap, looks: LabelLooks) -> str:
    x = {label: float(place[0]) for label, place in zip(looks.labels, looks.middle, strict=True)}
    for left, right in _pairs(ready):
        if left in x and right in x and x[right] - x[left] < _APART:
            names = ready.names
            return f"{right} ({names[right]}) does not lie to the right of {left} ({names[left]})"
    return ""


def _pairs(ready: ReadyLabelMap) -> list[tuple[int, int]]:
    """Labels whose names differ only in their side: left, right."""
    label_of = {row.name.lower(): row.first for row in ready.rows if row.first == row.last}
    sides = [(left, label_of.get(name.replace("left", "right"))) for name, left in label_of.items()]
    return [(left, right) for left, right in sides if right is not None and right != left]


def _has_its_layers(ready: ReadyLabelMap, looks: LabelLooks) -> str:
    if ready.covers != COVERS[0]:
        return ""
    labels_of = label_map_of(ready).labels_of
    grey, white, fluid = labels_of("grey matter"), labels_of("white matter"), labels_of("CSF")
    brain = grey | white
    exposed = looks.touching(brain, frozenset({0}))
    if exposed > _EXPOSED * max(looks.touching(brain, frozenset(looks.labels) - brain), 1):
        return "its brain lies open to the outside"
    if looks.touching(white, fluid) > looks.touching(grey, fluid):
        return "its white matter touches more fluid than its grey matter"
    return ""


def _has_its_eyes(ready: ReadyLabelMap, looks: LabelLooks) -> str:
    eyes = label_map_of(ready).labels_of("eye") & frozenset(looks.labels)
    other = looks.eyes - eyes
    if other:
        return f"{min(other)} ({ready.names[min(other)]}) looks like a pair of eyes"
    if len(eyes) == 1 and not looks.eyes:
        return f"{min(eyes)} ({ready.names[min(eyes)]}) does not look like a pair of eyes"
    return ""


def _guess(ready: ReadyLabelMap, looks: LabelLooks, path: Path) -> Guess:
    return Guess(
        what=f"what the labels of {path.name} are",
        taken=f'the ready label map "{ready.name}" ({ready.program}), the only one that fits its '
        f"{len(looks.labels) - (0 in looks.labels)} labels in number and place",
        changes="which tissue every voxel is, and with it every figure",
    )


def _unrecognised(
    labels: list[int], fitting: list[ReadyLabelMap], reasons: dict[str, str], path: Path
) -> BodyError:
    shown = ", ".join(str(label) for label in labels[:8]) + (", ..." if len(labels) > 8 else "")
    what = "a label image needs a label map, which says what each label is"
    expected = f"a TOML file {map_beside(path)}, or labels that exactly one ready map fits"
    write = 'write a map with [labels] and lines such as 0 = "air"'
    if fitting:
        names = " or ".join(f'"{ready.name}"' for ready in fitting)
        came = f"labels {shown}, which may be {names}"
        advice = f'Say which it is, with labels = "{fitting[0].name}", or {write}'
    else:
        said = "; ".join(f'not "{name}": {reason}' for name, reason in list(reasons.items())[:_NAMED])
        came = f"labels {shown}, which no ready map fits" + (f" ({said})" if said else "")
        advice = f'Name a ready map with labels = "..." (`microcurrent body labels` lists them), or {write}'
    return BodyError(Problem(what=what, expected=expected, came=came, file=str(path), advice=advice))
