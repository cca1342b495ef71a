"""Every fault leads to the trip named here, and to zero at the electrodes within the time named."""

from dataclasses import replace

import pytest

from microcurrent.delivery.controller import POLL
from microcurrent.delivery.faults import FAULTS, Fault
from microcurrent.errors import OutputNotConfirmedOff

START = 21.234  # between two polls, between two pulses, in the plateau of every shape
SHAPES = ("direct", "surged", "fast")
LEASE = 1.0
SEEN = 0.02  # how often the trace looks, twice

# kind, size: the trip, the time [s] from fault to zero, whether zero can be read back
EXPECTED = {
    ("lead_off", 0.0): ("lead-off", 0.0, True),  # no path, no current
    ("open", 0.0): ("lead-off", 0.0, True),
    ("short", 0.0): ("short", 2 * POLL, True),
    ("drift", 1.0): ("impedance-jump", 0.5 + 2 * POLL, True),
    ("gain", 0.5): ("mismatch", 0.12 / 0.5 + 3 * POLL, True),
    ("gain", -0.5): ("mismatch", 0.12 / 0.5 + 3 * POLL, True),
    ("leak", 80e-6): ("mismatch", POLL, True),
    ("leak", -80e-6): ("mismatch", POLL, True),
    ("frozen", 0.0): ("frozen", LEASE + 2 * POLL, False),
    ("silent", 0.0): ("silence", LEASE, False),
    ("reset", 0.0): ("device-stopped", 0.0, True),
}


def test_every_fault_is_here():
    assert {kind for kind, _ in EXPECTED} | {"stuck"} == set(FAULTS)


def deliver(bench, read_back):
    if read_back:
        delivered = bench.deliver()
        assert delivered.ending == "tripped"
        assert bench.kinds[-3] in ("trip", "measured", "impedance") and bench.kinds[-2:] == [
            "off",
            "closed",
        ]
    else:
        with pytest.raises(OutputNotConfirmedOff, match="Take the probes off the skin now"):
            bench.deliver()
        assert bench.kinds[-2:] == ["not-off", "closed"] and "off" not in bench.kinds
    trip = bench.kinds.index("trip")
    if "silent" not in {fault.kind for fault in bench.faults}:
        assert bench.true_output[trip] == 0  # cut first, written down after
    assert bench.kinds.count("trip") == 1 and "lease" not in bench.kinds[trip:]
    return bench.events[trip]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("kind", "size"), EXPECTED, ids=lambda value: str(value))
def test_a_fault_trips_by_its_name_and_in_time(make, kind, size, shape):
    code, within, read_back = EXPECTED[kind, size]
    stimulus = getattr(make, shape)()
    bench = make.Bench(stimulus, faults=[Fault(kind=kind, start=START, size=size)], trace=START - 0.5)
    trip = deliver(bench, read_back)
    assert trip.figure("code") == code
    assert trip.time >= START
    bench.clock.wait(3)
    assert START - SEEN <= bench.clock.last_flow <= START + within + SEEN


@pytest.mark.parametrize("kind", ["lead_off", "open"])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_host_stops_an_open_lead_where_the_stimulator_does_not(make, kind, shape):
    bench = make.Bench(getattr(make, shape)(), faults=[Fault(kind=kind, start=START)], reaction=1e6)
    trip = deliver(bench, True)
    assert trip.figure("code") == "lead-off" and trip.time <= START + 2 * POLL + 0.01


def test_a_bouncing_probe_is_told_by_the_current_that_is_missing(make):
    """60 ms without contact between two looks: the peak is right, 50 ms are allowed."""
    bounce = Fault(kind="open", start=21.22, stop=21.28)
    bench = make.Bench(make.fast(), faults=[bounce], reaction=1e6)
    trip = deliver(bench, True)
    assert trip.figure("code") == "lead-off" and "missing for 60 ms" in trip.figure("reason")


def test_a_small_leak_into_a_balanced_current_is_told_within_two_seconds(make):
    leak = Fault(kind="leak", start=START, size=60e-6)
    bench = make.Bench(make.fast(amplitude=900e-6), faults=[leak])
    trip = deliver(bench, True)
    assert trip.figure("code") == "net-dc" and trip.time <= START + 2.0


