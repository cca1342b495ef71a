"""Which bodies there are, and what one is made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.body import Body
from microcurrent.planning.bodies import (
    BodyEntry,
    OnStep,
    ReadyEntry,
    TissueRow,
    describe,
    describe_ready,
    list_bodies,
    read_body,
)
from microcurrent.planning.bodies.anatomy import AnatomySource
from microcurrent.reports.body_picture import body_picture
from microcurrent.reports.files import write_whole
from microcurrent.reports.pictures.solid import PICTURES


@dataclass(frozen=True, kw_only=True)
class BodyShown:
    """A body, its tissues as rows, and the picture that was written, with its text."""

    body: Body
    tissues: tuple[TissueRow, ...]
    picture: Path
    alternative: str


def body_names() -> tuple[BodyEntry, ...]:
    """Return the bodies that a plan can name."""
    return tuple(list_bodies())


def label_maps(name: str = "") -> tuple[ReadyEntry, ...]:
    """Return the ready label maps, or the one of this name."""
    return describe_ready(name)


def show_body(
    name: str, *, labels: Path | None, picture: Path, view: str = "", on_step: OnStep = lambda _: None
) -> BodyShown:
    """Read a body, list its tissues with volumes and conductivities, and write a picture of it.

    `view`: "sheet" (the default), "views", "cutaway" or "section" of a body in three dimensions. Raises
    `ValueRefused` for another word, and for a view of a body that has no skin, muscles and nerves.
    """
    if view and view not in PICTURES:
        raise ValueRefused(
            Problem(what="unknown view of a body", expected=" or ".join(PICTURES), came=f'"{view}"')
        )
    source = read_body(name, labels=labels, base=Path(), on_step=on_step)
    volume = source.whole
    if isinstance(source, AnatomySource):
        content, alternative = PICTURES[view or "sheet"](source.body, source.anatomy)
    elif view:
        raise ValueRefused(
            Problem(
                what="this body has no such view",
                expected="a body in three dimensions with its skin, such as face",
                came=f'"{view}" of {source.body.name}, a {source.body.kind}',
                advice="Leave the view out: its cuts or layers are drawn",
            )
        )
    else:
        content, alternative = body_picture(volume, source.body)
    write_whole(picture, content)
    return BodyShown(
        body=source.body, tissues=describe(source, volume), picture=picture, alternative=alternative
    )
