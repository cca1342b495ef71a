"""The skin of a body from three sides, with its sites."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from microcurrent.model.body import Body, Site
from microcurrent.physics.bodies.anatomy import Anatomy
from microcurrent.reports.pictures.solid.camera import Camera, fitting
from microcurrent.reports.pictures.solid.canvas import HEADING, TITLE, Box, Canvas, page
from microcurrent.reports.pictures.solid.labels import Label, write_labels
from microcurrent.reports.pictures.solid.parts import end_caps, skin_surface
from microcurrent.reports.pictures.solid.rendering import Image, render
from microcurrent.reports.pictures.solid.scene import Scene
from microcurrent.reports.pictures.solid.shapes import Array
from microcurrent.reports.pictures.solid.viewing import View, framed, viewing

#: Width of the page, and the most that the views may be high [dots].
_WIDTH, _TALLEST = 1920, 1000
#: Share of the width of the page for names, at either end.
_NAMES = 0.14
#: Room between two pictures, and above them for their titles [dots].
_BETWEEN, _ABOVE = 22, 46
#: A site is named where the skin faces the viewer by this much (cosine), and marked where by that.
_FACING, _MARKED = 0.30, 0.12
#: Size [point] of the dot of a site without a name beside it.
_SMALL_DOT = 1.8
#: Draws on a view whose upper left corner is at (x, y) [dots]; returns what is to be named.
Over = Callable[[Image, tuple[int, int]], list[Label]]


def views_picture(body: Body, anatomy: Anatomy, *, sites: bool = True) -> tuple[bytes, str]:
    """Return a PNG picture of the skin from three sides, and its text alternative.

    `sites`: dots for the sites, each named once. The two sides of a body have the same names.
    """
    named = sites and bool(body.sites)
    tall = height_for((body, anatomy), _WIDTH - 40, named=named)
    with page(_WIDTH, round(tall) + 110) as canvas:
        canvas.write(body.name, (30, 22), size=TITLE, bold=True)
        box = Box(left=20, top=84, width=_WIDTH - 40, height=tall)
        text = draw_views(canvas, box, (body, anatomy), sites=sites)
        return canvas.png(), text


def draw_views(
    canvas: Canvas, box: Box, shown: tuple[Body, Anatomy], *, sites: bool, over: Over | None = None
) -> str:
    """Draw three views into a part of a page; return what they show in words.

    `over` draws on each view and returns what is to be named there, in place of the sites.
    """
    body, anatomy = shown
    chosen = viewing(body, anatomy).views
    names = _NAMES * box.width if over or (sites and body.sites) else 0.0
    room = box.width - 2 * names - _BETWEEN * (len(chosen) - 1)
    cameras = _cameras(framed(body, anatomy), chosen, room, box.height - _ABOVE)
    scene = Scene([skin_surface(anatomy)], caps=end_caps(anatomy))
    used = sum(camera.width for camera in cameras) + _BETWEEN * (len(cameras) - 1)
    left = box.left + 0.5 * (box.width - used)
    columns = (
        Box(left=box.left, top=box.top, width=left - box.left - 26, height=box.height),
        Box(left=left + used + 26, top=box.top, width=box.right - left - used - 26, height=box.height - 66),
    )
    named: set[str] = set()
    for number, (view, camera) in enumerate(zip(chosen, cameras, strict=True)):
        image = render(scene, camera)
        top = box.bottom - camera.height
        canvas.paste(image.faded, left, top)
        title = view.name[0].upper() + view.name[1:]
        canvas.write(title, (left + 0.5 * camera.width, box.top), size=HEADING, bold=True, align="center")
        corner = (round(left), round(top))
        beside = number in (0, len(chosen) - 1)  # the views that stand beside a column
        labels = over(image, corner) if over else []
        if sites and beside:
            labels = _site_labels(canvas, (anatomy, body.sites), image, corner)
        if beside:
            entries = [label for label in labels if label.text not in named]
            missing = write_labels(canvas, entries, columns[min(number, 1)], on_left=number == 0)
            named |= {label.text for label in labels} - set(missing)
        left += camera.width + _BETWEEN
    canvas.scale_bar(box.right - 8, box.bottom - 12, dots=1 / cameras[0].dot, room=0.1 * box.width)
    return _words(body, chosen, sites=sites)


def _cameras(points: Array, chosen: tuple[View, ...], width: float, height: float) -> list[Camera]:
    """Cameras of one scale that fill the room."""
    trial = 1000.0
    rough = [fitting(points, view.toward, dots=trial, upward=view.upward) for view in chosen]
    scale = min(width / sum(camera.width for camera in rough), height / max(c.height for c in rough))
    return [fitting(points, view.toward, dots=0.995 * scale * trial, upward=view.upward) for view in chosen]


def _marks(
    canvas: Canvas, shown: tuple[Anatomy, tuple[Site, ...]], image: Image, corner: tuple[int, int]
) -> dict[Site, tuple[float, float]]:
    """Mark the sites that are seen; return those that face the viewer, with their places on the page."""
    anatomy, sites = shown
    if not sites:
        return {}
    points = np.array([site.position for site in sites])
    normals = anatomy.skin.normals[anatomy.skin.nearest(points)]
    ways = image.camera.eye - points
    facing = (normals * ways).sum(axis=1) / np.linalg.norm(ways, axis=1)
    seen = image.sees(points, slack=4e-3)
    spots = image.camera.project(points)[:, :2] + corner
    marked: dict[Site, tuple[float, float]] = {}
    for k in np.flatnonzero(seen & (facing > _MARKED)):
        canvas.dot(*spots[k], size=_SMALL_DOT)
        if facing[k] > _FACING:
            marked[sites[k]] = (float(spots[k, 0]), float(spots[k, 1]))
    # A pair is named on the side where its name will stand: the right of the body in front.
    sides = {"left": 0, "midline": 1, "": 1, "right": 2}
    return dict(sorted(marked.items(), key=lambda item: sides[item[0].side]))


def _site_labels(
    canvas: Canvas, shown: tuple[Anatomy, tuple[Site, ...]], image: Image, corner: tuple[int, int]
) -> list[Label]:
    """Mark the sites that are seen; return a label for each name."""
    marked = _marks(canvas, shown, image, corner)
    labels = {_plain(site): (site, spot) for site, spot in marked.items()}
    return [Label(text=name, anchor=spot, weight=_weight(site)) for name, (site, spot) in labels.items()]


def _weight(site: Site) -> float:
    """Which names are kept where there are many: those of anthropometry, then those of the midline."""
    return 2.0 * bool(site.abbreviation) + (site.side == "midline")


def _plain(site: Site) -> str:
    """The name without its side, with the sign of anthropometry."""
    words = [word for word in site.name.split() if word not in ("left", "right")]
    return " ".join(words) + (f" ({site.abbreviation})" if site.abbreviation else "")


def _words(body: Body, chosen: tuple[View, ...], *, sites: bool) -> str:
    text = f"The skin of the body {body.name}: {'; '.join(view.name for view in chosen)}."
    if sites and body.sites:
        text += f" Dots mark its sites: {', '.join(site.name for site in body.sites)}."
    return text


def height_for(shown: tuple[Body, Anatomy], width: float, *, named: bool) -> float:
    """Return the height [dots] that three views need to fill a width, `named`: with names beside them."""
    body, anatomy = shown
    chosen = viewing(body, anatomy).views
    room = width * (1 - 2 * _NAMES * named) - _BETWEEN * (len(chosen) - 1)
    cameras = _cameras(framed(body, anatomy), chosen, room, _TALLEST)
    return max(camera.height for camera in cameras) + _ABOVE
