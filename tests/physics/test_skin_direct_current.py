"""Skin under direct current: closed forms, an outside integrator, conservation and measured recovery."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from microcurrent.errors import ConvergenceError, ValueRefused
from microcurrent.physics.skin import (
    DirectCurrentLaw,
    SkinFaces,
    SkinImpedance,
    SkinState,
    advance,
    alternating_impedance,
    area_impedance,
    at_rest,
    differential_impedance,
    secant_impedance,
    skin_faces,
    steady_state,
    step_admittance,
    step_impedance,
    under_current,
    under_voltage,
    wetted_conductance,
)
from microcurrent.physics.skin.direct_current import approach, approached, balanced_voltage
from microcurrent.physics.skin.marching import Accuracy, march

LAW = DirectCurrentLaw(
    voltage_scale=1.0, wetting_density=0.35, wetting_exponent=0.85, wetting_time=30.0, recovery_time=1300.0,
    asymmetry=0.2, breakdown_voltage=20.0, breakdown_steepness=8.0, breakdown_decades=1.0,
    breakdown_time=1e-3,
)  # fmt: skip
GEL = SkinImpedance(series=0.01, parallel=5.0, capacitance=3.5e-4, alpha=1.0)
FACE = skin_faces(LAW, GEL)
#: A current density far below the one that wets: the layer stays as it is at rest to 1e-7.
FAINT = 1e-9


def dry(count=1, **law):
    """Skin so resistant that tens of volts stand across it."""
    changed = dataclasses.replace(LAW, voltage_scale=3.0, **law)
    return skin_faces(changed, SkinImpedance(series=0.05, parallel=50.0, capacitance=1e-4, alpha=1.0),
                      count=count)  # fmt: skip


# -- V16: small signals ---------------------------------------------------------------------


def test_a_faint_current_step_charges_the_layer_as_resistor_beside_capacitor():
    """physics.md V16: v = I [R_s + R_p (1 - exp(-t / R_p C))]."""
    tau = GEL.parallel * GEL.capacitance
    time = np.concatenate([[0.0], np.logspace(-2, 1.5, 30) * tau])
    trace = under_current(FACE, time, np.full(time.size, FAINT), tolerance=1e-7)
    expected = FAINT * (GEL.series - GEL.parallel * np.expm1(-time / tau))
    assert trace.voltage[:, 0] == pytest.approx(expected, rel=2e-6, abs=1e-7 * expected[-1])
    assert trace.voltage[:, 0] == pytest.approx(FAINT * step_impedance(GEL, time), rel=2e-6)


def test_a_faint_voltage_step_draws_the_current_of_the_closed_form():
    """physics.md V16: i = V / (R_s + R_p) [1 + R_p / R_s exp(-t / tau')]."""
    tau = GEL.capacitance * GEL.series * GEL.parallel / (GEL.series + GEL.parallel)
    time = np.concatenate([[0.0], np.logspace(-2, 2, 30) * tau])
    trace = under_voltage(FACE, time, np.full(time.size, FAINT), tolerance=1e-8)
    expected = FAINT / 5.01 * (1 + 500 * np.exp(-time / tau))
    assert trace.density[:, 0] == pytest.approx(expected, rel=1e-5, abs=1e-6 * expected[0])
    assert trace.density[:, 0] == pytest.approx(
        FAINT * step_admittance(GEL, time), rel=1e-5, abs=1e-6 * expected[0]
    )


def test_the_capacitor_of_a_constant_phase_element_has_its_time_constant():
    cole = SkinImpedance(series=0.01, parallel=5.0, capacitance=3.5e-4, alpha=0.8)
    face = skin_faces(LAW, cole)
    assert face.capacitance[0] / face.rest[0] == pytest.approx(cole.time_constant, rel=1e-12)
    # In between a constant-phase element is slower to settle; at one time constant they differ by 2 %.
    tau = cole.time_constant
    trace = under_current(face, [0, tau, 30 * tau], [FAINT] * 3, tolerance=1e-7)
    assert trace.voltage[1:, 0] == pytest.approx(FAINT * step_impedance(cole, [tau, 30 * tau]), rel=0.04)


def test_small_signal_resistance_is_that_of_the_layer_at_rest():
    rest = at_rest(FACE)
    assert secant_impedance(FACE, [0.0], rest) == pytest.approx(GEL.series + GEL.parallel, rel=1e-15)
    assert secant_impedance(FACE, [1e-6], rest) == pytest.approx(GEL.series + GEL.parallel, rel=1e-10)


# -- steady state ---------------------------------------------------------------------------


@pytest.mark.parametrize("density", [0.05, 0.5, 5.0, 50.0, -0.5, -5.0])
def test_held_current_ends_on_the_static_sinh_law(density):
    state = steady_state(FACE, [density])
    conductance = wetted_conductance(FACE, [density])
    polarity = 0.8 if density > 0 else 1.2
    assert conductance == pytest.approx(0.2 * (1 + polarity * (abs(density) / 0.35) ** 0.85), rel=1e-13)
    broken = (abs(state.voltage) / 20) ** 8
    assert state.breakdown == pytest.approx(broken / (1 + broken), rel=1e-9)
    conducted = conductance * 10**state.breakdown * np.sinh(state.voltage)
    assert conducted == pytest.approx(density, rel=1e-11)
    trace = under_current(FACE, [0.0, 1000.0], [density, density])
    assert trace.layer[-1] == pytest.approx(state.voltage, rel=1e-5)
    assert trace.conductance[-1] == pytest.approx(state.conductance, rel=1e-5)


@pytest.mark.parametrize("density", [1e-3, 0.3, 8.0, 500.0])
def test_secant_impedance_is_voltage_over_density_and_differential_its_slope(density):
    state = steady_state(dry(), [density])
    secant = secant_impedance(dry(), [density], state)
    assert secant * density == pytest.approx(0.05 * density + state.voltage, rel=1e-11)
    step = 1e-4 * density
    ends = [(density + d) * secant_impedance(dry(), [density + d], state) for d in (-step, step)]
    slope = (ends[1] - ends[0]) / (2 * step)
    assert differential_impedance(dry(), [density], state) == pytest.approx(slope, rel=1e-6)
    assert slope < secant


@given(
    st.floats(-4, 4), st.floats(1e-3, 1.0), st.floats(0.05, 1.0), st.floats(0.3, 3.0), st.floats(0, 3),
    st.sampled_from([-1, 1]),
)  # fmt: skip
def test_more_current_never_needs_less_voltage(exponent, more, p, scale, decades, sign):
    law = dataclasses.replace(LAW, wetting_exponent=p, voltage_scale=scale, breakdown_decades=decades)
    face = skin_faces(law, dataclasses.replace(GEL, parallel=80.0), count=2)
    low = 10.0**exponent
    voltage = np.abs(steady_state(face, sign * np.array([low, low * (1 + more)])).voltage)
    assert voltage[1] >= voltage[0] * (1 - 1e-12)


def test_the_cathode_wets_more_and_without_asymmetry_both_poles_are_alike():
    anode, cathode = (steady_state(FACE, [sign * 2.0]) for sign in (1, -1))
    assert cathode.conductance > anode.conductance
    assert -cathode.voltage < anode.voltage
    even = skin_faces(dataclasses.replace(LAW, asymmetry=0.0), GEL)
    plus, minus = (under_current(even, [0, 5, 60], [0, s * 3, s * 3]) for s in (1, -1))
    assert plus.voltage == pytest.approx(-minus.voltage, rel=1e-12)


def test_small_alternating_current_sees_the_layer_at_rest_and_the_slope_of_the_law_elsewhere():
    cole = SkinImpedance(series=0.01, parallel=5.0, capacitance=3.5e-4, alpha=0.8)
    face = skin_faces(LAW, cole)
    frequency = np.array([0.0, 10.0, 1e3, 1e5])
    found = alternating_impedance(cole, face, at_rest(face), frequency=frequency)
    assert found == pytest.approx(area_impedance(cole, frequency), rel=1e-14)
    state = steady_state(face, [3.0])
    slow, _, _, fast = alternating_impedance(cole, face, state, frequency=frequency)
    assert slow == pytest.approx(differential_impedance(face, [3.0], state)[0], rel=1e-9)
    # At high frequency the capacitor carries the current, wet or not.
    assert fast == pytest.approx(found[-1], rel=0.05)


# -- the march ------------------------------------------------------------------------------


def judge(face, times, drive, *, voltage):
    """The same law by scipy's Radau to 1e-10, one face."""
    law, rest, capacity, series = face.law, face.rest[0], face.capacitance[0], face.series[0]

    def rates(t, state):
        v, g, b = state
        conducted = (
            g * 10 ** (law.breakdown_decades * b) * law.voltage_scale * np.sinh(v / law.voltage_scale)
        )
        given = np.interp(t, times, drive)
        came = (given - v) / series if voltage else given
        polarity = 1 - law.asymmetry * np.sign(conducted)
        target = rest * (1 + polarity * (abs(conducted) / law.wetting_density) ** law.wetting_exponent)
        tau = law.wetting_time if target > g else law.recovery_time
        x = (abs(v) / law.breakdown_voltage) ** law.breakdown_steepness
        return [(came - conducted) / capacity, (target - g) / tau, (x / (1 + x) - b) / law.breakdown_time]

    found = solve_ivp(rates, (times[0], times[-1]), [0.0, rest, 0.0], method="Radau", t_eval=times,
                      rtol=1e-10, atol=1e-13)  # fmt: skip
    return found.y


@pytest.mark.parametrize(
    ("face", "times", "drive", "voltage"),
    [
        (FACE, [0, 10, 60, 300, 310, 400], [0, 5, 5, 5, 0.5, 0.5], False),
        (FACE, [0, 10, 60, 300], [0, -2, -2, -1], False),
        (dry(), [0, 0.02, 1, 20], [0, 60, 60, 60], False),
        (FACE, [0, 1, 60, 300], [0, 2.5, 2.5, 1], True),
        (dry(), [0, 0.01, 0.05, 5], [0, 28, 28, 12], True),
    ],
)
def test_the_march_agrees_with_an_outside_integrator(face, times, drive, voltage):
    march_ = under_voltage if voltage else under_current
    trace = march_(face, times, drive, tolerance=1e-7)
    layer, conductance, breakdown = judge(
        face, np.array(times, float), np.array(drive, float), voltage=voltage
    )
    assert trace.layer[:, 0] == pytest.approx(layer, abs=3e-6 * np.abs(layer).max())
    assert trace.conductance[:, 0] == pytest.approx(conductance, rel=3e-6)
    assert trace.breakdown[:, 0] == pytest.approx(breakdown, abs=3e-6)


def test_a_tighter_tolerance_gives_a_smaller_error():
    times, drive = [0.0, 5.0, 40.0], [0.0, 4.0, 4.0]
    best = under_current(FACE, times, drive, tolerance=1e-8).conductance[-1, 0]
    errors = [
        abs(under_current(FACE, times, drive, tolerance=t).conductance[-1, 0] - best)
        for t in (1e-3, 1e-5, 1e-7)
    ]
    assert errors[1] < errors[0] / 10 and errors[2] < errors[1] / 10
    assert errors[0] < 1e-3 * best


def test_steps_of_the_march_are_third_order():
    """A pure decay in fixed halvings: the error of one extrapolated step falls sixteenfold."""

    def step(state, length, drive):
        return (state + length * drive) / (1 + length)

    def error(length):
        anything = Accuracy(tolerance=1e9, scale=np.ones_like, sound=lambda state: True)
        found = march(step, np.array([[1.0]]), np.array([0.0, length]), drive=np.zeros((2, 1)),
                      accuracy=anything)  # fmt: skip
        return abs(found[-1, 0, 0] - math.exp(-length))

    assert error(0.05) / error(0.025) == pytest.approx(16, rel=0.1)


def test_a_march_that_cannot_go_on_says_so():
    never = Accuracy(tolerance=1e-3, scale=np.ones_like, sound=lambda state: False)
    with pytest.raises(ConvergenceError, match="too short"):
        march(
            lambda s, h, d: s,
            np.zeros((1, 1)),
            np.array([0.0, 1.0]),
            drive=np.zeros((2, 1)),
            accuracy=never,
        )


@pytest.mark.parametrize("seed", range(4))
def test_charge_is_the_integral_of_current_and_the_capacitor_holds_the_rest(seed):
    random = np.random.default_rng(seed)
    times = np.concatenate([[0.0], np.cumsum(random.exponential(10.0 ** random.uniform(-3, 2, 8)))])
    density = random.normal(size=(9, 3)) * 10.0 ** random.uniform(-3, 1.5, 3)
    face = skin_faces(LAW, GEL, count=3)
    trace = under_current(face, times, density)
    came = np.concatenate(
        [np.zeros((1, 3)), np.cumsum(np.diff(times)[:, None] * (density[1:] + density[:-1]) / 2, axis=0)]
    )
    most = np.abs(trace.charge).max(axis=0)
    assert np.abs(trace.charge - came).max(axis=0) == pytest.approx(0, abs=1e-12 * most.max())
    held = trace.charge - trace.conducted
    assert held == pytest.approx(face.capacitance * trace.layer, abs=1e-12 * most.max())
    voltage = under_voltage(face, times, 0.1 * density)
    held = voltage.charge - voltage.conducted
    assert held == pytest.approx(face.capacitance * voltage.layer, abs=1e-11 * np.abs(voltage.charge).max())


def test_voltage_and_current_are_two_sides_of_one_law():
    """Held at the voltage where a held current has settled, that current flows on."""
    current = under_current(FACE, [0, 1, 2000], [3.0, 3.0, 3.0])
    held = under_voltage(FACE, [0, 100], [current.voltage[-1, 0]] * 2, start=current.end)
    assert held.density[-1, 0] == pytest.approx(3.0, rel=1e-4)


def test_a_jump_charges_the_layer_from_where_it_stands():
    trace = under_current(FACE, [0, 10, 10, 10.1], [0.0, 0.0, 2.0, 2.0])
    assert trace.layer[:3, 0] == pytest.approx([0, 0, 0])
    assert trace.voltage[2, 0] == pytest.approx(2.0 * GEL.series)
    assert trace.layer[3, 0] > 1


def test_faces_march_together_as_each_alone():
    faces = SkinFaces(
        law=LAW,
        rest=np.array([0.2, 0.05, 1.0]),
        capacitance=np.array([3e-4, 2e-4, 5e-4]),
        series=np.array([0.01, 0.012, 0.01]),
    )
    density = np.outer([0, 1, 1, 0], [3.0, -1.0, 20.0])
    times = [0, 10, 100, 110]
    together = under_current(faces, times, density, tolerance=1e-6)
    for k in range(3):
        one = SkinFaces(
            law=LAW,
            rest=faces.rest[k : k + 1],
            capacitance=faces.capacitance[k : k + 1],
            series=faces.series[k : k + 1],
        )
        alone = under_current(one, times, density[:, k], tolerance=1e-6)
        assert together.layer[:3, k] == pytest.approx(alone.layer[:3, 0], rel=1e-5)
        assert together.conductance[:, k] == pytest.approx(alone.conductance[:, 0], rel=1e-5)


def test_poses_of_a_glide_add_up_to_one_trace_and_skin_left_behind_recovers():
    faces = skin_faces(LAW, GEL, count=2)
    state = advance(faces, at_rest(faces), [4.0, 0.0], duration=20.0)
    assert state.conductance[0] > 2 * faces.rest[0]
    assert state.conductance[1] == pytest.approx(faces.rest[1], rel=1e-14)
    after = advance(faces, state, [0.0, 4.0], duration=20.0)
    whole = under_current(faces, [0, 20, 20, 40], [[4, 0], [4, 0], [0, 4], [0, 4]])
    assert after.conductance == pytest.approx(whole.conductance[-1], rel=1e-4)
    left = faces.rest[0] + (state.conductance[0] - faces.rest[0]) * math.exp(-20 / LAW.recovery_time)
    assert after.conductance[0] == pytest.approx(left, rel=1e-4)


@pytest.mark.parametrize("length", [1e-9, 1e-5, 1e-2, 1.0, 1e3])
def test_every_step_balances_its_currents_at_thousands_of_faces(length):
    """Backward Euler: what flows in is conducted or stored, from any state."""
    random, n = np.random.default_rng(5), 3000
    face = SkinFaces(
        law=dataclasses.replace(LAW, voltage_scale=2.0),
        rest=10 ** random.uniform(-2, 1, n),
        capacitance=10 ** random.uniform(-4, -3, n),
        series=np.zeros(n),
    )
    state = SkinState(
        voltage=random.normal(size=n) * 8,
        conductance=face.rest * 10 ** random.uniform(-1, 2, n),
        breakdown=random.uniform(0, 1, n),
    )
    density = random.normal(size=n) * 10 ** random.uniform(-6, 2, n)
    storing = face.capacitance / length
    share = approach(face.law, length)
    voltage = balanced_voltage(face, state, share, given=density + storing * state.voltage, slope=storing)
    conducted = density - storing * (voltage - state.voltage)
    after = approached(face, state, share, voltage=voltage, conducted=conducted)
    law = after.conductance * 10**after.breakdown * 2 * np.sinh(voltage / 2)
    size = np.abs(conducted) + np.abs(density) + storing * (np.abs(voltage) + np.abs(state.voltage))
    assert np.abs(law - conducted) / size == pytest.approx(np.zeros(n), abs=1e-10)


# -- what was measured ----------------------------------------------------------------------


def third_harmonic(amplitude, frequency):
    """Third harmonic over the first of the voltage under a sine, in the sixth period."""
    phase = np.arange(0, 6 + 1 / 64, 1 / 32)
    trace = under_current(FACE, phase / frequency, amplitude * np.sin(2 * np.pi * phase), tolerance=1e-4)
    spectrum = np.abs(np.fft.rfft(trace.voltage[-32:, 0]))
    assert spectrum[2] < 0.01 * spectrum[1]
    return spectrum[3] / spectrum[1]


def test_harmonics_grow_with_current_and_with_slowness():
    """Yamamoto and Yamamoto 1981, physics.md 2.5."""
    faint, strong, fast = third_harmonic(0.02, 5.0), third_harmonic(1.0, 5.0), third_harmonic(1.0, 500.0)
    assert faint < 1e-3
    assert strong > 0.05
    assert fast < strong / 5


def test_a_slow_sine_follows_the_static_sinh_law():
    """With the layer at rest (too fast to wet, too slow to charge): V = V0 asinh(J / (g0 V0))."""
    slow = dataclasses.replace(LAW, wetting_time=1e6, recovery_time=1e6)
    face = skin_faces(slow, dataclasses.replace(GEL, capacitance=1e-6))
    phase = np.linspace(0, 1, 41)
    density = 2.0 * np.sin(2 * np.pi * phase)
    trace = under_current(face, phase / 10, density, tolerance=1e-5)
    assert trace.layer[:, 0] == pytest.approx(np.arcsinh(density / 0.2), abs=5e-3)


def test_without_current_the_conductance_decays_with_the_recovery_time():
    wet = under_current(FACE, [0, 10, 600], [0, 5, 5]).end
    trace = under_current(FACE, [0, 1, 500, 5000], [0, 0, 0, 0], start=wet)
    rest = FACE.rest[0]
    expected = rest + (wet.conductance[0] - rest) * np.exp(-trace.times / LAW.recovery_time)
    # For milliseconds the capacitor still drives current through the layer.
    assert trace.conductance[:, 0] == pytest.approx(expected, rel=1e-4)


def test_breakdown_lowers_resistance_tenfold_within_milliseconds_above_its_voltage_only():
    low = under_voltage(dry(), [0, 0.02], [5.0, 5.0])
    assert low.breakdown[-1, 0] < 1e-4
    skin = skin_faces(
        dataclasses.replace(LAW, voltage_scale=100.0), SkinImpedance(series=1e-3, parallel=50.0, capacitance=1e-4, alpha=1.0)
    )  # fmt: skip
    high = under_voltage(skin, [0, 0.02], [40.0, 40.0])
    assert high.breakdown[-1, 0] > 0.99
    unbroken = 0.02 * 100 * math.sinh(0.4)
    assert high.density[-1, 0] == pytest.approx(10 * unbroken, rel=0.05)


# -- refusals -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [{"voltage_scale": 0.0}, {"wetting_exponent": 1.2}, {"asymmetry": 1.0}, {"recovery_time": -1.0},
     {"breakdown_steepness": 1.0}, {"breakdown_decades": -1.0}, {"wetting_density": math.nan}],
)  # fmt: skip
def test_constants_without_meaning_are_refused(change):
    with pytest.raises(ValueRefused, match=next(iter(change))):
        dataclasses.replace(LAW, **change)


