"""The choice of holds: against answers known by hand, by trying everything, and by its own dual prices."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microcurrent.errors import PredictionError
from microcurrent.planning.proposal.optimum import Load, Question, few_holds, gentlest, mixture


def question(served, **more):
    settings = {"seconds": 600.0, "change": 1.0, "shortest": 20.0, "longest": 600.0, "most_holds": 4}
    return Question(served=np.array(served, dtype=float), **(settings | more))


def test_the_strongest_hold_takes_all_the_time_for_one_target():
    found = mixture(question([[1.0], [3.0], [2.0]]))
    assert found.times == pytest.approx([0, 600, 0])
    assert found.least == pytest.approx(1800)
    assert found.price_of_time == pytest.approx(3.0)


def test_two_targets_that_need_two_holds_share_the_time_by_hand():
    # 3 t1 = 1 t2 with t1 + t2 = 600: t1 = 150, t2 = 450.
    found = mixture(question([[3.0, 0.0], [0.0, 1.0]]))
    assert found.times == pytest.approx([150, 450])
    assert found.least == pytest.approx(450)
    assert found.evenness == pytest.approx([0.25, 0.75])


def test_a_load_that_binds_has_a_price_and_one_that_does_not_has_none():
    loads = (
        Load(rule="tight", per_second=np.array([1.0, 0.0]), most=100.0),
        Load(rule="loose", per_second=np.array([1.0, 1.0]), most=1e6),
    )
    found = mixture(question([[3.0], [1.0]], loads=loads))
    assert found.times == pytest.approx([100, 500])
    assert found.prices == pytest.approx([2.0, 0.0])


def test_holds_that_may_not_last_have_a_price():
    found = mixture(question([[3.0], [1.0]], longest=100.0))
    assert found.times == pytest.approx([100, 100])
    assert (found.price_of_time, found.price_of_longest) == pytest.approx((0.0, 4.0))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_a_price_is_the_slope_of_the_answer(seed):
    rng = np.random.default_rng(seed)
    served = rng.uniform(0.2, 3.0, (6, 3))
    one = mixture(question(served))
    more = mixture(question(served, seconds=600.0 + 1e-3))
    assert (more.least - one.least) / 1e-3 == pytest.approx(one.price_of_time, rel=1e-4)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 3))
def test_few_holds_are_as_good_as_the_best_of_all_choices(seed, most):
    rng = np.random.default_rng(seed)
    ask = question(rng.uniform(0.2, 3.0, (6, 2)), most_holds=most)
    found = few_holds(ask)
    tried = [
        mixture(ask, chosen, holds=count).least
        for count in range(1, most + 1)
        for chosen in itertools.combinations(range(6), count)
    ]
    assert found.least >= max(tried) * (1 - 0.011)  # the gap that the solver may leave
    used = found.times[found.times > 0]
    assert used.size <= most
    assert (used >= ask.shortest - 1e-6).all()
    assert found.times.sum() + used.size * ask.change <= ask.seconds * (1 + 1e-9)
    assert found.least <= mixture(ask).least * (1 + 1e-9)


def test_no_time_for_the_shortest_hold_says_what_to_do():
    with pytest.raises(PredictionError, match="Allow more time"):
        few_holds(question([[1.0], [2.0]], seconds=10.0))


def test_the_gentlest_mixture_spreads_what_one_place_would_bear():
    # Two holds serve alike at two places: half of the time at each bears half of the charge.
    times = gentlest(question([[1.0], [1.0]]), np.eye(2), least=300.0)
    assert times == pytest.approx([150, 150])


def test_the_gentlest_mixture_keeps_what_every_target_is_to_have():
    rng = np.random.default_rng(3)
    ask = question(rng.uniform(0.2, 3.0, (8, 3)))
    least = 0.6 * mixture(ask).least
    loads = rng.uniform(0, 1, (5, 8))
    times = gentlest(ask, loads, least=least)
    assert (ask.served.T @ times >= least * (1 - 1e-9)).all()
    assert (loads @ times).max() <= (loads @ mixture(ask).times).max() * (1 + 1e-9)
