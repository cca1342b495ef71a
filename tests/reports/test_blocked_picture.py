"""The picture of zones that are not to be treated: hatched where they lie, by kind, with words for each."""

import io
import itertools

import numpy as np
import pytest
from matplotlib.image import imread

from microcurrent.model import ScreeningFinding
from microcurrent.reports.pictures.solid.blocked import PATTERNS, BlockedZone, blocked_picture, paint

from .test_solid_pictures import MM, egg


def zone(outcome="blocked", *, left=True, name="cheek left"):
    """A square of about 30 mm on the left or right half of the front of the egg."""
    side = -1 if left else 1
    corners = [
        (x, np.sqrt(60**2 - x**2 - z**2), z)
        for x, z in ((side * 10, -15), (side * 40, -15), (side * 40, 15), (side * 10, 15))
    ]
    found = ScreeningFinding(id="skin-broken", outcome=outcome, reason="Why.", rank="L", sources=("one",))
    return BlockedZone(name=name, corners=np.array(corners) * MM, findings=(found,))


@pytest.fixture(scope="module")
def pictures():
    """The egg with nothing against any zone, and with a zone on either side of its front."""
    shown = egg(spacing=4 * MM)
    two = [zone(), zone("deferred", left=False, name="cheek right")]
    return [blocked_picture(*shown, zones) for zones in ([], two)]


def pixels(content):
    return imread(io.BytesIO(content))[..., :3].mean(axis=2)


def test_the_hatching_lies_on_the_zones_and_nowhere_else(pictures):
    bare, hatched = (pixels(content) for content, _ in pictures)
    height, width = bare.shape
    inner = slice(int(0.15 * height), int(0.85 * height))  # without title and key
    # In the first view, from the front, the person's left is on the right.
    changed = (np.abs(hatched - bare) > 0.2)[inner, int(0.15 * width) : int(0.40 * width)]
    columns = changed.sum(axis=0)
    assert (columns > 0.05 * changed.shape[0]).any()
    assert changed.mean() < 0.2


def test_the_text_names_zone_outcome_and_question(pictures):
    nothing, words = (text for _, text in pictures)
    assert "cheek left: blocked (skin-broken)" in words
    assert "cheek right: deferred (skin-broken)" in words
    assert PATTERNS["blocked"] in words and PATTERNS["deferred"] in words
    assert "Nothing stands against any zone" in nothing


def test_each_outcome_has_a_pattern_of_its_own_that_needs_no_colour():
    inside = np.zeros((90, 90), dtype=bool)
    inside[10:80, 10:80] = True
    drawn = {}
    for outcome in PATTERNS:
        dots = np.zeros((90, 90, 4), dtype=np.uint8)
        paint(dots, inside, outcome)
        assert (dots[..., 3] > 0).sum() == inside.sum()  # nothing outside of the zone
        drawn[outcome] = dots[..., 0] < 128
        assert 0.15 < drawn[outcome][20:70, 20:70].mean() < 0.6
    for one, other in itertools.combinations(PATTERNS, 2):
        assert (drawn[one] != drawn[other])[20:70, 20:70].mean() > 0.1, (one, other)


def test_the_strictest_finding_of_a_zone_gives_its_pattern():
    mild, strict = zone("clearance").findings[0], zone("refused").findings[0]
    both = BlockedZone(name="cheek", corners=zone().corners, findings=(mild, strict, mild))
    assert both.outcome == "refused"
