"""Who solves a sweep: processes that die, a cluster that loses a worker; nothing is lost and nothing twice."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import xarray

from microcurrent.errors import InputError, PredictionError
from microcurrent.physics.conduction.engine.team import THREADS, cores
from microcurrent.planning.planfile import read_plan
from microcurrent.planning.uncertainty.crews import MOST_DEATHS, crew, in_process, on_cores
from microcurrent.planning.uncertainty.person import study_of
from microcurrent.planning.uncertainty.sweeping import sweep

ROOT = Path(__file__).resolve().parents[2]
PLAN = ROOT / "examples" / "02-forehead-burst.toml"
WORK = """
import os, signal
from pathlib import Path

FOLDER = Path({folder!r})


def square(number):
    with open(FOLDER / f"did-{{number}}", "a") as file:
        file.write("x")
    return number * number, os.environ.get("MICROCURRENT_THREADS")


def dies_once(number):
    mark = FOLDER / "died"
    if number == 2 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return square(number)


def dies(number):
    with open(FOLDER / "deaths", "a") as file:
        file.write("x")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A module that other processes can load, too."""
    name = f"work_of_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(WORK.format(folder=str(tmp_path)))
    monkeypatch.syspath_prepend(tmp_path)
    return __import__(name)


def test_every_number_comes_once_though_a_process_is_killed(work, tmp_path):
    found = list(on_cores(work.dies_once, range(8), workers=2))
    assert (tmp_path / "died").exists()
    assert sorted(number for number, _ in found) == list(range(8))
    assert all(result == (number * number, "1") for number, result in found)


def test_work_that_kills_every_process_is_given_up(work, tmp_path):
    with pytest.raises(PredictionError, match="died"):
        list(on_cores(work.dies, range(1), workers=2))
    assert len((tmp_path / "deaths").read_text()) == MOST_DEATHS + 1


def test_one_worker_works_here_and_none_named_takes_every_core():
    assert crew(workers=1) is in_process
    assert crew(workers=5).keywords == {"workers": 5}
    assert list(crew(workers=1)(lambda number: -number, (3, 1))) == [(3, -3), (1, -1)]


def test_threads_of_a_solver_can_be_named(monkeypatch):
    monkeypatch.setenv(THREADS, "3")
    assert cores() == 3
    monkeypatch.setenv(THREADS, "none")
    assert cores() >= 1


def test_a_cluster_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr("microcurrent.planning.uncertainty.crews._ANSWER", 0.1)

    class Silent:
        class scheduler:  # noqa: N801
            KilledWorker = RuntimeError

        @staticmethod
        def Client(*_, **__):  # noqa: N802
            raise OSError("timed out")

    monkeypatch.setitem(sys.modules, "distributed", Silent)
    with pytest.raises(InputError, match="does not answer"):
        list(crew(scheduler="tcp://nowhere:1")(lambda number: number, (1,)))
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match="cluster"):
        list(crew(scheduler="tcp://nowhere:1")(lambda number: number, (1,)))


# -- a real cluster: its own processes, reached by the command line as a person types it ------------

PEOPLE = 96
COMMAND = "from microcurrent.cli.main import main; main()"


@pytest.fixture
def started(tmp_path):
    """Start a process of this Python and end it after the test."""
    with contextlib.ExitStack() as stack:

        def start(name, *arguments):
            log = stack.enter_context(open(tmp_path / f"{name}.log", "w"))
            one = subprocess.Popen(
                [sys.executable, *arguments], stdout=log, stderr=log, cwd=tmp_path,
                env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
            )  # fmt: skip
            stack.callback(one.wait)
            stack.callback(one.kill)
            return one

        yield start


def until(true, seconds=120):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "this took too long"
        time.sleep(0.02)


def test_a_cluster_of_two_workers_loses_one_in_mid_run_and_nothing_else(started, tmp_path):
    file = tmp_path / "scheduler.json"
    started(
        "scheduler", "-m", "distributed.cli.dask_scheduler", "--port", "0", "--host", "127.0.0.1",
        "--no-dashboard", "--scheduler-file", str(file),
    )  # fmt: skip
    workers = [
        started(
            name, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(file), "--nthreads", "1",
            "--no-nanny", "--no-dashboard", "--name", name, "--local-directory", str(tmp_path),
        )
        for name in ("first", "second")
    ]  # fmt: skip
    until(lambda: all("Registered" in (tmp_path / f"{n}.log").read_text() for n in ("first", "second")))
    address = json.loads(file.read_text())["address"]
    client = started(
        "sweep", "-c", COMMAND, "sweep", str(PLAN), "--people", str(PEOPLE), "--scheduler", address,
        "--out", str(tmp_path / "out"), "--json",
    )  # fmt: skip

    def pieces():
        return len(list((tmp_path / "out").glob("pieces-*/people-*.nc")))

    until(lambda: pieces() >= 2 or client.poll() is not None)
    workers[0].send_signal(signal.SIGKILL)
    at_death = pieces()
    assert client.wait(120) == 0, (tmp_path / "sweep.log").read_text()
    assert 2 <= at_death < PEOPLE // 8, "the worker was killed too late to tell"
    assert workers[0].poll() == -signal.SIGKILL and workers[1].poll() is None
    (whole,) = (tmp_path / "out").glob("people-*.nc")
    alone = sweep(study_of(*read_plan(PLAN), seed=1), PEOPLE, out=tmp_path / "alone", crew=in_process)
    with xarray.open_dataset(whole, engine="scipy") as found:
        assert found["person"].values.tolist() == list(range(PEOPLE))
        assert np.array_equal(found["value"].values, alone.figures, equal_nan=True)
        assert np.array_equal(found["chance"].values, alone.chances)
    assert pieces() == PEOPLE // 8
