"""Laws of every flow on a head in miniature: contrast 1e4, anisotropic muscle, a cavity; outside judges."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyamg
import pytest
from scipy import sparse
from scipy.sparse.linalg import splu

from microcurrent.physics.conduction.conductor import Conductor, Solution, UnitFields
from microcurrent.physics.conduction.contact import Contact, contact_on, exposed_faces
from microcurrent.physics.conduction.fields import FaceCurrents, face_currents, outflow, power
from microcurrent.physics.conduction.grid import Grid, graded_edges

#: Along x, y, z: brain, liquor, bone, scalp, muscle along y, enamel. Highest over lowest: 10 000.
SIGMA = np.array(
    [[0.0] * 3, [0.33] * 3, [1.8] * 3, [0.006] * 3, [0.4] * 3, [0.13, 0.5, 0.13], [1.8e-4] * 3]
)
AIR, BRAIN, LIQUOR, BONE, SCALP, MUSCLE, ENAMEL = range(7)
#: Cheek, other cheek, forehead, nape: directions from the middle of the head.
PLACES = ((1.0, 0.5, -0.3), (-1.0, 0.5, -0.3), (0.2, 1.0, 0.5), (0.0, -1.0, -0.5))
IMPEDANCES = (0.0, 0.05, 5.0)
CURRENTS = np.array([3e-4, -1e-4, 2e-4, -4e-4])
SYSTEM_PYTHON = Path("/usr/bin/python3")
#: Where Debian keeps PETSc, for a system that has not chosen among several.
PETSC_PLACES = Path("/usr/lib/petscdir")


def head_labels(grid: Grid) -> np.ndarray:
    x, y, z = np.meshgrid(*(grid.centres(axis) for axis in range(3)), indexing="ij")
    r = np.sqrt((x / 0.075) ** 2 + (y / 0.095) ** 2 + (z / 0.085) ** 2)
    labels = np.searchsorted([0.72, 0.78, 0.87, 1.0], r) + 1
    labels[labels == 5] = AIR
    side = (np.abs(x) > 0.045) & (np.abs(y) < 0.06) & (z < 0.02) & (labels == SCALP) & (r < 0.95)
    labels[side] = MUSCLE
    teeth = (y > 0.05) & (z < -0.02) & (z > -0.045) & np.isin(labels, [BONE, LIQUOR])
    labels[teeth] = ENAMEL
    sinus = (np.abs(x) < 0.015) & (y > 0.062) & (y < 0.08) & (np.abs(z) < 0.015)
    labels[sinus] = AIR
    return labels


@pytest.fixture(scope="module")
def head() -> Conductor:
    """About 15 000 cells, finer at the face than at the nape."""
    grid = Grid(
        x=graded_edges(-0.08, 0.08, 0.005, fine=[(-0.08, 0.08)]),
        y=graded_edges(-0.1, 0.1, 0.004, fine=[(0.06, 0.1)], ratio=1.1),
        z=graded_edges(-0.09, 0.09, 0.0055, fine=[(-0.05, 0.02)], ratio=1.1),
    )
    return Conductor(grid, SIGMA[head_labels(grid)])


def electrodes(head: Conductor, impedance: float) -> list[Contact]:
    faces = exposed_faces(head.grid, head.conducting)
    contacts = []
    for number, place in enumerate(PLACES):
        direction = np.array(place) / np.linalg.norm(place)
        # The outermost skin along the direction, not the wall of a cavity on the way.
        along = np.where(
            np.linalg.norm(np.cross(faces.centres, direction), axis=1) < 0.01,
            faces.centres @ direction,
            -np.inf,
        )
        distance = np.linalg.norm(faces.centres - faces.centres[np.argmax(along)], axis=1)
        layer = impedance * (1 + 0.3 * number)
        contacts.append(contact_on(faces, distance < 0.013, impedance=layer))
    return contacts


@pytest.fixture(scope="module", params=IMPEDANCES)
def unit(request: pytest.FixtureRequest, head: Conductor) -> UnitFields:
    return head.unit(electrodes(head, request.param))


@pytest.fixture(scope="module")
def solved(unit: UnitFields) -> Solution:
    return unit.superpose(CURRENTS)


def test_the_head_is_what_it_says(head: Conductor) -> None:
    sigma = head.conductivity[head.conducting]
    assert sigma.max() / sigma.min() == pytest.approx(1e4)
    assert len(np.unique(sigma[:, 0])) == len(np.unique(sigma[:, 1])) == 6
    assert np.any(sigma[:, 0] != sigma[:, 1])
    faces = exposed_faces(head.grid, head.conducting)
    assert (np.linalg.norm(faces.centres, axis=1) < 0.07).any()


def test_reciprocity(unit: UnitFields) -> None:
    found = unit.conductance
    assert np.abs(found - found.T).max() < 1e-7 * found.max()
    assert np.abs(found.sum(axis=1)).max() < 1e-7 * found.max()
    # Passive: no currents bring out power, and only equal voltages drive none.
    powers = np.linalg.eigvalsh(0.5 * (found + found.T))
    assert powers[0] == pytest.approx(0, abs=1e-7 * powers[-1])
    assert powers[1] > 1e-4 * powers[-1]


def test_superposition(unit: UnitFields) -> None:
    one, other = unit.superpose([1e-3, -1e-3, 0, 0]), unit.superpose([0, 5e-4, 5e-4, -1e-3])
    both = unit.superpose([3e-3, -2.5e-3, 5e-4, -1e-3])
    scale = np.nanmax(np.abs(both.potential))
    assert np.nanmax(np.abs(3 * one.potential + other.potential - both.potential)) < 1e-9 * scale


def outflow_of(flow: FaceCurrents, inside: np.ndarray) -> float:
    """Current out through the closed surface of any set of cells ``(nx, ny, nz)``, A."""
    total = 0.0
    for axis, current in enumerate(flow.axes):
        padded = np.pad(inside.astype(float), [(int(a == axis),) * 2 for a in range(3)])
        total += float(np.sum(-np.diff(padded, axis=axis) * current))
    return total


def given_inside(solution: Solution, inside: np.ndarray) -> float:
    """Current that electrodes give within a set of cells, A: they stand in the air cell on each face."""
    total = 0.0
    for contact, density in zip(solution.contacts, solution.contact_densities, strict=True):
        places = np.stack(np.unravel_index(contact.cells, inside.shape), axis=1)
        places[np.arange(contact.cells.size), contact.axis] += contact.side
        on_grid = ((places >= 0) & (places < np.array(inside.shape))).all(axis=1)
        counted = np.zeros(contact.cells.size, dtype=bool)
        counted[on_grid] = inside[tuple(places[on_grid].T)]
        total += float((density * contact.area)[counted].sum())
    return total


def test_no_current_is_lost_through_any_closed_surface(head: Conductor, solved: Solution) -> None:
    flow = face_currents(head, solved)
    least = 1e-6 * np.abs(CURRENTS).max()
    random = np.random.default_rng(11)
    shape = np.array(head.grid.shape)
    for _ in range(40):
        ends = np.sort(random.integers(0, shape + 1, size=(2, 3)), axis=0)
        ends[1] = np.maximum(ends[1], ends[0] + 1)
        if (ends[1] <= shape).all():
            box = np.zeros(shape, dtype=bool)
            box[tuple(slice(*pair) for pair in ends.T)] = True
            given = given_inside(solved, box)
            assert outflow(flow, low=ends[0], high=ends[1]) == pytest.approx(given, abs=least)
    centres = np.stack(np.meshgrid(*(head.grid.centres(a) for a in range(3)), indexing="ij"), axis=-1)
    for _ in range(20):
        middle, radius = random.uniform(-0.07, 0.07, size=3), random.uniform(0.01, 0.06)
        blob = np.linalg.norm(centres - middle, axis=-1) < radius
        assert outflow_of(flow, blob) == pytest.approx(given_inside(solved, blob), abs=least)
    for tissue in (BRAIN, BONE, MUSCLE):
        assert abs(outflow_of(flow, head_labels(head.grid) == tissue)) < least


def test_surfaces_around_one_electrode_carry_its_current(head: Conductor, solved: Solution) -> None:
    flow = face_currents(head, solved)
    for contact, current in zip(solved.contacts, CURRENTS, strict=True):
        closed = np.zeros(head.grid.shape, dtype=bool)
        closed.reshape(-1)[contact.cells] = True
        inner = [np.array(one) for one in flow.axes]
        for axis in range(3):
            places = np.stack(np.unravel_index(contact.cells, head.grid.shape), axis=1)
            chosen = contact.axis == axis
            places[:, axis] += contact.side > 0
            inner[axis][tuple(places[chosen].T)] = 0.0
        without = FaceCurrents(x=inner[0], y=inner[1], z=inner[2])
        assert outflow_of(without, closed) == pytest.approx(current, abs=1e-6 * np.abs(CURRENTS).max())


def test_energy_is_the_power_of_the_electrodes(head: Conductor, solved: Solution) -> None:
    found = power(head, solved)
    assert found.electrodes > 0
    assert found.tissue + found.contacts == pytest.approx(found.electrodes, rel=1e-6)


def test_more_conducting_tissue_never_resists_more(head: Conductor) -> None:
    # Rayleigh: raising any conductivity lowers the resistance between any two electrodes.
    contacts = electrodes(head, 0.05)[:2]
    labels = head_labels(head.grid)
    volts = []
    for factor in (1.0, 1.5):
        sigma = np.where((labels == BONE)[..., None], factor, 1.0) * SIGMA[labels]
        volts.append(Conductor(head.grid, sigma).solve(contacts, [1e-3, -1e-3]).electrode_potentials[0])
    assert volts[1] < volts[0]


def plain_system(head: Conductor, contacts: list[Contact]) -> tuple[sparse.csc_array, np.ndarray]:
    """The whole problem once more, face by face: cells, then electrodes but the last; and its cells.

    The unknowns are potentials V, the equations currents A. Written out on its own: it shares nothing
    with the code it judges.
    """
    grid, sigma = head.grid, head.conductivity
    widths = [np.diff(edges) for edges in grid.edges]
    number = np.full(grid.shape, -1)
    number[sigma[..., 0] > 0] = np.arange(np.count_nonzero(sigma[..., 0]))
    cells = int(number.max()) + 1
    rows, columns, values = [], [], []

    def join(one: int, other: int, conductance: float) -> None:
        for a, b in ((one, other), (other, one)):
            if a >= 0:
                rows.append(a), columns.append(a), values.append(conductance)
                if b >= 0:
                    rows.append(a), columns.append(b), values.append(-conductance)

    for place in np.argwhere(number >= 0):
        for axis in range(3):
            after = place + np.eye(3, dtype=int)[axis]
            if after[axis] < grid.shape[axis] and number[tuple(after)] >= 0:
                area = np.prod([widths[a][place[a]] for a in range(3) if a != axis])
                resistance = sum(0.5 * widths[axis][at[axis]] / sigma[(*at, axis)] for at in (place, after))
                join(number[tuple(place)], number[tuple(after)], area / resistance)
    for electrode, contact in enumerate(contacts):
        row = cells + electrode if electrode < len(contacts) - 1 else -1
        layers = np.broadcast_to(contact.impedance, contact.cells.shape)
        for cell, axis, area, layer in zip(contact.cells, contact.axis, contact.area, layers, strict=True):
            place = np.unravel_index(cell, grid.shape)
            half = 0.5 * widths[axis][place[axis]] / sigma[(*place, axis)]
            join(number[place], row, area / (half + layer))
    size = cells + len(contacts) - 1
    return sparse.csc_array((values, (rows, columns)), shape=(size, size)), np.flatnonzero(number >= 0)


@pytest.fixture(scope="module")
def judged(head: Conductor) -> tuple[sparse.csc_array, np.ndarray, np.ndarray]:
    """Matrix and right-hand side of the plain system at 0.05 ohm m2, and what `Conductor` answers."""
    contacts = electrodes(head, 0.05)
    matrix, cells = plain_system(head, contacts)
    solution = head.solve(contacts, CURRENTS)
    ours = np.concatenate([solution.potential.reshape(-1)[cells], solution.electrode_potentials[:-1]])
    right = np.zeros(matrix.shape[0])
    right[-3:] = CURRENTS[:-1]
    return matrix, right, ours


def agree(ours: np.ndarray, theirs: np.ndarray) -> None:
    assert np.isfinite(ours).all()
    assert np.abs(ours - theirs).max() < 2e-7 * np.ptp(theirs)


def test_a_direct_solver_agrees(judged: tuple[sparse.csc_array, np.ndarray, np.ndarray]) -> None:
    matrix, right, ours = judged
    agree(ours, splu(matrix, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}).solve(right))


def test_pyamg_agrees(judged: tuple[sparse.csc_array, np.ndarray, np.ndarray]) -> None:
    matrix, right, ours = judged
    solver = pyamg.ruge_stuben_solver(sparse.csr_array(matrix), max_coarse=100)
    agree(ours, solver.solve(right, tol=1e-12, accel="cg", maxiter=200))


PETSC = """
import sys
import numpy as np
import petsc4py
petsc4py.init([])
from petsc4py import PETSc
problem = np.load(sys.argv[1])
size = problem["right"].size
parts = tuple(problem[name] for name in ("starts", "columns", "values"))
matrix = PETSc.Mat().createAIJ((size, size), csr=parts)
matrix.assemble()
right, solution = matrix.createVecs()
right.setArray(problem["right"])
solver = PETSc.KSP().create()
solver.setOperators(matrix)
solver.setType("cg")
solver.getPC().setType("gamg")
solver.setTolerances(rtol=1e-12, max_it=2000)
solver.solve(right, solution)
if solver.getConvergedReason() <= 0:
    raise SystemExit("PETSc did not converge")
