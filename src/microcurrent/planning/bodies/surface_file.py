"""The triangles in an .obj, .stl, .ply or .glb file."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import trimesh

from microcurrent.errors import BodyError, Problem
from microcurrent.physics.conduction.grid import Floats

#: Endings of the files that are read.
SURFACE_FILES = (".obj", ".stl", ".ply", ".glb")
#: Larger files [byte] are refused before they are opened: a scan of a face as text with textures left out
#: has 50 MB at most.
LARGEST_FILE = 200_000_000
#: More triangles than this only repeat what a grid of a millimetre can hold.
MOST_TRIANGLES = 2_000_000
#: Fewer triangles make no face.
FEWEST_TRIANGLES = 200
#: What reading a damaged file can raise: each format its own.
_DAMAGE = (
    ValueError, KeyError, IndexError, TypeError, AttributeError, OSError, EOFError, NameError,
    NotImplementedError, struct.error, json.JSONDecodeError, UnicodeError, OverflowError, ZeroDivisionError,
    RecursionError, MemoryError,
)  # fmt: skip
#: A text file that ends in the middle of a line was cut short.
_TEXT_ENDS = (b"\n", b"\r")


@dataclass(frozen=True, kw_only=True, eq=False)
class SurfaceFile:
    """`vertices` (V, 3) in the unit of the file, `triangles` (T, 3); `parts`: how many meshes it held."""

    vertices: Floats
    triangles: npt.NDArray[np.int64]
    parts: int


def read_surface(path: Path) -> SurfaceFile:
    """Return the triangles in a file, all its meshes as one, each where its scene places it.

    Raises `BodyError` where there is no such file, its ending is none of `SURFACE_FILES`, it is empty,
    too large, damaged or cut short, has no triangles, too few or too many, or a coordinate that is no
    number.
    """
    file, ending = str(path), path.suffix.lower()
    _refuse_by_name(path, file, ending)
    size = path.stat().st_size
    if size == 0:
        raise _refused(file, "the file is empty", "a mesh", "0 bytes", "Export the scan again")
    if size > LARGEST_FILE:
        raise _refused(
            file, "the file is too large", f"at most {LARGEST_FILE / 1e6:.0f} MB", f"{size / 1e6:.0f} MB",
            "Reduce the mesh to half a million triangles, and leave textures out",
        )  # fmt: skip
    _refuse_cut_short(path, file, ending, size)
    try:
        # Vertices are merged later, so that it can be counted; materials and pictures are not wanted.
        loaded = trimesh.load_scene(path, process=False, skip_materials=True)
        parts = [part for part in loaded.dump() if isinstance(part, trimesh.Trimesh) and len(part.faces)]
    except _DAMAGE as trouble:
        raise _damaged(file, ending, trouble) from trouble
    if not parts:
        raise _refused(
            file, "the file has no triangles", "a surface made of triangles", _what_came(loaded),
            "Export the mesh, not the points or lines of the scan",
        )  # fmt: skip
    starts = np.cumsum([0, *(len(part.vertices) for part in parts)])
    vertices = np.concatenate([np.asarray(part.vertices, dtype=float) for part in parts])
    triangles = np.concatenate(
        [np.asarray(part.faces, dtype=np.int64) + start for part, start in zip(parts, starts, strict=False)]
    )
    _refuse_bad(file, vertices, triangles)
    return SurfaceFile(vertices=vertices, triangles=triangles, parts=len(parts))


def _refused(file: str, what: str, expected: str, came: str, advice: str = "") -> BodyError:
    return BodyError(Problem(what=what, expected=expected, came=came, advice=advice, file=file))


def _damaged(file: str, ending: str, trouble: Exception) -> BodyError:
    reason = " ".join(str(trouble).split()) or type(trouble).__name__
    return _refused(
        file, f"the file is damaged, cut short or something else ({reason[:120]})",
        f"the content of a {ending} file", "something else", "Copy or export it again",
    )  # fmt: skip


def _refuse_by_name(path: Path, file: str, ending: str) -> None:
    expected = "a file ending in " + ", ".join(SURFACE_FILES)
    if path.is_dir():
        raise _refused(file, "this is a folder", expected, "a folder", "Name the file in it")
    if not path.is_file():
        raise _refused(
            file,
            "there is no such file",
            expected,
            "nothing",
            "Check the name; it starts from the folder of the plan",
        )
    if ending not in SURFACE_FILES:
        raise _refused(
            file, "unknown kind of surface file", expected, f"{ending!r}" if ending else "no ending",
            "Export the scan as .ply or .stl",
        )  # fmt: skip


def _refuse_cut_short(path: Path, file: str, ending: str, size: int) -> None:
    """A file says how long it is, or ends its last line; readers overlook that it does not."""
    with path.open("rb") as stream:
        head = stream.read(84)
        stream.seek(max(0, size - 80))
        tail = stream.read()
    expected, came = "", ""
    if ending == ".stl" and not (head[:5] == b"solid" and b"endsolid" in tail):
        if head[:5] == b"solid" and b"\0" not in head and b"facet" in head:
            expected, came = '"endsolid" at its end', "none"
        elif size < 84:
            expected, came = "at least 84 bytes", f"{size}"
        elif (wanted := 84 + 50 * struct.unpack("<I", head[80:84])[0]) != size:
            expected, came = f"{wanted} bytes as its head says", f"{size}"
    elif ending == ".glb" and head[:4] == b"glTF" and len(head) >= 12:
        wanted = struct.unpack("<I", head[8:12])[0]
        if wanted != size:
            expected, came = f"{wanted} bytes as its head says", f"{size}"
    elif ending == ".obj" and not tail.endswith(_TEXT_ENDS) and len(tail.split(b"\n")[-1].split()) < 4:
        expected, came = "a whole last line", repr(tail.split(b"\n")[-1][:40].decode("latin-1"))
    if expected:
        raise _refused(file, "the file is damaged or cut short", expected, came, "Copy or export it again")


def _what_came(scene: trimesh.Scene) -> str:
    held = sorted({type(part).__name__ for part in scene.geometry.values()})
    return ", ".join(held) if held else "nothing"


def _refuse_bad(file: str, vertices: Floats, triangles: npt.NDArray[np.int64]) -> None:
    if triangles.min() < 0 or triangles.max() >= len(vertices):
        raise _refused(
            file, "the file is damaged: triangles of vertices that are not there",
            f"numbers up to {len(vertices) - 1}", f"{triangles.max()}", "Copy or export it again",
        )  # fmt: skip
    lost = int((~np.isfinite(vertices)).any(axis=1).sum())
    if lost:
        raise _refused(
            file, "vertices without a place", "finite coordinates", f"{lost} with NaN or infinity",
            "Repair the mesh in the scanner's own program, then export it again",
        )  # fmt: skip
    if not FEWEST_TRIANGLES <= len(triangles) <= MOST_TRIANGLES:
        few = len(triangles) < FEWEST_TRIANGLES
        raise _refused(
            file, "too few triangles for a face" if few else "too many triangles",
            f"{FEWEST_TRIANGLES} to {MOST_TRIANGLES}", f"{len(triangles)}",
            "Export the scan itself, not a box around it" if few else "Reduce the mesh to half a million",
        )  # fmt: skip
    if not (np.ptp(vertices, axis=0) > 0).all():
        raise _refused(
            file, "the surface is flat", "a size in all three directions",
            " x ".join(f"{side:.3g}" for side in np.ptp(vertices, axis=0)), "Export the scan again",
        )  # fmt: skip
