"""ForbiddenWord: words that nothing shown may say outside a quotation, and what to say instead."""

from __future__ import annotations

import re
from dataclasses import dataclass

from microcurrent.model.checks import named, refuse

#: A quotation of somebody else's words.
_QUOTED = re.compile(r"“[^”]*”")


@dataclass(frozen=True, kw_only=True)
class ForbiddenWord:
    """Words found by `pattern`, a regular expression that ignores case, such as `example`.

    `instead`: what to say; `why`; `source`: an id of the references; `confidence`: how sure the reason is.
    """

    id: str
    pattern: str
    example: str
    instead: str
    why: str
    source: str
    confidence: str

    def __post_init__(self) -> None:
        for field in ("id", "pattern", "example", "instead", "why", "source", "confidence"):
            named(self, field, getattr(self, field))
        try:
            re.compile(self.pattern)
        except re.error as problem:
            raise refuse(
                self, "pattern", expected="a regular expression", came=f"{self.pattern!r} ({problem})"
            ) from problem
        if not self.places(self.example):
            raise refuse(self, "example", expected="words that the pattern finds", came=repr(self.example))

    def places(self, text: str) -> tuple[str, ...]:
        """Return every place in `text` that says it, in the words there; quotations “...” do not count."""
        own = _QUOTED.sub(" ", " ".join(text.split()))
        return tuple(found.group(0) for found in re.finditer(self.pattern, own, flags=re.IGNORECASE))
