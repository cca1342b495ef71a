"""Scans from files: what becomes of good ones, and the one message that each bad one gets."""

import re
import runpy
import struct
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import trimesh
from scipy.spatial.transform import Rotation

from microcurrent.errors import BodyError
from microcurrent.planning.bodies import surface_file
from microcurrent.planning.bodies.landmark_file import draft, landmarks_beside, read_landmark_file
from microcurrent.planning.bodies.scan import ScanRequest, read_scan
from microcurrent.planning.bodies.surface_file import read_surface

ROOT = Path(__file__).resolve().parents[2]
WALT = ROOT.parent / "shared" / "data" / "walt-head.obj"
MADE = SimpleNamespace(**runpy.run_path(str(ROOT / "tests" / "physics" / "made_heads.py")))
TURN = Rotation.from_rotvec([-1.2, 0.4, 2.0]).as_matrix()
NAMES = ("pronasale", "menton", "cheilion left")


@cache
def template():
    return MADE.made_template()


def ball(radius=50.0):
    return trimesh.creation.icosphere(subdivisions=3, radius=radius)


def message(path, **more) -> str:
    """The one message that reading a scan gives."""
    with pytest.raises(BodyError) as refused:
        read_scan(path, template(), **more)
    (problem,) = refused.value.problems
    assert problem.file == str(path), "the message names the file"
    assert problem.expected and problem.came, "it says what was expected and what came"
    assert "Traceback" not in str(problem) and "\n" not in str(problem)
    return str(problem)


# Good files


@pytest.mark.parametrize("ending", surface_file.SURFACE_FILES)
def test_every_kind_of_file_gives_the_same_surface(tmp_path, ending):
    mesh, path = ball(), tmp_path / f"ball{ending}"
    mesh.export(path)
    read = read_surface(path)
    assert read.parts == 1 and len(read.triangles) == len(mesh.faces)
    there = read.vertices[read.triangles]
    assert trimesh.Trimesh(read.vertices, read.triangles).volume == pytest.approx(mesh.volume, rel=1e-4)
    assert np.allclose(there.mean(axis=(0, 1)), 0, atol=1e-4)
    upper = tmp_path / f"BALL{ending.upper()}"
    upper.write_bytes(path.read_bytes())
    assert len(read_surface(upper).triangles) == len(mesh.faces)


def test_a_scene_is_one_surface_with_each_mesh_where_it_is_placed(tmp_path):
    scene = trimesh.Scene()
    scene.add_geometry(ball(), transform=trimesh.transformations.translation_matrix([10, 20, 30]))
    scene.add_geometry(ball(5.0), transform=trimesh.transformations.translation_matrix([200, 0, 0]))
    path = tmp_path / "two.glb"
    scene.export(path)
    read = read_surface(path)
    assert read.parts == 2
    assert read.vertices.max(axis=0) == pytest.approx([205, 70, 80], abs=0.2)
    assert read.vertices.min(axis=0) == pytest.approx([-40, -30, -20], abs=0.2)


# Bad files


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.obj", b"", r"the file is empty: expected a mesh, came 0 bytes"),
        ("head.txt", b"v 0 0 0\n", r"unknown kind of surface file: expected .*\.obj.*came '\.txt'"),
        ("head", b"v 0 0 0\n", r"unknown kind of surface file: expected .*came no ending"),
        ("points.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\n", r"the file has no triangles: expected a surface"),
        ("picture.glb", b"\x89PNG not a mesh at all" * 9, r"damaged, cut short or something else"),
        ("letter.stl", b"Dear Sir or Madam, " * 9, r"damaged or cut short: expected \d+ bytes"),
        ("short.stl", b"solid", r"damaged or cut short: expected at least 84 bytes, came 5"),
        ("words.ply", b"ply\nformat nonsense\n", r"damaged, cut short or something else"),
        ("nan.obj", b"v nan 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n" * 100, r"without a place: .* NaN or infinity"),
        ("few.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 1\nf 1 2 3\n", r"too few triangles for a face: expected 200"),
        ("astray.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 1\n" + b"f 1 2 9\n" * 300, r"damaged"),
        ("cut.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 1\n" + b"f 1 2 3\n" * 300 + b"f 1", r"cut short: .*whole last line"),
    ],
)  # fmt: skip
def test_what_is_no_surface_file_gets_one_message(tmp_path, name, content, said):
    path = tmp_path / name
    path.write_bytes(content)
    assert re.search(said, message(path)), message(path)


def test_no_file_and_a_folder_are_told_apart(tmp_path):
    assert "there is no such file" in message(tmp_path / "none.obj")
    (tmp_path / "folder.obj").mkdir()
    assert "this is a folder" in message(tmp_path / "folder.obj")


