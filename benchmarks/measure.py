"""What each timed process measures of itself: seconds and memory. Standard library alone.

Every solver runs in a process of its own, which loads the problem, calls `Meter.ready`, sets up, calls
`Meter.set_up`, solves, and calls `Meter.finish`; the last line it prints is a JSON object.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def _kibibytes(key: str) -> int | None:
    """One line of the kernel's account of this process, or None where there is none."""
    if not _STATUS.exists():
        return None
    for line in _STATUS.read_text(encoding="ascii").splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    return None


def _give_back() -> None:
    """Return freed memory to the system, so that the solver cannot hide its own in what loading left."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


class Meter:
    """Wall and processor seconds of set-up and solve, and the most memory above the loaded problem."""

    def __init__(self) -> None:
        self._marks: list[tuple[float, float]] = []
        self._start: int | None = None

    def _mark(self) -> None:
        self._marks.append((time.perf_counter(), time.process_time()))

    def ready(self) -> None:
        """The problem is loaded in the solver's own form; what comes now counts."""
        if _CLEAR.exists():
            _give_back()
            _CLEAR.write_text("5", encoding="ascii")  # sets the peak back to what is in use now
        self._start = _kibibytes("VmRSS")
        self._mark()

    def set_up(self) -> None:
        """Everything is made that serves any right-hand side."""
        self._mark()

    def finish(self, iterations: int) -> None:
        """The potential is there: print what it took."""
        self._mark()
        peak = _kibibytes("VmHWM")
        (a, b, c), (d, e, f) = zip(*self._marks, strict=True)
        print(
            json.dumps(
                {
                    "setup": b - a,
                    "solve": c - b,
                    "setup_cpu": e - d,
                    "solve_cpu": f - e,
                    "iterations": iterations,
                    "memory": None if peak is None or self._start is None else 1024 * (peak - self._start),
                    "process": None if peak is None else 1024 * peak,
                }
            ),
            flush=True,
        )


#: What sets the number of threads of the libraries in use.
_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
#: Seconds after which a process is stopped.
PATIENCE = 1_800


def environment(threads: int) -> dict[str, str]:
    """Return the environment of a process that may use `threads` threads."""
    return {**os.environ, **dict.fromkeys(_THREADS, str(threads))}


def run(words: Sequence[str], *, threads: int, around: dict[str, str]) -> dict[str, Any]:
    """Run a program on as many processors as threads; return what it measured, or why it failed.

    The processors are the last ones of the machine: the first has the system's own work.
    """

    def keep_to_few() -> None:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])

    try:
        done = subprocess.run(
            words,
            env=around,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            preexec_fn=keep_to_few,
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"stopped after {PATIENCE} s"}
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]}
    measured: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return measured
