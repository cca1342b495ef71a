"""The models that solvers are timed on: a head made of ellipsoids, and boxes made to be hard.

The head stands in a box of 200 mm cut into n**3 voxels; 39 % of them are tissue, so n = 200 gives about
3.1 million unknowns. It has what makes real heads hard for a solver: a thin poorly conducting skin, a
three-layer skull, thin cerebrospinal fluid that reaches into furrows, thin vessels, and air inside.
Two contacts of 6 mm radius lie on the skin; the first is held at 1 V, the second at 0 V, each through
its own impedance (Robin terms: the complete electrode model without extra unknowns).

The boxes hold two media of a contrast of ten thousand in patterns that are known to break plain
aggregation: inclusions of one to three voxels, sheets, membranes and vessels of one voxel, holes.

Conductivities are those of the tissue kinds as commonly used at low frequency, rounded. They only set the
contrast here; nothing that a person is told comes from this file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage, sparse

from microcurrent.physics.conduction.contact import Contact, Faces, contact_on, exposed_faces
from microcurrent.physics.conduction.grid import Grid

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Labels = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]

#: Side of the head's box in metre, and its semi-axes (left-right, front-back, up-down) in millimetre.
BOX = 0.200
SEMI_AXES = (78.0, 98.0, 98.0)
#: Contacts: radius in metre, and impedance in ohm m2 of electrode and gel (the skin is meshed).
RADIUS = 0.006
IMPEDANCE = 0.01
#: Directions from the centre of the head to the contacts: left cheek, right forehead.
SITES = ((-0.6, 0.7, -0.35), (0.4, 0.75, 0.5))

AIR, SKIN, FAT, MUSCLE, CORTICAL, SPONGY, FLUID, GREY, WHITE, BLOOD = range(10)
#: S/m by label; the skin's stands in `SKINS`. Eyes and ventricles count as fluid.
CONDUCTIVITY = (0.0, np.nan, 0.04, 0.35, 0.0063, 0.03, 1.79, 0.276, 0.126, 0.66)
#: The skin in S/m: a contrast to the fluid of about 10, 1 000 and 10 000; the dry bone makes 300.
SKINS = {"c300": 0.17, "c3": 1.8e-3, "c4": 1.8e-4}
#: Wet and dry medium of the boxes, S/m.
WET, DRY = 1.79, 1.8e-4


@dataclass(frozen=True, kw_only=True, eq=False)
class Model:
    """A conductor with two contacts: `conductivity` S/m ``(nx, ny, nz)`` float32, 0 is air."""

    name: str
    grid: Grid
    conductivity: Singles
    contacts: tuple[Contact, Contact]

    @property
    def cells(self) -> Integers:
        """Flat indices of the unknowns, ``(n,)``, rising."""
        return np.flatnonzero(self.conductivity.ravel() > 0)

    def robin(self) -> tuple[Floats, Floats]:
        """Return the conductance to both contacts, and to the one at 1 V, siemens ``(n,)`` each."""
        cells = self.cells
        both, first = np.zeros(cells.size), np.zeros(cells.size)
        for number, contact in enumerate(self.contacts):
            rows = np.searchsorted(cells, contact.cells)
            conductance = contact.area / (contact.impedance + self._half_cell(contact))
            np.add.at(both, rows, conductance)
            if number == 0:
                np.add.at(first, rows, conductance)
        return both, first

    def _half_cell(self, contact: Contact) -> Floats:
        places = np.unravel_index(contact.cells, self.grid.shape)
        widths = np.stack([self.grid.widths(axis)[places[axis]] for axis in range(3)], axis=1)
        sigma = self.conductivity.ravel()[contact.cells].astype(float)
        return np.asarray(0.5 * widths[np.arange(contact.cells.size), contact.axis] / sigma)


def matrix(model: Model) -> sparse.csr_array:
    """Return the matrix in siemens, contacts included, ``(n, n)`` float64 with 32-bit indices.

    Written here afresh, from nothing but conductivities, so that it can judge. Face conductances are
    harmonic means computed in float64 and rounded to float32, because several solvers store them so; a
    diagonal is the sum of its row's rounded conductances and the Robin term, in float64.
    """
    cells = model.cells
    number = np.full(model.conductivity.size, -1, dtype=np.int32)
    number[cells] = np.arange(cells.size, dtype=np.int32)
    number = number.reshape(model.grid.shape)
    low, high, value = [], [], []
    for axis in range(3):
        conductance = face_conductances(model, axis)
        here, there = _both_sides(axis)
        joined = conductance > 0
        low.append(number[here][joined])
        high.append(number[there][joined])
        value.append(conductance[joined])
    rows, columns, values = np.concatenate(low), np.concatenate(high), np.concatenate(value)
    diagonal = model.robin()[0]
    for side in (rows, columns):
        diagonal += np.bincount(side, weights=values, minlength=cells.size)
    upper = sparse.csr_array((-values, (rows, columns)), shape=(cells.size, cells.size))
    whole = sparse.csr_array(upper + upper.T + sparse.diags_array(diagonal))
    whole.sort_indices()
    whole.indices = whole.indices.astype(np.int32)
    whole.indptr = whole.indptr.astype(np.int32)
    return whole


def face_conductances(model: Model, axis: int) -> Floats:
    """Return the conductance of inner faces normal to `axis`, siemens, float64 holding float32 values."""
    widths = model.grid.widths(axis).reshape([-1 if other == axis else 1 for other in range(3)])
    sigma = model.conductivity.astype(float)
    here, there = _both_sides(axis)
    with np.errstate(divide="ignore"):
        half = 0.5 * widths / sigma
    area = model.grid.face_areas(axis)
    return np.asarray((area / (half[here] + half[there])).astype(np.float32), dtype=float)


def true_residual(model: Model, potential: npt.ArrayLike) -> float:
    """Return ``|b - A x| / |b|`` in float64 for a potential in V ``(n,)``, without making the matrix.

    For sizes at which the matrix would not fit; equal to what `matrix` gives up to rounding.
    """
    robin, right = model.robin()
    given = np.asarray(potential, dtype=float)
    left = np.zeros(model.conductivity.size)
    left[model.cells] = right - robin * given
    left = left.reshape(model.grid.shape)
    whole = np.zeros(left.size)
    whole[model.cells] = given
    whole = whole.reshape(model.grid.shape)
    for axis in range(3):
        here, there = _both_sides(axis)
        flow = face_conductances(model, axis)
        flow *= whole[here] - whole[there]
        left[here] -= flow
        left[there] += flow
    return float(np.linalg.norm(left) / np.linalg.norm(right))


def _both_sides(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    here, there = [slice(None)] * 3, [slice(None)] * 3
    here[axis], there[axis] = slice(None, -1), slice(1, None)
    return tuple(here), tuple(there)


# ------------------------------------------------------------------------------------------- the head


def head(n: int, contrast: str = "c4") -> Model:
    """Return the head in n**3 voxels; `contrast` is the skin, one of `SKINS`."""
    edges = np.linspace(-BOX / 2, BOX / 2, n + 1)
    grid = Grid(x=edges, y=edges, z=edges)
    table = np.array(CONDUCTIVITY, dtype=np.float32)
    table[SKIN] = SKINS[contrast]
    sigma = _largest_part(table[head_labels(n)])
    faces = exposed_faces(grid, sigma > 0)
    contacts = [_contact(faces, _on_skin(site)) for site in SITES]
    return Model(
        name=f"head {n} {contrast}",
        grid=grid,
        conductivity=sigma,
        contacts=(contacts[0], contacts[1]),
    )


def head_labels(n: int) -> Labels:
    """Return the label of every voxel, ``(n, n, n)``; made slab by slab to spare memory."""
    labels = np.zeros((n, n, n), dtype=np.uint8)
    centres = ((np.arange(n) + 0.5) / n - 0.5).astype(np.float32) * np.float32(1e3 * BOX)
    thick = max(1, 2_000_000 // n**2)
    for begin in range(0, n, thick):
        x = centres[begin : begin + thick, None, None]
        at = (x, centres[None, :, None], centres[None, None, :])
        _fill(labels[begin : begin + thick], at, 1e3 * BOX / n)
    return labels


def _fill(labels: Labels, at: tuple[Singles, Singles, Singles], voxel: float) -> None:
    """Write the labels of one slab; `at` are coordinates, `voxel` the side, both in millimetre."""
    x, y, z = at
    a, b, c = SEMI_AXES
    square = (x / a) ** 2 + (y / b) ** 2 + (z / c) ** 2
    inside = square < 1
    # Distance below an ellipsoid to first order: (1 - f) f / |grad(f**2) / 2| with f the square root.
    f = np.sqrt(square)
    slope = np.sqrt((x / a**2) ** 2 + (y / b**2) ** 2 + (z / c**2) ** 2)
    depth = np.where(inside, (1 - f) * f / np.maximum(slope, 1e-6), -1)
    u, v, w = x / a, y / b, z / c
    fold = np.abs(np.sin(14 * u + 3 * np.sin(5 * w)) * np.sin(13 * v + 2 * np.sin(6 * u) + 4 * w))
    furrow = fold < 0.16
    labels[inside] = SKIN
    # Skin thinner than a voxel would have holes, and be another problem.
    labels[depth >= max(2, voxel)] = FAT
    belly = np.sin(6 * u + 1) * np.sin(5 * w + 2) > 0.35
    labels[(depth >= max(2.5, voxel)) & belly] = MUSCLE
    labels[(depth >= max(3, voxel)) & (np.abs(np.sin(9 * v + 4 * u)) < 0.06)] = BLOOD
    labels[depth >= 5] = CORTICAL
    labels[depth >= 6.5] = SPONGY
    labels[depth >= 9.5] = CORTICAL
    labels[depth >= 11] = FLUID
    labels[(depth >= 14) & ~(furrow & (depth < 23))] = GREY
    labels[(depth >= 17) & ~((fold < 0.45) & (depth < 26))] = WHITE
    for side in (-1, 1):
        labels[_ellipsoid(at, (side * 12, 0, 12), (6, 28, 9))] = FLUID  # ventricles
        labels[_ellipsoid(at, (side * 32, 70, 8), (12, 12, 12))] = FLUID  # eyes
        labels[_ellipsoid(at, (side * 28, 66, -38), (14, 14, 14))] = AIR  # maxillary sinuses
    labels[_ellipsoid(at, (0, 78, 28), (14, 7, 9))] = AIR  # frontal sinus


def _ellipsoid(
    at: tuple[Singles, Singles, Singles], centre: tuple[float, ...], axes: tuple[float, ...]
) -> npt.NDArray[np.bool_]:
    terms = [((p - c) / r) ** 2 for p, c, r in zip(at, centre, axes, strict=True)]
    return np.asarray(terms[0] + terms[1] + terms[2] < 1)


def _on_skin(direction: tuple[float, float, float]) -> Floats:
    """Return the point of the skin in metre in a direction from the centre."""
    way = np.array(direction)
    return np.asarray(1e-3 * way / np.linalg.norm(way / np.array(SEMI_AXES)))


def _contact(faces: Faces, centre: Floats) -> Contact:
    """Return the contact on the outer faces whose centres lie within `RADIUS` of a point in metre."""
    near = np.linalg.norm(faces.centres - centre, axis=1) <= RADIUS
    return contact_on(faces, near, impedance=IMPEDANCE)


def _largest_part(sigma: Singles) -> Singles:
    """Return the conductivity with all but the largest connected part set to air."""
    parts, count = ndimage.label(sigma > 0)
    if count > 1:
        sizes = np.bincount(parts.ravel())
        sizes[0] = 0
        sigma = np.where(parts == sizes.argmax(), sigma, np.float32(0))
    return sigma


# ------------------------------------------------------------------------------------------ the boxes


def box(kind: str, n: int = 128, seed: int = 1) -> Model:
    """Return a box of n**3 voxels of 1 mm, `kind` one of `BOXES`, a contact above and one below."""
    edges = 1e-3 * np.arange(n + 1.0)
    grid = Grid(x=edges, y=edges, z=edges)
    sigma = _largest_part(BOXES[kind](n, np.random.default_rng(seed)).astype(np.float32))
    faces = exposed_faces(grid, sigma > 0)
    middle = 0.5 * edges[-1]
    contacts = []
    for height in (edges[-1], 0.0):
        near = np.linalg.norm(faces.centres - (middle, middle, height), axis=1) <= RADIUS
        # Walls of holes below the plane are outer faces too; a contact lies on the plane alone.
        near &= faces.centres[:, 2] == height
        contacts.append(contact_on(faces, near, impedance=IMPEDANCE))
    return Model(name=f"{kind} {n}", grid=grid, conductivity=sigma, contacts=(contacts[0], contacts[1]))


def _uniform(n: int, _: np.random.Generator) -> Floats:
    return np.full((n, n, n), WET)


def _any_tissue(n: int, random: np.random.Generator) -> Floats:
    """Ten conductivities between wet and dry, even in their logarithm, drawn for each voxel."""
    return np.asarray(random.choice(np.geomspace(DRY, WET, 10), (n, n, n)))


def _sheets(n: int, _: np.random.Generator) -> Floats:
    """Conducting sheets of one voxel, eight voxels apart, upright in a dry medium."""
    sigma = np.full((n, n, n), DRY)
    sigma[4::8] = WET
    return sigma


def _holes(n: int, random: np.random.Generator) -> Floats:
    """Three voxels in ten are air."""
    return np.where(random.random((n, n, n)) < 0.3, 0.0, WET)


def _blocks(side: int) -> Callable[[int, np.random.Generator], Floats]:
    """Cubes of `side` voxels, each wet or dry by the toss of a coin."""

    def made(n: int, random: np.random.Generator) -> Floats:
        count = -(-n // side)
        wet = random.random((count, count, count)) < 0.5
        fine = wet.repeat(side, 0).repeat(side, 1).repeat(side, 2)[:n, :n, :n]
        return np.where(fine, WET, DRY)

    return made


def _membranes(n: int, random: np.random.Generator) -> Floats:
    """Closed chambers of fluid behind membranes of one voxel, three to nine voxels apart."""
    sigma = np.full((n, n, n), WET)
    for axis in range(3):
        at = np.cumsum(random.integers(3, 10, n))
        np.moveaxis(sigma, axis, 0)[at[at < n]] = DRY
    return sigma


def _vessels(n: int, random: np.random.Generator) -> Floats:
    """Straight vessels of one voxel in a dry medium, along all three axes, a twentieth of the volume."""
    sigma = np.full((n, n, n), DRY)
    for axis in range(3):
        np.moveaxis(sigma, axis, 2)[random.random((n, n)) < 0.05 / 3] = WET
    return sigma


#: Names and makers of the boxes.
BOXES: dict[str, Callable[[int, np.random.Generator], Floats]] = {
    "uniform": _uniform,
    "random tissue": _any_tissue,
    "conducting sheets": _sheets,
    "holes": _holes,
    "blocks of 4": _blocks(4),
    "blocks of 3": _blocks(3),
    "membranes": _membranes,
    "vessels": _vessels,
    "half and half": _blocks(1),
}
