"""Shots: from a stretch of a program to levels that a bench current source plays once and ends at zero.

A shot is one list sweep (constant current) or whole periods of one arbitrary waveform (all other shapes).
The instrument counts both by itself, and the last level of both is zero: by the manual the output stays at
the last point of a sweep, and what it does after a waveform is not verified.

Facts, in our words. Keithley 622x-901-01: a list point lasts 1 ms to 999 999.999 s and may come up to 1 ms
late (pages 4-4, 4-9); fixed ranging cuts points that do not fit the range and says nothing (page 4-9), so
the range is always BEST; the currents decide the length of a list (page 4-22). PyMeasure's `keithley6221`:
up to 100 points of -1 to 1, frequency 1 mHz to 100 kHz. Not verified: that points are held, not joined by
slopes; that a list may hold 23 points in one command (scripts send more).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from microcurrent.delivery.sums import Sums
from microcurrent.errors import StimulatorRefused
from microcurrent.model import Piece, Stimulus, Waveform

#: Points of an arbitrary waveform, at most.
POINTS = 100
#: Length [s] of a point of a list: twenty times the jitter of 1 ms that the manual admits.
STEP = 0.02
#: Length [s] of the zero that ends a list: the shortest point.
LAST = 1e-3
#: Frequencies [Hz] of a waveform.
LOWEST, HIGHEST = 1e-3, 1e5
#: Share by which points may miss the charge of a shape that they cannot hold exactly.
SHAPE_ERROR = 0.01
#: Points at which an envelope is averaged over a shot: a straight line needs one, a corner some.
_SAMPLES = 32
#: Phase that is rounding.
_SAME = 1e-9


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One `command`, the query `ask` that reads it back, and what must come: numbers, or a word."""

    command: str
    ask: str
    expect: tuple[float, ...] | str


@dataclass(frozen=True, kw_only=True)
class Shot:
    """What the instrument plays once by itself: `levels` [A], each for `width` [s], all `count` times.

    `family`: SWE or WAVE, whose commands arm and abort it; `start`: what starts it.
    """

    levels: tuple[float, ...]
    width: float
    count: int
    family: str
    start: str
    settings: tuple[Setting, ...]

    @property
    def time(self) -> float:
        """Length [s], the zero at the end of a list left out."""
        return len(self.levels) * self.width * self.count

    @property
    def longest(self) -> float:
        """Length [s] if every point of a list comes as late as it may, its last zero included."""
        return self.time + (len(self.levels) + 1) * LAST if self.family == "SWE" else self.time

    def level_at(self, time: float) -> float:
        """Return the current [A] at `time` [s]; 0 outside."""
        if not 0 <= time < self.time:
            return 0.0
        return self.levels[int(time / self.width) % len(self.levels)]

    def between(self, start: float, stop: float) -> Sums:
        """Return what flows from `start` to `stop` [s]."""
        start, stop = max(start, 0.0), min(stop, self.time)
        if stop <= start:
            return Sums()
        first, last = self._until(start), self._until(stop)
        return Sums(
            net=last[0] - first[0],
            absolute=last[1] - first[1],
            square=last[2] - first[2],
            peak=self._peak(start, stop),
        )

    @cached_property
    def _totals(self) -> tuple[float, float, float]:
        return _moments(self.levels, self.width)

    def _until(self, time: float) -> tuple[float, ...]:
        whole, point = divmod(time / self.width, len(self.levels))
        index = min(int(point), len(self.levels) - 1)
        before = _moments(self.levels[:index], self.width)
        part = _moments(self.levels[index : index + 1], (point - index) * self.width)
        return tuple(whole * t + b + p for t, b, p in zip(self._totals, before, part, strict=True))

    def _peak(self, start: float, stop: float) -> float:
        first, last = int(start / self.width), math.ceil(stop / self.width - _SAME)
        n = len(self.levels)
        if last - first >= n:
            return max(map(abs, self.levels))
        return max((abs(self.levels[k % n]) for k in range(first, last)), default=0.0)


