"""An anatomy as a body that plans are predicted and exposed on: a half cylinder with a muscle along it."""

from __future__ import annotations

import datetime
from types import SimpleNamespace

import numpy as np
import pytest
from skimage import measure

from microcurrent import tables, workflow
from microcurrent.errors import BodyError, ValueRefused
from microcurrent.model.body import Body, Site
from microcurrent.physics.bodies.anatomy import Anatomy, Kind
from microcurrent.physics.bodies.placing import Footprint, place_contact
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.bodies.volume import AIR
from microcurrent.physics.conduction.fractions import MixedCells
from microcurrent.physics.conduction.grid import Grid
from microcurrent.physics.conduction.recovery import tissue_field
from microcurrent.planning.basis import BasisRequest, Region, even_volume, name_of, surface_basis
from microcurrent.planning.bodies.anatomy import AnatomySource
from microcurrent.planning.bodies.segmentation import SegmentationSource
from microcurrent.planning.exposure import Ground, expose
from microcurrent.planning.exposure.exposing import media_of
from microcurrent.planning.exposure.wanting import request_of, table_values
from microcurrent.planning.planfile import reader
from microcurrent.planning.prediction.sampling import inputs_of, middle

MM = 1e-3
NOW = datetime.date(2026, 11, 22)
RADIUS, LENGTH = 20 * MM, 60 * MM
#: Depths below the skin [m] at which fat and muscle begin: in the middle of cells.
SKIN, FAT = 1.7 * MM, 4.4 * MM
FIBRES = (0.0, 0.6, 0.8)
TABLE = (Kind(tissue="skin"), Kind(tissue="fat"), Kind(tissue="muscle", fibres=FIBRES))
PLAN = """
title = "On an anatomy"
body = "half cylinder"
intent = "comparison"
[electrode.a]
shape = "sphere"
diameter = "14 mm"
coupling = "gel"
[electrode.b]
shape = "sphere"
diameter = "14 mm"
coupling = "gel"
[[step]]
do = "hold"
system = "faradic"
waveform = "biphasic"
current = "200 uA"
frequency = "30 Hz"
pulse = "300 us"
duration = "20 s"
between = [ { electrode = "a", at = "low" }, { electrode = "b", at = "high" } ]
"""


def half_cylinder(spacing: float = MM) -> AnatomySource:
    """Along z, round towards the front, cut flat at the back and at both ends, where the grid ends."""
    counts = [round(2.2 * RADIUS / spacing), round(1.1 * RADIUS / spacing), round(LENGTH / spacing)]
    low = (-1.1 * RADIUS, 0.0, -0.5 * LENGTH)
    x, y, z = (low[k] + spacing * np.arange(counts[k] + 1) for k in range(3))
    fine = [low[k] + 0.5 * spacing * (np.arange(2 * counts[k]) + 0.5) for k in range(3)]
    depth = RADIUS - np.hypot(fine[0][:, None], fine[1][None, :])
    layer = np.where(depth < 0, 0, np.where(depth < SKIN, 1, np.where(depth < FAT, 2, 3)))
    kinds = np.repeat(layer.astype(np.uint8)[..., None], fine[2].size, axis=2)
    vertices, triangles, _, _ = measure.marching_cubes(
        np.repeat(depth[..., None], 4, axis=2), 0.0, spacing=(0.5 * spacing, 0.5 * spacing, LENGTH / 3)
    )
    skin = SkinMesh(vertices=vertices + np.array([fine[0][0], fine[1][0], low[2]]), triangles=triangles)
    anatomy = Anatomy(grid=Grid(x=x, y=y, z=z), refinement=2, kinds=kinds, table=TABLE, skin=skin)
    sites = (
        Site(name="low", position=(0.0, RADIUS, -12 * MM)),
        Site(name="high", position=(0.0, RADIUS, 12 * MM)),
        Site(name="aside", position=(RADIUS * 0.8, RADIUS * 0.6, 0.0)),
    )
    body = Body(
        name="half cylinder", kind="anatomy", tissues=anatomy.tissues, content=anatomy.digest(), sites=sites
    )
    return AnatomySource(body=body, anatomy=anatomy, skin_group="limb")


@pytest.fixture(scope="module")
def source() -> AnatomySource:
    return half_cylinder()


@pytest.fixture(scope="module")
def prepared(source, tmp_path_factory):
    """The plan read as the workflow reads it; the body stands in for one that a name gives."""
    path = tmp_path_factory.mktemp("anatomy") / "plan.toml"
    path.write_text(PLAN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "read_body", lambda name, **given: source)
        return workflow.read(path)


def test_the_whole_body_has_the_volumes_of_its_layers(source):
    exact = {
        tissue: 0.5 * np.pi * (outer**2 - inner**2) * LENGTH
        for tissue, outer, inner in (
            ("skin", RADIUS, RADIUS - SKIN), ("fat", RADIUS - SKIN, RADIUS - FAT), ("muscle", RADIUS - FAT, 0.0)
        )
    }  # fmt: skip
    assert source.whole.volumes_by_tissue() == pytest.approx(exact, rel=0.02)
    assert source.layers == ()
    assert not source.fibres
    # Skin is what looks at air: neither the cut at the back nor the ends.
    assert (source.surface.axis != 2).all()
    assert (source.surface.centres[:, 1] > 0).all()


