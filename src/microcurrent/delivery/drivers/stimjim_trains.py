"""Trains of a Stimjim: from a program to pulse trains, the error they make, and what is said of them.

A train is one line to the device: a pulse of up to eight stages (whole µA, whole µs), a period and a
duration. Between two pulses, and after a train, the device joins its output to ground. Only trains of
one fixed amplitude exist, so ramps and surges become steps. Pure: no line, no clock.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from microcurrent.delivery.sums import Sums
from microcurrent.model import Stimulus
from microcurrent.units import write

#: Length [s] that no train exceeds: a host that dies, and a stop, wait for its rest at most.
LONGEST = 0.24
#: Length [s] that a train has at least, but the last: a look of the controller (0.1 s) and a fifth more,
#: or it would be over long before the host looks again.
LEAST = 0.12
#: Length [s] of the rest of a program that gets no train.
SHORTEST = 0.01
#: Rest [µs] after the stages of a direct current: the next train is read and echoed in it, before the
#: device prints what it measured. Its length is an estimate, not verified on hardware.
SETTLE = 3000
#: Rest [µs], and share of its period, after each pulse: the device reads commands only then.
REST, REST_SHARE = 200, 0.01
#: Stages of a direct current in one train. Each is measured once, at its end.
DRAWN = 4
#: Stages of a pulse. The device keeps ten and does not check; its report of ten stages would fill the
#: eight packets of 64 bytes that it may queue while it cannot send.
MOST_STAGES = 8
#: Lowest frequency [Hz] of pulses: below it fewer than two periods fit a train, and the gaps between
#: trains would fall into the phases unevenly.
LOWEST = 10.0
#: Share by which the charge of a phase may be changed by whole µs, whole µA and the rest.
CHARGE_SHARE = 0.02
#: Share by which the frequency may be changed by a period of whole µs.
FREQUENCY_SHARE = 1e-3
#: Direct part [µA] that rounding may leave in a balanced current: a tenth of the least limit on it.
DIRECT_PART = 1.0
#: Step [µA] of the device's converter of commands; the current is cut down to it.
STEP = 0.1017
#: Error of a reading of current [µA]: half a step of 0.85 µA, and what two cuts to whole µA take, about
#: the half that is put back.
NOISE_CURRENT = 2
#: What the device says, by the name used here; the groups are whole numbers.
_SAID = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("complete", rb"Train complete\. Delivered (\d+) pulses"),
        ("stage", rb"Stage (\d)\s*(-?\d+)uA,"),
        ("started", rb"Started T train .*PulseTrain (\d+)"),
        ("slot", rb"Parameters for PulseTrain\[(\d+)\]"),
        ("mode", rb"\s*mode\[ch[01]\]: (\d)"),
        ("time", rb"\s*(?:period|duration):\s+(\d+) usec"),
        ("row", rb"\s*\d+\s+(\d+) usec\s+(-?\d+)uA\s+(-?\d+)uA"),
        ("rule", rb"-{20,}$"),
        ("stopped", rb"Forcing T train to stop"),
        ("ground", rb"Set channel 0 to mode 3"),
        ("current", rb"Read value: -?\d+ \((-?\d+)uA\)"),
        ("voltage", rb"Read value: -?\d+ \((-?\d+)mV\)"),
        ("offset", rb"ADC offsets \(\+-10V\): (-?\d+)"),
        ("hello", rb"voltage offsets: (-?\d+)"),
        ("boot", rb"Booting StimJim"),
    )
)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A stretch of constant current: `current` [µA], `width` [µs], both whole."""

    current: int
    width: int


