"""Ready-made conductances of the faces between cells: what a grid of finite volumes is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import sparse

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.grid import Floats, Grid


@dataclass(frozen=True, kw_only=True, eq=False)
class FaceConductances:
    """Conductance from cell centre to cell centre through every inner face, siemens, 0 or more.

    `x` ``(nx - 1, ny, nz)``, `y` ``(nx, ny - 1, nz)``, `z` ``(nx, ny, nz - 1)``. 0 insulates: a cell
    all of whose faces are 0 stands alone. Raises `ValueRefused` for shapes that belong to no grid and
    for values that are negative or not finite.
    """

    x: Floats
    y: Floats
    z: Floats

    def __post_init__(self) -> None:
        for name in ("x", "y", "z"):
            values = np.array(getattr(self, name), dtype=float)
            if values.ndim != 3:
                raise _refused(name, "three indices", f"shape {values.shape}")
            if not (np.isfinite(values) & (values >= 0)).all():
                raise _refused(name, "finite values of 0 S or more", "others among them")
            values.setflags(write=False)
            object.__setattr__(self, name, values)
        for axis, (name, values) in enumerate(zip("xyz", self.axes, strict=True)):
            expected = tuple(n - (other == axis) for other, n in enumerate(self.shape))
            if values.shape != expected:
                raise _refused(name, f"shape {expected}", f"shape {values.shape}")

    @property
    def axes(self) -> tuple[Floats, Floats, Floats]:
        """The three arrays in order."""
        return (self.x, self.y, self.z)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Cells along each axis, ``(nx, ny, nz)``."""
        return (self.y.shape[0], self.x.shape[1], self.x.shape[2])

    def check_on(self, grid: Grid) -> None:
        """Raise `ValueRefused` unless these are the inner faces of `grid`."""
        if self.shape != grid.shape:
            raise _refused("grid", f"cells {grid.shape}", f"faces between cells {self.shape}")


def _refused(key: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="face conductances", key=key, expected=expected, came=came))


def matrix_of(faces: FaceConductances) -> sparse.csr_array:
    """Return the matrix of outward currents per volt in siemens, insulated outside.

    Symmetric, ``(nx ny nz, nx ny nz)``; a row sums to zero. The plain twin of the matrix-free engine.
    """
    cells = np.arange(int(np.prod(faces.shape))).reshape(faces.shape)
    rows, columns, values = [], [], []
    for axis, conductance in enumerate(faces.axes):
        count = faces.shape[axis]
        value = conductance.ravel()
        low = np.take(cells, range(count - 1), axis=axis).ravel()[value > 0]
        high = np.take(cells, range(1, count), axis=axis).ravel()[value > 0]
        value = value[value > 0]
        rows += [low, high, low, high]
        columns += [high, low, low, high]
        values += [-value, -value, value, value]
    coordinates = (np.concatenate(rows), np.concatenate(columns))
    matrix = sparse.coo_array((np.concatenate(values), coordinates), shape=(cells.size, cells.size))
    return sparse.csr_array(matrix)


def parts_of(faces: FaceConductances) -> npt.NDArray[np.int32]:
    """Return the number of the connected part of each cell, ``(nx, ny, nz)``, from 0 up.

    Cells are connected where a face between them conducts; a cell without such faces is a part of its own.
    """
    parent = np.arange(int(np.prod(faces.shape)), dtype=np.int32)
    strides = (faces.shape[1] * faces.shape[2], faces.shape[2], 1)
    for conductance, stride in zip(faces.axes, strides, strict=True):
        _join(conductance, strides, stride, parent)
    return np.asarray(_numbered(parent).reshape(faces.shape))


@njit(nogil=True, cache=True)
def _root(parent, cell):  # type: ignore[no-untyped-def]
    """The first cell of a part; paths to it are halved on the way (R. E. Tarjan, J. ACM 22 (1975) 215)."""
    while parent[cell] != cell:
        parent[cell] = parent[parent[cell]]
        cell = parent[cell]
    return cell


@njit(nogil=True, cache=True)
def _join(conductance, strides, stride, parent):  # type: ignore[no-untyped-def]
    """Join the two cells of every face that conducts; the smaller index is the root."""
    for i in range(conductance.shape[0]):
        for j in range(conductance.shape[1]):
            for k in range(conductance.shape[2]):
                if conductance[i, j, k] > 0:
                    cell = i * strides[0] + j * strides[1] + k * strides[2]
                    one, other = _root(parent, cell), _root(parent, cell + stride)
                    if one < other:
                        parent[other] = one
                    elif other < one:
                        parent[one] = other


@njit(nogil=True, cache=True)
def _numbered(parent):  # type: ignore[no-untyped-def]
    """Numbers of the parts, in the order of their first cells."""
    number = np.empty_like(parent)
    count = 0
    for cell in range(parent.size):
        root = _root(parent, cell)
        if root == cell:
            number[cell] = count
            count += 1
        else:
            number[cell] = number[root]
    return number
