"""The picture of devices side by side: what it shows is in its words, and it is always the same."""

import pytest

from microcurrent import tables
from microcurrent.planning.devices.comparing import compare_device
from microcurrent.planning.devices.reference_hold import reference_hold
from microcurrent.reports.pictures.devices import devices_picture

NAMES = ("pantheon", "nuface-trinity", "caci-ultimate", "theraface")


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MICROCURRENT_CACHE", str(tmp_path_factory.mktemp("cache")))
        hold = reference_hold("slab", samples=8)
    return [compare_device(tables.devices()[name], hold, tables.limits()) for name in NAMES]


def test_the_picture_says_in_words_what_it_shows(compared):
    picture = devices_picture(compared)
    for words in ("NuFACE Trinity: charge per phase 24.1 µC (assumed shape)", "voltage there is 70 V",
                  "TheraFace, microcurrent ring: charge per phase ?, voltage needed ?"):  # fmt: skip
        assert words in picture.alternative
    assert picture.image == devices_picture(compared).image


def test_devices_of_which_nothing_is_known_can_be_drawn(compared):
    assert devices_picture([compared[3], compared[3]]).image.startswith(b"<?xml")
