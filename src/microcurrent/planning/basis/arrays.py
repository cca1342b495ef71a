"""Arrays: nouns full of arrays to files of one array each, and back."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from scipy import sparse

from microcurrent.errors import Problem, RecordError

Noun = TypeVar("Noun")
Array = npt.NDArray[Any]

#: The file with what is no array: numbers, names of mappings.
_PLAIN = "plain.json"
#: Arrays from this many bytes on are mapped rather than read.
_MAPPED = 1 << 20


def write_noun(noun: Any, folder: Path) -> None:
    """Write every array of a dataclass, and of those within it, into the new `folder`.

    All is there or nothing: it is written beside and renamed. Fields may be arrays, sparse matrices,
    numbers, dataclasses, and mappings from names to dataclasses.
    """
    beside = emptied(folder.with_name(f"{folder.name}.new"))
    plain: dict[str, Any] = {}
    for name, array in _flat(noun, "", plain):
        np.save(beside / f"{name}.npy", array, allow_pickle=False)
    (beside / _PLAIN).write_text(json.dumps(plain, indent=1), encoding="utf-8")
    settle(beside)
    beside.rename(folder)


def emptied(folder: Path) -> Path:
    """Return `folder`, new and empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def settle(folder: Path) -> None:
    """Return once all that stands in `folder` is on the disk."""
    for path in (*folder.iterdir(), folder):
        number = os.open(path, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _flat(noun: Any, prefix: str, plain: dict[str, Any]) -> typing.Iterator[tuple[str, Array]]:
    for entry in dataclasses.fields(noun):
        name, value = f"{prefix}{entry.name}", getattr(noun, entry.name)
        if isinstance(value, np.ndarray):
            yield name, value
        elif isinstance(value, sparse.csr_array):
            plain[name] = list(value.shape)
            for part in ("data", "indices", "indptr"):
                yield f"{name}.{part}", getattr(value, part)
        elif isinstance(value, Mapping):
            plain[name] = list(value)
            for number, one in enumerate(value.values()):
                yield from _flat(one, f"{name}.{number}.", plain)
        elif dataclasses.is_dataclass(value):
            yield from _flat(value, f"{name}.", plain)
        else:
            plain[name] = value


def read_noun(kind: type[Noun], folder: Path) -> Noun:
    """Return the dataclass `kind` that `write_noun` wrote; large arrays stay on disk until used.

    Raises `RecordError` where a file is missing or damaged.
    """
    try:
        plain = json.loads((folder / _PLAIN).read_text(encoding="utf-8"))
        return typing.cast(Noun, _rebuilt(kind, folder, "", plain))
    except (OSError, ValueError, KeyError) as fault:
        raise damaged(folder) from fault


def damaged(folder: Path) -> RecordError:
    """Return the error to raise for files that do not hold what they should."""
    problem = Problem(
        what="the files of a basis are damaged",
        came="a file that is missing or is not what was written",
        advice="Delete the folder; the basis is made again when it is next wanted",
        file=str(folder),
    )
    return RecordError(str(problem))


def read_array(path: Path) -> Array:
    """Return the array in a file, mapped for reading where it is large."""
    large = path.stat().st_size >= _MAPPED
    return np.asarray(np.load(path, mmap_mode="r" if large else None, allow_pickle=False))


def _rebuilt(kind: Any, folder: Path, prefix: str, plain: Mapping[str, Any]) -> Any:
    hints = typing.get_type_hints(kind)
    values: dict[str, Any] = {}
    for entry in dataclasses.fields(kind):
        name, hint = f"{prefix}{entry.name}", hints[entry.name]
        if hint is sparse.csr_array:
            parts = [read_array(folder / f"{name}.{part}.npy") for part in ("data", "indices", "indptr")]
            values[entry.name] = sparse.csr_array(tuple(parts), shape=tuple(plain[name]))
        elif dataclasses.is_dataclass(hint):
            values[entry.name] = _rebuilt(hint, folder, f"{name}.", plain)
        elif typing.get_origin(hint) is Mapping:
            inner = typing.get_args(hint)[1]
            values[entry.name] = {
                key: _rebuilt(inner, folder, f"{name}.{number}.", plain)
                for number, key in enumerate(plain[name])
            }
        elif name in plain:
            values[entry.name] = plain[name]
        else:
            values[entry.name] = read_array(folder / f"{name}.npy")
    return kind(**values)


def reserve(shapes: Mapping[str, tuple[tuple[int, ...], type]], folder: Path) -> None:
    """Make the new `folder` with one file for each array of `shapes`, its room on the disk taken.

    A mapped file whose room is not taken would kill the program when the disk is full. Raises
    `OSError` where there is none.
    """
    beside = emptied(folder.with_name(f"{folder.name}.new"))
    for name, (shape, kind) in shapes.items():
        path = beside / f"{name}.npy"
        np.lib.format.open_memmap(path, mode="w+", dtype=kind, shape=shape)
        number = os.open(path, os.O_RDWR)
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(number, 0, path.stat().st_size)
        finally:
            os.close(number)
    settle(beside)
    beside.rename(folder)


def mapped(shapes: Mapping[str, tuple[tuple[int, ...], type]], folder: Path) -> dict[str, Any]:
    """Return the arrays that `reserve` made, mapped for writing."""
    return {name: np.load(folder / f"{name}.npy", mmap_mode="r+", allow_pickle=False) for name in shapes}
