"""A trace from an oscilloscope: a CSV file with lines of header, a column of time and columns of readings.

Understood are plain columns under one line of names, and the exports of common makers: names and units in
two lines with start and increment (Rigol), lines of settings before the columns (Siglent, Tektronix),
settings beside the columns (older Tektronix). Comma, semicolon or tab between columns; with semicolon or
tab a comma may be the decimal point.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from microcurrent.errors import InputError, Problem
from microcurrent.units import UNITS

Floats = npt.NDArray[np.float64]

#: Larger files are refused: a trace of a few million samples says all that one of these devices does.
LARGEST_FILE = 200_000_000
#: Lines before the first sample; more is no header.
_HEADER = 60
#: Fewer samples say nothing.
_FEWEST = 50
_WORDS = {
    "second": ("time", "s"), "seconds": ("time", "s"), "sec": ("time", "s"),
    "volt": ("voltage", "V"), "volts": ("voltage", "V"), "amp": ("current", "A"),
    "ampere": ("current", "A"), "amps": ("current", "A"),
}  # fmt: skip
_KINDS = ("time", "voltage", "current")


@dataclass(frozen=True, kw_only=True)
class Columns:
    """What a person says of the columns: `reading`, its name or number (from 1 after time); its `unit`, and
    `time_unit`; empty where the file says so itself."""

    reading: str = ""
    unit: str = ""
    time_unit: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class ScopeTrace:
    """Readings over time: `time` (N,) [s], strictly rising; `reading` (N,) in SI of `kind`, "voltage" or
    "current"; `column` it came from, `others` that were there, and the `file`."""

    time: Floats
    reading: Floats
    kind: str
    column: str
    others: tuple[str, ...]
    file: str


@dataclass(frozen=True, kw_only=True, eq=False)
class _Sheet:
    """The file as cells: `header` lines before the samples, `numbers` (N, C), and the line of the first."""

    header: list[list[str]]
    numbers: Floats
    line: int
    file: str

    def problem(self, what: str, *, expected: str, came: str = "", advice: str = "") -> InputError:
        return InputError(
            Problem(what=what, file=self.file, expected=expected, came=came, advice=advice, line=self.line)
        )


def read_scope_file(path: Path, columns: Columns = Columns()) -> ScopeTrace:
    """Return the trace in a CSV file.

    Raises `InputError` naming file and line where there are no two columns of numbers, time does not rise,
    or a unit is neither in the header nor given.
    """
    sheet = _sheet(_text(path), str(path))
    names = _names(sheet)
    factor, start = _time(sheet, names, columns)
    time = start + factor * sheet.numbers[:, 0]
    _check_time(sheet, time)
    place = _chosen(sheet, names, columns)
    kind, scale = _unit(sheet, names[place], columns)
    others = tuple(name.text for index, name in enumerate(names[1:], 1) if index != place)
    return ScopeTrace(
        time=time, reading=scale * sheet.numbers[:, place], kind=kind, column=names[place].text,
        others=others, file=str(path),
    )  # fmt: skip


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InputError(Problem(what="the file is too large", file=str(path),
                                     expected=f"at most {LARGEST_FILE} bytes",
                                     advice="Export fewer samples"))  # fmt: skip
        raw = path.read_bytes()
    except OSError as trouble:
        raise InputError(Problem(what=f"the file cannot be opened ({trouble.strerror})", file=str(path),
                                 advice="Check the name and the folder")) from trouble  # fmt: skip
    if b"\0" in raw[:4096]:
        raise InputError(Problem(what="this is no text", file=str(path),
                                 expected="CSV, not the scope's own format"))  # fmt: skip
    return raw.decode("utf-8-sig", errors="replace")


def _sheet(text: str, file: str) -> _Sheet:
    lines = text.splitlines()
    delimiter, decimal = _dialect(lines)
    cells = [[cell.strip().strip('"') for cell in line.split(delimiter)] for line in lines]
    first = next((n for n, row in enumerate(cells[:_HEADER]) if _start_of(row, decimal) is not None), None)
    if first is None:
        raise InputError(Problem(
            what="no two columns of numbers", file=file, line=1,
            expected="a column of time and one of voltage or current",
            came=lines[0][:60] if lines else "an empty file",
            advice="Export the trace as CSV with its times",
        ))  # fmt: skip
    left = _start_of(cells[first], decimal) or 0
    width = _width(cells[first][left:], decimal)
    header = [row[left:] if left == 0 else row for row in cells[:first]]
    rows, line = [], first
    for line, row in enumerate(cells[first:], first):
        if not any(row):
            continue
        values = [_float(cell, decimal) for cell in row[left : left + width]]
        if len(values) < width or any(value is None for value in values):
            raise InputError(Problem(
                what="a sample is not a row of numbers", file=file, line=line + 1,
                expected=f"{width} numbers", came=lines[line][:60],
            ))  # fmt: skip
        rows.append(values)
    if left:
        header = [row[:left] for row in cells[: first + len(rows)]]
    sheet = _Sheet(header=header, numbers=np.array(rows, dtype=float), line=first + 1, file=file)
    if len(rows) < _FEWEST:
        raise sheet.problem("too few samples", expected=f"at least {_FEWEST}", came=str(len(rows)))
    return sheet


def _dialect(lines: list[str]) -> tuple[str, str]:
    """Return delimiter and decimal point, by the last full line."""
    sample = next((line for line in reversed(lines) if line.strip()), "")
    for delimiter in (";", "\t"):
        if delimiter in sample:
            return delimiter, "," if "," in sample else "."
    return ",", "."


def _float(cell: str, decimal: str) -> float | None:
    try:
        value = float(cell.replace(",", ".") if decimal == "," else cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _width(row: list[str], decimal: str) -> int:
    """How many numbers stand side by side from the left."""
    return next((n for n, cell in enumerate(row) if _float(cell, decimal) is None), len(row))


def _start_of(row: list[str], decimal: str) -> int | None:
    """Return the column at which a row of samples begins: the first, or after settings beside it."""
    if _width(row, decimal) >= 2:
        return 0
    settings = len(row) >= 5 and row[0] and _float(row[0], decimal) is None and not row[2]
    return 3 if settings and _width(row[3:], decimal) >= 2 else None


@dataclass(frozen=True, kw_only=True)
class _Name:
    """The name of a column: its `text`, and the `unit` in the header, empty where there is none."""

    text: str
    unit: str


def _names(sheet: _Sheet) -> list[_Name]:
    """Return a name for each column of numbers, from the last line of the header that is long enough."""
    width = sheet.numbers.shape[1]
    beside = _beside(sheet)
    if beside:
        return [_Name(text="time", unit=beside.get("horizontal units", "s")),
                *(_Name(text=beside.get("source", f"column {n}"), unit=beside.get("vertical units", ""))
                  for n in range(2, width + 1))]  # fmt: skip
    lines = [row for row in sheet.header if sum(bool(cell) for cell in row) >= min(width, 2)]
    if not lines:
        return [
            _Name(text="time", unit=""),
            *(_Name(text=f"column {n}", unit="") for n in range(2, width + 1)),
        ]
    last, before = lines[-1], lines[-2] if len(lines) > 1 else []
    found = []
    for n in range(width):
        text = last[n] if n < len(last) else ""
        unit = _unit_in(text) or _setting(sheet, "horizontal units" if n == 0 else "vertical units")
        above = before[n] if n < len(before) else ""
        plain = text.strip().lower() in (*_WORDS, "value", "sequence") or _known(text.strip())
        found.append(_Name(text=above if plain and n and above else text or f"column {n + 1}", unit=unit))
    return found


def _beside(sheet: _Sheet) -> dict[str, str]:
    """Settings that stand in the first columns beside the samples; empty where they do not."""
    if not sheet.header or len(sheet.header) < sheet.numbers.shape[0]:
        return {}
    return {row[0].lower(): row[1].strip() for row in sheet.header if row[0] and len(row) > 1}


def _setting(sheet: _Sheet, name: str) -> str:
    """Return the unit that a line of settings such as ``Vertical Units,CH1:V`` gives, or nothing."""
    for row in sheet.header:
        if row and row[0].strip().lower() == name and len(row) > 1:
            return row[1].split(":")[-1].strip()
    return ""


def _unit_in(text: str) -> str:
    """Return the unit that a name holds: ``Time (s)``, ``CH1 [mV]``, ``Volt``; nothing where none is."""
    word = text.strip().lower()
    if word in _WORDS:
        return _WORDS[word][1]
    bracketed = re.search(r"[(\[]\s*([^)\]]+?)\s*[)\]]\s*$", text)
    if bracketed:
        return bracketed.group(1)
    parts = re.split(r"[\s_/]+", text.strip())
    return parts[-1] if _known(parts[-1]) else ""


def _known(unit: str) -> bool:
    return any(_factor(unit, kind) is not None for kind in _KINDS)


def _factor(unit: str, kind: str) -> float | None:
    """Return the factor to SI of a unit of a kind, or None; `µ` is `u`, and words stand for units, too."""
    plain = unit.replace("µ", "u").replace("μ", "u").strip()
    if plain.lower() in _WORDS:
        plain = _WORDS[plain.lower()][1]
    return UNITS[kind].get(plain)


def _time(sheet: _Sheet, names: list[_Name], columns: Columns) -> tuple[float, float]:
    """Return factor and start [s] of the column of time."""
    for row, after in zip(sheet.header, sheet.header[1:], strict=False):
        words = [cell.lower() for cell in row]
        if "increment" in words and "start" in words:
            place = words.index("increment")
            start, step = (_float(after[k], ".") if k < len(after) else None
                           for k in (words.index("start"), place))  # fmt: skip
            if start is not None and step is not None and step > 0:
                return step, start
    unit = columns.time_unit or names[0].unit
    factor = _factor(unit, "time") if unit else None
    if factor is None:
        raise sheet.problem(
            "the unit of time is not known" if not unit else "this is no unit of time",
            expected="s, ms or us in the header or by --time-unit", came=unit or names[0].text,
            advice="The first column must be time",
        )  # fmt: skip
    return factor, 0.0


def _check_time(sheet: _Sheet, time: Floats) -> None:
    steps = np.diff(time)
    if (steps <= 0).any():
        place = int(np.argmax(steps <= 0))
        raise InputError(Problem(
            what="time does not rise", file=sheet.file, line=sheet.line + place + 1,
            expected=f"later than {time[place]:.9g} s", came=f"{time[place + 1]:.9g} s",
            advice="Export times with more digits, and one sweep alone",
        ))  # fmt: skip


def _chosen(sheet: _Sheet, names: list[_Name], columns: Columns) -> int:
    """Return which column is read: the one asked for, or the only one."""
    readings = [name.text for name in names[1:]]
    if columns.reading:
        wanted = columns.reading.strip().lower()
        for index, name in enumerate(readings, 1):
            if wanted in (name.lower(), str(index)):
                return index
        raise sheet.problem(
            "there is no such column", expected=f"--column one of {', '.join(readings)}, or its number",
            came=columns.reading,
        )  # fmt: skip
    if len(readings) > 1:
        raise sheet.problem("more than one column of readings", expected="--column with one of them",
                            came=", ".join(readings))  # fmt: skip
    return 1


def _unit(sheet: _Sheet, name: _Name, columns: Columns) -> tuple[str, float]:
    """Return kind and factor to SI of a column of readings."""
    unit = columns.unit or name.unit
    for kind in ("voltage", "current"):
        factor = _factor(unit, kind)
        if factor is not None:
            return kind, factor
    raise sheet.problem(
        "the unit of the readings is not known", expected="V, mV, A, mA or uA in the header or by --unit",
        came=unit or name.text,
    )  # fmt: skip
