"""Acidity: pH under a metal probe through time, by finite volumes from the metal into the skin.

Sodium, chloride and all buffer are kept in every cell, electroneutrality and equilibrium give the rest,
and the field is the one that carries the current: what the electrode makes of acid or base is then right
by construction. Implicit steps of second order (Alexander, SIAM J. Numer. Anal. 14 (1977) 1006), their
length set by the difference from first order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_banded

from microcurrent.errors import ConvergenceError, Problem, ValueRefused
from microcurrent.physics.electrochemistry.column import Column
from microcurrent.physics.electrochemistry.equilibrium import Floats, Mixture, mixture, ph_of
from microcurrent.physics.electrochemistry.faraday import FARADAY
from microcurrent.physics.electrochemistry.fluxes import Carried, carried, kept

#: Place of the stages of Alexander's method in a step.
_GAMMA = 1 - math.sqrt(0.5)
#: A step is exact enough below this error [mol/m3] in every cell, and this part of what is there: of the
#: surplus of sodium over chloride, which sets the pH, and of salt and buffer themselves.
_ERROR, _RELATIVE, _RELATIVE_SALT = 0.02, 2e-3, 1e-2
#: Newton's method ends at this residual [mol/m3], or at rounding: this part of what the quickest ion
#: exchanges with the next cell in a step. It gives up after so many turns.
_RESIDUAL, _ROUNDING, _MOST_TURNS = 1e-8, 1e-15, 25
#: Newton's method changes the logarithm of hydrogen by at most this in one turn.
_MOST_CHANGE = 2.5
#: The first step [s]; and how often a step may be halved before the march is given up.
_FIRST, _MOST_HALVINGS = 1e-3, 40
#: Usual bounds of step control.
_SAFETY, _LEAST, _MOST = 0.9, 0.3, 3.0
#: No step is longer than this part of the way between two times, so that a trace can be drawn.
_LONGEST = 1 / 24


@dataclass(frozen=True, kw_only=True, eq=False)
class Acidity:
    """pH through time.

    `times` (T,) [s]; `ph` (T, N) in the cells, `centres` (N,) [m] from the metal; `ends`: number of the
    last cell of each layer; `concentrations` (7, N) [mol/m3] at the end; `made` [mol/m2]: acid made at the
    metal, negative for base, by Faraday's law; `found` [mol/m2]: the same, counted
    from what the cells hold and what left.
    """

    times: Floats
    ph: Floats
    centres: Floats
    ends: tuple[int, ...]
    concentrations: Floats
    made: float
    found: float

    @property
    def at_metal(self) -> Floats:
        """pH (T,) next to the metal."""
        return np.asarray(self.ph[:, 0])

    @property
    def at_skin(self) -> Floats:
        """pH (T,) on the skin: where the first layer ends."""
        return np.asarray(self.ph[:, self.ends[0]])


def acidity_under(
    column: Column,
    times: npt.ArrayLike,
    densities: npt.ArrayLike,
    *,
    water_share: float = 1.0,
    steps: int | None = None,
) -> Acidity:
    """Return pH through time under a metal that passes `densities` [A/m2] into the body.

    `densities` (T,) run straight between `times` (T,) [s]; a time given twice is a jump. Positive: the
    metal is the anode. `water_share` [fraction] of the current splits water; the rest is carried over by
    chloride, as at silver with silver chloride. `steps`: as many equal ones between any two times, instead
    of steps by error. Raises `ValueRefused` for what cannot be used and `ConvergenceError` where the steps
    become too short.
    """
    at, drive = _drive(times, densities)
    if not 0 <= water_share <= 1:
        raise _refused("water share", "from 0 to 1", f"{water_share:g}")
    rule = _Rule(column, water_share)
    moment = _Moment.of(rule, column.start, np.zeros(column.centres.size))
    begin = rule.acid(moment.mix)
    kept_times, kept_states, gone, length = [float(at[0])], [column.start], 0.0, _FIRST
    for number in range(at.size - 1):
        span = float(at[number + 1] - at[number])
        if span <= 0:
            continue
        ends, done = drive[number : number + 2], 0.0
        while done < span * (1 - 1e-12):
            wanted = span / steps if steps else min(length, span * _LONGEST)
            wanted = span - done if wanted > 0.9999 * (span - done) else wanted
            stage, taken, length = _one(rule, moment, (done / span, span), ends, wanted, steps is None)
            moment, gone, done = stage.moment, gone + stage.gone, done + taken
            kept_times.append(float(at[number]) + done)
            kept_states.append(moment.state)
    charge = float(np.trapezoid(drive, at))
    return Acidity(
        times=np.array(kept_times),
        ph=ph_of(np.array(kept_states)[:, 2], solutes=column.solutes),
        centres=column.centres,
        ends=column.ends,
        concentrations=moment.mix.concentrations[:, :-1],
        made=water_share * charge / FARADAY,
        found=rule.acid(moment.mix) - begin + gone,
    )


class _Rule:
    """What stays the same through the march: the column, and what happens at the metal."""

    def __init__(self, column: Column, water_share: float) -> None:
        self.column, self.solutes = column, column.solutes
        self.at_metal = np.array([0.0, -(1 - water_share) / FARADAY, 0.0])
        self.diffusivities = np.array(column.solutes.diffusivities)[:, None]
        lengths = np.minimum(column.lengths, np.concatenate([column.lengths[:1], column.lengths[:-1]]))
        self.exchange = _ROUNDING * self.diffusivities.max() / (lengths * column.widths)

    def mix(self, state: Floats) -> Mixture:
        """Return the solution in every cell and beyond."""
        whole = np.concatenate([state, self.column.beyond[:, None]], axis=1)
        return mixture(whole[0], whole[1], whole[2], solutes=self.solutes)

    def acid(self, mix: Mixture) -> float:
        """Return hydrogen, less hydroxide and what the buffer has given off [mol/m2], in all cells."""
        c = mix.concentrations[:, :-1]
        return float(((c[2] - c[3] - c[5] - 2 * c[6]) * self.column.widths).sum())

    def carried(self, mix: Mixture, drop: Floats, density: float) -> Carried:
        """Return the fluxes at the inner face of every cell."""
        return carried(mix, drop, density, lengths=self.column.lengths, diffusivities=self.diffusivities)

    def gains(self, flux: Floats, density: float) -> Floats:
        """Return what each cell gains (3, N) [mol/m3/s]."""
        first = (self.at_metal * density)[:, None]
        return (np.concatenate([first, flux[:, :-1]], axis=1) - flux) / self.column.widths


@dataclass(frozen=True, kw_only=True, eq=False)
class _Moment:
    """A state (3, N), its solution, and the drop of potential between its cells."""

    state: Floats
    mix: Mixture
    drop: Floats

    @staticmethod
    def of(rule: _Rule, state: Floats, drop: Floats) -> _Moment:
        return _Moment(state=state, mix=rule.mix(state), drop=drop)

    @property
    def amounts(self) -> Floats:
        """What is kept (3, N) [mol/m3]."""
        return kept(self.mix.concentrations[:, :-1])


@dataclass(frozen=True, kw_only=True, eq=False)
class _Stage:
    """A moment after a stage, its gains (3, N) [mol/m3/s], and the acid that left by the far side.

    `gone` [mol/m2/s] of a stage, [mol/m2] of a step.
    """

    moment: _Moment
    gains: Floats
    gone: float


def _one(
    rule: _Rule, moment: _Moment, place: tuple[float, float], ends: Floats, length: float, adapt: bool
) -> tuple[_Stage, float, float]:
    """Take one step; return what it leads to, its length [s] and that of the next."""
    begun, span = place
    for _ in range(_MOST_HALVINGS):
        middle, end = (
            float(ends[0] + (ends[1] - ends[0]) * (begun + part * length / span)) for part in (_GAMMA, 1.0)
        )
        first = _implicit(rule, moment, moment.amounts, _GAMMA * length, middle)
        last = None
        if first is not None:
            known = moment.amounts + (1 - _GAMMA) * length * first.gains
            last = _implicit(rule, first.moment, known, _GAMMA * length, end)
        if first is None or last is None:
            length /= 2
            continue
        gone = length * ((1 - _GAMMA) * first.gone + _GAMMA * last.gone)
        step = _Stage(moment=last.moment, gains=last.gains, gone=gone)
        error = _error(_GAMMA * length * (last.gains - first.gains), last.moment.amounts)
        factor = min(_MOST, max(_LEAST, _SAFETY / math.sqrt(error) if error > 0 else _MOST))
        if error <= 1 or not adapt:
            return step, length, length * factor
        length *= min(factor, 0.7)
    raise ConvergenceError(f"The chemistry under the probe did not converge: steps became {length:.2g} s.")


def _error(off: Floats, amounts: Floats) -> float:
    """Return the error `off` (3, N) [mol/m3] of a step as a multiple of what is allowed."""
    surplus = np.abs(off[0] - off[1]) / (_ERROR + _RELATIVE * np.abs(amounts[0] - amounts[1]))
    each = np.abs(off) / (_ERROR + _RELATIVE_SALT * np.abs(amounts))
    return float(max(surplus.max(), each.max()))


def _implicit(rule: _Rule, near: _Moment, known: Floats, length: float, density: float) -> _Stage | None:
    """Solve amounts = `known` + `length` gains by Newton's method from a state nearby; None: it fails."""
    state, mix = near.state, near.mix
    drop = near.drop
    for _ in range(_MOST_TURNS):
        now = rule.carried(mix, drop, density)
        gains = rule.gains(now.flux, density)
        left = kept(mix.concentrations[:, :-1]) - known - length * gains
        if (np.abs(left) < _RESIDUAL + length * rule.exchange * mix.concentrations.max()).all():
            gone = density / FARADAY - float(_charge(now, density))
            return _Stage(moment=_Moment(state=state, mix=mix, drop=now.drop), gains=gains, gone=gone)
        drop = now.drop
        change = _newton(rule, mix, now, length, left)
        if not np.isfinite(change).all():
            return None
        state = _changed(state, change)
        mix = rule.mix(state)
        if not (mix.concentrations > -1e-6).all():
            return None
    return None


