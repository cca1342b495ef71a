"""A trace of current -> period, peak, r.m.s., net direct part, charge per phase, rise time, duty.

Noise is averaged by laying all whole periods over each other; sums run over whole periods of the trace as
it was sampled, evenly or not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from microcurrent.errors import InputError, Problem

Floats = npt.NDArray[np.float64]

#: Whole periods that a trace must hold.
_FEWEST_PERIODS = 3
#: Points of the even grid on which the period is sought.
_EVEN = 2**16
#: A lag counts as a period where the trace repeats itself as well as at its best lag, to this share.
_AS_GOOD = 0.97
#: A trace that repeats itself less than this is no periodic current: it is noise or a single event.
_REPEATS = 0.5
#: Direct current: what is left after the mean is this small a part of it.
_STEADY = 0.2
#: Samples that are averaged in each part of a period, and the most parts.
_IN_PART, _PARTS = 8, 4000
#: Current below this share of the peak is rest.
_REST = 0.05
#: The other way is noise where it carries less than this share of the charge.
_ONE_WAY = 0.02
#: Clipped: this share of the samples are exactly at an extreme while the others move at every step.
_AT_EXTREME, _MOVING = 0.08, 0.5


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a trace shows.

    `peak`, `rms`, `net_direct` [A] (positive towards the positive reading); `frequency` [Hz], 0 for direct
    current; `charge_per_phase` [C], the largest of a stretch one way; `balance`: smaller over larger charge
    of the two ways; `pulse` [s] of the longest stretch one way; `duty`: share of time above half the peak;
    `rise` [s] from 10 to 90 % of the peak, counted from zero, None where there is no edge; `sampling` [s]:
    the median step of time; `periods` that were whole; `polarity` "alternating", "positive" or "negative";
    `form`: "direct", "square", "pulses", "sine" or "other".
    """

    peak: float
    rms: float
    net_direct: float
    frequency: float
    charge_per_phase: float
    balance: float
    pulse: float
    duty: float
    rise: float | None
    sampling: float
    periods: int
    polarity: str
    form: str


def measure(time: Floats, current: Floats, *, file: str = "", flat_top: bool = False) -> Measured:
    """Return what a trace shows: `time` (N,) [s], strictly rising, and `current` (N,) [A].

    `flat_top`: take a top that looks cut off as the device's own. Raises `InputError` where the trace is
    empty, looks clipped, does not repeat itself, or holds too few periods.
    """
    if not current.any():
        raise _refused(file, "there is no current in this trace", expected="readings that are not all zero")
    if not flat_top:
        _check_clipping(current, file)
    if _is_steady(current):
        return _direct(time, current)
    period = _period(time, current, file)
    whole = math.floor((time[-1] - time[0]) / period + 1e-3)
    if whole < _FEWEST_PERIODS:
        raise _refused(file, "too few periods", expected=f"at least {_FEWEST_PERIODS} whole ones",
                       came=f"{whole}, of {period:.4g} s", advice="Record longer")  # fmt: skip
    stop = float(min(time[0] + whole * period, time[-1]))
    span = stop - float(time[0])
    net = _integral(time, current, stop) / span
    rms = math.sqrt(_integral(time, current, stop, squared=True) / span)
    profile = _profile(time, current, period, whole)
    return _of_profile(time, current, profile, _Sums(net=net, rms=rms, period=period, periods=whole))


@dataclass(frozen=True, kw_only=True)
class _Sums:
    """What was summed over whole periods: `net` and `rms` [A], the `period` [s] and how many."""

    net: float
    rms: float
    period: float
    periods: int


def _refused(file: str, what: str, *, expected: str, came: str = "", advice: str = "") -> InputError:
    return InputError(Problem(what=what, file=file, expected=expected, came=came, advice=advice))


def _check_clipping(current: Floats, file: str) -> None:
    """Refuse a trace whose top or bottom looks cut off by the scope."""
    inside = (current > current.min()) & (current < current.max())
    both = inside[1:] & inside[:-1]
    if both.sum() < _REST * current.size:
        return  # two levels and nothing between: a clean square
    moving = float((np.diff(current)[both] != 0).mean())
    for extreme, word in ((current.max(), "top"), (current.min(), "bottom")):
        share = float((current == extreme).mean())
        if extreme != 0 and share > _AT_EXTREME and moving > _MOVING:
            raise _refused(
                file, f"the {word} of the trace looks cut off: {100 * share:.0f} % of the samples are "
                "exactly the same there, and the others move", expected="a trace within the screen",
                advice="Choose a larger range, or say --flat-top where the device itself does this",
            )  # fmt: skip


