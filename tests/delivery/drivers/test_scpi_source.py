"""A bench current source: what is on the wire, what flows, and that nothing flows without end."""

import math
import re
import sys
import tomllib
from pathlib import Path

import pytest

from microcurrent.delivery.clock import VirtualClock
from microcurrent.delivery.controller import Controller
from microcurrent.delivery.drivers import scpi_lists, scpi_source
from microcurrent.delivery.drivers.scpi_source import ScpiSource, SourceSettings
from microcurrent.delivery.host import Host
from microcurrent.delivery.transport.visa import VisaLine
from microcurrent.errors import InputError, StimulatorRefused, StimulatorSilent, ValueRefused
from microcurrent.model import Polarity, Ramp, Stimulus, Surge, shapes

HERE = Path(__file__).parent
NAME = "KEITHLEY INSTRUMENTS INC.,MODEL 6221,4099999,D04  /700x"
LIBRARY = f"{HERE / 'scpi_source.yaml'}@sim"
ADDRESS = "GPIB0::12::INSTR"


class Source:
    """A line to an instrument that plays what it is told on a clock of the bench.

    `latency` [s] passes with every command. `played`: start, amplitudes and how long each level lasts. It knows
    nothing of leases: only what it was told ends its current.
    """

    name = "bench"

    def __init__(self, clock, latency=1e-3):
        self.clock, self.latency = clock, latency
        self.sent, self.answers = [], []
        self.held = {":OUTP": "0", ":SOUR:CURR": "0", ":SOUR:CURR:COMP": "10"}
        self.armed, self.on_at = "", math.inf
        self.played = []
        self.condition, self.event, self.error = 0, 0, '0,"No error"'
        self.lie, self.deaf, self.stuck = {}, None, False
        self.identity = NAME

    def send(self, data):
        assert data.endswith(b"\n") and data.count(b"\n") == 1
        words = data.decode()[:-1]
        self.sent.append(words)
        self.clock.wait(self.latency)
        answer = self.take(words)
        if answer is not None and not (self.deaf and re.search(self.deaf, words)):
            self.answers.append(answer.encode())

    def receive(self, timeout):
        if self.answers:
            return self.answers.pop(0)
        self.clock.wait(timeout)
        return None

    def close(self):
        self.sent.append("closed")

    def take(self, words):
        if words == "*IDN?":
            return self.identity
        if found := re.fullmatch(r"\*ESE (\d+);\*IDN\?;\*ESE\?", words):
            return f"{self.identity};{found[1]}"
        if words.endswith("?"):
            return self.say(words[:-1])
        header, _, value = words.partition(" ")
        if header in (":SOUR:WAVE:ABOR", ":SOUR:SWE:ABOR"):
            self.silence()
            self.armed = ""
        elif header in (":SOUR:WAVE:ARM", ":SOUR:SWE:ARM"):
            self.armed = header.split(":")[2]
        elif header in (":SOUR:WAVE:INIT", ":INIT:IMM"):
            self.play()
        elif header == ":OUTP":
            self.held[header] = "1" if self.stuck else value
            if value == "0":
                self.silence()
        elif header == "*CLS":
            self.event = 0
        else:
            assert not self.flows(self.clock.now()), f"{words} while a shot plays"
            self.held[header] = value
        return None

    def say(self, header):
        if header == ":STAT:MEAS:EVEN":
            event, self.event = self.event, 0
            return str(event)
        if header == ":STAT:MEAS:COND":
            return str(self.condition)
        if header == ":SYST:ERR":
            return self.error
        if header == ":SOUR:WAVE:ARB:POIN":
            return str(len(self.held[":SOUR:WAVE:ARB:DATA"].split(",")))
        return self.lie.get(header, self.held[header])

    def play(self):
        assert self.armed and self.held[":OUTP"] == "1"
        assert not self.flows(self.clock.now()), "started while a shot plays"
        if self.armed == "WAVE":
            points = [float(p) for p in self.held[":SOUR:WAVE:ARB:DATA"].split(",")]
            width = 1 / float(self.held[":SOUR:WAVE:FREQ"]) / len(points)
            time = float(self.held[":SOUR:WAVE:DUR:TIME"])
            amplitude = float(self.held[":SOUR:WAVE:AMPL"])
            count = math.ceil(time / width)
            levels = [(width, amplitude * points[k % len(points)]) for k in range(count)]
            assert abs(levels[-1][1]) == 0, "the waveform does not end at zero"
        else:
            assert self.held[":SOUR:SWE:COUN"] == "1"
            currents = [float(c) for c in self.held[":SOUR:LIST:CURR"].split(",")]
            delays = [float(d) for d in self.held[":SOUR:LIST:DEL"].split(",")]
            levels = list(zip(delays, currents, strict=True))
            assert levels[-1][1] == 0, "the list does not end at zero"
        self.played.append([self.clock.now(), levels, math.inf])

    def silence(self):
        if self.played:
            self.played[-1][2] = min(self.played[-1][2], self.clock.now())

    def stretches(self):
        """Every stretch of constant current that flowed or will: start, stop [s], current [A]."""
        for start, levels, cut in self.played:
            for width, level in levels:
                stop = min(start + width, cut)
                if stop > start:
                    yield start, stop, level
                start += width

    def flows(self, time):
        return any(start <= time < stop and level for start, stop, level in self.stretches())

    @property
    def last_flow(self):
        return max((stop for _, stop, level in self.stretches() if level), default=0.0)

    def charge(self, absolute=False):
        return math.fsum(
            (stop - start) * (abs(c) if absolute else c) for start, stop, c in self.stretches()
        )


