"""A glide adds up its positions: charge, field over time, by patch, and nothing lost."""

from __future__ import annotations

import numpy as np
import pytest

from microcurrent.errors import ValueRefused
from microcurrent.physics.conduction.basis.live.direct import DirectResponse, direct_response
from microcurrent.physics.conduction.basis.live.glide import Stay, glide
from microcurrent.physics.conduction.basis.live.neighbours import surface_links
from microcurrent.physics.conduction.basis.live.network import wet_network
from microcurrent.physics.conduction.basis.live.solving import solve_live
from microcurrent.physics.conduction.basis.live.system import LiveSolution
from microcurrent.physics.conduction.basis.live.wetting import film_of, joined, metal_of
from microcurrent.physics.conduction.conductor import Conductor
from microcurrent.physics.conduction.contact import Faces, disc_contact, exposed_faces
from microcurrent.physics.conduction.drives import Drive
from microcurrent.physics.conduction.grid import Grid

CURRENT = 2e-4
PAIR = (Drive(current=CURRENT), Drive(current=-CURRENT))
PATH = np.linspace(0.012, 0.03, 9)


class FiveCells:
    """The field of one tissue of five cells, which can be checked by hand."""

    def __init__(self, count: int, tissue: str) -> None:
        self.tissue = tissue
        self.columns = np.random.default_rng(2).normal(size=(5, 3, count))

    def field(self, faces: np.ndarray, currents: np.ndarray) -> np.ndarray:
        return self.columns[:, :, faces] @ currents

    def by_tissue(self, faces: np.ndarray, currents: np.ndarray) -> dict[str, np.ndarray]:
        return {self.tissue: self.field(faces, currents)}


@pytest.fixture(scope="module")
def setting() -> tuple[Conductor, Faces, DirectResponse]:
    grid = Grid(x=np.linspace(0, 0.048, 25), y=np.linspace(0, 0.03, 16), z=np.linspace(-0.012, 0, 7))
    slab = Conductor(grid, np.full(grid.shape, 0.2))
    faces = exposed_faces(grid, slab.conducting)
    top = (faces.axis == 2) & (faces.side > 0)
    names = ("cells", "axis", "side", "area", "centres")
    faces = Faces(**{name: getattr(faces, name)[top] for name in names})
    return slab, faces, direct_response(slab, faces)


@pytest.fixture(scope="module")
def stays(setting: tuple[Conductor, Faces, DirectResponse]) -> list[Stay]:
    slab, faces, _ = setting
    links = surface_links(slab.grid, faces)
    found = []
    for place in PATH:
        discs, pools = (
            [
                disc_contact(slab.grid, slab.conducting, centre=at, radius=radius, impedance=0.0)
                for at in ((place, 0.018), (0.04, 0.008))
            ]
            for radius in (0.004, 0.006)
        )
        film = joined([film_of(faces, pool, conductance=2e-4) for pool in pools], links)
        wet = wet_network([metal_of(faces, disc) for disc in discs], film, links)
        found.append(Stay(wet=wet, drives=PAIR, dwell=0.5 + 10 * place))
    return found


def test_charge_is_current_times_time(
    setting: tuple[Conductor, Faces, DirectResponse], stays: list[Stay]
) -> None:
    _, faces, response = setting
    exposure = glide(response, stays, skin=0.3)
    seconds = sum(stay.dwell for stay in stays)
    assert exposure.seconds == pytest.approx(seconds)
    assert exposure.net.sum() == pytest.approx(0.0, abs=1e-12 * CURRENT * seconds)
    # All that goes in comes out: each electrode passed the current for all the time.
    net, absolute = np.zeros((2, faces.cells.size))
    for stay in stays:
        wet, currents = solve_live(response, stay.wet, stay.drives, skin=0.3).by_face()
        net[wet] += stay.dwell * currents
        absolute[wet] += stay.dwell * np.abs(currents)
    assert exposure.net == pytest.approx(net[exposure.faces], abs=1e-12)
    assert exposure.absolute == pytest.approx(absolute[exposure.faces], abs=1e-12)
    assert (exposure.absolute >= np.abs(exposure.net)).all()
    assert exposure.absolute.sum() >= 2 * CURRENT * seconds * (1 - 1e-9)


def test_the_electrode_that_stands_still_leaves_most_charge_per_area(
    setting: tuple[Conductor, Faces, DirectResponse], stays: list[Stay]
) -> None:
    _, faces, response = setting
    exposure = glide(response, stays, skin=0.3)
    worst = faces.centres[exposure.faces[np.argmin(exposure.net_per_area)]]
    assert np.hypot(worst[0] - 0.04, worst[1] - 0.008) < 0.006
    assert -exposure.net_per_area.min() > 1.5 * exposure.net_per_area.max()
    assert (exposure.area <= faces.area[exposure.faces] * (1 + 1e-9)).all()


