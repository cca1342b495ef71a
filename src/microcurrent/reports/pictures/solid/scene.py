"""Scene: surfaces ready for rays; what a ray meets, what is in shadow, how open each place lies."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene

from microcurrent.reports.pictures.solid.shapes import Array, Cap, Surface, smoothed

#: Rays from each vertex that ask how open it lies, fewer where there are very many vertices.
_MOST_LOOKS, _LEAST_LOOKS, _ALL_LOOKS = 48, 14, 6_000_000
#: A thing further than this [m] takes no light from around away; nearer, the more the nearer.
_NEAR = 0.045
#: Rays start this far [m] off their surface: below a dot, far above the rounding of single precision.
OFF = 2e-5
#: Rays at a time: a few ten megabytes.
_BUNCH = 400_000
#: More threads than this gain little.
_MOST_THREADS = 8
_GOLDEN = 0.5 * (np.sqrt(5.0) - 1.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Hits:
    """What rays (P,) first meet: `triangle`, -1 for none, `weights` (P, 3) of corners, `distance` [m]."""

    triangle: npt.NDArray[np.int32]
    weights: Array
    distance: Array


class Scene:
    """Surfaces as one heap of triangles, and the caps of cuts through them.

    The state is what was built for the rays; nothing changes it.
    """

    def __init__(self, surfaces: Sequence[Surface], *, caps: Sequence[Cap] = ()) -> None:
        self.surfaces, self.caps = tuple(surfaces), tuple(caps)
        starts = np.cumsum([0, *(len(surface.vertices) for surface in self.surfaces)])
        self.vertices = _joined([surface.vertices for surface in self.surfaces])
        self.normals = _joined([surface.normals for surface in self.surfaces])
        self.colours = _joined([surface.colours for surface in self.surfaces])
        self.grain = _joined(
            [np.zeros(len(s.vertices)) if s.grain is None else s.grain for s in self.surfaces]
        )
        self.triangles = np.concatenate(
            [s.triangles + start for s, start in zip(self.surfaces, starts, strict=False)]
        ).astype(np.int32)
        sizes = [len(surface.triangles) for surface in self.surfaces]
        self.owner = np.repeat(np.arange(len(sizes), dtype=np.int16), sizes)
        opaque = np.array([surface.opacity >= 1 for surface in self.surfaces])[self.owner]
        self._all = _tree(self.vertices, self.triangles)
        self._opaque = self._all if opaque.all() else _tree(self.vertices, self.triangles[opaque])

    def first(self, origins: Array, ways: Array) -> Hits:
        """Return what rays from `origins` (P, 3) [m] along the unit `ways` (P, 3) meet first."""
        found = self._all.run(_single(origins), _single(ways), output=1)
        u, v = found["u"], found["v"]
        return Hits(
            triangle=found["primID"], weights=np.stack([1 - u - v, u, v], axis=1), distance=found["tfar"]
        )

    def shaded(self, origins: Array, ways: Array) -> npt.NDArray[np.bool_]:
        """Return which rays (P,) meet anything opaque."""
        return np.asarray(self._opaque.run(_single(origins), _single(ways), query="OCCLUDED") >= 0)

    @cached_property
    def openness(self) -> Array:
        """Share of the light from around that reaches each vertex, (V,)."""
        count = len(self.vertices)
        step = max(_BUNCH // self._looks, 1)
        parts = [slice(low, min(low + step, count)) for low in range(0, count, step)]
        shares = np.concatenate(in_threads(self._openness_of, parts))
        for surface, low in zip(self.surfaces, self._starts(), strict=True):
            part = slice(low, low + len(surface.vertices))
            shares[part] = smoothed(shares[part], surface.triangles, rounds=4)
        return shares.astype(np.float32)

    @property
    def _looks(self) -> int:
        return min(max(_ALL_LOOKS // len(self.vertices), _LEAST_LOOKS), _MOST_LOOKS)

    def _starts(self) -> list[int]:
        sizes = [len(surface.vertices) for surface in self.surfaces]
        return [int(start) for start in np.cumsum([0, *sizes[:-1]])]

    def _openness_of(self, part: slice) -> Array:
        normals = self.normals[part]
        count, number = len(normals), self._looks
        one, other = _across(normals)
        turn = 2 * np.pi * ((np.arange(part.start, part.start + count) * _GOLDEN) % 1.0)
        looks = np.arange(number)
        angle = turn[:, None] + 2 * np.pi * _GOLDEN * looks
        radius = np.sqrt((looks + 0.5) / number)
        x, y, z = radius * np.cos(angle), radius * np.sin(angle), np.sqrt(1 - radius**2)
        ways = x[..., None] * one[:, None] + y[..., None] * other[:, None]
        ways = (ways + z[:, None] * normals[:, None]).reshape(-1, 3)
        origins = np.repeat(self.vertices[part] + 10 * OFF * normals, number, axis=0)
        away = self._opaque.run(_single(origins), _single(ways), query="DISTANCE").reshape(count, number)
        return np.asarray(1.0 - np.mean(np.clip(1.0 - away / _NEAR, 0.0, 1.0) ** 0.7, axis=1))


def in_threads(work: Callable[[slice], Array], parts: Sequence[slice]) -> list[Array]:
    """Return the result for every part, in order; the rays and the arrays run beside each other."""
    with ThreadPoolExecutor(min(os.cpu_count() or 1, _MOST_THREADS)) as pool:
        return list(pool.map(work, parts))


def _across(normals: Array) -> tuple[Array, Array]:
    """Two unit vectors (P, 3) each at right angles to unit `normals` (P, 3)."""
    helper = np.where(np.abs(normals[:, 2:]) < 0.9, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])
    one = np.cross(helper, normals)
    one /= np.maximum(np.linalg.norm(one, axis=1, keepdims=True), 1e-12)
    return one, np.cross(normals, one)


def _tree(vertices: Array, triangles: npt.NDArray[np.int32]) -> EmbreeScene:
    tree = EmbreeScene()
    TriangleMesh(tree, _single(vertices), np.ascontiguousarray(triangles))
    return tree


def _single(values: Array) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(values, dtype=np.float32)


def _joined(arrays: Sequence[Array]) -> npt.NDArray[np.float32]:
    return np.concatenate(arrays).astype(np.float32)
