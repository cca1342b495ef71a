"""The surface basis against a full solve of the same electrodes on the same grid."""

from pathlib import Path

import nibabel
import numpy as np
import pytest
from scipy import ndimage, sparse
from scipy.sparse.linalg import splu
from scipy.spatial import cKDTree

from microcurrent.errors import ValueRefused
from microcurrent.physics.bodies.merging import merged
from microcurrent.physics.bodies.segmentation import segmentation_volume
from microcurrent.physics.bodies.volume import Volume
from microcurrent.physics.conduction.assembly import bulk_matrix
from microcurrent.physics.conduction.basis.building import (
    assemble,
    derive,
    fill_patches,
    fill_rests,
    weights_of,
)
from microcurrent.physics.conduction.basis.coding import decoded
from microcurrent.physics.conduction.basis.details import between
from microcurrent.physics.conduction.basis.layout import Choice, empty_arrays, layout_of, vicinity
from microcurrent.physics.conduction.basis.patches import within
from microcurrent.physics.conduction.basis.responses import patch_means, respond
from microcurrent.physics.conduction.conductor import Conductor
from microcurrent.physics.conduction.contact import contact_on
from microcurrent.physics.conduction.fields import current_density, electric_field, face_currents
from microcurrent.physics.conduction.grid import Grid

MM = 1e-3
HEAD = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "head-40y-labels.nii.gz"


class Direct:
    """The plain twin of a fast solver: a factorisation of the matrix with one cell grounded."""

    def __init__(self, grid, conductivity):
        matrix = bulk_matrix(grid, conductivity)
        self.cells = np.flatnonzero(conductivity[..., 0].ravel() > 0)
        inner = sparse.csc_array(sparse.csr_array(matrix)[self.cells[1:]][:, self.cells[1:]])
        self._factors = splu(inner, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})

    def solve_many(self, right, tolerance):
        assert np.abs(right.sum(axis=0)).max() < 1e-12 * np.abs(right).sum(axis=0).max()
        return np.vstack([np.zeros((1, right.shape[1])), self._factors.solve(right[1:])])


def slab() -> Volume:
    """Skin of 2 mm, fat of 4 mm, muscle of 14 mm."""
    edges = [np.arange(-28, 29, 2) * MM, np.arange(-26, 27, 2) * MM, np.arange(-20, 1, 2) * MM]
    grid = Grid(x=edges[0], y=edges[1], z=edges[2])
    depth = -grid.centres(2)
    column = np.where(depth < 2 * MM, 0, np.where(depth < 6 * MM, 1, 2)).astype(np.int16)
    labels = np.broadcast_to(column, grid.shape)
    return Volume(grid=grid, labels=labels, tissues=("skin", "fat", "muscle"), skin_borders=((2, 1),))


def ball() -> Volume:
    """Half a head of layers, lopsided, with air around it and in a cavity."""
    edges = [np.arange(-30, 31, 2) * MM, np.arange(-26, 27, 2) * MM, np.arange(-20, 31, 2) * MM]
    grid = Grid(x=edges[0], y=edges[1], z=edges[2])
    x, y, z = np.meshgrid(*[grid.centres(axis) for axis in range(3)], indexing="ij")
    radius = np.sqrt((x / 27e-3) ** 2 + (y / 23e-3) ** 2 + (z / 26e-3) ** 2)
    labels = np.full(grid.shape, -1, dtype=np.int16)
    for index, inside in enumerate((1.0, 0.9, 0.75, 0.6)):
        labels[radius < inside] = index
    labels[(np.abs(x) < 4 * MM) & (np.abs(y) < 4 * MM) & (np.abs(z) < 4 * MM)] = -1
    return Volume(grid=grid, labels=labels, tissues=("skin", "fat", "muscle", "bone"))


VALUES = {"skin": 0.2, "fat": 0.05, "muscle": (0.3, 0.15, 0.15), "bone": 0.01}


