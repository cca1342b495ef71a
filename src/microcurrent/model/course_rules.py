"""What the table of courses is made of: presets, phases, measurements, stop rules, adherence."""

from __future__ import annotations

from dataclasses import dataclass

from microcurrent.model.checks import finite, named, one_of, refuse
from microcurrent.model.course import MAINTENANCE

#: Where a course is given.
SETTINGS = ("professional", "home")
#: When a measurement is due.
WHEN = ("before the first sitting", "after a sitting", "after the last sitting")
#: What follows from a stop rule.
STOPS = ("stop", "pause")

Bounds = tuple[float | None, float | None]


@dataclass(frozen=True, kw_only=True)
class Preset:
    """How often, how many and how long somebody gives sittings; None: not known.

    `*_range`: least and most of that setting, either may be None; `length` [d] of the course; `minutes` a
    sitting; `setting` one of `SETTINGS`.
    """

    id: str
    title: str
    setting: str
    sittings: int | None
    sittings_range: Bounds
    per_week: int | None
    per_week_range: Bounds
    minutes: float | None
    minutes_range: Bounds
    length: float | None
    maintenance: str
    source: tuple[str, ...]
    confidence: str
    note: str = ""

    def __post_init__(self) -> None:
        named(self, "id", self.id)
        named(self, "title", self.title)
        one_of(self, "setting", self.setting, SETTINGS)
        one_of(self, "maintenance", self.maintenance, ("", *MAINTENANCE))
        for field in ("sittings", "per_week", "minutes"):
            value, (low, high) = getattr(self, field), getattr(self, f"{field}_range")
            if value is not None:
                finite(self, field, value, above=0, minimum=low, maximum=high)

    def outside(self, field: str, value: float) -> bool:
        """Whether a value of "sittings", "per_week" or "minutes" lies outside what this setting does."""
        own = getattr(self, field)
        low, high = getattr(self, f"{field}_range")
        if low is None and high is None:
            return own is not None and value != own
        return (low is not None and value < low) or (high is not None and value > high)


@dataclass(frozen=True, kw_only=True)
class PhaseRule:
    """A phase that begins with sitting `first`; `what` it is for."""

    name: str
    first: int
    what: str
    source: tuple[str, ...]
    confidence: str

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        finite(self, "first", self.first, minimum=1)


@dataclass(frozen=True, kw_only=True)
class MeasurementRule:
    """A measurement that is due: `when`, one of `WHEN`; after which `sitting`; `wait` [d] after the end, or
    `every_months` of a year after it.
    """

    id: str
    title: str
    when: str
    source: tuple[str, ...]
    confidence: str
    sitting: int | None = None
    wait: float | None = None
    every_months: int | None = None

    def __post_init__(self) -> None:
        named(self, "id", self.id)
        one_of(self, "when", self.when, WHEN)
        if (self.when == "after a sitting") != (self.sitting is not None):
            raise refuse(self, "sitting", expected="the sitting that it follows", came=self.sitting)
        if self.wait is not None and self.every_months is not None:
            raise refuse(self, "wait", expected="a wait or a repetition", came="both")


@dataclass(frozen=True, kw_only=True)
class StopRule:
    """When a course is stopped or held: `outcome`, one of `STOPS`.

    `words`: how a word of an adverse event begins (none: any event); `after_sittings` done and a change
    smaller than `factor` times the error of measuring.
    """

    id: str
    title: str
    outcome: str
    source: tuple[str, ...]
    confidence: str
    words: tuple[str, ...] = ()
    after_sittings: int | None = None
    factor: float | None = None

    def __post_init__(self) -> None:
        named(self, "id", self.id)
        one_of(self, "outcome", self.outcome, STOPS)


@dataclass(frozen=True, kw_only=True)
class CourseRules:
    """The whole table; `least_adherence` [fraction]: below it a result says little."""

    presets: tuple[Preset, ...]
    phases: tuple[PhaseRule, ...]
    measurements: tuple[MeasurementRule, ...]
    stops: tuple[StopRule, ...]
    least_adherence: float

    def __post_init__(self) -> None:
        if not self.phases or self.phases[0].first != 1:
            raise refuse(self, "phases", expected="a phase that begins with sitting 1", came="none")
        finite(self, "least_adherence", self.least_adherence, above=0, maximum=1)

    def stop(self, id_: str) -> StopRule | None:
        """Return the stop rule of this id, or None."""
        return next((rule for rule in self.stops if rule.id == id_), None)
