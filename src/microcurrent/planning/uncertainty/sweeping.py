"""A sweep: one plan on many virtual people, going on where one was stopped; nothing lost, nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from microcurrent.errors import PredictionError
from microcurrent.physics.conduction.grid import Floats
from microcurrent.planning.prediction.flows import FigureKey
from microcurrent.planning.uncertainty.crews import Results, Work
from microcurrent.planning.uncertainty.person import Study, solve_people, solved
from microcurrent.planning.uncertainty.pieces import (
    PIECE,
    People,
    folder_of,
    keep_piece,
    kept_piece,
    starts_kept,
    starts_of,
)

#: Progress of a sweep: people done, people in all, and what is being done.
Progress = Callable[[int, int, str], None]
#: Who does the work; see `crews`.
Crew = Callable[[Work, tuple[int, ...]], Results]
#: A sweep of which more than this share of people cannot be solved says nothing of people.
MOST_UNSOLVED = 0.05


def sweep(
    study: Study, count: int, *, out: Path, crew: Crew, on_progress: Progress | None = None
) -> People:
    """Return `count` virtual people of a study, solving those that are not in the folder `out` already.

    Raises `InputError` for pieces that cannot be read or written, `PredictionError` where more than
    `MOST_UNSOLVED` of all people cannot be solved.
    """
    report = on_progress or (lambda done, total, doing: None)
    folder, starts = folder_of(study, out), starts_of(count)
    report(0, count, "middle of every input")
    fine, coarse = (solved(study, study.centre, coarse=rough) for rough in (False, True))
    keys = tuple(sorted(coarse))
    _ = study.held, study.directions  # worked out here, once, and sent along
    there = starts_kept(folder, starts)
    left = tuple(first for first in starts if first not in there)
    work = partial(_piece, study, keys)
    for number, (first, figures) in enumerate(crew(work, left), start=len(there) + 1):
        keep_piece(folder, first, figures, study=study, keys=keys)
        report(min(number * PIECE, count), count, "people")
    figures = np.concatenate([_kept(folder, first, study, keys) for first in starts])[:count]
    unsolved = int(np.isnan(figures).all(axis=1).sum())
    if unsolved > MOST_UNSOLVED * count:
        raise PredictionError(
            f"{unsolved} of {count} people cannot be solved: a probe would be off the body, off the "
            "basis, or touch the other within the range of the hand. Choose sites farther from edges and "
            "from each other, or build a wider basis."
        )
    return People(
        study=study, keys=keys, figures=figures, chances=study.chances(0, count),
        fine=np.array([fine.get(key, np.nan) for key in keys]),
        coarse=np.array([coarse[key] for key in keys]),
    )  # fmt: skip


def _piece(study: Study, keys: tuple[FigureKey, ...], first: int) -> Floats:
    return solve_people(study, keys, first=first, count=PIECE)


def _kept(folder: Path, first: int, study: Study, keys: tuple[FigureKey, ...]) -> Floats:
    found = kept_piece(folder, first, study=study, keys=keys)
    if found is None:
        raise PredictionError(f"The people from number {first} on are gone from {folder} during the sweep.")
    return found
