"""Ready label maps by name: those of the tables, for the images of well-known segmentation programs."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from microcurrent import tables
from microcurrent.errors import BodyError, Problem
from microcurrent.model.labels import ReadyLabelMap


@dataclass(frozen=True, kw_only=True)
class ReadyEntry:
    """A ready label map, how many labels it knows, and the `citation` of where they were read."""

    ready: ReadyLabelMap
    count: int
    citation: str


def list_ready() -> tuple[ReadyLabelMap, ...]:
    """Return every ready label map."""
    return tuple(tables.label_maps().values())


def describe_ready(name: str = "") -> tuple[ReadyEntry, ...]:
    """Return the ready label map of this name, or all of them.

    Raises `BodyError` for a name that none has.
    """
    found = find_ready(name) if name else None
    if name and found is None:
        what, expected, came, advice = unknown_ready(name)
        raise BodyError(Problem(what=what, expected=expected, came=came, advice=advice))
    references = tables.references()
    return tuple(
        ReadyEntry(ready=ready, count=len(ready.meaning), citation=references[ready.source].citation)
        for ready in ([found] if found else list_ready())
    )


def find_ready(name: str) -> ReadyLabelMap | None:
    """Return the ready label map of this name, in whatever letters, or None."""
    return tables.label_maps().get(_plain(name))


def unknown_ready(name: str) -> tuple[str, str, str, str]:
    """Return what to say of a name that no ready map has: what, expected, came and advice."""
    known = list(tables.label_maps())
    near = difflib.get_close_matches(_plain(name), known, n=3, cutoff=0.5)
    near = near or [one for one in known if _plain(name) in one][:3]
    advice = "Perhaps " + " or ".join(f'"{one}"' for one in near) + " is meant" if near else ""
    return "unknown label map", "one of " + ", ".join(f'"{one}"' for one in known), f'"{name}"', advice


def _plain(name: str) -> str:
    """The name in small letters, with one space wherever space, dash or underscore may stand."""
    words = " ".join(name.lower().split())
    return words if words in tables.label_maps() else " ".join(words.replace("_", " ").split())
