"""PyAMG's hierarchies, with conjugate gradients, on a matrix from a folder, in a process of its own.

python solve_pyamg.py FOLDER METHOD TOLERANCE
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyamg
from measure import Meter
from scipy import sparse

#: PyAMG's defaults: symmetric Gauss-Seidel before and after, V-cycle.
METHODS = {
    "pyamg-rs": pyamg.ruge_stuben_solver,
    "pyamg-sa": pyamg.smoothed_aggregation_solver,
}
MOST_ITERATIONS = 1_000


def main() -> None:
    """Load, set up, solve, keep the potential, print seconds and memory."""
    folder, method, tolerance = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    rows, columns, values = (np.load(folder / f"{part}.npy") for part in ("indptr", "indices", "data"))
    size = rows.size - 1
    matrix = sparse.csr_matrix((values, columns, rows), shape=(size, size))
    right = np.load(folder / "right.npy")
    meter = Meter()
    meter.ready()
    hierarchy = METHODS[method](matrix)
    meter.set_up()
    history: list[float] = []
    potential = hierarchy.solve(
        right, tol=tolerance, maxiter=MOST_ITERATIONS, accel="cg", residuals=history
    )
    meter.finish(len(history) - 1)
    np.save(folder / "potential.npy", potential)


if __name__ == "__main__":
    main()
