"""Waveform: the shape of a current over one period, dimensionless, peak 1.

A waveform is a tuple of pieces over the phase 0 to 1; between pieces it is zero. A piece is a
straight line or an arc of a sine; an arc may ride on a direct part. Integrals are exact to rounding:
Gauss-Legendre quadrature of enough points is exact for polynomials, and below 1e-15 for the arcs used here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from microcurrent.model.checks import finite, named, refuse
from microcurrent.model.digest import LATER

#: Points of the quadrature rule: exact to degree 31, far above the envelope (6) times a line (2).
_POINTS = 16


@lru_cache(maxsize=1)
def _gauss_legendre() -> tuple[tuple[float, float], ...]:
    """Nodes and weights on -1 to 1, by Newton's method on the Legendre recurrence."""
    rule = []
    for i in range(1, _POINTS + 1):
        x = math.cos(math.pi * (i - 0.25) / (_POINTS + 0.5))
        for _ in range(100):
            p0, p1 = 1.0, x
            for n in range(2, _POINTS + 1):
                p0, p1 = p1, ((2 * n - 1) * x * p1 - (n - 1) * p0) / n
            slope = _POINTS * (x * p1 - p0) / (x * x - 1)
            step = p1 / slope
            x -= step
            if abs(step) < 1e-16:
                break
        rule.append((x, 2 / ((1 - x * x) * slope * slope)))
    return tuple(rule)


