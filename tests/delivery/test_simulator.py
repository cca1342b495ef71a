"""The stimulator in software keeps its own limits, and measures what flows."""

import inspect
import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microcurrent.delivery.clock import VirtualClock
from microcurrent.delivery.faults import Fault
from microcurrent.delivery.load import SkinLoad
from microcurrent.delivery.peak import peak_between
from microcurrent.delivery.simulator import SimulatedStimulator
from microcurrent.errors import StimulatorRefused, StimulatorSilent, ValueRefused
from microcurrent.model import Polarity, Ramp, Stimulator, Stimulus, shapes


@pytest.fixture
def device(make):
    def device(*faults, can=None, **more):
        clock = VirtualClock()
        skin = SkinLoad(series=500.0, parallel=20e3, capacitance=50e-9)
        return clock, SimulatedStimulator(
            clock, capabilities=can or make.capabilities(), load=skin, faults=faults, **more
        )

    return device


def test_it_has_every_method_of_the_protocol_with_the_same_parameters():
    for name, wanted in inspect.getmembers(Stimulator, inspect.isfunction):
        if not name.startswith("_"):
            has = getattr(SimulatedStimulator, name)
            assert list(inspect.signature(has).parameters) == list(inspect.signature(wanted).parameters)


def test_no_current_before_a_lease_and_none_after_it(device, make):
    clock, stimulator = device()
    stimulator.load(make.fast())
    clock.wait(3)
    assert stimulator.status().state == "armed" and stimulator.envelope == 0
    stimulator.grant(0.8)
    clock.wait(0.799)
    assert stimulator.envelope > 0
    clock.wait(0.001)
    assert stimulator.envelope == 0 and stimulator.output == 0
    status = stimulator.status()
    assert status.state == "fault" and "no word from the host" in status.fault
    with pytest.raises(StimulatorRefused):
        stimulator.grant(0.8)  # a program that was lost does not go on
    assert status.elapsed == pytest.approx(0.8, abs=1e-12)


def test_without_a_call_nothing_flows_beyond_the_lease(device, make):
    clock, stimulator = device()
    stimulator.load(make.fast())
    stimulator.grant(0.8)
    clock.wait(600)
    flowed = make.fast().absolute_charge_between(0, 0.8)
    assert stimulator.status().absolute_charge == pytest.approx(flowed, rel=1e-9)


def test_it_refuses_rather_than_making_fit(device, make):
    _, stimulator = device(can=make.capabilities(max_current=250e-6, max_charge=5e-3))
    with pytest.raises(StimulatorRefused, match="300 µA is above the 250 µA"):
        stimulator.load(make.fast())
    with pytest.raises(StimulatorRefused, match="shorter"):
        stimulator.load(make.direct(duration=10.0, ramp=0.2))
    with pytest.raises(StimulatorRefused, match="net charge"):
        stimulator.load(make.direct())
    with pytest.raises(StimulatorRefused, match="has no program"):
        stimulator.grant(0.5)
    stimulator.load(make.direct(duration=20.0))
    for lease in (0.0, -1.0, 1.1, math.nan, math.inf):
        with pytest.raises(StimulatorRefused, match="leases up to"):
            stimulator.grant(lease)
    with pytest.raises(StimulatorRefused, match="is armed"):
        stimulator.load(make.direct(duration=20.0))
    assert stimulator.status().peak == 0


def test_it_adds_up_the_charge_of_a_sitting(device, make):
    clock, stimulator = device(can=make.capabilities(max_charge=5e-3))
    for _ in range(2):
        stimulator.load(make.direct(duration=20.0))  # 2 mC
        for _ in range(25):
            if stimulator.status().state in ("armed", "running"):
                stimulator.grant(1.0)
            clock.wait(0.9)
    assert stimulator.status().net_charge == pytest.approx(2e-3)
    with pytest.raises(StimulatorRefused, match="6 mC would have flowed one way"):
        stimulator.load(make.direct(duration=20.0))


def run(clock, stimulator, seconds, poll=0.1):
    """Keep the lease alive and return every status."""
    statuses = []
    for _ in range(round(seconds / poll)):
        stimulator.grant(1.0)
        clock.wait(poll)
        statuses.append(stimulator.status())
    return statuses


