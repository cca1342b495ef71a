"""Plain twins: every kernel of the engine does what a few lines of NumPy on a dense matrix do."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.linalg import solve_triangular

from microcurrent.physics.conduction.assembly import bulk_matrix, diagonal_conductivity
from microcurrent.physics.conduction.engine import Engine, building, sweeps
from microcurrent.physics.conduction.engine import lanes as la
from microcurrent.physics.conduction.engine import levels as levels_module
from microcurrent.physics.conduction.engine.many import Many
from microcurrent.physics.conduction.grid import Grid

#: Largest error of a float32 sweep or cycle relative to the largest value.
SINGLE = 2e-5
LANES = 16


def grid_of(shape, seed=None):
    """Cells of 1 mm, or of random widths between 0.5 and 2 mm."""
    draw = np.random.default_rng(seed)
    edges = [
        1e-3 * np.concatenate([[0], np.cumsum(np.ones(n) if seed is None else draw.uniform(0.5, 2, n))])
        for n in shape
    ]
    return Grid(x=edges[0], y=edges[1], z=edges[2])


def tissue(shape, seed, *, air=0.2, contrast=1e3, side=1):
    """The largest connected part of blocks of random conductivity with holes."""
    draw = np.random.default_rng(seed)
    coarse = [-(-n // side) for n in shape]
    values = contrast ** draw.uniform(-1, 0, coarse)
    for axis in range(3):
        values = values.repeat(side, axis)
    values = values[: shape[0], : shape[1], : shape[2]]
    values = np.where(draw.random(shape) < air, 0.0, values)
    parts, count = ndimage.label(values > 0)
    if count > 1:
        sizes = np.bincount(parts.ravel())
        sizes[0] = 0
        values = np.where(parts == sizes.argmax(), values, 0.0)
    return values


def close(found, expected, rel=SINGLE):
    scale = np.abs(expected).max()
    assert np.abs(found - expected).max() <= rel * scale + 1e-30


# ------------------------------------------------------------------------------------ the plain twin


def level_matrix(level):
    """The places of a level's nodes ``(n,)`` and its dense matrix, from stencil and extras."""
    rows, stencil, extras = level.rows, level.stencil, level.extras
    places = np.flatnonzero(stencil.inverse > 0)
    number = np.full(stencil.inverse.size, -1)
    number[places] = np.arange(places.size)
    matrix = np.zeros((places.size, places.size))
    for row in range(rows.n0 * rows.n1):
        for k in range(rows.low[row], rows.high[row]):
            here = rows.start[row] + k
            for g, there in (
                (stencil.g0, rows.above0[row] + k),
                (stencil.g1, rows.above1[row] + k),
                (stencil.g2, here + 1),
            ):
                if g[here] > 0:
                    a, b = number[here], number[there]
                    assert a >= 0
                    assert b >= 0
                    matrix[a, b] = matrix[b, a] = -g[here]
    for e in range(extras.begin.size - 1):
        for m in range(extras.begin[e], extras.begin[e + 1]):
            a, b = number[extras.base + e], number[extras.neighbour[m]]
            matrix[a, b] = matrix[b, a] = -extras.link[m]
    np.fill_diagonal(matrix, 1.0 / stencil.inverse[places].astype(float))
    return places, matrix


def slab_of(level, places):
    """The slab of each node; -1 for extras."""
    rows = level.rows
    plane = np.full(level.stencil.inverse.size, -1)
    for row in range(rows.n0 * rows.n1):
        at = rows.start[row]
        for k in range(rows.low[row], rows.high[row]):
            plane[at + k] = row // rows.n1
    firsts = [first for first, _ in level.slabs]
    found = np.searchsorted(firsts, plane[places], side="right") - 1
    found[places >= level.extras.base] = -1
    return found


