"""Unit text to SI and back, with Pint as the outside judge."""

import math
import re

import pint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microcurrent import units
from microcurrent.errors import UnitError

REGISTRY = pint.UnitRegistry()
EVERY = [
    (d, u)
    for d, known in units.UNITS.items()
    for u in known
    if u not in ("", "%", "times", "points", "sittings")
]


def spoken(unit: str) -> str:
    """Our short unit text in Pint's grammar."""
    text = unit.replace("mA.min", "mA * min").replace("mA min", "mA * min")
    text = text.replace("ohm ", "ohm * ").replace("/d", "/day")
    text = re.sub(r"\b([cm]?m)([23])(?=$|[ /])", r"\1**\2", text)
    return "day" if text == "d" else text


@pytest.mark.parametrize(("dimension", "unit"), EVERY)
def test_every_factor_agrees_with_pint(dimension, unit):
    ours = units.read(f"1 {unit}", dimension)
    si = next(iter(units.UNITS[dimension]))
    assert ours == pytest.approx(REGISTRY(f"1 {spoken(unit)}").to(spoken(si)).magnitude, rel=1e-12)


@settings(deadline=None, derandomize=True)
@given(st.sampled_from(sorted(units._SHOWN)), st.floats(1e-6, 1e6))
def test_what_is_written_can_be_read_back(dimension, value):
    text = units.write(value, dimension, digits=6)
    assert units.read(text, dimension) == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize(
    ("text", "dimension", "value"),
    [
        ("300 uA", "current", 3e-4), ("300 µA", "current", 3e-4), ("0.5 mA/cm2", "current density", 5.0),
        ("0.5 mA/cm²", "current density", 5.0), ("40 mA.min", "charge", 2.4), ("100 kΩ cm²", "area impedance", 10.0),
        ("-3e2 mV", "voltage", -0.3), ("10mm", "length", 0.01), ("50 %", "fraction", 0.5), ("3 V/cm", "field", 300),
    ],
)  # fmt: skip
def test_ways_of_writing(text, dimension, value):
    assert units.read(text, dimension) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("10", "unit missing"), ("10 V", "wrong unit"), ("ten uA", "no number"), ("", "no number"),
        (10, "text with a unit"), (None, "text with a unit"), ("nan uA", "no number"), ("1e999 A", "finite"),
        ("300 ua", "wrong unit"), ("3 uA rms", "wrong unit"),
    ],
)  # fmt: skip
def test_what_is_not_a_current_is_refused_with_what_came(text, words):
    with pytest.raises(UnitError, match=words) as caught:
        units.read(text, "current")
    assert repr(text) in str(caught.value)


def test_rms_is_told_from_peak():
    assert units.read_current("300 uA rms") == (pytest.approx(3e-4), "rms")
    assert units.read_current("300 uA peak") == (pytest.approx(3e-4), "peak")
    assert units.read_current("300 uA") == (pytest.approx(3e-4), "peak")


@pytest.mark.parametrize(
    ("value", "dimension", "text"),
    [
        (3e-4, "current", "300 µA"), (1e-3, "current", "1 mA"), (0.0, "current", "0 µA"), (90, "time", "90 s"), (3600, "time", "60 min"), (43200, "time", "12 h"),
        (259200, "time", "3 d"),
        (150, "time", "2.5 min"), (5.0, "current density", "500 µA/cm²"), (10.0, "area impedance", "100 kΩ cm²"),
        (1234.0, "resistance", "1.23 kΩ"), (math.inf, "voltage", "inf kV"), (0.012, "length", "12 mm"),
    ],
)  # fmt: skip
def test_what_people_see(value, dimension, text):
    assert units.write(value, dimension) == text


def test_an_interval_has_one_unit():
    assert units.write_interval(0.8e-3, 1.2e-3, "current") == "0.8 to 1.2 mA"
