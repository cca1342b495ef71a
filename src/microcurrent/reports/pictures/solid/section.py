"""Three cuts through a point, coloured by tissue in full detail, and the layers under the skin there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from scipy import ndimage

from microcurrent.model.body import Body, Site
from microcurrent.physics.bodies.anatomy import NO_TISSUE, Anatomy
from microcurrent.reports.pictures import style
from microcurrent.reports.pictures.solid.canvas import (
    LEADING,
    NAME,
    SHARPNESS,
    SMALL,
    TITLE,
    Box,
    Canvas,
    page,
)
from microcurrent.reports.pictures.solid.labels import Label, write_labels
from microcurrent.reports.pictures.solid.parts import BONES, kinds_at, limits, tissue_paint
from microcurrent.reports.pictures.solid.shapes import Array
from microcurrent.reports.pictures.tissue_colours import tissue_colour
from microcurrent.units import write

Point = tuple[float, float, float]
#: Width of the page, and the most that the cuts may be high [dots].
_WIDTH, _TALLEST = 1920, 900
#: Share of the width for the layers.
_LAYERS = 0.17
#: Least height of the cuts, for the layers [dots].
_LEAST = 460.0
#: Columns of tissues under the cuts, and the height of a line there [dots].
_LEGEND_COLUMNS, _LEGEND_LINE = 5, 32
MM = 1e3
#: Rays along each edge of a dot.
_FINE = 2
#: How much of the light a line between two tissues leaves.
_LINE = 0.35
#: A tissue is numbered where a ball of this many dots fits into it.
_NUMBERED = 11
#: How deep [m] layers are looked for, and how fine.
_DEEPEST, _STEP = 40e-3, 0.1e-3
#: Sites of a face under which a cut tells most, and how deep it lies under them or others [m].
_TELLING = ("mid cheek left", "infraorbital left", "cheilion left")
_DEEP = 20e-3
#: Air around the body that a cut shows [m].
_AIR = 2e-3
#: A cut takes at least this much of the row, for its title [dots].
_TITLED = 250.0
#: Room above a picture for its title [dots].
_ABOVE = 46
_AXES = ("x", "y", "z")


@dataclass(frozen=True, kw_only=True)
class _Plane:
    """A cut at right angles to `normal`: axes across and up, letters at left, right, lower, upper end."""

    title: str
    normal: int
    across: int
    up: int
    ends: tuple[str, str, str, str]


_PLANES = (
    _Plane(title="Axial", normal=2, across=0, up=1, ends=("L", "R", "P", "A")),
    _Plane(title="Coronal", normal=1, across=0, up=2, ends=("L", "R", "I", "S")),
    _Plane(title="Sagittal", normal=0, across=1, up=2, ends=("P", "A", "I", "S")),
)


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A tissue from the depth `top` to `floor` [m] under the skin."""

    tissue: str
    top: float
    floor: float


def section_picture(body: Body, anatomy: Anatomy, *, at: Point | None = None) -> tuple[bytes, str]:
    """Return a PNG picture of three cuts through `at` (3,) [m], and its text alternative.

    By default `at` lies under a site of the cheek or one at half height, or else in the middle.
    Beside the cuts stand the tissues with their volumes and the layers under the skin nearest to `at`.
    """
    tall = section_height(anatomy, _WIDTH - 40)
    with page(_WIDTH, round(tall) + 110) as canvas:
        canvas.write(body.name, (30, 22), size=TITLE, bold=True)
        box = Box(left=20, top=84, width=_WIDTH - 40, height=tall)
        text = draw_section(canvas, box, (body, anatomy), at=at)
        return canvas.png(), text


def draw_section(canvas: Canvas, box: Box, shown: tuple[Body, Anatomy], *, at: Point | None = None) -> str:
    """Draw the cuts, tissues and layers into a part of a page; return what they show in words."""
    body, anatomy = shown
    through = at or _default_place(body, anatomy)
    layers = layers_under(anatomy, through)
    room = _room(box, anatomy)
    boxes, scale = _places(anatomy, room)
    for plane, place in zip(_PLANES, boxes, strict=True):
        _draw_plane(canvas, place, (anatomy, plane, through), scale=scale)
    side = Box(left=room.right + 44, top=box.top, width=_LAYERS * box.width, height=room.height)
    _draw_layers(canvas, side, anatomy, layers)
    under = Box(left=box.left, top=room.bottom + 30, width=box.width, height=box.bottom - room.bottom - 30)
    draw_legend(canvas, under, anatomy)
    canvas.scale_bar(box.right - 8, box.bottom - 14, dots=scale, room=0.08 * box.width)
    return _words(body, anatomy, through, layers)


