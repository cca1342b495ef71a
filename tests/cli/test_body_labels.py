"""body labels, and the guesses that body show prints, from the command line."""

from __future__ import annotations

import json

import nibabel
import numpy as np

from microcurrent.cli.main import run
from microcurrent.tables import label_maps


def test_ready_label_maps_are_listed_with_program_count_and_source(capsys):
    assert run(["body", "labels"]) == 0
    said = capsys.readouterr().out
    for name, ready in label_maps().items():
        (line,) = [line for line in said.splitlines() if line.split("  ")[0].strip() == name]
        assert str(len(ready.meaning)) in line and ready.source in line


def test_the_labels_of_one_map_are_printed_and_given_as_json(capsys):
    assert run(["body", "labels", "totalsegmentator", "--json"]) == 2
    capsys.readouterr()
    assert run(["body", "labels", "charm"]) == 0
    said = capsys.readouterr().out
    assert "Scalp" in said and "skin, fat, muscle" in said and "simnibs/simnibs" in said
    assert run(["body", "labels", "Charm", "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert told["count"] == 13 and told["ready"]["confidence"] == "found"
    assert told["ready"]["rows"][5]["lumps"] == ["skin", "fat", "muscle"]


def test_a_wrong_name_gets_one_line_with_a_suggestion(capsys):
    assert run(["body", "labels", "fiveclass"]) == 2
    said = capsys.readouterr().err
    assert 'Perhaps "five-class" is meant' in said and "Traceback" not in said


def test_body_show_prints_what_was_guessed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    x, y, z = np.meshgrid(*[np.arange(48) - 23.5] * 3, indexing="ij")
    radius = np.sqrt(x**2 + y**2 + z**2)
    labels = np.zeros(radius.shape, dtype=np.uint8)
    for label, within in ((5, 22.5), (4, 16), (3, 14), (1, 13), (2, 11)):
        labels[radius < within] = label
    nibabel.save(nibabel.Nifti1Image(labels, np.diag([4.0, 4.0, 4.0, 1.0])), "ball.nii.gz")
    assert run(["body", "show", "ball.nii.gz"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "? Not given: what the labels of ball.nii.gz are." in said and '"five-class"' in said
    assert run(["body", "show", "ball.nii.gz", "--labels", "five-class", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["body"].get("guesses", []) == []
