"""Ready label maps: what is shipped, naming one, beginning from one, and telling which fits an image."""

import dataclasses
from pathlib import Path

import nibabel
import numpy as np
import pytest

from microcurrent import tables
from microcurrent.errors import BodyError, ValueRefused
from microcurrent.model.labels import LabelRow, ReadyLabelMap
from microcurrent.physics.bodies.label_looks import looks_of
from microcurrent.planning.bodies import describe_ready
from microcurrent.planning.bodies.label_map import PARTS, label_map_of, map_beside, read_label_map
from microcurrent.planning.bodies.map_of_image import map_of_image
from microcurrent.planning.bodies.nifti import LabelImage
from microcurrent.planning.bodies.ready_maps import find_ready, list_ready
from microcurrent.planning.bodies.recognising import recognise, why_not
from microcurrent.planning.bodies.segmentation import read_segmentation

ROOT = Path(__file__).resolve().parents[2]
SHARED_HEAD = ROOT.parent / "shared" / "data" / "head-40y-labels.nii.gz"
READY = {ready.name: ready for ready in list_ready()}
PATH = Path("image.nii.gz")
#: Voxels [m] of the phantom, and its axes: ellipsoids of a head, x to the right, z up.
VOXEL = 3e-3


def places():
    """Coordinates [m] of every voxel, the middle of the head at 0."""
    axes = [(np.arange(n) - (n - 1) / 2) * VOXEL for n in (64, 76, 80)]
    return np.meshgrid(*axes, indexing="ij")


def inside(radii, middle=(0.0, 0.0, 0.0)):
    x, y, z = (axis - at for axis, at in zip(places(), middle, strict=True))
    return (x / radii[0]) ** 2 + (y / radii[1]) ** 2 + (z / radii[2]) ** 2 < 1


def head(**numbers: int) -> np.ndarray:
    """A head of ellipsoids, one inside the other, with two eyes; the number that each tissue gets.

    Tissues without a number stay what is around them.
    """
    labels = np.zeros(places()[0].shape, dtype=np.int16)
    shells = {
        "soft": (92e-3, 111e-3, 117e-3),
        "outer": (74e-3, 94e-3, 101e-3),
        "spongy": (70e-3, 90e-3, 97e-3),
        "inner": (66e-3, 86e-3, 93e-3),
        "fluid": (64e-3, 84e-3, 91e-3),
        "grey": (60e-3, 80e-3, 87e-3),
        "white": (52e-3, 72e-3, 79e-3),
    }
    for tissue, radii in shells.items():
        if tissue in numbers:
            labels[inside(radii)] = numbers[tissue]
    if "eye" in numbers:
        for x in (-32e-3, 32e-3):
            labels[inside((12e-3,) * 3, (x, 84e-3, -12e-3))] = numbers["eye"]
    if "air" in numbers:
        labels[inside((12e-3, 6e-3, 26e-3), (0, 90e-3, -40e-3))] = numbers["air"]
    return labels


def sided(ready: ReadyLabelMap, names: dict[str, tuple[float, float, float]], radius=8e-3) -> np.ndarray:
    """Balls at the middles given [m] for each label of a map whose name begins so."""
    labels = np.zeros(places()[0].shape, dtype=np.int16)
    for row in ready.rows:
        for name, middle in names.items():
            if row.name.startswith(name):
                labels[inside((radius,) * 3, middle)] = row.first
    return labels


def image_of(labels: np.ndarray, *, mirrored: bool = False) -> LabelImage:
    affine = np.diag([VOXEL, VOXEL, VOXEL, 1.0])
    affine[:3, 3] = [-(n - 1) / 2 * VOXEL for n in labels.shape]
    if mirrored:
        affine[0] *= -1
    return LabelImage(labels=labels, affine=affine, warnings=())


