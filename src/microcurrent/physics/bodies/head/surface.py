"""The surface of the mean head in the frame of the atlas, as an implicit function.

Large forms first; they are bent to pass the landmarks (by kriging of what they miss there); then nose,
lids, lips and ears are added and cut.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from microcurrent.model.atlas import Anchor, Shape
from microcurrent.model.body import Point
from microcurrent.physics.bodies.head.interpolation import kriged
from microcurrent.physics.bodies.head.lattice import Lattice, nodes_of
from microcurrent.physics.bodies.head.solids import Solids, solids_of
from microcurrent.physics.conduction.grid import Floats

#: How far [m] what is missed at one anchor is felt.
_REACH = 26e-3
#: The bending is kept on a lattice of this step [m], far below its reach.
_STEP = 6e-3
#: For slopes by differences [m].
_NEARBY = 0.5e-3
#: Newton steps on to the surface.
_STEPS = 6

#: The box in which the surface lies: to the right and left, front to back, up and down [m].
LOW, HIGH = np.array([-0.132, -0.156, -0.192]), np.array([0.132, 0.096, 0.152])


@dataclass(frozen=True, kw_only=True, eq=False)
class MeanSurface:
    """The head of the atlas: `level` is negative inside, and about the distance [m] near the skin."""

    base: Solids
    bending: Lattice
    detail: Solids

    def level(self, points: Floats) -> Floats:
        """Return the implicit function at points (P, 3) [m], (P,)."""
        return self.detail.distance(points, self.base.distance(points) - self.bending.at(points)[..., 0])

    def slope(self, points: Floats) -> Floats:
        """Return the gradient at points (P, 3), (P, 3), by differences."""
        return np.stack([
            (self.level(points + apart) - self.level(points - apart)) / (2 * _NEARBY)
            for apart in _NEARBY * np.eye(3)
        ], axis=-1)  # fmt: skip

    def onto(self, points: Floats) -> Floats:
        """Return the places on the skin nearest to points (P, 3) that lie within a few millimetres."""
        places = np.array(points, dtype=float)
        for _ in range(_STEPS):
            slope = self.slope(places)
            steep = np.maximum((slope**2).sum(axis=-1, keepdims=True), 0.05)
            places -= self.level(places)[..., None] * slope / steep
        return places


def mean_surface(
    shapes: Sequence[Shape],
    anchors: Sequence[Anchor],
    guards: Sequence[Point],
    *,
    landmarks: Mapping[str, Point],
) -> MeanSurface:
    """Return the surface from its shapes, groups "base" and "detail", and the places that it passes.

    `landmarks` (3,) [m] by name. Anchors are named on the right or on the midline.
    """
    base = solids_of([shape for shape in shapes if shape.group == "base"])
    detail = solids_of([shape for shape in shapes if shape.group == "detail"])
    places = np.array([landmarks[anchor.landmark] for anchor in anchors])
    slope = np.stack(
        [
            (base.distance(places + d) - base.distance(places - d)) / (2 * _NEARBY)
            for d in _NEARBY * np.eye(3)
        ],
        axis=-1,
    )
    offset = np.array([[anchor.offset] for anchor in anchors])
    wanted = places + offset * slope / np.linalg.norm(slope, axis=1, keepdims=True)
    lateral = np.abs(wanted[:, 0]) > _NEARBY
    wanted = np.concatenate([wanted, wanted[lateral] * (-1, 1, 1)])
    still = np.array(guards)
    missed = np.concatenate([base.distance(wanted), np.zeros(len(still))])
    origin, nodes = nodes_of(LOW, HIGH, _STEP)
    bending = kriged(np.concatenate([wanted, still]), missed, nodes, reach=_REACH)
    return MeanSurface(
        base=base, detail=detail, bending=Lattice(origin=origin, step=_STEP, values=bending[..., None])
    )
