"""Contraindication, Reading, Answer and Screening: asked and answered, with the rule and its sources."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

from microcurrent.model.checks import named, one_of, refuse
from microcurrent.model.digest import LATER
from microcurrent.model.plan import MODES, SYSTEMS

#: A absolute, L local (the zone is blocked), C needs a clinician's clearance, T deferred.
CLASSES = ("A", "L", "C", "T")
#: What a source may say: one of the classes, or that nothing stands against it.
RANKS = (*CLASSES, "none")
#: From the mildest to the strictest.
OUTCOMES = ("clear", "clearance", "blocked", "deferred", "refused")
OUTCOME_OF = {"A": "refused", "L": "blocked", "C": "clearance", "T": "deferred", "none": "clear"}
#: The zone of a reading that holds only where the answer says that it is.
TREATED = "treated zone"
#: In which role a named person may clear what a rule lets anyone clear. A policy of this program.
CLINICIANS = ("clinician", "physician", "dentist", "nurse", "physiotherapist")
#: How answers of the day were given: with their date in the file, without one, or asked one by one.
ASKED = ("dated", "undated", "at the keyboard")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What sources say of one condition: `rank` (one of `RANKS`), for what, where and how long.

    `systems`: galvanic and faradic, or one of them; `modes` of a plan; `zones`: where it holds, empty
    for everywhere, `TREATED` for where the answer says; `days`: how long it holds from the date of the
    answer, None for as long as the answer is yes; `note`: the source's own condition or words;
    `set_aside`: why it is shown but not counted, or empty; `sources` and their `confidence`.
    """

    rank: str
    sources: tuple[str, ...]
    confidence: str
    systems: tuple[str, ...] = SYSTEMS
    modes: tuple[str, ...] = MODES
    zones: tuple[str, ...] = ()
    days: int | None = None
    note: str = ""
    set_aside: str = ""

    def __post_init__(self) -> None:
        one_of(self, "rank", self.rank, RANKS)
        named(self, "confidence", self.confidence)
        for system in self.systems:
            one_of(self, "systems", system, SYSTEMS)
        for mode in self.modes:
            one_of(self, "modes", mode, MODES)
        if not self.sources:
            raise refuse(self, "sources", expected="at least one reference", came="none")
        if not self.systems or not self.modes:
            raise refuse(self, "systems", expected="at least one system and mode", came="none")
        if self.days is not None and (isinstance(self.days, bool) or self.days < 1):
            raise refuse(self, "days", expected="1 or more days", came=self.days)
        if TREATED in self.zones and len(self.zones) > 1:
            raise refuse(self, "zones", expected=f'"{TREATED}" alone', came=", ".join(self.zones))

    @property
    def counts(self) -> bool:
        """Whether it is not set aside."""
        return not self.set_aside

    def covers(self, system: str, mode: str) -> bool:
        """Return whether it speaks of this system in this mode."""
        return system in self.systems and mode in self.modes


@dataclass(frozen=True, kw_only=True)
class Contraindication:
    """One rule: `question` to ask, `rationale`: why, and the `readings` of its sources.

    The strictest reading that counts and holds decides; nobody chooses among them. `overridable`:
    whether a named clinician may clear it.
    """

    id: str
    question: str
    rationale: str
    readings: tuple[Reading, ...]
    overridable: bool = True

    def __post_init__(self) -> None:
        for name in ("id", "question", "rationale"):
            named(self, name, getattr(self, name))
        if not self.counted:
            raise refuse(self, "readings", expected="at least one that is not set aside", came="none")

    @property
    def counted(self) -> tuple[Reading, ...]:
        """The readings that are not set aside."""
        return tuple(reading for reading in self.readings if reading.counts)

    @property
    def rank(self) -> str:
        """The strictest class of any reading that counts."""
        return _strictest(self.counted)

    @property
    def systems(self) -> tuple[str, ...]:
        """The systems that any reading that counts speaks of."""
        return tuple(s for s in SYSTEMS if any(s in reading.systems for reading in self.counted))

    @property
    def sources(self) -> tuple[str, ...]:
        """Every source, each once."""
        return tuple(dict.fromkeys(source for reading in self.readings for source in reading.sources))

    @property
    def longest(self) -> int | None:
        """The most days that any reading that counts gives, or None."""
        return max((r.days for r in self.counted if r.days is not None), default=None)

    def asks(self, system: str, mode: str) -> bool:
        """Return whether any reading that counts speaks of this system in this mode."""
        return any(reading.covers(system, mode) for reading in self.counted)

    def rank_for(self, system: str, mode: str = "microcurrent") -> str:
        """Return the strictest class for one system in one mode; "none" where no reading speaks of it."""
        return _strictest(tuple(r for r in self.counted if r.covers(system, mode)))


