"""What a page is made of, before it becomes HTML or PDF: plain text, tables and pictures, no markup."""

from __future__ import annotations

from dataclasses import dataclass

from microcurrent.model.checks import named, one_of, refuse

#: How a column of a table is set. "figures" are lined up on the right, "code" in a fixed width.
ALIGNMENTS = ("text", "figures", "code")
TONES = ("note", "ok", "caution", "stop")


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """A stretch of text."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A sentence set apart. `tone` is one of `TONES`; the text alone must say all that matters."""

    tone: str
    text: str

    def __post_init__(self) -> None:
        one_of(self, "tone", self.tone, TONES)


@dataclass(frozen=True, kw_only=True)
class Items:
    """A list of short texts."""

    texts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Names and what they stand for: `pairs` of (name, text). `code` sets the texts in a fixed width."""

    pairs: tuple[tuple[str, str], ...]
    code: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows under headings.

    `columns`: (heading, alignment) from left to right; each row has as many texts. The first column
    names the row. `tones`: one of `TONES` for each row, or nothing.
    """

    caption: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, ...], ...]
    tones: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        named(self, "caption", self.caption)
        for _, alignment in self.columns:
            one_of(self, "columns", alignment, ALIGNMENTS)
        for row in self.rows:
            if len(row) != len(self.columns):
                raise refuse(self, "rows", expected=f"{len(self.columns)} texts in a row", came=len(row))
        for tone in self.tones:
            one_of(self, "tones", tone, TONES)
        if self.tones and len(self.tones) != len(self.rows):
            raise refuse(self, "tones", expected=f"{len(self.rows)} tones", came=len(self.tones))


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A drawing: `image` is SVG, `alternative` says in words what it shows, `caption` stands below it."""

    image: bytes
    alternative: str
    caption: str

    def __post_init__(self) -> None:
        named(self, "alternative", self.alternative)
        named(self, "caption", self.caption)
        if not self.image.lstrip().startswith((b"<?xml", b"<svg")):
            raise refuse(self, "image", expected="an SVG drawing", came=repr(self.image[:20]))


Block = Paragraph | Notice | Items | Facts | Table | Picture


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Block, ...]

    def __post_init__(self) -> None:
        named(self, "title", self.title)


@dataclass(frozen=True, kw_only=True)
class SittingReport:
    """A whole page: `title`, a line under it, the `banner` that stands on top, and the sections.

    `footer` stands at the foot of every printed page.
    """

    title: str
    subtitle: str
    banner: str
    footer: str
    sections: tuple[Section, ...]
    language: str = "en-GB"

    def __post_init__(self) -> None:
        named(self, "title", self.title)
        if not self.sections:
            raise refuse(self, "sections", expected="at least one section", came="none")