def _default_place(body: Body, anatomy: Anatomy) -> Point:
    """A place under a site, so deep that each of the cuts shows something."""
    mesh = anatomy.skin
    low, high = limits(anatomy)
    place = 0.5 * (low + high)
    named = (body.find_site(name) for name in _TELLING)
    site = next((site for site in named if site is not None), _middle_site(body, place))
    if site is not None:
        vertex = mesh.nearest(np.array([site.position]))[0]
        deep = min(_DEEP, 0.25 * float((high - low).min()))
        place = mesh.vertices[vertex] - deep * mesh.normals[vertex]
    return (float(place[0]), float(place[1]), float(place[2]))


def _middle_site(body: Body, place: Array) -> Site | None:
    """The site whose height is nearest to that of a `place` (3,) [m]."""
    return min(body.sites, key=lambda site: abs(site.position[2] - place[2]), default=None)


def _limits(anatomy: Anatomy) -> tuple[Array, Array]:
    """Lowest and highest corner (3,) [m] of what is tissue, with a little air."""
    low, high = limits(anatomy)
    return low - _AIR, high + _AIR


def _room(box: Box, anatomy: Anatomy) -> Box:
    """The part of a box for the cuts themselves: beside it stand the layers, below the tissues."""
    under = 60 + _LEGEND_LINE * -(-len(anatomy.tissues) // _LEGEND_COLUMNS)
    width = (1 - _LAYERS) * box.width - 44
    return Box(left=box.left, top=box.top, width=width, height=box.height - under)


def section_height(anatomy: Anatomy, width: float) -> float:
    """Return the height [dots] that the cuts need to fill a width."""
    room = _room(Box(left=0, top=0, width=width, height=_TALLEST), anatomy)
    boxes, _ = _places(anatomy, room)
    return max(max(box.bottom for box in boxes), _LEAST) + _TALLEST - room.height


def _places(anatomy: Anatomy, room: Box) -> tuple[list[Box], float]:
    """Boxes of the three cuts beside each other, at one scale [dots/m]."""
    low, high = _limits(anatomy)
    sizes = [(high[plane.across] - low[plane.across], high[plane.up] - low[plane.up]) for plane in _PLANES]
    gap = 30.0
    scale = (room.height - _ABOVE) / max(size[1] for size in sizes)
    for _ in sizes:  # a cut that is narrower than its title takes the room of the title
        wide = [size[0] for size in sizes if size[0] * scale >= _TITLED]
        free = room.width - 2 * gap - _TITLED * (len(sizes) - len(wide))
        scale = float(min(scale, free / sum(wide))) if wide else float(scale)
    boxes, left = [], room.left
    for width, height in sizes:
        boxes.append(Box(left=left, top=room.top + _ABOVE, width=width * scale, height=height * scale))
        left += max(width * scale, _TITLED) + gap
    return boxes, scale


def _draw_plane(canvas: Canvas, box: Box, cut: tuple[Anatomy, _Plane, Point], *, scale: float) -> None:
    anatomy, plane, through = cut
    low, _ = _limits(anatomy)
    width, height = int(box.width), int(box.height)
    fine = 1 / (scale * _FINE)
    points = np.empty((_FINE * height, _FINE * width, 3))
    points[..., plane.normal] = through[plane.normal]
    points[..., plane.across] = low[plane.across] + fine * (np.arange(_FINE * width) + 0.5)
    points[..., plane.up] = low[plane.up] + fine * (np.arange(_FINE * height)[::-1, None] + 0.5)
    canvas.paste(painted(anatomy, points), box.left, box.top)
    x = box.left + (through[plane.across] - low[plane.across]) * scale
    y = box.bottom - (through[plane.up] - low[plane.up]) * scale
    for xs, ys in (([x, x], [box.top, box.bottom]), ([box.left, box.right], [y, y])):
        canvas.axes.plot(xs, ys, color=style.FAINT, linewidth=0.5, linestyle=(0, (5, 4)), zorder=3)
    place = f"{plane.title}, {_AXES[plane.normal]} = {MM * through[plane.normal]:.0f} mm"
    canvas.write(place, (box.left, box.top - _ABOVE), size=NAME, bold=True)
    line = LEADING * SMALL * SHARPNESS / 72
    spots = (
        (box.left + 12, 0.5 * (box.top + box.bottom) - line),
        (box.right - 12, 0.5 * (box.top + box.bottom) - line),
        (box.left + 0.5 * box.width, box.bottom - line),
        (box.left + 0.5 * box.width, box.top),
    )
    for word, spot in zip(plane.ends, spots, strict=True):
        canvas.write(word, spot, size=SMALL, bold=True, align="center")
    for number, (column, row) in _numbered(anatomy, points).items():
        canvas.write(
            str(number), (box.left + column, box.top + row - 0.5 * line), size=SMALL, align="center"
        )


def painted(anatomy: Anatomy, points: Array) -> npt.NDArray[np.uint8]:
    """Return the picture (H, W, 4) of a cut at places (2 H, 2 W, 3) [m], with lines between tissues."""
    height, width = points.shape[0] // _FINE, points.shape[1] // _FINE
    colour, number = tissue_paint(anatomy)(points.reshape(-1, 3))
    colour = colour.reshape(*points.shape[:2], 4)
    number = np.where(colour[..., 3] > 0, number.reshape(points.shape[:2]), -1)
    edge = np.zeros(number.shape, dtype=bool)
    edge[1:] |= number[1:] != number[:-1]
    edge[:, 1:] |= number[:, 1:] != number[:, :-1]
    colour[..., :3] *= np.where(edge, _LINE, 1.0)[..., None]
    colour[..., 3] = np.maximum(colour[..., 3], edge)
    blocks = (colour * np.append(np.ones(3), 1.0)).reshape(height, _FINE, width, _FINE, 4)
    weight = blocks[..., 3:]
    alpha = weight.mean(axis=(1, 3))
    mean = (blocks[..., :3] * weight).mean(axis=(1, 3)) / np.maximum(alpha, 1e-6)
    return np.round(255 * np.concatenate([mean, alpha], axis=2)).astype(np.uint8)


def _numbered(anatomy: Anatomy, points: Array) -> dict[int, tuple[float, float]]:
    """For each tissue with room for it on a cut, its number in the legend and where that stands [dots]."""
    colour, number = tissue_paint(anatomy)(points[::_FINE, ::_FINE].reshape(-1, 3))
    shape = (points.shape[0] // _FINE, points.shape[1] // _FINE)
    number = np.where(colour[:, 3] > 0, number, -1).reshape(shape)
    spots = {}
    for index in range(len(anatomy.tissues)):
        inside = np.pad(number == index, 1)
        if not inside.any():
            continue
        depth = ndimage.distance_transform_edt(inside)
        if depth.max() >= _NUMBERED:
            row, column = np.unravel_index(int(np.argmax(depth)), depth.shape)
            spots[index + 1] = (float(column - 1), float(row - 1))
    return spots


def layers_under(anatomy: Anatomy, point: Point) -> tuple[Layer, ...]:
    """Return the tissues along the inward normal of the skin nearest to `point` (3,) [m].

    As far as bone has been passed or air begins, at most 40 mm.
    """
    vertex = int(anatomy.skin.nearest(np.array([point]))[0])
    start, inward = anatomy.skin.vertices[vertex], -anatomy.skin.normals[vertex]
    depths = _STEP * (np.arange(int(_DEEPEST / _STEP)) + 0.5)
    kinds = kinds_at(anatomy, start + depths[:, None] * inward)
    layers: list[Layer] = []
    begun = np.flatnonzero(kinds != NO_TISSUE)
    if not begun.size:
        return ()
    for index in range(int(begun[0]), len(kinds)):
        if kinds[index] == NO_TISSUE:
            break
        if layers and layers[-1].tissue in BONES and anatomy.table[kinds[index] - 1].tissue not in BONES:
            break
        tissue, floor = anatomy.table[kinds[index] - 1].tissue, (index + 1 - int(begun[0])) * _STEP
        if layers and layers[-1].tissue == tissue:
            layers[-1] = Layer(tissue=tissue, top=layers[-1].top, floor=floor)
        else:
            layers.append(Layer(tissue=tissue, top=floor - _STEP, floor=floor))
    return tuple(layers)


def _draw_layers(canvas: Canvas, box: Box, anatomy: Anatomy, layers: tuple[Layer, ...]) -> None:
    """A column of the layers to scale, with a rule in millimetres."""
    canvas.write("Layers under the skin", (box.left, box.top), size=NAME, bold=True)
    canvas.write("at the crossing lines, in mm", (box.left, box.top + 28), size=SMALL)
    if not layers:
        return
    top, total = box.top + 76, layers[-1].floor
    tall = box.bottom - top - 20
    left, width = box.left + 34, 44.0
    scale = tall / total
    labels = []
    for layer in layers:
        face = tissue_colour(layer.tissue, anatomy.tissues)
        y = top + layer.top * scale
        canvas.axes.add_patch(
            Rectangle(
                (left, y),
                width,
                (layer.floor - layer.top) * scale,
                facecolor=face,
                edgecolor=style.INK,
                linewidth=0.5,
                zorder=2,
            )
        )
        middle = top + 0.5 * (layer.top + layer.floor) * scale
        thick = f"{MM * (layer.floor - layer.top):.1f}\u00a0mm"
        labels.append(Label(text=f"{layer.tissue} {thick}", anchor=(left + 0.8 * width, middle)))
    column = Box(
        left=left + width + 26, top=top - 14, width=box.right - left - width - 26, height=tall + 60
    )
    write_labels(canvas, labels, column, on_left=False)
    step = 1e-3 if total < 8e-3 else 5e-3 if total < 30e-3 else 10e-3
    for depth in np.arange(0.0, total + 1e-9, step):
        y = top + depth * scale
        canvas.line([left - 6, left], [y, y], width=0.6)
        canvas.write(f"{MM * depth:.0f}", (left - 9, y - 12), size=SMALL, align="right")


def draw_legend(canvas: Canvas, box: Box, anatomy: Anatomy) -> None:
    """The tissues with number, colour and volume, column by column."""
    volumes = anatomy.volumes_by_tissue()
    rows = -(-len(anatomy.tissues) // _LEGEND_COLUMNS)
    for index, tissue in enumerate(anatomy.tissues):
        left = box.left + (index // rows) * box.width / _LEGEND_COLUMNS
        top = box.top + (index % rows) * _LEGEND_LINE
        face = to_rgb(tissue_colour(tissue, anatomy.tissues))
        patch = Rectangle((left + 34, top + 3), 34, 20, facecolor=face, edgecolor=style.INK, linewidth=0.5)
        patch.set_zorder(2)
        canvas.axes.add_patch(patch)
        canvas.write(str(index + 1), (left + 26, top), size=SMALL, align="right")
        canvas.write(f"{tissue}, {write(volumes[tissue], 'volume')}", (left + 78, top), size=SMALL)


def _words(body: Body, anatomy: Anatomy, through: Point, layers: tuple[Layer, ...]) -> str:
    place = ", ".join(f"{name} = {MM * c:.0f} mm" for name, c in zip(_AXES, through, strict=True))
    volumes = anatomy.volumes_by_tissue()
    tissues = ", ".join(f"{name} {write(volumes[name], 'volume')}" for name in anatomy.tissues)
    stack = ", ".join(f"{one.tissue} {MM * (one.floor - one.top):.1f} mm" for one in layers)
    return (
        f"Three cuts at right angles through the body {body.name}, at {place}: axial from above, coronal "
        f"from behind, sagittal from the right. Coloured by tissue: {tissues}. "
        + (
            f"From the skin nearest to there inwards: {stack}."
            if stack
            else "No tissue under the skin there."
        )
    )
