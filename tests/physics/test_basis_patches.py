"""Patches of skin: whole, in one piece each, of about one size; none across air."""

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components

from microcurrent.errors import ValueRefused
from microcurrent.physics.bodies.volume import Volume, normals_of
from microcurrent.physics.conduction.basis.details import sets_apart
from microcurrent.physics.conduction.basis.layout import Choice
from microcurrent.physics.conduction.basis.patches import cut_patches, joined_cells, within
from microcurrent.physics.conduction.grid import Grid

MM = 1e-3


def ball(radius=20, spacing=1.0) -> Volume:
    count = int(2 * (radius + 2) / spacing)
    edges = (np.arange(count + 1) * spacing - radius - 2) * MM
    grid = Grid(x=edges, y=edges, z=edges)
    middles = grid.centres(0)
    distance = np.sqrt(sum(np.meshgrid(middles**2, middles**2, middles**2, indexing="ij")))
    labels = np.where(distance < radius * MM, 0, -1).astype(np.int16)
    return Volume(grid=grid, labels=labels, tissues=("soft",))


def lips() -> Volume:
    """Two slabs one cell of air apart, joined at the back."""
    edges = [np.arange(n + 1) * MM for n in (24, 16, 17)]
    labels = np.zeros((24, 16, 17), dtype=np.int16)
    labels[:, :10, 8] = -1
    labels[:, 0, :] = -1
    return Volume(grid=Grid(x=edges[0], y=edges[1], z=edges[2]), labels=labels, tissues=("soft",))


def cut(volume, **choice):
    return cut_patches(volume.grid, volume.conducting, volume.surface(), **choice)


@pytest.mark.parametrize("size", [3 * MM, 4 * MM, 5 * MM])
def test_patches_cover_the_skin_once(size):
    volume = ball()
    patches = cut(volume, size=size)
    assert patches.face_patch.min() == 0
    area = np.bincount(patches.face_patch, weights=patches.faces.area)
    assert np.allclose(area, patches.area)
    assert np.isclose(patches.area.sum(), volume.surface().area.sum())
    assert np.allclose(np.bincount(patches.cell_patch, weights=patches.weight), 1.0)
    # The faces of a cell are never parted.
    of_cell = patches.cell_patch[np.searchsorted(patches.cells, patches.faces.cells)]
    assert np.array_equal(of_cell, patches.face_patch)


@pytest.mark.parametrize("size", [3 * MM, 4 * MM, 5 * MM])
def test_patches_are_about_as_far_apart_as_wanted(size):
    patches = cut(ball(), size=size)
    # On the smooth ball, hexagons of this distance have this area.
    share = 4 * np.pi * (20 * MM) ** 2 / patches.count / (np.sqrt(0.75) * size**2)
    assert 0.7 < share < 1.4
    assert patches.area.max() < 4 * patches.area.min()
    looks_out = np.einsum("ij,ij->i", patches.normals, patches.centres) / np.linalg.norm(
        patches.centres, axis=1
    )
    assert looks_out.min() > 0.9


def test_every_patch_is_one_piece_of_tissue():
    for volume in (ball(), lips()):
        patches = cut(volume)
        links = joined_cells(volume.grid, volume.conducting, patches.cells)
        for number in range(patches.count):
            own = np.flatnonzero(patches.cell_patch == number)
            assert connected_components(links[own][:, own])[0] == 1


def test_no_patch_lies_on_both_lips():
    volume = lips()
    patches = cut(volume)
    height = np.unravel_index(patches.cells, volume.grid.shape)[2]
    depth = np.unravel_index(patches.cells, volume.grid.shape)[1]
    for number in range(patches.count):
        own = patches.cell_patch == number
        front = own & (depth < 6)
        assert not ((height[front] < 8).any() and (height[front] > 8).any())


def test_a_region_takes_whole_cells_and_nothing_else():
    volume = ball()
    faces = volume.surface()
    point = np.array([0.0, 0.0, 20.0]) * MM
    region = within(faces, point, 9 * MM)
    patches = cut(volume, region=region)
    assert (patches.face_patch[region] >= 0).all()
    beyond = (patches.face_patch >= 0) & ~region
    assert np.isin(faces.cells[beyond], faces.cells[region]).all()
    assert np.linalg.norm(patches.centres - point, axis=1).max() < 9 * MM + 1 * MM
    assert np.array_equal(patches.cells_under(np.flatnonzero(region)), patches.face_cell[region])


def test_patches_are_the_same_each_time():
    one, other = (cut(ball()) for _ in range(2))
    assert np.array_equal(one.cell_patch, other.cell_patch)


def test_normals_of_flat_skin_are_its_own():
    edges = [np.arange(n + 1) * MM for n in (20, 20, 6)]
    grid = Grid(x=edges[0], y=edges[1], z=edges[2])
    volume = Volume(grid=grid, labels=np.zeros(grid.shape, int), tissues=("soft",), skin_borders=((2, 1),))
    patches = cut(volume)
    assert np.allclose(patches.normals, normals_of(volume.surface())[0])
    assert np.allclose(patches.centres[:, 2], 6 * MM)


def test_rests_solved_together_are_far_apart():
    patches = cut(ball())
    sets = sets_apart(patches, distance=15 * MM)
    seen = np.concatenate([sets.column(number) for number in range(sets.count)])
    assert np.array_equal(np.sort(seen), np.arange(patches.cells.size))
    for number in range(sets.count):
        centres = patches.centres[patches.cell_patch[sets.column(number)]]
        apart = np.linalg.norm(centres[:, None] - centres[None], axis=2) + np.eye(len(centres))
        assert apart.min() > 15 * MM
    assert sets.count < 0.25 * patches.cells.size


def test_patches_refuse_what_makes_no_sense():
    volume = ball(8)
    faces = volume.surface()
    with pytest.raises(ValueRefused, match="size above 0"):
        cut(volume, size=0.0)
    with pytest.raises(ValueRefused, match="0 chosen"):
        cut(volume, region=np.zeros(faces.cells.size, dtype=bool))
    with pytest.raises(ValueRefused, match="skin within"):
        within(faces, (1.0, 1.0, 1.0), 5 * MM)
    with pytest.raises(ValueRefused, match="radius above 0"):
        within(faces, (0.0, 0.0, 0.0), -1.0)
    with pytest.raises(ValueRefused, match="two patches"):
        Choice(size=5 * MM, reach=6 * MM)
    with pytest.raises(ValueRefused, match="depth above 0"):
        Choice(depth=float("nan"))
