"""Potentials in 16 bits: the kernels against their plain twin, and how much is lost."""

import numpy as np
import pytest

from microcurrent.physics.conduction.basis.coding import (
    RUN,
    Coded,
    decoded,
    encode,
    runs_of,
)
from microcurrent.physics.conduction.basis.operators import support_of
from microcurrent.physics.conduction.grid import Grid


def coded(values, rows):
    width, runs = values.shape[1], runs_of(rows.size)
    codes = np.full((width, runs * RUN), 99, dtype=np.int16)
    offset, scale = (np.empty((width, runs), dtype=np.float32) for _ in range(2))
    encode(values, rows, (codes, offset, scale))
    return codes, offset, scale


def sample(count=1000, width=5):
    rng = np.random.default_rng(11)
    values = rng.normal(size=(count, width)) * np.logspace(-6, 6, count)[:, None]
    return values.astype(np.float32), rng.permutation(count)[: count - 37]


def test_every_value_is_kept_to_half_a_step_of_its_run():
    values, rows = sample()
    codes, offset, scale = coded(values, rows)
    for column in range(values.shape[1]):
        again = decoded(codes[column], offset[column], scale[column])
        own = values[rows, column].astype(float)
        for run in range(offset.shape[1]):
            part = slice(run * RUN, min(run * RUN + RUN, rows.size))
            step = np.ptp(own[part]) / 65534
            assert np.abs(again[part] - own[part]).max() <= 0.51 * step + 1e-6 * np.abs(own[part]).max()
    assert (codes[:, rows.size :] == 0).all()


def test_a_constant_is_kept_as_it_is():
    values = np.full((70, 2), 3.25, dtype=np.float32)
    codes, offset, scale = coded(values, np.arange(70))
    assert (scale == 0).all()
    assert np.array_equal(decoded(codes[1], offset[1], scale[1]), np.full(2 * RUN, 3.25))


def test_sum_of_columns_is_that_of_decoded_rows():
    values, rows = sample()
    arrays = coded(values, rows)
    weights = np.array([0.5, -2.0, 0.25])
    numbers = np.array([4, 0, 2])
    total = np.zeros(arrays[0].shape[1], dtype=np.float32)
    Coded(codes=arrays[0], offset=arrays[1], scale=arrays[2]).add(total, numbers, weights)
    plain = sum(w * decoded(*(one[q] for one in arrays)) for w, q in zip(weights, numbers, strict=True))
    assert np.allclose(total, plain, rtol=1e-5, atol=1e-5 * np.abs(plain).max())


def test_sum_of_rows_end_to_end_is_that_of_decoded_rows():
    values, rows = sample(200, 3)
    codes, offset, scale = coded(values, rows)
    flat = Coded(codes=codes.ravel(), offset=offset.ravel(), scale=scale.ravel())
    total = np.zeros(codes.shape[1], dtype=np.float32)
    weights = np.array([1.5, -1.0])
    flat.add_rows(total, np.array([2, 0]) * offset.shape[1], weights)
    plain = 1.5 * decoded(codes[2], offset[2], scale[2]) - decoded(codes[0], offset[0], scale[0])
    assert np.allclose(total, plain, rtol=1e-5, atol=1e-5 * np.abs(plain).max())


@pytest.mark.parametrize("shape", [(16, 16, 16), (13, 9, 21)])
def test_neighbours_stand_close_together_in_the_order_of_a_support(shape):
    """A run of 64 cells lies within a block of few cells more than 4 x 4 x 4, in the middle of the runs."""
    grid = Grid(**{n: np.arange(s + 1.0) for n, s in zip("xyz", shape, strict=True)})
    everything = np.ones(shape, dtype=bool)
    cells = support_of(grid, everything, wanted=everything, skin=np.array([0]))
    assert np.array_equal(np.sort(cells), np.arange(cells.size))
    places = np.stack(np.unravel_index(cells, shape), axis=1)
    spans = [np.ptp(places[start : start + RUN], axis=0).max() for start in range(0, cells.size, RUN)]
    assert np.median(spans) <= 7


def test_support_holds_the_neighbours_and_the_skin():
    grid = Grid(x=np.arange(7.0), y=np.arange(7.0), z=np.arange(7.0))
    conducting = np.ones(grid.shape, dtype=bool)
    conducting[3, 3, 4] = False
    wanted = np.zeros(grid.shape, dtype=bool)
    wanted[3, 3, 3] = True
    cells = support_of(grid, conducting, wanted=wanted, skin=np.array([0]))
    places = {
        tuple(int(i) for i in place) for place in np.stack(np.unravel_index(cells, grid.shape), axis=1)
    }
    assert places == {(0, 0, 0), (3, 3, 3), (2, 3, 3), (4, 3, 3), (3, 2, 3), (3, 4, 3), (3, 3, 2)}
