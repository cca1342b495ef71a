"""Limits, from their file."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources.abc import Traversable

from microcurrent import units
from microcurrent.errors import InputError, Problem
from microcurrent.model import Limit, Limits
from microcurrent.model.plan import MODES, SYSTEMS
from microcurrent.tables.materials import read_references
from microcurrent.tables.rows import CONFIDENCES, Row, each_once, kinds_only, rows

_LIMIT_KEYS = (
    "id", "title", "quantity", "sense", "dimension", "warn", "stop", "systems", "scope", "profile",
    "modes", "advice", "status", "source", "confidence", "note",
)  # fmt: skip


def read_limits(folder: Traversable, profiles: Iterable[str] = (), mode: str = "microcurrent") -> Limits:
    """Return the limits that always hold in a mode and those of the profiles asked for."""
    file, references = "limits.toml", read_references(folder)
    kinds_only(folder, file, ("limit",))
    every = [(row, _limit(row, tuple(references))) for row in rows(folder, file, "limit", naming=("id",))]
    for one in MODES:  # an id stands once in each mode
        each_once((row for row, limit in every if one in (limit.modes or MODES)), ("id",))
    limits = [(row, limit) for row, limit in every if mode in (limit.modes or MODES)]
    wanted = tuple(profiles)
    known = {row.text("profile") for row, _ in limits if "profile" in row.content}
    for profile in wanted:
        if profile not in known:
            raise InputError(
                Problem(what="unknown profile of limits", key="profile", came=profile,
                        expected=f"one of {', '.join(sorted(known))}" if known
                        else f"none: the mode {mode} has no profiles")
            )  # fmt: skip
    return Limits(
        limits=tuple(limit for row, limit in limits if row.content.get("profile", "") in ("", *wanted)),
        mode=mode,
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
        modes=row.words("modes", MODES), advice=row.text("advice", ""),
    )  # fmt: skip
    return limit
