"""Where an electrode touches the conductor, and through what impedance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.grid import Floats, Grid

Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

#: A covered area may pass the face by this share: rounding of areas computed by two routes.
AREA_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class Faces:
    """Outer faces of a conductor: each belongs to a conducting cell and looks outside or into air.

    `cells` flat indices ``(F,)``; `axis` 0, 1, 2 ``(F,)``; `side` +1 or -1 along the axis ``(F,)``;
    `area` m2 ``(F,)``; `centres` metre ``(F, 3)``.
    """

    cells: Integers
    axis: Integers
    side: Integers
    area: Floats
    centres: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Contact:
    """One electrode's contact: the faces it covers, how much of each, and the layer between.

    `cells` flat cell indices ``(F,)``; `axis` 0, 1 or 2 and `side` +1 or -1 name the face of the
    cell ``(F,)``; `area` is the part covered, m2 ``(F,)``; `impedance` of coupling and skin, ohm m2,
    a number or ``(F,)``, 0 for an ideal contact. Raises `ValueRefused` for an empty contact, for
    arrays of different lengths and for values outside these meanings.
    """

    cells: Integers
    axis: Integers
    side: Integers
    area: Floats
    impedance: Floats | float

    def __post_init__(self) -> None:
        count = np.size(self.cells)
        for name, kind in (("cells", int), ("axis", int), ("side", int), ("area", float)):
            self._keep(name, count, kind)
        self._keep("impedance", count, float)
        for name, sound, expected in (
            ("cells", count > 0 and (self.cells >= 0).all(), "one or more cell indices"),
            ("axis", np.isin(self.axis, (0, 1, 2)).all(), "0, 1 or 2"),
            ("side", np.isin(self.side, (-1, 1)).all(), "+1 or -1"),
            ("area", (np.isfinite(self.area) & (self.area > 0)).all(), "above 0 m2"),
            ("impedance", _from_zero(np.asarray(self.impedance)), "0 ohm m2 or more"),
        ):
            if not sound:
                raise _refused("contact", expected, str(getattr(self, name)), key=name)

    def _keep(self, name: str, count: int, kind: type) -> None:
        given = np.asarray(getattr(self, name))
        if kind is int and not np.issubdtype(given.dtype, np.integer) and count:
            raise _refused("contact", "whole numbers", f"an array of {given.dtype}", key=name)
        scalar = name == "impedance" and given.ndim == 0
        if not scalar and given.shape != (count,):
            raise _refused("contact", f"one value for each of {count} faces", f"{given.shape}", key=name)
        values = np.array(np.broadcast_to(given, (count,)), dtype=np.int64 if kind is int else float)
        values.setflags(write=False)
        object.__setattr__(self, name, values)


def _from_zero(values: Floats) -> bool:
    return bool((np.isfinite(values) & (values >= 0)).all())


def _refused(what: str, expected: str, came: str, *, key: str = "") -> ValueRefused:
    return ValueRefused(Problem(what=what, expected=expected, came=came, key=key))


def exposed_faces(grid: Grid, conducting: Mask) -> Faces:
    """Return every outer face of the conducting cells, in order of axis, side and cell.

    `conducting` is ``(nx, ny, nz)``. A face is exposed where its neighbour is outside the grid or
    does not conduct.
    """
    if np.shape(conducting) != grid.shape:
        raise _refused("mask of conducting cells", f"shape {grid.shape}", f"{np.shape(conducting)}")
    parts: list[tuple[Integers, int, int]] = []
    for axis in range(3):
        for side in (-1, 1):
            neighbour = np.roll(conducting, -side, axis=axis)
            edge = [slice(None)] * 3
            edge[axis] = slice(-1, None) if side > 0 else slice(0, 1)
            neighbour[tuple(edge)] = False
            parts.append((np.flatnonzero(conducting & ~neighbour), axis, side))
    cells = np.concatenate([found for found, _, _ in parts])
    axis_of = np.concatenate([np.full(found.size, axis) for found, axis, _ in parts])
    side_of = np.concatenate([np.full(found.size, side) for found, _, side in parts])
    places = np.unravel_index(cells, grid.shape)
    centres = np.stack([grid.centres(axis)[places[axis]] for axis in range(3)], axis=1)
    for axis in range(3):
        chosen = axis_of == axis
        upper = (side_of[chosen] > 0).astype(int)
        centres[chosen, axis] = grid.edges[axis][places[axis][chosen] + upper]
    area = areas_of(grid, cells, axis_of)
    return Faces(cells=cells, axis=axis_of, side=side_of, area=area, centres=centres)


def areas_of(grid: Grid, cells: Integers, axis: Integers) -> Floats:
    """Return the area in m2 of one face of each cell, ``(F,)``, normal to its `axis` ``(F,)``."""
    places = np.unravel_index(cells, grid.shape)
    widths = np.stack([grid.widths(other)[places[other]] for other in range(3)], axis=1)
    others = np.arange(3)[None, :] != axis[:, None]
    return np.asarray(np.prod(np.where(others, widths, 1.0), axis=1))


def contact_on(faces: Faces, coverage: npt.ArrayLike, *, impedance: npt.ArrayLike) -> Contact:
    """Return the contact that covers the share `coverage` of each face, ``(F,)`` from 0 to 1.

    `impedance` in ohm m2 is a number or ``(F,)``, one for each face given. Faces with no coverage
    are left out. A mask of booleans serves as coverage. Raises `ValueRefused` for a share outside
    0 to 1 and where nothing is covered.
    """
    share = np.asarray(coverage, dtype=float)
    if share.shape != faces.cells.shape:
        raise _refused("coverage", f"one share for each of {faces.cells.size} faces", f"{share.shape}")
    if not ((share >= 0) & (share <= 1 + AREA_ROUNDING)).all():
        raise _refused("coverage", "0 to 1", f"{share.min():g} to {share.max():g}")
    chosen = share > 0
    if not chosen.any():
        raise _refused("the contact covers nothing", "at least one outer face", "none")
    layer = np.broadcast_to(np.asarray(impedance, dtype=float), share.shape)
    return Contact(
        cells=faces.cells[chosen],
        axis=faces.axis[chosen],
        side=faces.side[chosen],
        area=(share * faces.area)[chosen],
        impedance=layer[chosen],
    )


def disc_contact(
    grid: Grid,
    conducting: Mask,
    *,
    centre: Sequence[float],
    radius: float,
    impedance: float,
    mirrored: bool = False,
) -> Contact:
    """Return a disc on the top face (largest z) of a box, covering parts of cells exactly.

    `centre` (x, y) and `radius` in metre, `impedance` in ohm m2. The covered part of each cell is
    the exact intersection of circle and rectangle, so the areas add up to that of the disc. With
    `mirrored`, the sides of the box are planes of symmetry that may cut the disc. Raises
    `ValueRefused` for a disc that reaches past the box otherwise, or that lies on excluded cells.
    """
    if not radius > 0:
        raise _refused("disc", "a radius above 0 m", f"{radius}")
    across, along = grid.x - centre[0], grid.y - centre[1]
    area = circle_overlap(across, along, radius)
    full = np.pi * radius**2
    if not mirrored and abs(area.sum() - full) > AREA_ROUNDING * full:
        raise _refused("the disc reaches past the box", f"{full:g} m2", f"{area.sum():g} m2")
    cells = np.arange(int(np.prod(grid.shape))).reshape(grid.shape)[:, :, -1]
    # Slivers below rounding are not contact; they would have conductances that are only noise.
    covered = area > AREA_ROUNDING * grid.face_areas(2)[:, :, 0]
    if not covered.any():
        raise _refused("the disc covers nothing", "a centre on the top face", f"{tuple(centre)} m")
    if not np.asarray(conducting)[:, :, -1][covered].all():
        raise _refused("disc", "conducting cells under all of it", "excluded cells under a part")
    return Contact(
        cells=cells[covered],
        axis=np.full(int(covered.sum()), 2),
        side=np.full(int(covered.sum()), 1),
        area=area[covered],
        impedance=impedance,
    )


def circle_overlap(x: Floats, y: Floats, radius: float) -> Floats:
    """Return the area in m2 of each rectangle inside a circle about the origin, ``(nx, ny)``.

    `x` ``(nx + 1,)`` and `y` ``(ny + 1,)`` are the edges of the rectangles in metre. Closed form:
    the circle's area left of and below a corner, taken at the four corners.
    """
    corner = _below(np.clip(x / radius, -1, 1)[:, None], np.clip(y / radius, -1, 1)[None, :])
    inside = np.diff(np.diff(corner, axis=0), axis=1)
    return np.maximum(inside, 0.0) * radius**2


def _below(x: Floats, y: Floats) -> Floats:
    """Area of the unit disc with X <= x and Y <= y; x and y in [-1, 1]."""
    half = np.sqrt(1 - y**2)
    reach = np.clip(x, -half, half)
    chord = _half_disc(reach) - _half_disc(-half)
    return _half_disc(x) + y * (reach + half) + np.sign(y) * (_half_disc(x) - chord)


def _half_disc(x: Floats) -> Floats:
    """Area of the upper half of the unit disc left of x."""
    return 0.5 * (x * np.sqrt(1 - x**2) + np.arcsin(x) + 0.5 * np.pi)
