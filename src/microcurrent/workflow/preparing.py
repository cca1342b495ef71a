"""Read, screen, predict, assess: everything that happens before a person agrees."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from microcurrent import tables
from microcurrent.errors import AnswersError, Problem
from microcurrent.model.course import Client
from microcurrent.model.exposure import Prediction
from microcurrent.model.limits import Assessment
from microcurrent.model.plan import Plan
from microcurrent.model.screening import Screening
from microcurrent.planning.bodies import BodySource
from microcurrent.planning.planfile import json_schema, read_plan, template
from microcurrent.planning.screening import answers_date, read_answers
from microcurrent.planning.screening import answers_template as _answers_template
from microcurrent.planning.screening import screen as _screen

if TYPE_CHECKING:  # checking a plan does not wait for the database
    from microcurrent.workflow.workspace import Workspace

Progress = Callable[[int, int, str], None]

#: Draws of the inputs behind each interval: enough that the 5th and 95th percentile lie inside.
SAMPLES = 24
SEED = 1
#: Days that dated answers to the screening count. A policy of this program, not a finding: questions such
#: as fever or alcohol are about today, and an approval holds no longer than this unless said otherwise.
ANSWERS_HOLD = 30


@dataclass(frozen=True, kw_only=True, eq=False)
class Prepared:
    """A plan that was read, and the body it is for."""

    plan: Plan
    source: BodySource
    path: Path


def read(path: Path, *, on_step: Callable[[str], None] = lambda _: None) -> Prepared:
    """Return the plan in a file and its body; `on_step` is told what is done while a body is built.

    Raises `InputError` with every problem found.
    """
    plan, source = read_plan(path, on_step=on_step)
    return Prepared(plan=plan, source=source, path=path)


def systems_of(plan: Plan) -> tuple[str, ...]:
    """Return the systems that a plan uses, each once, in order."""
    return tuple(dict.fromkeys(step.system for step in plan.steps))


def screen(prepared: Prepared, answers: Path, *, workspace: Workspace, on: datetime.date,
           actor: str) -> tuple[Screening, Client]:  # fmt: skip
    """Screen the client whose answers are in a file against every contraindication, and keep it.

    Raises `AnswersError` for a file that cannot be used, or whose `date` is not within the
    `ANSWERS_HOLD` days up to `on`: answers about today's fever or alcohol do not keep.
    """
    given, client = read_answers(answers)
    _check_age(answers, on)
    screening = _screen(given, client=client, systems=systems_of(prepared.plan), on=on)
    workspace.keep(screening, actor=actor)
    return screening, client


def _check_age(answers: Path, on: datetime.date) -> None:
    day = answers_date(answers)
    if day is None or 0 <= (on - day).days <= ANSWERS_HOLD:
        return
    raise AnswersError(
        Problem(
            what="these answers are not of now", file=str(answers), key="date", came=f"{day}",
            expected=f"a date from {on - datetime.timedelta(days=ANSWERS_HOLD)} to {on}",
            advice="Ask again, and write down today's date",
        )
    )  # fmt: skip


def predict(
    prepared: Prepared,
    *,
    workspace: Workspace,
    actor: str,
    samples: int = SAMPLES,
    seed: int = SEED,
    on_progress: Progress | None = None,
) -> Prediction:
    """Predict what one sitting gives, and keep plan, prediction and fields."""
    from microcurrent.planning.prediction.predict import (
        predict as _predict,  # solvers take a second to load
    )

    prediction, fields = _predict(
        prepared.plan,
        prepared.source,
        tables_digest=tables.digest(),
        samples=samples,
        seed=seed,
        on_progress=on_progress,
    )
    workspace.keep(prepared.plan, actor=actor)
    workspace.keep_fields(fields)
    workspace.keep(prediction, actor=actor)
    return prediction


def stored_prediction(
    prepared: Prepared, workspace: Workspace, *, samples: int | None = None
) -> Prediction | None:
    """Return the newest prediction of this plan by these tables that the records hold.

    `samples`: only one with so many draws; None for any number.
    """
    draws = {} if samples is None else {"samples": samples}
    return workspace.newest(Prediction, plan=prepared.plan.digest, tables=tables.digest(), **draws)


def assess(
    prepared: Prepared,
    prediction: Prediction,
    *,
    workspace: Workspace,
    actor: str,
    profiles: tuple[str, ...] = (),
) -> Assessment:
    """Compare a prediction with every limit and placement rule, and keep the assessment.

    `profiles`: sets of stricter limits to add, such as "home". Raises `TableError` for one that is
    not known.
    """
    from microcurrent.planning.assess import assess as _assess

    assessment = _assess(
        prepared.plan,
        prediction,
        tables.limits(profiles=profiles),
        body=prepared.source.body,
        tables_digest=tables.digest(),
        tissues_between=prepared.source.tissues_on_line,
    )
    workspace.keep(assessment, actor=actor)
    return assessment


def plan_schema() -> dict[str, Any]:
    """Return the JSON schema of plan files."""
    return json_schema()


def plan_template() -> str:
    """Return a commented plan to start from."""
    return template()


def answers_template() -> str:
    """Return a commented file of answers to start from."""
    return _answers_template()
