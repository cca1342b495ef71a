"""Layered: a head from a scan or an image, its inside filled or split by the atlas."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from microcurrent import tables
from microcurrent.errors import BodyError, Problem
from microcurrent.model.body import Body, Guess, Site
from microcurrent.physics.bodies.anatomy import Anatomy, Kind
from microcurrent.physics.bodies.head.building import (
    FREE,
    SOFT,
    Cells,
    Given,
    HeadFrame,
    grid_around,
    head_anatomy,
)
from microcurrent.physics.bodies.head.depth import signed_depth
from microcurrent.physics.bodies.head.filling import HEAD_KINDS, Build
from microcurrent.physics.bodies.head.interpolation import SmoothMap, smooth_map
from microcurrent.physics.bodies.head.lattice import Lattice, nodes_of
from microcurrent.physics.bodies.head.skin import skin_from_level
from microcurrent.physics.bodies.head.strips import Placing
from microcurrent.physics.bodies.head.surface import HIGH, LOW
from microcurrent.physics.bodies.scan import Found, Template, find_landmarks
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.bodies.volume import AIR, Volume
from microcurrent.physics.conduction.grid import Floats
from microcurrent.planning.bodies.face import REFINEMENT, SPACING, mean_head
from microcurrent.planning.bodies.head import atlas_of, head_body
from microcurrent.planning.bodies.landmark_file import landmarks_beside, read_landmark_file
from microcurrent.planning.bodies.scan import ScanRequest, read_scan
from microcurrent.planning.bodies.segmentation import SegmentationSource

#: Triangles of the head that is laid on others [m].
_TRIANGLE = 2e-3
#: The neck of that head ends here [m]: below, shoulders differ too much.
_NECK = -0.165
#: So many places of the skin carry the map from a person back to the atlas, besides landmarks.
_CARRIERS = 500
#: Smoothing of that map: places need not be met to a tenth of a millimetre.
_LOOSE = 1e-4
#: Step of the lattice that tells inside from outside, and room around the skin [m].
_INSIDE, _ROOM = 4e-3, 0.012
#: Landmarks of the midline nearer than this [m] to x = 0 on average, and none farther than twice it, make
#: x = 0 the middle plane.
_MIDDLE = 5e-3
_MIDDLE_LANDMARKS = ("sellion", "pronasale", "subnasale", "menton")
#: Sides of voxels that differ by no more than this are those of a cube.
_UNEVEN = 1.01
#: What a number in the landmark file of an image is of [m].
IMAGE_UNIT = 1e-3
#: A landmark found with less than this confidence is no site: its place would be a guess.
_LEAST = 0.15

OnStep = Callable[[str], None]


@lru_cache(maxsize=1)
def head_template() -> Template:
    """Return the head of the atlas as what is laid on a person's skin."""
    mean = mean_head()
    skin = skin_from_level(mean.surface.level, np.array([LOW[0], LOW[1], _NECK]), HIGH, step=_TRIANGLE)
    marks = {name: place for name, place in mean.places.items() if place[2] > _NECK}
    return Template(skin=skin, landmarks=marks)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Laid:
    """The template laid on a person: their `skin`, the way from the atlas, landmarks with confidences."""

    skin: SkinMesh
    placing: Placing
    places: Mapping[str, tuple[Floats, float]]

    def frame(self) -> HeadFrame:
        """Return the head with its place in the atlas."""
        low, high = self.skin.vertices.min(axis=0) - _ROOM, self.skin.vertices.max(axis=0) + _ROOM
        origin, nodes = nodes_of(low, high, _INSIDE)
        depth, _ = signed_depth(self.skin, nodes.reshape(-1, 3))
        inside = Lattice(origin=origin, step=_INSIDE, values=depth.reshape(*nodes.shape[:3], 1))
        return HeadFrame(
            skin=self.skin, inside=inside, back=_back(self.placing, low, high), placing=self.placing
        )


