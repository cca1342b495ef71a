"""What a course may bring: closed forms, intervals that hold zero, a sham twin, never more for more current."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from microcurrent import tables
from microcurrent.errors import InputError
from microcurrent.model.expectation import INTENTS
from microcurrent.model.exposure import Input
from microcurrent.planning.expectation import draw, expect, quantiles

Z95 = float(ndtri(0.95))


def number(intent, name):
    return next(n for n in tables.outcomes()[intent].numbers if n.name == name)


def holds(estimate, value, slack=0.0):
    return estimate.low - slack <= value <= estimate.high + slack


@pytest.mark.parametrize("intent", INTENTS)
def test_each_intent_carries_grade_sources_and_what_would_change_it(intent):
    model = expect(intent).model
    assert model.level and model.certainty and model.sources and model.would_change
    assert set(model.sources) <= set(tables.references())
    assert model.trials and model.doses


@pytest.mark.parametrize("intent", ["wrinkles", "pain"])
def test_what_the_current_adds_may_be_nothing_at_every_point(intent):
    for point in expect(intent).points:
        assert holds(point.difference, 0.0)


@pytest.mark.parametrize("intent", ["wrinkles", "pain", "wound"])
def test_every_point_has_a_sham_twin_and_the_middles_add_up(intent):
    for point in expect(intent).points:
        assert point.active.value == pytest.approx(point.sham.value + point.difference.value)


def test_a_lift_says_how_fast_it_goes_and_not_how_large_it_is():
    lift = expect("lift")
    half = number("lift", "half-life")
    for point in lift.points:
        assert point.sham is None and point.difference is None
        assert point.active.low == pytest.approx(0.5 ** (point.time / half.low), rel=0.02)
        assert point.active.high == pytest.approx(0.5 ** (point.time / half.high), rel=0.02)
    assert lift.points[0].active.value == 1
    assert lift.model.certainty == "very low"


def test_pain_after_four_weeks_is_the_sum_of_two_normals():
    pain = expect("pain").last
    net, sham = number("pain", "net"), number("pain", "sham")
    assert (pain.difference.low, pain.difference.high) == pytest.approx((net.low, net.high), abs=0.01)
    spread = math.hypot((net.high - net.low) / 2, (sham.high - sham.low) / 2)
    assert pain.active.value == pytest.approx(-2.4)
    assert pain.active.high - pain.active.low == pytest.approx(2 * spread, rel=0.02)


def test_people_who_improve_follow_from_normals_in_closed_form():
    found = expect("pain").important
    assert found.active.value == pytest.approx(ndtr((-2 + 2.4) / 2.31))
    assert found.sham.value == pytest.approx(ndtr((-2 + 1.7) / 2.29))
    assert holds(found.difference, 0.0)
    deviation = (0.12 + 1.52) / 2 / Z95
    assert found.net == pytest.approx(ndtr((-2 + 0.7) / deviation), abs=0.003)


def test_wrinkles_approach_their_asymptote_with_fifteen_sittings():
    points = expect("wrinkles", sittings=30).points
    for point in points:
        assert point.difference.value == pytest.approx(0.04 * (1 - math.exp(-point.sitting / 15)))
    assert points[-1].active.value == pytest.approx(number("wrinkles", "seen").value)


def test_most_of_what_is_seen_is_not_the_current():
    for intent, share in (("wrinkles", 0.74), ("pain", 0.71)):
        assert expect(intent).sham_share.value == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize("intent", ["pain", "wound"])
def test_nothing_is_said_beyond_the_weeks_that_were_studied(intent):
    long = expect(intent, sittings=40, per_week=2)
    assert long.last.time <= 28 * 86400
    assert any("Nothing is known after" in remark for remark in long.remarks)
    assert expect("wrinkles", sittings=50).last.sitting == 30


def test_more_current_never_does_more():
    low = expect("pain", current=50e-6)
    for current in (100e-6, 300e-6, 500e-6):
        assert expect("pain", current=current).points == low.points
    for current in (1e-6, 600e-6, 5e-3):
        outside = expect("pain", current=current)
        assert all(point.difference is None and point.active is None for point in outside.points)
        assert outside.important is None and outside.sham_share is None
        assert outside.points[-1].sham == low.points[-1].sham


def test_one_sentence_says_whether_it_may_be_nothing():
    assert "may be nothing" in expect("pain").sentence and "certainty low" in expect("pain").sentence
    assert "may be nothing" not in expect("wound").sentence
    assert "not known" in expect("lift").sentence


def test_a_current_that_nobody_studied_is_said_to_be_so():
    assert "not studied" in expect("wrinkles", current=300e-6).remarks[0]


def test_equal_questions_get_equal_answers_and_a_seed_moves_little():
    assert expect("pain") == expect("pain")
    first, other = expect("pain").last.active, expect("pain", seed=2).last.active
    assert first != other
    assert first.low == pytest.approx(other.low, rel=0.02)


@given(st.sampled_from(INTENTS), st.integers(1, 60), st.floats(0.2, 14))
@settings(max_examples=25)
def test_curves_run_on_in_time_and_keep_to_their_sign(intent, sittings, per_week):
    points = expect(intent, sittings=sittings, per_week=per_week).points
    assert all(a.time < b.time for a, b in zip(points, points[1:], strict=False))
    if intent == "wound":
        assert all(p.active.high <= 1.0 for p in points)
    if intent == "pain":
        values = [p.active.value for p in points]
        assert values == sorted(values, reverse=True)


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ({"intent": "younger"}, "intent"),
        ({"intent": "pain", "sittings": 0}, "sittings"),
        ({"intent": "pain", "per_week": 0.0}, "per_week"),
        ({"intent": "pain", "per_week": math.nan}, "per_week"),
    ],
)
def test_questions_that_cannot_be_answered_are_refused(question, key):
    with pytest.raises(InputError, match=key):
        expect(**question)


def test_draws_have_the_percentiles_of_their_number():
    signed = Input(name="a", value=-1, low=-3, high=1, dimension="score", source="s", confidence="c")
    positive = Input(name="b", value=2, low=1, high=4, dimension="time", source="s", confidence="c")
    drawn = draw((signed, positive), 2000, seed=1)
    for given_ in (signed, positive):
        low, high = np.quantile(drawn[given_.name][1:], (0.05, 0.95))
        assert (low, high) == pytest.approx((given_.low, given_.high), rel=0.01)
        assert drawn[given_.name][0] == given_.value
    assert quantiles(positive, np.array([0.5])) == pytest.approx(2.0)
