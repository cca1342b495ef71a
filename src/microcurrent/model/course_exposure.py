"""What skin receives over many sittings, what was delivered of it, and how far a client kept to them."""

from __future__ import annotations

from dataclasses import dataclass

from microcurrent.model.checks import finite, named, refuse
from microcurrent.model.exposure import Estimate


def together(one: Estimate, other: Estimate) -> Estimate:
    """Return the sum of two estimates whose errors go the same way, as those of one body do."""
    if one.dimension != other.dimension:
        raise refuse("Estimate", "dimension", expected=one.dimension, came=other.dimension)
    return Estimate(
        value=one.value + other.value, low=one.low + other.low, high=one.high + other.high,
        dimension=one.dimension,
    )  # fmt: skip


def multiplied(estimate: Estimate, factor: float) -> Estimate:
    """Return an estimate times a factor that is not negative: the error is the same every time."""
    finite("Estimate", "factor", factor, minimum=0)
    return Estimate(
        value=estimate.value * factor, low=estimate.low * factor, high=estimate.high * factor,
        dimension=estimate.dimension,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class PlaceExposure:
    """Charge per area [C/m2] at one place of contact: `net` and `absolute`, at most.

    `place`: the site, or the sites of a way; `zone` of the body, "" where it has none there. Of a way, the
    place on it that receives most is meant.
    """

    place: str
    zone: str
    net: Estimate
    absolute: Estimate

    def __post_init__(self) -> None:
        named(self, "place", self.place)


@dataclass(frozen=True, kw_only=True)
class CourseExposure:
    """What skin receives over `sittings`, or over the part of one that was delivered.

    `places`; `net` and `absolute` [C/m2] at the place of the skin that receives most; `direct` [C]: the
    sum of the sizes of net charge over steps; `charge` [C]: all charge, both ways.
    """

    sittings: float
    places: tuple[PlaceExposure, ...]
    net: Estimate
    absolute: Estimate
    direct: Estimate
    charge: Estimate

    def __post_init__(self) -> None:
        finite(self, "sittings", self.sittings, minimum=0)

    def times(self, factor: float) -> CourseExposure:
        """Return the same so many times."""
        return CourseExposure(
            sittings=self.sittings * factor,
            places=tuple(
                PlaceExposure(place=p.place, zone=p.zone, net=multiplied(p.net, factor),
                              absolute=multiplied(p.absolute, factor))
                for p in self.places
            ),
            **{name: multiplied(getattr(self, name), factor) for name in _TOTALS},
        )  # fmt: skip

    def __add__(self, other: CourseExposure) -> CourseExposure:
        """Return both one after the other; the same place adds up."""
        found = {(p.place, p.zone): p for p in self.places}
        for p in other.places:
            before = found.get((p.place, p.zone))
            if before is not None:
                p = PlaceExposure(place=p.place, zone=p.zone, net=together(before.net, p.net),
                                  absolute=together(before.absolute, p.absolute))  # fmt: skip
            found[p.place, p.zone] = p
        return CourseExposure(
            sittings=self.sittings + other.sittings, places=tuple(found.values()),
            **{name: together(getattr(self, name), getattr(other, name)) for name in _TOTALS},
        )  # fmt: skip


_TOTALS = ("net", "absolute", "direct", "charge")


@dataclass(frozen=True, kw_only=True)
class HeldSitting:
    """A sitting that took place: `start` (ISO, local time), the digest of its `plan`, and its steps.

    `steps`: (number, seconds of current, charge [C], net charge [C]) as the stimulator reported;
    `measured`: whether it did, or a person noted the sitting in the course file; `whole`: whether it went
    to its end. One that did not counts for spacing and exposure, not as a sitting done.
    """

    id: str
    start: str
    plan: str
    steps: tuple[tuple[int, float, float, float], ...]
    measured: bool
    whole: bool = True

    def __post_init__(self) -> None:
        named(self, "id", self.id)
        named(self, "start", self.start)

    @property
    def seconds(self) -> float:
        """Time [s] that current flowed."""
        return sum(step[1] for step in self.steps)


@dataclass(frozen=True, kw_only=True)
class Adherence:
    """How far a client kept to a course up to a day: sittings and minutes of current, done of those due.

    `places`: the share [fraction] of the charge due that each place received; `least`: the mark below
    which a result says little.
    """

    due: int
    done: int
    minutes_due: float
    minutes_done: float
    places: tuple[tuple[str, float], ...]
    least: float

    def __post_init__(self) -> None:
        finite(self, "due", self.due, minimum=0)
        finite(self, "done", self.done, minimum=0)

    @property
    def share(self) -> float | None:
        """Sittings done of those due [fraction], at most 1; None where none was due yet."""
        return min(1.0, self.done / self.due) if self.due else None

    @property
    def enough(self) -> bool:
        """Whether the share reaches the mark, or nothing was due yet."""
        return self.share is None or self.share >= self.least


@dataclass(frozen=True, kw_only=True)
class Halt:
    """Why a course does not go on: the `rule`, what was found, and `outcome`: stop, pause or wait."""

    rule: str
    outcome: str
    reason: str
    since: str = ""

    def __post_init__(self) -> None:
        named(self, "rule", self.rule)
        named(self, "reason", self.reason)
