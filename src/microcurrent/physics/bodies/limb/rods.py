"""Bones, cartilage and tendons of a limb, slice by slice: ellipses with a wall and a core."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from microcurrent.model.limb import Rod
from microcurrent.physics.bodies.limb.palette import Palette
from microcurrent.physics.bodies.limb.surface import Surface
from microcurrent.physics.conduction.grid import Floats

#: Where an ellipse is put that is not there [m]: no point of a body is inside.
_FAR = 1e3
#: A rod that ends this near [m] to a cut goes on beyond it.
_AT_CUT = 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class Slices:
    """B rods in N slices. `ellipses` (B, N, 8): middle x and y [m], cosine and sine of the turn, one over
    the half-axes of the wall, and of the core [1/m]. `kinds` (B, N, 2): of wall and core. `present`
    (N, B + 1): numbers of the rods in a slice, then -1."""

    ellipses: npt.NDArray[np.float32]
    kinds: npt.NDArray[np.uint8]
    present: npt.NDArray[np.int16]


def rod_slices(surface: Surface, z: Floats, palette: Palette) -> Slices:
    """Return the ellipses of the rods of a shape at slices `z` (N,) [m]."""
    rods = [(rod, side) for rod in surface.shape.rods for side in ((1, -1) if rod.both else (1,))]
    ellipses = np.zeros((len(rods), z.size, 8))
    kinds = np.zeros((len(rods), z.size, 2), dtype=np.uint8)
    present = np.full((z.size, len(rods) + 1), -1, dtype=np.int16)
    count = np.zeros(z.size, dtype=int)
    for number, (rod, side) in enumerate(rods):
        middle, outer, inner, there = _ellipses(rod, surface, z)
        turn = side * rod.turn
        ellipses[number] = np.column_stack([
            side * middle[0], middle[1], np.full(z.size, np.cos(turn)), np.full(z.size, np.sin(turn)),
            *(1.0 / outer), *(1.0 / inner),
        ])  # fmt: skip
        kinds[number, :, 0] = palette.number(rod.tissue)
        kinds[number, :, 1] = palette.number(rod.core or rod.tissue)
        if rod.shaft is not None:
            kinds[number, (z < rod.shaft[0]) | (z > rod.shaft[1]), 1] = palette.number(rod.ends)
        slices = np.flatnonzero(there)
        present[slices, count[slices]] = number
        count[slices] += 1
    return Slices(ellipses=ellipses.astype(np.float32), kinds=kinds, present=present)


def _ellipses(
    rod: Rod, surface: Surface, z: Floats
) -> tuple[Floats, Floats, Floats, npt.NDArray[np.bool_]]:
    """Middle (2, N), half-axes of wall and core (2, N) [m], and in which slices the rod is."""
    low, high = rod.along[0], rod.along[-1]
    there = (z >= low) & (z <= high)
    if rod.ellipsoid:
        middle, outer, inner = _ellipsoid(rod, surface, z)
    else:
        at = np.clip(z, low, high)
        x, y, wide, deep, shell = (
            surface.scale * PchipInterpolator(rod.along, values)(at)
            for values in (rod.x, rod.y, rod.wide, rod.deep, rod.shell or (0.0,) * len(rod.along))
        )
        middle, outer = np.stack([x, y]), np.stack([wide, deep])
        inner = outer - shell
        # Where a bone ends inside the body the wall closes it.
        cuts = surface.shape.along
        closed = np.zeros(z.size, dtype=bool)
        if low > cuts[0] + _AT_CUT:
            closed |= z < low + shell
        if high < cuts[1] - _AT_CUT:
            closed |= z > high - shell
        inner[:, closed] = 0.0
    if not rod.core:
        inner = np.zeros_like(inner)
    if not surface.round:
        middle[1] += surface.fascia
    return middle, np.maximum(outer, 1.0 / _FAR**2), np.maximum(inner, 1.0 / _FAR**2), there


def _ellipsoid(rod: Rod, surface: Surface, z: Floats) -> tuple[Floats, Floats, Floats]:
    """Middle and half-axes of wall and core, (2, N) each, of an ellipsoid."""
    half = 0.5 * (rod.along[-1] - rod.along[0])
    offset = z - 0.5 * (rod.along[-1] + rod.along[0])
    scale = surface.scale
    axes = scale * np.array([rod.wide[0], rod.deep[0]])
    shell = scale * rod.shell[0] if rod.core else 0.0
    middle = np.repeat(scale * np.array([[rod.x[0]], [rod.y[0]]]), z.size, axis=1)
    outer, inner = (
        (axes - wall)[:, None] * np.sqrt(np.clip(1.0 - (offset / (half - wall)) ** 2, 0.0, None))
        for wall in (0.0, shell)
    )
    return middle, outer, inner