class Case:
    """A body, its full solver and its basis over all of its skin."""

    def __init__(self, volume, region=None, values=None):
        self.volume, self.grid, self.faces = volume, volume.grid, volume.surface()
        self.conductor = Conductor(self.grid, volume.conductivity(values or VALUES))
        masks = {name: volume.labels == index for index, name in enumerate(volume.tissues)}
        chosen = None if region is None else within(self.faces, *region)
        self.layout = layout_of(
            self.grid, self.conductor.conductivity, self.faces, tissues=masks, region=chosen
        )
        self.solver = Direct(self.grid, self.conductor.conductivity)
        self.arrays = empty_arrays(self.layout)
        for step in reversed(range(self.layout.patch_steps)):
            fill_patches(self.layout, self.solver, step, arrays=self.arrays)
        weights = weights_of(self.layout, self.arrays)
        for step in reversed(range(self.layout.patch_steps, self.layout.steps)):
            fill_rests(self.layout, self.solver, step, arrays=self.arrays, weights=weights)
        self.derived = derive(self.layout, self.arrays, weights)
        self.basis = assemble(self.layout, self.arrays, self.derived)

    def contact(self, point, radius, impedance):
        """A disc on the skin, its rim covering faces in part."""
        distance = np.linalg.norm(self.faces.centres - point, axis=1)
        nearest = np.linalg.norm(self.faces.centres - self.faces.centres[distance.argmin()], axis=1)
        return contact_on(
            self.faces, np.clip((radius - nearest) / (2 * MM) + 0.5, 0.0, 1.0), impedance=impedance
        )

    def indices(self, contact):
        """Where the faces of a contact stand among the faces of the skin."""
        keys = [(one.cells * 3 + one.axis) * 2 + (one.side > 0) for one in (self.faces, contact)]
        order = np.argsort(keys[0])
        return order[np.searchsorted(keys[0][order], keys[1])]

    def live(self, contacts, currents):
        """Currents into the faces of two or more contacts and the electrodes' potentials, dense."""
        faces = np.concatenate([self.indices(one) for one in contacts])
        electrode = np.repeat(np.arange(len(contacts)), [one.cells.size for one in contacts])
        series = np.concatenate(
            [(one.impedance + self.conductor.half_cell(one)) / one.area for one in contacts]
        )
        matrix = self.basis.transfer(faces) + np.diag(series)
        belongs = (electrode[:, None] == np.arange(len(contacts))).astype(float)
        zeros = np.zeros((len(contacts), len(contacts)))
        system = np.block([[matrix, -belongs], [belongs.T, zeros]])
        solved = np.linalg.solve(system, np.concatenate([np.zeros(faces.size), currents]))
        potentials = solved[faces.size :]
        return faces, solved[: faces.size], potentials - potentials[-1]

    def full(self, contacts, currents):
        solution = self.conductor.solve(contacts, currents)
        into = [d * c.area for d, c in zip(solution.contact_densities, contacts, strict=True)]
        flow = face_currents(self.conductor, solution)
        return (
            solution,
            np.concatenate(into),
            electric_field(self.conductor, current_density(self.conductor, flow)),
        )

    def compared(self, contacts, currents):
        """Largest errors: face currents, electrode potential; then field away from and at the contacts."""
        faces, into, potentials = self.live(contacts, currents)
        solution, wanted, field = self.full(contacts, currents)
        touched = np.concatenate([one.cells for one in contacts])
        places = np.stack(np.unravel_index(touched, self.grid.shape), axis=1)
        away, near = [], []
        for tissue, found in self.basis.fields(faces, into).items():
            cells = self.basis.operators[tissue].cells
            exact = field.reshape(-1, 3)[cells]
            off, strength = np.linalg.norm(found - exact, axis=1), np.linalg.norm(exact, axis=1)
            here = np.stack(np.unravel_index(cells, self.grid.shape), axis=1)
            close = cKDTree(places).query(here)[0] <= 3
            for group, errors in ((close, near), (~close, away)):
                if group.any():
                    errors.append(np.sqrt((off[group] ** 2).sum() / (strength[group] ** 2).sum()))
        current = np.abs(into - wanted).max() / np.abs(wanted).max()
        potential = abs(potentials[0] / solution.electrode_potentials[0] - 1)
        return current, potential, max(away), max(near)


@pytest.fixture(scope="module")
def flat():
    return Case(slab())


@pytest.fixture(scope="module")
def round_head():
    return Case(ball())


