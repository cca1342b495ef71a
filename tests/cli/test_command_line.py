"""The command line as a person and as a program meets it: real processes, real files, real signals."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from microcurrent import workflow
from microcurrent.cli.preparing import newest_prediction

ROOT = Path(__file__).resolve().parents[2]
PLAN = ROOT / "examples" / "01-cheek-lift.toml"
CLEAR = ROOT / "examples" / "client-clear.toml"
COMMAND = [sys.executable, "-c", "from microcurrent.cli import main; main()"]


def call(*arguments, **options):
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        **options,
    )


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """One whole run, and its folder."""
    folder = tmp_path_factory.mktemp("run")
    ended = call(
        "run", PLAN, "--answers", CLEAR, "--approve-as", "A. Tester", "--accept-warnings", "--samples", "8",
        "--records", folder / "records.sqlite", "--out", folder, "--json",
    )  # fmt: skip
    return ended, folder


def test_run_does_everything_and_prints_json_alone(done):
    ended, folder = done
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert told["ending"] == "completed" and len(told["steps"]) == 3
    assert Path(told["pdf"]).read_bytes().startswith(b"%PDF")
    assert Path(told["html"]).exists()
    verified = json.loads(
        call("records", "verify", "--records", folder / "records.sqlite", "--json").stdout
    )
    assert verified["holds"] and verified["entries"] > 100


def test_after_an_adverse_event_running_again_treats_nobody_and_a_rehearsal_says_so(done, tmp_path):
    ended, folder = done
    records = tmp_path / "records.sqlite"
    shutil.copy(folder / "records.sqlite", records)
    shutil.copytree(folder / "records.fields", tmp_path / "records.fields")
    sitting = json.loads(ended.stdout)["sitting"]
    assert call("record", sitting, "--adverse", "Small blister", "--records", records).returncode == 0
    for _ in range(2):  # the screening of the first run closes nothing for the second
        again = call(
            "run", PLAN, "--answers", CLEAR, "--approve-as", "A. Tester", "--stimulator", "serial:/dev/nothing",
            "--records", records, "--out", tmp_path,
        )  # fmt: skip
        assert again.returncode == 3 and "Small blister. No current" in again.stderr
    rehearsed = call("deliver", PLAN, "--client", "demo-01", "--records", records)
    assert rehearsed.returncode == 0, rehearsed.stderr
    assert "An adverse event stands open." in rehearsed.stderr and "completed" in rehearsed.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "check", PLAN), ("plan", "show", PLAN), ("read", PLAN),
        ("screen", PLAN, "--answers", CLEAR), ("assess", PLAN), ("body", "list"), ("records", "list"),
        ("approve", PLAN, "--answers", CLEAR, "--by", "A. Tester", "--accept-warnings"),
        ("deliver", PLAN, "--client", "demo-01"),
    ],
    ids=lambda a: " ".join(map(str, a[:2])).replace(str(ROOT), ""),
)  # fmt: skip
def test_every_verb_speaks_json(done, arguments):
    _, folder = done
    environment = os.environ | {"MICROCURRENT_RECORDS": str(folder / "records.sqlite")}
    ended = call(*arguments, "--json", env=environment)
    assert ended.returncode == 0, ended.stderr
    json.loads(ended.stdout)


def test_record_and_report_follow_a_sitting(done):
    ended, folder = done
    sitting = json.loads(ended.stdout)["sitting"]
    records = ("--records", folder / "records.sqlite")
    noted = call("record", sitting, "--felt", "warm", "--comfort", "8", *records, "--json")
    assert json.loads(noted.stdout)["events"][-1]["kind"] == "felt"
    told = call("report", sitting, *records, "--out", folder / "again", "--json")
    assert Path(json.loads(told.stdout)["html"]).read_text(encoding="utf-8").count("warm")
    shown = call("records", "show", sitting, *records)
    assert "lease" in shown.stdout and shown.returncode == 0


def test_a_fault_ends_with_exit_code_4_and_output_off(done):
    _, folder = done
    ended = call(
        "deliver",
        PLAN,
        "--client",
        "demo-01",
        "--fault",
        "lead-off@15",
        "--records",
        folder / "records.sqlite",
    )
    assert ended.returncode == 4
    assert "Output is off" in ended.stderr and "Traceback" not in ended.stderr


def test_zero_that_cannot_be_read_back_has_a_code_of_its_own(done):
    records = ("--records", done[1] / "records.sqlite")
    ended = call("deliver", PLAN, "--client", "demo-01", "--fault", "silent@15", *records, "--json")
    assert ended.returncode == 8 and ended.stdout == ""
    assert "Take the probes off" in ended.stderr


@pytest.mark.parametrize(
    ("reader", "form"), [("gone", ()), ("gone", ("--json",)), ("full", ("--json",)), ("closed", ())]
)
def test_a_trip_is_told_where_standard_output_takes_nothing(done, reader, form):
    if reader == "gone":
        read_end, output = os.pipe()
        os.close(read_end)
    else:
        output = os.open("/dev/full", os.O_WRONLY)
    ended = subprocess.run(
        [*COMMAND, "deliver", str(PLAN), "--client", "demo-01", "--fault", "lead-off@15",
         "--records", str(done[1] / "records.sqlite"), *form],
        stdout=output, stderr=subprocess.PIPE, text=True, timeout=300, check=False,
        preexec_fn=(lambda: os.close(1)) if reader == "closed" else None,
    )  # fmt: skip
    os.close(output)
    assert ended.returncode == 4, ended.stderr
    told = ended.stderr.splitlines()
    assert told[-1].startswith("microcurrent: An interlock stopped the sitting")
    assert len(told) == 1 + ("--json" not in form), told  # without it, a rehearsal says that it is one


def test_a_result_that_cannot_be_written_is_one_message_and_no_defect(done):
    with open("/dev/full", "w") as full:
        ended = subprocess.run([*COMMAND, "plan", "show", str(PLAN)], stdout=full, stderr=subprocess.PIPE,
                               text=True, timeout=300, check=False)  # fmt: skip
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1 and "could not be written" in ended.stderr


def test_a_report_that_cannot_be_written_hides_no_trip(done, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    ended = call(
        "run", PLAN, "--answers", CLEAR, "--approve-as", "A. Tester", "--accept-warnings", "--samples", "8",
        "--records", done[1] / "records.sqlite", "--out", tmp_path / "file" / "x", "--fault", "lead-off@15",
        "--json",
    )  # fmt: skip
    assert ended.returncode == 4 and "An interlock stopped the sitting" in ended.stderr
    assert json.loads(ended.stdout)["ending"] == "tripped"


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_terminal_without_our_letters_gets_the_result_all_the_same(form):
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    ended = call("plan", "show", PLAN, *form, env=environment)
    assert ended.returncode == 0, ended.stderr
    if form:
        assert json.loads(ended.stdout) == json.loads(call("plan", "show", PLAN, *form).stdout)


def test_bytes_that_are_no_text_are_refused():
    ended = subprocess.run([*COMMAND, "record", "x", "--felt", b"\xff"], capture_output=True, timeout=60,
                           check=False)  # fmt: skip
    assert ended.returncode == 2 and b"not text in UTF-8" in ended.stderr


def test_refusals_have_exit_code_3(done, tmp_path):
    _, folder = done
    fresh = ("--records", tmp_path / "fresh.sqlite")
    assert call("deliver", PLAN, "--client", "x", *fresh).returncode == 3
    other = call("deliver", PLAN, "--client", "demo-02", "--records", folder / "records.sqlite")
    assert other.returncode == 3 and "for client demo-02" in other.stderr
    records = ("--records", folder / "records.sqlite")
    unread = call("approve", PLAN, "--answers", CLEAR, "--by", "A. Tester", *records)
    assert unread.returncode == 3 and "accept-warnings" in unread.stderr
    pregnant = tmp_path / "answers.toml"
    text = CLEAR.read_text(encoding="utf-8").replace('"demo-01"', '"other-01"')
    pregnant.write_text(text.replace('pregnancy = "no"', 'pregnancy = "yes"'), encoding="utf-8")
    assert call("screen", PLAN, "--answers", pregnant, *records).returncode == 3
    for verb, by in (("run", "--approve-as"), ("approve", "--by")):
        ended = call(verb, PLAN, "--answers", pregnant, by, "A. Tester", "--accept-warnings", *fresh)
        assert ended.returncode == 3 and "pregnancy" in ended.stderr
        assert "Assessment" not in ended.stdout  # it stops at the first verb that refuses


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("plan", "check", "absent.toml"), 2, "no such file"),
        (("plan", "check", ROOT / "examples" / "broken" / "02-wrong-unit.toml"), 2, "wrong unit"),
        (("body", "show", "absent.nii.gz"), 2, "absent.nii.gz"),
        (("body", "show", "teapot"), 2, "teapot"),
        (("records", "verify", "--records", ROOT / "README.md"), 5, "README.md"),
        (("report", "no-such", "--records", "out.sqlite"), 5, "no-such"),
        (("fly",), 2, "No such command"),
        (("screen", PLAN), 2, "no answers"),
    ],
)  # fmt: skip
def test_errors_are_one_message_and_a_code(arguments, code, words, tmp_path):
    ended = call(*arguments, cwd=tmp_path)
    assert ended.returncode == code, ended.stderr
    assert words in ended.stderr and "Traceback" not in ended.stderr


@pytest.mark.parametrize(("wanted", "made"), [(9, 9), (None, 24)])
def test_the_draws_that_were_asked_for_are_drawn(monkeypatch, wanted, made):
    asked = []
    monkeypatch.setattr(workflow, "stored_prediction", lambda *_, samples: asked.append(samples))
    monkeypatch.setattr(workflow, "predict", lambda *_, samples, **__: samples)
    assert newest_prediction(None, None, wanted, quiet=True) == made
    assert asked == [wanted]


def test_new_plans_do_not_overwrite(tmp_path):
    assert call("plan", "new", tmp_path / "plan.toml").returncode == 0
    assert call("plan", "check", tmp_path / "plan.toml").returncode == 0
    again = call("plan", "new", tmp_path / "plan.toml")
    assert again.returncode == 2 and "exists already" in again.stderr


def test_template_of_answers_is_unanswered(tmp_path):
    answers = tmp_path / "answers.toml"
    answers.write_text(call("screen", PLAN, "--template").stdout, encoding="utf-8")
    ended = call("screen", PLAN, "--answers", answers, "--records", tmp_path / "r.sqlite")
    assert ended.returncode in (2, 3) and "Traceback" not in ended.stderr


# -- signals ----------------------------------------------------------------------------------------


def started(folder, records) -> subprocess.Popen:
    """A sitting in real time, in a process of its own, with current flowing."""
    process = subprocess.Popen(
        [*COMMAND, "deliver", str(PLAN), "--client", "demo-01", "--real-time", "--records", str(records)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        listed = call("records", "list", "--records", records, "--json")
        still = [s for s in json.loads(listed.stdout) if s["ending"] == "open"]
        if still and still[-1]["events"] > 6:
            return process
        if process.poll() is not None:
            break
        time.sleep(0.2)
    process.kill()
    raise AssertionError(f"the sitting did not start: {process.communicate()}")


def last_sitting(records) -> dict:
    name = json.loads(call("records", "list", "--records", records, "--json").stdout)[-1]["id"]
    return json.loads(call("records", "show", name, "--records", records, "--json").stdout)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_output_off_and_the_record_closed(done, number):
    _, folder = done
    records = folder / "records.sqlite"
    process = started(folder, records)
    process.send_signal(number)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Output is off" in told and "Traceback" not in told
    sitting = last_sitting(records)
    assert sitting["ending"] == "stopped"
    assert [e["kind"] for e in sitting["events"]][-2:] == ["off", "closed"]


def test_an_interrupt_before_any_current_says_so(tmp_path):
    process = subprocess.Popen(
        [*COMMAND, "predict", str(PLAN), "--samples", "1000", "--records", str(tmp_path / "r.sqlite")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    give_up = time.monotonic() + 60
    while not (tmp_path / "r.sqlite").exists() and time.monotonic() < give_up:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, told = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert told == "microcurrent: Interrupted. No current flows; what was recorded is kept.\n"


def test_a_killed_sitting_loses_nothing_and_is_closed_at_the_next_start(done):
    _, folder = done
    records = folder / "records.sqlite"
    process = started(folder, records)
    time.sleep(1.2)
    process.kill()
    process.communicate(timeout=30)
    sitting = last_sitting(records)
    assert sitting["ending"] == "interrupted"
    closed = sitting["events"][-1]
    figures = dict(closed["figures"])
    assert closed["kind"] == "closed" and figures["ending"] == "interrupted"
    leases = [e for e in sitting["events"] if e["kind"] == "lease"]
    assert leases and figures["unmeasured_time"] <= 2 * dict(leases[-1]["figures"])["lease"]
    assert call("records", "verify", "--records", records).returncode == 0
