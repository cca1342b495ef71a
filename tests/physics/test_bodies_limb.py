"""Limbs and patches as arrays: closed forms of a cylinder, layers, bones, skin, muscles, mirror images."""

import math

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial import cKDTree

from microcurrent import tables
from microcurrent.errors import ValueRefused
from microcurrent.model import Input
from microcurrent.model.limb import Compartment, FlatMuscle, LimbPlace, LimbShape, LimbSize, Outline, Rod
from microcurrent.physics.bodies.limb import LayerSizes, Surface, build_limb, mirrored
from microcurrent.physics.bodies.limb.muscles import ACROSS, _inverse_bilinear, flat_points
from microcurrent.physics.bodies.limb.palette import LATTICE, Palette, on_lattice
from microcurrent.physics.bodies.limb.rods import rod_slices

SHAPES = tables.limbs()
ROUND = [name for name, shape in SHAPES.items() if shape.shape == "limb"]
SIZES = {"male": (1.0, 0.0), "female": (0.0, 1.0), "average": (0.5, 0.5)}


def sizes_of(shape, sex):
    rows = [
        [s.radius.value if s.radius else 0.0, s.skin.value, s.fat.value]
        for s in (shape.size("male"), shape.size("female"))
    ]
    radius, skin, fat = np.average(rows, axis=0, weights=SIZES[sex])
    return LayerSizes(radius=radius, skin=skin, fat=fat)


def surface_of(name, sex="average"):
    shape = SHAPES[name]
    return Surface(shape=shape, sizes=sizes_of(shape, sex), mean=sizes_of(shape, "average"))


@pytest.fixture(scope="module")
def bodies():
    """Every shape, coarse: what holds at 2 mm holds at 1 mm."""
    return {name: (surface_of(name), build_limb(surface_of(name), spacing=2e-3)) for name in SHAPES}


def tissue_of(anatomy):
    """Name of the tissue of every sub-voxel as a number, and the names; 0 is air."""
    names = ["air", *dict.fromkeys(kind.tissue for kind in anatomy.table)]
    code = np.array([0, *(names.index(kind.tissue) for kind in anatomy.table)], dtype=np.uint8)
    return code[anatomy.kinds], names


def kind_at(anatomy, points):
    """Number of the kind at points (P, 3) [m], 0 outside the grid."""
    fine = anatomy.spacing / anatomy.refinement
    origin = np.array([edges[0] for edges in anatomy.grid.edges])
    index = np.floor((points - origin) / fine).astype(int)
    inside = ((index >= 0) & (index < anatomy.kinds.shape)).all(axis=1)
    found = np.zeros(len(points), dtype=np.uint8)
    found[inside] = anatomy.kinds[tuple(index[inside].T)]
    return found


# -- a cylinder, whose volumes are known ---------------------------------------------------


def cylinder(*, radius=0.04, skin=2e-3, fat=6e-3, length=0.06, reach=1e3):
    def number(name, value):
        return Input(
            name=name,
            value=value,
            low=value,
            high=value,
            dimension="length",
            source="project",
            confidence="proposed",
        )

    ones = (1.0, 1.0)
    size = [
        LimbSize(sex=s, radius=number("r", radius), skin=number("s", skin), fat=number("f", fat))
        for s in ("male", "female")
    ]
    shape = LimbShape(
        name="cylinder", title="cylinder", shape="limb", along=(0.0, length), sizes=tuple(size), reach=reach,
        outline=Outline(along=(0.0, length), lateral=ones, front=ones, medial=ones, back=ones, reference=0.0),
        rods=(Rod(name="bone", tissue="cortical bone", core="bone marrow", along=(0.0, length), x=(0.01,) * 2, y=(0.0,) * 2,
                  wide=(0.01,) * 2, deep=(0.006,) * 2, shell=(0.003,) * 2, turn=0.7),),
        compartments=(Compartment(name="left half", along=(0.0, length), x=(-0.5,) * 2, y=(0.0,) * 2, wide=(0.5,) * 2,
                                  deep=(0.5,) * 2, belly=(0.0, length)),
                      Compartment(name="right half", along=(0.0, length), x=(0.5,) * 2, y=(0.0,) * 2, wide=(0.5,) * 2,
                                  deep=(0.5,) * 2, belly=(0.0, length))),
        places=(LimbPlace(name="middle", along=0.5 * length, around=0.0),),
    )  # fmt: skip
    sizes = LayerSizes(radius=radius, skin=skin, fat=fat)
    return Surface(shape=shape, sizes=sizes, mean=sizes)


