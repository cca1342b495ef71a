"""Soundness: conductivities and ready conductances that the engine cannot mean are refused by name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.grid import Floats, Grid


def check_conductivity(grid: Grid, along: Sequence[npt.NDArray[np.floating]]) -> None:
    """Raise `ValueRefused` unless `along` three axes are conductivities [S/m] of one tissue on `grid`.

    Looked at plane by plane, which needs no memory to speak of.
    """
    for number, one in enumerate(along):
        if one.shape != grid.shape:
            raise _refused("conductivity", f"shape {grid.shape}", f"{one.shape}")
        if number and one is along[0]:
            continue
        least, most = float(one.min()), float(one.max())
        # Written so that NaN fails too.
        if not (least >= 0 and np.isfinite(most)):
            raise _refused("conductivity", "finite values of 0 S/m or more", f"{least:g} to {most:g} S/m")
        if number and any(
            ((here > 0) != (first > 0)).any() for here, first in zip(one, along[0], strict=True)
        ):
            raise _refused(
                "conductivity", "all three axes above 0, or all three 0", "a cell with some of them 0"
            )


def check_faces(tissue: npt.NDArray[np.generic], faces: Sequence[Floats]) -> None:
    """Raise `ValueRefused` unless `faces` are conductances [S] between cells where `tissue` is above 0.

    `tissue` ``(nx, ny, nz)``; `faces`: three arrays one shorter along their own axis.
    """
    for axis, (values, name) in enumerate(zip(faces, "xyz", strict=True)):
        expected = tuple(n - (other == axis) for other, n in enumerate(tissue.shape))
        if values.shape != expected:
            raise _refused(f"faces along {name}", f"shape {expected}", f"{values.shape}")
        for number, plane in enumerate(values):
            here = tissue[number] > 0
            if not (np.isfinite(plane) & (plane >= 0)).all():
                raise _refused(f"faces along {name}", "finite values of 0 S or more", "others among them")
            if axis == 0:
                both = here & (tissue[number + 1] > 0)
            elif axis == 1:
                both = here[:-1] & here[1:]
            else:
                both = here[:, :-1] & here[:, 1:]
            if (plane[~both] > 0).any():
                raise _refused(f"faces along {name}", "0 S between tissue and air", "a face that conducts")


def _refused(what: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what=what, expected=expected, came=came))
