"""Limbs and patches of the back by name: sites, zones, muscles and nerves where they should be."""

import math

import numpy as np
import pytest

from microcurrent import tables
from microcurrent.errors import BodyError, ValueRefused
from microcurrent.planning.bodies.limbs import (
    is_limb,
    limb_body,
    limb_names,
    limb_sites,
    limb_surface,
    limb_title,
    parse_limb,
)

NAMES = ("forearm", "upper arm", "thigh", "calf", "knee", "lower back", "shoulder")
#: What a physiotherapist asks for, on each body.
WANTED = {
    "forearm": (
        "lateral epicondyle right", "medial epicondyle right", "common extensor origin right", "volar wrist crease right",
        "extensor digitorum motor point right",
    ),
    "upper arm": ("biceps brachii motor point right", "triceps brachii long head motor point right", "deltoid insertion right"),
    "thigh": ("vastus medialis motor point right", "rectus femoris motor point right", "biceps femoris motor point right"),
    "calf": ("gastrocnemius medial head right", "tibialis anterior motor point right", "achilles tendon right"),
    "knee": (
        "medial joint line right", "lateral joint line right", "patella apex right", "tibial tuberosity right",
        "popliteal fossa right", "vastus medialis motor point right",
    ),
    "lower back": ("L4 L5 spinous process", "PSIS right", "PSIS left", "erector spinae L3 left", "multifidus L5 right"),
    "shoulder": ("acromion right", "upper trapezius right", "supraspinatus right", "infraspinatus right", "C7 spinous process"),
}  # fmt: skip
NERVES = {
    "forearm": ("median", "ulnar", "superficial radial"),
    "upper arm": ("musculocutaneous", "median", "ulnar", "radial"),
    "thigh": ("sciatic", "saphenous"),
    "calf": ("common peroneal", "tibial", "sural"),
    "knee": ("common peroneal", "tibial", "saphenous"),
    "lower back": ("superior cluneal, medial branch", "middle cluneal"),
    "shoulder": ("accessory", "suprascapular", "axillary"),
}


@pytest.fixture(scope="module")
def bodies():
    return {name: limb_body(name, spacing=2e-3) for name in NAMES}


@pytest.fixture(scope="module")
def left_bodies():
    return {name: limb_body(name, spacing=2e-3) for name in limb_names() if name.endswith("left")}


def kind_at(anatomy, points):
    """Number of the kind at points (P, 3) [m], 0 outside the grid."""
    fine = anatomy.spacing / anatomy.refinement
    index = np.floor((np.asarray(points) - [edges[0] for edges in anatomy.grid.edges]) / fine).astype(int)
    inside = ((index >= 0) & (index < anatomy.kinds.shape)).all(axis=1)
    found = np.zeros(len(index), dtype=np.uint8)
    found[inside] = anatomy.kinds[tuple(index[inside].T)]
    return found


def off_skin(anatomy, point):
    """Distance [m] of a point from the nearest face between tissue and air."""
    fine = anatomy.spacing / anatomy.refinement
    reach = 4
    origin = np.array([edges[0] for edges in anatomy.grid.edges])
    middle = np.floor((point - origin) / fine).astype(int)
    offsets = np.stack(np.meshgrid(*[np.arange(-reach, reach + 1)] * 3, indexing="ij"), axis=-1).reshape(
        -1, 3
    )
    centres = origin + (middle + offsets + 0.5) * fine
    filled = kind_at(anatomy, centres).reshape([2 * reach + 1] * 3) > 0
    centres = centres.reshape([2 * reach + 1] * 3 + [3])
    least = math.inf
    for axis in range(3):
        a, b = np.moveaxis(filled, axis, 0)[:-1], np.moveaxis(filled, axis, 0)[1:]
        faces = np.moveaxis(centres, axis, 0)[:-1][a != b] + 0.5 * fine * np.eye(3)[axis]
        if len(faces):
            away = np.abs(faces - point)
            away[:, [k for k in range(3) if k != axis]] -= 0.5 * fine
            least = min(least, np.linalg.norm(np.clip(away, 0, None), axis=1).min())
    return least


# -- names -----------------------------------------------------------------------------------


def test_the_seven_bodies_are_there_on_both_sides():
    assert set(NAMES) == set(tables.limbs())
    assert set(limb_names()) == {*NAMES, *(f"{n} left" for n in NAMES if n != "lower back")}