def stair(levels: tuple[float, ...], width: float, compliance: float) -> Shot:
    """Return a list sweep through `levels` [A], `width` [s] each, then zero, with a `compliance` [V]."""
    currents = (*levels, 0.0)
    delays = (*(width for _ in levels), LAST)
    limits = tuple(compliance for _ in currents)
    settings = (
        Setting(command=":SOUR:SWE:SPAC LIST", ask=":SOUR:SWE:SPAC?", expect="LIST"),
        Setting(command=":SOUR:SWE:RANG BEST", ask=":SOUR:SWE:RANG?", expect="BEST"),
        _numbers(":SOUR:LIST:CURR", currents),
        _numbers(":SOUR:LIST:DEL", delays),
        _numbers(":SOUR:LIST:COMP", limits),
        _numbers(":SOUR:SWE:COUN", (1,)),
        _numbers(":SOUR:SWE:CAB", (1,)),
    )
    return Shot(levels=levels, width=width, count=1, family="SWE", start=":INIT:IMM", settings=settings)


def wave(points: tuple[float, ...], amplitude: float, *, frequency: float, cycles: int) -> Shot:
    """Return whole `cycles` of `points` (-1 to 1, the last one 0) times `amplitude` [A].

    The time that is set ends in the middle of the last point, which is zero: neither a rounded figure nor a
    clock that differs can let the next period begin.
    """
    width = 1 / frequency / len(points)
    time = cycles / frequency - width / 2
    data = ",".join(f"{point:.6f}" for point in points)
    settings = (
        Setting(command=f":SOUR:WAVE:ARB:DATA {data}", ask=":SOUR:WAVE:ARB:POIN?", expect=(len(points),)),
        Setting(command=":SOUR:WAVE:FUNC ARB0", ask=":SOUR:WAVE:FUNC?", expect="ARB0"),
        _numbers(":SOUR:WAVE:FREQ", (frequency,)),
        _numbers(":SOUR:WAVE:AMPL", (amplitude,)),
        _numbers(":SOUR:WAVE:OFFS", (0.0,)),
        Setting(command=":SOUR:WAVE:RANG BEST", ask=":SOUR:WAVE:RANG?", expect="BEST"),
        _numbers(":SOUR:WAVE:DUR:TIME", (time,)),
    )
    return Shot(
        levels=tuple(amplitude * point for point in points),
        width=width,
        count=cycles,
        family="WAVE",
        start=":SOUR:WAVE:INIT",
        settings=settings,
    )


def direct(stimulus: Stimulus, start: float, length: float, *, compliance: float) -> Shot | None:
    """Return a constant current from `start` [s] for `length` [s], in steps of the right charge.

    None where `length` is below one step.
    """
    count = int(length / STEP + _SAME)
    if count < 1:
        return None
    times = [start + k * STEP for k in range(count)]
    levels = tuple(stimulus.charge_between(time, time + STEP) / STEP for time in times)
    return stair(levels, STEP, compliance)


def alternating(stimulus: Stimulus, points: tuple[float, ...], start: float, *, length: float,
                share: float = 1.0) -> Shot | None:  # fmt: skip
    """Return the whole periods that fit `length` [s], at the mean envelope times `share`; None if none."""
    cycles = math.floor(length * stimulus.frequency + _SAME)
    if cycles < 1:
        return None
    span = cycles / stimulus.frequency
    times = (start + (k + 0.5) * span / _SAMPLES for k in range(_SAMPLES))
    factor = share * math.fsum(stimulus.ramp.value_at(t, stimulus.duration) for t in times) / _SAMPLES
    if factor <= 0:
        return None
    return wave(points, stimulus.amplitude * factor, frequency=stimulus.frequency, cycles=cycles)


