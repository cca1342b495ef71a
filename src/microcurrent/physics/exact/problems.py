"""Problems with a closed form, set up for `conduction` at any resolution.

The half-space is cut by planes of symmetry (insulated, hence exact) and ends in a far electrode
whose impedance at each face is that of a source at the origin in the rest of the half-space, so a
domain of a few hundred millimetres stands for infinity.

Lengths in metre, conductivities in S/m. The sizes are those of a 10 mm probe on layered skin; they
are examples to compute, not facts about tissue. `level` is always cells per length of interest.
"""

from __future__ import annotations

import numpy as np

from microcurrent.physics.conduction.conductor import Conductor
from microcurrent.physics.conduction.contact import (
    Contact,
    contact_on,
    disc_contact,
    exposed_faces,
)
from microcurrent.physics.conduction.fields import face_currents
from microcurrent.physics.conduction.grid import Floats, Grid, graded_edges
from microcurrent.physics.exact.layers import Layers

RADIUS = 0.005
DISTANCE = 0.03
#: Growth of cells at four cells per length; finer levels take roots of it, so that all cells shrink.
_GROWTH = 1.5
_GROWTH_LEVEL = 4
#: The uniform core of a grid, in lengths. With an even level it holds a whole number of cells.
_CORE = 1.5
#: Contact impedance in units of a / sigma that makes the flux uniform to one part in 10^5.
UNIFORM = 1e4
#: A homogeneous half-space is followed this far; the far electrode's error falls as its square.
NEAR = 0.15
#: Conducting layers over a poor one carry current sideways for metres before it behaves as from a
#: point; growing cells make that cheap.
FAR = 20.0
#: Length of interest of a disc on layers: an even level cuts 2 mm into whole cells, so that cells in
#: the layers shrink as all others do.
LAYER_LENGTH = 0.004
#: A source on two layers is followed this far.
LAYERED_REACH = 1.5
#: A pair has no far electrode: the share of its current that passes below this depth is 0.3 %.
_PAIR_REACH = 3.0

HOMOGENEOUS = Layers(admittivities=(0.2,))
FAT_UNDER_SKIN = Layers(admittivities=(0.2, 0.05), thicknesses=(0.002,))
MUSCLE_UNDER_FAT = Layers(admittivities=(0.05, 0.2), thicknesses=(0.002,))
FACE = Layers(admittivities=(0.148, 0.0776, 0.461, 0.0063), thicknesses=(0.0015, 0.004, 0.008))
MUSCLE = (0.56, 0.13, 0.13)
COLUMN = Layers(admittivities=(0.2, 0.05, 0.4), thicknesses=(0.002, 0.004))


def half_space(level: int, stack: Layers, *, length: float, reach: float) -> Conductor:
    """Return the quarter x, y > 0 of a layered half-space z < 0 with `level` cells per `length`.

    Cells are uniform near the origin and grow to `reach` metre.
    """
    across = _across(level, length=length, reach=reach)
    bottoms = [-float(bottom) for bottom in np.cumsum(stack.thicknesses)]
    down = graded_edges(
        -reach,
        0.0,
        length / level,
        fine=[(-_CORE * length, 0.0)],
        ratio=_GROWTH ** (_GROWTH_LEVEL / level),
        boundaries=bottoms,
    )
    return layered(Grid(x=across, y=across, z=down), stack)


def _across(level: int, *, length: float, reach: float) -> Floats:
    ratio = _GROWTH ** (_GROWTH_LEVEL / level)
    return graded_edges(0.0, reach, length / level, fine=[(0.0, _CORE * length)], ratio=ratio)


def layered(grid: Grid, stack: Layers) -> Conductor:
    """Return a grid filled with real layers down from its top plane z = 0."""
    bottoms = np.cumsum(stack.thicknesses)
    sigma = np.real(np.array(stack.admittivities))[np.searchsorted(bottoms, -grid.centres(2))]
    return Conductor(grid, np.broadcast_to(sigma, grid.shape))


def far_contact(conductor: Conductor) -> Contact:
    """Return the electrode on the far faces that continues the half-space to infinity.

    Far from a source of total current I the potential is ``C / s``, s^2 = sum over axes of
    ``(sx sy sz / s_i) x_i^2`` (see `halfspace`); its ratio to the density through the face is the
    impedance ``s^2 / (sx sy sz n.r)``, whatever C is.
    """
    grid = conductor.grid
    faces = exposed_faces(grid, conductor.conducting)
    far = np.where(faces.axis == 2, faces.side < 0, faces.side > 0)
    sigma = conductor.conductivity.reshape(-1, 3)[faces.cells]
    volume = np.prod(sigma, axis=1)
    square = np.sum(volume[:, None] / sigma * faces.centres**2, axis=1)
    outward = np.abs(faces.centres[np.arange(faces.axis.size), faces.axis])
    impedance = np.where(far, square / (volume * np.where(far, outward, 1.0)), 0.0)
    return contact_on(faces, far, impedance=impedance)


def corner_contact(grid: Grid) -> Contact:
    """Return an electrode on the one surface face at the origin: a point source as cells shrink."""
    cell = np.ravel_multi_index((0, 0, grid.shape[2] - 1), grid.shape)
    area = grid.widths(0)[0] * grid.widths(1)[0]
    one = np.ones(1, dtype=int)
    return Contact(cells=cell * one, axis=2 * one, side=one, area=area * np.ones(1), impedance=0.0)


