"""A sitting from the first lease to the last reading of zero."""

from collections import Counter

import pytest

from microcurrent.delivery.controller import deliver
from microcurrent.delivery.faults import Fault
from microcurrent.delivery.load import SkinLoad
from microcurrent.errors import DeliveryError, OutputNotConfirmedOff, RecordError


def figures(bench, kind):
    return [dict(event.figures) for event in bench.events if event.kind == kind]


def test_forty_minutes_end_with_exactly_the_charge_of_the_plan(make):
    stimuli = (make.direct(duration=600.0), make.surged(duration=600.0), make.fast(duration=1200.0))
    bench = make.Bench(*stimuli, trace=None)
    delivered = bench.deliver()
    assert delivered.ending == "completed" and delivered.trip is None
    assert delivered.plan == bench.plan.digest
    assert [part.number for part in delivered.steps] == [1, 2, 3]
    for part, stimulus in zip(delivered.steps, stimuli, strict=True):
        scale = stimulus.absolute_charge
        assert part.net_charge == pytest.approx(stimulus.net_charge, abs=1e-9 * scale)
        assert part.absolute_charge == pytest.approx(scale, rel=1e-9)
        assert part.peak == pytest.approx(stimulus.peak, rel=1e-12)
        assert part.time == pytest.approx(stimulus.duration, abs=1e-9)
    measured = figures(bench, "measured")
    for number, stimulus in enumerate(stimuli, start=1):
        seconds = [f for f in measured if f["step"] == number]
        assert len(seconds) == pytest.approx(stimulus.duration, abs=2)
        flowed = sum(f["mean"] * f["window"] for f in seconds)
        assert flowed == pytest.approx(stimulus.net_charge, abs=1e-9 * stimulus.absolute_charge)
        square = sum(f["rms"] ** 2 * f["window"] for f in seconds)
        assert square == pytest.approx(stimulus.square_between(0, stimulus.duration), rel=1e-8)
    counts = Counter(bench.kinds)
    assert counts["opened"] == counts["closed"] == 1 and counts["step"] == counts["off"] == 3
    assert bench.kinds[0] == "opened" and bench.kinds[-2:] == ["off", "closed"]


def test_the_output_follows_the_plan_and_rests_between_steps(make):
    bench = make.Bench(make.direct(duration=30.0), make.fast(duration=10.0))
    assert bench.deliver().ending == "completed"
    first, second = (step.stimulus for step in bench.plan.steps)
    begun = [event.time for event in bench.events if event.kind == "lease"]
    second_start = next(time for time in begun if time >= bench.plan.steps[1].start)
    assert second_start == pytest.approx(35.0, abs=1e-6)
    for time, envelope in bench.clock.trace:
        if time <= 30.0:
            assert envelope == pytest.approx(first.amplitude * first.envelope_at(time), abs=1e-12)
        elif time < 35.0 or time > 45.0:
            assert envelope == 0
        else:
            inside = second.envelope_at(min(time - second_start, second.duration))
            assert envelope == pytest.approx(second.amplitude * inside, abs=1e-12)


def test_every_lease_is_written_down_before_it_is_given(make):
    bench = make.Bench(make.fast(duration=5.0))
    granted = []
    original = bench.stimulator.grant

    def grant(lease):
        last = bench.events[-1]
        granted.append((last.kind, last.figure("lease") == lease, last.time == bench.clock.now()))
        original(lease)

    bench.stimulator.grant = grant
    bench.deliver()
    assert len(granted) == bench.kinds.count("lease") and set(granted) == {("lease", True, True)}
    assert bench.kinds.index("lease") < bench.kinds.index("measured")


@pytest.mark.parametrize(("heartbeat", "own", "lease"), [(1.0, 0.4, 0.4), (0.3, 1.0, 0.3)])
def test_a_lease_is_never_longer_than_the_heartbeat_or_the_stimulator_allows(make, heartbeat, own, lease):
    bench = make.Bench(
        make.fast(duration=5.0),
        limits_=make.limits(heartbeat=heartbeat),
        can=make.capabilities(max_lease=own),
    )
    assert bench.deliver().ending == "completed"
    assert {f["lease"] for f in figures(bench, "lease")} == {lease}


