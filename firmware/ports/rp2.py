"""The port for a Raspberry Pi Pico: the core between USB and the output stage that README.md describes.

It has NOT been run on a Pico or with the circuit: neither was at hand. Tests run it on CPython with a
`machine` made up for them. Before anything is connected, with a resistor in place of skin:

1. look at the serial bus with an oscilloscope: clock idle low, data taken at its falling edge (mode 1);
2. calibrate, with a meter in series with 10 kohm, and write `calibration.json` (see README.md);
3. look at the time of a tick. `measure` takes it at every start, with the output off, on a core of its own
   that runs the most laborious program; it raises `bounds.SHORTEST` to twice the longest tick, and to a
   tick and the answer to a line, which delays one. No figure is given here because none was measured;
4. while current flows: press the button; in another run pull the USB plug; in another stop the loop.

Parts: AD5761R (data sheet rev. C), one 16-bit converter that gives both signs, wakes at the middle of its
range, which is zero, can be read back, and whose supply bounds its output. ADS8684 (SBAS582C), because it
takes both signs on one 5 V supply, has no delay of a decimating filter, and says with every result which
channel it is. Their supplies, and all behind them, are isolated from the Pico.
"""

import gc
import json
import os
import select
import sys
import time

import bounds
import wire
from core import FAULT, Core
from device import Device
from program import ALTERNATING, ARC, ONE, TURN, Program

try:
    from micropython import heap_lock, heap_unlock, kbd_intr

    ticks, passed = time.ticks_us, time.ticks_diff
except ImportError:  # CPython

    def heap_lock():
        """CPython has no heap to lock."""

    def heap_unlock():
        """CPython has no heap to unlock."""

    def kbd_intr(letter):
        """CPython leaves the keyboard to the terminal."""

    def ticks():
        """Return the time in us since some moment."""
        return time.monotonic_ns() // 1000

    def passed(now, then):
        """Return the time [us] between two readings."""
        return now - then


#: Pins of the Pico, by their GP numbers. All outputs have pull-downs: low until they are made.
ENABLE, ALIVE, LAMP, BUTTON = 10, 11, 12, 13
CLOCK, OUT, IN, DAC, ADC = 2, 3, 4, 5, 6
#: Rate of the serial bus [Hz]: design value, a third of the slower part's most.
RATE = 5_000_000
#: Time [ms] without a whole tick after which the chip starts anew, output off: design value, half a lease.
WATCHDOG = 500
#: Letters taken between two ticks while current flows, and while none does: design values.
FEW, MANY = 16, 1024
#: Ticks of which the longest is taken at the start: design value.
LOOKS = 200

#: Both converters count from here: zero.
MIDDLE = 32768
#: Voltage [mV] per current [nA] in what lies between the tap and the skin: 500 + 2 * 220 ohm.
LOSS, LOSS_BELOW = 47, 50_000

# AD5761R: command in the upper byte; 5 % over-range, clears and wakes at the middle, own reference, +-10 V.
_RESET, _GIVE, _CONTROL, _READ_CONTROL = 0x0F, 0x03, 0x04, 0x0C
_SETTING = 0x0328
_SETTING_MASK = 0x07FF  # above it are flags
# ADS8684: reset; registers are written as address * 2 + 1; channel 0 is current, 1 is voltage.
_ADC_RESET = 0x85
_CHANNELS = (0xC0, 0xC4)
_REGISTERS = ((0x03, 1), (0x05, 2), (0x06, 2))  # tells the channel; +-2.56 V; +-2.56 V

#: What a stage of exact parts would need. Gains: [code/nA] * 2**24, [nA/code] * 2**9, [mV/code] * 2**13.
NOMINAL = {
    "dac_gain": 523_577,  # 65536 codes over 21 V, 10 kohm
    "dac_offset": 0,
    "current_gain": 20_000,  # 5.12 V over 65536 codes, 4 * 500 ohm
    "current_offset": 0,
    "voltage_gain": 16_000,  # 5.12 V over 65536 codes, a 25th
    "voltage_offset": 0,
}
#: A gain that is off by more than a 50th, or an offset of more codes, is a broken part and not a tolerance.
GAIN_OFF, OFFSET_OFF = 50, 100


