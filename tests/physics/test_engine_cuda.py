"""The engine on a graphics processor: what it finds is what the CPU finds; without one it says so.

Here numba's simulator runs the kernels, one Python thread for each of the device's; the last test needs the
device itself.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from microcurrent.errors import ValueRefused
from microcurrent.physics.conduction.assembly import bulk_matrix
from microcurrent.physics.conduction.engine import Engine
from microcurrent.physics.conduction.engine.cuda import presence

PROGRAM = Path(__file__).with_name("engine_on_simulator.py")
MODELS = ("layered", "contrast")
#: Largest difference of potentials, relative to their range, at a residual of 1e-8.
ERROR = 1e-7

if importlib.util.find_spec("numba.cuda") is None:
    pytest.skip("numba.cuda absent: neither device nor simulator", allow_module_level=True)


def loaded():
    spec = importlib.util.spec_from_file_location("engine_on_simulator", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


problems = loaded()


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """What the device path finds, by model and name."""
    path = tmp_path_factory.mktemp("simulated") / "found.npz"
    environment = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1"}
    run = subprocess.run(
        [sys.executable, str(PROGRAM), str(path)],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-2000:]
    with np.load(path) as found:
        return dict(found)


@pytest.fixture(scope="module")
def expected():
    """The engines on the CPU, and what they find."""
    return {name: (engine, problems.solved(engine)) for name, engine in problems.engines("cpu").items()}


def distance(found, wanted):
    """Largest difference apart from a constant, relative to the range of what is wanted."""
    found, wanted = found - found.mean(axis=0), wanted - wanted.mean(axis=0)
    return np.abs(found - wanted).max() / np.ptp(wanted)


@pytest.mark.parametrize("name", MODELS)
def test_sources_give_the_potential_that_the_cpu_finds(simulated, expected, name):
    assert distance(simulated[f"{name}.sources"], expected[name][1]["sources"]) < ERROR


@pytest.mark.parametrize("name", MODELS)
def test_electrodes_give_the_potential_that_the_cpu_finds(simulated, expected, name):
    _, wanted = expected[name]
    assert simulated[f"{name}.level"] == wanted["level"]
    scale = np.ptp(wanted["contacts"])
    assert np.abs(simulated[f"{name}.contacts"] - wanted["contacts"]).max() < ERROR * scale


@pytest.mark.parametrize("name", MODELS)
def test_many_right_sides_give_what_the_cpu_finds(simulated, expected, name):
    found, wanted = simulated[f"{name}.many"], expected[name][1]["many"]
    assert found.dtype == np.float32
    assert distance(found[:, 0].astype(float), wanted[:, 0].astype(float)) < 2e-5
    assert not found[:, 1].any()


def test_potentials_balance_the_plain_matrix(simulated, expected):
    engine, _ = expected["layered"]
    sigma = np.repeat(problems.layered(10)[..., None], 3, axis=-1)
    matrix = bulk_matrix(problems.grid(10), sigma)[engine.cells][:, engine.cells]
    right = problems.balanced(engine.count)
    left = right - matrix @ simulated["layered.sources"]
    assert np.linalg.norm(left) < 1.01 * problems.TOLERANCE * np.linalg.norm(right)


@pytest.mark.parametrize("name", MODELS)
def test_it_takes_about_as_many_iterations_as_sweeps_in_order(simulated, expected, name):
    assert (simulated[f"{name}.residuals"] <= problems.TOLERANCE).all()
    assert (simulated[f"{name}.iterations"] <= 1.5 * expected[name][1]["iterations"]).all()


def test_levels_with_extras_are_among_those_tried(simulated):
    assert simulated["contrast.extras"].size >= 2
    assert simulated["contrast.extras"][1:].any()


def test_the_cycle_is_symmetric_and_positive(simulated):
    right, found = simulated["contrast.right"].astype(float), simulated["contrast.found"].astype(float)
    one, other = right[0] @ found[1], right[1] @ found[0]
    squares = right[0] @ found[0], right[1] @ found[1]
    assert min(squares) > 0
    assert abs(one - other) < 1e-5 * np.sqrt(squares[0] * squares[1])


def test_digits_do_not_depend_on_how_threads_share_the_work(simulated):
    _, four, three = simulated["contrast.found"]
    assert np.abs(four).max() > 0
    assert (four == three).all()


def test_the_engine_does_not_load_cuda_unasked(simulated):
    assert simulated["loaded"].tolist() == []


def test_without_a_device_it_says_what_to_do(monkeypatch):
    monkeypatch.setattr("numba.cuda.is_available", lambda: False)
    with pytest.raises(ValueRefused, match=r'microcurrent\[gpu\].*device at "cpu"'):
        Engine(problems.grid(4), problems.layered(4) + 0.1, device="cuda")


def test_too_little_memory_on_the_device_is_said_before_it_is_taken(monkeypatch):
    context = SimpleNamespace(get_memory_info=lambda: SimpleNamespace(free=2_000_000_000, total=0))
    monkeypatch.setattr("numba.cuda.current_context", lambda: context)
    presence.require_memory(2_000_000_000)
    with pytest.raises(ValueRefused, match=r"3\.0 GB, came 2\.0 GB free"):
        presence.require_memory(3_000_000_000)


def test_an_unknown_device_is_refused():
    with pytest.raises(ValueRefused, match='"cpu" or "cuda", came "opencl"'):
        Engine(problems.grid(4), problems.layered(4) + 0.1, device="opencl")


def test_a_real_device_finds_what_the_cpu_finds(expected):
    from numba import config, cuda

    if config.ENABLE_CUDASIM or not cuda.is_available():
        pytest.skip("no NVIDIA graphics processor here: the device itself is not tested")
    for name, engine in problems.engines("cuda").items():
        found, wanted = problems.solved(engine), expected[name][1]
        assert distance(found["sources"], wanted["sources"]) < ERROR
        assert distance(found["contacts"], wanted["contacts"]) < ERROR