def links_matrices(links):
    """The dense matrix of each lower level."""
    matrices = []
    for first, last in zip(links.first[:-1], links.first[1:], strict=True):
        matrix = np.zeros((last - first, last - first))
        for a in range(first, last):
            for m in range(links.begin[a], links.begin[a + 1]):
                matrix[a - first, links.neighbour[m] - first] = -links.link[m]
        diagonal = -matrix.sum(axis=1) + links.robin[first:last]
        np.fill_diagonal(matrix, diagonal)
        matrices.append(matrix)
    return matrices


def plain_levels(hierarchy):
    """For each level: matrix, lower part of the forward sweep, next level's node of each node."""
    plain = []
    for depth, level in enumerate(hierarchy.levels):
        places, matrix = level_matrix(level)
        slabs = slab_of(level, places)
        # Extras see all rows; nodes on rows see what stands earlier in their own slab.
        seen = (slabs[:, None] == slabs[None, :]) | (slabs[:, None] == -1)
        lower = np.where(seen, np.tril(matrix), 0.0)
        to = level.of[places]
        if depth + 1 < len(hierarchy.levels):
            to = np.searchsorted(np.flatnonzero(hierarchy.levels[depth + 1].stencil.inverse > 0), to)
        plain.append(SimpleNamespace(matrix=matrix, lower=lower, to=to, places=places))
    links = hierarchy.links
    for depth, matrix in enumerate(links_matrices(links)):
        part = slice(links.first[depth], links.first[depth + 1])
        to = links.of[part] - links.first[depth + 1]
        plain.append(SimpleNamespace(matrix=matrix, lower=np.tril(matrix), to=to, places=None))
    plain[-1].inverse = links.deepest.astype(float)
    return plain


def cycle(plain, right, depth=0):
    """One symmetric cycle from 0: forward sweep, cycles on what is left over, backward sweep.

    Two cycles, but one on a first coarser level that stands on rows.
    """
    one = plain[depth]
    z = solve_triangular(one.lower, right, lower=True)
    left = right - one.matrix @ z
    coarse = np.zeros((plain[depth + 1].matrix.shape[0], *right.shape[1:]))
    np.add.at(coarse, one.to, left)
    if depth + 2 == len(plain):
        found = plain[-1].inverse @ coarse
    else:
        found = cycle(plain, coarse, depth + 1)
        if depth > 0 or plain[1].places is None:
            found = found + cycle(plain, coarse - plain[depth + 1].matrix @ found, depth + 1)
    z = z + found[one.to]
    return solve_triangular(one.lower.T, right - (one.matrix - one.lower.T) @ z)


# ------------------------------------------------------------------------------------- what is judged


def preconditioned(engine, right):
    """One cycle of the engine on `right` ``(n,)``."""
    hierarchy, places = engine._hierarchy, engine.places
    level = hierarchy.levels[0]
    level.r[:] = 0
    level.r[places] = right
    hierarchy.descend(0, 0.0)
    hierarchy.ascend(0)
    return level.z[places].astype(float)


@pytest.fixture
def small_levels(monkeypatch):
    """Levels of few nodes still stand on rows, and threads still share them."""
    monkeypatch.setattr(building, "_ON_ROWS", 30)
    monkeypatch.setattr(building, "_MOST_EXTRAS", 0.9)
    monkeypatch.setattr(building, "_SHARED", 700)
    monkeypatch.setattr(building, "_PLANES", 1, raising=False)
    monkeypatch.setattr(building, "_DEEPEST", 8)


def engine_of(seed, shape, *, threads=1, side=1, air=0.2):
    sigma = tissue(shape, seed, air=air, side=side)
    return Engine(grid_of(shape, seed), sigma, threads=threads), sigma


shapes = st.tuples(*[st.integers(1, 9)] * 3).filter(lambda shape: np.prod(shape) >= 2)
#: Shape, seed, side of blocks: one level on rows, several with extras, planes shared by two.
CASES = [((12, 11, 13), 1, 3, 1), ((12, 11, 13), 2, 1, 1), ((20, 9, 10), 3, 2, 2), ((18, 10, 9), 4, 1, 2)]


