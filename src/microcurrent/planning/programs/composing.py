"""Compose: a program on a body, for a part and a side, as the text of a plan file."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from microcurrent import tables, units
from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.limits import Limits
from microcurrent.model.move import PlacedMove
from microcurrent.model.program import Program
from microcurrent.planning.bodies import BodySource
from microcurrent.planning.programs.placing import moves, sort_of
from microcurrent.planning.programs.timing import TimedMove, timed
from microcurrent.planning.programs.writing import Written, plan_text

_SIDES = ("left", "right", "midline")
#: A current written in decimal may be above its limit by this share: rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a person asks of a program.

    `part`: a muscle, a zone, or "" for the whole body; `side`: "left", "right" or "both"; `current` [A]:
    the largest peak, others in proportion, None for those of the program; `duration` [s] of the sitting,
    None for that of the program (of a part: its own time); `profiles` of limits that must hold, such as
    "home"; `most` [A]: what the `device` gives at most, None where none is named; `author`.
    """

    part: str = ""
    side: str = "both"
    current: float | None = None
    duration: float | None = None
    profiles: tuple[str, ...] = ()
    device: str = ""
    most: float | None = None
    author: str = ""


def compose(program: Program, source: BodySource, wanted: Wanted, *, body: str = "") -> str:
    """Return the text of a plan file that gives a program to a part and side of a body.

    `body`: how the plan names it, by default its own name. Raises `ValueRefused` for a part or side without
    a move of the program, and for a current or length that limits or device do not allow.
    """
    program = _with_current(program, wanted.current)
    _within(program, wanted)
    electrodes = program.electrodes
    kinds = tuple(dict.fromkeys(kind for step in program.steps for kind in step.kinds))
    placed = moves(source, target=wanted.part, side=wanted.side, kinds=kinds, electrodes=electrodes)
    whole = wanted.part in ("", sort_of(source.body), source.body.name)
    duration = program.duration if whole else 0.0
    if wanted.side != "both" and whole:
        duration /= 2
    if wanted.duration is not None:
        duration = wanted.duration
    shares = [step.share for step in program.steps]
    if duration and not sum(shares):
        shares = [1 / len(shares)] * len(shares)
    done = [
        timed(program, step, placed, time=duration * share)
        for step, share in zip(program.steps, shares, strict=True)
    ]
    ordered = _in_turn(done) if program.in_turn else _side_by_side(done, placed)
    _not_too_long(ordered, program, wanted)
    return plan_text(
        Written(program=program, source=source, steps=tuple(ordered), author=wanted.author,
                part=wanted.part or source.body.name, side=wanted.side, body=body or source.body.name)
    )  # fmt: skip


def _with_current(program: Program, current: float | None) -> Program:
    """The program with its largest current set and the others in proportion."""
    if current is None:
        return program
    if not current > 0:
        raise ValueRefused(
            Problem(what="no current", key="current", expected="above 0 A", came=f"{current:g} A")
        )
    ratio = current / max(one.amplitude for one in program.currents)
    return replace(
        program,
        currents=tuple(
            replace(one, amplitude=ratio * one.amplitude, offset=ratio * one.offset)
            for one in program.currents
        ),
    )


def _within(program: Program, wanted: Wanted) -> None:
    """Refuse a current above the limits of the mode and the profiles, or above what the device gives."""
    most = max(one.amplitude + one.offset for one in program.currents)
    ceilings = [
        (f"the program {program.name} passes the limit {limit.id}", limit.stop)
        for limit in _limits(program, wanted).limits
        if limit.quantity == "peak current" and limit.sense == "at most" and limit.stop is not None
    ]
    if wanted.most is not None:
        ceilings.append((f"{wanted.device} does not give the current of the program", wanted.most))
    for what, ceiling in ceilings:
        if most > ceiling * (1 + _ROUNDING):
            largest = units.write(ceiling, "current")
            raise ValueRefused(
                Problem(
                    what=what, key="current", expected=f"at most {largest}",
                    came=units.write(most, "current"), advice=f'Set it with --current, such as "{largest}"',
                )
            )  # fmt: skip


def _not_too_long(steps: Sequence[TimedMove], program: Program, wanted: Wanted) -> None:
    """Refuse a sitting that is longer than the limits allow."""
    length = sum(one.time for one in steps)
    for limit in _limits(program, wanted).limits:
        if limit.quantity == "sitting time" and limit.stop is not None and length > limit.stop:
            raise ValueRefused(
                Problem(
                    what=f"the sitting passes the limit {limit.id}", key="minutes",
                    expected=f"at most {units.write(limit.stop, 'time')}", came=units.write(length, "time"),
                    advice="Ask for fewer minutes, for one side, or for a part of the body",
                )
            )  # fmt: skip


def _limits(program: Program, wanted: Wanted) -> Limits:
    return tables.limits(profiles=wanted.profiles, mode=program.mode)


def _side_by_side(done: Sequence[Sequence[TimedMove]], placed: Sequence[PlacedMove]) -> list[TimedMove]:
    """All steps on one side, then on the other, then on the midline."""
    sides = [side for side in _SIDES if any(one.side == side for one in placed)]
    return [one for side in sides for step in done for one in step if one.placed.side == side]


def _in_turn(done: Sequence[Sequence[TimedMove]]) -> list[TimedMove]:
    """Each move on one side, then at once on the other."""
    ordered: list[TimedMove] = []
    for step in done:
        by_move = itertools.groupby(step, key=lambda one: one.placed.move.name)
        ordered += [one for _, group in by_move for one in group]
    return ordered
