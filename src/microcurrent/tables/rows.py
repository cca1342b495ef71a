"""Rows: opens the files of numbers and reads their entries; every broken rule is a `TableError`."""

from __future__ import annotations

import importlib.resources
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

from microcurrent import units
from microcurrent.errors import TableError, UnitError, ValueRefused
from microcurrent.model import Input

#: What is known of a number, from best to least.
CONFIDENCES = ("found", "abstract", "memory-high", "memory-medium", "memory-low", "computed", "proposed")
#: The keys that every number has, and those it may have.
NUMBER_KEYS = ("value", "low", "high", "source", "confidence", "range_confidence", "basis", "note")

#: The labels of segmentation programs, one file a program.
LABEL_MAP_FILES = (
    "label_maps/five-class.toml",
    "label_maps/freesurfer.toml",
    "label_maps/roast.toml",
    "label_maps/simnibs.toml",
    "label_maps/totalsegmentator.toml",
)
#: Devices on the market, one file a device.
DEVICE_FILES = tuple(
    f"stimulators/{name}.toml"
    for name in (
        "activadose-ii", "acuscope", "alpha-stim-aid", "alpha-stim-m", "arasys", "bio-ultimate",
        "biosonic-900", "bt-micro", "bt-nano", "caci-classic", "caci-synergy", "caci-ultimate", "cec101",
        "customcare", "dermalux", "ep-400", "flexistim", "foreo-bear", "foreo-bear-2", "galvanic-spa-ii",
        "galvanic-spa-skb-1405", "hbr2-1", "micro-current-facial-beauty", "mojia-boost",
        "mojia-pro-lift", "myolift-600", "myolift-mini", "myolift-qt", "myolift-triwand", "myopulse",
        "nubody", "nuface", "nuface-mini", "nuface-mini-plus", "nuface-plus", "nuface-trinity",
        "nuface-trinity-plus", "pantheon", "perfect-pro", "perfector", "precisioncare",
        "slendertone-face", "theraface", "tpml-100", "trinity-ele-plus", "trinity-ele-plus-pro",
        "ut2200", "ziip-plus",
    )
)  # fmt: skip
#: Programs of sittings, one file a program.
PROGRAM_FILES = tuple(
    f"programs/{name}.toml"
    for name in (
        "combined-in-turn", "combined-superposed", "desincrustation", "faradic-surged",
        "galvanic-hold",
        "home-burst", "iontophoresis-negative", "iontophoresis-positive", "microcurrent-lift",
        "muscle-face",
        "muscle-limb", "pain-pads", "pain-probes", "pulsed-direct", "sequenced", "two-channel", "ultra-low",
        "wound-first-days", "wound-reversed",
    )
)  # fmt: skip
#: Published nerve fibres, one file each.
AXON_FILES = tuple(
    f"nerve/{name}.toml" for name in ("hodgkin-huxley-1952", "mrg-2002", "rattay-1993", "sundt-2015")
)
#: Every file of numbers; a folder must have them all and no other table.
FILES = (
    "anthropometry.toml",
    "claims.toml",
    "contraindications.toml",
    "costs.toml",
    "courses.toml",
    "electrodes.toml",
    "face_interior.toml",
    "face_layers.toml",
    "face_muscles.toml",
    "face_nerves.toml",
    "face_surface.toml",
    "face_zones.toml",
    "handling.toml",
    "heat.toml",
    "intents.toml",
    "interfaces.toml",
    "ions.toml",
    *LABEL_MAP_FILES,
    "landmarks.toml",
    "limbs.toml",
    "limits.toml",
    "lore.toml",
    "moves.toml",
    "outcomes.toml",
    "product_codes.toml",
    "modes.toml",
    *AXON_FILES,
    *PROGRAM_FILES,
    "references.toml",
    "same_day.toml",
    "sessions.toml",
    "skin.toml",
    "skin_dynamics.toml",
    "slabs.toml",
    "stimulators/simulated.toml",
    *DEVICE_FILES,
    "systems.toml",
    "tissues.toml",
    "words.toml",
)


def shipped() -> Traversable:
    """Return the folder of the numbers that ship with the package."""
    return importlib.resources.files("microcurrent") / "data"


