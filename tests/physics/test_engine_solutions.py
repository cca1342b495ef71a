"""The engine's potential is that of a direct solve of the plain matrix, on every kind of tissue and grid."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage, sparse
from scipy.sparse.linalg import splu

from microcurrent.errors import ConvergenceError, ValueRefused
from microcurrent.physics.conduction.assembly import bulk_matrix, diagonal_conductivity
from microcurrent.physics.conduction.engine import Engine
from microcurrent.physics.conduction.grid import Grid

MODELS = Path(__file__).resolve().parents[2] / "benchmarks" / "head_model.py"
#: Of the potential, relative to its range.
ERROR = 1e-7
WET, DRY = 1.79, 1.8e-4


def loaded():
    spec = importlib.util.spec_from_file_location("head_model_of_engine_solutions", MODELS)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


models = loaded()


def even(*shape, width=1e-3):
    return Grid(**{axis: width * np.arange(n + 1) for axis, n in zip("xyz", shape, strict=True)})


def graded(n):
    """Cells from 0.2 mm to 4 mm, 1 to 20, along all axes."""
    edges = np.concatenate([[0], np.cumsum(np.geomspace(0.2e-3, 4e-3, n))])
    return Grid(x=edges, y=edges, z=edges)


def connected(sigma):
    parts, count = ndimage.label(sigma > 0)
    if count < 2:
        return sigma
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return np.where(parts == sizes.argmax(), sigma, 0.0)


def muscle():
    """Three axes: along y four times as conductive as across, blocks of fat in between."""
    draw = np.random.default_rng(1)
    fat = draw.random((12, 13, 14)) < 0.3
    along, across = np.where(fat, 0.04, 0.6), np.where(fat, 0.04, 0.15)
    return even(12, 13, 14), (across, along, across)


def boxed(kind, n=16, seed=1):
    model = models.box(kind, n, seed)
    return model.grid, model.conductivity.astype(float)


def head(n=20):
    model = models.head(n)
    return model.grid, model.conductivity.astype(float)


def layers(*shape):
    sigma = np.full(shape, 0.3)
    sigma[np.random.default_rng(2).random(shape) < 0.3] = 3e-4
    return even(*shape), sigma


CASES = {
    "uniform": lambda: (even(14, 12, 13), np.full((14, 12, 13), 0.3)),
    "graded 1:20": lambda: (graded(14), np.random.default_rng(3).choice([0.3, 0.006], (14, 14, 14))),
    "anisotropic 1:4": muscle,
    "blocks of 3": lambda: boxed("blocks of 3"),
    "vessels": lambda: boxed("vessels"),
    "vessels, other seed": lambda: boxed("vessels", seed=2),
    "membranes": lambda: boxed("membranes"),
    "half and half": lambda: boxed("half and half"),
    "random tissue": lambda: boxed("random tissue"),
    "holes": lambda: boxed("holes"),
    "head with air inside": head,
    "one cell thick, x": lambda: layers(1, 17, 19),
    "one cell thick, y": lambda: layers(17, 1, 19),
    "one cell thick, z": lambda: layers(17, 19, 1),
    "rod along x": lambda: layers(41, 1, 1),
    "rod along y": lambda: layers(1, 41, 1),
    "rod along z": lambda: layers(1, 1, 41),
    "two cells": lambda: layers(1, 2, 1),
}


def plain_matrix(grid, sigma):
    """The plain matrix of the cells that conduct, ``(n, n)``."""
    stacked = sigma if isinstance(sigma, np.ndarray) else np.stack(sigma, axis=-1)
    values = diagonal_conductivity(grid, stacked)
    cells = np.flatnonzero(values[..., 0].ravel() > 0)
    return sparse.csc_array(sparse.csc_array(bulk_matrix(grid, values))[:, cells][cells, :])


def grounded_solve(matrix, right):
    """Direct solve with the last cell at 0 V; a second pass takes rounding out."""
    factors = splu(sparse.csc_array(matrix[:-1, :][:, :-1]))
    found = np.zeros(right.size)
    for _ in range(2):
        found[:-1] += factors.solve((right - matrix @ found)[:-1])
    return found


def held_solve(matrix, right, robin):
    """Direct solve, refined with residuals of more digits: a billionth of a conductance costs nine."""
    factors = splu(sparse.csc_array(matrix + sparse.diags_array(robin)))
    upper = sparse.triu(matrix, 1).tocoo()
    long = np.longdouble
    found = np.zeros(right.size, long)
    for _ in range(6):
        flow = upper.data.astype(long) * (found[upper.col] - found[upper.row])
        left = right.astype(long) - robin.astype(long) * found
        np.subtract.at(left, upper.row, flow)
        np.add.at(left, upper.col, flow)
        found += factors.solve(left.astype(float))
    return found.astype(float)


def away(found, expected):
    """Largest difference up to a constant, relative to the range."""
    difference = (found - found.mean()) - (expected - expected.mean())
    return np.abs(difference).max() / np.ptp(expected)


@pytest.fixture(scope="module", params=CASES)
def case(request):
    grid, sigma = CASES[request.param]()
    return Engine(grid, sigma, double=True), plain_matrix(grid, sigma)


def point_pair(count):
    right = np.zeros(count)
    right[0], right[-1] = 1e-3, -1e-3
    return right


def test_insulated_tissue_is_as_the_direct_solve(case):
    engine, matrix = case
    draw = np.random.default_rng(4).standard_normal(engine.count)
    for right in (point_pair(engine.count), draw - draw.mean()):
        solved = engine.solve(right, tolerance=1e-11)
        assert away(solved.potential, grounded_solve(matrix, right)) < ERROR
        # The residual that it states is the true one, by another matrix in float64.
        left = np.linalg.norm(right - matrix @ solved.departure) / np.linalg.norm(right)
        assert left < 3e-11 + 1e-12 * abs(matrix).max() * np.ptp(solved.departure) / np.abs(right).max()


def ends(engine, matrix, share):
    """Conductances of two electrodes at both ends, and the part that belongs to the first."""
    count = max(1, engine.count // 20)
    typical = np.median(matrix.diagonal())
    robin, driven = np.zeros(engine.count), np.zeros(engine.count)
    robin[:count] = share * typical * np.random.default_rng(5).uniform(0.5, 2, count)
    driven[:count] = robin[:count]
    robin[-count:] = share * typical
    return robin, driven


def by_current(robin, driven, level):
    """What is left over in all cells relative to the current through the first electrode."""
    held = (robin != 0) | (driven != 0)

    def measure(departure, left):
        return left.whole / abs(driven[held] @ (1 - level - departure))

    return measure


@pytest.mark.parametrize("share", [1e-9, 1e-3, 1.0, 1e6])
def test_tissue_on_electrodes_is_as_the_direct_solve(case, share):
    """Conductances to the electrodes from a billionth to a million times those of the tissue."""
    engine, matrix = case
    # Of a volt over a million times the tissue's conductance, float64 keeps ten digits less.
    tolerance = 1e-9 if share <= 1 else 1e-5
    robin, driven = ends(engine, matrix, share)
    measure = by_current(robin, driven, driven.sum() / robin.sum())
    solved = engine.solve(driven, robin=robin, tolerance=tolerance, measure=measure)
    assert np.abs(solved.potential - held_solve(matrix, driven, robin)).max() < max(ERROR, 0.1 * tolerance)
    # What enters leaves; each current is a sum of differences, so no digits cancel.
    first, second = driven > 0, (robin > 0) & (driven == 0)
    entered = robin[first] @ ((1 - solved.level) - solved.departure[first])
    left = robin[second] @ (solved.level + solved.departure[second])
    assert entered == pytest.approx(left, rel=2 * tolerance)


def test_behind_dry_skin_the_field_inside_is_that_of_the_current(case):
    """Half a volt over a billionth of a conductance: the tissue's own millionths of a volt are right."""
    engine, matrix = case
    robin, driven = np.zeros(engine.count), np.zeros(engine.count)
    robin[0] = robin[-1] = driven[0] = 1e-9 * matrix.diagonal().max()
    measure = by_current(robin, driven, 0.5)
    solved = engine.solve(driven, robin=robin, tolerance=1e-9, measure=measure)
    assert solved.level == pytest.approx(0.5)
    current = np.zeros(engine.count)
    current[0] = robin[0] * ((1 - solved.level) - solved.departure[0])
    current[-1] = -current[0]
    assert away(solved.departure, grounded_solve(matrix, current)) < ERROR


