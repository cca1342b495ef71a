"""The port without hardware: the stimulator as a process, on standard input and output, with a load.

    micropython firmware/ports/unix.py [--fault KIND@SECONDS[=SIZE]] [--series OHM] [--parallel OHM]
                                       [--capacitance FARAD] [--clock MS]

The key that is shared with the host is read from the environment: MICROCURRENT_STIMULATOR_KEY.

It runs on MicroPython's unix build and on CPython. No probe can be connected to it: it is for tests, for
teaching, and for trying out a host. Steps that are due are all made up, so that what its output stage
gives does not depend on how busy the machine is: real hardware has timers for that.

Lines that begin with a hash speak to the bench and not to the stimulator: `#break short`, `#mend short`,
`#break leak 100000`; `#last` is answered with the time of this machine [us] at which current was last
seen. The wire protocol does not have them.
"""

import gc
import os
import select
import sys
import time

sys.path.insert(0, __file__.rsplit("/", 2)[0] if "/" in __file__ else "..")

from core import Core
from device import Device
from load import FAULTS, Load
from wire import LONGEST

try:
    from micropython import heap_lock, heap_unlock

    ticks, passed = time.ticks_us, time.ticks_diff
except ImportError:  # CPython

    def heap_lock():
        """CPython has no heap to lock."""

    def heap_unlock():
        """CPython has no heap to unlock."""

    def ticks():
        """Return the time in us since some moment."""
        return time.monotonic_ns() // 1000

    def passed(now, then):
        """Return the time [us] between two readings."""
        return now - then


#: Environment variable with the key that is shared with the host.
KEY = "MICROCURRENT_STIMULATOR_KEY"
#: Longest wait [ms] for a line before the output is looked at again.
WAIT = 1
#: Sizes of faults where none is given: a rise by half a second, half as much again, 100 uA.
SIZES = {"drift": 0.5, "gain": 0.5, "leak": 100_000.0}


class Bench:
    """A device on its load, and the time that passes for both."""

    def __init__(self, device, load, orders):
        self.device, self.load, self._orders = device, load, orders
        self._time = 0  # [us] since the start
        self.last_flow = 0  # [us] on the clock of the machine, at which current was last seen

    def advance(self, us, now=0):
        """Let `us` [us] pass until `now`, step by step; return what was not yet due."""
        core, load = self.device.core, self.load
        while us > 0:
            hold = core.hold()
            if hold > us:
                return us
            load.flow(core.output, core.enable, hold)
            if load.flowed:
                self.last_flow = now - us + hold
            heap_lock()
            try:
                core.tick(hold, load.flowed, load.millivolts)
            finally:
                heap_unlock()
            us -= hold
            self._time += hold
            if self._orders:
                self._obey()
            if "button" in load.faults and core.fault != "stopped":
                core.trip("stopped")
        return us

    def _obey(self):
        for order in self._orders[:]:
            if self._time >= order[0]:
                self.load.break_(order[1], order[2])
                self._orders.remove(order)

    def hear(self, line):
        """Return the answer to a line, be it for the stimulator or for the bench."""
        if line[:1] != b"#":
            return self.device.answer(line)
        words = line[1:].decode().split()
        if words == ["last"]:
            return b"#last %d\n" % self.last_flow
        if len(words) > 1 and words[1] in FAULTS:
            if words[0] == "break":
                self.load.break_(words[1], float(words[2]) if len(words) > 2 else SIZES.get(words[1], 0.0))
            elif words[0] == "mend":
                self.load.mend(words[1])
        return b"#\n"


def read_fault(text):
    """Return (time [us], kind, size) of KIND@SECONDS or KIND@SECONDS=SIZE."""
    kind, _, rest = text.partition("@")
    moment, _, size = rest.partition("=")
    kind = kind.replace("-", "_")
    if kind not in FAULTS:
        raise ValueError("no such fault: " + kind)
    return int(float(moment) * 1e6), kind, float(size) if size else SIZES.get(kind, 0.0)


def made(arguments):
    """Return the bench that the words of the command line ask for."""
    options = {
        "--series": "2000",
        "--parallel": "30000",
        "--capacitance": "50e-9",
        "--clock": "0",
    }
    orders = []
    for name, value in zip(arguments[::2], arguments[1::2]):  # noqa: B905  MicroPython has no strict
        if name == "--fault":
            orders.append(read_fault(value))
        elif name in options:
            options[name] = value
        else:
            raise ValueError("unknown option " + name)
    load = Load(*[float(options[name]) for name in ("--series", "--parallel", "--capacitance")])
    core = Core(int(options["--clock"]))
    # Not an option: a command line is open to everybody on the machine.
    key = os.getenv(KEY) or ""
    return Bench(Device(core, os.urandom, key.encode()), load, orders)


def run(bench, source, sink):
    """Serve lines until the input ends: then nobody is there, and the output goes off."""
    poll = select.poll()
    poll.register(source, select.POLLIN)
    line, owed, last = bytearray(), 0, ticks()
    while True:
        ready = poll.poll(WAIT)
        now = ticks()
        owed = bench.advance(owed + passed(now, last), now)
        last = now
        if not ready:
            continue
        if ready[0][1] & ~select.POLLIN and not ready[0][1] & select.POLLIN:
            return
        letter = source.read(1)
        if not letter:
            return
        if letter == b"\n":
            answer = bench.hear(bytes(line))
            line = bytearray()
            if answer:
                sink.write(answer)
                if hasattr(sink, "flush"):
                    sink.flush()
            gc.collect()
        elif len(line) <= LONGEST:
            line += letter


if __name__ == "__main__":
    # Unbuffered where the Python has buffers of its own, so that `poll` sees every byte.
    plain = sys.implementation.name == "micropython"
    source = sys.stdin.buffer if plain else open(0, "rb", buffering=0, closefd=False)  # noqa: SIM115
    run(made(sys.argv[1:]), source, sys.stdout.buffer)
