"""Closed form of point electrodes on an infinite cylinder: reference numbers, and the laws it obeys."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.integrate import quad
from scipy.special import iv, ivp

from microcurrent.errors import ValueRefused
from microcurrent.physics.exact.cylinder import Cylinder, potential

Floats = npt.NDArray[np.float64]

LIMB = Cylinder(radius=0.04, conductivity=0.3)
PAIR = {"electrodes": [[0.0, 0.05], [0.0, -0.05]], "currents": [1e-3, -1e-3]}
ASKEW = {"electrodes": [[0.3, 0.02], [2.5, -0.03], [-1.2, 0.0]], "currents": [1.0, -0.4, -0.6]}


def test_points_on_a_limb() -> None:
    millivolts = 1e3 * potential([[0.03, 0, 0.02], [0, 0, 0.03]], LIMB, **PAIR)
    assert millivolts == pytest.approx([19.25699, 18.79461], abs=6e-6)


def test_point_on_a_limb_by_adaptive_quadrature_of_plain_bessel_functions() -> None:
    t, near, far = 0.75, -0.03 / 0.04, 0.07 / 0.04

    def integrand(x: float, m: int) -> float:
        return float(iv(m, x * t) / (x * ivp(m, x)) * (np.cos(x * near) - np.cos(x * far)))

    terms = [quad(integrand, 1e-6, 120, args=(m,), limit=400, epsabs=1e-11)[0] for m in range(60)]
    # What lies below 1e-6: cos - cos is (far^2 - near^2) x^2 / 2, and I_0 / (x I_0') is 2 / x^2.
    terms[0] += 1e-6 * (far**2 - near**2)
    series = (2 * sum(terms) - terms[0]) * 1e-3 / (2 * np.pi**2 * 0.3 * 0.04)
    assert potential([[0.03, 0, 0.02]], LIMB, **PAIR) == pytest.approx(series, rel=1e-7)


def test_distant_electrodes_make_an_even_field_between_them() -> None:
    distant = {"electrodes": [[0.0, 0.4], [2.0, -0.4]], "currents": [1.0, -1.0]}
    x, y = np.array([0.0, 0.01]), np.array([0.0, -0.02])
    up, down = (potential(np.stack([x, y, z + 0 * x], axis=1), LIMB, **distant) for z in (0.01, -0.01))
    assert (up - down) / 0.02 == pytest.approx(1 / (0.3 * np.pi * 0.04**2), rel=1e-6)
    end = potential([[0, 0, 0.9]], LIMB, **distant)
    assert end == pytest.approx(0.4 / (0.3 * np.pi * 0.04**2), rel=1e-8)


def test_all_current_crosses_a_section_between_the_electrodes() -> None:
    nodes, weights = np.polynomial.legendre.leggauss(6)
    r, angles, step = 0.02 * (1 + nodes), np.arange(12) * np.pi / 6, 1e-4
    rr, aa = np.meshgrid(r, angles, indexing="ij")
    flat = np.stack([rr * np.cos(aa), rr * np.sin(aa)], axis=-1).reshape(-1, 2)
    up, down = (
        potential(np.column_stack([flat, np.full(len(flat), z)]), LIMB, **PAIR) for z in (step, -step)
    )
    slope = ((up - down) / (2 * step)).reshape(rr.shape).mean(axis=1)
    current = 0.3 * 2 * np.pi * np.sum(0.02 * weights * r * slope)
    assert current == pytest.approx(1e-3, rel=1e-5)


def test_potential_obeys_laplace() -> None:
    points = np.array([[0.01, 0.02, 0.005], [-0.02, 0.01, -0.02], [0.0, 0.0, 0.01], [0.0, -0.03, 0.01]])
    step = 2e-4
    seconds = [
        potential(points + step * axis, LIMB, **ASKEW)
        + potential(points - step * axis, LIMB, **ASKEW)
        - 2 * potential(points, LIMB, **ASKEW)
        for axis in np.eye(3)
    ]
    assert np.max(np.abs(np.sum(seconds, axis=0)) / np.max(np.abs(seconds), axis=0)) < 1e-3


def test_nothing_leaves_through_the_side_away_from_electrodes() -> None:
    azimuth, z = np.array([1.0, 3.0, 0.3]), np.array([0.03, 0.01, -0.05])
    outward = np.stack([np.cos(azimuth), np.sin(azimuth), 0 * z], axis=1)
    step, axial = 4e-4, np.stack([0 * z, 0 * z, z], axis=1)
    side, near, far = (
        potential((0.04 - depth) * outward + axial, LIMB, **ASKEW) for depth in (0.0, step, 2 * step)
    )
    slope = (3 * side - 4 * near + far) / (2 * step)
    # Beside it: the slope that the same values have along the side.
    across = (potential(0.04 * outward + axial + [0, 0, step], LIMB, **ASKEW) - side) / step
    assert np.abs(slope).max() < 1e-3 * np.abs(across).max()


def test_reciprocity_on_the_side() -> None:
    azimuth, height = np.array([0.3, 2.0, -1.0, -2.5]), np.array([0.02, -0.01, -0.03, 0.03])
    electrodes = np.stack([azimuth, height], axis=1)
    points = np.stack([0.04 * np.cos(azimuth), 0.04 * np.sin(azimuth), height], axis=1)
    one = potential(points[2:], LIMB, electrodes=electrodes[:2], currents=[1.0, -1.0])
    other = potential(points[:2], LIMB, electrodes=electrodes[2:], currents=[1.0, -1.0])
    assert one[0] - one[1] == pytest.approx(other[0] - other[1], rel=1e-9)


def test_damping_on_the_side_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    angle = 2 * np.arcsin(0.13)
    points = [[0.04 * np.cos(angle), 0.04 * np.sin(angle), 0.05], [0.04, 0, 0.0395]]
    found = potential(points, LIMB, **PAIR)
    monkeypatch.setattr("microcurrent.physics.exact.cylinder._REACH", 800.0)
    assert found == pytest.approx(potential(points, LIMB, **PAIR), rel=1e-6)


def test_electrodes_add_up_and_turn_with_the_cylinder() -> None:
    points = np.array([[0.01, 0.02, 0.005], [0.0, -0.04, 0.01]])
    together = potential(points, LIMB, **ASKEW)
    first = potential(points, LIMB, electrodes=[[0.3, 0.02], [2.5, -0.03]], currents=[0.4, -0.4])
    second = potential(points, LIMB, electrodes=[[0.3, 0.02], [-1.2, 0.0]], currents=[0.6, -0.6])
    assert together == pytest.approx(first + second, rel=1e-9)
    turn = np.array([[np.cos(0.7), -np.sin(0.7), 0], [np.sin(0.7), np.cos(0.7), 0], [0, 0, 1]])
    turned = np.add(ASKEW["electrodes"], [0.7, 0.01])
    moved = potential(points @ turn.T + [0, 0, 0.01], LIMB, electrodes=turned, currents=ASKEW["currents"])
    assert moved == pytest.approx(together, rel=1e-9)


def test_close_to_an_electrode_the_cylinder_is_a_half_space() -> None:
    pair = {"electrodes": [[0.0, 0.0], [np.pi, 0.0]], "currents": [1.0, -1.0]}
    distances = np.array([0.01, 0.005])
    points = np.column_stack([0.04 - distances, [0, 0], [0, 0]])
    share = potential(points, LIMB, **pair) * 2 * np.pi * 0.3 * distances - 1
    # What is left is the distance over the radius, times a logarithm.
    assert np.abs(share[1]) < 0.1
    assert np.abs(share[1]) < 0.7 * np.abs(share[0])


def test_cylinder_refuses() -> None:
    with pytest.raises(ValueRefused, match="above 0"):
        Cylinder(radius=0.0, conductivity=1.0)
    with pytest.raises(ValueRefused, match="sum of 0"):
        potential([[0, 0, 0]], LIMB, electrodes=[[0, 0]], currents=[1.0])
    with pytest.raises(ValueRefused, match="arrays"):
        potential([0, 0, 0], LIMB, **PAIR)
    with pytest.raises(ValueRefused, match="within the cylinder"):
        potential([[0.041, 0, 0]], LIMB, **PAIR)
    with pytest.raises(ValueRefused, match="from electrodes"):
        potential([[0.04, 0, 0.049]], LIMB, **PAIR)
