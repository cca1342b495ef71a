"""A body as three cuts at right angles, or as its stack of layers: tissues, sites, millimetres."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from scipy import ndimage

from microcurrent.model.body import Body, Site
from microcurrent.physics.bodies.volume import Volume
from microcurrent.reports.pictures import style
from microcurrent.reports.pictures.tissue_colours import tissue_colour
from microcurrent.units import write

MM = 1e3
Point = tuple[float, float, float]
#: A site this near to a cut [m] is drawn on it.
_IN_CUT = 8e-3
#: A site this far behind the skin in view [m] is hidden.
_HIDDEN = 6e-3
#: Dots nearer than this part of the width of a panel share one text.
_CLOSE = 0.045
#: More sites than this do not fit beside the picture.
_MOST_LISTED = 22
#: Air shown around the body [m].
_AROUND = 12e-3
#: Dots per inch of the picture.
_SHARPNESS = 160
_NO_AIR = "#ffffff"


@dataclass(frozen=True, kw_only=True)
class _Cut:
    """A plane at right angles to `normal`: axes across and up, words at its ends."""

    title: str
    normal: int
    across: int
    up: int
    ends: tuple[str, str, str, str]


_CUTS = (
    _Cut(title="From above", normal=2, across=0, up=1, ends=("L", "R", "P", "A")),
    _Cut(title="From behind", normal=1, across=0, up=2, ends=("L", "R", "I", "S")),
    _Cut(title="From the right", normal=0, across=1, up=2, ends=("P", "A", "I", "S")),
)
_AXIS_NAMES = ("x", "y", "z")


def body_picture(volume: Volume, body: Body, *, at: Point | None = None) -> tuple[bytes, str]:
    """Return a PNG picture of a body and its text alternative.

    A segmentation is cut three times through `at` (3,) [m], by default the first site, or the middle
    of the body. A slab is drawn as its layers, with their thicknesses, beside its sites seen from
    above.
    """
    if volume.skin_borders:
        return _slab_picture(volume, body)
    through = at or _default_place(volume, body)
    with style.drawing(7.4, width=9.6) as figure:
        _three_cuts(figure, volume, body, through)
        content = _png(figure)
    place = ", ".join(f"{name} = {MM * c:.0f} mm" for name, c in zip(_AXIS_NAMES, through, strict=True))
    shares = _shares(volume)
    alt = (
        f"Three cuts at right angles through the body {body.name}, at {place}. "
        f"Tissues: {', '.join(f'{name} {share:.0f} %' for name, share in shares)} of the volume. "
        + (f"Sites marked: {', '.join(site.name for site in body.sites)}." if body.sites else "No sites.")
    )
    return content, alt


def _three_cuts(figure: Figure, volume: Volume, body: Body, through: Point) -> None:
    spread = figure.add_gridspec(2, 3, width_ratios=(1.0, 1.0, 0.72))
    places = (spread[0, 0], spread[0, 1], spread[1, 0])
    for place, cut in zip(places, _CUTS, strict=True):
        _one_cut(figure.add_subplot(place), volume, body, (cut, through))
    _draw_skin(figure.add_subplot(spread[1, 1]), volume, body.sites)
    key = figure.add_subplot(spread[:, 2])
    key.axis("off")
    handles = [
        Patch(facecolor=tissue_colour(name, volume.tissues), edgecolor=style.FAINT, linewidth=0.6,
              label=f"{name}, {share:.0f} %")
        for name, share in _shares(volume)
    ]  # fmt: skip
    key.legend(handles=handles, loc="upper left", title="Tissue, share of volume", alignment="left",
               borderaxespad=0.0)  # fmt: skip
    _list_sites(key, body.sites, 0.48)
    figure.suptitle(body.name, x=0.01, ha="left", fontsize=12.5, fontweight="bold")


def _list_sites(key: Axes, sites: tuple[Site, ...], top: float) -> None:
    """Write the numbers and names of the sites under height `top` of an empty panel."""
    if not sites:
        return
    key.text(0.0, top, "Sites", transform=key.transAxes, va="bottom", fontsize=9.5)
    lines = [f"{number:>2}  {site.name}" for number, site in enumerate(sites[:_MOST_LISTED], start=1)]
    if len(sites) > _MOST_LISTED:
        lines.append(f"and {len(sites) - _MOST_LISTED} more")
    key.text(0.02, top - 0.012, "\n".join(lines), transform=key.transAxes, va="top", fontsize=9,
             linespacing=1.4)  # fmt: skip


def _one_cut(panel: Axes, volume: Volume, body: Body, place: tuple[_Cut, Point]) -> None:
    cut, through = place
    grid = volume.grid
    index = int(np.searchsorted(grid.edges[cut.normal], through[cut.normal], side="right")) - 1
    index = min(max(index, 0), grid.shape[cut.normal] - 1)
    labels = np.take(volume.labels, index, axis=cut.normal)
    _paint(panel, grid.edges[cut.across], grid.edges[cut.up], labels, volume.tissues)
    panel.set_aspect("equal")
    for axis, limit in ((cut.across, panel.set_xlim), (cut.up, panel.set_ylim)):
        occupied = np.flatnonzero(volume.conducting.any(axis=tuple(k for k in range(3) if k != axis)))
        edges = grid.edges[axis]
        limit(MM * (edges[occupied[0]] - _AROUND), MM * (edges[occupied[-1] + 1] + _AROUND))
    panel.set_xlabel(f"{_AXIS_NAMES[cut.across]} (mm)")
    panel.set_ylabel(f"{_AXIS_NAMES[cut.up]} (mm)")
    panel.set_title(f"{cut.title}, {_AXIS_NAMES[cut.normal]} = {MM * through[cut.normal]:.0f} mm")
    for other in (cut.across, cut.up):
        line = panel.axvline if other == cut.across else panel.axhline
        line(MM * through[other], color=style.FAINT, linewidth=0.6, linestyle=(0, (4, 3)), zorder=3)
    _write_ends(panel, cut.ends)
    inside = {
        str(number): (MM * site.position[cut.across], MM * site.position[cut.up])
        for number, site in enumerate(body.sites, start=1)
        if abs(site.position[cut.normal] - through[cut.normal]) <= _IN_CUT
    }
    _mark(panel, inside)


def _write_ends(panel: Axes, ends: tuple[str, str, str, str]) -> None:
    """Write the letters of left, right, lower and upper end inside the frame."""
    for word, x, y in zip(ends, (0.015, 0.985, 0.5, 0.5), (0.5, 0.5, 0.015, 0.985), strict=True):
        panel.text(
            x, y, word, transform=panel.transAxes, fontweight="bold", path_effects=style.halo(), zorder=7,
            ha="left" if x < 0.1 else "right" if x > 0.9 else "center",
            va="bottom" if y < 0.1 else "top" if y > 0.9 else "center",
        )  # fmt: skip


def _draw_skin(panel: Axes, volume: Volume, sites: tuple[Site, ...]) -> None:
    """The skin from the side of the first site, lit from above, with the sites that can be seen."""
    faces = volume.surface().centres
    middle = 0.5 * (faces.min(axis=0) + faces.max(axis=0))
    toward = np.array(sites[0].position)[:2] - middle[:2] if sites else np.array([0.0, 1.0])
    toward = toward / np.linalg.norm(toward) if np.linalg.norm(toward) > 0 else np.array([0.0, 1.0])
    # The viewer stands at `toward`: their right hand points along `right`.
    right = np.array([-toward[1], toward[0]])
    step = float(np.median([np.median(volume.grid.widths(axis)) for axis in range(3)]))
    across, up, near = faces[:, :2] @ right, faces[:, 2], faces[:, :2] @ toward
    low = np.array([across.min(), up.min()]) - 2 * step
    shape = np.ceil((np.array([across.max(), up.max()]) + 2 * step - low) / step).astype(int)
    at = ((np.stack([across, up]) - low[:, None]) / step).astype(int)
    depth = np.full(tuple(shape), -np.inf)
    np.maximum.at(depth, tuple(at), near)
    filled = ndimage.grey_closing(np.where(np.isfinite(depth), depth, near.min() - 10 * step), size=3)
    seen = ndimage.binary_closing(np.isfinite(depth), iterations=2)
    slope = np.gradient(ndimage.gaussian_filter(filled, 1.3), step)
    light = (0.45 * slope[0] - 0.6 * slope[1] + 0.75) / np.sqrt(1 + slope[0] ** 2 + slope[1] ** 2)
    shown = np.ma.masked_where(~seen, light)
    ends = [MM * value for value in (low[0], low[0] + shape[0] * step, low[1], low[1] + shape[1] * step)]
    panel.imshow(shown.T, origin="lower", extent=tuple(ends), cmap="gray", vmin=-0.35, vmax=1.1)
    panel.set_title("Skin, towards site 1" if sites else "Skin, from the front")
    panel.set_yticks(panel.get_yticks())
    panel.set_ylim(*ends[2:])
    panel.set_xlim(ends[0] - MM * _AROUND, ends[1] + MM * _AROUND)
    panel.set_xticks([])
    panel.set_ylabel("z (mm)")
    panel.spines["bottom"].set_visible(False)
    visible: dict[str, tuple[float, float]] = {}
    for number, site in enumerate(sites, start=1):
        flat = np.array(site.position[:2])
        place = (float(flat @ right), site.position[2])
        pixel = ((np.array(place) - low) / step).astype(int)
        inside = (pixel >= 0).all() and (pixel < shape).all()
        if inside and flat @ toward >= filled[tuple(pixel)] - _HIDDEN:
            visible[str(number)] = (MM * place[0], MM * place[1])
    _mark(panel, visible)


def _paint(
    panel: Axes, across: np.ndarray, up: np.ndarray, labels: np.ndarray, tissues: tuple[str, ...]
) -> None:
    """Colour the cells of a cut (U, W) and draw a thin line between tissues."""
    colours = [_NO_AIR, *(tissue_colour(name, tissues) for name in tissues)]
    norm = BoundaryNorm(np.arange(-1.5, len(tissues)), len(colours))
    panel.pcolormesh(
        across * MM, up * MM, labels.T, cmap=ListedColormap(colours), norm=norm, rasterized=True
    )
    for axis, (first, second) in enumerate(((across, up), (up, across))):
        rows = labels if axis == 0 else labels.T
        at, along = np.nonzero(rows[1:] != rows[:-1])
        fixed = MM * first[at + 1]
        low, high = MM * second[along], MM * second[along + 1]
        gap = np.full(fixed.size, np.nan)
        steady, running = np.stack([fixed, fixed, gap], 1).ravel(), np.stack([low, high, gap], 1).ravel()
        line = (steady, running) if axis == 0 else (running, steady)
        panel.plot(*line, color="#3a3a3a", linewidth=0.45, solid_capstyle="butt")


def _mark(panel: Axes, places: dict[str, tuple[float, float]]) -> None:
    """Put a dot and its number at each place [mm]; dots that nearly touch share one text."""
    groups: list[list[str]] = []
    low, high = panel.get_xlim()
    close = _CLOSE * abs(high - low)
    for word, place in places.items():
        panel.plot(*place, "o", markersize=5, zorder=5, markeredgecolor="white", markeredgewidth=0.9,
                   markerfacecolor=style.PLANNED)  # fmt: skip
        near = [
            group for group in groups if any(math.dist(place, places[other]) < close for other in group)
        ]
        if near:
            near[0].append(word)
        else:
            groups.append([word])
    for group in groups:
        outward = np.mean([places[word][0] for word in group]) >= 0.5 * (low + high)
        pick = max if outward else min
        anchor = places[pick(group, key=lambda word: places[word][0])]
        panel.annotate(
            ", ".join(group), anchor, textcoords="offset points", xytext=(5 if outward else -5, 2.5),
            ha="left" if outward else "right", fontsize=8.5, fontweight="bold",
            path_effects=style.halo(2.2), zorder=6,
        )  # fmt: skip


def _slab_picture(volume: Volume, body: Body) -> tuple[bytes, str]:
    layers = _layers(volume)
    total = layers[-1][2]
    with style.drawing(4.2, width=9.6) as figure:
        stack, above, key = figure.subplots(1, 3, width_ratios=(0.95, 1.6, 0.75))
        _draw_layers(stack, layers, volume.tissues)
        _draw_plan(above, volume, body.sites)
        key.axis("off")
        _list_sites(key, body.sites, 0.96)
        figure.suptitle(body.name, x=0.01, ha="left", fontsize=12.5, fontweight="bold")
        content = _png(figure)
    words = ", ".join(f"{name} {write(floor - top, 'length')}" for name, top, floor in layers)
    alt = (
        f"The slab {body.name}: from the skin inwards {words}; {write(total, 'length')} in all. Beside it "
        + (f"its sites from above: {', '.join(site.name for site in body.sites)}." if body.sites
           else "its outline from above.")
    )  # fmt: skip
    return content, alt


def _layers(volume: Volume) -> list[tuple[str, float, float]]:
    """Tissue, upper and lower depth [m] of every layer, from the skin inwards.

    Two layers of one tissue that touch are drawn as one.
    """
    column = volume.labels[0, 0, ::-1]
    depths = volume.grid.z[-1] - volume.grid.z[::-1]
    ends = np.flatnonzero(np.append(column[1:] != column[:-1], True)) + 1
    starts = np.concatenate([[0], ends[:-1]])
    return [
        (volume.tissues[column[a]], float(depths[a]), float(depths[b]))
        for a, b in zip(starts, ends, strict=True)
    ]


def _draw_layers(panel: Axes, layers: list[tuple[str, float, float]], tissues: tuple[str, ...]) -> None:
    total = layers[-1][2]
    for name, top, floor in layers:
        panel.fill_between(
            [0, 1], MM * top, MM * floor, facecolor=tissue_colour(name, tissues), linewidth=0
        )
        panel.axhline(MM * floor, color="#3a3a3a", linewidth=0.7)
    panel.axhline(0, color="#3a3a3a", linewidth=1.4)
    least = 0.062 * total
    heights = _apart([0.5 * (top + floor) for _, top, floor in layers], least, total)
    for (name, top, floor), height in zip(layers, heights, strict=True):
        panel.annotate(
            f"{name}, {write(floor - top, 'length')}", (1.0, 0.5 * MM * (top + floor)),
            xytext=(1.12, MM * height), va="center", annotation_clip=False, fontsize=9.5,
            arrowprops={"arrowstyle": "-", "color": style.FAINT, "linewidth": 0.7, "shrinkA": 2,
                        "shrinkB": 0},
        )  # fmt: skip
    panel.set_xlim(0, 1)
    panel.set_ylim(MM * total, -0.03 * MM * total)
    panel.set_xticks([])
    panel.set_ylabel("depth under the skin (mm)")
    panel.set_title("Layers")
    panel.spines["bottom"].set_visible(False)


def _apart(heights: list[float], least: float, total: float) -> list[float]:
    """Move rising heights [m] so far apart that their words do not overlap, within the total."""
    placed = list(heights)
    for index in range(1, len(placed)):
        placed[index] = max(placed[index], placed[index - 1] + least)
    placed[-1] = min(placed[-1], total)
    for index in range(len(placed) - 2, -1, -1):
        placed[index] = min(placed[index], placed[index + 1] - least)
    return placed


def _draw_plan(panel: Axes, volume: Volume, sites: tuple[Site, ...]) -> None:
    panel.set_facecolor("#faf3ea")
    panel.set_xlim(MM * volume.grid.x[0], MM * volume.grid.x[-1])
    panel.set_ylim(MM * volume.grid.y[0], MM * volume.grid.y[-1])
    panel.set_aspect("equal")
    panel.grid(True)
    places = {
        str(number): (MM * site.position[0], MM * site.position[1])
        for number, site in enumerate(sites, start=1)
    }
    _mark(panel, places)
    panel.set_xlabel("x (mm), to the side")
    panel.set_ylabel("y (mm), up")
    panel.set_title("Sites, looking at the skin")


def _default_place(volume: Volume, body: Body) -> Point:
    if body.sites:
        return body.sites[0].position
    filled = np.nonzero(volume.conducting)
    x, y, z = (float(np.median(volume.grid.centres(axis)[filled[axis]])) for axis in range(3))
    return (x, y, z)


def _shares(volume: Volume) -> list[tuple[str, float]]:
    sizes = volume.volumes_by_tissue()
    total = sum(sizes.values())
    return sorted(
        ((name, 100 * size / total) for name, size in sizes.items() if size), key=lambda row: -row[1]
    )


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_SHARPNESS, metadata={"Software": None})
    return buffer.getvalue()
