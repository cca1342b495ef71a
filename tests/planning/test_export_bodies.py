"""Bodies exported and read back by independent readers: values, volumes, axes, units; whole or not at all."""

from __future__ import annotations

import csv
import dataclasses
import json
import struct

import meshio
import nibabel
import numpy as np
import pytest
import trimesh

from microcurrent.errors import InputError, ValueRefused
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.planning.bodies.body_file import read_body_file
from microcurrent.planning.bodies.label_map import map_beside, read_label_map
from microcurrent.planning.bodies.segmentation import read_segmentation
from microcurrent.planning.export import PARTS, export_body
from microcurrent.planning.export.body_scene import closed_skin, muscle_solid, nerve_solid

MM = 1e-3


def kind_at(anatomy, points):
    """Kind of the sub-voxel at each point (P, 3) [m], straight from the grid."""
    low = np.array([edges[0] for edges in anatomy.grid.edges])
    place = np.floor((points - low) / (anatomy.spacing / anatomy.refinement)).astype(int)
    return anatomy.kinds[tuple(place.T)]


# NIfTI


@pytest.mark.parametrize("part", ["labels", "muscles"])
@pytest.mark.parametrize("ending", [".nii.gz", ".nii"])
def test_labels_read_back_as_the_same_cells(layered, tmp_path, part, ending):
    image, beside = export_body(layered, tmp_path / f"egg{ending}", part=part)
    assert beside == map_beside(image) and beside.is_file()
    source = read_segmentation(image)
    whole = layered.anatomy.volume()
    for tissue, volume in whole.volumes_by_tissue().items():
        assert source.whole.volumes_by_tissue()[tissue] == pytest.approx(volume, rel=1e-6)
    # The reader cuts the image to the tissue; the cells that are left lie where they were.
    first = [
        int(np.argmin(np.abs(a - b[0])))
        for a, b in zip(whole.grid.edges, source.whole.grid.edges, strict=True)
    ]
    window = tuple(slice(f, f + n) for f, n in zip(first, source.whole.grid.shape, strict=True))
    for axis in range(3):
        edges = whole.grid.edges[axis][first[axis] : first[axis] + source.whole.grid.shape[axis] + 1]
        assert source.whole.grid.edges[axis] == pytest.approx(edges, abs=1e-8)
    ours = np.array([*whole.tissues, "air"])[whole.labels[window]]
    theirs = np.array([*source.whole.tissues, "air"])[source.whole.labels]
    assert np.array_equal(ours, theirs)


def test_sites_and_regions_read_back_where_they_were(layered, tmp_path):
    image, _ = export_body(layered, tmp_path / "egg.nii.gz")
    got = read_segmentation(image).body
    for a, b in zip(got.sites, layered.body.sites, strict=True):
        assert (a.name, a.side, a.source) == (b.name, b.side, b.source)
        assert a.position == pytest.approx(b.position, abs=1e-9)
    for a, b in zip(got.regions, layered.body.regions, strict=True):
        assert a.name == b.name and a.radius == pytest.approx(b.radius, abs=1e-9)
        assert a.centre == pytest.approx(b.centre, abs=1e-9)
    assert got.midline and layered.body.provenance.rstrip(".") in got.provenance


def test_sub_voxels_are_twice_as_fine_and_keep_the_volumes(layered, tmp_path):
    path, _ = export_body(layered, tmp_path / "egg.nii.gz", part="sub-voxels")
    image = nibabel.load(path)
    assert image.header.get_xyzt_units()[0] == "mm"
    assert nibabel.aff2axcodes(image.affine) == ("R", "A", "S")
    assert image.header.get_zooms() == pytest.approx((1, 1, 1))
    values = np.asarray(image.dataobj)
    assert values.dtype.kind == "i"
    meaning = read_label_map(map_beside(path)).meaning
    for label, tissue in meaning.items():
        if tissue:
            volume = (values == label).sum() * 1e-9
            assert volume == pytest.approx(layered.anatomy.volumes_by_tissue()[tissue], rel=1e-6)
    # The tissue at a place in the image is the one of the body at that place.
    rng = np.random.default_rng(3)
    index = np.stack([rng.integers(0, n, 500) for n in values.shape], axis=1)
    points = nibabel.affines.apply_affine(image.affine, index) * MM
    names = [None, *(kind.tissue for kind in layered.anatomy.table)]
    wanted = [names[kind] for kind in kind_at(layered.anatomy, points)]
    assert wanted == [meaning[int(label)] for label in values[tuple(index.T)]]
    assert len(set(wanted)) > 3


