"""Studies with error bars: the same problem at several resolutions and several placings in the grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from microcurrent.physics.exact.disc import Floats


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One relative error of a problem, with the least `order` and the largest mean error to be seen.

    `accuracy` is that at the finest of the case's own levels.
    """

    name: str
    order: float
    accuracy: float


@dataclass(frozen=True, kw_only=True)
class ScatteredCase:
    """A problem whose errors depend on how it lies in the grid.

    `number` of the verification list; `compute` takes a level (cells per length) and the number of a
    placing and gives the relative errors of all `measures`, without sign.
    """

    number: str
    problem: str
    measures: tuple[Measure, ...]
    compute: Callable[[int, int], Sequence[float]]
    levels: tuple[int, ...] = (4, 6, 8)
    placings: int = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Scatter:
    """A case computed: relative `errors` by level, placing and measure, ``(L, P, M)``."""

    case: ScatteredCase
    errors: Floats

    @property
    def mean(self) -> Floats:
        """Mean over the placings, ``(L, M)``."""
        return np.asarray(self.errors.mean(axis=1))

    @property
    def spread(self) -> Floats:
        """Half the distance from the smallest to the largest over the placings, ``(L, M)``."""
        return np.asarray(0.5 * np.ptp(self.errors, axis=1))

    @property
    def orders(self) -> Floats:
        """Observed order of each measure: slope of log error over log cell size, all points, ``(M,)``."""
        sizes = -np.log(np.repeat(self.case.levels, self.case.placings).astype(float))
        flat = np.log(self.errors.reshape(sizes.size, -1))
        return np.asarray(np.polyfit(sizes, flat, 1)[0])


def scatter(case: ScatteredCase) -> Scatter:
    """Compute a case at all its levels and placings."""
    errors = [[case.compute(level, k) for k in range(case.placings)] for level in case.levels]
    return Scatter(case=case, errors=np.array(errors, dtype=float))