def probe(conductor: Conductor, *, impedance: float, x: float = 0.0) -> Contact:
    """Return a disc of `RADIUS` at (x, 0) on the surface, cut by the planes of symmetry."""
    grid, mask = conductor.grid, conductor.conducting
    return disc_contact(grid, mask, centre=(x, 0.0), radius=RADIUS, impedance=impedance, mirrored=True)


def disc_resistance(level: int, *, stack: Layers, zeta: float, reach: float) -> float:
    """Return (U - I z / area) / I of one disc to infinity, ohm; zeta = z sigma / a."""
    length = LAYER_LENGTH if stack.thicknesses else RADIUS
    conductor = half_space(level, stack, length=length, reach=reach)
    impedance = zeta * RADIUS / stack.admittivities[0].real
    contacts = [probe(conductor, impedance=impedance), far_contact(conductor)]
    # A quarter of an ampere enters the quarter that is computed.
    solution = conductor.solve(contacts, [0.25, -0.25])
    return float(solution.electrode_potentials[0] - impedance / (np.pi * RADIUS**2))


def disc_potential_below(level: int) -> float:
    """Return the potential a radius below the centre of an equipotential disc, V for 1 A."""
    conductor = half_space(level, HOMOGENEOUS, length=RADIUS, reach=NEAR)
    contacts = [probe(conductor, impedance=0.0), far_contact(conductor)]
    solution = conductor.solve(contacts, [0.25, -0.25])
    column = solution.potential[0, 0]
    return float(np.interp(-RADIUS, conductor.grid.centres(2), column))


def point_potential(conductor: Conductor, point: tuple[float, float]) -> float:
    """Return the surface potential at `point` of 1 A through the corner face, V.

    The potential at cell centres stands for that at the surface and at the planes of symmetry,
    where its slope is zero.
    """
    contacts = [corner_contact(conductor.grid), far_contact(conductor)]
    solution = conductor.solve(contacts, [0.25, -0.25])
    top = solution.potential[:, :, -1]
    x, y = conductor.grid.centres(0), conductor.grid.centres(1)
    along = np.interp(point[1], y, top[0]) if point[0] == 0 else np.interp(point[0], x, top[:, 0])
    return float(along)


def layered_point_potential(level: int, *, stack: Layers, distance: float) -> float:
    """Return the surface potential `distance` from a point source on layers, V for 1 A."""
    conductor = half_space(level, stack, length=distance, reach=LAYERED_REACH)
    return point_potential(conductor, (distance, 0.0))


def anisotropic_point_potential(level: int, *, point: tuple[float, float]) -> float:
    """Return the surface potential at `point` of a point source on muscle along x, V for 1 A."""
    grid = half_space(level, HOMOGENEOUS, length=0.01, reach=2 * NEAR).grid
    conductor = Conductor(grid, np.broadcast_to(np.array(MUSCLE), (*grid.shape, 3)))
    return point_potential(conductor, point)


def depth_fraction(level: int, *, stack: Layers, below: float) -> float:
    """Return the share of a pair's current that passes the mid-plane deeper than `below` metre.

    The mid-plane x = 0 is at one potential: it is the second electrode, without impedance.
    """
    length = LAYER_LENGTH if stack.thicknesses else RADIUS
    spacing, ratio = length / level, _GROWTH ** (_GROWTH_LEVEL / level)
    near = (0.5 * DISTANCE - _CORE * RADIUS, 0.5 * DISTANCE + _CORE * RADIUS)
    bottoms = [-float(bottom) for bottom in np.cumsum(stack.thicknesses)]
    grid = Grid(
        x=graded_edges(0.0, _PAIR_REACH, spacing, fine=[near], ratio=ratio),
        y=_across(level, length=length, reach=_PAIR_REACH),
        z=graded_edges(
            -_PAIR_REACH,
            0.0,
            spacing,
            fine=[(-_CORE * length, 0.0)],
            ratio=ratio,
            boundaries=[-below, *bottoms],
        ),
    )
    conductor = layered(grid, stack)
    faces = exposed_faces(grid, conductor.conducting)
    middle = contact_on(faces, (faces.axis == 0) & (faces.side < 0), impedance=0.0)
    impedance = UNIFORM * RADIUS / stack.admittivities[0].real
    source = probe(conductor, impedance=impedance, x=0.5 * DISTANCE)
    solution = conductor.solve([source, middle], [1.0, -1.0])
    through = -face_currents(conductor, solution).x[0].sum(axis=0)
    return float(through[: grid.edge_at(2, -below)].sum())


def column_resistance(level: int) -> float:
    """Return the resistance of a three-layer column with impedance at both ends, ohm."""
    grid = Grid(
        x=np.linspace(0, 0.01, level + 1),
        y=np.linspace(0, 0.02, 2),
        z=graded_edges(-0.01, 0.0, 0.01 / level, fine=[(-0.01, 0.0)], boundaries=[-0.006, -0.002]),
    )
    conductor = layered(grid, COLUMN)
    faces = exposed_faces(grid, conductor.conducting)
    ends = [contact_on(faces, (faces.axis == 2) & (faces.side == s), impedance=1.0) for s in (1, -1)]
    solution = conductor.solve(ends, [1.0, -1.0], tolerance=1e-13)
    return float(solution.electrode_potentials[0])
