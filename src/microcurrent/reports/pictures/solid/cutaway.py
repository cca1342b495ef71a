"""A body with the skin taken from one half: muscles, bone and nerves of that half, by name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.colors import to_rgb

from microcurrent.model.body import Body, Nerve
from microcurrent.physics.bodies.anatomy import Anatomy, MuscleSheet
from microcurrent.reports.pictures.solid import parts
from microcurrent.reports.pictures.solid.camera import fitting
from microcurrent.reports.pictures.solid.canvas import HEADING, TITLE, Box, Canvas, page
from microcurrent.reports.pictures.solid.labels import Label, write_labels
from microcurrent.reports.pictures.solid.rendering import Image, render
from microcurrent.reports.pictures.solid.scene import Scene
from microcurrent.reports.pictures.solid.shading import Lights
from microcurrent.reports.pictures.solid.shapes import Array, Cap, Surface, sliced
from microcurrent.reports.pictures.solid.viewing import Viewing, framed, viewing
from microcurrent.reports.pictures.tissue_colours import tissue_colour

_PAGE = (1920, 1440)
#: Share of the width of the page for names, at either end.
_NAMES = 0.185
#: Room above the picture for its title [dots].
_ABOVE = 46
#: Room under the picture for its explanation [dots].
_BELOW = 56
#: Of other tissues this much [m] is kept beyond the cut, where the cut hides it.
_BEYOND = 3e-3
#: Tissues beside bone and muscle that are shown where skin and fat are taken away.
_SHOWN = ("eye", "cartilage", "gland", "mucosa", "tendon", "tongue")
#: The light comes from the side of the half that is open.
_LIGHTS = Lights(
    key=(0.62, 0.74, 0.72), fill=(-0.85, 0.05, 0.55), rim=(-0.75, 0.40, -0.70), fill_strength=0.34
)
#: A nerve that lies this far [m] below what is seen is hidden; its own tube is nearer.
_UNDER = 1.1e-3
_NERVE_LINE, _NERVE_EDGE = "#ffcf33", "#4a3a00"


@dataclass(frozen=True, kw_only=True, eq=False)
class Opened:
    """A body with one half opened: the `scene`, and the `muscles` and `nerves` of that half by name."""

    scene: Scene
    muscles: dict[str, Surface]
    nerves: dict[str, Nerve]
    shown: tuple[str, ...]


def cutaway_picture(body: Body, anatomy: Anatomy) -> tuple[bytes, str]:
    """Return a PNG picture of a body with the skin taken from one half, and its text alternative."""
    with page(*_PAGE) as canvas:
        canvas.write(body.name, (30, 22), size=TITLE, bold=True)
        box = Box(left=20, top=80, width=_PAGE[0] - 40, height=_PAGE[1] - 100)
        text = draw_cutaway(canvas, box, (body, anatomy))
        return canvas.png(), text


def draw_cutaway(canvas: Canvas, box: Box, shown: tuple[Body, Anatomy]) -> str:
    """Draw the opened body into a part of a page; return what it shows in words."""
    body, anatomy = shown
    how = viewing(body, anatomy)
    opened = open_body(body, anatomy, how)
    width, height = (1 - 2 * _NAMES) * box.width, box.height - _ABOVE - _BELOW - 34
    view = how.cut_from
    points = framed(body, anatomy)
    rough = fitting(points, view.toward, dots=1000.0, upward=view.upward)
    scale = min(width / rough.width, height / rough.height)
    camera = fitting(points, view.toward, dots=995.0 * scale, upward=view.upward)
    image = render(opened.scene, camera, lights=_LIGHTS)
    left = round(box.left + 0.5 * (box.width - camera.width))
    top = round(box.top + _ABOVE + 0.5 * (height - camera.height))
    canvas.paste(image.faded, left, top)
    middle = box.left + 0.5 * box.width
    canvas.write(
        f"Skin taken from the {how.half}", (middle, box.top), size=HEADING, bold=True, align="center"
    )
    labels = _muscle_labels(opened, image) + _nerve_labels(canvas, opened, image, (left, top))
    moved = [
        Label(text=entry.text, anchor=(entry.anchor[0] + left, entry.anchor[1] + top), weight=entry.weight)
        for entry in labels
    ]
    missing = _write(canvas, moved, box, (left, left + camera.width))
    _explain(canvas, box, opened)
    canvas.scale_bar(
        left + camera.width, box.bottom - _BELOW - 16, dots=1 / camera.dot, room=0.12 * box.width
    )
    return _words(body, how, opened, {entry.text for entry in labels} - set(missing))


def open_body(body: Body, anatomy: Anatomy, how: Viewing) -> Opened:
    """Return a body with the skin and fat of the half towards `how.removed` taken away."""
    away = how.removed
    mesh = anatomy.skin.vertices
    middle = 0.5 * (mesh.min(axis=0) + mesh.max(axis=0))
    point = np.zeros(3) if body.midline else middle
    surfaces = [sliced(parts.skin_surface(anatomy), point, away)]
    caps = [Cap(point=point, normal=away, paint=parts.tissue_paint(anatomy))]
    caps += parts.end_caps(anatomy, kept=lambda points: (points - point) @ away < 0)

    def kept(surface: Surface) -> Surface | None:
        part = sliced(surface, point - _BEYOND * away, -away)
        return part if len(part.triangles) else None

    organs = _organs(anatomy, (point - _BEYOND * away, away))
    sheets = [sheet for sheet in anatomy.muscles if _reaches(sheet, point, away)]
    muscles = {}
    for number, sheet in enumerate(sheets):
        part = kept(parts.muscle_surface(sheet, tone=number))
        if part is not None:
            muscles[part.name] = part
    if not muscles:
        organs += _flesh(anatomy, 0.4 * middle[2] + 0.6 * mesh[:, 2].max(), how, caps)
    inner = [part for part in map(kept, organs) if part is not None]
    nerves = {nerve.name: nerve for nerve in body.nerves
              if np.mean((np.array(nerve.points) - point) @ away) > 0}  # fmt: skip
    tubes = [parts.nerve_surface(nerve) for nerve in nerves.values()]
    return Opened(
        scene=Scene([*surfaces, *inner, *muscles.values(), *tubes], caps=caps),
        muscles=muscles, nerves=nerves, shown=tuple(part.name for part in inner),
    )  # fmt: skip


def _organs(anatomy: Anatomy, beyond: tuple[Array, Array]) -> list[Surface]:
    """The surfaces of bone and of what else lies under skin and fat."""
    tissues = anatomy.tissues
    found = [parts.tissue_surface(anatomy, parts.BONES, name="bone", colour=parts.BONE, beyond=beyond)]
    for tissue in _SHOWN:
        if tissue in tissues:
            colour = to_rgb(tissue_colour(tissue, tissues))
            # an eye as people know it, not in the dark blue of its tissue on a cut
            chosen = (0.93, 0.92, 0.90) if tissue == "eye" else colour
            found.append(parts.tissue_surface(anatomy, {tissue}, name=tissue, colour=chosen, beyond=beyond))
    return [surface for surface in found if surface is not None]


def _flesh(anatomy: Anatomy, height: float, how: Viewing, caps: list[Cap]) -> list[Surface]:
    """Muscle as a tissue, where no muscle has a shape of its own: below a `height` [m], with its cut."""
    fleshy = {tissue for tissue in anatomy.tissues if "muscle" in tissue}
    surface = parts.tissue_surface(anatomy, fleshy, name="muscle", colour=(0.66, 0.26, 0.21))
    if surface is None:
        return []
    up = np.array([0.0, 0.0, 1.0])
    if abs(how.removed @ up) > 0.5 or how.shape == "patch":
        return [surface]
    point = np.array([0.0, 0.0, height])
    paint = parts.tissue_paint(anatomy)
    wanted = [number for number, tissue in enumerate(anatomy.tissues) if tissue in fleshy]
    side = caps[0]

    def fleshy_only(points: Array) -> tuple[Array, np.ndarray]:
        colours, numbers = paint(points)
        there = np.isin(numbers, wanted) & ((points - side.point) @ side.normal > 0)
        return np.where(there[:, None], colours, 0.0), numbers

    caps.append(Cap(point=point, normal=up, paint=fleshy_only))
    return [sliced(surface, point, up)]


def _reaches(sheet: MuscleSheet, point: Array, away: Array) -> bool:
    """Whether at least a third of a muscle lies in the half that is open."""
    return bool(np.mean((sheet.points.reshape(-1, 3) - point) @ away > 0) > 1 / 3)


def _muscle_labels(opened: Opened, image: Image) -> list[Label]:
    """A label for every muscle that is seen, at the middle of what is seen of it."""
    names = [surface.name for surface in opened.scene.surfaces]
    labels = []
    for name in opened.muscles:
        rows, columns = np.nonzero(image.number == names.index(name))
        if rows.size < 12:
            continue
        away = np.hypot(rows - np.median(rows), columns - np.median(columns))
        best = int(np.argmin(away))
        label = Label(text=_sideless(name), anchor=(float(columns[best]), float(rows[best])),
                      weight=float(rows.size))  # fmt: skip
        labels.append(label)
    return labels


def _nerve_labels(canvas: Canvas, opened: Opened, image: Image, corner: tuple[int, int]) -> list[Label]:
    """A label for every nerve; what lies under muscle or bone is drawn as a broken line."""
    labels = []
    for name, nerve in opened.nerves.items():
        path = parts.nerve_path(nerve)
        seen = image.sees(path, slack=_UNDER)
        spots = image.camera.project(path)[:, :2]
        hidden = np.where(seen[:, None], np.nan, spots + corner)
        for colour, width in ((_NERVE_EDGE, 2.0), (_NERVE_LINE, 1.2)):
            canvas.axes.plot(hidden[:, 0], hidden[:, 1], color=colour, linewidth=width, zorder=3,
                             linestyle=(0, (2.4, 1.6)) if width < 1.5 else (0, (1.44, 0.96)))  # fmt: skip
        where = np.flatnonzero(seen) if seen.any() else np.arange(len(path))
        spot = spots[where[int(0.6 * (len(where) - 1))]]
        labels.append(Label(text=_sideless(name), anchor=(float(spot[0]), float(spot[1])), weight=1e6))
    return labels


def _write(canvas: Canvas, labels: list[Label], box: Box, edges: tuple[float, float]) -> tuple[str, ...]:
    """Write labels to the left and right of the picture, half of them on either side."""
    order = sorted(labels, key=lambda label: label.anchor[0])
    half = len(order) // 2
    top, height = box.top + _ABOVE, box.height - _ABOVE - _BELOW - 20
    sides = (
        (order[:half], Box(left=box.left, top=top, width=edges[0] - box.left - 18, height=height), True),
        (order[half:], Box(left=edges[1] + 18, top=top, width=box.right - edges[1] - 18, height=height),
         False),
    )  # fmt: skip
    missing: tuple[str, ...] = ()
    for chosen, column, on_left in sides:
        missing += write_labels(canvas, chosen, column, on_left=on_left)
    return missing


def _explain(canvas: Canvas, box: Box, opened: Opened) -> None:
    """The line under the picture: what lines and colours mean."""
    words = ["The cut edge is coloured by tissue."]
    if opened.muscles:
        words.append(
            f"Muscles striped along their fibres, at least {1e3 * parts.LEAST_MUSCLE:.1f} mm thick."
        )
    if opened.nerves:
        words.append("Yellow tubes: nerves; broken where they lie deeper than what is seen.")
    under = Box(left=box.left, top=box.bottom - _BELOW, width=box.width, height=_BELOW)
    canvas.paragraph(" ".join(words), under)


def _sideless(name: str) -> str:
    return " ".join(word for word in name.split() if word not in ("left", "right", "midline"))


def _words(body: Body, how: Viewing, opened: Opened, named: set[str]) -> str:
    text = (
        f"The body {body.name} with skin and fat taken from the {how.half}, seen from {how.cut_from.name}; "
        "the cut edge is coloured by tissue."
    )
    if opened.shown:
        text += f" Surfaces: {', '.join(opened.shown)}."
    muscles, nerves = (list(map(_sideless, names)) for names in (opened.muscles, opened.nerves))
    for word, names in (("Muscles", muscles), ("Nerves", nerves)):
        if names:
            text += f" {word}: {', '.join(names)}."
    hidden = [name for name in muscles + nerves if name not in named]
    if hidden:
        text += f" Hidden or without room for a name: {', '.join(hidden)}."
    return text
