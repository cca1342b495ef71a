"""Requests: which basis of a body is wanted, and the digest that it is known by."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.digest import digest
from microcurrent.physics.conduction.basis.layout import Choice
from microcurrent.planning.bodies.source import BodySource

#: The method that made a basis; raised whenever a change gives other numbers or other files.
METHOD = 3
#: A basis is known by so many digits of its digest.
_DIGITS = 24


@dataclass(frozen=True, kw_only=True)
class Region:
    """The skin within `radius` [m] of a point `centre` (3,) [m]. Refuses other values."""

    centre: tuple[float, float, float]
    radius: float

    def __post_init__(self) -> None:
        if len(self.centre) != 3 or not all(math.isfinite(value) for value in self.centre):
            raise _refused("three finite coordinates in metre", f"{self.centre}")
        if not (math.isfinite(self.radius) and self.radius > 0):
            raise _refused("a radius above 0 m", f"{self.radius}")


@dataclass(frozen=True, kw_only=True)
class BasisRequest:
    """What is wanted of a basis.

    `spacing` [m] of the even grid; `tissues` whose field is wanted; `regions` of skin under patches,
    none for all of it; `choice`: size of the patches, and how far rests and fields are kept. Raises
    `ValueRefused` for a spacing that is not positive or wider than a patch, and for no tissue.
    """

    spacing: float
    tissues: tuple[str, ...]
    regions: tuple[Region, ...] = ()
    choice: Choice = field(default_factory=Choice)

    def __post_init__(self) -> None:
        if not 0 < self.spacing <= self.choice.size:
            raise _refused(
                f"a spacing above 0 and up to a patch, {self.choice.size:g} m", f"{self.spacing}"
            )
        if not self.tissues or len(set(self.tissues)) < len(self.tissues):
            raise _refused("one or more tissues, each once", f"{self.tissues}")


def digest_of(
    source: BodySource, values: Mapping[str, float | Sequence[float]], request: BasisRequest
) -> str:
    """Return the digest of a basis: of the body, the conductivities `values` [S/m] and the request."""
    fine = source.whole.fine if source.body.kind == "anatomy" else None
    return digest({
        **({"sub-voxels": fine.digest()} if fine else {}),
        "method": METHOD,
        "body": source.body.content,
        "values": {tissue: _plain(values[tissue]) for tissue in sorted(values)},
        "request": request,
    })  # fmt: skip


def name_of(
    source: BodySource, values: Mapping[str, float | Sequence[float]], request: BasisRequest
) -> str:
    """Return the name of a basis, of files too: the first digits of `digest_of`."""
    return digest_of(source, values, request)[:_DIGITS]


def _plain(value: float | Sequence[float]) -> float | list[float]:
    return [float(one) for one in value] if isinstance(value, Sequence) else float(value)


def _refused(expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="request for a basis", expected=expected, came=came))
