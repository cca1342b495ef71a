"""The content of a report as one HTML file: nothing is loaded from elsewhere and nothing runs."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

from microcurrent.reports.characters import printable
from microcurrent.reports.content import (
    Block,
    Facts,
    Items,
    Notice,
    Paragraph,
    Picture,
    Section,
    SittingReport,
    Table,
)
from microcurrent.reports.files import write_whole


def write_html(report: SittingReport, path: Path | str) -> None:
    """Write the report to `path` as one HTML file; raises `InputError` where that cannot be done."""
    write_whole(path, as_html(report).encode())


def as_html(report: SittingReport) -> str:
    """Return the report as the text of one HTML file."""
    template = resources.files("microcurrent.reports") / "templates"
    sections = "\n".join(_section(section, number) for number, section in enumerate(report.sections, 1))
    contents = "".join(
        f'<li><a href="#section-{number}">{_text(section.title)}</a></li>'
        for number, section in enumerate(report.sections, 1)
    )
    return "\n".join(
        (
            "<!doctype html>",
            f'<html lang="{_text(report.language)}">',
            '<head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
            "style-src 'unsafe-inline'\">",
            f"<title>{_text(report.title)}</title>",
            f"<style>\n{(template / 'report.css').read_text(encoding='utf-8')}</style>",
            "</head>",
            "<body>",
            f'<p class="banner" role="note">{_text(report.banner)}</p>',
            "<header>",
            f"<h1>{_text(report.title)}</h1>",
            f'<p class="subtitle">{_text(report.subtitle)}</p>',
            "</header>",
            f'<nav aria-label="Contents"><ol>{contents}</ol></nav>',
            "<main>",
            sections,
            "</main>",
            f"<footer><p>{_text(report.footer)}</p></footer>",
            "</body>",
            "</html>",
            "",
        )
    )


def _text(text: str) -> str:
    return html.escape(printable(text), quote=True)


def _section(section: Section, number: int) -> str:
    blocks = "\n".join(_block(block) for block in section.blocks)
    name = f"section-{number}"
    title = f'<h2 id="{name}">{_text(section.title)}</h2>'
    return f'<section aria-labelledby="{name}">\n{title}\n{blocks}\n</section>'


def _block(block: Block) -> str:
    return _RENDER[type(block)](block)


def _paragraph(block: Paragraph) -> str:
    return f"<p>{_text(block.text)}</p>"


def _notice(block: Notice) -> str:
    return f'<p class="notice {block.tone}">{_text(block.text)}</p>'


def _items(block: Items) -> str:
    return f"<ul>{''.join(f'<li>{_text(text)}</li>' for text in block.texts)}</ul>"


def _facts(block: Facts) -> str:
    start, stop = ("<code>", "</code>") if block.code else ("", "")
    pairs = "".join(
        f"<div><dt>{_text(name)}</dt><dd>{start}{_text(text)}{stop}</dd></div>"
        for name, text in block.pairs
    )
    return f"<dl>{pairs}</dl>"


def _table(block: Table) -> str:
    alignments = [alignment for _, alignment in block.columns]
    head = "".join(
        f'<th scope="col" class="{alignment}">{_text(name)}</th>' for name, alignment in block.columns
    )
    rows = []
    for k, row in enumerate(block.rows):
        cells = [f'<th scope="row" class="{alignments[0]}">{_text(row[0])}</th>']
        cells += [
            f'<td class="{alignment}">{_text(text)}</td>'
            for text, alignment in zip(row[1:], alignments[1:], strict=True)
        ]
        tone = f' class="{block.tones[k]}"' if block.tones else ""
        rows.append(f"<tr{tone}>{''.join(cells)}</tr>")
    return (
        f'<div class="wide" tabindex="0" role="group" aria-label="{_text(block.caption)}">'
        f"<table><caption>{_text(block.caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _picture(block: Picture) -> str:
    data = base64.b64encode(block.image).decode()
    return (
        f'<figure><img src="data:image/svg+xml;base64,{data}" alt="{_text(block.alternative)}">'
        f"<figcaption>{_text(block.caption)}</figcaption></figure>"
    )


_RENDER: dict[type, Callable[[Any], str]] = {
    Paragraph: _paragraph,
    Notice: _notice,
    Items: _items,
    Facts: _facts,
    Table: _table,
    Picture: _picture,
}
