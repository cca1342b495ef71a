"""BodySource: what every body can do, whatever it is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.body import Body, Site
from microcurrent.model.tissue import StackLayer
from microcurrent.model.way import Way
from microcurrent.physics.bodies.volume import Volume
from microcurrent.physics.conduction.grid import Floats


class BodySource(Protocol):
    """A body, and volumes of it that are fine where the electrodes are."""

    @property
    def body(self) -> Body:
        """The noun: tissues, sites, regions, digest, warnings."""

    @property
    def skin_group(self) -> str:
        """Which rows of the skin table hold: "face" or "limb"."""

    @property
    def fibres(self) -> Mapping[str, tuple[float, float, float]]:
        """Direction of the fibres, a unit vector (3,), of each tissue that has one."""

    @property
    def layers(self) -> tuple[StackLayer, ...]:
        """The layers from the skin inwards, with thickness and range; none on a segmentation."""

    @property
    def whole(self) -> Volume:
        """The body as it was given, for its picture and the volumes of its tissues."""

    def volume(
        self,
        centres: npt.ArrayLike,
        reach: float,
        *,
        coarse: bool = False,
        thickness: Mapping[int, float] | None = None,
    ) -> Volume:
        """Return a volume with a grid that is fine within `reach` [m] of each of `centres`.

        `centres` (P, 3) or, on a slab, (P, 2) [m]. `coarse`: cells twice as wide. `thickness` [m]
        by number of the layer, counted from 0 at the skin, replaces the value of the table; a
        segmentation has no layers and refuses it.
        """

    def tissues_on_line(self, a: npt.ArrayLike, b: npt.ArrayLike) -> set[str]:
        """Return every tissue that the straight line between two points (3,) [m] passes through."""

    def off_skin(self, point: npt.ArrayLike) -> float:
        """Return how far [m] a point (3,) is from the skin, which is z = 0 on a slab."""

    def path(self, sites: Sequence[Site], *, clearance: float = 0.0) -> Way:
        """Return the way of a probe through `sites`: the shortest on the skin, straight lines on a slab.

        On curved skin it enters no orbit, and keeps `clearance` [m] from the rim of each where the sites
        do. Raises `BodyError` for a site inside an orbit, and where no way joins two sites.
        """


def points_of(centres: npt.ArrayLike, widths: tuple[int, ...]) -> Floats:
    """Return `centres` as an array (P, 2 or 3) [m], one point or many.

    Raises `ValueRefused` for no point, other than `widths` coordinates, or one not finite.
    """
    points = np.atleast_2d(np.asarray(centres, dtype=float))
    sound = points.ndim == 2 and points.size > 0 and points.shape[1] in widths
    if not sound or not np.isfinite(points).all():
        wanted = " or ".join(str(width) for width in widths)
        raise ValueRefused(
            Problem(
                what="points on a body",
                expected=f"one or more of {wanted} finite coordinates in metre",
                came=f"an array of shape {points.shape}",
            )
        )
    return points


def check_reach(reach: float) -> None:
    """Refuse a reach that is not above 0 m."""
    if not (np.isfinite(reach) and reach > 0):
        raise ValueRefused(Problem(what="reach of the fine grid", expected="above 0 m", came=f"{reach}"))
