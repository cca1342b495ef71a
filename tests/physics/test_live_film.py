"""A wet film on skin against closed forms, on staircases, and against the same film meshed as cells."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import sparse
from scipy.integrate import quad
from scipy.sparse.linalg import spsolve

from microcurrent.errors import ValueRefused
from microcurrent.physics.conduction.basis.live.direct import direct_response
from microcurrent.physics.conduction.basis.live.neighbours import SurfaceLinks, surface_links
from microcurrent.physics.conduction.basis.live.network import wet_network
from microcurrent.physics.conduction.basis.live.solving import solve_live
from microcurrent.physics.conduction.basis.live.spreading import film_around
from microcurrent.physics.conduction.basis.live.wetting import Film, Metal, film_of, metal_of
from microcurrent.physics.conduction.conductor import Conductor
from microcurrent.physics.conduction.contact import Faces, contact_on, disc_contact, exposed_faces
from microcurrent.physics.conduction.drives import FLOATING, Drive
from microcurrent.physics.conduction.grid import Grid
from microcurrent.physics.exact.film import (
    WetSkin,
    bridge_admittances,
    disc_admittance,
    disc_potential,
    strip_admittance,
)

SHEET = 2e-4
RADIUS, OUTER = 0.005, 0.012
HELD = (Drive(voltage=1.0), Drive(voltage=0.0))


class Perfect:
    """Tissue at 0 V: the last face is an electrode in it."""

    def __init__(self, count: int) -> None:
        self.half_cell = np.zeros(count + 1)
        self.area = None

    def transfer(self, faces: np.ndarray) -> np.ndarray:
        return np.zeros((faces.size, faces.size))


def only(faces: Faces, chosen: np.ndarray) -> Faces:
    return Faces(
        **{name: getattr(faces, name)[chosen] for name in ("cells", "axis", "side", "area", "centres")}
    )


def top(grid: Grid) -> Faces:
    faces = exposed_faces(grid, np.ones(grid.shape, dtype=bool))
    return only(faces, (faces.axis == 2) & (faces.side > 0))


def far(count: int) -> Metal:
    return Metal(faces=[count], area=[1.0])


def over_perfect_tissue(count: int, impedance: complex) -> np.ndarray:
    return np.append(np.full(count, impedance), 0.0)


def observed(levels: tuple[int, ...], errors: list[float]) -> float:
    return float(np.polyfit(-np.log(levels), np.log(np.abs(errors)), 1)[0])


# The closed forms themselves.


def test_disc_admittance_is_the_current_through_the_skin_below_metal_and_film() -> None:
    for skin in (0.2, 0.05 - 0.2j):
        wet = WetSkin(conductance=SHEET, impedance=skin)

        def through(r: float, part: str, wet: WetSkin = wet) -> float:
            density = complex(disc_potential(r, wet, radius=RADIUS, outer=OUTER)) / wet.impedance
            return 2 * math.pi * r * getattr(density, part)

        summed = sum(
            unit * quad(through, low, high, args=(part,))[0]
            for unit, part in ((1, "real"), (1j, "imag"))
            for low, high in ((0, RADIUS), (RADIUS, OUTER))
        )
        assert disc_admittance(wet, radius=RADIUS, outer=OUTER) == pytest.approx(summed, rel=1e-9)


def test_film_potential_obeys_its_equation_and_its_ends() -> None:
    wet = WetSkin(conductance=SHEET, impedance=0.2)
    r, h = np.linspace(RADIUS + 1e-4, OUTER - 1e-4, 9), 1e-5

    def volt(at: np.ndarray) -> np.ndarray:
        return disc_potential(at, wet, radius=RADIUS, outer=OUTER).real

    bent = (volt(r + h) - 2 * volt(r) + volt(r - h)) / h**2 + (volt(r + h) - volt(r - h)) / (2 * h * r)
    assert SHEET * bent == pytest.approx(volt(r) / 0.2, rel=1e-4)
    assert volt(np.array([0.0, RADIUS])) == pytest.approx(1.0)
    assert volt(np.array([OUTER]))[0] == pytest.approx(volt(np.array([OUTER - h]))[0], rel=3e-6)


def test_contact_impedance_ranges_from_none_to_all() -> None:
    wet = WetSkin(conductance=SHEET, impedance=0.2)
    ideal = disc_admittance(wet, radius=RADIUS, outer=OUTER)
    assert disc_admittance(wet, radius=RADIUS, outer=OUTER, contact=1e-10) == pytest.approx(ideal, rel=1e-4)
    hardly = disc_admittance(wet, radius=RADIUS, outer=OUTER, contact=1e6)
    assert hardly == pytest.approx(math.pi * RADIUS**2 / 1e6, rel=1e-5)
    # A film that conducts without limit: contact under the metal and skin under all of it in series.
    sheet = WetSkin(conductance=1e4, impedance=0.2)
    whole = 1 / (0.05 / (math.pi * RADIUS**2) + 0.2 / (math.pi * OUTER**2))
    assert disc_admittance(sheet, radius=RADIUS, outer=OUTER, contact=0.05) == pytest.approx(
        whole, rel=1e-4
    )
    assert disc_admittance(sheet, radius=RADIUS, outer=OUTER) == pytest.approx(
        math.pi * OUTER**2 / 0.2, rel=1e-4
    )


def test_a_wide_disc_is_a_straight_rim_and_a_far_rim_is_no_rim() -> None:
    wet = WetSkin(conductance=SHEET, impedance=0.2)
    rim = disc_admittance(wet, radius=2.0, outer=2.01) - math.pi * 4.0 / 0.2
    assert rim / (4 * math.pi) == pytest.approx(strip_admittance(wet, 0.01), rel=0.01)
    own, across = bridge_admittances(wet, 1.0)
    assert own == pytest.approx(strip_admittance(wet, 1.0))
    assert abs(across) < 1e-12 * abs(own)
    own, across = bridge_admittances(wet, 1e-4)
    assert across == pytest.approx(SHEET / 1e-4, rel=1e-3)


def test_length_of_spreading_grows_with_film_and_skin() -> None:
    # 0.2 mm at 1 S/m over 10 ohm m2: 45 mm.
    assert WetSkin(conductance=2e-4, impedance=10.0).length.real == pytest.approx(0.0447, abs=1e-4)


@pytest.mark.parametrize("wrong", [{"conductance": 0.0}, {"impedance": 0.0}, {"impedance": -1.0 + 1j}])
def test_wet_skin_refused(wrong: dict[str, complex]) -> None:
    with pytest.raises(ValueRefused, match="film on skin"):
        WetSkin(**{"conductance": SHEET, "impedance": 0.2, **wrong})
    with pytest.raises(ValueRefused, match="radius"):
        disc_admittance(WetSkin(conductance=SHEET, impedance=0.2), radius=0.02, outer=0.01)


# The network against them.


def strip(level: int, *, rim: float, end: float, skin: complex) -> complex:
    """Admittance per length of a metal strip up to `rim` and film up to `end`, in cells cut anywhere."""
    grid = Grid(x=np.linspace(0, 0.02, 2 * level + 1), y=[0.0, 0.003], z=[-0.001, 0.0])
    faces = top(grid)
    count = faces.cells.size

    def share(position: float) -> np.ndarray:
        return np.clip((position - grid.x[:-1]) / grid.widths(0), 0, 1)

    metal = np.flatnonzero(share(rim))
    wet = np.flatnonzero(share(end))
    network = wet_network(
        [Metal(faces=metal, area=(share(rim) * faces.area)[metal]), far(count)],
        Film(faces=wet, area=(share(end) * faces.area)[wet], conductance=SHEET),
        surface_links(grid, faces),
    )
    return complex(
        solve_live(Perfect(count), network, HELD, skin=over_perfect_tissue(count, skin)).delivered[0]
        / 0.003
    )


@pytest.mark.parametrize("skin", [0.05, 0.2, 0.1 - 0.3j, 5.0])
def test_film_beyond_a_straight_rim(skin: complex) -> None:
    wet = WetSkin(conductance=SHEET, impedance=skin)
    levels, worst = (8, 16, 32), []
    for level in levels:
        errors = []
        # Wherever the rims cut a cell.
        for cut in (0.0, 0.1, 0.35, 0.5, 0.65, 0.9):
            rim, end = 0.005 + cut * 0.01 / level, 0.01625 - 0.7 * cut * 0.01 / level
            exact = rim / skin + strip_admittance(wet, end - rim)
            errors.append(abs(strip(level, rim=rim, end=end, skin=skin) / exact - 1))
        worst.append(max(errors))
    assert observed(levels, worst) > 1.5
    assert worst[-1] < 5e-4


def disc(level: int, *, skin: complex, contact: complex = 0.0) -> complex:
    spacing = RADIUS / level
    edges = np.arange(math.ceil(1.05 * OUTER / spacing) + 1) * spacing
    grid = Grid(x=edges, y=edges, z=[-0.001, 0.0])
    faces, mask = top(grid), np.ones(grid.shape, dtype=bool)
    count = faces.cells.size
    metal, film = (
        disc_contact(grid, mask, centre=(0, 0), radius=radius, impedance=0.0, mirrored=True)
        for radius in (RADIUS, OUTER)
    )
    network = wet_network(
        [metal_of(faces, metal, impedance=contact), far(count)],
        film_of(faces, film, conductance=SHEET),
        surface_links(grid, faces),
    )
    return complex(
        4 * solve_live(Perfect(count), network, HELD, skin=over_perfect_tissue(count, skin)).delivered[0]
    )


@pytest.mark.parametrize("skin", [0.01, 0.2, 0.05 - 0.2j, 5.0])
def test_film_around_a_disc_of_metal_without_impedance(skin: complex) -> None:
    exact = disc_admittance(WetSkin(conductance=SHEET, impedance=skin), radius=RADIUS, outer=OUTER)
    levels = (3, 4, 6, 8, 12)
    errors = [abs(disc(level, skin=skin) / exact - 1) for level in levels]
    assert observed(levels, errors) > 1.7
    assert errors[0] < 0.03
    assert errors[-1] < 0.002


@pytest.mark.parametrize("contact", [1e-4, 1e-3, 1e-2, 0.1, 0.02 - 0.1j, 1.0])
@pytest.mark.parametrize("skin", [0.01, 0.2, 5.0])
def test_film_around_a_disc_behind_a_contact_impedance(contact: complex, skin: float) -> None:
    wet = WetSkin(conductance=SHEET, impedance=skin)
    exact = disc_admittance(wet, radius=RADIUS, outer=OUTER, contact=contact)
    errors = [abs(disc(level, skin=skin, contact=contact) / exact - 1) for level in (4, 12)]
    assert errors[0] < 0.01
    assert errors[-1] < 0.003


def test_film_bridges_two_probes() -> None:
    grid = Grid(x=np.linspace(0, 0.03, 61), y=[0.0, 0.002], z=[-0.001, 0.0])
    faces = top(grid)
    count = faces.cells.size
    left, right = np.arange(20), np.arange(40, 60)
    film = Film(faces=np.arange(count), area=faces.area, conductance=SHEET)
    metals = [Metal(faces=one, area=faces.area[one]) for one in (left, right)]
    network = wet_network([*metals, far(count)], film, surface_links(grid, faces))
    for skin in (0.05, 0.5, 5.0):
        own, across = bridge_admittances(WetSkin(conductance=SHEET, impedance=skin), 0.01)
        live = solve_live(
            Perfect(count),
            network,
            [Drive(voltage=1.0), Drive(voltage=0.0), Drive(voltage=0.0)],
            skin=over_perfect_tissue(count, skin),
        )
        under = left.size * faces.area[0] / skin
        assert live.delivered[0] == pytest.approx(under + 0.002 * own.real, rel=1e-3)
        assert live.delivered[1] == pytest.approx(-0.002 * across.real, rel=2e-3)


def test_a_strip_of_film_narrower_than_the_faces_is_a_narrower_way() -> None:
    grid = Grid(x=np.linspace(0, 0.03, 31), y=[0.0, 0.002], z=[-0.001, 0.0])
    faces = top(grid)
    count = faces.cells.size
    left, right = np.arange(10), np.arange(20, 30)
    metals = [Metal(faces=one, area=faces.area[one]) for one in (left, right)]
    links = surface_links(grid, faces)
    found = []
    for width in (1.0, 0.5, 0.1):
        film = Film(faces=np.arange(count), area=width * faces.area, conductance=SHEET)
        network = wet_network([*metals, far(count)], film, links)
        pair = [Drive(current=1e-3), Drive(current=-1e-3), FLOATING]
        # Skin that lets nothing through: all of it goes along the strip.
        live = solve_live(Perfect(count), network, pair, skin=over_perfect_tissue(count, 1e6))
        found.append(live.electrode_potentials[0] - live.electrode_potentials[1])
    exact = 1e-3 * 0.01 / (SHEET * 0.002)
    assert found[0] == pytest.approx(exact, rel=1e-3)
    # Faces that the metal covers have no film beside it, so the strip narrows between them.
    assert found[1:] == pytest.approx([exact / 0.5, exact / 0.1], rel=1e-2)


def test_two_probes_nearer_than_the_length_of_spreading_are_bridged() -> None:
    """Under a given current the share that leaves through the skin falls as the skin dries."""
    grid = Grid(x=np.linspace(0, 0.03, 31), y=[0.0, 0.002], z=[-0.001, 0.0])
    faces = top(grid)
    count = faces.cells.size
    film = Film(faces=np.arange(count), area=faces.area, conductance=SHEET)
    metals = [Metal(faces=one, area=faces.area[one]) for one in (np.arange(10), np.arange(20, 30))]
    network = wet_network([*metals, far(count)], film, surface_links(grid, faces))
    shares = []
    for skin in (1e-3, 1e-2, 0.1, 1.0, 10.0):
        live = solve_live(
            Perfect(count),
            network,
            [Drive(current=1e-3), Drive(current=-1e-3), FLOATING],
            skin=over_perfect_tissue(count, skin),
        )
        shares.append(np.abs(live.currents[network.faces < count]).sum() / 2e-3)
    assert shares == sorted(shares)[::-1]
    assert shares[0] > 0.9
    assert shares[-1] < 0.05


# How far a film reaches.


@pytest.mark.parametrize("extent", [0.0, 0.0008, 0.003, 0.006])
def test_a_film_around_a_disc_is_a_larger_disc(extent: float) -> None:
    edges = np.linspace(-0.015, 0.015, 31)
    grid = Grid(x=edges, y=edges, z=[-0.001, 0.0])
    faces, mask = top(grid), np.ones(grid.shape, dtype=bool)
    links = surface_links(grid, faces)
    at = (0.0003, -0.0004)
    disc_ = disc_contact(grid, mask, centre=at, radius=0.006, impedance=0.0)
    film = film_around(faces, links, metal_of(faces, disc_), extent=extent, conductance=SHEET)
    exact = disc_contact(grid, mask, centre=at, radius=0.006 + extent, impedance=0.0)
    assert film.area.sum() == pytest.approx(exact.area.sum(), rel=0.04)
    whole = np.zeros(faces.cells.size)
    whole[film.faces] = film.area
    found = metal_of(faces, exact)
    assert np.abs(whole[found.faces] - found.area).max() < 0.35e-6
    inside = metal_of(faces, disc_)
    assert (whole[inside.faces] >= inside.area * (1 - 1e-12)).all()


def test_a_film_around_a_bar_is_straight_beside_it() -> None:
    grid = Grid(x=np.linspace(0, 0.02, 21), y=np.linspace(0, 0.03, 31), z=[-0.001, 0.0])
    faces = top(grid)
    bar = faces.centres[:, 0] < 0.005
    metal = Metal(faces=np.flatnonzero(bar), area=faces.area[bar])
    film = film_around(faces, surface_links(grid, faces), metal, extent=0.0043, conductance=SHEET)
    wet = np.zeros(faces.cells.size)
    wet[film.faces] = film.area
    across = wet.reshape(20, 30)[:, 15] / faces.area[0]
    assert across == pytest.approx([1.0] * 9 + [0.3] + [0.0] * 10, abs=1e-9)


def test_a_film_does_not_jump_a_gap_and_refuses_a_negative_reach() -> None:
    # Two plates of tissue with a slit of air between, as lips are.
    grid = Grid(x=np.linspace(0, 0.02, 21), y=np.linspace(0, 0.005, 6), z=np.linspace(-0.02, 0, 11))
    mask = np.ones(grid.shape, dtype=bool)
    mask[10, :, :] = False
    faces = exposed_faces(grid, mask)
    links = surface_links(grid, faces)
    left = (
        (faces.axis == 2)
        & (faces.side > 0)
        & (faces.centres[:, 0] > 0.006)
        & (faces.centres[:, 0] < 0.0095)
    )
    metal = Metal(faces=np.flatnonzero(left), area=faces.area[left])
    film = film_around(faces, links, metal, extent=0.004, conductance=SHEET)
    assert (faces.centres[film.faces, 0] < 0.0105).all()
    with pytest.raises(ValueRefused, match="extent"):
        film_around(faces, links, metal, extent=-1e-3, conductance=SHEET)


# The staircase of a segmentation.


def tilted(normal: tuple[int, int, int], count: int = 30) -> tuple[Faces, SurfaceLinks, np.ndarray]:
    """The surface of a half-space of voxels that looks along `normal`, and middles on the true plane."""
    unit = np.array(normal) / np.linalg.norm(normal)
    edges = np.linspace(-1, 1, count + 1)
    grid = Grid(x=edges, y=edges, z=edges)
    middles = np.stack(np.meshgrid(*[grid.centres(axis) for axis in range(3)], indexing="ij"), axis=-1)
    faces = exposed_faces(grid, middles @ unit < 1e-9)
    faces = only(faces, (np.abs(faces.centres) < 1 - 1e-6).all(axis=1))
    return faces, surface_links(grid, faces), faces.centres - np.outer(faces.centres @ unit, unit)


@pytest.mark.parametrize(
    "normal", [(0, 0, 1), (0, 1, 1), (0, 1, 2), (0, 1, 5), (1, 1, 1), (1, 1, 2), (1, 2, 3), (1, 3, 7)]
)
def test_a_film_on_a_staircase_conducts_like_one_on_the_plane(normal: tuple[int, int, int]) -> None:
    faces, links, flat = tilted(normal)
    inner = np.linalg.norm(flat, axis=1) < 0.7
    assert links.shadow[inner].sum() == pytest.approx(math.pi * 0.49, rel=0.05)
    one, other = links.pairs.T
    size = faces.cells.size
    matrix = sparse.coo_array(
        (
            np.concatenate([-links.squares, -links.squares, links.squares, links.squares]),
            (np.concatenate([one, other, one, other]), np.concatenate([other, one, one, other])),
        ),
        shape=(size, size),
    ).tocsr()
    found = []
    for along in np.linalg.svd(np.atleast_2d(normal))[2][1:]:
        volt = flat @ along
        rim = matrix[inner][:, ~inner] @ volt[~inner]
        volt[inner] = spsolve(matrix[inner][:, inner].tocsc(), -rim)
        weight = 0.5 * inner[links.pairs].sum(axis=1)
        found.append(
            (weight * links.squares * (volt[one] - volt[other]) ** 2).sum() / links.shadow[inner].sum()
        )
    assert found == pytest.approx([1.0, 1.0], abs=0.05)
    assert np.mean(found) == pytest.approx(1.0, abs=0.02)


def test_every_face_of_a_box_has_four_neighbours_and_round_the_edges_too() -> None:
    grid = Grid(x=[0.0, 1.0, 3.0], y=[0.0, 1.0, 2.0, 4.0], z=[0.0, 2.0])
    faces = exposed_faces(grid, np.ones(grid.shape, dtype=bool))
    links = surface_links(grid, faces)
    assert (np.bincount(links.pairs.ravel()) == 4).all()
    assert len({tuple(sorted(pair)) for pair in links.pairs.tolist()}) == len(links.pairs)
    chosen = np.array([0, 1, 2, 5, 9])
    among = {tuple(sorted(pair)) for pair in links.pairs[links.among(chosen)].tolist()}
    assert among == {
        tuple(sorted(pair)) for pair in links.pairs.tolist() if set(pair) <= set(chosen.tolist())
    }


def test_film_does_not_jump_between_voxels_that_touch_along_one_edge() -> None:
    grid = Grid(x=[0.0, 1.0, 2.0], y=[0.0, 1.0, 2.0], z=[0.0, 1.0])
    diagonal = np.array([[[True], [False]], [[False], [True]]])
    faces = exposed_faces(grid, diagonal)
    links = surface_links(grid, faces)
    cells = faces.cells[links.pairs]
    assert (cells[:, 0] == cells[:, 1]).all()


# The same film and skin as cells of a full solve.


def test_film_and_skin_meshed_as_cells_carry_the_same_current() -> None:
    thick, layer = 1e-4, 1e-4
    sheet, skin, sigma = 3e-3, 0.02, 0.2
    edges = np.arange(0, 0.0241, 0.001)
    below = np.concatenate([np.linspace(-0.02, -0.004, 5), np.linspace(-0.003, 0.0, 4)])
    body = Conductor(Grid(x=edges, y=edges[:17], z=below), np.full((24, 16, below.size - 1), sigma))
    grid = body.grid
    faces, mask = top(grid), body.conducting
    centre = np.stack([faces.centres[:, 0], faces.centres[:, 1]], axis=1)

    def box(low: float, high: float, middle: tuple[float, float]) -> np.ndarray:
        away = np.abs(centre - middle).max(axis=1)
        return (away >= low) & (away < high)

    probes = [(0.007, 0.008), (0.017, 0.008)]
    metal = [box(0.0, 0.002, at) for at in probes]
    wet = box(0.0, 0.0045, probes[0]) | box(0.0, 0.0045, probes[1])
    film = Film(faces=np.flatnonzero(wet), area=faces.area[wet], conductance=sheet)
    metals = [Metal(faces=np.flatnonzero(one), area=faces.area[one]) for one in metal]
    network = wet_network(metals, film, surface_links(grid, faces))
    pair = [Drive(current=1e-3), Drive(current=-1e-3)]
    live = solve_live(direct_response(body, faces), network, pair, skin=skin)

    # On top of the body: a layer of skin that conducts downwards only, and the film.
    over = Grid(x=grid.x, y=grid.y, z=np.concatenate([grid.z, [layer, layer + thick]]))
    conductivity = np.zeros((*over.shape, 3))
    conductivity[:, :, :-2] = sigma
    columns = np.zeros(faces.cells.size, dtype=bool)
    columns[wet] = True
    columns = columns.reshape(grid.shape[:2])
    conductivity[columns, -2] = [1e-6, 1e-6, layer / skin]
    conductivity[columns, -1] = [sheet / thick, sheet / thick, 300.0]
    full = Conductor(over, conductivity)
    outer = exposed_faces(over, full.conducting)
    up = (outer.axis == 2) & (outer.side > 0) & (outer.centres[:, 2] > layer)
    name = np.full(int(np.prod(over.shape[:2])), -1)
    for number, one in enumerate(metal):
        name[one] = number
    under = name[outer.cells // over.shape[2]]
    contacts = [contact_on(outer, up & (under == number), impedance=0.0) for number in (0, 1)]
    meshed = full.solve(contacts, [1e-3, -1e-3])
    assert mask.all()
    assert live.electrode_potentials[0] == pytest.approx(meshed.electrode_potentials[0], rel=0.02)
    potential = meshed.potential[:, :, :-2] - meshed.potential[:, :, :-2].mean()
    down = (meshed.potential[:, :, -2] - meshed.potential[:, :, -3]).ravel()[network.faces]
    half_skin, half_body = 0.5 * skin, 0.5 * 0.001 / sigma
    through = down * network.area / (half_skin + half_body)
    assert np.isfinite(potential).all()
    assert np.abs(live.currents - through).max() < 0.03 * np.abs(through).max()
