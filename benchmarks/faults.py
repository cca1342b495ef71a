"""The fault campaign: seeded sittings in virtual time against a line, a load and a device that fail.

    python benchmarks/faults.py --sittings 10000 --jobs 2
    python benchmarks/faults.py --seed 1234 --sittings 1 --trace

After every tick and after every sitting it is checked that no more than the limit is commanded, that no
current flows without a lease, that zero comes within the stated time, that the record has every lease, and
that the charge of the device and of the record agree. A seed that fails is printed with the line that
repeats it; it belongs into tests/benchmarks/test_faults.py then.
"""

from __future__ import annotations

import argparse
import collections
import concurrent.futures
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from virtual_bench import Killed, Weather, World, WorldLine, bounds, loads, rules

from microcurrent import tables
from microcurrent.delivery.controller import Controller
from microcurrent.delivery.drivers.own_firmware import FirmwareStimulator
from microcurrent.delivery.host import Host
from microcurrent.errors import DeliveryError, MicrocurrentError, OutputNotConfirmedOff
from microcurrent.model import (
    Approval,
    Electrode,
    Placement,
    Plan,
    Polarity,
    Ramp,
    Site,
    Step,
    Stimulus,
    Surge,
    shapes,
)

TODAY = "2027-05-01"
#: What a sitting is made to suffer; "calm" is the control.
TROUBLES = (
    "calm", "drop", "delay", "twice", "corrupt", "storm", "cut", "half open", "lead off", "short", "gain",
    "leak", "drift", "stuck", "welded", "button", "kill", "reset", "stop", "cut by hand", "pause",
    "two hosts",
)  # fmt: skip
#: Time [us] after which a trouble of the load must have ended the current: the limit on lost contacts.
#: Between two pulses nothing shows, so a period is added; what drifts is wrong only in time.
ZERO_WITHIN = {"lead off": 50_000, "short": 50_000, "gain": 50_000, "leak": 50_000, "button": 1_000}


def plan_of(draw: random.Random) -> Plan:
    """One or two steps of a few seconds."""
    steps, start = [], 0.0
    for number in range(1, draw.choice([2, 2, 3])):
        stimulus = stimulus_of(draw)
        steps.append(
            Step(
                number=number, system="galvanic" if stimulus.waveform.mean else "faradic", start=start,
                stimulus=stimulus, anode=Placement(electrode="one", site="left"),
                cathode=Placement(electrode="two", site="right"),
            )
        )  # fmt: skip
        start += stimulus.duration + draw.choice([0.3, 1.0])
    electrodes = tuple(
        Electrode(name=name, shape="sphere", coupling="gel", diameter=0.01) for name in ("one", "two")
    )
    sites = (Site(name="left", position=(0.0, 0.0, 0.0)), Site(name="right", position=(0.05, 0.0, 0.0)))
    return Plan(title="campaign", body="slab", body_content="none", intent="test", electrodes=electrodes,
                steps=tuple(steps), sites=sites)  # fmt: skip


def stimulus_of(draw: random.Random) -> Stimulus:
    """Direct, reversed, surged, pulsed: what the device can draw."""
    waveform, frequency = draw.choice(
        [
            (shapes.constant(), 0.0), (shapes.constant(), 0.0), (shapes.biphasic(width=0.02), 30.0),
            (shapes.biphasic(width=0.05, ratio=0.5), 100.0), (shapes.ramped_square(rise=0.1), 10.0),
            (shapes.monophasic(width=0.1), 50.0), (shapes.burst(pulses=4, width=0.5), 8.3),
        ]
    )  # fmt: skip
    surge = Surge(rise=1.0, hold=0.5, fall=1.0, rest=0.2) if draw.random() < 0.2 else None
    polarity = Polarity(mode="alternating", every=2.5, ramp=1.0) if draw.random() < 0.15 else Polarity()
    return Stimulus(
        waveform=waveform, frequency=frequency, amplitude=draw.choice([50e-6, 200e-6, 500e-6, 1e-3]),
        duration=draw.uniform(2.3, 4.0), ramp=Ramp(rise=1.0, fall=1.0), surge=surge, polarity=polarity,
    )  # fmt: skip


def approval_of(plan: Plan) -> Approval:
    """Consent to just this plan."""
    none = "0" * 64
    return Approval(plan=plan.digest, prediction=none, assessment=none, screening=none, tables=none,
                    client="client-7", by="A. Person", role="researcher", given=TODAY, until="2027-12-31",
                    meaning="agreed")  # fmt: skip