def test_progress_is_told_each_second(make):
    bench = make.Bench(make.fast(duration=5.0), make.fast(duration=5.0))
    told = []
    bench.deliver(on_progress=lambda *what: told.append(what))
    assert [step for _, _, step, _ in told] == sorted(step for _, _, step, _ in told)
    assert len(told) == bench.kinds.count("measured") >= 10
    assert all(total == 15.0 for _, total, _, _ in told)
    assert told[2][3].state == "running" and told[2][0] == pytest.approx(3.0, abs=0.11)


# -- stop ------------------------------------------------------------------------------------------


def test_stop_ends_by_the_ramp_within_a_poll_and_confirms_zero(make):
    bench = make.Bench(make.direct(), make.fast())
    controller = bench.controller()
    bench.clock.at[20.03] = lambda: controller.stop("the client asked")
    delivered = controller.deliver(bench.plan, bench.approval)
    assert (delivered.ending, delivered.reason) == ("stopped", "the client asked")
    assert len(delivered.steps) == 1 and controller.state == "off"
    order = [kind for kind in bench.kinds if kind in ("stop", "off", "closed", "step")]
    assert order == ["step", "stop", "off", "closed"]
    fall = [(t, e) for t, e in bench.clock.trace if 20.15 < t < 21.1]
    assert all(0 < e < 200e-6 for _, e in fall)
    assert 21.0 < bench.clock.last_flow < 20.03 + 0.1 + 1.0 + 0.02
    flowed = sum(f["mean"] * f["window"] for f in figures(bench, "measured"))
    assert flowed == pytest.approx(delivered.steps[0].net_charge, rel=1e-9)


@pytest.mark.parametrize("at", [0.0, 62.0])
def test_stop_before_the_first_step_or_between_two(make, at):
    bench = make.Bench(make.direct(), make.fast())
    controller = bench.controller()
    if at:
        bench.clock.at[at] = lambda: controller.stop("enough")
    else:
        controller.stop("enough")
    delivered = controller.deliver(bench.plan, bench.approval)
    assert delivered.ending == "stopped" and len(delivered.steps) == (1 if at else 0)
    assert bench.kinds[-2:] == ["stop", "closed"] and bench.kinds.count("step") == len(delivered.steps)


def test_a_stop_that_comes_after_all_is_done_changes_nothing(make):
    bench = make.Bench(make.fast(duration=5.0))
    controller = bench.controller()
    bench.clock.at[5.05] = lambda: controller.stop("late")
    assert controller.deliver(bench.plan, bench.approval).ending == "completed"


def test_a_fault_while_the_current_ends_is_a_trip(make):
    bench = make.Bench(make.direct(), faults=[Fault(kind="open", start=20.5)])
    controller = bench.controller()
    bench.clock.at[20.0] = lambda: controller.stop("enough")
    delivered = controller.deliver(bench.plan, bench.approval)
    assert delivered.ending == "tripped" and delivered.trip.code == "lead-off"


def test_a_stimulator_that_does_not_end_when_asked_is_cut(make):
    bench = make.Bench(make.direct())
    bench.stimulator.end = lambda: None
    controller = bench.controller()
    bench.clock.at[20.0] = lambda: controller.stop("enough")
    delivered = controller.deliver(bench.plan, bench.approval)
    # No lease is given to one that was asked to end and has not begun to: it ends with the one it has.
    assert delivered.trip.code == "device-fault" and "lease ended" in delivered.trip.reason
    assert bench.clock.last_flow < 20.1 + 1.0 + 0.1
    leases = [event.time for event in bench.events if event.kind == "lease"]
    assert max(leases) < 20.15


# -- the record --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["opened", "step", "lease", "measured", "off", "closed"])
def test_without_a_record_no_current(make, kind):
    bench = make.Bench(make.fast(duration=5.0))
    cut_at = []

    def sink(event):
        if event.kind == kind:
            cut_at.append(bench.clock.now())
            raise RecordError("the disk is full")
        bench.events.append(event)

    with pytest.raises(RecordError, match="disk is full"):
        bench.deliver(sink=sink)
    assert len(cut_at) == 1  # nobody writes to a record that is broken
    bench.clock.wait(2)
    assert bench.clock.last_flow <= cut_at[0] and bench.stimulator.status().output == 0
    if kind in ("opened", "step", "lease"):
        assert bench.clock.last_flow == 0