@pytest.mark.parametrize("ending", surface_file.SURFACE_FILES)
@pytest.mark.parametrize("kept", [0.3, 0.71])
def test_a_file_cut_short_is_never_read_as_half_a_head(tmp_path, ending, kept):
    path = tmp_path / f"ball{ending}"
    ball().export(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole))])
    assert re.search("cut short|no triangles|damaged", message(path))


def test_a_huge_file_is_refused_before_it_is_opened(tmp_path, monkeypatch):
    path = tmp_path / "huge.obj"
    with path.open("wb") as stream:
        stream.truncate(surface_file.LARGEST_FILE + 1)
    monkeypatch.setattr(Path, "open", None)
    assert "the file is too large: expected at most 200 MB" in message(path)


def test_too_many_triangles_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "many.stl"
    ball().export(path)
    monkeypatch.setattr(surface_file, "MOST_TRIANGLES", 500)
    assert "too many triangles: expected 200 to 500, came 1280" in message(path)


def test_a_nan_in_a_binary_file_is_named(tmp_path):
    path = tmp_path / "nan.stl"
    ball().export(path)
    content = bytearray(path.read_bytes())
    content[84 + 12 : 84 + 16] = struct.pack("<f", float("nan"))
    path.write_bytes(content)
    assert "vertices without a place" in message(path)


def test_flat_and_empty_surfaces_are_refused(tmp_path):
    sheet = trimesh.creation.box([100, 100, 1])
    for _ in range(3):
        sheet = sheet.subdivide()
    path = tmp_path / "flat.stl"
    flat = np.array(sheet.vertices) * [1, 1, 0]
    trimesh.Trimesh(flat, sheet.faces, process=False).export(path)
    assert "the surface is flat" in message(path)


def test_a_ball_is_no_head(tmp_path):
    path = tmp_path / "ball.ply"
    ball().export(path)
    assert re.search("no face was found|no head was found", message(path, nodes=40))


def test_a_size_given_twice_is_refused():
    with pytest.raises(BodyError, match="given twice"):
        ScanRequest(unit="mm", distance=("sellion", "menton", 0.12))


# A head


@pytest.fixture(scope="module")
def head(tmp_path_factory):
    path = tmp_path_factory.mktemp("scan") / "head.ply"
    skin = template().skin
    vertices = 100 * skin.vertices @ TURN.T + np.array([5.0, 6.0, 7.0])
    trimesh.Trimesh(vertices, skin.triangles, process=False).export(path)
    return path


def test_a_head_in_a_file_stands_upright_in_metre_with_what_was_guessed(head):
    scanned = read_scan(head, template(), nodes=72)
    assert scanned.unit == 0.01
    assert scanned.guesses[0].what == "unit of the scan"
    assert scanned.guesses[0].taken.startswith("cm")
    for site in scanned.sites:
        assert np.linalg.norm(np.array(site.position) - template().landmarks[site.name]) < 4e-3
        assert site.side == (
            site.name.split()[-1] if " l" in site.name[-5:] or "right" in site.name else "midline"
        )
    assert np.ptp(scanned.skin.vertices, axis=0) == pytest.approx(
        np.ptp(template().skin.vertices, axis=0), rel=0.03
    )
    mapped = scanned.from_template(template().face.points)
    assert np.median(scanned.skin.tree.query(mapped)[0]) < 2.5e-3
    wrong = message(head, nodes=48, known=ScanRequest(unit="m"))
    assert "In cm it would be a head" in wrong


def test_the_draft_is_read_back_and_a_corrected_landmark_is_taken_exactly(head, tmp_path):
    copy = tmp_path / "again.ply"
    copy.write_bytes(head.read_bytes())
    scanned = read_scan(copy, template(), nodes=56)
    beside = landmarks_beside(copy)
    assert beside.name == "again.landmarks.toml"
    text = scanned.draft()
    beside.write_text(text)
    assert read_landmark_file(beside, known=template().landmarks).landmarks == {}
    place = [float(c) for c in scanned.found.landmarks["zygion left"].place + 0.2]
    beside.write_text(text.replace("[landmarks]\n", f'[landmarks]\n"zygion left" = {place}\n'))
    again = read_scan(copy, template(), nodes=56)
    assert list(again.found.landmarks["zygion left"].place) == place
    site = next(site for site in again.sites if site.name == "zygion left")
    assert (site.confidence, site.source) == (1.0, "set by hand")


