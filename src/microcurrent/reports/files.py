"""The one place of `reports` that writes a file: whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from microcurrent.errors import InputError, Problem


def write_whole(path: Path | str, content: bytes) -> None:
    """Write `content` to `path` by way of a second file, so that a reader never sees half of it.

    Raises `InputError` where the file cannot be written; what stood there before is then unchanged.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            os.chmod(name, 0o644)
            os.replace(name, path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as problem:
        raise InputError(
            Problem(
                what="the page cannot be written here",
                file=str(path),
                came=str(problem),
                advice="Choose another place with --out",
            )
        ) from problem
