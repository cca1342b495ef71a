"""body landmarks: what is found is printed and written where it is read again; nothing is overwritten."""

import json
import math
import re

import numpy as np
import pytest
import trimesh

from microcurrent.cli.main import run
from microcurrent.planning.bodies.face import face_frame
from microcurrent.planning.bodies.landmark_file import read_landmark_file
from microcurrent.planning.bodies.layered import head_template
from microcurrent.planning.bodies.person import Person

#: The scan lies with its nose along another axis, so that left alone nothing would fit [degree].
TURN = trimesh.transformations.rotation_matrix(math.radians(70), [1, 0.2, 0.5])[:3, :3]
#: What the scan calls one [m]: 2.5 mm, no unit that a program would write.
UNIT = 2.5e-3


@pytest.fixture(scope="module")
def made():
    """A man's face: its skin, and its landmarks in units of the scan."""
    frame, marks = face_frame(Person(sex="male"), triangle=4e-3)
    return frame.skin, {name: place / UNIT @ TURN.T for name, place in marks.items()}


@pytest.fixture
def scan(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    skin, _ = made
    trimesh.Trimesh(skin.vertices / UNIT @ TURN.T, skin.triangles, process=False).export("he.ply")
    return tmp_path / "he.ply"


def told(error):
    """The one line of an error."""
    assert "Traceback" not in error and error.count("\n") == 1
    return error


def test_landmarks_are_written_with_the_size_that_a_distance_gives(made, scan, capsys):
    _, marks = made
    known = 1e3 * UNIT * math.dist(marks["sellion"], marks["menton"])
    arguments = ["body", "landmarks", "he.ply", "--distance", "sellion", "menton", f"{known:.2f} mm"]
    assert run([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["file"] == "he.landmarks.toml"
    assert found["unit"] == pytest.approx(UNIT, rel=0.04)
    places = {mark["name"]: mark["place"] for mark in found["landmarks"]}
    # The distance holds exactly between the landmarks as found, and they are where the face has them.
    across = found["unit"] * math.dist(places["sellion"], places["menton"])
    assert across == pytest.approx(1e-3 * known, rel=1e-4)
    away = {name: 1e3 * UNIT * math.dist(places[name], marks[name]) for name in places}
    assert max(away[n] for n in ("pronasale", "subnasale", "sellion", "menton", "alare left")) < 5
    assert np.median(list(away.values())) < 3
    sure = [mark["confidence"] for mark in found["landmarks"]]
    assert sure == sorted(sure, reverse=True) and 0 < sure[-1] < sure[0] <= 1

    # The file is read again, and holds nothing before a person moves a line up.
    draft = scan.with_name("he.landmarks.toml")
    known_names = head_template().landmarks
    read = read_landmark_file(draft, known=known_names)
    assert read.landmarks == {} and read.unit == pytest.approx(found["unit"], rel=1e-4)
    text = draft.read_text()
    line = re.search(r'^"pronasale" = .*$', text, re.MULTILINE).group()
    draft.write_text(text.replace(line, "").replace("\n[landmarks]\n", f"\n[landmarks]\n{line}\n"))
    again = read_landmark_file(draft, known=known_names)
    assert again.landmarks["pronasale"] == pytest.approx(places["pronasale"], rel=1e-5)

    # It is a person's now: neither way of asking overwrites it.
    corrected = draft.read_bytes()
    for more in ([], ["--out", str(draft)]):
        assert run(["body", "landmarks", "he.ply", *more]) == 2
        said = told(capsys.readouterr().err)
        assert "he.landmarks.toml" in said and "there already" in said and "--out" in said
    assert draft.read_bytes() == corrected


def test_without_a_size_the_table_says_what_was_guessed(scan, capsys):
    assert run(["body", "landmarks", "he.ply", "--out", "mine.toml"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Landmarks of he.ply" in said and "pronasale" in said
    assert "? size of the head: that of an average head" in said and "It changes every length" in said
    assert "Landmark file: mine.toml" in said
    assert sorted(path.name for path in scan.parent.iterdir()) == ["he.ply", "mine.toml"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.ply"], "missing.ply"),
        (["note.txt"], "neither a scan nor an image"),
        (["he.ply", "--unit", "mm", "--distance", "sellion", "menton", "115 mm"], "given twice"),
        (["he.ply", "--distance", "sellion", "menton", "115"], "unit missing"),
        (["he.ply", "--distance", "sellion", "menton", "115 s"], "wrong unit"),
        (["he.ply", "--distance", "sellion", "menton", " "], "no length"),
    ],
)
def test_what_cannot_be_is_told_in_one_line_and_leaves_nothing(scan, capsys, arguments, message):
    scan.with_name("note.txt").write_text("no scan")
    before = sorted(path.name for path in scan.parent.iterdir())
    assert run(["body", "landmarks", *arguments]) == 2
    assert message in told(capsys.readouterr().err)
    assert sorted(path.name for path in scan.parent.iterdir()) == before


def test_a_size_that_cannot_be_names_the_file(scan, capsys):
    assert run(["body", "landmarks", "he.ply", "--unit", "furlong"]) == 2
    said = told(capsys.readouterr().err)
    assert (
        "he.ply" in said and "unknown unit of a scan: expected one of mm, cm, m, inch, came furlong" in said
    )


def test_a_folder_is_told_to_be_one(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["body", "landmarks", "."]) == 2
    assert "this is a folder" in capsys.readouterr().err
