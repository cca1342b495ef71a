"""Ways on a mesh against closed forms: great circles, helices, rulings, tangents round a disc."""

import itertools
import math

import numpy as np
import pytest
import trimesh
from scipy.integrate import solve_ivp

from microcurrent.errors import BodyError, ValueRefused
from microcurrent.physics.bodies.geodesics import Geodesic, Obstacle, geodesic
from microcurrent.physics.bodies.remeshing import closest_point, part_with, with_point, without_ball
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.bodies.skin_of_voxels import skin_of_voxels
from microcurrent.physics.bodies.volume import Volume
from microcurrent.physics.conduction.grid import Grid

MM = 1e-3
RADIUS = 0.08


def sphere(subdivisions: int = 5) -> SkinMesh:
    ball = trimesh.creation.icosphere(subdivisions=subdivisions, radius=RADIUS)
    return SkinMesh(vertices=np.array(ball.vertices), triangles=np.array(ball.faces))


def sheet(count: int, place, *, low=(-0.1, -0.1), high=(0.1, 0.1), seed: int = 0) -> SkinMesh:
    """A shaken grid of count x count over two parameters, put in space by `place`."""
    u, v = np.meshgrid(*(np.linspace(low[k], high[k], count) for k in range(2)), indexing="ij")
    shaken = np.random.default_rng(seed).uniform(-0.25, 0.25, (2, count, count))
    shaken[:, [0, -1], :] = shaken[:, :, [0, -1]] = 0
    u, v = (
        p + s * (high[k] - low[k]) / (count - 1)
        for k, (p, s) in enumerate(zip((u, v), shaken, strict=True))
    )
    number = np.arange(count * count).reshape(count, count)
    a, b, c, d = number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]
    triangles = [np.stack([p.ravel() for p in corners], axis=1) for corners in ((a, b, c), (a, c, d))]
    return SkinMesh(vertices=place(u.ravel(), v.ravel()), triangles=np.vstack(triangles))


def flat(count: int = 81) -> SkinMesh:
    return sheet(count, lambda u, v: np.stack([u, v, 0 * u], axis=1))


def directions(count: int, seed: int = 3) -> np.ndarray:
    found = np.random.default_rng(seed).normal(size=(count, 3))
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def nearest_to(way: Geodesic, centre) -> float:
    """Distance [m] from a place to the nearest of the line itself, not only of its corners."""
    a, b = way.points[:-1], way.points[1:]
    span = b - a
    along = np.clip(np.einsum("ij,ij->i", centre - a, span) / np.einsum("ij,ij->i", span, span), 0, 1)
    return float(np.linalg.norm(a + along[:, None] * span - centre, axis=1).min())


# Closed forms


def test_on_a_sphere_it_is_a_great_circle():
    skin, ends = sphere(), directions(16).reshape(8, 2, 3)
    for first, last in ends:
        found = geodesic(skin, RADIUS * np.stack([first, last]))
        true = RADIUS * math.acos(first @ last)
        assert found.length == pytest.approx(true, rel=1e-3)
        # Every corner lies in the plane of the great circle.
        normal = np.cross(first, last) / np.linalg.norm(np.cross(first, last))
        assert np.abs(found.points @ normal).max() < 0.01 * RADIUS


def test_it_converges_with_the_mesh_at_second_order():
    ends = directions(12, seed=8).reshape(6, 2, 3)
    errors = [
        np.mean([
            abs(geodesic(sphere(k), RADIUS * pair).length / (RADIUS * math.acos(pair[0] @ pair[1])) - 1)
            for pair in ends
        ])
        for k in (3, 4, 5)
    ]  # fmt: skip
    assert errors[0] / errors[1] > 3 and errors[1] / errors[2] > 3


def test_on_a_cylinder_it_is_the_straight_line_of_the_unrolled_sheet():
    radius = 0.04
    skin = sheet(
        121,
        lambda u, v: np.stack([radius * np.cos(u / radius), radius * np.sin(u / radius), v], axis=1),
    )
    on = lambda u, v: (radius * math.cos(u / radius), radius * math.sin(u / radius), v)  # noqa: E731
    for first, last in (
        ((-0.05, -0.06), (0.05, 0.07)),
        ((0.0, -0.05), (0.0, 0.06)),
        ((-0.04, 0.01), (0.05, 0.01)),
    ):
        found = geodesic(skin, [on(*first), on(*last)])
        assert found.length == pytest.approx(math.dist(first, last), rel=1e-3)
        # The pitch of the helix: height grows evenly along it.
        even = np.linspace(first[1], last[1], len(found.points))
        assert np.abs(found.points[:, 2] - even).max() < 0.5 * MM


