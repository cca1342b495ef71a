"""Read, predict, assess: what is known of a plan before a person agrees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from microcurrent import tables
from microcurrent.model.exposure import Prediction
from microcurrent.model.limits import Assessment
from microcurrent.model.plan import Plan
from microcurrent.planning.bodies import BodySource
from microcurrent.planning.planfile import json_schema, read_plan, template

if TYPE_CHECKING:  # checking a plan does not wait for the database
    from microcurrent.workflow.workspace import Workspace

Progress = Callable[[int, int, str], None]

#: Draws of the inputs behind each interval: enough that the 5th and 95th percentile lie inside.
SAMPLES = 24
SEED = 1


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
    """Compare a prediction with every limit, placement rule and a second calculation, and keep it.

    `profiles`: sets of stricter limits to add, such as "home". Raises `TableError` for one that is
    not known.
    """
    from microcurrent.planning.assess import assess as _assess
    from microcurrent.planning.independent import check, with_second

    limits = tables.limits(profiles=profiles, mode=prepared.plan.mode)
    assessment = _assess(
        prepared.plan,
        prediction,
        limits,
        body=prepared.source.body,
        tables_digest=tables.digest(),
        tissues_between=prepared.source.tissues_on_line,
    )
    assessment = with_second(assessment, check(prepared.plan, prediction, prepared.source, limits=limits))
    workspace.keep(assessment, actor=actor)
    return assessment


def plan_schema() -> dict[str, Any]:
    """Return the JSON schema of plan files."""
    return json_schema()


def plan_template() -> str:
    """Return a commented plan to start from."""
    return template()
