"""Times one probe position on a layered slab: our conductor against two solvers of SciPy, in one run.

The peers solve the same matrix to the same residual: conjugate gradients with the diagonal as
preconditioner, and the sparse direct solver SuperLU. Prints seconds (median of three) and ratios. For
large bodies and other multigrid solvers see `peers.py`.
"""

import statistics
import time

import numpy as np
from scipy.sparse import diags_array
from scipy.sparse.linalg import cg, splu

from microcurrent import tables
from microcurrent.physics.bodies.placing import Footprint, place_contact
from microcurrent.physics.conduction.assembly import bulk_matrix
from microcurrent.physics.conduction.conductor import Conductor
from microcurrent.planning.bodies import read_body

RUNS = 3
SKIN = 5.0  # ohm m2, gelled face at low frequency (data/skin.toml)


def timed(work):
    """Median seconds of several runs, and the last result."""
    seconds = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds), result


def problem(coarse):
    source = read_body("slab")
    points = [(-0.02, 0.0, 0.0), (0.02, 0.0, 0.0)]
    volume = source.volume(points, 0.008, coarse=coarse)
    known = tables.tissues()
    conductor = Conductor(
        volume.grid, volume.conductivity({t: known[t].conductivity.value for t in volume.tissues})
    )
    contacts = [place_contact(volume, p, Footprint(area=5e-5), impedance=SKIN).contact for p in points]
    return volume, conductor, contacts


def peers(conductor, contacts):
    """The same unit problem as a plain matrix: electrode 1 at 1 V, electrode 2 at 0 V."""
    matrix = bulk_matrix(conductor.grid, conductor.conductivity)
    robin, right = np.zeros(matrix.shape[0]), np.zeros(matrix.shape[0])
    for number, contact in enumerate(contacts):
        conductance = contact.area / (contact.impedance + conductor.half_cell(contact))
        np.add.at(robin, contact.cells, conductance)
        if number == 0:
            np.add.at(right, contact.cells, conductance)
    matrix = (matrix + diags_array(robin)).tocsr()
    inverse = diags_array(1 / matrix.diagonal())

    def conjugate_gradients():
        solution, info = cg(matrix, right, rtol=1e-8, maxiter=20_000, M=inverse)
        if info:
            raise RuntimeError("conjugate gradients did not converge")
        return solution

    return conjugate_gradients, lambda: splu(matrix.tocsc()).solve(right)


def row(coarse):
    """One line of the table."""
    volume, conductor, contacts = problem(coarse)
    current = [1.0, -1.0]
    first, _ = timed(lambda: Conductor(volume.grid, conductor.conductivity).solve(contacts, current))
    conductor.solve(contacts, current)
    ours, solution = timed(lambda: conductor.solve(contacts, current))
    gradients, direct = peers(conductor, contacts)
    slow, other = timed(gradients)
    contact = contacts[0]
    series = contact.impedance + conductor.half_cell(contact)
    flowing = float(((1 - other[contact.cells]) / series) @ contact.area)
    apart = abs(flowing * solution.electrode_potentials[0] - 1)
    cells = [f"{volume.conducting.sum()}", f"{first - ours:.2f} s", f"{ours:.2f} s"]
    cells += [f"{slow:.2f} s", f"{slow / ours:.1f}"]
    if coarse:
        sparse, _ = timed(direct)
        cells += [f"{sparse:.2f} s", f"{sparse / ours:.1f}"]
    else:
        cells += ["not run", "-"]
    return [*cells, f"{apart:.0e}"]


def main():
    head = ["cells", "set-up", "position", "CG + diagonal", "ratio", "SuperLU", "ratio", "agree to"]
    for line in (head, ["---"] * len(head), row(True), row(False)):
        print("| " + " | ".join(line) + " |")


if __name__ == "__main__":
    main()
