"""A muscle of a limb as a sheet of fibres, measured from the cells that it has."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.limb import LimbShape
from microcurrent.physics.bodies.anatomy import MuscleSheet
from microcurrent.physics.bodies.limb.muscles import ACROSS, ALONG
from microcurrent.physics.conduction.grid import Floats, Grid

Parts = npt.NDArray[np.uint8]


def compartment_sheets(shape: LimbShape, grid: Grid, parts: Parts, *, side: str) -> tuple[MuscleSheet, ...]:
    """Return the muscles of a limb in the order of the shape, from their upper end down.

    Raises `ValueRefused` for a muscle without a cell.
    """
    cells = np.nonzero(parts)
    owner = parts[cells]
    centres = np.column_stack([grid.centres(axis)[cells[axis]] for axis in range(3)])
    sheets = []
    for number, muscle in enumerate(shape.compartments, 1):
        own = centres[owner == number]
        if not own.size:
            raise ValueRefused(
                Problem(what=f"muscle {muscle.name}", expected="at least one cell of the body", came="none")
            )
        points, thickness = _sheet(own, float(grid.widths(0)[0]))
        sheets.append(
            MuscleSheet(
                name=f"{muscle.name} {side}", side=side, tissue="muscle", points=points,
                thickness=thickness, source=muscle.source,
            )
        )  # fmt: skip
    return tuple(sheets)


def _sheet(cells: Floats, width: float) -> tuple[Floats, Floats]:
    """Middle surface (L, W, 3) and thickness (L, W) [m] of a muscle from middles of its cells (C, 3)."""
    slices = np.unique(cells[:, 2])[::-1]
    points, thickness = np.zeros((ALONG, ACROSS, 3)), np.zeros((ALONG, ACROSS))
    before = np.zeros(2)
    # The middle of each of ALONG equal parts, so that the ends, a few cells small, do not count as a slice.
    for row, k in enumerate(((np.arange(ALONG) + 0.5) / ALONG * slices.size).astype(int)):
        flat = cells[cells[:, 2] == slices[k], :2]
        middle = flat.mean(axis=0)
        wide = _widest(flat - middle, before)
        before = wide
        points[row, :, :2], thickness[row] = _strips(flat - middle, wide, width)
        points[row, :, :2] += middle
        points[row, :, 2] = slices[k]
    points[0, :, 2], points[-1, :, 2] = slices[0] + 0.5 * width, slices[-1] - 0.5 * width
    return points, thickness


def _widest(flat: Floats, before: Floats) -> Floats:
    """Unit vector (2,) along which a slice is widest, turned like the one before."""
    wide = np.linalg.eigh(flat.T @ flat)[1][:, -1]
    return -wide if wide @ before < 0 else wide


def _strips(flat: Floats, wide: Floats, width: float) -> tuple[Floats, Floats]:
    """Middles (W, 2) and thickness (W,) [m] of strips of a slice, side by side."""
    s, t = flat @ wide, flat @ np.array([-wide[1], wide[0]])
    low, high = s.min() - 0.5 * width, s.max() + 0.5 * width
    step = (high - low) / ACROSS
    strip = np.minimum(((s - low) / step).astype(int), ACROSS - 1)
    count = np.bincount(strip, minlength=ACROSS)
    height = np.divide(np.bincount(strip, t, ACROSS), count, out=np.zeros(ACROSS), where=count > 0)
    along = low + (np.arange(ACROSS) + 0.5) * step
    middles = along[:, None] * wide + height[:, None] * np.array([-wide[1], wide[0]])
    # A slice of few cells leaves strips empty: there the sheet is as thin as a cell.
    return middles, np.maximum(count * width * width / step, width)
