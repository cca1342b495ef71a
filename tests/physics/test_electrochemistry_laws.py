"""Ions under current against the figures of physics.md 4.1 to 4.4, and each closed form in its limits (V19)."""

import math

import numpy as np
import pytest
from scipy.integrate import solve_bvp

from microcurrent import tables
from microcurrent.errors import ValueRefused
from microcurrent.physics.electrochemistry import (
    FARADAY,
    GAS,
    amount,
    binary_slope,
    conductivity,
    constant_field_flux,
    diffusivity,
    enhancement,
    film_build_up,
    flux,
    ion_flux,
    limiting_density,
    mass,
    mass_flux,
    mobility,
    neutral_flux,
    osmotic_flow,
    ph_with,
    reduced_voltage,
    salt_diffusivity,
    sand_time,
    single_ion_number,
    surface_build_up,
    thermal_voltage,
    transport_numbers,
)

ROOM = 298.15
#: One hour and one square centimetre, of what is given per second and square metre.
HOUR, CM2 = 3600.0, 1e-4
HALF = 5.0  # 0.5 mA/cm2


def test_a_milliampere_minute_moves_0_622_micromole_of_electrons():
    assert amount(0.06) == pytest.approx(0.622e-6, rel=1e-3)
    assert amount(1.2) == pytest.approx(12.4e-6, rel=5e-3)  # 1 mA for 20 min


def test_twenty_minutes_of_a_milliampere_dissolve_at_most_350_microgram_of_iron():
    iron = tables.ions()["iron"]
    found = mass(1.2, molar_mass=iron.molar_mass.value, valence=iron.charge)
    assert found == pytest.approx(350e-9, rel=0.01)


@pytest.mark.parametrize(
    ("density", "rate", "twenty_minutes"),
    [(0.1, 0.104, 0.124), (1.0, 1.04, 1.24), (2.0, 2.07, 2.49), (5.0, 5.18, 6.22)],
)
def test_hydroxide_is_made_as_fast_as_the_table_says(density, rate, twenty_minutes):
    """nmol/cm2/s and umol/cm2 of physics.md 4.4."""
    assert amount(density) * 1e9 * CM2 == pytest.approx(rate, rel=5e-3)
    assert amount(density * 1200) * 1e6 * CM2 == pytest.approx(twenty_minutes, rel=5e-3)


TRANSPORT = {  # D [1e-9 m2/s] and mobility [1e-8 m2/V/s] of physics.md 4.2
    "hydrogen": (9.31, 36.2), "hydroxide": (5.27, 20.5), "sodium": (1.33, 5.19), "potassium": (1.96, 7.62),
    "chloride": (2.03, 7.91), "bicarbonate": (1.18, 4.61), "dihydrogen phosphate": (0.96, 3.73),
    "calcium": (0.79, 6.17), "magnesium": (0.71, 5.49),
}  # fmt: skip


@pytest.mark.parametrize("name", TRANSPORT)
def test_diffusivity_and_mobility_follow_from_conductivity(name):
    ion = tables.ions()[name]
    found = diffusivity(ion.limiting_conductivity.value, valence=ion.charge, temperature=ROOM)
    assert found * 1e9 == pytest.approx(TRANSPORT[name][0], abs=0.006)
    speed = mobility(found, valence=ion.charge, temperature=ROOM)
    assert speed * 1e8 == pytest.approx(TRANSPORT[name][1], abs=0.06)


def salt(concentration=150.0):
    ions = tables.ions()
    return (
        [concentration] * 2,
        [1, -1],
        [
            diffusivity(ions[n].limiting_conductivity.value, valence=1, temperature=ROOM)
            for n in ("sodium", "chloride")
        ],
    )


def test_salt_water_conducts_as_the_sum_of_its_ions():
    """150 mol/m3 times (50.1 + 76.3) S cm2/mol; and sodium carries 50.1 of 126.4 parts."""
    assert conductivity(*salt(), temperature=ROOM) == pytest.approx(150 * 126.4e-4, rel=1e-6)
    assert transport_numbers(*salt()) == pytest.approx([50.1 / 126.4, 76.3 / 126.4], rel=1e-9)


def test_skin_lets_more_sodium_through_than_water_does():
    """It is negative at its usual pH; and both ions together carry the whole current."""
    ions = tables.ions()
    sodium, chloride = (ions[n].skin_transport_number for n in ("sodium", "chloride"))
    assert sodium.value > transport_numbers(*salt())[0]
    assert sodium.value + chloride.value == pytest.approx(1)


def test_a_uniform_solution_obeys_ohms_law():
    c, z, d = salt()
    fluxes = [
        flux(c_, slope=0.0, field=10.0, valence=z_, diffusivity_=d_, temperature=ROOM)
        for c_, z_, d_ in zip(c, z, d, strict=True)
    ]
    density = FARADAY * sum(n * z_ for n, z_ in zip(fluxes, z, strict=True))
    assert density == pytest.approx(10 * conductivity(c, z, d, temperature=ROOM), rel=1e-12)


