"""Threads that share the planes of a grid: each takes a stretch, all meet at the end of a sweep."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

Slab = tuple[int, int]


#: The variable that names how many threads a solver may use: 1 in each of many processes that share cores.
THREADS = "MICROCURRENT_THREADS"


def cores() -> int:
    """Return how many cores this process may use: what `THREADS` says, else all that the system gives."""
    named = os.environ.get(THREADS, "")
    if named.isdecimal() and int(named) > 0:
        return int(named)
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


class Team:
    """Runs a kernel on several stretches of planes at once; the kernels release Python's lock."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._pool = ThreadPoolExecutor(threads - 1, "microcurrent") if threads > 1 else None

    def slabs(self, planes: int) -> tuple[Slab, ...]:
        """Return about as many planes for each thread, fewer slabs where there are few planes."""
        ends = sorted({planes * number // self.threads for number in range(self.threads + 1)})
        return tuple(zip(ends[:-1], ends[1:], strict=True))

    def run(
        self, work: Callable[..., Any], slabs: tuple[tuple[int, ...], ...], *arguments: Any
    ) -> list[Any]:
        """Return what ``work(*arguments, first, last)`` gives for each slab; the first slab runs here."""
        if len(slabs) == 1 or self._pool is None:
            return [work(*arguments, *slab) for slab in slabs]
        others = [self._pool.submit(work, *arguments, *slab) for slab in slabs[1:]]
        return [work(*arguments, *slabs[0]), *(other.result() for other in others)]

    def each(self, work: Callable[[int], Any], count: int) -> list[Any]:
        """Return ``work(number)`` for every number below `count`; 0 runs here."""
        if count == 1 or self._pool is None:
            return [work(number) for number in range(count)]
        others = [self._pool.submit(work, number) for number in range(1, count)]
        return [work(0), *(other.result() for other in others)]
