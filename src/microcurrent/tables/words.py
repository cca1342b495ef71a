"""Words that nothing shown to a person may say, from their file."""

from __future__ import annotations

from importlib.resources.abc import Traversable

from microcurrent.model.wording import ForbiddenWord
from microcurrent.tables.materials import read_references
from microcurrent.tables.rows import CONFIDENCES, each_once, kinds_only, rows

_TEXTS = ("id", "pattern", "example", "instead", "why")


def read_forbidden_words(folder: Traversable) -> tuple[ForbiddenWord, ...]:
    """Return every forbidden word in the order of the file."""
    file, references = "words.toml", tuple(read_references(folder))
    kinds_only(folder, file, ("word",))
    found = rows(folder, file, "word", naming=("id",))
    each_once(found, ("id",))
    return tuple(
        row.only((*_TEXTS, "source", "confidence")).made(
            ForbiddenWord, **{key: row.text(key) for key in _TEXTS},
            source=row.sources(references)[0], confidence=row.word("confidence", CONFIDENCES),
        )
        for row in found
    )  # fmt: skip
