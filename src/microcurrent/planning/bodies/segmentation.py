"""A body from a label image and its label map, and volumes of it."""

from __future__ import annotations

from pathlib import Path

from microcurrent.errors import BodyError, Problem
from microcurrent.planning.bodies.source import BodySource


def read_segmentation(path: Path, *, labels: Path | None = None) -> BodySource:
    """Return the body in a .nii or .nii.gz file. Raises `BodyError`."""
    raise BodyError(Problem(what="label images cannot be read yet", file=str(path)))
