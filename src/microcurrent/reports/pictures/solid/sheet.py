"""One page of a body: views of the skin, the opened body, cuts, and its tissues with their volumes."""

from __future__ import annotations

from microcurrent.model.body import Body
from microcurrent.physics.bodies.anatomy import Anatomy
from microcurrent.reports.pictures.solid.canvas import SMALL, TITLE, Box, page
from microcurrent.reports.pictures.solid.cutaway import draw_cutaway
from microcurrent.reports.pictures.solid.section import draw_section, section_height
from microcurrent.reports.pictures.solid.views import draw_views, height_for

#: Width of the page, of its margin, and room between its parts [dots].
_WIDTH, _EDGE, _GAP = 1800, 40, 44
#: Height of the opened body [dots].
_CUTAWAY = 1080
#: Room for the name and the origin of the body [dots].
_HEAD = 140


def sheet_picture(body: Body, anatomy: Anatomy) -> tuple[bytes, str]:
    """Return a PNG page of a body and its text alternative."""
    shown, width = (body, anatomy), _WIDTH - 2 * _EDGE
    heights = (
        height_for(shown, width, named=bool(body.sites)), _CUTAWAY, section_height(anatomy, width),
    )  # fmt: skip
    with page(_WIDTH, round(_HEAD + sum(heights) + 2 * _GAP + _EDGE)) as canvas:
        canvas.write(body.name, (_EDGE, 26), size=TITLE, bold=True)
        under = Box(left=_EDGE, top=78, width=width, height=_HEAD - 78)
        canvas.paragraph(body.provenance, under, size=SMALL)
        boxes, top = [], float(_HEAD)
        for height in heights:
            boxes.append(Box(left=_EDGE, top=top, width=width, height=height))
            top += height + _GAP
        words = (
            draw_views(canvas, boxes[0], shown, sites=True),
            draw_cutaway(canvas, boxes[1], shown),
            draw_section(canvas, boxes[2], shown),
        )
        return canvas.png(), " ".join(words)
