"""Details: what a current into one cell of a patch does beyond that into the patches around it.

A unit current into skin cell k is written as ``sum_q a_kq s_q + d_k``: s_q is 1 A spread over patch q, and
the shares a_kq of the cell's own patch and its neighbours add up to 1. They are chosen such that the rest
d_k does as little as possible at patches far away, which are known by then and by reciprocity tell of any
source far away (the proxies of skeletonisation: Cheng, Gimbutas, Martinsson and Rokhlin 2005). So what the
rest does fades fast; it is kept near the patch and faded out smoothly at the reach. Rests of patches far
from each other are solved together, in one right-hand side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import sparse
from scipy.spatial import cKDTree

from microcurrent.physics.conduction.basis.patches import Patches, joined_cells
from microcurrent.physics.conduction.basis.responses import into_patches, patch_means, places_in
from microcurrent.physics.conduction.contact import Integers, Mask
from microcurrent.physics.conduction.grid import Floats, Grid

Singles = npt.NDArray[np.float32]
Places = npt.NDArray[np.int32]
#: Columns of the entries and where each row begins.
Pattern = tuple[Places, Places]

#: How far [m] from the middle of its patch a rest is kept, for patches of 4 mm.
REACH = 14.0e-3
#: Up to this part of the reach a rest is kept whole.
_WHOLE = 0.6
#: Patches farther than this part of the reach [m per m] from the middle of a patch are proxies ...
_FAR = 0.7
#: ... and so many of them, the nearest, say all: the field of farther sources is smoother still.
_PROXIES = 100
#: Misfit, as part of what the neighbours do, that larger shares are not worth.
_RIDGE = 0.05
#: The outermost part of the window, where the rest should be 0: its mean is taken off.
_OUTERMOST = 0.25


def touching(grid: Grid, conducting: Mask, patches: Patches) -> sparse.csr_array:
    """Return which patches tissue joins, (Q, Q), 1 also on the diagonal."""
    pairs = joined_cells(grid, conducting, patches.cells).tocoo()
    ends = [patches.cell_patch[one] for one in pairs.coords]
    shape = (patches.count, patches.count)
    return sparse.csr_array(sparse.coo_array((np.ones(pairs.nnz), ends), shape=shape).tocsr() > 0)


def shares(
    patches: Patches, neighbours: sparse.csr_array, *, skin: npt.NDArray[np.floating], reach: float
) -> sparse.csr_array:
    """Return the shares a_kq of the patches in every skin cell, (C, Q); rows add up to 1.

    `neighbours`: see `touching`; `skin` (Q, C) [ohm]: potential of every skin cell for each patch. Over
    a patch, weighted by area, the shares of its cells average to the patch alone, because they follow
    linearly from the potential: a fully covered patch needs no neighbour. Without patches farther than
    0.7 `reach` [m] every cell has its own patch as its only share.
    """
    means = patch_means(patches)
    resistance = np.stack([means @ row.astype(float) for row in skin], axis=1)
    rows, columns, values = [], [], []
    for number in range(patches.count):
        around = neighbours[[number]].indices
        around = around[around != number]
        own = np.flatnonzero(patches.cell_patch == number)
        away = np.linalg.norm(patches.centres - patches.centres[number], axis=1)
        far = np.flatnonzero(away > _FAR * reach)
        far = far[np.argsort(away[far], kind="stable")][:_PROXIES]
        part = np.zeros((own.size, around.size))
        if far.size and around.size:
            sources = resistance[np.ix_(around, far)] - resistance[number, far]
            wanted = skin[far][:, own].astype(float).T - resistance[number, far]
            part = _fitted(sources, wanted)
        rows += [np.repeat(own, around.size), own]
        columns += [np.tile(around, own.size), np.full(own.size, number)]
        values += [part.ravel(), 1.0 - part.sum(axis=1)]
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return sparse.csr_array(sparse.coo_array(entries, shape=(patches.cells.size, patches.count)))


def _fitted(sources: Floats, wanted: Floats) -> Floats:
    """How much of each of `sources` (n, P) best makes up the `wanted` (m, P), but for constants, (m, n).

    Every proxy counts the same, and none for nothing.
    """
    sources = sources - sources.mean(axis=1, keepdims=True)
    wanted = wanted - wanted.mean(axis=1, keepdims=True)
    size = np.sqrt((sources**2).mean(axis=0))
    scale = np.divide(1.0, size, out=np.zeros_like(size), where=size > 0)
    sources = sources * scale
    ridge = _RIDGE**2 * scale.size * np.eye(len(sources))
    return np.asarray(np.linalg.solve(sources @ sources.T + ridge, sources @ (wanted * scale).T).T)


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

    `weights`: see `shares`. Each column: places in `patches.cells`.
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
    both = sparse.csr_array(0.5 * (one_way + one_way.T))
    both.sum_duplicates()
    parts = (both.data.astype(np.float32), both.indices.astype(np.int32), both.indptr.astype(np.int32))
    return sparse.csr_array(parts, shape=both.shape)


def between(details: sparse.csr_array, cells: Integers) -> Floats:
    """Return the rows and columns `cells` (n,), each once, of `details` (C, C) as a full matrix (n, n)."""
    place = np.full(details.shape[0], -1, dtype=np.int32)
    place[cells] = np.arange(cells.size)
    found = np.zeros((cells.size, cells.size))
    _pick(_fixed(details.data), (_fixed(details.indices), _fixed(details.indptr)), (cells, place), found)
    return found


def _fixed(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The array as one that nobody may write: for the kernel that is one type, mapped or not."""
    fixed = np.asarray(array).view()
    fixed.setflags(write=False)
    return fixed


@njit(nogil=True, cache=True)
def _pick(data: Singles, rows: Pattern, chosen: tuple[Integers, Places], found: Floats) -> None:
    (indices, starts), (cells, place) = rows, chosen
    for j in range(cells.size):
        for entry in range(starts[cells[j]], starts[cells[j] + 1]):
            column = place[indices[entry]]
            if column >= 0:
                found[j, column] = data[entry]
