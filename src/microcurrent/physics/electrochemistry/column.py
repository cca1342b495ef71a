"""Column: the way from the metal into the skin, cut into cells.

Layers lie one after the other from the metal: a film, then skin. Between two layers there may be a thin
barrier, such as the stratum corneum, that stores nothing: it is given by the length of free water that
resists as much.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.electrochemistry.equilibrium import (
    VALENCES,
    Floats,
    Solutes,
    mixture,
    state_of,
)
from microcurrent.physics.electrochemistry.transport import conductivity

#: Each cell is this much wider than its neighbour nearer to an end of a layer where something happens.
_GROWTH = 1.25
#: The narrowest cell over the thickness of its layer.
_FINEST = 0.004


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer: `thickness` [m], and what it holds at first.

    `salt` [mol/m3] of sodium chloride, `buffer` [mol/m3], `ph`; `hindrance`: diffusivity in it over that
    in free water [fraction]; `barrier` [m]: length of free water that resists as much as what lies
    between this layer and the next. The last layer goes on unchanged behind its end.
    """

    thickness: float
    salt: float
    buffer: float = 0.0
    ph: float = 7.0
    hindrance: float = 1.0
    barrier: float = 0.0

    def __post_init__(self) -> None:
        for name, least, most in (
            ("thickness", 0.0, 0.1),
            ("salt", 0.0, math.inf),
            ("hindrance", 0.0, 1.0 + 1e-12),
            ("ph", -1.0, 15.0),
        ):
            value = getattr(self, name)
            if not least < value <= most:
                raise _refused(name, f"above {least:g} and at most {most:g}", value)
        for name in ("buffer", "barrier"):
            if not 0 <= getattr(self, name) < math.inf:
                raise _refused(name, "finite and from 0", getattr(self, name))


@dataclass(frozen=True, kw_only=True, eq=False)
class Column:
    """Cells from the metal inward.

    `centres`, `widths` (N,) [m]; `lengths` (N,) [m]: free water that resists as much as the way from each
    centre to the next, the last one to the far side; `start` (3, N): sodium and buffer [mol/m3] and
    acidity; `beyond` (3,): the same at the far side, which never changes; `ends`: number of the last cell
    of each layer; `solutes`.
    """

    centres: Floats
    widths: Floats
    lengths: Floats
    start: Floats
    beyond: Floats
    ends: tuple[int, ...]
    solutes: Solutes


def column_of(layers: tuple[Layer, ...], *, solutes: Solutes, fineness: float = 1.0) -> Column:
    """Return the cells of `layers` from the metal inward; `fineness` 2 halves every cell.

    Raises `ValueRefused` for no layer at all.
    """
    if not layers:
        raise _refused("layers", "at least one", "none")
    widths = [
        _widths(layer.thickness, both=number + 1 < len(layers), fineness=fineness)
        for number, layer in enumerate(layers)
    ]
    counts = [part.size for part in widths]
    width = np.concatenate(widths)
    of = np.repeat(np.arange(len(layers)), counts)
    hindrance = np.array([layer.hindrance for layer in layers])[of]
    halves = width / 2 / hindrance
    lengths = halves.copy()
    lengths[:-1] += halves[1:]
    ends = np.cumsum(counts) - 1
    lengths[ends] += [layer.barrier for layer in layers]
    states = np.array([state_of(layer.salt, layer.buffer, layer.ph, solutes=solutes) for layer in layers]).T
    return Column(
        centres=np.cumsum(width) - width / 2,
        widths=width,
        lengths=lengths,
        start=states[:, of],
        beyond=states[:, -1],
        ends=tuple(int(end) for end in ends),
        solutes=solutes,
    )


def conductivity_at_start(layer: Layer, *, solutes: Solutes) -> float:
    """Return the conductivity [S/m] that a layer begins with, its hindrance counted."""
    sodium, buffer, acidity = state_of(layer.salt, layer.buffer, layer.ph, solutes=solutes)
    found = mixture(np.array([sodium]), np.array([buffer]), np.array([acidity]), solutes=solutes)
    return layer.hindrance * conductivity(
        found.concentrations[:, 0], VALENCES, solutes.diffusivities, temperature=solutes.temperature
    )


def _widths(thickness: float, *, both: bool, fineness: float) -> Floats:
    """Widths (n,) [m] that grow from the near end, or from both ends to the middle."""
    span = thickness / 2 if both else thickness
    least = _FINEST * thickness
    growing = least * _GROWTH ** np.arange(
        math.ceil(math.log1p(span / least * (_GROWTH - 1)) / math.log(_GROWTH))
    )
    growing *= span / growing.sum()
    whole = np.concatenate([growing, growing[::-1]]) if both else growing
    parts = max(1, round(fineness))
    return np.repeat(whole / parts, parts)


def _refused(key: str, expected: str, came: object) -> ValueRefused:
    return ValueRefused(Problem(what="layer of a column", key=key, expected=expected, came=repr(came)))