def pulses(duration=20.0, amplitude=300e-6, frequency=100.0, ramp=5.0, width=0.3, **changed):
    return Stimulus(waveform=shapes.biphasic(width=width), amplitude=amplitude, duration=duration,
                    frequency=frequency, ramp=Ramp(rise=ramp, fall=ramp), **changed)  # fmt: skip


def sine(duration=20.0, amplitude=300e-6, frequency=100.0):
    return Stimulus(waveform=shapes.sine(), amplitude=amplitude, duration=duration, frequency=frequency,
                    ramp=Ramp(rise=5, fall=5))  # fmt: skip


class Bench:
    def __init__(self, latency=1e-3, interrupted=False, **settings):
        self.clock = VirtualClock()
        self.clock.wait(7.0)
        self.source = Source(self.clock, latency)
        self.driver = ScpiSource(
            self.source, self.clock,
            settings=SourceSettings(compliance=60.0, interrupted=interrupted, **settings),
        )  # fmt: skip

    def run(self, seconds, lease=1.0):
        """Look each 0.1 s and renew each 0.5 s, as the controller does; return the statuses."""
        seen, until, granted = [], self.clock.now() + seconds, -math.inf
        while self.clock.now() < until:
            if self.clock.now() - granted > 0.5 * lease - 0.05:
                granted = self.clock.now()
                self.driver.grant(lease)
            self.clock.wait(0.1)
            seen.append(self.driver.status())
            if seen[-1].state not in ("running", "ending"):
                break
        return seen


@pytest.fixture
def bench():
    return Bench()


# -- on the wire ------------------------------------------------------------------------------------------


def test_loading_sends_no_current_and_reads_every_setting_back(bench):
    bench.driver.load(pulses())
    sent = bench.source.sent
    assert sent[0] == "*IDN?"
    assert sent[1:8] == [":OUTP 0", ":SOUR:WAVE:ABOR", ":SOUR:SWE:ABOR", ":OUTP 0", ":SOUR:CURR 0", "*CLS",
                         ":OUTP?"]  # fmt: skip
    set_ = [s for s in sent[8:] if not s.endswith("?")]
    asked = [s for s in sent[8:] if s.endswith("?")]
    assert len(set_) == len(asked) > 8
    assert ":SOUR:CURR:COMP 60" in set_ and ":OUTP:LTE 0" in set_
    assert (
        ":SOUR:WAVE:ARB:DATA " + ",".join(["1.000000"] * 3 + ["-1.000000"] * 3 + ["0.000000"] * 4) in set_
    )
    assert not any("ARM" in s or "INIT" in s or s == ":OUTP 1" for s in sent)
    status = bench.driver.status()
    assert (status.state, status.output, status.elapsed) == ("armed", 0.0, 0.0)


