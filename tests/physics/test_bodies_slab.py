"""A slab as a volume: layers where they are said to be, contacts with the area they are said to have."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microcurrent.errors import BodyError, ValueRefused
from microcurrent.physics.bodies.placing import Footprint, place_contact
from microcurrent.physics.bodies.slab import slab_volume
from microcurrent.physics.bodies.volume import Volume, normals_of

LAYERS = [("skin", 1.7e-3), ("fat", 4.5e-3), ("SMAS", 1.0e-3), ("fat", 9.0e-3), ("muscle", 2.5e-3)]
SIZE = (0.12, 0.10)
BOXES = [(-0.03, -0.01, -0.01, 0.01), (0.02, 0.04, 0.005, 0.025)]


@pytest.fixture(scope="module")
def slab() -> Volume:
    return slab_volume(LAYERS, SIZE, BOXES)


def test_volume_of_each_tissue_is_thickness_times_area(slab):
    area = SIZE[0] * SIZE[1]
    found = slab.volumes_by_tissue()
    assert found["skin"] == pytest.approx(1.7e-3 * area, rel=1e-12)
    assert found["fat"] == pytest.approx(13.5e-3 * area, rel=1e-12)
    assert sum(found.values()) == pytest.approx(18.7e-3 * area, rel=1e-12)
    assert slab.tissues == ("skin", "fat", "SMAS", "muscle")


@pytest.mark.parametrize("coarseness", [1.0, 2.0, 3.7])
def test_layer_boundaries_are_grid_planes(coarseness):
    volume = slab_volume(LAYERS, SIZE, BOXES, coarseness=coarseness)
    floors = -np.cumsum([thickness for _, thickness in LAYERS])
    for floor in floors:
        assert np.abs(volume.grid.z - floor).min() < 1e-15
    assert volume.grid.z[-1] == 0
    column = volume.labels[0, 0]
    middles = volume.grid.centres(2)
    for (tissue, _), top, floor in zip(LAYERS, [0.0, *floors[:-1]], floors, strict=True):
        inside = (middles < top) & (middles > floor)
        assert inside.sum() >= 2
        assert {volume.tissues[label] for label in column[inside]} == {tissue}


def test_cells_are_fine_under_the_contacts_and_grow_outwards(slab):
    for axis, (low, high) in ((0, BOXES[0][:2]), (0, BOXES[1][:2]), (1, BOXES[0][2:]), (1, BOXES[1][2:])):
        centres, widths = slab.grid.centres(axis), slab.grid.widths(axis)
        assert widths[(centres > low) & (centres < high)].max() <= 1.0e-3 * (1 + 1e-9)
    depths = slab.grid.widths(2)
    assert depths[slab.grid.centres(2) > -1.7e-3].max() <= 0.4e-3 * (1 + 1e-9)
    assert slab.grid.widths(0)[0] > 3e-3
    between = (slab.grid.centres(0) > -0.01) & (slab.grid.centres(0) < 0.02)
    assert slab.grid.widths(0)[between].max() <= 3e-3 * (1 + 1e-9)


def test_twice_as_coarse_has_about_an_eighth_of_the_cells():
    fine = slab_volume(LAYERS, SIZE, BOXES)
    coarse = slab_volume(LAYERS, SIZE, BOXES, coarseness=2)
    assert coarse.labels.size < fine.labels.size / 4
    for tissue, size in fine.volumes_by_tissue().items():
        assert coarse.volumes_by_tissue()[tissue] == pytest.approx(size, rel=1e-12)


def test_surface_is_the_top_alone(slab):
    faces = slab.surface()
    assert faces.area.sum() == pytest.approx(SIZE[0] * SIZE[1], rel=1e-12)
    assert (faces.centres[:, 2] == 0).all()
    assert (normals_of(faces) == [0, 0, 1]).all()


def test_conductivity_follows_the_labels(slab):
    values = {"skin": 0.2, "fat": 0.05, "SMAS": 0.25, "muscle": 0.13}
    plain = slab.conductivity(values)
    assert plain.shape == slab.grid.shape
    assert set(np.unique(plain)) == set(values.values())
    along = slab.conductivity({**values, "muscle": (0.56, 0.13, 0.13)})
    assert along.shape == (*slab.grid.shape, 3)
    muscle = slab.labels == slab.tissues.index("muscle")
    assert (along[muscle] == [0.56, 0.13, 0.13]).all()
    assert (along[~muscle] == plain[~muscle][:, None]).all()


@pytest.mark.parametrize("values", [{"skin": 0.2}, {"skin": 0.2, "fat": 0.0, "SMAS": 1, "muscle": 1},
                                    {"skin": 0.2, "fat": (1, 2, 3, 4), "SMAS": 1, "muscle": 1},
                                    {"skin": float("nan"), "fat": 1, "SMAS": 1, "muscle": 1}])  # fmt: skip
def test_conductivity_refuses_what_is_missing_or_not_positive(slab, values):
    with pytest.raises(ValueRefused, match="tissue volume"):
        slab.conductivity(values)


@settings(deadline=None, max_examples=40)
@given(
    x=st.floats(-0.05, 0.05), y=st.floats(-0.04, 0.04), area=st.floats(1e-6, 2e-4),
    rectangle=st.booleans(),
)  # fmt: skip
def test_contact_has_the_wanted_area_wherever_it_stands(slab, x, y, area, rectangle):
    side = math.sqrt(area)
    footprint = Footprint(width=1.6 * side, height=0.4 * side) if rectangle else Footprint(area=area)
    placed = place_contact(slab, (x, y, 0.0), footprint, impedance=1.0)
    assert placed.contact.area.sum() == pytest.approx(footprint.area, rel=1e-7)
    assert placed.moved == 0
    assert (placed.contact.axis == 2).all() and (placed.contact.side == 1).all()


def test_middle_of_a_contact_is_where_it_was_put(slab):
    faces = slab.surface()
    where = dict(zip(faces.cells, faces.centres, strict=True))
    placed = place_contact(slab, (-0.02, 0.001, 0.0), Footprint(width=9e-3, height=5e-3), impedance=1.0)
    points = np.array([where[cell] for cell in placed.contact.cells])
    mean = np.average(points, axis=0, weights=placed.contact.area)
    assert mean == pytest.approx([-0.02, 0.001, 0.0], abs=1.5e-4)


@pytest.mark.parametrize(("point", "words"), [
    ((0.058, 0.0, 0.0), "past the slab along x"),
    ((0.0, -0.049, 0.0), "past the slab along y"),
    ((0.0, 0.0, 0.03), "does not lie on the skin"),
])  # fmt: skip
def test_contact_off_the_slab_is_refused(slab, point, words):
    with pytest.raises(BodyError, match=words):
        place_contact(slab, point, Footprint(area=1e-4), impedance=1.0)


@pytest.mark.parametrize("sizes", [{}, {"area": -1.0}, {"width": 1e-3}, {"width": 0.0, "height": 1e-3},
                                   {"area": float("inf")}])  # fmt: skip
def test_footprint_refuses_what_has_no_area(sizes):
    with pytest.raises(ValueRefused):
        Footprint(**sizes)


@pytest.mark.parametrize(("layers", "size", "boxes"), [
    ([], SIZE, BOXES), ([("fat", 0.0)], SIZE, BOXES), ([("fat", float("nan"))], SIZE, BOXES),
    (LAYERS, (0.1, -0.1), BOXES), (LAYERS, SIZE, []), (LAYERS, SIZE, [(1.0, 2.0, 0.0, 0.1)]),
])  # fmt: skip
def test_slab_without_extent_is_refused(layers, size, boxes):
    with pytest.raises(ValueRefused, match="slab"):
        slab_volume(layers, size, boxes)


def test_labels_outside_the_tissues_are_refused(slab):
    for labels in (np.full(slab.grid.shape, 4), np.full(slab.grid.shape, -1), np.zeros((2, 2, 2), int)):
        with pytest.raises(ValueRefused, match="tissue volume"):
            Volume(grid=slab.grid, labels=labels, tissues=slab.tissues)
