"""Thin layers inside the tissue: exact in series, equal to the layer they stand for, refused otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from microcurrent.errors import ValueRefused
from microcurrent.physics.conduction.assembly import diagonal_conductivity
from microcurrent.physics.conduction.conductances import FaceConductances, matrix_of
from microcurrent.physics.conduction.conductor import Conductor
from microcurrent.physics.conduction.contact import disc_contact
from microcurrent.physics.conduction.fields import face_currents, outflow, plane_current, power
from microcurrent.physics.conduction.fractions import whole_cell_faces
from microcurrent.physics.conduction.grid import Grid
from microcurrent.physics.conduction.sheets import Sheet, plane_sheet, sheet_between, with_sheets

GRID = Grid(x=[0.0, 1.0, 2.5, 3.0], y=[0.0, 1.0, 2.0], z=[0.0, 0.5, 1.0, 2.0, 4.0])
LABELS = np.broadcast_to(np.array([1, 1, 2, 2]), GRID.shape)


def faces() -> FaceConductances:
    sigma = np.where(LABELS == 1, 0.2, 0.5)
    return whole_cell_faces(GRID, diagonal_conductivity(GRID, sigma))


def test_resistance_of_a_column_grows_by_that_of_the_sheet() -> None:
    sheet = plane_sheet(GRID, axis=2, position=1.0, impedance=3.0)
    before, after = faces(), with_sheets(GRID, faces(), [sheet])
    area = GRID.face_areas(2)[:, :, 0]
    assert 1 / after.z[:, :, 1] == pytest.approx(1 / before.z[:, :, 1] + 3.0 / area, rel=1e-14)
    for untouched in (0, 2):
        assert np.array_equal(after.z[:, :, untouched], before.z[:, :, untouched])
    assert np.array_equal(after.x, before.x)
    assert np.array_equal(after.y, before.y)


def test_a_sheet_between_two_tissues_is_the_plane_between_them() -> None:
    plane = with_sheets(GRID, faces(), [plane_sheet(GRID, axis=2, position=1.0, impedance=3.0)])
    between = with_sheets(GRID, faces(), [sheet_between(LABELS, {1}, {2}, impedance=3.0)])
    back = with_sheets(GRID, faces(), [sheet_between(LABELS, {2}, {1}, impedance=3.0)])
    for one, other, third in zip(plane.axes, between.axes, back.axes, strict=True):
        assert np.array_equal(one, other)
        assert np.array_equal(one, third)


def test_sheets_in_series_add_up_and_none_changes_nothing() -> None:
    half = plane_sheet(GRID, axis=0, position=1.0, impedance=1.5)
    whole = plane_sheet(GRID, axis=0, position=1.0, impedance=3.0)
    nothing = plane_sheet(GRID, axis=1, position=1.0, impedance=0.0)
    twice, once = with_sheets(GRID, faces(), [half, half]), with_sheets(GRID, faces(), [whole, nothing])
    for one, other in zip(twice.axes, once.axes, strict=True):
        assert one == pytest.approx(other, rel=1e-15)


def test_a_thin_layer_of_cells_is_a_sheet() -> None:
    # A layer of thickness t and conductivity s between two blocks, in cells and as a sheet.
    thickness, sigma = 1e-4, 1e-5
    meshed = Grid(x=[0.0, 1.0], y=[0.0, 1.0], z=[0.0, 1.0, 1.0 + thickness, 2.0 + thickness])
    values = np.array([0.2, sigma, 0.5])
    layer = whole_cell_faces(meshed, diagonal_conductivity(meshed, values.reshape(1, 1, 3)))
    across = 1 / np.sum(1 / layer.z)
    plain = Grid(x=[0.0, 1.0], y=[0.0, 1.0], z=[0.0, 1.0, 2.0])
    blocks = whole_cell_faces(plain, diagonal_conductivity(plain, values[[0, 2]].reshape(1, 1, 2)))
    sheet = plane_sheet(plain, axis=2, position=1.0, impedance=thickness / sigma)
    assert with_sheets(plain, blocks, [sheet]).z.ravel()[0] == pytest.approx(across, rel=1e-12)


def test_a_tilted_sheet_on_steps_resists_like_a_flat_one() -> None:
    # A sheet at 45 degrees covers two faces for each cell it passes; its true area is 1/sqrt(2) of theirs.
    n, impedance = 40, 50.0
    edges = np.linspace(0.0, 1.0, n + 1)
    grid = Grid(x=edges, y=edges, z=[0.0, 1.0])
    place = np.add.outer(np.arange(n), np.arange(n))[:, :, None]
    blocks = whole_cell_faces(grid, diagonal_conductivity(grid, np.full(grid.shape, 1.0)))
    bare = sheet_between(place >= n, {0}, {1}, impedance=impedance)
    tilted = Sheet(cells=bare.cells, axis=bare.axis, impedance=impedance, share=np.sqrt(0.5))
    matrix = matrix_of(with_sheets(grid, blocks, [tilted]))
    # One volt between the two sides drives, for a sheet that resists most, its length over its impedance.
    potential = (place < n).astype(float).ravel()
    assert potential @ (matrix @ potential) == pytest.approx(np.sqrt(2.0) / impedance, rel=0.04)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"impedance": -1.0}, "0 ohm m2 or more"),
        ({"share": 0.0}, "above 0"),
        ({"axis": [3]}, "0, 1 or 2"),
        ({"axis": [0.5]}, "whole numbers"),
        ({"cells": [], "axis": []}, "one or more"),
        ({"impedance": [1.0, 2.0]}, "one value for each"),
    ],
)
def test_sheets_refused(change: dict, match: str) -> None:
    given = {"cells": [0], "axis": [2], "impedance": 1.0} | change
    with pytest.raises(ValueRefused, match=match):
        Sheet(**given)


def test_sheets_off_the_grid_are_refused() -> None:
    for cells in ([3], [24], [100]):
        with pytest.raises(ValueRefused, match="cells"):
            with_sheets(GRID, faces(), [Sheet(cells=np.array(cells), axis=np.array([2]), impedance=1.0)])
    with pytest.raises(ValueRefused, match="inside the grid"):
        plane_sheet(GRID, axis=2, position=4.0, impedance=1.0)
    with pytest.raises(ValueRefused, match="one or more"):
        sheet_between(LABELS, {1}, {7}, impedance=1.0)


def test_power_and_current_hold_with_a_sheet_inside() -> None:
    edges = np.linspace(0.0, 0.04, 17)
    grid = Grid(x=edges, y=edges, z=np.linspace(-0.02, 0.0, 11))
    sigma = diagonal_conductivity(grid, np.where(grid.centres(2) > -0.008, 0.05, 0.4) * np.ones(grid.shape))
    sheet = plane_sheet(grid, axis=2, position=-0.008, impedance=0.05)
    faces = with_sheets(grid, whole_cell_faces(grid, sigma), [sheet])
    volts = []
    for given in (None, faces):
        conductor = Conductor(grid, sigma, faces=given)
        pair = [
            disc_contact(grid, conductor.conducting, centre=(x, 0.02), radius=0.005, impedance=0.1)
            for x in (0.01, 0.03)
        ]
        solution = conductor.solve(pair, [1e-3, -1e-3])
        flow = face_currents(conductor, solution)
        assert plane_current(flow, axis=0, index=8) == pytest.approx(1e-3, rel=1e-6)
        assert abs(outflow(flow, low=(2, 3, 4), high=(9, 12, 10))) < 1e-9
        found = power(conductor, solution)
        assert found.tissue + found.contacts == pytest.approx(found.electrodes, rel=1e-7)
        volts.append(solution.electrode_potentials[0])
        below = float(flow.x[8, :, :6].sum())
    assert volts[1] > 1.02 * volts[0]
    # Less current reaches what lies under the sheet.
    free = Conductor(grid, sigma)
    assert below < 0.95 * face_currents(free, free.solve(pair, [1e-3, -1e-3])).x[8, :, :6].sum()