def test_the_first_grant_arms_and_starts_a_bounded_waveform(bench):
    bench.driver.load(pulses())
    before = len(bench.source.sent)
    bench.driver.grant(1.0)
    assert bench.source.sent[before:] == [":OUTP 1", ":SOUR:WAVE:ARM", ":SOUR:WAVE:INIT", ":SYST:ERR?"]
    assert float(bench.source.held[":SOUR:WAVE:DUR:TIME"]) == pytest.approx(0.15 - 0.0005)


def test_on_the_plateau_a_renewed_shot_costs_two_words(bench):
    bench.driver.load(pulses())
    bench.run(10.0)
    before = len(bench.source.sent)
    bench.run(1.0)
    words = [s for s in bench.source.sent[before:] if "?" not in s]
    assert words and set(words) == {":SOUR:WAVE:INIT"}


def test_no_plain_level_but_zero_is_ever_set():
    bench = Bench(interrupted=True)
    stimulus = Stimulus(waveform=shapes.constant(), amplitude=2e-4, duration=8.0, ramp=Ramp(rise=2, fall=2))
    bench.driver.load(stimulus)
    bench.run(9.0)
    bench.driver.load(pulses(duration=8.0, ramp=2.0))
    bench.run(9.0)
    plain = {s for s in bench.source.sent if re.match(r":SOUR:CURR [^?]", s)}
    assert plain == {":SOUR:CURR 0"}
    assert len(bench.source.played) > 20


# -- refusals ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stimulus", "why"),
    [
        (pulses(amplitude=1.1e-3), "above the 1 mA"),
        (pulses(ramp=1.0), "ramp"),
        (pulses(surge=Surge(rise=1, hold=2, fall=1, rest=1)), "swell"),
        (pulses(polarity=Polarity(mode="alternating", every=5.0, ramp=1.0)), "polarity"),
        (pulses(width=0.5), "does not rest"),
        (pulses(width=0.1234), "equal points"),
        (pulses(frequency=2.0), "longer than"),
        (pulses(frequency=2e5), "frequencies"),
        (Stimulus(waveform=shapes.constant(), amplitude=2e-4, duration=60.0, ramp=Ramp(rise=5, fall=5)),
         "jump back"),
    ],
)  # fmt: skip
def test_what_cannot_be_bounded_or_given_is_refused_before_anything_is_sent(bench, stimulus, why):
    with pytest.raises(StimulatorRefused, match=why):
        bench.driver.load(stimulus)
    assert bench.source.sent == ["*IDN?"]


@pytest.mark.parametrize("header", [":SOUR:CURR", ":SOUR:CURR:COMP", ":SOUR:WAVE:AMPL", ":SOUR:WAVE:DUR:TIME",
                                    ":SOUR:WAVE:FUNC", ":SOUR:WAVE:OFFS", ":OUTP:LTE"])  # fmt: skip
def test_a_setting_that_reads_back_differently_is_a_refusal(bench, header):
    bench.source.lie[header] = "9.9E-02"
    with pytest.raises(StimulatorRefused, match=re.escape(header)):
        bench.driver.load(pulses())
    with pytest.raises(StimulatorRefused, match="no program"):
        bench.driver.grant(1.0)
    assert not bench.source.played


def test_a_setting_that_reads_back_differently_later_ends_the_current(bench):
    bench.driver.load(pulses())
    bench.driver.grant(1.0)
    bench.source.lie[":SOUR:WAVE:AMPL"] = "1.0E-03"
    bench.clock.wait(0.4)
    with pytest.raises(StimulatorRefused, match="AMPL"):
        bench.driver.status()
    assert bench.source.held[":OUTP"] == "0"
    assert bench.driver.status().state == "fault"


@pytest.mark.parametrize("settings", [{"compliance": 106.0}, {"compliance": 0.05},
                                      {"compliance": 10, "max_current": 0.106}])  # fmt: skip
def test_settings_beyond_the_instrument_are_refused(settings):
    with pytest.raises(ValueRefused):
        SourceSettings(**settings)


