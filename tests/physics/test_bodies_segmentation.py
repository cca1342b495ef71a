"""Label images as volumes: any axes, what is wrong with them, contacts on their staircase of a skin."""

import itertools
import math

import numpy as np
import pytest

from microcurrent.errors import BodyError, ValueRefused
from microcurrent.physics.bodies.merging import merged, refined_near
from microcurrent.physics.bodies.orientation import upright
from microcurrent.physics.bodies.placing import Footprint, place_contact
from microcurrent.physics.bodies.segmentation import segmentation_volume
from microcurrent.physics.bodies.volume import AIR, Volume, normals_of
from microcurrent.physics.conduction.conductor import Conductor
from microcurrent.physics.conduction.grid import Grid

MEANING = {0: None, 1: "skin", 2: "fat", 7: "skull"}
MM = 1e-3


def blob(shape=(22, 26, 30)) -> np.ndarray:
    """A lopsided body, egg of fat in skin with a skull in one half: no turn maps it to itself."""
    x, y, z = np.meshgrid(*[np.arange(n) for n in shape], indexing="ij")
    radius = np.sqrt(((x - 10) / 8) ** 2 + ((y - 12) / 10) ** 2 + ((z - 14) / 12) ** 2)
    labels = np.where(radius < 1, 1, 0)
    labels[radius < 0.75] = 2
    labels[(radius < 0.45) & (x > 10)] = 7
    labels[10, 22:25, 14] = 1
    return labels


def affine(sizes=(1 * MM, 1 * MM, 1 * MM), origin=(0.0, 0.0, 0.0)) -> np.ndarray:
    result = np.diag([*sizes, 1.0])
    result[:3, 3] = origin
    return result


def same(one: Volume, other: Volume) -> bool:
    return (
        one.tissues == other.tissues
        and np.array_equal(one.labels, other.labels)
        and all(
            np.allclose(a, b, atol=1e-12) for a, b in zip(one.grid.edges, other.grid.edges, strict=True)
        )
    )


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("flips", [(), (0,), (1, 2), (0, 1, 2)])
def test_same_body_stored_with_other_axes_is_the_same_volume(order, flips):
    labels, sizes = blob(), (1.0 * MM, 1.2 * MM, 1.4 * MM)
    reference = affine(sizes, (-0.01, 0.02, 0.003))
    expected = segmentation_volume(labels, reference, MEANING).volume
    stored = np.transpose(labels, order)
    matrix = reference[:, [*order, 3]]
    for axis in flips:
        stored = np.flip(stored, axis)
        matrix = matrix.copy()
        matrix[:3, 3] += matrix[:3, axis] * (stored.shape[axis] - 1)
        matrix[:3, axis] *= -1
    assert same(segmentation_volume(stored, matrix, MEANING).volume, expected)


def test_volume_of_each_tissue_is_voxels_times_size():
    labels = blob()
    found = segmentation_volume(
        labels, affine((1 * MM, 2 * MM, 3 * MM)), MEANING
    ).volume.volumes_by_tissue()
    for label, name in ((1, "skin"), (2, "fat"), (7, "skull")):
        assert found[name] == pytest.approx((labels == label).sum() * 6e-9, rel=1e-9)


def test_oblique_image_is_laid_straight_where_it_lies():
    angle = math.radians(20)
    turn = np.eye(4)
    turn[:2, :2] = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    straight = segmentation_volume(blob(), affine(), MEANING).volume
    found = segmentation_volume(blob(), turn @ affine(), MEANING)
    assert any("20.0 degrees" in warning for warning in found.warnings)
    for name, size in straight.volumes_by_tissue().items():
        assert found.volume.volumes_by_tissue()[name] == pytest.approx(size, rel=0.03)

    def middle(volume, name):
        at = np.nonzero(volume.labels == volume.tissues.index(name))
        return np.array([volume.grid.centres(axis)[at[axis]].mean() for axis in range(3)])

    for name in ("fat", "skull"):
        assert middle(found.volume, name) == pytest.approx(
            turn[:3, :3] @ middle(straight, name), abs=0.2 * MM
        )