def brain(left_white: int, left_grey: int, right_white: int, right_grey: int) -> np.ndarray:
    """A brain in halves, grey around white, with a cerebellum as FreeSurfer numbers it."""
    x, _, z = places()
    grey, white = inside((60e-3, 80e-3, 70e-3)), inside((50e-3, 70e-3, 60e-3))
    labels = np.where(grey, np.where(x < 0, left_grey, right_grey), 0)
    labels = np.where(white, np.where(x < 0, left_white, right_white), labels)
    below = white & (z < -40e-3)
    return np.where(below, np.where(x < 0, 7, 46), labels).astype(np.int16)


# What is shipped


def test_every_map_gives_each_label_once_and_a_tissue_that_exists():
    tissues = set(tables.tissues())
    assert {"charm", "headreco", "roast", "freesurfer", "five-class"} <= set(READY)
    assert sum(name.startswith("totalsegmentator") for name in READY) >= 8
    for ready in READY.values():
        labels = [label for row in ready.rows for label in row.labels]
        assert len(labels) == len(set(labels)) == len(ready.meaning) > 2
        assert ready.meaning[0] is None
        assert {tissue for tissue in ready.meaning.values() if tissue} <= tissues - {"air"}
        assert ready.assignment == "proposed"


def test_what_is_called_a_bone_muscle_or_eye_is_mapped_to_one():
    words = {
        "skull": PARTS["bone"], "vertebrae": PARTS["bone"], "bone": PARTS["bone"], "femur": PARTS["bone"],
        "white-matter": PARTS["brain"], "cortex": PARTS["brain"], "masseter": PARTS["muscle"],
        "eye_left": PARTS["eye"], "sinus": PARTS["air"], "artery": {"blood"}, "parotid": PARTS["gland"],
    }  # fmt: skip
    checked = 0
    for ready in READY.values():
        for row in ready.rows:
            for word, tissues in words.items():
                if word in row.name.lower():
                    assert (row.tissue or "air") in tissues, (ready.name, row)
                    checked += 1
    assert checked > 60


def test_what_lumps_skin_fat_and_muscle_says_so():
    for name, label in (("charm", 5), ("headreco", 5), ("roast", 5), ("five-class", 5)):
        assert READY[name].lumped == {label: ("skin", "fat", "muscle")}
        assert READY[name].meaning[label] == "soft tissue"
    assert READY["totalsegmentator head muscles"].lumped == {}
    for ready in READY.values():
        assert all(len(lumps) > 1 for lumps in ready.lumped.values())


def test_parts_of_an_image_are_found_by_name():
    charm = label_map_of(READY["charm"])
    assert charm.labels_of("bone") == {4, 7, 8}
    assert charm.labels_of("eye") == {6}
    assert charm.labels_of("brain") == {1, 2}
    assert charm.labels_of("air") == {0}
    assert charm.labels_of("fat") == {12}
    assert charm.labels_of("butter") == frozenset()
    assert charm.names[5] == "Scalp"


def test_a_map_that_gives_a_label_twice_is_refused():
    rows = tuple(LabelRow(first=a, last=b, name="x", tissue="fat") for a, b in ((1, 4), (4, 5)))
    with pytest.raises(ValueRefused, match="4 twice"):
        ReadyLabelMap(
            name="x", program="x", rows=rows, skin_group="face", source="x", confidence="found",
            assignment="proposed",
        )  # fmt: skip


def test_the_list_of_maps_counts_labels_and_cites_a_commit():
    entries = {entry.ready.name: entry for entry in describe_ready()}
    assert entries["charm"].count == 13
    assert entries["totalsegmentator total"].count == 118
    assert all("commit" in entry.citation for entry in entries.values())
    assert [entry.ready.name for entry in describe_ready("Roast")] == ["roast"]
    with pytest.raises(BodyError, match='Perhaps "charm"'):
        describe_ready("charn")


# Naming one


@pytest.mark.parametrize(("written", "name"), [
    ("charm", "charm"),
    (" CHARM ", "charm"),
    ("totalsegmentator head_muscles", "totalsegmentator head muscles"),
    ("charn", None),
])  # fmt: skip
def test_a_ready_map_is_found_however_it_is_written(written, name):
    found = find_ready(written)
    assert (found and found.name) == name


