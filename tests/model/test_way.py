"""A way: a line with marks that fit it, and nothing else."""

import math

import pytest

from microcurrent.errors import ValueRefused
from microcurrent.model import Electrode, Way

LINE = ((0.0, 0.0, 0.0), (0.03, 0.0, 0.0), (0.03, 0.04, 0.0))


def test_its_length_is_that_of_its_corners():
    way = Way(points=LINE, marks=(0.0, 0.07))
    assert way.length == 0.07 and not way.is_straight
    assert Way(points=LINE, marks=(0.0, 0.03, 0.07)).is_straight


@pytest.mark.parametrize(
    ("points", "marks"),
    [
        (LINE[:1], (0.0, 0.0)),
        (LINE, (0.0, 0.06)),
        (LINE, (0.01, 0.07)),
        (LINE, (0.0, 0.05, 0.03, 0.07)),
        (LINE, (0.0, math.nan, 0.07)),
        (LINE, (0.07,)),
        (LINE, ()),
        ((*LINE, (0.0, 0.0)), (0.0, 0.07)),
        ((*LINE, (0.0, 0.0, math.inf)), (0.0, 0.07)),
        ((*LINE, (0.0, 0.0, 4.0)), (0.0, 0.07)),
    ],
)
def test_other_lines_are_refused(points, marks):
    with pytest.raises(ValueRefused, match=r"Way cannot have this (way|marks)"):
        Way(points=points, marks=marks)


def test_an_electrode_reaches_to_its_farthest_corner_or_beyond_where_its_contact_is_measured():
    pad = Electrode(name="pad", shape="pad", coupling="gel", width=0.03, height=0.04)
    assert pad.reach == pytest.approx(0.025)
    ball = Electrode(
        name="ball", shape="sphere", coupling="gel", diameter=0.01, contact_area=math.pi * 1e-4
    )
    assert ball.reach == pytest.approx(0.01)
