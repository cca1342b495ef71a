"""Alternating current: complex admittivity of the tissue, complex impedance under the electrodes.

The same finite volumes and the same complete electrode model as `conductor`, in phasors:
``div(y grad phi) = 0``, ``y = sigma + j omega epsilon``. The matrix is complex symmetric, and conjugate
gradients with the product ``r . z`` instead of ``conj(r) . z`` solve it (H. A. van der Vorst and J. B. M.
Melissen, IEEE Trans. Magn. 26 (1990) 706), with multigrid for the real part as preconditioner: in
tissue the real part is the larger one up to 10 kHz and beyond. It is the plain judge of the live solve, in
which only the skin is complex.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyamg
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from microcurrent.errors import ConvergenceError, Problem, ValueRefused
from microcurrent.physics.conduction.assembly import diagonal_conductivity
from microcurrent.physics.conduction.contact import Contact
from microcurrent.physics.conduction.grid import Grid

Phasors = npt.NDArray[np.complex128]
Integers = npt.NDArray[np.int64]

#: Currents left over in all cells, as a share of the electrode current; as in `conductor`.
TOLERANCE = 1e-8
#: Far more than any tissue needs; reaching it means that displacement currents rule.
_MOST_ITERATIONS = 500
#: The coarsest level is solved densely.
_COARSEST = 400
#: Given currents may add up to this share of the largest: rounding of their sum.
_BALANCE = 1e-12


@dataclass(frozen=True, kw_only=True, eq=False)
class AlternatingSolution:
    """One state of alternating current, in phasors.

    `potential` V ``(nx, ny, nz)``, NaN where no current can flow; `electrode_potentials` V ``(E,)``, the
    last at 0; `contact_densities` A/m2 into the tissue, one ``(F,)`` for each contact; `delivered` A
    ``(E,)``, by summation over the contact faces.
    """

    potential: Phasors
    electrode_potentials: Phasors
    contact_densities: tuple[Phasors, ...]
    delivered: Phasors


@dataclass(frozen=True, kw_only=True, eq=False)
class AlternatingFields:
    """The fields of every electrode but the last at 1 V; made by `alternating_fields`.

    `potentials` V ``(E - 1, n)`` in the flat `cells` ``(n,)``; `series` ohm m2 ``(F,)`` contact and half
    cell, `rows` the place of each contact face among the cells ``(F,)``.
    """

    shape: tuple[int, int, int]
    contacts: tuple[Contact, ...]
    cells: Integers
    rows: tuple[Integers, ...]
    series: tuple[Phasors, ...]
    potentials: Phasors

    @property
    def conductance(self) -> Phasors:
        """Current into electrode i per volt on electrode j, complex siemens ``(E, E)``, symmetric."""
        count = len(self.contacts)
        matrix = np.empty((count, count), dtype=complex)
        for driven in range(count - 1):
            unit = np.zeros(count, dtype=complex)
            unit[driven] = 1.0
            matrix[:, driven] = self._delivered(unit)
        matrix[:, -1] = -matrix[:, :-1].sum(axis=1)
        return matrix

    def superpose(self, currents: npt.ArrayLike) -> AlternatingSolution:
        """Return the flow for the wanted `currents` into the tissue, phasors in A ``(E,)``.

        Raises `ValueRefused` for another number of currents and for currents that do not add up to 0.
        """
        wanted = np.asarray(currents, dtype=complex)
        if wanted.shape != (len(self.contacts),) or not np.isfinite(wanted).all():
            raise _refused(f"one finite current for each of {len(self.contacts)} contacts", f"{wanted}")
        if abs(wanted.sum()) > _BALANCE * np.abs(wanted).max():
            raise _refused("currents that add up to 0 A", f"{wanted.sum():g} A")
        volts = np.zeros(wanted.size, dtype=complex)
        volts[:-1] = np.linalg.solve(self.conductance[:-1, :-1], wanted[:-1])
        potential = np.full(int(np.prod(self.shape)), complex(np.nan, np.nan))
        potential[self.cells] = volts[:-1] @ self.potentials
        return AlternatingSolution(
            potential=potential.reshape(self.shape),
            electrode_potentials=volts,
            contact_densities=tuple(self._density(one, volts) for one in range(volts.size)),
            delivered=self._delivered(volts),
        )

    def _density(self, electrode: int, volts: Phasors) -> Phasors:
        below = volts[:-1] @ self.potentials[:, self.rows[electrode]]
        return np.asarray((volts[electrode] - below) / self.series[electrode])

    def _delivered(self, volts: Phasors) -> Phasors:
        return np.array([self._density(k, volts) @ one.area for k, one in enumerate(self.contacts)])


def _refused(expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="alternating current", expected=expected, came=came))


def alternating_fields(
    grid: Grid,
    admittivity: npt.ArrayLike,
    contacts: Sequence[Contact],
    *,
    impedances: Sequence[npt.ArrayLike] | None = None,
    tolerance: float = TOLERANCE,
) -> AlternatingFields:
    """Return the unit fields of tissue with `admittivity` S/m, ``(nx, ny, nz)`` or ``(nx, ny, nz, 3)``.

    0 is air; the real part of tissue is above 0, its imaginary part 0 or more. `impedances` are complex
    ohm m2, a number or ``(F,)`` for each contact, in place of the contacts' own. Raises `ValueRefused`
    for values without these meanings and contacts that no tissue joins, and `ConvergenceError`.
    """
    tissue = _checked(grid, admittivity)
    contacts = tuple(contacts)
    layers = [one.impedance for one in contacts] if impedances is None else list(impedances)
    if len(contacts) < 2 or len(layers) != len(contacts):
        raise _refused("two or more contacts, an impedance for each", f"{len(contacts)}, {len(layers)}")
    halves = _half_cells(grid, tissue)
    matrix = _bulk(grid, halves)
    cells = _shared_cells(grid, tissue, matrix, contacts)
    matrix = matrix[cells][:, cells]
    rows = tuple(np.searchsorted(cells, one.cells) for one in contacts)
    series = tuple(_series(one, halves, layer) for one, layer in zip(contacts, layers, strict=True))
    driven = np.zeros((len(contacts), cells.size), dtype=complex)
    for into, row, one, resistance in zip(driven, rows, contacts, series, strict=True):
        np.add.at(into, row, one.area / resistance)
    matrix = sparse.csr_array(matrix + sparse.diags_array(driven.sum(axis=0)))
    # A copy: PyAMG reads memory as it lies, and the real parts of phasors lie apart.
    parts = (matrix.data.real.copy(), matrix.indices, matrix.indptr)
    cycle = _preconditioner(sparse.csr_array(parts, shape=matrix.shape))
    solved = [_solve(matrix, cycle, one, tolerance) for one in driven[:-1]]
    return AlternatingFields(
        shape=grid.shape,
        contacts=contacts,
        cells=cells,
        rows=rows,
        series=series,
        potentials=np.stack(solved),
    )


def _checked(grid: Grid, admittivity: npt.ArrayLike) -> Phasors:
    """The admittivity along three axes, ``(nx, ny, nz, 3)``."""
    given = np.asarray(admittivity, dtype=complex)
    real = diagonal_conductivity(grid, given.real)
    imaginary = given.imag if given.shape == real.shape else np.repeat(given.imag[..., None], 3, axis=3)
    if not (np.isfinite(imaginary) & (imaginary >= 0)).all() or (imaginary[real == 0] != 0).any():
        raise _refused("an imaginary part of 0 S/m or more, and 0 in air", "others among them")
    return np.asarray(real + 1j * imaginary)


def _half_cells(grid: Grid, tissue: Phasors) -> Phasors:
    """``d / (2 y)`` along each axis, ohm m2 ``(nx, ny, nz, 3)``; infinite in air."""
    widths = np.stack(np.meshgrid(*(grid.widths(axis) for axis in range(3)), indexing="ij"), axis=-1)
    halves = np.full(tissue.shape, np.inf, dtype=complex)
    np.divide(0.5 * widths, tissue, out=halves, where=tissue.real > 0)
    return halves


def _bulk(grid: Grid, halves: Phasors) -> sparse.csr_array:
    """The complex twin of `assembly.bulk_matrix`, siemens."""
    cells = np.arange(int(np.prod(grid.shape))).reshape(grid.shape)
    rows, columns, values = [], [], []
    for axis in range(3):
        low = tuple(slice(None, -1) if a == axis else slice(None) for a in range(3))
        high = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
        resistance = halves[(*low, axis)] + halves[(*high, axis)]
        joined = np.isfinite(resistance)
        area = np.broadcast_to(grid.face_areas(axis), resistance.shape)[joined]
        value = area / resistance[joined]
        one, other = cells[low][joined], cells[high][joined]
        rows += [one, other, one, other]
        columns += [other, one, one, other]
        values += [-value, -value, value, value]
    coordinates = (np.concatenate(rows), np.concatenate(columns))
    return sparse.csr_array(
        sparse.coo_array((np.concatenate(values), coordinates), shape=(cells.size, cells.size))
    )


def _shared_cells(
    grid: Grid, tissue: Phasors, matrix: sparse.csr_array, contacts: Sequence[Contact]
) -> Integers:
    """The cells of the one connected part that every contact lies on."""
    held = (tissue[..., 0].real > 0).ravel()
    touched = np.concatenate([one.cells for one in contacts])
    if touched.max() >= held.size or not held[touched].all():
        raise _refused(f"contacts on conducting cells of a grid {grid.shape}", "others")
    _, part = connected_components(abs(matrix), directed=False)
    if np.unique(part[touched]).size > 1:
        raise _refused("all contacts on one connected part of the tissue", "several parts")
    return np.flatnonzero(held & (part == part[touched[0]]))


def _series(contact: Contact, halves: Phasors, layer: npt.ArrayLike) -> Phasors:
    """Contact and half cell in series, ohm m2 ``(F,)``."""
    impedance = np.broadcast_to(np.asarray(layer, dtype=complex), contact.cells.shape)
    if not (np.isfinite(impedance) & (impedance.real >= 0)).all():
        raise _refused("finite impedances with a real part of 0 ohm m2 or more", "others among them")
    return np.asarray(impedance + halves.reshape(-1, 3)[contact.cells, contact.axis])


def _preconditioner(real: sparse.csr_array) -> Callable[[Phasors], Phasors]:
    """One symmetric multigrid cycle of the real part, for real and imaginary residuals alike."""
    solver = pyamg.ruge_stuben_solver(real, CF=("RS", {"second_pass": True}), max_coarse=_COARSEST)
    cycle = solver.aspreconditioner(cycle="V")
    return lambda residual: np.asarray((cycle @ residual.real) + 1j * (cycle @ residual.imag))


def _solve(
    matrix: sparse.csr_array, cycle: Callable[[Phasors], Phasors], driven: Phasors, tolerance: float
) -> Phasors:
    """Conjugate orthogonal conjugate gradients, until the currents left over are small."""
    solution = np.full(driven.size, driven.sum() / matrix.sum(), dtype=complex)
    residual = driven - matrix @ solution
    improved = cycle(residual)
    direction, energy = improved.copy(), residual @ improved
    for _ in range(_MOST_ITERATIONS):
        current = abs(driven @ (1.0 - solution))
        if np.abs(residual).sum() <= tolerance * current:
            # The recursive residual drifts from the true one by rounding.
            residual = driven - matrix @ solution
            if np.abs(residual).sum() <= 2 * tolerance * current:
                return solution
        image = matrix @ direction
        step = energy / (direction @ image)
        solution = solution + step * direction
        residual = residual - step * image
        improved = cycle(residual)
        energy, previous = residual @ improved, energy
        direction = improved + energy / previous * direction
    raise ConvergenceError(
        f"the alternating potential did not converge: after {_MOST_ITERATIONS} iterations the currents "
        f"left over add up to {np.abs(residual).sum() / current:.1e} of the electrode current, wanted "
        f"{tolerance:.1e}. Ask for a tolerance above rounding, or for a lower frequency."
    )
