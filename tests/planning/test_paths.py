"""Paths of probes: on curved skin the shortest way round the orbits, and everything follows it."""

import dataclasses
import itertools
import json
import math
from pathlib import Path

import nibabel
import numpy as np
import pytest
from tests.planning.layered_body import AXES, layered_body

from microcurrent import tables
from microcurrent.errors import BodyError, PlanError, ValueRefused
from microcurrent.model import Electrode, Plan, Site
from microcurrent.model import Path as GlidePath
from microcurrent.model.digest import plain
from microcurrent.model.restore import restore
from microcurrent.planning.bodies import clearance_of, read_body
from microcurrent.planning.exposure.dwells import dwells_of
from microcurrent.planning.exposure.wanting import request_of
from microcurrent.planning.placement import place
from microcurrent.planning.planfile import read_plan
from microcurrent.planning.positions import corners_of, point_along, position_at, positions
from microcurrent.planning.prediction.poses import poses

MM = 1e-3
RADIUS = 50 * MM
ROOT = Path(__file__).resolve().parents[2]
HEAD = ROOT.parent / "shared" / "data" / "head-40y-labels.nii.gz"
LABELS = """
title = "A ball"
[labels]
0 = "air"
1 = "skin"
[sites]
"west"    = { at = ["-50 mm", "0 mm", "0 mm"], side = "left" }
"east"    = { at = ["50 mm", "0 mm", "0 mm"], side = "right" }
"north"   = { at = ["0 mm", "0 mm", "50 mm"] }
"middle"  = { at = ["0 mm", "50 mm", "1 mm"] }
"in west" = { at = ["-35.4 mm", "35.4 mm", "1 mm"], side = "left" }
[regions]
"orbit front" = { centre = ["0 mm", "50 mm", "0 mm"], radius = "12 mm" }
"""
PLAN = """
title = "Round a ball"
body = "ball.nii.gz"
intent = "comparison"
[electrode.one]
shape = "sphere"
diameter = "8 mm"
coupling = "gel"
[electrode.two]
shape = "sphere"
diameter = "8 mm"
coupling = "gel"
[[step]]
do = "glide"
system = "faradic"
waveform = "biphasic"
current = "100 uA"
frequency = "30 Hz"
pulse = "300 us"
fixed = { electrode = "one", at = "FIXED" }
moving = { electrode = "two", along = [ALONG] }
speed = "10 mm/s"
passes = 3
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A ball of 50 mm in voxels of 2 mm, with an orbit in front of it."""
    folder = tmp_path_factory.mktemp("ball")
    places = 2.0 * (np.arange(56) - 27.5)
    x, y, z = np.meshgrid(places, places, places, indexing="ij")
    labels = (x**2 + y**2 + z**2 < 50**2).astype(np.uint8)
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = places[0]
    image = nibabel.Nifti1Image(labels, affine)
    image.header.set_xyzt_units("mm")
    nibabel.save(image, folder / "ball.nii.gz")
    (folder / "ball.labels.toml").write_text(LABELS)
    return folder


def plan_along(folder, *along: str, fixed: str = "north") -> Plan:
    names = ", ".join(f'"{name}"' for name in along)
    (folder / "plan.toml").write_text(PLAN.replace("ALONG", names).replace("FIXED", fixed))
    return read_plan(folder / "plan.toml")[0]


@pytest.fixture(scope="module")
def plan(folder):
    return plan_along(folder, "west", "north", "east")


@pytest.fixture(scope="module")
def glide(plan) -> GlidePath:
    return plan.steps[0].anode if isinstance(plan.steps[0].anode, GlidePath) else plan.steps[0].cathode


# The way in the plan


def test_a_glide_on_curved_skin_is_as_long_as_its_way_on_the_skin(plan, glide):
    assert glide.length == pytest.approx(math.pi * RADIUS, rel=0.02)
    straight = sum(a.distance_to(b) for a, b in itertools.pairwise(map(plan.site, glide.sites)))
    assert straight == pytest.approx(2 * math.sqrt(2) * RADIUS, rel=1e-3)
    assert glide.marks[1] == pytest.approx(glide.length / 2, rel=0.02)
    away = np.linalg.norm(glide.way, axis=1)
    assert np.abs(away - RADIUS).max() < 1.5 * MM
    assert plan.steps[0].stimulus.duration == pytest.approx(3 * glide.length / 10e-3)


