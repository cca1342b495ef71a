"""A body built and kept as one file, and exported in open formats."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from microcurrent.errors import BodyError, Problem
from microcurrent.model.body import Body
from microcurrent.planning.bodies import OnStep, read_body
from microcurrent.planning.bodies.anatomy import AnatomySource
from microcurrent.planning.bodies.body_file import check_name, write_body_file
from microcurrent.planning.export import check_free, export_body, writer_of


@dataclass(frozen=True, kw_only=True)
class BodyWritten:
    """A body and the files that were written of it."""

    body: Body
    files: tuple[Path, ...]


def build_body(
    name: str,
    out: Path,
    *,
    spacing: float | None = None,
    labels: str | None = None,
    overwrite: bool = False,
    on_step: OnStep = lambda _: None,
) -> BodyWritten:
    """Build a body on cells of `spacing` [m] and write it into the body file `out`.

    `on_step` is told how far it is. Raises `InputError` for a body that has no anatomy, another ending,
    and a file that is there.
    """
    check_name(out)
    check_free([out], overwrite=overwrite)
    source = _with_anatomy(name, labels=labels, spacing=spacing, on_step=on_step)
    return BodyWritten(body=source.body, files=(write_body_file(source, out, overwrite=overwrite),))


def write_body(
    name: str,
    out: Path,
    *,
    part: str = "",
    labels: str | None = None,
    overwrite: bool = False,
    on_step: OnStep = lambda _: None,
) -> BodyWritten:
    """Write a body, or that part of it, in the format of the ending of `out`.

    `name`: as a plan names it, or a body file. Raises `InputError` as `build_body`, and for an ending or
    a part that there is none of.
    """
    writer_of(out, part)
    check_free([out], overwrite=overwrite)
    source = _with_anatomy(name, labels=labels, on_step=on_step)
    return BodyWritten(body=source.body, files=export_body(source, out, part=part, overwrite=overwrite))


def _with_anatomy(
    name: str, *, labels: str | None, on_step: OnStep, spacing: float | None = None
) -> AnatomySource:
    source = read_body(name, labels=labels, spacing=spacing, base=Path(), on_step=on_step)
    if not isinstance(source, AnatomySource):
        raise BodyError(
            Problem(
                what="this body has no skin, muscles and nerves to write",
                expected="a body with an anatomy, or a body file (.body.h5)",
                came=f'"{name}", which is a {source.body.kind}',
                advice="See `microcurrent body list`",
            )
        )
    return source