def test_another_instrument_is_refused(bench):
    bench.source.identity = "KEITHLEY INSTRUMENTS INC.,MODEL 6220,1,D04"
    with pytest.raises(StimulatorRefused, match="not a 6221"):
        bench.driver.load(pulses())


@pytest.mark.parametrize("lease", [0.0, 1.5])
def test_a_lease_that_it_cannot_keep_is_refused(bench, lease):
    bench.driver.load(pulses())
    with pytest.raises(StimulatorRefused, match="leases"):
        bench.driver.grant(lease)
    assert not bench.source.played


def test_an_error_in_its_queue_is_a_refusal_and_off(bench):
    bench.driver.load(pulses())
    bench.source.error = '+413,"Not allowed"'
    with pytest.raises(StimulatorRefused, match="413"):
        bench.driver.grant(1.0)
    assert bench.source.held[":OUTP"] == "0" and bench.driver.status().state == "fault"


# -- bounded ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", [0.0, 0.3, 0.5, 1.7, 6.4])
@pytest.mark.parametrize("latency", [0.0, 0.02])
def test_when_the_host_falls_silent_current_ends_within_the_lease(when, latency):
    bench = Bench(latency=latency)
    bench.driver.load(sine())
    granted = []
    grant = bench.driver.grant
    bench.driver.grant = lambda lease: (granted.append(bench.clock.now()), grant(lease))
    if when:
        bench.run(when)
    else:
        bench.driver.grant(1.0)
    assert bench.source.last_flow <= granted[-1] + 1.0
    assert bench.source.last_flow > granted[-1] - 0.5  # current did flow


def test_an_end_is_bounded_too_and_falls_in_steps():
    bench = Bench(interrupted=True)
    stimulus = Stimulus(
        waveform=shapes.constant(), amplitude=2e-4, duration=30.0, ramp=Ramp(rise=2, fall=2)
    )
    bench.driver.load(stimulus)
    bench.run(6.0)
    bench.driver.end()
    asked = bench.clock.now()
    _, levels, _ = bench.source.played[-1]
    values = [level for _, level in levels]
    assert values == sorted(values, reverse=True) and values[0] < 2e-4 and values[-1] == 0
    assert max(a - b for a, b in zip(values, values[1:], strict=False)) <= 2e-4 / 10
    assert sum(width for width, _ in levels) <= 0.5 + 1e-2
    seen = bench.run(2.0)
    assert seen[-1].state == "idle" and seen[-1].fault == ""
    assert bench.clock.now() - asked <= scpi_source.END and bench.source.held[":OUTP"] == "0"


def test_an_alternating_current_ends_by_smaller_shots(bench):
    bench.driver.load(pulses())
    bench.run(7.0)
    before = len(bench.source.played)
    bench.driver.end()
    asked = bench.clock.now()
    assert bench.driver.status().state == "ending"
    seen = bench.run(2.0)
    tops = [max(level for _, level in levels) for _, levels, _ in bench.source.played[before:]]
    assert tops == pytest.approx([300e-6 * share for share in (0.8, 0.6, 0.4, 0.2)], rel=1e-6)
    assert seen[-1].state == "idle" and bench.clock.now() - asked <= scpi_source.END + 0.1


def test_cut_is_off_at_once_and_read_back(bench):
    bench.driver.load(pulses())
    bench.run(6.0)
    before = len(bench.source.sent)
    now = bench.clock.now()
    bench.driver.cut()
    assert bench.source.sent[before] == ":OUTP 0" and bench.source.sent[-1] == ":OUTP?"
    assert bench.source.last_flow <= now + 2e-3
    first, _ = bench.driver.status(), bench.clock.wait(0.12)
    second = bench.driver.status()
    assert second.state == "idle" and second.time > first.time
    assert (second.peak, second.output) == (0.0, 0.0) and 5.5 < second.elapsed < 7.0


def test_an_output_that_does_not_go_off_is_told(bench):
    bench.driver.load(pulses())
    bench.run(1.0)
    bench.source.stuck = True
    with pytest.raises(StimulatorRefused, match="does not go off"):
        bench.driver.cut()
    status = bench.driver.status()
    assert status.output == 0.001 or status.state == "running"
    with pytest.raises(StimulatorRefused):
        bench.driver.clear()


