"""Scans and images of heads: what was built into one comes back out of it, and nothing else is added."""

import math
from pathlib import Path

import nibabel
import numpy as np
import pytest
import trimesh
from scipy import ndimage

from microcurrent.errors import BodyError
from microcurrent.planning.bodies import layered, read_body
from microcurrent.planning.bodies.face import face_frame
from microcurrent.planning.bodies.finding import find_head
from microcurrent.planning.bodies.layered import head_template
from microcurrent.planning.bodies.person import Person
from microcurrent.planning.bodies.segmentation import read_segmentation

MM = 1e-3
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
WALT, HEAD = SHARED / "walt-head.obj", SHARED / "head-40y-labels.nii.gz"
LABELS = Path(__file__).resolve().parents[2] / "examples" / "head-labels.toml"
needs_walt = pytest.mark.skipif(not WALT.is_file(), reason=f"no shared data: {WALT.name}")
needs_head = pytest.mark.skipif(not HEAD.is_file(), reason=f"no shared data: {HEAD.name}")
#: The turn under which the scan lies, and how far from the origin [mm].
TURN = trimesh.transformations.rotation_matrix(1.9, [1, 0.4, -0.7])[:3, :3]
SHIFT = np.array([400.0, -80.0, 30.0])
#: Cells of the bodies in these tests, and voxels of the images.
SPACING = 3 * MM
BONE = ("cortical bone", "cancellous bone", "tooth")
BRAIN = ("grey matter", "white matter")


def millilitres(source, *tissues):
    volumes = source.anatomy.volumes_by_tissue()
    return 1e6 * sum(volumes.get(name, 0.0) for name in tissues)


def is_one_piece(source):
    return ndimage.label(source.anatomy.kinds > 0)[1] == 1


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
    return read_body(str(scan), spacing=SPACING)


@pytest.fixture(scope="module")
def found(scan):
    return find_head(scan)


def test_landmarks_of_a_scan_are_found_where_they_were_made(truth, found):
    _, marks = truth
    assert found.unit == pytest.approx(1 * MM)
    away = {}
    for mark in found.landmarks:
        made = marks[mark.name] / MM @ TURN.T + SHIFT
        away[mark.name] = math.dist(mark.place, made)
    face = [away[n] for n in ("pronasale", "sellion", "subnasale", "menton", "cheilion left", "exocanthion right",
                              "endocanthion left", "alare right", "zygion left")]  # fmt: skip
    assert max(face) < 4 and np.mean(face) < 2
    assert set(away) == set(marks) & set(away) and len(away) > 90
    assert np.median(list(away.values())) < 2 and np.quantile(list(away.values()), 0.9) < 4
    assert max(away.values()) < 8, "no landmark is on another feature"
    assert "[landmarks]" in found.draft and '"pronasale"' in found.draft


@pytest.fixture(scope="module")
def woman():
    """The face of which the scan is made, with its inside."""
    return read_body("face female", spacing=SPACING)


def test_a_scan_is_filled_with_what_a_head_holds(scanned, woman):
    for tissues, within in (
        (BRAIN, 0.05), (("CSF",), 0.05), (BONE, 0.08), (("fat",), 0.1), (("muscle",), 0.05),
        (("mimetic muscle",), 0.05), (("SMAS",), 0.15), (("eye",), 0.1), (("tongue",), 0.1), (("gland",), 0.1),
    ):  # fmt: skip
        own = millilitres(woman, *tissues)
        assert millilitres(scanned, *tissues) == pytest.approx(own, rel=within), tissues
    # Where a scan ends in an open neck it is closed, and what closes it counts as skin.
    more = millilitres(scanned, "skin") / millilitres(woman, "skin")
    assert 1 < more < 1.25
    # It stands upright, the nose to the front, in metre.
    nose, chin, crown = (scanned.body.site(n).position for n in ("pronasale", "menton", "vertex"))
    assert nose[1] > chin[1] and crown[2] - chin[2] == pytest.approx(0.21, abs=0.03)


