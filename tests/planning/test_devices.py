"""What a device gives: against closed forms, on one hold, and "?" wherever something is not known."""

import math
from dataclasses import replace

import pytest

from microcurrent import tables
from microcurrent.errors import InputError
from microcurrent.model import Device, Known, Stimulus
from microcurrent.planning.devices.comparing import compare_device
from microcurrent.planning.devices.device_file import device_text, read_device_file, write_device_file
from microcurrent.planning.devices.outputs import LOADS, output_of, settings_of
from microcurrent.planning.devices.reference_hold import reference_hold
from microcurrent.planning.devices.voltages import circuit_of, current_of, voltage_of

PEAK, HERTZ = 500e-6, 10.0


def fact(cell, *texts, **numbers):
    return Known(cell=cell, texts=texts, sources=("bench",), confidence="found", **numbers)


def device(*facts, **cells):
    """A device of 500 µA at 10 Hz, alternating square, 20 V, with some facts more or in place of these."""
    known = {
        "shape": fact("shape", "square"),
        "polarity": fact("polarity", "alternating"),
        "largest_current": fact("largest_current", values=(PEAK,)),
        "frequency": fact("frequency", values=(HERTZ,)),
        "control": fact("control", "current"),
        "compliance": fact("compliance", values=(20.0,)),
    }
    known |= {f.cell: f for f in facts}
    for cell, kept in cells.items():
        if kept is None:
            del known[cell]
    return Device(name="bench", title="Bench", classes=(), facts=tuple(known.values()), sources=("bench",))


def ends(span):
    return span.low, span.high


def test_an_alternating_square_is_its_closed_form():
    out = output_of(device())
    assert ends(out.peak) == ends(out.rms) == (pytest.approx(PEAK), pytest.approx(PEAK))
    assert ends(out.net_direct) == (0, 0)
    assert ends(out.charge) == (pytest.approx(PEAK / (2 * HERTZ)),) * 2
    assert ends(out.energy) == (pytest.approx(500 * PEAK**2 / (2 * HERTZ)),) * 2
    assert out.missing == out.assumed == ()


def test_a_one_way_square_has_half_of_its_peak_as_direct_current():
    out = output_of(device(fact("polarity", "negative")))
    assert ends(out.net_direct) == (pytest.approx(PEAK / 2),) * 2
    assert ends(out.rms) == (pytest.approx(PEAK / math.sqrt(2)),) * 2


def test_pulses_follow_their_length_and_a_sine_its_mean():
    pulses = output_of(device(fact("shape", "pulses"), fact("pulse", values=(2e-3,))))
    assert ends(pulses.charge) == (pytest.approx(PEAK * 2e-3),) * 2
    assert ends(pulses.rms) == (pytest.approx(PEAK * math.sqrt(2 * 2e-3 * HERTZ)),) * 2
    sine = output_of(device(fact("shape", "sine")))
    assert ends(sine.charge) == (pytest.approx(PEAK / (math.pi * HERTZ)),) * 2
    assert ends(sine.energy) == (pytest.approx(500 * PEAK**2 / (4 * HERTZ)),) * 2


@pytest.mark.parametrize("volts", [1.0, 0.2, 4.0])
def test_voltage_limits_the_current_of_a_current_source(volts):
    out = output_of(device(fact("compliance", values=(volts,))))
    for load, span in out.charge_at:
        wanted = min(PEAK, volts / load) / (2 * HERTZ)
        assert ends(span) == (pytest.approx(wanted),) * 2
    assert [load for load, _ in out.charge_at] == [500, 2000, 10000] == list(LOADS)


def test_what_is_not_known_stays_unknown_and_says_why():
    out = output_of(device(compliance=None))
    assert all(span.text == "?" for _, span in out.charge_at)
    assert "compliance voltage is not known" in out.missing[0]
    assert output_of(device(shape=None)).rms.text == "?"
    no_frequency = output_of(device(frequency=None))
    assert no_frequency.charge.text == "?" and ends(no_frequency.rms) == (pytest.approx(PEAK),) * 2
    assert output_of(device(largest_current=None)).charge.text == "?"
    voltage = output_of(device(fact("control", "voltage")))
    assert all(span.text == "?" for _, span in voltage.charge_at)


def test_an_open_end_opens_the_figure_on_that_side_alone():
    out = output_of(device(fact("frequency", low=0.5)))
    assert out.charge.low is None and out.charge.high == pytest.approx(PEAK)  # 1 s one way
    assert out.charge.text == "? to 500 µC"


def test_a_polarity_that_is_not_known_spans_from_balanced_to_one_way():
    out = output_of(device(polarity=None))
    assert ends(out.net_direct) == (0, pytest.approx(PEAK / 2))
    assert "polarity" in out.assumed[0]


def test_an_assumed_shape_marks_every_figure_that_rests_on_it():
    out = output_of(tables.devices()["nuface-trinity"])
    assert out.rms.assumed and out.charge.assumed and out.energy.assumed and not out.peak.assumed
    assert ends(out.charge) == (pytest.approx(400e-6 / (2 * 8.3)),) * 2
    found = output_of(tables.devices()["pantheon"])
    assert not found.rms.assumed and ends(found.charge) == (
        pytest.approx(600e-6 / 3000), pytest.approx(600e-6),
    )  # fmt: skip


def test_no_pulse_is_longer_than_half_its_period():
    flexistim = tables.devices()["flexistim"]
    for setting in settings_of(flexistim):
        assert setting.waveform.largest_phase <= 0.5 + 1e-12
    assert output_of(flexistim).charge.high == pytest.approx(700e-6 * 0.999)