def integrate(function: Callable[[float], float], low: float, high: float) -> float:
    """Return the integral of a smooth function from `low` to `high`."""
    middle, half = (low + high) / 2, (high - low) / 2
    return half * math.fsum(w * function(middle + half * x) for x, w in _gauss_legendre())


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A part of a waveform from phase `start` to `stop`, running from `first` to `last`.

    `kind` "line": straight from `first` to `last`. `kind` "arc": `level` plus `scale` times the sine of
    an angle that runs from `first` to `last` [rad].
    """

    start: float
    stop: float
    first: float
    last: float
    kind: str = "line"
    level: float = field(default=0.0, metadata=LATER)
    scale: float = field(default=1.0, metadata=LATER)

    def __post_init__(self) -> None:
        if self.kind not in ("line", "arc"):
            raise refuse(self, "kind", expected="line or arc", came=self.kind)
        if self.kind == "line" and (self.level, self.scale) != (0.0, 1.0):
            raise refuse(self, "level", expected="none for a line", came=f"{self.level:g}, {self.scale:g}")
        finite(self, "level", self.level)
        finite(self, "scale", self.scale, above=0)
        if not 0 <= self.start < self.stop <= 1:
            raise refuse(
                self,
                "start",
                expected="0 <= start < stop <= 1",
                came=f"{self.start:g}, {self.stop:g}",
            )

    def value_at(self, phase: float) -> float:
        """Return the value at a phase inside the piece."""
        along = (phase - self.start) / (self.stop - self.start)
        inner = self.first + (self.last - self.first) * along
        return inner if self.kind == "line" else self.level + self.scale * math.sin(inner)

    def _at_inner(self, inner: float) -> float:
        return self.start + (self.stop - self.start) * (inner - self.first) / (self.last - self.first)

    @cached_property
    def smooth(self) -> tuple[tuple[float, float], ...]:
        """Sub-intervals (phases) on which the piece keeps its sign; arcs at most half a turn long."""
        cuts = [self.start, self.stop]
        if self.kind == "line" and self.first * self.last < 0:
            cuts.append(self._at_inner(0.0))
        if self.kind == "arc":
            turn = math.ceil(min(self.first, self.last) / math.pi)
            while turn * math.pi < max(self.first, self.last):
                cuts.append(self._at_inner(turn * math.pi))
                turn += 1
            cuts += self._zeros()
        cuts = sorted(min(max(c, self.start), self.stop) for c in cuts)
        return tuple((a, b) for a, b in zip(cuts, cuts[1:], strict=False) if b - a > 1e-15)

    def _zeros(self) -> list[float]:
        """Phases at which an arc on a direct part changes its sign."""
        if not 0 < abs(self.level) < self.scale:
            return []
        low, high = sorted((self.first, self.last))
        zero = math.asin(-self.level / self.scale)
        found: list[float] = []
        for angle in (zero, math.pi - zero):
            turn = math.ceil((low - angle) / math.tau)
            while angle + turn * math.tau < high:
                found.append(self._at_inner(angle + turn * math.tau))
                turn += 1
        return found

    def crests(self, low: float, high: float) -> tuple[float, ...]:
        """Return the values at the crests and troughs of an arc between two phases; none for a line."""
        if self.kind == "line":
            return ()
        slope = (self.last - self.first) / (self.stop - self.start)
        a, b = sorted(self.first + slope * (phase - self.start) for phase in (low, high))
        turn = math.floor(b / math.pi - 0.5)
        found: list[float] = []
        while (turn + 0.5) * math.pi >= a and len(found) < 2:  # two are a crest and a trough
            found.append(self.level + (self.scale if turn % 2 == 0 else -self.scale))
            turn -= 1
        return tuple(found)

    def extreme(self) -> float:
        """Return the largest absolute value on the piece."""
        values = (
            self.value_at(self.start), self.value_at(self.stop), *self.crests(self.start, self.stop)
        )  # fmt: skip
        return max(map(abs, values))


def _weighted(
    piece: Piece,
    weight: Callable[[float], float],
    of: Callable[[float], float],
    span: tuple[float, float],
) -> float:
    return integrate(lambda phase: weight(phase) * of(piece.value_at(phase)), *span)


@dataclass(frozen=True, kw_only=True)
class Waveform:
    """The shape over one period: `name` and `pieces` in order of phase, largest value 1.

    Made by the functions in `microcurrent.model.shapes`. A waveform of one flat piece over the
    whole period is constant (direct current). `direct`: the direct part under an alternating current,
    as a fraction of the peak; 0 where nothing is superposed.
    """

    name: str
    pieces: tuple[Piece, ...]
    direct: float = field(default=0.0, metadata=LATER)

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        if not self.pieces:
            raise refuse(self, "pieces", expected="at least one piece", came="none")
        for before, after in zip(self.pieces, self.pieces[1:], strict=False):
            if after.start < before.stop - 1e-12:
                raise refuse(
                    self,
                    "pieces",
                    expected="pieces in order that do not overlap",
                    came=f"one ends at {before.stop:g}, the next starts at {after.start:g}",
                )
        peak = max(piece.extreme() for piece in self.pieces)
        finite("Waveform", "peak", peak, minimum=1 - 1e-9, maximum=1 + 1e-9)
        if self.direct and abs(self.mean - self.direct) > 1e-9:
            raise refuse(self, "direct", expected=f"its mean, {self.mean:g}", came=f"{self.direct:g}")

    @property
    def is_constant(self) -> bool:
        """Whether this is direct current: one flat piece over the whole period."""
        piece = self.pieces[0]
        return piece.kind == "line" and piece.first == piece.last and piece.stop - piece.start == 1

    @property
    def is_superposed(self) -> bool:
        """Whether an alternating current rides on a direct one."""
        return self.direct != 0

    @cached_property
    def is_one_way(self) -> bool:
        """Whether the current keeps one sign all through the period, without rest."""
        if len(self.phases) != 1:
            return False
        start, stop, _ = self.phases[0]
        return start < 1e-12 and stop > 1 - 1e-12

    def value_at(self, phase: float) -> float:
        """Return the value at a phase; whole turns are taken off first."""
        phase -= math.floor(phase)
        for piece in self.pieces:
            if piece.start <= phase < piece.stop:
                return piece.value_at(phase)
        return 0.0

    def integral(
        self,
        weight: Callable[[float], float],
        low: float,
        high: float,
        *,
        of: Callable[[float], float] = float,
    ) -> float:
        """Return the integral of weight(phase) * of(value) over 0 <= low <= high <= 1."""
        total = []
        for piece in self.pieces:
            for a, b in piece.smooth:
                a, b = max(a, low), min(b, high)
                if b > a:
                    total.append(_weighted(piece, weight, of, (a, b)))
        return math.fsum(total)

    @cached_property
    def mean(self) -> float:
        """Mean over a period; zero for a charge-balanced shape."""
        return self.integral(lambda _: 1.0, 0.0, 1.0)

    @cached_property
    def rms(self) -> float:
        """Root mean square over a period."""
        return math.sqrt(self.integral(lambda _: 1.0, 0.0, 1.0, of=lambda v: v * v))

    @cached_property
    def mean_absolute(self) -> float:
        """Mean of the absolute value over a period."""
        return self.integral(lambda _: 1.0, 0.0, 1.0, of=abs)

    @property
    def is_balanced(self) -> bool:
        """Whether the net charge over one period is zero (to 1e-9 of the charge that flows)."""
        return abs(self.mean) <= 1e-9 * self.mean_absolute

    @cached_property
    def phases(self) -> tuple[tuple[float, float, float], ...]:
        """Stretches of one sign without rest: `(start, stop, area)`, signed [fraction of a period].

        A stretch that goes over the end of the period is two, one at each end.
        """
        runs: list[tuple[float, float, float]] = []
        for piece in self.pieces:
            for a, b in piece.smooth:
                area = integrate(piece.value_at, a, b)
                if runs and runs[-1][2] * area > 0 and a - runs[-1][1] < 1e-12:
                    runs[-1] = (runs[-1][0], b, runs[-1][2] + area)
                elif area != 0:
                    runs.append((a, b, area))
        return tuple(runs)

    @property
    def largest_phase(self) -> float:
        """Largest area [fraction of a period] between two zeros: charge per phase / (peak * period)."""
        areas = [area for _, _, area in self.phases]
        first, last = self.phases[0], self.phases[-1]
        joined = len(areas) > 1 and first[0] < 1e-12 and last[1] > 1 - 1e-12
        if joined and first[2] * last[2] > 0:  # a run that goes over the end of the period
            areas[0] += areas.pop()
        return max(abs(area) for area in areas)

    @cached_property
    def turns(self) -> tuple[float, ...]:
        """Phases at which the sign changes, rests left out; none for a shape of one sign."""
        before = (self.phases[-1], *self.phases)
        return tuple(run[0] for last, run in zip(before, self.phases, strict=False) if last[2] * run[2] < 0)
