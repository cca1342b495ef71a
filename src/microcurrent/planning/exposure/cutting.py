"""Cutting: a section through both probes at one position, from the fields of a basis."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from microcurrent.model.plan import Step
from microcurrent.physics.bodies.volume import Volume, normals_of
from microcurrent.physics.conduction.grid import Floats, Grid
from microcurrent.planning.exposure.covering import Skin
from microcurrent.planning.exposure.flowing import Flow
from microcurrent.planning.exposure.tallies import Medium
from microcurrent.planning.fields import Section
from microcurrent.planning.prediction.cuts import ABOVE, BEYOND, DEEP, section
from microcurrent.planning.prediction.cuts import Flow as Cut

#: A section of a body that is not flat shows the skin that bulges between the probes up to so much [m].
_BULGE = 0.02
#: Room [m] around both probes that a section can reach into, with a cell or two to spare.
_ROOM = DEEP + BEYOND + 6e-3


def cut_through(
    skin: Skin,
    media: Mapping[str, Medium],
    fields: Mapping[str, npt.NDArray[np.floating]],
    *,
    flow: Flow,
    step: Step,
) -> Section:
    """Return the cut through both probes at the peak of the current, at right angles to the skin.

    `fields` (N, 3) [V/m] by tissue, as `flow` has them. Tissue that the basis does not
    hold is shown without a value.
    """
    volume = skin.volume
    anode, cathode = (one.centre for one in flow.contacts)
    part, first = _around(volume, np.stack([anode, cathode]))
    density = np.zeros((*part.grid.shape, 3))
    strength = np.zeros(part.grid.shape)
    for tissue, medium in media.items():
        places = np.stack(np.unravel_index(medium.operator.cells, volume.grid.shape)) - first[:, None]
        inside = ((places >= 0) & (places < np.array(part.grid.shape)[:, None])).all(axis=0)
        at = tuple(places[:, inside])
        sigma = np.broadcast_to(medium.conductivity, fields[tissue].shape)
        density[at] = fields[tissue][inside] * sigma[inside]
        strength[at] = np.linalg.norm(fields[tissue][inside], axis=1)
    under = np.concatenate([one.metal.faces for one in flow.contacts])
    normals, weight = (
        normals_of(skin.faces)[under],
        np.concatenate([one.metal.area for one in flow.contacts]),
    )
    outward = weight @ normals
    # From the first probe to the second, whichever is positive.
    sign = 1.0 if flow.into >= 0 else -1.0
    cut = section(
        Cut(volume=part, density=density, field=strength),
        anode,
        cathode,
        inward=-outward / np.linalg.norm(outward),
        above=ABOVE if volume.skin_borders else _BULGE,
    )
    held = [part.tissues.index(tissue) for tissue in media]
    unknown = (cut["tissue"] >= 0) & ~np.isin(cut["tissue"], held)
    for name in ("field", "density_along", "density_up"):
        cut[name] = np.where(unknown, np.nan, cut[name])
    moving = step.do == "glide"
    return Section(
        step=step.number,
        position="half-way through the glide" if moving else "held",
        along=cut["along"],
        height=cut["height"],
        tissue=cut["tissue"],
        field=cut["field"],
        density_along=sign * cut["density_along"],
        density_up=sign * cut["density_up"],
        anode=0.0,
        cathode=float(np.linalg.norm(cathode - anode)),
    )


def _around(volume: Volume, points: Floats) -> tuple[Volume, npt.NDArray[np.int64]]:
    """The part of a volume within `_ROOM` of the box around `points` (P, 3), and its first cell (3,)."""
    edges, slices = [], []
    for axis, whole in enumerate(volume.grid.edges):
        low, high = points[:, axis].min() - _ROOM, points[:, axis].max() + _ROOM
        start = max(int(np.searchsorted(whole, low, side="right")) - 1, 0)
        stop = min(int(np.searchsorted(whole, high)), whole.size - 1)
        edges.append(whole[start : stop + 1])
        slices.append(slice(start, stop))
    grid = Grid(x=edges[0], y=edges[1], z=edges[2])
    part = Volume(
        grid=grid, labels=volume.labels[tuple(slices)], tissues=volume.tissues,
        skin_borders=volume.skin_borders,
    )  # fmt: skip
    return part, np.array([one.start for one in slices])
