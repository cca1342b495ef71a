"""Type, colours and lines of every picture, and how a figure becomes bytes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
import matplotlib.ticker
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

#: Width [inch] of a picture that fills the text of an A4 page.
WIDTH = 7.2

INK = "#1a1a1a"
FAINT = "#6b6b6b"
#: From the palette of Okabe and Ito, told apart with every common colour blindness.
PLANNED = "#0072b2"
DELIVERED = "#d55e00"
THIRD = "#009e73"

#: Colours from dark blue to yellow that stay in order in grey and with every colour blindness.
COLOURS = "cividis"

#: Digits kept of the place of axes, in parts of the figure: far below a dot of any printer.
_DIGITS = 6

_RULES: dict[Any, Any] = {
    "svg.hashsalt": "microcurrent",  # the same picture has the same bytes
    "svg.fonttype": "path",  # looks the same on every machine
    "path.simplify": True,
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "axes.titlesize": 11.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 10.5,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "axes.formatter.use_mathtext": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "grid.color": "#dcdcdc",
    "grid.linewidth": 0.7,
    "legend.fontsize": 9.5,
    "legend.frameon": False,
    "hatch.linewidth": 0.8,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


@contextmanager
def drawing(height: float, *, width: float = WIDTH) -> Iterator[Figure]:
    """Give a figure of `width` by `height` [inch] to draw on, in the common style."""
    with matplotlib.rc_context(_RULES):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        yield figure


def as_svg(figure: Figure) -> bytes:
    """Return the figure as SVG: without a date, text as outlines, so that it is always the same."""
    _settle(figure)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, dpi=200)
    return buffer.getvalue()


def _settle(figure: Figure) -> None:
    """Place the axes once and round the places: the layout's last digits differ from run to run."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        left, bottom, width, height = (
            round(edge, _DIGITS) for edge in axes.get_position(original=True).bounds
        )
        axes.set_position((left, bottom, width, height), which="original")
        axes.apply_aspect()


def halo(width: float = 2.5) -> list[withStroke]:
    """White around a text or line, so that it can be read on any colour."""
    return [withStroke(linewidth=width, foreground="white")]


def number(value: float) -> str:
    """Return a number without an exponent and without useless zeros."""
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def plain_log(axis: Any) -> None:
    """Label a logarithmic axis with plain numbers: 0.1, 0.2, 0.5, 1, 2, 5, 10."""
    axis.set_major_locator(matplotlib.ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_minor_locator(matplotlib.ticker.NullLocator())
    axis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda value, _: number(value)))


def quiet(axes: Axes) -> None:
    """Take the frame away from axes that only carry a drawing."""
    for spine in axes.spines.values():
        spine.set_visible(False)
