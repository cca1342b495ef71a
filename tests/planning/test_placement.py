"""Placement: the six rules both ways, for holds and glides; "unknown" where a body is silent."""

import math
import random
from dataclasses import replace

import pytest

from microcurrent import tables
from microcurrent.errors import MissingLimit
from microcurrent.model import (
    Body,
    Electrode,
    Limits,
    Path,
    Placement,
    Plan,
    Ramp,
    Region,
    Site,
    Step,
    Stimulus,
    shapes,
)
from microcurrent.model.body import UNSURE
from microcurrent.planning.found_landmarks import EYES
from microcurrent.planning.placement import place
from microcurrent.planning.positions import distance_to_segment, positions

LIMITS = tables.limits()
LANDMARKS = tables.landmarks()
#: The middle of the left orbit, between the canthi, in body axes.
ORBIT = tuple(
    (p + q) / 2
    for p, q in zip(
        LANDMARKS["endocanthion left"].position, LANDMARKS["exocanthion left"].position, strict=True
    )
)
ORBITS = (
    Region(name="orbit left", centre=ORBIT, radius=0.017),
    Region(name="orbit right", centre=(-ORBIT[0], *ORBIT[1:]), radius=0.017),
)


def head(**changes):
    """A head with the landmarks of the face, a midline and both orbits."""
    given = dict(name="head.nii.gz", kind="segmentation", tissues=("skin", "oral cavity"), content="body",
                 sites=tuple(LANDMARKS.values()), regions=ORBITS, midline=True)  # fmt: skip
    return Body(**(given | changes))


def slab(**changes):
    stack = tables.stacks()["mid-cheek"]
    given = dict(name="slab", kind="slab", tissues=("skin", "fat"), content="body", sites=stack.sites,
                 regions=stack.regions)  # fmt: skip
    return Body(**(given | changes))


def make_plan(anode, cathode, *, body, extra=(), **electrode):
    """A plan of one step; a list of sites glides at 10 mm/s, a name is held."""
    sites = {site.name: site for site in (*body.sites, *extra)}
    size = electrode or {"shape": "sphere", "diameter": 0.005}

    def part(name, given):
        if isinstance(given, str):
            return Placement(electrode=name, site=given)
        points = [sites[s].position for s in given]
        length = sum(math.dist(p, q) for p, q in zip(points, points[1:], strict=False))
        return Path(electrode=name, sites=tuple(given), speed=0.01, length=length, passes=3)

    parts = part("upper", anode), part("lower", cathode)
    duration = max([p.duration for p in parts if isinstance(p, Path)], default=10.0)
    used = {name: sites[name] for p in parts for name in p.sites}
    return Plan(
        title="test", body=body.name, body_content=body.content, intent="test", sites=tuple(used.values()),
        electrodes=tuple(Electrode(name=n, coupling="gel", **size) for n in ("upper", "lower")),
        steps=(Step(number=1, system="faradic", anode=parts[0], cathode=parts[1], start=0.0,
                    stimulus=Stimulus(waveform=shapes.sine(), amplitude=1e-4, frequency=10.0,
                                      duration=duration, ramp=Ramp(rise=1.0, fall=1.0))),),
    )  # fmt: skip


def judged(anode, cathode, rule, *, body=None, extra=(), tissues_between=None, **electrode):
    body = body or head()
    plan = make_plan(anode, cathode, body=body, extra=extra, **electrode)
    found = [f for f in place(plan, body, LIMITS, tissues_between=tissues_between) if f.rule == rule]
    assert len(found) == 1, rule
    assert found[0].reason
    assert found[0].source
    return found[0]


def site(name, x, y, z, side=""):
    return Site(name=name, position=(x, y, z), side=side)


# -- where the probes are ------------------------------------------------------------------


