"""The skin of a limb or patch as triangles, and how thick skin and fat are below each vertex."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from microcurrent.physics.bodies.limb.surface import Surface
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.conduction.grid import Floats

#: Length [m] of the edges of the triangles, about.
EDGE = 2e-3
#: Steps towards the underside of a layer: each leaves a small part of the error of the one before.
_STEPS = 12

Places = tuple[Floats, Floats]


def skin_of(surface: Surface) -> tuple[SkinMesh, Places]:
    """Return the skin, open at the cuts, and the places (around, along) (V,) of its vertices."""
    low, high = surface.shape.along
    along = np.linspace(low, high, int(np.ceil((high - low) / EDGE)) + 1)
    if surface.round:
        girth = max(surface.girth(z) for z in along[:: max(along.size // 8, 1)])
        count = int(np.ceil(girth / EDGE))
        around = np.linspace(0.0, 2.0 * np.pi, count, endpoint=False)
    else:
        first, last = surface.shape.across
        count = int(np.ceil((last - first) / EDGE)) + 1
        around = np.linspace(first, last, count)
    u, z = (grid.ravel() for grid in np.meshgrid(around, along, indexing="ij"))
    mesh = SkinMesh(
        vertices=surface.points(u, z), triangles=_triangles(count, along.size, closed=surface.round)
    )
    return mesh, (u, z)


def _triangles(around: int, along: int, *, closed: bool) -> npt.NDArray[np.int32]:
    """Two triangles for each square of the places, seen from outside counter-clockwise."""
    i = np.arange(around if closed else around - 1)[:, None]
    j = np.arange(along - 1)[None, :]
    ahead = (i + 1) % around
    a, b, c, d = (np.broadcast_to(k, (i.size, j.size)).ravel() for k in (
        i * along + j, ahead * along + j, ahead * along + j + 1, i * along + j + 1))  # fmt: skip
    return np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)]).astype(np.int32)


def layer_thickness(surface: Surface, places: Places) -> dict[str, Floats]:
    """Return how thick skin and fat are below places of the skin, (V,) [m], measured along its normal."""
    u, z = places
    points, normals, cosine = surface.points(u, z), surface.normals(u, z), surface.cosine(u, z)
    depths = []
    for number in (1, 2):
        depth = np.zeros(u.shape)
        for _ in range(_STEPS):
            around, along, height = surface.places(points - depth[:, None] * normals)
            depth = depth + cosine * (height - surface.layers(around, along)[number])
        depths.append(depth)
    return {"skin": depths[0], "fat": depths[1] - depths[0]}
