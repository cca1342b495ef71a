"""The page of the claims in the reference is what the program would write, and its figures still hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from microcurrent import tables
from microcurrent.model.claim import ClaimAnswer
from microcurrent.model.digest import plain
from microcurrent.model.restore import restore
from microcurrent.planning.claims import answer, chosen, situation
from microcurrent.reports.claims import claims_page

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"


@pytest.fixture(scope="module")
def stored():
    data = json.loads((REFERENCE / "claims.json").read_text(encoding="utf-8"))
    return tuple(restore(ClaimAnswer, one) for one in data)


def test_the_page_is_that_of_its_data(stored):
    citations = {id_: reference.citation for id_, reference in tables.references().items()}
    assert (REFERENCE / "claims.md").read_text(encoding="utf-8") == claims_page(stored, citations)


def test_the_page_has_every_claim_as_the_table_has_it(stored):
    assert [plain(a.claim) for a in stored] == [plain(c) for c in tables.claims()]


def test_figures_of_the_forearm_are_those_of_a_fresh_run(stored):
    """The value of a figure comes from the middle of every input, whatever the number of draws."""
    fresh = {a.claim.number: a for a in answer(chosen(()), (situation("forearm", samples=8),))}
    compared = 0
    for old in stored:
        new = {f.name: f for f in fresh[old.claim.number].figures}
        for figure in old.figures:
            if figure.name.startswith("face"):
                continue
            compared += 1
            if figure.estimate is None:
                assert figure == new[figure.name]
                continue
            value = new[figure.name].estimate.value
            assert value == pytest.approx(figure.estimate.value, rel=1e-3, abs=1e-12), figure.name
            slack = 1e-3 * abs(value) + 1e-12
            assert figure.estimate.low - slack <= value <= figure.estimate.high + slack
    assert compared > 60


def test_a_claim_stands_in_quotation_marks_and_its_figures_once(stored):
    page = claims_page(stored, {})
    for one in stored:
        assert f"### {one.claim.number}: {one.claim.quoted}" in page
    assert page.count("| face, galvanic: below the skin |") == 1
    assert "The figures are those of 13." in page