def test_a_balanced_waveform_leaves_no_charge_but_the_same_field(
    setting: tuple[Conductor, Faces, DirectResponse], stays: list[Stay]
) -> None:
    _, faces, response = setting
    cells = FiveCells(faces.cells.size, "muscle")
    direct = glide(response, stays, skin=0.3, fields=cells.by_tissue)
    pulsed = [
        Stay(wet=one.wet, drives=PAIR, dwell=one.dwell, mean=0.0, mean_absolute=0.02) for one in stays
    ]
    faradic = glide(response, pulsed, skin=0.3, fields=cells.by_tissue)
    assert np.abs(faradic.net).max() == 0
    assert faradic.absolute == pytest.approx(0.02 * direct.absolute)
    assert faradic.fields["muscle"].largest == pytest.approx(direct.fields["muscle"].largest)
    assert faradic.fields["muscle"].mean == pytest.approx(0.02 * direct.fields["muscle"].mean)


def test_field_over_time_is_the_mean_and_the_largest_of_the_positions(
    setting: tuple[Conductor, Faces, DirectResponse], stays: list[Stay]
) -> None:
    _, faces, response = setting
    cells = FiveCells(faces.cells.size, "skin")
    seen: list[LiveSolution] = []
    exposure = glide(response, stays, skin=0.3, fields=cells.by_tissue, advance=seen.append)
    assert len(seen) == len(stays)
    strengths = np.stack([np.linalg.norm(cells.field(*one.by_face()), axis=1) for one in seen])
    dwell = np.array([stay.dwell for stay in stays])
    assert exposure.fields["skin"].largest == pytest.approx(strengths.max(axis=0))
    assert exposure.fields["skin"].mean == pytest.approx(dwell @ strengths / dwell.sum())


def test_phasors_have_charge_by_amplitude_and_field_by_all_components(
    setting: tuple[Conductor, Faces, DirectResponse], stays: list[Stay]
) -> None:
    _, faces, response = setting
    cells = FiveCells(faces.cells.size, "skin")
    sine = Stay(wet=stays[0].wet, drives=PAIR, dwell=1.0, mean=0.0, mean_absolute=2 / np.pi)
    exposure = glide(response, [sine], skin=0.3 - 0.4j, fields=cells.by_tissue)
    wet, currents = solve_live(response, sine.wet, PAIR, skin=0.3 - 0.4j).by_face()
    assert np.abs(np.imag(currents)).max() > 1e-4 * CURRENT
    assert exposure.absolute == pytest.approx(2 / np.pi * np.abs(currents))
    field = cells.columns[:, :, wet] @ currents
    assert exposure.fields["skin"].largest == pytest.approx(np.linalg.norm(field, axis=1))


def test_by_patch(setting: tuple[Conductor, Faces, DirectResponse], stays: list[Stay]) -> None:
    _, faces, response = setting
    exposure = glide(response, stays, skin=0.3)
    patch = (faces.centres[:, 0] // 0.01).astype(int)
    area = np.bincount(patch, weights=faces.area)
    net, absolute = exposure.by_patch(patch, area)
    assert net @ area == pytest.approx(exposure.net.sum(), abs=1e-15)
    assert absolute @ area == pytest.approx(exposure.absolute.sum())
    assert absolute.size == area.size


def test_a_long_glide_in_parts_is_the_same(
    setting: tuple[Conductor, Faces, DirectResponse],
    stays: list[Stay],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, _, response = setting
    together = glide(response, stays, skin=0.3)
    monkeypatch.setattr("microcurrent.physics.conduction.basis.live.glide._TOGETHER", 10)
    apart = glide(response, stays, skin=0.3)
    assert apart.net == pytest.approx(together.net, rel=1e-9, abs=1e-16)


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"dwell": 0.0}, "above 0 s"),
        ({"mean": 0.5, "mean_absolute": 0.4}, "mean_absolute"),
        ({"mean_absolute": 1.2}, "mean_absolute"),
    ],
)
def test_stay_refused(stays: list[Stay], wrong: dict[str, float], match: str) -> None:
    with pytest.raises(ValueRefused, match=match):
        Stay(**{"wet": stays[0].wet, "drives": PAIR, "dwell": 1.0, **wrong})


def test_glide_refused(setting: tuple[Conductor, Faces, DirectResponse], stays: list[Stay]) -> None:
    _, _, response = setting
    with pytest.raises(ValueRefused, match="one or more"):
        glide(response, [], skin=0.3)
    drives = (Drive(current=1e-3j), Drive(current=-1e-3j))
    with pytest.raises(ValueRefused, match="phasors"):
        glide(response, [Stay(wet=stays[0].wet, drives=drives, dwell=1.0)], skin=0.3)
