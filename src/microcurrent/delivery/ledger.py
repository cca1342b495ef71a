"""Ledger: from the answers of a stimulator to an observation, and the sums of a sitting."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from microcurrent.delivery.interlock import FLOOR_CURRENT, judged
from microcurrent.model import Capabilities, Observation, Status, Step

#: Stretch [s] over which a direct current beyond the program is averaged, and which one measured
#: event sums up.
SECOND = 1.0


@dataclass(frozen=True, kw_only=True)
class DeliveredStep:
    """What one step gave, as measured, all its parts together where it was paused.

    `number` of the step; `time` [s] of current; `net_charge`, `absolute_charge` [C]; `peak` [A].
    """

    number: int
    time: float
    net_charge: float
    absolute_charge: float
    peak: float


class Ledger:
    """The state of one sitting as the host knows it; times are those of the host's clock [s]."""

    def __init__(self, capabilities: Capabilities, opened: float) -> None:
        self._capabilities, self._opened = capabilities, opened
        self.done: tuple[DeliveredStep, ...] = ()
        self.ending = False
        self.last_elapsed = 0.0  # [s] into the last part that was given
        self._step: Step | None = None

    def begin(self, step: Step, status: Status, now: float) -> None:
        """Start a step whose program is loaded; `status` is that of the armed stimulator."""
        self._step, self.ending = step, False
        self._started = self._answered = self._changed = now
        self._status = self._fresh = self._counted = status
        self._expected = self._expected_absolute = self._missing = 0.0
        self._apart: deque[tuple[float, float]] = deque([(0.0, 0.0)])
        self._baseline: float | None = None
        self._peak, self._restarted = 0.0, False
        self._second: list[tuple[float, Status]] = []
        self._second_from = status
        self._impedances: list[float] = []
        last = self.done[-1] if self.done else None
        # What earlier parts of this step gave, where it was paused.
        self._before = last if last is not None and last.number == step.number else None

    def take(self, status: Status, now: float) -> None:
        """Take an answer in. An old one proves nothing; one after a restart has lost its sums."""
        self._status, self._answered = status, now
        if status.time == self._fresh.time:
            return
        self._changed = now
        before, self._fresh = self._fresh, status
        self._restarted = self._restarted or status.time < before.time
        if self._restarted:
            return
        self._counted = status
        self._peak = max(self._peak, status.peak)
        if status.impedance is not None and status.peak >= FLOOR_CURRENT:
            self._impedances.append(status.impedance)
        self._second.append((status.time - before.time, status))
        if not self.ending:
            self._compare(before, status)

    def _compare(self, before: Status, status: Status) -> None:
        """Bring up to date what the program should have given, and what is missing or too much."""
        stimulus = self.step.stimulus
        start, stop = before.elapsed, status.elapsed
        self._missing = 0.0
        if stop <= start:
            return
        self._expected += stimulus.charge_between(start, stop)
        absolute = stimulus.absolute_charge_between(start, stop)
        self._expected_absolute += absolute
        if absolute > FLOOR_CURRENT * (stop - start):
            flowed = (status.absolute_charge - before.absolute_charge) / absolute
            self._missing = (stop - start) * max(0.0, 1.0 - flowed)
        self._apart.append((stop, status.net_charge - self._expected))
        while len(self._apart) > 2 and stop - self._apart[1][0] >= SECOND:
            self._apart.popleft()

    def observe(self, now: float) -> Observation:
        """Return what the interlocks look at."""
        status = self._status
        before = self.done
        observation = Observation(
            status=status,
            stimulus=self.step.stimulus,
            capabilities=self._capabilities,
            time=now - self._opened,
            since_start=now - self._started,
            since_answer=now - self._answered,
            since_change=now - self._changed,
            ending=self.ending,
            sitting_time=math.fsum(part.time for part in before) + status.elapsed,
            dc_charge=math.fsum(abs(part.net_charge) for part in before) + abs(status.net_charge),
            expected_charge=self._expected,
            expected_absolute=self._expected_absolute,
            missing=self._missing,
            offset=self._offset(),
            baseline=self._baseline,
        )
        if self._baseline is None and judged(observation):
            self._baseline = status.impedance
        return observation

    def _offset(self) -> float | None:
        (start, first), (stop, last) = self._apart[0], self._apart[-1]
        return (last - first) / (stop - start) if stop - start >= SECOND else None

    def measured(self) -> tuple[tuple[str, float | str | None], ...]:
        """Return the figures since the last call, or none where nothing new was measured."""
        if not self._second:
            return ()
        last, first = self._second[-1][1], self._second_from
        time = math.fsum(span for span, _ in self._second)
        square = math.fsum(span * status.rms**2 for span, status in self._second)
        top = max((status for _, status in self._second), key=lambda status: status.peak)
        self._second, self._second_from = [], last
        return (
            ("step", float(self.step.number)),
            ("elapsed", last.elapsed + (self._before.time if self._before else 0.0)),
            ("window", time),
            ("mean", (last.net_charge - first.net_charge) / time),
            ("rms", math.sqrt(square / time)),
            ("peak", top.peak),
            ("commanded_peak", top.commanded_peak),
            ("net_charge", last.net_charge + (self._before.net_charge if self._before else 0.0)),
            (
                "absolute_charge",
                last.absolute_charge + (self._before.absolute_charge if self._before else 0.0),
            ),
            ("voltage", top.voltage),
            ("impedance", top.impedance),
            ("output", last.output),
        )

    def close_step(self) -> tuple[tuple[str, float], ...]:
        """Add the step to those done, with the last sums that count; return how its impedance [ohm] went.

        A step that was paused is one: its parts are added up.
        """
        last, number = self._counted, self.step.number
        part = DeliveredStep(
            number=number,
            time=last.elapsed,
            net_charge=last.net_charge,
            absolute_charge=last.absolute_charge,
            peak=self._peak,
        )
        if self.done and self.done[-1].number == number:
            before = self.done[-1]
            part = DeliveredStep(
                number=number,
                time=before.time + part.time,
                net_charge=before.net_charge + part.net_charge,
                absolute_charge=before.absolute_charge + part.absolute_charge,
                peak=max(before.peak, part.peak),
            )
            self.done = self.done[:-1]
        self.done += (part,)
        self.last_elapsed = last.elapsed
        self._step = None
        course = self._impedances
        if not course:
            return ()
        return (
            ("first", course[0]), ("last", course[-1]), ("least", min(course)), ("largest", max(course)),
        )  # fmt: skip

    @property
    def step(self) -> Step:
        """The step that is under way."""
        if self._step is None:
            raise LookupError("no step is under way")
        return self._step

    @property
    def under_way(self) -> bool:
        """Whether a step has begun and is not closed."""
        return self._step is not None

    @property
    def status(self) -> Status:
        """The last answer."""
        return self._status
