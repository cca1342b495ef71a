"""Move: where two probes go for a muscle, a line or a zone; and a move placed on a body."""

from __future__ import annotations

from dataclasses import dataclass

from microcurrent.model.body import Site
from microcurrent.model.checks import finite, named, one_of, refuse

#: What a move does; only words, the physics knows of none of them.
MOVE_KINDS = (
    "shorten", "lengthen", "relax", "vector", "sweep", "stroke", "active", "hold", "motor", "bracket",
    "wound",
)  # fmt: skip
#: Moves whose two probes both stay.
HELD_KINDS = ("hold", "motor", "bracket", "wound")


@dataclass(frozen=True, kw_only=True)
class Move:
    """One way of leading two probes, as the table has it, for one side of a `body`.

    `muscle`: which it is for, or ""; `zone` of the sitting; `kind`: one of `MOVE_KINDS`. `anchor`: where
    the first probe stands, or its path where it names more than one site; `line`: the way of the second,
    beginning at the anchor; both name sites without their side. `seconds` [s]: one pass; `passes`; `share`
    [fraction] of the current of the sitting; `midline`: it lies on the middle of the body; `aim`, `nerve`,
    `guard`, `note`: words; `source`: ids of references; `confidence`: the mark.
    """

    name: str
    body: str
    zone: str
    kind: str
    anchor: tuple[str, ...]
    line: tuple[str, ...]
    seconds: float
    passes: int
    source: tuple[str, ...]
    confidence: str
    muscle: str = ""
    share: float = 1.0
    midline: bool = False
    aim: str = ""
    nerve: str = ""
    guard: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        for field in ("name", "body", "zone", "confidence"):
            named(self, field, getattr(self, field))
        one_of(self, "kind", self.kind, MOVE_KINDS)
        for field in ("anchor", "line", "source"):
            if not getattr(self, field):
                raise refuse(self, field, expected="at least one name", came="none")
        finite(self, "seconds", self.seconds, above=0)
        finite(self, "share", self.share, above=0, maximum=1)
        if isinstance(self.passes, bool) or not isinstance(self.passes, int) or self.passes < 1:
            raise refuse(self, "passes", expected="a whole number from 1", came=self.passes)
        if self.kind in HELD_KINDS and (len(self.anchor), len(self.line)) != (1, 1):
            raise refuse(self, "line", expected="one site for each probe, which stays", came=self.line)
        if self.kind == "stroke" and min(len(self.anchor), len(self.line)) < 2:
            raise refuse(self, "line", expected="two or more sites for each probe", came=self.line)

    @property
    def time(self) -> float:
        """Time [s] of all its passes."""
        return self.seconds * self.passes


@dataclass(frozen=True, kw_only=True)
class PlacedMove:
    """A move on one `side` of a body.

    `first`, `second`: the sites of the two probes in their order, one where the probe stays; `made`: those
    of them that are no sites of the body but were computed on its skin; `length` [m]: one pass of the
    longer path, 0 where both stay.
    """

    move: Move
    side: str
    first: tuple[Site, ...]
    second: tuple[Site, ...]
    length: float
    made: tuple[Site, ...] = ()

    def __post_init__(self) -> None:
        one_of(self, "side", self.side, ("left", "right", "midline"))
        finite(self, "length", self.length, minimum=0)

    @property
    def is_hold(self) -> bool:
        """Whether both probes stay."""
        return self.length == 0

    @property
    def title(self) -> str:
        """Name, side and kind in words."""
        side = "" if self.side == "midline" else f" {self.side}"
        kind = "" if self.move.name.startswith(self.move.kind) else f", {self.move.kind}"
        return f"{self.move.name}{side}{kind}"


@dataclass(frozen=True, kw_only=True)
class ExcludedMuscle:
    """A muscle that no move is offered for, with the `reason`."""

    muscle: str
    reason: str
    source: tuple[str, ...]
    confidence: str

    def __post_init__(self) -> None:
        named(self, "muscle", self.muscle)
        named(self, "reason", self.reason)