def test_muscles_of_a_scan_are_those_of_the_face_it_was_made_of(scanned, woman):
    assert {m.name for m in scanned.body.muscles} == {m.name for m in woman.body.muscles}
    for own in woman.body.muscles:
        there = scanned.body.muscle(own.name)
        assert there.length == pytest.approx(own.length, rel=0.15), own.name
        assert there.volume == pytest.approx(own.volume, rel=0.25), own.name
    assert {n.name for n in scanned.body.nerves} == {n.name for n in woman.body.nerves}


def test_a_scan_is_filled_in_one_piece_up_to_its_skin(scanned):
    skin = scanned.anatomy.skin
    mesh = trimesh.Trimesh(skin.vertices, skin.triangles, process=False)
    assert mesh.is_watertight and mesh.body_count == 1 and is_one_piece(scanned)
    holes = ndimage.binary_fill_holes(scanned.anatomy.kinds > 0)
    size = (SPACING / scanned.anatomy.refinement) ** 3
    assert holes.sum() * size == pytest.approx(mesh.volume, rel=0.005)
    # A random sub-voxel of tissue is inside the mesh, but for those that its triangles cut.
    places = np.argwhere(scanned.anatomy.kinds > 0)
    some = places[np.random.default_rng(5).choice(len(places), 3000, replace=False)]
    corner = np.array([edges[0] for edges in scanned.anatomy.grid.edges])
    points = corner + (some + 0.5) * SPACING / scanned.anatomy.refinement
    outside = points[~mesh.contains(points)]
    assert len(outside) < 30
    if len(outside):
        assert skin.tree.query(outside)[0].max() < SPACING


def test_what_a_scan_does_not_show_is_a_guess(scanned):
    words = " ".join(guess.what for guess in scanned.body.guesses)
    assert "layers, muscles and nerves" in words and "bone and air" in words
    assert all(guess.changes for guess in scanned.body.guesses)


def test_a_landmark_set_by_hand_is_taken_exactly_and_makes_another_body(
    scan, scanned, found, monkeypatch, tmp_path
):
    monkeypatch.setattr(layered, "scanned_head", lambda *_, **__: pytest.fail("built again"))
    assert read_body(str(scan), spacing=SPACING).body == scanned.body, "the same scan is not built again"
    monkeypatch.setenv("MICROCURRENT_CACHE", str(tmp_path))
    nose = next(mark for mark in found.landmarks if mark.name == "pronasale").place
    moved = [nose[0] + 2.0, nose[1], nose[2]]
    beside = scan.with_name("she.landmarks.toml")
    beside.write_text(f'[landmarks]\n"pronasale" = {moved}\n')
    try:
        again = next(mark for mark in find_head(scan).landmarks if mark.name == "pronasale")
        assert again.place == pytest.approx(moved, abs=0.01) and again.confidence == 1
        with pytest.raises(pytest.fail.Exception, match="built again"):
            read_body(str(scan), spacing=SPACING)
    finally:
        beside.unlink()


@needs_walt
def test_the_shared_sculpture_becomes_a_body():
    source = read_body(str(WALT), spacing=SPACING)
    body = source.body
    nose, menton, left = (body.site(n).position for n in ("pronasale", "menton", "cheilion left"))
    assert nose[1] > menton[1] and left[0] < 0 and menton[2] < nose[2]
    assert any("size of the head" in guess.what for guess in body.guesses)
    assert any("was closed" in warning for warning in body.warnings)
    assert len(body.muscles) > 30 and len(body.nerves) == 20 and is_one_piece(source)
    assert 1000 < millilitres(source, *BRAIN) < 1900 and 500 < millilitres(source, *BONE) < 1000
    assert math.dist(
        *(body.site(f"tragion {side}").position for side in ("left", "right"))
    ) == pytest.approx(0.145, abs=0.02)


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
    source = read_body("face", spacing=SPACING)
    volume = source.anatomy.volume()
    number = np.array([*(NUMBERS.get(name, 5) for name in volume.tissues), 0])
    path = tmp_path_factory.mktemp("image") / "head.nii.gz"
    affine = np.diag([SPACING / MM] * 3 + [1.0])
    affine[:3, 3] = [(edges[0] + SPACING / 2) / MM for edges in volume.grid.edges]
    picture = nibabel.Nifti1Image(number[volume.labels].astype(np.int16), affine)
    picture.header.set_xyzt_units("mm")
    nibabel.save(picture, path)
    path.with_name("head.labels.toml").write_text('like = "five-class"\nsplit = true\nmidline = "0 mm"\n')
    return path, source


