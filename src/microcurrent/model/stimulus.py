"""Stimulus: waveform times amplitude, frequency, surge, polarity, ramps and duration.

`Stimulus.current_at` is the one definition of the current; prediction, delivery and report use it.
Its integrals are closed form: the envelope is a polynomial on each of its segments, the waveform
repeats, so whole cycles are summed by moments and power sums and only the ends are integrated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

from microcurrent.model.checks import finite, refuse
from microcurrent.model.envelope import Polarity, Ramp, Surge, multiply, power_sum, segments
from microcurrent.model.waveform import Waveform

_IDENTITY: Callable[[float], float] = float
#: Corners of the envelope and reversals that are looked at; more only repeat what came before.
_MOST = 400


def _power(value: float, exponent: int) -> float:
    return value**exponent


def _square(value: float) -> float:
    return value * value


@dataclass(frozen=True, kw_only=True)
class Stimulus:
    """One current over time.

    `waveform`: the shape. `amplitude` [A]: peak, positive. `frequency` [Hz]: of the waveform, 0 for
    constant current. `duration` [s]: whole length, ramps included. `ramp` : in and out. `surge`:
    periodic rise, hold, fall and rest, or None. `polarity`: fixed, reversed or alternating.
    Positive current leaves the anode and returns to the cathode.
    """

    waveform: Waveform
    amplitude: float
    duration: float
    frequency: float = 0.0
    ramp: Ramp = field(default_factory=Ramp)
    surge: Surge | None = None
    polarity: Polarity = field(default_factory=Polarity)

    def __post_init__(self) -> None:
        finite(self, "amplitude", self.amplitude, above=0)
        finite(self, "duration", self.duration, above=0)
        finite(self, "frequency", self.frequency, minimum=0)
        if self.waveform.is_constant != (self.frequency == 0):
            expected = "0 for constant current" if self.waveform.is_constant else "above 0"
            raise refuse(self, "frequency", expected=expected, came=f"{self.frequency:g}")
        if self.ramp.rise + self.ramp.fall > self.duration:
            raise refuse(
                self,
                "ramp",
                expected=f"ramps in and out within the duration of {self.duration:g} s",
                came=f"{self.ramp.rise + self.ramp.fall:g} s",
                advice="Shorten the ramps or hold longer",
            )

    # -- the one definition ------------------------------------------------------------------

    def envelope_at(self, time: float) -> float:
        """Return ramps times surge times polarity at `time` [s]; 0 outside the duration."""
        if not 0 <= time <= self.duration:
            return 0.0
        value = self.ramp.value_at(time, self.duration) * self.polarity.value_at(time)
        return value * self.surge.value_at(time) if self.surge else value

    def current_at(self, time: float) -> float:
        """Return the current [A] at `time` [s] after the start; 0 outside the duration."""
        shape = self.waveform.value_at(time * self.frequency)
        return self.amplitude * self.envelope_at(time) * shape

    # -- its integrals -----------------------------------------------------------------------

    def charge_between(self, start: float, stop: float) -> float:
        """Return the net charge [C] that flows from `start` to `stop` [s]."""
        return self.amplitude * self._integral(start, stop, 1, _IDENTITY, absolute=False)

    def absolute_charge_between(self, start: float, stop: float) -> float:
        """Return the integral of the absolute current [C] from `start` to `stop` [s]."""
        return self.amplitude * self._integral(start, stop, 1, abs, absolute=True)

    def square_between(self, start: float, stop: float) -> float:
        """Return the integral of the squared current [A2 s] from `start` to `stop` [s]."""
        return self.amplitude**2 * self._integral(start, stop, 2, _square, absolute=True)

    @cached_property
    def net_charge(self) -> float:
        """Net charge [C] over the whole duration."""
        return self.charge_between(0.0, self.duration)

    @cached_property
    def absolute_charge(self) -> float:
        """Integral of the absolute current [C] over the whole duration."""
        return self.absolute_charge_between(0.0, self.duration)

    @property
    def mean(self) -> float:
        """Mean current [A] over the whole duration: the net direct current."""
        return self.net_charge / self.duration

    @cached_property
    def rms(self) -> float:
        """Root mean square current [A] over the whole duration, ramps and rests included."""
        return math.sqrt(self.square_between(0.0, self.duration) / self.duration)

    @property
    def plateau_rms(self) -> float:
        """Root mean square current [A] over whole periods at full envelope: what limits compare."""
        return self.amplitude * self.waveform.rms

    @property
    def offset(self) -> float:
        """Direct current [A] under an alternating one, at full envelope; 0 where nothing is superposed."""
        return self.amplitude * self.waveform.direct

    @cached_property
    def peak(self) -> float:
        """Largest absolute current [A]: the amplitude times the largest envelope."""
        return self.amplitude * max(
            (_largest(poly, stop - start) for start, stop, poly in self._segments(0.0, self.duration)),
            default=0.0,
        )

    @cached_property
    def charge_per_phase(self) -> float:
        """Largest charge [C] that flows one way before the current rests or reverses."""
        if self.waveform.is_one_way:
            return max(abs(self.charge_between(a, b)) for a, b in self._runs())
        single = self.peak * self.waveform.largest_phase / self.frequency
        return max((single, *(self.absolute_charge_between(a, b) for a, b in self.joined_phases)))

    @cached_property
    def joined_phases(self) -> tuple[tuple[float, float], ...]:
        """Stretches [s] over which two phases flow one way: polarity reverses just where they turn."""
        if self.waveform.is_constant or self.polarity.mode != "alternating":
            return ()
        phases = self.waveform.phases
        after = {round(start, 9) % 1: stop - start for start, stop, _ in phases}
        before = {round(stop, 9) % 1: stop - start for start, stop, _ in phases}
        found = []
        for count in range(1, min(math.floor(self.duration / self.polarity.every), _MOST) + 1):
            time = count * self.polarity.every
            for turn in (round(turn, 9) for turn in self.waveform.turns):
                off = time * self.frequency - turn
                if abs(off - round(off)) < 1e-9 and turn in before:
                    found.append(
                        (time - before[turn] / self.frequency, time + after[turn] / self.frequency)
                    )
        return tuple(found)

    @property
    def imbalance(self) -> float:
        """Absolute net charge over absolute charge: 0 is balanced, 1 is one-way."""
        return abs(self.net_charge) / self.absolute_charge if self.absolute_charge else 0.0

    def window_mean(self, window: float = 1.0) -> float:
        """Return the largest absolute mean current [A] over any `window` [s].

        The window is rounded up to whole periods of the waveform, so the alternation itself does
        not count as direct current. The mean changes with the start of the window as current times
        what the envelope gains over the window; extremes lie where either changes its sign.
        """
        if self.frequency > 0:
            window = math.ceil(window * self.frequency - 1e-9) / self.frequency
        window = min(window, self.duration)
        known: dict[float, float] = self.__dict__.setdefault("_known_means", {})
        if window not in known:
            starts = self._window_starts(window)
            known[window] = max(abs(self.charge_between(c, c + window)) for c in starts) / window
        return known[window]

    def reversed(self) -> Stimulus:
        """Return the same stimulus with anode and cathode exchanged."""
        return replace(self, polarity=self.polarity.reversed())

    # -- how -----------------------------------------------------------------------------------

    def _window_starts(self, window: float) -> Iterator[float]:
        """Times [s] among which the window with the largest mean starts."""
        last = self.duration - window
        corners = {0.0, last}
        for start, stop, _ in self._segments(0.0, self.duration):
            corners.update((start, stop, start - window, stop - window))
            if len(corners) > _MOST:  # surges repeat: a longer search finds nothing new
                break
        ordered = sorted(c for c in corners if 0 <= c <= last)
        yield from ordered
        for low, high in zip(ordered, ordered[1:], strict=False):
            middle = self._level_start(low, high, window)
            yield middle
            for turn in self.waveform.turns:
                for near in (low, middle, high):
                    cycle = math.floor(near * self.frequency - turn)
                    for start in ((cycle + turn) / self.frequency, (cycle + 1 + turn) / self.frequency):
                        if low <= start <= high:
                            yield start

    def _level_start(self, low: float, high: float, window: float) -> float:
        """Where between two corners [s] the envelope is the same at both ends of a window, or `low`."""
        inside = 1e-9 * (high - low)
        a, b = low + inside, high - inside

        def gain(time: float) -> float:
            return self.envelope_at(time + window) - self.envelope_at(time)

        if gain(a) * gain(b) >= 0:
            return low
        rising = gain(b) > 0
        for _ in range(40):
            c = (a + b) / 2
            a, b = (a, c) if (gain(c) > 0) == rising else (c, b)
        return (a + b) / 2

    def _segments(self, start: float, stop: float) -> Iterator[tuple[float, float, list[float]]]:
        return segments(self.ramp, self.surge, self.polarity, duration=self.duration, span=(start, stop))

    def _runs(self) -> Iterator[tuple[float, float]]:
        """Stretches over which a one-way current keeps its direction; a rest ends a stretch."""
        begin = 0.0
        for start, stop, poly in self._segments(0.0, self.duration):
            rests = all(c == 0 for c in poly)
            if (rests or self.polarity.jumps_at(start)) and start > begin:
                yield begin, start
                begin = start
            if rests:
                begin = stop
        if begin < self.duration:
            yield begin, self.duration

    def _integral(
        self, start: float, stop: float, power: int, of: Callable[[float], float], *, absolute: bool
    ) -> float:
        start, stop = max(start, 0.0), min(stop, self.duration)
        total = []
        for a, b, poly in self._segments(start, stop):
            sign = 1.0
            if power == 2:
                poly = multiply(poly, poly)
            elif absolute and sum(c * ((b - a) / 2) ** j for j, c in enumerate(poly)) < 0:
                sign = -1.0
            total.append(sign * self._stretch(a, b, poly, of))
        return math.fsum(total)

    def _stretch(self, a: float, b: float, poly: list[float], of: Callable[[float], float]) -> float:
        """Integral of poly(t - a) * of(waveform) from a to b, over one segment of the envelope."""
        if all(c == 0 for c in poly):
            return 0.0
        if self.waveform.is_constant:
            level = of(self.waveform.pieces[0].first)
            return level * math.fsum(c * (b - a) ** (j + 1) / (j + 1) for j, c in enumerate(poly))
        period = 1 / self.frequency
        first, last = math.ceil(a * self.frequency - 1e-9), math.floor(b * self.frequency + 1e-9)
        if first >= last:
            return self._part(a, b, a, poly, of)
        head = self._part(a, first * period, a, poly, of)
        tail = self._part(last * period, b, a, poly, of)
        offset = first * period - a
        shifted = _shift(poly, offset)
        moments = self._moments(of)
        whole = math.fsum(
            c
            * period ** (j + 1)
            * math.fsum(math.comb(j, m) * power_sum(j - m, last - first) * moments[m] for m in range(j + 1))
            for j, c in enumerate(shifted)
        )
        return head + whole + tail

    def _moments(self, of: Callable[[float], float]) -> tuple[float, ...]:
        """Integrals of phase**m * of(waveform) over one period, m = 0 to 6."""
        known = self.__dict__.setdefault("_known_moments", {})
        if of not in known:
            known[of] = tuple(
                self.waveform.integral(partial(_power, exponent=m), 0.0, 1.0, of=of) for m in range(7)
            )
        result: tuple[float, ...] = known[of]
        return result

    def _part(
        self, start: float, stop: float, origin: float, poly: list[float], of: Callable[[float], float]
    ) -> float:
        """Integral over a stretch that may cross at most a few cycle boundaries."""
        total = 0.0
        while stop - start > 1e-12 / self.frequency:
            cycle = math.floor(start * self.frequency + 1e-9)
            end = min(stop, (cycle + 1) / self.frequency)
            low = max(start * self.frequency - cycle, 0.0)
            high = min(end * self.frequency - cycle, 1.0)

            def weight(phase: float, cycle: int = cycle) -> float:
                time = (cycle + phase) / self.frequency - origin
                return math.fsum(c * time**j for j, c in enumerate(poly))

            total += self.waveform.integral(weight, low, high, of=of) / self.frequency
            start = end
        return total


def _shift(poly: list[float], offset: float) -> list[float]:
    """Return the polynomial of (t + offset) in powers of t."""
    return [
        math.fsum(math.comb(j, k) * poly[j] * offset ** (j - k) for j in range(k, len(poly)))
        for k in range(len(poly))
    ]


def _largest(poly: list[float], length: float) -> float:
    """Return the largest absolute value of a polynomial of degree at most 3 on 0 to `length`."""

    def value(t: float) -> float:
        return abs(math.fsum(c * t**j for j, c in enumerate(poly)))

    candidates = [0.0, length]
    c1, c2, c3 = [*poly, 0.0, 0.0, 0.0][1:4]
    if abs(c3) > 0:
        root = 4 * c2 * c2 - 12 * c1 * c3
        if root >= 0:
            candidates += [(-2 * c2 + s * math.sqrt(root)) / (6 * c3) for s in (1, -1)]
    elif abs(c2) > 0:
        candidates.append(-c1 / (2 * c2))
    return max(value(t) for t in candidates if 0 <= t <= length)
