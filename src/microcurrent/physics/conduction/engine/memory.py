"""What the engine needs in memory, said before it is taken."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from microcurrent.errors import Problem, ValueRefused

#: Peak bytes per unknown beyond the conductivities given, with some room: measured by
#: `benchmarks/scaling.py` (docs/reference/engine-scaling.md).
SOLVE = 100
#: More for each unknown where conductances are kept as float64, too.
DOUBLE = 30
#: More for each unknown for sixteen right sides at once: five vectors, two parts and the result.
MANY = 650


def available() -> int:
    """Return the bytes of memory that can be taken without swapping, as the system says.

    Where it does not say, more than there can be: nothing is refused then.
    """
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        pass
    try:
        # No such file but on Linux: pages that are free, which leaves out what a cache would give back.
        return int(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):
        return sys.maxsize


def require(unknowns: int, each: int) -> None:
    """Raise `ValueRefused` where `unknowns` times `each` bytes are more than there is memory."""
    needed, there = unknowns * each, available()
    if needed > there:
        raise ValueRefused(
            Problem(
                what="not enough memory for the field engine",
                expected=f"{needed / 1e9:.1f} GB for {unknowns / 1e6:.1f} million cells of tissue",
                came=f"{there / 1e9:.1f} GB available",
                advice="Take a coarser grid, a smaller part of the body, or a machine with more memory",
            )
        )
