"""Contraindication, Answer and Screening: asked and answered, with the rule and its sources."""

from __future__ import annotations

from dataclasses import dataclass

from microcurrent.model.checks import named, one_of, refuse

#: A absolute, L local (the zone is blocked), C needs a clinician's clearance, T deferred.
CLASSES = ("A", "L", "C", "T")
OUTCOMES = ("clear", "clearance", "blocked", "deferred", "refused")


@dataclass(frozen=True, kw_only=True)
class Contraindication:
    """One rule: `question` to ask, `rank` (one of `CLASSES`), what it covers, and why.

    `systems`: galvanic and faradic, or one of them; `strict` maps a system to a stricter rank where
    sources differ by modality; `zones`: where it holds, empty for everywhere; `defer_days` for T,
    the strictest source first; `overridable`: whether a named clinician may clear it; `conflict`:
    how sources disagree.
    """

    id: str
    question: str
    rank: str
    rationale: str
    sources: tuple[str, ...]
    confidence: str
    systems: tuple[str, ...] = ("galvanic", "faradic")
    strict: tuple[tuple[str, str], ...] = ()
    zones: tuple[str, ...] = ()
    defer_days: int | None = None
    overridable: bool = True
    conflict: str = ""

    def __post_init__(self) -> None:
        for field in ("id", "question", "rationale", "confidence"):
            named(self, field, getattr(self, field))
        one_of(self, "rank", self.rank, CLASSES)
        for _, rank in self.strict:
            one_of(self, "strict", rank, CLASSES)
        if not self.sources:
            raise refuse(self, "sources", expected="at least one reference", came="none")
        if self.defer_days is not None and self.defer_days < 0:
            raise refuse(self, "defer_days", expected="0 or more days", came=self.defer_days)

    def rank_for(self, system: str) -> str:
        """Return the rank for one system: the stricter one where sources differ."""
        return dict(self.strict).get(system, self.rank)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer: `yes`, since or at which `date` (ISO, or empty), in which `zones`, and a `note`.

    `cleared_by`: the clinician who clears it, by name, and `clearance`: the reason; both or neither.
    """

    id: str
    yes: bool
    date: str = ""
    zones: tuple[str, ...] = ()
    note: str = ""
    cleared_by: str = ""
    clearance: str = ""

    def __post_init__(self) -> None:
        named(self, "id", self.id)
        if bool(self.cleared_by.strip()) != bool(self.clearance.strip()):
            raise refuse(self, "clearance", expected="the name of a clinician and the reason, both",
                         came=self.cleared_by or self.clearance)  # fmt: skip
        if self.cleared_by and not self.yes:
            raise refuse(self, "cleared_by", expected="nothing to clear, for the answer no",
                         came=self.cleared_by)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ScreeningFinding:
    """What one answer means: `outcome`, `until` when it holds (ISO date or empty), and why."""

    id: str
    outcome: str
    reason: str
    rank: str
    sources: tuple[str, ...]
    until: str = ""
    zones: tuple[str, ...] = ()
    conflict: str = ""
    cleared_by: str = ""

    def __post_init__(self) -> None:
        one_of(self, "outcome", self.outcome, OUTCOMES)


@dataclass(frozen=True, kw_only=True)
class Screening:
    """What one `client` (a pseudonym) answered: every question, answer and finding, on one ISO `date`,
    for one plan's systems.
    """

    client: str
    date: str
    systems: tuple[str, ...]
    answers: tuple[Answer, ...]
    findings: tuple[ScreeningFinding, ...]
    unanswered: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        named(self, "client", self.client)

    @property
    def outcome(self) -> str:
        """The strictest outcome; a question without an answer refuses."""
        if self.unanswered:
            return "refused"
        return max((f.outcome for f in self.findings), key=OUTCOMES.index, default="clear")
