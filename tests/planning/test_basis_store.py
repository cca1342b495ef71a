"""The basis of a body on disk: known by its digest, made once, whole after a kill, refused without room."""

import errno
import fcntl
import functools
import itertools
import json
import mmap
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import nibabel
import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import splu

from microcurrent.errors import BodyError, RecordError, ValueRefused
from microcurrent.physics.conduction.assembly import bulk_matrix
from microcurrent.physics.conduction.basis.layout import Choice, Layout
from microcurrent.physics.conduction.basis.responses import BLOCK
from microcurrent.physics.conduction.engine import memory
from microcurrent.planning.basis import (
    BasisRequest,
    Region,
    arrays,
    digest_of,
    even_volume,
    making,
    surface_basis,
)
from microcurrent.planning.basis.request import METHOD
from microcurrent.planning.basis.room import Room, check_room, room_for
from microcurrent.planning.bodies import read_body
from microcurrent.planning.bodies.label_map import map_beside

MM = 1e-3
VALUES = {"skin": 0.2, "fat": (0.04, 0.05, 0.06)}
REQUEST = BasisRequest(
    spacing=2 * MM,
    tissues=("fat", "skin"),
    regions=(Region(centre=(11 * MM, 13 * MM, 28 * MM), radius=8 * MM),
             Region(centre=(11 * MM, 13 * MM, 2 * MM), radius=6 * MM)),
    choice=Choice(reach=8 * MM, depth=15 * MM),
)  # fmt: skip


class Direct:
    """The plain twin of a fast solver; may kill the program at one call of `calls`."""

    calls = itertools.count()
    deadly = -1

    def __init__(self, grid, conductivity):
        self.cells = np.flatnonzero(conductivity[..., 0].ravel() > 0)
        inner = sparse.csr_array(bulk_matrix(grid, conductivity))[self.cells[1:]][:, self.cells[1:]]
        self._factors = splu(sparse.csc_array(inner))

    def solve_many(self, right, tolerance):
        if next(self.calls) == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return np.vstack([np.zeros((1, right.shape[1])), self._factors.solve(right[1:])])


def egg(path: Path, extra: bool = False) -> Path:
    """An egg of fat in skin; `extra`: a second, smaller one that nothing joins to it."""
    x, y, z = np.meshgrid(np.arange(24), np.arange(28), np.arange(44), indexing="ij")
    radius = np.sqrt(((x - 11) / 9) ** 2 + ((y - 13) / 11) ** 2 + ((z - 15) / 13) ** 2)
    labels = np.where(radius < 0.7, 2, np.where(radius < 1, 1, 0)).astype(np.uint8)
    if extra:
        labels[5:17, 5:17, 34:40] = 1
    image = nibabel.Nifti1Image(labels, np.eye(4))
    image.header.set_xyzt_units("mm")
    nibabel.save(image, path)
    map_beside(path).write_text('[labels]\n0 = "air"\n1 = "skin"\n2 = "fat"\n')
    return path


@functools.cache
def the_egg():
    with tempfile.TemporaryDirectory() as folder:
        return read_body(str(egg(Path(folder) / "egg.nii.gz")))


def known() -> str:
    """The folder that the basis of the egg stands in."""
    return digest_of(the_egg(), VALUES, REQUEST)[:24]


@pytest.fixture(scope="module")
def source():
    return the_egg()


@pytest.fixture(scope="module")
def made(source, tmp_path_factory):
    """The folder of a finished basis, and what progress said."""
    folder, said = tmp_path_factory.mktemp("made"), []
    surface_basis(source, VALUES, REQUEST, folder=folder, solver=Direct, progress=said.append)
    return folder, said


def never(grid, conductivity):
    raise AssertionError("solved again")


def finished(folder: Path) -> Path:
    """The folder of the basis of the egg, which is known by its digest wherever the egg is."""
    (found,) = (path for path in folder.iterdir() if path.name == known())
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# Known by its digest


