"""Fine: tissue and fibres on the sub-voxels of a volume, and how the cells conduct because of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
from numba import njit

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.conductances import parts_of
from microcurrent.physics.conduction.engine.team import Team, cores
from microcurrent.physics.conduction.fractions import (
    FineLabels,
    MixedCells,
    Planes,
    checked_planes,
    mean_conductivity,
    sub_voxel_faces,
)
from microcurrent.physics.conduction.grid import Floats, Grid

Kinds = npt.NDArray[np.uint8]
#: Conductivity [S/m] by tissue: one number, (across, along) the fibres, or three along x, y and z.
Values = Mapping[str, float | Sequence[float]]

#: A separate part smaller than this share of the largest is a rounding of the sub-voxels.
_ISLAND = 0.01

_kernel = njit(nogil=True, cache=True)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What a sub-voxel can be: a `tissue`, and `fibres`, the unit vector (3,) along them, or None."""

    tissue: str
    fibres: tuple[float, float, float] | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class FineTissue:
    """Tissue on sub-voxels.

    `kinds` (mx, my, mz): 0 for air, else the number of the `table` entry, counted from 1; `planes`: along
    each axis the (n + 1,) rising numbers of sub-voxels between which the cells lie, so that merged cells
    hold more of them; `main` (nx, ny, nz): the kind that each cell counts as, 0 for air. Made by
    `fine_tissue`. Raises `ValueRefused` for arrays that do not fit.
    """

    kinds: Kinds
    table: tuple[Kind, ...]
    planes: Planes
    main: Kinds

    def __post_init__(self) -> None:
        _check_kinds(self.kinds, self.table)
        object.__setattr__(self, "planes", checked_planes(self.planes, self.kinds.shape))
        cells = tuple(plane.size - 1 for plane in self.planes)
        if self.main.shape != cells or self.main.dtype != np.uint8 or self.main.max() > len(self.table):
            raise _refused("main", f"kinds of shape {cells}", f"{self.main.dtype} {self.main.shape}")

    @cached_property
    def tissues(self) -> tuple[str, ...]:
        """Names of the tissues that a sub-voxel has, in the order of the table."""
        counts = np.bincount(self.kinds.reshape(-1), minlength=len(self.table) + 1)[1:]
        return tuple(
            dict.fromkeys(kind.tissue for kind, count in zip(self.table, counts, strict=True) if count)
        )

    def conductivities(self, values: Values) -> Floats:
        """Return the conductivity [S/m] of every kind along x, y and z, (K + 1, 3), 0 of air.

        Raises `ValueRefused` for a tissue without a value, and as `along_axes`.
        """
        missing = set(self.tissues) - set(values)
        if missing:
            raise _refused("conductivity", "one for every tissue", "none for " + ", ".join(sorted(missing)))
        rows = np.zeros((len(self.table) + 1, 3))
        for number, kind in enumerate(self.table, start=1):
            if kind.tissue in values:
                rows[number] = along_axes(kind.tissue, values[kind.tissue], kind.fibres)
        return rows

    def mixed(self, grid: Grid, values: Values) -> MixedCells:
        """Return mean conductivity and face conductances of the cells on their `grid`, as `values` say."""
        fine = FineLabels(labels=self.kinds, conductivity=self.conductivities(values), planes=self.planes)
        held = self.main > 0
        conductivity = mean_conductivity(grid, fine)
        conductivity[~held] = 0.0
        return MixedCells(conductivity=conductivity, faces=sub_voxel_faces(grid, fine, among=held))

    def filled(self) -> Floats:
        """Return which share of each cell is tissue, (nx, ny, nz)."""
        share = np.zeros(self.main.shape)
        team = Team(cores())
        team.run(_filled, team.slabs(self.main.shape[0]), self.kinds, self.planes, share)
        return share

    def volumes_by_tissue(self, grid: Grid) -> dict[str, float]:
        """Return the volume [m3] of every tissue, counted in sub-voxels of the cells on their `grid`."""
        x, y, z = (
            np.repeat(grid.widths(axis) / np.diff(plane), np.diff(plane))
            for axis, plane in enumerate(self.planes)
        )
        across = np.outer(y, z).ravel()
        sums = np.zeros(len(self.table) + 1)
        for width, slice_ in zip(x, self.kinds, strict=True):
            sums += width * np.bincount(slice_.reshape(-1), weights=across, minlength=sums.size)
        volumes = dict.fromkeys(self.tissues, 0.0)
        for kind, total in zip(self.table, sums[1:], strict=True):
            if total:
                volumes[kind.tissue] += float(total)
        return volumes

    def directions(self, kinds: npt.NDArray[np.integer]) -> Floats | None:
        """Return unit vectors along the fibres of some `kinds` (N,), (N, 3), or None if one has none."""
        known = np.array([kind.fibres or (np.nan,) * 3 for kind in self.table], dtype=float)
        found = known[np.asarray(kinds, dtype=int) - 1]
        return found if np.isfinite(found).all() else None

    def within(self, cells: npt.NDArray[np.bool_]) -> FineTissue:
        """Return the same with all cells but `cells` (nx, ny, nz) taken as air."""
        return replace(self, main=np.where(cells, self.main, np.uint8(0)))

    def merged(self, planes: Sequence[npt.NDArray[np.integer]]) -> FineTissue:
        """Return the same sub-voxels in cells joined between the `planes`, three arrays of cell edges."""
        x, y, z = (own[plane] for own, plane in zip(self.planes, planes, strict=True))
        return fine_tissue(self.kinds, self.table, (x, y, z))

    def parts(self) -> npt.NDArray[np.int32]:
        """Return the number of the connected part of each cell, (nx, ny, nz), from 0 up.

        Cells are joined where a row of sub-voxels from one to the other is tissue all along.
        """
        x, y, z = (np.arange(plane.size, dtype=float) for plane in self.planes)
        table = np.ones(len(self.table) + 1)
        table[0] = 0.0
        fine = FineLabels(labels=self.kinds, conductivity=table, planes=self.planes)
        return parts_of(sub_voxel_faces(Grid(x=x, y=y, z=z), fine, among=self.main > 0))

    def digest(self) -> str:
        """Return the SHA-256 of the kinds and the cells, 64 hexadecimal digits."""
        arrays = hashlib.sha256(repr(self.table).encode())
        for array in (self.kinds, *self.planes, self.main):
            arrays.update(str(array.shape).encode())
            little: npt.NDArray[np.generic] = np.asarray(array).astype(array.dtype.newbyteorder("<"))
            arrays.update(np.ascontiguousarray(little).data)
        return arrays.hexdigest()


