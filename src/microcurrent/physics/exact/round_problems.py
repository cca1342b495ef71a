"""Problems of round bodies with a closed form, on steps: spheres, cylinder, plates.

Each takes a number of cells per length and a placing (see `steps`) and gives relative errors without
sign, away from electrodes. Lengths in metre, conductivities in S/m; the sizes are those of the published
examples, or of a head and a limb, to compute and not facts about tissue.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.interpolate import RegularGridInterpolator

from microcurrent.physics.conduction.conductor import Conductor, Solution
from microcurrent.physics.conduction.contact import Contact
from microcurrent.physics.conduction.fractions import mixed_cells
from microcurrent.physics.conduction.grid import Floats, Grid
from microcurrent.physics.exact import arcs, columns, cylinder, inclusion, sphere, steps
from microcurrent.physics.exact.concentric_spheres import Cap, Shells, spherical_field
from microcurrent.physics.exact.steps import Placing

#: Length that `level` counts cells of, in a head.
HEAD_LENGTH = 0.024
#: The homogeneous sphere of V7.
BALL = Shells(radii=(0.092,), conductivities=(0.33,))
#: S. Rush and D. A. Driscoll (1968): scalp and brain alike, skull 80 times less.
RUSH_DRISCOLL = Shells(radii=(0.080, 0.085, 0.092), conductivities=(0.33, 0.33 / 80, 0.33))
#: Sub-voxels along each side of a cell.
_REFINEMENT = 4
#: The cap electrodes: 8 mm across the surface from middle to rim.
_CAP = 0.008 / 0.092
#: Points nearer to an electrode than this are left out, rad.
_AWAY = 0.35
#: No more cells than this are compared.
_MOST_POINTS = 3000

#: The limb of V9: R = 40 mm, electrodes 100 mm apart.
LIMB = cylinder.Cylinder(radius=0.04, conductivity=0.3)
LIMB_DISTANCE = 0.1
LIMB_LENGTH = 0.024
_LIMB_PATCH = 0.004
#: Insulated ends this many radii beyond the electrodes: the first mode falls as exp(-1.84 z / R).
_LIMB_BEYOND = 2.2
#: Where the limb is compared: radius over R, azimuth rad, height m.
_LIMB_POINTS = tuple(
    (r, phi, z) for r in (0.0, 0.4, 0.75) for phi in (0.0, 1.2, 2.6) for z in (-0.03, 0.0, 0.02)
)

#: The plate of V10 and V11, with an inclusion of half its radius.
PLATE_LENGTH = 0.125
PLATE = inclusion.Plate(radius=1.0, inner_radius=0.5, height=1.0, conductivity=1.0, inner_conductivity=0.1)
_PLATE_ANGLES = (0.0, 2.0)
_PLATE_PATCH = 0.06
_PLATE_AWAY = 0.4
ARC_HALF_ANGLE = math.pi / 8


@dataclass(frozen=True, kw_only=True, eq=False)
class Ball:
    """Concentric spheres on cubes, solved: with what is needed to compare. Lengths metre."""

    conductor: Conductor
    place: Placing
    labels: npt.NDArray[np.integer]
    solution: Solution
    caps: tuple[Cap, ...]


def shell_labels(radii: tuple[float, ...], points: Floats) -> npt.NDArray[np.integer]:
    """Return the number of the shell of each point, ``(P,)``; the number of shells is air."""
    return np.asarray(np.searchsorted(np.array(radii), np.linalg.norm(points, axis=1)))


def antipodes(current: float) -> tuple[Cap, Cap]:
    """Return caps on the poles of the body's frame, with plus and minus `current` A."""
    return (
        Cap(direction=(0.0, 0.0, 1.0), current=current, half_angle=_CAP),
        Cap(direction=(0.0, 0.0, -1.0), current=-current, half_angle=_CAP),
    )


