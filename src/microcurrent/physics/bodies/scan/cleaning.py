"""Cleaning: triangles as a scanner leaves them, made fit for a solid, and what was done to them."""

from __future__ import annotations

from dataclasses import dataclass

import igl
import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from microcurrent.errors import BodyError, Problem
from microcurrent.physics.bodies.skin_mesh import SkinMesh, Triangles
from microcurrent.physics.conduction.grid import Floats

#: Vertices nearer than this part of the size of the scan are one. Files with six digits repeat a
#: vertex to about this.
MERGED_WITHIN = 1e-6
#: A loose piece with less than this part of the area of the largest is dust, an eyelash or a stand.
SMALLEST_PIECE = 0.02
#: Area of a triangle, as part of the square of the size of the scan, below which it has no direction.
_FLAT = 1e-13


@dataclass(frozen=True, kw_only=True, eq=False)
class Cleaned:
    """A scan after cleaning, in its own length unit.

    `skin`; numbers of `merged` vertices, `degenerate` and `repeated` triangles and loose `pieces` left
    out, with the `dropped` part [fraction] of the area; `turned`: part [fraction] of the triangles
    whose winding was turned; `open_edges`: number of edges with one triangle only; `branching_edges`:
    with more than two.
    """

    skin: SkinMesh
    merged: int
    degenerate: int
    repeated: int
    pieces: int
    dropped: float
    turned: float
    open_edges: int
    branching_edges: int


def clean(vertices: npt.ArrayLike, triangles: npt.ArrayLike) -> Cleaned:
    """Return `triangles` (T, 3) of `vertices` (V, 3) merged, without dust and wound from outside.

    Raises `BodyError` where nothing with an area is left.
    """
    points = np.asarray(vertices, dtype=float)
    faces = np.asarray(triangles, dtype=np.int64)
    size = float(np.ptp(points, axis=0).max(initial=0.0)) if len(points) else 0.0
    if size <= 0 or not len(faces):
        raise _nothing("no triangle with an area")
    points, faces, merged = _merged(points, faces, MERGED_WITHIN * size)
    before = len(faces)
    faces = faces[(_areas(points, faces) > _FLAT * size**2)]
    degenerate = before - len(faces)
    _, first = np.unique(np.sort(faces, axis=1), axis=0, return_index=True)
    repeated = len(faces) - len(first)
    faces = faces[np.sort(first)]
    if not len(faces):
        raise _nothing(f"{before} triangles, none with an area")
    faces, pieces, dropped = _without_dust(points, faces)
    wound = _wound(points, faces)
    turned = float((wound != faces).any(axis=1).mean())
    counts = _edge_counts(wound)
    kept, numbers = np.unique(wound, return_inverse=True)
    skin = SkinMesh(vertices=points[kept], triangles=numbers.reshape(-1, 3).astype(np.int32))
    return Cleaned(
        skin=skin, merged=merged, degenerate=degenerate, repeated=repeated, pieces=pieces,
        dropped=dropped, turned=turned, open_edges=int((counts == 1).sum()),
        branching_edges=int((counts > 2).sum()),
    )  # fmt: skip


def pieces_of(faces: npt.NDArray[np.integer], count: int) -> npt.NDArray[np.intp]:
    """Return the number of each triangle's piece, (T,); triangles of one piece share vertices."""
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]]])
    graph = coo_array((np.ones(len(ends), dtype=np.int8), (ends[:, 0], ends[:, 1])), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1][faces[:, 0]], dtype=np.intp)


def _nothing(came: str) -> BodyError:
    return BodyError(
        Problem(
            what="the scan has no surface",
            expected="triangles with an area",
            came=came,
            advice="Export the mesh again, not the points or lines",
        )
    )


def _areas(points: Floats, faces: npt.NDArray[np.int64]) -> Floats:
    a, b, c = (points[faces[:, k]] for k in range(3))
    return np.asarray(0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1))


def _merged(
    points: Floats, faces: npt.NDArray[np.int64], within: float
) -> tuple[Floats, npt.NDArray[np.int64], int]:
    cells = np.round((points - points.min(axis=0)) / within).astype(np.int64)
    _, first, inverse = np.unique(cells, axis=0, return_index=True, return_inverse=True)
    joined = inverse.reshape(-1)[faces]
    return points[first], joined, len(points) - len(first)


def _without_dust(points: Floats, faces: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], int, float]:
    piece = pieces_of(faces, len(points))
    area = np.bincount(piece, weights=_areas(points, faces))
    kept = area >= SMALLEST_PIECE * area.max()
    dust = (area > 0) & ~kept
    return faces[kept[piece]], int(dust.sum()), float(area[dust].sum() / area.sum())


def _edge_counts(faces: npt.NDArray[np.integer]) -> npt.NDArray[np.intp]:
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    return np.asarray(np.unique(edges, axis=0, return_counts=True)[1])


def _is_consistent(faces: npt.NDArray[np.int64]) -> bool:
    """Whether no directed edge is used by two triangles."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    return len(np.unique(edges, axis=0)) == len(edges)


def _wound(points: Floats, faces: npt.NDArray[np.int64]) -> Triangles:
    """Triangles wound alike inside each patch, and each patch so that it bulges outward.

    The side that a patch bulges to is the sign of the volume between it and its own centre of area: a
    closed surface and a mask of a face are both known by it.
    """
    if _is_consistent(faces):
        patch = pieces_of(faces, len(points))
        wound = faces.copy()
    else:
        oriented, patches = igl.bfs_orient(faces)
        wound = np.asarray(oriented, dtype=np.int64)
        patch = np.asarray(patches, dtype=np.intp).reshape(-1)
    a, b, c = (points[wound[:, k]] for k in range(3))
    crosses = np.cross(b - a, c - a)
    area = 0.5 * np.linalg.norm(crosses, axis=1)
    middle = (a + b + c) / 3
    total = np.bincount(patch, weights=area)
    sums = np.stack([np.bincount(patch, weights=area * middle[:, k]) for k in range(3)], axis=1)
    centre = sums / np.where(total > 0, total, 1.0)[:, None]
    bulge = np.bincount(patch, weights=np.einsum("td,td->t", middle - centre[patch], crosses))
    inward = bulge[patch] < 0
    wound[inward] = wound[inward][:, ::-1]
    return np.ascontiguousarray(wound).astype(np.int32)
