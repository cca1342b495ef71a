"""More problems on half-spaces and half-planes: density under a disc, strips, thin layers.

Set up as in `problems`, with the same sizes; `level` is cells per length of interest. Lengths in metre,
conductivities in S/m.
"""

from __future__ import annotations

import numpy as np

from microcurrent.physics.conduction.conductor import Conductor
from microcurrent.physics.conduction.contact import Contact, contact_on, exposed_faces
from microcurrent.physics.conduction.fractions import whole_cell_faces
from microcurrent.physics.conduction.grid import Floats, Grid, graded_edges
from microcurrent.physics.conduction.sheets import plane_sheet, with_sheets
from microcurrent.physics.exact import problems
from microcurrent.physics.exact.layers import Layers
from microcurrent.physics.exact.problems import HOMOGENEOUS, LAYER_LENGTH, NEAR, RADIUS, UNIFORM

#: The strips of V12 reach from one length to two; the half-plane is followed this many lengths, and
#: what lies beyond changes the conductance by the square of a length over it.
STRIP_LENGTH = 0.01
_STRIP_REACH = 2000.0
#: The thin layer of V15: 15 um of stratum corneum with 0.05 ohm m2, as at 10 kHz.
THIN = 15e-6
THIN_IMPEDANCE = 0.05
#: The sheet inside the tissue: its depth and impedance, and a layer so thin that it is one.
SHEET_DEPTH = 0.002
SHEET_IMPEDANCE = 0.02
_NO_THICKNESS = 1e-7


def disc_surface_potential(level: int, *, rim: bool) -> float:
    """Return the surface potential of even flux of 1 A through a disc, V: in its middle or on its rim."""
    conductor = problems.half_space(level, HOMOGENEOUS, length=RADIUS, reach=NEAR)
    sigma = HOMOGENEOUS.admittivities[0].real
    probe = problems.probe(conductor, impedance=UNIFORM * RADIUS / sigma)
    solution = conductor.solve([probe, problems.far_contact(conductor)], [0.25, -0.25])
    grid = conductor.grid
    # From the cell centres up to the surface: half a cell of the density there, 0 outside the disc.
    surface = solution.potential[:, :, -1].copy()
    rise = np.zeros_like(surface)
    places = np.unravel_index(probe.cells, grid.shape)
    rise[places[:2]] = solution.contact_densities[0] * probe.area
    rise *= 0.5 * grid.widths(2)[-1] / sigma / grid.face_areas(2)[:, :, 0]
    along = (surface + rise)[:, 0]
    return float(np.interp(RADIUS, grid.centres(0), along)) if rim else float(along[0])


def centre_to_mean(level: int, *, zeta: float) -> float:
    """Return the density in the middle of a disc with contact impedance over its mean."""
    conductor = problems.half_space(level, HOMOGENEOUS, length=RADIUS, reach=NEAR)
    probe = problems.probe(conductor, impedance=zeta * RADIUS / HOMOGENEOUS.admittivities[0].real)
    solution = conductor.solve([probe, problems.far_contact(conductor)], [0.25, -0.25])
    middle = np.argmin(probe.cells)
    return float(solution.contact_densities[0][middle] * np.pi * RADIUS**2)


def _upright(low: float, high: float, edges: Floats) -> Floats:
    """Which cells between `edges` lie between `low` and `high`."""
    middle = 0.5 * (edges[1:] + edges[:-1])
    return np.asarray((middle > low) & (middle < high))


def strip_conductance(level: int) -> float:
    """Return the conductance per length between two strips on a half-plane, over its conductivity."""
    spacing, growth = STRIP_LENGTH / level, 1.5 ** (4 / level)
    reach = _STRIP_REACH * STRIP_LENGTH
    across = graded_edges(
        0.0,
        reach,
        spacing,
        fine=[(0.0, 3 * STRIP_LENGTH)],
        ratio=growth,
        boundaries=[STRIP_LENGTH, 2 * STRIP_LENGTH],
    )
    down = graded_edges(-reach, 0.0, spacing, fine=[(-2 * STRIP_LENGTH, 0.0)], ratio=growth)
    grid = Grid(x=across, y=np.array([0.0, 1.0]), z=down)
    conductor = Conductor(grid, np.ones(grid.shape))
    strip = _strip(conductor, _upright(STRIP_LENGTH, 2 * STRIP_LENGTH, grid.x))
    faces = exposed_faces(grid, conductor.conducting)
    # Between strips of opposite polarity the plane x = 0 is at 0 V: it is the second electrode.
    middle = contact_on(faces, (faces.axis == 0) & (faces.side < 0), impedance=0.0)
    solution = conductor.solve([strip, middle], [1.0, -1.0])
    return float(0.5 / solution.electrode_potentials[0])


def _strip(conductor: Conductor, columns: Floats) -> Contact:
    faces = exposed_faces(conductor.grid, conductor.conducting)
    column = np.unravel_index(faces.cells, conductor.grid.shape)[0]
    top = (faces.axis == 2) & (faces.side > 0)
    return contact_on(faces, top & np.asarray(columns, dtype=bool)[column], impedance=0.0)


def thin_layer_stack(tissue: Layers) -> Layers:
    """Return `tissue` under a layer `THIN` metre thick of impedance `THIN_IMPEDANCE`."""
    return Layers(
        admittivities=(THIN / THIN_IMPEDANCE, *tissue.admittivities),
        thicknesses=(THIN, *tissue.thicknesses),
    )


def thin_layer_resistance(level: int) -> float:
    """Return the resistance of a disc behind a thin layer that is a contact impedance here, ohm."""
    zeta = THIN_IMPEDANCE * HOMOGENEOUS.admittivities[0].real / RADIUS
    bulk = problems.disc_resistance(level, stack=HOMOGENEOUS, zeta=UNIFORM, reach=NEAR)
    return bulk + zeta / (HOMOGENEOUS.admittivities[0].real * np.pi * RADIUS)


def sheet_stack() -> Layers:
    """Return homogeneous tissue with a layer of no thickness but impedance at `SHEET_DEPTH`."""
    sigma = HOMOGENEOUS.admittivities[0]
    return Layers(
        admittivities=(sigma, _NO_THICKNESS / SHEET_IMPEDANCE, sigma),
        thicknesses=(SHEET_DEPTH, _NO_THICKNESS),
    )


def sheet_resistance(level: int) -> float:
    """Return the resistance of an even-flux disc over a sheet inside homogeneous tissue, ohm."""
    stack = Layers(admittivities=HOMOGENEOUS.admittivities * 2, thicknesses=(SHEET_DEPTH,))
    bare = problems.half_space(level, stack, length=LAYER_LENGTH, reach=problems.LAYERED_REACH)
    sheet = plane_sheet(bare.grid, axis=2, position=-SHEET_DEPTH, impedance=SHEET_IMPEDANCE)
    faces = with_sheets(bare.grid, whole_cell_faces(bare.grid, bare.conductivity), [sheet])
    conductor = Conductor(bare.grid, bare.conductivity, faces=faces)
    impedance = UNIFORM * RADIUS / HOMOGENEOUS.admittivities[0].real
    contacts = [problems.probe(conductor, impedance=impedance), problems.far_contact(conductor)]
    solution = conductor.solve(contacts, [0.25, -0.25])
    return float(solution.electrode_potentials[0] - impedance / (np.pi * RADIUS**2))
