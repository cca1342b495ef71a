"""Solid: inside and outside of an open or crossing surface by its winding number, and a closed skin."""

from __future__ import annotations

from dataclasses import dataclass

import igl
import numpy as np
from scipy import ndimage
from skimage.measure import marching_cubes

from microcurrent.errors import BodyError, Problem
from microcurrent.physics.bodies.scan.cleaning import pieces_of
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.conduction.grid import Floats

#: Inside is where the winding number is above this.
_LEVEL = 0.5
#: Nodes along the longest side of the coarse grid.
_COARSE = 48
#: Cells over which the field ramps where the winding number is undecided, as under a hole.
_RAMP = 10.0
#: Winding numbers this far from a whole number are undecided.
_UNDECIDED = 0.1
#: Before an open sheet the winding number falls to -0.5; only what is inside out brings it lower.
_INSIDE_OUT = -0.7
#: The least part of the box around a scan that is inside. A head has about half, a crumpled sheet none.
LEAST_INSIDE = 0.03
#: The largest part of the inside where the surface may run through itself.
MOST_CROSSING = 0.2


@dataclass(frozen=True, kw_only=True, eq=False)
class Solid:
    """A closed skin and how much had to be closed.

    `field` (nx, ny, nz): distance to the skin, negative inside, on nodes from `origin` (3,), `spacing`
    apart, all in the unit of the scan; `skin`; `open_share` [fraction] of the inside where the surface
    does not decide what is inside; `crossing_share`: where it is enclosed more than once; `closed_over`:
    part of the area of the skin that lies away from any triangle, so was closed over.
    """

    field: Floats
    origin: Floats
    spacing: float
    skin: SkinMesh
    open_share: float
    crossing_share: float
    closed_over: float


def solidify(surface: SkinMesh, *, nodes: int = 128) -> Solid:
    """Return the solid that `surface` encloses, with `nodes` along its longest side.

    The generalised winding number (Barill 2018) is 1 inside a closed surface, 0 outside, and lies between
    near a hole; its level 0.5 closes the hole smoothly. Raises `BodyError` where nothing is enclosed or
    the surface runs through itself too much.
    """
    vertices, triangles = surface.vertices, surface.triangles.astype(np.int64)
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    spacing = float((high - low).max()) / (nodes - 1)
    step = max(1, round(nodes / _COARSE))
    margin = 2 * step
    counts = np.ceil((high - low) / spacing / step).astype(int) * step + 1 + 2 * margin
    origin = (low + high) / 2 - spacing * (counts - 1) / 2
    coarse_axes = [origin[k] + spacing * np.arange(0, counts[k], step) for k in range(3)]
    winding = _winding(vertices, triangles, coarse_axes)
    open_share, crossing_share = _measured(winding, surface, coarse_axes, spacing * step)
    field = _field(surface, winding, origin, spacing, step)
    corners, faces, _, _ = marching_cubes(field, 0.0, gradient_direction="descent")  # type: ignore[no-untyped-call]
    skin = _largest(SkinMesh(vertices=corners * spacing + origin, triangles=faces))
    away = np.sqrt(igl.point_mesh_squared_distance(skin.vertices, vertices, triangles)[0])
    closed = (away > 1.5 * spacing)[skin.triangles].all(axis=1)
    return Solid(
        field=field, origin=origin, spacing=spacing, skin=skin, open_share=open_share,
        crossing_share=crossing_share,
        closed_over=float(skin.triangle_areas[closed].sum() / skin.triangle_areas.sum()),
    )  # fmt: skip


def _winding(vertices: Floats, triangles: np.ndarray, axes: list[Floats]) -> Floats:
    nodes = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    found = igl.fast_winding_number(vertices, triangles, nodes.reshape(-1, 3))
    return np.asarray(found, dtype=float).reshape(nodes.shape[:-1])


def _measured(winding: Floats, surface: SkinMesh, axes: list[Floats], coarse: float) -> tuple[float, float]:
    """The part of the inside that is undecided and that is enclosed twice; refuses no inside."""
    inside = winding > _LEVEL
    share = float(inside.sum()) * coarse**3 / float(np.prod(np.ptp(surface.vertices, axis=0) + 1e-12))
    if share < LEAST_INSIDE:
        raise BodyError(
            Problem(
                what="the scan encloses nothing: it is flat, torn or in scattered pieces",
                expected="a surface around a head or at least around a face",
                came=f"{100 * share:.0f} % of its box inside",
                advice="Scan again, or close the mesh in the scanner's own program",
            )
        )
    undecided = inside & (winding < 1 - _UNDECIDED)
    crossing = (winding > 1 + 2 * _UNDECIDED) | (winding < _INSIDE_OUT)
    crossing_share = float(crossing.sum() / inside.sum())
    if crossing_share > MOST_CROSSING:
        raise BodyError(
            Problem(
                what="the surface of the scan runs through itself or is partly inside out",
                expected=f"at most {100 * MOST_CROSSING:.0f} % of the inside enclosed twice or negatively",
                came=f"{100 * crossing_share:.0f} %",
                advice="Repair it in the scanner's own program (union, remesh), then export it again",
            )
        )
    return float(undecided.sum() / inside.sum()), crossing_share


def _field(surface: SkinMesh, winding: Floats, origin: Floats, spacing: float, step: int) -> Floats:
    """Distance to the skin on the fine nodes: exact near it, interpolated away from it."""
    counts = (np.array(winding.shape) - 1) * step + 1
    vertices, triangles = surface.vertices, surface.triangles.astype(np.int64)
    at = np.meshgrid(*[np.arange(n) / step for n in counts], indexing="ij")
    fine = ndimage.map_coordinates(winding, at, order=1)
    varied = ndimage.maximum_filter(winding, 3) - ndimage.minimum_filter(winding, 3) > _UNDECIDED
    near = ndimage.map_coordinates(varied.astype(np.float32), at, order=1) > 0
    index = np.argwhere(near)
    nodes = index * spacing + origin
    fine[near] = igl.fast_winding_number(vertices, triangles, nodes)
    distance = np.full(fine.shape, _RAMP * spacing)
    distance[near] = np.sqrt(igl.point_mesh_squared_distance(nodes, vertices, triangles)[0])
    excess = fine - _LEVEL
    # Where the winding number is undecided it, not the distance to the rim, tells how far the skin is.
    ramp = 2 * _RAMP * spacing * np.abs(excess)
    return np.asarray(-np.sign(excess) * np.minimum(distance, ramp))


def _largest(skin: SkinMesh) -> SkinMesh:
    """The outer skin: the component with the largest volume, without cavities inside it."""
    component = pieces_of(skin.triangles, len(skin.vertices))
    a, b, c = (skin.vertices[skin.triangles[:, k]] for k in range(3))
    volume = np.bincount(component, weights=np.einsum("td,td->t", a, np.cross(b, c)) / 6)
    chosen = skin.triangles[component == int(np.argmax(volume))]
    kept, numbers = np.unique(chosen, return_inverse=True)
    return SkinMesh(vertices=skin.vertices[kept], triangles=numbers.reshape(-1, 3).astype(np.int32))
