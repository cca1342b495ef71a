"""How deep below the skin every place lies, from the skin's triangles."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from microcurrent.physics.bodies.head.lattice import Lattice, nodes_of
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.conduction.grid import Floats

#: Within this many steps of the skin the distance is taken to the triangles' vertices and normals.
_NEAR = 3.0
#: Points are looked up by this many threads.
_WORKERS = 2


def signed_depth(skin: SkinMesh, points: Floats) -> tuple[Floats, npt.NDArray[np.intp]]:
    """Return how far points (P, 3) are from the skin [m], positive inside, and the nearest vertices, (P,).

    To the plane of the nearest vertex while the point lies above its triangles, else to the vertex. Good
    for points within a few edges of a smooth skin; the sign is that of the nearest vertex's normal.
    """
    away, nearest = skin.tree.query(points, workers=_WORKERS)
    across = np.einsum("ij,ij->i", points - skin.vertices[nearest], skin.normals[nearest])
    aside = np.sqrt(np.maximum(away**2 - across**2, 0.0))
    edge = np.sqrt(skin.triangle_areas.mean() * 4 / np.sqrt(3))
    plane = np.where(aside < edge, np.abs(across), away)
    return np.where(across < 0, plane, -plane), nearest


def depth_lattice(skin: SkinMesh, inside: Lattice, *, step: float) -> Lattice:
    """Return the depth [m] on a lattice of `step` [m] over the box of `inside`.

    `inside`: a lattice whose first value is positive inside and changes sign near the skin. Near the skin
    the distance is exact (`signed_depth`); deeper, it is that to the place on the skin next to the nearest
    node outside, which is too long by no more than the square of a step over the depth.
    """
    counts = np.array(inside.values.shape[:3])
    high = inside.origin + inside.step * (counts - 1)
    origin, nodes = nodes_of(inside.origin, high, step)
    rough = inside.at(nodes)[..., 0]
    within = rough > 0
    reach = int(np.ceil(_NEAR))
    near = ndimage.binary_dilation(within, iterations=reach) & ~ndimage.binary_erosion(
        within, iterations=reach, border_value=1
    )
    depth = np.where(within, np.inf, -_NEAR * step)
    depth[near], nearest = signed_depth(skin, nodes[near])
    vertex = np.full(depth.shape, -1, dtype=np.int64)
    vertex[near] = nearest
    index = ndimage.distance_transform_edt(
        depth > 0, sampling=step, return_distances=False, return_indices=True
    )
    deep = np.isinf(depth)
    feet = vertex[tuple(index[:, deep])]
    depth[deep] = np.linalg.norm(nodes[deep] - skin.vertices[feet], axis=1)
    return Lattice(origin=origin, step=step, values=depth[..., None].astype(np.float32))