@pytest.mark.skipif(not WALT.is_file(), reason="shared/data/walt-head.obj is not here")
def test_a_scanned_sculpture_becomes_a_head_of_average_size():
    scanned = read_scan(WALT, template(), nodes=80)
    assert [guess.what for guess in scanned.guesses][:2] == [
        "size of the head",
        "skin where the scan is open",
    ]
    assert any("open along 148 edges" in said for said in scanned.warnings)
    # The file has y up and looks along z.
    axes = scanned.found.similarity.rotation
    assert axes[:, 2] @ [0, 1, 0] > 0.95 and axes[:, 1] @ [0, 0, 1] > 0.95
    places = {site.name: np.array(site.position) for site in scanned.sites}
    # The tip of the nose is the vertex farthest along z of the file, but for the chest.
    raw = read_surface(WALT).vertices
    tip = raw[np.argmax(raw[:, 2])]
    assert np.linalg.norm(scanned.found.landmarks["pronasale"].place - tip) * scanned.unit < 8e-3
    assert 0.09 < places["sellion"][2] - places["menton"][2] < 0.16
    assert -places["zygion left"][0] == pytest.approx(places["zygion right"][0], abs=0.012)
    assert (
        min(site.confidence for site in scanned.sites) < max(site.confidence for site in scanned.sites) < 1
    )


# Landmark files


def test_landmarks_are_numbers_of_the_file_or_lengths(tmp_path):
    path = tmp_path / "head.landmarks.toml"
    path.write_text(
        'title = "head.obj"\nunit = "2 mm"\n[landmarks]\n"pronasale" = [1, 2.5, -3]\n'
        '"menton" = ["1 mm", "2 cm", "0 mm"]\n'
        '"cheilion left" = { at = [0, 0, 1], confidence = 0.3 }\n'
    )
    read = read_landmark_file(path, known=NAMES)
    assert read.unit == 2e-3 and read.title == "head.obj"
    assert read.landmarks == {
        "pronasale": (1.0, 2.5, -3.0), "menton": (0.5, 10.0, 0.0), "cheilion left": (0.0, 0.0, 1.0)
    }  # fmt: skip


def test_the_unit_of_a_file_may_be_the_word_alone(tmp_path):
    path = tmp_path / "head.landmarks.toml"
    path.write_text('unit = "mm"\n[landmarks]\n"menton" = ["1 cm", 2, "0 mm"]\n')
    read = read_landmark_file(path, known=NAMES)
    assert read.unit == 1e-3
    assert read.landmarks["menton"] == pytest.approx((10.0, 2.0, 0.0))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('"pronasal" = [1, 2, 3]', r":3: landmarks\.pronasal: unknown landmark.*Perhaps \"pronasale\""),
        ('"menton" = [1, 2]', r":3: landmarks\.menton: not a place: expected three numbers"),
        ('"menton" = [1, 2, nan]', r":3: landmarks\.menton.*finite number, came nan"),
        ('"menton" = ["1 mm", 2, 3]', r":3: .*unit is not known.*Write unit"),
        ('"menton" = ["1 kg", 2, 3]', r":3: .*wrong unit"),
        ('"menton" = true', r":3: landmarks\.menton: not a place"),
        (
            '"menton" = [1, 2, 3]\n"pronasale" = [1, 2, 3]',
            r":4: landmarks\.pronasale: two landmarks at one",
        ),
    ],
)
def test_a_wrong_line_of_a_landmark_file_is_named(tmp_path, line, said):
    path = tmp_path / "head.landmarks.toml"
    path.write_text(f'title = "head"\n[landmarks]\n{line}\n')
    with pytest.raises(BodyError) as refused:
        read_landmark_file(path, known=NAMES)
    assert re.search(said, str(refused.value)), refused.value


def test_every_problem_of_a_landmark_file_is_listed(tmp_path):
    path = tmp_path / "head.landmarks.toml"
    path.write_text('titel = "x"\nunit = "1 km"\n[landmarks]\n"menton" = 5\n')
    with pytest.raises(BodyError) as refused:
        read_landmark_file(path, known=NAMES)
    assert [problem.line for problem in refused.value.problems] == [1, 2, 4]


def test_a_draft_lists_the_least_sure_first_and_quotes_any_title(tmp_path):
    text = draft('a "b"\\c.obj', {"menton": ((1, 2, 3), 0.9), "pronasale": ((4, 5, 6), 0.2)}, unit=1e-3)
    assert text.index("pronasale") < text.index('"menton"')
    path = tmp_path / "x.landmarks.toml"
    path.write_text(text)
    read = read_landmark_file(path, known=NAMES)
    assert (read.title, read.unit, read.landmarks) == ('a "b"\\c.obj', 1e-3, {})
    assert landmarks_beside(Path("a/head.nii.gz")) == Path("a/head.landmarks.toml")
