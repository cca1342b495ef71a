"""Stimulators that this program drives by a table: what each can do, as the device itself would say it."""

from __future__ import annotations

from importlib.resources.abc import Traversable

from microcurrent.model import Capabilities
from microcurrent.tables.materials import read_references
from microcurrent.tables.rows import CONFIDENCES, each_once, kinds_only, rows

_DIMENSIONS = {
    "max_current": "current",
    "max_voltage": "voltage",
    "max_lease": "time",
    "min_ramp": "time",
    "end_ramp": "time",
    "max_charge": "charge",
}
_REACTION = "reaction"


def read_stimulators(folder: Traversable) -> dict[str, tuple[Capabilities, float]]:
    """Return by name the capabilities, and the time [s] from an open lead to zero output."""
    file, references = "stimulators/simulated.toml", read_references(folder)
    kinds_only(folder, file, ("stimulator",))
    found = rows(folder, file, "stimulator", naming=("name",))
    each_once(found, ("name",))
    result = {}
    for row in found:
        row.only(("name", *_DIMENSIONS, _REACTION, "source", "confidence", "note"))
        row.sources(references)
        row.word("confidence", CONFIDENCES)
        figures = {key: row.quantity(key, dimension) for key, dimension in _DIMENSIONS.items()}
        capabilities = row.made(Capabilities, name=row.text("name"), **figures)
        result[row.text("name")] = (capabilities, row.quantity(_REACTION, "time"))
    return result
