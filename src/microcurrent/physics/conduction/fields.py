"""What a solution means: current through faces, density, field, heat, and the balance of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.assembly import face_conductances, half_resistivity
from microcurrent.physics.conduction.conductor import Conductor, Solution
from microcurrent.physics.conduction.grid import Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class FaceCurrents:
    """Current in ampere through every face, positive along its axis.

    `x` ``(nx + 1, ny, nz)``, `y` ``(nx, ny + 1, nz)``, `z` ``(nx, ny, nz + 1)``. Faces to the
    outside and to air carry the current of the contacts on them, and are 0 elsewhere.
    """

    x: Floats
    y: Floats
    z: Floats

    @property
    def axes(self) -> tuple[Floats, Floats, Floats]:
        """The three arrays in order."""
        return (self.x, self.y, self.z)


def face_currents(conductor: Conductor, solution: Solution) -> FaceCurrents:
    """Return the current through every face of the grid in ampere."""
    inner = _inner_currents(conductor, solution)
    flows = [np.pad(one, [(int(a == axis),) * 2 for a in range(3)]) for axis, one in enumerate(inner)]
    for contact, density in zip(solution.contacts, solution.contact_densities, strict=True):
        places = np.stack(np.unravel_index(contact.cells, conductor.grid.shape), axis=1)
        for axis in range(3):
            chosen = contact.axis == axis
            face = places[chosen]
            face[:, axis] += contact.side[chosen] > 0
            inward = -contact.side[chosen] * density[chosen] * contact.area[chosen]
            np.add.at(flows[axis], tuple(face.T), inward)
    return FaceCurrents(x=flows[0], y=flows[1], z=flows[2])


def _inner_currents(conductor: Conductor, solution: Solution) -> list[Floats]:
    """Current through the faces between two cells in ampere, one fewer than cells along its axis."""
    filled = np.nan_to_num(solution.potential)
    return [_conductances(conductor, axis) * -np.diff(filled, axis=axis) for axis in range(3)]


def _conductances(conductor: Conductor, axis: int) -> Floats:
    """The conductances that the conductor was solved with, siemens, one fewer than cells along `axis`."""
    given = conductor.faces
    if given is not None:
        return given.axes[axis]
    return face_conductances(conductor.grid, conductor.conductivity, axis)


def current_density(conductor: Conductor, flow: FaceCurrents) -> Floats:
    """Return the current density at cell centres in A/m2, ``(nx, ny, nz, 3)``, 0 in air.

    Each component is the mean over the two faces of a cell, contact faces included.
    """
    grid = conductor.grid
    means = []
    for axis, current in enumerate(flow.axes):
        count = grid.shape[axis]
        low = np.take(current, range(count), axis=axis)
        high = np.take(current, range(1, count + 1), axis=axis)
        means.append(0.5 * (low + high) / grid.face_areas(axis))
    return np.stack(means, axis=-1)


def electric_field(conductor: Conductor, density: Floats) -> Floats:
    """Return the field at cell centres in V/m, ``(nx, ny, nz, 3)``, NaN in air.

    `density` is the current density in A/m2, ``(nx, ny, nz, 3)``.
    """
    field = np.full(density.shape, np.nan)
    sigma = conductor.conductivity
    np.divide(density, sigma, out=field, where=sigma > 0)
    return field


def magnitude(vectors: Floats) -> Floats:
    """Return the length of vectors ``(..., 3)`` as ``(...)``, in their own unit."""
    return np.asarray(np.sqrt(np.sum(vectors**2, axis=-1)))


def heat_density(conductor: Conductor, solution: Solution) -> Floats:
    """Return the power turned to heat in each cell in W/m3, ``(nx, ny, nz)``, 0 in air.

    ``sigma |E|^2`` by half cells: what a face loses, current times voltage, heats the half cells on
    its two sides in the ratio of their resistances; so does a thin layer on the face. Times volume it
    adds up to the power from the electrodes less that in the contacts, exactly and not only in the
    limit of small cells.
    """
    grid, sigma = conductor.grid, conductor.conductivity
    heat = np.zeros(grid.shape)
    filled = np.nan_to_num(solution.potential)
    for axis, current in enumerate(_inner_currents(conductor, solution)):
        lost = current * -np.diff(filled, axis=axis)
        half = half_resistivity(grid, sigma, axis)
        half = np.where(np.isfinite(half), half, 0.0)
        low = tuple(slice(None, -1) if a == axis else slice(None) for a in range(3))
        high = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
        both = half[low] + half[high]
        share = np.divide(half[low], both, out=np.zeros_like(both), where=both > 0)
        heat[low] += share * lost
        heat[high] += (1.0 - share) * lost
    # A partly covered face carries its current through the covered part of its half cell only.
    flat = heat.reshape(-1)
    for contact, density in zip(solution.contacts, solution.contact_densities, strict=True):
        half = conductor.half_cell(contact)
        np.add.at(flat, contact.cells, density**2 * contact.area * half)
    return heat / grid.volumes()


@dataclass(frozen=True, kw_only=True)
class Power:
    """Where the electrodes' power goes, in watt: `electrodes` = `tissue` + `contacts`."""

    electrodes: float
    tissue: float
    contacts: float


def power(conductor: Conductor, solution: Solution) -> Power:
    """Return the power given by the electrodes and its two parts, each summed on its own, in watt."""
    heat = heat_density(conductor, solution)
    layers = [
        float(density**2 @ (contact.area * contact.impedance))
        for density, contact in zip(solution.contact_densities, solution.contacts, strict=True)
    ]
    return Power(
        electrodes=float(solution.electrode_potentials @ solution.delivered),
        tissue=float((heat * conductor.grid.volumes()).sum()),
        contacts=sum(layers),
    )


def plane_current(flow: FaceCurrents, *, axis: int, index: int) -> float:
    """Return the current through the whole plane of edge `index`, A, positive along `axis`."""
    current = flow.axes[axis]
    if not 0 <= index < current.shape[axis]:
        raise _refused("plane", f"an edge from 0 to {current.shape[axis] - 1}", f"{index}")
    return float(np.take(current, index, axis=axis).sum())


def outflow(flow: FaceCurrents, *, low: Sequence[int], high: Sequence[int]) -> float:
    """Return the current that leaves a closed box of cells through its six sides, in ampere.

    `low` and `high` are edge indices ``(3,)``: the box holds the cells ``low <= i < high``. 0 for
    a box that no contact touches. Raises `ValueRefused` for a box that is empty or not on the grid.
    """
    shape = (flow.y.shape[0], flow.x.shape[1], flow.x.shape[2])
    for axis in range(3):
        if not 0 <= low[axis] < high[axis] <= shape[axis]:
            raise _refused("box", f"0 <= low < high <= {shape[axis]}", f"{low[axis]}, {high[axis]}")
    total = 0.0
    for axis, current in enumerate(flow.axes):
        across = [slice(low[other], high[other]) for other in range(3)]
        for index, sign in ((low[axis], -1.0), (high[axis], 1.0)):
            across[axis] = slice(index, index + 1)
            total += sign * float(current[tuple(across)].sum())
    return total


def _refused(what: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what=what, expected=expected, came=came))
