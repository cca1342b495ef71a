"""From plain JSON data back to a noun: the inverse of `microcurrent.model.digest.plain`."""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any, TypeVar

T = TypeVar("T")


def restore(kind: type[T], data: Any) -> T:
    """Return the noun of class `kind` that `data` was made from.

    The noun checks its own values again. Raises `TypeError` where the data do not fit the class,
    and `ValueRefused` where the noun refuses a value.
    """
    if not (dataclasses.is_dataclass(kind) and isinstance(data, dict)):
        raise TypeError(f"{kind.__name__} cannot be made from {type(data).__name__}")
    hints = typing.get_type_hints(kind)
    names = {field.name for field in dataclasses.fields(kind)}
    if set(data) - names:
        raise TypeError(f"{kind.__name__} does not know {sorted(set(data) - names)}")
    return kind(**{name: _value(hints[name], value) for name, value in data.items()})


def _value(hint: Any, value: Any) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _one_of(arguments, value)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise TypeError(f"expected a list, came {type(value).__name__}")
        inner = arguments[:1] * len(value) if arguments[-1] is Ellipsis else arguments
        return tuple(_value(one, item) for one, item in zip(inner, value, strict=True))
    if dataclasses.is_dataclass(hint):
        return restore(hint, value)  # type: ignore[arg-type]
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is not Any and not isinstance(value, hint):
        raise TypeError(f"expected {hint.__name__}, came {type(value).__name__}")
    return value


def _one_of(choices: tuple[Any, ...], value: Any) -> Any:
    """Take the choice whose fields are those of the data; plain values stand for themselves."""
    if value is None:
        return None
    for choice in choices:
        if dataclasses.is_dataclass(choice) and isinstance(value, dict):
            if _fits(choice, set(value)):
                return _value(choice, value)
        elif (
            choice is not type(None) and not dataclasses.is_dataclass(choice) and isinstance(value, choice)
        ):
            return value
    if float in choices and isinstance(value, int):
        return float(value)
    raise TypeError(f"{value!r} fits none of {choices}")


def _fits(kind: Any, names: set[str]) -> bool:
    """Whether a dataclass has all fields of these names, and needs no other."""
    fields = dataclasses.fields(kind)
    needed = {f.name for f in fields if "later" not in f.metadata}
    return needed <= names <= {f.name for f in fields}
