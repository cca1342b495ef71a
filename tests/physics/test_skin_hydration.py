"""Skin under cover: nothing leaves the table's cases, time has its closed form, layers keep their bulk."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microcurrent.errors import ValueRefused
from microcurrent.physics.skin import (
    Hydration,
    SkinImpedance,
    area_impedance,
    bulk_conductivity,
    bulk_permittivity,
    degree_after,
    hydrated,
    hydrated_admittance,
    hydrated_impedance,
    swollen,
)

#: The face, physics.md 2.3.
DRY = SkinImpedance(series=0.01, parallel=12.5, capacitance=1e-4, alpha=0.75)
GEL = SkinImpedance(series=0.01, parallel=5.0, capacitance=3.5e-4, alpha=0.80)
WET = SkinImpedance(series=0.01, parallel=1.5, capacitance=4.5e-4, alpha=0.80)
FACE = Hydration(dry=DRY, gel=GEL, wet=WET, occlusion_time=200.0, drying_time=600.0)


def values(skin):
    return dataclasses.astuple(skin)


def test_the_three_known_states_come_back_exactly():
    for degree, state in ((0.0, DRY), (FACE.gel_degree, GEL), (1.0, WET)):
        assert values(hydrated(FACE, degree)) == pytest.approx(values(state), rel=1e-12)


def test_resistance_falls_by_equal_factors_for_equal_degrees():
    resistance = [hydrated(FACE, d).parallel for d in (0.1, 0.4, 0.7, 1.0)]
    ratios = np.divide(resistance[1:], resistance[:-1])
    assert ratios == pytest.approx(np.full(3, (1.5 / 12.5) ** 0.3), rel=1e-12)


@given(st.floats(0, 1), st.floats(0, 1e5))
def test_no_state_leaves_the_cases_of_the_table(degree, frequency):
    layer = hydrated(FACE, degree)
    for name in ("series", "parallel", "capacitance", "alpha"):
        ends = [getattr(state, name) for state in (DRY, GEL, WET)]
        assert min(ends) * (1 - 1e-12) <= getattr(layer, name) <= max(ends) * (1 + 1e-12)
    one = hydrated_impedance(FACE, degree, frequency)
    assert one == pytest.approx(area_impedance(layer, frequency), rel=1e-12)
    assert hydrated_admittance(FACE, degree, frequency) * one == pytest.approx(1, rel=1e-12)


def test_hydration_lowers_the_impedance_at_every_frequency_of_use():
    degree = np.linspace(0, 1, 11)[:, None]
    magnitude = np.abs(hydrated_impedance(FACE, degree, np.array([0.0, 10.0, 100.0, 1e3, 1e4])))
    assert magnitude.shape == (11, 5)
    assert (np.diff(magnitude, axis=0) < 0).all()


def test_dry_skin_under_metal_falls_3_to_30_times_within_minutes():
    """physics.md 2.6; 10 min reach the wet row to 5 % of the way."""
    degree = degree_after(FACE, 0.0, [0.0, 300.0, 600.0])
    resistance = [hydrated(FACE, d).parallel for d in degree]
    assert 3 < resistance[0] / resistance[1] < 30
    assert 3 < resistance[0] / resistance[2] < 30
    assert degree[2] == pytest.approx(1 - math.exp(-3), rel=1e-12)


@given(st.floats(0, 1), st.floats(0, 5e3), st.floats(0, 5e3), st.booleans())
def test_time_adds_up(start, first, second, covered):
    halfway = degree_after(FACE, start, first, covered=covered)
    assert degree_after(FACE, halfway, second, covered=covered) == pytest.approx(
        degree_after(FACE, start, first + second, covered=covered), abs=1e-12
    )


def test_covered_faces_wet_while_bare_ones_dry():
    after = degree_after(FACE, [0.5, 0.5], 100.0, covered=[True, False])
    assert after == pytest.approx([1 - 0.5 * math.exp(-0.5), 0.5 * math.exp(-1 / 6)], rel=1e-12)


def test_skin_swells_to_twice_its_thickness_in_ninety_minutes():
    """Egawa 2007, physics.md 2.1, with 95 % of it after the 90 min."""
    thick = swollen(16.8e-6, [0.0, 5400.0, 1e9], swelling=2.0, swelling_time=1800.0)
    assert thick == pytest.approx([16.8e-6, 16.8e-6 * (2 - math.exp(-3)), 33.6e-6], rel=1e-12)


def test_bulk_values_of_a_typical_layer():
    """physics.md 2.2: over 15 um, 100 kohm cm2 are 1.5e-6 S/m and 30 nF/cm2 a permittivity of 510."""
    layer = SkinImpedance(series=0.0, parallel=10.0, capacitance=3e-4, alpha=1.0)
    assert bulk_conductivity(layer, 15e-6) == pytest.approx(1.5e-6, rel=1e-12)
    assert bulk_permittivity(layer, 15e-6) == pytest.approx(510, rel=5e-3)


def test_a_contact_without_series_resistance_can_hydrate():
    states = {n: dataclasses.replace(s, series=0.0) for n, s in (("dry", DRY), ("gel", GEL), ("wet", WET))}
    assert hydrated(dataclasses.replace(FACE, **states), 0.3).series == 0


@pytest.mark.parametrize(
    "change", [{"gel": WET}, {"dry": GEL}, {"occlusion_time": 0.0}, {"drying_time": math.inf}]
)
def test_states_without_meaning_are_refused(change):
    with pytest.raises(ValueRefused, match="hydration"):
        dataclasses.replace(FACE, **change)


@pytest.mark.parametrize(
    "call",
    [
        lambda: hydrated(FACE, 1.01),
        lambda: degree_after(FACE, -0.1, 1.0),
        lambda: degree_after(FACE, 0.1, -1.0),
        lambda: hydrated_impedance(FACE, [0.5, math.nan], 1.0),
        lambda: swollen(-1e-6, 1.0, swelling=2.0, swelling_time=1.0),
        lambda: swollen(1e-6, 1.0, swelling=0.5, swelling_time=1.0),
    ],
)
def test_numbers_without_meaning_are_refused(call):
    with pytest.raises(ValueRefused, match="hydration"):
        call()
