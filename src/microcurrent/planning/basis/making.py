"""Making: the basis of a body from its folder, made there first where it is missing.

A basis is made in the folder ``<digest>.part``: `layout`, then `arrays` at their full size, then one
file in `done` for every step whose columns are on the disk, then `derived`; at last the folder is renamed
to ``<digest>``. Whatever kills the program, what is marked as done is whole, and the rest is made again.
"""

from __future__ import annotations

import errno
import fcntl
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.bodies.volume import Volume
from microcurrent.physics.conduction.assembly import diagonal_conductivity
from microcurrent.physics.conduction.basis.building import (
    Derived,
    assemble,
    derive,
    fill_patches,
    fill_rests,
    weights_of,
)
from microcurrent.physics.conduction.basis.layout import Layout, layout_of, vicinity
from microcurrent.physics.conduction.basis.patches import within
from microcurrent.physics.conduction.basis.responses import Solver
from microcurrent.physics.conduction.basis.surface_basis import SurfaceBasis
from microcurrent.physics.conduction.contact import Mask
from microcurrent.physics.conduction.fractions import MixedCells
from microcurrent.physics.conduction.grid import Floats, Grid
from microcurrent.planning.basis.arrays import (
    damaged,
    mapped,
    read_array,
    read_noun,
    reserve,
    settle,
    write_noun,
)
from microcurrent.planning.basis.bulk import bulk_solver
from microcurrent.planning.basis.request import METHOD, BasisRequest, name_of
from microcurrent.planning.basis.room import check_room, room_for
from microcurrent.planning.basis.volumes import even_volume
from microcurrent.planning.bodies.source import BodySource

Values = Mapping[str, float | Sequence[float]]
#: Makes a solver for a grid and a conductivity (nx, ny, nz, 3) [S/m], or mixed cells.
Solvers = Callable[[Grid, Floats | MixedCells], Solver]

_ABOUT = "about.json"


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far the making is: steps `done` of `total`, and the time `left` [s], None at first."""

    done: int
    total: int
    left: float | None


def surface_basis(
    source: BodySource,
    values: Values,
    request: BasisRequest,
    *,
    folder: Path,
    solver: Solvers = bulk_solver,
    progress: Callable[[Progress], None] | None = None,
) -> SurfaceBasis:
    """Return the surface basis of a body, from `folder` where it is there, made otherwise.

    `values`: conductivity [S/m] of every tissue, as `Volume.conductivity` takes it; `solver` makes what
    solves the bulk, the engine by default; `progress` is called before the first step and after each. A
    kill at any time loses the step that was under way and no other. Raises `ValueRefused` where memory or
    disk will not do, with an estimate, and where another program is making the same basis; `RecordError`
    for damaged files; and whatever the solver raises.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = name_of(source, values, request)
    if not (folder / name).is_dir():
        with _alone(folder / f"{name}.lock"):
            if not (folder / name).is_dir():
                part = folder / f"{name}.part"
                part.mkdir(exist_ok=True)
                with _full_disk_told(part):
                    _make(source, values, request, part=part, solver=solver, progress=progress or _silent)
                part.rename(folder / name)
    return open_basis(folder / name)


def open_basis(folder: Path) -> SurfaceBasis:
    """Return the basis in a folder that `surface_basis` finished; its large arrays stay on disk.

    Raises `RecordError` where files are missing or damaged.
    """
    layout = read_noun(Layout, folder / "layout")
    derived = read_noun(Derived, folder / "derived")
    try:
        arrays = {name: read_array(folder / "arrays" / f"{name}.npy") for name in layout.shapes}
    except (OSError, ValueError) as fault:
        raise damaged(folder) from fault
    for name, (shape, kind) in layout.shapes.items():
        if arrays[name].shape != shape or arrays[name].dtype != kind:
            raise damaged(folder)
    return assemble(layout, arrays, derived)


def method_of(folder: Path) -> int:
    """Return the method, see `request.METHOD`, that made the basis in a finished folder.

    Raises `RecordError` where that is not told.
    """
    try:
        return int(json.loads((folder / _ABOUT).read_text(encoding="utf-8"))["method"])
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise damaged(folder) from fault