@settings(max_examples=30)
@given(
    shape=st.tuples(*[st.integers(1, 7)] * 3).filter(lambda s: np.prod(s) > 1),
    seed=st.integers(0, 10**6),
    contrast=st.sampled_from([1.0, 1e2, 1e4, 1e6]),
    air=st.sampled_from([0.0, 0.2]),
)
def test_any_small_grid_is_as_the_direct_solve(shape, seed, contrast, air):
    draw = np.random.default_rng(seed)
    edges = [np.concatenate([[0], np.cumsum(draw.uniform(0.2e-3, 4e-3, n))]) for n in shape]
    grid = Grid(x=edges[0], y=edges[1], z=edges[2])
    sigma = connected(np.where(draw.random(shape) < air, 0.0, contrast ** draw.uniform(-1, 0, shape)))
    engine, matrix = Engine(grid, sigma, double=True), plain_matrix(grid, sigma)
    right = draw.standard_normal(engine.count)
    right -= right.mean()
    if engine.count < 2:
        return
    solved = engine.solve(right, tolerance=1e-11)
    assert away(solved.potential, grounded_solve(matrix, right)) < ERROR


def test_one_cell_on_an_electrode_takes_the_potential_of_ohm():
    engine = Engine(even(1, 1, 1), np.ones((1, 1, 1)))
    assert engine.solve(np.array([3.0]), robin=np.array([2.0])).potential == pytest.approx([1.5])
    assert not engine.solve(np.zeros(1)).potential.any()
    with pytest.raises(ValueRefused, match="sum of 0 A"):
        engine.solve(np.ones(1))


