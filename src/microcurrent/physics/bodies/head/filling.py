"""Filling: which tissue lies in every sub-voxel of a head, by depth below the skin and solids within."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from microcurrent.model.atlas import INTERIOR_GROUPS, LayerDepth, Shape
from microcurrent.physics.bodies.anatomy import Kind, Kinds
from microcurrent.physics.bodies.head.interpolation import SmoothMap, smoothed_values
from microcurrent.physics.bodies.head.lattice import Lattice, between, nodes_of
from microcurrent.physics.bodies.head.solids import FAR, solids_of
from microcurrent.physics.conduction.grid import Floats, Grid

kernel = njit(nogil=True, cache=True)

#: What the layers file gives place by place, in the order of the columns of a lattice of layers.
QUANTITIES = ("skin", "fat", "bone", "vault")
#: Groups of solids, in the order of the columns that follow.
GROUPS = INTERIOR_GROUPS
#: Thicknesses that are the same everywhere, in the order in which the kernel takes them.
CONSTANTS = (
    "SMAS", "outer table", "skull base", "liquor", "cortex", "mucosa", "cortical shell",
)  # fmt: skip
#: What sub-voxels of a head can be, before muscles: number 1 is the first.
HEAD_KINDS = (
    Kind(tissue="skin"), Kind(tissue="fat"), Kind(tissue="SMAS"), Kind(tissue="muscle"),
    Kind(tissue="muscle", fibres=(0.0, 0.0, 1.0)), Kind(tissue="mucosa"), Kind(tissue="gland"),
    Kind(tissue="cartilage"), Kind(tissue="cortical bone"), Kind(tissue="cancellous bone"),
    Kind(tissue="tooth"), Kind(tissue="eye"), Kind(tissue="CSF"), Kind(tissue="grey matter"),
    Kind(tissue="white matter"), Kind(tissue="tongue"),
)  # fmt: skip
(_SKIN, _FAT, _SMAS, _MUSCLE, _NECK, _MUCOSA, _GLAND, _CARTILAGE, _CORTICAL, _CANCELLOUS, _TOOTH, _EYE,
 _LIQUOR, _GREY, _WHITE, _TONGUE) = range(1, 17)  # fmt: skip

#: Sub-voxels along a block that is looked at as one.
_BLOCK = 4
#: Layers change slowly: they are worked out on a lattice of this step [m].
_SLOW = 8e-3
#: Step [m] of the lattice of solids: their smallest details are three times as thick.
_FAST = 2e-3
#: Solids are looked at this far [m] outside the skin, for the interpolation at it.
_MARGIN = 5e-3
#: Farther from a solid than this [m] it does not matter how far.
_BEYOND = 12e-3
#: Air and teeth lie at least so deep [m] below the skin: nose and mouth are closed.
_CLOSED = 4.5e-3
_THREADS = 2


@dataclass(frozen=True, kw_only=True)
class Build:
    """How a person differs from the tables: factors on the thickness of `skin` and superficial `fat`."""

    sex: str
    skin: float = 1.0
    fat: float = 1.0


def layer_lattice(depths: Sequence[LayerDepth], build: Build, box: tuple[Floats, Floats]) -> Lattice:
    """Return skin, fat, depth of bone and thickness of the vault [m] in the frame of the atlas.

    The columns are `QUANTITIES`. Sex "average" is the mean of both. Bone moves with the fat above it.
    """
    origin, nodes = nodes_of(*box, _SLOW)
    columns = []
    for quantity in QUANTITIES:
        places, values = [], []
        for entry in (one for one in depths if one.quantity == quantity):
            x, y, z = entry.at
            for side in (1, -1) if entry.mirrored else (1,):
                places.append((side * x, y, z))
                values.append(_of_sex(entry, build.sex))
        columns.append(smoothed_values(np.array(places), np.array(values)[:, None], nodes)[..., 0])
    skin, fat, bone, vault = columns
    thinner = skin * (1 - build.skin) + fat * (1 - build.fat)
    stacked = np.stack([skin * build.skin, fat * build.fat, bone - thinner, vault], axis=-1)
    return Lattice(origin=origin, step=_SLOW, values=np.maximum(stacked, 0.1e-3))


def _of_sex(entry: LayerDepth, sex: str) -> float:
    if sex == "average":
        return 0.5 * (entry.male.value + entry.female.value)
    return float(getattr(entry, sex).value)


def solid_lattice(
    shapes: Sequence[Shape], layers: Lattice, depth: Lattice, *, back: SmoothMap, step: float = _FAST
) -> Lattice:
    """Return layers and distances to solids [m] at nodes in the frame of the person.

    Columns: `QUANTITIES`, then one for each of `GROUPS`. `back` takes the person's places to those of the
    atlas; `depth` below the skin. Far outside the skin the distances are not worked out.
    """
    counts = np.array(depth.values.shape[:3])
    origin, nodes = nodes_of(depth.origin, depth.origin + depth.step * (counts - 1), step)
    flat = nodes.reshape(-1, 3)
    wanted = depth.at(flat)[:, 0] > -_MARGIN
    places = back(flat[wanted])
    values = np.full((len(flat), len(QUANTITIES) + len(GROUPS)), FAR, dtype=np.float32)
    values[wanted, : len(QUANTITIES)] = layers.at(places)
    for column, group in enumerate(GROUPS, start=len(QUANTITIES)):
        solids = [shape for shape in shapes if shape.group == group]
        if solids:
            start = np.full(len(places), _BEYOND)
            values[wanted, column] = solids_of(solids).distance(places, start)
    return Lattice(origin=origin, step=step, values=values.reshape(*nodes.shape[:3], -1))


def filled(
    grid: Grid, refinement: int, *, depth: Lattice, solids: Lattice, constants: Mapping[str, float]
) -> Kinds:
    """Return the kind of every sub-voxel (r nx, r ny, r nz): 0 for air, or the number in `HEAD_KINDS`."""
    shape = tuple(refinement * n for n in grid.shape)
    kinds = np.zeros(shape, dtype=np.uint8)
    lengths = np.array([constants[name] for name in CONSTANTS])
    width = np.array([grid.widths(axis)[0] for axis in range(3)]) / refinement
    corner = np.array([grid.edges[axis][0] for axis in range(3)]) + 0.5 * width

    def fill(first: int) -> None:
        _fill(kinds, first, (corner, width), (depth.values, depth.origin, depth.step),
              (solids.values, solids.origin, solids.step), lengths)  # fmt: skip

    with ThreadPoolExecutor(_THREADS) as crew:
        list(crew.map(fill, range(shape[0])))
    return kinds


def inside_skin(grid: Grid, refinement: int, depth: Lattice) -> npt.NDArray[np.bool_]:
    """Return which sub-voxels (r nx, r ny, r nz) lie below the skin."""
    axes = []
    for axis in range(3):
        width = grid.widths(axis)[0] / refinement
        axes.append(grid.edges[axis][0] + width * (np.arange(refinement * grid.shape[axis]) + 0.5))
    inside = np.empty([len(axis) for axis in axes], dtype=bool)
    across = np.stack(np.meshgrid(axes[1], axes[2], indexing="ij"), axis=-1)
    for plane, x in enumerate(axes[0]):
        points = np.concatenate([np.full((*across.shape[:2], 1), x), across], axis=-1)
        inside[plane] = depth.at(points)[..., 0] > 0
    return inside


@kernel
def _fill(kinds, i, place, depth, solids, lengths):  # type: ignore[no-untyped-def]
    """Fill the plane `i` of sub-voxels; `place`: the middle of the first one and their width."""
    corner, width = place
    depths, depth_origin, depth_step = depth
    values, origin, step = solids
    point = np.empty(3)
    deep = np.empty(1)
    found = np.empty(values.shape[3])
    point[0] = corner[0] + i * width[0]
    # Air is passed over in blocks: depth changes by no more than the way.
    block, safe = _BLOCK, 0.9 * _BLOCK * width.max()
    for j0 in range(0, kinds.shape[1], block):
        for k0 in range(0, kinds.shape[2], block):
            point[1] = corner[1] + (j0 + 0.5 * block) * width[1]
            point[2] = corner[2] + (k0 + 0.5 * block) * width[2]
            between(depths, depth_origin, depth_step, point, deep)
            if deep[0] < -safe:
                continue
            for j in range(j0, min(j0 + block, kinds.shape[1])):
                point[1] = corner[1] + j * width[1]
                for k in range(k0, min(k0 + block, kinds.shape[2])):
                    point[2] = corner[2] + k * width[2]
                    between(depths, depth_origin, depth_step, point, deep)
                    if deep[0] > 0.0:
                        between(values, origin, step, point, found)
                        kinds[i, j, k] = _kind(deep[0], found, lengths)


@kernel
def _kind(deep, found, lengths):  # type: ignore[no-untyped-def]
    """The kind of a place inside the skin; the first rule that holds decides."""
    if deep < found[0]:
        return _SKIN
    if found[10] < 0.0:
        return _EYE
    if found[13] < 0.0:
        return _CARTILAGE
    if deep > _CLOSED and found[9] < 0.0:
        return 0
    hard = _hard(deep, found, lengths)
    return hard if hard > 0 else _soft(deep, found, lengths)


@kernel
def _hard(deep, found, lengths):  # type: ignore[no-untyped-def]
    """The spinal canal, a tooth, or bone and what lies in it; 0 for none of them."""
    if found[6] < 0.0:
        return _WHITE if found[7] < 0.0 else _LIQUOR
    if found[11] < 0.0 and deep > _CLOSED:
        return _TOOTH
    if deep > found[2]:
        return _bone(deep - found[2], found, lengths)
    return 0


@kernel
def _soft(deep, found, lengths):  # type: ignore[no-untyped-def]
    """What lies between skin and bone: the lining of air, the tongue, layers, glands, muscle, fat."""
    under = found[0] + found[1]
    if found[9] < lengths[5] and deep > _CLOSED:
        return _MUCOSA
    if found[12] < 0.0 and deep > under:
        return _TONGUE
    if deep < under:
        return _FAT
    if deep < under + lengths[0]:
        return _SMAS
    if found[14] < 0.0:
        return _GLAND
    if found[15] < 0.0:
        return _MUSCLE
    if found[16] < 0.0:
        return _NECK
    return _FAT


@kernel
def _bone(below, found, lengths):  # type: ignore[no-untyped-def]
    """Bone and what lies in it, `below` the depth at which bone may begin; 0 for neither."""
    vault, bone, spine, cavity = found[3], found[4], found[5], found[8]
    table, base, liquor, cortex, shell = lengths[1], lengths[2], lengths[3], lengths[4], lengths[6]
    if cavity < base:
        if cavity < 0.0 and below > vault:
            inner = min(below - vault, -cavity)
            if inner < liquor:
                return _LIQUOR
            return _GREY if inner < liquor + cortex else _WHITE
        rind = min(below, vault - below) if below < vault else min(cavity, base - cavity)
        return _CORTICAL if rind < table else _CANCELLOUS
    if bone < 0.0:
        return _CORTICAL if min(-bone, below) < shell else _CANCELLOUS
    if spine < 0.0:
        return _CORTICAL if -spine < shell else _CANCELLOUS
    return 0
