"""The skin of a body with the zones that are not to be treated: hatched by kind, outlined and named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from microcurrent.model.body import Body
from microcurrent.model.screening import OUTCOMES, ScreeningFinding
from microcurrent.physics.bodies.anatomy import Anatomy
from microcurrent.planning.screening.outlines import distances
from microcurrent.reports.pictures.solid.canvas import NAME, TITLE, Box, Canvas, page
from microcurrent.reports.pictures.solid.labels import Label
from microcurrent.reports.pictures.solid.rendering import Image
from microcurrent.reports.pictures.solid.shapes import Array
from microcurrent.reports.pictures.solid.views import draw_views, height_for

_WIDTH = 1920
#: Distance of two hatch lines, their width, and the width of an outline [dots].
_PERIOD, _LINE, _EDGE = 14, 3, 3
#: A zone is named where so many of its dots are seen [dots].
_ENOUGH = 400
_INK, _HALO = (30, 30, 30, 255), (255, 255, 255, 150)
#: The hatching of each outcome in words.
PATTERNS = {
    "refused": "crossed lines",
    "deferred": "dots",
    "blocked": "slanting lines",
    "clearance": "level lines",
}
_MEANINGS = {
    "refused": "no treatment",
    "deferred": "not yet",
    "blocked": "not in this zone",
    "clearance": "a clinician must clear it",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class BlockedZone:
    """A zone by `name` and its `corners` (C, 3) [m], with the `findings` that stand in it, one or more."""

    name: str
    corners: Array
    findings: tuple[ScreeningFinding, ...]

    @property
    def outcome(self) -> str:
        """The strictest outcome."""
        return max((finding.standing for finding in self.findings), key=OUTCOMES.index)

    @property
    def words(self) -> str:
        """Name, outcome and the questions behind it."""
        return f"{self.name}: {self.outcome} ({', '.join(finding.id for finding in self.findings)})"


def blocked_picture(body: Body, anatomy: Anatomy, blocked: Sequence[BlockedZone]) -> tuple[bytes, str]:
    """Return a PNG picture of the skin from three sides with blocked zones, and its text alternative."""
    tall = height_for((body, anatomy), _WIDTH - 40, named=True)
    with page(_WIDTH, round(tall) + 170) as canvas:
        canvas.write(f"{body.name}: where not to treat", (30, 22), size=TITLE, bold=True)
        box = Box(left=20, top=84, width=_WIDTH - 40, height=tall)

        def over(image: Image, corner: tuple[int, int]) -> list[Label]:
            return _hatched(canvas, image, corner, blocked)

        draw_views(canvas, box, (body, anatomy), sites=False, over=over)
        _key(canvas, blocked, tall + 112)
        content = canvas.png()
    return content, _words(body, blocked)


def _hatched(
    canvas: Canvas, image: Image, corner: tuple[int, int], blocked: Sequence[BlockedZone]
) -> list[Label]:
    """Draw the zones over a view whose upper left corner is at `corner`; return their names and places."""
    if not blocked:
        return []
    rows, columns = np.nonzero(np.isfinite(image.distance))
    away = image.distance[rows, columns]
    points = image.camera.eye + away[:, None] * image.camera.rays(columns + 0.5, rows + 0.5)
    drawn = np.zeros((*image.distance.shape, 4), dtype=np.uint8)
    labels = []
    for zone in blocked:
        inside = np.zeros(image.distance.shape, dtype=bool)
        inside[rows, columns] = distances(points, zone.corners) <= 0
        paint(drawn, inside, zone.outcome)
        if inside.sum() > _ENOUGH:
            place = _middle(inside)
            labels.append(Label(text=zone.words, anchor=(corner[0] + place[0], corner[1] + place[1])))
    canvas.paste(drawn, *corner)
    return labels


def paint(drawn: npt.NDArray[np.uint8], inside: npt.NDArray[np.bool_], outcome: str) -> None:
    """Hatch a zone (H, W) on dots (H, W, 4), on a pale veil, and draw its edge."""
    ink = _pattern(inside.shape, outcome) | _edge(inside)
    drawn[inside & ~ink] = _HALO
    drawn[inside & ink] = _INK


def _pattern(shape: tuple[int, ...], outcome: str) -> npt.NDArray[np.bool_]:
    """Where the ink of a hatching is, (H, W)."""
    row, column = np.indices(shape)
    slant, back = (row + column) % _PERIOD < _LINE, (row - column) % _PERIOD < _LINE
    if outcome == "refused":
        return np.asarray(slant | back)
    if outcome == "blocked":
        return np.asarray(slant)
    if outcome == "clearance":
        return np.asarray(row % _PERIOD < _LINE)
    half = _PERIOD // 2
    return np.asarray((row % half < _LINE) & (column % half < _LINE))


def _edge(inside: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The dots of a zone that lie at its edge."""
    core = inside.copy()
    for axis in range(2):
        for shift in (-_EDGE, _EDGE):
            core &= np.roll(inside, shift, axis=axis)
    return inside & ~core


def _middle(inside: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """The dot (column, row) of a zone that is nearest to its middle."""
    rows, columns = np.nonzero(inside)
    nearest = np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2)
    return float(columns[nearest]), float(rows[nearest])


def _key(canvas: Canvas, blocked: Sequence[BlockedZone], top: float) -> None:
    """What each hatching that was drawn stands for."""
    left, size = 30, (34, 62)
    for outcome in reversed(OUTCOMES):
        if outcome not in {zone.outcome for zone in blocked}:
            continue
        tile = np.zeros((*size, 4), dtype=np.uint8)
        paint(tile, np.ones(size, dtype=bool), outcome)
        tile[[0, 1, -1, -2]] = tile[:, [0, 1, -1, -2]] = _INK
        canvas.paste(tile, left, top)
        canvas.write(f"{outcome}: {_MEANINGS[outcome]}", (left + size[1] + 12, top + 4), size=NAME)
        left += 440
    if not blocked:
        canvas.write("Nothing stands against any zone.", (left, top), size=NAME)


def _words(body: Body, blocked: Sequence[BlockedZone]) -> str:
    if not blocked:
        return f"The skin of the body {body.name} from three sides. Nothing stands against any zone."
    kinds = dict.fromkeys(zone.outcome for zone in blocked)
    hatched = "; ".join(f"{outcome} by {PATTERNS[outcome]}" for outcome in kinds)
    return (
        f"The skin of the body {body.name} from three sides, with the zones that are not to be treated "
        f"hatched ({hatched}). {'; '.join(zone.words for zone in blocked)}. The other zones are clear."
    )
