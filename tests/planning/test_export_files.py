"""Exports read back by independent readers: values, axes, units, affine; whole or not at all."""

from __future__ import annotations

import functools

import meshio
import nibabel
import numpy as np
import pytest
import xarray

from microcurrent.errors import InputError
from microcurrent.physics.bodies.volume import normals_of
from microcurrent.planning.export import nifti_names, write_netcdf, write_nifti, write_vtu
from microcurrent.planning.files import check_free, write_through

MM = 1e-3


def middles(lab, cells):
    """Middles of cells (N, 3) [m], straight from the grid."""
    grid = lab.volume.grid
    places = np.unravel_index(cells, grid.shape)
    return np.stack([grid.centres(k)[places[k]] for k in range(3)], axis=1)


# netCDF


@pytest.fixture
def dataset(exposed, tmp_path):
    path = write_netcdf(exposed, tmp_path / "exposure.nc")
    with xarray.open_dataset(path) as opened:
        yield opened


def test_fields_stand_where_the_cells_are(lab, exposed, dataset):
    for tissue, cells in exposed.cells.items():
        x, y, z = (xarray.DataArray(values, dims="cell") for values in middles(lab, cells).T)
        for name in ("field", "density", "largest_field", "largest_density"):
            got = dataset[f"{name}_plan"].sel(x=x, y=y, z=z, method="nearest", tolerance=1e-9)
            assert np.array_equal(got.values, getattr(exposed.plan[tissue], name))
            for number, arrays in enumerate(exposed.steps, start=1):
                got = dataset[f"{name}_step"].sel(step=number, x=x, y=y, z=z, method="nearest")
                assert np.array_equal(got.values, getattr(arrays[tissue], name))
        own = dataset["tissue"].sel(x=x, y=y, z=z, method="nearest").values
        meanings = dataset["tissue"].attrs["flag_meanings"].split()
        assert {meanings[number - 1] for number in own} == {tissue.replace(" ", "_")}
    held = sum(cells.size for cells in exposed.cells.values())
    assert int(np.isfinite(dataset["field_plan"]).sum()) == held == int((dataset["tissue"] > 0).sum())


def test_every_variable_of_a_quantity_has_its_unit_and_name(dataset):
    for name, variable in dataset.data_vars.items():
        if name.endswith("_bounds"):
            continue
        assert variable.attrs["long_name"], name
        if name != "tissue":
            assert variable.attrs["units"] in ("V m-1", "A m-2", "C m-2", "m", "m2", "V"), name
    for axis in "xyz":
        assert dataset[axis].attrs["units"] == "m"
        bounds = dataset[f"{axis}_bounds"].values
        assert (bounds[:, 0] < dataset[axis].values).all() and (dataset[axis].values < bounds[:, 1]).all()


def test_charge_and_path_are_in_the_file_with_their_provenance(exposed, dataset):
    total = (dataset["face_absolute_charge"] * dataset["face_area"]).sum()
    assert float(total) == pytest.approx(exposed.skin.absolute @ exposed.skin.area)
    assert dataset["patch_net_charge"].values == pytest.approx(exposed.skin.patch_net)
    assert dataset["path0_along"].values == pytest.approx(exposed.nerves[0].along)
    assert dataset["path0_along"].attrs["path"] == "a nerve"
    assert dataset.attrs["plan_digest"] == exposed.summary.plan
    assert dataset.attrs["basis_digest"] == exposed.summary.basis
    assert "interval" in dataset.attrs["comment"]


# NIfTI


def test_images_have_the_value_of_the_cell_at_every_place(lab, exposed, tmp_path):
    written = write_nifti(exposed, tmp_path)
    assert [path.name for path in written] == list(nifti_names((1, 2, 3)))
    wanted = [
        {t: one.field for t, one in exposed.plan.items()},
        {t: one.largest_field for t, one in exposed.plan.items()},
        *({t: one.field for t, one in arrays.items()} for arrays in exposed.steps),
    ]
    for path, values in zip(written, wanted, strict=True):
        image = nibabel.load(path)
        assert image.header.get_xyzt_units()[0] == "mm"
        assert nibabel.aff2axcodes(image.affine) == ("R", "A", "S")
        assert np.allclose(image.get_qform(), image.get_sform(), atol=1e-4)
        data = np.asanyarray(image.dataobj)
        inverse = np.linalg.inv(image.affine)
        for tissue, cells in exposed.cells.items():
            points = np.append(middles(lab, cells) / MM, np.ones((cells.size, 1)), axis=1)
            places = np.rint(points @ inverse.T)[:, :3].astype(int)
            assert np.array_equal(data[tuple(places.T)], values[tissue]), (path.name, tissue)