def test_a_volume_is_fine_near_the_sites_and_merged_elsewhere_with_all_its_tissue(source):
    near = source.volume([source.body.site("low").position], 6 * MM)
    widths = near.grid.widths(2)
    assert widths.min() == pytest.approx(MM)
    assert widths.max() > 2 * MM
    assert near.conducting.sum() < 0.7 * source.whole.conducting.sum()
    assert near.volumes_by_tissue() == pytest.approx(source.whole.volumes_by_tissue())
    coarse = source.volume([source.body.site("low").position], 6 * MM, coarse=True)
    assert coarse.grid.widths(2)[:-1].min() == pytest.approx(2 * MM)
    # Draws of a contact's size that differ little share the volume.
    assert source.volume([source.body.site("low").position], 5.3 * MM) is near
    with pytest.raises(ValueRefused, match="none, on an anatomy"):
        source.volume([(0, 0, 0)], 6 * MM, thickness={0: MM})


def test_merging_far_from_the_probes_changes_the_resistance_little(source):
    """And less than it does to whole voxels."""
    whole = source.anatomy.volume()
    voxels = SegmentationSource(
        body=source.body, skin_group="limb", whole=whole, surface=whole.surface()
    )  # fmt: skip
    values = table_values(source)
    sites = [source.body.site(name).position for name in ("low", "high")]
    changes = {}
    for name, one in (("sub-voxels", source), ("voxels", voxels)):
        found = []
        for volume in (one.whole, one.volume(sites, 8 * MM)):
            contacts = [
                place_contact(volume, site, Footprint(area=6e-5), impedance=1.0).contact for site in sites
            ]
            solution = volume.conductor(values).solve(contacts, [1.0, -1.0])
            layers = 2 * 1.0 / 6e-5
            found.append(float(solution.electrode_potentials[0]) - layers)
        changes[name] = abs(found[1] / found[0] - 1)
    assert changes["sub-voxels"] < 0.02
    assert changes["sub-voxels"] < changes["voxels"]


def test_a_line_passes_the_tissues_that_lie_on_it(source):
    top = (0.0, RADIUS - 0.2 * MM, 0.0)
    assert source.tissues_on_line(top, (0.0, RADIUS - 1.4 * MM, 0.0)) == {"skin"}
    assert source.tissues_on_line(top, (0.0, 0.5 * MM, 0.0)) == {"skin", "fat", "muscle"}
    assert source.tissues_on_line((0.0, RADIUS + 1 * MM, 0.0), (0.0, RADIUS + 2 * MM, 0.0)) == set()


def test_a_path_runs_round_the_skin(source):
    way = source.path([source.body.site("low"), source.body.site("aside")])
    radii = np.hypot(*np.array(way.points)[:, :2].T)
    assert radii == pytest.approx(np.full(radii.size, RADIUS), abs=0.1 * MM)
    arc = RADIUS * np.arctan2(0.8, 0.6)
    assert way.marks[-1] == pytest.approx(np.hypot(arc, 12 * MM), rel=0.01)


def test_a_plan_is_predicted_on_it_end_to_end(source, prepared, tmp_path):
    with workflow.Workspace(tmp_path / "records.sqlite") as workspace:
        prediction = workflow.predict(prepared, workspace=workspace, actor="test", samples=3, seed=1)
        assessment = workflow.assess(prepared, prediction, workspace=workspace, actor="test")
    (step,) = prediction.exposure.steps
    by_tissue = {one.tissue: one for one in step.tissues}
    assert set(by_tissue) == {"skin", "fat", "muscle"}
    assert step.balance_error < 1e-6
    assert sum(share.value for _, share in step.tissue_share) == pytest.approx(1.0)
    # Skin lies nearest to the probes; fat conducts worst, so its field is above that of the muscle.
    assert by_tissue["skin"].density_median.value > by_tissue["muscle"].density_median.value
    assert by_tissue["fat"].field_p95.value > by_tissue["muscle"].field_p95.value
    names = {given.name for given in prediction.inputs}
    assert {"conductivity of muscle", "conductivity of muscle along fibres"} <= names
    assert assessment.findings


def test_a_body_that_is_none_is_refused(source):
    body, anatomy = source.body, source.anatomy
    with pytest.raises(ValueRefused, match="skin_group"):
        AnatomySource(body=body, anatomy=anatomy, skin_group="foot")
    wrong = Body(name="a", kind="segmentation", tissues=body.tissues, content="a")
    with pytest.raises(ValueRefused, match="expected anatomy"):
        AnatomySource(body=wrong, anatomy=anatomy, skin_group="limb")
    with pytest.raises(BodyError, match="does not lie on the skin"):
        place_contact(source.whole, (0.0, 0.2, 0.0), Footprint(area=1e-4), impedance=1.0)


