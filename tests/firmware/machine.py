"""The core against a host and a load that do anything: what must hold after every step.

Used by the tests, in little, and by `benchmarks/safety.py`, at length.
"""

import bounds
import core as rules
import program as programs
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from microcurrent.delivery.program import compact
from microcurrent.model import Polarity, Ramp, Stimulus, Surge, shapes

AMPLITUDES = st.sampled_from([20e-6, 300e-6, 1e-3, 1.01e-3, 3e-3])
RAMPS = st.sampled_from([0.0, 0.5, 1.0, 2.0])
WAITS = st.sampled_from([1, 37, 500, 5_000, 25_000, 200_000, 990_000, 1_500_000])
#: Without shrinking: that a rule is missing is all that is asked.
GENERATE = (Phase.generate,)
FAULTS = ("open", "short", "gain", "leak", "stuck", "noise", "compliance")


@st.composite
def stimuli(draw):
    """Programs within the bounds and beyond them."""
    waveform, frequency = draw(
        st.sampled_from(
            [
                (shapes.constant(), 0.0), (shapes.biphasic(width=0.02), 30.0), (shapes.sine(), 50.0),
                (shapes.monophasic(width=0.3), 0.2), (shapes.burst(pulses=4, width=0.5), 8.3),
                (shapes.biphasic(width=0.2), 5000.0),
            ]
        )
    )  # fmt: skip
    ramp = draw(RAMPS)
    surge = draw(st.none() | st.builds(Surge, rise=RAMPS, hold=st.just(1.0), fall=RAMPS, rest=RAMPS))
    polarity = draw(st.sampled_from([Polarity(), Polarity(mode="alternating", every=3.0, ramp=1.0)]))
    return Stimulus(
        waveform=waveform, frequency=frequency, amplitude=draw(AMPLITUDES), surge=surge, polarity=polarity,
        ramp=Ramp(rise=ramp, fall=ramp), duration=2 * ramp + draw(st.sampled_from([0.5, 3.0, 4000.0])),
    )  # fmt: skip


def treatments():
    """Programs that the device takes."""
    return st.sampled_from(
        [
            Stimulus(
                waveform=waveform,
                frequency=frequency,
                amplitude=500e-6,
                duration=30.0,
                ramp=Ramp(rise=1, fall=1),
            )
            for waveform, frequency in ((shapes.constant(), 0.0), (shapes.biphasic(width=0.02), 30.0))
        ]
    )


