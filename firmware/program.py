"""Program: one current over time, in whole numbers, made step by step without a clock.

Pure; runs unchanged on CPython and MicroPython. Nothing in `advance`, `value` and `hold` allocates, and no
number leaves the 31 bits of a small integer on a 32-bit MicroPython (-2**30 to 2**30 - 1).

Units: current nA; phase in thousand-millionths of a turn, so that a frequency in mHz is the phase that
passes in one microsecond, exactly; the slow times (ramps, surge, polarity, duration) in steps of 10 us,
of which three hours fit; angles in 1/65536 of a turn.
"""

import math
from array import array

#: One turn of phase.
TURN = 1_000_000_000
#: The factor 1 of ramps, surge and polarity, and of the sine table.
ONE = 65536
#: Longest time [us] that one value may be held before the next is asked for.
LONGEST_HOLD = 500
#: A sloped piece is drawn in at least so many steps a period.
STEPS = 64
#: Most stretches of one period: they fit in one line of the wire protocol.
MOST_PIECES = 128

FIXED, REVERSED, ALTERNATING = 0, 1, 2
LINE, ARC = 0, 1

# A quarter of a sine in 256 intervals: a straight line between two of them is off by less than 5e-6.
_SINE = array("i", [int(ONE * math.sin(math.pi / 2 * k / 256) + 0.5) for k in range(257)])


def part(x, whole):
    """Return x / whole as 0 to ONE, for 0 <= x <= whole < 2**30, right to 2**-16 or so."""
    while whole >= 4194304:  # 2**22, so that eight more bits still fit
        whole >>= 1
        x >>= 1
    x <<= 8
    first = x // whole
    return (first << 8) + ((x - first * whole) << 8) // whole


def scale(value, factor):
    """Return value * factor / ONE, towards zero, for |value| < 2**23 and 0 <= factor <= ONE."""
    if factor == ONE:
        return value
    if value < 0:
        return -scale(-value, factor)
    return ((value >> 10) * factor + (((value & 1023) * factor) >> 10)) >> 6


def sine(angle):
    """Return ONE times the sine of an angle in 1/65536 of a turn, 0 <= angle."""
    angle &= 65535
    if angle >= 32768:
        return -sine(angle - 32768)
    if angle > 16384:
        angle = 32768 - angle
    low = angle >> 6
    if low == 256:
        return ONE
    return _SINE[low] + (((_SINE[low + 1] - _SINE[low]) * (angle & 63)) >> 6)


