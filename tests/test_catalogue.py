"""The catalogue of devices: every cell has a source or is named as unknown; a damaged file says where."""

import shutil
from pathlib import Path

import pytest

from microcurrent import tables
from microcurrent.errors import TableError
from microcurrent.model.device import CELLS

DATA = Path(str(tables.shipped()))
#: A row of the source that stands for several devices, and one that each must have.
SPLIT = {
    "foreo-bear", "foreo-bear-2", "caci-classic", "caci-ultimate", "caci-synergy", "acuscope", "myopulse",
    "alpha-stim-m", "alpha-stim-aid", "precisioncare", "customcare", "bt-micro", "bt-nano", "bio-ultimate",
    "myolift-mini", "myolift-triwand", "myolift-600", "myolift-qt",
}  # fmt: skip


def test_every_file_of_the_folder_is_a_device_or_what_we_drive():
    files = {path.stem for path in (DATA / "stimulators").glob("*.toml")}
    assert files == {*tables.devices(), *tables.stimulators()}
    assert len(tables.devices()) >= 45
    assert set(tables.devices()) >= SPLIT
    assert not set(tables.devices()) & set(tables.stimulators())


def test_every_cell_is_known_with_source_and_mark_or_named_as_unknown():
    references = tables.references()
    for device in tables.devices().values():
        known = {fact.cell for fact in device.facts}
        assert set(CELLS) == (known & set(CELLS)) | set(device.unknown)
        for fact in device.facts:
            assert fact.sources and set(fact.sources) <= set(references), (device.name, fact)
            assert fact.confidence in tables.CONFIDENCES, (device.name, fact)
        for cell in device.unknown:
            assert device.text(cell) == "?"


def test_what_was_taken_and_not_found_is_marked_proposed_and_says_why():
    taken = [f for d in tables.devices().values() for f in d.facts if f.sources == ("project",)]
    assert taken
    assert all(f.cell == "shape" and f.confidence == "proposed" and f.note for f in taken)


def test_the_reference_device_is_as_its_instructions_say():
    pantheon = tables.devices()["pantheon"]
    assert pantheon.get("frequency").values == (
        0.5, 2, 5, 10, 20, 40, 80, 100, 160, 200, 1000, 1500,
    )  # fmt: skip
    assert pantheon.span("compliance").low == 70
    assert (pantheon.span("least_current").low, pantheon.span("largest_current").high) == (
        pytest.approx(10e-6), pytest.approx(600e-6),
    )  # fmt: skip
    assert pantheon.text("clearance") == "?"


def test_product_codes_have_a_source_and_name_their_regulation():
    codes = tables.product_codes()
    assert set(codes) == {"NFO", "NYX", "NYY", "GZJ", "NUH", "IPF", "NGX", "EGJ", "JXK"}
    assert all(code.regulation.startswith("21 CFR ") for code in codes.values())
    assert codes["NYX"].confidence == "found"


def test_prices_have_a_currency_and_say_that_the_year_is_not_known():
    for device in tables.devices().values():
        price = device.get("price")
        if price is not None:
            assert price.currency in ("USD", "GBP")
            assert "year ?" in price.text


@pytest.mark.parametrize(
    ("find", "put", "words"),
    [
        ('cell = "compliance"', 'cell = "compliant"', ("[[fact]] ", "compliant", "expected one of")),
        ('value = "70 V"', 'value = "70 A"', ("(compliance)", "70 A")),
        ('value = "70 V"', 'value = "70 V"\nlow = "60 V"', ("(compliance)", "more than one")),
        ('texts = ["current"]', 'texts = ["power"]', ("(control)", "power")),
        ('source = "pantheon"', 'source = "hearsay"', ("hearsay",)),
        ('unknown = ["pulse", ', "unknown = [", ("unknown", "pulse", "neither")),
        ('unknown = ["pulse", ', 'unknown = ["pulse", "maker", ', ("unknown", "maker", "both")),
        ('currency = "USD"\n', "", ("(price)", "currency")),
        ('"0.5 Hz", "2 Hz"', '"2 Hz", "0.5 Hz"', ("(frequency)", "rising")),
        ('name = "pantheon"', 'name = "other"', ("name", "other")),
    ],
)
def test_a_damaged_device_says_where(tmp_path, find, put, words):
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    path = folder / "stimulators" / "pantheon.toml"
    text = path.read_text(encoding="utf-8")
    assert find in text
    path.write_text(text.replace(find, put, 1), encoding="utf-8")
    with pytest.raises(TableError) as told:
        tables.devices(folder)
    for word in ("stimulators/pantheon.toml", *words):
        assert word in str(told.value)


def test_the_digest_of_the_tables_covers_the_catalogue(tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    path = folder / "stimulators" / "nuface.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"400 uA"', '"401 uA"'), encoding="utf-8")
    assert tables.digest(folder) != tables.digest()