def _back(placing: Placing, low: Floats, high: Floats) -> SmoothMap:
    """The way from a person to the atlas, through places all over the skin of the template."""
    template = head_template()
    vertices = template.skin.vertices
    order = np.random.default_rng(0).permutation(len(vertices))[: 8 * _CARRIERS]
    kept = [order[0]]
    apart = np.linalg.norm(vertices[order] - vertices[kept[0]], axis=1)
    for _ in range(_CARRIERS - 1):  # farthest from those before it, so that they cover the head evenly
        farthest = int(apart.argmax())
        kept.append(order[farthest])
        apart = np.minimum(apart, np.linalg.norm(vertices[order] - vertices[kept[-1]], axis=1))
    there = vertices[kept]
    return smooth_map(placing(there), there, (low, high), loose=_LOOSE)


def scanned_head(
    path: Path,
    *,
    known: ScanRequest | None = None,
    spacing: float = SPACING,
    on_step: OnStep = lambda _: None,
) -> tuple[Body, Anatomy]:
    """Return the head in a surface file (.obj, .stl, .ply, .glb), layered inside by the atlas.

    `known`: its unit or a distance, where they are known. A landmark file beside it is honoured. Raises
    `BodyError` for whatever is no scan of a head.
    """
    on_step("reading and cleaning the scan, finding its landmarks")
    scan = read_scan(path, head_template(), known=known)
    places = _sure({site.name: (np.array(site.position), site.confidence) for site in scan.sites})
    laid = _Laid(skin=scan.skin, placing=scan.from_template, places=places)
    frame = laid.frame()
    cells = Cells(grid=grid_around(scan.skin, spacing, floor=None), refinement=REFINEMENT)
    built = head_anatomy(atlas_of(tables.head()), frame, Build(sex="average"), cells=cells, on_step=on_step)
    guesses = (*scan.guesses, _inside_guess("a scan shows the skin alone"), _eyes_guess())
    body = head_body(
        path.name, frame, built, places=places,
        midline=_has_midline({name: place for name, (place, _) in places.items()}),
        about=(f"Scan {path.name}, filled by the atlas of the mean adult head", scan.warnings, guesses),
    )  # fmt: skip
    return body, built.anatomy


def split_head(
    source: SegmentationSource, image: Path, *, lumped: Sequence[str], on_step: OnStep = lambda _: None
) -> tuple[Body, Anatomy]:
    """Return a head whose `lumped` tissues (such as "soft tissue") are split by the atlas.

    Everything else stays as the image has it. A landmark file beside `image` is honoured, in the
    coordinates of the image. Raises `BodyError` where no head is found in it.
    """
    sizes = [float(source.whole.grid.widths(axis)[0]) for axis in range(3)]
    if max(sizes) > _UNEVEN * min(sizes):
        raise BodyError(
            Problem(
                what="voxels that are no cubes cannot be split", file=str(image),
                expected="the same size along each axis",
                came=" x ".join(f"{1e3 * size:.3g}" for size in sizes) + " mm",
                advice="Resample the image to cubes, such as 1 mm",
            )
        )  # fmt: skip
    on_step("finding the landmarks of the head")
    found = landmarks_of_image(source, image)
    places = _sure({name: (mark.place, mark.confidence) for name, mark in found.landmarks.items()})
    laid = _Laid(skin=source.skin, placing=found.map, places=places)
    frame = laid.frame()
    cells = Cells(grid=source.whole.grid, refinement=REFINEMENT, given=_given(source.whole, lumped))
    built = head_anatomy(atlas_of(tables.head()), frame, Build(sex="average"), cells=cells, on_step=on_step)
    guesses = (*source.body.guesses, _inside_guess(f"the image does not split {', '.join(lumped)}"))
    body = head_body(
        image.name, frame, built, places=places,
        midline=_has_midline({name: mark.place for name, mark in found.landmarks.items()}),
        about=(
            f"{source.body.provenance}. Soft tissue split by the atlas of the mean adult head",
            _without_lumps(source.body.warnings), guesses,
        ),
    )  # fmt: skip
    return _with_own_sites(body, source.body.sites), built.anatomy


