"""Round bodies on a grid of cubes, laid in any position: steps for surfaces, and how far that is off.

A body is a rule that gives each point a label, in a frame of its own. A `Placing` turns and shifts that
frame against the grid; the same problem at several placings shows how much of a result is the grid's.
Steps are larger than the surface they stand for: only the share ``|n . axis|`` of an outer face counts,
and then the areas add up to that of the surface. Lengths in metre.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from microcurrent.physics.conduction.conductor import Conductor, Solution
from microcurrent.physics.conduction.contact import Contact, Faces, contact_on, exposed_faces
from microcurrent.physics.conduction.fields import current_density, electric_field, face_currents
from microcurrent.physics.conduction.fractions import FineLabels, Labels
from microcurrent.physics.conduction.grid import Floats, Grid
from microcurrent.physics.conduction.recovery import tissue_field

#: Powers of 1 / 1.2207, the root of x^4 = x + 1: steps of an additive sequence that fills a cube evenly
#: (M. Roberts' R3 sequence, after H. Niederreiter's low-discrepancy sequences).
_STEPS = np.array([0.8191725134, 0.6710436067, 0.5497004779])
#: Sub-points along each side of a face that say how much of it a patch covers.
_SUB_POINTS = 8
#: Contact impedance over length over conductivity that makes the flux under a contact even.
_EVEN = 1e4


@dataclass(frozen=True, kw_only=True, eq=False)
class Placing:
    """How a body lies in its grid: `rotation` ``(3, 3)`` body to grid, `shift` in cells ``(3,)``."""

    rotation: Floats
    shift: Floats

    def to_body(self, vectors: Floats) -> Floats:
        """Return vectors or points of the grid ``(..., 3)`` in the body's frame."""
        # By einsum: a library of linear algebra loses more by its threads than so small a matrix gains.
        return np.asarray(np.einsum("...i,ij->...j", vectors, self.rotation))

    def to_grid(self, vectors: Floats) -> Floats:
        """Return vectors or points of the body's frame ``(..., 3)`` in the grid's."""
        return np.asarray(np.einsum("...i,ji->...j", vectors, self.rotation))


def placing(number: int, *, plane: bool = False) -> Placing:
    """Return one of a fixed sequence of placings; with `plane` the third axis stays as it is."""
    part = (0.5 + (number + 1) * _STEPS) % 1.0
    turn = (0.5 + (number + 1) * _STEPS[::-1]) % 1.0
    if plane:
        part[2] = 0.0
        matrix = Rotation.from_euler("z", 2 * np.pi * turn[0]).as_matrix()
    else:
        # Uniform over all rotations: K. Shoemake, Graphics Gems III (1992) 124.
        a, b = np.sqrt(1 - turn[0]), np.sqrt(turn[0])
        u, v = 2 * np.pi * turn[1], 2 * np.pi * turn[2]
        matrix = Rotation.from_quat(
            [a * np.sin(u), a * np.cos(u), b * np.sin(v), b * np.cos(v)]
        ).as_matrix()
    return Placing(rotation=matrix, shift=part)


def turned(angle: float, number: int) -> Placing:
    """Return the placing turned by `angle` rad about the y axis, with shift `number` of the sequence."""
    matrix = Rotation.from_euler("y", angle).as_matrix()
    return Placing(rotation=matrix, shift=placing(number).shift)


def cubes(half: Sequence[float], spacing: float, place: Placing) -> Grid:
    """Return a grid of cubes that holds the box of half-sizes `half` metre ``(3,)`` as placed."""
    reach = np.abs(place.rotation) @ np.asarray(half, dtype=float)
    edges = []
    for size, shift in zip(reach, place.shift, strict=True):
        cells = int(np.ceil(size / spacing)) + 1
        edges.append(spacing * (np.arange(-cells, cells + 1) + shift))
    return Grid(x=edges[0], y=edges[1], z=edges[2])


def sheet_of_squares(radius: float, spacing: float, place: Placing) -> Grid:
    """Return a flat grid, one cell of `spacing` metre high, that holds a disc as placed."""
    flat = cubes((radius, radius, 0.0), spacing, place)
    return Grid(x=flat.x, y=flat.y, z=np.array([0.0, spacing]))


