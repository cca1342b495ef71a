"""Pictures of solid bodies: light, hiding, cuts, names without overlap, and what the text says."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from microcurrent.errors import ValueRefused
from microcurrent.model.body import Body, Nerve, Site
from microcurrent.physics.bodies.anatomy import Anatomy, Kind, MuscleSheet
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.conduction.grid import Grid
from microcurrent.reports.pictures.solid import (
    cutaway_picture,
    section_picture,
    sheet_picture,
    views_picture,
)
from microcurrent.reports.pictures.solid.camera import Camera, fitting
from microcurrent.reports.pictures.solid.canvas import Box, page
from microcurrent.reports.pictures.solid.cutaway import draw_cutaway, open_body
from microcurrent.reports.pictures.solid.labels import Label, arrange, write_labels
from microcurrent.reports.pictures.solid.parts import (
    BONES,
    end_caps,
    kinds_at,
    muscle_surface,
    nerve_surface,
    tissue_paint,
    tissue_surface,
)
from microcurrent.reports.pictures.solid.rendering import CUT, render
from microcurrent.reports.pictures.solid.scene import Scene
from microcurrent.reports.pictures.solid.section import draw_section, layers_under
from microcurrent.reports.pictures.solid.shading import Lights, displayed, linear
from microcurrent.reports.pictures.solid.shapes import Cap, Surface, outward, sliced
from microcurrent.reports.pictures.solid.viewing import viewing
from microcurrent.reports.pictures.solid.views import draw_views
from microcurrent.reports.pictures.tissue_colours import tissue_colour

MM = 1e-3
GREY = np.array([0.6, 0.6, 0.6])
FRONT = np.array([0.0, 1.0, 0.0])


def ball(radius=30 * MM, centre=(0.0, 0.0, 0.0), *, name="ball", colour=GREY, count=48, **more) -> Surface:
    """A ball of meridians and parallels, corners counter-clockwise from outside."""
    polar, turn = np.linspace(0, np.pi, count), np.linspace(0, 2 * np.pi, 2 * count)
    p, t = np.meshgrid(polar, turn, indexing="ij")
    vertices = np.stack([np.sin(p) * np.cos(t), np.sin(p) * np.sin(t), np.cos(p)], axis=-1).reshape(-1, 3)
    index = np.arange(count * 2 * count).reshape(count, 2 * count)
    a, b, c, d = (index[i, j].ravel() for i, j in itertools.product((np.s_[:-1], np.s_[1:]), repeat=2))
    triangles = np.concatenate([np.stack([a, c, d], 1), np.stack([a, d, b], 1)])
    whole = np.asarray(centre) + radius * vertices
    return Surface(name=name, vertices=whole, triangles=triangles, colour=np.asarray(colour), **more)


def look(surfaces, *, toward=FRONT, dots=3000.0, size=240, caps=(), lights=None):
    camera = Camera(target=np.zeros(3), toward=toward, width=size, height=size, span=size / dots)
    return render(Scene(surfaces, caps=caps), camera, lights=lights)


def egg(refinement=2, spacing=4 * MM) -> tuple[Body, Anatomy]:
    """A layered ball of 60 mm: skin, fat and bone, with a muscle and a nerve on its left and a site."""
    edges = spacing * (np.arange(35) - 17)
    grid = Grid(x=edges, y=edges, z=edges)
    fine = edges[0] + spacing / refinement * (np.arange(34 * refinement) + 0.5)
    depth = 60 * MM - np.sqrt(sum(axis**2 for axis in np.meshgrid(fine, fine, fine, indexing="ij")))
    kinds = np.select([depth > 20 * MM, depth > 6 * MM, depth > 0], [3, 2, 1], 0).astype(np.uint8)
    skin = ball(60 * MM)
    angle, height = np.radians(np.linspace(100, 150, 9)), np.linspace(-8, 8, 5) * MM
    a, z = np.meshgrid(angle, height, indexing="ij")
    points = np.stack([46 * MM * np.cos(a), 46 * MM * np.sin(a), z], axis=-1)
    anatomy = Anatomy(
        grid=grid, refinement=refinement, kinds=kinds,
        table=(Kind(tissue="skin"), Kind(tissue="fat"), Kind(tissue="cortical bone")),
        skin=SkinMesh(vertices=skin.vertices, triangles=skin.triangles),
        muscles=(MuscleSheet(name="buccinator left", side="left", tissue="muscle", points=points,
                             thickness=np.full(a.shape, 4 * MM)),),
    )  # fmt: skip
    body = Body(
        name="egg", kind="anatomy", tissues=anatomy.tissues, content=anatomy.digest(), midline=True,
        sites=(
            Site(name="nasion", position=(0.0, 60 * MM, 0.0), side="midline", abbreviation="n"),
            Site(name="zygion left", position=(-42 * MM, 42 * MM, 0.0), side="left", abbreviation="zy"),
            Site(name="zygion right", position=(42 * MM, 42 * MM, 0.0), side="right", abbreviation="zy"),
        ),
        nerves=(Nerve(name="buccal branch left", side="left", depth=(0.01, 0.01),
                      points=((-46 * MM, 20 * MM, 20 * MM), (-20 * MM, 46 * MM, 20 * MM))),),
    )  # fmt: skip
    return body, anatomy


@pytest.fixture(scope="module")
def body_and_anatomy():
    return egg()


# Light and geometry


def test_a_ball_is_round_and_as_large_as_it_is():
    image = look([ball()])
    seen = image.colour[..., 3] > 127
    across, up = seen.any(axis=0).sum(), seen.any(axis=1).sum()
    assert abs(int(across) - int(up)) <= 1
    # seen from 1.6 m a ball of radius r shows a little more than r
    assert across == pytest.approx(2 * 30 * MM * 3000, abs=2)
    assert seen.sum() == pytest.approx(np.pi / 4 * across * up, rel=0.01)


@pytest.mark.parametrize("key", [(-1.0, 0.0, 0.6), (1.0, 0.0, 0.6), (0.0, 1.0, 0.6), (0.0, -1.0, 0.6)])
def test_a_ball_is_lit_from_the_stated_side(key):
    image = look([ball()], lights=Lights(key=key, fill_strength=0.0, rim_strength=0.0))
    light = image.colour[..., :3].mean(axis=2) * (image.colour[..., 3] > 250)
    rows, columns = np.indices(light.shape)
    middle = 0.5 * (light.shape[0] - 1)
    balance = np.array([(light * (columns - middle)).sum(), (light * (middle - rows)).sum()])
    assert balance @ np.array(key[:2]) / np.linalg.norm(balance) > 0.97


def test_nearer_hides_farther_and_distance_is_that_of_the_nearest():
    near = ball(10 * MM, (0, 40 * MM, 0), name="near", colour=np.array([0.9, 0.1, 0.1]))
    far = ball(30 * MM, name="far", colour=np.array([0.1, 0.1, 0.9]))
    for order in ([near, far], [far, near]):
        image = look(order)
        red, _, blue, _ = image.colour[120, 120].astype(int)
        assert red > 2 * blue
        assert image.distance[120, 120] == pytest.approx(1.6 - 50 * MM, abs=0.1 * MM)
        assert image.colour[60, 120, 2] > image.colour[60, 120, 0]


def test_what_is_see_through_shows_what_is_behind():
    behind = ball(20 * MM, colour=np.array([0.1, 0.1, 0.9]), name="behind")
    glass = ball(30 * MM, colour=np.array([0.9, 0.1, 0.1]), name="glass", opacity=0.4)
    red, _, blue, alpha = look([glass, behind]).colour[120, 120].astype(int)
    assert alpha == 255
    assert red > 0 and blue > 0
    solid_blue = int(look([behind]).colour[120, 120, 2])
    assert 0.3 * solid_blue < blue < solid_blue


def test_a_thing_throws_its_shadow_away_from_the_light():
    flat = np.array([[-1, 0, -1], [1, 0, -1], [1, 0, 1], [-1, 0, 1]]) * 60 * MM
    wall = Surface(name="wall", vertices=flat, triangles=np.array([[0, 2, 1], [0, 3, 2]]), colour=GREY)
    small = ball(6 * MM, (0, 20 * MM, 0))
    light = Lights(key=(-1.0, 0.0, 1.0), fill_strength=0.0, rim_strength=0.0)
    image = look([wall, small], lights=light)
    shade, open_ = (float(image.colour[120, column, 0]) for column in (120 + 60, 120 - 60))
    assert shade < 0.75 * open_


def test_a_hollow_lies_less_open_than_a_plain():
    flat = np.array([[-1, 0, -1], [1, 0, -1], [1, 0, 1], [-1, 0, 1], [0, 0, 0]]) * 60 * MM
    fan = np.array([[0, 4, 1], [1, 4, 2], [2, 4, 3], [3, 4, 0]])
    wall = Surface(name="wall", vertices=flat, triangles=fan, colour=GREY)
    assert (wall.normals @ FRONT > 0.99).all()
    alone = Scene([wall]).openness
    beside = Scene([wall, ball(10 * MM, (12 * MM, 5 * MM, 0))]).openness
    assert alone == pytest.approx(1.0, abs=1e-6)
    assert beside[4] < 0.95 * alone[4]


def test_colours_come_out_as_they_went_in():
    shades = np.linspace(0, 0.75, 12)
    assert displayed(linear(shades)) == pytest.approx(shades, abs=1e-6)
    assert (np.diff(displayed(np.linspace(0, 4, 60))) > 0).all()
    assert displayed(np.array(50.0)) <= 1.0


def test_the_camera_puts_points_where_their_rays_go():
    camera = fitting(ball().vertices, np.array([-0.7, 0.6, 0.2]), dots=2000.0)
    points = np.random.default_rng(1).uniform(-30, 30, (40, 3)) * MM
    places = camera.project(points)
    ways = camera.rays(places[:, 0], places[:, 1])
    assert camera.eye + places[:, 2:] * ways == pytest.approx(points, abs=1e-6)
    seen = camera.project(ball().vertices)
    assert seen[:, :2].min() >= 0
    assert (seen[:, :2] <= [camera.width, camera.height]).all()


def test_the_viewer_in_front_has_the_persons_right_on_the_left():
    camera = Camera(target=np.zeros(3), toward=FRONT, width=100, height=100, span=0.1)
    right, up = camera.project(np.array([[0.02, 0, 0], [0, 0, 0.02]]))[:, :2]
    assert right[0] < 50
    assert up[1] < 50


# Cuts


def test_a_slice_keeps_one_side_and_its_area():
    whole = ball()
    half = sliced(whole, np.array([5 * MM, 0, 0]), np.array([1.0, 0, 0]))

    def area(surface):
        a, b, c = (surface.vertices[surface.triangles[:, k]] for k in range(3))
        return 0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1).sum()

    assert half.vertices[:, 0].max() == pytest.approx(5 * MM, abs=1e-9)
    # Archimedes: the area of a slice of a ball goes with its height
    assert area(half) / area(whole) == pytest.approx(35 / 60, rel=2e-3)
    gone = sliced(whole, np.array([-40 * MM, 0, 0]), np.array([1.0, 0, 0]))
    assert len(gone.triangles) == 0


def test_a_surface_turned_inside_out_is_turned_back():
    whole = ball()
    wrong = replace(whole, triangles=whole.triangles[:, ::-1])
    assert whole.volume == pytest.approx(4 / 3 * np.pi * (30 * MM) ** 3, rel=0.01)
    assert wrong.volume == pytest.approx(-whole.volume)
    assert outward(wrong).volume == pytest.approx(whole.volume)


def test_the_colour_of_a_cut_is_that_of_the_tissue(body_and_anatomy):
    _, anatomy = body_and_anatomy
    paint = tissue_paint(anatomy)
    depths = {"skin": 57, "fat": 45, "cortical bone": 20}
    for tissue, radius in depths.items():
        colour, _ = paint(np.array([[0.0, radius * MM, 1 * MM], [0.0, 67 * MM, 0.0]]))
        assert colour[0, :3] == pytest.approx(to_rgb(tissue_colour(tissue, anatomy.tissues)))
        assert colour[1, 3] == 0
    toward = np.array([1.0, 0.0, 0.0])
    cap = Cap(point=np.zeros(3), normal=toward, paint=paint)
    skin = Surface(
        name="skin", vertices=anatomy.skin.vertices, triangles=anatomy.skin.triangles, colour=GREY
    )
    plain = Lights(key=(0.0, 0.0, 1.0), fill_strength=0.0, rim_strength=0.0)
    image = look([sliced(skin, np.zeros(3), toward)], toward=toward, dots=1700.0, caps=[cap], lights=plain)
    for tissue, radius in depths.items():
        row = round(120 - radius * MM * 1700)
        seen = linear(image.colour[row, 120, :3] / 255.0)
        wanted = linear(np.array(to_rgb(tissue_colour(tissue, anatomy.tissues))))
        assert seen / seen.sum() == pytest.approx(wanted / wanted.sum(), abs=0.05), tissue
        assert image.number[row, 120] == CUT + anatomy.tissues.index(tissue)


def test_what_is_cut_away_no_longer_hides_what_lies_beneath(body_and_anatomy):
    body, anatomy = body_and_anatomy
    how = viewing(body, anatomy)
    assert (how.shape, how.half) == ("head", "left half")
    opened = open_body(body, anatomy, how)
    skin = opened.scene.surfaces[0]
    assert skin.vertices[:, 0].min() >= -1e-9  # the person's left is at negative x
    assert set(opened.muscles) == {"buccinator left"}
    assert set(opened.nerves) == {"buccal branch left"}
    bone = next(surface for surface in opened.scene.surfaces if surface.name == "bone")
    assert np.linalg.norm(bone.vertices, axis=1)[bone.vertices[:, 0] < 0] == pytest.approx(
        40 * MM, abs=2 * MM
    )


def test_kinds_are_looked_up_where_the_sub_voxels_lie(body_and_anatomy):
    _, anatomy = body_and_anatomy
    fine = anatomy.spacing / anatomy.refinement
    index = np.array([[3, 20, 31], [34, 34, 34], [60, 40, 30]])
    points = np.array([edges[0] for edges in anatomy.grid.edges]) + fine * (index + 0.5)
    assert (kinds_at(anatomy, points) == anatomy.kinds[tuple(index.T)]).all()
    assert kinds_at(anatomy, np.full((1, 3), 5.0))[0] == 0


def test_layers_under_a_place_have_their_thickness(body_and_anatomy):
    _, anatomy = body_and_anatomy
    skin, fat, bone = layers_under(anatomy, (0.0, 70 * MM, 0.0))
    assert [layer.tissue for layer in (skin, fat, bone)] == ["skin", "fat", "cortical bone"]
    assert skin.floor - skin.top == pytest.approx(6 * MM, abs=2 * MM)
    assert fat.floor - fat.top == pytest.approx(14 * MM, abs=2 * MM)


def test_a_body_that_is_cut_off_shows_its_tissue_there(body_and_anatomy):
    _, anatomy = body_and_anatomy
    assert end_caps(anatomy) == []
    neck = 10  # cells taken away below
    grid = Grid(x=anatomy.grid.x, y=anatomy.grid.y, z=anatomy.grid.z[neck:])
    short = replace(anatomy, grid=grid, kinds=anatomy.kinds[:, :, neck * anatomy.refinement :])
    (cap,) = end_caps(short)
    assert cap.normal == pytest.approx([0, 0, -1])
    assert cap.point[2] == pytest.approx(grid.z[0], abs=anatomy.spacing)
    colour, _ = cap.paint(np.array([[0.0, 0.0, cap.point[2]]]))
    assert colour[0, :3] == pytest.approx(to_rgb(tissue_colour("cortical bone", anatomy.tissues)))


# Parts


def test_the_surface_of_a_tissue_encloses_its_volume(body_and_anatomy):
    _, anatomy = body_and_anatomy
    bone = tissue_surface(anatomy, BONES, name="bone", colour=(1, 1, 1))
    assert bone.volume == pytest.approx(anatomy.volumes_by_tissue()["cortical bone"], rel=0.05)
    assert tissue_surface(anatomy, {"eye"}, name="eye", colour=(1, 1, 1)) is None


def test_a_muscle_is_a_closed_plate_of_about_its_volume():
    along, across = np.meshgrid(np.linspace(0, 60, 9) * MM, np.linspace(0, 20, 5) * MM, indexing="ij")
    points = np.stack([along, across, np.zeros_like(along)], axis=-1)
    sheet = MuscleSheet(name="flat", side="left", tissue="muscle", points=points,
                        thickness=np.full(along.shape, 4 * MM))  # fmt: skip
    plate = muscle_surface(sheet, tone=0)
    # thinner at its edges, never thicker
    assert 0.8 * 4.8e-6 < plate.volume < 4.8e-6
    assert np.ptp(plate.vertices, axis=0) == pytest.approx([60 * MM, 20 * MM, 4 * MM], rel=0.02)


def test_a_nerve_is_a_tube_along_its_path():
    nerve = Nerve(
        name="n", side="left", points=((0, 0, 0), (0.03, 0, 0), (0.03, 0.03, 0)), depth=(0.0,) * 3
    )
    tube = nerve_surface(nerve)
    corners = np.array(nerve.points)
    for end in (0, -1):
        ring = tube.vertices[:8] if end == 0 else tube.vertices[-8:]
        assert ring.mean(axis=0) == pytest.approx(corners[end], abs=1e-9)
    assert np.linalg.norm(tube.vertices - corners[1], axis=1).min() < 2 * MM


def test_bodies_are_looked_at_as_what_they_are(body_and_anatomy):
    body, anatomy = body_and_anatomy
    plain = replace(body, sites=())

    def shaped(vertices, triangles):
        return replace(anatomy, skin=SkinMesh(vertices=vertices, triangles=triangles))

    mesh = ball(60 * MM)
    limb = viewing(plain, shaped(mesh.vertices * [0.4, 0.4, 1.0], mesh.triangles))
    assert [view.name for view in limb.views] == ["front", "side, from the left", "back"]
    through = anatomy.kinds.copy()
    through[30:36, 30:36] = 1  # tissue from the lower to the upper end
    assert viewing(plain, replace(anatomy, kinds=through)).shape == "limb"
    assert viewing(plain, anatomy).shape == "head"
    flat = np.array([[-1, 0, -1], [1, 0, -1], [1, 0, 1], [-1, 0, 1]]) * 60 * MM
    patch = viewing(plain, shaped(flat, np.array([[0, 2, 1], [0, 3, 2]])))
    assert patch.shape == "patch"
    assert patch.views[0].toward == pytest.approx(FRONT)


# Names


def test_labels_do_not_overlap_and_their_lines_do_not_cross():
    random = np.random.default_rng(7)
    spots = random.uniform([300, 200], [700, 260], (24, 2))  # far too near to each other
    labels = [Label(text=f"name {k}", anchor=tuple(spot)) for k, spot in enumerate(spots)]
    sizes = [(80.0, 20.0 + 20.0 * (k % 3 == 0)) for k in range(24)]
    column = Box(left=20, top=10, width=200, height=980)
    placed = arrange(labels, sizes, column, on_left=True)
    assert len(placed) == 24
    for one, other in itertools.combinations(placed, 2):
        assert not one.box.overlaps(other.box)

    def side(p, q, r):
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    for one, other in itertools.combinations(placed, 2):
        a, b, c, d = one.elbow, one.label.anchor, other.elbow, other.label.anchor
        assert not (side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0)
    assert all(column.top <= entry.box.top and entry.box.bottom <= column.bottom for entry in placed)


def test_the_least_weighty_names_go_first_where_there_is_no_room():
    labels = [Label(text=str(k), anchor=(300.0, 50.0), weight=float(k)) for k in range(10)]
    column = Box(left=0, top=0, width=100, height=160)
    placed = arrange(labels, [(20.0, 20.0)] * 10, column, on_left=False)
    kept = {int(entry.label.text) for entry in placed}
    assert 3 <= len(kept) < 10
    assert kept == set(range(10 - len(kept), 10))
    with page(400, 200) as canvas:
        missing = write_labels(canvas, labels, column, on_left=False)
    assert set(missing) == {str(k) for k in range(10 - len(canvas.words))}


def test_nothing_written_on_a_page_overlaps_or_leaves_it(body_and_anatomy):
    with page(1800, 2600) as canvas:
        for draw, top in ((draw_views, 0), (draw_cutaway, 700), (draw_section, 1800)):
            more = {"sites": True} if draw is draw_views else {}
            draw(canvas, Box(left=20, top=top + 20, width=1760, height=660 if top == 0 else 760),
                 body_and_anatomy, **more)  # fmt: skip
        for one, other in itertools.combinations(canvas.words, 2):
            assert not one.overlaps(other), (one, other)
        for box in canvas.words:
            assert box.left >= 0 and box.right <= 1800 and box.top >= 0


# Whole pictures


@pytest.mark.parametrize("picture", [views_picture, cutaway_picture, section_picture])
def test_the_same_body_gives_the_same_bytes_and_another_gives_others(picture, body_and_anatomy):
    first, words = picture(*body_and_anatomy)
    second, again = picture(*egg())
    assert first.startswith(b"\x89PNG")
    assert (first, words) == (second, again)
    assert picture(replace(body_and_anatomy[0], name="other"), body_and_anatomy[1])[0] != first


def test_the_text_names_what_is_drawn(body_and_anatomy):
    content, words = sheet_picture(*body_and_anatomy)
    assert content.startswith(b"\x89PNG")
    for name in ("egg", "front", "profile", "nasion", "zygion left", "buccinator", "buccal branch", "bone",
                 "left half", "skin", "fat", "cortical bone", "ml"):  # fmt: skip
        assert name in words, name


def test_a_section_goes_through_the_point_that_is_asked_for(body_and_anatomy):
    body, anatomy = body_and_anatomy
    inside, words = section_picture(body, anatomy, at=(0.0, 10 * MM, 20 * MM))
    assert "x = 0 mm, y = 10 mm, z = 20 mm" in words
    assert section_picture(body, anatomy, at=(0.0, 30 * MM, 20 * MM))[0] != inside


def test_a_view_is_refused_for_a_body_without_one(tmp_path, monkeypatch):
    from microcurrent.workflow.bodies import show_body

    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueRefused, match="unknown view"):
        show_body("slab", labels=None, picture=tmp_path / "a.png", view="inside")
    with pytest.raises(ValueRefused, match="no such view"):
        show_body("slab", labels=None, picture=tmp_path / "a.png", view="cutaway")
    assert list(tmp_path.iterdir()) == []
