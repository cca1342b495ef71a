"""The page on five devices compared says what catalogue and sums say; what rests on a solver is not redone."""

import runpy
from pathlib import Path

import pytest

from microcurrent.workflow.devices import find_device

DOCS = Path(__file__).resolve().parents[1] / "docs"


@pytest.fixture(scope="module")
def made():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        return runpy.run_path(str(DOCS / "make_device_table.py"))


def test_the_tables_of_claims_are_those_of_the_catalogue(made):
    page = made["PAGE"].read_text(encoding="utf-8")
    devices = [find_device(name) for name in made["FIVE"]]
    rows = [*made["known"](devices), *made["follows"](devices)]
    assert len(rows) > 18
    for row in rows:
        assert row in page, f"{row}\nWrite the page again: python docs/make_device_table.py"


def test_the_page_has_its_picture_and_says_what_is_not_known(made):
    page = made["PAGE"].read_text(encoding="utf-8")
    assert (DOCS / "pictures" / "devices-compared.png").is_file()
    assert "| voltage there is | 70 V | ? | ? | ? | ? |" in page
    assert "## What is not known" in page and "## Limits passed" in page