def test_muscles_have_numbers_of_their_own_where_the_cell_is_muscle(layered, tmp_path):
    path, beside = export_body(layered, tmp_path / "egg.nii.gz", part="muscles")
    values = np.asarray(nibabel.load(path).dataobj)
    cells = layered.anatomy.volume()
    is_muscle = cells.labels == cells.tissues.index("mimetic muscle")
    numbered = values > len(cells.tissues)
    assert np.array_equal(numbered, is_muscle & (layered.anatomy.parts > 0)) and numbered.any()
    assert np.array_equal(values[numbered] - len(cells.tissues), layered.anatomy.parts[numbered])
    text = beside.read_text(encoding="utf-8")
    assert '5 = "mimetic muscle"  # levator left' in text and "# levator right" in text


def test_fractions_add_up_to_one_and_to_the_volumes(layered, tmp_path):
    path, beside = export_body(layered, tmp_path / "egg.nii.gz", part="fractions")
    image = nibabel.load(path)
    shares = np.asarray(image.dataobj)
    tissues = layered.anatomy.tissues
    assert shares.dtype == np.float32
    assert shares.shape == (*layered.anatomy.grid.shape, 1 + len(tissues))
    assert np.array_equal(shares.sum(axis=-1), np.ones(layered.anatomy.grid.shape))
    assert ((shares > 0) & (shares < 1)).any()
    meaning = read_label_map(beside).meaning
    size = float(np.prod(image.header.get_zooms()[:3])) * 1e-9
    for label, tissue in meaning.items():
        if tissue:
            volume = float(shares[..., label].sum(dtype=float)) * size
            assert volume == pytest.approx(layered.anatomy.volumes_by_tissue()[tissue], rel=1e-6)


# VTU


def test_cells_are_hexahedra_in_metre_with_tissue_muscle_and_fibres(layered, tmp_path):
    (path,) = export_body(layered, tmp_path / "egg.vtu")
    mesh = meshio.read(path)
    anatomy, cells = layered.anatomy, layered.anatomy.volume()
    (block,) = mesh.cells
    assert block.type == "hexahedron" and len(block.data) == cells.conducting.sum()
    corners = mesh.points[block.data]
    low, high = corners.min(axis=1), corners.max(axis=1)
    assert np.allclose(high - low, anatomy.spacing, atol=1e-12)
    # Six tetrahedra around the first corner would have negative volume in another order of corners.
    along = np.cross(corners[:, 1] - corners[:, 0], corners[:, 3] - corners[:, 0])
    assert (np.sum(along * (corners[:, 4] - corners[:, 0]), axis=1) > 0).all()
    origin = [edges[0] for edges in anatomy.grid.edges]
    place = tuple(np.rint((low - origin) / anatomy.spacing).astype(int).T)
    (name,) = [name for name in mesh.cell_data if name.startswith("tissue")]
    assert name == "tissue (1 skin, 2 fat, 3 mimetic muscle, 4 cortical bone)"
    tissue = mesh.cell_data[name][0]
    assert np.array_equal(tissue, cells.labels[place] + 1)
    assert np.array_equal(mesh.cell_data["muscle"][0], anatomy.parts[place])
    fibres, left = mesh.cell_data["fibres"][0], low[:, 0] < 0
    assert (fibres[tissue != 3] == 0).all()
    assert fibres[(tissue == 3) & left] == pytest.approx(
        np.array([[0, 0, 1]] * np.sum((tissue == 3) & left))
    )
    assert np.allclose(fibres[(tissue == 3) & ~left], [0.6, 0, 0.8])
    filled = mesh.cell_data["filled"][0]
    assert filled.min() >= 0.5 and filled.max() == 1


def test_the_fibre_of_a_cell_is_that_of_most_of_it(layered):
    from microcurrent.planning.export.body_meshes import _most_common

    rows = np.array([[3, 4, 4, 3, 4, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 9], [0] * 8, [7] * 8], dtype=np.uint8)
    assert _most_common(rows).tolist() == [4, 9, 0, 7]


def test_the_skin_has_its_thickness_at_every_corner(layered, tmp_path):
    (path,) = export_body(layered, tmp_path / "egg.vtu", part="skin")
    mesh = meshio.read(path)
    skin = layered.anatomy.skin
    assert np.array_equal(mesh.points, skin.vertices)
    assert np.array_equal(mesh.cells_dict["triangle"], skin.triangles)
    for name, values in layered.anatomy.thickness.items():
        assert np.array_equal(mesh.point_data[f"thickness of {name} (m)"], values, equal_nan=True)
    outward = np.sum(mesh.point_data["normal"] * skin.vertices, axis=1)
    assert (outward > 0).all()