def test_on_a_saddle_rulings_are_straight_and_others_follow_the_equation_of_geodesics():
    scale = 0.05
    skin = sheet(
        161, lambda u, v: np.stack([u, v, u * v / scale], axis=1), low=(-0.06, -0.06), high=(0.06, 0.06)
    )
    ruling = geodesic(skin, [(0.02, -0.04, -0.016), (0.02, 0.04, 0.016)])
    assert ruling.length == pytest.approx(math.hypot(0.08, 0.032), rel=1e-4)
    assert np.abs(ruling.points[:, 0] - 0.02).max() < 0.2 * MM

    def slopes(_, state):
        # u'' = -2 v u' v' / (s^2 + u^2 + v^2), and the same with u and v exchanged.
        u, v, du, dv = state
        turn = -2 * du * dv / (scale**2 + u**2 + v**2)
        return [du, dv, v * turn, u * turn]

    u, v, du, dv = -0.045, -0.02, 1.0, 0.5
    speed = math.sqrt(du**2 + dv**2 + ((u * dv + v * du) / scale) ** 2)
    length = 0.1
    end = solve_ivp(slopes, (0, length), [u, v, du / speed, dv / speed], rtol=1e-10, atol=1e-12).y[:2, -1]
    found = geodesic(skin, [(u, v, u * v / scale), (*end, end[0] * end[1] / scale)])
    assert found.length == pytest.approx(length, rel=1e-3)


