"""Expect: what a course may bring, with a sham twin, and its picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from microcurrent.errors import InputError, Problem
from microcurrent.model.expectation import INTENTS, Expectation
from microcurrent.model.plan import Plan
from microcurrent.planning.expectation import expect as _expect
from microcurrent.planning.planfile import read_plan

#: A course where neither a plan nor a person says another.
SITTINGS, PER_WEEK = 16, 2.0


@dataclass(frozen=True, kw_only=True)
class ExpectationWanted:
    """What is asked: each part from the plan, or the usual course, where it is None or empty."""

    intent: str = ""
    sittings: int | None = None
    per_week: float | None = None
    plan: Path | None = None


def expect(wanted: ExpectationWanted) -> Expectation:
    """Return what may be expected of a course; a plan gives its intent, course and peak current.

    Raises `InputError` for an intent that no outcome is modelled for, or none at all, and for a plan that
    cannot be read.
    """
    plan = read_plan(wanted.plan)[0] if wanted.plan else None
    intent = wanted.intent or (plan.intent if plan else "")
    if intent not in INTENTS:
        raise InputError(
            Problem(
                what="no outcome is modelled for this intent" if intent else "no intent", key="intent",
                file=str(wanted.plan) if wanted.plan and not wanted.intent else "",
                came=intent or "nothing", expected=f"one of {', '.join(INTENTS)}",
                advice="Say which with --intent",
            )
        )  # fmt: skip
    course = plan.course if plan else None
    return _expect(
        intent,
        sittings=wanted.sittings or (course.sittings if course else SITTINGS),
        per_week=wanted.per_week or (course.per_week if course else PER_WEEK),
        current=peak_of(plan) if plan else None,
    )


def peak_of(plan: Plan) -> float:
    """Return the largest peak current [A] of a plan."""
    return max(step.stimulus.peak for step in plan.steps)


def draw_expectation(expectation: Expectation, folder: Path) -> tuple[Path, str]:
    """Write the picture of an expectation into a folder; return its path and its text alternative."""
    from microcurrent.reports.files import write_whole  # pictures take a second to load
    from microcurrent.reports.pictures.expectation import expectation_picture, standing_alone

    picture = expectation_picture(expectation)
    path = folder / f"expect-{expectation.model.intent}.svg"
    write_whole(path, standing_alone(picture))
    return path, picture.alternative