@pytest.mark.parametrize(
    ("name", "text", "sex", "side"),
    [
        ("forearm", "forearm", "average", "right"),
        ("  Upper  ARM left", "upper arm left", "average", "left"),
        ("thigh female left", "thigh female left", "female", "left"),
        ("thigh left female", "thigh female left", "female", "left"),
        ("knee right male", "knee male", "male", "right"),
        ("lower back", "lower back", "average", ""),
        ("lower back average", "lower back", "average", ""),
    ],
)
def test_names_are_understood_in_any_order(name, text, sex, side):
    meant = parse_limb(name)
    assert (meant.text, meant.sex, meant.side) == (text, sex, side)
    assert parse_limb(meant.text) == meant


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("forarm", '"forearm"'), ("", "one of forearm"), ("elbow", "one of forearm"), ("forearm upper", "at most one sex"),
        ("forearm left right", "one side"), ("thigh male female", "one sex"), ("lower back left", "both"),
        ("face", "one of forearm"),
    ],
)  # fmt: skip
def test_a_wrong_name_is_refused_in_one_sentence(name, said):
    with pytest.raises(BodyError) as refused:
        limb_body(name)
    assert said in str(refused.value) and f'"{name}"' in str(refused.value)


@pytest.mark.parametrize("name", NAMES)
def test_the_list_names_the_sites_without_building(bodies, left_bodies, name):
    assert limb_sites(name) == tuple(site.name for site in bodies[name][0].sites)
    if f"{name} left" in left_bodies:
        assert limb_sites(f"{name} left") == tuple(
            site.name for site in left_bodies[f"{name} left"][0].sites
        )
        assert limb_title(f"{name} left").endswith("left")
    assert limb_title(name).startswith(tables.limbs()[name].title)
    assert is_limb(name) and is_limb(f"{name} elsewhere")


@pytest.mark.parametrize("name", ["forearm.nii.gz", "face", "upper", "", "kneecap"])
def test_other_names_are_no_limb(name):
    assert not is_limb(name)


def test_a_wrong_sex_or_two_sexes_are_refused():
    with pytest.raises(BodyError, match="male, female, average"):
        limb_body("forearm", sex="m")
    with pytest.raises(BodyError, match="the sex male"):
        limb_body("forearm female", sex="male")
    assert parse_limb("forearm female", sex="female").sex == "female"
    with pytest.raises(ValueRefused, match="spacing"):
        limb_body("forearm", spacing=1.0)


# -- sites -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_sites_are_named_as_a_physiotherapist_names_them(bodies, name):
    body, _ = bodies[name]
    assert len(body.sites) >= 10
    for wanted in WANTED[name]:
        site = body.site(wanted)
        assert site.side == (wanted.split()[-1] if wanted.split()[-1] in ("left", "right") else "midline")
        assert site.source in tables.references()


@pytest.mark.parametrize("name", NAMES)
def test_every_site_lies_on_the_skin_within_a_sub_voxel(bodies, name):
    body, anatomy = bodies[name]
    fine = anatomy.spacing / anatomy.refinement
    for site in body.sites:
        assert off_skin(anatomy, np.array(site.position)) < fine, site.name


@pytest.mark.parametrize("name", NAMES)
def test_sites_keep_clear_of_the_cuts_and_of_each_other(bodies, name):
    body, anatomy = bodies[name]
    low, high = anatomy.grid.z[0], anatomy.grid.z[-1]
    for site in body.sites:
        assert low + 5e-3 < site.position[2] < high - 5e-3, site.name
        if body.midline:
            assert anatomy.grid.x[0] + 10e-3 < site.position[0] < anatomy.grid.x[-1] - 10e-3, site.name
        others = [other for other in body.sites if other is not site]
        assert min(site.distance_to(other) for other in others) > 5e-3, site.name


@pytest.mark.parametrize("sex", ["male", "female", "average"])
@pytest.mark.parametrize("name", NAMES)
def test_layers_below_the_sites_are_those_of_the_table(name, sex):
    """Far from a swelling exactly, near one by what it says; never less than a third of the table."""
    surface = limb_surface(parse_limb(f"{name} {sex}"))
    shape = surface.shape
    wanted = {"skin": [shape.size(s).skin.value for s in ("male", "female")],
              "fat": [shape.size(s).fat.value for s in ("male", "female")]}  # fmt: skip
    body, anatomy = limb_body(f"{name} {sex}", spacing=3e-3)
    at = anatomy.skin.nearest([site.position for site in body.sites])
    for layer, (male, female) in wanted.items():
        base = {"male": male, "female": female, "average": 0.5 * (male + female)}[sex]
        found = anatomy.thickness[layer][at]
        assert (found > 0.33 * base).all() and (found < 1.6 * base).all()
        if not any(hill.layer == layer for hill in shape.swellings):
            assert found == pytest.approx(base, rel=0.02)
        far = [
            k
            for k, site in enumerate(body.sites)
            if all(
                hill.layer != layer or abs(site.position[2] - hill.along) > 3 * hill.length
                for hill in shape.swellings
            )
        ]
        assert found[far] == pytest.approx(base, rel=0.03)


