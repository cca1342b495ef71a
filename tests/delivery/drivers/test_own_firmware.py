"""The driver of our firmware: bytes on the wire, silence, and the real process over a pseudo-terminal."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from microcurrent.delivery import wire
from microcurrent.delivery.clock import RealClock
from microcurrent.delivery.drivers.own_firmware import FirmwareStimulator
from microcurrent.delivery.host import Host
from microcurrent.delivery.selftest import ArtificialSkin, self_test
from microcurrent.delivery.thread import deliver_in_thread
from microcurrent.delivery.transport.process import FirmwareProcess, interpreters
from microcurrent.errors import InputError, StimulatorRefused, StimulatorSilent
from microcurrent.model import Ramp, Stimulus, shapes

SESSION = b"00112233aabbccdd"


class Scripted:
    """A line whose answers are written down; `sent` is what the driver said, bodies without tag."""

    name = "scripted"

    def __init__(self, *answers, key=b""):
        self.sent, self.raw, self.key = [], [], key
        self.answers = list(answers)
        self.waiting = []

    def send(self, data):
        assert data.endswith(b"\n") and data.count(b"\n") == 1
        self.raw.append(data)
        if data == b"!\n":
            self.sent.append(b"!")
            self.waiting.append(b"!")
            return
        body = wire.opened(data[:-1])
        if b" hello " in body:
            token = body.split()[3]
            text = b"1 ok protocol=1 session=%b name=test firmware=9" % SESSION
            self.waiting.append(device(text, self.key, token))
            return
        rest, _, tag = body.rpartition(b" ")
        assert tag == wire._tag(self.key, SESSION, b">" + rest)
        self.sent.append(rest)
        number = rest.split()[0]
        answer = self.answers.pop(0) if self.answers else b"ok"
        if answer is not None:
            self.waiting.append(device(number + b" " + answer, self.key, SESSION))

    def receive(self, timeout):
        return self.waiting.pop(0) if self.waiting else None

    def close(self):
        pass


def device(body, key, session):
    """A line as the device tags it."""
    return wire.sealed(b"%b %b" % (body, wire._tag(key, session, b"<" + body)))[:-1]


STATUS = (
    b"ok ms=%d state=%b fault=- us=1500000 lease=700 out=200000 zero=1 net=5000000000000 all=6000000000000 "
    b"window=100000 windownet=20000000000 square=4000000000000000 peak=210000 commanded=200000 mv=2100 last=3 "
    b"unread=0"
)


def said(ms=12_000, state=b"running"):
    return STATUS % (ms, state)


def pulses(**changed):
    return Stimulus(**{"waveform": shapes.biphasic(width=0.009), "amplitude": 300e-6, "duration": 10.0,
                       "frequency": 30.0, "ramp": Ramp(rise=1, fall=1), **changed})  # fmt: skip


# -- bytes ----------------------------------------------------------------------------------------------


def test_a_program_and_a_lease_on_the_wire():
    line = Scripted(said(11_990, b"idle"), b"ok", said(12_000, b"armed"), b"ok")
    driver = FirmwareStimulator(line)
    driver.load(pulses())
    driver.status()
    driver.grant(0.8)
    assert line.sent == [
        b"2 status",
        b"3 load 300000 30000 1000000,100000,100000,0,0,0,0,0,0,0,1 "
        b"0,0,9000000,300000,300000 0,9000000,18000000,-300000,-300000",
        b"4 status",
        b"5 grant 800 12000",
    ]


def test_a_status_in_si():
    status = FirmwareStimulator(Scripted(said())).status()
    assert (status.time, status.state, status.elapsed, status.lease) == (12.0, "running", 1.5, 0.7)
    assert status.mean == pytest.approx(200e-6) and status.rms == pytest.approx(200e-6)
    assert status.peak == pytest.approx(210e-6) and status.commanded_peak == pytest.approx(200e-6)
    assert status.net_charge == pytest.approx(5e-3) and status.absolute_charge == pytest.approx(6e-3)
    assert status.voltage == pytest.approx(2.1) and status.impedance == pytest.approx(10e3)


def test_the_clock_goes_on_when_the_device_s_goes_round():
    driver = FirmwareStimulator(Scripted(said((1 << 29) - 100), said(50)))
    assert driver.status().time < driver.status().time


def test_a_clock_that_goes_back_is_a_restart():
    driver = FirmwareStimulator(Scripted(said(500_000), said(50)))
    assert driver.status().time > driver.status().time


def test_a_key_is_part_of_every_tag():
    driver = FirmwareStimulator(Scripted(said(), key=b"secret"), key=b"secret")
    assert driver.status().state == "running"
    with pytest.raises(StimulatorSilent):
        FirmwareStimulator(Scripted(said(), key=b"secret"), key=b"wrong").status()


@pytest.mark.parametrize("word", ["busy", "fault", "current", "ramp", "too-fast", "sitting-charge"])
def test_a_refusal_is_a_sentence(word):
    driver = FirmwareStimulator(Scripted(said(state=b"armed"), b"no " + word.encode()))
    with pytest.raises(StimulatorRefused, match=r"test \(firmware 9\) refuses: .{10,}"):
        driver.load(pulses())


# -- silence --------------------------------------------------------------------------------------------


def test_after_a_command_without_answer_only_status_is_sent_until_it_is_answered():
    line = Scripted(said(), None, None, None, said(), b"ok")
    driver = FirmwareStimulator(line)
    driver.status()
    with pytest.raises(StimulatorSilent):
        driver.grant(1.0)
    for _ in range(2):  # the status that must come first is not answered either: nothing else is sent
        with pytest.raises(StimulatorSilent):
            driver.grant(1.0)
    driver.grant(1.0)
    words = [body.split()[1] for body in line.sent]
    assert words == [b"status", b"grant", b"status", b"status", b"status", b"grant"]
    numbers = [int(body.split()[0]) for body in line.sent]
    assert numbers == sorted(
        set(numbers)
    )  # never the same twice: a copy that is under way is too old by then


def test_a_cut_is_sent_whatever_is_uncertain():
    line = Scripted(said(), None, b"ok")
    driver = FirmwareStimulator(line)
    driver.status()
    with pytest.raises(StimulatorSilent):
        driver.grant(1.0)
    driver.cut()
    assert line.sent[-1].endswith(b" cut")


def test_a_cut_without_session_or_answer_is_the_mark_that_anybody_may_send():
    line = Scripted()
    FirmwareStimulator(line).cut()
    assert line.sent == [b"!"]
    line = Scripted(said(), None)
    driver = FirmwareStimulator(line)
    driver.status()
    driver.cut()
    assert line.sent[-2:] == [b"3 cut", b"!"]


def test_late_and_foreign_answers_are_dropped():
    line = Scripted(said())
    driver = FirmwareStimulator(line)
    driver.status()
    line.answers = [said(state=b"idle")]
    line.waiting = [
        b"noise", wire.sealed(b"3 ok without=tag")[:-1],
        device(b"2 " + said(state=b"fault"), b"", SESSION),  # of an earlier line
        device(b"3 " + said(state=b"fault"), b"", b"another session!"),
    ]  # fmt: skip
    assert driver.status().state == "idle"


@pytest.mark.parametrize(
    "answer",
    [
        said().replace(b"zero=1 ", b""), said().replace(b"running", b"asleep"),
        said().replace(b"net=5", b"net=--5"), said().replace(b"square=4", b"square=-4"),
        said().replace(b"net=5", b"net=" + b"9" * 400), said().replace(b"net=5", b"net=" + b"9" * 5000),
        said().replace(b"fault=-", b"fault=\xff"), b"ok",
    ],
)  # fmt: skip
def test_an_answer_that_makes_no_sense_is_none(answer):
    with pytest.raises(StimulatorSilent):
        FirmwareStimulator(Scripted(answer)).status()
    with pytest.raises(StimulatorSilent, match="makes no sense"):
        FirmwareStimulator(Scripted(answer)).capabilities()


def test_a_refusal_in_no_language_is_a_refusal():
    with pytest.raises(StimulatorRefused):
        FirmwareStimulator(Scripted(b"no \xff")).status()


def test_an_old_number_is_no_answer():
    driver = FirmwareStimulator(Scripted(said(), b"no old"))
    driver.status()
    with pytest.raises(StimulatorSilent):
        driver.status()


# -- the real process -------------------------------------------------------------------------------------


@pytest.fixture(params=["python", "micropython"])
def interpreter(request):
    if request.param not in interpreters():
        pytest.fail("MicroPython is a part of the development environment: make test installs it")
    return request.param


@pytest.fixture
def process(interpreter):
    with FirmwareProcess(
        interpreter=interpreter, options=("--series", "2000", "--parallel", "8000")
    ) as running:
        yield running
    assert not running.alive


class Live:
    """A sitting in real time over the pseudo-terminal; a plan with ramps as short as the device takes."""

    def __init__(self, make, process, *stimuli, **host):
        self.events, self.process = [], process
        self.plan = make.plan(*stimuli, gap=0.2)
        self.stimulator = FirmwareStimulator(process.line)
        kept = Host(clock=RealClock(), sink=self.events.append, today=make.today, **host)
        self.running = deliver_in_thread(
            self.plan,
            make.approval(self.plan),
            self.stimulator,
            limits=make.limits(impedance_jump=5.0),
            host=kept,
        )

    def until(self, kind, count=1):
        give_up = time.monotonic() + 15
        while sum(event.kind == kind for event in list(self.events)) < count:
            assert time.monotonic() < give_up, [event.kind for event in self.events]
            time.sleep(0.01)
        return self

    @property
    def kinds(self):
        return [event.kind for event in self.events]


def direct(make, duration=3.0):
    return make.direct(duration=duration, ramp=1.0)


def test_a_sitting_through_the_real_firmware(make, process):
    live = Live(make, process, direct(make), make.fast(duration=2.5, amplitude=200e-6))
    delivered = live.running.result(30)
    assert delivered.ending == "completed", delivered
    for given, step in zip(delivered.steps, live.plan.steps, strict=True):
        assert given.absolute_charge == pytest.approx(step.stimulus.absolute_charge, rel=0.01)
        assert given.net_charge == pytest.approx(step.stimulus.net_charge, abs=0.01 * given.absolute_charge)
    assert live.kinds[-1] == "closed" and live.kinds.count("off") == 2
    impedance = [event.figure("last") for event in live.events if event.kind == "impedance"]
    assert impedance[0] == pytest.approx(10e3, rel=0.02)


def test_direct_and_alternating_current_at_once_through_the_real_firmware(make, process):
    """One that turns its sign in every period, and one that never does: the ripple has no end."""
    turning = make.superposed(duration=2.4, direct=60e-6, ramp=1.0)
    one_way = make.superposed(
        duration=3.2, alternating=100e-6, direct=800e-6, inner=shapes.sine(), ramp=1.0
    )
    live = Live(make, process, turning, one_way)
    delivered = live.running.result(30)
    assert delivered.ending == "completed", delivered
    for given, step in zip(delivered.steps, live.plan.steps, strict=True):
        assert given.net_charge == pytest.approx(step.stimulus.net_charge, rel=0.01)
        assert given.absolute_charge == pytest.approx(step.stimulus.absolute_charge, rel=0.01)
        assert given.peak == pytest.approx(step.stimulus.peak, rel=0.01)


def test_a_pause_and_a_resume_through_the_real_firmware(make, process):
    live = Live(make, process, direct(make, 6.0), attended=True).until("measured", 2)
    live.running.pause("a look")
    live.until("pause")
    live.until("off")
    live.running.resume("A. Person")
    live.until("resumed").until("measured", 4)
    delivered = live.running.result(30)
    assert delivered.ending == "completed"
    assert delivered.steps[0].net_charge < live.plan.steps[0].stimulus.net_charge


def test_a_device_that_loses_its_power_is_told_and_zero_is_not_claimed(make, process):
    from microcurrent.errors import OutputNotConfirmedOff

    live = Live(make, process, direct(make, 20.0)).until("measured")
    process.kill()
    with pytest.raises(OutputNotConfirmedOff, match="Take the probes off"):
        live.running.result(30)
    assert live.kinds[-2:] == ["not-off", "closed"]


def test_a_cable_that_is_cut_ends_the_current_by_the_lease(make, interpreter):
    """The host's end goes silent in mid-sitting; the device, asked by another way, has gone to zero."""
    with FirmwareProcess(interpreter=interpreter) as process:
        cut = Cable(process.line)
        driver = FirmwareStimulator(cut)
        driver.load(direct(make, 20.0))
        for _ in range(15):
            driver.status()
            driver.grant(1.0)
            time.sleep(0.1)
        assert driver.status().output == pytest.approx(200e-6, rel=0.01)
        cut.whole = False
        began = time.monotonic()
        with pytest.raises(StimulatorSilent):
            driver.status()
        time.sleep(max(0.0, began + 1.15 - time.monotonic()))
        cut.whole = True
        status = driver.status()
        assert (status.state, status.output) == ("fault", 0.0) and "lease ended" in status.fault
        with pytest.raises(StimulatorRefused, match="fault has latched"):
            driver.load(direct(make))
        driver.clear()
        assert driver.status().state == "idle"


