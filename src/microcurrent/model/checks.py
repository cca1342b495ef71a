"""How a noun refuses a bad value: one sentence with what, expected and came."""

from __future__ import annotations

import math

from microcurrent.errors import Problem, ValueRefused


def refuse(noun: object, field: str, *, expected: str, came: object, advice: str = "") -> ValueRefused:
    """Return the refusal of `field` of `noun`, to be raised by the caller."""
    kind = noun if isinstance(noun, str) else type(noun).__name__
    return ValueRefused(
        Problem(
            what=f"{kind} cannot have this {field.replace('_', ' ')}",
            key=field,
            expected=expected,
            came=came if isinstance(came, str) else repr(came),
            advice=advice,
        )
    )


def finite(
    noun: object,
    field: str,
    value: float,
    *,
    minimum: float | None = None,
    above: float | None = None,
    maximum: float | None = None,
) -> None:
    """Refuse a value that is not a finite number within the bounds given."""
    bounds = []
    if above is not None:
        bounds.append(f"above {above:g}")
    if minimum is not None:
        bounds.append(f"at least {minimum:g}")
    if maximum is not None:
        bounds.append(f"at most {maximum:g}")
    expected = "a finite number " + " and ".join(bounds) if bounds else "a finite number"
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise refuse(noun, field, expected=expected, came=value)
    if (
        (above is not None and value <= above)
        or (minimum is not None and value < minimum)
        or (maximum is not None and value > maximum)
    ):
        raise refuse(noun, field, expected=expected, came=f"{value:g}")


def one_of(noun: object, field: str, value: object, allowed: tuple[str, ...]) -> None:
    """Refuse a word that is not among the allowed ones."""
    if value not in allowed:
        raise refuse(noun, field, expected="one of " + ", ".join(allowed), came=value)


def named(noun: object, field: str, value: object) -> None:
    """Refuse an empty name."""
    if not isinstance(value, str) or not value.strip():
        raise refuse(noun, field, expected="text that is not empty", came=value)
