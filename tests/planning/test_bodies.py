"""Bodies by name and from files: what is made of good ones, what is said of bad ones."""

import gzip
from pathlib import Path

import nibabel
import numpy as np
import pytest

from microcurrent import tables
from microcurrent.errors import BodyError, ValueRefused
from microcurrent.physics.bodies.placing import Footprint, place_contact
from microcurrent.planning.bodies import describe, list_bodies, list_slabs, read_body
from microcurrent.planning.bodies.label_map import map_beside, read_label_map

ROOT = Path(__file__).resolve().parents[2]
SHARED_HEAD = ROOT / ".." / "shared" / "data" / "head-40y-labels.nii.gz"
HEAD_LABELS = ROOT / "examples" / "head-labels.toml"
MAP = '[labels]\n0 = "air"\n1 = "skin"\n2 = "fat"\n'


def egg() -> np.ndarray:
    x, y, z = np.meshgrid(np.arange(24), np.arange(28), np.arange(32), indexing="ij")
    radius = np.sqrt(((x - 11) / 9) ** 2 + ((y - 13) / 11) ** 2 + ((z - 15) / 13) ** 2)
    return np.where(radius < 0.7, 2, np.where(radius < 1, 1, 0)).astype(np.uint8)


def save(path: Path, labels: np.ndarray, *, affine=None, text: str | None = MAP, unit="mm") -> Path:
    image = nibabel.Nifti1Image(labels, np.eye(4) if affine is None else affine)
    image.header.set_xyzt_units(unit)
    nibabel.save(image, path)
    if text is not None:
        map_beside(path).write_text(text)
    return path


# Slabs


def test_every_listed_body_can_be_built_and_is_known_by_its_name():
    names = [entry.name for entry in list_bodies()]
    assert names[:3] == ["face", "face male", "face female"] and "slab" in names
    assert len(set(names)) == len(names)
    for entry in list_bodies():
        if not entry.name.startswith(("slab", "face ")):
            body = read_body(entry.name, spacing=3e-3).body
            assert body.name == entry.name
            assert {site.name for site in body.sites} == set(entry.sites)


def test_every_slab_can_be_read_and_is_known_by_its_name():
    names = [entry.name for entry in list_slabs()]
    assert names[0] == "slab"
    for entry in list_slabs():
        source = read_body(entry.name)
        assert source.body.name == entry.name
        assert tuple(site.name for site in source.body.sites) == entry.sites
        assert source.body.kind == "slab"
        volume = source.volume([[0.0, 0.0]], 5e-3)
        assert volume.tissues == source.body.tissues
        assert source.whole.volumes_by_tissue() == pytest.approx(volume.volumes_by_tissue(), rel=1e-9)


def test_slab_is_the_first_stack_of_the_tables_however_it_is_written():
    first = next(iter(tables.stacks()))
    assert read_body("slab").body == read_body(f"slab {first}").body == read_body("  SLAB ").body
    assert len({read_body(entry.name).body.content for entry in list_slabs()}) == len(list_slabs())


def test_slab_volume_has_the_thicknesses_of_the_table_or_those_given():
    source = read_body("slab")
    width, height = tables.stacks()[next(iter(tables.stacks()))].size
    found = source.volume([[0.0, 0.0]], 5e-3).volumes_by_tissue()
    assert found["skin"] == pytest.approx(source.layers[0].thickness.value * width * height, rel=1e-9)
    thicker = source.volume([[0.0, 0.0]], 5e-3, thickness={0: 2e-3}).volumes_by_tissue()
    assert thicker["skin"] == pytest.approx(2e-3 * width * height, rel=1e-9)
    assert thicker["SMAS"] == pytest.approx(found["SMAS"], rel=1e-9)
    with pytest.raises(ValueRefused, match="thickness"):
        source.volume([[0.0, 0.0]], 5e-3, thickness={17: 1e-3})


