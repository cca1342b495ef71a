"""Pause and resume, a contact that is lost and found, marks, and a stop at once."""

from dataclasses import replace

import pytest

from microcurrent.delivery.controller import LONGEST_PAUSE
from microcurrent.delivery.faults import Fault
from microcurrent.delivery.wishes import MOST_MARKS
from microcurrent.errors import DeliveryError, OutputNotConfirmedOff, StimulatorRefused
from microcurrent.model import Polarity, Surge, shapes
from microcurrent.model.rest import negative, rest_of


def start(bench, *wishes, **host):
    """Deliver with wishes `(time, method, arguments...)` at their times."""
    controller = bench.controller(**host)
    for time, method, *arguments in wishes:
        bench.clock.at[time] = lambda method=method, arguments=arguments: getattr(controller, method)(
            *arguments
        )
    return controller.deliver(bench.plan, bench.approval)


def times(bench, kind):
    return [event.time for event in bench.events if event.kind == kind]


def test_a_pause_goes_to_zero_by_the_ramp_and_resumes_from_zero_by_a_ramp(make):
    bench = make.Bench(make.direct(duration=60.0, ramp=5.0), make.fast(duration=10.0))
    delivered = start(bench, (20.0, "pause", "the phone"), (50.0, "resume", "A. Person"))
    assert delivered.ending == "completed" and [step.number for step in delivered.steps] == [1, 2]
    trace = [(t, e) for t, e in bench.clock.trace if e > 0]
    fall = [e for t, e in trace if 20.15 < t < 21.0]
    assert fall == sorted(fall, reverse=True) and min(fall) > 0 and max(fall) < 200e-6
    assert not [t for t, _ in trace if 21.2 < t < 50.0]
    rise = [(t, e) for t, e in trace if 50.3 < t < 54.5]
    assert [e for _, e in rise] == sorted(e for _, e in rise) and rise[0][1] < 15e-6
    # Nothing more than planned, and what is missing is the two ramps of the pause.
    planned = bench.plan.steps[0].stimulus.net_charge
    assert planned - 200e-6 * 7 < delivered.steps[0].net_charge < planned
    assert delivered.steps[0].time == pytest.approx(60.0, abs=0.3)


def test_the_record_adds_up_what_the_parts_of_a_paused_step_gave(make):
    bench = make.Bench(make.direct(duration=30.0, ramp=2.0))
    delivered = start(bench, (10.0, "pause", "a look"), (20.0, "resume", "A. Person"))
    measured = [event for event in bench.events if event.kind == "measured"]
    for figure in ("net_charge", "absolute_charge", "elapsed"):
        course = [event.figure(figure) for event in measured]
        assert course == sorted(course)
    step = delivered.steps[0]
    assert measured[-1].figure("net_charge") == pytest.approx(step.net_charge)
    assert measured[-1].figure("elapsed") == pytest.approx(step.time)


def test_what_follows_a_pause_is_put_off_by_it(make):
    bench = make.Bench(make.direct(duration=30.0, ramp=2.0), make.fast(duration=10.0))
    start(bench, (10.0, "pause", "a look"), (40.0, "resume", "A. Person"))
    steps = times(bench, "step")
    waited = next(event.figure("waited") for event in bench.events if event.kind == "resumed")
    assert 28 < waited < 30 and steps[1] == pytest.approx(35.0 + waited, abs=0.2)


def test_a_pause_between_two_steps(make):
    bench = make.Bench(make.fast(duration=5.0), make.fast(duration=5.0))
    delivered = start(bench, (7.0, "pause", "gel"), (60.0, "resume", "A. Person"))
    assert delivered.ending == "completed"
    assert times(bench, "step")[1] > 60.0


def test_nobody_resumes_and_the_sitting_ends(make):
    bench = make.Bench(make.direct(duration=30.0, ramp=2.0), trace=None)
    delivered = start(bench, (10.0, "pause", "the door"))
    assert delivered.ending == "stopped" and "nobody resumed" in delivered.reason
    assert delivered.time < 12 + LONGEST_PAUSE + 2


def test_a_stop_in_a_pause_ends_it(make):
    bench = make.Bench(make.direct(duration=30.0, ramp=2.0))
    delivered = start(bench, (10.0, "pause", "the door"), (20.0, "stop", "enough"))
    assert (delivered.ending, delivered.reason) == ("stopped", "enough")
    assert bench.kinds[-2:] == ["stop", "closed"]


