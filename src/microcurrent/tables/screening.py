"""Contraindications with what each source says of them, and the questions of the day, from their files."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from typing import Any

from microcurrent.model import Contraindication, Reading, SameDayQuestion
from microcurrent.model.plan import MODES, SYSTEMS
from microcurrent.model.screening import RANKS
from microcurrent.tables.materials import read_references
from microcurrent.tables.rows import CONFIDENCES, Row, each_once, kinds_only, rows

_RULE_KEYS = ("id", "question", "rationale", "overridable", "reading")
_READING_KEYS = (
    "rank", "systems", "modes", "zones", "days", "note", "set_aside", "source", "confidence",
)  # fmt: skip
_QUESTION_KEYS = ("id", "question", "about", "rationale", "overridable", "reading", "source", "confidence")


def read_contraindications(folder: Traversable) -> tuple[Contraindication, ...]:
    """Return every contraindication in the order of the file."""
    file, references = "contraindications.toml", tuple(read_references(folder))
    kinds_only(folder, file, ("contraindication",))
    found = rows(folder, file, "contraindication", naming=("id",))
    each_once(found, ("id",))
    return tuple(_contraindication(row.only(_RULE_KEYS), references) for row in found)


def read_same_day(folder: Traversable) -> tuple[SameDayQuestion, ...]:
    """Return the questions of the day in the order of the file; each names contraindications that exist."""
    file, references = "same_day.toml", tuple(read_references(folder))
    kinds_only(folder, file, ("question",))
    found = rows(folder, file, "question", naming=("id",))
    each_once(found, ("id",))
    known = tuple(rule.id for rule in read_contraindications(folder))
    questions = []
    for row in found:
        row.only(_QUESTION_KEYS).sources(references)
        row.word("confidence", CONFIDENCES)
        rule = _contraindication(row, references) if "reading" in row.content else None
        questions.append(
            row.made(SameDayQuestion, id=row.text("id"), question=row.text("question"),
                     about=row.words("about", known), rule=rule)
        )  # fmt: skip
    return tuple(questions)


def _contraindication(row: Row, references: tuple[str, ...]) -> Contraindication:
    overridable = row.content.get("overridable", True)
    if not isinstance(overridable, bool):
        raise row.broken("overridable", f"expected true or false, came {overridable!r}")
    entries = row.content.get("reading")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise row.broken("reading", f"expected one or more [[reading]], came {entries!r}")
    rule: Contraindication = row.made(
        Contraindication, id=row.text("id"), question=row.text("question"),
        rationale=row.text("rationale"), overridable=overridable,
        readings=tuple(_reading(row, k, entry, references) for k, entry in enumerate(entries, 1)),
    )  # fmt: skip
    return rule


def _reading(rule: Row, number: int, entry: dict[str, Any], references: tuple[str, ...]) -> Reading:
    row = Row(file=rule.file, name=f"{rule.name} reading {number}", content=entry).only(_READING_KEYS)
    days = entry.get("days")
    if days is not None and (isinstance(days, bool) or not isinstance(days, int)):
        raise row.broken("days", f"expected a whole number of days, came {days!r}")
    reading: Reading = row.made(
        Reading, rank=row.word("rank", RANKS), systems=row.words("systems", SYSTEMS) or SYSTEMS,
        modes=row.words("modes", MODES) or MODES, zones=row.words("zones"), days=days,
        note=row.text("note", ""), set_aside=row.text("set_aside", ""),
        sources=row.sources(references), confidence=row.word("confidence", CONFIDENCES),
    )  # fmt: skip
    return reading