# -- left and right, male and female -------------------------------------------------------------


@pytest.mark.parametrize("name", [n for n in limb_names() if n.endswith("left")])
def test_the_left_is_the_mirror_image_of_the_right(bodies, left_bodies, name):
    (left, anatomy), (right, other) = left_bodies[name], bodies[name.removesuffix(" left")]
    assert (left.name, right.name) == (name, name.removesuffix(" left"))
    assert len(left.sites) == len(right.sites) and left.content != right.content
    for site in left.sites:
        mirror = right.site(site.name.replace(" left", " right"))
        assert site.position == pytest.approx((-mirror.position[0], *mirror.position[1:]))
        assert site.side == {"right": "left", "midline": "midline"}[mirror.side]
    assert (anatomy.kinds == other.kinds[::-1]).all()
    for one, two in ((left.muscles, right.muscles), (left.nerves, right.nerves), (left.zones, right.zones)):
        assert [n.name for n in one] == [n.name.replace(" right", " left") for n in two]
        assert {n.side for n in one} == {"left"}
    for muscle, mirror in zip(left.muscles, right.muscles, strict=True):
        assert muscle.origin == pytest.approx((-mirror.origin[0], *mirror.origin[1:]))
        assert (muscle.volume, muscle.length) == pytest.approx((mirror.volume, mirror.length))
    assert anatomy.volumes_by_tissue() == pytest.approx(other.volumes_by_tissue())


def test_the_lower_back_is_its_own_mirror_image(bodies):
    body, anatomy = bodies["lower back"]
    tissue = np.array(["", *(kind.tissue for kind in anatomy.table)])[anatomy.kinds]
    assert (tissue == tissue[::-1]).mean() > 0.995
    for site in body.sites_of(side="left"):
        mirror = body.site(site.name.replace("left", "right"))
        assert site.position == pytest.approx((-mirror.position[0], *mirror.position[1:]))
        assert site.position[0] < 0
    assert all(site.position[0] == 0 for site in body.sites_of(side="midline"))


@pytest.mark.parametrize("name", NAMES)
def test_sexes_differ_as_the_table_says_and_the_average_lies_between(name):
    shape = tables.limbs()[name]
    fat = {}
    for sex in ("male", "female", "average"):
        body, anatomy = limb_body(name, spacing=4e-3, sex=sex)
        assert body.name == (name if sex == "average" else f"{name} {sex}")
        assert sex in body.provenance
        fat[sex] = np.median(anatomy.thickness["fat"])
    ratio = shape.size("female").fat.value / shape.size("male").fat.value
    assert ratio > 1.3
    assert fat["female"] / fat["male"] == pytest.approx(ratio, rel=0.02)
    assert fat["average"] == pytest.approx(0.5 * (fat["male"] + fat["female"]), rel=0.02)


# -- muscles, nerves, zones ------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_muscles_lie_below_skin_and_fat_and_have_sensible_sizes(bodies, name):
    body, anatomy = bodies[name]
    volumes = anatomy.volumes_by_tissue()
    layers = anatomy.thickness["skin"].min() + anatomy.thickness["fat"].min()
    for muscle in body.muscles:
        assert muscle.depth > layers - anatomy.spacing, muscle.name
        assert muscle.width * muscle.thickness * muscle.length < 6 * muscle.volume, muscle.name
        assert muscle.volume < 2.5 * muscle.width * muscle.thickness * muscle.length, muscle.name
        assert math.dist(muscle.origin, muscle.insertion) <= 1.05 * muscle.length + muscle.width
        assert muscle.tissue == "muscle"
    assert sum(m.volume for m in body.muscles) == pytest.approx(volumes["muscle"], rel=0.1)


def test_the_large_muscles_are_the_large_ones(bodies):
    def size(body, name):
        return bodies[body][0].muscle(f"{name} right").volume

    assert size("thigh", "vastus lateralis") > size("thigh", "rectus femoris") > size("thigh", "gracilis")
    assert (
        size("calf", "soleus")
        > size("calf", "gastrocnemius medial head")
        > size("calf", "gastrocnemius lateral head")
    )
    assert size("upper arm", "biceps brachii") > size("upper arm", "brachialis")
    assert (
        size("lower back", "erector spinae")
        > size("lower back", "multifidus")
        > size("lower back", "quadratus lumborum")
    )
    assert size("shoulder", "infraspinatus") > size("shoulder", "supraspinatus")


