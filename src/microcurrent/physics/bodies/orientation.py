"""Orientation: a label image with any axes, turned to right, anterior, superior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from microcurrent.errors import BodyError, Problem
from microcurrent.physics.bodies.volume import AIR, Labels
from microcurrent.physics.conduction.grid import Floats

#: Axes whose tilt displaces no voxel by more than this part of its width count as straight.
_STRAIGHT = 0.5
#: An oblique image grows when it is laid along the axes; larger than this is refused.
LARGEST = 60_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Upright:
    """Labels along right, anterior, superior: `labels` (nx, ny, nz); `edges`: three of (n + 1,) [m].

    `tilt`: angle [degree] that was resampled away, 0 where only axes were swapped or turned round.
    """

    labels: Labels
    edges: tuple[Floats, Floats, Floats]
    tilt: float


def upright(labels: Labels, affine: npt.ArrayLike) -> Upright:
    """Return the labels (n0, n1, n2) turned so that x runs to the right, y to the front and z up.

    `affine` (4, 4) takes voxel indices to metre in those axes. Images along the axes, in whatever
    order and direction, are turned without change. An oblique or sheared one is sampled again on
    straight axes, each new voxel taking the label at its centre, and air outside the image. Raises
    `BodyError` for axes without a size or direction.
    """
    matrix = np.asarray(affine, dtype=float)
    if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
        raise _refused("a matrix (4, 4) of finite numbers", f"one of shape {matrix.shape}")
    linear = matrix[:3, :3]
    sizes = np.linalg.norm(linear, axis=0)
    if not (sizes > 0).all() or abs(np.linalg.det(linear / np.where(sizes > 0, sizes, 1.0))) < 1e-3:
        raise _refused(
            "three directions with a size each", f"{np.array2string(1e3 * linear, precision=3)} mm"
        )
    order = _closest_axes(linear / sizes)
    main = linear[order, range(3)]
    astray = np.abs(linear)
    astray[order, range(3)] = 0.0
    counts = np.array(labels.shape)
    if (astray * counts / 2).max() <= _STRAIGHT * sizes.min():
        return _turned(labels, matrix, order, main)
    cosines = np.abs(main) / sizes
    return _sampled(labels, matrix, order, sizes, float(np.degrees(np.arccos(cosines.min()))))


def _closest_axes(directions: Floats) -> list[int]:
    """For each voxel axis the axis of the body that it runs along most nearly, each used once."""
    left = np.abs(directions).copy()
    order = [0, 0, 0]
    for _ in range(3):
        axis, column = np.unravel_index(int(np.argmax(left)), (3, 3))
        order[int(column)] = int(axis)
        left[axis, :] = left[:, column] = -1.0
    return order


def _turned(labels: Labels, matrix: Floats, order: list[int], main: Floats) -> Upright:
    counts = np.array(labels.shape)
    middle = matrix[:3, :3] @ ((counts - 1) / 2) + matrix[:3, 3]
    source = [order.index(axis) for axis in range(3)]
    turned = np.transpose(labels, source)
    backward = tuple(axis for axis in range(3) if main[source[axis]] < 0)
    turned = np.flip(turned, axis=backward)
    x, y, z = (
        middle[axis] + (np.arange(counts[column] + 1) - counts[column] / 2) * abs(main[column])
        for axis, column in enumerate(source)
    )
    return Upright(labels=np.ascontiguousarray(turned), edges=(x, y, z), tilt=0.0)


def _sampled(labels: Labels, matrix: Floats, order: list[int], sizes: Floats, tilt: float) -> Upright:
    counts = np.array(labels.shape)
    ends = np.stack(np.meshgrid(*[(-0.5, n - 0.5) for n in counts], indexing="ij"), axis=-1).reshape(-1, 3)
    corners = ends @ matrix[:3, :3].T + matrix[:3, 3]
    low, high = corners.min(axis=0), corners.max(axis=0)
    spacing = np.array([sizes[order.index(axis)] for axis in range(3)])
    shape = np.ceil((high - low) / spacing - 1e-9).astype(int)
    if np.prod(shape.astype(float)) > LARGEST:
        raise BodyError(
            Problem(
                what="the image lies oblique and grows too large on straight axes",
                expected=f"at most {LARGEST / 1e6:g} million voxels",
                came=f"{np.prod(shape.astype(float)) / 1e6:.0f} million",
                advice="Crop it, or resample it to straight axes",
            )
        )
    x, y, z = (low[axis] + np.arange(shape[axis] + 1) * spacing[axis] for axis in range(3))
    back = np.linalg.inv(matrix)
    across = np.stack(np.meshgrid(y[:-1] + spacing[1] / 2, z[:-1] + spacing[2] / 2, indexing="ij"), axis=-1)
    result = np.full(tuple(shape), AIR, dtype=labels.dtype)
    for plane, middle in enumerate(x[:-1] + spacing[0] / 2):
        index = np.rint(across @ back[:3, 1:3].T + (back[:3, 0] * middle + back[:3, 3])).astype(int)
        inside = ((index >= 0) & (index < counts)).all(axis=-1)
        result[plane][inside] = labels[tuple(index[inside].T)]
    return Upright(labels=result, edges=(x, y, z), tilt=max(tilt, 1e-3))


def _refused(expected: str, came: str) -> BodyError:
    return BodyError(Problem(what="the axes of the image cannot be used", expected=expected, came=came))
