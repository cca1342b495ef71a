"""Anatomy: a body as arrays, in one form whatever it was made from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.bodies.fine import Kind, Kinds
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.bodies.volume import AIR, Volume
from microcurrent.physics.conduction.grid import Floats, Grid

__all__ = ["NO_TISSUE", "Anatomy", "Kind", "Kinds", "MuscleSheet"]

#: The kind of a sub-voxel without tissue.
NO_TISSUE = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class MuscleSheet:
    """A muscle as a curved sheet of fibres: `name`, `side`, `tissue`.

    `points` (L, W, 3) [m]: the middle surface, L places along each of W fibres, from origin to
    insertion; `thickness` (L, W) [m] around it. `source` of the geometry.
    """

    name: str
    side: str
    tissue: str
    points: Floats
    thickness: Floats
    source: str = ""

    @property
    def directions(self) -> Floats:
        """Unit vectors along the fibres, (L, W, 3)."""
        along = np.gradient(self.points, axis=0)
        return np.asarray(along / np.linalg.norm(along, axis=-1, keepdims=True))


@dataclass(frozen=True, kw_only=True, eq=False)
class Anatomy:
    """Tissue on sub-voxels, the skin, muscles, and how thick each layer is.

    `grid`: cells [m] of one size, axes right, front, up; `refinement`: sub-voxels along each edge of a
    cell; `kinds` (r nx, r ny, r nz): 0 for air, else the number of the `table` entry, counted from 1;
    `parts` (nx, ny, nz): 0, or the number of a muscle of `muscles` that has a part of a cell, counted from
    1. `skin`; `thickness` [m] by name of a layer, (V,) at every vertex of the skin, NaN where there is no
    such layer below it. Where a body is cut (neck, limb) its tissue runs up to the end of the grid, so that
    the cut is insulated and no skin. Raises `ValueRefused` for arrays that do not fit.
    """

    grid: Grid
    refinement: int
    kinds: Kinds
    table: tuple[Kind, ...]
    skin: SkinMesh
    parts: npt.NDArray[np.uint8] | None = None
    muscles: tuple[MuscleSheet, ...] = ()
    thickness: Mapping[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        fine = tuple(self.refinement * n for n in self.grid.shape)
        if self.refinement < 1 or self.kinds.shape != fine or self.kinds.dtype != np.uint8:
            raise _refused("kinds", f"bytes of shape {fine}", f"{self.kinds.dtype} {self.kinds.shape}")
        if int(self.kinds.max(initial=0)) > len(self.table) or not self.kinds.any():
            raise _refused(
                "kinds", f"some tissue, numbers up to {len(self.table)}", f"up to {self.kinds.max()}"
            )
        if self.parts is not None and self.parts.shape != self.grid.shape:
            raise _refused("parts", f"shape {self.grid.shape}", f"{self.parts.shape}")
        for name, values in self.thickness.items():
            if np.shape(values) != (len(self.skin.vertices),):
                raise _refused(f"thickness of {name}", "one for each vertex", f"{np.shape(values)}")

    @property
    def tissues(self) -> tuple[str, ...]:
        """Names of the tissues present, in the order of the table."""
        names = (kind.tissue for kind, count in zip(self.table, self._counts, strict=True) if count)
        return tuple(dict.fromkeys(names))

    @cached_property
    def _counts(self) -> npt.NDArray[np.int64]:
        """Sub-voxels of every kind of the table; layer by layer, as counting takes eight bytes for each."""
        counts = np.zeros(len(self.table) + 1, dtype=np.int64)
        for layer in self.kinds:
            counts += np.bincount(layer.ravel(), minlength=counts.size)
        return counts[1:]

    @property
    def spacing(self) -> float:
        """Width [m] of a cell."""
        return float(self.grid.widths(0)[0])

    def volumes_by_tissue(self) -> dict[str, float]:
        """Return the volume [m3] of every tissue, counted in sub-voxels."""
        size = float(np.prod([self.grid.widths(axis)[0] for axis in range(3)])) / self.refinement**3
        volumes: dict[str, float] = {}
        for kind, count in zip(self.table, self._counts, strict=True):
            if count:
                volumes[kind.tissue] = volumes.get(kind.tissue, 0.0) + float(count) * size
        return volumes

    def volume(self) -> Volume:
        """Return the body as whole cells: each has the tissue that fills most of it.

        A cell is tissue where at least half of its sub-voxels are.
        """
        tissues = self.tissues
        of_kind = np.array([0, *(1 + tissues.index(kind.tissue) if kind.tissue in tissues else 0
                                 for kind in self.table)], dtype=np.uint8)  # fmt: skip
        labels = _majority(of_kind[self.kinds], self.refinement, len(tissues))
        return Volume(grid=self.grid, labels=labels, tissues=tissues)

    def digest(self) -> str:
        """Return the SHA-256 of everything that changes a result, 64 hexadecimal digits."""
        arrays = hashlib.sha256()
        for array in (self.kinds, *self.grid.edges, self.skin.vertices, self.skin.triangles):
            arrays.update(str(array.shape).encode())
            arrays.update(np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes())
        arrays.update(repr(self.table).encode())
        return arrays.hexdigest()


def _majority(tissue: Kinds, refinement: int, count: int) -> npt.NDArray[np.int16]:
    """The tissue of every cell as an index, `AIR` for those filled less than half."""
    nx, ny, nz = (n // refinement for n in tissue.shape)
    blocks = tissue.reshape(nx, refinement, ny, refinement, nz, refinement)
    most = np.zeros((nx, ny, nz), dtype=np.uint16)
    filled = np.zeros_like(most)
    labels = np.full((nx, ny, nz), AIR, dtype=np.int16)
    for index in range(count):
        here = (blocks == index + 1).sum(axis=(1, 3, 5), dtype=np.uint16)
        labels[here > most] = index
        np.maximum(most, here, out=most)
        filled += here
    labels[2 * filled < refinement**3] = AIR
    return labels


def _refused(key: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="the arrays of a body", key=key, expected=expected, came=came))
