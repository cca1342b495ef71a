"""People solved, a few to a file, and all of them in one: netCDF in the classic format, by xarray.

A piece is written whole or not at all, under the digest of its study and the numbers of its people. So
what is there is right, and what is not there is what still has to be solved.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray

from microcurrent.errors import InputError, Problem
from microcurrent.physics.conduction.grid import Floats
from microcurrent.planning.files import write_through
from microcurrent.planning.prediction.flows import FigureKey
from microcurrent.planning.uncertainty.figures import dimension_of, name_of
from microcurrent.planning.uncertainty.person import METHOD, Study
from microcurrent.units import UNITS

#: People in one piece: a few seconds of work on a slab, so that little is lost with a worker.
PIECE = 8
#: Digits of a digest in names of files.
SHORT = 12


@dataclass(frozen=True, kw_only=True, eq=False)
class People:
    """Virtual people of one study, from number 0 on.

    `keys` (K,) of the figures; `fine` and `coarse` (K,): the figures at the middle of every input on
    either grid; `chances` (P, N) and `figures` (P, K) of the people, not-a-number where a person has none.
    """

    study: Study
    keys: tuple[FigureKey, ...]
    fine: Floats
    coarse: Floats
    chances: Floats
    figures: Floats


def folder_of(study: Study, out: Path) -> Path:
    """Return where the pieces of a study are kept below `out`."""
    return out / f"pieces-{study.digest[:SHORT]}"


def starts_of(people: int) -> tuple[int, ...]:
    """Return the number of the first person of every piece."""
    return tuple(range(0, people, PIECE))


def keep_piece(
    folder: Path, first: int, figures: Floats, *, study: Study, keys: Sequence[FigureKey]
) -> None:
    """Write the figures (PIECE, K) of the people from number `first` on; a file that is there stays."""
    path = _path(folder, first)
    if path.exists():
        return
    numbers = np.arange(first, first + len(figures), dtype=np.int32)
    dataset = xarray.Dataset(
        {"figures": (("person", "figure"), figures)},
        coords={"person": numbers, "figure": [name_of(key) for key in keys]},
        attrs={"study_digest": study.digest},
    )
    write_through(path, lambda partial: _write(dataset, partial), overwrite=True)


def kept_piece(folder: Path, first: int, *, study: Study, keys: Sequence[FigureKey]) -> Floats | None:
    """Return the figures of a piece (PIECE, K), or None where it is not there.

    Raises `InputError` for a file of another study or one that cannot be read.
    """
    path = _path(folder, first)
    if not path.exists():
        return None
    try:
        with xarray.open_dataset(path, engine="scipy") as found:
            same = found.attrs.get("study_digest") == study.digest
            names = [str(name) for name in found["figure"].values]
            numbers = found["person"].values.tolist()
            figures = np.array(found["figures"].values, dtype=float)
    except (OSError, ValueError, KeyError, TypeError, IndexError) as trouble:
        raise _damaged(path, f"{type(trouble).__name__}: {trouble}") from trouble
    expected = list(range(first, first + PIECE))
    if not same or names != [name_of(key) for key in keys] or numbers != expected:
        raise _damaged(path, "figures or people of another study")
    return figures


def write_people(people: People, path: Path) -> Path:
    """Write people, inputs and figures with their names and units into one netCDF file; return its path."""
    study = people.study
    names = [name_of(key) for key in people.keys]
    dimensions = [dimension_of(key) for key in people.keys]
    inputs = {
        "input_unit": [_unit(given.dimension) for given in study.inputs],
        "input_confidence": [given.confidence for given in study.inputs],
        "input_source": [given.source for given in study.inputs],
    }
    dataset = xarray.Dataset(
        {
            "chance": (("person", "input"), people.chances, {
                "long_name": "chance that the input lies below the value of this person", "units": "1",
            }),
            "value": (("person", "figure"), people.figures, {
                "long_name": "figure of this person on the coarser grid, SI",
            }),
            "middle_fine": ("figure", people.fine, {
                "long_name": "figure at the middle of every input on the finer grid, SI",
            }),
            "middle_coarse": ("figure", people.coarse, {
                "long_name": "figure at the middle of every input on the coarser grid, SI",
            }),
            "figure_unit": ("figure", [_unit(dimension) for dimension in dimensions]),
            **{name: ("input", words) for name, words in inputs.items()},
        },
        coords={
            "person": np.arange(len(people.figures), dtype=np.int32),
            "input": [given.name for given in study.inputs],
            "figure": names,
        },
        attrs={
            "Conventions": "CF-1.11", "title": "One microcurrent plan on virtual people",
            "source": METHOD, "study_digest": study.digest, "plan_digest": study.plan.digest,
            "tables_digest": study.tables, "seed": study.seed,
        },
    )  # fmt: skip
    return write_through(path, lambda partial: _write(dataset, partial), overwrite=True)


def starts_kept(folder: Path, starts: Iterable[int]) -> set[int]:
    """Return which pieces are there."""
    return {first for first in starts if _path(folder, first).exists()}


def _path(folder: Path, first: int) -> Path:
    return folder / f"people-{first:06d}.nc"


def _unit(dimension: str) -> str:
    return next(iter(UNITS[dimension])) or "1"


def _write(dataset: xarray.Dataset, path: Path) -> None:
    dataset.to_netcdf(path, engine="scipy", format="NETCDF3_64BIT")


def _damaged(path: Path, came: str) -> InputError:
    return InputError(
        Problem(what="a piece of the sweep cannot be used", file=str(path), came=came,
                expected="people of this study", advice="Delete this file; its people are solved again")
    )  # fmt: skip
