"""PETSc's preconditioners on a matrix from a folder, in a process of its own (needs numpy and petsc4py).

    python solve_petsc.py FOLDER METHOD TOLERANCE

SimNIBS 4.5 solves with PETSc's conjugate gradients, preconditioned by hypre's BoomerAMG with HMIS
coarsening and PETSc's defaults otherwise: `simnibs/simulation/fem.py`, class `KSPSolver`, and `FEMSystem`
with its default `solver_options="hypre"` (Thielscher, Antunes and Saturnino 2015; repository
simnibs/simnibs, commit c2ce64cd). Its own tolerance is 1e-10 of the preconditioned residual; here every
solver stops at the same true residual.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from measure import Meter

#: Options by method, in PETSc's words.
METHODS = {
    "simnibs": {
        "pc_type": "hypre",
        "pc_hypre_type": "boomeramg",
        "pc_hypre_boomeramg_coarsen_type": "HMIS",
    },
    # Advice of hypre's manual for problems in three dimensions, tuned by hand on this model.
    "hypre-tuned": {
        "pc_type": "hypre",
        "pc_hypre_type": "boomeramg",
        "pc_hypre_boomeramg_coarsen_type": "HMIS",
        "pc_hypre_boomeramg_interp_type": "ext+i",
        "pc_hypre_boomeramg_strong_threshold": "0.5",
        "pc_hypre_boomeramg_agg_nl": "1",
        "pc_hypre_boomeramg_P_max": "4",
        "pc_hypre_boomeramg_relax_type_all": "symmetric-SOR/Jacobi",
    },
    "gamg": {"pc_type": "gamg"},
    "jacobi": {"pc_type": "jacobi"},
}
MOST_ITERATIONS = 20_000


def main() -> None:
    """Load, set up, solve, keep the potential, print seconds and memory."""
    folder, method, tolerance = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    import petsc4py

    petsc4py.init([sys.argv[0]])
    from petsc4py import PETSc

    for name, value in METHODS[method].items():
        PETSc.Options()[name] = value
    rows, columns, values = (np.load(folder / f"{part}.npy") for part in ("indptr", "indices", "data"))
    size = rows.size - 1
    matrix = PETSc.Mat().createAIJ(size=(size, size), csr=(rows, columns, values), comm=PETSc.COMM_SELF)
    matrix.setOption(PETSc.Mat.Option.SYMMETRIC, True)
    matrix.assemble()
    del rows, columns, values
    right, potential = matrix.createVecLeft(), matrix.createVecRight()
    right.setArray(np.load(folder / "right.npy"))
    meter = Meter()
    meter.ready()
    solver = PETSc.KSP().create(comm=PETSc.COMM_SELF)
    solver.setOperators(matrix)
    solver.setType("cg")
    solver.setNormType(PETSc.KSP.NormType.UNPRECONDITIONED)
    solver.setTolerances(rtol=tolerance, max_it=MOST_ITERATIONS)
    solver.setFromOptions()
    solver.setUp()
    meter.set_up()
    solver.solve(right, potential)
    meter.finish(solver.getIterationNumber())
    np.save(folder / "potential.npy", potential.getArray())


if __name__ == "__main__":
    main()
