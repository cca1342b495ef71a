"""The skin of a body with the steps of a plan: where both probes stand, and how they glide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from microcurrent.model.body import Body
from microcurrent.physics.bodies.anatomy import Anatomy
from microcurrent.reports.pictures import style
from microcurrent.reports.pictures.solid.canvas import NAME, TITLE, Box, Canvas, page
from microcurrent.reports.pictures.solid.labels import Label
from microcurrent.reports.pictures.solid.rendering import Image
from microcurrent.reports.pictures.solid.shapes import Array
from microcurrent.reports.pictures.solid.views import draw_views, height_for

_WIDTH = 1920
#: Width of the line from probe to probe, of its pale rim, and of a way that a probe glides [point].
_BETWEEN, _RIM, _GLIDE = 1.4, 3.6, 4.0
#: Size of a probe [point].
_PROBE = 6.0
#: A point is seen where the skin lies at most this far in front of it [m].
_SLACK = 6.0e-3
_PALE = "#ffffff"


@dataclass(frozen=True, kw_only=True, eq=False)
class DrawnStep:
    """One step: `words` for its label, `places` in words; `ways` (P, 3) [m] of both probes, one point
    each where held."""

    words: str
    places: str
    ways: tuple[Array, Array]


def plan_picture(title: str, shown: tuple[Body, Anatomy], steps: Sequence[DrawnStep]) -> tuple[bytes, str]:
    """Return a PNG picture of the skin from three sides with every step, and its text alternative."""
    body, anatomy = shown
    tall = height_for(shown, _WIDTH - 40, named=True)
    with page(_WIDTH, round(tall) + 160) as canvas:
        canvas.write(title, (30, 22), size=TITLE, bold=True)
        box = Box(left=20, top=84, width=_WIDTH - 40, height=tall)
        surface = [tuple(_on_skin(anatomy, way) for way in step.ways) for step in steps]

        def over(image: Image, corner: tuple[int, int]) -> list[Label]:
            found = []
            for step, ways in zip(steps, surface, strict=True):
                label = _drawn(canvas, image, corner, (step.words, ways))
                found += [label] if label else []
            return found

        draw_views(canvas, box, shown, sites=False, over=over)
        canvas.write(
            "Dots: probes. Thin line: from probe to probe. Thick line: the way of a probe that glides.",
            (30, tall + 112),
            size=NAME,
        )
        content = canvas.png()
    listed = "; ".join(f"{step.words}, {step.places}" for step in steps)
    return (
        content,
        f"The skin of the body {body.name} from three sides, with the steps of a plan: {listed}.",
    )


def _on_skin(anatomy: Anatomy, way: Array) -> Array:
    """The points of the skin nearest to a way (P, 3) [m]."""
    points = np.atleast_2d(np.asarray(way, dtype=float))
    return np.asarray(anatomy.skin.vertices[anatomy.skin.nearest(points)])


def _drawn(
    canvas: Canvas, image: Image, corner: tuple[int, int], step: tuple[str, Sequence[Array]]
) -> Label | None:
    """Draw a step where all of its ends are seen; return its label, or None where it is not seen."""
    words, ways = step
    ends = np.concatenate([way[[0, -1]] for way in ways])
    if not image.sees(ends, slack=_SLACK).all():
        return None
    middles = np.stack([way[len(way) // 2] for way in ways])
    across = image.camera.project(middles)[:, :2] + corner
    for width, colour in ((_RIM, _PALE), (_BETWEEN, style.INK)):
        canvas.line(list(across[:, 0]), list(across[:, 1]), colour=colour, width=width)
    for way in ways:
        spots = image.camera.project(way)[:, :2] + corner
        if len(way) > 1:
            canvas.line(list(spots[:, 0]), list(spots[:, 1]), colour=style.INK, width=_GLIDE)
        canvas.dot(float(spots[0, 0]), float(spots[0, 1]), size=_PROBE)
        canvas.dot(float(spots[-1, 0]), float(spots[-1, 1]), size=_PROBE)
    place = across.mean(axis=0)
    return Label(text=words, anchor=(float(place[0]), float(place[1])))
