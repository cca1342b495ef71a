"""Placing: where on the skin of a volume an electrode's contact lies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from microcurrent.errors import BodyError, Problem, ValueRefused
from microcurrent.physics.bodies.volume import Volume, normals_of
from microcurrent.physics.conduction.contact import (
    AREA_ROUNDING,
    Contact,
    Faces,
    contact_on,
    disc_contact,
)
from microcurrent.physics.conduction.grid import Floats

#: A point farther than this from the skin [m] is a mistake, not a place to put an electrode.
FARTHEST = 25e-3
#: A contact of fewer faces has neither shape nor an edge: its field is that of the voxels.
FEWEST_FACES = 3
#: The local direction of the skin is the mean over at least this many cell widths around a point:
#: fewer give the direction of one step of the staircase.
_WIDTHS_FOR_NORMAL = 3.0
#: Faces are looked for within this many radii of the contact: curved skin has less shadow than flat.
_SEARCHED = 2.0


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """The outline of a contact on flat skin: a disc of `area` [m2], or `width` x `height` [m].

    `width` lies along x of a slab, `height` along y. Raises `ValueRefused` unless all are positive
    and either both or none of the lengths are given; with both, the area is their product.
    """

    area: float = 0.0
    width: float | None = None
    height: float | None = None

    def __post_init__(self) -> None:
        if (self.width is None) != (self.height is None):
            raise _refused("width and height, or neither", "one of them")
        if self.width is not None and self.height is not None:
            if not (self.width > 0 and self.height > 0):
                raise _refused("lengths above 0 m", f"{self.width} x {self.height}")
            object.__setattr__(self, "area", self.width * self.height)
        if not (math.isfinite(self.area) and self.area > 0):
            raise _refused("an area above 0 m2", f"{self.area}")

    @property
    def radius(self) -> float:
        """Radius [m] of the disc with this area."""
        return math.sqrt(self.area / math.pi)


@dataclass(frozen=True, kw_only=True, eq=False)
class Placed:
    """A contact on a volume: `contact`; `centre` (3,) [m] on the skin; `moved` [m] to get there."""

    contact: Contact
    centre: Floats
    moved: float


def place_contact(
    volume: Volume,
    point: Sequence[float],
    footprint: Footprint,
    *,
    impedance: npt.ArrayLike,
    surface: Faces | None = None,
) -> Placed:
    """Return the contact of an electrode whose middle stands at `point` (3,) [m].

    `impedance` of coupling and skin in ohm m2. The contact's area is that of the footprint.

    On a slab it covers the cells exactly. On a segmentation the point moves to the nearest face of
    the skin; covered are the faces nearest to it that are joined to it and look the same way as the
    skin there, so that a contact on a lip or an ear does not reach round it. Each face counts with
    its shadow on the plane of the skin, which undoes the staircase, and the disc is made so wide
    that the shadows add up to the wanted area. A rectangle on a segmentation is taken as a disc of
    the same area.

    `surface`: `volume.surface()`, where the caller has it already. Raises `BodyError` for a point
    farther than 25 mm from the skin, a contact reaching past the slab, one smaller than the voxels
    resolve, and one larger than the skin around it.
    """
    place = np.asarray(point, dtype=float)
    if place.shape != (3,) or not np.isfinite(place).all():
        raise _refused("a point of three finite coordinates in metre", f"{point}")
    if volume.skin_borders:
        return _on_slab(volume, place, footprint, impedance)
    faces = volume.surface() if surface is None else surface
    return _on_voxels(faces, place, footprint, impedance)


def _on_slab(volume: Volume, point: Floats, footprint: Footprint, impedance: npt.ArrayLike) -> Placed:
    grid = volume.grid
    moved = abs(float(point[2] - grid.z[-1]))
    _check_moved(point, moved)
    half = (footprint.radius, footprint.radius)
    if footprint.width is not None and footprint.height is not None:
        half = (0.5 * footprint.width, 0.5 * footprint.height)
    for axis, name in ((0, "x"), (1, "y")):
        edges = grid.edges[axis]
        low, high = point[axis] - half[axis], point[axis] + half[axis]
        if low < edges[0] or high > edges[-1]:
            raise BodyError(
                Problem(
                    what=f"a contact at {_shown(point)} reaches past the slab along {name}",
                    expected=f"{1e3 * edges[0]:g} to {1e3 * edges[-1]:g} mm",
                    came=f"{1e3 * low:g} to {1e3 * high:g} mm",
                    advice="Move the site towards the middle",
                )
            )
    if footprint.width is None:
        contact = disc_contact(
            grid, volume.conducting, centre=(point[0], point[1]),
            radius=footprint.radius, impedance=float(np.asarray(impedance)),
        )  # fmt: skip
    else:
        shares = [_overlap(grid.edges[axis], point[axis], half[axis]) for axis in range(2)]
        # The top layer of cells in the order of flat indices, which is that of the top faces.
        contact = contact_on(_top(volume), np.outer(*shares).ravel(), impedance=impedance)
    return Placed(contact=contact, centre=np.array([*point[:2], grid.z[-1]]), moved=moved)


def _top(volume: Volume) -> Faces:
    faces = volume.surface()
    order = np.argsort(faces.cells)
    names = ("cells", "axis", "side", "area", "centres")
    return Faces(**{name: getattr(faces, name)[order] for name in names})


def _overlap(edges: Floats, middle: float, half: float) -> Floats:
    """Share of each cell between `edges` that lies within `half` of `middle`, (n,)."""
    inside = np.diff(np.clip(edges, middle - half, middle + half))
    share = inside / np.diff(edges)
    return np.where(share > AREA_ROUNDING, share, 0.0)


def _on_voxels(faces: Faces, point: Floats, footprint: Footprint, impedance: npt.ArrayLike) -> Placed:
    tree = cKDTree(faces.centres)
    moved, seed = tree.query(point)
    _check_moved(point, float(moved))
    centre = faces.centres[seed]
    # Cells may grow away from the contact, so their width is taken where it stands.
    step = math.sqrt(float(faces.area[seed]))
    wide = max(_SEARCHED * footprint.radius, _WIDTHS_FOR_NORMAL * step)
    near = np.array(tree.query_ball_point(centre, wide))
    cell = math.sqrt(float(np.max(faces.area[near])))
    normals = normals_of(faces)
    joined = near[_joined(faces.centres[near], normals[near], cell, int(np.flatnonzero(near == seed)[0]))]
    distance = np.linalg.norm(faces.centres[joined] - centre, axis=1)
    around = joined[distance <= max(footprint.radius, _WIDTHS_FOR_NORMAL * step)]
    direction = (normals[around] * faces.area[around, None]).sum(axis=0)
    direction /= np.linalg.norm(direction)
    shadow = np.maximum(normals[joined] @ direction, 0.0) * faces.area[joined]
    covered = shadow * _disc_shares(distance, shadow, step, footprint.area, point)
    chosen = covered > AREA_ROUNDING * faces.area[joined]
    if chosen.sum() < FEWEST_FACES or step > footprint.radius:
        raise BodyError(
            Problem(
                what=f"the contact at {_shown(point)} is smaller than the voxels of the body resolve",
                expected=f"at least two voxels of {1e3 * step:.3g} mm across it",
                came=f"a contact of {2e3 * footprint.radius:.2g} mm across",
                advice="Use a body with smaller voxels, or a larger contact",
            )
        )
    cover = joined[chosen]
    layer = np.asarray(impedance, dtype=float)
    contact = Contact(
        cells=faces.cells[cover],
        axis=faces.axis[cover],
        side=faces.side[cover],
        area=covered[chosen] * (footprint.area / covered[chosen].sum()),
        impedance=layer if layer.ndim == 0 else layer[cover],
    )
    return Placed(contact=contact, centre=centre, moved=float(moved))


def _disc_shares(distance: Floats, shadow: Floats, step: float, area: float, point: Floats) -> Floats:
    """How much of each face lies in a disc whose shadows add up to `area`, (F,) from 0 to 1.

    Faces at the rim, one cell wide, are covered in part, so that the disc changes smoothly as it
    moves. Its radius is what makes the sum right.
    """

    def shares(radius: float) -> Floats:
        return np.clip((radius - distance) / step + 0.5, 0.0, 1.0)

    largest = float(distance.max()) - 0.5 * step
    if (shares(largest) * shadow).sum() < area:
        raise BodyError(
            Problem(
                what=f"the skin around {_shown(point)} is too small or too folded for the contact",
                expected=f"{1e4 * area:.3g} cm2 that look the same way",
                came=f"{1e4 * float((shares(largest) * shadow).sum()):.3g} cm2",
                advice="Choose a smoother place or a smaller contact",
            )
        )
    radius = optimize.brentq(lambda r: float((shares(r) * shadow).sum()) - area, -step, largest, xtol=1e-12)
    return shares(radius)


def _joined(centres: Floats, normals: Floats, cell: float, seed: int) -> npt.NDArray[np.bool_]:
    """Which faces a path over shared edges joins to face `seed`, (F,).

    Faces that share an edge have centres one width apart in a plane, less round a corner. Faces
    that look at each other across a narrow gap are as near, and are told apart by their normals.
    """
    pairs = cKDTree(centres).query_pairs(1.1 * cell, output_type="ndarray")
    facing = np.einsum("ij,ij->i", normals[pairs[:, 0]], normals[pairs[:, 1]]) < 0
    pairs = pairs[~facing]
    links = sparse.coo_array(
        (np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(centres), len(centres))
    )
    _, parts = connected_components(links, directed=False)
    return np.asarray(parts == parts[seed])


def _check_moved(point: Floats, moved: float) -> None:
    if moved > FARTHEST:
        raise BodyError(
            Problem(
                what=f"the point {_shown(point)} does not lie on the skin of the body",
                expected=f"at most {1e3 * FARTHEST:g} mm from it",
                came=f"{1e3 * moved:.3g} mm",
                advice="Check the coordinates and their unit against a picture of the body",
            )
        )


def _shown(point: Floats) -> str:
    return "(" + ", ".join(f"{1e3 * value:g}" for value in point) + ") mm"


def _refused(expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="contact", expected=expected, came=came))
