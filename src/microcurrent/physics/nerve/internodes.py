"""The internode of a double cable, reduced without loss to its decay modes.

Between two nodes all is linear: C y' + G y = g u, with y the potentials inside the axon and under the
myelin above the potential outside. The internode is symmetric, so even and odd potentials are solved apart;
each gives modes that decay alone and are driven by the sum or the difference of the two nodes. Compartments
and their parameters: McIntyre, Richardson and Grill 2002, table 1 and figure 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from microcurrent.model.axon import Axon, FibreSize, Myelin

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Chain:
    """Compartments of internodes (F, K): capacitances [F], conductances [S], and links to the next [S].

    `axial` and `outer` (F, K + 1) join node, compartments and node inside the axon and under the myelin;
    `places` (F, K + 2) are the centres from the first node on [m]; `node_area` (F,) [m2].
    """

    capacitance: Floats
    conductance: Floats
    myelin_capacitance: Floats
    myelin_conductance: Floats
    axial: Floats
    outer: Floats
    places: Floats
    node_area: Floats


@dataclass(frozen=True, kw_only=True)
class Modes:
    """Decay modes of internodes, even (0) and odd (1): `rates` (F, 2, K) [1/s], slowest first.

    `strength` (F, 2, K) [S/s]: what the nodes drive; `by_field` (F, 2, K, K + 2) [S/s]: what the potentials
    outside at node, compartments and node drive; `link` (F,) [S] from a node to its neighbour.
    """

    rates: Floats
    strength: Floats
    by_field: Floats
    link: Floats


def chain_of(axon: Axon, myelin: Myelin, sizes: Sequence[FibreSize]) -> Chain:
    """Return the compartments of one internode of every size."""
    own = {
        name: np.array([getattr(size, name) for size in sizes]) for name in FibreSize.__dataclass_fields__
    }
    parts, zero = myelin.parts, np.zeros(len(sizes))
    inner = (
        own["spacing"] - myelin.node_length - 2 * myelin.attachment_length - 2 * own["paranode"]
    ) / parts
    side = ("attachment", "paranode")
    order = ("node", *side, *("internode",) * parts, *side[::-1], "node")

    def of(table: dict[str, object]) -> Floats:
        return np.stack([np.asarray(table[kind]) + zero for kind in order], axis=1)

    length = of({"node": myelin.node_length, "attachment": myelin.attachment_length,
                 "paranode": own["paranode"], "internode": inner})  # fmt: skip
    width = of(
        {"node": own["node"], "attachment": own["node"], "paranode": own["axon"], "internode": own["axon"]}
    )
    gap = of(
        {
            "node": myelin.narrow,
            "attachment": myelin.narrow,
            "paranode": myelin.wide,
            "internode": myelin.wide,
        }
    )
    leak = of({"node": 0.0, "attachment": myelin.attachment, "paranode": myelin.paranode,
               "internode": myelin.internode})  # fmt: skip
    area = np.pi * width * length
    fibre = np.pi * own["diameter"][:, None] * length / (2 * own["lamellae"][:, None])
    half = axon.resistivity * length / 2
    inside = half / (np.pi * width**2 / 4)
    under = half / (np.pi * ((width / 2 + gap) ** 2 - (width / 2) ** 2))
    centres = np.cumsum(length, axis=1) - length / 2
    return Chain(
        capacitance=axon.membrane.capacitance * area[:, 1:-1],
        conductance=(leak * area)[:, 1:-1],
        myelin_capacitance=myelin.capacitance * fibre[:, 1:-1],
        myelin_conductance=myelin.conductance * fibre[:, 1:-1],
        axial=1 / (inside[:, :-1] + inside[:, 1:]),
        outer=1 / (under[:, :-1] + under[:, 1:]),
        places=centres - centres[:, :1],
        node_area=area[:, 0],
    )


def full_matrices(chain: Chain) -> tuple[Floats, Floats, Floats]:
    """Return C and G (F, 2K, 2K), and what the potentials outside drive (F, 2K, K + 2) [S].

    First the potentials inside the axon, then those under the myelin.
    """
    fibres, k = chain.capacitance.shape
    C, G = np.zeros((fibres, 2 * k, 2 * k)), np.zeros((fibres, 2 * k, 2 * k))
    drive = np.zeros((fibres, 2 * k, k + 2))
    i = np.arange(k)
    for matrix, membrane, sheath in (
        (C, chain.capacitance, chain.myelin_capacitance),
        (G, chain.conductance, chain.myelin_conductance),
    ):
        matrix[:, i, i] += membrane
        matrix[:, i, k + i] -= membrane
        matrix[:, k + i, i] -= membrane
        matrix[:, k + i, k + i] += membrane + sheath
    for first, link in ((0, chain.axial), (k, chain.outer)):
        rows = first + i
        G[:, rows, rows] += link[:, :-1] + link[:, 1:]
        G[:, rows[:-1], rows[1:]] -= link[:, 1:-1]
        G[:, rows[1:], rows[:-1]] -= link[:, 1:-1]
        drive[:, rows, i] += link[:, :-1]
        drive[:, rows, i + 2] += link[:, 1:]
        drive[:, rows, i + 1] -= link[:, :-1] + link[:, 1:]
    return C, G, drive


def modes_of(chain: Chain) -> Modes:
    """Return the decay modes of every internode: G phi = rate C phi, in even and odd potentials apart.

    Taken together, pairs of modes that decay almost alike would mix and lose their symmetry.
    """
    C, G, drive = full_matrices(chain)
    fibres, k = chain.capacitance.shape
    link = chain.axial[:, 0]
    half = k // 2
    rates, strength = np.zeros((fibres, 2, k)), np.zeros((fibres, 2, k))
    by_field = np.zeros((fibres, 2, k, k + 2))
    for parity, sign in enumerate((1.0, -1.0)):
        basis = np.zeros((2 * k, k))
        for j in range(half):
            for layer in range(2):
                basis[layer * k + j, layer * half + j] = np.sqrt(0.5)
                basis[layer * k + k - 1 - j, layer * half + j] = sign * np.sqrt(0.5)
        root = np.linalg.cholesky(basis.T @ C @ basis)
        inverse = np.linalg.inv(root)
        values, vectors = np.linalg.eigh(inverse @ (basis.T @ G @ basis) @ inverse.transpose(0, 2, 1))
        shapes = basis @ (inverse.transpose(0, 2, 1) @ vectors)
        beta = link[:, None] * shapes[:, 0, :]
        rates[:, parity], strength[:, parity] = values, beta**2
        by_field[:, parity] = beta[:, :, None] * (shapes.transpose(0, 2, 1) @ drive)
    return Modes(rates=rates, strength=strength, by_field=by_field, link=link)
