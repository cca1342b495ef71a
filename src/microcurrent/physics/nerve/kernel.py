"""The march: one step after another of a block of fibres, compiled by numba when first used.

Everything of a block lies in one flat array, node after node; each field of a node is `LANES` numbers, one
a fibre. Offsets within a node are constants and indices have no sign, so that every loop over lanes becomes
vector instructions. Layout and kernels stand in one file, because what numba keeps on disk belongs to one
file: code compiled for another layout would write beyond its arrays.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

#: Fibres that march together in one block; a multiple of the widest vector of any processor.
LANES: Final = 32
#: Gates of a membrane, at most; fewer are filled up with gates that stay.
GATES: Final = 4
#: Powers of the four gates in each product that a channel can be.
TERMS: Final = ((3, 1, 0, 0), (2, 1, 0, 0), (0, 0, 4, 0), (0, 0, 3, 0), (0, 0, 3, 1), (0, 0, 0, 1))
#: Dynamic modes of one parity come in groups of this many.
HALF: Final = 5
#: Groups of modes, at most: every one of the ten compartments has two potentials, half of them even.
GROUPS: Final = 2

# One node, with the internode to its right.
U: Final = 0 * LANES  # potential across the node's membrane above rest [V]
GATE: Final = 1 * LANES  # the gates
SOURCE: Final = (1 + GATES) * LANES  # axial current by the field, per unit of the waveform [A]
J: Final = (2 + GATES) * LANES  # axial current into the node [A]
CONDUCTANCE: Final = (3 + GATES) * LANES  # of the membrane [S]
DRIVE: Final = (4 + GATES) * LANES  # conductance times reversal [A]
INVERSE: Final = (5 + GATES) * LANES  # of the eliminated diagonal [ohm]
RIGHT: Final = (6 + GATES) * LANES  # the eliminated right side [A]
EVEN: Final = (7 + GATES) * LANES  # sum over even modes [A]
ODD: Final = (8 + GATES) * LANES
FAST: Final = (9 + GATES) * LANES  # axial current by the field through modes without a state [A]
MODE: Final = (10 + GATES) * LANES  # the modes: five even, five odd, and so on [A]
MODE_SOURCE: Final = MODE + 2 * HALF * GROUPS * LANES  # what the field does to them, per step [A]
NODE: Final = MODE_SOURCE + 2 * HALF * GROUPS * LANES

# What stays: one number a lane.
CAPACITANCE: Final = 0 * LANES  # of a node over the step [S]
SIDE: Final = 1 * LANES  # what one internode adds to the diagonal [S]
OFF: Final = 2 * LANES  # what it carries from the next node [S]
LAG_EVEN: Final = 3 * LANES  # what modes without a state remember of the last potentials [S]
LAG_ODD: Final = 4 * LANES
LEAK: Final = 5 * LANES  # conductance of the node's leak [S]
BAR: Final = 6 * LANES  # greatest conductance of each channel [S]
DECAY: Final = (6 + len(TERMS)) * LANES  # of each mode in one step
GAIN: Final = DECAY + 2 * HALF * GROUPS * LANES  # of each mode by the potentials of the nodes [S]
FIXED: Final = GAIN + 2 * HALF * GROUPS * LANES

_L = np.uint64(LANES)
_ONE = np.uint64(1)
_NODE = np.uint64(NODE)
_U, _X, _J = np.uint64(U), np.uint64(GATE), np.uint64(J)
_SN, _FN = np.uint64(SOURCE), np.uint64(FAST)
_INV, _RHS = np.uint64(INVERSE), np.uint64(RIGHT)
_GI, _GE = np.uint64(CONDUCTANCE), np.uint64(DRIVE)
_ZE, _ZO = np.uint64(EVEN), np.uint64(ODD)
_M, _F = np.uint64(MODE), np.uint64(MODE_SOURCE)
_CH, _DS, _OF = np.uint64(CAPACITANCE), np.uint64(SIDE), np.uint64(OFF)
_KE, _KO = np.uint64(LAG_EVEN), np.uint64(LAG_ODD)
_P, _K = np.uint64(DECAY), np.uint64(GAIN)
_LEAK, _BAR = np.uint64(LEAK), np.uint64(BAR)
_GATES = np.uint64(GATES)
_G2, _G3 = np.uint64(2 * GATES), np.uint64(3 * GATES)
_ROW = np.uint64(4 * GATES)
_L1, _L2, _L3, _L4, _L5 = (np.uint64(k * LANES) for k in range(1, 6))

kernel = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "arcp", "nsz"})


def _ten(group: int) -> Any:
    """Return the kernel of one group: five even and five odd modes of the internode at `b` go one step.

    They are added to their sums. The offsets are constants of each kernel; written out, they become
    vectors.
    """
    m0, m1, m2, m3, m4, m5, m6, m7, m8, m9 = (
        np.uint64((2 * HALF * group + k) * LANES) for k in range(2 * HALF)
    )

    @kernel
    def ten(s: Any, c: Any, b: Any, w: Any) -> None:
        for i in range(_L):
            u = s[b + _U + i] + s[b + _NODE + _U + i]
            z0 = c[_P + m0 + i] * s[b + _M + m0 + i] + c[_K + m0 + i] * u + s[b + _F + m0 + i] * w
            z1 = c[_P + m1 + i] * s[b + _M + m1 + i] + c[_K + m1 + i] * u + s[b + _F + m1 + i] * w
            z2 = c[_P + m2 + i] * s[b + _M + m2 + i] + c[_K + m2 + i] * u + s[b + _F + m2 + i] * w
            z3 = c[_P + m3 + i] * s[b + _M + m3 + i] + c[_K + m3 + i] * u + s[b + _F + m3 + i] * w
            z4 = c[_P + m4 + i] * s[b + _M + m4 + i] + c[_K + m4 + i] * u + s[b + _F + m4 + i] * w
            s[b + _M + m0 + i] = z0
            s[b + _M + m1 + i] = z1
            s[b + _M + m2 + i] = z2
            s[b + _M + m3 + i] = z3
            s[b + _M + m4 + i] = z4
            s[b + _ZE + i] += ((z0 + z1) + (z2 + z3)) + z4
        for i in range(_L):
            u = s[b + _U + i] - s[b + _NODE + _U + i]
            z0 = c[_P + m5 + i] * s[b + _M + m5 + i] + c[_K + m5 + i] * u + s[b + _F + m5 + i] * w
            z1 = c[_P + m6 + i] * s[b + _M + m6 + i] + c[_K + m6 + i] * u + s[b + _F + m6 + i] * w
            z2 = c[_P + m7 + i] * s[b + _M + m7 + i] + c[_K + m7 + i] * u + s[b + _F + m7 + i] * w
            z3 = c[_P + m8 + i] * s[b + _M + m8 + i] + c[_K + m8 + i] * u + s[b + _F + m8 + i] * w
            z4 = c[_P + m9 + i] * s[b + _M + m9 + i] + c[_K + m9 + i] * u + s[b + _F + m9 + i] * w
            s[b + _M + m5 + i] = z0
            s[b + _M + m6 + i] = z1
            s[b + _M + m7 + i] = z2
            s[b + _M + m8 + i] = z3
            s[b + _M + m9 + i] = z4
            s[b + _ZO + i] += ((z0 + z1) + (z2 + z3)) + z4

    return ten


_first_ten, _second_ten = _ten(0), _ten(1)


@kernel
def _modes(s: Any, c: Any, nodes: Any, groups: Any, w: Any) -> None:
    """Let the decay modes of every internode go one step; leave their sums in `EVEN` and `ODD`."""
    for n in range(nodes - _ONE):
        b = n * _NODE
        for i in range(_L):
            u, v = s[b + _U + i], s[b + _NODE + _U + i]
            s[b + _ZE + i] = c[_KE + i] * (u + v)
            s[b + _ZO + i] = c[_KO + i] * (u - v)
        if groups > 0:
            _first_ten(s, c, b, w)
        if groups > 1:
            _second_ten(s, c, b, w)


@kernel
def _back(s: Any, c: Any, last: Any, new: Any) -> None:
    """Substitute from the last node to the first, and finish the axial currents."""
    b = last * _NODE
    for i in range(_L):
        u = s[b + _RHS + i] * s[b + _INV + i]
        s[b + _U + i] = u
        s[b + _J + i] -= c[_DS + i] * u
    for back in range(last):
        b = (last - _ONE - back) * _NODE
        for i in range(_L):
            v = s[b + _NODE + _U + i]
            u = (s[b + _RHS + i] + new * c[_OF + i] * v) * s[b + _INV + i]
            s[b + _U + i] = u
            s[b + _J + i] += c[_OF + i] * v - c[_DS + i] * u
            s[b + _NODE + _J + i] += c[_OF + i] * u
            if back + _ONE < last:
                s[b + _J + i] -= c[_DS + i] * u


@kernel
def _solve(s: Any, c: Any, nodes: Any, w: Any, scalars: Any) -> None:
    """Solve the tridiagonal system of the nodes, and leave the new axial currents in `J`."""
    new, old, one = scalars[0], scalars[1], scalars[2]
    last = nodes - _ONE
    for n in range(nodes):
        b = n * _NODE
        a = b - _NODE
        if n == np.uint64(0):
            for i in range(_L):
                axial = s[b + _ZE + i] + s[b + _ZO + i] + s[b + _FN + i] * w
                u, gi = s[b + _U + i], s[b + _GI + i]
                kept = c[_CH + i] * u + old * (s[b + _J + i] - gi * u)
                rhs = (kept + s[b + _GE + i]) + (new * axial + s[b + _SN + i] * w)
                s[b + _J + i] = axial
                s[b + _RHS + i] = rhs
                s[b + _INV + i] = one / (c[_CH + i] + new * (gi + c[_DS + i]))
        elif n == last:
            for i in range(_L):
                axial = s[a + _ZE + i] - s[a + _ZO + i] + s[b + _FN + i] * w
                u, gi = s[b + _U + i], s[b + _GI + i]
                off = new * c[_OF + i]
                kept = c[_CH + i] * u + old * (s[b + _J + i] - gi * u)
                rhs = (kept + s[b + _GE + i]) + (new * axial + s[b + _SN + i] * w)
                ratio = off * s[a + _INV + i]
                s[b + _J + i] = axial
                s[b + _RHS + i] = rhs + ratio * s[a + _RHS + i]
                s[b + _INV + i] = one / (c[_CH + i] + new * (gi + c[_DS + i]) - ratio * off)
        else:
            for i in range(_L):
                axial = (s[b + _ZE + i] + s[b + _ZO + i]) + (s[a + _ZE + i] - s[a + _ZO + i])
                axial += s[b + _FN + i] * w
                u, gi = s[b + _U + i], s[b + _GI + i]
                off = new * c[_OF + i]
                kept = c[_CH + i] * u + old * (s[b + _J + i] - gi * u)
                rhs = (kept + s[b + _GE + i]) + (new * axial + s[b + _SN + i] * w)
                ratio = off * s[a + _INV + i]
                s[b + _J + i] = axial
                s[b + _RHS + i] = rhs + ratio * s[a + _RHS + i]
                s[b + _INV + i] = one / (c[_CH + i] + new * (gi + c[_DS + i] + c[_DS + i]) - ratio * off)
    _back(s, c, last, new)


@kernel
def _gates(s: Any, table: Any, nodes: Any, scalars: Any) -> None:
    """Let every gate go one step at the potential it has: x -> x P(u) + Q(u), both read between two rows.

    Beyond the table its first and last rows hold.
    """
    low, per_step, top, zero = scalars[3], scalars[4], scalars[5], scalars[6]
    for n in range(nodes):
        b = n * _NODE
        for i in range(_L):
            at = (s[b + _U + i] - low) * per_step
            at = at if at > zero else zero  # what is not a number is in the first row, too
            at = at if at < top else top
            row = scalars.dtype.type(np.int32(at))
            s[b + _RHS + i] = at - row
            s[b + _INV + i] = row
        for i in range(_L):
            part = s[b + _RHS + i]
            r = np.uint64(np.uint32(s[b + _INV + i])) * _ROW
            for g in range(_GATES):
                k = b + _X + g * _L + i
                decay = table[r + g] + part * table[r + g + _GATES]
                gain = table[r + g + _G2] + part * table[r + g + _G3]
                s[k] = s[k] * decay + gain


@kernel
def _currents(s: Any, c: Any, nodes: Any, scalars: Any) -> None:
    """Leave the conductance of every node, and what drives it, in `CONDUCTANCE` and `DRIVE`.

    The products of gates are those of `TERMS`, in their order.
    """
    e0, e1, e2, e3, e4, e5, e6 = (scalars[7], scalars[8], scalars[9], scalars[10], scalars[11], scalars[12],
                                  scalars[13])  # fmt: skip
    for n in range(nodes):
        b = n * _NODE
        for i in range(_L):
            x0, x1 = s[b + _X + i], s[b + _X + _L1 + i]
            x2, x3 = s[b + _X + _L2 + i], s[b + _X + _L3 + i]
            square = x0 * x0 * x1
            cube = x2 * x2 * x2
            leak = c[_LEAK + i]
            g0 = c[_BAR + i] * (square * x0)
            g1 = c[_BAR + _L1 + i] * square
            g2 = c[_BAR + _L2 + i] * (cube * x2)
            g3 = c[_BAR + _L3 + i] * cube
            g4 = c[_BAR + _L4 + i] * (cube * x3)
            g5 = c[_BAR + _L5 + i] * x3
            s[b + _GI + i] = leak + ((g0 + g1) + (g2 + g3)) + (g4 + g5)
            s[b + _GE + i] = leak * e0 + ((g0 * e1 + g1 * e2) + (g2 * e3 + g3 * e4)) + (g4 * e5 + g5 * e6)


@kernel
def _watch(s: Any, fired: Any, detectors: Any, threshold: Any) -> None:
    """Note which lanes have passed the threshold at any detector."""
    for d in range(detectors.size):
        b = np.uint64(detectors[d]) * _NODE
        for i in range(_L):
            fired[i] = fired[i] or s[b + _U + i] > threshold


@kernel
def _settled(s: Any, fired: Any, nodes: Any, quiet: Any) -> bool:
    """Tell whether every lane has fired or lies below `quiet` at every node."""
    for n in range(nodes):
        b = n * _NODE
        for i in range(_L):
            if s[b + _U + i] > quiet and not fired[i]:
                return False
    return True


@kernel
def march(arrays: Any, wave: Any, settings: Any, found: Any) -> Any:
    """March over `wave` (T,); return how many steps were done, -1 where arrays do not fit.

    `arrays`: nodes x `NODE` and `FIXED` numbers, laid out as above, and the table of the gates' decay
    and gain. `settings`: the plan (nodes, groups of modes, step from which to look whether all is
    over), the scalars (weights of the new and the old time, 1, lowest potential of the table, rows per
    volt, last row, 0, reversals of the leak and of the six terms, potentials of detection and of quiet
    [V]), and the detectors' nodes. `found`: who fired (`LANES`,) is set, the trace (steps or 0, nodes,
    `LANES`) is filled.
    """
    s, c, table = arrays
    plan, scalars, detectors = settings
    fired, trace = found
    nodes, groups = np.uint64(plan[0]), np.uint64(plan[1])
    threshold, quiet = scalars[14], scalars[15]
    if s.size != plan[0] * NODE or c.size != FIXED or table.size != (np.int64(scalars[5]) + 1) * 4 * GATES:
        return -1
    for t in range(wave.size):
        _modes(s, c, nodes, groups, wave[t])
        _solve(s, c, nodes, wave[t], scalars)
        _gates(s, table, nodes, scalars)
        _currents(s, c, nodes, scalars)
        _watch(s, fired, detectors, threshold)
        if trace.shape[0] > 0:
            for n in range(nodes):
                for i in range(_L):
                    trace[t, n, i] = s[n * _NODE + _U + i]
        if t >= plan[2] and (t - plan[2]) % 8 == 0 and _settled(s, fired, nodes, quiet):
            return t + 1
    return wave.size
