"""Intents: what a treatment can be for, with its targets, evidence and refusals."""

from __future__ import annotations

from importlib.resources.abc import Traversable

from microcurrent.model.course import Schedule
from microcurrent.model.proposal import TARGET_KINDS, Intent, Target
from microcurrent.tables.materials import read_references
from microcurrent.tables.rows import CONFIDENCES, Row, each_once, kinds_only, rows

_FILE = "intents.toml"
#: Sorts of bodies that targets are given for.
BODIES = ("face", "limb", "slab")
_QUANTITIES = {"frequency": "frequency", "pulse": "time", "current": "current", "longest": "time"}
_KEYS = (
    "name", "title", "waveform", *_QUANTITIES, "minutes", "sittings", "per_week",
    "maintenance", "targets", "grade", "evidence", "refusal", "source", "confidence", "note",
)  # fmt: skip


def read_intents(folder: Traversable) -> dict[str, Intent]:
    """Return every intent by its name, in the order of the file."""
    references = tuple(read_references(folder))
    kinds_only(folder, _FILE, ("intent", "guard"))
    found = rows(folder, _FILE, "intent", naming=("name",))
    each_once(found, ("name",))
    return {row.text("name"): _intent(row, references) for row in found}


def read_guards(folder: Traversable) -> tuple[tuple[str, float], ...]:
    """Return words in the names of sites, and the share of the usual current that is given there."""
    references = tuple(read_references(folder))
    found: list[tuple[str, float]] = []
    for row in rows(folder, _FILE, "guard", naming=("words",)):
        row.only(("words", "share", "source", "confidence", "note")).sources(references)
        row.word("confidence", CONFIDENCES)
        share = row.content.get("share")
        if not isinstance(share, float) or not 0 < share <= 1:
            raise row.broken("share", f"expected a number above 0 and at most 1, came {share!r}")
        found += [(word, share) for word in row.words("words")]
    return tuple(found)


def _intent(row: Row, references: tuple[str, ...]) -> Intent:
    row.only(_KEYS)
    refusal = row.text("refusal", "-")
    proposed = refusal == "-"
    figures = {
        key: row.quantity(key, dimension) if proposed and key in row.content else 0.0
        for key, dimension in _QUANTITIES.items()
    }
    course: Schedule | None = None
    if proposed:
        keys = ("sittings", "per_week", "minutes", "maintenance")
        course = row.made(Schedule, **{key: row.content.get(key) for key in keys})
    intent: Intent = row.made(
        Intent, name=row.text("name"), title=row.text("title"), targets=_targets(row),
        grade=row.text("grade"), evidence=row.text("evidence"), source=row.sources(references),
        confidence=row.word("confidence", CONFIDENCES), waveform=row.text("waveform") if proposed else "",
        course=course, refusal="" if proposed else refusal, **figures,
    )  # fmt: skip
    return intent


def _targets(row: Row) -> tuple[tuple[str, tuple[Target, ...]], ...]:
    given = row.content.get("targets", {})
    if not isinstance(given, dict) or not set(given) <= set(BODIES):
        raise row.broken("targets", f"expected targets for some of {', '.join(BODIES)}, came {given!r}")
    return tuple((body, tuple(_target(row, one) for one in each)) for body, each in given.items())


def _target(row: Row, given: object) -> Target:
    keys = ("kind", "name", "tissue", "weight")
    if not isinstance(given, dict) or not set(given) <= set(keys):
        raise row.broken("targets", f"expected a table with some of {', '.join(keys)}, came {given!r}")
    if given.get("kind") not in TARGET_KINDS:
        raise row.broken("targets", f"expected a kind of {', '.join(TARGET_KINDS)}, came {given!r}")
    made: Target = row.made(Target, **given)
    return made
