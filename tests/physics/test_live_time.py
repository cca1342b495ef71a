"""Skin with memory and skin that depends on its own current, through the live solve."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.optimize import brentq

from microcurrent.errors import ConvergenceError, ValueRefused
from microcurrent.physics.conduction.basis.live.direct import DirectResponse, direct_response
from microcurrent.physics.conduction.basis.live.direct_current import through_direct_current
from microcurrent.physics.conduction.basis.live.glide import Stay
from microcurrent.physics.conduction.basis.live.neighbours import surface_links
from microcurrent.physics.conduction.basis.live.network import Wet, wet_network
from microcurrent.physics.conduction.basis.live.nonlinear import solve_nonlinear
from microcurrent.physics.conduction.basis.live.solving import solve_live
from microcurrent.physics.conduction.basis.live.transient import step_through
from microcurrent.physics.conduction.basis.live.wetting import Metal, film_of, metal_of
from microcurrent.physics.conduction.conductor import Conductor
from microcurrent.physics.conduction.contact import Faces, disc_contact, exposed_faces
from microcurrent.physics.conduction.drives import FLOATING, Drive
from microcurrent.physics.conduction.grid import Grid
from microcurrent.physics.skin import (
    DirectCurrentLaw,
    SkinFaces,
    SkinImpedance,
    area_impedance,
    skin_faces,
    step_impedance,
    under_current,
)

CAPACITOR = SkinImpedance(series=0.01, parallel=2.0, capacitance=3e-4, alpha=1.0)
PHASE = SkinImpedance(series=0.01, parallel=2.0, capacitance=3e-4, alpha=0.8)
CURRENT = 1e-4
PAIR = (Drive(current=CURRENT), Drive(current=-CURRENT))
SIGMA = 0.3


@pytest.fixture(scope="module")
def column() -> Conductor:
    grid = Grid(x=np.linspace(0, 0.01, 4), y=np.linspace(0, 0.01, 4), z=np.linspace(0, 0.02, 6))
    return Conductor(grid, np.full(grid.shape, SIGMA))


@pytest.fixture(scope="module")
def ends(column: Conductor) -> tuple[DirectResponse, Wet, float]:
    """Metal over the whole of both ends: one dimension. Response, network, resistance of the bulk."""
    faces = exposed_faces(column.grid, column.conducting)
    metals = []
    for side in (1, -1):
        chosen = np.flatnonzero((faces.axis == 2) & (faces.side == side))
        metals.append(Metal(faces=chosen, area=faces.area[chosen]))
    return direct_response(column, faces), wet_network(metals), 0.02 / SIGMA / 1e-4


@pytest.fixture(scope="module")
def slab() -> Conductor:
    grid = Grid(x=np.linspace(0, 0.04, 21), y=np.linspace(0, 0.024, 13), z=np.linspace(-0.012, 0, 7))
    return Conductor(grid, np.full(grid.shape, 0.2))


@pytest.fixture(scope="module")
def gelled(slab: Conductor) -> tuple[DirectResponse, Wet]:
    faces = exposed_faces(slab.grid, slab.conducting)
    faces = Faces(
        **{
            name: getattr(faces, name)[(faces.axis == 2) & (faces.side > 0)]
            for name in ("cells", "axis", "side", "area", "centres")
        }
    )
    metals, films = (
        [
            disc_contact(slab.grid, slab.conducting, centre=(x, 0.012), radius=radius, impedance=0.0)
            for x in (0.012, 0.03)
        ]
        for radius in (0.004, 0.007)
    )
    film = film_of(faces, films[0], conductance=2e-4)
    return (
        direct_response(slab, faces),
        wet_network([metal_of(faces, one) for one in metals], film, surface_links(slab.grid, faces)),
    )


# V16: transients.


@pytest.mark.parametrize("skin", [CAPACITOR, PHASE], ids=["capacitor", "constant phase"])
def test_v16_current_step(skin: SkinImpedance, ends: tuple[DirectResponse, Wet, float]) -> None:
    response, wet, bulk = ends
    step = skin.time_constant / 20
    times = step * np.arange(1, 61)
    states = step_through(response, wet, [PAIR] * times.size, step_impedance=step_impedance(skin, times))
    volts = np.array([state.electrode_potentials[0] for state in states])
    # Two skins of 1 cm2 in series with the bulk.
    assert volts == pytest.approx(CURRENT * (bulk + 2 * step_impedance(skin, times) / 1e-4), rel=1e-9)


def test_v16_current_step_of_a_capacitor_is_the_exponential(
    ends: tuple[DirectResponse, Wet, float],
) -> None:
    response, wet, bulk = ends
    tau = CAPACITOR.parallel * CAPACITOR.capacitance
    times = tau * np.array([0.5, 1.0, 1.5, 2.0])
    states = step_through(response, wet, [PAIR] * 4, step_impedance=step_impedance(CAPACITOR, times))
    for time, state in zip(times, states, strict=True):
        layer = CAPACITOR.series + CAPACITOR.parallel * (1 - math.exp(-time / tau))
        assert state.electrode_potentials[0] == pytest.approx(CURRENT * (bulk + 2 * layer / 1e-4), rel=1e-9)


def test_v16_pulse_and_pause_are_the_sum_of_two_steps(ends: tuple[DirectResponse, Wet, float]) -> None:
    response, wet, bulk = ends
    step = PHASE.time_constant / 10
    times = step * np.arange(1, 31)
    off = [FLOATING, FLOATING]
    states = step_through(
        response, wet, [PAIR] * 10 + [off] * 20, step_impedance=step_impedance(PHASE, times)
    )
    volts = np.array([state.electrode_potentials[0] for state in states])
    rising = CURRENT * (bulk + 2 * step_impedance(PHASE, times) / 1e-4)
    expected = rising.copy()
    expected[10:] -= rising[:20]
    assert volts == pytest.approx(expected, rel=1e-8, abs=1e-9)


def test_v16_voltage_step(ends: tuple[DirectResponse, Wet, float]) -> None:
    response, wet, bulk = ends
    volt, skin = 1.0, CAPACITOR
    resistance, layer = bulk + 2 * skin.series / 1e-4, 2 * skin.parallel / 1e-4
    capacity = skin.capacitance * 1e-4 / 2
    tau = capacity * resistance * layer / (resistance + layer)
    until, errors = 2 * tau, []
    levels = (20, 40, 80)
    drives = (Drive(voltage=volt), Drive(voltage=0.0))
    for level in levels:
        times = until / level * np.arange(1, level + 1)
        states = step_through(response, wet, [drives] * level, step_impedance=step_impedance(skin, times))
        last = list(states)[-1].delivered[0]
        exact = volt / (resistance + layer) * (1 + layer / resistance * math.exp(-until / tau))
        errors.append(abs(last / exact - 1))
    assert np.polyfit(-np.log(levels), np.log(errors), 1)[0] > 0.9
    assert errors[-1] < 0.03


def test_long_after_a_step_the_state_is_that_of_direct_current(
    gelled: tuple[DirectResponse, Wet],
) -> None:
    response, wet = gelled
    times = CAPACITOR.time_constant * np.arange(1, 31)
    states = list(step_through(response, wet, [PAIR] * 30, step_impedance=step_impedance(CAPACITOR, times)))
    steady = solve_live(response, wet, PAIR, skin=CAPACITOR.series + CAPACITOR.parallel)
    assert states[-1].currents == pytest.approx(steady.currents, rel=1e-6)
    at_once = solve_live(response, wet, PAIR, skin=CAPACITOR.series)
    early = step_impedance(CAPACITOR, 1e-6 * times)
    first = next(step_through(response, wet, [PAIR], step_impedance=early))
    assert first.currents == pytest.approx(at_once.currents, rel=0.02, abs=1e-3 * CURRENT)


def test_the_film_spreads_the_current_as_the_skin_charges(gelled: tuple[DirectResponse, Wet]) -> None:
    response, wet = gelled
    times = 0.01 * CAPACITOR.time_constant * np.arange(1, 61)
    beyond = []
    for state in step_through(response, wet, [PAIR] * 60, step_impedance=step_impedance(CAPACITOR, times)):
        beyond.append(state.currents[(wet.electrode < 0)].sum())
        assert state.delivered == pytest.approx([CURRENT, -CURRENT], rel=1e-9)
    assert (np.diff(beyond) > -1e-9 * CURRENT).all()
    assert beyond[-1] > 1.1 * beyond[0]


def test_a_sine_settles_to_its_phasor(ends: tuple[DirectResponse, Wet, float]) -> None:
    response, wet, _ = ends
    frequency, per_period, periods = 200.0, 80, 12
    times = np.arange(1, per_period * periods + 1) / (frequency * per_period)
    # The mean over each step.
    middle = times - 0.5 / (frequency * per_period)
    drives = [
        (Drive(current=CURRENT * s), Drive(current=-CURRENT * s))
        for s in np.sin(2 * math.pi * frequency * middle)
    ]
    states = step_through(response, wet, drives, step_impedance=step_impedance(CAPACITOR, times))
    volts = np.array([state.electrode_potentials[0] for state in states])[-per_period:]
    turned = np.exp(-2j * math.pi * frequency * times[-per_period:])
    amplitude = 2j * (volts * turned).mean()
    phasor = solve_live(response, wet, PAIR, skin=complex(area_impedance(CAPACITOR, frequency)))
    assert amplitude == pytest.approx(phasor.electrode_potentials[0], rel=0.03)


def test_time_refused(ends: tuple[DirectResponse, Wet, float]) -> None:
    response, wet, _ = ends
    good = step_impedance(CAPACITOR, [1e-3, 2e-3])
    held = [Drive(voltage=1.0), Drive(voltage=0.0)]
    for drives, responses, match in (
        ([PAIR] * 3, good, "value for each"),
        ([PAIR], -good, "above 0"),
        ([PAIR, held], good, "same electrodes"),
        ([[Drive(current=1j), Drive(current=-1j)]], good, "real"),
    ):
        with pytest.raises(ValueRefused, match=match):
            list(step_through(response, wet, drives, step_impedance=responses))


# Skin that depends on its own current.

BEND, CONDUCTANCE = 0.8, 0.5


def of_voltage(density: np.ndarray, voltage: np.ndarray) -> np.ndarray:
    """``J = g V0 sinh(V / V0)`` asked by voltage."""
    ratio = np.minimum(np.abs(voltage) / BEND, 500.0)
    return np.where(ratio > 1e-6, ratio / np.sinh(np.maximum(ratio, 1e-9)), 1.0) / CONDUCTANCE


def of_density(density: np.ndarray, voltage: np.ndarray) -> np.ndarray:
    """The same law asked by density."""
    ratio = np.abs(density) / (CONDUCTANCE * BEND)
    return np.where(ratio > 1e-6, np.arcsinh(ratio) / np.maximum(ratio, 1e-9), 1.0) / CONDUCTANCE


LAWS = pytest.mark.parametrize("law", [of_voltage, of_density])
Law = Callable[[np.ndarray, np.ndarray], np.ndarray]


@LAWS
@pytest.mark.parametrize("current", [1e-7, 1e-5, 1e-3, 1e-2])
def test_sinh_law_in_one_dimension(
    law: Law, current: float, ends: tuple[DirectResponse, Wet, float]
) -> None:
    response, wet, bulk = ends
    pair = [Drive(current=current), Drive(current=-current)]
    live = solve_nonlinear(response, wet, pair, law=law)
    layer = BEND * math.asinh(current / 1e-4 / (CONDUCTANCE * BEND))
    assert live.electrode_potentials[0] == pytest.approx(current * bulk + 2 * layer, rel=1e-8)
    assert live.delivered[0] == pytest.approx(current, rel=1e-9)


@LAWS
def test_sinh_law_under_a_given_voltage(law: Law, ends: tuple[DirectResponse, Wet, float]) -> None:
    response, wet, bulk = ends
    live = solve_nonlinear(response, wet, [Drive(voltage=6.0), Drive(voltage=0.0)], law=law)

    def missing(current: float) -> float:
        return current * bulk + 2 * BEND * math.asinh(current / 1e-4 / (CONDUCTANCE * BEND)) - 6.0

    assert live.delivered[0] == pytest.approx(brentq(missing, 0, 1e-2, xtol=1e-16), rel=1e-7)


@LAWS
@pytest.mark.parametrize("current", [1e-6, 1e-4, 2e-3])
def test_the_law_holds_under_every_part(
    law: Law, current: float, gelled: tuple[DirectResponse, Wet]
) -> None:
    response, wet = gelled
    live = solve_nonlinear(response, wet, [Drive(current=current), Drive(current=-current)], law=law)
    expected = CONDUCTANCE * BEND * np.sinh(live.skin_voltages / BEND)
    assert live.densities == pytest.approx(expected, rel=1e-6, abs=1e-9 * np.abs(expected).max())
    spent = live.balance.film + live.balance.skin + live.balance.tissue
    assert spent == pytest.approx(live.balance.electrodes, rel=1e-8)


def test_small_currents_see_the_linear_skin(gelled: tuple[DirectResponse, Wet]) -> None:
    response, wet = gelled
    pair = [Drive(current=1e-9), Drive(current=-1e-9)]
    bent = solve_nonlinear(response, wet, pair, law=of_voltage)
    straight = solve_live(response, wet, pair, skin=1 / CONDUCTANCE)
    assert bent.currents == pytest.approx(straight.currents, rel=1e-6)


def test_current_that_opens_the_skin_spreads_less_in_the_film(gelled: tuple[DirectResponse, Wet]) -> None:
    response, wet = gelled
    shares = []
    for current in (1e-6, 1e-4, 1e-3, 1e-2):
        live = solve_nonlinear(
            response, wet, [Drive(current=current), Drive(current=-current)], law=of_voltage
        )
        shares.append(live.currents[wet.electrode < 0].sum() / current)
    assert shares == sorted(shares)[::-1]


def test_polarity_may_matter(ends: tuple[DirectResponse, Wet, float]) -> None:
    response, wet, bulk = ends

    def rectifier(density: np.ndarray, voltage: np.ndarray) -> np.ndarray:
        return np.where(density < 0, 3.0, 1.0)

    live = solve_nonlinear(response, wet, PAIR, law=rectifier)
    assert live.electrode_potentials[0] == pytest.approx(CURRENT * (bulk + (1.0 + 3.0) / 1e-4), rel=1e-9)


def test_laws_refused(ends: tuple[DirectResponse, Wet, float]) -> None:
    response, wet, _ = ends
    for law, match in (
        (lambda density, voltage: np.ones(3), "real impedances"),
        (lambda density, voltage: np.full(density.size, -1.0), "from 0 ohm m2"),
        (lambda density, voltage: np.full(density.size, np.nan), "finite"),
    ):
        with pytest.raises(ValueRefused, match=match):
            solve_nonlinear(response, wet, PAIR, law=law)
    with pytest.raises(ValueRefused, match="phasors"):
        solve_nonlinear(response, wet, [Drive(current=1j), Drive(current=-1j)], law=of_voltage)


def test_a_law_that_cannot_be_met_is_an_error(ends: tuple[DirectResponse, Wet, float]) -> None:
    response, wet, _ = ends
    calls = iter(range(10**6))

    def restless(density: np.ndarray, voltage: np.ndarray) -> np.ndarray:
        return np.full(density.size, 1.0 + 0.5 * (next(calls) % 3))

    with pytest.raises(ConvergenceError, match="law of the skin"):
        solve_nonlinear(response, wet, PAIR, law=restless)


# Direct current over minutes.

LAW = DirectCurrentLaw(
    voltage_scale=1.0, wetting_density=0.35, wetting_exponent=0.85, wetting_time=30.0, recovery_time=1300.0,
    asymmetry=0.2, breakdown_voltage=20.0, breakdown_steepness=8.0, breakdown_decades=1.0,
    breakdown_time=1e-3,
)  # fmt: skip
GEL = SkinImpedance(series=0.01, parallel=5.0, capacitance=3.5e-4, alpha=1.0)


def test_direct_current_in_one_dimension_is_the_skin_on_its_own(
    ends: tuple[DirectResponse, Wet, float],
) -> None:
    response, wet, bulk = ends
    skin = skin_faces(LAW, GEL, count=response.half_cell.size)
    stay = Stay(wet=wet, drives=PAIR, dwell=120.0)
    steps = list(through_direct_current(response, [stay], skin=skin, longest=10.0))
    assert [step.start for step in steps] == pytest.approx(10.0 * np.arange(12))
    one = skin_faces(LAW, GEL)
    voltages = []
    for sign in (1.0, -1.0):
        slow = SkinFaces(law=LAW, rest=one.rest, capacitance=np.zeros(1), series=one.series)
        trace = under_current(slow, 10.0 * np.arange(12), np.full(12, sign * CURRENT / 1e-4))
        voltages.append(sign * trace.voltage[:, 0])
    volts = np.array([step.solution.electrode_potentials[0] for step in steps])
    # At the first moment the trace has not charged yet, which the steps leave out.
    assert volts[1:] == pytest.approx((CURRENT * bulk + voltages[0] + voltages[1])[1:], rel=1e-3)
    # The current wets the skin: the voltage falls.
    assert (np.diff(volts) < 0).all()


def test_direct_current_wets_where_it_flows_and_the_skin_recovers_behind_it(
    gelled: tuple[DirectResponse, Wet],
) -> None:
    response, wet = gelled
    skin = skin_faces(LAW, GEL, count=response.half_cell.size)
    stays = [Stay(wet=wet, drives=PAIR, dwell=60.0), Stay(wet=wet, drives=(FLOATING,) * 2, dwell=600.0)]
    steps = list(through_direct_current(response, stays, skin=skin, longest=60.0))
    wetted, late = steps[0].state.conductance, steps[-1].state.conductance
    dry = np.setdiff1d(np.arange(skin.count), wet.faces)
    assert np.array_equal(wetted[dry], skin.rest[dry])
    assert (wetted[wet.faces] > skin.rest[wet.faces]).all()
    assert (late[wet.faces] < wetted[wet.faces]).all()
    assert (late >= skin.rest * (1 - 1e-9)).all()
    for step in steps[1:]:
        assert np.abs(step.solution.currents).max() < 1e-9 * CURRENT


def test_a_waveform_that_runs_backwards_wets_as_drives_that_are_exchanged(
    gelled: tuple[DirectResponse, Wet],
) -> None:
    response, wet = gelled
    skin = skin_faces(LAW, GEL, count=response.half_cell.size)
    found = []
    for stay in (
        Stay(wet=wet, drives=PAIR, dwell=60.0, mean=-0.5, mean_absolute=0.5),
        Stay(wet=wet, drives=PAIR[::-1], dwell=60.0, mean=0.5, mean_absolute=0.5),
        Stay(wet=wet, drives=PAIR, dwell=60.0, mean=0.5, mean_absolute=0.5),
    ):
        (step,) = through_direct_current(response, [stay], skin=skin, longest=60.0)
        found.append(step.state.conductance)
    assert found[0] == pytest.approx(found[1], rel=1e-9)
    # Skin under the cathode is wetted more, so the direction shows.
    assert np.abs(found[0] - found[2]).max() > 0.1 * skin.rest.max()


def test_steps_of_direct_current_converge_at_first_order(gelled: tuple[DirectResponse, Wet]) -> None:
    response, wet = gelled
    skin = skin_faces(LAW, GEL, count=response.half_cell.size)
    stay = Stay(wet=wet, drives=PAIR, dwell=32.0)
    found = []
    for longest in (16.0, 8.0, 4.0, 1.0):
        *_, last = through_direct_current(response, [stay], skin=skin, longest=longest)
        found.append(last.state.conductance[wet.faces])
    errors = [np.abs(one - found[-1]).max() for one in found[:-1]]
    assert errors[0] > 1.5 * errors[1] > 2.0 * errors[2]
    assert errors[2] < 0.03 * found[-1].max()


def test_direct_current_refused(ends: tuple[DirectResponse, Wet, float]) -> None:
    response, wet, _ = ends
    stay = Stay(wet=wet, drives=PAIR, dwell=1.0)
    with pytest.raises(ValueRefused, match="layer for each"):
        next(through_direct_current(response, [stay], skin=skin_faces(LAW, GEL), longest=1.0))
    skin = skin_faces(LAW, GEL, count=response.half_cell.size)
    with pytest.raises(ValueRefused, match="above 0 s"):
        next(through_direct_current(response, [stay], skin=skin, longest=0.0))