def weather_of(trouble: str, draw: random.Random, moment: float) -> Weather:
    """The line under one trouble."""
    share = draw.choice([0.02, 0.1, 0.3])
    if trouble == "storm":
        return Weather(drop=share / 2, delay=share / 2, twice=share, corrupt=share / 2)
    if trouble in ("drop", "delay", "twice", "corrupt"):
        return Weather(**{trouble: share})
    if trouble == "cut":
        return Weather(cut=moment)
    return Weather(half_open=moment) if trouble == "half open" else Weather()


class Sitting:
    """One seeded sitting: made, suffered, and judged. `problems` is what must not be."""

    def __init__(self, seed: int, trouble: str | None = None) -> None:
        draw = random.Random(seed)
        self.seed, self.trouble = seed, trouble or TROUBLES[seed % len(TROUBLES)]
        self.plan = plan_of(draw)
        self.moment = draw.uniform(0.0, self.plan.duration)
        kind = self.trouble.replace(" ", "_")
        orders = []
        if kind in loads.FAULTS:
            size = {
                "gain": draw.choice([-0.5, 0.3, 5.0]),
                "leak": draw.choice([-3e5, 1.5e5, 2e6]),
                "drift": 20.0,
            }
            orders.append((round(self.moment * 1e6), kind, size.get(kind, 0.0)))
        self.load = loads.Load(series=draw.choice([500.0, 2000.0]), parallel=draw.choice([5e3, 2e4]))
        clock = rules.CLOCK - draw.choice([10**6, 3000, 1500])
        self.world = World(seed, weather=weather_of(self.trouble, draw, self.moment), orders=orders,
                           load=self.load, clock=clock, key=draw.choice([b"", b"secret"]))  # fmt: skip
        self.events: list = []
        self.delivered = self.error = None
        self.problems: list[str] = []

    def run(self) -> Sitting:
        """Give the sitting, let the world settle, and judge it."""
        world = self.world
        driver = FirmwareStimulator(WorldLine(world), key=world.key)
        host = Host(clock=world.clock, sink=self.events.append, today=TODAY)
        controller = Controller(driver, limits=tables.limits(), host=host)
        self._order(controller)
        try:
            self.delivered = controller.deliver(self.plan, approval_of(self.plan))
        except (Killed, MicrocurrentError) as error:
            self.error = error
        world.dead = True  # whatever came: from now on nobody speaks to the device
        settled = world.clock.microseconds + 2_500_000
        world.advance(settled)
        self._judge()
        return self

    def _order(self, controller: Controller) -> None:
        world, now = self.world, round(self.moment * 1e6)
        if self.trouble == "kill":
            world.clock.killed_at = self.moment
        elif self.trouble == "reset":
            world.reset_at = now
        elif self.trouble == "stop":
            world.at[now] = lambda: controller.stop("enough")
        elif self.trouble == "cut by hand":
            world.at[now] = lambda: controller.cut("pain")
        elif self.trouble == "pause":
            world.at[now] = lambda: controller.pause("the door")
            world.at[now + 4_000_000] = lambda: controller.resume("A. Person")
        elif self.trouble == "two hosts":
            world.at[now] = self._second_host

    def _second_host(self) -> None:
        """Another host says hello, and replays what the first has said."""
        flowing = self.world.core.flowing
        answer = self.world.bench.device.answer(_sealed(b"1 hello 1 0123456789abcdef"))
        if flowing and b" no busy" not in answer:
            self.problems.append("a second host was let in while current flowed")

    # -- what must hold ------------------------------------------------------------------------

    def _judge(self) -> None:
        watch, core = self.world.bench.watch, self.world.core
        self.problems += watch.problems
        hardware = self.trouble in ("stuck", "welded")
        if watch.longest_over > 1_000 and not hardware:
            self.problems.append(f"more than the limit flowed for {watch.longest_over} us")
        if watch.unleased > 1_500:
            self.problems.append(f"commanded without a lease for {watch.unleased} us")
        if core.output or core.enable:
            self.problems.append("the output is on after the sitting")
        if self.trouble != "welded" and self.load.flowed:
            self.problems.append("current flows after the sitting")
        said_off = bool(self.events) and "off" in [event.kind for event in self.events[-2:]]
        if said_off and abs(self.load.flowed) > bounds.ZERO:
            self.problems.append("the record says that the output is off, and current flows")
        self._judge_time()
        self._judge_record()
        self._judge_charge()

    def _judge_time(self) -> None:
        within = ZERO_WITHIN.get(self.trouble)
        if within is None:
            return
        rest = max(
            round(1e6 / step.stimulus.frequency) if step.stimulus.frequency else 0
            for step in self.plan.steps
        )
        surged = any(step.stimulus.surge for step in self.plan.steps)
        late = self.world.bench.watch.last_flow - round(self.moment * 1e6)
        if self.trouble != "button" and (surged or self._judged_late()):
            return
        if late > within + rest:
            self.problems.append(f"{self.trouble}: zero came {late} us later")

    def _judged_late(self) -> bool:
        """Whether the trouble began where no current, or too small a one, let it be told at once."""
        for step in self.plan.steps:
            since = self.moment - step.start
            if 1.0 <= since < step.stimulus.duration - 1.1 and step.stimulus.polarity.mode == "fixed":
                return False
        return True

    def _judge_record(self) -> None:
        kinds = [event.kind for event in self.events]
        leases = kinds.count("lease")
        if self.world.granted > leases:
            self.problems.append(f"{self.world.granted} leases were taken, {leases} are in the record")
        if isinstance(self.error, Killed):
            return
        if kinds and kinds[-1] != "closed":
            self.problems.append(f"the record ends with {kinds[-1]}")
        if any(b.time < a.time for a, b in zip(self.events, self.events[1:], strict=False)):
            self.problems.append("the record is out of order")
        if self.delivered is not None and self.delivered.ending == "tripped" and "trip" not in kinds:
            self.problems.append("a trip is not in the record")
        if self.error is not None and not isinstance(self.error, DeliveryError):
            self.problems.append(f"{type(self.error).__name__}: {self.error}")
        if self.trouble == "calm" and (self.delivered is None or self.delivered.ending != "completed"):
            self.problems.append(
                f"nothing was wrong, and it was not completed: {self.delivered or self.error}"
            )

    def _judge_charge(self) -> None:
        """The record against a bench beside the device: to 1 %, and what was not read is bounded."""
        flowed = self.world.bench.watch.charge * 1e-15
        if self.delivered is None:
            return
        recorded = sum(step.absolute_charge for step in self.delivered.steps)
        largest = max(step.stimulus.peak for step in self.plan.steps)
        if "off" in [event.kind for event in self.events] and self.trouble not in (
            "reset",
            "stuck",
            "welded",
        ):
            allowed = 0.01 * flowed + 2e-9
        else:  # zero was not read back, or the device has forgotten: what a lease may have given
            allowed = 0.01 * flowed + 1.4 * largest * bounds.LEASE * 1e-3
        if abs(recorded - flowed) > allowed:
            self.problems.append(f"the record has {recorded:.3e} C, the bench saw {flowed:.3e} C")


