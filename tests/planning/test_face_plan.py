"""A plan on the built-in face, the whole way: read, predict, assess; coarse cells and few draws."""

import dataclasses
import math

import pytest

from microcurrent import tables, workflow
from microcurrent.planning.bodies import describe
from microcurrent.planning.placement import place

MM = 1e-3
PLAN = """
title = "Cheek, left"
body = "face.body.h5"
intent = "lift"
[electrode.upper]
shape = "sphere"
diameter = "20 mm"
coupling = "gel"
[electrode.lower]
shape = "sphere"
diameter = "20 mm"
coupling = "gel"
"""
HOLD = """
[[step]]
do = "hold"
system = "galvanic"
current = "100 uA"
duration = "40 s"
ramp = "10 s"
anode = { electrode = "upper", at = "zygion left" }
cathode = { electrode = "lower", at = "cheilion left" }
"""
GLIDE = """
[[step]]
do = "glide"
system = "faradic"
waveform = "biphasic"
current = "300 uA"
frequency = "30 Hz"
pulse = "300 us"
fixed = { electrode = "lower", at = "cheilion left" }
moving = { electrode = "upper", along = ["masseter upper left", "zygion left"] }
speed = "5 mm/s"
passes = 4
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the face on coarse cells in a file: plans say nothing of cells."""
    folder = tmp_path_factory.mktemp("face")
    workflow.build_body("face", folder / "face.body.h5", spacing=3 * MM)
    return folder


@pytest.fixture(scope="module")
def treated(folder):
    """The plan, what it gives, and what the limits say of that."""
    path = folder / "cheek.toml"
    path.write_text(PLAN + HOLD + GLIDE)
    prepared = workflow.read(path)
    with workflow.Workspace(folder / "records.sqlite") as workspace:
        prediction = workflow.predict(prepared, workspace=workspace, actor="test", samples=3, seed=1)
        assessment = workflow.assess(prepared, prediction, workspace=workspace, actor="test")
    return prepared, prediction, assessment


def estimates(noun):
    """Every number of a prediction, however deep."""
    if isinstance(noun, float | int):
        yield float(noun)
    elif isinstance(noun, tuple | list):
        for part in noun:
            yield from estimates(part)
    elif dataclasses.is_dataclass(noun):
        for field in dataclasses.fields(noun):
            yield from estimates(getattr(noun, field.name))


def test_no_current_is_lost_and_nothing_is_not_a_number(treated):
    _, prediction, _ = treated
    numbers = list(estimates(prediction.exposure))
    assert len(numbers) > 500 and all(math.isfinite(value) for value in numbers)
    for step in prediction.exposure.steps:
        assert step.balance_error < 1e-9
        shares = dict(step.tissue_share)
        assert sum(share.value for share in shares.values()) == pytest.approx(1.0)
        assert all(0 <= share.value <= 1 for share in shares.values())


def test_a_probe_takes_the_current_of_the_plan(treated):
    _, prediction, _ = treated
    for step, current in zip(prediction.exposure.steps, (100e-6, 300e-6), strict=True):
        for contact in step.contacts:
            assert contact.peak_density.value * contact.area.value == pytest.approx(current, rel=1e-3)
            assert contact.edge_ratio.value >= 1


def test_current_spreads_in_a_face_as_its_layers_conduct(treated):
    _, prediction, _ = treated
    for step in prediction.exposure.steps:
        # What lies between two probes 6 cm apart on gelled skin, without the skin's own resistance.
        assert 300 < step.tissue_resistance.value < 3000
        by_tissue = {one.tissue: one for one in step.tissues}
        skin, fat, muscle, face = (by_tissue[n] for n in ("skin", "fat", "muscle", "mimetic muscle"))
        # Both cross the same layers: fat conducts worst and has the field, muscle the current.
        assert skin.field_p95.value > fat.field_p95.value > muscle.field_p95.value
        assert muscle.density_median.value > 2 * fat.density_median.value
        # Mimetic muscles lie shallower than those of the jaw, bone and brain deeper than all of them.
        assert face.density_median.value > muscle.density_median.value
        assert by_tissue["cortical bone"].density_median.value < 0.2 * muscle.density_median.value
        deep = [by_tissue[name] for name in ("grey matter", "CSF") if name in by_tissue]
        assert all(one.density_median.value < 0.5 * skin.density_median.value for one in deep)
        shares = {name: share.value for name, share in step.tissue_share}
        assert shares["muscle"] + shares["mimetic muscle"] + shares["fat"] > 0.5
        assert shares["grey matter"] + shares["white matter"] < 0.15


def test_three_times_the_current_gives_three_times_the_field(treated):
    """The glide, at 300 uA, passes the place of the hold, at 100 uA; peaks are of the same order."""
    hold, glide = treated[1].exposure.steps
    for name in ("fat", "muscle"):
        one, other = ({t.tissue: t for t in step.tissues}[name].field_p95.value for step in (hold, glide))
        assert 2 < other / one < 5


def verdicts(findings):
    return {finding.rule: finding.verdict for finding in findings}


def test_every_rule_of_placement_has_an_answer_on_a_face(treated):
    _, _, assessment = treated
    found = {f.rule: f for f in assessment.findings if f.rule.startswith(("placement", "orbit", "probe"))}
    assert len(found) == 8
    for rule, finding in found.items():
        assert finding.verdict in ("ok", "warn"), (rule, finding.reason)
    assert "neither cranium nor mouth" in found["placement-tissue-crossing"].reason
    # Nothing was left out because the body is silent.
    assert not [f.rule for f in assessment.findings if f.verdict == "unknown"]


@pytest.mark.parametrize(
    ("anode", "cathode", "rule", "said"),
    [
        ("buccal left", "buccal right", "placement-tissue-crossing", "mouth (tongue)"),
        ("temple left", "temple right", "placement-tissue-crossing", "cranium"),
        ("brow mid left", "infraorbital left", "placement-orbit-crossing", "orbit left"),
        ("infraorbital left", "zygion left", "orbit-margin", "below 5 mm"),
        ("neck front", "gonion left", "placement-neck", "front of the neck"),
        ("malar left", "malar right", "placement-same-side", "opposite sides"),
    ],
)
def test_where_probes_may_not_stand_on_a_face(treated, folder, anode, cathode, rule, said):
    path = folder / "other.toml"
    path.write_text(
        PLAN + HOLD.replace('"zygion left"', f'"{anode}"').replace('"cheilion left"', f'"{cathode}"')
    )
    other = workflow.read(path)
    found = place(
        other.plan, other.source.body, tables.limits(), tissues_between=other.source.tissues_on_line
    )
    (finding,) = (f for f in found if f.rule == rule)
    assert finding.verdict == "stop" and said in finding.reason, finding.reason


def test_what_has_fibres_is_described_along_them(treated):
    source = treated[0].source
    rows = {row.tissue: row for row in describe(source, source.whole)}
    assert set(rows) == set(source.body.tissues)
    known = tables.tissues()
    assert rows["muscle"].along == known["muscle"].along
    assert rows["muscle"].along.value > rows["muscle"].conductivity.value
    # The tables take mimetic muscle as the same in every direction.
    assert known["mimetic muscle"].along is None
    assert all(row.along is None for name, row in rows.items() if name != "muscle")