@pytest.fixture(scope="module")
def split(image):
    return read_body(str(image[0]))


@pytest.fixture(scope="module")
def beside(image, split):
    """On every sub-voxel of the split head: its label in the image, the tissue of the face, its own."""
    path, source = image
    anatomy = split.anatomy
    picture = nibabel.load(path)
    labels = np.asarray(picture.dataobj)
    first = [round((edges[0] / MM - at) / (SPACING / MM) + 0.5) for edges, at in
             zip(anatomy.grid.edges, picture.affine[:3, 3], strict=True)]  # fmt: skip
    labels = labels[tuple(slice(k, k + n) for k, n in zip(first, anatomy.grid.shape, strict=True))]
    fine = np.kron(labels, np.ones([anatomy.refinement] * 3, dtype=labels.dtype))
    step = SPACING / anatomy.refinement
    axes = [edges[0] + step * (np.arange(n) + 0.5)
            for edges, n in zip(anatomy.grid.edges, fine.shape, strict=True)]  # fmt: skip
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    was = tissues_at(source, points).reshape(fine.shape)
    return labels, fine, was, tissues_at(split, points).reshape(fine.shape)


def tissues_at(source, points):
    kinds = source._kinds_at(points)
    return np.array(["air", *(kind.tissue for kind in source.anatomy.table)])[kinds]


def test_soft_tissue_of_an_image_is_split_as_it_was(beside):
    """Share of what was a tissue that is it again, and of what is one now that was it."""
    _, _, was, now = beside
    for name, back, true in (
        ("muscle", 0.94, 0.94), ("tongue", 0.88, 0.78), ("fat", 0.79, 0.79), ("skin", 0.75, 0.77),
        ("eye", 0.75, 0.78), ("mimetic muscle", 0.67, 0.65), ("SMAS", 0.6, 0.6),
    ):  # fmt: skip
        own, here = was == name, now == name
        assert (own & here).sum() / own.sum() > back, name
        assert (own & here).sum() / here.sum() > true, name
    # Little stays a lump: where the atlas has bone or air and the image something soft.
    soft = beside[1] == 5
    assert (now[soft] == "soft tissue").mean() < 0.04


def test_what_an_image_knows_is_left_as_it_is_voxel_by_voxel(beside):
    labels, fine, _, now = beside
    for label, name in ((1, "grey matter"), (2, "white matter"), (3, "CSF"), (4, "skull")):
        assert np.array_equal(now == name, fine == label), name
    parts, _ = ndimage.label(labels == 0)
    ends = [
        parts[tuple(end if k == axis else slice(None) for k in range(3))]
        for axis in range(3)
        for end in (0, -1)
    ]
    open_ = np.unique(np.concatenate([end.ravel() for end in ends]))
    closed = np.kron((parts > 0) & ~np.isin(parts, open_), np.ones([2] * 3, dtype=bool))
    assert closed.sum() > 10_000 and (now[closed] == "air").all()


def test_a_split_head_fills_the_outline_of_the_image_in_one_piece(beside, split):
    _, fine, _, now = beside
    assert is_one_piece(split)
    # The smooth skin cuts corners of voxels off, and rounds others out.
    body = fine > 0
    assert (now[body] == "air").mean() < 0.02
    assert ((now != "air") & ~body).sum() < 0.012 * body.sum()