def _strictest(readings: tuple[Reading, ...]) -> str:
    ranks = (reading.rank for reading in readings)
    return max(ranks, key=lambda rank: OUTCOMES.index(OUTCOME_OF[rank]), default="none")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer: `yes`, since or at which `date` (ISO, or empty), in which `zones`, and a `note`.

    `cleared_by`: the clinician who clears it, by name, in `cleared_role` (one of `CLINICIANS`), on the
    ISO day `cleared_on`; `clearance`: the reason. All four or none.
    """

    id: str
    yes: bool
    date: str = ""
    zones: tuple[str, ...] = ()
    note: str = ""
    cleared_by: str = ""
    clearance: str = ""
    cleared_role: str = field(default="", metadata=LATER)
    cleared_on: str = field(default="", metadata=LATER)

    def __post_init__(self) -> None:
        named(self, "id", self.id)
        for name in ("date", "cleared_on"):
            _day(self, name)
        told = (self.cleared_by, self.cleared_role, self.cleared_on, self.clearance)
        given = [part for part in told if part.strip()]
        if given and len(given) < len(told):
            raise refuse(self, "clearance", came=" and ".join(given),
                         expected="name, role, date and reason of a clinician, all four")  # fmt: skip
        if given and not self.yes:
            raise refuse(self, "cleared_by", expected="nothing to clear, for the answer no",
                         came=self.cleared_by)  # fmt: skip
        if given:
            one_of(self, "cleared_role", self.cleared_role, CLINICIANS)


def _day(noun: Answer | Screening, name: str) -> None:
    """Refuse what is neither empty nor an ISO date."""
    text = getattr(noun, name)
    try:
        right = not text or datetime.date.fromisoformat(text).isoformat() == text
    except (TypeError, ValueError):
        right = False
    if not right:
        raise refuse(noun, name, expected="a date such as 2026-11-22", came=text)


@dataclass(frozen=True, kw_only=True)
class ScreeningFinding:
    """What one answer means: `outcome`, `until` when it holds (ISO date or empty), and why.

    `zones`: where it holds, empty for everywhere; `conflict`: what each source says, where they differ;
    `cleared_by` with `clearance` (role, day and reason) overruled the outcome `overruled`; `steps` of
    the plan that it concerns; `elsewhere`: the outcome at `zones` that the plan does not treat.
    """

    id: str
    outcome: str
    reason: str
    rank: str
    sources: tuple[str, ...]
    until: str = ""
    zones: tuple[str, ...] = ()
    conflict: str = ""
    cleared_by: str = ""
    clearance: str = field(default="", metadata=LATER)
    overruled: str = field(default="", metadata=LATER)
    steps: tuple[int, ...] = field(default=(), metadata=LATER)
    elsewhere: str = field(default="", metadata=LATER)

    def __post_init__(self) -> None:
        one_of(self, "outcome", self.outcome, OUTCOMES)
        for name in ("overruled", "elsewhere"):
            if getattr(self, name):
                one_of(self, name, getattr(self, name), OUTCOMES)

    @property
    def standing(self) -> str:
        """The outcome at its zones, whether the plan treats them or not."""
        return self.elsewhere or self.outcome


@dataclass(frozen=True, kw_only=True)
class Screening:
    """What one `client` (a pseudonym) answered: every question, answer and finding, on one ISO `date`,
    for one plan's systems.

    `mode` and `zones` of the plan, and its digest `plan`: a screening that knows the zones holds for
    that plan alone. Without zones it holds wherever the probes may go. `answered_on`: the ISO day on
    which the answers say that they were given, empty where they do not: those do for rehearsals only.
    """

    client: str
    date: str
    systems: tuple[str, ...]
    answers: tuple[Answer, ...]
    findings: tuple[ScreeningFinding, ...]
    unanswered: tuple[str, ...] = ()
    mode: str = field(default="microcurrent", metadata=LATER)
    zones: tuple[str, ...] = field(default=(), metadata=LATER)
    plan: str = field(default="", metadata=LATER)
    answered_on: str = field(default="", metadata=LATER)

    def __post_init__(self) -> None:
        _day(self, "answered_on")
        named(self, "client", self.client)
        one_of(self, "mode", self.mode, MODES)

    @property
    def outcome(self) -> str:
        """The strictest outcome; a question without an answer refuses."""
        if self.unanswered:
            return "refused"
        return max((f.outcome for f in self.findings), key=OUTCOMES.index, default="clear")

    @property
    def cleared(self) -> tuple[ScreeningFinding, ...]:
        """The findings that a clinician overruled."""
        return tuple(finding for finding in self.findings if finding.cleared_by)


@dataclass(frozen=True, kw_only=True)
class SameDay(Screening):
    """The few questions that are asked again before each sitting, and their answers of that day.

    `asked`: one of `ASKED`. Answers without a date of their own do for a rehearsal only. `date` is the
    day where the client is, `judged`: when they were judged (ISO date and time, UTC), or empty.
    """

    asked: str = "dated"
    judged: str = field(default="", metadata=LATER)

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self, "asked", self.asked, ASKED)


@dataclass(frozen=True, kw_only=True)
class SameDayQuestion:
    """A question of the day: `about`: ids of the contraindications that a yes answers again with yes.

    `rule`: what it means where there is no such contraindication, or None.
    """

    id: str
    question: str
    about: tuple[str, ...] = ()
    rule: Contraindication | None = None

    def __post_init__(self) -> None:
        named(self, "id", self.id)
        named(self, "question", self.question)
        if bool(self.about) == bool(self.rule):
            raise refuse(self, "about", expected="contraindications, or a reading of its own",
                         came="both" if self.rule else "neither")  # fmt: skip
