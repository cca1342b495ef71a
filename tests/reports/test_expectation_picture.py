"""The picture of an expectation: the same bytes each time, told in words, bands apart without colour."""

import xml.etree.ElementTree as ElementTree

import pytest

from microcurrent.planning.expectation import expect
from microcurrent.reports.pictures.expectation import expectation_picture, standing_alone


@pytest.fixture(scope="module")
def picture():
    return expectation_picture(expect("pain"))


def test_the_words_tell_both_bands_and_what_the_current_adds(picture):
    for part in ("with current", "with sham", "what the current itself adds", "-0.7 points", "28 d"):
        assert part in picture.alternative
    assert "certainty low" in picture.caption


def test_a_file_tells_its_alternative_to_a_screen_reader(picture):
    root = ElementTree.fromstring(standing_alone(picture))
    assert root.get("role") == "img"
    title = next(child for child in root if child.tag.endswith("title"))
    assert title.text == picture.alternative


def test_the_same_expectation_gives_the_same_bytes(picture):
    assert expectation_picture(expect("pain")).image == picture.image


def test_bands_are_told_apart_by_hatching_and_line(picture):
    text = picture.image.decode()
    assert text.count("<pattern") >= 2
    assert "stroke-dasharray" in text


def test_a_lift_says_that_sham_is_not_known():
    assert "With sham: not known" in expectation_picture(expect("lift")).alternative
