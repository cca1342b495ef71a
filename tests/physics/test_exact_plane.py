"""Closed forms in the plane: disc with inclusion, opposite arcs, coplanar strips."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from microcurrent.errors import ValueRefused
from microcurrent.physics.exact import arcs, inclusion
from microcurrent.physics.exact.inclusion import Plate
from microcurrent.physics.exact.strips import strip_conductance

Floats = npt.NDArray[np.float64]

#: Half-angle, resistance without impedance, and with z sigma / R of 1e-3, 1e-2, 0.1, 1.
V11 = [
    (np.pi / 32, 2.359629, [2.376836, 2.491122, 3.439548, 12.616740]),
    (np.pi / 16, 1.916812, [1.926121, 1.988229, 2.480172, 7.080164]),
    (np.pi / 8, 1.469218, [1.474281, 1.508345, 1.769172, 4.085642]),
]
IMPEDANCES = (1e-3, 1e-2, 0.1, 1.0)

FAT_RING = Plate(radius=0.05, inner_radius=0.03, height=0.02, conductivity=0.2, inner_conductivity=0.5)
ACROSS = {"angles": [0.4, 2.9], "currents": [1e-3, -1e-3]}


def ring(radius: float, angles: Floats) -> Floats:
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def with_inner(inner: float) -> Plate:
    return Plate(radius=0.05, inner_radius=0.03, height=0.02, conductivity=0.2, inner_conductivity=inner)


def chebyshev_resistance(smooth: Callable[[Floats, Floats], Floats], middle: float, half: float) -> float:
    """Potential per current of one electrode at an even potential, its mirror image at minus that.

    Kernel ``-(ln|x - y| + smooth(x, y)) / pi``; density times the root of the distance from both ends is
    a cosine series in the angle t of x = middle + half cos t, whose logarithm is exact.
    """
    count = 40
    t = (np.arange(count) + 0.5) * np.pi / count
    x, n = middle + half * np.cos(t), np.arange(count)
    cosines = np.cos(np.outer(t, n))
    scale = np.concatenate([[np.log(half / 2)], -1 / n[1:]])
    # The electrode's own image in the logarithm, and the rest by the rule that is exact for cosines.
    matrix = -cosines * scale - (smooth(x[:, None], x) @ cosines) / count
    per_volt = np.linalg.solve(matrix, np.ones(count))
    return float(1 / (np.pi * per_volt[0]))


def panel_resistance(half_angle: float, impedance: float, count: int) -> float:
    """The arcs by even density on panels that narrow towards the rims, as a second route."""
    edges = half_angle * np.sin(0.5 * np.pi * np.linspace(-1, 1, count + 1))
    nodes, weights = np.polynomial.legendre.leggauss(4)
    at = 0.5 * (edges[:-1, None] * (1 - nodes) + edges[1:, None] * (1 + nodes))
    away = at[:, :, None] - edges
    own = np.diff(away * np.log(np.abs(away)) - away, axis=2)
    middles, widths = 0.5 * (edges[1:] + edges[:-1]), np.diff(edges)
    # ln|tan(v)| = ln|2 v| + a smooth part, v half of the angle between.
    v = 0.5 * (at[:, :, None] - middles)
    matrix = np.einsum("iqj,q->ij", own - np.log(np.tan(v) / (2 * v)) * widths, 0.5 * weights) / np.pi
    matrix[np.diag_indices(count)] += impedance
    per_volt = np.linalg.solve(matrix, np.ones(count))
    return float(2 / (per_volt @ widths))


def test_inclusion_on_the_rim_is_the_plain_series() -> None:
    angles = np.array([-2.0, 0.9, 1.7])
    n = np.arange(1, 200_001)
    q = FAT_RING.contrast * 0.6 ** (2.0 * n)
    swing = np.cos(n * (angles[:, None] - 0.4)) - np.cos(n * (angles[:, None] - 2.9))
    # A mean of partial sums, since the bare series of a point falls only as 1 / n.
    fading = 1 - n / (n.size + 1)
    series = 1e-3 / (np.pi * 0.2 * 0.02) * np.sum(fading / n * (1 + q) / (1 - q) * swing, axis=1)
    assert inclusion.potential(ring(0.05, angles), FAT_RING, **ACROSS) == pytest.approx(series, rel=1e-4)


def test_inclusion_of_equal_conductivity_is_a_plain_disc() -> None:
    points = np.concatenate([ring(r, np.array([0.0, 1.0, 4.0])) for r in (0.0, 0.02, 0.04, 0.05)])
    ends = ring(0.05, np.array(ACROSS["angles"]))
    far = [np.linalg.norm(points - end, axis=1) for end in ends]
    closed = 1e-3 / (np.pi * 0.2 * 0.02) * np.log(far[1] / far[0])
    found = inclusion.potential(points, with_inner(0.2), **ACROSS)
    assert found == pytest.approx(closed, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("inner", [0.0, 0.02, 0.5, 50.0])
def test_potential_and_normal_density_are_continuous_over_the_inclusion(inner: float) -> None:
    angles, plate, step = np.linspace(0, 6, 9), with_inner(inner), 1e-5

    def at(radius: float) -> Floats:
        return inclusion.potential(ring(radius, angles), plate, **ACROSS)

    assert at(0.03 - 1e-12) == pytest.approx(at(0.03 + 1e-12), rel=1e-7, abs=1e-9)
    outside = (-3 * at(0.03 + 1e-12) + 4 * at(0.03 + step) - at(0.03 + 2 * step)) / (2 * step)
    within = (3 * at(0.03 - 1e-12) - 4 * at(0.03 - step) + at(0.03 - 2 * step)) / (2 * step)
    # The mean density through the plate is about 1 A/m2.
    assert 0.2 * outside == pytest.approx(inner * within, abs=1e-5)


def test_a_very_good_inclusion_is_at_one_potential() -> None:
    points = np.concatenate([ring(r, np.linspace(0, 6, 5)) for r in (0.0, 0.015, 0.03)])
    found = inclusion.potential(points, with_inner(1e6), **ACROSS)
    rim = inclusion.potential(ring(0.05, np.array([0.5, 2.8])), with_inner(1e6), **ACROSS)
    assert np.ptp(found) < 1e-5 * np.ptp(rim)


def test_inclusion_obeys_laplace_on_both_sides_and_lets_nothing_out_at_the_rim() -> None:
    step = 1e-4
    points = np.concatenate([ring(0.015, np.linspace(0, 6, 5)), ring(0.04, np.linspace(0, 6, 5))])
    seconds = [
        inclusion.potential(points + step * axis, FAT_RING, **ACROSS)
        + inclusion.potential(points - step * axis, FAT_RING, **ACROSS)
        - 2 * inclusion.potential(points, FAT_RING, **ACROSS)
        for axis in np.eye(2)
    ]
    assert np.max(np.abs(np.sum(seconds, axis=0)) / np.max(np.abs(seconds), axis=0)) < 1e-3
    angles = np.array([-2.0, 1.5, 4.0])
    rim, near, far = (
        inclusion.potential(ring(0.05 - d, angles), FAT_RING, **ACROSS) for d in (0.0, step, 2 * step)
    )
    assert (3 * rim - 4 * near + far) / (2 * step) == pytest.approx(0, abs=1e-3)


def test_current_around_an_inclusion_is_the_current_sent() -> None:
    nodes, weights = np.polynomial.legendre.leggauss(20)
    pair, step, total = {"angles": [0.0, np.pi], "currents": [1.0, -1.0]}, 1e-6, 0.0
    for a, b, s in ((-0.05, -0.03, 0.2), (-0.03, 0.03, 0.5), (0.03, 0.05, 0.2)):
        y = 0.5 * (b - a) * nodes + 0.5 * (a + b)
        right, left = (
            inclusion.potential(np.column_stack([x + 0 * y, y]), FAT_RING, **pair) for x in (step, -step)
        )
        total += s * 0.02 * 0.5 * (b - a) * float(weights @ (right - left)) / (2 * step)
    assert total == pytest.approx(1.0, rel=1e-8)


@pytest.mark.parametrize(("half_angle", "ideal", "behind"), V11)
def test_opposite_arcs_with_and_without_impedance(
    half_angle: float, ideal: float, behind: list[float]
) -> None:
    assert arcs.shunt_resistance(half_angle) == pytest.approx(ideal, abs=6e-7)
    for impedance, expected in zip(IMPEDANCES, behind, strict=True):
        found = arcs.arc_pair(half_angle, impedance=impedance).resistance
        assert found == pytest.approx(expected, abs=1e-6)
        coarse, fine = (panel_resistance(half_angle, impedance, count) for count in (80, 160))
        # Panels converge with the square of their number.
        assert fine + (fine - coarse) / 3 == pytest.approx(found, rel=1e-6)


def test_ideal_arcs_by_a_cosine_series() -> None:
    for half_angle in (np.pi / 32, np.pi / 8, 1.2):

        def smooth(x: Floats, y: Floats) -> Floats:
            v = 0.5 * np.where(x == y, 1.0, x - y)
            return np.where(x == y, np.log(0.5), np.log(np.tan(v) / (2 * v)))

        found = 2 * chebyshev_resistance(smooth, 0.0, half_angle)
        assert found == pytest.approx(arcs.shunt_resistance(half_angle), rel=1e-8)


def test_electrodes_and_gaps_may_change_places() -> None:
    # In the plane the resistance between two electrodes and that between the gaps are reciprocal.
    assert arcs.shunt_resistance(np.pi / 4) == pytest.approx(1.0)
    for half_angle in (0.01, 0.3, 0.7):
        other = arcs.shunt_resistance(np.pi / 2 - half_angle)
        assert arcs.shunt_resistance(half_angle) * other == pytest.approx(1.0)


def test_resistance_of_arcs_converges_with_the_number_of_polynomials() -> None:
    fine = arcs.arc_pair(np.pi / 16, impedance=1e-4, degrees=300).resistance
    errors = [
        abs(arcs.arc_pair(np.pi / 16, impedance=1e-4, degrees=n).resistance - fine) for n in (25, 50, 100)
    ]
    assert errors[0] > 5 * errors[1] > 25 * errors[2]
    assert arcs.arc_pair(np.pi / 16, impedance=1e-4).resistance == pytest.approx(fine, abs=1e-7)


def test_impedance_takes_arcs_from_ideal_to_even_density() -> None:
    half_angle = np.pi / 8
    spreading = [
        arcs.arc_pair(half_angle, impedance=z).resistance - z / half_angle
        for z in (1e-4, 1e-2, 1.0, 1e3, 1e4)
    ]
    assert arcs.shunt_resistance(half_angle) < spreading[0]
    assert spreading == sorted(spreading)
    assert arcs.arc_pair(half_angle, impedance=1e-4).resistance == pytest.approx(
        arcs.shunt_resistance(half_angle), rel=1e-3
    )
    # Even density: twice the mean potential of the source, 4 / (pi a^2) sum over odd n of sin^2(n a) / n^3.
    n = np.arange(1, 200_001, 2)
    even = 4 / (np.pi * half_angle**2) * np.sum(np.sin(n * half_angle) ** 2 / n**3.0)
    assert spreading[-1] == pytest.approx(even, rel=1e-5)


def test_density_of_arcs_carries_the_current_and_satisfies_the_electrode_model() -> None:
    half_angle, impedance = np.pi / 8, 0.1
    solved = arcs.arc_pair(half_angle, impedance=impedance)
    nodes, weights = np.polynomial.legendre.leggauss(300)
    source = half_angle * nodes
    assert half_angle * weights @ solved.density(source) == pytest.approx(1.0)
    # Potential under the electrode from the Neumann series of the disc, odd terms only.
    n = np.arange(1, 1001, 2)
    modes = half_angle * (weights * solved.density(source)) @ np.cos(np.outer(source, n))
    angle = np.array([0.0, 0.1, 0.25, 0.35])
    under = 2 / np.pi * np.cos(np.outer(angle, n)) @ (modes / n)
    drop = impedance * solved.density(angle)
    assert under + drop == pytest.approx(0.5 * solved.resistance, rel=1e-4)


def test_coplanar_strips() -> None:
    found = strip_conductance(0.01, 0.02, conductivity=1.0)
    # The boundary elements of the reference stop at 0.639629.
    assert found == pytest.approx(0.639631, abs=6e-7)

    def other_strip(x: Floats, y: Floats) -> Floats:
        return -np.log(x + y)

    resistance = 2 * chebyshev_resistance(other_strip, 1.5, 0.5)
    assert 1 / resistance == pytest.approx(found, rel=1e-9)


def test_strips_are_the_arcs_seen_through_a_map_of_the_disc_to_the_half_plane() -> None:
    for half_angle in (0.1, 0.5):
        edge = np.tan(half_angle / 2)
        strips = strip_conductance(edge, 1 / edge, conductivity=0.2)
        assert strips / 0.2 == pytest.approx(arcs.shunt_resistance(half_angle))


def test_plane_bodies_refuse() -> None:
    with pytest.raises(ValueRefused, match="inner radius"):
        Plate(radius=1.0, inner_radius=1.0, height=1.0, conductivity=1.0, inner_conductivity=1.0)
    with pytest.raises(ValueRefused, match="sum of currents"):
        inclusion.potential([[0, 0]], FAT_RING, angles=[0.0], currents=[1.0])
    with pytest.raises(ValueRefused, match="none on an electrode"):
        inclusion.potential(ring(0.05, np.array([0.4])), FAT_RING, **ACROSS)
    with pytest.raises(ValueRefused, match="half-angle"):
        arcs.shunt_resistance(np.pi / 2)
    with pytest.raises(ValueRefused, match="shunt_resistance"):
        arcs.arc_pair(0.1, impedance=0.0)
    with pytest.raises(ValueRefused, match="inner < outer"):
        strip_conductance(0.02, 0.01, conductivity=1.0)
