"""A disc with contact impedance on a half-space: the complete electrode model by rings.

The unknown is the current density; its surface potential is the exact potential of uniform rings,
each the difference of two discs (see `disc.uniform_flux_potential`). This is the boundary integral
equation ``z J(r) + phi[J](r) = U`` of Wiley and Webster, IEEE Trans. Biomed. Eng. 29 (1982) 381,
section III, weighted over each ring so that the matrix is symmetric.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.exact.disc import Floats, uniform_flux_potential

#: Gauss points across a ring. The potential has a logarithmic slope at the rings' edges only.
_POINTS = 4


@dataclass(frozen=True, kw_only=True, eq=False)
class ContactDisc:
    """Solution for 1 A: `resistance` ohm to infinity; `edges` of the rings in metre ``(N + 1,)``.

    `densities` A/m2 per ring ``(N,)``.
    """

    resistance: float
    edges: Floats
    densities: Floats

    @property
    def centre_to_mean(self) -> float:
        """Density at the centre over the mean density, dimensionless."""
        return float(self.densities[0] * np.pi * self.edges[-1] ** 2)


def contact_disc(*, radius: float, conductivity: float, impedance: float, rings: int = 300) -> ContactDisc:
    """Solve a disc of `radius` m with `impedance` ohm m2 on a half-space of `conductivity` S/m.

    With 300 rings, narrowing towards the rim, the resistance is right to about 1e-6. Raises
    `ValueRefused` for values without meaning.
    """
    if not (radius > 0 and conductivity > 0 and impedance >= 0 and rings > 0):
        raise ValueRefused(
            Problem(
                what="disc with contact impedance",
                expected="radius and conductivity above 0, impedance 0 or more",
                came=f"{radius} m, {conductivity} S/m, {impedance} ohm m2",
            )
        )
    edges = radius * np.sin(0.5 * np.pi * np.linspace(0, 1, rings + 1))
    areas = np.pi * np.diff(edges**2)
    nodes, weights = np.polynomial.legendre.leggauss(_POINTS)
    squares = edges**2
    # Gauss points in r^2, in which ring area is uniform.
    at = 0.5 * (squares[:-1, None] * (1 - nodes) + squares[1:, None] * (1 + nodes))
    discs = uniform_flux_potential(np.sqrt(at)[None], edges[1:, None, None], conductivity=conductivity)
    mean = discs @ (0.5 * weights)
    # Row: source ring; column: ring whose mean potential is taken.
    matrix = np.diff(mean, axis=0, prepend=0.0).T
    matrix[np.diag_indices(rings)] += impedance
    per_volt = np.asarray(np.linalg.solve(matrix, np.ones(rings)), dtype=np.float64)
    current = float(areas @ per_volt)
    return ContactDisc(resistance=1.0 / current, edges=edges, densities=per_volt / current)