def _sealed(body: bytes) -> bytes:
    from microcurrent.delivery import wire

    return wire.sealed(body)


def judged(seed: int) -> tuple[int, str, str, list[str]]:
    """Run one seed; return it with its trouble, how it ended, and its problems."""
    sitting = Sitting(seed).run()
    if sitting.delivered is not None:
        ending = sitting.delivered.ending
        if sitting.delivered.trip is not None:
            ending += f" ({sitting.delivered.trip.code})"
    else:
        error = sitting.error
        ending = "not confirmed off" if isinstance(error, OutputNotConfirmedOff) else type(error).__name__
    return seed, sitting.trouble, ending, sitting.problems


def main() -> int:
    """Run the campaign and print its summary."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sittings", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--trace", action="store_true", help="print the events of each sitting")
    wanted = parser.parse_args()
    seeds = range(wanted.seed, wanted.seed + wanted.sittings)
    if wanted.trace:
        for seed in seeds:
            sitting = Sitting(seed).run()
            for event in sitting.events:
                print(f"{event.time:8.3f} {event.kind:10} {dict(event.figures)}")
            print(sitting.trouble, f"at {sitting.moment:.3f} s;", sitting.delivered or repr(sitting.error))
            print(sitting.problems or "nothing wrong")
    began = time.monotonic()
    endings: dict[str, collections.Counter] = collections.defaultdict(collections.Counter)
    failed = 0
    with concurrent.futures.ProcessPoolExecutor(wanted.jobs) as pool:
        for done, (seed, trouble, ending, problems) in enumerate(
            pool.map(judged, seeds, chunksize=20), start=1
        ):
            endings[trouble][ending] += 1
            if problems:
                failed += 1
                print(f"seed {seed} ({trouble}): {'; '.join(problems)}")
                print(f"  repeat: python benchmarks/faults.py --seed {seed} --sittings 1 --trace")
            if done % 500 == 0:
                print(f"... {done} sittings, {time.monotonic() - began:.0f} s", file=sys.stderr)
    for trouble in TROUBLES:
        ways = ", ".join(f"{count} {ending}" for ending, count in endings[trouble].most_common())
        print(f"{trouble:12} {ways}")
    print(f"{wanted.sittings} sittings, {failed} failed, {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
