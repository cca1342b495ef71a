"""Programs of sittings: listed, shown with source and grade, and written as plan files."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from microcurrent import tables
from microcurrent.errors import InputError, Problem
from microcurrent.model.program import Lore, Program, SessionPhase, TherapySystem
from microcurrent.planning.bodies import list_bodies, read_body
from microcurrent.planning.files import check_free, write_through
from microcurrent.planning.programs import Wanted as ProgramWanted
from microcurrent.planning.programs import compose, parts_of

__all__ = [
    "ProgramShown",
    "ProgramWanted",
    "list_programs",
    "list_systems",
    "show_program",
    "write_program",
]


@dataclass(frozen=True, kw_only=True)
class ProgramShown:
    """A program with its `system`, the phases of a sitting, lore about it, and sources: id and citation.

    `parts`: by body, the zones and muscles that it has moves for.
    """

    program: Program
    system: TherapySystem
    phases: tuple[SessionPhase, ...]
    lore: tuple[Lore, ...]
    sources: tuple[tuple[str, str], ...]
    parts: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]


def list_programs() -> tuple[Program, ...]:
    """Return every program, in the order of the alphabet."""
    return tuple(tables.programs().values())


def list_systems() -> tuple[TherapySystem, ...]:
    """Return every system of the therapy, with its programs or the reason why it has none."""
    return tuple(tables.systems().values())


def show_program(name: str) -> ProgramShown:
    """Return a program with all that is known of it; `InputError` for an unknown name."""
    program = _find(name)
    kinds = {kind for step in program.steps for kind in step.kinds}
    lore = tuple(rule for rule in tables.lore() if program.system in rule.systems)
    system = tables.systems()[program.system]
    sources = (
        program.source,
        system.source,
        *(one.source for one in program.currents),
        *(one.source for one in lore),
    )
    used = {id_ for source in sources for id_ in source}
    return ProgramShown(
        program=program, system=system, phases=tables.session_phases(), lore=lore, sources=_citations(used),
        parts=tuple((body, *parts_of(body, kinds=kinds)) for body in program.bodies),
    )  # fmt: skip


def write_program(
    name: str,
    out: Path,
    wanted: ProgramWanted,
    *,
    body: str = "",
    on_step: Callable[[str], None] = lambda _: None,
) -> str:
    """Write the plan file that a program makes for a part and side of a body, and return its text.

    `body`: a name or a file, "" for the first that the program is meant for. Raises `InputError` where the
    file is there already, or program, body, part, side, current or length do not go together.
    """
    program = _find(name)
    check_free([out], overwrite=False)
    body = body or program.bodies[0]
    source = read_body(body, base=Path(), on_step=on_step)
    if wanted.device:
        wanted = replace(wanted, most=_largest(wanted.device))
    text = compose(program, source, wanted, body=_named_from(body, out.parent))
    write_through(out, lambda path: _write(path, text), overwrite=False)
    return text


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _find(name: str) -> Program:
    known = tables.programs()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    raise InputError(
        Problem(
            what="no such program", key="NAME", came=name,
            expected="a name from: microcurrent program list",
            advice="Perhaps " + " or ".join(f'"{one}"' for one in near) + " is meant" if near else "",
        )
    )  # fmt: skip


def _largest(device: str) -> float:
    """The largest current [A] of a device in the catalogue; refused where it is not known."""
    known = tables.devices()
    if device not in known:
        raise InputError(
            Problem(what="unknown device", key="--device", came=device,
                    expected="a name from: microcurrent device list")
        )  # fmt: skip
    for fact in known[device].facts:
        if fact.cell == "largest_current" and fact.span.low is not None:
            return fact.span.low  # the least that any of the sources gives it
    raise InputError(
        Problem(
            what="the largest current of this device is not known", key="--device", came=device,
            advice="Leave the device out, and set --current to what its manual says",
        )
    )  # fmt: skip


def _named_from(body: str, folder: Path) -> str:
    """How a plan in a folder names a body: a name as it is, a file by its path from there."""
    if body in {entry.name for entry in list_bodies()} or not Path(body).exists():
        return body
    return os.path.relpath(body, folder)


def _citations(ids: Iterable[str]) -> tuple[tuple[str, str], ...]:
    references = tables.references()
    return tuple((id_, references[id_].citation) for id_ in sorted(ids))
