"""Tissue fractions per cell done right: face conductances from labels on a finer grid.

A cell cut by an interface has no conductivity of its own: mixing conductivities by volume, whatever the
mean, makes the field worse than the staircase does. What two cells have is a conductance between their
centres, and a block of sub-voxels from centre to centre has two that bracket it:

- *parallel of series*: columns of sub-voxels along the axis, insulated from each other. A lower bound.
- *series of parallel*: planes of sub-voxels across the axis, each at one potential. An upper bound.

The bounds are those of W. Voigt and A. Reuss applied to one block (S. Torquato, Random Heterogeneous
Materials (2002), section 21.1; for resistor networks J. C. Maxwell, A Treatise on Electricity and
Magnetism (1873), article 306). Where interfaces lie along faces, both are the harmonic mean of
`assembly.face_conductances`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt
from numba import njit

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.assembly import face_conductances
from microcurrent.physics.conduction.conductances import FaceConductances, parts_of
from microcurrent.physics.conduction.grid import Floats, Grid

Labels = npt.NDArray[np.integer]

_kernel = njit(nogil=True, cache=True, error_model="numpy")


class Mixing(Enum):
    """How sub-voxels between two cell centres conduct together; see the module."""

    PARALLEL_OF_SERIES = "parallel of series"
    SERIES_OF_PARALLEL = "series of parallel"


@dataclass(frozen=True, kw_only=True, eq=False)
class FineLabels:
    """Tissue on `refinement` sub-voxels per cell along each axis, and what each label conducts.

    `labels` whole numbers ``(r nx, r ny, r nz)``; `conductivity` S/m by label, ``(L,)`` or, along x, y,
    z, ``(L, 3)``; 0 is air, along all axes or none. Raises `ValueRefused` for arrays that do not fit.
    """

    labels: Labels
    conductivity: Floats
    refinement: int

    def __post_init__(self) -> None:
        labels, table = np.asarray(self.labels), np.array(self.conductivity, dtype=float)
        if table.ndim == 1:
            table = np.repeat(table[:, None], 3, axis=1)
        whole = np.issubdtype(labels.dtype, np.integer) and labels.ndim == 3
        if not (whole and self.refinement >= 1 and not any(n % self.refinement for n in labels.shape)):
            raise _refused(
                "labels",
                f"whole numbers (nx, ny, nz), each a multiple of the refinement {self.refinement}",
                f"{labels.dtype} {labels.shape}",
            )
        known = table.ndim == 2 and table.shape[1] == 3 and (table >= 0).all() and np.isfinite(table).all()
        if not known or ((table > 0).any(axis=1) != (table > 0).all(axis=1)).any():
            raise _refused("conductivity", "0 or more S/m for each label, (L,) or (L, 3)", f"{table.shape}")
        if labels.size == 0 or labels.min() < 0 or labels.max() >= len(table):
            raise _refused("labels", f"0 to {len(table) - 1}", "others among them or none at all")
        table.setflags(write=False)
        # One kind of array for one compilation: as small as the labels allow.
        small = np.uint8 if len(table) <= np.iinfo(np.uint8).max + 1 else np.int32
        object.__setattr__(self, "labels", np.ascontiguousarray(labels, dtype=small))
        object.__setattr__(self, "conductivity", table)

    def check_on(self, grid: Grid) -> None:
        """Raise `ValueRefused` unless the labels refine `grid`."""
        cells = tuple(n // self.refinement for n in self.labels.shape)
        if cells != grid.shape:
            raise _refused("labels", f"{self.refinement} times {grid.shape}", f"{self.labels.shape}")


def _refused(key: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="labels on a finer grid", key=key, expected=expected, came=came))


def whole_cell_faces(grid: Grid, conductivity: Floats) -> FaceConductances:
    """Return the face conductances of cells that are one tissue each: two half cells in series.

    `conductivity` S/m ``(nx, ny, nz, 3)``; see `assembly.face_conductances`.
    """
    x, y, z = (face_conductances(grid, conductivity, axis) for axis in range(3))
    return FaceConductances(x=x, y=y, z=z)


def sub_voxel_faces(
    grid: Grid, fine: FineLabels, *, mixing: Mixing = Mixing.PARALLEL_OF_SERIES
) -> FaceConductances:
    """Return the face conductances of `grid` from tissue on a finer grid, by `mixing`.

    Sub-voxels divide each cell evenly. With an odd refinement the middle sub-voxel belongs to both
    halves of its cell. Raises `ValueRefused` for labels that do not refine `grid`.
    """
    fine.check_on(grid)
    rule = _parallel_of_series if mixing is Mixing.PARALLEL_OF_SERIES else _series_of_parallel
    x, y, z = (_blocks(grid, fine, axis, rule) for axis in range(3))
    return FaceConductances(x=x, y=y, z=z)


def mean_conductivity(grid: Grid, fine: FineLabels, *, least: float = 0.0) -> Floats:
    """Return the mean conductivity of the tissue in each cell, S/m ``(nx, ny, nz, 3)``.

    The mean is over the sub-voxels that conduct. A cell with none of them, or with less than the share
    `least`, is 0: air. It serves electrodes on the outer faces and the field at cell centres; between
    cells use `sub_voxel_faces`. Raises `ValueRefused` for labels that do not refine `grid`.
    """
    fine.check_on(grid)
    total = np.zeros((*grid.shape, 3))
    enough = max(least * fine.refinement**3, 1.0)
    _means(fine.labels, fine.conductivity, fine.refinement, enough, total)
    return total


@dataclass(frozen=True, kw_only=True, eq=False)
class MixedCells:
    """Cells with tissue fractions, as `Conductor` takes them.

    `conductivity` S/m ``(nx, ny, nz, 3)``, 0 in air; `faces` the conductances between the cells.
    """

    conductivity: Floats
    faces: FaceConductances


def mixed_cells(
    grid: Grid,
    fine: FineLabels,
    *,
    mixing: Mixing = Mixing.PARALLEL_OF_SERIES,
    least: float = 0.0,
) -> MixedCells:
    """Return conductivity and face conductances of the largest connected part of a finer label map.

    See `mean_conductivity` and `sub_voxel_faces`. Cells with less than the share `least` of tissue, and
    those that no face joins to the rest, count as air. Keeping every cell with some tissue gives the
    smaller error in concentric spheres. Raises `ValueRefused` as these do.
    """
    conductivity = mean_conductivity(grid, fine, least=least)
    faces = _among(sub_voxel_faces(grid, fine, mixing=mixing), conductivity[..., 0] > 0)
    part, held = parts_of(faces), conductivity[..., 0] > 0
    if not held.any():
        raise _refused("labels", f"a cell with a share {least:g} of tissue", "none")
    largest = held & (part == np.bincount(part[held]).argmax())
    conductivity[~largest] = 0.0
    return MixedCells(conductivity=conductivity, faces=_among(faces, largest))


def _among(faces: FaceConductances, cells: npt.NDArray[np.bool_]) -> FaceConductances:
    """The same with no conductance to cells that are not among `cells` ``(nx, ny, nz)``."""
    kept = []
    for axis, values in enumerate(faces.axes):
        low = tuple(slice(None, -1) if a == axis else slice(None) for a in range(3))
        high = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
        kept.append(values * (cells[low] & cells[high]))
    return FaceConductances(x=kept[0], y=kept[1], z=kept[2])


def _blocks(grid: Grid, fine: FineLabels, axis: int, rule: Callable[..., None]) -> Floats:
    """Conductances of the inner faces normal to `axis`, siemens, by `rule` for one block of sub-voxels."""
    r = fine.refinement
    order = (axis, *(a for a in range(3) if a != axis))
    cells = tuple(grid.shape[a] for a in order)
    strides = tuple(int(np.prod(fine.labels.shape[a + 1 :])) for a in order)
    # Share of each sub-voxel that lies in the lower half of its cell.
    lower = np.clip(0.5 * r - np.arange(r), 0.0, 1.0)
    out = np.zeros((cells[0] - 1, *cells[1:]))
    sigma, widths = np.ascontiguousarray(fine.conductivity[:, axis]), grid.widths(axis)
    rule(fine.labels.reshape(-1), strides, r, (sigma, lower, widths), out)
    return np.asarray(np.moveaxis(out, 0, axis) * grid.face_areas(axis))


@_kernel
def _parallel_of_series(flat, strides, r, parts, out):  # type: ignore[no-untyped-def]
    """Siemens per square metre of every block: columns along the first stride, side by side."""
    along, across, aside = strides
    sigma, lower, widths = parts
    resistivity = 1.0 / sigma
    for i in range(out.shape[0]):
        low, high = widths[i] / r, widths[i + 1] / r
        for j in range(out.shape[1]):
            for k in range(out.shape[2]):
                total = 0.0
                for b in range(r):
                    for c in range(r):
                        at = i * r * along + (j * r + b) * across + (k * r + c) * aside
                        resistance = 0.0
                        for s in range(r):
                            # 0 times infinity: an insulating sub-voxel that lies in the other half.
                            if lower[s] < 1.0:
                                resistance += low * (1.0 - lower[s]) * resistivity[flat[at + s * along]]
                            if lower[s] > 0.0:
                                resistance += high * lower[s] * resistivity[flat[at + (r + s) * along]]
                        total += 1.0 / resistance
                out[i, j, k] = total / (r * r)


@_kernel
def _series_of_parallel(flat, strides, r, parts, out):  # type: ignore[no-untyped-def]
    """Siemens per square metre of every block: planes across the first stride, one after another."""
    along, across, aside = strides
    sigma, lower, widths = parts
    for i in range(out.shape[0]):
        low, high = widths[i] / r, widths[i + 1] / r
        for j in range(out.shape[1]):
            for k in range(out.shape[2]):
                resistance = 0.0
                for s in range(2 * r):
                    share = low * (1.0 - lower[s]) if s < r else high * lower[s - r]
                    if share > 0.0:
                        plane = 0.0
                        for b in range(r):
                            for c in range(r):
                                at = (i * r + s) * along + (j * r + b) * across + (k * r + c) * aside
                                plane += sigma[flat[at]]
                        resistance += share * (r * r) / plane
                out[i, j, k] = 1.0 / resistance


@_kernel
def _means(labels, sigma, r, least, out):  # type: ignore[no-untyped-def]
    """Mean conductivity of the sub-voxels that conduct, in cells with enough of them; else 0."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for k in range(out.shape[2]):
                count, x, y, z = 0, 0.0, 0.0, 0.0
                for a in range(i * r, (i + 1) * r):
                    for b in range(j * r, (j + 1) * r):
                        for c in range(k * r, (k + 1) * r):
                            label = labels[a, b, c]
                            if sigma[label, 0] > 0.0:
                                count += 1
                                x += sigma[label, 0]
                                y += sigma[label, 1]
                                z += sigma[label, 2]
                if count >= least:
                    out[i, j, k, 0] = x / count
                    out[i, j, k, 1] = y / count
                    out[i, j, k, 2] = z / count
