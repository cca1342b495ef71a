"""Closed forms of layered and anisotropic half-spaces and of columns."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import j1

from microcurrent.errors import ValueRefused
from microcurrent.physics.exact import columns, depth, disc, halfspace, layers
from microcurrent.physics.exact.layers import Layers
from microcurrent.physics.exact.problems import FACE, FAT_UNDER_SKIN, HOMOGENEOUS, MUSCLE_UNDER_FAT

EPSILON_0 = 8.8541878128e-12
SKIN_THICKNESS = 15e-6
BELOW_SKIN = (0.0013, 0.004, 0.008)


@pytest.mark.parametrize(
    ("stack", "millivolts"),
    [
        (FAT_UNDER_SKIN, [1152.538, 576.3482, 257.5582]),
        (MUSCLE_UNDER_FAT, [2461.683, 488.4869, 83.68338]),
    ],
)
def test_point_source_on_two_layers(stack: Layers, millivolts: list[float]) -> None:
    r = np.array([0.001, 0.003, 0.01])
    images = layers.point_potential_images(r, stack)
    assert images == pytest.approx(millivolts, rel=1e-6)
    hankel = [layers.point_potential(float(one), stack) for one in r]
    assert hankel == pytest.approx(images, rel=1e-9)


def test_images_of_equal_layers_are_no_images() -> None:
    same = Layers(admittivities=(0.2, 0.2), thicknesses=(0.002,))
    assert layers.point_potential_images(0.01, same) == pytest.approx(1 / (2 * np.pi * 0.2 * 0.01))


@pytest.mark.parametrize(
    ("stack", "ohm"),
    [
        (FAT_UNDER_SKIN, pytest.approx(546.171, abs=6e-4)),
        (MUSCLE_UNDER_FAT, pytest.approx(603.675, abs=6e-4)),
        # The reference's 505.868 leaves out wavenumbers below 0.003 / m, which carry 0.07 ohm over
        # a poorly conducting bottom; see the next test for a second route.
        (FACE, pytest.approx(505.868, rel=2e-4)),
    ],
)
def test_uniform_flux_disc_on_layers(stack: Layers, ohm: object) -> None:
    assert layers.disc_resistance(0.005, stack) == ohm


def test_four_layers_by_adaptive_quadrature() -> None:
    def integrand(k: float) -> float:
        y = [one.real for one in FACE.admittivities]
        z = 1 / (y[-1] * k)
        for one, thickness in zip(y[-2::-1], FACE.thicknesses[::-1], strict=True):
            slope = np.tanh(k * thickness)
            z = (z * one * k + slope) / (1 + z * one * k * slope) / (one * k)
        return (z - 1 / (y[0] * k)) * 2 * j1(k * 0.005) ** 2 / (np.pi * 0.005**2 * k)

    ends = np.concatenate([[1e-12], np.geomspace(1e-7, 500, 60), np.arange(750, 15000, 250)])
    rest = sum(quad(integrand, a, b, epsrel=1e-9)[0] for a, b in zip(ends, ends[1:], strict=False))
    ohm = rest + disc.uniform_flux_resistance(0.005, FACE.admittivities[0].real)
    assert layers.disc_resistance(0.005, FACE) == pytest.approx(ohm, rel=1e-8)


def test_splitting_a_layer_changes_nothing() -> None:
    y, h = FACE.admittivities, FACE.thicknesses
    split = Layers(admittivities=(y[0], y[0], *y[1:]), thicknesses=(0.0007, h[0] - 0.0007, *h[1:]))
    assert layers.disc_resistance(0.005, split) == pytest.approx(layers.disc_resistance(0.005, FACE))
    k = np.array([1.0, 50.0, 400.0])
    for below in (0.001, 0.0015, 0.009, 0.02):
        assert layers.transmission(k, split, below) == pytest.approx(layers.transmission(k, FACE, below))


def test_disc_potential_averages_to_the_resistance_and_falls_to_a_point_source() -> None:
    nodes, weights = np.polynomial.legendre.leggauss(12)
    r = 0.005 * np.sqrt(0.5 * (1 + nodes))
    values = [layers.disc_potential(float(one), 0.005, FACE) for one in r]
    mean = np.dot(0.5 * weights, values)
    # The slope of the potential is logarithmic at the rim, which limits Gauss quadrature.
    assert mean == pytest.approx(layers.disc_resistance(0.005, FACE), rel=1e-4)
    assert layers.disc_potential(0.3, 0.005, FACE) == pytest.approx(
        layers.point_potential(0.3, FACE), rel=1e-3
    )


def test_homogeneous_disc_on_the_axis_in_closed_form() -> None:
    z, a = 0.002, 0.005
    exact = (1 - z / np.hypot(z, a)) / (np.pi * a**2)
    assert layers.axial_density(a, HOMOGENEOUS, depth=z) == pytest.approx(exact, rel=1e-10)


def test_thin_skin_layer_is_a_contact_impedance() -> None:
    errors = []
    for thickness in (30e-6, 15e-6):
        skin = Layers(admittivities=(1.5e-4, 0.2), thicknesses=(thickness,))
        series = thickness / 1.5e-4 / (np.pi * 0.005**2)
        series += disc.uniform_flux_resistance(0.005, 0.2)
        errors.append(abs(series / layers.disc_resistance(0.005, skin).real - 1))
    assert errors[1] < 0.003
    assert errors[1] < errors[0]


@pytest.mark.parametrize(("below", "share"), [(0.002, 0.91562), (0.005, 0.79517)])
def test_depth_fraction_of_points_by_two_routes(below: float, share: float) -> None:
    closed = depth.homogeneous_fraction(below, distance=0.03)
    assert closed == pytest.approx(share, abs=6e-6)
    small = depth.layered_fraction(below, HOMOGENEOUS, distance=0.03, radius=1e-6)
    assert small == pytest.approx(complex(closed), rel=1e-8)


def _face_at(frequency: float, tissues: list[tuple[float, float]]) -> Layers:
    """The layers of reference/physics.md section 8.2: dry skin, 0.2 S/m, fat, muscle, bone."""
    omega = 2 * np.pi * frequency
    impedance = 1 / (1 / 10.0 + 1j * omega * 30e-9 * 1e4)
    below = [sigma + 1j * omega * EPSILON_0 * permittivity for sigma, permittivity in tissues]
    skin = SKIN_THICKNESS / impedance
    return Layers(admittivities=(skin, 0.2, *below), thicknesses=(SKIN_THICKNESS, *BELOW_SKIN))


@pytest.mark.parametrize(
    ("frequency", "tissues", "shares", "densities"),
    [
        (
            0.0,
            [(0.0776, 0.0), (0.461, 0.0), (0.0063, 0.0)],
            [0.917, 0.832, 0.057],
            [7.4, 4.1, 0.04],
        ),
        (
            1e4,
            [(0.02383, 1085.0), (0.3408, 25910.0), (0.02043, 521.6)],
            [0.833, 0.790, 0.160],
            [4.2, 2.7, 0.12],
        ),
    ],
)
def test_depth_is_that_of_the_published_face_at_0_and_10_kilohertz(
    frequency: float,
    tissues: list[tuple[float, float]],
    shares: list[float],
    densities: list[float],
) -> None:
    stack = _face_at(frequency, tissues)
    bottoms = np.cumsum(stack.thicknesses)[1:]
    for below, share, per_milliampere in zip(bottoms, shares, densities, strict=True):
        fraction = depth.layered_fraction(float(below), stack, distance=0.03, radius=0.005)
        assert fraction.real == pytest.approx(share, abs=6e-4)
        density = layers.axial_density(0.005, stack, depth=float(below))
        assert 1e-3 * density.real == pytest.approx(per_milliampere, rel=0.1)


def test_depth_fraction_falls_from_one() -> None:
    at = [depth.layered_fraction(z, FACE, distance=0.03, radius=0.005).real for z in (1e-4, 2e-3)]
    assert 1 > at[0] > at[1] > 0
    assert at[0] == pytest.approx(1, abs=0.01)


def test_anisotropic_point_source() -> None:
    isotropic = halfspace.anisotropic_potential([[0.0, 0.003, 0.004]], conductivities=(0.2,) * 3)
    assert isotropic == pytest.approx(1 / (2 * np.pi * 0.2 * 0.005))
    s = (0.56, 0.13, 0.2)
    along = halfspace.anisotropic_potential([0.01, 0.0, 0.0], conductivities=s)
    # On an axis the conductivities of the other two set the potential.
    assert along == pytest.approx(1 / (2 * np.pi * np.sqrt(s[1] * s[2]) * 0.01))


def test_columns_and_shells() -> None:
    assert columns.column_resistance((0.01, 0.02), (0.2, 0.5), area=1e-4, impedance=0.1) == (
        pytest.approx((0.05 + 0.04 + 0.2) / 1e-4)
    )
    ring = columns.coaxial_resistance(0.01, 0.02, height=0.05, conductivity=0.2, impedance=0.1)
    contacts = 0.1 / (2 * np.pi * 0.05) * 150
    assert ring == pytest.approx(np.log(2) / (2 * np.pi * 0.2 * 0.05) + contacts)


def test_thin_ring_and_thin_shell_are_slabs() -> None:
    thin = {"conductivity": 0.2, "impedance": 0.1}
    slab = columns.column_resistance((1e-6,), (0.2,), area=1.0, impedance=0.1)
    ring = columns.coaxial_resistance(1.0, 1 + 1e-6, height=1 / (2 * np.pi), **thin)
    assert ring == pytest.approx(slab, rel=1e-5)
    radius = 1 / np.sqrt(4 * np.pi)
    shell = columns.spherical_resistance(radius, radius + 1e-6, **thin)
    assert shell == pytest.approx(slab, rel=1e-5)


@pytest.mark.parametrize(
    ("admittivities", "thicknesses"),
    [((), ()), ((1.0, 2.0), ()), ((1.0, 2.0), (0.0,)), ((1.0, -2.0), (1.0,)), ((1.0, 1j), (1.0,))],
)
def test_layers_refuse(admittivities: tuple[complex, ...], thicknesses: tuple[float, ...]) -> None:
    with pytest.raises(ValueRefused, match="positive real part"):
        Layers(admittivities=admittivities, thicknesses=thicknesses)
