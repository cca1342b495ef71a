"""The body file: a body, its arrays and its names as one HDF5 file, `NAME.body.h5`.

The layout is in `docs/reference/body-file.md`. The same body gives the same bytes: nothing in the file
tells when or where it was written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from microcurrent.errors import BodyError, InputError, Problem
from microcurrent.model.body import Body
from microcurrent.model.digest import canonical
from microcurrent.model.restore import restore
from microcurrent.physics.bodies.anatomy import Anatomy, Kind, MuscleSheet
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.conduction.grid import Floats, Grid
from microcurrent.planning.bodies.anatomy import AnatomySource
from microcurrent.planning.bodies.hdf5 import Contents, read_hdf5, write_hdf5
from microcurrent.planning.files import write_through

#: Endings of body files.
BODY_FILES = (".h5", ".hdf5")
#: What the attribute `format` of a body file says.
FORMAT = "microcurrent body"
#: The version of the layout that is written, and the only one that is read.
LAYOUT = 1

_AXES = "RAS: x to the person's right, y to the front, z up"
_NEEDED = (
    "body", "grid/x", "grid/y", "grid/z", "tissue/kinds", "tissue/names", "tissue/fibres", "skin/vertices",
    "skin/triangles", "skin/layers", "skin/thickness", "muscles/names",
)  # fmt: skip
_WORDS = {
    "body": "names, places, muscles, nerves, zones, provenance and guesses, as JSON",
    "grid/x": "edges of the cells to the right",
    "grid/y": "edges of the cells to the front",
    "grid/z": "edges of the cells upward",
    "tissue/kinds": "kind of every sub-voxel along x, y, z: 0 air, else a row of names, from 1",
    "tissue/names": "tissue of every kind",
    "tissue/fibres": "unit vector along the fibres of every kind, not-a-number where it has none",
    "tissue/muscles": "muscle that has most of a cell: 0 none, else a row of muscles/names, from 1",
    "skin/vertices": "corners of the skin",
    "skin/triangles": "corners of each triangle, from 0, against the clock seen from outside",
    "skin/layers": "names of the rows of thickness",
    "skin/thickness": "thickness of each layer below every corner, not-a-number where there is none",
    "muscles/names": "names of the muscles, in the order of their numbers",
    "points": "middle surface: places along each fibre, fibres, x y z",
    "thickness": "thickness of the sheet there",
}
_METRES = ("x", "y", "z", "vertices", "points", "thickness")


def write_body_file(source: AnatomySource, path: Path, *, overwrite: bool = False) -> Path:
    """Write a body into one file; return its path.

    Raises `InputError` where the ending is another, the file is there already or cannot be written;
    nothing is left behind then.
    """
    check_name(path)
    contents = contents_of(source)
    return write_through(path, lambda partial: write_hdf5(contents, partial), overwrite=overwrite)


def check_name(path: Path) -> None:
    """Refuse a name that `read_body` would not take for that of a body file."""
    if not path.name.lower().endswith(BODY_FILES):
        raise InputError(
            Problem(what="not the name of a body file", expected="a name ending in .body.h5",
                    came=path.name, file=str(path))
        )  # fmt: skip


def read_body_file(path: Path) -> AnatomySource:
    """Return the body in a file.

    Raises `BodyError` where there is no such file, it is no body file, damaged, of another layout,
    changed since it was written, or where its parts do not fit together.
    """
    contents = read_hdf5(path, format=FORMAT, layout=LAYOUT)
    missing = [name for name in _NEEDED if name not in contents.arrays]
    if missing:
        raise _refused(path, "the body file is incomplete", "no " + ", ".join(missing))
    if contents.attributes["/"].get("digest") != contents.digest():
        raise _refused(path, "the content is not what was written", "another digest")
    try:
        return _restored(contents)
    except InputError as trouble:
        raise _refused(path, "the parts of the file do not fit together", str(trouble)) from trouble
    except (TypeError, ValueError, KeyError, IndexError) as trouble:
        reason = f"{type(trouble).__name__}: {trouble}"[:160]
        raise _refused(path, "the parts of the file do not fit together", reason) from trouble


def contents_of(source: AnatomySource) -> Contents:
    """Return everything about a body as arrays and attributes by the names of the layout."""
    anatomy, skin = source.anatomy, source.anatomy.skin
    arrays: dict[str, npt.NDArray[np.generic]] = {
        "body": np.array(canonical(source.body).encode()),
        **{f"grid/{axis}": edges for axis, edges in zip("xyz", anatomy.grid.edges, strict=True)},
        "tissue/kinds": anatomy.kinds,
        "tissue/names": _words([kind.tissue for kind in anatomy.table]),
        "tissue/fibres": np.array([kind.fibres or (np.nan,) * 3 for kind in anatomy.table], dtype=float),
        "skin/vertices": skin.vertices,
        "skin/triangles": skin.triangles,
        "skin/layers": _words(list(anatomy.thickness)),
        "skin/thickness": np.array(list(anatomy.thickness.values()), dtype=float).reshape(
            len(anatomy.thickness), len(skin.vertices)
        ),
        "muscles/names": _words([muscle.name for muscle in anatomy.muscles]),
    }
    attributes: dict[str, dict[str, str | int]] = {
        "/": {"format": FORMAT, "layout": LAYOUT, "axes": _AXES, "skin_group": source.skin_group},
        "tissue": {"refinement": anatomy.refinement},
    }
    if anatomy.parts is not None:
        arrays["tissue/muscles"] = anatomy.parts
    for number, muscle in enumerate(anatomy.muscles, start=1):
        group = f"muscles/{number:03d}"
        arrays[f"{group}/points"] = np.asarray(muscle.points, dtype=float)
        arrays[f"{group}/thickness"] = np.asarray(muscle.thickness, dtype=float)
        attributes[group] = {name: getattr(muscle, name) for name in ("name", "side", "tissue", "source")}
    for name in arrays:
        attributes[name] = _about(name)
    return Contents(arrays=arrays, attributes=attributes)


def _about(name: str) -> dict[str, str | int]:
    last = name.rsplit("/", maxsplit=1)[-1]
    about: dict[str, str | int] = {"description": _WORDS.get(name) or _WORDS[last]}
    if last in _METRES:
        about["units"] = "m"
    return about


def _restored(contents: Contents) -> AnatomySource:
    arrays, attributes = contents.arrays, contents.attributes
    layers = _texts(arrays["skin/layers"])
    thickness = dict(zip(layers, _floats(arrays["skin/thickness"]), strict=True))
    anatomy = Anatomy(
        grid=Grid(**{axis: _floats(arrays[f"grid/{axis}"]) for axis in "xyz"}),
        refinement=int(attributes["tissue"]["refinement"]),
        kinds=_bytes(arrays["tissue/kinds"]),
        table=_table(arrays),
        skin=SkinMesh(
            vertices=_floats(arrays["skin/vertices"]), triangles=_corners(arrays["skin/triangles"])
        ),
        parts=_bytes(arrays["tissue/muscles"]) if "tissue/muscles" in arrays else None,
        muscles=_muscles(contents),
        thickness=thickness,
    )
    body = restore(Body, json.loads(_texts(arrays["body"].reshape(1))[0]))
    return AnatomySource(body=body, anatomy=anatomy, skin_group=str(attributes["/"]["skin_group"]))


def _table(arrays: Mapping[str, npt.NDArray[np.generic]]) -> tuple[Kind, ...]:
    rows = zip(_texts(arrays["tissue/names"]), _floats(arrays["tissue/fibres"]), strict=True)
    return tuple(
        Kind(
            tissue=tissue,
            fibres=None if np.isnan(row).any() else (float(row[0]), float(row[1]), float(row[2])),
        )
        for tissue, row in rows
    )


def _muscles(contents: Contents) -> tuple[MuscleSheet, ...]:
    muscles = []
    for number, name in enumerate(_texts(contents.arrays["muscles/names"]), start=1):
        group = f"muscles/{number:03d}"
        about = {key: str(contents.attributes[group][key]) for key in ("side", "tissue", "source")}
        points = _floats(contents.arrays[f"{group}/points"])
        thickness = _floats(contents.arrays[f"{group}/thickness"])
        if points.shape != (*thickness.shape, 3) or thickness.ndim != 2:
            raise ValueError(f"{group}: points {points.shape}, thickness {thickness.shape}")
        muscles.append(MuscleSheet(name=name, points=points, thickness=thickness, **about))
    return tuple(muscles)


def _words(words: list[str]) -> npt.NDArray[np.generic]:
    return np.array([word.encode() for word in words], dtype=bytes if words else "S1")


def _texts(array: npt.NDArray[np.generic]) -> list[str]:
    if array.dtype.kind != "S":
        raise ValueError(f"{array.dtype} instead of text")
    return [bytes(word).decode() for word in array]


def _floats(array: npt.NDArray[np.generic]) -> Floats:
    return np.asarray(array, dtype=float)


def _bytes(array: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
    if array.dtype != np.uint8:
        raise ValueError(f"{array.dtype} instead of bytes")
    return np.asarray(array, dtype=np.uint8)


def _corners(array: npt.NDArray[np.generic]) -> npt.NDArray[np.int32]:
    if array.dtype != np.int32:
        raise ValueError(f"{array.dtype} instead of whole numbers of 32 bits")
    return np.asarray(array, dtype=np.int32)


def _refused(path: Path, what: str, came: str) -> BodyError:
    return BodyError(
        Problem(what=what, expected=f"a body file of layout {LAYOUT}, as it was written", came=came,
                file=str(path), advice="Copy it again, or build it again: microcurrent body build")
    )  # fmt: skip
