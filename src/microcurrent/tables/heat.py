"""Thermal properties of tissues, how heat leaves the skin, and what it does to it, from their file."""

from __future__ import annotations

from importlib.resources.abc import Traversable

from microcurrent.errors import TableError
from microcurrent.model import Input
from microcurrent.model.heat import BurnTime, HeatDamage, HeatSurface, ThermalTissue
from microcurrent.tables.chemistry import field_of, numbers_of
from microcurrent.tables.materials import read_references
from microcurrent.tables.rows import NUMBER_KEYS, Row, each_once, kinds_only, rows

_FILE = "heat.toml"
_TISSUE = {
    "density": "density",
    "heat capacity": "heat capacity",
    "conductivity": "heat conductivity",
    "perfusion": "perfusion",
    "metabolic heat": "heat production",
}
_NEEDED = ("density", "heat capacity", "conductivity")
_SURFACE = {
    "still air": "heat transfer",
    "metal contact": "heat transfer",
    "skin temperature": "temperature",
    "body temperature": "temperature",
}
_DAMAGE = {
    "frequency factor": "rate",
    "activation energy": "molar energy",
    "reference temperature": "temperature",
    "ratio above": "fraction",
    "ratio below": "fraction",
    "dose of skin effects": "time",
}


def read_thermal_tissues(folder: Traversable) -> dict[str, ThermalTissue]:
    """Return the thermal properties of every tissue, by its name."""
    references = read_references(folder)
    kinds_only(folder, _FILE, ("row", "surface", "damage", "burn"))
    found = rows(folder, _FILE, "row", naming=("tissue", "quantity"))
    each_once(found, ("tissue", "quantity"))
    numbers: dict[str, dict[str, Input]] = {}
    last: dict[str, Row] = {}
    for row in found:
        row.only(("tissue", "quantity", *NUMBER_KEYS))
        tissue, quantity = row.text("tissue"), row.word("quantity", _TISSUE)
        number = row.number(f"{tissue}, thermal {quantity}", _TISSUE[quantity], references)
        numbers.setdefault(tissue, {})[field_of(quantity)] = number
        last[tissue] = row
    for tissue, own in numbers.items():
        for quantity in _NEEDED:
            if field_of(quantity) not in own:
                raise TableError(f"{_FILE}: row {tissue}: {quantity}: this row is missing.")
    return {name: last[name].made(ThermalTissue, name=name, **own) for name, own in numbers.items()}


def read_heat_surface(folder: Traversable) -> HeatSurface:
    """Return how heat leaves the skin."""
    first, numbers = numbers_of(folder, _FILE, "surface", quantities=_SURFACE)
    made: HeatSurface = first.made(HeatSurface, **numbers)
    return made


def read_heat_damage(folder: Traversable) -> HeatDamage:
    """Return what heat does to skin."""
    first, numbers = numbers_of(folder, _FILE, "damage", quantities=_DAMAGE)
    made: HeatDamage = first.made(HeatDamage, **numbers)
    return made


def read_burn_times(folder: Traversable) -> tuple[BurnTime, ...]:
    """Return how long skin takes to burn, from the coolest surface on."""
    references = read_references(folder)
    found = rows(folder, _FILE, "burn", naming=("temperature",))
    each_once(found, ("temperature",))
    times = []
    for row in found:
        row.only(("temperature", "quantity", *NUMBER_KEYS))
        row.word("quantity", ("time",))
        temperature = row.quantity("temperature", "temperature")
        number = row.number(f"time to burn at {row.text('temperature')}", "time", references)
        times.append(row.made(BurnTime, temperature=temperature, time=number))
    return tuple(sorted(times, key=lambda burn: burn.temperature))
