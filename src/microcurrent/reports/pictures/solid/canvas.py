"""Canvas: a page counted in dots, on which pictures, words and lines are put at exact places."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from microcurrent.reports.pictures import style

#: Dots per inch.
SHARPNESS = 200
#: Sizes of type [point]: titles of a page, of a panel, names, small print.
TITLE, HEADING, NAME, SMALL = 13.0, 10.0, 8.2, 7.4
#: Height of a line of words, in parts of the size of its type.
LEADING = 1.22
#: Lengths [m] that a scale bar may have.
_LENGTHS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


@dataclass(frozen=True, kw_only=True)
class Box:
    """A part of a page in dots, from its upper left corner."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.top + self.height

    def overlaps(self, other: Box) -> bool:
        """Return whether two boxes share more than an edge."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


class Canvas:
    """A page. Its state is what has been drawn on it; `words`: where every text stands."""

    def __init__(self, figure: Figure, width: int, height: int) -> None:
        self.figure, self.width, self.height = figure, width, height
        self.words: list[Box] = []
        self.axes: Axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        self.axes.set_xlim(0, width)
        self.axes.set_ylim(height, 0)
        self.axes.axis("off")

    def paste(self, colour: npt.NDArray[np.uint8], left: float, top: float) -> None:
        """Put a picture (H, W, 4) with its upper left corner at a whole dot."""
        height, width = colour.shape[:2]
        x, y = round(left), round(top)
        self.axes.imshow(
            colour, extent=(x, x + width, y + height, y), interpolation="nearest", aspect="auto", zorder=1
        )
        self.axes.set_xlim(0, self.width)
        self.axes.set_ylim(self.height, 0)

    def line(self, x: list[float], y: list[float], *, colour: str = style.INK, width: float = 0.7) -> None:
        """Draw a line through places in dots, `width` in points."""
        self.axes.plot(x, y, color=colour, linewidth=width, solid_capstyle="round", zorder=4)

    def dot(self, x: float, y: float, *, size: float = 3.4) -> None:
        """Draw a dot with a white rim, `size` in points."""
        self.axes.plot([x], [y], "o", markersize=size, markerfacecolor=style.INK, markeredgecolor="white",
                       markeredgewidth=0.18 * size, zorder=5)  # fmt: skip

    def size(self, text: str, size: float, *, bold: bool = False) -> tuple[float, float]:
        """Return width and height [dots] of a text of one or more lines."""
        font = FontProperties(family="DejaVu Sans", size=size, weight="bold" if bold else "normal")
        renderer = self.figure.canvas.get_renderer()  # type: ignore[attr-defined]
        lines = text.split("\n")
        widest = max(renderer.get_text_width_height_descent(line, font, False)[0] for line in lines)
        return float(widest), len(lines) * LEADING * size * SHARPNESS / 72

    def write(
        self, text: str, place: tuple[float, float], *, size: float = NAME, align: str = "left",
        bold: bool = False,
    ) -> Box:  # fmt: skip
        """Write a text whose upper edge is at `place`, to the "left", "center" or "right" of it."""
        width, height = self.size(text, size, bold=bold)
        x, y = place
        shift = {"left": 0.0, "center": 0.5, "right": 1.0}[align]
        box = Box(left=x - shift * width, top=y, width=width, height=height)
        line_height = LEADING * size * SHARPNESS / 72
        for number, line in enumerate(text.split("\n")):
            self.axes.text(
                x, y + (number + 0.5) * line_height, line, ha=align, va="center_baseline", fontsize=size,
                fontweight="bold" if bold else "normal", zorder=6, path_effects=style.halo(2.0),
            )  # fmt: skip
        self.words.append(box)
        return box

    def paragraph(self, text: str, box: Box, *, size: float = SMALL) -> Box:
        """Write a text in lines that are no wider than `box`, from its upper edge down."""
        return self.write(self.wrapped(text, box.width, size=size), (box.left, box.top), size=size)

    def wrapped(self, text: str, width: float, *, size: float = NAME) -> str:
        """Return a text in lines that are no wider than `width` [dots], where no word alone is."""
        lines: list[str] = []
        for word in text.split(" "):  # a number and its unit are joined by another space
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self.size(longer, size)[0] <= width:
                lines[-1] = longer
            else:
                lines.append(word)
        return "\n".join(lines)

    def scale_bar(self, right: float, bottom: float, *, dots: float, room: float) -> None:
        """Draw a bar of a round length that ends at a corner. `dots` for a metre; `room` for it [dots]."""
        length = max(step for step in _LENGTHS if step * dots <= max(room, _LENGTHS[0] * dots))
        left, tick = right - length * dots, 0.02 * SHARPNESS
        self.line([left, right], [bottom, bottom], width=1.5)
        for x in (left, right):
            self.line([x, x], [bottom - tick, bottom + tick], width=1.0)
        self.write(f"{1e3 * length:g} mm", (0.5 * (left + right), bottom - 0.16 * SHARPNESS),
                   size=SMALL, align="center")  # fmt: skip

    def png(self) -> bytes:
        """Return the page as PNG, without a date."""
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format="png", dpi=SHARPNESS, metadata={"Software": None})
        return buffer.getvalue()


@contextmanager
def page(width: int, height: int) -> Iterator[Canvas]:
    """Give a white page of so many dots."""
    with style.drawing(height / SHARPNESS, width=width / SHARPNESS) as figure:
        figure.set_layout_engine("none")
        figure.set_dpi(SHARPNESS)
        yield Canvas(figure, width, height)