def test_a_tilt_of_less_than_half_a_voxel_changes_nothing():
    matrix = affine()
    matrix[0, 1] = 2e-3 * MM
    assert upright(blob(), matrix).tilt == 0
    assert np.array_equal(upright(blob(), matrix).labels, blob())


@pytest.mark.parametrize("matrix", [np.zeros((4, 4)), np.full((4, 4), np.nan), np.ones((4, 4)), np.eye(3)])
def test_axes_without_direction_are_refused(matrix):
    with pytest.raises(BodyError, match="axes of the image"):
        upright(blob(), matrix)


def warnings_of(labels, matrix=None, **more):
    return segmentation_volume(labels, affine() if matrix is None else matrix, MEANING, **more).warnings


def test_islands_are_left_out_and_said():
    labels = blob()
    labels[1, 1, 1] = labels[20, 1, 1] = labels[20, 1, 2] = 2
    found = segmentation_volume(labels, affine(), MEANING)
    assert any("2 pieces of tissue, 3 voxels" in warning for warning in found.warnings)
    assert same(found.volume, segmentation_volume(blob(), affine(), MEANING).volume)


def test_large_parts_stay_and_are_said():
    labels = np.concatenate([blob(), blob()])
    assert any("2 separate parts" in warning for warning in warnings_of(labels))


def test_cavities_are_said_and_are_not_skin():
    labels = blob()
    full = segmentation_volume(labels, affine(), MEANING).volume.surface()
    labels[10:13, 11:14, 13:16] = 0
    labels[6, 12, 14] = 0
    found = segmentation_volume(labels, affine(), MEANING)
    assert any("2 cavities" in warning for warning in found.warnings)
    hollow = found.volume.surface()
    assert hollow.area.sum() == pytest.approx(full.area.sum(), rel=1e-12)
    # A channel to the outside turns a cavity into skin.
    labels[6, 12, 14:] = 0
    opened = segmentation_volume(labels, affine(), MEANING).volume.surface()
    assert opened.area.sum() > full.area.sum() + 4 * 10e-6 * 0.9


def test_a_body_running_out_of_the_image_is_said_and_the_cut_is_not_skin():
    labels = blob()[:, :, :15]
    found = segmentation_volume(labels, affine(), MEANING)
    assert any("runs into the upper end" in warning for warning in found.warnings)
    faces = found.volume.surface()
    assert not ((faces.axis == 2) & (faces.side == 1) & (faces.centres[:, 2] > 14 * MM)).any()


def test_a_windpipe_cut_by_the_end_of_the_image_is_not_skin():
    labels = blob()[:, :, :15]
    closed = segmentation_volume(labels, affine(), MEANING).volume.surface()
    labels[11:13, 11:13, 8:] = 0
    found = segmentation_volume(labels, affine(), MEANING)
    assert any("1 cavity" in warning for warning in found.warnings)
    assert found.volume.surface().area.sum() == pytest.approx(closed.area.sum(), rel=1e-12)
    # One that opens at the side as well, as a mouth does, is.
    labels[:, 11:13, 9] = 0
    opened = segmentation_volume(labels, affine(), MEANING).volume.surface()
    assert opened.area.sum() > closed.area.sum() + 4 * 10e-6 * 0.9


def test_a_body_cut_flat_within_the_image_is_said():
    labels = blob()
    labels[:, :, :14] = 0
    assert any("ends flat towards the lower end" in warning for warning in warnings_of(labels))
    assert not any("ends flat" in warning for warning in warnings_of(blob()))


