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
from microcurrent.physics.conduction.engine.team import Team, cores
from microcurrent.physics.conduction.grid import Floats, Grid

Labels = npt.NDArray[np.integer]
Integers = npt.NDArray[np.int64]
#: Where the cells begin and end among the sub-voxels, along x, y and z.
Planes = tuple[Integers, Integers, Integers]
Mask = npt.NDArray[np.bool_]

_kernel = njit(nogil=True, cache=True, error_model="numpy")


class Mixing(Enum):
    """How sub-voxels between two cell centres conduct together; see the module."""

    PARALLEL_OF_SERIES = "parallel of series"
    SERIES_OF_PARALLEL = "series of parallel"


@dataclass(frozen=True, kw_only=True, eq=False)
class FineLabels:
    """Tissue on the sub-voxels of cells, and what each label conducts.

    `labels` whole numbers ``(mx, my, mz)``; `conductivity` S/m by label, ``(L,)`` or, along x, y,
    z, ``(L, 3)``; 0 is air, along all axes or none. `refinement`: sub-voxels per cell along each axis; or
    `planes`: three arrays of rising numbers of sub-voxels, from 0 to all of them, between which the cells
    lie, so that cells of different sizes hold different numbers of them. Within a cell all sub-voxels are
    alike. Raises `ValueRefused` for arrays that do not fit.
    """

    labels: Labels
    conductivity: Floats
    refinement: int = 1
    planes: Planes | None = None

    def __post_init__(self) -> None:
        labels, table = np.asarray(self.labels), np.array(self.conductivity, dtype=float)
        if table.ndim == 1:
            table = np.repeat(table[:, None], 3, axis=1)
        whole = np.issubdtype(labels.dtype, np.integer) and labels.ndim == 3
        even = self.refinement >= 1 and not any(n % self.refinement for n in labels.shape)
        if not (whole and (even or self.planes is not None)):
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
        planes = self.planes or even_planes(labels.shape, self.refinement)
        object.__setattr__(self, "planes", checked_planes(planes, labels.shape))

    @property
    def cuts(self) -> Planes:
        """The planes between the cells, given or by the refinement."""
        return self.planes or even_planes(self.labels.shape, self.refinement)

    def check_on(self, grid: Grid) -> None:
        """Raise `ValueRefused` unless the labels refine `grid`."""
        cells = tuple(plane.size - 1 for plane in self.cuts)
        if cells != grid.shape:
            raise _refused("labels", f"{self.refinement} times {grid.shape}", f"{self.labels.shape}")


def even_planes(shape: tuple[int, ...], refinement: int) -> Planes:
    """Return the planes of cells that hold `refinement` sub-voxels along each axis of `shape` each."""
    x, y, z = (np.arange(0, n + 1, refinement, dtype=np.int64) for n in shape)
    return x, y, z


def checked_planes(planes: Planes, shape: tuple[int, ...]) -> Planes:
    """Return `planes` as arrays; refuse those that do not rise from 0 to the sub-voxels of `shape`."""
    x, y, z = (np.ascontiguousarray(plane, dtype=np.int64) for plane in planes)
    for plane, count in zip((x, y, z), shape, strict=True):
        sound = plane.ndim == 1 and plane.size > 1 and plane[0] == 0 and plane[-1] == count
        if not sound or not (np.diff(plane) > 0).all():
            raise _refused("planes", f"whole numbers rising from 0 to {count}", f"{plane}")
    return x, y, z


def _refused(key: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="labels on a finer grid", key=key, expected=expected, came=came))


def whole_cell_faces(grid: Grid, conductivity: Floats) -> FaceConductances:
    """Return the face conductances of cells that are one tissue each: two half cells in series.

    `conductivity` S/m ``(nx, ny, nz, 3)``; see `assembly.face_conductances`.
    """
    x, y, z = (face_conductances(grid, conductivity, axis) for axis in range(3))
    return FaceConductances(x=x, y=y, z=z)


