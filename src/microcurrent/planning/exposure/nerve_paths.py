"""Nerve paths: potential and field along lines through the tissue of a basis; reading them from a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from microcurrent.errors import InputError, Problem, UnitError, ValueRefused
from microcurrent.model.exposure_map import NervePath
from microcurrent.physics.bodies.volume import Volume
from microcurrent.physics.conduction.basis.surface_basis import SurfaceBasis
from microcurrent.physics.conduction.contact import Integers
from microcurrent.physics.conduction.grid import Floats
from microcurrent.planning.toml_file import read_toml
from microcurrent.units import read

#: Points looked at stand this far apart [m]: the distance of nodes of a large nerve fibre.
STEP = 1.0e-3


def read_nerve_paths(path: Path) -> tuple[NervePath, ...]:
    """Return the paths in a TOML file: a table `[path]` of names, each with its corners as lengths.

    Raises `InputError` naming file, line and key.
    """
    file = read_toml(path, error=InputError)
    table = file.data.get("path")
    strange = [key for key in file.data if key != "path"]
    if not isinstance(table, dict) or not table or strange:
        raise InputError(
            file.problem(
                (strange[0],) if strange else (), "not a file of nerve paths", expected="a table [path]",
                advice='Write: [path] and lines such as "a nerve" = [["-60 mm", "5 mm", "-70 mm"], ...]',
            )
        )  # fmt: skip
    found = []
    for name, corners in table.items():
        key = ("path", name)
        try:
            points = tuple(_point(corner) for corner in corners)
            found.append(NervePath(name=name, points=points))
        except (UnitError, ValueRefused, TypeError, ValueError) as bad:
            raise InputError(
                file.problem(
                    key, "not the corners of a path", came=str(bad).rstrip("."),
                    expected='two points or more, each three lengths such as ["-60 mm", "5 mm", "-70 mm"]',
                )
            ) from bad  # fmt: skip
    return tuple(found)


def _point(corner: Sequence[str]) -> tuple[float, float, float]:
    if not isinstance(corner, list) or not all(isinstance(text, str) for text in corner):
        raise ValueError(f"{corner!r}")
    x, y, z = (read(text, "length") for text in corner)
    return x, y, z


@dataclass(frozen=True, kw_only=True, eq=False)
class Line:
    """Points along one path: where they are, and in which cells of which tissue.

    `points` (P, 3) [m], `distance` (P,) [m] from the start, `tangent` (P, 3), `support` (P,): places
    in the potential of the basis; `tissues` (P,) names and `rows` (P,) among the cells of each;
    `offset` (P, 3) [m] from the middles of the cells.
    """

    path: NervePath
    points: Floats
    distance: Floats
    tangent: Floats
    support: Integers
    tissues: tuple[str, ...]
    rows: Integers
    offset: Floats

    def values(
        self, potential: npt.NDArray[np.floating], fields: Mapping[str, npt.NDArray[np.floating]]
    ) -> tuple[Floats, Floats]:
        """Return potential [V] and the field along the path [V/m] at its points, (P,) each.

        `potential` of the support (M,) [V], `fields` (N, 3) [V/m] by tissue. From the middle of a cell to
        the point the potential goes on with the slope of that cell.
        """
        field = np.stack([fields[t][row] for t, row in zip(self.tissues, self.rows, strict=True)])
        at = potential[self.support] - np.einsum("ij,ij->i", field, self.offset)
        return np.asarray(at, dtype=float), np.asarray(np.einsum("ij,ij->i", field, self.tangent))


def line_of(path: NervePath, basis: SurfaceBasis, volume: Volume) -> Line:
    """Return the points of a path in the cells of a basis.

    Raises `ValueRefused` where a part of it lies outside the tissues that the basis holds.
    """
    points, distance, tangent = _resampled(path)
    grid = volume.grid
    places = [np.searchsorted(grid.edges[k], points[:, k], side="right") - 1 for k in range(3)]
    inside = np.all([(p >= 0) & (p < n) for p, n in zip(places, grid.shape, strict=True)], axis=0)
    held = [np.clip(p, 0, n - 1) for p, n in zip(places, grid.shape, strict=True)]
    flat = np.ravel_multi_index(tuple(held), grid.shape)
    names: list[str] = [""] * len(points)
    rows = np.full(len(points), -1)
    for tissue, operator in basis.operators.items():
        order = np.argsort(operator.cells)
        place = np.minimum(np.searchsorted(operator.cells[order], flat), order.size - 1)
        found = np.flatnonzero(inside & (operator.cells[order][place] == flat))
        rows[found] = order[place[found]]
        for number in found:
            names[number] = tissue
    _check_held(path, rows, volume, flat=flat, distance=distance)
    order = np.argsort(basis.interior.cells)
    support = order[np.searchsorted(basis.interior.cells[order], flat)]
    middles = np.stack([grid.centres(k)[held[k]] for k in range(3)], axis=1)
    return Line(
        path=path, points=points, distance=distance, tangent=tangent, support=support,
        tissues=tuple(names), rows=rows, offset=points - middles,
    )  # fmt: skip


def _resampled(path: NervePath) -> tuple[Floats, Floats, Floats]:
    corners = np.array(path.points)
    lengths = np.linalg.norm(np.diff(corners, axis=0), axis=1)
    corners, lengths = corners[np.append(True, lengths > 0)], lengths[lengths > 0]
    ends = np.append(0.0, np.cumsum(lengths))
    distance = np.linspace(0.0, ends[-1], max(2, int(np.ceil(ends[-1] / STEP)) + 1))
    points = np.stack([np.interp(distance, ends, corners[:, k]) for k in range(3)], axis=1)
    piece = np.clip(np.searchsorted(ends, distance, side="right") - 1, 0, lengths.size - 1)
    return points, distance, (np.diff(corners, axis=0) / lengths[:, None])[piece]


def _check_held(
    path: NervePath, rows: Integers, volume: Volume, *, flat: Integers, distance: Floats
) -> None:
    missing = np.flatnonzero(rows < 0)
    if not missing.size:
        return
    label = int(volume.labels.reshape(-1)[flat[missing[0]]])
    tissue = "air" if label < 0 else volume.tissues[label]
    raise ValueRefused(
        Problem(
            what=f"the path {path.name!r} leaves the tissues that the basis holds",
            came=f"{tissue} {1e3 * distance[missing[0]]:.3g} mm from its start",
            expected="points in tissue, no deeper than the basis reaches",
            advice="Move the path, or build a basis with this tissue and around these places",
        )
    )
