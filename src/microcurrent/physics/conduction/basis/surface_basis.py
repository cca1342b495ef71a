"""The surface basis: what a current into any face of a region of skin does, without another solve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.basis.operators import FieldOperator
from microcurrent.physics.conduction.basis.patches import Patches
from microcurrent.physics.conduction.contact import Integers
from microcurrent.physics.conduction.grid import Floats

Singles = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class SurfaceBasis:
    """Responses of a body to currents into patches of its skin and into single cells of them.

    `resistance` (Q, Q) [ohm]: mean potential of patch q per ampere into patch p, spread by area and
    returned over the whole skin; symmetric. `skin` (C, Q) [ohm]: potential of every skin cell of the
    region. `details` (C, C) [ohm], sparse and symmetric: what is left over of cell-to-cell transfer.
    `half_cell` (F,) [ohm m2]: from the skin to the cell centre, in series with the skin layer on each
    face. `operators`: the field in each chosen tissue.
    """

    patches: Patches
    resistance: Floats
    skin: npt.NDArray[np.floating]
    details: sparse.csr_array
    half_cell: Floats
    operators: Mapping[str, FieldOperator]

    def transfer(self, faces: Integers) -> Floats:
        """Return the potential at the cell behind face i per ampere into face j, (n, n) [ohm].

        `faces` (n,): indices into `patches.faces`. True for currents that add up to zero: a constant,
        the same for all, is free. Symmetric. Write a unit current into a cell as that into its patch
        plus a rest without net current; with G the inverse of the bulk and both sides so split,
        ``G = S + S' - R + D``: S potential of cells per patch, R of patches, D of the rests. Raises
        `ValueRefused` for a face outside the region.
        """
        cells = self.cells_of(faces)
        patch = self.patches.cell_patch[cells]
        half = np.asarray(self.skin[np.ix_(cells, patch)], dtype=float)
        rest = self.details[cells][:, cells].toarray()
        return np.asarray(half + half.T - self.resistance[np.ix_(patch, patch)] + rest)

    def cells_of(self, faces: Integers) -> Integers:
        """Return the places in `patches.cells` of faces (n,); refuse a face outside the region."""
        cells = self.patches.face_cell[np.asarray(faces)]
        if (cells < 0).any():
            raise ValueRefused(
                Problem(
                    what="current outside the region of the basis",
                    expected="faces of the skin that patches cover",
                    came=f"{int((cells < 0).sum())} that none covers",
                    advice="Make a basis of a larger region",
                )
            )
        return cells