# -- conversions: whole numbers of 31 bits, nothing allocated ------------------------------------------


def code_of(current, gain, offset):
    """Return the DAC code of a current [nA]. The stage inverts. Refuses what the core may not ask."""
    size = current if current >= 0 else -current
    if size > bounds.CURRENT:
        raise ValueError
    steps = ((size >> 10) * gain + (((size & 1023) * gain) >> 10) + 8192) >> 14
    return MIDDLE + offset - steps if current >= 0 else MIDDLE + offset + steps


def current_of(code, gain, offset):
    """Return the current [nA] of an ADC code."""
    return ((code - MIDDLE - offset) * gain + 256) >> 9


def millivolts_of(code, gain, offset):
    """Return the voltage [mV] at the tap of an ADC code."""
    return ((code - MIDDLE - offset) * gain + 4096) >> 13


def across(millivolts, current):
    """Return the size of the voltage [mV] at the probes, from that at the tap and the current [nA]."""
    left = millivolts - current * LOSS // LOSS_BELOW
    return left if left >= 0 else -left


# -- calibration ---------------------------------------------------------------------------------------


def checked(calibration):
    """Return a calibration; refuses one that is not whole or that no sound stage would need."""
    if sorted(calibration) != sorted(NOMINAL):
        raise ValueError("calibration: names")
    for name, nominal in NOMINAL.items():
        value = calibration[name]
        if type(value) is not int:
            raise ValueError("calibration: " + name)
        if abs(value - nominal) > (nominal // GAIN_OFF if nominal else OFFSET_OFF):
            raise ValueError("calibration: " + name)
    return calibration


def read_calibration(path="calibration.json"):
    """Return the calibration of this stage. Without one there is no output: nothing is assumed."""
    with open(path) as file:
        return checked(json.load(file))


def read_key(path="key.txt"):
    """Return the key that is shared with the host, or nothing where there is no such file."""
    try:
        with open(path, "rb") as file:
            return file.read().strip()
    except OSError:
        return b""


# -- the stage -----------------------------------------------------------------------------------------


class Stage:
    """The two converters and the pins: gives a current, and says what flows.

    `bus`; `dac`, `adc`: their select pins; `enable`, `lamp`: output pins.
    """

    def __init__(self, bus, dac, adc, enable, lamp):
        self._bus, self._dac, self._adc = bus, dac, adc
        self.enable, self.lamp = enable, lamp
        self.calibration(NOMINAL)
        self.flowed = self.millivolts = 0
        self._word, self._answer = bytearray(3), bytearray(3)
        self._frame, self._result = bytearray(5), bytearray(5)

    def calibration(self, found):
        """Take a calibration over, so that none is looked up in a tick."""
        self._dac_gain, self._dac_offset = found["dac_gain"], found["dac_offset"]
        self._current_gain, self._current_offset = found["current_gain"], found["current_offset"]
        self._voltage_gain, self._voltage_offset = found["voltage_gain"], found["voltage_offset"]

    def begin(self):
        """Set both converters up, and read back that they are."""
        self._send(_RESET, 0)
        self._send(_CONTROL, _SETTING)
        self._give_code(MIDDLE + self._dac_offset)
        self._send(_READ_CONTROL, 0)
        self._send(0, 0)
        if (self._answer[1] << 8 | self._answer[2]) & _SETTING_MASK != _SETTING:
            raise OSError("dac")
        self._exchange(_ADC_RESET)
        for address, value in _REGISTERS:
            self._register(address << 1 | 1, value)
            if self._register(address << 1, 0) != value:
                raise OSError("adc")
        self._exchange(_CHANNELS[0])
        self.look()

    def off(self):
        """Take both ways off: the relay first, which needs no bus."""
        self.enable.value(0)
        self.lamp.value(0)
        self._give_code(MIDDLE + self._dac_offset)

    def give(self, current, enabled):
        """Give a current [nA] where it is enabled, and else nothing."""
        if not enabled:
            self.off()
            return
        self._give_code(code_of(current, self._dac_gain, self._dac_offset))
        self.lamp.value(1)
        self.enable.value(1)

    def look(self):
        """Measure `flowed` [nA] and `millivolts` at the probes."""
        flowed = current_of(self._look(0), self._current_gain, self._current_offset)
        tap = millivolts_of(self._look(1), self._voltage_gain, self._voltage_offset)
        self.flowed, self.millivolts = flowed, across(tap, flowed)

    def _look(self, channel):
        """Return the code of a channel, which was chosen in the exchange before, and choose the other."""
        self._exchange(_CHANNELS[1 - channel])
        if self._result[4] >> 4 != channel:
            raise OSError
        return self._result[2] << 8 | self._result[3]

    def _exchange(self, command):
        self._frame[0] = command
        self._adc.value(0)
        self._bus.write_readinto(self._frame, self._result)
        self._adc.value(1)

    def _register(self, head, value):
        self._word[0], self._word[1], self._word[2] = head, value, 0
        self._adc.value(0)
        self._bus.write_readinto(self._word, self._answer)
        self._adc.value(1)
        return self._answer[2]

    def _give_code(self, code):
        self._send(_GIVE, code)

    def _send(self, command, value):
        self._word[0], self._word[1], self._word[2] = command, value >> 8, value & 255
        self._dac.value(0)
        self._bus.write_readinto(self._word, self._answer)
        self._dac.value(1)


class Port:
    """A device on its stage, and the loop that keeps both in step.

    `button`: a pin that is high when the stop button is pressed or its wire is broken; `alive`: a pin that
    must change for the relay to stay closed; `watchdog`: fed after a whole tick, and at no other place.
    """

    def __init__(self, device, stage, button, alive, watchdog):
        self.device, self.stage = device, stage
        self._button, self._alive, self._watchdog = button, alive, watchdog
        self.pressed = self.broken = False
        self._beat = 0
        self._last = ticks()

    def press(self, pin):
        """Open the relay at once, from an interrupt: in the midst of a tick nothing else may be touched."""
        self.pressed = True
        self.stage.enable.value(0)

    def turn(self):
        """Look, tick and give, where the present output has stood for its time."""
        now = ticks()
        us = passed(now, self._last)
        if us < self.device.core.hold():
            return
        self._last = now
        heap_lock()
        try:
            self._tick(us)
        except Exception:  # noqa: BLE001  whatever it was: off, and never on again
            self.fail()
            return
        finally:
            heap_unlock()
        self._beat ^= 1
        self._alive.value(self._beat)
        self._watchdog.feed()

    def _tick(self, us):
        core, stage = self.device.core, self.stage
        if self.pressed or self._button.value():
            self.pressed = False  # a press from here on is for the next turn
            core.trip("stopped")
        stage.look()
        core.tick(us, stage.flowed, stage.millivolts)
        if self.broken and core.state != FAULT:
            core.trip("internal")
        stage.give(core.output, core.enable and not self.pressed)

    def fail(self):
        """Go off for good, by what still works."""
        self.broken = True
        self.device.core.trip("internal")
        try:
            self.stage.off()
        except Exception:  # noqa: BLE001  the bus is dead: the relay was opened before it was used
            self.stage.enable.value(0)

    def hear(self, line):
        """Return the answer to a line, or None. What it ended is off before it is said."""
        try:
            answer = self.device.answer(line)
            if not self.device.core.enable:
                self.stage.off()
        except Exception:  # noqa: BLE001  whatever it was: off, and never on again
            self.fail()
            return None
        return answer

    def serve(self, source, sink):
        """Serve lines until the input ends, which USB never does: there the lease runs out."""
        poll = select.poll()
        poll.register(source, select.POLLIN)
        line, core = bytearray(), self.device.core
        while True:
            self.turn()
            for _ in range(FEW if core.flowing else MANY):
                if not poll.poll(0):
                    break
                letter = source.read(1)
                if not letter:
                    return
                if letter != b"\n":
                    if len(line) <= wire.LONGEST:
                        line += letter
                    continue
                answer = self.hear(bytes(line))
                line = bytearray()
                if answer:
                    sink.write(answer)
                gc.collect()
                break


# -- the time of a tick --------------------------------------------------------------------------------


def laborious():
    """Return the most laborious program: an arc with ramps, surge and turns of polarity, balanced."""
    slow = [bounds.LEAST_RAMP * 10, bounds.LEAST_RAMP, bounds.LEAST_RAMP]
    slow += [bounds.LEAST_RAMP] * 4 + [ALTERNATING, 3 * bounds.LEAST_RAMP, bounds.LEAST_RAMP, 1]
    return Program(bounds.CURRENT, 100_000, slow, [(ARC, 0, TURN, 0, ONE)])


def measure(stage):
    """Return the longest tick and the longest answer [us]; the output is off and stays so."""
    core = Core()
    device = Device(core, os.urandom)
    session = device.answer(wire.seal(b"1 hello %d 0" % wire.PROTOCOL)).split(b"session=")[1].split(b" ")[0]
    line = wire.sign(b"2 status", b"", session, wire.HOST)
    core.tick(bounds.OFF_TIME, 0, 0)
    if core.load(laborious()) or core.grant(bounds.LEASE, core.ms):
        raise OSError("measure")
    gc.collect()
    tick = 0
    for _ in range(LOOKS):
        start = ticks()
        stage.look()
        core.hold()
        core.tick(bounds.LATE // LOOKS, core.output, 0)
        code_of(core.output, NOMINAL["dac_gain"], 0)
        stage.give(0, False)
        tick = max(tick, passed(ticks(), start))
    start = ticks()
    device.answer(line)
    gc.collect()
    return tick, passed(ticks(), start)


def slow_down(tick, answer):
    """Raise the shortest stretch to what was measured: never below what `bounds` says."""
    bounds.SHORTEST = max(bounds.SHORTEST, 2 * tick, tick + answer)


def main():
    """Run: the output is off before anything else, and off when this ends, however it ends."""
    import machine

    pin = machine.Pin
    enable = pin(ENABLE, pin.OUT, value=0)
    lamp = pin(LAMP, pin.OUT, value=0)
    alive = pin(ALIVE, pin.OUT, value=0)
    button = pin(BUTTON, pin.IN, pin.PULL_UP)
    if button.value():  # held at the start: stay off, and leave the prompt to whoever holds it
        return
    try:
        dac, adc = pin(DAC, pin.OUT, value=1), pin(ADC, pin.OUT, value=1)
        wires = {"sck": pin(CLOCK), "mosi": pin(OUT), "miso": pin(IN)}
        bus = machine.SPI(0, baudrate=RATE, polarity=0, phase=1, **wires)
        stage = Stage(bus, dac, adc, enable, lamp)
        stage.calibration(read_calibration())
        stage.begin()
        slow_down(*measure(stage))
        device = Device(Core(), os.urandom, read_key())
        port = Port(device, stage, button, alive, machine.WDT(timeout=WATCHDOG))
        button.irq(handler=port.press, trigger=pin.IRQ_RISING, hard=True)
        kbd_intr(-1)  # no letter on the line may stop the loop
        port.serve(sys.stdin.buffer, sys.stdout.buffer)
    finally:
        enable.value(0)
        lamp.value(0)
        kbd_intr(3)
