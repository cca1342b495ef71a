"""Outcome models: what may be expected of a course, with grade and sources, from their file."""

from __future__ import annotations

from importlib.resources.abc import Traversable

from microcurrent import units
from microcurrent.model import Input
from microcurrent.model.expectation import INTENTS, DoseFinding, OutcomeModel, Trial
from microcurrent.tables.materials import read_references
from microcurrent.tables.rows import CONFIDENCES, NUMBER_KEYS, Row, each_once, kinds_only, rows

_FILE = "outcomes.toml"
_TEXTS = (
    "intent", "title", "measure", "better", "clock", "level", "certainty", "population", "species",
    "would_change", "note",
)  # fmt: skip
#: The dimension of each number of a curve; "outcome" is that of the outcome itself.
_QUANTITIES = {
    "lift": {"half-life": "time"},
    "wrinkles": {
        "asymptote": "outcome", "constant": "sittings", "seen": "outcome", "judged after": "sittings",
    },
    "pain": {
        "net": "outcome", "sham": "outcome", "constant": "time", "judged after": "time",
        "person with current": "outcome", "person with sham": "outcome", "important": "outcome",
    },
    "wound": {"net": "outcome", "sham": "outcome", "judged after": "time"},
}  # fmt: skip


def read_outcomes(folder: Traversable) -> dict[str, OutcomeModel]:
    """Return every outcome model by its intent; each of `INTENTS` must be there, with all its numbers."""
    references = tuple(read_references(folder))
    kinds_only(folder, _FILE, ("outcome", "number", "dose", "trial"))
    found = rows(folder, _FILE, "outcome", naming=("intent",))
    each_once(found, ("intent",))
    parts = {kind: rows(folder, _FILE, kind, naming=("intent",)) for kind in ("dose", "trial")}
    numbers = rows(folder, _FILE, "number", naming=("intent", "quantity"))
    each_once(numbers, ("intent", "quantity"))
    for row in (*found, *numbers, *parts["dose"], *parts["trial"]):
        row.word("intent", INTENTS)
    result = {}
    for row in found:
        intent = row.text("intent")
        row.only((*_TEXTS, "dimension", "source", "confidence"))
        result[intent] = row.made(
            OutcomeModel, **{key: row.text(key) for key in _TEXTS},
            dimension=row.word("dimension", units.UNITS), sources=row.sources(references),
            confidence=row.word("confidence", CONFIDENCES), numbers=_numbers(row, numbers, references),
            doses=tuple(_dose(d, references) for d in parts["dose"] if d.text("intent") == intent),
            trials=tuple(_trial(t, references) for t in parts["trial"] if t.text("intent") == intent),
        )  # fmt: skip
    missing = [intent for intent in INTENTS if intent not in result]
    if missing:
        raise found[-1].broken("intent", f"expected an outcome for {', '.join(missing)} as well, came none")
    return result


def _numbers(outcome: Row, numbers: tuple[Row, ...], references: tuple[str, ...]) -> tuple[Input, ...]:
    intent, made = outcome.text("intent"), []
    wanted = _QUANTITIES[intent]
    for row in numbers:
        if row.text("intent") == intent:
            row.only(("intent", "quantity", *NUMBER_KEYS))
            quantity = row.word("quantity", wanted)
            dimension = wanted[quantity]
            of = outcome.word("dimension", units.UNITS) if dimension == "outcome" else dimension
            made.append(row.number(quantity, of, references))
    missing = [quantity for quantity in wanted if quantity not in {number.name for number in made}]
    if missing:
        raise outcome.broken("intent", f"expected the numbers {', '.join(missing)}, came none")
    return tuple(made)


def _dose(row: Row, references: tuple[str, ...]) -> DoseFinding:
    row.only(("intent", "finding", "low", "high", "model", "source", "confidence"))
    ends = {key: row.quantity(key, "current") if key in row.content else None for key in ("low", "high")}
    dose: DoseFinding = row.made(
        DoseFinding, finding=row.text("finding"), **ends, model=row.text("model", "people"),
        sources=row.sources(references), confidence=row.word("confidence", CONFIDENCES),
    )  # fmt: skip
    return dose


def _trial(row: Row, references: tuple[str, ...]) -> Trial:
    row.only(("intent", "study", "design", "people", "result", "source", "confidence"))
    people = row.content.get("people", 0)
    if isinstance(people, bool) or not isinstance(people, int) or people < 0:
        raise row.broken("people", f"expected a whole number of people, came {people!r}")
    trial: Trial = row.made(
        Trial, study=row.text("study"), design=row.text("design"), people=people, result=row.text("result"),
        sources=row.sources(references), confidence=row.word("confidence", CONFIDENCES),
    )  # fmt: skip
    return trial