BODIES = ("flat", "round_head")
#: Two places on each body, neither in the middle of a face.
SITES = {
    "flat": ((-11.3, 1.1, 0.0), (10.2, -5.7, 0.0)),
    "round_head": ((-19.0, 3.0, 17.0), (14.3, -15.1, 9.0)),
}


def pair(case, body, impedance, radius=5 * MM):
    return [case.contact(np.array(site) * MM, radius, impedance) for site in SITES[body]]


@pytest.mark.parametrize("body", BODIES)
def test_resistance_is_symmetric_and_positive_on_balanced_currents(body, request):
    """A current through the tissue costs power, whatever way it takes."""
    basis = request.getfixturevalue(body).basis
    assert np.array_equal(basis.resistance, basis.resistance.T)
    # The whole skin at once is the way back of each patch: nothing flows, and that is the only zero.
    powers = np.linalg.eigvalsh(basis.resistance)
    assert powers[0] > -1e-6 * powers[-1]
    assert powers[1] > 1e-3 * powers[-1]
    assert (
        np.abs(basis.resistance @ basis.patches.area).max() < 1e-4 * powers[-1] * basis.patches.area.max()
    )


@pytest.mark.parametrize("body", BODIES)
def test_what_a_current_here_does_there_it_does_here_from_there(body, request):
    case = request.getfixturevalue(body)
    assert case.derived.reciprocity < 1e-6


@pytest.mark.parametrize("body", BODIES)
def test_transfer_is_symmetric_and_positive_on_balanced_currents(body, request):
    basis = request.getfixturevalue(body).basis
    # Faces of one cell have one potential: one face of each cell, from all over the skin.
    _, faces = np.unique(basis.patches.face_cell, return_index=True)
    transfer = basis.transfer(faces[::3])
    count = transfer.shape[0]
    assert np.allclose(transfer, transfer.T, rtol=0, atol=1e-9 * np.abs(transfer).max())
    balanced = np.eye(count) - 1 / count
    powers = np.linalg.eigvalsh(balanced @ transfer @ balanced)
    assert powers[1] > 1e-3 * powers[-1]


def test_picking_details_is_what_slicing_gives(flat):
    cells = np.random.default_rng(2).permutation(flat.layout.patches.cells.size)[:40]
    plain = flat.basis.details[cells][:, cells].toarray()
    assert np.array_equal(between(flat.basis.details, cells), plain)
    assert (plain != 0).sum() > cells.size


@pytest.mark.parametrize("body", BODIES)
def test_transfer_of_single_faces_is_that_of_the_bulk(body, request):
    """Difference of potential between any two cells for a current between any two others."""
    case = request.getfixturevalue(body)
    faces = np.random.default_rng(3).choice(case.faces.cells.size, size=24, replace=False)
    cells = np.searchsorted(case.solver.cells, case.faces.cells[faces])
    right = np.zeros((case.solver.cells.size, faces.size))
    right[cells, np.arange(faces.size)] = 1.0
    exact = case.solver.solve_many(right - 1 / right.shape[0], 0.0)[cells]
    found = case.basis.transfer(faces)
    balanced = np.eye(faces.size) - 1 / faces.size
    off = balanced @ (found - exact) @ balanced
    assert np.abs(off).max() < 0.01 * np.abs(balanced @ exact @ balanced).max()


@pytest.mark.parametrize("impedance", [1e-3, 1e-2, 1.0])
@pytest.mark.parametrize("body", BODIES)
def test_two_partly_covering_electrodes_as_solved_in_full(body, impedance, request):
    """The issue asks for 2 % away from the rim and 5 % at it; held here is less than half of that."""
    case = request.getfixturevalue(body)
    current, potential, away, near = case.compared(pair(case, body, impedance), [1e-3, -1e-3])
    assert current < 0.01
    assert potential < 0.002
    assert away < 0.01
    assert near < 0.01


