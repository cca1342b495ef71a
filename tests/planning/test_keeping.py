"""Bodies that were built are kept: built once, the same when read back, and never in the way."""

import pytest

from microcurrent.planning.bodies import keeping, read_body

SPACING = 3e-3


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MICROCURRENT_CACHE", str(tmp_path))
    monkeypatch.setattr(keeping, "_SOURCES", {})
    return tmp_path / "bodies"


def built(monkeypatch, name="forearm"):
    """The body, and what was done to get it; as in a new process."""
    monkeypatch.setattr(keeping, "_SOURCES", {})
    steps = []
    source = read_body(name, spacing=SPACING, on_step=steps.append)
    return source, steps


def test_a_body_is_built_once_and_read_back_the_same(folder, monkeypatch):
    first, steps = built(monkeypatch)
    again, none = built(monkeypatch)
    assert steps and not none
    assert again.body == first.body and again.skin_group == first.skin_group
    assert again.anatomy.digest() == first.anatomy.digest() and again is not first
    assert len(list(folder.iterdir())) == 1
    # In one process it is not even read again.
    assert read_body("forearm", spacing=SPACING) is again


def test_another_body_or_other_cells_are_kept_apart(folder, monkeypatch):
    built(monkeypatch)
    assert built(monkeypatch, "forearm female")[1]
    steps = []
    read_body("forearm", spacing=2.5e-3, on_step=steps.append)
    assert steps and len(list(folder.iterdir())) == 3


def test_a_damaged_file_costs_a_rebuild_and_nothing_else(folder, monkeypatch):
    first, _ = built(monkeypatch)
    (kept,) = folder.iterdir()
    kept.write_bytes(kept.read_bytes()[:1000])
    again, steps = built(monkeypatch)
    assert steps and again.anatomy.digest() == first.anatomy.digest()
    assert not built(monkeypatch)[1]


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("MICROCURRENT_CACHE", str(tmp_path / "file"))
    assert built(monkeypatch)[0].body.name == "forearm"


def test_an_empty_name_keeps_nothing(monkeypatch):
    monkeypatch.setenv("MICROCURRENT_CACHE", "")
    assert keeping.cache_folder() is None
    assert built(monkeypatch)[1] and built(monkeypatch)[1]


def test_other_code_or_tables_make_another_key(folder, monkeypatch):
    built(monkeypatch)
    monkeypatch.setattr(keeping, "_code", lambda: "another program")
    assert built(monkeypatch)[1]
    monkeypatch.setattr(keeping.tables, "digest", lambda: "other numbers")
    assert built(monkeypatch)[1]
