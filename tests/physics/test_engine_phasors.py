"""Alternating current by the engine: what a direct sparse solve says, closed forms, and laws of phasors."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import splu

from microcurrent.errors import ConvergenceError, ValueRefused
from microcurrent.physics.conduction.alternating import alternating_fields
from microcurrent.physics.conduction.assembly import bulk_matrix, diagonal_conductivity
from microcurrent.physics.conduction.contact import contact_on, exposed_faces
from microcurrent.physics.conduction.engine import Engine, PhasorEngine, memory
from microcurrent.physics.conduction.grid import Grid, graded_edges
from microcurrent.physics.exact import layers, problems
from microcurrent.physics.exact.layers import Layers

#: Dry skin, fat, muscle, bone as after Gabriel (1996), S/m, from 10 Hz to 100 kHz.
FREQUENCIES = {
    "10 Hz": (2e-4 + 6.3e-7j, 0.0377 + 0.0028j, 0.202 + 0.0143j, 0.0201 + 1e-5j),
    "100 Hz": (2e-4 + 6.3e-6j, 0.0406 + 0.00084j, 0.267 + 0.0519j, 0.0201 + 3e-5j),
    "1 kHz": (2e-4 + 6.3e-5j, 0.0417 + 0.00107j, 0.321 + 0.0242j, 0.0202 + 1.5e-4j),
    "10 kHz": (2e-4 + 6.3e-4j, 0.043 + 0.00051j, 0.341 + 0.0144j, 0.0204 + 2.9e-4j),
    "100 kHz": (4.5e-4 + 6.2e-3j, 0.0434 + 0.00056j, 0.362 + 0.045j, 0.0208 + 0.00127j),
}
#: An electrode's admittance per cell of skin, S.
ELECTRODE = 2e-6 * (1 + 0.7j)


def matrix_of(grid: Grid, along: np.ndarray) -> sparse.csr_array:
    """The complex matrix ``(n, n)`` for admittivity ``(nx, ny, nz, 3)``: the engine's plain twin, S."""
    cells = np.arange(int(np.prod(grid.shape))).reshape(grid.shape)
    total = sparse.csr_array((cells.size, cells.size), dtype=complex)
    for axis in range(3):
        width = grid.widths(axis).reshape([-1 if a == axis else 1 for a in range(3)])
        half = np.full(grid.shape, np.inf, complex)
        np.divide(0.5 * width * np.ones(grid.shape), along[..., axis], out=half, where=along[..., 0] != 0)
        low, high = (
            np.take(cells, r, axis=axis)
            for r in (range(cells.shape[axis] - 1), range(1, cells.shape[axis]))
        )
        series = half.reshape(-1)[low] + half.reshape(-1)[high]
        joined = np.isfinite(series)
        value = np.broadcast_to(grid.face_areas(axis), series.shape)[joined] / series[joined]
        one, other, faces = low[joined], high[joined], np.arange(value.size)
        difference = sparse.csr_array(
            (
                np.tile([1.0, -1.0], value.size),
                (np.repeat(faces, 2), np.stack([one, other], axis=1).ravel()),
            ),
            shape=(value.size, cells.size),
        )
        total = total + difference.T @ sparse.diags_array(value) @ difference
    held = np.flatnonzero(along[..., 0].ravel())
    return sparse.csr_array(total[held][:, held])


def graded() -> Grid:
    return Grid(
        x=graded_edges(0.0, 0.02, 0.001, fine=[(0.0, 0.005)], ratio=1.3),
        y=graded_edges(-0.005, 0.01, 0.001, fine=[(-0.002, 0.002)], ratio=1.3),
        z=np.concatenate([np.linspace(-0.02, -0.004, 7), np.linspace(-0.0037, 0.0, 10)]),
    )


