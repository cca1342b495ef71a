"""OutcomeModel and Expectation: what a course may bring, with a sham twin, a grade and its sources."""

from __future__ import annotations

from dataclasses import dataclass

from microcurrent.model.checks import finite, named, one_of, refuse
from microcurrent.model.exposure import Estimate, Input
from microcurrent.units import write, write_interval

#: What a course can be for.
INTENTS = ("lift", "wrinkles", "pain", "wound")
#: Levels of Oxford CEBM 2011, 1 the best; certainty after GRADE.
LEVELS = ("1", "2", "3", "4", "5")
CERTAINTIES = ("high", "moderate", "low", "very low")
CLOCKS = ("days after a sitting", "sittings", "weeks")


@dataclass(frozen=True, kw_only=True)
class DoseFinding:
    """What was found about more and less current: `low` and `high` [A], or None where none was compared.

    `model`: people, or what stood for them.
    """

    finding: str
    low: float | None
    high: float | None
    model: str
    sources: tuple[str, ...]
    confidence: str

    def __post_init__(self) -> None:
        named(self, "finding", self.finding)
        if (self.low is None) != (self.high is None):
            raise refuse(self, "high", expected="both ends or none", came="one end")
        if self.low is not None and self.high is not None and not 0 < self.low <= self.high:
            raise refuse(self, "high", expected="0 < low <= high", came=f"{self.low:g}, {self.high:g}")


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One study or review: its `design`, `people` (0: not known), and its `result` in its own figures."""

    study: str
    design: str
    people: int
    result: str
    sources: tuple[str, ...]
    confidence: str

    def __post_init__(self) -> None:
        for field in ("study", "design", "result"):
            named(self, field, getattr(self, field))


@dataclass(frozen=True, kw_only=True)
class OutcomeModel:
    """How one outcome runs over a course, and how good the evidence for that is.

    `level` (Oxford CEBM) and `certainty` (GRADE); `would_change`: what evidence would change it; `numbers`:
    by name, 5th and 95th percentile as range; `better`: "higher" or "lower"; `clock`: one of `CLOCKS`.
    """

    intent: str
    title: str
    measure: str
    dimension: str
    better: str
    clock: str
    level: str
    certainty: str
    population: str
    species: str
    would_change: str
    note: str
    sources: tuple[str, ...]
    confidence: str
    numbers: tuple[Input, ...]
    doses: tuple[DoseFinding, ...]
    trials: tuple[Trial, ...]

    def __post_init__(self) -> None:
        for field in ("title", "measure", "population", "species", "would_change", "note"):
            named(self, field, getattr(self, field))
        for field, allowed in (
            ("intent", INTENTS), ("level", LEVELS), ("certainty", CERTAINTIES), ("clock", CLOCKS),
            ("better", ("higher", "lower")),
        ):  # fmt: skip
            one_of(self, field, getattr(self, field), allowed)

    @property
    def studied(self) -> tuple[float, float] | None:
        """Least and largest current [A] that was studied in people, or None where that is not known."""
        ends = [(d.low, d.high) for d in self.doses if d.low and d.high and d.model == "people"]
        return (min(low for low, _ in ends), max(high for _, high in ends)) if ends else None


@dataclass(frozen=True, kw_only=True)
class ExpectedPoint:
    """One place on the curves: after `sitting` sittings, `time` [s] from the start of the curve.

    `active`, `sham`, and `difference`, which is what the current itself adds; None where it is not known.
    """

    sitting: int
    time: float
    active: Estimate | None
    sham: Estimate | None
    difference: Estimate | None

    def __post_init__(self) -> None:
        finite(self, "time", self.time, minimum=0)


@dataclass(frozen=True, kw_only=True)
class Importance:
    """Shares of people who improve by at least the minimal important difference, with and without current.

    `threshold`: the difference; `net`: the chance that what the current itself adds is as large.
    """

    threshold: float
    active: Estimate
    sham: Estimate
    difference: Estimate
    net: float


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """What may be expected of `sittings`, `per_week` of them, by a `model`, with a sham twin.

    `current` [A] of the plan, or None; `sham_share`: how much of the change sham gives as well, at the last
    point; `important`: None where no minimal important difference or spread between people is known;
    `remarks`: where the model ends; `draws` and `seed` of the intervals.
    """

    model: OutcomeModel
    sittings: int
    per_week: float
    current: float | None
    points: tuple[ExpectedPoint, ...]
    sham_share: Estimate | None
    important: Importance | None
    remarks: tuple[str, ...]
    draws: int
    seed: int

    def __post_init__(self) -> None:
        if len(self.points) < 2:
            raise refuse(self, "points", expected="at least two points", came=len(self.points))

    @property
    def last(self) -> ExpectedPoint:
        """The last point that the evidence reaches."""
        return self.points[-1]

    @property
    def sentence(self) -> str:
        """What may be expected, in one sentence with its interval and grade."""
        model, added = self.model, self.last.difference
        grade = f"level {model.level}, certainty {model.certainty}"
        if added is None:
            return f"{model.title}: what the current itself adds is not known ({grade})."
        middle = write(added.value, added.dimension, digits=2)
        spread = write_interval(added.low, added.high, added.dimension)
        nothing = ", so it may be nothing" if added.low <= 0 <= added.high else ""
        return f"{model.title}: the current itself adds {middle} ({spread}){nothing} ({grade})."
