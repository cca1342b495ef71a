"""Blocks of fibres in the flat arrays of the kernel: filled, brought to rest, and marched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.nerve import kernel
from microcurrent.physics.nerve.cables import Cables
from microcurrent.physics.nerve.kernel import GATES, HALF, LANES, march
from microcurrent.physics.nerve.membranes import RANGE, steady, step_table, terms
from microcurrent.physics.nerve.schemes import EULER, Scheme, scheme_of

Array = NDArray[Any]

#: Steps that bring a fibre to rest before anything happens, and their length [s], as NEURON's users do it.
REST_STEPS, REST_STEP = 20, 10e-3
#: Distance of two rows of the table of gates [V], by precision.
SPACING = {4: 0.125e-3, 8: 0.02e-3}
#: Two detectors, this many nodes from either end.
FROM_END = 2


@dataclass(frozen=True, kw_only=True)
class Watching:
    """When a fibre has fired, `detection` [V] above rest, and when nothing more can come.

    That is when no node lies above `quiet` [V] from `wait` [s] after the end of the waveform on. `quiet`
    None: to the end of the waveform in any case.
    """

    detection: float = 50e-3
    quiet: float | None = 6e-3
    wait: float = 0.25e-3


@dataclass(frozen=True, kw_only=True)
class Block:
    """`LANES` fibres at rest, ready to march: the arrays of the kernel, and `drive`: the state's part by
    the field.
    """

    state: Array
    fixed: Array
    table: Array
    scalars: Array
    nodes: int
    groups: int


def _view(state: Array, nodes: int) -> Array:
    """Return the state as (nodes, fields, lanes)."""
    return state.reshape(nodes, kernel.NODE // LANES, LANES)


def _empty(size: int, dtype: DTypeLike) -> Array:
    """Return zeros that begin on a cache line."""
    item = np.dtype(dtype).itemsize
    raw = np.zeros(size + 64 // item, dtype)
    return raw[(-raw.ctypes.data % 64) // item :][:size]


def _by_group(values: Array) -> Array:
    """Bring modes (F, 2, M, ...) into the kernel's order (groups of five even and five odd, F, ...)."""
    fibres, _, modes = values.shape[:3]
    rest = values.shape[3:]
    grouped = values.reshape(fibres, 2, modes // HALF, HALF, *rest)
    order = (2, 1, 3, 0, *range(4, 4 + len(rest)))
    return grouped.transpose(order).reshape(2 * modes, fibres, *rest)


def _scalars(cables: Cables, scheme: Scheme, watching: Watching, dtype: DTypeLike) -> Array:
    membrane, spacing = cables.membrane, SPACING[np.dtype(dtype).itemsize]
    rows = round((RANGE[1] - RANGE[0]) / spacing) + 1
    reversals = terms(membrane)[1]
    quiet = watching.quiet if watching.quiet is not None else -np.inf
    leak = membrane.leak_reversal - membrane.rest
    limits = (RANGE[0], 1 / spacing, rows - 1)
    return np.array(
        [*scheme.weights, 1.0, *limits, 0.0, leak, *reversals, watching.detection, quiet], dtype
    )


def _fixed(cables: Cables, scheme: Scheme, dtype: DTypeLike) -> Array:
    fixed = _empty(kernel.FIXED, dtype)
    lines = fixed.reshape(-1, LANES)
    lines[kernel.CAPACITANCE // LANES] = cables.membrane.capacitance * cables.area / scheme.step
    lines[kernel.SIDE // LANES], lines[kernel.OFF // LANES] = scheme.side, scheme.off
    lines[kernel.LAG_EVEN // LANES : kernel.LAG_ODD // LANES + 1] = scheme.lag.T
    lines[kernel.LEAK // LANES] = cables.membrane.leak * cables.area
    conductances = terms(cables.membrane)[0]
    first = kernel.BAR // LANES
    lines[first : first + conductances.size] = conductances[:, None] * cables.area
    for offset, values in ((kernel.DECAY, scheme.decay), (kernel.GAIN, scheme.gain)):
        grouped = _by_group(values)
        lines[offset // LANES : offset // LANES + len(grouped)] = grouped
    return fixed


def _prepare(cables: Cables, scheme: Scheme, table: Array, watching: Watching) -> Block:
    dtype = table.dtype
    return Block(
        state=_empty(cables.nodes * kernel.NODE, dtype),
        fixed=_fixed(cables, scheme, dtype),
        table=table,
        scalars=_scalars(cables, scheme, watching, dtype),
        nodes=cables.nodes,
        groups=scheme.groups,
    )


@dataclass(frozen=True, kw_only=True)
class Tables:
    """Tables of the gates for one step and for the steps to rest, in one precision."""

    running: Array
    resting: Array


def tables_of(cables: Cables, step: float, dtype: DTypeLike) -> Tables:
    """Return the tables of gates for steps of `step` [s] in float32 or float64."""
    spacing = SPACING[np.dtype(dtype).itemsize]
    made = []
    for length in (step, REST_STEP):
        table = step_table(cables.membrane, length, spacing)
        made.append(_empty(table.size, dtype))
        made[-1][:] = table.ravel()
    return Tables(running=made[0], resting=made[1])


def block_at_rest(cables: Cables, scheme: Scheme, *, tables: Tables, watching: Watching) -> Block:
    """Return a block of exactly `LANES` fibres that has come to rest."""
    slow = scheme_of(cables, REST_STEP, EULER)
    resting = _prepare(cables, slow, tables.resting, watching)
    view = _view(resting.state, cables.nodes)
    first = kernel.GATE // LANES
    gates = steady(cables.membrane, np.array(cables.membrane.rest))
    view[:, first : first + gates.size] = gates[None, :, None]
    conductance, reversal = terms(cables.membrane)
    full = np.ones(GATES)
    full[: gates.size] = gates
    open_ = conductance * [np.prod(full ** np.array(powers)) for powers in kernel.TERMS]
    leak = cables.membrane.leak
    view[:, kernel.CONDUCTANCE // LANES] = (leak + open_.sum()) * cables.area
    drive = leak * (cables.membrane.leak_reversal - cables.membrane.rest) + open_ @ reversal
    view[:, kernel.DRIVE // LANES] = drive * cables.area
    march_block(resting, np.zeros(REST_STEPS))
    running = _prepare(cables, scheme, tables.running, watching)
    settled = _view(running.state, cables.nodes)
    settled[:, : kernel.FAST // LANES] = view[:, : kernel.FAST // LANES]
    if scheme.groups:
        _hand_over(view, settled, slow, scheme)
    return running


def _hand_over(view: Array, settled: Array, slow: Scheme, scheme: Scheme) -> None:
    """Carry the modes from the steps to rest to those after: states leave out what is added at once."""
    u = view[:, kernel.U // LANES].astype(float)
    sums = np.stack([u[:-1] + u[1:], u[:-1] - u[1:]])  # (2, internodes, lanes)
    first, kept = kernel.MODE // LANES, scheme.decay.shape[2]
    groups, all_modes = _by_group(slow.carried), 2 * slow.decay.shape[2]
    parity = (np.arange(all_modes) // HALF) % 2
    modes = view[:-1, first : first + all_modes] + (groups[:, None] * sums[parity]).transpose(1, 0, 2)
    carried = _by_group(scheme.carried)
    settled[:-1, first : first + 2 * kept] = (
        modes[:, : 2 * kept] - (carried[:, None] * sums[parity[: 2 * kept]]).transpose(1, 0, 2)
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Drives:
    """What potentials outside do: `nodes`, `fast` (N, F) [A], and `modes` (N - 1, 2M, F) [A] per step."""

    nodes: Array
    fast: Array
    modes: Array


def drives_of(cables: Cables, scheme: Scheme, potential: NDArray[np.float64]) -> Drives:
    """Return what a potential (F, P) [V] along the fibres drives into nodes and modes."""
    stride, nodes = cables.stride, cables.nodes
    windows = np.lib.stride_tricks.sliding_window_view(potential, stride + 1, axis=1)[:, ::stride]
    # The potential of the left node is taken off: only differences matter, and they are small.
    windows = windows - windows[:, :, :1]
    at_nodes = np.zeros((2, nodes, len(potential)))
    for into, by in zip(at_nodes, (scheme.node_field, scheme.fast_field), strict=True):
        sides = windows @ by.transpose(0, 2, 1)
        into[:-1] += sides[:, :, 0].T
        into[1:] += sides[:, :, 1].T
    fibres, kept = len(potential), scheme.decay.shape[2]
    flat = scheme.mode_field.reshape(fibres, 2 * kept, stride + 1)
    in_modes = (windows @ flat.transpose(0, 2, 1)).reshape(fibres, nodes - 1, 2, kept)
    grouped = _by_group(in_modes.transpose(0, 2, 3, 1))
    return Drives(nodes=at_nodes[0], fast=at_nodes[1], modes=grouped.transpose(2, 0, 1))


def driven(block: Block, drives: Drives, amplitude: NDArray[np.float64]) -> Array:
    """Return the state at rest with the field of `amplitude` (`LANES`,) times `drives` switched in."""
    state = _empty(block.state.size, block.state.dtype)
    state[:] = block.state
    view = _view(state, block.nodes)
    view[:, kernel.SOURCE // LANES] = drives.nodes * amplitude
    view[:, kernel.FAST // LANES] = drives.fast * amplitude
    first = kernel.MODE_SOURCE // LANES
    view[:-1, first : first + drives.modes.shape[1]] = drives.modes * amplitude
    return state


def march_block(
    block: Block,
    wave: Array,
    *,
    state: Array | None = None,
    look_from: int | None = None,
    record: bool = False,
) -> tuple[NDArray[np.bool_], Array]:
    """March a block over `wave` (T,); return who fired (`LANES`,) and the trace (T or 0, nodes, `LANES`)
    [V].

    From step `look_from` on the march ends when all is over.
    """
    fired = np.zeros(LANES, dtype=np.bool_)
    trace = np.zeros((wave.size if record else 0, block.nodes, LANES), block.state.dtype)
    plan = np.array(
        [block.nodes, block.groups, wave.size if look_from is None else look_from], dtype=np.int64
    )
    detectors = np.array([FROM_END, block.nodes - 1 - FROM_END], dtype=np.int64)
    own = block.state if state is None else state
    arrays, settings = (own, block.fixed, block.table), (plan, block.scalars, detectors)
    done = march(arrays, wave.astype(own.dtype), settings, (fired, trace))
    if done < 0:
        raise ValueRefused(Problem(what="A block of fibres cannot march", came="arrays of another layout"))
    return fired, trace