@dataclass(frozen=True, kw_only=True)
class Train:
    """`pulses` pulses of these `stages`, one each `period` [µs]."""

    stages: tuple[Stage, ...]
    period: int
    pulses: int

    @property
    def length(self) -> float:
        """Time [s] from the start until the device says what it measured; no current flows after it."""
        return self.period * self.pulses / 1e6

    @property
    def duration(self) -> int:
        """Duration [µs] on the wire: the device starts no pulse after it.

        Half a period short of the whole, so that the count of pulses does not hang on the last µs.
        """
        return self.period * self.pulses - self.period // 2

    @property
    def width(self) -> float:
        """Time [s] of one pulse, for which the device hears nothing."""
        return sum(stage.width for stage in self.stages) / 1e6

    @property
    def peak(self) -> float:
        """Largest absolute current [A]."""
        return max(abs(stage.current) for stage in self.stages) / 1e6

    @property
    def net_charge(self) -> float:
        """Net charge [C] of the whole train."""
        return self.pulses * sum(stage.current * stage.width for stage in self.stages) / 1e12

    @property
    def figures(self) -> tuple[int, ...]:
        """What the device echoes: modes, period, duration, then currents and width of each stage."""
        stages = (figure for s in self.stages for figure in (s.current, 0, s.width))
        return (1, 3, self.period, self.duration, *stages)

    def measured(self, means: list[int]) -> list[float]:
        """Return the current [A] of each stage, from the means [µA] that the device prints.

        It cuts them down to whole µA, so half of one is put back. One that agrees with the command within
        the error of a reading counts as the command: the converter that sets the current is ten times as
        fine as the one that reads it.
        """
        read = [mean + math.copysign(0.5, mean) if mean else 0.0 for mean in means]
        return [
            (stage.current if abs(value - stage.current) <= NOISE_CURRENT else value) / 1e6
            for stage, value in zip(self.stages, read, strict=True)
        ]

    def words(self, slot: int) -> bytes:
        """Return the line that puts this train in a slot: channel 0 gives current, 1 is at ground."""
        stages = "".join(f";{s.current},0,{s.width}" for s in self.stages)
        return f"S{slot},1,3,{self.period},{self.duration}{stages}\n".encode()


@dataclass(frozen=True, kw_only=True)
class Fall:
    """A current that was asked to end: a straight fall to zero from `start` over `length` [s]."""

    start: float
    length: float

    def value_at(self, time: float) -> float:
        """Return the factor 0 to 1 at `time` [s] into the program."""
        return min(1.0, max(0.0, 1.0 - (time - self.start) / self.length))


@dataclass(frozen=True, kw_only=True)
class Error:
    """What trains make wrong of a program, at most.

    `level` [A]: a level may be wrong by this; none is above the program's peak. `step` [A]: jump between
    two levels of the steepest ramp. `direct` [A]: direct part left in a balanced current. `frequency`
    [share]. `charge` [share] of the phases. `missing` [share] of the time without current, from the gaps.
    """

    level: float
    step: float
    direct: float
    frequency: float
    charge: float
    missing: float


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A waveform in whole µs: `stages` of (value -1 to 1, width [µs]), `period` [µs] of all `cycles`."""

    stages: tuple[tuple[float, int], ...]
    period: int
    cycles: int


@dataclass(kw_only=True)
class Flight:
    """A train that was started: `start` [s] into the program, `sent` [s] on the host's clock.

    `slot` of the device; `pulses` and `means` [µA], one a stage, as the device tells them at the end.
    """

    train: Train
    slot: int
    start: float
    sent: float
    pulses: int = 0
    means: list[int] = field(default_factory=list)

    @property
    def due(self) -> float:
        """When it is over [s], on the host's clock."""
        return self.sent + self.train.length


def count(sums: Sums, train: Train, currents: list[float], *, pulses: float) -> None:
    """Add so many pulses of a train to what has flowed, with these currents [A] in its stages."""
    for stage, current in zip(train.stages, currents, strict=True):
        charge = current * stage.width / 1e6 * pulses
        sums.net += charge
        sums.absolute += abs(charge)
        sums.square += charge * current
        sums.peak = max(sums.peak, abs(current))
    sums.commanded = max(sums.commanded, train.peak)


class Ears:
    """From the lines of the device to what they mean; its echo of a train is put together from many."""

    def __init__(self) -> None:
        self._echo: list[int] = []

    def take(self, line: bytes) -> tuple[str, tuple[int, ...]]:
        """Return the kind of a line and its figures; "" for one that means nothing here.

        An "echo" has the slot, and then the `figures` of the train in it.
        """
        found = ((kind, pattern.match(line)) for kind, pattern in _SAID)
        kind, groups = next(((k, m.groups()) for k, m in found if m), ("", ()))
        figures = tuple(int(group) for group in groups)
        if kind == "rule" and len(self._echo) >= 5:
            figures, self._echo = tuple(self._echo), []
            return "echo", figures
        if kind == "slot":
            self._echo = [*figures]
        elif kind in ("mode", "time", "row"):
            width, *currents = figures
            self._echo += [*currents, width]
        return kind, figures