def solved_ball(spacing: float, place: Placing, *, shells: Shells, caps: tuple[Cap, ...]) -> Ball:
    """Return concentric spheres on cubes of `spacing` metre with even current through `caps`."""
    grid = steps.cubes([shells.radii[-1]] * 3, spacing, place)
    labels = steps.labelled(grid, place, lambda points: shell_labels(shells.radii, points))
    conductor = Conductor(grid, np.array([*shells.conductivities, 0.0])[labels])
    return inject(conductor, place, shells=shells, labels=labels, caps=caps)


def inject(
    conductor: Conductor,
    place: Placing,
    *,
    shells: Shells,
    labels: npt.NDArray[np.integer],
    caps: tuple[Cap, ...],
) -> Ball:
    """Solve a ball that is set up, with even current through `caps`."""
    layer = steps.even(shells.radii[-1], shells.conductivities[-1])
    contacts = []
    for cap in caps:
        axis, least = sphere.unit(cap.direction), math.cos(cap.half_angle)

        def inside(points: Floats, axis: Floats = axis, least: float = least) -> npt.NDArray[np.bool_]:
            return np.asarray(_radial(points) @ axis > least)

        contacts.append(steps.patch(conductor, place, inside, outward=_radial, impedance=layer))
    solution = conductor.solve(contacts, [cap.current for cap in caps])
    return Ball(conductor=conductor, place=place, labels=labels, solution=solution, caps=caps)


def _radial(points: Floats) -> Floats:
    return np.asarray(points / np.linalg.norm(points, axis=-1, keepdims=True))


@dataclass(frozen=True, kw_only=True)
class Errors:
    """Relative errors in one shell: of the potential, and of the field by face currents and by slope."""

    potential: float
    field: float
    slope: float


