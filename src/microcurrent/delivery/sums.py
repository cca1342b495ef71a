"""Sums: what has flowed, added up, by whoever counts it: a simulation or a driver."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass
class Sums:
    """What flowed: `time` [s], `net` and `absolute` charge [C], `square` [A2 s]; peaks [A], [V].

    `peak` as measured, or as programmed where nothing is measured; `commanded`; `voltage`.
    """

    time: float = 0.0
    net: float = 0.0
    absolute: float = 0.0
    square: float = 0.0
    peak: float = 0.0
    commanded: float = 0.0
    voltage: float = 0.0

    def add(self, other: Sums) -> None:
        """Add what flowed later."""
        for name in ("time", "net", "absolute", "square"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("peak", "commanded", "voltage"):
            setattr(self, name, max(getattr(self, name), getattr(other, name)))

    def plus(self, other: Sums) -> Sums:
        """Return both together; neither is changed."""
        both = replace(self)
        both.add(other)
        return both