def mixed(grid: Grid, seed: int = 0) -> np.ndarray:
    """Tissue of a contrast of 1 000 and phases of 0 to 80 degrees, other along each axis, with a cavity."""
    random = np.random.default_rng(seed)
    size = 10 ** random.uniform(-3, 0, (*grid.shape, 3))
    found = size * np.exp(1j * np.radians(random.uniform(0, 80, size.shape)))
    i, j, k = (n // 2 for n in grid.shape)
    found[i - 2 : i + 2, j - 1 : j + 3, k - 2 : k + 2] = 0
    found[:2, :, -3:] = 0
    return found


def split(along: np.ndarray) -> list[np.ndarray]:
    return [np.ascontiguousarray(along[..., axis]) for axis in range(3)]


def driven(engine: PhasorEngine) -> tuple[np.ndarray, np.ndarray]:
    """An electrode at 1 V on the first cells and one at 0 V on the last: robin, right ``(n,)``."""
    robin = np.zeros(engine.count, complex)
    robin[:20], robin[-30:] = ELECTRODE, 3 * ELECTRODE
    return robin, np.where(np.arange(engine.count) < 20, robin, 0)


@pytest.mark.parametrize("threads", [1, 2])
def test_equals_a_direct_solve_on_graded_anisotropic_tissue(threads: int) -> None:
    grid = graded()
    along = mixed(grid)
    engine = PhasorEngine(grid, split(along), threads=threads)
    bulk = matrix_of(grid, along)
    robin, right = driven(engine)
    exact = splu(sparse.csc_array(bulk + sparse.diags_array(robin))).solve(right)
    found = engine.solve(right, robin=robin, tolerance=1e-10)
    assert np.abs(found.potential - exact).max() < 1e-9 * np.ptp(exact.real)
    assert (engine.cells == np.flatnonzero(along[..., 0].ravel())).all()


def test_equals_a_direct_solve_without_electrodes() -> None:
    grid = graded()
    along = mixed(grid, seed=1)
    engine = PhasorEngine(grid, split(along))
    bulk = matrix_of(grid, along)
    random = np.random.default_rng(2)
    right = random.standard_normal(engine.count) + 1j * random.standard_normal(engine.count)
    right -= right.mean()
    found = engine.solve(1e-9 * right, tolerance=1e-11).potential
    exact = np.zeros(engine.count, complex)
    exact[1:] = splu(sparse.csc_array(bulk[1:, 1:])).solve(1e-9 * right[1:])
    error = found - exact
    assert np.abs(error - error.mean()).max() < 1e-8 * np.ptp(exact.real)


def test_ready_conductances_between_cells() -> None:
    x, y, z = (np.linspace(0, 0.01, n) for n in (7, 8, 9))
    grid = Grid(x=x, y=y, z=z)
    along = mixed(grid)
    along[along == 0] = 0.1 + 0.1j
    engine = PhasorEngine(grid, split(along))
    robin, right = driven(engine)
    faces = []
    for axis in range(3):
        half = 0.5 * grid.widths(axis)[0] / along[..., axis]
        count = grid.shape[axis]
        series = np.take(half, range(count - 1), axis=axis) + np.take(half, range(1, count), axis=axis)
        faces.append(grid.face_areas(axis) / series)
    given = PhasorEngine(grid, split(along), faces=faces)
    one, other = (each.solve(right, robin=robin, tolerance=1e-10).potential for each in (engine, given))
    assert one == pytest.approx(other, rel=1e-9)


def test_without_displacement_current_it_is_the_real_engine() -> None:
    grid = graded()
    along = np.abs(mixed(grid))
    real = Engine(grid, split(along), double=True)
    engine = PhasorEngine(grid, split(along.astype(complex)))
    robin, right = (part.real.copy() for part in driven(engine))
    direct = real.solve(right, robin=robin, tolerance=1e-9)
    found = engine.solve(right, robin=robin, tolerance=1e-9)
    assert found.level == pytest.approx(direct.level, rel=1e-12)
    assert np.abs(found.departure - direct.departure).max() < 1e-7 * np.abs(direct.departure).max()
    assert not found.departure.imag.any()
    assert found.iterations <= direct.iterations + 4
    assert matrix_of(grid, along.astype(complex)).data == pytest.approx(
        twin_of_the_real(grid, along).data, rel=1e-12
    )


def twin_of_the_real(grid: Grid, along: np.ndarray) -> sparse.csr_array:
    held = np.flatnonzero(along[..., 0].ravel())
    return sparse.csr_array(bulk_matrix(grid, diagonal_conductivity(grid, along))[held][:, held])


def test_one_phase_everywhere_turns_the_current_alone() -> None:
    grid, turn = graded(), np.exp(1.2j)
    along = np.abs(mixed(grid))
    plain = PhasorEngine(grid, split(along.astype(complex)))
    turned = PhasorEngine(grid, split(along * turn))
    robin, right = (part.real.astype(complex) for part in driven(plain))
    one = plain.solve(right, robin=robin, tolerance=1e-11).departure
    other = turned.solve(right * turn, robin=robin * turn, tolerance=1e-11).departure
    assert np.abs(one - other).max() < 1e-9 * np.abs(one).max()


def test_the_slab_is_exact() -> None:
    """V14: resistance of layers between two contacts, complex."""
    grid = Grid(x=np.linspace(0, 0.01, 9), y=np.linspace(0, 0.02, 11), z=np.linspace(-0.01, 0.0, 31))
    tissue = np.repeat([0.4 + 0.3j, 0.05 + 0.02j, 2e-4 + 6e-3j], 10) * np.ones(grid.shape)
    faces = exposed_faces(grid, np.ones(grid.shape, dtype=bool))
    ends = [contact_on(faces, (faces.axis == 2) & (faces.side == side), impedance=0.0) for side in (1, -1)]
    layer = 0.3 - 0.7j
    found = alternating_fields(grid, tissue, ends, impedances=[layer, 2 * layer], tolerance=1e-11)
    exact = (0.01 / 3 * (1 / tissue[0, 0, [0, 10, 20]]).sum() + 3 * layer) / 2e-4
    solution = found.superpose([1e-3, -1e-3])
    assert solution.electrode_potentials[0] == pytest.approx(1e-3 * exact, rel=1e-10)
    sheets = solution.potential.reshape(-1, 30)
    assert np.abs(sheets - sheets[0]).max() < 1e-10 * abs(exact * 1e-3)


def test_a_disc_on_skin_that_is_mostly_a_capacitor() -> None:
    """V5: mean potential under a disc of uniform current on complex layers; the error halves with the cells."""
    stack = Layers(admittivities=(0.02 + 0.06j, 0.05 + 0.02j, 0.4 + 0.1j), thicknesses=(0.002, 0.002))
    judge = layers.disc_resistance(problems.RADIUS, stack)
    errors = []
    for level in (4, 6):
        real = Layers(
            admittivities=tuple(y.real for y in stack.admittivities), thicknesses=stack.thicknesses
        )
        bare = problems.half_space(level, real, length=problems.LAYER_LENGTH, reach=problems.LAYERED_REACH)
        grid = bare.grid
        order = np.searchsorted(np.cumsum(stack.thicknesses), -grid.centres(2))
        tissue = np.array(stack.admittivities)[order] * np.ones(grid.shape)
        far = problems.far_contact(bare)
        turned = tissue.reshape(-1)[far.cells]
        layer = problems.UNIFORM * problems.RADIUS / 0.02
        probe = problems.probe(bare, impedance=layer)
        fields = alternating_fields(
            grid, tissue, [probe, far], impedances=[layer, far.impedance * turned.real / turned]
        )
        under = layer / (np.pi * problems.RADIUS**2)
        found = fields.superpose([0.25, -0.25]).electrode_potentials[0] - under
        errors.append(abs(found / judge - 1))
    assert errors[1] < 0.02
    assert errors[1] < 0.7 * errors[0]


def test_reciprocity_is_symmetry_without_conjugation() -> None:
    grid = graded()
    along = mixed(grid)
    faces = exposed_faces(grid, along[..., 0] != 0)
    ends = [
        (faces.axis == 0) & (faces.side == 1),
        (faces.axis == 2) & (faces.side == -1),
        (faces.axis == 1) & (faces.side == 1) & (faces.centres[:, 0] < 0.01),
    ]
    inner = np.zeros_like(ends[0])
    edge = np.array(grid.shape) - 1
    places = np.stack(np.unravel_index(faces.cells, grid.shape), axis=1)
    for axis in range(3):
        inner |= (faces.axis == axis) & ~np.isin(places[:, axis], [0, edge[axis]])
    contacts = [contact_on(faces, end & ~inner, impedance=0.0) for end in ends]
    found = alternating_fields(
        grid, along, contacts, impedances=[0.1 - 0.4j, 1e-3, 2.0 - 0.1j], tolerance=1e-11
    ).conductance
    size = np.abs(found).max()
    assert np.abs(found - found.T).max() < 1e-9 * size
    assert np.abs(found - found.conj().T).max() > 1e-2 * size
    assert np.abs(found.sum(axis=0)).max() < 1e-9 * size
    # Passive: no voltages draw negative power.
    assert np.linalg.eigvalsh((found + found.T).real).min() > -1e-9 * size


def test_power_at_the_electrodes_is_that_in_tissue_and_contacts() -> None:
    grid = graded()
    along = mixed(grid)
    engine = PhasorEngine(grid, split(along))
    robin, right = driven(engine)
    found = engine.solve(right, robin=robin, tolerance=1e-12).potential
    at = np.where(right != 0, 1.0, 0.0)
    entering = right @ (1.0 - found)
    tissue = found.conj() @ (matrix_of(grid, along) @ found)
    contacts = robin @ np.abs(at - found) ** 2
    assert tissue + contacts == pytest.approx(entering, rel=1e-9)
    assert tissue.real > 0
    assert tissue.imag > 0


def test_a_dry_contact_loses_no_digits() -> None:
    """Behind a ten-millionth of the tissue's admittance the potential is the level, the rest a trifle."""
    grid = graded()
    along = mixed(grid)
    engine = PhasorEngine(grid, split(along))
    robin, right = driven(engine)
    weak = 1e-7
    found = engine.solve(right * weak, robin=robin * weak, tolerance=1e-10)
    assert found.level == pytest.approx(right.sum() / robin.sum())
    currents = right * weak - robin * weak * found.potential
    left = currents - matrix_of(grid, along) @ found.departure
    assert np.abs(left).sum() < 1e-8 * np.abs(currents).sum()
    assert abs(currents.sum()) < 1e-10 * np.abs(currents).sum()


def head(tissue: tuple[complex, ...]) -> tuple[Grid, np.ndarray]:
    """Balls of skin, fat, muscle and bone, one in the other, off the middle of the cells."""
    edges = np.linspace(-0.1, 0.1, 41)
    grid = Grid(x=edges, y=edges, z=edges)
    x, y, z = np.meshgrid(*(grid.centres(axis) for axis in range(3)), indexing="ij")
    radius = np.sqrt((x - 1e-3) ** 2 + (y + 2e-3) ** 2 + z**2)
    return grid, np.array([*tissue[::-1], 0])[np.searchsorted([0.06, 0.08, 0.088, 0.094], radius)]


@pytest.mark.parametrize("frequency", FREQUENCIES)
def test_iterations_are_bounded_at_any_frequency(frequency: str) -> None:
    grid, tissue = head(FREQUENCIES[frequency])
    engine = PhasorEngine(grid, tissue)
    robin, right = driven(engine)
    found = engine.solve(right, robin=robin)
    assert found.residual <= 1e-8
    assert found.iterations <= 35
    real = Engine(grid, np.abs(tissue)).solve(right.real, robin=robin.real)
    assert found.iterations <= 2.5 * real.iterations


def test_two_media_by_the_toss_of_a_coin_at_any_phase() -> None:
    """The hardest box of the real engine, a contrast of 10 000, with a phase of its own in every cell."""
    edges = np.linspace(0, 0.024, 25)
    random = np.random.default_rng(0)
    size = np.where(random.random((24, 24, 24)) < 0.5, 1.79, 1.8e-4)
    tissue = size * np.exp(1j * np.radians(random.uniform(0, 85, size.shape)))
    engine = PhasorEngine(Grid(x=edges, y=edges, z=edges), tissue)
    robin, right = driven(engine)
    assert engine.solve(right, robin=robin).iterations <= 60


def test_one_cell_alone() -> None:
    edges = [0.0, 0.01]
    engine = PhasorEngine(Grid(x=edges, y=edges, z=edges), np.full((1, 1, 1), 1 + 1j))
    found = engine.solve(np.array([1e-3]), robin=np.array([1e-3 + 1e-3j]))
    assert found.potential[0] == pytest.approx(1 / (1 + 1j))


def test_what_cannot_be_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    edges = np.linspace(0, 0.01, 6)
    grid = Grid(x=edges, y=edges, z=edges)
    tissue = np.full(grid.shape, 0.2 + 0.1j)
    for wrong, words in (
        (tissue[1:], "shape"),
        (tissue.real, "complex"),
        (np.where(grid.centres(0) < 0.005, tissue, 0.1j), "real part above 0"),
        (np.where(grid.centres(0) < 0.005, tissue, np.nan), "real part above 0"),
        ([tissue, tissue, np.where(grid.centres(0) < 0.005, tissue, 0)], "all three"),
        (np.where(np.abs(grid.centres(0) - 0.005) < 1e-3, 0, tissue), "one connected part"),
    ):
        with pytest.raises(ValueRefused, match=words):
            PhasorEngine(grid, wrong)
    engine = PhasorEngine(grid, tissue)
    robin, right = driven(engine)
    for arguments, words in (
        ({"right": right[1:]}, "one value for each"),
        ({"right": right}, "a sum of 0 A"),
        ({"right": right * np.nan}, "finite"),
        ({"right": right, "robin": 1j * robin.real}, "real part above 0"),
        ({"right": right, "robin": robin, "tolerance": 0.0}, "above 0"),
    ):
        with pytest.raises(ValueRefused, match=words):
            engine.solve(**arguments)
    with pytest.raises(ConvergenceError, match=r"wanted 1\.0e-30: ask for a tolerance above rounding"):
        engine.solve(right, robin=robin, tolerance=1e-30)
    monkeypatch.setattr(memory, "available", lambda: 1000)
    with pytest.raises(ValueRefused, match="not enough memory"):
        PhasorEngine(grid, tissue)


def test_a_residual_that_is_no_number_is_not_taken_for_an_answer() -> None:
    edges = np.linspace(0, 0.01, 6)
    engine = PhasorEngine(Grid(x=edges, y=edges, z=edges), np.full((5, 5, 5), 0.2 + 0.1j))
    robin, right = driven(engine)
    with pytest.raises(ConvergenceError):
        engine.solve(right, robin=robin, measure=lambda departure, left: float("nan"))