def _make(
    source: BodySource,
    values: Values,
    request: BasisRequest,
    *,
    part: Path,
    solver: Solvers,
    progress: Callable[[Progress], None],
) -> None:
    volume = even_volume(source, request.spacing)
    needed = {tissue: values[tissue] for tissue in volume.tissues if tissue in values}
    sigma = volume.conduction(needed)
    if not isinstance(sigma, MixedCells):
        sigma = diagonal_conductivity(volume.grid, sigma)
    if not (part / "layout").is_dir():
        write_noun(_layout(volume, sigma, request), part / "layout")
    layout = read_noun(Layout, part / "layout")
    if not (part / "arrays").is_dir():
        cells = int(volume.conducting.sum())
        check_room(room_for(layout, grid_cells=volume.labels.size, unknowns=cells), part)
        reserve(layout.shapes, part / "arrays")
    arrays = mapped(layout.shapes, part / "arrays")
    marks = _Marks(part / "done", progress)
    marks.tell(layout.steps)
    _solve_patches(layout, lambda: solver(volume.grid, sigma), arrays, marks)
    weights = weights_of(layout, arrays)
    # The first solver is given back by now: there is memory for one.
    near = vicinity(layout, volume.grid, sigma)
    _solve_rests(layout, lambda: solver(volume.grid, near), arrays, marks, weights=weights)
    if not (part / "derived").is_dir():
        write_noun(derive(layout, arrays, weights), part / "derived")
    about = {
        "method": METHOD, "body": source.body.name, "steps": layout.steps,
        "reciprocity": read_noun(Derived, part / "derived").reciprocity,
    }  # fmt: skip
    (part / _ABOUT).write_text(json.dumps(about, indent=1), encoding="utf-8")
    settle(part)


def _layout(volume: Volume, sigma: Floats | MixedCells, request: BasisRequest) -> Layout:
    faces = volume.surface()
    chosen: Mask | None = None
    for region in request.regions:
        inside = within(faces, region.centre, region.radius)
        chosen = inside if chosen is None else chosen | inside
    missing = [tissue for tissue in request.tissues if tissue not in volume.tissues]
    if missing:
        raise ValueRefused(
            Problem(
                what="tissues of a basis",
                expected="some of " + ", ".join(volume.tissues),
                came=", ".join(missing),
            )
        )
    masks = {tissue: volume.labels == volume.tissues.index(tissue) for tissue in request.tissues}
    return layout_of(volume.grid, sigma, faces, tissues=masks, region=chosen, choice=request.choice)


class _Marks:
    """The steps that are done, one file each, and the telling of progress."""

    def __init__(self, folder: Path, progress: Callable[[Progress], None]) -> None:
        folder.mkdir(exist_ok=True)
        self._folder, self._tell = folder, progress
        self._start, self._now = time.monotonic(), 0

    def left(self, steps: range) -> list[int]:
        """Return the steps that are still to be done."""
        return [step for step in steps if not (self._folder / f"{step}").exists()]

    def tell(self, total: int) -> None:
        """Tell how far things are."""
        left = len(self.left(range(total)))
        each = (time.monotonic() - self._start) / self._now if self._now else None
        self._tell(Progress(done=total - left, total=total, left=0.0 if not left else each and each * left))

    def add(self, step: int, total: int) -> None:
        """Mark a step as done and tell."""
        (self._folder / f"{step}").touch()
        self._now += 1
        self.tell(total)


def _solve_patches(
    layout: Layout, solver: Callable[[], Solver], arrays: dict[str, Any], marks: _Marks
) -> None:
    """Do the steps of the patches that are not done yet; mark each once it is on the disk."""
    left = marks.left(range(layout.patch_steps))
    if not left:
        return
    engine = solver()
    for step in left:
        fill_patches(layout, engine, step, arrays=arrays)
        _flushed(arrays)
        marks.add(step, layout.steps)


def _solve_rests(
    layout: Layout,
    solver: Callable[[], Solver],
    arrays: dict[str, Any],
    marks: _Marks,
    *,
    weights: sparse.csr_array,
) -> None:
    """Do the steps of the rests that are not done yet; mark each once it is on the disk."""
    left = marks.left(range(layout.patch_steps, layout.steps))
    if not left:
        return
    engine = solver()
    for step in left:
        fill_rests(layout, engine, step, arrays=arrays, weights=weights)
        _flushed(arrays)
        marks.add(step, layout.steps)


def _flushed(arrays: Mapping[str, Any]) -> None:
    for array in arrays.values():
        if isinstance(array, np.memmap):
            array.flush()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock that the system takes back when the program ends, however it ends."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as held:
            raise ValueRefused(
                Problem(
                    what="another program is making this basis",
                    came=f"a lock on {path}",
                    advice="Wait until it is done",
                )
            ) from held
        yield


@contextmanager
def _full_disk_told(part: Path) -> Iterator[None]:
    """Turn the system's error on a full disk into one that says what to do."""
    try:
        yield
    except OSError as fault:
        if fault.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise ValueRefused(
            Problem(
                what="the disk is full",
                came=f"no room left for {part}",
                advice="Make room and start again; what is done is kept",
            )
        ) from fault


def _silent(progress: Progress) -> None:
    """Say nothing."""