# GLB


@pytest.fixture(scope="module")
def scene(layered, tmp_path_factory):
    (path,) = export_body(layered, tmp_path_factory.mktemp("scene") / "egg.glb")
    return path, trimesh.load(path)


def test_a_scene_has_a_named_node_for_everything(scene):
    assert set(scene[1].graph.nodes_geometry) == {
        "skin", "muscle levator left", "muscle levator right", "nerve buccal left",
    }  # fmt: skip
    colours = {name: tuple(m.visual.material.baseColorFactor) for name, m in scene[1].geometry.items()}
    assert len(set(colours.values())) == 3
    assert colours["skin"][3] < 255 and colours["muscle levator left"] == colours["muscle levator right"]


def test_a_scene_is_in_metre_with_y_up_and_looks_along_z(scene, layered):
    """glTF: y up, the front looks along z, so the left of the person lies at positive x."""
    placed = {name: scene[1].geometry[scene[1].graph[name][1]] for name in scene[1].graph.nodes_geometry}
    vertices = layered.anatomy.skin.vertices
    wanted = np.stack([-vertices[:, 0], vertices[:, 2], vertices[:, 1]], axis=1)
    assert placed["skin"].bounds == pytest.approx(
        np.array([wanted.min(axis=0), wanted.max(axis=0)]), abs=1e-8
    )
    assert placed["muscle levator left"].centroid == pytest.approx([20 * MM, 0, 20 * MM], abs=1e-6)
    assert placed["muscle levator right"].centroid == pytest.approx([-20 * MM, 0, 20 * MM], abs=1e-6)
    # Nothing is mirrored: outward stays outward.
    for name in ("muscle levator left", "nerve buccal left"):
        assert placed[name].is_watertight and placed[name].volume > 0
    skin = placed["skin"]
    assert (np.sum(skin.face_normals * skin.triangles_center, axis=1) > 0).mean() > 0.99


def test_a_scene_follows_the_format(scene):
    raw = scene[0].read_bytes()
    magic, version, length, size = struct.unpack("<4sIII", raw[:16])
    assert (magic, version, length) == (b"glTF", 2, len(raw))
    told = json.loads(raw[20 : 20 + size])
    assert told["asset"]["version"] == "2.0"
    names = {node.get("name") for node in told["nodes"] if "mesh" in node}
    assert "skin" in names and len(names) == 4
    assert all("NORMAL" in part["attributes"] for mesh in told["meshes"] for part in mesh["primitives"])


def test_a_sheet_as_a_solid_has_its_volume(layered):
    solid = muscle_solid(layered.anatomy.muscles[0])
    assert solid.is_watertight and solid.is_winding_consistent
    assert solid.volume == pytest.approx(20 * 8 * 3 * MM**3)
    mirrored = muscle_solid(layered.anatomy.muscles[1])
    assert mirrored.volume == pytest.approx(solid.volume)


def test_one_fibre_alone_becomes_a_tube(layered):
    sheet = layered.anatomy.muscles[0]
    fibre = dataclasses.replace(sheet, points=sheet.points[:, :1], thickness=sheet.thickness[:, :1])
    solid = muscle_solid(fibre)
    assert solid.is_watertight and solid.volume == pytest.approx(
        20 * 4 * np.sin(np.pi / 4) * 1.5**2 * MM**3  # an octagon, 20 mm long
    )


def test_a_nerve_is_drawn_along_its_corners(layered):
    nerve = layered.body.nerves[0]
    solid = nerve_solid(nerve)
    assert solid.is_watertight and solid.volume > 0
    rings = solid.vertices[: 8 * len(nerve.points)].reshape(len(nerve.points), 8, 3)
    assert rings.mean(axis=1) == pytest.approx(np.array(nerve.points), abs=1e-12)


# STL


def test_the_print_is_closed_and_in_millimetre(layered, tmp_path):
    (path,) = export_body(layered, tmp_path / "egg.stl")
    raw = path.read_bytes()
    assert b"millimetre" in raw[:80] and not raw.startswith(b"solid")
    mesh = trimesh.load(path)
    assert mesh.is_watertight and mesh.is_winding_consistent
    vertices = layered.anatomy.skin.vertices
    bounds = np.array([vertices.min(axis=0), vertices.max(axis=0)]) / MM
    assert mesh.bounds == pytest.approx(bounds, abs=1e-4)
    # All tissue above the middle of the lowest sub-voxels, by counting them.
    kinds = layered.anatomy.kinds
    counted = (kinds[:, :, 1:] > 0).sum() + 0.5 * (kinds[:, :, 0] > 0).sum()
    assert mesh.volume == pytest.approx(counted, rel=0.01)
    assert not trimesh.Trimesh(vertices, layered.anatomy.skin.triangles).is_watertight


