"""Bare metal under current: closed forms, an outside integrator, conservation, what is known of saturation."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from microcurrent.errors import ValueRefused
from microcurrent.physics.skin import (
    MetalInterface,
    charge_verdict,
    faradaic_density,
    half_cycle_charge,
    interface_impedance,
    metal_under_current,
    pair_voltage,
    saturation_time,
    steady_potential,
)

CM2 = 1e-4
STEEL = MetalInterface(
    capacitance=0.3, element=0.45, exponent=0.88, transfer=30.0, rest=0.0, oxygen=0.815, hydrogen=-0.414,
    anodic=1e-5, cathodic=1e-2, slope=0.0528,
)  # fmt: skip
SILVER = MetalInterface(capacitance=0.0, element=0.0, exponent=1.0, transfer=5 * CM2, rest=0.22)
#: 0.1 mA/cm2
DENSITY = 1.0


# -- alternating current --------------------------------------------------------------------


def test_a_double_layer_of_30_microfarad_has_the_listed_impedance():
    """physics.md 2.6: 530, 53, 5.3 and 0.5 ohm cm2 at 10 Hz to 10 kHz."""
    plain = dataclasses.replace(STEEL, element=0.3, exponent=1.0, transfer=1e3)
    found = np.abs(interface_impedance(plain, [10, 100, 1e3, 1e4])) / CM2
    assert found == pytest.approx([530, 53, 5.3, 0.53], rel=2e-3)


def test_a_constant_phase_element_turns_by_its_exponent():
    found = interface_impedance(STEEL, [1e2, 1e4])
    assert np.angle(found, deg=True) == pytest.approx([-90 * 0.88] * 2, abs=0.1)
    assert np.abs(found[0] / found[1]) == pytest.approx(100**0.88, rel=1e-2)
    assert interface_impedance(STEEL, 0.0) == STEEL.transfer


def test_charge_of_half_a_period():
    """physics.md 2.6: 1 mA/cm2 is 32 uC/cm2 at 10 Hz and 3.2 at 100 Hz; by the integral of a sine."""
    assert half_cycle_charge(10.0, [10.0, 100.0]) * CM2 * 1e6 == pytest.approx([31.83, 3.183], rel=1e-3)
    time = np.linspace(0, 0.05, 20001)
    assert half_cycle_charge(2.0, 10.0) == pytest.approx(
        np.trapezoid(2 * np.sin(2 * np.pi * 10 * time), time), rel=1e-8
    )


def test_ten_hertz_is_borderline_for_steel_and_a_hundred_is_safe():
    """1 mA/cm2 against 20 to 50 uC/cm2."""
    slow, fast = half_cycle_charge(10.0, [10.0, 100.0])
    limits = {"low": 0.2, "high": 0.5}
    assert charge_verdict(slow, **limits) == "in doubt"
    assert charge_verdict(-fast, **limits) == "reversible"
    assert charge_verdict(0.51, **limits) == "irreversible"
    assert [charge_verdict(q, **limits) for q in (0.2, 0.5)] == ["reversible", "in doubt"]


# -- direct current -------------------------------------------------------------------------


@given(st.floats(-6, 4), st.sampled_from([-1, 1]))
def test_steady_potential_inverts_the_reaction(exponent, sign):
    density = sign * 10.0**exponent
    potential = steady_potential(STEEL, density)
    assert faradaic_density(STEEL, potential) == pytest.approx(density, rel=1e-10)
    assert math.copysign(1, potential) == sign


def test_inside_the_window_metal_is_its_charge_transfer_resistance():
    assert faradaic_density(STEEL, 0.0) == 0
    assert faradaic_density(STEEL, [-0.02, 0.05, 0.3]) == pytest.approx(
        [-0.02 / 30, 0.05 / 30, 0.01], rel=0.03
    )


def test_potential_rises_by_the_tafel_slope_per_decade():
    high = steady_potential(STEEL, [100.0, 1000.0])
    assert high[1] - high[0] == pytest.approx(0.0528 * math.log(10), rel=1e-3)


def test_a_pair_of_steel_takes_what_water_needs_and_a_pair_of_silver_chloride_nothing():
    """1.23 V by thermodynamics, 1.7 to 2.5 V in practice (physics.md 2.6), from 0.01 to 1 mA/cm2."""
    for density in (0.1, 1.0, 10.0):
        assert 1.7 < pair_voltage(STEEL, STEEL, (density, density)) < 2.5
    assert pair_voltage(SILVER, SILVER, (10.0, 10.0)) == pytest.approx(2 * 10 * 5e-4, rel=1e-12)
    mixed = pair_voltage(SILVER, STEEL, (1.0, 1.0)), pair_voltage(STEEL, SILVER, (1.0, 1.0))
    assert sum(mixed) == pytest.approx(
        pair_voltage(STEEL, STEEL, (1.0, 1.0)) + pair_voltage(SILVER, SILVER, (1.0, 1.0)), rel=1e-12
    )


def test_tenth_of_a_milliampere_saturates_the_double_layer_in_about_half_a_second():
    """physics.md finding 6: 20 to 40 uF/cm2 and about 50 uC/cm2 at 0.1 mA/cm2."""
    assert saturation_time(0.5, DENSITY) == pytest.approx(0.5, rel=1e-12)
    assert saturation_time(0.5, [0.0, -2.0]) == pytest.approx([math.inf, 0.25])
    times = np.linspace(0, 2, 201)
    trace = metal_under_current(STEEL, times, np.full(201, DENSITY))
    reacting = np.gradient(trace.reacted[:, 0], times) / DENSITY
    half = times[np.argmax(reacting > 0.5)]
    assert 0.3 < half < 0.7
    assert reacting[times < 0.1].max() < 0.02
    assert reacting[times > 1].min() > 0.999
    assert trace.potential[-1, 0] == pytest.approx(steady_potential(STEEL, DENSITY), rel=1e-6)
    # What the double layer then holds is of the order of the reversible charge.
    held = (trace.charge - trace.reacted)[-1, 0] * CM2 * 1e6
    assert 20 < held < 60


def test_a_faint_step_charges_the_double_layer_as_resistor_beside_capacitor():
    times = np.array([0.0, 1.0, 9.0, 30.0])
    trace = metal_under_current(STEEL, times, np.full(4, 1e-6), tolerance=1e-7)
    # The feet of both reactions conduct a little at rest.
    resistance = steady_potential(STEEL, 1e-9) / 1e-9
    expected = -1e-6 * resistance * np.expm1(-times / (resistance * 0.3))
    assert trace.potential[:, 0] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("course", [[0, 1, 1, 0], [0, -3, -3, 0], [0, 5, -5, 0]])
def test_the_march_agrees_with_an_outside_integrator(course):
    times = np.array([0.0, 0.2, 1.0, 3.0])
    trace = metal_under_current(STEEL, times, course, tolerance=1e-7)
    found = solve_ivp(
        lambda t, x: (np.interp(t, times, course) - faradaic_density(STEEL, x)) / STEEL.capacitance,
        (0, 3), [0.0], method="Radau", t_eval=times, rtol=1e-10, atol=1e-13,
    )  # fmt: skip
    assert trace.potential[:, 0] == pytest.approx(found.y[0], abs=3e-6)


def test_charge_either_reacts_or_is_held():
    times = np.array([0.0, 0.01, 0.5, 0.5, 2.0])
    density = np.outer([0, 2, 2, -1, 0], [1.0, 0.1])
    trace = metal_under_current(STEEL, times, density)
    came = np.concatenate(
        [np.zeros((1, 2)), np.cumsum(np.diff(times)[:, None] * (density[1:] + density[:-1]) / 2, axis=0)]
    )
    assert trace.charge == pytest.approx(came, abs=1e-13)
    assert trace.charge - trace.reacted == pytest.approx(STEEL.capacitance * trace.potential, abs=1e-13)


def test_a_short_balanced_pulse_leaves_the_metal_as_it_was():
    """0.3 mA/cm2 for 0.3 ms each way: 0.09 uC/cm2, far inside the window."""
    width = 3e-4
    times = [0, width, width, 2 * width, 2 * width + 1e-9]
    trace = metal_under_current(STEEL, times, [3.0, 3.0, -3.0, -3.0, 0.0])
    assert trace.potential[1, 0] == pytest.approx(3 * width / 0.3, rel=1e-3)
    assert abs(trace.reacted[-1, 0]) < 1e-4 * 3 * width


def test_silver_chloride_does_not_polarise():
    trace = metal_under_current(SILVER, [0, 1, 100], [5.0, 5.0, 5.0])
    assert trace.potential[:, 0] == pytest.approx([0, 2.5e-3, 2.5e-3])
    assert trace.reacted == pytest.approx(trace.charge, abs=1e-9)
    assert interface_impedance(SILVER, [1.0, 1e4]) == pytest.approx([5e-4, 5e-4])


@pytest.mark.parametrize(
    "change",
    [{"transfer": 0.0}, {"capacitance": -1.0}, {"exponent": 1.1}, {"rest": 1.0}, {"slope": None}, {"anodic": 0.0}],
)  # fmt: skip
def test_metals_without_meaning_are_refused(change):
    with pytest.raises(ValueRefused, match="metal contact"):
        dataclasses.replace(STEEL, **change)


@pytest.mark.parametrize(
    "call",
    [
        lambda: half_cycle_charge(1.0, 0.0),
        lambda: charge_verdict(1.0, low=0.0, high=1.0),
        lambda: charge_verdict(1.0, low=2.0, high=1.0),
        lambda: saturation_time(0.0, 1.0),
        lambda: interface_impedance(STEEL, -1.0),
    ],
)
def test_numbers_without_meaning_are_refused(call):
    with pytest.raises(ValueRefused, match="metal contact"):
        call()