def test_a_glide_visits_every_waypoint_there_and_back_and_stays_on_its_lines():
    body = head()
    names = ["cheilion left", "malar low left", "zygion left"]
    plan = make_plan(names, "gonion left", body=body)
    moving = [a for a, _ in positions(plan, plan.steps[0])]
    corners = [body.site(name).position for name in names]
    for corner in corners:
        assert min(math.dist(corner, p) for p in moving) < 1e-9
    for p in moving:
        assert min(distance_to_segment(p, a, b) for a, b in zip(corners, corners[1:], strict=False)) < 1e-9
    for a, b in zip(corners, corners[1:], strict=False):
        for k in range(101):
            point = [x + k / 100 * (y - x) for x, y in zip(a, b, strict=True)]
            assert min(math.dist(point, p) for p in moving) < 1.1e-3  # at most 2 mm apart


def test_both_probes_move_together():
    body = head()
    left, right = ["cheilion left", "zygion left"], ["cheilion right", "zygion right"]
    plan = make_plan(left, right, body=body)
    for a, b in positions(plan, plan.steps[0]):
        assert b == pytest.approx((-a[0], a[1], a[2]))


def test_the_distance_to_a_segment_is_the_least_over_its_points():
    rng = random.Random(7)
    for _ in range(50):
        p, a, b = ([rng.uniform(-1, 1) for _ in range(3)] for _ in range(3))
        points = ([x + k / 2000 * (y - x) for x, y in zip(a, b, strict=True)] for k in range(2001))
        assert distance_to_segment(p, a, b) == pytest.approx(min(math.dist(p, q) for q in points), abs=1e-5)
    assert distance_to_segment((0, 0, 1), (0, 0, 0), (0, 0, 0)) == 1


# -- rule 1 --------------------------------------------------------------------------------


def test_probes_stay_on_one_side():
    assert judged("zygion left", "cheilion left", "placement-same-side").verdict == "ok"
    across = judged("zygion left", "zygion right", "placement-same-side")
    assert across.verdict == "stop" and "146 mm" in across.reason
    assert judged("pronasale", "malar left", "placement-same-side").verdict == "ok"  # the middle is neither


def test_a_glide_that_ends_on_the_other_side_is_stopped():
    path = ["mid cheek left", "pronasale", "mid cheek right"]
    assert judged(path, "zygion left", "placement-same-side").verdict == "stop"


@pytest.mark.parametrize(
    ("name", "rule", "limit"),
    [
        ("forehead", "midline-forehead-spacing", 0.030),
        ("brow", "midline-forehead-spacing", 0.030),
        ("lip", "midline-mouth-spacing", 0.040),
        ("chin", "midline-mouth-spacing", 0.040),
    ],
)
def test_narrow_pairs_on_forehead_chin_and_lips_may_cross_the_middle(name, rule, limit):
    for half, verdict in ((limit / 2 - 1e-6, "ok"), (limit / 2 + 1e-6, "stop")):
        pair = site(f"{name} one", -half, 0.05, 0.08), site(f"{name} two", half, 0.05, 0.08)
        assert judged(pair[0].name, pair[1].name, rule, extra=pair).verdict == verdict


def test_a_narrow_pair_elsewhere_may_not_cross_the_middle():
    pair = site("nose one", -0.01, 0.05, 0.02), site("nose two", 0.01, 0.05, 0.02)
    assert judged("nose one", "nose two", "placement-same-side", extra=pair).verdict == "stop"
    mixed = site("lip one", -0.01, 0.05, -0.04), site("nose two", 0.01, 0.05, 0.02)
    assert judged("lip one", "nose two", "placement-same-side", extra=mixed).verdict == "stop"


def test_where_sides_and_coordinates_differ_the_stricter_holds():
    right = site("mine", -0.002, 0.05, 0.0, "right")  # an image whose middle is a little off
    assert judged("cheilion left", "mine", "placement-same-side", extra=[right]).verdict == "stop"
    left = site("mine", 0.02, 0.05, 0.0, "left")
    assert judged("cheilion left", "mine", "placement-same-side", extra=[left]).verdict == "stop"


