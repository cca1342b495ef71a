"""Body files: what is written comes back, the same bytes each time; a bad file gets one clear message."""

from __future__ import annotations

import dataclasses
import shutil
import time

import h5py
import numpy as np
import pytest

from microcurrent.errors import BodyError, InputError
from microcurrent.planning.bodies import read_body
from microcurrent.planning.bodies.body_file import contents_of, read_body_file, write_body_file
from microcurrent.planning.bodies.hdf5 import Contents


@pytest.fixture
def written(layered, tmp_path):
    return write_body_file(layered, tmp_path / "egg.body.h5")


def test_everything_comes_back(layered, written):
    got = read_body_file(written)
    assert got.body == layered.body
    assert got.skin_group == layered.skin_group
    ours, theirs = layered.anatomy, got.anatomy
    assert theirs.digest() == ours.digest() and theirs.table == ours.table
    assert theirs.refinement == ours.refinement
    for a, b in zip(theirs.grid.edges, ours.grid.edges, strict=True):
        assert np.array_equal(a, b)
    assert np.array_equal(theirs.kinds, ours.kinds) and np.array_equal(theirs.parts, ours.parts)
    assert np.array_equal(theirs.skin.vertices, ours.skin.vertices)
    assert np.array_equal(theirs.skin.triangles, ours.skin.triangles)
    assert list(theirs.thickness) == list(ours.thickness) == ["skin", "SMAS/fat"]
    for name, values in ours.thickness.items():
        assert np.array_equal(theirs.thickness[name], values, equal_nan=True)
    assert np.isnan(theirs.thickness["SMAS/fat"]).any()
    for a, b in zip(theirs.muscles, ours.muscles, strict=True):
        assert (a.name, a.side, a.tissue, a.source) == (b.name, b.side, b.tissue, b.source)
        assert np.array_equal(a.points, b.points) and np.array_equal(a.thickness, b.thickness)
    assert theirs.volumes_by_tissue() == ours.volumes_by_tissue()


def test_the_same_body_gives_the_same_bytes_whenever_it_is_written(layered, written, tmp_path):
    time.sleep(1.1)  # HDF5 counts its times in seconds
    again = write_body_file(read_body_file(written), tmp_path / "again.body.h5")
    assert again.read_bytes() == written.read_bytes()


def test_a_body_without_muscles_or_layers_comes_back(layered, tmp_path):
    bare = dataclasses.replace(layered.anatomy, parts=None, muscles=(), thickness={})
    source = dataclasses.replace(layered, anatomy=bare, skin_group="limb")
    got = read_body_file(write_body_file(source, tmp_path / "bare.h5"))
    assert got.anatomy.parts is None and got.anatomy.muscles == () and got.anatomy.thickness == {}
    assert got.anatomy.digest() == bare.digest() and got.skin_group == "limb"


def test_the_file_says_what_it_holds(layered, written):
    with h5py.File(written) as file:
        assert file.attrs["format"] == "microcurrent body" and file.attrs["layout"] == 1
        assert file.attrs["axes"].startswith("RAS")
        assert len(file.attrs["digest"]) == 64
        for name in ("grid/x", "skin/vertices", "skin/thickness", "muscles/001/points"):
            assert file[name].attrs["units"] == "m"
        found = []
        file.visititems(lambda name, item: found.append(item) if isinstance(item, h5py.Dataset) else None)
        assert all(item.attrs["description"] for item in found) and len(found) > 15
        assert file["tissue/kinds"].compression == "gzip" and file["tissue/kinds"].shuffle
        assert file["tissue/kinds"].chunks is not None
        assert [name.decode() for name in file["tissue/names"]] == [k.tissue for k in layered.anatomy.table]


def test_the_digest_changes_with_every_part_and_every_attribute(layered):
    whole = contents_of(layered)
    seen = {whole.digest()}
    for name, array in whole.arrays.items():
        raw = bytearray(np.ascontiguousarray(array).tobytes())
        raw[0] ^= 1
        changed = np.frombuffer(bytes(raw), dtype=array.dtype).reshape(array.shape)
        seen.add(Contents(arrays={**whole.arrays, name: changed}, attributes=whole.attributes).digest())
    for name, own in whole.attributes.items():
        for key in own:
            changed = {**whole.attributes, name: {**own, key: "another"}}
            seen.add(Contents(arrays=whole.arrays, attributes=changed).digest())
    assert len(seen) == 1 + len(whole.arrays) + sum(len(own) for own in whole.attributes.values())


# Whole or not at all


def test_an_interrupted_write_leaves_nothing_and_what_was_there(layered, tmp_path, monkeypatch):
    path = write_body_file(layered, tmp_path / "egg.body.h5")
    before = path.read_bytes()

    def stop(self, name, *args, **options):
        if name == "skin/vertices":
            raise KeyboardInterrupt
        return original(self, name, *args, **options)

    original = h5py.Group.create_dataset
    monkeypatch.setattr(h5py.Group, "create_dataset", stop)
    for target, overwrite in ((path, True), (tmp_path / "new.body.h5", False)):
        with pytest.raises(KeyboardInterrupt):
            write_body_file(layered, target, overwrite=overwrite)
    assert [one.name for one in tmp_path.iterdir()] == ["egg.body.h5"]
    assert path.read_bytes() == before


def test_a_file_that_is_there_is_kept_unless_asked(layered, written):
    before = written.read_bytes()
    with pytest.raises(InputError, match="exists already"):
        write_body_file(layered, written)
    assert written.read_bytes() == before
    assert write_body_file(layered, written, overwrite=True) == written