def nose() -> Volume:
    """The middle of a real face in cells of 2 mm, one piece: a staircase with nostrils and lips."""
    if not HEAD.is_file():
        pytest.skip("the head of shared/data is absent")
    image = nibabel.load(HEAD)
    affine = image.affine.copy()
    affine[:3] *= MM
    meaning = {0: None, 1: "bone", 2: "bone", 3: "bone", 4: "bone", 5: "soft tissue"}
    whole = segmentation_volume(np.asarray(image.dataobj).astype(int), affine, meaning).volume
    whole = merged(whole, [np.append(np.arange(0, n, 2), n) for n in whole.grid.shape])
    faces = whole.surface()
    tip = np.stack(np.unravel_index(faces.cells[faces.centres[:, 1].argmax()], whole.grid.shape))
    low, high = tip - (13, 20, 13), np.minimum(np.add(tip, (14, 4, 13)), whole.grid.shape)
    window = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    parts, _ = ndimage.label(whole.labels[window] >= 0)
    labels = np.where(parts == np.bincount(parts.ravel())[1:].argmax() + 1, whole.labels[window], -1)
    x, y, z = (edges[a : b + 1] for edges, a, b in zip(whole.grid.edges, low, high, strict=True))
    return Volume(grid=Grid(x=x, y=y, z=z), labels=labels, tissues=whole.tissues)


def test_on_the_staircase_of_a_real_face():
    case = Case(nose(), values={"soft tissue": 0.25, "bone": 0.01})
    middles = case.faces.centres
    left, right, above = middles[:, 0].argmin(), middles[:, 0].argmax(), middles[:, 2].argmax()
    for one, other, impedance in ((left, right, 0.01), (right, above, 1.0)):
        contacts = [case.contact(middles[place], 5 * MM, impedance) for place in (one, other)]
        current, potential, away, near = case.compared(contacts, [1e-3, -1e-3])
        assert current < 0.002
        assert potential < 0.001
        assert near < 0.01
        assert away < 0.02


def test_three_electrodes_of_different_size(round_head):
    contacts = pair(round_head, "round_head", 0.02)
    contacts.append(round_head.contact(np.array((3.0, 20.0, -9.0)) * MM, 8 * MM, 0.05))
    current, potential, away, near = round_head.compared(contacts, [1e-3, -0.4e-3, -0.6e-3])
    assert max(current, away, near) < 0.015
    assert potential < 0.002


def test_a_whole_patch_is_one_column_exactly(flat):
    """Covered evenly, a patch needs no rest and no neighbour: field as from a solve of that alone."""
    patches = flat.layout.patches
    two = [np.flatnonzero(patches.face_patch == number) for number in (30, 120)]
    faces = np.concatenate(two)
    currents = np.concatenate(
        [sign * patches.faces.area[one] for sign, one in zip((1, -1), two, strict=True)]
    )
    currents /= np.array([patches.area[30]] * two[0].size + [patches.area[120]] * two[1].size)
    right = np.zeros((flat.solver.cells.size, 1))
    np.add.at(right[:, 0], np.searchsorted(flat.solver.cells, patches.faces.cells[faces]), currents)
    exact = flat.solver.solve_many(right, 0.0)[:, 0]
    found = flat.basis.interior.potential(faces, currents)
    wanted = exact[np.searchsorted(flat.solver.cells, flat.basis.interior.cells)]
    off = (found - wanted) - (found - wanted).mean()
    assert np.abs(off).max() < 1e-4 * np.ptp(wanted)


def test_stated_error_of_the_compression_holds(round_head):
    """Decoded field against the field of the solved potential, for patches that were not looked at."""
    numbers = np.arange(5, round_head.layout.patches.count, 37)
    found = respond(round_head.solver, round_head.layout.patches, numbers)
    rows = np.searchsorted(round_head.solver.cells, round_head.layout.support)
    coded = round_head.basis.interior.columns
    for operator in round_head.basis.operators.values():
        assert 0 < operator.error < 0.01
        stencil, typical = operator.stencil, []
        for column, number in enumerate(numbers):
            again = decoded(coded.codes[number], coded.offset[number], coded.scale[number])
            fields = [
                stencil.field(potential.astype(np.float32))
                for potential in (found[rows, column], again[: rows.size])
            ]
            off = np.linalg.norm(fields[1] - fields[0], axis=1) / np.linalg.norm(fields[0], axis=1)
            typical.append(np.percentile(off, 99))
        assert np.median(typical) <= operator.error


