"""The claims: every computed answer is worked out, and stays true."""

from __future__ import annotations

import math

import pytest

from microcurrent import tables
from microcurrent.errors import InputError
from microcurrent.model.claim import ClaimAnswer
from microcurrent.model.exposure import Estimate
from microcurrent.planning.claims import answer, chosen, needs_situations, situation
from microcurrent.planning.claims.answering import COMPUTATIONS
from microcurrent.planning.claims.depth import at_equal_voltage, current_at, voltage_curve
from microcurrent.planning.claims.reckoning import over, rest, threshold, together
from microcurrent.planning.claims.skin import share_that_feels
from microcurrent.planning.prediction.sampling import middle


@pytest.fixture(scope="module")
def slab():
    return situation("slab", samples=8)


@pytest.fixture(scope="module")
def answers(slab):
    return {a.claim.number: a for a in answer(chosen(()), (slab,))}


def figure(given: ClaimAnswer, words: str) -> Estimate:
    found = [f.estimate for f in given.figures if words in f.name]
    assert found, (words, [f.name for f in given.figures])
    return found[0]


def same(a: Estimate, b: Estimate, tolerance: float) -> bool:
    return all(abs(getattr(a, end) - getattr(b, end)) < tolerance for end in ("value", "low", "high"))


def test_every_claim_and_contradiction_is_answered(answers):
    numbers = [str(n) for n in range(1, 29) if n != 5] + ["5a", "5b"] + list("abcdefghijk")
    assert set(answers) == set(numbers)
    for found in answers.values():
        assert found.claim.finding and found.claim.grade and found.claim.sources
        assert set(found.claim.sources) <= set(tables.references())


def test_every_computation_answers_some_claim():
    assert {c.computation for c in tables.claims() if c.computation} == set(COMPUTATIONS)


# -- 13, b: depth ------------------------------------------------------------------------------------


def test_at_equal_current_neither_kind_is_the_deeper_one(answers):
    found = answers["13"]
    for where in ("below the skin", "in muscle"):
        galvanic, faradic = (figure(found, f"slab, {s}: {where}") for s in ("galvanic", "faradic"))
        assert same(galvanic, faradic, 2e-3)
        assert galvanic.low < galvanic.high
    assert "neither is the deeper one" in found.verdict
    assert answers["b"].figures == found.figures


def test_at_equal_voltage_faradic_pulses_drive_no_less_at_every_depth(slab, answers):
    ratio = figure(answers["13"], "equal voltage")
    assert 1.0 <= ratio.low <= ratio.value <= ratio.high
    assert ratio.high > 1.5
    values, ohms = middle(slab.prediction.inputs), slab.exposures["galvanic"].tissue_resistance.value
    for system in ("galvanic", "faradic"):
        curve = voltage_curve(slab, system, values, ohms=ohms)
        assert current_at(curve(slab.peak), curve, ohms=ohms) == pytest.approx(slab.peak, rel=1e-9)
    assert at_equal_voltage(slab) == ratio


def test_a_skin_of_no_capacitance_leaves_nothing_to_choose_at_equal_voltage(slab):
    values = middle(slab.prediction.inputs) | {
        name: 1e-12 for name in middle(slab.prediction.inputs) if name.startswith("skin capacitance")
    }
    galvanic, faradic = (voltage_curve(slab, s, values, ohms=800.0) for s in ("galvanic", "faradic"))
    assert current_at(galvanic(slab.peak), faradic, ohms=800.0) == pytest.approx(slab.peak, rel=0.01)


def test_by_closed_form_half_passes_below_half_the_spacing(answers, slab):
    spacing = slab.exposures["galvanic"].spacing[0]
    share = figure(answers["13"], "closed form").value
    assert share == pytest.approx(1 - 2 / math.pi * math.atan(2 * 10e-3 / spacing))


# -- 7, 10: tissue -----------------------------------------------------------------------------------


def test_the_field_in_skin_misses_what_acted_in_a_dish(answers, slab):
    found = answers["7"]
    for words in ("half of the skin", "strongest 1 %"):
        assert figure(found, words).low > 1
    field = figure(found, "skin near the probes: half is above")
    at_plan = next(t for t in slab.exposures["faradic"].tissues if t.tissue == "skin").field_median
    assert field.value == pytest.approx(at_plan.value * 400e-6 / slab.peak)
    assert threshold("time for which that field acts").low / figure(found, "time at one place").value == 120