# -- faults -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("where", "bit", "fault"), [("condition", 8, "voltage"), ("event", 8, "voltage"),
                                                     ("condition", 4, "hot")])  # fmt: skip
def test_compliance_and_heat_latch_a_fault_and_switch_off(bench, where, bit, fault):
    bench.driver.load(pulses())
    bench.run(6.0)
    setattr(bench.source, where, bit)
    status = bench.driver.status()
    assert status.state == "fault" and fault in status.fault
    assert bench.source.held[":OUTP"] == "0" and bench.source.last_flow <= bench.clock.now()
    bench.driver.cut()
    assert bench.driver.status().state == "fault"
    with pytest.raises(StimulatorRefused, match="fault"):
        bench.driver.load(pulses())
    bench.source.condition = 0
    bench.driver.clear()
    assert bench.driver.status().state == "idle"


def test_an_output_that_goes_off_by_itself_is_a_fault(bench):
    bench.driver.load(pulses())
    bench.run(3.0)
    bench.source.held[":OUTP"] = "0"
    bench.source.silence()
    assert "by itself" in bench.driver.status().fault


def test_an_output_that_is_on_before_anything_started_is_a_fault(bench):
    bench.source.held[":OUTP"] = "1"
    status = bench.driver.status()
    assert status.state == "fault" and status.output == 1e-3


def test_a_lease_that_lapses_is_a_fault(bench):
    bench.driver.load(pulses())
    bench.run(3.0)
    bench.clock.wait(1.1)
    with pytest.raises(StimulatorRefused, match="lease"):
        bench.driver.grant(1.0)
    assert "lease ended" in bench.driver.status().fault and bench.source.held[":OUTP"] == "0"


def test_looking_without_renewing_does_not_prolong_the_current(bench):
    bench.driver.load(pulses())
    bench.driver.grant(1.0)
    granted = bench.clock.now()
    while (status := bench.driver.status()).state == "running":
        bench.clock.wait(0.1)
    assert "lease ended" in status.fault and bench.source.last_flow <= granted + 1.0
    assert 1.0 < bench.clock.now() - granted < 1.2


def test_a_lost_answer_is_silence_and_a_late_one_is_not_taken_for_another(bench):
    bench.driver.load(pulses())
    bench.run(6.0)
    bench.source.deaf = r"^:OUTP\?$"
    with pytest.raises(StimulatorSilent):
        bench.driver.status()
    bench.source.deaf = None
    bench.source.answers.append(b"0")  # the late one: it would read as an output that is off
    status = bench.driver.status()
    assert status.state == "running" and status.fault == ""


def test_where_a_start_is_not_answered_nothing_more_is_started(bench):
    bench.driver.load(pulses())
    bench.source.deaf = "ERR"
    with pytest.raises(StimulatorSilent):
        bench.driver.grant(1.0)
    bench.source.deaf = None
    status = bench.driver.status()
    assert status.state == "fault" and "not certain" in status.fault
    assert status.absolute_charge == pytest.approx(bench.source.charge(absolute=True), rel=1e-6)
    assert status.peak > 0
    with pytest.raises(StimulatorRefused):
        bench.driver.grant(1.0)
    assert len(bench.source.played) == 1 and bench.source.held[":OUTP"] == "0"


# -- charge -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stimulus", [pulses(), sine(), sine(frequency=240.0)])
def test_without_gaps_charge_is_that_of_the_program(stimulus):
    bench = Bench(latency=0.0)
    bench.driver.load(stimulus)
    last = bench.run(25.0)[-1]
    assert last.state == "idle" and last.elapsed == stimulus.duration
    given = bench.source.charge(absolute=True)
    assert given == pytest.approx(stimulus.absolute_charge, rel=0.005)
    assert abs(bench.source.charge()) <= 1e-6 * given
    assert last.absolute_charge == pytest.approx(given, rel=1e-6)
    assert last.net_charge == pytest.approx(0.0, abs=1e-6 * given)


