"""Thin resistive layers inside the tissue: fascia, periosteum, membranes, as faces with an impedance.

A layer of thickness t and conductivity s, thin against the cells, is the impedance per area ``t / s`` in
series with the two half cells of every face it lies on (thin-layer limit; see `exact.layers` for its
judge). It takes no cell, and its own thickness sets no limit to the size of cells.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.conductances import FaceConductances
from microcurrent.physics.conduction.grid import Floats, Grid

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Sheet:
    """One layer without thickness: the inner faces that it lies on, and its impedance.

    `cells` flat index of the cell below each face, ``(S,)``; `axis` 0, 1 or 2 of the face, ``(S,)``;
    `impedance` ohm m2, a number or ``(S,)``, 0 or more; `share` of the face that counts, a number or
    ``(S,)``, above 0 and at most 1. A sheet that lies askew is a staircase, larger than the sheet: its
    share is the size of the normal's component along the axis. Raises `ValueRefused` for others.
    """

    cells: Integers
    axis: Integers
    impedance: Floats | float
    share: Floats | float = 1.0

    def __post_init__(self) -> None:
        count = np.size(self.cells)
        for name, kind in (("cells", np.int64), ("axis", np.int64), ("impedance", float), ("share", float)):
            given = np.asarray(getattr(self, name))
            single = kind is float and given.ndim == 0
            if not single and given.shape != (count,):
                raise _refused(name, f"one value for each of {count} faces", f"{given.shape}")
            if kind is np.int64 and count and not np.issubdtype(given.dtype, np.integer):
                raise _refused(name, "whole numbers", f"an array of {given.dtype}")
            values = np.array(np.broadcast_to(given, (count,)), dtype=kind)
            values.setflags(write=False)
            object.__setattr__(self, name, values)
        impedance, share = np.asarray(self.impedance), np.asarray(self.share)
        for name, sound, expected in (
            ("cells", count > 0 and (self.cells >= 0).all(), "one or more cell indices"),
            ("axis", np.isin(self.axis, (0, 1, 2)).all(), "0, 1 or 2"),
            ("impedance", (np.isfinite(impedance) & (impedance >= 0)).all(), "0 ohm m2 or more"),
            ("share", ((share > 0) & (share <= 1)).all(), "above 0 and at most 1"),
        ):
            if not sound:
                raise _refused(name, expected, str(getattr(self, name)))


def _refused(key: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="sheet inside the tissue", key=key, expected=expected, came=came))


def sheet_between(
    labels: npt.ArrayLike, one: Collection[int], other: Collection[int], *, impedance: float
) -> Sheet:
    """Return the sheet on every face between a cell of `one` and a cell of `other` labels.

    `labels` whole numbers ``(nx, ny, nz)``, `impedance` ohm m2. Raises `ValueRefused` where the two
    nowhere touch.
    """
    tissue = np.asarray(labels)
    cells = np.arange(tissue.size).reshape(tissue.shape)
    first, second = np.isin(tissue, list(one)), np.isin(tissue, list(other))
    found, axes = [], []
    for axis in range(3):
        low = tuple(slice(None, -1) if a == axis else slice(None) for a in range(3))
        high = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
        meet = (first[low] & second[high]) | (second[low] & first[high])
        found.append(cells[low][meet])
        axes.append(np.full(found[-1].size, axis))
    return Sheet(cells=np.concatenate(found), axis=np.concatenate(axes), impedance=impedance)


def plane_sheet(grid: Grid, *, axis: int, position: float, impedance: float) -> Sheet:
    """Return the sheet on the whole plane of inner faces at `position` metre along `axis`.

    `impedance` ohm m2. Raises `ValueRefused` where the grid has no inner plane of faces.
    """
    index = grid.edge_at(axis, position)
    if not 0 < index < grid.shape[axis]:
        raise _refused("position", "a plane inside the grid", f"{position} m, its end")
    cells = np.arange(int(np.prod(grid.shape))).reshape(grid.shape)
    below = np.take(cells, index - 1, axis=axis).ravel()
    return Sheet(cells=below, axis=np.full(below.size, axis), impedance=impedance)


def with_sheets(grid: Grid, faces: FaceConductances, sheets: Sequence[Sheet]) -> FaceConductances:
    """Return `faces` with every sheet in series; sheets on the same face add up.

    Raises `ValueRefused` for faces of another grid and for a sheet on the outer side of the grid.
    """
    faces.check_on(grid)
    added = [np.zeros(one.shape) for one in faces.axes]
    for sheet in sheets:
        _check_inside(grid, sheet)
        places = np.unravel_index(sheet.cells, grid.shape)
        per_area = np.asarray(sheet.impedance) / np.asarray(sheet.share)
        for axis in range(3):
            chosen = sheet.axis == axis
            at = tuple(place[chosen] for place in places)
            area = np.broadcast_to(grid.face_areas(axis), grid.shape)[at]
            np.add.at(added[axis], at, per_area[chosen] / area)
    x, y, z = (g / (1.0 + g * r) for g, r in zip(faces.axes, added, strict=True))
    return FaceConductances(x=x, y=y, z=z)


def _check_inside(grid: Grid, sheet: Sheet) -> None:
    if sheet.cells.max() >= np.prod(grid.shape):
        raise _refused("cells", f"indices below {np.prod(grid.shape)}", f"{sheet.cells.max()}")
    places = np.stack(np.unravel_index(sheet.cells, grid.shape), axis=1)
    along = places[np.arange(sheet.axis.size), sheet.axis]
    if (along >= np.array(grid.shape)[sheet.axis] - 1).any():
        raise _refused("cells", "faces between two cells", "a face on the outer side of the grid")
