"""A conductor that is set up once and then solved for any electrodes and currents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from microcurrent.errors import ConservationError, Problem, ValueRefused
from microcurrent.physics.conduction.assembly import Integers, diagonal_conductivity
from microcurrent.physics.conduction.conductances import FaceConductances, parts_of
from microcurrent.physics.conduction.contact import AREA_ROUNDING, Contact, Mask, areas_of
from microcurrent.physics.conduction.grid import Floats, Grid
from microcurrent.physics.conduction.part import Part

#: Currents left over in all cells, relative to the electrode current. A hundredth of the check
#: below, so that a failed check means a defect and not a loose solve.
TOLERANCE = 1e-8
#: Delivered and wanted current may differ by this share of the largest wanted current.
CONSERVATION = 1e-6
#: Wanted currents must add up to zero within this share of the largest: rounding of their sum.
_BALANCE = 1e-12


@dataclass(frozen=True, kw_only=True, eq=False)
class Solution:
    """One state of current flow.

    `potential` V ``(nx, ny, nz)``, NaN where no current can flow; `electrode_potentials` V
    ``(E,)``, the last electrode at 0; `contact_densities` A/m2 into the tissue, one ``(F,)`` for
    each of `contacts`; `delivered` A ``(E,)``, by summation over the contact faces; `iterations`
    and `residual` of the hardest unit problem.
    """

    contacts: tuple[Contact, ...]
    potential: Floats
    electrode_potentials: Floats
    contact_densities: tuple[Floats, ...]
    delivered: Floats
    iterations: int
    residual: float


class Conductor:
    """Tissue on a grid, insulated outside; electrodes come with each question.

    Solves ``div(sigma grad phi) = 0`` by finite volumes with the complete electrode model
    (Somersalo, Cheney and Isaacson 1992): through a contact of impedance z the current density is
    ``(U - phi) / z``, each electrode's potential U is unknown and its total current given. `faces`
    gives the conductances between cells where half cells in series would not do: sub-voxel tissue
    (`fractions`), thin layers inside (`sheets`). The multigrid hierarchy is made when first needed, once.

    Raises `ValueRefused` for a conductivity that cannot be used (see `diagonal_conductivity`).
    """

    def __init__(
        self, grid: Grid, conductivity: npt.ArrayLike, *, faces: FaceConductances | None = None
    ) -> None:
        self.grid = grid
        #: S/m along x, y, z, ``(nx, ny, nz, 3)``, 0 where excluded.
        self.conductivity = diagonal_conductivity(grid, conductivity)
        if faces is not None:
            faces.check_on(grid)
        #: Conductances between cells where they were given, or None.
        self.faces = faces
        self._part_of = self._numbered()
        self._parts: dict[int, Part] = {}

    @property
    def conducting(self) -> Mask:
        """Which cells conduct, ``(nx, ny, nz)``."""
        return np.asarray(self.conductivity[..., 0] > 0)

    def solve(
        self,
        contacts: Sequence[Contact],
        currents: npt.ArrayLike,
        *,
        tolerance: float = TOLERANCE,
    ) -> Solution:
        """Return the flow for the wanted `currents` into the tissue, A ``(E,)``.

        Raises `ValueRefused` for currents that do not add up to zero and for contacts that cannot
        be used, `ConvergenceError`, and `ConservationError` where an electrode's current by
        summation is not the wanted one to 1e-6.
        """
        return self.unit(contacts, tolerance=tolerance).superpose(currents)

    def conductance(self, contacts: Sequence[Contact], *, tolerance: float = TOLERANCE) -> Floats:
        """Return the current into electrode i per volt on electrode j, siemens ``(E, E)``."""
        return self.unit(contacts, tolerance=tolerance).conductance

    def unit(self, contacts: Sequence[Contact], *, tolerance: float = TOLERANCE) -> UnitFields:
        """Return the fields of each electrode but the last at 1 V with the others at 0 V.

        They answer every combination of currents through these contacts. Raises as `solve`.
        """
        contacts = tuple(contacts)
        number = self._shared_part(contacts)
        if number not in self._parts:
            self._parts[number] = self._make_part(number)
        part = self._parts[number]
        series = [contact.impedance + self.half_cell(contact) for contact in contacts]
        rows = [np.searchsorted(part.cells, contact.cells) for contact in contacts]
        driven: Floats = np.stack(
            [
                np.bincount(row, weights=contact.area / resistance, minlength=part.cells.size)
                for row, contact, resistance in zip(rows, contacts, series, strict=True)
            ]
        )
        robin = driven.sum(axis=0)
        solved = part.solve_units(robin, driven[:-1], tolerance)
        return UnitFields(
            shape=self.grid.shape,
            contacts=contacts,
            series=tuple(series),
            cells=part.cells,
            rows=tuple(rows),
            levels=np.array([one.level for one in solved]),
            departures=np.stack([one.departure for one in solved]),
            iterations=max(one.iterations for one in solved),
            residual=max(one.residual for one in solved),
        )

    def _numbered(self) -> Integers:
        """The number of the connected part of each cell, ``(nx ny nz,)``, -1 where excluded."""
        if self.faces is not None:
            return np.where(self.conducting, parts_of(self.faces), -1).astype(np.int64).ravel()
        parts, _ = ndimage.label(self.conducting)
        return np.asarray(parts, dtype=np.int64).ravel() - 1

    def _make_part(self, number: int) -> Part:
        along = [np.ascontiguousarray(self.conductivity[..., axis]) for axis in range(3)]
        faces = None if self.faces is None else self.faces.axes
        return Part(self.grid, np.flatnonzero(self._part_of == number), along, faces=faces)

    def half_cell(self, contact: Contact) -> Floats:
        """Return ``d / (2 sigma)`` from the contact faces to the cell centres, ohm m2 ``(F,)``."""
        places = np.unravel_index(contact.cells, self.grid.shape)
        widths = np.stack([self.grid.widths(axis)[places[axis]] for axis in range(3)], axis=1)
        width = widths[np.arange(contact.cells.size), contact.axis]
        sigma = self.conductivity.reshape(-1, 3)[contact.cells, contact.axis]
        return np.asarray(0.5 * width / sigma)

    def _shared_part(self, contacts: tuple[Contact, ...]) -> int:
        """Return the one connected part that every contact touches, or refuse."""
        if len(contacts) < 2:
            raise _refused("current needs a way in and out", "two or more contacts", f"{len(contacts)}")
        for number, contact in enumerate(contacts):
            self._check_on_surface(contact, number)
        self._check_no_overlap(contacts)
        touched = [np.unique(self._part_of[contact.cells]) for contact in contacts]
        parts = np.unique(np.concatenate(touched))
        if parts.size > 1:
            names = "; ".join(f"contact {i} on {list(map(int, t))}" for i, t in enumerate(touched))
            raise _refused(
                "no conducting way joins the contacts",
                "all contacts on one connected part of the tissue",
                f"connected parts: {names}",
            )
        return int(parts[0])

    def _check_on_surface(self, contact: Contact, number: int) -> None:
        shape = self.grid.shape
        if contact.cells.max() >= np.prod(shape):
            raise _refused(f"contact {number}", f"cells below {np.prod(shape)}", str(contact.cells.max()))
        if (self._part_of[contact.cells] < 0).any():
            raise _refused(f"contact {number}", "cells that conduct", "an excluded cell")
        neighbour = np.stack(np.unravel_index(contact.cells, shape), axis=1)
        faces = np.arange(contact.cells.size)
        neighbour[faces, contact.axis] += contact.side
        inside = ((neighbour >= 0) & (neighbour < np.array(shape))).all(axis=1)
        beyond = np.ravel_multi_index(tuple(neighbour[inside].T), shape)
        if (self._part_of[beyond] >= 0).any():
            raise _refused(
                f"contact {number}", "faces to the outside or to air", "a face inside the tissue"
            )

    def _check_no_overlap(self, contacts: tuple[Contact, ...]) -> None:
        cells = np.concatenate([contact.cells for contact in contacts])
        axis = np.concatenate([contact.axis for contact in contacts])
        side = np.concatenate([contact.side for contact in contacts])
        area = np.concatenate([contact.area for contact in contacts])
        key = (cells * 3 + axis) * 2 + (side > 0)
        _, first, which = np.unique(key, return_index=True, return_inverse=True)
        covered = np.bincount(which, weights=area)
        whole = areas_of(self.grid, cells[first], axis[first])
        if (covered > whole * (1 + AREA_ROUNDING)).any():
            worst = int(np.argmax(covered / whole))
            raise _refused(
                "contacts cover a face more than once",
                f"at most {whole[worst]:g} m2 of it",
                f"{covered[worst]:g} m2",
            )


def _refused(what: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what=what, expected=expected, came=came))


@dataclass(frozen=True, kw_only=True, eq=False)
class UnitFields:
    """The fields of every electrode but the last at 1 V; made by `Conductor.unit`.

    `cells` ``(n,)`` are the flat indices of the connected part, `rows` the place of each contact
    face among them ``(F,)``, `series` ohm m2 ``(F,)`` contact and half cell; field k is
    ``levels[k] + departures[k]`` volt, ``(E - 1,)`` and ``(E - 1, n)``.
    """

    shape: tuple[int, int, int]
    contacts: tuple[Contact, ...]
    series: tuple[Floats, ...]
    cells: Integers
    rows: tuple[Integers, ...]
    levels: Floats
    departures: Floats
    iterations: int
    residual: float

    @property
    def conductance(self) -> Floats:
        """Current into electrode i per volt on electrode j, siemens ``(E, E)``.

        Symmetric up to the tolerance (reciprocity); rows add up to zero.
        """
        count = len(self.contacts)
        matrix = np.empty((count, count))
        for driven in range(count - 1):
            unit = np.zeros(count)
            unit[driven] = 1.0
            for electrode in range(count):
                density = self._density(electrode, unit)
                matrix[electrode, driven] = density @ self.contacts[electrode].area
        matrix[:, -1] = -matrix[:, :-1].sum(axis=1)
        return matrix

    def superpose(self, currents: npt.ArrayLike) -> Solution:
        """Return the flow for the wanted `currents` into the tissue, A ``(E,)``; see `solve`."""
        wanted = self._checked(currents)
        potentials = np.zeros(wanted.size)
        potentials[:-1] = np.linalg.solve(self.conductance[:-1, :-1], wanted[:-1])
        densities = tuple(self._density(one, potentials) for one in range(wanted.size))
        delivered = np.array(
            [density @ contact.area for density, contact in zip(densities, self.contacts, strict=True)]
        )
        wrong = np.abs(delivered - wanted).max()
        if wrong > CONSERVATION * np.abs(wanted).max():
            raise ConservationError(
                f"delivered currents {delivered} A differ from the wanted {wanted} A by "
                f"{wrong:.1e} A. Ask for a smaller tolerance than gave {self.residual:.1e}."
            )
        potential = np.full(int(np.prod(self.shape)), np.nan)
        potential[self.cells] = potentials[:-1] @ self.levels + potentials[:-1] @ self.departures
        return Solution(
            contacts=self.contacts,
            potential=potential.reshape(self.shape),
            electrode_potentials=potentials,
            contact_densities=densities,
            delivered=delivered,
            iterations=self.iterations,
            residual=self.residual,
        )

    def _checked(self, currents: npt.ArrayLike) -> Floats:
        wanted = np.asarray(currents, dtype=float)
        if wanted.shape != (len(self.contacts),):
            raise _refused("currents", f"one for each of {len(self.contacts)} contacts", f"{wanted.shape}")
        if not np.isfinite(wanted).all():
            raise _refused("currents", "finite values in A", f"{wanted}")
        if abs(wanted.sum()) > _BALANCE * np.abs(wanted).max():
            raise _refused("currents in and out do not balance", "a sum of 0 A", f"{wanted.sum():g} A")
        return wanted

    def _density(self, electrode: int, potentials: Floats) -> Floats:
        """Current density into the tissue under one electrode, A/m2 ``(F,)``."""
        driven = potentials[:-1]
        # The levels are subtracted first: behind dry skin they are nearly all of the potential.
        above = potentials[electrode] - driven @ self.levels
        below = driven @ self.departures[:, self.rows[electrode]]
        return np.asarray((above - below) / self.series[electrode])
