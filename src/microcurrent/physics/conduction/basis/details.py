"""Details: what a current into one cell of a patch does beyond that into the patches around it.

A unit current into skin cell k is written as ``sum_q a_kq s_q + d_k``: s_q is 1 A spread over patch q,
and the weights a_kq of the cell's own patch and its neighbours add up to 1, have their middle at the cell
and, as far as the neighbours allow, its second moments along the skin. So the rest d_k has no net current
and next to no first and second moments, and what it does fades fast: it is kept near the patch and faded
out smoothly at the reach. Rests of patches far from each other are solved together, in one right-hand
side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.spatial import cKDTree

from microcurrent.physics.conduction.basis.patches import Patches, joined_cells
from microcurrent.physics.conduction.basis.responses import into_patches, patch_means, places_in
from microcurrent.physics.conduction.contact import Integers, Mask
from microcurrent.physics.conduction.grid import Floats, Grid

Singles = npt.NDArray[np.float32]

#: How far [m] from the middle of its patch a rest is kept, for patches of 4 mm.
REACH = 14.0e-3
#: Up to this part of the reach a rest is kept whole.
_WHOLE = 0.6
#: A moment that the neighbours can make up only by weights five times as large as those of the best
#: one is left to the rest: large weights would cost more than they gain.
_FLAT = 0.2
#: Neighbours are too few to fit both first and second moments everywhere: these count half.
_SECOND = 0.5
#: Half width [m] of a patch of one cell; only the order of magnitude matters.
_POINT = 1.0e-3
#: The outermost part of the window, where the rest should be 0: its mean is taken off.
_OUTERMOST = 0.25


def moments(grid: Grid, conducting: Mask, patches: Patches) -> sparse.csr_array:
    """Return the weights a_kq of the patches for every skin cell, (C, Q).

    Rows add up to 1; along the skin, the weighted middles of the patches are the middle of the cell,
    and the second moments agree as well as they can, in the sense of least squares. Over a patch,
    weighted by area, the rows of its cells average to the patch alone: a fully covered patch needs no
    neighbour.
    """
    places = np.unravel_index(patches.cells, grid.shape)
    points = np.stack([grid.centres(axis)[places[axis]] for axis in range(3)], axis=1)
    means = patch_means(patches)
    pairs = joined_cells(grid, conducting, patches.cells).tocoo()
    ends = [patches.cell_patch[one] for one in pairs.coords]
    touching = sparse.coo_array((np.ones(pairs.nnz), ends), shape=(patches.count, patches.count)).tocsr()
    rows, columns, values = [], [], []
    for number in range(patches.count):
        around = touching.indices[touching.indptr[number] : touching.indptr[number + 1]]
        around = around[around != number]
        group = means[np.append(around, number)]
        seen = np.unique(group.indices)
        along = (points[seen] - patches.centres[number]) @ _tangents(patches.normals[number]).T
        own = patches.cell_patch[seen] == number
        of_cells = _first_and_second(along / max(float(np.abs(along[own]).max()), _POINT))
        of_patches = group[:, seen] @ of_cells
        slope = np.linalg.pinv(of_patches[:-1] - of_patches[-1], rcond=_FLAT)
        weights = (of_cells[own] - of_patches[-1]) @ slope
        rows += [np.repeat(seen[own], around.size), seen[own]]
        columns += [np.tile(around, int(own.sum())), np.full(int(own.sum()), number)]
        values += [weights.ravel(), 1.0 - weights.sum(axis=1)]
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return sparse.csr_array(sparse.coo_array(entries, shape=(patches.cells.size, patches.count)))


def _first_and_second(along: Floats) -> Floats:
    """First and weighted second moments of unit currents at places (n, 2) along the skin, (n, 5)."""
    u, v = along.T
    second = _SECOND * np.stack([u * u, np.sqrt(2.0) * u * v, v * v])
    return np.concatenate([along, second.T], axis=1)


def _tangents(normal: Floats) -> Floats:
    """Two directions along the skin, (2, 3); any two where a fold looks both ways."""
    return np.asarray(np.linalg.svd(normal[None], full_matrices=True)[2][1:])


@dataclass(frozen=True, kw_only=True, eq=False)
class Surroundings:
    """The cells within reach of every patch, and how much of a rest is kept there.

    `starts` (Q + 1,): where each patch begins among `places` (L,), which count in the support of the
    operators, and `window` (L,), 1 near the patch and 0 at the reach.
    """

    starts: Integers
    places: npt.NDArray[np.int32]
    window: Singles

    def of(self, number: int) -> slice:
        """Return where the entries of one patch stand."""
        return slice(int(self.starts[number]), int(self.starts[number + 1]))


def surroundings(points: Floats, middles: Floats, *, reach: float) -> Surroundings:
    """Return which of `points` (M, 3) [m] lie within `reach` [m] of the `middles` (Q, 3) [m]."""
    tree = cKDTree(points)
    found = [np.sort(np.array(near)) for near in tree.query_ball_point(middles, reach)]
    sizes = np.array([near.size for near in found])
    places = np.concatenate(found)
    distance = np.linalg.norm(points[places] - np.repeat(middles, sizes, axis=0), axis=1)
    left = np.clip((reach - distance) / ((1.0 - _WHOLE) * reach), 0.0, 1.0)
    return Surroundings(
        starts=np.concatenate([[0], np.cumsum(sizes)]),
        places=places.astype(np.int32),
        window=(left**2 * (3.0 - 2.0 * left)).astype(np.float32),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Sets:
    """Right-hand sides for the rests: cells whose patches stand too far apart to meet.

    Column j holds the `cells` from ``starts[j]`` to ``starts[j + 1]``, places in `Patches.cells`, one
    of a patch at most.
    """

    starts: Integers
    cells: Integers

    @property
    def count(self) -> int:
        """How many right-hand sides there are."""
        return int(self.starts.size) - 1

    def column(self, number: int) -> Integers:
        """Return the cells of one right-hand side."""
        return self.cells[self.starts[number] : self.starts[number + 1]]


def sets_apart(patches: Patches, *, distance: float) -> Sets:
    """Return all skin cells in few right-hand sides, their patches at least `distance` [m] apart.

    Patches with many cells go first, so that those of one right-hand side have about as many.
    """
    sizes = np.bincount(patches.cell_patch, minlength=patches.count)
    near = cKDTree(patches.centres).query_ball_point(patches.centres, distance)
    colour = np.full(patches.count, -1)
    for number in np.argsort(-sizes, kind="stable"):
        taken = set(colour[near[number]].tolist())
        colour[number] = next(one for one in range(patches.count) if one not in taken)
    order = np.argsort(patches.cell_patch, kind="stable")
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    turn = np.empty(order.size, dtype=np.int64)
    turn[order] = np.arange(order.size) - np.repeat(first, sizes)
    column = np.unique(np.stack([colour[patches.cell_patch], turn]), axis=1, return_inverse=True)[1].ravel()
    lengths = np.bincount(column)
    return Sets(starts=np.concatenate([[0], np.cumsum(lengths)]), cells=np.argsort(column, kind="stable"))


def rests(
    patches: Patches, weights: sparse.csr_array, *, solver_cells: Integers, columns: list[Integers]
) -> sparse.csc_array:
    """Return the balanced currents d_k of the cells in each of `columns`, added up, (n, K) [A].

    `weights`: see `moments`. Each column: places in `patches.cells`.
    """
    chosen = np.concatenate(columns)
    which = np.repeat(np.arange(len(columns)), [column.size for column in columns])
    rows = places_in(solver_cells, patches.cells[chosen])
    shape = (solver_cells.size, len(columns))
    into_cells = sparse.coo_array((np.ones(chosen.size), (rows, which)), shape=shape)
    entries = (np.ones(chosen.size), (chosen, which))
    picked = sparse.coo_array(entries, shape=(patches.cells.size, len(columns)))
    shares = sparse.csr_array(weights.T @ picked)
    used = np.unique(shares.tocoo().coords[0])
    spread = into_patches(patches, solver_cells, used) @ shares[used]
    return sparse.csc_array(into_cells.tocsc() - spread)


def faded(values: npt.NDArray[np.floating], window: Singles) -> Singles:
    """Return a rest (L,) faded out by `window` (L,), the constant it keeps far away taken off."""
    outermost = window < _OUTERMOST
    level = values[outermost].mean() if outermost.any() else 0.0
    return np.asarray((values - level) * window, dtype=np.float32)


def transfers(
    weights: sparse.csr_array, means: sparse.csr_array, kept: sparse.csr_array
) -> sparse.csr_array:
    """Return the transfer between rests, (C, C) [ohm], symmetric.

    `kept` (C, C): potential of every skin cell for the rest of each cell, faded out; `means`: see
    `patch_means`. Row k is ``d_k`` applied to the columns. That both ways agree is reciprocity; fading
    leaves a difference, shared between the two.
    """
    one_way = kept - weights @ (means @ kept)
    return sparse.csr_array(0.5 * (one_way + one_way.T))
