"""What a body is drawn from: skin, surfaces of tissues, muscles as plates, nerves as tubes."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
import numpy.typing as npt
from matplotlib.colors import to_rgb
from scipy import ndimage
from skimage import measure

from microcurrent.model.body import Nerve
from microcurrent.physics.bodies.anatomy import NO_TISSUE, Anatomy, MuscleSheet
from microcurrent.reports.pictures.solid.shapes import Array, Cap, Surface, outward, smoothed
from microcurrent.reports.pictures.tissue_colours import tissue_colour

#: Matt skin. Where lips or an eye lie free, what shows there has a colour of its own.
SKIN = (0.895, 0.760, 0.675)
_LIPS, _EYE = (0.80, 0.545, 0.510), (0.93, 0.92, 0.90)
_SHOWING = {"mucosa": _LIPS, "eye": _EYE}
#: Depth [m] under the skin at which is looked for what shows.
_BENEATH = 0.9e-3
#: Tissues of the skeleton.
BONES = frozenset(("skull", "bone", "cortical bone", "cancellous bone", "tooth", "teeth"))
BONE = (0.905, 0.865, 0.78)
#: Tones of muscles beside each other: they differ in lightness.
_MUSCLE_TONES = ((0.66, 0.26, 0.21), (0.76, 0.37, 0.29), (0.56, 0.20, 0.18))
_TENDON = (0.90, 0.84, 0.76)
#: Share of the length at either end that pales to tendon.
_TENDON_SHARE = 0.10
#: Distance [m] between two drawn fibres.
_FIBRES = 1.5e-3
#: A thinner muscle is drawn this thick [m], to be seen.
LEAST_MUSCLE = 1.2e-3
#: Points along and across the plate of a muscle.
_ALONG, _ACROSS = 64, 32
NERVE = (0.98, 0.79, 0.16)
#: Half the width [m] of the tube that stands for a nerve.
_TUBE = 0.75e-3
_TUBE_SIDES, _TUBE_STEP = 8, 1.0e-3
#: Softening [cells] of a tissue before its surface is looked for.
_SOFT = 0.6
#: Rounds of smoothing of such a surface: the steps of the cells go, thin bone stays.
_ROUNDS = 10
#: Cells that are kept before the place from where a tissue is wanted.
_KEPT = 6


def skin_surface(anatomy: Anatomy) -> Surface:
    """Return the skin, with the colour of lips and eyes where they lie free."""
    mesh = anatomy.skin
    below = kinds_at(anatomy, mesh.vertices - _BENEATH * mesh.normals)
    colours = np.tile(np.array(SKIN), (len(mesh.vertices), 1))
    for number, kind in enumerate(anatomy.table, start=1):
        if kind.tissue in _SHOWING:
            colours[below == number] = _SHOWING[kind.tissue]
    if (colours != SKIN).any():
        colours = smoothed(colours, mesh.triangles, rounds=2)
    return Surface(
        name="skin", vertices=mesh.vertices, triangles=mesh.triangles, colour=colours, gloss=0.035
    )


def kinds_at(anatomy: Anatomy, points: Array) -> npt.NDArray[np.uint8]:
    """Return the kind (P,) of the sub-voxel at each of `points` (P, 3) [m], 0 outside of the grid."""
    inside = np.ones(len(points), dtype=bool)
    index = []
    for axis, edges in enumerate(anatomy.grid.edges):
        size = (edges[-1] - edges[0]) / anatomy.kinds.shape[axis]
        at = np.floor((points[:, axis] - edges[0]) / size).astype(np.intp)
        inside &= (at >= 0) & (at < anatomy.kinds.shape[axis])
        index.append(np.clip(at, 0, anatomy.kinds.shape[axis] - 1))
    return np.where(inside, anatomy.kinds[tuple(index)], NO_TISSUE).astype(np.uint8)


def tissue_paint(anatomy: Anatomy) -> Callable[[Array], tuple[Array, npt.NDArray[np.integer]]]:
    """Return what colours a cut: points (P, 3) [m] to the tissue's colour, none in air, and its number."""
    tissues = anatomy.tissues
    colours = np.zeros((len(anatomy.table) + 1, 4))
    numbers = np.zeros(len(anatomy.table) + 1, dtype=np.int32)
    for number, kind in enumerate(anatomy.table, start=1):
        if kind.tissue in tissues:
            colours[number] = (*to_rgb(tissue_colour(kind.tissue, tissues)), 1.0)
            numbers[number] = tissues.index(kind.tissue)

    def paint(points: Array) -> tuple[Array, npt.NDArray[np.integer]]:
        kinds = kinds_at(anatomy, points)
        return colours[kinds], numbers[kinds]

    return paint


