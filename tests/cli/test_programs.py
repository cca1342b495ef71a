"""program list, systems, show and write as a person meets them; on a slab, where it is quick."""

import contextlib
import io
import json
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from microcurrent import tables
from microcurrent.cli.main import run

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")


def call(*arguments):
    """One command in this process, as a person types it."""
    out, remarks = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(remarks):
        code = run([str(argument) for argument in arguments])
    return SimpleNamespace(code=code, out=out.getvalue(), said=remarks.getvalue())


def test_every_program_is_listed_and_can_be_shown():
    listed = call("program", "list")
    assert listed.code == 0
    for name, program in tables.programs().items():
        assert name in listed.out
        shown = call("program", "show", name)
        assert shown.code == 0
        assert f"level {program.evidence.level}" in shown.out and program.evidence.grade in shown.out
        for id_ in program.source:
            assert f"[{id_}]" in shown.out


def test_lore_is_shown_as_lore():
    shown = call("program", "show", "ultra-low").out
    assert "Lore (level 5)" in shown and "No controlled evidence was found" in shown


def test_every_system_is_listed_with_a_program_or_the_reason_why_not():
    said = " ".join(call("program", "systems").out.split())
    for system in tables.systems().values():
        assert system.title in said
        assert all(name in said for name in system.programs)
        assert system.reason in said


def test_json_holds_what_the_text_says():
    found = json.loads(call("program", "show", "microcurrent-lift", "--json").out)
    assert found["program"]["evidence"]["level"] == 4
    assert {rule["level"] for rule in found["lore"]} == {5}
    assert len(json.loads(call("program", "list", "--json").out)) == len(tables.programs())
    assert len(json.loads(call("program", "systems", "--json").out)) == len(tables.systems())


def test_what_is_written_is_a_plan_that_says_where_it_comes_from(tmp_path):
    plan = tmp_path / "plan.toml"
    written = call("program", "write", "combined-superposed", "--body", "slab", "--part", "zygomaticus major",
                   "--author", "A. Person", "--out", plan)  # fmt: skip
    assert written.code == 0 and "1 step." in written.out
    text = plan.read_text(encoding="utf-8")
    for words in (
        "# Evidence: level 5",
        "# Source [salon-pages]",
        "# Guard:",
        'author = "A. Person"',
        "offset = ",
    ):
        assert words in text
    checked = call("plan", "check", plan)
    assert checked.code == 0 and "a valid plan of 1 step" in checked.out
    again = call("program", "write", "combined-superposed", "--body", "slab", "--out", plan)
    assert again.code == 2 and "exists already" in again.said
    assert plan.read_text(encoding="utf-8") == text


def test_a_glide_on_a_flat_body_has_places_of_its_own_that_are_flat(tmp_path):
    plan = tmp_path / "plan.toml"
    assert call("program", "write", "microcurrent-lift", "--body", "slab", "--part", "zygomaticus minor",
                "--out", plan).code == 0  # fmt: skip
    assert call("plan", "check", plan).code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "microcurent-lift"), 'Perhaps "microcurrent-lift"'),
        (("write", "galvanic-hold", "--body", "slab", "--part", "sternocleidomastoid"), "carotid sinus"),
        (("write", "galvanic-hold", "--body", "slab", "--part", "nose"), "no move is known for this part"),
        (("write", "galvanic-hold", "--body", "slab", "--device", "nothing"), "unknown device"),
        (("write", "galvanic-hold", "--body", "slab", "--current", "2 mA"), "total-current"),
        (("write", "galvanic-hold", "--body", "slab", "--current", "2"), "unit missing"),
        (("write", "muscle-limb", "--body", "slab"), "lacks the sites"),
    ],
)
def test_each_mistake_gets_one_message_and_writes_nothing(arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = call("program", *arguments)
    assert found.code == 2
    assert words in found.said and "Traceback" not in found.said
    assert list(tmp_path.iterdir()) == []


def test_the_page_of_programs_is_what_the_tables_say():
    made = runpy.run_path(str(ROOT / "docs" / "make_program_tables.py"))
    page = (ROOT / "docs" / "reference" / "programs.md").read_text(encoding="utf-8")
    assert page == made["page"](), "run: python docs/make_program_tables.py"
