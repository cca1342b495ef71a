"""Skin with memory: drives that change in time, step by step.

A layer that answers a step of current density by ``s(t)`` [ohm m2] has, under densities that are constant
over steps of length d,

    v(k d) = s(d) J_k + sum over j < k of [s((k - j + 1) d) - s((k - j) d)] J_j

exactly (superposition of steps; Duhamel). So each step of time is one live solve with the impedance s(d)
and what the past left as electromotive force. It holds for capacitors and constant-phase elements alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.basis.live.network import Wet
from microcurrent.physics.conduction.basis.live.system import LiveSolution, Response, given, live_system
from microcurrent.physics.conduction.drives import Drive
from microcurrent.physics.conduction.grid import Floats


def step_through(
    response: Response, wet: Wet, drives: Iterable[Sequence[Drive]], *, step_impedance: Floats
) -> Iterator[LiveSolution]:
    """Yield the state at the end of each step of time, the skin at rest before the first.

    `drives`: for each step one drive for each electrode; the same electrodes have given potentials in
    all steps. `step_impedance` [ohm m2]: voltage over density after 1, 2, ... steps of a constant
    current density, (T,), or (T, F) with a value for each face of the basis. Exact where densities are
    constant over each step, first order in the step otherwise. Raises `ValueRefused` for responses
    that are not finite and positive, for more steps than T, and for other potentials held.
    """
    responses = np.asarray(step_impedance, dtype=float)
    if responses.ndim == 2:
        responses = responses[:, wet.faces]
    else:
        responses = np.repeat(responses[:, None], wet.faces.size, axis=1)
    if not (np.isfinite(responses) & (responses > 0)).all():
        raise _refused("step_impedance", "finite values above 0 ohm m2", f"{responses.min()}")
    # How much a density of one step, so many steps ago, still counts.
    memory = np.diff(responses, axis=0)
    past = np.zeros(responses.shape)
    system = None
    held = np.zeros(0, dtype=bool)
    for number, told in enumerate(given(wet, one) for one in drives):
        if number >= len(responses):
            raise _refused("step_impedance", f"a value for each of more than {number} steps", f"{number}")
        if system is None:
            held = told.held
            skin = np.zeros(response.half_cell.size)
            skin[wet.faces] = responses[0]
            system = live_system(response, wet, skin, held=held)
        if not np.array_equal(told.held, held):
            raise _refused("drives", "potentials given at the same electrodes in all steps", f"{told.held}")
        if np.iscomplexobj(told.values):
            raise _refused("drives", "real currents and potentials", "phasors")
        emf = np.einsum("jn,jn->n", memory[:number][::-1], past[:number])
        solution = system.solve(told.values, emf)
        past[number] = solution.densities
        yield solution


def _refused(key: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="skin in time", key=key, expected=expected, came=came))
