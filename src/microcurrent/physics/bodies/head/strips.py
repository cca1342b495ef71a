"""Strips: muscles laid into a head at their depth below the skin, and lines such as nerves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d

from microcurrent.model.atlas import MuscleLine, NerveLine
from microcurrent.physics.bodies.anatomy import Kind, Kinds, MuscleSheet
from microcurrent.physics.bodies.head.lattice import Lattice
from microcurrent.physics.conduction.grid import Floats, Grid

kernel = njit(nogil=True, cache=True)

#: Places along a sheet stand this far apart [m].
_APART = 1.0e-3
#: Steps on to a depth, none longer than `_LONGEST` [m].
_STEPS = 8
_LONGEST = 3e-3
#: The way inward is smoothed over this length [m].
_SMOOTH = 5e-3
#: Places that are stamped stand this many sub-voxels apart: none is missed.
_DENSE = 0.6
#: Directions of fibres are kept as one of this many, evenly over half a ball: 12 degrees off at most.
DIRECTIONS = 96

#: From places in the frame of the atlas to those of the person.
Placing = Callable[[Floats], Floats]


@dataclass(frozen=True, kw_only=True, eq=False)
class Depths:
    """The depth below the skin [m] on a lattice, and the way inward: its slope, made smooth, so that lips
    and nostrils do not bend muscles. Made by `depths_of`."""

    depth: Lattice
    way: Lattice

    def brought(self, points: Floats, wanted: Floats) -> Floats:
        """Return points (P, 3) moved along the way inward to the `wanted` depth (P,) [m]."""
        places = np.array(points, dtype=float)
        for _ in range(_STEPS):
            error = np.clip(wanted - self.depth.at(places)[..., 0], -_LONGEST, _LONGEST)
            places += error[..., None] * self.inward(places)
        return places

    def inward(self, points: Floats) -> Floats:
        """Return the unit vectors (P, 3) that lead away from the skin."""
        slope = self.way.at(points)
        return np.asarray(slope / np.maximum(np.linalg.norm(slope, axis=-1, keepdims=True), 1e-9))


def depths_of(depth: Lattice) -> Depths:
    """Return a depth [m] with its smooth way inward."""
    spread = _SMOOTH / depth.step
    slopes = [gaussian_filter1d(np.gradient(depth.values[..., 0], depth.step, axis=axis), spread, axis=0)
              for axis in range(3)]  # fmt: skip
    for axis in (1, 2):
        slopes = [gaussian_filter1d(slope, spread, axis=axis) for slope in slopes]
    return Depths(
        depth=depth, way=Lattice(origin=depth.origin, step=depth.step, values=np.stack(slopes, axis=-1))
    )


def sheet_of(muscle: MuscleLine, side: int, depths: Depths, *, placing: Placing) -> MuscleSheet:
    """Return a muscle as a sheet in the person: `side` 1 for the right as given, -1 for the left."""
    corners = np.array(muscle.line) * (side, 1, 1)
    profile = np.array([muscle.depth, muscle.width, muscle.thickness])
    line = placing(corners)
    middle = depths.brought(line, profile[0] + 0.5 * profile[2])
    along, values = _along(middle, profile, ring=muscle.ring)
    along = depths.brought(along, values[0] + 0.5 * values[2])
    tangent = np.gradient(along, axis=0)
    if muscle.ring:
        tangent[0] = tangent[-1] = along[1] - along[-2]
    across = np.cross(depths.inward(along), tangent)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    fibres = max(int(np.ceil(values[1].max() / _APART)), 2) + 1
    offset = np.linspace(-0.5, 0.5, fibres)
    flat = along[:, None] + offset[:, None] * (values[1][:, None] * across)[:, None, :]
    thickness = np.repeat(values[2][:, None], fibres, axis=1)
    # The edges of a belly are thinner than its middle; the mean over the width stays.
    thickness = thickness * _belly(offset)
    wanted = np.repeat((values[0] + 0.5 * values[2])[:, None], fibres, axis=1)
    points = depths.brought(flat.reshape(-1, 3), wanted.ravel()).reshape(flat.shape)
    word = {1: "right", -1: "left"}[side] if muscle.mirrored else "midline"
    return MuscleSheet(
        name=f"{muscle.name} {word}" if muscle.mirrored else muscle.name, side=word,
        tissue=muscle.tissue, points=points, thickness=thickness, source=muscle.source,
    )  # fmt: skip


def _belly(offset: Floats) -> Floats:
    """Thickness across a strip relative to its mean: elliptic, no thinner than a third at its edges."""
    round_ = np.sqrt(np.maximum(1 - (2 * offset) ** 2, 0.0))
    shape = 0.4 + 0.6 * round_
    return np.asarray(shape / shape.mean())


def _along(corners: Floats, profile: Floats, *, ring: bool) -> tuple[Floats, Floats]:
    """Places about `_APART` apart on a smooth line through corners (P, 3), and the profile (3, P) there."""
    if ring:
        corners = np.concatenate([corners, corners[:1]])
        profile = np.concatenate([profile, profile[:, :1]], axis=1)
    way = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))])
    count = max(int(np.ceil(way[-1] / _APART)), 4) + 1
    at = np.linspace(0.0, way[-1], count)
    if ring:  # three turns, of which the middle one is smooth where it closes
        turns = np.concatenate([way[:-1] - way[-1], way[:-1], way + way[-1]])
        many = np.concatenate([corners[:-1], corners[:-1], corners])
        return PchipInterpolator(turns, many)(at), PchipInterpolator(way, profile, axis=1)(at)
    return PchipInterpolator(way, corners)(at), PchipInterpolator(way, profile, axis=1)(at)


def nerve_of(nerve: NerveLine, side: int, depths: Depths, *, placing: Placing) -> tuple[Floats, Floats]:
    """Return the corners (P, 3) of a nerve in the person, about 1 mm apart, and their depths (P,) [m]."""
    corners = placing(np.array(nerve.line) * (side, 1, 1))
    wanted = np.array(nerve.depth)
    corners = depths.brought(corners, wanted)
    along, values = _along(corners, np.stack([wanted] * 3), ring=False)
    return depths.brought(along, values[0]), np.asarray(values[0])


def directions() -> Floats:
    """Return `DIRECTIONS` unit vectors spread evenly over the half ball z >= 0, (D, 3) (golden spiral)."""
    number = np.arange(DIRECTIONS) + 0.5
    z = number / DIRECTIONS
    turn = np.pi * (1 + 5**0.5) * number
    flat = np.sqrt(1 - z**2)
    return np.stack([flat * np.cos(turn), flat * np.sin(turn), z], axis=1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Laid:
    """Muscles laid into sub-voxels: the `table` of kinds with their fibres, `parts` of every cell (see
    `Anatomy`), `volumes` (M,) [m3] of the sheets."""

    table: tuple[Kind, ...]
    parts: np.ndarray
    volumes: Floats


def lay(
    kinds: Kinds,
    sheets: Sequence[MuscleSheet],
    grid: Grid,
    *,
    table: Sequence[Kind],
    yielding: Sequence[str],
) -> Laid:
    """Lay sheets into `kinds` (r nx, r ny, r nz), in place; later sheets yield to earlier ones.

    A sheet takes only the room of kinds whose tissue is `yielding`. Every sub-voxel that it takes gets the
    direction of its fibres there.
    """
    refinement = kinds.shape[0] // grid.shape[0]
    width = float(grid.widths(0)[0]) / refinement
    corner = np.array([grid.edges[axis][0] for axis in range(3)])
    gives = np.zeros(256, dtype=np.bool_)
    gives[[number for number, kind in enumerate(table, 1) if kind.tissue in yielding]] = True
    known, numbers = directions(), {}
    tissues = list(dict.fromkeys(sheet.tissue for sheet in sheets))
    full = list(table)
    for tissue in tissues:
        numbers[tissue] = len(full) + 1
        full += [Kind(tissue=tissue, fibres=(float(x), float(y), float(z))) for x, y, z in known]
    parts = np.zeros(grid.shape, dtype=np.uint8)
    volumes = np.zeros(len(sheets))
    for number, sheet in enumerate(sheets, start=1):
        dense = _dense(sheet, width)
        kind = numbers[sheet.tissue] + np.abs(dense[:, 4:7] @ known.T).argmax(axis=1)
        taken = _stamp(
            kinds, parts, (dense[:, :3] - corner) / width, dense[:, 7:], dense[:, 3] / width,
            (kind.astype(np.uint8), gives, refinement, number),
        )  # fmt: skip
        volumes[number - 1] = taken * width**3
    return Laid(table=tuple(full), parts=parts, volumes=volumes)


def _dense(sheet: MuscleSheet, width: float) -> Floats:
    """Places (3), thickness (1), fibres (3) and normal (3) over a sheet, nearer together than sub-voxels,
    (N, 10)."""
    normal = np.cross(np.gradient(sheet.points, axis=0), np.gradient(sheet.points, axis=1))
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-12)
    parts = [sheet.points, sheet.thickness[..., None], sheet.directions, normal]
    lattice = np.concatenate(parts, axis=-1)
    for axis, count in enumerate(sheet.thickness.shape):
        at = np.linspace(0, count - 1, int(np.ceil((count - 1) * _APART / (_DENSE * width))) + 1)
        low = np.minimum(at.astype(int), count - 2)
        part = (at - low).reshape([-1 if k == axis else 1 for k in range(3)])
        lattice = (1 - part) * np.take(lattice, low, axis=axis) + part * np.take(
            lattice, low + 1, axis=axis
        )
    return np.asarray(lattice.reshape(-1, lattice.shape[-1]))


@kernel
def _stamp(kinds, parts, points, normal, thickness, what):  # type: ignore[no-untyped-def]
    """Take the sub-voxels within half the thickness of every place, all in sub-voxels; return how many."""
    kind, gives, refinement, number = what
    taken = 0
    for p in range(points.shape[0]):
        steps = int(thickness[p] / 0.5) + 1
        for s in range(steps + 1):
            off = thickness[p] * (s / steps - 0.5)
            i = int(np.floor(points[p, 0] + off * normal[p, 0]))
            j = int(np.floor(points[p, 1] + off * normal[p, 1]))
            k = int(np.floor(points[p, 2] + off * normal[p, 2]))
            if i < 0 or j < 0 or k < 0:
                continue
            if i >= kinds.shape[0] or j >= kinds.shape[1] or k >= kinds.shape[2]:
                continue
            # The middle of the sub-voxel must lie in the sheet, or thin sheets would come out too thick.
            away = (i + 0.5 - points[p, 0]) * normal[p, 0] + (j + 0.5 - points[p, 1]) * normal[p, 1]
            away += (k + 0.5 - points[p, 2]) * normal[p, 2]
            if abs(away) <= 0.5 * thickness[p] and gives[kinds[i, j, k]]:
                kinds[i, j, k] = kind[p]
                parts[i // refinement, j // refinement, k // refinement] = number
                taken += 1
    return taken
