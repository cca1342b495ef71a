"""Lattice: values at the nodes of a regular grid, and what they are between the nodes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numba import njit

from microcurrent.physics.conduction.grid import Floats

kernel = njit(nogil=True, cache=True)

_CHUNK = 200_000
_THREADS = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class Lattice:
    """`values` (nx, ny, nz, C), of C kinds, at nodes `origin` + (i, j, k) `step` [m]; linear between them,
    and beyond the ends as at the nearest end."""

    origin: Floats
    step: float
    values: np.ndarray

    def at(self, points: Floats) -> Floats:
        """Return the values at points (P, 3) [m], (P, C)."""
        flat = np.ascontiguousarray(points, dtype=float).reshape(-1, 3)
        out = np.empty((len(flat), self.values.shape[3]))
        if len(flat) <= _CHUNK:
            _between(self.values, self.origin, self.step, flat, out)
            return out.reshape(*np.shape(points)[:-1], -1)
        pieces = [slice(k, k + _CHUNK) for k in range(0, len(flat), _CHUNK)]
        with ThreadPoolExecutor(_THREADS) as crew:
            list(
                crew.map(
                    lambda part: _between(self.values, self.origin, self.step, flat[part], out[part]),
                    pieces,
                )
            )
        return out.reshape(*np.shape(points)[:-1], -1)

    def slope(self, points: Floats) -> Floats:
        """Return the gradient of the first kind at points (P, 3), (P, 3) [per m], over two steps."""
        parts = []
        for axis in range(3):
            apart = np.zeros(3)
            apart[axis] = self.step
            parts.append(
                (self.at(points + apart)[..., 0] - self.at(points - apart)[..., 0]) / (2 * self.step)
            )
        return np.stack(parts, axis=-1)


def nodes_of(low: Floats, high: Floats, step: float) -> tuple[Floats, Floats]:
    """Return the origin (3,) and the nodes (nx, ny, nz, 3) [m] of a lattice that covers a box.

    The nodes lie evenly to both sides of x = 0, so that a mirrored body has a mirrored lattice.
    """
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    half = np.ceil(max(-low[0], high[0]) / step - 1e-9) * step
    low, high = np.array([-half, low[1], low[2]]), np.array([half, high[1], high[2]])
    counts = np.ceil((high - low) / step - 1e-9).astype(int) + 1
    axes = [low[k] + step * np.arange(counts[k]) for k in range(3)]
    return low, np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)


def refined(values: np.ndarray, times: int) -> np.ndarray:
    """Return values (nx, ny, nz) at nodes `times` as near together, linear between the given ones."""
    for axis in range(3):
        at = np.arange((values.shape[axis] - 1) * times + 1) / times
        low = np.minimum(at.astype(int), values.shape[axis] - 2)
        part = (at - low).astype(values.dtype).reshape([-1 if k == axis else 1 for k in range(3)])
        before, after = np.take(values, low, axis=axis), np.take(values, low + 1, axis=axis)
        values = before + part * (after - before)
    return values


@kernel
def between(values, origin, step, point, out):  # type: ignore[no-untyped-def]
    """Write the values (C,) between the nodes at one point (3,) to `out` (C,)."""
    u = min(max((point[0] - origin[0]) / step, 0.0), values.shape[0] - 1.000001)
    v = min(max((point[1] - origin[1]) / step, 0.0), values.shape[1] - 1.000001)
    w = min(max((point[2] - origin[2]) / step, 0.0), values.shape[2] - 1.000001)
    i, j, k = int(u), int(v), int(w)
    u, v, w = u - i, v - j, w - k
    a, b, c, d = (1 - u) * (1 - v), (1 - u) * v, u * (1 - v), u * v
    for kind in range(values.shape[3]):
        near = a * values[i, j, k, kind] + b * values[i, j + 1, k, kind]
        near += c * values[i + 1, j, k, kind] + d * values[i + 1, j + 1, k, kind]
        far = a * values[i, j, k + 1, kind] + b * values[i, j + 1, k + 1, kind]
        far += c * values[i + 1, j, k + 1, kind] + d * values[i + 1, j + 1, k + 1, kind]
        out[kind] = (1 - w) * near + w * far


@kernel
def _between(values, origin, step, points, out):  # type: ignore[no-untyped-def]
    for p in range(points.shape[0]):
        between(values, origin, step, points[p], out[p])
