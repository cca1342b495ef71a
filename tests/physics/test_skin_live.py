"""Skin under direct current on a body: live solves and the law of the skin take turns."""

from __future__ import annotations

import numpy as np
import pytest

from microcurrent.physics.conduction.basis.live.direct import DirectResponse, direct_response
from microcurrent.physics.conduction.basis.live.neighbours import surface_links
from microcurrent.physics.conduction.basis.live.network import Wet, wet_network
from microcurrent.physics.conduction.basis.live.nonlinear import solve_nonlinear
from microcurrent.physics.conduction.basis.live.solving import solve_live
from microcurrent.physics.conduction.basis.live.wetting import Metal, film_of, metal_of
from microcurrent.physics.conduction.conductor import Conductor
from microcurrent.physics.conduction.contact import Faces, disc_contact, exposed_faces
from microcurrent.physics.conduction.drives import Drive
from microcurrent.physics.conduction.grid import Grid
from microcurrent.physics.skin import (
    DirectCurrentLaw,
    SkinFaces,
    SkinImpedance,
    SkinState,
    advance,
    at_rest,
    secant_impedance,
    skin_faces,
    under_current,
)

LAW = DirectCurrentLaw(
    voltage_scale=1.0, wetting_density=0.3, wetting_exponent=0.85, wetting_time=30.0, recovery_time=1300.0,
    asymmetry=0.2, breakdown_voltage=20.0, breakdown_steepness=8.0, breakdown_decades=1.0,
    breakdown_time=1e-3,
)  # fmt: skip
GEL = SkinImpedance(series=0.01, parallel=5.0, capacitance=3.5e-4, alpha=1.0)
CURRENT = 2e-4
PAIR = (Drive(current=CURRENT), Drive(current=-CURRENT))


def hold(response, wet, skin, *, seconds, steps):
    """Turns of a live solve and of the law; yields the solution and the state that it led to."""
    state = at_rest(skin)
    for _ in range(steps):
        at = state

        def law(density, voltage, at=at):
            return secant_impedance(skin, density, at)

        solution = solve_nonlinear(response, wet, PAIR, law=law)
        state = advance(skin, state, solution.densities, duration=seconds / steps)
        yield solution, state


@pytest.fixture(scope="module")
def ends() -> tuple[DirectResponse, Wet, float]:
    """Metal over both ends of a column of 1 cm2: response, network, resistance of the bulk."""
    grid = Grid(x=np.linspace(0, 0.01, 4), y=np.linspace(0, 0.01, 4), z=np.linspace(0, 0.02, 6))
    column = Conductor(grid, np.full(grid.shape, 0.3))
    faces = exposed_faces(column.grid, column.conducting)
    metals = []
    for side in (1, -1):
        chosen = np.flatnonzero((faces.axis == 2) & (faces.side == side))
        metals.append(Metal(faces=chosen, area=faces.area[chosen]))
    return direct_response(column, faces), wet_network(metals), 0.02 / 0.3 / 1e-4


@pytest.fixture(scope="module")
def slab() -> tuple[DirectResponse, Wet]:
    grid = Grid(x=np.linspace(0, 0.04, 21), y=np.linspace(0, 0.024, 13), z=np.linspace(-0.012, 0, 7))
    body = Conductor(grid, np.full(grid.shape, 0.2))
    faces = exposed_faces(body.grid, body.conducting)
    top = (faces.axis == 2) & (faces.side > 0)
    names = ("cells", "axis", "side", "area", "centres")
    faces = Faces(**{name: getattr(faces, name)[top] for name in names})
    metals, films = (
        [
            disc_contact(body.grid, body.conducting, centre=(x, 0.012), radius=radius, impedance=0.0)
            for x in (0.012, 0.03)
        ]
        for radius in (0.004, 0.007)
    )
    film = film_of(faces, films[0], conductance=2e-4)
    links = surface_links(body.grid, faces)
    return direct_response(body, faces), wet_network([metal_of(faces, one) for one in metals], film, links)


def test_a_column_under_held_current_is_two_skins_and_a_resistor(ends):
    response, wet, bulk = ends
    skin = skin_faces(LAW, GEL, count=wet.faces.size)
    density = CURRENT / 1e-4
    times = np.arange(6) * 12.0
    alone = under_current(skin_faces(LAW, GEL, count=2), times, np.outer(np.ones(6), [density, -density]))
    for number, (solution, state) in enumerate(hold(response, wet, skin, seconds=60.0, steps=5)):
        layers = alone.voltage[number] if number else secant_impedance(
            skin_faces(LAW, GEL, count=2), [density, -density], at_rest(skin_faces(LAW, GEL, count=2))
        ) * [density, -density]  # fmt: skip
        expected = CURRENT * bulk + layers[0] - layers[1]
        assert solution.electrode_potentials[0] - solution.electrode_potentials[1] == pytest.approx(
            expected, rel=1e-4
        )
        anode = wet.electrode == 0
        assert state.conductance[anode] == pytest.approx(alone.conductance[number + 1, 0], rel=1e-4)


def test_held_current_wets_the_skin_where_it_flows_and_the_voltage_falls(slab):
    response, wet = slab
    skin = skin_faces(LAW, GEL, count=wet.faces.size)
    volts, dense = [], []
    for solution, _ in hold(response, wet, skin, seconds=120.0, steps=6):
        assert solution.delivered == pytest.approx([CURRENT, -CURRENT], rel=1e-9)
        volts.append(solution.electrode_potentials[0] - solution.electrode_potentials[1])
        dense.append(np.abs(solution.densities).max())
    assert (np.diff(volts) < 0).all()
    assert volts[-1] < 0.8 * volts[0]
    # As the skin's resistance falls the body's own spreading counts for more: the rim takes a larger part.
    assert dense[-1] > dense[0]


def test_faint_current_flows_as_through_the_linear_layer(slab):
    response, wet = slab
    skin = skin_faces(LAW, GEL, count=wet.faces.size)
    rest = at_rest(skin)
    faint = [Drive(current=1e-10), Drive(current=-1e-10)]
    bent = solve_nonlinear(response, wet, faint, law=lambda d, v: secant_impedance(skin, d, rest))
    linear = solve_live(response, wet, faint, skin=GEL.series + GEL.parallel)
    assert bent.currents == pytest.approx(linear.currents, rel=1e-6, abs=1e-18)


def test_the_law_bends_the_flow_towards_an_even_voltage(slab):
    """Where density is high the layer's resistance falls: less contrast of voltage, more of density."""
    response, wet = slab
    skin = skin_faces(LAW, GEL, count=wet.faces.size)
    rest = at_rest(skin)
    bent = solve_nonlinear(response, wet, PAIR, law=lambda d, v: secant_impedance(skin, d, rest))
    linear = solve_live(response, wet, PAIR, skin=GEL.series + GEL.parallel)
    assert bent.electrode_potentials[0] < linear.electrode_potentials[0]
    assert np.abs(bent.densities).max() > np.abs(linear.densities).max()


def test_states_and_faces_can_be_taken_in_part():
    skin = SkinFaces(
        law=LAW, rest=np.array([0.1, 0.2, 0.3]), capacitance=np.full(3, 1e-4), series=np.full(3, 0.01)
    )
    state = SkinState(voltage=np.zeros(3), conductance=np.array([1.0, 2.0, 3.0]), breakdown=np.zeros(3))
    density = np.array([1.0, -2.0, 3.0])
    wet = np.array([2, 0])
    part = secant_impedance(skin.at(wet), density[wet], state.at(wet))
    assert part == pytest.approx(secant_impedance(skin, density, state)[wet], rel=1e-15)
