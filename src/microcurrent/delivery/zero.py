"""Zero: cut, and read back until nothing flows."""

from __future__ import annotations

from collections.abc import Callable

from microcurrent.delivery.clock import Clock
from microcurrent.model import Status

#: Time [s] between two readings that must both be zero: a whole period of the slowest pulses in
#: use (10 Hz) and more.
CONFIRM = 0.12
#: Current [A] that counts as zero: two steps of a 12-bit converter that spans 1 mA, a twentieth of
#: the smallest current in use.
ZERO_CURRENT = 0.5e-6
#: Readings of zero that are tried at least.
ATTEMPTS = 3


def confirm_off(
    cut: Callable[[], bool], read: Callable[[], Status | None], *, clock: Clock, patience: float
) -> bool:
    """Cut and read for `patience` [s] until the output is zero; False if it cannot be read to be so.

    One reading is not enough: a pulsed current is zero between pulses, and a frozen stimulator may have
    frozen there. So two answers are needed, the second newer by its own clock, and between them nothing
    may have flowed.
    """
    give_up = clock.now() + patience
    tries = 0
    while tries < ATTEMPTS or clock.now() < give_up:
        tries += 1
        first = read() if cut() else None
        clock.wait(CONFIRM)
        second = read() if first is not None else None
        if first is not None and second is not None and is_zero(first, second):
            return True
    return False


def is_zero(first: Status, second: Status) -> bool:
    """Return whether nothing flowed between two answers, the second one newer."""
    return (
        second.time > first.time
        and second.state in ("idle", "fault")
        and second.zero
        and max(second.peak, abs(second.output)) <= ZERO_CURRENT
    )
