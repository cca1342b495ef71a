"""Template: a head whose landmarks are known, and the similarity that lays it on another head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.conduction.grid import Floats

#: Skin farther [m] from the middle of the face is no face.
_FACE_RADIUS = 0.085
#: Skin of a face looks at most this far backward: the smallest y of its normal.
_FACE_NORMAL = 0.1
#: The flat cut through the neck lies within this [m] of the lowest vertex and looks down.
_CUT, _DOWNWARD = 4e-3, -0.8
#: Seed of the samples, so that one scan always gives one result.
_SEED = 20150101


@dataclass(frozen=True, kw_only=True, eq=False)
class Similarity:
    """`target = scale * rotation @ source + shift`: `rotation` (3, 3), `shift` (3,)."""

    scale: float
    rotation: Floats
    shift: Floats

    def __call__(self, points: npt.ArrayLike) -> Floats:
        """Return `points` (P, 3) of the source in the target."""
        return np.asarray(self.scale * np.asarray(points, dtype=float) @ self.rotation.T + self.shift)

    def back(self, points: npt.ArrayLike) -> Floats:
        """Return `points` (P, 3) of the target in the source."""
        return np.asarray((np.asarray(points, dtype=float) - self.shift) @ self.rotation / self.scale)

    def turned(self, directions: npt.ArrayLike) -> Floats:
        """Return unit vectors (P, 3) of the source in the target."""
        return np.asarray(np.asarray(directions, dtype=float) @ self.rotation.T)


@dataclass(frozen=True, kw_only=True, eq=False)
class Samples:
    """Points on a skin: `points` (P, 3), outward unit `normals` (P, 3)."""

    points: Floats
    normals: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Template:
    """A head: `skin` [m] with axes right, front, up; `landmarks` by name, (3,) [m] each.

    It must have "pronasale", "menton" and "sellion" or "nasion"; these name its face. Names that end in
    " left" and " right" are of the sides; the others lie on the midline. Raises `ValueRefused`.
    """

    skin: SkinMesh
    landmarks: Mapping[str, Floats]

    def __post_init__(self) -> None:
        places = {name: np.array(place, dtype=float) for name, place in self.landmarks.items()}
        wanted = [name for name in ("pronasale", "menton") if name not in places]
        if wanted or not {"sellion", "nasion"} & set(places):
            raise ValueRefused(
                Problem(
                    what="landmarks of a template head",
                    expected="pronasale, menton, and sellion or nasion",
                    came=", ".join(places) or "none",
                )
            )
        for place in places.values():
            if place.shape != (3,) or not np.isfinite(place).all():
                raise ValueRefused(
                    Problem(what="a landmark of a template", expected="(3,) finite", came=repr(place))
                )
        object.__setattr__(self, "landmarks", places)

    @property
    def root(self) -> Floats:
        """The root of the nose, (3,) [m]."""
        return np.asarray(self.landmarks["sellion" if "sellion" in self.landmarks else "nasion"])

    @property
    def centre(self) -> Floats:
        """The middle of the face, (3,) [m]."""
        return np.asarray(
            np.mean([self.root, self.landmarks["pronasale"], self.landmarks["menton"]], axis=0)
        )

    @cached_property
    def face(self) -> Samples:
        """Points all over the face, the same number in every area."""
        near = np.linalg.norm(self._middles - self.centre, axis=1) < _FACE_RADIUS
        return self._sampled(near & (self._facing[:, 1] > _FACE_NORMAL), 2500)

    @cached_property
    def head(self) -> Samples:
        """Points all over the head but not on the cut through the neck."""
        lowest = self.skin.vertices[:, 2].min()
        cut = (self._middles[:, 2] < lowest + _CUT) & (self._facing[:, 2] < _DOWNWARD)
        return self._sampled(~cut, 2500)

    @cached_property
    def _middles(self) -> Floats:
        return np.asarray(self.skin.vertices[self.skin.triangles].mean(axis=1))

    @cached_property
    def _facing(self) -> Floats:
        a, b, c = (self.skin.vertices[self.skin.triangles[:, k]] for k in range(3))
        normals = np.cross(b - a, c - a)
        length = np.linalg.norm(normals, axis=1, keepdims=True)
        return np.asarray(normals / np.where(length > 0, length, 1.0))

    def _sampled(self, chosen: npt.NDArray[np.bool_], count: int) -> Samples:
        chance = np.random.default_rng(_SEED)
        areas = np.where(chosen, self.skin.triangle_areas, 0.0)
        triangle = chance.choice(len(areas), size=count, p=areas / areas.sum())
        u, v = chance.random((2, count, 1))
        over = u + v > 1
        u, v = np.where(over, 1 - u, u), np.where(over, 1 - v, v)
        a, b, c = (self.skin.vertices[self.skin.triangles[triangle, k]] for k in range(3))
        w = 1 - u - v
        na, nb, nc = (self.skin.normals[self.skin.triangles[triangle, k]] for k in range(3))
        normals = w * na + u * nb + v * nc
        length = np.linalg.norm(normals, axis=1, keepdims=True)
        return Samples(points=w * a + u * b + v * c, normals=normals / np.where(length > 0, length, 1.0))