def test_a_lost_contact_is_held_for_a_person_who_resumes(make):
    bench = make.Bench(
        make.direct(duration=60.0, ramp=5.0), faults=[Fault(kind="lead_off", start=20.0, stop=25.0)]
    )
    delivered = start(bench, (40.0, "resume", "A. Person"), attended=True)
    assert delivered.ending == "completed"
    lost = [t for t, e in bench.clock.trace if 20.06 < t < 40.0 and e > 0]
    assert not lost  # contact back at 25 s starts nothing: only the person does
    assert "trip" in bench.kinds and bench.kinds.index("trip") < bench.kinds.index("resumed")


def test_a_resume_from_before_a_lost_contact_does_not_count(make):
    """Somebody pressed the key while all was well: nobody has looked at the contact."""
    bench = make.Bench(
        make.direct(duration=60.0, ramp=5.0), faults=[Fault(kind="lead_off", start=20.0, stop=25.0)]
    )
    delivered = start(
        bench, (10.0, "resume", "A. Person"), (20.05, "resume", "A. Person"), (50.0, "stop", "enough"),
        attended=True,
    )  # fmt: skip
    assert delivered.ending == "stopped" and "resumed" not in bench.kinds
    assert not [t for t, e in bench.clock.trace if t > 20.06 and e > 0]


def test_a_resume_during_the_ramp_of_a_pause_counts(make):
    bench = make.Bench(make.direct(duration=30.0, ramp=2.0))
    delivered = start(bench, (10.0, "pause", "a look"), (10.5, "resume", "A. Person"))
    assert delivered.ending == "completed" and bench.kinds.count("resumed") == 1


def test_a_lost_contact_ends_a_sitting_that_nobody_attends(make):
    bench = make.Bench(
        make.direct(duration=60.0, ramp=5.0), faults=[Fault(kind="lead_off", start=20.0, stop=25.0)]
    )
    delivered = start(bench, (40.0, "resume", "A. Person"))
    assert delivered.ending == "tripped" and delivered.trip.code == "lead-off"


def test_a_contact_that_is_still_lost_trips_again(make):
    bench = make.Bench(make.direct(duration=60.0, ramp=5.0), faults=[Fault(kind="lead_off", start=20.0)])
    delivered = start(bench, (40.0, "resume", "A. Person"), (80.0, "stop", "enough"), attended=True)
    assert bench.kinds.count("trip") == 2 and delivered.ending == "stopped"
    assert not [t for t, e in bench.clock.trace if t > 20.06 and e > 0]


def test_another_trip_cannot_be_resumed(make):
    bench = make.Bench(
        make.direct(duration=60.0, ramp=5.0), faults=[Fault(kind="leak", start=20.0, size=1e-4)]
    )
    delivered = start(bench, (30.0, "resume", "A. Person"), attended=True)
    assert delivered.ending == "tripped"


def test_a_cut_is_zero_within_a_look_without_a_ramp(make):
    bench = make.Bench(make.direct(duration=60.0, ramp=5.0))
    delivered = start(bench, (20.0, "cut", "pain"))
    assert (delivered.ending, delivered.reason) == ("stopped", "pain")
    assert bench.clock.last_flow < 20.0 + 0.1 + 0.02


def test_marks_are_written_with_their_time(make):
    bench = make.Bench(make.direct(duration=30.0, ramp=2.0))
    start(bench, (10.0, "mark", "felt", (("felt", "tingling"), ("comfort", 7.0), ("by", "A. Person"))),
          (20.0, "mark", "mark", (("adverse", "a red spot"),)))  # fmt: skip
    felt = next(event for event in bench.events if event.kind == "felt")
    assert felt.figure("felt") == "tingling" and felt.time == pytest.approx(10.0, abs=0.11)
    assert times(bench, "mark") == [pytest.approx(20.0, abs=0.11)]


def test_too_many_marks_are_refused_and_none_is_lost(make):
    controller = make.Bench().controller()
    for _ in range(MOST_MARKS):
        controller.mark("mark", (("note", "x"),))
    with pytest.raises(DeliveryError, match="not taken"):
        controller.mark("mark", (("note", "x"),))


def test_the_impedance_of_each_step_is_kept(make):
    bench = make.Bench(
        make.direct(duration=30.0, ramp=2.0), faults=[Fault(kind="drift", start=10.0, size=0.01)]
    )
    start(bench)
    kept = next(event for event in bench.events if event.kind == "impedance")
    assert kept.figure("first") == pytest.approx(20500.0) and kept.figure("last") > 1.1 * kept.figure(
        "first"
    )
    assert kept.figure("least") <= kept.figure("first") and kept.figure("largest") >= kept.figure("last")


