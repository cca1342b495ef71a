"""What a head is made with: solids, lattices, smooth maps, depth below the skin, strips of muscle."""

import math

import numpy as np
import pytest

from microcurrent.errors import ValueRefused
from microcurrent.model.atlas import MuscleLine, Shape
from microcurrent.model.exposure import Input
from microcurrent.physics.bodies.anatomy import Kind
from microcurrent.physics.bodies.head.depth import depth_lattice, signed_depth
from microcurrent.physics.bodies.head.interpolation import kriged, smooth_map
from microcurrent.physics.bodies.head.lattice import Lattice, nodes_of, refined
from microcurrent.physics.bodies.head.measuring import layer_thickness
from microcurrent.physics.bodies.head.proportions import Asymmetry, ellipse_girth, placed_landmarks
from microcurrent.physics.bodies.head.skin import skin_from_level
from microcurrent.physics.bodies.head.solids import solids_of
from microcurrent.physics.bodies.head.strips import depths_of, directions, lay, sheet_of
from microcurrent.physics.conduction.grid import Grid

MM = 1e-3
RNG = np.random.default_rng(7)


def ball(radius=30 * MM, centre=(0.0, 0.0, 0.0), **more):
    values = dict(name="ball", group="g", kind="ellipsoid", operation="add", blend=0.0, mirrored=False)
    return Shape(**(values | more), centre=centre, radii=(radius,) * 3)


def chain(spheres, **more):
    values = dict(name="chain", group="g", kind="chain", operation="add", blend=0.0, mirrored=False)
    return Shape(**(values | more), spheres=tuple(spheres))


def level_of_ball(radius):
    return lambda points: np.linalg.norm(points, axis=-1) - radius


@pytest.fixture(scope="module")
def sphere():
    """A ball of 40 mm: its skin, and a lattice that is positive inside."""
    low, high = np.full(3, -0.05), np.full(3, 0.05)
    skin = skin_from_level(level_of_ball(0.04), low, high, step=1.2 * MM)
    origin, nodes = nodes_of(low, high, 4 * MM)
    inside = Lattice(origin=origin, step=4 * MM, values=-level_of_ball(0.04)(nodes)[..., None])
    return skin, inside


# -- solids ----------------------------------------------------------------------------------------


def test_the_distance_to_a_ball_and_to_a_capsule_is_exact():
    points = RNG.uniform(-0.1, 0.1, (500, 3))
    from_ball = np.linalg.norm(points - (0.01, 0.02, 0.0), axis=1) - 0.03
    assert solids_of([ball(0.03, (0.01, 0.02, 0.0))]).distance(points) == pytest.approx(
        from_ball, abs=1e-12
    )
    capsule = chain([(0, 0, -0.02, 0.01), (0, 0, 0.03, 0.01)])
    nearest = np.clip(points[:, 2], -0.02, 0.03)
    from_line = np.hypot(np.hypot(points[:, 0], points[:, 1]), points[:, 2] - nearest) - 0.01
    assert solids_of([capsule]).distance(points) == pytest.approx(from_line, abs=1e-12)


def test_an_ellipsoid_is_zero_on_its_surface_however_it_is_turned():
    shape = Shape(name="e", group="g", kind="ellipsoid", operation="add", blend=0.0, mirrored=False,
                  centre=(0.01, 0.0, 0.0), radii=(0.03, 0.02, 0.01), turned=(20.0, -35.0, 50.0))  # fmt: skip
    solid = solids_of([shape])
    unit = RNG.normal(size=(200, 3))
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    on_it = (unit * shape.radii) @ solid.turn[0].T + shape.centre
    assert np.abs(solid.distance(on_it)).max() < 1e-12


def plain_twin(shapes, points):
    """The same without passing over shapes that are too far away to matter."""
    value = np.full(len(points), 1.0)
    for shape in shapes:
        for side in (1, -1) if shape.mirrored else (1,):
            away = solids_of(
                [Shape(**{**vars(shape), "operation": "add", "blend": 0.0, "mirrored": False})]
            )
            away = away.distance(points * (side, 1, 1))
            sign = -1 if shape.operation == "cut" else 1
            k, a, b = shape.blend, sign * value, away
            h = np.maximum(k - np.abs(a - b), 0) / k if k else 0.0
            value = sign * (np.minimum(a, b) - h**3 * k / 6)
    return value


