"""Finding: the landmarks of a head in a scan or an image, and a file in which a person corrects them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from microcurrent.errors import BodyError, Problem
from microcurrent.model.body import Guess, Point
from microcurrent.physics.conduction.grid import Floats
from microcurrent.planning.bodies.landmark_file import draft, landmarks_beside
from microcurrent.planning.bodies.layered import IMAGE_UNIT, head_template, landmarks_of_image
from microcurrent.planning.bodies.scan import ScanRequest, read_scan
from microcurrent.planning.bodies.segmentation import read_segmentation
from microcurrent.planning.bodies.surface_file import SURFACE_FILES

_IMAGES = (".nii", ".nii.gz")


@dataclass(frozen=True, kw_only=True)
class FoundLandmark:
    """A landmark: its `place` (3,) in the coordinates of the file; `confidence` [fraction] in it."""

    name: str
    place: Point
    confidence: float


@dataclass(frozen=True, kw_only=True)
class FoundHead:
    """The `landmarks` of a head, the surest first; the length `unit` [m] of the file; `guesses`; `draft`:
    the text of a landmark file, which belongs `beside` the scan or image."""

    landmarks: tuple[FoundLandmark, ...]
    unit: float
    guesses: tuple[Guess, ...]
    draft: str
    beside: Path


def find_head(
    path: Path, *, labels: str | Path | None = None, known: ScanRequest | None = None
) -> FoundHead:
    """Return the landmarks of the head in a scan (.obj, .stl, .ply, .glb) or label image (.nii.gz).

    `labels`: the label map of an image; `known`: what is known of a scan's size. Raises `BodyError` for a
    file that cannot be read or holds no head.
    """
    lowered = path.name.lower()
    if lowered.endswith(SURFACE_FILES):
        scan = read_scan(path, head_template(), known=known)
        marks = {n: (mark.place, mark.confidence) for n, mark in scan.found.landmarks.items()}
        return _found(path, marks, unit=scan.unit, guesses=scan.guesses)
    if not lowered.endswith(_IMAGES):
        raise BodyError(
            Problem(what="neither a scan nor an image", expected="a file ending in " + ", ".join(
                (*SURFACE_FILES, *_IMAGES)), came=path.name)
        )  # fmt: skip
    source = read_segmentation(path, labels=labels)
    try:
        found = landmarks_of_image(source, path)
    except BodyError as refused:
        raise BodyError(
            *(replace(one, file=one.file or str(path)) for one in refused.problems)
        ) from refused
    marks = {n: (mark.place / IMAGE_UNIT, mark.confidence) for n, mark in found.landmarks.items()}
    return _found(path, marks, unit=IMAGE_UNIT, guesses=source.body.guesses)


def _found(
    path: Path, marks: Mapping[str, tuple[Floats, float]], *, unit: float, guesses: tuple[Guess, ...]
) -> FoundHead:
    places = {name: (_point(place), confidence) for name, (place, confidence) in marks.items()}
    order = sorted(places.items(), key=lambda item: -item[1][1])
    # A size that was guessed is no size that a person gave: it is guessed, and said, again.
    guessed = any(guess.what == "size of the head" for guess in guesses)
    return FoundHead(
        landmarks=tuple(FoundLandmark(name=n, place=p, confidence=c) for n, (p, c) in order),
        unit=unit, guesses=guesses, draft=draft(path.name, places, unit=None if guessed else unit),
        beside=landmarks_beside(path),
    )  # fmt: skip


def _point(place: Floats) -> Point:
    x, y, z = (float(c) for c in place)
    return (x, y, z)