def landmarks_of_image(source: SegmentationSource, image: Path) -> Found:
    """Return the landmarks of a head in a label image, in its coordinates [m].

    A landmark file beside it is honoured; its numbers are millimetres where it names no other unit. Raises
    `BodyError` where no head is found.
    """
    template = head_template()
    beside, given = landmarks_beside(image), {}
    if beside.is_file():
        by_hand = read_landmark_file(beside, known=template.landmarks)
        unit = by_hand.unit if by_hand.unit is not None else IMAGE_UNIT
        given = {name: unit * np.array(place) for name, place in by_hand.landmarks.items()}
    return find_landmarks(source.skin, template, scale_known=True, upright=True, given=given)


def _sure(places: Mapping[str, tuple[Floats, float]]) -> dict[str, tuple[Floats, float]]:
    return {name: place for name, place in places.items() if place[1] >= _LEAST}


def _given(volume: Volume, lumped: Sequence[str]) -> Given:
    """What the image knows, on sub-voxels; air outside is for the smooth skin to say."""
    numbers = {kind.tissue: number for number, kind in reversed(list(enumerate(HEAD_KINDS, 1)))}
    # A lumped tissue keeps a kind of its own, for where the atlas does not know better.
    names = [name for name in volume.tissues if name not in numbers]
    more = tuple(Kind(tissue=name) for name in names)
    numbers |= {name: len(HEAD_KINDS) + place for place, name in enumerate(names, 1)}
    of_label = np.zeros(len(volume.tissues) + 1, dtype=np.uint8)
    for index, name in enumerate(volume.tissues):
        of_label[index] = FREE if name in lumped else numbers[name]
    kinds = of_label[volume.labels]  # label -1 is the last: air
    kinds[(volume.labels == AIR) & volume.outside()] = FREE
    for axis in range(3):
        kinds = np.repeat(kinds, REFINEMENT, axis=axis)
    rest = numbers[next(name for name in volume.tissues if name in lumped)]
    return Given(kinds=kinds, more=more, rest=rest)


def lumps_of(volume: Volume, named: Sequence[str]) -> tuple[str, ...]:
    """Return which tissues of a volume are lumps: those `named` that the atlas can split."""
    return tuple(name for name in volume.tissues if name in named and (name not in SOFT or name == "skin"))


def _has_midline(places: Mapping[str, Floats]) -> bool:
    names = [name for name in _MIDDLE_LANDMARKS if name in places]
    middle = [abs(float(places[name][0])) for name in names]
    return bool(middle) and float(np.mean(middle)) < _MIDDLE and max(middle) < 2 * _MIDDLE


def _with_own_sites(body: Body, own: Sequence[Site]) -> Body:
    """The body with the sites of its label map in place of found ones of the same name."""
    names = {site.name for site in own}
    return replace(body, sites=(*own, *(site for site in body.sites if site.name not in names)))


def _without_lumps(warnings: Sequence[str]) -> tuple[str, ...]:
    """Warnings but for the one that says that tissues are not told apart."""
    return tuple(text for text in warnings if "is not told apart" not in text)


def _inside_guess(why: str) -> Guess:
    return Guess(
        what=f"layers, muscles and nerves: {why}",
        taken="those of a mean adult of 40 years, fitted to the landmarks",
        changes="how current divides between fat, muscle and bone: layers differ between people by a "
        "quarter to a third of their thickness",
    )


def _eyes_guess() -> Guess:
    return Guess(
        what="bone and air inside the head",
        taken="the skull of the mean adult, warped to this skin and kept at the depths of the table",
        changes="how much current goes deeper than the muscles",
    )