def test_a_split_image_has_muscles_nerves_and_its_own_bone(image, split):
    assert split.body.kind == "anatomy" and split.body.midline
    assert {m.name for m in split.body.muscles} == {m.name for m in image[1].body.muscles}
    assert len(split.body.nerves) == 20
    assert "skull" in split.body.tissues and "cortical bone" not in split.body.tissues
    assert any("does not split soft tissue" in guess.what for guess in split.body.guesses)
    assert not any("not told apart" in warning for warning in split.body.warnings)
    own = image[1].body
    for muscle in own.muscles:
        assert split.body.muscle(muscle.name).length == pytest.approx(muscle.length, rel=0.15), muscle.name
    away = {
        site.name: math.dist(site.position, own.site(site.name).position) / MM for site in split.body.sites
    }
    assert np.median(list(away.values())) < 4 and max(away.values()) < 12  # voxels of 3 mm
    for name in ("pronasale", "menton", "zygion left", "cheilion right"):
        assert away[name] < 6, name
    for region in own.regions:
        assert math.dist(split.body.region(region.name).centre, region.centre) < 5 * MM, region.name


def test_a_landmark_file_beside_an_image_is_honoured_in_millimetres(image, split, tmp_path):
    path = tmp_path / "mine.nii.gz"
    path.write_bytes(image[0].read_bytes())
    nose = np.array(split.body.site("pronasale").position) / MM + (0.0, 1.5, 2.0)
    lines = f'[landmarks]\n"pronasale" = {nose.tolist()}\n'
    path.with_name("mine.landmarks.toml").write_text(lines)
    source = read_segmentation(path, labels="five-class")
    held = layered.landmarks_of_image(source, path).landmarks["pronasale"]
    assert held.place == pytest.approx(nose * MM, abs=1e-6) and held.confidence == 1
    path.with_name("mine.landmarks.toml").write_text(lines.replace("pronasale", "pronasal"))
    with pytest.raises(BodyError, match=r'unknown landmark.*Perhaps "pronasale"'):
        layered.landmarks_of_image(source, path)


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


@pytest.fixture(scope="module")
def thinned(tmp_path_factory):
    """Every third voxel of the shared head, to be split."""
    picture = nibabel.load(HEAD)
    affine = picture.affine @ np.diag([3.0, 3.0, 3.0, 1.0])
    affine[:3, 3] = (picture.affine @ [1, 1, 1, 1])[:3]
    path = tmp_path_factory.mktemp("shared") / "head.nii.gz"
    nibabel.save(nibabel.Nifti1Image(np.asarray(picture.dataobj)[1::3, 1::3, 1::3], affine), path)
    text = LABELS.read_text().replace("[labels]", "split = true\n\n[labels]", 1)
    path.with_name("head.labels.toml").write_text(text)
    return path


@needs_head
def test_the_shared_head_is_split(thinned):
    source = read_body(str(thinned))
    body = source.body
    assert 800 < millilitres(source, *BRAIN) < 1200 and 380 < millilitres(source, "skull") < 560
    assert 150 < millilitres(source, "skin") < 300 and 350 < millilitres(source, "fat") < 750
    assert 300 < millilitres(source, "muscle") < 650 and 30 < millilitres(source, "mimetic muscle") < 60
    assert 9 < millilitres(source, "eye") < 18
    soft = millilitres(source, *(name for name in body.tissues if name not in (*BRAIN, "CSF", "skull")))
    assert millilitres(source, "soft tissue") < 0.3 * soft
    assert body.midline and is_one_piece(source) and len(body.muscles) > 30
    # Sites of the label map stand as they are written; the others are found.
    mine = read_segmentation(thinned).body.sites
    assert mine and all(body.site(site.name) == site for site in mine)
    assert body.find_site("pronasale").confidence > 0.6
    assert {"orbit left", "orbit right", "neck front"} <= {region.name for region in body.regions}


@needs_head
def test_landmarks_of_the_shared_head_lie_where_the_example_has_its_sites(thinned):
    found = {mark.name: mark for mark in find_head(thinned).landmarks}
    body = read_segmentation(thinned).body
    for name in ("cheilion left", "cheilion right", "malar left", "mid cheek right", "zygion left"):
        assert math.dist(np.array(found[name].place) * MM, body.site(name).position) < 12 * MM, name
    assert found["pronasale"].confidence > 0.6


def test_the_template_is_the_mean_head():
    template = head_template()
    assert {"pronasale", "sellion", "menton", "tragion left"} <= set(template.landmarks)
    assert np.ptp(template.skin.vertices, axis=0) == pytest.approx([0.2, 0.22, 0.31], abs=0.04)
