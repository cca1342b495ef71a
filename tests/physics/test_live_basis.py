"""Electrodes, film and skin live on a real surface basis, against the twin that factors the whole bulk."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import splu

from microcurrent.physics.bodies.placing import Footprint, place_contact
from microcurrent.physics.bodies.volume import Volume
from microcurrent.physics.conduction.assembly import bulk_matrix
from microcurrent.physics.conduction.basis.building import basis_in_memory
from microcurrent.physics.conduction.basis.layout import layout_of
from microcurrent.physics.conduction.basis.live.direct import DirectResponse, direct_response
from microcurrent.physics.conduction.basis.live.glide import Stay, glide
from microcurrent.physics.conduction.basis.live.neighbours import SurfaceLinks, surface_links
from microcurrent.physics.conduction.basis.live.network import Wet, wet_network
from microcurrent.physics.conduction.basis.live.nonlinear import solve_nonlinear
from microcurrent.physics.conduction.basis.live.solving import solve_live
from microcurrent.physics.conduction.basis.live.system import LiveSolution
from microcurrent.physics.conduction.basis.live.wetting import film_of, joined, metal_of
from microcurrent.physics.conduction.basis.surface_basis import SurfaceBasis
from microcurrent.physics.conduction.conductor import Conductor
from microcurrent.physics.conduction.contact import Contact
from microcurrent.physics.conduction.drives import Drive
from microcurrent.physics.conduction.fields import current_density, electric_field, face_currents
from microcurrent.physics.conduction.grid import Grid

CURRENT = 2e-4
PAIR = (Drive(current=CURRENT), Drive(current=-CURRENT))
GEL = 2e-4
SIGMA = {"skin": 0.2, "fat": 0.06, "muscle": (0.4, 0.15, 0.15)}
#: Directions from the middle of the body to the probes.
PLACES = ((0.55, 0.3, 0.8), (-0.5, -0.1, 0.85))


class Factored:
    """A solver for the basis: one factorisation with one cell at 0 V."""

    def __init__(self, conductor: Conductor) -> None:
        matrix = sparse.csr_array(bulk_matrix(conductor.grid, conductor.conductivity))
        self.cells = np.flatnonzero(conductor.conducting)
        inner = matrix[self.cells[1:]][:, self.cells[1:]]
        self._factors = splu(inner.tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})

    def solve_many(self, right: np.ndarray, tolerance: float) -> np.ndarray:
        return np.vstack([np.zeros((1, right.shape[1])), self._factors.solve(right[1:])])


class Case:
    """A rounded body of three tissues in voxels of 2 mm, with its basis and its twin."""

    def __init__(self) -> None:
        edges = [np.arange(-26, 27, 2) * 1e-3, np.arange(-22, 23, 2) * 1e-3, np.arange(-4, 27, 2) * 1e-3]
        grid = Grid(x=edges[0], y=edges[1], z=edges[2])
        x, y, z = np.meshgrid(*[grid.centres(axis) for axis in range(3)], indexing="ij")
        radius = np.sqrt((x / 25e-3) ** 2 + (y / 21e-3) ** 2 + (z / 24e-3) ** 2)
        labels = np.full(grid.shape, -1, dtype=np.int16)
        for index, inside in enumerate((1.0, 0.88, 0.7)):
            labels[radius < inside] = index
        self.volume = Volume(grid=grid, labels=labels, tissues=tuple(SIGMA))
        self.faces = self.volume.surface()
        self.conductor = Conductor(grid, self.volume.conductivity(SIGMA))
        self.links: SurfaceLinks = surface_links(grid, self.faces)
        self.twin: DirectResponse = direct_response(self.conductor, self.faces)
        layout = layout_of(
            grid,
            self.conductor.conductivity,
            self.faces,
            tissues={"muscle": labels == 2, "skin": labels == 0},
        )
        self.basis: SurfaceBasis = basis_in_memory(layout, Factored(self.conductor))

    def contact(self, place: tuple[float, float, float], radius: float, impedance: float = 0.0) -> Contact:
        point = np.array(place) * (25e-3, 21e-3, 24e-3)
        footprint = Footprint(area=np.pi * radius**2)
        return place_contact(self.volume, point, footprint, impedance=impedance, surface=self.faces).contact

    def wet(self, *, film: bool, places: tuple[tuple[float, float, float], ...] = PLACES) -> Wet:
        metals = [metal_of(self.faces, self.contact(at, 0.005)) for at in places]
        if not film:
            return wet_network(metals)
        films = [film_of(self.faces, self.contact(at, 0.0075), conductance=GEL) for at in places]
        return wet_network(metals, joined(films, self.links), self.links)


@pytest.fixture(scope="module")
def case() -> Case:
    return Case()


def same(one: LiveSolution, other: LiveSolution, *, within: float) -> None:
    scale = np.abs(other.currents).max()
    assert np.abs(one.currents - other.currents).max() < within * scale
    assert one.electrode_potentials == pytest.approx(
        other.electrode_potentials, rel=within, abs=within * np.abs(other.electrode_potentials).max()
    )
    assert one.delivered == pytest.approx([CURRENT, -CURRENT], rel=1e-6)


@pytest.mark.parametrize("film", [False, True])
@pytest.mark.parametrize("skin", [0.0, 0.02, 0.3 - 0.9j, 10.0])
def test_currents_and_potentials_are_those_of_the_twin(case: Case, film: bool, skin: complex) -> None:
    wet = case.wet(film=film)
    found = solve_live(case.basis, wet, PAIR, skin=skin)
    same(found, solve_live(case.twin, wet, PAIR, skin=skin), within=0.01)


@pytest.mark.parametrize("skin", [0.02, 1.0])
def test_field_in_every_tissue_is_that_of_the_full_solve(case: Case, skin: float) -> None:
    contacts = [case.contact(at, 0.005, skin) for at in PLACES]
    full = case.conductor.solve(contacts, [CURRENT, -CURRENT])
    live = solve_live(case.basis, case.wet(film=False), PAIR, skin=skin)
    exact = electric_field(
        case.conductor, current_density(case.conductor, face_currents(case.conductor, full))
    ).reshape(-1, 3)
    for tissue, field in case.basis.fields(*live.by_face()).items():
        wanted = exact[case.basis.operators[tissue].cells]
        assert np.linalg.norm(field - wanted) < 0.02 * np.linalg.norm(wanted)


def test_skin_that_depends_on_its_current(case: Case) -> None:
    def law(density: np.ndarray, voltage: np.ndarray) -> np.ndarray:
        return 0.02 + 1.0 / (1.0 + (np.abs(density) / 0.5) ** 0.8)

    wet = case.wet(film=True)
    found = solve_nonlinear(case.basis, wet, PAIR, law=law)
    same(found, solve_nonlinear(case.twin, wet, PAIR, law=law), within=0.01)


def test_a_glide_over_curved_skin(case: Case) -> None:
    moving = [(0.55 - 0.1 * k, 0.3, 0.8 + 0.02 * k) for k in range(5)]
    stays = [
        Stay(wet=case.wet(film=True, places=(at, (-0.75, -0.2, 0.6))), drives=PAIR, dwell=0.4)
        for at in moving
    ]
    found = glide(case.basis, stays, skin=0.2, fields=case.basis.fields)
    judge = glide(case.twin, stays, skin=0.2)
    assert found.absolute == pytest.approx(judge.absolute, abs=0.01 * judge.absolute.max())
    assert found.net.sum() == pytest.approx(0.0, abs=1e-9 * CURRENT)
    assert found.absolute.sum() == pytest.approx(2 * CURRENT * 2.0, rel=1e-6)
    patches = case.basis.patches
    net, absolute = found.by_patch(patches.face_patch, patches.area)
    assert absolute @ patches.area == pytest.approx(found.absolute.sum())
    assert (absolute >= np.abs(net)).all()
    for tissue, field in found.fields.items():
        assert (field.largest >= field.mean).all()
        assert field.mean.size == case.basis.operators[tissue].cells.size
    # Muscle lies deeper than skin and conducts better.
    assert found.fields["muscle"].largest.max() < found.fields["skin"].largest.max()
