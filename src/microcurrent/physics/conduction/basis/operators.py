"""Field operators: the field in chosen tissues for currents into any faces of the region, compressed.

Kept is the potential, one number for each cell and patch, in 16 bits (see `coding`); the field is its
difference over the faces of each cell, as `conduction.fields.electric_field` defines it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import sparse

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.basis.coding import RUN, Coded, runs_of
from microcurrent.physics.conduction.basis.details import Surroundings
from microcurrent.physics.conduction.basis.patches import Patches
from microcurrent.physics.conduction.contact import Integers, Mask
from microcurrent.physics.conduction.fractions import MixedCells, split
from microcurrent.physics.conduction.grid import Floats, Grid

Singles = npt.NDArray[np.float32]
Places = npt.NDArray[np.int32]
#: Centre, neighbours and weight of a stencil.
Parts = tuple[Places, Places, Singles]

#: Currents must add up to zero within this share of their sizes: as well as the live solve keeps them.
_BALANCE = 1e-6
#: A patch whose share of the current is below this part of the largest is a rounding.
_NEGLIGIBLE = 1e-9


def support_of(grid: Grid, conducting: Mask, *, wanted: Mask, skin: Integers) -> Integers:
    """Return the cells whose potential is needed, flat indices (M,), in the order of the operators.

    They are the cells `wanted` (nx, ny, nz), all their conducting neighbours, and the cells `skin`
    (C,). In the order neighbours stand close together.
    """
    needed = wanted.copy()
    needed.reshape(-1)[skin] = True
    for axis in range(3):
        low = tuple(slice(None, -1) if other == axis else slice(None) for other in range(3))
        high = tuple(slice(1, None) if other == axis else slice(None) for other in range(3))
        needed[low] |= wanted[high]
        needed[high] |= wanted[low]
    cells = np.flatnonzero(needed & conducting)
    return cells[np.argsort(_curve(np.stack(np.unravel_index(cells, grid.shape))), kind="stable")]


def _curve(places: Integers) -> Integers:
    """Place of cells (3, M) on a curve that fills space: the bits of i, j and k in turn (Morton)."""
    key = np.zeros(places.shape[1], dtype=np.int64)
    for bit in range(int(places.max(initial=1)).bit_length()):
        for axis in range(3):
            key |= ((places[axis] >> bit) & 1) << (3 * bit + axis)
    return key


@dataclass(frozen=True, kw_only=True, eq=False)
class Stencil:
    """How the field in N cells follows from the potential of a support.

    `cells` (N,) flat indices; `volumes` (N,) [m3]; `centre` (N,) and `neighbours` (N, 6), low and high
    along x, y, z: places in the support; `weight` (N, 6) [1/m], 0 towards air: the field along an axis
    is ``low (phi_low - phi) + high (phi - phi_high)``; `skin` (C,): the place among the N of every skin
    cell of the region, -1 for another tissue.
    """

    cells: Integers
    volumes: Floats
    centre: Places
    neighbours: Places
    weight: Singles
    skin: Integers

    def field(self, potential: Singles) -> Singles:
        """Return the field [V/m], (N, 3), of a `potential` of the support (M,) [V], no current entering."""
        field = np.empty((self.cells.size, 3), dtype=np.float32)
        _differences(potential, (self.centre, self.neighbours, self.weight), field)
        return field


def stencil_of(
    grid: Grid, conductivity: Floats | MixedCells, chosen: Integers, *, support: Integers, skin: Integers
) -> Stencil:
    """Return the stencil of the cells `chosen`, flat indices (N,).

    `conductivity` (nx, ny, nz, 3) [S/m], or mixed cells; `support` (M,) holds the cells and their
    neighbours. In mixed cells the current says little of the field in one of their tissues, so there the
    field is the slope of the potential towards chosen cells, where an axis has one; see
    `conduction.recovery`.
    """
    order = np.argsort(support)
    rising = support[order]
    centre = order[np.searchsorted(rising, chosen)]
    chosen = chosen[np.argsort(centre)]
    centre = np.sort(centre)
    places = np.stack(np.unravel_index(chosen, grid.shape), axis=1)
    neighbours = np.repeat(centre[:, None], 6, axis=1)
    weight = np.zeros((chosen.size, 6))
    given, between = split(conductivity)
    sigma, own_tissue = given.reshape(-1, 3), np.zeros(given.shape[:3], dtype=bool)
    own_tissue.reshape(-1)[chosen] = True
    for axis in range(3):
        width = grid.widths(axis)
        own = 0.5 * width[places[:, axis]] / sigma[chosen, axis]
        slopes = np.zeros((chosen.size, 2))
        for side in (-1, 1):
            beyond = places.copy()
            beyond[:, axis] += side
            sound = (beyond[:, axis] >= 0) & (beyond[:, axis] < grid.shape[axis])
            flat = np.ravel_multi_index(tuple(beyond[sound].T), grid.shape)
            sound[sound] = sigma[flat, axis] > 0
            flat = np.ravel_multi_index(tuple(beyond[sound].T), grid.shape)
            other = 0.5 * width[beyond[sound, axis]] / sigma[flat, axis]
            column = 2 * axis + (side > 0)
            neighbours[sound, column] = order[np.searchsorted(rising, flat)]
            if between is None:
                weight[sound, column] = 0.5 / (sigma[chosen[sound], axis] * (own[sound] + other))
                continue
            below = places[sound] - (np.arange(3) == axis) * (side < 0)
            siemens = between.axes[axis][tuple(below.T)]
            area = np.broadcast_to(grid.face_areas(axis), grid.shape)[tuple(below.T)]
            weight[sound, column] = 0.5 * siemens / (area * sigma[chosen[sound], axis])
            apart = 0.5 * (width[places[sound, axis]] + width[beyond[sound, axis]])
            slopes[sound, int(side > 0)] = own_tissue.reshape(-1)[flat] * (siemens > 0) / apart
        leads = slopes.any(axis=1)
        slopes[leads] /= (slopes[leads] > 0).sum(axis=1, keepdims=True)
        weight[leads, 2 * axis : 2 * axis + 2] = slopes[leads]
    volume = [grid.widths(axis)[places[:, axis]] for axis in range(3)]
    by_cell = np.argsort(chosen)
    found = np.minimum(np.searchsorted(chosen[by_cell], skin), chosen.size - 1)
    return Stencil(
        cells=chosen,
        volumes=np.asarray(np.prod(volume, axis=0)),
        centre=centre.astype(np.int32),
        neighbours=neighbours.astype(np.int32),
        weight=weight.astype(np.float32),
        skin=np.where(chosen[by_cell[found]] == skin, by_cell[found], -1),
    )


@njit(nogil=True, cache=True)
def _differences(potential: Singles, stencil: Parts, field: Singles) -> None:
    centre, neighbours, weight = stencil
    for j in range(centre.size):
        own = potential[centre[j]]
        for axis in range(3):
            low, high = 2 * axis, 2 * axis + 1
            field[j, axis] = weight[j, low] * (potential[neighbours[j, low]] - own) + weight[j, high] * (
                own - potential[neighbours[j, high]]
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class Interior:
    """The potential inside the body for currents into skin cells of the region.

    `cells` (M,): the support, flat indices; `weights` (C, Q): see `details.shares`; `columns`: codes
    for each patch; `surroundings` and `rests`: codes of each skin cell's rest end to end, which begin
    at the runs `rest_starts` (C,).
    """

    patches: Patches
    cells: Integers
    weights: sparse.csr_array
    columns: Coded
    surroundings: Surroundings
    rests: Coded
    rest_starts: Integers

    def potential(self, faces: Integers, currents: Floats) -> Singles:
        """Return the potential [V] of the support, (M,), for real `currents` (n,) [A] into `faces`."""
        into = np.bincount(
            self.patches.cells_under(faces), weights=currents, minlength=self.patches.cells.size
        )
        cells = np.flatnonzero(into)
        total = np.zeros(self.columns.codes.shape[1], dtype=np.float32)
        shares = into[cells] @ self.weights[cells]
        numbers = np.flatnonzero(np.abs(shares) > _NEGLIGIBLE * np.abs(into).max(initial=0.0))
        self.columns.add(total, numbers, shares[numbers])
        for number in np.unique(self.patches.cell_patch[cells]):
            own = cells[self.patches.cell_patch[cells] == number]
            near = self.surroundings.of(number)
            sums = np.zeros(RUN * runs_of(near.stop - near.start), dtype=np.float32)
            self.rests.add_rows(sums, self.rest_starts[own], into[own])
            total[self.surroundings.places[near]] += sums[: near.stop - near.start]
        return total[: self.cells.size]


def balanced(faces: Integers, currents: npt.ArrayLike) -> npt.NDArray[np.inexact]:
    """Return `currents` (n,) [A], one for each of `faces`; refuse those that do not add up to 0.

    Raises `ValueRefused`.
    """
    given = np.asarray(currents)
    if given.shape != np.shape(faces):
        raise _refused(f"one for each of {np.size(faces)} faces", f"shape {given.shape}")
    # Written so that NaN fails too.
    if not abs(given.sum()) <= _BALANCE * np.abs(given).sum():
        raise _refused("a sum of 0 A", f"{given.sum():g} A")
    return given


def _refused(expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="currents into the skin", expected=expected, came=came))


@dataclass(frozen=True, kw_only=True, eq=False)
class FieldOperator:
    """The field in the cells of one tissue for currents into faces of the region.

    `tissue`; `error`: of the compression, the 99th percentile of ``|difference| / |field|`` over the
    cells, of the worst patch looked at; `push` (F,) [V/(A m)]: the field that an ampere through a
    face adds to its own cell along the face's axis.
    """

    tissue: str
    stencil: Stencil
    interior: Interior
    push: Floats
    error: float

    @property
    def cells(self) -> Integers:
        """Flat indices of the cells of the tissue, (N,)."""
        return self.stencil.cells

    @property
    def volumes(self) -> Floats:
        """Volume of each cell [m3], (N,)."""
        return self.stencil.volumes

    @property
    def nbytes(self) -> int:
        """Bytes of the coded potentials, which all the tissues share, and of the stencil."""
        own = self.stencil.neighbours.nbytes + self.stencil.weight.nbytes + self.stencil.centre.nbytes
        return int(own + self.interior.columns.nbytes + self.interior.rests.nbytes)

    def field(self, faces: Integers, currents: npt.ArrayLike) -> npt.NDArray[np.inexact]:
        """Return the field [V/m], (N, 3), for `currents` (n,) [A] into `faces` (n,), adding up to 0.

        `faces` are indices into the faces of the patches; currents may be complex, and so is the field
        then. Raises `ValueRefused` for currents that do not add up to 0 and for faces outside the region.
        """
        given = balanced(faces, currents)
        if np.iscomplexobj(given):
            return self._field(faces, given.real) + 1j * self._field(faces, given.imag)
        return self._field(faces, np.asarray(given, dtype=float))

    def _field(self, faces: Integers, currents: Floats) -> Singles:
        return self.field_from(self.interior.potential(faces, currents), faces, currents)

    def field_from(self, potential: Singles, faces: Integers, currents: Floats) -> Singles:
        """Return the field [V/m], (N, 3), where the support's `potential` (M,) [V] is known already."""
        stencil = self.stencil
        field = stencil.field(potential)
        patches = self.interior.patches
        rows = stencil.skin[patches.face_cell[faces]]
        own = rows >= 0
        chosen = np.asarray(faces)[own]
        np.add.at(field, (rows[own], patches.faces.axis[chosen]), self.push[chosen] * currents[own])
        return field
