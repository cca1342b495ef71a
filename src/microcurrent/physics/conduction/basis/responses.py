"""Responses: the potential of the whole body per ampere into each patch of skin."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy import sparse

from microcurrent.physics.conduction.basis.patches import Patches
from microcurrent.physics.conduction.contact import Integers
from microcurrent.physics.conduction.grid import Floats

Singles = npt.NDArray[np.float32]

#: Currents left over, relative to the injected ones. On a head of 2 mm cells the field of a patch is then
#: right to 1e-5 in 99 of 100 cells, and that of two patches 8 mm apart to 6e-5.
TOLERANCE = 1e-5
#: The same for rests, which are a small part of any field: their own is right to 1e-4.
REST_TOLERANCE = 1e-4
#: Right-hand sides at a time: the engine takes sixteen to a thread, and two threads each their own.
BLOCK = 32


class Solver(Protocol):
    """Whatever solves the insulated bulk of one connected part for balanced currents."""

    @property
    def cells(self) -> Integers:
        """Flat grid indices of the unknowns, rising, (n,)."""

    def solve_many(self, right: npt.NDArray[np.floating], tolerance: float) -> npt.NDArray[np.floating]:
        """Return the potential (n, K) [V] for currents into the cells (n, K) [A], each adding up to 0."""


def potentials(
    solver: Solver, sources: sparse.csc_array, *, tolerance: float = TOLERANCE
) -> npt.NDArray[np.floating]:
    """Return the potential [V] of every cell (n, K) for the balanced `sources` (n, K) [A].

    The one place where this package asks for a solve.
    """
    return solver.solve_many(sources.toarray(), tolerance)


def places_in(solver_cells: Integers, cells: Integers) -> Integers:
    """Return the places of flat grid indices `cells` among the rising `solver_cells`."""
    return np.searchsorted(solver_cells, cells)


def skin_share(patches: Patches, solver_cells: Integers) -> Floats:
    """Return which part of the area of the whole skin is on each cell, (n,), adding up to 1.

    The way back of every patch's current, and the weight of the mean potential that is called 0.
    """
    rows = places_in(solver_cells, patches.faces.cells)
    share = np.bincount(rows, weights=patches.faces.area, minlength=solver_cells.size)
    return np.asarray(share / share.sum())


def into_patches(patches: Patches, solver_cells: Integers, numbers: Integers) -> sparse.csc_array:
    """Return 1 A into each of the patches `numbers` (K,), spread by area, (n, K)."""
    spread = patch_means(patches)[numbers].tocoo()
    column, cell = spread.coords
    rows = places_in(solver_cells, patches.cells)[cell]
    shape = (solver_cells.size, len(numbers))
    return sparse.csc_array(sparse.coo_array((spread.data, (rows, column)), shape=shape))


def patch_means(patches: Patches) -> sparse.csr_array:
    """Return the matrix (Q, C) that takes potentials of skin cells to their mean over each patch."""
    entries = (patches.cell_patch, np.arange(patches.cells.size))
    shape = (patches.count, patches.cells.size)
    return sparse.csr_array(sparse.coo_array((patches.weight, entries), shape=shape))


def respond(
    solver: Solver, patches: Patches, numbers: Integers, *, tolerance: float = TOLERANCE
) -> npt.NDArray[np.floating]:
    """Return the potential [ohm] of every cell per ampere into the patches `numbers` (K,), (n, K).

    The current comes back through the whole skin, spread by area; the mean potential of the skin,
    weighted by area, is 0.
    """
    share = skin_share(patches, solver.cells)
    back = sparse.csc_array(share[:, None]) @ sparse.csc_array(np.ones((1, len(numbers))))
    found = potentials(solver, into_patches(patches, solver.cells, numbers) - back, tolerance=tolerance)
    on_skin = np.flatnonzero(share)
    return found - (share[on_skin] @ found[on_skin]).astype(found.dtype)