def test_a_skin_that_cannot_be_closed_is_refused():
    corners = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1)]
    fin = SkinMesh(vertices=np.array(corners), triangles=np.array([(0, 1, 2), (0, 1, 3), (0, 1, 4)]))
    with pytest.raises(ValueRefused, match="cannot be closed"):
        closed_skin(fin)


def test_a_flat_piece_of_skin_is_refused():
    corners = [(0, 0, 0), (0.1, 0, 0), (0.1, 0.1, 0), (0, 0.1, 0)]
    patch = SkinMesh(vertices=np.array(corners), triangles=np.array([(0, 1, 2), (0, 2, 3)]))
    with pytest.raises(ValueRefused, match="flat and encloses nothing"):
        closed_skin(patch)


def test_an_opening_with_two_ends_is_closed_at_both():
    """A tube of 12 sides, 30 mm long, as a limb is."""
    tube = trimesh.creation.cylinder(radius=10 * MM, height=30 * MM, sections=12)
    wall = tube.faces[np.abs(tube.face_normals[:, 2]) < 0.5]
    closed = closed_skin(SkinMesh(vertices=tube.vertices, triangles=wall))
    assert closed.is_watertight and closed.is_winding_consistent
    assert closed.volume == pytest.approx(tube.volume)
    assert closed.area == pytest.approx(tube.area)


# CSV


def read_table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_landmarks_are_a_table_in_millimetre(layered, tmp_path):
    (path,) = export_body(layered, tmp_path / "egg.csv")
    rows = read_table(path)
    for row, site in zip(rows, layered.body.sites, strict=True):
        assert row["name"] == site.name and row["abbreviation"] == site.abbreviation
        assert row["side"] == site.side and row["source"] == site.source
        assert float(row["confidence"]) == site.confidence
        place = [float(row[f"{axis} (mm)"]) * MM for axis in "xyz"]
        assert place == pytest.approx(site.position, abs=1e-9)


def test_muscles_are_a_table_in_millimetre(layered, tmp_path):
    (path,) = export_body(layered, tmp_path / "muscles.csv", part="muscles")
    for row, muscle in zip(read_table(path), layered.body.muscles, strict=True):
        assert (row["name"], row["side"], row["tissue"]) == (muscle.name, muscle.side, muscle.tissue)
        for name in ("length", "width", "thickness", "depth"):
            assert float(row[f"{name} (mm)"]) * MM == pytest.approx(getattr(muscle, name))
        assert float(row["volume (mm3)"]) * 1e-9 == pytest.approx(muscle.volume)
        for end in ("origin", "insertion"):
            place = [float(row[f"{end} {axis} (mm)"]) * MM for axis in "xyz"]
            assert place == pytest.approx(getattr(muscle, end), abs=1e-9)


def test_nerves_are_a_table_of_corners(layered, tmp_path):
    (path,) = export_body(layered, tmp_path / "nerves.csv", part="nerves")
    rows, nerve = read_table(path), layered.body.nerves[0]
    assert [int(row["point"]) for row in rows] == [1, 2, 3]
    assert [float(row["depth (mm)"]) * MM for row in rows] == pytest.approx(nerve.depth)


# Any format


def test_a_body_file_is_one_of_the_formats(layered, tmp_path):
    (path,) = export_body(layered, tmp_path / "egg.body.h5")
    assert read_body_file(path).body == layered.body


@pytest.mark.parametrize("ending, part", [(e, p) for e, parts in PARTS.items() for p in parts])
def test_every_format_is_whole_or_not_there(layered, tmp_path, monkeypatch, ending, part):
    def stop(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", stop)
    with pytest.raises(InputError, match="cannot be written"):
        export_body(layered, tmp_path / f"egg{ending}", part=part)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_kept(layered, tmp_path):
    map_beside(tmp_path / "egg.nii.gz").write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        export_body(layered, tmp_path / "egg.nii.gz")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]
    assert len(export_body(layered, tmp_path / "egg.nii.gz", overwrite=True)) == 2


def test_an_unknown_ending_or_part_is_refused_with_those_there_are(layered, tmp_path):
    with pytest.raises(InputError, match=r"\.nii\.gz, .*\.stl, \.csv, came egg\.obj"):
        export_body(layered, tmp_path / "egg.obj")
    with pytest.raises(InputError, match=r"--part: .* expected cells, skin, came muscles"):
        export_body(layered, tmp_path / "egg.vtu", part="muscles")
    assert list(tmp_path.iterdir()) == []