def test_gaps_are_counted_as_missing_and_are_as_large_as_stated():
    stimulus = pulses(duration=30.0)
    bench = Bench(latency=5e-3)
    bench.driver.load(stimulus)
    last = bench.run(35.0)[-1]
    given = bench.source.charge(absolute=True)
    gap = 5e-3 * 9  # on a ramp: abort, one setting and its query, on, arm, start, error, looks
    assert (1 - gap / 0.45) * stimulus.absolute_charge < given < 0.995 * stimulus.absolute_charge
    assert last.absolute_charge == pytest.approx(given, rel=2e-3)


def test_constant_current_misses_only_the_gaps():
    bench = Bench(latency=0.0, interrupted=True)
    stimulus = Stimulus(
        waveform=shapes.constant(), amplitude=2e-4, duration=20.0, ramp=Ramp(rise=4, fall=4)
    )
    bench.driver.load(stimulus)
    last = bench.run(25.0)[-1]
    assert bench.source.charge() == pytest.approx(stimulus.net_charge, rel=0.005)
    assert last.net_charge == pytest.approx(bench.source.charge(), rel=1e-6)
    steps = list(bench.source.stretches())
    assert max(b[0] - a[1] for a, b in zip(steps, steps[1:], strict=False)) < 5e-3


def test_a_ramp_of_alternating_current_is_a_stair_of_the_stated_height():
    bench = Bench(latency=0.0)
    stimulus = pulses()
    bench.driver.load(stimulus)
    bench.run(25.0)
    begun = bench.source.played[0][0]
    for start, levels, _ in bench.source.played:
        top = max(level for _, level in levels) / stimulus.amplitude
        for time in (start, start + sum(width for width, _ in levels)):
            assert abs(top - stimulus.envelope_at(time - begun)) <= 0.5 * 0.45 / 5.0 + 1e-3


@pytest.mark.parametrize("waveform", [shapes.sine(), shapes.biphasic(width=0.1, gap=0.05, ratio=0.25),
                                      shapes.monophasic(width=0.2), shapes.ramped_square(rise=0.05)],
                         ids=lambda shape: shape.name)  # fmt: skip
def test_points_hold_the_charge_of_a_shape_and_end_at_zero(waveform):
    stimulus = Stimulus(
        waveform=waveform, amplitude=1e-4, duration=20, frequency=50, ramp=Ramp(rise=5, fall=5)
    )
    points = scpi_lists.points_of(stimulus, 0.45)
    assert len(points) <= scpi_lists.POINTS and points[-1] == 0 and max(map(abs, points)) <= 1
    assert sum(points) / len(points) == pytest.approx(waveform.mean, abs=1e-6)
    assert sum(map(abs, points)) / len(points) == pytest.approx(waveform.mean_absolute, rel=0.01)


# -- a sitting --------------------------------------------------------------------------------------------


def sitting(make, bench, *stimuli):
    events = []
    plan = make.plan(*stimuli)
    host = Host(clock=bench.clock, sink=events.append, today=make.today)
    controller = Controller(bench.driver, limits=make.limits(), host=host)
    return controller, plan, make.approval(plan), events


def test_a_sitting_through_the_controller(make):
    bench = Bench(latency=2e-3)
    stimuli = pulses(), sine()
    controller, plan, approval, events = sitting(make, bench, *stimuli)
    delivered = controller.deliver(plan, approval)
    assert (delivered.ending, delivered.trip) == ("completed", None)
    for part, stimulus in zip(delivered.steps, stimuli, strict=True):
        assert part.time == pytest.approx(stimulus.duration, abs=0.05)
        assert 0.97 * stimulus.absolute_charge < part.absolute_charge < stimulus.absolute_charge
    assert bench.source.held[":OUTP"] == "0"
    leases = [event.time for event in events if event.kind == "lease"]
    assert max(b - a for a, b in zip(leases, leases[1:], strict=False) if b - a < 3) < 1.0


def test_a_lead_that_falls_off_trips_the_sitting(make):
    bench = Bench(latency=2e-3)
    controller, plan, approval, _ = sitting(make, bench, pulses())
    begin = bench.clock.now()
    say = bench.source.say

    def fallen(header):
        if bench.clock.now() - begin > 8:
            bench.source.condition = 8
        return say(header)

    bench.source.say = fallen
    delivered = controller.deliver(plan, approval)
    assert delivered.ending == "tripped" and delivered.trip.code == "device-fault"
    assert bench.source.last_flow - begin < 8.5 and bench.source.held[":OUTP"] == "0"