# -- what goes wrong while nothing flows, and stops that are not heard ---------------------------------


def test_the_stop_of_the_stimulator_itself_is_never_resumed_from(make):
    for attended in (True, False):
        bench = make.Bench(make.direct(duration=30.0, ramp=2.0))
        bench.clock.at[15.0] = lambda bench=bench: bench.stimulator._off("fault", "stopped by hand")
        delivered = start(
            bench, (10.0, "pause", "a look"), (20.0, "resume", "A. Person"), attended=attended
        )  # fmt: skip
        assert delivered.ending == "tripped" and "stopped by hand" in delivered.trip.reason
        assert bench.clock.last_flow < 12.0


def test_a_stop_by_hand_beside_a_lost_contact_is_not_held(make):
    bench = make.Bench(
        make.direct(duration=60.0, ramp=5.0), faults=[Fault(kind="lead_off", start=20.0, stop=25.0)]
    )
    bench.clock.at[20.01] = lambda: bench.stimulator._off("fault", "stopped by hand")
    delivered = start(bench, (40.0, "resume", "A. Person"), attended=True)
    assert delivered.ending == "tripped" and delivered.trip.code == "stopped-by-hand"


def test_a_stop_by_hand_just_before_the_load_is_a_trip_in_the_record(make):
    bench = make.Bench(make.direct(duration=30.0, ramp=2.0))
    load = bench.stimulator.load

    def stopped(stimulus):
        bench.stimulator._off("fault", "stopped by hand")
        load(stimulus)

    bench.stimulator.load = stopped
    delivered = bench.deliver()
    assert delivered.ending == "tripped" and "stopped by hand" in delivered.trip.reason
    assert bench.kinds[-3:] == ["trip", "off", "closed"] and "lease" not in bench.kinds


def test_a_pause_that_is_not_heard_ends_with_the_lease(make):
    bench = make.Bench(make.direct(duration=60.0, ramp=5.0))
    bench.stimulator.end = lambda: None
    delivered = start(bench, (20.0, "pause", "the door"))
    assert delivered.ending == "tripped" and bench.clock.last_flow < 20.1 + 1.0 + 0.1


def test_a_stimulator_that_restarts_in_a_pause_or_between_steps_ends_the_sitting(make):
    for moment, wishes in ((15.0, [(10.0, "pause", "a look"), (20.0, "resume", "A. Person")]), (32.0, [])):
        faults = [Fault(kind="reset", start=moment, stop=moment + 0.1)]
        bench = make.Bench(make.direct(duration=30.0, ramp=2.0), make.fast(duration=5.0), faults=faults)
        delivered = start(bench, *wishes)
        assert delivered.ending == "tripped" and delivered.trip.code == "device-restarted"
        assert bench.clock.last_flow < moment


def test_pauses_of_a_surged_current_never_add_up_to_more_than_the_plan(make):
    swell = Surge(rise=1.0, hold=8.0, fall=1.0, rest=20.0)
    bench = make.Bench(replace(make.direct(duration=120.0, ramp=1.0), surge=swell), trace=None)
    wishes = []
    for k in range(6):
        wishes += [(11.0 + 14 * k, "pause", "again"), (13.5 + 14 * k, "resume", "A. Person")]
    delivered = start(bench, *wishes)
    planned = bench.plan.steps[0].stimulus
    assert delivered.steps[0].absolute_charge <= planned.absolute_charge * 1.001


def test_a_cut_that_is_not_heard_is_asked_again_without_a_lease(make):
    bench = make.Bench(make.direct(duration=60.0, ramp=5.0))
    bench.stimulator.cut = lambda: None
    start(bench, (20.0, "cut", "pain"))
    assert bench.kinds.count("stop") == 1 and max(times(bench, "lease")) < 20.2
    assert bench.clock.last_flow < 20.0 + 0.1 + 1.0 + 0.02  # the lease that it had


def test_nothing_begins_after_a_stop_during_the_load(make):
    bench = make.Bench(make.direct(duration=60.0, ramp=5.0))
    controller = bench.controller()
    load = bench.stimulator.load
    bench.stimulator.load = lambda stimulus: (load(stimulus), controller.stop("not yet"))[0]
    delivered = controller.deliver(bench.plan, bench.approval)
    assert (delivered.ending, delivered.reason) == ("stopped", "not yet")
    assert "lease" not in bench.kinds and bench.clock.last_flow == 0


