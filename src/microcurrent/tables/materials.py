"""References, tissues, skin, electrode materials and contact rules, from their files."""

from __future__ import annotations

from importlib.resources.abc import Traversable

from microcurrent.errors import TableError
from microcurrent.model import Input
from microcurrent.model.electrode import COUPLINGS, SHAPES
from microcurrent.model.tissue import (
    REFERENCE_KINDS,
    SKIN_GROUPS,
    SKIN_STATES,
    ContactRule,
    Material,
    Reference,
    SkinLayer,
    Tissue,
)
from microcurrent.tables.rows import NUMBER_KEYS, Row, each_once, kinds_only, rows

_TISSUE = ("conductivity", "conductivity along")
_SKIN = {
    "series": "area impedance",
    "parallel": "area impedance",
    "capacitance": "area capacitance",
    "alpha": "fraction",
}
_MATERIAL = {
    "double layer": "area capacitance",
    "charge limit": "charge density",
    "charge transfer": "area impedance",
}


def read_references(folder: Traversable) -> dict[str, Reference]:
    """Return every reference by its id."""
    file = "references.toml"
    kinds_only(folder, file, ("reference",))
    found = rows(folder, file, "reference", naming=("id",))
    each_once(found, ("id",))
    return {
        row.text("id"): row.only(("id", "citation", "kind", "note")).made(
            Reference, id=row.text("id"), citation=row.text("citation"),
            kind=row.word("kind", REFERENCE_KINDS), note=row.text("note", ""),
        )
        for row in found
    }  # fmt: skip


def read_tissues(folder: Traversable) -> dict[str, Tissue]:
    """Return every tissue by its name."""
    file, references = "tissues.toml", read_references(folder)
    kinds_only(folder, file, ("row",))
    found = rows(folder, file, "row", naming=("tissue", "quantity"))
    each_once(found, ("tissue", "quantity"))
    numbers: dict[str, dict[str, tuple[Row, Input]]] = {}
    for row in found:
        row.only(("tissue", "quantity", *NUMBER_KEYS))
        tissue, quantity = row.text("tissue"), row.word("quantity", _TISSUE)
        number = row.number(f"{tissue}, {quantity}", "conductivity", references)
        numbers.setdefault(tissue, {})[quantity] = (row, number)
    tissues = {}
    for name, own in numbers.items():
        row, _ = next(iter(own.values()))
        if "conductivity" not in own:
            raise row.broken("quantity", f"{name} has no row for its conductivity")
        along = own["conductivity along"][1] if "conductivity along" in own else None
        tissues[name] = row.made(Tissue, name=name, conductivity=own["conductivity"][1], along=along)
    return tissues


def read_skin(folder: Traversable) -> dict[tuple[str, str], SkinLayer]:
    """Return the skin layer of every (group, coupling)."""
    file, references = "skin.toml", read_references(folder)
    kinds_only(folder, file, ("row",))
    found = rows(folder, file, "row", naming=("group", "coupling", "quantity"))
    each_once(found, ("group", "coupling", "quantity"))
    numbers: dict[tuple[str, str], dict[str, tuple[Row, Input]]] = {}
    for row in found:
        row.only(("group", "coupling", "quantity", *NUMBER_KEYS))
        key = row.word("group", SKIN_GROUPS), row.word("coupling", SKIN_STATES)
        quantity = row.word("quantity", _SKIN)
        number = row.number(f"skin of the {key[0]}, {key[1]}, {quantity}", _SKIN[quantity], references)
        numbers.setdefault(key, {})[quantity] = (row, number)
    layers = {}
    for group in SKIN_GROUPS:
        for coupling in SKIN_STATES:
            own = numbers.get((group, coupling), {})
            for quantity in _SKIN:
                if quantity not in own:
                    raise TableError(f"{file}: row {group}, {coupling}: {quantity}: this row is missing.")
            row = own["series"][0]
            values = {quantity: number for quantity, (_, number) in own.items()}
            layers[group, coupling] = row.made(SkinLayer, group=group, coupling=coupling, **values)
    return layers


def read_materials(folder: Traversable) -> dict[str, Material]:
    """Return every electrode material by its name."""
    file, references = "electrodes.toml", read_references(folder)
    kinds_only(folder, file, ("material", "row", "contact"))
    declared = rows(folder, file, "material", naming=("name",))
    each_once(declared, ("name",))
    names = [row.only(("name", "note")).text("name") for row in declared]
    found = rows(folder, file, "row", naming=("material", "quantity"))
    each_once(found, ("material", "quantity"))
    numbers: dict[str, dict[str, Input]] = {name: {} for name in names}
    for row in found:
        row.only(("material", "quantity", *NUMBER_KEYS))
        name, quantity = row.word("material", names), row.word("quantity", _MATERIAL)
        number = row.number(f"{name}, {quantity}", _MATERIAL[quantity], references)
        numbers[name][quantity.replace(" ", "_")] = number
    return {
        row.text("name"): row.made(
            Material, name=row.text("name"), note=row.text("note", ""), **numbers[row.text("name")]
        )
        for row in declared
    }


def read_contact_rules(folder: Traversable) -> dict[tuple[str, str], ContactRule]:
    """Return the contact rule of every (shape, coupling) that an electrode may have."""
    file, references = "electrodes.toml", read_references(folder)
    found = rows(folder, file, "contact", naming=("shape", "coupling"))
    each_once(found, ("shape", "coupling"))
    rules = {}
    for row in found:
        row.only(("shape", "coupling", "quantity", *NUMBER_KEYS))
        shape, coupling = row.word("shape", SHAPES), row.word("coupling", COUPLINGS)
        row.word("quantity", ("contact ratio",))
        number = row.number(f"contact ratio of a {shape}, {coupling}", "fraction", references)
        rules[shape, coupling] = row.made(ContactRule, shape=shape, coupling=coupling, ratio=number)
    for shape in SHAPES:
        for coupling in COUPLINGS:
            if (shape, coupling) not in rules:
                raise TableError(f"{file}: row {shape}, {coupling}: contact ratio: this row is missing.")
    return rules
