"""Grids and contacts: edges, areas, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microcurrent.errors import ValueRefused
from microcurrent.physics.conduction.contact import (
    Contact,
    circle_overlap,
    contact_on,
    disc_contact,
    exposed_faces,
)
from microcurrent.physics.conduction.grid import Grid, graded_edges

lengths = st.floats(min_value=1e-3, max_value=0.5)


def _box(nx: int = 4, ny: int = 3, nz: int = 2) -> Grid:
    return Grid(x=np.linspace(0, 4, nx + 1), y=np.linspace(0, 3, ny + 1), z=np.linspace(-2, 0, nz + 1))


def test_volumes_and_areas_fill_the_box() -> None:
    grid = Grid(x=[0.0, 1.0, 4.0], y=[0.0, 2.0, 3.0, 5.0], z=[-1.0, 0.0])
    assert grid.shape == (2, 3, 1)
    assert grid.volumes().sum() == pytest.approx(20.0)
    assert grid.face_areas(2).sum() == pytest.approx(20.0)
    assert np.broadcast_to(grid.face_areas(0), grid.shape)[0].sum() == pytest.approx(5.0)
    assert grid.centres(0) == pytest.approx([0.5, 2.5])
    assert grid.edge_at(1, 3.0) == 2
    with pytest.raises(ValueRefused, match="no edge there"):
        grid.edge_at(1, 2.5)


@pytest.mark.parametrize("edges", [[0.0], [0.0, 0.0], [1.0, 0.0], [0.0, np.nan], [[0.0, 1.0]]])
def test_grid_refuses_edges(edges: object) -> None:
    with pytest.raises(ValueRefused, match="strictly rising"):
        Grid(x=np.array(edges), y=[0.0, 1.0], z=[0.0, 1.0])


def test_a_grid_cannot_be_changed() -> None:
    grid = _box()
    with pytest.raises(ValueError, match="read-only"):
        grid.x[0] = 7.0


@settings(max_examples=60, deadline=None)
@given(below=lengths, above=lengths, ratio=st.floats(min_value=1.0, max_value=2.0))
def test_graded_edges_keep_their_promise(below: float, above: float, ratio: float) -> None:
    start, stop, layer = -below, 0.01 + above, 0.01 + 0.37 * above
    edges = graded_edges(start, stop, 0.002, fine=[(0.0, 0.01)], ratio=ratio, boundaries=[layer])
    assert np.isin([start, 0.0, 0.01, layer, stop], edges).all()
    widths = np.diff(edges)
    assert (widths > 0).all()
    inside = (edges[:-1] >= 0) & (edges[1:] <= 0.01)
    assert widths[inside] == pytest.approx(0.002)
    left = widths[edges[1:] <= 0]
    assert (left[:-1] / left[1:] <= ratio * (1 + 1e-9)).all()
    # No cell is wider than its distance from the fine interval allows.
    distance = np.maximum(np.maximum(-edges[:-1], edges[1:] - 0.01), 0)
    assert (widths <= (0.002 + (ratio - 1) * distance) * (1 + 1e-9)).all()


def test_halving_the_spacing_and_rooting_the_ratio_halves_every_cell() -> None:
    coarse = graded_edges(0.0, 0.5, 0.002, fine=[(0.0, 0.01)], ratio=1.44)
    fine = graded_edges(0.0, 0.5, 0.001, fine=[(0.0, 0.01)], ratio=1.2)
    assert fine.size - 1 == pytest.approx(2 * (coarse.size - 1), abs=1)


def test_cells_between_two_fine_intervals_are_widest_midway() -> None:
    edges = graded_edges(0.0, 0.1, 0.001, fine=[(0.0, 0.01), (0.09, 0.1)], ratio=1.3)
    widths = np.diff(edges)
    assert widths == pytest.approx(widths[::-1])
    assert abs(int(np.argmax(widths)) - widths.size / 2) <= 1


@pytest.mark.parametrize(
    ("arguments", "fine", "ratio", "boundaries"),
    [
        ((0.0, 1.0, 0.0), [(0.0, 1.0)], 1.2, []),
        ((1.0, 1.0, 0.1), [(1.0, 1.0)], 1.2, []),
        ((0.0, 1.0, 0.1), [], 1.2, []),
        ((0.0, 1.0, 0.1), [(0.5, 1.5)], 1.2, []),
        ((0.0, 1.0, 0.1), [(0.2, 0.5)], 0.9, []),
        ((0.0, 1.0, 0.1), [(0.2, 0.5)], 1.2, [1.1]),
    ],
)
def test_graded_edges_refuse(
    arguments: tuple[float, float, float],
    fine: list[tuple[float, float]],
    ratio: float,
    boundaries: list[float],
) -> None:
    with pytest.raises(ValueRefused):
        graded_edges(*arguments, fine=fine, ratio=ratio, boundaries=boundaries)


@settings(max_examples=60, deadline=None)
@given(
    x=st.floats(min_value=-0.9, max_value=0.9),
    y=st.floats(min_value=-0.9, max_value=0.9),
    radius=st.floats(min_value=0.05, max_value=2.0),
)
def test_circle_overlap_is_exact_in_sum_and_in_each_cell(x: float, y: float, radius: float) -> None:
    edges_x = np.array([-4.0, -1.0, x - 0.3, x, 1.7, 4.0])
    edges_y = np.array([-4.0, y - 0.2, y, y + 1.1, 4.0])
    edges_x.sort()
    area = circle_overlap(edges_x, edges_y, radius)
    assert area.sum() == pytest.approx(np.pi * radius**2, rel=1e-12)
    # One cell by chords: the circle's height above each x, cut to the cell.
    low, high, bottom, top = edges_x[2], edges_x[3], edges_y[1], edges_y[2]
    at = np.linspace(low, high, 20001)
    half = np.sqrt(np.maximum(radius**2 - at**2, 0))
    chord = np.maximum(np.minimum(top, half) - np.maximum(bottom, -half), 0)
    assert area[2, 1] == pytest.approx(np.trapezoid(chord, at), abs=2e-6)


def test_exposed_faces_are_the_surface_and_holes_add_to_it() -> None:
    grid = _box()
    solid = np.ones(grid.shape, dtype=bool)
    faces = exposed_faces(grid, solid)
    assert faces.area.sum() == pytest.approx(2 * (4 * 3 + 4 * 2 + 3 * 2))
    hollow = solid.copy()
    hollow[1, 1, 0] = False
    opened = exposed_faces(grid, hollow)
    # The hole opens to the bottom: four sides and a ceiling of one by one metre, less the bottom.
    assert opened.area.sum() == pytest.approx(faces.area.sum() + 5 - 1)
    assert hollow.ravel()[opened.cells].all()


def test_face_centres_lie_on_the_surface() -> None:
    grid = _box()
    faces = exposed_faces(grid, np.ones(grid.shape, dtype=bool))
    top = (faces.axis == 2) & (faces.side == 1)
    assert faces.centres[top, 2] == pytest.approx(0.0)
    assert faces.centres[~top, 2].min() == pytest.approx(-2.0)
    assert faces.area[top] @ faces.centres[top, 0] / faces.area[top].sum() == pytest.approx(2.0)


def test_disc_contact_has_the_area_of_the_disc() -> None:
    grid = _box(9, 7, 2)
    mask = np.ones(grid.shape, dtype=bool)
    contact = disc_contact(grid, mask, centre=(1.9, 1.4), radius=1.1, impedance=0.5)
    assert contact.area.sum() == pytest.approx(np.pi * 1.21, rel=1e-9)
    assert contact.impedance == pytest.approx(0.5)
    quarter = disc_contact(grid, mask, centre=(0, 0), radius=1.1, impedance=0.5, mirrored=True)
    assert quarter.area.sum() == pytest.approx(np.pi * 1.21 / 4, rel=1e-9)


def test_disc_contact_refuses() -> None:
    grid = _box()
    mask = np.ones(grid.shape, dtype=bool)
    with pytest.raises(ValueRefused, match="past the box"):
        disc_contact(grid, mask, centre=(0.2, 1.5), radius=0.5, impedance=0.0)
    with pytest.raises(ValueRefused, match="covers nothing"):
        disc_contact(grid, mask, centre=(9.0, 1.5), radius=0.5, impedance=0.0, mirrored=True)
    with pytest.raises(ValueRefused, match="radius above 0"):
        disc_contact(grid, mask, centre=(2.0, 1.5), radius=-0.5, impedance=0.0)
    mask[2, 1, 1] = False
    with pytest.raises(ValueRefused, match="conducting cells"):
        disc_contact(grid, mask, centre=(2.0, 1.5), radius=0.5, impedance=0.0)


def test_contact_on_takes_shares_of_faces() -> None:
    grid = _box()
    faces = exposed_faces(grid, np.ones(grid.shape, dtype=bool))
    share = np.where((faces.axis == 2) & (faces.side == 1), 0.25, 0.0)
    contact = contact_on(faces, share, impedance=1.0)
    assert contact.area.sum() == pytest.approx(3.0)
    with pytest.raises(ValueRefused, match="0 to 1"):
        contact_on(faces, 5 * share, impedance=1.0)
    with pytest.raises(ValueRefused, match="covers nothing"):
        contact_on(faces, 0 * share, impedance=1.0)
    with pytest.raises(ValueRefused, match="one share for each"):
        contact_on(faces, share[1:], impedance=1.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"cells": np.array([], dtype=int)},
        {"cells": np.array([-1])},
        {"cells": np.array([0.5])},
        {"axis": np.array([3])},
        {"side": np.array([0])},
        {"area": np.array([0.0])},
        {"area": np.array([1.0, 2.0])},
        {"impedance": -1.0},
        {"impedance": np.nan},
        {"impedance": np.inf},
    ],
)
def test_contact_refuses(wrong: dict[str, object]) -> None:
    good = {"cells": [0], "axis": [2], "side": [1], "area": [1.0], "impedance": 0.0}
    Contact(**{key: np.array(value) for key, value in good.items()})
    with pytest.raises(ValueRefused, match="contact"):
        Contact(**{**{key: np.array(value) for key, value in good.items()}, **wrong})
