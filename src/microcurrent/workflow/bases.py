"""Bases: surface bases made, listed and shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from microcurrent import tables
from microcurrent.model.plan import Plan
from microcurrent.planning.basis import name_of, surface_basis
from microcurrent.planning.basis.making import open_basis
from microcurrent.planning.bodies import BodySource, read_body
from microcurrent.planning.exposure.catalogue import Card, card_named, cards_in, write_card
from microcurrent.planning.exposure.compiling import kernels_compiled
from microcurrent.planning.exposure.wanting import RADIUS, request_of, table_values
from microcurrent.planning.planfile import read_plan

#: How a plan file ends, where a body or a plan can be named.
_PLAN = ".toml"

#: Progress: blocks done, all, and seconds left or None.
Progress = Callable[[int, int, float | None], None]


@dataclass(frozen=True, kw_only=True)
class BasisWanted:
    """What a person asks for.

    `body`: its name, or the file of a plan, whose body and sites are taken; `labels`: its label map;
    `spacing` [m]; `around`: names of sites, and `radius` [m] around each; `tissues`, none for all.
    """

    body: str
    spacing: float
    labels: Path | None = None
    around: tuple[str, ...] = ()
    radius: float = RADIUS
    tissues: tuple[str, ...] = ()


def engine_is_compiled(*, basis: bool) -> bool:
    """Return whether the field engine is compiled, for a surface basis or for single solves.

    If not, its first use takes some ten seconds longer.
    """
    return kernels_compiled(basis=basis)


def build_basis(wanted: BasisWanted, folder: Path, *, on_progress: Progress | None = None) -> Card:
    """Make the basis that is wanted in a folder, or go on where it was broken off, and return its card.

    Raises `InputError` for what cannot be used, or has no room; `PredictionError` where a solve fails.
    """
    source, plan = _body_of(wanted)
    request, around = request_of(
        source, spacing=wanted.spacing, around=wanted.around, tissues=wanted.tissues,
        radius=wanted.radius, plan=plan,
    )  # fmt: skip
    values = table_values(source)
    card = Card(
        name=name_of(source, values, request), body=plan.body if plan else wanted.body,
        content=source.body.content, tables=tables.digest(), around=around, request=request,
    )  # fmt: skip
    write_card(folder, card)
    report = on_progress or _silent
    surface_basis(
        source, values, request, folder=folder,
        progress=lambda p: report(p.done, p.total, p.left),
    )  # fmt: skip
    return card_named(folder, card.name)


def list_bases(folder: Path) -> tuple[Card, ...]:
    """Return the bases of a folder, finished or begun."""
    return tuple(card for card in cards_in(folder) if card.state != "absent")


@dataclass(frozen=True, kw_only=True)
class BasisShown:
    """A basis as a person sees it: its card, and what its files hold.

    `patches`; `tissues`: name, number of cells and stated relative error of each.
    """

    card: Card
    patches: int
    tissues: tuple[tuple[str, int, float], ...]


def show_basis(name: str, folder: Path) -> BasisShown:
    """Return what a stored basis is and holds. Raises `RecordError` for none of this name."""
    card = card_named(folder, name)
    if card.state != "whole":
        return BasisShown(card=card, patches=0, tissues=())
    basis = open_basis(folder / card.name)
    rows = tuple((t, int(one.cells.size), one.error) for t, one in basis.operators.items())
    return BasisShown(card=card, patches=basis.patches.count, tissues=rows)


def _body_of(wanted: BasisWanted) -> tuple[BodySource, Plan | None]:
    if wanted.body.strip().lower().endswith(_PLAN):
        plan, source = read_plan(Path(wanted.body))
        return source, plan
    return read_body(wanted.body, labels=wanted.labels, base=Path()), None


def _silent(done: int, total: int, left: float | None) -> None:
    """Say nothing."""