def test_a_slow_loss_of_gain_is_told_by_the_charge(make):
    loss = Fault(kind="gain", start=20.0, stop=29.0, size=-0.01)
    bench = make.Bench(make.direct(duration=300.0), faults=[loss], trace=None)
    trip = deliver(bench, True)
    assert trip.figure("code") == "charge-drift"


@pytest.mark.parametrize("shape", SHAPES)
def test_a_stuck_output_is_never_called_off(make, shape):
    bench = make.Bench(
        getattr(make, shape)(),
        faults=[Fault(kind="stuck", start=10.0), Fault(kind="short", start=START)],
    )
    with pytest.raises(OutputNotConfirmedOff):
        bench.deliver()
    assert bench.kinds[-2:] == ["not-off", "closed"] and "off" not in bench.kinds
    assert bench.stimulator.envelope > 0


def test_a_pulsed_output_that_is_zero_at_each_look_is_not_taken_for_zero(make):
    """The stimulator says idle and 0 A now, but also that there were peaks since the last look."""
    bench = make.Bench(make.fast())
    original = bench.stimulator.status
    controller = bench.controller()

    def status():
        true = original()
        return true if bench.clock.now() < 5 else replace(true, peak=300e-6)

    bench.stimulator.status = status
    bench.clock.at[5.0] = lambda: controller.stop("enough")
    with pytest.raises(OutputNotConfirmedOff):
        controller.deliver(bench.plan, bench.approval)


@pytest.mark.parametrize(("amplitude", "read_back"), [(0.6e-6, False), (0.4e-6, True)])
def test_what_counts_as_zero_is_half_a_microampere(make, amplitude, read_back):
    faults = [Fault(kind="stuck", start=10.0), Fault(kind="reset", start=START)]
    bench = make.Bench(make.direct(amplitude=amplitude), faults=faults, trace=None)
    if read_back:
        assert bench.deliver().trip.code == "device-stopped"
    else:
        with pytest.raises(OutputNotConfirmedOff):
            bench.deliver()


def test_a_frozen_zero_is_not_taken_for_zero(make):
    """Frozen between two pulses, the last answer says 0 A for ever."""
    bench = make.Bench(make.fast(), faults=[Fault(kind="frozen", start=0.0005)])
    deliver(bench, False)


def test_a_frozen_idle_gets_no_current_and_is_not_taken_for_off(make):
    bench = make.Bench(make.fast(), faults=[Fault(kind="frozen", start=0.0)])
    assert deliver(bench, False).figure("code") == "not-armed"
    assert "lease" not in bench.kinds and bench.clock.last_flow == 0


def test_silence_shorter_than_the_heartbeat_is_no_trip_and_gets_no_lease(make):
    bench = make.Bench(make.fast(duration=30.0), faults=[Fault(kind="silent", start=10.0, stop=10.35)])
    assert bench.deliver().ending == "completed"
    leases = [event.time for event in bench.events if event.kind == "lease"]
    assert sum(10.0 <= time < 10.3 for time in leases) <= 1


def test_zero_is_read_back_when_the_line_comes_back_in_time(make):
    bench = make.Bench(make.fast(), faults=[Fault(kind="silent", start=START, stop=START + 2.0)])
    trip = deliver(bench, True)
    assert trip.figure("code") == "silence"
    assert bench.clock.last_flow <= START + LEASE + SEEN


@pytest.mark.parametrize("shape", SHAPES)
def test_when_the_host_dies_the_current_ends_with_the_lease(make, shape):
    class HostDies(BaseException):
        """Stands for the end of the process: nothing below it runs."""

    bench = make.Bench(getattr(make, shape)())
    controller = bench.controller()

    def die():
        for name in ("_abandon", "_cut", "_confirm_off"):
            setattr(controller, name, lambda *_: None)
        raise HostDies

    bench.clock.at[12.0] = die
    with pytest.raises(HostDies):
        controller.deliver(bench.plan, bench.approval)
    bench.clock.wait(5)
    last_lease = max(event.time for event in bench.events if event.kind == "lease")
    assert 12.0 <= bench.clock.last_flow <= last_lease + LEASE
    assert "off" not in bench.kinds