def test_every_reader_of_a_path_keeps_to_the_skin(plan, glide):
    step, which = plan.steps[0], 0 if isinstance(plan.steps[0].anode, GlidePath) else 1
    seen = {
        "positions": [pair[which] for pair in positions(plan, step)],
        "dwells": [(d.anode, d.cathode)[which] for d in dwells_of(step, plan)],
        "poses": [(p.anode, p.cathode)[which] for p in poses(step, plan, 8 * MM)],
        "ways": [point for p in poses(step, plan, 8 * MM) for point in p.ways[which]],
    }
    for name, points in seen.items():
        away = np.linalg.norm(points, axis=1)
        assert len(points) >= 10 and np.abs(away - RADIUS).max() < 1.6 * MM, name
    # From end to end and back: after one pass the probe is at the last site, after two at the first.
    one = glide.length / glide.speed
    for time, end in ((0, 0), (one, -1), (2 * one, 0), (3 * one, -1), (99 * one, -1)):
        assert math.dist(position_at(plan, glide, time), glide.way[end]) < 1e-9
    north = position_at(plan, glide, glide.marks[1] / glide.speed)
    assert math.dist(north, plan.site("north").position) < 1.5 * MM
    # Steps of equal time are steps of equal length.
    times = np.linspace(0, one, 50)
    gone = np.linalg.norm(np.diff([position_at(plan, glide, t) for t in times], axis=0), axis=1)
    assert gone.max() / gone.min() < 1.05


def test_a_basis_covers_the_way(folder, plan, glide):
    request, _ = request_of(read_body(str(folder / "ball.nii.gz")), spacing=2 * MM, plan=plan)
    for point in glide.way:
        assert min(math.dist(point, region.centre) for region in request.regions) < 10.5 * MM


def test_the_plan_comes_back_from_its_record_with_its_digest(plan):
    back = restore(Plan, json.loads(json.dumps(plain(plan))))
    assert back == plan and back.digest == plan.digest


def test_on_a_slab_the_way_is_straight_and_leaves_no_trace_in_the_record():
    plan, source = read_plan(ROOT / "examples" / "01-cheek-lift.toml")
    path = plan.steps[1].anode
    assert isinstance(path, GlidePath) and path.way == () and path.marks == ()
    assert "way" not in plain(path) and "marks" not in plain(path)
    assert restore(Plan, plain(plan)) == plan
    sites = [plan.site(name) for name in path.sites]
    assert corners_of(plan, path) == tuple(site.position for site in sites)
    way = source.path(sites)
    assert way.is_straight and way.length == pytest.approx(path.length, rel=1e-12)


def test_a_path_refuses_a_way_that_is_not_its_own(glide):
    for wrong in ({"length": glide.length * 1.01}, {"marks": glide.marks[:2]}, {"way": glide.way[:-1]},
                  {"marks": ()}, {"way": ()}, {"marks": (0.0, *glide.marks[:0:-1])},
                  {"way": ((math.nan, 0, 0), *glide.way[1:])}):  # fmt: skip
        with pytest.raises(ValueRefused, match=r"Path cannot have this (way|marks|length)"):
            dataclasses.replace(glide, **wrong)


def test_along_a_line_shares_are_shares_of_its_length():
    line = ((0.0, 0.0, 0.0), (0.03, 0.0, 0.0), (0.03, 0.0, 0.0), (0.03, 0.01, 0.0))
    for share, point in ((0, line[0]), (0.5, (0.02, 0, 0)), (0.75, line[1]), (0.875, (0.03, 0.005, 0)),
                         (1, line[-1])):  # fmt: skip
        assert point_along(line, share) == pytest.approx(point, abs=1e-12)
    assert point_along(((0.1, 0.2, 0.3),), 0.7) == (0.1, 0.2, 0.3)


# The orbits


def test_a_way_keeps_a_contact_off_the_orbit_so_that_its_placement_is_in_order(folder):
    plan = plan_along(folder, "west", "in west", "east")
    source = read_body(str(folder / "ball.nii.gz"))
    path = next(p for p in (plan.steps[0].anode, plan.steps[0].cathode) if isinstance(p, GlidePath))
    orbit = source.body.region("orbit front")
    least = min(orbit.distance_to(point) for point in path.way)
    wanted = tables.limits().stop("orbit-margin") + plan.electrode("two").reach
    assert wanted <= least < wanted + 1.0 * MM
    free = source.path([source.body.site(name) for name in path.sites])
    assert free.length < path.length and min(map(orbit.distance_to, free.points)) >= 0
    margin = next(f for f in place(plan, source.body, tables.limits()) if f.rule == "orbit-margin")
    assert margin.verdict == "ok"


