"""basis and expose as a person and as a program meets them: real files and signals."""

import contextlib
import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from microcurrent.cli.main import run
from microcurrent.planning.basis.request import METHOD

ROOT = Path(__file__).resolve().parents[2]
PLAN = ROOT / "examples" / "02-forehead-burst.toml"
COMMAND = [sys.executable, "-c", "from microcurrent.cli import main; main()"]


def call(*arguments):
    """One command in this process, as a person types it."""
    out, remarks = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(remarks):
        code = run([str(argument) for argument in arguments])
    return SimpleNamespace(returncode=code, stdout=out.getvalue(), stderr=remarks.getvalue())


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder of bases with one for the plan, and what its making printed."""
    folder = tmp_path_factory.mktemp("bases")
    ended = call(
        "basis", "build", PLAN, "--spacing", "4 mm", "--radius", "14 mm", "--bases", folder, "--json"
    )
    assert ended.returncode == 0, ended.stderr
    return folder, json.loads(ended.stdout)


def test_a_basis_is_built_once_listed_and_shown(built):
    folder, card = built
    assert card["state"] == "whole" and card["blocks"] > 3
    again = call("basis", "build", PLAN, "--spacing", "4 mm", "--radius", "14 mm", "--bases", folder)
    assert again.returncode == 0 and card["name"][:12] in again.stdout
    (listed,) = json.loads(call("basis", "list", "--bases", folder, "--json").stdout)
    assert listed == card
    shown = json.loads(call("basis", "show", card["name"][:8], "--bases", folder, "--json").stdout)
    assert {row[0] for row in shown["tissues"]} == set(card["request"]["tissues"])
    assert all(0 <= row[2] < 0.05 for row in shown["tissues"])


def test_a_plan_is_exposed_as_json_with_files_and_pictures(built, tmp_path):
    folder, card = built
    ended = call("expose", PLAN, "--out", tmp_path, "--bases", folder, "--format", "vtu", "--json")
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert told["exposure"]["basis"] == card["name"]
    assert [Path(path).name for path in told["files"]] == ["tissue.vtu", "skin.vtu"]
    for picture in told["pictures"]:
        assert Path(picture["file"]).read_bytes().startswith(b"<?xml")
        assert len(picture["alternative"].split()) > 8
    again = call("expose", PLAN, "--out", tmp_path, "--bases", folder, "--format", "vtu")
    assert again.returncode == 2
    assert "exists already" in again.stderr and "Traceback" not in again.stderr


def test_a_person_reads_tables_and_what_is_not_covered(built, tmp_path):
    ended = call("expose", PLAN, "--out", tmp_path, "--bases", built[0], "--zones")
    assert ended.returncode == 0, ended.stderr
    for words in ("near the probes", "around above the brow", "V/m", "C/cm²", "Not covered:", "interval"):
        assert words in ended.stdout, words
    assert (tmp_path / "exposure.nc").is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("expose", PLAN, "--out", "{out}", "--bases", "{empty}"), "no basis fits this plan"),
        (("expose", PLAN, "--out", "{out}", "--format", "pdf"), "unknown format"),
        (("expose", PLAN, "--out", "{out}", "--paths", "{empty}/none.toml"), "there is no such file"),
        (("basis", "build", "slab", "--around", "nose", "--bases", "{empty}"), "unknown site"),
        (("basis", "build", "slab", "--spacing", "2 V", "--bases", "{empty}"), "a length with its unit"),
        (("basis", "build", "slab", "--spacing", "9 mm", "--bases", "{empty}"), "up to a patch"),
        (("basis", "build", "slab", "--tissue", "wood", "--bases", "{empty}"), "wood"),
        (("basis", "show", "abc", "--bases", "{empty}"), "no basis of this name"),
    ],
)
def test_what_cannot_be_done_is_one_clear_message(tmp_path, arguments, words):
    places = {"out": tmp_path / "out", "empty": tmp_path / "empty"}
    ended = call(*(str(word).format(**places) for word in arguments))
    assert ended.returncode in (2, 5), ended.stderr
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr and ended.stdout == ""


def test_a_film_is_asked_for_in_words(built, tmp_path):
    film = ("--film", "2 mm", "0.3 mm", "1 S/m")
    ended = call("expose", PLAN, "--out", tmp_path, "--bases", built[0], *film)
    assert ended.returncode == 0, ended.stderr
    assert "Films of another kind" in ended.stdout
    ended = call("expose", PLAN, "--out", tmp_path, "--bases", built[0], *film[:3], "1 V")
    assert ended.returncode == 2 and "a conductivity with its unit" in ended.stderr


def test_a_basis_that_does_not_serve_is_refused_with_the_reason(built, tmp_path, monkeypatch):
    folder, card = built
    named = ("--bases", folder, "--basis", card["name"])
    other = call("expose", ROOT / "examples" / "01-cheek-lift.toml", "--out", tmp_path, *named)
    assert other.returncode == 2 and "one of another body" in other.stderr
    changed = "microcurrent.workflow.exposing.table_values"
    monkeypatch.setattr(changed, lambda source: dict.fromkeys(source.body.tissues, 0.1))
    other = call("expose", PLAN, "--out", tmp_path, *named)
    assert other.returncode == 2 and "the tables have changed since" in other.stderr
    monkeypatch.undo()
    for place in ("planning.basis.request", "workflow.exposing"):
        monkeypatch.setattr(f"microcurrent.{place}.METHOD", METHOD + 1)
    other = call("expose", PLAN, "--out", tmp_path, *named)
    assert other.returncode == 2 and f"one made by method {METHOD}" in other.stderr
    assert "tables" not in other.stderr
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_keeps_what_is_solved_and_the_same_command_goes_on(tmp_path):
    arguments = ["basis", "build", str(PLAN), "--spacing", "2 mm", "--bases", str(tmp_path)]
    with subprocess.Popen([*COMMAND, *arguments], stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 120
        while not list(tmp_path.glob("*.part/done/1")) and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "The same command goes on" in said
    (begun,) = json.loads(call("basis", "list", "--bases", tmp_path, "--json").stdout)
    assert begun["state"] == "begun" and begun["blocks"] >= 2
    ended = call(*arguments)
    assert ended.returncode == 0, ended.stderr
    assert f"{begun['blocks']} of " in ended.stderr and "are there already" in ended.stderr


def test_the_folder_of_bases_is_that_of_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("MICROCURRENT_BASES", str(tmp_path / "mine"))
    assert str(tmp_path / "mine") in call("basis", "list").stdout
    monkeypatch.delenv("MICROCURRENT_BASES")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert str(tmp_path / "cache" / "microcurrent" / "bases") in call("basis", "list").stdout