def test_motor_points_lie_over_their_muscle(bodies):
    """Going in from the site, the first muscle met is the one it is named after."""
    met = 0
    for body, anatomy in bodies.values():
        for site in body.sites:
            if "motor point" not in site.name:
                continue
            vertex = anatomy.skin.nearest([site.position])[0]
            inward = -anatomy.skin.normals[vertex]
            points = np.array(site.position) + np.arange(0, 0.06, 0.5e-3)[:, None] * inward
            index = [
                np.clip(np.searchsorted(edges, points[:, k]) - 1, 0, edges.size - 2)
                for k, edges in enumerate(anatomy.grid.edges)
            ]
            parts = anatomy.parts[tuple(index)]
            first = anatomy.muscles[parts[parts > 0][0] - 1].name
            stem = site.name.split(" motor point")[0]
            assert _same_muscle(first, stem), (body.name, site.name, first)
            met += 1
    assert met >= 20


def _same_muscle(muscle, stem):
    words = stem.replace(",", "").split()
    name = muscle.replace(",", "")
    return all(word in name for word in words) or (words[0] == "deltoid" and "deltoid" in name)


@pytest.mark.parametrize("name", NAMES)
def test_nerves_are_inside_as_deep_as_they_say(bodies, name):
    body, anatomy = bodies[name]
    skin = anatomy.skin
    for wanted in NERVES[name]:
        assert body.nerve(f"{wanted} nerve right") is not None
    for nerve in body.nerves:
        assert nerve.length > 0.03
        points = np.array(nerve.points)
        assert (kind_at(anatomy, points) > 0).all(), nerve.name
        nearest = skin.tree.query(points)[0]
        depth = np.array(nerve.depth)
        assert (depth > 0).all()
        # Where the skin curves strongly another place of it may be a little nearer than the foot.
        assert (nearest > 0.8 * depth - 0.5e-3).all() and (
            nearest < np.hypot(depth, 1.5e-3) + 1e-4
        ).all(), nerve.name
        tissues = {anatomy.table[k - 1].tissue for k in kind_at(anatomy, points)}
        assert not tissues & {"cortical bone", "cancellous bone", "bone marrow"}, (nerve.name, tissues)


@pytest.mark.parametrize("name", NAMES)
def test_zones_are_patches_of_the_skin_between_their_sites(bodies, name):
    body, anatomy = bodies[name]
    whole = anatomy.skin.triangle_areas.sum()
    assert body.zones
    for zone in body.zones:
        for corner in zone.outline:
            assert body.find_site(corner) is not None
        assert 1e-4 < zone.area < 0.5 * whole, zone.name
    sides = {zone.side for zone in body.zones}
    assert sides == ({"left", "right"} if name == "lower back" else {"right"})


@pytest.mark.parametrize("name", NAMES)
def test_bodies_are_made_of_known_tissues_and_made_alike_each_time(bodies, name):
    body, _ = bodies[name]
    assert body.kind == "anatomy" and set(body.tissues) <= set(tables.tissues())
    assert {"skin", "fat", "muscle", "tendon", "cortical bone"} <= set(body.tissues)
    assert body.midline == (tables.limbs()[name].shape == "patch")
    again = limb_body(name, spacing=2e-3)[0]
    assert again == body
    assert limb_body(name, spacing=3e-3)[0].content != body.content


@pytest.mark.parametrize(
    ("place", "along", "deepest"),
    [("patella", 0.022, 8e-3), ("patellar tendon", -0.02, 8e-3), ("tibial tuberosity", -0.041, 8e-3),
     ("front of the tibia", -0.085, 10e-3), ("quadriceps tendon", 0.06, 9e-3)],
)  # fmt: skip
def test_what_one_feels_at_the_front_of_the_knee_lies_right_under_its_skin(bodies, place, along, deepest):
    """Bone and tendon there have skin and a few millimetres of fat over them."""
    _, anatomy = bodies["knee"]
    fine = anatomy.spacing / anatomy.refinement
    hard = [n for n, kind in enumerate(anatomy.table, 1) if kind.tissue in ("cortical bone", "tendon")]
    least = math.inf
    for aside in np.arange(-12, 13, 2) * 1e-3:
        line = np.stack(np.broadcast_arrays(aside, np.arange(0.08, 0.0, -fine / 2), along), axis=1)
        kinds = kind_at(anatomy, line)
        skin, bone = np.flatnonzero(kinds > 0), np.flatnonzero(np.isin(kinds, hard))
        if len(bone):
            least = min(least, float(line[skin[0], 1] - line[bone[0], 1]))
    assert 2e-3 < least < deepest, place
