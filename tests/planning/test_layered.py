"""Scans and images of heads: what was built into one comes back out of it."""

import math
from pathlib import Path

import nibabel
import numpy as np
import pytest
import trimesh

from microcurrent.errors import BodyError
from microcurrent.planning.bodies import read_body
from microcurrent.planning.bodies.face import face_frame
from microcurrent.planning.bodies.finding import find_head
from microcurrent.planning.bodies.layered import head_template
from microcurrent.planning.bodies.person import Person

MM = 1e-3
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
WALT, HEAD = SHARED / "walt-head.obj", SHARED / "head-40y-labels.nii.gz"
LABELS = Path(__file__).resolve().parents[2] / "examples" / "head-labels.toml"
needs_walt = pytest.mark.skipif(not WALT.is_file(), reason=f"no shared data: {WALT.name}")
needs_head = pytest.mark.skipif(not HEAD.is_file(), reason=f"no shared data: {HEAD.name}")
#: The turn under which the scan lies, and how far from the origin [mm].
TURN = trimesh.transformations.rotation_matrix(1.9, [1, 0.4, -0.7])[:3, :3]
SHIFT = np.array([400.0, -80.0, 30.0])


# -- a scan ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def truth():
    """The skin and the landmarks of a woman's face, of which the scan is made."""
    return face_frame(Person(sex="female"), triangle=2.5 * MM)


@pytest.fixture(scope="module")
def scan(truth, tmp_path_factory):
    """The file of the scan: millimetres, turned, shifted, open at the neck."""
    frame, _ = truth
    path = tmp_path_factory.mktemp("scan") / "she.stl"
    mesh = trimesh.Trimesh(frame.skin.vertices / MM @ TURN.T + SHIFT, frame.skin.triangles, process=False)
    mesh.export(path)
    return path


@pytest.fixture(scope="module")
def scanned(scan):
    return read_body(str(scan), spacing=3 * MM)


def test_landmarks_of_a_scan_are_found_where_they_were_made(truth, scan):
    _, marks = truth
    found = find_head(scan)
    assert found.unit == pytest.approx(1 * MM)
    away = {}
    for mark in found.landmarks:
        made = marks[mark.name] / MM @ TURN.T + SHIFT
        away[mark.name] = math.dist(mark.place, made)
    face = [away[n] for n in ("pronasale", "sellion", "subnasale", "menton", "cheilion left", "exocanthion right",
                              "endocanthion left", "alare right", "zygion left")]  # fmt: skip
    assert max(face) < 5 and np.mean(face) < 2.5
    assert np.median(list(away.values())) < 3
    assert "[landmarks]" in found.draft and '"pronasale"' in found.draft


def test_a_scan_is_filled_with_what_a_head_holds(truth, scanned):
    volumes = {name: 1e6 * size for name, size in scanned.anatomy.volumes_by_tissue().items()}
    assert 1000 < volumes["grey matter"] + volumes["white matter"] < 1600
    assert 150 < volumes["skin"] < 400 and volumes["eye"] == pytest.approx(13, rel=0.3)
    assert {"masseter left", "zygomaticus major right"} <= {m.name for m in scanned.body.muscles}
    own = read_body("face female", spacing=3 * MM).body
    for name in ("masseter left", "zygomaticus major right", "frontalis left"):
        assert scanned.body.muscle(name).length == pytest.approx(own.muscle(name).length, rel=0.15)
    # It stands upright, the nose to the front, in metre.
    nose, chin, crown = (scanned.body.site(n).position for n in ("pronasale", "menton", "vertex"))
    assert nose[1] > chin[1] and crown[2] - chin[2] == pytest.approx(0.21, abs=0.03)


def test_what_a_scan_does_not_show_is_a_guess(scanned):
    words = " ".join(guess.what for guess in scanned.body.guesses)
    assert "layers, muscles and nerves" in words and "bone and air" in words
    assert all(guess.changes for guess in scanned.body.guesses)


def test_a_landmark_set_by_hand_is_taken_exactly_and_makes_another_body(scan, scanned):
    beside = scan.with_name("she.landmarks.toml")
    first = find_head(scan)
    nose = next(mark for mark in first.landmarks if mark.name == "pronasale").place
    moved = [nose[0] + 2.0, nose[1], nose[2]]
    beside.write_text(f'[landmarks]\n"pronasale" = {moved}\n')
    try:
        again = next(mark for mark in find_head(scan).landmarks if mark.name == "pronasale")
        assert again.place == pytest.approx(moved, abs=0.01) and again.confidence == 1
        assert read_body(str(scan), spacing=3 * MM).body.content != scanned.body.content
    finally:
        beside.unlink()


@needs_walt
def test_the_shared_sculpture_becomes_a_body():
    body = read_body(str(WALT), spacing=3 * MM).body
    nose, menton, left = (body.site(n).position for n in ("pronasale", "menton", "cheilion left"))
    assert nose[1] > menton[1] and left[0] < 0 and menton[2] < nose[2]
    assert any("size of the head" in guess.what for guess in body.guesses)
    assert len(body.muscles) > 30


