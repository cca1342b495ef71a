"""Program: what a sitting of one system consists of, as data; and the systems, zones and lore around it."""

from __future__ import annotations

from dataclasses import dataclass

from microcurrent.model.checks import finite, named, one_of, refuse
from microcurrent.model.course import Schedule
from microcurrent.model.electrode import Electrode
from microcurrent.model.envelope import Polarity, Ramp, Surge
from microcurrent.model.move import MOVE_KINDS
from microcurrent.model.plan import SYSTEMS

#: Who may use a program.
USERS = ("home", "professional", "clinician")
#: The certainty of evidence after GRADE, from best to least.
GRADES = ("high", "moderate", "low", "very low")
#: The level of evidence of Oxford CEBM 2011: 1 reviews of trials, 5 mechanism or opinion.
LEVELS = (1, 2, 3, 4, 5)
#: Which end the second, moving probe is; "" where the current has no direct part.
ACTIVE = ("", "anode", "cathode")


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What is known of an effect: `level` (CEBM), `grade` (GRADE) and one sentence."""

    level: int
    grade: str
    sentence: str

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise refuse(self, "level", expected="1 to 5", came=self.level)
        one_of(self, "grade", self.grade, GRADES)
        named(self, "sentence", self.sentence)


@dataclass(frozen=True, kw_only=True)
class ProgramCurrent:
    """A current that steps of a program name, as a plan file has it.

    `system`, `waveform`: words of the plan file; `amplitude` [A]: peak at the whole share of a move;
    `frequency` [Hz], 0 for a constant current; `pulse`, `gap`, `rise` [s], `pulses`, `ratio`, `fill`: of
    the waveform, None where it has none; `offset` [A]: direct part under an alternating one; `ramp`,
    `surge`, `polarity`: its slow shape.
    """

    name: str
    system: str
    waveform: str
    amplitude: float
    source: tuple[str, ...]
    confidence: str
    frequency: float = 0.0
    pulse: float | None = None
    gap: float | None = None
    ratio: float | None = None
    rise: float | None = None
    pulses: int | None = None
    fill: float | None = None
    offset: float = 0.0
    ramp: Ramp | None = None
    surge: Surge | None = None
    polarity: Polarity | None = None
    note: str = ""

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        one_of(self, "system", self.system, SYSTEMS)
        finite(self, "amplitude", self.amplitude, above=0)
        finite(self, "frequency", self.frequency, minimum=0)
        finite(self, "offset", self.offset, minimum=0)

    @property
    def is_one_way(self) -> bool:
        """Whether it has a direct part, so that anode and cathode matter."""
        return self.waveform in ("constant", "monophasic") or self.offset > 0


@dataclass(frozen=True, kw_only=True)
class ProgramStep:
    """One phase of a sitting: all moves of these `kinds`, each with `current`.

    `active`: which end the second probe is, one of `ACTIVE`; `share` [fraction] of the time of the sitting,
    0 where the moves take their own time; `seconds` [s] and `passes` take the place of those of the moves.
    """

    phase: str
    kinds: tuple[str, ...]
    current: str
    active: str = ""
    share: float = 0.0
    seconds: float | None = None
    passes: int | None = None

    def __post_init__(self) -> None:
        named(self, "phase", self.phase)
        one_of(self, "active", self.active, ACTIVE)
        for kind in self.kinds:
            one_of(self, "kinds", kind, MOVE_KINDS)
        finite(self, "share", self.share, minimum=0, maximum=1)


@dataclass(frozen=True, kw_only=True)
class Program:
    """What a sitting of one system consists of, on any body that its moves know.

    `system`: a row of the table of systems; `mode` of the plan; `users`: who may use it; `bodies` it is
    meant for, the first by default; `electrodes`: that of the anchor, then the other; `duration` [s] of a
    whole sitting, 0 where its moves take their own time; `in_turn`: each move on one side, then on the
    other; `guards`: sentences that go into the plan; `course` and `note`.
    """

    name: str
    title: str
    system: str
    mode: str
    intent: str
    users: tuple[str, ...]
    bodies: tuple[str, ...]
    evidence: Evidence
    electrodes: tuple[Electrode, Electrode]
    currents: tuple[ProgramCurrent, ...]
    steps: tuple[ProgramStep, ...]
    source: tuple[str, ...]
    confidence: str
    duration: float = 0.0
    in_turn: bool = False
    guards: tuple[str, ...] = ()
    course: Schedule | None = None
    note: str = ""

    def __post_init__(self) -> None:
        for field in ("name", "title", "system", "mode", "intent", "confidence"):
            named(self, field, getattr(self, field))
        for user in self.users:
            one_of(self, "users", user, USERS)
        for field in ("users", "bodies", "currents", "steps", "source"):
            if not getattr(self, field):
                raise refuse(self, field, expected="at least one", came="none")
        finite(self, "duration", self.duration, minimum=0)
        known = {current.name: current for current in self.currents}
        for step in self.steps:
            one_of(self, "steps", step.current, tuple(known))
            if bool(step.active) != known[step.current].is_one_way:
                expected = "anode or cathode" if known[step.current].is_one_way else "nothing"
                raise refuse(self, "active", expected=f"{expected}, for {step.current}", came=step.active)
        shares = sum(step.share for step in self.steps)
        if self.duration and abs(shares - 1) > 1e-9:
            raise refuse(self, "share", expected="shares that make 100 %", came=f"{100 * shares:g} %")

    def current(self, name: str) -> ProgramCurrent:
        """Return the current of this name."""
        return next(current for current in self.currents if current.name == name)


@dataclass(frozen=True, kw_only=True)
class TherapySystem:
    """A system that the therapy uses: what it is, its ranges as words, and what there is to run.

    `amplitude`, `timing`, `pulse`, `net_direct`, `practice`: as the sources say it, "?" where they do not.
    `programs`: names of programs; `reason`: why there is none. One of the two is there.
    """

    name: str
    title: str
    waveform: str
    amplitude: str
    timing: str
    pulse: str
    net_direct: str
    practice: str
    programs: tuple[str, ...]
    reason: str
    source: tuple[str, ...]
    confidence: str
    note: str = ""

    def __post_init__(self) -> None:
        for field in (
            "name",
            "title",
            "waveform",
            "amplitude",
            "timing",
            "pulse",
            "net_direct",
            "practice",
        ):
            named(self, field, getattr(self, field))
        if not self.programs and not self.reason:
            raise refuse(
                self, "programs", expected="a program, or the reason why there is none", came="neither"
            )


@dataclass(frozen=True, kw_only=True)
class Lore:
    """A rule of the trade without evidence (level 5): shown with its source, used nowhere."""

    name: str
    systems: tuple[str, ...]
    claim: str
    finding: str
    level: int
    source: tuple[str, ...]
    confidence: str

    def __post_init__(self) -> None:
        for field in ("name", "claim", "finding"):
            named(self, field, getattr(self, field))
        if self.level != LEVELS[-1]:
            raise refuse(self, "level", expected="5: lore has no evidence", came=self.level)


@dataclass(frozen=True, kw_only=True)
class ZoneTime:
    """How long a zone of the face is treated: `low` to `high` [s], on each side where `sided`.

    `on_request`: only where it is asked for by name; `stroke` in words.
    """

    zone: str
    low: float
    high: float
    sided: bool
    on_request: bool
    stroke: str

    def __post_init__(self) -> None:
        named(self, "zone", self.zone)
        finite(self, "low", self.low, above=0)
        finite(self, "high", self.high, minimum=self.low)

    @property
    def middle(self) -> float:
        """The middle of its range [s], of both sides together."""
        return (self.low + self.high) / 2 * (2 if self.sided else 1)


@dataclass(frozen=True, kw_only=True)
class SessionPhase:
    """One phase of a sitting: `with_current`, whether a plan has steps in it."""

    number: int
    name: str
    what: str
    with_current: bool
    optional: bool = False

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        named(self, "what", self.what)
