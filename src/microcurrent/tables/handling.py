"""What hand and device add: how far a probe stands off its site, how much of the current is given."""

from __future__ import annotations

from importlib.resources.abc import Traversable

from microcurrent.errors import TableError
from microcurrent.model import Input
from microcurrent.tables.materials import read_references
from microcurrent.tables.rows import NUMBER_KEYS, each_once, kinds_only, rows

_FILE = "handling.toml"
_QUANTITIES = {"probe offset": "length", "current given": "fraction"}


def read_handling(folder: Traversable) -> dict[str, Input]:
    """Return by name the offset [m] of a probe on the skin, and the current given over that set."""
    references = read_references(folder)
    kinds_only(folder, _FILE, ("row",))
    found = rows(folder, _FILE, "row", naming=("quantity",))
    each_once(found, ("quantity",))
    numbers = {}
    for row in found:
        row.only(("quantity", *NUMBER_KEYS))
        quantity = row.word("quantity", _QUANTITIES)
        numbers[quantity] = row.number(quantity, _QUANTITIES[quantity], references)
        if quantity == "current given" and numbers[quantity].low <= 0:
            raise row.broken("low", f"expected above 0, came {numbers[quantity].low:g}")
    for quantity in _QUANTITIES:
        if quantity not in numbers:
            raise TableError(f"{_FILE}: row {quantity}: this row is missing.")
    return numbers
