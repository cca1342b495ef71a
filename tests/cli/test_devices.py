"""device list, show, compare, measure as a person meets them; on the slab, where a prediction is quick."""

import contextlib
import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from microcurrent.cli.main import run
from microcurrent.model.device import CLASSES

ROOT = Path(__file__).resolve().parents[2]
TRACE = ROOT / "examples" / "scope-trace.csv"
FIVE = ("pantheon", "nuface-trinity", "flexistim", "alpha-stim-m", "caci-ultimate")


def call(*arguments):
    """One command in this process, as a person types it."""
    out, remarks = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(remarks):
        code = run([str(argument) for argument in ("device", *arguments)])
    return SimpleNamespace(code=code, out=out.getvalue(), said=remarks.getvalue())


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MICROCURRENT_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("COLUMNS", "200")
        yield


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A device file saved from the trace of the examples, and what was printed."""
    path = tmp_path_factory.mktemp("own") / "mine.toml"
    ended = call("measure", TRACE, "--load", "500 ohm", "--zero", "4 mV", "--against", "nuface-trinity",
                 "--save", path)  # fmt: skip
    assert ended.code == 0, ended.said
    return path, ended.out


def test_the_list_has_every_class_and_no_other():
    every = json.loads(call("list", "--json").out)
    assert len(every) >= 45
    parts = [json.loads(call("list", "--class", word, "--json").out) for word in CLASSES]
    assert all(0 < len(part) < len(every) for part in parts)
    text = call("list", "--class", "therapeutic").out
    assert "pantheon" in text and "nuface-trinity" not in text
    wrong = call("list", "--class", "cheap")
    assert wrong.code == 2 and "--class" in wrong.said and "prescription" in wrong.said
    assert "NYX" in call("list", "--codes").out


def test_show_gives_source_mark_and_what_is_not_known():
    text = call("show", "nuface-trinity").out
    for words in ("80 µA", "fda-510k", "memory-medium", "Not known (?)", "control", "* shape taken as square",
                  "[fda-510k] 510(k) summaries"):  # fmt: skip
        assert words in text
    wrong = call("show", "nuface-trinty")
    assert wrong.code == 2 and "Did you mean nuface-trinity" in wrong.said


def test_five_devices_are_compared_with_picture_and_json(tmp_path):
    ended = call("compare", *FIVE, "--body", "slab", "--samples", "8", "--out", tmp_path)
    assert ended.code == 0, ended.said
    for words in ("24.1 µC *", "? to 600 µC *", "malar low left to modiolus left", "delivers what it",
                  "Peak current at home", "? flexistim: the compliance voltage is not known"):  # fmt: skip
        assert words in ended.out
    assert (tmp_path / "devices-compared.svg").read_bytes().startswith(b"<?xml")
    found = json.loads(call("compare", *FIVE, "--body", "slab", "--samples", "8", "--json").out)
    assert [entry["device"]["name"] for entry in found["devices"]] == list(FIVE)
    pantheon, trinity = found["devices"][:2]
    assert pantheon["delivers"] == "yes" and trinity["delivers"] == "?"
    one, other = (entry["received"][0]["field_median"]["value"] for entry in (pantheon, trinity))
    assert one / other == pytest.approx(600 / 400)


def test_nothing_is_compared_with_itself_or_alone():
    for names in (("pantheon",), ("pantheon", "pantheon")):
        ended = call("compare", *names, "--body", "slab")
        assert ended.code == 2 and "two or more devices" in ended.said


def test_a_trace_is_measured_compared_and_saved(own):
    path, text = own
    for words in ("square, alternating", "8.3 Hz", "as claimed", "less: as set", "Saved: "):
        assert words in text
    assert "331 µA" in call("show", path).out
    found = json.loads(call("measure", TRACE, "--load", "500 ohm", "--json").out)["measured"]
    assert found["net_direct"] == pytest.approx(4e-3 / 500, abs=2e-6)  # the offset that --zero takes off
    both = call("compare", path, "nuface-trinity", "--body", "slab", "--samples", "8")
    assert both.code == 0 and "331 µA" in both.out


def test_what_is_there_is_not_replaced_and_a_wrong_load_is_refused(own):
    path, _ = own
    again = call("measure", TRACE, "--load", "500 ohm", "--save", path)
    assert again.code == 2 and "exists already" in again.said
    for load, words in (("500", "unit missing"), ("500 V", "wrong unit")):
        wrong = call("measure", TRACE, "--load", load)
        assert wrong.code == 2 and words in wrong.said
    nothing = call("measure", ROOT / "nowhere.csv", "--load", "500 ohm")
    assert nothing.code == 2 and "nowhere.csv" in nothing.said
