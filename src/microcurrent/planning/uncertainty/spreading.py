"""The spread of every figure over people, and what brings that of those that matter: -> Uncertainty."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from microcurrent.errors import InputError, Problem
from microcurrent.model.digest import digest
from microcurrent.model.exposure import Estimate
from microcurrent.model.uncertainty import FigureSpread, Uncertainty
from microcurrent.physics.conduction.grid import Floats
from microcurrent.planning.prediction.flows import FigureKey
from microcurrent.planning.uncertainty.emulator import emulator_checked
from microcurrent.planning.uncertainty.figures import estimate, name_of
from microcurrent.planning.uncertainty.inputs import chances
from microcurrent.planning.uncertainty.person import METHOD
from microcurrent.planning.uncertainty.pieces import People
from microcurrent.planning.uncertainty.ranking import ranking

#: People whose figures are emulated for an interval.
EMULATED = 4096
#: An emulator that foretells less than this of the variance ranks with a warning.
WELL_EXPLAINED = 0.9
#: The word that marks a muscle among tissues.
_MUSCLE = "muscle"

#: Progress: figures done, figures in all, what is being done.
Progress = Callable[[int, int, str], None]


def spread_of(
    people: People,
    ranked: Sequence[FigureKey],
    *,
    emulate: bool = False,
    on_progress: Progress | None = None,
) -> Uncertainty:
    """Return how every figure spreads over people, and for those `ranked` which input brings it.

    `emulate`: take intervals from `EMULATED` people by an emulator of each figure, for bodies whose people
    take long to solve. Raises `ValueRefused` for too few people to rank by.
    """
    report = on_progress or (lambda done, total, doing: None)
    study, total = people.study, len(people.keys)
    names = tuple(given.name for given in study.inputs)
    more = chances(study.inputs, 0, EMULATED, seed=study.seed) if emulate else None
    spreads, warnings = [], []
    for column, key in enumerate(people.keys):
        report(column, total, name_of(key))
        if not np.isfinite(people.fine[column]):
            continue
        figure = people.figures[:, column]
        has = np.isfinite(figure)
        found = ranking(names, people.chances[has], figure[has], seed=study.seed) if key in ranked else None
        if found and found.explained < WELL_EXPLAINED:
            warnings.append(
                f"{name_of(key)}: the emulator foretells only {100 * max(found.explained, 0):.0f} % of its "
                "variance: more people make its ranking surer."
            )
        spreads.append(
            FigureSpread(
                figure=name_of(key),
                estimate=_estimate(people, column, more),
                explained=found.explained if found else None,
                influences=found.influences if found else (),
            )
        )
    unsolved = int(np.isnan(people.figures).all(axis=1).sum())
    if unsolved:
        warnings.append(
            f"{unsolved} of {len(people.figures)} people were left out: a probe would be off the body or "
            "the basis, or touch the other."
        )
    return Uncertainty(
        plan=study.plan.digest, body=digest(study.source.body), tables=study.tables, study=study.digest,
        method=METHOD, people=len(people.figures), unsolved=unsolved, seed=study.seed, inputs=study.inputs,
        spreads=tuple(spreads), warnings=tuple(warnings),
    )  # fmt: skip


def ranked_by_default(people: People) -> tuple[FigureKey, ...]:
    """Return what people ask of first: charge into the skin, the voltage, and the field in muscle.

    The last two of the step with the largest current; the deepest tissue where no muscle is named.
    """
    strongest = max(people.study.plan.steps, key=lambda step: step.stimulus.peak).number
    tissues = [key[2] for key in people.keys if key[:2] == (strongest, "field_p99")]
    muscles = [tissue for tissue in tissues if _MUSCLE in tissue] or tissues
    wanted = [(0, "absolute", ""), (strongest, "voltage", "")]
    wanted += [(strongest, "field_p99", tissue) for tissue in muscles[-1:]]
    return tuple(key for key in wanted if key in people.keys)


def figures_named(people: People, words: Sequence[str]) -> tuple[FigureKey, ...]:
    """Return the figures whose name holds one of `words`, whatever the case; refuse a word in none."""
    found: dict[FigureKey, None] = {}
    for word in words:
        these = [key for key in people.keys if word.casefold() in name_of(key).casefold()]
        if not these:
            raise InputError(
                Problem(what="no figure has this in its name", key="--figure", came=word,
                        expected=f"part of a name such as {name_of(people.keys[-1])!r}",
                        advice="--json shows every name")
            )  # fmt: skip
        found |= dict.fromkeys(these)
    return tuple(found)


def _estimate(people: People, column: int, more: Floats | None) -> Estimate:
    key, figure = people.keys[column], people.figures[:, column]
    if more is not None:
        has = np.isfinite(figure)
        stand_in = emulator_checked(people.chances[has], figure[has])
        figure = stand_in.draws(more, seed=people.study.seed) if stand_in else figure
    return estimate(key, fine=people.fine[column], coarse=people.coarse[column], drawn=figure)
