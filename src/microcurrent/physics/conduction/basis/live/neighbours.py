"""Which faces of the skin share an edge, and how well a sheet on the skin joins their middles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from microcurrent.physics.conduction.contact import Faces, Integers
from microcurrent.physics.conduction.grid import Floats, Grid

#: Rounds of averaging over neighbours that turn the normals of a staircase into that of the skin:
#: a spread of two faces, and steps of up to three or four faces long disappear.
_ROUNDS = 16
#: Seen along the skin's normal, two middles are at least this part of their distance apart. In a
#: sharp fold they may fall together, which would short-circuit the faces.
_SEEN = 0.2


@dataclass(frozen=True, kw_only=True, eq=False)
class SurfaceLinks:
    """Pairs of faces with a common edge: `pairs` (L, 2) indices into the faces, rising by the first.

    `first` (F + 1,): face f comes first in the pairs from ``first[f]`` to before ``first[f + 1]``.

    `squares` (L,), dimensionless: a sheet of conductance S per square joins the two middles with
    ``S * squares``, width over distance. `distance` (L,) [m] between them. `shadow` (F,) [m2]: the area
    of every face seen along the normal of the skin there, which undoes the staircase of a segmentation.
    """

    pairs: Integers
    first: Integers
    squares: Floats
    distance: Floats
    shadow: Floats

    def among(self, faces: Integers) -> Integers:
        """Return the indices (k,) of the pairs with both ends in `faces` (n,), which rise.

        Faces beyond those of the links, such as a remote electrode, have no neighbours.
        """
        faces = faces[faces < self.shadow.size]
        start, stop = self.first[faces], self.first[faces + 1]
        count = stop - start
        before = np.repeat(np.cumsum(count) - count, count)
        found = np.arange(int(count.sum())) - before + np.repeat(start, count)
        other = self.pairs[found, 1]
        place = np.minimum(np.searchsorted(faces, other), max(faces.size - 1, 0))
        return np.asarray(found[faces[place] == other])


def surface_links(grid: Grid, faces: Faces) -> SurfaceLinks:
    """Return the neighbours of every face of a skin on `grid`.

    Middles and edges are projected along the normal of the skin, so that a film on a staircase
    conducts like one on the smooth skin. Where two voxels touch along one edge only, the faces of the
    same voxel are neighbours.
    """
    pairs, along = _shared_edges(grid, faces)
    normals = _smooth_normals(faces, pairs)
    mean = normals[pairs[:, 0]] + normals[pairs[:, 1]]
    length = np.linalg.norm(mean, axis=1, keepdims=True)
    # Two sides of a sheet of one voxel: any direction does.
    mean = mean / np.where(length > 0, length, 1.0)
    step = faces.centres[pairs[:, 1]] - faces.centres[pairs[:, 0]]
    seen = step - mean * np.einsum("ij,ij->i", step, mean)[:, None]
    edge = along - mean * np.einsum("ij,ij->i", along, mean)[:, None]
    square = np.einsum("ij,ij->i", seen, seen)
    least = _SEEN**2 * np.einsum("ij,ij->i", step, step)
    across = np.linalg.norm(np.cross(seen, edge), axis=1)
    distance = np.sqrt(np.maximum(square, least))
    looking = np.abs(normals[np.arange(faces.cells.size), faces.axis])
    count = np.bincount(pairs[:, 0], minlength=faces.cells.size)
    return SurfaceLinks(
        pairs=pairs,
        first=np.concatenate([[0], np.cumsum(count)]),
        squares=across / distance**2,
        distance=distance,
        shadow=faces.area * looking,
    )


def _shared_edges(grid: Grid, faces: Faces) -> tuple[Integers, Floats]:
    """Pairs of faces (L, 2) and the edge between them as a vector (L, 3) [m]."""
    places = np.stack(np.unravel_index(faces.cells, grid.shape), axis=1)
    nodes = tuple(count + 1 for count in grid.shape)
    every = np.arange(faces.cells.size)
    keys, owners, along = [], [], []
    for axis in range(3):
        chosen = every[faces.axis == axis]
        for running in (other for other in range(3) if other != axis):
            across = 3 - axis - running
            for offset in (0, 1):
                node = places[chosen].copy()
                node[:, axis] += faces.side[chosen] > 0
                node[:, across] += offset
                keys.append(np.ravel_multi_index(tuple(node.T), nodes) * 3 + running)
                owners.append(chosen)
                vector = np.zeros((chosen.size, 3))
                vector[:, running] = grid.widths(running)[places[chosen, running]]
                along.append(vector)
    key, owner, edge = np.concatenate(keys), np.concatenate(owners), np.concatenate(along)
    order = np.lexsort((faces.cells[owner], key))
    key, owner, edge = key[order], owner[order], edge[order]
    _, which, count = np.unique(key, return_inverse=True, return_counts=True)
    same = key[1:] == key[:-1]
    one_voxel = faces.cells[owner[1:]] == faces.cells[owner[:-1]]
    linked = same & ((count[which[1:]] == 2) | one_voxel)
    pairs = np.stack([owner[:-1][linked], owner[1:][linked]], axis=1)
    rising = np.argsort(pairs[:, 0], kind="stable")
    return pairs[rising], edge[:-1][linked][rising]


def _smooth_normals(faces: Faces, pairs: Integers) -> Floats:
    """The outward unit normal of the skin at every face (F, 3), the staircase averaged out."""
    count = faces.cells.size
    normals = np.zeros((count, 3))
    normals[np.arange(count), faces.axis] = faces.side * faces.area
    ones = np.ones(len(pairs))
    links = sparse.coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(count, count)).tocsr()
    around = links + links.T
    # The diffusion is symmetric, so that on a plane every face tends to the same share of the total.
    kept = 0.125 * np.asarray(around.sum(axis=1))
    for _ in range(_ROUNDS):
        normals = normals + 0.125 * (around @ normals) - kept[:, None] * normals
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    flat = length[:, 0] <= 0
    normals[flat, faces.axis[flat]] = faces.side[flat]
    return np.asarray(normals / np.where(length > 0, length, 1.0))
