"""body path: what is printed, what is written, and what is said of a wrong name."""

import csv
import json
from pathlib import Path

import pytest

from microcurrent.cli.main import run

HEAD = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "head-40y-labels.nii.gz"
LABELS = Path(__file__).resolve().parents[2] / "examples" / "head-labels.toml"


def test_a_path_on_a_slab_is_straight(capsys):
    assert run(["body", "path", "slab", "Zygion  left", "cheilion left", "alare left"]) == 0
    told = capsys.readouterr().out
    assert "zygion left" in told and "straight lines" in told


def test_json_and_csv_hold_the_same_way(capsys, tmp_path):
    out = tmp_path / "way.csv"
    arguments = ["body", "path", "slab", "zygion left", "cheilion left", "--json", "--out", str(out)]
    assert run(arguments) == 0
    shown = json.loads(capsys.readouterr().out)
    path = shown["path"]
    assert shown["csv"] == str(out) and path["clearance"] == pytest.approx(0.005)
    assert path["length"] == pytest.approx(path["straight"]) == pytest.approx(path["way"]["marks"][-1])
    rows = list(csv.reader(out.read_text().splitlines()))
    assert rows[0] == ["along (m)", "x (m)", "y (m)", "z (m)"]
    assert [[float(value) for value in row[1:]] for row in rows[1:]] == [
        pytest.approx(point, abs=1e-6) for point in path["way"]["points"]
    ]
    assert float(rows[-1][0]) == pytest.approx(path["length"], abs=1e-6)


@pytest.mark.skipif(not HEAD.is_file(), reason="shared/data/head-40y-labels.nii.gz is not here")
def test_on_a_head_the_way_is_longer_than_the_straight_line(capsys):
    arguments = ["body", "path", str(HEAD), "malar left", "malar right", "--labels", str(LABELS), "--json"]
    lengths = []
    for more in (["--clearance", "0 mm"], []):
        assert run([*arguments, *more]) == 0
        path = json.loads(capsys.readouterr().out)["path"]
        assert 1.1 * path["straight"] < path["length"] < 1.4 * path["straight"]
        lengths.append(path["length"])
    assert lengths[0] < lengths[1]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("slab", "zygon left", "cheilion left"), 'unknown site: expected a site of the body \'slab\', came "zygon left". Perhaps "zygion left"'),
        (("slab", "zygion left"), "a path without length"),
        (("slab", "zygion left", "zygion left"), "a path without length"),
        (("slab", "zygion left", "cheilion left", "--clearance", "5 s"), "wrong unit"),
        (("slab", "zygion left", "cheilion left", "--clearance", "-5 mm"), "clearance of a path"),
        (("slop", "zygion left", "cheilion left"), "unknown body"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_in_one_line(capsys, arguments, told):
    assert run(["body", "path", *arguments]) == 2
    error = capsys.readouterr().err
    assert told in error and "Traceback" not in error and error.count("\n") == 1
