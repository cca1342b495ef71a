"""Alternating current in tissue whose displacement current counts: all of it complex, on the grid.

The same finite volumes and the same complete electrode model as `conductor`, in phasors, by
`engine.PhasorEngine`. It is the judge of the live solve, in which only the skin is complex. Plain twin: the
sparse matrix in `tests/physics/test_engine_phasors.py`, solved directly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from microcurrent.errors import ConservationError, Problem, ValueRefused
from microcurrent.physics.conduction.conductor import CONSERVATION
from microcurrent.physics.conduction.contact import Contact
from microcurrent.physics.conduction.engine import PhasorEngine
from microcurrent.physics.conduction.engine.krylov import Left
from microcurrent.physics.conduction.engine.phasors import check_admittivity
from microcurrent.physics.conduction.grid import Grid
from microcurrent.physics.conduction.part import above_rounding

Phasors = npt.NDArray[np.complex128]
Integers = npt.NDArray[np.int64]

#: Currents left over in all cells, as a share of the electrode current; as in `conductor`.
TOLERANCE = 1e-8
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

        Raises `ValueRefused` for another number of currents and for currents that do not add up to 0, and
        `ConservationError` where an electrode's current by summation is not the wanted one to 1e-6.
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
        delivered = self._delivered(volts)
        wrong = np.abs(delivered - wanted).max()
        # Written so that NaN fails too.
        if not wrong <= CONSERVATION * np.abs(wanted).max():
            raise ConservationError(
                f"delivered currents {delivered} A differ from the wanted {wanted} A by {wrong:.1e} A. "
                "Ask for a smaller tolerance."
            )
        return AlternatingSolution(
            potential=potential.reshape(self.shape),
            electrode_potentials=volts,
            contact_densities=tuple(self._density(one, volts) for one in range(volts.size)),
            delivered=delivered,
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
    along = _along(grid, admittivity)
    contacts = tuple(contacts)
    layers = [one.impedance for one in contacts] if impedances is None else list(impedances)
    if len(contacts) < 2 or len(layers) != len(contacts):
        raise _refused("two or more contacts, an impedance for each", f"{len(contacts)}, {len(layers)}")
    inside = _shared_part(along[0], contacts)
    series = tuple(_series(grid, along, one, layer) for one, layer in zip(contacts, layers, strict=True))
    if not inside.all():
        along = tuple(np.where(inside, one, 0) for one in along)
    engine = PhasorEngine(grid, along)
    cells = engine.cells
    rows = tuple(np.searchsorted(cells, one.cells) for one in contacts)
    driven = np.zeros((len(contacts), cells.size), dtype=complex)
    for into, row, one, resistance in zip(driven, rows, contacts, series, strict=True):
        np.add.at(into, row, one.area / resistance)
    return AlternatingFields(
        shape=grid.shape,
        contacts=contacts,
        cells=cells,
        rows=rows,
        series=series,
        potentials=_potentials(engine, driven, tolerance),
    )


def _along(grid: Grid, admittivity: npt.ArrayLike) -> tuple[Phasors, ...]:
    """The admittivity along three axes, ``(nx, ny, nz)`` each."""
    given = np.asarray(admittivity, dtype=complex)
    if given.shape == (*grid.shape, 3):
        x, y, z = (np.ascontiguousarray(given[..., axis]) for axis in range(3))
    else:
        x = y = z = np.ascontiguousarray(given)
    check_admittivity(grid, (x, y, z))
    if (given.imag < 0).any():
        raise _refused("an imaginary part of 0 S/m or more", f"{given.imag.min():g} S/m")
    return x, y, z


def _shared_part(tissue: Phasors, contacts: Sequence[Contact]) -> npt.NDArray[np.bool_]:
    """Which cells belong to the one connected part that every contact lies on, ``(nx, ny, nz)``."""
    parts, _ = ndimage.label(tissue.real > 0)
    touched = np.concatenate([one.cells for one in contacts])
    if touched.max() >= parts.size or not parts.reshape(-1)[touched].all():
        raise _refused(f"contacts on conducting cells of a grid {tissue.shape}", "others")
    numbers = np.unique(parts.reshape(-1)[touched])
    if numbers.size > 1:
        raise _refused("all contacts on one connected part of the tissue", f"{numbers.size} parts")
    return np.asarray(parts == numbers[0])


def _series(grid: Grid, along: Sequence[Phasors], contact: Contact, layer: npt.ArrayLike) -> Phasors:
    """Contact and half cell in series, ohm m2 ``(F,)``."""
    impedance = np.broadcast_to(np.asarray(layer, dtype=complex), contact.cells.shape)
    if not (np.isfinite(impedance) & (impedance.real >= 0)).all():
        raise _refused("finite impedances with a real part of 0 ohm m2 or more", "others among them")
    places = np.unravel_index(contact.cells, grid.shape)
    result = impedance.copy()
    for axis in range(3):
        on = contact.axis == axis
        width = grid.widths(axis)[places[axis][on]]
        result[on] += 0.5 * width / along[axis].reshape(-1)[contact.cells[on]]
    return np.asarray(result)


def _potentials(engine: PhasorEngine, driven: Phasors, tolerance: float) -> Phasors:
    """The potential of each electrode but the last at 1 V, from the admittances `driven` S ``(E, n)``.

    Stops when the currents left over in all cells, added up by size, are below `tolerance` times the
    electrode's current.
    """
    robin = driven.sum(axis=0)
    held = np.flatnonzero(robin)
    found = np.empty((driven.shape[0] - 1, robin.size), dtype=complex)
    for one, into in zip(driven[:-1], found, strict=True):
        level, at = one.sum() / robin.sum(), one[held]
        others = float(np.abs(robin - one).sum())

        def by_current(
            departure: Phasors, left: Left, at: Phasors = at, level: complex = level, others: float = others
        ) -> float:
            current = abs(complex(at @ (1.0 - level - departure)))
            return left.whole / above_rounding(current, float(np.abs(at).sum()), others)

        into[:] = engine.solve(one, robin=robin, tolerance=tolerance, measure=by_current).potential
    return found
