"""A person's own scan: from a surface file to a head that stands upright, with landmarks and guesses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from microcurrent.errors import BodyError, Problem
from microcurrent.model.body import UNSURE, Guess, Point, Site
from microcurrent.physics.bodies.scan import (
    Cleaned,
    Found,
    Size,
    Solid,
    Template,
    clean,
    find_landmarks,
    size_by_distance,
    size_by_head,
    size_by_unit,
    solidify,
)
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.conduction.grid import Floats
from microcurrent.planning.bodies.landmark_file import (
    LandmarkFile,
    draft,
    landmarks_beside,
    read_landmark_file,
)
from microcurrent.planning.bodies.surface_file import read_surface

#: Parts of the skin closed over, or left out as dust, above which it is said.
_WORTH_SAYING = 0.01


@dataclass(frozen=True, kw_only=True)
class ScanRequest:
    """What is known of a scan: `unit`, a name of its length unit; `distance`, two landmarks and the length
    [m] between them. At most one; with none the size is found by the size of heads."""

    unit: str | None = None
    distance: tuple[str, str, float] | None = None

    def __post_init__(self) -> None:
        if self.unit is not None and self.distance is not None:
            raise BodyError(
                Problem(
                    what="the size of a scan is given twice",
                    expected="its unit, or the distance of two landmarks",
                    came=f"{self.unit} and a distance",
                )
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class ScannedHead:
    """A head made from a scan.

    `skin` [m], closed, axes right, front, up, the middle of its face where the template has it; `sites`:
    its landmarks there; `guesses`, `warnings`; `found` and `unit` [m] of the file, from which `draft` is
    written.
    """

    skin: SkinMesh
    sites: tuple[Site, ...]
    guesses: tuple[Guess, ...]
    warnings: tuple[str, ...]
    found: Found
    unit: float
    title: str

    def from_template(self, points: Floats) -> Floats:
        """Return `points` (P, 3) [m in the template] in this head, (P, 3) [m]."""
        return self.found.placed(self.found.map(points), unit=self.unit)

    def draft(self) -> str:
        """Return the text of a landmark file with the landmarks as found."""
        marks = {name: (_point(mark.place), mark.confidence) for name, mark in self.found.landmarks.items()}
        return draft(self.title, marks, unit=self.unit)


def read_scan(
    path: Path, template: Template, *, known: ScanRequest | None = None, nodes: int = 128
) -> ScannedHead:
    """Return the head in a surface file.

    A landmark file beside it (name.landmarks.toml) is honoured. `nodes`: of the solid along its side.
    Raises `BodyError` that names the file for whatever is no scan of a head.
    """
    request = known if known is not None else ScanRequest()
    surface = read_surface(path)
    beside = landmarks_beside(path)
    set_by_hand = LandmarkFile(landmarks={})
    if beside.is_file():
        set_by_hand = read_landmark_file(beside, known=template.landmarks)
    try:
        cleaned = clean(surface.vertices, surface.triangles)
        solid = solidify(cleaned.skin, nodes=nodes)
        given = {name: np.array(place) for name, place in set_by_hand.landmarks.items()}
        found = find_landmarks(solid.skin, template, scale_known=False, given=given)
        size = _sized(found, request, set_by_hand)
    except BodyError as refused:
        raise _named(refused, path) from refused
    return ScannedHead(
        skin=found.upright(solid.skin, unit=size.unit), sites=_sites(found, size.unit),
        guesses=(*size.guesses, *_closed(solid), *_unsure(found)), warnings=_warnings(cleaned, solid),
        found=found, unit=size.unit, title=path.name,
    )  # fmt: skip


def _named(refused: BodyError, path: Path) -> BodyError:
    """The same problems with the name of the file."""
    return BodyError(*(replace(problem, file=problem.file or str(path)) for problem in refused.problems))


def _sized(found: Found, request: ScanRequest, by_hand: LandmarkFile) -> Size:
    if request.distance is not None:
        first, second, distance = request.distance
        return size_by_distance(found, (first, second), distance)
    if request.unit is not None:
        return size_by_unit(found, request.unit)
    if by_hand.unit is not None:
        return Size(unit=by_hand.unit)
    return size_by_head(found)


def _point(place: Floats) -> Point:
    x, y, z = (float(coordinate) for coordinate in place)
    return (x, y, z)


def _sites(found: Found, unit: float) -> tuple[Site, ...]:
    names = list(found.landmarks)
    places = found.placed(np.stack([found.landmarks[name].place for name in names]), unit=unit)
    sites = []
    for name, place in zip(names, places, strict=True):
        mark = found.landmarks[name]
        side = next((side for side in ("left", "right") if name.endswith(f" {side}")), "midline")
        source = "set by hand" if mark.given else "found on the scan"
        sites.append(
            Site(name=name, position=_point(place), side=side, source=source, confidence=mark.confidence)
        )
    return tuple(sites)


def _closed(solid: Solid) -> tuple[Guess, ...]:
    if solid.closed_over < _WORTH_SAYING:
        return ()
    return (
        Guess(
            what="skin where the scan is open",
            taken=f"a smooth surface over {100 * solid.closed_over:.0f} % of the skin",
            changes="tissue and current near there; treat no site on it",
        ),
    )


def _unsure(found: Found) -> tuple[Guess, ...]:
    low: Mapping[str, float] = {
        name: mark.confidence for name, mark in found.landmarks.items() if mark.confidence < UNSURE
    }
    if not low:
        return ()
    listed = ", ".join(sorted(low, key=lambda name: low[name])[:12])
    more = f" and {len(low) - 12} more" if len(low) > 12 else ""
    return (
        Guess(
            what=f"places of {len(low)} landmarks",
            taken=f"where the template puts them: {listed}{more}",
            changes="where probes stand and which muscle lies below; correct them in the landmark file",
        ),
    )


def _warnings(cleaned: Cleaned, solid: Solid) -> tuple[str, ...]:
    said = []
    if cleaned.pieces:
        said.append(
            f"{cleaned.pieces} loose pieces, {100 * cleaned.dropped:.2g} % of the area, were left out"
        )
    if cleaned.degenerate or cleaned.repeated:
        said.append(
            f"{cleaned.degenerate + cleaned.repeated} triangles without area or repeated were left out"
        )
    if cleaned.turned > 0:
        said.append(f"{100 * cleaned.turned:.0f} % of the triangles were inside out and were turned")
    if cleaned.open_edges:
        said.append(f"the mesh is open along {cleaned.open_edges} edges and was closed")
    if solid.crossing_share > _WORTH_SAYING:
        said.append(f"the mesh runs through itself in {100 * solid.crossing_share:.0f} % of its inside")
    return tuple(said)