@pytest.fixture(scope="module")
def based(tmp_path_factory, prepared):
    """Its basis on cells of 2 mm, around two sites, and the plan exposed on it."""
    source = half_cylinder()
    request, _ = request_of(source, spacing=2 * MM, radius=12 * MM, plan=prepared.plan)
    values = table_values(source)
    basis = surface_basis(source, values, request, folder=tmp_path_factory.mktemp("bases"))
    volume = even_volume(source, 2 * MM)
    ground = Ground(basis=basis, volume=volume, spacing=2 * MM, name="half", tables=tables.digest())
    exposed = expose(prepared.plan, source, ground)
    return SimpleNamespace(source=source, request=request, values=values, ground=ground, exposed=exposed)


def test_the_basis_is_made_of_the_sub_voxels(based):
    volume, values = based.ground.volume, based.values
    assert volume.fine is not None
    cells = volume.conduction(values)
    assert isinstance(cells, MixedCells)
    conductor = volume.conductor(values)
    contacts = [
        place_contact(
            volume, based.source.body.site(name).position, Footprint(area=6e-5), impedance=0.5
        ).contact
        for name in ("low", "high")
    ]
    solution = conductor.solve(contacts, [1.0, -1.0])
    basis, faces = based.ground.basis, based.ground.basis.patches.faces
    keys = (faces.cells * 3 + faces.axis) * 2 + (faces.side > 0)
    order = np.argsort(keys)
    into, currents = [], []
    for contact, density in zip(contacts, solution.contact_densities, strict=True):
        key = (contact.cells * 3 + contact.axis) * 2 + (contact.side > 0)
        into.append(order[np.searchsorted(keys, key, sorter=order)])
        currents.append(density * contact.area)
    into, currents = np.concatenate(into), np.concatenate(currents)
    exact = tissue_field(conductor, solution, volume.labels).reshape(-1, 3)
    for tissue, operator in basis.operators.items():
        found = operator.field(into, currents)
        there = exact[operator.cells]
        # Under an electrode the two ways differ: one takes in the density at the contact.
        apart = ~np.isin(operator.cells, np.concatenate([one.cells for one in contacts]))
        # At the rim of what the basis keeps, a slope has one side only.
        off = np.linalg.norm(found[apart] - there[apart], axis=1) / np.linalg.norm(there[apart], axis=1)
        assert np.percentile(off, 90) < 0.02, tissue


def test_muscle_of_the_basis_has_its_fibres_cell_by_cell(based, prepared):
    basis, source, volume = based.ground.basis, based.source, based.ground.volume
    values = middle(inputs_of(prepared.plan, source))
    media = media_of(basis, source, values, volume=volume)
    assert media["fat"].fibres is None
    assert media["muscle"].fibres == pytest.approx(
        np.tile(FIBRES, (media["muscle"].operator.cells.size, 1))
    )
    across, along = based.values["muscle"]
    wanted = [across + (along - across) * part**2 for part in FIBRES]
    assert media["muscle"].conductivity == pytest.approx(
        np.tile(wanted, (media["muscle"].operator.cells.size, 1))
    )
    (step,) = based.exposed.summary.steps
    parts = {part.tissue: part for part in step.tissues if part.place == "near the probes"} or {
        part.tissue: part for part in step.tissues
    }
    assert parts["muscle"].along is not None
    assert 0 < parts["muscle"].along.median < parts["muscle"].field.median
    assert parts["skin"].along is None
    # A cell counts with the tissue in it, not with all its 8 mm3.
    whole, tissue = media["skin"].operator.volumes.sum(), media["skin"].volumes.sum()
    assert 0.4 * whole < tissue < 0.95 * whole


def test_the_name_of_a_basis_tells_its_sub_voxels(source):
    request = BasisRequest(
        spacing=2 * MM, tissues=("skin",), regions=(Region(centre=(0.0, RADIUS, 0.0), radius=10 * MM),)
    )
    anatomy = source.anatomy
    kinds = anatomy.kinds.copy()
    kinds[40, 2, 60] = 1
    other = Anatomy(grid=anatomy.grid, refinement=2, kinds=kinds, table=TABLE, skin=anatomy.skin)
    # The noun may say the same of both; the arrays do not.
    changed = AnatomySource(body=source.body, anatomy=other, skin_group="limb")
    values = table_values(source)
    assert name_of(source, values, request) == name_of(half_cylinder(), values, request)
    assert name_of(source, values, request) != name_of(changed, values, request)
    assert name_of(source, {**values, "muscle": (0.1, 0.5)}, request) != name_of(source, values, request)


def test_what_the_basis_cannot_reach_is_air(source):
    volume = even_volume(source, 2 * MM)
    assert (volume.labels[volume.fine.main == 0] == AIR).all()
    assert np.unique(volume.fine.parts()[volume.conducting]).size == 1
