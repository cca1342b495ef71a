"""The second calculation: agrees on slabs, says why not elsewhere, and finds what is wrong."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from microcurrent import tables
from microcurrent.errors import ApprovalRefused
from microcurrent.model import Estimate, Screening, Surge
from microcurrent.physics.exact.layers import Layers, disc_potential, disc_resistance, pair_resistance
from microcurrent.planning.assess import assess
from microcurrent.planning.bodies import read_body
from microcurrent.planning.independent import check, has_second, with_second
from microcurrent.planning.independent.checking import _density
from microcurrent.planning.independent.columns import Columns
from microcurrent.planning.planfile import read_plan
from microcurrent.planning.prediction.predict import predict
from microcurrent.workflow.agreeing import check_evidence

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="module")
def cheek():
    plan, source = read_plan(EXAMPLES / "01-cheek-lift.toml")
    prediction, _ = predict(plan, source, tables_digest=tables.digest(), samples=1, seed=1)
    return plan, source, prediction


def changed(prediction, **step):
    first = dataclasses.replace(prediction.exposure.steps[0], **step)
    exposure = dataclasses.replace(prediction.exposure, steps=(first, *prediction.exposure.steps[1:]))
    return dataclasses.replace(prediction, exposure=exposure)


def test_on_a_slab_both_calculations_agree(cheek):
    plan, source, prediction = cheek
    findings = check(plan, prediction, source, limits=tables.limits())
    assert {finding.verdict for finding in findings} == {"ok"}
    assert {finding.rule for finding in findings} == {"second-resistance", "second-share", "second-density"}
    worst = max(f.value.value for f in findings if f.rule == "second-resistance")
    assert worst < 1.03


def test_a_resistance_that_is_wrong_by_a_third_is_found(cheek):
    plan, source, prediction = cheek
    one = prediction.exposure.steps[0].tissue_resistance
    wrong = Estimate(value=1.33 * one.value, low=one.low, high=2 * one.high, dimension="resistance")
    findings = check(plan, changed(prediction, tissue_resistance=wrong), source, limits=tables.limits())
    found = [f for f in findings if f.rule == "second-resistance"]
    assert [f.verdict for f in found] == ["warn"]
    assert "flat, even, endless layers" in found[0].reason
    gross = Estimate(value=4 * one.value, low=one.low, high=8 * one.high, dimension="resistance")
    findings = check(plan, changed(prediction, tissue_resistance=gross), source, limits=tables.limits())
    assert "stop" in {f.verdict for f in findings if f.rule == "second-resistance"}


def test_shares_that_are_exchanged_are_found(cheek):
    plan, source, prediction = cheek
    shares = prediction.exposure.steps[0].tissue_share
    names = [name for name, _ in shares]
    mixed = tuple(zip(names[1:] + names[:1], (share for _, share in shares), strict=True))
    findings = check(plan, changed(prediction, tissue_share=mixed), source, limits=tables.limits())
    assert "warn" in {f.verdict for f in findings if f.rule == "second-share"}


def test_a_density_that_is_wrong_by_three_percent_stops(cheek):
    plan, source, prediction = cheek
    contact = prediction.exposure.steps[0].contacts[0]
    density = Estimate.exact(1.03 * contact.peak_density.value, "current density")
    contacts = (
        dataclasses.replace(contact, peak_density=density),
        *prediction.exposure.steps[0].contacts[1:],
    )
    findings = check(plan, changed(prediction, contacts=contacts), source, limits=tables.limits())
    assert [f.verdict for f in findings if f.rule == "second-density"] == ["stop"]


@pytest.mark.parametrize("duration", [180.0, 300.0, 360.0, 600.0])
def test_a_surge_is_never_looked_at_in_its_rests_alone(cheek, duration):
    plan, _, prediction = cheek
    old = plan.steps[1]
    stimulus = dataclasses.replace(
        old.stimulus, duration=duration, surge=Surge(rise=1.0, hold=2.0, fall=1.0, rest=1.0)
    )
    areas = [c.area.value for c in prediction.exposure.steps[1].contacts]
    contacts = tuple(
        dataclasses.replace(c, peak_density=Estimate.exact(stimulus.peak / area, "current density"))
        for c, area in zip(prediction.exposure.steps[1].contacts, areas, strict=True)
    )
    exposure = dataclasses.replace(prediction.exposure.steps[1], contacts=contacts)
    found = _density(
        tables.limits()["second-density"],
        dataclasses.replace(old, stimulus=stimulus),
        exposure,
        areas,
        "step 2",
    )
    assert found.verdict == "ok"


def test_on_the_face_they_agree_within_the_wider_band():
    plan, source = read_plan(EXAMPLES / "06-cheek-on-the-face.toml")
    plan = dataclasses.replace(plan, steps=plan.steps[:1])
    prediction, _ = predict(plan, source, tables_digest=tables.digest(), samples=1, seed=1)
    findings = check(plan, prediction, source, limits=tables.limits())
    assert {finding.verdict for finding in findings} == {"ok"}
    assert "second-resistance-curved" in {finding.rule for finding in findings}


def test_columns_of_the_face_begin_with_skin_and_fat():
    columns = Columns(read_body("face", labels=None, base=Path()), {})
    for point in ((-0.0456, 0.0367, -0.0036), (0.030, 0.041, -0.036)):
        column = columns.below(point)
        assert column.tissues[:2] == ("skin", "fat")
        assert 1.0e-3 < column.thicknesses[0] < 3.0e-3


def test_without_a_second_calculation_nothing_is_approved(cheek):
    plan, source, prediction = cheek
    alone = assess(plan, prediction, tables.limits(), body=source.body, tables_digest=tables.digest())
    screening = Screening(
        client="demo-01", date="2026-11-22", systems=("galvanic", "faradic"), answers=(), findings=()
    )
    assert not has_second(alone)
    with pytest.raises(ApprovalRefused, match="no second calculation"):
        check_evidence(plan, (screening, prediction, alone))
    whole = with_second(alone, check(plan, prediction, source, limits=tables.limits()))
    assert has_second(whole)
    check_evidence(plan, (screening, prediction, whole))


# -- the resistance between two discs --------------------------------------------------------------


def test_a_pair_is_both_alone_less_what_each_gives_the_other():
    layers = Layers(admittivities=(0.2, 0.05, 0.3), thicknesses=(2e-3, 5e-3))
    for distance in (20e-3, 40e-3):
        by_parts = 2 * (disc_resistance(4e-3, layers) - disc_potential(distance, 4e-3, layers)).real
        assert pair_resistance((4e-3, 4e-3), distance, layers).real == pytest.approx(by_parts, rel=2e-3)


def test_over_an_insulating_bottom_a_pair_has_a_resistance_though_each_alone_has_none():
    # A thin sheet: R grows with the logarithm of the distance, by ln(2) / (pi sigma h) for twice as far.
    layers = Layers(admittivities=(0.2, 1e-9), thicknesses=(2e-3,))
    near, far = (pair_resistance((3e-3, 3e-3), d, layers).real for d in (40e-3, 80e-3))
    assert far - near == pytest.approx(np.log(2) / (np.pi * 0.2 * 2e-3), rel=0.01)
