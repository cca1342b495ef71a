"""Measuring: how thick the layers under every place of the skin came out, along the inward normal."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.spatial import cKDTree

from microcurrent.physics.bodies.anatomy import Kind, Kinds
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.conduction.grid import Floats, Grid

kernel = njit(nogil=True, cache=True)

#: Looked at every so often along the normal [m].
_STEP = 0.1e-3
#: Nothing deeper than this [m] is looked for.
_DEEPEST = 45e-3
_WORKERS = 2
#: Tissues that count as bone.
_HARD = ("cortical bone", "cancellous bone", "tooth", "skull")


def layer_thickness(
    skin: SkinMesh, grid: Grid, kinds: Kinds, *, table: tuple[Kind, ...]
) -> dict[str, Floats]:
    """Return by name what lies below every vertex of the skin [m], (V,) each.

    "skin", "fat": thickness of the first such layer along the inward normal, 0 where there is none; "bone":
    the shortest way to bone or tooth, NaN where none lies within 45 mm.
    """
    refinement = kinds.shape[0] // grid.shape[0]
    width = float(grid.widths(0)[0]) / refinement
    corner = np.array([grid.edges[axis][0] for axis in range(3)])
    of = np.zeros(256, dtype=np.uint8)
    hard = np.zeros(256, dtype=bool)
    for number, kind in enumerate(table, 1):
        of[number] = 1 if kind.tissue == "skin" else 2 if kind.tissue == "fat" else 3
        hard[number] = kind.tissue in _HARD
    found = np.zeros((len(skin.vertices), 2))
    _measure(
        kinds, of, (skin.vertices - corner) / width, skin.normals, (_STEP / width, _DEEPEST / _STEP), found
    )
    found *= _STEP
    bone = _to_bone(skin, hard[kinds], corner, width)
    return {"skin": found[:, 0], "fat": found[:, 1], "bone": bone}


def _to_bone(skin: SkinMesh, hard: npt.NDArray[np.bool_], corner: Floats, width: float) -> Floats:
    """The shortest way [m] from every vertex to the surface of bone, (V,), NaN beyond `_DEEPEST`."""
    rind = np.zeros_like(hard)
    for axis in range(3):
        inner = np.ones_like(hard)
        middle = tuple(slice(1, -1) if k == axis else slice(None) for k in range(3))
        before = tuple(slice(None, -2) if k == axis else slice(None) for k in range(3))
        after = tuple(slice(2, None) if k == axis else slice(None) for k in range(3))
        inner[middle] = hard[before] & hard[after]
        rind |= hard & ~inner
    places = corner + width * (np.argwhere(rind) + 0.5)
    if not len(places):
        return np.full(len(skin.vertices), np.nan)
    away = cKDTree(places).query(skin.vertices, distance_upper_bound=_DEEPEST, workers=_WORKERS)[0]
    # To the near face of the sub-voxel, not to its middle.
    return np.asarray(np.where(np.isfinite(away), np.maximum(away - 0.5 * width, 0.0), np.nan))


@kernel
def _measure(kinds, of, places, normals, numbers, found):  # type: ignore[no-untyped-def]
    """Count steps in skin and in the first fat below it."""
    step, most = numbers
    for v in range(places.shape[0]):
        skin, fat, state = 0, 0, 0
        for s in range(int(most)):
            i = int(np.floor(places[v, 0] - s * step * normals[v, 0]))
            j = int(np.floor(places[v, 1] - s * step * normals[v, 1]))
            k = int(np.floor(places[v, 2] - s * step * normals[v, 2]))
            if i < 0 or j < 0 or k < 0:
                break
            if i >= kinds.shape[0] or j >= kinds.shape[1] or k >= kinds.shape[2]:
                break
            what = of[kinds[i, j, k]]
            if what == 1 and state <= 1:
                state = 1
                skin += 1
            elif what == 2 and state <= 2:
                state = 2
                fat += 1
            elif state > 0:
                break
        found[v, 0] = skin
        found[v, 1] = fat