def test_a_cylinder_has_the_volumes_of_the_closed_form():
    surface = cylinder()
    found = build_limb(surface, spacing=1e-3, refinement=2).volumes_by_tissue()
    disc = math.pi * 0.06
    wanted = {
        "skin": disc * (0.04**2 - 0.038**2),
        "fat": disc * (0.038**2 - 0.032**2),
        "cortical bone": disc * (0.01 * 0.006 - 0.007 * 0.003),
        "bone marrow": disc * 0.007 * 0.003,
        "muscle": disc * (0.032**2 - 0.01 * 0.006),
    }
    assert set(found) == set(wanted)
    for tissue, volume in wanted.items():
        assert found[tissue] == pytest.approx(volume, rel=0.015), tissue


def test_a_cylinder_is_halved_between_two_muscles_alike():
    anatomy = build_limb(cylinder(), spacing=1e-3)
    x = np.broadcast_to(anatomy.grid.centres(0)[:, None, None], anatomy.parts.shape)
    assert (x[anatomy.parts == 1] < 1e-9).all() and (x[anatomy.parts == 2] > -1e-9).all()
    for sheet in anatomy.muscles:
        assert np.abs(sheet.directions[..., 2]).min() > 0.98
        assert np.linalg.norm(sheet.points[0, 0] - sheet.points[-1, 0]) == pytest.approx(0.06, abs=0.002)


def test_skin_of_a_cylinder_has_its_area_and_thickness():
    anatomy = build_limb(cylinder(), spacing=2e-3)
    assert anatomy.skin.triangle_areas.sum() == pytest.approx(2 * math.pi * 0.04 * 0.06, rel=1e-3)
    assert anatomy.thickness["skin"] == pytest.approx(2e-3, rel=1e-6)
    assert anatomy.thickness["fat"] == pytest.approx(6e-3, rel=1e-6)


def test_beyond_its_reach_a_muscle_leaves_fat():
    near = build_limb(cylinder(reach=0.5), spacing=2e-3).volumes_by_tissue()
    assert near["muscle"] < 0.5 * build_limb(cylinder(), spacing=2e-3).volumes_by_tissue()["muscle"]
    # Each keeps a disc of half of 0.5 x 32 mm, less what the bone has of it.
    assert near["muscle"] == pytest.approx(2 * math.pi * 0.008**2 * 0.06, rel=0.35)


# -- the shapes of the table ----------------------------------------------------------------


@pytest.mark.parametrize("sex", SIZES)
@pytest.mark.parametrize("name", ROUND)
def test_the_girth_is_that_of_the_outer_radius(name, sex):
    surface = surface_of(name, sex)
    reference = SHAPES[name].outline.reference
    swollen = any(hill.layer == "outline" for hill in SHAPES[name].swellings)
    assert not swollen
    assert surface.girth(reference) == pytest.approx(2 * math.pi * surface.sizes.radius, rel=1e-4)


@pytest.mark.parametrize("name", SHAPES)
def test_layers_on_sub_voxels_are_as_thick_as_the_table_says(bodies, name):
    """Counted along the normals at many places: the mean error is far below a sub-voxel."""
    surface, anatomy = bodies[name]
    _, names = tissue_of(anatomy)
    fine = anatomy.spacing / anatomy.refinement
    rng = np.random.default_rng(4)
    low, high = surface.shape.along
    z = rng.uniform(low + 0.02, high - 0.02, 400)
    u = (
        rng.uniform(0, 2 * np.pi, 400)
        if surface.round
        else rng.uniform(*np.array(surface.shape.across) * 0.8, 400)
    )
    step, start = 0.1e-3, -3e-3
    depths = np.arange(start + step / 2, 0.04, step)
    points = surface.points(np.repeat(u, depths.size), np.repeat(z, depths.size), np.tile(depths, u.size))
    code = np.array([0, *(names.index(kind.tissue) for kind in anatomy.table)])[kind_at(anatomy, points)]
    code = code.reshape(u.size, -1)
    # The skin of a patch lies along the cells: rounded to whole ones, at every place alike.
    mean = 0.1 * fine if surface.round else 0.5 * fine
    skin = (code == names.index("skin")).sum(axis=1) * step
    rest = skin - surface.thickness("skin", u, z)
    assert abs(rest.mean()) < mean
    assert np.abs(rest).max() < 1.8 * fine
    shallow = np.isin(code, [names.index(tissue) for tissue in ("air", "skin", "fat")])
    below = start + np.argmin(shallow, axis=1) * step
    seen = ~shallow.all(axis=1)  # where fat lies between muscles, too, its end is not seen
    rest = (below - surface.thickness("skin", u, z) - surface.thickness("fat", u, z))[seen]
    assert rest.min() > -1.8 * fine
    if surface.round and surface.shape.reach > 2:
        assert seen.all() and abs(rest.mean()) < mean and rest.max() < 1.8 * fine


