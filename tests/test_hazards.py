"""Every hazard has a control that exists and a test that exists."""

import ast
import importlib
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HAZARDS = tomllib.loads((ROOT / "docs" / "hazards.toml").read_text(encoding="utf-8"))["hazard"]
TEXTS = ("id", "hazard", "harm", "control", "test")


def test_each_hazard_has_its_own_name():
    ids = [row["id"] for row in HAZARDS]
    assert len(ids) == len(set(ids)) > 0


@pytest.mark.parametrize("row", HAZARDS, ids=lambda row: row["id"])
def test_a_hazard_is_complete(row):
    assert set(row) == {*TEXTS, "severity"}
    assert all(isinstance(row[key], str) and row[key].strip() for key in TEXTS)
    assert row["severity"] in (1, 2, 3)


@pytest.mark.parametrize("row", HAZARDS, ids=lambda row: row["id"])
def test_its_control_exists(row):
    module, name = row["control"].split(":")
    if module.startswith("firmware/"):  # on the device: no part of the package
        assert name in defined(ROOT / module)
    else:
        assert callable(getattr(importlib.import_module(module), name))


def defined(file: Path) -> set[str]:
    """Return the functions, classes and methods (`Class.method`) of a file, which is read and not run."""
    found = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{part.name}" for part in node.body if isinstance(part, ast.FunctionDef)}
    return found


@pytest.mark.parametrize("row", HAZARDS, ids=lambda row: row["id"])
def test_its_test_exists(row):
    file, name = row["test"].split("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_interlock_stands_against_a_hazard():
    from microcurrent.delivery.interlock import INTERLOCKS

    controls = {row["control"] for row in HAZARDS}
    named = {rule.__name__ for rule in INTERLOCKS if f"{rule.__module__}:{rule.__name__}" in controls}
    assert {rule.__name__ for rule in INTERLOCKS} - named == {"device_fault"}  # repeats what it is told
