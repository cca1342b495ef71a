"""Room: what making a basis takes in memory and on disk, and a refusal where it is not there."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.basis.layout import Layout
from microcurrent.physics.conduction.basis.responses import BLOCK
from microcurrent.physics.conduction.engine.lanes import LANES
from microcurrent.physics.conduction.engine.memory import MANY, SOLVE, available

#: Bytes for each unknown of the solver, by the engine's own count: levels, and work for as many blocks of
#: right-hand sides as are solved at once.
_SOLVER = SOLVE + -(-BLOCK // LANES) * MANY
#: Bytes for each cell of the grid: the body as it was given, conductivities along three axes, masks, and
#: what lies between cells where there are sub-voxels.
_CELL = 160
#: Bytes of the program itself with its kernels.
_PROGRAM = 300_000_000
#: Part of what is free that must stay free.
_SPARE = 0.1
#: Bytes of one of the sparse entries between skin cells, and how many there are for each rest that
#: reaches another skin cell, with what its making takes at a time.
_ENTRY = 60


@dataclass(frozen=True, kw_only=True)
class Room:
    """Bytes wanted: `disk` for the files, `memory` while they are made."""

    disk: int
    memory: int


def room_for(layout: Layout, *, grid_cells: int, unknowns: int) -> Room:
    """Return the room that the basis of a layout needs, in bytes."""
    solver = _PROGRAM + unknowns * _SOLVER + grid_cells * _CELL
    pairs = _pairs(layout)
    resistance = 8 * layout.patches.count**2
    geometry = sum(
        stencil.neighbours.nbytes + stencil.weight.nbytes + 20 * stencil.cells.size
        for stencil in layout.stencils.values()
    )
    geometry += layout.surroundings.places.nbytes + layout.surroundings.window.nbytes
    disk = layout.nbytes + resistance + 12 * pairs + geometry
    return Room(disk=disk, memory=max(solver, pairs * _ENTRY + resistance) + geometry)


def _pairs(layout: Layout) -> int:
    """About how many pairs of skin cells have a rest between them: those within two reaches, on a plane."""
    on_skin = layout.patches.cells.size / max(layout.support.size, 1)
    return int(2 * layout.shapes["rest_codes"][0][0] * min(1.0, 4 * on_skin))


def check_room(room: Room, folder: Path, *, memory: int | None = None, disk: int | None = None) -> None:
    """Refuse where `folder` has no room for the files, or the machine no memory for the making.

    `memory` and `disk`: bytes free, asked of the machine where not given. Raises `ValueRefused` with the
    estimate.
    """
    for name, wanted, free, advice in (
        ("memory to make a basis", room.memory, available() if memory is None else memory,
         "Choose a wider spacing of the grid"),
        ("room on disk for a basis", room.disk, shutil.disk_usage(folder).free if disk is None else disk,
         "Choose fewer tissues, a smaller region or a wider spacing, or delete what the folder holds"),
    ):  # fmt: skip
        if wanted > (1 - _SPARE) * free:
            raise ValueRefused(
                Problem(
                    what=f"not enough {name}",
                    expected=f"about {wanted / 1e9:.2g} GB",
                    came=f"{free / 1e9:.2g} GB free",
                    advice=advice,
                )
            )