@settings(deadline=None, derandomize=True, max_examples=25)
@given(
    polls=st.lists(st.floats(1e-4, 0.9), min_size=1, max_size=12),
    shape=st.sampled_from(["direct", "surged", "fast"]),
)
def test_windows_add_up_to_the_program_however_it_is_asked(make, polls, shape):
    clock = VirtualClock()
    skin = SkinLoad(series=500.0, parallel=20e3, capacitance=50e-9)
    stimulator = SimulatedStimulator(clock, capabilities=make.capabilities(), load=skin)
    stimulus = getattr(make, shape)()
    stimulator.load(stimulus)
    stimulator.grant(1.0)
    net = square = time = 0.0
    for poll in polls:
        clock.wait(poll)
        status = stimulator.status()
        stimulator.grant(1.0)
        span = status.time - time
        net, square, time = net + status.mean * span, square + status.rms**2 * span, status.time
    t = status.elapsed
    assert t == pytest.approx(clock.now(), abs=1e-9)
    scale = stimulus.absolute_charge_between(0, t) + 1e-15
    assert status.net_charge == pytest.approx(stimulus.charge_between(0, t), abs=1e-8 * scale)
    assert net == pytest.approx(status.net_charge, abs=1e-9 * scale)
    assert status.absolute_charge == pytest.approx(scale, rel=1e-8)
    assert square == pytest.approx(stimulus.square_between(0, t), rel=1e-7, abs=1e-20)


@pytest.mark.parametrize("shape", ["direct", "surged", "fast"])
def test_the_measured_charge_is_the_sum_of_the_output_on_a_bench(device, make, shape):
    """The exact integrals have a plain slow twin: read the output and add."""
    clock, stimulator = device()
    stimulator.load(getattr(make, shape)())
    total = absolute = 0.0
    stimulator.grant(1.0)
    step = 1 / 32768
    for _ in range(8192):
        clock.wait(step / 2)
        output = stimulator.output
        total, absolute = total + output * step, absolute + abs(output) * step
        clock.wait(step / 2)
    status = stimulator.status()
    assert status.absolute_charge == pytest.approx(absolute, rel=0.03)
    assert status.net_charge == pytest.approx(total, abs=0.03 * absolute)


@pytest.mark.parametrize("at", [0.4, 5.0, 15.0, 52.0, 59.5])
def test_end_is_a_ramp_that_only_falls_and_starts_where_the_current_is(device, make, at):
    clock, stimulator = device()
    stimulator.load(make.direct())
    run(clock, stimulator, at)
    level, charge = stimulator.output, stimulator.status().net_charge
    stimulator.end()
    assert stimulator.output == pytest.approx(level, rel=1e-9)
    seen, flowed = [level], 0.0
    while stimulator.status().state == "ending":
        stimulator.grant(1.0)
        clock.wait(0.01)
        seen.append(stimulator.output)
        flowed += (seen[-1] + seen[-2]) / 2 * 0.01
    assert all(b <= a + 1e-15 for a, b in pairwise(seen))
    assert max(a - b for a, b in pairwise(seen)) <= 200e-6 * 0.0101  # no faster than end_ramp from full
    status = stimulator.status()
    assert status.state == "idle" and status.output == 0 and status.elapsed <= at + 1.0 + 1e-9
    assert status.net_charge - charge == pytest.approx(flowed, rel=0.01, abs=1e-8)


def test_a_current_that_ends_still_needs_a_host(device, make):
    clock, stimulator = device(can=make.capabilities(end_ramp=20.0))
    stimulator.load(make.fast())
    run(clock, stimulator, 5)
    stimulator.grant(0.5)
    stimulator.end()
    clock.wait(0.5)
    assert stimulator.envelope == 0 and stimulator.status().state == "fault"


def test_cut_is_zero_at_once_and_a_fault_stays_until_a_person_clears_it(device, make):
    clock, stimulator = device(Fault(kind="open", start=3.0, stop=4.0))
    stimulator.load(make.fast())
    run(clock, stimulator, 2.9)
    clock.wait(0.5)
    assert stimulator.status().fault == "open lead"
    clock.wait(2)
    assert stimulator.status().state == "fault"  # contact is back, the fault stays
    stimulator.cut()
    assert stimulator.status().fault == "open lead"
    stimulator.clear()
    assert stimulator.status().state == "idle"
    stimulator.load(make.fast())
    run(clock, stimulator, 2)
    stimulator.cut()
    assert stimulator.envelope == 0


# -- its own protection --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["lead_off", "open"])
def test_an_open_lead_is_zero_within_its_reaction_and_flows_no_more(device, make, kind):
    clock, stimulator = device(Fault(kind=kind, start=3.0, stop=3.06))
    stimulator.load(make.fast())
    run(clock, stimulator, 3.0)
    clock.wait(1e-6)
    assert stimulator.envelope == 0  # no path, no current
    clock.wait(0.05)
    assert stimulator.status().state == "fault"
    clock.wait(0.5)  # contact is back
    assert stimulator.envelope == 0


