"""Mirroring: the right side of a body to the left."""

from __future__ import annotations

import dataclasses

import numpy as np

from microcurrent.physics.bodies.anatomy import Anatomy, Kind, MuscleSheet
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.conduction.grid import Grid

_OTHER = {"right": "left", "left": "right"}


def mirrored(anatomy: Anatomy) -> Anatomy:
    """Return the mirror image in the plane x = 0: x changes its sign, left and right their names."""
    grid, skin = anatomy.grid, anatomy.skin
    return Anatomy(
        grid=Grid(x=-grid.x[::-1], y=grid.y, z=grid.z),
        refinement=anatomy.refinement,
        kinds=np.ascontiguousarray(anatomy.kinds[::-1]),
        table=tuple(_kind(kind) for kind in anatomy.table),
        # Turned about, so that the triangles are still seen from outside.
        skin=SkinMesh(vertices=skin.vertices * [-1.0, 1.0, 1.0], triangles=skin.triangles[:, ::-1]),
        parts=None if anatomy.parts is None else np.ascontiguousarray(anatomy.parts[::-1]),
        muscles=tuple(_sheet(sheet) for sheet in anatomy.muscles),
        thickness=dict(anatomy.thickness),
    )


def _kind(kind: Kind) -> Kind:
    if kind.fibres is None:
        return kind
    x, y, z = kind.fibres
    return Kind(tissue=kind.tissue, fibres=(0.0 - x, y, z))


def _sheet(sheet: MuscleSheet) -> MuscleSheet:
    other = _OTHER.get(sheet.side, sheet.side)
    return dataclasses.replace(
        sheet,
        name=f"{sheet.name.removesuffix(sheet.side)}{other}",
        side=other,
        points=sheet.points * [-1.0, 1.0, 1.0],
    )