def test_single_conductances_define_the_matrix_unless_double_is_asked_for():
    """With float32 conductances the potential is that of a matrix a few parts in 1e8 away."""
    grid, sigma = boxed("random tissue")
    right = point_pair(sigma.size)
    expected = grounded_solve(plain_matrix(grid, sigma), right)
    single = away(Engine(grid, sigma).solve(right, tolerance=1e-11).potential, expected)
    double = away(Engine(grid, sigma, double=True).solve(right, tolerance=1e-11).potential, expected)
    assert double < 1e-9 < single < 1e-6


def test_the_head_on_its_contacts_is_as_the_judge_says():
    """`head_model.matrix` is written from conductivities alone, contacts included."""
    model = models.head(24)
    robin, right = model.robin()
    solved = Engine(model.grid, model.conductivity).solve(right, robin=robin, tolerance=1e-10)
    left = right - models.matrix(model) @ solved.potential
    assert np.linalg.norm(left) / np.linalg.norm(right) < 1.1e-10
    assert solved.residual == pytest.approx(np.linalg.norm(left) / np.linalg.norm(right), rel=0.02)
    entered = right.sum() - robin[right > 0] @ solved.potential[right > 0]
    other = (robin > 0) & (right == 0)
    assert robin[other] @ solved.potential[other] == pytest.approx(entered, rel=1e-8)


@pytest.mark.parametrize("scale", [1e-30, 1e-12, 1e12, 1e30])
def test_potentials_are_proportional_to_currents_of_any_size(scale):
    grid, sigma = boxed("holes", 10)
    engine = Engine(grid, sigma)
    right = point_pair(engine.count)
    one, other = engine.solve(right).potential, engine.solve(scale * right).potential
    assert away(other / scale, one) < 1e-6
    many = engine.solve_many(np.stack([right * max(min(scale, 1e20), 1e-20), right], axis=1))
    shrunk = many[:, 0] / np.float32(max(min(scale, 1e20), 1e-20))
    assert away(shrunk, many[:, 1]) < 1e-5


# ---------------------------------------------------------------------------------------- refusals


@pytest.fixture(scope="module")
def cube():
    return Engine(even(6, 6, 6), np.ones((6, 6, 6)))


def test_currents_that_have_no_way_out_are_refused(cube):
    with pytest.raises(ValueRefused, match="sum of 0 A"):
        cube.solve(np.ones(216))


@pytest.mark.parametrize("shape", [(215,), (217,), (6, 6, 6)])
def test_currents_of_another_shape_are_refused(cube, shape):
    with pytest.raises(ValueRefused, match="one value for each"):
        cube.solve(np.zeros(shape))
    with pytest.raises(ValueRefused, match="one value for each"):
        cube.solve(point_pair(216), robin=np.ones(shape))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_number_is_refused(cube, bad):
    right, robin = point_pair(216), np.full(216, 1e-3)
    right[7] = robin[9] = bad
    with pytest.raises(ValueRefused, match="finite"):
        cube.solve(right)
    with pytest.raises(ValueRefused, match="finite"):
        cube.solve(point_pair(216), robin=robin)


def test_a_negative_conductance_to_an_electrode_is_refused(cube):
    with pytest.raises(ValueRefused, match="0 S or more"):
        cube.solve(point_pair(216), robin=np.full(216, -1e-3))


@pytest.mark.parametrize("tolerance", [0.0, -1e-8, np.nan])
def test_a_tolerance_that_nothing_meets_is_refused(cube, tolerance):
    with pytest.raises(ValueRefused, match="tolerance"):
        cube.solve(point_pair(216), tolerance=tolerance)


def test_a_tolerance_below_rounding_is_an_error_that_says_so():
    grid, sigma = boxed("random tissue")
    engine = Engine(grid, sigma)
    with pytest.raises(
        ConvergenceError, match=r"left over are \d\.\de-\d\d .*wanted 1\.0e-18.*above rounding"
    ):
        engine.solve(point_pair(engine.count), tolerance=1e-18)