def test_passing_over_far_shapes_changes_nothing():
    shapes = [
        ball(0.04), ball(0.02, (0.04, 0.0, 0.02), blend=0.01, mirrored=True),
        ball(0.015, (0.0, 0.04, 0.0), operation="cut", blend=0.005),
        chain([(0.02, 0, 0, 0.01), (0.05, 0.02, 0.03, 0.004)], blend=0.003, mirrored=True),
    ]  # fmt: skip
    points = RNG.uniform(-0.09, 0.09, (4000, 3))
    fast, slow = solids_of(shapes).distance(points), plain_twin(shapes, points)
    near = np.abs(slow) < 0.02
    assert near.sum() > 500
    assert fast[near] == pytest.approx(slow[near], abs=1e-12)
    assert ((fast < 0) == (slow < 0)).all()


def test_mirrored_shapes_give_a_mirrored_solid():
    shapes = [ball(0.02, (0.03, 0.0, 0.0), blend=0.01, mirrored=True), ball(0.025, blend=0.01)]
    points = RNG.uniform(-0.06, 0.06, (300, 3))
    solid = solids_of(shapes)
    assert solid.distance(points) == pytest.approx(solid.distance(points * (-1, 1, 1)), abs=2e-6)


# -- lattices and maps -----------------------------------------------------------------------------


def test_a_lattice_is_exact_for_what_is_linear_and_stays_at_its_ends():
    origin, nodes = nodes_of((-0.02, -0.01, 0.0), (0.02, 0.03, 0.02), 5 * MM)
    line = np.array([2.0, -3.0, 0.5])
    lattice = Lattice(origin=origin, step=5 * MM, values=(nodes @ line)[..., None])
    points = RNG.uniform((-0.02, -0.01, 0.0), (0.02, 0.03, 0.02), (50, 3))
    assert lattice.at(points)[:, 0] == pytest.approx(points @ line)
    assert lattice.at(np.array([[9.0, 0.0, 0.0]])) == pytest.approx(
        lattice.at(np.array([[0.02, 0.0, 0.0]])), rel=1e-4
    )
    assert refined(lattice.values[..., 0], 4)[::4, ::4, ::4] == pytest.approx(lattice.values[..., 0])


def test_nodes_lie_evenly_to_both_sides_of_the_middle():
    origin, nodes = nodes_of((-0.013, 0.0, 0.0), (0.021, 0.01, 0.01), 4 * MM)
    assert nodes[..., 0] == pytest.approx(-nodes[::-1, :, :, 0])
    assert origin[0] <= -0.021


def test_kriging_meets_its_values_and_fades():
    places = np.array([[0.0, 0.0, 0.0], [0.05, 0.0, 0.0]])
    found = kriged(
        places, np.array([1.0, -1.0]), np.array([[0, 0, 0], [0.05, 0, 0], [0, 0.4, 0]], float), reach=0.02
    )
    assert found[:2] == pytest.approx([1, -1], abs=0.03)
    assert abs(found[2]) < 1e-3


def test_a_map_meets_its_pairs_and_keeps_what_is_affine():
    starts = RNG.uniform(-0.08, 0.08, (30, 3))
    turn = np.array([[1.05, 0.1, 0.0], [-0.05, 0.95, 0.02], [0.0, 0.03, 1.1]])
    low, high = np.full(3, -0.1), np.full(3, 0.1)
    affine = smooth_map(starts, starts @ turn + 0.004, (low, high))
    points = RNG.uniform(-0.08, 0.08, (40, 3))
    assert affine(points) == pytest.approx(points @ turn + 0.004, abs=1e-9)
    ends = starts + RNG.normal(scale=2 * MM, size=starts.shape)
    errors = [np.linalg.norm(smooth_map(starts, ends, (low, high), step=s)(starts) - ends, axis=1).max()
              for s in (5 * MM, 2.5 * MM)]  # fmt: skip
    assert errors[0] < 1 * MM and errors[1] < 0.6 * errors[0]
    with pytest.raises(ValueRefused, match="four or more"):
        smooth_map(starts[:3], ends[:3], (low, high))


# -- skin and depth --------------------------------------------------------------------------------


