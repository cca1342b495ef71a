"""A trace from an oscilloscope against closed forms, with noise and offset, and what is refused."""

import math

import numpy as np
import pytest

from microcurrent import tables
from microcurrent.errors import InputError
from microcurrent.planning.devices.device_file import read_device_file, write_device_file
from microcurrent.planning.devices.measuring import against, device_of_trace
from microcurrent.planning.devices.outputs import output_of
from microcurrent.planning.devices.scope_file import Columns, read_scope_file
from microcurrent.planning.devices.traces import measure

PEAK, HERTZ, PERIODS, SAMPLES = 400e-6, 20.0, 10.3, 40_001
WIDTH = 0.04  # of a period


def square(phase):
    return np.where(phase < 0.5, 1.0, -1.0)


def biphasic(phase):
    return np.where(phase < WIDTH, 1.0, np.where(phase < 2 * WIDTH, -1.0, 0.0))


def monophasic(phase):
    return np.where(phase < 0.2, 1.0, 0.0)


def sine(phase):
    return np.sin(2 * np.pi * phase)


def burst(phase):
    pulses = np.where((phase * 16) % 1 < 0.5, 1.0, 0.0)
    return pulses * np.where(phase < 0.5, 1.0, -1.0)


#: Shape: its closed forms (r.m.s. and mean over peak, charge over peak and period), and what it is called.
CASES = {
    square: (1.0, 0.0, 0.5, "square", "alternating"),
    biphasic: (math.sqrt(2 * WIDTH), 0.0, WIDTH, "pulses", "alternating"),
    monophasic: (math.sqrt(0.2), 0.2, 0.2, "pulses", "positive"),
    sine: (math.sqrt(0.5), 0.0, 1 / math.pi, "sine", "alternating"),
    burst: (math.sqrt(0.5), 0.0, 1 / 32, "other", "alternating"),
}


def trace(shape, *, noise=0.0, offset=0.0, uneven=False, seed=3):
    rng = np.random.default_rng(seed)
    time = np.linspace(0.0, PERIODS / HERTZ, SAMPLES)
    if uneven:
        time = time + rng.uniform(0, 0.8, SAMPLES) * time[1]
    current = shape((time * HERTZ + 0.37) % 1) + offset + noise * rng.standard_normal(SAMPLES)
    return time, PEAK * current


@pytest.mark.parametrize("uneven", [False, True], ids=["even", "uneven"])
@pytest.mark.parametrize("noise", [0.0, 0.03], ids=["clean", "noisy"])
@pytest.mark.parametrize("shape", CASES, ids=lambda shape: shape.__name__)
def test_a_trace_is_its_closed_form(shape, noise, uneven):
    rms, mean, charge, form, polarity = CASES[shape]
    found = measure(*trace(shape, noise=noise, uneven=uneven))
    assert (found.form, found.polarity, found.periods) == (form, polarity, 10)
    assert found.frequency == pytest.approx(HERTZ, rel=2e-4)
    assert found.peak == pytest.approx(PEAK, rel=0.02)
    assert found.rms == pytest.approx(rms * PEAK * math.hypot(1, noise / rms), rel=0.01)
    assert found.net_direct == pytest.approx(mean * PEAK, abs=2e-3 * PEAK)
    assert found.charge_per_phase == pytest.approx(charge * PEAK / HERTZ, rel=0.02)


def test_direct_current_has_no_frequency():
    found = measure(*trace(np.ones_like, noise=0.02))
    assert (found.form, found.polarity, found.frequency) == ("direct", "positive", 0.0)
    assert found.peak == pytest.approx(PEAK, rel=1e-3) == found.net_direct
    assert measure(*trace(lambda phase: -np.ones_like(phase))).polarity == "negative"


def test_an_offset_is_direct_current_unless_it_is_taken_off():
    time, current = trace(square, offset=0.05)
    assert measure(time, current).net_direct == pytest.approx(0.05 * PEAK, rel=0.02)
    assert measure(time, current - 0.05 * PEAK).net_direct == pytest.approx(0, abs=1e-3 * PEAK)


