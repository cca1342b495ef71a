"""Tissue and fibres on sub-voxels: nearer to closed forms than whole cells, the same merged where it must be."""

import math

import numpy as np
import pytest

from microcurrent.errors import ValueRefused
from microcurrent.physics.bodies.anatomy import Anatomy, Kind
from microcurrent.physics.bodies.fine import along_axes, fine_tissue
from microcurrent.physics.bodies.merging import merged
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.bodies.volume import Volume, fine_volume
from microcurrent.physics.conduction.conductor import CONSERVATION
from microcurrent.physics.conduction.contact import contact_on, exposed_faces
from microcurrent.physics.conduction.fields import current_density, face_currents, plane_current, power
from microcurrent.physics.conduction.fractions import even_planes, whole_cell_faces
from microcurrent.physics.conduction.grid import Grid
from microcurrent.physics.conduction.recovery import tissue_field
from microcurrent.physics.exact import steps
from microcurrent.physics.exact.columns import column_resistance
from microcurrent.physics.exact.concentric_spheres import Cap, Shells
from microcurrent.physics.exact.round_problems import compared, inject, shell_labels

MM = 1e-3
TABLE = (Kind(tissue="muscle"), Kind(tissue="fat"), Kind(tissue="skin"))
VALUES = {"muscle": 0.3, "fat": 0.05, "skin": 0.2}


def cells(*counts, size=MM):
    x, y, z = (size * np.arange(count + 1) for count in counts)
    return Grid(x=x, y=y, z=z)


