"""Courses and costs, from their files."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from typing import Any

from microcurrent import units
from microcurrent.errors import UnitError, ValueRefused
from microcurrent.model.cost import DEVICE_SETTINGS, PRICE_KINDS, Cost, Price
from microcurrent.model.course_rules import (
    SETTINGS,
    STOPS,
    WHEN,
    CourseRules,
    MeasurementRule,
    PhaseRule,
    Preset,
    StopRule,
)
from microcurrent.tables.materials import read_references
from microcurrent.tables.rows import CONFIDENCES, Row, each_once, kinds_only, rows

_COURSES, _COSTS = "courses.toml", "costs.toml"
_DAY = 86400.0
_MINUTE = 60.0
_SAID = ("source", "basis", "confidence", "note")
_PRESET_KEYS = (
    "id", "title", "setting", "length", "maintenance", *_SAID,
    *(f"{key}{end}" for key in ("sittings", "per_week", "minutes") for end in ("", "_low", "_high")),
)  # fmt: skip


def read_course_rules(folder: Traversable) -> CourseRules:
    """Return presets, phases, measurements, stop rules and the mark of adherence."""
    references = tuple(read_references(folder))
    kinds = ("preset", "phase", "measurement", "stop_rule", "adherence")
    kinds_only(folder, _COURSES, kinds)
    found = {kind: rows(folder, _COURSES, kind, naming=_naming(kind)) for kind in kinds}
    for kind, entries in found.items():
        each_once(entries, _naming(kind))
    marks = [row.only(("id", "least", *_SAID)).quantity("least", "fraction") for row in found["adherence"]]
    for row in found["adherence"]:
        _said(row, references)
    rules: CourseRules = found["phase"][0].made(
        CourseRules,
        presets=tuple(_preset(row, references) for row in found["preset"]),
        phases=tuple(_phase(row, references) for row in found["phase"]),
        measurements=tuple(_measurement(row, references) for row in found["measurement"]),
        stops=tuple(_stop(row, references) for row in found["stop_rule"]),
        least_adherence=marks[0],
    )
    return rules


def _naming(kind: str) -> tuple[str, ...]:
    return ("name",) if kind == "phase" else ("id",)


def _said(row: Row, references: tuple[str, ...]) -> dict[str, Any]:
    """Who says it, and how surely."""
    if "basis" in row.content:
        row.sources(references, "basis")
    return {"source": row.sources(references), "confidence": row.word("confidence", CONFIDENCES)}


def _whole(row: Row, key: str) -> int | None:
    value = row.content.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise row.broken(key, f"expected a whole number from 1, came {value!r}")
    return value


def _time(row: Row, key: str, unit: float) -> float | None:
    return row.quantity(key, "time") / unit if key in row.content else None


def _preset(row: Row, references: tuple[str, ...]) -> Preset:
    row.only(_PRESET_KEYS)
    preset: Preset = row.made(
        Preset, id=row.text("id"), title=row.text("title"), setting=row.word("setting", SETTINGS),
        sittings=_whole(row, "sittings"),
        sittings_range=(_whole(row, "sittings_low"), _whole(row, "sittings_high")),
        per_week=_whole(row, "per_week"),
        per_week_range=(_whole(row, "per_week_low"), _whole(row, "per_week_high")),
        minutes=_time(row, "minutes", _MINUTE),
        minutes_range=(_time(row, "minutes_low", _MINUTE), _time(row, "minutes_high", _MINUTE)),
        length=_time(row, "length", _DAY), maintenance=str(row.content.get("maintenance", "")),
        note=str(row.content.get("note", "")), **_said(row, references),
    )  # fmt: skip
    return preset


def _phase(row: Row, references: tuple[str, ...]) -> PhaseRule:
    row.only(("name", "first", "what", *_SAID))
    phase: PhaseRule = row.made(
        PhaseRule, name=row.text("name"), first=_whole(row, "first") or 0, what=row.text("what"),
        **_said(row, references),
    )  # fmt: skip
    return phase


def _measurement(row: Row, references: tuple[str, ...]) -> MeasurementRule:
    row.only(("id", "title", "when", "sitting", "wait", "every_months", *_SAID))
    rule: MeasurementRule = row.made(
        MeasurementRule, id=row.text("id"), title=row.text("title"), when=row.word("when", WHEN),
        sitting=_whole(row, "sitting"), wait=_time(row, "wait", _DAY),
        every_months=_whole(row, "every_months"), **_said(row, references),
    )  # fmt: skip
    return rule


def _stop(row: Row, references: tuple[str, ...]) -> StopRule:
    row.only(("id", "title", "outcome", "words", "after_sittings", "factor", *_SAID))
    factor = row.content.get("factor")
    if factor is not None and (isinstance(factor, bool) or not isinstance(factor, int | float)):
        raise row.broken("factor", f"expected a number, came {factor!r}")
    rule: StopRule = row.made(
        StopRule, id=row.text("id"), title=row.text("title"), outcome=row.word("outcome", STOPS),
        words=row.words("words"), after_sittings=_whole(row, "after_sittings"),
        factor=None if factor is None else float(factor), **_said(row, references),
    )  # fmt: skip
    return rule


def read_prices(folder: Traversable) -> tuple[Price, ...]:
    """Return every price in the order of the file."""
    references = tuple(read_references(folder))
    kinds_only(folder, _COSTS, ("price",))
    found = rows(folder, _COSTS, "price", naming=("id",))
    each_once(found, ("id",))
    return tuple(_price(row, references) for row in found)


def _price(row: Row, references: tuple[str, ...]) -> Price:
    keys = ("id", "title", "kind", "region", "setting", "price", "share", "per_week", "year", *_SAID)
    row.only(keys)
    kind = row.word("kind", PRICE_KINDS)
    written = row.text("share" if kind == "package" else "price")
    price: Price = row.made(
        Price, id=row.text("id"), title=row.text("title"), kind=kind, region=row.text("region"),
        written=written, cost=None if kind == "package" else _cost(row, written),
        share=_share(row, written) if kind == "package" else None, per_week=_whole(row, "per_week"),
        setting=row.word("setting", DEVICE_SETTINGS) if "setting" in row.content else "",
        note=str(row.content.get("note", "")), **_said(row, references),
    )  # fmt: skip
    return price


def _cost(row: Row, written: str) -> Cost | None:
    year = row.content.get("year")
    if year != "?" and (isinstance(year, bool) or not isinstance(year, int)):
        raise row.broken("year", f'expected a year, or "?" where none is stated, came {year!r}')
    if written.startswith("? "):
        return None
    try:
        return Cost.read(written, year=None if year == "?" else year)
    except ValueRefused as refusal:
        raise row.broken("price", str(refusal).rstrip(".")) from refusal


def _share(row: Row, written: str) -> tuple[float, float]:
    low, _, high = written.partition(" to ")
    try:
        return units.read(low, "fraction"), units.read(high or low, "fraction")
    except UnitError as problem:
        raise row.broken("share", str(problem).rstrip(".")) from problem
