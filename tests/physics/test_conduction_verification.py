"""The finite volumes judged by closed forms, with the order of convergence."""

from __future__ import annotations

import math

import pytest

from microcurrent.physics.exact.cases import Case, study, verification_cases
from microcurrent.physics.exact.problems import MUSCLE, anisotropic_point_potential

CASES = verification_cases()


@pytest.mark.parametrize("case", CASES, ids=[f"{case.number} {case.quantity}" for case in CASES])
def test_finite_volumes_against_closed_form(case: Case) -> None:
    result = study(case)
    assert abs(result.errors[-1]) < case.accuracy
    if case.order is None:
        assert max(map(abs, result.errors)) < case.accuracy
    else:
        assert result.order > case.order
        assert [abs(error) for error in result.errors] == sorted(map(abs, result.errors))[::-1]


def test_every_family_is_judged() -> None:
    assert {case.number for case in CASES} == {
        "V1",
        "V2",
        "V3",
        "V4",
        "V5",
        "V6",
        "V12",
        "V13",
        "V14",
        "V15",
    }


def test_muscle_conducts_further_along_than_across() -> None:
    along = anisotropic_point_potential(4, point=(0.01, 0.0))
    across = anisotropic_point_potential(4, point=(0.0, 0.01))
    assert along / across == pytest.approx(math.sqrt(MUSCLE[0] / MUSCLE[1]), rel=0.1)