np.save(sys.argv[2], solution.getArray())
"""


def test_petsc_agrees(judged: tuple[sparse.csc_array, np.ndarray, np.ndarray], tmp_path: Path) -> None:
    if not SYSTEM_PYTHON.exists() or not sys.platform.startswith("linux"):
        pytest.skip("no system Python that may have PETSc")
    places = sorted(str(place) for place in PETSC_PLACES.glob("*/*-real"))
    around = {**({"PETSC_DIR": places[-1]} if places else {}), **os.environ, "OMP_NUM_THREADS": "1"}
    script = ["-c", "import numpy, petsc4py; petsc4py.init([]); from petsc4py import PETSc"]
    probe = subprocess.run([SYSTEM_PYTHON, *script], capture_output=True, check=False, env=around)
    if probe.returncode:
        pytest.skip("the system's Python cannot import petsc4py")
    matrix, right, ours = judged
    rows = sparse.csr_array(matrix)
    rows.sum_duplicates()
    given, answer = tmp_path / "problem.npz", tmp_path / "answer.npy"
    np.savez(
        given,
        starts=rows.indptr.astype(np.int32),
        columns=rows.indices.astype(np.int32),
        values=rows.data,
        right=right,
    )
    subprocess.run([SYSTEM_PYTHON, "-c", PETSC, given, answer], check=True, timeout=120, env=around)
    agree(ours, np.load(answer))
