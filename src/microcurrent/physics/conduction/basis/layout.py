"""Layout: all that a basis is made of before anything is solved, and the size of what will be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage, sparse
from scipy.spatial import cKDTree

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.basis.coding import RUN, runs_of
from microcurrent.physics.conduction.basis.details import (
    REACH,
    Sets,
    Surroundings,
    sets_apart,
    surroundings,
    touching,
)
from microcurrent.physics.conduction.basis.operators import Stencil, stencil_of, support_of
from microcurrent.physics.conduction.basis.patches import SIZE, Patches, cut_patches
from microcurrent.physics.conduction.basis.responses import BLOCK
from microcurrent.physics.conduction.conductances import FaceConductances, parts_of
from microcurrent.physics.conduction.contact import Faces, Integers, Mask
from microcurrent.physics.conduction.fractions import MixedCells, kept, split
from microcurrent.physics.conduction.grid import Floats, Grid

#: How far [m] from the region of skin the field is kept: an electrode's field is below a hundredth of
#: that at the skin beyond.
DEPTH = 40.0e-3
#: Rests solved together stand this many reaches apart: a rest reaches over the neighbours of its patch,
#: half a reach. At 1.25 the error of the field is four times as large, at 2.5 the same.
_REACHES_APART = 1.5

#: Rests are solved in the cells within this many reaches of the region.
_VICINITY = 2.0

#: The array that a step fills: name, shape and type.
Shapes = Mapping[str, tuple[tuple[int, ...], type]]


def blocks_of(count: int) -> int:
    """Return how many blocks of right-hand sides `count` of them make."""
    return -(-count // BLOCK)


@dataclass(frozen=True, kw_only=True, eq=False)
class Layout:
    """Geometry of a basis and the order of its making.

    `half_cell` (F,) [ohm m2] from skin to cell centre; `push` (F,) [V/(A m)], see `FieldOperator`;
    `neighbours` (Q, Q), see `details.touching`; `reach` [m] of
    the rests; `support` (M,) flat indices of the cells whose potential is
    kept; `skin` (C,): where the skin cells of the region stand in it; `rest_starts` (C,): the run of
    codes in which each rest begins; `stencils`: of each chosen tissue.
    """

    patches: Patches
    half_cell: Floats
    push: Floats
    neighbours: sparse.csr_array
    reach: float
    support: Integers
    skin: Integers
    surroundings: Surroundings
    rest_starts: Integers
    sets: Sets
    stencils: Mapping[str, Stencil]

    @property
    def patch_steps(self) -> int:
        """How many blocks of right-hand sides the patches make; they come first."""
        return blocks_of(self.patches.count)

    @property
    def steps(self) -> int:
        """How many blocks of right-hand sides are to be solved, rests of single cells included."""
        return self.patch_steps + blocks_of(self.sets.count)

    @property
    def shapes(self) -> Shapes:
        """The arrays that solving fills."""
        count, runs = self.patches.count, runs_of(self.support.size)
        rests = int(self.rest_starts[-1] + _runs(self.patches, self.surroundings)[-1])
        single = np.float32
        return {
            "skin": ((count, self.patches.cells.size), single),
            "codes": ((count, runs * RUN), np.int16),
            "offset": ((count, runs), single),
            "scale": ((count, runs), single),
            "rest_codes": ((rests * RUN,), np.int16),
            "rest_offset": ((rests,), single),
            "rest_scale": ((rests,), single),
            "errors": ((self.patch_steps, len(self.stencils)), single),
        }

    @property
    def nbytes(self) -> int:
        """Bytes that the filled arrays take."""
        return sum(int(np.prod(shape)) * np.dtype(kind).itemsize for shape, kind in self.shapes.values())


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a basis is to hold.

    `size` [m] of the patches; `reach` [m] of a single cell's rest; `depth` [m]: the field is kept in
    cells of the chosen tissues no farther than this from the region of skin. Raises `ValueRefused`
    unless all are above 0, and for a reach below two patches.
    """

    size: float = SIZE
    reach: float = REACH
    depth: float = DEPTH

    def __post_init__(self) -> None:
        for name in ("size", "reach", "depth"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise _refused(f"a {name} above 0 m", f"{value}")
        if self.reach < 2 * self.size:
            raise _refused(f"a reach of two patches or more, {2 * self.size:g} m", f"{self.reach:g} m")


def layout_of(
    grid: Grid,
    conductivity: Floats | MixedCells,
    faces: Faces,
    *,
    tissues: Mapping[str, Mask],
    region: Mask | None = None,
    choice: Choice | None = None,
) -> Layout:
    """Return the layout of a basis for the skin `faces` in `region` (F,), or all of them.

    `conductivity` (nx, ny, nz, 3) [S/m], 0 in air, or mixed cells; `tissues`: the cells (nx, ny, nz) of
    each tissue whose field is wanted. Raises `ValueRefused` for an empty region and for a tissue without a
    cell near it.
    """
    choice = choice or Choice()
    sigma, between = split(conductivity)
    conducting = np.asarray(sigma[..., 0] > 0)
    patches = cut_patches(grid, conducting, faces, size=choice.size, region=region)
    around_skin = _within(grid, patches, choice.depth)
    places = {}
    for tissue, mask in tissues.items():
        cells = np.flatnonzero(mask & around_skin)
        if not cells.size:
            raise _refused(f"{tissue} within {1e3 * choice.depth:g} mm of the region", "none")
        places[tissue] = cells
    wanted = np.zeros(grid.shape, dtype=bool)
    for cells in places.values():
        wanted.reshape(-1)[cells] = True
    support = support_of(grid, conducting, wanted=wanted, skin=patches.cells)
    order = np.argsort(support)
    around = surroundings(_points(grid, support), patches.centres, reach=choice.reach)
    runs = _runs(patches, around)
    at_face = sigma.reshape(-1, 3)[faces.cells, faces.axis]
    width = np.stack([grid.widths(a)[p] for a, p in enumerate(np.unravel_index(faces.cells, grid.shape))])
    return Layout(
        patches=patches,
        half_cell=0.5 * width[faces.axis, np.arange(faces.cells.size)] / at_face,
        push=-0.5 * faces.side / (faces.area * at_face) * ~_sloping(grid.shape, faces, between, tissues),
        neighbours=touching(grid, conducting, patches),
        reach=choice.reach,
        support=support,
        skin=order[np.searchsorted(support[order], patches.cells)],
        surroundings=around,
        rest_starts=np.cumsum(runs) - runs,
        sets=sets_apart(patches, distance=_REACHES_APART * choice.reach),
        stencils={
            tissue: stencil_of(grid, conductivity, cells, support=support, skin=patches.cells)
            for tissue, cells in places.items()
        },
    )


def _sloping(
    shape: tuple[int, int, int],
    faces: Faces,
    between: FaceConductances | None,
    tissues: Mapping[str, Mask],
) -> Mask:
    """Which skin `faces` lie on mixed cells whose field is a slope alone, see `stencil_of`, (F,)."""
    sloping = np.zeros(faces.cells.size, dtype=bool)
    if between is None:
        return sloping
    label = np.zeros(shape, dtype=np.int16)
    for number, mask in enumerate(tissues.values(), start=1):
        label[mask] = number
    for axis, conductance in enumerate(between.axes):
        low = tuple(slice(None, -1) if a == axis else slice(None) for a in range(3))
        high = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
        same = (label[low] == label[high]) & (label[low] > 0) & (conductance > 0)
        leads = np.zeros(shape, dtype=bool)
        leads[low] |= same
        leads[high] |= same
        chosen = faces.axis == axis
        sloping[chosen] = leads.reshape(-1)[faces.cells[chosen]]
    return sloping


def vicinity(layout: Layout, grid: Grid, conductivity: Floats | MixedCells) -> Floats | MixedCells:
    """Return the conductivity (nx, ny, nz, 3), or mixed cells, without the cells that no rest reaches.

    Rests end at the reach, so they can be solved in what lies within two of it from the region of skin:
    on a head a quarter of the cells. Pieces cut off that hold no rest are left out, too; where rests
    would stand in more than one piece, all of the conductivity is returned.
    """
    near = _within(grid, layout.patches, _VICINITY * layout.reach)
    near &= split(conductivity)[0][..., 0] > 0
    if isinstance(conductivity, MixedCells):
        inside = kept(conductivity, near)
        pieces = np.where(near, parts_of(inside.faces) + 1, 0)
    else:
        pieces, _ = ndimage.label(near)
    used = np.unique(pieces.reshape(-1)[layout.support[np.unique(layout.surroundings.places)]])
    if used.size > 1 or used[0] == 0:
        return conductivity
    if isinstance(conductivity, MixedCells):
        return kept(inside, pieces == used[0])
    return np.asarray(np.where((pieces == used[0])[..., None], conductivity, 0.0))


def _within(grid: Grid, patches: Patches, limit: float) -> Mask:
    """Which cells (nx, ny, nz) lie within `limit` [m] of the middle of a patch."""
    inside = np.zeros(grid.shape, dtype=bool)
    window, low, high = [], patches.centres.min(axis=0) - limit, patches.centres.max(axis=0) + limit
    for axis in range(3):
        middles = grid.centres(axis)
        window.append(slice(*np.searchsorted(middles, (low[axis], high[axis]))))
    axes = [grid.centres(axis)[part] for axis, part in enumerate(window)]
    tree = cKDTree(patches.centres)
    for number, x in enumerate(axes[0], start=window[0].start):
        # One plane at a time: all the points of a head at once would not fit beside it.
        y, z = np.meshgrid(axes[1], axes[2], indexing="ij")
        points = np.stack([np.full(y.shape, x), y, z], axis=-1)
        inside[number][tuple(window[1:])] = np.isfinite(tree.query(points, distance_upper_bound=limit)[0])
    return inside


def _points(grid: Grid, cells: Integers) -> Floats:
    """Middles of cells [m], (N, 3)."""
    places = np.unravel_index(cells, grid.shape)
    return np.stack([grid.centres(axis)[places[axis]] for axis in range(3)], axis=1)


def _runs(patches: Patches, around: Surroundings) -> Integers:
    """How many runs the rest of each skin cell takes, (C,)."""
    per_patch = np.array([runs_of(int(length)) for length in np.diff(around.starts)])
    return np.asarray(per_patch[patches.cell_patch])


def empty_arrays(layout: Layout) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of `layout` in memory, filled with zeros."""
    return {name: np.zeros(shape, dtype=kind) for name, (shape, kind) in layout.shapes.items()}


def _refused(expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="surface basis", expected=expected, came=came))
