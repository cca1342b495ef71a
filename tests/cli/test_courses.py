"""Courses and costs at the command line: a folder, a calendar, one message for each mistake."""

import contextlib
import io
import json
from pathlib import Path

import icalendar
import pytest

from microcurrent.cli.main import run

ROOT = Path(__file__).resolve().parents[2]
PLAN = str(ROOT / "examples" / "01-cheek-lift.toml")
HOLIDAYS = str(ROOT / "examples" / "holidays.ics")


def call(*arguments):
    out, remarks = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(remarks):
        code = run([str(a) for a in arguments])
    return code, out.getvalue(), remarks.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("course")


@pytest.fixture(scope="module")
def records(folder):
    return ("--records", str(folder / "records.sqlite"))


@pytest.fixture(scope="module")
def planned(folder, records):
    code, out, said = call(
        "course", "plan", PLAN, "--start", "2026-12-01", "--days", "tue,fri", "--holidays", HOLIDAYS,
        "--out", folder / "c", *records, "--json",
    )  # fmt: skip
    assert code == 0, said
    return json.loads(out)


def test_a_course_is_planned_in_one_command(planned, folder):
    assert len(planned["calendar"]["bookings"]) == 16 and len(planned["calendar"]["maintenance"]) == 12
    days = [b["start"][:10] for b in planned["calendar"]["bookings"]]
    assert not {"2026-12-24", "2026-12-25", "2026-12-26", "2027-01-01"} & set(days)
    exposure = planned["exposure"]
    assert exposure["course"]["charge"]["value"] == pytest.approx(
        16 * exposure["sitting"]["charge"]["value"]
    )
    assert planned["costs"]["break_even"][0] < planned["costs"]["break_even"][1]
    calendar = icalendar.Calendar.from_ical((folder / "c" / "course.ics").read_bytes())
    sittings = [e for e in calendar.walk("VEVENT") if "-measure-" not in str(e["UID"])]
    assert [e["DTSTART"].dt.date().isoformat() for e in sittings[:16]] == days


def test_next_show_mark_and_cost_speak_json_and_words(planned, folder, records):
    course = folder / "c" / "course.toml"
    code, out, _ = call("course", "mark", course, "2026-12-01", "done", "--json")
    assert code == 0 and json.loads(out)["course"]["revision"] == 1
    code, out, _ = call("course", "next", course, "--on", "2026-12-02", *records, "--json")
    told = json.loads(out)
    assert code == 0 and told["may"] and told["next"]["booking"]["start"] == "2026-12-04T10:00"
    code, out, _ = call("course", "show", course, "--on", "2026-12-02", *records, "--json")
    assert code == 0 and json.loads(out)["shown"]["adherence"]["done"] == 1
    code, out, _ = call("cost", course, "--region", "uk", "--json")
    assert code == 0 and json.loads(out)["break_even"] is None
    for arguments in (("course", "show", course, "--on", "2026-12-02", *records), ("cost", course)):
        code, out, _ = call(*arguments)
        assert code == 0 and ("USD" in out or "Adherence" in out)


def test_what_stands_against_the_next_sitting_is_exit_code_3(planned, folder, records):
    course = folder / "c" / "course.toml"
    text = course.read_text(encoding="utf-8").replace('title    = "', 'client = "demo-01"\ntitle    = "')
    mine = folder / "c" / "mine.toml"
    mine.write_text(text, encoding="utf-8")
    code, out, _ = call("course", "next", mine, "--on", "2026-12-02", *records)
    assert code == 3 and "was never screened" in out and "nobody has approved" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("course", "plan", PLAN, "--start", "soon"), "--start: not a date"),
        (
            ("course", "plan", PLAN, "--start", "2026-12-01", "--days", "mon,x"),
            "--days: no day of the week",
        ),
        (("course", "plan", PLAN, "--start", "2026-12-01", "--days", "mon,tue"), "too close together"),
        (("course", "plan", PLAN, "--start", "2026-12-01", "--phase", "build"), "NAME=PLAN"),
        (("course", "next", PLAN), "unknown key"),
        (("course", "show", "nowhere.toml"), "no such file"),
        (("cost", PLAN, "--price", "350"), "such as"),
        (("cost", PLAN, "--region", "mars"), "one of us"),
        (("cost", "nowhere.toml"), "no such file"),
    ],
)
def test_a_mistake_is_one_message(tmp_path, arguments, words):
    out = ("--out", tmp_path / "c") if arguments[:2] == ("course", "plan") else ()
    code, _, said = call(*arguments, *out)
    assert code == 2 and words in said and "Traceback" not in said and "defect" not in said
