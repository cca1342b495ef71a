"""program list, systems, show, write: sittings as data, and the plan files that they make."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microcurrent import units, workflow
from microcurrent.cli.console import building, output, say, show_json
from microcurrent.cli.options import Json, Profiles
from microcurrent.cli.tables import table
from microcurrent.model.program import Program, ProgramCurrent
from microcurrent.workflow import ProgramShown

app = typer.Typer(no_args_is_help=True, help="Programs of every system: what a sitting consists of.")
_WHOLE = ("", "whole")


@app.command("list")
def list_(json: Json = False) -> None:
    """List the programs, with who may use them and what is known of their effect."""
    found = workflow.list_programs()
    if json:
        show_json(list(found))
        return
    table(
        "Programs",
        ("name", "what", "mode", "for", "on", "evidence"),
        (
            (p.name, p.title, p.mode, ", ".join(p.users), ", ".join(p.bodies), _grade(p))
            for p in found
        ),
        whole=("name",),
    )  # fmt: skip
    output.print(
        "Every system that the therapy uses, and why some have no program: microcurrent program systems"
    )


@app.command()
def systems(json: Json = False) -> None:
    """List every system that the therapy uses: its ranges, its programs, or why there is none."""
    found = workflow.list_systems()
    if json:
        show_json(list(found))
        return
    for system in found:
        output.print(f"{system.title} ({system.name})")
        output.print(
            f"    {system.waveform}; {system.amplitude}; {system.timing}; pulse {system.pulse}; "
            f"direct part: {system.net_direct}",
            soft_wrap=True,
        )
        if system.programs:
            output.print(f"    programs: {', '.join(system.programs)}", soft_wrap=True)
        if system.reason:
            output.print(f"    {'not run: ' if not system.programs else ''}{system.reason}", soft_wrap=True)
        output.print(f"    [{', '.join(system.source)}; {system.confidence}]", soft_wrap=True)


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name from `program list`.")],
    json: Json = False,
) -> None:
    """Print a program: currents, phases, parts of the body, guards, evidence, lore and sources."""
    shown = workflow.show_program(name)
    if json:
        show_json(shown)
        return
    _show(shown)


@app.command()
def write(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name from `program list`.")],
    *,
    part: Annotated[
        str,
        typer.Option("--part", help='A muscle such as "zygomaticus major", a zone such as cheek; or whole'),
    ] = "whole",
    side: Annotated[str, typer.Option("--side", help="left, right or both.")] = "both",
    body: Annotated[
        str, typer.Option("--body", help="A body by name or file. Default: the first of the program.")
    ] = "",
    current: Annotated[
        str, typer.Option("--current", metavar="CURRENT", help='Largest peak current, such as "100 uA".')
    ] = "",
    minutes: Annotated[
        float | None, typer.Option("--minutes", min=0.1, max=240, help="Time of the sitting.")
    ] = None,
    device: Annotated[
        str, typer.Option("--device", metavar="NAME", help="A device: see `microcurrent device list`.")
    ] = "",
    profile: Profiles = [],  # noqa: B006  typer reads the default, nothing changes it
    author: Annotated[str, typer.Option("--author", help="Who writes this plan.")] = "",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="The plan file to write; it must not exist. "
                     "Default: NAME.toml."),
    ] = None,
) -> None:  # fmt: skip
    """Write the plan file that a program makes for a part and side of a body."""
    wanted = workflow.ProgramWanted(
        part="" if part in _WHOLE else part, side=side, profiles=tuple(profile), device=device,
        author=author, current=units.read(current, "current") if current else None,
        duration=None if minutes is None else 60 * minutes,
    )  # fmt: skip
    file = out or Path(f"{name}.toml")
    text = workflow.write_program(name, file, wanted, body=body, on_step=building)
    steps = text.count("\n[[step]]")
    output.print(f"{file}: written, {steps} step{'' if steps == 1 else 's'}.")
    say(f"Next: microcurrent plan check {file}; then screen, assess and approve it like any plan.")


def _grade(program: Program) -> str:
    return f"level {program.evidence.level}, {program.evidence.grade}"


def _show(shown: ProgramShown) -> None:
    program = shown.program
    output.print(f"{program.title} ({program.name}); system: {shown.system.title}; mode: {program.mode}")
    output.print(f"For: {', '.join(program.users)}. Intent: {program.intent}.")
    output.print(
        f"Evidence: level {program.evidence.level} (Oxford CEBM 2011), certainty {program.evidence.grade} "
        f"(GRADE). {program.evidence.sentence}",
        soft_wrap=True,
    )
    table(
        "Currents",
        ("name", "what", "peak", "frequency", "pulse", "source", "confidence"),
        ((c.name, _shape(c), units.write(c.amplitude, "current"),
          units.write(c.frequency, "frequency") if c.frequency else "-",
          units.write(c.pulse, "time") if c.pulse else "-", ", ".join(c.source), c.confidence)
         for c in program.currents),
    )  # fmt: skip
    whole = program.duration
    table(
        "Phases with current",
        ("phase", "moves", "current", "moving probe is", "time"),
        ((step.phase, ", ".join(step.kinds), step.current, step.active or "either",
          units.write(step.share * whole, "time") if whole else "that of its moves")
         for step in program.steps),
    )  # fmt: skip
    for body, zones, muscles in shown.parts:
        output.print(
            f"On {body}: zones {', '.join(zones)}; muscles {', '.join(muscles) or '-'}", soft_wrap=True
        )
    before = "; ".join(f"{p.number} {p.name}" for p in shown.phases)
    output.print(f"A sitting: {before}.", soft_wrap=True)
    for guard in program.guards:
        output.print(f"Guard: {guard}", soft_wrap=True)
    if program.note:
        output.print(f"Note: {program.note}", soft_wrap=True)
    for current in program.currents:
        if current.note:
            output.print(f"Note on {current.name}: {current.note}", soft_wrap=True)
    for rule in shown.lore:
        output.print(
            f"Lore (level {rule.level}): {rule.claim} {rule.finding} [{', '.join(rule.source)}]",
            soft_wrap=True,
        )
    for id_, citation in shown.sources:
        output.print(f"[{id_}] {citation}", soft_wrap=True)


def _shape(current: ProgramCurrent) -> str:
    """The waveform in words, with its direct part and reversal."""
    words = [f"{current.system}, {current.waveform}"]
    if current.offset:
        words.append(f"on {units.write(current.offset, 'current')} direct")
    if current.surge is not None:
        words.append("surged")
    if current.polarity is not None:
        words.append(f"reversed every {units.write(current.polarity.every, 'time')}")
    return ", ".join(words)
