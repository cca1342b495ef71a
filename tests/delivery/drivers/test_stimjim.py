"""Stimjim, by the bytes on the wire: a scripted device in virtual time that speaks its grammar."""

import math
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

import microcurrent.delivery.drivers as drivers
from microcurrent.delivery.clock import VirtualClock
from microcurrent.delivery.controller import Controller
from microcurrent.delivery.drivers.stimjim import ANSWER, StimjimStimulator
from microcurrent.delivery.drivers.stimjim_trains import (
    CHARGE_SHARE,
    DIRECT_PART,
    LONGEST,
    MOST_STAGES,
    REST,
    Fall,
    error_of,
    refusals,
    shape_of,
    train_of,
)
from microcurrent.delivery.host import Host
from microcurrent.errors import StimulatorRefused, StimulatorSilent
from microcurrent.model import Polarity, Ramp, Stimulus, Surge, shapes


class FakeStimjim:
    """A Stimjim and the USB to it: as slow, as deaf within a pulse, and as talkative as the firmware.

    `held` are its trains, `flows` what truly flowed: (start, stop [s], µA). `wire` and `flush` [s] are the
    ways of the USB. `open_at` [s]: a lead comes off. `mute`: lines that hold one of these are lost.
    """

    def __init__(self, clock, *, wire=0.001, flush=0.005):
        self.clock, self.wire, self.flush = clock, wire, flush
        self.name = "a fake"
        self.sent, self.coming, self.going = [], [], []
        self.held, self.flows, self.ran = {}, [], []
        self.open_at, self.gain, self.mute, self.deaf = math.inf, 1.0, (), False
        self.grounded_voltage, self.sensed, self.adc = 0, 0, -10.22
        self.free = 0.0  # when its loop listens again
        self.train = None  # (slot, start, number of the next pulse, sums of stages)

    # -- the line ----------------------------------------------------------------------------------

    def send(self, data):
        self.sent.append((self.clock.now(), data))
        for line in data.decode().splitlines():
            self.coming.append((self.clock.now() + self.wire, line))
        self.live(self.clock.now())

    def receive(self, timeout):
        """The device lives no further than to the line that is returned: what is sent next still counts."""
        until = self.clock.now() + timeout
        while True:
            line_at = self.going[0][0] if self.going else math.inf
            if line_at <= min(self.next_event, until):
                self.clock.wait(max(0.0, line_at - self.clock.now()))
                return self.going.pop(0)[1]
            if self.next_event > until:
                self.clock.wait(until - self.clock.now())
                return None
            self.live(self.next_event)

    def close(self):
        self.coming.clear()

    # -- the device ----------------------------------------------------------------------------------

    def live(self, until):
        """Let happen, in order, what happens by a time: ticks of its timer before its loop."""
        while self.next_event <= until:
            if self.tick <= self.heard:
                self.pulse(self.tick)
            else:
                self.obey(self.heard, self.coming.pop(0)[1])

    @property
    def heard(self):
        return max(self.coming[0][0], self.free) if self.coming else math.inf

    @property
    def next_event(self):
        return min(self.tick, self.heard)

    @property
    def tick(self):
        if self.train is None:
            return math.inf
        slot, start, number, _ = self.train
        return max(start + number * self.held[slot]["period"] / 1e6, self.free)

    def pulse(self, at):
        slot, start, number, sums = self.train
        held = self.held[slot]
        if number * held["period"] >= held["duration"]:
            self.report(at, number, held["stages"], sums)
            self.train = None
            return
        for i, (current, width) in enumerate(held["stages"]):
            self.free = at + width / 1e6
            true = current * self.gain if self.free <= self.open_at else 0.0
            if current:
                self.flows.append((at, min(self.free, max(self.open_at, at)), current * self.gain))
            sums[i] = math.trunc(sums[i] + math.trunc(true / 0.85) * 0.85)
            at = self.free
        self.train = (slot, start, number + 1, sums)

    def report(self, at, pulses, stages, sums):
        self.say(at, f"Train complete. Delivered {pulses} pulses.", quick=True)
        self.say(at, "Current/Voltage by stage: ")
        self.say(at, "           Ch0                Ch1 ")
        for i, _ in enumerate(stages):
            mean = math.trunc(sums[i] / pulses)
            self.say(at, f"Stage {i}{mean:6d}uA,          {0:6d}uA,          ")

    def obey(self, at, line):
        self.free = at + 0.0002
        if self.deaf:
            return
        number = int(re.match(r"-?\d+", line[1:]).group()) if line[1:2] else 0
        {"S": self.set_up, "T": self.start, "M": self.mode, "E": self.read, "D": self.offsets,
         "U": lambda at, *_: self.say(at, "Forcing U train to stop"),
         "R": lambda at, *_: self.say(at, "Detaching interrupt to IN0")}[line[0]](at, line, number)  # fmt: skip

    def set_up(self, at, line, slot):
        head, *stages = [[int(x) for x in part.split(",")] for part in line[1:].split(";")]
        assert 0 <= slot < 100 and len(head) == 5 and 1 <= len(stages) <= 10
        self.held[slot] = {"modes": head[1:3], "period": head[3], "duration": head[4],
                           "stages": [(a, width) for a, _, width in stages]}  # fmt: skip
        names = {1: "Current output", 3: "No output (grounded)"}
        said = ["-" * 34, f"Parameters for PulseTrain[{slot}]",
                *(f"  mode[ch{i}]: {m} ({names[m]})" for i, m in enumerate(head[1:3])),
                f"  period:    {head[3]} usec ({head[3] / 1e6:.3f} sec, {1e6 / head[3]:.3f} Hz)",
                f"  duration:  {head[4]} usec ({head[4] / 1e6:.3f} sec)", "",
                "  stage    duration     output0   output1",
                *(f"   {i:2d}  {w:7d} usec {a:8d}uA {b:8d}uA" for i, (a, b, w) in enumerate(stages)),
                "-" * 34, ""]  # fmt: skip
        self.free = at + 0.001
        for text in said:
            self.say(at, text)

    def start(self, at, _line, slot):
        if slot < 0:
            self.train = None
            self.say(at, "Forcing T train to stop")
            return
        self.say(at, "")
        self.say(at, f"Started T train with parameters of PulseTrain {slot}")
        self.ran.append((at, dict(self.held[slot])))
        self.train = (slot, at, 0, [0] * len(self.held[slot]["stages"]))
        self.pulse(at)

    def mode(self, at, line, channel):
        self.say(at, f"Set channel {channel} to mode {line[-1]}")

    def read(self, at, line, _channel):
        value, unit = (self.sensed, "uA") if line.endswith("1") else (self.grounded_voltage, "mV")
        self.say(at, f"Read value: {value - 10} ({value}{unit})")

    def offsets(self, at, *_):
        self.say(at, "ADC offsets (+-2.5V): -11.030000, -11.150000")
        self.say(at, f"ADC offsets (+-10V): {self.adc:.6f}, -10.340000")
        self.say(at, "current offsets: 11, 8")
        self.say(at, "voltage offsets: 0, 0")
        self.say(at, "")

    def restart(self):
        self.live(self.clock.now())
        self.train, self.held, self.free = None, {}, self.clock.now()
        self.say(self.clock.now(), "Booting StimJim on Teensy 3.5!")

    def say(self, at, text, *, quick=False):
        if any(word in text for word in self.mute):
            return
        at += self.wire + (0 if quick else self.flush)
        last = self.going[-1][0] if self.going else 0.0
        self.going.append((max(at, last), text.encode()))

    # -- what an instrument would see --------------------------------------------------------------

    def net_charge(self):
        return math.fsum((stop - start) * current / 1e6 for start, stop, current in self.flows)

    def words(self, letter=b""):
        return [data for _, data in self.sent if data.startswith(letter)]

    @property
    def last_flow(self):
        return max((stop for _, stop, _ in self.flows), default=0.0)