def test_without_a_midline_the_sides_of_the_sites_decide():
    body = slab()
    assert judged("cheilion left", "zygion left", "placement-same-side", body=body).verdict == "ok"
    right = site("mine", 0.02, 0.02, 0.0, "right")
    assert (
        judged("cheilion left", "mine", "placement-same-side", body=body, extra=[right]).verdict == "stop"
    )
    nowhere = site("mine", 0.02, 0.02, 0.0)
    found = judged("cheilion left", "mine", "placement-same-side", body=body, extra=[nowhere])
    assert found.verdict == "unknown" and "'mine' no side" in found.reason


# -- rules 2 and 3 -------------------------------------------------------------------------


def test_no_line_through_an_orbit():
    rule = "placement-orbit-crossing"
    assert judged("brow mid left", "infraorbital left", rule).verdict == "stop"
    assert judged("sellion", "temple left", rule).verdict == "stop"
    assert judged("mid cheek left", "zygion left", rule).verdict == "ok"
    assert judged(["mid cheek left", "zygion left"], "brow mid left", rule).verdict == "stop"
    assert judged("brow mid right", "infraorbital right", rule).verdict == "stop"


def test_the_orbit_of_the_slab_is_guarded_too():
    above = site("mine", 0.001, 0.075, 0.0, "left")
    found = judged("infraorbital left", "mine", "placement-orbit-crossing", body=slab(), extra=[above])
    assert found.verdict == "stop" and "orbit left" in found.reason


def test_a_body_without_orbits_does_not_know():
    for rule in ("placement-orbit-crossing", "orbit-margin"):
        found = judged("cheilion left", "zygion left", rule, body=head(regions=()))
        assert found.verdict == "unknown" and "orbits" in found.reason
        limb = head(name="forearm", regions=())
        assert judged("cheilion left", "zygion left", rule, body=limb).verdict == "ok"


def test_a_file_that_is_merely_called_after_a_limb_is_still_a_head():
    body = head(name="hand-made head.nii.gz", regions=())
    assert judged("cheilion left", "zygion left", "orbit-margin", body=body).verdict == "unknown"


@pytest.mark.parametrize(
    ("tissues", "verdict", "said"),
    [
        ({"skin", "fat"}, "ok", "neither"),
        ({"skin", "grey matter"}, "stop", "cranium"),
        ({"CSF"}, "stop", "cranium"),
        ({"eye"}, "stop", "orbit"),
        ({"oral cavity"}, "stop", "mouth"),
        ({"tongue", "fat"}, "stop", "mouth (tongue)"),
        ({"skull"}, "ok", "neither"),
    ],
)
def test_no_line_through_cranium_or_mouth(tissues, verdict, said):
    found = judged(
        "cheilion left", "zygion left", "placement-tissue-crossing", tissues_between=lambda a, b: tissues
    )
    assert found.verdict == verdict and said in found.reason


def test_tissues_are_asked_for_at_every_position_of_a_glide():
    asked = []

    def between(a, b):
        asked.append((a, b))
        return {"grey matter"} if math.dist(a, LANDMARKS["zygion left"].position) < 1e-6 else {"skin"}

    path = ["cheilion left", "zygion left", "tragion left"]
    found = judged(path, "gonion left", "placement-tissue-crossing", tissues_between=between)
    assert found.verdict == "stop" and len(asked) > 20


def test_a_body_that_cannot_tell_tissues_does_not_know():
    rule = "placement-tissue-crossing"
    pair = "cheilion left", "zygion left"
    assert "labels" in judged(*pair, rule).reason
    assert judged(*pair, rule).verdict == "unknown"
    assert judged(*pair, rule, body=slab()).verdict == "unknown"
    found = judged(*pair, rule, body=head(tissues=("skin",)), tissues_between=lambda a, b: {"skin"})
    assert found.verdict == "unknown" and "mouth" in found.reason
    closed = head(tissues=("skin", "tongue"))  # with the mouth closed a body has no other label for it
    assert judged(*pair, rule, body=closed, tissues_between=lambda a, b: {"skin"}).verdict == "ok"
    assert judged(*pair, rule, body=head(name="forearm")).verdict == "ok"


