"""Tallies: |E| and |J| in every cell of a tissue, added up over positions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from microcurrent.physics.conduction.basis.operators import FieldOperator
from microcurrent.physics.conduction.grid import Floats
from microcurrent.planning.exposure.exposed import TissueArrays

Singles = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Medium:
    """One tissue of a basis: `operator`; `conductivity` [S/m] along x, y, z; `fibres`, a direction or None.

    Both (3,), or (N, 3) where they differ from cell to cell. `tissue` [m3]: how much of each cell is
    tissue, (N,), or None where all of it is.
    """

    operator: FieldOperator
    conductivity: Floats
    fibres: Floats | None = None
    tissue: Floats | None = None

    @property
    def volumes(self) -> Floats:
        """Volume [m3] that each cell counts with, (N,)."""
        return self.operator.volumes if self.tissue is None else self.tissue


@dataclass(kw_only=True, eq=False)
class Tally:
    """Sums over positions in the N cells of one tissue, all (N,) or, without fibres, None for `along`.

    `field` |E| [V/m] and `density` |J| [A/m2], times weight; `along`: |E| along the fibres, times weight;
    `largest_field`, `largest_density`: the most so far; `weight`: what was given in all.
    """

    field: Singles
    density: Singles
    largest_field: Singles
    largest_density: Singles
    along: Singles | None = None
    largest_along: Singles | None = None
    weight: float = 0.0

    def mean(self, name: str) -> Singles:
        """Return a sum, "field", "density" or "along", over the weight."""
        return np.asarray(getattr(self, name) / np.float32(self.weight or 1.0))


def new_tally(medium: Medium) -> Tally:
    """Return a tally of nothing yet."""
    count = medium.operator.cells.size
    zeros = [np.zeros(count, dtype=np.float32) for _ in range(6)]
    tally = Tally(field=zeros[0], density=zeros[1], largest_field=zeros[2], largest_density=zeros[3])
    if medium.fibres is not None:
        tally.along, tally.largest_along = zeros[4], zeros[5]
    return tally


@dataclass(frozen=True, kw_only=True, eq=False)
class Sizes:
    """|E| [V/m], |J| [A/m2] and, where fibres are known, |E| along them, (N,) each."""

    field: Singles
    density: Singles
    along: Singles | None


def sizes_of(medium: Medium, field: npt.NDArray[np.floating]) -> Sizes:
    """Return the sizes of a field (N, 3) [V/m] in a tissue."""
    vectors = np.asarray(field, dtype=np.float32)
    sigma = medium.conductivity.astype(np.float32)
    strength = _length(vectors)
    even = bool((sigma == sigma[..., :1]).all())
    density = strength * sigma[..., 0] if even else _length(vectors * sigma)
    along = None
    if medium.fibres is not None:
        along = np.abs((vectors * medium.fibres.astype(np.float32)).sum(axis=1))
    return Sizes(field=strength, density=density, along=along)


def add(tally: Tally, sizes: Sizes, weight: float, *, lasting: float | None = None) -> None:
    """Add the sizes of one position times `weight` [s]; they are divided by what they last, if not this."""
    tally.weight += weight if lasting is None else lasting
    for name in ("field", "density", "along"):
        value = getattr(sizes, name)
        if value is None:
            continue
        total, largest = getattr(tally, name), getattr(tally, f"largest_{name}")
        total += np.float32(weight) * value
        np.maximum(largest, value, out=largest)


def arrays_of(tally: Tally) -> TissueArrays:
    """Return means and largest of a tally."""
    return TissueArrays(
        field=tally.mean("field"),
        density=tally.mean("density"),
        largest_field=tally.largest_field,
        largest_density=tally.largest_density,
    )


def _length(vectors: Singles) -> Singles:
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", vectors, vectors)))
