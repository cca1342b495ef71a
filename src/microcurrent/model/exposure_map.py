"""ExposureMap: what tissue and skin receive from a plan, place by place, at the values of the tables.

It stands beside `Exposure`, which has fewer places and an interval on every figure. A map has none: it is
one computation, and says in `not_covered` what it leaves out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from microcurrent.model.checks import finite, named, refuse
from microcurrent.model.exposure import Histogram


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How one quantity is spread over a volume of tissue or an area of skin.

    `mean`, `median`, 95th and 99th percentile, `largest` [SI], weighted by volume or area; `dimension` is
    a key of `units.UNITS`. `histogram`: its edges in the same unit; what lies outside is in the end
    classes.
    """

    dimension: str
    mean: float
    median: float
    p95: float
    p99: float
    largest: float
    histogram: Histogram

    def __post_init__(self) -> None:
        named(self, "dimension", self.dimension)
        for name in ("mean", "median", "p95", "p99", "largest"):
            finite(self, name, getattr(self, name), minimum=0)
        if not self.median <= self.p95 <= self.p99 <= self.largest:
            raise refuse(self, "median", expected="percentiles in order", came=f"{self.median:g}")


@dataclass(frozen=True, kw_only=True)
class TissuePart:
    """One tissue in one place at the peak of the current: |E| [V/m] and |J| [A/m2] over `volume` [m3].

    In each cell the value is the mean over the time that the probes spend at their positions; of
    `largest`, the most at any position. `along`: |E| along the fibres [V/m], where the body tells how
    they run. `muscle`: whether the tissue is one.
    """

    tissue: str
    place: str
    muscle: bool
    volume: float
    field: Spread
    density: Spread
    along: Spread | None = None

    def __post_init__(self) -> None:
        named(self, "tissue", self.tissue)
        named(self, "place", self.place)
        finite(self, "volume", self.volume, above=0)


@dataclass(frozen=True, kw_only=True)
class SkinPart:
    """The skin of one place over the whole plan: charge per area [C/m2] over the touched `area` [m2].

    `net` counts the two directions against each other and is given without its sign; `absolute` adds
    them up.
    """

    place: str
    area: float
    net: Spread
    absolute: Spread

    def __post_init__(self) -> None:
        named(self, "place", self.place)
        finite(self, "area", self.area, above=0)


@dataclass(frozen=True, kw_only=True)
class NervePath:
    """A line through tissue, such as a nerve: `name` and its corners `points` (P, 3) [m], in order."""

    name: str
    points: tuple[tuple[float, float, float], ...]

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        if len(self.points) < 2 or self.length == 0:
            raise refuse(self, "points", expected="at least two different points", came=len(self.points))
        for point in self.points:
            for value in point:
                finite(self, "points", value, minimum=-3, maximum=3)

    @property
    def length(self) -> float:
        """Length [m] from the first point to the last."""
        return math.fsum(math.dist(a, b) for a, b in zip(self.points, self.points[1:], strict=False))


@dataclass(frozen=True, kw_only=True)
class NerveField:
    """What one path meets in one step, at the peak of the current and the strongest position.

    `along` [V/m]: largest size of the field's part along the path, `at` [m] from its start; `potential`
    [V]: the difference between the highest and the lowest potential on the path.
    """

    name: str
    along: float
    at: float
    potential: float

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        for field in ("along", "at", "potential"):
            finite(self, field, getattr(self, field), minimum=0)


@dataclass(frozen=True, kw_only=True)
class StepMap:
    """One step of an exposure map.

    `number`; `positions` solved; `seconds` they last; `peak` [A]; `resistance` [ohm] of the tissue between
    the electrodes, skin layer left out, the most at any position; `balance_error`: largest relative
    difference of delivered and wanted current; `skin`: how the skin layer was taken.
    """

    number: int
    positions: int
    seconds: float
    peak: float
    resistance: float
    balance_error: float
    skin: str
    tissues: tuple[TissuePart, ...]
    nerves: tuple[NerveField, ...] = ()

    def __post_init__(self) -> None:
        finite(self, "seconds", self.seconds, above=0)
        finite(self, "peak", self.peak, minimum=0)
        finite(self, "resistance", self.resistance, minimum=0)
        named(self, "skin", self.skin)


@dataclass(frozen=True, kw_only=True)
class ExposureMap:
    """What a whole plan gives, place by place, on one surface basis, at the values of the tables.

    Digests of plan, body, tables and basis; `spacing` [m] of its grid; `basis_error`: the part of the field
    that storing the basis may change, the worst of its tissues; `skin` over all steps; `method`;
    `not_covered`: what the figures leave out; `warnings`.
    """

    plan: str
    body: str
    tables: str
    basis: str
    spacing: float
    basis_error: float
    method: str
    steps: tuple[StepMap, ...]
    skin: tuple[SkinPart, ...]
    not_covered: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field in ("plan", "body", "tables", "basis", "method"):
            named(self, field, getattr(self, field))
        finite(self, "spacing", self.spacing, above=0)
        if not self.steps:
            raise refuse(self, "steps", expected="at least one step", came="none")
        if not self.not_covered:
            raise refuse(self, "not_covered", expected="what the figures leave out", came="nothing")
