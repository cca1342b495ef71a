"""A cut through both probes: tissues with their names, the field as colour, the way of the current."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.patheffects import Normal, withStroke
from scipy.interpolate import RegularGridInterpolator

from microcurrent.planning.fields import Fields, Section
from microcurrent.reports.content import Picture
from microcurrent.reports.pictures import style
from microcurrent.units import write

Array = np.ndarray

#: Quantity: (name, unit, factor from SI, dimension).
_QUANTITIES = {
    "field": ("Electric field", "V/m", 1.0, "field"),
    "density": ("Current density", "µA/cm²", 100.0, "current density"),
}
#: Decades of colour below the strongest value that is shown.
_DECADES = 2.5
#: Share of the tissue in view that is stronger than the end of the colour scale.
_TOP = 0.002
#: How far [share of the spacing] the picture reaches beside and below the probes.
_BESIDE, _BELOW = 0.4, 0.55
#: Least reach [m] beside and below.
_LEAST = 0.012
#: Radius [m] of a probe as drawn where its size is not given.
_PROBE = 0.005
#: Width of the cut on paper, and what stands above and below it [inch].
_ACROSS, _AROUND = 5.4, 1.75
#: Distance [inch] of two names beside the cut.
_LINE = 0.18
MM = 1e3


@dataclass(frozen=True, kw_only=True)
class Probes:
    """How the probes are drawn: names, radii [m] of anode and cathode, and whether they have poles."""

    names: tuple[str, str] = ("anode", "cathode")
    radii: tuple[float, float] = (_PROBE, _PROBE)
    balanced: bool = False

    @property
    def signs(self) -> tuple[str, str]:
        """What is written on them."""
        return ("1", "2") if self.balanced else ("+", "−")


def section_picture(
    fields: Fields, section: Section, *, quantity: str = "field", probes: Probes | None = None
) -> Picture:
    """Return the drawing of one cut. `quantity` "field" |E| or "density" |J|, on a logarithmic scale."""
    probes = probes or Probes()
    title, unit, factor, dimension = _QUANTITIES[quantity]
    values = _values(section, quantity) * factor
    window = _window(section)
    left, right, bottom, top = window
    seen = _seen(section, window)
    strongest = _strongest(values[seen])
    tall = float(np.clip(_ACROSS * (top - bottom) / (right - left), 1.2, 4.5))
    balls = _ACROSS * 2 * max(probes.radii) / (right - left)
    with style.drawing(tall + balls + _AROUND) as figure:
        axes = figure.add_subplot()
        norm = LogNorm(strongest / 10**_DECADES, strongest, clip=True)
        shown = np.ma.masked_where((section.tissue < 0) | ~np.isfinite(values), values)
        mesh = axes.pcolormesh(
            section.along * MM, section.height * MM, shown.T, norm=norm, cmap=style.COLOURS,
            shading="nearest", rasterized=True,
        )  # fmt: skip
        _outline(axes, section)
        _stream(axes, section, window)
        _draw_probes(axes, section, probes)
        _name_tissues(axes, fields, section, window=window, gap=_LINE * (top - bottom) / tall)
        _frame(axes, window)
        _colour_bar(figure, axes, mesh, label=f"{title} ({unit})")
        image = style.as_svg(figure)
    return Picture(
        image=image,
        alternative=_alternative(fields, section, probes, values=values / factor, dimension=dimension),
        caption=_caption(section, probes, title),
    )


def _values(section: Section, quantity: str) -> Array:
    if quantity == "field":
        return np.asarray(section.field)
    return np.asarray(np.hypot(section.density_along, section.density_up))


def _window(section: Section) -> tuple[float, float, float, float]:
    """What is shown [m]: left, right, bottom, top; no more than the section holds."""
    first, last = sorted((section.anode, section.cathode))
    beside = max(_BESIDE * (last - first), _LEAST)
    left, right = max(first - beside, section.along[0]), min(last + beside, section.along[-1])
    inside = (section.along >= left) & (section.along <= right)
    levels = section.height[np.any(section.tissue[inside] >= 0, axis=0)]
    half = float(section.height[1] - section.height[0]) / 2  # heights are those of middles of cells
    top = float(levels.max()) + half if levels.size else 0.0
    lowest = float(levels.min()) if levels.size else float(section.height[0])
    bottom = max(lowest, -max(_BELOW * (last - first), _LEAST))
    return float(left), float(right), float(bottom), float(top)


def _seen(section: Section, window: tuple[float, float, float, float]) -> Array:
    left, right, bottom, top = window
    across = (section.along >= left) & (section.along <= right)
    upward = (section.height >= bottom) & (section.height <= top)
    return across[:, None] & upward[None, :] & (section.tissue >= 0)


def _strongest(values: Array) -> float:
    """The end of the colour scale: 1, 2 or 5 times a power of ten that all but a few values are below."""
    values = values[np.isfinite(values) & (values > 0)]
    if not values.size:
        return 1.0
    wanted = float(np.quantile(values, 1 - _TOP))
    power = 10.0 ** np.floor(np.log10(wanted))
    return float(next(power * step for step in (1, 2, 5, 10) if power * step >= 0.999 * wanted))


def _outline(axes: Axes, section: Section) -> None:
    """A line wherever two tissues meet, and a heavier one along the skin."""
    x, y = section.along * MM, section.height * MM
    for kind in np.unique(section.tissue):
        mask = (section.tissue == kind).astype(float).T
        if 0 < mask.sum() < mask.size:
            lines = axes.contour(x, y, mask, levels=[0.5], colors=[style.INK], linewidths=[1.2])
            lines.set_path_effects([withStroke(linewidth=2.6, foreground="white"), Normal()])


def _stream(axes: Axes, section: Section, window: tuple[float, float, float, float]) -> None:
    """The way of the current: lines with arrows from anode to cathode."""
    left, right, bottom, top = window
    across, upward = np.linspace(left, right, 121), np.linspace(bottom, top, 81)
    points = np.stack(np.meshgrid(across, upward, indexing="ij"), axis=-1)
    # the nearest tissue decides what is air; a line may not run through it
    tissue = RegularGridInterpolator(
        (section.along, section.height), section.tissue.astype(float),
        method="nearest", bounds_error=False, fill_value=-1.0,
    )(points)  # fmt: skip
    parts = []
    for density in (section.density_along, section.density_up):
        part = RegularGridInterpolator(
            (section.along, section.height), np.nan_to_num(density), bounds_error=False, fill_value=0.0
        )(points)
        parts.append(np.ma.masked_where(tissue < 0, part).T)
    if not np.any(np.hypot(*parts) > 0):
        return
    lines = axes.streamplot(
        across * MM, upward * MM, parts[0], parts[1], color="white", linewidth=0.9, density=(1.1, 0.7),
        arrowsize=1.1, broken_streamlines=True,
    )  # fmt: skip
    lines.lines.set_path_effects([withStroke(linewidth=1.9, foreground="#00000088"), Normal()])


def _draw_probes(axes: Axes, section: Section, probes: Probes) -> None:
    for place, radius, sign, name in zip(
        (section.anode, section.cathode), probes.radii, probes.signs, probes.names, strict=True
    ):
        column = section.tissue[int(np.argmin(np.abs(section.along - place)))]
        inside = section.height[column >= 0]
        skin = (float(inside.max()) if inside.size else 0.0) * MM
        ball = Circle((place * MM, skin + radius * MM), radius * MM, facecolor="#eeeeee",
                      edgecolor=style.INK, linewidth=1.3, zorder=5, clip_on=False)  # fmt: skip
        axes.add_patch(ball)
        axes.text(place * MM, skin + radius * MM, sign, ha="center", va="center", fontsize=15,
                  fontweight="bold", zorder=6)  # fmt: skip
        axes.annotate(name, (place * MM, skin + 2 * radius * MM), xytext=(0, 4), textcoords="offset points",
                      ha="center", va="bottom", fontsize=10.5, zorder=6, annotation_clip=False)  # fmt: skip


def _name_tissues(
    axes: Axes, fields: Fields, section: Section, *, window: tuple[float, float, float, float], gap: float
) -> None:
    """Names beside the right edge, each with a line to its layer, at least `gap` [m] apart."""
    left, right, bottom, top = window
    column = section.tissue[np.searchsorted(section.along, right, side="right") - 1]
    view = (section.height >= bottom) & (section.height <= top) & (column >= 0)
    heights = _layers(fields, section.height[view], column[view])
    places: list[float] = []
    for middle, _ in heights:
        places.append(min(middle, places[-1] - gap) if places else middle)
    edge, reach = right * MM, 0.035 * (right - left) * MM
    for (middle, name), place in zip(heights, places, strict=True):
        axes.plot([edge - 0.4 * reach, edge + 0.25 * reach, edge + 0.8 * reach],
                  [middle * MM, middle * MM, place * MM], color=style.INK, linewidth=0.9, clip_on=False,
                  zorder=7, path_effects=style.halo(2.2))  # fmt: skip
        axes.text(edge + reach, place * MM, name, ha="left", va="center", fontsize=10.5, clip_on=False)


def _layers(fields: Fields, height: Array, column: Array) -> list[tuple[float, str]]:
    """Middle [m] and name of each layer that one column of tissue runs through, from the skin down."""
    cuts = np.flatnonzero(np.diff(column)) + 1
    runs = zip(np.split(height, cuts), np.split(column, cuts), strict=True)
    layers = [(float(part.mean()), fields.tissues[kinds[0]]) for part, kinds in runs if len(kinds)]
    return sorted(layers, reverse=True)


def _frame(axes: Axes, window: tuple[float, float, float, float]) -> None:
    left, right, bottom, top = window
    axes.set_xlim(left * MM, right * MM)
    axes.set_ylim(bottom * MM, top * MM)
    axes.set_aspect("equal")
    axes.set_xlabel("Along the line between the probes (mm)")
    axes.set_ylabel("Below the skin (mm)")
    axes.yaxis.set_major_formatter(lambda value, _: style.number(abs(value)) if value <= 0 else "")
    style.quiet(axes)


def _colour_bar(figure: Figure, axes: Axes, mesh: QuadMesh, *, label: str) -> None:
    bar = figure.colorbar(mesh, ax=axes, orientation="horizontal", fraction=0.06, pad=0.04, aspect=38,
                          shrink=0.9, extend="both")  # fmt: skip
    bar.set_label(f"{label}: blue is weak, yellow is strong")
    style.plain_log(bar.ax.xaxis)
    bar.outline.set_linewidth(0.6)


def _alternative(fields: Fields, section: Section, probes: Probes, *, values: Array, dimension: str) -> str:
    spacing = abs(section.cathode - section.anode)
    parts = [
        f"Cut through the skin under {probes.names[0]} and {probes.names[1]}, "
        f"{write(spacing, 'length', digits=2)} apart."
    ]
    for index, name in enumerate(fields.tissues):
        inside = values[(section.tissue == index) & np.isfinite(values)]
        if inside.size:
            median, high = np.quantile(inside, (0.5, 0.99))
            parts.append(
                f"{name}: middle {write(float(median), dimension, digits=2)}, "
                f"strongest hundredth above {write(float(high), dimension, digits=2)}."
            )
    return " ".join(parts)


def _caption(section: Section, probes: Probes, title: str) -> str:
    poles = (
        "The current alternates, so neither probe stays positive; the arrows show one half of the cycle."
        if probes.balanced
        else "The arrows show the way of the current from + to −."
    )
    where = f", {section.position}" if section.position else ""
    return (
        f"Step {section.step}{where}. {title} at the peak of the current in a cut through both probes, "
        f"at right angles to the skin. {poles}"
    )
