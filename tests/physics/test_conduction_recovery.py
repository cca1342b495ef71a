"""The field within one tissue: right where the mean of face currents is, and better on steps."""

from __future__ import annotations

import numpy as np
import pytest

from microcurrent.errors import ValueRefused
from microcurrent.physics.conduction.conductor import Conductor, Solution
from microcurrent.physics.conduction.contact import contact_on, exposed_faces
from microcurrent.physics.conduction.fields import current_density, electric_field, face_currents
from microcurrent.physics.conduction.fractions import whole_cell_faces
from microcurrent.physics.conduction.grid import Grid, graded_edges
from microcurrent.physics.conduction.recovery import tissue_field
from microcurrent.physics.conduction.sheets import plane_sheet, with_sheets


def between_ends(conductor: Conductor) -> Solution:
    faces = exposed_faces(conductor.grid, conductor.conducting)
    ends = [contact_on(faces, (faces.axis == 2) & (faces.side == side), impedance=0.5) for side in (1, -1)]
    return conductor.solve(ends, [1e-3, -1e-3], tolerance=1e-12)


def plain(conductor: Conductor, solution: Solution) -> np.ndarray:
    return electric_field(conductor, current_density(conductor, face_currents(conductor, solution)))


def test_layers_across_the_current_have_their_own_field() -> None:
    grid = Grid(
        x=[0.0, 0.01], y=[0.0, 0.02], z=graded_edges(-0.03, 0.0, 0.001, fine=[(-0.005, 0.0)], ratio=1.3)
    )
    labels = np.searchsorted([-0.015, -0.01], grid.centres(2)).reshape(1, 1, -1)
    conductor = Conductor(grid, np.array([0.4, 0.01, 0.2])[labels])
    found = tissue_field(conductor, between_ends(conductor), labels)
    # The first contact is the upper one: current flows down.
    assert found[..., 2] == pytest.approx(-1e-3 / 2e-4 / conductor.conductivity[..., 2], rel=1e-8)
    assert np.abs(found[..., :2]).max() == 0


def test_a_layer_one_cell_thin_keeps_its_face_currents() -> None:
    grid = Grid(x=[0.0, 0.01], y=[0.0, 0.02], z=np.linspace(-0.01, 0.0, 11))
    labels = (np.arange(10) == 5).astype(int).reshape(1, 1, 10)
    conductor = Conductor(grid, np.array([0.2, 0.01])[labels])
    solution = between_ends(conductor)
    found = tissue_field(conductor, solution, labels)
    assert found[0, 0, 5] == pytest.approx(plain(conductor, solution)[0, 0, 5])


def test_the_jump_over_a_thin_layer_is_not_field_in_the_tissue() -> None:
    grid = Grid(x=[0.0, 0.01], y=[0.0, 0.02], z=np.linspace(-0.01, 0.0, 11))
    conductivity = np.full((*grid.shape, 3), 0.2)
    layer = plane_sheet(grid, axis=2, position=-0.004, impedance=0.05)
    conductor = Conductor(
        grid, conductivity, faces=with_sheets(grid, whole_cell_faces(grid, conductivity), [layer])
    )
    found = tissue_field(conductor, between_ends(conductor), np.zeros(grid.shape), sheets=[layer])
    assert found[..., 2] == pytest.approx(-1e-3 / 2e-4 / 0.2, rel=1e-8)


def test_inside_one_tissue_both_are_the_same() -> None:
    edges = np.linspace(0.0, 0.02, 11)
    grid = Grid(x=edges, y=edges, z=edges - 0.02)
    conductor = Conductor(grid, np.full(grid.shape, 0.3))
    faces = exposed_faces(grid, conductor.conducting)
    top = (faces.axis == 2) & (faces.side == 1)
    left, right = (top & (np.abs(faces.centres[:, 0] - x) < 0.004) for x in (0.005, 0.015))
    solution = conductor.solve(
        [contact_on(faces, one, impedance=0.1) for one in (left, right)], [1e-3, -1e-3]
    )
    found = tissue_field(conductor, solution, np.zeros(grid.shape))
    inner = (slice(1, -1),) * 3
    assert found[inner] == pytest.approx(plain(conductor, solution)[inner], rel=1e-9, abs=1e-12)
    # Under an electrode the density through the contact counts.
    under = found[2, 5, -1, 2]
    assert under == pytest.approx(plain(conductor, solution)[2, 5, -1, 2], rel=1e-9)


def test_a_bar_askew_has_its_field_along_itself() -> None:
    # A bar turned by 30 degrees in the plane: uniform density, on steps.
    spacing, angle = 0.0005, np.radians(30)
    edges = np.arange(-0.02, 0.02 + spacing / 2, spacing)
    grid = Grid(x=edges, y=np.array([0.0, spacing]), z=edges)
    x, z = np.meshgrid(grid.centres(0), grid.centres(2), indexing="ij")
    along, across = x * np.sin(angle) + z * np.cos(angle), x * np.cos(angle) - z * np.sin(angle)
    labels = ((np.abs(across) < 0.004) & (np.abs(along) < 0.018)).astype(int)[:, None, :]
    conductor = Conductor(grid, np.array([0.0, 0.2])[labels])
    faces = exposed_faces(grid, conductor.conducting)
    reach = faces.centres[:, 0] * np.sin(angle) + faces.centres[:, 2] * np.cos(angle)
    ends = [
        contact_on(faces, (side * reach > 0.0175) & (faces.axis != 1), impedance=1e-3) for side in (1, -1)
    ]
    solution = conductor.solve(ends, [1e-3, -1e-3])
    middle = (labels[:, 0] == 1) & (np.abs(along) < 0.01)
    wanted = -1e-3 / (0.008 * spacing) / 0.2 * np.array([np.sin(angle), 0.0, np.cos(angle)])
    errors = []
    for found in (plain(conductor, solution), tissue_field(conductor, solution, labels)):
        difference = found[:, 0][middle] - wanted
        errors.append(np.sqrt(np.mean(np.sum(difference**2, axis=1))) / np.linalg.norm(wanted))
    assert errors[1] < 0.6 * errors[0]
    assert errors[1] < 0.12


def test_air_and_what_no_current_reaches_has_no_field() -> None:
    grid = Grid(x=[0.0, 0.01, 0.02, 0.03], y=[0.0, 0.02], z=np.linspace(-0.01, 0.0, 5))
    sigma = np.full(grid.shape, 0.2)
    sigma[1] = 0.0
    conductor = Conductor(grid, sigma)
    faces = exposed_faces(grid, conductor.conducting)
    first = np.unravel_index(faces.cells, grid.shape)[0] == 0
    ends = [
        contact_on(faces, first & (faces.axis == 2) & (faces.side == s), impedance=0.1) for s in (1, -1)
    ]
    found = tissue_field(conductor, conductor.solve(ends, [1e-3, -1e-3]), np.ones(grid.shape, dtype=int))
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1:]).all()
    with pytest.raises(ValueRefused, match="labels"):
        tissue_field(conductor, conductor.solve(ends, [1e-3, -1e-3]), np.ones((2, 2, 2)))