def test_in_the_rest_of_a_surge_an_open_lead_cannot_be_seen(device, make):
    clock, stimulator = device(Fault(kind="open", start=4.2))
    stimulator.load(make.surged())
    run(clock, stimulator, 4.9)
    assert stimulator.status().state == "running"
    run(clock, stimulator, 0.2)
    assert stimulator.status().state == "fault"


def test_it_never_gives_more_than_its_largest_current_or_voltage(device, make):
    can = make.capabilities(max_voltage=3.0)  # 20.5 kohm: reached at 146 µA of a ramp to 200 µA
    clock, stimulator = device(can=can)
    stimulator.load(make.direct())
    status = stimulator.status()
    while status.state in ("armed", "running"):
        stimulator.grant(1.0)
        clock.wait(0.05)
        status = stimulator.status()
    assert status.fault == "voltage at its limit" and status.voltage == pytest.approx(3.0)
    assert status.elapsed == pytest.approx(10 * 3.0 / 20.5e3 / 200e-6, rel=1e-6)

    clock, stimulator = device(Fault(kind="gain", start=2.0, size=0.5))
    stimulator.load(make.fast(amplitude=900e-6))
    largest = 0.0
    stimulator.grant(1.0)
    while stimulator.status().state == "running":
        stimulator.grant(1.0)
        clock.wait(0.01)
        largest = max(largest, stimulator.envelope)
    assert stimulator.status().fault == "current at its limit" and 900e-6 <= largest <= 1e-3 * (1 + 1e-9)


# -- faults to order -----------------------------------------------------------------------------


def test_frozen_answers_the_same_while_current_flows_and_silent_answers_nothing(device, make):
    clock, stimulator = device(Fault(kind="frozen", start=2.0, stop=3.0), Fault(kind="silent", start=3.5))
    stimulator.load(make.fast())
    run(clock, stimulator, 2.0)
    first = stimulator.status()
    stimulator.grant(1.0)
    clock.wait(0.5)
    assert stimulator.status() == first and stimulator.envelope == 300e-6
    stimulator.grant(1.0)
    clock.wait(0.6)
    assert stimulator.status().elapsed == pytest.approx(3.1)
    stimulator.grant(1.0)
    clock.wait(0.5)
    for call in (stimulator.status, stimulator.capabilities, stimulator.cut, stimulator.end):
        with pytest.raises(StimulatorSilent):
            call()
    assert stimulator.envelope > 0
    clock.wait(0.5)
    assert stimulator.envelope == 0  # its own watchdog needs nobody


def test_a_leak_beyond_all_limits_never_flows(device, make):
    clock, stimulator = device(Fault(kind="leak", size=0.5))
    stimulator.load(make.fast())
    stimulator.grant(1.0)
    clock.wait(0.1)
    status = stimulator.status()
    assert (status.state, status.peak, status.net_charge) == ("fault", 0.0, 0.0)


def test_stuck_holds_its_envelope_as_direct_current_and_says_so(device, make):
    clock, stimulator = device(Fault(kind="stuck", start=2.0))
    stimulator.load(make.fast())
    run(clock, stimulator, 3.0)
    before = stimulator.status().net_charge
    stimulator.cut()
    clock.wait(2)
    status = stimulator.status()
    assert status.output == 300e-6 and status.peak == 300e-6
    assert status.net_charge - before == pytest.approx(600e-6)
    with pytest.raises(StimulatorRefused, match="output is not zero"):
        stimulator.load(make.fast())


def test_reset_forgets_the_program_and_starts_its_clock_anew(device, make):
    clock, stimulator = device()
    stimulator.load(make.fast())
    run(clock, stimulator, 3.0)
    stimulator.order(Fault(kind="reset"))
    status = stimulator.status()
    assert (status.state, status.time, status.elapsed, status.output) == ("idle", 0.0, 0.0, 0.0)
    with pytest.raises(StimulatorRefused):
        stimulator.grant(1.0)


