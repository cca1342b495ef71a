"""body landmarks: what is found on a scan or an image of a head, and a file to correct it in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microcurrent import units, workflow
from microcurrent.cli.console import output, show_json
from microcurrent.cli.options import Json
from microcurrent.cli.tables import table
from microcurrent.errors import Problem, ValueRefused


def landmarks(
    head: Annotated[Path, typer.Argument(metavar="FILE", help="A scan (.obj, .stl, .ply, .glb) or image.")],
    *,
    unit: Annotated[
        str | None, typer.Option("--unit", help="Unit of the scan: mm, cm, m or inch. Default: found.")
    ] = None,
    distance: Annotated[
        tuple[str, str, str] | None,
        typer.Option(
            "--distance", metavar="ONE OTHER LENGTH", help="A length known between two landmarks."
        ),
    ] = None,
    labels: Annotated[
        str | None, typer.Option("--labels", metavar="MAP", help="Label map of an image, or a ready one.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Default: beside FILE, where it is read.")
    ] = None,
    json: Json = False,
) -> None:
    """Find the landmarks of a head, and write a file in which a person corrects them."""
    known = None
    if distance is not None:
        one, other, length = distance
        if not length.strip():
            raise ValueRefused(Problem(what="no length", expected='such as "90 mm"', came=f'"{length}"'))
        known = (one, other, units.read(length, "length"))
    found = workflow.find_landmarks(head, unit=unit, distance=known, labels=labels, out=out)
    target = found.beside if out is None else out
    if json:
        shown = {
            "landmarks": found.landmarks,
            "unit": found.unit,
            "guesses": found.guesses,
            "file": str(target),
        }
        show_json(shown)
        return
    one = units.write(found.unit, "length")
    table(
        f"Landmarks of {head.name}, in its own coordinates (one unit is {one})",
        ("name", "x, y, z", "confidence"),
        (
            (mark.name, ", ".join(f"{c:.4g}" for c in mark.place), f"{mark.confidence:.2f}")
            for mark in found.landmarks
        ),
    )
    for guess in found.guesses:
        output.print(f"? {guess.what}: {guess.taken}. It changes {guess.changes}")
    output.print(f"Landmark file: {target}", soft_wrap=True)
