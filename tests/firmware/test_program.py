"""The device's own waveforms against `Stimulus.current_at`, sample by sample, over the whole family."""

import math

import program as firmware
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from microcurrent.delivery.program import compact
from microcurrent.errors import StimulatorRefused
from microcurrent.model import Polarity, Ramp, Stimulus, Surge, shapes

from . import small

#: What a sample may be off by: a part in 2**16 of the amplitude for each of ramp, surge, polarity and shape,
#: twice for rounding down, and 2 nA. For an arc the angle is such a part of a turn.
LINES, ARCS = 8 / 65536, 16 / 65536
#: Time [s] within which a jump may fall on either side: rounding of the phase, 1e-9 of a turn.
JUMP = 3e-9

AMPLITUDES = st.sampled_from([10e-6, 97.3e-6, 300e-6, 1e-3])
TIMES = st.sampled_from([0.0, 0.5, 1.0, 2.345])


@st.composite
def waveforms(draw):
    """A waveform and a frequency [Hz], in whole millihertz."""
    if draw(st.booleans()) and draw(st.booleans()):
        return shapes.constant(), 0.0
    frequency = draw(st.sampled_from([0.5, 7.83, 8.3, 30.0, 33.333, 77.7, 200.0, 1000.0]))
    width = draw(st.floats(0.02, 0.2))
    waveform = draw(
        st.sampled_from(
            [
                shapes.monophasic(width=width), shapes.sine(), shapes.ramped_square(rise=width),
                shapes.biphasic(width=width, gap=width / 3), shapes.biphasic(width=width, ratio=0.4),
                shapes.burst(pulses=5, width=0.5, fill=0.8),
                shapes.superposed(shapes.biphasic(width=width, gap=width / 3), offset=0.2),
                shapes.superposed(shapes.ramped_square(rise=width), offset=1.5),
            ]
        )
    )  # fmt: skip
    return waveform, frequency


@st.composite
def stimuli(draw):
    """Anything that `model` can say, up to 20 s long."""
    waveform, frequency = draw(waveforms())
    rise, fall = draw(TIMES), draw(TIMES)
    holds = st.sampled_from([0.3, 2.0])
    surge = draw(st.none() | st.builds(Surge, rise=TIMES, hold=holds, fall=TIMES, rest=TIMES))
    mode = draw(st.sampled_from(["fixed", "reversed", "alternating"]))
    slow = (0.0, 0.0)
    if mode == "alternating":
        slow = draw(st.sampled_from([0.25, 1.5, 4.0])), draw(st.sampled_from([0.0, 0.1]))
    polarity = Polarity(mode=mode, every=slow[0], ramp=slow[1])
    return Stimulus(
        waveform=waveform, frequency=frequency, amplitude=draw(AMPLITUDES), ramp=Ramp(rise=rise, fall=fall),
        duration=rise + fall + draw(st.floats(0.01, 15.0)), surge=surge, polarity=polarity,
    )  # fmt: skip


def made(stimulus):
    program = compact(stimulus)
    return firmware.Program(program.amplitude, program.frequency, program.slow, program.pieces)


def nearest(stimulus, time, came):
    """The current [A] at a time, on the side of a jump that is nearer to what came."""
    currents = [stimulus.current_at(time)]
    # Slow times are whole steps of 10 us on the device: a jump of the envelope may be that far off, and one
    # of the shape by the rounding of a phase.
    for slow in (time, max(time - 1e-5, 0.0), time + 1e-5):
        for fast in (time, time - JUMP, time + JUMP):
            shape = stimulus.waveform.value_at(fast * stimulus.frequency)
            currents.append(stimulus.amplitude * stimulus.envelope_at(slow) * shape)
    return min(currents, key=lambda current: abs(current - came))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(stimuli(), st.integers(1, 400))
@example(Stimulus(waveform=shapes.sine(), amplitude=1e-3, duration=10.0, frequency=1000.0), 1)
def test_each_sample_is_that_of_the_stimulus(stimulus, stretch):
    program = made(stimulus)
    arcs = any(piece.kind == "arc" for piece in stimulus.waveform.pieces)
    allowed = stimulus.amplitude * (ARCS if arcs else LINES) + 2e-9
    passed = samples = 0
    while passed < stimulus.duration * 1e6 and samples < 3000:
        came = program.value() * 1e-9
        assert abs(came - nearest(stimulus, passed * 1e-6, came)) <= allowed, passed
        us = min(program.hold() if samples % 2 else stretch, firmware.LONGEST_HOLD)
        program.advance(us)
        passed, samples = passed + us, samples + 1