def compared(ball: Ball, shells: Shells, *, shell: int, inner: bool) -> Errors:
    """Return the errors in one shell, away from the electrodes.

    With `inner`, only cells with neighbours of their own shell on all sides count.
    """
    at = steps.centres(ball.conductor.grid, ball.place)
    chosen = (ball.labels == shell) & np.isfinite(ball.solution.potential)
    if inner:
        chosen &= steps.inner(ball.labels)
    index = np.flatnonzero(chosen)
    cosines = (
        _radial(at.reshape(-1, 3)[index]) @ np.array([sphere.unit(cap.direction) for cap in ball.caps]).T
    )
    index = index[(cosines < math.cos(_AWAY)).all(axis=1)]
    index = index[:: index.size // _MOST_POINTS + 1]
    exact = spherical_field(at.reshape(-1, 3)[index], shells, ball.caps)
    plain, slope = steps.fields_in_body(ball.conductor, ball.place, ball.solution, labels=ball.labels)
    return Errors(
        potential=steps.potentials_apart(ball.solution.potential.reshape(-1)[index], exact.potential),
        field=steps.apart(plain.reshape(-1, 3)[index], exact.field),
        slope=steps.apart(slope.reshape(-1, 3)[index], exact.field),
    )


def ball_errors(level: int, number: int) -> tuple[float, float]:
    """Return the errors of potential and field in a homogeneous sphere (V7)."""
    caps = antipodes(1e-3)
    ball = solved_ball(HEAD_LENGTH / level, steps.placing(number), shells=BALL, caps=caps)
    found = compared(ball, BALL, shell=0, inner=True)
    return found.potential, found.field


def head_errors(level: int, number: int) -> tuple[float, float, float, float]:
    """Return the errors of V8: potential and field (two ways) in the scalp, field in the brain."""
    caps = antipodes(1e-3)
    ball = solved_ball(HEAD_LENGTH / level, steps.placing(number), shells=RUSH_DRISCOLL, caps=caps)
    return scalp_and_brain(ball)


def mixed_head_errors(level: int, number: int) -> tuple[float, float, float, float]:
    """Return the same with sub-voxel faces instead of steps."""
    place = steps.placing(number)
    shells, table = RUSH_DRISCOLL, np.array([*RUSH_DRISCOLL.conductivities, 0.0])
    grid = steps.cubes([shells.radii[-1]] * 3, HEAD_LENGTH / level, place)

    def label(points: Floats) -> npt.NDArray[np.integer]:
        return shell_labels(shells.radii, points)

    fine = steps.fine_labels(grid, place, label, table=table, refinement=_REFINEMENT)
    mixed = mixed_cells(grid, fine)
    conductor = Conductor(grid, mixed.conductivity, faces=mixed.faces)
    labels = steps.labelled(grid, place, label)
    return scalp_and_brain(inject(conductor, place, shells=shells, labels=labels, caps=antipodes(1e-3)))


def scalp_and_brain(ball: Ball) -> tuple[float, float, float, float]:
    """Return the same for a ball of `RUSH_DRISCOLL` that is solved."""
    scalp = compared(ball, RUSH_DRISCOLL, shell=2, inner=False)
    brain = compared(ball, RUSH_DRISCOLL, shell=0, inner=True)
    return scalp.potential, scalp.field, scalp.slope, brain.field


def limb_errors(level: int, number: int) -> tuple[float]:
    """Return the error of the potential in a cylinder between point electrodes (V9)."""
    place = steps.placing(number)
    half = 0.5 * LIMB_DISTANCE + _LIMB_BEYOND * LIMB.radius
    grid = steps.cubes((LIMB.radius, LIMB.radius, half), LIMB_LENGTH / level, place)

    def label(points: Floats) -> npt.NDArray[np.integer]:
        within = np.hypot(points[:, 0], points[:, 1]) < LIMB.radius
        return (within & (np.abs(points[:, 2]) < half)).astype(np.int64)

    conductor = Conductor(grid, np.array([0.0, LIMB.conductivity])[steps.labelled(grid, place, label)])
    heights = (0.5 * LIMB_DISTANCE, -0.5 * LIMB_DISTANCE)
    contacts = []
    for height in heights:

        def inside(points: Floats, height: float = height) -> npt.NDArray[np.bool_]:
            from_middle = np.hypot(
                LIMB.radius * np.arctan2(points[:, 1], points[:, 0]), points[:, 2] - height
            )
            return np.asarray(from_middle < _LIMB_PATCH)

        layer = steps.even(LIMB.radius, LIMB.conductivity)
        contacts.append(steps.patch(conductor, place, inside, outward=_from_axis, impedance=layer))
    currents = [1e-3, -1e-3]
    solution = conductor.solve(contacts, currents)
    r, azimuth, z = np.array(_LIMB_POINTS).T
    at = np.stack([LIMB.radius * r * np.cos(azimuth), LIMB.radius * r * np.sin(azimuth), z], axis=1)
    electrodes = [(0.0, height) for height in heights]
    exact = cylinder.potential(at, LIMB, electrodes=electrodes, currents=currents)
    return (steps.potentials_apart(_between(grid, place.to_grid(at), solution.potential), exact),)


def _from_axis(points: Floats) -> Floats:
    """Outward from the z axis, unit ``(P, 3)``."""
    away = points * [1.0, 1.0, 0.0]
    return np.asarray(away / np.maximum(np.linalg.norm(away, axis=-1, keepdims=True), np.finfo(float).tiny))


def _between(grid: Grid, points: Floats, potential: Floats) -> Floats:
    """Potential at points of the grid, linear between cell centres, V ``(P,)``."""
    knots = tuple(grid.centres(axis) for axis in range(3))
    return np.asarray(RegularGridInterpolator(knots, potential)(points))


def _plate_conductor(level: int, place: Placing, inner_conductivity: float) -> Conductor:
    """A round plate of radius and conductivity 1 with the inclusion of `PLATE`, as high as a cell."""
    grid = steps.sheet_of_squares(PLATE.radius, PLATE_LENGTH / level, place)

    def label(points: Floats) -> npt.NDArray[np.integer]:
        return np.searchsorted([PLATE.inner_radius, PLATE.radius], np.hypot(points[:, 0], points[:, 1]))

    table = np.array([inner_conductivity, PLATE.conductivity, 0.0])
    return Conductor(grid, table[steps.labelled(grid, place, label)])


def _arc(conductor: Conductor, place: Placing, angle: float, *, half: float, impedance: float) -> Contact:
    def inside(points: Floats) -> npt.NDArray[np.bool_]:
        away = np.arctan2(points[:, 1], points[:, 0]) - angle
        return np.asarray(np.abs((away + math.pi) % (2 * math.pi) - math.pi) < half)

    return steps.patch(conductor, place, inside, outward=_from_axis, impedance=impedance)


def inclusion_errors(level: int, number: int) -> tuple[float]:
    """Return the error of the potential in a plate with an inclusion (V10)."""
    place = steps.placing(number, plane=True)
    conductor = _plate_conductor(level, place, PLATE.inner_conductivity)
    layer = steps.even(PLATE.radius, PLATE.conductivity)
    contacts = [_arc(conductor, place, a, half=_PLATE_PATCH, impedance=layer) for a in _PLATE_ANGLES]
    height = float(conductor.grid.widths(2)[0])
    solution = conductor.solve(contacts, [height, -height])
    at = steps.centres(conductor.grid, place)[..., :2].reshape(-1, 2)
    rims = np.stack([np.cos(_PLATE_ANGLES), np.sin(_PLATE_ANGLES)], axis=1)
    near = np.linalg.norm(at[:, None] - rims, axis=2).min(axis=1) < _PLATE_AWAY
    index = np.flatnonzero(conductor.conducting.reshape(-1) & ~near)
    exact = inclusion.potential(at[index], PLATE, angles=_PLATE_ANGLES, currents=[1.0, -1.0])
    return (steps.potentials_apart(solution.potential.reshape(-1)[index], exact),)


def arc_errors(level: int, number: int, *, impedance: float) -> tuple[float]:
    """Return the error of the resistance between two arcs with contact impedance (V11)."""
    place = steps.placing(number, plane=True)
    conductor = _plate_conductor(level, place, PLATE.conductivity)
    contacts = [
        _arc(conductor, place, angle, half=ARC_HALF_ANGLE, impedance=impedance) for angle in (0.0, math.pi)
    ]
    height = float(conductor.grid.widths(2)[0])
    solution = conductor.solve(contacts, [height, -height])
    exact = arcs.arc_pair(ARC_HALF_ANGLE, impedance=impedance).resistance
    return (abs(float(solution.electrode_potentials[0]) / exact - 1),)


def ring_errors(level: int, number: int, *, impedance: float) -> tuple[float]:
    """Return the error of the resistance between the two rims of a ring, both contacts (V14)."""
    place = steps.placing(number, plane=True)
    grid = steps.sheet_of_squares(PLATE.radius, PLATE_LENGTH / level, place)

    def label(points: Floats) -> npt.NDArray[np.integer]:
        r = np.hypot(points[:, 0], points[:, 1])
        return ((r > PLATE.inner_radius) & (r < PLATE.radius)).astype(np.int64)

    conductor = Conductor(grid, np.array([0.0, PLATE.conductivity])[steps.labelled(grid, place, label)])
    middle = 0.5 * (PLATE.inner_radius + PLATE.radius)
    contacts = []
    for side in (-1.0, 1.0):

        def inside(points: Floats, side: float = side) -> npt.NDArray[np.bool_]:
            return np.asarray(side * (np.hypot(points[:, 0], points[:, 1]) - middle) > 0)

        def outward(points: Floats, side: float = side) -> Floats:
            return side * _from_axis(points)

        contacts.append(steps.patch(conductor, place, inside, outward=outward, impedance=impedance))
    solution = conductor.solve(contacts, [1e-3, -1e-3])
    exact = columns.coaxial_resistance(
        PLATE.inner_radius,
        PLATE.radius,
        height=float(grid.widths(2)[0]),
        conductivity=PLATE.conductivity,
        impedance=impedance,
    )
    return (abs(float(solution.electrode_potentials[0]) / 1e-3 / exact - 1),)