class Bench:
    def __init__(self, stimulus=None, **fake):
        self.clock = VirtualClock()
        self.device = FakeStimjim(self.clock, **fake)
        self.stimulator = StimjimStimulator(self.device, self.clock)
        self.began = None
        if stimulus is not None:
            self.stimulator.load(stimulus)
            self.device.sent.clear()

    def run(self, seconds, *, lease=1.0, every=0.1):
        """Look as the controller does, for so long; return the statuses."""
        seen = []
        if self.began is None:
            self.began = self.granted = self.clock.now()
            self.stimulator.grant(lease)
        until = self.clock.now() + seconds
        while self.clock.now() < until:
            self.clock.wait(every)
            seen.append(self.stimulator.status())
            if seen[-1].state in ("idle", "fault"):
                break
            if self.clock.now() - self.granted >= lease / 2:
                self.granted = self.clock.now()
                self.stimulator.grant(lease)
        return seen


def hold(amplitude=200e-6, duration=20.0, ramp=1.0):
    return Stimulus(waveform=shapes.constant(), amplitude=amplitude, duration=duration,
                    ramp=Ramp(rise=ramp, fall=ramp))  # fmt: skip


def pulses(shape=None, frequency=50.0, amplitude=300e-6, duration=10.0, **more):
    return Stimulus(waveform=shape or shapes.biphasic(width=0.2), amplitude=amplitude, duration=duration,
                    frequency=frequency, ramp=Ramp(rise=1, fall=1), **more)  # fmt: skip


