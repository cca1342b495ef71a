"""Columns: the layers of tissue straight below a point of the skin, as the closed form takes them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from microcurrent.physics.bodies.volume import AIR, Volume, normals_of
from microcurrent.physics.conduction.contact import Faces
from microcurrent.physics.conduction.grid import Floats
from microcurrent.planning.bodies import BodySource

#: A column is looked up every so often, down to so deep [m]; runs thinner than `THIN` [m] are rounding.
STEP, DEEP, THIN = 0.2e-3, 40.0e-3, 0.3e-3
#: The direction of the skin is the mean over this much of it around a point [m].
_AROUND = 8.0e-3
#: A column starts this far outside the skin [m], so that the staircase is behind it.
_OUTSIDE = 4.0e-3


@dataclass(frozen=True, kw_only=True)
class Column:
    """Tissues from the skin down, and the thickness [m] of each but the last, which goes on for ever.

    On a slab, which ends, the last has its thickness, too. `ends_in_air`: whether air follows, such as that
    of the mouth; it is a pocket and no sheet without end, so the last tissue is taken to go on there.
    """

    tissues: tuple[str, ...]
    thicknesses: tuple[float, ...]
    ends_in_air: bool = False


class Columns:
    """The columns of a body; what all of them need is made once."""

    def __init__(self, source: BodySource, thickness: dict[int, float]) -> None:
        self._source, self._thickness = source, thickness

    def below(self, point: npt.ArrayLike) -> Column:
        """Return the column straight below a point (3,) [m] on or near the skin."""
        if self._source.layers:
            layers = self._source.layers
            return Column(
                tissues=tuple(layer.tissue for layer in layers),
                thicknesses=tuple(self._thickness[number] for number in range(len(layers))),
            )
        start, inward = self._on_skin(np.asarray(point, dtype=float))
        along = np.arange(-_OUTSIDE, DEEP, STEP)
        return _runs(self._names_at(start + along[:, None] * inward))

    def _on_skin(self, point: Floats) -> tuple[Floats, Floats]:
        """The nearest point of the skin and the direction inward there."""
        surface = self._surface
        distance = np.linalg.norm(surface.centres - point, axis=1)
        start = surface.centres[int(np.argmin(distance))]
        near = np.linalg.norm(surface.centres - start, axis=1) <= _AROUND
        outward = (normals_of(surface)[near] * surface.area[near, None]).sum(axis=0)
        return start, -outward / np.linalg.norm(outward)

    @cached_property
    def _volume(self) -> Volume:
        return self._source.whole

    @cached_property
    def _surface(self) -> Faces:
        return self._volume.surface()

    def _names_at(self, points: Floats) -> list[str]:
        """The tissue at each point (P, 3), "" in air and outside."""
        volume = self._volume
        places, inside = [], np.ones(len(points), dtype=bool)
        for axis, edges in enumerate(volume.grid.edges):
            fine = edges if volume.fine is None else _finer(edges, volume.fine.planes[axis])
            place = np.searchsorted(fine, points[:, axis], side="right") - 1
            inside &= (place >= 0) & (place < fine.size - 1)
            places.append(np.clip(place, 0, fine.size - 2))
        if volume.fine is not None:
            kinds = volume.fine.kinds[tuple(places)]
            names = ["", *(kind.tissue for kind in volume.fine.table)]
            return [names[kind] if seen else "" for kind, seen in zip(kinds, inside, strict=True)]
        labels = volume.labels[tuple(places)]
        return [
            volume.tissues[label] if seen and label != AIR else ""
            for label, seen in zip(labels, inside, strict=True)
        ]


def _finer(edges: Floats, planes: npt.NDArray[np.integer]) -> Floats:
    """Edges of the sub-voxels along one axis: each cell cut into as many as it holds."""
    counts = np.diff(planes)
    cut = [edges[k] + (edges[k + 1] - edges[k]) * np.arange(n) / n for k, n in enumerate(counts)]
    return np.concatenate([*cut, edges[-1:]])


def _runs(names: list[str]) -> Column:
    """Neighbouring equal names as layers, from the first tissue to the first air below it."""
    first = next((k for k, name in enumerate(names) if name), len(names))
    tissue: list[str] = []
    thickness: list[float] = []
    ends_in_air = False
    for name in names[first:]:
        if not name:
            ends_in_air = True
            break
        if tissue and tissue[-1] == name:
            thickness[-1] += STEP
        else:
            tissue.append(name)
            thickness.append(STEP)
    kept_names: list[str] = []
    kept: list[float] = []
    for name, width in zip(tissue, thickness, strict=True):
        if kept_names and (width < THIN or kept_names[-1] == name):
            kept[-1] += width
        else:
            kept_names.append(name)
            kept.append(width)
    return Column(
        tissues=tuple(kept_names),
        thicknesses=tuple(kept[:-1]),
        ends_in_air=ends_in_air,
    )
