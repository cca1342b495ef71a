"""Turn pydantic's errors and refused nouns into our problems: file, line, key, expected, came."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from microcurrent.errors import Problem, ValueRefused
from microcurrent.planning.toml_file import Key, TomlFile

#: What stands in a message for each kind of error that pydantic reports on our entries.
_EXPECTED = {
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number without quotes or unit",
    "list_type": "a list in [ ]",
    "dict_type": "a table",
    "model_type": "a table in { }",
    "model_attributes_type": "a table in { }",
    "string_too_short": "text that is not empty",
    "finite_number": "a finite number",
}


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return advice naming the closest known word, or the known words where none is close."""
    known = sorted(known)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f'Did you mean "{close[0]}"?'
    return f"Known here: {', '.join(known)}" if 0 < len(known) <= 40 else ""


def shown(value: Any) -> str:
    """Return what came, short enough for one line."""
    text = repr(value) if not isinstance(value, dict) else "a table with " + ", ".join(map(str, value))
    return text if len(text) <= 80 else text[:77] + "..."


def problems_of(
    error: ValidationError, model: type[BaseModel], *, file: TomlFile, at: Key
) -> list[Problem]:
    """Return one problem for each place that `error` speaks of; `at` is where `model` stands."""
    by_place: dict[Key, list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        place = _place(detail["loc"])
        by_place.setdefault(place, []).append(detail)
    return [
        _problem(details, model, file, (*at, *place))
        for place, details in by_place.items()
        if not _is_shadowed(place, details, by_place)
    ]


def _place(location: tuple[int | str, ...]) -> Key:
    """Drop pydantic's own marks, such as the branch of a union, from a location."""
    return tuple(part for part in location if isinstance(part, int) or not _is_branch(part))


def _is_branch(part: str) -> bool:
    named = part.endswith("Entry") or part.startswith(("literal", "constrained-")) or part == "str"
    return named or "[" in part


def _is_shadowed(place: Key, details: list[ErrorDetails], all_: dict[Key, list[ErrorDetails]]) -> bool:
    """A union reports each branch: keep the deeper place, unless it only says that a key is missing."""
    deeper = [other for other in all_ if len(other) > len(place) and other[: len(place)] == place]
    return bool(deeper) and not isinstance(details[0]["input"], str)


def _problem(details: list[ErrorDetails], model: type[BaseModel], file: TomlFile, key: Key) -> Problem:
    detail = details[0]
    kind, context, came = detail["type"], detail.get("ctx", {}), shown(detail["input"])
    quantity = next((d for d in details if d["type"] == "quantity"), None)
    if quantity is not None and isinstance(detail["input"], str):
        context = quantity["ctx"]
        return file.problem(key, context["what"], expected=context["expected"], came=context["came"])
    if kind == "extra_forbidden":
        return file.problem(
            key,
            "unknown key",
            expected="a key that this table knows",
            came=str(key[-1]),
            advice=suggestion(str(key[-1]), _keys_at(model, _place(detail["loc"])[:-1])),
        )
    if kind == "missing":
        return file.problem(key, "missing", expected=f"the key {key[-1]}", came="nothing")
    if kind == "literal_error":
        options = sorted(
            {w for d in details for w in str(d.get("ctx", {}).get("expected", "")).split("'")[1::2]}
        )
        return file.problem(
            key,
            "not one of the known words",
            expected="one of " + ", ".join(options),
            came=came,
            advice=_closest(detail["input"], options),
        )
    expected = _EXPECTED.get(kind, "")
    if not expected:
        expected = detail["msg"].removeprefix("Input should be ").removeprefix("Value should ")
    if quantity is not None:
        expected = quantity["ctx"]["expected"]
    return file.problem(key, "cannot be used", expected=expected, came=came)


def _closest(word: Any, options: list[str]) -> str:
    return (
        suggestion(word, options)
        if isinstance(word, str) and suggestion(word, options)[:3] == "Did"
        else ""
    )


def _keys_at(model: type[BaseModel], place: Key) -> list[str]:
    """Return the keys that the table at `place` inside `model` knows."""
    current: set[type[BaseModel]] = {model}
    for part in place:
        if isinstance(part, int):
            continue
        following: set[type[BaseModel]] = set()
        for m in current:
            if part in m.model_fields:
                following |= set(_models_in(m.model_fields[part].annotation))
        current = following or current
    return sorted({name for m in current for name in m.model_fields})


def _models_in(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif typing.get_origin(annotation) in (typing.Union, types.UnionType, list, dict, typing.Annotated):
        for part in typing.get_args(annotation):
            yield from _models_in(part)


def problems_of_noun(refused: ValueRefused, file: TomlFile, at: Key) -> list[Problem]:
    """Return the problems of a refused noun with file and line; `at` is where it stands."""
    result = []
    for problem in refused.problems:
        key = (*at, problem.key) if problem.key else at
        result.append(
            file.problem(
                key, problem.what, expected=problem.expected, came=problem.came, advice=problem.advice
            )
        )
    return result
