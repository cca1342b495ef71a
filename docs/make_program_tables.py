"""Write the page of programs from the tables: nothing there is typed.

    python docs/make_program_tables.py

A test compares `docs/reference/programs.md` with what this makes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from microcurrent import tables, units
from microcurrent.model.move import Move
from microcurrent.model.program import Program

PAGE = Path(__file__).resolve().parent / "reference" / "programs.md"


def row(cells: Iterable[str]) -> str:
    """One row of a table."""
    return "| " + " | ".join(cell.replace("|", "/") or "-" for cell in cells) + " |"


def table(columns: tuple[str, ...], rows: Iterable[Iterable[str]]) -> list[str]:
    """A table of rows."""
    return [row(columns), "|" + "---|" * len(columns), *(row(cells) for cells in rows), ""]


def peaks(program: Program) -> str:
    """The currents of a program in words."""
    return "; ".join(
        f"{units.write(c.amplitude, 'current')} {c.waveform}"
        + (f" on {units.write(c.offset, 'current')} direct" if c.offset else "")
        + (f", {units.write(c.frequency, 'frequency')}" if c.frequency else "")
        for c in program.currents
    )


def runs(program: Program) -> str:
    """How long a whole sitting lasts."""
    return units.write(program.duration, "time") if program.duration else "that of its moves"


def told(move: Move) -> str:
    """Guard and note of a move."""
    return " ".join(words for words in (move.guard, move.note) if words)


def systems() -> Iterator[tuple[str, ...]]:
    """Every system with what runs it or why nothing does."""
    for one in tables.systems().values():
        run = ", ".join(f"`{name}`" for name in one.programs)
        yield (
            one.title, one.waveform, one.amplitude, one.timing, one.pulse, one.net_direct,
            ". ".join(part for part in (run, one.reason.rstrip(".")) if part),
            f"{', '.join(one.source)} ({one.confidence})",
        )  # fmt: skip


def page() -> str:
    """Return the whole page."""
    programs = tables.programs().values()
    face = [move for move in tables.moves() if move.body == "face" and move.muscle and move.kind != "motor"]
    lines = [
        "# Programs", "",
        "Written from the tables by `docs/make_program_tables.py`; a test keeps it equal to them. What the",
        "words mean stands in [Use a program](../how-to/use-a-program.md).", "",
        "## Every system, and what runs it", "",
        *table(("system", "waveform", "amplitude", "timing", "pulse", "direct part", "programs, or why",
                "source (confidence)"), systems()),
        "## The programs", "",
        *table(("program", "what", "mode", "for", "on", "currents", "whole sitting", "evidence",
                "source (confidence)"),
               ((f"`{p.name}`", p.title, p.mode, ", ".join(p.users), ", ".join(p.bodies), peaks(p), runs(p),
                 f"level {p.evidence.level}, {p.evidence.grade}. {p.evidence.sentence}",
                 f"{', '.join(p.source)} ({p.confidence})") for p in programs)),
        "## The moves for muscles of the face", "",
        "The anchor stands, the other probe goes along the line; to shorten it goes from the far end to",
        "the anchor.", "",
        *table(("muscle", "move", "zone", "kind", "anchor", "line", "a pass", "passes", "current",
                "guard and note"),
               ((m.muscle, m.name, m.zone, m.kind, ", ".join(m.anchor), ", ".join(m.line),
                 units.write(m.seconds, "time"), str(m.passes), units.write(m.share, "fraction"), told(m))
                for m in face)),
        *(f"Never: {one.muscle}. {one.reason}" for one in tables.excluded_muscles()), "",
        "## Lines, strokes and pads on the face", "",
        *table(("move", "zone", "kind", "anchor", "line", "a pass", "passes", "guard and note"),
               ((m.name, m.zone, m.kind, ", ".join(m.anchor), ", ".join(m.line),
                 units.write(m.seconds, "time"), str(m.passes), told(m))
                for m in tables.moves() if m.body == "face" and (not m.muscle or m.kind == "motor"))),
        "## Pairs on limbs and back", "",
        *table(("body", "zone", "muscle", "kind", "first", "second", "time"),
               ((m.body, m.zone, m.muscle, m.kind, *m.anchor, *m.line, units.write(m.seconds, "time"))
                for m in tables.moves() if m.body != "face")),
        "## A sitting", "",
        *table(("", "phase", "what"), ((str(p.number), p.name, p.what) for p in tables.session_phases())),
        *table(("zone", "published time", "each side", "stroke"),
               ((z.zone, units.write_interval(z.low, z.high, "time"), "yes" if z.sided else "no", z.stroke)
                for z in tables.zone_times().values())),
        "## Lore", "",
        "Rules of the trade without evidence: level 5. They are shown with a program, and nothing computes",
        "with them.", "",
        *table(("about", "claim", "what was found", "source"),
               ((one.name, one.claim, one.finding, ", ".join(one.source)) for one in tables.lore())),
    ]  # fmt: skip
    return "\n".join(lines).rstrip("\n") + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