@pytest.mark.parametrize("name", SHAPES)
def test_thickness_at_the_vertices_is_that_of_the_table_with_its_swellings(bodies, name):
    surface, anatomy = bodies[name]
    u, z, _ = surface.places(anatomy.skin.vertices)
    for layer in ("skin", "fat"):
        wanted = surface.thickness(layer, u, z)
        assert anatomy.thickness[layer] == pytest.approx(wanted, rel=0.05, abs=0.1e-3)
        assert anatomy.thickness[layer].min() > 0.9e-3


@pytest.mark.parametrize("name", SHAPES)
def test_a_body_is_one_piece_without_holes(bodies, name):
    _, anatomy = bodies[name]
    filled = anatomy.kinds > 0
    assert ndimage.label(filled)[1] == 1
    assert ndimage.label(~filled)[1] == 1
    assert (
        ndimage.binary_fill_holes(np.pad(filled, ((1, 1), (1, 1), (0, 0))))
        == np.pad(filled, ((1, 1), (1, 1), (0, 0)))
    ).all()


@pytest.mark.parametrize("name", SHAPES)
def test_tissue_runs_to_the_cuts_and_air_is_beside_the_skin(bodies, name):
    surface, anatomy = bodies[name]
    filled = anatomy.kinds > 0
    assert filled[:, :, 0].any() and filled[:, :, -1].any()
    ends = [filled[0], filled[-1], filled[:, 0], filled[:, -1]]
    if surface.round:
        assert not any(end.any() for end in ends)
    else:
        assert filled[:, -1].all() and not filled[:, 0].any()
        assert filled[0].any() and filled[-1].any()
    assert not anatomy.volume().skin_borders


@pytest.mark.parametrize("name", SHAPES)
def test_marrow_lies_within_bone_and_skin_next_to_no_bone(bodies, name):
    """Beside marrow there is only marrow and bone; a layer of fat is between skin and all else."""
    surface, anatomy = bodies[name]
    fine = build_limb(surface, spacing=1e-3, refinement=2) if name == "forearm" else anatomy
    tissue, names = tissue_of(fine)
    bone = [names.index(n) for n in ("cortical bone", "cancellous bone", "bone marrow") if n in names]
    if "bone marrow" in names:
        assert neighbours(tissue, names.index("bone marrow")) <= set(bone)
    assert neighbours(tissue, names.index("skin")) <= {names.index(n) for n in ("air", "skin", "fat")}


def neighbours(tissue, number):
    """Numbers of the tissues that share a face with sub-voxels of one."""
    found = set()
    for axis in range(3):
        a, b = np.moveaxis(tissue, axis, 0)[:-1], np.moveaxis(tissue, axis, 0)[1:]
        found |= set(np.unique(b[a == number])) | set(np.unique(a[b == number]))
    return found


@pytest.mark.parametrize("sex", SIZES)
@pytest.mark.parametrize("name", SHAPES)
def test_bones_lie_below_the_fat(name, sex):
    surface = surface_of(name, sex)
    z = np.linspace(*surface.shape.along, 300)
    slices = rod_slices(surface, z, Palette())
    turns = np.linspace(0, 2 * np.pi, 60)
    for number, ellipse in enumerate(slices.ellipses.astype(float)):
        there = (slices.present == number).any(axis=1)
        assert there.any()
        x, y, cosine, sine, wide, deep = (ellipse[there, k, None] for k in range(6))
        p, q = np.cos(turns) / wide, np.sin(turns) / deep
        edge = np.stack(
            [
                x + p * cosine - q * sine,
                y + p * sine + q * cosine,
                np.broadcast_to(z[there, None], p.shape),
            ],
            axis=-1,
        )
        around, along, height = surface.places(edge)
        assert (height < surface.layers(around, along)[2] + 1e-4).all()


@pytest.mark.parametrize("name", SHAPES)
def test_every_muscle_has_cells_below_the_fat_and_its_sheet_runs_through_them(bodies, name):
    surface, anatomy = bodies[name]
    centres = np.stack(np.meshgrid(*(anatomy.grid.centres(a) for a in range(3)), indexing="ij"), axis=-1)
    h = anatomy.spacing
    for number, sheet in enumerate(anatomy.muscles, 1):
        own = centres[anatomy.parts == number]
        assert len(own) > 0, sheet.name
        around, along, height = surface.places(own)
        assert (height < surface.layers(around, along)[2] + h).all(), sheet.name
        inner = sheet.points[3:-3].reshape(-1, 3)
        off = cKDTree(own).query(inner)[0]
        assert np.median(off) < 2 * h, sheet.name
        assert (sheet.thickness > 0).all()
        assert sheet.side in ("left", "right") and sheet.name.endswith(sheet.side)