@pytest.fixture(params=CASES, ids=["blocks", "voxels", "blocks, two threads", "voxels, two threads"])
def made(request, small_levels):
    shape, seed, side, threads = request.param
    engine, sigma = engine_of(seed, shape, threads=threads, side=side)
    level = engine._hierarchy.levels[0]
    assert len(level.slabs) == threads
    assert any(one.has_extras for one in engine._hierarchy.levels)
    return SimpleNamespace(engine=engine, sigma=sigma, level=level, hierarchy=engine._hierarchy)


@settings(max_examples=25)
@given(shape=shapes, seed=st.integers(0, 10**6))
def test_stored_conductances_are_the_plain_matrix(shape, seed):
    engine, sigma = engine_of(seed, shape)
    if engine.count < 2:
        return
    places, matrix = level_matrix(engine._hierarchy.levels[0])
    assert np.array_equal(places, engine.places)
    grid = grid_of(shape, seed)
    plain = bulk_matrix(grid, diagonal_conductivity(grid, sigma)).toarray()
    close(matrix, plain[np.ix_(engine.cells, engine.cells)], 3e-7)


def test_the_first_sweep_is_a_triangular_solve(made):
    level, plain = made.level, plain_levels(made.hierarchy)[0]
    draw = np.random.default_rng(5)
    r, q = draw.standard_normal((2, plain.places.size)).astype(np.float32)
    level.r[plain.places], level.q[plain.places] = r, q
    square, whole = made.hierarchy.descend(0, 0.25)
    left = r - 0.25 * q.astype(float)
    close(level.r[plain.places], left, 1e-6)
    close(level.z[plain.places], solve_triangular(plain.lower, left, lower=True))
    assert square == pytest.approx(left @ left, rel=1e-5)
    assert whole == pytest.approx(left.sum(), abs=1e-5 * np.abs(left).sum())


def test_advance_is_a_product_and_three_updates(made):
    level = made.level
    places, matrix = level_matrix(level)
    draw = np.random.default_rng(9)
    z, p, q, y = draw.standard_normal((4, places.size)).astype(np.float32)
    for vector, values in ((level.z, z), (level.p, p), (level.q, q), (level.y, y)):
        vector[:] = 0
        vector[places] = values
    vectors = (level.z, level.p, level.q, level.y)
    step, beta, shift = 0.3, -0.7, 1.5
    found = made.hierarchy.team.run(
        sweeps.advance, level.slabs, level.rows, level.stencil, vectors, (step, beta, shift)
    )
    direction = z + shift + beta * p.astype(float)
    product = matrix @ z.astype(float) + beta * q
    close(level.y[places], y + step * p.astype(float), 1e-6)
    close(level.p[places], direction, 1e-6)
    close(level.q[places], product)
    assert sum(found) == pytest.approx(direction @ product, rel=1e-4, abs=1e-4)


def test_the_residual_keeps_the_digits_of_float64(made):
    """A potential of 1 MV with differences of millivolts: float32 would see nothing of them."""
    level = made.level
    places, matrix = level_matrix(level)
    x = np.zeros(level.r.size)
    small = 1e-3 * np.random.default_rng(10).standard_normal(places.size)
    x[places] = 1e6 + small
    level.r[:] = 0
    faces = made.engine._faces
    made.hierarchy.team.run(sweeps.residual, level.slabs, level.rows, faces, (x, level.r))
    bulk = matrix - np.diag(matrix.sum(axis=1))
    close(level.r[places], -bulk @ (x[places] - 1e6), 1e-6)


def test_collect_adds_up_in_float64(made):
    level, places = made.level, made.engine.places
    x = np.zeros(level.r.size)
    x[places] = 1e9
    level.y[places], level.p[places] = 1e-3, 1e-3
    made.hierarchy.team.run(sweeps.collect, level.slabs, level.rows, (x, level.y, level.p), 2.0)
    assert x[places] - 1e9 == pytest.approx(3e-3, rel=1e-3)
    assert not level.y[places].any()