def test_a_site_inside_an_orbit_is_refused_with_name_line_and_distance(folder):
    with pytest.raises(PlanError) as refused:
        plan_along(folder, "west", "middle")
    (problem,) = refused.value.problems
    assert problem.key.endswith("along") and problem.line > 0
    told = str(problem)
    assert (
        "'middle' lies inside the orbit front" in told and "at least 12 mm" in told and "came 1 mm" in told
    )


def test_the_clearance_of_an_electrode_is_the_limit_and_its_reach():
    limit = tables.limits().stop("orbit-margin")
    ball = Electrode(name="e", shape="sphere", coupling="gel", diameter=0.012)
    pad = Electrode(name="e", shape="pad", coupling="gel", width=0.03, height=0.04)
    assert clearance_of() == limit
    assert clearance_of(ball) == pytest.approx(limit + 0.006)
    assert clearance_of(pad) == pytest.approx(limit + 0.025)


# Other bodies


def test_an_anatomy_uses_its_own_skin():
    source = layered_body()
    body = dataclasses.replace(source.body, regions=())
    source = dataclasses.replace(source, body=body)
    found = source.path([body.site("zy left"), body.site("vertex"), body.site("zy right")])
    on = np.linalg.norm(np.array(found.points) / AXES, axis=1)
    assert np.abs(on - 1).max() < 0.03
    # A quarter of an ellipse by its parameter.
    turns = np.linspace(0, math.pi / 2, 2001)
    rim = np.stack([AXES[0] * np.cos(turns), AXES[2] * np.sin(turns)], axis=1)
    quarter = np.linalg.norm(np.diff(rim, axis=0), axis=1).sum()
    assert found.length == pytest.approx(2 * quarter, rel=0.02)


def test_a_path_needs_two_places_and_skin_that_joins_them(folder):
    source = read_body(str(folder / "ball.nii.gz"))
    west = source.body.site("west")
    for sites in ([west], [west, west], []):
        with pytest.raises(BodyError, match="a path without length"):
            source.path(sites)
    with pytest.raises(BodyError, match="does not lie on the skin"):
        source.path([west, Site(name="deep", position=(0.0, 0.0, 0.0))])


@pytest.mark.skipif(not HEAD.is_file(), reason="shared/data/head-40y-labels.nii.gz is not here")
def test_on_a_real_head_the_way_from_cheek_to_cheek_passes_below_the_eyes():
    source = read_body(str(HEAD), labels=ROOT / "examples" / "head-labels.toml")
    ends = [source.body.site(f"malar {side}") for side in ("left", "right")]
    way = source.path(ends, clearance=0.01)
    for region in source.body.regions:
        # The sites themselves lie nearer than the clearance.
        nearest = min(region.distance_to(end.position) for end in ends)
        assert min(map(region.distance_to, way.points)) == pytest.approx(min(0.01, nearest), abs=0.7 * MM)
    assert 1.1 < way.length / ends[0].distance_to(ends[1]) < 1.4
    assert way.length <= source.path(ends, clearance=0.012).length * (1 + 1e-6)


# Names


def test_sites_go_by_abbreviation_and_near_names_are_told(folder, monkeypatch):
    source = layered_body()
    site = source.body.site
    assert site("zy left") is site("  Zygion   LEFT ") is site("zygion left")
    assert site("g").name == "glabella"
    with pytest.raises(ValueRefused, match=r'came "zygon left".*Perhaps "zygion left"'):
        site("zygon left")
    monkeypatch.setattr("microcurrent.planning.planfile.reader.read_body", lambda *_, **__: source)
    step = plan_along(folder, "zy left", "g", fixed="zy right").steps[0]
    assert {step.anode.sites, step.cathode.sites} == {("zygion left", "glabella"), ("zygion right",)}
    with pytest.raises(PlanError, match=r'along: unknown site.*came vertx. Perhaps "vertex" is meant'):
        plan_along(folder, "zy left", "vertx", fixed="zy right")