def test_digest_tells_every_basis_apart(source, tmp_path):
    other_body = read_body(str(egg(tmp_path / "two.nii.gz", extra=True)))
    digests = [
        digest_of(source, VALUES, REQUEST),
        digest_of(other_body, VALUES, REQUEST),
        digest_of(source, {**VALUES, "skin": 0.21}, REQUEST),
        digest_of(source, {**VALUES, "fat": (0.04, 0.06, 0.05)}, REQUEST),
        *(
            digest_of(source, VALUES, BasisRequest(**{**vars(REQUEST), **change}))
            for change in (
                {"spacing": 1 * MM},
                {"tissues": ("fat",)},
                {"regions": ()},
                {"choice": Choice()},
            )
        ),
    ]
    assert len(set(digests)) == len(digests)
    turned = dict(reversed(VALUES.items()))
    assert digest_of(source, turned, REQUEST) == digests[0]
    assert digest_of(source, {**VALUES, "fat": [0.04, 0.05, 0.06]}, REQUEST) == digests[0]


def test_other_method_is_another_basis(source, monkeypatch):
    before = digest_of(source, VALUES, REQUEST)
    monkeypatch.setattr("microcurrent.planning.basis.request.METHOD", 999)
    assert digest_of(source, VALUES, REQUEST) != before


# Made once


def test_what_is_there_is_not_made_again(source, made):
    folder, _ = made
    before = contents(finished(folder))
    said = []
    basis = surface_basis(source, VALUES, REQUEST, folder=folder, solver=never, progress=said.append)
    assert contents(finished(folder)) == before
    assert said == []
    assert set(basis.operators) == {"fat", "skin"}
    assert basis.patches.count == basis.resistance.shape[0] > 10


def test_basis_from_disk_gives_currents_their_power(source, made):
    """The power that fields turn to heat is that given at the faces: all tissue is kept here."""
    request = BasisRequest(**{**vars(REQUEST), "choice": Choice(reach=8 * MM, depth=1.0)})
    basis = surface_basis(source, VALUES, request, folder=made[0], solver=Direct)
    patches = basis.patches
    ends = [np.flatnonzero(patches.face_patch == number) for number in (2, patches.count - 3)]
    faces = np.concatenate(ends)
    currents = np.concatenate([s * patches.faces.area[e] / patches.area[n] for s, e, n in
                               ((1e-3, ends[0], 2), (-1e-3, ends[1], patches.count - 3))])  # fmt: skip
    given = currents @ basis.transfer(faces) @ currents + currents**2 @ (
        basis.half_cell[faces] / patches.faces.area[faces]
    )
    heat = 0.0
    for tissue, field in basis.fields(faces, currents).items():
        sigma = np.broadcast_to(VALUES[tissue], 3)
        heat += float((field**2 @ sigma) @ basis.operators[tissue].volumes)
    # Fields at cell centres are means of their faces: heat comes out a little low.
    assert 0.75 * given < heat < given


def test_basis_by_the_engine_is_that_by_its_plain_twin(source, made, tmp_path):
    basis = surface_basis(source, VALUES, REQUEST, folder=tmp_path)
    twin = making.open_basis(finished(made[0]))
    assert np.abs(basis.resistance - twin.resistance).max() < 1e-5 * np.abs(twin.resistance).max()
    faces = np.flatnonzero(basis.patches.face_cell >= 0)[::7]
    currents = np.where(np.arange(faces.size) % 2, 1e-3, -1e-3)
    currents -= currents.mean()
    assert np.abs(basis.transfer(faces) - twin.transfer(faces)).max() < 1e-3 * np.abs(twin.resistance).max()
    for tissue, field in basis.fields(faces, currents).items():
        exact = twin.operators[tissue].field(faces, currents)
        assert np.linalg.norm(field - exact) < 1e-3 * np.linalg.norm(exact)


def test_large_arrays_stay_on_disk(made, monkeypatch):
    monkeypatch.setattr(arrays, "_MAPPED", 0)
    codes = making.open_basis(finished(made[0])).interior.columns.codes
    assert not codes.flags.writeable
    while isinstance(codes, np.ndarray):
        codes = codes.base
    assert isinstance(codes, mmap.mmap)


# Progress


def test_progress_counts_every_step_and_ends_with_no_time_left(made):
    _, said = made
    assert [one.done for one in said] == list(range(said[-1].total + 1))
    assert said[0].left is None
    assert said[-1].left == 0.0
    assert all(one.left > 0 for one in said[1:-1])


# After a kill