def test_a_lower_current_for_the_face_is_taken_on_the_face():
    acuscope = tables.devices()["acuscope"]
    assert output_of(acuscope).peak.high == pytest.approx(200e-6)
    assert output_of(acuscope, on_face=False).peak.high == pytest.approx(600e-6)


# -- on one hold ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hold(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MICROCURRENT_CACHE", str(tmp_path_factory.mktemp("cache")))
        made = reference_hold("slab", samples=8)
        again = reference_hold("slab", samples=8, on_progress=lambda *_: pytest.fail("solved again"))
    assert again.prediction == made.prediction
    return made


def muscle(compared):
    return next(r for r in compared.received if "muscle" in r.tissue)


def test_tissue_receives_in_proportion_to_the_peak(hold):
    strong = fact("compliance", values=(500.0,))
    one, two = (
        muscle(
            compare_device(device(strong, fact("largest_current", values=(peak,))), hold, tables.limits())
        )
        for peak in (100e-6, 300e-6)
    )
    own = next(t for t in hold.prediction.exposure.steps[0].tissues if "muscle" in t.tissue)
    reference = hold.plan.steps[0].stimulus.peak
    assert one.field_median.value == pytest.approx(own.field_median.value * 100e-6 / reference)
    assert two.field_p99.high == pytest.approx(3 * one.field_p99.high)
    assert two.density_p99.low == pytest.approx(3 * one.density_p99.low)


def test_the_voltage_of_the_reference_current_is_that_of_its_prediction(hold):
    step = hold.plan.steps[0]
    mine, predicted = voltage_of(step.stimulus, circuit_of(hold)), hold.prediction.exposure.steps[0].voltage
    assert mine.value == pytest.approx(predicted.value)
    assert mine.low <= predicted.low * 1.15 and mine.high >= predicted.high * 0.85


def test_a_weak_voltage_delivers_what_it_can_and_no_more(hold):
    circuit = circuit_of(hold)
    stimulus = Stimulus(
        waveform=settings_of(device())[0].waveform, amplitude=PEAK, frequency=HERTZ, duration=60.0
    )
    needed = voltage_of(stimulus, circuit)
    flows = current_of(stimulus, circuit, needed.value / 2)
    assert flows.low <= flows.value <= flows.high and flows.value < PEAK
    back = voltage_of(replace(stimulus, amplitude=flows.value), circuit)
    assert back.value == pytest.approx(needed.value / 2, rel=1e-3)


@pytest.mark.parametrize(("volts", "word"), [(70.0, "yes"), (1.0, "no")])
def test_claimed_and_delivered(hold, volts, word):
    compared = compare_device(device(fact("compliance", values=(volts,))), hold, tables.limits())
    assert compared.delivers == word
    assert (compared.delivered.value < 0.9 * PEAK) == (word == "no")
    full = compare_device(device(), hold, tables.limits())
    assert (muscle(compared).field_median.value < muscle(full).field_median.value) == (word == "no")


def test_a_voltage_inside_the_interval_is_a_perhaps_and_none_a_question(hold):
    needed = compare_device(device(), hold, tables.limits()).voltage
    half_way = (needed.value + needed.high) / 2
    compared = compare_device(device(fact("compliance", values=(half_way,))), hold, tables.limits())
    assert compared.delivers == "perhaps"
    unknown = compare_device(device(compliance=None), hold, tables.limits())
    assert unknown.delivers == "?" and unknown.delivered is None and unknown.received


def test_limits_name_what_is_passed_and_home_adds_its_own(hold):
    def verdicts(of, *profiles):
        found = compare_device(of, hold, tables.limits(profiles=profiles)).findings
        return {finding.rule: finding.verdict for finding in found}

    balanced, one_way = verdicts(device()), verdicts(device(fact("polarity", "positive")))
    assert balanced.get("dc-density", "ok") == "ok" and one_way["dc-density"] == "stop"
    assert "home-current" not in balanced and verdicts(device(), "home")["home-current"] == "stop"
    weak = verdicts(device(fact("largest_current", values=(20e-6,))), "home")
    assert weak["home-current"] == weak["total-current"] == weak["ac-rms-density"] == "ok"


def test_a_device_of_which_only_the_peak_is_known_is_still_compared(hold):
    compared = compare_device(tables.devices()["myolift-qt"], hold, tables.limits())
    assert compared.voltage is None and compared.received
    assert {finding.rule for finding in compared.findings} == {"total-current"}
    field = muscle(compared).field_median
    assert field.high / field.low > 1.5  # 400 to 600 µA, and the interval of the tissue
    assert compare_device(tables.devices()["theraface"], hold, tables.limits()).received == ()


# -- a person's own file -----------------------------------------------------------------------------


def test_every_device_of_the_catalogue_can_be_written_and_read_back(tmp_path):
    for name, known in tables.devices().items():
        path = write_device_file(known, tmp_path / f"{name}.toml")
        assert read_device_file(path) == known


def test_a_file_that_cannot_be_used_names_line_and_entry(tmp_path):
    path = tmp_path / "own.toml"
    text = device_text(device()).replace("20.0 V", "20.0 A").replace('"square"', '"cube"')
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as told:
        read_device_file(path)
    said = str(told.value)
    lines = text.splitlines()
    for cell, word in (("compliance", "20.0 A"), ("shape", "cube")):
        line = next(n for n, row in enumerate(lines) if f'cell = "{cell}"' in row)
        assert f"own.toml:{line}:" in said and word in said, said
    path.write_text("title = 'a plan'\n", encoding="utf-8")
    with pytest.raises(InputError, match="not known here"):
        read_device_file(path)
    with pytest.raises(InputError, match="no such file"):
        read_device_file(tmp_path / "nowhere.toml")