def test_the_whole_cycle_is_that_of_dense_matrices(made):
    plain = plain_levels(made.hierarchy)
    r = np.random.default_rng(11).standard_normal(made.engine.count)
    close(preconditioned(made.engine, r), cycle(plain, r), 1e-4)


def test_the_whole_cycle_with_electrodes_is_that_of_dense_matrices(made):
    engine, hierarchy = made.engine, made.hierarchy
    draw = np.random.default_rng(12)
    held = np.sort(draw.choice(engine.count, 20, replace=False))
    hierarchy.fasten(engine.places[held].astype(np.int64), draw.uniform(1e-4, 1e-1, 20))
    plain = plain_levels(hierarchy)
    r = draw.standard_normal(engine.count)
    close(preconditioned(engine, r), cycle(plain, r), 1e-4)
    hierarchy.loosen()
    close(preconditioned(engine, r), cycle(plain_levels(hierarchy), r), 1e-4)


def test_a_coarser_matrix_lets_no_current_vanish(made):
    """Without electrodes a constant potential drives no current on any level."""
    for one in plain_levels(made.hierarchy)[:-1]:
        assert np.abs(one.matrix.sum(axis=1)).max() < 1e-5 * np.diag(one.matrix).max()


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6))
def test_sixteen_lanes_are_sixteen_cycles(seed):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "_ON_ROWS", 30)
        patch.setattr(building, "_MOST_EXTRAS", 0.9)
        patch.setattr(building, "_DEEPEST", 8)
        engine, _ = engine_of(seed, (11, 10, 9), side=1 + seed % 3)
    many, places = Many(engine._hierarchy, engine._hierarchy.team), engine.places
    right = np.random.default_rng(seed).standard_normal((engine.count, LANES))
    many._work[0]["r"].reshape(-1, LANES)[places] = right
    squares = many._descend(0, np.zeros(LANES))
    found, _ = many._ascend(0)
    z = many._work[0]["z"].reshape(-1, LANES)[places].astype(float)
    close(z, cycle(plain_levels(engine._hierarchy), right), 1e-4)
    assert squares == pytest.approx((right**2).sum(axis=0), rel=1e-5)
    assert found == pytest.approx((right * z).sum(axis=0), rel=1e-4, abs=1e-4 * np.abs(found).max())


def test_lanes_shared_by_two_threads_are_those_of_one_cycle(small_levels):
    engine, _ = engine_of(5, (20, 9, 9), threads=2)
    assert len(engine._hierarchy.levels[0].slabs) == 2
    many, places = Many(engine._hierarchy, engine._hierarchy.team), engine.places
    right = np.random.default_rng(13).standard_normal((engine.count, LANES))
    many._work[0]["r"].reshape(-1, LANES)[places] = right
    many._descend(0, np.zeros(LANES))
    many._ascend(0)
    z = many._work[0]["z"].reshape(-1, LANES)[places]
    close(z, cycle(plain_levels(engine._hierarchy), right), 1e-4)


