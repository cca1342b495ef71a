"""The safety core: each bound just kept and just passed, and anything at all by a host and a load."""

import ast

import bounds
import core as rules
import program as programs
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from microcurrent import tables
from microcurrent.delivery.program import compact
from microcurrent.model import Polarity, Ramp, Stimulus, Surge, shapes

from . import machine, small
from .conftest import FIRMWARE


def made(**changed):
    values = {
        "waveform": shapes.constant(),
        "amplitude": 200e-6,
        "duration": 60.0,
        "ramp": Ramp(rise=1, fall=1),
    }
    program = compact(Stimulus(**{**values, **changed}))
    return programs.Program(program.amplitude, program.frequency, program.slow, program.pieces)


def pulses(**changed):
    return made(**{"waveform": shapes.biphasic(width=0.02), "frequency": 30.0, **changed})


def rippled(**changed):
    """A square of 100 uA on 300 uA of direct current: it neither rests nor turns."""
    shape = shapes.superposed(shapes.biphasic(width=0.5), offset=3.0)
    return made(**{"waveform": shape, "amplitude": 400e-6, "frequency": 30.0, **changed})


class Bench:
    """A core on a load of 10 kohm; `flow(out)` may be changed."""

    def __init__(self, **changed):
        self.core = rules.Core(**changed)
        self.flow = lambda out: (out, abs(out) // 100)
        self.outputs = []
        self.wait(0.02)

    def wait(self, seconds, lease=0):
        """Let time pass; renew a lease of `lease` [ms] all along."""
        us = round(seconds * 1e6)
        while us > 0:
            if lease and self.core.flowing:
                self.core.grant(lease, self.core.ms)
            hold = min(self.core.hold(), us)
            self.core.tick(hold, *self.flow(self.core.output if self.core.enable else 0))
            us -= hold
            self.outputs.append(self.core.output)

    def start(self, program, seconds=2.0):
        assert self.core.load(program) is None
        assert self.core.grant(1000, self.core.ms) is None
        self.wait(seconds, lease=1000)
        return self


# -- anything -------------------------------------------------------------------------------------------


def test_a_host_and_a_load_that_do_anything():
    run_state_machine_as_test(
        machine.AnyHost,
        settings=settings(
            max_examples=60, stateful_step_count=50, deadline=None, derandomize=True,
            phases=machine.GENERATE, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )  # fmt: skip


MUTANTS = {
    "lease": ("core", '            self.trip("lease")\n            return\n', "            pass\n"),
    "slew": ("core", "elif program.frequency == 0 and (step", "elif False and (step"),
    "bound of a program": (
        "admission", '    if program.amplitude > bounds.CURRENT:\n        return "current"\n', "",
    ),
    "ramp of a program": ("admission", "    if min(program.rise, program.fall) < least or", "    if"),
    "reaction": ("sides", "self.wrong_us[side] >= bounds.REACTION", "self.wrong_us[side] >= 10 * bounds.REACTION"),
    "number": ("core", "        if number <= self.number:\n", "        if number < self.number:\n"),
    "late": ("core", '        if late:\n            self.trip("late")\n', ""),
    "old lease": ("core", "        if since(self.ms, issued) >= lease:\n", "        if False:\n"),
    "cut": (
        "core", "self.output, self.enable, self.state = 0, False, state",
        "self.enable, self.state = False, state",
    ),
}  # fmt: skip
#: What the core takes from each file: a mutant of the file is put in its place.
TAKEN = {"core": "Core", "admission": "beyond", "sides": "Sides"}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_core_without_one_of_its_rules_is_found_out(name, monkeypatch):
    """The machine above is worth something: it fails for each rule that is taken out."""
    file, rule, without = MUTANTS[name]
    source = (FIRMWARE / f"{file}.py").read_text(encoding="utf-8")
    assert source.count(rule) == 1, "the rule has another wording now"
    source = source.replace(rule, without)
    if name == "slew":  # something must be steep for it to matter
        source = source.replace("scale(value, part(self.fade, bounds.END_RAMP * 10))", "0")
    broken = {"__name__": file}
    exec(compile(ast.parse(source), f"{file}.py", "exec"), broken)
    monkeypatch.setattr(rules, TAKEN[file], broken[TAKEN[file]])
    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            machine.AnyHost,
            settings=settings(
                max_examples=300, stateful_step_count=50, deadline=None, derandomize=True, database=None,
                suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
                phases=machine.GENERATE,
            ),
        )  # fmt: skip


# -- bounds ---------------------------------------------------------------------------------------------


def test_the_bounds_are_inside_the_limits_and_the_hardware():
    limits = tables.limits()
    assert (
        limits.stop("total-current") >= bounds.CURRENT * 1e-9 and bounds.CURRENT < bounds.HARDWARE_CURRENT
    )
    assert limits.stop("compliance-voltage") >= bounds.VOLTAGE * 1e-3
    assert bounds.VOLTAGE_REACHED < bounds.VOLTAGE
    assert limits.stop("heartbeat") >= bounds.LEASE * 1e-3
    assert limits.stop("dc-charge-sitting") >= bounds.SITTING_CHARGE / 1e6
    assert limits.stop("sitting-time") >= bounds.SITTING_TIME / 1e5
    assert limits.stop("net-dc-balanced") >= bounds.NET_DIRECT * 1e-9
    assert limits.stop("contact-loss-time") > bounds.REACTION * 1e-6 + programs.LONGEST_HOLD * 1e-6


@pytest.mark.parametrize("mode", ["motor", "iontophoresis", "wound"])
def test_no_mode_of_treatment_asks_for_less_than_the_limits_that_the_device_keeps(mode):
    """What a host of another mode may ask for ends at the device's own bounds, or before them."""
    limits = tables.limits(mode=mode)
    most = min(limits.stop("total-current"), bounds.CURRENT * 1e-9)
    assert Bench().core.load(pulses(amplitude=most)) is None
    assert Bench().core.load(pulses(amplitude=limits.stop("total-current") + 1e-3)) == "current"
    assert limits.stop("heartbeat") >= bounds.LEASE * 1e-3
    assert limits.stop("net-dc-balanced") >= bounds.NET_DIRECT * 1e-9


@pytest.mark.parametrize(
    ("program", "word"),
    [
        (made(amplitude=1e-3), None),
        (made(amplitude=1.0001e-3), "current"),
        (made(ramp=Ramp(rise=0.999, fall=1)), "ramp"),
        (made(ramp=Ramp(rise=1, fall=0.999)), "ramp"),
        (made(duration=3600.0), None),
        (made(duration=3600.1), "sitting-time"),
        (made(surge=Surge(rise=0.5, hold=1, fall=1, rest=1)), "ramp"),
        (made(polarity=Polarity(mode="alternating", every=10, ramp=0.5)), "ramp"),
        (pulses(surge=Surge(rise=0.5, hold=1, fall=1, rest=1)), None),
        (pulses(frequency=400.0), None),
        (pulses(frequency=401.0), "too-fast"),
        (made(waveform=shapes.sine(), frequency=1250.0), None),
        (made(waveform=shapes.sine(), frequency=1251.0), "too-fast"),
        (made(waveform=shapes.monophasic(width=0.5), frequency=0.1, amplitude=199e-6), None),
        (made(waveform=shapes.monophasic(width=0.5), frequency=0.1, amplitude=201e-6), "phase-charge"),
        (rippled(), None),
        (rippled(frequency=0.301), None),
        (rippled(frequency=0.299), "phase-charge"),
        (rippled(polarity=Polarity(mode="alternating", every=10, ramp=1.0)), None),
        (rippled(polarity=Polarity(mode="alternating", every=10, ramp=0.5)), "ramp"),
    ],
)
def test_a_program_just_inside_and_just_outside(program, word):
    assert Bench().core.load(program) == word


def test_a_shape_that_is_said_to_be_balanced_and_is_not():
    program = pulses()
    program.lasts[1] = program.firsts[1] = program.firsts[1] * 9 // 10
    assert Bench().core.load(program) == "balance"


def test_time_and_charge_add_up_over_a_sitting_until_a_rest(monkeypatch):
    monkeypatch.setattr(bounds, "SITTING_TIME", 500_000)
    bench = Bench().start(made(duration=3.0), seconds=3.1)
    assert bench.core.state == rules.IDLE
    assert bench.core.load(made(duration=3.0)) == "sitting-time"
    bench.core.ms += bounds.REST
    assert bench.core.load(made(duration=3.0)) is None


def test_the_charge_of_a_sitting_is_refused_and_if_it_flows_all_the_same_it_trips(monkeypatch):
    monkeypatch.setattr(bounds, "SITTING_CHARGE", 500)  # uC
    assert Bench().core.load(made(duration=3.0)) == "sitting-charge"
    bench = Bench()
    monkeypatch.setattr(bounds, "SITTING_CHARGE", 600)
    bench.start(made(duration=2.9), seconds=1.0)
    monkeypatch.setattr(bounds, "SITTING_CHARGE", 200)
    bench.wait(1.5, lease=1000)
    assert bench.core.fault == "sitting-charge" and bench.core.output == 0


def charge_of_net_direct(bench, leak):
    bench.flow = lambda out: (out + leak if bench.core.enable else 0, abs(out) // 100)


@pytest.mark.parametrize(
    ("leak", "fault"), [(20_000, ""), (-48_000, ""), (52_000, "net-direct"), (-52_000, "net-direct")]
)
def test_the_direct_part_of_a_balanced_current(leak, fault, monkeypatch):
    monkeypatch.setattr(bounds, "FLOOR", 100_000)  # else the mismatch is seen first
    bench = Bench()
    charge_of_net_direct(bench, leak)
    bench.start(pulses(), seconds=3.0)
    assert bench.core.fault == fault


def test_direct_current_with_a_ripple_has_no_phases_but_its_charge_counts(monkeypatch):
    bench = Bench().start(rippled(), seconds=8.0)  # 2 mC one way, without rest
    assert bench.core.fault == "" and bench.core.state == rules.RUNNING
    monkeypatch.setattr(bounds, "SITTING_CHARGE", 2_400)  # uC
    bench.wait(3.0, lease=1000)
    assert bench.core.fault == "sitting-charge" and bench.core.output == 0


def test_the_charge_of_a_phase_that_flows(monkeypatch):
    bench = Bench()
    bench.start(made(waveform=shapes.monophasic(width=0.5), frequency=0.5), seconds=1.5)
    monkeypatch.setattr(bounds, "PHASE_CHARGE", 100_000)  # nC: a phase of 1 s at 200 uA has 200
    bench.wait(2.0, lease=1000)
    assert bench.core.fault == "phase-charge"


@pytest.mark.parametrize(
    ("flow", "fault"),
    [
        (lambda out: (0, 60_000 if out else 0), "open"),
        (lambda out: (0, 0), "open"),
        (lambda out: (out, 0), "short"),
        (lambda out: (out * 6 // 10, 60_000 if out else 0), "compliance"),
        (lambda out: (out * 8 // 10, abs(out) // 100), "mismatch"),
        (lambda out: (out * 12 // 10, abs(out) // 100), "mismatch"),
        (lambda out: (-out, abs(out) // 100), "mismatch"),
    ],
)
@pytest.mark.parametrize("program", [made, pulses])
def test_a_wrong_output_is_off_within_the_time_of_a_lost_contact(flow, fault, program):
    bench = Bench().start(program())
    whole = bench.core.us + 1000 * bench.core.ms
    bench.flow = flow
    while bench.core.flowing:
        bench.wait(0.0005, lease=1000)
    # Between two pulses nothing shows: the time runs from the first pulse that is missing.
    rest = 0.0333 if program is pulses else 0.0
    assert bench.core.fault == fault
    assert (bench.core.us + 1000 * bench.core.ms - whole) * 1e-6 <= 0.050 + rest


@pytest.mark.parametrize(
    ("program", "flow"),
    [
        (lambda: pulses(amplitude=300e-6), lambda out: (out * 3 if out > 0 else out, abs(out) // 100)),
        (lambda: pulses(amplitude=300e-6), lambda out: (out if out > 0 else 0, abs(out) // 100)),
        (lambda: made(waveform=shapes.sine(), frequency=20.0), lambda out: (out * 6 // 5, abs(out) // 100)),
        (
            lambda: made(waveform=shapes.sine(), frequency=100.0),
            lambda out: (out * 6 // 5, abs(out) // 100),
        ),
    ],
)
def test_a_half_of_the_stage_and_the_foot_of_a_sine_hide_nothing(program, flow):
    bench = Bench().start(program())
    bench.flow = flow
    bench.wait(0.2, lease=1000)
    assert bench.core.fault in ("mismatch", "open", "over-current") and bench.core.output == 0


def test_a_contact_that_comes_back_for_moments_is_lost():
    bench = Bench().start(made(amplitude=300e-6))
    good = bench.flow
    for _ in range(6):
        bench.flow = lambda out: (0, 60_000 if out else 0)
        bench.wait(0.0354, lease=1000)
        bench.flow = good
        bench.wait(0.0006, lease=1000)
    assert bench.core.fault == "open"


def test_two_noisy_looks_far_apart_are_no_fault():
    bench = Bench().start(made(surge=Surge(rise=1, hold=0.5, fall=1, rest=30)), seconds=4.0)
    good = bench.flow
    for _ in range(2):
        bench.flow = lambda out: (3_000, 0)
        bench.wait(0.0005, lease=1000)
        bench.flow = good
        bench.wait(3.0, lease=1000)
    assert bench.core.fault == ""


@pytest.mark.parametrize("frequency", [1.1, 1.5, 2.5, 5.5, 9.5])
def test_a_balanced_current_without_direct_part_is_no_fault_at_any_frequency(frequency):
    # The ramp is slow beside a period, else it leaves a direct part itself.
    square = made(
        waveform=shapes.biphasic(width=0.5), frequency=frequency, amplitude=0.9e-3, ramp=Ramp(rise=10, fall=10)
    )  # fmt: skip
    assert Bench().start(square, seconds=16.0).core.fault == ""


def test_direct_current_in_the_dress_of_a_slow_alternating_one_needs_the_ramps_of_one():
    dressed = {"waveform": shapes.monophasic(width=0.9999), "frequency": 1.0, "amplitude": 1e-3}
    assert Bench().core.load(made(**dressed, polarity=Polarity(mode="alternating", every=5))) == "ramp"
    assert Bench().core.load(made(**dressed, surge=Surge(rise=0, hold=1, fall=1, rest=1))) == "ramp"
    assert Bench().core.load(made(**dressed)) is None


def test_a_stop_by_hand_stands_above_every_other_fault():
    bench = Bench().start(made())
    bench.core.trip("open")
    bench.core.trip("stopped")
    bench.core.trip("short")
    assert bench.core.fault == "stopped"


def test_far_too_much_current_trips_at_the_next_look():
    bench = Bench().start(made(amplitude=0.9e-3))
    bench.flow = lambda out: (out * 13 // 10, abs(out) // 100)
    bench.wait(0.0006)
    assert bench.core.fault == "over-current" and bench.core.output == 0


def test_a_bounce_shorter_than_the_reaction_is_no_trip():
    bench = Bench().start(made())
    good = bench.flow
    for _ in range(5):
        bench.flow = lambda out: (0, 60_000)
        bench.wait(0.03, lease=1000)
        bench.flow = good
        bench.wait(0.01, lease=1000)
    assert bench.core.state == rules.RUNNING


def test_an_output_that_does_not_end_is_a_fault_and_never_called_zero():
    bench = Bench().start(made())
    bench.core.cut()
    bench.flow = lambda out: (200_000, 2_000)
    bench.wait(0.05)
    assert bench.core.fault == "stuck" and not bench.core.zero and not bench.core.enable
    assert bench.core.clear() == "not-zero"
    bench.flow = lambda out: (0, 0)
    bench.wait(0.02)
    assert bench.core.zero and bench.core.clear() is None and bench.core.state == rules.IDLE


def test_the_lease_ends_the_current_and_latches():
    bench = Bench()
    bench.core.load(made())
    bench.core.grant(300, bench.core.ms)
    bench.wait(0.295)
    assert bench.core.output > 0
    bench.wait(0.01)
    assert bench.core.fault == "lease" and bench.core.output == 0
    assert bench.core.grant(300, bench.core.ms) == "fault" and bench.core.load(made()) == "fault"


def test_a_lease_counts_from_when_it_was_issued_and_not_from_when_it_came():
    bench = Bench()
    bench.core.load(made())
    issued = bench.core.ms
    bench.wait(0.25)
    assert bench.core.grant(300, issued) is None
    bench.wait(0.06)
    assert bench.core.fault == "lease"
    other = Bench()
    other.core.load(made())
    issued = other.core.ms
    other.wait(0.3)
    assert other.core.grant(300, issued) == "late"
    assert other.core.grant(300, other.core.ms + 5) == "late"  # issued in the future


def test_the_clock_may_go_round_while_current_flows():
    bench = Bench(clock=rules.CLOCK - 1_500).start(made(), seconds=4.0)
    assert bench.core.state == rules.RUNNING and bench.core.ms < 3_000
    bench.wait(1.01)
    assert bench.core.fault == "lease"


def test_an_end_goes_to_zero_by_its_ramp():
    bench = Bench().start(made())
    bench.core.end()
    bench.outputs.clear()
    bench.wait(1.01, lease=1000)
    falls = bench.outputs
    assert bench.core.state == rules.IDLE and falls[-1] == 0
    assert all(0 <= a - b <= 1_600 for a, b in zip(falls, falls[1:], strict=False))
    assert bench.core.elapsed == pytest.approx(300_000, abs=300)


def test_no_number_in_a_tick_leaves_a_small_integer_of_a_chip():
    surged = {
        "waveform": shapes.monophasic(width=0.5), "frequency": 0.5, "amplitude": 1e-3,
        "surge": Surge(rise=1, hold=2, fall=1, rest=1),
        "polarity": Polarity(mode="alternating", every=10, ramp=1),
    }  # fmt: skip
    for maker in (
        lambda: made(amplitude=1e-3, duration=3000.0), lambda: pulses(amplitude=1e-3), lambda: made(**surged)
    ):  # fmt: skip
        for extreme in (1.0, 2.5, -2.5, 100.0):
            program = maker()
            bench = Bench(clock=rules.CLOCK - 500)
            bench.start(program, seconds=1.5)
            core = bench.core
            small.shrink(core.program, [n for n, v in vars(core.program).items() if type(v) is int])
            core.program.elapsed = small.Small(
                290_000_000 if program.duration > 290_000_000 else core.program.elapsed
            )
            core.sitting_charge = 60_000_000
            core.window_us, core.second, core.second_us = 9_999_999, 19_999, 99_000_000
            small.shrink(core, [n for n, v in vars(core).items() if type(v) is int])
            for _ in range(2000):
                out = core.output
                core.tick(small.Small(core.hold()), small.Small(round(out * extreme)), small.Small(60_000))
                if core.state == rules.FAULT:  # go on all the same
                    break


def test_commands_in_the_wrong_state():
    core = Bench().core
    assert core.grant(1000, core.ms) == "no-program"
    assert core.load(made()) is None and core.load(made()) == "busy"
    core.hello()
    assert core.state == rules.IDLE  # a new host finds nothing loaded
    core.end(), core.cut()
    assert core.clear() is None
    fresh = rules.Core()
    assert fresh.load(made()) is None and fresh.grant(1000, fresh.ms) == "not-zero"
