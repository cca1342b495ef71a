"""Limits and contraindications, from their files."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources.abc import Traversable

from microcurrent import units
from microcurrent.errors import InputError, Problem
from microcurrent.model import Contraindication, Limit, Limits
from microcurrent.model.plan import SYSTEMS
from microcurrent.model.screening import CLASSES
from microcurrent.tables.materials import read_references
from microcurrent.tables.rows import CONFIDENCES, Row, each_once, kinds_only, rows

_LIMIT_KEYS = (
    "id", "title", "quantity", "sense", "dimension", "warn", "stop", "systems", "scope", "profile",
    "status", "source", "confidence", "note",
)  # fmt: skip
_CONTRAINDICATION_KEYS = (
    "id", "question", "rank", "strict", "systems", "zones", "defer_days", "overridable", "rationale",
    "conflict", "source", "confidence",
)  # fmt: skip


def read_limits(folder: Traversable, profiles: Iterable[str] = ()) -> Limits:
    """Return the limits that always hold and those of the profiles asked for."""
    file, references = "limits.toml", read_references(folder)
    kinds_only(folder, file, ("limit",))
    found = rows(folder, file, "limit", naming=("id",))
    each_once(found, ("id",))
    wanted = tuple(profiles)
    known = {row.text("profile") for row in found if "profile" in row.content}
    for profile in wanted:
        if profile not in known:
            raise InputError(
                Problem(what="unknown profile of limits", key="profile", came=profile,
                        expected=f"one of {', '.join(sorted(known))}")
            )  # fmt: skip
    limits = [(row, _limit(row, tuple(references))) for row in found]
    return Limits(
        limits=tuple(limit for row, limit in limits if row.content.get("profile", "") in ("", *wanted))
    )


def _limit(row: Row, references: tuple[str, ...]) -> Limit:
    row.only(_LIMIT_KEYS)
    dimension = row.word("dimension", units.UNITS)
    levels = {
        level: row.quantity(level, dimension) if level in row.content else None
        for level in ("warn", "stop")
    }
    profile = row.text("profile", "none")
    limit: Limit = row.made(
        Limit, id=row.text("id"), title=row.text("title"), quantity=row.text("quantity"),
        sense=row.text("sense"), dimension=dimension, warn=levels["warn"], stop=levels["stop"],
        source=row.sources(references), confidence=row.word("confidence", CONFIDENCES),
        status=row.text("status"), systems=row.words("systems", SYSTEMS),
        scope=row.text("scope", "everywhere" if profile == "none" else f"profile {profile}"),
    )  # fmt: skip
    return limit


def read_contraindications(folder: Traversable) -> tuple[Contraindication, ...]:
    """Return every contraindication in the order of the file."""
    file, references = "contraindications.toml", tuple(read_references(folder))
    kinds_only(folder, file, ("contraindication",))
    found = rows(folder, file, "contraindication", naming=("id",))
    each_once(found, ("id",))
    return tuple(_contraindication(row, references) for row in found)


def _contraindication(row: Row, references: tuple[str, ...]) -> Contraindication:
    row.only(_CONTRAINDICATION_KEYS)
    strict = row.content.get("strict", {})
    if not isinstance(strict, dict) or not set(strict) <= set(SYSTEMS):
        raise row.broken("strict", f"expected a rank for {' or '.join(SYSTEMS)}, came {strict!r}")
    rank = row.word("rank", CLASSES)
    days = row.content.get("defer_days")
    if days is not None and (isinstance(days, bool) or not isinstance(days, int)):
        raise row.broken("defer_days", f"expected a whole number of days, came {days!r}")
    overridable = row.content.get("overridable", True)
    if not isinstance(overridable, bool):
        raise row.broken("overridable", f"expected true or false, came {overridable!r}")
    rule: Contraindication = row.made(
        Contraindication, id=row.text("id"), question=row.text("question"), rank=rank,
        rationale=row.text("rationale"), sources=row.sources(references),
        confidence=row.word("confidence", CONFIDENCES), strict=tuple(sorted(strict.items())),
        systems=row.words("systems", SYSTEMS) or SYSTEMS, zones=row.words("zones"),
        defer_days=days, overridable=overridable, conflict=row.text("conflict", ""),
    )  # fmt: skip
    return rule
