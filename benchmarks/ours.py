"""Our engine on a conductor from a folder, in a process of its own: the only place that knows its calls.

    python ours.py FOLDER METHOD TOLERANCE

Where peers get a matrix, ours gets conductivities and the contacts' conductances. The kernels are compiled
by a small problem first; that time is told apart (`first`), and is paid once per machine, not per solve.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from head_model import Floats, Model, head
from measure import Meter

from microcurrent.physics.conduction.engine import Engine
from microcurrent.physics.conduction.grid import Grid

#: The smallest head that has every level and branch that a large one has.
SMALL = 32


def set_up(grid: Grid, conductivity: Any) -> Engine:
    """Return the engine for a conductor."""
    return Engine(grid, conductivity)


def solve(engine: Engine, right: Floats, robin: Floats, tolerance: float) -> tuple[Floats, int]:
    """Return the potential in V ``(n,)`` and the iterations for one electrode at 1 V, the other at 0 V."""
    solved = engine.solve(right, robin=robin, tolerance=tolerance)
    return solved.potential, solved.iterations


def save(model: Model, folder: Path) -> None:
    """Write what `load` reads."""
    robin, right = model.robin()
    arrays: dict[str, Any] = {"conductivity": model.conductivity, "robin": robin, "right": right}
    arrays |= {f"edges_{axis}": getattr(model.grid, axis) for axis in "xyz"}
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


def load(folder: Path) -> tuple[Grid, Any, Floats, Floats]:
    """Return grid, conductivity, right-hand side in A and Robin terms in S."""
    grid = Grid(**{axis: np.load(folder / f"edges_{axis}.npy") for axis in "xyz"})
    return grid, *(np.load(folder / f"{part}.npy") for part in ("conductivity", "right", "robin"))


def warm_up(tolerance: float) -> float:
    """Compile the kernels on a small head; return the seconds it took."""
    begin = time.perf_counter()
    small = head(SMALL)
    robin, right = small.robin()
    solve(set_up(small.grid, small.conductivity), right, robin, tolerance)
    return time.perf_counter() - begin


def main() -> None:
    """Load, compile, set up, solve, keep the potential, print seconds and memory."""
    folder, tolerance = Path(sys.argv[1]), float(sys.argv[3])
    print(f"first use: {warm_up(tolerance):.1f} s")
    grid, conductivity, right, robin = load(folder)
    meter = Meter()
    meter.ready()
    engine = set_up(grid, conductivity)
    meter.set_up()
    potential, iterations = solve(engine, right, robin, tolerance)
    meter.finish(iterations)
    np.save(folder / "potential.npy", potential)


if __name__ == "__main__":
    main()
