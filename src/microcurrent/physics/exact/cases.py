"""The verification list: closed forms beside what `conduction` computes, at several resolutions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from microcurrent.physics.exact import (
    columns,
    depth,
    disc,
    flat_problems,
    halfspace,
    layers,
    problems,
    strips,
)
from microcurrent.physics.exact.contact_disc import contact_disc
from microcurrent.physics.exact.problems import (
    COLUMN,
    DISTANCE,
    FACE,
    FAT_UNDER_SKIN,
    HOMOGENEOUS,
    MUSCLE,
    MUSCLE_UNDER_FAT,
    RADIUS,
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One quantity with its exact value and a way to compute it at a resolution.

    `number` of the verification list; `levels` are cells per length (radius or distance), rising;
    `compute` takes a level. `order` is the least order of convergence that must be seen, None where
    the numerical value is exact at every level; `accuracy` the largest relative error at 8 cells
    per length or more.
    """

    number: str
    quantity: str
    unit: str
    exact: float
    compute: Callable[[int], float]
    order: float | None
    accuracy: float
    levels: tuple[int, ...] = (4, 6, 8)


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
        """Observed order: slope of log error over log cell size, least squares; NaN if exact."""
        if self.case.order is None:
            return float("nan")
        sizes = -np.log(np.array(self.case.levels, dtype=float))
        return float(np.polyfit(sizes, np.log(np.abs(self.errors)), 1)[0])


def study(case: Case) -> Study:
    """Compute a case at all its levels."""
    return Study(case=case, values=tuple(case.compute(level) for level in case.levels))


def verification_cases() -> tuple[Case, ...]:
    """Return every case, in the order of the verification list."""
    return (
        *_disc_cases(),
        *_flux_cases(),
        *_contact_cases(),
        *_layer_cases(),
        *_depth_cases(),
        _strip_case(),
        *_direction_cases(),
        _column_case(),
        *_thin_layer_cases(),
    )


def _disc_cases() -> list[Case]:
    sigma = HOMOGENEOUS.admittivities[0].real
    solve = partial(problems.disc_resistance, stack=HOMOGENEOUS, reach=problems.NEAR)
    return [
        Case(
            number="V1",
            quantity="equipotential disc, resistance",
            unit="ohm",
            exact=disc.resistance(RADIUS, sigma),
            compute=partial(solve, zeta=0.0),
            order=1.0,
            accuracy=0.035,
        ),
        Case(
            number="V1",
            quantity="equipotential disc, potential a radius below",
            unit="V/A",
            exact=float(disc.potential(0.0, RADIUS, RADIUS, voltage=disc.resistance(RADIUS, sigma))),
            compute=problems.disc_potential_below,
            order=1.2,
            accuracy=0.02,
        ),
    ]


def _flux_cases() -> list[Case]:
    sigma = HOMOGENEOUS.admittivities[0].real
    # 1 A through the disc: its density makes the surface potential of `disc`.
    density = 1 / (np.pi * RADIUS**2)
    cases = [
        Case(
            number="V2",
            quantity="uniform-flux disc, resistance",
            unit="ohm",
            exact=disc.uniform_flux_resistance(RADIUS, sigma),
            compute=partial(
                problems.disc_resistance, stack=HOMOGENEOUS, zeta=problems.UNIFORM, reach=problems.NEAR
            ),
            order=1.7,
            accuracy=0.01,
        )
    ]
    for name, rim in (("in its middle", False), ("on its rim", True)):
        surface = disc.uniform_flux_potential(RADIUS if rim else 0.0, RADIUS, conductivity=sigma)
        cases.append(
            Case(
                number="V2",
                quantity=f"uniform-flux disc, surface potential {name}",
                unit="V/A",
                exact=float(surface * density),
                compute=partial(flat_problems.disc_surface_potential, rim=rim),
                order=1.7,
                accuracy=0.004,
            )
        )
    return cases


def _contact_cases() -> list[Case]:
    sigma = HOMOGENEOUS.admittivities[0].real
    solve = partial(problems.disc_resistance, stack=HOMOGENEOUS, reach=problems.NEAR)
    cases = []
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
                order=1.7,
                accuracy=0.01,
            )
        )
    for zeta, accuracy in ((1.0, 0.008), (0.1, 0.04)):
        judge = contact_disc(radius=RADIUS, conductivity=sigma, impedance=zeta * RADIUS / sigma)
        cases.append(
            Case(
                number="V3",
                quantity=f"the same, zeta = {zeta:g}, density in the middle over its mean",
                unit="1",
                exact=judge.centre_to_mean,
                compute=partial(flat_problems.centre_to_mean, zeta=zeta),
                order=1.6,
                accuracy=accuracy,
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
                compute=partial(problems.layered_point_potential, stack=stack, distance=0.01),
                order=1.7,
                accuracy=0.015,
            )
        )
    for name, stack, reach in (
        ("0.2 / 0.05", FAT_UNDER_SKIN, problems.LAYERED_REACH),
        ("0.05 / 0.2", MUSCLE_UNDER_FAT, problems.LAYERED_REACH),
        ("four layers of a face", FACE, problems.FAR),
    ):
        cases.append(
            Case(
                number="V5",
                quantity=f"uniform-flux disc on {name}, resistance",
                unit="ohm",
                exact=layers.disc_resistance(RADIUS, stack).real,
                compute=partial(problems.disc_resistance, stack=stack, zeta=problems.UNIFORM, reach=reach),
                order=1.7 if stack is not FACE else 1.3,
                accuracy=0.008,
            )
        )
    return cases


def _depth_cases() -> list[Case]:
    cases = []
    for name, stack, below in (
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
                compute=partial(problems.depth_fraction, stack=stack, below=below),
                order=1.8 if stack is not FACE else 1.3,
                accuracy=0.001,
            )
        )
    return cases


def _strip_case() -> Case:
    return Case(
        number="V12",
        quantity="coplanar strips, conductance per length over conductivity",
        unit="1",
        exact=strips.strip_conductance(1.0, 2.0, conductivity=1.0),
        compute=flat_problems.strip_conductance,
        order=0.9,
        accuracy=0.05,
    )


def _thin_layer_cases() -> list[Case]:
    return [
        Case(
            number="V15",
            quantity="15 um of stratum corneum as a contact impedance, resistance",
            unit="ohm",
            exact=layers.disc_resistance(RADIUS, flat_problems.thin_layer_stack(HOMOGENEOUS)).real,
            compute=flat_problems.thin_layer_resistance,
            # The equivalence itself is off by 0.12 % here: cells cannot help below that.
            order=1.2,
            accuracy=0.005,
        ),
        Case(
            number="V15",
            quantity="thin layer 2 mm deep as a sheet, uniform-flux disc, resistance",
            unit="ohm",
            exact=layers.disc_resistance(RADIUS, flat_problems.sheet_stack()).real,
            compute=flat_problems.sheet_resistance,
            order=1.7,
            accuracy=0.01,
        ),
    ]


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
                compute=partial(problems.anisotropic_point_potential, point=point),
                order=1.7,
                accuracy=0.01,
            )
        )
    return cases


def _column_case() -> Case:
    thicknesses = (0.002, 0.004, 0.004)
    sigmas = tuple(y.real for y in COLUMN.admittivities)
    return Case(
        number="V14",
        quantity="three-layer column with contact impedance, resistance",
        unit="ohm",
        exact=columns.column_resistance(thicknesses, sigmas, area=2e-4, impedance=1.0),
        compute=problems.column_resistance,
        order=None,
        accuracy=1e-12,
    )