def test_wide_and_uneven_voxels_are_said():
    assert any(
        "wider than most layers" in warning for warning in warnings_of(blob(), affine((2 * MM,) * 3))
    )
    uneven = warnings_of(blob(), affine((0.5 * MM, 0.5 * MM, 1.2 * MM)))
    assert any("far from cubes" in warning for warning in uneven)


def test_film_of_another_label_on_the_skin_is_said_and_can_be_replaced():
    labels = blob()
    outer = (labels == 1) & (np.arange(30) < 12)[None, None, :]
    labels[outer] = 7
    said = [warning for warning in warnings_of(labels) if "of the skin is labelled skull" in warning]
    assert len(said) == 1
    found = segmentation_volume(labels, affine(), MEANING, shell=("skin", 1.5 * MM))
    cells = found.volume.surface().cells
    assert {found.volume.tissues[k] for k in np.unique(found.volume.labels.ravel()[cells])} == {"skin"}
    assert any("1.5 mm of the outside everything was taken as skin" in w for w in found.warnings)


def test_labels_without_meaning_are_listed_with_counts():
    labels = blob()
    labels[10, 12, 14:17] = 99
    with pytest.raises(BodyError, match=r"99 \(3 voxels\)"):
        segmentation_volume(labels, affine(), MEANING)


@pytest.mark.parametrize(("value", "words"), [(0, "no tissue"), (1, "no air")])
def test_an_image_of_one_kind_is_refused(value, words):
    with pytest.raises(BodyError, match=words):
        segmentation_volume(np.full((5, 5, 5), value), affine(), MEANING)


def test_merging_by_majority_keeps_whole_blocks_and_prefers_the_rarer_in_a_tie():
    labels = np.full((8, 8, 8), AIR, dtype=np.int16)
    labels[2:6, 2:6, 2:6] = 0
    labels[2:6, 2:6, 4:5] = 1
    grid = Grid(x=np.arange(9) * MM, y=np.arange(9) * MM, z=np.arange(9) * MM)
    volume = Volume(grid=grid, labels=labels, tissues=("fat", "skin"))
    halves = np.arange(0, 9, 2)
    found = merged(volume, [halves, halves, halves])
    assert found.grid.shape == (4, 4, 4)
    assert (found.labels[1:3, 1:3, 1] == 0).all()
    assert (found.labels[1:3, 1:3, 2] == 1).all()
    assert (found.labels == AIR).sum() == 64 - 8
    identity = [np.arange(9)] * 3
    assert np.array_equal(merged(volume, identity).labels, labels)
    with pytest.raises(ValueRefused, match="planes"):
        merged(volume, [halves, halves, np.array([0, 4])])


@pytest.fixture(scope="module")
def ball() -> Volume:
    """A ball of 15 mm radius, voxels of 0.75 mm."""
    size, radius = 0.75 * MM, 15 * MM
    place = (np.arange(48) - 23.5) * size
    r = np.sqrt(place[:, None, None] ** 2 + place[None, :, None] ** 2 + place[None, None, :] ** 2)
    return segmentation_volume(
        (r < radius).astype(int), affine((size,) * 3, (place[0],) * 3), MEANING
    ).volume


def directions():
    raw = [(1, 0, 0), (0, -1, 0), (1, 1, 0), (1, 1, 1), (-1, 2, 0.5), (0.3, -0.2, -1)]
    return [tuple(np.array(d) / np.linalg.norm(d)) for d in raw]


@pytest.mark.parametrize("direction", directions())
def test_contact_on_a_ball_has_the_wanted_area_and_faces_outwards(ball, direction):
    place = 15 * MM * np.array(direction)
    placed = place_contact(ball, place, Footprint(area=3e-5), impedance=0.5)
    assert placed.contact.area.sum() == pytest.approx(3e-5, rel=1e-12)
    assert placed.moved < 1 * MM
    faces = ball.surface()
    where = {(c, a): k for k, (c, a) in enumerate(zip(faces.cells, faces.axis, strict=True))}
    rows = [where[key] for key in zip(placed.contact.cells, placed.contact.axis, strict=True)]
    reach = np.linalg.norm(faces.centres[rows] - placed.centre, axis=1).max()
    assert reach < 1.15 * Footprint(area=3e-5).radius + 0.75 * MM
    assert (normals_of(faces)[rows] @ np.array(direction) > -1e-9).all()
    assert (placed.contact.area <= faces.area[rows] * (1 + 1e-9)).all()