@pytest.mark.parametrize(("name", "umol"), [("sodium", 11.2), ("chloride", 7.5), ("lidocaine", 2.8)])
def test_fluxes_of_named_ions_at_half_a_milliampere(name, umol):
    """Those of physics.md 4.3, in umol/cm2/h; anions go in under the cathode."""
    ion = tables.ions()[name]
    found = ion_flux(math.copysign(HALF, ion.charge), ion.skin_transport_number.value, valence=ion.charge)
    assert found * 1e6 * HOUR * CM2 == pytest.approx(umol, rel=0.01)
    assert ion_flux(-HALF, ion.skin_transport_number.value, valence=1) < 0


def test_lidocaine_and_ascorbate_by_mass():
    """656 ug/cm2/h, and 0.16 to 0.49 mg/cm2/h over the range of the transport number."""
    ions = tables.ions()

    def mg(ion, number):
        found = mass_flux(
            math.copysign(HALF, ion.charge), number, valence=ion.charge, molar_mass=ion.molar_mass.value
        )
        return found * 1e6 * HOUR * CM2

    lidocaine, ascorbate = ions["lidocaine"], ions["ascorbate"]
    assert mg(lidocaine, lidocaine.skin_transport_number.value) == pytest.approx(0.656, rel=5e-3)
    number = ascorbate.skin_transport_number
    assert mg(ascorbate, number.low) == pytest.approx(0.16, abs=0.005)
    assert mg(ascorbate, number.high) == pytest.approx(0.49, abs=0.005)


def test_water_goes_with_the_current_and_against_it_below_the_isoelectric_point():
    skin = tables.skin_chemistry()
    point = skin.isoelectric_point.value
    flow = osmotic_flow(HALF, skin.electro_osmosis.value, ph=[7.4, point, 3.0], isoelectric_point=point)
    assert flow[0] * HOUR * 1e9 * CM2 == pytest.approx(2.5, rel=1e-9)  # uL/cm2/h, of 1 to 4
    assert flow[1] == 0 and flow[2] == -flow[0]
    mouse = skin.electro_osmosis_of_mouse_skin.value
    measured = osmotic_flow(3.6, mouse, ph=7.4, isoelectric_point=point) * HOUR * 1e9 * CM2
    assert measured == pytest.approx(2.7, rel=1e-9)
    assert neutral_flux(flow[0], 100.0) == pytest.approx(100 * flow[0])


def test_the_largest_number_in_skin_is_bounded_by_one():
    assert single_ion_number(0.3, factor=1.4) == pytest.approx(0.42)
    assert single_ion_number(0.9, factor=1.4) == 1.0


def test_thermal_voltage_is_25_7_and_26_7_millivolt():
    assert thermal_voltage(ROOM) * 1e3 == pytest.approx(25.7, abs=0.05)
    assert thermal_voltage(310.15) * 1e3 == pytest.approx(26.7, abs=0.05)


# -- constant field ------------------------------------------------------------------------


def test_goldman_is_diffusion_without_voltage_and_drift_with_much():
    assert constant_field_flux(3.0, 1.0, permeability=2.0, reduced=0.0) == pytest.approx(4.0)
    near = constant_field_flux(3.0, 1.0, permeability=2.0, reduced=[-1e-6, 1e-6])
    assert near == pytest.approx([4.0, 4.0], rel=1e-5)
    assert constant_field_flux(3.0, 1.0, permeability=2.0, reduced=800.0) == pytest.approx(2 * 800 * 3)
    assert constant_field_flux(3.0, 1.0, permeability=2.0, reduced=-800.0) == pytest.approx(-2 * 800 * 1)
    assert enhancement([0.0, 50.0]) == pytest.approx([1.0, 50.0])


def test_goldman_turns_round_with_its_sides_and_stops_at_nernsts_voltage():
    forth = constant_field_flux(3.0, 1.0, permeability=1.0, reduced=2.5)
    back = constant_field_flux(1.0, 3.0, permeability=1.0, reduced=-2.5)
    assert forth == pytest.approx(-back, rel=1e-14)
    nernst = -math.log(3.0)  # the voltage that holds three parts against one
    assert constant_field_flux(3.0, 1.0, permeability=1.0, reduced=nernst) == pytest.approx(0, abs=1e-15)
    assert reduced_voltage(thermal_voltage(ROOM), valence=-2, temperature=ROOM) == pytest.approx(-2)


def test_goldman_is_the_profile_of_a_constant_field():
    """Solve dN/dx = 0, N = -dc/dx + K c, between c = 3 and c = 1, by collocation."""
    k = 4.0
    solved = solve_bvp(
        lambda x, y: np.array([k * y[0] - y[1], np.zeros_like(x)]),
        lambda a, b: np.array([a[0] - 3.0, b[0] - 1.0]),
        np.linspace(0, 1, 41), np.ones((2, 41)), tol=1e-9,
    )  # fmt: skip
    expected = constant_field_flux(3.0, 1.0, permeability=1.0, reduced=k)
    assert solved.y[1, 0] == pytest.approx(float(expected), rel=1e-7)


# -- depletion, build-up -------------------------------------------------------------------


