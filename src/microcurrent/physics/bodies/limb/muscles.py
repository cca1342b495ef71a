"""The muscles of a limb, slice by slice, and those of a patch, as maps of their depth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from microcurrent.model.limb import Compartment, FlatMuscle
from microcurrent.physics.bodies.limb.palette import Palette
from microcurrent.physics.bodies.limb.surface import Surface
from microcurrent.physics.conduction.grid import Floats

#: Where an ellipse is put that is not there [m].
_FAR = 1e3
#: Fibres along which and places at which a sheet is worked out.
ALONG, ACROSS = 17, 5
#: Below this [m2] two edges of a sheet are parallel, and its places follow from a linear equation.
_PARALLEL = 1e-12
_BELLY, _TENDON = "muscle", "tendon"


@dataclass(frozen=True, kw_only=True, eq=False)
class CompartmentSlices:
    """M muscles in N slices. `ellipses` (M, N, 6): middle x and y [m], cosine and sine of the turn, one
    over the half-axes [1/m]; `kinds` (M, N); `belly` (M, N): number of a muscle from 1, in its tendon 0."""

    ellipses: npt.NDArray[np.float32]
    kinds: npt.NDArray[np.uint8]
    belly: npt.NDArray[np.uint8]


def compartment_slices(surface: Surface, z: Floats, palette: Palette) -> CompartmentSlices:
    """Return the ellipses of the muscles of a limb at slices `z` (N,) [m]."""
    muscles = surface.shape.compartments
    ellipses = np.zeros((len(muscles), z.size, 6))
    kinds = np.zeros((len(muscles), z.size), dtype=np.uint8)
    belly = np.zeros_like(kinds)
    axes = surface.half_axes(z)
    for number, muscle in enumerate(muscles):
        middle, half = _ellipse(muscle, z, axes)
        there = (z >= muscle.along[0]) & (z <= muscle.along[-1])
        path = np.gradient(middle, z, axis=1)
        middle[0, ~there] = _FAR
        cosine, sine = np.full(z.size, np.cos(muscle.turn)), np.full(z.size, np.sin(muscle.turn))
        ellipses[number] = np.column_stack([*middle, cosine, sine, *(1.0 / half)])
        inside = (z >= muscle.belly[0]) & (z <= muscle.belly[1])
        belly[number] = np.where(inside, number + 1, 0)
        for k in np.flatnonzero(there):
            fibres = muscle.fibres if inside[k] and muscle.fibres else (path[0, k], path[1, k], 1.0)
            kinds[number, k] = palette.number(_BELLY, fibres) if inside[k] else palette.number(_TENDON)
    return CompartmentSlices(ellipses=ellipses.astype(np.float32), kinds=kinds, belly=belly)


def _ellipse(muscle: Compartment, z: Floats, axes: tuple[Floats, ...]) -> tuple[Floats, Floats]:
    """Middle and half-axes (2, N) [m]: fractions of the half-axes of all below the fat."""
    lateral, front, medial, back = axes
    at = np.clip(z, muscle.along[0], muscle.along[-1])
    x, y, wide, deep = (
        PchipInterpolator(muscle.along, values)(at)
        for values in (muscle.x, muscle.y, muscle.wide, muscle.deep)
    )
    middle = np.stack([x * np.where(x >= 0, lateral, medial), y * np.where(y >= 0, front, back)])
    return middle, np.stack([wide * 0.5 * (lateral + medial), deep * 0.5 * (front + back)])


@dataclass(frozen=True, kw_only=True, eq=False)
class FlatMaps:
    """Where M sheets lie: `top` and `bottom` (M, nx, nz) [m] below the fat, 1 and 0 where there is none;
    `kinds` (M, nx, nz)."""

    top: npt.NDArray[np.float32]
    bottom: npt.NDArray[np.float32]
    kinds: npt.NDArray[np.uint8]


def flat_sheets(surface: Surface) -> list[tuple[FlatMuscle, int]]:
    """Every muscle of a patch with its side: 1 to the right, -1 to the left."""
    return [(m, side) for m in surface.shape.flat_muscles for side in ((1, -1) if m.both else (1,))]


def flat_maps(surface: Surface, x: Floats, z: Floats, *, palette: Palette) -> FlatMaps:
    """Return the sheets of a patch at columns `x` (nx,) and slices `z` (nz,) [m]."""
    sheets = flat_sheets(surface)
    shape = (len(sheets), x.size, z.size)
    top, bottom = np.ones(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    kinds = np.zeros(shape, dtype=np.uint8)
    grid_x, grid_z = np.meshgrid(x, z, indexing="ij")
    for number, (muscle, side) in enumerate(sheets):
        s, t = _inverse_bilinear(muscle, side * grid_x, grid_z)
        inside = (s >= 0) & (s <= 1) & (t >= 0) & (t <= 1)
        s, t = s[inside], t[inside]
        depth = _between(muscle.depth, s)
        top[number][inside] = depth
        bottom[number][inside] = depth + _between(muscle.thickness, s)
        # One direction for each of the strips from origin to insertion: few kinds.
        strips = np.minimum((t * ACROSS).astype(int), ACROSS - 1)
        own = [palette.number(_BELLY, _direction(muscle, side, (k + 0.5) / ACROSS)) for k in range(ACROSS)]
        kinds[number][inside] = np.array(own, dtype=np.uint8)[strips]
    return FlatMaps(top=top, bottom=bottom, kinds=kinds)


def flat_points(muscle: FlatMuscle, surface: Surface, side: int) -> tuple[Floats, Floats]:
    """Return the middle surface (L, W, 3) [m] and the thickness (L, W) [m] of a sheet of a patch."""
    s, t = np.meshgrid(np.linspace(0.0, 1.0, ALONG), (np.arange(ACROSS) + 0.5) / ACROSS, indexing="ij")
    (a, b), (c, d) = (np.array(edge) for edge in (muscle.origin, muscle.insertion))
    flat = (1 - s)[..., None] * (a + t[..., None] * (b - a)) + s[..., None] * (c + t[..., None] * (d - c))
    thickness = _between(muscle.thickness, s)
    below = surface.layers(side * flat[..., 0], flat[..., 1])[2]
    y = -below + _between(muscle.depth, s) + 0.5 * thickness
    return np.stack([side * flat[..., 0], y, flat[..., 1]], axis=-1), thickness


def _between(ends: tuple[float, float], s: Floats) -> Floats:
    return np.asarray(ends[0] + s * (ends[1] - ends[0]))


def _direction(muscle: FlatMuscle, side: int, t: float) -> Floats:
    """From origin to insertion along the strip at `t`, (3,) [m]."""
    start, end = (
        np.array(e[0]) + t * (np.array(e[1]) - np.array(e[0])) for e in (muscle.origin, muscle.insertion)
    )
    deeper = muscle.depth[1] + 0.5 * muscle.thickness[1] - muscle.depth[0] - 0.5 * muscle.thickness[0]
    return np.array([side * (end - start)[0], deeper, (end - start)[1]])


def _inverse_bilinear(muscle: FlatMuscle, x: Floats, z: Floats) -> tuple[Floats, Floats]:
    """Places (s from origin to insertion, t across) of points of a quadrilateral; NaN where there is none.

    P = A + s U + t V + s t W. Crossed with the two vectors that hold s this leaves a quadratic in t.
    """
    (a, b), (c, d) = (np.array(edge) for edge in (muscle.origin, muscle.insertion))
    u, v, w = c - a, b - a, a - b - c + d
    px, pz = x - a[0], z - a[1]
    qa = v[0] * w[1] - v[1] * w[0]
    qb = v[0] * u[1] - v[1] * u[0] - (px * w[1] - pz * w[0])
    qc = -(px * u[1] - pz * u[0])
    with np.errstate(invalid="ignore", divide="ignore"):
        if abs(qa) < _PARALLEL:
            roots = [-qc / qb]
        else:
            root = np.sqrt(qb * qb - 4 * qa * qc)
            roots = [(-qb + sign * root) / (2 * qa) for sign in (1, -1)]
        found_s, found_t = np.full(x.shape, np.nan), np.full(x.shape, np.nan)
        for t in roots:
            ax, az = u[0] + t * w[0], u[1] + t * w[1]
            s = ((px - t * v[0]) * ax + (pz - t * v[1]) * az) / (ax * ax + az * az)
            good = (t >= 0) & (t <= 1) & (s >= 0) & (s <= 1)
            found_s[good], found_t[good] = s[good], t[good]
    return found_s, found_t