def test_pulses_the_other_way_are_negative():
    found = measure(*trace(lambda phase: -monophasic(phase)))
    assert found.polarity == "negative" and found.net_direct == pytest.approx(-0.2 * PEAK, rel=0.01)
    assert found.duty == pytest.approx(0.2, abs=0.005) and found.pulse == pytest.approx(
        0.2 / HERTZ, rel=0.02
    )


def test_the_rise_of_a_slope_is_four_fifths_of_it():
    slope = 0.05  # of a period, from zero to the peak
    found = measure(*trace(lambda phase: np.clip(phase / slope, 0, 1) * (phase < 0.5)), flat_top=True)
    assert found.rise == pytest.approx(0.8 * slope / HERTZ, rel=0.01)
    fast = measure(*trace(square))
    assert fast.rise < 2 * fast.sampling


@pytest.mark.parametrize("sign", [1, -1], ids=["top", "bottom"])
def test_a_trace_cut_off_by_the_scope_is_refused_unless_it_is_the_device(sign):
    time, current = trace(sine, noise=0.01)
    clipped = sign * np.minimum(current, 0.8 * PEAK)
    with pytest.raises(InputError, match="looks cut off") as told:
        measure(time, clipped)
    assert ("top" if sign > 0 else "bottom") in str(told.value)
    assert measure(time, clipped, flat_top=True).peak == pytest.approx(PEAK, rel=0.05)


def test_a_whole_sine_in_few_steps_of_a_scope_is_not_taken_for_cut_off():
    time, current = trace(sine)
    steps = PEAK / 100
    assert measure(time, np.round(current / steps) * steps).form == "sine"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda t, i: (t[: SAMPLES // 5], i[: SAMPLES // 5]), "period"),
        (lambda t, i: (t, 0 * i), "no current"),
        (lambda t, i: (t, PEAK * np.random.default_rng(1).standard_normal(t.size)), "does not repeat"),
    ],
    ids=["two periods", "nothing", "noise alone"],
)
def test_a_trace_that_says_nothing_is_refused(make, words):
    with pytest.raises(InputError, match=words):
        measure(*make(*trace(square)))


# -- files ---------------------------------------------------------------------------------------------


def rows(time, *readings, delimiter=","):
    return [delimiter.join(f"{x:.9g}" for x in row) for row in zip(time, *readings, strict=True)]


TIME = np.arange(200) * 1e-3
VOLTS = np.where(TIME * 25 % 1 < 0.5, 0.2, -0.2)
RIGOL = [
    "X,CH1,Start,Increment,",
    "Sequence,Volt,-1.0e-02,1.0e-03",
    *(f"{k},{v:.3f},," for k, v in enumerate(VOLTS)),
]
SIGLENT = [
    "Record Length,Analog:200", "Sample Interval,Analog:1E-03", "Vertical Units,CH3:V", "Vertical Scale,CH3:0.1",
    "Horizontal Units,s", "Model Number,SDS1104X-E", "Source,CH3", "Second,Value", *rows(TIME, VOLTS),
]  # fmt: skip
SETTINGS = [
    "Record Length,200,",
    "Sample Interval,1e-3,",
    "Vertical Units,V,",
    "Horizontal Units,s,",
    "Source,CH2,",
]
TEKTRONIX_OLD = [
    f"{SETTINGS[k] if k < len(SETTINGS) else ',,'},{row}," for k, row in enumerate(rows(TIME, VOLTS))
]
TEKTRONIX = [
    "Model,MSO54",
    "Horizontal Units,s",
    "Vertical Units,V",
    "Labels,,",
    "TIME,CH1",
    *rows(TIME, VOLTS),
]
GERMAN = [
    "Zeit (ms);Kanal A (mV)",
    *(row.replace(".", ",") for row in rows(1e3 * TIME, 1e3 * VOLTS, delimiter=";")),
]
PLAIN = ["time [s]\tvoltage [V]", *rows(TIME, VOLTS, delimiter="\t")]


@pytest.mark.parametrize(
    ("lines", "column", "start"),
    [
        (RIGOL, "CH1", -1e-2), (SIGLENT, "CH3", 0.0), (TEKTRONIX_OLD, "CH2", 0.0), (TEKTRONIX, "CH1", 0.0),
        (GERMAN, "Kanal A (mV)", 0.0), (PLAIN, "voltage [V]", 0.0),
    ],
    ids=["rigol", "siglent", "tektronix beside", "tektronix", "decimal comma", "tabs"],
)  # fmt: skip
def test_the_exports_of_common_scopes_are_read(tmp_path, lines, column, start):
    path = tmp_path / "trace.csv"
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join([*lines, ""]).encode())
    found = read_scope_file(path)
    assert found.kind == "voltage"
    assert np.allclose(found.time, start + TIME) and np.allclose(found.reading, VOLTS)
    assert found.column == column


