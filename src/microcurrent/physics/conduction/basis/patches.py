"""Patches: the skin of a region cut into pieces of a few millimetres, one column of the basis each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.contact import Faces, Integers, Mask
from microcurrent.physics.conduction.grid import Floats, Grid

#: Mean distance [m] between the middles of neighbouring patches.
SIZE = 4.0e-3
#: Seeds stand at least this part of the wanted distance apart; evened out, their mean distance is
#: then about the wanted one.
_APART = 0.82
#: Rounds of moving each seed to the middle of its patch: more change little.
_ROUNDS = 6
#: A piece smaller than this part of the mean patch joins its neighbour.
_SMALLEST = 0.3


@dataclass(frozen=True, kw_only=True, eq=False)
class Patches:
    """Pieces of skin, each a set of skin cells that tissue joins.

    A current into a face enters the cell behind it, so a patch is made of cells, and all the faces of
    a cell belong to its patch. `faces`: the whole skin (F,); `cells` (C,): flat indices of the cells
    under the chosen region, rising; `cell_patch` (C,): the patch of each; `weight` (C,): which part of
    the patch's area is on the cell; `face_cell` (F,): the place in `cells` of each face, -1 outside
    the region; `centres` (Q, 3) [m] and `normals` (Q, 3), outward; `area` (Q,) [m2] of the faces.
    """

    faces: Faces
    cells: Integers
    cell_patch: Integers
    weight: Floats
    face_cell: Integers
    centres: Floats
    normals: Floats
    area: Floats

    @property
    def count(self) -> int:
        """How many patches there are."""
        return int(self.area.size)

    @property
    def face_patch(self) -> Integers:
        """The patch of every face of the skin, (F,), -1 outside the region."""
        return np.where(self.face_cell >= 0, self.cell_patch[self.face_cell], -1)

    def cells_under(self, faces: Integers) -> Integers:
        """Return the places in `cells` of `faces` (n,); refuse a face that no patch covers."""
        found = self.face_cell[np.asarray(faces)]
        if (found < 0).any():
            raise ValueRefused(
                Problem(
                    what="current outside the region of the basis",
                    expected="faces of the skin that patches cover",
                    came=f"{int((found < 0).sum())} that none covers",
                    advice="Make a basis of a larger region",
                )
            )
        return found


def within(faces: Faces, centres: npt.ArrayLike, radius: float) -> Mask:
    """Return which faces have their middle within `radius` [m] of any of `centres` (P, 3), (F,).

    Raises `ValueRefused` for a radius that is not positive and where no face is so near.
    """
    points = np.atleast_2d(np.asarray(centres, dtype=float))
    if not radius > 0:
        raise _refused("a radius above 0 m", f"{radius}")
    chosen = np.asarray(cKDTree(points).query(faces.centres)[0] <= radius)
    if not chosen.any():
        raise _refused(f"skin within {1e3 * radius:g} mm of the points", "none")
    return chosen


def cut_patches(
    grid: Grid, conducting: Mask, faces: Faces, *, size: float = SIZE, region: Mask | None = None
) -> Patches:
    """Return the skin `faces` in `region` (F,) cut into patches about `size` [m] apart.

    Without `region` the whole skin is cut. Seeds are spread evenly, every skin cell joins the nearest
    seed, and the seeds move to the middles of their cells (Lloyd 1982). A patch is one piece: cells
    that only air joins, as on two lips, are told apart; small pieces join a neighbour. `conducting` is
    (nx, ny, nz). Raises `ValueRefused` for a size that is not positive and for an empty region.
    """
    if not (np.isfinite(size) and size > 0):
        raise _refused("a size above 0 m", f"{size}")
    chosen = np.ones(faces.cells.size, dtype=bool) if region is None else np.asarray(region, dtype=bool)
    if chosen.shape != faces.cells.shape or not chosen.any():
        raise _refused(f"a mask of {faces.cells.size} faces, some of them chosen", f"{chosen.sum()} chosen")
    # All the faces of a chosen cell belong to the region, whatever side they look to.
    cells = np.unique(faces.cells[chosen])
    face_cell = np.searchsorted(cells, faces.cells)
    face_cell[face_cell == cells.size] = 0
    face_cell = np.where(cells[face_cell] == faces.cells, face_cell, -1)
    places = np.stack(np.unravel_index(cells, grid.shape), axis=1)
    points = np.stack([grid.centres(axis)[places[:, axis]] for axis in range(3)], axis=1)
    inside = face_cell >= 0
    area = _summed(face_cell[inside], faces.area[inside])
    links = joined_cells(grid, conducting, cells)
    patch = _joined(_spread(points, area, size), links, area)
    return _described(faces, cells, face_cell, patch)


def _summed(groups: Integers, values: Floats) -> Floats:
    return np.asarray(np.bincount(groups, weights=values), dtype=float)


def _spread(points: Floats, area: Floats, size: float) -> Integers:
    """The number of the nearest evened-out seed of each point (C,)."""
    tree = cKDTree(points)
    free = np.ones(len(points), dtype=bool)
    seeds = []
    for point in range(len(points)):
        if free[point]:
            seeds.append(point)
            free[tree.query_ball_point(points[point], _APART * size)] = False
    middles = points[seeds]
    for _ in range(_ROUNDS):
        nearest = cKDTree(middles).query(points)[1]
        filled = np.bincount(nearest, weights=area, minlength=len(middles))
        sums = [np.bincount(nearest, weights=area * points[:, k], minlength=len(middles)) for k in range(3)]
        middles = (np.stack(sums) / np.where(filled > 0, filled, np.nan)).T
        middles = middles[filled > 0]
    return np.asarray(cKDTree(middles).query(points)[1])


def joined_cells(grid: Grid, conducting: Mask, cells: Integers) -> sparse.csr_array:
    """Return which of `cells` (C,) tissue joins directly or over one cell between them, (C, C).

    Entries above 0; `conducting` is (nx, ny, nz). Cells that touch across air are not joined.
    """
    places = np.stack(np.unravel_index(cells, grid.shape), axis=1)
    rows, columns = [np.arange(cells.size)], [cells]
    for axis in range(3):
        for side in (-1, 1):
            beyond = places.copy()
            beyond[:, axis] += side
            sound = (beyond[:, axis] >= 0) & (beyond[:, axis] < grid.shape[axis])
            sound[sound] = conducting[tuple(beyond[sound].T)]
            rows.append(np.flatnonzero(sound))
            columns.append(np.ravel_multi_index(tuple(beyond[sound].T), grid.shape))
    names, numbers = np.unique(np.concatenate(columns), return_inverse=True)
    row = np.concatenate(rows)
    around = sparse.coo_array((np.ones(row.size), (row, numbers)), shape=(cells.size, names.size)).tocsr()
    return sparse.csr_array(around @ around.T)


def _joined(patch: Integers, links: sparse.csr_array, area: Floats) -> Integers:
    """The patches (C,) split where tissue does not join them, small pieces joined to a neighbour."""
    pairs = links.tocoo()
    row, column = pairs.coords
    same = patch[row] == patch[column]
    shape = links.shape
    kept = sparse.coo_array((np.ones(int(same.sum())), (row[same], column[same])), shape=shape)
    _, pieces = connected_components(kept, directed=False)
    sizes = np.bincount(pieces, weights=area)
    usual = float(np.median(sizes))
    for piece in np.argsort(sizes):
        if sizes[piece] >= _SMALLEST * usual:
            break
        touching = pieces[column[(pieces[row] == piece) & (pieces[column] != piece)]]
        if touching.size:
            target = np.bincount(touching).argmax()
            pieces[pieces == piece] = target
            sizes[target] += sizes[piece]
    return np.unique(pieces, return_inverse=True)[1]


def _described(faces: Faces, cells: Integers, face_cell: Integers, patch: Integers) -> Patches:
    inside = face_cell >= 0
    of_face, area = patch[face_cell[inside]], faces.area[inside]
    total = _summed(of_face, area)
    centres = np.stack(
        [np.bincount(of_face, weights=area * faces.centres[inside, k]) / total for k in range(3)], axis=1
    )
    looking = np.zeros((total.size, 3))
    np.add.at(looking, (of_face, faces.axis[inside]), faces.side[inside] * area)
    length = np.linalg.norm(looking, axis=1)
    weight = np.bincount(face_cell[inside], weights=area, minlength=cells.size) / total[patch]
    return Patches(
        faces=faces,
        cells=cells,
        cell_patch=patch,
        weight=weight,
        face_cell=face_cell,
        centres=centres,
        # A fold that looks both ways has no direction: its normal is 0.
        normals=looking / np.where(length > 0, length, 1.0)[:, None],
        area=total,
    )


def _refused(expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="patches of skin", expected=expected, came=came))
