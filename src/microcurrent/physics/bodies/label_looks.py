"""How the labels of an image look: volumes, middles, what touches what, which look like a pair of eyes.

This tells label images of different programs apart, whose numbers are alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from microcurrent.physics.conduction.grid import Floats

#: Looks are taken on about this many voxels at most; shapes of centimetres do not need more.
_ENOUGH = 10_000_000
#: An adult eyeball is a ball of 24 mm, 7 ml; half and twice that [m3] leave room for children and for
#: programs that take muscle or nerve with it.
_EYE_VOLUME = (3.5e-6, 15e-6)
#: How far apart the middles of two eyes can be [m]; about 63 mm in adults.
_EYES_APART = (40e-3, 85e-3)
#: A ball fills pi/6 = 0.52 of the box around it, and the box is a cube; what is less than this much of
#: either is no ball.
_ROUND = 0.6


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelLooks:
    """For each of the `labels` (L,): `volume` (L,) [m3] and `middle` (L, 3) [m].

    `contacts` (L, L): on how many faces between voxels two labels meet, 0 on the diagonal. `eyes`: the
    labels that look like a pair of eyes.
    """

    labels: tuple[int, ...]
    volume: Floats
    middle: Floats
    contacts: npt.NDArray[np.int64]
    eyes: frozenset[int]

    def touching(self, these: frozenset[int], those: frozenset[int]) -> int:
        """Return on how many faces any of `these` labels meets any of `those`."""
        rows = [index for index, label in enumerate(self.labels) if label in these]
        columns = [index for index, label in enumerate(self.labels) if label in those]
        return int(self.contacts[np.ix_(rows, columns)].sum())


def looks_of(labels: npt.NDArray[np.integer], affine: npt.ArrayLike) -> LabelLooks:
    """Return how the labels (n0, n1, n2) look; `affine` (4, 4) from voxel indices to metre, RAS."""
    matrix = np.array(affine, dtype=float)
    step = math.ceil((labels.size / _ENOUGH) ** (1 / 3))
    if step > 1:
        labels = labels[::step, ::step, ::step]
        matrix[:3, :3] *= step
    values, index = _numbered(labels)
    voxel = abs(float(np.linalg.det(matrix[:3, :3])))
    counts = np.bincount(index.ravel(), minlength=len(values))
    middle = np.stack([_middles(index, axis, len(values)) for axis in range(3)], axis=1)
    return LabelLooks(
        labels=tuple(int(value) for value in values),
        volume=counts.astype(np.float64) * voxel,
        middle=middle @ matrix[:3, :3].T + matrix[:3, 3],
        contacts=_contacts(index, len(values)),
        eyes=frozenset(
            int(value)
            for place, value in enumerate(values)
            if 2 * _EYE_VOLUME[0] <= counts[place] * voxel <= 2 * _EYE_VOLUME[1]
            and _are_eyes(index == place, matrix)
        ),
    )


def _numbered(labels: npt.NDArray[np.integer]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """The labels that occur, in order, and for each voxel which of them it has."""
    low, high = int(labels.min()), int(labels.max())
    if high - low > _ENOUGH:
        values, flat = np.unique(labels, return_inverse=True)
        return values.astype(np.int64), np.ascontiguousarray(flat.reshape(labels.shape), dtype=np.int32)
    shifted = labels.astype(np.int64) - low
    values = np.flatnonzero(np.bincount(shifted.ravel()))
    number = np.zeros(high - low + 1, dtype=np.int32)
    number[values] = np.arange(len(values), dtype=np.int32)
    return values + low, number[shifted]


def _middles(index: npt.NDArray[np.int32], axis: int, count: int) -> Floats:
    """Mean voxel index along an axis of each label."""
    shape = [1, 1, 1]
    shape[axis] = -1
    places = np.broadcast_to(np.arange(index.shape[axis], dtype=float).reshape(shape), index.shape)
    sums = np.bincount(index.ravel(), weights=places.ravel(), minlength=count)
    return np.asarray(sums / np.bincount(index.ravel(), minlength=count))


def _contacts(index: npt.NDArray[np.int32], count: int) -> npt.NDArray[np.int64]:
    found = np.zeros(count * count, dtype=np.int64)
    for axis in range(3):
        one = index.take(range(index.shape[axis] - 1), axis=axis).ravel()
        other = index.take(range(1, index.shape[axis]), axis=axis).ravel()
        meet = one != other
        pairs = one[meet].astype(np.int64) * count + other[meet]
        found += np.bincount(pairs, minlength=count * count)
    square = found.reshape(count, count)
    return np.asarray(square + square.T)


def _are_eyes(mask: npt.NDArray[np.bool_], matrix: Floats) -> bool:
    """Whether a mask (n0, n1, n2) is two balls of the size of eyes, as far apart as eyes are."""
    parts, count = ndimage.label(mask)
    if count < 2:
        return False
    sizes = np.bincount(parts.ravel())[1:]
    pair = np.argsort(sizes)[-2:] + 1
    edges = np.linalg.norm(matrix[:3, :3], axis=0)
    voxel = abs(float(np.linalg.det(matrix[:3, :3])))
    middles = []
    for part in pair:
        volume = sizes[part - 1] * voxel
        box = ndimage.find_objects(np.where(parts == part, 1, 0))[0]
        sides = np.array([side.stop - side.start for side in box]) * edges
        full = volume / sides.prod() / (np.pi / 6)
        if not _EYE_VOLUME[0] <= volume <= _EYE_VOLUME[1]:
            return False
        if sides.min() < _ROUND * sides.max() or full < _ROUND:
            return False
        middles.append(np.array(ndimage.center_of_mass(parts == part)) @ matrix[:3, :3].T)
    apart = float(np.linalg.norm(middles[1] - middles[0]))
    return bool(_EYES_APART[0] <= apart <= _EYES_APART[1])
