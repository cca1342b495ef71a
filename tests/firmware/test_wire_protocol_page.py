"""The specification of the wire protocol says what the firmware does, and the host knows all of it."""

import ast
import binascii
import re
from pathlib import Path

import bounds
import core as rules
import device as devices
import pytest
import wire as firmware_wire
from hypothesis import given
from hypothesis import strategies as st

from microcurrent.delivery import wire as host_wire
from microcurrent.delivery.drivers.own_firmware import FAULTS, REASONS
from microcurrent.delivery.program import compact
from microcurrent.model import Ramp, Stimulus, shapes

ROOT = Path(__file__).resolve().parents[2]
FIRMWARE = ROOT / "firmware"
PAGE = (ROOT / "docs" / "reference" / "wire-protocol.md").read_text(encoding="utf-8")
#: Answers that the driver deals with by itself and never shows as a reason.
NOT_SHOWN = {"old", "session"}


def section(title: str) -> str:
    """What stands under a heading of the page, down to the next of the same level or above."""
    level, _, _ = title.partition(" ")
    text = PAGE.split(f"\n{title}\n")[1]
    return re.split(rf"\n#{{2,{len(level)}}} ", text)[0]  # one alone is a remark in the session


def rows(title: str) -> list[list[str]]:
    """The cells of the tables of a section whose first cell is code."""
    lines = [line for line in section(title).splitlines() if line.startswith("| `")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def column(title: str) -> list[str]:
    return [cells[0] for cells in rows(title)]


# -- words of the firmware, from its source ------------------------------------------------------------


def texts(node: ast.expr | None) -> set[str]:
    """The words that an expression can be, looking through `or` and `if`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        return {node.value}
    if isinstance(node, ast.BoolOp):
        return set().union(*map(texts, node.values))
    if isinstance(node, ast.IfExp):
        return texts(node.body) | texts(node.orelse)
    return set()


def functions(name: str) -> dict[str, ast.FunctionDef]:
    tree = ast.parse((FIRMWARE / name).read_text(encoding="utf-8"))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def returned(function: ast.FunctionDef) -> set[str]:
    return set().union(*(texts(node.value) for node in ast.walk(function) if isinstance(node, ast.Return)))


def refusals() -> set[str]:
    """Every word that the core, admission to it and the device can refuse with."""
    found = returned(functions("device.py")["_do"])
    for name in ("core.py", "admission.py"):
        found |= set().union(*(returned(function) for function in functions(name).values()))
    for node in ast.walk(ast.parse((FIRMWARE / "device.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and any(getattr(t, "id", "") == "refused" for t in node.targets):
            found |= texts(node.value)
        if isinstance(node, ast.Constant) and isinstance(node.value, bytes):
            found |= {word.decode() for word in re.findall(rb"^ no (\w+)$", node.value)}
    return found


def faults() -> set[str]:
    """Every word that the core or a port can trip with."""
    found = returned(functions("sides.py")["wrong"]) - {""}
    for path in FIRMWARE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "trip":
                found |= texts(node.args[0])
    return found


def test_words_are_found_in_the_source():
    assert {"late", "session", "old", "word", "protocol", "program", "sitting-time", "ramp"} <= refusals()
    assert {"open", "lease", "stopped", "slew", "late"} <= faults()


def test_every_refusal_of_the_firmware_is_on_the_page_and_no_other():
    found = column("## Refusals")
    assert len(found) == len(set(found))
    assert set(found) == refusals()


def test_every_fault_of_the_firmware_is_on_the_page_and_no_other():
    found = column("## Faults")
    assert len(found) == len(set(found))
    assert set(found) == faults()


def test_the_driver_has_words_for_every_refusal_and_fault_and_for_no_other():
    assert set(REASONS) == refusals() - NOT_SHOWN
    assert set(FAULTS) == faults()


# -- fields, states, commands ----------------------------------------------------------------------------


def fields(text: bytes) -> dict[str, str]:
    return dict(word.split("=") for word in text.decode().split() if "=" in word)


class Bench:
    """A device with a resistor of 10 kohm, and what the page's session is made with."""

    key, session, token = b"an example key", b"0102030405060708", b"0011223344556677"

    def __init__(self) -> None:
        self.core = rules.Core(52_000)
        self.device = devices.Device(self.core, lambda count: bytes(range(1, count + 1)), self.key)

    def advance(self, us: int) -> None:
        while us > 0:
            hold = min(self.core.hold(), us)
            flowed = self.core.output if self.core.enable else 0
            self.core.tick(hold, flowed, abs(flowed) // 100)
            us -= hold

    def hello(self) -> bytes:
        return self.device.answer(host_wire.sealed(b"1 hello 1 " + self.token))

    def ask(self, body: bytes) -> bytes:
        answer = self.device.answer(host_wire.signed(body, self.key, self.session))
        opened = host_wire.checked(host_wire.opened(answer[:-1]), self.key, self.session)
        assert opened is not None
        return opened


@pytest.fixture
def bench():
    made = Bench()
    made.advance(20_000)
    made.said = made.hello()
    return made


def test_the_fields_of_hello_are_on_the_page(bench):
    assert column("## Session")[:4] == list(fields(host_wire.opened(bench.said[:-1])))


def test_the_fields_of_a_status_are_on_the_page(bench):
    assert column("## `status`") == list(fields(bench.ask(b"2 status")))


def test_capabilities_and_their_values_are_on_the_page(bench):
    assert {cells[0]: cells[2] for cells in rows("## `caps`")} == fields(bench.ask(b"2 caps"))


def test_the_states_are_on_the_page():
    assert column("## States")[: len(rules.STATES)] == list(rules.STATES)


def test_the_commands_are_on_the_page(bench):
    """Each is known to the device, with as many figures as the page says."""
    commands = [row.split()[0] for row in column("## Commands") if row != "!"]
    source = (FIRMWARE / "device.py").read_text(encoding="utf-8")
    assert set(commands) == set(re.findall(r'word == b"(\w+)"', source))
    for number, command in enumerate(commands, 2):
        arguments = {"load": b" 1", "grant": b" 0 0"}.get(command, b"")
        answer = bench.ask(b"%d %b%b" % (number, command.encode(), arguments))
        assert not answer.endswith(b" word"), command


def test_the_limits_of_the_page_are_those_of_the_firmware():
    page = " ".join(PAGE.split())
    assert f"The longest line is {firmware_wire.LONGEST} bytes without its end." in page
    assert f"after {rules.CLOCK} comes 0." in page
    assert f"the last {bounds.REST // 60_000} minutes without current" in page
    assert f"VERSION is {firmware_wire.PROTOCOL}." in page
    assert firmware_wire.PROTOCOL == host_wire.PROTOCOL


def test_the_thresholds_of_the_faults_are_those_of_the_firmware():
    here = {cells[0]: cells[2] for cells in rows("## Faults")}
    time = f"for {bounds.REACTION // 1000} ms, seen twice"
    floor = f"{bounds.FLOOR // 1000} µA"
    assert here["open"] == f"below a tenth of a command above {floor}, {time}"
    assert here["short"] == f"below {bounds.SHORT} Ω with {bounds.SHORT_FLOOR // 1000} µA and more, {time}"
    assert here["compliance"] == f"{bounds.VOLTAGE_REACHED / 1000:g} V and more, {time}"
    assert here["mismatch"] == f"more than {bounds.TOLERANCE} % and {floor} apart, {time}"
    assert f"{bounds.CURRENT * 1.05 / 1e6:g} mA" in here["over-current"]
    assert here["slew"] == f"{bounds.SLEW} nA/µs"
    assert f"above {bounds.NET_DIRECT // 1000} µA over 1 s" in here["net-direct"]
    assert f"above {bounds.PHASE_CHARGE // 1_000_000} mC" in here["phase-charge"]
    assert f"above {bounds.SITTING_CHARGE / 1e6:g} C" in here["sitting-charge"]
    assert here["sitting-time"] == f"above {bounds.SITTING_TIME // 360_000_000} h"
    assert here["late"] == f"{bounds.LATE // 1000} ms"
    assert here["stuck"] == f"above {bounds.ZERO / 1000:g} µA for {bounds.OFF_TIME // 1000} ms"


# -- test vectors ----------------------------------------------------------------------------------------


def test_the_vector_of_the_checksum():
    said = re.search(r"the nine bytes `(\d+)` give `(\w+)`", PAGE)
    assert f"{binascii.crc32(said[1].encode()):08x}" == said[2]


def test_the_line_of_hello_in_the_text():
    line = re.search(r"`(1 hello 1 \w+\*\w+)`", PAGE)[1].encode()
    assert host_wire.opened(line) == firmware_wire.opened(line) is not None


def test_the_vectors_of_the_tag():
    lines = section("### Tag").splitlines()
    vectors = [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines
               if re.match(r"\|.*\| (host|device) \|", line)]  # fmt: skip
    assert len(vectors) == 6
    for key, sender, body, tag, line in vectors:
        key, mark = b"" if key == "none" else key.encode(), {"host": b">", "device": b"<"}[sender]
        assert firmware_wire.tag(key, Bench.session, mark + body.encode()) == tag.encode()
        sealed = firmware_wire.sign(body.encode(), key, Bench.session, mark)
        assert sealed == line.encode() + b"\n"
        if sender == "host":
            assert host_wire.signed(body.encode(), key, Bench.session) == sealed
        else:
            opened = host_wire.opened(sealed[:-1])
            assert host_wire.checked(opened, key, Bench.session) == body.encode()


def test_the_example_in_python_says_what_the_table_says(capsys):
    code = re.search(r"```python\n(.*?)```", section("### Tag"), re.DOTALL)[1]
    exec(compile(code, "the page", "exec"), {})
    assert f"| `{capsys.readouterr().out.strip()[2:-1]}` |" in section("### Tag")


def test_the_example_of_a_program_is_what_the_host_makes_and_the_device_takes(bench):
    stimulus = Stimulus(
        waveform=shapes.biphasic(width=0.009), amplitude=300e-6, duration=10.0, frequency=30.0,
        ramp=Ramp(rise=1.0, fall=1.0),
    )  # fmt: skip
    words = " ".join(("load", *compact(stimulus).words))
    assert f"\n{words}\n" in section("### Example")
    assert bench.ask(b"2 " + words.encode()) == b"2 ok"


# -- the session -----------------------------------------------------------------------------------------


def transcript() -> list[str]:
    block = re.search(r"```output\n(.*?)\n```", section("## A session"), re.DOTALL)[1]
    return re.sub(r"\n +", " ", block).splitlines()


def test_the_session_on_the_page_is_what_the_device_answers():
    bench, answer, said = Bench(), None, []
    for line in transcript():
        if line.startswith("... "):
            bench.advance(int(line.split()[1]) * 1000)
        elif line.startswith("> "):
            answer = bench.device.answer(line[2:].encode() + b"\n")
            said.append(line)
        elif line.startswith("< "):
            assert answer == line[2:].encode() + b"\n", said[-1]
        elif line == "(no answer)":
            assert answer is None, said[-1]
        else:
            assert line.startswith("# ")
    commands = {line.split()[2].partition("*")[0] for line in said if len(line.split()) > 2}
    assert {"hello", "caps", "status", "load", "grant", "end", "clear"} <= commands


# -- the two sides agree ---------------------------------------------------------------------------------

WORDS = st.text(alphabet=[chr(c) for c in range(0x21, 0x7F) if chr(c) != "*"], min_size=1, max_size=20)
BODIES = st.builds(
    lambda number, words: " ".join([str(number), *words]).encode(),
    st.integers(1, 2**30 - 1), st.lists(WORDS, min_size=1, max_size=8),
)  # fmt: skip
KEYS = st.binary(max_size=40)
SESSIONS = st.binary(min_size=8, max_size=8).map(binascii.hexlify)


@given(BODIES, KEYS, SESSIONS)
def test_what_the_host_says_the_device_reads(body, key, session):
    line = host_wire.signed(body, key, session)
    assert line == firmware_wire.sign(body, key, session, firmware_wire.HOST)
    opened = firmware_wire.opened(line)
    assert firmware_wire.checked(opened, key, session, firmware_wire.HOST) == body


@given(BODIES, KEYS, SESSIONS)
def test_what_the_device_says_the_host_reads(body, key, session):
    line = firmware_wire.sign(body, key, session, firmware_wire.DEVICE)
    assert host_wire.checked(host_wire.opened(line[:-1]), key, session) == body


@given(BODIES, KEYS, SESSIONS)
def test_neither_takes_its_own_words_for_those_of_the_other(body, key, session):
    ours = host_wire.opened(host_wire.signed(body, key, session)[:-1])
    assert host_wire.checked(ours, key, session) is None
    theirs = firmware_wire.opened(firmware_wire.sign(body, key, session, firmware_wire.DEVICE))
    assert firmware_wire.checked(theirs, key, session, firmware_wire.HOST) is None


@given(BODIES, KEYS, SESSIONS, st.integers(0), st.integers(1, 255))
def test_one_byte_that_is_changed_is_read_by_neither(body, key, session, at, change):
    line = bytearray(host_wire.signed(body, key, session)[:-1])
    line[at % len(line)] ^= change
    assert host_wire.opened(bytes(line)) is None
    assert firmware_wire.opened(bytes(line)) is None


@given(BODIES, KEYS, KEYS, SESSIONS, SESSIONS)
def test_another_key_or_session_is_not_taken(body, key, other, session, another):
    line = firmware_wire.opened(host_wire.signed(body, key, session))
    if key != other:
        assert firmware_wire.checked(line, other, session, firmware_wire.HOST) is None
    if session != another:
        assert firmware_wire.checked(line, key, another, firmware_wire.HOST) is None
