"""`Stimulus.current_at` against every figure computed from it, over the whole family of currents."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from microcurrent.errors import ValueRefused
from microcurrent.model import Polarity, Ramp, Stimulus, Surge, shapes

quick = settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


def slopes(longest):
    return st.just(0.0) | st.floats(1e-3, longest)


@st.composite
def waveforms(draw):
    kind = draw(
        st.sampled_from(["constant", "monophasic", "biphasic", "sine", "ramped", "burst", "superposed"])
    )
    if kind == "superposed":
        inner = st.sampled_from(
            [
                shapes.sine(), shapes.biphasic(width=0.1, gap=0.05, ratio=0.5), shapes.ramped_square(rise=0.1),
                shapes.burst(pulses=3, width=0.5, fill=0.8),
            ]
        )  # fmt: skip
        offset = draw(st.sampled_from([0.05, 0.5, 0.97, 1.0, 3.0]))
        return shapes.superposed(draw(inner), offset=offset), draw(st.floats(0.3, 40))
    if kind == "constant":
        return shapes.constant(), 0.0
    frequency = draw(st.floats(0.3, 40))
    if kind == "monophasic":
        return shapes.monophasic(width=draw(st.floats(0.01, 0.99))), frequency
    if kind == "biphasic":
        ratio = draw(st.floats(0.1, 1))
        gap = draw(st.floats(0, 0.2))
        width = draw(st.floats(0.01, 0.8)) * (1 - gap) / (1 + 1 / ratio)
        return shapes.biphasic(width=width, gap=gap, ratio=ratio), frequency
    if kind == "sine":
        return shapes.sine(), frequency
    if kind == "ramped":
        return shapes.ramped_square(rise=draw(st.floats(0.01, 0.25))), frequency
    width, fill = draw(st.floats(0.1, 1)), draw(st.floats(0.1, 1))
    return shapes.burst(pulses=draw(st.integers(1, 5)), width=width, fill=fill), frequency


@st.composite
def stimuli(draw):
    waveform, frequency = draw(waveforms())
    duration = draw(st.floats(1, 12))
    rise = draw(slopes(0.5)) * duration
    surge = None
    if draw(st.booleans()):
        surge = Surge(
            rise=draw(slopes(1)), hold=draw(st.floats(0.1, 2)), fall=draw(slopes(1)), rest=draw(slopes(1)),
        )  # fmt: skip
    mode = draw(st.sampled_from(["fixed", "reversed", "alternating"]))
    every = draw(st.floats(0.4, 5)) if mode == "alternating" else 0.0
    polarity = Polarity(mode=mode, every=every, ramp=draw(slopes(0.5)) * every)
    return Stimulus(
        waveform=waveform, frequency=frequency, duration=duration, surge=surge, polarity=polarity,
        amplitude=draw(st.floats(1e-5, 1e-3)), ramp=Ramp(rise=rise, fall=draw(slopes(0.5)) * duration),
    )  # fmt: skip


def corners(stimulus: Stimulus) -> list[float]:
    """Every time at which the current may jump or change its course."""
    times = {0.0, stimulus.duration, *stimulus.ramp.corners(stimulus.duration)}
    times.update(stimulus.polarity.corners(0, stimulus.duration))
    if stimulus.surge:
        times.update(stimulus.surge.corners(0, stimulus.duration))
    if stimulus.frequency:
        for cycle in range(math.ceil(stimulus.duration * stimulus.frequency)):
            for piece in stimulus.waveform.pieces:
                for a, b in piece.smooth:
                    times.update(((cycle + a) / stimulus.frequency, (cycle + b) / stimulus.frequency))
    return sorted(t for t in times if 0 <= t <= stimulus.duration)


def summed(stimulus: Stimulus, of) -> float:
    """Integral of of(current_at) by six-point Gauss quadrature between corners: the plain slow twin."""
    nodes = (0.2386191860831969, 0.6612093864662645, 0.9324695142031521)
    weights = (0.4679139345726910, 0.3607615730481386, 0.1713244923791704)
    total, at = [], corners(stimulus)
    for a, b in zip(at, at[1:], strict=False):
        middle, half = (a + b) / 2, (b - a) / 2
        for x, w in zip(nodes, weights, strict=True):
            for sign in (1, -1):
                total.append(half * w * of(stimulus.current_at(middle + sign * half * x)))
    return math.fsum(total)


@quick
@given(stimuli())
def test_charges_and_rms_are_integrals_of_the_current(stimulus):
    absolute = summed(stimulus, abs)
    assert stimulus.net_charge == pytest.approx(summed(stimulus, float), abs=1e-6 * absolute)
    assert stimulus.absolute_charge == pytest.approx(absolute, rel=1e-6)
    squared = summed(stimulus, lambda i: i * i)
    assert stimulus.rms == pytest.approx(math.sqrt(squared / stimulus.duration), rel=1e-6)
    assert stimulus.mean == pytest.approx(stimulus.net_charge / stimulus.duration)


@quick
@given(stimuli(), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_charge_adds_up_over_any_split(stimulus, a, b, c):
    low, middle, high = sorted(x * stimulus.duration for x in (a, b, c))
    whole = stimulus.charge_between(low, high)
    parts = stimulus.charge_between(low, middle) + stimulus.charge_between(middle, high)
    assert whole == pytest.approx(parts, abs=1e-9 * stimulus.amplitude * stimulus.duration)


@quick
@given(stimuli(), st.lists(st.floats(0, 1), min_size=20, max_size=20))
def test_current_never_passes_its_peak(stimulus, moments):
    for moment in moments:
        assert abs(stimulus.current_at(moment * stimulus.duration)) <= stimulus.peak * (1 + 1e-9)
    assert stimulus.peak <= stimulus.amplitude * (1 + 1e-9)


@quick
@given(stimuli())
def test_no_run_in_one_direction_carries_more_than_the_charge_per_phase(stimulus):
    run, largest = 0.0, 0.0
    at = corners(stimulus)
    for a, b in zip(at, at[1:], strict=False):
        charge = stimulus.charge_between(a, b)
        middle = stimulus.current_at((a + b) / 2)
        run = charge if middle == 0 or run * charge < 0 else run + charge
        largest = max(largest, abs(run))
    assert largest <= stimulus.charge_per_phase * (1 + 1e-6)


@quick
@given(stimuli())
def test_reversal_negates_everything_that_has_a_sign(stimulus):
    if stimulus.polarity.mode == "alternating":
        with pytest.raises(ValueRefused):
            stimulus.reversed()
        return
    other = stimulus.reversed()
    assert other.current_at(0.37 * stimulus.duration) == -stimulus.current_at(0.37 * stimulus.duration)
    assert other.net_charge == pytest.approx(-stimulus.net_charge)
    assert other.rms == pytest.approx(stimulus.rms)


@quick
@given(stimuli())
def test_nothing_flows_outside_the_duration(stimulus):
    assert stimulus.current_at(-1e-9) == 0
    assert stimulus.current_at(stimulus.duration * (1 + 1e-9)) == 0


@pytest.mark.parametrize(
    ("waveform", "mean", "rms", "phase"),
    [
        (shapes.constant(), 1, 1, 1),
        (shapes.monophasic(width=0.25), 0.25, 0.5, 0.25),
        (shapes.biphasic(width=0.009), 0, math.sqrt(0.018), 0.009),
        (shapes.biphasic(width=0.1, ratio=0.25), 0, math.sqrt(0.1 + 0.4 / 16), 0.1),
        (shapes.sine(), 0, math.sqrt(0.5), 1 / math.pi),
        (shapes.ramped_square(rise=0.25), 0, math.sqrt(1 / 3), 0.25),
        (shapes.burst(pulses=4, width=0.5), 0, math.sqrt(0.5), 0.0625),
    ],
)
def test_figures_of_a_shape_are_the_textbook_ones(waveform, mean, rms, phase):
    assert waveform.mean == pytest.approx(mean, abs=1e-15)
    assert waveform.rms == pytest.approx(rms, rel=1e-13)
    assert waveform.largest_phase == pytest.approx(phase, rel=1e-13)
    assert waveform.is_balanced == (mean == 0)


def test_a_long_sitting_is_exact_in_closed_form():
    """40 minutes of surged pulses: charge = amplitude * duty * (mean of the surge) * time."""
    stimulus = Stimulus(
        waveform=shapes.monophasic(width=0.01), amplitude=4e-4, frequency=100, duration=2400,
        surge=Surge(rise=1, hold=2, fall=1, rest=1),
    )  # fmt: skip
    # A trapezoid sampled at pulse centres is symmetric, so only the end of each pulse matters.
    assert stimulus.net_charge == pytest.approx(4e-4 * 0.01 * 2400 * 3 / 5, rel=1e-4)
    assert stimulus.net_charge == pytest.approx(stimulus.absolute_charge, rel=1e-12)


def test_one_second_mean_sees_the_offset_and_not_the_alternation():
    balanced = Stimulus(waveform=shapes.sine(), amplitude=3e-4, frequency=0.5, duration=60)
    assert balanced.window_mean() < 1e-12
    slow = Stimulus(
        waveform=shapes.constant(),
        amplitude=3e-4,
        duration=60,
        polarity=Polarity(mode="alternating", every=5),
    )
    assert slow.window_mean() == pytest.approx(3e-4)


@quick
@given(stimuli(), st.lists(st.floats(0, 1), min_size=30, max_size=30))
def test_no_window_has_a_larger_mean_than_the_largest(stimulus, places):
    window = 1.0
    if stimulus.frequency:
        window = math.ceil(window * stimulus.frequency - 1e-9) / stimulus.frequency
    window = min(window, stimulus.duration)
    largest = stimulus.window_mean()
    for place in places:
        start = place * (stimulus.duration - window)
        mean = abs(stimulus.charge_between(start, start + window)) / window
        assert mean <= largest + 1e-3 * stimulus.amplitude


def test_one_second_mean_is_over_the_top_of_a_swell():
    """Rising and falling over 2 s each, the best second is that around the top: 7/8 of the peak."""
    swell = Stimulus(
        waveform=shapes.constant(), amplitude=4e-4, duration=60,
        surge=Surge(rise=2, hold=0, fall=2, rest=1),
    )  # fmt: skip
    assert swell.window_mean() == pytest.approx(4e-4 * 7 / 8, rel=1e-9)


def test_polarity_that_turns_with_the_waveform_joins_two_phases():
    """At 0.5 Hz, reversed every 4 s: the second half of one period and the first of the next agree."""
    joined = Stimulus(
        waveform=shapes.biphasic(width=0.5), amplitude=3e-4, frequency=0.5, duration=60,
        polarity=Polarity(mode="alternating", every=4),
    )  # fmt: skip
    assert joined.charge_per_phase == pytest.approx(2 * 3e-4 * 1.0, rel=1e-9)
    assert joined.window_mean() == pytest.approx(3e-4, rel=1e-9)
    apart = Stimulus(
        waveform=shapes.biphasic(width=0.4), amplitude=3e-4, frequency=0.5, duration=60,
        polarity=Polarity(mode="alternating", every=4),
    )  # fmt: skip
    assert apart.charge_per_phase == pytest.approx(3e-4 * 0.8, rel=1e-9)


@pytest.mark.parametrize(
    "change",
    [
        {"amplitude": 0.0}, {"amplitude": math.nan}, {"amplitude": True}, {"duration": 0.0},
        {"frequency": -1.0}, {"frequency": 0.0}, {"ramp": Ramp(rise=6, fall=6)}, {"duration": math.inf},
    ],
)  # fmt: skip
def test_bad_values_are_refused(change):
    good = {"waveform": shapes.sine(), "amplitude": 1e-4, "frequency": 10.0, "duration": 10.0}
    with pytest.raises(ValueRefused, match=next(iter(change)).replace("_", " ")):
        Stimulus(**{**good, **change})


@pytest.mark.parametrize("time", [6.8, 0.30000000000000004, 0.7999999999999999, 3 * 0.1])
def test_rounding_at_a_corner_divides_by_nothing(time):
    assert Surge(rise=0, hold=0.1, fall=0, rest=0).value_at(time) == 1.0
    assert abs(Polarity(mode="alternating", every=0.1).value_at(time)) == 1.0
