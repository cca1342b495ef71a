"""What single fibres do in time: potentials at every node, where a pulse starts, how fast it runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from microcurrent.physics.nerve.blocks import block_at_rest, driven, drives_of, march_block, tables_of
from microcurrent.physics.nerve.cables import Cables
from microcurrent.physics.nerve.schemes import scheme_of
from microcurrent.physics.nerve.thresholds import Method, lanes_of

Floats = NDArray[np.float64]

#: A pulse that starts this close to an end of a fibre [nodes] may be made by the end.
NEAR_END = 3


@dataclass(frozen=True, kw_only=True)
class Traces:
    """Potential across the membrane at every node, `potential` (T, N, F) [V], `step` [s] apart from one
    step on.
    """

    step: float
    potential: Floats
    detection: float

    def passed(self) -> Floats:
        """Return when each node first passed the detection level (N, F) [s], between steps; infinite where
        never.
        """
        above = self.potential > self.detection
        first = above.argmax(axis=0)
        never = ~above.any(axis=0)
        after = np.take_along_axis(self.potential, first[None], axis=0)[0]
        before = np.take_along_axis(self.potential, np.maximum(first - 1, 0)[None], axis=0)[0]
        rise = np.where(after > before, after - before, 1.0)
        part = np.where(first > 0, (self.detection - before) / rise, 1.0)
        return np.where(never, np.inf, (first + np.clip(part, 0, 1)) * self.step)

    def starts(self) -> NDArray[np.intp]:
        """Return the node (F,) at which the pulse starts: the first to pass; -1 where none did."""
        passed = self.passed()
        return np.where(np.isfinite(passed).any(axis=0), passed.argmin(axis=0), -1)

    def starts_at_end(self) -> NDArray[np.bool_]:
        """Tell for each fibre (F,) whether the pulse starts so near an end that this may have made it."""
        starts = self.starts()
        near: NDArray[np.bool_] = (starts >= 0) & (
            (starts < NEAR_END) | (starts >= self.potential.shape[1] - NEAR_END)
        )
        return near


def traces(
    cables: Cables, potential: Floats, wave: Floats, *, amplitude: Floats, method: Method | None = None
) -> Traces:
    """Return what fibres do under `amplitude` (F,) times `potential` (F, P) [V] times `wave` (T,)."""
    method = method or Method()
    tables = tables_of(cables, method.step, method.dtype)
    fibres = cables.diameters.size
    found = np.zeros((wave.size, cables.nodes, fibres))
    for which in lanes_of(fibres):
        chosen = cables.chosen(which)
        scheme = scheme_of(chosen, method.step, method.weights)
        block = block_at_rest(chosen, scheme, tables=tables, watching=method.watching)
        state = driven(block, drives_of(chosen, scheme, potential[which]), amplitude[which])
        found[:, :, which] = march_block(block, wave, state=state, record=True)[1]
    rest = cables.membrane.rest
    return Traces(step=method.step, potential=found + rest, detection=rest + method.watching.detection)


def velocity(cables: Cables, recorded: Traces, between: tuple[int, int]) -> Floats:
    """Return the speed (F,) [m/s] at which the pulse runs from one node to another; 0 where it does not
    arrive.
    """
    first, last = between
    passed = recorded.passed()
    arrived = np.isfinite(passed[first]) & np.isfinite(passed[last])
    delay = np.where(arrived, passed[last], np.inf) - np.where(arrived, passed[first], 0.0)
    speed: Floats = (last - first) * cables.spacing / delay
    return speed
