"""A step as positions: nothing of its time or charge is lost, and no position is far from the next."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from pathlib import Path

import pytest

from microcurrent.errors import ValueRefused
from microcurrent.model.envelope import Polarity, Ramp
from microcurrent.planning.exposure.dwells import dwells_of
from microcurrent.planning.planfile import read_plan
from microcurrent.planning.positions import position_at

ROOT = Path(__file__).resolve().parents[2]
PLANS = sorted((ROOT / "examples").glob("0*.toml"))
MM = 1e-3
STEPS = [
    pytest.param(plan, number, id=f"{plan.stem}, step {number + 1}")
    for plan in PLANS
    for number in range(len(read_plan(plan)[0].steps))
]


@pytest.mark.parametrize(("path", "number"), STEPS)
@pytest.mark.parametrize("together", [True, False])
def test_seconds_and_charge_are_those_of_the_step(path, number, together):
    plan, _ = read_plan(path)
    step = plan.steps[number]
    found = dwells_of(step, plan, apart=3 * MM, together=together)
    stimulus = step.stimulus
    assert math.fsum(one.seconds for one in found) == pytest.approx(stimulus.duration)
    assert math.fsum(one.absolute for one in found) == pytest.approx(stimulus.absolute_charge)
    net = math.fsum(one.net for one in found)
    assert net == pytest.approx(stimulus.net_charge, abs=1e-9 * stimulus.absolute_charge)
    assert all(one.absolute >= abs(one.net) - 1e-18 for one in found)


def glide():
    plan, _ = read_plan(ROOT / "examples" / "01-cheek-lift.toml")
    return plan, plan.steps[1]


@pytest.mark.parametrize("apart", [0.5 * MM, 1 * MM, 4 * MM])
def test_positions_of_a_glide_stand_no_farther_apart_than_asked(apart):
    plan, step = glide()
    found = dwells_of(step, plan, apart=apart)
    moving = 0 if step.anode.sites != step.anode.sites[:1] else 1
    points = [(one.anode, one.cathode)[moving] for one in found]
    assert all(math.dist(a, b) <= apart * (1 + 1e-9) for a, b in itertools.pairwise(points))
    path = (step.anode, step.cathode)[moving]
    assert len(found) == math.ceil(path.length / apart)
    # One way takes in all of the path: half a piece is left at each end.
    assert math.dist(points[0], points[-1]) >= path.length - 1.01 * apart


def test_there_and_back_is_the_same_place_and_in_order_it_is_not():
    plan, step = glide()
    path = next(part for part in (step.anode, step.cathode) if len(part.sites) > 1)
    once, always = dwells_of(step, plan), dwells_of(step, plan, together=False)
    assert len(always) == path.passes * len(once)
    # Away from the ramps all places have the same time.
    assert max(one.seconds for one in once) == pytest.approx(min(one.seconds for one in once))
    times = list(itertools.accumulate(one.seconds for one in always))
    moving = step.anode is path
    for one, end in zip(always, times, strict=True):
        at = position_at(plan, path, end - one.seconds / 2)
        assert (one.anode if moving else one.cathode) == pytest.approx(at)


def test_ramps_count_where_they_happen():
    """The current rises on the first pass: the first places get less charge for their time."""
    plan, step = glide()
    always = dwells_of(step, plan, together=False)
    middle = always[len(always) // 2]
    assert always[0].absolute / always[0].seconds < 0.5 * middle.absolute / middle.seconds


@pytest.mark.parametrize("apart", [0.0, -1.0, math.nan, math.inf])
def test_a_distance_that_is_none_is_refused(apart):
    plan, step = glide()
    with pytest.raises(ValueRefused, match="distance between positions"):
        dwells_of(step, plan, apart=apart)


def reversing(every, *, ramp=0.0):
    """Ten minutes of direct current, held in one place, that reverses."""
    plan, _ = read_plan(ROOT / "examples" / "01-cheek-lift.toml")
    step = plan.steps[0]
    polarity = Polarity(mode="alternating", every=every, ramp=ramp)
    stimulus = replace(step.stimulus, polarity=polarity, duration=600.0, ramp=Ramp(rise=30.0, fall=30.0))
    return plan, replace(step, stimulus=stimulus)


@pytest.mark.parametrize(("every", "count"), [(15.0, 40), (35.0, 18), (600.0, 1), (0.1, 6000)])
def test_direct_current_flows_one_way_in_each_dwell(every, count):
    plan, step = reversing(every)
    found = dwells_of(step, plan, together=False)
    assert len(found) == count
    assert [one.net > 0 for one in found] == [number % 2 == 0 for number in range(count)]
    assert all(one.absolute == pytest.approx(abs(one.net), rel=1e-9) for one in found)
    assert math.fsum(one.seconds for one in found) == pytest.approx(600.0)
    assert math.fsum(one.absolute for one in found) == pytest.approx(step.stimulus.absolute_charge)


def test_direct_current_that_reverses_all_the_time_is_refused():
    plan, step = reversing(1e-3)
    with pytest.raises(ValueRefused, match="at most 10000 times"):
        dwells_of(step, plan, together=False)
