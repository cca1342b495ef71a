"""Two ways to step: one of second order, and backward Euler as NEURON does it.

Second order: modes exactly for potentials that change evenly within a step, nodes by Crank and Nicolson,
gates half a step apart. Modes that decay within a fraction of a step need no state: their static part and
lag are constants. Backward Euler: everything at the new time, gates frozen; exactly what NEURON gives for
the same cable.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from microcurrent.physics.nerve.cables import Cables
from microcurrent.physics.nerve.kernel import HALF

Floats = NDArray[np.float64]

#: A mode that keeps less than this of itself over a step has no state.
_FORGOTTEN = 1e-9
#: Weights of the new and the old time.
SECOND_ORDER = (0.5, 0.5)
EULER = (1.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """Constants of fibres for one step: `weights` of the new and the old time, and per fibre

    `groups` of modes that have a state (each five even and five odd), `decay`, `gain` (F, 2, M) [S],
    `carried` (F, 2, M) [S]: what the new potentials add at once; `lag` (F, 2) [S]; `side` and `off` (F,)
    [S]; `node_field` and `fast_field` (F, 2, P') [S]: what the field along an internode drives into its
    left and right node, at once and through modes without a state; `mode_field` (F, 2, M, P') [S]: what it
    drives into the modes.
    """

    step: float
    weights: tuple[float, float]
    groups: int
    decay: Floats
    gain: Floats
    carried: Floats
    lag: Floats
    side: Floats
    off: Floats
    node_field: Floats
    fast_field: Floats
    mode_field: Floats


def _bare(cables: Cables, step: float, weights: tuple[float, float]) -> Scheme:
    """Return the scheme of fibres without modes: the next node drives at once."""
    link = cables.link
    none = np.zeros((link.size, 2, 0))
    field = np.stack([np.stack([-link, link], axis=1), np.stack([link, -link], axis=1)], axis=1)
    return Scheme(step=step, weights=weights, groups=0, decay=none, gain=none, carried=none,
                  lag=np.zeros((link.size, 2)), side=link, off=link, node_field=field,
                  fast_field=np.zeros_like(field),
                  mode_field=np.zeros((link.size, 2, 0, 2)))  # fmt: skip


def scheme_of(cables: Cables, step: float, weights: tuple[float, float]) -> Scheme:
    """Return the constants of `cables` for steps of `step` [s]; `weights` is `SECOND_ORDER` or `EULER`."""
    if cables.modes is None:
        return _bare(cables, step, weights)
    modes, euler = cables.modes, weights == EULER
    rates, strength = modes.rates, modes.strength
    if euler:
        decay = 1 / (1 + step * rates)
        carried, lagging, by_field = step * decay * strength, np.zeros_like(rates), step * decay
    else:
        decay, mean = np.exp(-step * rates), -np.expm1(-step * rates) / (step * rates)
        carried, lagging = strength / rates * (1 - mean), strength / rates * (mean - decay)
        by_field = -np.expm1(-step * rates) / rates
    field = by_field[..., None] * modes.by_field
    lasting = int((decay >= _FORGOTTEN).sum(axis=2).max())
    groups = -(-lasting // HALF)
    kept = min(groups * HALF, rates.shape[2])
    even, odd = carried.sum(axis=2).T
    near, far = modes.link - even - odd, even - odd
    # The field drives the first and the last compartment of the internode against their nodes.
    node_field = np.zeros((near.size, 2, field.shape[3]))
    node_field[:, 0, 0], node_field[:, 0, 1] = -modes.link, modes.link
    node_field[:, 1, -1], node_field[:, 1, -2] = -modes.link, modes.link
    fast = field[:, :, kept:].sum(axis=2)
    fast_field = np.stack([fast[:, 0] + fast[:, 1], fast[:, 0] - fast[:, 1]], axis=1)
    return Scheme(step=step, weights=weights, groups=groups, decay=decay[:, :, :kept],
                  gain=(decay * carried + lagging)[:, :, :kept], carried=carried[:, :, :kept],
                  lag=lagging[:, :, kept:].sum(axis=2), side=near, off=far, node_field=node_field,
                  fast_field=fast_field,
                  mode_field=field[:, :, :kept])  # fmt: skip
