"""A bench: virtual time, a simulated stimulator with a trace of its true output, plans, limits."""

from types import SimpleNamespace

import pytest

from microcurrent.delivery.clock import VirtualClock
from microcurrent.delivery.controller import Controller
from microcurrent.delivery.host import Host
from microcurrent.delivery.load import SkinLoad
from microcurrent.delivery.simulator import SimulatedStimulator
from microcurrent.model import (
    Approval,
    Capabilities,
    Electrode,
    Limit,
    Limits,
    Placement,
    Plan,
    Ramp,
    Site,
    Step,
    Stimulus,
    Surge,
    shapes,
)

TODAY = "2027-05-01"
LEVELS = {
    "total-current": (1e-3, "current"),
    "compliance-voltage": (70.0, "voltage"),
    "impedance-jump": (0.5, "fraction"),
    "heartbeat": (1.0, "time"),
    "sitting-time": (3600.0, "time"),
    "dc-charge-sitting": (4.8, "charge"),
    "net-dc-balanced": (50e-6, "current"),
    "contact-loss-time": (0.05, "time"),
}


def limits(**changed):
    """Limits with the levels above; `total_current=2e-4` changes one, None leaves it out."""
    levels = {id_: level for id_, (level, _) in LEVELS.items()}
    levels.update({name.replace("_", "-"): level for name, level in changed.items()})
    return Limits(
        limits=tuple(
            Limit(id=id_, quantity="a quantity", sense="at most", dimension=LEVELS[id_][1], warn=None,
                  stop=level, source=("a source",), confidence="C", status="proposed", title=id_)
            for id_, level in levels.items() if level is not None
        )
    )  # fmt: skip


def capabilities(**changed):
    values = {"name": "bench", "max_current": 1e-3, "max_voltage": 60.0, "max_lease": 1.0,
              "min_ramp": 0.5, "end_ramp": 1.0, "max_charge": 5.0, **changed}  # fmt: skip
    return Capabilities(**values)


def direct(duration=60.0, amplitude=200e-6, ramp=10.0):
    return Stimulus(waveform=shapes.constant(), amplitude=amplitude, duration=duration,
                    ramp=Ramp(rise=ramp, fall=ramp))  # fmt: skip


def surged(duration=60.0, amplitude=300e-6):
    return Stimulus(waveform=shapes.biphasic(width=0.009), amplitude=amplitude, duration=duration,
                    frequency=30.0, ramp=Ramp(rise=1, fall=1),
                    surge=Surge(rise=1, hold=2, fall=1, rest=1))  # fmt: skip


def fast(duration=60.0, amplitude=300e-6):
    return Stimulus(waveform=shapes.biphasic(width=0.3), amplitude=amplitude, duration=duration,
                    frequency=1000.0, ramp=Ramp(rise=1, fall=1))  # fmt: skip


def superposed(duration=60.0, alternating=200e-6, direct=50e-6, *, inner=None, frequency=30.0, ramp=10.0):
    """Alternating current of a peak [A] on direct current [A]."""
    shape = shapes.superposed(inner or shapes.biphasic(width=0.2), offset=direct / alternating)
    return Stimulus(waveform=shape, amplitude=direct / shape.direct, duration=duration,
                    frequency=frequency, ramp=Ramp(rise=ramp, fall=ramp))  # fmt: skip


def system_of(waveform):
    return "galvanic" if waveform.mean and not waveform.is_superposed else "faradic"


def plan(*stimuli, gap=5.0, **more):
    electrodes = tuple(
        Electrode(name=name, shape="sphere", coupling="gel", diameter=0.01) for name in ("upper", "lower")
    )
    sites = (Site(name="left", position=(0.0, 0.0, 0.0)), Site(name="right", position=(0.05, 0.0, 0.0)))
    steps, start = [], 0.0
    for number, stimulus in enumerate(stimuli, start=1):
        steps.append(
            Step(number=number, system=system_of(stimulus.waveform),
                 stimulus=stimulus, anode=Placement(electrode="upper", site="left"),
                 cathode=Placement(electrode="lower", site="right"), start=start)
        )  # fmt: skip
        start += stimulus.duration + gap
    return Plan(title="bench", body="slab", body_content="none", intent="test", electrodes=electrodes,
                steps=tuple(steps), sites=sites, **more)  # fmt: skip


def approval(approved, **changed):
    other = "0" * 64
    values = {"plan": approved.digest, "prediction": other, "assessment": other, "screening": other,
              "tables": other, "client": "client-7", "by": "A. Person", "role": "researcher", "given": "2027-01-01",
              "until": "2027-12-31", "meaning": "agreed", **changed}  # fmt: skip
    return Approval(**values)


class TracingClock(VirtualClock):
    """A virtual clock that looks at the true output every 10 ms while it waits."""

    def __init__(self, trace_from):
        super().__init__()
        self.stimulator, self.trace_from = None, trace_from
        self.trace = []
        self.at = {}

    def wait(self, seconds, *, unless=None):
        end = self.now() + seconds
        while self._tracing and end - self.now() > 0.0101:
            super().wait(0.01)
            self.trace.append((self.now(), self.stimulator.envelope))
        if end > self.now():
            super().wait(end - self.now())
        if self._tracing:
            self.trace.append((self.now(), self.stimulator.envelope))
        for time in sorted(t for t in self.at if t <= self.now()):
            self.at.pop(time)()

    @property
    def _tracing(self):
        return self.trace_from is not None and self.stimulator is not None and self.now() >= self.trace_from

    @property
    def last_flow(self):
        """Time [s] at which current was last seen."""
        return max((time for time, envelope in self.trace if envelope > 0), default=0.0)


class Bench:
    """Everything needed to deliver once; `events` are what the sink kept.

    The output is traced from the time `trace` [s], or never if that is None.
    """

    def __init__(self, *stimuli, faults=(), skin=None, trace=0.0, reaction=0.05, can=None, limits_=None):
        self.clock = TracingClock(trace)
        self.skin = skin or SkinLoad(series=500.0, parallel=20e3, capacitance=50e-9)
        self.stimulator = SimulatedStimulator(
            self.clock, capabilities=can or capabilities(), load=self.skin, faults=tuple(faults),
            reaction=reaction,
        )  # fmt: skip
        self.clock.stimulator = self.stimulator
        self.plan = plan(*(stimuli or (direct(),)))
        self.approval = approval(self.plan)
        self.limits = limits_ or limits()
        self.faults = tuple(faults)
        self.events, self.true_output = [], []
        self.host = Host(clock=self.clock, sink=self.keep, today=TODAY)

    def keep(self, event):
        """The sink: keep the event, and what truly flows at that moment."""
        self.events.append(event)
        self.true_output.append(self.stimulator.envelope)

    def controller(self, **host):
        kept = {"clock": self.clock, "sink": self.host.sink, "today": TODAY, **host}
        return Controller(self.stimulator, limits=self.limits, host=Host(**kept))

    def deliver(self, **host):
        return self.controller(**host).deliver(self.plan, self.approval)

    @property
    def kinds(self):
        return [event.kind for event in self.events]


@pytest.fixture(scope="session")
def make():
    """The makers of this bench, by name."""
    return SimpleNamespace(Bench=Bench, approval=approval, capabilities=capabilities, direct=direct,
                           fast=fast, levels=LEVELS, limits=limits, plan=plan, superposed=superposed,
                           surged=surged,
                           today=TODAY)  # fmt: skip