def test_a_mark_after_the_end_is_refused_and_one_before_a_refusal_is_kept(make):
    bench = make.Bench(make.direct(duration=10.0, ramp=2.0))
    controller = bench.controller()
    controller.deliver(bench.plan, bench.approval)
    with pytest.raises(DeliveryError, match="microcurrent record"):
        controller.mark("mark", (("adverse", "burning"),))
    bench = make.Bench(make.direct(duration=10.0, ramp=2.0))
    controller = bench.controller()

    def refuse(stimulus):
        controller.mark("mark", (("adverse", "burning"),))
        raise StimulatorRefused("no")

    bench.stimulator.load = refuse
    with pytest.raises(StimulatorRefused):
        controller.deliver(bench.plan, bench.approval)
    assert "mark" in bench.kinds and bench.kinds[-1] == "closed"


def test_a_driver_that_fails_in_the_search_for_zero_is_told_to_the_person(make):
    bench = make.Bench(make.direct(duration=60.0, ramp=5.0))

    def broken():
        if bench.clock.now() > 20.0:
            raise KeyError("zero")
        return status()

    status, bench.stimulator.status = bench.stimulator.status, broken
    with pytest.raises(OutputNotConfirmedOff):
        bench.deliver()
    assert bench.kinds[-2:] == ["not-off", "closed"]


# -- what is left of a stimulus ------------------------------------------------------------------------


def test_the_rest_is_never_more_than_was_left(make):
    whole = make.direct(duration=60.0, ramp=5.0)
    for elapsed in (0.0, 3.0, 20.0, 49.0):
        rest = rest_of(whole, elapsed)
        assert rest.duration == pytest.approx(60.0 - elapsed)
        assert rest.current_at(0) == 0 and rest.peak <= whole.peak
        assert rest.net_charge <= whole.charge_between(elapsed, 60.0) + 1e-15
    assert rest_of(whole, 50.0) is None and rest_of(whole, 60.0) is None


@pytest.mark.parametrize("waveform", [shapes.constant(), shapes.sine(), shapes.burst(pulses=3, width=0.5)])
def test_alternating_polarity_goes_on_with_the_next_stretch_and_its_sign(make, waveform):
    frequency = 0.0 if waveform.is_constant else 50.0
    whole = replace(make.direct(duration=60.0, ramp=1.0), waveform=waveform, frequency=frequency,
                    polarity=Polarity(mode="alternating", every=10.0, ramp=1.0))  # fmt: skip
    for elapsed, next_ in ((4.0, 10.0), (10.0, 10.0), (14.0, 20.0), (33.0, 40.0)):
        rest = rest_of(whole, elapsed)
        assert rest.duration == pytest.approx(60.0 - next_)
        for time in (1.503, 4.004, 12.2507):
            assert rest.current_at(time) == pytest.approx(whole.current_at(next_ + time), abs=1e-12)


def test_a_surge_goes_on_with_the_next_one_whole(make):
    whole = replace(
        make.direct(duration=120.0, ramp=1.0), surge=Surge(rise=1.0, hold=8.0, fall=1.0, rest=20.0)
    )
    for elapsed, next_ in ((10.0, 30.0), (30.0, 30.0), (31.0, 60.0), (95.0, None)):
        rest = rest_of(whole, elapsed)
        if next_ is None:
            assert rest is None
        else:
            assert rest.duration == pytest.approx(120.0 - next_)
            assert rest.net_charge <= whole.charge_between(next_, 120.0) + 1e-15
    both = replace(whole, polarity=Polarity(mode="alternating", every=20.0, ramp=1.0))
    assert rest_of(both, 10.0).duration == pytest.approx(60.0)  # both begin at 60 s
    assert rest_of(both, 61.0) is None


def test_a_negative_waveform_is_the_mirror():
    for waveform in (shapes.sine(), shapes.ramped_square(rise=0.1), shapes.monophasic(width=0.3)):
        mirror = negative(waveform)
        for phase in (0.01, 0.2, 0.26, 0.7, 0.99):
            assert mirror.value_at(phase) == pytest.approx(-waveform.value_at(phase), abs=1e-12)


def test_the_charge_of_a_negative_constant_current_is_negative(make):
    whole = make.direct(duration=60.0, ramp=5.0)
    mirror = replace(whole, waveform=negative(whole.waveform))
    assert mirror.charge_between(10.0, 20.0) == pytest.approx(-whole.charge_between(10.0, 20.0))
    assert mirror.absolute_charge == pytest.approx(whole.absolute_charge)
    assert mirror.square_between(0, 60) == pytest.approx(whole.square_between(0, 60))
