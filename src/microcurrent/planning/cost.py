"""Cost: what a course costs in a practice and with a device of one's own; every figure is a range.

A sitting at home is compared with one in a practice as if both gave the same plan. Where a device gives
less current, it needs more sittings for the same charge, and that is what is counted: equal charge, which
is not the same as equal effect.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from microcurrent.errors import InputError, Problem
from microcurrent.model.checks import finite
from microcurrent.model.cost import Cost, CostLine, CostSheet, Price

_WEEKS_A_MONTH = 52 / 12
_ANY = "any"


@dataclass(frozen=True, kw_only=True)
class CostQuestion:
    """What is to be reckoned.

    `region`; `sittings` of the course and `maintenance` sittings of the year after; `charge` [C] that one
    sitting delivers; `repeats`: sittings of the device that give the charge of one sitting of the plan;
    `device`: its price, None: those of the table; `device_name` and `device_from`: what, and who says so.
    """

    region: str
    sittings: int
    maintenance: int
    charge: float
    repeats: int = 1
    device: Cost | None = None
    device_name: str = "home device"
    device_from: str = "as given"

    def __post_init__(self) -> None:
        finite(self, "sittings", self.sittings, minimum=1)
        finite(self, "maintenance", self.maintenance, minimum=0)
        finite(self, "charge", self.charge, minimum=0)
        finite(self, "repeats", self.repeats, minimum=1)


def cost_sheet(prices: Sequence[Price], question: CostQuestion) -> CostSheet:
    """Return what a course costs; raises `InputError` for a region that no price speaks of."""
    _check_region(prices, question.region)
    sitting = _range(prices, question.region, "sitting")
    professional = _professional(prices, sitting, question)
    home, own = _home(prices, question)
    even = None
    if sitting is not None and own is not None and sitting.currency == own.currency:
        even = own.over(sitting)
    used = _used(prices, question)
    return CostSheet(
        region=question.region, sittings=question.sittings, maintenance=question.maintenance,
        charge_per_sitting=question.charge, professional=professional, home=home, break_even=even,
        per_coulomb=_per_coulomb(sitting, own, question), prices=used,
        unused=tuple(price for price in prices if price.cost is None and price.kind != "package"),
    )  # fmt: skip


def regions(prices: Iterable[Price]) -> tuple[str, ...]:
    """Return the regions for which the price of a sitting is known."""
    found = (p.region for p in prices if p.kind == "sitting" and p.cost is not None)
    return tuple(dict.fromkeys(found))


def _check_region(prices: Sequence[Price], region: str) -> None:
    if region not in regions(prices):
        raise InputError(
            Problem(what="no price of a sitting is known there", key="--region", came=region,
                    expected="one of " + ", ".join(regions(prices)))
        )  # fmt: skip


def _home_region(region: str) -> str:
    """A part of a country has its own sittings; devices and gel are sold in all of it."""
    return region.split("-")[0]


def _range(prices: Iterable[Price], region: str, kind: str, setting: str = "") -> Cost | None:
    """The range that holds every price of a kind there; None where none is known."""
    costs = [
        p.cost for p in prices
        if p.region == region and p.kind == kind and p.setting == setting and p.cost is not None
    ]  # fmt: skip
    return reduce(or_, costs) if costs else None


def _professional(
    prices: Sequence[Price], sitting: Cost | None, question: CostQuestion
) -> tuple[CostLine, ...]:
    if sitting is None:
        return (CostLine(what="a sitting", cost=None, why="no price is known"),)
    course = sitting.times(question.sittings)
    lines = [
        CostLine(what="a sitting", cost=sitting, why="prices of the table"),
        CostLine(what="the course", cost=course, why=f"{question.sittings} sittings"),
    ]
    for price in (p for p in prices if p.kind == "package" and p.region in (_ANY, question.region)):
        low, high = price.share or (0.0, 0.0)
        lines.append(
            CostLine(what="the course, bought whole", cost=course.times(1 - high, 1 - low),
                     why=f"less {price.written} ({price.confidence})")
        )  # fmt: skip
    if question.maintenance:
        lines.append(
            CostLine(what="a year of maintenance", cost=sitting.times(question.maintenance),
                     why=f"{question.maintenance} sittings")
        )  # fmt: skip
    return tuple(lines)


def _home(prices: Sequence[Price], question: CostQuestion) -> tuple[tuple[CostLine, ...], Cost | None]:
    """The lines at home, and device, course and a year of maintenance together."""
    region = _home_region(question.region)
    device = question.device or _range(prices, region, "device", "home")
    why = question.device_from if question.device else "prices of the table"
    lines = [_line(question.device_name, device, why)]
    if device is None:
        return tuple(lines), None
    once = _gel(prices, region, device.currency)
    count = question.repeats * question.sittings
    upkeep = question.repeats * question.maintenance
    gel = once.times(count) if once else None
    lines.append(_line("gel for the course", gel, f"{count} sittings"))
    more = once.times(upkeep) if once else None
    if upkeep:
        lines.append(_line("gel for a year of maintenance", more, f"{upkeep} sittings"))
    own = reduce(lambda one, other: one + other, (c for c in (device, gel, more) if c is not None))
    lines.append(_line("all of it", own, "with gel" if once else "without gel: its price is not known"))
    each = own.times(1 / (question.sittings + question.maintenance))
    lines.append(
        _line("for each sitting that it stands for", each, f"{question.sittings + question.maintenance}")
    )
    return tuple(lines), own


def _line(what: str, cost: Cost | None, why: str) -> CostLine:
    return CostLine(what=what, cost=cost, why=why if cost else "no price is known; give one with --price")


def _gel(prices: Iterable[Price], region: str, currency: str) -> Cost | None:
    """Gel for one sitting, in this currency."""
    costs = [
        p.cost.times(1 / (p.per_week * _WEEKS_A_MONTH)) for p in prices
        if p.kind == "gel" and p.region == region and p.cost and p.per_week and p.cost.currency == currency
    ]  # fmt: skip
    return reduce(or_, costs) if costs else None


def _per_coulomb(sitting: Cost | None, own: Cost | None, question: CostQuestion) -> tuple[CostLine, ...]:
    """Money for each coulomb that the course and a year of maintenance deliver."""
    if question.charge <= 0:
        return ()
    lines = []
    if sitting is not None:
        lines.append(
            CostLine(
                what="in a practice",
                cost=sitting.times(1 / question.charge),
                why="a sitting, by its charge",
            )
        )
    if own is not None:
        charge = question.charge * (question.sittings + question.maintenance)
        lines.append(
            CostLine(
                what="at home", cost=own.times(1 / charge), why="all of it, by the charge of all sittings"
            )
        )
    return tuple(lines)


def _used(prices: Sequence[Price], question: CostQuestion) -> tuple[Price, ...]:
    home = _home_region(question.region)
    return tuple(
        p for p in prices
        if (p.kind == "sitting" and p.region == question.region and p.cost)
        or (p.kind == "package" and p.region in (_ANY, question.region))
        or (p.kind == "gel" and p.region == home and p.cost)
        or (p.kind == "device" and p.setting == "home" and p.region == home and not question.device)
    )  # fmt: skip


def repeats_for(plan_peak: float, device_peak: float | None) -> int:
    """Return how many sittings of a device give the charge of one of the plan: more where it is weaker."""
    if device_peak is None or device_peak <= 0 or plan_peak <= device_peak:
        return 1
    return math.ceil(plan_peak / device_peak - 1e-9)
