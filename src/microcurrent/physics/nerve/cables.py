"""Fibres as cables: nodes, what joins them, and where the potential outside is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.axon import Axon, FibreSize, Membrane
from microcurrent.physics.nerve.internodes import Modes, chain_of, modes_of

Floats = NDArray[np.float64]

#: Fewer nodes leave no room between the ends and where a pulse is looked for.
LEAST_NODES = 9


@dataclass(frozen=True, kw_only=True)
class Cables:
    """Straight fibres of one kind with `nodes` excitable points each.

    `diameters` (F,) [m]; `area` (F,) of one node [m2]; `link` (F,) [S] to the next; `modes` of the
    internodes, None of a bare fibre; `positions` (F, P) [m] along the fibre, from its middle, of the points
    where the potential outside is wanted: `stride` from node to node.
    """

    membrane: Membrane
    nodes: int
    diameters: Floats
    area: Floats
    link: Floats
    modes: Modes | None
    positions: Floats
    stride: int

    @property
    def spacing(self) -> Floats:
        """Distance from node to node (F,) [m]."""
        return self.positions[:, self.stride] - self.positions[:, 0]

    def chosen(self, which: NDArray[np.intp]) -> Cables:
        """Return some of the fibres, in the order of `which`."""
        modes = self.modes
        if modes is not None:
            modes = Modes(rates=modes.rates[which], strength=modes.strength[which],
                          by_field=modes.by_field[which], link=modes.link[which])  # fmt: skip
        return Cables(membrane=self.membrane, nodes=self.nodes, diameters=self.diameters[which],
                      area=self.area[which], link=self.link[which], modes=modes,
                      positions=self.positions[which], stride=self.stride)  # fmt: skip


def _enough(axon: Axon, nodes: int) -> None:
    if nodes < LEAST_NODES:
        raise ValueRefused(
            Problem(
                what=f"A fibre of {axon.name} cannot be this short",
                expected=f"at least {LEAST_NODES} nodes",
                came=str(nodes),
                advice="Let it reach three to five times the distance of the electrode to either side.",
            )
        )


def myelinated(axon: Axon, sizes: Sequence[FibreSize], *, nodes: int) -> Cables:
    """Return fibres of a double cable, one for each of `sizes`, with `nodes` nodes; sizes may repeat."""
    _enough(axon, nodes)
    if axon.myelin is None:
        raise ValueRefused(
            Problem(what=f"{axon.name} has no myelin", expected="a myelinated fibre", came="a bare one")
        )
    kinds = sorted(set(sizes), key=lambda size: size.diameter)
    which = np.array([kinds.index(size) for size in sizes], dtype=np.intp)
    chain = chain_of(axon, axon.myelin, kinds)
    inner = chain.places[:, :-1]
    spacing = chain.places[:, -1]
    starts = (np.arange(nodes - 1) - (nodes - 1) / 2) * spacing[:, None]
    along = (starts[:, :, None] + inner[:, None, :]).reshape(len(kinds), -1)
    positions = np.concatenate([along, -starts[:, :1]], axis=1)
    diameters = np.array([size.diameter for size in kinds])
    return Cables(membrane=axon.membrane, nodes=nodes, diameters=diameters, area=chain.node_area,
                  link=chain.axial[:, 0], modes=modes_of(chain), positions=positions,
                  stride=inner.shape[1]).chosen(which)  # fmt: skip


def bare(axon: Axon, diameters: Sequence[float], *, nodes: int) -> Cables:
    """Return fibres without myelin, of `diameters` [m], cut into `nodes` segments."""
    _enough(axon, nodes)
    if axon.segment is None:
        raise ValueRefused(
            Problem(what=f"{axon.name} has myelin", expected="a bare fibre", came="a myelinated one")
        )
    across = np.array(diameters, dtype=float)
    link = np.pi * across**2 / 4 / (axon.resistivity * axon.segment)
    positions = np.tile((np.arange(nodes) - (nodes - 1) / 2) * axon.segment, (across.size, 1))
    return Cables(membrane=axon.membrane, nodes=nodes, diameters=across, area=np.pi * across * axon.segment,
                  link=link, modes=None, positions=positions, stride=1)  # fmt: skip


def point_source(
    cables: Cables, distance: Floats, *, conductivity: float, along: Floats | float = 0.0
) -> Floats:
    """Return the potential (F, P) [V/A] of a point current in an endless medium of `conductivity` [S/m].

    It lies at `distance` (F,) [m] from each fibre, `along` [m] from its middle.
    """
    shift = cables.positions - np.broadcast_to(np.asarray(along, dtype=float), distance.shape)[:, None]
    potential: Floats = 1 / (4 * np.pi * conductivity * np.hypot(shift, distance[:, None]))
    return potential