def test_a_slow_instrument_is_stopped_by_the_interlocks_and_not_excused(make):
    bench = Bench(latency=0.012)
    controller, plan, approval, _ = sitting(make, bench, pulses())
    delivered = controller.deliver(plan, approval)
    assert delivered.ending == "tripped" and delivered.trip.code in ("lead-off", "charge-drift")


# -- through PyVISA ---------------------------------------------------------------------------------------


@pytest.fixture
def visa():
    line = VisaLine(ADDRESS, library=LIBRARY)
    yield line
    line.close()


def test_through_pyvisa_a_program_is_loaded_started_and_cut(visa):
    clock = VirtualClock()
    driver = ScpiSource(visa, clock, settings=SourceSettings(compliance=60.0))
    assert driver.capabilities().name == "KEITHLEY INSTRUMENTS INC. MODEL 6221 4099999"
    driver.load(pulses())
    assert driver.status().state == "armed"
    driver.grant(1.0)
    clock.wait(0.4)
    assert driver.status().state == "running"
    clock.wait(0.1)
    driver.grant(1.0)
    visa.send(b"BENCH 8\n")
    assert "voltage" in driver.status().fault
    visa.send(b"BENCH 0\n")
    driver.cut()
    driver.clear()
    assert driver.status().state == "idle"


def test_through_pyvisa_a_list_is_read_back(visa):
    driver = ScpiSource(visa, VirtualClock(), settings=SourceSettings(compliance=60.0, interrupted=True))
    stimulus = Stimulus(waveform=shapes.constant(), amplitude=2e-4, duration=9.0, ramp=Ramp(rise=2, fall=2))
    driver.load(stimulus)
    visa.send(b":SOUR:LIST:CURR?\n")
    currents = [float(word) for word in visa.receive(1.0).split(b",")]
    assert len(currents) == 23 and currents[-1] == 0
    assert sum(currents) * 0.02 == pytest.approx(stimulus.charge_between(0, 0.44), rel=1e-6)


def test_a_visa_line_that_hears_nothing_says_none(visa):
    assert visa.receive(0.01) is None


@pytest.mark.parametrize(("address", "library"), [("GPIB0::13::INSTR", LIBRARY), ("nonsense", LIBRARY),
                                                  (ADDRESS, "missing.yaml@sim"), (ADDRESS, "@nowhere")])  # fmt: skip
def test_a_visa_resource_that_cannot_be_opened_is_an_input_error(address, library):
    with pytest.raises(InputError, match=address):
        VisaLine(address, library=library)


def test_a_visa_line_asks_for_the_exclusive_lock(monkeypatch):
    pyvisa = pytest.importorskip("pyvisa")
    asked = []
    original = pyvisa.ResourceManager.open_resource
    monkeypatch.setattr(pyvisa.ResourceManager, "open_resource",
                        lambda self, *a, **k: (asked.append(k["access_mode"]), original(self, *a, **k))[1])  # fmt: skip
    VisaLine(ADDRESS, library=LIBRARY).close()
    assert asked == [pyvisa.constants.AccessModes.exclusive_lock]


def test_a_closed_visa_line_is_silent(visa):
    visa.close()
    visa.close()
    with pytest.raises(StimulatorSilent):
        visa.send(b"*IDN?\n")


def test_without_pyvisa_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyvisa", None)
    with pytest.raises(InputError, match=r"microcurrent\[visa\]"):
        VisaLine(ADDRESS)


def test_the_quality_file_gives_a_reason_for_every_rule():
    path = Path(scpi_source.__file__).with_name("scpi_source.quality.toml")
    lists = tomllib.loads(path.read_text(encoding="utf-8"))
    assert set(lists) == {"done", "todo", "exempt"}
    rules = [entry["rule"] for part in lists.values() for entry in part]
    assert len(rules) == len(set(rules))
    assert {"lease-expires-on-device", "measured-current", "contact-loss", "tested-on-hardware"} <= set(
        rules
    )
    assert all(len(entry["reason"]) > 20 for part in lists.values() for entry in part)