def save(folder: Path, labels: np.ndarray, *, text: str | None = None) -> Path:
    path = folder / "head.nii.gz"
    image = image_of(labels)
    affine = np.diag([1e3, 1e3, 1e3, 1.0]) @ image.affine
    nibabel.save(nibabel.Nifti1Image(labels, affine), path)
    if text is not None:
        map_beside(path).write_text(text)
    return path


ROAST = {"white": 1, "grey": 2, "fluid": 3, "outer": 4, "soft": 5, "air": 6}
FIVE = {"grey": 1, "white": 2, "fluid": 3, "outer": 4, "soft": 5}
HEADRECO = {"white": 1, "grey": 2, "fluid": 3, "outer": 4, "soft": 5, "eye": 6}
CHARM = {"white": 1, "grey": 2, "fluid": 3, "soft": 5, "eye": 6, "outer": 7, "spongy": 8, "inner": 7}


def test_a_plan_names_a_ready_map_and_a_file_of_that_name_comes_first(tmp_path):
    path = save(tmp_path, head(**ROAST))
    source = read_segmentation(path, labels="roast", base=tmp_path)
    assert set(source.body.tissues) == {"white matter", "grey matter", "CSF", "skull", "soft tissue"}
    assert source.body.guesses == ()
    assert "roast" in source.body.provenance
    (tmp_path / "roast").write_text('like = "roast"\n[labels]\n4 = "cortical bone"\n')
    assert "cortical bone" in read_segmentation(path, labels="roast", base=tmp_path).body.tissues


@pytest.mark.parametrize(("labels", "words"), [
    ("raost", 'Perhaps "roast" is meant'),
    ("totalsegmentator muscles", '"totalsegmentator head muscles"'),
    ("absent.toml", "Check the name"),
])  # fmt: skip
def test_a_wrong_name_gets_a_suggestion(tmp_path, labels, words):
    path = save(tmp_path, head(**ROAST))
    with pytest.raises(BodyError) as refused:
        read_segmentation(path, labels=labels, base=tmp_path)
    (problem,) = refused.value.problems
    assert problem.key == "labels"
    assert words in str(problem)
    assert labels in problem.came


def test_a_named_map_that_does_not_look_right_is_read_with_a_warning(tmp_path):
    path = save(tmp_path, head(**FIVE))
    assert not any(
        "does not look" in text for text in read_segmentation(path, labels="five-class").body.warnings
    )
    (doubt,) = [
        text for text in read_segmentation(path, labels="roast").body.warnings if "does not look" in text
    ]
    assert "white matter touches more fluid" in doubt


def test_labels_that_a_named_map_does_not_know_are_refused_briefly(tmp_path):
    labels = head(**FIVE)
    labels[labels == 5] = 777
    with pytest.raises(BodyError, match="777") as refused:
        read_segmentation(save(tmp_path, labels), labels="freesurfer")
    assert len(str(refused.value)) < 500


# Beginning from one


