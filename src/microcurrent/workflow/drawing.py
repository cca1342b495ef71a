"""Draw: the steps of a plan on the skin of its body, as a picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from microcurrent import units
from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.plan import Plan, Step
from microcurrent.planning.bodies.anatomy import AnatomySource
from microcurrent.planning.positions import corners_of
from microcurrent.workflow.preparing import Prepared


def draw_plan(prepared: Prepared, picture: Path) -> str:
    """Write a picture of the body from three sides with every step of the plan; return it in words.

    Raises `ValueRefused` for a body that is not there in three dimensions, `OutputError` where the picture
    cannot be written.
    """
    from microcurrent.reports.files import write_whole
    from microcurrent.reports.pictures.solid.planned import DrawnStep, plan_picture

    plan, source = prepared.plan, prepared.source
    if not isinstance(source, AnatomySource):
        raise ValueRefused(
            Problem(
                what="this body has no skin to draw on", key="--out", came=source.body.name,
                expected="a body in three dimensions, such as face", advice="plan show lists the steps",
            )
        )  # fmt: skip
    steps = [
        DrawnStep(
            words=_words(step),
            places=" and ".join(" to ".join(part.sites) for part in (step.anode, step.cathode)),
            ways=(np.array(corners_of(plan, step.anode)), np.array(corners_of(plan, step.cathode))),
        )
        for step in plan.steps
    ]
    content, alternative = plan_picture(_title(plan), (source.body, source.anatomy), steps)
    write_whole(picture, content)
    return alternative


def _title(plan: Plan) -> str:
    return f"{plan.title} ({units.write(plan.duration, 'time', digits=3)})"


def _words(step: Step) -> str:
    current = units.write(step.stimulus.peak, "current", digits=3)
    return f"{step.number}: {current}, {units.write(step.stimulus.duration, 'time', digits=2)}"