def test_any_error_on_its_way_out_leaves_zero_behind_and_says_so(make):
    bench = make.Bench(make.fast())

    def progress(time, *_):
        if time > 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.deliver(on_progress=progress)
    assert bench.kinds[-2:] == ["off", "closed"]
    assert bench.events[-1].figure("ending") == "interrupted"
    stopped = bench.clock.now()
    bench.clock.wait(2)
    assert bench.clock.last_flow <= stopped


def test_a_lost_record_and_a_stuck_output_are_both_told(make):
    bench = make.Bench(make.fast(), faults=[Fault(kind="stuck", start=2.0)])

    def sink(event):
        if event.time > 3:
            raise RecordError("the disk is full")

    with pytest.raises(OutputNotConfirmedOff, match="Take the probes off") as caught:
        bench.deliver(sink=sink)
    assert isinstance(caught.value.__context__, RecordError)


@pytest.mark.parametrize("kind", ["trip", "not-off", "closed"])
def test_a_record_that_is_lost_at_the_very_end_does_not_hide_that_output_may_be_on(make, kind):
    bench = make.Bench(make.fast(), faults=[Fault(kind="silent", start=2.0)])

    def sink(event):
        if event.kind == kind:
            raise RecordError("the disk is full")

    with pytest.raises(OutputNotConfirmedOff, match="Take the probes off"):
        bench.deliver(sink=sink)


# -- one sitting ---------------------------------------------------------------------------------------


def test_a_controller_delivers_once_and_a_stimulator_again(make):
    bench = make.Bench(make.fast(duration=5.0))
    controller = bench.controller()
    assert controller.state == "idle"
    controller.deliver(bench.plan, bench.approval)
    with pytest.raises(DeliveryError, match="one sitting"):
        controller.deliver(bench.plan, bench.approval)
    again = deliver(bench.plan, bench.approval, bench.stimulator, limits=bench.limits, host=bench.host)
    assert again.ending == "completed"


def test_the_state_follows_the_sitting(make):
    bench = make.Bench(make.fast(duration=5.0), make.fast(duration=5.0))
    seen = []

    def sink(event):
        if not seen or seen[-1] != controller.state:
            seen.append(controller.state)

    controller = bench.controller(sink=sink)
    bench.clock.at[12.0] = lambda: controller.stop("enough")
    controller.deliver(bench.plan, bench.approval)
    assert seen == ["ready", "running", "ready", "running", "ending", "off"]


def test_charges_of_earlier_steps_count(make):
    """Two steps of 4.8 mC each pass a limit that either alone does not: the gate adds them up, and
    the interlock adds up what was measured."""
    stimuli = [make.direct(duration=34.0) for _ in range(2)]
    limits = make.limits(dc_charge_sitting=9.7e-3)
    bench = make.Bench(
        *stimuli, faults=[Fault(kind="gain", start=10.0, stop=10.8, size=0.05)], limits_=limits
    )
    delivered = bench.deliver()
    assert delivered.trip.code == "dc-charge" and len(delivered.steps) == 2
    assert sum(part.net_charge for part in delivered.steps) == pytest.approx(9.7e-3, abs=25e-6)


@pytest.mark.parametrize("broken", ["load", "grant", "status"])
def test_a_line_that_is_pulled_out_at_the_start_is_a_trip_and_not_a_traceback(make, broken):
    bench = make.Bench()
    original = bench.stimulator.status
    calls = []

    def pulled(*_):
        calls.append(1)
        if broken == "status" and len(calls) == 1:
            return original()
        raise OSError("no such device")

    setattr(bench.stimulator, broken, pulled)
    if broken == "status":
        with pytest.raises(OutputNotConfirmedOff):
            bench.deliver()
        assert bench.kinds == ["opened", "step", "trip", "not-off", "closed"]
    else:
        delivered = bench.deliver()
        assert delivered.trip.code == "silence" and delivered.ending == "tripped"
        assert "trip" in bench.kinds and bench.kinds[-2:] == ["off", "closed"]
    assert bench.clock.last_flow == 0


def test_a_dry_contact_reaches_the_voltage_limit_during_the_ramp(make):
    bench = make.Bench(make.direct(), skin=SkinLoad(series=500.0, parallel=500e3, capacitance=50e-9))
    delivered = bench.deliver()
    assert delivered.trip.code == "compliance"
    assert delivered.trip.time == pytest.approx(10 * 60 / 500.5e3 / 200e-6, abs=0.2)
