"""Claim and ClaimAnswer: what is said of microcurrent, and what was computed or found."""

from __future__ import annotations

from dataclasses import dataclass

from microcurrent.model.checks import named, one_of, refuse
from microcurrent.model.exposure import Estimate

#: Whether the program works an answer out, or the evidence gives it.
KINDS = ("computed", "evidence")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One claim: `claim` holds a passage, shortened, or two that contradict each other.

    `finding` in our words; `computation`: the name of what answers it, empty for evidence; `grade`: level
    and certainty, or what kind of statement it is; `sources`: ids of the references.
    """

    number: str
    claim: tuple[str, ...]
    finding: str
    kind: str
    computation: str
    grade: str
    sources: tuple[str, ...]
    confidence: str

    def __post_init__(self) -> None:
        for field in ("number", "finding", "grade"):
            named(self, field, getattr(self, field))
        one_of(self, "kind", self.kind, KINDS)
        if not self.claim:
            raise refuse(self, "claim", expected="at least one passage", came="none")
        if (self.kind == "computed") != bool(self.computation):
            raise refuse(
                self, "computation", expected="one for a computed claim, none for evidence",
                came=self.computation or "none",
            )  # fmt: skip

    @property
    def quoted(self) -> str:
        """The passages, marked as quotations."""
        return " against ".join(f"“{passage}”" for passage in self.claim)


@dataclass(frozen=True, kw_only=True)
class ClaimFigure:
    """One computed figure: its `name`, the estimate, or a `text` where it has no unit of physics (money).

    `sources`: ids of the references that it rests on, where it rests on published figures alone.
    """

    name: str
    estimate: Estimate | None = None
    text: str = ""
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        if (self.estimate is None) != bool(self.text):
            raise refuse(self, "estimate", expected="an estimate or a text", came="both or none")


@dataclass(frozen=True, kw_only=True)
class ClaimAnswer:
    """What a claim is answered with: for a computed one a `verdict` and `figures`; neither for evidence."""

    claim: Claim
    verdict: str = ""
    figures: tuple[ClaimFigure, ...] = ()

    def __post_init__(self) -> None:
        if (self.claim.kind == "computed") != bool(self.verdict and self.figures):
            raise refuse(
                self, "figures", expected="a verdict with figures for a computed claim, none for evidence",
                came=f"{len(self.figures)} figures",
            )  # fmt: skip
