"""Implicit steps of adaptive length through a drive given at points of time.

Each step is done by backward Euler once, in two halves and in four quarters, and extrapolated (Hairer and
Wanner, Solving Ordinary Differential Equations II, section IV.9): third order, stable however stiff. The
difference from the second order is the error that sets the next step. A sum that the steps keep stays kept
through the extrapolation, and the integral of a straight drive comes out exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from microcurrent.errors import ConvergenceError, Problem, ValueRefused
from microcurrent.physics.skin.impedance import Floats

#: One step of backward Euler: state (k, n), its length [s], drive (n,) at its end -> state (k, n).
Step = Callable[[Floats, float, Floats], Floats]

#: Steps between two points of time after which the march is given up.
_MOST_STEPS = 100_000
#: A step shorter than this part of its segment cannot be told from none in double precision.
_SHORTEST = 1e-13
#: Usual bounds of step control: part of the predicted length taken, largest fall and growth.
_SAFETY, _LEAST, _MOST = 0.9, 0.2, 5.0


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """What counts as exact enough: error of each entry below `tolerance` times `scale(state)` (k, n).

    `sound(state)`: whether a state has meaning; a step to one that has none is taken again, shorter.
    """

    tolerance: float
    scale: Callable[[Floats], Floats]
    sound: Callable[[Floats], bool]


def march(step: Step, start: Floats, times: Floats, *, drive: Floats, accuracy: Accuracy) -> Floats:
    """Return the states (T, k, n) at `times` (T,) [s] from the state `start` (k, n) at the first.

    `drive` (T, n) runs straight between the times; a time given twice is a jump. Raises
    `ConvergenceError` where the steps become too many or too short.
    """
    state, length = start, np.inf
    states = [state]
    for k in range(times.size - 1):
        span = float(times[k + 1] - times[k])
        if span > 0:
            state, length = _segment(step, state, (span, length), drive[k : k + 2], accuracy)
        states.append(state)
    return np.array(states)


def _segment(
    step: Step, state: Floats, lengths: tuple[float, float], ends: Floats, accuracy: Accuracy
) -> tuple[Floats, float]:
    """March through one segment; `lengths`: of the segment and of the step to begin with [s]."""
    span, length = lengths
    done = 0.0
    for _ in range(_MOST_STEPS):
        last = length >= span - done
        taken = span - done if last else length
        part = ends[0] + (ends[1] - ends[0]) * (done / span)
        following = ends[0] + (ends[1] - ends[0]) * ((done + taken) / span)
        new, error = _extrapolated(step, state, taken, (part, following), accuracy)
        factor = min(_MOST, max(_LEAST, _SAFETY * error ** (-1 / 3) if error > 0 else _MOST))
        if error <= 1:
            state, done = new, done + taken
            if last:
                # A segment's end may have cut the step short; the longer one is still good.
                return state, max(length if np.isfinite(length) else 0.0, taken * factor)
            length = taken * factor
        else:
            length = taken * min(factor, 0.5)
            if length < _SHORTEST * span:
                raise ConvergenceError(
                    f"The step became too short ({length:.3g} s of {span:.3g} s): error {error:.3g}."
                )
    raise ConvergenceError(f"More than {_MOST_STEPS} steps in {span:.3g} s; {done:.3g} s were done.")


def _extrapolated(
    step: Step, state: Floats, length: float, ends: tuple[Floats, Floats], accuracy: Accuracy
) -> tuple[Floats, float]:
    """Return the state after one step, third order, and its error as a multiple of what is allowed."""
    whole, half, quarter = (_split(step, state, length, ends=ends, parts=n) for n in (1, 2, 4))
    second = 2 * quarter - half
    third = (4 * second - (2 * half - whole)) / 3
    if not (np.isfinite(third).all() and accuracy.sound(third)):
        return third, np.inf
    allowed = accuracy.tolerance * accuracy.scale(third)
    return third, float(np.max(np.abs(third - second) / allowed))


def _split(step: Step, state: Floats, length: float, *, ends: tuple[Floats, Floats], parts: int) -> Floats:
    for k in range(parts):
        state = step(state, length / parts, ends[0] + (ends[1] - ends[0]) * ((k + 1) / parts))
    return state


def course_of(times: object, drive: object, *, faces: int, what: str) -> tuple[Floats, Floats]:
    """Return `times` (T,) [s] and `drive` (T, n) as arrays, a drive (T,) spread over all `faces`.

    Raises `ValueRefused` for times that fall, and for shapes or values that cannot be used.
    """
    at = np.asarray(times, dtype=float)
    given = np.asarray(drive, dtype=float)
    if at.ndim != 1 or at.size < 2 or not np.isfinite(at).all() or (np.diff(at) < 0).any():
        raise ValueRefused(
            Problem(what=what, key="times", expected="two or more finite times in order", came=repr(times))
        )
    if given.ndim == 1:
        given = given[:, None]
    if (
        given.ndim != 2
        or given.shape[0] != at.size
        or given.shape[1] not in (1, faces)
        or not np.isfinite(given).all()
    ):
        raise ValueRefused(
            Problem(
                what=what,
                key="drive",
                expected=f"finite numbers for {at.size} times, and 1 or {faces} faces",
                came=f"an array {given.shape}",
            )
        )
    return at, np.broadcast_to(given, (at.size, faces))
