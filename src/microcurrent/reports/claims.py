"""The claims and their answers as one page in Markdown: the same answers always give the same page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from microcurrent.model.claim import ClaimAnswer, ClaimFigure
from microcurrent.reports import wording

_INTRODUCTION = """# The claims, computed

A public page on microcurrent makes these claims. Each is shown shortened, in quotation marks because it is
not ours, with what the program computes or what the evidence says, how good that evidence is, and the
sources. No answer is stored: this page is what `microcurrent claims --out docs/reference` wrote, and that
command works all of it out again.

Computed figures are those of a galvanic and a faradic hold at one place, of equal peak current, with 90 %
intervals from what is not known of tissue, skin and contact; where figures are divided, the interval is the
widest that their ends allow. “Published” stands before figures that were not computed. Most papers were
read as abstract or extract only, and figures from memory are marked so in the [data](data.md).
"""
_GROUPS = (("Claims", True), ("Where the page contradicts itself", False))


def claims_page(answers: Iterable[ClaimAnswer], citations: Mapping[str, str]) -> str:
    """Return the page; `citations` by the id of a reference."""
    given = tuple(answers)
    lines = [_INTRODUCTION]
    shown: dict[str, str] = {}
    for title, counted in _GROUPS:
        group = [answer for answer in given if answer.claim.number[0].isdigit() == counted]
        if group:
            lines.append(f"## {title}\n")
        for answer in group:
            lines += _answer(answer, shown)
    lines.append("## Sources\n")
    used = dict.fromkeys(
        source
        for answer in given
        for source in (*answer.claim.sources, *(s for figure in answer.figures for s in figure.sources))
    )
    lines += [f"- `{source}`: {citations.get(source, '?')}" for source in sorted(used)]
    return "\n".join(lines) + "\n"


def _answer(answer: ClaimAnswer, shown: dict[str, str]) -> Iterator[str]:
    """One claim; figures that an earlier claim shows are not shown again."""
    claim = answer.claim
    yield f"### {claim.number}: {claim.quoted}\n"
    yield f"{claim.finding}\n"
    if answer.figures:
        yield f"**Computed.** {answer.verdict}\n"
        if claim.computation in shown:
            yield f"The figures are those of {shown[claim.computation]}.\n"
        else:
            shown[claim.computation] = claim.number
            yield "| figure | value (90 % interval) |\n|---|---|"
            yield from (f"| {_name(figure)} | {told(figure)} |" for figure in answer.figures)
            yield ""
    sources = ", ".join(f"`{source}`" for source in claim.sources)
    yield f"Grade: {claim.grade}. Sources: {sources} ({claim.confidence}).\n"


def _name(figure: ClaimFigure) -> str:
    sources = ", ".join(f"`{source}`" for source in figure.sources)
    return figure.name + (f" ({sources})" if sources else "")


def told(figure: ClaimFigure) -> str:
    """Return a figure in words, with its interval."""
    return figure.text or wording.estimate(figure.estimate)
