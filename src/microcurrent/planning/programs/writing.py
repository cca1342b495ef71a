"""The text of a plan file that a program makes: readable, with sources, grade and guards as comments."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from microcurrent import tables
from microcurrent.model.body import Site
from microcurrent.model.electrode import Electrode
from microcurrent.model.program import Program, ProgramCurrent
from microcurrent.planning.bodies import BodySource
from microcurrent.planning.programs.timing import TimedMove

_WIDTH = 108
_CURRENTS = (("mA", 1e-3, 0.9995e-3), ("uA", 1e-6, 0.0))
_TIMES = (("s", 1.0, 0.9995), ("ms", 1e-3, 0.9995e-3), ("us", 1e-6, 0.0))
#: Digits of a quantity: enough that nothing a person could measure is lost.
_DIGITS = 6


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a plan is written from: program, body and how the plan names it, part, side, timed moves."""

    program: Program
    source: BodySource
    steps: tuple[TimedMove, ...]
    part: str
    side: str
    body: str
    author: str = ""


def plan_text(what: Written) -> str:
    """Return the text of the plan file."""
    lines = [*_head(what), "", *_sites(what), *_electrodes(what)]
    for number, one in enumerate(what.steps, 1):
        lines += ["", *_step(one, number, what)]
    lines += _course(what.program)
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """Return text as a TOML string."""
    return json.dumps(text, ensure_ascii=False)


def _number(value: float) -> str:
    return f"{float(f'{value:.{_DIGITS}g}'):.12f}".rstrip("0").rstrip(".")


def _quantity(value: float, scale: tuple[tuple[str, float, float], ...]) -> str:
    unit, factor, _ = next(entry for entry in scale if value >= entry[2])
    return quoted(f"{_number(value / factor)} {unit}")


def current_text(value: float) -> str:
    """Return a current [A] as a quoted quantity."""
    return _quantity(value, _CURRENTS)


def time_text(value: float) -> str:
    """Return a time [s] as a quoted quantity."""
    return _quantity(value, _TIMES)


def _length(value: float) -> str:
    return quoted(f"{_number(1e3 * value)} mm")


def _comment(text: str) -> list[str]:
    return textwrap.wrap(
        text, width=_WIDTH, initial_indent="# ", subsequent_indent="#   ", break_on_hyphens=False
    )


def _head(what: Written) -> Iterator[str]:
    program = what.program
    system = tables.systems()[program.system]
    yield from _comment(f"Written by: microcurrent program write {program.name}. System: {system.title}.")
    yield from _comment(
        f"Evidence: level {program.evidence.level} (Oxford CEBM 2011), certainty {program.evidence.grade} "
        f"(GRADE). {program.evidence.sentence}"
    )
    citations = tables.references()
    for id_ in program.source:
        yield from _comment(f"Source [{id_}]: {citations[id_].citation}.")
    yield from _comment(
        f"Confidence in these sources: {program.confidence}. For: {', '.join(program.users)}."
    )
    for guard in program.guards:
        yield from _comment(f"Guard: {guard}")
    if program.note:
        yield from _comment(f"Note: {program.note}")
    side = "both sides" if what.side == "both" else f"{what.side} side"
    yield f"title = {quoted(f'{program.title}: {what.part}, {side}')}"
    yield f"body = {quoted(what.body)}"
    yield f"intent = {quoted(program.intent)}"
    if program.mode != "microcurrent":
        yield f"mode = {quoted(program.mode)}"
    if what.author:
        yield f"author = {quoted(what.author)}"


def _sites(what: Written) -> Iterator[str]:
    """The sites that are not the body's own."""
    made = {site.name: site for one in what.steps for site in one.placed.made}
    if not made:
        return
    yield "# Places on the skin between sites of the body, where the probes are nearest to each other."
    yield "[sites]"
    flat = what.source.body.kind == "slab"
    for site in made.values():
        position = site.position[:2] if flat else site.position
        yield f"{quoted(site.name)} = [{', '.join(_length(value) for value in position)}]"
    yield ""


