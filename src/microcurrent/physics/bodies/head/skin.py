"""The skin as triangles, from an implicit function worked out near it only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from skimage.measure import marching_cubes

from microcurrent.physics.bodies.head.lattice import nodes_of, refined
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.conduction.grid import Floats

#: The function is worked out first on nodes this many times as far apart.
_COARSER = 4
#: It is worked out in full where, between the coarse nodes, it is below this part of their step: a point of
#: the skin is no farther from the nearest of them than half the diagonal of a block.
_NEAR = 0.9
#: Stands for "far from the skin" [m].
_FAR = 0.1


def skin_from_level(
    level: Callable[[Floats], Floats], low: Floats, high: Floats, *, step: float
) -> SkinMesh:
    """Return the surface at which `level` of points (P, 3) is 0, within the box, in steps of `step` [m].

    The mesh is open where the body runs into an end of the box.
    """
    block = _COARSER * step
    origin, coarse = nodes_of(low, high, block)
    rough = level(coarse.reshape(-1, 3)).reshape(coarse.shape[:3]).astype(np.float32)
    guess = refined(rough, _COARSER)
    values = np.where(guess < 0, np.float32(-_FAR), np.float32(_FAR))
    near = np.argwhere(np.abs(guess) < _NEAR * block)
    values[tuple(near.T)] = level(origin + step * near)
    vertices, triangles, _, _ = marching_cubes(  # type: ignore[no-untyped-call]
        values, 0.0, gradient_direction="descent"
    )
    return SkinMesh(vertices=origin + step * vertices, triangles=triangles)
