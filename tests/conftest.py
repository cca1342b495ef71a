"""One profile of Hypothesis for all tests: same examples, no clock; where bodies are kept; a layered body."""

import importlib.util
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "house",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
settings.load_profile("house")


def pytest_configure(config):
    """Bodies that tests build are kept for all tests of this run, away from those of the person who runs it."""
    if "MICROCURRENT_CACHE" not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="microcurrent-bodies-")
        config.add_cleanup(folder.cleanup)
        os.environ["MICROCURRENT_CACHE"] = folder.name


@pytest.fixture(scope="session")
def layered():
    """A body with arrays: see `planning/layered_body.py`."""
    path = Path(__file__).parent / "planning" / "layered_body.py"
    spec = importlib.util.spec_from_file_location("layered_body_of_tests", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.layered_body()