def refusals(stimulus: Stimulus) -> tuple[str, ...]:
    """Return why no train can give this program within the bounds of this module; empty if one can."""
    microamperes = stimulus.amplitude * 1e6
    reasons = []
    if abs(microamperes - round(microamperes)) > 1e-6:
        reasons.append(f"an amplitude of {microamperes:g} µA is not a whole number of µA")
    if not stimulus.waveform.is_constant:
        reasons += _of_shape(stimulus)
    return tuple(reasons)


def train_of(stimulus: Stimulus, start: float, longest: float, *, fall: Fall | None = None) -> Train:
    """Return the train that gives the program from `start` [s] on, at most `longest` [s] long.

    Trains of pulses meet the corners of the envelope, where these are far enough apart; none goes on after
    the program.
    """
    end = ends(stimulus, fall)
    corners = () if stimulus.waveform.is_constant else _corners(stimulus, start, end)
    turn = min((t for t in corners if t - start >= LEAST), default=end)
    left = min(turn, end) - start
    # What is left of a stretch is halved where its last train would be too short to be looked at in time.
    stop = start + (left / 2 if longest < left < longest + LEAST else min(left, longest))
    if stimulus.waveform.is_constant:
        return _direct(stimulus, start, stop, fall)
    shape = shape_of(stimulus)
    period = shape.period / 1e6
    wanted = max(math.ceil(LEAST / period - 1e-9), round((stop - start) / period))
    pulses = min(wanted, math.floor(min(longest, end - start) / period + 1e-9))
    if pulses < 1:  # the rest of the program is shorter than a period
        width = max(1, round((stop - start) * 1e6) - SETTLE)
        return Train(stages=(Stage(current=0, width=width),), period=width + SETTLE, pulses=1)
    # The middle of a straight slope is its mean.
    middle = start + pulses * period / 2
    level = stimulus.amplitude * stimulus.envelope_at(middle) * (fall.value_at(middle) if fall else 1.0)
    most = _most(stimulus)
    stages = tuple(Stage(current=_whole(level * v, most), width=width) for v, width in shape.stages)
    return Train(stages=stages, period=shape.period, pulses=pulses)


def ends(stimulus: Stimulus, fall: Fall | None) -> float:
    """Return when [s into the program] the current ends."""
    return min(stimulus.duration, fall.start + fall.length) if fall else stimulus.duration


def error_of(stimulus: Stimulus, gap: float) -> Error:
    """Return the error that trains make of a program, with `gap` [s] between two of them."""
    ramps = [r for r in (stimulus.ramp.rise, stimulus.ramp.fall, stimulus.polarity.ramp) if r > 0]
    if stimulus.surge:
        ramps += [r for r in (stimulus.surge.rise, stimulus.surge.fall) if r > 0]
    steepest = stimulus.amplitude / min(ramps) if ramps else 0.0
    level = (1 + STEP) * 1e-6
    if stimulus.waveform.is_constant:
        return Error(level=level, step=steepest * LONGEST / DRAWN, direct=0.0, frequency=0.0,
                     charge=0.0, missing=(SETTLE / 1e6 + gap) / (LONGEST + gap))  # fmt: skip
    shape = shape_of(stimulus)
    direct, charge, frequency = _rounding(stimulus, shape)
    period = shape.period / 1e6
    length = math.floor(LONGEST / period) * period
    return Error(level=level, step=steepest * length, direct=(direct + STEP) * 1e-6,
                 frequency=frequency, charge=charge, missing=gap / (length + gap))  # fmt: skip


def shape_of(stimulus: Stimulus) -> Shape:
    """Return the waveform in whole µs; a waveform without rest is shortened by the least rest.

    Equal widths stay equal, so a balanced shape stays balanced. Several cycles make one pulse where the
    rest would be too large a share of one.
    """
    cycle = max(1, round(1e6 / stimulus.frequency))
    once = _cycle(stimulus, cycle)
    spare = cycle - sum(width for _, width in once)
    if spare >= _rest(cycle):
        return Shape(stages=once, period=cycle, cycles=1)
    cycles = max(1, math.ceil(REST / REST_SHARE / cycle))
    tail = ((0.0, spare),) if spare > 0 else ()
    stages = (once + tail) * (cycles - 1) + once
    period = cycle * cycles
    share = min(1.0, (period - _rest(period)) / sum(width for _, width in stages))
    return Shape(stages=tuple((v, math.floor(w * share + 1e-9)) for v, w in stages), period=period,
                 cycles=cycles)  # fmt: skip