# -- the bytes -----------------------------------------------------------------------------------------


def test_the_first_words_stop_whatever_runs_and_let_no_input_start_a_train():
    bench = Bench()
    status = bench.stimulator.status()
    assert bench.device.words() == [b"T-1\nU-1\nR0,-1,0\nR1,-1,0\nM1,3\nM0,3\nD\n", b"E0,1\nE0,0\n"]
    assert (status.state, status.output, status.voltage) == ("idle", 0.0, 0.0)


def test_a_hold_is_one_train_of_four_stages_armed_again_without_being_written_again():
    bench = Bench(hold())
    bench.run(5.0)
    words = bench.device.words()
    plateau = b";200,0,59250" * 4
    written = [w for w in words if w.startswith(b"S") and plateau in w]
    assert re.fullmatch(rb"S[01],1,3,240000,120000(;200,0,59250){4}\n", written[0])
    assert len(written) <= 2  # once for each slot at most, though it runs more than ten times
    assert sum(held["stages"] == [(200, 59250)] * 4 for _, held in bench.device.ran) > 10
    assert {w for w in words if w.startswith(b"T")} == {b"T0\n", b"T1\n"}
    assert not [w for w in words if w[:1] not in (b"S", b"T")]


def test_a_ramp_is_drawn_in_levels_that_never_pass_the_program():
    bench = Bench()
    bench.stimulator.load(hold(ramp=2.0))
    # means of 2.96, 8.89, 14.81 and 20.74 µA; what rounding leaves is carried on: 3, 9, 15, 20
    assert bench.device.words(b"S") == [b"S0,1,3,240000,120000;3,0,59250;9,0,59250;15,0,59250;20,0,59250\n"]
    bench.run(3.0)
    levels = [current for _, held in bench.device.ran for current, _ in held["stages"]]
    assert levels[:30] == sorted(levels[:30]) and max(levels) == 200
    steps = [b - a for a, b in zip(levels, levels[1:], strict=False)]
    # a step over a gap holds the gap too
    assert max(steps) <= 200 / 2.0 * (LONGEST / 4 + 0.012) + 1


def test_a_biphasic_program_is_a_train_of_pulses():
    bench = Bench(pulses())
    bench.run(3.0)
    # 50 Hz: 20 ms; two phases of a fifth; 12 periods in 0.24 s, less half a period
    assert re.search(rb"S[01],1,3,20000,230000;300,0,4000;-300,0,4000\n", b"".join(bench.device.words()))
    assert next(h for _, h in bench.device.ran if h["stages"][0][0] == 300)["modes"] == [1, 3]


