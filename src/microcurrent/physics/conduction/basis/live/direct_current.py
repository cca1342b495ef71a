"""Direct current over minutes: the live solve and the wetting of the skin, in turn.

Within a step of time the currents are those of the skin as it stands at its start (`solve_nonlinear` with
the sinh law of `physics.skin`); then every face that is not at rest goes on by the step under its own
density, wetted by current or recovering without. First order in the step, which has to be short against
the times of wetting; the charging of the layer, milliseconds, is left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.basis.live.glide import Stay
from microcurrent.physics.conduction.basis.live.nonlinear import solve_nonlinear
from microcurrent.physics.conduction.basis.live.system import LiveSolution, Response
from microcurrent.physics.conduction.contact import Integers
from microcurrent.physics.conduction.grid import Floats
from microcurrent.physics.skin import SkinFaces, SkinState, advance, at_rest, secant_impedance


@dataclass(frozen=True, kw_only=True, eq=False)
class Step:
    """One step of time: from `start` [s] for `length` [s], in the stay `number`.

    `solution`: the flow at its start; `state`: the skin of all faces (F,) at its end.
    """

    number: int
    start: float
    length: float
    solution: LiveSolution
    state: SkinState


def through_direct_current(
    response: Response,
    stays: Sequence[Stay],
    *,
    skin: SkinFaces,
    longest: float,
    state: SkinState | None = None,
) -> Iterator[Step]:
    """Yield the steps of `stays` one after the other, each at most `longest` [s].

    `skin`: the layer of every face of the basis (F,), at rest at first or in `state`. A waveform that is
    not constant wets the skin with its mean absolute value, in the direction of its mean (of the drives
    where that is 0), as far as this slow model goes. Raises `ValueRefused` for skin of other faces and a
    step that is not positive, and `ConvergenceError`.
    """
    if skin.count != response.half_cell.size:
        raise _refused("skin", f"a layer for each of {response.half_cell.size} faces", f"{skin.count}")
    if not 0 < longest < math.inf:
        raise _refused("longest", "a time above 0 s", f"{longest}")
    now = state or at_rest(skin)
    seconds = 0.0
    for number, stay in enumerate(stays):
        parts = _chosen(skin, stay.wet.faces)
        count = math.ceil(stay.dwell / longest)
        for _ in range(count):
            there = _state_of(now, stay.wet.faces)

            def law(
                density: Floats, voltage: Floats, layer: SkinFaces = parts, at: SkinState = there
            ) -> Floats:
                return secant_impedance(layer, density, at)

            solution = solve_nonlinear(response, stay.wet, stay.drives, law=law)
            share = math.copysign(stay.mean_absolute, stay.mean or 1.0)
            now = _later(skin, now, solution, share=share, length=stay.dwell / count)
            yield Step(
                number=number, start=seconds, length=stay.dwell / count, solution=solution, state=now
            )
            seconds += stay.dwell / count


def _later(
    skin: SkinFaces, now: SkinState, solution: LiveSolution, *, share: float, length: float
) -> SkinState:
    """The state after `length` [s]: faces that carry current, or have not recovered, go on."""
    faces, currents = solution.by_face()
    place = np.searchsorted(faces, solution.wet.faces)
    density = np.zeros(skin.count)
    density[faces] = share * np.real(currents) / np.bincount(place, weights=solution.wet.area)
    moved = (now.conductance != skin.rest) | (now.breakdown != 0) | (density != 0)
    going = np.flatnonzero(moved)
    if not going.size:
        return now
    after = advance(_chosen(skin, going), _state_of(now, going), density[going], duration=length)
    fields = {}
    for name in ("voltage", "conductance", "breakdown"):
        values = np.array(getattr(now, name))
        values[going] = getattr(after, name)
        fields[name] = values
    return SkinState(**fields)


def _chosen(skin: SkinFaces, faces: Integers) -> SkinFaces:
    return SkinFaces(
        law=skin.law, rest=skin.rest[faces], capacitance=skin.capacitance[faces], series=skin.series[faces]
    )


def _state_of(state: SkinState, faces: Integers) -> SkinState:
    return SkinState(
        voltage=state.voltage[faces], conductance=state.conductance[faces], breakdown=state.breakdown[faces]
    )


def _refused(key: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="direct current over time", key=key, expected=expected, came=came))
