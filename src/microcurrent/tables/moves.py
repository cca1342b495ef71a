"""Moves of two probes, what is never done, the phases of a sitting and the time of each zone."""

from __future__ import annotations

from importlib.resources.abc import Traversable

from microcurrent.model.move import MOVE_KINDS, ExcludedMuscle, Move
from microcurrent.model.program import SessionPhase, ZoneTime
from microcurrent.tables.materials import read_references
from microcurrent.tables.rows import CONFIDENCES, Row, each_once, kinds_only, rows

_MOVES, _SESSIONS = "moves.toml", "sessions.toml"
_WORDS = ("muscle", "aim", "nerve", "guard", "note")
_MOVE_KEYS = (
    "name", "body", "zone", "kind", "anchor", "line", "seconds", "passes", "share", "midline", *_WORDS,
    "source", "confidence",
)  # fmt: skip


def flag(row: Row, key: str) -> bool:
    """Return true or false, false where the key is absent; `TableError` for anything else."""
    value = row.content.get(key, False)
    if not isinstance(value, bool):
        raise row.broken(key, f"expected true or false, came {value!r}")
    return value


def optional(row: Row, key: str, dimension: str) -> float | None:
    """Return a quantity [SI], or None where the key is absent."""
    return row.quantity(key, dimension) if key in row.content else None


def word(row: Row, key: str) -> str:
    """Return a text that is not empty, or "" where the key is absent."""
    return row.text(key) if key in row.content else ""


def read_moves(folder: Traversable) -> tuple[Move, ...]:
    """Return every move in the order of the file."""
    references = tuple(read_references(folder))
    kinds_only(folder, _MOVES, ("move", "excluded"))
    found = rows(folder, _MOVES, "move", naming=("body", "name"))
    each_once(found, ("body", "name"))
    return tuple(_move(row, references) for row in found)


def _move(row: Row, references: tuple[str, ...]) -> Move:
    row.only(_MOVE_KEYS)
    move: Move = row.made(
        Move, name=row.text("name"), body=row.text("body"), zone=row.text("zone"),
        kind=row.word("kind", MOVE_KINDS), anchor=row.words("anchor"), line=row.words("line"),
        seconds=row.quantity("seconds", "time"), passes=row.content.get("passes"),
        share=row.quantity("share", "fraction") if "share" in row.content else 1.0,
        midline=flag(row, "midline"), source=row.sources(references),
        confidence=row.word("confidence", CONFIDENCES), **{key: word(row, key) for key in _WORDS},
    )  # fmt: skip
    return move


def read_excluded(folder: Traversable) -> tuple[ExcludedMuscle, ...]:
    """Return the muscles that no move is offered for, each with its reason."""
    references = tuple(read_references(folder))
    found = rows(folder, _MOVES, "excluded", naming=("muscle",))
    each_once(found, ("muscle",))
    return tuple(
        row.only(("muscle", "reason", "source", "confidence")).made(
            ExcludedMuscle, muscle=row.text("muscle"), reason=row.text("reason"),
            source=row.sources(references), confidence=row.word("confidence", CONFIDENCES),
        )
        for row in found
    )  # fmt: skip


def read_zone_times(folder: Traversable) -> dict[str, ZoneTime]:
    """Return the time of each zone of the face by its name."""
    references = tuple(read_references(folder))
    kinds_only(folder, _SESSIONS, ("phase", "zone"))
    found = rows(folder, _SESSIONS, "zone", naming=("name",))
    each_once(found, ("name",))
    times = {}
    for row in found:
        row.only(("name", "low", "high", "sided", "on_request", "stroke", "source", "confidence", "note"))
        row.sources(references)
        row.word("confidence", CONFIDENCES)
        times[row.text("name")] = row.made(
            ZoneTime, zone=row.text("name"), low=row.quantity("low", "time"),
            high=row.quantity("high", "time"), sided=flag(row, "sided"),
            on_request=flag(row, "on_request"), stroke=row.text("stroke"),
        )  # fmt: skip
    return times


def read_session_phases(folder: Traversable) -> tuple[SessionPhase, ...]:
    """Return the phases of a sitting in their order."""
    references = tuple(read_references(folder))
    found = rows(folder, _SESSIONS, "phase", naming=("number",))
    each_once(found, ("number",))
    phases = []
    for number, row in enumerate(found, 1):
        row.only(("number", "name", "what", "with_current", "optional", "source", "confidence"))
        row.sources(references)
        row.word("confidence", CONFIDENCES)
        if row.content.get("number") != number:
            raise row.broken("number", f"expected {number}, came {row.content.get('number')!r}")
        phases.append(
            row.made(SessionPhase, number=number, name=row.text("name"), what=row.text("what"),
                     with_current=flag(row, "with_current"), optional=flag(row, "optional"))
        )  # fmt: skip
    return tuple(phases)
