"""What shapes a current slowly: ramps in and out, the surge, and the polarity.

Each is a piecewise straight line of time, so their product is a polynomial of degree at most 3 on
every segment between two corners; `segments` yields these.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from microcurrent.model.checks import finite, one_of, refuse

#: Slopes shorter than this [s] are refused: no stimulator gives them, and they drown in rounding.
SHORTEST_SLOPE = 1e-6


def _slope(noun: object, field: str) -> None:
    value = getattr(noun, field)
    finite(noun, field, value, minimum=0)
    if 0 < value < SHORTEST_SLOPE:
        raise refuse(noun, field, expected="0 s, or at least 1 µs", came=f"{value:g} s")


@dataclass(frozen=True, kw_only=True)
class Ramp:
    """Straight rise from zero over `rise` [s] at the start, fall to zero over `fall` [s] at the end."""

    rise: float = 0.0
    fall: float = 0.0

    def __post_init__(self) -> None:
        _slope(self, "rise")
        _slope(self, "fall")

    def value_at(self, time: float, duration: float) -> float:
        """Return the factor 0 to 1 at `time` [s] of a current that lasts `duration` [s]."""
        up = time / self.rise if time < self.rise else 1.0
        left = duration - time
        down = left / self.fall if left < self.fall else 1.0
        return max(0.0, min(up, down))

    def corners(self, duration: float) -> tuple[float, ...]:
        """Return the times [s] where the slope changes."""
        return (self.rise, duration - self.fall)


@dataclass(frozen=True, kw_only=True)
class Surge:
    """A repeated swell: `rise`, `hold`, `fall`, `rest`, each [s]; faradic programs are surged."""

    rise: float
    hold: float
    fall: float
    rest: float

    def __post_init__(self) -> None:
        for name in ("rise", "hold", "fall", "rest"):
            _slope(self, name)
        if self.rise + self.hold + self.fall <= 0:
            raise refuse(self, "hold", expected="some time with current", came="0 s")

    @property
    def period(self) -> float:
        """Length of one surge [s], rest included."""
        return self.rise + self.hold + self.fall + self.rest

    def value_at(self, time: float) -> float:
        """Return the factor 0 to 1 at `time` [s]."""
        t = max(0.0, time - self.period * math.floor(time / self.period))  # rounding may fall below 0
        if t < self.rise:
            return t / self.rise
        t -= self.rise
        if t <= self.hold:
            return 1.0
        t -= self.hold
        return 1.0 - t / self.fall if t < self.fall else 0.0

    def corners(self, start: float, stop: float) -> Iterator[float]:
        """Yield the times [s] between `start` and `stop` where the slope changes."""
        steps = (0.0, self.rise, self.rise + self.hold, self.rise + self.hold + self.fall)
        for k in range(math.floor(start / self.period), math.floor(stop / self.period) + 1):
            yield from (k * self.period + s for s in steps)


@dataclass(frozen=True, kw_only=True)
class Polarity:
    """Which probe is the anode over time.

    `mode`: fixed (as written), reversed, or alternating. Alternating: reversed every `every` [s],
    going to zero and back over `ramp` [s] on each side of the reversal.
    """

    mode: str = "fixed"
    every: float = 0.0
    ramp: float = 0.0

    def __post_init__(self) -> None:
        one_of(self, "mode", self.mode, ("fixed", "reversed", "alternating"))
        _slope(self, "every")
        _slope(self, "ramp")
        if self.mode == "alternating":
            finite(self, "every", self.every, above=0)
            if 2 * self.ramp > self.every:
                raise refuse(
                    self,
                    "ramp",
                    expected=f"at most half of every ({self.every:g} s)",
                    came=f"{self.ramp:g} s",
                )
        elif self.every or self.ramp:
            raise refuse(self, "every", expected=f"0 for {self.mode} polarity", came=f"{self.every:g}")

    @property
    def first_sign(self) -> float:
        """Sign at the start."""
        return -1.0 if self.mode == "reversed" else 1.0

    def value_at(self, time: float) -> float:
        """Return the factor -1 to 1 at `time` [s]."""
        if self.mode != "alternating":
            return self.first_sign
        count = math.floor(time / self.every)
        sign = 1.0 if count % 2 == 0 else -1.0
        since = time - count * self.every
        near = max(0.0, min(since, self.every - since) if count else self.every - since)
        return sign * (near / self.ramp if near < self.ramp else 1.0)

    def corners(self, start: float, stop: float) -> Iterator[float]:
        """Yield the times [s] between `start` and `stop` where the slope or sign changes."""
        if self.mode == "alternating":
            for k in range(max(1, math.floor(start / self.every)), math.floor(stop / self.every) + 2):
                yield from (k * self.every - self.ramp, k * self.every, k * self.every + self.ramp)

    def jumps_at(self, time: float) -> bool:
        """Return whether the polarity reverses at `time` [s]."""
        if self.mode != "alternating":
            return False
        return abs(time / self.every - round(time / self.every)) < 1e-9 and time > 0

    def reversed(self) -> Polarity:
        """Return the opposite polarity; an alternating one cannot say so and is refused."""
        if self.mode == "alternating":
            raise refuse(
                self,
                "mode",
                expected="fixed or reversed",
                came="alternating",
                advice="Exchange the probes instead",
            )
        return Polarity(mode="fixed" if self.mode == "reversed" else "reversed")


def multiply(one: list[float], other: list[float]) -> list[float]:
    """Return the product of two polynomials given by their coefficients, lowest first."""
    product = [0.0] * (len(one) + len(other) - 1)
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            product[i + j] += a * b
    return product


def power_sum(power: int, count: int) -> float:
    """Return sum of k**power for k = 0 to count - 1 (Faulhaber), power 0 to 6."""
    n = count
    formulas = (
        lambda: n,
        lambda: n * (n - 1) // 2,
        lambda: n * (n - 1) * (2 * n - 1) // 6,
        lambda: (n * (n - 1) // 2) ** 2,
        lambda: n * (n - 1) * (2 * n - 1) * (3 * n * n - 3 * n - 1) // 30,
        lambda: n * n * (n - 1) ** 2 * (2 * n * n - 2 * n - 1) // 12,
        lambda: n * (n - 1) * (2 * n - 1) * (3 * n**4 - 6 * n**3 + 3 * n + 1) // 42,
    )
    return float(formulas[power]())


def segments(
    ramp: Ramp,
    surge: Surge | None,
    polarity: Polarity,
    *,
    duration: float,
    span: tuple[float, float],
) -> Iterator[tuple[float, float, list[float]]]:
    """Yield `(start, stop, coefficients)` of the envelope over `span` [s].

    Coefficients are of powers of (t - start), lowest first, degree at most 3.
    """
    start, stop = max(span[0], 0.0), min(span[1], duration)
    cuts = {start, stop, *ramp.corners(duration), *polarity.corners(start, stop)}
    if surge:
        cuts.update(surge.corners(start, stop))
    ordered = sorted(c for c in cuts if start <= c <= stop)
    for a, b in zip(ordered, ordered[1:], strict=False):
        if b - a < 1e-12:
            continue
        quarter, length = a + (b - a) / 4, b - a  # inside, so that jumps at the ends do not matter

        def line(value: float, later: float, length: float = length) -> list[float]:
            slope = (later - value) / (length / 2)
            return [value - slope * length / 4, slope]

        three = quarter + length / 2
        poly = line(ramp.value_at(quarter, duration), ramp.value_at(three, duration))
        if polarity.mode == "alternating":
            poly = multiply(poly, line(polarity.value_at(quarter), polarity.value_at(three)))
        else:
            poly = [polarity.first_sign * c for c in poly]
        if surge:
            poly = multiply(poly, line(surge.value_at(quarter), surge.value_at(three)))
        yield a, b, [0.0 if abs(c) < 1e-15 else c for c in poly]
