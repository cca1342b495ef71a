"""The command `screen`: questions of the day from a file or the keyboard, another day, and what is told."""

import datetime
import time
from pathlib import Path

import pytest

from microcurrent.cli import options, screening
from microcurrent.cli.main import run

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PLAN = str(EXAMPLES / "01-cheek-lift.toml")
ECZEMA = str(EXAMPLES / "histories" / "06-eczema-left-cheek.toml")


@pytest.fixture(autouse=True)
def records(tmp_path, monkeypatch):
    monkeypatch.setenv("MICROCURRENT_RECORDS", str(tmp_path / "records.sqlite"))


def test_the_questions_of_the_day_from_a_file(capsys):
    assert run(["screen", PLAN, "--same-day", "--answers", str(EXAMPLES / "today-clear.toml")]) == 0
    assert capsys.readouterr().out.startswith("Questions of the day on ")


def test_the_template_of_the_day_is_empty_and_refused(capsys, tmp_path):
    assert run(["screen", PLAN, "--same-day", "--template"]) == 0
    path = tmp_path / "today.toml"
    path.write_text(capsys.readouterr().out.replace("# client =", "client ="), encoding="utf-8")
    assert run(["screen", PLAN, "--same-day", "--answers", str(path)]) == 3
    assert "? unwell: not answered" in capsys.readouterr().out


def test_answers_of_another_client_are_refused(capsys):
    today = str(EXAMPLES / "today-clear.toml")
    assert run(["screen", PLAN, "--same-day", "--client", "other", "--answers", today]) == 2
    assert "expected other, came demo-01" in capsys.readouterr().err


def test_nobody_at_the_keyboard_is_told(capsys):
    assert run(["screen", PLAN, "--same-day", "--client", "demo-01"]) == 2
    assert "nobody is at the keyboard" in capsys.readouterr().err
    assert run(["screen", PLAN, "--same-day"]) == 2
    assert "--client to ask at the keyboard" in capsys.readouterr().err


@pytest.mark.parametrize(("yes", "code"), [("", 0), ("fever", 3)])
def test_at_the_keyboard_each_question_is_put(monkeypatch, capsys, yes, code):
    put = []

    def confirm(question, default):
        assert default is None  # no answer is suggested
        put.append(question)
        return bool(yes) and yes in question

    monkeypatch.setattr(screening.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(screening.typer, "confirm", confirm)
    monkeypatch.setattr(screening.typer, "prompt", lambda *_, **__: "since noon")
    assert run(["screen", PLAN, "--same-day", "--client", "demo-01"]) == code
    assert len(put) == 15
    assert ("infection-fever: deferred" in capsys.readouterr().out) == bool(yes)


def test_another_day_is_for_looking_and_not_for_the_day(capsys):
    assert run(["screen", PLAN, "--answers", ECZEMA, "--on", "2026-11-22"]) == 3
    told = capsys.readouterr()
    assert "not kept in the records" in told.err and "treats it" in told.out
    today = str(EXAMPLES / "today-clear.toml")
    assert run(["screen", PLAN, "--same-day", "--answers", today, "--on", "2026-11-22"]) == 2
    assert "are of today" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("zone", "day"), [("Asia/Tokyo", 23), ("Europe/Paris", 22), ("America/Denver", 22)]
)
def test_today_is_the_day_here_and_not_that_of_utc(monkeypatch, zone, day):
    monkeypatch.setenv("TZ", zone)
    try:
        time.tzset()
        late = datetime.datetime(2026, 11, 22, 20, tzinfo=datetime.UTC)
        monkeypatch.setattr(options, "now", lambda: late)
        assert options.today() == datetime.date(2026, 11, day)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_home_user_is_held_against_the_limits_of_home_unasked(capsys):
    answers = str(EXAMPLES / "client-clear.toml")
    who = ["--by", "A. Person", "--role", "home user", "--accept-warnings", "--samples", "8"]
    assert run(["approve", PLAN, "--answers", answers, *who]) == 3  # 40 min: too long at home
    assert "1 limit(s) and cannot be approved: home-sitting-time" in capsys.readouterr().err
    assert run(["approve", str(EXAMPLES / "09-motor-level.toml"), "--answers", answers, *who,
                "--consent", "motor"]) == 3  # fmt: skip
    assert "is not for a home user" in " ".join(capsys.readouterr().err.split())


def test_a_picture_of_a_flat_block_is_refused_with_advice(capsys, tmp_path):
    out = tmp_path / "zones.png"
    assert run(["screen", PLAN, "--answers", ECZEMA, "--on", "2026-11-22", "--out", str(out)]) == 2
    assert "the table names the zones" in capsys.readouterr().err
    assert not out.exists()