def test_an_own_map_may_begin_from_a_ready_one(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(
        'like = "Charm"\ntitle = "Mine"\n[labels]\n10 = "mimetic muscle"\n13 = "gland"\n5 = "fat"\n'
        '[sites]\n"top" = { at = ["0 mm", "0 mm", "117 mm"] }\n'
    )
    own, charm = read_label_map(path), READY["charm"]
    assert own.meaning == charm.meaning | {10: "mimetic muscle", 13: "gland", 5: "fat"}
    assert own.like == "charm" and own.title == "Mine" and own.sites[0].name == "top"
    assert own.lumped == {}  # 5 is now fat alone
    assert 10 not in own.names and own.names[7] == "Compact_bone"
    path.write_text('like = "charm"\n')
    assert read_label_map(path).meaning == charm.meaning
    assert read_label_map(path).lumped == charm.lumped


def test_what_an_own_map_lumps_is_said_or_follows_from_soft_tissue(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(
        '[labels]\n0 = "air"\n1 = "soft tissue"\n2 = "muscle"\n[lumped]\n2 = ["muscle", "fat"]\n'
    )
    assert read_label_map(path).lumped == {1: ("skin", "fat", "muscle"), 2: ("muscle", "fat")}


def test_zero_of_a_part_is_given_a_meaning_by_an_own_map(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text('like = "freesurfer"\n')
    assert read_label_map(path).covers == "part"
    path.write_text('like = "freesurfer"\n[labels]\n0 = "air"\n')
    assert read_label_map(path).covers == "whole"


@pytest.mark.parametrize(("text", "line", "words"), [
    ('title = "x"\nlike = "charn"\n', 2, 'Perhaps "charm"'),
    ('like = 3\n', 1, "text"),
    ('like = "charm"\n[labels]\n5 = "faat"\n', 3, 'Perhaps "fat"'),
    ('like = "charm"\n[lumped]\n99 = ["skin", "fat"]\n', 3, "not a label of this map"),
    ('like = "charm"\n[lumped]\n5 = "skin"\n', 3, "not a list of tissues"),
    ('like = "charm"\n\n[lumped]\n5 = ["skin", "lard"]\n', 4, "lard"),
])  # fmt: skip
def test_problems_of_a_map_that_begins_from_a_ready_one_name_the_line(tmp_path, text, line, words):
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(BodyError) as refused:
        read_label_map(path)
    (problem,) = refused.value.problems
    assert problem.line == line
    assert words in str(problem)


# Telling which fits


@pytest.mark.parametrize(("name", "labels"), [
    ("five-class", head(**FIVE)),
    ("roast", head(**ROAST)),
    ("headreco", head(**HEADRECO)),
    ("charm", head(**CHARM)),
    ("charm labeling", np.where(
        inside((80e-3, 100e-3, 107e-3)), np.where(inside((60e-3, 80e-3, 70e-3)), brain(2, 3, 41, 42),
        np.where(inside((64e-3, 84e-3, 74e-3)), 520, np.where(inside((70e-3, 90e-3, 80e-3)), 515, 507))),
        np.where(inside((85e-3, 105e-3, 112e-3)), 511, 0))),
    ("freesurfer", brain(2, 3, 41, 42)),
    ("freesurfer", brain(2, 1003, 41, 2003)),
])  # fmt: skip
def test_the_kind_of_a_whole_image_is_told_from_its_labels_and_shape(name, labels):
    found, guess = recognise(image_of(labels), PATH)
    assert found.like == name
    assert f'"{name}"' in guess.taken and PATH.name in guess.what
    assert found.meaning == READY[name].meaning


HEAD_MUSCLES = {
    "masseter_right": (0.055, 0.04, -0.05), "masseter_left": (-0.055, 0.04, -0.05),
    "temporalis_right": (0.065, 0.03, 0.03), "temporalis_left": (-0.065, 0.03, 0.03),
    "lateral_pterygoid_right": (0.035, 0.03, -0.03), "lateral_pterygoid_left": (-0.035, 0.03, -0.03),
    "medial_pterygoid_right": (0.03, 0.02, -0.06), "medial_pterygoid_left": (-0.03, 0.02, -0.06),
    "tongue": (0.0, 0.05, -0.08), "digastric_right": (0.02, 0.03, -0.1), "digastric_left": (-0.02, 0.03, -0.1),
}  # fmt: skip
GLANDS = {
    "eye_left": (-0.032, 0.08, 0.0), "eye_right": (0.032, 0.08, 0.0),
    "optic_nerve_left": (-0.02, 0.06, 0.0), "optic_nerve_right": (0.02, 0.06, 0.0),
    "parotid_gland_left": (-0.06, 0.0, -0.05), "parotid_gland_right": (0.06, 0.0, -0.05),
    "submandibular_gland_right": (0.03, 0.03, -0.1), "submandibular_gland_left": (-0.03, 0.03, -0.1),
    "nasopharynx": (0.0, 0.0, -0.04), "oropharynx": (0.0, 0.0, -0.06), "hypopharynx": (0.0, 0.0, -0.1),
    "nasal_cavity_right": (0.009, 0.07, -0.03), "nasal_cavity_left": (-0.009, 0.07, -0.03),
    "auditory_canal_right": (0.07, 0.0, -0.02), "auditory_canal_left": (-0.07, 0.0, -0.02),
    "soft_palate": (0.0, 0.02, -0.05), "hard_palate": (0.0, 0.05, -0.05),
}  # fmt: skip


@pytest.mark.parametrize(("name", "middles"), [
    ("totalsegmentator head muscles", HEAD_MUSCLES),
    ("totalsegmentator head glands cavities", GLANDS),
])  # fmt: skip
def test_a_task_of_totalsegmentator_is_told_by_its_sides(name, middles):
    labels = sided(READY[name], middles)
    found, _ = recognise(image_of(labels), PATH)
    assert found.like == name and found.covers == "part"
    with pytest.raises(BodyError, match="does not lie to the right"):
        recognise(image_of(labels, mirrored=True), PATH)


def test_the_body_of_totalsegmentator_is_told_by_labels_that_no_other_program_has():
    total = READY["totalsegmentator total"]
    x, y, _ = places()
    labels = np.where(inside((70e-3, 90e-3, 97e-3)), 91, 0)
    labels = np.where(inside((60e-3, 80e-3, 87e-3)), 90, labels)
    for number, label in enumerate((*range(32, 51), 79)):
        labels = np.where((abs(x) < 9e-3) & (abs(y - (number - 10) * 9e-3) < 4e-3), label, labels)
    found, _ = recognise(image_of(labels.astype(np.int16)), PATH)
    assert found.like == total.name


def test_a_part_is_read_with_a_guess_on_what_has_no_label():
    image = image_of(sided(READY["totalsegmentator head muscles"], HEAD_MUSCLES))
    named = map_of_image(image, PATH)
    assert [guess.taken for guess in named.guesses][1:] == ["air"]
    again = map_of_image(image, PATH, labels="totalsegmentator head muscles")
    assert [guess.taken for guess in again.guesses] == ["air"]


@pytest.mark.parametrize(("name", "labels", "words"), [
    ("five-class", head(**FIVE | {"grey": 2, "white": 1}), "white matter touches more fluid"),
    ("five-class", head(soft=5, outer=4, grey=1), "2 (white matter) is missing"),
    ("roast", head(**HEADRECO), "looks like a pair of eyes"),
    ("headreco", head(**ROAST), "does not look like a pair of eyes"),
    ("five-class", head(**FIVE | {"soft": 4, "outer": 5}), "not the largest"),
    ("charm", head(**HEADRECO), "is missing"),
    ("totalsegmentator craniofacial structures", head(soft=5, outer=4, inner=3, grey=1, white=2),
     "4 (head) is not the largest"),
    ("freesurfer", brain(41, 42, 2, 3), "does not lie to the right"),
    ("totalsegmentator total", head(**FIVE), "only 5 of its"),
])  # fmt: skip
def test_a_map_that_does_not_fit_has_a_reason(name, labels, words):
    image = image_of(labels)
    assert words in why_not(READY[name], looks_of(image.labels, image.affine))


def test_a_brain_that_lies_open_is_not_a_whole_head():
    labels = head(**FIVE)
    labels[inside((30e-3, 30e-3, 60e-3), (0, 0, 110e-3))] = 0  # a hole from above
    image = image_of(labels)
    assert "open to the outside" in why_not(READY["five-class"], looks_of(image.labels, image.affine))


def test_few_labels_are_never_guessed_and_the_message_names_what_they_may_be():
    labels = np.where(inside((60e-3, 80e-3, 87e-3)), 2, np.where(inside((85e-3, 105e-3, 112e-3)), 1, 0))
    with pytest.raises(BodyError) as refused:
        recognise(image_of(labels), PATH)
    (problem,) = refused.value.problems
    assert '"totalsegmentator body"' in problem.came
    assert problem.file == str(PATH) and "labels = " in problem.advice


def test_several_maps_that_fit_are_all_named(monkeypatch):
    twin = dataclasses.replace(READY["five-class"], name="twin")
    monkeypatch.setattr(
        "microcurrent.planning.bodies.recognising.list_ready", lambda: (*READY.values(), twin)
    )
    with pytest.raises(BodyError, match='may be "five-class" or "twin"') as refused:
        recognise(image_of(head(**FIVE)), PATH)
    assert len(refused.value.problems) == 1


def test_labels_that_nothing_knows_are_answered_with_how_to_go_on(tmp_path):
    labels = head(**FIVE)
    labels[labels > 0] += 900
    with pytest.raises(BodyError) as refused:
        read_segmentation(save(tmp_path, labels))
    text = str(refused.value)
    assert "no ready map fits" in text and "body labels" in text and "head.labels.toml" in text
    assert "\n" not in text and len(text) < 600


def test_the_file_beside_the_image_comes_before_any_guess(tmp_path):
    path = save(tmp_path, head(**FIVE), text='like = "five-class"\n[labels]\n4 = "cortical bone"\n')
    body = read_segmentation(path).body
    assert "cortical bone" in body.tissues and body.guesses == ()


@pytest.mark.skipif(not SHARED_HEAD.exists(), reason="the shared head is not here")
def test_the_shared_head_is_recognised_as_five_classes():
    body = read_segmentation(SHARED_HEAD).body
    (guess,) = body.guesses
    assert '"five-class"' in guess.taken
    assert guess.sentence.startswith("Not given: what the labels of head-40y-labels.nii.gz are.")
    assert set(body.tissues) == {"grey matter", "white matter", "CSF", "skull", "soft tissue"}


# Looks


def test_volumes_middles_and_contacts_of_two_boxes_are_those_of_geometry():
    labels = np.zeros((10, 8, 6), dtype=np.int16)
    labels[2:5, 1:5, 1:5] = 4
    labels[5:9, 1:5, 1:5] = -3
    looks = looks_of(labels, np.diag([1e-3, 2e-3, 3e-3, 1.0]))
    assert looks.labels == (-3, 0, 4)
    assert looks.volume == pytest.approx(np.array([64, 480 - 112, 48]) * 6e-9)
    assert looks.middle[2] == pytest.approx([3e-3, 5e-3, 7.5e-3])
    assert looks.touching(frozenset({4}), frozenset({-3})) == 16
    assert looks.touching(frozenset({4}), frozenset({0})) == 16 + 4 * 12
    assert looks.eyes == frozenset()


def test_looks_hardly_change_where_a_large_image_is_thinned_out(monkeypatch):
    image = image_of(head(**FIVE))
    full = looks_of(image.labels, image.affine)
    monkeypatch.setattr("microcurrent.physics.bodies.label_looks._ENOUGH", 100_000)
    thin = looks_of(image.labels, image.affine)
    assert thin.labels == full.labels
    assert thin.volume == pytest.approx(full.volume, rel=0.1)
    assert thin.middle == pytest.approx(full.middle, abs=2 * VOXEL)


@pytest.mark.parametrize(("radius", "apart", "are_eyes"), [
    (12e-3, 64e-3, True), (12e-3, 30e-3, False), (20e-3, 64e-3, False), (7e-3, 64e-3, False),
])  # fmt: skip
def test_eyes_are_two_balls_of_their_size_and_distance(radius, apart, are_eyes):
    labels = np.zeros(places()[0].shape, dtype=np.int16)
    for side in (-1, 1):
        labels[inside((radius,) * 3, (side * apart / 2, 0.0, 0.0))] = 6
    assert (looks_of(labels, image_of(labels).affine).eyes == {6}) is are_eyes


def test_two_rods_are_no_eyes():
    labels = np.zeros(places()[0].shape, dtype=np.int16)
    for side in (-1, 1):
        labels[inside((6e-3, 6e-3, 48e-3), (side * 32e-3, 0.0, 0.0))] = 6
    assert looks_of(labels, image_of(labels).affine).eyes == frozenset()