def test_the_edge_of_a_contact_keeps_clear_of_the_orbit():
    for clear, verdict in ((0.005 + 1e-6, "ok"), (0.005 - 1e-6, "stop")):
        below = site("mine", ORBIT[0], ORBIT[1], ORBIT[2] - 0.017 - 0.004 - clear, "left")
        pair = below.name, "cheilion left"
        found = judged(*pair, "orbit-margin", extra=[below], shape="disc", diameter=0.008)
        assert found.verdict == verdict
        assert found.value.value == pytest.approx(clear)
        assert found.where == "step 1, electrode upper"
    corner = judged(*pair, "orbit-margin", extra=[below], shape="pad", width=0.008, height=0.006)
    assert corner.value.value == pytest.approx(clear - 0.001)  # half the diagonal is 5 mm
    other = judged(*reversed(pair), "orbit-margin", extra=[below], shape="disc", diameter=0.008)
    assert other.where == "step 1, electrode lower"
    wide = judged(
        *pair, "orbit-margin", extra=[below], shape="disc", diameter=0.008, contact_area=math.pi * 1e-4
    )
    assert wide.value.value == pytest.approx(clear - 0.006)  # a measured contact counts where it is wider


def test_a_glide_past_the_orbit_is_caught_on_the_way():
    side, other = (
        site("one", ORBIT[0] - 0.04, *ORBIT[1:], "left"),
        site("two", ORBIT[0] + 0.03, *ORBIT[1:], "left"),
    )
    assert judged("one", "cheilion left", "orbit-margin", extra=[side, other]).verdict == "ok"
    assert judged(["one", "two"], "cheilion left", "orbit-margin", extra=[side, other]).verdict == "stop"


# -- rules 4 and 5 -------------------------------------------------------------------------


def test_the_front_of_the_neck_is_left_alone():
    rule = "placement-neck"
    low = site("platysma left", -0.05, 0.02, -0.13, "left")
    throat = Region(name="neck front", centre=(0.0, 0.03, -0.15), radius=0.05)
    guarded = head(regions=(*ORBITS, throat))
    assert judged("zygion left", "cheilion left", rule).verdict == "ok"
    assert judged("gonion left", "platysma left", rule, extra=[low]).verdict == "unknown"
    assert judged("gonion left", "platysma left", rule, body=guarded, extra=[low]).verdict == "ok"
    front = site("mine", -0.03, 0.04, -0.14, "left")
    assert judged("gonion left", "mine", rule, body=guarded, extra=[front]).verdict == "stop"
    assert judged("gonion left", "mine", rule, extra=[front]).verdict == "unknown"  # lower than the menton


@pytest.mark.parametrize("name", ["carotid sinus left", "thyroid", "larynx left", "throat"])
def test_a_site_named_after_the_front_of_the_neck_is_stopped(name):
    for body in (head(), slab()):
        extra = [site(name, -0.03, 0.04, 0.0, "left")]
        assert judged("gonion left", name, "placement-neck", body=body, extra=extra).verdict == "stop"


