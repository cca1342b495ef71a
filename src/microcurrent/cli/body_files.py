"""body build, export: a body kept as one file, and written in open formats."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microcurrent import units, workflow
from microcurrent.cli.console import building, output, show_json
from microcurrent.cli.options import Json
from microcurrent.model.body import Body

Name = Annotated[str, typer.Argument(metavar="BODY", help="A name from `body list`, or a file.")]
Labels = Annotated[
    str | None,
    typer.Option("--labels", metavar="MAP", help="TOML file, or a ready map: which label is which tissue."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files that are there.")]


def build(
    body: Name,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The body file (.body.h5).")],
    *,
    spacing: Annotated[
        str, typer.Option("--spacing", metavar="LENGTH", help='Width of the cells, such as "1 mm".')
    ] = "",
    labels: Labels = None,
    overwrite: Overwrite = False,
    json: Json = False,
) -> None:
    """Build a body once and keep it as one file, which a plan can name."""
    written = workflow.build_body(
        body, out, spacing=units.read(spacing, "length") if spacing else None, labels=labels,
        overwrite=overwrite, on_step=building,
    )  # fmt: skip
    _show(written.body, written.files, json=json)


def export(
    body: Name,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Its ending is the format: .body.h5, .nii.gz, .nii, .vtu, .glb, .stl or .csv.",
        ),
    ],
    *,
    part: Annotated[
        str,
        typer.Option(
            "--part",
            help="NIfTI: labels, muscles, sub-voxels or fractions. VTU: cells or skin. CSV: landmarks, "
            "muscles or nerves. Default: the first.",
        ),
    ] = "",
    labels: Labels = None,
    overwrite: Overwrite = False,
    json: Json = False,
) -> None:
    """Write a body in an open format."""
    written = workflow.write_body(
        body, out, part=part, labels=labels, overwrite=overwrite, on_step=building
    )
    _show(written.body, written.files, json=json)


def _show(body: Body, files: tuple[Path, ...], *, json: bool) -> None:
    if json:
        show_json({"body": body.name, "content": body.content, "files": [str(path) for path in files]})
        return
    output.print(
        f"{body.name}: tissues {len(body.tissues)}, sites {len(body.sites)}, zones {len(body.zones)}, "
        f"muscles {len(body.muscles)}, nerves {len(body.nerves)}"
    )
    for path in files:
        output.print(f"Written: {path}", soft_wrap=True)