def test_complex_currents_are_two_real_ones(flat):
    faces = np.array([3, 200, 411])
    currents = np.array([1 + 2j, -0.5, -0.5 - 2j]) * 1e-3
    operator = flat.basis.operators["fat"]
    field = operator.field(faces, currents)
    assert np.array_equal(field.real, operator.field(faces, currents.real))
    assert np.array_equal(field.imag, operator.field(faces, currents.imag))
    assert np.array_equal(flat.basis.fields(faces, currents)["fat"], field)


@pytest.mark.parametrize(
    "currents", [[1e-3, -0.9e-3], [1e-3, -1e-3 + 1e-5j], [np.nan, 1.0], [1e-3, -1e-3, 0.0]]
)
def test_currents_that_do_not_add_up_are_refused(flat, currents):
    """A current that goes in and not out has no field; the basis would spread it over the whole skin."""
    faces = np.array([3, 200])
    with pytest.raises(ValueRefused, match="currents into the skin"):
        flat.basis.fields(faces, currents)
    with pytest.raises(ValueRefused, match="currents into the skin"):
        flat.basis.operators["fat"].field(faces, currents)


def test_a_basis_of_a_region_is_that_of_the_whole_skin_there(round_head):
    """Where the region ends changes how currents are split, and nothing that is measured."""
    part = Case(round_head.volume, region=(np.array((-15.0, -5.0, 20.0)) * MM, 22 * MM))
    contacts = [
        part.contact(np.array(site) * MM, 4 * MM, 0.01)
        for site in ((-19.0, 3.0, 17.0), (-5.0, -13.0, 20.0))
    ]
    current, potential, away, near = part.compared(contacts, [1e-3, -1e-3])
    assert max(current, away, near) < 0.02
    assert potential < 0.002
    outside = np.flatnonzero(part.layout.patches.face_patch < 0)[:2]
    with pytest.raises(ValueRefused, match="2 that none covers"):
        part.basis.transfer(outside)
    with pytest.raises(ValueRefused, match="region"):
        part.basis.fields(outside, np.array([1.0, -1.0]))


def test_rests_need_only_what_is_near(flat):
    """Solved in the cells near the region and in the whole body they are the same."""
    masks = {"skin": flat.volume.labels == 0}
    region = within(flat.faces, (-20 * MM, -18 * MM, 0.0), 14 * MM)
    layout = layout_of(
        flat.grid, flat.conductor.conductivity, flat.faces, tissues=masks, region=region,
        choice=Choice(size=3 * MM, reach=9 * MM),
    )  # fmt: skip
    near = vicinity(layout, flat.grid, flat.conductor.conductivity)
    assert 0.2 < (near[..., 0] > 0).mean() < 0.6
    kept = []
    for conductivity in (flat.conductor.conductivity, near):
        arrays = empty_arrays(layout)
        for step in range(layout.patch_steps):
            fill_patches(layout, flat.solver, step, arrays=arrays)
        weights = weights_of(layout, arrays)
        solver = Direct(flat.grid, conductivity)
        for step in range(layout.patch_steps, layout.steps):
            fill_rests(layout, solver, step, arrays=arrays, weights=weights)
        kept.append(derive(layout, arrays, weights).details.toarray())
    assert 0 < np.abs(kept[1] - kept[0]).max() < 1e-3 * np.abs(kept[0]).max()


@pytest.mark.parametrize("body", BODIES)
def test_rests_do_next_to_nothing_far_away(body, request):
    """What the shares leave over is a hundredth of what a cell does unlike its patch."""
    case = request.getfixturevalue(body)
    patches, weights = case.layout.patches, case.basis.weights
    assert np.allclose(weights.sum(axis=1), 1.0)
    assert np.allclose((patch_means(patches) @ weights).toarray(), np.eye(patches.count), atol=1e-6)
    skin = np.asarray(case.basis.skin, dtype=float)
    resistance = patch_means(patches) @ skin
    away = np.linalg.norm(patches.centres[patches.cell_patch][:, None] - patches.centres[None], axis=2)
    left = []
    for rest in (skin - resistance[patches.cell_patch], skin - weights @ resistance):
        far = np.where(away > 20 * MM, rest, np.nan)
        left.append(np.nanstd(far, axis=1)[np.isfinite(far).sum(axis=1) > 20])
    assert np.median(left[1]) < 0.03 * np.median(left[0])
    assert left[1].max() < 0.2 * left[0].max()
