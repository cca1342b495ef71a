"""The skin from above: the charge that passed through each part of it, with the sites and the path."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from microcurrent.planning.fields import Fields, Surface
from microcurrent.reports.content import Picture
from microcurrent.reports.pictures import style
from microcurrent.units import write

Array = np.ndarray
Line = tuple[tuple[float, float, float], ...]

#: Charge per area below this share of the largest counts as untouched; colours begin there.
_TOUCHED = 1e-3
#: What is shown beyond the touched skin and the sites, as a share of their extent.
_MARGIN = 0.22
#: Least margin [m].
_LEAST = 0.008
MM = 1e3
#: From C/m2 to µC/cm2 and to mC/cm2.
_UNITS = ((100.0, "µC/cm²"), (0.1, "mC/cm²"))
#: Skin that no charge passed through.
_UNTOUCHED = "#ece6dc"
#: Least and largest height of the skin on paper [inch].
_LOW, _HIGH = 1.8, 3.9


def surface_picture(fields: Fields, *, paths: Mapping[tuple[str, ...], Line] | None = None) -> Picture:
    """Return the drawing of the skin.

    `paths`: for the names of the sites that each glide runs along the corners (P, 3) [m] of its way, none
    for straight lines from site to site.
    """
    paths = paths or {}
    surface = fields.surface
    view = _view(surface)
    flat = surface.points @ view.T  # (F, 3): across, up, towards the reader
    sites = {name: np.asarray(place) @ view.T for name, place in fields.sites}
    largest = float(surface.absolute.max(initial=0.0))
    factor, unit = next((u for u in _UNITS if largest * u[0] < 1000), _UNITS[-1])
    left, right, bottom, top = _window(surface, flat, sites)
    tall = float(np.clip(style.WIDTH * (top - bottom) / (right - left), _LOW, _HIGH))
    with style.drawing(tall + 0.9) as figure:
        axes = figure.add_subplot()
        mesh = _draw_skin(axes, surface, flat, scale=(largest or 1.0, factor))
        _draw_paths(axes, [_line(names, way, sites, view) for names, way in paths.items()])
        _draw_sites(axes, sites)
        axes.set_xlim(left * MM, right * MM)
        axes.set_ylim(bottom * MM, top * MM)
        axes.set_aspect("equal")
        axes.set_facecolor(_UNTOUCHED)
        _scale(axes, (left, right, bottom, top))
        _colour_bar(figure, axes, mesh, unit=unit)
        image = style.as_svg(figure)
    return Picture(
        image=image,
        alternative=_alternative(surface, sites, tuple(paths)),
        caption="The skin seen from outside. Colour: charge that passed through each square centimetre "
        "over the whole sitting, both directions added up; plain skin had less than a "
        "thousandth of the most. Dots: sites of the plan"
        + ("; broken line: path of the moving probe." if paths else "."),
    )


def _view(surface: Surface) -> Array:
    """Unit vectors (3, 3): across, up and towards the reader, for a look straight at the touched skin."""
    if surface.flat:
        return np.eye(3)
    outward = np.array(surface.outward)
    upward = np.array([0.0, 0.0, 1.0]) if abs(outward[2]) < 0.95 else np.array([0.0, 1.0, 0.0])
    across = np.cross(upward, outward)
    across /= np.linalg.norm(across)
    return np.stack([across, np.cross(outward, across), outward])


def _window(surface: Surface, flat: Array, sites: dict[str, Array]) -> tuple[float, float, float, float]:
    """What is shown [m]: the touched skin and the sites with a margin."""
    touched = surface.absolute > _TOUCHED * surface.absolute.max(initial=0.0)
    shown = np.concatenate([flat[touched, :2], *(place[None, :2] for place in sites.values())])
    if not len(shown):
        shown = flat[:, :2]
    low, high = shown.min(axis=0), shown.max(axis=0)
    margin = max(_MARGIN * float(np.max(high - low)), _LEAST)
    low, high = low - margin, high + margin
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])


def _draw_skin(axes: Axes, surface: Surface, flat: Array, *, scale: tuple[float, float]) -> PolyCollection:
    """Squares in the place of the faces. `scale`: the largest charge per area [C/m2], and its factor."""
    largest, factor = scale
    order = np.argsort(flat[:, 2], kind="stable")  # the nearest to the reader last
    side = np.sqrt(surface.area[order]) / 2 * 1.02  # a trifle larger, so that no gaps show
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    squares = flat[order, None, :2] + side[:, None, None] * corners
    values = np.ma.masked_less(surface.absolute[order], _TOUCHED * largest) * factor
    norm = LogNorm(_TOUCHED * largest * factor, largest * factor, clip=True)
    colours = colormaps[style.COLOURS].reversed().with_extremes(bad=_UNTOUCHED)
    mesh = PolyCollection(
        list(squares * MM), array=values, norm=norm, cmap=colours,
        edgecolors="face", linewidths=0.1, rasterized=True,
    )  # fmt: skip
    axes.add_collection(mesh)
    return mesh


def _line(names: tuple[str, ...], way: Line, sites: dict[str, Array], view: Array) -> Array:
    """Corners (P, 3) of a path in the picture."""
    if way:
        return np.asarray(np.asarray(way) @ view.T)
    return np.array([sites[name] for name in names if name in sites])


def _draw_paths(axes: Axes, lines: list[Array]) -> None:
    for line in lines:
        if len(line) > 1:
            axes.plot(line[:, 0] * MM, line[:, 1] * MM, color=style.INK, linestyle=(0, (4, 2)),
                      linewidth=1.8, zorder=4, path_effects=style.halo(3.6))  # fmt: skip


def _draw_sites(axes: Axes, sites: dict[str, Array]) -> None:
    placed: list[Array] = []
    for name, place in sorted(sites.items(), key=lambda item: -item[1][1]):
        x, y = place[0] * MM, place[1] * MM
        axes.plot([x], [y], marker="o", markersize=7, markerfacecolor="white", markeredgecolor=style.INK,
                  markeredgewidth=1.5, zorder=5)  # fmt: skip
        under = any(abs(x - other[0]) < 12 and abs(y - other[1]) < 4 for other in placed)
        axes.annotate(name, (x, y), xytext=(0, -9 if under else 8), textcoords="offset points", ha="center",
                      va="top" if under else "bottom", fontsize=10.5, fontweight="bold", zorder=6,
                      path_effects=style.halo(3))  # fmt: skip
        placed.append(np.array([x, y]))


def _scale(axes: Axes, window: tuple[float, float, float, float]) -> None:
    """A bar of a round length instead of axes: directions on a body are not distances along x and y."""
    left, right, bottom, top = (edge * MM for edge in window)
    wanted = (right - left) / 4
    length = max(step for step in (1, 2, 5, 10, 20, 50, 100, 200) if step <= max(wanted, 1))
    x, y = left + 0.03 * (right - left), bottom + 0.05 * (top - bottom)
    axes.plot([x, x + length], [y, y], color=style.INK, linewidth=3, solid_capstyle="butt", zorder=6,
              path_effects=style.halo(5))  # fmt: skip
    axes.annotate(f"{length} mm", (x + length / 2, y), xytext=(0, 4), textcoords="offset points",
                  ha="center", va="bottom", fontsize=10, zorder=6, path_effects=style.halo(3))  # fmt: skip
    axes.set_xticks([])
    axes.set_yticks([])
    style.quiet(axes)


def _colour_bar(figure: Figure, axes: Axes, mesh: PolyCollection, *, unit: str) -> None:
    bar = figure.colorbar(mesh, ax=axes, orientation="horizontal", fraction=0.06, pad=0.03, aspect=38,
                          shrink=0.75)  # fmt: skip
    bar.set_label(f"Charge per area ({unit}): the darker, the more")
    style.plain_log(bar.ax.xaxis)


def _alternative(surface: Surface, sites: dict[str, Array], paths: tuple[tuple[str, ...], ...]) -> str:
    largest = float(surface.absolute.max(initial=0.0))
    net = float(surface.net[int(np.argmax(np.abs(surface.net)))]) if len(surface.net) else 0.0
    touched = float(surface.area[surface.absolute > 0.1 * largest].sum()) if largest else 0.0
    text = (
        f"Skin with the sites {', '.join(sites) or 'of the plan'}. Most charge per area: "
        f"{write(largest, 'charge density', digits=2)}; largest net charge one way: "
        f"{write(net, 'charge density', digits=2)}. Skin with more than a tenth of the most: "
        f"{write(touched, 'area', digits=2)}."
    )
    for path in paths:
        text += f" Path: {' to '.join(path)}."
    return text
