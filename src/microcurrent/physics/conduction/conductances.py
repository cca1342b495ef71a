"""Ready-made conductances of the faces between cells: what a grid of finite volumes is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
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
