"""Direct and alternating current at once: every figure is that of the parts, by closed form."""

import math

import pytest

from microcurrent.errors import ValueRefused
from microcurrent.model import Placement, Ramp, Step, Stimulus, Surge, digest, shapes
from microcurrent.model.rest import negative
from microcurrent.model.restore import restore
from microcurrent.model.waveform import Waveform

BALANCED = {
    "sine": shapes.sine(),
    "biphasic": shapes.biphasic(width=0.1, gap=0.05, ratio=0.5),
    "ramped-square": shapes.ramped_square(rise=0.1),
    "burst": shapes.burst(pulses=3, width=0.5, fill=0.8),
}
ALTERNATING, DIRECT = 300e-6, 60e-6
EACH = pytest.mark.parametrize("inner", BALANCED.values(), ids=BALANCED)


def both(inner, *, alternating=ALTERNATING, direct=DIRECT, frequency=30.0, duration=60.0, **more):
    """The stimulus of an alternating peak [A] on a direct current [A]."""
    shape = shapes.superposed(inner, offset=direct / alternating)
    return Stimulus(
        waveform=shape, amplitude=direct / shape.direct, frequency=frequency, duration=duration,
        **{"ramp": Ramp(rise=10, fall=10), **more},
    )  # fmt: skip


@EACH
def test_it_is_at_every_moment_the_sum_of_its_parts(inner):
    whole = both(inner)
    alone = Stimulus(waveform=inner, amplitude=ALTERNATING, frequency=30.0, duration=60.0,
                     ramp=Ramp(rise=10, fall=10))  # fmt: skip
    for k in range(997):
        time = k * 60.0 / 997
        direct = DIRECT * whole.envelope_at(time)
        assert whole.current_at(time) == pytest.approx(alone.current_at(time) + direct, abs=1e-15)


@EACH
def test_its_mean_is_the_direct_current_and_its_square_the_sum_of_both(inner):
    whole = both(inner)
    assert whole.offset == pytest.approx(DIRECT, rel=1e-12)
    # The largest second begins a little down the ramp, where the negative half of a period is smaller.
    assert whole.window_mean() == pytest.approx(DIRECT, rel=1e-3)
    assert whole.net_charge == pytest.approx(DIRECT * 50.0, rel=1e-9)  # two ramps of 10 s count half
    assert whole.plateau_rms**2 == pytest.approx(DIRECT**2 + (ALTERNATING * inner.rms) ** 2, rel=1e-12)
    assert not whole.waveform.is_balanced and whole.waveform.is_superposed
    largest = max(abs(DIRECT + sign * ALTERNATING) for sign in (1, -1))
    assert whole.peak == pytest.approx(largest, rel=1e-12)


def test_the_charge_of_a_phase_by_hand():
    """Pulses of 1 ms on 60 uA at 30 Hz: up to the second pulse it flows one way, but for that pulse."""
    shape = shapes.biphasic(width=0.03)
    whole = both(shape)
    period = 1 / 30
    one_way = DIRECT * period * 0.97 + ALTERNATING * 0.03 * period  # all but the negative pulse
    assert whole.charge_per_phase == pytest.approx(one_way, rel=1e-12)
    assert whole.imbalance == pytest.approx(
        DIRECT * period / (one_way + (ALTERNATING - DIRECT) * 0.03 * period), rel=1e-9
    )


def test_a_sine_on_direct_current_changes_its_sign_where_it_does():
    whole = both(shapes.sine(), direct=150e-6)  # half of the peak: zero at 210 and 330 degrees
    assert whole.waveform.turns == pytest.approx((7 / 12, 11 / 12))
    # Area above zero: the integral of sin + 1/2 from -30 to 210 degrees.
    area = (2 * math.cos(math.pi / 6) + 0.5 * 4 * math.pi / 3) / math.tau
    assert whole.charge_per_phase == pytest.approx(ALTERNATING * area / 30.0, rel=1e-12)


@EACH
def test_what_never_turns_flows_one_way_for_as_long_as_it_lasts(inner):
    whole = both(inner, direct=2 * ALTERNATING)
    assert whole.waveform.is_one_way
    assert whole.charge_per_phase == pytest.approx(whole.net_charge, rel=1e-12)
    assert whole.imbalance == pytest.approx(1.0)
    assert not both(inner).waveform.is_one_way
    assert shapes.constant().is_one_way and not shapes.monophasic(width=0.9).is_one_way


@EACH
def test_its_negative_is_its_negative(inner):
    shape = shapes.superposed(inner, offset=0.3)
    other = negative(shape)
    assert other.direct == -shape.direct == pytest.approx(other.mean)
    for k in range(101):
        assert other.value_at(k / 101) == pytest.approx(-shape.value_at(k / 101), abs=1e-12)


def test_a_swell_carries_both_parts():
    swollen = both(shapes.sine(), surge=Surge(rise=10, hold=5, fall=10, rest=5))
    assert swollen.current_at(27.5) == 0.0
    assert swollen.window_mean() == pytest.approx(DIRECT, rel=1e-3)


@pytest.mark.parametrize("offset", [0.0, -0.1, math.inf, math.nan])
def test_only_a_direct_current_above_zero(offset):
    with pytest.raises(ValueRefused, match="offset"):
        shapes.superposed(shapes.sine(), offset=offset)


@pytest.mark.parametrize("shape", [shapes.constant(), shapes.monophasic(width=0.2)])
def test_what_has_a_direct_part_of_its_own_takes_no_other(shape):
    with pytest.raises(ValueRefused, match=r"balanced waveform.*direct part of its own"):
        shapes.superposed(shape, offset=0.1)


def test_a_waveform_cannot_say_that_it_has_another_direct_part_than_it_has():
    shape = shapes.superposed(shapes.sine(), offset=0.5)
    with pytest.raises(ValueRefused, match="direct"):
        Waveform(name="wrong", pieces=shape.pieces, direct=0.5)


def test_it_is_of_both_systems_and_called_faradic():
    step = {"number": 1, "stimulus": both(shapes.sine()), "start": 0.0,
            "anode": Placement(electrode="a", site="one"),
            "cathode": Placement(electrode="b", site="two")}  # fmt: skip
    assert Step(system="faradic", **step).systems == ("galvanic", "faradic")
    with pytest.raises(ValueRefused, match="faradic, for an alternating current on a direct one"):
        Step(system="galvanic", **step)
    plain = {
        **step,
        "stimulus": Stimulus(waveform=shapes.sine(), amplitude=1e-4, frequency=9.0, duration=9.0),
    }
    assert Step(system="faradic", **plain).systems == ("faradic",)


@EACH
def test_it_is_kept_and_comes_back_and_older_waveforms_keep_their_digest(inner):
    shape = shapes.superposed(inner, offset=0.25)
    from microcurrent.model.digest import plain

    assert restore(Waveform, plain(shape)) == shape
    assert set(plain(inner)) == {"name", "pieces"}
    assert {key for piece in plain(inner)["pieces"] for key in piece} == {
        "start", "stop", "first", "last", "kind",
    }  # fmt: skip
    assert digest(shape) != digest(inner)