class Cable:
    """A line that can be cut."""

    def __init__(self, line):
        self.line, self.whole, self.name = line, True, line.name

    def send(self, data):
        if self.whole:
            self.line.send(data)

    def receive(self, timeout):
        if self.whole:
            return self.line.receive(timeout)
        time.sleep(timeout)
        return None


HOST = """
    import sys, time
    from microcurrent.delivery.drivers.own_firmware import FirmwareStimulator
    from microcurrent.delivery.transport.serial_port import SerialLine
    from microcurrent.model import Ramp, Stimulus, shapes
    driver = FirmwareStimulator(SerialLine(sys.argv[1]))
    driver.load(Stimulus(waveform=shapes.constant(), amplitude=2e-4, duration=20.0, ramp=Ramp(rise=1, fall=1)))
    while True:
        print(driver.status().output, flush=True)
        driver.grant(1.0)
        time.sleep(0.1)
"""


def test_a_host_that_is_killed_leaves_no_current(interpreter):
    """Two processes and a serial port by pyserial: kill -9 the host, ask the device as a second host."""
    options = ("--series", "2000", "--parallel", "8000")
    with served(interpreter, options) as path:
        host = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(HOST), path], stdout=subprocess.PIPE, text=True
        )
        try:
            while float(host.stdout.readline()) < 1.9e-4:
                assert host.poll() is None
        finally:
            host.send_signal(signal.SIGKILL)
            host.wait()
            host.stdout.close()
        from microcurrent.delivery.transport.serial_port import SerialLine

        line = SerialLine(path)
        try:
            second = FirmwareStimulator(line)
            with pytest.raises(StimulatorRefused, match="at work"):
                second.status()  # the lease still runs: a second host is not let in
            time.sleep(1.1)
            status = second.status()
            assert (status.state, status.output) == ("fault", 0.0) and "lease ended" in status.fault
        finally:
            line.close()


