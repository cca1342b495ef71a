"""Which bodies there are, and what one is made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from microcurrent.model.body import Body
from microcurrent.planning.bodies import BodyEntry, TissueRow, describe, list_bodies, read_body
from microcurrent.reports.body_picture import body_picture
from microcurrent.reports.files import write_whole


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


def show_body(name: str, *, labels: Path | None, picture: Path) -> BodyShown:
    """Read a body, list its tissues with volumes and conductivities, and write a picture of it."""
    source = read_body(name, labels=labels, base=Path())
    volume = source.whole
    content, alternative = body_picture(volume, source.body)
    write_whole(picture, content)
    return BodyShown(
        body=source.body, tissues=describe(source, volume), picture=picture, alternative=alternative
    )
