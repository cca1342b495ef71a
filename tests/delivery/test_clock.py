"""Two clocks, one contract."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microcurrent.delivery.clock import RealClock, VirtualClock
from microcurrent.errors import ValueRefused


@pytest.mark.parametrize("clock", [RealClock(), VirtualClock()], ids=["real", "virtual"])
def test_time_passes_while_waiting_and_never_backwards(clock):
    before, then = clock.now(), datetime.fromisoformat(clock.utc())
    clock.wait(0.02)
    assert clock.now() - before >= 0.02
    assert (datetime.fromisoformat(clock.utc()) - then).total_seconds() >= 0.015
    assert then.utcoffset().total_seconds() == 0
    with pytest.raises(ValueRefused):
        clock.wait(-1)


@settings(deadline=None, derandomize=True)
@given(st.lists(st.floats(1e-12, 10), max_size=30))
def test_virtual_time_is_the_sum_of_the_waits(waits):
    clock = VirtualClock()
    for seconds in waits:
        before = clock.now()
        clock.wait(seconds)
        assert clock.now() > before  # however short, or a loop that waits would never end
    assert clock.now() == pytest.approx(sum(waits), abs=1e-9 * (1 + len(waits)))


def test_many_equal_waits_do_not_add_up_rounding():
    clock = VirtualClock("2027-05-01T10:00:00+00:00")
    for _ in range(24_000):
        clock.wait(0.1)
    assert clock.now() == 2400.0
    assert clock.utc() == "2027-05-01T10:40:00.000+00:00"
