"""Skin that changes under cover and current, and metal in a salty film, from their files."""

from __future__ import annotations

from importlib.resources.abc import Traversable

from microcurrent.errors import TableError
from microcurrent.model import Input
from microcurrent.model.interfaces import Interface, SkinDynamics, WaterWindow
from microcurrent.model.tissue import SKIN_GROUPS
from microcurrent.tables.materials import read_materials, read_references
from microcurrent.tables.rows import NUMBER_KEYS, Row, each_once, kinds_only, rows

_DYNAMICS = {
    "occlusion time": "time",
    "drying time": "time",
    "thickness": "length",
    "swelling": "fraction",
    "swelling time": "time",
    "voltage scale": "voltage",
    "wetting density": "current density",
    "wetting exponent": "fraction",
    "wetting time": "time",
    "recovery time": "time",
    "asymmetry": "fraction",
    "breakdown voltage": "voltage",
    "breakdown steepness": "fraction",
    "breakdown decades": "fraction",
    "breakdown time": "time",
}
_INTERFACE = {
    "constant phase": "area capacitance",
    "exponent": "fraction",
    "rest potential": "voltage",
    "anodic exchange": "current density",
    "cathodic exchange": "current density",
    "transfer coefficient": "fraction",
}
_WATER = ("oxygen potential", "hydrogen potential", "thermal voltage", "pair onset")


def read_skin_dynamics(folder: Traversable) -> dict[str, SkinDynamics]:
    """Return how the skin changes, by its group."""
    file, references = "skin_dynamics.toml", read_references(folder)
    kinds_only(folder, file, ("row",))
    found = rows(folder, file, "row", naming=("group", "quantity"))
    each_once(found, ("group", "quantity"))
    numbers: dict[str, dict[str, tuple[Row, Input]]] = {group: {} for group in SKIN_GROUPS}
    for row in found:
        row.only(("group", "quantity", *NUMBER_KEYS))
        group, quantity = row.word("group", SKIN_GROUPS), row.word("quantity", _DYNAMICS)
        number = row.number(f"skin of the {group}, {quantity}", _DYNAMICS[quantity], references)
        numbers[group][quantity] = (row, number)
    result = {}
    for group, own in numbers.items():
        for quantity in _DYNAMICS:
            if quantity not in own:
                raise TableError(f"{file}: row {group}: {quantity}: this row is missing.")
        values = {quantity.replace(" ", "_"): number for quantity, (_, number) in own.items()}
        first = own["thickness"][0]
        result[group] = first.made(SkinDynamics, group=group, **values)
    return result


def read_interfaces(folder: Traversable) -> dict[str, Interface]:
    """Return what happens between each electrode material and a salty film, by material."""
    file, references = "interfaces.toml", read_references(folder)
    kinds_only(folder, file, ("row", "water"))
    known = read_materials(folder)
    found = rows(folder, file, "row", naming=("material", "quantity"))
    each_once(found, ("material", "quantity"))
    numbers: dict[str, dict[str, Input]] = {name: {} for name in known}
    last: dict[str, Row] = {}
    for row in found:
        row.only(("material", "quantity", *NUMBER_KEYS))
        name, quantity = row.word("material", known), row.word("quantity", _INTERFACE)
        number = row.number(f"{name}, {quantity}", _INTERFACE[quantity], references)
        numbers[name][quantity.replace(" ", "_")] = number
        last[name] = row
    return {
        name: last[name].made(Interface, material=name, **own) if own else Interface(material=name)
        for name, own in numbers.items()
    }


def read_water_window(folder: Traversable) -> WaterWindow:
    """Return the potentials between which water is not split."""
    file, references = "interfaces.toml", read_references(folder)
    found = rows(folder, file, "water", naming=("quantity",))
    each_once(found, ("quantity",))
    numbers = {}
    for row in found:
        row.only(("quantity", *NUMBER_KEYS))
        quantity = row.word("quantity", _WATER)
        numbers[quantity.replace(" ", "_")] = row.number(f"water, {quantity}", "voltage", references)
    for quantity in _WATER:
        if quantity.replace(" ", "_") not in numbers:
            raise TableError(f"{file}: row [[water]]: {quantity}: this row is missing.")
    window: WaterWindow = found[0].made(WaterWindow, **numbers)
    return window
