"""Scans of heads: cleaned, closed, laid on a template, landmarks where they truly are; other things refused."""

import runpy
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import trimesh
from scipy.spatial.transform import Rotation

from microcurrent.errors import BodyError, ValueRefused
from microcurrent.physics.bodies.scan import (
    Template,
    clean,
    find_landmarks,
    size_by_distance,
    size_by_head,
    size_by_unit,
    solidify,
)
from microcurrent.physics.bodies.scan.alignment import largest_ball, rotations
from microcurrent.physics.bodies.scan.cleaning import pieces_of
from microcurrent.physics.bodies.skin_mesh import SkinMesh

MADE = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("made_heads.py"))))
TURN = Rotation.from_rotvec([1.9, -0.7, 1.1]).as_matrix()
SHIFT = np.array([30.0, -400.0, 7.0])
#: How well landmarks of another person must be found [m]: half of what a fingertip covers.
NEAR = 3e-3


@cache
def template():
    return MADE.made_template()


def as_file(points, *, unit):
    """Places [m] of the head in the axes of a file, one unit of which is `unit` [m]."""
    return np.asarray(points) / unit @ TURN.T + SHIFT


@cache
def scan():
    """Another person's head in millimetre, turned and shifted, and where its landmarks lie."""
    own = template()
    truth = {name: as_file(MADE.other_person([p]), unit=1e-3)[0] for name, p in own.landmarks.items()}
    vertices = as_file(MADE.other_person(own.skin.vertices), unit=1e-3)
    return SkinMesh(vertices=vertices, triangles=own.skin.triangles), truth


@cache
def found():
    return find_landmarks(scan()[0], template(), scale_known=False)


def errors(result, truth, *, unit=1e-3):
    return {
        name: unit * float(np.linalg.norm(result.landmarks[name].place - truth[name])) for name in truth
    }


