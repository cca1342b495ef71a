"""Gates of a membrane: rates over the potential, steady states, and tables of one step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.axon import Gate, Membrane, Rate
from microcurrent.physics.nerve.kernel import GATES, TERMS

#: Lowest and highest potential above rest [V] of the tables. Beyond them their ends hold, far from any
#: membrane that lives: a pulse spans 0.1 V.
RANGE = (-0.4, 0.3)
#: A linoid this close to its zero is its limit.
_NEAR = 1e-7

Floats = NDArray[np.float64]


def rate_at(rate: Rate, potential: Floats) -> Floats:
    """Return a rate [1/s] at every membrane `potential` [V]."""
    x = (potential - rate.at) / rate.slope
    if rate.form == "linoid":
        near = np.abs(x) < _NEAR
        safe = np.where(near, 1.0, x)
        return rate.rate * abs(rate.slope) * np.where(near, 1 + x / 2, safe / -np.expm1(-safe))
    if rate.form == "sigmoid":
        return rate.rate / (1 + np.exp(-x))
    if rate.form == "exponential":
        return rate.rate * np.exp(x)
    return np.full_like(potential, rate.rate)


def gate_rates(gate: Gate, membrane: Membrane, potential: Floats) -> tuple[Floats, Floats]:
    """Return alpha and beta [1/s] of a gate at the temperature of its membrane."""
    warm = gate.q10 ** ((membrane.temperature - gate.reference) / 10)
    return warm * rate_at(gate.alpha, potential), warm * rate_at(gate.beta, potential)


def steady(membrane: Membrane, potential: Floats) -> Floats:
    """Return every gate (gates, ...) in its steady state at `potential` [V]."""
    found = []
    for gate in membrane.gates:
        alpha, beta = gate_rates(gate, membrane, potential)
        found.append(alpha / (alpha + beta))
    return np.stack(found)


def step_table(membrane: Membrane, step: float, spacing: float) -> Floats:
    """Return the table (rows, 4 `GATES`) of one `step` [s]: rows every `spacing` [V] over `RANGE`.

    A gate goes from x to x P + Q, with P = exp(-step (alpha + beta)) and Q = (1 - P) alpha / (alpha +
    beta). A row holds P of every gate, the difference to the next row, Q, and the difference. Missing gates
    stay.
    """
    rows = round((RANGE[1] - RANGE[0]) / spacing) + 1
    potential: Floats = membrane.rest + RANGE[0] + spacing * np.arange(rows + 1, dtype=float)
    table = np.zeros((rows, 4, GATES))
    table[:, 0, len(membrane.gates) :] = 1.0
    for place, gate in enumerate(membrane.gates):
        alpha, beta = gate_rates(gate, membrane, potential)
        decay = np.exp(-step * (alpha + beta))
        gain = alpha / (alpha + beta) * -np.expm1(-step * (alpha + beta))
        table[:, 0, place], table[:, 1, place] = decay[:-1], np.diff(decay)
        table[:, 2, place], table[:, 3, place] = gain[:-1], np.diff(gain)
    return table.reshape(rows, 4 * GATES)


def terms(membrane: Membrane) -> tuple[Floats, Floats]:
    """Return conductance [S/m2] and reversal above rest [V] of the kernel's six products of gates.

    `ValueRefused` where a channel is none of them.
    """
    names = [gate.name for gate in membrane.gates]
    conductance, reversal = np.zeros(len(TERMS)), np.zeros(len(TERMS))
    for channel in membrane.channels:
        powers = tuple(channel.gates.count(names[k]) if k < len(names) else 0 for k in range(GATES))
        if powers not in TERMS or conductance[TERMS.index(powers)]:
            raise ValueRefused(
                Problem(
                    what=f"The solver cannot take channel {channel.name} of {membrane.name}",
                    key="gates",
                    expected="powers of the gates among " + ", ".join(map(str, TERMS)) + ", each once",
                    came=str(powers),
                    advice="Change the order of the gates, or add the product to the kernel.",
                )
            )
        conductance[TERMS.index(powers)] = channel.conductance
        reversal[TERMS.index(powers)] = channel.reversal - membrane.rest
    return conductance, reversal