def test_a_head_without_a_menton_does_not_know_where_its_neck_is():
    body = head(sites=tuple(s for s in LANDMARKS.values() if s.name != "menton"))
    assert judged("zygion left", "cheilion left", "placement-neck", body=body).verdict == "unknown"
    assert judged("zygion left", "cheilion left", "placement-neck", body=slab()).verdict == "ok"


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        (("chest", "left"), ("upper back", "left"), "stop"),
        (("upper back", "left"), ("chest", "left"), "stop"),
        (("forearm", "left"), ("forearm", "right"), "stop"),
        (("forearm", "left"), ("upper arm", "left"), "ok"),
        (("forearm", "left"), ("forearm distal", ""), "unknown"),
        (("abdomen", "left"), ("abdomen low", "right"), "stop"),
        (("abdomen", "left"), ("abdomen low", "left"), "ok"),
        (("lower back", "left"), ("lower back low", ""), "unknown"),
        (("cheek", "left"), ("jaw", "left"), "ok"),
    ],
)
def test_no_pair_across_the_trunk(one, other, verdict):
    extra = [site(one[0], -0.01, 0.0, 0.0, one[1]), site(f"{other[0]} two", -0.04, 0.0, 0.0, other[1])]
    found = judged(extra[0].name, extra[1].name, "placement-trunk", extra=extra)
    assert found.verdict == verdict


@pytest.mark.parametrize(
    "name", ["forearm", "forearm left", "upper arm female left", "knee male", "lower back", "shoulder left"]
)
def test_limbs_and_patches_of_the_back_are_no_head(name):
    body = head(name=name, regions=())
    for rule in ("placement-orbit-crossing", "placement-tissue-crossing", "orbit-margin"):
        assert judged("cheilion left", "zygion left", rule, body=body).verdict == "ok"
    far = [site("one", -0.01, 0.0, 0.0, "left"), site("two", -0.01, 0.0, 0.2, "left")]
    assert judged("one", "two", "probe-spacing-largest", body=body, extra=far).verdict == "ok"
    assert judged("one", "two", "placement-neck", body=body, extra=far).verdict == "ok"


def test_all_sites_of_the_lower_back_are_on_the_trunk():
    """Whatever they are called: the left and the right of it may not be a pair, the middle and a side may."""
    places = [site("one", -0.04, -0.1, 0.0, "left"), site("two", 0.04, -0.1, 0.0, "right"),
              site("three", 0.0, -0.1, 0.0, "midline")]  # fmt: skip
    for name in ("lower back", "lower back female", "shoulder"):
        body = head(name=name, regions=())
        assert judged("one", "two", "placement-trunk", body=body, extra=places).verdict == "stop"
        assert judged("one", "three", "placement-trunk", body=body, extra=places).verdict == "ok"


@pytest.mark.parametrize(
    "name", ["trapezius", "supraspinatus", "multifidus L4", "L4 spinous process", "PSIS"]
)
def test_a_place_of_the_back_with_the_chest_is_stopped(name):
    extra = [site(f"{name} right", 0.01, -0.1, 0.0, "right"), site("chest right", 0.01, 0.1, 0.0, "right")]
    assert judged(extra[0].name, extra[1].name, "placement-trunk", extra=extra).verdict == "stop"


# -- rule 6 --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("distance", "least", "largest"),
    [
        (0.005 - 1e-6, "stop", "ok"),
        (0.005 + 1e-6, "ok", "ok"),
        (0.080 - 1e-6, "ok", "ok"),
        (0.080 + 1e-6, "ok", "warn"),
    ],
)
def test_spacing(distance, least, largest):
    extra = [site("one", -0.01, 0.0, 0.0, "left"), site("two", -0.01, 0.0, distance, "left")]
    assert judged("one", "two", "probe-spacing-least", extra=extra).verdict == least
    assert judged("one", "two", "probe-spacing-largest", extra=extra).verdict == largest
    limb = head(name="thigh")
    assert judged("one", "two", "probe-spacing-largest", body=limb, extra=extra).verdict == "ok"


def test_probes_that_meet_during_a_glide_are_stopped():
    found = judged(["cheilion left", "zygion left"], "cheilion left", "probe-spacing-least")
    assert found.verdict == "stop" and found.value.value == 0
    apart = judged(["modiolus left", "zygion left"], "cheilion left", "probe-spacing-least")
    assert apart.value.value == pytest.approx(
        LANDMARKS["modiolus left"].distance_to(LANDMARKS["cheilion left"])
    )