@pytest.mark.parametrize("frequency", [0.5, 33.333, 999.999])
def test_a_frequency_does_not_drift_in_an_hour(frequency):
    stimulus = Stimulus(
        waveform=shapes.monophasic(width=0.3), amplitude=1e-4, duration=3600.0, frequency=frequency
    )
    program = made(stimulus)
    passed = 0
    while passed < 3_599_000_000:  # all but the last second, in the longest steps
        program.advance(firmware.LONGEST_HOLD)
        passed += firmware.LONGEST_HOLD
    for _ in range(200):
        came = program.value() * 1e-9
        assert came == pytest.approx(nearest(stimulus, passed * 1e-6, came), abs=2e-9)
        program.advance(37)
        passed += 37


@settings(max_examples=40, deadline=None, derandomize=True)
@given(stimuli())
def test_charges_are_those_of_the_stimulus(stimulus):
    """Holding each value until `hold` says so moves the charge of the stimulus, net and in all."""
    program = made(stimulus)
    until = min(stimulus.duration, 4.0)
    passed = net = every = 0
    while passed < until * 1e6:
        us, value = program.hold(), program.value()
        net, every, passed = net + value * us, every + abs(value) * us, passed + us
        program.advance(us)
    span = passed * 1e-6
    absolute = stimulus.absolute_charge_between(0, span)
    # A sloped period in 64 steps, each held from its beginning: half a step of what it moves. An edge of a
    # pulse falls on the next whole microsecond.
    edges = stimulus.amplitude * 1e-6 * 2 * len(stimulus.waveform.pieces) * (stimulus.frequency * span + 2)
    allowed = 0.02 * absolute + edges + stimulus.amplitude * 1e-3
    assert net * 1e-15 == pytest.approx(stimulus.charge_between(0, span), abs=allowed)
    assert every * 1e-15 == pytest.approx(absolute, abs=allowed)


def test_a_value_that_is_held_is_constant_for_flat_shapes():
    stimulus = Stimulus(
        waveform=shapes.biphasic(width=0.02, gap=0.01), amplitude=1e-4, duration=2.0, frequency=40.0
    )
    program = made(stimulus)
    passed = 0
    for _ in range(2000):
        value, us = program.value(), program.hold()
        for inside in (0.4 * us, us - 1.001):
            if inside > 0:
                assert stimulus.current_at((passed + inside) * 1e-6) == pytest.approx(
                    value * 1e-9, abs=1e-12
                )
        program.advance(us)
        passed += us


def test_sine_and_parts_against_floating_point():
    for angle in range(0, 2 * 65536, 37):
        assert firmware.sine(angle) / 65536 == pytest.approx(math.sin(math.tau * angle / 65536), abs=3e-5)
    for whole in (1, 3, 100, 65537, 4_194_303, 4_194_304, 360_000_000, (1 << 30) - 1):
        for share in (0.0, 0.1, 1 / 3, 0.5, 0.999):
            x = int(whole * share)
            assert firmware.part(x, whole) / 65536 == pytest.approx(x / whole, abs=2.1 / 65536)
        assert firmware.part(whole, whole) == firmware.ONE
    for value in (0, 1, 1023, 1024, 999_999, -1_000_000, 8_388_607):
        for factor in (0, 1, 32768, 65535, 65536):
            assert firmware.scale(value, factor) == pytest.approx(value * factor / 65536, abs=1.1)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(stimuli())
def test_no_number_on_the_way_leaves_a_small_integer_of_a_chip(stimulus):
    program = made(stimulus)
    names = [name for name, value in vars(program).items() if type(value) is int]
    small.shrink(program, names)
    for name in ("kinds", "starts", "stops", "firsts", "lasts"):
        setattr(program, name, [small.Small(value) for value in getattr(program, name)])
    for _ in range(300):
        program.value()
        program.advance(program.hold())
    program.elapsed = small.Small((1 << 30) - 2)
    program.value(), program.hold()


def test_a_frequency_that_the_device_cannot_say_is_refused():
    stimulus = Stimulus(waveform=shapes.sine(), amplitude=1e-4, duration=2.0, frequency=100 / 3)
    with pytest.raises(StimulatorRefused, match=r"not a whole number of millihertz.*give 33\.333 Hz"):
        compact(stimulus)
