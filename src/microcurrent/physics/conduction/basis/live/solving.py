"""Solving one position: what the electrodes are told in, current through every wet face out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy.typing as npt

from microcurrent.physics.conduction.basis.live.network import Wet
from microcurrent.physics.conduction.basis.live.system import LiveSolution, Response, given, live_system
from microcurrent.physics.conduction.drives import Drive


def solve_live(
    response: Response, wet: Wet, drives: Sequence[Drive], *, skin: npt.ArrayLike
) -> LiveSolution:
    """Return the flow through the wet parts of a basis, with one drive for each electrode.

    `skin` [ohm m2]: impedance per area of the skin layer, a number or one for each face of the basis
    (F,), real or complex. Complex drives are phasors. Raises `ValueRefused` for values that cannot be
    used and `ConservationError` where an electrode's current is not the wanted one to 1e-6.
    """
    told = given(wet, drives)
    return live_system(response, wet, skin, held=told.held).solve(told.values)
