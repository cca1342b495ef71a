"""Sixteen right sides at once: the same potentials as one at a time, whatever stands beside them."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from microcurrent.errors import ValueRefused
from microcurrent.physics.conduction.engine import Engine

MODELS = Path(__file__).resolve().parents[2] / "benchmarks" / "head_model.py"
#: Largest error of a potential, relative to the largest potential, at a residual of 1e-6.
ERROR = 2e-5


def loaded():
    spec = importlib.util.spec_from_file_location("head_model_of_engine_many", MODELS)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


models = loaded()


@pytest.fixture(scope="module")
def head():
    return models.head(24)


@pytest.fixture(scope="module")
def engine(head):
    return Engine(head.grid, head.conductivity)


def between_contacts(model):
    """One ampere, shared by the cells under the first contact, to those under the second ``(n,)``."""
    robin, right = model.robin()
    first, second = right > 0, (robin > 0) & (right == 0)
    return first / first.sum() - second / second.sum()


def balanced(count, columns, seed=0):
    """Random currents that add up to 0, ``(n, K)``."""
    drawn = np.random.default_rng(seed).standard_normal((count, columns))
    return drawn - drawn.mean(axis=0)


def one_by_one(engine, right):
    found = np.stack([engine.solve(column, tolerance=1e-10).potential for column in right.T], axis=1)
    return found - found.mean(axis=0)


def worst(found, expected):
    centred = found - found.mean(axis=0, dtype=float)
    scale = np.abs(expected).max(axis=0)
    return (np.abs(centred - expected).max(axis=0)[scale > 0] / scale[scale > 0]).max()


@pytest.mark.parametrize("columns", [1, 3, 16, 17])
def test_many_at_once_are_as_one_at_a_time(engine, columns):
    right = balanced(engine.count, columns, seed=columns)
    found = engine.solve_many(right)
    assert found.shape == (engine.count, columns)
    assert found.dtype == np.float32
    assert worst(found, one_by_one(engine, right)) < ERROR


def test_no_current_gives_no_potential_and_troubles_nobody(engine):
    right = balanced(engine.count, 5)
    right[:, [0, 3]] = 0
    found = engine.solve_many(right)
    assert not found[:, [0, 3]].any()
    assert worst(found, one_by_one(engine, right)) < ERROR
    assert not engine.solve_many(np.zeros((engine.count, 2))).any()


def test_columns_do_not_see_each_other(engine):
    right = balanced(engine.count, 4)
    alone = engine.solve_many(right[:, :1])
    # A neighbour ten million times as strong would show if it leaked.
    right[:, 1:] *= 1e7
    beside = engine.solve_many(right)
    assert worst(beside[:, :1], (alone - alone.mean(dtype=float)).astype(float)) < ERROR


def test_an_electrode_in_between_leaves_no_trace(head, engine):
    right = balanced(engine.count, 3)
    robin, driven = head.robin()
    before = engine.solve_many(right)
    held = engine.solve(driven, robin=robin).potential
    assert np.array_equal(engine.solve_many(right), before)
    assert np.array_equal(engine.solve(driven, robin=robin).potential, held)


@pytest.mark.parametrize(
    ("kind", "size", "seed"),
    [
        ("vessels", 24, 2), ("vessels", 32, 1), ("vessels", 40, 1),
        ("blocks of 3", 24, 2), ("half and half", 24, 2), ("membranes", 24, 1),
    ],
)  # fmt: skip
def test_floating_good_conductors_do_not_make_it_diverge(kind, size, seed):
    """What rounding leaves in the sum of the currents can flow nowhere, and must be taken out."""
    model = models.box(kind, size, seed)
    engine = Engine(model.grid, model.conductivity)
    right = between_contacts(model)
    found = engine.solve_many(np.stack([right, balanced(right.size, 1)[:, 0]], axis=1))
    expected = one_by_one(engine, right[:, None])
    assert worst(found[:, :1], expected) < ERROR


def test_two_threads_give_the_same(head):
    shared = Engine(head.grid, head.conductivity, threads=2)
    right = balanced(shared.count, 2)
    assert worst(shared.solve_many(right), one_by_one(shared, right)) < ERROR


def test_a_tolerance_below_rounding_is_refused(engine):
    with pytest.raises(ValueRefused, match="float32"):
        engine.solve_many(balanced(engine.count, 1), tolerance=1e-8)


def test_currents_that_do_not_add_up_are_refused(engine):
    right = balanced(engine.count, 3)
    right[0, 1] += 1.0
    with pytest.raises(ValueRefused, match="sums of 0 A"):
        engine.solve_many(right)


@pytest.mark.parametrize("shape", [(1, 3), (7,), (7, 2, 2)])
def test_another_shape_is_refused(engine, shape):
    with pytest.raises(ValueRefused, match="shape"):
        engine.solve_many(np.zeros(shape))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_currents_that_are_no_numbers_are_refused(engine, bad):
    right = balanced(engine.count, 2)
    right[5, 1] = bad
    with pytest.raises(ValueRefused, match="finite"):
        engine.solve_many(right)