def test_a_waveform_without_rest_gives_the_device_time_to_listen_and_stays_balanced():
    square = pulses(shapes.biphasic(width=0.5), frequency=100.0)
    train = train_of(square, 3.0, LONGEST)
    assert train.words(0) == (b"S0,1,3,20000,230000;300,0,4950;-300,0,4950;300,0,4950;-300,0,4950\n")
    assert train.net_charge == 0
    assert train.period - sum(s.width for s in train.stages) >= REST


@pytest.mark.parametrize("stimulus", [
    hold(), hold(amplitude=1e-3, ramp=3.0), pulses(), pulses(frequency=10.0), pulses(frequency=333.0),
    pulses(shapes.monophasic(width=0.5)), pulses(shapes.biphasic(width=0.1, gap=0.05, ratio=0.25)),
    pulses(surge=Surge(rise=1, hold=2, fall=1, rest=1)),
    replace(hold(), polarity=Polarity(mode="alternating", every=4.0, ramp=1.0)),
])  # fmt: skip
def test_the_charge_of_the_trains_is_that_of_the_program_within_the_stated_error(stimulus):
    """Back to back, without gaps: what is left is rounding, the rest, and the mean of an envelope."""
    error = error_of(stimulus, 0.0)
    time, net, absolute = 0.0, 0.0, 0.0
    while stimulus.duration - time > 0.01:
        train = train_of(stimulus, time, LONGEST)
        assert train.length <= LONGEST + 1e-9 and train.peak <= stimulus.peak * (1 + 1e-9)
        assert len(train.stages) <= MOST_STAGES and time + train.length <= stimulus.duration + 1e-6
        assert train.width <= train.length - REST / 1e6
        net += train.net_charge
        absolute += sum(abs(s.current) * s.width for s in train.stages) * train.pulses / 1e12
        time += train.length
    share = error.charge + error.missing + 0.01  # 1 %: trains that end in a period, and at corners
    allowed = error.level * stimulus.duration + share * stimulus.absolute_charge
    assert abs(absolute - stimulus.absolute_charge) <= allowed
    if stimulus.waveform.is_balanced:
        assert abs(net) <= (error.direct + error.level) * stimulus.duration
    else:
        assert abs(net - stimulus.net_charge) <= allowed
    assert error.charge <= CHARGE_SHARE and error.direct <= (DIRECT_PART + 0.2) * 1e-6


def test_the_stated_error_of_a_direct_current_names_the_gap():
    error = error_of(hold(), 0.005)
    assert error.missing == pytest.approx((0.003 + 0.005) / 0.245)
    assert error.level == pytest.approx(1.1e-6, rel=0.01)
    assert error.step == pytest.approx(200e-6 * 0.06)


def test_what_flows_on_the_wire_is_the_program_less_the_stated_gaps():
    bench = Bench(hold())
    last = bench.run(30.0)[-1]
    stated = bench.stimulator.error(hold())
    wanted = hold().net_charge
    assert last.state == "idle" and last.elapsed == 20.0
    assert wanted * (1 - stated.missing - 0.01) - stated.level * 20 < bench.device.net_charge() < wanted
    assert bench.stimulator.gap < 0.01
    assert last.net_charge == pytest.approx(bench.device.net_charge(), rel=0.01)


# -- bounds ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lease", [0.6, 0.75, 1.0])
@pytest.mark.parametrize("stimulus", [hold(), pulses()], ids=["direct", "pulsed"])
def test_no_train_outlasts_its_lease_and_none_is_longer_than_a_quarter_of_a_second(lease, stimulus):
    bench = Bench(stimulus)
    grants = []
    granted = bench.stimulator.grant
    bench.stimulator.grant = lambda lease: (grants.append(bench.clock.now()), granted(lease))
    bench.run(3.0, lease=lease, every=min(0.1, lease / 4))
    assert len(bench.device.ran) > 5
    for at, held in bench.device.ran:
        length = math.ceil(held["duration"] / held["period"]) * held["period"] / 1e6
        latest = max(time for time in grants if time <= at)
        assert length <= LONGEST + 1e-9
        assert at + length <= latest + lease + 1e-9