def test_sand_times_of_a_25_millimolar_buffer():
    """183 s at 0.5 and about 4600 s at 0.1 mA/cm2, with D = 1e-9 m2/s."""
    assert sand_time(5.0, 25.0, diffusivity=1e-9) == pytest.approx(183, rel=5e-3)
    assert sand_time(1.0, 25.0, diffusivity=1e-9) == pytest.approx(4600, rel=0.01)
    assert sand_time(5.0, 25.0, diffusivity=1e-9, transport=0.5) == pytest.approx(4 * 182.8, rel=5e-3)
    assert sand_time(0.0, 25.0, diffusivity=1e-9) == math.inf


def test_what_builds_up_is_what_sand_uses_up():
    time = sand_time(5.0, 25.0, diffusivity=1e-9)
    assert surface_build_up(5.0, time, diffusivity=1e-9) == pytest.approx(25.0, rel=1e-12)


WATER = 1e-8  # mol2/m6, at pK 14


@pytest.mark.parametrize(
    ("density", "film", "deep"),
    [
        (0.1, (10.5, 11.5), (10.4, 10.9)),
        (1.0, (11.5, 12.5), (11.4, 11.9)),
        (2.0, (11.8, 12.8), (11.7, 12.2)),
        (5.0, (12.2, 13.2), (12.1, 12.6)),
    ],
)
def test_ph_of_unbuffered_films_and_deep_media(density, film, deep):
    """The last two columns of physics.md 4.4, after 60 and 600 s; 0.2 mm, and D = 1.6e-9 m2/s."""
    times = np.array([60.0, 600.0])
    kept = ph_with(-film_build_up(density, times, thickness=2e-4), water=WATER)
    assert kept == pytest.approx(film, abs=0.06)
    spread = ph_with(-surface_build_up(density, times, diffusivity=1.6e-9), water=WATER)
    assert spread == pytest.approx(deep, abs=0.06)


def test_ph_of_pure_water_is_neutral_and_acid_mirrors_base():
    assert ph_with(0.0, water=WATER) == pytest.approx(7)
    assert ph_with(1.0, water=WATER) == pytest.approx(3, abs=1e-6)
    assert ph_with([0.3, 1e-5], water=WATER) + ph_with([-0.3, -1e-5], water=WATER) == pytest.approx(14)


def test_steady_salt_falls_twice_as_slowly_as_pure_diffusion_would_need():
    """Nernst-Planck of both ions with the field that holds one of them still."""
    d, slope = 2.03e-9, binary_slope(5.0, valence=-1, diffusivity=2.03e-9)
    c = 80.0
    field = slope / c * GAS * ROOM / FARADAY  # sodium stands still: D' (F E c / R T - dc/dx) = 0
    sodium = flux(c, slope=slope, field=field, valence=1, diffusivity_=1.33e-9, temperature=ROOM)
    chloride = flux(c, slope=slope, field=field, valence=-1, diffusivity_=d, temperature=ROOM)
    assert sodium == pytest.approx(0, abs=1e-20)
    assert -FARADAY * chloride == pytest.approx(5.0, rel=1e-12)


def test_the_limiting_density_empties_one_face():
    density = limiting_density(100.0, 2e-4, diffusivity=2.03e-9)
    assert binary_slope(density, valence=1, diffusivity=2.03e-9) * 2e-4 / 2 == pytest.approx(-100.0)


def test_the_diffusivity_of_a_salt_lies_between_those_of_its_ions():
    assert salt_diffusivity(1.33e-9, 2.03e-9) == pytest.approx(1.61e-9, rel=2e-3)


# -- refusals ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "key"),
    [
        (lambda: amount(1.0, valence=0), "valence"),
        (lambda: ion_flux(1.0, 1.2, valence=1), "share"),
        (lambda: diffusivity(-1.0, valence=1, temperature=ROOM), "conductivity"),
        (lambda: mobility(1e-9, valence=1, temperature=0.0), "temperature"),
        (lambda: transport_numbers([0.0], [1], [1e-9]), "concentrations"),
        (lambda: transport_numbers([1.0, 2.0], [1, -1], [1e-9, 1e-9]), "as much positive"),
        (lambda: conductivity([1.0], [1, 1], [1e-9], temperature=ROOM), "one entry"),
        (lambda: conductivity([-1.0], [1], [1e-9], temperature=ROOM), "negative"),
        (lambda: sand_time(1.0, 25.0, diffusivity=0.0), "diffusivity"),
        (lambda: sand_time(1.0, 25.0, diffusivity=1e-9, transport=1.0), "transport"),
        (lambda: surface_build_up(1.0, -1.0, diffusivity=1e-9), "time"),
        (lambda: film_build_up(1.0, 1.0, thickness=0.0), "thickness"),
        (lambda: binary_slope(1.0, valence=2, diffusivity=1e-9), "valence"),
        (lambda: single_ion_number(1.5, factor=1.4), "aqueous"),
        (lambda: thermal_voltage(-1.0), "temperature"),
    ],
)
def test_what_has_no_meaning_is_refused(call, key):
    with pytest.raises(ValueRefused, match=key):
        call()
