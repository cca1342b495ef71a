"""uncertainty and sweep as a person and as a program meets them."""

import contextlib
import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from microcurrent.cli.main import run

PLAN = Path(__file__).resolve().parents[2] / "examples" / "02-forehead-burst.toml"


def call(*arguments):
    """One command in this process, as a person types it."""
    out, remarks = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(remarks):
        code = run([str(argument) for argument in arguments])
    return SimpleNamespace(returncode=code, stdout=out.getvalue(), stderr=remarks.getvalue())


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("found")
    ended = call(
        "uncertainty",
        PLAN,
        "--people",
        32,
        "--workers",
        1,
        "--figure",
        "voltage",
        "--out",
        folder,
        "--json",
    )
    return SimpleNamespace(folder=folder, **vars(ended))


def test_json_has_every_figure_and_ranks_the_one_asked_for(found):
    given = json.loads(found.stdout)["uncertainty"]
    ranked = [spread for spread in given["spreads"] if spread["influences"]]
    assert [spread["figure"] for spread in ranked] == ["step 1: voltage"]
    assert given["people"] == 32 and len(given["spreads"]) > 50
    assert {one["input"] for one in ranked[0]["influences"]} == {i["name"] for i in given["inputs"]}
    totals = [one["total"]["value"] for one in ranked[0]["influences"]]
    assert totals == sorted(totals, reverse=True)


def test_the_picture_tells_its_words(found):
    given = json.loads(found.stdout)
    picture = next(Path(file) for file in given["files"] if file.endswith(".svg"))
    assert given["alternative"] in picture.read_text(encoding="utf-8")
    assert "step 1: voltage" in given["alternative"]


def test_a_sweep_of_the_same_people_is_there_already(found):
    before = {path: path.stat().st_mtime_ns for path in found.folder.glob("pieces-*/*")}
    ended = call("sweep", PLAN, "--people", 32, "--workers", 1, "--out", found.folder)
    assert ended.returncode == 0 and "32 people. Written:" in ended.stdout
    assert {path: path.stat().st_mtime_ns for path in found.folder.glob("pieces-*/*")} == before


def test_a_figure_that_is_not_there_is_answered(found):
    ended = call(
        "uncertainty", PLAN, "--people", 32, "--workers", 1, "--figure", "tickle", "--out", found.folder
    )
    assert ended.returncode == 2
    assert "tickle" in ended.stderr and "--json shows every name" in ended.stderr


def test_without_a_basis_that_fits_the_advice_is_to_build_one(tmp_path):
    ended = call(
        "sweep", PLAN, "--people", 32, "--workers", 1, "--on-basis", "--bases", tmp_path, "--out", tmp_path
    )
    assert ended.returncode == 2
    assert "no basis fits" in ended.stderr and "basis build" in ended.stderr
