"""Direct and alternating current at once, through gate, controller, simulated stimulator and interlocks."""

from dataclasses import replace

import pytest

from microcurrent import tables
from microcurrent.delivery import interlock
from microcurrent.delivery.drivers.scpi_lists import points_of
from microcurrent.delivery.drivers.stimjim_trains import refusals
from microcurrent.delivery.faults import Fault
from microcurrent.delivery.gate import beyond
from microcurrent.delivery.peak import peak_between
from microcurrent.errors import StimulatorRefused
from microcurrent.model import Polarity, Surge, shapes
from microcurrent.model.rest import rest_of

SHAPES = {
    "turning": (shapes.biphasic(width=0.2), 50e-6),
    "sine": (shapes.sine(), 50e-6),
    "one way": (shapes.ramped_square(rise=0.1), 300e-6),
}


@pytest.mark.parametrize(("inner", "direct"), SHAPES.values(), ids=SHAPES)
def test_a_sitting_gives_the_charge_of_the_plan(make, inner, direct):
    stimulus = make.superposed(inner=inner, direct=direct)
    bench = make.Bench(stimulus, trace=None)
    delivered = bench.deliver()
    assert delivered.ending == "completed", delivered.trip
    step = delivered.steps[0]
    assert step.net_charge == pytest.approx(direct * 50.0, rel=1e-6)
    assert step.absolute_charge == pytest.approx(stimulus.absolute_charge, rel=1e-9)
    assert step.peak == pytest.approx(200e-6 + direct, rel=1e-9)
    means = [event.figure("mean") for event in bench.events if event.kind == "measured"]
    assert max(means) == pytest.approx(direct, rel=2e-3)


@pytest.mark.parametrize(("inner", "direct"), SHAPES.values(), ids=SHAPES)
def test_its_largest_current_within_a_stretch_is_never_too_small(make, inner, direct):
    stimulus = make.superposed(inner=inner, direct=direct, duration=30.0)
    for start, span in ((3.0, 1e-3), (12.0031, 4e-3), (12.0, 0.02), (12.017, 0.012), (25.0, 0.5)):
        seen = max(abs(stimulus.current_at(start + span * k / 400)) for k in range(401))
        assert seen <= peak_between(stimulus, start, start + span) * (1 + 1e-12)
        assert peak_between(stimulus, start, start + span) <= 1.12 * seen  # within a ramp, not exact


def test_more_direct_current_than_was_planned_trips(make):
    bench = make.Bench(make.superposed(), faults=[Fault(kind="leak", start=20.0, size=60e-6)], trace=None)
    delivered = bench.deliver()
    assert delivered.trip is not None and delivered.trip.code in ("net-dc", "mismatch", "charge-drift")
    assert bench.clock.now() < 25.0


def test_the_rule_speaks_of_what_is_beyond_the_plan(make):
    bench = make.Bench(make.superposed(), trace=None)
    seen = []
    controller = bench.controller()
    judge = controller._judge
    controller._judge = lambda now: (seen.append(controller._ledger.observe(now)), judge(now))[1]
    controller.deliver(bench.plan, bench.approval)
    late = replace(seen[200], offset=51e-6)
    assert abs(seen[200].offset) < 1e-9  # the 50 uA that are planned are none
    trip = interlock.net_dc(late, make.limits())
    assert trip.code == "net-dc" and "beyond the planned one" in trip.reason
    assert interlock.net_dc(replace(late, offset=-49e-6), make.limits()) is None


def test_what_is_left_after_a_pause_flows_the_same_way(make):
    turning = replace(
        make.superposed(duration=120.0), polarity=Polarity(mode="alternating", every=30.0, ramp=10.0)
    )
    rest = rest_of(turning, 40.0)  # from 60 s on, where the polarity is as written
    assert rest.waveform.direct > 0 and rest.duration == 60.0
    rest = rest_of(turning, 20.0)  # from 30 s on, reversed
    assert rest.waveform.direct < 0
    for time in (15.003, 33.31, 70.001):
        assert rest.current_at(time) == pytest.approx(turning.current_at(30.0 + time), abs=1e-12)


def test_its_direct_part_jumps_nowhere(make):
    can = make.capabilities()
    sudden = Polarity(mode="alternating", every=30.0)
    gentle = Polarity(mode="alternating", every=30.0, ramp=1.0)
    assert beyond(make.superposed(), can) == ()
    assert beyond(replace(make.superposed(), polarity=gentle), can) == ()
    assert "a ramp of 0 s" in beyond(replace(make.superposed(), polarity=sudden), can)[0]
    swell = Surge(rise=0.1, hold=1, fall=1, rest=1)
    assert "a ramp of 100 ms" in beyond(replace(make.superposed(), surge=swell), can)[0]


def test_instruments_that_would_let_it_fall_to_zero_refuse_it(make):
    stimulus = make.superposed()
    assert "fall to zero between trains" in refusals(stimulus)[0]
    with pytest.raises(StimulatorRefused, match="does not rest at the end of its period"):
        points_of(make.superposed(frequency=10.0), 0.5)


@pytest.mark.parametrize("direct", [1e-9, 9.9e-6])
def test_a_direct_part_too_small_to_matter_does_not_turn_off_what_watches_a_balanced_current(make, direct):
    with pytest.raises(StimulatorRefused, match="only turn off what watches"):
        make.Bench(make.superposed(direct=direct), trace=None, limits_=tables.limits()).deliver()
