"""Heat against the closed forms and figures of physics.md 5 and V18, by other routes where there are any."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.linalg import solve_banded

from microcurrent import tables
from microcurrent.errors import ValueRefused
from microcurrent.physics.heat import (
    arrhenius_damage,
    contact_heating,
    equivalent_time,
    kohlrausch_rise,
    perfusion_coefficient,
    perfusion_length,
    point_heater_rise,
    step_flux_rise,
    surface_flux_rise,
    time_to_damage,
    tissue_heating,
)


def coefficient(name, *, density=None):
    tissue, blood = tables.thermal_tissues()[name], tables.thermal_tissues()["blood"]
    return perfusion_coefficient(
        tissue.perfusion.value, density=density or tissue.density.value, blood_density=blood.density.value,
        blood_capacity=blood.heat_capacity.value,
    )  # fmt: skip


def test_blood_takes_7440_watt_per_degree_from_a_cubic_metre_of_skin():
    """With the later of the two densities of skin."""
    assert coefficient("skin", density=1109.0) == pytest.approx(7440, rel=2e-3)


@pytest.mark.parametrize(("name", "millimetres"), [("skin", 7.05), ("fat", 10.6), ("muscle", 13.9)])
def test_lengths_over_which_blood_takes_heat_away(name, millimetres):
    k = tables.thermal_tissues()[name].conductivity.value
    assert perfusion_length(k, coefficient(name)) * 1e3 == pytest.approx(millimetres, rel=0.03)
    assert perfusion_length(k, 0.0) == math.inf


@pytest.mark.parametrize(("name", "diffusivity"), [("skin", 0.098), ("fat", 0.098), ("muscle", 0.131)])
def test_thermal_diffusivity_of_the_rows(name, diffusivity):
    row = tables.thermal_tissues()[name]
    found = row.conductivity.value / row.density.value / row.heat_capacity.value
    assert found * 1e6 == pytest.approx(diffusivity, rel=0.025)


def test_a_wire_between_two_contacts_is_5_degrees_warmer_in_the_middle():
    """(a), and by solving k T'' + sigma E^2 = 0 on a straight wire."""
    found = kohlrausch_rise(10.0, conductivity=0.2, heat_conductivity=0.5)
    assert found == pytest.approx(5.0)
    n, length = 200, 0.03
    h = length / n
    bands = np.zeros((3, n - 1))
    bands[0, 1:] = bands[2, :-1] = -0.5 / h**2
    bands[1] = 2 * 0.5 / h**2
    solved = solve_banded((1, 1), bands, np.full(n - 1, 0.2 * (10 / length) ** 2))
    assert solved.max() == pytest.approx(found, rel=1e-9)


def test_a_point_of_heat_on_perfused_tissue_loses_all_of_it_to_blood():
    """(b): the heat that blood takes from the half-space is the power."""
    k, b = 0.37, 7440.0
    length = perfusion_length(k, b)

    def taken(r):
        rise = float(point_heater_rise(2.0, r, heat_conductivity=k, length=length))
        return b * rise * 2 * math.pi * r**2

    assert quad(taken, 1e-9, 60 * length)[0] == pytest.approx(2.0, rel=1e-6)
    bare = point_heater_rise(2.0, 1e-3, heat_conductivity=k, length=math.inf)
    assert bare == pytest.approx(2 / (2 * math.pi * k * 1e-3))


def test_a_flux_of_10_watt_per_square_metre_warms_skin_by_0_191_degrees():
    """(c), with the coefficient of the reference."""
    assert surface_flux_rise(10.0, heat_conductivity=0.372, coefficient=7440.0) == pytest.approx(
        0.19, abs=2e-3
    )


def test_a_flux_that_begins_warms_with_the_root_of_time():
    """(d), and by implicit finite volumes of a deep slab."""
    k, volume = 0.372, 1125.0 * 3391.0
    closed = step_flux_rise(10.0, [25.0, 100.0], heat_conductivity=k, volume_capacity=volume)
    assert closed[1] / closed[0] == pytest.approx(2.0)
    n, h, dt = 400, 1e-4, 0.25
    exchange, held = k / h, volume * h / dt
    bands = np.zeros((3, n))
    bands[0, 1:] = bands[2, :-1] = -exchange
    bands[1] = held + 2 * exchange
    bands[1, 0] -= exchange
    rise = np.zeros(n)
    for _ in range(400):
        right = held * rise
        right[0] += 10.0
        rise = solve_banded((1, 1), bands, right)
    assert rise[0] + 10.0 * h / 2 / k == pytest.approx(closed[1], rel=5e-3)


@pytest.mark.parametrize(
    ("current", "resistance", "flux", "rise"),
    [(0.5e-3, 1.0, 41, 0.43), (1e-3, 1.0, 162, 1.7), (1e-3, 0.2, None, 0.34)],
)
def test_heat_under_a_probe_of_one_centimetre(current, resistance, flux, rise):
    """The expected heating of physics.md 5: 10 and 2 kohm cm2 of skin, k = 0.4 W/m/K."""
    density = current / (math.pi * 0.005**2)
    if flux:
        assert density**2 * resistance == pytest.approx(flux, rel=0.02)
    found = contact_heating(density, resistance, radius=0.005, heat_conductivity=0.4)
    assert found == pytest.approx(rise, rel=0.02)


def test_heat_under_a_contact_is_the_mean_over_a_disc_of_uniform_flux():
    """The potential of V2 with heat for current: (2 q a / pi k) E(m), averaged over the disc."""
    from scipy.special import ellipe

    q, a, k = 100.0, 0.005, 0.4
    mean = quad(lambda r: 2 * r / a**2 * 2 * q * a / (math.pi * k) * ellipe((r / a) ** 2), 0, a)[0]
    assert contact_heating(10.0, 1.0, radius=a, heat_conductivity=k) == pytest.approx(mean, rel=1e-8)


def test_microcurrent_in_tissue_is_500_watt_per_cubic_metre_at_most():
    assert tissue_heating(10.0, 0.2) == pytest.approx(500.0)


# -- damage --------------------------------------------------------------------------------


def arrhenius():
    damage = tables.heat_damage()
    return {
        "frequency_factor": damage.frequency_factor.value,
        "activation_energy": damage.activation_energy.value,
    }


def test_arrhenius_follows_observed_burns_within_a_factor_of_five_over_four_decades():
    """Henriques' constants and the table of Moritz and Henriques."""
    burns = tables.burn_times()
    assert burns[0].time.value / burns[-1].time.value > 5000
    for burn in burns:
        found = time_to_damage(burn.temperature, **arrhenius())
        assert 1 / 5 < found / burn.time.value < 5, burn
    assert [b.time.value for b in burns] == sorted((b.time.value for b in burns), reverse=True)


