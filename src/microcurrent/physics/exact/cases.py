"""Problems that `conduction` solves and closed forms judge, each at several resolutions.

The half-space is cut by planes of symmetry (insulated, hence exact) and ends in a far electrode
whose impedance at each face is that of a source at the origin in the rest of the half-space, so a
domain of a few hundred millimetres stands for infinity.

Lengths in metre, conductivities in S/m. The sizes are those of a 10 mm probe on layered skin.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

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
from microcurrent.physics.exact import columns, depth, disc, halfspace, layers
from microcurrent.physics.exact.contact_disc import contact_disc

RADIUS = 0.005
DISTANCE = 0.03
#: Growth of cells at four cells per length; finer levels take roots of it, so that all cells shrink.
_GROWTH = 1.5
_GROWTH_LEVEL = 4
#: The uniform core of a grid, in lengths. With an even level it holds a whole number of cells.
_CORE = 1.5
#: Contact impedance in units of a / sigma that makes the flux uniform to one part in 10^5.
_UNIFORM = 1e4
#: A homogeneous half-space is followed this far; the far electrode's error falls as its square.
_NEAR = 0.15
#: Conducting layers over a poor one carry current sideways for metres before it behaves as from a
#: point; growing cells make that cheap.
_FAR = 20.0
#: A pair has no far electrode: the share of its current that passes below this depth is 0.3 %.
_PAIR = 3.0

HOMOGENEOUS = layers.Layers(admittivities=(0.2,))
FAT_UNDER_SKIN = layers.Layers(admittivities=(0.2, 0.05), thicknesses=(0.002,))
MUSCLE_UNDER_FAT = layers.Layers(admittivities=(0.05, 0.2), thicknesses=(0.002,))
FACE = layers.Layers(admittivities=(0.148, 0.0776, 0.461, 0.0063), thicknesses=(0.0015, 0.004, 0.008))
MUSCLE = (0.56, 0.13, 0.13)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One quantity with its exact value and a way to compute it at a resolution.

    `number` of the verification list; `levels` are cells per length (radius or distance), rising;
    `compute` takes a level. `order` is the least order of convergence that must be seen, None where
    the numerical value is exact at every level; `accuracy` the largest relative error at the
    finest.
    """

    number: str
    quantity: str
    unit: str
    exact: float
    compute: Callable[[int], float]
    order: float | None
    accuracy: float
    levels: tuple[int, ...] = (4, 8, 12)


@dataclass(frozen=True, kw_only=True)
class Study:
    """A case computed at all its levels: one of `values` for each."""

    case: Case
    values: tuple[float, ...]

    @property
    def errors(self) -> tuple[float, ...]:
        """Relative errors with sign, dimensionless."""
        return tuple(value / self.case.exact - 1 for value in self.values)

    @property
    def order(self) -> float:
        """Observed order of convergence: slope of log error over log cell size, least squares."""
        sizes = -np.log(np.array(self.case.levels, dtype=float))
        return float(np.polyfit(sizes, np.log(np.abs(self.errors)), 1)[0])


def study(case: Case) -> Study:
    """Compute a case at all its levels."""
    return Study(case=case, values=tuple(case.compute(level) for level in case.levels))


def half_space(level: int, stack: layers.Layers, *, length: float, reach: float) -> Conductor:
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


def layered(grid: Grid, stack: layers.Layers) -> Conductor:
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


def disc_resistance(level: int, *, stack: layers.Layers, zeta: float, reach: float) -> float:
    """Return (U - I z / area) / I of one disc to infinity, ohm; zeta = z sigma / a."""
    conductor = half_space(level, stack, length=RADIUS, reach=reach)
    impedance = zeta * RADIUS / stack.admittivities[0].real
    contacts = [probe(conductor, impedance=impedance), far_contact(conductor)]
    # A quarter of an ampere enters the quarter that is computed.
    solution = conductor.solve(contacts, [0.25, -0.25])
    return float(solution.electrode_potentials[0] - impedance / (np.pi * RADIUS**2))


def disc_potential_below(level: int) -> float:
    """Return the potential a radius below the centre of an equipotential disc, V for 1 A."""
    conductor = half_space(level, HOMOGENEOUS, length=RADIUS, reach=_NEAR)
    contacts = [probe(conductor, impedance=0.0), far_contact(conductor)]
    solution = conductor.solve(contacts, [0.25, -0.25])
    column = solution.potential[0, 0]
    return float(np.interp(-RADIUS, conductor.grid.centres(2), column))


def point_potential(level: int, *, conductor: Conductor, point: tuple[float, float]) -> float:
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


def layered_point_potential(level: int, *, stack: layers.Layers, distance: float) -> float:
    """Return the surface potential `distance` from a point source on layers, V for 1 A."""
    conductor = half_space(level, stack, length=distance, reach=_NEAR * 10)
    return point_potential(level, conductor=conductor, point=(distance, 0.0))


def anisotropic_point_potential(level: int, *, point: tuple[float, float]) -> float:
    """Return the surface potential at `point` of a point source on muscle along x, V for 1 A."""
    grid = half_space(level, HOMOGENEOUS, length=0.01, reach=_NEAR * 2).grid
    conductor = Conductor(grid, np.broadcast_to(np.array(MUSCLE), (*grid.shape, 3)))
    return point_potential(level, conductor=conductor, point=point)


