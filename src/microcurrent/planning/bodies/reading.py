"""From the name of a body, or the path of a file, to a BodySource; and the list of names."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from microcurrent import tables
from microcurrent.errors import BodyError, Problem, ValueRefused
from microcurrent.model.body import Body
from microcurrent.physics.bodies.anatomy import Anatomy
from microcurrent.planning.bodies import face, layered, limbs
from microcurrent.planning.bodies.body_file import BODY_FILES, read_body_file
from microcurrent.planning.bodies.head import SKIN_GROUP
from microcurrent.planning.bodies.keeping import kept_body
from microcurrent.planning.bodies.landmark_file import landmarks_beside
from microcurrent.planning.bodies.person import is_face, read_person
from microcurrent.planning.bodies.scan import ScanRequest
from microcurrent.planning.bodies.segmentation import read_segmentation
from microcurrent.planning.bodies.slab import SlabSource, slab_source
from microcurrent.planning.bodies.source import BodySource
from microcurrent.planning.bodies.surface_file import SURFACE_FILES

_SLAB = "slab"
#: Endings of files of labels that can be read.
_VOLUME_FILES = (".nii", ".nii.gz")
#: Cells of built-in bodies [m] that can be asked for: finer takes too much memory, coarser has no skin.
_SPACINGS = (0.5e-3, 3e-3)
#: Faces in the list.
_FACES = {
    "face": "Face and neck, mean adult",
    "face male": "Face and neck, mean man",
    "face female": "Face and neck, mean woman",
}

#: Is told what is being done while a body is built.
OnStep = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class BodyEntry:
    """One line of the list of bodies: `name` as a plan writes it, `title`, names of its `sites`."""

    name: str
    title: str
    sites: tuple[str, ...]


def list_bodies() -> tuple[BodyEntry, ...]:
    """Return the bodies that come with the program: faces, limbs and patches, slabs."""
    marks = tuple(tables.landmarks())
    faces = [BodyEntry(name=name, title=title, sites=marks) for name, title in _FACES.items()]
    parts = [
        BodyEntry(name=name, title=limbs.limb_title(name), sites=limbs.limb_sites(name))
        for name in limbs.limb_names()
    ]
    return (*faces, *parts, *list_slabs())


def list_slabs() -> tuple[BodyEntry, ...]:
    """Return the flat slabs, the default first."""
    return tuple(
        BodyEntry(
            name=_SLAB if number == 0 else f"{_SLAB} {name}",
            title=stack.title,
            sites=tuple(site.name for site in stack.sites),
        )
        for number, (name, stack) in enumerate(tables.stacks().items())
    )


def read_body(
    name: str,
    *,
    labels: str | Path | None = None,
    base: Path = Path(),
    spacing: float | None = None,
    known: ScanRequest | None = None,
    on_step: OnStep = lambda _: None,
) -> BodySource:
    """Return the body that a plan names.

    `name`: "face", with a sex and more after commas (`person.read_person`); a limb or patch
    (`limbs.parse_limb`); "slab" and the name of a stack; or the path, relative to the folder `base`, of a
    .nii or .nii.gz file, a scan of a head (.obj, .stl, .ply, .glb) or a body file (.body.h5). `labels`:
    the label map of an image, a path relative to `base` or the name of a ready one; None for the file of
    the same name ending in .labels.toml beside it or, without one, the ready one that fits. `spacing` [m]
    of the cells, for a body that is built; others have their own and refuse it. `known`: what is known of
    a scan's size. `on_step` is told what is done while a body is built. Raises `BodyError`.
    """
    wanted = " ".join(name.split())
    lowered = wanted.lower()
    if not lowered.endswith(_VOLUME_FILES) and labels is not None:
        raise _no_labels(f'the body "{wanted}"', labels)
    a_file = lowered.endswith((*_VOLUME_FILES, *SURFACE_FILES, *BODY_FILES))
    if is_face(wanted) and not a_file:
        return _built_face(wanted, spacing, on_step)
    if limbs.is_limb(lowered) and not a_file:
        return _built_limb(lowered, spacing, on_step)
    if lowered.endswith(SURFACE_FILES):
        size = _checked(face.SPACING if spacing is None else spacing)
        return _from_scan(base / name.strip(), known, size, on_step)
    if spacing is not None:
        raise BodyError(
            Problem(
                what="the cells of this body are what they are", key="spacing", expected="no spacing",
                came=f"{1e3 * spacing:g} mm", advice="Leave it out",
            )
        )  # fmt: skip
    if lowered.endswith(_VOLUME_FILES):
        return _from_image(base / name.strip(), labels, base, on_step)
    if lowered.endswith(BODY_FILES):
        return read_body_file(base / name.strip())
    if lowered == _SLAB or lowered.startswith(f"{_SLAB} "):
        return _slab(wanted, lowered)
    raise _unknown(wanted, lowered)


def _built_face(name: str, spacing: float | None, on_step: OnStep) -> BodySource:
    person = read_person(name)
    size = _checked(face.SPACING if spacing is None else spacing)
    try:
        return kept_body(
            repr(person), SKIN_GROUP, lambda: face.face_body(person, spacing=size, on_step=on_step),
            spacing=size, refinement=face.REFINEMENT,
        )  # fmt: skip
    except ValueRefused as refused:
        raise BodyError(*refused.problems) from refused


def _built_limb(name: str, spacing: float | None, on_step: OnStep) -> BodySource:
    text = limbs.parse_limb(name).text
    size = _checked(face.SPACING if spacing is None else spacing)

    def make() -> tuple[Body, Anatomy]:
        on_step(f"the {text}")
        return limbs.limb_body(text, spacing=size)

    return kept_body(text, limbs.SKIN_GROUP, make, spacing=size, refinement=face.REFINEMENT)


def _from_scan(path: Path, known: ScanRequest | None, spacing: float, on_step: OnStep) -> BodySource:
    told = f"{path.name}, {_digest_of(path, landmarks_beside(path))}, {known}"
    return kept_body(
        told, SKIN_GROUP, lambda: layered.scanned_head(path, known=known, spacing=spacing, on_step=on_step),
        spacing=spacing, refinement=face.REFINEMENT,
    )  # fmt: skip


def _from_image(path: Path, labels: str | Path | None, base: Path, on_step: OnStep) -> BodySource:
    """The body in an image; its lumps are split by the atlas where its label map says so."""
    source = read_segmentation(path, labels=labels, base=base)
    lumps = layered.lumps_of(source.whole, source.lumped)
    if not source.split:
        return source
    if not lumps:
        raise BodyError(
            Problem(
                what="nothing to split", key="split", file=str(path),
                expected="a label that holds several tissues, such as soft tissue or scalp",
                came=", ".join(source.body.tissues), advice="Leave split out of the label map",
            )
        )  # fmt: skip
    told = f"{path.name}, {source.body.content}, {_digest_of(landmarks_beside(path))}, {lumps}"
    return kept_body(
        told, SKIN_GROUP, lambda: layered.split_head(source, path, lumped=lumps, on_step=on_step),
        spacing=float(source.whole.grid.widths(0)[0]), refinement=face.REFINEMENT,
    )  # fmt: skip


def _digest_of(*paths: Path) -> str:
    """SHA-256 of files, those that are there."""
    found = []
    for path in paths:
        if path.is_file():
            with path.open("rb") as file:
                found.append(hashlib.file_digest(file, "sha256").hexdigest())
    return " ".join(found)


def _checked(spacing: float) -> float:
    if not _SPACINGS[0] <= spacing <= _SPACINGS[1]:
        raise BodyError(
            Problem(
                what="cells of this size do not make a body", key="spacing",
                expected=f"{1e3 * _SPACINGS[0]:g} to {1e3 * _SPACINGS[1]:g} mm",
                came=f"{1e3 * spacing:g} mm",
            )
        )  # fmt: skip
    return spacing


def _no_labels(what: str, labels: str | Path) -> BodyError:
    return BodyError(
        Problem(what=f"{what} has no labels", key="labels", came=str(labels), advice="Remove the key")
    )


def _slab(name: str, lowered: str) -> SlabSource:
    stacks = tables.stacks()
    stack_name = lowered.removeprefix(_SLAB).strip() or next(iter(stacks))
    if stack_name not in stacks:
        close = difflib.get_close_matches(stack_name, stacks, n=1)
        raise BodyError(
            Problem(
                what="unknown slab",
                expected="one of " + ", ".join(f'"{entry.name}"' for entry in list_slabs()),
                came=f'"{name}"',
                advice=f'Perhaps "{_SLAB} {close[0]}" is meant' if close else "",
            )
        )
    entry_name = _SLAB if stack_name == next(iter(stacks)) else f"{_SLAB} {stack_name}"
    return slab_source(entry_name, stacks[stack_name], tables.flattening().get(stack_name))


def _unknown(name: str, lowered: str) -> BodyError:
    known = [entry.name for entry in list_bodies()]
    close = difflib.get_close_matches(lowered, known, n=2, cutoff=0.6)
    advice = "See `microcurrent body list`"
    if lowered in tables.stacks():
        advice = f'Write "{_SLAB} {lowered}"'
    elif close:
        advice = "Perhaps " + " or ".join(f'"{one}"' for one in close) + " is meant"
    return BodyError(
        Problem(what="unknown body",
                expected="face, a limb or patch, slab, or a path ending in .nii.gz, .nii, .obj, .stl, "
                ".ply, .glb or .body.h5",
                came=f'"{name}"', advice=advice)
    )  # fmt: skip