def test_a_host_that_dies_leaves_the_rest_of_one_train():
    bench = Bench(hold())
    bench.run(3.0)
    died = bench.clock.now()
    bench.clock.wait(10.0)
    bench.device.live(bench.clock.now())
    assert died - 0.1 < bench.device.last_flow <= died + LONGEST
    assert bench.device.train is None


def test_a_host_that_was_late_goes_on_where_the_program_is_by_then():
    bench = Bench(hold(ramp=2.0))
    bench.run(0.6)
    count = len(bench.device.ran)
    bench.clock.wait(0.45)
    bench.run(0.3)
    at, held = bench.device.ran[count]
    middle = at - bench.began + held["stages"][0][1] / 2e6
    assert held["stages"][0][0] == pytest.approx(200 * middle / 2.0, abs=1.5)


def test_a_lease_that_is_not_renewed_ends_the_current_and_is_a_fault():
    bench = Bench(hold())
    bench.stimulator.grant(1.0)
    granted = bench.clock.now()
    for _ in range(12):
        bench.clock.wait(0.1)
        status = bench.stimulator.status()
    assert (status.state, status.fault) == ("fault", "lease ended: no word from the host")
    assert bench.device.last_flow <= granted + 1.0
    with pytest.raises(StimulatorRefused):
        bench.stimulator.grant(1.0)
    with pytest.raises(StimulatorRefused):
        bench.stimulator.load(hold())
    bench.stimulator.cut()
    assert bench.stimulator.status().state == "fault"
    bench.stimulator.clear()
    assert bench.stimulator.status().state == "idle"


def test_a_cut_stops_within_one_pulse_and_nothing_more_is_started():
    for stimulus, longest in ((hold(), LONGEST), (pulses(), 0.0081)):
        bench = Bench(stimulus)
        bench.run(3.0)
        bench.clock.wait(0.06)
        bench.device.sent.clear()
        asked = bench.clock.now()
        bench.stimulator.cut()
        assert bench.device.words() == [b"T-1\nM0,3\n"]
        assert bench.device.last_flow <= asked + longest + 0.001
        bench.clock.wait(2.0)
        for _ in range(3):
            status = bench.stimulator.status()
        assert set(bench.device.words()) == {b"T-1\nM0,3\n", b"E0,1\nE0,0\n"}
        assert bench.device.last_flow <= asked + longest + 0.001
        assert (status.state, status.peak, status.output) == ("idle", 0.0, 0.0)


def test_a_train_that_was_cut_counts_as_if_it_had_flowed():
    bench = Bench(hold())
    before = bench.run(3.0)[-1]
    bench.clock.wait(0.06)
    bench.stimulator.cut()
    after = bench.stimulator.status()
    assert after.net_charge > before.net_charge
    assert after.net_charge >= bench.device.net_charge() * 0.99


def test_the_end_is_a_fall_to_zero_in_levels():
    for stimulus in (hold(), pulses()):
        bench = Bench(stimulus)
        bench.run(3.0)
        asked, count = bench.clock.now(), len(bench.device.ran)
        bench.stimulator.end()
        last = bench.run(5.0)[-1]
        assert last.state == "idle"
        assert asked + 0.9 <= bench.device.last_flow <= asked + 1.0 + LONGEST + 0.1
        peaks = [max(abs(a) for a, _ in held["stages"]) for _, held in bench.device.ran[count:]]
        assert len(peaks) >= 4 and peaks == sorted(peaks, reverse=True)
        assert peaks[-1] < stimulus.amplitude * 1e6 / 4