def test_contacts_fit_at_every_site_of_every_slab():
    for entry in list_slabs():
        source = read_body(entry.name)
        for site in source.body.sites:
            volume = source.volume([site.position], 8e-3, coarse=True)
            placed = place_contact(volume, site.position, Footprint(area=3e-5), impedance=1.0)
            assert placed.contact.area.sum() == pytest.approx(3e-5, rel=1e-7)


def test_tissues_of_a_slab_end_at_the_sums_of_thickness():
    assert read_body("slab forehead").tissues_on_line((0, 0, 0), (0.01, 0, 0)) == {"skin"}


def test_fibres_are_those_of_the_table():
    assert read_body("slab masseter").fibres["muscle"] == pytest.approx((0.3007, -0.9537, 0.0))
    assert not read_body("slab").fibres


def test_description_adds_up_and_names_sources():
    source = read_body("slab masseter")
    rows = describe(source, source.volume([[0.0, 0.0]], 5e-3))
    assert sum(row.share for row in rows) == pytest.approx(1.0)
    assert {row.tissue for row in rows} == set(source.body.tissues)
    for row in rows:
        assert row.conductivity.low <= row.conductivity.value <= row.conductivity.high
        assert row.conductivity.source
        assert (row.along is not None) == (row.tissue == "muscle")


@pytest.mark.parametrize("centres", [[], [[0.0]], [[0.0, float("nan")]], [[0, 0, 0, 0]]])
def test_points_without_coordinates_are_refused(centres):
    with pytest.raises(ValueRefused, match="points"):
        read_body("slab").volume(centres, 5e-3)


@pytest.mark.parametrize("reach", [0.0, -1.0, float("inf")])
def test_reach_must_be_positive(reach):
    with pytest.raises(ValueRefused, match="reach"):
        read_body("slab").volume([[0.0, 0.0]], reach)


@pytest.mark.parametrize(("name", "words"), [
    ("fase", 'Perhaps "face'),
    ("thihg", 'Perhaps "thigh'),
    ("slab forhead", 'Perhaps "slab forehead" is meant'),
    ("forehead", 'Write "slab forehead"'),
    ("gibberish", "unknown body"),
    ("", "unknown body"),
])  # fmt: skip
def test_unknown_bodies_are_refused_with_what_there_is(name, words):
    with pytest.raises(BodyError, match=words) as refused:
        read_body(name)
    assert ".body.h5" in str(refused.value) or '"slab forehead"' in str(refused.value)


def test_a_slab_with_a_label_map_is_refused():
    with pytest.raises(BodyError, match="no labels"):
        read_body("slab", labels=Path("x.toml"))


# Files


def test_body_from_a_file_has_the_tissues_sites_and_regions_of_its_map(tmp_path):
    text = (
        'title = "Egg"\nsource = "made up"\nskin_group = "limb"\nmidline = "0 mm"\n' + MAP
        + '[sites]\n"top left" = { at = ["-3 mm", "0 mm", "13 mm"], side = "left" }\n'
        + '[regions]\n"yolk" = { centre = ["0 mm", "0 mm", "0 mm"], radius = "5 mm" }\n'
    )  # fmt: skip
    shift = np.eye(4)
    shift[:3, 3] = (-11, -13, -15)
    path = save(tmp_path / "egg.nii.gz", egg(), affine=shift, text=text)
    source = read_body("egg.nii.gz", base=tmp_path)
    assert source.body.name == path.name
    assert source.body.kind == "segmentation"
    assert source.body.tissues == ("skin", "fat")
    assert source.body.midline
    assert source.skin_group == "limb"
    assert source.body.provenance == "Egg. made up"
    assert source.body.site("top left").position == pytest.approx((-0.003, 0, 0.013))
    assert source.body.region("yolk").radius == pytest.approx(0.005)
    rows = {row.tissue: row.volume for row in describe(source, source.whole)}
    assert rows["fat"] == pytest.approx((egg() == 2).sum() * 1e-9, rel=1e-6)
    assert source.tissues_on_line((0, 0, 0.013), (0, 0, -0.013)) == {"skin", "fat"}
    assert source.tissues_on_line((0, 0, 0.012), (0, 0, 0.5)) == {"skin"}
    place = (0.0, 0.0, 0.013)
    volume = source.volume([place], 6e-3)
    assert place_contact(volume, place, Footprint(area=2e-5), impedance=1.0).contact.area.sum() == (
        pytest.approx(2e-5, rel=1e-9)
    )
    with pytest.raises(ValueRefused, match="thickness"):
        source.volume([place], 6e-3, thickness={0: 1e-3})


