"""The way of a probe on a body, from site to site."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.body import Site
from microcurrent.model.way import Way
from microcurrent.planning.bodies import clearance_of, read_body
from microcurrent.reports.files import write_whole


@dataclass(frozen=True, kw_only=True)
class PathShown:
    """The `way` through `sites` of a `body`: `length` along it and `straight` from site to site [m].

    `clearance` [m]: how far from the rims of orbits it was to keep.
    """

    body: str
    sites: tuple[Site, ...]
    length: float
    straight: float
    clearance: float
    way: Way


def path_on(
    body: str, sites: Sequence[str], *, labels: str | Path | None = None, clearance: float | None = None
) -> PathShown:
    """Return the way of a probe through sites of a body, named or by abbreviation ("zy left").

    `labels`: the label map of a label image, or the name of a ready one. `clearance` [m]: how far
    it keeps from the rim of an orbit; None for the limit on contacts. Raises `ValueRefused` for an unknown
    site, with those that come near it, and `BodyError` where there is no way.
    """
    if clearance is not None and not 0 <= clearance <= 1:
        raise ValueRefused(
            Problem(what="clearance of a path", expected="from 0 to 1 m", came=f"{clearance:g} m")
        )
    source = read_body(body, labels=labels, base=Path())
    places = tuple(source.body.site(name) for name in sites)
    kept = clearance_of() if clearance is None else clearance
    way = source.path(places, clearance=kept)
    return PathShown(
        body=source.body.name,
        sites=places,
        length=way.length,
        straight=sum(a.distance_to(b) for a, b in itertools.pairwise(places)),
        clearance=kept,
        way=way,
    )


def write_path(shown: PathShown, file: Path) -> Path:
    """Write the corners of a way as CSV: how far along it, its three coordinates, all in metre."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("along (m)", "x (m)", "y (m)", "z (m)"))
    along = 0.0
    for before, point in zip((shown.way.points[0], *shown.way.points), shown.way.points, strict=False):
        along += sum((b - a) ** 2 for a, b in zip(before, point, strict=True)) ** 0.5
        rows.writerow(f"{value:.6f}" for value in (along, *point))
    write_whole(file, text.getvalue().encode())
    return file
