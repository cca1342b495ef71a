"""body path: the way of a probe on the skin from site to site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microcurrent import units, workflow
from microcurrent.cli.console import output, show_json
from microcurrent.cli.options import Json
from microcurrent.cli.tables import table


def path(
    body: Annotated[str, typer.Argument(metavar="BODY", help="A name from `body list`, or a file.")],
    sites: Annotated[
        list[str], typer.Argument(metavar="SITE SITE...", help="Two or more sites, in their order.")
    ],
    *,
    labels: Annotated[
        Path | None, typer.Option("--labels", metavar="MAP", help="A ready map, or a TOML file.")
    ] = None,
    clearance: Annotated[
        str | None,
        typer.Option(
            "--clearance", metavar="LENGTH", help="How far from the rim of an orbit. Default: the limit."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the corners of the way as CSV.")
    ] = None,
    json: Json = False,
) -> None:
    """Print the shortest way on the skin of a body through two or more of its sites."""
    kept = None if clearance is None else units.read(clearance, "length")
    shown = workflow.path_on(body, sites, labels=labels, clearance=kept)
    if out is not None:
        workflow.write_path(shown, out)
    if json:
        show_json({"path": shown, "csv": None if out is None else str(out)})
        return
    table(
        f"Path on {shown.body}",
        ("site", "along", "x, y, z (mm)"),
        (
            (site.name, units.write(mark, "length"), ", ".join(f"{1e3 * c:.1f}" for c in site.position))
            for site, mark in zip(shown.sites, shown.way.marks, strict=True)
        ),
    )
    way = "straight lines" if shown.way.is_straight else f"{len(shown.way.points)} corners"
    output.print(
        f"Length {units.write(shown.length, 'length')} ({way}); from site to site straight through "
        f"{units.write(shown.straight, 'length')}."
    )
    if out is not None:
        output.print(f"Corners: {out}")
