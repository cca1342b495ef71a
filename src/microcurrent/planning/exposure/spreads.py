"""Spreads: the percentiles and the histogram of a quantity over volume or area."""

from __future__ import annotations

import numpy as np

from microcurrent.model.exposure import Histogram
from microcurrent.model.exposure_map import Spread
from microcurrent.physics.conduction.grid import Floats
from microcurrent.planning.prediction.flows import percentile

#: Classes of each quantity [SI], five to a decade, by its dimension: from far below what any nerve or skin
#: notices to far above what any stimulator gives.
_DECADES = {"field": (-2, 4), "current density": (-3, 3), "charge density": (-4, 4)}
_TO_A_DECADE = 5


def edges_of(dimension: str) -> tuple[float, ...]:
    """Return the edges [SI] of the classes of a quantity."""
    first, last = _DECADES[dimension]
    return tuple(
        float(10 ** (k / _TO_A_DECADE)) for k in range(first * _TO_A_DECADE, last * _TO_A_DECADE + 1)
    )


def spread_of(values: Floats, weights: Floats, dimension: str, *, largest: Floats | None = None) -> Spread:
    """Return how `values` (N,) from 0 are spread over `weights` (N,), volumes or areas.

    `largest` (N,): where the most is to be found, if not among the values.
    """
    edges = edges_of(dimension)
    amount = np.asarray(values, dtype=float)
    held = np.clip(amount, edges[0], edges[-1])
    classes, _ = np.histogram(held, bins=edges, weights=weights)
    median, p95, p99 = (percentile(amount, weights, share) for share in (0.5, 0.95, 0.99))
    most = amount if largest is None else largest
    return Spread(
        dimension=dimension,
        mean=float(amount @ weights / weights.sum()),
        median=median,
        p95=p95,
        p99=p99,
        largest=max(float(most.max()), p99),
        histogram=Histogram(edges=edges, shares=tuple(float(c) for c in classes / weights.sum())),
    )
