"""Rectilinear grids of cells, uniform where it matters and growing towards the far ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused

Floats = npt.NDArray[np.float64]

#: Part of a cell that a segment may be too long by before one more cell is spent on it. Without it
#: rounding in ``length / spacing`` would add a cell at random.
_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class Grid:
    """A box cut into cells by planes: `x`, `y`, `z` are their rising edges in metre, (n + 1,) each.

    Cell (i, j, k) has the flat index ``(i * ny + j) * nz + k``. Raises `ValueRefused` for edges
    that are not finite, one-dimensional and strictly rising.
    """

    x: Floats
    y: Floats
    z: Floats

    def __post_init__(self) -> None:
        for name in ("x", "y", "z"):
            edges = np.array(getattr(self, name), dtype=float)
            sound = edges.ndim == 1 and edges.size >= 2 and bool(np.isfinite(edges).all())
            if not sound or not (np.diff(edges) > 0).all():
                raise ValueRefused(
                    Problem(
                        what="grid edges cannot be used",
                        expected="two or more finite numbers in metre, strictly rising",
                        came=f"an array of shape {edges.shape}",
                        key=name,
                    )
                )
            edges.setflags(write=False)
            object.__setattr__(self, name, edges)

    @property
    def edges(self) -> tuple[Floats, Floats, Floats]:
        """The three arrays of edges in metre, ``(n + 1,)`` each."""
        return (self.x, self.y, self.z)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Cells along each axis, ``(nx, ny, nz)``."""
        return (self.x.size - 1, self.y.size - 1, self.z.size - 1)

    def centres(self, axis: int) -> Floats:
        """Return the cell centres along `axis` in metre, ``(n,)``."""
        edges = self.edges[axis]
        return 0.5 * (edges[1:] + edges[:-1])

    def widths(self, axis: int) -> Floats:
        """Return the cell widths along `axis` in metre, ``(n,)``."""
        return np.diff(self.edges[axis])

    def edge_at(self, axis: int, position: float) -> int:
        """Return the index of the edge at `position` metre along `axis`; refuse where none is."""
        edges = self.edges[axis]
        nearest = int(np.argmin(np.abs(edges - position)))
        if abs(edges[nearest] - position) > _ROUNDING * (edges[-1] - edges[0]):
            raise _refused("no edge there", f"one of the edges, as {edges[nearest]}", f"{position} m")
        return nearest

    def volumes(self) -> Floats:
        """Return the cell volumes in cubic metre, ``(nx, ny, nz)``."""
        wx, wy, wz = (self.widths(axis) for axis in range(3))
        return wx[:, None, None] * wy[None, :, None] * wz[None, None, :]

    def face_areas(self, axis: int) -> Floats:
        """Return the area of the cell faces normal to `axis` in square metre.

        The shape broadcasts against ``(nx, ny, nz)``: the length along `axis` is 1, because all
        the faces of a row of cells have the same area.
        """
        widths = [self.widths(other) if other != axis else np.ones(1) for other in range(3)]
        return widths[0][:, None, None] * widths[1][None, :, None] * widths[2][None, None, :]


def graded_edges(
    start: float,
    stop: float,
    spacing: float,
    *,
    fine: Sequence[tuple[float, float]],
    ratio: float = 1.3,
    boundaries: Sequence[float] = (),
) -> Floats:
    """Return rising edges from `start` to `stop` in metre, ``(n + 1,)``.

    Inside the `fine` intervals cells are no wider than `spacing`; outside they grow, cell by cell,
    by at most about `ratio`. `start`, `stop`, the ends of the fine intervals and every number in
    `boundaries` are edges exactly. Halving `spacing` and taking the square root of `ratio` halves
    every cell, which is what a study of convergence needs.

    Raises `ValueRefused` for a spacing or an extent that is not positive, a ratio below 1, no fine
    interval, or a fine interval or a boundary outside ``[start, stop]``.
    """
    _check_grading((start, stop), spacing, fine, ratio=ratio)
    inside = [b for b in boundaries if not start <= b <= stop]
    if inside:
        raise _refused("a boundary lies outside the grid", f"{start} to {stop} m", f"{inside[0]} m")
    ends = [end for interval in fine for end in interval]
    # The middle of a gap between fine intervals is where the distance to the nearest one peaks.
    rising = sorted(fine)
    middles = [0.5 * (a[1] + b[0]) for a, b in zip(rising, rising[1:], strict=False) if a[1] < b[0]]
    breaks = np.unique(np.array([start, stop, *ends, *boundaries], dtype=float))
    pieces = [np.array([start], dtype=float)]
    for low, high in zip(breaks[:-1], breaks[1:], strict=True):
        knots = np.array([low, *(m for m in middles if low < m < high), high])
        pieces.append(_fill(knots, spacing, rising, slope=float(np.log(ratio))))
    return np.concatenate(pieces)


def _check_grading(
    extent: tuple[float, float],
    spacing: float,
    fine: Sequence[tuple[float, float]],
    *,
    ratio: float,
) -> None:
    start, stop = extent
    if not spacing > 0:
        raise _refused("spacing", "a positive length in metre", str(spacing))
    if not stop > start:
        raise _refused("the grid has no extent", "start below stop", f"{start} to {stop} m")
    if not ratio >= 1:
        raise _refused("growth ratio", "1 or more", str(ratio))
    if not fine:
        raise _refused("no fine interval", "at least one (low, high) pair in metre", "none")
    for low, high in fine:
        if not start <= low < high <= stop:
            raise _refused(
                "fine interval", f"low below high, inside {start} to {stop} m", f"{low} to {high} m"
            )


def _refused(what: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what=what, expected=expected, came=came))


def _fill(knots: Floats, spacing: float, fine: Sequence[tuple[float, float]], *, slope: float) -> Floats:
    """Return the edges after the first of one segment, cut so that each cell counts the same.

    The wanted width is ``spacing + slope * distance``, linear between knots, so the number of
    cells up to a point is a logarithm that is inverted piece by piece.
    """
    wanted = spacing + slope * np.array([_distance(float(knot), fine) for knot in knots])
    lengths = np.diff(knots)
    growth = np.diff(wanted) / lengths
    flat = np.abs(np.log(wanted[1:] / wanted[:-1])) < _ROUNDING
    safe = np.where(flat, 1.0, growth)
    counts = np.where(flat, lengths / wanted[:-1], np.log(wanted[1:] / wanted[:-1]) / safe)
    reached = np.concatenate([[0.0], np.cumsum(counts)])
    cells = max(1, int(np.ceil(reached[-1] - _ROUNDING)))
    steps = np.linspace(0, reached[-1], cells + 1)[1:-1]
    piece = np.searchsorted(reached, steps, side="right") - 1
    past = steps - reached[piece]
    linear = wanted[piece] * past
    curved = wanted[piece] * np.expm1(past * safe[piece]) / safe[piece]
    inner = knots[piece] + np.where(flat[piece], linear, curved)
    return np.concatenate([inner, knots[-1:]])


def _distance(point: float, fine: Sequence[tuple[float, float]]) -> float:
    """Distance in metre from a point to the nearest fine interval, 0 inside one."""
    return min(max(low - point, point - high, 0.0) for low, high in fine)
