"""Plan and Step: what is to be done, on which body, in which order."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from microcurrent.model.body import Point, Site
from microcurrent.model.checks import finite, named, one_of, refuse
from microcurrent.model.course import Schedule
from microcurrent.model.digest import LATER, digest
from microcurrent.model.electrode import Electrode
from microcurrent.model.stimulus import Stimulus
from microcurrent.model.way import check_way

SYSTEMS = ("galvanic", "faradic")
#: Ways of treating, each with limits and a consent of its own (`data/modes.toml`).
MODES = ("microcurrent", "motor", "iontophoresis", "wound")


@dataclass(frozen=True, kw_only=True)
class Placement:
    """An electrode held at one site."""

    electrode: str
    site: str

    @property
    def sites(self) -> tuple[str, ...]:
        """The sites touched, in order."""
        return (self.site,)


@dataclass(frozen=True, kw_only=True)
class Path:
    """An electrode gliding along `sites` and back, `passes` times one way in all, at `speed` [m/s].

    Pass 1 runs from the first site to the last, pass 2 back, and so on; `length` [m] is one pass.
    The current flows throughout. `way`: the corners (P, 3) [m] of the line on the skin that it follows, and
    `marks` [m] along it, one for each site; both empty where it follows straight lines between the sites.
    """

    electrode: str
    sites: tuple[str, ...]
    speed: float
    length: float
    passes: int = 1
    way: tuple[Point, ...] = field(default=(), metadata=LATER)
    marks: tuple[float, ...] = field(default=(), metadata=LATER)

    def __post_init__(self) -> None:
        finite(self, "speed", self.speed, above=0, maximum=1)
        finite(self, "length", self.length, above=0, maximum=3)
        if len(self.sites) < 2:
            raise refuse(self, "sites", expected="at least two sites", came=len(self.sites))
        if isinstance(self.passes, bool) or not isinstance(self.passes, int) or self.passes < 1:
            raise refuse(self, "passes", expected="a whole number from 1", came=self.passes)
        if self.way or self.marks:
            check_way(self, self.way, self.marks)
            if len(self.marks) != len(self.sites):
                raise refuse(self, "marks", expected=f"{len(self.sites)}, one a site", came=len(self.marks))
            if not math.isclose(self.marks[-1], self.length, rel_tol=1e-9):
                raise refuse(
                    self,
                    "length",
                    expected=f"that of its way, {self.marks[-1]:g} m",
                    came=f"{self.length:g} m",
                )

    @property
    def duration(self) -> float:
        """Time [s] that all passes take."""
        return self.passes * self.length / self.speed


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing done: hold both probes, or glide one or both.

    `anode` is the electrode that is positive while `stimulus.current_at` is positive; for a
    balanced current it is only a name. `start` [s] counts from the start of the sitting.
    """

    number: int
    system: str
    stimulus: Stimulus
    anode: Placement | Path
    cathode: Placement | Path
    start: float
    title: str = ""

    def __post_init__(self) -> None:
        one_of(self, "system", self.system, SYSTEMS)
        finite(self, "start", self.start, minimum=0)
        if self.anode.electrode == self.cathode.electrode:
            raise refuse(
                self, "cathode", expected="another electrode than the anode", came=self.cathode.electrode
            )
        if self.system == "galvanic" and self.stimulus.waveform.is_superposed:
            raise refuse(
                self,
                "system",
                expected="faradic, for an alternating current on a direct one",
                came="galvanic",
            )
        if self.system == "galvanic" and not self.stimulus.waveform.mean:
            raise refuse(
                self,
                "system",
                expected="a current with a direct part for galvanic",
                came=f"{self.stimulus.waveform.name}, which is balanced",
                advice="Call this step faradic",
            )

    @property
    def systems(self) -> tuple[str, ...]:
        """The systems whose rules hold: both where an alternating current rides on a direct one."""
        return SYSTEMS if self.stimulus.waveform.is_superposed else (self.system,)

    @property
    def do(self) -> str:
        """Whether this is a "hold" or a "glide"."""
        return "glide" if isinstance(self.anode, Path) or isinstance(self.cathode, Path) else "hold"

    @property
    def stop(self) -> float:
        """End [s] from the start of the sitting."""
        return self.start + self.stimulus.duration

    @property
    def electrodes(self) -> tuple[str, str]:
        """Names of anode and cathode."""
        return self.anode.electrode, self.cathode.electrode


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A treatment: steps on a body, with intent, author and the versions of the methods.

    `body` names it, `body_content` is the digest of its geometry; `sites` are those the plan uses; `mode`
    is one of `MODES`: whose limits and whose consent it needs.
    Immutable: a correction is a new plan with another digest.
    """

    title: str
    body: str
    body_content: str
    intent: str
    electrodes: tuple[Electrode, ...]
    steps: tuple[Step, ...]
    sites: tuple[Site, ...]
    course: Schedule | None = None
    author: str = ""
    methods: str = ""
    mode: str = field(default="microcurrent", metadata=LATER)

    def __post_init__(self) -> None:
        named(self, "title", self.title)
        one_of(self, "mode", self.mode, MODES)
        named(self, "intent", self.intent)
        named(self, "body", self.body)
        if not self.steps:
            raise refuse(self, "steps", expected="at least one step", came="none")
        electrodes = {electrode.name for electrode in self.electrodes}
        sites = {site.name for site in self.sites}
        for step in self.steps:
            for part in (step.anode, step.cathode):
                if part.electrode not in electrodes:
                    raise refuse(
                        self,
                        "electrodes",
                        expected=f"the electrode {part.electrode!r}",
                        came=", ".join(sorted(electrodes)) or "none",
                    )
                for name in part.sites:
                    if name not in sites:
                        raise refuse(
                            self,
                            "sites",
                            expected=f"the site {name!r}",
                            came=", ".join(sorted(sites)) or "none",
                        )
        for before, after in zip(self.steps, self.steps[1:], strict=False):
            if after.start < before.stop - 1e-9:
                raise refuse(
                    self,
                    "steps",
                    expected="steps one after the other",
                    came=f"steps {before.number} and {after.number} at once",
                )

    @property
    def digest(self) -> str:
        """The digest that an approval names."""
        return digest(self)

    @property
    def duration(self) -> float:
        """Length of one sitting [s], from the first start to the last end."""
        return self.steps[-1].stop

    def electrode(self, name: str) -> Electrode:
        """Return the electrode of this name."""
        return next(e for e in self.electrodes if e.name == name)

    def site(self, name: str) -> Site:
        """Return the site of this name."""
        return next(s for s in self.sites if s.name == name)
