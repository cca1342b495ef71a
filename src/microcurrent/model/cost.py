"""Cost, Price and CostSheet: what treatment costs, as ranges in one currency, never as points."""

from __future__ import annotations

import re
from dataclasses import dataclass

from microcurrent.model.checks import finite, named, one_of, refuse

#: What a price is for.
PRICE_KINDS = ("sitting", "device", "gel", "package")
#: Whose device a price is of; "named": of one product alone.
DEVICE_SETTINGS = ("home", "professional", "clinical", "named")

_COST = re.compile(r"([A-Z]{3})\s+(\d+(?:\.\d+)?)(?:\s+to\s+(\d+(?:\.\d+)?))?\Z")


@dataclass(frozen=True, kw_only=True)
class Cost:
    """A range of money, `low` to `high`, in one `currency` (three letters), of a `year` (None: not stated).

    Both ends are possible; nothing is said about which is likelier. Costs of two currencies are never
    added: no rate of exchange is known here.
    """

    low: float
    high: float
    currency: str
    year: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.currency, str) or not re.fullmatch(r"[A-Z]{3}", self.currency):
            raise refuse(self, "currency", expected="three capital letters such as USD", came=self.currency)
        finite(self, "low", self.low, minimum=0)
        finite(self, "high", self.high, minimum=0)
        if self.high < self.low:
            raise refuse(self, "high", expected=f"at least {self.low:g}", came=f"{self.high:g}")
        if self.year is not None:
            finite(self, "year", self.year, minimum=1990, maximum=2100)

    @staticmethod
    def read(text: str, *, year: int | None = None) -> Cost:
        """Return the cost in text such as ``"USD 350"`` or ``"USD 150 to 400"``; `ValueRefused` else."""
        match = _COST.match(text.strip()) if isinstance(text, str) else None
        if match is None:
            raise refuse(
                "Cost", "price", expected='a currency and a sum, such as "USD 350" or "USD 150 to 400"',
                came=text if isinstance(text, str) else repr(text),
            )  # fmt: skip
        low = float(match[2])
        return Cost(currency=match[1], low=low, high=float(match[3]) if match[3] else low, year=year)

    def __add__(self, other: Cost) -> Cost:
        """Return both together; refuses another currency."""
        self._same(other)
        return Cost(
            low=self.low + other.low, high=self.high + other.high, currency=self.currency,
            year=self.year if self.year == other.year else None,
        )  # fmt: skip

    def __or__(self, other: Cost) -> Cost:
        """Return the range that holds both; refuses another currency."""
        self._same(other)
        return Cost(
            low=min(self.low, other.low), high=max(self.high, other.high), currency=self.currency,
            year=self.year if self.year == other.year else None,
        )  # fmt: skip

    def times(self, least: float, most: float | None = None) -> Cost:
        """Return this cost times a number, or times a range of numbers that are not negative."""
        most = least if most is None else most
        finite("Cost", "factor", least, minimum=0)
        finite("Cost", "factor", most, minimum=least)
        return Cost(low=self.low * least, high=self.high * most, currency=self.currency, year=self.year)

    def over(self, other: Cost) -> tuple[float, float]:
        """Return how often `other` goes into this cost, least and most; refuses another currency or 0."""
        self._same(other)
        if other.low <= 0:
            raise refuse("Cost", "price", expected="more than 0", came=str(other))
        return self.low / other.high, self.high / other.low

    def __str__(self) -> str:
        """Return the cost in words: ``"USD 150 to 400"``."""
        low, high = _sum(self.low), _sum(self.high)
        return f"{self.currency} {low}" if low == high else f"{self.currency} {low} to {high}"

    def _same(self, other: Cost) -> None:
        if self.currency != other.currency:
            raise refuse(
                "Cost", "currency", expected=self.currency, came=other.currency,
                advice="No rate of exchange is known here; give prices in one currency",
            )  # fmt: skip


def _sum(value: float) -> str:
    """Return a sum of money: whole from 10 on, with pence below."""
    return f"{value:,.0f}" if value >= 10 or value == 0 else f"{value:.2f}"


@dataclass(frozen=True, kw_only=True)
class Price:
    """One row of the table of prices.

    `kind`: one of `PRICE_KINDS`; `region` where it holds; `cost` (None: its currency is not known, and it
    enters no sum), or `share` (low, high) taken off a course; `per_week`: sittings a week that a month of
    gel is for; `setting` of a device; `written`: the price as the table has it.
    """

    id: str
    title: str
    kind: str
    region: str
    written: str
    cost: Cost | None
    source: tuple[str, ...]
    confidence: str
    share: tuple[float, float] | None = None
    per_week: float | None = None
    setting: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        for field in ("id", "title", "region", "written", "confidence"):
            named(self, field, getattr(self, field))
        one_of(self, "kind", self.kind, PRICE_KINDS)
        if self.setting:
            one_of(self, "setting", self.setting, DEVICE_SETTINGS)
        if self.kind == "package" and self.share is None:
            raise refuse(self, "share", expected="the share taken off", came="nothing")
        if self.kind == "gel" and self.per_week is None:
            raise refuse(self, "per_week", expected="sittings a week", came="nothing")
        if self.share is not None and not 0 <= self.share[0] <= self.share[1] <= 1:
            raise refuse(self, "share", expected="0 to 100 %, the lower first", came=self.share)


@dataclass(frozen=True, kw_only=True)
class CostLine:
    """One line of a cost sheet: `what`, the `cost` (None: not known), and `why` or from what."""

    what: str
    cost: Cost | None
    why: str


@dataclass(frozen=True, kw_only=True)
class CostSheet:
    """What a course costs in a practice and at home.

    `sittings` of the course and `maintenance` sittings of a year; `region`; the lines of each; the range of
    sittings in a practice that cost as much as a device of one's own with its gel (`break_even`, None: not
    known); cost of a coulomb delivered, in a practice and at home; `prices` that all of it rests on, and
    `unused`, in a currency that is not known.
    """

    region: str
    sittings: int
    maintenance: int
    charge_per_sitting: float
    professional: tuple[CostLine, ...]
    home: tuple[CostLine, ...]
    break_even: tuple[float, float] | None
    per_coulomb: tuple[CostLine, ...]
    prices: tuple[Price, ...]
    unused: tuple[Price, ...] = ()

    def __post_init__(self) -> None:
        finite(self, "sittings", self.sittings, minimum=1)
        finite(self, "maintenance", self.maintenance, minimum=0)
        finite(self, "charge_per_sitting", self.charge_per_sitting, minimum=0)
