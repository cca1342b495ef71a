"""Exposure on a body of voxels: a curved head in miniature whose image has an origin of its own."""

from __future__ import annotations

from dataclasses import replace

import nibabel
import numpy as np
import pytest

from microcurrent import tables
from microcurrent.errors import BodyError, PlanError
from microcurrent.planning.basis import even_volume, surface_basis
from microcurrent.planning.export import write_nifti
from microcurrent.planning.exposure import Ground, expose, fields_of
from microcurrent.planning.exposure.wanting import request_of, table_values
from microcurrent.planning.planfile import read_plan

MM = 1e-3
#: Where the first voxel of the image stands [mm]; its second axis runs backwards.
ORIGIN = (-31.0, 55.0, -40.0)
PLAN = """
title = "A ball"
body = "ball.nii.gz"
intent = "comparison"
[electrode.a]
shape = "sphere"
diameter = "16 mm"
coupling = "gel"
[electrode.b]
shape = "sphere"
diameter = "16 mm"
coupling = "gel"
[[step]]
do = "glide"
system = "faradic"
waveform = "monophasic"
current = "200 uA"
frequency = "50 Hz"
pulse = "4 ms"
fixed = { electrode = "b", at = "right" }
moving = { electrode = "a", along = ["left", "middle"] }
moving_is = "anode"
speed = "5 mm/s"
passes = 2
"""
LABELS = """
[labels]
0 = "air"
1 = "skin"
2 = "fat"
[sites]
"left" = { at = ["-17 mm", "5 mm", "4 mm"] }
"middle" = { at = ["-9 mm", "5 mm", "11 mm"] }
"right" = { at = ["17 mm", "5 mm", "4 mm"] }
"""


@pytest.fixture(scope="module")
def ball(tmp_path_factory):
    """A ball of fat in skin, its labels and affine, and a plan exposed on it."""
    folder = tmp_path_factory.mktemp("ball")
    affine = np.diag([2.0, -2.0, 2.0, 1.0])
    affine[:3, 3] = ORIGIN
    places = np.stack(np.meshgrid(*[np.arange(32)] * 3, indexing="ij"), axis=-1)
    world = places @ affine[:3, :3].T + affine[:3, 3]
    radius = np.linalg.norm(world - (0.0, 5.0, -8.0), axis=-1)
    labels = np.where(radius < 17, 2, np.where(radius < 21, 1, 0)).astype(np.uint8)
    image = nibabel.Nifti1Image(labels, affine)
    image.header.set_xyzt_units("mm")
    nibabel.save(image, folder / "ball.nii.gz")
    (folder / "ball.labels.toml").write_text(LABELS)
    (folder / "plan.toml").write_text(PLAN)
    plan, source = read_plan(folder / "plan.toml")
    request, _ = request_of(source, spacing=2 * MM, radius=11 * MM, plan=plan)
    basis = surface_basis(source, table_values(source), request, folder=folder / "bases")
    ground = Ground(
        basis=basis, volume=even_volume(source, 2 * MM), spacing=2 * MM, name="ball", tables=tables.digest()
    )  # fmt: skip
    return folder, (labels, affine), ground, expose(plan, source, ground)


def test_images_lie_over_the_image_of_the_body(ball, tmp_path):
    """At the place of every voxel with a value, the body's own image has tissue, not air."""
    _, (labels, affine), _, exposed = ball
    for path in write_nifti(exposed, tmp_path):
        image = nibabel.load(path)
        places = np.argwhere(np.isfinite(image.get_fdata()))
        world = places @ image.affine[:3, :3].T + image.affine[:3, 3]
        own = (world - affine[:3, 3]) @ np.linalg.inv(affine[:3, :3]).T
        assert np.abs(own - np.rint(own)).max() < 1e-3
        assert (labels[tuple(np.rint(own).astype(int).T)] > 0).all()
        assert len(places) == sum(cells.size for cells in exposed.cells.values())
    strongest = np.nanargmax(image.get_fdata())
    at = np.array(np.unravel_index(strongest, image.shape)) @ image.affine[:3, :3].T + image.affine[:3, 3]
    ends = np.array([[-17, 5, 4], [-9, 5, 11], [17, 5, 4]])
    assert np.linalg.norm(ends - at, axis=1).min() < 10


def test_charge_on_a_staircase_is_that_of_the_plan(ball):
    folder, _, _, exposed = ball
    skin, stimulus = exposed.skin, read_plan(folder / "plan.toml")[0].steps[0].stimulus
    assert skin.absolute @ skin.area == pytest.approx(2 * stimulus.absolute_charge, rel=1e-6)
    right = exposed.patches.faces.centres[skin.faces, 0] > 5 * MM
    assert skin.net[right] @ skin.area[right] == pytest.approx(-stimulus.net_charge, rel=1e-6)
    # The held probe covers as much skin as its contact has; the moving one more.
    assert skin.area[~right].sum() > 1.2 * skin.area[right].sum()


def test_the_cut_runs_through_both_probes_and_the_current_from_one_to_the_other(ball):
    _, _, _, exposed = ball
    (section,) = fields_of(exposed).sections
    inside = (section.along > 0.3 * section.cathode) & (section.along < 0.7 * section.cathode)
    flow = section.density_along[inside][:, section.height < 0]
    assert np.nansum(flow) > 0
    assert 15 * MM < section.cathode < 40 * MM
    # The ball bulges between the probes, and the cut shows it.
    assert (section.tissue[:, section.height > 4 * MM] >= 0).any()


def test_a_probe_far_from_the_skin_is_refused(ball):
    folder, _, ground, _ = ball
    text = (folder / "plan.toml").read_text()
    text = text.replace("[electrode.a]", '[sites]\n"away" = ["0 mm", "5 mm", "60 mm"]\n[electrode.a]', 1)
    (folder / "off.toml").write_text(text.replace('at = "right"', 'at = "away"'))
    line = 1 + text[: text.index('"away"')].count("\n")
    with pytest.raises(
        PlanError, match=rf"off\.toml:{line}: sites\.away: the site does not lie on the skin of the body"
    ):
        read_plan(folder / "off.toml")
    plan, source = read_plan(folder / "plan.toml")
    sites = tuple(
        replace(s, position=(0.0, 5 * MM, 60 * MM)) if s.name == "right" else s for s in plan.sites
    )
    with pytest.raises(BodyError, match="does not lie on the skin"):
        expose(replace(plan, sites=sites), source, ground)