@pytest.mark.parametrize("change", [{"rest": [0.0]}, {"capacitance": [1.0, 2.0]}, {"series": [-1.0]}])
def test_faces_without_meaning_are_refused(change):
    given = {"rest": [1.0], "capacitance": [1.0], "series": [0.0], **change}
    with pytest.raises(ValueRefused, match=next(iter(change))):
        SkinFaces(law=LAW, **given)


@pytest.mark.parametrize(
    ("times", "drive", "named"),
    [([0, 1, 0.5], [0, 0, 0], "times"), ([0], [0], "times"), ([0, 1], [0, math.nan], "drive"),
     ([0, 1], [[0, 0], [0, 0]], "drive"), ([0, 1], [0, 0, 0], "drive")],
)  # fmt: skip
def test_courses_that_cannot_be_used_are_refused(times, drive, named):
    with pytest.raises(ValueRefused, match=named):
        under_current(FACE, times, drive)


def test_a_voltage_needs_a_series_resistance():
    bare = SkinFaces(law=LAW, rest=np.array([0.2]), capacitance=np.array([1e-4]), series=np.array([0.0]))
    with pytest.raises(ValueRefused, match="series"):
        under_voltage(bare, [0, 1], [1, 1])


def test_a_state_goes_on_where_another_ended():
    state = SkinState(voltage=np.zeros(1), conductance=np.array([0.4]), breakdown=np.zeros(1))
    trace = under_current(FACE, [0, 1e-3], [FAINT, FAINT], start=state)
    assert trace.conductance[0, 0] == 0.4