def test_the_skin_of_a_ball_is_closed_round_and_looks_outward(sphere):
    skin, _ = sphere
    assert np.linalg.norm(skin.vertices, axis=1) == pytest.approx(0.04, abs=0.02 * MM)
    assert skin.triangle_areas.sum() == pytest.approx(4 * math.pi * 0.04**2, rel=2e-3)
    assert np.einsum("ij,ij->i", skin.normals, skin.vertices).min() > 0.039
    edges = np.sort(skin.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()


def test_depth_below_the_skin_of_a_ball_is_that_to_its_centre(sphere):
    skin, inside = sphere
    points = RNG.uniform(-0.045, 0.045, (2000, 3))
    true = 0.04 - np.linalg.norm(points, axis=1)
    near = np.abs(true) < 5 * MM
    assert signed_depth(skin, points[near])[0] == pytest.approx(true[near], abs=0.1 * MM)
    found = depth_lattice(skin, inside, step=2 * MM).at(points)[:, 0]
    within = (true > 0) & (true < 0.035)
    assert found[within] == pytest.approx(true[within], abs=0.5 * MM)


def test_layers_are_measured_along_the_normal_and_bone_by_the_shortest_way(sphere):
    skin, _ = sphere
    grid = Grid(
        x=np.arange(-45, 46) * MM, y=np.arange(-45, 46) * MM, z=np.arange(-45, 46) * MM
    )  # fmt: skip
    fine = (np.arange(180) + 0.5) * 0.5 * MM - 45 * MM
    deep = 0.04 - np.sqrt(fine[:, None, None] ** 2 + fine[None, :, None] ** 2 + fine[None, None, :] ** 2)
    kinds = np.select([deep < 0, deep < 2 * MM, deep < 6 * MM, deep < 12 * MM], [0, 1, 2, 3], 4).astype(
        np.uint8
    )
    table = tuple(Kind(tissue=name) for name in ("skin", "fat", "muscle", "cortical bone"))
    found = layer_thickness(skin, grid, kinds, table=table)
    assert np.median(found["skin"]) == pytest.approx(2 * MM, abs=0.25 * MM)
    assert np.median(found["fat"]) == pytest.approx(4 * MM, abs=0.25 * MM)
    assert np.median(found["bone"]) == pytest.approx(12 * MM, abs=0.3 * MM)


# -- muscles ---------------------------------------------------------------------------------------


def test_directions_cover_every_fibre():
    known = directions()
    assert np.linalg.norm(known, axis=1) == pytest.approx(1)
    unit = RNG.normal(size=(3000, 3))
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    angle = np.degrees(np.arccos(np.abs(unit @ known.T).max(axis=1).clip(max=1)))
    assert angle.max() < 12.5 and angle.mean() < 7


def strip(line, *, width, thickness, depth, **more):
    span = Input(
        name="x", value=1.0, low=1.0, high=1.0, dimension="length", source="project", confidence="proposed"
    )
    n = len(line)
    return MuscleLine(
        name="strip", tissue="muscle", line=tuple(line), depth=(depth,) * n, width=(width,) * n,
        thickness=(thickness,) * n, length=span, volume=span, mirrored=False, ring=more.get("ring", False),
        source="project",
    )  # fmt: skip


@pytest.fixture(scope="module")
def laid(sphere):
    """A strip 5 mm below the skin of the ball, from 30 degrees of latitude to 60, at two sizes of cell."""
    skin, inside = sphere
    depths = depths_of(depth_lattice(skin, inside, step=2 * MM))
    at = np.radians([20, 35, 50, 65])
    line = [(0.0, 0.04 * np.cos(a), 0.04 * np.sin(a)) for a in at]
    sheet = sheet_of(
        strip(line, width=14 * MM, thickness=3 * MM, depth=5 * MM), 1, depths, placing=lambda p: p
    )
    grid = Grid(x=np.arange(-45, 46) * MM, y=np.arange(-45, 46) * MM, z=np.arange(-45, 46) * MM)
    kinds = np.full((180,) * 3, 1, dtype=np.uint8)
    kinds[:60] = 2
    table = (Kind(tissue="fat"), Kind(tissue="skin"))
    return sheet, kinds, lay(kinds, [sheet, sheet], grid, table=table, yielding=("fat",)), grid


def test_a_strip_lies_at_its_depth_and_runs_along_its_line(laid):
    sheet, *_ = laid
    depth = 0.04 - np.linalg.norm(sheet.points, axis=-1)
    assert depth.mean() == pytest.approx(6.5 * MM, abs=0.2 * MM)
    assert depth == pytest.approx(6.5 * MM, abs=0.8 * MM)
    middle = sheet.points[:, sheet.points.shape[1] // 2]
    length = np.linalg.norm(np.diff(middle, axis=0), axis=1).sum()
    assert length == pytest.approx(math.radians(45) * 33.5 * MM, rel=0.03)
    along = np.cross(sheet.directions, sheet.points)
    assert np.abs(along[..., 0]).min() > 0.9 * np.linalg.norm(along, axis=-1).max()


def test_a_strip_takes_its_volume_and_only_room_that_yields(laid):
    _, kinds, found, _ = laid
    area = math.radians(45) * 33.5 * MM * 14 * MM
    # Its rim is that of sub-voxels, half of one farther out all around.
    rim = (1 + 0.5 / 14) * (1 + 0.5 / 26.3)
    assert found.volumes[0] == pytest.approx(rim * area * 3 * MM, rel=0.04)
    assert found.volumes[1] == 0
    assert (kinds[:60] == 2).all()
    taken = kinds > 2
    assert taken.sum() * (0.5 * MM) ** 3 == pytest.approx(found.volumes[0])
    assert {found.table[k - 1].tissue for k in np.unique(kinds[taken])} == {"muscle"}
    assert (found.parts == 1).sum() > 0 and not (found.parts == 2).any()


# -- proportions -----------------------------------------------------------------------------------


def test_the_girth_of_a_circle_and_of_a_flat_ellipse():
    assert ellipse_girth(0.05, 0.05) == pytest.approx(2 * math.pi * 0.05)
    assert ellipse_girth(1.0, 0.5) == pytest.approx(4.844224110273838, rel=1e-6)


@pytest.fixture(scope="module")
def mean():
    from microcurrent.planning.bodies.face import mean_head

    return mean_head().places


MEASURES = {
    "head length": 0.19, "head breadth": 0.15, "bizygomatic breadth": 0.14, "bigonial breadth": 0.11,
    "minimum frontal breadth": 0.104, "nose breadth": 0.035, "lip length": 0.05, "nose protrusion": 0.0205,
    "interpupillary distance": 0.063, "menton to sellion": 0.118, "subnasale to sellion": 0.05,
    "neck girth": 0.37,
}  # fmt: skip


def test_landmarks_are_placed_at_their_measures_and_mirrored(mean):
    found = placed_landmarks(mean, MEASURES, asymmetry=Asymmetry())
    assert found["zygion right"][0] == pytest.approx(0.07)
    assert math.dist(found["menton"], found["sellion"]) == pytest.approx(0.118)
    assert math.dist(found["subnasale"], found["sellion"]) == pytest.approx(0.05)
    assert math.dist(found["pronasale"], found["subnasale"]) == pytest.approx(0.0205)
    assert found["glabella"][1] - found["opisthocranion"][1] == pytest.approx(0.19)
    for name, place in found.items():
        if name.endswith(" right"):
            assert found[name.removesuffix("right") + "left"] == pytest.approx(place * (-1, 1, 1))
    heights = [
        found[n][2] for n in ("menton", "sublabiale", "stomion", "subnasale", "pronasale", "sellion")
    ]
    assert heights == sorted(heights)


def test_an_asymmetric_face_keeps_its_skull(mean):
    straight = placed_landmarks(mean, MEASURES, asymmetry=Asymmetry())
    crooked = placed_landmarks(mean, MEASURES, asymmetry=Asymmetry(chin=6 * MM, tilt=0.03))
    assert crooked["menton"][0] == pytest.approx(6 * MM)
    assert crooked["exocanthion right"][2] > crooked["exocanthion left"][2]
    for name in ("vertex", "opisthocranion", "euryon right", "nape"):
        assert crooked[name] == pytest.approx(straight[name])


@pytest.mark.parametrize(
    ("key", "value"),
    [("menton to sellion", 0.05), ("subnasale to sellion", 0.004), ("nose protrusion", 0.001)],
)
def test_measures_that_no_face_has_are_refused_by_name(mean, key, value):
    with pytest.raises(ValueRefused, match=key):
        placed_landmarks(mean, MEASURES | {key: value}, asymmetry=Asymmetry())
