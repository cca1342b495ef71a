"""A controller, a line that fails, and the firmware on its load, all in virtual time and from one seed.

The line keeps every line of bytes in flight until its time. What happens to each is drawn from the
seed: dropped, late, twice, out of order, damaged; from some moment on nothing passes, or nothing back.
"""

from __future__ import annotations

import heapq
import importlib.util
import random
import sys
from dataclasses import dataclass, field
from pathlib import Path

from microcurrent.delivery.clock import VirtualClock
from microcurrent.errors import StimulatorSilent

FIRMWARE = Path(__file__).resolve().parents[1] / "firmware"
if str(FIRMWARE) not in sys.path:
    sys.path.insert(0, str(FIRMWARE))

import bounds  # noqa: E402
import core as rules  # noqa: E402
import device as devices  # noqa: E402
import load as loads  # noqa: E402

_spec = importlib.util.spec_from_file_location("firmware_unix_port", FIRMWARE / "ports" / "unix.py")
unix_port = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(unix_port)

#: Time [s] that one line takes, and that the device takes to start again.
FLIGHT, BOOT = 0.001, 0.2


@dataclass
class Weather:
    """What happens to a line of bytes: the chance of each, and from when [s] it is cut or half open."""

    drop: float = 0.0
    delay: float = 0.0
    twice: float = 0.0
    corrupt: float = 0.0
    cut: float = float("inf")
    half_open: float = float("inf")


@dataclass
class Watch:
    """What a bench beside the device has seen, tick by tick."""

    charge: float = 0.0  # [nA us] of every current that flowed, without sign
    largest: int = 0  # [nA] ever commanded
    over_since: int | None = None  # [us] since when more than the limit has flowed
    longest_over: int = 0  # [us]
    last_flow: int = 0  # [us] at which current was last seen
    unleased: int = 0  # [us] for which current flowed after its lease
    problems: list[str] = field(default_factory=list)


class Bench(unix_port.Bench):
    """The bench of the unix port, watched after every tick."""

    def __init__(self, device, load, orders):
        super().__init__(device, load, orders)
        self.watch = Watch()
        self.now = 0
        load.flow = self._watched(load.flow)

    def _watched(self, flow):
        def watched(command, enabled, us):
            flow(command, enabled, us)
            self._look(command, abs(self.load.flowed), us)

        return watched

    def _look(self, command, size, us):
        watch, core = self.watch, self.device.core
        self.now += us
        watch.charge += size * us
        watch.largest = max(watch.largest, abs(command))
        if size > bounds.ZERO:
            watch.last_flow = self.now
        if size > bounds.CURRENT * 1.06:
            watch.over_since = self.now - us if watch.over_since is None else watch.over_since
            watch.longest_over = max(watch.longest_over, self.now - watch.over_since)
        else:
            watch.over_since = None
        if command and rules.since(core.ms, core.lease_end) < rules.CLOCK // 2:
            watch.unleased += us
        if abs(command) > bounds.CURRENT:
            watch.problems.append(f"{command} nA were commanded")


class World:
    """Time, the line and the device; the clock of the controller makes them go on."""

    def __init__(self, seed, *, weather=None, orders=(), load=None, clock=0, key=b""):
        self.random = random.Random(seed)
        self.weather = weather or Weather()
        self.key = key
        self.clock = WorldClock(self)
        self.flights = []  # (arrival [us], order, to the device, bytes)
        self.inbox = []
        self.sent = 0
        self.dead = False  # the host: what it sends goes nowhere
        self.reset_at = None
        self.booting_until = 0
        self.granted = 0
        self.at = {}
        core = rules.Core(clock)
        self.bench = Bench(
            devices.Device(core, self.random.randbytes, key), load or loads.Load(), list(orders)
        )
        self._owed = 0

    @property
    def core(self):
        return self.bench.device.core

    # -- time ----------------------------------------------------------------------------------

    def advance(self, until):
        """Go on to a moment [us], event by event."""
        while self.flights and self.flights[0][0] <= until:
            moment, _, to_device, data = heapq.heappop(self.flights)
            self._run(moment)
            self._deliver(moment, to_device, data)
        self._run(until)

    def _run(self, until):
        for moment in sorted(t for t in self.at if t <= until):
            self._step(moment)
            self.at.pop(moment)()
        self._step(until)

    def _step(self, until):
        if self.reset_at is not None and self.reset_at <= until:
            self._pass(self.reset_at)
            self.reset_at = None
            self._reset()
        self._pass(until)

    def _pass(self, until):
        self._owed = self.bench.advance(until - self.bench.now)

    def _reset(self):
        """A power cut: everything that the device knew is gone, and its output is off at once."""
        now = self.bench.now
        self.bench.device = devices.Device(rules.Core(0), self.random.randbytes, self.key)
        self.booting_until = now + round(BOOT * 1e6)

    # -- the line --------------------------------------------------------------------------------

    def post(self, data, to_device):
        """Put bytes on the line."""
        weather, draw = self.weather, self.random.random
        now = self.clock.microseconds
        if (self.dead and to_device) or now >= weather.cut * 1e6:
            return
        if not to_device and now >= weather.half_open * 1e6:
            return
        if draw() < weather.drop:
            return
        copies = 2 if draw() < weather.twice else 1
        for _ in range(copies):
            late = FLIGHT
            if draw() < weather.delay:
                late += self.random.expovariate(1 / 0.3)
            text = data
            if draw() < weather.corrupt:
                at = self.random.randrange(len(text) - 1)
                text = text[:at] + bytes([text[at] ^ (1 << self.random.randrange(7))]) + text[at + 1 :]
            self.sent += 1
            heapq.heappush(self.flights, (now + round(late * 1e6), self.sent, to_device, text))

    def _deliver(self, moment, to_device, data):
        if not to_device:
            self.inbox.append(data)
            return
        if moment < self.booting_until:
            return
        for line in data.split(b"\n"):
            if not line:
                continue
            before = self.core.lease_end
            answer = self.bench.device.answer(line)
            self.granted += self.core.lease_end != before
            if answer:
                self.post(answer, to_device=False)


class WorldClock(VirtualClock):
    """The clock of the controller: while it waits, the world goes on."""

    def __init__(self, world):
        super().__init__()
        self._world = world
        self.killed_at = float("inf")

    @property
    def microseconds(self):
        return round(self.now() * 1e6)

    def wait(self, seconds, *, unless=None):
        if self.now() + seconds >= self.killed_at and not self._world.dead:
            self._world.dead = True
            raise Killed
        super().wait(seconds)
        self._world.advance(self.microseconds)


class Killed(BaseException):
    """The process of the host was killed: nothing of it runs any more."""


class WorldLine:
    """The host's end of the line."""

    name = "a line in virtual time"

    def __init__(self, world):
        self._world = world

    def send(self, data):
        if self._world.clock.now() >= self._world.weather.cut and self._world.random.random() < 0.5:
            raise StimulatorSilent("the line is gone")
        self._world.post(data, to_device=True)

    def receive(self, timeout):
        world = self._world
        until = world.clock.microseconds + round(timeout * 1e6)
        while not world.inbox:
            if world.clock.microseconds >= until:
                return None
            due = world.flights[0][0] if world.flights else until
            step = min(max(due, world.clock.microseconds + 1), until) - world.clock.microseconds
            world.clock.wait(step * 1e-6)
        return world.inbox.pop(0).rstrip(b"\n")

    def close(self):
        return None
