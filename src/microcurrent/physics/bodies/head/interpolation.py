"""Smooth interpolation of values and displacements between scattered places.

Values: simple kriging with a Matern covariance of smoothness 3/2. Displacements: biharmonic splines with an
affine part, the thin-plate splines of three dimensions (F. L. Bookstein, IEEE Trans Pattern Anal 11
(1989) 567; kernel r).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import RBFInterpolator

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.bodies.head.lattice import Lattice, nodes_of
from microcurrent.physics.conduction.grid import Floats

#: Step [m] of the lattice on which a map is kept.
MAP_STEP = 5e-3
#: So many nodes are worked out at a time.
_CHUNK = 40_000
#: Added to the diagonal, so that places that nearly coincide do no harm.
_NUGGET = 0.02


def kriged(places: Floats, values: Floats, points: Floats, *, reach: float) -> Floats:
    """Return at points (P, 3) what fades from `values` (N,) at `places` (N, 3) to 0 over `reach` [m]."""

    def covariance(a: Floats, b: Floats) -> Floats:
        scaled = np.sqrt(3) * np.linalg.norm(a[:, None] - b[None], axis=-1) / reach
        return np.asarray((1 + scaled) * np.exp(-scaled))

    weights = np.linalg.solve(covariance(places, places) + _NUGGET * np.eye(len(places)), values)
    flat = points.reshape(-1, 3)
    parts = [covariance(flat[k : k + _CHUNK], places) @ weights for k in range(0, len(flat), _CHUNK)]
    return np.concatenate(parts).reshape(points.shape[:-1])


def smoothed_values(places: Floats, values: Floats, points: Floats) -> Floats:
    """Return at points (P, 3) a smooth function through `values` (N, C) at `places` (N, 3), (P, C).

    Thin-plate kernel: smooth at the places, too, so that it can be kept on a coarse lattice.
    """
    function = RBFInterpolator(places, values, kernel="thin_plate_spline", degree=1)
    return np.asarray(function(points.reshape(-1, 3))).reshape(*points.shape[:-1], -1)


@dataclass(frozen=True, kw_only=True, eq=False)
class SmoothMap:
    """A smooth map of places to places, kept as displacements [m] on a lattice."""

    displacement: Lattice

    def __call__(self, points: Floats) -> Floats:
        """Return where points (P, 3) [m] go, (P, 3)."""
        return np.asarray(points + self.displacement.at(points))


def smooth_map(
    starts: Floats, ends: Floats, box: tuple[Floats, Floats], *, step: float = MAP_STEP, loose: float = 0.0
) -> SmoothMap:
    """Return the map that takes `starts` (N, 3) to `ends` (N, 3) [m], within a `box`, its lowest
    and its highest corner.

    `loose`: smoothing of the spline, 0 to meet every pair. Raises `ValueRefused` for fewer than four pairs.
    """
    if len(starts) < 4 or np.shape(starts) != np.shape(ends):
        raise ValueRefused(
            Problem(
                what="a map between heads", expected="four or more pairs of places", came=f"{len(starts)}"
            )
        )
    spline = RBFInterpolator(starts, ends - starts, kernel="linear", degree=1, smoothing=loose)
    origin, nodes = nodes_of(*box, step)
    flat = nodes.reshape(-1, 3)
    moved = np.concatenate([spline(flat[k : k + _CHUNK]) for k in range(0, len(flat), _CHUNK)])
    return SmoothMap(displacement=Lattice(origin=origin, step=step, values=moved.reshape(nodes.shape)))
