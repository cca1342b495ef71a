"""Iterations stay few: on what breaks plain aggregation, on graded grids, and with finer cells."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from microcurrent.physics.conduction.engine import Engine
from microcurrent.physics.conduction.grid import Grid

MODELS = Path(__file__).resolve().parents[2] / "benchmarks" / "head_model.py"
#: To a residual of 1e-8.
MOST = 30


def loaded():
    spec = importlib.util.spec_from_file_location("head_model_of_engine_iterations", MODELS)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


models = loaded()


def between_contacts(model):
    robin, right = model.robin()
    first, second = right > 0, (robin > 0) & (right == 0)
    return first / first.sum() - second / second.sum()


@pytest.mark.parametrize("kind", models.BOXES)
def test_no_pattern_of_good_and_bad_conductors_takes_many(kind):
    model = models.box(kind, 32)
    engine = Engine(model.grid, model.conductivity)
    robin, right = model.robin()
    on_contacts = engine.solve(right, robin=robin)
    assert on_contacts.iterations <= MOST
    assert models.true_residual(model, on_contacts.potential) < 1.01e-8
    assert engine.solve(between_contacts(model)).iterations <= MOST


@pytest.mark.parametrize("contrast", models.SKINS)
def test_a_finer_head_takes_hardly_more(contrast):
    taken = []
    for n in (24, 72):
        model = models.head(n, contrast)
        robin, right = model.robin()
        solved = Engine(model.grid, model.conductivity).solve(right, robin=robin)
        assert models.true_residual(model, solved.potential) < 1.01e-8
        taken.append(solved.iterations)
    assert taken[1] < 1.5 * taken[0]
    assert taken[1] <= MOST


def edges_of(widths):
    return np.concatenate([[0], np.cumsum(widths)])


def graded_grids():
    fine = np.geomspace(0.2e-3, 4e-3, 24)
    both = np.concatenate([fine[::-1], fine])
    coarse = np.full(24, 4e-3)
    return {
        "z from 0.2 to 4 mm": Grid(x=edges_of(coarse), y=edges_of(coarse), z=edges_of(fine)),
        "plates of 4 x 4 x 0.2 mm": Grid(x=edges_of(coarse), y=edges_of(coarse), z=edges_of(coarse / 20)),
        "plates across x": Grid(x=edges_of(coarse / 20), y=edges_of(coarse), z=edges_of(coarse)),
        "needles along y": Grid(x=edges_of(coarse / 20), y=edges_of(coarse), z=edges_of(coarse / 20)),
        "all axes from 0.2 to 4 mm": Grid(x=edges_of(fine), y=edges_of(fine), z=edges_of(fine)),
        "fine in the middle": Grid(x=edges_of(both), y=edges_of(both), z=edges_of(fine)),
    }


@pytest.mark.parametrize("name", graded_grids())
@pytest.mark.parametrize("layered", [False, True], ids=["uniform", "layers and inclusion"])
def test_cells_of_very_different_sizes_do_not_take_many(name, layered):
    grid = graded_grids()[name]
    sigma = np.full(grid.shape, 0.3)
    if layered:
        depth = np.cumsum(grid.widths(2)) / np.sum(grid.widths(2))
        sigma[:] = np.select([depth < 0.2, depth < 0.3, depth < 0.5], [0.33, 1.79, 0.006], 0.04)
        sigma[5:12, 6:14, 4:9] = 1e-3
    engine = Engine(grid, sigma)
    right = np.zeros(grid.shape)
    right[3, 4, 0], right[-4, -3, 0] = 1.0, -1.0
    assert engine.solve(right.ravel()).iterations <= MOST


@pytest.mark.parametrize("kind", ["head", "blocks of 3", "half and half", "holes"])
def test_no_strength_of_contact_takes_many(kind):
    """A constant over a tiny conductance is found by a sum in float64, or by the noise of float32."""
    model = models.head(32) if kind == "head" else models.box(kind, 24)
    robin, right = model.robin()
    engine = Engine(model.grid, model.conductivity)
    for share in (1e-9, 1e-6, 1e-3, 1e3, 1e6):
        assert engine.solve(share * right, robin=share * robin).iterations <= MOST


def test_muscle_four_times_better_along_than_across_takes_hardly_more():
    shape = (32, 32, 32)
    edges = 1e-3 * np.arange(33)
    grid = Grid(x=edges, y=edges, z=edges)
    right = np.zeros(shape)
    right[4, 4, 0], right[-4, -4, 0] = 1.0, -1.0
    across, along = np.full(shape, 0.15), np.full(shape, 0.6)
    for axis in range(3):
        sigma = [along if axis == other else across for other in range(3)]
        assert Engine(grid, sigma).solve(right.ravel()).iterations <= 20


FRESH = """
import json, sys
from numba.core.dispatcher import Dispatcher
import numpy as np
from microcurrent.physics.conduction import engine
from microcurrent.physics.conduction.engine import Engine
from microcurrent.physics.conduction.grid import Grid

edges = 1e-3 * np.arange(25)
sigma = np.where(np.random.default_rng(1).random((24, 24, 24)) < 0.5, 1.0, 1e-4)
made = Engine(Grid(x=edges, y=edges, z=edges), sigma)
right = np.zeros(24**3)
right[0], right[-1] = 1.0, -1.0
made.solve(right)
made.solve_many(right[:, None])
loaded, compiled = [], []
for name, module in list(sys.modules.items()):
    if name.startswith(engine.__name__ + "."):
        for kernel in vars(module).values():
            if isinstance(kernel, Dispatcher) and kernel.__module__ == name:
                loaded += [kernel.__name__] * bool(kernel.stats.cache_hits)
                compiled += [kernel.__name__] * bool(kernel.stats.cache_misses)
print(json.dumps({"loaded": loaded, "compiled": compiled}))
"""


def test_kernels_are_compiled_once_and_kept_on_disk():
    """A second process loads what the first one compiled."""
    words = [sys.executable, "-c", FRESH]
    for _ in range(2):
        ended = subprocess.run(words, capture_output=True, text=True, check=True, timeout=300)
    found = json.loads(ended.stdout)
    assert not found["compiled"]
    assert {"descend", "ascend", "advance", "residual", "correct", "lanes_descend"} <= set(found["loaded"])
