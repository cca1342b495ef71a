"""Characters that a page can show. What cannot be shown is named, never left out."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import matplotlib
from matplotlib.ft2font import FT2Font

_LINE_ENDS = {"\n", "\t"}


def fonts_folder() -> Path:
    """The folder of the fonts that matplotlib brings; used where typst's own fonts lack a sign."""
    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


@lru_cache(maxsize=1)
def _shown() -> frozenset[str]:
    return frozenset(map(chr, FT2Font(str(fonts_folder() / "DejaVuSans.ttf")).get_charmap()))


def _named(character: str) -> str:
    return f"[U+{ord(character):04X}]"


def printable(text: str) -> str:
    """Return `text` with every control character named by its number."""
    return "".join(
        c if c in _LINE_ENDS or (c >= " " and c != "\x7f" and not "\ud800" <= c <= "\udfff") else _named(c)
        for c in text
    )


def showable(text: str) -> str:
    """Return `text` with every character named by its number that the fonts of the PDF lack."""
    shown = _shown()
    return "".join(c if c in _LINE_ENDS or c in shown else _named(c) for c in printable(text))
