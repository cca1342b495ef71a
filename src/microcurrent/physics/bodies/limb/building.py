"""An Anatomy of a limb or patch from its surface: sub-voxels, skin, muscles, thickness."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.bodies.anatomy import Anatomy, MuscleSheet
from microcurrent.physics.bodies.limb.filling import Layered, fill_limb, fill_patch
from microcurrent.physics.bodies.limb.muscles import compartment_slices, flat_maps, flat_points, flat_sheets
from microcurrent.physics.bodies.limb.palette import Palette
from microcurrent.physics.bodies.limb.rods import rod_slices
from microcurrent.physics.bodies.limb.sheets import compartment_sheets
from microcurrent.physics.bodies.limb.skin import layer_thickness, skin_of
from microcurrent.physics.bodies.limb.surface import Surface
from microcurrent.physics.conduction.grid import Floats, Grid

#: Cells of air around the skin.
_MARGIN = 2
#: Places around a limb at which the layers are worked out; half a degree is 0.8 mm at the widest thigh.
_AROUND = 720
#: Coarsest and finest cells [m]: above the first no bone of the forearm has a core, below the second a limb
#: fills the memory of a small computer.
_SPACINGS = (0.25e-3, 5e-3)
_REFINEMENTS = (1, 6)

Middles = tuple[Floats, Floats, Floats]


def build_limb(surface: Surface, *, spacing: float = 1e-3, refinement: int = 2) -> Anatomy:
    """Return the right limb, or a patch, on cells of `spacing` [m] with `refinement` sub-voxels an edge.

    Tissue runs to the ends of the grid where the body is cut: at both ends of a limb, on every side of a
    patch but the skin. Raises `ValueRefused` for a spacing or refinement out of bounds.
    """
    _check(spacing, refinement)
    grid = _grid(surface, spacing)
    middles = _middles(grid, refinement)
    palette = Palette()
    layered = _layered(surface, middles, palette)
    z = middles[2]
    rods = rod_slices(surface, z, palette)
    if surface.round:
        slices = compartment_slices(surface, z, palette)
        kinds, parts = fill_limb(layered, rods, slices, refinement=refinement, reach=surface.shape.reach)
        muscles = compartment_sheets(surface.shape, grid, parts, side="right")
    else:
        maps = flat_maps(surface, middles[0], z, palette=palette)
        kinds, parts = fill_patch(layered, rods, maps, refinement=refinement)
        muscles = _flat_sheets(surface)
    skin, places = skin_of(surface)
    return Anatomy(
        grid=grid, refinement=refinement, kinds=kinds, table=palette.table, skin=skin, parts=parts,
        muscles=muscles, thickness=layer_thickness(surface, places),
    )  # fmt: skip


def _check(spacing: float, refinement: int) -> None:
    if not _SPACINGS[0] <= spacing <= _SPACINGS[1]:
        raise ValueRefused(
            Problem(
                what="spacing of a limb",
                expected=f"{_SPACINGS[0]:g} to {_SPACINGS[1]:g} m",
                came=f"{spacing:g} m",
            )
        )
    if refinement not in range(_REFINEMENTS[0], _REFINEMENTS[1] + 1):
        raise ValueRefused(
            Problem(
                what="refinement of a limb",
                expected=f"a whole number from {_REFINEMENTS[0]} to {_REFINEMENTS[1]}",
                came=f"{refinement}",
            )
        )


def _grid(surface: Surface, spacing: float) -> Grid:
    """Cells around the right limb or patch: air beside the skin, none at the cuts."""
    low, high = surface.shape.along
    skin, _ = skin_of(surface)
    first, last = skin.vertices.min(axis=0), skin.vertices.max(axis=0)
    margin = _MARGIN * spacing
    if surface.round:
        x, y = ((first[k] - margin, last[k] + margin) for k in range(2))
    else:
        x, y = surface.shape.across, (first[1] - margin, surface.shape.deep)
    return Grid(x=_edges(*x, spacing), y=_edges(*y, spacing), z=_edges(low, high, spacing))


def _edges(low: float, high: float, spacing: float) -> Floats:
    """Planes at whole multiples of the spacing from `low`, up to `high` or the next after it."""
    count = int(np.ceil((high - low) / spacing - 1e-6))
    return np.asarray(low + spacing * np.arange(count + 1))


def _middles(grid: Grid, refinement: int) -> Middles:
    """Middles [m] of the sub-voxels along each axis."""
    offsets = (np.arange(refinement) + 0.5) / refinement
    x, y, z = ((edges[:-1, None] + offsets * np.diff(edges)[:, None]).ravel() for edges in grid.edges)
    return x, y, z


def _layered(surface: Surface, middles: Middles, palette: Palette) -> Layered:
    x, y, z = middles
    if surface.round:
        places = np.linspace(0.0, 2.0 * np.pi, _AROUND + 1)
        angle = np.remainder(np.arctan2(y[None, :], x[:, None]), 2.0 * np.pi)
        place, height = angle * (_AROUND / (2.0 * np.pi)), np.hypot(x[:, None], y[None, :])
    else:
        places = x
        place = np.repeat(np.arange(x.size, dtype=float)[:, None], y.size, axis=1)
        height = np.repeat(-y[None, :], x.size, axis=0)
    plain = [palette.number(tissue) for tissue in ("skin", "fat", surface.shape.between)]
    heights = surface.layers(places[:, None], z[None, :])
    # The last place has a neighbour, so that the kernel may look one further.
    heights = np.concatenate([heights, heights[:, -1:]], axis=1)
    return Layered(
        x=_small(x), y=_small(y), place=_small(place), height=_small(height), heights=_small(heights),
        plain=np.array(plain, dtype=np.uint8),
    )  # fmt: skip


def _small(values: Floats) -> npt.NDArray[np.float32]:
    """Single precision: a millionth of a limb is less than a micrometre."""
    return np.ascontiguousarray(values, dtype=np.float32)


def _flat_sheets(surface: Surface) -> tuple[MuscleSheet, ...]:
    sheets = []
    for muscle, side in flat_sheets(surface):
        points, thickness = flat_points(muscle, surface, side)
        word = "right" if side > 0 else "left"
        sheets.append(
            MuscleSheet(
                name=f"{muscle.name} {word}", side=word, tissue="muscle", points=points,
                thickness=thickness, source=muscle.source,
            )
        )  # fmt: skip
    return tuple(sheets)
