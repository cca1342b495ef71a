"""Palette: the kinds of tissue that a body is made of, with few directions of fibres."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.bodies.anatomy import Kind

#: Directions of fibres are taken from a lattice of this step [rad], so that there are few.
LATTICE = np.radians(7.5)
#: Most kinds that a byte can number, beside air.
_MOST = 255


class Palette:
    """Numbers the kinds as they are asked for, from 1."""

    def __init__(self) -> None:
        self._numbers: dict[Kind, int] = {}

    def number(self, tissue: str, fibres: npt.ArrayLike | None = None) -> int:
        """Return the number of a tissue with fibres along (3,), the nearest direction of the lattice."""
        kind = Kind(tissue=tissue, fibres=None if fibres is None else on_lattice(fibres))
        if kind not in self._numbers and len(self._numbers) == _MOST:
            raise ValueRefused(
                Problem(
                    what="kinds of tissue", expected=f"at most {_MOST}", came="more directions of fibres"
                )
            )
        return self._numbers.setdefault(kind, len(self._numbers) + 1)

    @property
    def table(self) -> tuple[Kind, ...]:
        """The kinds in the order of their numbers."""
        return tuple(self._numbers)


def on_lattice(direction: npt.ArrayLike) -> tuple[float, float, float]:
    """Return the unit vector of the lattice next to a direction (3,), with z never below 0: fibres have no
    sign."""
    x, y, z = np.asarray(direction, dtype=float) / np.linalg.norm(direction)
    if z < 0:
        x, y, z = -x, -y, -z
    polar = LATTICE * np.round(np.arccos(np.clip(z, -1.0, 1.0)) / LATTICE)
    # Fewer directions around where the circle is smaller.
    count = max(int(np.round(2.0 * np.pi * np.sin(polar) / LATTICE)), 1)
    turn = 2.0 * np.pi / count
    azimuth = turn * np.round(np.arctan2(y, x) / turn)
    found = np.array([np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar)])
    return tuple(float(value) for value in np.round(found / np.linalg.norm(found), 9) + 0.0)  # type: ignore[return-value]
