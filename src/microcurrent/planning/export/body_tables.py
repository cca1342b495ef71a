"""CSV of a body: its sites, muscles and nerves as tables, in millimetre, one row each."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from microcurrent.model.body import Body, Point
from microcurrent.planning.files import write_through

_MM = 1e3
_MM3 = 1e9
#: Decimals of a length in millimetre: a nanometre.
_DECIMALS = 6

_LANDMARKS = ("name", "abbreviation", "side", "x (mm)", "y (mm)", "z (mm)", "confidence", "source")
_MUSCLES = (
    "name", "side", "tissue", "length (mm)", "width (mm)", "thickness (mm)", "volume (mm3)", "depth (mm)",
    "origin x (mm)", "origin y (mm)", "origin z (mm)", "insertion x (mm)", "insertion y (mm)",
    "insertion z (mm)", "source",
)  # fmt: skip
_NERVES = ("name", "side", "point", "x (mm)", "y (mm)", "z (mm)", "depth (mm)", "source")


def write_landmarks(body: Body, path: Path, *, overwrite: bool = False) -> Path:
    """Write the sites, with how sure each is and where it comes from."""
    rows = (
        (s.name, s.abbreviation, s.side, *_point(s.position), f"{s.confidence:g}", s.source)
        for s in body.sites
    )
    return _write(_LANDMARKS, rows, path, overwrite=overwrite)


def write_muscles(body: Body, path: Path, *, overwrite: bool = False) -> Path:
    """Write the muscles with their sizes, origins and insertions."""
    rows = (
        (
            m.name, m.side, m.tissue, _length(m.length), _length(m.width), _length(m.thickness),
            f"{_MM3 * m.volume:.3f}", _length(m.depth), *_point(m.origin), *_point(m.insertion), m.source,
        )
        for m in body.muscles
    )  # fmt: skip
    return _write(_MUSCLES, rows, path, overwrite=overwrite)


def write_nerves(body: Body, path: Path, *, overwrite: bool = False) -> Path:
    """Write the corners of the nerves, numbered from 1 at the beginning of each."""
    rows = (
        (n.name, n.side, str(number), *_point(point), _length(depth), n.source)
        for n in body.nerves
        for number, (point, depth) in enumerate(zip(n.points, n.depth, strict=True), start=1)
    )
    return _write(_NERVES, rows, path, overwrite=overwrite)


def _write(heads: Sequence[str], rows: Iterable[Sequence[str]], path: Path, *, overwrite: bool) -> Path:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(heads)
    table.writerows(rows)

    def write(partial: Path) -> None:
        partial.write_text(text.getvalue(), encoding="utf-8", newline="\n")

    return write_through(path, write, overwrite=overwrite)


def _point(point: Point) -> tuple[str, ...]:
    return tuple(_length(value) for value in point)


def _length(value: float) -> str:
    return f"{_MM * value:.{_DECIMALS}f}"
