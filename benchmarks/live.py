"""The live solve on a head: how right beside the full solve at five sites, and how many positions a second.

Makes a surface basis around five sites of the head in ``shared/data`` at 2 mm (half a minute on one core),
solves pairs of probes on it live and in full, and times glides without and with a film of gel. Needs
``shared`` beside the checkout; ``--head FILE`` names another copy of the image.
"""

import argparse
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from scipy.spatial import cKDTree

from microcurrent import tables
from microcurrent.physics.bodies.placing import Footprint, place_contact
from microcurrent.physics.conduction.alternating import alternating_fields
from microcurrent.physics.conduction.basis.building import basis_in_memory
from microcurrent.physics.conduction.basis.layout import layout_of
from microcurrent.physics.conduction.basis.live.neighbours import surface_links
from microcurrent.physics.conduction.basis.live.network import wet_network
from microcurrent.physics.conduction.basis.live.solving import solve_live
from microcurrent.physics.conduction.basis.live.system import given, live_system
from microcurrent.physics.conduction.basis.live.wetting import film_of, joined, metal_of
from microcurrent.physics.conduction.basis.patches import within
from microcurrent.physics.conduction.conductor import Conductor
from microcurrent.physics.conduction.drives import Drive
from microcurrent.physics.conduction.engine import Engine
from microcurrent.physics.conduction.fields import current_density, electric_field, face_currents
from microcurrent.planning.basis import even_volume
from microcurrent.planning.bodies import read_body

ROOT = Path(__file__).resolve().parents[1]
HEAD = ROOT / ".." / "shared" / "data" / "head-40y-labels.nii.gz"
SITES = ("zygion left", "mid cheek left", "modiolus left", "mid cheek right", "masseter right")
SPACING = 2e-3
AROUND = 0.018
RADIUS, POOL = 0.005, 0.0075
GEL = 2e-4  # S: 0.2 mm at 1 S/m
CURRENT = 1e-4
PAIR = (Drive(current=CURRENT), Drive(current=-CURRENT))
#: From intact skin at direct current to 10 kHz and bare tissue, ohm m2.
SKINS = (5.0, 0.1, 0.01)
ALTERNATING = (0.05 - 0.04j,)
#: Nearer than this to a probe [m] counts as the rim.
RIM = 0.005


class Head:
    """The head, its full solver and its basis."""

    def __init__(self, path):
        source = read_body(str(path), labels=ROOT / "examples" / "head-labels.toml")
        self.volume = even_volume(source, SPACING)
        known = tables.tissues()
        sigma = self.volume.conductivity(
            {tissue: known[tissue].conductivity.value for tissue in self.volume.tissues}
        )
        self.faces = self.volume.surface()
        self.conductor = Conductor(self.volume.grid, sigma)
        places = {site.name: site.position for site in source.body.sites}
        self.sites = {name: np.array(places[name], dtype=float) for name in SITES}
        soft = self.volume.labels == self.volume.tissues.index("soft tissue")
        layout = layout_of(
            self.volume.grid,
            self.conductor.conductivity,
            self.faces,
            tissues={"soft tissue": soft},
            region=within(self.faces, list(self.sites.values()), AROUND),
        )
        begin = time.perf_counter()
        self.basis = basis_in_memory(layout, Engine(self.volume.grid, sigma))
        self.seconds = time.perf_counter() - begin
        self.links = surface_links(self.volume.grid, self.faces)

    def contact(self, point, radius=RADIUS, impedance=0.0):
        footprint = Footprint(area=np.pi * radius**2)
        return place_contact(self.volume, point, footprint, impedance=impedance, surface=self.faces).contact


def field_of(head, contacts, full):
    """Field of a full solution in V/m, ``(nx, ny, nz, 3)``; of phasors part by part, as all is linear."""
    parts = []
    for part in (np.real, np.imag) if np.iscomplexobj(full.potential) else (np.real,):
        one = SimpleNamespace(
            contacts=contacts,
            potential=part(full.potential),
            contact_densities=[part(density) for density in full.contact_densities],
        )
        density = current_density(head.conductor, face_currents(head.conductor, one))
        parts.append(electric_field(head.conductor, density))
    return parts[0] if len(parts) == 1 else parts[0] + 1j * parts[1]


