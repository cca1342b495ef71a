"""A double cable without reduction: every compartment, dense matrices, one fibre; the slow twin of `nerve`.

Backward Euler on all potentials at once, gates by their exponentials; nothing of the modes, tables or
layout of the fast solver is used. Compartments as in McIntyre, Richardson and Grill 2002.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.axon import Axon, FibreSize, Membrane
from microcurrent.physics.nerve.internodes import chain_of, full_matrices
from microcurrent.physics.nerve.membranes import gate_rates, steady

Floats = NDArray[np.float64]


def _linear(axon: Axon, size: FibreSize, nodes: int) -> tuple[Floats, Floats, Floats, float]:
    """Return C and G of nodes first, then internodes, what potentials outside drive, and the area of a
    node.
    """
    if axon.myelin is None:
        raise ValueRefused(
            Problem(what=f"{axon.name} has no myelin", expected="a double cable", came="a bare fibre")
        )
    chain = chain_of(axon, axon.myelin, [size])
    inner_C, inner_G, drive = (matrix[0] for matrix in full_matrices(chain))
    twice, stride, area = len(inner_C), chain.capacitance.shape[1] + 1, float(chain.node_area[0])
    k, link = twice // 2, float(chain.axial[0, 0])
    total = nodes + (nodes - 1) * twice
    C, G = np.zeros((total, total)), np.zeros((total, total))
    outside = np.zeros((total, (nodes - 1) * stride + 1))
    C[np.arange(nodes), np.arange(nodes)] = axon.membrane.capacitance * area
    for n in range(nodes - 1):
        own, points = nodes + n * twice + np.arange(twice), n * stride + np.arange(stride + 1)
        C[np.ix_(own, own)] = inner_C
        G[np.ix_(own, own)] = inner_G
        outside[np.ix_(own, points)] = drive
        for node, inner, near, far in ((n, own[0], 0, 1), (n + 1, own[k - 1], stride, stride - 1)):
            G[node, node] += link
            G[node, inner] -= link
            G[inner, node] -= link
            outside[node, points[near]] -= link
            outside[node, points[far]] += link
    return C, G, outside, area


def _currents(membrane: Membrane, gates: Floats, area: float) -> tuple[Floats, Floats]:
    """Return the conductance [S] of every node, and that times its reversal above rest [A]."""
    names = [gate.name for gate in membrane.gates]
    conductance = np.full(gates.shape[1], membrane.leak)
    drive = conductance * (membrane.leak_reversal - membrane.rest)
    for channel in membrane.channels:
        own = channel.conductance * np.prod([gates[names.index(name)] for name in channel.gates], axis=0)
        conductance = conductance + own
        drive = drive + own * (channel.reversal - membrane.rest)
    return conductance * area, drive * area


def _next_gates(membrane: Membrane, gates: Floats, *, potential: Floats, step: float) -> Floats:
    """Return the gates one step later at the potentials [V] that the nodes have."""
    later = []
    for gate, now in zip(membrane.gates, gates, strict=True):
        alpha, beta = gate_rates(gate, membrane, potential)
        end = alpha / (alpha + beta)
        later.append(end + (now - end) * np.exp(-step * (alpha + beta)))
    return np.stack(later)


def march_in_full(
    axon: Axon, size: FibreSize, nodes: int, *, potential: Floats, wave: Floats, step: float
) -> Floats:
    """Return the potential across the membrane of every node (T, N) [V], from rest on.

    `potential` (P,) [V] outside, times `wave` (T,); `step` [s]. Rest is reached by 20 steps of 10 ms.
    """
    C, G, outside, area = _linear(axon, size, nodes)
    membrane, node = axon.membrane, np.arange(nodes)
    y = np.zeros(len(C))
    gates = steady(membrane, np.full(nodes, membrane.rest))
    driven = outside @ potential
    found = []
    for length, values in ((10e-3, np.zeros(20)), (step, wave)):
        for value in values:
            conductance, drive = _currents(membrane, gates, area)
            matrix = C / length + G
            matrix[node, node] += conductance
            right = C @ y / length + driven * value
            right[:nodes] += drive
            y = np.linalg.solve(matrix, right)
            gates = _next_gates(membrane, gates, potential=y[:nodes] + membrane.rest, step=length)
            found.append(y[:nodes] + membrane.rest)
    return np.array(found[20:])
