"""A Gaussian process that stands for the solver: from the inputs of a person to one figure in no time.

Rasmussen & Williams 2006, chapter 2 and section 5.1, by scikit-learn: squared-exponential covariance with
a length of its own for each input, and noise. Inputs enter as the normal scores of their chances; a figure
that is above zero on everybody enters as its logarithm, since tissue scales figures by factors.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from microcurrent.physics.conduction.grid import Floats

#: Starting length of the covariance and its bounds, in normal scores; noise over variance, and its bounds.
_LENGTH, _LENGTHS = 4.0, (0.3, 100.0)
_NOISE, _NOISES = 1e-3, (1e-8, 1.0)
#: Groups that people are left out by.
GROUPS = 10
#: A figure that spreads by less than this part of itself does not differ between people.
STILL = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class Emulator:
    """One figure as a function of the chances of the inputs; `logarithmic`: it is the logarithm inside."""

    process: Any
    mean: float
    spread: float
    logarithmic: bool

    def score(self, chances: Floats) -> Floats:
        """Return the figure, or its logarithm, at chances (P, N): (P,), as it stands inside."""
        found = self.process.predict(ndtri(chances))
        return np.asarray(self.mean + self.spread * found)

    def __call__(self, chances: Floats) -> Floats:
        """Return the figure [SI] at chances (P, N): (P,)."""
        score = self.score(chances)
        return np.exp(score) if self.logarithmic else score


def emulator(chances: Floats, figure: Floats, *, like: Emulator | None = None) -> Emulator | None:
    """Return an emulator of a `figure` (P,) at `chances` (P, N), or None where it does not spread.

    `like`: one whose covariance and logarithm are taken over, so that nothing is searched for.
    """
    # Here, since scikit-learn takes a second to load.
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    logarithmic = like.logarithmic if like else bool((figure > 0).all())
    inside = np.log(figure) if logarithmic else figure
    mean, spread = float(inside.mean()), float(inside.std())
    if spread <= STILL * max(1.0 if logarithmic else abs(mean), np.finfo(float).tiny):
        return None
    kernel = (
        like.process.kernel_
        if like
        else ConstantKernel(1.0) * RBF(np.full(chances.shape[1], _LENGTH), _LENGTHS)
        + WhiteKernel(_NOISE, _NOISES)
    )
    process = GaussianProcessRegressor(kernel, optimizer=None if like else "fmin_l_bfgs_b")
    with warnings.catch_warnings():
        # A length at its bound is that of an input that does not matter, which is no trouble.
        warnings.simplefilter("ignore", ConvergenceWarning)
        process.fit(ndtri(chances), (inside - mean) / spread)
    return Emulator(process=process, mean=mean, spread=spread, logarithmic=logarithmic)


@dataclass(frozen=True, kw_only=True, eq=False)
class Checked:
    """An emulator made from everybody, `whole`; one without each group, `parts`; and what these missed.

    `missed` (P,): figure minus emulated, as they stand inside, for each person by the part without it.
    `explained`: the share of the variance that is foretold so.
    """

    whole: Emulator
    parts: tuple[Emulator, ...]
    missed: Floats
    explained: float

    def draws(self, chances: Floats, *, seed: int) -> Floats:
        """Return the figure [SI] of people at chances (M, N): emulated, with what is missed on top."""
        score = self.whole.score(chances)
        error = np.sqrt(np.mean(self.missed**2))
        score = score + error * np.random.default_rng(seed).standard_normal(len(score))
        return np.asarray(np.exp(score) if self.whole.logarithmic else score)


def emulator_checked(chances: Floats, figure: Floats) -> Checked | None:
    """Return an emulator of a `figure` (P,) at `chances` (P, N), checked; None where it does not spread."""
    whole = emulator(chances, figure)
    if whole is None:
        return None
    inside = np.log(figure) if whole.logarithmic else figure
    groups = np.arange(len(figure)) % GROUPS
    parts, missed = [], np.zeros(len(figure))
    for group in range(GROUPS):
        out = groups == group
        part = emulator(chances[~out], figure[~out], like=whole)
        if part is None:
            return None
        missed[out] = inside[out] - part.score(chances[out])
        parts.append(part)
    explained = 1.0 - float(np.mean(missed**2) / np.var(inside))
    return Checked(whole=whole, parts=tuple(parts), missed=missed, explained=explained)