def watertight(skin):
    edges = np.sort(np.concatenate([skin.triangles[:, pair] for pair in ([0, 1], [1, 2], [2, 0])]), axis=1)
    return (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()


def volume(skin):
    a, b, c = (skin.vertices[skin.triangles[:, k]] for k in range(3))
    return float(np.einsum("td,td->", a, np.cross(b, c)) / 6)


# Cleaning


def test_cleaning_joins_what_a_file_holds_apart_and_drops_what_is_no_surface():
    ball = trimesh.creation.icosphere(subdivisions=3, radius=50.0)
    soup = ball.vertices[ball.faces].reshape(-1, 3)
    dust = trimesh.creation.icosphere(subdivisions=1, radius=1.0)
    vertices = np.concatenate([soup, dust.vertices + np.array([80, 0, 0])])
    faces = np.arange(len(soup)).reshape(-1, 3)
    faces = np.concatenate([faces, faces[:7], [[0, 0, 1], [3, 3, 3]], dust.faces + len(soup)])
    done = clean(vertices, faces)
    assert done.merged == len(soup) - len(ball.vertices)
    assert (done.repeated, done.degenerate, done.pieces) == (7, 2, 1)
    assert 0 < done.dropped < 1e-3
    assert len(done.skin.vertices) == len(ball.vertices) and len(done.skin.triangles) == len(ball.faces)
    assert (done.open_edges, done.branching_edges) == (0, 0)
    assert volume(done.skin) == pytest.approx(ball.volume, rel=1e-9)


@pytest.mark.parametrize("how", ["all", "some"])
def test_triangles_wound_inside_out_are_turned(how):
    ball = trimesh.creation.icosphere(subdivisions=3, radius=50.0)
    faces = np.array(ball.faces)
    wrong = np.ones(len(faces), dtype=bool) if how == "all" else np.arange(len(faces)) % 3 == 0
    faces[wrong] = faces[wrong][:, ::-1]
    done = clean(ball.vertices, faces)
    assert volume(done.skin) == pytest.approx(ball.volume, rel=1e-9)
    assert done.turned == pytest.approx(wrong.mean(), abs=1e-9)


def test_points_and_lines_are_no_surface():
    with pytest.raises(BodyError, match="no surface"):
        clean([[0, 0, 0], [1, 0, 0], [2, 0, 0]], [[0, 1, 2]])
    with pytest.raises(BodyError, match="no surface"):
        clean(np.zeros((3, 3)), [[0, 1, 2]])


# Solid


def test_solid_of_a_closed_ball_is_that_ball_and_nothing_was_closed():
    ball = trimesh.creation.icosphere(subdivisions=4, radius=50.0)
    solid = solidify(clean(ball.vertices, ball.faces).skin, nodes=64)
    assert watertight(solid.skin)
    assert volume(solid.skin) == pytest.approx(ball.volume, rel=5e-3)
    radius = np.linalg.norm(solid.skin.vertices, axis=1)
    assert abs(radius - 50).max() < 0.25 * solid.spacing
    assert (solid.open_share, solid.crossing_share, solid.closed_over) == (0.0, 0.0, 0.0)
    assert solid.field[tuple(n // 2 for n in solid.field.shape)] < 0 < solid.field[0, 0, 0]


def test_solid_closes_a_hole_smoothly_and_says_how_much():
    ball = trimesh.creation.icosphere(subdivisions=4, radius=50.0)
    kept = ball.triangles_center[:, 2] > -40
    solid = solidify(clean(ball.vertices, ball.faces[kept]).skin, nodes=64)
    assert watertight(solid.skin)
    # Between the ball cut flat at its hole and the whole ball.
    cap = np.pi * 10**2 * (150 - 10) / 3
    assert ball.volume - 1.5 * cap < volume(solid.skin) < ball.volume
    hole = 2 * np.pi * 50 * 10 / (4 * np.pi * 50**2)
    assert solid.closed_over == pytest.approx(hole, rel=0.4)
    assert solid.open_share > 0


def test_overlapping_parts_become_one_skin():
    one = trimesh.creation.icosphere(subdivisions=4, radius=50.0)
    other = one.copy()
    other.apply_translation([85, 0, 0])
    both = trimesh.util.concatenate([one, other])
    solid = solidify(clean(both.vertices, both.faces).skin, nodes=80)
    assert (
        watertight(solid.skin) and len(set(pieces_of(solid.skin.triangles, len(solid.skin.vertices)))) == 1
    )
    lens = np.pi * (4 * 50 + 85) * (2 * 50 - 85) ** 2 / 12
    assert volume(solid.skin) == pytest.approx(2 * one.volume - lens, rel=1e-2)
    assert 0 < solid.crossing_share < 0.1


def test_what_encloses_nothing_or_runs_through_itself_is_refused():
    x, y = np.meshgrid(np.arange(40.0), np.arange(40.0), indexing="ij")
    sheet = np.stack([x, y, 0.05 * x], axis=-1).reshape(-1, 3)
    corner = np.arange(39)[:, None] * 40 + np.arange(39)
    quads = np.stack([corner, corner + 40, corner + 41, corner + 1], axis=-1).reshape(-1, 4)
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    with pytest.raises(BodyError, match="encloses nothing"):
        solidify(clean(sheet, faces).skin, nodes=48)
    ball = trimesh.creation.icosphere(subdivisions=3, radius=50.0)
    twice = trimesh.util.concatenate([ball, ball.copy().apply_scale(0.98)])
    with pytest.raises(BodyError, match="runs through itself"):
        solidify(clean(twice.vertices, twice.faces).skin, nodes=48)


# Laying on


def test_rotations_leave_no_gap_in_all_rotations():
    tried = rotations()
    assert np.allclose(tried @ np.swapaxes(tried, 1, 2), np.eye(3), atol=1e-12)
    wanted = Rotation.random(2000, random_state=3).as_matrix()
    trace = np.einsum("aij,bij->ab", tried, wanted).max(axis=0)
    assert np.degrees(np.arccos((trace.min() - 1) / 2)) < 32


def test_largest_ball_of_a_ball_is_itself():
    ball = trimesh.creation.icosphere(subdivisions=4, radius=50.0)
    centre, radius = largest_ball(
        SkinMesh(vertices=ball.vertices + np.array([1, 2, 3]), triangles=ball.faces)
    )
    assert centre == pytest.approx([1, 2, 3], abs=1.5) and radius == pytest.approx(50, rel=0.06)


def test_landmarks_of_another_person_are_found_where_they_are():
    result, (skin, truth) = found(), scan()
    wrong = errors(result, truth)
    assert max(wrong.values()) < NEAR, wrong
    assert np.mean(list(wrong.values())) < 1.5e-3
    assert all(0.5 < mark.confidence <= 1 for mark in result.landmarks.values())
    assert result.likeness.relief > 0.8 and result.residual[1] < 3e-3
    assert result.landmarks["pronasale"].feature and not result.landmarks["zygion left"].feature
    # They lie on the skin.
    places = np.array([mark.place for mark in result.landmarks.values()])
    assert skin.tree.query(places)[0].max() < 3.5


def test_the_map_takes_the_template_to_the_skin_and_is_smooth():
    result, (skin, _) = found(), scan()
    own = template().face.points
    mapped = result.map(own)
    true = as_file(MADE.other_person(own), unit=1e-3)
    distance = skin.tree.query(mapped)[0]
    assert np.median(distance) < 2.0
    assert np.median(np.linalg.norm(mapped - true, axis=1)) < 2.0
    # It folds nowhere on the face: volumes keep their sign.
    step = 1e-4
    along = [(result.map(own + step * axis) - mapped) / step for axis in np.eye(3)]
    assert (np.einsum("pi,pi->p", along[0], np.cross(along[1], along[2])) > 0).all()


def test_upright_head_has_its_axes_and_its_length():
    result, (skin, _) = found(), scan()
    straight = result.upright(skin, unit=1e-3)
    places = {n: result.placed([m.place], unit=1e-3)[0] for n, m in result.landmarks.items()}
    assert places["zygion left"][0] < -0.04 < 0.04 < places["zygion right"][0]
    assert places["pronasale"][1] > places["sellion"][1] and places["menton"][2] < places["stomion"][2]
    assert volume(straight) == pytest.approx(volume(skin) * 1e-9, rel=1e-9)


@pytest.mark.parametrize("unit", [1.0, 0.0254])
def test_the_unit_of_the_file_changes_nothing(unit):
    skin, truth = scan()
    factor = 1e-3 / unit
    other = SkinMesh(vertices=factor * skin.vertices, triangles=skin.triangles)
    result = find_landmarks(other, template(), scale_known=False)
    for name, place in truth.items():
        assert np.linalg.norm(result.landmarks[name].place - factor * place) * unit < NEAR
    assert size_by_head(result).unit == unit


def test_noise_holes_and_turned_triangles_move_landmarks_little():
    skin, truth = scan()
    chance = np.random.default_rng(7)
    noisy = skin.vertices + chance.normal(0, 0.6, skin.vertices.shape)
    upright = (noisy - SHIFT) @ TURN
    middle = upright[skin.triangles].mean(axis=1)
    # The back of the head, the neck and a spot on the cheek are missing; the rest is inside out.
    kept = (middle[:, 1] > -70) & (middle[:, 2] > -95)
    kept &= np.linalg.norm(middle - [-45, 40, -25], axis=1) > 8
    done = clean(noisy, skin.triangles[kept][:, ::-1])
    assert done.turned == 1 and done.open_edges > 0
    result = find_landmarks(solidify(done.skin, nodes=72).skin, template(), scale_known=False)
    wrong = errors(result, truth)
    assert max(wrong.values()) < 5e-3, wrong
    assert np.median(list(wrong.values())) < 2.5e-3


def test_a_scan_of_the_face_alone_is_enough():
    skin, truth = scan()
    upright = (skin.vertices - SHIFT) @ TURN
    middle = upright[skin.triangles].mean(axis=1)
    kept = (middle[:, 1] > 10) & (middle[:, 2] > -85)
    done = clean(skin.vertices, skin.triangles[kept])
    result = find_landmarks(solidify(done.skin, nodes=64).skin, template(), scale_known=False)
    wrong = errors(result, truth)
    assert max(wrong.values()) < 5e-3, wrong
    assert 1e-3 * result.similarity.scale == pytest.approx(1, rel=0.06)


def test_a_head_in_metre_and_upright_keeps_its_size():
    own = template()
    moved = SkinMesh(
        vertices=own.skin.vertices + np.array([0.01, 0.02, -0.03]), triangles=own.skin.triangles
    )
    result = find_landmarks(moved, own, scale_known=True, upright=True)
    assert result.similarity.scale == 1.0
    for name, place in own.landmarks.items():
        assert np.linalg.norm(result.landmarks[name].place - place - [0.01, 0.02, -0.03]) < 2e-3


def test_given_landmarks_are_taken_exactly_and_the_map_goes_through_them():
    skin, truth = scan()
    by_hand = {name: truth[name] for name in ("pronasale", "sellion", "cheilion left", "cheilion right")}
    by_hand["cheilion left"] = by_hand["cheilion left"] + [1.5, 0.0, 0.0]
    result = find_landmarks(skin, template(), scale_known=False, given=by_hand)
    for name, place in by_hand.items():
        mark = result.landmarks[name]
        assert mark.given and mark.confidence == 1 and (mark.place == place).all()
        assert np.linalg.norm(result.map([template().landmarks[name]])[0] - place) < 1e-6
    assert max(errors(result, truth).values()) < NEAR + 0.5e-3
    with pytest.raises(BodyError, match=r"unknown landmark.*pronasale.*came pronasal\b"):
        find_landmarks(skin, template(), scale_known=False, given={"pronasal": np.zeros(3)})


def test_a_template_without_a_face_is_refused():
    with pytest.raises(ValueRefused, match="pronasale, menton"):
        Template(skin=template().skin, landmarks={"menton": np.zeros(3)})


# Sizes


def test_size_by_distance_by_unit_and_by_head():
    result, (_, truth) = found(), scan()
    true = 1e-3 * float(np.linalg.norm(truth["sellion"] - truth["menton"]))
    assert size_by_distance(result, ("sellion", "menton"), true).unit == pytest.approx(1e-3, rel=0.03)
    assert size_by_distance(result, ("sellion", "menton"), true).guesses == ()
    assert size_by_unit(result, "mm").unit == 1e-3
    guessed = size_by_head(result)
    assert guessed.unit == 1e-3 and guessed.guesses[0].taken.startswith("mm")
    with pytest.raises(BodyError, match=r"units of cm .*expected 80 to 125 %.*In mm it would be a head"):
        size_by_unit(result, "cm")
    with pytest.raises(BodyError, match="unknown unit"):
        size_by_unit(result, "furlong")
    with pytest.raises(BodyError, match="would not be the size of a head"):
        size_by_distance(result, ("sellion", "menton"), 2 * true)
    with pytest.raises(BodyError, match="between two landmarks"):
        size_by_distance(result, ("sellion", "chin"), true)


# What is no head


def sphere():
    return trimesh.creation.icosphere(subdivisions=4, radius=100)


def egg():
    ball = trimesh.creation.icosphere(subdivisions=4, radius=1)
    return ball.apply_scale([75, 98, 115])


def cube():
    box = trimesh.creation.box([150, 150, 150])
    for _ in range(4):
        box = box.subdivide()
    return box


def placed(part, at, angle=0.0, axis=(0, 1, 0)):
    part.apply_transform(trimesh.transformations.rotation_matrix(np.radians(angle), axis))
    return part.apply_translation(at)


def teapot():
    body = trimesh.creation.icosphere(subdivisions=4, radius=80).apply_scale([1, 1, 0.8])
    spout = placed(trimesh.creation.cylinder(12, 90), [95, 0, 10], 55)
    handle = placed(trimesh.creation.torus(35, 8), [-90, 0, 0], 90, (1, 0, 0))
    knob = placed(trimesh.creation.icosphere(subdivisions=3, radius=14), [0, 0, 74])
    return trimesh.util.concatenate([body, spout, handle, knob])


def torso():
    trunk = trimesh.creation.cylinder(1, 500, sections=48)
    for _ in range(3):
        trunk = trunk.subdivide()
    vertices = np.array(trunk.vertices)
    up = (vertices[:, 2] + 250) / 500
    vertices[:, 0] *= 140 + 60 * up
    vertices[:, 1] *= 95 + 20 * up
    trunk.vertices = vertices
    arms = [placed(trimesh.creation.capsule(60, 55), [s * 190, 0, 190], s * 75) for s in (-1, 1)]
    neck = placed(trimesh.creation.cylinder(55, 60), [0, 0, 275])
    return trimesh.util.concatenate([trunk, *arms, neck])


def hand():
    palm = trimesh.creation.box([85, 30, 100])
    for _ in range(3):
        palm = palm.subdivide()
    fingers = [
        placed(trimesh.creation.capsule(length, 9), [-33 + 22 * k, 0, 48])
        for k, length in enumerate((65, 75, 80, 60))
    ]
    thumb = placed(trimesh.creation.capsule(60, 11), [45, 0, -10], 50)
    return trimesh.util.concatenate([palm, *fingers, thumb])


@pytest.mark.parametrize(
    "thing", [sphere, egg, cube, teapot, torso, hand], ids=lambda thing: thing.__name__
)
def test_what_is_no_head_is_refused_with_the_reason(thing):
    mesh = thing()
    with pytest.raises(BodyError) as refused:
        find_landmarks(
            solidify(clean(mesh.vertices, mesh.faces).skin, nodes=48).skin, template(), scale_known=False
        )
    (problem,) = refused.value.problems
    assert problem.what.startswith(("no face was found", "no head was found", "what comes nearest"))
    assert problem.expected and problem.came and problem.advice