def test_images_fill_the_volume_of_the_cells(lab, exposed, tmp_path):
    """Layers that are no whole number of voxels keep their volume to a voxel."""
    image = nibabel.load(write_nifti(exposed, tmp_path)[0])
    voxel = float(np.prod(image.header.get_zooms())) * MM**3
    whole = sum(lab.basis.operators[tissue].volumes.sum() for tissue in exposed.cells)
    assert int(np.isfinite(image.get_fdata()).sum()) * voxel == pytest.approx(whole, rel=0.1)


# VTU


def test_cells_have_their_volume_place_and_values(lab, exposed, tmp_path):
    tissue_file, _ = write_vtu(exposed, tmp_path)
    mesh = meshio.read(tissue_file)
    corners = mesh.points[mesh.cells_dict["hexahedron"]]
    cells = np.concatenate(list(exposed.cells.values()))
    assert corners.mean(axis=1) == pytest.approx(middles(lab, cells), abs=1e-9)
    # Right-handed: the volume by the triple product of the edges at the first corner.
    a, b, c = (corners[:, k] - corners[:, 0] for k in (1, 3, 4))
    volumes = np.einsum("ij,ij->i", np.cross(a, b), c)
    assert volumes == pytest.approx(lab.volume.grid.volumes().reshape(-1)[cells])
    data = mesh.cell_data_dict
    for words, arrays, name in (
        ("plan, mean |E| (V/m)", exposed.plan, "field"),
        ("step 2, largest |J| (A/m2)", exposed.steps[1], "largest_density"),
    ):
        wanted = np.concatenate([getattr(arrays[tissue], name) for tissue in exposed.cells])
        assert np.array_equal(data[words]["hexahedron"], wanted)


def test_skin_looks_outward_and_carries_its_charge(lab, exposed, tmp_path):
    _, skin_file = write_vtu(exposed, tmp_path)
    mesh = meshio.read(skin_file)
    corners = mesh.points[mesh.cells_dict["quad"]]
    patches = lab.basis.patches
    faces = np.flatnonzero(patches.face_patch >= 0)
    assert corners.mean(axis=1) == pytest.approx(patches.faces.centres[faces], abs=1e-9)
    twice = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    assert 0.5 * twice == pytest.approx(
        normals_of(patches.faces)[faces] * patches.faces.area[faces, None], abs=1e-12
    )
    data = {name: one["quad"] for name, one in mesh.cell_data_dict.items()}
    total = data["charge per area (C/m2)"] @ data["touched area (m2)"]
    assert total == pytest.approx(exposed.skin.absolute @ exposed.skin.area)
    assert np.array_equal(data["patch"], patches.face_patch[faces])


# Whole or not at all


def test_what_is_there_is_kept_unless_asked(exposed, tmp_path):
    writers = (functools.partial(write_netcdf, path=tmp_path / "a.nc"), functools.partial(write_nifti, folder=tmp_path),
               functools.partial(write_vtu, folder=tmp_path))  # fmt: skip
    for write in writers:
        write(exposed)
        before = {path: path.read_bytes() for path in tmp_path.iterdir()}
        with pytest.raises(InputError, match=r"exists already.*--overwrite"):
            write(exposed)
        assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
        write(exposed, overwrite=True)


def test_a_write_that_fails_leaves_what_was_there_and_nothing_else(tmp_path):
    path = tmp_path / "a.vtu"
    path.write_text("before")

    def break_off(partial):
        partial.write_text("half")
        raise OSError("no room left")

    with pytest.raises(InputError, match="no room left"):
        write_through(path, break_off, overwrite=True)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
    check_free([tmp_path / "b.vtu"], overwrite=False)
