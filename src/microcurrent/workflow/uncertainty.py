"""Uncertainty and sweep: a plan on many virtual people, what brings the spread, files and a picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from microcurrent.model.uncertainty import Uncertainty
from microcurrent.planning.exposure.catalogue import fitting
from microcurrent.planning.exposure.wanting import table_values
from microcurrent.planning.planfile import read_plan
from microcurrent.planning.uncertainty.crews import crew
from microcurrent.planning.uncertainty.on_basis import StoredBasis
from microcurrent.planning.uncertainty.person import study_of
from microcurrent.planning.uncertainty.pieces import SHORT, People, write_people
from microcurrent.planning.uncertainty.spreading import figures_named, ranked_by_default, spread_of
from microcurrent.planning.uncertainty.sweeping import sweep

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True)
class SweepWanted:
    """How people are solved: how many `people`, from which `seed`, by whom, and where they are kept.

    `workers`: processes, None for one on every core; `scheduler`: the address of a dask cluster, or "".
    `bases`: a folder of surface bases, of which the one that fits holds the solved bulk, so that tissue is
    alike on all people; None where every person is solved in full.
    """

    out: Path
    people: int
    seed: int = 1
    workers: int | None = None
    scheduler: str = ""
    bases: Path | None = None


@dataclass(frozen=True, kw_only=True)
class RankingWanted:
    """What is ranked: figures whose names hold one of `figures`, or the usual ones where it is empty.

    `emulate`: intervals by emulators of the solver.
    """

    figures: tuple[str, ...] = ()
    emulate: bool = False


@dataclass(frozen=True, kw_only=True)
class Swept:
    """A plan that was solved on people: the plan's `title`, the `study` and the `file` of all of them."""

    title: str
    study: str
    people: int
    unsolved: int
    file: Path


def sweep_plan(path: Path, wanted: SweepWanted, *, on_progress: Progress | None = None) -> Swept:
    """Solve a plan on virtual people, going on where a sweep was stopped; write them into one file.

    Raises `InputError` for a plan that cannot be read, files that cannot be used and a cluster that does
    not answer; `PredictionError` where too many people cannot be solved.
    """
    people, file = _people(path, wanted, on_progress)
    unsolved = int((people.figures != people.figures).all(axis=1).sum())
    return Swept(
        title=people.study.plan.title, study=people.study.digest, people=len(people.figures),
        unsolved=unsolved, file=file,
    )  # fmt: skip


def uncertainty_of(
    path: Path, wanted: SweepWanted, ranked: RankingWanted, *, on_progress: Progress | None = None
) -> tuple[Uncertainty, tuple[Path, ...], str]:
    """Return how the figures of a plan spread, the files written, and the text of the picture among them.

    See `sweep_plan`; raises `ValueRefused` for too few people to rank by, too.
    """
    from microcurrent.reports.files import write_whole  # pictures take a second to load
    from microcurrent.reports.pictures.influences import influences_picture, standing_alone

    people, file = _people(path, wanted, on_progress)
    keys = figures_named(people, ranked.figures) if ranked.figures else ranked_by_default(people)
    found = spread_of(people, keys, emulate=ranked.emulate, on_progress=on_progress)
    picture = influences_picture(found, people.study.plan.title)
    drawn = wanted.out / f"influences-{found.study[:SHORT]}.svg"
    write_whole(drawn, standing_alone(picture))
    return found, (file, drawn), picture.alternative


def _people(path: Path, wanted: SweepWanted, on_progress: Progress | None) -> tuple[People, Path]:
    plan, source = read_plan(path)
    basis = None
    if wanted.bases is not None:
        card = fitting(wanted.bases, plan, source, values=table_values(source))
        basis = StoredBasis(
            folder=str(wanted.bases.resolve()), name=card.name, spacing=card.request.spacing
        )
    study = study_of(plan, source, seed=wanted.seed, basis=basis)
    people = sweep(
        study, wanted.people, out=wanted.out, on_progress=on_progress,
        crew=crew(workers=wanted.workers, scheduler=wanted.scheduler),
    )  # fmt: skip
    return people, write_people(people, wanted.out / f"people-{study.digest[:SHORT]}.nc")
