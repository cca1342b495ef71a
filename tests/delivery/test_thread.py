"""In real time, in a thread of its own: a stop from any thread or signal, and errors that come home."""

import signal
import threading
from dataclasses import replace

import pytest

from microcurrent.delivery.clock import RealClock
from microcurrent.delivery.display import Display
from microcurrent.delivery.host import Host
from microcurrent.delivery.simulator import SimulatedStimulator
from microcurrent.delivery.thread import deliver_in_thread
from microcurrent.errors import ApprovalRefused, RecordError
from microcurrent.model import Ramp


@pytest.fixture
def live(make):
    """A real-time bench; `live.start()` begins a sitting of 30 s that reaches its plateau in 50 ms."""

    class Live:
        def __init__(self):
            self.bench = make.Bench(trace=None)
            quick = replace(make.fast(duration=30.0), ramp=Ramp(rise=0.05, fall=0.05))
            self.plan = make.plan(quick)
            self.approval = make.approval(self.plan)
            self.clock = RealClock()
            self.can = make.capabilities(min_ramp=0.02, end_ramp=0.1)
            self.stimulator = SimulatedStimulator(self.clock, capabilities=self.can, load=self.bench.skin)
            self.events, self.flowing = [], threading.Event()

        def sink(self, event):
            self.events.append(event)
            if event.kind == "lease":
                self.flowing.set()

        def start(self, **host):
            kept = Host(**{"clock": self.clock, "sink": self.sink, "today": make.today, **host})
            return deliver_in_thread(
                self.plan, self.approval, self.stimulator, limits=make.limits(), host=kept
            )

    return Live()


def test_a_stop_from_another_thread_ends_by_the_ramp(live):
    running = live.start()
    assert live.flowing.wait(10)
    assert not running.done
    with pytest.raises(TimeoutError):
        running.result(timeout=0.05)
    running.stop("the client asked")
    delivered = running.result(timeout=10)
    assert (delivered.ending, delivered.reason) == ("stopped", "the client asked")
    assert running.done and running.state == "off"
    assert [event.kind for event in live.events][-2:] == ["off", "closed"]
    assert live.stimulator.output == 0


def test_a_stop_from_a_signal(live):
    running = live.start()
    before = signal.signal(signal.SIGUSR1, lambda *_: running.stop("signal"))
    try:
        assert live.flowing.wait(10)
        signal.raise_signal(signal.SIGUSR1)
        assert running.result(timeout=10).reason == "signal"
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_leaving_the_block_stops_the_current(live):
    with live.start() as running:
        assert live.flowing.wait(10)
    assert running.done and running.result().ending == "stopped"
    assert live.stimulator.output == 0


def test_errors_come_home_to_whoever_asks(live, make):
    live.approval = make.approval(live.plan, until="2027-04-30")
    with pytest.raises(ApprovalRefused):
        live.start().result(timeout=10)

    live.approval = make.approval(live.plan)

    def sink(event):
        if event.kind == "lease":
            raise RecordError("the disk is full")

    with pytest.raises(RecordError):
        live.start(sink=sink).result(timeout=10)
    assert live.stimulator.output == 0


def test_a_thread_that_hangs_in_the_record_loses_its_lease(live):
    """The sink blocks, so nobody renews: the stimulator ends the current by itself."""
    held, free = threading.Event(), threading.Event()
    live.can = replace(live.can, max_lease=0.2)
    live.stimulator = SimulatedStimulator(live.clock, capabilities=live.can, load=live.bench.skin)

    def sink(event):
        live.sink(event)
        if event.kind == "lease" and sum(e.kind == "lease" for e in live.events) == 3:
            held.set()
            free.wait(10)

    running = live.start(sink=sink)
    assert held.wait(10)
    live.clock.wait(0.25)
    assert live.stimulator.envelope == 0
    free.set()
    delivered = running.result(timeout=10)
    assert delivered.ending == "tripped"
    assert "no word from the host" in delivered.trip.reason


def test_a_display_that_hangs_holds_nothing_up():
    """Putting never waits, and the newest are shown."""
    go_on, shown = threading.Event(), []

    def show(*news):
        assert go_on.wait(10)
        shown.append(news[0])

    display = Display(show)
    for second in range(1000):
        display.put(float(second), 1000.0, 1, None)
    assert not shown
    go_on.set()
    display.close()
    assert shown[-1] == 999.0 and display.error is None
