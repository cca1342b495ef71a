"""A body from its anatomy: volumes whose cells know the tissue and the fibres on their sub-voxels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.body import Body, Site
from microcurrent.model.tissue import SKIN_GROUPS, StackLayer
from microcurrent.model.way import Way
from microcurrent.physics.bodies.anatomy import NO_TISSUE, Anatomy
from microcurrent.physics.bodies.fine import fine_tissue
from microcurrent.physics.bodies.merging import merged, planes_near, refuse_too_large
from microcurrent.physics.bodies.volume import Volume, fine_volume
from microcurrent.physics.conduction.contact import Faces
from microcurrent.physics.conduction.fractions import even_planes
from microcurrent.planning.bodies.paths import way_on_skin
from microcurrent.planning.bodies.source import check_reach, points_of

#: How much wider the cells of a coarse volume are.
COARSENESS = 2.0
#: A line is looked up this many times in each sub-voxel.
_STEPS = 2.0
#: The fine part reaches a whole number of these [m], so that draws of a contact's size share a volume.
_REACHES = 1.0e-3
#: A reach this little above a whole number of them is that number.
_ROUNDING = 1e-6
#: Volumes kept for the next draw of the inputs: a prediction takes one fine and then coarse ones.
_KEPT = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class AnatomySource:
    """A `BodySource` made from an `anatomy`; `body` is its noun, of the kind "anatomy".

    Raises `ValueRefused` for another kind, an unknown skin group, and a body that does not have the
    tissues of the anatomy.
    """

    body: Body
    anatomy: Anatomy
    skin_group: str
    _volumes: dict[tuple[bytes, ...], Volume] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        for key, sound, expected, came in (
            ("kind", self.body.kind == "anatomy", "anatomy", self.body.kind),
            ("skin_group", self.skin_group in SKIN_GROUPS, " or ".join(SKIN_GROUPS), self.skin_group),
            ("tissues", set(self.anatomy.tissues) <= set(self.body.tissues),
             ", ".join(self.anatomy.tissues), ", ".join(self.body.tissues)),
        ):  # fmt: skip
            if not sound:
                raise ValueRefused(
                    Problem(what="a body from its anatomy", key=key, expected=expected, came=came)
                )

    @property
    def fibres(self) -> Mapping[str, tuple[float, float, float]]:
        """See `BodySource`. None for a tissue as a whole: the volumes know them place by place."""
        return {}

    @property
    def layers(self) -> tuple[StackLayer, ...]:
        """See `BodySource`."""
        return ()

    @cached_property
    def whole(self) -> Volume:
        """See `BodySource`."""
        anatomy = self.anatomy
        planes = even_planes(anatomy.kinds.shape, anatomy.refinement)
        return fine_volume(anatomy.grid, fine_tissue(anatomy.kinds, anatomy.table, planes))

    @cached_property
    def surface(self) -> Faces:
        """The skin of `whole`."""
        return self.whole.surface()

    def volume(
        self,
        centres: npt.ArrayLike,
        reach: float,
        *,
        coarse: bool = False,
        thickness: Mapping[int, float] | None = None,
    ) -> Volume:
        """See `BodySource`. Cells as they are near the centres, merged elsewhere, with all sub-voxels."""
        points = points_of(centres, (3,))
        check_reach(reach)
        if thickness:
            raise ValueRefused(Problem(what="thickness of a layer", expected="none, on an anatomy"))
        on_skin = self.surface.centres[self._skin_tree.query(points)[1]]
        far = _REACHES * math.ceil(reach / _REACHES - _ROUNDING)
        planes = planes_near(self.whole, on_skin, far, coarseness=COARSENESS if coarse else 1.0)
        key = tuple(plane.tobytes() for plane in planes)
        if key not in self._volumes:
            while len(self._volumes) >= _KEPT:
                self._volumes.pop(next(iter(self._volumes)))
            self._volumes[key] = merged(self.whole, planes)
        refuse_too_large(self._volumes[key])
        return self._volumes[key]

    @cached_property
    def _skin_tree(self) -> cKDTree:
        return cKDTree(self.surface.centres)

    def tissues_on_line(self, a: npt.ArrayLike, b: npt.ArrayLike) -> set[str]:
        """See `BodySource`."""
        first, last = points_of(a, (3,))[0], points_of(b, (3,))[0]
        step = self.anatomy.spacing / (_STEPS * self.anatomy.refinement)
        count = int(np.linalg.norm(last - first) / step) + 2
        kinds = self._kinds_at(first + np.linspace(0, 1, count)[:, None] * (last - first))
        return {self.anatomy.table[kind - 1].tissue for kind in np.unique(kinds) if kind != NO_TISSUE}

    def off_skin(self, point: npt.ArrayLike) -> float:
        """See `BodySource`."""
        return float(self.anatomy.skin.tree.query(points_of(point, (3,))[0])[0])

    def path(self, sites: Sequence[Site], *, clearance: float = 0.0) -> Way:
        """See `BodySource`."""
        return way_on_skin(self.anatomy.skin, self.body, sites, clearance=clearance)

    def _kinds_at(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
        """Kind of the sub-voxel at each point (P, 3), that of air outside the grid."""
        anatomy = self.anatomy
        low = np.array([edges[0] for edges in anatomy.grid.edges])
        width = np.array([anatomy.grid.widths(axis)[0] for axis in range(3)]) / anatomy.refinement
        place = np.floor((points - low) / width).astype(int)
        inside = ((place >= 0) & (place < np.array(anatomy.kinds.shape))).all(axis=1)
        kinds = np.full(len(points), NO_TISSUE, dtype=np.uint8)
        kinds[inside] = anatomy.kinds[tuple(place[inside].T)]
        return kinds
