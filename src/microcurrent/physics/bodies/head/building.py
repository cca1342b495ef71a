"""Building: from the skin of a head and its place in the atlas to tissue, muscles and nerves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from microcurrent.model.atlas import LayerDepth, MuscleLine, NerveLine, Shape
from microcurrent.physics.bodies.anatomy import NO_TISSUE, Anatomy, Kind, Kinds, MuscleSheet
from microcurrent.physics.bodies.head.depth import depth_lattice
from microcurrent.physics.bodies.head.filling import (
    HEAD_KINDS,
    Build,
    filled,
    inside_skin,
    layer_lattice,
    solid_lattice,
)
from microcurrent.physics.bodies.head.interpolation import SmoothMap
from microcurrent.physics.bodies.head.lattice import Lattice
from microcurrent.physics.bodies.head.measuring import layer_thickness
from microcurrent.physics.bodies.head.strips import (
    Depths,
    Laid,
    Placing,
    depths_of,
    lay,
    nerve_of,
    sheet_of,
)
from microcurrent.physics.bodies.head.surface import HIGH, LOW
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.conduction.grid import Floats, Grid

#: The depth below the skin is kept this fine [m] or, in coarse bodies, as fine as their cells.
_FINEST_DEPTH = 1.25e-3
#: Step [m] of the lattice of depth that muscles and nerves are laid by.
_WALKING = 2e-3
#: Air around the body, in cells.
_MARGIN = 2
#: What muscles take the room of.
_YIELDING = ("fat", "SMAS", "muscle", "gland")
#: Stands in `Given.kinds` for what the atlas is to say.
FREE = 255
#: What the atlas may say of what an image calls skin, scalp or soft tissue.
SOFT = ("skin", "fat", "SMAS", "muscle", "mucosa", "gland", "cartilage", "eye", "tongue")
#: The atlas is asked this far [m] beyond its own box.
_BEYOND = 0.02


@dataclass(frozen=True, kw_only=True)
class HeadAtlas:
    """What lies in the mean head: solids of its `interior`, `depths` of layers, `muscles`, `nerves`,
    `constants` [m] by name (`filling.CONSTANTS`)."""

    interior: Sequence[Shape]
    depths: Sequence[LayerDepth]
    muscles: Sequence[MuscleLine]
    nerves: Sequence[NerveLine]
    constants: Mapping[str, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class HeadFrame:
    """A person's head and its place in the atlas.

    `skin`; `inside`: a lattice, positive inside; `back`: from the person to the atlas; `placing`: the way
    there; `floor` [m]: height at which the neck is cut, or None where the skin closes.
    """

    skin: SkinMesh
    inside: Lattice
    back: SmoothMap
    placing: Placing
    floor: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Given:
    """What an image says of a head.

    `kinds` (r nx, r ny, r nz): the number of what is known there (`HEAD_KINDS`, then `more`), 0 for air
    inside the head, `FREE` where the atlas is to say it. There it may only say what is `soft`; where it
    would say something else, `rest` stands.
    """

    kinds: Kinds
    more: tuple[Kind, ...]
    rest: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """The cells of a body: `grid`, `refinement` sub-voxels along an edge of each, and what is `given`."""

    grid: Grid
    refinement: int
    given: Given | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class BuiltHead:
    """An `anatomy`; `volumes` (M,) [m3] of its muscles; `nerves`: the lines of each and their depths;
    `depth` below the skin."""

    anatomy: Anatomy
    volumes: Floats
    nerves: Mapping[str, tuple[Floats, Floats]]
    depth: Lattice


def head_anatomy(
    atlas: HeadAtlas,
    frame: HeadFrame,
    build: Build,
    *,
    cells: Cells,
    on_step: Callable[[str], None] = lambda _: None,
) -> BuiltHead:
    """Return the body of a head on its `cells`; `on_step` is told what is done next."""
    on_step("depth below the skin")
    grid, refinement = cells.grid, cells.refinement
    spacing = float(grid.widths(0)[0])
    depth = depth_lattice(frame.skin, frame.inside, step=max(_FINEST_DEPTH, spacing))
    on_step("layers and bones")
    layers = layer_lattice(atlas.depths, build, (LOW - _BEYOND, HIGH + _BEYOND))
    solids = solid_lattice(atlas.interior, layers, depth, back=frame.back)
    on_step("tissue in every sub-voxel")
    kinds = filled(grid, refinement, depth=depth, solids=solids, constants=atlas.constants)
    table: tuple[Kind, ...] = HEAD_KINDS
    if cells.given is not None:
        table = (*HEAD_KINDS, *cells.given.more)
        _heed(kinds, cells.given, inside_skin(grid, refinement, depth))
    on_step("muscles")
    depths = depths_of(_coarser(depth, _WALKING))
    usual = layers
    if not build.skin == build.fat == 1:
        usual = layer_lattice(atlas.depths, Build(sex=build.sex), (LOW - _BEYOND, HIGH + _BEYOND))
    sheets = muscle_sheets(_deeper(atlas.muscles, layers, usual), frame.placing, depths)
    laid: Laid = lay(kinds, sheets, grid, table=table, yielding=_YIELDING)
    on_step("nerves and thicknesses")
    nerves = {}
    for nerve in _deeper(atlas.nerves, layers, usual):
        for side, word in ((1, "right"), (-1, "left")):
            nerves[f"{nerve.name} {word}"] = nerve_of(nerve, side, depths, placing=frame.placing)
    thickness = layer_thickness(frame.skin, grid, kinds, table=laid.table)
    anatomy = Anatomy(
        grid=grid, refinement=refinement, kinds=kinds, table=laid.table, skin=frame.skin,
        parts=laid.parts, muscles=tuple(sheets), thickness=thickness,
    )  # fmt: skip
    return BuiltHead(anatomy=anatomy, volumes=laid.volumes, nerves=nerves, depth=depth)


def _heed(kinds: Kinds, given: Given, inside: npt.NDArray[np.bool_]) -> None:
    """Put what is given in place of what the atlas says, in place; `inside`: below the smooth skin."""
    soft = np.zeros(256, dtype=bool)
    soft[[number for number, kind in enumerate(HEAD_KINDS, 1) if kind.tissue in SOFT]] = True
    free = given.kinds == FREE
    kinds[free & inside & ~soft[kinds]] = given.rest
    kinds[free & ~inside] = NO_TISSUE
    known = ~free
    kinds[known] = given.kinds[known]


_Line = TypeVar("_Line", MuscleLine, NerveLine)


def _deeper(lines: Sequence[_Line], layers: Lattice, usual: Lattice) -> list[_Line]:
    """Lines as deep below the skin as they lie where skin and superficial fat are not as thick as usual."""
    found = []
    for line in lines:
        corners = np.array(line.line)
        more = (layers.at(corners) - usual.at(corners))[:, :2].sum(axis=1)
        depth = tuple(float(max(d + m, 0.0)) for d, m in zip(line.depth, more, strict=True))
        found.append(replace(line, depth=depth))
    return found


def muscle_sheets(muscles: Sequence[MuscleLine], placing: Placing, depths: Depths) -> list[MuscleSheet]:
    """Return every muscle as a sheet, right before left."""
    return [
        sheet_of(muscle, side, depths, placing=placing)
        for muscle in muscles
        for side in ((1, -1) if muscle.mirrored else (1,))
    ]


def grid_around(skin: SkinMesh, spacing: float, *, floor: float | None) -> Grid:
    """Return cells of `spacing` [m] around the skin, evenly to both sides of x = 0, down to `floor`."""
    low, high = skin.vertices.min(axis=0), skin.vertices.max(axis=0)
    half = int(np.ceil(max(-low[0], high[0]) / spacing)) + _MARGIN
    x = spacing * np.arange(-half, half + 1, dtype=float)
    edges = []
    for axis in (1, 2):
        first = np.floor(low[axis] / spacing) - _MARGIN
        last = np.ceil(high[axis] / spacing) + _MARGIN
        edges.append(spacing * np.arange(first, last + 1))
    if floor is not None:
        edges[1] = edges[1][edges[1] >= floor - 1e-9]
    return Grid(x=x, y=edges[0], z=edges[1])


def _coarser(lattice: Lattice, step: float) -> Lattice:
    """The same on every few nodes, about `step` [m] apart."""
    every = max(round(step / lattice.step), 1)
    middle = (lattice.values.shape[0] - 1) // 2
    first = middle % every
    origin = lattice.origin + np.array([first * lattice.step, 0.0, 0.0])
    return Lattice(
        origin=origin, step=every * lattice.step, values=lattice.values[first::every, ::every, ::every]
    )