def _electrodes(what: Written) -> Iterator[str]:
    for number, electrode in enumerate(what.program.electrodes):
        if number:
            yield ""
        yield from _electrode(electrode)


def _electrode(electrode: Electrode) -> Iterator[str]:
    yield f"[electrode.{electrode.name}]"
    yield f"shape = {quoted(electrode.shape)}"
    for size in Electrode.sizes_needed(electrode.shape):
        yield f"{size} = {_length(getattr(electrode, size))}"
    yield f"coupling = {quoted(electrode.coupling)}"
    if electrode.material != "stainless steel":
        yield f"material = {quoted(electrode.material)}"


def _step(one: TimedMove, number: int, what: Written) -> Iterator[str]:
    move, current = one.placed.move, one.current
    told = f"{number}. {one.step.phase}, {move.zone}"
    told += f" [{', '.join(move.source)}; {move.confidence}]"
    yield from _comment(
        ". ".join(t for t in (told, move.guard.rstrip("."), move.note.rstrip(".")) if t) + "."
    )
    yield "[[step]]"
    yield f"title = {quoted(one.placed.title)}"
    yield f"do = {quoted('hold' if one.placed.is_hold else 'glide')}"
    yield from _current(current, move.share)
    if one.placed.is_hold:
        yield f"duration = {time_text(one.time)}"
    else:
        yield f"speed = {quoted(f'{_number(1e3 * one.placed.length / one.seconds)} mm/s')}"
        yield f"passes = {one.passes}"
    yield from _places(one, what.program)


def _current(current: ProgramCurrent, share: float) -> Iterator[str]:
    yield f"system = {quoted(current.system)}"
    if current.waveform != "constant":
        yield f"waveform = {quoted(current.waveform)}"
    yield f"current = {current_text(share * current.amplitude)}"
    if current.offset:
        yield f"offset = {current_text(share * current.offset)}"
    if current.frequency:
        yield f"frequency = {quoted(f'{_number(current.frequency)} Hz')}"
    figures = {key: time_text for key in ("pulse", "gap", "rise")}
    for key, written in (figures | dict.fromkeys(("ratio", "fill", "pulses"), _number)).items():
        value = getattr(current, key)
        if value is not None:
            yield f"{key} = {written(value)}"
    yield from _slow(current)


def _slow(current: ProgramCurrent) -> Iterator[str]:
    """Ramp, surge and reversal."""
    if current.ramp is not None:
        yield f"ramp = {time_text(current.ramp.rise)}"
    for key, parts in (("surge", ("rise", "hold", "fall", "rest")), ("polarity", ("every", "ramp"))):
        value = getattr(current, key)
        if value is not None:
            times = ", ".join(f"{part} = {time_text(getattr(value, part))}" for part in parts)
            yield f"{key} = {{ {times} }}"


def _places(one: TimedMove, program: Program) -> Iterator[str]:
    anchor, other = program.electrodes
    first, second = _place(anchor, one.placed.first), _place(other, one.placed.second)
    if one.step.active:
        ends = (second, first) if one.step.active == "anode" else (first, second)
        yield f"anode = {ends[0]}"
        yield f"cathode = {ends[1]}"
    elif one.placed.is_hold:
        yield f"between = [{first}, {second}]"
    elif len(one.placed.first) > 1:
        yield f"anode = {first}"
        yield f"cathode = {second}"
    else:
        yield f"fixed = {first}"
        yield f"moving = {second}"


def _place(electrode: Electrode, sites: tuple[Site, ...]) -> str:
    if len(sites) == 1:
        return f"{{ electrode = {quoted(electrode.name)}, at = {quoted(sites[0].name)} }}"
    names = ", ".join(quoted(site.name) for site in sites)
    return f"{{ electrode = {quoted(electrode.name)}, along = [{names}] }}"


def _course(program: Program) -> Iterator[str]:
    if program.course is None:
        return
    course = program.course
    yield ""
    yield "[course]"
    yield f"sittings = {course.sittings}"
    yield f"per_week = {_number(course.per_week)}"
    yield f"minutes = {_number(course.minutes)}"
    yield f"maintenance = {quoted(course.maintenance)}"
