"""The skin of a body of voxels as a smooth mesh, for ways on it; no current is computed on this mesh."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from skimage.measure import marching_cubes

from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.bodies.volume import Volume

#: Width of the Gaussian that takes the staircase off, in cells: steps are one cell high.
_SMOOTHING = 1.0
#: The skin lies where the smoothed share of body passes this: on flat skin that is the face of the cell.
_HALF = 0.5


def skin_of_voxels(volume: Volume) -> SkinMesh:
    """Return the surface between a body and the outside air, smoothed over one cell.

    Cavities inside have no surface. It is open where the body is cut by an end of the grid. Raises
    `ValueRefused` where the grid is too small to hold a surface.
    """
    body = (~volume.outside()).astype(np.float32)
    where = [slice(max(first - 3, 0), last + 4) for first, last in _extent(body)]
    smooth = ndimage.gaussian_filter(body[tuple(where)], _SMOOTHING, mode="nearest", truncate=3.0)
    if min(smooth.shape) < 2 or not smooth.min() < _HALF < smooth.max():
        none = np.zeros((0, 3))
        return SkinMesh(vertices=none, triangles=none.astype(np.int32))
    places, triangles, _, _ = marching_cubes(smooth, _HALF, allow_degenerate=False)  # type: ignore[no-untyped-call]
    vertices = np.empty(places.shape)
    for axis, part in enumerate(where):
        centres = volume.grid.centres(axis)[part]
        vertices[:, axis] = np.interp(places[:, axis], np.arange(len(centres)), centres)
    # Marching cubes lists the corners clockwise as seen from the side of the lower values.
    return SkinMesh(vertices=vertices, triangles=triangles[:, ::-1])


def _extent(body: np.ndarray) -> list[tuple[int, int]]:
    """First and last index along each axis at which there is body."""
    found = []
    for axis in range(3):
        filled = np.flatnonzero(body.any(axis=tuple(k for k in range(3) if k != axis)))
        found.append((int(filled[0]), int(filled[-1])))
    return found
