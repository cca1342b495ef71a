"""The content of a report as a tagged PDF (PDF/UA-1), set by typst from data, never from markup."""

from __future__ import annotations

import json
import tempfile
from dataclasses import fields, replace
from importlib import resources
from pathlib import Path
from typing import Any

import typst

from microcurrent.errors import RecordError
from microcurrent.reports.characters import fonts_folder, showable
from microcurrent.reports.content import Block, Picture, SittingReport, Table
from microcurrent.reports.files import write_whole

#: Least and largest share of the width [characters] that the contents of a column can claim.
_NARROW, _WIDE = 7, 30


def write_pdf(report: SittingReport, path: Path | str) -> None:
    """Write the report to `path` as PDF/UA-1; raises `InputError` where that cannot be done."""
    write_whole(path, as_pdf(report))


def as_pdf(report: SittingReport) -> bytes:
    """Return the report as the bytes of a PDF.

    Text and drawings reach typst as files of data beside the template, so nothing in them is read as
    markup. Only typst's own fonts and those of matplotlib are used; a character that none of them has
    is shown by its number. Raises `RecordError` where the page cannot be set.
    """
    template = resources.files("microcurrent.reports") / "templates" / "report.typ"
    with tempfile.TemporaryDirectory(prefix="microcurrent-") as name:
        folder = Path(name)
        (folder / "report.typ").write_text(template.read_text(encoding="utf-8"), encoding="utf-8")
        content = _content(report, folder)
        (folder / "content.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        fonts = typst.Fonts(include_system_fonts=False, font_paths=[fonts_folder()])
        compiler = typst.Compiler(folder / "report.typ", root=folder, font_paths=fonts)
        try:
            page = compiler.compile(format="pdf", pdf_standards=["ua-1"])
        except typst.TypstError as problem:
            raise RecordError(f"The page could not be set as PDF ({problem.message}).") from problem
    if not isinstance(page, bytes):  # typst gives a list only for pictures of pages
        raise RecordError("The page could not be set as PDF (nothing came back).")
    return page


def _content(report: SittingReport, folder: Path) -> dict[str, Any]:
    """The report as plain data for the template; drawings are written into `folder`."""
    count = 0
    sections = []
    for section in report.sections:
        blocks = []
        for block in section.blocks:
            data = _block(block)
            if isinstance(block, Picture):
                count += 1
                data["file"] = f"picture-{count}.svg"
                (folder / data["file"]).write_bytes(block.image)
            blocks.append(data)
        sections.append({"title": showable(section.title), "blocks": blocks})
    plain = replace(report, sections=report.sections[:1])
    texts = {f.name: showable(getattr(plain, f.name)) for f in fields(plain) if f.name != "sections"}
    return {**texts, "sections": sections}


def _block(block: Block) -> dict[str, Any]:
    data = {f.name: _showable(getattr(block, f.name)) for f in fields(block) if f.name != "image"}
    data["kind"] = type(block).__name__
    if isinstance(block, Table):
        data["widths"] = _widths(block)
    return data


def _showable(value: Any) -> Any:
    if isinstance(value, str):
        return showable(value)
    if isinstance(value, tuple):
        return [_showable(item) for item in value]
    return value


def _widths(table: Table) -> list[float]:
    """Shares of the width by what a column holds: its longest word fits, long texts get more room."""
    widths = []
    for place, (heading, _) in enumerate(table.columns):
        texts = [heading, *(row[place] for row in table.rows)]
        words = max(len(word) for text in texts for word in (text.split() or [""]))
        typical = sum(len(text) for text in texts) / len(texts)
        longest = min(max(len(text) for text in texts), _WIDE)
        widths.append(max(_NARROW, min(words, _WIDE) + 1.0, 0.6 * min(typical, _WIDE) + 0.4 * longest))
    return widths
