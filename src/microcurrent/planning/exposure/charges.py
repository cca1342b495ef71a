"""Charges: what passes through every touched face of the skin over a whole plan."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from microcurrent.model.exposure_map import SkinPart
from microcurrent.physics.conduction.basis.live.system import LiveSolution
from microcurrent.physics.conduction.contact import Integers
from microcurrent.physics.conduction.grid import Floats
from microcurrent.planning.exposure.covering import Skin
from microcurrent.planning.exposure.exposed import SkinArrays
from microcurrent.planning.exposure.flowing import Flow
from microcurrent.planning.exposure.spreads import spread_of
from microcurrent.planning.exposure.zones import Zones

#: The place that holds all touched skin.
ALL_SKIN = "all touched skin"


@dataclass(kw_only=True, eq=False)
class Charges:
    """Charge through every face of the skin: `net`, `absolute` (F,) [C], and the `area` (F,) [m2] touched.

    The area of a face is the most that metal or film ever covered of it, which on the staircase of a
    segmentation is its shadow along the normal of the skin. Where metal and film share a face it is less:
    that over which the current of the face has the density of its densest part, so that film that
    carries hardly any does not dilute what goes in under the metal.
    """

    skin: Skin
    net: Floats = field(init=False)
    absolute: Floats = field(init=False)
    area: Floats = field(init=False)

    def __post_init__(self) -> None:
        count = self.skin.faces.cells.size
        self.net, self.absolute, self.area = (np.zeros(count) for _ in range(3))

    def add(self, flow: Flow) -> None:
        """Add what flows at one position in its time."""
        faces, currents = flow.solution.by_face()
        # Of each ampere that the anode gives, so much goes into this face.
        part = flow.share * np.real(currents) / flow.into
        self.net[faces] += part * flow.dwell.net
        self.absolute[faces] += np.abs(part) * flow.dwell.absolute
        self.area[faces] = np.maximum(self.area[faces], _bearing(flow.solution, faces))

    def arrays(self) -> SkinArrays:
        """Return what passed through each touched face and each patch, per area."""
        faces = np.flatnonzero(self.area)
        patches = self.skin.patches
        patch = patches.face_patch
        covered = np.flatnonzero(patch >= 0)
        area = np.bincount(patch[covered], weights=self.skin.shadow(covered), minlength=patches.count)
        whole = [
            np.bincount(patch[covered], weights=charge[covered], minlength=patches.count) / area
            for charge in (self.net, self.absolute)
        ]
        return SkinArrays(
            faces=faces,
            area=self.area[faces],
            net=self.net[faces] / self.area[faces],
            absolute=self.absolute[faces] / self.area[faces],
            patch_net=whole[0],
            patch_absolute=whole[1],
        )

    def parts(self, zones: Zones) -> tuple[SkinPart, ...]:
        """Return the touched skin as a whole and in every zone."""
        faces = np.flatnonzero(self.area)
        masks = {ALL_SKIN: np.ones(faces.size, dtype=bool)}
        masks |= zones.masks(self.skin.faces.centres[faces])
        return tuple(self._part(place, faces[mask]) for place, mask in masks.items())

    def _part(self, place: str, faces: np.ndarray) -> SkinPart:
        area = self.area[faces]
        net, absolute = (
            spread_of(np.abs(charge[faces]) / area, area, "charge density")
            for charge in (self.net, self.absolute)
        )
        return SkinPart(place=place, area=float(area.sum()), net=net, absolute=absolute)


def _bearing(solution: LiveSolution, faces: Integers) -> Floats:
    """The area of `faces` (m,) over which their currents are as dense as in their densest part."""
    wet = solution.wet
    place = np.searchsorted(faces, wet.faces)
    currents = np.abs(np.real(solution.currents))
    area = np.bincount(place, weights=wet.area, minlength=faces.size)
    through = np.bincount(place, weights=currents, minlength=faces.size)
    densest = np.zeros(faces.size)
    np.maximum.at(densest, place, currents / wet.area)
    return np.divide(through, densest, out=area, where=densest > 0)