def depth_fraction(level: int, *, stack: layers.Layers, below: float) -> float:
    """Return the share of a pair's current that passes the mid-plane deeper than `below` metre.

    The mid-plane x = 0 is at one potential: it is the second electrode, without impedance.
    """
    spacing, ratio = RADIUS / level, _GROWTH ** (_GROWTH_LEVEL / level)
    near = (0.5 * DISTANCE - _CORE * RADIUS, 0.5 * DISTANCE + _CORE * RADIUS)
    bottoms = [-float(bottom) for bottom in np.cumsum(stack.thicknesses)]
    grid = Grid(
        x=graded_edges(0.0, _PAIR, spacing, fine=[near], ratio=ratio),
        y=_across(level, length=RADIUS, reach=_PAIR),
        z=graded_edges(
            -_PAIR,
            0.0,
            spacing,
            fine=[(-_CORE * RADIUS, 0.0)],
            ratio=ratio,
            boundaries=[-below, *bottoms],
        ),
    )
    conductor = layered(grid, stack)
    faces = exposed_faces(grid, conductor.conducting)
    middle = contact_on(faces, (faces.axis == 0) & (faces.side < 0), impedance=0.0)
    impedance = _UNIFORM * RADIUS / stack.admittivities[0].real
    source = probe(conductor, impedance=impedance, x=0.5 * DISTANCE)
    solution = conductor.solve([source, middle], [1.0, -1.0])
    through = -face_currents(conductor, solution).x[0].sum(axis=0)
    return float(through[: grid.edge_at(2, -below)].sum())


def column_voltage(level: int) -> float:
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


COLUMN = layers.Layers(admittivities=(0.2, 0.05, 0.4), thicknesses=(0.002, 0.004))


def verification_cases() -> tuple[Case, ...]:
    """Return every case, in the order of the verification list."""
    return (*_disc_cases(), *_layer_cases(), *_depth_cases(), *_direction_cases())


def _disc_cases() -> list[Case]:
    sigma = HOMOGENEOUS.admittivities[0].real
    solve = partial(disc_resistance, stack=HOMOGENEOUS, reach=_NEAR)
    cases = [
        Case(
            number="V1",
            quantity="equipotential disc, resistance",
            unit="ohm",
            exact=disc.resistance(RADIUS, sigma),
            compute=partial(solve, zeta=0.0),
            order=0.9,
            accuracy=0.02,
        ),
        Case(
            number="V1",
            quantity="equipotential disc, potential a radius below",
            unit="V/A",
            exact=float(disc.potential(0.0, RADIUS, RADIUS, voltage=disc.resistance(RADIUS, sigma))),
            compute=disc_potential_below,
            order=1.5,
            accuracy=0.01,
        ),
    ]
    for zeta in (1.0, 10.0):
        impedance = zeta * RADIUS / sigma
        judge = contact_disc(radius=RADIUS, conductivity=sigma, impedance=impedance)
        cases.append(
            Case(
                number="V3",
                quantity=f"disc with contact impedance, zeta = {zeta:g}, spreading resistance",
                unit="ohm",
                exact=judge.resistance - impedance / (np.pi * RADIUS**2),
                compute=partial(solve, zeta=zeta),
                order=1.5,
                accuracy=0.005,
            )
        )
    return cases


def _layer_cases() -> list[Case]:
    cases = []
    for name, stack in (("0.2 / 0.05", FAT_UNDER_SKIN), ("0.05 / 0.2", MUSCLE_UNDER_FAT)):
        cases.append(
            Case(
                number="V4",
                quantity=f"point source on {name} S/m, potential at 10 mm",
                unit="V/A",
                exact=float(layers.point_potential_images(0.01, stack)),
                compute=partial(layered_point_potential, stack=stack, distance=0.01),
                order=1.5,
                accuracy=0.01,
            )
        )
    for name, stack in (
        ("0.2 / 0.05", FAT_UNDER_SKIN),
        ("0.05 / 0.2", MUSCLE_UNDER_FAT),
        ("four layers of a face", FACE),
    ):
        cases.append(
            Case(
                number="V5",
                quantity=f"uniform-flux disc on {name}, resistance",
                unit="ohm",
                exact=layers.disc_resistance(RADIUS, stack).real,
                compute=partial(disc_resistance, stack=stack, zeta=_UNIFORM, reach=_FAR),
                order=1.5,
                accuracy=0.01,
            )
        )
    return cases


def _depth_cases() -> list[Case]:
    cases = []
    for name, stack, below in (
        ("homogeneous", HOMOGENEOUS, 0.002),
        ("homogeneous", HOMOGENEOUS, 0.005),
        ("four layers of a face", FACE, 0.0055),
    ):
        fraction = depth.layered_fraction(below, stack, distance=DISTANCE, radius=RADIUS)
        cases.append(
            Case(
                number="V6",
                quantity=f"share of current below {below * 1e3:g} mm, {name}",
                unit="1",
                exact=fraction.real,
                compute=partial(depth_fraction, stack=stack, below=below),
                order=1.5,
                accuracy=0.005,
            )
        )
    return cases


def _direction_cases() -> list[Case]:
    cases = []
    for name, point in (("along", (0.01, 0.0)), ("across", (0.0, 0.01))):
        exact = halfspace.anisotropic_potential([*point, 0.0], conductivities=MUSCLE)
        cases.append(
            Case(
                number="V13",
                quantity=f"point source on muscle, potential at 10 mm {name} the fibres",
                unit="V/A",
                exact=float(exact),
                compute=partial(anisotropic_point_potential, point=point),
                order=1.5,
                accuracy=0.01,
            )
        )
    thicknesses = (0.002, 0.004, 0.004)
    sigmas = tuple(y.real for y in COLUMN.admittivities)
    cases.append(
        Case(
            number="V14",
            quantity="three-layer column with contact impedance, resistance",
            unit="ohm",
            exact=columns.column_resistance(thicknesses, sigmas, area=2e-4, impedance=1.0),
            compute=column_voltage,
            order=None,
            accuracy=1e-12,
        )
    )
    return cases
