"""What a body consists of, as rows for a table: tissue, volume, share, conductivity with source."""

from __future__ import annotations

from dataclasses import dataclass

from microcurrent import tables
from microcurrent.model.exposure import Input
from microcurrent.physics.bodies.volume import Volume
from microcurrent.planning.bodies.anatomy import AnatomySource
from microcurrent.planning.bodies.source import BodySource


@dataclass(frozen=True, kw_only=True)
class TissueRow:
    """One tissue: `volume` [m3], `share` of all tissue, `conductivity` across and `along` [S/m]."""

    tissue: str
    volume: float
    share: float
    conductivity: Input
    along: Input | None


def describe(source: BodySource, volume: Volume) -> tuple[TissueRow, ...]:
    """Return one row for each tissue of `volume`, a volume of `source`, largest first."""
    known = tables.tissues()
    striped = set(source.fibres)
    if isinstance(source, AnatomySource):
        striped |= {kind.tissue for kind in source.anatomy.table if kind.fibres is not None}
    volumes = {name: size for name, size in volume.volumes_by_tissue().items() if size > 0}
    total = sum(volumes.values())
    rows = [
        TissueRow(
            tissue=name,
            volume=size,
            share=size / total,
            conductivity=known[name].conductivity,
            along=known[name].along if name in striped else None,
        )
        for name, size in volumes.items()
    ]
    return tuple(sorted(rows, key=lambda row: -row.volume))
