"""The live solve against closed forms of the complete electrode model, with the order of convergence."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import sparse

from microcurrent.physics.conduction.basis.live.direct import DirectResponse, direct_response
from microcurrent.physics.conduction.basis.live.network import wet_network
from microcurrent.physics.conduction.basis.live.solving import solve_live
from microcurrent.physics.conduction.basis.live.system import LiveSolution
from microcurrent.physics.conduction.basis.live.wetting import Metal, metal_of
from microcurrent.physics.conduction.conductor import Conductor
from microcurrent.physics.conduction.contact import Faces, exposed_faces
from microcurrent.physics.conduction.drives import Drive
from microcurrent.physics.conduction.grid import Grid
from microcurrent.physics.exact import layers
from microcurrent.physics.exact.arcs import arc_pair
from microcurrent.physics.exact.contact_disc import contact_disc
from microcurrent.physics.exact.layers import Layers
from microcurrent.physics.exact.problems import (
    FAT_UNDER_SKIN,
    HOMOGENEOUS,
    LAYER_LENGTH,
    LAYERED_REACH,
    NEAR,
    RADIUS,
    UNIFORM,
    far_contact,
    half_space,
    probe,
)

SIGMA = 0.2
AREA = math.pi * RADIUS**2


def only(faces: Faces, chosen: np.ndarray) -> Faces:
    return Faces(
        **{name: getattr(faces, name)[chosen] for name in ("cells", "axis", "side", "area", "centres")}
    )


def top(conductor: Conductor) -> Faces:
    faces = exposed_faces(conductor.grid, conductor.conducting)
    return only(faces, (faces.axis == 2) & (faces.side > 0))


def observed(levels: tuple[int, ...], errors: list[float]) -> float:
    return float(np.polyfit(-np.log(levels), np.log(np.abs(errors)), 1)[0])


def quarter(conductor: Conductor, faces: Faces, response: DirectResponse, skin: complex) -> LiveSolution:
    """A disc on the quarter of a half-space: a quarter of an ampere, to a remote electrode."""
    count = faces.cells.size
    network = wet_network(
        [metal_of(faces, probe(conductor, impedance=0.0)), Metal(faces=[count], area=[1.0])]
    )
    pair = [Drive(current=0.25), Drive(current=-0.25)]
    return solve_live(response, network, pair, skin=np.append(np.full(count, skin), 0.0))


def test_v3_disc_with_contact_impedance_on_a_half_space() -> None:
    levels, zetas = (4, 6, 8), (0.3, 1.0, 10.0)
    errors: dict[float, list[float]] = {zeta: [] for zeta in zetas}
    middle = {}
    for level in levels:
        conductor = half_space(level, HOMOGENEOUS, length=RADIUS, reach=NEAR)
        faces = top(conductor)
        response = direct_response(conductor, faces, remote=far_contact(conductor))
        for zeta in zetas:
            skin = zeta * RADIUS / SIGMA
            live = quarter(conductor, faces, response, skin)
            exact = contact_disc(radius=RADIUS, conductivity=SIGMA, impedance=skin)
            spreading = live.electrode_potentials[0] - skin / AREA
            errors[zeta].append(spreading / (exact.resistance - skin / AREA) - 1)
            # The corner of the quarter is the middle of the disc.
            at = int(np.argmin(np.linalg.norm(faces.centres[live.wet.faces[:-1]], axis=1)))
            middle[zeta] = live.densities[at] * AREA / exact.centre_to_mean - 1
    for zeta in zetas:
        assert abs(errors[zeta][-1]) < 0.015
        assert observed(levels, errors[zeta]) > 1.5
        assert abs(middle[zeta]) < 0.02


def complex_matrix(grid: Grid, admittivity: np.ndarray) -> sparse.csr_array:
    """The bulk with complex admittivity, assembled a second time and by itself."""
    cells = np.arange(admittivity.size).reshape(admittivity.shape)
    rows, columns, values = [], [], []
    for axis in range(3):
        shape = [1, 1, 1]
        shape[axis] = -1
        half = 0.5 * grid.widths(axis).reshape(shape) / admittivity
        low = [slice(None)] * 3
        high = [slice(None)] * 3
        low[axis], high[axis] = slice(0, -1), slice(1, None)
        value = (grid.face_areas(axis) / (half[tuple(low)] + half[tuple(high)])).ravel()
        one, other = cells[tuple(low)].ravel(), cells[tuple(high)].ravel()
        rows += [one, other, one, other]
        columns += [other, one, one, other]
        values += [-value, -value, value, value]
    size = admittivity.size
    coordinates = (np.concatenate(rows), np.concatenate(columns))
    return sparse.coo_array((np.concatenate(values), coordinates), shape=(size, size)).tocsr()


COMPLEX = Layers(admittivities=(0.2 + 0.08j, 0.05 + 0.05j), thicknesses=(0.002,))


@pytest.mark.parametrize("stack", [FAT_UNDER_SKIN, COMPLEX], ids=["real", "complex"])
def test_v5_uniform_flux_disc_on_layers(stack: Layers) -> None:
    levels, errors = (2, 3, 4), []
    exact = layers.disc_resistance(RADIUS, stack)
    for level in levels:
        conductor = half_space(level, FAT_UNDER_SKIN, length=LAYER_LENGTH, reach=LAYERED_REACH)
        grid, faces, outer = conductor.grid, top(conductor), far_contact(conductor)
        depth = np.searchsorted(np.cumsum(stack.thicknesses), -grid.centres(2))
        admittivity = np.broadcast_to(np.array(stack.admittivities)[depth], grid.shape)
        places = np.stack(np.unravel_index(outer.cells, grid.shape), axis=1)
        widths = np.stack([grid.widths(axis)[places[:, axis]] for axis in range(3)], axis=1)
        half = 0.5 * widths[np.arange(outer.cells.size), outer.axis]
        # The far impedance goes as one over the conductivity; so does the half cell.
        per_area = outer.impedance * conductor.conductivity.reshape(-1, 3)[outer.cells, 0] + half
        through = outer.area * admittivity.ravel()[outer.cells] / per_area
        remote = np.zeros(admittivity.size, dtype=complex)
        np.add.at(remote, outer.cells, through)
        response = DirectResponse(
            complex_matrix(grid, admittivity + 0j),
            cells=faces.cells,
            half_cell=np.zeros(faces.cells.size),
            remote=remote,
        )
        half_cell = 0.5 * grid.widths(2)[-1] / stack.admittivities[0]
        skin = UNIFORM * RADIUS / abs(stack.admittivities[0])
        # The half cell of a complex bulk is complex: here it is part of the skin.
        live = quarter(conductor, faces, response, skin + half_cell)
        errors.append(abs((live.electrode_potentials[0] - skin / AREA) / exact - 1))
    assert errors[-1] < 0.03
    assert observed(levels, errors) > 1.5


def test_v15_skin_without_thickness_is_a_thin_layer() -> None:
    """Horny layer of 15 um as complex impedance on a body, against the same as the first of the layers."""
    thick = 15e-6
    conductor = half_space(6, FAT_UNDER_SKIN, length=LAYER_LENGTH, reach=LAYERED_REACH)
    faces = top(conductor)
    response = direct_response(conductor, faces, remote=far_contact(conductor))
    spread = layers.disc_resistance(RADIUS, FAT_UNDER_SKIN).real
    for impedance in (10.0, 1.0, 0.2 - 0.4j, 0.05 - 0.05j):
        stack = Layers(
            admittivities=(thick / impedance, *FAT_UNDER_SKIN.admittivities),
            thicknesses=(thick, *FAT_UNDER_SKIN.thicknesses),
        )
        exact = layers.disc_resistance(RADIUS, stack)
        live = quarter(conductor, faces, response, impedance).electrode_potentials[0]
        assert abs(live / exact - 1) < 0.005
        # What the body adds is the same behind a layer of any impedance that makes the flux uniform.
        assert abs(live - impedance / AREA - spread) < 0.015 * spread


@pytest.mark.parametrize("half_angle", [math.pi / 8, math.pi / 16])
@pytest.mark.parametrize("zeta", [0.1, 1.0])
def test_v11_arcs_on_the_rim_of_a_plane_disc(half_angle: float, zeta: float) -> None:
    exact = arc_pair(half_angle, impedance=zeta).resistance
    levels, errors = (24, 48, 96), []
    for level in levels:
        errors.append(plane_disc(level, half_angle, zeta) / exact - 1)
    assert abs(errors[-1]) < 0.01
    assert abs(errors[-1]) < abs(errors[0])


def plane_disc(level: int, half_angle: float, zeta: float) -> float:
    """Resistance of a disc one cell thick, `level` cells across the radius, its rim a staircase."""
    edges = np.linspace(-1 - 1 / level, 1 + 1 / level, 2 * level + 3)
    grid = Grid(x=edges, y=edges, z=[0.0, 1.0])
    radius = np.hypot(*np.meshgrid(grid.centres(0), grid.centres(1), indexing="ij"))
    conductor = Conductor(grid, np.where(radius < 1.0, 1.0, 0.0)[..., None])
    faces = exposed_faces(grid, conductor.conducting)
    rim = only(faces, faces.axis < 2)
    outward = rim.centres[:, :2] / np.linalg.norm(rim.centres[:, :2], axis=1)[:, None]
    looking = np.where(rim.axis == 0, outward[:, 0], outward[:, 1]) * rim.side
    angle = np.arctan2(rim.centres[:, 1], rim.centres[:, 0])
    metals = []
    for middle in (0.0, math.pi):
        away = np.abs((angle - middle + math.pi) % (2 * math.pi) - math.pi)
        shadow = np.maximum(looking, 0.0) * rim.area
        # A face at the end of the arc counts with the part of its shadow inside.
        share = np.clip((half_angle - away) / np.maximum(shadow, 1e-12) + 0.5, 0, 1)
        covered = share * shadow
        chosen = covered > 1e-9
        area = covered[chosen] * 2 * half_angle / covered.sum()
        metals.append(Metal(faces=np.flatnonzero(chosen), area=area))
    network = wet_network(metals)
    pair = [Drive(current=1.0), Drive(current=-1.0)]
    live = solve_live(direct_response(conductor, rim), network, pair, skin=zeta)
    return float(live.electrode_potentials[0])