@pytest.mark.parametrize("name", SHAPES)
def test_muscle_fibres_are_unit_vectors_and_few(bodies, name):
    _, anatomy = bodies[name]
    kinds = [kind for kind in anatomy.table if kind.tissue == "muscle"]
    assert 1 < len(kinds) < 120
    for kind in kinds:
        assert np.linalg.norm(kind.fibres) == pytest.approx(1) and kind.fibres[2] >= 0
    assert all(kind.fibres is None for kind in anatomy.table if kind.tissue != "muscle")


@pytest.mark.parametrize("name", SHAPES)
def test_the_skin_is_open_only_where_the_body_is_cut(bodies, name):
    surface, anatomy = bodies[name]
    mesh = anatomy.skin
    edges = np.sort(
        np.concatenate([mesh.triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))]), axis=1
    )
    unique, counts = np.unique(edges, axis=0, return_counts=True)
    assert set(counts) == {1, 2}
    rim = mesh.vertices[np.unique(unique[counts == 1])]
    low, high = surface.shape.along
    at_cut = np.isclose(rim[:, 2], low) | np.isclose(rim[:, 2], high)
    if not surface.round:
        at_cut |= np.isclose(rim[:, 0], surface.shape.across[0]) | np.isclose(
            rim[:, 0], surface.shape.across[1]
        )
    assert at_cut.all()
    # A tube and a sheet, by Euler's formula.
    assert len(mesh.vertices) - len(unique) + len(mesh.triangles) == (0 if surface.round else 1)


@pytest.mark.parametrize("name", SHAPES)
def test_normals_point_out_of_the_tissue(bodies, name):
    surface, anatomy = bodies[name]
    low, high = surface.shape.along
    mesh = anatomy.skin
    inner = (mesh.vertices[:, 2] > low + 4e-3) & (mesh.vertices[:, 2] < high - 4e-3)
    if not surface.round:
        inner &= (mesh.vertices[:, 0] > surface.shape.across[0] + 4e-3) & (
            mesh.vertices[:, 0] < surface.shape.across[1] - 4e-3
        )
    points, normals = mesh.vertices[inner], mesh.normals[inner]
    around, along, _ = surface.places(points)
    assert (normals * surface.normals(around, along)).sum(axis=1).min() > 0.999
    assert (kind_at(anatomy, points + 1.5e-3 * normals) == 0).all()
    assert (kind_at(anatomy, points - 1.5e-3 * normals) > 0).all()


@pytest.mark.parametrize("name", ["forearm", "shoulder"])
def test_volumes_hardly_depend_on_the_spacing(name):
    surface = surface_of(name)
    coarse, fine = (build_limb(surface, spacing=h).volumes_by_tissue() for h in (2e-3, 1e-3))
    length = surface.shape.along[1] - surface.shape.along[0]
    grown = np.ceil(length / 2e-3 - 1e-6) * 2e-3 / (np.ceil(length / 1e-3 - 1e-6) * 1e-3)
    assert sum(coarse.values()) == pytest.approx(sum(fine.values()) * grown, rel=0.02)
    for tissue in ("skin", "fat", "muscle"):
        assert coarse[tissue] == pytest.approx(fine[tissue] * grown, rel=0.04), tissue


def test_two_sexes_differ_where_the_table_does():
    male, female = (
        build_limb(surface_of("thigh", sex), spacing=3e-3).volumes_by_tissue() for sex in ("male", "female")
    )
    assert female["fat"] > 1.6 * male["fat"]
    assert female["muscle"] < 0.85 * male["muscle"]


# -- places, mirror, lattice, sheets ----------------------------------------------------------


@pytest.mark.parametrize("name", SHAPES)
def test_a_place_below_the_skin_is_as_deep_as_asked_for(bodies, name):
    surface, anatomy = bodies[name]
    low, high = surface.shape.along
    z = np.linspace(low + 0.03, high - 0.03, 12)
    u = np.linspace(0, 5, 12) if surface.round else np.linspace(*np.array(surface.shape.across) * 0.7, 12)
    around, along, height = surface.places(surface.points(u, z))
    assert along == pytest.approx(z)
    assert height == pytest.approx(surface.outer(around, along), abs=1e-9)
    for depth in (3e-3, 12e-3):
        nearest = anatomy.skin.tree.query(surface.points(u, z, np.full(12, depth)))[0]
        # Vertices are 2 mm apart, so the nearest lies up to 1.4 mm beside the foot of the normal.
        assert (nearest > depth - 0.4e-3).all() and (nearest < np.hypot(depth, 1.5e-3) + 1e-4).all()


