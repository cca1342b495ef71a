"""Solids: ellipsoids and chains of balls, added to and cut from each other, as one implicit function.

The blend of two distances a, b over a width k is the cubic smooth minimum
``min(a, b) - h^3 k / 6``, ``h = max(k - |a - b|, 0) / k``; the distance to an ellipsoid is taken to first
order in its implicit form (Newton's step from the point, exact on the surface).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numba import njit

from microcurrent.model.atlas import Shape
from microcurrent.physics.conduction.grid import Floats

kernel = njit(nogil=True, cache=True)

#: Nothing is this far [m] away.
FAR = 1.0
#: Points for one thread at a time.
_CHUNK = 60_000
_THREADS = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class Solids:
    """Shapes as arrays, S of them with at most B balls each.

    `chain`, `cut`, `mirrored` (S,) booleans; `blend` (S,) [m]; `centre`, `radii` (S, 3) [m]; `turn`
    (S, 3, 3); `balls` (S, B, 4) [m]; `count` (S,); `reach` (S, 4): a ball that holds all of the shape.
    """

    chain: np.ndarray
    cut: np.ndarray
    mirrored: np.ndarray
    blend: Floats
    centre: Floats
    radii: Floats
    turn: Floats
    balls: Floats
    count: np.ndarray
    reach: Floats

    def distance(self, points: Floats, start: Floats | None = None) -> Floats:
        """Return about the signed distance [m] of points (P, 3), negative inside.

        `start` (P,) [m]: the distance to what was there before the first shape.
        """
        flat = np.ascontiguousarray(points, dtype=float).reshape(-1, 3)
        result = np.full(len(flat), FAR) if start is None else np.array(start, dtype=float).ravel()
        arrays = (self.chain, self.cut, self.mirrored, self.blend, self.centre, self.radii, self.turn,
                  self.balls, self.count, self.reach)  # fmt: skip
        if len(flat) <= _CHUNK:
            _combined(flat, arrays, result)
            return result.reshape(np.shape(points)[:-1])
        pieces = [slice(k, k + _CHUNK) for k in range(0, len(flat), _CHUNK)]
        with ThreadPoolExecutor(_THREADS) as crew:
            list(crew.map(lambda part: _combined(flat[part], arrays, result[part]), pieces))
        return result.reshape(np.shape(points)[:-1])


def solids_of(shapes: Sequence[Shape]) -> Solids:
    """Return the shapes as arrays, in their order."""
    most = max((len(shape.spheres) for shape in shapes), default=1) or 1
    count = len(shapes)
    balls = np.zeros((count, most, 4))
    reach = np.zeros((count, 4))
    for number, shape in enumerate(shapes):
        if shape.spheres:
            held = np.array(shape.spheres)
            balls[number, : len(held)] = held
            middle = held[:, :3].mean(axis=0)
            radius = (np.linalg.norm(held[:, :3] - middle, axis=1) + held[:, 3]).max()
            reach[number] = (*middle, radius)
        else:
            reach[number] = (*shape.centre, max(shape.radii))
    return Solids(
        chain=np.array([shape.kind == "chain" for shape in shapes]),
        cut=np.array([shape.operation == "cut" for shape in shapes]),
        mirrored=np.array([shape.mirrored for shape in shapes]),
        blend=np.array([shape.blend for shape in shapes]),
        centre=np.array([shape.centre for shape in shapes]),
        radii=np.array([shape.radii for shape in shapes]),
        turn=np.array([_turn(shape.turned) for shape in shapes]),
        balls=balls,
        count=np.array([len(shape.spheres) for shape in shapes]),
        reach=reach,
    )


def _turn(degrees: tuple[float, float, float]) -> Floats:
    x, z, y = np.radians(degrees)
    about_x = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    about_z = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    return np.asarray(about_z @ about_x @ about_y)


@kernel
def _smooth_least(a, b, k):  # type: ignore[no-untyped-def]
    if k <= 0.0:
        return min(a, b)
    h = max(k - abs(a - b), 0.0) / k
    return min(a, b) - h * h * h * k / 6.0


@kernel
def _to_ellipsoid(x, y, z, radii, turn):  # type: ignore[no-untyped-def]
    """First-order distance to an ellipsoid at the origin."""
    a = (turn[0, 0] * x + turn[1, 0] * y + turn[2, 0] * z) / radii[0]
    b = (turn[0, 1] * x + turn[1, 1] * y + turn[2, 1] * z) / radii[1]
    c = (turn[0, 2] * x + turn[1, 2] * y + turn[2, 2] * z) / radii[2]
    level = math.sqrt(a * a + b * b + c * c)
    slope = math.sqrt((a / radii[0]) ** 2 + (b / radii[1]) ** 2 + (c / radii[2]) ** 2)
    if slope < 1e-9:
        return -min(radii[0], min(radii[1], radii[2]))
    return level * (level - 1.0) / slope


@kernel
def _to_chain(x, y, z, balls, count):  # type: ignore[no-untyped-def]
    """Distance to balls joined by straight lines along which the radius changes evenly."""
    least = 1e9
    for i in range(count - 1):
        px, py, pz, r = balls[i]
        dx, dy, dz = balls[i + 1, 0] - px, balls[i + 1, 1] - py, balls[i + 1, 2] - pz
        t = ((x - px) * dx + (y - py) * dy + (z - pz) * dz) / (dx * dx + dy * dy + dz * dz)
        t = min(max(t, 0.0), 1.0)
        ex, ey, ez = x - px - t * dx, y - py - t * dy, z - pz - t * dz
        away = math.sqrt(ex * ex + ey * ey + ez * ez) - (r + t * (balls[i + 1, 3] - r))
        least = min(least, away)
    return least


@kernel
def _combined(points, shapes, out):  # type: ignore[no-untyped-def]
    """Apply every shape in turn to `out`, the distance so far; those too far to matter are passed over."""
    chain, cut, mirrored, blend, centre, radii, turn, balls, count, reach = shapes
    for p in range(points.shape[0]):
        y, z = points[p, 1], points[p, 2]
        value = out[p]
        for s in range(chain.size):
            for side in range(2 if mirrored[s] else 1):
                x = points[p, 0] if side == 0 else -points[p, 0]
                rx, ry, rz = x - reach[s, 0], y - reach[s, 1], z - reach[s, 2]
                # Farther than what counts already, plus the blend, nothing changes.
                limit = max(-value if cut[s] else value, -blend[s]) + blend[s] + reach[s, 3]
                if rx * rx + ry * ry + rz * rz > limit * limit:
                    continue
                if chain[s]:
                    away = _to_chain(x, y, z, balls[s], count[s])
                else:
                    away = _to_ellipsoid(
                        x - centre[s, 0], y - centre[s, 1], z - centre[s, 2], radii[s], turn[s]
                    )
                if cut[s]:
                    value = -_smooth_least(-value, away, blend[s])
                else:
                    value = _smooth_least(value, away, blend[s])
        out[p] = value
