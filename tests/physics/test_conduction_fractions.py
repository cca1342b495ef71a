"""Tissue fractions: both rules bracket the truth, meet where interfaces lie along faces, and order 1 to 2."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import spsolve

from microcurrent.errors import ValueRefused
from microcurrent.physics.conduction.assembly import bulk_matrix, diagonal_conductivity
from microcurrent.physics.conduction.conductances import FaceConductances, matrix_of, parts_of
from microcurrent.physics.conduction.conductor import Conductor
from microcurrent.physics.conduction.contact import contact_on, exposed_faces
from microcurrent.physics.conduction.fractions import (
    FineLabels,
    Mixing,
    mean_conductivity,
    mixed_cells,
    sub_voxel_faces,
    whole_cell_faces,
)
from microcurrent.physics.conduction.grid import Grid

GRADED = Grid(x=[0.0, 1.0, 3.0, 4.0, 6.0], y=[0.0, 2.0, 3.0, 5.0], z=[0.0, 1.0, 1.5, 4.0, 5.0])
TABLE = np.array([0.0, 0.01, 0.33, 1.79])


def labels(seed: int, refinement: int, *, lowest: int = 0) -> FineLabels:
    shape = tuple(n * refinement for n in GRADED.shape)
    random = np.random.default_rng(seed).integers(lowest, 4, size=shape)
    return FineLabels(labels=random, conductivity=TABLE, refinement=refinement)


def test_matrix_of_faces_is_that_of_the_cells() -> None:
    sigma = diagonal_conductivity(GRADED, TABLE[labels(1, 1).labels])
    expected, came = bulk_matrix(GRADED, sigma), matrix_of(whole_cell_faces(GRADED, sigma))
    assert abs(expected - came).max() == 0
    assert np.abs(came.sum(axis=1)).max() < 1e-14
    assert abs(came - came.T).max() == 0


@given(seed=st.integers(0, 10_000), share=st.floats(0.0, 0.9))
def test_parts_are_those_of_the_matrix(seed: int, share: float) -> None:
    random = np.random.default_rng(seed)
    shape = (3, 4, 5)
    sides = [tuple(n - (a == axis) for a, n in enumerate(shape)) for axis in range(3)]
    x, y, z = (random.random(side) * (random.random(side) > share) for side in sides)
    faces = FaceConductances(x=x, y=y, z=z)
    count, wanted = connected_components(matrix_of(faces), directed=False)
    found = parts_of(faces).ravel()
    assert np.unique(np.stack([found, wanted]), axis=1).shape[1] == count == found.max() + 1


@pytest.mark.parametrize("mixing", Mixing)
@pytest.mark.parametrize("refinement", [1, 2, 3, 4])
def test_cells_of_one_tissue_are_what_they_were(mixing: Mixing, refinement: int) -> None:
    whole = labels(2, 1).labels
    spread = np.kron(whole, np.ones((refinement,) * 3, dtype=int))
    fine = FineLabels(labels=spread, conductivity=TABLE, refinement=refinement)
    expected = whole_cell_faces(GRADED, diagonal_conductivity(GRADED, TABLE[whole]))
    for came, wanted in zip(sub_voxel_faces(GRADED, fine, mixing=mixing).axes, expected.axes, strict=True):
        assert came == pytest.approx(wanted, rel=1e-13)
    assert mean_conductivity(GRADED, fine, least=1.0) == pytest.approx(
        np.repeat(TABLE[whole][..., None], 3, axis=3)
    )


@given(seed=st.integers(0, 10_000), refinement=st.integers(1, 4))
def test_parallel_of_series_is_never_above_series_of_parallel(seed: int, refinement: int) -> None:
    fine = labels(seed, refinement)
    low = sub_voxel_faces(GRADED, fine, mixing=Mixing.PARALLEL_OF_SERIES)
    high = sub_voxel_faces(GRADED, fine, mixing=Mixing.SERIES_OF_PARALLEL)
    for below, above in zip(low.axes, high.axes, strict=True):
        assert (below <= above * (1 + 1e-12)).all()
        assert below.max() <= TABLE.max() * GRADED.volumes().max()


def plain_face(fine: FineLabels, place: tuple[int, int, int], axis: int, mixing: Mixing) -> float:
    """The rule itself for the face after the cell `place`, sub-voxel by sub-voxel."""
    r = fine.refinement
    widths = GRADED.widths(axis)
    others = [a for a in range(3) if a != axis]
    columns: list[list[float]] = []
    for b, c in np.ndindex(r, r):
        column = []
        # From centre to centre in steps of half a sub-voxel, so that odd refinements need no exception.
        for half in range(r, 3 * r):
            at = np.array(place) * r
            at[axis] += half // 2
            at[others[0]] += b
            at[others[1]] += c
            width = widths[place[axis] + (half >= 2 * r)] / (2 * r)
            sigma = fine.conductivity[fine.labels[tuple(at)], axis]
            column.append(width / sigma if sigma else np.inf)
        columns.append(column)
    area = np.prod([GRADED.widths(a)[place[a]] for a in others]) / r**2
    resistances = np.array(columns)
    if mixing is Mixing.PARALLEL_OF_SERIES:
        return float(area * np.sum(1 / resistances.sum(axis=1)))
    with np.errstate(divide="ignore"):
        return float(area / np.sum(1 / np.sum(1 / resistances, axis=0)))


@pytest.mark.parametrize("mixing", Mixing)
@pytest.mark.parametrize("refinement", [1, 2, 3])
def test_the_kernels_are_the_rules(mixing: Mixing, refinement: int) -> None:
    fine = labels(17, refinement)
    faces = sub_voxel_faces(GRADED, fine, mixing=mixing)
    for axis, values in enumerate(faces.axes):
        for place in np.ndindex(values.shape):
            assert values[place] == pytest.approx(plain_face(fine, place, axis, mixing), rel=1e-12)


PLANES = (np.array([0, 1, 4, 6, 11]), np.array([0, 2, 3, 7]), np.array([0, 3, 4, 6, 9]))


def uneven_face(fine: FineLabels, place: tuple[int, int, int], axis: int, mixing: Mixing) -> float:
    """The rule for the face after the cell `place` where cells hold different numbers of sub-voxels."""
    others = [a for a in range(3) if a != axis]
    across = [range(PLANES[a][place[a]], PLANES[a][place[a] + 1]) for a in others]
    first, border, last = PLANES[axis][place[axis] : place[axis] + 3]
    widths = GRADED.widths(axis)
    resistances = np.zeros((len(across[0]), len(across[1]), 0))
    # In steps of half a sub-voxel, from the middle of one cell to that of the next.
    for half in range(first + border, border + last):
        upper = half >= 2 * border
        count = last - border if upper else border - first
        plane = np.moveaxis(fine.labels, axis, 0)[half // 2]
        sigma = fine.conductivity[plane[np.ix_(*across)], axis]
        with np.errstate(divide="ignore"):
            one = widths[place[axis] + upper] / (2 * count * sigma)
        resistances = np.concatenate([resistances, one[..., None]], axis=2)
    area = np.prod([GRADED.widths(a)[place[a]] for a in others]) / resistances[..., 0].size
    if mixing is Mixing.PARALLEL_OF_SERIES:
        return float(area * np.sum(1 / resistances.sum(axis=2)))
    with np.errstate(divide="ignore"):
        return float(area / np.sum(1 / np.sum(1 / resistances, axis=(0, 1))))


@pytest.mark.parametrize("mixing", Mixing)
def test_cells_may_hold_different_numbers_of_sub_voxels(mixing: Mixing) -> None:
    random = np.random.default_rng(5).integers(0, 4, size=[plane[-1] for plane in PLANES])
    fine = FineLabels(labels=random, conductivity=TABLE * [1, 1, 2, 3], planes=PLANES)
    faces = sub_voxel_faces(GRADED, fine, mixing=mixing)
    for axis, values in enumerate(faces.axes):
        for place in np.ndindex(values.shape):
            assert values[place] == pytest.approx(uneven_face(fine, place, axis, mixing), rel=1e-12)
    some = np.random.default_rng(6).random(GRADED.shape) < 0.7
    among = sub_voxel_faces(GRADED, fine, mixing=mixing, among=some)
    assert (among.x == faces.x * (some[:-1] & some[1:])).all()
    mean = mean_conductivity(GRADED, fine)
    block = fine.conductivity[random[1:4, 2:3, 4:6]].reshape(-1, 3)
    assert mean[1, 1, 2] == pytest.approx(block[block[:, 0] > 0].mean(axis=0))


@pytest.mark.parametrize("least", [0.0, 0.8])
def test_the_mean_is_that_of_the_tissue(least: float) -> None:
    fine = labels(3, 2)
    found = mean_conductivity(GRADED, fine, least=least)
    for place in np.ndindex(GRADED.shape):
        block = TABLE[fine.labels[tuple(slice(2 * i, 2 * i + 2) for i in place)]]
        tissue = block[block > 0]
        wanted = tissue.mean() if tissue.size >= max(8 * least, 1) else 0.0
        assert found[place] == pytest.approx([wanted] * 3)


def block_conductance(sigma: np.ndarray) -> float:
    """Conductance of a block of unit voxels between its two ends along x, by a direct solve."""
    nx, ny, nz = sigma.shape
    grid = Grid(x=np.arange(nx + 1.0), y=np.arange(ny + 1.0), z=np.arange(nz + 1.0))
    matrix = bulk_matrix(grid, diagonal_conductivity(grid, sigma)).tolil()
    right = np.zeros(sigma.size)
    cells = np.arange(sigma.size).reshape(sigma.shape)
    for end, volt in ((cells[0].ravel(), 1.0), (cells[-1].ravel(), 0.0)):
        for cell in end:
            half = 2 * sigma.ravel()[cell]
            matrix[cell, cell] += half
            right[cell] += half * volt
    potential = spsolve(matrix.tocsc(), right)
    first = cells[0].ravel()
    return float(np.sum(2 * sigma.ravel()[first] * (1 - potential[first])))


@pytest.mark.parametrize("seed", range(6))
def test_the_two_rules_bracket_the_block_itself(seed: int) -> None:
    random = np.random.default_rng(seed)
    fine = FineLabels(labels=random.integers(1, 4, size=(8, 4, 4)), conductivity=TABLE, refinement=4)
    grid = Grid(x=[0.0, 4.0, 8.0], y=[0.0, 4.0], z=[0.0, 4.0])
    between = TABLE[fine.labels[2:6]]
    low, high = (float(sub_voxel_faces(grid, fine, mixing=m).x[0, 0, 0]) for m in Mixing)
    assert low <= block_conductance(between) <= high
    # Both are conductances of a block of that length and cross-section, of its tissues.
    assert TABLE[1] * 4 < low <= high < TABLE[3] * 4


def test_layers_inside_cells_are_exact_in_one_dimension() -> None:
    grid = Grid(x=[0.0, 1.0], y=[0.0, 1.0], z=np.linspace(0.0, 4.0, 5))
    column = np.array([1, 2, 3, 1, 1, 2, 3, 3, 2, 1, 1, 1, 2, 3, 1, 2])
    fine = FineLabels(
        labels=np.broadcast_to(column, (4, 4, 16)), conductivity=TABLE * [1, 1, 2, 3], refinement=4
    )
    expected = [1 / np.sum(0.25 / fine.conductivity[column[k : k + 4], 2]) for k in (2, 6, 10)]
    for mixing in Mixing:
        assert sub_voxel_faces(grid, fine, mixing=mixing).z.ravel() == pytest.approx(expected, rel=1e-14)


def test_muscle_keeps_its_directions() -> None:
    table = np.array([[0.0, 0.0, 0.0], [0.56, 0.13, 0.14]])
    fine = FineLabels(labels=np.ones((8, 6, 8), dtype=int), conductivity=table, refinement=2)
    faces = sub_voxel_faces(GRADED, fine)
    widths = [GRADED.widths(axis) for axis in range(3)]
    assert faces.x[0, 0, 0] == pytest.approx(0.56 * widths[1][0] * widths[2][0] / 1.5)
    assert faces.z[0, 0, 0] == pytest.approx(0.14 * widths[0][0] * widths[1][0] / 0.75)


@pytest.mark.parametrize("mixing", Mixing)
def test_air_cells_and_islands_are_left_out(mixing: Mixing) -> None:
    shape = tuple(4 * n for n in GRADED.shape)
    random = np.zeros(shape, dtype=int)
    random[:11, :, :] = 2  # a body that fills 2 cells and three quarters along x
    random[14:16, 8:, 12:] = 2  # and an island
    fine = FineLabels(labels=random, conductivity=TABLE, refinement=4)
    mixed = mixed_cells(GRADED, fine, mixing=mixing)
    conducting = mixed.conductivity[..., 0] > 0
    assert conducting[:3].all()
    assert not conducting[3:].any()
    assert (mixed.faces.x[:2] > 0).all()
    assert not mixed.faces.x[2:].any()
    fewer = mixed_cells(GRADED, fine, mixing=mixing, least=0.8)
    assert (fewer.conductivity[:2] > 0).all()
    assert not (fewer.conductivity[2:] > 0).any()
    # Across the cut the three quarters of a face that are tissue carry current, and no more.
    full = sub_voxel_faces(GRADED, fine, mixing=mixing).y
    assert full[2] == pytest.approx(0.75 * full[0] * GRADED.widths(0)[2] / GRADED.widths(0)[0])


def test_what_does_not_fit_is_refused() -> None:
    good = np.ones((8, 6, 8), dtype=int)
    with pytest.raises(ValueRefused, match="multiple of the refinement"):
        FineLabels(labels=good, conductivity=TABLE, refinement=3)
    with pytest.raises(ValueRefused, match="0 to 3"):
        FineLabels(labels=good * 4, conductivity=TABLE, refinement=2)
    with pytest.raises(ValueRefused, match="each label"):
        FineLabels(labels=good, conductivity=-TABLE, refinement=2)
    with pytest.raises(ValueRefused, match="each label"):
        FineLabels(labels=good, conductivity=[[0.0, 0.0, 0.0], [1.0, 0.0, 1.0]], refinement=2)
    with pytest.raises(ValueRefused, match="rising from 0 to 8"):
        FineLabels(labels=good, conductivity=TABLE, planes=([0, 3, 3, 8], [0, 6], [0, 8]))
    fine = FineLabels(labels=good, conductivity=TABLE, refinement=1)
    with pytest.raises(ValueRefused, match="1 times"):
        sub_voxel_faces(GRADED, fine)
    with pytest.raises(ValueRefused, match="of tissue"):
        mixed_cells(GRADED, FineLabels(labels=0 * good, conductivity=TABLE, refinement=2))


def test_conductances_that_are_none_are_refused() -> None:
    with pytest.raises(ValueRefused, match="0 S or more"):
        FaceConductances(x=-np.ones((1, 2, 2)), y=np.ones((2, 1, 2)), z=np.ones((2, 2, 1)))
    with pytest.raises(ValueRefused, match="shape"):
        FaceConductances(x=np.ones((2, 2, 2)), y=np.ones((2, 1, 2)), z=np.ones((2, 2, 1)))
    with pytest.raises(ValueRefused, match="three indices"):
        FaceConductances(x=np.ones((2, 2)), y=np.ones((2, 1, 2)), z=np.ones((2, 2, 1)))
    faces = FaceConductances(x=np.ones((1, 2, 2)), y=np.ones((2, 1, 2)), z=np.ones((2, 2, 1)))
    with pytest.raises(ValueRefused, match="faces between cells"):
        faces.check_on(GRADED)


def column_with_a_gap() -> tuple[Grid, np.ndarray]:
    """Eight cells in a row, air in the middle: two parts, of 3 and of 4 cells."""
    grid = Grid(x=[0.0, 0.01], y=[0.0, 0.01], z=np.linspace(0.0, 0.08, 9))
    sigma = np.full((1, 1, 8, 3), 0.3)
    sigma[:, :, 3] = 0.0
    return grid, sigma


def test_two_parts_in_one_row_are_solved_each_on_its_own() -> None:
    grid, sigma = column_with_a_gap()
    conductor = Conductor(grid, sigma, faces=whole_cell_faces(grid, sigma))
    every = exposed_faces(grid, conductor.conducting)
    for cells in ((0, 2), (4, 7)):
        ends = [
            contact_on(every, (every.cells == cell) & (every.axis == 2), impedance=0.0) for cell in cells
        ]
        found = conductor.solve(ends, [1e-3, -1e-3])
        # Ohm's law between the outer faces of the part: length over sigma and area.
        length = 0.01 * (cells[1] - cells[0] + 1)
        assert found.electrode_potentials[0] == pytest.approx(1e-3 * length / (0.3 * 1e-4), rel=1e-6)


def test_a_face_that_conducts_into_air_is_refused() -> None:
    grid, sigma = column_with_a_gap()
    faces = whole_cell_faces(grid, sigma)
    z = faces.z.copy()
    z[:, :, 3] = z.max()
    conductor = Conductor(grid, sigma, faces=FaceConductances(x=faces.x, y=faces.y, z=z))
    every = exposed_faces(grid, conductor.conducting)
    ends = [contact_on(every, (every.cells == cell) & (every.axis == 2), impedance=0.0) for cell in (4, 7)]
    with pytest.raises(ValueRefused, match="0 S between tissue and air"):
        conductor.solve(ends, [1e-3, -1e-3])