# -- an image --------------------------------------------------------------------------------------

NUMBERS = {
    "grey matter": 1,
    "white matter": 2,
    "CSF": 3,
    "cortical bone": 4,
    "cancellous bone": 4,
    "tooth": 4,
}


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """A label image of the built-in face in which everything soft is one label, and the face itself."""
    source = read_body("face", spacing=2 * MM)
    volume = source.anatomy.volume()
    number = np.array([*(NUMBERS.get(name, 5) for name in volume.tissues), 0])
    path = tmp_path_factory.mktemp("image") / "head.nii.gz"
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = [1e3 * (edges[0] + 1 * MM) for edges in volume.grid.edges]
    picture = nibabel.Nifti1Image(number[volume.labels].astype(np.int16), affine)
    picture.header.set_xyzt_units("mm")
    nibabel.save(picture, path)
    path.with_name("head.labels.toml").write_text('like = "five-class"\nsplit = true\nmidline = "0 mm"\n')
    return path, source


@pytest.fixture(scope="module")
def split(image):
    return read_body(str(image[0]))


def tissues_at(source, points):
    kinds = source._kinds_at(points)
    return np.array(["air", *(kind.tissue for kind in source.anatomy.table)])[kinds]


def test_soft_tissue_of_an_image_is_split_as_it_was(image, split):
    _, source = image
    rng = np.random.default_rng(3)
    low, high = (np.array([edges[k] for edges in source.anatomy.grid.edges]) for k in (0, -1))
    points = rng.uniform(low, high, (60_000, 3))
    was, now = tissues_at(source, points), tissues_at(split, points)
    for name, least in (("skin", 0.75), ("fat", 0.65), ("muscle", 0.75), ("eye", 0.6)):
        own = was == name
        assert own.sum() > 20 and (now[own] == name).mean() > least, name
    for name in ("white matter", "CSF"):
        assert (now[was == name] == name).mean() > 0.85, name
    bone = np.isin(was, ["cortical bone", "cancellous bone"])
    assert np.isin(now[bone], ["skull"]).mean() > 0.85


def test_a_split_image_has_muscles_nerves_and_its_own_bone(image, split):
    assert split.body.kind == "anatomy" and split.body.midline
    assert len(split.body.muscles) > 30 and len(split.body.nerves) == 20
    assert "skull" in split.body.tissues and "cortical bone" not in split.body.tissues
    assert any("does not split soft tissue" in guess.what for guess in split.body.guesses)
    own = image[1].body
    for name in ("pronasale", "menton", "zygion left", "cheilion right"):
        assert math.dist(split.body.site(name).position, own.site(name).position) < 6 * MM, name


def test_splitting_needs_something_to_split(image, tmp_path):
    picture = nibabel.load(image[0])
    path = tmp_path / "head.nii.gz"
    nibabel.save(picture, path)
    words = "\n".join(f'{k} = "{v}"' for k, v in enumerate(["air", "grey matter", "white matter", "CSF", "skull",
                                                              "muscle"]))  # fmt: skip
    path.with_name("head.labels.toml").write_text(f"split = true\n[labels]\n{words}\n")
    with pytest.raises(BodyError, match="nothing to split"):
        read_body(str(path))


def test_an_image_without_a_head_is_refused_by_name(tmp_path):
    axes = np.mgrid[-40:41, -40:41, -40:41]
    ball = np.where((axes**2).sum(axis=0) < 35**2, 5, 0).astype(np.int16)
    path = tmp_path / "ball.nii.gz"
    nibabel.save(nibabel.Nifti1Image(ball, np.diag([2.0, 2.0, 2.0, 1.0])), path)
    path.with_name("ball.labels.toml").write_text('split = true\n[labels]\n0 = "air"\n5 = "soft tissue"\n')
    with pytest.raises(BodyError) as refused:
        read_body(str(path))
    assert "head" in str(refused.value)


@needs_head
def test_landmarks_of_the_shared_head_lie_where_the_example_has_its_sites():
    found = {mark.name: mark for mark in find_head(HEAD, labels=LABELS).landmarks}
    source = read_body(str(HEAD), labels=LABELS)
    for name in ("cheilion left", "malar left", "mid cheek right"):
        read_off = source.body.site(name).position
        assert math.dist(np.array(found[name].place) * MM, read_off) < 12 * MM, name
    assert found["pronasale"].confidence > 0.6


def test_the_template_is_the_mean_head():
    template = head_template()
    assert {"pronasale", "sellion", "menton", "tragion left"} <= set(template.landmarks)
    assert np.ptp(template.skin.vertices, axis=0) == pytest.approx([0.2, 0.22, 0.31], abs=0.04)
