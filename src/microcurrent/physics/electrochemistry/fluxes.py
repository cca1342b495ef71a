"""Fluxes: what diffusion and the field carry between neighbouring cells, with its derivatives.

Nernst-Planck with the field that carries the given current: N = (D / l) (-dc + P c'), where P is the
charge number times the drop of potential over R T / F, and c' lies between both concentrations as the
exact solution of a constant field between them has it (Scharfetter and Gummel, IEEE Trans. Electron
Devices 16 (1969) 64). Across a barrier this is the constant-field membrane itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microcurrent.errors import ConvergenceError
from microcurrent.physics.electrochemistry.equilibrium import VALENCES, Floats, Mixture
from microcurrent.physics.electrochemistry.faraday import FARADAY

_Z = np.array(VALENCES)[:, None]
#: Below this reduced drop of potential the exact weight and its Taylor series agree to double precision.
_SMALL = 1e-3
#: Above this an exponential would overflow; the weight has reached its end long before.
_LARGE = 300.0
#: The drops of potential are found to this part, or where there is none to this size, in so many turns.
_EXACT, _NONE, _MOST_TURNS = 1e-11, 1e-15, 60


@dataclass(frozen=True, kw_only=True, eq=False)
class Carried:
    """Fluxes of sodium, chloride and all buffer (3, N) [mol/m2/s] away from the metal, at the inner face
    of each cell; `near`, `far` (3, 3, N): derivatives by the state of the cell before and behind it;
    `drop` (N,): fall of potential from centre to centre over R T / F.
    """

    flux: Floats
    near: Floats
    far: Floats
    drop: Floats


def weight(reduced: Floats) -> tuple[Floats, Floats]:
    """Return how much of the far concentration counts, and its derivative by `reduced`, any shape.

    1/2 without a field, 0 with a strong one along +x.
    """
    small = np.abs(reduced) < _SMALL
    safe = np.where(small, 1.0, np.clip(reduced, -_LARGE, _LARGE))
    grown = np.expm1(safe)
    exact, slope = 1 / safe - 1 / grown, (1 + grown) / grown**2 - 1 / safe**2
    return np.where(small, 0.5 - reduced / 12, exact), np.where(small, -1 / 12, slope)


def carried(
    mix: Mixture, near_drop: Floats, density: float, *, lengths: Floats, diffusivities: Floats
) -> Carried:
    """Return the fluxes in the cells of `mix` (last entry: what lies beyond) that carry `density` [A/m2].

    `near_drop` (N,): where the search for the drops begins; `lengths` (N,) [m], `diffusivities` (7, 1)
    [m2/s]. Raises `ConvergenceError` where no drop is found.
    """
    left, right = mix.concentrations[:, :-1], mix.concentrations[:, 1:]
    wanted, mobile = density / FARADAY * lengths, _Z * diffusivities
    step, drop = right - left, near_drop
    for _ in range(_MOST_TURNS):
        pull = _Z * drop
        share, turn = weight(pull)
        mean = left + share * step
        steered = _Z * (mean + pull * turn * step)  # what one more unit of drop carries, per rate
        conducting = (mobile * steered).sum(0)
        change = ((mobile * (pull * mean - step)).sum(0) - wanted) / conducting
        if (np.abs(change) <= _EXACT * np.abs(drop) + _NONE).all():
            break
        drop = drop - change
    else:
        raise ConvergenceError("No field was found that carries the current from the metal into the skin.")
    rate = diffusivities / lengths
    on_left, on_right = 1 + pull * (1 - share), pull * share - 1
    before, behind = mix.slopes[:, :, :-1], mix.slopes[:, :, 1:]
    drag = (rate * steered)[:, None, :]
    near = (rate * on_left)[:, None, :] * before
    near -= drag * ((mobile * on_left / conducting)[:, None, :] * before).sum(0)
    far = (rate * on_right)[:, None, :] * behind
    far -= drag * ((mobile * on_right / conducting)[:, None, :] * behind).sum(0)
    return Carried(flux=kept(rate * (pull * mean - step)), near=kept(near), far=kept(far), drop=drop)


def kept(of_species: Floats) -> Floats:
    """Return what chemistry leaves alone: rows of sodium, chloride and all buffer from those of species."""
    return np.stack([of_species[0], of_species[1], of_species[4] + of_species[5] + of_species[6]])
