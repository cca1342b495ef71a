"""Direct and alternating current at once: read from a plan file, predicted, and exposed on a basis."""

from pathlib import Path

import pytest

from microcurrent import tables
from microcurrent.errors import PlanError
from microcurrent.planning.bodies import read_body
from microcurrent.planning.planfile import json_schema
from microcurrent.planning.planfile.reader import plan_of
from microcurrent.planning.prediction import predict
from microcurrent.planning.toml_file import parse_toml

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = (ROOT / "examples" / "08-superposed.toml").read_text(encoding="utf-8")


def read(text=EXAMPLE, *changes):
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return plan_of(parse_toml(text.encode(), "plan.toml"), base=ROOT)[0]


def test_the_current_of_the_file_is_the_alternating_one_and_the_offset_lies_under_it():
    stimulus = read().steps[0].stimulus
    assert stimulus.offset == pytest.approx(20e-6) and stimulus.peak == pytest.approx(170e-6)
    assert stimulus.current_at(20.0) == pytest.approx(170e-6)
    assert stimulus.current_at(20.003) == pytest.approx(-130e-6)
    assert stimulus.current_at(20.01) == pytest.approx(20e-6)
    rms = read(EXAMPLE, ('"150 uA" ', '"150 uA rms" ')).steps[0].stimulus
    assert rms.plateau_rms**2 == pytest.approx((150e-6) ** 2 + (20e-6) ** 2)
    assert rms.offset == pytest.approx(20e-6)


def test_it_ramps_like_direct_current_where_no_ramp_is_given():
    steps = read(EXAMPLE, ('ramp      = "10 s"\n', "")).steps
    assert (steps[0].stimulus.ramp.rise, steps[0].stimulus.ramp.fall) == (10.0, 10.0)
    alone = read(EXAMPLE, ('ramp      = "10 s"\n', ""), ('offset    = "20 uA"', "# ")).steps
    assert alone[0].stimulus.ramp.rise == 1.0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([('waveform  = "biphasic"', 'waveform  = "monophasic"')],
         r"step 1\.offset: does not belong here: expected a balanced waveform.* a monophasic current"),
        ([('"20 uA" ', '"0 uA" ')], r"step 1\.offset: no direct current: expected above 10 µA, which a balanced current may leave"),
        ([('"20 uA" ', '"-5 uA" ')], r"step 1\.offset: no direct current.*anode and cathode say which way"),
        ([('"20 uA" ', '"20 mV" ')], r"step 1\.offset: wrong unit: expected a current"),
        ([('"150 uA" ', '"0 uA" ')], r"step 1\.current: no current: expected a current above 0 uA"),
        ([("offset ", "ofset ")], r'step 1\.ofset: unknown key.*Did you mean "offset"'),
        ([('system    = "faradic"', 'system = "galvanic"'), ('waveform  = "biphasic"', ""),
          ('frequency = "30 Hz"', ""), ('pulse     = "2 ms"', "")],
         r"step 1\.offset: does not belong here.*a constant current, which has a direct part of its own"),
        ([('anode     = {', 'between = [ {'), ('low left" }\ncathode   = {', 'low left" }, {'),
          ('"modiolus left" }', '"modiolus left" } ]')],
         r"step 1\.between: current without polarity.*biphasic-on-direct"),
        ([("intent", 'mode = "moter"\nintent')],
         r'mode: not one of the known words: expected one of iontophoresis.*Did you mean "motor"'),
    ],
)  # fmt: skip
def test_each_mistake_gets_its_message(changes, words):
    with pytest.raises(PlanError, match=words):
        read(EXAMPLE, *changes)


def test_the_schema_knows_both_keys():
    schema = json_schema()
    assert schema["properties"]["mode"]["enum"] == ["microcurrent", "motor", "iontophoresis", "wound"]
    step = schema["$defs"]["FaradicHold"]["properties"]["offset"]
    assert step["anyOf"][0]["examples"] == ["50 uA"]


def test_a_prediction_has_the_direct_part_of_one_and_the_peak_of_both():
    """The same probes with the direct current alone and with both: what follows from each part agrees."""
    plan, source = read(), read_body("slab")
    alone = read(
        EXAMPLE, ('system    = "faradic"', 'system = "galvanic"'), ('waveform  = "biphasic"', ""),
        ('frequency = "30 Hz"', ""), ('pulse     = "2 ms"', ""), ('offset    = "20 uA"', "# "),
        ('"150 uA"', '"20 uA"'),
    )  # fmt: skip
    both, direct = (
        predict(one, source, tables_digest=tables.digest(), samples=8, seed=1)[0] for one in (plan, alone)
    )
    for a, b in zip(both.exposure.steps[0].contacts, direct.exposure.steps[0].contacts, strict=True):
        assert a.dc_density.value == pytest.approx(b.dc_density.value, rel=2e-3)
        assert a.net_charge_density.value == pytest.approx(b.net_charge_density.value, rel=1e-6)
        assert a.peak_density.value == pytest.approx(170 / 20 * b.peak_density.value)
        square = (150**2 * 2 * 0.06 + 20**2) / 20**2
        assert a.rms_density.value == pytest.approx(square**0.5 * b.rms_density.value)
    assert both.exposure.dc_charge.value == pytest.approx(direct.exposure.dc_charge.value)
    # The skin is taken as the direct part has charged it, so the voltage is no less than that of its parts.
    assert both.exposure.steps[0].voltage.value > direct.exposure.steps[0].voltage.value


def test_the_charge_through_the_skin_of_a_basis_is_that_of_the_direct_part(lab):
    path = lab.write(
        "superposed", "hold",
        change=('current = "200 uA"', 'current = "200 uA"\noffset = "30 uA"'),
    )  # fmt: skip
    text = path.read_text().replace(
        'between = [ { electrode = "a", at = "one" }, { electrode = "b", at = "other" } ]',
        'anode = { electrode = "a", at = "one" }\ncathode = { electrode = "b", at = "other" }',
    )
    path.write_text(text)
    skin = lab.expose(path).skin
    net = (skin.net * skin.area).sum(), abs(skin.net * skin.area).sum()
    planned = 30e-6 * 19.0  # 20 s with ramps of 1 s
    assert net[0] == pytest.approx(0.0, abs=1e-6 * planned)  # in by one probe, out by the other
    assert net[1] == pytest.approx(2 * planned, rel=1e-6)
