"""stimulator list, info, test, clear; keys of a sitting; a sitting through the firmware by the command line."""

import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from microcurrent.cli.app import app
from microcurrent.cli.keys import obey, pressed
from microcurrent.errors import DeliveryTripped, InputError
from microcurrent.workflow import stimulators

ROOT = Path(__file__).resolve().parents[2]


def run(*words):
    return CliRunner().invoke(app, ["stimulator", *words])


def test_list_and_info_as_text_and_json():
    assert "pty:micropython" in run("list").output
    assert {"name", "what", "person"} == set(json.loads(run("list", "--json").output)[0])
    text = run("info", "pty").output
    assert "1 mA" in text and "60 min" in text and "idle" in text
    found = json.loads(run("info", "pty", "--json").output)
    assert found["capabilities"]["max_current"] == 1e-3 and found["status"]["state"] == "idle"
    assert "1 mA" in run("info", "simulated").output


def test_clear_of_one_without_fault():
    assert "pty is idle" in run("clear", "pty").output


@pytest.mark.parametrize(
    "words", [("info", "toaster"), ("clear", "simulated"), ("test", "serial:/dev/nothing")]
)
def test_what_cannot_be_used_is_one_message(words):
    result = run(*words)
    assert isinstance(result.exception, InputError) and str(result.exception).count("\n") == 0


def test_a_failed_check_is_an_error_after_all_are_shown(monkeypatch):
    from microcurrent.delivery.selftest import Check

    checks = [
        Check(name=str(n), expected="yes", came="so", passed=passed)
        for n, passed in ((1, True), (2, False), (3, None))
    ]
    monkeypatch.setattr(stimulators, "test", lambda name, resistance: iter(checks))
    result = run("test", "pty")
    assert [line.split("  ")[0].strip() for line in result.output.splitlines()[-3:]] == [
        "ok",
        "FAILED",
        "not tried",
    ]
    assert isinstance(result.exception, DeliveryTripped) and "1 of 3 checks failed: 2" in str(
        result.exception
    )
    monkeypatch.setattr(stimulators, "test", lambda name, resistance: iter([checks[0], checks[2]]))
    assert "1 of 2 checks passed, 1 not tried" in run("test", "pty").output


class Noted:
    """A sitting that notes what is asked of it."""

    def __init__(self):
        self.asked = []

    def __getattr__(self, name):
        return lambda *words: self.asked.append((name, *words))


def test_each_key_asks_for_what_it_says():
    sitting = Noted()
    for key in "s xpr07+fa":
        assert obey(key, sitting, "A. Person")
    assert [asked[0] for asked in sitting.asked] == [
        "stop",
        "stop",
        "cut",
        "pause",
        "resume",
        *["mark"] * 5,
    ]
    assert ("mark", "felt", (("comfort", 10.0), ("by", "A. Person"))) in sitting.asked
    assert ("resume", "A. Person") in sitting.asked
    assert ("mark", "felt", (("comfort", 7.0), ("by", "A. Person"))) in sitting.asked
    for key in "q?\x1bé²":
        assert not obey(key, sitting, "A. Person")


def test_a_function_key_or_a_paste_presses_nothing():
    for came in (b"\x1bOR", b"\x1b[5~", b"\x1b", b"Dr. Park", b"rp"):
        assert not obey(pressed(came), Noted(), "A. Person") or came == b""
    assert pressed(b"s") == "s" and pressed(b"xxx") == "x" and pressed(b"") == ""


def test_a_sitting_on_the_firmware_with_keys_in_a_real_terminal(tmp_path):
    """A terminal of its own: comfort, pause, resume and stop by single keys, then the record is read."""
    ours, theirs = pty.openpty()
    records = tmp_path / "records.sqlite"
    words = [
        "run", str(ROOT / "examples" / "07-rehearse-on-firmware.toml"), "--answers",
        str(ROOT / "examples" / "client-clear.toml"), "--approve-as", "A. Person", "--accept-warnings",
        "--samples", "8", "--stimulator", "pty", "--records", str(records), "--out", str(tmp_path),
    ]  # fmt: skip
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "microcurrent"), *words], stdin=theirs, stdout=theirs, stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
    )  # fmt: skip
    os.close(theirs)
    seen = bytearray()

    def until(text, seconds=60):
        give_up = time.monotonic() + seconds
        while text not in seen:
            assert time.monotonic() < give_up, seen[-2000:].decode(errors="replace")
            if select.select([ours], [], [], 0.2)[0]:
                try:
                    seen.extend(os.read(ours, 65536))
                except OSError:  # the other end is closed: the program has ended
                    assert text in seen, seen[-2000:].decode(errors="replace")
                    return

    until(b"Keys:")
    time.sleep(3.0)
    for key in b"7pr":
        os.write(ours, bytes([key]))
        time.sleep(1.8)
    os.write(ours, b"s")
    until(b"was stopped: a key")
    assert process.wait(20) == 130
    os.close(ours)
    sittings = CliRunner().invoke(app, ["records", "list", "--records", str(records), "--json"])
    name = json.loads(sittings.output)[0]["id"]
    shown = json.loads(
        CliRunner().invoke(app, ["records", "show", name, "--records", str(records), "--json"]).output
    )
    kinds = [event["kind"] for event in shown["events"]]
    order = [kind for kind in kinds if kind in ("felt", "pause", "resumed", "stop", "closed")]
    assert order == ["felt", "pause", "resumed", "stop", "closed"]
