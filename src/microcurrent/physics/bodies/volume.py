"""Volume: a grid with a tissue in every cell, and the skin around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.bodies.fine import FineTissue, Values, along_axes
from microcurrent.physics.conduction.conductor import Conductor
from microcurrent.physics.conduction.contact import Faces, exposed_faces
from microcurrent.physics.conduction.fractions import MixedCells
from microcurrent.physics.conduction.grid import Floats, Grid

Labels = npt.NDArray[np.int16]

#: The label of a cell without tissue.
AIR = -1


@dataclass(frozen=True, kw_only=True, eq=False)
class Volume:
    """Which tissue lies in which cell.

    `grid`: cells in metre; `labels` (nx, ny, nz): index into `tissues`, -1 for air; `tissues`:
    names; `skin_borders`: ends of the grid, as (axis, side), that are skin themselves because no air
    is meshed there. Any other end is a cut through the body: insulated, but no skin. `fine`: the tissue
    on sub-voxels, where it is known; a label is then what most of the tissue in a cell is, however little.
    Raises `ValueRefused` for labels of another shape or outside the tissues, and where nothing is tissue.
    """

    grid: Grid
    labels: Labels
    tissues: tuple[str, ...]
    skin_borders: tuple[tuple[int, int], ...] = ()
    fine: FineTissue | None = None

    def __post_init__(self) -> None:
        labels = np.array(self.labels)
        if labels.shape != self.grid.shape or labels.dtype.kind not in "iu":
            raise _refused(
                f"whole numbers of shape {self.grid.shape}", f"{labels.dtype} of shape {labels.shape}"
            )
        if labels.min() < AIR or labels.max() >= len(self.tissues):
            raise _refused(f"from -1 to {len(self.tissues) - 1}", f"{labels.min()} to {labels.max()}")
        if labels.max() == AIR:
            raise _refused("at least one cell of tissue", "air everywhere")
        if self.fine is not None and not np.array_equal(self.fine.main > 0, labels != AIR):
            raise _refused("the same cells of tissue as on sub-voxels", "others")
        labels = labels.astype(np.int16)
        labels.setflags(write=False)
        object.__setattr__(self, "labels", labels)

    @property
    def conducting(self) -> npt.NDArray[np.bool_]:
        """Which cells are tissue, (nx, ny, nz)."""
        return np.asarray(self.labels != AIR)

    def volumes_by_tissue(self) -> dict[str, float]:
        """Return the volume [m3] of every tissue, in the order of `tissues`; by sub-voxels where known."""
        if self.fine is not None:
            found = self.fine.volumes_by_tissue(self.grid)
            return {tissue: found.get(tissue, 0.0) for tissue in self.tissues}
        filled = self.conducting
        sums = np.bincount(
            self.labels[filled], weights=self.grid.volumes()[filled], minlength=len(self.tissues)
        )
        return {tissue: float(total) for tissue, total in zip(self.tissues, sums, strict=True)}

    def tissue_volumes(self) -> Floats:
        """Return how much of each cell is tissue [m3], (nx, ny, nz); without `fine` all or nothing."""
        filled = self.conducting if self.fine is None else self.fine.filled() * self.conducting
        return np.asarray(self.grid.volumes() * filled)

    def conductivity(self, values: Values) -> Floats:
        """Return the conductivity [S/m] that every cell has as the tissue that it is labelled as, 0 in air.

        `values` gives for every tissue one number; two, (across, along) its fibres; or three along x, y
        and z. Of two, a kind with fibres takes the diagonal of its tensor, any other the geometric mean.
        The result is (nx, ny, nz), or (nx, ny, nz, 3) where the axes differ. Raises `ValueRefused` for a
        tissue without a value or with one that is not positive.
        """
        missing = [tissue for tissue in self.tissues if tissue not in values]
        if missing:
            raise _refused("a conductivity for every tissue", "none for " + ", ".join(missing))
        if self.fine is not None:
            rows = self.fine.conductivities(values)
        else:
            # Label -1 picks the last row, which is air.
            rows = np.array([*(along_axes(tissue, values[tissue]) for tissue in self.tissues), (0.0,) * 3])
        cells = self.labels if self.fine is None else self.fine.main
        if (rows == rows[:, :1]).all():
            return np.asarray(rows[:, 0][cells])
        return np.asarray(rows[cells])

    def conduction(self, values: Values) -> Floats | MixedCells:
        """Return what the cells conduct: their conductivity, or with `fine` also what lies between them.

        `values` and errors: see `conductivity`.
        """
        return self.conductivity(values) if self.fine is None else self.fine.mixed(self.grid, values)

    def conductor(self, values: Values) -> Conductor:
        """Return the conductor that the volume is, by sub-voxels where it has them.

        `values` and errors: see `conductivity`.
        """
        cells = self.conduction(values)
        if isinstance(cells, MixedCells):
            return Conductor(self.grid, cells.conductivity, faces=cells.faces)
        return Conductor(self.grid, cells)

    def outside(self) -> npt.NDArray[np.bool_]:
        """Return which cells are outside air, (nx, ny, nz): air joined to an edge of the grid.

        Air in sinuses, airways and other cavities that no path of faces joins to the outside is not
        part of it; nor is that of a windpipe which the end of the grid cuts: tissue is all around it there.
        """
        parts, _ = ndimage.label(~self.conducting)
        reached = np.unique(np.concatenate([_on_rim(np.take(parts, end, axis=axis))
                                            for axis in range(3) for end in (0, -1)]))  # fmt: skip
        return np.asarray(np.isin(parts, reached[reached > 0]))

    def surface(self) -> Faces:
        """Return the skin: the faces between tissue and outside air, and those on `skin_borders`.

        On a segmentation the faces form a staircase, so their areas add up to more than the smooth
        skin, by up to the square root of 3.
        """
        open_cells = np.pad(self.outside(), 1, constant_values=False)
        for axis, side in self.skin_borders:
            end: list[slice | int] = [slice(None)] * 3
            end[axis] = -1 if side > 0 else 0
            open_cells[tuple(end)] = True
        faces = exposed_faces(self.grid, self.conducting)
        beyond = np.stack(np.unravel_index(faces.cells, self.grid.shape)) + 1
        beyond[faces.axis, np.arange(faces.cells.size)] += faces.side
        seen = open_cells[tuple(beyond)]
        names = ("cells", "axis", "side", "area", "centres")
        return Faces(**{name: getattr(faces, name)[seen] for name in names})


def _on_rim(plane: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """The numbers on the four sides of a plane."""
    return np.concatenate([plane[0], plane[-1], plane[:, 0], plane[:, -1]])


def fine_volume(grid: Grid, fine: FineTissue, *, skin_borders: tuple[tuple[int, int], ...] = ()) -> Volume:
    """Return the volume of cells on `grid` whose sub-voxels are `fine`."""
    tissues = fine.tissues
    index = [tissues.index(kind.tissue) if kind.tissue in tissues else AIR for kind in fine.table]
    labels = np.array([AIR, *index], dtype=np.int16)[fine.main]
    return Volume(grid=grid, labels=labels, tissues=tissues, skin_borders=skin_borders, fine=fine)


def normals_of(faces: Faces) -> Floats:
    """Return the outward unit normal of every face, (F, 3)."""
    normals = np.zeros((faces.cells.size, 3))
    normals[np.arange(faces.cells.size), faces.axis] = faces.side
    return normals


def _refused(expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="tissue volume", expected=expected, came=came))