# -- how ---------------------------------------------------------------------------------------------


def _of_shape(stimulus: Stimulus) -> Iterator[str]:
    if stimulus.waveform.is_superposed:
        yield "a direct current under an alternating one would fall to zero between trains"
        return
    if any(p.kind != "line" or p.first != p.last for p in stimulus.waveform.pieces):
        yield "a waveform with slopes or arcs cannot be drawn with flat stages"
        return
    if stimulus.frequency < LOWEST:
        yield (
            f"{write(stimulus.frequency, 'frequency')} is below {write(LOWEST, 'frequency')}: a period is "
            "longer than half a train"
        )
        return
    shape = shape_of(stimulus)
    if len(shape.stages) > MOST_STAGES:
        why = "" if shape.cycles == 1 else f" for {shape.cycles} periods in one pulse, as it leaves no rest"
        yield f"the waveform needs {len(shape.stages)} stages{why}; a pulse has {MOST_STAGES}"
        return
    direct, charge, frequency = _rounding(stimulus, shape)
    if stimulus.waveform.is_balanced and direct > DIRECT_PART:
        yield f"whole µA and µs would leave a direct current of {direct:.2g} µA"
    if charge > CHARGE_SHARE:
        yield f"whole µA and µs would change the charge of a phase by {charge:.2g} of it"
    if frequency > FREQUENCY_SHARE:
        yield f"a period of whole µs would change the frequency by {frequency:.2g} of it"


def _rounding(stimulus: Stimulus, shape: Shape) -> tuple[float, float, float]:
    """Return the direct part [µA], the share of charge and the share of frequency that are wrong."""
    amplitude = stimulus.amplitude
    moved = [(_whole(amplitude * value, _most(stimulus)) * width) for value, width in shape.stages]
    net, absolute = sum(moved) / shape.period, sum(abs(charge) for charge in moved) / shape.period
    wanted, all_ = (
        stimulus.waveform.mean * amplitude * 1e6,
        stimulus.waveform.mean_absolute * amplitude * 1e6,
    )
    frequency = abs(1e6 * shape.cycles / (shape.period * stimulus.frequency) - 1)
    return abs(net - wanted), abs(absolute / all_ - 1), frequency


def _cycle(stimulus: Stimulus, cycle: int) -> tuple[tuple[float, int], ...]:
    """Stages of one cycle without the rest at its end; a width is rounded by itself."""
    stages: list[tuple[float, int]] = []
    at = 0.0
    for piece in stimulus.waveform.pieces:
        rest = round((piece.start - at) * cycle)
        if rest > 0:
            stages.append((0.0, rest))
        stages.append((piece.first, round((piece.stop - piece.start) * cycle)))
        at = piece.stop
    return tuple(stages)


def _rest(period: int) -> int:
    return max(REST, math.ceil(REST_SHARE * period))


def _direct(stimulus: Stimulus, start: float, stop: float, fall: Fall | None) -> Train:
    width = max(1, math.floor(((stop - start) * 1e6 - SETTLE) / DRAWN + 1e-6))
    most = _most(stimulus)
    stages = []
    over = 0.0  # what rounding has left [A]: carried on, so that the charge of a slow ramp is right
    for number in range(DRAWN):
        a, b = start + number * width / 1e6, start + (number + 1) * width / 1e6
        mean = stimulus.charge_between(a, b) / (b - a) * (fall.value_at((a + b) / 2) if fall else 1.0)
        stages.append(Stage(current=_whole(mean + over, most), width=width))
        over += mean - stages[-1].current / 1e6
    return Train(stages=tuple(stages), period=DRAWN * width + SETTLE, pulses=1)


def _corners(stimulus: Stimulus, start: float, stop: float) -> Iterator[float]:
    yield from stimulus.ramp.corners(stimulus.duration)
    yield from stimulus.polarity.corners(start, stop)
    if stimulus.surge:
        yield from stimulus.surge.corners(start, stop)


def _most(stimulus: Stimulus) -> int:
    """Return the largest whole current [µA] that is not above the peak of the program."""
    return math.floor(stimulus.peak * 1e6 + 1e-6)


def _whole(current: float, most: int) -> int:
    """Return a current [A] as the nearest whole µA that is not larger than `most` [µA]."""
    return round(math.copysign(min(abs(round(current * 1e6)), most), current))