def fine_tissue(kinds: Kinds, table: tuple[Kind, ...], planes: Planes) -> FineTissue:
    """Return the tissue of cells between `planes`, see `FineTissue`.

    A cell with any tissue at all is tissue, and counts as the tissue that most of it is (of two that
    fill as much, the rarer in the body) and as the commonest kind of that. Cells that are not joined to
    the body, see `FineTissue.parts`, count as air. Raises `ValueRefused` for arrays that do not fit.
    """
    _check_kinds(kinds, table)
    kinds = np.ascontiguousarray(kinds)
    planes = checked_planes(planes, kinds.shape)
    names = list(dict.fromkeys(kind.tissue for kind in table))
    of_kind = np.array([0, *(1 + names.index(kind.tissue) for kind in table)])
    sizes = np.bincount(kinds.reshape(-1), minlength=len(table) + 1)
    rarity = np.argsort(np.argsort(-np.bincount(of_kind, weights=sizes)))
    main = np.zeros([plane.size - 1 for plane in planes], dtype=np.uint8)
    team = Team(cores())
    team.run(_main, team.slabs(main.shape[0]), kinds, planes, (of_kind, rarity), main)
    found = FineTissue(kinds=kinds, table=table, planes=planes, main=main)
    parts = found.parts()
    counts = np.bincount(parts[main > 0], minlength=int(parts.max()) + 1)
    kept = counts >= _ISLAND * counts.max()
    return found if kept[parts[main > 0]].all() else found.within(kept[parts] & (main > 0))


