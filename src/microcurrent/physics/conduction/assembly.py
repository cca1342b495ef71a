"""From conductivity to a sparse matrix: two-point fluxes with harmonic face conductances."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.grid import Floats, Grid

Integers = npt.NDArray[np.int64]


def diagonal_conductivity(grid: Grid, conductivity: npt.ArrayLike) -> Floats:
    """Return the conductivity along x, y and z in siemens per metre, ``(nx, ny, nz, 3)``.

    Takes ``(nx, ny, nz)`` for isotropic tissue or ``(nx, ny, nz, 3)`` for tissue whose principal
    directions are the axes. A cell conducts along all three or, with 0, is excluded. Raises
    `ValueRefused` for another shape, for negative or not finite values, for a cell that conducts
    along some axes only, and where nothing conducts.
    """
    given = np.asarray(conductivity)
    if given.shape == grid.shape:
        given = np.repeat(given[..., None], 3, axis=3)
    if given.shape != (*grid.shape, 3):
        raise _refused(f"shape {grid.shape} or {(*grid.shape, 3)}", f"shape {given.shape}")
    if not np.issubdtype(given.dtype, np.number) or np.iscomplexobj(given):
        raise _refused("real numbers in S/m", f"an array of {given.dtype}")
    values = np.array(given, dtype=float)
    if not np.isfinite(values).all():
        raise _refused("finite values in S/m", f"{int((~np.isfinite(values)).sum())} that are not")
    if (values < 0).any():
        raise _refused("0 or more in S/m", f"{values.min():g} S/m")
    conducting = values > 0
    if (conducting.any(axis=3) != conducting.all(axis=3)).any():
        raise _refused("all three axes above 0, or all three 0", "a cell with some of them 0")
    if not conducting.any():
        raise _refused("a cell that conducts", "0 S/m everywhere")
    values.setflags(write=False)
    return values


def _refused(expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="conductivity", expected=expected, came=came))


def half_resistivity(grid: Grid, conductivity: Floats, axis: int) -> Floats:
    """Return ``d / (2 sigma)`` from cell centre to face along `axis`, ohm m2, ``(nx, ny, nz)``.

    Infinite in excluded cells. `conductivity` is ``(nx, ny, nz, 3)`` in S/m.
    """
    width = grid.widths(axis).reshape([-1 if other == axis else 1 for other in range(3)])
    sigma = conductivity[..., axis]
    half = np.full(sigma.shape, np.inf)
    np.divide(np.broadcast_to(0.5 * width, sigma.shape), sigma, out=half, where=sigma > 0)
    return half


def face_conductances(grid: Grid, conductivity: Floats, axis: int) -> Floats:
    """Return the conductance of the inner faces normal to `axis` in siemens.

    The two half cells stand in series (the harmonic mean), so a jump of conductivity at a face is
    exact in one dimension. One fewer than the cells along `axis`; 0 next to an excluded cell.
    """
    half = half_resistivity(grid, conductivity, axis)
    count = grid.shape[axis]
    low, high = (
        np.take(half, range(count - 1), axis=axis),
        np.take(half, range(1, count), axis=axis),
    )
    return np.asarray(grid.face_areas(axis) / (low + high))


def bulk_matrix(grid: Grid, conductivity: Floats) -> sparse.csr_array:
    """Return the matrix of ``-div(sigma grad)`` times volume in siemens, insulated outside.

    Symmetric, ``(nx ny nz, nx ny nz)``; rows and columns of excluded cells are empty. A row sums
    to zero: with no electrode the potential is free up to a constant.
    """
    cells = np.arange(int(np.prod(grid.shape))).reshape(grid.shape)
    rows, columns, values = [], [], []
    for axis in range(3):
        count = grid.shape[axis]
        value = face_conductances(grid, conductivity, axis).ravel()
        low = np.take(cells, range(count - 1), axis=axis).ravel()[value > 0]
        high = np.take(cells, range(1, count), axis=axis).ravel()[value > 0]
        value = value[value > 0]
        rows += [low, high, low, high]
        columns += [high, low, low, high]
        values += [-value, -value, value, value]
    coordinates = (np.concatenate(rows), np.concatenate(columns))
    matrix = sparse.coo_array((np.concatenate(values), coordinates), shape=(cells.size, cells.size))
    return sparse.csr_array(matrix)