def labelled(
    grid: Grid, place: Placing, label_of: Callable[[Floats], Labels], *, refinement: int = 1
) -> Labels:
    """Return the label at the centre of each of ``r^3`` parts of every cell, ``(r nx, r ny, r nz)``.

    `label_of` takes points of the body's frame ``(P, 3)`` and gives ``(P,)``.
    """
    along = [_parts(grid.edges[axis], refinement) for axis in range(3)]
    shape = tuple(one.size for one in along)
    labels = np.empty(shape, dtype=np.uint8)
    # The body's frame is linear in each coordinate of the grid, so one plane serves all.
    first, second, third = place.rotation
    flat = (along[1][:, None, None] * second + along[2][None, :, None] * third).reshape(-1, 3)
    for plane, x in enumerate(along[0]):
        labels[plane] = label_of(flat + x * first).reshape(shape[1:])
    return labels


def _parts(edges: Floats, count: int) -> Floats:
    widths = np.diff(edges) / count
    return np.asarray((edges[:-1, None] + widths[:, None] * (np.arange(count) + 0.5)).ravel())


def fine_labels(
    grid: Grid, place: Placing, label_of: Callable[[Floats], Labels], *, table: Floats, refinement: int
) -> FineLabels:
    """Return the body on sub-voxels; `table` S/m by label ``(L,)``."""
    labels = labelled(grid, place, label_of, refinement=refinement)
    return FineLabels(labels=labels, conductivity=table, refinement=refinement)


def centres(grid: Grid, place: Placing) -> Floats:
    """Return the cell centres in the body's frame, metre ``(nx, ny, nz, 3)``."""
    mesh = np.meshgrid(*(grid.centres(axis) for axis in range(3)), indexing="ij")
    return place.to_body(np.stack(mesh, axis=-1))


def patch(
    conductor: Conductor,
    place: Placing,
    inside: Callable[[Floats], npt.NDArray[np.bool_]],
    *,
    outward: Callable[[Floats], Floats],
    impedance: float,
) -> Contact:
    """Return the contact on the outer faces within a patch of the surface.

    `inside` takes points of the body's frame ``(P, 3)`` and says which belong to the patch, ``(P,)``;
    `outward` gives the body's outward normal there, ``(P, 3)``, which says how much of a step counts;
    `impedance` ohm m2.
    """
    faces = exposed_faces(conductor.grid, conductor.conducting)
    rows = np.arange(faces.cells.size)
    normal = place.to_grid(outward(place.to_body(faces.centres)))
    share = np.clip(normal[rows, faces.axis] * faces.side, 0.0, 1.0)
    sides = (np.arange(_SUB_POINTS) + 0.5) / _SUB_POINTS - 0.5
    covered = np.zeros(rows.size)
    across = _across(conductor.grid, faces)
    for u in sides:
        for v in sides:
            points = faces.centres + u * across[:, 0] + v * across[:, 1]
            covered += inside(place.to_body(points))
    return contact_on(faces, share * covered / sides.size**2, impedance=impedance)


def _across(grid: Grid, faces: Faces) -> Floats:
    """The two sides of each face as vectors, metre ``(F, 2, 3)``."""
    places = np.unravel_index(faces.cells, grid.shape)
    widths = np.stack([grid.widths(axis)[places[axis]] for axis in range(3)], axis=1)
    others = np.array([[1, 2], [0, 2], [0, 1]])[faces.axis]
    return np.asarray(np.eye(3)[others] * np.take_along_axis(widths, others, axis=1)[..., None])


def even(radius: float, conductivity: float) -> float:
    """Return the impedance, ohm m2, behind which the flux through a contact is even to 1e-4."""
    return _EVEN * radius / conductivity


def fields_in_body(
    conductor: Conductor, place: Placing, solution: Solution, *, labels: Labels
) -> tuple[Floats, Floats]:
    """Return the field at cell centres in the body's frame, V/m ``(nx, ny, nz, 3)``, in two ways.

    By the mean of face currents (`fields.electric_field`), and by `recovery.tissue_field`.
    """
    density = current_density(conductor, face_currents(conductor, solution))
    return (
        place.to_body(electric_field(conductor, density)),
        place.to_body(tissue_field(conductor, solution, labels)),
    )


def inner(labels: Labels) -> npt.NDArray[np.bool_]:
    """Return which cells have only neighbours of their own label, ``(nx, ny, nz)``."""
    same = np.ones(labels.shape, dtype=bool)
    for axis in range(3):
        if labels.shape[axis] > 1:
            for side in (-1, 1):
                same &= np.roll(labels, side, axis=axis) == labels
    return same


def apart(found: Floats, exact: Floats) -> float:
    """Return the size of the difference over the size of `exact`; both of any shape."""
    return float(np.linalg.norm(found - exact) / np.linalg.norm(exact))


def potentials_apart(found: Floats, exact: Floats) -> float:
    """Return the same of potentials, each less its mean, ``(P,)``."""
    return apart(found - found.mean(), exact - exact.mean())