class Program:
    """A current over time.

    `amplitude` [nA]; `frequency` [mHz], 0 for direct current. `slow`: eleven whole numbers: duration,
    rise, fall [10 us]; surge rise, hold, fall, rest [10 us], all 0 for none; polarity, every, ramp
    [10 us]; balanced (0 or 1). `pieces`: for each stretch of a period kind, start, stop [1e-9 turn],
    first, last ([nA] of a line, [1/65536 turn] of an arc).
    """

    def __init__(self, amplitude, frequency, slow, pieces):
        self.amplitude, self.frequency = amplitude, frequency
        self.duration, self.rise, self.fall = slow[0], slow[1], slow[2]
        self.surge_rise, self.surge_hold, self.surge_fall = slow[3], slow[4], slow[5]
        self.surge = slow[3] + slow[4] + slow[5] + slow[6]
        self.polarity, self.every, self.turnover = slow[7], slow[8], slow[9]
        self.balanced = slow[10]
        self.count = len(pieces)
        self.kinds = array("b", [piece[0] for piece in pieces])
        self.starts = array("i", [piece[1] for piece in pieces])
        self.stops = array("i", [piece[2] for piece in pieces])
        self.firsts = array("i", [piece[3] for piece in pieces])
        self.lasts = array("i", [piece[4] for piece in pieces])
        # It flows one way without rest: direct current in all but its ripple, whose charge has no end.
        self.one_way = one_way(self)
        # The longest stretch that passes at most one turn, and the step of what is sloped.
        self.period = TURN // frequency if frequency else LONGEST_HOLD
        step = self.period // STEPS
        self.step = LONGEST_HOLD if step > LONGEST_HOLD else step if step > 10 else 10
        self.restart()

    def restart(self):
        """Go to the beginning."""
        self.elapsed = self.odd = 0  # [10 us], and [us] beyond it
        self.phase = self.index = self.turns = 0

    # -- time ----------------------------------------------------------------------------------

    def advance(self, us):
        """Let `us` [us] pass, at most LONGEST_HOLD."""
        self.odd += us
        self.elapsed += self.odd // 10
        self.odd %= 10
        while us > 0 and self.frequency:
            now = us if us < self.period else self.period
            us -= now
            self.phase -= TURN - now * self.frequency
            if self.phase < 0:
                self.phase += TURN
            else:
                self.turns = (self.turns + 1) & 65535
                self.index = 0
        while self.index < self.count - 1 and self.phase >= self.stops[self.index]:
            self.index += 1

    def over(self):
        """Return whether the duration has passed."""
        return self.elapsed >= self.duration

    # -- current -------------------------------------------------------------------------------

    def value(self):
        """Return the current [nA] now."""
        if self.elapsed > self.duration or (self.elapsed == self.duration and self.odd):
            return 0
        shape = self._shape()
        return scale(shape, self.envelope()) * self._sign() if shape else 0

    def envelope(self):
        """Return ramps times surge times the size of the polarity now, 0 to ONE."""
        level = ONE
        if self.elapsed < self.rise:
            level = part(self.elapsed, self.rise)
        left = self.duration - self.elapsed
        if left < self.fall:
            down = part(left, self.fall)
            if down < level:
                level = down
        if self.surge:
            level = scale(level, self._swell(self.elapsed % self.surge))
        if self.polarity == ALTERNATING and self.turnover:
            level = scale(level, self._turned())
        return level

    def _swell(self, time):
        if time < self.surge_rise:
            return part(time, self.surge_rise)
        time -= self.surge_rise
        if time <= self.surge_hold:
            return ONE
        time -= self.surge_hold
        return part(self.surge_fall - time, self.surge_fall) if time < self.surge_fall else 0

    def _turned(self):
        since = self.elapsed % self.every
        near = self.every - since
        if self.elapsed >= self.every and since < near:
            near = since
        return part(near, self.turnover) if near < self.turnover else ONE

    def _sign(self):
        if self.polarity == FIXED:
            return 1
        if self.polarity == REVERSED:
            return -1
        return -1 if (self.elapsed // self.every) & 1 else 1

    def _shape(self):
        at = self.index
        if self.phase < self.starts[at] or self.phase >= self.stops[at]:
            return 0
        first = self.firsts[at]
        turn = self.lasts[at] - first
        if self.kinds[at] == LINE:
            if turn == 0:
                return first
            return first + scale(turn, part(self.phase - self.starts[at], self.stops[at] - self.starts[at]))
        along = part(self.phase - self.starts[at], self.stops[at] - self.starts[at])
        value = sine(first + scale(turn, along))
        return scale(self.amplitude, value) if value >= 0 else -scale(self.amplitude, -value)

    # -- how long it lasts ---------------------------------------------------------------------

    def hold(self):
        """Return the time [us] for which the present value may stand, 1 to LONGEST_HOLD."""
        hold = LONGEST_HOLD
        if self.frequency:
            hold = self._until_edge(hold)
        hold = self._sooner(hold, self.duration - self.elapsed)
        if self.surge:
            at = self.elapsed % self.surge
            for_rise = self.surge_rise - at
            for_fall = self.surge_rise + self.surge_hold - at
            for_rest = for_fall + self.surge_fall
            hold = self._sooner(hold, for_rise if for_rise > 0 else for_fall if for_fall > 0 else for_rest)
            hold = self._sooner(hold, self.surge - at)
        if self.polarity == ALTERNATING:
            hold = self._sooner(hold, self.every - self.elapsed % self.every)
        return hold if hold > 0 else 1

    def _sooner(self, hold, slow):
        """Return the lesser of `hold` [us] and the time to a moment `slow` [10 us] from now."""
        if 0 < slow <= 50:
            until = slow * 10 - self.odd
            return until if until < hold else hold
        return hold

    def _until_edge(self, hold):
        at, phase = self.index, self.phase
        edge = TURN
        if phase < self.starts[at]:
            edge = self.starts[at]
        elif phase < self.stops[at]:
            edge = self.stops[at]
            if (self.kinds[at] == ARC or self.firsts[at] != self.lasts[at]) and hold > self.step:
                hold = self.step
        until = (edge - phase + self.frequency - 1) // self.frequency
        return until if until < hold else hold


# -- what is checked once, before anything flows: large numbers are allowed here -------------------


def area(program, sign=0):
    """Return the area of one period [nA * 1e-9 turn]; of one sign alone where `sign` is 1 or -1."""
    total = 0
    for at in range(program.count):
        total += _piece_area(program, at, sign)
    return total


def _piece_area(program, at, sign):
    width = program.stops[at] - program.starts[at]
    first, last = program.firsts[at], program.lasts[at]
    if program.kinds[at] == LINE and (sign == 0 or first * last >= 0):
        whole = (first + last) * width // 2
        return whole if sign == 0 or whole * sign > 0 else 0
    total = 0
    for k in range(STEPS):  # an arc, or a line through zero: by midpoints
        along = (2 * k + 1) * ONE // (2 * STEPS)
        if program.kinds[at] == LINE:
            level = first + scale(last - first, along)
        else:
            value = sine(first + scale(last - first, along))
            level = scale(program.amplitude, value) if value >= 0 else -scale(program.amplitude, -value)
        if sign == 0 or level * sign > 0:
            total += level * width // STEPS
    return total


def one_way(program):
    """Return 1 where the current keeps one sign through the whole period without rest, else 0."""
    at = sign = 0
    for k in range(program.count):
        first, last = program.firsts[k], program.lasts[k]
        if program.starts[k] != at or program.kinds[k] == ARC or (first == 0 and last == 0):
            return 0
        for level in (first, last):
            if level * sign < 0:
                return 0
            if level:
                sign = 1 if level > 0 else -1
        at = program.stops[k]
    return 1 if at == TURN else 0


def largest_phase(program):
    """Return the largest charge [nC] that may flow one way before the current rests or turns, rounded up.

    No larger than all of one sign in a period; whether rests part it does not matter to be safe. Of a
    current that does neither it is that of a period: so what ripples on a direct current is no slow jump.
    """
    if not program.frequency:
        return 0
    most = area(program, 1)
    other = -area(program, -1)
    if other > most:
        most = other
    # nA * 1e-9 turn / (mHz) = 1e-15 C * ... : nA * 1e-9 / (f * 1e-3 Hz) = 1e-15 C, and 1e-6 nC.
    return -(-most // (program.frequency * 1_000_000)) if program.frequency else 0
