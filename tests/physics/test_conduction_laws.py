"""What is true of every flow: balance, reciprocity, superposition, energy, symmetry, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from microcurrent.errors import ConservationError, ConvergenceError, ValueRefused
from microcurrent.physics.conduction.conductor import Conductor, Solution
from microcurrent.physics.conduction.contact import Contact, contact_on, disc_contact, exposed_faces
from microcurrent.physics.conduction.fields import (
    current_density,
    electric_field,
    face_currents,
    heat_density,
    magnitude,
    outflow,
    plane_current,
    power,
)
from microcurrent.physics.conduction.grid import Grid, graded_edges

IMPEDANCES = (0.0, 0.01, 1.0, 100.0)
CURRENTS = np.array([1e-3, -4e-4, -6e-4])
PLACES = ((0.025, 0.03), (0.055, 0.02), (0.05, 0.045))


@pytest.fixture(scope="module")
def patchwork() -> Conductor:
    """Anisotropic blocks from bone to muscle, a factor 70 apart, with holes below a skin."""
    grid = Grid(
        x=graded_edges(0.0, 0.08, 0.0025, fine=[(0.02, 0.06)], ratio=1.2),
        y=np.linspace(0.0, 0.06, 25),
        z=graded_edges(-0.03, 0.0, 0.0015, fine=[(-0.006, 0.0)], ratio=1.2),
    )
    random = np.random.default_rng(7)
    blocks = random.choice([0.0, 0.0063, 0.0776, 0.461], size=(8, 8, 8), p=[0.1, 0.2, 0.3, 0.4])
    nearest = [np.minimum(np.arange(n) * 8 // n, 7) for n in grid.shape]
    sigma = np.repeat(blocks[np.ix_(*nearest)][..., None], 3, axis=3)
    sigma[..., 0] *= 3.0
    sigma[:, :, -2:] = 0.2
    return Conductor(grid, sigma)


def _discs(conductor: Conductor, impedance: float) -> list[Contact]:
    return [
        disc_contact(conductor.grid, conductor.conducting, centre=at, radius=0.005, impedance=impedance)
        for at in PLACES
    ]


@pytest.fixture(scope="module", params=IMPEDANCES)
def solved(request: pytest.FixtureRequest, patchwork: Conductor) -> Solution:
    return patchwork.solve(_discs(patchwork, request.param), CURRENTS)


def test_every_electrode_delivers_what_was_asked(solved: Solution) -> None:
    assert np.abs(solved.delivered - CURRENTS).max() < 1e-6 * CURRENTS.max()
    for density, contact, wanted in zip(solved.contact_densities, solved.contacts, CURRENTS, strict=True):
        assert density @ contact.area == pytest.approx(wanted, rel=1e-6)


def test_no_current_is_lost_in_any_closed_box(patchwork: Conductor, solved: Solution) -> None:
    flow = face_currents(patchwork, solved)
    nx, ny, nz = patchwork.grid.shape
    random = np.random.default_rng(3)
    for _ in range(25):
        low = [int(random.integers(0, n - 1)) for n in (nx, ny, nz)]
        high = [int(random.integers(a + 1, n + 1)) for a, n in zip(low, (nx, ny, nz), strict=True)]
        assert abs(outflow(flow, low=low, high=high)) < 1e-6 * CURRENTS.max()
    inner = np.abs(np.diff(flow.x, axis=0) + np.diff(flow.y, axis=1) + np.diff(flow.z, axis=2))
    assert inner.sum() < 1e-6 * CURRENTS.max()


def test_planes_between_the_electrodes_carry_the_current(patchwork: Conductor, solved: Solution) -> None:
    flow = face_currents(patchwork, solved)
    count = patchwork.grid.shape[0]
    between = int(np.searchsorted(patchwork.grid.x, 0.04))
    assert plane_current(flow, axis=0, index=between) == pytest.approx(1e-3, rel=1e-6)
    assert plane_current(flow, axis=0, index=0) == 0
    assert plane_current(flow, axis=0, index=count) == 0
    # What enters through the top leaves through it.
    top = plane_current(flow, axis=2, index=patchwork.grid.shape[2])
    assert abs(top) < 1e-6 * CURRENTS.max()
    with pytest.raises(ValueRefused, match="plane"):
        plane_current(flow, axis=0, index=count + 1)
    with pytest.raises(ValueRefused, match="box"):
        outflow(flow, low=(0, 0, 0), high=(0, 1, 1))


def test_power_of_the_electrodes_is_turned_to_heat(patchwork: Conductor, solved: Solution) -> None:
    found = power(patchwork, solved)
    assert found.electrodes > 0
    assert found.tissue + found.contacts == pytest.approx(found.electrodes, rel=1e-7)
    heat = heat_density(patchwork, solved)
    assert (heat >= 0).all()
    assert (heat[~patchwork.conducting] == 0).all()


def test_centre_fields_follow_ohms_law(patchwork: Conductor, solved: Solution) -> None:
    density = current_density(patchwork, face_currents(patchwork, solved))
    field = electric_field(patchwork, density)
    tissue = patchwork.conducting
    assert (patchwork.conductivity * field)[tissue] == pytest.approx(density[tissue], rel=1e-12)
    assert np.isnan(field[~tissue]).all()
    assert (density[~tissue] == 0).all()
    assert magnitude(density)[tissue] == pytest.approx(np.linalg.norm(density[tissue], axis=-1))
    # Heat by half cells and sigma E^2 at the centres agree in order of magnitude on coarse cells.
    ohmic = np.nansum((density * field).sum(axis=-1) * patchwork.grid.volumes())
    assert ohmic == pytest.approx(power(patchwork, solved).tissue, rel=0.3)


def test_potential_is_nan_where_no_current_can_flow(patchwork: Conductor, solved: Solution) -> None:
    assert np.isnan(solved.potential[~patchwork.conducting]).all()
    reached = np.isfinite(solved.potential)
    assert reached[:, :, -1].all()
    low, high = solved.electrode_potentials.min(), solved.electrode_potentials.max()
    inside = solved.potential[reached]
    assert low <= inside.min() <= inside.max() <= high


@pytest.mark.parametrize("impedance", IMPEDANCES)
def test_reciprocity(patchwork: Conductor, impedance: float) -> None:
    conductance = patchwork.conductance(_discs(patchwork, impedance))
    scale = conductance.max()
    assert np.abs(conductance - conductance.T).max() < 1e-7 * scale
    assert np.abs(conductance.sum(axis=1)).max() < 1e-7 * scale
    assert (conductance[~np.eye(3, dtype=bool)] < 0).all()


def test_source_and_listener_may_be_swapped(patchwork: Conductor) -> None:
    places = (*PLACES, (0.03, 0.05))
    four = [
        disc_contact(patchwork.grid, patchwork.conducting, centre=at, radius=0.004, impedance=0.05)
        for at in places
    ]
    heard = patchwork.solve(four, [1e-3, -1e-3, 0, 0]).electrode_potentials
    back = patchwork.solve(four, [0, 0, 1e-3, -1e-3]).electrode_potentials
    assert heard[2] - heard[3] == pytest.approx(back[0] - back[1], rel=1e-6)


def test_superposition_and_scale(patchwork: Conductor) -> None:
    unit = patchwork.unit(_discs(patchwork, 0.1))
    first, second = unit.superpose([1e-3, -1e-3, 0.0]), unit.superpose([0.0, 1e-3, -1e-3])
    both = unit.superpose([1e-3, 1e-3, -2e-3])
    reached = np.isfinite(both.potential)
    summed = first.potential + 2 * second.potential
    assert both.potential[reached] == pytest.approx(summed[reached], rel=1e-9)
    assert np.isnan(unit.superpose([0.0, 0.0, 0.0]).potential[~reached]).all()
    assert np.nanmax(np.abs(unit.superpose([0.0, 0.0, 0.0]).potential)) == 0


def test_the_order_of_questions_does_not_matter(patchwork: Conductor) -> None:
    discs = _discs(patchwork, 0.1)
    first = patchwork.solve(discs, CURRENTS)
    patchwork.solve(_discs(patchwork, 1.0), CURRENTS)
    again = patchwork.solve(discs, CURRENTS)
    fresh = Conductor(patchwork.grid, patchwork.conductivity).solve(discs, CURRENTS)
    for other in (again, fresh):
        assert np.array_equal(first.potential, other.potential, equal_nan=True)


def _slab(shape: tuple[int, int, int] = (24, 16, 10), sigma: float = 0.2) -> Conductor:
    edges = [np.linspace(0, length, n + 1) for n, length in zip(shape, (0.06, 0.04, 0.02), strict=True)]
    return Conductor(Grid(x=edges[0], y=edges[1], z=edges[2] - 0.02), np.full(shape, sigma))


def _pair(conductor: Conductor, *, impedance: float = 0.1) -> list[Contact]:
    return [
        disc_contact(
            conductor.grid, conductor.conducting, centre=(x, 0.02), radius=0.005, impedance=impedance
        )
        for x in (0.02, 0.04)
    ]


def test_mirror_symmetry_of_a_pair() -> None:
    slab = _slab()
    potential = slab.solve(_pair(slab), [1e-3, -1e-3]).potential
    middle = 0.5 * (potential[11, 0, 0] + potential[12, 0, 0])
    scale = np.abs(potential - middle).max()
    assert np.abs((potential - middle) + (potential - middle)[::-1]).max() < 1e-6 * scale
    assert np.abs(potential - potential[:, ::-1]).max() < 1e-6 * scale


def test_twice_the_conductivity_and_half_the_impedance_halve_the_voltage() -> None:
    single, double = _slab(), _slab(sigma=0.4)
    volt = single.solve(_pair(single), [1e-3, -1e-3]).electrode_potentials
    half = double.solve(_pair(double, impedance=0.05), [1e-3, -1e-3]).electrode_potentials
    assert half == pytest.approx(0.5 * volt, rel=1e-7)


def test_isotropic_tissue_is_anisotropic_tissue_with_equal_axes() -> None:
    slab = _slab()
    same = Conductor(slab.grid, np.full((*slab.grid.shape, 3), 0.2))
    one, other = (c.solve(_pair(c), [1e-3, -1e-3]).potential for c in (slab, same))
    assert np.array_equal(one, other)


def test_air_around_and_islands_in_it_change_nothing() -> None:
    slab = _slab()
    inner = slab.grid
    grid = Grid(
        x=np.concatenate([[-0.02, -0.01], inner.x, [0.08]]),
        y=np.concatenate([inner.y, [0.05, 0.06, 0.07]]),
        z=np.concatenate([[-0.05], inner.z]),
    )
    sigma = np.zeros(grid.shape)
    tissue = (slice(2, 26), slice(0, 16), slice(1, 11))
    sigma[tissue] = 0.2
    sigma[5:9, 17:19, 3:5] = 0.3  # an island that nothing touches
    wrapped = Conductor(grid, sigma)
    expected = slab.solve(_pair(slab), [1e-3, -1e-3])
    came = wrapped.solve(_pair(wrapped), [1e-3, -1e-3])
    assert came.electrode_potentials == pytest.approx(expected.electrode_potentials, rel=1e-7)
    assert came.potential[tissue] == pytest.approx(expected.potential, abs=1e-7)
    assert np.isfinite(came.potential).sum() == expected.potential.size
    flow = face_currents(wrapped, came)
    assert outflow(flow, low=(4, 16, 2), high=(10, 19, 6)) == 0


def test_a_wall_of_current_is_uniform() -> None:
    slab = _slab()
    faces = exposed_faces(slab.grid, slab.conducting)
    walls = [contact_on(faces, (faces.axis == 0) & (faces.side == s), impedance=1.0) for s in (-1, 1)]
    solution = slab.solve(walls, [1e-3, -1e-3], tolerance=1e-12)
    density = current_density(slab, face_currents(slab, solution))
    area = 0.04 * 0.02
    assert density[..., 0] == pytest.approx(1e-3 / area, rel=1e-9)
    assert np.abs(density[..., 1:]).max() < 1e-9 * 1e-3 / area
    volt = 1e-3 * (0.06 / 0.2 + 2.0) / area
    assert solution.electrode_potentials[0] == pytest.approx(volt, rel=1e-12)


def test_one_cell_conducts() -> None:
    grid = Grid(x=[0.0, 0.01], y=[0.0, 0.01], z=[0.0, 0.01])
    cell = Conductor(grid, np.full((1, 1, 1), 0.5))
    faces = exposed_faces(grid, cell.conducting)
    ends = [contact_on(faces, (faces.axis == 2) & (faces.side == s), impedance=0.0) for s in (1, -1)]
    assert cell.solve(ends, [1.0, -1.0]).electrode_potentials[0] == pytest.approx(200.0)


def test_contacts_on_separate_parts_are_refused() -> None:
    grid = _slab().grid
    sigma = np.full(grid.shape, 0.2)
    sigma[12] = 0.0
    split = Conductor(grid, sigma)
    with pytest.raises(ValueRefused, match="no conducting way"):
        split.solve(_pair(split), [1e-3, -1e-3])


def test_a_part_that_no_contact_touches_carries_nothing() -> None:
    grid = _slab().grid
    sigma = np.full(grid.shape, 0.2)
    sigma[21] = 0.0
    split = Conductor(grid, sigma)
    solution = split.solve(_pair(split), [1e-3, -1e-3])
    assert np.isnan(solution.potential[21:]).all()
    assert np.isfinite(solution.potential[:21]).all()
    density = current_density(split, face_currents(split, solution))
    assert (density[21:] == 0).all()


@pytest.mark.parametrize(
    ("currents", "match"),
    [
        ([1e-3, -0.9e-3], "do not balance"),
        ([1e-3], "one for each"),
        ([np.nan, 0.0], "finite"),
    ],
)
def test_currents_refused(currents: list[float], match: str) -> None:
    slab = _slab()
    with pytest.raises(ValueRefused, match=match):
        slab.solve(_pair(slab), currents)


@pytest.mark.parametrize(
    ("sigma", "match"),
    [
        (np.zeros((2, 2, 2)), "everywhere"),
        (np.full((2, 2, 2), -1.0), "0 or more"),
        (np.full((2, 2, 2), np.nan), "finite"),
        (np.full((2, 2, 2), np.inf), "finite"),
        (np.ones((2, 2)), "shape"),
        (np.ones((2, 2, 2, 2)), "shape"),
        (np.ones((2, 2, 2)) * 1j, "real"),
        (np.ones((2, 2, 2, 3)) * [1.0, 0.0, 1.0], "all three"),
    ],
)
def test_conductivity_refused(sigma: np.ndarray, match: str) -> None:
    grid = Grid(x=[0.0, 1.0, 2.0], y=[0.0, 1.0, 2.0], z=[0.0, 1.0, 2.0])
    with pytest.raises(ValueRefused, match=match):
        Conductor(grid, sigma)


def test_contacts_refused() -> None:
    slab = _slab()
    first, second = _pair(slab)
    with pytest.raises(ValueRefused, match="two or more"):
        slab.solve([first], [0.0])
    with pytest.raises(ValueRefused, match="more than once"):
        slab.solve([first, first], [1e-3, -1e-3])
    with pytest.raises(ValueRefused, match="inside the tissue"):
        slab.solve([first, replace(second, side=-second.side)], [1e-3, -1e-3])
    with pytest.raises(ValueRefused, match="cells below"):
        slab.solve([first, replace(second, cells=second.cells + 10**6)], [1e-3, -1e-3])
    holed = np.full(slab.grid.shape, 0.2)
    holed.reshape(-1)[second.cells[0]] = 0.0
    with pytest.raises(ValueRefused, match="excluded cell"):
        Conductor(slab.grid, holed).solve([first, second], [1e-3, -1e-3])


def test_two_contacts_may_share_a_face_that_both_cover_in_part() -> None:
    slab = _slab((6, 4, 4))
    left, right = (
        disc_contact(slab.grid, slab.conducting, centre=(x, 0.02), radius=0.005, impedance=0.1)
        for x in (0.0265, 0.0366)
    )
    assert np.intersect1d(left.cells, right.cells).size > 0
    solution = slab.solve([left, right], [1e-3, -1e-3])
    found = power(slab, solution)
    assert found.tissue + found.contacts == pytest.approx(found.electrodes, rel=1e-7)


def test_a_tolerance_below_rounding_is_an_error_that_says_so() -> None:
    slab = _slab()
    with pytest.raises(ConvergenceError, match=r"after \d+ iterations .* wanted 1.0e-30"):
        slab.solve(_pair(slab), [1e-3, -1e-3], tolerance=1e-30)


def test_a_contact_that_insulates_is_an_error_that_says_why() -> None:
    slab = _slab()
    left, right = _pair(slab)
    for impedance in (1e15, 1e20):
        with pytest.raises(ConvergenceError, match="too different for double precision"):
            slab.solve([left, replace(right, impedance=impedance)], [1e-3, -1e-3])


def test_a_wrong_potential_fails_the_check_of_current() -> None:
    # The solver balances the currents of the electrodes by itself, so the potential is spoilt here.
    slab = _slab()
    fields = slab.unit(_pair(slab))
    spoilt = replace(fields, departures=fields.departures + 1e-4 * np.arange(fields.cells.size))
    with pytest.raises(ConservationError, match="delivered currents"):
        spoilt.superpose([1e-3, -1e-3])


@pytest.mark.parametrize("impedance", IMPEDANCES)
def test_one_setup_serves_every_impedance_in_few_iterations(patchwork: Conductor, impedance: float) -> None:
    assert patchwork.unit(_discs(patchwork, impedance)).iterations <= 30


def test_a_plane_at_one_potential_gets_a_hierarchy_of_its_own() -> None:
    edges = graded_edges(0.0, 3.0, 0.002, fine=[(0.0, 0.01)], ratio=1.4)
    grid = Grid(x=edges, y=edges, z=-edges[::-1])
    tissue = Conductor(grid, np.full(grid.shape, 0.2))
    faces = exposed_faces(grid, tissue.conducting)
    plane = contact_on(faces, (faces.axis == 0) & (faces.side == -1), impedance=0.0)
    probe = disc_contact(
        grid, tissue.conducting, centre=(0.008, 0.0), radius=0.004, impedance=0.1, mirrored=True
    )
    solution = tissue.solve([probe, plane], [1e-3, -1e-3])
    assert solution.residual < 1e-8
    assert solution.delivered == pytest.approx([1e-3, -1e-3], rel=1e-6)
