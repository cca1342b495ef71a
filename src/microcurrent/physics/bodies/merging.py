"""Merging: voxels joined to larger cells away from the electrodes, by majority."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from microcurrent.errors import BodyError, Problem, ValueRefused
from microcurrent.physics.bodies.segmentation import without_islands
from microcurrent.physics.bodies.volume import AIR, Volume, fine_volume
from microcurrent.physics.conduction.grid import Floats, Grid

Integers = npt.NDArray[np.int64]

#: Width [m] wanted under the electrodes; narrower voxels are merged up to it.
FINE = 1.0e-3
#: Widest merged cell [m]: most bones stay closed.
WIDEST = 4.0e-3
#: Cells widen by this part of their distance from the fine boxes: a growth of a quarter per cell.
_SLOPE = 0.22
#: More tissue cells than this would not fit a usual machine's memory when solved.
MOST_CELLS = 4_000_000


def merged(volume: Volume, planes: Sequence[Integers]) -> Volume:
    """Return the volume with cells joined between the `planes`, three arrays of rising edge indices.

    A merged cell is tissue where at least half of it is, and then the tissue that fills most of it;
    of two that fill as much, the rarer in the body, so that thin layers survive where they can.
    Pieces that merging cuts off are left out. Of a volume with sub-voxels the merged cells keep them all,
    and are tissue with any tissue at all. Raises `ValueRefused` for planes that do not span the grid.
    """
    for axis, plane in enumerate(planes):
        sound = plane[0] == 0 and plane[-1] == volume.grid.shape[axis] and (np.diff(plane) > 0).all()
        if not sound:
            raise ValueRefused(
                Problem(
                    what="planes of merging",
                    expected=f"0 to {volume.grid.shape[axis]}, rising",
                    came=f"{plane}",
                )
            )
    edges = [volume.grid.edges[axis][plane] for axis, plane in enumerate(planes)]
    grid = Grid(x=edges[0], y=edges[1], z=edges[2])
    if volume.fine is not None:
        return fine_volume(grid, volume.fine.merged(planes), skin_borders=volume.skin_borders)
    rarest = np.argsort(np.bincount(volume.labels[volume.conducting], minlength=len(volume.tissues)))
    most = np.zeros([plane.size - 1 for plane in planes], dtype=np.int32)
    filled = np.zeros_like(most)
    winner = np.full(most.shape, AIR, dtype=np.int16)
    for index in rarest:
        count = _block_sums(volume.labels == index, planes)
        winner = np.where(count > most, np.int16(index), winner)
        most = np.maximum(most, count)
        filled += count
    whole = np.einsum("i,j,k->ijk", *(np.diff(plane) for plane in planes))
    labels, _ = without_islands(np.where(2 * filled >= whole, winner, np.int16(AIR)))
    return Volume(grid=grid, labels=labels, tissues=volume.tissues, skin_borders=volume.skin_borders)


def _block_sums(mask: npt.NDArray[np.bool_], planes: Sequence[Integers]) -> npt.NDArray[np.int32]:
    sums = mask.astype(np.int32)
    for axis, plane in enumerate(planes):
        sums = np.add.reduceat(sums, plane[:-1], axis=axis, dtype=np.int32)
    return sums


def refined_near(volume: Volume, centres: Floats, reach: float, *, coarseness: float = 1.0) -> Volume:
    """Return the volume with its own voxels within `reach` [m] of `centres` (P, 3), merged elsewhere.

    See `planes_near`. Raises `BodyError` where too many cells remain.
    """
    result = merged(volume, planes_near(volume, centres, reach, coarseness=coarseness))
    refuse_too_large(result)
    return result


def planes_near(
    volume: Volume, centres: Floats, reach: float, *, coarseness: float = 1.0
) -> tuple[Integers, Integers, Integers]:
    """Return the planes of merging that leave voxels as they are within `reach` [m] of `centres` (P, 3).

    Voxels narrower than `FINE` are merged up to it everywhere; cells grow with the distance from the
    fine boxes up to `WIDEST`; `coarseness` multiplies both.
    """
    planes = []
    for axis in range(3):
        size = float(volume.grid.widths(axis)[0])
        origin = float(volume.grid.edges[axis][0])
        fine = [((c - reach - origin) / size, (c + reach - origin) / size) for c in centres[:, axis]]
        least = max(int(FINE * coarseness / size + 1e-6), 1)
        most = max(int(WIDEST * coarseness / size + 1e-6), least)
        planes.append(_planes(volume.grid.shape[axis], fine, least, most))
    x, y, z = planes
    return x, y, z


def refuse_too_large(volume: Volume) -> None:
    """Raise `BodyError` for more cells than a usual machine can solve."""
    cells = int(volume.conducting.sum())
    if cells > MOST_CELLS:
        raise BodyError(
            Problem(
                what="the body is too large to solve",
                expected=f"at most {MOST_CELLS / 1e6:g} million cells",
                came=f"{cells / 1e6:.1f} million",
                advice="Cut the image to the region treated, or choose sites closer together",
            )
        )


def _planes(count: int, fine: Sequence[tuple[float, float]], least: int, most: int) -> Integers:
    """Rising edge indices from 0 to `count`: `least` voxels wide in `fine`, wider away from it."""

    def allowed(place: float) -> int:
        distance = min(max(low - place, place - high, 0.0) for low, high in fine)
        return min(most, int(least + _SLOPE * distance))

    planes = [0]
    while planes[-1] < count:
        width = allowed(planes[-1])
        while width > least and allowed(planes[-1] + width) < width:
            width -= 1
        planes.append(min(planes[-1] + width, count))
    return np.array(planes)