@pytest.mark.parametrize("bad", [np.inf, np.nan, 1.0])
def test_a_measure_that_is_never_met_is_an_error_and_leaves_nothing_behind(bad):
    model = models.head(20)
    robin, right = model.robin()
    engine = Engine(model.grid, model.conductivity)
    before = engine.solve(right, robin=robin).potential
    with pytest.raises(ConvergenceError, match="did not converge"):
        engine.solve(right, robin=robin, measure=lambda departure, left: bad)
    assert np.array_equal(engine.solve(right, robin=robin).potential, before)


def test_what_is_no_number_does_not_outlive_a_failure():
    """A failed solve may leave anything in the work arrays, also where there is no tissue."""
    model = models.head(20)
    robin, right = model.robin()
    engine = Engine(model.grid, model.conductivity)
    before = engine.solve(right, robin=robin).potential
    levels = engine._hierarchy.levels

    def spoilt(departure, left):
        for level in levels:
            for vector in (level.r, level.q, level.z, level.p, level.y):
                vector[:] = np.nan
        return 1.0

    with pytest.raises(ConvergenceError):
        engine.solve(right, robin=robin, measure=spoilt)
    assert np.array_equal(engine.solve(right, robin=robin).potential, before)


def test_two_cells_are_solved_to_the_last_digit():
    """Nothing is left over, which is no division by zero either."""
    solved = Engine(even(2, 1, 1), np.ones((2, 1, 1))).solve(np.array([1.0, -1.0]), tolerance=1e-30)
    assert solved.residual == 0.0


@pytest.mark.parametrize("shape", [(6, 6, 7), (7, 6, 6), (6, 6, 6, 3)])
def test_conductivity_of_another_grid_is_refused(shape):
    with pytest.raises(ValueRefused, match="shape"):
        Engine(even(6, 6, 6), np.ones(shape))


def torn():
    sigma = np.ones((6, 6, 6))
    sigma[3] = 0
    return sigma


def lone_cell():
    sigma = np.zeros((6, 6, 6))
    sigma[:3] = 1
    sigma[5, 5, 5] = 1
    return sigma


def dust():
    """Hundreds of crumbs, more than the last level may have nodes."""
    draw = np.random.default_rng(6)
    sigma = np.zeros((24, 24, 24))
    sigma[::3, ::3] = draw.choice([0.0, 1.0], (8, 8, 24), p=[0.3, 0.7])
    return sigma


@pytest.mark.parametrize("made", [torn, lone_cell, dust])
def test_tissue_in_several_parts_is_refused(made):
    sigma = made()
    with pytest.raises(ValueRefused, match="one connected part"):
        Engine(even(*sigma.shape), sigma)


def with_one(value, at=(2, 3, 4)):
    sigma = np.ones((6, 6, 6))
    sigma[at] = value
    return sigma


@pytest.mark.parametrize(
    ("sigma", "words"),
    [
        (with_one(-1.0), "0 S/m or more"),
        (with_one(-1.0, at=0), "0 S/m or more"),
        (with_one(np.nan), "finite"),
        (with_one(np.inf), "finite"),
        ([np.ones((6, 6, 6)), np.ones((6, 6, 6)), with_one(0.0)], "all three 0"),
    ],
)
def test_conductivity_that_is_none_is_refused_by_name(sigma, words):
    with pytest.raises(ValueRefused, match=words):
        Engine(even(6, 6, 6), sigma)


@pytest.mark.parametrize(
    ("axis", "at", "value", "words"),
    [
        (0, (2, 3, 3), 1.0, "faces along x: expected 0 S between tissue and air"),
        (1, (3, 2, 3), 1.0, "faces along y: expected 0 S between tissue and air"),
        (2, (3, 3, 3), 1.0, "faces along z: expected 0 S between tissue and air"),
        (1, (0, 0, 0), -1.0, "faces along y: expected finite values of 0 S or more"),
        (2, (0, 0, 0), np.nan, "faces along z: expected finite values of 0 S or more"),
    ],
)
def test_faces_that_cannot_be_meant_are_refused_by_name(axis, at, value, words):
    sigma = with_one(0.0, at=(3, 3, 3))
    faces = [np.zeros(tuple(6 - (other == own) for other in range(3))) for own in range(3)]
    faces[axis][at] = value
    with pytest.raises(ValueRefused, match=words):
        Engine(even(6, 6, 6), sigma, faces=faces)


def test_a_rod_of_more_cells_than_sixteen_bits_count_conducts_as_ohm_says():
    count, width, conductivity = 150_000, 1e-4, 0.2
    one = np.array([0.0, 1e-3])
    grid = Grid(x=one, y=one, z=np.linspace(0.0, count * width, count + 1))
    right = np.zeros(count)
    right[0], right[-1] = 1e-3, -1e-3
    potential = Engine(grid, np.full(grid.shape, conductivity)).solve(right).potential
    expected = 1e-3 * (count - 1) * width / (conductivity * 1e-6)
    assert potential[0] - potential[-1] == pytest.approx(expected, rel=1e-6)
