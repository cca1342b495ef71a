"""Intent, Target and Proposal: what a treatment is for, and the plan that serves it best under every
limit."""

from __future__ import annotations

from dataclasses import dataclass

from microcurrent.model.checks import finite, named, one_of, refuse
from microcurrent.model.course import Schedule

#: What a target can be: a muscle by name, a tissue under a zone of the skin, a tissue around a site.
TARGET_KINDS = ("muscle", "zone", "around")
SIDES = ("left", "right", "both")


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is to receive the field: of `kind` (one of `TARGET_KINDS`), by `name`, in one `tissue`.

    A muscle brings its own tissue, and then `tissue` is empty. `weight`: how much of the field it is to
    have, relative to the other targets.
    """

    kind: str
    name: str
    tissue: str = ""
    weight: float = 1.0

    def __post_init__(self) -> None:
        one_of(self, "kind", self.kind, TARGET_KINDS)
        named(self, "name", self.name)
        finite(self, "weight", self.weight, above=0)
        if self.kind != "muscle":
            named(self, "tissue", self.tissue)

    @property
    def words(self) -> str:
        """The target as people say it."""
        if self.kind == "muscle":
            return self.name
        return f"{self.tissue} {'under' if self.kind == 'zone' else 'around'} {self.name}"


@dataclass(frozen=True, kw_only=True)
class Intent:
    """What a treatment is for, and how it is usually tried.

    `targets` by body ("face", "limb", "slab"); `waveform`, `frequency` [Hz] and `pulse` [s], 0 for none, of
    the alternating current; `current` [A] that a proposal does not exceed for it; the usual `course`; the
    `longest` hold [s]; `grade` of the evidence in words; `evidence` in a sentence; `refusal`: why nothing
    is proposed, or empty.
    """

    name: str
    title: str
    targets: tuple[tuple[str, tuple[Target, ...]], ...]
    grade: str
    evidence: str
    source: tuple[str, ...]
    confidence: str
    waveform: str = ""
    frequency: float = 0.0
    pulse: float = 0.0
    current: float = 0.0
    course: Schedule | None = None
    longest: float = 0.0
    refusal: str = ""

    def __post_init__(self) -> None:
        for field in ("name", "title", "grade", "evidence", "confidence"):
            named(self, field, getattr(self, field))
        if not self.source:
            raise refuse(self, "source", expected="at least one reference", came="none")
        if not self.refusal:
            for field in ("frequency", "current", "longest"):
                finite(self, field, getattr(self, field), above=0)
            if self.course is None:
                raise refuse(self, "course", expected="the usual course", came="none")
            if not self.targets:
                raise refuse(self, "targets", expected="at least one", came="none")

    def targets_on(self, body: str) -> tuple[Target, ...]:
        """Return the targets on one sort of body, none where it has none."""
        return dict(self.targets).get(body, ())


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """One hold or glide that a proposal chose: names of the sites of `first` and `second` probe, `seconds`
    with current and its peak `current` [A].

    `field` [V/m]: mean strength in each target at that current, in the order of the proposal's targets;
    `capped_by`: id of what keeps its current from being higher.
    """

    first: tuple[str, ...]
    second: tuple[str, ...]
    seconds: float
    current: float
    field: tuple[float, ...]
    capped_by: str


@dataclass(frozen=True, kw_only=True)
class Binding:
    """A limit that binds: `rule` id or "time", its `title`, the `level` in words, and what it costs.

    `gain` [fraction]: how much more the least served target would receive if this limit alone were
    loosened by a tenth, other limits staying as they are (first order).
    """

    rule: str
    title: str
    level: str
    gain: float


@dataclass(frozen=True, kw_only=True)
class Tradeoff:
    """One point that no other beats in all three: `strength`, `selectivity` and `collateral`.

    `strength` [V s/m]: field times time in the least served target; `selectivity`: mean field in the
    targets over that in all other soft tissue nearby; `collateral` [C/m2]: charge of both directions per
    area of the most loaded skin; `holds`: how many holds and glides. `title` says what it is best at.
    """

    title: str
    strength: float
    selectivity: float
    collateral: float
    holds: int


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A plan for an intent: what was chosen, why not more, and what else could be had.

    `certified` [fraction]: its strength over the most that any mixture of all `candidates` could reach
    under the same limits, a bound by linear programming.
    """

    intent: str
    targets: tuple[Target, ...]
    device: str
    minutes: float
    chosen: tuple[Chosen, ...]
    binding: tuple[Binding, ...]
    tradeoffs: tuple[Tradeoff, ...]
    strength: float
    certified: float
    candidates: int
    refused: int
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        named(self, "intent", self.intent)
        if not self.chosen:
            raise refuse(self, "chosen", expected="at least one hold", came="none")
        finite(self, "certified", self.certified, minimum=0)
