"""Unit text to SI and back: the only place that reads or prints a unit.

Inside microcurrent every quantity is a plain SI float. `read` turns text such as ``"300 uA"`` into
one, `write` turns one into text. Standard library only, because `microcurrent.delivery` loads it.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal

from microcurrent.errors import Problem, UnitError

_AREA = {"m2": 1.0, "cm2": 1e-4, "mm2": 1e-6}


def _per_area(prefixed: dict[str, float]) -> dict[str, float]:
    return {f"{unit}/{a}": f / fa for unit, f in prefixed.items() for a, fa in _AREA.items()}


_CURRENT = {"A": 1.0, "mA": 1e-3, "uA": 1e-6, "nA": 1e-9}
_CHARGE = {"C": 1.0, "mC": 1e-3, "uC": 1e-6, "nC": 1e-9, "mA.min": 0.06, "mA min": 0.06}
_RESISTANCE = {"ohm": 1.0, "kohm": 1e3, "Mohm": 1e6}
_CAPACITANCE = {"F": 1.0, "uF": 1e-6, "nF": 1e-9}

#: Factor to SI of every unit understood, by dimension. The first of each is its SI unit.
UNITS: dict[str, dict[str, float]] = {
    "current": _CURRENT,
    "time": {"s": 1.0, "ms": 1e-3, "us": 1e-6, "min": 60.0, "h": 3600.0, "d": 86400.0},
    "frequency": {"Hz": 1.0, "kHz": 1e3, "mHz": 1e-3},
    "length": {"m": 1.0, "cm": 1e-2, "mm": 1e-3, "um": 1e-6, "nm": 1e-9},
    "area": dict(_AREA),
    "volume": {"m3": 1.0, "L": 1e-3, "cm3": 1e-6, "ml": 1e-6, "mm3": 1e-9},
    "speed": {"m/s": 1.0, "cm/s": 1e-2, "mm/s": 1e-3},
    "voltage": {"V": 1.0, "mV": 1e-3, "kV": 1e3},
    "field": {"V/m": 1.0, "mV/mm": 1.0, "V/cm": 100.0},
    "field time": {"V s/m": 1.0},
    "charge": _CHARGE,
    "resistance": _RESISTANCE,
    "energy": {"J": 1.0, "mJ": 1e-3, "uJ": 1e-6},
    "power density": _per_area({"W": 1.0, "mW": 1e-3}),
    "current density": _per_area(_CURRENT),
    "charge density": _per_area({k: v for k, v in _CHARGE.items() if "min" not in k}),
    "conductivity": {"S/m": 1.0, "mS/m": 1e-3},
    "area impedance": {f"{u} {a}": f * fa for u, f in _RESISTANCE.items() for a, fa in _AREA.items()},
    "area capacitance": _per_area(_CAPACITANCE),
    "slew": {"A/s": 1.0, "mA/s": 1e-3, "uA/s": 1e-6, "uA/ms": 1e-3},
    "temperature difference": {"K": 1.0},
    "temperature": {"K": 1.0},
    "fraction": {"": 1.0, "%": 1e-2},
    "pH": {"": 1.0},
    "concentration": {"mol/m3": 1.0, "mM": 1.0},
    "diffusivity": {"m2/s": 1.0, "mm2/s": 1e-6},
    "molar conductivity": {"S m2/mol": 1.0, "S cm2/mol": 1e-4},
    "molar mass": {"kg/mol": 1.0, "g/mol": 1e-3},
    "molar flux": {
        f"{u}/{a}/{t}": f / fa / ft
        for u, f in {"mol": 1.0, "umol": 1e-6}.items()
        for a, fa in _AREA.items()
        for t, ft in {"s": 1.0, "h": 3600.0}.items()
    },
    "osmotic coefficient": {"m3/C": 1.0, "uL/h/mA": 1e-6 / 3600},
    "density": {"kg/m3": 1.0},
    "heat capacity": {"J/kg/K": 1.0},
    "heat conductivity": {"W/m/K": 1.0},
    "perfusion": {"m3/s/kg": 1.0, "ml/min/kg": 1e-6 / 60},
    "heat production": {"W/kg": 1.0},
    "heat transfer": {"W/m2/K": 1.0},
    "rate": {"1/s": 1.0, "1/ms": 1e3},
    "rate per voltage": {"1/s/V": 1.0, "1/ms/mV": 1e6},
    "area conductance": _per_area({"S": 1.0, "mS": 1e-3}),
    "resistivity": {"ohm m": 1.0, "ohm cm": 1e-2},
    "molar energy": {"J/mol": 1.0, "kJ/mol": 1e3},
    "ratio": {"times": 1.0},
    "score": {"points": 1.0},
    "sittings": {"sittings": 1.0},
}

#: The units that `write` chooses from, largest first.
_SHOWN: dict[str, tuple[str, ...]] = {
    "current": ("A", "mA", "uA", "nA"),
    "time": ("d", "h", "min", "s", "ms", "us"),
    "frequency": ("kHz", "Hz"),
    "length": ("m", "mm", "um", "nm"),
    "area": ("cm2",),
    "volume": ("L", "ml"),
    "speed": ("mm/s",),
    "voltage": ("kV", "V", "mV"),
    "field": ("V/m",),
    "field time": ("V s/m",),
    "charge": ("C", "mC", "uC", "nC"),
    "resistance": ("Mohm", "kohm", "ohm"),
    "energy": ("J", "mJ", "uJ"),
    "power density": ("W/cm2", "mW/cm2"),
    "current density": ("mA/cm2", "uA/cm2", "nA/cm2"),
    "charge density": ("C/cm2", "mC/cm2", "uC/cm2", "nC/cm2"),
    "conductivity": ("S/m",),
    "area impedance": ("kohm cm2", "ohm cm2"),
    "area capacitance": ("uF/cm2", "nF/cm2"),
    "slew": ("mA/s", "uA/s"),
    "temperature difference": ("K",),
    "temperature": ("K",),
    "fraction": ("%",),
    "pH": ("",),
    "concentration": ("mM",),
    "diffusivity": ("mm2/s",),
    "molar conductivity": ("S cm2/mol",),
    "molar mass": ("g/mol",),
    "molar flux": ("umol/cm2/h",),
    "osmotic coefficient": ("uL/h/mA",),
    "density": ("kg/m3",),
    "heat capacity": ("J/kg/K",),
    "heat conductivity": ("W/m/K",),
    "perfusion": ("ml/min/kg",),
    "heat production": ("W/kg",),
    "heat transfer": ("W/m2/K",),
    "rate": ("1/s",),
    "rate per voltage": ("1/s/V",),
    "area conductance": ("mS/cm2",),
    "resistivity": ("ohm m",),
    "molar energy": ("kJ/mol", "J/mol"),
    "ratio": ("times",),
    "score": ("points",),
    "sittings": ("sittings",),
}

#: Below this many of the smallest unit a number is written as 0: rounding, not a quantity.
_NOTHING = 1e-6

#: The unit of a plain zero, where it is not the smallest.
_AT_ZERO = {"time": "s", "length": "um", "current": "uA", "charge": "uC", "current density": "uA/cm2",
            "charge density": "uC/cm2"}  # fmt: skip

_PRETTY = {"ohm": "Ω", "kohm": "kΩ", "Mohm": "MΩ"}
_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*\Z", re.DOTALL)


def _plain(unit: str) -> str:
    """Reduce the ways of writing one unit to one: µ to u, Ω to ohm, ² and ^2 to 2, · to space."""
    for written, plain in (
        ("µ", "u"), ("μ", "u"), ("Ω", "ohm"), ("Ω", "ohm"), ("²", "2"), ("³", "3"),
        ("^", ""), ("·", " "), ("*", " "), ("mA.min", "mA min"),
    ):  # fmt: skip
        unit = unit.replace(written, plain)
    return " ".join(unit.split())


def _example(dimension: str) -> str:
    first = next(iter(_SHOWN[dimension]))
    return ", ".join(f'"{_pretty(unit)}"' for unit in _SHOWN[dimension]) or first


def _pretty(unit: str) -> str:
    for plain, pretty in _PRETTY.items():
        unit = re.sub(rf"\b{plain}\b", pretty, unit)
    unit = re.sub(r"\bu(?=[A-Zsm])", "µ", unit)
    return re.sub(r"(?<=m)([23])\b", lambda m: {"2": "²", "3": "³"}[m.group(1)], unit)


def read(text: str, dimension: str) -> float:
    """Return the SI value of `text`, a number and a unit of `dimension` (a key of `UNITS`).

    Raises `UnitError` for anything else, saying what was expected and what came.
    """
    units = UNITS[dimension]
    wanted = f"a {dimension} with its unit, one of {_example(dimension)}"
    if not isinstance(text, str):
        raise UnitError(Problem(what="a quantity is text with a unit", expected=wanted, came=repr(text)))
    match = _NUMBER.match(text)
    if match is None:
        raise UnitError(Problem(what="no number found", expected=wanted, came=repr(text)))
    number, unit = match.group(1), _plain(match.group(2))
    if not math.isfinite(float(number)):
        raise UnitError(Problem(what="not a finite number", expected=wanted, came=repr(text)))
    if not unit and "" not in units:
        raise UnitError(Problem(what="unit missing", expected=wanted, came=repr(text)))
    if unit not in {_plain(known) for known in units}:
        raise UnitError(Problem(what="wrong unit", expected=wanted, came=repr(text)))
    factor = next(f for known, f in units.items() if _plain(known) == unit)
    # In decimal, so that "50 uA" and "0.05 mA" are the same float.
    return float(Decimal(number) * Decimal(repr(factor)))


def read_current(text: str) -> tuple[float, str]:
    """Return `(current [A], "peak" or "rms")` from text such as ``"300 uA rms"``; bare means peak."""
    if isinstance(text, str):
        words = text.split()
        if len(words) > 1 and words[-1].lower() in ("rms", "peak"):
            return read(" ".join(words[:-1]), "current"), words[-1].lower()
    return read(text, "current"), "peak"


def write(value: float, dimension: str, *, digits: int = 3) -> str:
    """Return `value` [SI] as text with the unit of `dimension` that gives the shortest number."""
    shown = _SHOWN[dimension]
    if not math.isfinite(value):
        return f"{value} {_pretty(shown[0])}".strip()
    unit = next((u for u in shown if abs(value) >= 0.9995 * UNITS[dimension][u]), shown[-1])
    if dimension == "time" and unit in ("d", "h", "min") and abs(value) < 2 * UNITS["time"][unit]:
        # Up to two of a unit, people speak of the smaller one: 90 s, 90 min, 36 h.
        unit = {"d": "h", "h": "min", "min": "s"}[unit]
    if value == 0:
        unit = _AT_ZERO.get(dimension, shown[-1])
    return f"{_digits(value / UNITS[dimension][unit], digits)} {_pretty(unit)}".rstrip()


def _digits(number: float, digits: int) -> str:
    """Return a number with so many significant digits, never in exponential form."""
    rounded = float(f"{number:.{digits}g}")
    if abs(rounded) < _NOTHING:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    text = f"{rounded:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def write_interval(low: float, high: float, dimension: str, *, digits: int = 2) -> str:
    """Return an interval [SI] as text, both ends in one unit: ``"4.1 to 9.8 V/m"``."""
    reference = max(abs(low), abs(high))
    shown = _SHOWN[dimension]
    unit = next((u for u in shown if reference >= 0.9995 * UNITS[dimension][u]), shown[-1])
    factor = UNITS[dimension][unit]
    return f"{_digits(low / factor, digits)} to {_digits(high / factor, digits)} {_pretty(unit)}".rstrip()
