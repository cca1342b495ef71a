"""What is true of every noun: frozen, keyword-only, in the glossary, one digest."""

import dataclasses
import math
import re
from pathlib import Path

import pytest

import microcurrent.model as model
from microcurrent.errors import ValueRefused
from microcurrent.model import Approval, Client, Electrode, Estimate, Limit, Limits, Site, digest

ROOT = Path(__file__).resolve().parents[2]
NOUNS = [getattr(model, name) for name in model.__all__ if isinstance(getattr(model, name), type)]


@pytest.mark.parametrize(
    "noun", [n for n in NOUNS if dataclasses.is_dataclass(n)], ids=lambda n: n.__name__
)
def test_nouns_are_frozen_keyword_only_and_explained(noun):
    assert noun.__dataclass_params__.frozen
    assert all(field.kw_only for field in dataclasses.fields(noun))
    assert noun.__doc__ and not noun.__doc__.startswith(noun.__name__ + "(")


def test_public_names_are_sorted_and_complete():
    assert model.__all__ == sorted(model.__all__, key=lambda n: (n[0].islower(), n))
    written = {n for n in vars(model) if n[0].isupper()}
    assert written == {n for n in model.__all__ if n[0].isupper()}


def test_glossary_holds_exactly_the_nouns():
    text = (ROOT / "docs" / "reference" / "glossary.md").read_text(encoding="utf-8")
    explained = re.findall(r"^`(\w+)`$", text, flags=re.MULTILINE)
    assert sorted(explained) == sorted(n for n in model.__all__ if n != "digest")


def test_digest_changes_with_any_field_and_only_then():
    site = Site(name="a", position=(0.0, 0.1, 0.2))
    assert digest(site) == digest(Site(name="a", position=(0.0, 0.1, 0.2)))
    assert digest(site) != digest(dataclasses.replace(site, position=(0.0, 0.1, math.nextafter(0.2, 1))))
    with pytest.raises(ValueError, match="Out of range float"):
        digest({"x": math.nan})


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Electrode(name="a", shape="cube", coupling="gel"), "one of sphere"),
        (lambda: Electrode(name="a", shape="sphere", coupling="gel"), "a length, for a sphere"),
        (lambda: Electrode(name="a", shape="sphere", coupling="gel", diameter=9.0), "at most 0.5"),
        (lambda: Electrode(name="a", shape="disc", coupling="gel", diameter=0.01, width=0.1), "nothing"),
        (lambda: Electrode(name=" ", shape="disc", coupling="gel", diameter=0.01), "not empty"),
        (lambda: Site(name="a", position=(0.0, math.nan, 0.0)), "finite"),
        (lambda: Estimate(value=3, low=1, high=2, dimension="current"), "between 1 and 2"),
        (lambda: Client(pseudonym="Anna Müller"), "Do not use the person's name"),
    ],
)
def test_a_refusal_says_what_was_expected(make, words):
    with pytest.raises(ValueRefused, match=re.escape(words)):
        make()


def a_limit(**change):
    given = {
        "id": "x", "quantity": "q", "sense": "at most", "dimension": "current", "warn": 1.0, "stop": 2.0,
        "source": ("s",), "confidence": "found", "status": "proposed", "title": "t",
    }  # fmt: skip
    return Limit(**{**given, **change})


def test_a_limit_allows_its_own_level_and_nothing_beyond():
    limit = a_limit()
    assert [limit.verdict(v) for v in (1.0, math.nextafter(1, 2), 2.0, math.nextafter(2, 3))] == [
        "ok", "warn", "warn", "stop",
    ]  # fmt: skip
    least = a_limit(sense="at least", warn=2.0, stop=1.0)
    assert [least.verdict(v) for v in (2.0, math.nextafter(2, 1), 1.0, math.nextafter(1, 0))] == [
        "ok", "warn", "warn", "stop",
    ]  # fmt: skip
    with pytest.raises(ValueRefused, match="a warning before the stop"):
        a_limit(warn=3.0)


def test_a_missing_limit_is_an_error():
    limits = Limits(limits=(a_limit(stop=None),))
    with pytest.raises(model.limits.MissingLimit, match="'heartbeat' is needed but missing"):
        limits["heartbeat"]
    with pytest.raises(model.limits.MissingLimit, match="no stop level"):
        limits.stop("x")


def test_an_approval_covers_one_plan_until_its_date():
    d = "a" * 64
    approval = Approval(
        plan=d, prediction=d, assessment=d, screening=d, tables=d, client="client-7", by="A. Person",
        role="practitioner",
        given="2026-11-22T10:00:00Z", until="2026-12-31", meaning="I approve this plan.",
    )  # fmt: skip
    assert approval.refusal(d, "2026-12-31") == ""
    assert "ended on 2026-12-31" in approval.refusal(d, "2027-01-01")
    assert "names plan aaaaaaaaaaaa" in approval.refusal("b" * 64, "2026-12-01")
    with pytest.raises(ValueRefused, match="64 hexadecimal"):
        dataclasses.replace(approval, plan="short")
