"""Sums and ratios of figures: ends against ends, which holds whatever hangs together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from microcurrent.model.claim import ClaimFigure
from microcurrent.model.exposure import Estimate, Input
from microcurrent.tables import thresholds


class Ranged(Protocol):
    """A value with a low and a high end, in SI."""

    @property
    def value(self) -> float:
        """The value."""

    @property
    def low(self) -> float:
        """The low end."""

    @property
    def high(self) -> float:
        """The high end."""


def scaled(given: Ranged, factor: float, dimension: str) -> Estimate:
    """Return a figure times a positive factor."""
    return Estimate(
        value=factor * given.value, low=factor * given.low, high=factor * given.high, dimension=dimension
    )


def over(given: Ranged, other: Ranged) -> Estimate:
    """Return the ratio of two positive figures: the widest that their ends allow."""
    return Estimate(
        value=given.value / other.value, low=given.low / other.high, high=given.high / other.low,
        dimension="ratio",
    )  # fmt: skip


def rest(share: Estimate) -> Estimate:
    """Return what a share leaves of the whole."""
    return Estimate(value=1 - share.value, low=1 - share.high, high=1 - share.low, dimension="fraction")


def together(shares: Iterable[Estimate]) -> Estimate:
    """Return the sum of shares, at most the whole: the widest that their ends allow."""
    parts = tuple(shares)
    return Estimate(
        value=sum(p.value for p in parts), low=sum(p.low for p in parts),
        high=max(sum(p.value for p in parts), min(1.0, sum(p.high for p in parts))), dimension="fraction",
    )  # fmt: skip


def threshold(name: str) -> Input:
    """Return a published figure of the table of claims."""
    return thresholds()[name]


def published(name: str) -> ClaimFigure:
    """Return a published figure as one of an answer."""
    given = threshold(name)
    return ClaimFigure(
        name=f"published: {name}", estimate=scaled(given, 1.0, given.dimension), sources=(given.source,)
    )
