"""Uncertainty: how every figure of a plan spreads over people, and which input would narrow it."""

from __future__ import annotations

from dataclasses import dataclass

from microcurrent.model.checks import finite, named, refuse
from microcurrent.model.exposure import Estimate, Input


@dataclass(frozen=True, kw_only=True)
class Influence:
    """How much of the spread of a figure one input brings, as Sobol indices with their own 90 % intervals.

    `first`: what would go if this `input` alone were known; `total`: what would stay if all but it were
    known [fraction of the variance]. An index near 0 may come out a little below 0.
    """

    input: str
    first: Estimate
    total: Estimate

    def __post_init__(self) -> None:
        named(self, "input", self.input)


@dataclass(frozen=True, kw_only=True)
class FigureSpread:
    """One figure over all people: its name, its `estimate` with a 90 % interval, and what brings that.

    `explained`: the share of the variance that the emulator behind `influences` foretells of people it
    was not made from, or None where no ranking was asked for; `influences`: largest total first.
    """

    figure: str
    estimate: Estimate
    explained: float | None = None
    influences: tuple[Influence, ...] = ()

    def __post_init__(self) -> None:
        named(self, "figure", self.figure)
        if self.explained is not None:
            finite(self, "explained", self.explained, maximum=1.0)
        if self.influences and self.explained is None:
            raise refuse(self, "explained", expected="a share, beside influences", came="nothing")


@dataclass(frozen=True, kw_only=True)
class Uncertainty:
    """The spread of one plan over virtual `people`.

    Digests of `plan`, `body` and `tables`, and of the `study`: all of them with method and `seed`.
    `unsolved`: people of whom no figure could be had, such as a probe off the body; `inputs` drawn.
    """

    plan: str
    body: str
    tables: str
    study: str
    method: str
    people: int
    unsolved: int
    seed: int
    inputs: tuple[Input, ...]
    spreads: tuple[FigureSpread, ...]
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.unsolved < self.people:
            raise refuse(self, "unsolved", expected=f"from 0 to below {self.people}", came=self.unsolved)