@pytest.mark.parametrize("aside", [0.0, 0.003, -0.003])
def test_round_a_disc_it_is_tangent_arc_tangent_on_the_shorter_side(aside):
    radius, away = 0.02, 0.06
    disc = Obstacle(name="disc", centre=(0.0, 0.0, 0.0), radius=radius)
    errors = []
    for count in (41, 81, 161):
        found = geodesic(flat(count), [(-away, aside, 0), (away, aside, 0)], obstacles=[disc])
        far = math.hypot(away, aside)
        arc = 2 * math.atan2(away, abs(aside)) - 2 * math.acos(radius / far)
        errors.append(found.length / (2 * math.sqrt(far**2 - radius**2) + radius * arc) - 1)
        assert radius <= nearest_to(found, np.zeros(3)) < radius + 0.6 * MM * (81 / count) ** 2 + 0.1 * MM
        assert found.points[len(found.points) // 2, 1] * (aside or 1) > 0 or aside == 0
    assert errors[-1] < 5e-4 and errors[0] > 3 * errors[1] > 6 * errors[2] > 0


# Laws


def test_it_is_symmetric_and_keeps_the_triangle_inequality():
    skin, places = sphere(4), RADIUS * directions(5, seed=21)
    length = {(a, b): geodesic(skin, places[[a, b]]).length for a, b in itertools.permutations(range(5), 2)}
    for a, b in length:
        assert length[a, b] == pytest.approx(length[b, a], rel=1e-12)
        assert length[a, b] >= np.linalg.norm(places[a] - places[b]) * (1 - 1e-3)
    for a, b, c in itertools.permutations(range(5), 3):
        # To the error of chords across steps of 1 mm.
        assert length[a, c] <= (length[a, b] + length[b, c]) * (1 + 1e-4)


def test_the_way_back_is_the_way_there():
    skin, places = sphere(4), RADIUS * directions(3, seed=5)
    there, back = geodesic(skin, places), geodesic(skin, places[::-1])
    np.testing.assert_allclose(there.points, back.points[::-1], atol=1e-12)


def test_it_takes_the_shorter_side_of_a_hill():
    def hill(u, v):
        return np.stack([u, v, 0.06 * np.exp(-(u**2 + v**2) / 0.02**2)], axis=1)

    skin = sheet(101, hill)
    for aside in (0.004, -0.004):
        found = geodesic(skin, [(-0.07, aside, 0), (0.07, aside, 0)])
        assert found.points[len(found.points) // 2, 1] * aside > 0
        assert found.points[:, 2].max() < 0.03
        forced = geodesic(skin, [(-0.07, aside, 0), (0, -np.sign(aside) * 0.03, 0.006), (0.07, aside, 0)])
        assert found.length < forced.length


def test_steps_are_even_and_marks_lie_at_the_points():
    places = RADIUS * directions(4, seed=2)
    found = geodesic(sphere(4), places, step=2 * MM)
    steps = np.linalg.norm(np.diff(found.points, axis=0), axis=1)
    assert steps.max() <= 2 * MM + 1e-12 and steps.min() > 1.8 * MM
    along = np.concatenate([[0], np.cumsum(steps)])
    assert found.length == pytest.approx(along[-1], rel=1e-12)
    for place, mark in zip(places, found.marks, strict=True):
        at = found.points[np.argmin(np.abs(along - mark))]
        assert np.linalg.norm(at - place) < 1.0 * MM  # the mesh lies up to 0.4 mm inside the sphere


def test_points_inside_triangles_and_on_edges_are_met_exactly():
    skin = flat(11)
    for last in ((0.0437, 0.0311, 0), tuple(skin.vertices[:2].mean(axis=0)), tuple(skin.vertices[60])):
        found = geodesic(skin, [(-0.0613, -0.0217, 0), last])
        assert np.linalg.norm(found.points[-1] - last) < 0.02 * MM
        assert found.length == pytest.approx(math.dist((-0.0613, -0.0217, 0), last), rel=1e-3)


# Obstacles


def test_a_clearance_is_kept_as_far_as_the_ends_keep_it():
    ball = Obstacle(name="orbit", centre=(0.0, 0.0, 0.005), radius=0.015, clearance=0.01)
    kept = geodesic(flat(), [(-0.06, 0.001, 0), (0.06, 0.001, 0)], obstacles=[ball])
    assert 25 * MM <= nearest_to(kept, ball.centre) < 25.5 * MM
    near = geodesic(flat(), [(-0.017, 0.001, 0), (0.06, 0.001, 0)], obstacles=[ball])
    assert 15 * MM <= nearest_to(near, ball.centre) < 18 * MM


@pytest.mark.parametrize("gap", [0.0, 1e-7, 1e-5, 1e-4])
def test_an_end_on_the_rim_is_no_way_in(gap):
    ball = Obstacle(name="orbit", centre=(0.0, 0.0, 0.0), radius=0.02)
    found = geodesic(flat(), [(-0.02 - gap, 0.0, 0), (0.021, 0.001, 0)], obstacles=[ball])
    assert nearest_to(found, np.zeros(3)) > 0.02 - 0.01 * MM
    assert found.length == pytest.approx(math.pi * 0.02, rel=0.05)


def test_between_two_obstacles_it_goes_through_the_gap_or_round_both():
    for half, through in ((0.024, True), (0.0195, False)):
        pair = [Obstacle(name=f"o{sign}", centre=(0.0, sign * half, 0.0), radius=0.02) for sign in (1, -1)]
        found = geodesic(flat(161), [(-0.07, 0.0, 0), (0.07, 0.0, 0)], obstacles=pair)
        assert (np.abs(found.points[:, 1]).max() < 0.005) == through
        assert all(nearest_to(found, np.array(one.centre)) >= 0.02 for one in pair)


def test_an_end_inside_is_refused_with_its_distance():
    ball = Obstacle(name="orbit left", centre=(0.0, 0.0, 0.0), radius=0.02)
    with pytest.raises(BodyError, match=r"inside the orbit left.*at least 20 mm.*came 5 mm"):
        geodesic(flat(), [(-0.06, 0, 0), (0.003, 0.004, 0)], obstacles=[ball])


# What is refused


def test_two_pieces_of_skin_are_joined_by_no_way():
    one, other = flat(11), flat(11)
    both = SkinMesh(
        vertices=np.vstack([one.vertices, other.vertices + np.array([0.0, 0.0, 0.05])]),
        triangles=np.vstack([one.triangles, other.triangles + len(one.vertices)]),
    )
    with pytest.raises(BodyError, match="no way on the skin joins"):
        geodesic(both, [(0, 0, 0), (0.03, 0, 0.05)])


def test_points_off_the_skin_and_no_points_are_refused():
    with pytest.raises(BodyError, match=r"does not lie on the skin.*at most 25 mm.*came 30 mm"):
        geodesic(flat(), [(0, 0, 0.03), (0.05, 0, 0)])
    for points in ([(0, 0, 0)], [(0, 0, math.nan), (0.01, 0, 0)], [(0, 0), (1, 1)]):
        with pytest.raises(ValueRefused, match="points of a way"):
            geodesic(flat(11), points)
    with pytest.raises(ValueRefused, match="step"):
        geodesic(flat(11), [(0, 0, 0), (0.05, 0, 0)], step=0.0)


def test_one_point_twice_is_a_way_without_length():
    found = geodesic(flat(11), [(0.01, 0.01, 0), (0.01, 0.01, 0), (0.05, 0.01, 0)])
    assert list(found.marks) == pytest.approx([0, 0, 0.04], abs=1e-9)


# The mesh underneath


def area(mesh) -> float:
    a, b, c = (mesh[0][mesh[1][:, k]] for k in range(3))
    return float(0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1).sum())


def test_a_point_put_in_and_a_ball_cut_out_leave_the_right_area():
    skin = flat(41)
    mesh = skin.vertices, skin.triangles.astype(np.int64)
    whole = area(mesh)
    rng = np.random.default_rng(4)
    for point in rng.uniform(-0.09, 0.09, (20, 2)):
        mesh, number = with_point(mesh, np.array([*point, 0.002]))
        assert np.linalg.norm(mesh[0][number, :2] - point) < 0.02 * MM
        assert closest_point(mesh, np.array([*point, 0.002]))[2] == pytest.approx(0.002, rel=1e-3)
    assert area(mesh) == pytest.approx(whole, rel=1e-9)
    assert (mesh[0][mesh[1]][:, :, 2] == 0).all()
    cut = without_ball(mesh, np.zeros(3), 0.03)
    # A cut within a twentieth of an edge of a vertex is moved to it, outwards.
    assert whole - area(cut) == pytest.approx(math.pi * 0.03**2, rel=0.01)
    assert np.linalg.norm(cut[0][np.unique(cut[1])], axis=1).min() >= 0.03 - 1e-12


def test_sheets_that_touch_in_a_vertex_or_an_edge_are_taken_apart():
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0], [0, 0, 1.0]])
    bow = np.array([[0, 1, 2], [0, 3, 4]])
    assert part_with((vertices, bow), np.ones(2, dtype=bool), (1, 3)) is None
    assert part_with((vertices, bow), np.ones(2, dtype=bool), (0, 3)) is not None
    fins = np.array([[0, 1, 2], [1, 0, 4], [0, 1, 5]])
    mesh, first, last = part_with((vertices, fins), np.ones(3, dtype=bool), (0, 2))
    assert len(mesh[1]) == 1 and {first, last} <= set(mesh[1].ravel().tolist())


def test_the_skin_of_voxels_is_smooth_and_where_it_should_be():
    edges = np.arange(-50, 51) * MM
    centres = (edges[1:] + edges[:-1]) / 2
    x, y, z = np.meshgrid(centres, centres, centres, indexing="ij")
    away = np.sqrt(x**2 + y**2 + z**2)
    labels = np.where(away < 40 * MM, 0, -1)
    labels[away < 10 * MM] = -1  # a cavity is not skin
    volume = Volume(grid=Grid(x=edges, y=edges, z=edges), labels=labels.astype(np.int16), tissues=("fat",))
    skin = skin_of_voxels(volume)
    far = np.linalg.norm(skin.vertices, axis=1)
    assert np.abs(far - 40 * MM).max() < 0.6 * MM
    assert skin.triangle_areas.sum() == pytest.approx(4 * math.pi * 0.04**2, rel=0.02)
    outward = np.einsum("ij,ij->i", skin.normals, skin.vertices / far[:, None])
    assert outward.min() > 0.9
    quarter = geodesic(skin, [(0.04, 0, 0), (0, 0.04 / math.sqrt(2), 0.04 / math.sqrt(2))])
    assert quarter.length == pytest.approx(0.02 * math.pi, rel=0.01)