def test_a_fall_begins_where_it_was_asked_for():
    fall = Fall(start=5.0, length=1.0)
    assert [fall.value_at(t) for t in (4.0, 5.0, 5.5, 6.0, 7.0)] == [1.0, 1.0, 0.5, 0.0, 0.0]


# -- refusals ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("stimulus", "why"), [
    (hold(amplitude=150.5e-6), "whole number of µA"),
    (hold(amplitude=1.1e-3), "above the 1 mA"),
    (hold(ramp=0.5), "a ramp of 500 ms is shorter"),
    (pulses(shapes.sine()), "slopes or arcs"),
    (pulses(shapes.ramped_square(rise=0.1)), "slopes or arcs"),
    (pulses(frequency=5.0), "is below 10 Hz"),
    (pulses(shapes.biphasic(width=0.5), frequency=500.0), "leaves no rest"),
    (pulses(shapes.burst(pulses=6, width=0.04)), "stages"),
    (pulses(shapes.biphasic(width=0.1), frequency=9000.0), "shorter|below the"),
    (pulses(shapes.biphasic(width=0.1, ratio=0.3), amplitude=11e-6, frequency=900.0), "charge of a phase|direct"),
], ids=lambda value: value if isinstance(value, str) else "")  # fmt: skip
def test_what_it_cannot_give_is_refused_and_nothing_is_written(stimulus, why):
    bench = Bench()
    bench.stimulator.status()
    with pytest.raises(StimulatorRefused, match=why):
        bench.stimulator.load(stimulus)
    assert bench.device.words(b"S") == [] and bench.stimulator.status().state == "idle"


def test_in_no_mode_does_it_give_more_than_stimulators_of_this_project():
    """Limits of motor level and iontophoresis are above 1 mA; what the device is taken to be able to is not."""
    able = Bench().stimulator.capabilities()
    assert (able.max_current, able.max_charge, able.max_time) == (1e-3, 4.8, 3600.0)


def test_whole_microseconds_keep_equal_phases_equal():
    shape = shape_of(pulses(shapes.biphasic(width=1 / 7), frequency=333.0))
    assert refusals(pulses(shapes.biphasic(width=1 / 7), frequency=333.0)) == ()
    assert shape.stages[0][1] == shape.stages[1][1]


def test_it_grants_only_what_is_loaded_and_short_enough():
    bench = Bench()
    with pytest.raises(StimulatorRefused, match="no program"):
        bench.stimulator.grant(1.0)
    bench.stimulator.load(hold())
    for lease in (0.0, 0.5, 1.5):
        with pytest.raises(StimulatorRefused, match=r"0\.6 to 1 s"):
            bench.stimulator.grant(lease)
    with pytest.raises(StimulatorRefused, match="while idle"):
        bench.stimulator.load(hold())
    assert bench.device.words(b"T") == [b"T-1\nU-1\nR0,-1,0\nR1,-1,0\nM1,3\nM0,3\nD\n"]


def test_a_broken_board_is_refused():
    bench = Bench()
    bench.device.adc = -4096.0
    with pytest.raises(StimulatorRefused, match="-4096 steps"):
        bench.stimulator.capabilities()


# -- silence and faults --------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", ["Started", "Train complete", "Stage 3", "PulseTrain["])
def test_after_a_lost_answer_only_a_cut_is_sent(lost):
    bench = Bench(hold(ramp=10.0))
    bench.run(2.0)
    bench.device.mute = (lost,)
    with pytest.raises(StimulatorSilent):
        bench.run(2.0)
    count = len(bench.device.sent)
    for again in (bench.stimulator.status, lambda: bench.stimulator.grant(1.0), bench.stimulator.end):
        with pytest.raises(StimulatorSilent, match="only a cut"):
            again()
    assert len(bench.device.sent) == count
    flowed = bench.clock.now()
    bench.clock.wait(1.0)
    bench.device.live(bench.clock.now())
    assert bench.device.last_flow <= flowed + LONGEST
    bench.stimulator.cut()
    assert bench.stimulator.status().state == "idle"


