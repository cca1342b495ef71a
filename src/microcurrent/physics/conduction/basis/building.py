"""Building: the steps that fill the arrays of a basis, each safe to repeat, and the basis of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from microcurrent.physics.conduction.basis.coding import RUN, Coded, decoded, encode, runs_of
from microcurrent.physics.conduction.basis.details import faded, rests, shares, transfers
from microcurrent.physics.conduction.basis.layout import Layout, empty_arrays
from microcurrent.physics.conduction.basis.operators import FieldOperator, Interior
from microcurrent.physics.conduction.basis.responses import (
    BLOCK,
    REST_TOLERANCE,
    Solver,
    patch_means,
    places_in,
    potentials,
    respond,
)
from microcurrent.physics.conduction.basis.surface_basis import SurfaceBasis
from microcurrent.physics.conduction.contact import Integers
from microcurrent.physics.conduction.grid import Floats

Arrays = Mapping[str, npt.NDArray[Any]]

#: A field weaker than this part of the strongest in its tissue is not compared.
_FAINTEST = 1e-6
#: The stated error is that of the worst cell but for one in a hundred.
_PERCENTILE = 99.0


def fill_patches(layout: Layout, solver: Solver, step: int, *, arrays: Arrays) -> None:
    """Solve one block of patches, `step` from 0 to ``layout.patch_steps``, and put it into `arrays`.

    A step writes the same places whenever it is done, and no other step writes them. Raises whatever
    the solver raises.
    """
    numbers = np.arange(step * BLOCK, min((step + 1) * BLOCK, layout.patches.count))
    found = respond(solver, layout.patches, numbers)
    _keep_patches(layout, solver.cells, arrays, step, found)


def weights_of(layout: Layout, arrays: Arrays) -> sparse.csr_array:
    """Return the shares of the patches in every skin cell, (C, Q), once all patches are done."""
    return shares(layout.patches, layout.neighbours, skin=arrays["skin"], reach=layout.reach)


def fill_rests(
    layout: Layout, solver: Solver, step: int, *, arrays: Arrays, weights: sparse.csr_array
) -> None:
    """Solve one block of rests, `step` from ``layout.patch_steps`` to ``layout.steps``; as `fill_patches`.

    `weights`: from `weights_of`.
    """
    begin = (step - layout.patch_steps) * BLOCK
    chosen = range(begin, min(begin + BLOCK, layout.sets.count))
    columns = [layout.sets.column(number) for number in chosen]
    currents = rests(layout.patches, weights, solver_cells=solver.cells, columns=columns)
    found = potentials(solver, currents, tolerance=REST_TOLERANCE)
    for number, column in enumerate(columns):
        _keep_rests(layout, solver.cells, arrays, column, found[:, number])


def _keep_patches(
    layout: Layout, cells: Integers, arrays: Arrays, step: int, found: npt.NDArray[np.floating]
) -> None:
    numbers = slice(step * BLOCK, step * BLOCK + found.shape[1])
    rows = places_in(cells, layout.support)
    values = np.ascontiguousarray(found, dtype=np.float32)
    arrays["skin"][numbers] = values[rows[layout.skin]].T
    codes, offset, scale = (arrays[name][numbers] for name in ("codes", "offset", "scale"))
    encode(values, rows, (codes, offset, scale))
    exact = values[rows, 0]
    again = decoded(codes[0], offset[0], scale[0])[: exact.size].astype(np.float32)
    for tissue, stencil in enumerate(layout.stencils.values()):
        field = stencil.field(exact)
        strength = np.linalg.norm(field, axis=1)
        off = np.linalg.norm(stencil.field(again) - field, axis=1)
        seen = strength > _FAINTEST * strength.max()
        arrays["errors"][step, tissue] = np.percentile(off[seen] / strength[seen], _PERCENTILE)


def _keep_rests(
    layout: Layout, cells: Integers, arrays: Arrays, column: Integers, found: npt.NDArray[np.floating]
) -> None:
    around = layout.surroundings
    for cell in column:
        near = around.of(int(layout.patches.cell_patch[cell]))
        rows = places_in(cells, layout.support[around.places[near]])
        kept = faded(found[rows], around.window[near])
        runs, coded = _rest_places(layout, int(cell), kept.size)
        codes = arrays["rest_codes"][coded]
        offset, scale = arrays["rest_offset"][runs], arrays["rest_scale"][runs]
        encode(kept[:, None], np.arange(kept.size), (codes[None], offset[None], scale[None]))


@dataclass(frozen=True, kw_only=True, eq=False)
class Derived:
    """What follows from the arrays: `weights`, `resistance` and `details`, see `SurfaceBasis`.

    `reciprocity`: the largest difference between the two ways through R, relative to its largest
    entry, before both were made the same: what the solver's tolerance leaves. A basis on disk says it in
    `about.json`.
    """

    weights: sparse.csr_array
    resistance: Floats
    details: sparse.csr_array
    reciprocity: float


def derive(layout: Layout, arrays: Arrays, weights: sparse.csr_array) -> Derived:
    """Return what follows from the arrays once every step has been done."""
    means = patch_means(layout.patches)
    skin = arrays["skin"]
    resistance = np.stack([means @ row.astype(float) for row in skin], axis=1)
    apart = float(np.abs(resistance - resistance.T).max() / np.abs(resistance).max())
    return Derived(
        weights=weights,
        resistance=0.5 * (resistance + resistance.T),
        details=transfers(weights, means, _rests_on_skin(layout, arrays)),
        reciprocity=apart,
    )


def assemble(layout: Layout, arrays: Arrays, derived: Derived) -> SurfaceBasis:
    """Return the basis; arrays that are mapped from files stay there until they are used."""
    held = {name: _fixed(array) for name, array in arrays.items()}
    interior = Interior(
        patches=layout.patches,
        cells=layout.support,
        weights=derived.weights,
        columns=Coded(codes=held["codes"], offset=held["offset"], scale=held["scale"]),
        surroundings=layout.surroundings,
        rests=Coded(codes=held["rest_codes"], offset=held["rest_offset"], scale=held["rest_scale"]),
        rest_starts=layout.rest_starts,
    )
    errors = held["errors"].max(axis=0)
    return SurfaceBasis(
        patches=layout.patches,
        weights=derived.weights,
        resistance=derived.resistance,
        skin=held["skin"].T,
        details=derived.details,
        half_cell=layout.half_cell,
        interior=interior,
        operators={
            tissue: FieldOperator(
                tissue=tissue, stencil=stencil, interior=interior, push=layout.push, error=float(error)
            )
            for (tissue, stencil), error in zip(layout.stencils.items(), errors, strict=True)
        },
    )


def _fixed(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The array as one that nobody may write: for the kernels that is one type, mapped or not."""
    fixed = np.asarray(array).view()
    fixed.setflags(write=False)
    return fixed


