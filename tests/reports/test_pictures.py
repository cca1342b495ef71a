"""Pictures say what the nouns say, in the same bytes every time, and never by colour alone."""

import dataclasses
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from microcurrent.errors import ValueRefused
from microcurrent.model import Sitting
from microcurrent.planning.fields import Fields, Surface
from microcurrent.reports.content import Picture
from microcurrent.reports.pictures import (
    exposure_picture,
    section_picture,
    surface_picture,
    trace_picture,
)
from microcurrent.reports.pictures.section import Probes
from microcurrent.reports.pictures.surface import _view
from microcurrent.reports.pictures.trace import delivered_curve, planned_curve

SVG = "{http://www.w3.org/2000/svg}"


def curved(fields: Fields) -> Fields:
    """The same charge on skin that bulges out of the plane."""
    x, y = fields.surface.points[:, 0], fields.surface.points[:, 1]
    points = fields.surface.points.copy()
    points[:, 2] = 0.05 - ((x - 0.035) ** 2 + (y - 0.015) ** 2) / 0.12
    return dataclasses.replace(
        fields, surface=dataclasses.replace(fields.surface, points=points, flat=False)
    )


@pytest.fixture(params=["section", "density", "balanced", "surface", "curved", "trace", "exposure"])
def picture(request, fields, plan, sitting, prediction):
    """Each picture, as a function that draws it afresh."""
    return {
        "section": lambda: section_picture(fields, fields.sections[0]),
        "density": lambda: section_picture(fields, fields.sections[0], quantity="density"),
        "balanced": lambda: section_picture(fields, fields.sections[1], probes=Probes(balanced=True)),
        "surface": lambda: surface_picture(fields, paths={("cheilion left", "zygion left"): ()}),
        "curved": lambda: surface_picture(curved(fields)),
        "trace": lambda: trace_picture(plan, sitting),
        "exposure": lambda: exposure_picture(prediction),
    }[request.param]


def test_a_picture_is_a_sane_drawing_that_is_always_the_same(picture):
    first, again = picture(), picture()
    assert first == again
    root = ElementTree.fromstring(first.image)
    assert root.tag == f"{SVG}svg"
    width, height = (float(root.get(side).removesuffix("pt")) for side in ("width", "height"))
    assert 400 < width < 600 and 100 < height < 600
    assert 5_000 < len(first.image) < 1_500_000
    assert len(list(root.iter(f"{SVG}path"))) > 10
    assert not list(root.iter(f"{SVG}script"))
    assert b"<dc:date>" not in first.image


def test_a_cut_names_every_tissue_and_the_strength_in_words(fields):
    told = section_picture(fields, fields.sections[0]).alternative
    for name in fields.tissues:
        assert name in told
    assert "V/m" in told and "47 mm apart" in told
    assert "µA/cm²" in section_picture(fields, fields.sections[0], quantity="density").alternative


def test_only_a_current_with_poles_has_plus_and_minus(fields):
    assert Probes().signs == ("+", "−")
    assert Probes(balanced=True).signs == ("1", "2")
    assert "from + to −" in section_picture(fields, fields.sections[0]).caption
    balanced = section_picture(fields, fields.sections[0], probes=Probes(balanced=True)).caption
    assert "neither probe stays positive" in balanced and "from +" not in balanced


def test_the_skin_tells_the_largest_charge_and_the_path(fields):
    told = surface_picture(fields, paths={("cheilion left", "zygion left"): ()}).alternative
    assert "60 µC/cm²" in told  # 0.6 C/m2
    assert "Path: cheilion left to zygion left." in told


def test_skin_is_seen_from_outside_with_the_head_up():
    """A patch on the left of a head (x to its right): looking at it, its front (y) is on the left."""
    side = Surface(
        points=np.zeros((1, 3)), area=np.ones(1), absolute=np.ones(1), net=np.ones(1), flat=False,
        outward=(-1.0, 0.0, 0.0),
    )  # fmt: skip
    across, upward, towards = _view(side)
    assert np.allclose(across, (0, -1, 0))
    assert np.allclose(upward, (0, 0, 1))
    assert np.allclose(towards, (-1, 0, 0))


def test_skin_without_any_charge_can_be_drawn(fields):
    nothing = np.zeros_like(fields.surface.absolute)
    surface = dataclasses.replace(fields.surface, absolute=nothing, net=nothing)
    assert "0 µC/cm²" in surface_picture(dataclasses.replace(fields, surface=surface)).alternative


def test_a_cut_without_current_can_be_drawn(fields):
    section = fields.sections[0]
    nothing = np.zeros_like(section.field)
    still = dataclasses.replace(section, field=nothing, density_along=nothing, density_up=nothing)
    assert section_picture(fields, still).image


def test_the_planned_curve_holds_the_charge_of_the_plan(plan, sitting):
    curve = planned_curve(plan, sitting)
    width = np.nan_to_num(np.diff(curve.time))  # no width across the gap between two steps
    charge = np.sum(np.nan_to_num(curve.mean[:-1]) * width)
    assert charge == pytest.approx(sum(step.stimulus.net_charge for step in plan.steps), rel=1e-9)
    assert np.nanmax(curve.peak) == pytest.approx(max(step.stimulus.peak for step in plan.steps))
    assert np.all(np.nan_to_num(np.abs(curve.mean)) <= np.nan_to_num(curve.peak) + 1e-12)


def test_the_delivered_curve_is_what_was_reported_and_no_more(plan, sitting):
    curve = delivered_curve(sitting)
    reported = [event for event in sitting.events if event.kind == "measured"]
    known = np.isfinite(curve.peak)
    assert known.sum() == len(reported)
    assert list(curve.mean[known]) == [event.figure("mean") for event in reported]
    assert (~known).sum() == len(plan.steps) - 1  # one gap between two steps


def test_a_sitting_without_current_says_that_nothing_was_delivered(plan, sitting):
    empty = Sitting(id="x", plan=sitting.plan, approval=sitting.approval, client="c", stimulator="s")
    assert "nothing was delivered" in trace_picture(plan, empty).alternative


def test_bars_tell_value_and_interval_of_every_tissue(prediction):
    told = exposure_picture(prediction).alternative
    for tissue in prediction.exposure.steps[1].tissues:  # the step that gives each tissue most
        assert tissue.tissue in told
    assert "3.6 V/m (2.3 to 5.6 V/m)" in told


def test_a_picture_without_words_or_that_is_no_drawing_is_refused():
    with pytest.raises(ValueRefused, match="alternative"):
        Picture(image=b"<svg/>", alternative=" ", caption="c")
    with pytest.raises(ValueRefused, match="SVG drawing"):
        Picture(image=b"GIF89a", alternative="a", caption="c")