def compared(head, contacts, skin):
    """Relative errors: voltage, density under the probes, field away from and at the rim (squares)."""
    wet = wet_network([metal_of(head.faces, one) for one in contacts])
    live = solve_live(head.basis, wet, PAIR, skin=skin)
    currents = [CURRENT, -CURRENT]
    if np.iscomplexobj(skin):
        full = alternating_fields(
            head.volume.grid, head.conductor.conductivity, contacts, impedances=[skin] * 2, tolerance=1e-7
        ).superpose(currents)
    else:
        full = head.conductor.solve(contacts, currents)
    volt = abs(live.electrode_potentials[0] / full.electrode_potentials[0] - 1)
    exact = np.concatenate(full.contact_densities)
    under = np.abs(live.densities - exact).max() / np.abs(exact).max()
    field = field_of(head, contacts, full)
    cells = head.basis.operators["soft tissue"].cells
    exact = field.reshape(-1, 3)[cells]
    wrong = np.linalg.norm(head.basis.fields(*live.by_face())["soft tissue"] - exact, axis=1)
    grid = head.volume.grid
    places = np.stack(
        [grid.centres(a)[i] for a, i in enumerate(np.unravel_index(cells, grid.shape))], axis=1
    )
    near = cKDTree(head.faces.centres[live.wet.faces]).query(places)[0] <= RIM
    strength = np.linalg.norm(exact, axis=1)
    away, rim = (np.linalg.norm(wrong[part]) / np.linalg.norm(strength[part]) for part in (~near, near))
    return volt, under, away, rim


def accuracy(head):
    print(f"{'site':16} {'skin ohm m2':>14} {'voltage':>9} {'density':>9} {'away':>8} {'rim':>8}")
    points = list(head.sites.items())
    for (name, at), (_, other) in zip(points, points[1:] + points[:1], strict=True):
        for skin in SKINS + ALTERNATING:
            contacts = [head.contact(at, impedance=abs(skin)), head.contact(other, impedance=abs(skin))]
            volt, under, away, rim = compared(head, contacts, skin)
            print(f"{name:16} {skin:>14} {volt:9.1e} {under:9.1e} {away:8.2%} {rim:8.2%}")


def positions(head, *, film):
    """Milliseconds of each part of one position, medians over a glide around the second site."""
    middle, fixed = head.sites[SITES[1]], head.sites[SITES[3]]
    shifts = [np.array([x, 0.0, z]) * 1e-3 for x in (-4, -2, 0, 2, 4) for z in (-4, -2, 0, 2, 4)]
    still = metal_of(head.faces, head.contact(fixed))
    pool = film_of(head.faces, head.contact(fixed, POOL), conductance=GEL)
    rows, parts = [], 0
    for shift in shifts:
        contact, around = head.contact(middle + shift), head.contact(middle + shift, POOL)
        marks = [time.perf_counter()]
        metals = [metal_of(head.faces, contact), still]
        sheet = None
        if film:
            sheet = joined([film_of(head.faces, around, conductance=GEL), pool], head.links)
        wet = wet_network(metals, sheet, head.links)
        marks.append(time.perf_counter())
        transfer = head.basis.transfer(wet.faces)
        marks.append(time.perf_counter())

        told = given(wet, PAIR)
        system = live_system(head.basis, wet, SKINS[0], held=told.held, transfer=transfer)
        live = system.solve(told.values)
        marks.append(time.perf_counter())
        head.basis.fields(*live.by_face())
        marks.append(time.perf_counter())
        rows.append(np.diff(marks))
        parts = wet.faces.size
    return parts, np.median(rows, axis=0) * 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--head", type=Path, default=HEAD)
    path = parser.parse_args().head
    if not path.exists():
        print(f"{path.name} is not there: nothing to show")
        return
    head = Head(path)
    patches, cells = head.basis.patches.count, head.basis.operators["soft tissue"].cells.size
    print(f"{np.count_nonzero(head.volume.conducting)} unknowns, {patches} patches in {head.seconds:.0f} s")
    print("\nlive against the full solve: relative error, of the field by squares\n")
    accuracy(head)
    print(f"\none position, milliseconds; field in {cells} cells of soft tissue\n")
    print(f"{'':10} {'parts':>6} {'network':>8} {'transfer':>9} {'solve':>7} {'field':>7} {'a second':>9}")
    for name, film in (("metal", False), ("with gel", True)):
        parts, times = positions(head, film=film)
        network, transfer, solve, field = times
        print(
            f"{name:10} {parts:6} {network:8.2f} {transfer:9.2f} {solve:7.2f} {field:7.2f}"
            f" {1e3 / times.sum():9.0f}"
        )


if __name__ == "__main__":
    main()
