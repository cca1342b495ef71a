"""Stepping: the sums over all positions of one step, and its figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from microcurrent.model.exposure_map import NerveField, StepMap, TissuePart
from microcurrent.physics.bodies.volume import Volume
from microcurrent.physics.conduction.basis.surface_basis import SurfaceBasis
from microcurrent.physics.conduction.grid import Floats
from microcurrent.planning.exposure.covering import Skin
from microcurrent.planning.exposure.cutting import cut_through
from microcurrent.planning.exposure.dwells import Dwell
from microcurrent.planning.exposure.exposed import TissueArrays
from microcurrent.planning.exposure.flowing import Flow, Standing
from microcurrent.planning.exposure.layers import Layers
from microcurrent.planning.exposure.nerve_paths import Line
from microcurrent.planning.exposure.spreads import spread_of
from microcurrent.planning.exposure.tallies import Medium, Tally, add, arrays_of, new_tally, sizes_of
from microcurrent.planning.exposure.zones import NEAR_PROBES, Mask, Zones, near_lines
from microcurrent.planning.fields import Section

#: The word that marks a muscle among the tissues of the tables.
_MUSCLE = "muscle"


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """What stays the same for all steps: basis and skin, its `media` by tissue, paths and zones."""

    basis: SurfaceBasis
    skin: Skin
    media: Mapping[str, Medium]
    lines: tuple[Line, ...]
    zones: Zones

    @property
    def volume(self) -> Volume:
        """The body on the grid of the basis."""
        return self.skin.volume

    @cached_property
    def centres(self) -> dict[str, Floats]:
        """Middles of the cells of every tissue, (N, 3) [m]."""
        grid, found = self.volume.grid, {}
        for tissue, medium in self.media.items():
            places = np.unravel_index(medium.operator.cells, grid.shape)
            found[tissue] = np.stack([grid.centres(axis)[places[axis]] for axis in range(3)], axis=1)
        return found

    @cached_property
    def masks(self) -> dict[str, dict[str, Mask]]:
        """Which cells of every tissue lie in each zone."""
        return {tissue: self.zones.masks(points) for tissue, points in self.centres.items()}


@dataclass(kw_only=True, eq=False)
class Worst:
    """A path at its strongest position: potential [V] and field along it [V/m], (P,) each."""

    potential: Floats
    along: Floats


class StepSums:
    """The sums of one step; ask for them once all its flows have been added."""

    section: Section

    def __init__(self, scene: Scene, where: Standing, layers: Layers) -> None:
        self._scene, self._where, self._layers = scene, where, layers
        self._tallies: dict[str, Tally] = {t: new_tally(medium) for t, medium in scene.media.items()}
        self.worst = [
            Worst(potential=np.zeros(line.distance.size), along=np.zeros(line.distance.size))
            for line in scene.lines
        ]
        self._resistance = self._error = 0.0
        self._ends: list[tuple[Floats, Floats]] = []
        self._dwell: Dwell | None = None

    @property
    def positions(self) -> int:
        """How many positions have been added."""
        return len(self._ends)

    def add(self, flow: Flow, *, whole: Mapping[str, Tally]) -> None:
        """Add one position, also to the sums of the `whole` plan."""
        solution, scene = flow.solution, self._scene
        faces, through = solution.by_face()
        currents = np.real(through)
        potential = scene.basis.interior.potential(faces, currents)
        fields = {
            tissue: medium.operator.field_from(potential, faces, currents)
            for tissue, medium in scene.media.items()
        }
        seconds = flow.share * flow.dwell.seconds
        # The part of the peak that flows in the mean: what the field has over time.
        over_time = flow.share * flow.dwell.absolute / abs(flow.into)
        for tissue, medium in scene.media.items():
            sizes = sizes_of(medium, fields[tissue])
            add(self._tallies[tissue], sizes, seconds)
            add(whole[tissue], sizes, over_time, lasting=seconds)
        for line, worst in zip(scene.lines, self.worst, strict=True):
            at, along = line.values(potential, fields)
            if np.abs(along).max() >= np.abs(worst.along).max():
                worst.potential, worst.along = at, along
        self._resistance = max(self._resistance, solution.balance.tissue / flow.into**2)
        off = np.abs(solution.delivered - [flow.into, -flow.into]).max() / abs(flow.into)
        self._error = max(self._error, float(off))
        if flow.dwell is not self._dwell:
            self._dwell = flow.dwell
            if len(self._ends) == len(self._where.dwells) // 2:
                self.section = cut_through(
                    scene.skin, scene.media, fields, flow=flow, step=self._where.step
                )
            self._ends.append((flow.contacts[0].centre, flow.contacts[1].centre))

    def arrays(self) -> dict[str, TissueArrays]:
        """Return means and largest by tissue."""
        return {tissue: arrays_of(tally) for tissue, tally in self._tallies.items()}

    def summary(self) -> StepMap:
        """Return the figures of the step."""
        step = self._where.step
        return StepMap(
            number=step.number,
            positions=len(self._where.dwells),
            seconds=step.stimulus.duration,
            peak=step.stimulus.peak,
            resistance=self._resistance,
            balance_error=self._error,
            skin=self._layers.words,
            tissues=tuple(self._parts()),
            nerves=tuple(
                NerveField(
                    name=line.path.name,
                    along=float(np.abs(worst.along).max()),
                    at=float(line.distance[np.argmax(np.abs(worst.along))]),
                    potential=float(np.ptp(worst.potential)),
                )
                for line, worst in zip(self._scene.lines, self.worst, strict=True)
            ),
        )

    def _parts(self) -> Iterator[TissuePart]:
        for tissue, tally in self._tallies.items():
            near = near_lines(self._scene.centres[tissue], self._ends)
            masks = {NEAR_PROBES: near} if near.any() else {}
            for place, mask in (masks | self._scene.masks[tissue]).items():
                yield self._part(tissue, tally, place=place, mask=mask)

    def _part(self, tissue: str, tally: Tally, *, place: str, mask: Mask) -> TissuePart:
        volumes = self._scene.media[tissue].volumes[mask]
        spreads = {}
        for name, dimension in (("field", "field"), ("density", "current density"), ("along", "field")):
            if getattr(tally, name) is None:
                continue
            most = getattr(tally, f"largest_{name}")[mask]
            spreads[name] = spread_of(
                tally.mean(name)[mask].astype(float), volumes, dimension, largest=most.astype(float)
            )
        return TissuePart(
            tissue=tissue,
            place=place,
            muscle=_MUSCLE in tissue.split(),
            volume=float(volumes.sum()),
            **spreads,
        )
