"""Volumes for a basis: a body on an even grid, in one piece."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from microcurrent.errors import BodyError, Problem
from microcurrent.physics.bodies.fine import FineTissue
from microcurrent.physics.bodies.merging import merged
from microcurrent.physics.bodies.slab import DEPTH_SPACING, LATERAL_SPACING, slab_volume
from microcurrent.physics.bodies.volume import AIR, Volume, fine_volume
from microcurrent.planning.bodies.slab import SlabSource
from microcurrent.planning.bodies.source import BodySource

#: A cell of whole voxels may differ from the wanted spacing by this part of it.
_NEARLY = 0.25


def even_volume(source: BodySource, spacing: float) -> Volume:
    """Return the body on a grid of cells `spacing` [m] wide, its largest connected piece.

    A slab has even cells along the skin; in depth its layers keep their thickness exactly and the cells
    grow with depth. A segmentation has its voxels as they are, or a whole number of them merged by
    majority, or with all their sub-voxels. Raises `BodyError` for a spacing that is not positive, and one
    that whole voxels do not come near.
    """
    if not (np.isfinite(spacing) and spacing > 0):
        raise _refused("above 0 m", f"{spacing}")
    if isinstance(source, SlabSource):
        size = source.stack.size
        box = (-0.5 * size[0], 0.5 * size[0], -0.5 * size[1], 0.5 * size[1])
        layers = [(layer.tissue, layer.thickness.value) for layer in source.layers]
        depth = DEPTH_SPACING * spacing / LATERAL_SPACING
        return slab_volume(layers, size, [box], lateral=spacing, depth=depth)
    whole = source.whole
    planes = []
    for axis in range(3):
        voxel = float(whole.grid.widths(axis)[0])
        joined = max(round(spacing / voxel), 1)
        if abs(joined * voxel - spacing) > _NEARLY * spacing:
            raise _refused(f"a whole number of voxels of {1e3 * voxel:.3g} mm", f"{1e3 * spacing:.3g} mm")
        count = whole.grid.shape[axis]
        planes.append(np.append(np.arange(0, count, joined), count))
    even = all(plane.size == count + 1 for plane, count in zip(planes, whole.grid.shape, strict=True))
    return _one_piece(whole if even else merged(whole, planes))


def _one_piece(volume: Volume) -> Volume:
    """The largest connected part of a volume, the rest as air."""
    if volume.fine is not None:
        return _one_fine_piece(volume, volume.fine)
    parts, count = ndimage.label(volume.conducting)
    if count == 1:
        return volume
    largest = int(np.bincount(parts.ravel())[1:].argmax()) + 1
    labels = np.where(parts == largest, volume.labels, np.int16(AIR))
    return Volume(grid=volume.grid, labels=labels, tissues=volume.tissues, skin_borders=volume.skin_borders)


def _one_fine_piece(volume: Volume, fine: FineTissue) -> Volume:
    """The same by what sub-voxels join."""
    parts = fine.parts()
    largest = (parts == np.bincount(parts[volume.conducting]).argmax()) & volume.conducting
    if np.array_equal(largest, volume.conducting):
        return volume
    return fine_volume(volume.grid, fine.within(largest), skin_borders=volume.skin_borders)


def _refused(expected: str, came: str) -> BodyError:
    return BodyError(Problem(what="spacing of the grid of a basis", expected=expected, came=came))
