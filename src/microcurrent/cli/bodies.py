"""body list, labels, show: what can be treated, and what it is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microcurrent import units, workflow
from microcurrent.cli.console import building, output, show_json
from microcurrent.cli.options import Json
from microcurrent.cli.tables import table
from microcurrent.model.exposure import Input
from microcurrent.model.labels import LabelRow

app = typer.Typer(no_args_is_help=True, help="The bodies that a plan can name.")


@app.command("list")
def list_(json: Json = False) -> None:
    """List the bodies that a plan can name."""
    entries = workflow.body_names()
    if json:
        show_json(list(entries))
        return
    table("Bodies", ("name", "what it is"), ((e.name, e.title) for e in entries))
    output.print(
        "Or the path of a file: a scan (.obj, .stl, .ply, .glb), a built body (.body.h5), or an image\n"
        "of labels (.nii, .nii.gz; `body labels` lists the programs that can write it)."
    )


@app.command()
def labels(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="Show every label of this map.", show_default=False)
    ] = "",
    json: Json = False,
) -> None:
    """List the label maps that are ready, or the labels of one: a plan names it with labels = NAME."""
    entries = workflow.label_maps(name)
    if json:
        show_json(list(entries))
        return
    table(
        "Label maps",
        ("name", "what program", "labels", "source", "confidence"),
        (
            (e.ready.name, e.ready.program, str(e.count), e.ready.source, e.ready.confidence)
            for e in entries
        ),
        whole=("name",),
    )
    if not name:
        return
    ready = entries[0].ready
    table(
        "Labels",
        ("label", "its name", "tissue", "lumps"),
        ((_range(row), row.name, row.tissue or "air", ", ".join(row.lumps)) for row in ready.rows),
    )
    if ready.note:
        output.print(ready.note)
    output.print(f"Source: {entries[0].citation}")


def _range(row: LabelRow) -> str:
    return f"{row.first}" if row.first == row.last else f"{row.first} to {row.last}"


@app.command()
def show(
    body: Annotated[str, typer.Argument(metavar="BODY", help="A name from `body list`, or a file.")],
    labels: Annotated[
        Path | None, typer.Option("--labels", metavar="MAP", help="A ready map, or a TOML file.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the picture goes.")] = Path(
        "body.png"
    ),
    view: Annotated[
        str,
        typer.Option(
            "--view", metavar="VIEW", help="sheet, views, cutaway or section, of a body with muscles."
        ),
    ] = "",
    json: Json = False,
) -> None:
    """Print tissues, volumes and warnings of a body, and write a picture of it."""
    shown = workflow.show_body(body, labels=labels, picture=out, view=view, on_step=building)
    if json:
        show_json(
            {
                "body": shown.body, "tissues": shown.tissues, "picture": str(shown.picture),
                "alternative": shown.alternative,
            }
        )  # fmt: skip
        return
    output.print(f"{shown.body.name}: {shown.body.provenance}")
    table(
        "Tissues",
        ("tissue", "volume", "share", "conductivity (range)", "source", "confidence"),
        (
            (
                row.tissue, units.write(row.volume, "volume"), f"{100 * row.share:.1f} %",
                _conductivity(row.conductivity), row.conductivity.source, row.conductivity.confidence,
            )
            for row in shown.tissues
        ),
    )  # fmt: skip
    table(
        "Sites",
        ("name", "side", "x, y, z (mm)"),
        (
            (site.name, site.side, ", ".join(f"{1e3 * c:.1f}" for c in site.position))
            for site in shown.body.sites
        ),
    )
    for warning in shown.body.warnings:
        output.print(f"! {warning}")
    for guess in shown.body.guesses:
        output.print(f"? {guess.sentence}")
    output.print(f"Picture: {shown.picture}")


def _conductivity(given: Input) -> str:
    value = units.write(given.value, "conductivity")
    return f"{value} ({units.write_interval(given.low, given.high, 'conductivity')})"