def _rest_places(layout: Layout, cell: int, count: int) -> tuple[slice, slice]:
    """Where the rest of a skin cell, `count` cells long, stands among the runs and among the codes."""
    first = int(layout.rest_starts[cell])
    last = first + runs_of(count)
    return slice(first, last), slice(RUN * first, RUN * last)


def _rests_on_skin(layout: Layout, arrays: Arrays) -> sparse.csr_array:
    """Potential of the skin cells for the rest of each cell, (C, C) [ohm]."""
    skin_of = np.full(layout.support.size, -1)
    skin_of[layout.skin] = np.arange(layout.skin.size)
    rows, columns, values = [], [], []
    for cell, number in enumerate(layout.patches.cell_patch):
        near = layout.surroundings.of(int(number))
        on_skin = skin_of[layout.surroundings.places[near]]
        runs, coded = _rest_places(layout, cell, on_skin.size)
        potential = decoded(
            arrays["rest_codes"][coded], arrays["rest_offset"][runs], arrays["rest_scale"][runs]
        )
        chosen = on_skin >= 0
        rows.append(on_skin[chosen])
        columns.append(np.full(int(chosen.sum()), cell))
        values.append(potential[: on_skin.size][chosen])
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    count = layout.skin.size
    return sparse.csr_array(sparse.coo_array(entries, shape=(count, count)))


def basis_in_memory(layout: Layout, solver: Solver) -> SurfaceBasis:
    """Return the basis of `layout`, all its steps done one after the other in memory."""
    arrays = empty_arrays(layout)
    for step in range(layout.patch_steps):
        fill_patches(layout, solver, step, arrays=arrays)
    weights = weights_of(layout, arrays)
    for step in range(layout.patch_steps, layout.steps):
        fill_rests(layout, solver, step, arrays=arrays, weights=weights)
    return assemble(layout, arrays, derive(layout, arrays, weights))
