"""Latency of a stop: from the call on the host to zero at the load, on an idle and on a full machine.

    python benchmarks/stop_latency.py --stops 40

The whole way: a controller in its thread, the driver, a pseudo-terminal, the firmware as a process of its
own on its load model. The process writes down, on the clock that all processes of this machine share, when
its load was last seen with current.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from faults import TODAY, approval_of

from microcurrent import tables
from microcurrent.delivery.clock import RealClock
from microcurrent.delivery.drivers.own_firmware import FirmwareStimulator
from microcurrent.delivery.host import Host
from microcurrent.delivery.thread import Running, deliver_in_thread
from microcurrent.delivery.transport.process import FirmwareProcess, interpreters
from microcurrent.model import Electrode, Placement, Plan, Ramp, Site, Step, Stimulus, shapes


def plan() -> Plan:
    """Direct current that lasts longer than any stop."""
    stimulus = Stimulus(
        waveform=shapes.constant(), amplitude=2e-4, duration=60.0, ramp=Ramp(rise=1.0, fall=1.0)
    )  # fmt: skip
    electrodes = tuple(
        Electrode(name=name, shape="sphere", coupling="gel", diameter=0.01) for name in ("one", "two")
    )
    sites = (Site(name="left", position=(0.0, 0.0, 0.0)), Site(name="right", position=(0.05, 0.0, 0.0)))
    step = Step(
        number=1, system="galvanic", stimulus=stimulus, start=0.0,
        anode=Placement(electrode="one", site="left"), cathode=Placement(electrode="two", site="right"),
    )  # fmt: skip
    return Plan(
        title="stop", body="slab", body_content="none", intent="test", electrodes=electrodes,
        steps=(step,), sites=sites,
    )  # fmt: skip


def last_flow(process: FirmwareProcess) -> float:
    """Return when [s, monotonic] the load last had current, as the bench of the process says."""
    process.line.send(b"#last\n")
    give_up = time.monotonic() + 2
    while time.monotonic() < give_up:
        line = process.line.receive(0.5)
        if line and line.startswith(b"#last "):
            return int(line.split()[1]) * 1e-6
    raise SystemExit("the bench does not say when current was last seen")


def one(how: str, interpreter: str) -> float:
    """Return the time [s] from one stop to zero at the load."""
    with FirmwareProcess(interpreter=interpreter) as process:
        driver = FirmwareStimulator(process.line)
        events: list = []
        wanted = plan()
        host = Host(clock=RealClock(), sink=events.append, today=TODAY)
        running: Running = deliver_in_thread(
            wanted, approval_of(wanted), driver, limits=tables.limits(), host=host
        )  # fmt: skip
        while sum(event.kind == "measured" for event in events) < 2:
            time.sleep(0.005)
        time.sleep(random.uniform(0.0, 0.1))  # anywhere between two looks
        began = time.clock_gettime(time.CLOCK_MONOTONIC)
        getattr(running, how)("a benchmark")
        running.result(20)
        return last_flow(process) - began


def busy() -> None:
    """Take one core until killed."""
    while True:
        sum(k * k for k in range(10_000))


def row(name: str, times: list[float], least: float) -> str:
    """Return a line of the table [ms]; `least` is the ramp that a stop has to take."""
    ordered = sorted(1e3 * (t - least) for t in times)
    at = [ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.95)]
    return (
        f"{name:32} {len(times):4}  median {at[0]:6.1f}  95 % {at[1]:6.1f}  largest {ordered[-1]:6.1f}  "
        f"spread {statistics.pstdev(ordered):5.1f} ms"
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stops", type=int, default=30)
    wanted = parser.parse_args()
    interpreter = next(iter(interpreters()))
    print(
        f"The firmware runs on {interpreter}; {os.cpu_count()} cores. The ramp of a stop, 1 s, is left out."
    )
    for load in ("idle", "full"):
        count = 2 * (os.cpu_count() or 1) if load == "full" else 0
        workers = [multiprocessing.Process(target=busy, daemon=True) for _ in range(count)]
        for worker in workers:
            worker.start()
        for how, least in (("cut", 0.0), ("stop", 1.0)):
            times = [one(how, interpreter) for _ in range(wanted.stops)]
            print(row(f"{how}, {load} machine", times, least), flush=True)
        for worker in workers:
            worker.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
