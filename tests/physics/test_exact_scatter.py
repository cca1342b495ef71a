"""Round bodies on steps: what the study machinery measures, and the bodies it measures it on."""

from __future__ import annotations

import numpy as np
import pytest

from microcurrent.physics.conduction.conductor import Conductor
from microcurrent.physics.exact import steps
from microcurrent.physics.exact.scatter import Measure, ScatteredCase, scatter


def test_order_mean_and_spread_of_errors_that_are_known() -> None:
    case = ScatteredCase(
        number="V0",
        problem="a power law with 10 % of scatter",
        measures=(Measure(name="first", order=1, accuracy=1), Measure(name="second", order=2, accuracy=1)),
        compute=lambda level, k: ((0.9 + 0.1 * k) / level, 3.0 / level**2),
        levels=(2, 4, 8),
    )
    found = scatter(case)
    assert found.orders == pytest.approx([1.0, 2.0])
    assert found.mean[:, 0] == pytest.approx([1 / 2, 1 / 4, 1 / 8])
    assert found.spread[:, 0] == pytest.approx([0.1 / 2, 0.1 / 4, 0.1 / 8])
    assert found.spread[:, 1] == pytest.approx(0, abs=1e-15)


def test_placings_are_rotations_all_different_and_there_and_back() -> None:
    random = np.random.default_rng(5).normal(size=(20, 3))
    seen = []
    for number in range(8):
        for plane in (False, True):
            place = steps.placing(number, plane=plane)
            assert place.rotation @ place.rotation.T == pytest.approx(np.eye(3), abs=1e-14)
            assert np.linalg.det(place.rotation) == pytest.approx(1)
            assert place.to_body(place.to_grid(random)) == pytest.approx(random)
            assert ((place.shift >= 0) & (place.shift < 1)).all()
        assert place.rotation[2] == pytest.approx([0, 0, 1])
        seen.append(steps.placing(number).shift)
    gaps = np.abs(np.array(seen)[:, None] - np.array(seen)).max(axis=2)
    assert gaps[~np.eye(8, dtype=bool)].min() > 0.05


def ball(spacing: float, number: int) -> tuple[Conductor, steps.Placing]:
    place = steps.placing(number)
    grid = steps.cubes([1.0] * 3, spacing, place)
    labels = steps.labelled(grid, place, lambda p: (np.linalg.norm(p, axis=1) < 1).astype(int))
    return Conductor(grid, np.array([0.0, 1.0])[labels]), place


def outward(points: np.ndarray) -> np.ndarray:
    return points / np.linalg.norm(points, axis=1, keepdims=True)


@pytest.mark.parametrize("number", range(3))
def test_steps_hold_the_volume_and_their_shares_the_surface(number: int) -> None:
    conductor, place = ball(0.08, number)
    volume = conductor.grid.volumes()[conductor.conducting].sum()
    assert volume == pytest.approx(4 / 3 * np.pi, rel=0.01)
    whole = steps.patch(
        conductor, place, lambda p: np.ones(len(p), dtype=bool), outward=outward, impedance=1.0
    )
    assert whole.area.sum() == pytest.approx(4 * np.pi, rel=0.02)
    # Steps themselves are half as large again, however small they are.
    cap = steps.patch(conductor, place, lambda p: outward(p)[:, 2] > 0.8, outward=outward, impedance=1.0)
    assert cap.area.sum() == pytest.approx(2 * np.pi * 0.2, rel=0.06)


def test_finer_labels_hold_the_volume_better() -> None:
    place = steps.placing(1)
    grid = steps.cubes([1.0] * 3, 0.3, place)
    errors = []
    for refinement in (1, 4):
        labels = steps.labelled(
            grid, place, lambda p: (np.linalg.norm(p, axis=1) < 1).astype(int), refinement=refinement
        )
        assert labels.shape == tuple(refinement * n for n in grid.shape)
        errors.append(abs(labels.sum() * (0.3 / refinement) ** 3 / (4 / 3 * np.pi) - 1))
    assert errors[1] < 0.3 * errors[0] + 1e-3


def test_sizes_apart() -> None:
    exact = np.array([1.0, 2.0, 3.0])
    assert steps.apart(1.1 * exact, exact) == pytest.approx(0.1)
    assert steps.potentials_apart(exact + 5.0, exact) == pytest.approx(0.0, abs=1e-15)


def test_inner_cells_have_their_own_around_them() -> None:
    labels = np.zeros((5, 5, 5), dtype=int)
    labels[1:4, 1:4, 1:4] = 1
    found = steps.inner(labels) & (labels == 1)
    assert found.sum() == 1
    assert found[2, 2, 2]