def sub_voxel_faces(
    grid: Grid,
    fine: FineLabels,
    *,
    mixing: Mixing = Mixing.PARALLEL_OF_SERIES,
    among: Mask | None = None,
) -> FaceConductances:
    """Return the face conductances of `grid` from tissue on a finer grid, by `mixing`.

    With an odd number of sub-voxels in a cell the middle one belongs to both its halves. `among`
    ``(nx, ny, nz)``: cells between which faces are wanted, all others are 0. Raises `ValueRefused` for
    labels that do not refine `grid`.
    """
    fine.check_on(grid)
    rule = _parallel_of_series if mixing is Mixing.PARALLEL_OF_SERIES else _series_of_parallel
    held = np.ones(grid.shape, dtype=bool) if among is None else np.ascontiguousarray(among)
    x, y, z = (_blocks(grid, fine, axis, rule=rule, held=held) for axis in range(3))
    return FaceConductances(x=x, y=y, z=z)


def mean_conductivity(grid: Grid, fine: FineLabels, *, least: float = 0.0) -> Floats:
    """Return the mean conductivity of the tissue in each cell, S/m ``(nx, ny, nz, 3)``.

    The mean is over the sub-voxels that conduct. A cell with none of them, or with less than the share
    `least`, is 0: air. It serves electrodes on the outer faces and the field at cell centres; between
    cells use `sub_voxel_faces`. Raises `ValueRefused` for labels that do not refine `grid`.
    """
    fine.check_on(grid)
    total = np.zeros((*grid.shape, 3))
    team = Team(cores())
    source = (fine.labels, fine.conductivity)
    team.run(_means, team.slabs(grid.shape[0]), source, fine.cuts, least, total)
    return total


@dataclass(frozen=True, kw_only=True, eq=False)
class MixedCells:
    """Cells with tissue fractions, as `Conductor` takes them.

    `conductivity` S/m ``(nx, ny, nz, 3)``, 0 in air; `faces` the conductances between the cells.
    """

    conductivity: Floats
    faces: FaceConductances


def split(cells: Floats | MixedCells) -> tuple[Floats, FaceConductances | None]:
    """Return conductivity and, of mixed cells, the conductances between them."""
    return (cells.conductivity, cells.faces) if isinstance(cells, MixedCells) else (cells, None)


def kept(cells: MixedCells, among: Mask) -> MixedCells:
    """Return the same with all cells but `among` (nx, ny, nz) as air."""
    sigma = np.where(among[..., None], cells.conductivity, 0.0)
    return MixedCells(conductivity=sigma, faces=_among(cells.faces, among))


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


def _blocks(grid: Grid, fine: FineLabels, axis: int, *, rule: Callable[..., None], held: Mask) -> Floats:
    """Conductances of the inner faces normal to `axis`, siemens, by `rule` for one block of sub-voxels."""
    strides = tuple(int(np.prod(fine.labels.shape[a + 1 :])) for a in range(3))
    out = np.zeros([n - (a == axis) for a, n in enumerate(grid.shape)])
    if not out.size:
        return out
    sigma, plane = np.ascontiguousarray(fine.conductivity[:, axis]), fine.cuts[axis]
    # From the middle of a cell on, its upper half; with an odd number the middle one counts half.
    middles = plane[:-1] + np.diff(plane) // 2
    parts = (fine.cuts, sigma, grid.widths(axis) / np.diff(plane), middles)
    team = Team(cores())
    slabs = team.slabs(out.shape[0])
    team.run(rule, slabs, (fine.labels.reshape(-1), held), (axis, strides), parts, out)
    out *= grid.face_areas(axis)
    return out


@_kernel
def _half(flat, resistivity, row, odd):  # type: ignore[no-untyped-def]
    """Resistivities of a row of sub-voxels added up, from the middle of a cell to its border.

    `row`: where it begins, the stride, and how many. If `odd`, the first counts half.
    """
    at, stride, count = row
    total = 0.0
    if odd:
        total = 0.5 * resistivity[flat[at]]
    for s in range(odd, count):
        total += resistivity[flat[at + s * stride]]
    return total