def test_a_device_that_is_deaf_is_silent():
    bench = Bench()
    bench.device.deaf = True
    began = bench.clock.now()
    with pytest.raises(StimulatorSilent):
        bench.stimulator.status()
    assert bench.clock.now() - began <= LONGEST + ANSWER + 0.01
    bench.device.deaf = False
    assert bench.stimulator.status().state == "idle"


def test_a_train_that_it_holds_otherwise_is_not_started():
    bench = Bench()
    set_up = bench.device.set_up
    bench.device.set_up = lambda at, line, slot: set_up(at, line.replace("59250", "59251"), slot)
    with pytest.raises(StimulatorSilent, match="echo"):
        bench.stimulator.load(hold())
    assert bench.device.ran == []


def test_a_restart_is_a_fault_and_no_train_follows():
    bench = Bench(hold())
    bench.run(2.0)
    bench.device.restart()
    bench.clock.wait(0.01)
    count = len(bench.device.ran)
    status = bench.stimulator.status()
    assert (status.state, status.fault) == ("fault", "it has restarted")
    with pytest.raises(StimulatorRefused):
        bench.stimulator.grant(1.0)
    assert len(bench.device.ran) == count


# -- what is measured --------------------------------------------------------------------------------------


def test_what_is_measured_is_reported_when_its_train_has_ended():
    bench = Bench(hold())
    bench.device.gain = 0.9
    seen = bench.run(4.0)
    plateau = [s for s in seen if s.elapsed > 1.3]
    # 180 µA are 211 steps of 0.85 µA, that is 179.35 µA, cut to 179, and half of one put back
    assert all(s.peak == pytest.approx(179.5e-6) for s in plateau)
    assert all(s.commanded_peak == 200e-6 for s in plateau)
    assert all(s.voltage is None and s.impedance is None for s in plateau)
    late = bench.clock.now() - bench.began - seen[-1].elapsed
    assert 0 <= late <= LONGEST + 0.02
    assert len({s.time for s in seen}) < len(seen)  # no news in between: the time stands still


def test_a_reading_that_agrees_within_its_error_counts_as_the_command():
    bench = Bench(hold())
    last = bench.run(4.0)[-1]
    assert last.peak == 200e-6  # 199.5 was read
    assert last.net_charge == pytest.approx(bench.device.net_charge() * last.elapsed / 4.0, rel=0.1)
    bench.device.gain = 0.985  # 197 µA: beyond the error
    assert bench.run(1.0)[-1].peak < 198e-6


def test_an_open_lead_shows_in_the_status_within_a_train():
    bench = Bench(hold())
    bench.run(3.0)
    bench.device.open_at = bench.clock.now()
    opened = bench.clock.now()
    while (status := bench.run(0.01)[-1]).peak > 0.1 * status.commanded_peak:
        assert bench.clock.now() - opened < 2.0
    assert bench.clock.now() - opened <= 2 * LONGEST + 0.15


def test_a_current_that_is_sensed_at_rest_is_no_zero():
    bench = Bench()
    bench.device.sensed = 2
    assert bench.stimulator.status().output == 0.0
    bench.device.sensed = 7
    assert bench.stimulator.status().output == 7e-6
    bench.device.grounded_voltage = 300
    with pytest.raises(StimulatorRefused, match="not at ground"):
        bench.stimulator.status()


# -- a sitting ---------------------------------------------------------------------------------------------


def sitting(make, *stimuli, at=()):
    bench = Bench()
    plan = make.plan(*stimuli, gap=1.0)
    events = []
    host = Host(clock=bench.clock, sink=events.append, today=make.today)
    controller = Controller(bench.stimulator, limits=make.limits(), host=host)
    wait = bench.clock.wait
    pending = dict(at)

    def watched(seconds, **unless):
        wait(seconds, **unless)
        for time in [t for t in pending if t <= bench.clock.now()]:
            pending.pop(time)(bench, controller)

    bench.clock.wait = watched
    return bench, controller.deliver(plan, make.approval(plan)), events


