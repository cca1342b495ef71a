"""A body in the format that the ending of the file tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from microcurrent.errors import InputError, Problem
from microcurrent.planning.bodies.anatomy import AnatomySource
from microcurrent.planning.bodies.body_file import BODY_FILES, write_body_file
from microcurrent.planning.export.body_images import write_fractions, write_labels
from microcurrent.planning.export.body_meshes import write_cells, write_skin
from microcurrent.planning.export.body_scene import write_print, write_scene
from microcurrent.planning.export.body_tables import write_landmarks, write_muscles, write_nerves

Writer = Callable[[AnatomySource, Path, bool], tuple[Path, ...]]


def _labels(*, fine: bool, muscles: bool) -> Writer:
    return lambda source, path, overwrite: write_labels(
        source, path, fine=fine, muscles=muscles, overwrite=overwrite
    )


def _one(write: Callable[..., Path]) -> Writer:
    return lambda source, path, overwrite: (write(source, path, overwrite=overwrite),)


def _table(write: Callable[..., Path]) -> Writer:
    return lambda source, path, overwrite: (write(source.body, path, overwrite=overwrite),)


_NIFTI: Mapping[str, Writer] = {
    "labels": _labels(fine=False, muscles=False),
    "muscles": _labels(fine=False, muscles=True),
    "sub-voxels": _labels(fine=True, muscles=False),
    "fractions": lambda source, path, overwrite: write_fractions(source, path, overwrite=overwrite),
}
#: What can be written, by ending of the file; the first of each is taken where nothing is said.
PARTS: Mapping[str, Mapping[str, Writer]] = {
    **{ending: {"all": _one(write_body_file)} for ending in BODY_FILES},
    ".nii.gz": _NIFTI,
    ".nii": _NIFTI,
    ".vtu": {"cells": _one(write_cells), "skin": _one(write_skin)},
    ".glb": {"all": _one(write_scene)},
    ".stl": {"skin": _one(write_print)},
    ".csv": {
        "landmarks": _table(write_landmarks),
        "muscles": _table(write_muscles),
        "nerves": _table(write_nerves),
    },
}


def export_body(
    source: AnatomySource, path: Path, *, part: str = "", overwrite: bool = False
) -> tuple[Path, ...]:
    """Write a body in the format of the ending of `path`; return the files written.

    `part`: one of `PARTS` of that ending, the first where it is "". Raises `InputError` for another
    ending or part, and for a file that is there already or cannot be written.
    """
    return writer_of(path, part)(source, path, overwrite)


def writer_of(path: Path, part: str = "") -> Writer:
    """Return what writes this part for this ending; refuse where there is none."""
    ending = next((ending for ending in PARTS if path.name.lower().endswith(ending)), None)
    if ending is None:
        raise InputError(
            Problem(what="no format of a body has this ending", expected=", ".join(PARTS), came=path.name,
                    file=str(path), advice="Give the file another ending")
        )  # fmt: skip
    parts = PARTS[ending]
    wanted = part or next(iter(parts))
    if wanted not in parts:
        raise InputError(
            Problem(what=f"a {ending} file has no such part", key="--part", expected=", ".join(parts),
                    came=part)
        )  # fmt: skip
    return parts[wanted]
