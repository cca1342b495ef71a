"""Names beside a picture, joined to what they name by lines that neither cross nor hide a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from microcurrent.reports.pictures.solid.canvas import NAME, Box, Canvas

#: Room between two names, and between a name and its line [dots].
_GAP, _ELBOW = 7.0, 8.0
#: Lines of names are not wider than this [dots], even where there is room.
_WIDEST = 300.0


@dataclass(frozen=True, kw_only=True)
class Label:
    """A name for the place `anchor` (x, y) [dots] of a page; the larger `weight`, the sooner it is kept."""

    text: str
    anchor: tuple[float, float]
    weight: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A label and the `box` [dots] of its words; `elbow` (x, y): where its line begins."""

    label: Label
    box: Box
    elbow: tuple[float, float]


def arrange(
    labels: Sequence[Label], sizes: Sequence[tuple[float, float]], column: Box, *, on_left: bool
) -> tuple[Placed, ...]:
    """Return where labels stand in a column, as near to their places as they can without overlap.

    `sizes`: width and height [dots] of the words of each. `on_left`: the column is to the left of the
    picture, its words end at its right edge. Those of least weight are left out where the column is full.
    """
    chosen = sorted(range(len(labels)), key=lambda k: (-labels[k].weight, k))
    while chosen and sum(sizes[k][1] + _GAP for k in chosen) > column.height + _GAP:
        chosen.pop()
    order = sorted(chosen, key=lambda k: (labels[k].anchor[1], k))
    edge = column.right if on_left else column.left
    start = edge + (_ELBOW if on_left else -_ELBOW)
    for _ in range(len(order) ** 2):
        middles = _spread([labels[k].anchor[1] for k in order], [sizes[k][1] for k in order], column)
        crossing = _first_crossing([labels[k].anchor for k in order], middles, start)
        if crossing is None:
            break
        one, other = crossing
        order[one], order[other] = order[other], order[one]
    middles = _spread([labels[k].anchor[1] for k in order], [sizes[k][1] for k in order], column)
    placed = []
    for k, middle in zip(order, middles, strict=True):
        width, height = sizes[k]
        left = edge - width if on_left else edge
        box = Box(left=left, top=middle - 0.5 * height, width=width, height=height)
        placed.append(Placed(label=labels[k], box=box, elbow=(start, middle)))
    return tuple(placed)


def _spread(wanted: Sequence[float], heights: Sequence[float], column: Box) -> list[float]:
    """Middles in the given order, nearest in the least squares to those wanted, without overlap.

    Names that press on each other form a group, which stands at the mean of what its names want.
    """
    if not wanted:
        return []
    tall = np.array(heights) + _GAP
    offset = np.concatenate([[0.0], np.cumsum(0.5 * (tall[:-1] + tall[1:]))])
    low = column.top + 0.5 * heights[0]
    high = max(column.bottom - 0.5 * heights[-1] - offset[-1], low)
    groups: list[tuple[float, int]] = []
    for value in np.asarray(wanted) - offset:
        mean, count = float(value), 1
        while groups and groups[-1][0] > mean:
            before, size = groups.pop()
            mean, count = (before * size + mean * count) / (size + count), size + count
        groups.append((mean, count))
    free = np.concatenate([np.full(count, mean) for mean, count in groups])
    return [float(middle) for middle in np.clip(free, low, high) + offset]


def _first_crossing(
    anchors: Sequence[tuple[float, float]], middles: Sequence[float], start: float
) -> tuple[int, int] | None:
    """The first two lines, from `start` at each height to the anchors, that cross; None for none."""
    for one in range(len(anchors)):
        for other in range(one + 1, len(anchors)):
            if _cross((start, middles[one]), anchors[one], (start, middles[other]), anchors[other]):
                return one, other
    return None


def _cross(
    a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], d: tuple[float, float]
) -> bool:
    def side(p: tuple[float, float], q: tuple[float, float], r: tuple[float, float]) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0


def write_labels(canvas: Canvas, labels: Sequence[Label], column: Box, *, on_left: bool) -> tuple[str, ...]:
    """Write labels into a column with lines to their places; return the names that found no room."""
    width = min(column.width, _WIDEST)
    lined = [replace(label, text=canvas.wrapped(label.text, width)) for label in labels]
    sizes = [canvas.size(label.text, NAME) for label in lined]
    placed = arrange(lined, sizes, column, on_left=on_left)
    for entry in placed:
        x, y = entry.label.anchor
        edge = entry.box.right if on_left else entry.box.left
        canvas.write(entry.label.text, (edge, entry.box.top), align="right" if on_left else "left")
        reach = edge + (0.35 * _ELBOW if on_left else -0.35 * _ELBOW)
        xs, ys = [reach, entry.elbow[0], x], [entry.elbow[1], entry.elbow[1], y]
        canvas.line(xs, ys, colour="white", width=1.7)
        canvas.line(xs, ys, width=0.55)
        canvas.dot(x, y)
    kept = {id(entry.label) for entry in placed}
    return tuple(label.text.replace("\n", " ") for label in lined if id(label) not in kept)