def killed_at(step: int, folder: Path, body: Path) -> None:
    ended = subprocess.run(
        [sys.executable, __file__, str(folder), str(body), str(step)], capture_output=True, check=False
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()


def test_a_kill_loses_one_step_and_nothing_else(source, made, tmp_path):
    body = egg(tmp_path / "egg.nii.gz")
    folder = tmp_path / "basis"
    killed_at(1, folder, body)
    killed_at(1, folder, body)
    (part,) = (path for path in folder.iterdir() if path.is_dir())
    assert part.suffix == ".part"
    assert sorted(path.name for path in (part / "done").iterdir()) == ["0", "1"]
    said = []
    surface_basis(source, VALUES, REQUEST, folder=folder, solver=Direct, progress=said.append)
    assert [one.done for one in said] == list(range(2, said[-1].total + 1))
    assert contents(finished(folder)) == contents(finished(made[0]))


def test_half_written_files_are_made_again(source, tmp_path):
    """What a kill leaves behind before the arrays are there, and in columns that are not marked."""
    body = egg(tmp_path / "egg.nii.gz")
    folder = tmp_path / "basis"
    killed_at(1, folder, body)
    (part,) = (path for path in folder.iterdir() if path.is_dir())
    codes = np.load(part / "arrays" / "codes.npy", mmap_mode="r+")
    codes[BLOCK:] = 12345
    codes.flush()
    (part / "derived.new").mkdir()
    (part / "derived.new" / "resistance.npy").write_bytes(b"half")
    basis = surface_basis(source, VALUES, REQUEST, folder=folder, solver=Direct)
    undisturbed = surface_basis(source, VALUES, REQUEST, folder=tmp_path / "other", solver=Direct)
    assert np.array_equal(basis.interior.columns.codes, undisturbed.interior.columns.codes)
    assert np.array_equal(basis.resistance, undisturbed.resistance)
    assert contents(finished(folder)) == contents(finished(tmp_path / "other"))


@pytest.mark.parametrize("half", ["layout", "arrays"])
def test_a_kill_before_the_first_step_leaves_nothing_to_trust(source, made, tmp_path, half):
    body = egg(tmp_path / "egg.nii.gz")
    killed_at(0, tmp_path / "basis", body)
    part = tmp_path / "basis" / f"{known()}.part"
    for name in ("arrays", "layout")[: 1 if half == "arrays" else 2]:
        (part / name).rename(part / f"{name}.new")
        for path in (part / f"{name}.new").iterdir():
            path.write_bytes(path.read_bytes()[:50])
    surface_basis(source, VALUES, REQUEST, folder=tmp_path / "basis", solver=Direct)
    assert contents(finished(tmp_path / "basis")) == contents(finished(made[0]))


def test_two_programs_do_not_make_the_same_basis(source, tmp_path):
    with (tmp_path / f"{known()}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ValueRefused, match="another program"):
            surface_basis(source, VALUES, REQUEST, folder=tmp_path, solver=never)


# Refused


def test_no_room_is_refused_with_an_estimate(tmp_path, source, monkeypatch):
    room = Room(disk=2_000_000_000, memory=5_000_000_000)
    check_room(room, tmp_path, memory=6_000_000_000, disk=3_000_000_000)
    with pytest.raises(ValueRefused, match=r"memory.*about 5 GB.*4 GB free"):
        check_room(room, tmp_path, memory=4_000_000_000, disk=3_000_000_000)
    with pytest.raises(ValueRefused, match=r"disk.*about 2 GB.*0.5 GB free"):
        check_room(room, tmp_path, memory=6_000_000_000, disk=500_000_000)
    monkeypatch.setattr("microcurrent.planning.basis.room.available", lambda: 1000)
    with pytest.raises(ValueRefused, match="not enough memory"):
        surface_basis(source, VALUES, REQUEST, folder=tmp_path, solver=never)


def test_a_full_disk_is_told_and_nothing_is_lost(source, made, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched, pytest.raises(ValueRefused, match="the disk is full"):
        patched.setattr("os.posix_fallocate", full)
        surface_basis(source, VALUES, REQUEST, folder=tmp_path, solver=never)
    surface_basis(source, VALUES, REQUEST, folder=tmp_path, solver=Direct)
    assert contents(finished(tmp_path)) == contents(finished(made[0]))


def test_memory_wanted_is_what_the_engine_says_of_itself(made):
    """For each unknown: its levels, and the work of every block that it solves at the same time."""
    layout = arrays.read_noun(Layout, finished(made[0]) / "layout")
    few, many = (room_for(layout, grid_cells=0, unknowns=count).memory for count in (10**9, 10**9 + 1))
    assert many - few == memory.SOLVE + 2 * memory.MANY


def test_a_machine_that_does_not_tell_its_memory_refuses_nothing(monkeypatch):
    assert memory.available() > 10_000_000

    def mute(*_, **__):
        raise ValueError("unrecognized configuration name")

    monkeypatch.setattr("pathlib.Path.read_text", mute)
    monkeypatch.setattr("os.sysconf", mute)
    memory.require(10**9, memory.SOLVE)


def test_a_basis_tells_how_it_was_made(made, tmp_path):
    folder = finished(made[0])
    assert making.method_of(folder) == METHOD
    assert json.loads((folder / "about.json").read_text())["reciprocity"] < 1e-3
    with pytest.raises(RecordError, match="damaged"):
        making.method_of(tmp_path)


@pytest.mark.parametrize("name", ["arrays/codes.npy", "layout/support.npy", "derived/plain.json"])
@pytest.mark.parametrize("harm", ["gone", "short"])
def test_damaged_files_are_said(made, tmp_path, name, harm):
    copy = tmp_path / "copy"
    for path, data in contents(finished(made[0])).items():
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        (copy / path).write_bytes(data)
    making.open_basis(copy)
    if harm == "gone":
        (copy / name).unlink()
    else:
        (copy / name).write_bytes((copy / name).read_bytes()[:20])
    with pytest.raises(RecordError, match="damaged"):
        making.open_basis(copy)


def test_requests_refuse_what_makes_no_sense(source, tmp_path):
    with pytest.raises(ValueRefused, match="spacing"):
        BasisRequest(spacing=5 * MM, tissues=("fat",))
    with pytest.raises(ValueRefused, match="each once"):
        BasisRequest(spacing=2 * MM, tissues=("fat", "fat"))
    with pytest.raises(ValueRefused, match="radius"):
        Region(centre=(0.0, 0.0, 0.0), radius=0.0)
    with pytest.raises(ValueRefused, match="coordinates"):
        Region(centre=(0.0, 0.0, float("inf")), radius=0.1)
    unknown = BasisRequest(spacing=2 * MM, tissues=("bone",))
    with pytest.raises(ValueRefused, match=r"skin, fat.*bone"):
        surface_basis(source, VALUES, unknown, folder=tmp_path, solver=never)
    with pytest.raises(ValueRefused, match="none for fat"):
        surface_basis(source, {"skin": 0.2}, REQUEST, folder=tmp_path, solver=never)


# Volumes


@pytest.mark.parametrize("spacing", [1 * MM, 2 * MM, 4 * MM])
def test_even_volume_of_voxels_keeps_the_body(source, spacing):
    volume = even_volume(source, spacing)
    for axis in range(3):
        assert np.allclose(volume.grid.widths(axis)[:-1], spacing)
    whole = sum(source.whole.volumes_by_tissue().values())
    assert sum(volume.volumes_by_tissue().values()) == pytest.approx(whole, rel=0.1)


def test_even_volume_is_one_piece(tmp_path):
    two = read_body(str(egg(tmp_path / "two.nii.gz", extra=True)))
    kept = even_volume(two, 2 * MM)
    height = np.flatnonzero(kept.conducting.any(axis=(0, 1)))
    top = kept.grid.z[height[-1] + 1] - kept.grid.z[height[0]]
    assert top < 30 * MM
    assert two.whole.conducting.sum() * MM**3 > sum(kept.volumes_by_tissue().values())


def test_even_volume_of_a_slab_keeps_its_layers():
    slab = read_body("slab")
    volume = even_volume(slab, 2 * MM)
    assert np.allclose(volume.grid.widths(0), 2 * MM)
    assert np.allclose(volume.grid.widths(1), 2 * MM)
    width, height = slab.stack.size
    thickness = sum(layer.thickness.value for layer in slab.layers)
    assert sum(volume.volumes_by_tissue().values()) == pytest.approx(width * height * thickness, rel=1e-9)
    assert volume.surface().area.sum() == pytest.approx(width * height, rel=1e-9)


@pytest.mark.parametrize("spacing", [0.0, float("nan"), 0.5 * MM, 1.45 * MM])
def test_even_volume_refuses_what_voxels_cannot_make(source, spacing):
    with pytest.raises(BodyError, match="spacing"):
        even_volume(source, spacing)


if __name__ == "__main__":
    place, body, deadly = sys.argv[1:]
    Direct.deadly = int(deadly)
    surface_basis(read_body(body), VALUES, REQUEST, folder=Path(place), solver=Direct)
