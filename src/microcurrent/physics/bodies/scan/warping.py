"""Warping: the smooth map from a template to a subject, fitted from coarse to fine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from microcurrent.physics.bodies.scan.template import Samples, Similarity, Template
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.conduction.grid import Floats

#: Reach [m in the template] of the bumps of each level, and how many there are.
_LEVELS = ((0.16, 40), (0.09, 120), (0.05, 300))
#: Fits at each level, with the correspondences found anew.
_ROUNDS = 4
#: Weight of the smallness of the bumps against the closeness of the points, at each level.
_STIFFNESS = (0.3, 0.3, 0.3)
#: Part of the distance along the skin that is gone at each fit; all of that across it is.
_SLIDING = 0.3
#: Farther [m in the template] than this nothing corresponds, at each level.
_REACH = (0.03, 0.02, 0.012)
#: Normals farther apart than this cosine do not correspond.
_SAME_SIDE = 0.5
#: Reach [m in the template] of the bumps by which given landmarks are honoured: wide before the fit, so
#: that a mouth follows its middle, narrow after it, for what is left.
_GIVEN_WIDE, _GIVEN_NARROW = 0.15, 0.05
#: Points of the face and of the head that are laid on the skin.
_OF_FACE, _OF_HEAD = 1500, 1000
#: Points mapped at a time.
_CHUNK = 4000


@dataclass(frozen=True, kw_only=True, eq=False)
class Bumps:
    """A displacement: `centres` (C, 3) [m in the template], `reach` [m], `weights` (C, 3)."""

    centres: Floats
    reach: float
    weights: Floats

    def __call__(self, points: Floats) -> Floats:
        """Return the displacement at `points` (P, 3)."""
        return np.asarray(wendland(points, self.centres, self.reach) @ self.weights)


@dataclass(frozen=True, kw_only=True, eq=False)
class SmoothMap:
    """The map from the template to the subject: displacements in the template, then a similarity."""

    similarity: Similarity
    levels: tuple[Bumps, ...] = ()

    def __call__(self, points: npt.ArrayLike) -> Floats:
        """Return `points` (P, 3) [m in the template] on the subject, (P, 3) in its unit."""
        given = np.asarray(points, dtype=float).reshape(-1, 3)
        moved = given.copy()
        for begin in range(0, len(given), _CHUNK):
            part = slice(begin, begin + _CHUNK)
            for level in self.levels:
                moved[part] += level(given[part])
        return self.similarity(moved)


def wendland(points: Floats, centres: Floats, reach: float) -> Floats:
    """Return Wendland's C2 function of the distances, (P, C): 1 at a centre, 0 beyond its reach."""
    r = np.minimum(cdist(points, centres) / reach, 1.0)
    return np.asarray((1 - r) ** 4 * (4 * r + 1))


def fit_map(
    skin: SkinMesh, template: Template, similarity: Similarity, *, given: Mapping[str, Floats],
    levels: int = len(_LEVELS),
) -> SmoothMap:  # fmt: skip
    """Return the smooth map that lays `template` on `skin`, starting from `similarity`.

    Bumps on ever more centres are fitted to the nearest skin of like normal, with smallness as the
    price of a bump. `given`: places on the subject of landmarks of the template, which the map takes
    exactly there. `levels`: how many, the coarsest first.
    """
    face, head = template.face, template.head
    samples = Samples(
        points=np.concatenate([face.points[:_OF_FACE], head.points[:_OF_HEAD]]),
        normals=np.concatenate([face.normals[:_OF_FACE], head.normals[:_OF_HEAD]]),
    )
    subject = similarity.back(skin.vertices)
    facing = skin.normals @ similarity.rotation
    aligned = SkinMesh(vertices=subject, triangles=skin.triangles)
    bumps: list[Bumps] = []
    pinned = _pins(template, similarity, given)
    if len(pinned[0]):
        bumps.append(_exactly(*pinned, _GIVEN_WIDE))
    order = _spread(samples.points, max(count for _, count in _LEVELS))
    for (reach, count), stiffness, limit in list(zip(_LEVELS, _STIFFNESS, _REACH, strict=True))[:levels]:
        centres = samples.points[order[:count]]
        basis = wendland(samples.points, centres, reach)
        moved = samples.points + sum((bump(samples.points) for bump in bumps), np.zeros(3))
        weights: Floats = np.zeros((count, 3))
        for _ in range(_ROUNDS):
            now = moved + basis @ weights
            index = aligned.nearest(now)
            toward = subject[index] - now
            counts = (np.einsum("pi,pi->p", samples.normals, facing[index]) > _SAME_SIDE) & (
                np.linalg.norm(toward, axis=1) < limit
            )
            across = np.einsum("pi,pi->p", toward, facing[index])[:, None] * facing[index]
            wanted = basis @ weights + across + _SLIDING * (toward - across)
            weights = _fitted(basis[counts], wanted[counts], stiffness)
        bumps.append(Bumps(centres=centres, reach=reach, weights=weights))
    if len(pinned[0]):
        places = pinned[0]
        left = pinned[1] - sum((bump(places) for bump in bumps), np.zeros(3))
        bumps.append(_exactly(places, left, _GIVEN_NARROW))
    return SmoothMap(similarity=similarity, levels=tuple(bumps))


def _pins(template: Template, similarity: Similarity, given: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    names = [name for name in given if name in template.landmarks]
    if not names:
        return np.empty((0, 3)), np.empty((0, 3))
    places = np.stack([template.landmarks[name] for name in names])
    return places, similarity.back(np.stack([given[name] for name in names])) - places


def _exactly(places: Floats, displacement: Floats, reach: float) -> Bumps:
    """Bumps that displace `places` (G, 3) by exactly `displacement` (G, 3)."""
    kernel = wendland(places, places, reach)
    weights = np.asarray(np.linalg.solve(kernel, displacement), dtype=float)
    return Bumps(centres=places, reach=reach, weights=weights)


def _spread(points: Floats, count: int) -> npt.NDArray[np.intp]:
    """Numbers of points chosen one after the other, each the farthest from those before."""
    chosen = np.zeros(count, dtype=np.intp)
    distance = np.full(len(points), np.inf)
    for k in range(1, count):
        distance = np.minimum(distance, np.linalg.norm(points - points[chosen[k - 1]], axis=1))
        chosen[k] = int(np.argmax(distance))
    return chosen


def _fitted(basis: Floats, wanted: Floats, stiffness: float) -> Floats:
    """Weights (C, 3) of least squares whose displacements (P, 3) come near those wanted."""
    square = basis.T @ basis
    square[np.diag_indices(len(square))] += stiffness
    return np.asarray(np.linalg.solve(square, basis.T @ wanted))
