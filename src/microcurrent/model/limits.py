"""Limit, Limits, Finding and Assessment: what may not be passed, and whether it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from microcurrent.errors import MissingLimit
from microcurrent.model.checks import finite, named, one_of, refuse
from microcurrent.model.digest import LATER
from microcurrent.model.exposure import Estimate
from microcurrent.model.plan import MODES

VERDICTS = ("ok", "unknown", "warn", "stop")


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One limit.

    `id`; `quantity`: a name that the assessment knows; `sense` "at most" or "at least"; `warn` and
    `stop` [SI of `dimension`], either may be None; `systems` it speaks of (empty: all); `scope`
    where it holds, in words; `source`: ids of references; `confidence` mark; `status` "standard",
    "device", "practice" or "proposed"; `modes` of treatment that it holds for (empty: all); `advice`: what
    to do where it is passed.
    """

    id: str
    quantity: str
    sense: str
    dimension: str
    warn: float | None
    stop: float | None
    source: tuple[str, ...]
    confidence: str
    status: str
    title: str
    scope: str = ""
    systems: tuple[str, ...] = ()
    modes: tuple[str, ...] = field(default=(), metadata=LATER)
    advice: str = field(default="", metadata=LATER)

    def __post_init__(self) -> None:
        for key in ("id", "quantity", "dimension", "confidence", "title"):
            named(self, key, getattr(self, key))
        for mode in self.modes:
            one_of(self, "modes", mode, MODES)
        one_of(self, "sense", self.sense, ("at most", "at least"))
        one_of(self, "status", self.status, ("standard", "device", "practice", "proposed"))
        if self.warn is None and self.stop is None:
            raise refuse(self, "stop", expected="a warn or a stop level", came="neither")
        if not self.source:
            raise refuse(self, "source", expected="at least one reference", came="none")
        for key in ("warn", "stop"):
            if getattr(self, key) is not None:
                finite(self, key, getattr(self, key))
        if self.warn is not None and self.stop is not None:
            ordered = self.warn <= self.stop if self.sense == "at most" else self.warn >= self.stop
            if not ordered:
                raise refuse(
                    self,
                    "warn",
                    expected="a warning before the stop",
                    came=f"warn {self.warn:g}, stop {self.stop:g}",
                )

    def verdict(self, value: float) -> str:
        """Return "ok", "warn" or "stop" for a value [SI]; the level itself is still allowed."""
        for level, word in ((self.stop, "stop"), (self.warn, "warn")):
            if level is None:
                continue
            if value > level if self.sense == "at most" else value < level:
                return word
        return "ok"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits of one mode of treatment, each id once."""

    limits: tuple[Limit, ...]
    mode: str = field(default="microcurrent", metadata=LATER)

    def __post_init__(self) -> None:
        one_of(self, "mode", self.mode, MODES)
        for limit in self.limits:
            if limit.modes and self.mode not in limit.modes:
                raise refuse(
                    self, "limits", expected=f"limits of the mode {self.mode}",
                    came=f"{limit.id!r}, of {', '.join(limit.modes)}",
                )  # fmt: skip
        ids = [limit.id for limit in self.limits]
        for id_ in ids:
            if ids.count(id_) > 1:
                raise refuse(self, "limits", expected="each id once", came=f"{id_!r} twice")

    def __getitem__(self, id_: str) -> Limit:
        """Return the limit of this id; `MissingLimit` if there is none."""
        for limit in self.limits:
            if limit.id == id_:
                return limit
        raise MissingLimit(f"The limit {id_!r} is needed but missing; nothing runs without it.")

    def stop(self, id_: str) -> float:
        """Return the stop level [SI] of a limit; `MissingLimit` if it has none."""
        level = self[id_].stop
        if level is None:
            raise MissingLimit(f"The limit {id_!r} has no stop level; nothing runs without it.")
        return level


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One comparison: `rule` id, `what` was compared, `where`, the `value`, the `verdict`.

    Verdict "unknown": the rule needs something that this body or plan does not have; `reason` says
    what. The worse end of the 90 % interval is compared, not the middle.
    """

    rule: str
    what: str
    where: str
    verdict: str
    reason: str
    value: Estimate | None = None
    warn: float | None = None
    stop: float | None = None
    source: tuple[str, ...] = ()
    confidence: str = ""

    def __post_init__(self) -> None:
        named(self, "rule", self.rule)
        one_of(self, "verdict", self.verdict, VERDICTS)


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """All findings on one prediction of one plan, with the digests of both and of the tables."""

    plan: str
    prediction: str
    tables: str
    findings: tuple[Finding, ...]

    def __post_init__(self) -> None:
        if not self.findings:
            raise refuse(self, "findings", expected="at least one finding", came="none")

    @property
    def verdict(self) -> str:
        """The worst verdict found."""
        return max((finding.verdict for finding in self.findings), key=VERDICTS.index)

    def having(self, verdict: str) -> tuple[Finding, ...]:
        """Return the findings of one verdict."""
        return tuple(finding for finding in self.findings if finding.verdict == verdict)
