"""The live electrode solve against the full solve, and what is true of every circuit of electrodes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from microcurrent.errors import ConservationError, ValueRefused
from microcurrent.physics.conduction.alternating import alternating_fields
from microcurrent.physics.conduction.basis.live.direct import DirectResponse, direct_response
from microcurrent.physics.conduction.basis.live.neighbours import SurfaceLinks, surface_links
from microcurrent.physics.conduction.basis.live.network import Wet, wet_network
from microcurrent.physics.conduction.basis.live.nonlinear import solve_nonlinear
from microcurrent.physics.conduction.basis.live.solving import solve_live
from microcurrent.physics.conduction.basis.live.wetting import Film, Metal, film_of, joined, metal_of
from microcurrent.physics.conduction.conductor import Conductor
from microcurrent.physics.conduction.contact import Contact, Faces, disc_contact, exposed_faces
from microcurrent.physics.conduction.drives import FLOATING, Drive, drive
from microcurrent.physics.conduction.fields import power
from microcurrent.physics.conduction.grid import Grid, graded_edges

PLACES = ((0.025, 0.03), (0.055, 0.02), (0.05, 0.045))
CURRENTS = (1e-3, -4e-4, -6e-4)
DRIVES = tuple(Drive(current=current) for current in CURRENTS)
GEL = 2e-4


@pytest.fixture(scope="module")
def body() -> Conductor:
    """Blocks of tissue a factor of 70 apart, with holes, below a skin of growing cells."""
    grid = Grid(
        x=graded_edges(0.0, 0.08, 0.0025, fine=[(0.02, 0.06)], ratio=1.2),
        y=np.linspace(0.0, 0.06, 25),
        z=graded_edges(-0.02, 0.0, 0.0015, fine=[(-0.004, 0.0)], ratio=1.3),
    )
    random = np.random.default_rng(7)
    blocks = random.choice([0.0, 0.0063, 0.0776, 0.461], size=(8, 8, 8), p=[0.1, 0.2, 0.3, 0.4])
    nearest = [np.minimum(np.arange(n) * 8 // n, 7) for n in grid.shape]
    sigma = np.repeat(blocks[np.ix_(*nearest)][..., None], 3, axis=3)
    sigma[..., 0] *= 3.0
    sigma[:, :, -2:] = 0.2
    conductor = Conductor(grid, sigma)
    # Blocks that holes cut off carry nothing.
    island = np.isnan(conductor.solve(discs(conductor), CURRENTS).potential)
    return Conductor(grid, np.where(island[..., None], 0.0, sigma))


@pytest.fixture(scope="module")
def faces(body: Conductor) -> Faces:
    every = exposed_faces(body.grid, body.conducting)
    # The skin is the top; the faces of holes and sides are not.
    top = (every.axis == 2) & (every.side > 0) & (every.centres[:, 2] == 0.0)
    return Faces(
        **{name: getattr(every, name)[top] for name in ("cells", "axis", "side", "area", "centres")}
    )


@pytest.fixture(scope="module")
def response(body: Conductor, faces: Faces) -> DirectResponse:
    return direct_response(body, faces)


@pytest.fixture(scope="module")
def links(body: Conductor, faces: Faces) -> SurfaceLinks:
    return surface_links(body.grid, faces)


def discs(conductor: Conductor, *, radius: float = 0.005, impedance: float = 0.1) -> list[Contact]:
    return [
        disc_contact(conductor.grid, conductor.conducting, centre=at, radius=radius, impedance=impedance)
        for at in PLACES
    ]


def dry(body: Conductor, faces: Faces, *, radius: float = 0.005, impedance: complex = 0.0) -> Wet:
    return wet_network([metal_of(faces, one, impedance=impedance) for one in discs(body, radius=radius)])


def gelled(
    body: Conductor,
    faces: Faces,
    links: SurfaceLinks,
    *,
    impedance: complex = 0.0,
    conductance: float = GEL,
) -> Wet:
    metals = [metal_of(faces, one, impedance=impedance) for one in discs(body)]
    films = [film_of(faces, one, conductance=conductance) for one in discs(body, radius=0.009)]
    return wet_network(metals, joined(films, links), links)


@pytest.mark.parametrize("seed", range(6))
def test_electrodes_at_one_potential_drive_nothing(seed: int) -> None:
    """Nothing but rounding, that is, which has no reason to add up to zero."""
    edges = np.linspace(0.0, 0.006, 7)
    grid = Grid(x=edges, y=edges, z=edges[:5])
    small = Conductor(grid, np.random.default_rng(seed).uniform(0.1, 1.0, grid.shape))
    every = exposed_faces(grid, small.conducting)
    top = np.flatnonzero((every.axis == 2) & (every.side > 0))
    wet = wet_network(
        [Metal(faces=top[part], area=every.area[top[part]]) for part in ([0, 1, 2], [30, 31, 32], [20])]
    )
    response = direct_response(small, every)
    found = solve_live(response, wet, [Drive(voltage=1.0)] * 3, skin=0.1)
    assert found.electrode_potentials == pytest.approx([1.0, 1.0, 1.0])
    apart = solve_live(response, wet, [*[Drive(voltage=1.0)] * 2, Drive(voltage=0.0)], skin=0.1)
    assert np.abs(found.delivered).max() <= 1e-10 * np.abs(apart.delivered).max()


@pytest.mark.parametrize("skin", [0.0, 0.01, 1.0, 100.0])
def test_it_is_the_complete_electrode_model(
    body: Conductor, faces: Faces, response: DirectResponse, skin: float
) -> None:
    full = body.solve(discs(body, impedance=skin), CURRENTS, tolerance=1e-11)
    live = solve_live(response, dry(body, faces), DRIVES, skin=skin)
    scale = np.abs(full.electrode_potentials).max()
    assert live.electrode_potentials == pytest.approx(full.electrode_potentials, abs=1e-8 * scale)
    expected = np.concatenate(full.contact_densities)
    assert live.densities == pytest.approx(expected, abs=1e-7 * np.abs(expected).max())
    found = power(body, full)
    assert live.balance.electrodes == pytest.approx(found.electrodes, rel=1e-7)
    assert live.balance.tissue == pytest.approx(found.tissue, rel=1e-7)
    assert live.balance.skin == pytest.approx(found.contacts, rel=1e-7, abs=1e-20)


@pytest.mark.parametrize("skin", [0.01 - 0.02j, 0.3 - 0.3j, 20.0 - 1.0j])
def test_complex_skin_is_the_complete_electrode_model_in_phasors(
    body: Conductor, faces: Faces, response: DirectResponse, skin: complex
) -> None:
    contacts = discs(body)
    fields = alternating_fields(body.grid, body.conductivity, contacts, impedances=[skin] * 3)
    full = fields.superpose(CURRENTS)
    live = solve_live(response, dry(body, faces), DRIVES, skin=skin)
    scale = np.abs(full.electrode_potentials).max()
    assert live.electrode_potentials == pytest.approx(full.electrode_potentials, abs=1e-8 * scale)
    expected = np.concatenate(full.contact_densities)
    assert live.densities == pytest.approx(expected, abs=1e-7 * np.abs(expected).max())


def test_contact_impedance_without_film_stands_in_series_with_the_skin(
    body: Conductor, faces: Faces, response: DirectResponse
) -> None:
    split = solve_live(response, dry(body, faces, impedance=0.3), DRIVES, skin=0.2)
    whole = solve_live(response, dry(body, faces), DRIVES, skin=0.5)
    assert split.electrode_potentials == pytest.approx(whole.electrode_potentials, rel=1e-10)
    assert split.balance.contacts == pytest.approx(whole.balance.skin * 0.6, rel=1e-9)


def test_skin_may_differ_from_site_to_site(body: Conductor, faces: Faces, response: DirectResponse) -> None:
    random = np.random.default_rng(1)
    skin = random.uniform(0.01, 3.0, faces.cells.size)
    contacts = [
        replace(one, impedance=skin[np.searchsorted(faces.cells, one.cells)]) for one in discs(body)
    ]
    assert np.array_equal(np.sort(faces.cells), faces.cells)
    full = body.solve(contacts, CURRENTS, tolerance=1e-11)
    live = solve_live(response, dry(body, faces), DRIVES, skin=skin)
    assert live.electrode_potentials == pytest.approx(full.electrode_potentials, abs=1e-8)


def test_given_potentials_and_floating_electrodes_as_in_the_full_solve(
    body: Conductor, faces: Faces, response: DirectResponse
) -> None:
    drives = [Drive(voltage=1.5), FLOATING, Drive(voltage=-0.5)]
    full = drive(body.unit(discs(body), tolerance=1e-11), drives)
    live = solve_live(response, dry(body, faces), drives, skin=0.1)
    assert live.electrode_potentials == pytest.approx(full.electrode_potentials, abs=1e-8)
    assert live.delivered == pytest.approx(full.delivered, abs=1e-8 * np.abs(full.delivered).max())
    assert abs(live.delivered[1]) < 1e-6 * live.delivered[0]


WETTINGS = ("dry", "gel", "gel behind a double layer")


def wetting(name: str, body: Conductor, faces: Faces, links: SurfaceLinks) -> Wet:
    if name == "dry":
        return dry(body, faces, impedance=0.05)
    return gelled(body, faces, links, impedance=0.0 if name == "gel" else 0.02 - 0.05j)


@pytest.mark.parametrize("name", WETTINGS)
def test_delivered_and_balanced(
    name: str, body: Conductor, faces: Faces, response: DirectResponse, links: SurfaceLinks
) -> None:
    live = solve_live(response, wetting(name, body, faces, links), DRIVES, skin=0.4 - 0.2j)
    assert np.abs(live.delivered - CURRENTS).max() < 1e-9 * max(CURRENTS)
    assert abs(live.currents.sum()) < 1e-9 * max(CURRENTS)
    wet, total = live.by_face()
    assert np.array_equal(np.unique(live.wet.faces), wet)
    assert total.sum() == pytest.approx(live.currents.sum(), abs=1e-15)
    balance = live.balance
    spent = balance.contacts + balance.film + balance.skin + balance.tissue
    assert spent == pytest.approx(balance.electrodes, rel=1e-9)
    assert min(balance.contacts, balance.film, balance.skin, balance.tissue) >= 0


@pytest.mark.parametrize("name", WETTINGS)
@pytest.mark.parametrize("skin", [0.01, 0.4 - 0.2j])
def test_reciprocity(
    name: str, skin: complex, body: Conductor, faces: Faces, response: DirectResponse, links: SurfaceLinks
) -> None:
    wet = wetting(name, body, faces, links)
    heard = solve_live(response, wet, [Drive(current=1e-3), Drive(current=-1e-3), FLOATING], skin=skin)
    back = solve_live(response, wet, [Drive(current=1e-3), FLOATING, Drive(current=-1e-3)], skin=skin)
    one, other = heard.electrode_potentials, back.electrode_potentials
    assert one[0] - one[2] == pytest.approx(other[0] - other[1], rel=1e-9)


@pytest.mark.parametrize("name", WETTINGS)
def test_superposition_and_scale(
    name: str, body: Conductor, faces: Faces, response: DirectResponse, links: SurfaceLinks
) -> None:
    wet = wetting(name, body, faces, links)
    first = solve_live(response, wet, [Drive(current=1e-3), Drive(current=-1e-3), FLOATING], skin=0.3)
    second = solve_live(response, wet, [FLOATING, Drive(current=1e-3), Drive(current=-1e-3)], skin=0.3)
    both = solve_live(response, wet, [Drive(current=c) for c in (1e-3, 1e-3, -2e-3)], skin=0.3)
    scale = np.abs(both.currents).max()
    assert both.currents == pytest.approx(first.currents + 2 * second.currents, abs=1e-9 * scale)
    nothing = solve_live(response, wet, [FLOATING] * 3, skin=0.3)
    assert np.abs(nothing.currents).max() == 0


def test_phasors_over_real_skin_are_real_flows_turned(
    body: Conductor, faces: Faces, response: DirectResponse, links: SurfaceLinks
) -> None:
    wet = gelled(body, faces, links)
    turn = np.exp(0.7j)
    still = solve_live(response, wet, DRIVES, skin=0.3)
    turned = solve_live(response, wet, [Drive(current=turn * one) for one in CURRENTS], skin=0.3)
    assert turned.currents == pytest.approx(turn * still.currents, rel=1e-9, abs=1e-15)
    assert turned.balance.electrodes == pytest.approx(still.balance.electrodes, rel=1e-9)


def test_the_order_of_faces_and_electrodes_does_not_matter(
    body: Conductor, faces: Faces, response: DirectResponse, links: SurfaceLinks
) -> None:
    random = np.random.default_rng(5)
    metals = [metal_of(faces, one, impedance=0.01) for one in discs(body)]
    film = joined([film_of(faces, one, conductance=GEL) for one in discs(body, radius=0.009)], links)
    straight = solve_live(response, wet_network(metals, film, links), DRIVES, skin=0.3)
    mixed = []
    for metal in metals[::-1]:
        order = random.permutation(metal.faces.size)
        mixed.append(Metal(faces=metal.faces[order], area=metal.area[order], impedance=0.01))
    order = random.permutation(film.faces.size)
    film = Film(faces=film.faces[order], area=film.area[order], conductance=GEL)
    turned = solve_live(response, wet_network(mixed, film, links), DRIVES[::-1], skin=0.3)
    for straight_part, turned_part in zip(straight.by_face(), turned.by_face(), strict=True):
        assert turned_part == pytest.approx(straight_part, rel=1e-8, abs=1e-15)
    shift = turned.electrode_potentials[0]
    assert turned.electrode_potentials[::-1] - shift == pytest.approx(
        straight.electrode_potentials - straight.electrode_potentials[2], rel=1e-9, abs=1e-12
    )


def test_film_that_does_not_conduct_is_no_film(
    body: Conductor, faces: Faces, response: DirectResponse, links: SurfaceLinks
) -> None:
    bare = solve_live(response, dry(body, faces, impedance=0.02), DRIVES, skin=0.3)
    none = solve_live(
        response, gelled(body, faces, links, impedance=0.02, conductance=0.0), DRIVES, skin=0.3
    )
    assert none.currents == pytest.approx(bare.currents, rel=1e-9)
    departures = []
    for conductance in (1e-8, 1e-9):
        wet = gelled(body, faces, links, impedance=0.02, conductance=conductance)
        live = solve_live(response, wet, DRIVES, skin=0.3)
        departures.append(np.abs(live.electrode_potentials - bare.electrode_potentials).max())
    # It tends to no film in proportion to its conductance.
    assert departures[1] == pytest.approx(0.1 * departures[0], rel=0.1)
    assert departures[1] < 1e-2


def test_film_that_conducts_without_limit_is_an_electrode_as_large_as_it(
    body: Conductor, faces: Faces, response: DirectResponse, links: SurfaceLinks
) -> None:
    large = solve_live(response, dry(body, faces, radius=0.009), DRIVES, skin=0.3)
    departures = []
    for conductance in (0.1, 1.0):
        live = solve_live(response, gelled(body, faces, links, conductance=conductance), DRIVES, skin=0.3)
        departures.append(np.abs(live.electrode_potentials - large.electrode_potentials).max())
    assert departures[1] == pytest.approx(0.1 * departures[0], rel=0.1)
    assert departures[1] < 1e-4 * large.electrode_potentials[0]


def test_film_lowers_the_resistance_and_more_of_it_lowers_it_more(
    body: Conductor, faces: Faces, response: DirectResponse, links: SurfaceLinks
) -> None:
    volts = [
        solve_live(
            response, gelled(body, faces, links, conductance=s), DRIVES, skin=0.3
        ).electrode_potentials[0]
        for s in (0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
    ]
    assert volts == sorted(volts)[::-1]
    assert volts[-1] < 0.6 * volts[0]


def test_film_joins_electrodes_and_carries_current_past_the_skin(
    body: Conductor, faces: Faces, response: DirectResponse, links: SurfaceLinks
) -> None:
    metals = [metal_of(faces, one) for one in discs(body)[1:]]
    apart = film_of(faces, discs(body, radius=0.006)[1], conductance=GEL)
    sheet = Film(faces=np.arange(faces.cells.size), area=faces.area, conductance=GEL)
    pair = [Drive(current=1e-3), Drive(current=-1e-3)]
    for skin in (0.3, 100.0):
        open_ = solve_live(response, wet_network(metals, apart, links), pair, skin=skin)
        joined_ = solve_live(response, wet_network(metals, sheet, links), pair, skin=skin)
        through_skin = np.abs(joined_.currents).sum() / 2
        assert joined_.electrode_potentials[0] < open_.electrode_potentials[0]
        assert joined_.delivered[0] == pytest.approx(1e-3, rel=1e-9)
    # Over dry skin the film between the probes carries nearly all of it.
    assert through_skin < 0.1e-3


def test_a_film_that_touches_no_metal_carries_no_net_current(
    body: Conductor, faces: Faces, response: DirectResponse, links: SurfaceLinks
) -> None:
    puddle = disc_contact(body.grid, body.conducting, centre=(0.04, 0.03), radius=0.004, impedance=0.0)
    film = film_of(faces, puddle, conductance=1e-2)
    wet = wet_network([metal_of(faces, one) for one in discs(body)], film, links)
    live = solve_live(response, wet, DRIVES, skin=0.01)
    own = wet.electrode < 0
    assert own.any()
    assert abs(live.currents[own].sum()) < 1e-9 * max(CURRENTS)
    assert np.abs(live.currents[own]).max() > 1e-5 * max(CURRENTS)


def test_films_flow_together_where_they_touch_and_only_there(
    body: Conductor, faces: Faces, response: DirectResponse, links: SurfaceLinks
) -> None:
    metals = [metal_of(faces, one) for one in discs(body)[1:]]
    # The two probes stand 25.5 mm apart; the second film reaches towards the first.
    found = []
    for radius in (0.006, 0.0125, 0.016):
        films = [
            film_of(
                faces,
                disc_contact(body.grid, body.conducting, centre=at, radius=r, impedance=0, mirrored=True),
                conductance=GEL,
            )
            for at, r in zip(PLACES[1:], (0.0115, radius), strict=True)
        ]
        film = joined(films, links)
        pair = [Drive(current=1e-3), Drive(current=-1e-3)]
        live = solve_live(response, wet_network(metals, film, links), pair, skin=10.0)
        found.append((np.unique(film.pool).size, np.abs(live.currents).sum() / 2e-3))
    assert [pools for pools, _ in found] == [2, 2, 1]
    # Across a gap of a millimetre all the current has to go through the skin.
    assert [share for _, share in found[:2]] == pytest.approx([1.0, 1.0], rel=1e-9)
    assert found[2][1] < 0.5


def test_low_skin_impedance_crowds_the_rim_and_high_evens_it(
    body: Conductor, faces: Faces, response: DirectResponse
) -> None:
    spreads = []
    for skin in (0.0, 0.01, 1.0, 100.0):
        live = solve_live(response, dry(body, faces), DRIVES, skin=skin)
        under = np.abs(live.densities[live.wet.electrode == 0])
        spreads.append(under.max() / under.min())
    assert spreads == sorted(spreads)[::-1]
    assert spreads[-1] == pytest.approx(1.0, abs=0.01)


def test_refusals(body: Conductor, faces: Faces, response: DirectResponse, links: SurfaceLinks) -> None:
    wet = dry(body, faces)
    with pytest.raises(ValueRefused, match="one for each of 3 electrodes"):
        solve_live(response, wet, DRIVES[:2], skin=0.1)
    with pytest.raises(ValueRefused, match="do not balance"):
        solve_live(response, wet, [*DRIVES[:2], Drive(current=1e-3)], skin=0.1)
    for skin in (-1.0, np.nan, np.ones(3)):
        with pytest.raises(ValueRefused, match="skin"):
            solve_live(response, wet, DRIVES, skin=skin)
    with pytest.raises(ValueRefused, match="links"):
        wet_network([metal_of(faces, discs(body)[0])], Film(faces=[0], area=[1e-6], conductance=1e-4))
    with pytest.raises(ValueRefused, match="one or more"):
        wet_network([])
    with pytest.raises(ValueRefused, match="one or more"):
        joined([], links)
    below = discs(body)[0]
    with pytest.raises(ValueRefused, match="faces of the skin"):
        metal_of(faces, replace(below, side=-below.side))


def test_electrodes_that_cover_more_than_there_is_are_refused(
    body: Conductor, faces: Faces, response: DirectResponse, links: SurfaceLinks
) -> None:
    first, second, third = (metal_of(faces, one) for one in discs(body))
    wide = replace(first, area=1.01 * faces.area[first.faces])
    film = Film(faces=first.faces, area=1.01 * faces.area[first.faces], conductance=GEL)
    for wet in (
        wet_network([first, first, third]),
        wet_network([wide, second, third]),
        wet_network([first, second, third], film, links),
    ):
        with pytest.raises(ValueRefused, match="more than once, or more than all"):
            solve_live(response, wet, DRIVES, skin=0.1)
        with pytest.raises(ValueRefused, match="more than once, or more than all"):
            solve_nonlinear(response, wet, DRIVES, law=lambda density, voltage: np.full(density.size, 0.1))


@pytest.mark.parametrize(
    "wrong",
    [
        {"faces": []},
        {"faces": [0.5, 1.0]},
        {"faces": [1, 1]},
        {"faces": [-1, 1]},
        {"area": [1.0]},
        {"area": [1.0, 0.0]},
        {"area": [1.0, np.nan]},
        {"impedance": -1.0},
        {"impedance": [1.0, 2.0, 3.0]},
        {"impedance": "a"},
    ],
)
def test_metal_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueRefused, match="metal"):
        Metal(**{"faces": [0, 1], "area": [1.0, 1.0], **wrong})


def test_film_refused() -> None:
    for wrong in (-1e-4, np.inf, 1e-4j):
        with pytest.raises(ValueRefused, match="film"):
            Film(faces=[0], area=[1.0], conductance=wrong)


def test_a_loss_of_digits_is_an_error_and_not_a_wrong_current(
    body: Conductor, faces: Faces, response: DirectResponse, links: SurfaceLinks
) -> None:
    with pytest.raises(ConservationError, match="double precision"):
        solve_live(response, gelled(body, faces, links, conductance=1e9), DRIVES, skin=10.0)
