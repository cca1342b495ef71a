"""The same flow turned against the grid: how much of an answer is the direction of the cubes.

Steps cost most where a surface lies askew. Each study turns one problem about the y axis by several
angles, at several resolutions, and at each with several shifts of the grid, which give the error bars.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from microcurrent.physics.conduction.conductor import Conductor
from microcurrent.physics.conduction.contact import Contact
from microcurrent.physics.conduction.grid import Floats
from microcurrent.physics.exact import columns, round_problems, steps
from microcurrent.physics.exact.steps import Placing

DEGREES = (0.0, 15.0, 30.0, 45.0)
#: The bar: three layers one after another, as the column of V14, with contacts on its two ends.
_BAR_HALF = (0.006, 0.006, 0.012)
_BAR_BOUNDARIES = (-0.004, 0.003)
_BAR_TABLE = (0.2, 0.05, 0.4, 0.0)
_BAR_IMPEDANCE = 0.05
_BAR_LENGTH = 0.006


@dataclass(frozen=True, kw_only=True)
class TurnedMeasure:
    """One relative error, with the largest mean at any angle to be seen at the case's finest level."""

    name: str
    accuracy: float


@dataclass(frozen=True, kw_only=True)
class TurnedCase:
    """A problem at several angles: `compute` takes spacing level and placing, gives relative errors."""

    number: str
    problem: str
    measures: tuple[TurnedMeasure, ...]
    compute: Callable[[int, Placing], Sequence[float]]
    degrees: tuple[float, ...] = DEGREES
    levels: tuple[int, ...] = (4, 6)
    shifts: int = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class Turned:
    """A case computed: relative `errors` by level, angle, shift and measure, ``(L, A, S, M)``."""

    case: TurnedCase
    errors: Floats

    @property
    def mean(self) -> Floats:
        """Mean over the shifts, ``(L, A, M)``."""
        return np.asarray(self.errors.mean(axis=2))

    @property
    def spread(self) -> Floats:
        """Half the distance from the smallest to the largest over the shifts, ``(L, A, M)``."""
        return np.asarray(0.5 * np.ptp(self.errors, axis=2))


def turn(case: TurnedCase) -> Turned:
    """Compute a case at all its levels, angles and shifts."""
    errors = [
        [
            [case.compute(level, steps.turned(math.radians(angle), k)) for k in range(case.shifts)]
            for angle in case.degrees
        ]
        for level in case.levels
    ]
    return Turned(case=case, errors=np.array(errors, dtype=float))


def turned_cases() -> tuple[TurnedCase, ...]:
    """Return every problem that is turned against the grid."""
    return (
        TurnedCase(
            number="V14",
            problem="three-layer bar with contact impedance on its ends",
            measures=(
                TurnedMeasure(name="resistance", accuracy=0.06),
                TurnedMeasure(name="density, by slope", accuracy=0.18),
            ),
            compute=bar_errors,
        ),
        TurnedCase(
            number="V8",
            problem="scalp, skull 1:80 and brain (Rush and Driscoll)",
            measures=(
                TurnedMeasure(name="potential, scalp", accuracy=0.22),
                TurnedMeasure(name="field, scalp, by slope", accuracy=0.45),
            ),
            compute=head_errors,
        ),
    )


def head_errors(level: int, place: Placing) -> tuple[float, float]:
    """Return the errors of potential and field in the scalp of concentric spheres (V8)."""
    shells = round_problems.RUSH_DRISCOLL
    spacing = round_problems.HEAD_LENGTH / level
    ball = round_problems.solved_ball(spacing, place, shells=shells, caps=round_problems.antipodes(1e-3))
    found = round_problems.compared(ball, shells, shell=2, inner=False)
    return found.potential, found.slope


def bar_errors(level: int, place: Placing) -> tuple[float, float]:
    """Return the errors of the resistance of a layered bar and of the density along it (V14)."""
    grid = steps.cubes(_BAR_HALF, _BAR_LENGTH / level, place)
    half = np.array(_BAR_HALF)
    air = len(_BAR_TABLE) - 1

    def label(points: Floats) -> npt.NDArray[np.integer]:
        layer = np.searchsorted(_BAR_BOUNDARIES, points[:, 2])
        return np.where((np.abs(points) < half).all(axis=1), layer, air)

    labels = steps.labelled(grid, place, label)
    conductor = Conductor(grid, np.array(_BAR_TABLE)[labels])
    contacts = [_end(conductor, place, side) for side in (1.0, -1.0)]
    solution = conductor.solve(contacts, [1e-3, -1e-3])
    area = float(4 * half[0] * half[1])
    thicknesses = np.diff([-half[2], *_BAR_BOUNDARIES, half[2]])
    exact = columns.column_resistance(
        thicknesses.tolist(), _BAR_TABLE[:air], area=area, impedance=_BAR_IMPEDANCE
    )
    found = float(solution.electrode_potentials[0]) / 1e-3
    middle = conductor.conducting & (np.abs(steps.centres(grid, place)[..., 2]) < 0.5 * half[2])
    _, slope = steps.fields_in_body(conductor, place, solution, labels=labels)
    field = slope[middle]
    density = field * np.array(_BAR_TABLE)[labels[middle], None]
    wanted = np.broadcast_to([0.0, 0.0, -1e-3 / area], density.shape)
    return abs(found / exact - 1), steps.apart(density, wanted)


def _end(conductor: Conductor, place: Placing, side: float) -> Contact:
    """The contact on the end of the bar at plus or minus its length; sides of the bar do not count."""
    normal = np.array([0.0, 0.0, side])
    spacing = float(conductor.grid.widths(0)[0])

    def inside(points: Floats) -> npt.NDArray[np.bool_]:
        # Steps of the end lie within a cell's diagonal of it; those of the sides farther down do not.
        return np.asarray(side * points[:, 2] > _BAR_HALF[2] - spacing)

    def outward(points: Floats) -> Floats:
        return np.broadcast_to(normal, points.shape)

    return steps.patch(conductor, place, inside, outward=outward, impedance=_BAR_IMPEDANCE)