def parse(folder: Traversable, file: str) -> dict[str, Any]:
    """Return one file as plain data; `TableError` where it is missing or is not TOML."""
    try:
        text = (folder / file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise TableError(f"{file}: the table cannot be read ({problem}).") from problem
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise TableError(f"{file}: the table is not TOML ({problem}).") from problem


@dataclass(frozen=True, kw_only=True)
class Row:
    """One entry of a file: `content` as parsed, `file` and `name` for messages."""

    file: str
    name: str
    content: dict[str, Any]

    def broken(self, key: str, what: str) -> TableError:
        """Return the error that names file, row and key."""
        return TableError(f"{self.file}: row {self.name}: {key}: {what}.")

    def only(self, allowed: Iterable[str]) -> Row:
        """Return this row; `TableError` for a key that is not allowed."""
        for key in self.content:
            if key not in tuple(allowed):
                raise self.broken(key, "this key is not known here")
        return self

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text that is not empty, or the default where the key is absent."""
        if key not in self.content and default is not None:
            return default
        value = self.content.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.broken(key, f"expected text, came {value!r}")
        return value

    def word(self, key: str, allowed: Iterable[str], default: str | None = None) -> str:
        """Return one of the allowed words."""
        value, words = self.text(key, default), tuple(allowed)
        if value not in words:
            raise self.broken(key, f"expected one of {', '.join(words)}, came {value!r}")
        return value

    def words(self, key: str, allowed: Iterable[str] | None = None) -> tuple[str, ...]:
        """Return a list of texts, empty where the key is absent."""
        value = self.content.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
            raise self.broken(key, f"expected a list of texts, came {value!r}")
        for word in value:
            if allowed is not None and word not in tuple(allowed):
                raise self.broken(key, f"expected some of {', '.join(allowed)}, came {word!r}")
        return tuple(value)

    def quantity(self, key: str, dimension: str) -> float:
        """Return a quantity [SI] from text with its unit."""
        try:
            return units.read(self.text(key), dimension)
        except UnitError as problem:
            raise self.broken(key, str(problem).rstrip(".")) from problem

    def sources(self, references: Iterable[str], key: str = "source") -> tuple[str, ...]:
        """Return the ids of references that the row names, one text or a list; all must be known."""
        value = self.content.get(key)
        names = self.words(key) if isinstance(value, list) else (self.text(key),)
        if not names:
            raise self.broken(key, "expected at least one reference, came none")
        for name in names:
            if name not in tuple(references):
                raise self.broken(key, f"expected an id of references.toml, came {name!r}")
        return names

    def confidence(self) -> str:
        """Return the mark of the value, with that of its range where it is another."""
        mark = self.word("confidence", CONFIDENCES)
        spread = self.word("range_confidence", CONFIDENCES, mark)
        return mark if spread == mark else f"{mark}, range {spread}"

    def number(self, name: str, dimension: str, references: Iterable[str]) -> Input:
        """Return value and range as an `Input`; `TableError` where low <= value <= high fails."""
        value, low, high = (self.quantity(key, dimension) for key in ("value", "low", "high"))
        if not low <= value <= high:
            raise self.broken("value", f"expected low <= value <= high, came {low:g}, {value:g}, {high:g}")
        if "basis" in self.content:
            self.sources(references, "basis")
        return Input(
            name=name, value=value, low=low, high=high, dimension=dimension,
            source=self.sources(references)[0], confidence=self.confidence(),
        )  # fmt: skip

    def made(self, noun: type, **fields: Any) -> Any:
        """Return a noun made from this row; its refusal becomes a `TableError`."""
        try:
            return noun(**fields)
        except ValueRefused as refusal:
            raise self.broken(refusal.problems[0].key, str(refusal).rstrip(".")) from refusal


def rows(folder: Traversable, file: str, kind: str, *, naming: tuple[str, ...]) -> tuple[Row, ...]:
    """Return the entries `[[kind]]` of a file, each once by the keys in `naming`."""
    entries = parse(folder, file).get(kind)
    if not isinstance(entries, list) or not entries:
        raise TableError(f"{file}: row [[{kind}]]: expected at least one, came none.")
    found = []
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            raise TableError(f"{file}: row [[{kind}]] {number}: expected a table, came {entry!r}.")
        given = [str(entry.get(key, "")) for key in naming]
        name = f"[[{kind}]] {number}" + (f" ({', '.join(given)})" if any(given) else "")
        found.append(Row(file=file, name=name, content=entry))
    return tuple(found)


def each_once(found: Iterable[Row], naming: tuple[str, ...]) -> None:
    """Refuse two rows that are the same by the keys in `naming`."""
    seen: set[tuple[str, ...]] = set()
    for row in found:
        key = tuple(str(row.content.get(part, "")) for part in naming)
        if key in seen:
            raise row.broken(naming[-1], f"expected each once, came {', '.join(key)} twice")
        seen.add(key)


def kinds_only(folder: Traversable, file: str, kinds: tuple[str, ...]) -> None:
    """Refuse a file with a kind of entry that nothing reads."""
    for kind in parse(folder, file):
        if kind not in kinds:
            raise TableError(f"{file}: row [[{kind}]]: this kind of entry is not known here.")