def test_current_between_two_contacts_on_a_ball_is_conserved(ball):
    conductor = Conductor(ball.grid, ball.conductivity({"skin": 0.2}))
    contacts = [
        place_contact(ball, np.array(point) * MM, Footprint(area=4e-5), impedance=0.5).contact
        for point in ((0, 0, 15), (10.6, 10.6, 0))
    ]
    solution = conductor.solve(contacts, [1e-3, -1e-3])
    assert solution.delivered == pytest.approx([1e-3, -1e-3], rel=1e-6)


def test_resistance_hardly_depends_on_how_the_skin_lies_in_the_grid(ball):
    """The staircase of an oblique patch has up to 1.7 times the area, and must not conduct so much more."""
    conductor = Conductor(ball.grid, ball.conductivity({"skin": 0.2}))
    found = []
    for direction in directions():
        ends = [
            place_contact(ball, sign * 15 * MM * np.array(direction), Footprint(area=4e-5), impedance=0.5)
            for sign in (1, -1)
        ]
        solution = conductor.solve([end.contact for end in ends], [1.0, -1.0])
        found.append(float(np.diff(solution.electrode_potentials[::-1])[0]))
    assert max(found) < 1.02 * min(found)


def test_contact_does_not_reach_through_a_thin_sheet():
    """Both sides of a sheet of two voxels lie within the radius; only one is touched."""
    labels = np.zeros((40, 40, 12), dtype=int)
    labels[4:36, 4:36, 5:7] = 1
    volume = segmentation_volume(labels, affine(), MEANING).volume
    placed = place_contact(volume, (20 * MM, 20 * MM, 6.5 * MM), Footprint(area=1.2e-4), impedance=0.5)
    assert (placed.contact.axis == 2).all() and (placed.contact.side == 1).all()
    at_edge = place_contact(volume, (35 * MM, 20 * MM, 6.5 * MM), Footprint(area=6e-5), impedance=0.5)
    assert not ((at_edge.contact.axis == 2) & (at_edge.contact.side == -1)).any()


@pytest.mark.parametrize(("point", "area", "words"), [
    ((0, 0, 0.045), 3e-5, "does not lie on the skin"),
    ((0, 0, 0.015), 5e-7, "smaller than the voxels"),
])  # fmt: skip
def test_contact_that_cannot_be_placed_is_refused(ball, point, area, words):
    with pytest.raises(BodyError, match=words):
        place_contact(ball, point, Footprint(area=area), impedance=0.5)


def test_refined_volume_keeps_voxels_near_and_merges_far(ball):
    place = np.array([[0.0, 0.0, 15 * MM]])
    found = refined_near(ball, place, 4 * MM)
    assert found.labels.size < ball.labels.size / 4
    assert sum(found.volumes_by_tissue().values()) == pytest.approx(
        4 / 3 * math.pi * (15 * MM) ** 3, rel=0.05
    )
    for axis in range(3):
        near = np.abs(found.grid.centres(axis) - place[0, axis]) < 4 * MM
        assert found.grid.widths(axis)[near] == pytest.approx(0.75 * MM, rel=1e-9)
        assert found.grid.widths(axis).max() <= 4 * MM
    coarse = refined_near(ball, place, 4 * MM, coarseness=2)
    assert coarse.labels.size < found.labels.size / 2
    one, other = (
        place_contact(volume, place[0], Footprint(area=3e-5), impedance=0.5).contact
        for volume in (ball, found)
    )
    assert one.area.size == other.area.size