def test_a_faradic_pulse_of_a_home_device_is_below_what_moves_muscle(answers):
    found = answers["10"]
    assert figure(found, "current that moves facial muscle over").low == pytest.approx(5, rel=1e-9)
    assert figure(found, "charge in one faradic pulse").value == pytest.approx(400e-6 * 300e-6)
    assert figure(found, "charge that moves facial muscle over").low > 1
    field, ratio = figure(found, "1 % is above"), figure(found, "that field over what excites")
    assert ratio.value == pytest.approx(field.value / 6)
    assert ("passes" in found.verdict) == (ratio.high > 1)


# -- 1, 2, 23, d: the skin ---------------------------------------------------------------------------


def test_the_density_under_a_probe_is_many_times_that_of_wounds(answers, slab):
    ratio = figure(answers["2"], "over the density of wounds")
    assert ratio.low > 1
    charge = figure(answers["2"], "charge of a galvanic hold")
    galvanic = slab.steps["galvanic"].stimulus
    mean = galvanic.net_charge / slab.contact.area.value
    assert charge.value == pytest.approx(mean, rel=0.5)  # at the place that receives most
    assert charge.value >= mean * 0.99


def test_a_low_current_may_need_volts(answers):
    assert figure(answers["1"], "galvanic: voltage").value > figure(answers["1"], "faradic: voltage").value
    assert "decides on the voltage" in answers["1"].verdict


def test_half_of_people_feel_the_threshold_of_half_of_people():
    shares = [share_that_feels(current) for current in (100e-6, 200e-6, 400e-6, 600e-6)]
    assert shares[2].value == pytest.approx(0.5)
    assert [s.value for s in shares] == sorted(s.value for s in shares)
    assert all(0 <= s.low <= s.value <= s.high <= 1 for s in shares)
    assert shares[2].low < 0.5 < shares[2].high


# -- 19, k, 20, c, 26, i -----------------------------------------------------------------------------


def test_direct_current_makes_lye_and_acid_under_a_bare_probe(answers):
    found = answers["19"]
    for density in ("100 µA/cm²", "500 µA/cm²"):
        assert figure(found, f"cathode, {density}").value > 7.5
        assert figure(found, f"anode, {density}").value < 6.5
    assert figure(found, "cathode, 500").value > figure(found, "cathode, 100").value
    assert "10.4 nmol" in found.verdict  # Faraday: 1 mC over 96485 C/mol


def test_alternating_current_moves_an_ion_less_than_the_size_of_an_atom(answers, slab):
    steady, swing = (
        figure(answers["k"], "way of a sodium ion"),
        figure(answers["k"], "swing of a sodium ion"),
    )
    assert swing.high < 1e-10
    assert steady.value / swing.value == pytest.approx(60 / 300e-6, rel=0.01)


def test_faradic_pulses_are_of_low_frequency(answers):
    assert figure(answers["20"], "high frequency over").low == pytest.approx(100)
    assert answers["c"].verdict.startswith("Faradic pulses are of low frequency")


def test_a_course_and_a_device_are_different_sums(answers):
    texts = {f.name.split(":")[0]: f.text for f in answers["26"].figures}
    assert texts["us"] == "USD 2,400 to 10,000"
    assert texts["uk"] == "GBP 480 to 1,200"


# -- choosing and reckoning --------------------------------------------------------------------------


def test_claims_are_chosen_by_number_and_a_wrong_one_is_named():
    assert [c.number for c in chosen(["13", "5", "b", "13"])] == ["13", "5a", "5b", "b"]
    assert len(chosen(())) == 40
    with pytest.raises(InputError, match="99"):
        chosen(["99"])


def test_only_what_is_computed_on_a_body_waits_for_a_prediction():
    assert needs_situations(chosen(["13"]))
    assert not needs_situations(chosen(["4", "20", "23", "26", "a"]))
    assert [a.claim.number for a in answer(chosen(["4", "23"]), ())] == ["4", "23"]


def test_ratios_take_the_widest_ends():
    a = Estimate(value=4, low=2, high=6, dimension="field")
    b = Estimate(value=2, low=1, high=3, dimension="field")
    found = over(a, b)
    assert (found.value, found.low, found.high) == (2, pytest.approx(2 / 3), 6)
    share = Estimate(value=0.2, low=0.1, high=0.6, dimension="fraction")
    assert (rest(share).low, rest(share).high) == pytest.approx((0.4, 0.9))
    assert together([share, share]).high == 1.0
