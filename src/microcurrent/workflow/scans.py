"""A person's own scan or image: its landmarks found, and a file in which they are corrected."""

from __future__ import annotations

from pathlib import Path

from microcurrent.errors import InputError, Problem
from microcurrent.planning.bodies.finding import FoundHead, find_head
from microcurrent.planning.bodies.landmark_file import landmarks_beside
from microcurrent.planning.bodies.scan import ScanRequest
from microcurrent.reports.files import write_whole

__all__ = ["FoundHead", "ScanRequest", "find_landmarks"]


def find_landmarks(
    path: Path,
    *,
    labels: str | Path | None = None,
    unit: str | None = None,
    distance: tuple[str, str, float] | None = None,
    out: Path | None = None,
) -> FoundHead:
    """Find the landmarks of the head in a scan or image and write a landmark file.

    `unit`: name of the length unit of a scan; `distance`: two landmarks and the length [m] between them.
    `out`: where the file goes, by default beside the scan or image, from where it is read again. Raises
    `InputError` for a file that is no head, and where a landmark file is there already.
    """
    known = ScanRequest(unit=unit, distance=distance) if unit or distance else None
    if path.is_dir():
        raise InputError(
            Problem(what="this is a folder", expected="a scan or an image of a head", came=str(path))
        )
    target = landmarks_beside(path) if out is None else out
    if target.exists():  # known at once, while finding takes a while
        raise InputError(
            Problem(
                what="the landmark file is there already, perhaps corrected by hand", file=str(target),
                advice="Name another with --out, or delete it",
            )
        )  # fmt: skip
    found = find_head(path, labels=labels, known=known)
    write_whole(target, found.draft.encode())
    return found
