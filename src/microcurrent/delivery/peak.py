"""Largest current of a program within a stretch of time."""

from __future__ import annotations

import math
from collections.abc import Callable

from microcurrent.model import Stimulus, Waveform

#: Halvings to find the moment at which a level is passed: 0.1 s to 1e-10 s.
_HALVINGS = 30


def peak_between(stimulus: Stimulus, start: float, stop: float) -> float:
    """Return the largest absolute current [A] from `start` to `stop` [s] into the program.

    The largest ramp, surge and shape are multiplied, each exact on the stretch. So the result is
    never too small, and exact wherever at most one of them is not at its largest all along.
    """
    start, stop = max(start, 0.0), min(stop, stimulus.duration)
    if stop < start:
        return 0.0
    times = {start, stop, *stimulus.ramp.corners(stimulus.duration)}
    slow = max(_inside(stimulus.ramp.value_at(t, stimulus.duration), t, start, stop) for t in times)
    surge = stimulus.surge
    if surge:
        corners = _few(start, stop, surge.period)
        slow *= max(
            _inside(surge.value_at(t), t, start, stop)
            for t in {start, stop, *(surge.corners(*corners))}
        )  # fmt: skip
    if stimulus.polarity.mode == "alternating":
        corners = _few(start, stop, 2 * stimulus.polarity.every)
        slow *= max(
            _inside(abs(stimulus.polarity.value_at(t)), t, start, stop)
            for t in {start, stop, *stimulus.polarity.corners(*corners)}
        )
    return stimulus.amplitude * slow * _shape_peak(stimulus, start, stop)


def last_below(value: Callable[[float], float], low: float, high: float, *, level: float) -> float:
    """Return the last argument at which a value that only rises is not above `level`, or `low`."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if value(middle) > level else (middle, high)
    return low


def _few(start: float, stop: float, period: float) -> tuple[float, float]:
    """Two periods show every corner that a longer stretch would repeat."""
    return start, min(stop, start + 2 * period)


def _inside(value: float, time: float, start: float, stop: float) -> float:
    return value if start <= time <= stop else 0.0


def _shape_peak(stimulus: Stimulus, start: float, stop: float) -> float:
    waveform, turns = stimulus.waveform, (stop - start) * stimulus.frequency
    if waveform.is_constant or turns >= 1:
        return 1.0
    first = start * stimulus.frequency
    first -= math.floor(first)
    last = first + turns
    if last <= 1:
        return _shape_peak_on(waveform, first, last)
    return max(_shape_peak_on(waveform, first, 1.0), _shape_peak_on(waveform, 0.0, last - 1))


def _shape_peak_on(waveform: Waveform, low: float, high: float) -> float:
    """Largest absolute value of a waveform between two phases of one period, both ends included."""
    values = [0.0]
    for piece in waveform.pieces:
        a, b = max(piece.start, low), min(piece.stop, high)
        if a <= b:
            values += [abs(v) for v in (piece.value_at(a), piece.value_at(b), *piece.crests(a, b))]
    return max(values)