def points_of(stimulus: Stimulus, length: float) -> tuple[float, ...]:
    """Return the points of one period, which a shot of `length` [s] holds.

    Raises `StimulatorRefused` with every reason why the instrument cannot be bounded with this program.
    """
    waveform, sign = stimulus.waveform, stimulus.polarity.first_sign
    reasons = []
    if stimulus.surge is not None:
        reasons.append("a swell of alternating current would be drawn in steps of half a second")
    if stimulus.polarity.mode == "alternating":
        reasons.append(
            "a polarity that alternates on top of the waveform cannot be bounded in one waveform"
        )
    if not LOWEST <= stimulus.frequency <= HIGHEST:
        reasons.append(f"its frequencies are {LOWEST:g} Hz to {HIGHEST:g} Hz")
    elif stimulus.frequency * length < 1:
        reasons.append(f"one period is longer than the {length:g} s that it may play by itself")
    points = _held(waveform) if all(_is_flat(p) for p in waveform.pieces) else _sampled(waveform)
    if points is None:
        reasons.append(f"the edges of {waveform.name} do not fall on {POINTS} or fewer equal points")
    elif points[-1] != 0:
        reasons.append(
            f"{waveform.name} does not rest at the end of its period, and it is not known where the "
            "instrument stays after a waveform without rest"
        )
    elif not _same_charge(points, waveform):
        reasons.append(
            f"{len(points)} points miss the charge of {waveform.name} by more than {SHAPE_ERROR:.0%}"
        )
    if reasons or points is None:
        raise StimulatorRefused("Nothing was loaded: " + "; ".join(reasons) + ".")
    return tuple(sign * point + 0.0 for point in points)


def same(came: Iterable[float], sent: tuple[float, ...], tolerance: float) -> bool:
    """Return whether as many numbers came as were sent, each within `tolerance` times the largest sent."""
    numbers = tuple(came)
    most = max(map(abs, sent))
    return len(numbers) == len(sent) and all(
        abs(a - b) <= tolerance * most for a, b in zip(numbers, sent, strict=True)
    )


def _numbers(header: str, values: tuple[float, ...]) -> Setting:
    text = ",".join(f"{value:.9g}" for value in values)
    return Setting(command=f"{header} {text}", ask=f"{header}?", expect=values)


def _is_flat(piece: Piece) -> bool:
    return piece.kind == "line" and piece.first == piece.last


def _held(waveform: Waveform) -> tuple[float, ...] | None:
    """The fewest equal points on which every edge of flat stretches falls."""
    edges = [edge for piece in waveform.pieces for edge in (piece.start, piece.stop)]
    for count in range(2, POINTS + 1):
        if all(abs(edge * count - round(edge * count)) < _SAME * count for edge in edges):
            return tuple(waveform.value_at((k + 0.5) / count) for k in range(count))
    return None


def _sampled(waveform: Waveform) -> tuple[float, ...]:
    """The values at the ends of `POINTS` equal stretches, so that a shape ending at zero does so."""
    last = waveform.pieces[-1]
    end = last.value_at(1.0) if last.stop == 1 else 0.0
    inner = (waveform.value_at((k + 1) / POINTS) for k in range(POINTS - 1))
    return tuple(round(value, 9) for value in (*inner, end))


def _same_charge(points: tuple[float, ...], waveform: Waveform) -> bool:
    sent = [round(point, 6) for point in points]
    mean = math.fsum(sent) / len(sent)
    absolute = math.fsum(map(abs, sent)) / len(sent)
    allowed = (1e-5 if waveform.is_balanced else SHAPE_ERROR) * waveform.mean_absolute
    return (
        abs(mean - waveform.mean) <= allowed
        and abs(absolute - waveform.mean_absolute) <= SHAPE_ERROR * waveform.mean_absolute
    )


def _moments(levels: tuple[float, ...], width: float) -> tuple[float, float, float]:
    return (
        math.fsum(levels) * width,
        math.fsum(map(abs, levels)) * width,
        math.fsum(level * level for level in levels) * width,
    )
