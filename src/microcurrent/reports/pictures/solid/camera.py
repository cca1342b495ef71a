"""Camera: where the viewer stands, which ray each dot of a picture has, where a point is seen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from microcurrent.reports.pictures.solid.shapes import Array

#: From how far [m] a body is seen: a portrait is taken from here, so that a nose does not look large.
_DISTANCE = 1.6


@dataclass(frozen=True, kw_only=True, eq=False)
class Camera:
    """A view. `target` (3,) [m] is in the middle of the picture; `toward` (3,): from there to the viewer.

    `width`, `height` [dots] of the picture; `span` [m] that its height shows at the target; `upward`
    (3,): what is up in the picture; `distance` [m] of the viewer.
    """

    target: Array
    toward: Array
    width: int
    height: int
    span: float
    upward: tuple[float, float, float] = (0.0, 0.0, 1.0)
    distance: float = _DISTANCE

    @cached_property
    def axes(self) -> Array:
        """Unit vectors (3, 3): to the right in the picture, up, and to the viewer."""
        back = np.asarray(self.toward, dtype=float)
        back = back / np.linalg.norm(back)
        right = np.cross(np.asarray(self.upward, dtype=float), back)
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(back, right), back])

    @property
    def dot(self) -> float:
        """Width [m] of a dot at the target."""
        return self.span / self.height

    @property
    def eye(self) -> Array:
        """Place (3,) [m] of the viewer."""
        return np.asarray(self.target + self.distance * self.axes[2])

    def rays(self, columns: Array, rows: Array) -> Array:
        """Return unit directions (P, 3) from the eye through places in dots, from the upper left corner."""
        across = (columns - 0.5 * self.width) * self.dot
        up = (0.5 * self.height - rows) * self.dot
        right, upward, back = self.axes.astype(np.float32)
        ways = across[:, None] * right + up[:, None] * upward - np.float32(self.distance) * back
        return np.asarray(ways / np.linalg.norm(ways, axis=1, keepdims=True), dtype=np.float32)

    def project(self, points: Array) -> Array:
        """Return columns, rows [dots] and distances [m] from the eye of points (P, 3), as (P, 3)."""
        local = (np.atleast_2d(points) - self.target) @ self.axes.T
        share = self.distance / (self.distance - local[:, 2])
        columns = 0.5 * self.width + local[:, 0] * share / self.dot
        rows = 0.5 * self.height - local[:, 1] * share / self.dot
        away = np.linalg.norm(np.atleast_2d(points) - self.eye, axis=1)
        return np.stack([columns, rows, away], axis=1)


def fitting(
    points: Array, toward: Array, *, dots: float, upward: tuple[float, float, float] = (0.0, 0.0, 1.0),
    margin: float = 0.002,
) -> Camera:  # fmt: skip
    """Return the camera that just sees all `points` (P, 3) from the direction `toward` (3,).

    `dots` for a metre at the middle of the points; `upward` (3,) in the picture; `margin` [m] around them.
    """
    middle = 0.5 * (points.min(axis=0) + points.max(axis=0))
    rough = Camera(target=middle, toward=toward, width=2, height=2, span=2.0 / dots, upward=upward)
    seen = rough.project(points)[:, :2] - 1.0
    low, high = seen.min(axis=0) - margin * dots, seen.max(axis=0) + margin * dots
    shift = 0.5 * (low + high) / dots
    target = middle + shift[0] * rough.axes[0] - shift[1] * rough.axes[1]
    width, height = (max(int(np.ceil(size)), 2) for size in high - low)
    return Camera(
        target=target, toward=toward, width=width, height=height, span=height / dots, upward=upward
    )