@_kernel
def _parallel_of_series(source, way, parts, out, first, last):  # type: ignore[no-untyped-def]
    """Siemens per square metre of every block: columns along the axis, side by side."""
    flat, held = source
    axis, strides = way
    planes, sigma, widths, middles = parts
    aside, beside = (1 if axis == 0 else 0), (1 if axis == 2 else 2)
    along, plane = strides[axis], planes[axis]
    resistivity = 1.0 / sigma
    for i in range(first, last):
        for j in range(out.shape[1]):
            for k in range(out.shape[2]):
                if not (held[i, j, k] and held[i + (axis == 0), j + (axis == 1), k + (axis == 2)]):
                    continue
                at, u, v = (i, j, k)[axis], (i, j, k)[aside], (i, j, k)[beside]
                border = plane[at + 1]
                start, stop = middles[at], middles[at + 1]
                odd_low = (border - plane[at]) % 2
                odd_high = (plane[at + 2] - border) % 2
                total = 0.0
                for b in range(planes[aside][u], planes[aside][u + 1]):
                    for c in range(planes[beside][v], planes[beside][v + 1]):
                        begin = b * strides[aside] + c * strides[beside]
                        low = _half(
                            flat, resistivity, (begin + start * along, along, border - start), odd_low
                        )
                        top = begin + (stop - 1 + odd_high) * along
                        high = _half(flat, resistivity, (top, -along, stop - border + odd_high), odd_high)
                        total += 1.0 / (low * widths[at] + high * widths[at + 1])
                columns = (planes[aside][u + 1] - planes[aside][u]) * (
                    planes[beside][v + 1] - planes[beside][v]
                )
                out[i, j, k] = total / columns


@_kernel
def _series_of_parallel(source, way, parts, out, first, last):  # type: ignore[no-untyped-def]
    """Siemens per square metre of every block: planes across the axis, one after another."""
    flat, held = source
    axis, strides = way
    planes, sigma, widths, middles = parts
    aside, beside = (1 if axis == 0 else 0), (1 if axis == 2 else 2)
    along, plane = strides[axis], planes[axis]
    for i in range(first, last):
        for j in range(out.shape[1]):
            for k in range(out.shape[2]):
                if not (held[i, j, k] and held[i + (axis == 0), j + (axis == 1), k + (axis == 2)]):
                    continue
                at, u, v = (i, j, k)[axis], (i, j, k)[aside], (i, j, k)[beside]
                border = plane[at + 1]
                start, stop = middles[at], middles[at + 1]
                odd_low = (border - plane[at]) % 2
                odd_high = (plane[at + 2] - border) % 2
                columns = (planes[aside][u + 1] - planes[aside][u]) * (
                    planes[beside][v + 1] - planes[beside][v]
                )
                resistance = 0.0
                for s in range(start, stop + odd_high):
                    share = widths[at] if s < border else widths[at + 1]
                    if (odd_low and s == start) or (odd_high and s == stop):
                        share *= 0.5
                    across = 0.0
                    for b in range(planes[aside][u], planes[aside][u + 1]):
                        for c in range(planes[beside][v], planes[beside][v + 1]):
                            across += sigma[flat[b * strides[aside] + c * strides[beside] + s * along]]
                    resistance += share * columns / across
                out[i, j, k] = 1.0 / resistance


@_kernel
def _means(source, planes, least, out, first, last):  # type: ignore[no-untyped-def]
    """Mean conductivity of the sub-voxels that conduct, in cells with enough of them; else 0."""
    labels, sigma = source
    px, py, pz = planes
    for i in range(first, last):
        for j in range(out.shape[1]):
            for k in range(out.shape[2]):
                count, x, y, z = 0, 0.0, 0.0, 0.0
                for a in range(px[i], px[i + 1]):
                    for b in range(py[j], py[j + 1]):
                        for c in range(pz[k], pz[k + 1]):
                            label = labels[a, b, c]
                            if sigma[label, 0] > 0.0:
                                count += 1
                                x += sigma[label, 0]
                                y += sigma[label, 1]
                                z += sigma[label, 2]
                size = (px[i + 1] - px[i]) * (py[j + 1] - py[j]) * (pz[k + 1] - pz[k])
                if count >= max(least * size, 1.0):
                    out[i, j, k, 0] = x / count
                    out[i, j, k, 1] = y / count
                    out[i, j, k, 2] = z / count