def _charge(now: Carried, density: float) -> float:
    """Charge over F [mol/m2/s] that sodium and chloride carry to the far side; acid and base the rest."""
    return float(now.flux[0, -1] - now.flux[1, -1])


def _changed(state: Floats, change: Floats) -> Floats:
    """Return the state after one turn: no amount falls by more than nine tenths, acidity little at once."""
    new = state - change
    new[:2] = np.maximum(new[:2], 0.1 * state[:2])
    new[2] = state[2] - np.clip(change[2], -_MOST_CHANGE, _MOST_CHANGE)
    return new


def _newton(rule: _Rule, mix: Mixture, now: Carried, length: float, left: Floats) -> Floats:
    """Return the change of state (3, N) that would bring the residual `left` to zero were all linear."""
    count = left.shape[1]
    scale = length / rule.column.widths
    held = np.stack([mix.slopes[0], mix.slopes[1], mix.slopes[4] + mix.slopes[5] + mix.slopes[6]])[
        :, :, :-1
    ]
    own = held + scale * now.near
    own[:, :, 1:] -= scale[1:] * now.far[:, :, :-1]
    after = scale * now.far
    before = -scale[1:] * now.near[:, :, :-1]
    bands = np.zeros((11, 3 * count))
    for row in range(3):
        for column in range(3):
            at = 5 + row - column
            bands[at, column::3] = own[row, column]
            bands[at - 3, column + 3 :: 3] = after[row, column, :-1]
            bands[at + 3, column:-3:3] = before[row, column]
    try:
        found = solve_banded((5, 5), bands, left.T.ravel(), check_finite=False, overwrite_ab=True)
    except np.linalg.LinAlgError:
        return np.full_like(left, np.nan)
    return np.asarray(found.reshape(count, 3).T)


def _drive(times: npt.ArrayLike, densities: npt.ArrayLike) -> tuple[Floats, Floats]:
    at, drive = np.asarray(times, dtype=float), np.asarray(densities, dtype=float)
    if at.ndim != 1 or at.size < 2 or not np.isfinite(at).all() or (np.diff(at) < 0).any():
        raise _refused("times", "two or more finite times in order", repr(times))
    if drive.shape != at.shape or not np.isfinite(drive).all():
        raise _refused("densities", f"{at.size} finite numbers, one a time", repr(densities))
    return at, drive


def _refused(key: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="acidity under a probe", key=key, expected=expected, came=came))
