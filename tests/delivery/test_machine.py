"""Random commands, delays and faults: after each one the output is what a lease allows, or zero."""

from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from microcurrent.delivery.clock import VirtualClock
from microcurrent.delivery.controller import Controller
from microcurrent.delivery.faults import Fault
from microcurrent.delivery.host import Host
from microcurrent.delivery.load import SkinLoad
from microcurrent.delivery.simulator import SimulatedStimulator
from microcurrent.delivery.zero import ZERO_CURRENT
from microcurrent.errors import OutputNotConfirmedOff, StimulatorRefused, StimulatorSilent
from microcurrent.model import Ramp

SILENT_OR_REFUSED = (StimulatorSilent, StimulatorRefused)
SETTINGS = settings(
    deadline=None, derandomize=True, max_examples=100, stateful_step_count=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
FAULTS = st.builds(
    Fault, kind=st.sampled_from(["lead_off", "open", "short", "drift", "gain", "leak", "frozen", "silent",
                                 "reset"]),
    size=st.sampled_from([-0.5, -40e-6, 0.0, 40e-6, 0.5, 5.0]),
)  # fmt: skip
WAITS = st.sampled_from([1e-6, 1e-3, 0.01, 0.05, 0.1, 0.3, 0.7, 1.0, 1.5])


class Device(RuleBasedStateMachine):
    """The stimulator alone against a host that does anything."""

    def __init__(self, make):
        super().__init__()
        self.make = make
        self.clock = VirtualClock()
        self.device = SimulatedStimulator(
            self.clock, capabilities=make.capabilities(),
            load=SkinLoad(series=500.0, parallel=20e3, capacitance=50e-9),
        )  # fmt: skip
        self.lease_ends = self.frozen_until = 0.0
        self.stuck = False

    def send(self, command, *arguments):
        try:
            getattr(self.device, command)(*arguments)
        except SILENT_OR_REFUSED:
            return False
        return True

    @rule(
        shape=st.sampled_from(["direct", "surged", "fast"]), amplitude=st.sampled_from([1e-4, 9e-4, 2e-3])
    )
    def load(self, shape, amplitude):
        taken = self.send("load", getattr(self.make, shape)(amplitude=amplitude))
        assert not (taken and amplitude > 1e-3)

    @rule(lease=st.sampled_from([-1.0, 0.0, 0.05, 0.5, 1.0, 1.5]))
    def grant(self, lease):
        if self.send("grant", lease):
            assert 0 < lease <= 1.0
            self.lease_ends = self.clock.now() + lease

    @rule(seconds=WAITS)
    def wait(self, seconds):
        self.clock.wait(seconds)

    @rule(polls=st.integers(1, 40))
    def run_on(self, polls):
        for _ in range(polls):
            self.grant(1.0)
            self.clock.wait(0.3)
            self.check()

    @rule()
    def end(self):
        self.send("end")

    @rule()
    def cut(self):
        if self.send("cut"):
            assert self.stuck or self.device.envelope == 0

    @rule()
    def ask(self):
        self.send("status")

    @rule(fault=FAULTS, lasts=st.sampled_from([0.02, 0.5, 5.0]))
    def breaks(self, fault, lasts):
        now = self.clock.now()
        if fault.kind == "leak":
            fault = replace(fault, size=max(min(fault.size, 1e-3), -1e-3))
        if fault.kind == "frozen":
            self.frozen_until = max(self.frozen_until, now + lasts)
        self.device.order(replace(fault, start=now, stop=now + lasts))

    @rule()
    @precondition(lambda self: not self.stuck)
    def sticks(self):
        self.stuck = True
        self.device.order(Fault(kind="stuck", start=self.clock.now()))

    @invariant()
    def check(self):
        output, envelope = abs(self.device.output), self.device.envelope
        assert output <= 1e-3 * (1 + 1e-9)
        if not self.stuck:
            assert output <= envelope * (1 + 1e-9) + 1e-15
            assert envelope <= 1e-3 * (1 + 1e-9)
            if self.clock.now() >= self.lease_ends:
                assert output == 0 and envelope == 0
        try:
            status = self.device.status()
        except SILENT_OR_REFUSED:
            return
        if self.clock.now() < self.frozen_until:
            return  # the status is old and proves nothing
        if status.state not in ("running", "ending") and not self.stuck:
            assert envelope == 0
        if status.state in ("idle", "fault") and envelope > 0:
            # a stuck output is never hidden: what flows is what the status says
            assert abs(status.output) == envelope
        assert status.peak <= 1e-3 * (1 + 1e-9) and abs(status.mean) <= status.peak + 1e-15
        assert abs(status.net_charge) <= status.absolute_charge * (1 + 1e-9) + 1e-15
        assert abs(status.mean) <= status.rms * (1 + 1e-6) + 1e-12


class Sitting(RuleBasedStateMachine):
    """Whole sittings by the controller, with faults and a stop at any time."""

    def __init__(self, make):
        super().__init__()
        self.make = make
        self.faults, self.stop_at = [], None

    @property
    def stuck(self):
        return any(fault.kind == "stuck" for fault in self.faults)

    @rule(fault=FAULTS, start=st.floats(0, 9), lasts=st.sampled_from([0.02, 0.3, 2.0, 60.0]))
    @precondition(lambda self: len(self.faults) < 3)
    def breaks(self, fault, start, lasts):
        self.faults.append(replace(fault, start=start, stop=start + lasts))

    @rule(start=st.floats(0, 9))
    @precondition(lambda self: len(self.faults) < 3)
    def sticks(self, start):
        self.faults.append(Fault(kind="stuck", start=start))

    @rule(time=st.floats(0, 9))
    def stops(self, time):
        self.stop_at = time

    @rule(shape=st.sampled_from(["direct", "fast"]))
    def deliver(self, shape):
        make = self.make
        stimulus = replace(getattr(make, shape)(duration=20.0, amplitude=4e-4), duration=4.0,
                           ramp=Ramp(rise=0.5, fall=0.5))  # fmt: skip
        bench = make.Bench(stimulus, stimulus, faults=self.faults, trace=None)
        bench.plan = make.plan(stimulus, stimulus, gap=0.5)
        bench.approval = make.approval(bench.plan)
        bench.host = Host(clock=bench.clock, sink=bench.events.append, today=make.today)
        controller = Controller(bench.stimulator, limits=bench.limits, host=bench.host)
        if self.stop_at is not None:
            bench.clock.at[self.stop_at] = lambda: controller.stop("asked")
        off = True
        try:
            ending = controller.deliver(bench.plan, bench.approval).ending
        except OutputNotConfirmedOff:
            off, ending = False, "tripped"
        except SILENT_OR_REFUSED:
            ending = "refused"  # at the first word, or a second program that is not taken
        self.judge(bench, off=off, ending=ending)
        self.faults, self.stop_at = [], None

    def judge(self, bench, *, off, ending):
        kinds = bench.kinds
        if off:  # read back as zero: then it is, but for what no converter can tell
            assert bench.stimulator.envelope <= (ZERO_CURRENT if self.stuck else 0)
        else:
            assert kinds[-2:] == ["not-off", "closed"]
        if ending in ("completed", "stopped", "tripped"):
            assert kinds[0] == "opened" and kinds[-1] == "closed" and kinds.count("closed") == 1
            assert bench.events[-1].figure("ending") == ending
            assert ("trip" in kinds) == (ending == "tripped") or not off
        if "trip" in kinds:
            assert "lease" not in kinds[kinds.index("trip") :]
        assert [event.time for event in bench.events] == sorted(event.time for event in bench.events)
        peaks = [event.figure("peak") for event in bench.events if event.kind == "measured"]
        assert max(peaks, default=0.0) <= 1e-3 * (1 + 1e-9)
        bench.clock.wait(3)
        if not self.stuck:
            assert bench.stimulator.envelope == 0


def test_the_stimulator_against_a_host_that_does_anything(make):
    run_state_machine_as_test(lambda: Device(make), settings=SETTINGS)


def test_the_controller_against_a_stimulator_that_does_anything(make):
    less = settings(SETTINGS, max_examples=50, stateful_step_count=8)
    run_state_machine_as_test(lambda: Sitting(make), settings=less)