class AnyHost(RuleBasedStateMachine):
    """Random commands, times, silence and broken loads; `make` and `check` are where tests look."""

    def __init__(self):
        super().__init__()
        self.core = rules.Core(clock=rules.CLOCK - 3_000)  # the clock goes round in the middle
        self.time = self.ticks = 0  # [us], and how often the core was asked
        self.lease_ends = 0
        self.fault = None
        self.wrong_since = None
        self.held = 0
        self.flowed = 0
        self.net = 0  # [nA us] of the program that runs or ran last, as the bench counts it
        self.pass_time(20_000)

    # -- the world -----------------------------------------------------------------------------

    def measured(self):
        """What flows and at which voltage, for what the core commands."""
        core = self.core
        out = core.output if core.enable else 0
        if self.fault == "stuck":
            return (self.held if core.enable else 0), 1_000
        self.held = out
        if self.fault == "open":
            return 0, (60_000 if out else 0)
        if self.fault == "short":
            return out, 0
        if self.fault == "gain":
            return out * 13 // 10, abs(out) * 10 // 1000
        if self.fault == "leak":
            return (out + 150_000 if core.enable else 0), 1_500
        if self.fault == "compliance":
            return out * 2 // 3, (60_000 if out else 0)
        if self.fault == "noise":
            return out + (self.time % 7 - 3) * 300, abs(out) * 10 // 1000
        return out, abs(out) * 10 // 1000

    def pass_time(self, us):
        """Let time pass as a port does, and look at what must always hold."""
        while us > 0:
            hold = min(self.core.hold(), us)
            flowed, millivolts = self.measured()
            was, before = self.core.flowing, self.core.output
            direct = self.core.program is not None and self.core.program.frequency == 0
            self.net += flowed * hold if was else 0
            self.core.tick(hold, flowed, millivolts)
            self.time, us, self.ticks = self.time + hold, us - hold, self.ticks + 1
            self.look(before, hold, direct)
        self.check()

    def look(self, before, us, direct):
        """After every tick: within the bounds, no step but to zero, zero without a lease."""
        core = self.core
        assert abs(core.output) <= bounds.CURRENT
        if core.output:
            assert core.enable and core.state in (rules.RUNNING, rules.ENDING)
            assert self.time < self.lease_ends
        if core.flowing and direct:
            assert abs(core.output - before) <= bounds.SLEW * us + bounds.ZERO
        if self.fault in ("open", "short", "gain", "leak", "compliance"):
            if self.wrong_since is None and abs(core.output) > 2 * bounds.SHORT_FLOOR:
                self.wrong_since = self.time
            if self.wrong_since is not None and direct:
                assert not core.output or self.time - self.wrong_since <= 50_000
        if not core.output:
            self.wrong_since = None

    # -- what a host does ----------------------------------------------------------------------

    @rule(stimulus=stimuli())
    def load(self, stimulus):
        self.take(stimulus)

    def take(self, stimulus):
        program = compact(stimulus)
        made = programs.Program(program.amplitude, program.frequency, program.slow, program.pieces)
        refused = self.core.load(made)
        if refused is None:
            self.net = 0
            assert stimulus.amplitude <= 1e-3 and min(stimulus.ramp.rise, stimulus.ramp.fall) >= 1.0
            assert stimulus.frequency <= 1000.0 and stimulus.duration <= 3600.0
            assert self.core.state == rules.ARMED and self.core.output == 0

    @rule(
        stimulus=treatments(), polls=st.integers(5, 40), fault=st.none() | st.sampled_from(FAULTS), us=WAITS
    )
    def treat(self, stimulus, polls, fault, us):
        """What a host usually does, so that the other rules meet a current; then something may break."""
        self.fault = None
        self.core.cut()
        self.pass_time(20_000)
        self.core.clear()
        self.take(stimulus)
        self.go_on(polls)
        self.fault = fault
        self.renew(1000)
        self.pass_time(us)

    @rule(lease=st.sampled_from([-1, 0, 40, 400, 1000, 1001]), age=st.sampled_from([-5, 0, 30, 500, 5000]))
    def grant(self, lease, age):
        self.renew(lease, age)

    def renew(self, lease, age=0):
        if self.core.grant(lease, (self.core.ms - age) & rules.CLOCK) is None:
            assert 0 < lease <= 1000 and 0 <= age < lease
            self.lease_ends = self.time + (lease - age) * 1000 - self.core.us

    @rule(polls=st.integers(1, 30))
    def run_on(self, polls):
        self.go_on(polls)

    def go_on(self, polls):
        for _ in range(polls):
            self.renew(1000)
            self.pass_time(100_000)

    @rule(us=WAITS)
    def wait(self, us):
        self.pass_time(us)

    @rule()
    def end(self):
        self.core.end()

    @rule()
    def cut(self):
        self.core.cut()
        assert self.core.output == 0 and not self.core.enable

    @rule()
    def clear(self):
        if self.core.clear() is None:
            assert self.core.state != rules.FAULT

    @rule()
    def hello(self):
        flowing = self.core.flowing
        assert (self.core.hello() == "busy") == flowing

    @rule(number=st.integers(-3, 6))
    def number(self, number):
        last = self.core.number
        assert (self.core.accept(number) is None) == (number > last)
        assert self.core.number >= last

    @rule(fault=st.sampled_from(FAULTS))
    def breaks(self, fault):
        self.fault = fault

    @rule()
    def mends(self):
        self.fault = None

    @rule()
    def late(self):
        """The loop of the device stalls: it is told how long, and must not go on."""
        was = self.core.enable
        flowed, millivolts = self.measured()
        self.net += flowed * 30_000 if self.core.flowing else 0
        self.core.tick(30_000, flowed, millivolts)
        self.time += 30_000
        assert not (was and self.core.output)

    # -- what must hold ------------------------------------------------------------------------

    @invariant()
    def check(self):
        core = self.core
        assert abs(core.output) <= bounds.CURRENT
        if core.state in (rules.IDLE, rules.ARMED, rules.FAULT):
            assert core.output == 0 and not core.enable
        if core.state == rules.FAULT:
            assert core.fault
        if core.zero:
            assert core.output == 0 and not core.enable
        assert core.net * rules.CARRY + core.net_odd == self.net
        assert core.sitting_charge <= bounds.SITTING_CHARGE * rules.PER_MICROCOULOMB * 101 // 100