def _is_steady(current: Floats) -> bool:
    return bool(current.std() < _STEADY * abs(current.mean()))


def _direct(time: Floats, current: Floats) -> Measured:
    mean, span = float(current.mean()), float(time[-1] - time[0])
    return Measured(
        peak=abs(mean), rms=math.sqrt(_integral(time, current, time[-1], squared=True) / span),
        net_direct=_integral(time, current, time[-1]) / span, frequency=0.0,
        charge_per_phase=abs(_integral(time, current, time[-1])), balance=0.0, pulse=span, duty=1.0,
        rise=None, sampling=float(np.median(np.diff(time))), periods=0,
        polarity="positive" if mean > 0 else "negative", form="direct",
    )  # fmt: skip


def _integral(time: Floats, current: Floats, stop: float, *, squared: bool = False) -> float:
    """Return the integral of the current, or its square, from the first sample to `stop` [s].

    Straight lines between samples; the square of a line is integrated as it is, not by its ends.
    """
    inside = time <= stop
    t = np.append(time[inside], stop)
    i = np.append(current[inside], np.interp(stop, time, current))
    first, second, steps = i[:-1], i[1:], np.diff(t)
    each = (first**2 + first * second + second**2) / 3 if squared else (first + second) / 2
    return float(each @ steps)


# -- the period ----------------------------------------------------------------------------


def _period(time: Floats, current: Floats, file: str) -> float:
    """Return the period [s]: the shortest lag at which the trace repeats itself as well as at any."""
    count = int(min(_EVEN, max(time.size, 1024)))
    even = np.interp(np.linspace(time[0], time[-1], count), time, current)
    step = (time[-1] - time[0]) / (count - 1)
    likeness = _likeness(even - even.mean())
    lags = np.arange(likeness.size)
    peaks = 1 + np.flatnonzero((likeness[1:-1] >= likeness[:-2]) & (likeness[1:-1] > likeness[2:]))
    falls = np.flatnonzero(likeness < _REPEATS * likeness[0])
    peaks = peaks[peaks > falls[0]] if falls.size else peaks[:0]
    best = float(likeness[peaks].max()) if peaks.size else 0.0
    if best < _REPEATS * likeness[0]:
        raise _refused(
            file, "the trace does not repeat itself", expected=f"at least {_FEWEST_PERIODS} like periods",
            advice="Record more periods, or one program alone",
        )  # fmt: skip
    lag = float(lags[peaks[likeness[peaks] >= _AS_GOOD * best][0]])
    return float(_sharpened(likeness, lag) * step)


