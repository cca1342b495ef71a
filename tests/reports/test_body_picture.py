"""Pictures of bodies: they are PNG, differ with what they show, and are put into words."""

import numpy as np
import pytest

from microcurrent.model.body import Body, Site
from microcurrent.physics.bodies.segmentation import segmentation_volume
from microcurrent.planning.bodies import list_slabs, read_body
from microcurrent.reports.body_picture import body_picture


@pytest.fixture(scope="module")
def egg():
    x, y, z = np.meshgrid(np.arange(24), np.arange(28), np.arange(32), indexing="ij")
    radius = np.sqrt(((x - 11) / 9) ** 2 + ((y - 13) / 11) ** 2 + ((z - 15) / 13) ** 2)
    labels = np.where(radius < 0.7, 2, np.where(radius < 1, 1, 0))
    affine = np.diag([1e-3, 1e-3, 1e-3, 1.0])
    return segmentation_volume(labels, affine, {0: None, 1: "skin", 2: "fat"}).volume


def body_of(*sites: Site) -> Body:
    return Body(name="egg", kind="segmentation", tissues=("skin", "fat"), content="x", sites=sites)


def test_slab_is_drawn_and_its_layers_are_named():
    for entry in list_slabs():
        source = read_body(entry.name)
        image, words = body_picture(source.volume([[0.0, 0.0]], 5e-3, coarse=True), source.body)
        assert image.startswith(b"\x89PNG")
        for name in (*source.body.tissues, *entry.sites):
            assert name in words
        assert "1.7 mm" in words or entry.name != "slab"


def test_cuts_are_drawn_and_put_into_words(egg):
    top = Site(name="top", position=(0.011, 0.013, 0.028))
    image, words = body_picture(egg, body_of(top))
    assert image.startswith(b"\x89PNG")
    assert "x = 11 mm, y = 13 mm, z = 28 mm" in words
    assert "Sites marked: top" in words
    assert "skin 66 %" in words and "fat 34 %" in words
    bare, bare_words = body_picture(egg, body_of())
    assert "No sites" in bare_words
    assert bare != image


def test_same_body_gives_the_same_bytes_and_another_place_others(egg):
    one, other = body_picture(egg, body_of()), body_picture(egg, body_of())
    assert one == other
    assert body_picture(egg, body_of(), at=(0.011, 0.013, 0.01))[0] != one[0]
