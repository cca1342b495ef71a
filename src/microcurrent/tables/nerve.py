"""Published nerve fibres, one file each: membrane, myelin, sizes and their formulas."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources.abc import Traversable

from microcurrent.model.axon import FORMS, Axon, Channel, FibreSize, Formula, Gate, Membrane, Myelin, Rate
from microcurrent.tables.materials import read_references
from microcurrent.tables.rows import AXON_FILES, CONFIDENCES, Row, each_once, kinds_only, parse, rows

_ABOUT = ("source", "confidence", "basis", "note")
_KINDS = ("axon", "channel", "gate", "myelin", "size", "formula")
_SIZE = {
    "diameter": "length",
    "axon": "length",
    "node": "length",
    "spacing": "length",
    "paranode": "length",
}
_MYELIN = {
    "capacitance": "area capacitance",
    "conductance": "area conductance",
    "attachment": "area conductance",
    "paranode": "area conductance",
    "internode": "area conductance",
    "narrow": "length",
    "wide": "length",
    "node_length": "length",
    "attachment_length": "length",
}
#: Formulas are published for diameters in um.
_UM = 1e-6


def read_axons(folder: Traversable) -> dict[str, Axon]:
    """Return every published fibre by its name."""
    found = [_axon(folder, file) for file in AXON_FILES]
    return {axon.name: axon for axon in found}


def _about(row: Row, references: Iterable[str], allowed: tuple[str, ...]) -> Row:
    """Return the row, its keys, source and mark checked."""
    row.only((*allowed, *_ABOUT))
    row.sources(references)
    row.word("confidence", CONFIDENCES)
    return row


def _count(row: Row, key: str) -> int:
    value = row.content.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise row.broken(key, f"expected a whole number from 1 on, came {value!r}")
    return value


def _rate(row: Row, side: str) -> Rate:
    """Return `alpha` or `beta` of a gate."""
    form = row.word(side, FORMS)
    speed = row.quantity(f"{side}_rate", "rate per voltage" if form == "linoid" else "rate")
    if form == "constant":
        made: Rate = row.made(Rate, form=form, rate=speed)
        return made
    at, slope = (row.quantity(f"{side}_{key}", "voltage") for key in ("at", "slope"))
    made = row.made(Rate, form=form, rate=speed, at=at, slope=slope)
    return made


def _gates(folder: Traversable, file: str, references: Iterable[str]) -> tuple[Gate, ...]:
    sides = tuple(f"{side}{part}" for side in ("alpha", "beta") for part in ("", "_rate", "_at", "_slope"))
    found = rows(folder, file, "gate", naming=("name",))
    each_once(found, ("name",))
    gates = []
    for row in found:
        _about(row, references, ("name", *sides, "q10", "reference"))
        gates.append(
            row.made(
                Gate, name=row.text("name"), alpha=_rate(row, "alpha"), beta=_rate(row, "beta"),
                q10=row.quantity("q10", "ratio"), reference=row.quantity("reference", "temperature"),
            )
        )  # fmt: skip
    return tuple(gates)


def _channels(
    folder: Traversable, file: str, *, gates: tuple[Gate, ...], references: Iterable[str]
) -> tuple[Channel, ...]:
    known = tuple(gate.name for gate in gates)
    found = rows(folder, file, "channel", naming=("name",))
    each_once(found, ("name",))
    channels = []
    for row in found:
        _about(row, references, ("name", "conductance", "reversal", "gates"))
        channels.append(
            row.made(
                Channel, name=row.text("name"), conductance=row.quantity("conductance", "area conductance"),
                reversal=row.quantity("reversal", "voltage"), gates=row.words("gates", known),
            )
        )  # fmt: skip
    return tuple(channels)


def _sizes(folder: Traversable, file: str, references: Iterable[str]) -> tuple[FibreSize, ...]:
    found = rows(folder, file, "size", naming=("diameter",))
    each_once(found, ("diameter",))
    sizes = []
    for row in found:
        _about(row, references, (*_SIZE, "lamellae"))
        lengths = {key: row.quantity(key, dimension) for key, dimension in _SIZE.items()}
        sizes.append(row.made(FibreSize, lamellae=float(_count(row, "lamellae")), **lengths))
    return tuple(sizes)


def _formulas(folder: Traversable, file: str, references: Iterable[str]) -> tuple[Formula, ...]:
    formulas = []
    for row in rows(folder, file, "formula", naming=("quantity", "low")):
        _about(row, references, ("quantity", "low", "high", "coefficients"))
        quantity = row.word("quantity", ("axon", "node", "spacing", "paranode", "lamellae"))
        given = row.content.get("coefficients")
        if (
            not isinstance(given, list)
            or not given
            or not all(isinstance(value, float | int) for value in given)
        ):
            raise row.broken("coefficients", f"expected a list of numbers, came {given!r}")
        unit = 1.0 if quantity == "lamellae" else _UM
        coefficients = tuple(float(value) * unit / _UM**power for power, value in enumerate(given))
        low, high = (row.quantity(key, "length") for key in ("low", "high"))
        formulas.append(row.made(Formula, quantity=quantity, low=low, high=high, coefficients=coefficients))
    return tuple(formulas)


def _axon(folder: Traversable, file: str) -> Axon:
    references = tuple(read_references(folder))
    kinds_only(folder, file, _KINDS)
    row = rows(folder, file, "axon", naming=("name",))[0]
    own = ("name", "title", "resistivity", "rest", "capacitance", "leak", "leak_reversal", "temperature")
    _about(row, references, (*own, "segment"))
    gates = _gates(folder, file, references)
    channels = _channels(folder, file, gates=gates, references=references)
    name, segment = row.text("name"), None
    membrane = row.made(
        Membrane, name=name, gates=gates, channels=channels,
        capacitance=row.quantity("capacitance", "area capacitance"), rest=row.quantity("rest", "voltage"),
        leak=row.quantity("leak", "area conductance"),
        leak_reversal=row.quantity("leak_reversal", "voltage"),
        temperature=row.quantity("temperature", "temperature"),
    )  # fmt: skip
    myelin: Myelin | None = None
    sizes: tuple[FibreSize, ...] = ()
    formulas: tuple[Formula, ...] = ()
    if "segment" in row.content:
        segment = row.quantity("segment", "length")
    else:
        sheath = _about(rows(folder, file, "myelin", naming=())[0], references, (*_MYELIN, "parts"))
        numbers = {key: sheath.quantity(key, dimension) for key, dimension in _MYELIN.items()}
        myelin = sheath.made(Myelin, parts=_count(sheath, "parts"), **numbers)
        sizes = _sizes(folder, file, references)
        formulas = _formulas(folder, file, references) if "formula" in parse(folder, file) else ()
    axon: Axon = row.made(
        Axon, name=name, title=row.text("title"), paper=row.sources(references, "basis")[0],
        source=row.sources(references)[0], confidence=row.confidence(), membrane=membrane,
        resistivity=row.quantity("resistivity", "resistivity"), segment=segment, myelin=myelin, sizes=sizes,
        formulas=formulas,
    )  # fmt: skip
    return axon
