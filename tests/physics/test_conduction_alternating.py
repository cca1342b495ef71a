"""Alternating current: complex columns and layers in closed form, and the limit of direct current."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from microcurrent.errors import ConservationError, ConvergenceError, ValueRefused
from microcurrent.physics.conduction.alternating import alternating_fields
from microcurrent.physics.conduction.conductor import Conductor
from microcurrent.physics.conduction.contact import Contact, contact_on, disc_contact, exposed_faces
from microcurrent.physics.conduction.drives import FLOATING, Drive, admittivity, terminals
from microcurrent.physics.conduction.grid import Grid
from microcurrent.physics.exact import layers, problems
from microcurrent.physics.exact.layers import Layers

#: Skin, fat and muscle as at 10 kHz, with more displacement current than any has.
COMPLEX = (0.2 + 0.05j, 0.05 + 0.02j, 0.4 + 0.3j)


def slab() -> tuple[Grid, np.ndarray]:
    edges = [np.linspace(0, length, n + 1) for length, n in ((0.08, 20), (0.06, 15), (0.02, 8))]
    grid = Grid(x=edges[0], y=edges[1], z=edges[2] - 0.02)
    depth = np.searchsorted([0.0051, 0.0101], -grid.centres(2))
    return grid, np.array(COMPLEX)[depth] * np.ones(grid.shape)


def pair(grid: Grid) -> list[Contact]:
    mask = np.ones(grid.shape, dtype=bool)
    return [
        disc_contact(grid, mask, centre=(x, 0.03), radius=0.006, impedance=0.1)
        for x in (0.015, 0.05, 0.065)
    ]


def test_a_column_is_a_sum_of_phasors() -> None:
    grid = Grid(x=[0.0, 0.01], y=[0.0, 0.02], z=np.linspace(-0.01, 0.0, 11))
    tissue = np.repeat(COMPLEX, [4, 4, 2]).reshape(1, 1, 10)[:, :, ::-1]
    faces = exposed_faces(grid, np.ones(grid.shape, dtype=bool))
    ends = [contact_on(faces, (faces.axis == 2) & (faces.side == side), impedance=0.0) for side in (1, -1)]
    layer = 0.3 - 0.7j
    found = alternating_fields(grid, tissue, ends, impedances=[layer, 2 * layer], tolerance=1e-12)
    exact = (0.004 / COMPLEX[0] + 0.004 / COMPLEX[1] + 0.002 / COMPLEX[2] + 3 * layer) / 2e-4
    solution = found.superpose([1e-3, -1e-3])
    assert solution.electrode_potentials[0] == pytest.approx(1e-3 * exact, rel=1e-9)
    assert solution.delivered == pytest.approx([1e-3, -1e-3], rel=1e-9)


def test_without_frequency_it_is_direct_current() -> None:
    grid, tissue = slab()
    contacts = pair(grid)
    direct = Conductor(grid, tissue.real).solve(contacts, [1e-3, -4e-4, -6e-4])
    found = alternating_fields(grid, tissue.real, contacts).superpose([1e-3, -4e-4, -6e-4])
    assert found.electrode_potentials == pytest.approx(direct.electrode_potentials, rel=1e-6, abs=1e-12)
    scale = np.ptp(direct.potential)
    assert np.abs(found.potential - direct.potential).max() < 1e-6 * scale
    assert np.abs(found.potential.imag).max() == 0


def test_one_phase_everywhere_is_one_phase_in_every_answer() -> None:
    grid, tissue = slab()
    contacts, turn = pair(grid), 1 + 0.6j
    real = alternating_fields(grid, tissue.real, contacts, impedances=[0.1] * 3).conductance
    complete = alternating_fields(
        grid, tissue.real * turn, contacts, impedances=[0.1 / turn] * 3
    ).conductance
    assert complete == pytest.approx(real * turn, rel=1e-6)


@pytest.mark.parametrize("layer", [1e-9, 0.05 - 0.1j, 5.0 - 20.0j])
def test_reciprocity_conservation_and_complex_power(layer: complex) -> None:
    grid, tissue = slab()
    fields = alternating_fields(grid, tissue, pair(grid), impedances=[layer] * 3)
    found = fields.conductance
    assert np.abs(found - found.T).max() < 1e-6 * np.abs(found).max()
    assert np.abs(found.sum(axis=0)).max() < 1e-6 * np.abs(found).max()
    wanted = np.array([1e-3, 2e-4j, -1e-3 - 2e-4j])
    solution = fields.superpose(wanted)
    assert np.abs(solution.delivered - wanted).max() < 1e-6 * np.abs(wanted).max()
    power = np.vdot(wanted, solution.electrode_potentials)
    # Tissue and skin turn power to heat and store electric energy: voltage lags behind current.
    assert power.real > 0
    assert power.imag < 0


def test_a_disc_on_complex_layers() -> None:
    stack = Layers(admittivities=(0.2 + 0.1j, 0.05 + 0.06j), thicknesses=(0.002,))
    judge = layers.disc_resistance(problems.RADIUS, stack)
    errors = []
    for level in (4, 6):
        bare = problems.half_space(
            level,
            Layers(admittivities=(0.2, 0.05), thicknesses=(0.002,)),
            length=problems.LAYER_LENGTH,
            reach=problems.LAYERED_REACH,
        )
        grid = bare.grid
        tissue = np.where(grid.centres(2) > -0.002, *stack.admittivities) * np.ones(grid.shape)
        far = problems.far_contact(bare)
        # The real impedance of the rest of the half-space, turned by the phase of each face's tissue.
        turned = tissue.reshape(-1)[far.cells]
        beyond = far.impedance * turned.real / turned
        layer = problems.UNIFORM * problems.RADIUS / 0.2
        probe = problems.probe(bare, impedance=layer)
        fields = alternating_fields(grid, tissue, [probe, far], impedances=[layer, beyond])
        found = fields.superpose([0.25, -0.25]).electrode_potentials[0] - layer / (
            np.pi * problems.RADIUS**2
        )
        errors.append(abs(found / judge - 1))
    assert errors[1] < 0.015
    assert errors[1] < 0.6 * errors[0]


def test_drives_of_phasors() -> None:
    grid, tissue = slab()
    fields = alternating_fields(grid, tissue, pair(grid), impedances=[0.1 - 0.2j] * 3)
    given = terminals(fields.conductance, [Drive(voltage=1.0), FLOATING, Drive(voltage=0.0)])
    currents = given.currents.copy()
    currents[-1] = -currents[:-1].sum()
    solution = fields.superpose(currents)
    assert solution.electrode_potentials[0] == pytest.approx(1.0, rel=1e-6)
    assert abs(solution.delivered[1]) < 1e-6 * abs(solution.delivered[0])


def test_displacement_current_of_tissue_is_small_at_ten_kilohertz() -> None:
    # Muscle by its conductivity and a relative permittivity of tens of thousands.
    found = admittivity(0.35, 26_000, frequency=1e4)
    assert found.imag / found.real < 0.05


def test_what_cannot_be_is_refused() -> None:
    grid, tissue = slab()
    contacts = pair(grid)
    with pytest.raises(ValueRefused, match="imaginary part"):
        alternating_fields(grid, tissue.conj(), contacts)
    with pytest.raises(ValueRefused, match="two or more"):
        alternating_fields(grid, tissue, contacts[:1])
    with pytest.raises(ValueRefused, match="real part of 0"):
        alternating_fields(grid, tissue, contacts, impedances=[-1.0, 1.0, 1.0])
    split = tissue.copy()
    split[9] = 0
    with pytest.raises(ValueRefused, match="one connected part"):
        alternating_fields(grid, split, contacts)
    holed = tissue.copy()
    holed.reshape(-1)[contacts[0].cells] = 0
    with pytest.raises(ValueRefused, match="conducting cells"):
        alternating_fields(grid, holed, contacts)
    fields = alternating_fields(grid, tissue, contacts)
    with pytest.raises(ValueRefused, match="add up to 0"):
        fields.superpose([1.0, 0.0, 0.0])
    with pytest.raises(ValueRefused, match="each of 3"):
        fields.superpose([1.0, -1.0])
    with pytest.raises(ConvergenceError, match=r"wanted 1\.0e-30"):
        alternating_fields(grid, tissue, contacts, tolerance=1e-30)


def test_a_wrong_potential_fails_the_check_of_current() -> None:
    grid, tissue = slab()
    fields = alternating_fields(grid, tissue, pair(grid))
    spoilt = replace(fields, potentials=fields.potentials + 1e-4 * np.arange(fields.cells.size))
    with pytest.raises(ConservationError, match="delivered currents"):
        spoilt.superpose([1e-3, -4e-4, -6e-4])


def test_a_contact_that_insulates_is_an_error_that_says_why() -> None:
    grid, tissue = slab()
    with pytest.raises(ConvergenceError, match="too different for double precision"):
        alternating_fields(grid, tissue, pair(grid)[:2], impedances=[0.1, 1e20])
