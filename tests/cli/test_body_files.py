"""body build and export from the command line: files, JSON, exit codes."""

from __future__ import annotations

import json

import pytest

from microcurrent.cli.main import run
from microcurrent.planning.bodies.body_file import read_body_file, write_body_file


@pytest.fixture
def egg(layered, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return write_body_file(layered, tmp_path / "egg.body.h5")


def test_a_body_is_exported_by_the_ending_of_the_file(egg, layered, capsys):
    assert run(["body", "export", "egg.body.h5", "--out", "out/egg.nii.gz"]) == 0
    said = capsys.readouterr().out
    assert "ellipsoid: tissues 4, sites 4, zones 2, muscles 2, nerves 1" in said
    assert "Written: out/egg.nii.gz" in said and "Written: out/egg.labels.toml" in said
    assert (
        run(["body", "export", "egg.body.h5", "--out", "muscles.csv", "--part", "muscles", "--json"]) == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert told == {"body": "ellipsoid", "content": layered.body.content, "files": ["muscles.csv"]}
    assert (egg.parent / "muscles.csv").read_text().count("levator") == 2


def test_an_export_is_a_body_again(egg, capsys):
    assert run(["body", "export", "egg.body.h5", "--out", "egg.nii.gz"]) == 0
    assert run(["body", "show", "egg.nii.gz", "--out", "egg.png"]) == 0
    assert "mimetic muscle" in capsys.readouterr().out


def test_a_body_is_built_into_a_file(egg, layered, capsys):
    assert run(["body", "build", "egg.body.h5", "--out", "again.body.h5"]) == 0
    assert "Written: again.body.h5" in capsys.readouterr().out
    assert read_body_file(egg.parent / "again.body.h5").anatomy.digest() == layered.anatomy.digest()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["export", "egg.body.h5", "--out", "egg.obj"], "no format of a body has this ending"),
        (["export", "egg.body.h5", "--out", "egg.stl", "--part", "cells"], "has no such part"),
        (["export", "egg.body.h5", "--out", "egg.body.h5"], "this file exists already"),
        (["export", "missing.body.h5", "--out", "egg.stl"], "there is no such file"),
        (["export", "slab", "--out", "slab.glb"], "no skin, muscles and nerves to write"),
        (["build", "slab", "--out", "slab.body.h5"], "no skin, muscles and nerves to write"),
        (["build", "egg.body.h5", "--out", "egg.nii.gz"], "not the name of a body file"),
        (["build", "egg.body.h5", "--out", "two.body.h5", "--spacing", "2 mm"], "are what they are"),
        (["build", "egg.body.h5", "--out", "two.body.h5", "--spacing", "2"], "unit"),
    ],
)
def test_what_cannot_be_done_is_said_once_and_leaves_nothing(egg, capsys, arguments, message):
    before = egg.read_bytes()
    assert run(["body", *arguments]) == 2
    told = capsys.readouterr().err
    assert message in told and "Traceback" not in told
    assert [path.name for path in egg.parent.iterdir()] == ["egg.body.h5"]
    assert egg.read_bytes() == before
