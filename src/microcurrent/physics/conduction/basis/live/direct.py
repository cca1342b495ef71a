"""The plain twin of a surface basis: the transfer of any faces by factoring the whole bulk.

For small bodies and as a judge. It may end in a remote electrode, which a half-space needs.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.linalg import splu

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.assembly import bulk_matrix
from microcurrent.physics.conduction.basis.live.wetting import Values
from microcurrent.physics.conduction.conductor import Conductor
from microcurrent.physics.conduction.contact import Contact, Faces, Integers
from microcurrent.physics.conduction.grid import Floats


class DirectResponse:
    """Transfer between faces over the cells behind them, by a sparse factorisation made once.

    `matrix` (cells, cells) [S] of the insulated bulk, real or complex, with empty rows where nothing
    conducts (`assembly.bulk_matrix`); `cells` (F,) behind the faces; `half_cell` (F,) [ohm m2]; `area` (F,)
    [m2] of the faces, without which it is not checked that electrodes cover no more. With
    `remote` (cells,) [S], admittances to an electrode outside, that electrode is one more face, with
    index F, area to choose, and neither skin nor half cell. Raises `ValueRefused` for a bulk of several
    parts, some of which neither hang together nor reach the remote electrode.
    """

    def __init__(
        self,
        matrix: sparse.csr_array,
        *,
        cells: Integers,
        half_cell: Floats,
        area: Floats | None = None,
        remote: npt.ArrayLike | None = None,
    ) -> None:
        self.half_cell = half_cell if remote is None else np.append(half_cell, 0.0)
        # The remote electrode is as large as may be.
        self.area = area if area is None or remote is None else np.append(area, np.inf)
        diagonal = np.asarray(matrix.diagonal())
        used = np.flatnonzero(diagonal)
        count, _ = sparse.csgraph.connected_components(abs(matrix[used][:, used]), directed=False)
        if count != 1:
            raise ValueRefused(
                Problem(what="bulk", expected="one connected part of tissue", came=f"{count} parts")
            )
        ground = np.zeros(diagonal.size) if remote is None else np.array(remote)
        if remote is None:
            # One cell stands at 0 V: balanced currents do not see it.
            ground[used[0]] = abs(diagonal[used[0]])
        part = (matrix + sparse.diags_array(ground))[used][:, used]
        # The matrix is symmetric and its diagonal large: no pivoting, and an ordering for that.
        self._factors = splu(
            sparse.csc_array(part),
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
        self._size, self._kind = used.size, part.dtype
        self._behind = np.searchsorted(used, cells)
        self._remote = None if remote is None else cells.size

    def transfer(self, faces: Integers) -> Values:
        """Return the potential at the cell behind face i per ampere into face j, (n, n) [ohm]."""
        inside = np.asarray(faces) != self._remote
        which, place = np.unique(self._behind[np.asarray(faces)[inside]], return_inverse=True)
        right = np.zeros((self._size, which.size), dtype=self._kind)
        right[which, np.arange(which.size)] = 1.0
        found = self._factors.solve(right)[which]
        # The remote electrode is where all current ends: at 0 V, and without effect of its own.
        transfer = np.zeros((inside.size, inside.size), dtype=found.dtype)
        transfer[np.ix_(inside, inside)] = 0.5 * (found + found.T)[np.ix_(place, place)]
        return transfer


def direct_response(conductor: Conductor, faces: Faces, *, remote: Contact | None = None) -> DirectResponse:
    """Return the transfer between `faces` of a conductor, with `remote`, if any, as the last face."""
    every = Contact(cells=faces.cells, axis=faces.axis, side=faces.side, area=faces.area, impedance=0.0)
    matrix = bulk_matrix(conductor.grid, conductor.conductivity)
    outside = None
    if remote is not None:
        through = remote.area / (remote.impedance + conductor.half_cell(remote))
        outside = np.bincount(remote.cells, weights=through, minlength=matrix.shape[0])
    return DirectResponse(
        matrix, cells=faces.cells, half_cell=conductor.half_cell(every), area=faces.area, remote=outside
    )