@pytest.mark.parametrize(
    ("amplitude", "rise"), [(200e-6, 10.0), (50e-6, 10.0), (20e-6, 5.0), (100e-6, 60.0)]
)
def test_the_foot_of_a_ramp_does_not_trip(make, amplitude, rise):
    """A few µA are read to one: that must not look like a lead that comes off."""
    stimulus = replace(hold(amplitude=amplitude, duration=rise + 2), ramp=Ramp(rise=rise, fall=1.0))
    _, delivered, _ = sitting(make, stimulus)
    assert delivered.ending == "completed", delivered.trip


def test_a_whole_sitting(make):
    bench, delivered, events = sitting(make, hold(duration=12.0), pulses())
    assert delivered.ending == "completed", delivered.trip
    assert [step.time for step in delivered.steps] == [12.0, 10.0]
    assert delivered.steps[0].net_charge == pytest.approx(hold(duration=12.0).net_charge, rel=0.05)
    assert delivered.steps[1].absolute_charge == pytest.approx(pulses().absolute_charge, rel=0.05)
    assert abs(delivered.steps[1].net_charge) < 1e-6 * 10
    assert [e.kind for e in events][-2:] == ["off", "closed"]
    assert bench.device.train is None


@pytest.mark.parametrize("stimulus", [hold(), pulses(frequency=100.0)], ids=["direct", "pulsed"])
def test_a_lead_that_comes_off_trips_the_sitting(make, stimulus):
    def off(bench, controller):
        bench.device.open_at = bench.clock.now()

    _, delivered, events = sitting(make, stimulus, at={5.0: off})
    # pulses: the mean of a train in which the lead came off is too small, or absent
    assert delivered.ending == "tripped" and delivered.trip.code in ("lead-off", "mismatch")
    assert delivered.trip.time <= 5.0 + 2 * LONGEST + 0.2
    assert [e.kind for e in events][-2:] == ["off", "closed"]


def test_a_person_stops_the_sitting(make):
    bench, delivered, _ = sitting(make, hold(), at={5.0: lambda _, controller: controller.stop("enough")})
    assert (delivered.ending, delivered.reason) == ("stopped", "enough")
    assert bench.device.last_flow <= 5.0 + 1.0 + 2 * LONGEST


def test_a_device_that_falls_silent_trips_the_sitting(make):
    def deaf(bench, controller):
        bench.device.deaf = True

    def hearing(bench, controller):
        bench.device.deaf = False

    bench, delivered, _ = sitting(make, hold(), at={5.0: deaf, 7.0: hearing})
    assert delivered.trip.code in ("silence", "frozen")  # no answer, and so no news either
    assert delivered.trip.time <= 5.0 + 1.0 + LONGEST + ANSWER + 0.1
    assert bench.device.last_flow <= 5.0 + LONGEST


# -- the quality file ----------------------------------------------------------------------------------------


def test_the_quality_file_speaks_of_every_rule():
    quality = tomllib.loads((Path(drivers.__file__).parent / "stimjim.quality.toml").read_text())
    assert set(quality) == {"done", "todo", "exempt"}
    entries = [entry for group in quality.values() for entry in group]
    assert all(set(entry) == {"rule", "reason"} and entry["reason"].endswith(".") for entry in entries)
    rules = [entry["rule"] for entry in entries]
    assert len(rules) == len(set(rules))
    assert set(rules) >= {
        "capabilities", "refuse-never-clip", "lease-expires-on-device", "heartbeat", "ramp", "cut",
        "zero-confirmed", "measured-current", "measured-voltage", "contact-loss", "latched-fault",
        "uncertain-delivery", "exclusive-port", "galvanic-error-stated", "tested-on-wire",
        "tested-on-hardware",
    }  # fmt: skip
