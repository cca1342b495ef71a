"""HDF5: named arrays with attributes as one file, the same bytes for the same content, and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from microcurrent.errors import BodyError, Problem

Attributes = Mapping[str, Mapping[str, str | int]]

#: Smaller arrays are stored as they are: packed they would not be smaller.
_PACKED = 4096
#: Longest edge of a chunk, so that a part of a large array can be read without all of it.
_CHUNK = 64
#: Effort of gzip, 1 to 9; above 4 the files hardly shrink.
_EFFORT = 4
#: A file that unpacks to more bytes than this does not fit the memory of common computers.
_MOST = 8_000_000_000
#: What h5py raises for damaged files.
_DAMAGE = (OSError, RuntimeError, KeyError, ValueError, TypeError)


@dataclass(frozen=True, kw_only=True, eq=False)
class Contents:
    """`arrays` by path; `attributes` by the path of an array or group, "/" for the file itself."""

    arrays: Mapping[str, npt.NDArray[np.generic]]
    attributes: Attributes

    def digest(self) -> str:
        """Return the SHA-256 of all arrays and attributes but `digest` itself, 64 hexadecimal digits."""
        found = hashlib.sha256()
        for path in sorted(self.attributes):
            own = {key: value for key, value in self.attributes[path].items() if key != "digest"}
            if own:
                found.update(f"{path} {json.dumps(own, sort_keys=True)}\n".encode())
        for path in sorted(self.arrays):
            array = np.asarray(self.arrays[path])
            array = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).reshape(array.shape)
            found.update(f"{path} {array.dtype.str} {list(array.shape)}\n".encode())
            found.update(array.reshape(-1).view(np.uint8).data)
        return found.hexdigest()


def write_hdf5(contents: Contents, path: Path) -> None:
    """Write arrays, attributes and the digest of all of them into a new file."""
    with h5py.File(path, "w", track_order=False) as file:
        for name, array in contents.arrays.items():
            _write_array(file, name, np.asarray(array))
        for name, attributes in contents.attributes.items():
            for key, value in attributes.items():
                file[name].attrs[key] = value
        file.attrs["digest"] = contents.digest()


def _write_array(file: Any, name: str, array: npt.NDArray[np.generic]) -> None:
    options: dict[str, Any] = {"track_times": False}
    if array.nbytes >= _PACKED and array.ndim:
        chunks = tuple(min(length, _CHUNK if array.ndim > 2 else _PACKED) for length in array.shape)
        options |= {"chunks": chunks, "compression": "gzip", "compression_opts": _EFFORT, "shuffle": True}
    if array.dtype.kind == "S":
        text = h5py.string_dtype("utf-8", array.dtype.itemsize)
        file.create_dataset(name, data=array.astype(text), dtype=text, **options)
    else:
        file.create_dataset(name, data=array, **options)


def read_hdf5(path: Path, *, format: str, layout: int) -> Contents:
    """Return what a file holds.

    Raises `BodyError` where there is no such file, it is no HDF5, of another `format` or `layout`,
    damaged or too large. The digest is not checked here.
    """
    file = str(path)
    if not path.is_file():
        what = "this is a folder" if path.is_dir() else "there is no such file"
        raise BodyError(
            Problem(what=what, expected="a body file (.body.h5)", file=file, advice="Check the name")
        )
    try:
        if not h5py.is_hdf5(path):
            came = "an empty file" if path.stat().st_size == 0 else "another kind of file"
            raise BodyError(
                Problem(what="not a body file", expected="HDF5, as `microcurrent body build` writes it",
                        came=came, file=file, advice="Check the name, or build the body again")
            )  # fmt: skip
        with h5py.File(path, "r") as opened:
            _check_version(opened, file, format, layout)
            return _walk(opened, file)
    except _DAMAGE as trouble:
        reason = " ".join(str(trouble).split())[:160] or type(trouble).__name__
        raise BodyError(
            Problem(what=f"the file is damaged or cut short ({reason})", expected="a whole body file",
                    file=file, advice="Copy it again, or build the body again")
        ) from trouble  # fmt: skip


def _check_version(opened: Any, file: str, format: str, layout: int) -> None:
    came = opened.attrs.get("format")
    if not isinstance(came, str) or came != format:
        raise BodyError(
            Problem(what="an HDF5 file, but not a body", expected=f'the attribute format = "{format}"',
                    came="none" if came is None else f'"{came}"', file=file, advice="Check the name")
        )  # fmt: skip
    version = opened.attrs.get("layout")
    if not isinstance(version, np.integer | int) or int(version) != layout:
        raise BodyError(
            Problem(what="a body file of another layout", expected=f"layout {layout}", came=f"{version}",
                    file=file, advice="Build the body again with this version of microcurrent")
        )  # fmt: skip


def _walk(opened: Any, file: str) -> Contents:
    """Everything in the file itself: links to other files are not followed."""
    arrays: dict[str, Any] = {}
    attributes: dict[str, dict[str, str | int]] = {"/": _plain(opened.attrs)}

    def visit(name: str, item: Any) -> None:
        attributes[name] = _plain(item.attrs)
        if isinstance(item, h5py.Dataset):
            if item.is_virtual or item.external:
                raise ValueError(f"{name} lies in another file")
            arrays[name] = item

    opened.visititems(visit)
    size = sum(item.size * item.dtype.itemsize for item in arrays.values())
    if size > _MOST:
        raise BodyError(
            Problem(what="the body file is too large", expected=f"at most {_MOST / 1e9:g} GB unpacked",
                    came=f"{size / 1e9:.3g} GB", file=file, advice="Build the body with wider cells")
        )  # fmt: skip
    read = {name: np.asarray(item[()]) for name, item in arrays.items()}
    return Contents(arrays=read, attributes=attributes)


def _plain(attributes: Any) -> dict[str, str | int]:
    plain: dict[str, str | int] = {}
    for key, value in attributes.items():
        if isinstance(value, str):
            plain[key] = value
        elif isinstance(value, np.integer):
            plain[key] = int(value)
        else:
            raise ValueError(f"the attribute {key} is neither text nor a whole number")
    return plain
