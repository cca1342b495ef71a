"""What is refused is refused before anything is loaded, and nothing is made to fit."""

from dataclasses import replace

import pytest

from microcurrent.delivery.gate import REQUIRED_LIMITS, beyond
from microcurrent.errors import ApprovalRefused, MissingLimit, StimulatorRefused
from microcurrent.model import Limit, Limits, Polarity, Ramp, Surge


def refused(bench, error, *words):
    """Deliver, expect the error, and prove that nothing was loaded, granted or written."""
    commands = []
    stimulator = bench.stimulator
    for name in ("load", "grant"):
        original = getattr(stimulator, name)
        setattr(stimulator, name, lambda *a, n=name, o=original: (commands.append(n), o(*a)))
    with pytest.raises(error) as caught:
        bench.deliver()
    for word in words:
        assert word in str(caught.value)
    assert commands == [] and bench.events == []
    bench.clock.wait(5)
    assert bench.clock.last_flow == 0 and stimulator.status().state == "idle"


@pytest.mark.parametrize("id_", REQUIRED_LIMITS)
def test_each_limit_is_needed(make, id_):
    bench = make.Bench(limits_=make.limits(**{id_.replace("-", "_"): None}))
    refused(bench, MissingLimit, id_)


def test_the_bench_has_exactly_the_limits_needed(make):
    assert set(make.levels) == set(REQUIRED_LIMITS)


def test_a_warning_at_the_impedance_stops_where_no_stop_is_given(make):
    jump = Limit(id="impedance-jump", quantity="q", sense="at most", dimension="fraction", warn=0.5,
                 stop=None, source=("s",), confidence="C", status="proposed", title="t")  # fmt: skip
    others = make.limits(impedance_jump=None).limits
    assert make.Bench(limits_=Limits(limits=(*others, jump))).deliver().ending == "completed"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"plan": "1" * 64}, "names plan 111111111111"),
        ({"until": "2027-04-30"}, "ended on 2027-04-30, today is 2027-05-01"),
    ],
)
def test_only_the_plan_approved_and_only_until_then(make, change, words):
    bench = make.Bench()
    bench.approval = make.approval(bench.plan, **change)
    refused(bench, ApprovalRefused, words)


@pytest.mark.parametrize(
    ("plan", "approval", "limits", "words"),
    [
        ("microcurrent", "motor", "microcurrent", "is for the mode motor, this plan is microcurrent"),
        ("microcurrent", "microcurrent", "motor", "are those of the mode motor, this plan is microcurrent"),
        ("motor", "microcurrent", "motor", "is for the mode microcurrent, this plan is motor"),
        ("motor", "motor", "microcurrent", "are those of the mode microcurrent, this plan is motor"),
    ],
)
def test_plan_approval_and_limits_are_of_one_mode(make, plan, approval, limits, words):
    """No consent and no level of one mode of treatment ever stands in for another."""
    bench = make.Bench(limits_=replace(make.limits(), mode=limits))
    bench.plan = replace(bench.plan, mode=plan)
    bench.approval = make.approval(bench.plan, mode=approval)
    refused(bench, ApprovalRefused, words)


def test_a_mode_raises_nothing_that_a_stimulator_gives(make):
    """Limits of motor level, current of motor level: what the stimulator can give is still the end."""
    limits = replace(make.limits(total_current=20e-3), mode="motor")
    bench = make.Bench(make.fast(amplitude=6e-3), limits_=limits)
    bench.plan = replace(bench.plan, mode="motor")
    bench.approval = make.approval(bench.plan, mode="motor")
    refused(bench, StimulatorRefused, "6 mA is above the 1 mA of bench")


def test_one_changed_digit_of_a_plan_is_another_plan(make):
    bench = make.Bench()
    step = bench.plan.steps[0]
    other = replace(step.stimulus, amplitude=step.stimulus.amplitude * (1 + 1e-15))
    bench.plan = replace(bench.plan, steps=(replace(step, stimulus=other),))
    refused(bench, ApprovalRefused, "names plan")


@pytest.mark.parametrize(
    ("limit", "can", "words"),
    [
        ({"total_current": 199e-6}, {}, "200 µA is above the limit of 199 µA"),
        ({}, {"max_current": 199e-6}, "200 µA is above the 199 µA of bench"),
        ({}, {"min_ramp": 10.1}, "a ramp of 10 s is shorter than the 10.1 s"),
        ({"sitting_time": 59.0}, {}, "60 s of current are above the limit of 59 s"),
        ({"dc_charge_sitting": 9.9e-3}, {}, "10 mC in one sitting is above the limit of 9.9 mC"),
        ({}, {"max_charge": 9.9e-3}, "above the 9.9 mC of bench"),
        ({"compliance_voltage": 50.0}, {}, "bench can give 60 V, the limit is 50 V"),
    ],
)
def test_the_tightest_of_limit_and_stimulator_holds(make, limit, can, words):
    bench = make.Bench(make.direct(), limits_=make.limits(**limit), can=make.capabilities(**can))
    refused(bench, StimulatorRefused, "nothing was loaded", words)


def test_opposite_charges_do_not_cancel_over_a_sitting(make):
    """What flowed into one site by one step does not come out of another by the next."""
    bench = make.Bench(
        make.direct(), make.direct().reversed(), limits_=make.limits(dc_charge_sitting=15e-3)
    )
    refused(bench, StimulatorRefused, "20 mC in one sitting is above the limit of 15 mC")


def test_the_level_itself_is_allowed(make):
    can = make.capabilities(max_current=200e-6, max_charge=10e-3, min_ramp=10.0)
    limits = make.limits(total_current=200e-6, sitting_time=60.0, dc_charge_sitting=10e-3)
    assert make.Bench(make.direct(), limits_=limits, can=can).deliver().ending == "completed"


def test_every_reason_is_given_at_once_and_a_bad_last_step_stops_the_first(make):
    bench = make.Bench(make.direct(), make.fast(amplitude=2e-3))
    refused(bench, StimulatorRefused, "step 2: 2 mA is above the 1 mA of bench",
            "step 2: 2 mA is above the limit of 1 mA")  # fmt: skip


def test_a_balanced_shape_that_does_not_balance_within_a_second_is_refused(make):
    slow = replace(make.fast(), frequency=0.4, duration=1.0, ramp=Ramp(rise=0.5, fall=0.5))
    refused(make.Bench(slow), StimulatorRefused, "in a balanced current")


def test_a_constant_current_may_jump_nowhere_an_alternating_one_at_its_pulses(make):
    can = make.capabilities()
    surge = Surge(rise=0.1, hold=1, fall=0.1, rest=1)
    turns = Polarity(mode="alternating", every=10.0, ramp=0.1)
    for change in ({"surge": surge}, {"polarity": turns}):
        assert "ramp of 100 ms" in beyond(replace(make.direct(), **change), can)[0]
        assert beyond(replace(make.fast(), **change), can) == ()


def test_a_stimulator_at_work_is_never_started_again(make):
    bench = make.Bench()
    bench.stimulator.load(make.fast())
    with pytest.raises(StimulatorRefused, match="is armed; a sitting starts from idle"):
        bench.deliver()
    assert bench.events == []
