"""Membrane: what a constant field carries through one, and how far salt falls along a current.

After Goldman (J. Gen. Physiol. 27 (1943) 37), and Newman and Thomas-Alyea (Electrochemical Systems,
chapter 11) for the binary electrolyte. Concentrations in mol/m3, permeability in m/s.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.electrochemistry.faraday import FARADAY, thermal_voltage

#: Below this reduced voltage both forms of K / (1 - exp(-K)) agree to double precision.
_SMALL = 1e-8


def reduced_voltage(voltage: float, *, valence: int, temperature: float) -> float:
    """Return K = z F V / (R T) of an ion of charge number `valence` under `voltage` [V]."""
    return valence * voltage / thermal_voltage(temperature)


def constant_field_flux(
    donor: float, receiver: float, *, permeability: float, reduced: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Return P K (c_d - c_r exp(-K)) / (1 - exp(-K)) [mol/m2/s] from donor to receiver.

    K: `reduced`, any shape; `permeability` P [m/s]. P (c_d - c_r) without voltage; P K c_d when
    the voltage drives hard.
    """
    k = np.asarray(reduced, dtype=float)
    safe = np.where(np.abs(k) < _SMALL, 1.0, k)
    # Of two equal forms the one whose exponential does not overflow.
    falling = np.exp(-np.abs(safe))
    lift = np.where(np.abs(k) < _SMALL, 1.0, np.abs(safe) / -np.expm1(-np.abs(safe)))
    forward = np.where(k >= 0, lift, lift * falling)
    backward = np.where(k >= 0, lift * np.where(np.abs(k) < _SMALL, 1.0, falling), lift)
    return np.asarray(permeability * (donor * forward - receiver * backward))


def enhancement(reduced: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return flux with voltage over flux by diffusion alone into an empty receiver, K / (1 - exp(-K))."""
    return constant_field_flux(1.0, 0.0, permeability=1.0, reduced=reduced)


def binary_slope(density: float, *, valence: int, diffusivity: float) -> float:
    """Return dc/dx [mol/m4] of a salt of two ions of one charge in steady current along +x, straight.

    `density` [A/m2]; `valence` +1 or -1 and `diffusivity` [m2/s] of the ion that the electrodes take and
    give; the other ion stands still, which needs c d(phi) = -(R T / z' F) dc and doubles the slope of pure
    diffusion over it: j = -2 z F D dc/dx.
    """
    if valence not in (1, -1):
        raise ValueRefused(
            Problem(what="binary electrolyte", key="valence", expected="1 or -1", came=f"{valence}")
        )
    return -density / (2 * valence * FARADAY * diffusivity)


def limiting_density(concentration: float, thickness: float, *, diffusivity: float) -> float:
    """Return the steady density [A/m2] that empties a binary salt at one face of a layer.

    `concentration` [mol/m3]: mean over the layer of `thickness` [m]; the other face holds twice as much.
    """
    return 4 * FARADAY * diffusivity * concentration / thickness


def salt_diffusivity(cation: float, anion: float) -> float:
    """Return the diffusivity [m2/s] of a salt of two ions of one charge, 2 D+ D- / (D+ + D-)."""
    return 2 * cation * anion / (cation + anion)