def test_lanes_advance_fold_and_balance(made):
    places, matrix = level_matrix(made.level)
    level = made.level
    draw = np.random.default_rng(14)
    given_ = draw.standard_normal((4, places.size, LANES)).astype(np.float32)
    vectors = tuple(np.zeros(LANES * level.r.size, np.float32) for _ in range(4))
    for vector, values in zip(vectors, given_, strict=True):
        vector.reshape(-1, LANES)[places] = values
    z, p, q, y = given_.astype(float)
    steps, betas = draw.standard_normal((2, LANES)).astype(np.float32)
    dots = made.hierarchy.team.run(
        la.lanes_advance, level.slabs, level.rows, level.stencil, vectors, (steps, betas)
    )
    _, found_p, found_q, found_y = (v.reshape(-1, LANES)[places] for v in vectors)
    direction, product = z + betas * p, matrix @ z + betas * q
    close(found_p, direction, 1e-6)
    close(found_q, product)
    close(found_y, y + steps * p, 1e-6)
    close(np.sum(dots, axis=0), (direction * product).sum(axis=0), 1e-4)
    before = found_y.astype(float)
    made.hierarchy.team.run(la.lanes_fold, level.slabs, level.rows, (vectors[3], vectors[1]), steps)
    close(vectors[3].reshape(-1, LANES)[places], before + steps * direction, 1e-6)
    la.lanes_balance(level.stencil.inverse, vectors[1])
    balanced = vectors[1].reshape(-1, LANES)[places].astype(float)
    close(balanced, direction - direction.mean(axis=0), 1e-6)
    assert np.abs(balanced.sum(axis=0)).max() < 1e-6 * np.abs(balanced).sum(axis=0).max()


@settings(max_examples=20)
@given(size=st.integers(1, 30), seed=st.integers(0, 10**6))
def test_the_dense_inverse_is_one(size, seed):
    matrix = np.random.default_rng(seed).standard_normal((size, size))
    matrix = matrix @ matrix.T + np.eye(size)
    inverse = matrix.copy()
    levels_module.invert(inverse)
    close(inverse @ matrix, np.eye(size), 1e-8)


# ------------------------------------------------------------------- what conjugate gradients rely on


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("side", [1, 3])
@pytest.mark.parametrize("held", [False, True], ids=["insulated", "electrodes"])
def test_the_preconditioner_is_symmetric_and_positive_definite(monkeypatch, threads, side, held):
    monkeypatch.setattr(building, "_ON_ROWS", 30)
    monkeypatch.setattr(building, "_MOST_EXTRAS", 0.9)
    monkeypatch.setattr(building, "_SHARED", 200)
    monkeypatch.setattr(building, "_PLANES", 1, raising=False)
    monkeypatch.setattr(building, "_DEEPEST", 8)
    engine, _ = engine_of(4, (12, 6, 6), threads=threads, side=side)
    hierarchy = engine._hierarchy
    assert len(hierarchy.levels[0].slabs) == threads
    draw = np.random.default_rng(15)
    if held:
        where = np.sort(draw.choice(engine.count, 12, replace=False))
        hierarchy.fasten(engine.places[where].astype(np.int64), np.full(12, 1e-3))
    matrix = np.stack([preconditioned(engine, unit) for unit in np.eye(engine.count)], axis=1)
    close(matrix, matrix.T, 1e-5)
    _, fine = level_matrix(hierarchy.levels[0])
    # Similar to M A and symmetric; the square root of A leaves out the constant.
    values, vectors = np.linalg.eigh(fine)
    root = vectors * np.sqrt(np.maximum(values, 0))
    both = np.linalg.eigvalsh(root.T @ (0.5 * (matrix + matrix.T)) @ root)
    inner = both[0 if held else 1 :]
    assert inner.min() > 0.02
    assert inner.max() < 4.0


@pytest.mark.parametrize("threads", [1, 2])
def test_the_preconditioner_is_symmetric_on_a_larger_grid(monkeypatch, threads):
    monkeypatch.setattr(building, "_SHARED", 10_000)
    monkeypatch.setattr(building, "_PLANES", 1, raising=False)
    sigma = tissue((40, 34, 36), 16, contrast=1e4, side=2, air=0.1)
    engine = Engine(grid_of(sigma.shape), sigma, threads=threads)
    assert len(engine._hierarchy.levels[0].slabs) == threads
    u, v = np.random.default_rng(17).standard_normal((2, engine.count))
    mu, mv = preconditioned(engine, u), preconditioned(engine, v)
    assert u @ mu > 0
    assert v @ mv > 0
    assert u @ mv == pytest.approx(v @ mu, abs=1e-5 * np.sqrt((u @ mu) * (v @ mv)))
