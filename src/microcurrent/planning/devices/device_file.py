"""A person's own device as a TOML file, laid out like the files of the catalogue; any text is a source."""

from __future__ import annotations

from pathlib import Path

from microcurrent import tables, units
from microcurrent.errors import InputError, Problem, TableError
from microcurrent.model.device import Device, Known
from microcurrent.planning.files import write_through
from microcurrent.planning.toml_file import TomlFile, read_toml

_ADVICE = "Lay it out as `microcurrent device measure --save` does"


def read_device_file(path: Path) -> Device:
    """Return the device in a TOML file.

    Raises `InputError` naming file, line and entry, with every entry that cannot be used.
    """
    file = read_toml(path, error=InputError)
    facts = file.data.get("fact", [])
    problems = []
    for number, entry in enumerate(facts if isinstance(facts, list) else [], 1):
        try:
            tables.fact_of(entry, number, file.name, references=None)
        except TableError as broken:
            problems.append(_problem(file, ("fact", number - 1), broken))
    if problems:
        raise InputError(*problems)
    unknown = set(file.data) - {"device", "fact"}
    if unknown:
        key = sorted(unknown)[0]
        raise InputError(file.problem((key,), "this kind of entry is not known here",
                                      expected="[[device]] once, and [[fact]]s"))  # fmt: skip
    try:
        return tables.device_of(file.data, file.name, None)
    except TableError as broken:
        raise InputError(_problem(file, ("device", 0), broken)) from broken


def _problem(file: TomlFile, key: tuple[str | int, ...], broken: TableError) -> Problem:
    """Return what a table says is broken, with the line of its entry."""
    text = str(broken).removeprefix(f"{file.name}: ").rstrip(".")
    return Problem(what=text, file=file.name, line=file.line(key), advice=_ADVICE)


def write_device_file(device: Device, path: Path, *, overwrite: bool = False) -> Path:
    """Write a device as TOML, so that `read_device_file` returns it again; return `path`."""
    text = device_text(device)
    return write_through(path, lambda partial: _write(partial, text), overwrite=overwrite)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def device_text(device: Device) -> str:
    """Return a device as the text of a TOML file."""
    head = [
        f"# {device.title}: what is known, each cell with its source; the rest is named as unknown.", "",
        "[[device]]", f"name = {_quoted(device.name)}", f"title = {_quoted(device.title)}",
        f"classes = {_list(device.classes)}", f"source = {_list(device.sources)}", 'confidence = "found"',
        *([f"note = {_quoted(device.note)}"] if device.note else []),
        f"unknown = {_list(device.unknown)}",
    ]  # fmt: skip
    return "\n".join((*head, *(line for fact in device.facts for line in _fact(fact)), ""))


def _fact(fact: Known) -> list[str]:
    lines = ["", "[[fact]]", f"cell = {_quoted(fact.cell)}"]
    if fact.texts:
        lines.append(f"texts = {_list(fact.texts)}")
    if fact.values:
        lines.append(
            "values = [" + ", ".join(_number(value, fact.dimension) for value in fact.values) + "]"
        )
    lines += [
        f"{key} = {_number(end, fact.dimension)}"
        for key, end in (("low", fact.low), ("high", fact.high)) if end is not None
    ]  # fmt: skip
    if fact.currency:
        lines.append(f"currency = {_quoted(fact.currency)}")
    if fact.year is not None:
        lines.append(f"year = {fact.year}")
    lines += [f"source = {_list(fact.sources)}", f"confidence = {_quoted(fact.confidence)}"]
    return [*lines, *([f"note = {_quoted(fact.note)}"] if fact.note else [])]


def _number(value: float, dimension: str) -> str:
    """Return a number in SI with its unit, every digit kept; plain where the cell has no unit."""
    if dimension in ("money", "count"):
        return f"{value:g}"
    return _quoted(f"{value!r} {next(iter(units.UNITS[dimension]))}")


def _list(texts: tuple[str, ...]) -> str:
    return "[" + ", ".join(_quoted(text) for text in texts) + "]"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'