def test_drift_and_gain_grow_and_a_short_drops(device, make):
    clock, stimulator = device(
        Fault(kind="drift", start=2.0, stop=4.0, size=0.1),
        Fault(kind="gain", start=2.0, stop=4.0, size=-0.1),
        Fault(kind="short", start=6.0),
    )  # fmt: skip
    stimulator.load(make.fast())
    early = run(clock, stimulator, 2.0)[-1]
    later = run(clock, stimulator, 3.0)[-1]
    assert later.impedance == pytest.approx(1.2 * early.impedance)
    assert later.peak == pytest.approx(0.8 * 300e-6) and later.commanded_peak == 300e-6
    assert run(clock, stimulator, 2.0)[-1].impedance == pytest.approx(10.0)


def test_a_fault_that_makes_no_sense_is_refused():
    for wrong in ({"kind": "gremlin"}, {"kind": "open", "start": -1.0},
                  {"kind": "open", "start": 2.0, "stop": 2.0}):  # fmt: skip
        with pytest.raises(ValueRefused):
            Fault(**wrong)


# -- load and peak ---------------------------------------------------------------------------------


def slow_voltage(skin, stimulus, periods, steps=4000):
    """The plain twin: step the RC through whole periods and keep the largest voltage."""
    tau = skin.parallel * skin.capacitance
    dt = 1 / stimulus.frequency / steps
    decay, held, largest = math.exp(-dt / tau), 0.0, 0.0
    for k in range(periods * steps):
        current = stimulus.amplitude * stimulus.waveform.value_at((k % steps + 0.5) / steps)
        held = held * decay + current * skin.parallel * (1 - decay)
        largest = max(largest, abs(held + current * skin.series))
    return largest


@pytest.mark.parametrize("frequency", [10.0, 100.0, 1000.0])
@pytest.mark.parametrize(
    ("waveform", "exact"),
    [
        (shapes.biphasic(width=0.2), True),
        (shapes.monophasic(width=0.3), True),
        (shapes.sine(), False),
        (shapes.biphasic(width=0.1, gap=0.1, ratio=0.25), True),
        (shapes.burst(pulses=4, width=0.5), False),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_the_voltage_is_that_of_the_circuit_or_a_bound_above_it(waveform, exact, frequency):
    skin = SkinLoad(series=500.0, parallel=20e3, capacitance=50e-9)  # 1 ms
    stimulus = Stimulus(waveform=waveform, amplitude=1e-4, frequency=frequency, duration=10.0)
    periods = max(1, math.ceil(8e-3 * frequency))
    simulated = slow_voltage(skin, stimulus, periods)
    closed = skin.peak_impedance(stimulus) * 1e-4
    assert simulated <= closed * 1.005
    if exact:
        assert simulated == pytest.approx(closed, rel=0.01)
    assert closed <= 1e-4 * (skin.series + skin.parallel) * (1 + 1e-12)


def test_a_constant_current_sees_both_resistors():
    skin = SkinLoad(series=500.0, parallel=20e3, capacitance=50e-9)
    stimulus = Stimulus(waveform=shapes.constant(), amplitude=1e-4, duration=10.0)
    assert skin.peak_impedance(stimulus) == 20.5e3


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    start=st.floats(0, 20), span=st.floats(0, 12), frequency=st.sampled_from([0.3, 2.0, 50.0]),
    waveform=st.sampled_from([shapes.sine(), shapes.biphasic(width=0.2), shapes.ramped_square(rise=0.1)]),
    turns=st.booleans(),
)  # fmt: skip
def test_a_peak_is_never_too_small_and_never_above_the_program(
    make, start, span, frequency, waveform, turns
):
    stimulus = replace(
        make.surged(duration=30.0), waveform=waveform, frequency=frequency, ramp=Ramp(rise=4, fall=6),
        polarity=Polarity(mode="alternating", every=7.0, ramp=1.0) if turns else Polarity(),
    )  # fmt: skip
    peak = peak_between(stimulus, start, start + span)
    sampled = max(abs(stimulus.current_at(start + span * k / 400)) for k in range(401))
    assert sampled * (1 - 1e-9) <= peak <= stimulus.amplitude


def test_a_peak_is_exact_where_one_thing_moves(make):
    direct = make.direct()
    assert peak_between(direct, 2.0, 3.0) == pytest.approx(60e-6)
    assert peak_between(direct, 57.0, 70.0) == pytest.approx(60e-6)
    assert peak_between(direct, 61.0, 70.0) == 0
    sine = replace(make.fast(), waveform=shapes.sine(), frequency=1.0)
    assert peak_between(sine, 10.0, 10.1) == pytest.approx(300e-6 * math.sin(0.2 * math.pi))
    assert peak_between(sine, 10.2, 10.3) == pytest.approx(300e-6)