def end_caps(
    anatomy: Anatomy, *, kept: Callable[[Array], npt.NDArray[np.bool_]] | None = None
) -> list[Cap]:
    """Return the cuts where the body runs up to the ends of its grid: neck, limb, sides of a patch.

    `kept` takes points (P, 3) [m] and says which of them (P,) are still there.
    """
    paint = tissue_paint(anatomy)

    def painted(points: Array) -> tuple[Array, npt.NDArray[np.integer]]:
        colours, numbers = paint(points)
        there = np.ones(len(points), dtype=bool) if kept is None else kept(points)
        return np.where(there[:, None], colours, 0.0), numbers

    caps = []
    for axis, edges in enumerate(anatomy.grid.edges):
        size = (edges[-1] - edges[0]) / anatomy.kinds.shape[axis]
        for end, sign in ((0, -1.0), (-1, 1.0)):
            if np.take(anatomy.kinds, end, axis=axis).any():
                normal = sign * np.eye(3)[axis]
                # within the last sub-voxel, so that its tissue is found
                point = (edges[end] - 0.25 * sign * size) * np.eye(3)[axis]
                caps.append(Cap(point=point, normal=normal, paint=painted))
    return caps


def limits(anatomy: Anatomy) -> tuple[Array, Array]:
    """Return the lowest and highest corner (3,) [m] of what is tissue."""
    r = anatomy.refinement
    there = anatomy.kinds[r // 2 :: r, r // 2 :: r, r // 2 :: r] > 0
    low, high = np.empty(3), np.empty(3)
    for axis, edges in enumerate(anatomy.grid.edges):
        filled = np.flatnonzero(there.any(axis=tuple(k for k in range(3) if k != axis)))
        low[axis], high[axis] = edges[filled[0]], edges[filled[-1] + 1]
    return low, high


def tissue_surface(
    anatomy: Anatomy, tissues: Collection[str], *, name: str, colour: tuple[float, float, float],
    beyond: tuple[Array, Array] | None = None,
) -> Surface | None:  # fmt: skip
    """Return the surface that encloses some `tissues`, at the resolution of the cells; None for none.

    `beyond`: a point and a direction (3,) each; what lies more than a few cells before it is left out.
    """
    wanted = np.array([False, *(kind.tissue in tissues for kind in anatomy.table)])
    box = _box(anatomy, wanted, beyond)
    if box is None:
        return None
    share = _share(anatomy, wanted, box)
    soft = ndimage.gaussian_filter(np.pad(share, 1), _SOFT)
    if soft.max() <= 0.5:
        return None
    spacing = [float(anatomy.grid.widths(axis)[0]) for axis in range(3)]
    found = measure.marching_cubes(soft, 0.5, spacing=tuple(spacing))  # type: ignore[no-untyped-call]
    corners, triangles = found[:2]
    starts = [edges[part.start] for edges, part in zip(anatomy.grid.edges, box, strict=True)]
    first = np.array(starts) - 0.5 * np.array(spacing)
    vertices = smoothed(corners, triangles, rounds=_ROUNDS, keep=True) + first
    return outward(
        Surface(name=name, vertices=vertices, triangles=triangles, colour=np.array(colour), gloss=0.06)
    )


def _box(
    anatomy: Anatomy, wanted: npt.NDArray[np.bool_], beyond: tuple[Array, Array] | None
) -> tuple[slice, slice, slice] | None:
    """The cells around the `wanted` kinds, as slices of the grid; of each cell one sub-voxel is asked."""
    r = anatomy.refinement
    there = wanted[anatomy.kinds[r // 2 :: r, r // 2 :: r, r // 2 :: r]]
    if beyond is not None:
        point, way = beyond
        x, y, z = np.ix_(*(anatomy.grid.centres(axis) for axis in range(3)))
        ahead = (x - point[0]) * way[0] + (y - point[1]) * way[1] + (z - point[2]) * way[2]
        there &= ahead > -_KEPT * anatomy.spacing
    found = ndimage.find_objects(there.view(np.uint8))
    if not found:
        return None
    low, high = ([getattr(part, end) for part in found[0]] for end in ("start", "stop"))
    parts = [slice(max(a - 1, 0), min(b + 1, n)) for a, b, n in zip(low, high, there.shape, strict=True)]
    return (parts[0], parts[1], parts[2])


def _share(
    anatomy: Anatomy, wanted: npt.NDArray[np.bool_], box: tuple[slice, slice, slice]
) -> npt.NDArray[np.float32]:
    """Share of every cell of the `box` that is of the `wanted` kinds."""
    r = anatomy.refinement
    fine = tuple(slice(r * part.start, r * part.stop) for part in box)
    kinds = anatomy.kinds[fine]
    count = np.zeros(tuple(n // r for n in kinds.shape), dtype=np.float32)
    for i, j, k in np.ndindex(r, r, r):
        count += wanted[kinds[i::r, j::r, k::r]]
    return np.asarray(count / np.float32(r**3))


def muscle_surface(sheet: MuscleSheet, *, tone: int) -> Surface:
    """Return a muscle as a plate with its fibres, thin at its edges and pale at its ends.

    `tone` chooses its colour, so that neighbours differ.
    """
    middle = _resampled(sheet.points, order=3)
    half = 0.5 * np.maximum(_resampled(sheet.thickness, order=1), LEAST_MUSCLE)
    ring = np.linalg.norm(middle[0] - middle[-1], axis=1).max() < 2e-3
    along, across = np.linspace(0, 1, _ALONG), np.linspace(0, 1, _ACROSS)
    rim = (1 - np.abs(2 * across - 1) ** 6) ** 0.5
    end = np.ones(_ALONG) if ring else (1 - np.abs(2 * along - 1) ** 12) ** 0.5
    half = half * end[:, None] * rim
    normals = _sheet_normals(middle)
    top, under = middle + half[..., None] * normals, middle - half[..., None] * normals
    grid = np.arange(_ALONG * _ACROSS).reshape(_ALONG, _ACROSS)
    a, b, c, d = (grid[i, j].ravel() for i, j in (
        (np.s_[:-1], np.s_[:-1]), (np.s_[1:], np.s_[:-1]), (np.s_[1:], np.s_[1:]), (np.s_[:-1], np.s_[1:]),
    ))  # fmt: skip
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    count = _ALONG * _ACROSS
    ends = np.zeros(_ALONG) if ring else np.clip(1 - np.minimum(along, 1 - along) / _TENDON_SHARE, 0, 1)
    tendon = np.repeat(ends**1.5, _ACROSS)[:, None]
    flesh = np.array(_MUSCLE_TONES[tone % len(_MUSCLE_TONES)])
    colour = flesh + 0.8 * tendon * (np.array(_TENDON) - flesh)
    widths = np.linalg.norm(np.diff(middle, axis=1), axis=2).sum(axis=1)
    fibres = max(round(float(np.median(widths)) / _FIBRES), 2)
    grain = np.tile(across * fibres, _ALONG)
    plate = Surface(
        name=sheet.name if sheet.side in sheet.name else f"{sheet.name} {sheet.side}",
        vertices=np.concatenate([top.reshape(-1, 3), under.reshape(-1, 3)]),
        triangles=np.concatenate([faces, faces[:, ::-1] + count]).astype(np.int32),
        colour=np.concatenate([colour, colour]), grain=np.concatenate([grain, grain]),
        gloss=0.10, outlined=True,
    )  # fmt: skip
    return outward(plate)


def _resampled(values: Array, *, order: int) -> Array:
    """`values` (L, W, ...) at `_ALONG` by `_ACROSS` places, the first and last kept."""
    length, width = values.shape[:2]
    where = np.meshgrid(
        np.linspace(0, length - 1, _ALONG), np.linspace(0, width - 1, _ACROSS), indexing="ij"
    )
    flat = values.reshape(length, width, -1)
    chosen = min(order, length - 1, width - 1) if min(length, width) > 1 else 0
    parts = [
        ndimage.map_coordinates(flat[..., k], where, order=chosen, mode="nearest")
        for k in range(flat.shape[2])
    ]
    return np.stack(parts, axis=-1).reshape(_ALONG, _ACROSS, *values.shape[2:])


def _sheet_normals(middle: Array) -> Array:
    """Unit normals of a sheet (L, W, 3); where its fibres meet in a point, those of the next place."""
    crosses = np.cross(np.gradient(middle, axis=0), np.gradient(middle, axis=1))
    length = np.linalg.norm(crosses, axis=2)
    poor = length < 1e-3 * np.median(length)
    if poor.any() and not poor.all():
        nearest = ndimage.distance_transform_edt(poor, return_distances=False, return_indices=True)
        crosses, length = crosses[tuple(nearest)], length[tuple(nearest)]
    return np.asarray(crosses / np.maximum(length, 1e-12)[..., None])


def nerve_path(nerve: Nerve) -> Array:
    """Return the corners of a nerve (P, 3) [m] with points between them, `_TUBE_STEP` apart."""
    corners = np.array(nerve.points)
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))])
    count = max(int(along[-1] / _TUBE_STEP), 2)
    fine = np.linspace(0, along[-1], count + 1)
    path = np.stack([np.interp(fine, along, corners[:, k]) for k in range(3)], axis=1)
    ends = path[[0, -1]]
    path = ndimage.gaussian_filter1d(path, 1.5, axis=0, mode="nearest")
    path[[0, -1]] = ends
    return np.asarray(path)


def nerve_surface(nerve: Nerve) -> Surface:
    """Return a nerve as a tube."""
    path = nerve_path(nerve)
    way = np.gradient(path, axis=0)
    way /= np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-12)
    side = np.empty_like(path)
    start = np.array([0.0, 0.0, 1.0]) if abs(way[0, 2]) < 0.9 else np.array([1.0, 0.0, 0.0])
    for index, along in enumerate(way):  # carried along, so that the tube does not twist
        start = start - (start @ along) * along
        start /= np.linalg.norm(start)
        side[index] = start
    other = np.cross(way, side)
    angle = 2 * np.pi * np.arange(_TUBE_SIDES) / _TUBE_SIDES
    ring = np.cos(angle)[:, None] * side[:, None] + np.sin(angle)[:, None] * other[:, None]
    vertices = (path[:, None] + _TUBE * ring).reshape(-1, 3)
    start_of, turn = np.arange(len(path) - 1)[:, None] * _TUBE_SIDES, np.arange(_TUBE_SIDES)
    a, b = (start_of + turn).ravel(), (start_of + (turn + 1) % _TUBE_SIDES).ravel()
    faces = np.concatenate(
        [np.stack([a, b, b + _TUBE_SIDES], 1), np.stack([a, b + _TUBE_SIDES, a + _TUBE_SIDES], 1)]
    )
    return Surface(
        name=nerve.name, vertices=vertices, triangles=faces.astype(np.int32), colour=np.array(NERVE),
        gloss=0.15, outlined=True,
    )  # fmt: skip