def test_content_changes_with_geometry_and_map_and_not_with_storage(tmp_path):
    def content(name, labels, **more):
        return read_body(str(save(tmp_path / name, labels, **more))).body.content

    reference = content("a.nii.gz", egg())
    assert content("b.nii", egg()) == reference
    assert content("c.nii.gz", egg().astype(np.float32)) == reference
    assert content("d.nii.gz", egg()[..., None]) == reference
    changed = egg()
    changed[11, 13, 15] = 1
    assert content("e.nii.gz", changed) != reference
    assert content("f.nii.gz", egg(), text=MAP.replace('"fat"', '"muscle"')) != reference
    assert content("g.nii.gz", egg(), affine=np.diag([1.1, 1, 1, 1])) != reference


def test_unit_of_the_header_is_respected(tmp_path):
    save(tmp_path / "mm.nii.gz", egg())
    save(tmp_path / "m.nii.gz", egg(), affine=np.diag([1e-3, 1e-3, 1e-3, 1]), unit="meter")
    one, other = (read_body(name, base=tmp_path) for name in ("mm.nii.gz", "m.nii.gz"))
    # The header keeps single precision.
    found = one.whole.volumes_by_tissue(), other.whole.volumes_by_tissue()
    assert found[0]["fat"] == pytest.approx(found[1]["fat"], rel=1e-6)


def test_a_header_without_axes_is_warned_of(tmp_path):
    image = nibabel.Nifti1Image(egg(), None)
    image.header.set_sform(None, code=0)
    image.header.set_qform(None, code=0)
    nibabel.save(image, tmp_path / "a.nii.gz")
    (tmp_path / "a.labels.toml").write_text(MAP)
    warnings = read_body("a.nii.gz", base=tmp_path).body.warnings
    assert any("left and right may be exchanged" in warning for warning in warnings)


def _cut(path):
    save(path, np.random.default_rng(1).integers(0, 3, (24, 28, 32)).astype(np.uint8))
    path.write_bytes(path.read_bytes()[:3000])


def _damaged(path):
    save(path, egg())
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 40] = bytes(40)
    path.write_bytes(bytes(raw))


def _changed(place, value, kind=np.uint8):
    labels = egg().astype(kind)
    labels[place] = value
    return labels


