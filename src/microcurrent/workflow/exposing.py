"""Expose: what a plan gives on a stored surface basis, place by place, in open formats and pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from microcurrent import tables
from microcurrent.errors import InputError, Problem
from microcurrent.model.exposure_map import ExposureMap
from microcurrent.model.plan import Plan
from microcurrent.planning.basis import even_volume, name_of
from microcurrent.planning.basis.making import method_of, open_basis
from microcurrent.planning.basis.request import METHOD
from microcurrent.planning.bodies import BodySource
from microcurrent.planning.export import (
    VTU_NAMES,
    check_free,
    nifti_names,
    write_netcdf,
    write_nifti,
    write_vtu,
)
from microcurrent.planning.exposure import Coating, Exposed, Ground, expose, fields_of, read_nerve_paths
from microcurrent.planning.exposure.catalogue import Card, card_named, fitting
from microcurrent.planning.exposure.wanting import table_values
from microcurrent.planning.planfile import read_plan
from microcurrent.reports.files import write_whole
from microcurrent.reports.pictures import section_picture, surface_picture
from microcurrent.reports.predicted import paths_of, probes_of

#: Formats that an exposure can be written in.
FORMATS = ("netcdf", "nifti", "vtu")
_NETCDF = "exposure.nc"

#: Progress: positions done, all, and what is being done.
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True)
class Written:
    """An exposure map and the files that were written of it, with the text of each picture."""

    summary: ExposureMap
    files: tuple[Path, ...]
    pictures: tuple[tuple[Path, str], ...]


@dataclass(frozen=True, kw_only=True)
class ExposureWanted:
    """How a plan is to be exposed.

    `formats`, some of `FORMATS`; `basis`: digits of the name of one, or "" for the one that fits;
    `nerves`: a file of paths; `film`: width beyond every contact and thickness [m], conductivity [S/m];
    `overwrite` what the folder holds.
    """

    formats: tuple[str, ...] = ("netcdf",)
    basis: str = ""
    nerves: Path | None = None
    film: tuple[float, float, float] | None = None
    overwrite: bool = False


def expose_plan(
    path: Path, out: Path, wanted: ExposureWanted, *, folder: Path, on_progress: Progress | None = None
) -> Written:
    """Return what a plan gives on a stored basis of the folder, and write it and its pictures into `out`.

    Raises `InputError` for a plan, a path or a format that cannot be used, for files that are there
    already, and where no basis fits; `PredictionError` where a solution does not hold.
    """
    plan, source = read_plan(path)
    _check_formats(wanted.formats)
    pictures = [*(out / f"current-step-{step.number}.svg" for step in plan.steps), out / "charge.svg"]
    names = _names(wanted.formats, plan)
    check_free([*(out / name for name in names), *pictures], overwrite=wanted.overwrite)
    coating = _coating(wanted)
    nerves = read_nerve_paths(wanted.nerves) if wanted.nerves else ()
    values = table_values(source)
    card = (
        card_named(folder, wanted.basis) if wanted.basis else fitting(folder, plan, source, values=values)
    )
    _check_serves(card, source, folder)
    ground = Ground(
        basis=open_basis(folder / card.name), volume=even_volume(source, card.request.spacing),
        spacing=card.request.spacing, name=card.name, tables=tables.digest(),
    )  # fmt: skip
    exposed = expose(plan, source, ground, nerves=nerves, coating=coating, on_progress=on_progress)
    files = _write(exposed, out, wanted)
    return Written(summary=exposed.summary, files=files, pictures=_draw(exposed, plan, pictures))


def _coating(wanted: ExposureWanted) -> Coating | None:
    if wanted.film is None:
        return None
    width, thickness, conductivity = wanted.film
    return Coating(width=width, thickness=thickness, conductivity=conductivity)


def _check_formats(formats: tuple[str, ...]) -> None:
    for word in formats:
        if word not in FORMATS:
            raise InputError(
                Problem(what="unknown format", key="--format", expected=", ".join(FORMATS), came=word)
            )


def _check_serves(card: Card, source: BodySource, folder: Path) -> None:
    """Refuse a basis not whole, of another body or method, or of values that have changed since."""
    if card.state != "whole":
        came = f"{card.blocks} blocks of it"
    elif card.content != source.body.content:
        came = "one of another body"
    elif card.name != name_of(source, table_values(source), card.request):
        method = method_of(folder / card.name)
        came = (
            "one of other values: the tables have changed since"
            if method == METHOD
            else f"one made by method {method}; this version of microcurrent has method {METHOD}"
        )
    else:
        return
    raise InputError(
        Problem(what=f"the basis {card.short} does not serve", came=came, file=str(folder),
                expected="a whole one of the plan's body", advice="Build it: microcurrent basis build")
    )  # fmt: skip


def _names(formats: tuple[str, ...], plan: Plan) -> list[str]:
    numbers = tuple(step.number for step in plan.steps)
    known = {"netcdf": (_NETCDF,), "nifti": nifti_names(numbers), "vtu": VTU_NAMES}
    return [name for word in formats for name in known[word]]


def _write(exposed: Exposed, out: Path, wanted: ExposureWanted) -> tuple[Path, ...]:
    files: list[Path] = []
    for word in dict.fromkeys(wanted.formats):
        if word == "netcdf":
            files.append(write_netcdf(exposed, out / _NETCDF, overwrite=wanted.overwrite))
        elif word == "nifti":
            files += write_nifti(exposed, out, overwrite=wanted.overwrite)
        else:
            files += write_vtu(exposed, out, overwrite=wanted.overwrite)
    return tuple(files)


def _draw(exposed: Exposed, plan: Plan, paths: list[Path]) -> tuple[tuple[Path, str], ...]:
    fields = fields_of(exposed)
    pictures = [
        section_picture(fields, section, quantity="density", probes=probes_of(plan, step))
        for step, section in zip(plan.steps, fields.sections, strict=True)
    ]
    pictures.append(surface_picture(fields, paths=paths_of(plan)))
    for picture, path in zip(pictures, paths, strict=True):
        write_whole(path, picture.image)
    return tuple((path, picture.alternative) for path, picture in zip(paths, pictures, strict=True))