def _likeness(even: Floats) -> Floats:
    """Return the likeness of a trace (N,) to itself at each lag up to half its length, 1 for the same."""
    size = 2 * even.size
    spectrum = np.fft.rfft(even, size)
    products = np.fft.irfft(spectrum * np.conj(spectrum), size)[: even.size // 2]
    squares = np.append(0.0, np.cumsum(even**2))
    lags = np.arange(products.size)
    energy = np.sqrt(squares[even.size - lags] * (squares[-1] - squares[lags]))
    return np.asarray(products / np.maximum(energy, 1e-30 + 1e-12 * squares[-1]))


def _sharpened(likeness: Floats, lag: float) -> float:
    """Return a lag made exact at its multiples: each is sought near where the last one leads."""
    multiple = 1
    while (multiple + 1) * lag < likeness.size - 2:
        multiple += 1
        near, reach = multiple * lag, max(2.0, 0.02 * lag)
        low, high = max(1, round(near - reach)), min(likeness.size - 2, round(near + reach))
        place = low + int(np.argmax(likeness[low : high + 1]))
        a, b, c = likeness[place - 1 : place + 2]
        bend = a - 2 * b + c
        lag = (place + (0.5 * (a - c) / bend if bend < 0 else 0.0)) / multiple
    return lag


# -- one period ----------------------------------------------------------------------------


def _profile(time: Floats, current: Floats, period: float, whole: int) -> Floats:
    """Return the mean current (P,) in equal parts of a period."""
    used = time < time[0] + whole * period
    parts = int(min(_PARTS, max(_FEWEST_PERIODS * 4, used.sum() // _IN_PART)))
    place = ((time[used] - time[0]) / period % 1.0 * parts).astype(int) % parts
    counts = np.bincount(place, minlength=parts)
    sums = np.bincount(place, weights=current[used], minlength=parts)
    filled = np.flatnonzero(counts)
    return np.asarray(np.interp(np.arange(parts), filled, sums[filled] / counts[filled], period=parts))


def _of_profile(time: Floats, current: Floats, profile: Floats, sums: _Sums) -> Measured:
    peak = _peak(profile)
    part = sums.period / profile.size
    phases = [_Phase(charge=abs(float(profile[run].sum())) * part, length=run.size * part, sign=sign)
              for run, sign in _runs(profile, _REST * peak)]  # fmt: skip
    ways = {sign: sum(phase.charge for phase in phases if phase.sign == sign) for sign in (1, -1)}
    less, more = sorted(ways.values())
    main = 1 if ways[1] >= ways[-1] else -1
    polarity = "alternating" if less > _ONE_WAY * more else "positive" if main > 0 else "negative"
    most = max(phase.charge for phase in phases)
    kept = [phase for phase in phases if phase.charge > _ONE_WAY * most]
    duty = float((np.abs(profile) > 0.5 * peak).mean())
    return Measured(
        peak=peak, rms=sums.rms, net_direct=sums.net, frequency=1 / sums.period, charge_per_phase=most,
        balance=less / more, pulse=max(phase.length for phase in kept), duty=duty,
        rise=_rise(time, main * current, peak), sampling=float(np.median(np.diff(time))),
        periods=sums.periods, polarity=polarity,
        form=_form(profile, peak=peak, duty=duty, phases=len(kept), balance=less / more),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Phase:
    """A stretch one way: its `charge` [C], `length` [s] and `sign`."""

    charge: float
    length: float
    sign: int


def _peak(profile: Floats) -> float:
    """Return the largest absolute current, averaged over an eighth of the shortest pulse against noise."""
    lengths = [run.size for run, _ in _runs(profile, 0.5 * float(np.abs(profile).max()))]
    shortest = min(length for length in lengths if length >= max(lengths) / 4)  # shorter ones are noise
    width = max(1, shortest // 8)
    around = np.concatenate((profile[-width:], profile, profile[:width]))
    smooth = np.convolve(around, np.full(width, 1 / width), mode="same")[width:-width]
    return float(np.abs(smooth).max())


def _runs(profile: Floats, least: float) -> list[tuple[npt.NDArray[np.intp], int]]:
    """Return the stretches of one sign above `least` [A], with their sign; the period is a circle."""
    signs = np.where(profile > least, 1, np.where(profile < -least, -1, 0))
    turns = np.flatnonzero(signs != np.roll(signs, 1))
    if turns.size == 0:
        return [(np.arange(profile.size), int(signs[0]))] if signs[0] else []
    runs = []
    for start, stop in zip(turns, np.append(turns[1:], turns[0] + profile.size), strict=True):
        if signs[start]:
            runs.append((np.arange(start, stop) % profile.size, int(signs[start])))
    return runs


def _rise(time: Floats, current: Floats, peak: float) -> float | None:
    """Return the median time [s] from 10 to 90 % of the peak over all edges that rise, or None."""
    first, last = 0.1 * peak, 0.9 * peak
    below = np.flatnonzero(current <= first)
    above = np.flatnonzero((current[:-1] < last) & (current[1:] >= last)) + 1
    found: dict[int, float] = {}
    for top in above.tolist():
        before = int(np.searchsorted(below, top)) - 1
        if before < 0:
            continue
        foot = int(below[before])
        begin = _crossing(time, current, foot, first)
        found.setdefault(foot, _crossing(time, current, top - 1, last) - begin)
    return float(np.median(list(found.values()))) if found else None


def _crossing(time: Floats, current: Floats, place: int, level: float) -> float:
    """Return when the line from one sample to the next passes a level."""
    a, b = float(current[place]), float(current[place + 1])
    share = (level - a) / (b - a) if b != a else 0.0
    return float(time[place] + share * (time[place + 1] - time[place]))


def _form(profile: Floats, *, peak: float, duty: float, phases: int, balance: float) -> str:
    """Return which of the shapes that are computed with the period looks like, or "other"."""
    size = np.abs(profile)
    flat = float(((size > 0.85 * peak) | (size < 2 * _REST * peak)).mean())
    if flat > 0.9 and phases <= 2 and (phases == 1 or balance > 0.9):
        full = duty > 0.95 if phases == 2 else 0.47 < duty < 0.53
        return "square" if full else "pulses"
    turn = np.exp(-2j * np.pi * np.arange(profile.size) / profile.size)
    share = 2 * abs(complex(profile @ turn) / profile.size) ** 2 / float((profile**2).mean())
    return "sine" if share > 0.98 else "other"
