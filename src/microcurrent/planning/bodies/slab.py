"""A slab body: a stack of layers from the tables, and volumes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.body import Body, Site
from microcurrent.model.digest import digest
from microcurrent.model.exposure import Input
from microcurrent.model.tissue import Stack, StackLayer
from microcurrent.model.way import Way
from microcurrent.physics.bodies.slab import slab_volume
from microcurrent.physics.bodies.volume import Volume
from microcurrent.planning.bodies.paths import straight_way
from microcurrent.planning.bodies.source import check_reach, points_of
from microcurrent.units import write

#: How much wider the cells of a coarse volume are.
COARSENESS = 2.0
#: Reach [m] of the fine box of the whole slab: its layers count, not its cells.
_MIDDLE = 5e-3


@dataclass(frozen=True, kw_only=True)
class SlabSource:
    """A `BodySource` made from a `stack`."""

    stack: Stack
    body: Body

    @property
    def skin_group(self) -> str:
        """See `BodySource`."""
        return self.stack.skin_group

    @property
    def fibres(self) -> Mapping[str, tuple[float, float, float]]:
        """See `BodySource`."""
        return {layer.tissue: layer.fibres for layer in self.stack.layers if layer.fibres}

    @property
    def layers(self) -> tuple[StackLayer, ...]:
        """See `BodySource`."""
        return self.stack.layers

    @property
    def whole(self) -> Volume:
        """See `BodySource`. Fine around the middle."""
        return self.volume([(0.0, 0.0)], _MIDDLE)

    def volume(
        self,
        centres: npt.ArrayLike,
        reach: float,
        *,
        coarse: bool = False,
        thickness: Mapping[int, float] | None = None,
    ) -> Volume:
        """See `BodySource`. The skin is at z = 0; a fine box ends at the side of the slab."""
        points = points_of(centres, (2, 3))
        check_reach(reach)
        boxes = [(x - reach, x + reach, y - reach, y + reach) for x, y in points[:, :2]]
        layers = self._layers(thickness or {})
        return slab_volume(layers, self.stack.size, boxes, coarseness=COARSENESS if coarse else 1.0)

    def tissues_on_line(self, a: npt.ArrayLike, b: npt.ArrayLike) -> set[str]:
        """See `BodySource`. Both points stand on the flat skin, so the line stays in the first layer."""
        return {self.stack.layers[0].tissue}

    def off_skin(self, point: npt.ArrayLike) -> float:
        """See `BodySource`."""
        return abs(float(points_of(point, (3,))[0, 2]))

    def path(self, sites: Sequence[Site], *, clearance: float = 0.0) -> Way:
        """See `BodySource`."""
        return straight_way(sites)

    def _layers(self, thickness: Mapping[int, float]) -> list[tuple[str, float]]:
        count = len(self.stack.layers)
        unknown = [number for number in thickness if number not in range(count)]
        if unknown:
            raise ValueRefused(
                Problem(
                    what="thickness of a layer",
                    expected=f"a layer from 0 to {count - 1}",
                    came=f"{unknown[0]}",
                )
            )
        return [
            (layer.tissue, thickness.get(number, layer.thickness.value))
            for number, layer in enumerate(self.stack.layers)
        ]


def slab_source(name: str, stack: Stack, flattening: Input | None = None) -> SlabSource:
    """Return the body called `name` made of `stack`; its content is the digest of the stack.

    `flattening` [m]: by how much the distance of two sites may differ from that on the face.
    """
    warnings = [
        "A slab is flat: it stands for the place it is named after, not for the curves of a person."
    ]
    if flattening is not None:
        error = write(flattening.value, "length")
        warnings.append(f"Distances between its sites differ from those on a face by up to {error}.")
    layers = ", ".join(f"{layer.tissue} {1e3 * layer.thickness.value:g} mm" for layer in stack.layers)
    body = Body(
        name=name,
        kind="slab",
        tissues=tuple(dict.fromkeys(layer.tissue for layer in stack.layers)),
        content=digest(stack),
        sites=stack.sites,
        regions=stack.regions,
        midline=False,
        provenance=f"{stack.title}: {layers}",
        warnings=tuple(warnings),
    )
    return SlabSource(stack=stack, body=body)
