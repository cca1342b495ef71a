"""Stimulator, Interlock and Trip: what gives current, and what stops it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from microcurrent.model.checks import finite, named, one_of
from microcurrent.model.limits import Limits
from microcurrent.model.stimulus import Stimulus

STATES = ("idle", "armed", "running", "ending", "fault")


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a stimulator can do and will not exceed.

    `name`; `max_current` [A] peak; `max_voltage` [V] compliance; `max_lease` [s] it runs without
    word from the host; `min_ramp` [s] shortest ramp it accepts from zero to any current; `end_ramp`
    [s] over which it ends a current that is asked to end; `max_charge` [C] net per sitting. Where it says
    so: `max_time` [s] of current per sitting; `max_phase_charge` [C] one way in a period; `shortest` [s]
    stretch of a waveform; `slope_steps` of that length that a period with slopes needs; `max_pieces` of a
    period, 0 for any number.
    """

    name: str
    max_current: float
    max_voltage: float
    max_lease: float
    min_ramp: float
    end_ramp: float
    max_charge: float
    max_time: float = math.inf
    max_phase_charge: float = math.inf
    shortest: float = 0.0
    slope_steps: int = 0
    max_pieces: int = 0

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        for field in ("max_current", "max_voltage", "max_lease", "max_charge"):
            finite(self, field, getattr(self, field), above=0)
        for field in ("min_ramp", "end_ramp", "shortest"):
            finite(self, field, getattr(self, field), minimum=0)


@dataclass(frozen=True, kw_only=True)
class Status:
    """What a stimulator says of itself.

    `time` [s] on its own clock; `state`: one of `STATES`; `elapsed` [s] into the program; `lease`
    [s] left; since the last status: `mean`, `rms` and `peak` current [A] measured, `commanded_peak`
    [A]; `net_charge` and `absolute_charge` [C] of the program so far; `voltage` [V] peak, None where it is
    not measured; `impedance` [ohm] voltage over current, None at no current; `output` [A] measured now;
    `fault`; `zero`: whether the stimulator itself has confirmed zero, True where it has no such word.
    """

    time: float
    state: str
    elapsed: float
    lease: float
    mean: float
    rms: float
    peak: float
    commanded_peak: float
    net_charge: float
    absolute_charge: float
    voltage: float | None
    impedance: float | None
    output: float
    fault: str = ""
    zero: bool = True

    def __post_init__(self) -> None:
        one_of(self, "state", self.state, STATES)


class Stimulator(Protocol):
    """Anything that gives current on command, and takes it away by itself when not told to go on.

    Every method raises `StimulatorSilent` when there is no answer and `StimulatorRefused` when the
    stimulator will not do it. Output flows only while a lease lasts.
    """

    def capabilities(self) -> Capabilities:
        """Return what the stimulator can do."""

    def load(self, stimulus: Stimulus) -> None:
        """Take a program while idle; refuse one beyond the capabilities. No output yet."""

    def grant(self, lease: float) -> None:
        """Start the loaded program, or let it go on, for at most `lease` [s] from now."""

    def end(self) -> None:
        """Ramp to zero over `end_ramp`, then idle."""

    def cut(self) -> None:
        """Zero at once, then idle; a fault that has latched stays."""

    def clear(self) -> None:
        """Forget a latched fault, once a person has looked; refuse unless the output is zero."""

    def status(self) -> Status:
        """Return what the stimulator measures."""


@dataclass(frozen=True, kw_only=True)
class Trip:
    """The reason that output was stopped: `code`, a sentence, the time [s] into the sitting."""

    code: str
    reason: str
    time: float

    def __post_init__(self) -> None:
        named(self, "code", self.code)


@dataclass(frozen=True, kw_only=True)
class Observation:
    """All that an interlock may look at: status, program, ledger and clock.

    On the host's clock: `time` [s] into the sitting; `since_start` [s] of this step's current;
    `since_answer` [s] since the last status; `since_change` [s] since a status that was new.
    `ending`: the host has asked the current to end. Sums of this sitting so far: `sitting_time` [s]
    of current, `dc_charge` [C] of |net charge| per step. By the program from 0 to `status.elapsed`:
    `expected_charge` and `expected_absolute` [C]. Since the previous status: `missing` [s], the
    stretch of programmed current that did not flow. `offset` [A]: mean measured current beyond the
    program over the last second, None while unknown. `baseline` [ohm]: impedance early in this step,
    None while unknown.
    """

    status: Status
    stimulus: Stimulus
    capabilities: Capabilities
    time: float
    since_start: float
    since_answer: float
    since_change: float
    ending: bool
    sitting_time: float
    dc_charge: float
    expected_charge: float
    expected_absolute: float
    missing: float
    offset: float | None
    baseline: float | None


class Interlock(Protocol):
    """A pure rule: from an observation and the limits to a trip, or None."""

    def __call__(self, observation: Observation, limits: Limits) -> Trip | None:
        """Return the reason to stop, or None."""