BAD_FILE = {
    "missing": lambda path: None,
    "text": lambda path: path.write_text("this is not an image at all, only text"),
    "empty": lambda path: path.write_bytes(b""),
    "folder": lambda path: path.mkdir(),
    "cut": _cut,
    "damaged": _damaged,
    "gzipped text": lambda path: path.write_bytes(gzip.compress(b"hello " * 200)),
    "series": lambda path: save(path, np.stack([egg(), egg()], axis=-1)),
    "flat": lambda path: save(path, egg()[:, :, :1]),
    "fractions": lambda path: save(path, egg().astype(np.float32) * 0.3),
    "not a number": lambda path: save(path, _changed((0, 0, slice(5)), np.nan, np.float32)),
    "complex": lambda path: save(path, egg().astype(np.complex64)),
    "unmapped": lambda path: save(path, _changed((11, 13, slice(10, 14)), 77)),
    "air": lambda path: save(path, np.zeros((8, 8, 8), np.uint8)),
    "tiny": lambda path: save(path, egg(), affine=np.diag([1e-3, 1e-3, 1e-3, 1])),
    "no map": lambda path: save(path, egg(), text=None),
}
BAD_FILES = [
    ("missing", "there is no such file"),
    ("folder", "this is a folder"),
    ("text", "cannot be read as NIfTI"),
    ("empty", "cannot be read as NIfTI"),
    ("gzipped text", "cannot be read as NIfTI"),
    ("cut", "cannot be read as NIfTI"),
    ("damaged", "cannot be read as NIfTI"),
    ("series", "three dimensions"),
    ("flat", "three dimensions"),
    ("fractions", "with a fraction, such as 0.3"),
    ("not a number", "5 not a number"),
    ("complex", "not labels"),
    ("unmapped", r"77 \(4 voxels\)"),
    ("air", "no tissue"),
    ("tiny", "not that of a body"),
    ("no map", "needs a label map"),
]


@pytest.mark.parametrize(("kind", "words"), BAD_FILES)
def test_bad_files_get_one_clear_message_that_names_them(tmp_path, kind, words):
    path = tmp_path / "body.nii.gz"
    BAD_FILE[kind](path)
    with pytest.raises(BodyError, match=words) as refused:
        read_body(str(path))
    assert str(path) in str(refused.value)
    assert len(refused.value.problems) == 1
    assert "\n" not in str(refused.value)


def test_a_huge_image_is_refused_before_it_is_read(tmp_path):
    image = nibabel.Nifti1Image(np.zeros((2, 2, 2), np.uint8), np.eye(4))
    nibabel.save(image, tmp_path / "a.nii")
    raw = bytearray((tmp_path / "a.nii").read_bytes())
    raw[40:48] = np.array([3, 1000, 1000, 1000], "<i2").tobytes()
    (tmp_path / "a.nii").write_bytes(bytes(raw))
    with pytest.raises(BodyError, match="1000 million, which need about 16 GB"):
        read_body("a.nii", base=tmp_path)


BAD_MAPS = [
    ("", 1, "no labels"),
    ("[labels]\n", 1, "no labels"),
    (MAP + '3 = "fatt"\n', 5, 'Perhaps "fat" is meant'),
    (MAP + '3 = "csf"\n', 5, 'Perhaps "CSF" is meant'),
    (MAP + "3 = 7\n", 5, "unknown tissue"),
    (MAP + 'x = "fat"\n', 5, "a label is a whole number"),
    (MAP + '02 = "fat"\n', 5, "stands here twice"),
    ("tilte = 1\n" + MAP, 1, 'Perhaps "title" is meant'),
    ('skin_group = "nose"\n' + MAP, 1, "one of face, limb"),
    ('midline = "9 mm"\n' + MAP, 1, "too far from x = 0"),
    ("midline = 0\n" + MAP, 1, "quantity is text with a unit"),
    (MAP + '[skin]\ntissue = "skin"\ndepth = "2 cm"\n', 7, "at most 5 mm"),
    (MAP + '[skin]\ntissue = "skni"\ndepth = "2 mm"\n', 6, 'Perhaps "skin" is meant'),
    (MAP + '[sites]\na = { at = ["1 mm", "2 mm"] }\n', 6, "three lengths"),
    (MAP + '[sites]\na = { at = ["1 mm", "2", "3 mm"] }\n', 6, "unit missing"),
    (MAP + '[sites]\na = { side = "left" }\n', 6, "no at"),
    (MAP + '[sites]\na = { at = ["1 mm", "2 mm", "3 mm"], side = "up" }\n', 6, "unknown side"),
    ('midline = "0 mm"\n' + MAP + '[sites]\na = { at = ["1 mm", "2 mm", "3 mm"], side = "left" }\n', 7,
     "on the other side"),
    (MAP + '[sites]\na = { at = ["11 mm", "13 mm", "90 mm"] }\n', None, "does not lie on the skin"),
    (MAP + '[regions]\na = { centre = ["1 mm", "2 mm", "3 mm"], radius = "-1 mm" }\n', 6, "radius"),
    (MAP + "[labels\n", 5, "not valid TOML"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "words"), BAD_MAPS)
