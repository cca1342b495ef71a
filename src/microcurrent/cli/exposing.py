"""expose: what a plan gives, place by place, as tables, pictures and files in open formats."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microcurrent import units, workflow
from microcurrent.cli.console import output, progress, show_json
from microcurrent.cli.options import Bases, Json, PlanFile, bases_path
from microcurrent.cli.tables import table
from microcurrent.model.exposure_map import ExposureMap, SkinPart, StepMap, TissuePart

#: The place that the first table of each step is about; as in `planning.exposure.zones`.
_NEAR = "near the probes"


def expose(
    plan: PlanFile,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the files are written.")],
    formats: Annotated[
        list[str], typer.Option("--format", help="netcdf (default), nifti or vtu. Repeatable.")
    ] = [],  # noqa: B006  typer reads the default, nothing changes it
    paths: Annotated[
        Path | None,
        typer.Option("--paths", metavar="FILE", help="Nerves or other lines to look along (TOML)."),
    ] = None,
    basis: Annotated[
        str, typer.Option("--basis", metavar="NAME", help="Which basis. Default: the finest that fits.")
    ] = "",
    film: Annotated[
        tuple[str, str, str],
        typer.Option(
            "--film",
            metavar="WIDTH THICKNESS CONDUCTIVITY",
            help='A film of gel around every contact, such as "2 mm" "0.3 mm" "1 S/m".',
        ),
    ] = ("", "", ""),
    zones: Annotated[bool, typer.Option("--zones", help="Show every zone, too.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that are there.")] = False,
    bases: Bases = None,
    json: Json = False,
) -> None:
    """Show what a plan gives, place by place, on a surface basis; write fields and pictures."""
    wanted = workflow.ExposureWanted(
        formats=tuple(formats) or ("netcdf",),
        basis=basis,
        nerves=paths,
        overwrite=overwrite,
        film=_film(film),
    )
    with progress("Exposing", shown=not json) as bar:
        written = workflow.expose_plan(
            plan, out, wanted, folder=bases_path(bases),
            on_progress=bar,
        )  # fmt: skip
    if json:
        show_json({
            "exposure": written.summary, "files": [str(path) for path in written.files],
            "pictures": [{"file": str(path), "alternative": text} for path, text in written.pictures],
        })  # fmt: skip
        return
    _show(written.summary, zones=zones)
    for path in (*written.files, *(path for path, _ in written.pictures)):
        output.print(f"Written: {path}", soft_wrap=True)


def _film(words: tuple[str, str, str]) -> tuple[float, float, float] | None:
    """Width and thickness [m] and conductivity [S/m], or None where no film was asked for."""
    if not any(words):
        return None
    width, thickness, conductivity = words
    return (
        units.read(width, "length"),
        units.read(thickness, "length"),
        units.read(conductivity, "conductivity"),
    )


def _show(found: ExposureMap, *, zones: bool) -> None:
    for step in found.steps:
        _show_step(step, zones=zones)
    places = found.skin if zones else found.skin[:1]
    table(
        "The skin over the whole plan: charge per area that passed through",
        ("place", "touched", "net, most", "all, most", "all, half is above"),
        (_skin_row(part) for part in places),
    )
    output.print(
        f"Cells of {units.write(found.spacing, 'length')}; storing the basis changes the field by at most "
        f"{100 * found.basis_error:.2g} %."
    )
    output.print("Not covered:")
    for text in found.not_covered:
        output.print(f"  - {text}", soft_wrap=True)
    for warning in found.warnings:
        output.print(f"! {warning}", soft_wrap=True)


def _show_step(step: StepMap, *, zones: bool) -> None:
    title = (
        f"Step {step.number}: {step.positions} position{'s' if step.positions > 1 else ''}, field "
        f"at the peak of {units.write(step.peak, 'current')}"
    )
    table(
        title,
        ("tissue", "place", "volume", "half is above", "1 % is above", "most", "density, 1 % is above"),
        (_tissue_row(part) for part in step.tissues if zones or part.place == _NEAR),
    )
    for nerve in step.nerves:
        output.print(
            f"Along {nerve.name}: at most {units.write(nerve.along, 'field', digits=2)}, "
            f"{units.write(nerve.at, 'length', digits=2)} from its start; potential differs by "
            f"{units.write(nerve.potential, 'voltage', digits=2)}."
        )
    output.print(
        f"The tissue between the probes has {units.write(step.resistance, 'resistance', digits=2)}. "
        f"Skin layer: {step.skin}.\n"
    )


def _tissue_row(part: TissuePart) -> tuple[str, ...]:
    def field(value: float) -> str:
        return units.write(value, "field", digits=2)

    name = f"{part.tissue} (muscle)" if part.muscle and "muscle" not in part.tissue else part.tissue
    return (
        name, part.place, units.write(part.volume, "volume", digits=2), field(part.field.median),
        field(part.field.p99), field(part.field.largest),
        units.write(part.density.p99, "current density", digits=2),
    )  # fmt: skip


def _skin_row(part: SkinPart) -> tuple[str, ...]:
    def charge(value: float) -> str:
        return units.write(value, "charge density", digits=2)

    return (
        part.place, units.write(part.area, "area", digits=2), charge(part.net.largest),
        charge(part.absolute.largest), charge(part.absolute.median),
    )  # fmt: skip
