"""Electrodes with a current, a voltage or nothing given: what is given comes back, the rest follows."""

from __future__ import annotations

import numpy as np
import pytest

from microcurrent.errors import ValueRefused
from microcurrent.physics.conduction.conductor import Conductor, UnitFields
from microcurrent.physics.conduction.contact import disc_contact
from microcurrent.physics.conduction.drives import FLOATING, Drive, admittivity, drive, terminals
from microcurrent.physics.conduction.fields import power
from microcurrent.physics.conduction.grid import Grid

#: Three resistors of 1, 2 and 4 ohm from a star point to the three electrodes.
STAR = np.diag([1.0, 0.5, 0.25]) - np.outer([1.0, 0.5, 0.25], [1.0, 0.5, 0.25]) / 1.75


@pytest.fixture(scope="module")
def slab() -> Conductor:
    edges = [np.linspace(0, length, n + 1) for length, n in ((0.08, 20), (0.06, 15), (0.02, 8))]
    grid = Grid(x=edges[0], y=edges[1], z=edges[2] - 0.02)
    return Conductor(grid, np.where(grid.centres(2) > -0.01, 0.2, 0.05) * np.ones(grid.shape))


@pytest.fixture(scope="module")
def four(slab: Conductor) -> UnitFields:
    places = ((0.015, 0.03), (0.065, 0.03), (0.04, 0.045), (0.04, 0.012))
    return slab.unit(
        [
            disc_contact(slab.grid, slab.conducting, centre=at, radius=0.006, impedance=0.1 * (k + 1))
            for k, at in enumerate(places)
        ]
    )


def test_a_voltage_over_two_resistors_and_a_floating_tap() -> None:
    found = terminals(STAR, [Drive(voltage=3.0), Drive(voltage=0.0), FLOATING])
    assert found.currents == pytest.approx([1.0, -1.0, 0.0], abs=1e-15)
    assert found.potentials == pytest.approx([3.0, 0.0, 2.0])


def test_currents_alone_and_the_last_at_zero() -> None:
    found = terminals(STAR, [Drive(current=1.0), Drive(current=1.0), Drive(current=-2.0)])
    assert found.potentials == pytest.approx([9.0, 10.0, 0.0])
    assert found.currents == pytest.approx([1.0, 1.0, -2.0])


def test_a_current_beside_a_voltage_need_not_balance() -> None:
    found = terminals(STAR, [Drive(current=0.5), Drive(voltage=1.0), Drive(voltage=1.0)])
    assert found.currents.sum() == pytest.approx(0.0, abs=1e-15)
    # Half an ampere splits over 2 and 4 ohm.
    assert found.currents[1:] == pytest.approx([-1 / 3, -1 / 6])
    assert found.potentials[0] == pytest.approx(1.0 + 0.5 * (1 + 4 / 3))


def test_the_last_electrode_is_the_reference_though_it_is_tied() -> None:
    found = terminals(STAR, [Drive(current=3.0), FLOATING, Drive(current=-3.0)], tied=[(1, 2)])
    # 1 ohm to the star, 2 and 4 ohm side by side from it.
    assert found.potentials == pytest.approx([3.0 * (1.0 + 4.0 / 3.0), 0.0, 0.0])


def test_tied_electrodes_share_potential_and_current() -> None:
    found = terminals(STAR, [Drive(voltage=7.0), Drive(voltage=0.0), FLOATING], tied=[(1, 2)])
    assert found.potentials == pytest.approx([7.0, 0.0, 0.0])
    assert found.currents == pytest.approx([3.0, -2.0, -1.0])
    by_current = terminals(STAR, [Drive(current=3.0), FLOATING, Drive(current=-3.0)], tied=[(1, 2)])
    assert by_current.currents == pytest.approx(found.currents)


def test_phasors() -> None:
    star = STAR * (1 + 1j)
    found = terminals(star, [Drive(voltage=3.0), Drive(voltage=0.0), FLOATING])
    assert found.currents == pytest.approx([1 + 1j, -1 - 1j, 0.0])
    assert found.potentials == pytest.approx([3.0, 0.0, 2.0])
    turned = terminals(STAR, [Drive(current=1j), Drive(current=-1j), FLOATING])
    assert turned.potentials == pytest.approx([1j, -2j, 0.0])