def test_bad_label_maps_get_a_message_with_the_line(tmp_path, text, line, words):
    save(tmp_path / "a.nii.gz", egg(), text=text)
    with pytest.raises(BodyError, match=words) as refused:
        read_body("a.nii.gz", base=tmp_path)
    (problem,) = refused.value.problems
    assert problem.file.endswith("a.labels.toml")
    assert problem.line in (line, None)


def test_every_problem_of_a_label_map_is_listed(tmp_path):
    path = tmp_path / "map.toml"
    path.write_text('colour = 1\nskin_group = "x"\n[labels]\n0 = "air"\n1 = "rock"\n2 = "cheese"\n')
    with pytest.raises(BodyError) as refused:
        read_label_map(path)
    assert [problem.line for problem in refused.value.problems] == [1, 5, 6, 2]


def test_label_map_is_looked_for_beside_the_image():
    assert map_beside(Path("a/b.nii.gz")) == Path("a/b.labels.toml")
    assert map_beside(Path("b.c.nii")) == Path("b.c.labels.toml")


# The average head


@pytest.fixture(scope="module")
def head():
    if not SHARED_HEAD.is_file():
        pytest.skip("the average head is absent")
    return read_body(str(SHARED_HEAD), labels=HEAD_LABELS)


def test_head_has_the_volumes_of_its_labels(head):
    found = {row.tissue: row.volume * 1e6 for row in describe(head, head.whole)}
    # Counted in the file, in ml; the film of skull on the skin is turned into soft tissue.
    assert found["grey matter"] == pytest.approx(554.841, abs=0.01)
    assert found["white matter"] == pytest.approx(419.678, abs=0.01)
    assert found["CSF"] == pytest.approx(321.183, abs=0.01)
    assert found["soft tissue"] + found["skull"] == pytest.approx(1816.794 + 517.911, abs=0.01)
    assert found["skull"] < 517.911


def test_head_says_what_is_wrong_with_it(head):
    said = " ".join(head.body.warnings)
    for words in ("1 piece of tissue, 2 voxels", "ends flat towards the lower end", "filled with air",
                  "Skin, fat and muscle are one tissue", "x = 4.2 mm"):  # fmt: skip
        assert words in said


def test_sites_of_the_head_lie_on_its_skin_and_mirror_each_other(head):
    points = {site.name: np.array(site.position) for site in head.body.sites}
    for name, point in points.items():
        assert np.linalg.norm(head.surface.centres - point, axis=1).min() < 1.5e-3
        if name.endswith(" left"):
            mirrored = points[name.removesuffix("left") + "right"] * [-1, 1, 1] + [0.0084, 0, 0]
            assert np.linalg.norm(mirrored - point) < 3e-3
    for side in ("left", "right"):
        orbit = head.body.region(f"orbit {side}")
        assert head.body.site(f"mid cheek {side}").position[2] < orbit.centre[2]
        assert orbit.distance_to(tuple(points[f"malar {side}"])) > 0


def test_every_site_of_the_head_takes_a_probe_on_the_refined_grid(head):
    points = [site.position for site in head.body.sites]
    volume = head.volume(points, 6e-3)
    surface = volume.surface()
    for point in points:
        placed = place_contact(volume, point, Footprint(area=3e-5), impedance=1.0, surface=surface)
        assert placed.contact.area.sum() == pytest.approx(3e-5, rel=1e-9)
        assert placed.moved < 1.5e-3
        under = {volume.tissues[k] for k in volume.labels.ravel()[placed.contact.cells]}
        assert under == {"soft tissue"}
