"""Crews: who solves the pieces of a sweep: this process, every core, or a dask cluster.

Each takes a function of one number and the numbers to call it with, and yields (number, result) as results
come in, in any order, each number once. A worker that dies loses only what it was doing: it is done again.
"""

from __future__ import annotations

import importlib
import itertools
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any

from microcurrent.errors import InputError, PredictionError, Problem
from microcurrent.physics.conduction.engine.team import THREADS, cores

Work = Callable[[int], Any]
Results = Iterator[tuple[int, Any]]

#: A crew of processes that dies more often than this dies of the work.
MOST_DEATHS = 3
#: Pieces that are sent ahead for each thread of a cluster.
_AHEAD = 3
#: A cluster that does not answer within this [s] is not there.
_ANSWER = 20


def crew(*, workers: int | None = None, scheduler: str = "") -> Callable[[Work, Iterable[int]], Results]:
    """Return who solves: a dask `scheduler`, so many `workers`, or with None one on every core."""
    if scheduler:
        return partial(on_cluster, address=scheduler)
    count = workers or cores()
    return in_process if count == 1 else partial(on_cores, workers=count)


def in_process(work: Work, numbers: Iterable[int]) -> Results:
    """Do everything here, one after the other."""
    for number in numbers:
        yield number, work(number)


def on_cores(work: Work, numbers: Iterable[int], *, workers: int) -> Results:
    """Share the work out over processes, each with one thread for its solver.

    Raises `PredictionError` where processes die again and again; results that came before stay good.
    """
    left = dict.fromkeys(numbers)
    for _ in range(MOST_DEATHS + 1):
        pool = ProcessPoolExecutor(
            max_workers=min(workers, max(len(left), 1)),
            mp_context=multiprocessing.get_context("spawn"),  # numba and threads do not survive a fork
            initializer=_alone,
        )
        try:
            waiting = {pool.submit(work, number): number for number in left}
            for done in as_completed(waiting):
                result = done.result()
                del left[waiting[done]]
                yield waiting[done], result
            return
        except BrokenProcessPool:
            continue
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    raise PredictionError(
        f"The processes that solve died {MOST_DEATHS + 1} times, perhaps for want of memory; "
        "what was solved is kept. Go on with fewer workers."
    )


def on_cluster(work: Work, numbers: Iterable[int], *, address: str) -> Results:
    """Share the work out over the workers of a dask cluster.

    The work travels with each task, and is not scattered to one worker first: data that only a worker holds
    is lost with it. Raises `InputError` where there is no dask or no such cluster, `PredictionError` where
    workers die again and again of the same piece.
    """
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError as missing:
        raise InputError(
            Problem(what="no dask here", key="--scheduler", advice="Install microcurrent[cluster]")
        ) from missing
    try:
        client = distributed.Client(address, timeout=_ANSWER, set_as_default=False)
    except (OSError, ValueError) as silent:
        raise InputError(
            Problem(what="this scheduler does not answer", key="--scheduler", came=address,
                    expected="the address of a running one, such as tcp://host:8786")
        ) from silent  # fmt: skip
    with client:
        left = iter(numbers)

        def send(count: int) -> list[Any]:
            some = itertools.islice(left, count)
            return [client.submit(_done_alone, work, number, pure=False) for number in some]

        # A few for each thread at a time: a body travels with each, and all would fill the scheduler.
        threads = max(1, sum(client.nthreads().values()))
        waiting = distributed.as_completed(send(_AHEAD * threads), loop=client.loop)
        try:
            for future in waiting:
                waiting.update(send(1))
                yield future.result()
        except distributed.scheduler.KilledWorker as killed:
            raise PredictionError(
                f"Workers of {address} died again and again of the same people ({killed}); "
                "what was solved is kept."
            ) from killed
        finally:
            client.cancel(list(waiting.futures))


def _alone() -> None:
    """One thread for each solver: the cores are shared out among processes."""
    os.environ[THREADS] = "1"


def _done_alone(work: Work, number: int) -> tuple[int, Any]:
    _alone()
    return number, work(number)
