"""basis build, list, show: the surface bases that `expose` works on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from microcurrent import units, workflow
from microcurrent.cli.console import output, progress, say, show_json
from microcurrent.cli.options import Bases, Json, bases_path
from microcurrent.cli.tables import table

app = typer.Typer(no_args_is_help=True, help="Surface bases: a body solved once, for any probe.")

#: Words for the state of a stored basis.
_STATES = {"whole": "whole", "begun": "not finished", "absent": "not begun"}
_SPACING = "2 mm"
_RADIUS = "20 mm"
Labels = Annotated[
    Path | None, typer.Option("--labels", metavar="MAP", help="A ready map, or a TOML file.")
]


@app.command()
def build(
    body: Annotated[
        str,
        typer.Argument(
            metavar="BODY", help="A name from `body list`, a file of a body, or a plan (.toml)."
        ),
    ],
    spacing: Annotated[str, typer.Option("--spacing", help="Width of the cells.")] = _SPACING,
    around: Annotated[
        list[str], typer.Option("--around", metavar="SITE", help="Skin around this site. Repeatable.")
    ] = [],  # noqa: B006  typer reads the default, nothing changes it
    radius: Annotated[str, typer.Option("--radius", help="How far around each site.")] = _RADIUS,
    tissue: Annotated[
        list[str], typer.Option("--tissue", help="Keep the field in this tissue. Repeatable. Default: all.")
    ] = [],  # noqa: B006  typer reads the default, nothing changes it
    labels: Labels = None,
    bases: Bases = None,
    json: Json = False,
) -> None:
    """Solve a body once for every patch of its skin; goes on where it was broken off."""
    wanted = workflow.BasisWanted(
        body=body,
        spacing=units.read(spacing, "length"),
        labels=labels,
        around=tuple(around),
        radius=units.read(radius, "length"),
        tissues=tuple(tissue),
    )
    announce_compiling(basis=True)
    with _telling(quiet=json) as report:
        card = workflow.build_basis(wanted, bases_path(bases), on_progress=report)
    if json:
        show_json(card)
        return
    output.print(
        f"Basis {card.short}: {card.blocks} blocks, {_size(card.bytes)}, cells of "
        f"{units.write(card.request.spacing, 'length')}; skin around {', '.join(card.around)}."
    )
    output.print(f"Next: microcurrent expose {body if body.endswith('.toml') else 'PLAN'} --out FOLDER")


@contextmanager
def _telling(*, quiet: bool) -> Iterator[Callable[[int, int, float | None], None]]:
    """Show a bar; say how much was there already, and that what is done is kept where it is broken off."""
    told = False
    begun = done_so_far = 0
    with progress("Solving", shown=not quiet) as bar:

        def report(done: int, total: int, left: float | None) -> None:
            nonlocal told, begun, done_so_far
            if not told and done and not quiet:
                say(f"{done} of {total} blocks are there already.")
            told, begun, done_so_far = True, total, done
            remaining = "" if left is None else f"{units.write(max(left, 1.0), 'time', digits=2)} left"
            bar(done, total, remaining)

        try:
            yield report
        except KeyboardInterrupt:
            say(
                f"Broken off after {done_so_far} of {begun} blocks, which are kept. "
                "The same command goes on."
            )
            raise


def announce_compiling(*, basis: bool) -> None:
    """Say that the field engine is compiled first, where it is not."""
    if not workflow.engine_is_compiled(basis=basis):
        say("Compiling the field engine, once for this version: 10 to 20 seconds.")


@app.command("list")
def list_(bases: Bases = None, json: Json = False) -> None:
    """List the bases that are there, finished or broken off."""
    folder = bases_path(bases)
    cards = workflow.list_bases(folder)
    if json:
        show_json(list(cards))
        return
    table(
        "Surface bases",
        ("name", "body", "cells", "skin around", "tissues", "state", "on disk"),
        (
            (
                card.short, card.body, units.write(card.request.spacing, "length"), ", ".join(card.around),
                str(len(card.request.tissues)), _STATES[card.state], _size(card.bytes),
            )
            for card in cards
        ),
        whole=("name",),
    )  # fmt: skip
    output.print(f"In {folder}", soft_wrap=True)


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The first digits of a name from the list.")],
    bases: Bases = None,
    json: Json = False,
) -> None:
    """Print what a basis is of, and what it holds."""
    shown = workflow.show_basis(name, bases_path(bases))
    if json:
        show_json(shown)
        return
    card = shown.card
    output.print(f"Basis {card.name}: {_STATES[card.state]}, {card.blocks} blocks, {_size(card.bytes)}")
    output.print(
        f"Body {card.body}, cells of {units.write(card.request.spacing, 'length')}, "
        f"patches of {units.write(card.request.choice.size, 'length')}: {shown.patches}"
    )
    output.print(f"Skin around {', '.join(card.around)}")
    table(
        "Tissues",
        ("tissue", "cells", "field changed by storing it, at most"),
        ((tissue, str(cells), f"{100 * error:.2g} %") for tissue, cells, error in shown.tissues),
    )
    output.print("Values of the tables; tables " + card.tables, soft_wrap=True)


def _size(count: int) -> str:
    return f"{count / 1e9:.2g} GB" if count >= 1e9 else f"{count / 1e6:.2g} MB"
