"""Keeping: bodies that were built are kept on disk as body files, and read back when asked for again."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import microcurrent
from microcurrent import tables
from microcurrent.errors import InputError
from microcurrent.model.body import Body
from microcurrent.model.digest import digest
from microcurrent.physics.bodies.anatomy import Anatomy
from microcurrent.planning.bodies.anatomy import AnatomySource
from microcurrent.planning.bodies.body_file import read_body_file, write_body_file

#: The environment variable that names another folder; empty for keeping nothing.
FOLDER = "MICROCURRENT_CACHE"
_ENDING = ".body.h5"
#: Digits of the digest in the name of a file.
_DIGITS = 24
#: Parts of the package whose code decides how a body comes out.
_MAKERS = ("physics/bodies", "planning/bodies")

Made = Callable[[], tuple[Body, Anatomy]]


def cache_folder() -> Path | None:
    """Return the folder in which bodies are kept, or None where none are."""
    named = os.environ.get(FOLDER)
    if named is not None:
        return Path(named) / "bodies" if named else None
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "microcurrent" / "bodies"


def kept_body(name: str, skin_group: str, make: Made, *, spacing: float, refinement: int) -> AnatomySource:
    """Return a body that was built before, or the one that `make` builds.

    It counts as the same while its name, cells, the tables and the code that makes bodies are. A folder
    that cannot be written to, or a damaged file in it, costs time and nothing else.
    """
    parts = {"name": name, "spacing": spacing, "refinement": refinement, "tables": tables.digest(),
             "code": _code()}  # fmt: skip
    return _kept(digest(parts)[:_DIGITS], skin_group, make)


_SOURCES: dict[str, AnatomySource] = {}
#: Bodies held in memory: a face at 1 mm takes about 150 MB.
_HELD = 3


def _kept(key: str, skin_group: str, make: Made) -> AnatomySource:
    if key in _SOURCES:
        return _SOURCES[key]
    folder = cache_folder()
    path = None if folder is None else folder / f"{key}{_ENDING}"
    source = None
    if path is not None and path.is_file():
        with contextlib.suppress(InputError):
            source = read_body_file(path)
    if source is None:
        body, anatomy = make()
        source = AnatomySource(body=body, anatomy=anatomy, skin_group=skin_group)
        if path is not None:
            with contextlib.suppress(OSError, InputError):
                path.parent.mkdir(parents=True, exist_ok=True)
                write_body_file(source, path, overwrite=True)
    while len(_SOURCES) >= _HELD:
        _SOURCES.pop(next(iter(_SOURCES)))
    _SOURCES[key] = source
    return source


@lru_cache(maxsize=1)
def _code() -> str:
    """Digest of the code that makes bodies."""
    root = Path(str(microcurrent.__file__)).parent
    found = hashlib.sha256()
    for part in _MAKERS:
        for path in sorted((root / part).rglob("*.py")):
            found.update(path.relative_to(root).as_posix().encode())
            found.update(path.read_bytes())
    return found.hexdigest()
