"""The figures of a plan by name: what each is, its dimension, and its interval over people."""

from __future__ import annotations

import numpy as np

from microcurrent.model.exposure import Estimate
from microcurrent.physics.conduction.grid import Floats
from microcurrent.planning.prediction.flows import FigureKey

#: What each kind of figure is, and its dimension.
KINDS = {
    "absolute": ("charge per area, both directions", "charge density"),
    "area": ("contact area", "area"),
    "dc": ("direct current density", "current density"),
    "edge": ("density at the rim over the mean", "fraction"),
    "net": ("net charge per area", "charge density"),
    "peak": ("peak current density", "current density"),
    "phase": ("charge per phase and area", "charge density"),
    "resistance": ("resistance of the tissue", "resistance"),
    "rms": ("rms current density", "current density"),
    "share": ("share of the current", "fraction"),
    "voltage": ("voltage", "voltage"),
    **{
        f"{kind}_{word}": (f"{title}, {meaning}", dimension)
        for kind, title, dimension in (
            ("field", "field", "field"), ("density", "density", "current density"),
        )
        for word, meaning in (
            ("median", "half is above"), ("p95", "5 % is above"), ("p99", "1 % is above"), ("max", "most"),
        )
    },
}  # fmt: skip
_PERCENT = (0.05, 0.95)


def name_of(key: FigureKey) -> str:
    """Return the name of a figure, such as ``"step 1, fat: field, 1 % is above"``."""
    step, kind, of = key
    where = f"step {step}" if step else "whole plan"
    return f"{where}, {of}: {KINDS[kind][0]}" if of else f"{where}: {KINDS[kind][0]}"


def dimension_of(key: FigureKey) -> str:
    """Return the dimension of a figure, a key of `units.UNITS`."""
    return KINDS[key[1]][1]


def interval(drawn: Floats) -> tuple[float, float]:
    """Return the 5th and 95th percentile of draws (P,), of those that are numbers.

    By Hazen's positions (k - 1/2) / n, the middles of equal stretches of chance.
    """
    known = drawn[np.isfinite(drawn)]
    low, high = np.quantile(known, _PERCENT, method="hazen")
    return float(low), float(high)


def estimate(key: FigureKey, *, fine: float, coarse: float, drawn: Floats) -> Estimate:
    """Return a figure with its 90 % interval over people whose coarse figures are `drawn` (P,).

    `fine` and `coarse`: the figure at the middle of every input on either grid. The interval is the fine
    value times drawn over coarse, where the error of the grid cancels.
    """
    dimension = dimension_of(key)
    if not coarse or not np.isfinite(drawn).any():
        return Estimate.exact(fine, dimension)
    low, high = (fine * end / coarse for end in interval(drawn))
    return Estimate(value=fine, low=min(low, high, fine), high=max(low, high, fine), dimension=dimension)
