"""Responses: the field that each pair of sites gives in each target, per ampere, from one solve for each
point.

Under the stratum corneum current adds up: what flows from point a to point b is what flows from a to a far
place less what flows from b to it. With C pairs of P points that is P solves instead of C. It is exact
where the density under a contact does not depend on where the other one stands; the skin layer sees to
that, see `tests/planning/test_proposal.py` for how well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from microcurrent.errors import BodyError, PredictionError
from microcurrent.model.body import Point
from microcurrent.physics.bodies.placing import Footprint, Placed, place_contact
from microcurrent.physics.bodies.volume import Volume
from microcurrent.physics.conduction.conductor import Conductor
from microcurrent.physics.conduction.contact import Faces
from microcurrent.physics.conduction.fields import current_density, electric_field, face_currents
from microcurrent.physics.conduction.grid import Floats
from microcurrent.physics.conduction.recovery import tissue_field
from microcurrent.planning.proposal.candidates import Candidates
from microcurrent.planning.proposal.targets import Aimed

Singles = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Ground:
    """A volume set up for solves: its `conductor`, its skin `surface`, the `footprint` and the `impedance`
    [ohm m2] of every contact."""

    volume: Volume
    conductor: Conductor
    surface: Faces
    footprint: Footprint
    impedance: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Responses:
    """Per ampere of C pairs: mean |E| `served` (C, K) in each target and `spilled` (C,) nearby [V/m per
    A]."""

    served: Floats
    spilled: Floats


def responses(
    found: Candidates,
    ground: Ground,
    aimed: Aimed,
    *,
    on_solve: Callable[[int, int], None] = lambda done, total: None,
) -> Responses:
    """Return what every candidate pair gives per ampere; `on_solve` is told how many points are solved."""
    fields = _point_fields(found.points, ground, aimed, on_solve=on_solve)
    weights = np.vstack([aimed.inside, aimed.nearby[None]]) * aimed.volumes
    means = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    rows = []
    for one in found.found:
        strengths = [np.linalg.norm(fields[a] - fields[b], axis=1) for a, b in one.positions]
        rows.append(means @ np.mean(strengths, axis=0))
    table = np.array(rows, dtype=float)
    return Responses(served=table[:, :-1], spilled=table[:, -1])


def _point_fields(
    points: tuple[Point, ...], ground: Ground, aimed: Aimed, *, on_solve: Callable[[int, int], None]
) -> list[Singles]:
    """The field (N, 3) [V/m per A] from each point to one far contact, in the cells that count."""
    placed = [_placed(point, ground) for point in points]
    far = _farthest(ground, np.stack([one.centre for one in placed]))
    found = []
    for number, one in enumerate(placed, start=1):
        solution = ground.conductor.solve([one.contact, far.contact], [1.0, -1.0])
        if ground.volume.fine is None:
            density = current_density(ground.conductor, face_currents(ground.conductor, solution))
            field = electric_field(ground.conductor, density)
        else:
            field = tissue_field(ground.conductor, solution, ground.volume.labels)
        found.append(np.nan_to_num(field.reshape(-1, 3)[aimed.cells]).astype(np.float32))
        on_solve(number, len(placed))
    return found


def _placed(point: Point, ground: Ground) -> Placed:
    return place_contact(
        ground.volume, point, ground.footprint, impedance=ground.impedance, surface=ground.surface
    )


def _farthest(ground: Ground, centres: Floats) -> Placed:
    """The contact that takes the current back: on the skin, as far from every point as there is room."""
    centre = ground.surface.centres
    distance = np.min([np.linalg.norm(centre - one, axis=1) for one in centres], axis=0)
    for number in np.argsort(-distance)[:: max(1, distance.size // 200)]:
        x, y, z = (float(value) for value in centre[number])
        try:
            return _placed((x, y, z), ground)
        except BodyError:  # too near an edge of the body
            continue
    raise PredictionError("No place on the skin takes the current back; the body is too small.")