def volume(kinds, refinement=2, *, table=TABLE, size=MM, skin_borders=()):
    kinds = np.ascontiguousarray(kinds, dtype=np.uint8)
    grid = cells(*(n // refinement for n in kinds.shape), size=size)
    fine = fine_tissue(kinds, table, even_planes(kinds.shape, refinement))
    return fine_volume(grid, fine, skin_borders=skin_borders)


def resistance(body: Volume, values, axis: int, *, impedance: float = 0.0) -> float:
    """Between full contacts on the two ends along an axis, ohm."""
    conductor = body.conductor(values)
    faces = exposed_faces(body.grid, body.conducting)
    ends = [
        contact_on(faces, (faces.axis == axis) & (faces.side == side), impedance=impedance)
        for side in (1, -1)
    ]
    solution = conductor.solve(ends, [1e-3, -1e-3])
    return float(solution.electrode_potentials[0] - solution.electrode_potentials[1]) / 1e-3


#: A ball whose skin of 1.7 mm and fat of 2 mm lie in no layer of cells.
SHELLS = Shells(radii=(16.3 * MM, 18.3 * MM, 20 * MM), conductivities=(0.3, 0.05, 0.2))
CAPS = (
    Cap(direction=(0.0, 0.0, 1.0), current=1e-3, half_angle=0.2),
    Cap(direction=(math.sin(1.9), 0.0, math.cos(1.9)), current=-1e-3, half_angle=0.2),
)


def errors(body: Volume, place) -> np.ndarray:
    """Of potential and field in the skin, and of the field in the muscle, against the series."""
    inside = np.linalg.norm(steps.centres(body.grid, place), axis=-1) <= SHELLS.radii[-1]
    order = np.array([("muscle", "fat", "skin").index(tissue) for tissue in body.tissues])
    labels = np.where(body.conducting & inside, order[body.labels], len(SHELLS.radii))
    ball = inject(body.conductor(VALUES), place, shells=SHELLS, labels=labels, caps=CAPS)
    skin = compared(ball, SHELLS, shell=2, inner=False)
    return np.array([skin.potential, skin.slope, compared(ball, SHELLS, shell=0, inner=True).field])


@pytest.mark.parametrize("number", range(3))
def test_a_skin_across_cells_is_nearer_to_the_closed_form_than_whole_cells(number):
    place = steps.placing(number)
    grid = steps.cubes([SHELLS.radii[-1]] * 3, MM, place)
    shell = steps.labelled(grid, place, lambda points: shell_labels(SHELLS.radii, points), refinement=2)
    kinds = np.where(shell == len(SHELLS.radii), 0, shell + 1).astype(np.uint8)
    mesh = SkinMesh(vertices=np.eye(3), triangles=np.array([[0, 1, 2]]))
    anatomy = Anatomy(grid=grid, refinement=2, kinds=kinds, table=TABLE, skin=mesh)
    fine = fine_volume(grid, fine_tissue(kinds, TABLE, even_planes(kinds.shape, 2)))
    whole, mixed = errors(anatomy.volume(), place), errors(fine, place)
    assert (mixed < 0.6 * whole).all(), (whole, mixed)
    assert mixed[0] < 0.04
    assert mixed[1] < 0.11


@pytest.mark.parametrize("axis", range(3))
def test_layers_across_cells_are_those_of_the_column_merged_or_not(axis):
    """1.7 mm of skin and 2.3 mm of fat on cells of 1 mm: what lies in series is exact."""
    column = np.repeat([1, 2, 3], [40, 23, 17])
    shape = [10, 10, 10]
    shape[axis] = column.size
    kinds = np.broadcast_to(column.reshape([-1 if a == axis else 1 for a in range(3)]), shape)
    body = volume(kinds, 10)
    thick, area = (17e-4, 23e-4, 40e-4), MM**2
    # Contacts stand half a cell from the centre, in cells that are one tissue to within their outer half.
    exact = column_resistance(thick, (0.2, 0.05, 0.3), area=area, impedance=0.0)
    assert resistance(body, VALUES, axis) == pytest.approx(exact, rel=1e-6)
    planes = [np.array([0, 1])] * 3
    planes[axis] = np.array([0, 1, 3, 4, 6, 7, 8])
    joined = merged(body, planes)
    assert joined.grid.shape[axis] == 6
    assert resistance(joined, VALUES, axis) == pytest.approx(exact, rel=1e-6)
    whole = Volume(grid=body.grid, labels=body.labels, tissues=body.tissues)
    assert abs(resistance(whole, VALUES, axis) / exact - 1) > 0.02


def test_one_tissue_merged_is_that_of_larger_cells():
    body = volume(np.full((12, 8, 10), 2))
    planes = [np.array(plane) for plane in ((0, 1, 3, 6), (0, 4), (0, 2, 5))]
    joined = merged(body, planes)
    sigma = np.full((*joined.grid.shape, 3), 0.05)
    expected = whole_cell_faces(joined.grid, sigma)
    for came, wanted in zip(joined.conductor(VALUES).faces.axes, expected.axes, strict=True):
        assert came == pytest.approx(wanted, rel=1e-12)
    assert merged(body, [np.arange(n + 1) for n in body.grid.shape]).labels.tolist() == body.labels.tolist()


def test_merging_keeps_every_sub_voxel_of_tissue():
    random = np.random.default_rng(4)
    kinds = random.integers(0, 4, (16, 12, 20)).astype(np.uint8)
    body = volume(kinds)
    joined = merged(body, [np.arange(0, n + 1, 2) for n in body.grid.shape])
    sizes = {kind.tissue: (kinds == k).sum() * (MM / 2) ** 3 for k, kind in enumerate(TABLE, start=1)}
    for one in (body, joined):
        assert one.volumes_by_tissue() == pytest.approx(sizes)
        assert one.tissue_volumes().sum() == pytest.approx(sum(sizes.values()))
    counts = [(kinds == k).reshape(4, 4, 3, 4, 5, 4).sum(axis=(1, 3, 5)) for k in range(1, 4)]
    most = np.max(counts, axis=0)
    names = np.array([TABLE[k].tissue for k in range(3)])
    for place in np.ndindex(joined.labels.shape):
        best = [names[k] for k in range(3) if counts[k][place] == most[place]]
        assert joined.tissues[joined.labels[place]] in best


def test_a_little_tissue_makes_a_cell_and_what_nothing_joins_does_not():
    kinds = np.zeros((12, 16, 16), dtype=np.uint8)
    kinds[:5] = 3  # two cells and half of a third
    kinds[10, 1, 1] = 3  # and a crumb
    body = volume(kinds)
    assert body.conducting[:3].all()
    assert not body.conducting[3:].any()
    # Across the half-filled cells half as much flows as across the full ones.
    y = body.conductor(VALUES).faces.y
    assert y[2] == pytest.approx(0.5 * y[1])
    # Two lips that touch in a cell, but not in a sub-voxel, are not joined.
    kinds = np.full((8, 4, 4), 3, dtype=np.uint8)
    kinds[3] = 0
    assert np.unique(volume(kinds).fine.parts()).size == 2


ANGLED = Kind(tissue="muscle", fibres=(0.6, 0.0, 0.8))


@pytest.mark.parametrize(
    ("fibres", "wanted"),
    [
        ((1.0, 0.0, 0.0), (0.5, 0.1, 0.1)),
        ((0.6, 0.0, 0.8), (0.244, 0.1, 0.356)),
        (None, (0.005 ** (1 / 3),) * 3),
    ],
)
def test_a_block_of_muscle_conducts_as_its_fibres_run(fibres, wanted):
    body = volume(np.ones((12, 8, 4)), table=(Kind(tissue="muscle", fibres=fibres),))
    for axis in range(3):
        length = body.grid.edges[axis][-1]
        area = np.prod([body.grid.edges[a][-1] for a in range(3) if a != axis])
        exact = column_resistance([length], [wanted[axis]], area=area, impedance=0.02)
        assert resistance(body, {"muscle": (0.1, 0.5)}, axis, impedance=0.02) == pytest.approx(
            exact, rel=1e-6
        )


def test_fibres_that_differ_within_a_cell_conduct_in_series_and_side_by_side():
    along, across = (
        Kind(tissue="muscle", fibres=(1.0, 0.0, 0.0)),
        Kind(tissue="muscle", fibres=(0.0, 1.0, 0.0)),
    )
    kinds = np.ones((8, 2, 2), dtype=np.uint8)
    kinds[:, 1] = 2
    body = volume(kinds, table=(along, across))
    # Side by side along x: the mean; one after the other along y is the same tissue either way round.
    exact = column_resistance([4 * MM], [0.5 * (0.5 + 0.1)], area=MM**2, impedance=0.0)
    assert resistance(body, {"muscle": (0.1, 0.5)}, 0) == pytest.approx(exact, rel=1e-6)


def test_current_and_power_are_conserved_in_mixed_and_merged_cells():
    random = np.random.default_rng(1)
    kinds = np.repeat(np.repeat(np.repeat(random.integers(1, 4, (8, 8, 16)), 3, 0), 3, 1), 2, 2)
    body = volume(kinds, table=(ANGLED, *TABLE[1:]))
    joined = merged(body, [np.array([0, 1, 2, 3, 5, 8, 12]), np.array([0, 3, 6, 8, 9, 12]), np.arange(17)])
    conductor = joined.conductor({**VALUES, "muscle": (0.1, 0.5)})
    faces = exposed_faces(joined.grid, joined.conducting)
    top = (faces.axis == 2) & (faces.side == 1)
    ends = [contact_on(faces, top & chosen, impedance=0.1)
            for chosen in (faces.centres[:, 0] < 3 * MM, faces.centres[:, 0] > 9 * MM)]  # fmt: skip
    solution = conductor.solve(ends, [1e-3, -1e-3])
    flow = face_currents(conductor, solution)
    index = joined.grid.edge_at(0, 5 * MM)
    assert plane_current(flow, axis=0, index=index) == pytest.approx(1e-3, rel=CONSERVATION)
    found = power(conductor, solution)
    assert found.tissue + found.contacts == pytest.approx(found.electrodes, rel=1e-6)


def test_the_field_in_one_tissue_of_a_mixed_cell_is_its_own():
    """Skin over fat, the border within a cell, current along both: both have the same field."""
    column = np.repeat([2, 3], [13, 7])
    body = volume(np.broadcast_to(column, (24, 4, 20)), 4)
    conductor, faces = body.conductor(VALUES), exposed_faces(body.grid, body.conducting)
    ends = [contact_on(faces, (faces.axis == 0) & (faces.side == side), impedance=0.0) for side in (1, -1)]
    solution = conductor.solve(ends, [1e-3, -1e-3])
    field = tissue_field(conductor, solution, body.labels)[2:4, ..., 0]
    exact = -1e-3 / (MM * (13 * 0.05 + 7 * 0.2) * MM / 4)
    assert field == pytest.approx(np.full(field.shape, exact), rel=1e-6)
    density = current_density(conductor, face_currents(conductor, solution))
    assert (density[2, 0, :, 0] * MM * MM).sum() == pytest.approx(-1e-3)


def test_a_volume_without_sub_voxels_is_as_it_was():
    labels = np.array([[[0, 1], [1, -1]]])
    plain = Volume(grid=cells(1, 2, 2), labels=labels, tissues=("fat", "muscle"))
    sigma = plain.conductivity({"fat": 0.05, "muscle": (0.1, 0.2, 0.3)})
    assert sigma[0, 0, 1].tolist() == [0.1, 0.2, 0.3]
    conductor = plain.conductor({"fat": 0.05, "muscle": (0.1, 0.5)})
    assert conductor.faces is None
    assert conductor.conductivity[0, 1, 0] == pytest.approx([0.005 ** (1 / 3)] * 3)
    assert plain.tissue_volumes().sum() == pytest.approx(3 * MM**3)


def test_what_does_not_fit_is_refused():
    kinds = np.ones((4, 4, 4), dtype=np.uint8)
    planes = even_planes(kinds.shape, 2)
    with pytest.raises(ValueRefused, match="numbers up to 0"):
        fine_tissue(kinds, (), planes)
    with pytest.raises(ValueRefused, match="rising from 0 to 4"):
        fine_tissue(kinds, TABLE, (planes[0], planes[1], np.array([0, 3])))
    with pytest.raises(ValueRefused, match="none for muscle"):
        volume(kinds).conductor({"skin": 0.2})
    with pytest.raises(ValueRefused, match="above 0 S/m for fat"):
        along_axes("fat", (0.1, -0.2))
    body = volume(kinds)
    with pytest.raises(ValueRefused, match="same cells of tissue"):
        Volume(grid=cells(2, 2, 2), labels=np.where(np.eye(2, dtype=bool), 0, [[[-1]]]) * np.ones((2, 2, 2), int),
               tissues=("muscle",), fine=body.fine)  # fmt: skip
