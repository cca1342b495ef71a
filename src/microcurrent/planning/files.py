"""Files: written whole or not at all, and never over what is there unless asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from microcurrent.errors import InputError, Problem


def check_free(paths: Iterable[Path], *, overwrite: bool) -> None:
    """Refuse where any of the files is there already, unless `overwrite`: before anything is computed."""
    there = [path for path in paths if path.exists()]
    if there and not overwrite:
        raise InputError(
            *(
                Problem(
                    what="this file exists already",
                    file=str(path),
                    advice="Choose another folder, or say --overwrite",
                )
                for path in there
            )
        )


def write_through(path: Path, write: Callable[[Path], None], *, overwrite: bool) -> Path:
    """Let `write` fill a file beside `path` and give it its name when it is whole; return `path`.

    The name that `write` is given has the same ending. Raises `InputError` where the file cannot be
    written or is there already; nothing is left behind then.
    """
    check_free([path], overwrite=overwrite)
    partial = path.with_name(f".partial-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(partial)
        partial.replace(path)
    except OSError as trouble:
        raise InputError(
            Problem(what=f"the file cannot be written ({trouble})", file=str(path))
        ) from trouble
    finally:
        partial.unlink(missing_ok=True)
    return path