def test_the_mirror_image_of_the_mirror_image_is_the_body(bodies):
    _, right = bodies["forearm"]
    left = mirrored(right)
    assert (left.kinds == right.kinds[::-1]).all() and (left.parts == right.parts[::-1]).all()
    assert left.skin.vertices == pytest.approx(right.skin.vertices * [-1, 1, 1])
    assert (left.skin.normals * right.skin.normals * [-1, 1, 1]).sum(axis=1) == pytest.approx(1)
    assert {sheet.side for sheet in left.muscles} == {"left"}
    for one, other in zip(left.table, right.table, strict=True):
        assert one.tissue == other.tissue
        assert one.fibres is None or one.fibres == pytest.approx((-other.fibres[0], *other.fibres[1:]))
    assert mirrored(left).digest() == right.digest() != left.digest()


def test_the_lattice_of_directions_is_near_to_every_direction_and_knows_no_sign():
    rng = np.random.default_rng(3)
    for direction in rng.normal(size=(300, 3)):
        unit = direction / np.linalg.norm(direction)
        found = np.array(on_lattice(direction))
        assert np.linalg.norm(found) == pytest.approx(1, abs=1e-8)
        # Half a step along and, at the widest, half a step around, or a little more near the pole.
        assert np.arccos(min(abs(found @ unit), 1)) < 0.9 * LATTICE
        assert abs(found @ np.array(on_lattice(-direction))) == pytest.approx(1, abs=1e-6)


def test_more_kinds_than_a_byte_holds_are_refused():
    palette = Palette()
    with pytest.raises(ValueRefused, match="255"):
        for k in range(300):
            palette.number(f"tissue {k}")


def test_places_on_a_sheet_are_found_again():
    rng = np.random.default_rng(5)
    for _ in range(20):
        a, b, c, d = (
            np.array(p) + rng.normal(0, 0.01, 2) for p in ((0, 0), (0, 0.1), (0.1, 0), (0.1, 0.1))
        )
        muscle = FlatMuscle(
            name="sheet",
            origin=(tuple(a), tuple(b)),
            insertion=(tuple(c), tuple(d)),
            depth=(0.0, 0.01),
            thickness=(0.01, 0.02),
        )
        s, t = rng.uniform(0.02, 0.98, (2, 50))
        points = (1 - s)[:, None] * (a + t[:, None] * (b - a)) + s[:, None] * (c + t[:, None] * (d - c))
        found = _inverse_bilinear(muscle, points[:, 0], points[:, 1])
        assert found[0] == pytest.approx(s, abs=1e-9) and found[1] == pytest.approx(t, abs=1e-9)
        beyond = _inverse_bilinear(muscle, np.array([0.3, -0.2]), np.array([0.05, 0.05]))
        assert np.isnan(beyond).all()


def test_a_sheet_of_a_patch_has_the_depth_of_the_table():
    surface = surface_of("shoulder")
    muscle = next(m for m in SHAPES["shoulder"].flat_muscles if m.name == "infraspinatus")
    points, thickness = flat_points(muscle, surface, 1)
    assert points.shape[1] == ACROSS
    assert thickness[0] == pytest.approx(muscle.thickness[0]) and thickness[-1] == pytest.approx(
        muscle.thickness[1]
    )
    upper = points[0, :, 1] - 0.5 * thickness[0]  # y grows with depth
    below = surface.layers(points[0, :, 0], points[0, :, 2])[2]
    assert upper + below == pytest.approx(muscle.depth[0], abs=1e-9)


@pytest.mark.parametrize(
    ("spacing", "refinement", "said"),
    [(0.0, 2, "spacing"), (0.1, 2, "spacing"), (1e-3, 0, "refinement"), (math.nan, 2, "spacing")],
)
def test_a_spacing_out_of_bounds_is_refused(spacing, refinement, said):
    with pytest.raises(ValueRefused, match=said):
        build_limb(cylinder(), spacing=spacing, refinement=refinement)


def test_layers_thicker_than_the_limb_are_refused():
    with pytest.raises(ValueRefused, match="thinner"):
        cylinder(radius=0.01, fat=9e-3)