def test_damage_of_a_steady_temperature_is_one_after_its_time():
    time = time_to_damage(328.15, **arrhenius())
    assert arrhenius_damage([0, time], [328.15, 328.15], **arrhenius()) == pytest.approx(1, rel=1e-9)
    # Warming up and cooling down in the same time does less than staying warm.
    part = arrhenius_damage([0, time / 2, time], [310.15, 328.15, 310.15], **arrhenius())
    assert 0 < part < 0.3


def test_damage_does_not_depend_on_how_a_history_is_cut():
    times = np.linspace(0, 60, 601)
    kelvin = 310.15 + 15 * np.sin(times / 60 * math.pi)
    fine = arrhenius_damage(times, kelvin, **arrhenius())
    rough = arrhenius_damage(times[::10], kelvin[::10], **arrhenius())
    assert rough == pytest.approx(fine, rel=5e-3)


def equivalents():
    damage = tables.heat_damage()
    ratios = damage.ratio_above.value, damage.ratio_below.value
    return {"reference": damage.reference_temperature.value, "ratios": ratios}


def test_a_degree_more_halves_the_time_and_a_degree_less_takes_four_times():
    def minutes(celsius):
        return equivalent_time([0, 60], [273.15 + celsius] * 2, **equivalents()) / 60

    assert [minutes(c) for c in (42, 43, 44, 46)] == pytest.approx([0.25, 1, 2, 8], rel=1e-9)


def test_equivalent_time_of_a_ramp_is_its_integral():
    """From 41 to 45 degrees C in 100 s, through the change of ratio."""
    found = equivalent_time([0, 100], [314.15, 318.15], **equivalents())
    below = quad(lambda t: 0.25 ** (2 - t / 25), 0, 50)[0]
    above = quad(lambda t: 0.5 ** (2 - t / 25), 50, 100)[0]
    assert found == pytest.approx(below + above, rel=1e-9)


@pytest.mark.parametrize(
    ("call", "key"),
    [
        (lambda: contact_heating(1.0, 1.0, radius=0.0, heat_conductivity=0.4), "radius"),
        (lambda: contact_heating(1.0, -1.0, radius=0.005, heat_conductivity=0.4), "resistance"),
        (lambda: point_heater_rise(1.0, 0.0, heat_conductivity=0.4, length=1.0), "distance"),
        (lambda: surface_flux_rise(1.0, heat_conductivity=0.4, coefficient=0.0), "coefficient"),
        (lambda: step_flux_rise(1.0, 1.0, heat_conductivity=0.4, volume_capacity=0.0), "volume capacity"),
        (lambda: arrhenius_damage([0, 1], [310.0], **arrhenius()), "temperatures"),
        (lambda: equivalent_time([1, 0], [310.0, 310.0], **equivalents()), "times"),
        (lambda: time_to_damage(-1.0, **arrhenius()), "temperatures"),
    ],
)
def test_what_has_no_meaning_is_refused(call, key):
    with pytest.raises(ValueRefused, match=key):
        call()
