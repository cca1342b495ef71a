"""Covering: which faces of a basis' skin the contact of an electrode lies on, wherever it stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.bodies.placing import FARTHEST, Footprint, place_contact
from microcurrent.physics.bodies.volume import Volume
from microcurrent.physics.conduction.basis.live.neighbours import surface_links
from microcurrent.physics.conduction.basis.live.network import Wet, wet_network
from microcurrent.physics.conduction.basis.live.spreading import film_around
from microcurrent.physics.conduction.basis.live.wetting import Film, Metal, joined
from microcurrent.physics.conduction.basis.patches import Patches
from microcurrent.physics.conduction.contact import Contact, Faces, Integers
from microcurrent.physics.conduction.grid import Floats
from microcurrent.planning.positions import Point

#: Skin is looked at this many radii of a contact around it, and at least so many widths of a face.
_AROUND, _WIDTHS = 3.0, 8.0


@dataclass(frozen=True, kw_only=True)
class Coating:
    """A film of gel or water around every contact: `width` beyond its rim and `thickness` [m],
    `conductivity` [S/m]. Raises `ValueRefused` unless all are above 0."""

    width: float
    thickness: float
    conductivity: float

    def __post_init__(self) -> None:
        for name in ("width", "thickness", "conductivity"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise ValueRefused(
                    Problem(what="film", key=name, expected="finite and above 0", came=f"{value}")
                )

    @property
    def conductance(self) -> float:
        """Conductance [S] of a square of it."""
        return self.thickness * self.conductivity


@dataclass(frozen=True, kw_only=True, eq=False)
class Covered:
    """Where one electrode touches: its `metal` and `film`, if any, on the faces of the basis, its
    `centre` (3,) [m]."""

    metal: Metal
    centre: Floats
    film: Film | None = None

    @property
    def faces(self) -> Integers:
        """Every face under metal or film, rising."""
        parts = [self.metal.faces] if self.film is None else [self.metal.faces, self.film.faces]
        return np.unique(np.concatenate(parts))


class Skin:
    """The skin of a body as its basis has it; finds what a contact covers in a few milliseconds."""

    def __init__(self, volume: Volume, patches: Patches, coating: Coating | None = None) -> None:
        self.volume, self.patches, self.faces = volume, patches, patches.faces
        self._coating = coating
        self._links = None if coating is None else surface_links(volume.grid, patches.faces)
        keys = _keys(self.faces)
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]
        self._tree = cKDTree(self.faces.centres)

    def cover(self, point: Point, footprint: Footprint) -> Covered:
        """Return what a contact at `point` (3,) [m] covers; see `place_contact` for what is refused.

        Raises `ValueRefused` also where a part of it lies outside the region of the basis.
        """
        chosen = self._around(point, footprint)
        names = ("cells", "axis", "side", "area", "centres")
        near = Faces(**{name: getattr(self.faces, name)[chosen] for name in names})
        placed = place_contact(self.volume, point, footprint, impedance=0.0, surface=near)
        metal = Metal(faces=self._places(placed.contact), area=placed.contact.area)
        film = None
        if self._coating is not None and self._links is not None:
            film = film_around(
                self.faces, self._links, metal, extent=self._coating.width,
                conductance=self._coating.conductance,
            )  # fmt: skip
        covered = Covered(metal=metal, centre=placed.centre, film=film)
        self.patches.cells_under(covered.faces)
        return covered

    def network(self, pair: tuple[Covered, Covered]) -> Wet:
        """Return the wet parts of two contacts; their films flow together where they overlap."""
        films = [one.film for one in pair if one.film is not None]
        metals = [one.metal for one in pair]
        if self._links is None or not films:
            return wet_network(metals)
        return wet_network(metals, joined(films, self._links), self._links)

    def _around(self, point: Point, footprint: Footprint) -> Integers:
        """The faces among which a contact will lie: all on a slab, and for a point that is off the skin."""
        if self.volume.skin_borders:
            return np.arange(self.faces.cells.size)
        away, nearest = self._tree.query(point)
        if away > FARTHEST:
            return np.arange(self.faces.cells.size)
        width = float(np.sqrt(self.faces.area[nearest]))
        reach = max(_AROUND * footprint.radius, _WIDTHS * width)
        return np.sort(self._tree.query_ball_point(self.faces.centres[nearest], reach))

    def _places(self, contact: Contact) -> Integers:
        wanted = (contact.cells * 3 + contact.axis) * 2 + (contact.side > 0)
        return self._order[np.searchsorted(self._keys, wanted)]

    def shadow(self, faces: Integers) -> Floats:
        """Return the area (n,) [m2] of some faces seen along the normal of the skin there.

        It undoes the staircase of a segmentation. `faces` (n,) rise.
        """
        if self.volume.skin_borders:
            return self.faces.area[faces]
        names = ("cells", "axis", "side", "area", "centres")
        part = Faces(**{name: getattr(self.faces, name)[faces] for name in names})
        return surface_links(self.volume.grid, part).shadow


def _keys(faces: Faces | Contact) -> Integers:
    return np.asarray((faces.cells * 3 + faces.axis) * 2 + (faces.side > 0))


def check_apart(first: Covered, second: Covered, *, step: int) -> None:
    """Refuse two contacts that share a face of the skin."""
    if np.intersect1d(first.metal.faces, second.metal.faces).size:
        apart = float(np.linalg.norm(first.centre - second.centre))
        raise ValueRefused(
            Problem(
                what=f"the probes touch in step {step}",
                expected="two contacts apart from each other",
                came=f"centres {1e3 * apart:.3g} mm apart",
                advice="Choose sites farther apart, or smaller probes",
            )
        )