@contextlib.contextmanager
def served(interpreter, options):
    """The firmware behind a pseudo-terminal whose other end has a path, as a serial port has."""
    import pty
    import tty

    from microcurrent.delivery.transport.process import firmware_folder

    ours, theirs = pty.openpty()
    tty.setraw(ours)
    tty.setraw(theirs)
    script = firmware_folder() / "ports" / "unix.py"
    process = subprocess.Popen(
        [interpreters()[interpreter], str(script), *options], stdin=ours, stdout=ours
    )
    try:
        yield os.ttyname(theirs)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        os.close(theirs)


def test_a_welded_output_is_never_called_off(make, process):
    driver = FirmwareStimulator(process.line)
    driver.load(direct(make, 20.0))
    for _ in range(13):
        driver.status()
        driver.grant(1.0)
        time.sleep(0.1)
    process.bench("break welded")
    driver.cut()
    time.sleep(0.1)
    status = driver.status()
    assert status.output == pytest.approx(200e-6, rel=0.01) and status.peak > 100e-6
    assert "does not go to zero" in status.fault
    with pytest.raises(StimulatorRefused, match="not been measured to be zero"):
        driver.clear()


def test_the_self_test_passes_and_shows_each_interlock():
    with FirmwareProcess(
        interpreter="python", options=("--series", "2000", "--parallel", "8000")
    ) as process:
        skin = ArtificialSkin(
            resistance=10e3, breaks=lambda kind, size: process.bench(f"break {kind} {size}"),
            mends=lambda kind: process.bench(f"mend {kind}"),
        )  # fmt: skip
        checks = list(self_test(FirmwareStimulator(process.line), RealClock(), skin))
    assert [check for check in checks if not check.passed] == []
    assert len(checks) >= 18


def test_the_self_test_fails_on_another_load(interpreter):
    with FirmwareProcess(
        interpreter=interpreter, options=("--series", "2000", "--parallel", "9000")
    ) as process:
        driver = FirmwareStimulator(process.line)
        for check in self_test(driver, RealClock(), ArtificialSkin(resistance=10e3)):
            if "impedance" in check.name:
                assert check.passed is False and "11 k" in check.came
                return
        pytest.fail("no impedance was measured")


def test_what_cannot_be_opened_is_told():
    from microcurrent.delivery.transport.serial_port import SerialLine

    with pytest.raises(InputError, match="the port /dev/nothing cannot be opened"):
        SerialLine("/dev/nothing")
    with pytest.raises(InputError, match="no such interpreter"):
        FirmwareProcess(interpreter="lua")
