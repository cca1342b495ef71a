"""The skin layer through time, under a given current density or a given voltage.

The law of `direct_current`, marched by `marching`. Besides voltage, conductance and breakdown the march
carries the charge that came and the charge that was conducted; their difference is what the capacitor
holds, C V, to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.skin.direct_current import (
    SkinFaces,
    SkinState,
    approach,
    approached,
    at_rest,
    balanced_voltage,
)
from microcurrent.physics.skin.impedance import Floats
from microcurrent.physics.skin.marching import Accuracy, Step, course_of, march

#: Default for the error of one step, relative to the largest voltage and to the conductance: far below
#: what any constant of the law is known to.
TOLERANCE = 1e-5
#: Part of the voltage scale that counts as a voltage where none is applied.
_NOTHING = 1e-9
#: Time [s] for which a faint current counts in the error of charge: that of the fastest change.
_MOMENT = 1e-3


@dataclass(frozen=True, kw_only=True, eq=False)
class SkinTrace:
    """The layer at `times` (T,) [s]; all others (T, n).

    `density` [A/m2] into the body; `voltage` [V] across layer and series resistance, `layer` [V] across the
    layer alone; `conductance` g [S/m2]; `breakdown` b; `charge` and `conducted` [C/m2] since the first
    time: what came, and the part of it that was conducted.
    """

    times: Floats
    density: Floats
    voltage: Floats
    layer: Floats
    conductance: Floats
    breakdown: Floats
    charge: Floats
    conducted: Floats

    @property
    def end(self) -> SkinState:
        """The state at the last time, to go on from."""
        return SkinState(
            voltage=self.layer[-1], conductance=self.conductance[-1], breakdown=self.breakdown[-1]
        )


def under_current(
    skin: SkinFaces,
    times: npt.ArrayLike,
    density: npt.ArrayLike,
    *,
    start: SkinState | None = None,
    tolerance: float = TOLERANCE,
) -> SkinTrace:
    """Return the layer under `density` (T,) or (T, n) [A/m2] given at `times` (T,) [s].

    The density runs straight between the times; a time given twice is a jump. `start`: the state at the
    first time, at rest by default. Raises `ValueRefused` for a course that cannot be used and
    `ConvergenceError` where no solution is found.
    """
    at, drive = course_of(times, density, faces=skin.count, what="current through skin")

    def step(state: Floats, length: float, final: Floats) -> Floats:
        slope = skin.capacitance / length
        given = final + slope * state[0]
        return _stepped(skin, state, length, given=given, slope=slope, drive=final)

    state = start or at_rest(skin)
    least = np.minimum(state.conductance, skin.rest)
    scale = skin.law.voltage_scale
    reach = scale * np.arcsinh(np.abs(drive).max(axis=0) / (least * scale))
    begun = _Begun(state=state, reach=reach, tolerance=tolerance)
    states = _marched(skin, step, at, drive, begun)
    return _trace(at, states, density=drive, voltage=states[:, 0] + skin.series * drive)


def under_voltage(
    skin: SkinFaces,
    times: npt.ArrayLike,
    voltage: npt.ArrayLike,
    *,
    start: SkinState | None = None,
    tolerance: float = TOLERANCE,
) -> SkinTrace:
    """Return the layer under `voltage` (T,) or (T, n) [V] across it and its series resistance.

    As `under_current`. Raises `ValueRefused` also where a face has no series resistance, whose current
    would have no bound at a jump.
    """
    if not (skin.series > 0).all():
        raise ValueRefused(
            Problem(what="voltage across skin", key="series", expected="above 0 ohm m2", came="0")
        )
    at, drive = course_of(times, voltage, faces=skin.count, what="voltage across skin")

    def step(state: Floats, length: float, final: Floats) -> Floats:
        storing = skin.capacitance / length
        given = final / skin.series + storing * state[0]
        slope = storing + 1 / skin.series
        return _stepped(skin, state, length, given=given, slope=slope, drive=None)

    begun = _Begun(state=start or at_rest(skin), reach=np.abs(drive).max(axis=0), tolerance=tolerance)
    states = _marched(skin, step, at, drive, begun)
    return _trace(at, states, density=(drive - states[:, 0]) / skin.series, voltage=drive)


def advance(skin: SkinFaces, state: SkinState, density: npt.ArrayLike, *, duration: float) -> SkinState:
    """Return the state after `density` (n,) [A/m2] was held for `duration` [s] from `state`.

    For the poses of a glide, which last much longer than the layer takes to charge: the capacitor is left
    out, and `under_current` has it. Faces without contact have density 0 and recover. Raises
    `ConvergenceError` where no solution is found.
    """
    held = np.broadcast_to(np.asarray(density, dtype=float), (2, skin.count))
    uncharged = replace(skin, capacitance=np.zeros(skin.count))
    return under_current(uncharged, [0.0, duration], held, start=state).end


@dataclass(frozen=True, kw_only=True, eq=False)
class _Begun:
    """Where a march begins: the `state`, the `reach` of the voltage (n,) [V], the `tolerance`."""

    state: SkinState
    reach: Floats
    tolerance: float


def _stepped(
    skin: SkinFaces,
    state: Floats,
    length: float,
    *,
    given: Floats,
    slope: Floats,
    drive: Floats | None,
) -> Floats:
    """One step of backward Euler; `drive` [A/m2] at its end, or None: what is conducted and stored."""
    before = SkinState(voltage=state[0], conductance=state[1], breakdown=state[2])
    share = approach(skin.law, length)
    voltage = balanced_voltage(skin, before, share, given=given, slope=slope)
    conducted = given - slope * voltage
    after = approached(skin, before, share, voltage=voltage, conducted=conducted)
    stored = skin.capacitance * (voltage - state[0])
    came = length * conducted + stored if drive is None else length * drive
    return np.array(
        [voltage, after.conductance, after.breakdown, state[3] + came, state[4] + came - stored]
    )


def _marched(skin: SkinFaces, step: Step, at: Floats, drive: Floats, begun: _Begun) -> Floats:
    first = np.zeros((5, skin.count))
    first[:3] = begun.state.voltage, begun.state.conductance, begun.state.breakdown
    reach = np.maximum(begun.reach, np.abs(begun.state.voltage))
    reach = np.maximum(reach, _NOTHING * skin.law.voltage_scale)

    def scale(state: Floats) -> Floats:
        stored = (skin.capacitance + _MOMENT * skin.rest) * reach
        return np.array(
            [
                reach,
                np.abs(state[1]),
                np.ones(skin.count),
                stored + np.abs(state[3]),
                stored + np.abs(state[4]),
            ]
        )

    def sound(state: Floats) -> bool:
        return bool((state[1] > 0).all())

    accuracy = Accuracy(tolerance=begun.tolerance, scale=scale, sound=sound)
    return march(step, first, at, drive=drive, accuracy=accuracy)


def _trace(at: Floats, states: Floats, *, density: Floats, voltage: Floats) -> SkinTrace:
    return SkinTrace(
        times=at,
        density=density,
        voltage=voltage,
        layer=states[:, 0],
        conductance=states[:, 1],
        breakdown=states[:, 2],
        charge=states[:, 3],
        conducted=states[:, 4],
    )
