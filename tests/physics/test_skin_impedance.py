"""The skin layer against closed forms, published check values and the measured envelope."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import erfcx

from microcurrent.errors import ValueRefused
from microcurrent.physics.skin import (
    SkinImpedance,
    area_impedance,
    cole_impedance,
    mittag_leffler,
    peak_voltage,
    step_admittance,
    step_impedance,
)

CM2 = 1e-4
GEL = SkinImpedance(series=100 * CM2, parallel=50e3 * CM2, capacitance=35e-9 / CM2, alpha=0.8)
CAPACITOR = SkinImpedance(series=0.01, parallel=5.0, capacitance=3e-4, alpha=1.0)


@pytest.mark.parametrize(("time", "risen"), [(0.1, 0.153853), (1.0, 0.613051), (3.0, 0.849511)])
def test_step_response_of_a_constant_phase_element_has_the_published_values(time, risen):
    """physics.md V16, alpha = 0.8."""
    assert 1 - mittag_leffler(time**0.8, 0.8) == pytest.approx(risen, abs=5e-7)


def test_mittag_leffler_is_the_exponential_at_one_and_erfcx_at_one_half():
    x = np.logspace(-8, 3, 40)
    assert mittag_leffler(x, 1.0) == pytest.approx(np.exp(-x), rel=1e-15)
    assert mittag_leffler(x, 0.5) == pytest.approx(erfcx(x), rel=1e-11, abs=1e-14)


def test_mittag_leffler_is_continuous_up_to_one():
    x = np.logspace(-4, 1, 20)
    assert mittag_leffler(x, 1 - 1e-7) == pytest.approx(np.exp(-x), abs=1e-6)


@pytest.mark.parametrize("alpha", [0.65, 0.8, 0.95])
def test_mittag_leffler_joins_its_power_series_and_its_asymptote(alpha):
    small = np.array([1e-3, 0.05, 0.4])
    terms = [(-small) ** k / math.gamma(alpha * k + 1) for k in range(40)]
    assert mittag_leffler(small, alpha) == pytest.approx(np.sum(terms, axis=0), rel=1e-12)
    large = 1e5
    assert mittag_leffler(large, alpha) == pytest.approx(1 / (large * math.gamma(1 - alpha)), rel=1e-3)


@pytest.mark.parametrize("skin", [GEL, CAPACITOR])
def test_step_response_and_impedance_are_one_system(skin):
    """The transform of the step response is Z(s)/s; on the real axis it needs no inversion."""
    rate = 2.0 / skin.time_constant
    u = np.linspace(-14, 6, 4001)
    time = np.exp(u) * skin.time_constant
    integral = np.trapezoid(step_impedance(skin, time) * np.exp(-rate * time) * time, u)
    expected = skin.series + skin.parallel / (1 + (rate * skin.time_constant) ** skin.alpha)
    assert rate * integral == pytest.approx(expected, rel=1e-4)


def test_capacitor_charges_exponentially():
    tau = CAPACITOR.parallel * CAPACITOR.capacitance
    assert CAPACITOR.time_constant == pytest.approx(tau, rel=1e-12)
    time = tau * np.array([0.0, 0.1, 1.0, 3.0])
    expected = CAPACITOR.series + CAPACITOR.parallel * -np.expm1(-time / tau)
    assert step_impedance(CAPACITOR, time) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("skin", [GEL, CAPACITOR])
def test_response_to_a_voltage_step_and_admittance_are_one_system(skin):
    """The transform of the current after a step of 1 V is 1 / (s Z(s))."""
    rate = 3.0 * (skin.series + skin.parallel) / skin.series / skin.time_constant
    u = np.linspace(-30, 5, 8001)
    time = np.exp(u) / rate
    integral = np.trapezoid(step_admittance(skin, time) * np.exp(-rate * time) * time, u)
    impedance = skin.series + skin.parallel / (1 + (rate * skin.time_constant) ** skin.alpha)
    assert rate * integral == pytest.approx(1 / impedance, rel=1e-5)


def test_voltage_step_of_a_capacitor_is_the_closed_form():
    """physics.md V16: i = V / (R_s + R_p) [1 + (R_p / R_s) exp(-t / tau')], tau' = C R_s R_p / (R_s + R_p)."""
    tau = CAPACITOR.capacitance * 0.01 * 5.0 / 5.01
    time = tau * np.array([0.0, 0.3, 1.0, 4.0])
    assert step_admittance(CAPACITOR, time) == pytest.approx(
        (1 + 500 * np.exp(-time / tau)) / 5.01, rel=1e-11
    )


@pytest.mark.parametrize("skin", [GEL, CAPACITOR])
def test_voltage_step_begins_at_the_series_and_ends_at_both_resistances(skin):
    first, last = step_admittance(skin, [0.0, 1e9 * skin.time_constant])
    assert first == pytest.approx(1 / skin.series, rel=1e-12)
    assert last == pytest.approx(1 / (skin.series + skin.parallel), rel=1e-5)


def test_voltage_step_needs_a_series_resistance():
    bare = SkinImpedance(series=0.0, parallel=5.0, capacitance=3e-4, alpha=0.8)
    with pytest.raises(ValueRefused, match="series"):
        step_admittance(bare, 1.0)


def test_many_layers_at_once_are_as_each_alone():
    found = cole_impedance(
        series=[0.01, 0.01], parallel=[5.0, 5.0], capacitance=[GEL.capacitance, 3e-4],
        alpha=[0.8, 1.0], frequency=[[10.0], [1e3]],
    )  # fmt: skip
    assert found.shape == (2, 2)
    assert found[:, 0] == pytest.approx(area_impedance(GEL, [10.0, 1e3]), rel=1e-14)
    assert found[:, 1] == pytest.approx(area_impedance(CAPACITOR, [10.0, 1e3]), rel=1e-14)


def test_direct_current_meets_both_resistances():
    assert area_impedance(GEL, 0.0) == pytest.approx(GEL.series + GEL.parallel, rel=1e-15)
    # A constant-phase element settles slowly: what is left falls with the power alpha of time.
    late = 1e9 * GEL.time_constant
    assert step_impedance(GEL, late) == pytest.approx(GEL.series + GEL.parallel, rel=1e-6)
    assert step_impedance(GEL, 0.0) == pytest.approx(GEL.series, rel=1e-12)


def test_magnitude_agrees_with_the_check_table():
    """physics.md 2.4: 100 kohm cm2 beside CPE(0.8) of 30 nF/cm2, and 1.5 mm of dermis at 0.2 S/m."""
    layer = SkinImpedance(series=1.5e-3 / 0.2, parallel=100e3 * CM2, capacitance=30e-9 / CM2, alpha=0.8)
    frequency = 10.0 ** np.arange(7)
    found = np.abs(area_impedance(layer, frequency)) / CM2 / 1e3
    assert found == pytest.approx([97.6, 81, 29, 5.2, 0.87, 0.172, 0.084], rel=0.012)


def test_gelled_face_lies_in_the_measured_envelope():
    """Rosell 1988, physics.md 2.2: 10 kohm to 1 Mohm at 1 Hz, about 220 at 100 kHz, 120 at 1 MHz, 1 cm2."""
    low, middle, high = np.abs(area_impedance(GEL, [1.0, 1e5, 1e6])) / CM2
    assert 10e3 < low < 1e6
    assert middle == pytest.approx(220, rel=0.25)
    assert high == pytest.approx(120, rel=0.25)


def test_quoted_capacitance_is_that_at_one_kilohertz():
    omega = 2 * math.pi * 1e3
    assert GEL.element * omega**GEL.alpha == pytest.approx(GEL.capacitance * omega, rel=1e-12)


def _train(skin, width, period, pulses, *, balanced):
    """Largest voltage at the ends of the first and last phases of a train, by adding step responses."""
    starts = np.arange(pulses) * period
    edges, steps = [starts, starts + width], [np.ones(pulses), -np.ones(pulses)]
    if balanced:
        edges += [starts + width, starts + 2 * width]
        steps += [-np.ones(pulses), np.ones(pulses)]
    at, size = np.concatenate(edges), np.concatenate(steps)
    ends = np.concatenate([starts + width, starts + 2 * width] if balanced else [starts + width])
    ends = np.unique(ends)[[0, 1, 2, 3, -4, -3, -2, -1]]
    past = ends[:, None] - at[None, :]
    # Voltage just before an edge: what steps earlier than it have made.
    seen = np.where(past > 1e-12, step_impedance(skin, np.maximum(past, 0.0)), 0.0)
    return np.abs((seen * size).sum(axis=1)).max()


@pytest.mark.parametrize("skin", [GEL, CAPACITOR])
@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize(("width", "period"), [(3e-4, 0.033), (1e-3, 2.2e-3), (5e-3, 0.01), (0.5, 1.2)])
def test_peak_voltage_bounds_a_long_train_and_is_close(skin, balanced, width, period):
    bound = peak_voltage(skin, 1.0, width=width, period=period, balanced=balanced)
    found = _train(skin, width, period, 200, balanced=balanced)
    assert found <= bound * (1 + 1e-9)
    assert bound <= 1.5 * found


def test_one_pulse_and_no_pause_are_the_ends_of_peak_voltage():
    single = peak_voltage(GEL, 2.0, width=1e-3, balanced=False)
    assert single == pytest.approx(2.0 * float(step_impedance(GEL, 1e-3)), rel=1e-12)
    endless = peak_voltage(GEL, -2.0, width=1e-3, period=1e-3, balanced=False)
    assert endless == pytest.approx(2.0 * (GEL.series + GEL.parallel), rel=1e-12)


@given(st.floats(1e-6, 1e2), st.floats(1.0, 10.0), st.floats(0.3, 1.0))
def test_longer_pulses_need_more_voltage(width, factor, alpha):
    skin = SkinImpedance(series=0.01, parallel=5.0, capacitance=3e-4, alpha=alpha)
    short, long = (peak_voltage(skin, 1.0, width=w, balanced=True) for w in (width, factor * width))
    assert skin.series <= short <= long * (1 + 1e-12) <= (skin.series + skin.parallel) * (1 + 1e-9)


@pytest.mark.parametrize("change", [{"series": -1.0}, {"parallel": 0.0}, {"capacitance": math.inf},
                                    {"alpha": 0.0}, {"alpha": 1.01}, {"alpha": math.nan}])  # fmt: skip
def test_values_without_meaning_are_refused(change):
    given = {"series": 0.01, "parallel": 5.0, "capacitance": 3e-4, "alpha": 0.8, **change}
    with pytest.raises(ValueRefused, match="skin impedance"):
        SkinImpedance(**given)


@pytest.mark.parametrize("width", [0.0, -1.0, math.nan, 0.6])
def test_pulse_that_does_not_fit_its_period_is_refused(width):
    with pytest.raises(ValueRefused, match="pulse"):
        peak_voltage(GEL, 1.0, width=width, period=1.0, balanced=True)


def test_negative_frequency_and_time_are_refused():
    with pytest.raises(ValueRefused, match="frequency"):
        area_impedance(GEL, -1.0)
    with pytest.raises(ValueRefused, match="time"):
        step_impedance(GEL, [0.0, -1.0])
    with pytest.raises(ValueRefused, match="alpha"):
        mittag_leffler(1.0, 1.5)
