"""The models that solvers are timed on are what the benchmark's page says they are."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage
from scipy.sparse import csc_array, diags_array
from scipy.sparse.linalg import splu

from microcurrent.physics.conduction.assembly import bulk_matrix, diagonal_conductivity

PLACE = Path(__file__).resolve().parents[2] / "benchmarks" / "head_model.py"


def loaded():
    spec = importlib.util.spec_from_file_location("head_model", PLACE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


head_model = loaded()


@pytest.fixture(scope="module")
def head():
    return head_model.head(64)


def parts(conducting):
    return ndimage.label(conducting)[1]


def test_a_head_of_200_voxels_a_side_has_about_3_1_million_unknowns(head):
    share = head.cells.size / 64**3
    assert share == pytest.approx(0.39, abs=0.005)
    assert share * 200**3 == pytest.approx(3.1e6, rel=0.02)


def test_the_head_is_one_part_with_air_inside(head):
    conducting = head.conductivity > 0
    assert parts(conducting) == 1
    assert parts(~conducting) > 1


@pytest.mark.parametrize(("skin", "contrast"), [("c300", 284), ("c3", 994), ("c4", 9944)])
def test_the_contrast_is_that_of_its_name(skin, contrast):
    conductivity = head_model.head(48, skin).conductivity
    tissue = conductivity[conductivity > 0]
    assert tissue.max() / tissue.min() == pytest.approx(contrast, rel=2e-3)


def test_from_above_come_skin_fat_three_layers_of_bone_fluid_and_brain():
    n = 200
    column = head_model.head_labels(n)[n // 2, n // 2, ::-1]
    column = column[column != head_model.AIR]
    change = np.flatnonzero(np.diff(column)) + 1
    met = [int(column[at]) for at in (0, *change)]
    soft = {head_model.FAT, head_model.MUSCLE, head_model.BLOOD}
    assert met[0] == head_model.SKIN and change[0] == 2
    at = met.index(head_model.CORTICAL)
    assert set(met[1:at]) <= soft
    bone = [head_model.CORTICAL, head_model.SPONGY, head_model.CORTICAL]
    assert met[at : at + 4] == [*bone, head_model.FLUID]
    assert change[at + 2] - change[at - 1] == 6
    assert head_model.GREY in met and head_model.WHITE in met


@pytest.mark.parametrize("n", [64, 100])
def test_the_contacts_lie_apart_on_skin(n):
    head = head_model.head(n)
    labels = head_model.head_labels(n).ravel()
    disc = np.pi * head_model.RADIUS**2
    for contact in head.contacts:
        assert (labels[contact.cells] == head_model.SKIN).all()
        # The steps of a voxel surface hold more area than the smooth one, at most sqrt(3) times.
        assert 0.8 * disc < contact.area.sum() < 2 * disc
    assert not set(head.contacts[0].cells) & set(head.contacts[1].cells)


def test_the_matrix_is_that_of_the_plain_assembly_rounded_to_float32(head):
    judge = head_model.matrix(head)
    plain = bulk_matrix(head.grid, diagonal_conductivity(head.grid, head.conductivity))
    plain = plain[head.cells][:, head.cells] + diags_array(head.robin()[0])
    assert abs(judge - judge.T).max() == 0
    apart = abs(judge - plain)
    assert apart.max() <= 2**-24 * abs(plain).max()
    assert (apart > 4 * 2**-24 * abs(plain)).nnz == 0
    rows = judge @ np.ones(head.cells.size)
    np.testing.assert_allclose(rows, head.robin()[0], atol=1e-12 * judge.diagonal().max())


def test_the_residual_without_a_matrix_is_the_residual_with_one(head):
    potential = np.random.default_rng(0).random(head.cells.size)
    right = head.robin()[1]
    left = right - head_model.matrix(head) @ potential
    expected = np.linalg.norm(left) / np.linalg.norm(right)
    assert head_model.true_residual(head, potential) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("kind", head_model.BOXES)
def test_a_box_is_one_part_joins_its_contacts_and_holds_its_contrast(kind):
    box = head_model.box(kind, 18)
    tissue = box.conductivity[box.conductivity > 0]
    assert parts(box.conductivity > 0) == 1
    if kind not in ("uniform", "holes"):
        assert tissue.max() / tissue.min() == pytest.approx(1e4, rel=0.01)
    robin, right = box.robin()
    potential = splu(csc_array(head_model.matrix(box))).solve(right)
    # No cell is above the electrode at 1 V or below the one at 0 V, and what goes in comes out.
    assert potential.min() > -1e-9 and potential.max() < 1 + 1e-9
    entering, leaving = right @ (1 - potential), (robin - right) @ potential
    assert entering == pytest.approx(leaving, rel=1e-6) and entering > 0


def test_equal_seeds_make_equal_boxes():
    first, second, other = (head_model.box("vessels", 20, seed=s).conductivity for s in (1, 1, 2))
    assert (first == second).all()
    assert (first != other).any()