# -- landmarks that were found, surely or not ----------------------------------------------


def clear(a, b):
    """Tissues between the probes that no rule forbids."""
    return {"fat", "muscle"}


def found_head(**confidence):
    """A head whose landmarks were found: all surely but those of `confidence`; None for one not found."""
    sites = (replace(s, confidence=confidence.get(s.name.replace(" ", "_"), 0.8) or 0.0)
             for s in LANDMARKS.values())  # fmt: skip
    neck = Region(name="neck front", centre=LANDMARKS["neck front"].position, radius=0.02)
    return head(sites=tuple(s for s in sites if s.confidence), regions=(*ORBITS, neck))


RESTING_ON = [
    ("placement-same-side", "pronasale", UNSURE),
    ("placement-orbit-crossing", "exocanthion_left", EYES.least),
    ("orbit-margin", "endocanthion_right", EYES.least),
    ("placement-tissue-crossing", "cheilion_left", UNSURE),
    ("placement-neck", "menton", UNSURE),
]


@pytest.mark.parametrize(("rule", "landmark", "least"), RESTING_ON)
def test_a_rule_that_rests_on_an_unsure_landmark_is_not_kept_but_unknown(rule, landmark, least):
    pair = "zygion left", "malar low left", rule
    for confidence in (0.8, least):
        sure = judged(*pair, body=found_head(**{landmark: confidence}), tissues_between=clear)
        assert sure.verdict == "ok"
    for confidence in (least - 0.01, None):
        found = judged(*pair, body=found_head(**{landmark: confidence}), tissues_between=clear)
        assert found.verdict == "unknown"
        assert landmark.replace("_", " ") in found.reason and "landmark file" in found.reason


def test_an_unsure_landmark_elsewhere_changes_no_rule():
    pair = "zygion left", "malar low left"
    for rule, _, _ in RESTING_ON:
        found = judged(*pair, rule, body=found_head(vertex=0.1), tissues_between=clear)
        assert found.verdict == "ok", rule


def test_what_is_stopped_stays_stopped_on_unsure_landmarks():
    body = found_head(exocanthion_left=0.2)
    found = judged("exocanthion left", "zygion left", "orbit-margin", body=body)
    assert found.verdict == "stop"


# -- all together --------------------------------------------------------------------------


def test_of_several_steps_the_bad_ones_are_all_shown():
    body = head()
    good = make_plan("zygion left", "cheilion left", body=body)
    bad = make_plan("zygion left", "zygion right", body=body)
    steps = (good.steps[0], Step(number=2, system="faradic", anode=bad.steps[0].anode, start=100.0,
                                 cathode=bad.steps[0].cathode, stimulus=bad.steps[0].stimulus))  # fmt: skip
    both = Plan(title="both", body=body.name, body_content=body.content, intent="test", steps=steps,
                electrodes=good.electrodes, sites=(*good.sites, *bad.sites[1:]))  # fmt: skip
    found = [f for f in place(both, body, LIMITS) if f.rule == "placement-same-side"]
    assert [(f.where, f.verdict) for f in found] == [("step 2", "stop")]


def test_findings_name_sources_that_exist():
    body = head()
    plan = make_plan("zygion left", "cheilion left", body=body)
    findings = place(plan, body, LIMITS)
    assert len(findings) == 8
    assert {id_ for f in findings for id_ in f.source} <= set(tables.references())


@pytest.mark.parametrize("id_", ["orbit-margin", "probe-spacing-least", "probe-spacing-largest"])
def test_a_missing_distance_is_an_error(id_):
    body = head()
    plan = make_plan("zygion left", "cheilion left", body=body)
    fewer = Limits(limits=tuple(limit for limit in LIMITS.limits if limit.id != id_))
    with pytest.raises(MissingLimit, match=id_):
        place(plan, body, fewer)
