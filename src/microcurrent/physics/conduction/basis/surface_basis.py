"""The surface basis: what a current into any face of a region of skin does, without another solve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from microcurrent.physics.conduction.basis.details import between
from microcurrent.physics.conduction.basis.operators import FieldOperator, Interior, balanced
from microcurrent.physics.conduction.basis.patches import Patches
from microcurrent.physics.conduction.contact import Integers
from microcurrent.physics.conduction.grid import Floats

Singles = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class SurfaceBasis:
    """Responses of a body to currents into patches of its skin and into single cells of them.

    `resistance` (Q, Q) [ohm]: mean potential of patch q per ampere into patch p, spread by area and
    returned over the whole skin; symmetric. `skin` (C, Q) [ohm]: potential of every skin cell of the
    region. `weights` (C, Q): how a current into a cell is shared among patches, see `details.shares`;
    `details` (C, C) [ohm], sparse and symmetric: transfer between what these shares leave over.
    `half_cell` (F,) [ohm m2]: from the skin to the cell centre, in series with the skin layer on each
    face. `operators`: the field in each chosen tissue.
    """

    patches: Patches
    weights: sparse.csr_array
    resistance: Floats
    skin: npt.NDArray[np.floating]
    details: sparse.csr_array
    half_cell: Floats
    interior: Interior
    operators: Mapping[str, FieldOperator]

    @property
    def area(self) -> Floats:
        """Area of every face of the skin, (F,) [m2]."""
        return self.patches.faces.area

    def transfer(self, faces: Integers) -> Floats:
        """Return the potential at the cell behind face i per ampere into face j, (n, n) [ohm].

        `faces` (n,): indices into `patches.faces`. True for currents that add up to zero: a constant,
        the same for all, is free. Symmetric. Write a unit current into cell k as ``sum_q a_kq s_q +
        d_k``, shares of the patches around it and a rest; with G the inverse of the bulk and both sides
        so split, ``G = S a' + a S' - a R a' + D``: S potential of cells per patch, R of patches, D of
        the rests. Raises `ValueRefused` for a face outside the region.
        """
        cells, back = np.unique(self.patches.cells_under(faces), return_inverse=True)
        shares = self.weights[cells]
        used = np.unique(shares.indices)
        share = shares[:, used]
        half = share @ np.asarray(self.skin[np.ix_(cells, used)], dtype=float).T
        both = share @ (share @ self.resistance[np.ix_(used, used)]).T
        found = half + half.T - both + between(self.details, cells)
        return np.asarray(found[np.ix_(back, back)])

    def fields(self, faces: Integers, currents: npt.ArrayLike) -> dict[str, npt.NDArray[np.inexact]]:
        """Return the field [V/m] in every tissue, (N, 3) each, for `currents` (n,) [A] into `faces`.

        As `FieldOperator.field` for each, with the potential decoded once. Raises `ValueRefused` for
        currents that do not add up to 0 and for a face outside the region.
        """
        given = balanced(faces, currents)
        if np.iscomplexobj(given):
            real, imaginary = self._fields(faces, given.real), self._fields(faces, given.imag)
            return {tissue: real[tissue] + 1j * imaginary[tissue] for tissue in real}
        return dict(self._fields(faces, np.asarray(given, dtype=float)))

    def _fields(self, faces: Integers, currents: Floats) -> dict[str, npt.NDArray[np.floating]]:
        potential = self.interior.potential(faces, currents)
        return {name: one.field_from(potential, faces, currents) for name, one in self.operators.items()}
