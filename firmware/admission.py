"""Admission: why a program must be refused, looked at once, before anything flows.

Pure, as the core; large numbers and allocation are allowed here, since no tick asks.
"""

import bounds
from program import ALTERNATING, LINE, ONE, TURN, area, largest_phase


def beyond(program):
    """Return why a program must be refused, or None."""
    if not program.count or program.duration <= 0 or program.amplitude <= 0:
        return "program"
    return _beyond_shape(program) or _beyond_slow(program)


def _beyond_shape(program):
    if program.amplitude > bounds.CURRENT:
        return "current"
    last = 0
    for at in range(program.count):
        if not last <= program.starts[at] < program.stops[at] <= TURN:
            return "program"
        last = program.stops[at]
        why = _beyond_piece(program, at)
        if why:
            return why
    if not program.frequency and not _is_constant(program):
        return "program"
    balance = abs(area(program))
    if program.balanced and balance * 1000 > area(program, 1) - area(program, -1):
        return "balance"
    return "phase-charge" if largest_phase(program) > bounds.PHASE_CHARGE else None


def _beyond_piece(program, at):
    first, end = program.firsts[at], program.lasts[at]
    line = program.kinds[at] == LINE
    if line and max(abs(first), abs(end)) > program.amplitude:
        return "current"
    if not line and (min(first, end) < 0 or max(first, end) > 2 * ONE or abs(end - first) > ONE):
        return "program"  # more than a turn would be drawn too coarsely
    if not program.frequency:
        return None
    if line and first == end:
        shortest = (program.stops[at] - program.starts[at]) // program.frequency
    else:
        shortest = TURN // program.frequency // bounds.FEWEST_STEPS
    return "too-fast" if shortest < bounds.SHORTEST else None


def _is_constant(program):
    """Whether a program without frequency is one flat piece, and not said to be balanced."""
    return (
        program.count == 1
        and program.stops[0] - program.starts[0] == TURN
        and program.kinds[0] == LINE
        and program.firsts[0] == program.lasts[0]
        and not program.balanced
    )


def is_nearly_direct(program):
    """Whether a current flows one way all the time, or for more than half of what its peak could."""
    return program.one_way or abs(area(program)) * 2 > program.amplitude * TURN


def _beyond_slow(program):
    if program.surge > bounds.SITTING_TIME or program.every > bounds.SITTING_TIME:
        return "program"
    least = bounds.LEAST_RAMP
    if min(program.rise, program.fall) < least or program.rise + program.fall > program.duration:
        return "ramp"
    if is_nearly_direct(program):
        if program.surge and min(program.surge_rise, program.surge_fall) < least:
            return "ramp"
        if program.polarity == ALTERNATING and program.turnover < least:
            return "ramp"
    if program.polarity == ALTERNATING and (program.every <= 0 or 2 * program.turnover > program.every):
        return "program"
    if min(program.surge_rise, program.surge_hold, program.surge_fall, program.surge, program.every) < 0:
        return "program"
    return None
