"""Closed forms of discs on a half-space: published numbers, and one route against another."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from microcurrent.errors import ValueRefused
from microcurrent.physics.exact import disc
from microcurrent.physics.exact.contact_disc import contact_disc

# zeta, R sigma a, the same without z / area, J(0) / J_mean: reference/physics.md, V3.
V3 = [
    (0.0, 0.250000, 0.250000, 0.5000),
    (0.001, 0.250732, 0.250414, 0.5026),
    (0.01, 0.255577, 0.252394, 0.5191),
    (0.03, 0.264460, 0.254911, 0.5477),
    (0.1, 0.291147, 0.259316, 0.6225),
    (0.3, 0.359420, 0.263927, 0.7453),
    (1.0, 0.585920, 0.267610, 0.8826),
    (3.0, 1.224152, 0.269222, 0.9540),
    (10.0, 3.452985, 0.269886, 0.9853),
    (100.0, 32.101148, 0.270159, 0.9985),
]


def test_newman_disc_of_ten_millimetres() -> None:
    assert disc.resistance(0.005, 0.2) == pytest.approx(250.0)
    assert disc.density(0.0, 0.005, current=1.0) == pytest.approx(0.5 / (np.pi * 0.005**2))
    assert disc.share_within(0.0045, 0.005) == pytest.approx(0.5641, abs=5e-5)


def test_newman_density_adds_up_to_the_share() -> None:
    current, _ = quad(lambda r: float(disc.density(r, 1.0, current=1.0)) * 2 * np.pi * r, 0, 0.9)
    assert current == pytest.approx(float(disc.share_within(0.9, 1.0)), rel=1e-9)


def test_newman_potential_is_the_electrode_on_the_disc_and_its_slope_is_the_density() -> None:
    r = np.array([0.0, 0.3, 0.7, 0.95])
    assert disc.potential(r, 0.0, 1.0, voltage=2.0) == pytest.approx(2.0)
    step = 1e-5
    slope = (2.0 - disc.potential(r, step, 1.0, voltage=2.0)) / step
    # 2 V on a disc of radius 1 m in 1 S/m drives 8 A.
    assert slope == pytest.approx(disc.density(r, 1.0, current=8.0), rel=1e-3)


def test_newman_potential_far_away_is_that_of_a_point() -> None:
    far = disc.potential(300.0, 400.0, 1.0, voltage=1.0)
    assert far == pytest.approx(4.0 / (2 * np.pi * 500.0), rel=1e-5)


def test_uniform_flux_disc() -> None:
    at = disc.uniform_flux_potential(np.array([0.0, 1.0]), 1.0, conductivity=1.0) / np.pi
    assert at == pytest.approx([0.31831, 0.20264], abs=5e-6)
    assert disc.uniform_flux_resistance(1.0, 1.0) == pytest.approx(0.27019, abs=5e-6)
    mean, _ = quad(
        lambda r: 2 * r * float(disc.uniform_flux_potential(r, 1.0, conductivity=1.0)) / np.pi, 0, 1
    )
    assert mean == pytest.approx(disc.uniform_flux_resistance(1.0, 1.0), rel=1e-7)


def test_uniform_flux_potential_is_continuous_over_the_rim_and_a_point_far_out() -> None:
    inside, outside = disc.uniform_flux_potential(np.array([1 - 1e-9, 1 + 1e-9]), 1.0, conductivity=1.0)
    assert inside == pytest.approx(outside, rel=1e-7)
    far = disc.uniform_flux_potential(1000.0, 1.0, conductivity=1.0)
    assert far == pytest.approx(np.pi / (2 * np.pi * 1000.0), rel=1e-6)


@pytest.mark.parametrize(("zeta", "whole", "spreading", "centre"), V3)
def test_disc_with_contact_impedance(zeta: float, whole: float, spreading: float, centre: float) -> None:
    solved = contact_disc(radius=1.0, conductivity=1.0, impedance=zeta)
    assert solved.resistance == pytest.approx(whole, abs=1.5e-6)
    assert solved.resistance - zeta / np.pi == pytest.approx(spreading, abs=1.5e-6)
    assert solved.centre_to_mean == pytest.approx(centre, abs=1e-4)


def test_contact_disc_scales_with_size_and_conductivity() -> None:
    solved = contact_disc(radius=0.005, conductivity=0.2, impedance=0.1 * 0.005 / 0.2, rings=100)
    unit = contact_disc(radius=1.0, conductivity=1.0, impedance=0.1, rings=100)
    assert solved.resistance * 0.2 * 0.005 == pytest.approx(unit.resistance, rel=1e-12)


def test_contact_disc_carries_one_ampere_and_lies_between_the_two_ideal_discs() -> None:
    solved = contact_disc(radius=1.0, conductivity=1.0, impedance=0.3, rings=80)
    assert solved.densities @ (np.pi * np.diff(solved.edges**2)) == pytest.approx(1.0)
    spreading = solved.resistance - 0.3 / np.pi
    assert disc.resistance(1.0, 1.0) < spreading < disc.uniform_flux_resistance(1.0, 1.0)


@pytest.mark.parametrize("wrong", [{"radius": 0.0}, {"conductivity": -1.0}, {"impedance": -0.1}])
def test_contact_disc_refuses(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueRefused, match="above 0"):
        contact_disc(**{"radius": 1.0, "conductivity": 1.0, "impedance": 1.0, **wrong})
