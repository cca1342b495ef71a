"""Client, Course and Outcome: many sittings of one person, and what came of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from microcurrent.model.checks import finite, named, one_of, refuse

MAINTENANCE = ("none", "twice-weekly", "weekly", "fortnightly", "monthly", "quarterly")


@dataclass(frozen=True, kw_only=True)
class Client:
    """A pseudonym: letters, digits and dashes. Identity is kept apart, never here."""

    pseudonym: str

    def __post_init__(self) -> None:
        if not isinstance(self.pseudonym, str) or not re.fullmatch(r"[A-Za-z0-9-]{1,40}", self.pseudonym):
            raise refuse(
                self,
                "pseudonym",
                expected="1 to 40 letters, digits and dashes",
                came=self.pseudonym,
                advice="Do not use the person's name",
            )


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How many sittings, how often: `sittings`, `per_week`, `minutes` each, then `maintenance`."""

    sittings: int
    per_week: float
    minutes: float
    maintenance: str = "none"

    def __post_init__(self) -> None:
        if isinstance(self.sittings, bool) or not isinstance(self.sittings, int):
            raise refuse(self, "sittings", expected="a whole number from 1 to 100", came=self.sittings)
        finite(self, "sittings", self.sittings, minimum=1, maximum=100)
        finite(self, "per_week", self.per_week, above=0, maximum=14)
        finite(self, "minutes", self.minutes, above=0, maximum=240)
        one_of(self, "maintenance", self.maintenance, MAINTENANCE)


@dataclass(frozen=True, kw_only=True)
class Course:
    """The sittings of one client under one line of plans (digests, the newest last)."""

    client: Client
    schedule: Schedule
    plans: tuple[str, ...]
    sittings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.plans:
            raise refuse(self, "plans", expected="at least one plan digest", came="none")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One measurement of a result: `value` on a `scale`, with its own `error` (one SD, same unit)."""

    client: Client
    scale: str
    value: float
    error: float
    measured: str
    by: str

    def __post_init__(self) -> None:
        for name in ("scale", "measured", "by"):
            named(self, name, getattr(self, name))
        finite(self, "value", self.value)
        finite(self, "error", self.error, minimum=0)
