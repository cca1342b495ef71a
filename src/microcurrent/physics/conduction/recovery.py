"""The field in one tissue from its own potential: what steps and mixed faces do to it, undone.

The mean of the two face currents of a cell, over its conductivity (`fields.electric_field`), is the field
where a tissue goes on. Next to a step it is not: the step lets no current through one face, although the
surface it stands for lies askew and the field there runs along it; and the current between two tissues says
nothing of the field in one of them. The potential is right to a higher order than either, so here the field
is its slope among cells of one tissue, and the density at a contact where an electrode lies.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.conductor import Conductor, Solution
from microcurrent.physics.conduction.contact import areas_of
from microcurrent.physics.conduction.fields import current_density, electric_field, face_currents
from microcurrent.physics.conduction.grid import Floats, Grid
from microcurrent.physics.conduction.sheets import Sheet


def tissue_field(
    conductor: Conductor, solution: Solution, labels: npt.ArrayLike, *, sheets: Sequence[Sheet] = ()
) -> Floats:
    """Return the field at cell centres in V/m, ``(nx, ny, nz, 3)``, NaN where no current can flow.

    `labels` ``(nx, ny, nz)``: the tissue at each cell's centre. Along each axis, the mean over those of a
    cell's two faces that lead to its own tissue (the slope of the potential) or to an electrode (its
    density over the conductivity). A cell with neither, in a layer one cell thin, keeps the mean of its
    face currents. A face that does not conduct leads nowhere. `sheets`: the thin layers that the conductor
    was made with; a face under one leads out of the tissue, because the potential jumps there. Raises
    `ValueRefused` for labels of another shape.
    """
    tissue = np.asarray(labels)
    if tissue.shape != conductor.grid.shape:
        problem = Problem(
            what="labels", expected=f"shape {conductor.grid.shape}", came=f"shape {tissue.shape}"
        )
        raise ValueRefused(problem)
    plain = electric_field(conductor, current_density(conductor, face_currents(conductor, solution)))
    covered = _contact_fields(conductor, solution)
    reached = np.isfinite(solution.potential)
    components = []
    for axis in range(3):
        total, count = covered[0][..., axis], covered[1][..., axis]
        low = tuple(slice(None, -1) if a == axis else slice(None) for a in range(3))
        high = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
        same = (
            (tissue[low] == tissue[high])
            & reached[low]
            & reached[high]
            & ~_crossed(conductor.grid, sheets, axis)
        )
        if conductor.faces is not None:
            same &= conductor.faces.axes[axis] > 0
        slope = -np.diff(solution.potential, axis=axis) / _distances(conductor.grid, axis)
        for side in (low, high):
            total[side] += np.where(same, slope, 0.0)
            count[side] += same
        mean = np.divide(total, count, out=plain[..., axis].copy(), where=count > 0)
        components.append(np.where(reached, mean, np.nan))
    return np.stack(components, axis=-1)


def _distances(grid: Grid, axis: int) -> Floats:
    """Distance between neighbouring cell centres along `axis`, metre; broadcasts to the inner faces."""
    return np.diff(grid.centres(axis)).reshape([-1 if a == axis else 1 for a in range(3)])


def _crossed(grid: Grid, sheets: Sequence[Sheet], axis: int) -> npt.NDArray[np.bool_]:
    """Which inner faces normal to `axis` a sheet lies on, one fewer than cells along it."""
    crossed = np.zeros(grid.shape, dtype=bool)
    for sheet in sheets:
        crossed.reshape(-1)[sheet.cells[sheet.axis == axis]] = True
    return np.take(crossed, range(grid.shape[axis] - 1), axis=axis)


def _contact_fields(conductor: Conductor, solution: Solution) -> tuple[Floats, Floats]:
    """Sum of the fields at the contact faces of each cell, V/m, and their count, ``(nx, ny, nz, 3)``."""
    total, count = np.zeros((2, int(np.prod(conductor.grid.shape)), 3))
    sigma = conductor.conductivity.reshape(-1, 3)
    for contact, density in zip(solution.contacts, solution.contact_densities, strict=True):
        inward = -contact.side * density / sigma[contact.cells, contact.axis]
        share = contact.area / areas_of(conductor.grid, contact.cells, contact.axis)
        np.add.at(total, (contact.cells, contact.axis), inward * share)
        np.add.at(count, (contact.cells, contact.axis), share)
    shape = (*conductor.grid.shape, 3)
    return total.reshape(shape), count.reshape(shape)
