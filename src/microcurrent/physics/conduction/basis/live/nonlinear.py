"""Skin whose impedance depends on its own current density or voltage, by Newton's method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from microcurrent.errors import ConvergenceError, Problem, ValueRefused
from microcurrent.physics.conduction.basis.live.network import Wet
from microcurrent.physics.conduction.basis.live.system import (
    Given,
    LiveSolution,
    LiveSystem,
    Response,
    check_cover,
    given,
)
from microcurrent.physics.conduction.basis.live.wetting import Values
from microcurrent.physics.conduction.drives import Drive
from microcurrent.physics.conduction.grid import Floats

#: Density (n,) [A/m2] and voltage (n,) [V] of the wet parts to impedance per area (n,) [ohm m2].
Law = Callable[[Floats, Floats], Floats]

#: Voltage that the law and the equations may differ by, relative to the largest across the skin.
TOLERANCE = 1e-9
#: Newton's method ends in five to ten steps; a law with a jump makes it wander.
_MOST_STEPS = 60
#: Halvings of one step: a law that falls by e per volt overshoots by a factor of thousands at most.
_MOST_HALVINGS = 20
#: Relative step of the slopes of the law: about the root of the rounding.
_STEP = 1e-7


@dataclass(frozen=True, kw_only=True, eq=False)
class _State:
    """Density [A/m2], voltage [V], the law's impedance there, and how far the law is from holding [V]."""

    density: Floats
    voltage: Floats
    impedance: Floats
    missing: Floats


def solve_nonlinear(
    response: Response, wet: Wet, drives: Sequence[Drive], *, law: Law, tolerance: float = TOLERANCE
) -> LiveSolution:
    """Return the flow through wet parts on skin that follows ``voltage = law(density, voltage) density``.

    The law is asked for all parts at once, in the order of `wet`. Its slopes are taken by differences,
    each part on its own; a step that makes things worse is halved. Real drives only. Raises
    `ValueRefused` for a law that gives impedances not finite or below 0, and `ConvergenceError` where
    law and equations do not meet.
    """
    told = given(wet, drives)
    if np.iscomplexobj(told.values):
        raise _refused("real currents and voltages", "phasors")
    check_cover(response, wet)
    transfer = response.transfer(wet.faces)
    nothing = np.zeros(wet.faces.size)

    def solve(impedance: Floats, emf: Floats | None = None) -> LiveSolution:
        return _solve(wet, told, transfer, half_cell=response.half_cell[wet.faces], skin=(impedance, emf))

    state = _state(law, *_flow(solve(_asked(law, nothing, nothing))))
    for _ in range(_MOST_STEPS):
        if np.abs(state.missing).max() <= tolerance * np.abs(state.voltage).max():
            return solve(state.impedance)
        slope, emf = _linear(law, state)
        density, voltage = _flow(solve(slope, emf))
        state = _nearer(law, state, density - state.density, voltage - state.voltage)
    worst = np.abs(state.missing).max() / np.abs(state.voltage).max()
    raise ConvergenceError(
        f"the law of the skin and the currents do not meet: {worst:.1e} of the voltage is missing after "
        f"{_MOST_STEPS} steps. The law may jump, or have more than one voltage for one current."
    )


def _solve(
    wet: Wet, told: Given, transfer: Values, *, half_cell: Floats, skin: tuple[Floats, Floats | None]
) -> LiveSolution:
    system = LiveSystem(wet, transfer=transfer, half_cell=half_cell, skin=skin[0], held=told.held)
    return system.solve(told.values, skin[1])


def _flow(solution: LiveSolution) -> tuple[Floats, Floats]:
    return np.asarray(solution.densities, dtype=float), np.asarray(solution.skin_voltages, dtype=float)


def _state(law: Law, density: Floats, voltage: Floats) -> _State:
    impedance = _asked(law, density, voltage)
    missing = voltage - impedance * density
    return _State(density=density, voltage=voltage, impedance=impedance, missing=missing)


def _linear(law: Law, state: _State) -> tuple[Floats, Floats]:
    """The law around a state: ``voltage = slope density + emf``; its chord where the slope is no use."""
    density, voltage, impedance = state.density, state.voltage, state.impedance
    along = _STEP * max(np.abs(density).max(), np.finfo(float).tiny)
    up = _STEP * max(np.abs(voltage).max(), np.finfo(float).tiny)
    by_density = (_asked(law, density + along, voltage) - impedance) / along
    by_voltage = (_asked(law, density, voltage + up) - impedance) / up
    turn = 1.0 - by_voltage * density
    rise = impedance + by_density * density
    sound = (turn > 0) & (rise > 0)
    safe = np.where(sound, turn, 1.0)
    slope = np.where(sound, rise / safe, impedance)
    emf = np.where(sound, voltage - slope * density - state.missing / safe, 0.0)
    return slope, emf


def _nearer(law: Law, state: _State, density: Floats, voltage: Floats) -> _State:
    """The state a step away that misses least, the step halved until it misses less than before."""
    before = np.abs(state.missing).max()
    part = 1.0
    for _ in range(_MOST_HALVINGS):
        # Both ends obey Kirchhoff's laws, which are linear: so does every state between.
        found = _state(law, state.density + part * density, state.voltage + part * voltage)
        if np.abs(found.missing).max() < before:
            return found
        part *= 0.5
    raise ConvergenceError(
        f"the law of the skin does not come nearer to the currents than {before:.1e} V. "
        "It may jump, or fall with rising current faster than the rest of the circuit allows."
    )


def _asked(law: Law, density: Floats, voltage: Floats) -> Floats:
    impedance = np.asarray(law(density, voltage))
    if impedance.shape != density.shape or np.iscomplexobj(impedance):
        raise _refused(f"{density.size} real impedances", f"{impedance.dtype} of shape {impedance.shape}")
    if not (np.isfinite(impedance) & (impedance >= 0)).all():
        raise _refused("finite impedances from 0 ohm m2", f"{impedance.min()} ohm m2")
    return np.asarray(impedance, dtype=float)


def _refused(expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="law of the skin", expected=expected, came=came))
