"""Claims about microcurrent, and the published figures that computed answers compare with."""

from __future__ import annotations

from importlib.resources.abc import Traversable

from microcurrent import units
from microcurrent.model import Input
from microcurrent.model.claim import KINDS, Claim
from microcurrent.tables.materials import read_references
from microcurrent.tables.rows import CONFIDENCES, NUMBER_KEYS, Row, each_once, kinds_only, rows

_FILE = "claims.toml"
_KEYS = ("number", "claim", "finding", "kind", "computation", "grade", "source", "confidence")


def read_claims(folder: Traversable) -> tuple[Claim, ...]:
    """Return every claim in the order of the file."""
    references = tuple(read_references(folder))
    kinds_only(folder, _FILE, ("claim", "threshold"))
    found = rows(folder, _FILE, "claim", naming=("number",))
    each_once(found, ("number",))
    return tuple(_claim(row, references) for row in found)


def _claim(row: Row, references: tuple[str, ...]) -> Claim:
    row.only(_KEYS)
    claim: Claim = row.made(
        Claim, number=row.text("number"), claim=row.words("claim"), finding=row.text("finding"),
        kind=row.word("kind", KINDS), computation=row.text("computation", ""),
        grade=row.text("grade"), sources=row.sources(references),
        confidence=row.word("confidence", CONFIDENCES),
    )  # fmt: skip
    return claim


def read_thresholds(folder: Traversable) -> dict[str, Input]:
    """Return by name the published figures that answers compare with."""
    references = tuple(read_references(folder))
    kinds_only(folder, _FILE, ("claim", "threshold"))
    found = rows(folder, _FILE, "threshold", naming=("name",))
    each_once(found, ("name",))
    return {
        row.text("name"): row.only(("name", "dimension", *NUMBER_KEYS)).number(
            row.text("name"), row.word("dimension", units.UNITS), references
        )
        for row in found
    }
