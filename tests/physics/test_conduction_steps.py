"""Round bodies on steps judged by closed forms: first order, with error bars, in every direction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from microcurrent.physics.exact.rotations import TurnedCase, turn, turned_cases
from microcurrent.physics.exact.round_cases import scattered_cases
from microcurrent.physics.exact.scatter import ScatteredCase, scatter

SCATTERED, TURNED = scattered_cases(), turned_cases()


@pytest.mark.parametrize("case", SCATTERED, ids=[f"{case.number} {case.problem}" for case in SCATTERED])
def test_steps_against_closed_form(case: ScatteredCase) -> None:
    result = scatter(replace(case, placings=2))
    for k, measure in enumerate(case.measures):
        assert result.mean[-1, k] < measure.accuracy, measure.name
        assert result.orders[k] > measure.order, measure.name
    # The placing is a small part of the error at the finest level, so that the mean means something.
    assert (result.spread[-1] < 0.5 * result.mean[-1]).all()


@pytest.mark.parametrize("case", TURNED, ids=[f"{case.number} {case.problem}" for case in TURNED])
def test_turned_against_the_grid(case: TurnedCase) -> None:
    result = turn(replace(case, shifts=1, degrees=(0.0, 30.0, 45.0)))
    for k, measure in enumerate(case.measures):
        assert (result.mean[-1, :, k] < measure.accuracy).all(), measure.name
        # One angle alone may be lucky on the coarser grid; all of them together are not.
        assert result.mean[-1, :, k].mean() < result.mean[0, :, k].mean(), measure.name


def test_every_round_family_is_judged() -> None:
    assert {case.number for case in SCATTERED} == {"V7", "V8", "V9", "V10", "V11", "V14"}
    assert np.unique([case.number for case in TURNED]).size == len(TURNED)