def test_a_name_with_another_ending_is_refused(layered, tmp_path):
    with pytest.raises(InputError, match=r"\.body\.h5, came egg\.nii"):
        write_body_file(layered, tmp_path / "egg.nii")


# Bad files


def changed(path, change):
    """Change an open file, digest left as it was."""
    with h5py.File(path, "r+") as file:
        change(file)


def signed(path, source, **arrays):
    """Write a file whose digest is right and whose content is not."""
    from microcurrent.planning.bodies.hdf5 import write_hdf5

    whole = contents_of(source)
    replaced = {name.replace("__", "/"): array for name, array in arrays.items()}
    write_hdf5(Contents(arrays={**whole.arrays, **replaced}, attributes=whole.attributes), path)


BAD = {
    "no HDF5": (lambda path, _: path.write_bytes(b"solid egg\n" * 99), "not a body file"),
    "empty": (lambda path, _: path.write_bytes(b""), "came an empty file"),
    "cut short": (lambda path, _: path.write_bytes(path.read_bytes()[:-9000]), "damaged or cut short"),
    "a damaged chunk": (lambda path, _: spoil(path), "damaged or cut short|not what was written"),
    "another HDF5": (
        lambda path, _: changed(path, lambda file: file.attrs.pop("format")), "an HDF5 file, but not a body"
    ),
    "another layout": (
        lambda path, _: changed(path, lambda file: file.attrs.modify("layout", 2)),
        "another layout: expected layout 1, came 2",
    ),
    "no layout": (
        lambda path, _: changed(path, lambda file: file.attrs.pop("layout")),
        "another layout: expected layout 1, came None",
    ),
    "another digest": (
        lambda path, _: changed(path, lambda file: file.attrs.modify("digest", "0" * 64)),
        "not what was written",
    ),
    "a moved vertex": (
        lambda path, _: changed(path, lambda file: file["skin/vertices"].write_direct(np.zeros((17556, 3)))),
        "not what was written",
    ),
    "no skin": (
        lambda path, _: changed(path, lambda file: file.pop("skin")),
        "no skin/vertices, skin/triangles, skin/layers, skin/thickness",
    ),
    "another file inside": (
        lambda path, _: changed(path, outside), "incomplete: expected .* came no skin/vertices"
    ),
    "JSON of no body": (
        lambda path, body: signed(path, body, body=np.array(b'{"name": "egg"}')), "do not fit together"
    ),
    "no JSON": (lambda path, body: signed(path, body, body=np.array(b"egg")), "do not fit together"),
    "kinds of another shape": (
        lambda path, body: signed(path, body, tissue__kinds=np.ones((2, 2, 2), dtype=np.uint8)),
        "do not fit together.*kinds",
    ),
    "labels that are no bytes": (
        lambda path, body: signed(path, body, tissue__kinds=body.anatomy.kinds.astype(float)),
        "float64 instead of bytes",
    ),
    "a triangle without a corner": (
        lambda path, body: signed(path, body, skin__triangles=np.full((1, 3), 10**8, dtype=np.int32)),
        "do not fit together.*mesh",
    ),
    "one muscle fewer": (
        lambda path, body: signed(path, body, muscles__names=np.array([b"a", b"b", b"c"])),
        "do not fit together.*muscles/003",
    ),
}  # fmt: skip


def spoil(path):
    """Overwrite bytes in the middle, which lie in packed data."""
    raw = bytearray(path.read_bytes())
    middle = len(raw) // 2
    raw[middle : middle + 64] = bytes(64)
    path.write_bytes(bytes(raw))


def outside(file):
    del file["skin/vertices"]
    file["skin/vertices"] = h5py.ExternalLink("other.h5", "/skin/vertices")


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_gets_one_clear_message(case, layered, written, tmp_path):
    shutil.copy(written, tmp_path / "other.h5")
    make, message = BAD[case]
    make(written, layered)
    with pytest.raises(BodyError, match=message) as refused:
        read_body_file(written)
    (problem,) = refused.value.problems
    assert problem.file == str(written)
    assert problem.advice and (problem.expected or problem.came)
    assert "\n" not in str(refused.value)


def test_what_is_no_file_is_said(tmp_path):
    with pytest.raises(BodyError, match="there is no such file"):
        read_body_file(tmp_path / "missing.body.h5")
    with pytest.raises(BodyError, match="this is a folder"):
        read_body_file(tmp_path)


def test_a_file_that_would_unpack_to_more_than_memory_is_refused_unread(written):
    def grow(file):
        del file["tissue/kinds"]
        file.create_dataset("tissue/kinds", shape=(10**4,) * 3, dtype="u1", chunks=(64,) * 3)

    changed(written, grow)
    with pytest.raises(BodyError, match="too large: expected at most 8 GB"):
        read_body_file(written)


def test_a_value_that_the_noun_refuses_is_refused(layered, tmp_path):
    import json

    from microcurrent.model.digest import canonical

    plain = json.loads(canonical(layered.body))
    plain["sites"][0]["side"] = "upper"
    path = tmp_path / "egg.body.h5"
    signed(path, layered, body=np.array(json.dumps(plain).encode()))
    with pytest.raises(BodyError, match="side"):
        read_body_file(path)


def test_a_plan_can_name_the_file(layered, written):
    source = read_body(written.name, base=written.parent)
    assert source.body == layered.body
    volumes = source.whole.volumes_by_tissue()
    assert volumes == pytest.approx(layered.anatomy.volumes_by_tissue(), rel=1e-9)
    with pytest.raises(BodyError, match="has no labels"):
        read_body(written.name, base=written.parent, labels=written)
    with pytest.raises(BodyError, match="no such file"):
        read_body("other.body.h5", base=written.parent)