def test_units_and_columns_can_be_given(tmp_path):
    path = tmp_path / "trace.csv"
    path.write_text("\n".join(["t,gate,probe", *rows(1e6 * TIME, VOLTS, 1e6 * VOLTS)]), encoding="utf-8")
    found = read_scope_file(path, Columns(reading="probe", unit="uA", time_unit="µs"))
    assert found.kind == "current" and np.allclose(found.reading, VOLTS) and np.allclose(found.time, TIME)
    assert read_scope_file(path, Columns(reading="1", unit="V", time_unit="us")).column == "gate"


BACK = TIME.copy()
BACK[120] = BACK[100]


@pytest.mark.parametrize(
    ("lines", "columns", "words"),
    [
        (["time (s),CH1 (V)", *rows(BACK, VOLTS)], Columns(), ("trace.csv:122:", "time does not rise")),
        (["time (s),CH1", *rows(TIME, VOLTS)], Columns(), ("unit of the readings", "--unit")),
        (["x,CH1 (V)", *rows(TIME, VOLTS)], Columns(), ("unit of time", "--time-unit")),
        (["time (s),CH1 (furlong)", *rows(TIME, VOLTS)], Columns(), ("furlong",)),
        (["time (s),CH1 (V),CH2 (V)", *rows(TIME, VOLTS, VOLTS)], Columns(), ("more than one", "CH2")),
        (PLAIN, Columns(reading="CH9"), ("no such column", "CH9")),
        (["CH1 (V)", *(f"{v}" for v in VOLTS)], Columns(), ("no two columns",)),
        (["time (s),CH1 (V)", *rows(TIME, VOLTS)[:30]], Columns(), ("too few samples", "30")),
        (["time (s),CH1 (V)", *rows(TIME, VOLTS)[:90], "1,none"], Columns(), ("trace.csv:92:", "none")),
        ([], Columns(), ("no two columns", "empty")),
        (["\0\0binary"], Columns(), ("no text",)),
    ],
    ids=[
        "back in time", "no unit", "no unit of time", "strange unit", "two channels", "no such channel",
        "no times", "short", "a word", "empty", "binary",
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_says_what_and_where(tmp_path, lines, columns, words):
    path = tmp_path / "trace.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError) as told:
        read_scope_file(path, columns)
    for word in ("trace.csv", *words):
        assert word in str(told.value), told.value


# -- against claims, and as a device ----------------------------------------------------------------------


def test_a_measured_device_is_held_against_what_another_claims():
    found = measure(*trace(square))
    verdicts = {c.what: c.verdict for c in against(found, tables.devices()["pantheon"], load=500.0)}
    assert verdicts["frequency"] == verdicts["polarity"] == "as claimed"
    assert verdicts["peak current"].startswith("less") and verdicts["time one way"] == "?"
    acuscope = {c.what: c.verdict for c in against(found, tables.devices()["acuscope"], load=500.0)}
    assert acuscope["frequency"] == "?"
    stronger = measure(*(part * factor for part, factor in zip(trace(square), (1, 2), strict=True)))
    more = {c.what: c.verdict for c in against(stronger, tables.devices()["nuface"], load=500.0)}
    assert more["peak current"] == "more"


def test_a_measured_device_gives_what_was_measured(tmp_path):
    found = measure(*trace(biphasic))
    own = device_of_trace(found, name="own", title="Own", load=500.0, source="measurement trace.csv")
    assert read_device_file(write_device_file(own, tmp_path / "own.toml")) == own
    out = output_of(own)
    assert out.charge.low == out.charge.high == pytest.approx(PEAK * WIDTH / HERTZ, rel=0.02)
    (load, measured), *others = out.charge_at
    assert load == 500 and measured == out.charge
    assert all(span.text == "?" for _, span in others)  # another load was not tried
    assert {"control", "compliance"} <= set(own.unknown)