def test_given_currents_are_those_of_the_plain_solve(slab: Conductor, four: UnitFields) -> None:
    currents = [1e-3, -4e-4, 0.0, -6e-4]
    given = [Drive(current=currents[0]), Drive(current=currents[1]), FLOATING, Drive(current=currents[3])]
    came, wanted = drive(four, given), four.superpose(currents)
    assert came.potential == pytest.approx(wanted.potential, rel=1e-12)
    assert came.delivered == pytest.approx(currents, abs=1e-9)


def test_voltages_given_are_voltages_found(slab: Conductor, four: UnitFields) -> None:
    given = [Drive(voltage=2.0), Drive(voltage=-1.0), FLOATING, Drive(current=1e-4)]
    came = drive(four, given)
    assert came.electrode_potentials[:2] == pytest.approx([2.0, -1.0], rel=1e-6)
    assert came.delivered[2] == pytest.approx(0.0, abs=1e-6 * np.abs(came.delivered).max())
    assert came.delivered[3] == pytest.approx(1e-4, rel=1e-5)
    # A floating electrode is at the potential that makes its current 0: between those of the tissue.
    density = came.contact_densities[2]
    assert density.min() < 0 < density.max()
    # Moving every voltage moves every potential, and no current.
    moved = drive(four, [Drive(voltage=7.0), Drive(voltage=4.0), FLOATING, Drive(current=1e-4)])
    assert moved.potential == pytest.approx(came.potential + 5.0, rel=1e-9)
    assert moved.delivered == pytest.approx(came.delivered, rel=1e-9, abs=1e-15)
    found = power(slab, came)
    assert found.tissue + found.contacts == pytest.approx(found.electrodes, rel=1e-6)


def test_a_voltage_drive_and_the_current_it_makes_are_the_same_flow(four: UnitFields) -> None:
    by_voltage = drive(four, [Drive(voltage=1.0), FLOATING, FLOATING, Drive(voltage=0.0)])
    current = float(by_voltage.delivered[0])
    by_current = drive(four, [Drive(current=current), FLOATING, FLOATING, Drive(current=-current)])
    assert by_current.potential == pytest.approx(by_voltage.potential, rel=1e-6)


@pytest.mark.parametrize(
    ("drives", "tied", "match"),
    [
        ([Drive(current=1.0), FLOATING, FLOATING], [], "add up to 0 A"),
        ([Drive(current=1.0), Drive(current=-1.0)], [], "one drive for each"),
        ([Drive(voltage=1.0), Drive(voltage=0.0), FLOATING], [(0, 1)], "one drive for electrodes"),
        ([Drive(voltage=1.0), Drive(voltage=0.0), FLOATING], [(0, 2), (2, 1)], "none in two"),
        ([Drive(voltage=1.0), Drive(voltage=0.0), FLOATING], [(0, 3)], "0 to 2"),
    ],
)
def test_drives_refused(drives: list[Drive], tied: list[tuple[int, ...]], match: str) -> None:
    with pytest.raises(ValueRefused, match=match):
        terminals(STAR, drives, tied=tied)


def test_a_drive_is_one_thing() -> None:
    with pytest.raises(ValueRefused, match="finite current"):
        Drive(current=1.0, voltage=1.0)
    with pytest.raises(ValueRefused, match="finite current"):
        Drive(current=float("nan"))


def test_phasors_need_a_complex_conductor(four: UnitFields) -> None:
    with pytest.raises(ValueRefused, match="real currents"):
        drive(four, [Drive(current=1j), Drive(current=-1j), FLOATING, FLOATING])


def test_admittivity_is_conduction_and_displacement() -> None:
    found = admittivity([0.2, 0.4], 1e5, frequency=1e4)
    assert found.real == pytest.approx([0.2, 0.4])
    assert found.imag == pytest.approx([0.0556325, 0.0556325], rel=1e-5)
    assert admittivity(0.2, 1e5, frequency=0.0).dtype == float
    with pytest.raises(ValueRefused, match="permittivity"):
        admittivity(0.2, -1.0, frequency=10.0)
