"""expect and claims as a person and as a program meets them."""

import contextlib
import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from microcurrent.cli.main import run

ROOT = Path(__file__).resolve().parents[2]


def call(*arguments):
    """One command in this process, as a person types it."""
    out, remarks = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(remarks):
        code = run([str(argument) for argument in arguments])
    return SimpleNamespace(returncode=code, stdout=out.getvalue(), stderr=remarks.getvalue())


@pytest.mark.parametrize("intent", ["lift", "wrinkles", "pain", "wound"])
def test_every_intent_is_shown_with_its_grade_and_what_would_change_it(intent):
    said = call("expect", "--intent", intent).stdout
    for part in ("Evidence: level", "certainty", "with sham", "What would change this", "dose:", "found:"):
        assert part in said


def test_json_is_one_value_with_everything(tmp_path):
    ended = call("expect", "--intent", "pain", "--sittings", 6, "--out", tmp_path, "--json")
    given = json.loads(ended.stdout)
    assert given["expectation"]["sittings"] == 6
    assert len(given["expectation"]["points"]) == 7
    assert Path(given["picture"]["file"]).read_bytes().startswith(b"<?xml")
    assert "with sham" in given["picture"]["alternative"]


def test_a_plan_gives_intent_course_and_current():
    given = json.loads(call("expect", "--plan", ROOT / "examples/01-cheek-lift.toml", "--json").stdout)
    expectation = given["expectation"]
    assert expectation["model"]["intent"] == "lift"
    assert (expectation["sittings"], expectation["per_week"]) == (16, 2.0)
    assert expectation["current"] == pytest.approx(300e-6)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("expect",), "--intent"),
        (("expect", "--intent", "younger"), "lift, wrinkles, pain, wound"),
        (("expect", "--plan", ROOT / "examples/03-galvanic-roller.toml"), "cleansing"),
        (("expect", "--intent", "pain", "--sittings", 0), "--sittings"),
        (("claims", "29"), "there is no such claim"),
    ],
)
def test_wrong_questions_get_one_message_and_code_2(arguments, named):
    ended = call(*arguments)
    assert ended.returncode == 2
    assert named in ended.stderr and "Traceback" not in ended.stderr


def test_claims_are_quoted_answered_graded_and_sourced():
    said = call("claims", "22", "20").stdout
    assert "22: “" in said and "Grade: regulatory [fda-510k; found]" in said
    assert "Computed: Faradic pulses are of low frequency" in said
    assert "high frequency over that of faradic pulses" in said


def test_claims_as_json_and_as_a_page(tmp_path):
    given = json.loads(call("claims", "4", "23", "--out", tmp_path, "--json").stdout)
    assert [one["claim"]["number"] for one in given["answers"]] == ["4", "23"]
    assert given["answers"][0]["figures"] == []
    page = (tmp_path / "claims.md").read_text(encoding="utf-8")
    assert page.startswith("# The claims, computed") and "### 23: “" in page
    assert json.loads((tmp_path / "claims.json").read_text()) == given["answers"]
