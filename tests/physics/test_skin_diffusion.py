"""Warburg's impedances against Fick's law solved on a fine grid, and their limits (physics.md V17)."""

import math

import numpy as np
import pytest
from scipy.linalg import solve_banded

from microcurrent.errors import ValueRefused
from microcurrent.physics.skin import bounded_warburg_impedance, warburg_coefficient, warburg_impedance


def fick(frequency, *, length, diffusivity, cells=4000):
    """Surface concentration per flux [s/m] of an oscillating flux into a layer with a fixed far side."""
    # Cells grow with depth so that both the thin oscillating layer and the whole are resolved.
    edges = length * np.sinh(np.linspace(0, 6, cells + 1)) / math.sinh(6)
    width = np.diff(edges)
    centres = (edges[1:] + edges[:-1]) / 2
    exchange = diffusivity / np.append(np.diff(centres), width[-1] / 2)
    diagonal = 2j * math.pi * frequency * width + exchange
    diagonal[1:] += exchange[:-1]
    bands = np.zeros((3, cells), dtype=complex)
    bands[0, 1:], bands[1], bands[2, :-1] = -exchange[:-1], diagonal, -exchange[:-1]
    right = np.zeros(cells, dtype=complex)
    right[0] = 1.0
    return solve_banded((1, 1), bands, right)[0] + width[0] / 2 / diffusivity


@pytest.mark.parametrize("frequency", [1e-4, 1e-2, 1.0, 100.0])
def test_bounded_layer_is_ficks_law(frequency):
    length, diffusivity = 2e-4, 1.6e-9
    found = bounded_warburg_impedance(length / diffusivity, length**2 / diffusivity, frequency)
    assert found == pytest.approx(fick(frequency, length=length, diffusivity=diffusivity), rel=1e-4)


def test_unbounded_diffusion_is_ficks_law_of_a_deep_layer():
    """R T / (n F c) volt per relative concentration, and 1 / (n F) mol per coulomb, turn one into the other."""
    diffusivity, concentration, temperature = 1.6e-9, 150.0, 306.15
    coefficient = warburg_coefficient(
        charge=1, concentration=concentration, diffusivity=diffusivity, temperature=temperature
    )
    per_flux = 8.314462618 * temperature / (96485.33212**2 * concentration)
    for frequency in (0.1, 10.0):
        expected = per_flux * fick(frequency, length=5e-3, diffusivity=diffusivity)
        assert warburg_impedance(coefficient, frequency) == pytest.approx(expected, rel=1e-4)


def test_diffusion_lags_by_an_eighth_of_a_turn_and_falls_with_the_root():
    found = warburg_impedance(2.0, [1.0, 100.0])
    assert np.angle(found, deg=True) == pytest.approx([-45, -45], rel=1e-12)
    assert np.abs(found[0] / found[1]) == pytest.approx(10, rel=1e-12)
    assert np.abs(found[0]) == pytest.approx(2 * math.sqrt(2) / math.sqrt(2 * math.pi), rel=1e-12)


def test_a_bounded_layer_is_a_resistor_when_slow_and_unbounded_when_fast():
    assert bounded_warburg_impedance(3.0, 10.0, 0.0) == 3.0
    fast = 1e4
    coefficient = 3.0 / math.sqrt(2 * 10.0)
    assert bounded_warburg_impedance(3.0, 10.0, fast) == pytest.approx(
        warburg_impedance(coefficient, fast), rel=1e-12
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda: warburg_impedance(1.0, 0.0),
        lambda: warburg_impedance(-1.0, 1.0),
        lambda: bounded_warburg_impedance(1.0, 0.0, 1.0),
        lambda: bounded_warburg_impedance(1.0, 1.0, -1.0),
        lambda: warburg_coefficient(charge=0, concentration=1.0, diffusivity=1e-9, temperature=300.0),
    ],
)
def test_values_without_meaning_are_refused(call):
    with pytest.raises(ValueRefused, match="Warburg"):
        call()
