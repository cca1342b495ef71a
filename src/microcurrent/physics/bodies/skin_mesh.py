"""SkinMesh: the skin as triangles, with its normals and the place on it that is nearest to a point."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.grid import Floats

Triangles = npt.NDArray[np.int32]


@dataclass(frozen=True, kw_only=True, eq=False)
class SkinMesh:
    """Triangles of the skin: `vertices` (V, 3) [m]; `triangles` (T, 3), corners seen from outside
    counter-clockwise. Raises `ValueRefused` for arrays that are no triangles."""

    vertices: Floats
    triangles: Triangles

    def __post_init__(self) -> None:
        vertices = np.array(self.vertices, dtype=float)
        triangles = np.array(self.triangles, dtype=np.int32)
        sound = vertices.ndim == 2 and vertices.shape[1:] == (3,) and np.isfinite(vertices).all()
        fits = triangles.ndim == 2 and triangles.shape[1:] == (3,) and triangles.size > 0
        if not (sound and fits) or triangles.min() < 0 or triangles.max() >= len(vertices):
            raise ValueRefused(
                Problem(
                    what="a mesh of the skin",
                    expected="finite vertices (V, 3) and triangles (T, 3) of them",
                    came=f"{vertices.shape} and {triangles.shape}",
                )
            )
        for name, values in (("vertices", vertices), ("triangles", triangles)):
            values.setflags(write=False)
            object.__setattr__(self, name, values)

    @cached_property
    def triangle_areas(self) -> Floats:
        """Area of every triangle, (T,) [m2]."""
        return np.asarray(0.5 * np.linalg.norm(self._crosses, axis=1))

    @cached_property
    def normals(self) -> Floats:
        """Outward unit normal at every vertex, (V, 3): the mean of its triangles by their area."""
        total = np.zeros_like(self.vertices)
        for corner in range(3):
            np.add.at(total, self.triangles[:, corner], self._crosses)
        length = np.linalg.norm(total, axis=1, keepdims=True)
        return np.asarray(np.divide(total, length, out=np.zeros_like(total), where=length > 0))

    @cached_property
    def _crosses(self) -> Floats:
        a, b, c = (self.vertices[self.triangles[:, k]] for k in range(3))
        return np.asarray(np.cross(b - a, c - a))

    @cached_property
    def tree(self) -> cKDTree:
        """The vertices, for look-ups of the nearest."""
        return cKDTree(self.vertices)

    def nearest(self, points: npt.ArrayLike) -> npt.NDArray[np.intp]:
        """Return the number of the vertex nearest to each of `points` (P, 3) [m], (P,)."""
        return np.asarray(self.tree.query(np.asarray(points, dtype=float))[1])