def along_axes(
    tissue: str, value: float | Sequence[float], fibres: tuple[float, float, float] | None = None
) -> tuple[float, float, float]:
    """Return the conductivity [S/m] of a `tissue` along x, y and z.

    `value`: one number; three along the axes; or (across, along) the fibres. Two with fibres along the
    unit vector f give the diagonal of across + (along - across) f f'; two without, the geometric mean
    (across**2 * along)**(1/3) in all directions. Raises `ValueRefused` for others.
    """
    given = np.asarray(value, dtype=float)
    if given.shape not in ((), (2,), (3,)) or not np.isfinite(given).all() or (given <= 0).any():
        raise _refused("conductivity", f"one, two or three numbers above 0 S/m for {tissue}", f"{value}")
    if given.shape != (2,):
        x, y, z = (float(one) for one in np.broadcast_to(given, 3))
        return x, y, z
    across, along = float(given[0]), float(given[1])
    if fibres is None:
        return ((across**2 * along) ** (1 / 3),) * 3
    x, y, z = (across + (along - across) * part**2 for part in fibres)
    return x, y, z


def _check_kinds(kinds: Kinds, table: tuple[Kind, ...]) -> None:
    if kinds.ndim != 3 or kinds.dtype != np.uint8 or not kinds.size:
        raise _refused("kinds", "bytes (mx, my, mz)", f"{kinds.dtype} {kinds.shape}")
    if not 0 < kinds.max() <= len(table):
        raise _refused("kinds", f"some tissue, numbers up to {len(table)}", f"up to {kinds.max()}")


def _refused(key: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="tissue volume on sub-voxels", key=key, expected=expected, came=came))


@_kernel
def _filled(kinds, planes, share, first, last):  # type: ignore[no-untyped-def]
    """The share of each cell that is tissue."""
    px, py, pz = planes
    for i in range(first, last):
        for j in range(share.shape[1]):
            for k in range(share.shape[2]):
                count = 0
                for a in range(px[i], px[i + 1]):
                    for b in range(py[j], py[j + 1]):
                        for c in range(pz[k], pz[k + 1]):
                            count += kinds[a, b, c] > 0
                share[i, j, k] = count / ((px[i + 1] - px[i]) * (py[j + 1] - py[j]) * (pz[k + 1] - pz[k]))


@_kernel
def _best(sums, rarity):  # type: ignore[no-untyped-def]
    """The tissue with the largest of `sums`, of two as large the rarer."""
    best = 0
    for t in range(1, sums.size):
        more = sums[t] > sums[best] or (sums[t] == sums[best] and rarity[t] > rarity[best])
        if sums[t] > 0 and (best == 0 or more):
            best = t
    return best


@_kernel
def _even(kinds, low, high):  # type: ignore[no-untyped-def]
    """Whether all sub-voxels of a cell from `low` up to `high` are of one kind."""
    one = kinds[low[0], low[1], low[2]]
    for a in range(low[0], high[0]):
        for b in range(low[1], high[1]):
            for c in range(low[2], high[2]):
                if kinds[a, b, c] != one:
                    return False
    return True


@_kernel
def _main(kinds, planes, tissue, main, first, last):  # type: ignore[no-untyped-def]
    """The kind that each cell counts as: the commonest of its commonest tissue."""
    px, py, pz = planes
    of_kind, rarity = tissue
    counts = np.zeros(of_kind.size, np.int64)
    sums = np.zeros(rarity.size, np.int64)
    for i in range(first, last):
        for j in range(main.shape[1]):
            for k in range(main.shape[2]):
                if _even(kinds, (px[i], py[j], pz[k]), (px[i + 1], py[j + 1], pz[k + 1])):
                    main[i, j, k] = kinds[px[i], py[j], pz[k]]
                    continue
                counts[:] = 0
                sums[:] = 0
                for a in range(px[i], px[i + 1]):
                    for b in range(py[j], py[j + 1]):
                        for c in range(pz[k], pz[k + 1]):
                            counts[kinds[a, b, c]] += 1
                            sums[of_kind[kinds[a, b, c]]] += 1
                best = _best(sums, rarity)
                most = 0
                for n in range(1, counts.size):
                    if of_kind[n] == best and (most == 0 or counts[n] > counts[most]):
                        most = n
                main[i, j, k] = most
